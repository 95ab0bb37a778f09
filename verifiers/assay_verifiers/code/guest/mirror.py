"""What tests do to their own process and mean for the candidate's, and the other way round.

Done over there too, each only where the test code mentions it: ``mock.patch`` of modules and their
classes, ``patch.dict`` and assignments to ``os.environ`` and ``sys.stdin``, ``random.seed``.
Brought back from there: what the candidate warns and logs, for ``assertWarns``, ``assertLogs`` and
their like. And ``dataclasses`` is told of the candidate's (``records.py``).
"""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import Any

from assay_verifiers.code.guest import records
from assay_verifiers.code.guest.asking import Tests
from assay_verifiers.code.guest.channel import Lost
from assay_verifiers.code.guest.pack import Pack
from assay_verifiers.code.guest.standins import RemoteType

_OWN = {("sys", "stdout"), ("sys", "stderr")}  # what the candidate prints comes here anyway


def install(peer: Tests, code: str) -> None:
    """Mirror what ``code`` mentions."""
    if "mock" in code:
        _patches(peer)
    if "stdin" in code:
        _stdin(peer)
    if "seed" in code:
        _seeds(peer)
    if "environ" in code or "putenv" in code:
        _environment(peer)
    if "warn" in code.lower():
        _warnings(peer)
    if "log" in code.lower():
        _logs(peer)
    if "dataclass" in code or "asdict" in code or "astuple" in code:
        records.install(peer)


def _patches(peer: Tests) -> None:
    patch: Any = importlib.import_module("unittest.mock")._patch
    enter, leave = patch.__enter__, patch.__exit__
    mirrored: list[Any] = []

    def entered(self: Any) -> Any:
        got = enter(self)
        path = _path(self.target)
        if path and (path, self.attribute) not in _OWN:
            peer.ask("patch", None, path, self.attribute, getattr(self.target, self.attribute))
            mirrored.append(self)
        return got

    def left(self: Any, *given: Any) -> Any:
        if mirrored and mirrored[-1] is self:
            mirrored.pop()
            peer.ask("unpatch", None)
        return leave(self, *given)

    patch.__enter__, patch.__exit__ = entered, left


def _path(target: Any) -> str:
    """Where the candidate has the same object: ``module`` or ``module:Class``, or ""."""
    if isinstance(target, types.ModuleType):
        return target.__name__
    home, name = getattr(target, "__module__", ""), getattr(target, "__qualname__", "")
    local = not isinstance(target, type) or type(target) is RemoteType or home == "tests"
    if local or getattr(sys.modules.get(home), name, None) is not target:
        return ""
    return f"{home}:{name}"


def _stdin(peer: Tests) -> None:
    """The candidate reads what the tests read, once they have put something in its place."""
    told: Any = sys.stdin

    def before() -> None:
        nonlocal told
        if sys.stdin is not told:
            told = sys.stdin
            peer.ask("patch", None, "sys", "stdin", told)

    peer.before.append(before)


def _seeds(peer: Tests) -> None:
    module = importlib.import_module("random")
    seed = module.seed

    def seeded(a: Any = None, version: int = 2) -> None:
        seed(a, version)
        peer.ask("seed", None, a)

    module.seed = seeded  # type: ignore[attr-defined]


def _environment(peer: Tests) -> None:
    """The candidate's environment is the tests' whenever it is asked something."""
    told = dict(os.environ)

    def before() -> None:
        nonlocal told
        now = dict(os.environ)
        if now != told:
            told = now
            peer.ask("environment", None, now)

    peer.before.append(before)


def _warnings(peer: Tests) -> None:
    warnings = importlib.import_module("warnings")
    peer.ask("mind", None, "warnings")

    def after(message: dict[str, Any], pack: Pack) -> None:
        for text, tree in _rows(message.get("warned"), 2):
            category = pack.value(tree)
            if not (isinstance(category, type) and issubclass(category, Warning)):
                raise Lost("a warning that is none")
            warnings.warn(str(text), category, stacklevel=2)

    peer.after.append(after)


def _logs(peer: Tests) -> None:
    """The candidate's records go to the loggers of the same names here, whose levels it has."""
    logging = importlib.import_module("logging")
    peer.ask("mind", None, "logs")
    first = last = _levels(logging)

    def before() -> None:
        nonlocal last
        now = _levels(logging)
        changed = {name: level for name, level in now.items() if last.get(name, 0) != level}
        last = now
        for name, level in changed.items():
            peer.ask("level", None, name, None if level == first.get(name, 0) else level)

    def after(message: dict[str, Any], _: Pack) -> None:
        for name, level, text in _rows(message.get("logged"), 3):
            logger = logging.getLogger(str(name))
            if type(level) is int and logger.isEnabledFor(level):
                logger.handle(logger.makeRecord(str(name), level, "", 0, str(text), (), None))

    peer.before.append(before)
    peer.after.append(after)


def _levels(logging: Any) -> dict[str, int]:
    loggers = {"root": logging.root, **logging.root.manager.loggerDict}
    return {name: each.level for name, each in loggers.items() if hasattr(each, "level")}


def _rows(notes: Any, width: int) -> list[list[Any]]:
    rows = notes or []
    if not isinstance(rows, list) or any(
        not isinstance(row, list) or len(row) != width for row in rows
    ):
        raise Lost("notes that are none")
    return rows
