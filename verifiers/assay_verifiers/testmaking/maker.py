"""Tests of its own making: from a problem with a reference solution to a small set that tells.

    made = await make_tests(Problem.from_json(line), box)

1. Inputs are made (``inputs.py``), the problem's own examples first.
2. The reference runs on them, thrice in different ways, and so do other right programs. An input is
   dropped, and counted under its cause, where the reference fails or is slow (``error``, ``slow``,
   ``too_large``, ``not_serialisable``), where the validator refuses it (``invalid``), where the
   output changes with the hash seed (``flaky``) or with the order of sets (``set_order``), where
   another right program gives something else (``disagreement``), and where the example states
   something else (``wrong_example``). Where only floats differ, or a float uses up its digits, the
   tests stay and the answer asks for ``float`` closeness.
3. The reference, mutants of it and the given wrong programs are judged on what is left, by the
   code verifier itself. Tests that the reference does not pass there are left out.
4. The smallest few that kill most are kept (``selection.py``).

Everything runs in the sandbox. A mutant that no test kills may do the same as the reference; it is
named by kind and line. What is made can only be as right as the reference and the other solutions.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay_datasets import InputError, Json, Task, canonical_json
from assay_sandbox import Sandbox, SandboxFailed
from assay_verifiers.code import CodeVerifier
from assay_verifiers.testmaking.inputs import made_inputs
from assay_verifiers.testmaking.mutants import Mutant, mutants
from assay_verifiers.testmaking.problem import Problem
from assay_verifiers.testmaking.reference import (
    Bounds,
    Output,
    Way,
    has_rounded_float,
    nearly_same,
    outputs,
    same,
    valid,
)
from assay_verifiers.testmaking.selection import select

_IN_FLIGHT = 4
_FIRST = 2
_ENOUGH = 8  # tests that kill a mutant: more would not change what is kept
_SHOWN = 20
_PATIENCE = 3  # times the limit, for runs that start a cold interpreter or are not the reference's


@dataclass(frozen=True)
class Plan:
    """How much is made, and how much is kept.

    Attributes:
        inputs: how many are made beside the examples.
        mutants: how many of the reference, at most.
        least, most: tests that are kept.
        seed: decides every input and mutant.
        tolerance: of floats, where they are compared by closeness.
        bounds: of one run of the reference.
    """

    inputs: int = 60
    mutants: int = 40
    least: int = 4
    most: int = 12
    seed: int = 0
    tolerance: float = 1e-6
    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        if min(self.inputs, self.mutants) < 0 or not 1 <= self.least <= self.most:
            raise InputError("inputs and mutants must not be negative, and 1 <= least <= most")


@dataclass(frozen=True)
class MadeTests:
    """The tests that were kept, and what they are worth.

    Attributes:
        answer, options: for the code verifier.
        tried: inputs that were run; dropped: how many of them for which cause.
        killed, mutants: how many mutants the kept tests kill, of how many judged.
        survivors: mutants that no test killed, by kind and line.
    """

    answer: Mapping[str, Json]
    options: Mapping[str, Json]
    tried: int
    dropped: Mapping[str, int]
    killed: int
    mutants: int
    survivors: tuple[Mutant, ...]

    @property
    def kill_rate(self) -> float:
        return self.killed / self.mutants if self.mutants else 0.0

    def report(self) -> dict[str, Json]:
        """What a task's metadata says of its tests."""
        alive = [{"kind": each.kind, "line": each.line} for each in self.survivors[:_SHOWN]]
        return {
            "tried": self.tried,
            "kept": len(self.answer["tests"]),
            "dropped": dict(self.dropped),
            "mutants": self.mutants,
            "killed": self.killed,
            "kill_rate": round(self.kill_rate, 4),
            "survivors": alive,
        }

    def task(self, problem: Problem, env: str) -> Task:
        """A task of ``env`` whose answer holds these tests; its metadata holds the problem's id,
        its solution and :meth:`report`."""
        messages = ({"role": "user", "content": problem.prompt},) if problem.prompt else ()
        return Task(
            env=env,
            prompt=messages,
            answer=dict(self.answer),
            verifier=CodeVerifier.name,
            options=dict(self.options),
            metadata={
                "problem": problem.id,
                "solution": problem.solution,
                "tests": self.report(),
            },
        )


