"""Arguments for a function: by type, by example, by changing examples, and at the edges.

A :class:`Shape` is what is known of a value's type: from an annotation (read as text, never
evaluated) or from examples. ``edges`` gives what programs trip over (empty, zero, negative, huge,
duplicates, text that is not ASCII), ``typed`` a random value of the shape, and ``changed`` a small
step away from an example. Texts are made of the letters that the examples use, so that brackets
stay brackets. Values are plain Python, made here; nothing of a program is run.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

_NAMES = {
    "int": "int",
    "float": "float",
    "complex": "complex",
    "bool": "bool",
    "str": "str",
    "bytes": "bytes",
    "None": "none",
    "list": "list",
    "List": "list",
    "Sequence": "list",
    "Iterable": "list",
    "Collection": "list",
    "tuple": "tuple",
    "Tuple": "tuple",
    "set": "set",
    "Set": "set",
    "frozenset": "frozenset",
    "FrozenSet": "frozenset",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
    "Optional": "optional",
    "Union": "union",
    "Any": "any",
}
_LETTERS = "abcxyzAB 019"
_DEEPEST = 6
_ITERABLES = ("list", "set", "frozenset")


@dataclass(frozen=True)
class Shape:
    """The type of a value.

    Attributes:
        kind: ``int``, ``float``, ``complex``, ``bool``, ``str``, ``bytes``, ``none``, ``list``,
            ``tuple`` (of fixed length), ``varied_tuple``, ``set``, ``frozenset``, ``dict``,
            ``union`` or ``any``.
        parts: of the items; of a tuple one for each place, of a dict those of key and value, of a
            union the alternatives.
    """

    kind: str
    parts: tuple[Shape, ...] = ()


ANY = Shape("any")


# ── what is known of a type ──────────────────────────────────────────────────────────────────────


def shape_of_annotation(node: ast.expr | None, depth: int = 0) -> Shape:
    """The shape an annotation states; ``any`` where it says nothing that is known here."""
    if node is None or depth > _DEEPEST:
        return ANY
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (node.left, node.right)
        return Shape("union", tuple(shape_of_annotation(side, depth + 1) for side in sides))
    if isinstance(node, ast.Constant):
        return Shape("none") if node.value is None else ANY
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _generic(_name(node.value), inner, depth)
    return _generic(_name(node), [], depth)


def _name(node: ast.expr) -> str:
    found = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return _NAMES.get(found, "any")


def _generic(kind: str, inner: Sequence[ast.expr], depth: int) -> Shape:
    parts = [shape_of_annotation(each, depth + 1) for each in inner]
    if kind == "optional":
        return Shape("union", (*parts[:1], Shape("none"))) if parts else ANY
    if kind == "tuple" and len(inner) == 2 and _is_ellipsis(inner[1]):
        return Shape("varied_tuple", (parts[0],))
    if kind in _ITERABLES:
        return Shape(kind, (parts[0] if parts else ANY,))
    if kind == "dict":
        return Shape(kind, tuple(parts) if len(parts) == 2 else (ANY, ANY))
    return Shape(kind, tuple(parts))


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def shape_of_values(values: Iterable[Any], depth: int = 0) -> Shape:
    """The narrowest shape that all of ``values`` have."""
    shapes = {_shape_of_value(value, depth): None for value in values}
    return _merged(list(shapes))


def _shape_of_value(value: Any, depth: int) -> Shape:
    kind = "none" if value is None else type(value).__name__
    if depth > _DEEPEST or kind not in {*_NAMES.values()}:
        return ANY
    if kind in _ITERABLES:
        return Shape(kind, (shape_of_values(value, depth + 1),))
    if kind == "tuple":
        return Shape(kind, tuple(_shape_of_value(item, depth + 1) for item in value))
    if kind == "dict":
        sides = (value.keys(), value.values())
        return Shape(kind, tuple(shape_of_values(side, depth + 1) for side in sides))
    return Shape(kind)


def _merged(shapes: list[Shape]) -> Shape:
    known = [shape for shape in shapes if shape != ANY]
    kinds = {(shape.kind, len(shape.parts)) for shape in known}
    if not known:
        return ANY
    if len(kinds) == 1:
        columns = zip(*(shape.parts for shape in known), strict=True)
        return Shape(known[0].kind, tuple(_merged(list(column)) for column in columns))
    if {kind for kind, _ in kinds} == {"int", "float"}:
        return Shape("float")
    if {kind for kind, _ in kinds} <= {"tuple", "varied_tuple"}:
        return Shape("varied_tuple", (_merged([p for shape in known for p in shape.parts]),))
    return Shape("union", tuple(dict.fromkeys(known)))


# ── making values ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Pool:
    """What examples are made of: their whole numbers, the letters and the texts."""

    numbers: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def letters(self) -> str:
        return "".join(sorted({letter for text in self.texts for letter in text})) or _LETTERS

    @property
    def largest(self) -> int:
        return min(max((abs(number) for number in self.numbers), default=20), 10**12)


def pool_of(values: Iterable[Any]) -> Pool:
    """Everything that a program might look for in its arguments."""
    numbers: dict[int, None] = {}
    texts: dict[str, None] = {}
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            texts[value[:200]] = None
        elif isinstance(value, float):
            if math.isfinite(value):
                numbers[int(value)] = None
        elif isinstance(value, int):
            numbers[value] = None
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += list(value)
    return Pool(tuple(numbers), tuple(texts))


def edges(shape: Shape, pool: Pool) -> list[Any]:
    """Values of the shape at which programs go wrong, the harmless before the huge."""
    kind, top = shape.kind, pool.largest
    if kind in ("int", "any"):
        return [0, 1, 2, -1, top, top + 1, -top, 97, 100, 10**9 + 7, 2**64]
    if kind == "float":
        return [0.0, 1.0, -1.0, 0.5, -2.5, 0.1 + 0.2, float(top), 1e-9, 1e15]
    if kind == "complex":
        return [0j, 1j, complex(1, -1)]
    if kind == "bool":
        return [False, True]
    if kind == "str":
        letters = pool.letters[:60]
        alike = (letters[-1] * 3, letters[0] * 200)
        return ["", letters[0], letters, "äß東🙂", letters[::-1], " ", *alike]
    if kind == "bytes":
        return [b"", b"\x00", b"\xff\x00a"]
    if kind == "none":
        return [None]
    return _container_edges(shape, pool)


def _container_edges(shape: Shape, pool: Pool) -> list[Any]:
    inner = [edges(part, pool) for part in shape.parts]
    if shape.kind == "union":
        return [value for values in inner for value in values]
    if shape.kind == "tuple":
        return [tuple(values) for values in zip(*inner, strict=False)] if inner else [()]
    if shape.kind == "dict":
        pairs = [(k, v) for k, v in zip(*inner, strict=False) if _hashable(k)]
        return [{}, dict(pairs[:1]), dict(pairs[:4])]
    some = inner[0] if inner else [0]
    many = [some[:1], some[:2], some[:1] * 4, some[:4] + some[:4], some[3::-1], some[:6]]
    return [_gathered(shape.kind, items) for items in ([], *many)]


def _gathered(kind: str, items: list[Any]) -> Any:
    if kind == "varied_tuple":
        return tuple(items)
    if kind in ("set", "frozenset"):
        items = [item for item in items if _hashable(item)]
        return set(items) if kind == "set" else frozenset(items)
    return list(items)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def typed(shape: Shape, pool: Pool, random: Random, depth: int = 0) -> Any:
    """A random value of the shape, near to what the examples hold."""
    kind = shape.kind
    if kind == "any":
        kind = "int"
    if kind == "int":
        return _number(pool, random)
    if kind == "float":
        return round(random.uniform(-1, 1) * max(pool.largest, 1), random.choice((0, 1, 2, 6)))
    if kind == "complex":
        return complex(_number(pool, random), _number(pool, random))
    if kind == "bool":
        return random.random() < 0.5
    if kind == "str":
        return _text(pool, random)
    if kind == "bytes":
        return random.randbytes(random.randrange(9))
    if kind == "none":
        return None
    return _typed_container(shape, pool, random, depth)


def _typed_container(shape: Shape, pool: Pool, random: Random, depth: int) -> Any:
    if shape.kind == "union":
        return typed(random.choice(shape.parts), pool, random, depth)
    if shape.kind == "tuple":
        return tuple(typed(part, pool, random, depth + 1) for part in shape.parts)
    size = random.choice((1, 2, 3, 5, 8, 12)) if depth == 0 else random.randrange(1, 5)
    if shape.kind == "dict":
        key, value = shape.parts
        rows = [
            (typed(key, pool, random, depth + 1), typed(value, pool, random, depth + 1))
            for _ in range(size)
        ]
        return {key: value for key, value in rows if _hashable(key)}
    part = shape.parts[0] if shape.parts else ANY
    items = [typed(part, pool, random, depth + 1) for _ in range(size)]
    if random.random() < 0.3:
        items.append(random.choice(items))  # duplicates are rare by chance alone
    return _gathered(shape.kind, items)


def _number(pool: Pool, random: Random) -> int:
    """Mostly small, and of the sign that the examples have."""
    lowest = -pool.largest if any(number < 0 for number in pool.numbers) else 0
    near = random.choice(pool.numbers) + random.choice((-1, 0, 1)) if pool.numbers else 3
    return random.choice(
        (near, random.randint(max(lowest, -20), 20), random.randint(lowest, pool.largest))
    )


def _text(pool: Pool, random: Random) -> str:
    if pool.texts and random.random() < 0.3:
        one, other = random.choice(pool.texts), random.choice(pool.texts)
        return one[: random.randint(0, len(one))] + other[random.randint(0, len(other)) :]
    return "".join(random.choices(pool.letters, k=random.choice((1, 2, 3, 5, 8, 13))))


def changed(value: Any, pool: Pool, random: Random, depth: int = 0) -> Any:
    """``value`` with one small change somewhere in it, of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        steps = (value + 1, value - 1, 2 * value, value // 2, _number(pool, random))
        return random.choice([step for step in steps if value < 0 or step >= 0])
    if isinstance(value, float):
        near = (value + 1, value / 2, value * 2, round(value, 1), value + 0.1)
        return random.choice([step for step in near if math.isfinite(step)] or [0.0])
    if isinstance(value, str):
        return _changed_text(value, pool, random)
    if isinstance(value, dict):
        return _changed_dict(value, pool, random, depth)
    if isinstance(value, list | tuple | set | frozenset) and value and depth < _DEEPEST:
        return type(value)(_changed_items(value, pool, random, depth))
    return value


def _changed_items(value: Any, pool: Pool, random: Random, depth: int) -> list[Any]:
    items = list(value)
    place = random.randrange(len(items))
    mutated = changed(items[place], pool, random, depth + 1)
    fixed = isinstance(value, tuple)  # its length may be its type
    action = random.randrange(2 if fixed else 6)
    if action == 0:
        items[place] = mutated
    elif action == 1:
        alike = [n for n, item in enumerate(items) if type(item) is type(items[place])]
        other = random.choice(alike)
        items[place], items[other] = items[other], items[place]
    elif action == 2:
        del items[place]
    elif action == 3:
        items.insert(place, items[random.randrange(len(items))])
    elif action == 4:
        items.insert(place, mutated)
    else:
        items.reverse()
    return (
        [item for item in items if _hashable(item)] if isinstance(value, set | frozenset) else items
    )


def _changed_text(value: str, pool: Pool, random: Random) -> str:
    place = random.randint(0, len(value))
    letter = random.choice(pool.letters)
    return random.choice(
        (
            value[:place] + letter + value[place:],
            value[:place] + letter + value[place + 1 :],
            value[:place] + value[place + 1 :],
            value[:place] + value[place:] * 2,
            value[::-1],
            value.swapcase(),
            value[place:] + value[:place],
        )
    )


def _changed_dict(value: dict[Any, Any], pool: Pool, random: Random, depth: int) -> dict[Any, Any]:
    rows = dict(value)
    if not rows or depth >= _DEEPEST:
        return rows
    key = random.choice(list(rows))
    old = rows[key]
    action = random.randrange(3)
    if action:
        del rows[key]
    if action == 0:
        rows[key] = changed(old, pool, random, depth + 1)
    elif action == 2 and _hashable(key):
        rows[changed(key, pool, random, depth + 1)] = old
    return rows
