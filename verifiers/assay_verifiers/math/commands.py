"""Commands: what a LaTeX command begins — fractions, roots, faces, marks, sums and integrals."""

from __future__ import annotations

from assay_verifiers.math import words
from assay_verifiers.math.assembly import (
    derivative,
    differentiated,
    letter_node,
    listed_sum,
    marked,
    signed,
)
from assay_verifiers.math.measures import Measures
from assay_verifiers.math.tree import IMAGINARY, Malformed, Node, Unknown, rebuilt, sym
from assay_verifiers.math.vocabulary import (
    ALIKE,
    BARS,
    CURRENCIES,
    DROPPED,
    FACES,
    FUNCTIONS,
    GREEK,
    MARKS,
    NAMES,
    OPEN,
    SUMS,
)


def _index_of_i(part: Node) -> Node:
    return sym("i") if part == IMAGINARY else part


class Commands(Measures):
    """Reads one text; each method takes the tokens of what it is named after."""

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
            term = signed(sign, self._signed() if not terms else self._product())
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
