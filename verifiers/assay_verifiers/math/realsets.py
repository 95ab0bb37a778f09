"""Real sets: intervals, unions, inequalities and set builders as one ordered list of pieces.

A set is read from a node (``(0,1]``, ``x > 2``, ``2 > x > 1``, ``|x| < 3``, ``x^2 <= 4``,
``\\{x : x \\ne 0\\}``, ``\\mathbb{R} \\setminus \\{0\\}``, unions and intersections of such) and
brought to disjoint pieces in ascending order. Ends are expressions, compared exactly; their order
is that of their values. One variable only; inequalities up to the second degree.
"""

from __future__ import annotations

from typing import NamedTuple

from assay_verifiers.math.equality import Scalars
from assay_verifiers.math.tree import (
    INF,
    ZERO,
    Node,
    TooCostly,
    neg,
    num,
    substituted,
    symbols,
)

MINUS_INF = neg(INF)
_MOST_PIECES = 100
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
ORDERS = frozenset(("<", ">", "<=", ">="))


class Piece(NamedTuple):
    """From ``low`` to ``high``, each end in it or not; a point has both ends equal and closed."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


Pieces = list[Piece]
ALL: Pieces = [Piece(MINUS_INF, False, INF, False)]


class RealSets:
    """Reads and compares real sets with the given comparison of ends."""

    def __init__(self, scalars: Scalars) -> None:
        self._scalars = scalars

    def same(self, left: Node, right: Node) -> bool | None:
        """Whether two nodes are the same set of reals; None where one of them is none."""
        one, other = self.read(left), self.read(right)
        if one is None or other is None:
            return None
        return len(one) == len(other) and all(map(self._same_piece, one, other))

    def _same_piece(self, left: Piece, right: Piece) -> bool:
        return (
            left.low_closed == right.low_closed
            and left.high_closed == right.high_closed
            and self._same_end(left.low, right.low)
            and self._same_end(left.high, right.high)
        )

    def _same_end(self, left: Node, right: Node) -> bool:
        if left == right:
            return True
        if _endless(left) or _endless(right):
            return _endless(left) == _endless(right)
        return self._scalars.equal(left, right)

    # Reading

    def read(self, node: Node) -> Pieces | None:
        """The set's pieces, or None where the node is no set of reals."""
        found = self._raw(node)
        return None if found is None else self._normal(found)

    def _raw(self, node: Node) -> Pieces | None:
        head, args = node
        if head == "group" and len(args) == 4:
            return self._interval(args)
        if head == "set":
            return None if any(_structured(item) for item in args) else [_point(a) for a in args]
        if node == ("sym", ("set R",)):
            return ALL
        if head in ("cup", "cap", "minus"):
            return self._combined(head, args)
        if head == "builder":
            return self._built(*args)
        if head == "rel":
            return self._relation(args)
        if head == "seq":
            return self._several(args)
        return None

    def _interval(self, args: tuple[object, ...]) -> Pieces | None:
        opening, low, high, closing = args
        if not isinstance(low, Node) or not isinstance(high, Node):
            return None
        if _structured(low) or _structured(high):
            return None
        return [Piece(low, opening == "[", high, closing == "]")]

    def _combined(self, head: str, args: tuple[Node, Node]) -> Pieces | None:
        left, right = self._raw(args[0]), self._raw(args[1])
        if left is None or right is None:
            return None
        if head == "cup":
            return left + right
        one, other = self._normal(left), self._normal(right)
        if one is None or other is None:
            return None
        return self._cut(one, other if head == "cap" else self._complement(other))

    def _built(self, element: Node, condition: Node) -> Pieces | None:
        names = symbols(condition)
        if element.head == "rel" and element.args[1] == "in" and len(element.args) == 3:
            if element.args[2] != ("sym", ("set R",)):
                return None
            element = element.args[0]
        if element.head != "sym" or not names <= {element.args[0]} | {"set R"}:
            return None
        return self._raw(condition)

    def _several(self, args: tuple[object, ...]) -> Pieces | None:
        """``x < -1 or x > 1``; with commas, both must hold where that is possible."""
        joint, *items = args
        if not all(isinstance(item, Node) and item.head == "rel" for item in items):
            return None
        read = [self._raw(item) for item in items if isinstance(item, Node)]
        pieces = [found for found in read if found is not None]
        names = {name for item in items if isinstance(item, Node) for name in symbols(item)}
        if len(pieces) < len(items) or len(names - {"set R"}) != 1:
            return None
        if joint == "any":
            return [piece for found in pieces for piece in found]
        common: Pieces | None = ALL
        for found in pieces:
            normal = self._normal(found)
            if common is None or normal is None:
                return None
            common = self._cut(common, normal)
        return common or [piece for found in pieces for piece in found]

    # Inequalities

    def _relation(self, args: tuple[object, ...]) -> Pieces | None:
        members = [_as_name(arg) for arg in args[::2] if isinstance(arg, Node)]
        operators = [str(arg) for arg in args[1::2]]
        if operators == ["in"]:
            return self._raw(members[1]) if members[0].head == "sym" else None
        if not all(op in ORDERS or op == "!=" for op in operators):
            return None
        variable = _variable(members)
        if variable is None:
            return None
        found: Pieces | None = None
        for at, operator in enumerate(operators):
            solved = self._solved(members[at], operator, members[at + 1], variable)
            normal = None if solved is None else self._normal(solved)
            if normal is None:
                return None
            found = normal if found is None else self._cut(found, normal)
        return found

    def _solved(self, left: Node, operator: str, right: Node, name: str) -> Pieces | None:
        if left == ("sym", (name,)) and name not in symbols(right):
            return _ray(operator, right)
        if right == ("sym", (name,)) and name not in symbols(left):
            return _ray(_FLIPPED[operator], left)
        if right.head == "call" and right.args[0] == "abs" and name in symbols(right):
            left, operator, right = right, _FLIPPED[operator], left
        if left.head == "call" and left.args[0] == "abs" and name not in symbols(right):
            return self._absolute(left.args[1][0], operator, right, name)
        return self._polynomial(Node("+", (left, neg(right))), operator, name)

    def _absolute(self, inner: Node, operator: str, bound: Node, name: str) -> Pieces | None:
        below = self._solved(inner, operator, bound, name)
        above = self._solved(inner, _FLIPPED[operator], neg(bound), name)
        if below is None or above is None:
            return None
        if operator in ("<", "<="):
            one, other = self._normal(below), self._normal(above)
            return None if one is None or other is None else self._cut(one, other)
        return self._cut(below, above) if operator == "!=" else below + above

    def _polynomial(self, node: Node, operator: str, name: str) -> Pieces | None:
        """Solve ``node operator 0`` where node is of the first or second degree in the variable."""
        at = [substituted(node, name, num(value)) for value in range(5)]
        first = [Node("+", (at[i + 1], neg(at[i]))) for i in range(4)]
        second = [Node("+", (first[i + 1], neg(first[i]))) for i in range(3)]
        if symbols(node) != {name} or not self._scalars.equal(second[0], second[1]):
            return None
        if not self._scalars.equal(second[1], second[2]) or not self._holds(node, at, second, name):
            return None
        if self._scalars.equal(second[0], ZERO):
            slope = self._value(first[0])
            if not slope:
                return None
            end = Node("/", (neg(at[0]), first[0]))
            return _ray(operator if slope > 0 else _FLIPPED[operator], end)
        return self._quadratic(Node("/", (second[0], num(2))), first[0], at[0], operator)

    def _holds(self, node: Node, at: list[Node], second: list[Node], name: str) -> bool:
        """Whether the parabola through three points is the expression itself."""
        x = Node("sym", (name,))
        first = Node("+", (at[1], neg(at[0])))
        half = Node("/", (Node("*", (x, Node("+", (x, num(-1))))), num(2)))
        terms = (at[0], Node("*", (x, first)), Node("*", (half, second[0])))
        return self._scalars.equal(node, Node("+", terms))

    def _quadratic(self, a: Node, rise: Node, c: Node, operator: str) -> Pieces | None:
        b = Node("+", (rise, neg(a)))
        square = Node("+", (Node("^", (b, num(2))), Node("*", (num(-4), a, c))))
        lead, inside = self._value(a), self._value(square)
        if lead is None or inside is None or not lead or inside <= 0:
            return None
        root = Node("call", ("sqrt", (square,)))
        twice = Node("*", (num(2), a))
        ends = [Node("/", (Node("+", (neg(b), part)), twice)) for part in (neg(root), root)]
        low, high = ends if lead > 0 else ends[::-1]
        operator = operator if lead > 0 else _FLIPPED[operator]
        closed = "=" in operator and operator != "!="
        if operator == "!=":
            return [Piece(MINUS_INF, False, low, False), Piece(low, False, high, False),
                    Piece(high, False, INF, False)]  # fmt: skip
        if operator in ("<", "<="):
            return [Piece(low, closed, high, closed)]
        return [Piece(MINUS_INF, False, low, closed), Piece(high, closed, INF, False)]

    # Pieces

    def _value(self, end: Node) -> float | None:
        sign = _endless(end)
        if sign:
            return sign * float("inf")
        value = self._scalars.number(end)
        return None if value is None or abs(value.imag) > 1e-9 * abs(value) else value.real

    def _normal(self, pieces: Pieces) -> Pieces | None:
        """Disjoint pieces in ascending order; None where the order of ends is not known."""
        if len(pieces) > _MOST_PIECES:
            raise TooCostly("too many pieces")
        if len(pieces) < 2:
            return [piece for piece in pieces if not self._is_empty(piece)]
        valued = []
        for piece in pieces:
            low, high = self._value(piece.low), self._value(piece.high)
            if low is None or high is None:
                return None
            if not self._is_empty(piece):
                valued.append((low, not piece.low_closed, high, piece))
        valued.sort(key=lambda entry: entry[:2])
        found: Pieces = []
        for _, _, _, piece in valued:
            if found and self._touch(found[-1], piece):
                found[-1] = self._joined(found[-1], piece)
            else:
                found.append(piece)
        return found

    def _is_empty(self, piece: Piece) -> bool:
        order = self._order(piece.low, piece.high)
        closed = piece.low_closed and piece.high_closed
        return order is not None and (order > 0 or (order == 0 and not closed))

    def _order(self, left: Node, right: Node) -> int | None:
        one, other = self._value(left), self._value(right)
        if one is None or other is None:
            return 0 if left == right else None
        if _endless(left) or _endless(right) or abs(one - other) > 1e-6 * (abs(one) + abs(other)):
            return (one > other) - (one < other)
        return 0 if self._scalars.equal(left, right) else (one > other) - (one < other)

    def _touch(self, left: Piece, right: Piece) -> bool:
        order = self._order(left.high, right.low)
        if order is None:
            return False
        return order > 0 or (order == 0 and (left.high_closed or right.low_closed))

    def _joined(self, left: Piece, right: Piece) -> Piece:
        order = self._order(left.high, right.high) or 0
        if order > 0:
            return left
        closed = right.high_closed or (order == 0 and left.high_closed)
        low_closed = left.low_closed or (right.low_closed and self._order(left.low, right.low) == 0)
        return Piece(left.low, low_closed, right.high, closed)

    def _cut(self, left: Pieces, right: Pieces) -> Pieces:
        """The intersection of two sets of disjoint pieces."""
        found = []
        for one in left:
            for other in right:
                low, low_closed = self._later(one, other)
                high, high_closed = self._earlier(one, other)
                piece = Piece(low, low_closed, high, high_closed)
                if not self._is_empty(piece):
                    found.append(piece)
        return found

    def _later(self, one: Piece, other: Piece) -> tuple[Node, bool]:
        order = self._order(one.low, other.low) or 0
        if order == 0:
            return one.low, one.low_closed and other.low_closed
        return (one.low, one.low_closed) if order > 0 else (other.low, other.low_closed)

    def _earlier(self, one: Piece, other: Piece) -> tuple[Node, bool]:
        order = self._order(one.high, other.high) or 0
        if order == 0:
            return one.high, one.high_closed and other.high_closed
        return (one.high, one.high_closed) if order < 0 else (other.high, other.high_closed)

    def _complement(self, pieces: Pieces) -> Pieces:
        found, low, closed = [], MINUS_INF, False
        for piece in pieces:
            found.append(Piece(low, closed, piece.low, not piece.low_closed))
            low, closed = piece.high, not piece.high_closed
        found.append(Piece(low, closed, INF, False))
        return [
            piece for piece in found if not (_endless(piece.low) == 1 or _endless(piece.high) == -1)
        ]


