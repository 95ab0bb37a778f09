"""Substances: what a formula is made of, its molar mass, and salts put together from ions.

A formula is written as in a text: ``Fe2(SO4)3``, ``CuSO4·5H2O``, ``Cr2O7^2-``. This reader is for
formulae of ours; the recheck of a problem reads them with the verifier's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*)|(\()|\)(\d*)")
_CHARGE = re.compile(r"\^(\d*)([+-])$")

MASSES: Mapping[str, str] = MappingProxyType({
    "H": "1.008", "Li": "6.94", "B": "10.81", "C": "12.01", "N": "14.01", "O": "16.00",
    "F": "19.00", "Na": "22.99", "Mg": "24.31", "Al": "26.98", "Si": "28.09", "P": "30.97",
    "S": "32.06", "Cl": "35.45", "K": "39.10", "Ca": "40.08", "Cr": "52.00", "Mn": "54.94",
    "Fe": "55.85", "Co": "58.93", "Ni": "58.69", "Cu": "63.55", "Zn": "65.38", "Br": "79.90",
    "Ag": "107.87", "Sn": "118.71", "I": "126.90", "Ba": "137.33", "Pb": "207.2", "Ti": "47.87",
})  # fmt: skip
"""Standard atomic masses in g/mol, as problems show them."""


@lru_cache(maxsize=4096)
def composition(formula: str) -> Mapping[str, int]:
    """How many atoms of each element, and under ``charge`` the charge where there is one."""
    body, charge = formula, 0
    if match := _CHARGE.search(formula):
        body, charge = formula[: match.start()], int(match[1] or 1) * (1 if match[2] == "+" else -1)
    atoms: dict[str, int] = {}
    for part in body.split("·"):
        rest = part.lstrip("0123456789")
        times = int(part[: len(part) - len(rest)] or 1)
        for element, count in _counted(rest).items():
            atoms[element] = atoms.get(element, 0) + times * count
    if charge:
        atoms["charge"] = charge
    return MappingProxyType(atoms)


def _counted(text: str) -> dict[str, int]:
    stack: list[dict[str, int]] = [{}]
    place = 0
    for token in _TOKEN.finditer(text):
        if token.start() != place:
            break
        place = token.end()
        if token[3]:
            stack.append({})
            continue
        inner = {token[1]: 1} if token[1] else stack.pop()
        times = int((token[2] if token[1] else token[4]) or 1)
        for element, count in inner.items():
            stack[-1][element] = stack[-1].get(element, 0) + count * times
    if not text or place != len(text) or len(stack) != 1:
        raise ValueError(f"no formula: {text!r}")
    return stack[0]


def molar_mass(formula: str) -> float:
    """g/mol, from :data:`MASSES`."""
    return sum(float(MASSES[element]) * count for element, count in composition(formula).items())


def mass_form(formula: str) -> str:
    """The sum that gives the molar mass: ``2*1.008 + 16.00``."""
    return " + ".join(
        f"{count}*{MASSES[element]}" if count > 1 else MASSES[element]
        for element, count in composition(formula).items()
    )


def masses_of(formulae: Iterable[str]) -> str:
    """The atomic masses that a problem has to state: ``H 1.008, O 16.00``."""
    elements = dict.fromkeys(e for formula in formulae for e in composition(formula))
    return ", ".join(f"{element} {MASSES[element]}" for element in sorted(elements))


def salt(cation: str, anion: str, positive: int, negative: int) -> str:
    """The neutral formula of two ions with these charges: ``Al``, ``SO4``, 3, 2: Al2(SO4)3."""
    common = math.gcd(positive, negative)
    return _grouped(cation, negative // common) + _grouped(anion, positive // common)


def _grouped(ion: str, times: int) -> str:
    if times == 1:
        return ion
    simple = sum(letter.isupper() for letter in ion) == 1 and not ion[-1].isdigit()
    return f"{ion}{times}" if simple else f"({ion}){times}"
