"""Combinatorics: counting choices, arrangements, paths and sums, and exact probabilities.

Rules: one whole number or fraction is asked for; the question decides it, so it is unique.
Families, certificate, duplicate key and trivial policies: see :mod:`assay_envs.math.families`; the
families themselves are in ``choices``, ``arrangements`` and ``sums`` beside this file. The worked
solution uses closed formulas; the second method counts step by step and knows none of them.
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.math.arrangements import LETTERS, PATHS
from assay_envs.math.choices import APART, CODE, COMMITTEE, MENU, URN
from assay_envs.math.families import FamilyEnvironment
from assay_envs.math.sums import DICE, SWEETS


class Combinatorics(FamilyEnvironment):
    """The environment; one count or probability per episode."""

    id = "math/combinatorics"
    summary = "count choices, arrangements, paths and sums; exact probabilities"
    levels: ClassVar = {
        1: "products, codes, small committees, draws from an urn",
        2: "larger ones; committees with a bound, seats apart, paths",
        3: "the same with more cases, rearranged letters",
        4: "sums with upper bounds, dice, longer words",
        5: "the same with many cases of inclusion and exclusion",
    }
    chance: ClassVar = {1: 0.05, 2: 0.03, 3: 0.03, 4: 0.03, 5: 0.02}
    families: ClassVar = {
        1: (MENU, CODE, COMMITTEE, URN),
        2: (PATHS, CODE, COMMITTEE, URN, APART),
        3: (COMMITTEE, PATHS, URN, APART, CODE, LETTERS),
        4: (SWEETS, DICE, PATHS, COMMITTEE, LETTERS),
        5: (SWEETS, DICE, PATHS, COMMITTEE),
    }
