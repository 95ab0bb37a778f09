"""Solutions: concentrations, acids and bases, buffers, solubility and titration, as problems.

The working of each solves for the answer; its law puts the answer back into mass balance, charge
balance and the law of mass action, and is computed with units. Activities are taken as
concentrations, and K_w as it is given.
"""

from __future__ import annotations

from typing import Any

from assay_envs.science.molar_masses import masses, molar_line, weight
from assay_envs.science.problem import Parameters
from assay_envs.science.quantities import Given, Quantity, bare, one_of
from assay_verifiers.science.formula import read_formula

_KW = ("1.00e-14", "")
_PH = (1.0, 13.5)
_ACIDS = one_of(
    {"acid": "acetic acid", "salt": "sodium acetate", "K": ["1.75e-5", ""]},
    {"acid": "formic acid", "salt": "sodium formate", "K": ["1.77e-4", ""]},
    {"acid": "benzoic acid", "salt": "sodium benzoate", "K": ["6.28e-5", ""]},
    {"acid": "lactic acid", "salt": "sodium lactate", "K": ["1.38e-4", ""]},
    {"acid": "propanoic acid", "salt": "sodium propanoate", "K": ["1.34e-5", ""]},
    {"acid": "hydrofluoric acid", "salt": "sodium fluoride", "K": ["6.31e-4", ""]},
    {"acid": "nitrous acid", "salt": "sodium nitrite", "K": ["5.62e-4", ""]},
)
_BASES = one_of(
    {"base": "ammonia", "K": ["1.76e-5", ""]},
    {"base": "methylamine", "K": ["4.57e-4", ""]},
    {"base": "ethylamine", "K": ["4.47e-4", ""]},
    {"base": "pyridine", "K": ["1.70e-9", ""]},
)
_SOLUTES = ("NaCl", "KNO3", "Na2CO3", "AgNO3", "KMnO4", "CuSO4·5H2O", "C6H12O6", "MgCl2",
            "Na2SO4", "K2Cr2O7", "BaCl2·2H2O", "FeSO4·7H2O", "(NH4)2SO4", "C12H22O11")  # fmt: skip
_SOLUTE = one_of(*({"A": each} for each in _SOLUTES))


def _ions(ph: Any) -> float:
    """The concentration of H^+ in mol/L."""
    return float(10 ** -bare(ph))


def _moles(concentration: Any, volume: Any) -> float:
    return float((concentration * volume).m_as("mol"))


def _strength(mass: Any, volume: Any, formula: str) -> float:
    """The concentration in mol/L of a mass in a volume."""
    return float((mass / volume / weight(formula)).m_as("mol/L"))


def _amount(parameters: Parameters, concentration: str, volume: str) -> float:
    return float(parameters[concentration][0]) * float(parameters[volume][0])


# Concentrations

CONCENTRATION = Quantity(
    "concentration",
    (
        "{n} of {A} are dissolved in water to give {V} of solution. What is its concentration?",
        "What is the molar concentration of {V} of a solution that holds {n} of {A}?",
    ),
    {"n": Given("mol", 0.02, 4), "V": Given("L", 0.1, 8)},
    ("c [mol/L] = n/V",),
    lambda x, q: (x * q.V, q.n),
    mistakes=("n*V", "V/n"),
    pick=_SOLUTE,
)
DILUTION = Quantity(
    "dilution",
    (
        "{V} of a {c} solution of {A} are diluted to {W}. What is the new concentration?",
        "Water is added to {V} of {A} solution ({c}) until there are {W}. What is its "
        "concentration then?",
    ),
    {"V": Given("mL", 5, 90), "c": Given("mol/L", 0.2, 6), "W": Given("mL", 100, 900)},
    ("C [mol/L] = c*V/W",),
    lambda x, q: (x * q.W, q.c * q.V),
    mistakes=("c*W/V", "c*V/(V + W)"),
    pick=_SOLUTE,
)
WEIGHED_IN = Quantity(
    "weighed_in",
    (
        "What mass of {A} does it take to make {V} of a solution of {c}? {masses}",
        "How many grams of {A} are weighed in for {V} of a {c} solution? {masses}",
    ),
    {"V": Given("mL", 50, 2000), "c": Given("mol/L", 0.02, 2)},
    lambda p: (molar_line(p["A"]), "n [mol] = c*V/1000", "m [g] = n*M"),
    lambda x, q: (x / (q.c * q.V), weight(q.A)),
    mistakes=("n/M", "c*V*M", "c/(V/1000)*M"),
    pick=_SOLUTE,
    shown=masses,
)
STOCK = Quantity(
    "stock",
    (
        "A bottle says: {A}, {w} by mass, density {d}. What volume of it does it take to make {V} "
        "of a solution of {c}? {masses} Answer in millilitres.",
    ),
    {"V": Given("L", 0.2, 5), "c": Given("mol/L", 0.05, 1.5)},
    lambda p: (
        molar_line(p["A"]),
        "needed: n [mol] = c*V",
        "pure: m [g] = n*M",
        "of the stock: s [g] = m/(w/100)",
        "v [mL] = s/d",
    ),
    lambda x, q: (x * q.d * q.w / weight(q.A), q.c * q.V),
    mistakes=("m/d", "m*(w/100)/d", "s*d", "s"),
    pick=one_of(
        {"A": "HCl", "w": ["37.0", "%"], "d": ["1.19", "g/mL"]},
        {"A": "H2SO4", "w": ["96.0", "%"], "d": ["1.84", "g/mL"]},
        {"A": "HNO3", "w": ["65.0", "%"], "d": ["1.39", "g/mL"]},
        {"A": "H3PO4", "w": ["85.0", "%"], "d": ["1.69", "g/mL"]},
        {"A": "CH3COOH", "w": ["99.7", "%"], "d": ["1.05", "g/mL"]},
        {"A": "NaOH", "w": ["50.0", "%"], "d": ["1.53", "g/mL"]},
    ),
    shown=masses,
)

