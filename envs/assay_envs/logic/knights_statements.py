"""What people say in Knights & Knaves: what a statement means, and which puzzles are alike.

A statement is a nested list, JSON as it stands in a certificate. ``Worlds`` are all ways to give
people their roles, a bit each of one big integer: what a statement means is the mask of the worlds
it is true in, and a connective is one operation on masks. ``holds`` reads statements a second time,
of one world and without masks, so that certificates can be checked by another method.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from assay_envs.environment import CertificateError
from assay_envs.logic.canonical import canonical

Statement: TypeAlias = list[Any]
"""One of

``["is", person, knight]`` · ``["same", a, b]`` · ``["differ", a, b]`` ·
``["count", "exactly" | "at least" | "at most", k, people, knights]`` ·
``["not", s]`` · ``["and" | "or" | "xor" | "if" | "iff", s, t]``; people are numbered from 0.
"""

ROLES = ("knave", "knight")


class Worlds:
    """The ways to give n people roles: bit w is that in which i is a knight iff ``w >> i & 1``.

    Attributes:
        n: how many people.
        everything: the mask of all worlds.
        knights: for each person the worlds in which they are a knight; ``knaves`` likewise.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.everything = (1 << (1 << n)) - 1
        self.knights = [
            sum(1 << world for world in range(1 << n) if world >> person & 1) for person in range(n)
        ]
        self.knaves = [self.everything ^ knight for knight in self.knights]
        self._counts: dict[tuple[Any, ...], int] = {}

    def mask(self, said: Statement) -> int:
        """The worlds in which a statement is true."""
        kind = said[0]
        if kind == "is":
            return (self.knights if said[2] else self.knaves)[said[1]]
        if kind == "same":
            return self.knaves[said[1]] ^ self.knights[said[2]]
        if kind == "differ":
            return self.knights[said[1]] ^ self.knights[said[2]]
        if kind == "count":
            return self._count(said[1], said[2], tuple(said[3]), said[4])
        if kind == "not":
            return self.everything ^ self.mask(said[1])
        left, right = self.mask(said[1]), self.mask(said[2])
        if kind == "and":
            return left & right
        if kind == "or":
            return left | right
        if kind == "if":
            return self.everything ^ left | right
        return left ^ right if kind == "xor" else self.everything ^ left ^ right

    def told(self, speaker: int, said: Statement) -> int:
        """The worlds that a statement leaves: those in which its speaker may say it."""
        return self.knaves[speaker] ^ self.mask(said)

    def _count(self, relation: str, k: int, people: tuple[int, ...], knights: bool) -> int:
        key = (relation, k, people, knights)
        if key not in self._counts:
            self._counts[key] = self._counted(*key)
        return self._counts[key]

    def _counted(self, relation: str, k: int, people: tuple[int, ...], knights: bool) -> int:
        exactly = [self.everything] + [0] * len(people)
        for person in people:
            one = (self.knights if knights else self.knaves)[person]
            for count in range(len(people), 0, -1):
                exactly[count] = exactly[count] & ~one | exactly[count - 1] & one
            exactly[0] &= ~one
        counts = {"exactly": [k], "at least": range(k, len(people) + 1), "at most": range(k + 1)}
        return sum(exactly[count] for count in counts[relation])


@lru_cache(maxsize=16)
def worlds_of(n: int) -> Worlds:
    """The worlds of n people, made once."""
    return Worlds(n)


def holds(said: Statement, roles: Sequence[bool]) -> bool:
    """Whether a statement is true of ``roles``: the second method's reading."""
    match said:
        case ("is", who, knight):
            return bool(roles[who] == knight)
        case ("same", one, other):
            return roles[one] == roles[other]
        case ("differ", one, other):
            return roles[one] != roles[other]
        case ("count", relation, k, people, knights):
            count = sum(roles[who] == knights for who in people)
            return bool(
                count == k
                if relation == "exactly"
                else count >= k
                if relation == "at least"
                else count <= k
            )
        case ("not", part):
            return not holds(part, roles)
        case (kind, one, other):
            left, right = holds(one, roles), holds(other, roles)
            return {
                "and": left and right,
                "or": left or right,
                "xor": left != right,
                "if": not left or right,
                "iff": left == right,
            }[kind]
    raise CertificateError(f"{said!r} is no statement")


def structure(statements: Sequence[Statement], roles: int) -> str:
    """A digest that is the same exactly for puzzles that differ by the names of people."""

    def describe(colours: Sequence[int]) -> list[str]:
        marks, descriptions = list(map(str, colours)), []
        for me, said in enumerate(statements):
            mine, marks[me] = marks[me], "me"
            descriptions.append(_signature(said, marks))
            marks[me] = mine
        return descriptions

    start = [roles >> person & 1 for person in range(len(statements))]
    return hashlib.sha256(canonical(start, describe).encode()).hexdigest()[:24]


def _signature(said: Statement, marks: Sequence[str]) -> str:
    kind = said[0]
    if kind == "is":
        return f"{'+-'[not said[2]]}{marks[said[1]]}"
    if kind in ("same", "differ"):
        one, other = sorted((marks[said[1]], marks[said[2]]))
        return f"{kind}({one},{other})"
    if kind == "count":
        return f"{said[1:3]}{said[4]:d}{sorted([marks[person] for person in said[3]])}"
    parts = [_signature(part, marks) for part in said[1:]]
    return f"{kind}({','.join(parts if kind == 'if' else sorted(parts))})"
