"""Parser: plain notation to a :class:`Node`, by recursive descent with precedence.

From loosest to tightest: lists (``,`` ``;`` and, or) · relations · unions · sums · products
(juxtaposition is a product) · signs · powers · postfixes (``!`` ``%`` degrees, subscripts) ·
primaries. A list in which a group of digits may be thousands or an item (``(2,251)``) is read as
items unless ``thousands`` is set. Depth and tokens are bounded; time is linear in the tokens.
"""

from __future__ import annotations

import re

from assay_verifiers.math import words
from assay_verifiers.math.assembly import (
    based,
    bracket_node,
    derivative,
    differentiated,
    environment_node,
    is_proper,
    is_whole,
    letter_node,
    listed,
    listed_sum,
    marked,
    primed,
    product_of,
    quantity,
    read_based,
    splits,
    sum_of,
)
from assay_verifiers.math.measures import Measures
from assay_verifiers.math.notation import plain
from assay_verifiers.math.tokens import Token, integer, number, tokens_of
from assay_verifiers.math.tree import (
    DOTS,
    IMAGINARY,
    MINUS_ONE,
    PI,
    Malformed,
    Node,
    Unknown,
    neg,
    num,
    rebuilt,
    sym,
)
from assay_verifiers.math.units import same_unit
from assay_verifiers.math.vocabulary import (
    ALIKE,
    ALWAYS_FUNCTIONS,
    ARITIES,
    BARS,
    CURRENCIES,
    DROPPED,
    FACES,
    FUNCTIONS,
    GREEK,
    LETTER_FUNCTIONS,
    MARKS,
    NAMES,
    OPEN,
    PRODUCTS,
    RELATIONS,
    SAME_FUNCTION,
    SUMS,
    UNIONS,
)

_BINOMIAL = re.compile(r"([0-9]{1,6}) ?C_?\{? ?([0-9]{1,6})\}?")
_CHOOSE_BEFORE = re.compile(r"(?:\{ ?\})? ?[\^_] ?\{?([0-9]{1,6})\}? ?C ?_ ?\{?([0-9]{1,6})\}?")
_ODDS = re.compile(r"([0-9]{1,9}) to ([0-9]{1,9})")
_TEMPERATURES = {"C": "celsius", "F": "fahrenheit"}


def _is_digits(token: Token) -> bool:
    """Whether a number is several digits in a row, of which TeX takes one."""
    plain_digits = token.kind == "num" and token.text.replace(".", "").isdigit()
    return plain_digits and len(token.text) > 1 and token.text[0] != "."


def _is_inverse(node: Node) -> bool:
    """Whether ``f^{-1}`` is the inverse of a function rather than a reciprocal."""
    base, exponent = node.args
    return exponent == MINUS_ONE and base.head == "sym" and base.args[0] in ALWAYS_FUNCTIONS


def _index_of_i(part: Node) -> Node:
    return sym("i") if part == IMAGINARY else part


def parse(text: str, *, thousands: bool = False) -> Node:
    """What ``text`` writes.

    Raises:
        Malformed: it is no formula and no set text.
        TooCostly: it is too long or nested too deep.
    """
    read = _unwrapped(plain(text))
    if special := _whole(read):
        return special
    return _Parser(tokens_of(read), thousands).whole()


def _unwrapped(text: str) -> str:
    """``text`` without brackets that hold all of it more than once: ``((x))`` is ``(x)``."""
    if not text.startswith("(("):
        return text
    opened = len(text) - len(text.lstrip("("))
    closed = len(text) - len(text.rstrip(")"))
    depth = lowest = opened
    for sign in text[opened : len(text) - closed]:
        depth += (sign == "(") - (sign == ")")
        lowest = min(lowest, depth)
    extra = min(lowest, closed) - 1
    return text[extra:-extra] if depth == closed and extra > 0 else text


