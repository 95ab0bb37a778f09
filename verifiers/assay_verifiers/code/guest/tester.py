"""The tests' side of an assert test: runs the test code, with stand-ins for what is the
candidate's.

Follows ``codec.py`` and ``remote.py`` in one program and reads ``tests.json``: ``{"code",
"prelude", "entry_point", "first", "wall_s"}``. Run are, in this order: the test code's own
statements, each ``assert`` among them a test of its own; ``check(entry_point)`` where it is
defined; functions ``test…`` without parameters; ``unittest.TestCase`` classes. At the end one line
of JSON goes to standard output: ``{"tests": [{"name", "status", "message", "seconds"}], "lost",
"problem"}``.

The candidate is another process. Of what it sends, plain data is rebuilt here; its functions,
classes and objects become stand-ins that ask over there. A stand-in that came back from a call is
not believed about plain values: its comparisons with them are identity, its operators with them
must give objects, ``in`` looks at its items, and a method named as one of text or containers may
not answer yes or no. Only objects that the tests themselves construct speak for themselves.

A name that the tests use and do not define is, first found: the entry point, a built-in, the
prelude's, a module or function of the standard library that the candidate imported under its own
name, what the candidate defines.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import inspect
import io
import json
import os
import random
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay_verifiers.code.guest.remote import (
        SCALARS,
        Channel,
        Lost,
        Pack,
        Peer,
        builtin_exception,
    )
    from assay_verifiers.codec import CannotCarry

_FILE = "tests.py"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPARISONS = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
_NUMERIC = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift"
_BINARY = frozenset(f"__{side}{name}__" for name in _NUMERIC.split() for side in ("", "r", "i"))
_OTHERS = """
    bool len iter next getitem setitem delitem contains call str repr format bytes int float complex
    index round trunc floor ceil abs neg pos invert enter exit reversed length_hint missing
    aiter anext
"""
_SPECIAL = _COMPARISONS | _BINARY | {f"__{name}__" for name in _OTHERS.split()}
_VALUE_NAMES = frozenset().union(
    *(dir(kind) for kind in (str, bytes, list, dict, set, tuple, int, float))
)
_HIDDEN = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "assert_", "attach_mock",
           "configure_mock", "reset_mock", "mock_add_spec", "add_")  # fmt: skip
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
_DATA = (
    bool,
    int,
    float,
    str,
    list,
    dict,
    set,
    tuple,
    frozenset,
    bytearray,
    type(None),
    object,
    type,
)
_ALIASES = {"np": "numpy", "pd": "pandas"}


class NotSerialisable(BaseException):
    """A value of the tests themselves cannot cross. Not the candidate's fault."""


class TimeUp(BaseException):
    """A test took too long."""


