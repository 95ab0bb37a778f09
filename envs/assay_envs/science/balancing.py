"""Balancing: give a chemical equation its coefficients; at the high levels complete it as well.

Rules: the skeleton of a reaction is shown. Any coefficients that balance every element, and the
charge of ions, are right: multiples and fractions count. Of a redox reaction in acid or base, water
and H^+ or OH^- have to be added; nothing may then stand on both sides.

Certificate: the skeleton, whose coefficients are unique up to a factor by exact elimination over
the fractions. Second method: the answer is balanced by the verifier's own reading of formulae, and
the rank of the matrix modulo a prime, made of that reading, leaves no room for another answer.
Duplicate key: both sides sorted. Trivial policies that must fail: the skeleton as it stands, two of
each on the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from random import Random
from typing import ClassVar

from assay_datasets import Json
from assay_envs.environment import CertificateError
from assay_envs.science.problem import Parameters, Problem, ScienceEnvironment, Worked
from assay_envs.science.reactions import (
    Balanced,
    Skeleton,
    balance,
    between,
    bits,
    burnt,
    elements_combined,
    metal_dissolved,
    neutralised,
    precipitated,
    rank_modulo_prime,
    redox,
    redox_of_salts,
    well_known,
)
from assay_envs.science.substances import composition
from assay_verifiers.science.equation import Equation, imbalance, read_equation
from assay_verifiers.science.formula import read_formula
from assay_verifiers.science.notation import Unreadable

_PROMPT = (
    "{question} Think step by step inside <think></think>, then write only the equation, as in "
    "2 H2 + O2 -> 2 H2O; any multiple of the smallest coefficients is right."
)
_LETTERS = "abcdefghijk"
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MOST_DRAWS = 1_000


class Balance(Problem):
    """Reactions of one kind.

    Args:
        name: unique in the environment.
        draw: a skeleton of a level.
        medium: ``acid`` or ``base``, where the reaction has to be completed.
    """

    def __init__(
        self, name: str, draw: Callable[[Random, int], Skeleton], medium: str = ""
    ) -> None:
        self.name = name
        self.wordings = _COMPLETE if medium else _PLAIN
        self._draw = draw
        self._medium = medium

    def draw(self, rng: Random, level: int) -> Parameters:
        for _ in range(_MOST_DRAWS):
            asked = self._draw(rng, level)
            reaction = balance(asked)
            if reaction and max(reaction.coefficients) > 1:
                left, right = list(asked.left), list(asked.right)
                rng.shuffle(left)
                rng.shuffle(right)
                return {"left": left, "right": right, "helpers": list(asked.helpers)}
        raise RuntimeError(f"{self.name}: no reaction is unique")

    def worded(self, wording: int, parameters: Parameters) -> str:
        question = self.wordings[wording].format(
            skeleton=_skeleton(parameters),
            medium={"acid": "acidic", "base": "basic"}.get(self._medium, ""),
            ion=(parameters["helpers"] or [""])[-1],
        )
        return _PROMPT.format(question=question)

    def solve(self, parameters: Parameters) -> Worked:
        asked = _skeleton(parameters)
        reaction = balance(asked)
        if reaction is None:
            raise ValueError(f"{asked} is not unique")
        return Worked(
            answer={"kind": "equation", "value": str(reaction)},
            response=str(reaction),
            steps=_steps(reaction),
            wrong=tuple(_wrong(asked, reaction)),
            measured=bits(reaction) + len(asked.helpers) * math.log2(3),
            equivalents=tuple(_equivalents(reaction)),
        )

    def prove(self, parameters: Parameters, answer: Json) -> None:
        """Balanced, of the skeleton's species, and no other way to balance them."""
        asked = _skeleton(parameters)
        try:
            given = read_equation(answer["value"])
        except Unreadable as error:
            raise CertificateError(f"the answer is no equation: {error}") from error
        if excess := imbalance(given):
            raise CertificateError(f"the answer is not balanced: {excess}")
        if problem := _strange(asked, given):
            raise CertificateError(problem)
        if rank_modulo_prime(_columns(asked)) < len(asked.species) - 1:
            raise CertificateError("the coefficients are not unique")

    def guess(self, rng: Random, parameters: Parameters) -> str:
        """Coefficients from 1 to 4; water and its ion on a side each, where they are needed."""
        left, right = list(parameters["left"]), list(parameters["right"])
        for helper in parameters["helpers"]:
            rng.choice((left, right)).append(helper)
        return " -> ".join(
            " + ".join(f"{rng.randint(1, 4)} {each}" for each in side) for side in (left, right)
        )

    def trivial(self, parameters: Parameters) -> Iterator[str]:
        asked = _skeleton(parameters)
        yield str(asked)
        yield f"{' + '.join(f'2 {each}' for each in asked.left)} -> {' + '.join(asked.right)}"

    def key(self, parameters: Parameters) -> Json:
        return [sorted(parameters[name]) for name in ("left", "right", "helpers")]


