"""Engine: limits, integrals and endless sums — what sympy works out for us.

``solved`` replaces every such part of a node by what sympy makes of it. The sympy objects are built
from our tree, never by sympy's own parser, and what comes back is read by our parser again, so that
all comparing is done in one place. Runs only in the worker: sympy may take for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from assay_verifiers.math.parser import parse
from assay_verifiers.math.tree import Hard, Malformed, Node, has, rebuilt

_FUNCTIONS = {
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot",
    "arcsec": "asec", "arccsc": "acsc", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "abs": "Abs", "floor": "floor", "ceil": "ceiling", "binom": "binomial", "min": "Min",
    "max": "Max", "mod": "Mod", "sgn": "sign", "Re": "re", "Im": "im", "conj": "conjugate",
    "factorial2": "factorial2", "root": "root",
}  # fmt: skip
_SAME = "sin cos tan cot sec csc sinh cosh tanh coth sech csch log exp sqrt factorial gcd lcm"
_FUNCTIONS.update({name: name for name in (*_SAME.split(), "arg", "cbrt")})
_SIDES = {"+": "+", "-": "-"}


def solved(node: Node) -> Node:
    """``node`` with its hard parts worked out.

    Raises:
        Hard: sympy does not know one of them.
    """
    return rebuilt(node, _solved_part) if has(node, "hard") else node


def _solved_part(node: Node) -> Node:
    return _worked_out(node) if node.head == "hard" else node


@lru_cache(maxsize=256)
def _worked_out(node: Node) -> Node:
    import sympy  # type: ignore[import-untyped]

    try:
        found = _big(node.args).doit()
    except (Hard, MemoryError, RecursionError):
        raise
    except Exception as error:  # sympy's own failures are of every kind
        raise Hard(f"sympy failed: {error}") from error
    unfinished = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Piecewise)
    if found.has(*unfinished) or found is sympy.nan:
        raise Hard("sympy does not know")
    try:
        return parse(sympy.latex(found))
    except Malformed as error:
        raise Hard("what sympy found is not readable") from error


def _big(args: tuple[Any, ...]) -> Any:
    import sympy

    name, body, below, above = args
    if name == "int":
        variable = expression(body.args[2])
        bounded = below.head != "text" and above.head != "text"
        bounds = (variable, expression(below), expression(above)) if bounded else variable
        return sympy.Integral(expression(body.args[1]), bounds)
    if below.head != "rel" or len(below.args) != 3 or below.args[0].head != "sym":
        raise Hard(name)
    variable, operator, start = below.args
    if name == "lim" and operator == "to":
        side = start.args[0] if start.head == "fn" else ""
        point = start.args[1] if start.head == "fn" else start
        return sympy.Limit(
            expression(body), expression(variable), expression(point), _SIDES.get(side, "+-")
        )
    if name in ("sum", "prod") and operator == "=":
        kind = sympy.Sum if name == "sum" else sympy.Product
        return kind(expression(body), (expression(variable), expression(start), expression(above)))
    raise Hard(name)


def expression(node: Node) -> Any:
    """The sympy expression of a scalar node.

    Raises:
        Hard: it holds what sympy has no word for.
    """
    import sympy

    head, args = node
    if head == "num":
        return sympy.Rational(args[0].numerator, args[0].denominator)
    if head == "sym":
        return sympy.Symbol(args[0])
    if head == "const":
        constants = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "inf": sympy.oo}
        if args[0] not in constants:
            raise Hard(args[0])
        return constants[args[0]]
    if head == "+":
        return sympy.Add(*map(expression, args))
    if head in ("*", "apply"):
        return sympy.Mul(*map(expression, args))
    if head == "/":
        return expression(args[0]) / expression(args[1])
    if head == "^":
        return expression(args[0]) ** expression(args[1])
    if head == "deg":
        return expression(args[0]) * sympy.pi / 180
    if head == "hard":
        return _big(args)
    if head == "call" and args[0] in _FUNCTIONS:
        return getattr(sympy, _FUNCTIONS[args[0]])(*map(expression, args[1]))
    if head == "fn":
        return sympy.Function(args[0])(*map(expression, args[1:]))
    raise Hard(head)
