"""Fenced blocks in a response, by CommonMark's rule, in linear time.

A fence is three or more backticks or tildes at the start of a line (blanks aside) and a tag; it is
closed by a line of at least as many of the same and nothing else. What is never closed is no block.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    """One complete block: the first word after its opening fence, and the lines in between.

    ``info`` is what else stands after the fence; it does not tell blocks apart.
    """

    tag: str
    text: str
    info: str = field(default="", compare=False)


def blocks(text: str) -> list[Block]:
    """Every complete fenced block of ``text``, in order."""
    found: list[Block] = []
    fence, tag, info, lines = "", "", "", list[str]()
    for line in text.split("\n"):
        mark, rest = _fence(line)
        if not fence and mark:
            fence, (tag, _, info), lines = mark, rest.strip().partition(" "), []
        elif fence and mark.startswith(fence) and not rest:
            found.append(Block(tag.lower(), "\n".join(lines), info.strip()))
            fence = ""
        elif fence:
            lines.append(line)
    return found


def _fence(line: str) -> tuple[str, str]:
    """The run of fence marks that ``line`` begins with and what follows it; "" for none."""
    stripped = line.strip()
    if not stripped.startswith(("```", "~~~")):
        return "", ""
    for mark in "`~":
        rest = stripped.lstrip(mark)
        run = stripped[: len(stripped) - len(rest)]
        if len(run) >= 3 and "`" not in rest:
            return run, rest
    return "", ""