def _skeleton(parameters: Parameters) -> Skeleton:
    left, right, helpers = (tuple(parameters[name]) for name in ("left", "right", "helpers"))
    return Skeleton(left, right, helpers)


def _columns(asked: Skeleton) -> list[list[int]]:
    """The matrix of elements and charge by species, as the verifier reads the formulae."""
    formulae = [read_formula(each) for each in asked.species]
    counts = [{symbol: n for (_, symbol), n in each.atoms} for each in formulae]
    elements = sorted({symbol for count in counts for symbol in count})
    rows = [[count.get(symbol, 0) for count in counts] for symbol in elements]
    return [*rows, [each.charge for each in formulae]]


def _strange(asked: Skeleton, given: Equation) -> str:
    """What is wrong with the species of ``given``, if anything is."""
    sides = []
    for side, wanted in ((given.left, asked.left), (given.right, asked.right)):
        there = {species.formula for species in side}
        if missing := [each for each in wanted if read_formula(each) not in there]:
            return f"the answer lacks {missing[0]}"
        sides.append(there - {read_formula(each) for each in (*wanted, *asked.helpers)})
    return "the answer has species of its own" if any(sides) else ""


def _steps(reaction: Balanced) -> list[str]:
    """Letters for the coefficients, one equation an element, and their smallest solution."""
    terms = [*reaction.left, *reaction.right]
    names = dict(zip((formula for _, formula in terms), _LETTERS, strict=False))
    sides = [" + ".join(f"{names[f]} {f}" for _, f in side) for side in _sides(reaction)]
    elements = dict.fromkeys(element for _, f in terms for element in composition(f))
    steps = [f"Unknown coefficients: {' -> '.join(sides)}"]
    for element in elements:
        counted = [_counted(element, side, names) for side in _sides(reaction)]
        steps.append(f"{element}: {' = '.join(counted)}")
    found = ", ".join(f"{names[f]} = {times}" for times, f in terms)
    return [*steps, f"Smallest whole numbers: {found}"]


def _sides(reaction: Balanced) -> tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]]:
    return reaction.left, reaction.right


def _counted(element: str, side: Sequence[tuple[int, str]], names: dict[str, str]) -> str:
    terms = [(composition(f).get(element, 0), names[f]) for _, f in side]
    shown = [name if n == 1 else f"{n if n > 0 else f'({n})'}*{name}" for n, name in terms if n]
    return " + ".join(shown) or "0"


def _written(left: Sequence[tuple[object, str]], right: Sequence[tuple[object, str]]) -> str:
    return " -> ".join(
        " + ".join(f if times == 1 else f"{times} {f}" for times, f in side)
        for side in (left, right)
    )


def _scaled(reaction: Balanced, factor: int, divisor: int = 1) -> str:
    def times(n: int) -> object:
        whole, rest = divmod(n * factor, divisor)
        return f"{n * factor}/{divisor}" if rest else whole

    return _written(*([(times(n), f) for n, f in side] for side in _sides(reaction)))


def _equivalents(reaction: Balanced) -> Iterator[str]:
    text = str(reaction)
    yield _scaled(reaction, 2)
    yield _scaled(reaction, 1, max(reaction.coefficients))
    yield _written(reaction.left[::-1], reaction.right[::-1])
    yield text.replace("->", "→")
    yield text.replace("->", "=")
    yield f"$\\ce{{{text}}}$"
    yield f"The balanced equation is {text}"
    if "^" not in text:
        sides = [[(n, f.translate(_LOWERED)) for n, f in side] for side in _sides(reaction)]
        yield _written(*sides).replace("->", "→")


