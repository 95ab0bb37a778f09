"""Calls between two processes that do not trust each other: frames, values, references.

The text of this file follows ``codec.py`` in both programs of an assert test. A frame is four bytes
of length and JSON. Either side may *ask* and then answers what the other asks until its reply
comes; all in one thread. What crosses:

    plain data of the codec         by value
    list, dict, set, bytearray,     by value, numbered: {"$": "new", "v": [n, kind, contents]},
    again deque and kin                   {"$": "same", "v": n}. So aliases and cycles survive, and
                                    what the other side changed in them comes back with its reply
    named tuples                    {"$": "named", "v": [name, fields, values]}: tuples with names
    types and functions of the      {"$": "global", "v": [module, name]}
    standard library
    exceptions                      {"$": "error", "v": [class, arguments, attributes]}
    anything else                   by reference: {"$": "mine", "v": [number, description]}, sent
                                    back as {"$": "yours", "v": number}

What cannot cross (modules, frames, traces, code, values nested above 100 deep) is an error of
the side that sends it. What arrives is only ever built from these rows; anything else breaks the
connection (:class:`Lost`).
"""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import fractions
import json
import os
import struct
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay_verifiers.codec import CannotCarry, decode_tagged, encode

LONGEST_FRAME = 16 << 20
DEEPEST = 100
MOST_NESTED = 60
MUTABLE: dict[str, Any] = {
    "list": list,
    "dict": dict,
    "set": set,
    "bytearray": bytearray,
    "deque": collections.deque,
    "OrderedDict": collections.OrderedDict,
    "Counter": collections.Counter,
    "defaultdict": dict,  # the factory stays where it is
}
KINDS: dict[str, Any] = {**MUTABLE, "defaultdict": collections.defaultdict}
KIND_NAMES: dict[Any, str] = {kind: name for name, kind in KINDS.items()}
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
SCALAR_TAGS = ("int", "float", *(kind.__name__ for kind in SCALARS))
NOT_SENT = (types.ModuleType, types.FrameType, types.TracebackType, types.CodeType)


class Lost(BaseException):
    """The other side is gone, or does not keep to the protocol."""


