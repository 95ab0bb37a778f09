"""Chemical equations: the same reaction, balanced, whatever the scale and the order.

Both sides are read as formulae with coefficients (whole numbers, fractions, decimals), electrons
included; the coefficients are brought to smallest whole numbers. The response must conserve every
element and the charge (else ``rule_broken``) and have the gold's species in its proportions.
States of matter are compared only where the task says ``states: true``. Every arrow and ``=`` is
read; ``<-`` turns the sides. What stands over an arrow is passed over, and so is which kind it is.

Species on both sides are not cancelled, nuclear equations are balanced by element only (so they are
not balanced here), and species are formulae: isomers are not told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Literal

from assay_verifiers.science.formula import Formula, chemical, parse_formula
from assay_verifiers.science.notation import Unreadable

_LONGEST = 2_000
_MOST_SPECIES = 40
_LARGEST = 10**6

_LATEX_ARROWS = re.compile(
    r"\\x(?:right|left|leftright|rightleft)[a-z]*\s*(?:\[[^\[\]]*\])?\s*\{[^{}]*\}"
    r"|\\(?:overset|stackrel)\s*\{[^{}]*\}\s*\{\s*(?:\\[a-z]+|→|->)\s*\}"
    r"|\\(?:long|Long)?(?:right|leftright|Right|Leftright)(?:arrow|harpoons?|harpoondown|harpoonup)"
    r"|\\rightleftarrows|\\rightleftharpoons|\\leftrightharpoons|\\to(?![a-z])|\\implies"
    r"|\\longleftrightarrow"
)
_LATEX_BACK = re.compile(r"\\(?:long)?leftarrow")
_ARROWS = re.compile(r"<=+>>?|<<?=+>|<-+>|<=>|-+>|=+>|[→⟶⇌⇋⇄⇆↔⟷⇒⇔⟹➔➝➞➜]|(?<![<>=])=+(?![>=])")
_BACK = re.compile(r"<-+(?!>)|[←⟵]")
_CONDITIONS = re.compile(r"(?<=>)\[[^\[\]]*\](?:\[[^\[\]]*\])?")
_GAS = re.compile(r"\s[\^v](?=[\s}]|$)")  # mhchem's arrows up and down
_PLUS = re.compile(r"\s+\+\s+")
_TIGHT_PLUS = re.compile(r"\+(?=[0-9A-Z\[]|\((?!(?:aq|s|l|g|cr|am)\))|e\^?\{?-)")
_STATE = re.compile(r"\s*\((aq|s|l|g|cr|am)\)\s*[↑↓]?$|\s*[↑↓]$")
_COEFFICIENT = re.compile(r"\(?([0-9]{1,7}(?:\.[0-9]{1,6}|\s*/\s*[0-9]{1,7})?)\)?\s*")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{?([0-9]{1,7})\}?\s*\{?([0-9]{1,7})\}?")
_ELECTRON = re.compile(r"e(?:lectrons?)?\s*(?:\^\{?1?-\}?|-|\(-\))")
_ELECTRON_FORMULA = Formula(frozenset(), -1)


@dataclass(frozen=True)
class Species:
    """A formula and, where one is written, its state."""

    formula: Formula
    state: str = ""


Side = Mapping[Species, Fraction]


@dataclass(frozen=True)
class Equation:
    left: Side
    right: Side


def has_arrow(text: str) -> bool:
    """Whether ``text`` has an arrow of a reaction; a bare ``=`` is none here."""
    return any(match[0] != "=" for match in _ARROWS.finditer(_arrows(text)))


def read_equation(text: str) -> Equation:
    """The equation that is all of ``text``; raises :class:`Unreadable`."""
    if len(text) > _LONGEST:
        raise Unreadable("an equation is too long", "too_long")
    text = chemical(_arrows(text))
    backwards = _BACK.search(text) is not None
    sides = (_BACK if backwards else _ARROWS).split(text)
    if len(sides) != 2:
        raise Unreadable("an equation has one arrow")
    left, right = (_side(side) for side in sides)
    return Equation(right, left) if backwards else Equation(left, right)


def imbalance(equation: Equation) -> dict[str, str]:
    """By element (and ``charge``) what the right side has too many; empty where balanced."""
    excess: dict[str, Fraction] = {}
    for side, sign in ((equation.right, 1), (equation.left, -1)):
        for species, times in side.items():
            for (_, symbol), count in species.formula.atoms:
                excess[symbol] = excess.get(symbol, Fraction(0)) + sign * times * count
            charge = sign * times * species.formula.charge
            excess["charge"] = excess.get("charge", Fraction(0)) + charge
    return {name: str(count) for name, count in sorted(excess.items()) if count}


def same_equation(
    gold: Equation, given: Equation, states: bool
) -> Literal["mismatch", "rule_broken"] | None:
    """What is wrong with ``given``, or None."""
    if imbalance(given):
        return "rule_broken"
    return None if _canonical(gold, states) == _canonical(given, states) else "mismatch"


def _canonical(equation: Equation, states: bool) -> tuple[frozenset[tuple[Species, int]], ...]:
    sides = []
    for side in (equation.left, equation.right):
        merged: dict[Species, Fraction] = {}
        for species, times in side.items():
            key = species if states else Species(species.formula)
            merged[key] = merged.get(key, Fraction(0)) + times
        sides.append(merged)
    amounts = [times for side in sides for times in side.values()]
    scale = lcm(*(times.denominator for times in amounts))
    common = reduce(gcd, (int(times * scale) for times in amounts))
    return tuple(
        frozenset((species, int(times * scale) // common) for species, times in side.items())
        for side in sides
    )


def _arrows(text: str) -> str:
    """``text`` with every arrow in ASCII or Unicode and nothing over it."""
    text = text.replace("\\uparrow", "").replace("\\downarrow", "")
    text = _LATEX_BACK.sub(" <- ", _LATEX_ARROWS.sub(" -> ", text))
    text = _FRACTION.sub(r" \1/\2 ", text).replace("−>", "->")
    return _GAS.sub("", _CONDITIONS.sub("", text))


def _side(text: str) -> Side:
    terms = [term for chunk in _PLUS.split(text.strip()) for term in _terms(chunk)]
    if not terms or len(terms) > _MOST_SPECIES:
        raise Unreadable("a side of no species, or of too many")
    side: dict[Species, Fraction] = {}
    for species, times in terms:
        side[species] = side.get(species, Fraction(0)) + times
    return side


def _terms(chunk: str) -> list[tuple[Species, Fraction]]:
    """The species of a chunk without ``" + "``; a plus may be a charge or stand tight."""
    try:
        return [_term(chunk)]
    except Unreadable:
        parts = _TIGHT_PLUS.split(chunk)
        if len(parts) == 1:
            raise
        return [_term(part) for part in parts]


def _term(text: str) -> tuple[Species, Fraction]:
    text = text.strip()
    times = Fraction(1)
    if coefficient := _COEFFICIENT.match(text):
        numerator, _, denominator = coefficient[1].partition("/")
        if denominator and not int(denominator):
            raise Unreadable("a division by zero")
        times = Fraction(numerator.strip()) / (int(denominator) if denominator else 1)
        text = text[coefficient.end() :].lstrip("· ")
    if not 0 < times <= _LARGEST:
        raise Unreadable("a coefficient is out of bounds")
    state = _STATE.search(text)
    if state:
        text = text[: state.start()].strip()
    if _ELECTRON.fullmatch(text):
        return Species(_ELECTRON_FORMULA), times
    return Species(parse_formula(text), (state[1] or "") if state else ""), times
