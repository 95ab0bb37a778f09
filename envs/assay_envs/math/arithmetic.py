"""Arithmetic: nested expressions, fractions, decimals, bases, and quantities of everyday life.

Rules: one exact number is asked for, and it must be worked out: the expression itself, a product or
a sum is no answer. Families, certificate, duplicate key and trivial policies: see
:mod:`assay_envs.math.families`; those in words are in :mod:`assay_envs.math.quantities`. An
expression is drawn as a tree and worked out from the leaves; the second method reads the text that
the prompt shows, by Python's grammar.
"""

from __future__ import annotations

import ast
from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random
from typing import Any, ClassVar, TypeAlias

from assay_envs.math import quantities
from assay_envs.math.families import Family, FamilyEnvironment, Parameters, Worked, number
from assay_envs.math.notation import bracketed, decimal, in_base

Tree: TypeAlias = Any
"""A leaf as text, or [sign of operation, left tree, right tree]; of JSON lists."""

_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
_LARGEST = (120, 400, 1_500, 6_000, 30_000)


# Expressions


def _grown(rng: Random, operations: int, signs: str, leaf: list[str]) -> Tree:
    """A random tree with so many operations, its leaves taken off ``leaf``."""
    if operations == 0:
        return leaf.pop()
    sign = rng.choice(signs)
    if sign == "^":
        return ["^", _grown(rng, operations - 1, signs.replace("^", ""), leaf), "2"]
    left = rng.randrange(operations)
    return [
        sign,
        _grown(rng, left, signs, leaf),
        _grown(rng, operations - 1 - left, signs, leaf),
    ]


def _value(tree: Tree) -> Fraction:
    """Raises ZeroDivisionError where it divides by zero."""
    if isinstance(tree, str):
        return Fraction(tree)
    sign, left, right = tree
    a, b = _value(left), _value(right)
    if sign == "^":
        return a ** int(b)
    return {"+": a + b, "-": a - b, "*": a * b}[sign] if sign != "/" else a / b


def _parts(tree: Tree) -> list[Fraction]:
    """Values of the tree and of all trees under it."""
    if isinstance(tree, str):
        return [Fraction(tree)]
    return [_value(tree), *_parts(tree[1]), *_parts(tree[2])]


def _shown(tree: Tree) -> str:
    """The tree as text, with the brackets that it needs."""
    if isinstance(tree, str):
        return tree
    sign, left, right = tree
    first, second = _operand(left, sign, False), _operand(right, sign, True)
    return f"{first} {sign} {second}" if sign != "^" else f"{first}^{second}"


def _operand(tree: Tree, sign: str, is_right: bool) -> str:
    text = _shown(tree)
    if isinstance(tree, str):
        is_whole = "/" not in tree and not tree.startswith("-")
        is_plain = is_whole or (sign in "+-" and not tree.startswith("-"))
        return text if is_plain else f"({text})"
    loose = _BINDS[tree[0]] < _BINDS[sign]
    return f"({text})" if loose or (is_right and _BINDS[tree[0]] == _BINDS[sign]) else text


def _key(tree: Tree) -> Tree:
    """The tree with the two sides of a sum and of a product in one order."""
    if isinstance(tree, str):
        return tree
    sign, left, right = tree[0], _key(tree[1]), _key(tree[2])
    return [sign, *sorted((left, right), key=str)] if sign in "+*" else [sign, left, right]


