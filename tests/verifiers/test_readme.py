"""The Python in the room's README runs as it is written and prints what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

import pytest

from assay_verifiers import Reason, verifier_registry

README = Path(__file__).parents[2] / "verifiers" / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_prints_what_it_says(block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], capture_output=True, text=True, check=False
    )
    said = [line.split("# ", 1)[1] for line in block.splitlines() if "  # " in line]
    assert said
    assert (done.stdout.splitlines(), done.stderr) == (said, "")


def test_every_verifier_option_and_reason_is_named() -> None:
    for name in entry_points(group="assay.verifiers").names:  # not what other tests register
        shown = "logic/<game>" if name.startswith("logic/") else name
        assert f"| `{shown}` |" in TEXT
        for option in verifier_registry.load(name).options:
            assert f"`{option}`" in TEXT, (name, option)
    reasons = [reason for part in get_args(Reason) for reason in get_args(part) or [part]]
    assert all(f"`{reason}`" in TEXT for reason in reasons)
