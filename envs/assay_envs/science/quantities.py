"""Quantity problems: measured data in, a number with its unit out.

A problem shows quantities to so many significant figures, is worked out by lines of arithmetic
(:mod:`.workings`) from the numbers *as they are shown*, and says in the prompt how exact the answer
must be:

| asked | the prompt says | the verifier |
|---|---|---|
| ``within`` | within 1 % of the exact value (or within 0.02) | that tolerance |
| ``figures`` | rounded to exactly three significant figures | three, and written so |
| ``justified`` | as many significant figures as the data justify | that many, and written so |

No answer that is to be rounded lies so near the middle between two numbers that rounding on the way
could tip it. Second method: ``law``, an equation of physical quantities that the answer must fulfil
with the data as the prompt writes them, units included. It is computed by pint, so that a forgotten
conversion or a wrong dimension shows; where the working solves for something, the law puts the
answer back into what it came from. Near misses: no unit, another unit, a factor of ten or a
thousand, the other sign, a little beside the tolerance, figures too many or too few, and what the
family says people forget. Trivial policies that must fail: the largest number shown, the sum and
the product of the numbers shown, with the right unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar, TypeAlias

from assay_datasets import InputError, Json
from assay_envs.environment import CertificateError
from assay_envs.science.problem import Parameters, Problem, ScienceEnvironment, Worked
from assay_envs.science.workings import (
    figured,
    in_line,
    measured,
    spelt,
    value_of,
    work_out,
)

Shown: TypeAlias = list[str]
"""A quantity as it is shown: number and unit."""

_PROMPT = (
    "{question} Think step by step inside <think></think>, then write only the number{unit}, {how}."
)
_FIGURES = 3
_WITHIN = 0.01
_AGREEMENT = 1e-6
_TIE = 0.12  # of the last figure; nearer to the middle nothing is asked to be rounded
_MOST_DRAWS = 2_000
_OTHER_UNIT = {"kg": "m", "g": "s", "s": "m", "%": "g", "": "g"}
_ALSO = {
    "m/s": ("km/h", 3.6), "m": ("cm", 100), "s": ("ms", 1000), "kg": ("g", 1000), "J": ("kJ", 1e-3),
    "kJ": ("J", 1e3), "N": ("kN", 1e-3), "W": ("kW", 1e-3), "Pa": ("kPa", 1e-3), "kPa": ("Pa", 1e3),
    "A": ("mA", 1e3), "V": ("mV", 1e3), "Ω": ("kΩ", 1e-3), "Hz": ("kHz", 1e-3), "nm": ("m", 1e-9),
    "g": ("mg", 1e3), "mol": ("mmol", 1e3), "L": ("mL", 1e3), "mL": ("L", 1e-3), "h": ("min", 60),
    "mol/L": ("mmol/L", 1e3), "kJ/mol": ("J/mol", 1e3), "cm": ("mm", 10), "min": ("s", 60),
    "atm": ("kPa", 101.325), "mm": ("m", 1e-3), "MeV": ("keV", 1e3), "eV": ("meV", 1e3),
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """A quantity to be drawn between ``low`` and ``high``, with ``figures`` significant figures.

    ``figures`` 0 is a whole number, exact. A range of more than a decade is drawn by magnitude.
    """

    unit: str
    low: float
    high: float
    figures: int = _FIGURES

    def draw(self, rng: Random) -> Shown:
        if not self.figures:
            return [str(rng.randint(round(self.low), round(self.high))), self.unit]
        if self.low > 0 and self.high > 10 * self.low:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            value = rng.uniform(self.low, self.high)
        return [figured(value, self.figures), self.unit]


@dataclass(frozen=True)
class Asked:
    """How exact an answer must be: what the prompt says and what the verifier is told."""

    sentence: str
    options: Mapping[str, Json]
    figures: int


Lines: TypeAlias = Sequence[str]


@dataclass(frozen=True)
class Quantity(Problem):
    """One kind of question whose answer is a number with a unit.

    Attributes:
        name: unique in its environment.
        wordings: the question, with data, labels and what ``shown`` gives in braces.
        given: data to be drawn, and constants as ``[number, unit]``.
        work: lines of the solution, the answer last; or a function of the parameters giving them.
        law: ``law(answer, data)`` gives two sides that must be equal; ``data`` holds the data as
            pint quantities in base units and the labels.
        mistakes: expressions for values that people get by forgetting something.
        where: what drawn data and worked values must fulfil.
        pick: labels and data that belong together.
        shown: further texts for the wordings.
        relative: tolerance as a fraction of the answer, unless ``absolute`` is given. Where it is
            not the usual one, rounding on the way tells, and no exact rounding is asked.
        absolute: tolerance in the answer's unit.
        justified: significant figures that the data justify, as a function of the parameters.
        between: where answers lie, for guesses, if the data do not tell.
        alike: groups of parameters that may change places without making another problem.
        signed: whether the answer may be negative.
    """

    name: str
    wordings: tuple[str, ...]
    given: Mapping[str, Given | tuple[str, str]]
    work: Lines | Callable[[Parameters], Lines]
    law: Callable[[Any, Any], tuple[Any, Any]]
    mistakes: tuple[str, ...] = ()
    where: Callable[[Any], bool] = lambda values: True
    pick: Callable[[Random], Parameters] = lambda rng: {}
    shown: Callable[[Parameters], Mapping[str, str]] = lambda parameters: {}
    relative: float = _WITHIN
    absolute: float | None = None
    justified: Callable[[Parameters], int] | None = None
    between: tuple[float, float] | None = None
    alike: tuple[tuple[str, ...], ...] = ()
    signed: bool = False

    def draw(self, rng: Random, level: int) -> Parameters:
        asked = "within"
        if self.justified:
            asked = "justified"
        elif self.absolute is None and self.relative == _WITHIN and rng.random() < 0.35:
            asked = "figures"
        for _ in range(_MOST_DRAWS):
            parameters: Parameters = {"asked": asked, **self.pick(rng)}
            for name, data in self.given.items():
                parameters[name] = data.draw(rng) if isinstance(data, Given) else list(data)
            if self._fits(parameters):
                return parameters
        raise RuntimeError(f"{self.name}: no data fit; its ranges contradict its conditions")

    def worded(self, wording: int, parameters: Parameters) -> str:
        texts = {
            name: measured(*data) if isinstance(data, list) else data
            for name, data in parameters.items()
        }
        question = self.wordings[wording].format(**{**texts, **self.shown(parameters)})
        _, unit, _ = self._worked_out(parameters)
        return _PROMPT.format(
            question=question,
            unit=" and its unit" if unit else "",
            how=self._asked(parameters, unit).sentence,
        )

    def solve(self, parameters: Parameters) -> Worked:
        values, unit, steps = self._worked_out(parameters)
        value, asked = values["answer"], self._asked(parameters, unit)
        response = measured(figured(value, asked.figures), unit)
        return Worked(
            answer={"kind": "quantity", "value": _precise(value), "unit": unit},
            response=response,
            steps=[*steps, f"Rounded: {response}"],
            wrong=tuple(self._wrong(values, unit, asked)),
            measured=float(values["operations"]),
            options=asked.options,
            equivalents=tuple(_equivalents(value, unit, asked)),
        )

    def prove(self, parameters: Parameters, answer: Json) -> None:
        """The law holds for the answer, with the data as they are shown."""
        registry = _registry()
        data = {
            name: registry.Quantity(float(each[0]), each[1]).to_root_units()
            if isinstance(each, list)
            else each
            for name, each in parameters.items()
        }
        if float(answer["value"]) <= 0 and not self.signed:
            raise CertificateError(f"{answer['value']} is not positive")
        found = registry.Quantity(float(answer["value"]), answer["unit"]).to_root_units()
        from pint.errors import PintError

        try:
            left, right = (registry.Quantity(side) for side in self.law(found, _Data(**data)))
            off = abs((left - right) / right).m_as("")
        except PintError as error:
            raise CertificateError(f"the law does not fit the units: {error}") from error
        except (ValueError, ArithmeticError) as error:
            raise CertificateError(f"the law has no meaning for the answer: {error}") from error
        if not off < _AGREEMENT:
            raise CertificateError(f"the law does not hold: {left:.8g} is not {right:.8g}")

    def guess(self, rng: Random, parameters: Parameters) -> str:
        """A number within a decade of those shown, or where answers lie, with the right unit."""
        _, unit, _ = self._worked_out(parameters)
        if self.between:
            return measured(figured(rng.uniform(*self.between), _FIGURES), unit)
        sizes = [abs(each) for each in self._numbers(parameters) if each]
        low, high = math.log(min(sizes) / 10), math.log(max(sizes) * 10)
        figures = self._asked(parameters, unit).figures
        return measured(figured(math.exp(rng.uniform(low, high)), figures), unit)

    def trivial(self, parameters: Parameters) -> Iterator[str]:
        numbers = self._numbers(parameters)
        _, unit, _ = self._worked_out(parameters)
        for each in (max(numbers), sum(numbers), min(numbers)):
            yield measured(figured(each, _FIGURES), unit)

    def key(self, parameters: Parameters) -> Json:
        """Without the precision asked, and with what is alike in one order."""
        exchanged = {name for group in self.alike for name in group}
        rest = {n: each for n, each in parameters.items() if n not in exchanged | {"asked"}}
        groups = [[parameters[name] for name in group] for group in self.alike]
        return [rest, sorted(groups)]

    def _numbers(self, parameters: Parameters) -> list[float]:
        return [float(each[0]) for each in parameters.values() if isinstance(each, list)] or [1.0]

    def _worked_out(self, parameters: Parameters) -> tuple[dict[str, float], str, list[str]]:
        """All values by name, with ``answer`` and ``operations``; the answer's unit; the steps."""
        values = {n: float(each[0]) for n, each in parameters.items() if isinstance(each, list)}
        texts = {n: in_line(*each) for n, each in parameters.items() if isinstance(each, list)}
        lines = self.work(parameters) if callable(self.work) else self.work
        last, steps, operations = work_out(lines, values, texts)
        return {**values, "answer": values[last.name], "operations": operations}, last.unit, steps

    def _fits(self, parameters: Parameters) -> bool:
        """Whether the data make sense, and the answer can be rounded as it is asked to be."""
        try:
            values, unit, _ = self._worked_out(parameters)
        except (ValueError, ZeroDivisionError, OverflowError):
            return False
        value = values["answer"]
        if isinstance(value, complex) or not (value > 0 or (value and self.signed)):
            return False
        if not self.where(SimpleNamespace(**values)):
            return False
        if parameters["asked"] == "within":
            return True
        figures = self._asked(parameters, unit).figures
        return abs(abs(value) / _last_place(value, figures) % 1 - 0.5) > _TIE

    def _asked(self, parameters: Parameters, unit: str) -> Asked:
        if parameters["asked"] == "within":
            if self.absolute is not None:
                allowed = measured(f"{self.absolute:g}", unit)
                sentence = f"within {allowed} of the exact value"
                return Asked(sentence, {"absolute_tolerance": self.absolute}, 5)
            sentence = f"within {100 * self.relative:g} % of the exact value"
            return Asked(sentence, {"relative_tolerance": self.relative}, 4)
        figures, sentence = _FIGURES, "rounded to exactly three significant figures"
        if parameters["asked"] == "justified" and self.justified:
            figures = self.justified(parameters)
            sentence = "with exactly as many significant figures as the data justify"
        return Asked(sentence, {"significant_figures": figures, "exact_figures": True}, figures)

    def _wrong(self, values: Mapping[str, float], unit: str, asked: Asked) -> Iterator[str]:
        value = values["answer"]
        exact = "exact_figures" in asked.options
        written = figured(value, asked.figures)
        yield f"{spelt(written)} {_OTHER_UNIT.get(unit, 'kg')}"
        if unit:
            yield spelt(written)
        for more in (2, -1) if exact else ():
            if "." in (longer := figured(value, asked.figures + more)):
                yield measured(longer, unit)
        others = [value * 10, value / 10, value * 1000, -value]
        others += [value * 1.04, value * 0.96] if self.absolute is None else []
        others += [value + 4 * self.absolute, value - 4 * self.absolute] if self.absolute else []
        others += [each for form in self.mistakes for each in _value_if_any(form, values)]
        allowed = 2 * (abs(value) * self.relative if self.absolute is None else self.absolute)
        if exact:
            allowed = max(allowed, 2 * _last_place(value, asked.figures))
        for other in others:
            if abs(other - value) > allowed:
                yield measured(figured(other, asked.figures), unit)


