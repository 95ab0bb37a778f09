"""Limiting: two reagents, of which one is used up first, as problems of stoichiometry.

The working of each compares for how many turns of the reaction its reagents last; its law says that
product, rest and reagents belong to as many turns, and is computed with units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

from assay_envs.science.constants import GAS_CONSTANT, KELVIN
from assay_envs.science.molar_masses import molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare
from assay_envs.science.reacting import (
    balancing,
    gas_amount,
    put_together,
    ratio,
    turns,
    two_reagents,
    unbalanced,
)
from assay_envs.science.reactions import (
    Skeleton,
    base_metal_dissolved,
    neutralised_alkali,
    precipitated,
    read_back,
)
from assay_envs.science.substances import molar_mass
from assay_envs.science.workings import value_of

_Reagents: TypeAlias = Mapping[str, tuple[str, str]]
"""Two reagents by the name of their line: label, and the expression of its moles."""

_WEIGHED: _Reagents = {"a": ("A", "m_A/M_A"), "c": ("C", "m_C/M_C")}
_POURED: _Reagents = {"a": ("A", "v*V/1000"), "c": ("C", "w*W/1000")}
_METAL_IN_ACID: _Reagents = {"a": ("A", "m/M_A"), "c_0": ("B", "c*V/1000")}
_ACID_AND_ALKALI: _Reagents = {"a": ("A", "v*V/1000"), "b": ("B", "w*W/1000")}


def _turns_of(parameters: Parameters, reagents: _Reagents) -> dict[str, str]:
    """By name: the expression of the turns for which a reagent lasts."""
    reaction = read_back(parameters["equation"])
    return {
        name: f"{moles}/{reaction.of(parameters[label])}"
        for name, (label, moles) in reagents.items()
    }


def _limiting(parameters: Parameters, reagents: _Reagents) -> str:
    """The name of what is used up first."""
    known = {n: float(each[0]) for n, each in parameters.items() if isinstance(each, list)}
    known |= {f"M_{label}": molar_mass(parameters[label]) for label, _ in reagents.values()}
    forms = _turns_of(parameters, reagents)
    return min(forms, key=lambda name: value_of(forms[name], known))


def _comparison(parameters: Parameters, reagents: _Reagents) -> tuple[str, str]:
    """The lines that tell for how many turns each reagent lasts."""
    first, second = (f"{n} [mol] = {f}" for n, f in _turns_of(parameters, reagents).items())
    return f"{balancing(parameters)}: {first}", second


def _product(
    parameters: Parameters, reagents: _Reagents, line: str, product: str = "B"
) -> tuple[str, ...]:
    """The comparison, and the product's moles under the name ``line``."""
    name = _limiting(parameters, reagents)
    limit = parameters[reagents[name][0]]
    times = read_back(parameters["equation"]).of(parameters[product])
    return (
        *_comparison(parameters, reagents),
        f"the smaller one limits, {limit}: {line} [mol] = {name}*{times}",
    )


def _molar_lines(parameters: Parameters, labels: str) -> list[str]:
    return [molar_line(parameters[label], f"M_{label}") for label in labels]


def _apart(one: float, other: float) -> bool:
    """Whether it is plain which limits, and the other one's turns come near enough to tempt."""
    return 0.35 < one / other < 0.9 or 1.1 < one / other < 2.8


# What forms


def _limiting_work(parameters: Parameters) -> Sequence[str]:
    product = _product(parameters, _WEIGHED, "b")
    return (*_molar_lines(parameters, "ACB"), *product, "x [g] = b*M_B")


def _limiting_law(x: Any, q: Any) -> tuple[Any, Any]:
    lasting = min(turns(q, q.A, q.m_A / weight(q.A)), turns(q, q.C, q.m_C / weight(q.C)))
    return turns(q, q.B, x / weight(q.B)), lasting


