"""Derivatives: of composed functions as expressions and at points, tangents, implicit ones.

Families of :mod:`assay_envs.math.calculus`. The second methods: sympy for expressions, numbers with
an infinitesimal part for values, the remainder by a square for tangents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias

from assay_envs.math.families import Family, Parameters, Worked, nonzero, number
from assay_envs.math.notation import Number, bracketed, polynomial, signed, term
from assay_envs.math.polynomials import Coefficients, divided, drawn, powers, product, value_at

Block: TypeAlias = list[Any]
"""[outer function, coefficients of the inner polynomial]; outer is sin, cos, exp, ln or a power."""

Dual: TypeAlias = tuple[Fraction, Fraction]
"""A value, and the multiple of an infinitesimal beside it."""


def derived(p: Sequence[int]) -> Coefficients:
    """The derivative of a polynomial."""
    degree = len(p) - 1
    return [c * (degree - i) for i, c in enumerate(p[:-1])] or [0]


def _show_polynomial(p: Coefficients, **_: Any) -> dict[str, str]:
    return {"text": polynomial(p)}


# Polynomials at a point


def _draw_slope(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, 1 + level, 5 + 2 * level, 4), "x": nonzero(rng, 2 + level)}


def _solve_slope(p: Coefficients, x: int) -> Worked:
    slopes = derived(p)
    value = value_at(slopes, x)
    steps = [f"The derivative is {polynomial(slopes)}.", f"{powers(slopes, x)} = {value}"]
    return number(value, *steps, mistakes=[value_at(p, x), value_at(slopes, -x)])


def _dual_value(p: Coefficients, x: Number) -> Dual:
    """By Horner's rule at x and an infinitesimal."""
    value, slope = Fraction(0), Fraction(0)
    for coefficient in p:
        value, slope = value * x + coefficient, slope * x + value
    return value, slope


def _check_slope(p: Coefficients, x: int) -> str:
    return str(_dual_value(p, x)[1])


def _draw_tangent(rng: Random, level: int) -> Parameters:
    return {"p": drawn(rng, level, 4 + 2 * level, 3), "x": nonzero(rng, 1 + level)}


def _solve_tangent(p: Coefficients, x: int) -> Worked:
    value, slope = value_at(p, x), value_at(derived(p), x)
    start = value - slope * x
    steps = [
        f"The derivative is {polynomial(derived(p))}.",
        f"Value: {powers(p, x)} = {value}",
        f"Slope: {powers(derived(p), x)} = {slope}",
        f"{value} - {bracketed(slope)}*{bracketed(x)} = {start}",
    ]
    lines = ([slope, start + 1], [slope + 1, start], [-slope, start], [slope, value])
    wrong = [f"y = {polynomial(each)}" for each in lines if [*each] != [slope, start]]
    at = f"y - {bracketed(value)} = {bracketed(slope)}*(x - {bracketed(x)})"
    return Worked(f"y = {polynomial([slope, start])}", steps, tuple(dict.fromkeys(wrong)), (at,))


def _check_tangent(p: Coefficients, x: int) -> str:
    """The remainder by (x - x0)^2 touches the graph at x0."""
    return f"y = {polynomial(divided(p, product([1, -x], [1, -x]))[1])}"


# Composed functions as expressions


def _draw_expression(rng: Random, level: int) -> Parameters:
    """One composed function, two with a product or quotient, three with products."""
    blocks = [_block(rng, name) for name in rng.sample(("sin", "cos", "exp", "ln", "^"), 3)]
    if level == 2:
        return {"blocks": blocks[:1], "shape": "product"}
    if level == 3:
        plain = ["^1", drawn(rng, rng.randint(1, 2), 5, 3)]
        return {"blocks": [plain, blocks[0]], "shape": "product"}
    if level == 4:
        return {"blocks": blocks[:2], "shape": rng.choice(("product", "quotient"))}
    return {"blocks": blocks, "shape": "product"}


def _block(rng: Random, name: str) -> Block:
    """An inner polynomial whose derivative is not 1; of a logarithm it is positive."""
    a, c = rng.randint(2, 6), rng.randint(1, 9)
    if name == "ln":
        return [name, [a, 0, c]]
    inner = rng.choice(([a, nonzero(rng, 9)], [rng.randint(1, 4), 0, nonzero(rng, 9)], [a, 0]))
    return [f"^{rng.randint(3, 6)}" if name == "^" else name, inner]


