"""Chains: three reactions, each fed with the product of the one before, as problems.

The working of each goes along the chain from what is given to what is asked; the law goes along it
from the first substance to the last, and is computed with units.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from assay_envs.science.molar_masses import masses, molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.reacting import coefficient, ratio, turns
from assay_envs.science.reactions import read_back, skeleton

_CHAINS = (
    (("S", "SO2", "SO3", "H2SO4"),
     ("S + O2 -> SO2", "SO2 + O2 -> SO3", "SO3 + H2O -> H2SO4")),
    (("FeS2", "SO2", "SO3", "H2SO4"),
     ("FeS2 + O2 -> Fe2O3 + SO2", "SO2 + O2 -> SO3", "SO3 + H2O -> H2SO4")),
    (("N2", "NH3", "NO", "NO2"),
     ("N2 + H2 -> NH3", "NH3 + O2 -> NO + H2O", "NO + O2 -> NO2")),
    (("NH3", "NO", "NO2", "HNO3"),
     ("NH3 + O2 -> NO + H2O", "NO + O2 -> NO2", "NO2 + H2O -> HNO3 + NO")),
    (("P4", "P4O10", "H3PO4", "Ca3(PO4)2"),
     ("P4 + O2 -> P4O10", "P4O10 + H2O -> H3PO4", "H3PO4 + Ca(OH)2 -> Ca3(PO4)2 + H2O")),
    (("CaCO3", "CaO", "CaC2", "C2H2"),
     ("CaCO3 -> CaO + CO2", "CaO + C -> CaC2 + CO", "CaC2 + H2O -> Ca(OH)2 + C2H2")),
    (("ZnS", "ZnO", "Zn", "H2"),
     ("ZnS + O2 -> ZnO + SO2", "ZnO + C -> Zn + CO", "Zn + HCl -> ZnCl2 + H2")),
    (("MnO2", "Cl2", "NaClO3", "O2"),
     ("MnO2 + HCl -> MnCl2 + Cl2 + H2O", "Cl2 + NaOH -> NaCl + NaClO3 + H2O",
      "NaClO3 -> NaCl + O2")),
    (("Cu", "Cu(NO3)2", "CuO", "N2"),
     ("Cu + HNO3 -> Cu(NO3)2 + NO + H2O", "Cu(NO3)2 -> CuO + NO2 + O2",
      "CuO + NH3 -> Cu + N2 + H2O")),
    (("KClO3", "O2", "MgO", "Mg3(PO4)2"),
     ("KClO3 -> KCl + O2", "O2 + Mg -> MgO", "MgO + H3PO4 -> Mg3(PO4)2 + H2O")),
)  # fmt: skip
_EQUATIONS = ("first", "second", "third")
_GIVEN = {
    "m": Given("g", 5, 900), "j": Given("%", 55, 97),
    "k": Given("%", 55, 97), "l": Given("%", 55, 97),
}  # fmt: skip


def _chain(rng: Random) -> Parameters:
    """The equations, balanced, and the substances ``A`` to ``D`` that link them."""
    links, steps = rng.choice(_CHAINS)
    equations = (str(read_back(each)) for each in steps)
    return {
        **dict(zip(_EQUATIONS, equations, strict=True)),
        **dict(zip("ABCD", links, strict=True)),
    }


def _chained(parameters: Parameters) -> Mapping[str, str]:
    steps = "; ".join(str(skeleton(parameters[name])) for name in _EQUATIONS)
    return {**masses(parameters), "steps": steps}


def _chain_law(fed: Any, made: Any, q: Any) -> tuple[Any, Any]:
    """What is fed in as A, less what each step loses, is what comes out as D."""
    amount = fed / weight(q.A)
    for equation, source, product, share in (
        ("first", q.A, q.B, q.j), ("second", q.B, q.C, q.k), ("third", q.C, q.D, q.l)
    ):  # fmt: skip
        times = turns(q, source, amount, equation)
        amount = times * coefficient(getattr(q, equation), product) * bare(share)
    return amount, made / weight(q.D)


CHAIN = Quantity(
    "chain",
    (
        "{A} is turned into {D} in three steps: {steps} (without coefficients). The yields are "
        "{j}, {k} and {l}; all other reagents are in excess, and nothing is recycled. What mass of "
        "{D} comes from {m} of {A}? {masses}",
    ),
    _GIVEN,
    lambda p: (
        molar_line(p["A"], "M_A"),
        molar_line(p["D"], "M_D"),
        "a [mol] = m/M_A",
        f"balanced, {p['first']}: b [mol] = a{ratio(p, 'B', 'A', 'first')}*j/100",
        f"balanced, {p['second']}: c [mol] = b{ratio(p, 'C', 'B', 'second')}*k/100",
        f"balanced, {p['third']}: d [mol] = c{ratio(p, 'D', 'C', 'third')}*l/100",
        "x [g] = d*M_D",
    ),
    lambda x, q: _chain_law(q.m, x, q),
    mistakes=("a*M_D*j*k*l/10**6", "d*M_A", "m*j*k*l/10**6", "d*M_D/(j*k*l/10**6)"),
    pick=_chain,
    shown=_chained,
)
FEED = Quantity(
    "feed",
    (
        "{D} is made from {A} in three steps: {steps} (without coefficients). The yields are {j}, "
        "{k} and {l}; all other reagents are in excess, and nothing is recycled. What mass of {A} "
        "does it take to make {m} of {D}? {masses}",
    ),
    _GIVEN,
    lambda p: (
        molar_line(p["A"], "M_A"),
        molar_line(p["D"], "M_D"),
        "d [mol] = m/M_D",
        f"balanced, {p['third']}: c [mol] = d{ratio(p, 'C', 'D', 'third')}/(l/100)",
        f"balanced, {p['second']}: b [mol] = c{ratio(p, 'B', 'C', 'second')}/(k/100)",
        f"balanced, {p['first']}: a [mol] = b{ratio(p, 'A', 'B', 'first')}/(j/100)",
        "x [g] = a*M_A",
    ),
    lambda x, q: _chain_law(x, q.m, q),
    mistakes=("d*M_A/(j*k*l/10**6)", "a*M_A*(j*k*l/10**6)", "a*M_D"),
    pick=_chain,
    shown=_chained,
)
