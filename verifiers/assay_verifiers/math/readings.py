"""Readings: what an answer says, taken from its node — a name and its value, a list's items, both
branches of a plus-minus, the unit of a quantity. Pure functions of nodes.
"""

from __future__ import annotations

from assay_verifiers.math.equality import INTEGERS
from assay_verifiers.math.realsets import ORDERS
from assay_verifiers.math.tree import DOTS, INF, ZERO, Node, has, neg, rebuilt, sym, symbols, walk
from assay_verifiers.math.units import unit_worth

EVEN = frozenset(("=", "!=", "approx", "sim", "cong", "equiv", "parallel", "perp", "iff"))
_SPECIAL = frozenset(
    ("group", "seq", "set", "text", "choice", "rel", "builder", "cup", "cap", "minus", "quantity",
     "minutes", "matrix", "row", "pm", "mp", "clock")
)  # fmt: skip
_DEGREES = frozenset(("degree", "degrees", "deg"))
_RADIANS = frozenset(("radian", "radians", "rad"))
_FLIPPED = {">": "<", ">=": "<="}


def stated(node: Node) -> Node:
    """``x = 1/3 \\approx 0.33`` says x = 1/3, ``x \\approx 11`` says x = 11."""
    if node.head != "rel" or "approx" not in node.args:
        return node
    *first, operator, _ = node.args
    if operator != "approx" or "approx" in first:
        return node
    if len(first) > 1 or not _is_name(first[0]):
        return Node("rel", tuple(first)) if len(first) > 1 else first[0]
    return Node("rel", (first[0], "=", node.args[2]))


def bare(node: Node) -> Node:
    """A node without brackets around it; degrees as ``deg``, radians as bare numbers."""
    while node.head in ("*", "+") and len(node.args) == 1:
        node = node.args[0]
    if node.head == "quantity" and str(node.args[1]).lower().strip(" .") in _DEGREES:
        return Node("deg", (node.args[0],))
    if node.head == "quantity" and str(node.args[1]).lower().strip(" .") in _RADIANS:
        return bare(node.args[0])
    if node.head == "group" and len(node.args) == 3 and node.args[0] == "(":
        return bare(node.args[1])
    return node


def expanded(node: Node) -> Node:
    """``±`` read as the list of both; ``\\pm`` and ``\\mp`` of one item go together."""
    if node.head in ("seq", "set"):
        items = [part for item in node.args if isinstance(item, Node) for part in _branches(item)]
        if node.head == "seq":
            return Node("seq", (node.args[0], *items))
        return Node("set", tuple(items))
    branches = _branches(node)
    return node if len(branches) == 1 else Node("seq", ("all", *branches))


def _branches(node: Node) -> list[Node]:
    if not has(node, "pm", "mp"):
        return [node]
    upper = rebuilt(node, lambda part: _signed(part, "pm"))
    lower = rebuilt(node, lambda part: _signed(part, "mp"))
    return [upper, lower]


def _signed(node: Node, plus: str) -> Node:
    if node.head in ("pm", "mp"):
        return node.args[0] if node.head == plus else neg(node.args[0])
    return node


def letter_of(node: Node) -> str:
    if node.head == "choice" or (node.head == "sym" and len(node.args[0]) == 1):
        return str(node.args[0]).upper()
    if node.head == "const" and node.args[0] in ("e", "i"):
        return str(node.args[0]).upper()
    return ""


def _is_name(node: Node) -> bool:
    """Whether a side of an equation only names the other: x, f(x), P(A), AB, angle ABC."""
    if node.head in ("sym", "text") or node in (("const", ("e",)), ("const", ("i",))):
        return True
    if node.head in ("fn", "apply"):
        return all(_is_argument(arg) for arg in node.args if isinstance(arg, Node))
    if node.head == "group":
        return all(_is_name(item) for item in node.args[1:-1])
    if node.head in ("ratio", "/"):
        return all(_is_name(part) and not _is_plain(part) for part in node.args)
    if node.head == "*":
        names = [part.args[0] for part in node.args if part.head == "sym"]
        whole = len(names) == len(node.args)
        return whole and (
            all(name[0].isupper() for name in names) or any("angle" in name for name in names)
        )
    if node.head == "call":
        return node.args[0] in ("det", "abs", "deg", "dim") and all(
            _is_name(arg) and not _is_plain(arg) for arg in node.args[1]
        )
    return False


def _is_plain(node: Node) -> bool:
    return node.head == "sym" and str(node.args[0]).islower()