Test = dict[str, Json]


async def make_tests(problem: Problem, box: Sandbox, plan: Plan | None = None) -> MadeTests:
    """Make, validate, score and select tests for ``problem`` in the open sandbox ``box``.

    Raises:
        InputError: no test holds; says what became of the inputs.
        SandboxFailed: the sandbox was lost on the way.
    """
    plan = plan or Plan()
    faulty = _faulty(problem, plan)
    inputs = made_inputs(problem, plan.inputs, plan.seed)
    tests, close, dropped = await _validated(problem, box, inputs, plan)
    if all(test[problem.output] in (None, "") for test in tests):
        causes = ", ".join(f"{count} {cause}" for cause, count in sorted(dropped.items()))
        silent = f"{len(tests)} give nothing to compare" if tests else ""
        causes = ", ".join(filter(None, (causes, silent)))
        raise InputError(f"no test holds; of {len(inputs)} inputs: {causes}")
    options: dict[str, Json] = {"compare": "float", "tolerance": plan.tolerance} if close else {}
    tests = await _passed(problem, box, tests, options)
    if not tests:
        raise InputError("no test holds: the code verifier does not pass the solution on any")
    kills = await _kills(problem, box, tests, faulty, options, plan.bounds)
    judged = [place for place, found in enumerate(kills) if found is not None]
    by_test = [
        {mutant for mutant in judged if test in (kills[mutant] or ())} for test in range(len(tests))
    ]
    kept = select(by_test, least=plan.least, most=plan.most)
    killed = set().union(*(by_test[test] for test in kept))
    return MadeTests(
        answer=problem.answer([tests[test] for test in sorted(kept)]),
        options=options,
        tried=len(inputs),
        dropped=dict(sorted(dropped.items())),
        killed=len(killed),
        mutants=len(judged),
        survivors=tuple(faulty[mutant] for mutant in judged if mutant not in killed),
    )


def _faulty(problem: Problem, plan: Plan) -> list[Mutant]:
    made = mutants(problem.solution, limit=plan.mutants, seed=plan.seed) if plan.mutants else []
    return [Mutant(source, "given", 1) for source in problem.wrong] + made


# ── validating ───────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Validation:
    """The inputs that still hold, while one run after another is held against the reference.

    Attributes:
        expected: by the input's number, what the reference gave.
        dropped: inputs that do not hold, by cause; close: some floats differed a little.
    """

    problem: Problem
    plan: Plan
    expected: dict[int, Output] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    close: bool = False

    def drop(self, number: int, cause: str) -> None:
        self.expected.pop(number, None)
        self.dropped[cause] += 1

    def hold_against(self, found: Mapping[int, Output], cause: str) -> None:
        """Drop the inputs for which ``found`` is another output than the expected one."""
        style = self.problem.style
        for number, output in found.items():
            wanted = self.expected[number].value
            if output.kind == "value" and same(wanted, output.value, style):
                continue
            near = output.kind == "value" and nearly_same(
                wanted, output.value, style, self.plan.tolerance
            )
            self.close = self.close or near
            if not near:
                self.drop(number, output.kind if output.kind == "slow" else cause)


async def _validated(
    problem: Problem, box: Sandbox, inputs: Sequence[Test], plan: Plan
) -> tuple[list[Test], bool, Counter[str]]:
    """Tests that hold, whether their floats want closeness, and what was dropped by cause."""
    state = _Validation(problem, plan)
    await _run_reference(state, box, inputs)
    state.hold_against(_stated(state, inputs), "wrong_example")
    bounds = replace(plan.bounds, call_s=_PATIENCE * plan.bounds.call_s)
    for source, way, cause in _further_runs(problem):
        left = list(state.expected)
        asked = [inputs[number] for number in left]
        found = _none_lost(await outputs(box, problem, source, asked, bounds, way))
        pairs = dict(zip(left, found, strict=True))
        if way == "reversed":  # turning sets round may break a program, which is not its fault
            pairs = {number: output for number, output in pairs.items() if output.kind == "value"}
        state.hold_against(pairs, cause)
    held = sorted(state.expected.items())
    close = state.close or any(has_rounded_float(output.value) for _, output in held)
    tests = [{**inputs[number], problem.output: output.value} for number, output in held]
    return tests, close, state.dropped


