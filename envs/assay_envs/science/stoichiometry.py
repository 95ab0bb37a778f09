"""Stoichiometry: how much of one substance goes with how much of another.

Rules: a reaction, atomic masses and measured amounts are given, one amount is asked. At the higher
levels the equation is shown without coefficients and has to be balanced first. Amounts come as
moles, masses, solutions and gases; reagents limit, samples are impure, yields are incomplete and
reactions follow each other.

How answers are judged and proved is in :mod:`.quantities`; the laws count by the verifier's own
reading of formulae and equations. Trivial policies that must fail: the largest number shown, their
sum, the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, ClassVar

from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import (
    Given,
    Quantity,
    QuantityEnvironment,
    bare,
    molar,
)
from assay_envs.science.reactions import (
    Balanced,
    Skeleton,
    balance,
    base_metal_dissolved,
    neutralised_alkali,
    precipitated,
    skeleton,
    well_known,
)
from assay_envs.science.solutions import weight
from assay_envs.science.substances import MASSES, composition, mass_form, masses_of, molar_mass
from assay_verifiers.science.equation import read_equation
from assay_verifiers.science.formula import read_formula

_R = ("8.314", "J/(mol K)")
_GASES = frozenset(
    ("H2", "O2", "N2", "CO2", "CO", "NO", "NO2", "N2O", "SO2", "NH3", "C2H2", "CH4", "H2S", "PH3")
)
_METALS = ("Mg", "Al", "Zn", "Fe", "Ca")
_CHAINS = (
    ("S + O2 -> SO2", "SO2 + O2 -> SO3", "SO3 + H2O -> H2SO4"),
    ("FeS2 + O2 -> Fe2O3 + SO2", "SO2 + O2 -> SO3", "SO3 + H2O -> H2SO4"),
    ("N2 + H2 -> NH3", "NH3 + O2 -> NO + H2O", "NO + O2 -> NO2"),
    ("NH3 + O2 -> NO + H2O", "NO + O2 -> NO2", "NO2 + H2O -> HNO3 + NO"),
    ("P4 + O2 -> P4O10", "P4O10 + H2O -> H3PO4", "H3PO4 + Ca(OH)2 -> Ca3(PO4)2 + H2O"),
    ("CaCO3 -> CaO + CO2", "CaO + C -> CaC2 + CO", "CaC2 + H2O -> Ca(OH)2 + C2H2"),
    ("ZnS + O2 -> ZnO + SO2", "ZnO + C -> Zn + CO", "Zn + HCl -> ZnCl2 + H2"),
    ("MnO2 + HCl -> MnCl2 + Cl2 + H2O", "Cl2 + NaOH -> NaCl + NaClO3 + H2O",
     "NaClO3 -> NaCl + O2"),
    ("Cu + HNO3 -> Cu(NO3)2 + NO + H2O", "Cu(NO3)2 -> CuO + NO2 + O2",
    "CuO + NH3 -> Cu + N2 + H2O"),
    ("KClO3 -> KCl + O2", "O2 + Mg -> MgO", "MgO + H3PO4 -> Mg3(PO4)2 + H2O"),
)  # fmt: skip
_LINKS = (
    ("S", "SO2", "SO3", "H2SO4"), ("FeS2", "SO2", "SO3", "H2SO4"), ("N2", "NH3", "NO", "NO2"),
    ("NH3", "NO", "NO2", "HNO3"), ("P4", "P4O10", "H3PO4", "Ca3(PO4)2"),
    ("CaCO3", "CaO", "CaC2", "C2H2"), ("ZnS", "ZnO", "Zn", "H2"),
    ("MnO2", "Cl2", "NaClO3", "O2"), ("Cu", "Cu(NO3)2", "CuO", "N2"),
    ("KClO3", "O2", "MgO", "Mg3(PO4)2"),
)  # fmt: skip

# What is drawn


@cache
def _weighable() -> tuple[Balanced, ...]:
    """Well-known reactions of elements whose masses are listed, with two reagents or one."""
    every = (balance(each) for each in well_known())
    return tuple(each for each in every if each and _listed(each))


def _listed(reaction: Balanced) -> bool:
    return all(e in MASSES for _, f in (*reaction.left, *reaction.right) for e in composition(f))


def _read(equation: str) -> Balanced:
    """A balanced equation of ours, read back."""
    found = balance(_bare(equation))
    if found is None:
        raise ValueError(f"{equation} is not unique")
    return found


def _bare(equation: str) -> Skeleton:
    left, right = (
        tuple(term.lstrip("0123456789 ") for term in side.split(" + "))
        for side in equation.split(" -> ")
    )
    return Skeleton(left, right)


def _formulae(side: Sequence[tuple[int, str]], among: frozenset[str] | None = None) -> list[str]:
    return [f for _, f in side if among is None or f in among]


def _from_to(
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


def _two_reagents(rng: Random) -> Parameters:
    """A reaction of two or more reagents: two of them and a product."""
    while True:
        reaction = rng.choice(_weighable())
        if len(reaction.left) == 2:
            first, second = rng.sample(_formulae(reaction.left), 2)
            product = rng.choice(_formulae(reaction.right))
            return {"equation": str(reaction), "A": first, "C": second, "B": product}


def _made(make: Callable[[Random], Skeleton], names: str) -> Callable[[Random], Parameters]:
    """A reaction put together; ``names`` label its species from left to right."""

    def pick(rng: Random) -> Parameters:
        while True:
            reaction = balance(make(rng))
            if reaction and _listed(reaction):
                species = _formulae((*reaction.left, *reaction.right))
                return {"equation": str(reaction), **dict(zip(names, species, strict=True))}

    return pick


def _chain(rng: Random) -> Parameters:
    """Reactions that follow each other, and the substances that link them."""
    place = rng.randrange(len(_CHAINS))
    equations = [str(balance(skeleton(each))) for each in _CHAINS[place]]
    links = _LINKS[place]
    return {
        "first": equations[0], "second": equations[1], "third": equations[2],
        "A": links[0], "B": links[1], "C": links[2], "D": links[3],
    }  # fmt: skip


def _metals(rng: Random) -> Parameters:
    first, second = rng.sample(_METALS, 2)
    return {"A": first, "C": second}


# What is shown


def _balanced(parameters: Parameters) -> Mapping[str, str]:
    return {**_masses(parameters), "reaction": parameters["equation"]}


def _unbalanced(parameters: Parameters) -> Mapping[str, str]:
    shown = f"{_bare(parameters['equation'])} (not balanced)"
    return {**_masses(parameters), "reaction": shown}


def _masses(parameters: Parameters) -> Mapping[str, str]:
    """The atomic masses of all substances that are named."""
    named = [parameters[label] for label in "ABCD" if label in parameters]
    return {"masses": f"Atomic masses: {masses_of(named)} g/mol."}


def _chained(parameters: Parameters) -> Mapping[str, str]:
    steps = "; ".join(str(_bare(parameters[name])) for name in ("first", "second", "third"))
    return {**_masses(parameters), "steps": steps}


# Lines of work


def _balancing(parameters: Parameters) -> str:
    return f"balanced, {parameters['equation']}"


def _molar(label: str, parameters: Parameters) -> str:
    formula = parameters[label]
    return f"molar mass of {formula}: M_{label} [g/mol] = {mass_form(formula)}"


def _ratio(parameters: Parameters, wanted: str, given: str, equation: str = "equation") -> str:
    """``*b/a`` with the coefficients of ``wanted`` and ``given``."""
    reaction = _read(parameters[equation])
    return f"*{reaction.of(parameters[wanted])}/{reaction.of(parameters[given])}"


def _number(parameters: Parameters, name: str) -> float:
    return float(parameters[name][0])


def _limits(parameters: Parameters, amounts: Mapping[str, float]) -> str:
    """The label of the reagent that is used up first."""
    reaction = _read(parameters["equation"])
    return min(amounts, key=lambda label: amounts[label] / reaction.of(parameters[label]))


# Laws


def _of(equation: str, formula: str) -> int:
    """A coefficient as the verifier reads it."""
    read, wanted = read_equation(equation), read_formula(formula)
    sides = {**dict(read.left), **dict(read.right)}
    return int(next(times for species, times in sides.items() if species.formula == wanted))


def _weight(formula: str) -> Any:
    """A molar mass as the verifier reads the formula, as a pint quantity."""
    return molar(weight(formula))


def _turns(q: Any, formula: str, amount: Any, equation: str = "equation") -> Any:
    """How often the reaction takes place when ``amount`` of ``formula`` takes part."""
    return amount / _of(getattr(q, equation), formula)


def _gas_amount(pressure: Any, volume: Any, gas_constant: Any, kelvin: Any) -> Any:
    return pressure * volume / (gas_constant * kelvin)


# One ratio

MOLES = Quantity(
    "moles",
    (
        "{reaction}. How many moles of {B} form from {n} of {A}?",
        "In the reaction {reaction}, {n} of {A} react completely. What amount of {B} forms?",
    ),
    {"n": Given("mol", 0.05, 30)},
    lambda p: (f"N [mol] = n{_ratio(p, 'B', 'A')}",),
    lambda x, q: (_turns(q, q.B, x), _turns(q, q.A, q.n)),
    mistakes=("n",),
    pick=_from_to(),
    shown=_balanced,
)
REAGENT = Quantity(
    "reagent",
    (
        "{reaction}. How many moles of {A} are needed to make {n} of {B}?",
        "To get {n} of {B} by {reaction}, what amount of {A} has to react?",
    ),
    {"n": Given("mol", 0.05, 30)},
    lambda p: (f"N [mol] = n{_ratio(p, 'A', 'B')}",),
    lambda x, q: (_turns(q, q.A, x), _turns(q, q.B, q.n)),
    mistakes=("n",),
    pick=_from_to(),
    shown=_balanced,
)
VOLUMES = Quantity(
    "volumes",
    (
        "{reaction}. {V} of {A} gas react completely. How many litres of {B} gas form, at the same "
        "temperature and pressure?",
    ),
    {"V": Given("L", 0.2, 90)},
    lambda p: (f"volumes of gases are as their amounts: W [L] = V{_ratio(p, 'B', 'A')}",),
    lambda x, q: (_turns(q, q.B, x), _turns(q, q.A, q.V)),
    mistakes=("V",),
    pick=_from_to(_GASES, _GASES),
    shown=_balanced,
)

# Masses and solutions

FROM_MASS = Quantity(
    "from_mass",
    (
        "{reaction}. How many moles of {B} form from {m} of {A}? {masses}",
        "By the reaction {reaction}, what amount of {B} comes from {m} of {A}? {masses}",
    ),
    {"m": Given("g", 0.5, 90)},
    lambda p: (
        _molar("A", p),
        "n [mol] = m/M_A",
        f"N [mol] = n{_ratio(p, 'B', 'A')}",
    ),
    lambda x, q: (_turns(q, q.B, x) * _weight(q.A), _turns(q, q.A, q.m)),
    mistakes=("n", "m*M_A"),
    pick=_from_to(),
    shown=_balanced,
)
MASSES_OF = Quantity(
    "masses",
    (
        "{reaction}. What mass of {B} forms from {m} of {A}? {masses}",
        "How many grams of {B} are made when {m} of {A} react by {reaction}? {masses}",
    ),
    {"m": Given("g", 0.5, 90)},
    lambda p: (
        _molar("A", p),
        _molar("B", p),
        "n [mol] = m/M_A",
        f"N [mol] = n{_ratio(p, 'B', 'A')}",
        "x [g] = N*M_B",
    ),
    lambda x, q: (_turns(q, q.B, x / _weight(q.B)), _turns(q, q.A, q.m / _weight(q.A))),
    mistakes=("n*M_B", "m", "N*M_A"),
    pick=_from_to(),
    shown=_balanced,
)
TITRATION = Quantity(
    "titration",
    (
        "{V} of a solution of {A} take {W} of {B} solution ({c}) to be neutralised completely. "
        "What is the concentration of the {A} solution? The reaction: {reaction}.",
    ),
    {"V": Given("mL", 10, 50), "W": Given("mL", 8, 45), "c": Given("mol/L", 0.05, 0.9)},
    lambda p: (
        "used: n [mol] = c*W/1000",
        f"neutralised: N [mol] = n{_ratio(p, 'A', 'B')}",
        "C [mol/L] = N/(V/1000)",
    ),
    lambda x, q: (_turns(q, q.A, x * q.V), _turns(q, q.B, q.c * q.W)),
    mistakes=("n/(V/1000)", "c*V/W", "N/(W/1000)"),
    pick=_made(neutralised_alkali, "ABSX"),
    shown=_balanced,
)
METAL = Quantity(
    "metal",
    (
        "What volume of {B} solution ({c}) does it take to dissolve {m} of {A}? The reaction: "
        "{reaction}. {masses} Answer in millilitres.",
    ),
    {"m": Given("g", 0.2, 9), "c": Given("mol/L", 0.1, 4)},
    lambda p: (
        _molar("A", p),
        "n [mol] = m/M_A",
        f"N [mol] = n{_ratio(p, 'B', 'A')}",
        "V [mL] = N/c*1000",
    ),
    lambda x, q: (_turns(q, q.B, x * q.c), _turns(q, q.A, q.m / _weight(q.A))),
    mistakes=("n/c*1000", "N*c*1000", "N/c"),
    pick=_made(base_metal_dissolved, "ABSX"),
    shown=_balanced,
)

# Two laws

GAS = Quantity(
    "gas",
    (
        "{reaction}. What volume of {B} gas, at {t} and {p}, forms from {m} of {A}? {masses} "
        "R = {R}, 0 °C = 273.15 K.",
    ),
    {"m": Given("g", 0.5, 60), "t": Given("°C", 15, 90), "p": Given("kPa", 85, 140), "R": _R},
    lambda p: (
        _molar("A", p),
        "n [mol] = m/M_A",
        f"{_balancing(p)}: N [mol] = n{_ratio(p, 'B', 'A')}",
        "T [K] = t + 273.15",
        "V [L] = N*R*T/p",
    ),
    lambda x, q: (
        _turns(q, q.B, _gas_amount(q.p, x, q.R, q.t)),
        _turns(q, q.A, q.m / _weight(q.A)),
    ),
    mistakes=("n*R*T/p", "N*R*t/p", "N*22.4", "N*R*T*p"),
    pick=_from_to(None, _GASES),
    shown=_unbalanced,
)
YIELD = Quantity(
    "yield",
    (
        "{reaction}. {m} of {A} gave {y} of {B}. What was the yield, in percent? {masses}",
        "From {m} of {A} a chemist gets {y} of {B} by {reaction}. What is the percentage yield? "
        "{masses}",
    ),
    {"m": Given("g", 2, 80), "y": Given("g", 0.5, 80)},
    lambda p: (
        _molar("A", p),
        _molar("B", p),
        "n [mol] = m/M_A",
        f"{_balancing(p)}: N [mol] = n{_ratio(p, 'B', 'A')}",
        "at best: x [g] = N*M_B",
        "k [%] = 100*y/x",
    ),
    lambda x, q: (
        _turns(q, q.B, q.y / _weight(q.B)),
        bare(x) * _turns(q, q.A, q.m / _weight(q.A)),
    ),
    mistakes=("100*y/m", "100*y/(n*M_B)", "100*x/y"),
    where=lambda q: 25 < q.answer < 98,
    pick=_from_to(),
    shown=_unbalanced,
)


def _weighed(parameters: Parameters) -> dict[str, float]:
    """Moles of the two reagents whose masses are given."""
    return {
        each: _number(parameters, f"m_{each}") / molar_mass(parameters[each]) for each in "AC"
    }  # fmt: skip


def _limiting_work(parameters: Parameters) -> Sequence[str]:
    label = _limits(parameters, _weighed(parameters))
    reaction = _read(parameters["equation"])
    return (
        *(_molar(each, parameters) for each in "ACB"),
        f"{_balancing(parameters)}: a [mol] = m_A/M_A/{reaction.of(parameters['A'])}",
        f"c [mol] = m_C/M_C/{reaction.of(parameters['C'])}",
        f"the smaller one limits, {parameters[label]}: b [mol] = "
        f"{label.lower()}*{reaction.of(parameters['B'])}",
        "x [g] = b*M_B",
    )


def _limiting_law(x: Any, q: Any) -> tuple[Any, Any]:
    turns = min(_turns(q, q.A, q.m_A / _weight(q.A)), _turns(q, q.C, q.m_C / _weight(q.C)))
    return _turns(q, q.B, x / _weight(q.B)), turns


def _one_limits(q: Any) -> bool:
    return bool(0.35 < q.a / q.c < 0.9 or 1.1 < q.a / q.c < 2.8)


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
    where=_one_limits,
    pick=_two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=_unbalanced,
)


def _excess_work(parameters: Parameters) -> Sequence[str]:
    label = _limits(parameters, _weighed(parameters))
    other = "C" if label == "A" else "A"
    reaction = _read(parameters["equation"])
    return (
        *(_molar(each, parameters) for each in "AC"),
        f"{_balancing(parameters)}: a [mol] = m_A/M_A/{reaction.of(parameters['A'])}",
        f"c [mol] = m_C/M_C/{reaction.of(parameters['C'])}",
        f"the smaller one limits, {parameters[label]}; used of {parameters[other]}: "
        f"u [g] = {label.lower()}*{reaction.of(parameters[other])}*M_{other}",
        f"left: x [g] = m_{other} - u",
    )


def _excess_law(x: Any, q: Any) -> tuple[Any, Any]:
    amounts = {each: getattr(q, f"m_{each}") / _weight(getattr(q, each)) for each in "AC"}
    turns = {each: _turns(q, getattr(q, each), amounts[each]) for each in "AC"}
    small, large = sorted(turns, key=lambda each: turns[each])
    rest = _turns(q, getattr(q, large), x / _weight(getattr(q, large)))
    return turns[small] + rest, turns[large]


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
    where=_one_limits,
    pick=_two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=_unbalanced,
)


def _precipitate_work(parameters: Parameters) -> Sequence[str]:
    amounts = {
        label: _number(parameters, volume) * _number(parameters, conc)
        for label, volume, conc in (("A", "V", "v"), ("C", "W", "w"))
    }
    label = _limits(parameters, amounts)
    reaction = _read(parameters["equation"])
    return (
        _molar("B", parameters),
        f"{_balancing(parameters)}: a [mol] = v*V/1000/{reaction.of(parameters['A'])}",
        f"c [mol] = w*W/1000/{reaction.of(parameters['C'])}",
        f"the smaller one limits, {parameters[label]}: b [mol] = "
        f"{label.lower()}*{reaction.of(parameters['B'])}",
        "x [g] = b*M_B",
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
    _precipitate_work,
    lambda x, q: (
        _turns(q, q.B, x / _weight(q.B)),
        min(_turns(q, q.A, q.V * q.v), _turns(q, q.C, q.W * q.w)),
    ),
    mistakes=("a*M_B", "c*M_B", "(a + c)*M_B"),
    where=_one_limits,
    pick=_made(precipitated, "ACBS"),
    shown=_unbalanced,
)  # fmt: skip

# Several laws

PURITY = Quantity(
    "purity",
    (
        "{m} of impure {A} gave {V} of {B} gas at {t} and {p} by {reaction}; the impurities do not "
        "react. What is the percentage by mass of {A} in the sample? {masses} R = {R}, "
        "0 °C = 273.15 K.",
    ),
    {
        "m": Given("g", 1, 40), "V": Given("L", 0.2, 30), "t": Given("°C", 15, 40),
        "p": Given("kPa", 92, 106), "R": _R,
    },
    lambda p: (
        _molar("A", p),
        "T [K] = t + 273.15",
        "n [mol] = p*V/(R*T)",
        f"{_balancing(p)}: N [mol] = n{_ratio(p, 'A', 'B')}",
        "pure: x [g] = N*M_A",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        _turns(q, q.A, bare(x) * q.m / _weight(q.A)),
        _turns(q, q.B, _gas_amount(q.p, q.V, q.R, q.t)),
    ),
    mistakes=("100*n*M_A/m", "100*p*V/(R*t)*M_A/m", "100 - w"),
    where=lambda q: 30 < q.answer < 98,
    pick=_from_to(None, _GASES),
    shown=_unbalanced,
)  # fmt: skip


def _actual_work(parameters: Parameters) -> Sequence[str]:
    return (*_limiting_work(parameters), "y [g] = x*k/100")


ACTUAL = Quantity(
    "actual",
    (
        "{reaction}. {m_A} of {A} and {m_C} of {C} react with a yield of {k}. What mass of {B} is "
        "obtained? {masses}",
    ),
    {"m_A": Given("g", 2, 90), "m_C": Given("g", 2, 90), "k": Given("%", 35, 95)},
    _actual_work,
    lambda x, q: _limiting_law(x / bare(q.k), q),
    mistakes=("x", "x/(k/100)", "a*M_B*k/100", "c*M_B*k/100"),
    where=_one_limits,
    pick=_two_reagents,
    alike=(("A", "m_A"), ("C", "m_C")),
    shown=_unbalanced,
)


def _hydrogen_work(parameters: Parameters) -> Sequence[str]:
    amounts = {
        "A": _number(parameters, "m") / molar_mass(parameters["A"]),
        "B": _number(parameters, "c") * _number(parameters, "V") / 1000,
    }
    label = _limits(parameters, amounts)
    reaction = _read(parameters["equation"])
    return (
        _molar("A", parameters),
        f"{_balancing(parameters)}: a [mol] = m/M_A/{reaction.of(parameters['A'])}",
        f"c_0 [mol] = c*V/1000/{reaction.of(parameters['B'])}",
        f"the smaller one limits, {parameters[label]}: n [mol] = "
        f"{'a' if label == 'A' else 'c_0'}*{reaction.of(parameters['X'])}",
        "T [K] = t + 273.15",
        "W [L] = n*R*T/p",
    )


HYDROGEN = Quantity(
    "hydrogen",
    (
        "{m} of {A} are put into {V} of {B} solution ({c}). The reaction: {reaction}. What volume "
        "of hydrogen forms at {t} and {p}? {masses} R = {R}, 0 °C = 273.15 K.",
    ),
    {
        "m": Given("g", 0.5, 12), "V": Given("mL", 50, 500), "c": Given("mol/L", 0.2, 3),
        "t": Given("°C", 15, 40), "p": Given("kPa", 92, 106), "R": _R,
    },
    _hydrogen_work,
    lambda x, q: (
        _turns(q, q.X, _gas_amount(q.p, x, q.R, q.t)),
        min(_turns(q, q.A, q.m / _weight(q.A)), _turns(q, q.B, q.c * q.V)),
    ),
    mistakes=("a*R*T/p", "c_0*R*T/p", "n*R*t/p", "n*22.4"),
    where=lambda q: 0.35 < q.a / q.c_0 < 0.9 or 1.1 < q.a / q.c_0 < 2.8,
    pick=_made(base_metal_dissolved, "ABSX"),
    shown=_unbalanced,
)  # fmt: skip


def _left_over_work(parameters: Parameters) -> Sequence[str]:
    amounts = {
        label: _number(parameters, volume) * _number(parameters, conc)
        for label, volume, conc in (("A", "V", "v"), ("B", "W", "w"))
    }
    label = _limits(parameters, amounts)
    other = "B" if label == "A" else "A"
    names = {"A": "a", "B": "b"}
    return (
        "a [mol] = v*V/1000",
        "b [mol] = w*W/1000",
        f"{_balancing(parameters)}; {parameters[label]} limits and uses of {parameters[other]}: "
        f"u [mol] = {names[label]}{_ratio(parameters, other, label)}",
        f"left: r [mol] = {names[other]} - u",
        "C [mol/L] = r/((V + W)/1000)",
    )


def _left_over_law(x: Any, q: Any) -> tuple[Any, Any]:
    turns = sorted((_turns(q, q.A, q.V * q.v), _turns(q, q.B, q.W * q.w)))
    large = q.A if _turns(q, q.A, q.V * q.v) == turns[1] else q.B
    return _turns(q, large, x * (q.V + q.W)) + turns[0], turns[1]


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
    pick=_made(neutralised_alkali, "ABSX"),
    shown=_unbalanced,
)  # fmt: skip

# Chains and mixtures


def _chain_work(parameters: Parameters) -> Sequence[str]:
    return (
        _molar("A", parameters),
        _molar("D", parameters),
        "a [mol] = m/M_A",
        f"balanced, {parameters['first']}: b [mol] = a"
        f"{_ratio(parameters, 'B', 'A', 'first')}*j/100",
        f"balanced, {parameters['second']}: c [mol] = b"
        f"{_ratio(parameters, 'C', 'B', 'second')}*k/100",
        f"balanced, {parameters['third']}: d [mol] = c"
        f"{_ratio(parameters, 'D', 'C', 'third')}*l/100",
        "x [g] = d*M_D",
    )


def _chain_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Backwards from the product: what each step must have been fed."""
    fed = x / _weight(q.D)
    for equation, product, source, share in (
        ("third", q.D, q.C, q.l), ("second", q.C, q.B, q.k), ("first", q.B, q.A, q.j)
    ):  # fmt: skip
        turns = _turns(q, product, fed, equation) / bare(share)
        fed = turns * _of(getattr(q, equation), source)
    return fed * _weight(q.A), q.m


