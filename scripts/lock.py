"""Write requirements.lock: what pip resolves for `.[train,dev]` today, as plain constraints.

The lock names versions only: no index, no local version (`+cpu`), no hash, so the same file serves
a machine whose index holds CPU wheels and one whose index does not. Run by `make lock`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Written by `make lock` (scripts/lock.py); constraints for `pip install -c`.\n"


def resolve() -> dict[str, str]:
    """Name → version of everything a fresh environment would get, our own package apart."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
        command = [sys.executable, "-m", "pip", "install", *options, "-e", f"{ROOT}[train,dev]"]
        subprocess.run(command, check=True)
        items = json.loads(report.read_text())["install"]
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in items}
    return {name: version.split("+")[0] for name, version in found.items() if name != "assay"}


def main() -> None:
    pins = sorted(resolve().items(), key=lambda pin: pin[0].lower())
    text = HEADER + "".join(f"{name}=={version}\n" for name, version in pins)
    (ROOT / "requirements.lock").write_text(text)
    print(f"requirements.lock: {len(pins)} pins")


if __name__ == "__main__":
    main()