def _is_argument(node: Node) -> bool:
    return node.head in ("sym", "num") or _is_name(node) or node.head in ("cap", "cup", "rel")


def naming(node: Node) -> tuple[Node, Node] | None:
    """The name and the value of ``x = 5``, ``5 = x`` and ``x = 2 + 3 = 5``: the last said of it."""
    if node.head != "rel" or set(node.args[1::2]) != {"="}:
        return None
    left, *between, right = node.args[::2]
    if between and not (_is_name(left) and not any(map(_is_name, (*between, right)))):
        return None
    if _is_name(left) and not any(left in walk(member) for member in (*between, right)):
        return left, right
    return (right, left) if _is_name(right) and right not in walk(left) else None


def value_of(node: Node) -> Node | None:
    if named := naming(node):
        return named[1]
    if len(node.args) == 3 and node.args[1] == "in" and node.args[0].head == "sym":
        return None if node.args[2].head == "sym" else node.args[2]
    return None


def renaming(name: Node, other: Node, value: Node) -> Node | None:
    """``value`` of ``other`` with its arguments called as in ``name``; None for another name."""
    if name == other:
        return value
    if name.head != other.head or name.head not in ("fn", "apply"):
        return None
    if name.args[0] != other.args[0] or len(name.args) != len(other.args):
        return None
    renames = [*zip(name.args[1:], other.args[1:], strict=True)]
    if not all(_is_plain(new) and _is_plain(old) for new, old in renames):
        return None
    table = {old: new for new, old in renames}
    if any(new not in table and new in walk(value) for new, _ in renames):
        return None  # the other's name for an argument is a constant here
    return rebuilt(value, lambda part: table.get(part, part))


def oriented(node: Node) -> Node:
    """A chain of > and >= read from its other end."""
    if any(part in _FLIPPED for part in node.args[1::2]) and all(
        part in ORDERS for part in node.args[1::2]
    ):
        flipped = {**_FLIPPED, "<": ">", "<=": ">="}
        turned = tuple(
            flipped[part] if isinstance(part, str) else part for part in reversed(node.args)
        )
        return Node("rel", turned)
    return node


def items(node: Node) -> list[Node]:
    """The members of a list, tuple or set; anything else is a list of itself."""
    if node.head == "group":
        return [*node.args[1:-1]]
    if node.head == "seq":
        return _without_names([*node.args[1:]])
    return [*node.args] if node.head == "set" else [node]


def unbracketed(node: Node) -> Node:
    return Node("seq", ("all", *node.args[1:-1])) if node.head == "group" else node


def _without_names(items: list[Node]) -> list[Node]:
    """``x = 1, 2`` and ``x = 1, x = 2`` are the list 1, 2."""
    named = [naming(item) for item in items]
    names = {found[0] for found in named if found}
    if len(names) != 1 or named[0] is None:
        return items
    return [found[1] if found else item for found, item in zip(named, items, strict=True)]


def assignments(node: Node) -> dict[str, Node]:
    """``x = 2, y = 3`` by name; empty where it is no such list."""
    if node.head != "seq":
        return {}
    named = [naming(item) if isinstance(item, Node) else None for item in node.args[1:]]
    found = {str(pair[0].args): pair[1] for pair in named if pair}
    return found if len(found) == len(named) > 1 else {}


def family(node: Node) -> tuple[Node, str] | None:
    """``k\\pi, k \\in \\mathbb{Z}``: the expression and its integer."""
    if node.head != "seq" or len(node.args) != 3:
        return None
    body, where = node.args[1:]
    if where.head != "rel" or where.args[1:] != ("in", sym("set Z")) or where.args[0].head != "sym":
        return None
    named = naming(body)
    name = where.args[0].args[0]
    value = named[1] if named else body
    return (value, name) if name in symbols(value) and value.head != "rel" else None


def undeclared(node: Node) -> tuple[Node, str] | None:
    """An expression in one integer, beside a family that declares its own."""
    names = symbols(node)
    plain = len(names) == 1 and names <= INTEGERS and node.head in ("+", "*", "/", "^")
    return (node, names.pop()) if plain else None


def periodic(node: Node) -> str:
    """The integer of an undeclared family (``\\pi/4 + k\\pi``); empty where it is none.

    Its integer stands with pi or degrees: ``n + \\pi`` is a number, not all numbers so far apart.
    """
    names = symbols(node)
    if node.head not in ("+", "*", "/") or len(names) != 1 or not names <= INTEGERS:
        return ""
    steps = [term for term in node.args if symbols(term)] if node.head == "+" else [node]
    return names.pop() if all(map(_holds_angle, steps)) else ""


