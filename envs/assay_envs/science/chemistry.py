"""Chemistry: amounts, gases, solutions, heat, electricity, rates and equilibria, and formulae.

Rules: data with units and one quantity asked, or measured masses and one formula asked; the prompt
says how exact the answer must be. Constants that are needed stand in the prompt. The problems are
in :mod:`.amounts`, :mod:`.gases`, :mod:`.solutions`, :mod:`.energies`, :mod:`.electrochemistry`,
:mod:`.rates`, :mod:`.phases`, :mod:`.equilibria` and :mod:`.formulas`; how they are drawn, judged
and proved is in :mod:`.quantities`, and so are the trivial policies that must fail (the largest
number shown …).
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.science import (
    amounts,
    electrochemistry,
    energies,
    equilibria,
    gases,
    phases,
    rates,
    solutions,
)
from assay_envs.science.formulas import FormulaProblem
from assay_envs.science.quantities import QuantityEnvironment


class Chemistry(QuantityEnvironment):
    """The environment; one quantity or formula per episode."""

    id = "science/chemistry"
    summary = "amounts, gases, solutions, heat, electrochemistry, rates, equilibria, formulae"
    levels: ClassVar = {
        1: "amounts, masses, concentrations; the figures that data justify",
        2: "gas laws, solutions by weight, decay, heats of combustion, electrolysis",
        3: "molar masses measured, enthalpies, pH of strong bases and weak acids, simple formulae",
        4: "buffers, Nernst, Arrhenius, solubility, equilibria, molecular formulae",
        5: "titration curves, temperature of equilibria and rates, formulae from combustion",
    }
    chance: ClassVar = {1: 0.01, 2: 0.01, 3: 0.01, 4: 0.015, 5: 0.02}
    problems: ClassVar = {
        1: (
            amounts.MOLAR_MASS, amounts.AMOUNT, amounts.PARTICLES, amounts.DENSITY, amounts.TOTAL,
            solutions.CONCENTRATION, solutions.DILUTION, solutions.STRONG_ACID,
        ),
        2: (
            amounts.SHARE, gases.IDEAL, gases.COMBINED, energies.CALORIMETER, rates.HALF_LIFE,
            rates.FIRST_ORDER, rates.DATING, phases.FREEZING, solutions.WEIGHED_IN,
            electrochemistry.CELL_ENERGY, electrochemistry.PLATING,
        ),
        3: (
            gases.VAPOUR_MASS, gases.PARTIAL, energies.ENTHALPY, electrochemistry.PLATING_TIME,
            phases.OSMOSIS, equilibria.IODIDE, solutions.STRONG_BASE, solutions.STOCK,
            solutions.WEAK_ACID, FormulaProblem("empirical"),
        ),
        4: (
            energies.FUEL, energies.FREE_ENERGY, electrochemistry.NERNST, rates.ACTIVATION,
            phases.VAPOUR, equilibria.DISSOCIATION, solutions.WEAK_BASE, solutions.BUFFER,
            solutions.STRONG_MIX, solutions.SOLUBILITY, FormulaProblem("molecular"),
        ),
        5: (
            rates.HOTTER, equilibria.VANT_HOFF, solutions.COMMON_ION, solutions.BEFORE,
            solutions.EQUIVALENCE, solutions.AFTER, FormulaProblem("burnt"),
        ),
    }  # fmt: skip
