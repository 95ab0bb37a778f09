"""Terms: sums of products, with signs, side-by-side factors, mixed numbers and quantities."""

from __future__ import annotations

from assay_verifiers.math.assembly import (
    is_proper,
    is_whole,
    product_of,
    quantity,
    signed,
    sum_of,
)
from assay_verifiers.math.powers import Powers
from assay_verifiers.math.tokens import number
from assay_verifiers.math.tree import Malformed, Node, neg, num
from assay_verifiers.math.units import same_unit
from assay_verifiers.math.vocabulary import (
    BARS,
    FACES,
    FUNCTIONS,
    PRODUCTS,
    RELATIONS,
    SUMS,
    UNIONS,
)


class Terms(Powers):
    """Reads one text; each method takes the tokens of what it is named after."""

    def _sum(self) -> Node:
        terms = [self._signed()]
        while (token := self._peek).text in SUMS and token.kind in ("sign", "cmd"):
            if token.text in ("+", "-") and self._sign_ends():
                break
            self._at += 1
            terms.append(signed(SUMS[token.text], self._product()))
        return Node("+", tuple(terms)) if len(terms) > 1 else terms[0]

    def _sign_ends(self) -> bool:
        """``0^+`` and the like: a sign with nothing to its right."""
        follower = self._ahead(1)
        return follower.text in (")", "}", ",", "]") or follower.kind == "end"

    def _signed(self) -> Node:
        signs: list[str] = []
        while (token := self._peek).text in SUMS and token.kind in ("sign", "cmd"):
            signs.append(SUMS[token.text])
            self._at += 1
            if len(signs) > 8:
                raise Malformed("a row of signs")
        node = self._product()
        if signs == ["-"] and node.head == "call" and node.args[0] == "mod":
            value, modulus = node.args[1]  # -1 mod 5 is 4
            return Node("call", ("mod", (neg(value), modulus)))
        for sign in reversed(signs):
            node = signed(sign, node)
        return node

    def _product(self) -> Node:
        factors, length = [self._power()], 0
        while True:
            token = self._peek
            if token.text in PRODUCTS and token.kind in ("sign", "cmd"):
                self._at += 1
                right = self._factor()
                nests = token.text not in ("*", "\\cdot", "\\times")
                length = self._chain(length) if nests else length
                if token.text in ("/", "\\div"):
                    factors = [Node("/", (product_of(factors), right))]
                elif token.text in ("\\bmod", "\\mod"):
                    factors = [Node("call", ("mod", (product_of(factors), right)))]
                else:
                    factors.append(right)
            elif token.kind == "name" and token.text == "mod" and token.spaced:
                self._at += 1
                factors = [Node("call", ("mod", (product_of(factors), self._factor())))]
            elif token.text in ("\\over", "\\choose") and token.kind == "cmd":
                self._at += 1
                parts = (product_of(factors), self._sum())
                over = token.text == "\\over"
                factors = [Node("/", parts) if over else Node("call", ("binom", parts))]
            elif self._starts_factor():
                if not self._juxtaposed(factors):
                    break
            else:
                return product_of(factors)
        return product_of(factors)

    def _factor(self) -> Node:
        """A power that may bear a sign, after an explicit operator."""
        if self._take("-"):
            return neg(self._factor())
        if self._take("+"):
            return self._factor()
        return self._power()

    def _starts_factor(self) -> bool:
        token = self._peek
        if token.kind in ("num", "based"):
            return True
        if token.kind == "text":
            return token.text.strip(" ,;").lower() not in ("and", "or")
        if token.kind == "name":
            return token.text.lower() not in ("and", "or", "mod") and not self._plain_union()
        if token.kind == "cmd":
            text = token.text
            return not (
                text in RELATIONS or text in UNIONS or text in SUMS
                or text in ("\\}", "\\rfloor", "\\rceil", "\\rangle", "\\rvert", "\\rVert", "\\\\",
                            "\\rbrace", "\\pmod", "\\end", "\\mid", "\\&", "\\not", "\\colon",
                            "\\hline", "\\over", "\\choose")
                or (text in BARS and self._bars)
            )  # fmt: skip
        if token.text == "|":
            return not self._bars and not self._in_braces
        if token.text == "[" and self._ends_interval():
            return False
        return token.text in ("(", "[", "{") and not self._opens_elsewhere()

    def _ends_interval(self) -> bool:
        """Whether ``[`` closes, as in the French ``[0, 1[``: nothing that it could open follows."""
        follower = self._ahead(1)
        return bool(self._brackets) and (
            follower.kind == "end" or follower.text in UNIONS or follower.text in (",", ";", "=")
        )

    def _opens_elsewhere(self) -> bool:
        return self._peek.text == "(" and self._ahead(1).text in ("\\mod", "mod", "\\bmod")

    def _juxtaposed(self, factors: list[Node]) -> bool:
        """Add the next factor to ``factors``, or the unit; false where the product ends."""
        token, last = self._peek, factors[-1]
        if token.text in FUNCTIONS:
            factors.append(self._power())
            return True
        if token.kind == "text" or (token.kind == "cmd" and token.text[1:] in FACES):
            if unit := self._unit():
                factors[:] = [quantity(product_of(factors), unit)]
                return True
            if token.kind == "text":
                raise Malformed("words inside a formula")
        if token.kind == "name" and len(token.text) > 1 and (unit := self._plain_unit()):
            factors[:] = [quantity(product_of(factors), unit)]
            return True
        if last.head == "num" and token.kind == "num":
            return self._number_after(factors, last)
        if last.head == "quantity":
            factors[-1] = self._compound(last)
            return True
        right = self._power()
        if last.head == "num" and is_proper(right) and is_whole(last) and len(factors) == 1:
            factors[-1] = num(last.args[0] + right.args[0].args[0] / right.args[1].args[0])
        elif last.head == "deg" and right.head == "minutes":
            factors[-1] = Node("deg", (sum_of(last.args[0], right.args[0]),))
        elif right.head == "minutes":
            raise Malformed("minutes without degrees")
        else:
            factors.append(right)
        return True

    def _number_after(self, factors: list[Node], last: Node) -> bool:
        """``1 1/2`` is a mixed number; two numbers side by side are nothing else."""
        slash, below = self._ahead(1), self._ahead(2)
        if slash.text == "/" and below.kind == "num" and is_whole(last) and len(factors) == 1:
            top, under = number(self._peek.text)[0], number(below.text)[0]
            if 0 < top < under:
                self._at += 3
                factors[-1] = num(last.args[0] + top / under)
                return True
        raise Malformed("two numbers side by side")

    def _compound(self, large: Node) -> Node:
        """``1 hour 30 minutes``: the smaller unit counted in the larger."""
        small = self._product() if self._peek.kind == "num" else None
        if small is None or small.head != "quantity":
            raise Malformed("a factor after a unit")
        factor = same_unit(small.args[1], large.args[1])
        if factor is None:
            raise Malformed("units that do not add")
        value = Node("+", (large.args[0], Node("*", (num(factor), small.args[0]))))
        return Node("quantity", (value, large.args[1]))