def _holds_angle(node: Node) -> bool:
    """Whether every variable of a term is multiplied by an angle."""
    if node.head == "+":
        return all(_holds_angle(term) for term in node.args if symbols(term))
    if node.head in ("*", "/"):
        angles = [not symbols(part) and _is_angle(part) for part in node.args]
        return any(angles) or any(_holds_angle(part) for part in node.args if symbols(part))
    return node.head == "deg"


def _is_angle(node: Node) -> bool:
    return any(part == ("const", ("pi",)) or part.head == "deg" for part in walk(node))


def letters_of(node: Node) -> list[str]:
    """``A, C`` and ``AC`` as the choices they name; empty where they name none, or one."""
    parts = items(node) if node.head == "seq" else [part for part in walk(node) if part.head != "*"]
    plain = all(part.head in ("choice", "sym") for part in parts)
    if len(parts) < 2 or not plain or not all(str(part.args[0]).isupper() for part in parts):
        return []
    letters = [letter_of(part) for part in parts]
    return letters if all(letters) and len({*letters}) == len(letters) else []


def is_clock(ratio: Node) -> bool:
    """Whether ``10:30`` may be a time of the day, which is not to be reduced."""
    if len(ratio.args) != 2 or any(part.head != "num" for part in ratio.args):
        return False
    hours, minutes = (part.args[0] for part in ratio.args)
    return bool(0 <= hours <= 24 and 10 <= minutes < 60)


def excluded(node: Node) -> Node:
    """``x \\ne 1, 2`` says that x is neither."""
    if node.head != "seq" or node.args[1].head != "rel" or node.args[1].args[1:2] != ("!=",):
        return node
    first, *rest = node.args[1:]
    if len(first.args) != 3 or any(item.head == "rel" or symbols(item) for item in rest):
        return node
    others = (Node("rel", (first.args[0], "!=", item)) for item in rest)
    return Node("seq", ("all", first, *others))


def is_ranking(items: list[Node]) -> bool:
    """Whether all of A, B, C … stand in a row: choices put in order, not chosen."""
    letters = sorted(letter_of(item) for item in items)
    return len(letters) > 2 and letters == [chr(ord("A") + at) for at in range(len(letters))]


def are_points(items: list[Node]) -> bool:
    """Points are solutions, and one that is listed twice is still one; numbers may be double."""
    return all(item.head == "group" for item in items)


def is_paired(group: Node) -> bool:
    return (group.args[0], group.args[-1]) in (("(", ")"), ("[", "]"))


def is_reals(node: Node) -> bool:
    return node.head == "sym" and node.args[0] == "set R"


def is_special(node: Node) -> bool:
    """Whether an expression holds what no arithmetic applies to."""
    if node.head == "hard":
        return is_special(node.args[1])
    if node in (INF, DOTS) or node.head in _SPECIAL:
        return True
    if node.head == "sym":
        return bool(node.args[0].startswith("set "))
    arguments = node.args[1] if node.head == "call" else node.args
    return any(isinstance(part, Node) and is_special(part) for part in arguments)


def as_quantity(node: Node) -> Node:
    """``5m``, ``5 m^2`` and ``5m/s`` read as a quantity, beside one whose unit is certain."""
    if node.head == "/":
        above, below = as_quantity(node.args[0]), _unit_text(node.args[1])
        if above.head != "quantity" or not below:
            return node
        return Node("quantity", (above.args[0], f"{above.args[1]}/{below}"))
    if node.head != "*" or not (unit := _unit_text(node.args[-1])):
        return node
    return Node("quantity", (Node("*", node.args[:-1]), unit))


def _unit_text(node: Node) -> str:
    base, power = node, ""
    if node.head == "^" and node.args[1].head == "num":
        base, power = node.args[0], f"^{node.args[1].args[0]}"
    single = base.head == "sym" and len(base.args[0]) == 1
    return base.args[0] + power if single and unit_worth(base.args[0]) else ""


def measured(node: Node) -> tuple[Node, str]:
    if node.head == "quantity":
        return node.args[0], str(node.args[1])
    if node.head == "deg":
        return node.args[0], "degree"
    return node, ""


def without_degrees(node: Node) -> Node:
    return rebuilt(node, lambda part: part.args[0] if part.head == "deg" else part)


def without_calls(node: Node) -> Node:
    return rebuilt(node, lambda part: ZERO if part.head == "call" else part)
