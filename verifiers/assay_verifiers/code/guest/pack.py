"""Values of one message and its reply, as trees; what crosses is told in ``peer.py``."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from assay_verifiers.code.guest.channel import Lost
from assay_verifiers.codec import CannotCarry, decode_tagged, encode

if TYPE_CHECKING:
    from assay_verifiers.code.guest.peer import Peer

DEEPEST = 100
MOST_WATCHED = 256  # items
MUTABLE: dict[str, Any] = {
    "list": list,
    "dict": dict,
    "set": set,
    "bytearray": bytearray,
    "deque": collections.deque,
    "OrderedDict": collections.OrderedDict,
    "Counter": collections.Counter,
    "defaultdict": collections.defaultdict,
}
KIND_NAMES: dict[Any, str] = {kind: name for name, kind in MUTABLE.items()}
PAIRED = ("dict", "OrderedDict", "Counter", "defaultdict")
SCALARS = (
    complex,
    bytes,
    range,
    decimal.Decimal,
    fractions.Fraction,
    datetime.date,
    datetime.time,
    datetime.datetime,
    datetime.timedelta,
)
PLAIN = (*SCALARS, bool, int, float, str, list, dict, set, tuple, frozenset, bytearray, type(None),
         object, type)  # fmt: skip
VIEWS: dict[Any, str] = {
    type({}.keys()): "keys",
    type({}.values()): "values",
    type({}.items()): "items",
}
PATHS = ("PosixPath", "PurePosixPath")
SCALAR_TAGS = ("int", "float", *(kind.__name__ for kind in SCALARS))


class TooDeep(CannotCarry):
    """A value is nested so."""


class Pack:
    """Values of one message and its reply, as trees: ``kept`` numbers the mutable ones."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.kept: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._before: dict[int, Any] = {}

    def keep(self, value: Any) -> int:
        self._numbers[id(value)] = len(self.kept)
        self.kept.append(value)
        return len(self.kept) - 1

    # values to trees

    def whole(self, value: Any, depth: int = 0) -> Any:
        """The tree of ``value``; where it has none, its parts get no numbers either."""
        return self._whole(lambda: self.tree(value, depth))

    def _whole(self, make: Callable[[], Any]) -> Any:
        count = len(self.kept)
        try:
            return make()
        except BaseException:
            del self.kept[count:]
            self._numbers = {key: each for key, each in self._numbers.items() if each < count}
            raise

    def tree(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if depth > DEEPEST:
            raise TooDeep("nested too deeply")
        if value is None or kind is bool or kind is str:
            return value
        if kind is int or kind is float or kind in SCALARS:
            return encode(value)
        if kind in KIND_NAMES:
            number = self._numbers.get(id(value))
            if number is not None:
                return {"$": "same", "v": number}
            number = self.keep(value)
            made = [number, KIND_NAMES[kind], self.contents(value, depth)]
            if kind is collections.defaultdict:
                made.append(self.tree(value.default_factory, depth + 1))
            elif kind is collections.deque and value.maxlen is not None:
                made.append(value.maxlen)
            return {"$": "new", "v": made}
        if kind is tuple or kind is frozenset:
            return {"$": kind.__name__, "v": [self.tree(item, depth + 1) for item in value]}
        if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
            fields, items = list(value._fields), tuple.__iter__(value)
            values = [self.tree(item, depth + 1) for item in items]
            self._peer.know_named(kind, tuple(fields))
            return {"$": "named", "v": [kind.__name__, fields, values]}
        if kind in VIEWS:
            return {"$": VIEWS[kind], "v": [self.tree(item, depth + 1) for item in value]}
        if kind.__module__ == "numpy" and any(each.__name__ == "generic" for each in kind.__mro__):
            return encode(value)
        if kind.__module__ == "pathlib" and kind.__name__ in PATHS:
            return {"$": "path", "v": [kind.__name__, str(value)]}
        if value is NotImplemented or value is Ellipsis:
            return {"$": "global", "v": ["builtins", str(value)]}
        return self._peer.refer(value, self, depth)

    def contents(self, value: Any, depth: int) -> Any:
        if type(value) is bytearray:
            return value.hex()
        if KIND_NAMES[type(value)] in PAIRED:
            pairs = value.items() if type(value) is collections.OrderedDict else dict.items(value)
            return [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in pairs]
        return [self.tree(item, depth + 1) for item in value]

    # trees to values

    def value(self, tree: Any) -> Any:
        try:
            return self._value(tree, 0)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Lost(f"a message that is none: {error}") from None

    def _value(self, tree: Any, depth: int) -> Any:
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        kind, content = tree["$"], tree["v"]
        if depth > DEEPEST + 5:
            raise ValueError("nested too deeply")
        self._peer.deep = self._peer.deep or depth > DEEPEST // 2
        if kind == "new":
            return self._new(content, depth)
        if kind == "same":
            self._peer.deep = True  # how deep this makes it, nobody has counted
            return self.kept[content]
        if kind in ("tuple", "frozenset"):
            items = [self._value(item, depth + 1) for item in content]
            return tuple(items) if kind == "tuple" else frozenset(items)
        if kind == "named":
            name, fields, values = content
            items = [self._value(item, depth + 1) for item in values]
            return self._peer.named_tuple(str(name), tuple(fields), items)
        if kind in VIEWS.values():
            return _view(kind, [self._value(item, depth + 1) for item in content])
        if kind == "path" and content[0] in PATHS:
            return getattr(importlib.import_module("pathlib"), content[0])(str(content[1]))
        if kind in SCALAR_TAGS:
            return decode_tagged(
                kind, [self._value(i, 1) for i in content] if type(content) is list else content
            )
        return self._peer.resolve(kind, content, lambda inner: self._value(inner, depth + 1))

    def _new(self, numbered: Any, depth: int) -> Any:
        number, kind, content, *more = numbered
        made: Any = MUTABLE[kind]() if kind != "deque" else collections.deque(maxlen=_one(more))
        if self.keep(made) != number:
            raise ValueError("numbers out of order")
        fill(made, kind, content, lambda inner: self._value(inner, depth + 1))
        if kind == "defaultdict":
            made.default_factory = _factory(self._value(_one(more), depth + 1))
        return made

    # what came of the mutable ones

    @property
    def is_small(self) -> bool:
        """Whether there is something that may change, and not too much to look at often."""
        return bool(self.kept) and sum(map(len, self.kept)) <= MOST_WATCHED

    def remember(self) -> None:
        """Take down what the numbered values hold, to say later what was changed."""
        self._before = {n: self._shallow(value) for n, value in enumerate(self.kept)}

    def changes(self) -> list[Any]:
        changed = []
        for number, before in self._before.items():
            now = self._shallow(self.kept[number])
            if now != before:
                changed.append([number, KIND_NAMES[type(self.kept[number])], now])
        return changed

    def _shallow(self, value: Any) -> Any:
        try:
            return self._whole(lambda: self.contents(value, 0))
        except CannotCarry:
            return None

    def change(self, changed: Any) -> None:
        """Do to our values what the other side did to its copies."""
        try:
            for number, kind, content in changed or ():
                self._peer.deep = True
                self._change(self.kept[number], kind, content)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise Lost("changes that are none") from None

    def _change(self, value: Any, kind: str, content: Any) -> None:
        if content is not None and type(value) is MUTABLE.get(kind):
            copy = MUTABLE[kind]()
            fill(copy, kind, content, lambda inner: self._value(inner, 1))
            value.clear()
            value.extend(copy) if hasattr(value, "extend") else value.update(copy)


class Watched:
    """The latest few messages whose values are looked at again: the same ones on both sides."""

    _MOST = 8

    def __init__(self) -> None:
        self._count = 0
        self.packs: dict[int, Pack] = {}

    def add(self, pack: Pack) -> None:
        self._count += 1
        if pack.is_small:
            pack.remember()
            self.packs[self._count] = pack
        self.packs.pop(self._count - self._MOST, None)


def fill(made: Any, kind: str, content: Any, value: Callable[[Any], Any]) -> None:
    if kind == "bytearray":
        made.extend(bytes.fromhex(content))
    elif kind in PAIRED:
        for key, item in content:
            made[value(key)] = value(item)
    elif kind == "set":
        made.update([value(item) for item in content])
    else:
        for item in content:
            made.append(value(item))


def _one(items: list[Any]) -> Any:
    return items[0] if items else None


def _factory(given: Any) -> Any:
    if not (given is None or callable(given)):
        raise ValueError("a factory that is none")
    return given


def _view(kind: str, items: list[Any]) -> Any:
    """A view of a dict that has these items."""
    if kind == "values":
        return dict(enumerate(items)).values()
    return dict(items).items() if kind == "items" else dict.fromkeys(items).keys()