# Acids and bases

STRONG_ACID = Quantity(
    "strong_acid",
    (
        "What is the pH of {acid} of {c}?",
        "A solution of {acid}, which dissociates completely, has {c}. What is its pH?",
    ),
    {"c": Given("mol/L", 0.0005, 0.6)},
    ("P [] = -lg(c)",),
    lambda x, q: (_ions(x), q.c.m_as("mol/L")),
    mistakes=("14 + lg(c)", "-ln(c)", "lg(c)"),
    absolute=0.02,
    pick=one_of(
        {"acid": "hydrochloric acid"}, {"acid": "nitric acid"}, {"acid": "perchloric acid"},
        {"acid": "hydrobromic acid"},
    ),
    between=_PH,
)  # fmt: skip
STRONG_BASE = Quantity(
    "strong_base",
    ("What is the pH of a solution of {m} of {A} in {V}? {masses} K_w = {Kw}.",),
    {"m": Given("g", 0.05, 12), "V": Given("L", 0.2, 5), "Kw": _KW},
    lambda p: (
        molar_line(p["A"]),
        "c [mol/L] = m/M/V",
        f"OH^-: h [mol/L] = {2 if '2' in p['A'] else 1}*c",
        "P [] = -lg(Kw/h)",
    ),
    lambda x, q: (
        bare(q.Kw) / _ions(x),
        _strength(q.m, q.V, q.A) * dict(read_formula(q.A).atoms)[0, "O"],
    ),
    mistakes=("-lg(h)", "-lg(Kw/h*2)", "14 + lg(m/V)"),
    absolute=0.02,
    where=lambda q: 0.0005 < q.h < 0.9,
    pick=one_of({"A": "NaOH"}, {"A": "KOH"}, {"A": "Ba(OH)2"}, {"A": "LiOH"}),
    shown=masses,
    between=(9, 14),
)
WEAK_ACID = Quantity(
    "weak_acid",
    (
        "What is the pH of {acid} (K_a = {K}) of {c}? Solve the equation exactly; neglect the "
        "ions of water.",
    ),
    {"c": Given("mol/L", 0.002, 0.8)},
    (
        "from h**2 + K*h - K*c being zero: h [mol/L] = (-K + sqrt(K**2 + 4*K*c))/2",
        "P [] = -lg(h)",
    ),
    lambda x, q: (
        _ions(x) ** 2 / (q.c.m_as("mol/L") - _ions(x)),
        bare(q.K),
    ),
    mistakes=("-lg(c)", "-lg(K)", "-lg(K*c)", "14 + lg(h)"),
    absolute=0.02,
    pick=_ACIDS,
    between=(1.5, 6),
)
WEAK_BASE = Quantity(
    "weak_base",
    (
        "What is the pH of a solution of {base} (K_b = {K}) of {c}? Solve the equation exactly; "
        "neglect the ions of water itself; K_w = {Kw}.",
    ),
    {"c": Given("mol/L", 0.005, 0.8), "Kw": _KW},
    (
        "from h**2 + K*h - K*c being zero, OH^-: h [mol/L] = (-K + sqrt(K**2 + 4*K*c))/2",
        "H^+: i [mol/L] = Kw/h",
        "P [] = -lg(i)",
    ),
    lambda x, q: (
        (bare(q.Kw) / _ions(x)) ** 2,
        bare(q.K) * (q.c.m_as("mol/L") - bare(q.Kw) / _ions(x)),
    ),
    mistakes=("-lg(h)", "14 + lg(c)", "-lg(K)"),
    absolute=0.02,
    pick=_BASES,
    between=(8, 13),
)
BUFFER = Quantity(
    "buffer",
    (
        "A buffer is made of {n} of {acid} (K_a = {K}) and {m} of {salt} in {V} of solution. What "
        "is its pH after {x} of HCl are added? Use the Henderson-Hasselbalch equation.",
    ),
    {
        "n": Given("mol", 0.05, 0.9), "m": Given("mol", 0.05, 0.9), "V": Given("L", 0.3, 3),
        "x": Given("mol", 0.01, 0.3),
    },
    (
        "the acid makes more of the weak acid: a [mol] = n + x",
        "and uses up its salt: b [mol] = m - x",
        "k [] = -lg(K)",
        "P [] = k + lg(b/a)",
    ),
    lambda x, q: (_ions(x) * (q.m - q.x), q.K * (q.n + q.x)),
    mistakes=("k + lg(m/n)", "k - lg(b/a)", "k + lg((m + x)/(n - x))", "k"),
    absolute=0.02,
    where=lambda q: q.m > 1.3 * q.x and 0.1 < q.b / q.a < 10 and q.n > 1.1 * q.x,
    pick=_ACIDS,
    between=(2.5, 6),
)  # fmt: skip
STRONG_MIX = Quantity(
    "strong_mix",
    (
        "{V} of HCl ({c}) and {W} of NaOH ({d}) are mixed. What is the pH? Volumes add up; "
        "K_w = {Kw}.",
    ),
    {
        "V": Given("mL", 10, 200), "c": Given("mol/L", 0.02, 0.8),
        "W": Given("mL", 10, 200), "d": Given("mol/L", 0.02, 0.8), "Kw": _KW,
    },
    lambda p: (
        "acid: a [mol] = c*V/1000",
        "base: b [mol] = d*W/1000",
        *(
            (
                "acid is left: h [mol/L] = (a - b)/((V + W)/1000)",
                "P [] = -lg(h)",
            )
            if _amount(p, "c", "V") > _amount(p, "d", "W")
            else (
                "base is left: o [mol/L] = (b - a)/((V + W)/1000)",
                "P [] = -lg(Kw/o)",
            )
        ),
    ),
    lambda x, q: (
        _moles(q.c, q.V) + bare(q.Kw) / _ions(x) * (q.V + q.W).m_as("L"),
        _moles(q.d, q.W) + _ions(x) * (q.V + q.W).m_as("L"),
    ),
    mistakes=("-lg(abs(a - b))", "14 + lg(abs(a - b)/((V + W)/1000))", "-lg(c)", "-lg(Kw/d)"),
    absolute=0.02,
    where=lambda q: abs(q.a - q.b) > 0.1 * max(q.a, q.b),
    between=_PH,
)  # fmt: skip

