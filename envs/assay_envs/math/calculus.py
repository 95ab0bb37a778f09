"""Calculus: derivatives, limits, integrals, extrema, differential equations, series; exact answers.

Rules: one exact answer is asked for — a number, a closed form, a function of x — and it must be
worked out: an integral sign or a limit is no answer. Families, certificate, duplicate key and
trivial policies: see :mod:`assay_envs.math.families`; the families themselves are in
``derivatives``, ``extrema``, ``limits``, ``integrals``, ``differential_equations`` and
``infinite_series`` beside this file, each with its second method.
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.math import derivatives as de
from assay_envs.math import differential_equations as ode
from assay_envs.math import extrema as ext
from assay_envs.math import infinite_series as ser
from assay_envs.math import integrals as it
from assay_envs.math import limits as li
from assay_envs.math.families import FamilyEnvironment


class Calculus(FamilyEnvironment):
    """The environment; one exact number or function per episode."""

    id = "math/calculus"
    summary = "derivatives, limits, integrals, extrema, differential equations, series"
    levels: ClassVar = {
        1: "slopes of polynomials, limits of quotients, integrals of polynomials",
        2: "tangents, the chain rule, limits of known functions at 0",
        3: "products, extrema, areas, substitution, growth, differences of roots",
        4: "quotients, implicit slopes, closed intervals, integrals by parts, linear differential "
        "equations, volumes, telescoping series",
        5: "triple products, higher derivatives, second-order equations, hard integrals and "
        "limits, series with factorials",
    }
    chance: ClassVar = {1: 0.06, 2: 0.04, 3: 0.03, 4: 0.02, 5: 0.015}
    families: ClassVar = {
        1: (de.SLOPE, li.HOLE, li.FAR, it.POLYNOMIAL),
        2: (de.SLOPE, de.TANGENT, de.EXPRESSION, de.POINT, li.FAR, li.SERIES, it.POLYNOMIAL),
        3: (de.TANGENT, de.EXPRESSION, de.POINT, ext.EXTREMUM, li.HOLE, li.ROOTS, li.SERIES,
            li.POWER, it.CHAIN, it.CLOSED, it.AREA, it.IMPROPER, ode.GROWTH, ode.LINEAR),
        4: (de.EXPRESSION, de.POINT, de.HIGHER, de.IMPLICIT, ext.EXTREMUM, ext.BOX, li.HOLE,
            li.SERIES, it.CLOSED, it.IMPROPER, it.VOLUME, ode.LINEAR, ode.SEPARABLE, ser.TELESCOPE,
            ser.WEIGHTED),
        5: (de.EXPRESSION, de.HIGHER, ext.EXTREMUM, li.SERIES, it.CLOSED, it.IMPROPER, it.VOLUME,
            ode.FORCED, ode.OSCILLATOR, ser.TELESCOPE, ser.FACTORIALS, ser.TAYLOR),
    }  # fmt: skip
