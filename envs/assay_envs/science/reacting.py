"""Reacting: what problems about amounts in a reaction have in common.

A problem names its substances by labels, ``A`` what is given, ``B`` what is asked, and holds its
balanced equation as a text. Here are the reactions drawn for one, what a question shows of them,
the lines of a working and the terms of a law. Workings count by our own balance of the equation,
laws by the verifier's reading of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from assay_envs.science.molar_masses import masses
from assay_envs.science.problem import Parameters
from assay_envs.science.reactions import (
    Balanced,
    Skeleton,
    balance,
    read_back,
    skeleton,
    well_known,
)
from assay_envs.science.substances import MASSES, composition
from assay_verifiers.science.equation import read_equation
from assay_verifiers.science.formula import read_formula

GASES = frozenset(
    ("H2", "O2", "N2", "CO2", "CO", "NO", "NO2", "N2O", "SO2", "NH3", "C2H2", "CH4", "H2S", "PH3")
)

# What is drawn


@cache
def _weighable() -> tuple[Balanced, ...]:
    """Well-known reactions of elements whose masses are listed."""
    every = (balance(each) for each in well_known())
    return tuple(each for each in every if each and _listed(each))


def _listed(reaction: Balanced) -> bool:
    return all(e in MASSES for _, f in (*reaction.left, *reaction.right) for e in composition(f))


def _formulae(side: Sequence[tuple[int, str]], among: frozenset[str] | None = None) -> list[str]:
    return [f for _, f in side if among is None or f in among]


def from_to(
    reagents: frozenset[str] | None = None, products: frozenset[str] | None = None
) -> Callable[[Random], Parameters]:
    """A well-known reaction, a reagent and a product of it with unlike coefficients."""

    def pick(rng: Random) -> Parameters:
        while True:
            reaction = rng.choice(_weighable())
            left = _formulae(reaction.left, reagents)
            right = _formulae(reaction.right, products)
            pairs = [(a, b) for a in left for b in right if reaction.of(a) != reaction.of(b)]
            if pairs:
                first, second = rng.choice(pairs)
                return {"equation": str(reaction), "A": first, "B": second}

    return pick


def two_reagents(rng: Random) -> Parameters:
    """A well-known reaction of two reagents, both of them, and a product."""
    while True:
        reaction = rng.choice(_weighable())
        if len(reaction.left) == 2:
            first, second = rng.sample(_formulae(reaction.left), 2)
            product = rng.choice(_formulae(reaction.right))
            return {"equation": str(reaction), "A": first, "C": second, "B": product}


def put_together(make: Callable[[Random], Skeleton], names: str) -> Callable[[Random], Parameters]:
    """A reaction that ``make`` puts together; ``names`` label its species from left to right."""

    def pick(rng: Random) -> Parameters:
        while True:
            reaction = balance(make(rng))
            if reaction and _listed(reaction):
                species = _formulae((*reaction.left, *reaction.right))
                return {"equation": str(reaction), **dict(zip(names, species, strict=True))}

    return pick


# What is shown


def balanced(parameters: Parameters) -> Mapping[str, str]:
    """The equation, and the masses of all substances that are named."""
    return {**masses(parameters), "reaction": parameters["equation"]}


def unbalanced(parameters: Parameters) -> Mapping[str, str]:
    """The same without the coefficients; where there are none, nothing is said of them."""
    bare, equation = str(skeleton(parameters["equation"])), parameters["equation"]
    shown = bare if bare == equation else f"{bare} (not balanced)"
    return {**masses(parameters), "reaction": shown}


# Lines of a working


def balancing(parameters: Parameters) -> str:
    """The reason of the line that first needs the coefficients, where they were not shown."""
    return f"balanced, {parameters['equation']}"


def ratio(parameters: Parameters, wanted: str, given: str, equation: str = "equation") -> str:
    """``*b/a`` with the coefficients of ``wanted`` and ``given``, both labels."""
    reaction = read_back(parameters[equation])
    return f"*{reaction.of(parameters[wanted])}/{reaction.of(parameters[given])}"


# Terms of a law


def coefficient(equation: str, formula: str) -> int:
    """A coefficient as the verifier reads it."""
    read, wanted = read_equation(equation), read_formula(formula)
    sides = {**dict(read.left), **dict(read.right)}
    return int(next(times for species, times in sides.items() if species.formula == wanted))


def turns(q: Any, formula: str, amount: Any, equation: str = "equation") -> Any:
    """How often the reaction takes place when ``amount`` of ``formula`` takes part."""
    return amount / coefficient(getattr(q, equation), formula)


def gas_amount(pressure: Any, volume: Any, gas_constant: Any, kelvin: Any) -> Any:
    """Moles of an ideal gas."""
    return pressure * volume / (gas_constant * kelvin)
