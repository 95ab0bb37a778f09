"""Stand-ins, in the tests' process, for functions, classes and objects of the candidate.

Each asks over there. One that came back from a call is not believed about plain values: its
comparisons with them are identity, its operators with them must give objects, which are nothing but
objects (no number, neither true nor false), ``in`` looks at its items, and a method named as one of
text or containers may not answer yes or no. A member of an enum that is also a number or a text is
one here too, which compares and computes as such, by itself. Only objects that the tests themselves
construct, of what they call by a class's name, speak for themselves, as long as no answer gives
them. No object swallows what leaves a ``with`` that holds assertions, nor a failed assertion.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from datetime import timedelta
from typing import Any

from assay_verifiers.code.guest.channel import Lost
from assay_verifiers.code.guest.peer import StandIn, own_dict

COMPARISONS = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
_NUMERIC = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift"
_BINARY = frozenset(f"__{side}{name}__" for name in _NUMERIC.split() for side in ("", "r", "i"))
_OTHERS = """
    bool len iter next getitem setitem delitem contains call str repr format bytes int float complex
    index round trunc floor ceil abs neg pos invert enter exit reversed length_hint missing
    aiter anext aenter aexit await
"""
SPECIAL = COMPARISONS | _BINARY | {f"__{name}__" for name in _OTHERS.split()}
_VALUE_NAMES = frozenset().union(
    *(dir(kind) for kind in (str, bytes, list, dict, set, tuple, int, float))
)
_OF_FUNCTIONS = ("__name__", "__qualname__", "__wrapped__")
_OF_NUMBERS = frozenset().union(*(dir(kind) for kind in (int, float, complex, timedelta)))
_PREDICATES = {name for name in _VALUE_NAMES if name.startswith("is") or name.endswith("with")}
_NUMBERS = "bool len int float complex index round trunc floor ceil abs neg pos"
_PLAIN = frozenset(f"__{name}__" for name in _NUMBERS.split())
_EXITS = ("__exit__", "__aexit__")
_WORDS = frozenset(("__str__", "__repr__", "__format__"))
PLAIN_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (int, str, float)}
_VALUES = tuple(PLAIN_KINDS.values())


class NotSerialisable(BaseException):
    """A value of the tests themselves cannot cross. Not the candidate's fault."""


