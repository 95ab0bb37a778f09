"""Primaries: numbers, names, words and whatever stands between brackets or bars."""

from __future__ import annotations

from assay_verifiers.math import words
from assay_verifiers.math.assembly import (
    bracket_node,
    letter_node,
    product_of,
    read_based,
    splits,
)
from assay_verifiers.math.calls import Calls
from assay_verifiers.math.tokens import Token, number
from assay_verifiers.math.tree import DOTS, PI, Malformed, Node, num, sym
from assay_verifiers.math.vocabulary import ALIKE, BARS, FUNCTIONS, GREEK, NAMES, OPEN


def _is_digits(token: Token) -> bool:
    """Whether a number is several digits in a row, of which TeX takes one."""
    plain_digits = token.kind == "num" and token.text.replace(".", "").isdigit()
    return plain_digits and len(token.text) > 1 and token.text[0] != "."


class Primaries(Calls):
    """Reads one text; each method takes the tokens of what it is named after."""

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
