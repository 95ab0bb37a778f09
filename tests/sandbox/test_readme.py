"""The Python in the room's README runs as it is written and prints what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay_sandbox import languages, probe

README = Path(__file__).parents[2] / "sandbox" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_prints_what_it_says(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := probe("namespace"):
        pytest.skip(f"namespace: {reason}")
    if 'language="cpp"' in block and not languages.available()["cpp"].ok:
        pytest.skip("no g++ here")
    monkeypatch.setenv("ASSAY_BACKEND", "namespace")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], capture_output=True, text=True, check=False
    )
    said = [
        line.split("# ", 1)[1] for line in block.splitlines() if "print(" in line and "  # " in line
    ]
    assert (done.stdout.splitlines(), done.stderr) == (said, "")


def test_there_are_blocks_that_say_what_they_print() -> None:
    assert sum("  # b'" in block for block in BLOCKS) >= 3
