"""Molar masses: as a question states them, a working adds them up and a law reads them."""

from __future__ import annotations

from typing import Any

from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import molar
from assay_envs.science.substances import MASSES, mass_form, masses_of
from assay_verifiers.science.formula import read_formula

_SUBSTANCES = "ABCD"


def masses(parameters: Parameters) -> dict[str, str]:
    """For a wording: the atomic masses that belong to the substances ``A`` to ``D``."""
    named = (parameters.get(label) for label in _SUBSTANCES)
    formulae = [each for each in named if isinstance(each, str)]
    return {"masses": f"Atomic masses: {masses_of(formulae)} g/mol."}


def molar_line(formula: str, name: str = "M") -> str:
    """The line of a working that gives a molar mass."""
    return f"molar mass of {formula}: {name} [g/mol] = {mass_form(formula)}"


def weight(formula: str) -> Any:
    """For a law: a molar mass as the verifier reads the formula, as a pint quantity."""
    atoms = read_formula(formula).atoms
    return molar(sum(float(MASSES[symbol]) * count for (_, symbol), count in atoms))
