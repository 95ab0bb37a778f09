"""The candidate's side of an assert test: loads the candidate, and does what the tests ask of it.

Reads ``candidate.py``. It trusts whoever asks; whoever asks trusts nothing of it. What the
candidate prints is sent along with every message, since tests may look at it, and where they do so
what it warns and logs.
"""

from __future__ import annotations

import collections
import contextlib
import enum
import importlib
import inspect
import io
import os
import sys
import types
from collections.abc import Callable, Generator
from typing import Any, NoReturn

from assay_verifiers.code.guest.channel import Channel, Lost, read
from assay_verifiers.code.guest.pack import PLAIN, Pack
from assay_verifiers.code.guest.peer import LONGEST_TEXT, SHOWING, Peer, builtin_exception

_MOST_NOTES = 10_000
_MOST_PRINTED = 1 << 20
_FILE = "candidate.py"
_WAIT_S = 0.01  # for a coroutine, before the tests' own loop has its turn
_PLAINLY: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    str: str.__str__,
    float: float.__float__,
}


class Candidate(Peer):
    """The candidate of this source: answers the tests."""

    def __init__(self, channel: Channel, source: str) -> None:
        super().__init__(channel)
        self._source = source
        self.module = types.ModuleType("candidate")
        self.module.__file__ = _FILE
        self._printed = sys.stdout = io.StringIO()
        self._said = 0
        self._patched: list[tuple[Any, str, Any, bool]] = []
        self._proxies: dict[int, Any] = {}
        self._warned: list[tuple[str, Any]] = []
        self._logged: list[tuple[str, int, str]] = []
        self._levels: dict[str, int] = {}
        self._runner: Any = None
        self._tasks: dict[int, Any] = {}
        self._working: dict[int, tuple[Any, Pack]] = {}

    def note(self) -> dict[str, Any]:
        note: dict[str, Any] = {}
        if text := self._take_printed():
            note["printed"] = text
        if self._warned:
            pack, warned = Pack(self), self._warned[:_MOST_NOTES]
            note["warned"] = [[text, pack.tree(category)] for text, category in warned]
            self._warned.clear()
        if self._logged:
            note["logged"] = self._logged[:_MOST_NOTES]
            self._logged.clear()
        if self._working and (later := self._take_later()):
            note["later"] = later
        return note

    def told(self, what: str, value: Any, pack: Pack) -> None:
        """Generators and coroutines go on with what they were given: look at it at their end."""
        if what in SHOWING:
            self._watched.add(pack)
        if isinstance(value, tuple(_WORKED)) and pack.kept:
            pack.remember()
            self._working[self.number(value)] = (value, pack)

    def _take_later(self) -> list[Any]:
        """What generators and coroutines that have ended did to what they were given."""
        ended = [number for number, (value, _) in self._working.items() if _has_ended(value)]
        return [[number, self._working.pop(number)[1].changes()] for number in ended]

    def _take_printed(self) -> str:
        text = self._printed.getvalue()
        self._printed.seek(0)
        self._printed.truncate()
        text = text[: max(0, _MOST_PRINTED - self._said)]
        self._said += len(text)
        return text

    def answer(self, what: str, target: Any, given: list[Any], words: dict[str, Any]) -> Any:
        if what == "call":
            return target(*given, **words)
        if what == "get":
            return getattr(target, given[0])
        if what == "set":
            return setattr(target, given[0], given[1])
        if what == "delete":
            return delattr(target, given[0])
        if what == "operate":
            return getattr(type(target), given[0])(target, *given[1:])
        return getattr(self, f"_{what}")(*given)

    # what waits: one loop for all, which runs while the tests wait for something in it

    def _begin(self, awaited: Any) -> int:
        """Have the loop run a coroutine, or anything else that can be awaited; its number."""
        return self._started(_result_of(awaited))

    def _begin_next(self, iterator: Any) -> int:
        """The same for the next item: ``[item]``, or nothing at the end."""
        return self._started(_next_of(iterator))

    def _started(self, coroutine: Any) -> int:
        if self._runner is None:
            self._runner = importlib.import_module("asyncio").Runner()
        number = len(self._tasks)
        self._tasks[number] = self._runner.get_loop().create_task(coroutine)
        return number

    def _wait(self, number: int) -> list[Any]:
        """``[result]`` of what was begun, or nothing as long as it is not done."""
        task, asyncio = self._tasks[number], importlib.import_module("asyncio")
        if not task.done():
            self._runner.run(asyncio.wait([task], timeout=_WAIT_S))
        if not task.done():
            return []
        self._tasks[number] = None
        return [task.result()]

    def _drop(self, number: int) -> None:
        """The tests wait no longer: cancel it, and let it come to its end."""
        task = self._tasks[number]
        if task is not None and task.cancel():
            self._runner.run(importlib.import_module("asyncio").wait([task]))

    # what is asked of the program as a whole

    def _load(self) -> list[list[str]]:
        """Run the candidate; its names, each with what it is."""
        sys.modules["candidate"] = self.module
        program = compile(self._source, _FILE, "exec", dont_inherit=True)
        exec(program, self.module.__dict__)  # noqa: S102 - this is the sandbox
        return [[name, *self._origin(value)] for name, value in list(vars(self.module).items())]

    def _origin(self, value: Any) -> list[str]:
        """The module that a name's value comes from, and its name there."""
        if isinstance(value, types.ModuleType):
            return [value.__name__, ""]
        module = getattr(value, "__module__", None)
        name = getattr(value, "__qualname__", None) or getattr(value, "_name", None)
        if isinstance(module, str) and isinstance(name, str) and module != "candidate":
            return [module, name]
        return ["", ""]

    def _name(self, path: str) -> Any:
        """What a dotted name means; a class on the way is constructed without arguments."""
        found: Any = self.module
        for part in path.split("."):
            if isinstance(found, type):
                found = found()
            found = getattr(found, part.removesuffix("()"))
            if part.endswith("()"):
                found = found()
        return found

    def _seed(self, value: Any) -> None:
        importlib.import_module("random").seed(value)

    def _copied(self, value: Any, deeply: bool) -> Any:
        copy = importlib.import_module("copy")
        return copy.deepcopy(value) if deeply else copy.copy(value)

    def _record(self, function: str, value: Any, changes: dict[str, Any]) -> Any:
        """What a function of ``dataclasses`` says of a value of the candidate's."""
        return getattr(importlib.import_module("dataclasses"), function)(value, **changes)

    def _edit(self, number: int, changed: list[Any]) -> None:
        """Do to what was shown what the tests did to their copy, unless it is another by now."""
        pack = self._watched.packs.get(number)
        if pack is None:
            return
        if pack.changes():
            del self._watched.packs[number]
            return
        pack.change(changed)
        pack.remember()

    def _environment(self, variables: dict[str, str]) -> None:
        os.environ.clear()
        os.environ.update(variables)

    def _mind(self, what: str) -> None:
        """Take down what the candidate warns or logs from now on."""
        if what == "warnings":
            warnings: Any = importlib.import_module("warnings")
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, category, *_: self._warned.append(
                (str(message), category)
            )
            return
        logger: Any = importlib.import_module("logging").Logger
        call = logger.callHandlers

        def called(self_: Any, record: Any) -> None:
            self._logged.append((record.name, record.levelno, record.getMessage()))
            call(self_, record)

        logger.callHandlers = called

    def _level(self, name: str, level: int | None) -> None:
        """Have a logger's level as the tests have it; None: as it was before."""
        logger = importlib.import_module("logging").getLogger(name)
        before = self._levels.setdefault(name, logger.level)
        logger.setLevel(before if level is None else level)
        if level is None:
            del self._levels[name]

    def _patch(self, path: str, attribute: str, new: Any) -> None:
        target = self._find(path)
        own = attribute in vars(target)
        self._patched.append((target, attribute, getattr(target, attribute, None), own))
        setattr(target, attribute, new)

    def _unpatch(self) -> None:
        target, attribute, old, own = self._patched.pop()
        if own or isinstance(target, types.ModuleType):
            setattr(target, attribute, old)
        else:
            delattr(target, attribute)

    def _find(self, path: str) -> Any:
        module, _, inner = path.partition(":")
        found: Any = self.module if module == "candidate" else importlib.import_module(module)
        for part in inner.split(".") if inner else ():
            found = getattr(found, part)
        return found

    # references

    def describe(self, value: Any, pack: Pack, depth: int) -> Any:
        if isinstance(value, type):
            bases = [pack.tree(base, depth + 1) for base in value.__bases__ if base is not object]
            special = [name for name in dir(value) if name.startswith("__") and name.endswith("__")]
            special = [
                n for n in special if getattr(value, n, None) is not getattr(object, n, None)
            ]
            unhashable = value.__hash__ is None
            plain = _plain_kind(value) if issubclass(value, enum.Enum) else None
            of = plain.__name__ if plain else ""
            named = [value.__name__, str(value.__module__), of, _documented(value)]
            fields = getattr(value, "_fields", None)
            if issubclass(value, tuple) and isinstance(fields, tuple):
                self.know_named(value, fields)
                return ["class", [*named, list(fields)], bases, special, unhashable]
            return ["class", named, bases, special, unhashable]
        if isinstance(value, enum.Enum) and (plain := _plain_kind(type(value))):
            return ["member", _PLAINLY[plain](value), pack.tree(type(value), depth + 1)]
        for kind, name in _WORKED.items():
            if isinstance(value, kind):
                return [name]
        if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
            held = [name for name in getattr(value, "__dict__", ()) if not name.startswith("_")]
            if not held or isinstance(value, types.MethodType):
                waits = inspect.iscoroutinefunction(value)
                return ["function", value.__name__, waits, _documented(value)]
        if isinstance(value, collections.abc.Iterator) and type(value).__module__ != "candidate":
            return ["iterator"]
        return ["object", pack.tree(type(value), depth + 1)]

    def know_named(self, kind: type, fields: tuple[str, ...]) -> None:
        self._named.setdefault((kind.__name__, fields), kind)

    def shared(self, value: Any) -> bool:
        # what the tests call or look into must be here, whatever its name says
        plain = isinstance(value, type) and (
            value in PLAIN or issubclass(value, BaseException | Warning)
        )
        return plain and super().shared(value)

    def proxy(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        if number not in self._proxies:
            if described[0] == "error":
                bases = tuple(builtin_exception(name) or Exception for name in described[2])
                fields = {"_assay_number": number, "__module__": "tests"}
                self._proxies[number] = type(described[1], bases or (Exception,), fields)
            else:
                self._proxies[number] = _Foreign(self, number)
        return self._proxies[number]

    def known(self, module: str, name: str) -> Any:
        if name in ("NotImplemented", "Ellipsis"):
            return NotImplemented if name == "NotImplemented" else Ellipsis
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found


_WORKED = {
    types.GeneratorType: "generator",
    types.CoroutineType: "coroutine",
    types.AsyncGeneratorType: "async generator",
}


def _has_ended(value: Any) -> bool:
    return all(getattr(value, f"{kind}_frame", None) is None for kind in ("gi", "cr", "ag"))


def _documented(value: Any) -> str | None:
    text = getattr(value, "__doc__", None)
    return text[:LONGEST_TEXT] if type(text) is str else None


def _plain_kind(kind: type) -> type | None:
    """The class of plain values that the members of an enum also are."""
    return next((each for each in _PLAINLY if issubclass(kind, each)), None)


async def _result_of(awaited: Any) -> Any:
    return await awaited


async def _next_of(iterator: Any) -> list[Any]:
    try:
        return [await anext(iterator)]
    except StopAsyncIteration:
        return []


class _Foreign:
    """A stand-in for an object of the tests: a callable, a mock, a file-like object."""

    def __init__(self, peer: Peer, number: int) -> None:
        self.__dict__.update(_assay_peer=peer, _assay_number=number, _assay_self=self)

    def __call__(self, *given: Any, **words: Any) -> Any:
        return self._assay_peer.ask("call", self, *given, **words)

    def __getattr__(self, name: str) -> Any:
        return self._assay_peer.ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._assay_peer.ask("set", self, name, value)

    def __await__(self) -> Generator[None, None, Any]:
        return self._assay_peer.ask("await", self)
        yield  # what the tests' own coroutine waits for is theirs


def _operation(name: str) -> Callable[..., Any]:
    def operate(self: Any, *given: Any) -> Any:
        if name == "__exit__":
            given = (given[0], given[1], None)
        return self._assay_peer.ask("operate", self, name, *given)

    return operate


for _name in ("enter", "exit", "iter", "next", "len", "getitem", "contains", "str", "bool"):
    setattr(_Foreign, f"__{_name}__", _operation(f"__{_name}__"))


def main() -> NoReturn:
    """Serve until the tests end, and end."""
    with contextlib.suppress(Lost):
        Candidate(Channel(3, 4), read(_FILE).decode()).serve()
    os._exit(0)