class RemoteType(type):
    """The class of a class of the candidate's; constructing and its attributes are over there."""

    def __call__(cls, *given: Any, **words: Any) -> Any:
        if "_assay_number" not in cls.__dict__:
            raise NotSerialisable(f"{cls.__name__} derives from a class of the candidate's")
        made = cls._assay_peer.ask("call", cls, *given, **words)
        if isinstance(made, Remote) and own_dict(made)["_assay_made"] is None:
            own_dict(made)["_assay_made"] = cls._assay_peer.speaks(cls._assay_number)
        return made

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or "_assay_number" not in cls.__dict__:
            raise AttributeError(name)
        return cls._assay_peer.ask("get", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._assay_peer.ask("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls._assay_peer.ask("delete", cls, name)

    def __instancecheck__(cls, value: Any) -> bool:
        tuples = vars(cls).get("_assay_tuples")
        return type(value) is tuples if tuples else super().__instancecheck__(value)

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._assay_peer.ask("operate", cls, "__iter__"))

    def __len__(cls) -> int:
        return int(cls._assay_peer.ask("operate", cls, "__len__"))

    def __getitem__(cls, key: Any) -> Any:
        return cls._assay_peer.ask("operate", cls, "__getitem__", key)

    def __bool__(cls) -> bool:
        return True


class Remote(StandIn, metaclass=RemoteType):
    """An object of the candidate's."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return self._assay_peer.ask("get", self, "__dict__")

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("__", "_assay")) and name not in _OF_FUNCTIONS:
            raise AttributeError(name)
        if self._assay_fed and name in _OF_NUMBERS:
            raise TypeError(f"{name} of what came of an object and a plain value is not believed")
        got = self._assay_peer.ask("get", self, name)
        return got if self._assay_made else guarded(got, name)

    def __bool__(self) -> bool:
        if self._assay_fed:
            raise TypeError("what came of an object and a plain value is neither true nor false")
        return not any("__len__" in vars(kind) for kind in type(self).__mro__) or len(self) > 0

    def __setattr__(self, name: str, value: Any) -> None:
        self._assay_peer.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._assay_peer.ask("delete", self, name)

    def __copy__(self) -> Any:
        return self._assay_peer.ask("copied", None, self, False)

    def __deepcopy__(self, memo: object) -> Any:
        return self._assay_peer.ask("copied", None, self, True)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise NotSerialisable(f"a {type(self).__name__} of the candidate's cannot be pickled")


def remote_object(peer: Any, number: int, kind: Any) -> Remote:
    """A stand-in for the object ``number``, of class ``kind`` if that is one of ours."""
    if not isinstance(kind, RemoteType):
        kind = RemoteType(str(getattr(kind, "__name__", "object")), (Remote,), {})
    return _numbered(object.__new__(kind), peer, number)


def remote_member(peer: Any, number: int, value: Any, kind: Any) -> Remote:
    """A stand-in for a member of an enum that is also ``value``."""
    plain = PLAIN_KINDS.get(type(value).__name__)
    if not (type(value) is plain and isinstance(kind, RemoteType) and issubclass(kind, plain)):
        raise ValueError("a member of no such enum")
    return _numbered(PLAIN_KINDS[plain.__name__].__new__(kind, value), peer, number)


def _numbered(made: Any, peer: Any, number: int) -> Remote:
    own_dict(made).update(
        _assay_peer=peer, _assay_number=number, _assay_made=None, _assay_fed=False
    )
    remote: Remote = made
    return remote


class Strict:
    """A context manager of the candidate's that swallows nothing."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, *given: Any) -> None:
        self._inner.__exit__(*given)

    async def __aenter__(self) -> Any:
        return await self._inner.__aenter__()

    async def __aexit__(self, *given: Any) -> None:
        await self._inner.__aexit__(*given)


def strict(manager: Any) -> Any:
    """``manager``, such that assertions under it are not swallowed by the candidate."""
    return Strict(manager) if isinstance(manager, Remote) else manager


def remote_function(peer: Any, number: int, name: str, *, waits: bool) -> Callable[..., Any]:
    """A function over one of the candidate's; ``waits``: which is declared ``async``."""

    def call(*given: Any, **words: Any) -> Any:
        return peer.ask("call", made, *given, **words)

    async def wait(*given: Any, **words: Any) -> Any:
        return await call(*given, **words)

    made: Callable[..., Any] = wait if waits else call
    made.__name__ = made.__qualname__ = name[:80]
    made.__dict__.update(_assay_number=number, _assay_self=made)
    return made


def remote_class(
    peer: Any,
    number: int,
    called: tuple[str, str, str],
    bases: list[Any],
    special: list[str],
    unhashable: bool,
) -> type:
    """A class over there, or, where it derives from an exception of ours, one of ours for it.

    Args:
        called: its name, the module that it says it is of, and the plain class that members of an
            enum are of, or "".
    """
    name, module, plain = called
    fields: dict[str, Any] = {"__module__": "candidate", "_assay_module": module}
    fields["_assay_number"] = number
    errors = [b for b in bases if isinstance(b, type) and issubclass(b, BaseException)]
    if errors:
        fields["__str__"] = _saying(errors[0])
        return type(name, tuple(errors), fields)
    kept = tuple(base for base in bases if isinstance(base, RemoteType)) or (Remote,)
    if plain:
        fields |= {each: _special(each) for each in _WORDS & set(special)}
        if not any(issubclass(base, PLAIN_KINDS[plain]) for base in kept):
            kept = (PLAIN_KINDS[plain], *kept)
            fields["__dict__"] = vars(Remote)["__dict__"]
        special = []
    fields |= {each: _special(each) for each in SPECIAL & set(special)}
    fields |= {each: one for each, one in _WAITING.items() if each in special}
    if "__hash__" in special:
        fields["__hash__"] = None if unhashable else _special("__hash__")
    elif "__eq__" in fields:
        fields["__hash__"] = object.__hash__
    made = RemoteType(name, kept, fields)
    type.__setattr__(made, "_assay_peer", peer)
    return made


def _saying(base: Any) -> Callable[[Any], str]:
    def say(self: Any) -> str:
        said = vars(self).get("_assay_said")
        return base.__str__(self) if said is None else str(said)

    return say


def guarded(method: Any, name: str) -> Any:
    """``method`` such that it is not believed where its name is one of a plain value's methods."""
    if name not in _VALUE_NAMES or not callable(method):
        return method

    def call(*given: Any, **words: Any) -> Any:
        answer = method(*given, **words)
        if isinstance(answer, bool) or name in _PREDICATES:
            raise TypeError(f"{name}() of an object that is no plain value is not believed")
        return answer

    return call


async def _in_vain(answer: Any) -> bool:
    """Await what would swallow an error, which it does not."""
    await answer
    return False


def _special(name: str) -> Callable[..., Any]:
    def operate(self: Any, *given: Any) -> Any:
        plain = any(not isinstance(each, Remote) or isinstance(each, _VALUES) for each in given)
        if not self._assay_made:
            if name in COMPARISONS and plain:
                return NotImplemented
            if name == "__contains__":
                return any(item is given[0] or item == given[0] for item in self)
        if name in _EXITS:
            given = (given[0], given[1], None)
        answer = self._assay_peer.ask("operate", self, name, *given)
        if name in _EXITS and isinstance(given[1], AssertionError):
            return _in_vain(answer) if name == "__aexit__" else False
        plain_one = not isinstance(answer, Remote) or isinstance(answer, _VALUES)
        believed = not plain_one or answer is NotImplemented
        fed = not self._assay_made and (self._assay_fed or (name in _BINARY and plain))
        if fed and not believed and name in _BINARY | _PLAIN:
            raise TypeError(f"{name} of an object that is no plain value is not believed")
        if fed and isinstance(answer, Remote):
            own_dict(answer)["_assay_fed"] = True
        return answer

    operate.__name__ = name
    return operate


def remote_generator(peer: Any, number: int) -> Generator[Any, Any, Any]:
    """A real generator over one of the candidate's."""
    source = RemoteIterator(peer, number)
    sent = None
    while True:
        try:
            sent = yield source.send(sent) if sent is not None else next(source)
        except StopIteration as end:
            return end.value


class RemoteIterator:
    """An iterator of the candidate's."""

    def __init__(self, peer: Any, number: int) -> None:
        self._assay_peer, self._assay_number = peer, number

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> Any:
        return self._assay_peer.ask("operate", self, "__next__")

    def send(self, value: Any) -> Any:
        return self._assay_peer.ask("operate", self, "send", value)


async def remote_coroutine(peer: Any, number: int) -> Any:
    """A real coroutine over one of the candidate's."""
    return await _awaited(peer, "begin", RemoteIterator(peer, number))


async def remote_async_generator(peer: Any, number: int) -> AsyncIterator[Any]:
    """A real asynchronous generator over one of the candidate's."""
    source = RemoteIterator(peer, number)
    while got := _at_most_one(await _awaited(peer, "begin_next", source)):
        yield got[0]


async def _awaited(peer: Any, how: str, source: Any) -> Any:
    """What came of something that runs in a loop over there, while the loop here goes on too."""
    asyncio = importlib.import_module("asyncio")
    number = peer.ask(how, None, source)
    try:
        while not (done := _at_most_one(peer.ask("wait", None, number))):
            await asyncio.sleep(0)
    except (asyncio.CancelledError, GeneratorExit):
        peer.ask("drop", None, number)
        raise
    return done[0]


def _at_most_one(items: Any) -> list[Any]:
    if not isinstance(items, list) or len(items) > 1:
        raise Lost("no result where one should be")
    return items


def _await(self: Any) -> Any:
    return _awaited(self._assay_peer, "begin", self).__await__()


async def _anext(self: Any) -> Any:
    got = _at_most_one(await _awaited(self._assay_peer, "begin_next", self))
    if not got:
        raise StopAsyncIteration
    return got[0]


_WAITING: dict[str, Any] = {"__await__": _await, "__anext__": _anext}
