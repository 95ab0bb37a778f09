"""Calls between two processes that do not trust each other: one end, and what crosses.

Either side may *ask* and then answers what the other asks until its reply comes; all in one
thread. Values become trees in ``pack.py``, frames in ``channel.py``. What crosses:

    plain data of the codec         by value
    list, dict, set, bytearray,     by value, numbered: {"$": "new", "v": [n, kind, contents]},
    deque and kin                   a factory or greatest length as a fourth; again
                                    {"$": "same", "v": n}. So aliases and cycles survive, and what
                                    the other side changed in them comes back with its reply
    views of dicts                  {"$": "keys" | "values" | "items", "v": [...]}
    paths                           {"$": "path", "v": [class, text]}
    named tuples                    {"$": "named", "v": [name, fields, values]}: tuples with names
    types and functions of the      {"$": "global", "v": [module, name]}
    standard library
    exceptions                      {"$": "error", "v": [class, arguments, attributes, cause,
                                    text]}; the last two may be null
    anything else                   by reference: {"$": "mine", "v": [number, description]}, sent
                                    back as {"$": "yours", "v": number}

What cannot cross (modules, frames, traces, code, values nested above 100 deep) is an error of
the side that sends it. What arrives is only ever built from these rows; anything else breaks the
connection (:class:`Lost`).
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from assay_verifiers.code.guest.channel import Channel, Lost
from assay_verifiers.code.guest.pack import Pack, Watched
from assay_verifiers.codec import CannotCarry

MOST_NESTED = 60
LONGEST_TEXT = 10_000
SHOWING = ("get", "name")  # questions for what stays over there, whatever is done to it here
NOT_SENT = (types.ModuleType, types.FrameType, types.TracebackType, types.CodeType)


class Peer(ABC):
    """One end. What each side lets the other ask is its subclass's to say.

    Attributes:
        objects: what was sent by reference, by number.
        deep: something came that was nested so deeply that to send it back may fail.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.objects: list[Any] = []
        self.deep = False
        self._numbers: dict[int, int] = {}
        self._named: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._nested = 0
        self._watched = Watched()

    def ask(self, what: str, target: Any, *given: Any, **named_given: Any) -> Any:
        """Have the other side do something with ``target``; its value, or its exception raised."""
        pack = Pack(self)
        trees = [pack.tree(target), [pack.tree(each) for each in given]]
        words = {name: pack.tree(each) for name, each in named_given.items()}
        self.channel.send({"ask": what, "with": [*trees, words], **self.note()})
        while True:
            message = self._receive()
            if "ask" in message:
                self._answer(message)
                continue
            failed = "error" in message  # before the changes: in this order values got numbers
            got = pack.value(message["error"] if failed else message.get("value"))
            pack.change(message.get("changed"))
            if failed:
                raise got if isinstance(got, BaseException) else Lost("an error that is none")
            self.heard(what, message.get("value"), pack)
            return got

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
            value = self.answer(what, target, given, words)
            reply = {"value": pack.whole(value)}
        except Lost:
            raise
        except BaseException as error:
            reply = {"error": self._told(error, pack)}
        self._nested -= 1
        changed = pack.changes()
        if "value" in reply:
            self.told(what, value, pack)
        self.channel.send({**reply, "changed": changed, **self.note()})

    def _told(self, error: BaseException, pack: Pack) -> Any:
        try:
            return pack.whole(error)
        except Exception:
            text = f"{type(error).__name__}: an error that cannot be carried"
            return self.refer(RuntimeError(text), Pack(self), 0)

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while True:
            self._answer(self._receive())

    def _receive(self) -> dict[str, Any]:
        message = self.channel.receive()
        if not isinstance(message, dict):
            raise Lost("a message that is no object")
        self.noted(message)
        return message

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
            cause = value.__cause__
            causes = [None if cause is None else self._or_text(cause, pack, depth)]
            of = pack.tree(type(value), depth + 1)
            return {"$": "error", "v": [of, given, held, *causes, _said(value)]}
        return {"$": "mine", "v": [self.number(value), self.describe(value, pack, depth)]}

    @staticmethod
    def _or_text(value: Any, pack: Pack, depth: int) -> Any:
        try:
            return pack.whole(value, depth + 1)
        except CannotCarry:
            return repr(value)[:300]

    def shared(self, value: Any) -> bool:
        """Whether the other side has the same object under the same name."""
        root = str(value.__module__).partition(".")[0]
        if root not in sys.stdlib_module_names or root == "__main__":
            return False
        module = sys.modules.get(value.__module__)
        return getattr(module, value.__qualname__, None) is value

    # named tuples: the same class for the same name and fields

    def know_named(self, kind: type, fields: tuple[str, ...]) -> None:  # noqa: B027 - see server
        """A tuple of class ``kind`` was sent."""

    def named(self, name: str, fields: tuple[str, ...]) -> Any:
        """The class of a tuple that came."""
        if (name, fields) not in self._named:
            self._named[name, fields] = self.make_named(name, fields)
        return self._named[name, fields]

    def make_named(self, name: str, fields: tuple[str, ...]) -> Any:
        return collections.namedtuple(name, fields)

    def named_tuple(self, name: str, fields: tuple[str, ...], items: list[Any]) -> Any:
        return tuple.__new__(self.named(name, fields), items)

    def resolve(self, kind: str, content: Any, value: Callable[[Any], Any]) -> Any:
        if kind == "yours":
            return self.objects[content]
        if kind == "mine":
            return self.proxy(content[0], content[1], value)
        if kind == "global":
            return self.known(*content)
        if kind == "error":
            error = revive(self.described(content[0], value), content[1], content[2], value)
            cause, said = value(content[3]), content[4]
            if isinstance(said, str):
                error.__dict__["_assay_said"] = said
            error.__cause__ = cause if isinstance(cause, BaseException) else None
            return error
        raise ValueError(f"no row {kind!r}")

    def described(self, tree: Any, value: Callable[[Any], Any]) -> Any:
        """A class that only tells what something is."""
        return value(tree)

    # what differs between the sides

    def note(self) -> dict[str, Any]:
        """What goes along with every message."""
        return {}

    def noted(self, message: dict[str, Any]) -> None:  # noqa: B027 - one side takes nothing
        """Take what came along."""

    def told(self, what: str, value: Any, pack: Pack) -> None:  # noqa: B027 - see server
        """``value`` was given in answer to a question with the values of ``pack``."""

    def heard(self, what: str, tree: Any, pack: Pack) -> None:  # noqa: B027 - see asking
        """The answer to such a question came."""

    @abstractmethod
    def answer(self, what: str, target: Any, given: list[Any], words: dict[str, Any]) -> Any: ...

    @abstractmethod
    def describe(self, value: Any, pack: Pack, depth: int) -> Any: ...

    @abstractmethod
    def proxy(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any: ...

    @abstractmethod
    def known(self, module: str, name: str) -> Any: ...


class StandIn:
    """A thing of the other side's, whose attributes, ``__dict__`` too, are over there."""


_own_dict: Any = vars(StandIn)["__dict__"]


def own_dict(value: StandIn) -> dict[str, Any]:
    """What a stand-in itself holds."""
    held: dict[str, Any] = _own_dict.__get__(value)
    return held


def theirs_number(value: Any) -> int | None:
    """The other side's number of what is a stand-in for an object of its own, else None."""
    try:
        if isinstance(value, type):
            held = type.__getattribute__(value, "__dict__")
        else:
            held = own_dict(value) if isinstance(value, StandIn) else vars(value)
    except TypeError:
        return None
    if held.get("_assay_self", value) is not value:
        return None  # it has the attributes of one, by functools.wraps
    number = held.get("_assay_number")
    return number if type(number) is int else None


def _said(error: BaseException) -> str | None:
    """What it says of itself, where its class has a way of its own to do so."""
    own = isinstance(type(error).__str__, types.FunctionType)
    return str(error)[:LONGEST_TEXT] if own else None


def revive(kind: Any, given: list[Any], held: dict[str, Any], value: Callable[[Any], Any]) -> Any:
    """An exception of class ``kind``, made without running any constructor but a built-in one."""
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise ValueError("an error without a class")
    if issubclass(kind, Lost):
        kind = Exception
    args = tuple(value(each) for each in given)
    grouped = args if issubclass(kind, BaseExceptionGroup) else ()
    error: BaseException = kind.__new__(kind, *grouped)
    if builtin_exception(kind.__name__) is kind:  # it sets ``code``, ``errno`` and their like
        with contextlib.suppress(TypeError, ValueError):
            made: Any = kind
            error = made(*args)
    error.args = args
    error.__dict__["_assay_theirs"] = True
    for name, each in held.items():
        if not name.startswith("_"):
            setattr(error, name, value(each))
    return error


def builtin_exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
