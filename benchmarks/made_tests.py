"""Are tests of our own making any good? Made from a set's solutions, beside the set's own tests.

For a sample of the problems of one set, tests are made from the solution and a few example inputs
alone (``assay_verifiers.testmaking``), and both they and the set's own judge the same programs:
mutants that another seed drew than the ones they were selected by, the programs that the set knows
to be wrong, and the other right ones. A right program that the made tests refuse shows that they
are stricter than the problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from code_sets import CodeProblem

from assay_datasets import InputError, derive_random
from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier
from assay_verifiers.testmaking import MadeTests, Plan, Problem, make_tests, mutants

_LIMITS = {"wall_s": 2.0, "cpu_s": 2.0, "memory_bytes": 2 << 30}
_EXAMPLES = 3


@dataclass
class Measured:
    """What came of one set.

    Attributes:
        problems, made: asked for, and those that gave tests.
        tests: kept for all of them; own: tests that the set has, assertion code counted as one.
        dropped: inputs that were dropped, by cause.
        mutants, killed, killed_by_own: held-out mutants, and how many each kind of test kills.
        wrong, wrong_found: programs known to be wrong, and those that made tests refuse.
        right, right_refused: other programs known to be right, and those that made tests refuse.
        silent: problems that gave no tests, by the reason.
    """

    set: str
    problems: int = 0
    made: int = 0
    tests: int = 0
    mutants: int = 0
    killed: int = 0
    killed_by_own: int = 0
    wrong: int = 0
    wrong_found: int = 0
    right: int = 0
    right_refused: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)


async def measure(
    name: str, problems: Sequence[CodeProblem], box: Sandbox, count: int, seed: int
) -> Measured:
    """Make tests for ``count`` of ``problems`` and judge with them."""
    found = Measured(name)
    usable = [each for each in problems if not each.flagged and _record(each)]
    sample = derive_random("made_tests", seed, name).sample(usable, min(count, len(usable)))
    for problem in sample:
        found.problems += 1
        try:
            made = await make_tests(Problem.from_json(_record(problem)), box, Plan(seed=seed))
        except InputError as error:
            found.silent[problem.id] = str(error)
            continue
        found.made += 1
        found.tests += len(made.answer["tests"])
        found.dropped = dict(Counter(found.dropped) + Counter(made.dropped))
        await _judge(problem, made, CodeVerifier(box), found, seed)
    return found


def _record(problem: CodeProblem) -> dict[str, Any]:
    """The problem as a line for ``assay make-tests``; nothing where it has no shape for that."""
    answer = problem.answer
    record: dict[str, Any] = {"solution": problem.right[0], "prelude": answer.get("prelude", "")}
    if problem.style == "stdio":
        some = [{"stdin": test["stdin"]} for test in answer["tests"][:_EXAMPLES]]
        return {**record, "style": "stdio", "examples": some}
    if problem.style == "function":
        some = [{"args": test["args"]} for test in answer["tests"][:_EXAMPLES]]
        return {**record, "entry_point": answer["name"], "examples": some}
    if not answer.get("entry_point") or "unittest" in answer["code"]:
        return {}
    name = answer["entry_point"]
    lines = (line.strip().replace("candidate(", f"{name}(") for line in answer["code"].split("\n"))
    asserts = [line for line in lines if line.startswith("assert")]
    return {**record, "entry_point": name, "prompt": "\n".join(asserts[:_EXAMPLES])}


async def _judge(
    problem: CodeProblem, made: MadeTests, verifier: CodeVerifier, found: Measured, seed: int
) -> None:
    async def refused(program: str, answer: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
        settings = {**options, "limits": _LIMITS, "stop_early": True}
        verdict = await verifier.verify(program, answer, deadline_s=60.0, **settings)
        return verdict.outcome == "incorrect"

    for mutant in mutants(problem.right[0], limit=10, seed=seed + 1):
        found.mutants += 1
        found.killed += await refused(mutant.source, made.answer, made.options)
        found.killed_by_own += await refused(mutant.source, problem.answer, problem.options)
    for program in problem.wrong:
        found.wrong += 1
        found.wrong_found += await refused(program, made.answer, made.options)
    for program in problem.right[1:]:
        found.right += 1
        found.right_refused += await refused(program, made.answer, made.options)


def section(measured: Sequence[Measured]) -> list[str]:
    """A section of the document."""
    lines = [
        "## Tests of our own making",
        "",
        "Made by `assay make-tests` from the solution and three example inputs, and judged beside "
        "the set's own tests on the same held-out mutants (`benchmarks/made_tests.py`).",
        "",
        "| set | problems | with tests | tests each | mutants | killed by made | by the set's own "
        "| wrong found | right refused | inputs dropped, by cause |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in measured:
        dropped = ", ".join(f"{cause} {count}" for cause, count in sorted(each.dropped.items()))
        cells = (
            each.set,
            each.problems,
            each.made,
            f"{each.tests / max(each.made, 1):.1f}",
            each.mutants,
            f"{each.killed / max(each.mutants, 1):.1%}",
            f"{each.killed_by_own / max(each.mutants, 1):.1%}",
            f"{each.wrong_found} / {each.wrong}",
            f"{each.right_refused} / {each.right}",
            dropped or "–",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    silent = [f"- {i}: {why}" for each in measured for i, why in each.silent.items()]
    return [*lines, *(["", "Without tests:", "", *silent] if silent else [])]
