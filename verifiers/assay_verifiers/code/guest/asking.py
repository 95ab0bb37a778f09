"""The tests' end of the connection: asks the candidate, and gives away little itself.

Of what the candidate sends, plain data is rebuilt here; the rest becomes stand-ins
(``standins.py``).
"""

from __future__ import annotations

import abc
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from assay_verifiers.code.guest.channel import LONGEST_FRAME, Channel, Lost, TooLong
from assay_verifiers.code.guest.libraries import class_of
from assay_verifiers.code.guest.pack import PLAIN, Pack, TooDeep
from assay_verifiers.code.guest.peer import SHOWING, Peer, builtin_exception, own_dict
from assay_verifiers.code.guest.standins import (
    PLAIN_KINDS,
    NotSerialisable,
    Remote,
    RemoteIterator,
    RemoteType,
    guarded,
    remote_async_generator,
    remote_class,
    remote_coroutine,
    remote_function,
    remote_generator,
    remote_member,
    remote_object,
)
from assay_verifiers.codec import CannotCarry

_HIDDEN = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "assert_", "attach_mock",
           "configure_mock", "reset_mock", "mock_", "method_calls", "call_args",
           "add_")  # fmt: skip
_ASKED: dict[str, Callable[..., Any]] = {
    "__enter__": lambda each: type(each).__enter__(each),
    "__exit__": lambda each, *given: type(each).__exit__(each, *given),
    "__iter__": iter,
    "__next__": next,
    "__len__": len,
    "__getitem__": lambda each, key: each[key],
    "__contains__": lambda each, item: item in each,
    "__str__": str,
    "__bool__": bool,
}
_USING = ("call", "operate", "get", "wait")
_WORKED = ("generator", "coroutine", "async generator")
_STEPS = ("__next__", "send", "__anext__")


