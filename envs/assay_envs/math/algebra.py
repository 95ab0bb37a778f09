"""Algebra: equations, systems, polynomials, inequalities, sequences and problems in words.

Rules: one exact answer is asked for — a number, a tuple, a list of solutions, a set of reals, a
polynomial — and it must be worked out. Families, certificate, duplicate key and trivial policies:
see :mod:`assay_envs.math.families`; the families themselves are in ``equations``, ``expansion``,
``division``, ``roots``, ``complex_numbers``, ``inequalities``, ``sequences`` and ``stories`` beside
this file, each with its second method.
"""

from __future__ import annotations

from typing import ClassVar

from assay_envs.math import division, expansion, roots, stories
from assay_envs.math import equations as eq
from assay_envs.math import inequalities as ineq
from assay_envs.math import sequences as seq
from assay_envs.math.complex_numbers import COMPLEX_NUMBERS
from assay_envs.math.families import FamilyEnvironment


class Algebra(FamilyEnvironment):
    """The environment; one number, tuple, set or polynomial per episode."""

    id = "math/algebra"
    summary = "equations, polynomials, inequalities, sequences, problems in words"
    levels: ClassVar = {
        1: "small systems, values and products of polynomials, linear inequalities, terms of "
        "sequences, tickets",
        2: "quadratics with whole roots, remainders, quadratic and absolute inequalities, sums",
        3: "rational and irrational roots, coefficients, equations with absolute values, "
        "recurrences, endless series, rectangles",
        4: "three unknowns, complex and cubic roots, logarithms and radicals with false solutions, "
        "partial fractions, rational inequalities, power sums",
        5: "the same with larger numbers; quartics, three poles, cubes of roots, weighted series",
    }
    chance: ClassVar = {1: 0.025, 2: 0.02, 3: 0.015, 4: 0.015, 5: 0.01}
    families: ClassVar = {
        1: (eq.SYSTEM, expansion.VALUE, expansion.EXPAND, ineq.LINEAR_INEQUALITY, seq.ARITHMETIC,
            stories.TICKETS),
        2: (eq.SYSTEM, eq.RATIONAL, eq.EXPONENTS, expansion.EXPAND, expansion.COMPOSITION,
            division.REMAINDER, ineq.LINEAR_INEQUALITY, ineq.ABSOLUTE_INEQUALITY, seq.ARITHMETIC,
            seq.GEOMETRIC, stories.TOGETHER, stories.MIXTURE, stories.AGES),
        3: (eq.SYSTEM, eq.RATIONAL, eq.SURD, eq.EXPONENTS, eq.ABSOLUTE, expansion.EXPAND,
            expansion.COEFFICIENT, division.REMAINDER, division.DIVISION, COMPLEX_NUMBERS,
            ineq.QUADRATIC_INEQUALITY, seq.RECURRENCE, seq.ENDLESS, stories.RECTANGLE,
            stories.MEETING, stories.MIXTURE),
        4: (eq.SYSTEM, eq.SURD, eq.COMPLEX, eq.LOGARITHMS, eq.RADICAL, eq.HIDDEN, roots.FACTOR,
            roots.VIETA, division.DIVISION, expansion.COEFFICIENT, expansion.EXPAND,
            division.SPLIT, expansion.COMPOSITION, ineq.RATIONAL_INEQUALITY, ineq.SIGN_CHART,
            seq.SECOND_ORDER, seq.POWERS, seq.GEOMETRIC, stories.TOGETHER),
        5: (eq.SYSTEM, roots.FACTOR, division.DIVISION, roots.VIETA, expansion.EXPAND,
            expansion.COEFFICIENT, division.SPLIT, COMPLEX_NUMBERS, expansion.COMPOSITION,
            ineq.RATIONAL_INEQUALITY, ineq.SIGN_CHART, seq.SECOND_ORDER, seq.WEIGHTED, seq.POWERS),
    }  # fmt: skip
