"""FunctionInstructionVerifier: instructions that the task's own Python functions check.

Data sets made as AutoIF's are bring, with each prompt, functions that say of a response whether it
keeps an instruction::

    {"functions": ["def evaluate(response):\\n    return ',' not in response", …],
     "name"?: "evaluate"}

Each has a namespace of its own. The response reaches it as text and is never run. The functions are
the task's, often written by a model, so they run in the sandbox like any program; what they say is
believed: a function that evaluates the response as code can be robbed, and none should.

``True`` keeps an instruction, and so does the word "true"; all functions must say so, or with
``partial`` the score is the fraction that do. One that raises on a response has not been kept: it
expected another form. One that takes too long or too much memory on it neither. A function that
cannot be loaded, or that has not the name, is ``bad_gold``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay_datasets import Json
from assay_verifiers.code import CodeVerifier, function
from assay_verifiers.code.answer import FunctionAnswer, FunctionTest
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.finding import Finding
from assay_verifiers.code.options import read_options
from assay_verifiers.code.running import Runner
from assay_verifiers.instruction.verifier import LONGEST, readable
from assay_verifiers.verdict import IncorrectReason, Verdict

_COSTLY: tuple[IncorrectReason, ...] = ("time_limit", "memory_limit", "output_limit")
_PROGRAM = """
SOURCES, NAME, LOADED = {sources!r}, {name!r}, {{}}

def keeps(number, response):
    if number not in LOADED:
        scope = {{"__name__": "instruction"}}
        exec(compile(SOURCES[number], "<function>", "exec"), scope)
        LOADED[number] = scope[NAME]
    if response is None:
        return callable(LOADED[number])
    said = LOADED[number](response)
    if isinstance(said, str):
        said = {{"true": True, "false": False}}.get(said.strip().lower(), said)
    if not isinstance(said, bool):
        raise TypeError(f"neither true nor false: {{said!r:.80}}")
    return said
"""
"""What runs in the sandbox. Without a response: whether the function is there at all."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    functions: list[Annotated[str, Field(min_length=1, max_length=LONGEST)]] = Field(
        min_length=1, max_length=64
    )
    name: str = Field("evaluate", pattern=r"^[^\W\d]\w*$")


class FunctionInstructionVerifier(CodeVerifier):
    """Judges a response by functions of the task, in the sandbox; see the module.

    Args:
        sandbox: as of the code verifier.
    """

    name = "instruction/function"
    summary = "every instruction kept that the task's own Python functions check (AutoIF)"
    options: ClassVar[tuple[str, ...]] = ("partial", "limits")

    async def _verify(
        self, response: str, answer: Json, deadline_s: float, given: Mapping[str, Json]
    ) -> Verdict:
        try:
            gold = _Answer.model_validate(answer)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "answer"
            return Verdict.undecided("bad_gold", error=f"{where}: {first['msg']}")
        options = read_options(given, "function")
        text = readable(response)
        if not text.strip():
            return Verdict.incorrect("no_answer")
        if len(text) > LONGEST:
            return Verdict.incorrect("too_long", length=len(text))
        program = Candidate(_PROGRAM.format(sources=gold.functions, name=gold.name))
        runner = Runner(await self._box("python", options), deadline_s)
        findings = await function.judge(program, _calls(gold, text), options, runner)
        return _conclude(findings, options.partial)


def _calls(gold: _Answer, text: str) -> FunctionAnswer:
    """Whether each function can be loaded, and what each says of the response."""
    numbers = range(len(gold.functions))
    tests = [
        FunctionTest(args=[number, said], expected=True)
        for said in (None, text)
        for number in numbers
    ]
    return FunctionAnswer(style="function", name="keeps", tests=tests)


def _conclude(findings: Sequence[Finding], partial: bool) -> Verdict:
    loaded, kept = findings[: len(findings) // 2], findings[len(findings) // 2 :]
    for finding in kept:
        if finding.status in ("sandbox_failed", "deadline"):
            return Verdict.undecided(finding.status, error=finding.difference)
    for number, finding in enumerate(loaded):
        if finding.status not in ("match", "not_run", *_COSTLY):
            return Verdict.undecided("bad_gold", error=f"functions.{number}: {finding.difference}")
    followed = [finding.status == "match" for finding in kept]
    detail: dict[str, Json] = {"trust": "shared", "functions": [each.to_json() for each in kept]}
    if all(followed):
        return Verdict.correct(**detail)
    if partial and any(followed):
        return Verdict.incorrect("partial", sum(followed) / len(followed), **detail)
    statuses = [finding.status for finding in kept]
    costly = [limit for limit in _COSTLY if limit in statuses]
    return Verdict.incorrect(costly[0] if costly else "rule_broken", **detail)
