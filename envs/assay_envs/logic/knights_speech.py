"""English for Knights & Knaves: a prompt in which every statement can be read in one way only.

*both … and …*, *either … or …*, *if … then …* and numbered claims stand for brackets, and "or"
includes both unless the statement says otherwise. Scene, verbs and small words are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from assay_envs.logic.knights_statements import ROLES, Statement

_SCENES = (
    "On an island everyone is either a knight, who always tells the truth, or a knave, who always "
    "lies. You meet {names}.",
    "{names} live on the island of knights and knaves. Whatever a knight says is true; whatever a "
    "knave says is false; everyone is one or the other.",
    "A traveller meets {names}. Each of them is a knight or a knave: knights make only true "
    "statements, and knaves make only false ones.",
)
_VERBS = ("says", "declares", "tells you", "claims", "remarks")
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def prompt(rng: Random, names: Sequence[str], statements: Sequence[Statement]) -> str:
    """The whole prompt; ``names`` are the speakers in order."""
    scene = _SCENES[int(rng.random() * len(_SCENES))].format(names=_listed(names))
    spoken = []
    for who, said in enumerate(statements):
        verb = _VERBS[int(rng.random() * len(_VERBS))]
        words = _Speech(rng, names, who).claim(said)
        spoken.append(f"{names[who]} {verb}: “{words[0].upper()}{words[1:]}.”")
    example = ", ".join(f"{name}: …" for name in names[:2]) + (", …" if len(names) > 2 else "")
    return (
        f"{scene}\n\n" + "\n".join(spoken) + "\n\n“Or” includes both, unless “but not both” is "
        "said; “if … then …” is false only where its first part is true and its second is not.\n"
        "Who is a knight and who is a knave? End with one line that names everybody's role, like "
        f"this: {example}"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


class _Speech:
    """Puts a statement into its speaker's mouth."""

    def __init__(self, rng: Random, names: Sequence[str], speaker: int) -> None:
        self._rng = rng
        self._names = names
        self._speaker = speaker

    def claim(self, said: Statement) -> str:
        """A whole statement, or a numbered claim of one."""
        kind = said[0]
        if kind in ("is", "same", "differ", "count", "not"):
            return self._part(said)
        left, right = self._part(said[1]), self._part(said[2])
        if kind == "if":
            return f"if {left}, then {right}"
        if self._simple(said[1]) and self._simple(said[2]):
            return {
                "and": f"{left} and {right}",
                "or": f"{left} or {right}",
                "xor": f"either {left} or {right}, but not both",
                "iff": f"{left} if and only if {right}",
            }[kind]
        claims = f"(1) {left}; (2) {right}"
        return {
            "and": f"both of these claims are true: {claims}",
            "or": f"at least one of these claims is true: {claims}",
            "xor": f"exactly one of these claims is true: {claims}",
            "iff": f"these claims are both true or both false: {claims}",
        }[kind]

    def _part(self, said: Statement) -> str:
        """A statement inside another, bracketed by its own words."""
        match said:
            case ("is", who, knight):
                return self._is(who, knight)
            case ("same" | "differ" as kind, one, other):
                return self._pair(kind, one, other)
            case ("count", relation, k, people, knights):
                return self._count(relation, k, people, knights)
            case ("not", part):
                return f"it is not true that {self._part(part)}"
            case ("and", one, other):
                return f"both {self._part(one)} and {self._part(other)}"
        return f"either {self._part(said[1])} or {self._part(said[2])}"

    @staticmethod
    def _simple(said: Statement) -> bool:
        return said[0] in ("is", "same", "differ", "count")

    def _is(self, who: int, knight: bool) -> str:
        subject = "I am" if who == self._speaker else f"{self._names[who]} is"
        if self._rng.random() < 0.2:
            return f"{subject} not a {ROLES[not knight]}"
        return f"{subject} a {ROLES[knight]}"

    def _pair(self, kind: str, one: int, other: int) -> str:
        if one == self._speaker:
            one, other = other, one
        second = "I am" if other == self._speaker else f"{self._names[other]} is"
        kinds = "the same kind as" if kind == "same" else "another kind than"
        return f"{self._names[one]} is of {kinds} {second}"

    def _count(self, relation: str, k: int, people: Sequence[int], knights: bool) -> str:
        role = ROLES[knights]
        group = (
            "of us"
            if len(people) == len(self._names)
            else "of "
            + _listed([self._names[who] if who != self._speaker else "me" for who in people])
        )
        number = "none" if k == 0 else f"{relation} {_NUMBERS[k]}"
        return f"{number} {group} {f'is a {role}' if k < 2 else f'are {role}s'}"