# Solubility

_SLIGHT = one_of(
    {"A": "AgCl", "K": ["1.77e-10", ""], "x": "1", "y": "1", "ion": "Cl^-"},
    {"A": "AgBr", "K": ["5.35e-13", ""], "x": "1", "y": "1", "ion": "Br^-"},
    {"A": "BaSO4", "K": ["1.08e-10", ""], "x": "1", "y": "1", "ion": "SO4^2-"},
    {"A": "CaF2", "K": ["3.45e-11", ""], "x": "1", "y": "2", "ion": "F^-"},
    {"A": "BaF2", "K": ["1.84e-7", ""], "x": "1", "y": "2", "ion": "F^-"},
    {"A": "PbI2", "K": ["9.80e-9", ""], "x": "1", "y": "2", "ion": "I^-"},
    {"A": "PbF2", "K": ["3.30e-8", ""], "x": "1", "y": "2", "ion": "F^-"},
    {"A": "Ag2CrO4", "K": ["1.12e-12", ""], "x": "2", "y": "1", "ion": "CrO4^2-"},
)
"""``x`` cations and ``y`` anions; ``ion`` is the anion."""


def _saturated(parameters: Parameters) -> tuple[str, ...]:
    x, y = int(parameters["x"]), int(parameters["y"])
    return (
        molar_line(parameters["A"]),
        f"{x**x * y**y}*s**{x + y} is K_sp: s [mol/L] = (K/{x**x * y**y})**(1/{x + y})",
        "m [mg] = s*M*1000*V",
    )


def _ion_product(dissolved: float, q: Any, already: float) -> float:
    """[cation]^x [anion]^y where so much has dissolved, in mol/L."""
    x, y = int(q.x), int(q.y)
    anions = already or y * dissolved
    return float((x * dissolved) ** x * anions**y)