CHAIN = Quantity(
    "chain",
    (
        "{A} is turned into {D} in three steps: {steps} (none is balanced). The yields are {j}, "
        "{k} and {l}; all other reagents are in excess, and nothing is recycled. What mass of "
        "{D} comes from {m} of {A}? {masses}",
    ),
    {
        "m": Given("g", 5, 900), "j": Given("%", 55, 97),
        "k": Given("%", 55, 97), "l": Given("%", 55, 97),
    },
    _chain_work,
    _chain_law,
    mistakes=("a*M_D*j*k*l/10**6", "d*M_A", "m*j*k*l/10**6", "d*M_D/(j*k*l/10**6)"),
    pick=_chain,
    shown=_chained,
)  # fmt: skip
FEED = Quantity(
    "feed",
    (
        "{D} is made from {A} in three steps: {steps} (none is balanced). The yields are {j}, {k} "
        "and {l}; all other reagents are in excess, and nothing is recycled. What mass of {A} does "
        "it take to make {m} of {D}? {masses}",
    ),
    {
        "m": Given("g", 5, 900), "j": Given("%", 55, 97),
        "k": Given("%", 55, 97), "l": Given("%", 55, 97),
    },
    lambda p: (
        _molar("A", p),
        _molar("D", p),
        "d [mol] = m/M_D",
        f"balanced, {p['third']}: c [mol] = d{_ratio(p, 'C', 'D', 'third')}/(l/100)",
        f"balanced, {p['second']}: b [mol] = c{_ratio(p, 'B', 'C', 'second')}/(k/100)",
        f"balanced, {p['first']}: a [mol] = b{_ratio(p, 'A', 'B', 'first')}/(j/100)",
        "x [g] = a*M_A",
    ),
    lambda x, q: (
        x / _weight(q.A)
        / _of(q.first, q.A) * _of(q.first, q.B) * bare(q.j)
        / _of(q.second, q.B) * _of(q.second, q.C) * bare(q.k)
        / _of(q.third, q.C) * _of(q.third, q.D) * bare(q.l),
        q.m / _weight(q.D),
    ),
    mistakes=("d*M_A/(j*k*l/10**6)", "a*M_A*(j*k*l/10**6)", "a*M_D"),
    pick=_chain,
    shown=_chained,
)  # fmt: skip

