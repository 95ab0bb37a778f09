"""Congruences: ``x \\equiv 3 \\pmod 7`` and ``3 \\pmod 7`` as a residue class."""

from __future__ import annotations

from typing import NamedTuple

from assay_verifiers.math.exact import Exact, Inexact
from assay_verifiers.math.tree import Hard, Node, TooCostly, Undefined


class Congruence(NamedTuple):
    """``subject`` (None where only the class is written) is ``residue`` modulo ``modulus``."""

    subject: Node | None
    residue: int
    modulus: int


def congruence(node: Node) -> Congruence | None:
    """The class that ``node`` writes; None where it is none, or not of plain integers."""
    if node.head != "rel" or node.args[1] != "mod":
        return None
    subject, _, *rest = node.args
    if len(rest) == 3 and rest[0] in ("equiv", "=", "cong"):
        residue, modulus = _integer(rest[1]), _integer(rest[2])
    elif len(rest) == 1:
        residue, modulus, subject = _integer(subject), _integer(rest[0]), None
    else:
        return None
    return Congruence(subject, residue, modulus) if residue is not None and modulus else None


def are_congruent(left: Congruence, right: Congruence) -> bool:
    """Whether two classes are one, whatever their subjects are called."""
    return abs(left.modulus) == abs(right.modulus) and not (
        (left.residue - right.residue) % left.modulus
    )


def _integer(node: Node) -> int | None:
    try:
        return Exact().integer(node)
    except (Inexact, Undefined, TooCostly, Hard):
        return None
