"""Assembly: nodes from the parts that the parser has read. Pure functions of nodes and texts."""

from __future__ import annotations

from itertools import pairwise

from assay_verifiers.math.tree import IMAGINARY, E, Malformed, Node, neg, num, sym
from assay_verifiers.math.vocabulary import PERCENTS, SCALES

_LISTED = ("num", "group", "seq")  # [3] and [[1, 2]] are a list and a matrix, [x + 1] is x + 1


def listed(items: list[Node], joint: str = "all") -> Node:
    return items[0] if len(items) == 1 and joint == "all" else Node("seq", (joint, *items))


def product_of(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Node("*", tuple(factors))


def sum_of(left: Node, right: Node) -> Node:
    return Node("+", (left, right))


def signed(sign: str, node: Node) -> Node:
    if sign in ("pm", "mp"):
        return Node(sign, (node,))
    return neg(node) if sign == "-" else node


def quantity(value: Node, unit: str) -> Node:
    """So many of a unit; percent and millions are numbers."""
    word = unit.lower().strip(" .")
    if word in PERCENTS:
        return Node("/", (value, num(100)))
    if word in SCALES:
        return Node("*", (num(SCALES[word]), value))
    return Node("quantity", (value, unit))


def letter_node(letter: str) -> Node:
    return E if letter == "e" else IMAGINARY if letter == "i" else sym(letter)


def is_whole(node: Node) -> bool:
    return bool(node.head == "num" and node.args[0].denominator == 1 and node.args[1] == 0)


def is_proper(node: Node) -> bool:
    """A fraction of two positive integers below one, as after the whole of a mixed number."""
    return (
        node.head == "/"
        and all(is_whole(part) for part in node.args)
        and 0 < node.args[0].args[0] < node.args[1].args[0]
    )


def splits(text: str) -> bool:
    """Whether the groups of ``1,234`` could be items of a list: none starts with a zero."""
    return not any(group.startswith("0") and len(group) > 1 for group in text.split(","))


def primed(node: Node, marks: str) -> Node:
    if node.head == "sym":
        return sym(node.args[0] + marks)
    return marked(node, marks)


def marked(node: Node, mark: str) -> Node:
    if node.head == "sym":
        return sym(f"{node.args[0]}{mark}")
    return Node("fn", (mark, node))


def read_based(text: str) -> Node:
    digits, _, base = text.replace(" ", "").partition("_")
    return based(digits.replace(",", ""), int(base.strip("{}")))


def based(digits: str, base: int) -> Node:
    values = [int(digit, 16) for digit in digits]
    if not 2 <= base <= 36 or max(values, default=0) >= base:
        raise Malformed("digits that their base does not have")
    return Node("based", (folded_digits(values, base), base))


def folded_digits(values: list[int], base: int) -> int:
    """The number of these digits, halving so that long ones cost no square."""
    if len(values) <= 32:
        total = 0
        for value in values:
            total = total * base + value
        return total
    half = len(values) // 2
    shift: int = base**half
    return folded_digits(values[:-half], base) * shift + folded_digits(values[-half:], base)


def bracket_node(opening: str, closed: str, items: list[Node], condition: Node | None) -> Node:
    if opening in ("\\lfloor", "\\lceil", "\\lvert", "\\lVert"):
        name = {"f": "floor", "c": "ceil"}.get(opening[2], "abs")
        if len(items) != 1:
            raise Malformed("brackets of one thing hold several")
        return Node("call", (name, (items[0],)))
    if opening in ("\\{", "\\lbrace"):
        if condition is not None:
            return Node(
                "builder", (Node("seq", ("all", *items)) if len(items) > 1 else items[0], condition)
            )
        return Node("set", tuple(items))
    if opening == "{":
        if not items:
            return Node("set", ())
        return items[0] if len(items) == 1 else Node("seq", ("all", *items))
    if len(items) == 1 and opening + closed == "()":
        return parenthesised(items[0])
    if len(items) == 1 and opening + closed == "[]" and items[0].head not in _LISTED:
        return parenthesised(items[0])
    if opening == "[" and items and all(is_row(item) for item in items):
        return Node("matrix", tuple(Node("row", item.args[1:-1]) for item in items))
    if opening == "\\langle":
        opening, closed = "(", ")"
    if opening == "]" or closed == "[":  # ]0, 1[ is (0, 1)
        opening, closed = opening.replace("]", "("), closed.replace("[", ")")
    return Node("group", (opening, *items, closed))


def is_row(item: Node) -> bool:
    return item.head == "group" and item.args[0] == "["


def parenthesised(item: Node) -> Node:
    """``(x)`` is x; but ``(1/2)`` after a whole number is no part of a mixed number."""
    return Node("*", (item,)) if is_proper(item) else item


def environment_node(kind: str, rows: list[Node]) -> Node:
    if kind in ("cases", "aligned", "align", "gathered", "split", "equation"):
        return Node("seq", ("all", *(cell for row in rows for cell in row.args)))
    if len({len(row.args) for row in rows}) != 1:
        raise Malformed("rows of different lengths")
    matrix = Node("matrix", tuple(rows))
    return Node("call", ("det", (matrix,))) if kind == "vmatrix" else matrix


def differentiated(term: Node) -> tuple[Node, Node] | None:
    """``x^2 dx`` as its integrand and its variable; None for a term without a differential."""
    if term.head == "/" and (found := differentiated(term.args[0])):
        return Node("/", (found[0], term.args[1])), found[1]
    if term.head != "*":
        return None
    for at, (first, second) in enumerate(pairwise(term.args)):
        if first == sym("d") and second.head == "sym":
            rest = term.args[:at] + term.args[at + 2 :]
            return product_of([*rest]) if rest else num(1), second
    if found := differentiated(term.args[-1]):  # a minus before the whole
        return Node("*", (*term.args[:-1], found[0])), found[1]
    return None


def listed_sum(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node("+", tuple(terms))


def derivative(above: Node, below: Node) -> Node | None:
    """``dy/dx`` is y', the partial derivative of f by x is f_x."""
    top = differential(above)
    bottom = differential(below)
    if top is None or bottom is None or top[0] != bottom[0]:
        return None
    return sym(f"{top[1]}'") if top[0] == "d" else sym(f"{top[1]}_{bottom[1]}")


def differential(node: Node) -> tuple[str, str] | None:
    if node.head != "*" or len(node.args) != 2:
        return None
    first, second = node.args
    if first in (sym("d"), sym("partial")) and second.head == "sym":
        return first.args[0], second.args[0]
    return None