class Channel:
    """Frames over two descriptors."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        if len(data) > LONGEST_FRAME:
            raise CannotCarry(f"a message of {len(data)} bytes")
        view = memoryview(struct.pack(">I", len(data)) + data)
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise Lost(f"the other side is gone: {error}") from None

    def receive(self) -> Any:
        (size,) = struct.unpack(">I", self._exactly(4))
        if size > LONGEST_FRAME:
            raise Lost("a message that is too long")
        try:
            return json.loads(self._exactly(size))
        except (ValueError, RecursionError):
            raise Lost("a message that is no JSON") from None

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._read_fd, min(size, 1 << 16))
            if not part:
                raise Lost("the other side ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


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

    def tree(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if depth > DEEPEST:
            raise CannotCarry("nested too deeply")
        if value is None or kind is bool or kind is str:
            return value
        if kind is int or kind is float or kind in SCALARS:
            return encode(value)
        if kind in KIND_NAMES:
            number = self._numbers.get(id(value))
            if number is not None:
                return {"$": "same", "v": number}
            number = self.keep(value)
            return {"$": "new", "v": [number, KIND_NAMES[kind], self.contents(value, depth)]}
        if kind is tuple or kind is frozenset:
            return {"$": kind.__name__, "v": [self.tree(item, depth + 1) for item in value]}
        if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
            fields, items = list(value._fields), tuple.__iter__(value)
            values = [self.tree(item, depth + 1) for item in items]
            return {"$": "named", "v": [kind.__name__, fields, values]}
        if kind.__module__.partition(".")[0] == "numpy" and kind.__name__ != "ndarray":
            return encode(value)
        if value is NotImplemented or value is Ellipsis:
            return {"$": "global", "v": ["builtins", str(value)]}
        return self._peer.refer(value, self, depth)

    def contents(self, value: Any, depth: int) -> Any:
        if type(value) is bytearray:
            return value.hex()
        if KIND_NAMES[type(value)] in PAIRED:
            pairs = dict.items(value)
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
        if kind == "new":
            return self._new(content, depth)
        if kind == "same":
            return self.kept[content]
        if kind in ("tuple", "frozenset"):
            items = [self._value(item, depth + 1) for item in content]
            return tuple(items) if kind == "tuple" else frozenset(items)
        if kind == "named":
            name, fields, values = content
            return named(name, tuple(fields))(*[self._value(item, depth + 1) for item in values])
        if kind in SCALAR_TAGS:
            return decode_tagged(
                kind, [self._value(i, 1) for i in content] if type(content) is list else content
            )
        return self._peer.resolve(kind, content, lambda inner: self._value(inner, depth + 1))

    def _new(self, numbered: Any, depth: int) -> Any:
        number, kind, content = numbered
        made = MUTABLE[kind]()
        if self.keep(made) != number:
            raise ValueError("numbers out of order")
        fill(made, kind, content, lambda inner: self._value(inner, depth + 1))
        return made

    # what came of the mutable ones

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
            return self.contents(value, 0)
        except CannotCarry:
            return None

    def change(self, changed: Any) -> None:
        """Do to our values what the other side did to its copies."""
        for number, kind, content in changed or ():
            value = self.kept[number]
            if content is not None and type(value) in (KINDS.get(kind), MUTABLE.get(kind)):
                copy = MUTABLE[kind]()
                fill(copy, kind, content, lambda inner: self._value(inner, 1))
                value.clear()
                value.extend(copy) if hasattr(value, "extend") else value.update(copy)


def fill(made: Any, kind: str, content: Any, value: Callable[[Any], Any]) -> None:
    if kind == "bytearray":
        made.extend(bytes.fromhex(content))
    elif kind in PAIRED:
        for key, item in content:
            dict.__setitem__(made, value(key), value(item))
    elif kind == "set":
        made.update([value(item) for item in content])
    else:
        for item in content:
            made.append(value(item))


_named: dict[Any, Any] = {}


def named(name: str, fields: tuple[str, ...]) -> Any:
    """A class of tuples with these field names, the same for the same names."""
    if (name, fields) not in _named:
        _named[name, fields] = collections.namedtuple(name, fields)
    return _named[name, fields]


class Peer(ABC):
    """One end. What each side lets the other ask is its subclass's to say.

    Attributes:
        objects: what was sent by reference, by number.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._nested = 0

    def ask(self, what: str, target: Any, *given: Any, **named_given: Any) -> Any:
        """Have the other side do something with ``target``; its value, or its exception raised."""
        pack = Pack(self)
        trees = [pack.tree(target), [pack.tree(each) for each in given]]
        words = {name: pack.tree(each) for name, each in named_given.items()}
        self.channel.send({"ask": what, "with": [*trees, words], **self.note()})
        while True:
            message = self.channel.receive()
            if not isinstance(message, dict):
                raise Lost("a message that is no object")
            self.noted(message)
            if "ask" in message:
                self._answer(message)
                continue
            try:
                pack.change(message.get("changed"))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                raise Lost("changes that are none") from None
            if "error" in message:
                error = pack.value(message["error"])
                raise error if isinstance(error, BaseException) else Lost("an error that is none")
            return pack.value(message.get("value"))

    def _answer(self, message: Any) -> None:
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise Lost("calls nested too deeply")
        pack = Pack(self)
        try:
            target, given, words = message["with"]
            what, target = message["ask"], pack.value(target)
            given = [pack.value(each) for each in given]
            words = {str(name): pack.value(each) for name, each in words.items()}
        except (AttributeError, LookupError, TypeError, ValueError):
            raise Lost("a question that is none") from None
        pack.remember()
        try:
            reply = {"value": pack.tree(self.answer(what, target, given, words))}
        except Lost:
            raise
        except BaseException as error:
            reply = {"error": self._told(error, pack)}
        self._nested -= 1
        self.channel.send({**reply, "changed": pack.changes(), **self.note()})

    def _told(self, error: BaseException, pack: Pack) -> Any:
        try:
            return self.refer(error, pack, 0)
        except Exception:
            text = f"{type(error).__name__}: an error that cannot be carried"
            return self.refer(RuntimeError(text), Pack(self), 0)

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while True:
            message = self.channel.receive()
            self.noted(message)
            self._answer(message)

    # references

    def number(self, value: Any) -> int:
        known = self._numbers.get(id(value))
        if known is None:
            known = self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return known

    def refer(self, value: Any, pack: Pack, depth: int) -> Any:
        theirs = theirs_number(value)
        if theirs is not None:
            return {"$": "yours", "v": theirs}
        if isinstance(value, NOT_SENT):
            raise CannotCarry(f"a {type(value).__name__} cannot be carried")
        if isinstance(value, type | types.BuiltinFunctionType) and self.shared(value):
            return {"$": "global", "v": [value.__module__, value.__qualname__]}
        if isinstance(value, BaseException):
            given = [self._or_text(each, pack, depth) for each in value.args]
            held = {
                name: self._or_text(each, pack, depth)
                for name, each in vars(value).items()
                if not name.startswith("_")
            }
            return {"$": "error", "v": [pack.tree(type(value), depth + 1), given, held]}
        return {"$": "mine", "v": [self.number(value), self.describe(value, pack, depth)]}

    @staticmethod
    def _or_text(value: Any, pack: Pack, depth: int) -> Any:
        try:
            return pack.tree(value, depth + 1)
        except CannotCarry:
            return repr(value)[:300]

    def shared(self, value: Any) -> bool:
        """Whether the other side has the same object under the same name."""
        root = str(value.__module__).partition(".")[0]
        if root not in sys.stdlib_module_names or root == "__main__":
            return False
        module = sys.modules.get(value.__module__)
        return getattr(module, value.__qualname__, None) is value

    def resolve(self, kind: str, content: Any, value: Callable[[Any], Any]) -> Any:
        if kind == "yours":
            return self.objects[content]
        if kind == "mine":
            return self.proxy(content[0], content[1], value)
        if kind == "global":
            return self.known(*content)
        if kind == "error":
            return revive(value(content[0]), content[1], content[2], value)
        raise ValueError(f"no row {kind!r}")

    # what differs between the sides

    def note(self) -> dict[str, Any]:
        """What goes along with every message."""
        return {}

    def noted(self, message: Any) -> None:  # noqa: B027 - most sides take nothing
        """Take what came along."""

    @abstractmethod
    def answer(self, what: str, target: Any, given: list[Any], words: dict[str, Any]) -> Any: ...

    @abstractmethod
    def describe(self, value: Any, pack: Pack, depth: int) -> Any: ...

    @abstractmethod
    def proxy(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any: ...

    @abstractmethod
    def known(self, module: str, name: str) -> Any: ...


def theirs_number(value: Any) -> int | None:
    """The other side's number of what is a stand-in for an object of its own, else None."""
    try:
        held = type.__getattribute__(value, "__dict__") if isinstance(value, type) else vars(value)
    except TypeError:
        return None
    number = held.get("_assay_number")
    return number if type(number) is int else None


def revive(kind: Any, given: list[Any], held: dict[str, Any], value: Callable[[Any], Any]) -> Any:
    """An exception of class ``kind``, made without running its constructor's code."""
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise ValueError("an error without a class")
    if issubclass(kind, Lost):
        kind = Exception
    error = kind.__new__(kind)
    error.args = tuple(value(each) for each in given)
    for name, each in held.items():
        if not name.startswith("_"):
            setattr(error, name, value(each))
    return error


def builtin_exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
