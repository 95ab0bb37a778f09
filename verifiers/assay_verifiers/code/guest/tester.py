"""The tests' side of an assert test: runs the test code, with stand-ins for the candidate's things.

Reads ``tests.json``: ``{"code", "prelude", "entry_point", "first", "wall_s", "stop_early",
"planned"}``, where ``planned`` says so a plan of the code in ``tests.bin`` (``plan.py``), and asks
the candidate, another process, through two pipes. ``names.py`` says what the test code finds,
``discovery.py`` which tests there are, ``outcome.py`` how each is judged, ``mirror.py`` what has an
effect in both processes.

Lines of JSON go to standard output, which the candidate does not have: ``{"planned", "plan"?}``,
the names of the tests and a new plan; ``{"name", "status", "message", "seconds"}`` for each test as
soon as it is done; and at the end ``{"lost", "broken", "problem"}``.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
from binascii import b2a_base64
from typing import Any, NoReturn

from assay_verifiers.code.guest import mirror
from assay_verifiers.code.guest.asking import Tests
from assay_verifiers.code.guest.channel import Channel, read
from assay_verifiers.code.guest.discovery import run_all
from assay_verifiers.code.guest.names import Absent, Names, space
from assay_verifiers.code.guest.outcome import Run
from assay_verifiers.code.guest.plan import Plan, make_plan, read_plan
from assay_verifiers.code.guest.standins import strict
from assay_verifiers.code.guest.telling import NAME, STRICT, told


def main() -> NoReturn:
    """Run the tests and end."""
    report = os.dup(1)
    sys.stdout = io.StringIO()
    config = json.loads(read("tests.json"))
    run = Run(Tests(Channel(3, 4)), config, report)
    test(run, config)
    os._exit(0)


def test(run: Run, config: dict[str, Any]) -> None:
    """Run every test and tell of it."""
    problem = _test(run, config)
    run.told(lost=run.peer.lost, broken=run.broken, problem=problem)


def _test(run: Run, config: dict[str, Any]) -> str:
    """Run every test; what is wrong with the candidate or the test code, or ""."""
    try:
        plan = _plan(run, config)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        return f"bad_gold: the test code does not compile: {wrong}"
    run.peer.libraries = plan.libraries
    entry = config["entry_point"]
    made: dict[str, Any] = {}

    def load() -> None:
        nonlocal made
        names = Names(run.peer)
        mirror.install(run.peer, config["code"])
        made = space(names, config["prelude"], entry, set(plan.used))

    error = run.outcome(load)
    if isinstance(error, Absent):
        return f"malformed: no {error} is defined"
    if run.status(error)[0] != "match":
        run.record("loading", error)
        return ""
    if "unittest" in config["code"]:
        vars(importlib.import_module("unittest"))["main"] = lambda *given, **words: None
    made |= {NAME: told, STRICT: strict}
    target = made[entry] if entry else None
    return run_all(run, made, plan, target)


def _plan(run: Run, config: dict[str, Any]) -> Plan:
    """The plan that was given, or a new one, told so that it can be given the next time."""
    if config["planned"]:
        plan = read_plan(read("tests.bin"))
        run.told(planned=plan.tests)
        return plan
    plan = make_plan(config["code"])
    run.told(planned=plan.tests, plan=b2a_base64(plan.data(), newline=False).decode())
    return plan