def _block_text(block: Block) -> str:
    name, inner = block
    text = polynomial(inner)
    if name == "^1":
        return f"({text})"
    if name[0] == "^":
        return f"({text}){name}"
    return f"e^({text})" if name == "exp" else f"{name}({text})"


def _block_slope(block: Block) -> str:
    """Outer derivative at the inner function times the inner derivative."""
    name, inner = block
    text, slope = polynomial(inner), polynomial(derived(inner))
    factor = f"({slope})" if " " in slope else slope
    if name == "^1":
        return factor
    if name[0] == "^":
        n = int(name[1:])
        first = str(n * int(slope)) if slope.isdigit() else f"{n}*{factor}"
        return f"{first}*({text})^{n - 1}"
    if name == "ln":
        return f"{factor}/({text})"
    outer = {"sin": f"cos({text})", "cos": f"sin({text})", "exp": f"e^({text})"}[name]
    return f"{'-' if name == 'cos' else ''}{factor}*{outer}"


def _function_text(blocks: list[Block], shape: str) -> str:
    texts = [_block_text(block) for block in blocks]
    return ("/" if shape == "quotient" else "*").join(texts)


def _show_expression(blocks: list[Block], shape: str) -> dict[str, str]:
    return {"text": _function_text(blocks, shape)}


def _solve_expression(blocks: list[Block], shape: str) -> Worked:
    texts, slopes = [_block_text(b) for b in blocks], [_block_slope(b) for b in blocks]
    steps = [f"The derivative of {t} is {s}." for t, s in zip(texts, slopes, strict=True)]
    if shape == "quotient":
        (f, g), (df, dg) = texts, slopes
        second = f"({dg})" if dg.startswith("-") else dg
        answer = f"({df}*{g} - {f}*{second})/({g})^2"
        steps.append(f"By the quotient rule it is {answer}.")
        wrong = [f"({df})/({dg})", f"({df}*{g} + {f}*{second})/({g})^2"]
    else:
        parts = ["*".join([s, *texts[:i], *texts[i + 1 :]]) for i, s in enumerate(slopes)]
        answer, wrong = signed(parts), []
        if len(parts) > 1:
            steps.append(f"By the product rule it is {answer}.")
            wrong = [*parts, "*".join(f"({slope})" for slope in slopes)]
    wrong = [*wrong, f"{answer} + 1", f"-({answer})", f"2*({answer})", "*".join(texts)]
    return Worked(answer, steps, tuple(wrong), (f"f'(x) = {answer}",))


def _check_expression(blocks: list[Block], shape: str) -> str:
    """By sympy."""
    import sympy  # type: ignore[import-untyped]

    x = sympy.Symbol("x")
    outer = {"sin": sympy.sin, "cos": sympy.cos, "exp": sympy.exp, "ln": sympy.log}
    parts = []
    for name, inner in blocks:
        u = sympy.Poly(inner, x).as_expr()
        parts.append(u ** int(name[1:]) if name[0] == "^" else outer[name](u))
    whole = parts[0] / parts[1] if shape == "quotient" else sympy.Mul(*parts)
    return str(sympy.diff(whole, x)).replace("**", "^")


def _guess_expression(rng: Random, parameters: Parameters) -> str:
    """Some derivative of the right form."""
    other = [[name, [nonzero(rng, 6), nonzero(rng, 9)]] for name, _ in parameters["blocks"]]
    return _solve_expression(other, parameters["shape"]).answer


# Composed functions at a point


def _draw_point(rng: Random, level: int) -> Parameters:
    """A power of a polynomial, a quotient of two, a product with a root of one."""
    x = nonzero(rng, 4)
    p, q = drawn(rng, 1 + (level > 2), 6, 3), drawn(rng, 1 + (level > 3), 6, 3)
    if level == 2:
        return {"kind": "power", "p": drawn(rng, 2, 4, 2), "q": [rng.randint(2, 4)], "x": x}
    if level == 3 or rng.random() < 0.5:
        return {"kind": "quotient", "p": p, "q": q, "x": x} if value_at(q, x) else (
            _draw_point(rng, level))  # fmt: skip
    p[-1] += rng.randint(1, 12) ** 2 - int(value_at(p, x))
    return {"kind": "root", "p": p, "q": q, "x": x} if p[-1] else _draw_point(rng, level)


def _show_point(kind: str, p: Coefficients, q: Coefficients, x: int) -> dict[str, str]:
    first, second = polynomial(p), polynomial(q)
    texts = {
        "power": f"({first})^{second}",
        "quotient": f"({first})/({second})",
        "root": f"({second})*sqrt({first})",
    }
    return {"text": texts[kind]}