LIMITING = Quantity(
    "limiting",
    (
        "{reaction}. {m_A} of {A} and {m_C} of {C} react. What mass of {B} can form at most? "
        "{masses}",
        "How many grams of {B} can come from {m_A} of {A} and {m_C} of {C} by {reaction}? {masses}",
    ),
    {"m_A": Given("g", 2, 90), "m_C": Given("g", 2, 90)},
    _limiting_work,
    _limiting_law,
    mistakes=("a*M_B", "c*M_B", "m_A + m_C"),
    where=lambda q: _apart(q.a, q.c),
    pick=two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=unbalanced,
)
ACTUAL = Quantity(
    "actual",
    (
        "{reaction}. {m_A} of {A} and {m_C} of {C} react with a yield of {k}. What mass of {B} is "
        "obtained? {masses}",
    ),
    {"m_A": Given("g", 2, 90), "m_C": Given("g", 2, 90), "k": Given("%", 35, 95)},
    lambda p: (*_limiting_work(p), "y [g] = x*k/100"),
    lambda x, q: _limiting_law(x / bare(q.k), q),
    mistakes=("x", "x/(k/100)", "a*M_B*k/100", "c*M_B*k/100"),
    where=lambda q: _apart(q.a, q.c),
    pick=two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=unbalanced,
)
PRECIPITATE = Quantity(
    "precipitate",
    (
        "{V} of {A} solution ({v}) and {W} of {C} solution ({w}) are mixed; {B} falls out "
        "completely. What mass of it? The reaction: {reaction}. {masses}",
    ),
    {
        "V": Given("mL", 20, 400), "v": Given("mol/L", 0.05, 0.8),
        "W": Given("mL", 20, 400), "w": Given("mol/L", 0.05, 0.8),
    },
    lambda p: (*_molar_lines(p, "B"), *_product(p, _POURED, "b"), "x [g] = b*M_B"),
    lambda x, q: (
        turns(q, q.B, x / weight(q.B)),
        min(turns(q, q.A, q.V * q.v), turns(q, q.C, q.W * q.w)),
    ),
    mistakes=("a*M_B", "c*M_B", "(a + c)*M_B"),
    where=lambda q: _apart(q.a, q.c),
    pick=put_together(precipitated, "ACBS"),
    shown=unbalanced,
)  # fmt: skip
HYDROGEN = Quantity(
    "hydrogen",
    (
        "{m} of {A} are put into {V} of {B} solution ({c}). The reaction: {reaction}. What volume "
        "of hydrogen forms at {t} and {p}? {masses} R = {R}, " + KELVIN,
    ),
    {
        "m": Given("g", 0.5, 12), "V": Given("mL", 50, 500), "c": Given("mol/L", 0.2, 3),
        "t": Given("°C", 15, 40), "p": Given("kPa", 92, 106), "R": GAS_CONSTANT,
    },
    lambda p: (
        *_molar_lines(p, "A"),
        *_product(p, _METAL_IN_ACID, "n", "X"),
        "T [K] = t + 273.15",
        "W [L] = n*R*T/p",
    ),
    lambda x, q: (
        turns(q, q.X, gas_amount(q.p, x, q.R, q.t)),
        min(turns(q, q.A, q.m / weight(q.A)), turns(q, q.B, q.c * q.V)),
    ),
    mistakes=("a*R*T/p", "c_0*R*T/p", "n*R*t/p", "n*22.4"),
    where=lambda q: _apart(q.a, q.c_0),
    pick=put_together(base_metal_dissolved, "ABSX"),
    shown=unbalanced,
)  # fmt: skip

# What is left


def _excess_work(parameters: Parameters) -> Sequence[str]:
    name = _limiting(parameters, _WEIGHED)
    limit, other = ("A", "C") if name == "a" else ("C", "A")
    times = read_back(parameters["equation"]).of(parameters[other])
    return (
        *_molar_lines(parameters, "AC"),
        *_comparison(parameters, _WEIGHED),
        f"the smaller one limits, {parameters[limit]}; used of {parameters[other]}: "
        f"u [g] = {name}*{times}*M_{other}",
        f"left: x [g] = m_{other} - u",
    )


def _excess_law(x: Any, q: Any) -> tuple[Any, Any]:
    amounts = {each: getattr(q, f"m_{each}") / weight(getattr(q, each)) for each in "AC"}
    lasting = {each: turns(q, getattr(q, each), amounts[each]) for each in "AC"}
    small, large = sorted(lasting, key=lambda each: lasting[each])
    rest = turns(q, getattr(q, large), x / weight(getattr(q, large)))
    return lasting[small] + rest, lasting[large]


EXCESS = Quantity(
    "excess",
    (
        "{reaction}. {m_A} of {A} and {m_C} of {C} react until one is used up. What mass of the "
        "other is left? {masses}",
    ),
    {"m_A": Given("g", 2, 90), "m_C": Given("g", 2, 90)},
    _excess_work,
    _excess_law,
    mistakes=("u", "abs(m_A - m_C)"),
    where=lambda q: _apart(q.a, q.c),
    pick=two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=unbalanced,
)


def _neutralised_wholly(rng: Random) -> Skeleton:
    """An acid and an alkali; no phosphoric acid, which, if left over, would turn its salt acid."""
    while True:
        found = neutralised_alkali(rng)
        if "H3PO4" not in found.left:
            return found


def _left_over_work(parameters: Parameters) -> Sequence[str]:
    name = _limiting(parameters, _ACID_AND_ALKALI)
    limit, (rest, other) = ("A", ("b", "B")) if name == "a" else ("B", ("a", "A"))
    return (
        "a [mol] = v*V/1000",
        "b [mol] = w*W/1000",
        f"{balancing(parameters)}; {parameters[limit]} limits and uses of {parameters[other]}: "
        f"u [mol] = {name}{ratio(parameters, other, limit)}",
        f"left: r [mol] = {rest} - u",
        "C [mol/L] = r/((V + W)/1000)",
    )


def _left_over_law(x: Any, q: Any) -> tuple[Any, Any]:
    acid, alkali = turns(q, q.A, q.V * q.v), turns(q, q.B, q.W * q.w)
    large = q.A if acid > alkali else q.B
    return turns(q, large, x * (q.V + q.W)) + min(acid, alkali), max(acid, alkali)


LEFT_OVER = Quantity(
    "left_over",
    (
        "{V} of {A} solution ({v}) and {W} of {B} solution ({w}) are mixed and react completely: "
        "{reaction}. What is the concentration of the reagent that is left over? Volumes add up.",
    ),
    {
        "V": Given("mL", 20, 300), "v": Given("mol/L", 0.1, 2),
        "W": Given("mL", 20, 300), "w": Given("mol/L", 0.1, 2),
    },
    _left_over_work,
    _left_over_law,
    mistakes=("r/(V/1000)", "r/(W/1000)", "abs(a - b)/((V + W)/1000)", "u/((V + W)/1000)"),
    where=lambda q: q.r > 0.15 * (q.r + q.u),
    pick=put_together(_neutralised_wholly, "ABSX"),
    shown=unbalanced,
)  # fmt: skip
