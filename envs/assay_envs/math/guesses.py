"""Guesses: counts and probabilities of a likely size, for the families of combinatorics."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from assay_envs.math.families import Parameters


def guess_count(rng: Random, most: int) -> str:
    """A count of a random size, every length alike."""
    return str(round(math.exp(rng.uniform(math.log(2), math.log(most)))))


def guess_chance(rng: Random, parameters: Parameters) -> str:
    """A probability of a small denominator."""
    every = rng.randint(3, 60)
    return str(Fraction(rng.randint(1, every - 1), every))
