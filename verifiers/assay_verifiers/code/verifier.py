"""CodeVerifier: reads answer and options, finds the candidate, has its style judged, concludes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from assay_datasets import InputError, Json
from assay_verifiers.code import append, assertion, function, stdio
from assay_verifiers.code.answer import (
    Answer,
    AppendAnswer,
    AssertAnswer,
    BadAnswer,
    FunctionAnswer,
    StdioAnswer,
    read_answer,
)
from assay_verifiers.code.candidate import Candidate, extract
from assay_verifiers.code.finding import Finding, conclude, stopped, within_total
from assay_verifiers.code.options import NAMES, Options, read_options
from assay_verifiers.code.running import Runner
from assay_verifiers.shared_sandbox import borrow, give_back
from assay_verifiers.verdict import Verdict
from assay_verifiers.verifier import Verifier

_LONGEST_PROGRAM = 200_000
_TRUST = {"stdio": "host", "function": "host", "assert": "separate", "append": "shared"}


class CodeVerifier(Verifier):
    """Judges programs by running them in a sandbox.

    Args:
        sandbox: an open ``assay_sandbox.Sandbox`` or ``Partitions``, which stays its owner's to
            close and must have the languages asked for; without one, those of the process, opened
            when first needed and closed with their last user.
    """

    name = "code"
    summary = "a program that passes hidden tests in the sandbox"
    needs_sandbox = True
    options: ClassVar[tuple[str, ...]] = NAMES

    def __init__(self, sandbox: Any = None) -> None:
        self._sandbox = sandbox
        self._borrowed: dict[str, Any] = {}

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise TypeError("code is judged in the sandbox only: use verify()")

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 60.0, **options: Json
    ) -> Verdict:
        """Judge in the sandbox; see ``answer.py`` and ``options.py`` for the shapes.

        Beyond ``deadline_s`` the verdict is ``time_limit`` where the candidate's own processes took
        most of it, else undecided.
        """
        self.refuse_unknown(options)
        started = time.perf_counter()
        verdict = await self._verify(response, answer, deadline_s, options)
        return replace(verdict, seconds=time.perf_counter() - started)

    async def close(self) -> None:
        borrowed, self._borrowed = self._borrowed, {}
        for template in borrowed:
            await give_back(template)

    async def _verify(
        self, response: str, answer: Json, deadline_s: float, given: Mapping[str, Json]
    ) -> Verdict:
        try:
            gold = read_answer(answer)
        except BadAnswer as error:
            return Verdict.undecided("bad_gold", error=str(error))
        options = read_options(given, gold.style)
        trust = _TRUST[gold.style]
        candidate = extract(response, gold.language)
        if not candidate.source.strip() and not candidate.files:
            return Verdict.incorrect("no_answer", trust=trust)
        if candidate.length > _LONGEST_PROGRAM or not _fits(candidate, gold, options):
            return Verdict.incorrect("too_long", length=candidate.length, trust=trust)
        runner = Runner(await self._box(gold.language, options), deadline_s)
        try:
            findings = await _judge(candidate, gold, options, runner)
        except InputError as error:
            if not candidate.files:
                raise
            return Verdict.incorrect("malformed", error=str(error), trust=trust)  # its own files
        findings = within_total(findings, options.total_s)
        if options.stop_early:
            findings = stopped(findings)
        detail: dict[str, Json] = {
            "trust": trust,
            "backend": next((each.backend for each in runner.results if each.backend), ""),
            "sandbox_s": runner.spent_s,
        }
        return conclude(findings, options.partial, detail)

    async def _box(self, language: str, options: Options) -> Any:
        if self._sandbox is not None:
            return self._sandbox
        template = options.template or ("plain" if language == "python" else "toolchain")
        if template not in self._borrowed:
            box = await borrow(template)
            if template in self._borrowed:  # another verdict was quicker
                await give_back(template)
            else:
                self._borrowed[template] = box
        return self._borrowed[template]


async def _judge(
    candidate: Candidate, answer: Answer, options: Options, runner: Runner
) -> list[Finding]:
    match answer:
        case StdioAnswer():
            return await stdio.judge(candidate, answer, options, runner)
        case FunctionAnswer():
            return await function.judge(candidate, answer, options, runner)
        case AssertAnswer():
            return await assertion.judge(candidate, answer, options, runner)
        case AppendAnswer():
            return await append.judge(candidate, answer, options, runner)


def _fits(candidate: Candidate, answer: Answer, options: Options) -> bool:
    """Whether it is not the candidate that makes its jobs too large; a task's fault is not
    hidden."""

    def fit(given: Candidate) -> bool:
        if isinstance(answer, StdioAnswer):
            jobs = stdio.jobs(given, answer, options)[:1]
        elif isinstance(answer, FunctionAnswer):
            jobs = function.jobs(given, answer, options)
        else:
            return True
        return all(job.laid_bytes <= job.limits.file_bytes for job in jobs)

    return fit(candidate) or not fit(Candidate(""))