class _Data(SimpleNamespace):
    """The data of a law, by name."""


def _value_if_any(form: str, values: Mapping[str, float]) -> Iterator[float]:
    """The value of a mistaken expression, unless the mistake leaves none (an arcsine above one)."""
    try:
        value = value_of(form, values)
    except (ValueError, ZeroDivisionError, OverflowError):
        return
    if not isinstance(value, complex):
        yield value


def _last_place(value: float, figures: int) -> float:
    """What one unit of the last of ``figures`` significant figures is worth."""
    return float(10.0 ** (math.floor(math.log10(abs(value))) - figures + 1))


def _precise(value: float) -> str:
    return f"{value:.10g}"


def _equivalents(value: float, unit: str, asked: Asked) -> Iterator[str]:
    written = measured(figured(value, asked.figures), unit)
    yield f"The answer is {written}."
    yield f"x = {written}"
    digits, _, power = f"{value:.{asked.figures - 1}e}".partition("e")
    raised = f"{digits}\\times 10^{{{int(power)}}}"
    yield f"$\\boxed{{{raised}\\ \\mathrm{{{_latex(unit)}}}}}$"
    yield measured(f"{digits}e{int(power)}", unit)
    if "exact_figures" in asked.options:
        return
    yield measured(_precise(value), unit)
    if unit in _ALSO:
        other, factor = _ALSO[unit]
        yield measured(figured(value * factor, asked.figures), other)