class _Tests(Peer):
    """Asks the candidate."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._proxies: dict[int, Any] = {}
        self.lost = ""
        self.not_carried = ""

    def ask(self, what: str, target: Any, *given: Any, **words: Any) -> Any:
        if self.lost:
            raise Lost(self.lost)
        try:
            return super().ask(what, target, *given, **words)
        except CannotCarry as error:
            self.not_carried = str(error)
            raise NotSerialisable(str(error)) from None
        except Lost as error:
            self.lost = str(error)
            raise

    def noted(self, message: Any) -> None:
        printed = message.get("printed") if isinstance(message, dict) else None
        if isinstance(printed, str):
            sys.stdout.write(printed)

    def answer(self, what: str, target: Any, given: list[Any], words: dict[str, Any]) -> Any:
        """What the candidate may do with what the tests gave it: little."""
        if not any(target is each for each in self.objects):
            raise TypeError("that is no object of the tests")
        if what == "call":
            return target(*given, **words)
        if what == "operate" and given and given[0] in _ASKED:
            return _ASKED[given[0]](target, *given[1:])
        if what == "get" and given and not str(given[0]).startswith(_HIDDEN):
            return getattr(target, str(given[0]))
        raise AttributeError(f"{type(target).__name__} does not give that away")

    # references

    def describe(self, value: Any, pack: Pack, depth: int) -> Any:
        if isinstance(value, type) and issubclass(value, BaseException):
            bases = [
                base.__name__ for base in value.__mro__ if builtin_exception(base.__name__) is base
            ]
            return ["error", value.__name__, bases[:1]]
        return ["object"]

    def known(self, module: str, name: str) -> Any:
        """Types of plain data and exceptions; no code of the candidate's choosing is found here."""
        if module == "builtins" and name in ("NotImplemented", "Ellipsis"):
            return NotImplemented if name == "NotImplemented" else Ellipsis
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and module.partition(".")[0] in sys.stdlib_module_names:
            if found in _DATA or found in SCALARS:
                return found
            if issubclass(found, BaseException) and not module.startswith("unittest"):
                return found
        return type(name, (object,), {"__module__": module})

    def proxy(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        known = self._proxies.get(number)
        if known is None:
            known = self._proxies[number] = self._stand_in(number, described, value)
        elif isinstance(known, _Remote):
            known.__dict__["_assay_made"] = False  # it came back: from now on it is an answer
        return known

    def _stand_in(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        kind, *more = described
        if kind == "class":
            return self._class(number, more, value)
        if kind == "function":
            return self._function(number, str(more[0]))
        if kind in ("generator", "iterator"):
            return _generate(self, number) if kind == "generator" else _Items(self, number)
        local = value(more[0])
        if not (isinstance(local, _RemoteType)):
            local = _RemoteType(str(getattr(local, "__name__", "object")), (_Remote,), {})
        made: Any = object.__new__(local)  # type: ignore[arg-type]
        made.__dict__.update(_assay_peer=self, _assay_number=number, _assay_made=False)
        return made

    def _function(self, number: int, name: str) -> Any:
        def call(*given: Any, **words: Any) -> Any:
            return self.ask("call", call, *given, **words)

        call.__name__ = call.__qualname__ = name[:80]
        call.__dict__.update(_assay_number=number)
        return call

    def _class(self, number: int, described: Any, value: Callable[[Any], Any]) -> Any:
        name, bases, special, unhashable = described
        local = [value(base) for base in bases]
        fields: dict[str, Any] = {"_assay_number": number, "__module__": "candidate"}
        if any(isinstance(base, type) and issubclass(base, BaseException) for base in local):
            kept = [base for base in local if issubclass(base, BaseException)]
            return type(str(name), tuple(kept), fields)
        for each in _SPECIAL & set(special):
            fields[each] = _special(each)
        if "__hash__" in special:
            fields["__hash__"] = None if unhashable else _special("__hash__")
        elif "__eq__" in fields:
            fields["__hash__"] = object.__hash__
        kept = [base for base in local if isinstance(base, _RemoteType)]
        made = _RemoteType(str(name), tuple(kept) or (_Remote,), fields)
        type.__setattr__(made, "_assay_peer", self)
        return made


class _RemoteType(type):
    """The class of a class of the candidate's; constructing and its attributes are over there."""

    def __call__(cls, *given: Any, **words: Any) -> Any:
        if "_assay_number" not in cls.__dict__:
            raise NotSerialisable(f"{cls.__name__} derives from a class of the candidate's")
        made = cls._assay_peer.ask("call", cls, *given, **words)
        if isinstance(made, _Remote):
            made.__dict__["_assay_made"] = True
        return made

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or "_assay_number" not in cls.__dict__:
            raise AttributeError(name)
        return cls._assay_peer.ask("get", cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._assay_peer.ask("set", cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls._assay_peer.ask("delete", cls, name)

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._assay_peer.ask("operate", cls, "__iter__"))

    def __len__(cls) -> int:
        return int(cls._assay_peer.ask("operate", cls, "__len__"))

    def __getitem__(cls, key: Any) -> Any:
        return cls._assay_peer.ask("operate", cls, "__getitem__", key)

    def __bool__(cls) -> bool:
        return True


class _Remote(metaclass=_RemoteType):
    """An object of the candidate's."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name.startswith("_assay"):
            raise AttributeError(name)
        got = self._assay_peer.ask("get", self, name)
        guarded = name in _VALUE_NAMES and not self._assay_made and callable(got)
        return _guarded(got, name) if guarded else got

    def __setattr__(self, name: str, value: Any) -> None:
        self._assay_peer.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._assay_peer.ask("delete", self, name)


def _guarded(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*given: Any, **words: Any) -> Any:
        answer = method(*given, **words)
        if isinstance(answer, bool):
            raise TypeError(f"{name}() of an object that is no plain value is not believed")
        return answer

    return call


def _special(name: str) -> Callable[..., Any]:
    def operate(self: Any, *given: Any) -> Any:
        plain = any(not isinstance(each, _Remote) for each in given)
        if not self._assay_made:
            if name in _COMPARISONS and plain:
                return NotImplemented
            if name == "__contains__":
                return any(item is given[0] or item == given[0] for item in self)
        if name == "__exit__":
            given = (given[0], given[1], None)
        answer = self._assay_peer.ask("operate", self, name, *given)
        believed = isinstance(answer, _Remote) or answer is NotImplemented
        if name in _BINARY and plain and not self._assay_made and not believed:
            raise TypeError(f"{name} of an object that is no plain value is not believed")
        return answer

    operate.__name__ = name
    return operate


def _generate(peer: _Tests, number: int) -> Iterator[Any]:
    """A real generator over one of the candidate's."""
    source = _Items(peer, number)
    sent = None
    while True:
        try:
            sent = yield source.send(sent) if sent is not None else next(source)
        except StopIteration:
            return


class _Items:
    """An iterator of the candidate's."""

    def __init__(self, peer: _Tests, number: int) -> None:
        self._assay_peer, self._assay_number = peer, number

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> Any:
        return self._assay_peer.ask("operate", self, "__next__")

    def send(self, value: Any) -> Any:
        return self._assay_peer.ask("get", self, "send")(value)


# ── what the test code sees ──────────────────────────────────────────────────────────────────────


def _names(peer: _Tests, config: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """The namespace in which the test code runs."""
    space: dict[str, Any] = {"__name__": "tests", "__builtins__": builtins}
    if config["prelude"]:
        exec(compile(config["prelude"], "prelude.py", "exec"), space)  # noqa: S102 - the task's
    own = set(space)
    module = types.ModuleType("candidate")
    for name, origin, inner in _claims(peer):
        if name not in used or (name in own and name != config["entry_point"]):
            continue
        if name == config["entry_point"]:
            space[name] = peer.ask("name", None, name)
        elif hasattr(builtins, name) or name.startswith("__"):
            continue
        elif (found := _shared_name(name, origin, inner)) is not None:
            space[name] = found
        else:
            space[name] = peer.ask("name", None, name)
        vars(module)[name] = space[name]
    for alias in ("candidate", "solution"):
        sys.modules[alias] = module
    return space


def _claims(peer: _Tests) -> list[list[str]]:
    claimed = peer.ask("load", None)
    if not isinstance(claimed, list):
        raise Lost("names that are none")
    return [
        each for each in claimed if isinstance(each, list) and [type(i) for i in each] == [str] * 3
    ]


def _shared_name(name: str, origin: str, inner: str) -> Any:
    """A module or something of the standard library that is called the same everywhere."""
    if not origin or origin.partition(".")[0] not in sys.stdlib_module_names | set(
        _ALIASES.values()
    ):
        return None
    try:
        if not inner:
            last = origin.rpartition(".")[2]
            return (
                importlib.import_module(origin)
                if name == last or _ALIASES.get(name) == origin
                else None
            )
        return getattr(importlib.import_module(origin), name, None) if name == inner else None
    except ImportError:
        return None


def _mirror_patches(peer: _Tests) -> None:
    """Have ``mock.patch`` of modules and their classes act on the candidate too."""
    patch: Any = importlib.import_module("unittest.mock")._patch
    enter, leave = patch.__enter__, patch.__exit__
    mirrored: list[Any] = []

    def entered(self: Any) -> Any:
        got = enter(self)
        path = _path(self.target)
        if path and (path, self.attribute) not in (("sys", "stdout"), ("sys", "stderr")):
            peer.ask("patch", None, path, self.attribute, getattr(self.target, self.attribute))
            mirrored.append(self)
        return got

    def left(self: Any, *given: Any) -> Any:
        if mirrored and mirrored[-1] is self:
            mirrored.pop()
            peer.ask("unpatch", None)
        return leave(self, *given)

    patch.__enter__, patch.__exit__ = entered, left


def _mirror_seeds(peer: _Tests) -> None:
    """Have ``random.seed`` of the tests act on the candidate too."""
    seed = random.seed

    def seeded(a: Any = None, version: int = 2) -> None:
        seed(a, version)
        peer.ask("seed", None, a)

    random.seed = seeded


def _path(target: Any) -> str:
    """Where the candidate has the same object: ``module`` or ``module:Class``, or ""."""
    if isinstance(target, types.ModuleType):
        return target.__name__
    home, name = getattr(target, "__module__", ""), getattr(target, "__qualname__", "")
    local = not isinstance(target, type) or type(target) is _RemoteType or home == "tests"
    if local or getattr(sys.modules.get(home), name, None) is not target:
        return ""
    return f"{home}:{name}"


class _Telling(ast.NodeTransformer):
    """Lets a comparison that fails say both sides; what it compares and when stays as it was."""

    def visit_Assert(self, node: ast.Assert) -> Any:
        test = node.test
        if node.msg is None and isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = (ast.Name(name, ast.Load()) for name in ("assay_left", "assay_right"))
            sides = [
                ast.NamedExpr(ast.Name("assay_left", ast.Store()), test.left),
                ast.NamedExpr(ast.Name("assay_right", ast.Store()), test.comparators[0]),
            ]
            compared = ast.Compare(sides[0], test.ops, [sides[1]])
            told = ast.Call(ast.Name("assay_told", ast.Load()), [left, right], [])
            new = ast.Assert(compared, told)
            return ast.fix_missing_locations(ast.copy_location(new, node))
        return node


def _sides(left: Any, right: Any) -> str:
    return f"got {_short(left)}, expected {_short(right)}"


def _short(value: Any) -> str:
    text = object.__repr__(value) if isinstance(value, _Remote) else repr(value)
    return text if len(text) <= 120 else text[:119] + "…"


# ── running ──────────────────────────────────────────────────────────────────────────────────────


class _Run:
    """Runs tests one by one and takes down what came of each."""

    def __init__(self, peer: _Tests, config: dict[str, Any]) -> None:
        self.peer = peer
        self.first, self.wall_s = config["first"], config["wall_s"]
        self.stop_early = config["stop_early"]
        self.code = config["code"].split("\n")
        self.tests: list[dict[str, Any]] = []
        self.count = 0
        self.late = False
        self.problem = ""

    @property
    def over(self) -> bool:
        failed = self.tests and self.tests[-1]["status"] != "match"
        return bool(self.peer.lost or (self.stop_early and failed))

    def test(self, name: str, body: Callable[[], object]) -> None:
        self.count += 1
        if self.count <= self.first:
            return
        if self.over:
            self.tests.append({"name": name, "status": "not_run"})
            return
        started = time.monotonic()
        status, message = self._outcome(body)
        self.tests.append(
            {
                "name": name,
                "status": status,
                "message": message,
                "seconds": time.monotonic() - started,
            }
        )

    def statement(self, name: str, body: Callable[[], object]) -> None:
        """Something between the tests; if it fails, so does everything."""
        if self.over:
            return
        status, message = self._outcome(body)
        if status != "match":
            self.tests.append({"name": name, "status": status, "message": message, "seconds": 0.0})
            raise _Broken

    def _outcome(self, body: Callable[[], object]) -> tuple[str, str]:
        self.peer.not_carried = ""
        signal.signal(signal.SIGALRM, self._time_up)
        signal.setitimer(signal.ITIMER_REAL, self.wall_s)
        try:
            body()
            status, message = "match", ""
        except BaseException as error:
            status, message = self._failed(error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self.peer.not_carried:
            return "not_serialisable", self.peer.not_carried
        if self.late:
            return "time_limit", f"above {self.wall_s:g} s"
        if self.peer.lost:
            return "lost", self.peer.lost
        return status, message[:300]

    def _time_up(self, *_: object) -> None:
        self.late, self.peer.lost = True, "a call took too long"
        raise TimeUp

    def _failed(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, NotSerialisable):
            return "not_serialisable", str(error)
        line = self._line(error)
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if isinstance(error, AssertionError):
            return "mismatch", f"{line}: {error}" if str(error) else line
        if isinstance(error, MemoryError):
            return "memory_limit", said
        if isinstance(error, ModuleNotFoundError) and not self._theirs(error):
            return "bad_gold", f"the template lacks a module of the tests: {error}"
        return "runtime_error", f"{line}: {said}" if line else said

    def _theirs(self, error: BaseException) -> bool:
        """Whether the candidate raised it: then it was made anew where replies are read."""
        frames = traceback.extract_tb(error.__traceback__)
        return any(frame.name == "ask" for frame in frames)

    def _line(self, error: BaseException) -> str:
        """The line of the test code where it happened."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == _FILE]
        number = (frames[-1].lineno or 0) if frames else 0
        return self.code[number - 1].strip()[:120] if 0 < number <= len(self.code) else ""


class _Broken(Exception):
    """A statement between the tests failed."""


def _run_all(run: _Run, space: dict[str, Any], tree: ast.Module, entry: str | None) -> None:
    own = {node.name for node in tree.body if isinstance(node, _FUNCTIONS)}
    called = {name for node in tree.body if (name := _called(node)) in own}
    for node in tree.body:
        program = compile(ast.Module([node], []), _FILE, "exec")
        kind = run.test if _called(node) in own or _asserts(node) else run.statement
        kind(f"line {node.lineno}", _executing(program, space))
    if "check" in own - called:
        _run_check(run, space, entry)
    for name, value in list(space.items()):
        if name.startswith("test") and name not in called and _takes_nothing(value):
            run.test(name, _calling(value))
    _run_unittest(run, space)


def _called(node: ast.stmt) -> str:
    """The name of the function that a statement is nothing but the call of."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return node.value.func.id if isinstance(node.value.func, ast.Name) else ""
    return ""


def _asserts(node: ast.AST) -> bool:
    """Whether running a statement may run an ``assert`` in it."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return False
    return isinstance(node, ast.Assert) or any(map(_asserts, ast.iter_child_nodes(node)))


def _run_check(run: _Run, space: dict[str, Any], entry: str | None) -> None:
    check = space["check"]
    if not inspect.signature(check).parameters:
        run.test("check", _calling(check))
    elif entry is None or entry not in space:
        run.problem = "malformed" if entry else "bad_gold"
    else:
        run.test("check", lambda: _finish(check(space[entry])))


def _takes_nothing(value: Any) -> bool:
    return (
        isinstance(value, types.FunctionType)
        and value.__code__.co_filename == _FILE
        and not any(
            parameter.default is parameter.empty and parameter.kind < 2
            for parameter in inspect.signature(value).parameters.values()
        )
    )


def _executing(program: types.CodeType, space: dict[str, Any]) -> Callable[[], object]:
    return lambda: exec(program, space)  # noqa: S102 - the tests


def _calling(function: Callable[[], Any]) -> Callable[[], object]:
    return lambda: _finish(function())


def _finish(value: Any) -> None:
    """Run a test that is a coroutine to its end."""
    if inspect.iscoroutine(value):
        importlib.import_module("asyncio").run(value)


def _run_unittest(run: _Run, space: dict[str, Any]) -> None:
    """What test cases there are; a program without any never loads ``unittest``."""
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return
    loader = unittest.TestLoader()
    cases = [
        value
        for value in list(space.values())
        if isinstance(value, type)
        and issubclass(value, unittest.TestCase)
        and value.__module__ == "tests"
    ]
    for case in cases:
        for method in loader.getTestCaseNames(case):
            run.test(f"{case.__name__}.{method}", _unit(unittest, case, method))


def _unit(unittest: Any, case: Any, method: str) -> Callable[[], object]:
    """One method with the fixtures of its class, raising what went wrong."""

    def body() -> None:
        errors: list[BaseException] = []
        result = unittest.TestResult()
        result.addError = result.addFailure = lambda test, error: errors.append(error[1])
        result.addSubTest = lambda test, inner, error: errors.extend([error[1]] if error else ())
        unittest.TestSuite([case(method)]).run(result)
        if errors:
            raise errors[0]
        if result.unexpectedSuccesses:
            raise AssertionError("succeeded where a failure is expected")

    return body


def _main() -> None:
    report = os.dup(1)
    sys.stdout = io.StringIO()
    with open("tests.json", encoding="utf-8") as file:
        config = json.load(file)
    peer = _Tests(Channel(3, 4))
    run = _Run(peer, config)
    with contextlib.suppress(_Broken):
        _test_candidate(peer, run, config)
    told = {"tests": run.tests, "lost": peer.lost, "problem": run.problem}
    with os.fdopen(report, "w", encoding="utf-8", errors="replace") as out:
        json.dump(told, out)
    os._exit(0)


def _test_candidate(peer: _Tests, run: _Run, config: dict[str, Any]) -> None:
    try:
        tree = ast.parse(config["code"], _FILE)
    except SyntaxError as error:
        run.problem = f"bad_gold: the test code does not compile: {error}"
        return
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    entry = config["entry_point"]
    space: dict[str, Any] = {}
    loaded, message = run._outcome(lambda: space.update(_names(peer, config, used | {entry})))
    if loaded != "match":
        run.tests.append({"name": "loading", "status": loaded, "message": message, "seconds": 0.0})
        return
    if entry and entry not in space:
        run.problem = f"malformed: no {entry} is defined"
        return
    if "unittest" in config["code"]:
        importlib.import_module("unittest").main = lambda *given, **words: None  # type: ignore[attr-defined]
    if "mock" in config["code"]:
        _mirror_patches(peer)
    _mirror_seeds(peer)
    space["assay_told"] = _sides
    _run_all(run, space, ast.fix_missing_locations(_Telling().visit(tree)), entry)


_main()