def _endless(node: Node) -> int:
    """1 for infinity, -1 for minus infinity, else 0."""
    return 1 if node == INF else -1 if node == MINUS_INF else 0


def _point(node: Node) -> Piece:
    return Piece(node, True, node, True)


def _ray(operator: str, end: Node) -> Pieces:
    below, above = Piece(MINUS_INF, False, end, False), Piece(end, False, INF, False)
    return {
        "<": [below], ">": [above], "!=": [below, above], "=": [_point(end)],
        "<=": [below._replace(high_closed=True)], ">=": [above._replace(low_closed=True)],
    }[operator]  # fmt: skip


def _variable(members: list[Node]) -> str | None:
    """The variable of a chain of inequalities: the only name, or the one that stands alone."""
    names = {name for member in members for name in symbols(member)}
    if len(names) == 1:
        return names.pop()
    alone = [member.args[0] for member in members if member.head == "sym"]
    if len(alone) != 1 or sum(alone[0] in symbols(member) for member in members) != 1:
        return None
    return str(alone[0])


def _as_name(node: Node) -> Node:
    """``f(x)`` in ``0 < f(x) < 1`` is what the inequality is about."""
    return Node("sym", (str(node.args),)) if node.head in ("fn", "apply") else node


def _structured(node: Node) -> bool:
    return node.head in ("seq", "group", "set", "matrix", "rel", "text", "choice", "builder")