_VALENCES: Mapping[str, int] = {"Mg": 2, "Al": 3, "Zn": 2, "Fe": 2, "Ca": 2}


def _alloy_work(parameters: Parameters) -> Sequence[str]:
    first, second = (_VALENCES[parameters[each]] for each in "AC")
    return (
        "T [K] = t + 273.15",
        "hydrogen: n [mol] = p*V/(R*T)",
        f"per gram of {parameters['A']}: a [mol] = {first}/2/{MASSES[parameters['A']]}",
        f"per gram of {parameters['C']}: c [mol] = {second}/2/{MASSES[parameters['C']]}",
        f"if all were {parameters['C']}: h [mol] = m*c",
        "x [g] = (n - h)/(a - c)",
        "w [%] = 100*x/m",
    )


def _alloy_law(x: Any, q: Any) -> tuple[Any, Any]:
    """Electrons given by both metals, electrons taken by hydrogen."""
    first = bare(x) * q.m / _weight(q.A) * _VALENCES[q.A]
    second = (1 - bare(x)) * q.m / _weight(q.C) * _VALENCES[q.C]
    return first + second, 2 * _gas_amount(q.p, q.V, q.R, q.t)


ALLOY = Quantity(
    "alloy",
    (
        "{m} of a mixture of {A} and {C} dissolve completely in hydrochloric acid, to the ions "
        "{ions}, and set free {V} of hydrogen at {t} and {p}. What is the percentage by mass of {A}"
        " in the mixture? {masses} R = {R}, 0 °C = 273.15 K.",
    ),
    {
        "m": Given("g", 0.5, 12, 4), "V": Given("L", 0.3, 12, 4), "t": Given("°C", 15, 40),
        "p": Given("kPa", 92, 106, 4), "R": _R,
    },
    _alloy_work,
    _alloy_law,
    mistakes=("100 - w", "100*n/(m*a)", "100*(n - h)/(m*a)"),
    relative=0.02,
    where=lambda q: 12 < q.answer < 88 and not 1 / 1.25 < q.a / q.c < 1.25,
    pick=_metals,
    shown=lambda p: {
        **_masses(p), "ions": " and ".join(f"{p[each]}^{_VALENCES[p[each]]}+" for each in "AC"),
    },
    between=(0, 100),
)  # fmt: skip