def _further_runs(problem: Problem) -> list[tuple[str, Way, str]]:
    """The program, the way it is run, and the cause of dropping where it gives another output."""
    runs: list[tuple[str, Way, str]] = [(problem.solution, "reseeded", "flaky")]
    if "set" in problem.solution or "{" in problem.solution:
        runs.append((problem.solution, "reversed", "set_order"))
    return runs + [(source, "plain", "disagreement") for source in problem.others]


async def _run_reference(state: _Validation, box: Sandbox, inputs: Sequence[Test]) -> None:
    problem, bounds = state.problem, state.plan.bounds
    allowed = list(range(len(inputs)))
    if problem.validator and problem.style == "stdio":
        accepted = await valid(box, problem, inputs, bounds)
        allowed = [number for number in allowed if accepted[number]]
        state.dropped.update(["invalid"] * (len(inputs) - len(allowed)))
    asked = [inputs[number] for number in allowed]
    found = _none_lost(await outputs(box, problem, problem.solution, asked, bounds))
    for number, output in zip(allowed, found, strict=True):
        if output.kind == "value":
            state.expected[number] = output
        else:
            state.drop(number, output.kind)


def _none_lost(found: list[Output]) -> list[Output]:
    if any(output.kind == "lost" for output in found):
        raise SandboxFailed("the sandbox was lost while tests were made; try again")
    return found


def _stated(state: _Validation, inputs: Sequence[Test]) -> dict[int, Output]:
    """What the problem's examples say themselves, by the number of the input."""
    problem = state.problem
    said = {
        canonical_json(problem.input_of(example)): Output("value", example[problem.output])
        for example in problem.examples
        if problem.output in example
    }
    keys = {number: canonical_json(inputs[number]) for number in state.expected}
    return {number: said[key] for number, key in keys.items() if key in said}


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────


async def _passed(
    problem: Problem, box: Sandbox, tests: list[Test], options: Mapping[str, Json]
) -> list[Test]:
    """The tests on which the verifier itself, which limits more than we did, finds the solution
    right; it has the last word."""
    verdict = await CodeVerifier(box).verify(problem.solution, problem.answer(tests), **options)
    if verdict.outcome == "undecided" and verdict.reason != "not_serialisable":
        raise SandboxFailed(f"the solution could not be judged ({verdict.reason}); try again")
    found = zip(tests, verdict.detail.get("tests", ()), strict=False)
    return [test for test, finding in found if finding["status"] == "match"]


async def _kills(
    problem: Problem,
    box: Sandbox,
    tests: Sequence[Test],
    faulty: Sequence[Mutant],
    options: Mapping[str, Json],
    bounds: Bounds,
) -> list[frozenset[int] | None]:
    """For each mutant the tests that kill it; None where the sandbox could not say."""
    verifier, free = CodeVerifier(box), asyncio.Semaphore(_IN_FLIGHT)
    limits = {"wall_s": bounds.call_s, "cpu_s": bounds.call_s}
    options = {**options, "limits": limits}

    async def killing(mutant: Mutant) -> frozenset[int] | None:
        """By two tests, then four, then eight …, until it is dead often enough or has run out of
        time once: a loop that never ends would take the whole limit in every test."""
        found: set[int] = set()
        start, size = 0, _FIRST
        while start < len(tests):
            answer = problem.answer(list(tests[start : start + size]))
            async with free:
                verdict = await verifier.verify(mutant.source, answer, **options)
            if verdict.outcome == "undecided":
                return None
            statuses = [test["status"] for test in verdict.detail.get("tests", ())]
            found |= {start + place for place in _failed(statuses)}
            if "time_limit" in statuses or len(found) >= _ENOUGH:
                break
            start, size = start + size, 2 * size
        return frozenset(found)

    return list(await asyncio.gather(*map(killing, faulty)))


def _failed(statuses: Sequence[str]) -> list[int]:
    """Which tests a mutant failed; of several that ran out of time the first alone counts, since in
    one process it may have taken the time of those after it."""
    late = [place for place, status in enumerate(statuses) if status == "time_limit"]
    failed = [place for place, status in enumerate(statuses) if status not in ("match", "not_run")]
    return [place for place in failed if place not in late[1:]]