SOLUBILITY = Quantity(
    "solubility",
    (
        "What mass of {A} dissolves in {V} of pure water, in milligrams? K_sp = {K}; the ions do "
        "not react with water. {masses}",
    ),
    {"V": Given("L", 0.2, 20)},
    _saturated,
    lambda x, q: (_ion_product(_strength(x, q.V, q.A), q, 0.0), bare(q.K)),
    mistakes=("s*M*V", "K*M*1000*V", "s*1000*V"),
    pick=_SLIGHT,
    shown=masses,
)
COMMON_ION = Quantity(
    "common_ion",
    (
        "What mass of {A} (K_sp = {K}) dissolves in {V} of a solution in which the concentration "
        "of {ion} is {c} already? Take that concentration as unchanged; answer in milligrams. "
        "{masses}",
    ),
    {"V": Given("L", 0.5, 20), "c": Given("mol/L", 0.05, 0.9)},
    lambda p: (
        molar_line(p["A"]),
        f"the other ion: i [mol/L] = (K/c**{p['y']})**(1/{p['x']})",
        f"s [mol/L] = i/{p['x']}",
        "m [mg] = s*M*1000*V",
    ),
    lambda x, q: (_ion_product(_strength(x, q.V, q.A), q, q.c.m_as("mol/L")), bare(q.K)),
    mistakes=("s*M*V", "sqrt(K)*M*1000*V", "K*M*1000*V", "i*1000*V"),
    where=lambda q: q.i < 0.005 * q.c,
    pick=_SLIGHT,
    shown=masses,
)

# Titration of a weak acid with a strong base

_FLASK = "{V} of {acid} ({c}, K_a = {K}) are titrated with NaOH ({d}). "
_TITRATION = {
    "V": Given("mL", 15, 60), "c": Given("mol/L", 0.04, 0.4), "d": Given("mol/L", 0.05, 0.4),
}  # fmt: skip

BEFORE = Quantity(
    "before",
    (_FLASK + "What is the pH after {W}? Use the Henderson-Hasselbalch equation.",),
    {**_TITRATION, "W": Given("mL", 3, 60)},
    (
        "acid at first: a [mol] = c*V/1000",
        "turned into salt: b [mol] = d*W/1000",
        "acid left: r [mol] = a - b",
        "k [] = -lg(K)",
        "P [] = k + lg(b/r)",
    ),
    lambda x, q: (
        _ions(x) * _moles(q.d, q.W),
        bare(q.K) * (_moles(q.c, q.V) - _moles(q.d, q.W)),
    ),
    mistakes=("k - lg(b/r)", "k + lg(b/a)", "k", "-lg(r/((V + W)/1000))"),
    absolute=0.02,
    where=lambda q: 0.12 < q.b / q.a < 0.88,
    pick=_ACIDS,
    between=(2.5, 6),
)
EQUIVALENCE = Quantity(
    "equivalence",
    (
        _FLASK + "What is the pH at the equivalence point? Volumes add up; neglect the change of "
        "the salt's concentration by its reaction with water; K_w = {Kw}.",
    ),
    {**_TITRATION, "Kw": _KW},
    (
        "acid: a [mol] = c*V/1000",
        "base that it takes: W [mL] = a/d*1000",
        "salt: s [mol/L] = a/((V + W)/1000)",
        "the salt as a base: B [] = Kw/K",
        "OH^-: o [mol/L] = sqrt(B*s)",
        "P [] = -lg(Kw/o)",
    ),
    lambda x, q: (
        (bare(q.Kw) / _ions(x)) ** 2 * bare(q.K) * (1 / q.c + 1 / q.d).m_as("L/mol"),
        bare(q.Kw),
    ),
    mistakes=("-lg(o)", "-lg(K)", "-lg(Kw/sqrt(B*c))", "-lg(sqrt(K*s))"),
    absolute=0.02,
    pick=_ACIDS,
    between=(7, 10),
)
AFTER = Quantity(
    "after",
    (_FLASK + "What is the pH after {W}, past the equivalence point? Volumes add up; K_w = {Kw}.",),
    {**_TITRATION, "W": Given("mL", 10, 95), "Kw": _KW},
    (
        "acid: a [mol] = c*V/1000",
        "base: b [mol] = d*W/1000",
        "base left: r [mol] = b - a",
        "OH^-: o [mol/L] = r/((V + W)/1000)",
        "P [] = -lg(Kw/o)",
    ),
    lambda x, q: (
        _moles(q.c, q.V) + bare(q.Kw) / _ions(x) * (q.V + q.W).m_as("L"),
        _moles(q.d, q.W),
    ),
    mistakes=("-lg(o)", "-lg(Kw/(r/(V/1000)))", "-lg(Kw/d)", "-lg(Kw/(b/((V + W)/1000)))"),
    absolute=0.02,
    where=lambda q: q.b > 1.15 * q.a,
    pick=_ACIDS,
    between=(11, 13.5),
)