_CARBONATES = ("CaCO3", "MgCO3", "ZnCO3", "BaCO3", "FeCO3")


def _two_carbonates(rng: Random) -> Parameters:
    first, second = rng.sample(_CARBONATES, 2)
    return {"A": first, "C": second}


BACK_TITRATION = Quantity(
    "back_titration",
    (
        "{m} of an ore that contains {A} are treated with {V} of HCl ({c}), an excess that "
        "dissolves all {A} and nothing else; the acid that is left takes {W} of NaOH ({d}). What "
        "is the percentage by mass of {A} in the ore? {A} + 2 HCl -> salt + H2O + CO2. {masses}",
    ),
    {
        "m": Given("g", 0.8, 9), "V": Given("mL", 40, 200), "c": Given("mol/L", 0.2, 2),
        "W": Given("mL", 5, 80), "d": Given("mol/L", 0.1, 1),
    },
    lambda p: (
        _molar("A", p),
        "acid in all: n [mol] = c*V/1000",
        "acid left: r [mol] = d*W/1000",
        "acid used: u [mol] = n - r",
        "x [g] = u/2*M_A",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        q.c * q.V,
        2 * bare(x) * q.m / _weight(q.A) + q.d * q.W,
    ),
    mistakes=("2*w", "100*r/2*M_A/m", "100*n/2*M_A/m", "100 - w"),
    where=lambda q: 15 < q.answer < 97 and q.r > 0.1 * q.n,
    pick=lambda rng: {"A": rng.choice(_CARBONATES)},
    shown=_masses,
)  # fmt: skip
CARBONATES = Quantity(
    "carbonates",
    (
        "{m} of a mixture of {A} and {C} lose {d} of CO2 when they are heated until only the "
        "oxides are left. What is the percentage by mass of {A} in the mixture? {masses}",
    ),
    {"m": Given("g", 2, 50, 4), "d": Given("g", 0.4, 25, 4)},
    lambda p: (
        _molar("A", p),
        _molar("C", p),
        "gas: n [mol] = d/(12.01 + 2*16.00)",
        "if all were the second: h [mol] = m/M_C",
        "more or less per gram: g [mol] = 1/M_A - 1/M_C",
        "x [g] = (n - h)/g",
        "w [%] = 100*x/m",
    ),
    lambda x, q: (
        bare(x) * q.m / _weight(q.A) + (1 - bare(x)) * q.m / _weight(q.C),
        q.d / _weight("CO2"),
    ),
    mistakes=("100 - w", "100*n*M_A/m", "100*d/m"),
    relative=0.02,
    where=lambda q: 12 < q.answer < 88 and abs(q.M_A / q.M_C - 1) > 0.25,
    pick=_two_carbonates,
    shown=_masses,
    between=(0, 100),
)


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
        1: (MOLES, REAGENT, VOLUMES),
        2: (FROM_MASS, MASSES_OF, TITRATION, METAL),
        3: (GAS, YIELD, LIMITING, EXCESS, LEFT_OVER),
        4: (PURITY, ACTUAL, HYDROGEN, PRECIPITATE, BACK_TITRATION),
        5: (CHAIN, FEED, ALLOY, CARBONATES),
    }