def _whole(read: str) -> Node | None:
    """Forms that are read as a whole: words, choice letters, number words, ``5C2``."""
    if match := _ODDS.fullmatch(read):
        return Node("ratio", (num(int(match[1])), num(int(match[2]))))
    if match := _BINOMIAL.fullmatch(read) or _CHOOSE_BEFORE.fullmatch(read):
        return Node("call", ("binom", (num(int(match[1])), num(int(match[2])))))
    return words.read(read)


class _Parser(Measures):
    """Reads one text; each method takes the tokens of what it is named after."""

    def whole(self) -> Node:
        while self._take("=", "\\approx", ":"):
            pass
        node = self._list()
        while self._peek.text in (".", ",", ";", "!") and self._ahead(1).kind == "end":
            self._at += 1
        if self._peek.kind != "end":
            raise Malformed(f"unexpected {self._peek.text!r}")
        return node

    # The tokens

    # Lists and relations

    def _list(self) -> Node:
        parts: list[list[Node]] = []
        items, joint, marks = [self._relation()], "all", set[str]()
        while True:
            mark = ""
            while joined := self._separator():
                mark, joint = joined, "any" if joined == "or" else joint
            if not mark or (self._ends() and self._peek.text not in (")", "]", "}")):
                break
            marks.add(mark)
            if mark == ";":
                parts, items = [*parts, items], []
            items.append(self._relation())
        if {";", ","} <= marks:
            return Node("seq", (joint, *(listed(part) for part in (*parts, items))))
        return listed([item for part in (*parts, items) for item in part], joint)

    def _separator(self) -> str:
        token = self._peek
        if token.text in (",", ";") and token.kind == "sign":
            self._at += 1
            return token.text
        word = token.text.strip(" ,;").lower() if token.kind in ("text", "name") else ""
        if word in ("and", "or", "&") and self._at:
            self._at += 1
            return word
        return ""

    def _ends(self) -> bool:
        token = self._peek
        return token.kind == "end" or token.text in (
            ")",
            "]",
            "}",
            "\\}",
            ".",
            "\\rangle",
            "&",
            "\\\\",
        )

    def _relation(self) -> Node:
        parts: list[object] = [self._union()]
        while operator := self._operator():
            parts += [operator, self._union()]
        if self._take("\\pmod") or self._pmod():
            parts.append(
                self._argument() if self._tokens[self._at - 1].text == "\\pmod" else self._sum()
            )
            if self._tokens[self._at - 1].kind != "end" and self._peek.text == ")":
                self._at += 1
            return Node("rel", (parts[0], "mod", *parts[1:]))
        return Node("rel", tuple(parts)) if len(parts) > 1 else parts[0]  # type: ignore[return-value]

    def _pmod(self) -> bool:
        if self._peek.text == "(" and self._ahead(1).text in ("\\mod", "mod", "\\bmod"):
            self._at += 2
            return True
        return False

    def _operator(self) -> str | None:
        token = self._peek
        if token.kind not in ("sign", "cmd"):
            return None
        if token.text == "\\not":
            self._at += 1
            inner = self._operator()
            return {"=": "!=", "in": "notin"}.get(inner or "", f"not {inner}")
        if token.text == "&" and self._ahead(1).text in RELATIONS:
            self._at += 1
            return self._operator()
        if self._brackets and token.text in ("\\mid", "|", ":"):
            return None
        found = RELATIONS.get(token.text)
        if found:
            self._at += 1
        return found

    def _union(self) -> Node:
        node, length = self._ratio(), 0
        while (token := self._peek).kind in ("cmd", "name"):
            head = UNIONS.get(token.text) or ("cup" if token.text == "U" and token.spaced else None)
            if head is None or self._ahead(1).kind == "end":
                break
            self._at += 1
            length = self._chain(length)
            node = Node(head, (node, self._ratio()))
        return node

    def _ratio(self) -> Node:
        terms = [self._sum()]
        while self._peek.text == ":" and not self._in_braces:
            self._at += 1
            minutes = self._peek.text
            terms.append(self._sum())
            if len(terms) == 2 and len(minutes) == 2 and minutes[0] == "0":
                terms = [Node("clock", tuple(terms))]
        return Node("ratio", tuple(terms)) if len(terms) > 1 else terms[0]

    # Sums, products, powers

    def _sum(self) -> Node:
        terms = [self._signed()]
        while (token := self._peek).text in SUMS and token.kind in ("sign", "cmd"):
            if token.text in ("+", "-") and self._sign_ends():
                break
            self._at += 1
            terms.append(self._with_sign(SUMS[token.text], self._product()))
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
            node = self._with_sign(sign, node)
        return node

    @staticmethod
    def _with_sign(sign: str, node: Node) -> Node:
        if sign in ("pm", "mp"):
            return Node(sign, (node,))
        return neg(node) if sign == "-" else node

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
            return token.text.lower() not in ("and", "or", "mod") and not (
                token.text == "U" and token.spaced
            )
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

    # Primaries

    def _primary(self) -> Node:
        token = self._next()
        if token.kind == "num":
            return self._number(token)
        if token.kind == "based":
            return read_based(token.text)
        if token.kind == "name":
            return self._named(token.text)
        if token.kind == "cmd":
            return self._command(token.text)
        if token.kind == "text":
            return self._text_primary(token.text)
        if token.text in OPEN:
            return self._bracketed(token.text)
        if token.text == "|":
            return self._absolute(token.text)
        if token.text == "]" and self._brackets == 0:
            return self._bracketed("]")
        if token.text in ("...", "....", "....."):
            return DOTS
        if token.text == "_" or token.text == "^":
            raise Malformed("an index without a base")
        if token.kind == "end":
            raise Malformed("the formula ends too early")
        raise Malformed(f"unexpected {token.text!r}")

    def _text_primary(self, text: str) -> Node:
        """``\\text{…}`` inside a formula: a number word, a name, a function, or a word."""
        read = words.read(text)
        if read is not None and read.head == "num":
            return read
        if text in FUNCTIONS:
            return self._function(text)
        bare = text.strip()
        if len(bare) == 1 and bare.isascii() and bare.isalpha():
            return letter_node(bare)
        return Node("text", (words.folded(text),))

    def _number(self, token: Token) -> Node:
        text = token.text
        if self._brackets and not self._thousands and "," in text and splits(text):
            first, _, rest = text.partition(",")
            later = [Token("sign", ","), Token("num", rest)]
            self._tokens[self._at : self._at] = later
            text = first
        value, decimals, power = number(text)
        if power:
            return Node("*", (num(value), Node("^", (num(10), num(power)))))
        return num(value, decimals)

    def _named(self, text: str) -> Node:
        if text in NAMES and len(text) > 1:
            return NAMES[text]
        if text in FUNCTIONS:
            return self._function(text)
        if text in GREEK:
            return sym(ALIKE.get(text, text))
        if text == "C" and self._peek.text == "(":
            return self._choose()
        if len(text) == 1:
            return self._maybe_applied(letter_node(text))
        for name in ("sin", "cos", "tan", "cot", "log", "ln", "exp", "sqrt", "pi"):
            if text.startswith(name) and len(text) <= len(name) + 2:
                self._tokens.insert(self._at, Token("name", text[len(name) :]))
                return PI if name == "pi" else self._function(name)
            if text.endswith(name) and len(text) <= len(name) + 2:
                self._tokens.insert(self._at, Token("name", name))
                return product_of([letter_node(letter) for letter in text[: -len(name)]])
        if words.is_word(text):
            return Node("text", (text.lower(),))
        self._tokens.insert(self._at, Token("name", text[-1]))
        return product_of([letter_node(letter) for letter in text[:-1]])

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

    def _bracketed(self, opening: str) -> Node:
        self._deeper()
        bars, self._bars = self._bars, 0
        closing = OPEN.get(opening, "[")
        braces = opening in ("\\{", "\\lbrace")
        thin = opening == "{"
        self._brackets += not thin
        in_braces, self._in_braces = self._in_braces, int(braces)
        items, condition = self._items(closing), None
        if braces and self._take("|", "\\mid", ":", "\\colon"):
            condition = self._list()
        closed = self._next().text
        self._in_braces = in_braces
        self._brackets -= not thin
        self._bars = bars
        self._depth -= 1
        if closed != closing and (opening not in "([]" or closed not in (")", "]", "[")):
            raise Malformed(f"{opening!r} is never closed")
        return bracket_node(opening, closed, items, condition)

    def _items(self, closing: str) -> list[Node]:
        if self._peek.text == closing:
            return []
        inner = self._list()
        return [*inner.args[1:]] if inner.head == "seq" else [inner]

    def _absolute(self, opening: str) -> Node:
        self._deeper()
        self._bars += 1
        node = self._sum()
        self._bars -= 1
        closed = self._next().text
        if closed != opening and closed not in BARS:
            raise Malformed("a bar is never closed")
        self._depth -= 1
        return Node("call", ("abs", (node,)))

    def _argument(self) -> Node:
        """A TeX argument: a group, a command, or one digit of a number."""
        token = self._peek
        if token.text == "{":
            self._at += 1
            self._deeper()
            bars, self._bars = self._bars, 0
            node = self._list()
            self._bars = bars
            self._expect("}")
            self._depth -= 1
            return node
        if _is_digits(token):
            self._tokens[self._at] = Token("num", token.text[1:].lstrip(","))
            return num(int(token.text[0]))
        if token.kind == "name" and len(token.text) > 1 and token.text not in FUNCTIONS:
            self._tokens[self._at] = Token("name", token.text[1:])
            return letter_node(token.text[0])
        self._deeper()
        node = self._primary()
        self._depth -= 1
        return node

    def _radicand(self) -> Node:
        """What stands under a root: the whole number where no brace says otherwise."""
        return self._primary() if self._peek.kind == "num" else self._argument()

    # Commands and functions

    def _command(self, text: str) -> Node:
        name = text[1:]
        if text in OPEN:
            return self._bracketed(text)
        if text in BARS:
            return self._absolute(text)
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return derivative(above := self._argument(), below := self._argument()) or Node(
                "/", (above, below)
            )
        if name in ("binom", "dbinom", "tbinom"):
            return Node("call", ("binom", (self._argument(), self._argument())))
        if name == "sqrt":
            return self._root()
        if name in NAMES:
            return NAMES[name]
        if name in GREEK:
            return self._maybe_applied(sym(ALIKE.get(name, name)))
        if name in FUNCTIONS:
            return self._function(name)
        if name in ("mathbb", "mathcal", "mathscr", "mathfrak"):
            return self._set_letter()
        if name in FACES:
            return self._face()
        if name in ("overline", "bar"):
            return self._overlined()
        if name in MARKS:
            return marked(self._argument(), name)
        if name in DROPPED:
            return self._argument()
        if name == "angle":
            return self._angle()
        if text in CURRENCIES:
            return Node("quantity", (self._power(), CURRENCIES[text]))
        if name in ("lim", "int", "iint", "iiint", "oint", "sum", "prod"):
            return self._big(name)
        if name == "begin":
            return self._environment()
        if name in ("forall", "exists"):
            return Node("fn", (name, self._union()))
        raise Unknown(f"unknown command {text!r}")

    def _root(self) -> Node:
        if self._peek.text == "[":
            self._at += 1
            degree = self._sum()
            self._expect("]")
            return Node("call", ("root", (self._radicand(), degree)))
        return Node("call", ("sqrt", (self._radicand(),)))

    def _set_letter(self) -> Node:
        inner = self._argument()
        name = inner.args[0] if inner.head == "sym" else "".join(map(str, inner.args))
        if self._peek.text == "^" and self._ahead(1).text in ("+", "-", "*"):
            self._at += 1
            name += self._next().text
        return sym(f"set {name}")

    def _face(self) -> Node:
        """``\\mathrm{e}``, ``\\operatorname{arcsin}``, ``\\mathbf{v}``: letters in another face."""
        letters, taken = self._face_text_here()
        if not taken:
            return self._argument()
        self._at += taken
        if letters in FUNCTIONS:
            return self._function(letters)
        if len(letters) == 1:
            return self._maybe_applied(letter_node(letters))
        read = words.read(letters)
        return read if read is not None else sym(letters.replace(" ", ""))

    def _face_text_here(self) -> tuple[str, int]:
        self._at -= 1
        letters, taken = self._face_text()
        self._at += 1
        return letters, taken - 1 if taken else 0

    def _overlined(self) -> Node:
        inner = self._argument()
        letters = inner.args if inner.head == "*" else (inner,)
        names = [part.args[0] for part in letters if part.head == "sym"]
        if len(names) == len(letters) and all(name.isupper() for name in names):
            return sym("".join(names))
        return Node("call", ("conj", (inner,)))

    def _angle(self) -> Node:
        name = ""
        while self._peek.kind in ("name", "num") or self._peek.text in ("{", "}", "_"):
            name += self._next().text
        return sym("angle " + name.replace("{", "").replace("}", ""))

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

    def _big(self, name: str) -> Node:
        """A sum, product, integral or limit with its bounds and its body."""
        bounds: dict[str, Node] = {}
        while self._peek.text in ("_", "^"):
            mark = self._next().text
            bounds[mark] = self._bound()
        body = self._integral() if name.endswith("int") else self._product()
        below = bounds.get("_", Node("text", ("",)))
        above = bounds.get("^", Node("text", ("",)))
        if below.head == "rel" and below.args[0] == IMAGINARY:  # an index called i
            body, below = (rebuilt(part, _index_of_i) for part in (body, below))
        return Node("hard", (name, body, below, above))

    def _integral(self) -> Node:
        """What an integral integrates, up to its differential: ``fn d (integrand, variable)``."""
        terms: list[Node] = []
        sign = "+"
        self._integrals += 1
        while True:
            term = self._with_sign(sign, self._signed() if not terms else self._product())
            if found := differentiated(term):
                terms.append(found[0])
                self._integrals -= 1
                return Node("fn", ("d", listed_sum(terms), found[1]))
            terms.append(term)
            token = self._next()
            sign = SUMS.get(token.text, "")
            if sign not in ("+", "-"):
                raise Malformed("an integral without its differential")

    def _bound(self) -> Node:
        if self._peek.text == "{":
            self._at += 1
            node = self._list()
            self._expect("}")
            return node
        return self._argument()

    def _environment(self) -> Node:
        self._deeper()
        kind = self._environment_name()
        if kind == "array" and self._peek.text == "{":
            while self._next().text != "}":
                if self._peek.kind == "end":
                    raise Malformed("columns are never closed")
        saved = (self._brackets, self._bars, self._in_braces)
        self._brackets, self._bars, self._in_braces = 1, 0, 0
        rows: list[Node] = [self._row()]
        while self._take("\\\\"):
            while self._take("\\hline"):
                pass
            if self._peek.text != "\\end":
                rows.append(self._row())
        self._expect("\\end")
        if self._environment_name() != kind:
            raise Malformed("an environment ends as another")
        self._brackets, self._bars, self._in_braces = saved
        self._depth -= 1
        return environment_node(kind, rows)

    def _environment_name(self) -> str:
        self._expect("{")
        name = self._next().text
        self._take("*")
        self._expect("}")
        return name

    def _row(self) -> Node:
        cells = [self._cell()]
        while self._take("&"):
            cells.append(self._cell())
        return Node("row", tuple(cells))

    def _cell(self) -> Node:
        empty = self._peek.text in ("&", "\\\\", "\\end")
        return Node("text", ("",)) if empty else self._list()


# Nodes from parts
