"""Fenced blocks: which are complete, where they end, what tags they bear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.fences import Block, blocks

CASES: list[tuple[str, list[tuple[str, str]]]] = [
    ("none", []),
    ("```\nopen", []),
    ("```py\na\n```", [("py", "a")]),
    ("```\na\n\n b\n```\n```JSON x\nc\n```\n```\nopen", [("", "a\n\n b"), ("json", "c")]),
    ("text ```a``` here\n```\nb\n```", [("", "b")]),
    ("```a``` inline at the start\n", []),
    ("````md\n```py\na\n```\n````", [("md", "```py\na\n```")]),
    ("~~~\n```\n~~~", [("", "```")]),
    ("```\na\n``` not the end\n```", [("", "a\n``` not the end")]),
    ("  ```\n  a\n  ```", [("", "  a")]),
    ("```\n```", [("", "")]),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_complete_blocks_are_found_in_order(text: str, wanted: list[tuple[str, str]]) -> None:
    assert blocks(text) == [Block(*each) for each in wanted]


@given(st.lists(st.text(alphabet="ab~ \t"), max_size=5))
def test_what_stands_between_fences_comes_back(lines: list[str]) -> None:
    inside = "\n".join(lines)
    assert blocks(f"`````c\n{inside}\n`````") == [Block("c", inside)]
