"""Chemical formulae: which atoms, how many, and what charge.

Two formulae are equal when they count the same atoms (isotopes apart) and carry the same charge,
in whatever order and grouping: ``CH3COOH``, ``C2H4O2`` and ``\\ce{CH3COOH}`` are one. So *isomers
are not told apart*; a structure is a SMILES. Hydrates (``CuSO4·5H2O``), nested groups, Unicode and
LaTeX scripts, isotopes (``^{14}C``, D, T) are read. Names, nonstoichiometric and polymer formulae
are not.

A charge is read from a script (``SO4^2-``, ``SO₄²⁻``), behind a blank or a square bracket, in
brackets (``Fe(3+)``), or from plain ends by the common habit: ``Fe3+`` and ``O2-`` are charges of
three and two, ``NH4+`` and ``NO3-`` of one, ``SO42-`` is a four and a charge of two; hydrogen and
halogens take the digit as their number (``H3+``, ``I3-``). ``S-2`` is an ion, ``C-14`` an isotope.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from assay_verifiers.science.notation import SUPERSCRIPT_RUN, Unreadable

_LONGEST = 500
_DEEPEST = 20
_LARGEST = 100_000

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb
Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf
Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""
_NUMBERS = {symbol: place + 1 for place, symbol in enumerate(_SYMBOLS.split())}
_HYDROGENS = {"D": (2, "H"), "T": (3, "H")}
_SINGLY_CHARGED = frozenset(("H", "F", "Cl", "Br", "I"))

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-")
_SIGNS = str.maketrans({"−": "-", "–": "-", "—": "-", "⋅": "·", "•": "·", "∙": "·", "*": "·"})
_DROPPED = re.compile(
    r"\\(?:ce|mathrm|text|rm|operatorname|mathbf|textbf|mathit|left|right|displaystyle|quad"
    r"|[,;!: ])"
)
_STATE_BELOW = re.compile(r"_(?:\{\(?(aq|s|l|g)\)?\}|\((aq|s|l|g)\))")
_RAISED_FIRST = re.compile(r"(\^\{[0-9]{0,2}[+-]\})_(?:\{([0-9]+)\}|([0-9]+))")
_BELOW = re.compile(r"_(?:\{([0-9]+)\}|([0-9]+))")
_POWER = re.compile(
    r"\^(?:\{([^{}]{0,9})\}|([+-][0-9]{1,2}(?![0-9])|[0-9]{0,2}[+-]|[+-]+|[0-9]{1,3}))"
)
_ATOMIC_NUMBER = re.compile(r"_(?:\{([0-9]{1,3})\}|([0-9]{1,3}))")
_CHARGE = re.compile(r"([0-9]{0,2})([+-])|([+-])([0-9]{0,2})")
_PLAIN_CHARGE = re.compile(r"(?P<before>.?)(?P<digits>[0-9]*)(?P<signs>[+-]+)$")
_CHARGE_BEHIND = re.compile(r"\(([0-9]{1,2}[+-]|[+-][0-9]{0,2})\)$|(?<=[A-Za-z0-9)\]])([+-][1-9])$")
_HYPHENED = re.compile(r"([A-Z][a-z]?)-([0-9]{1,3})")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_COUNT = re.compile(r"[0-9]{1,6}")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OXIDATION = re.compile(r"\((?:I{1,3}|IV|VI{0,3})\)")


@dataclass(frozen=True)
class Formula:
    """``atoms`` by (mass number or 0, symbol); ``charge`` in elementary charges."""

    atoms: frozenset[tuple[tuple[int, str], int]]
    charge: int = 0


def read_formula(text: str) -> Formula:
    """The formula that is all of ``text``; raises :class:`Unreadable`."""
    return parse_formula(chemical(text).strip())


def chemical(text: str) -> str:
    """``text`` without LaTeX: subscripts on the line, what is raised as ``^{…}``."""
    if len(text) > 4 * _LONGEST:
        raise Unreadable("a formula is too long", "too_long")
    text = text.replace("$", " ").replace("\\cdot", "·").replace("\\bullet", "·").replace("~", " ")
    text = text.replace("\\times", "·").replace("{}", "").replace("[ ", "[")
    text = SUPERSCRIPT_RUN.sub(lambda run: f"^{{{run[0].translate(_RAISED)}}}", text)
    text = unicodedata.normalize("NFKC", text.translate(_LOWERED)).translate(_SIGNS)
    text = _DROPPED.sub("", text)
    text = _STATE_BELOW.sub(r"(\1\2)", text)
    text = _RAISED_FIRST.sub(r"\2\3\1", text)
    return _without_braces(text)


def _without_braces(text: str) -> str:
    """Drop the braces that do not hold something raised or lowered."""
    out: list[str] = []
    kept: list[bool] = []
    for letter in text:
        if letter == "{":
            kept.append(bool(out) and out[-1] in "^_")
            if kept[-1]:
                out.append(letter)
        elif letter == "}":
            if not kept:
                raise Unreadable("a brace too many")
            if kept.pop():
                out.append(letter)
        else:
            out.append(letter)
    if kept:
        raise Unreadable("an open brace")
    return "".join(out)


def parse_formula(text: str) -> Formula:
    """The formula in the form that :func:`chemical` gives."""
    if not text or len(text) > _LONGEST:
        raise Unreadable("no formula of a size to read", "too_long" if text else "malformed")
    if _OXIDATION.search(text):
        raise Unreadable("an oxidation state, not a formula")
    if isotope := _HYPHENED.fullmatch(text):
        symbol, mass = isotope[1], int(isotope[2])
        if mass > _NUMBERS.get(symbol, mass):  # C-14; but S-2 is an ion
            return Formula(frozenset({((mass, symbol), 1)}))
    body, charge = _charge(text)
    atoms: Counter[tuple[int, str]] = Counter()
    for number, part in enumerate(re.split(r"[·.]", body)):
        times, part = _leading_count(part) if number else (1, part.strip())
        for atom, count in _Atoms(part).read().items():
            atoms[atom] += count * times
    if any(count > _LARGEST for count in atoms.values()):
        raise Unreadable("more atoms than a formula has", "too_costly")
    return Formula(frozenset(atoms.items()), charge)


def _leading_count(part: str) -> tuple[int, str]:
    match = _COUNT.match(part.strip())
    return (int(match[0]), part.strip()[match.end() :].strip()) if match else (1, part.strip())


def _charge(text: str) -> tuple[str, int]:
    """The charge at the end of ``text``, and the text without it."""
    if behind := _CHARGE_BEHIND.search(text):
        return text[: behind.start()].rstrip(), _signed(behind[1] or behind[2])
    raised = list(_POWER.finditer(text))
    if raised and raised[-1].end() == len(text):
        written = raised[-1][1] if raised[-1][1] is not None else raised[-1][2]
        return text[: raised[-1].start()].rstrip(), _signed(written.strip())
    match = _PLAIN_CHARGE.search(text)
    if match is None:
        return text, 0
    signs = match["signs"]
    if len(set(signs)) > 1:
        raise Unreadable("a charge of both signs")
    sign = 1 if signs[0] == "+" else -1
    if len(signs) > 1:
        return text[: match.start("signs")].rstrip(), sign * len(signs)
    kept = _kept_digits(text, match)
    body = text[: match.start("digits") + kept].rstrip()
    return body, sign * int(match["digits"][kept:] or 1)


def _kept_digits(text: str, match: re.Match[str]) -> int:
    """How many of the digits before a plain sign belong to the last atom's number."""
    digits, before = match["digits"], match["before"]
    if before in (" ", "]"):
        return 0
    symbols = _SYMBOL.findall(text[: match.start("digits")])
    last = symbols[-1] if symbols else ""
    if before == ")" or last in _SINGLY_CHARGED:
        return len(digits)
    if len(digits) > 1:
        return len(digits) - 1 if digits[-1] in "1234" else len(digits)
    return 0 if len(symbols) == 1 else len(digits)


