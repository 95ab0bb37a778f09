"""Write and repair: hidden tests that tell the right program from its mutants."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from assay_datasets import Json, Task, derive_random
from assay_envs.code.evaluator import load, run
from assay_envs.code.hidden_tests import faults
from assay_envs.code.programs import Program, inputs
from assay_envs.code.repair import Repair
from assay_envs.code.write import Write
from assay_envs.environment import CertificateError
from assay_sandbox import Sandbox

LEVELS = range(1, 6)
ENVS = pytest.mark.parametrize("env", [Write(), Repair()], ids=["write", "repair"])


def passes(source: str, task: Task) -> bool:
    function = load(source)
    tests = task.answer["tests"]
    return all(run(function, *test["args"]).gives(test["expected"]) for test in tests)


def program_of(task: Task) -> Program:
    return Program.from_json(task.metadata["certificate"]["program"])


@ENVS
@pytest.mark.parametrize("level", LEVELS)
def test_the_certificate_holds(env: Write | Repair, level: int) -> None:
    task = env.generate(level, level)
    env.recheck(task)
    certificate = task.metadata["certificate"]
    assert certificate["killed"] >= 0.5 * certificate["mutants"] > 0


@ENVS
def test_tests_kill_whatever_any_input_kills(env: Write | Repair) -> None:
    task = env.generate(0, 3)
    program = program_of(task)
    right = load(program.source())
    for fault in faults(program.source(), 40):
        if passes(fault.source, task):
            faulty = load(fault.source)
            shown = task.metadata["certificate"].get("shown", [])
            places = [place for place in range(len(inputs(program.takes))) if place not in shown]
            given = [inputs(program.takes)[place] for place in places]
            assert all(run(faulty, each).gives(run(right, each).value) for each in given)


@ENVS
def test_an_answer_or_certificate_of_another_task_is_found_out(env: Write | Repair) -> None:
    task, other = env.generate(0, 2), env.generate(1, 2)
    certificate = {"certificate": other.metadata["certificate"]}
    fewer = {**task.answer, "tests": task.answer["tests"][:1]}
    forged = [
        replace(task, answer=other.answer),
        replace(task, metadata={**task.metadata, **certificate}),
        replace(task, answer=fewer),
    ]
    for each in forged:
        with pytest.raises(CertificateError):
            env.recheck(each)


@ENVS
def test_measured_difficulty_lies_in_bands_that_do_not_touch(env: Write | Repair) -> None:
    measured = [
        [env.generate(seed, level).metadata["measured"] for seed in range(3)] for level in LEVELS
    ]
    assert all(max(low) < min(high) for low, high in pairwise(measured))


@pytest.mark.parametrize("level", LEVELS)
def test_the_examples_of_a_specification_are_true_and_are_no_tests(level: int) -> None:
    task = Write().generate(3, level)
    function = load(program_of(task).source())
    tests: list[Json] = [test["args"] for test in task.answer["tests"]]
    for place in task.metadata["certificate"]["shown"]:
        given = inputs(program_of(task).takes)[place]
        said = f"f({given!r}) returns {run(function, given).value!r}"
        assert said in task.prompt[0]["content"]
        assert [given] not in tests


@pytest.mark.parametrize("level", LEVELS)
def test_the_broken_program_is_one_change_away_and_fails(level: int) -> None:
    env = Repair()
    task = env.generate(2, level)
    broken = task.prompt[0]["content"].split("```python\n")[1].split("```")[0]
    assert broken in {fault.source for fault in faults(program_of(task).source())}
    assert not passes(broken, task)
    assert passes(env.oracle(task), task)
    assert any(line.strip().startswith("# was: ") for line in env.oracle(task).splitlines())
    failure = task.metadata["certificate"]["failure"]
    assert (failure is not None) == (level <= 3)
    if failure:
        assert run(load(program_of(task).source()), failure[0]).gives(failure[1])
        assert not run(load(broken), failure[0]).gives(failure[1])


def test_another_program_of_the_level_does_not_pass() -> None:
    env = Write()
    task = env.generate(1, 2)
    guesses = [env.guess(task, derive_random(seed)) for seed in range(20)]
    assert not any(passes(guess, task) for guess in guesses)


@ENVS
async def test_the_sandbox_pays_right_programs_only(env: Write | Repair, box: Sandbox) -> None:
    judge = type(env)(sandbox=box)
    task = judge.generate(4, 3)
    right = [judge.oracle(task), judge.solution(task), next(judge.equivalents(task))]
    wrong = [next(judge.near_misses(task)), *judge.trivial(task), task.prompt[0]["content"]]
    assert [(await judge.judge(each, task)).outcome for each in right] == ["correct"] * 3
    verdicts = [await judge.judge(each, task) for each in wrong]
    assert {verdict.outcome for verdict in verdicts} == {"incorrect"}
    await judge.close()
