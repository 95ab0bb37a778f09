"""Stoichiometry: how much of one substance goes with how much of another.

Rules: a reaction, atomic masses and measured amounts are given, one amount is asked. At the higher
levels the equation is shown without coefficients and has to be balanced first. Amounts come as
moles, masses, solutions and gases; reagents limit, samples are impure, yields are incomplete and
reactions follow each other.

The problems are in :mod:`.ratios`, :mod:`.limiting`, :mod:`.mixtures` and :mod:`.chains`; how they
are judged and proved is in :mod:`.quantities`. Trivial policies that must fail: the largest number
shown, their sum, the smallest.
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.science import chains, limiting, mixtures, ratios
from assay_envs.science.quantities import QuantityEnvironment


class Stoichiometry(QuantityEnvironment):
    """The environment; one quantity per episode."""

    id = "science/stoichiometry"
    summary = "amounts, masses, solutions and gases in reactions and chains of reactions"
    levels: ClassVar = {
        1: "amounts and volumes of gases by the ratio of a balanced equation",
        2: "masses and solutions by a balanced equation",
        3: "limiting reagents, yields, gases and solutions; the equation is to be balanced first",
        4: "the same combined: purity, yields of limited reactions, precipitates, back titration",
        5: "chains of three reactions, there and back; mixtures",
    }
    chance: ClassVar = {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.01, 5: 0.03}
    problems: ClassVar = {
        1: (ratios.MOLES, ratios.REAGENT, ratios.VOLUMES),
        2: (ratios.FROM_MASS, ratios.MASSES_OF, ratios.TITRATION, ratios.METAL),
        3: (ratios.GAS, ratios.YIELD, limiting.LIMITING, limiting.EXCESS, limiting.LEFT_OVER),
        4: (
            mixtures.PURITY, limiting.ACTUAL, limiting.HYDROGEN, limiting.PRECIPITATE,
            mixtures.BACK_TITRATION,
        ),
        5: (chains.CHAIN, chains.FEED, mixtures.ALLOY, mixtures.CARBONATES),
    }  # fmt: skip
