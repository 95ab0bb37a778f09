"""What the conventions share: their input and output, and reading programs without parsing them.

Programs of the C family are read by their braces, with comments and literals blanked out. All of
it is linear in the text, which may be a model's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


class NoTests(ValueError):
    """The test code is none that its language's convention would run; says why."""


@dataclass(frozen=True)
class Parts:
    """What a program is made of; ``tag`` begins every name of ours in it."""

    prelude: str
    candidate: str
    tests: str
    tag: str


@dataclass(frozen=True)
class Whole:
    """A program, and the files beside it (relative path → text)."""

    source: str
    files: Mapping[str, str] = field(default_factory=dict)


_LITERAL = re.compile(
    r"""//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?"""
    r'''|"""(?:\\.|[^\\"]|"(?!""))*(?:""")?'''  # Java
    r"""|R"\((?:[^)]|\)(?!"))*(?:\)")?|\br\#"(?:[^"]|"(?!\#))*(?:"\#)?"""  # C++, Rust
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\[^\n]{1,9}?|[^'\\\n])'|`(?:\\.|[^`\\])*`?""",
    re.DOTALL,
)
_ENDS = re.compile(
    r"\b(?:System\.exit|process\.exit|os\.Exit|process::exit|_exit|exit)\s*\(\s*(?![1-9]\d*\s*\))"
)


def blanked(text: str) -> str:
    """``text`` with comments and literals blanked out, each other character in its place."""
    return _LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def closing(text: str, opening: int) -> int:
    """Where the brace that opens at ``opening`` in blanked ``text`` is closed."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise NoTests("a brace of the test code is never closed")


def refuse_exits(tests: str) -> None:
    """:class:`NoTests` where blanked ``tests`` may end the process by themselves without failing,
    which nobody can tell from a candidate's doing so."""
    if found := _ENDS.search(tests):
        raise NoTests(
            f"the tests call {found[0].rstrip(' (')}; let them return where they pass, and fail "
            "by an assertion or a code above zero"
        )
