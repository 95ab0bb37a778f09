"""Reactions: equations balanced by exact linear algebra, real ones and ones put together.

A reaction is a skeleton, ``left`` and ``right`` formulae. Its coefficients span the null space of
the matrix of elements (and charge) by species; the reaction is *unique* when that space has one
dimension and all coefficients come out positive, and only such reactions are used. Helpers (water,
H^+, OH^-) may stand on either side: the sign of their coefficient decides.

The reactions themselves are facts of chemistry: a table of well-known ones; salts, combustions and
precipitations put together from ions and compositions; and redox reactions put together from
couples, listed from the strongest oxidant down, so that what is asked can happen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from random import Random

from assay_envs.science.substances import composition, salt

_PRIME = 1_000_003


@dataclass(frozen=True)
class Skeleton:
    """What reacts to what, without coefficients; ``helpers`` may be added on either side."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    helpers: tuple[str, ...] = ()

    @property
    def species(self) -> tuple[str, ...]:
        return (*self.left, *self.right, *self.helpers)

    def __str__(self) -> str:
        return f"{' + '.join(self.left)} -> {' + '.join(self.right)}"


@dataclass(frozen=True)
class Balanced:
    """Both sides as pairs of coefficient and formula."""

    left: tuple[tuple[int, str], ...]
    right: tuple[tuple[int, str], ...]

    @property
    def coefficients(self) -> tuple[int, ...]:
        return tuple(times for times, _ in (*self.left, *self.right))

    def of(self, formula: str) -> int:
        """The coefficient of ``formula``."""
        return next(times for times, each in (*self.left, *self.right) if each == formula)

    def __str__(self) -> str:
        return " -> ".join(
            " + ".join(f"{times} {formula}" if times > 1 else formula for times, formula in side)
            for side in (self.left, self.right)
        )


def skeleton(text: str) -> Skeleton:
    """Of ``Fe + O2 -> Fe2O3``; of ``4 Fe + 3 O2 -> 2 Fe2O3`` too."""
    left, right = (
        tuple(term.lstrip("0123456789 ") for term in side.split(" + "))
        for side in text.split(" -> ")
    )
    return Skeleton(left, right)


@lru_cache(maxsize=4096)
def balance(asked: Skeleton) -> Balanced | None:
    """The reaction with its smallest whole coefficients; None where they are not unique."""
    signs = [1] * len(asked.left) + [-1] * (len(asked.right) + len(asked.helpers))
    space = null_space(_matrix(asked.species, signs))
    if len(space) != 1:
        return None
    whole = _smallest(space[0])
    if whole[0] < 0:
        whole = [-each for each in whole]
    fixed = len(asked.left) + len(asked.right)
    if any(each <= 0 for each in whole[:fixed]):
        return None
    pairs = list(zip(whole, asked.species, strict=True))
    helpers = pairs[fixed:]
    return Balanced(
        (*pairs[: len(asked.left)], *((-n, each) for n, each in helpers if n < 0)),
        (*pairs[len(asked.left) : fixed], *((n, each) for n, each in helpers if n > 0)),
    )


def read_back(equation: str) -> Balanced:
    """An equation of ours, with or without its coefficients; ValueError if it is not unique."""
    found = balance(skeleton(equation))
    if found is None:
        raise ValueError(f"{equation} is not unique")
    return found


def _matrix(species: Sequence[str], signs: Sequence[int]) -> list[list[int]]:
    """Elements (and charge) by species; what stands on the right counts negatively."""
    parts = [composition(each) for each in species]
    elements = dict.fromkeys(element for part in parts for element in part)
    return [
        [sign * part.get(element, 0) for sign, part in zip(signs, parts, strict=True)]
        for element in elements
    ]


