"""Number theory: divisors, remainders, congruences, powers and bases, with exact whole answers.

Rules: one whole number is asked for; it is decided by definition, so it is unique. Families,
certificate, duplicate key and trivial policies: see :mod:`assay_envs.math.families`; the families
themselves are in ``divisors``, ``congruences`` and ``bases`` beside this file, each with its second
method: the definition itself, tried number by number.
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.math.bases import FROM_BASE, TO_BASE
from assay_envs.math.congruences import CONGRUENCES, INVERSE, ORDER, POWER, TOWER
from assay_envs.math.divisors import COINS, DIVISOR_SUM, FACTORIAL, GCD, LCM, TOTIENT
from assay_envs.math.families import FamilyEnvironment


class NumberTheory(FamilyEnvironment):
    """The environment; one whole number per episode."""

    id = "math/number_theory"
    summary = "divisors, remainders, congruences, powers and bases"
    levels: ClassVar = {
        1: "gcd, lcm and base conversion of small numbers, a sum of divisors",
        2: "larger ones; remainders of powers, two congruences, primes in a factorial",
        3: "Euler's totient, inverses, unpayable amounts; numbers up to thousands",
        4: "the same beyond mental reach; multiplicative orders",
        5: "three congruences, towers of powers, large exponents and inverses",
    }
    chance: ClassVar = {1: 0.06, 2: 0.04, 3: 0.02, 4: 0.02, 5: 0.015}
    families: ClassVar = {
        1: (GCD, LCM, FROM_BASE, DIVISOR_SUM),
        2: (GCD, LCM, TO_BASE, POWER, CONGRUENCES, FACTORIAL),
        3: (TOTIENT, INVERSE, POWER, CONGRUENCES, TO_BASE, DIVISOR_SUM, COINS),
        4: (TOTIENT, INVERSE, POWER, CONGRUENCES, ORDER, DIVISOR_SUM),
        5: (TOWER, POWER, CONGRUENCES, INVERSE, DIVISOR_SUM),
    }
