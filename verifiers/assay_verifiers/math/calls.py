"""Calls: functions with their powers, bases and arguments, bracketed or open (``\\sin 2x``)."""

from __future__ import annotations

from assay_verifiers.math.assembly import primed, product_of
from assay_verifiers.math.environments import Environments
from assay_verifiers.math.tree import MINUS_ONE, Malformed, Node, neg, sym
from assay_verifiers.math.vocabulary import (
    ALWAYS_FUNCTIONS,
    ARITIES,
    FACES,
    FUNCTIONS,
    LETTER_FUNCTIONS,
    SAME_FUNCTION,
)


class Calls(Environments):
    """Reads one text; each method takes the tokens of what it is named after."""

    def _function(self, name: str) -> Node:
        name = SAME_FUNCTION.get(name, name)
        power: Node | None = None
        base: Node | None = None
        while self._peek.text in ("^", "_"):
            if self._next().text == "^":
                power = self._exponent()
            else:
                base = self._argument()
        if name == "sqrt" and self._peek.text != "(":
            return Node("call", ("sqrt", (self._radicand(),)))
        if name in ("min", "max") and self._peek.text == "=":
            return sym(name)
        args = self._function_arguments()
        if base is not None:
            args = (*args, base)
            name = "log" if name == "log" else f"{name} of"
        if len(args) != ARITIES.get(name, len(args)) or not args:
            raise Malformed(f"{name} of {len(args)} things")
        if power == MINUS_ONE and name in ("sin", "cos", "tan", "cot", "sec", "csc"):
            return Node("call", (f"arc{name}", args))
        node = Node("call", (name, args))
        return Node("^", (node, power)) if power is not None else node

    def _function_arguments(self) -> tuple[Node, ...]:
        if self._peek.text in ("(", "{", "\\{", "["):
            inner = self._primary()
            if inner.head in ("group", "set", "seq"):
                items = inner.args[1:-1] if inner.head == "group" else inner.args
                return tuple(item for item in items if isinstance(item, Node))
            return (inner,)
        return (self._open_argument(),)

    def _open_argument(self) -> Node:
        """``2x`` of ``\\sin 2x``: factors side by side, up to a sign, a bracket or a function."""
        self._deeper()
        negative = self._take("-")
        factors = [self._power()]
        while self._starts_factor() and self._peek.kind != "text":
            token = self._peek
            if token.text.lstrip("\\") in FUNCTIONS or token.text in ("(", "["):
                break
            if self._integrals and self._is_differential():
                break
            if token.text == "/" or (factors[-1].head == "num" and token.kind == "num"):
                break
            factors.append(self._power())
        self._depth -= 1
        node = product_of(factors)
        return neg(node) if negative else node

    def _is_differential(self) -> bool:
        """Whether ``dx`` or ``\\mathrm{d}x`` starts here."""
        token = self._peek
        if token.kind == "cmd" and token.text[1:] in FACES:
            return [self._ahead(step).text for step in (1, 2, 3)] == ["{", "d", "}"]
        alone = token.text == "d" and self._ahead(1).kind in ("name", "cmd")
        return token.kind == "name" and (alone or (token.text[0] == "d" and len(token.text) == 2))

    def _choose(self) -> Node:
        node = self._primary()
        if node.head == "group" and len(node.args) == 4:
            return Node("call", ("binom", (node.args[1], node.args[2])))
        return Node("apply", (sym("C"), node))

    def _maybe_applied(self, letter: Node) -> Node:
        if letter.head != "sym" or self._peek.text not in ("(", "'"):
            return letter
        while self._peek.text == "'" and self._peek.kind == "sign":
            self._at += 1
            letter = primed(letter, "'")
        if self._peek.text != "(" or letter.args[0].rstrip("'") not in LETTER_FUNCTIONS:
            return letter
        inner = self._primary()
        if inner.head == "group":
            return Node("fn", (letter.args[0], *inner.args[1:-1]))
        if letter.args[0] in ALWAYS_FUNCTIONS or letter.args[0].endswith("'"):
            return Node("fn", (letter.args[0], inner))
        return Node("apply", (letter, inner))