def _solve_point(kind: str, p: Coefficients, q: Coefficients, x: int) -> Worked:
    (a, da), (b, db) = ((value_at(each, x), value_at(derived(each), x)) for each in (p, q))
    steps = [f"p(x) = {polynomial(p)}: {powers(p, x)} = {a}",
             f"p'(x) = {polynomial(derived(p))}: {powers(derived(p), x)} = {da}"]  # fmt: skip
    if kind == "power":
        n = q[0]
        value = n * a ** (n - 1) * da
        steps.append(f"{n}*{bracketed(a)}^{n - 1}*{bracketed(da)} = {value}")
        return number(value, *steps, mistakes=[n * a ** (n - 1), a**n, n * da ** (n - 1)])
    steps += [f"q(x) = {polynomial(q)}: {powers(q, x)} = {b}",
              f"q'(x) = {polynomial(derived(q))}, at {x} it is {db}."]  # fmt: skip
    w = [bracketed(each) for each in (a, da, b, db)]
    if kind == "quotient":
        value = (da * b - a * db) / b**2
        steps.append(f"({w[1]}*{w[2]} - {w[0]}*{w[3]})/{w[2]}^2 = {value}")
        wrong = [(da * b + a * db) / b**2, a / b, *([da / db] if db else [])]
        return number(value, *steps, mistakes=wrong)
    root = math.isqrt(int(a))
    value = db * root + b * da / (2 * root)
    steps += [f"{root}^2 = {a}", f"{w[3]}*{root} + {w[2]}*{w[1]}/(2*{root}) = {value}"]
    return number(value, *steps, mistakes=[db * root, b * da / (2 * root), b * root, db * da])


def _check_point(kind: str, p: Coefficients, q: Coefficients, x: int) -> str:
    """By arithmetic of numbers with an infinitesimal part."""
    first, second = _dual_value(p, x), _dual_value(q, x)
    if kind == "power":
        result: Dual = Fraction(1), Fraction(0)
        for _ in range(q[0]):
            result = _dual_product(result, first)
    elif kind == "quotient":
        upside_down = 1 / second[0], -second[1] / second[0] ** 2
        result = _dual_product(first, upside_down)
    else:
        root = math.isqrt(int(first[0]))
        result = _dual_product(second, (Fraction(root), first[1] / (2 * root)))
    return str(result[1])


def _dual_product(first: Dual, second: Dual) -> Dual:
    return first[0] * second[0], first[0] * second[1] + first[1] * second[0]


def _draw_higher(rng: Random, level: int) -> Parameters:
    """The n-th derivative of p(x)*e^(k*x) at 0."""
    return {"p": drawn(rng, level - 2, 9, 5), "k": rng.choice((-3, -2, 2, 3, 4, 5)),
            "n": rng.randint(2, 3) if level < 5 else rng.randint(4, 7)}  # fmt: skip


