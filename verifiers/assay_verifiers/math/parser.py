"""Parser: plain notation to a :class:`Node`, by recursive descent with precedence.

From loosest to tightest: lists (``,`` ``;`` and, or) · relations · unions · sums · products
(juxtaposition is a product) · signs · powers · postfixes (``!`` ``%`` degrees, subscripts) ·
primaries. A list in which a group of digits may be thousands or an item (``(2,251)``) is read as
items unless ``thousands`` is set. Depth and tokens are bounded; time is linear in the tokens.
"""

from __future__ import annotations

import re

from assay_verifiers.math import words
from assay_verifiers.math.assembly import listed
from assay_verifiers.math.notation import plain
from assay_verifiers.math.terms import Terms
from assay_verifiers.math.tokens import tokens_of
from assay_verifiers.math.tree import Malformed, Node, num
from assay_verifiers.math.vocabulary import RELATIONS, UNIONS

_BINOMIAL = re.compile(r"([0-9]{1,6}) ?C_?\{? ?([0-9]{1,6})\}?")
_CHOOSE_BEFORE = re.compile(r"(?:\{ ?\})? ?[\^_] ?\{?([0-9]{1,6})\}? ?C ?_ ?\{?([0-9]{1,6})\}?")
_ODDS = re.compile(r"([0-9]{1,9}) to ([0-9]{1,9})")


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


class _Parser(Terms):
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
            head = UNIONS.get(token.text) or ("cup" if self._plain_union() else None)
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