class Tests(Peer):
    """See the module.

    Attributes:
        lost: why the candidate cannot be asked any more, or "".
        not_carried: the last thing of the tests that could not cross, or "".
        asked: how often the candidate was; used: as far as that was for what it does.
        before: is called before each question; after: with each message that comes.
        os_error: the candidate raised an ``OSError`` since this was last False.
        libraries: that the tests import; foreign: an object of theirs that crossed since this was
            last "", for a person. See ``libraries.py``.
        instead: answers in the candidate's place, where it is not to be asked.
    """

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._proxies: dict[int, Any] = {}
        self._loose: set[int] = set()  # classes that came otherwise than under a class's name
        self._describing = 0
        self.lost = ""
        self.not_carried = ""
        self.asked = self.used = 0
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[dict[str, Any], Pack], None]] = []
        self.os_error = False
        self.libraries: frozenset[str] = frozenset()
        self.foreign = ""
        self.instead: Callable[[], Any] | None = None
        self._turn = threading.RLock()  # one question at a time, whichever thread asks
        self._working: dict[int, Pack] = {}  # by number of a generator or coroutine: its arguments

    def ask(self, what: str, target: Any, *given: Any, **words: Any) -> Any:
        if self.lost:
            raise Lost(self.lost)
        if self.instead is not None:
            return self.instead()
        with self._turn:
            return self._ask(what, target, *given, **words)

    def _ask(self, what: str, target: Any, *given: Any, **words: Any) -> Any:
        if what != "edit":
            self._tell_edits()
        for prepare in self.before:
            prepare()
        self.asked += 1
        self.used += what in _USING
        loose = set(self._loose)
        try:
            got = super().ask(what, target, *given, **words)
        except CannotCarry as error:
            if self._may_be_theirs(error):
                raise ValueError(f"it cannot be given back: {error}") from None
            self.not_carried = str(error)
            raise NotSerialisable(str(error)) from None
        except Lost as error:
            self.lost = str(error)
            raise
        except OSError:
            self.os_error = True
            raise
        except BaseException as error:
            if not _steers(error) or (_is_end(error) and what == "operate" and given[0] in _STEPS):
                raise
            raise RuntimeError(f"the candidate raised {type(error).__name__}") from None
        if what in ("name", "get") and _names_class(given[0]) and isinstance(got, RemoteType):
            self._loose -= {got._assay_number} - loose
        return got

    def _may_be_theirs(self, error: CannotCarry) -> bool:
        """Whether what cannot be carried is so by what the candidate gave before."""
        if isinstance(error, TooLong):
            return self.channel.received > LONGEST_FRAME // 4
        return isinstance(error, TooDeep) and self.deep

    def _tell_edits(self) -> None:
        """Have done over there what the tests did to what they were shown."""
        for number, pack in list(self._watched.packs.items()):
            if changed := pack.changes():
                pack.remember()
                self.ask("edit", None, number, changed)

    def speaks(self, number: int) -> bool:
        """Whether what the tests construct of this class is believed: they call it by a class's
        name, which a function's never is, and nothing else."""
        return number not in self._loose

    def _answer(self, message: Any) -> None:
        try:
            super()._answer(message)
        except CannotCarry as error:  # of the candidate's asking
            raise Lost(str(error)) from None

    def noted(self, message: dict[str, Any]) -> None:
        printed = message.get("printed")
        if isinstance(printed, str):
            sys.stdout.write(printed)
        self._change_later(message.get("later"))
        for take in self.after:
            take(message, Pack(self))

    def heard(self, what: str, tree: Any, pack: Pack) -> None:
        if what in SHOWING:
            self._watched.add(pack)
        if isinstance(tree, dict) and tree["$"] == "mine" and tree["v"][1][0] in _WORKED:
            self._working[tree["v"][0]] = pack

    def _change_later(self, later: Any) -> None:
        """Do what generators and coroutines that ended did to what they were given."""
        try:
            for number, changed in later or ():
                self._working.pop(number).change(changed)
        except (LookupError, TypeError, ValueError):
            raise Lost("changes that are none") from None

    def answer(self, what: str, target: Any, given: list[Any], words: dict[str, Any]) -> Any:
        """What the candidate may do with what the tests gave it: little."""
        if not any(target is each for each in self.objects):
            raise TypeError("that is no object of the tests")
        if what == "call":
            return target(*given, **words)
        if what == "await":
            return self._driven(target)
        if what == "operate" and given and given[0] in _ASKED:
            return _ASKED[given[0]](target, *given[1:])
        if what == "get" and given and _is_public(str(given[0])):
            return getattr(target, str(given[0]))
        if what == "set" and _is_record(target, given[0]):
            return setattr(target, given[0], given[1])
        raise AttributeError(f"{type(target).__name__} does not give that away")

    def _driven(self, coroutine: Any) -> Any:
        """The result of a coroutine of the tests' that waits for nothing, as those of mocks are."""
        if not isinstance(coroutine, types.CoroutineType):
            raise TypeError(f"a {type(coroutine).__name__} of the tests' is not awaited")
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        coroutine.close()
        self.not_carried = "the candidate awaits a coroutine of the tests' that waits itself"
        raise NotSerialisable(self.not_carried)

    def make_named(self, name: str, fields: tuple[str, ...]) -> Any:
        """A class of tuples that has over there what it has not here: methods, mostly."""

        def asked(tuple_: Any, attribute: str) -> Any:
            if attribute.startswith("_"):
                raise AttributeError(attribute)
            return guarded(self.ask("get", tuple_, attribute), attribute)

        kind = super().make_named(name, fields)
        kind.__getattr__ = asked
        return kind

    def named_tuple(self, name: str, fields: tuple[str, ...], items: list[Any]) -> Any:
        guards = [guarded(item, field) for field, item in zip(fields, items, strict=True)]
        return super().named_tuple(name, fields, guards)

    # references

    def describe(self, value: Any, pack: Pack, depth: int) -> Any:
        if isinstance(value, type) and issubclass(value, BaseException):
            bases = [
                base.__name__ for base in value.__mro__ if builtin_exception(base.__name__) is base
            ]
            return ["error", value.__name__, bases[:1]]
        self._crossed(type(value), "candidate")
        return ["object"]

    def known(self, module: str, name: str) -> Any:
        """Types of plain data and exceptions; no code of the candidate's choosing is found here.

        Nor does an ``except`` that names one of its names hold what fails in the tests.
        """
        if module == "builtins" and name in ("NotImplemented", "Ellipsis"):
            return NotImplemented if name == "NotImplemented" else Ellipsis
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and module.partition(".")[0] in sys.stdlib_module_names:
            if found in PLAIN:
                return found
            swallows = issubclass(AssertionError, found) and not self._describing
            if issubclass(found, BaseException) and not module.startswith("unittest"):
                return type(name, (found,), {"__module__": module}) if swallows else found
        return type(name, (object,), {"__module__": module})

    def proxy(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        known = self._proxies.get(number)
        if known is None:
            known = self._proxies[number] = self._stand_in(number, described, value)
        elif isinstance(known, Remote):
            own_dict(known)["_assay_made"] = False  # it came back: from now on it is an answer
        if isinstance(known, RemoteType) and not self._describing:
            self._loose.add(number)
        if isinstance(known, Remote):
            self._crossed(type(known), "tests")
        return known

    def _crossed(self, kind: type, where: str) -> None:
        """Take down that an object of class ``kind`` went, as a stand-in, where it is none."""
        if not self.foreign and (name := class_of(kind, self.libraries)):
            self.foreign = f"an object of the class {name} does not cross to the {where}"

    def _stand_in(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        kind, *more = described
        if kind == "class":
            (name, module, plain, text, *fields), bases, special, unhashable = more
            local = [self.described(base, value) for base in bases]
            called = (str(name), str(module), plain if plain in PLAIN_KINDS else "")
            made = remote_class(self, number, called, local, special, bool(unhashable))
            type.__setattr__(made, "__doc__", text if isinstance(text, str) else None)
            if fields and isinstance(made, RemoteType):
                type.__setattr__(made, "_assay_tuples", self.named(str(name), tuple(fields[0])))
            if (module, name) == ("abc", "ABC"):
                abc.ABC.register(made)
            return made
        if kind == "member":
            return remote_member(self, number, more[0], self.described(more[1], value))
        if kind == "function":
            name, waits, text = more
            function = remote_function(self, number, str(name), waits=waits is True)
            function.__doc__ = text if isinstance(text, str) else None
            return function
        if kind == "generator":
            return remote_generator(self, number)
        if kind == "coroutine":
            return remote_coroutine(self, number)
        if kind == "async generator":
            return remote_async_generator(self, number)
        if kind == "iterator":
            return RemoteIterator(self, number)
        return remote_object(self, number, self.described(more[0], value))

    def described(self, tree: Any, value: Callable[[Any], Any]) -> Any:
        """A class that only tells what something is."""
        self._describing += 1
        try:
            return value(tree)
        finally:
            self._describing -= 1


def _is_end(error: BaseException) -> bool:
    return isinstance(error, StopIteration | StopAsyncIteration)


def _steers(error: BaseException) -> bool:
    """Whether loops, of iteration and of asyncio's, take it for a word of their own."""
    return _is_end(error) or any(each.__name__ == "CancelledError" for each in type(error).__mro__)


def _is_public(name: str) -> bool:
    return name in ("__name__", "__qualname__", "__doc__") or not name.startswith(_HIDDEN)


def _is_record(target: Any, name: str) -> bool:
    """Whether ``name`` may be set: on an object of a class of the tests' own, and no method."""
    kind: Any = type(target)
    own = kind.__module__ == "tests" and not any(
        each.__name__ == "TestCase" for each in kind.__mro__
    )
    return own and not name.startswith("_") and not callable(getattr(kind, name, None))


def _names_class(path: Any) -> bool:
    """Whether a dotted name is that of a class, by convention (PEP 8)."""
    return str(path).rpartition(".")[2].lstrip("_")[:1].isupper()
