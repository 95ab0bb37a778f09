"""Numerics: balls of the machine's numbers (fast) and of mpmath's (any precision)."""

from __future__ import annotations

import cmath
import math
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, ClassVar

from assay_verifiers.math.ball import Ball, Balls, Unclear
from assay_verifiers.math.tree import Node, TooCostly, Undefined


class Floats(Balls):
    """Balls of the machine's numbers. Overflow is :class:`Unclear`: more digits may know."""

    unit = 4.5e-16
    most_steps = 20_000
    _APPLY: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "exp": cmath.exp, "log": cmath.log, "sqrt": cmath.sqrt, "sin": cmath.sin, "cos": cmath.cos,
        "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan,
    }  # fmt: skip
    _REAL: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos,
        "asin": math.asin, "acos": math.acos, "atan": math.atan,
    }  # fmt: skip

    def cost(self) -> float:
        return self.steps

    def of(self, value: Fraction) -> Any:
        return value.numerator / value.denominator

    def size(self, value: Any) -> Any:
        return abs(value)

    def bits(self, value: Any) -> float:
        return math.log2(value) if value else 0.0

    def constant(self, name: str) -> Any:
        return 1j if name == "i" else math.pi if name == "pi" else math.e

    def real_part(self, value: Any) -> Any:
        return value.real

    def apply(self, name: str, value: Any) -> Any:
        if isinstance(value, float):
            try:
                return self._REAL[name](value)
            except ValueError:
                return self._APPLY[name](value)
        return self._APPLY[name](value)

    def value(self, node: Node) -> Ball:
        try:
            found, error = super().value(node)
        except (OverflowError, ZeroDivisionError, ValueError) as cause:
            raise Unclear(str(cause)) from cause
        if not abs(found) < 1e250 or (found and abs(found) < 1e-250) or error != error:
            raise Unclear("beyond the machine's numbers")
        return found, error


class Digits(Balls):
    """Balls of mpmath numbers of ``bits`` bits."""

    most_steps = 5_000

    def __init__(
        self, bits: int, values: Mapping[str, Fraction] | None = None, *, real: bool = False
    ) -> None:
        super().__init__(values, real=real)
        self._mp = _context()
        self._scale = max(float((bits / 256) ** 1.4), 1.0)
        self._mp.prec = bits
        self.unit = self._mp.mpf(2) ** (2 - bits)

    def cost(self) -> float:
        return (4 * self.steps + 25 * self.work) * self._scale

    def of(self, value: Fraction) -> Any:
        return self._mp.mpf(value.numerator) / value.denominator

    def size(self, value: Any) -> Any:
        return abs(value)

    def bits(self, value: Any) -> float:
        return float(self._mp.mag(value)) if value else 0.0

    def constant(self, name: str) -> Any:
        return self._mp.mpc(0, 1) if name == "i" else +getattr(self._mp, name)

    def real_part(self, value: Any) -> Any:
        return value.real

    def apply(self, name: str, value: Any) -> Any:
        return getattr(self._mp, name)(value)

    def _gamma(self, ball: Ball) -> Ball:
        value, error = ball
        if self.bits(self.size(value)) > 40:
            raise TooCostly("a factorial of too large a number")
        real = self.real_part(value)
        if real == value and real <= 0 and self._mp.isint(real):
            raise Undefined("a pole of the gamma function")
        found = self._mp.gamma(value)
        slope = self.size(found) * (1 + self.size(self._mp.digamma(value)))
        return found, slope * error * 2 + self.size(found) * self.unit * 16


class _Contexts(threading.local):
    """One context a thread, of this module's own: no other's precision changes."""

    def __init__(self) -> None:
        from mpmath import MPContext  # type: ignore[import-untyped]

        self.mp = MPContext()


_contexts: list[_Contexts] = []


def _context() -> Any:
    if not _contexts:
        _contexts.append(_Contexts())
    return _contexts[0].mp
