"""Powers: a primary with its postfixes — exponents, factorials, percent, degrees, subscripts."""

from __future__ import annotations

from assay_verifiers.math.assembly import based, marked, primed, quantity
from assay_verifiers.math.primaries import Primaries
from assay_verifiers.math.tokens import integer
from assay_verifiers.math.tree import MINUS_ONE, Malformed, Node, neg, num, sym
from assay_verifiers.math.vocabulary import ALWAYS_FUNCTIONS, CURRENCIES, FACES

_TEMPERATURES = {"C": "celsius", "F": "fahrenheit"}


def _is_inverse(node: Node) -> bool:
    """Whether ``f^{-1}`` is the inverse of a function rather than a reciprocal."""
    base, exponent = node.args
    return exponent == MINUS_ONE and base.head == "sym" and base.args[0] in ALWAYS_FUNCTIONS


class Powers(Primaries):
    """Reads one text; each method takes the tokens of what it is named after."""

    def _power(self) -> Node:
        self._deeper()
        base = self._postfix(self._primary())
        while self._peek.text == "^":
            base = self._postfix(self._raise(base))
        self._depth -= 1
        if base.head == "^" and self._peek.text == "(" and _is_inverse(base):
            return Node("fn", (f"inverse {base.args[0].args[0]}", self._primary()))
        return base

    def _raise(self, base: Node) -> Node:
        self._at += 1
        token = self._peek
        if self._degree_sign():
            return self._degrees(base)
        if token.text in ("'", "\\prime"):
            self._at += 1
            return primed(base, "'")
        if token.text in ("*", "\\ast", "\\star", "\\dagger", "\\top", "+", "-") and (
            token.text not in ("+", "-") or self._sign_ends()
        ):
            self._at += 1
            return marked(base, token.text)
        if token.text == "{" and self._ahead(2).text == "}" and self._ahead(1).text in (
            "*", "\\ast", "+", "-", "\\prime", "'", "\\star", "\\dagger", "\\top"
        ):  # fmt: skip
            mark = self._ahead(1).text
            self._at += 3
            return primed(base, "'") if mark in ("'", "\\prime") else marked(base, mark)
        exponent = self._exponent()
        if base.head == "call" and base.args[0] == "subC":
            return Node("call", ("binom", (base.args[1][0], exponent)))
        return Node("^", (base, exponent))

    def _degrees(self, value: Node) -> Node:
        """An angle, or a temperature where C or F follows."""
        token, taken = self._peek, 1
        letters = token.text
        if token.kind == "cmd" and token.text[1:] in FACES:
            letters, taken = self._face_text()
        if letters not in _TEMPERATURES or token.kind not in ("name", "text", "cmd"):
            return Node("deg", (value,))
        self._at += taken
        return Node("quantity", (value, _TEMPERATURES[letters]))

    def _degree_sign(self) -> bool:
        """``\\circ`` or ``{\\circ}`` after ``^``, consumed."""
        if self._take("\\circ", "\\degree"):
            return True
        texts = [self._ahead(step).text for step in range(3)]
        braced = texts in (["{", "\\circ", "}"], ["{", "\\degree", "}"])
        self._at += 3 if braced else 0
        return braced

    def _exponent(self) -> Node:
        if self._take("-"):
            return neg(self._exponent())
        if self._take("+"):
            return self._exponent()
        if self._peek.text == "{":
            self._at += 1
            node = self._sum()
            self._expect("}")
            return node
        self._deeper()
        node = self._postfix(self._primary())
        if self._peek.text == "^":
            node = self._raise(node)
        self._depth -= 1
        return node

    def _postfix(self, node: Node) -> Node:
        length = 0
        while True:
            token = self._peek
            length = self._chain(length)
            if token.text == "!" and not (self._ahead(1).text == "=" and token.spaced):
                self._at += 1
                double = self._take("!")
                if self._peek.text == "!":
                    raise Malformed("a row of factorials")
                node = Node("call", ("factorial2" if double else "factorial", (node,)))
            elif token.text in ("\\%", "%"):
                self._at += 1
                node = Node("/", (node, num(100)))
            elif token.text in CURRENCIES and self._ahead(1).kind != "num":
                self._at += 1
                return quantity(node, CURRENCIES[token.text])
            elif token.text == "\\degree":
                self._at += 1
                node = self._degrees(node)
            elif token.text == "'" and token.kind == "sign":
                self._at += 1
                node = self._quoted(node)
            elif token.text == "_":
                self._at += 1
                node = self._subscripted(node)
            else:
                return node

    def _quoted(self, node: Node) -> Node:
        second = self._take("'")
        if node.head == "num":
            size = num(3600) if second else num(60)
            return Node("minutes", (Node("/", (node, size)),))
        return primed(node, "''" if second else "'")

    def _subscripted(self, node: Node) -> Node:
        start = self._at
        if self._take("{"):
            while self._peek.text != "}" or self._unclosed(start):
                if self._next().kind == "end":
                    raise Malformed("a subscript is never closed")
            self._at += 1
        else:
            self._at += 1
        inside = self._tokens[start : self._at]
        text = "".join(t.text for t in inside if t.text not in ("{", "}")).replace("\\", "")
        if node.head == "group" and len(node.args) == 3 and text.isdigit():
            node = node.args[1]
        if node.head == "num" and text.isdigit() and node.args[0].denominator == 1:
            return based(str(node.args[0]), int(text[:3]))
        if node == sym("C") and text.isdigit() and self._peek.text == "^":
            return Node("call", ("subC", (num(integer(text)),)))
        if node.head == "sym":
            return sym(f"{node.args[0]}_{text}")
        if node.head == "const" and node.args[0] in ("e", "i"):
            return sym(f"{node.args[0]}_{text}")
        if node.head == "apply" or node.head == "fn":
            raise Malformed("a subscript on a value")
        return Node("fn", (f"sub {text}", node))

    def _unclosed(self, start: int) -> bool:
        inside = self._tokens[start : self._at]
        opened = sum(t.text == "{" for t in inside)
        return opened - sum(t.text == "}" for t in inside) > 1
