"""Comparison: are two answers, as read, the same mathematical object?

Theory of operation. Both are brought to what they say (``x = 5`` says 5 and names it x, ``±2`` says
2 and -2, ``5\\text{ m}`` says 5 and measures it), then compared by kind: words with words, lists
without order and with multiplicity, tuples in order, sets of reals by their pieces, matrices by
entry, equations and inequalities up to scale, scalars by :mod:`equality`. Kinds are kept apart and
are equal only where they mean the same: an interval and an inequality, a column and a tuple, a
solution and a set of one. All rules are symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from assay_verifiers.math.ball import Complex
from assay_verifiers.math.congruences import are_congruent, congruence
from assay_verifiers.math.decimals import tells
from assay_verifiers.math.equality import Scalars
from assay_verifiers.math.exact import Exact, Inexact
from assay_verifiers.math.matrices import as_matrix, with_determinants
from assay_verifiers.math.parser import parse
from assay_verifiers.math.readings import (
    EVEN,
    are_points,
    as_quantity,
    assignments,
    bare,
    excluded,
    expanded,
    family,
    is_clock,
    is_paired,
    is_ranking,
    is_reals,
    is_special,
    items,
    letter_of,
    letters_of,
    measured,
    naming,
    oriented,
    periodic,
    renaming,
    stated,
    unbracketed,
    undeclared,
    value_of,
    without_calls,
    without_degrees,
)
from assay_verifiers.math.realsets import ORDERS, RealSets
from assay_verifiers.math.tree import (
    DOTS,
    ZERO,
    Malformed,
    Node,
    TooCostly,
    Undefined,
    has,
    neg,
    num,
    substituted,
    sym,
    symbols,
)
from assay_verifiers.math.units import same_unit

_MOST_ITEMS = 400
_MOST_COMPARISONS = 4_000
_COLLECTIONS = frozenset(("seq", "set", "group", "matrix", "row"))
_SETS = frozenset(("cup", "cap", "minus", "builder"))


@dataclass(frozen=True)
class Rules:
    """How answers are compared.

    Attributes:
        tolerance: relative error allowed in numbers without variables; 0 is exact.
        ordered: whether the order of a list counts.
        units: ``optional`` (compared where both sides have them), ``required`` (both or neither)
            or ``ignored``.
    """

    tolerance: float = 0.0
    ordered: bool = False
    units: str = "optional"


class Comparison:
    """One comparison of two answers; says afterwards whether only the units differed."""

    def __init__(self, scalars: Scalars, rules: Rules) -> None:
        self._scalars = scalars
        self._sets = RealSets(scalars)
        self._rules = rules
        self._left = _MOST_COMPARISONS
        self.wrong_unit = False

    def same(self, left: Node, right: Node) -> bool:
        """Whether the two are the same.

        Raises:
            TooCostly, Hard: as :class:`Scalars` does.
        """
        self._left -= 1
        if self._left < 0:
            raise TooCostly("too many comparisons")
        left, right = bare(left), bare(right)
        if left == right:
            return True
        left, right = with_determinants(stated(left)), with_determinants(stated(right))
        left, right = expanded(excluded(left)), expanded(excluded(right))
        if left.head in ("text", "choice") or right.head in ("text", "choice"):
            return self._words(left, right)
        if left.head == "rel" or right.head == "rel":
            return self._relations(left, right)
        if left.head == "seq" or right.head == "seq":
            return self._lists(left, right)
        if left.head in _SETS or right.head in _SETS or is_reals(left) or is_reals(right):
            found = self._sets.same(left, right)
            return self._parts(left, right) if found is None else found
        if left.head in _COLLECTIONS or right.head in _COLLECTIONS or has(left, "row"):
            return self._collections(left, right)
        return self._quantities(left, right)

    # Words

    def _words(self, left: Node, right: Node) -> bool:
        if left.head == "choice" or right.head == "choice":
            return self._choices(left, right)
        if left.head == right.head:
            return bool(left.args == right.args)
        if {left.head, right.head} == {"text", "sym"}:
            return str(left.args[0]).casefold() == str(right.args[0]).casefold()
        return False

    def _choices(self, left: Node, right: Node) -> bool:
        one, other = letter_of(left), letter_of(right)
        if one and other:
            return one == other
        choice, rest = (left, right) if left.head == "choice" else (right, left)
        if rest.head == "seq" or len(choice.args) < 2:
            return False
        try:
            return self.same(parse(choice.args[1]), rest)
        except Malformed:
            return False

    # Equations, inequalities, other relations

    def _relations(self, left: Node, right: Node) -> bool:
        one, other = congruence(left), congruence(right)
        if one and other:
            named = one.subject is not None and other.subject is not None
            same = not named or self.same(one.subject, other.subject)  # type: ignore[arg-type]
            return same and are_congruent(one, other)
        if left.head == "rel" and right.head == "rel":
            return self._two_relations(left, right)
        relation, rest = (left, right) if left.head == "rel" else (right, left)
        if found := one or other:
            return found.subject is None and self.same(num(found.residue), rest)
        return self._relation_and(relation, rest)

    def _relation_and(self, relation: Node, other: Node) -> bool:
        if value := value_of(relation):
            return self.same(value, other)
        if computed := self._computed(relation):
            return self.same(computed, other)
        if other.head in _COLLECTIONS or other.head in _SETS or is_reals(other):
            if other.head == "seq" and relation.args[1] == "=":
                return self._lists(relation, other)
            return bool(self._sets.same(relation, other))
        return False

    def _computed(self, relation: Node) -> Node | None:
        """What ``2 + 3 = 5`` comes to, if what it says is true."""
        if set(relation.args[1::2]) != {"="}:
            return None
        members = relation.args[::2]
        if any(symbols(member) or member.head in _COLLECTIONS for member in members):
            return None
        return members[-1] if all(self.same(a, b) for a, b in pairwise(members)) else None

    def _two_relations(self, left: Node, right: Node) -> bool:
        one, other = naming(left), naming(right)
        if one and other:
            renamed = renaming(one[0], other[0], other[1])
            if renamed is not None:
                return self.same(one[1], renamed)
            if one[0].head != other[0].head and {one[0], other[0]} & {sym("y")}:
                return self.same(one[1], other[1])
        if self._proportional(left, right):
            return True
        if symbols(left) == symbols(right) and self._sets.same(left, right):
            return True
        return self._parts(*map(oriented, (left, right))) or (
            len(left.args) == 3
            and left.args[1] in EVEN
            and self._parts(left, Node("rel", right.args[::-1]))
        )

    def _proportional(self, left: Node, right: Node) -> bool:
        """Whether ``a op b`` and ``c op d`` are one relation times a constant."""
        if len(left.args) != 3 or len(right.args) != 3:
            return False
        if any(is_special(arg) for node in (left, right) for arg in node.args[::2]):
            return False
        one, other = oriented(left), oriented(right)
        operator = one.args[1]
        if operator != other.args[1] or operator not in ("=", "!=", "<", "<="):
            return False
        first = Node("+", (one.args[0], neg(one.args[2])))
        second = Node("+", (other.args[0], neg(other.args[2])))
        factor = self._ratio(first, second)
        if factor is None or (operator in ORDERS and factor < 0):
            return False
        return self._scalars_same(Node("*", (first, num(factor))), second)

    def _ratio(self, first: Node, second: Node) -> Fraction | None:
        """The constant by which ``first`` must be multiplied to give ``second``, if rational."""
        names = sorted(symbols(first) | symbols(second))
        if not names:
            return None
        for turn in range(6):
            values = {name: 3 + 7 * turn + 11 * at * (turn + 2) for at, name in enumerate(names)}
            try:
                (a, b), (c, d) = Exact(values).value(first), Exact(values).value(second)
            except Undefined:
                continue
            except (Inexact, TooCostly):
                return self._unit_ratio(first, second)
            if a and c:
                return Fraction(c * b, d * a)
        return None

    def _unit_ratio(self, first: Node, second: Node) -> Fraction | None:
        """For equations that are not rational: the same sides, or the same sides exchanged."""
        for factor in (Fraction(1), Fraction(-1)):
            if self._scalars_same(Node("*", (first, num(factor))), second):
                return factor
        return None

    # Lists, tuples, sets, matrices

    def _lists(self, left: Node, right: Node) -> bool:
        families = family(left) or undeclared(left), family(right) or undeclared(right)
        if families[0] and families[1]:
            return self._families(families[0], families[1])
        if (one := assignments(left)) and (other := assignments(right)):
            return one.keys() == other.keys() and all(
                self.same(value, other[name]) for name, value in one.items()
            )
        if one or (other := assignments(right)):
            named, rest = (one, right) if one else (other, left)
            if rest.head == "seq" and any(map(naming, rest.args[1:])):
                return False
            return self._in_order([named[name] for name in sorted(named)], rest)
        found = self._sets.same(left, right) if _speaks_of_sets(left, right) else None
        if found is not None:
            return found
        first, second = items(left), items(right)
        if left.head != right.head and (letters := letters_of(left)) and letters_of(right):
            return sorted(letters) == sorted(letters_of(right))
        if left.head == "group" or right.head == "group":
            group = left if left.head == "group" else right
            if len(group.args) == 3:
                return self._lists(unbracketed(left), unbracketed(right))
            return is_paired(group) and self._all_same(first, second)
        if left.head == "matrix" or right.head == "matrix":
            return False
        for alternatives, only in ((left, second), (right, first)):
            if len(only) == 1 and alternatives.head == "seq" and alternatives.args[0] == "any":
                return all(self.same(item, only[0]) for item in items(alternatives))
        ranked = is_ranking(first) and is_ranking(second)
        if self._rules.ordered or ranked or DOTS in first or DOTS in second:
            return self._all_same(first, second)
        if are_points(first) and are_points(second):
            return self._same_sets(Node("set", tuple(first)), Node("set", tuple(second)))
        return self._matched(first, second)

    def _in_order(self, values: list[Node], other: Node) -> bool:
        if other.head == "seq":
            return self._matched(values, items(other))
        return other.head == "group" and self._all_same(values, items(other))

    def _all_same(self, left: list[Node], right: list[Node]) -> bool:
        return len(left) == len(right) and all(map(self.same, left, right))

    def _matched(self, left: list[Node], right: list[Node]) -> bool:
        """Whether two lists hold the same items in any order, each as often."""
        if len(left) != len(right) or len(left) > _MOST_ITEMS:
            return False
        values = [self._rough(item) for item in right]
        free = list(range(len(right)))
        for item in left:
            near = self._rough(item)
            for place in free:
                if _near(near, values[place]) and self.same(item, right[place]):
                    free.remove(place)
                    break
            else:
                return False
        return True

    def _rough(self, item: Node) -> complex | None:
        plain = item.head in ("num", "+", "*", "/", "^", "call")
        return self._scalars.number(item) if plain and not has(item, "deg", "hard") else None

    def _collections(self, left: Node, right: Node) -> bool:
        if left.head == "set" and right.head == "set":
            return self._same_sets(left, right)
        if "set" in (left.head, right.head):
            held, rest = (left, right) if left.head == "set" else (right, left)
            if rest.head in _COLLECTIONS:
                return False
            return len(held.args) == 1 and self.same(held.args[0], rest)
        if left.head == "group" and right.head == "group":
            return self._groups(left, right)
        one, other = as_matrix(left), as_matrix(right)
        if one is not None and other is not None:
            return self._rows(one, other)
        if one is not None or other is not None:
            matrix, rest = (one, right) if one is not None else (other, left)
            return matrix is not None and self._vector(matrix, rest)
        group, rest = (left, right) if left.head == "group" else (right, left)
        return len(group.args) == 3 and is_paired(group) and self.same(group.args[1], rest)

    def _groups(self, left: Node, right: Node) -> bool:
        ends = (left.args[0], left.args[-1]), (right.args[0], right.args[-1])
        if len(left.args) == 4 and ends[0] != ends[1]:
            return False
        if len(left.args) != 4 and not (is_paired(left) and is_paired(right)):
            return ends[0] == ends[1] and self._all_same(items(left), items(right))
        return self._all_same(items(left), items(right))

    def _same_sets(self, left: Node, right: Node) -> bool:
        """Sets hold no item twice: each item of one must be in the other."""
        if max(len(left.args), len(right.args)) > _MOST_ITEMS:
            raise TooCostly("too many items")
        if len(left.args) == len(right.args) and self._matched([*left.args], [*right.args]):
            return True
        return self._within(left.args, right.args) and self._within(right.args, left.args)

    def _within(self, items: tuple[Node, ...], others: tuple[Node, ...]) -> bool:
        return all(any(self.same(item, other) for other in others) for item in items)

    def _rows(self, left: Node, right: Node) -> bool:
        return len(left.args) == len(right.args) and all(
            self._all_same([*one.args], [*other.args])
            for one, other in zip(left.args, right.args, strict=True)
        )

    def _vector(self, matrix: Node, rest: Node) -> bool:
        """A single column or row is the tuple of its entries."""
        if rest.head != "group" or not is_paired(rest):
            return False
        column = [row.args[0] for row in matrix.args if len(row.args) == 1]
        if len(column) == len(matrix.args):
            return self._all_same(column, items(rest))
        return len(matrix.args) == 1 and self._all_same([*matrix.args[0].args], items(rest))

    # Families such as pi/4 + k pi

    def _families(self, left: tuple[Node, str], right: tuple[Node, str]) -> bool:
        one, other = self._steps(*left), self._steps(*right)
        if one is None or other is None:
            return self._plainly_same(left[0], substituted(right[0], right[1], sym(left[1])))
        steps = other[1], neg(other[1])
        if not any(self._plainly_same(one[1], step) for step in steps):
            return False
        gap = Node("+", (one[0], neg(other[0])))
        count = self._scalars.number(Node("/", (gap, one[1])))
        if count is None or abs(count.imag) > 1e-9 or abs(count.real) > 1e9:
            return False
        return self._plainly_same(gap, Node("*", (num(round(count.real)), one[1])))

    def _steps(self, node: Node, name: str) -> tuple[Node, Node] | None:
        """Start and step of an expression that is of the first degree in ``name``."""
        start = substituted(node, name, ZERO)
        step = Node("+", (substituted(node, name, num(1)), neg(start)))
        line = Node("+", (start, Node("*", (sym(name), step))))
        return (start, step) if self._plainly_same(node, line) else None

    # Scalars

    def _quantities(self, left: Node, right: Node) -> bool:
        if left.head != "quantity" and right.head != "quantity":
            return self._degrees(left, right)
        one, other = measured(as_quantity(left)), measured(as_quantity(right))
        if self._rules.units == "ignored":
            return self.same(one[0], other[0])
        if one[1] and other[1]:
            factor = same_unit(one[1], other[1])
            if factor is None or not self._same_measure(one[0], factor, other[0]):
                self.wrong_unit = self.wrong_unit or self.same(one[0], other[0])
                return False
            return True
        if self._rules.units == "required":
            self.wrong_unit = True
            return False
        return self.same(one[0], other[0])

    def _same_measure(self, left: Node, factor: Fraction, right: Node) -> bool:
        return self.same(left if factor == 1 else Node("*", (num(factor), left)), right)

    def _degrees(self, left: Node, right: Node) -> bool:
        """An angle in degrees is the same in radians, and the same as its bare number."""
        if self._scalars_same(left, right):
            return True
        if self._rules.units == "required" or has(left, "deg") == has(right, "deg"):
            return False
        if has(without_calls(left), "deg") or has(without_calls(right), "deg"):
            return self._scalars_same(without_degrees(left), without_degrees(right))
        return False

    def _scalars_same(self, left: Node, right: Node) -> bool:
        if self._plainly_same(left, right):
            return True
        family = periodic(left), periodic(right)
        if family[0] and family[1] and "k" in family:  # n and m alone may be plain variables
            return self._families((left, family[0]), (right, family[1]))
        return bool(self._rules.tolerance) and self._close(left, right)

    def _plainly_same(self, left: Node, right: Node) -> bool:
        if left.head == "ratio" and right.head == "ratio":
            return self._ratios(left, right)
        if is_special(left) or is_special(right):
            return self._parts(left, right)
        try:
            if self._scalars.equal(left, right):
                return True
        except (Undefined, Complex):
            return self._parts(left, right)
        return tells(left, right) or tells(right, left)

    def _close(self, left: Node, right: Node) -> bool:
        one, other = self._scalars.number(left), self._scalars.number(right)
        if one is None or other is None:
            return False
        return abs(one - other) <= self._rules.tolerance * max(abs(one), abs(other)) * (1 + 1e-12)

    def _ratios(self, left: Node, right: Node) -> bool:
        one, other = left.args, right.args
        if len(one) != len(other) or (is_clock(left) and is_clock(right)):
            return one == other
        zeros = [[self._scalars_same(term, ZERO) for term in terms] for terms in (one, other)]
        if zeros[0] != zeros[1] or all(zeros[0]):
            return False
        return all(
            self._scalars_same(Node("*", (one[i], other[j])), Node("*", (one[j], other[i])))
            for i in range(len(one))
            for j in range(i)
        )

    def _parts(self, left: Node, right: Node) -> bool:
        """The same head over the same parts: all that can be said of what has no value."""
        if left.head != right.head or len(left.args) != len(right.args) or left.head == "num":
            return False
        for one, other in zip(left.args, right.args, strict=True):
            if isinstance(one, Node) and isinstance(other, Node):
                if not self.same(one, other):
                    return False
            elif isinstance(one, tuple) and isinstance(other, tuple):
                if not self._all_same([*one], [*other]):
                    return False
            elif one != other:
                return False
        return True


def _speaks_of_sets(left: Node, right: Node) -> bool:
    both = (left, right)
    relations = [
        node.head == "seq" and all(i.head == "rel" for i in node.args[1:]) for node in both
    ]
    sets = [node.head in _SETS or is_reals(node) or node.head == "rel" for node in both]
    groups = [node.head == "group" and len(node.args) == 4 for node in both]
    return any(relations) and (any(sets) or any(groups) or all(relations))


def _near(left: complex | None, right: complex | None) -> bool:
    if left is None or right is None:
        return True
    return abs(left - right) <= 1e-6 * (abs(left) + abs(right)) + 1e-300
