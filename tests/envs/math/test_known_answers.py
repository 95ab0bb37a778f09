"""Problems whose answers are common knowledge, for each family of arithmetic, algebra, calculus."""

from __future__ import annotations

import inspect
import json

import pytest

from assay_envs.math.algebra import Algebra
from assay_envs.math.arithmetic import Arithmetic
from assay_envs.math.calculus import Calculus
from assay_envs.math.families import Family
from assay_verifiers.math import MathVerifier

ENVS = (Arithmetic, Algebra, Calculus)
FAMILIES: dict[str, Family] = {
    family.name: family for env in ENVS for level in env.families.values() for family in level
}

# name, parameters in the order of the family's check, answer
KNOWN: list[tuple[str, tuple[object, ...], str]] = [
    ("expression", (["-", ["*", "12", "12"], ["/", "81", "9"]],), "135"),
    ("expression", (["-", "10", ["-", "7", "-2"]],), "1"),
    ("expression", (["^", ["+", "-3", "1"], "2"],), "4"),
    ("fractions", (["+", "1/2", "1/3"],), "5/6"),
    ("fractions", (["/", "1/2", ["*", "2/3", "3/5"]],), "5/4"),
    ("decimals", (["*", "2.5", "0.44"],), "1.1"),
    ("continued", ([3, 7, 15, 1],), "355/113"),
    ("base", ("1011", "110", "+", 2), "10001"),
    ("base", ("1000", "1", "-", 3), "222"),
    ("base", ("25", "13", "*", 7), "361"),
    ("expansion", (1, 7, 8), "32"),
    ("duration", (22 * 60 + 47, 25 * 60 + 2, 10, 2), "115"),
    ("average", ([80, 90], 88), "94"),
    ("share", ([2, 3], 100, 1), "60"),
    ("percent", (100, [50, -50]), "75"),
    ("before", (200, [25, -20]), "200"),
    ("interest", (1_000, 10, 2, 0), "1210"),
    ("interest", (1_000, 10, 2, 100), "1420"),
    ("machines", (5, 5, 5, 100, 5), "100"),
    ("speed", ([30, 60], [120, 60], True), "40"),
    ("system", ([[1, 1, 10], [1, -1, 2]],), "(6, 4)"),
    ("system", ([[1, 1, 1, 6], [0, 1, 1, 5], [1, 0, 1, 4]],), "(1, 2, 3)"),
    ("rational", (1, -5, 6), "2, 3"),
    ("surd", (1, -1, -1), "(1 + sqrt(5))/2, (1 - sqrt(5))/2"),
    ("complex", (1, 2, 5), "-1 + 2i, -1 - 2i"),
    ("exponents", (2, 2, 3, [1, 0], [0, 1]), "3/2"),
    ("logarithms", (2, 3, 0, -2), "4"),
    ("hidden", (5, 6, 1), "ln(2), ln(3)"),
    ("radical", (1, 6, 0), "3"),
    ("absolute", (2, -1, 1, 4), "-1, 5"),
    ("value", ([1, 0, -1], 5), "24"),
    ("expand", ([[1, 1], [1, -1]],), "(1, 0, -1)"),
    ("coefficient", (1, 1, 5, 2), "10"),
    ("composition", ([1, 0, 0], [1, 1]), "(1, 2, 1)"),
    ("remainder", ([1, 0, 1], 3), "10"),
    ("division", ([1, 0, 0, 0], [1, 0, -1]), "x"),
    ("split", ([0, 1], [1, -1]), "(1/2, -1/2)"),
    ("factor", ([1, -6, 11, -6],), "1, 2, 3"),
    ("vieta", ([1, -1, -1], "squares"), "3"),
    ("vieta", ([1, -1, -1], "cubes"), "4"),
    ("vieta", ([1, -6, 11, -6], "cubes"), "36"),
    ("complex_numbers", ([1, 1], [1, 1], 3, False), "(-4, 0)"),
    ("complex_numbers", ([1, 1], [1, -1], 1, True), "(0, 1)"),
    ("linear_inequality", ([-2, 6], "<", [0, 0]), "(3, inf)"),
    ("quadratic_inequality", ([1, 0, -4], "<="), "[-2, 2]"),
    ("quadratic_inequality", ([-1, 0, 4], "<"), "(-inf, -2) U (2, inf)"),
    ("absolute_inequality", ([1, -1], ">", 2), "(-inf, -1) U (3, inf)"),
    ("rational_inequality", ([1, -1], [1, 2], ">=", 0), "(-inf, -2) U [1, inf)"),
    ("sign_chart", ([1, -1], [0], ">"), "(-1, 0) U (1, inf)"),
    ("arithmetic_sequence", (2, 3, 2, 3, 100, True), "5050"),
    ("geometric_series", (1, "2", 10), "1023"),
    ("endless_series", (1, "1/2", 0), "2"),
    ("power_sums", ([1, 0, 0], 10, 1), "385"),
    ("recurrence", (1, 2, 1, 10), "1023"),
    ("second_order", ([0, 1], 1, 2, 10), "341"),
    ("weighted_series", (1, 2, 3), "34"),
    ("meeting", (60, 40, 100, 0), "60"),
    ("meeting", (60, 40, 130, 30), "90"),
    ("mixture", (10, 10, 40, 20), "5"),
    ("together", (3, 6, 0), "2"),
    ("together", (3, 6, 6), "3"),
    ("ages", (4, 2, 12), "24"),
    ("tickets", (10, 4, 20, 140), "10"),
    ("rectangle", ("14", "12"), "(3, 4)"),
    ("slope", ([1, 0, 0, 0], 2), "12"),
    ("tangent", ([1, 0, 0], 1), "y = 2x - 1"),
    ("derivative", ([["sin", [2, 0]]], "product"), "2*cos(2x)"),
    ("derivative", ([["^1", [1, 0]], ["ln", [1, 0]]], "product"), "ln(x) + 1"),
    ("derivative", ([["sin", [1, 0]], ["cos", [1, 0]]], "quotient"), "1/cos(x)^2"),
    ("derivative_at", ("root", [1, 9], [1], 0), "1/6"),
    ("derivative_at", ("quotient", [1, 0], [1, 1], 1), "1/4"),
    ("higher", ([1, 0], 3, 2), "6"),
    ("implicit", ([1, 0, 1], 3, 4), "-3/4"),
    ("extremum", ([2, 0, -6, 0], True, []), "4"),
    ("extremum", ([2, 0, -6, 0], True, [-2, 3]), "36"),
    ("box", (5, 8), "18"),
    ("hole", ([1, 0, -1], [1, -1], 1), "2"),
    ("far", ([[2, 0, 1]], [[3, 1, 1]]), "2/3"),
    ("roots", (1, 1, 0, 0, 1, False), "1/2"),
    ("series", ([["cos", 1]], [["sin", 1]], 1), "1/2"),
    ("series", ([["sin3", 1]], [["sin", 1]], 1), "1/6"),
    ("power_limit", (1, 0, 1, 0), "e"),
    ("polynomial_integral", ([1, 0, 0], 0, 3), "9"),
    ("chain_integral", (2, 1, 2, 0, 1), "7/3"),
    ("closed_integral", ("arctan", 4, 1, 1, 1), "pi"),
    ("closed_integral", ("ln", 1, 2, 3, 1), "2*ln(2) - 1"),
    ("closed_integral", ("wave", 1, 1, 1, 1), "(e^(pi) + 1)/2"),
    ("area", ([1, 0, 0], [1, 0]), "1/6"),
    ("improper", (1, 3, 1), "6"),
    ("volume", ([1, 0], 0, 3), "9*pi"),
    ("growth", (100, 3, 200, 9), "800"),
    ("linear_ode", (1, 0, 1), "e^(x)"),
    ("linear_ode", (-1, 2, 0), "2 - 2e^(-x)"),
    ("separable_ode", (2, 1, 1), "e^(x^2)"),
    ("forced_ode", (1, 1, 0), "e^(x) - x - 1"),
    ("second_order_ode", (0, 1, 0, 1), "sin(x)"),
    ("second_order_ode", (-3, 2, 0, 1), "e^(2x) - e^(x)"),
    ("telescope", (1, 0, 1), "1"),
    ("telescope", (1, 0, 2), "3/4"),
    ("factorials", (1, 0, 1), "e"),
    ("weighted", (1, 0, "1/2"), "2"),
    ("taylor", (1, 1, 3), "8/3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "answer"), KNOWN, ids=lambda each: str(each)[:60])
def test_both_methods_know_the_answer(name: str, values: tuple[object, ...], answer: str) -> None:
    family = FAMILIES[name]
    names = inspect.signature(family.check).parameters
    parameters = dict(zip(names, values, strict=True))
    judge = MathVerifier()
    assert judge.check(family.solve(**parameters).answer, answer).outcome == "correct"
    found = family.check(**parameters)
    assert judge.check(found, answer, tolerance=family.tolerance).outcome == "correct", found


def test_every_family_stands_in_the_table() -> None:
    assert {name for name, *_ in KNOWN} == set(FAMILIES)
    assert sum(len({f.name for level in env.families.values() for f in level}) for env in ENVS) == (
        len(FAMILIES)
    )


SAME: list[tuple[str, list[tuple[object, ...]]]] = [
    ("expression", [(["+", ["*", "2", "3"], "4"],), (["+", "4", ["*", "3", "2"]],)]),
    ("share", [([2, 3, 5], 100, 0), ([5, 2, 3], 100, 1)]),
    ("average", [([1, 2, 3], 5), ([3, 1, 2], 5)]),
    ("percent", [(100, [10, -20]), (100, [-20, 10])]),
    ("speed", [([30, 60], [15, 30], True), ([60, 30], [30, 15], True)]),
    ("system", [([[1, 1, 10], [1, -1, 2]],), ([[1, -1, 2], [1, 1, 10]],)]),
    ("logarithms", [(2, 3, 0, -2), (2, 3, -2, 0)]),
    ("expand", [([[1, 1], [1, -1]],), ([[1, -1], [1, 1]],)]),
    ("together", [(3, 6, 9), (6, 3, 9)]),
    ("derivative", [([["sin", [2, 0]], ["exp", [1, 1]]], "product"),
                    ([["exp", [1, 1]], ["sin", [2, 0]]], "product")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "alike"), SAME, ids=[name for name, _ in SAME])
def test_the_same_problem_in_another_order_has_one_key(
    name: str, alike: list[tuple[object, ...]]
) -> None:
    family = FAMILIES[name]
    names = inspect.signature(family.check).parameters
    each = [dict(zip(names, values, strict=True)) for values in alike]
    assert len({json.dumps(family.key(**parameters)) for parameters in each}) == 1
