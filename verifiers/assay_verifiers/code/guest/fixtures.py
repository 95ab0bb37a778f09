"""``unittest.TestCase`` classes, run by ``unittest`` itself, with all their fixtures.

A method that its author skips by a decorator is no test. One that skips itself is none either,
unless the candidate had been asked before: then what it gave may have caused that, and the test
failed. A part of a method (``subTest``) that skips itself is let pass after that too, if it does
the same where nothing at all comes from the candidate: errors only, or one and the same value.
"""

from __future__ import annotations

import functools
import importlib
import operator
from collections import Counter
from typing import Any

from assay_verifiers.code.guest.outcome import Run


def run_classes(run: Run, space: dict[str, Any]) -> None:
    """Every class of test cases that the test code defines, in its order."""
    unittest = importlib.import_module("unittest")
    classes = [
        each
        for each in dict.fromkeys(value for value in space.values() if isinstance(value, type))
        if issubclass(each, unittest.TestCase) and each.__module__ == space["__name__"]
    ]
    cases = []
    for each in classes:
        if not getattr(each, "__unittest_skip__", False):
            cases += [each(name) for name in unittest.TestLoader().getTestCaseNames(each)]
    chosen = [case for case in cases if not _skipped(case) and not run.passed_over()]
    if not chosen:
        return
    result = _Result(run, chosen)
    error = run.outcome(lambda: unittest.TestSuite(chosen).run(result))
    result.finish(error)


def _skipped(case: Any) -> bool:
    return bool(getattr(getattr(case, case._testMethodName), "__unittest_skip__", False))


def _name(case: Any) -> str:
    return f"{type(case).__name__}.{case._testMethodName}"


def _skips_anyway(run: Run, case: Any) -> Counter[str]:
    """The parts of a test that skip themselves whatever the candidate gives, and how often."""
    found: list[Counter[str]] = []
    for instead in (_nothing, object, int, str, list):
        run.peer.instead = instead
        result = importlib.import_module("unittest").TestResult()
        try:
            type(case)(case._testMethodName).run(result)
        finally:
            run.peer.instead = None
        parts = (part for part, _ in result.skipped if hasattr(part, "test_case"))
        found.append(Counter(part._subDescription() for part in parts))
    return functools.reduce(operator.and_, found)


def _nothing() -> Any:
    raise RuntimeError("the candidate is not asked")


class _Result:
    """What ``unittest`` tells of its progress, taken down test by test.

    What has no underscore is what ``unittest`` asks for, by its own names.
    """

    failfast = False

    def __init__(self, run: Run, cases: list[Any]) -> None:
        self.shouldStop = run.over
        self._run = run
        self._left = {id(case): case for case in cases}
        self._fixtures: list[tuple[str, BaseException | None]] = []
        self._error: BaseException | None = None
        self._about = ""
        self._skipped = self._ended = False
        self._parts: Counter[str] = Counter()  # that skipped themselves
        self._doubtful = False  # one of them after the candidate was asked

    def startTest(self, case: Any) -> None:  # noqa: N802
        self._error, self._about, self._skipped, self._ended = None, "", False, False
        self._parts, self._doubtful = Counter(), False
        self._run.mind_fixture()
        self._run.begin()

    def stopTest(self, case: Any) -> None:  # noqa: N802
        if self._error is None and not self._ended:
            self._error = RuntimeError("it was left before its end")  # as KeyboardInterrupt does
        if (
            self._doubtful
            and self._error is None
            and not self._parts <= _skips_anyway(self._run, case)
        ):
            self._error = AssertionError("a part of it skipped itself")
        if self._skipped and not self._run.asked:
            self._run.told(name=_name(case), status="skipped")
        else:
            self._run.record(_name(case), self._error, about=self._about)
        del self._left[id(case)]
        self.shouldStop = self._run.over
        self._run.begin()  # of the next fixtures

    def addSuccess(self, case: Any) -> None:  # noqa: N802
        self._ended = True

    def addError(self, case: Any, error: Any) -> None:  # noqa: N802
        if id(case) in self._left:
            self._error = self._error or error[1]
        else:  # a fixture of a class or module
            self._fixtures.append((str(case), error[1]))

    addFailure = addError  # noqa: N815

    def addSubTest(self, case: Any, inner: Any, error: Any) -> None:  # noqa: N802
        if error is not None and self._error is None:
            self._error, self._about = error[1], inner._subDescription()

    def addSkip(self, case: Any, reason: str) -> None:  # noqa: N802
        whole = getattr(case, "test_case", case)  # of a part, by subTest
        if id(whole) not in self._left:
            self._fixtures.append((str(case), None))
            return
        if whole is not case:
            self._ended = True
            self._parts[case._subDescription()] += 1
            self._doubtful = self._doubtful or self._run.asked
            return
        self._skipped = True
        self._error = self._error or AssertionError(f"it skipped itself: {reason}")

    def addExpectedFailure(self, case: Any, error: Any) -> None:  # noqa: N802
        self._ended = True

    def addUnexpectedSuccess(self, case: Any) -> None:  # noqa: N802
        self._error = AssertionError("succeeded where a failure is expected")

    def addDuration(self, case: Any, seconds: float) -> None:  # noqa: N802
        pass

    def finish(self, error: BaseException | None) -> None:
        """Take down the tests that never began, and fixtures that failed after theirs."""
        for case in list(self._left.values()):
            fixture = self._fixture_of(type(case))
            if fixture is not None:
                what, why = fixture
                if why is None and not self._run.asked:
                    self._run.told(name=_name(case), status="skipped")
                else:
                    self._run.record(_name(case), why or AssertionError("skipped"), about=what)
            elif error is not None:  # what not even unittest could hold
                self._run.record(_name(case), error)
                error = None
            else:
                self._run.not_run(_name(case))
        if error is not None:
            self._run.record("fixtures", error)
        for what, why in self._fixtures:
            if what.startswith("tearDown") and why is not None:
                self._run.record(what, why)

    def _fixture_of(self, kind: type) -> tuple[str, BaseException | None] | None:
        """What kept the tests of this class from beginning, and its error."""
        whose = (f"({kind.__module__}.{kind.__qualname__})", f"({kind.__module__})")
        return next(
            (
                one
                for one in self._fixtures
                if one[0].startswith("setUp") and one[0].endswith(whose)
            ),
            None,
        )