def _wrong(asked: Skeleton, reaction: Balanced) -> Iterator[str]:
    """One coefficient changed, two exchanged, sides exchanged, a species left out or changed."""
    terms, split = [*reaction.left, *reaction.right], len(reaction.left)

    def with_coefficients(changed: Sequence[int]) -> str:
        pairs = [(n, f) for n, (_, f) in zip(changed, terms, strict=True)]
        return _written(pairs[:split], pairs[split:])

    numbers = list(reaction.coefficients)
    for place, n in enumerate(numbers):
        yield with_coefficients([*numbers[:place], n + 1, *numbers[place + 1 :]])
        if n > 1:
            yield with_coefficients([*numbers[:place], n - 1, *numbers[place + 1 :]])
    first, other = numbers[0], next((i for i, n in enumerate(numbers) if n != numbers[0]), 0)
    if other:
        swapped = [numbers[other], *numbers[1:other], first, *numbers[other + 1 :]]
        yield with_coefficients(swapped)
    yield _written(reaction.right, reaction.left)
    yield str(asked)
    yield str(reaction).rpartition(" + ")[0] if " + " in str(reaction).partition("->")[2] else ""
    yield str(reaction).replace("->", "+")


_PLAIN = (
    "Balance this equation: {skeleton}.",
    "Find the coefficients of the reaction {skeleton}.",
)
_COMPLETE = (
    "Complete and balance this reaction in {medium} solution: {skeleton}. Add only H2O and {ion}, "
    "with nothing on both sides; the charge must be balanced as well.",
    "The reaction {skeleton} takes place in {medium} solution. Give its balanced net ionic equation"
    " with H2O and {ion} where they are needed.",
)


def _from(
    reactions: Callable[[], Sequence[Skeleton]], least: float = 0, most: float = 99
) -> Callable[[Random, int], Skeleton]:
    @cache
    def chosen() -> Sequence[Skeleton]:
        return between(reactions(), least, most)

    return lambda rng, level: rng.choice(chosen())


def _acid() -> Sequence[Skeleton]:
    return redox("acid")


def _base() -> Sequence[Skeleton]:
    return redox("base")


_ELEMENTS = Balance("elements", lambda rng, level: elements_combined(rng))
_DISSOLVED = Balance("dissolved", lambda rng, level: metal_dissolved(rng))
_NEUTRAL = Balance("neutral", lambda rng, level: neutralised(rng))
_PRECIPITATE = Balance("precipitate", lambda rng, level: precipitated(rng))
_BURNT = Balance("burnt", burnt)
_EASY = Balance("easy", _from(well_known, 0, 6.5))
_USUAL = Balance("usual", _from(well_known, 6.5, 9))
_LONGER = Balance("longer", _from(well_known, 9, 13))
_INTRICATE = Balance("intricate", _from(well_known, 13))
_SALTS = Balance("salts", _from(redox_of_salts, 10))
_SHORT_ACID = Balance("short_acid", _from(_acid, 0, 8), "acid")
_ACID = Balance("acid", _from(_acid, 9, 14), "acid")
_BASE = Balance("base", _from(_base, 8.5, 14), "base")
_LONG_ACID = Balance("long_acid", _from(_acid, 14), "acid")
_LONG_BASE = Balance("long_base", _from(_base, 11), "base")


class Balancing(ScienceEnvironment):
    """The environment; one equation per episode."""

    id = "science/balancing"
    summary = "balance chemical equations, redox in acid and base among them"
    levels: ClassVar = {
        1: "elements that combine, metals in acids, short well-known reactions",
        2: "neutralisation, precipitation, combustion of compounds with oxygen",
        3: "more species, combustion with nitrogen and sulfur, short redox reactions to complete",
        4: "redox in acid or base, to be completed; redox of salts in sulfuric acid",
        5: "redox with large coefficients, large combustions, intricate well-known reactions",
    }
    chance: ClassVar = {1: 0.03, 2: 0.02, 3: 0.02, 4: 0.01, 5: 0.02}
    measure = "bits to be found: log2(1 + coefficient) of each species, log2(3) for a helper's side"
    problems: ClassVar = {
        1: (_ELEMENTS, _DISSOLVED, _EASY, _ELEMENTS),
        2: (_NEUTRAL, _PRECIPITATE, _BURNT, _USUAL),
        3: (_BURNT, _LONGER, _SHORT_ACID),
        4: (_ACID, _BASE, _SALTS),
        5: (_LONG_BASE, _LONG_BASE, _LONG_ACID, _LONG_ACID, _BURNT, _BURNT, _INTRICATE),
    }