def _signed(written: str) -> int:
    if written and set(written) in ({"+"}, {"-"}):
        return len(written) if written[0] == "+" else -len(written)
    match = _CHARGE.fullmatch(written)
    if match is None:
        raise Unreadable("what is raised at the end is no charge")
    sign, size = match[2] or match[3], match[1] or match[4] or "1"
    return int(size) if sign == "+" else -int(size)


class _Atoms:
    """Reads symbols, their numbers and groups in brackets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def read(self, closing: str = "", depth: int = 0) -> Counter[tuple[int, str]]:
        if depth > _DEEPEST:
            raise Unreadable("nested too deep", "too_costly")
        atoms: Counter[tuple[int, str]] = Counter()
        while self._place < len(self._text):
            letter = self._text[self._place]
            if letter == closing:
                self._place += 1
                break
            if letter in _CLOSING:
                self._place += 1
                part = self.read(_CLOSING[letter], depth + 1)
            else:
                part = self._atom()
            times = self._count()
            for atom, count in part.items():
                atoms[atom] += count * times
        else:
            if closing:
                raise Unreadable("an open bracket")
        if not atoms:
            raise Unreadable("no atoms")
        if any(count > _LARGEST for count in atoms.values()):
            raise Unreadable("more atoms than a formula has", "too_costly")
        return atoms

    def _atom(self) -> Counter[tuple[int, str]]:
        mass = self._mass()
        match = _SYMBOL.match(self._text, self._place)
        if match is None:
            raise Unreadable("no symbol of an element")
        symbol = match[0]
        if symbol not in _NUMBERS and symbol not in _HYDROGENS:
            symbol = symbol[0]
        if symbol in _HYDROGENS and not mass:
            key = _HYDROGENS[symbol]
        elif symbol in _NUMBERS:
            key = (mass, symbol)
        else:
            raise Unreadable("no symbol of an element")
        if self._number not in (None, _NUMBERS[key[1]]) or 0 < mass < _NUMBERS[key[1]]:
            raise Unreadable("another element's atomic number, or no isotope of it")
        self._place += len(symbol)
        return Counter({key: 1})

    def _mass(self) -> int:
        """The mass number before a symbol; its atomic number is kept to be checked."""
        self._number: int | None = None
        power = _POWER.match(self._text, self._place)
        if power is None:
            return 0
        written = power[1] if power[1] is not None else power[2]
        if not written.isdecimal():
            raise Unreadable("a charge within a formula")
        self._place = power.end()
        number = _ATOMIC_NUMBER.match(self._text, self._place)
        if number:
            self._number = int(number[1] or number[2])
            self._place = number.end()
        return int(written)

    def _count(self) -> int:
        match = _BELOW.match(self._text, self._place) or _COUNT.match(self._text, self._place)
        if match is None:
            return 1
        self._place = match.end()
        return int(match[0].strip("_{}"))
