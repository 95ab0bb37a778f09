"""What runs in the sandbox around a solution while tests are made: its values, or its output.

It follows the text of ``codec.py`` in one program, whose names it uses. ``inputs.json`` says what
to do: ``{"name", "inputs", "call_s", "reverse", "validator"}``. With a name, ``candidate.py`` is
loaded and the function called for each input, one JSON line each in ``values.jsonl``; without, it
runs as the main program on the real standard input.

With ``reverse`` every set goes round in the opposite order, so a solution whose result hangs on the
order of a set gives another one. Nothing is judged here.
"""

import ast
import json
import os
import signal
import time
import types
from typing import Any

encode: Any = globals()["encode"]
decode: Any = globals()["decode"]
CannotCarry: Any = globals()["CannotCarry"]


class _TooSlow(BaseException):
    pass


def _too_slow(*_: object) -> None:
    raise _TooSlow


# ── sets that go round backwards ─────────────────────────────────────────────────────────────────

_OPERATIONS = (
    "__and__ __or__ __sub__ __xor__ __rand__ __ror__ __rsub__ __rxor__ "
    "copy union intersection difference symmetric_difference"
)


def _backwards(base: Any) -> Any:
    """A subclass of ``base`` (set or frozenset) that goes round backwards, as its results do."""

    def again(name: str) -> Any:
        method = getattr(base, name)

        def call(self: Any, *given: Any) -> Any:
            value = method(self, *given)
            return kind(value) if isinstance(value, base) else value

        return call

    def pop(self: Any) -> Any:
        for item in self:
            self.remove(item)
            return item
        raise KeyError("pop from an empty set")

    members = {name: again(name) for name in _OPERATIONS.split()}
    members["__iter__"] = lambda self: iter(list(base.__iter__(self))[::-1])
    if base is set:
        members["pop"] = pop
    kind = type(base.__name__, (base,), members)
    return kind


_PLAIN = (set, frozenset)
_REVERSED = tuple(map(_backwards, _PLAIN))


def _turned(value: Any, kinds: Any) -> Any:
    """``value`` with its sets, at any depth, made anew as ``kinds`` (of set, of frozenset)."""
    if isinstance(value, set | frozenset):
        return kinds[isinstance(value, frozenset)](value)
    if type(value) in (list, tuple):
        return type(value)(_turned(item, kinds) for item in value)
    if type(value) is dict:
        return {_turned(k, kinds): _turned(v, kinds) for k, v in value.items()}
    return value


class _NoDisplays(ast.NodeTransformer):
    """``{1, 2}`` and ``{x for x in y}`` as calls of ``set``, so that they turn as well."""

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return self._made(node, ast.List(node.elts, ast.Load()))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return self._made(node, ast.ListComp(node.elt, node.generators))

    def _made(self, node: ast.AST, argument: ast.expr) -> ast.AST:
        return ast.copy_location(ast.Call(ast.Name("set", ast.Load()), [argument], []), node)


# ── running ──────────────────────────────────────────────────────────────────────────────────────


def _load(reverse: bool, name: str) -> Any:
    with open("candidate.py", encoding="utf-8") as file:
        tree = ast.parse(file.read())
    module = types.ModuleType(name)
    if reverse:
        tree = ast.fix_missing_locations(_NoDisplays().visit(tree))
        module.__dict__.update(zip(("set", "frozenset"), _REVERSED, strict=True))
    exec(compile(tree, "candidate.py", "exec"), module.__dict__)  # noqa: S102 - this is the sandbox
    return module


def _call_all(todo: Any, report: Any) -> None:
    function = _load(todo["reverse"], "candidate")
    for part in todo["name"].split("."):
        function = getattr(function() if isinstance(function, type) else function, part)
    validator = types.ModuleType("validator")
    if todo["validator"]:
        exec(compile(todo["validator"], "validator.py", "exec"), validator.__dict__)  # noqa: S102
    signal.signal(signal.SIGALRM, _too_slow)
    for number, given in enumerate(todo["inputs"]):
        report(number, *_called(function, getattr(validator, "valid", None), given, todo))


def _called(function: Any, valid: Any, given: Any, todo: Any) -> tuple[str, Any, float]:
    """Kind of output, value, seconds."""
    kinds = _REVERSED if todo["reverse"] else _PLAIN
    started = time.perf_counter()
    try:
        signal.setitimer(signal.ITIMER_REAL, todo["call_s"])
        if valid is not None and not valid(*_arguments(given)[0]):
            return "invalid", None, 0.0
        arguments, keywords = _arguments(given)
        value = function(*_turned(arguments, kinds), **keywords)
        return "value", encode(_turned(value, _PLAIN)), time.perf_counter() - started
    except CannotCarry:
        return "not_serialisable", None, 0.0
    except _TooSlow:
        return "slow", None, 0.0
    except BaseException as error:
        return "error", type(error).__name__, 0.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _arguments(given: Any) -> tuple[Any, Any]:
    """Made anew for every call: a solution may change what it was given."""
    keywords = {name: decode(tree) for name, tree in given.get("kwargs", {}).items()}
    return [decode(tree) for tree in given["args"]], keywords


def _main() -> None:
    with open("inputs.json", encoding="utf-8") as file:
        todo = json.load(file)
    if not todo["name"]:
        _load(todo["reverse"], "__main__")
        return
    with open("values.jsonl", "w", encoding="utf-8") as out:

        def report(number: int, kind: str, value: Any, seconds: float) -> None:
            line = {"input": number, "kind": kind, "value": value, "seconds": seconds}
            out.write(json.dumps(line) + "\n")
            out.flush()

        _call_all(todo, report)
    os._exit(0)


_main()