def null_space(matrix: Sequence[Sequence[int]]) -> list[list[Fraction]]:
    """A basis of the vectors that ``matrix`` takes to zero, by exact elimination."""
    rows = [[Fraction(each) for each in row] for row in matrix]
    width, pivots = len(matrix[0]), list[int]()
    for column in range(width):
        place = len(pivots)
        found = next((i for i in range(place, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[place], rows[found] = rows[found], rows[place]
        head = rows[place][column]
        rows[place] = [each / head for each in rows[place]]
        for i, row in enumerate(rows):
            if i != place and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, rows[place], strict=True)]
        pivots.append(column)
    basis = []
    for free in (column for column in range(width) if column not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for row, pivot in zip(rows, pivots, strict=False):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def rank_modulo_prime(matrix: Sequence[Sequence[int]]) -> int:
    """The rank modulo a prime, which is never above the true rank."""
    rows = [[each % _PRIME for each in row] for row in matrix]
    rank = 0
    for column in range(len(matrix[0])):
        found = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[rank], rows[found] = rows[found], rows[rank]
        inverse = pow(rows[rank][column], -1, _PRIME)
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] * inverse % _PRIME
            rows[i] = [(a - factor * b) % _PRIME for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def _smallest(vector: Sequence[Fraction]) -> list[int]:
    scale = math.lcm(*(each.denominator for each in vector))
    whole = [int(each * scale) for each in vector]
    common = math.gcd(*whole)
    return [each // common for each in whole]


# Well-known reactions

KNOWN = (
    "N2 + H2 -> NH3", "SO2 + O2 -> SO3", "H2S + SO2 -> S + H2O", "NH3 + O2 -> NO + H2O",
    "NH3 + NO -> N2 + H2O", "NH3 + CuO -> Cu + N2 + H2O", "KClO3 -> KCl + O2",
    "KClO3 -> KClO4 + KCl", "Fe2O3 + CO -> Fe + CO2", "Fe3O4 + CO -> Fe + CO2",
    "Fe2O3 + C -> Fe + CO", "Fe + H2O -> Fe3O4 + H2", "Fe3O4 + Al -> Al2O3 + Fe",
    "MnO2 + Al -> Al2O3 + Mn", "Cr2O3 + Al -> Al2O3 + Cr", "FeS2 + O2 -> Fe2O3 + SO2",
    "ZnS + O2 -> ZnO + SO2", "Cu2S + O2 -> Cu2O + SO2", "CS2 + O2 -> CO2 + SO2",
    "H2S + O2 -> SO2 + H2O", "PH3 + O2 -> P4O10 + H2O", "P4 + O2 -> P4O10", "P4 + Cl2 -> PCl3",
    "P4 + Cl2 -> PCl5", "P4O10 + H2O -> H3PO4", "PCl3 + H2O -> H3PO3 + HCl",
    "PCl5 + H2O -> H3PO4 + HCl", "SiCl4 + H2O -> SiO2 + HCl", "SiO2 + HF -> SiF4 + H2O",
    "BCl3 + H2O -> H3BO3 + HCl", "B2H6 + O2 -> B2O3 + H2O", "Mg3N2 + H2O -> Mg(OH)2 + NH3",
    "Al4C3 + H2O -> Al(OH)3 + CH4", "CaC2 + H2O -> Ca(OH)2 + C2H2", "Na2O2 + CO2 -> Na2CO3 + O2",
    "Na2O2 + H2O -> NaOH + O2", "Li + N2 -> Li3N", "Al + NaOH + H2O -> NaAl(OH)4 + H2",
    "NaHCO3 -> Na2CO3 + CO2 + H2O", "Pb(NO3)2 -> PbO + NO2 + O2", "AgNO3 -> Ag + NO2 + O2",
    "Cu(NO3)2 -> CuO + NO2 + O2", "(NH4)2Cr2O7 -> N2 + Cr2O3 + H2O", "NH4NO3 -> N2O + H2O",
    "CO2 + H2O -> C6H12O6 + O2", "C6H12O6 -> C2H5OH + CO2", "C3H5N3O9 -> CO2 + N2 + H2O + O2",
    "C7H5N3O6 -> N2 + CO + H2O + C", "XeF6 + H2O -> XeO3 + HF", "NO2 + H2O -> HNO3 + NO",
    "I2 + HNO3 -> HIO3 + NO2 + H2O", "Cu + HNO3 -> Cu(NO3)2 + NO + H2O",
    "Cu + HNO3 -> Cu(NO3)2 + NO2 + H2O", "Ag + HNO3 -> AgNO3 + NO + H2O",
    "Zn + HNO3 -> Zn(NO3)2 + NH4NO3 + H2O", "Mg + HNO3 -> Mg(NO3)2 + N2 + H2O",
    "Zn + HNO3 -> Zn(NO3)2 + N2O + H2O", "P + HNO3 + H2O -> H3PO4 + NO",
    "C + HNO3 -> CO2 + NO2 + H2O", "S + HNO3 -> H2SO4 + NO2 + H2O",
    "P4 + KOH + H2O -> KH2PO2 + PH3", "Cl2 + NaOH -> NaCl + NaClO3 + H2O",
    "Br2 + KOH -> KBr + KBrO3 + H2O", "S + NaOH -> Na2S + Na2SO3 + H2O",
    "MnO2 + HCl -> MnCl2 + Cl2 + H2O", "KMnO4 + HCl -> KCl + MnCl2 + Cl2 + H2O",
    "K2Cr2O7 + HCl -> KCl + CrCl3 + Cl2 + H2O", "Ca3(PO4)2 + SiO2 + C -> CaSiO3 + P4 + CO",
    "Ca3(PO4)2 + H2SO4 -> CaSO4 + H3PO4", "Ca5(PO4)3F + H2SO4 -> CaSO4 + H3PO4 + HF",
    "KMnO4 + Na2SO3 + H2O -> MnO2 + Na2SO4 + KOH", "Na2S2O3 + I2 -> Na2S4O6 + NaI",
    "KIO3 + KI + H2SO4 -> K2SO4 + I2 + H2O", "PbS + H2O2 -> PbSO4 + H2O",
    "As2S3 + HNO3 + H2O -> H3AsO4 + H2SO4 + NO", "FeCr2O4 + K2CO3 + O2 -> K2CrO4 + Fe2O3 + CO2",
    "CrI3 + KOH + Cl2 -> K2CrO4 + KIO4 + KCl + H2O",
    "K4Fe(CN)6 + H2SO4 + H2O -> K2SO4 + FeSO4 + (NH4)2SO4 + CO",
    "Cr2O3 + KNO3 + KOH -> K2CrO4 + KNO2 + H2O", "MnO2 + KOH + O2 -> K2MnO4 + H2O",
    "Na3AsO3 + KMnO4 + H2O -> Na3AsO4 + MnO2 + KOH",
    "Ag2S + NaCN + O2 + H2O -> NaAg(CN)2 + S + NaOH",
    "Au + NaCN + O2 + H2O -> NaAu(CN)2 + NaOH", "V2O5 + HCl -> VOCl3 + H2O",
    "TiO2 + C + Cl2 -> TiCl4 + CO", "WO3 + H2 -> W + H2O", "UO2 + HF -> UF4 + H2O",
)  # fmt: skip

# Put together

_METALS = (
    ("Li", 1), ("Na", 1), ("K", 1), ("Mg", 2), ("Ca", 2), ("Ba", 2), ("Sr", 2), ("Zn", 2),
    ("Al", 3), ("Ga", 3), ("Sc", 3), ("Y", 3), ("La", 3),
)  # fmt: skip
_NONMETALS = (
    ("O2", "O", 2), ("S8", "S", 2), ("N2", "N", 3), ("F2", "F", 1), ("Cl2", "Cl", 1),
    ("Br2", "Br", 1), ("I2", "I", 1), ("P4", "P", 3), ("Se8", "Se", 2),
)  # fmt: skip
_ACIDS = (
    ("HCl", "Cl", 1), ("HBr", "Br", 1), ("HNO3", "NO3", 1), ("HClO4", "ClO4", 1),
    ("H2SO4", "SO4", 2), ("H3PO4", "PO4", 3), ("CH3COOH", "CH3COO", 1),
)  # fmt: skip
_BASES = (
    ("Li", 1), ("Na", 1), ("K", 1), ("NH4", 1), ("Mg", 2), ("Ca", 2), ("Ba", 2), ("Sr", 2),
    ("Zn", 2), ("Cu", 2), ("Ni", 2), ("Fe", 3), ("Al", 3), ("Cr", 3),
)  # fmt: skip
_INSOLUBLE = (
    ("Ag", 1, "PO4", 3), ("Ag", 1, "CrO4", 2), ("Ag", 1, "CO3", 2), ("Ag", 1, "S", 2),
    ("Pb", 2, "I", 1), ("Pb", 2, "PO4", 3), ("Pb", 2, "Cl", 1), ("Ba", 2, "PO4", 3),
    ("Ca", 2, "PO4", 3), ("Ca", 2, "F", 1), ("Mg", 2, "PO4", 3), ("Mg", 2, "OH", 1),
    ("Zn", 2, "PO4", 3), ("Zn", 2, "OH", 1), ("Cu", 2, "OH", 1), ("Ni", 2, "OH", 1),
    ("Fe", 3, "OH", 1), ("Al", 3, "OH", 1), ("Cr", 3, "OH", 1), ("Bi", 3, "S", 2),
    ("Sr", 2, "PO4", 3), ("Co", 2, "PO4", 3),
)  # fmt: skip


def elements_combined(rng: Random) -> Skeleton:
    """A metal and a nonmetal."""
    (metal, charge), (element, ion, valence) = rng.choice(_METALS), rng.choice(_NONMETALS)
    if element == "N2" and metal in ("Na", "K"):  # these form no nitride
        metal = "Li"
    return Skeleton((metal, element), (salt(metal, ion, charge, valence),))


def neutralised(rng: Random) -> Skeleton:
    """An acid and a hydroxide."""
    return _neutral(rng.choice(_ACIDS), rng.choice(_BASES))


def neutralised_alkali(rng: Random) -> Skeleton:
    """An acid and an alkali that dissolves at any concentration in use."""
    return _neutral(rng.choice(_ACIDS), (rng.choice(("Li", "Na", "K")), 1))


def _neutral(acid: tuple[str, str, int], base: tuple[str, int]) -> Skeleton:
    (formula, anion, negative), (cation, positive) = acid, base
    return Skeleton(
        (formula, salt(cation, "OH", positive, 1)),
        (salt(cation, anion, positive, negative), "H2O"),
    )


def metal_dissolved(rng: Random) -> Skeleton:
    """A base metal in an acid that is no oxidant."""
    acids = [each for each in _ACIDS if each[0] not in ("HNO3", "HClO4")]
    return _dissolved(rng.choice(_METALS), rng.choice(acids))


def base_metal_dissolved(rng: Random) -> Skeleton:
    """A metal that dissolves in dilute acid without attacking water, to a soluble salt."""
    metals = (("Mg", 2), ("Zn", 2), ("Al", 3), ("Fe", 2))
    acids = [each for each in _ACIDS if each[0] in ("HCl", "HBr", "H2SO4", "CH3COOH")]
    return _dissolved(rng.choice(metals), rng.choice(acids))


def _dissolved(metal: tuple[str, int], acid: tuple[str, str, int]) -> Skeleton:
    (element, positive), (formula, anion, negative) = metal, acid
    return Skeleton((element, formula), (salt(element, anion, positive, negative), "H2"))


def precipitated(rng: Random) -> Skeleton:
    """Two solutions from which one salt falls out."""
    cation, positive, anion, negative = rng.choice(_INSOLUBLE)
    rest = "NO3" if cation == "Ag" else rng.choice(("NO3", "CH3COO"))
    partner = rng.choice(("Na", "K") if anion == "OH" else ("Na", "K", "NH4"))
    return Skeleton(
        (salt(cation, rest, positive, 1), salt(partner, anion, 1, negative)),
        (salt(cation, anion, positive, negative), salt(partner, rest, 1, 1)),
    )


def burnt(rng: Random, level: int) -> Skeleton:
    """The complete combustion of an organic compound, larger and with more elements by level."""
    carbon = rng.randint(1 + level, 4 + 4 * level)
    nitrogen = rng.randint(0, 3) if level > 2 else 0
    sulfur = rng.randint(0, 2) if level > 2 else 0
    oxygen = rng.randint(0, min(carbon, 2 + level)) if level > 1 else 0
    most = 2 * carbon + 2 + nitrogen
    hydrogen = rng.randint(max(2, most // 3), most)
    hydrogen -= (hydrogen - nitrogen) % 2
    counts = (("C", carbon), ("H", hydrogen), ("N", nitrogen), ("O", oxygen), ("S", sulfur))
    fuel = "".join(f"{each}{n if n > 1 else ''}" for each, n in counts if n > 0)
    products = ("CO2", "H2O", *(("N2",) if nitrogen else ()), *(("SO2",) if sulfur else ()))
    return Skeleton((fuel, "O2"), products)


# Redox couples, the strongest oxidant first: what is oxidised stands lower than what is reduced

_ACIDIC = (
    ("S2O8^2-", "SO4^2-"), ("BiO3^-", "Bi^3+"), ("Ce^4+", "Ce^3+"), ("MnO4^-", "Mn^2+"),
    ("PbO2", "Pb^2+"), ("BrO3^-", "Br2"), ("ClO3^-", "Cl^-"), ("Cl2", "Cl^-"),
    ("Cr2O7^2-", "Cr^3+"), ("MnO2", "Mn^2+"), ("IO3^-", "I2"), ("Br2", "Br^-"),
    ("NO3^-", "NO"), ("VO2^+", "VO^2+"), ("NO3^-", "NH4^+"), ("Fe^3+", "Fe^2+"),
    ("O2", "H2O2"), ("H3AsO4", "H3AsO3"), ("I2", "I^-"), ("Cu^2+", "Cu"), ("UO2^2+", "U^4+"),
    ("SO4^2-", "SO2"), ("Sn^4+", "Sn^2+"), ("S", "H2S"), ("S4O6^2-", "S2O3^2-"),
    ("TiO^2+", "Ti^3+"), ("H3PO4", "H3PO3"), ("CO2", "H2C2O4"), ("Cr^3+", "Cr^2+"),
    ("Fe^2+", "Fe"), ("Zn^2+", "Zn"), ("Al^3+", "Al"), ("Mg^2+", "Mg"),
)  # fmt: skip
_BASIC = (
    ("ClO^-", "Cl^-"), ("HO2^-", "OH^-"), ("BrO^-", "Br^-"), ("ClO2^-", "Cl^-"),
    ("ClO3^-", "Cl^-"), ("BrO3^-", "Br^-"), ("MnO4^-", "MnO2"), ("Ag2O", "Ag"), ("IO3^-", "I^-"),
    ("Co(OH)3", "Co(OH)2"), ("HgO", "Hg"), ("NO3^-", "NO2^-"), ("CrO4^2-", "Cr(OH)4^-"),
    ("NO3^-", "NH3"), ("S4O6^2-", "S2O3^2-"), ("Fe(OH)3", "Fe(OH)2"), ("AsO4^3-", "AsO2^-"),
    ("Sn(OH)6^2-", "Sn(OH)3^-"), ("SO4^2-", "SO3^2-"), ("OCN^-", "CN^-"), ("PO4^3-", "HPO3^2-"),
    ("N2", "N2H4"), ("Zn(OH)4^2-", "Zn"), ("Al(OH)4^-", "Al"),
)  # fmt: skip
_OXIDISERS = (("KMnO4", "MnSO4"), ("K2Cr2O7", "Cr2(SO4)3"), ("MnO2", "MnSO4"), ("KIO3", "I2"),
              ("KBrO3", "KBr"), ("KClO3", "KCl"), ("Ce(SO4)2", "Ce2(SO4)3"))  # fmt: skip
_REDUCERS = (("FeSO4", "Fe2(SO4)3"), ("H2C2O4", "CO2"), ("KI", "I2"), ("NaNO2", "NaNO3"),
             ("H2S", "S"), ("SnSO4", "Sn(SO4)2"), ("Na2SO3", "Na2SO4"), ("C2H5OH", "CH3COOH"),
             ("As2O3", "H3AsO4"), ("CH3OH", "CO2"), ("Ti2(SO4)3", "TiOSO4"), ("K2C2O4", "CO2"),
             ("Na3AsO3", "Na3AsO4"), ("VOSO4", "HVO3"), ("C3H8O", "C3H6O"))  # fmt: skip
_DISPROPORTIONATIONS = (
    ("Cl2", "Cl^-", "ClO3^-"), ("Br2", "Br^-", "BrO3^-"), ("I2", "I^-", "IO3^-"),
    ("P4", "PH3", "H2PO2^-"), ("S8", "S^2-", "SO3^2-"), ("S8", "S^2-", "S2O3^2-"),
    ("MnO4^2-", "MnO4^-", "MnO2"), ("ClO^-", "Cl^-", "ClO3^-"), ("BrO^-", "Br^-", "BrO3^-"),
    ("NO2", "NO2^-", "NO3^-"), ("P4", "PH3", "HPO3^2-"), ("Se8", "Se^2-", "SeO3^2-"),
)  # fmt: skip


@cache
def redox(medium: str) -> tuple[Skeleton, ...]:
    """All unique redox reactions of two couples in ``acid`` or ``base``, as ions."""
    couples = _ACIDIC if medium == "acid" else _BASIC
    helpers = ("H2O", "H^+" if medium == "acid" else "OH^-")
    found = [
        Skeleton((oxidant, source), (reduced, product), helpers)
        for place, (oxidant, reduced) in enumerate(couples)
        for product, source in couples[place + 1 :]
        if len({oxidant, source, reduced, product, *helpers}) == 6
    ]
    if medium == "base":
        found += [Skeleton((one,), (low, high), helpers) for one, low, high in _DISPROPORTIONATIONS]
    return tuple(each for each in found if balance(each))


@cache
def redox_of_salts() -> tuple[Skeleton, ...]:
    """Unique redox reactions written out with the salts and sulfuric acid."""
    found = []
    for oxidant, reduced in _OXIDISERS:
        for source, product in _REDUCERS:
            left = (oxidant, source, "H2SO4")
            salts = ["K2SO4"] if "K" in composition(oxidant) or "K" in composition(source) else []
            sodium = "Na" in composition(source) and "Na" not in composition(product)
            right = (reduced, product, *salts, *(["Na2SO4"] if sodium else []), "H2O")
            if len(set(right)) == len(right):
                found.append(Skeleton(left, right))
    return tuple(each for each in found if balance(each))


@cache
def well_known() -> tuple[Skeleton, ...]:
    """The table's reactions, all of them unique."""
    return tuple(map(skeleton, KNOWN))


def bits(reaction: Balanced) -> float:
    """The sum of log2(1 + coefficient)."""
    return sum(math.log2(1 + each) for each in reaction.coefficients)


def between(reactions: Iterable[Skeleton], least: float, most: float) -> tuple[Skeleton, ...]:
    """Those whose coefficients hold so many bits."""
    return tuple(each for each in reactions if (b := balance(each)) and least <= bits(b) < most)