def _steps(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return []
    sign, left, right = tree
    a, b = _value(left), _value(right)
    work = f"{bracketed(a)}^{b}" if sign == "^" else f"{bracketed(a)} {sign} {bracketed(b)}"
    return [*_steps(left), *_steps(right), f"{work} = {_value(tree)}"]


def _slips(tree: Tree) -> list[Fraction]:
    """What comes out when one operation of the tree is taken for another."""
    if isinstance(tree, str):
        return []
    sign, left, right = tree
    found = []
    for other in {"+": "-*", "-": "+", "*": "+", "/": "*", "^": "*"}[sign]:
        found.append(_value([other, left, right]))
    return found


def _solve_tree(tree: Tree) -> Worked:
    return number(_value(tree), *_steps(tree), mistakes=_slips(tree), undone=[_shown(tree)])


def _check_tree(tree: Tree) -> str:
    return str(_read(ast.parse(_shown(tree).replace("^", "**"), mode="eval").body, Fraction))


def _read(node: ast.expr, kind: type) -> Any:
    """The value of an expression in Python's grammar, its numbers of the given kind."""
    if isinstance(node, ast.UnaryOp):
        return -_read(node.operand, kind)
    if not isinstance(node, ast.BinOp):
        return kind(ast.unparse(node))
    a, b = _read(node.left, kind), _read(node.right, kind)
    if isinstance(node.op, ast.Pow):
        return a**b
    if isinstance(node.op, ast.Mult):
        return a * b
    if isinstance(node.op, ast.Div):
        return a / b
    return a + b if isinstance(node.op, ast.Add) else a - b


def _draw_whole(rng: Random, level: int) -> Parameters:
    """Whole numbers on the way and at the end, none of them large; not only sums."""
    operations, most = (2, 3, 4, 6, 8)[level - 1], (30, 40, 50, 60, 99)[level - 1]
    signs = "++--**//" if level < 4 else "++--***//^"
    while True:
        leaves = [str(rng.randint(2, rng.choice((9, most)))) for _ in range(operations + 1)]
        if level > 2:
            leaves = [f"-{each}" if rng.random() < 0.2 else each for each in leaves]
        tree = _even(rng, _grown(rng, operations, signs, leaves))
        values = _parts(tree)
        large = max(abs(value) for value in values) > _LARGEST[level - 1]
        if not large and abs(values[0]) > 12 and not _is_sum(tree):
            return {"tree": tree}


def _even(rng: Random, tree: Tree) -> Tree:
    """The tree with divisions that come out even; one that cannot becomes a subtraction."""
    if isinstance(tree, str):
        return tree
    sign, left, right = tree[0], _even(rng, tree[1]), _even(rng, tree[2])
    if sign == "/":
        above, below = int(_value(left)), int(_value(right))
        divisors = [d for d in range(2, 13) if above % d == 0 and d != abs(above)]
        if isinstance(right, str) and divisors:
            right = str(rng.choice(divisors))
        elif below == 0 or above % below:
            sign = "-"
    return [sign, left, right]


def _is_sum(tree: Tree) -> bool:
    return isinstance(tree, str) or (tree[0] in "+-" and all(_is_sum(part) for part in tree[1:]))


def _draw_fractions(rng: Random, level: int) -> Parameters:
    """Proper and improper fractions; a true fraction at the end."""
    operations, most = (1, 1, 2, 3, 5)[level - 1], (9, 12, 12, 12, 15)[level - 1]
    while True:
        leaves = [_fraction(rng, most) for _ in range(operations + 1)]
        tree = _grown(rng, operations, "++--*/", leaves)
        try:
            value = _value(tree)
        except ZeroDivisionError:
            continue
        if 1 < value.denominator < 10 ** (level + 2) and abs(value) < 100:
            return {"tree": tree}


def _fraction(rng: Random, most: int) -> str:
    below = rng.randint(2, most)
    above = rng.choice([n for n in range(1, 2 * below) if Fraction(n, below).denominator == below])
    return f"{above}/{below}"


def _draw_decimals(rng: Random, level: int) -> Parameters:
    operations, places = (1, 2, 3, 4, 5)[level - 1], (1, 2, 2, 3, 3)[level - 1]
    while True:
        leaves = [_decimal(rng, places) for _ in range(operations + 1)]
        tree = _grown(rng, operations, "+-**", leaves)
        products = str(tree).count("*")
        if 0 < products <= 1 + level // 2 and abs(_value(tree)) > 1:
            return {"tree": tree}


def _decimal(rng: Random, places: int) -> str:
    digits = rng.randint(11, 10 ** (places + 1) - 1)
    return decimal(Fraction(digits + (digits % 10 == 0), 10**places))


def _solve_decimals(tree: Tree) -> Worked:
    """The steps and the answer in decimals."""
    value = _value(tree)
    near = [*_slips(tree), value * 10, value / 10, value + 1, -value]
    wrong = dict.fromkeys(decimal(each) for each in near if each != value)
    steps = tuple(_decimal_steps(tree))
    return Worked(decimal(value), steps, tuple(wrong), (str(value),), (_shown(tree),))


def _decimal_steps(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return []
    sign, left, right = tree
    a, b = (decimal(_value(each)) for each in (left, right))
    second = f"({b})" if b.startswith("-") else b
    return [
        *_decimal_steps(left),
        *_decimal_steps(right),
        f"{a} {sign} {second} = {decimal(_value(tree))}",
    ]


def _check_decimals(tree: Tree) -> str:
    with localcontext() as context:
        context.prec = 80
        return format(_read(ast.parse(_shown(tree), mode="eval").body, Decimal), "f")


def _draw_continued(rng: Random, level: int) -> Parameters:
    return {"parts": [rng.randint(1, 9) for _ in range(level)] + [rng.randint(2, 9)]}


def _show_continued(parts: list[int]) -> dict[str, str]:
    text = str(parts[-1])
    for part in reversed(parts[:-1]):
        text = f"{part} + 1/({text})" if "+" in text else f"{part} + 1/{text}"
    return {"text": text}


def _solve_continued(parts: list[int]) -> Worked:
    value, steps = Fraction(parts[-1]), []
    for part in reversed(parts[:-1]):
        steps.append(f"{part} + 1/{bracketed(value)} = {part + 1 / value}")
        value = part + 1 / value
    shown = _show_continued(parts)["text"]
    backwards = Fraction(parts[0])
    for part in parts[1:]:
        backwards = part + 1 / backwards
    return number(value, *steps, mistakes=[backwards, value - parts[0]], undone=[shown])


def _check_continued(parts: list[int]) -> str:
    """By the recurrence of its convergents, from the front."""
    above, below = (1, parts[0]), (0, 1)
    for part in parts[1:]:
        above = above[1], part * above[1] + above[0]
        below = below[1], part * below[1] + below[0]
    return str(Fraction(above[1], below[1]))


# Digits


def _draw_base(rng: Random, level: int) -> Parameters:
    base = rng.randint(3, 9)
    most = base ** (3, 3, 4, 5, 7)[level - 1]
    a, b = (rng.randint(most // base, most - 1) for _ in range(2))
    sign = rng.choice("+-" if level < 4 else "*")
    if sign == "*":
        b = rng.randint(base, base ** (level - 2) - 1)
    return {"a": in_base(max(a, b), base), "b": in_base(min(a, b), base), "sign": sign,
            "base": base}  # fmt: skip


def _solve_base(a: str, b: str, sign: str, base: int) -> Worked:
    """By way of base ten."""
    first, second = int(a, base), int(b, base)
    result = {"+": first + second, "-": first - second, "*": first * second}[sign]
    steps = [f"{a} is {first} and {b} is {second} in base ten.",
             f"{first} {sign} {second} = {result}"]  # fmt: skip
    rest = result
    while rest:
        steps.append(f"{rest} = {rest // base}*{base} + {rest % base}")
        rest //= base
    plain = {"+": int(a) + int(b), "-": int(a) - int(b), "*": int(a) * int(b)}[sign]
    return number(int(in_base(result, base)), *steps, mistakes=[plain, result])


def _check_base(a: str, b: str, sign: str, base: int) -> str:
    """Digit by digit in the base itself, with carries."""
    first, second = ([int(digit) for digit in reversed(text)] for text in (a, b))
    places = [0] * (len(first) + len(second) + 1)
    if sign == "*":
        for i, x in enumerate(first):
            for j, y in enumerate(second):
                places[i + j] += x * y
    else:
        for i, x in enumerate(first):
            places[i] += x
        for i, x in enumerate(second):
            places[i] += x if sign == "+" else -x
    for i in range(len(places) - 1):
        carry, places[i] = divmod(places[i], base)
        places[i + 1] += carry
    return "".join(map(str, reversed(places))).lstrip("0") or "0"


def _draw_expansion(rng: Random, level: int) -> Parameters:
    below = rng.choice([7, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39, 41])
    return {
        "above": rng.randint(1, below - 1),
        "below": below,
        "places": rng.randint(*((6, 9), (8, 12), (10, 15), (15, 40), (60, 400))[level - 1]),
    }


def _solve_expansion(above: int, below: int, places: int) -> Worked:
    """Long division until a remainder returns; then whole periods and what is left."""
    rests, digits, rest = [above], [], above
    while True:
        digit, rest = divmod(10 * rest, below)
        digits.append(digit)
        if rest in rests:
            break
        rests.append(rest)
    start = rests.index(rest)
    period, head = digits[start:], digits[:start]
    whole, left = divmod(places - start, len(period))
    total = sum(head) + whole * sum(period) + sum(period[:left])
    steps = [f"10*{r} = {d}*{below} + {10 * r - d * below}"
             for r, d in zip(rests, digits, strict=True)]  # fmt: skip
    steps += [
        f"The digits {''.join(map(str, period))} repeat, {len(period)} of them, "
        f"with the sum {sum(period)}.",
        f"{places} = {whole}*{len(period)} + {left}",
        f"{whole}*{sum(period)} + {sum(period[:left])} = {total}",
    ]
    return number(total, *steps, mistakes=[places * sum(period), total - sum(period)])


def _check_expansion(above: int, below: int, places: int) -> str:
    return str(sum(map(int, str(10**places * above // below))))


_EXPRESSION = Family(
    "expression",
    (
        "What is {text}?",
        "Calculate {text}.",
        "Evaluate the expression {text}, multiplication and division before addition and "
        "subtraction.",
    ),
    _draw_whole, _solve_tree, _check_tree,
    lambda rng, p: str(rng.randint(-150, 400)),
    shown=lambda tree: {"text": _shown(tree)}, key=lambda tree: _key(tree),
)  # fmt: skip
_FRACTIONS = Family(
    "fractions",
    (
        "What is {text}? Give an exact fraction.",
        "Calculate {text} exactly.",
        "Write {text} as a single fraction.",
    ),
    _draw_fractions, _solve_tree, _check_tree,
    lambda rng, p: str(Fraction(rng.randint(1, 99), rng.randint(2, 60))),
    shown=lambda tree: {"text": _shown(tree)}, key=lambda tree: _key(tree),
    form="the exact fraction",
)  # fmt: skip
_DECIMALS = Family(
    "decimals",
    ("What is {text}? Do not round.", "Calculate {text} exactly, as a decimal number."),
    _draw_decimals, _solve_decimals, _check_decimals,
    lambda rng, p: decimal(Fraction(rng.randint(10, 9_999), 100)),
    shown=lambda tree: {"text": _shown(tree)}, key=lambda tree: _key(tree),
)  # fmt: skip
_CONTINUED = Family(
    "continued",
    (
        "What is {text}? Give an exact fraction.",
        "Write the continued fraction {text} as one fraction in lowest terms.",
    ),
    _draw_continued, _solve_continued, _check_continued,
    lambda rng, p: f"{rng.randint(2, 99)}/{rng.randint(2, 60)}",
    shown=_show_continued, form="the exact fraction",
)  # fmt: skip
_BASE = Family(
    "base",
    (
        "In base {base}, what is {a} {sign} {b}? Give the result in base {base} too.",
        "The numbers {a} and {b} are written in base {base}. Calculate {a} {sign} {b}, also in "
        "base {base}.",
    ),
    _draw_base, _solve_base, _check_base,
    lambda rng, p: in_base(rng.randrange(1, p["base"] ** (len(p["a"]) + 1)), p["base"]),
    form="the digits, without the base",
)  # fmt: skip
_EXPANSION = Family(
    "expansion",
    (
        "{above}/{below} is written as a decimal fraction. What is the sum of its first {places} "
        "digits after the point?",
        "Add up the first {places} decimal places of {above}/{below}. What is their sum?",
    ),
    _draw_expansion, _solve_expansion, _check_expansion,
    lambda rng, p: str(rng.randint(p["places"] * 3, p["places"] * 6)),
)  # fmt: skip


class Arithmetic(FamilyEnvironment):
    """The environment; one exact number per episode."""

    id = "math/arithmetic"
    summary = "expressions, fractions, decimals, bases, percent, ratios, rates, time"
    levels: ClassVar = {
        1: "two operations; two fractions, decimals, durations, averages, shares, one percentage",
        2: "three operations; rates of work, changes in percent, units",
        3: "five numbers, some negative; three fractions, base arithmetic, speeds, a value before",
        4: "six operations with squares; continued fractions, products in a base, interest",
        5: "eight operations; six fractions, long decimals, far decimal places, savings plans",
    }
    chance: ClassVar = {1: 0.03, 2: 0.02, 3: 0.015, 4: 0.015, 5: 0.01}
    families: ClassVar = {
        1: (_EXPRESSION, _FRACTIONS, _DECIMALS, quantities.DURATION, quantities.AVERAGE,
            quantities.SHARE, quantities.PERCENT),
        2: (_EXPRESSION, _FRACTIONS, _DECIMALS, quantities.MACHINES, quantities.PERCENT,
            quantities.SPEED, quantities.SHARE, quantities.DURATION),
        3: (_EXPRESSION, _FRACTIONS, _DECIMALS, _CONTINUED, _BASE, quantities.SPEED,
            quantities.BEFORE, quantities.AVERAGE),
        4: (_EXPRESSION, _FRACTIONS, _DECIMALS, _CONTINUED, _BASE, _EXPANSION,
            quantities.INTEREST, quantities.BEFORE),
        5: (_EXPRESSION, _FRACTIONS, _DECIMALS, _CONTINUED, _BASE, _EXPANSION,
            quantities.INTEREST),
    }  # fmt: skip