def _show_higher(p: Coefficients, k: int, n: int) -> dict[str, str]:
    order = {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh"}[n]
    return {"text": f"({polynomial(p)})*e^({term(k, 'x')})", "order": order}


def _solve_higher(p: Coefficients, k: int, n: int) -> Worked:
    """By Leibniz's rule: at 0 the j-th derivative of p is j! times its coefficient."""
    total, terms, steps = 0, [], []
    for j, c in enumerate(reversed(p)):
        if c and j <= n:
            part = math.comb(n, j) * math.factorial(j) * c * k ** (n - j)
            work = f"{math.comb(n, j)}*{math.factorial(j)}*{bracketed(c)}*{bracketed(k)}^{n - j}"
            steps.append(f"{work} = {part}")
            terms.append(str(part))
            total += part
    steps.append(f"{signed(terms)} = {total}")
    return number(total, *steps, mistakes=[p[-1] * k**n, Fraction(total, math.factorial(n))])


def _check_higher(p: Coefficients, k: int, n: int) -> str:
    """Differentiating n times: (p*e^(k*x))' = (p' + k*p)*e^(k*x)."""
    for _ in range(n):
        slopes = [0, *derived(p)] if len(p) > 1 else [0]
        p = [k * c + d for c, d in zip(p, slopes, strict=True)]
    return str(p[-1])


def _draw_implicit(rng: Random, level: int) -> Parameters:
    """A conic a*x^2 + b*x*y + c*y^2 = d through a point, with a slope there."""
    while True:
        a, b, c, x, y = (nonzero(rng, 5) for _ in range(5))
        if b * x + 2 * c * y and 2 * a * x + b * y:
            return {"conic": [a, b, c], "x": x, "y": y}


def _show_implicit(conic: list[int], x: int, y: int) -> dict[str, str]:
    a, b, c = conic
    left = signed([term(a, "x^2"), term(b, "xy"), term(c, "y^2")])
    return {"curve": f"{left} = {a * x * x + b * x * y + c * y * y}"}


def _solve_implicit(conic: list[int], x: int, y: int) -> Worked:
    a, b, c = conic
    above, below = 2 * a * x + b * y, b * x + 2 * c * y
    m, n = bracketed(x), bracketed(y)
    steps = [
        f"{signed([term(2 * a, 'x'), term(b, 'y')])} + "
        f"({signed([term(b, 'x'), term(2 * c, 'y')])})*y' = 0",
        f"2*{bracketed(a)}*{m} + {bracketed(b)}*{n} = {above}",
        f"{bracketed(b)}*{m} + 2*{bracketed(c)}*{n} = {below}",
        f"-{bracketed(above)}/{bracketed(below)} = {Fraction(-above, below)}",
    ]
    return number(Fraction(-above, below), *steps, mistakes=[Fraction(-below, above)])


def _check_implicit(conic: list[int], x: int, y: int) -> str:
    """Along a direction (1, m) the first-order change is linear in m: its zero."""
    a, b, c = conic

    def change(m: int) -> Fraction:
        first, second = (Fraction(x), Fraction(1)), (Fraction(y), Fraction(m))
        squares = ((a, first, first), (b, first, second), (c, second, second))
        return sum((k * _dual_product(u, v)[1] for k, u, v in squares), Fraction(0))

    return str(change(0) / (change(0) - change(1)))


SLOPE = Family(
    "slope",
    (
        "What is the derivative of {text} at x = {x}?",
        "Let f(x) = {text}. What is f'({x})?",
        "How steep is the graph of y = {text} at x = {x}?",
    ),
    _draw_slope, _solve_slope, _check_slope,
    lambda rng, p: str(rng.randint(-200, 300)), shown=_show_polynomial,
)  # fmt: skip
TANGENT = Family(
    "tangent",
    (
        "What is the equation of the tangent to y = {text} at x = {x}?",
        "Which line touches the graph of y = {text} at x = {x}?",
    ),
    _draw_tangent, _solve_tangent, _check_tangent,
    lambda rng, p: f"y = {polynomial([nonzero(rng, 20), nonzero(rng, 20)])}",
    shown=_show_polynomial, form="the equation in the form y = mx + b", written="closed",
)  # fmt: skip
EXPRESSION = Family(
    "derivative",
    (
        "Differentiate f(x) = {text}.",
        "What is the derivative of {text} with respect to x?",
        "Let f(x) = {text}. Find f'(x).",
    ),
    _draw_expression, _solve_expression, _check_expression, _guess_expression,
    shown=_show_expression, form="the derivative", written="closed",
    key=lambda blocks, shape: [shape, blocks if shape == "quotient" else sorted(blocks, key=str)],
)  # fmt: skip
POINT = Family(
    "derivative_at",
    (
        "Let f(x) = {text}. What is f'({x})?",
        "What is the derivative of {text} at x = {x}? Give the exact number.",
    ),
    _draw_point, _solve_point, _check_point,
    lambda rng, p: str(Fraction(nonzero(rng, 60), rng.randint(1, 12))), shown=_show_point,
)  # fmt: skip
HIGHER = Family(
    "higher",
    (
        "What is the {order} derivative of f(x) = {text} at x = 0?",
        "Let f(x) = {text}. Find the value of its {order} derivative at 0.",
    ),
    _draw_higher, _solve_higher, _check_higher,
    lambda rng, p: str(rng.randint(-900, 1_500)), shown=_show_higher,
)  # fmt: skip
IMPLICIT = Family(
    "implicit",
    (
        "What is the slope of the curve {curve} at the point ({x}, {y})?",
        "The equation {curve} defines y as a function of x near ({x}, {y}). What is dy/dx there?",
    ),
    _draw_implicit, _solve_implicit, _check_implicit,
    lambda rng, p: f"{nonzero(rng, 40)}/{rng.randint(1, 30)}", shown=_show_implicit,
)  # fmt: skip