def _latex(unit: str) -> str:
    return unit.replace("%", "\\%").replace("°", "^\\circ ")


@cache
def _registry() -> Any:
    """pint's registry; about half a second of processor time, once."""
    if reason := QuantityEnvironment.lacking():
        raise InputError(reason)
    from pint import UnitRegistry

    return UnitRegistry(autoconvert_offset_to_baseunit=True)


# What laws are written with


def sine(angle: Any) -> float:
    """The sine of a pint angle."""
    return math.sin(angle.m_as("radian"))


def cosine(angle: Any) -> float:
    """The cosine of a pint angle."""
    return math.cos(angle.m_as("radian"))


def tangent(angle: Any) -> float:
    """The tangent of a pint angle."""
    return math.tan(angle.m_as("radian"))


def bare(quantity: Any) -> float:
    """A quantity without dimension, as a number."""
    return float(quantity.m_as("")) if hasattr(quantity, "m_as") else float(quantity)


def molar(grams: float) -> Any:
    """A molar mass in g/mol as a pint quantity."""
    return _registry().Quantity(grams, "g/mol")


def one_of(*choices: Parameters) -> Callable[[Random], Parameters]:
    """Labels and data that belong together, one of these at a time."""
    return lambda rng: dict(rng.choice(choices))


class QuantityEnvironment(ScienceEnvironment):
    """An environment of quantity problems; without pint no unit could be judged."""

    measure = "operations and functions in the worked solution"
    needs: ClassVar = {"pint": "science"}
