"""Which of a row's instructions a text follows, strictly or loosely.

IFEval's loose reading forgives what a chat model adds: an instruction is followed if it is by the
text itself or by any of seven variants (without asterisks; without its first line, its last, or
both; and those three without asterisks). A blank text follows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay_verifiers.instruction.constraint import Constraint

MODES = ("strict", "loose")


def follow(
    text: str, rules: Sequence[tuple[Constraint, Mapping[str, Any]]], mode: str
) -> list[bool]:
    """For each rule with its kwargs as read, whether the text follows it."""
    texts = [t for t in (_variants(text) if mode == "loose" else [text]) if t.strip()]
    return [any(rule.holds(t, **kwargs) for t in texts) for rule, kwargs in rules]


def _variants(text: str) -> list[str]:
    lines = text.split("\n")
    parts = [text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return list(dict.fromkeys([*parts, *(part.replace("*", "") for part in parts)]))
