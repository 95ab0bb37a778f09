"""Which tests there are in test code, run in this order.

Its own statements: each ``assert`` among them, loops and conditions around asserts included, and
each call of a function of its own is a test. Then ``check(entry point)`` where that is defined;
functions ``test…`` without parameters; ``unittest.TestCase`` classes.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from assay_verifiers.code.guest.fixtures import run_classes
from assay_verifiers.code.guest.outcome import Broken, Run
from assay_verifiers.code.guest.peer import theirs_number
from assay_verifiers.code.guest.plan import FILE, Plan, line
from assay_verifiers.code.guest.standins import NotSerialisable


def run_all(run: Run, space: dict[str, Any], plan: Plan, target: Any) -> str:
    """Run every test; what is wrong with the test code, or "".

    Args:
        target: what ``check`` is called with; None: no entry point was named.
    """
    left = list(plan.tests)
    for number, is_test, program in plan.steps:
        try:
            (run.test if is_test else run.statement)(line(number), _executing(program, space))
        except Broken:
            for name in left:
                run.not_run(name)
            return ""
        if is_test:
            left.remove(line(number))
    if "check" in plan.own - plan.called:
        check = space["check"]
        takes = getattr(getattr(check, "__code__", None), "co_argcount", 1)
        if takes and target is None:
            return "bad_gold: check needs an entry point, and none is named"
        given = (target,) if takes else ()
        run.test("check", lambda: _finish(check(*given)))
    for name, value in list(space.items()):
        if name.startswith("test") and name not in plan.called:
            if _takes_nothing(value):
                run.test(name, _calling(value))
            elif name in plan.own and theirs_number(value) is not None:
                run.test(name, _wrapped)
    if "unittest" in sys.modules:
        run_classes(run, space)
    return ""


def _wrapped() -> None:
    raise NotSerialisable("a test that the tests have the candidate decorate")


def _takes_nothing(value: Any) -> bool:
    if not isinstance(value, types.FunctionType) or value.__code__.co_filename != FILE:
        return False
    code = value.__code__
    by_name = set(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
    return code.co_argcount == len(value.__defaults__ or ()) and by_name <= set(
        value.__kwdefaults__ or ()
    )


def _executing(program: types.CodeType, space: dict[str, Any]) -> Callable[[], object]:
    return lambda: exec(program, space)  # noqa: S102 - the tests


def _calling(function: Callable[[], Any]) -> Callable[[], object]:
    return lambda: _finish(function())


def _finish(value: Any) -> None:
    """Run a test that is a coroutine to its end."""
    if isinstance(value, types.CoroutineType):
        importlib.import_module("asyncio").run(value)
