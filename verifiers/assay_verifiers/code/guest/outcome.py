"""Runs tests one by one, each under the clock, and takes down what came of each."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from assay_verifiers.code.guest.asking import Tests
from assay_verifiers.code.guest.disk import Disk
from assay_verifiers.code.guest.plan import FILE
from assay_verifiers.code.guest.standins import NotSerialisable

_LONGEST = 300
_WORDS_S = 1.0  # to say what went wrong; the candidate's objects may be part of it


class TimeUp(BaseException):
    """A test took too long."""


class Broken(Exception):
    """A statement between the tests failed: nothing after it makes sense."""


class Run:
    """See the module. What came of a test is written to ``report`` at once, a line of JSON each.

    Attributes:
        broken: something between the tests failed.

    Args:
        config: ``{"first", "wall_s", "stop_early", "code"}``; of the tests, as many as ``first``
            are passed over.
    """

    def __init__(self, peer: Tests, config: dict[str, Any], report: int) -> None:
        self.peer = peer
        self.disk = Disk(config["code"])
        self._left: int = config["first"]
        self._wall_s: float = config["wall_s"]
        self._stop_early: bool = config["stop_early"]
        self._code = config["code"].split("\n")
        self._report = report
        self.broken = False
        self._foreign = ""  # what crossed between the tests
        self._failed = False
        self._late = False
        self._asked = self._used = 0
        self._prepared = False
        self._started = 0.0
        signal.signal(signal.SIGALRM, self._time_up)

    def told(self, **line: Any) -> None:
        data = memoryview(json.dumps(line).encode() + b"\n")
        while data:
            data = data[os.write(self._report, data) :]

    @property
    def over(self) -> bool:
        """No further test is to be run."""
        return bool(self.peer.lost or (self._stop_early and self._failed))

    @property
    def asked(self) -> bool:
        """Whether the candidate was asked anything in this test, or used before all of them."""
        return self._prepared or self.peer.asked > self._asked

    def mind_fixture(self) -> None:
        """What ended now was no test: if it used the candidate, any test may rest on that."""
        self._prepared = self._prepared or self.peer.used > self._used

    def passed_over(self) -> bool:
        """Whether the next test has been run before; counts it."""
        self._left -= 1
        return self._left >= 0

    def test(self, name: str, body: Callable[[], object]) -> None:
        if self.passed_over():
            return
        if self.over:
            self.not_run(name)
            return
        self.record(name, self.outcome(body))

    def statement(self, name: str, body: Callable[[], object]) -> None:
        """Something between the tests; if it fails, so does everything."""
        if self.over:
            return
        error = self.outcome(body)
        self.mind_fixture()
        self._foreign = self._foreign or self.peer.foreign
        if self.status(error)[0] != "match":
            self.record(name, error)
            self.broken = True
            raise Broken

    def not_run(self, name: str) -> None:
        self.told(name=name, status="not_run")

    # ── one test ─────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Start the clock of a test."""
        self.peer.not_carried = self.disk.sought = ""
        self.peer.os_error = False
        self.peer.foreign = self._foreign
        self._asked, self._used = self.peer.asked, self.peer.used
        self._started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._wall_s)

    def outcome(self, body: Callable[[], object]) -> BaseException | None:
        """What ``body`` raised under the clock."""
        self.begin()
        try:
            try:
                body()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException as error:  # of the clock too, at whatever moment
            return error
        return None

    def record(self, name: str, error: BaseException | None, *, about: str = "") -> None:
        """Take down what came of the test that was begun last.

        Args:
            about: which part of it.
        """
        signal.setitimer(signal.ITIMER_REAL, 0)
        status, message = self.status(error)
        self._failed = self._failed or status != "match"
        if about and message:
            message = f"{about}: {message}"
        seconds = time.monotonic() - self._started
        self.told(name=name, status=status, message=message[:_LONGEST], seconds=seconds)

    def status(self, error: BaseException | None) -> tuple[str, str]:
        """What an end by ``error``, or by none, means; a word for a person."""
        if self.peer.not_carried:
            return "not_serialisable", self.peer.not_carried
        if self._late:
            return "time_limit", f"above {self._wall_s:g} s"
        if self.peer.lost:
            return "lost", self.peer.lost
        status, message = self._failure(error) if error is not None else ("match", "")
        failed = status in ("mismatch", "runtime_error")
        missed = status == "match" and self.disk.wrote and self.peer.os_error
        why = self.disk.touched if failed or missed else ""
        why = why or (self.peer.foreign if failed else "")
        if why:
            return "not_serialisable", f"{why}; {message}".rstrip("; ")
        return status, message

    def _time_up(self, *_: object) -> None:
        self._late, self.peer.lost = True, "a call took too long"
        raise TimeUp

    def _failure(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, NotSerialisable):
            return "not_serialisable", str(error)
        line = self._line(error)
        text = _text(error)
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
        if isinstance(error, AssertionError):
            return "mismatch", ": ".join(filter(None, (line, text)))
        if isinstance(error, MemoryError):
            return "memory_limit", said
        if isinstance(error, ModuleNotFoundError) and not hasattr(error, "_assay_theirs"):
            return "bad_gold", f"the template lacks a module of the tests: {text}"
        return "runtime_error", f"{line}: {said}" if line else said

    def _line(self, error: BaseException) -> str:
        """The line of the test code where it happened."""
        lines = [number for name, number in _frames(error) if name == FILE]
        number = lines[-1] if lines else 0
        return self._code[number - 1].strip()[:120] if 0 < number <= len(self._code) else ""


def _text(error: BaseException) -> str:
    """What it says; asked of the candidate where that is an object of its own."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, _WORDS_S)
            return str(error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:
        return "an error that does not say what it is"


def _frames(error: BaseException) -> list[tuple[str, int]]:
    """File and line of every frame that the error came through, outermost first."""
    found, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append((code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return found
