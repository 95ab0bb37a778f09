"""The report of benchmarks/icepop.py says what the runs' figures say, and no more."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assay_datasets import derive_random

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PROBLEMS = 200


@pytest.fixture(scope="module")
def study() -> Iterator[Callable[[str], ModuleType]]:
    """Modules of the study, which import one another as scripts do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield lambda name: importlib.import_module(f"icepop_{name}")


def made(accuracy: float, *, seed: int = 0, drops: bool = False, **late: float) -> dict[str, Any]:
    """A run from one accuracy, 30 %, to another; ``late`` multiplies figures of its late steps."""
    rng = derive_random("icepop-report", str(accuracy), seed)
    early = {"reward": 0.3, "grad_norm": 0.5, "outside": 0.02, "clipped": 0.0}
    early |= {"mismatch/abs_mean": 0.1, "mismatch/k3": 0.04}
    early |= {"mask/low": 0.01 * drops, "mask/high": 0.0}
    if drops:
        early["mismatch/entropy_masked_over_all"] = 2.0
    after = {key: value * late.get(key, 1.0) for key, value in early.items()}
    evaluations = []
    for step, share in ((0, 0.3), (160, accuracy)):
        right = [sum(rng.random() < share for _ in range(3)) for _ in range(PROBLEMS)]
        sampled = sum(right) / 3 / PROBLEMS
        evaluations.append(
            {"step": step, "sampled": sampled, "greedy": share, "samples": 3, "problems": right}
        )
    return {"steps": [early] * 96 + [after] * 64, "evaluations": evaluations, "cpu_s": 1.0}


def done(study: Callable[[str], ModuleType], **accuracies: tuple[float, ...]) -> dict[Any, Any]:
    """``stale32`` of each method, with one final accuracy a seed."""
    cell = study("grid").Cell
    return {
        cell("stale32", method, seed): made(value, seed=seed, drops=method == "icepop")
        for method, values in accuracies.items()
        for seed, value in enumerate(values)
    }


SIGNS = {
    "better with every seed": ((0.2, 0.2, 0.2), (0.5, 0.5, 0.5), 1),
    "worse with every seed": ((0.5, 0.5, 0.5), (0.2, 0.2, 0.2), -1),
    "much better with two seeds": ((0.2, 0.2, 0.5), (0.5, 0.5, 0.2), 0),
    "the same": ((0.4, 0.4, 0.4), (0.4, 0.4, 0.4), 0),
    "two seeds alone": ((0.2, 0.2), (0.5, 0.5), 0),
}


@pytest.mark.parametrize(("plain", "ours", "sign"), SIGNS.values(), ids=SIGNS)
def test_a_policy_is_better_only_with_every_seed_and_beyond_the_error(
    study: Callable[[str], ModuleType],
    plain: tuple[float, ...],
    ours: tuple[float, ...],
    sign: int,
) -> None:
    runs = done(study, grpo=plain, icepop=ours)
    found = study("claims").against(runs, "stale32", "grpo", "icepop")
    assert found.sign == sign
    mean_gap = (sum(ours) - sum(plain)) / len(ours)
    assert found.size == pytest.approx(mean_gap, abs=0.07)


def test_seeds_that_agree_by_less_than_the_error_are_not_told_apart(
    study: Callable[[str], ModuleType],
) -> None:
    difference = study("claims").Difference
    assert difference(0.02, 0.01, (0.01, 0.02, 0.03)).sign == 0
    assert difference(0.04, 0.01, (0.03, 0.04, 0.05)).sign == 1


OUTCOMES = {
    "seen": ((2.0, 2.0, 2.0), "**seen**"),
    "opposite": ((0.5, 0.5, 0.5), "**opposite**"),
    "seeds differ": ((2.0, 2.0, 0.5), "unclear"),
    "nothing moved": ((1.0, 1.0, 1.0), "unclear"),
}


@pytest.mark.parametrize(("grown", "word"), OUTCOMES.values(), ids=OUTCOMES)
def test_a_claim_is_seen_where_every_seed_shows_it(
    study: Callable[[str], ModuleType], grown: tuple[float, ...], word: str
) -> None:
    cell = study("grid").Cell
    runs = {
        cell("stale32", "grpo", seed): made(0.3, **{"mismatch/k3": factor})
        for seed, factor in enumerate(grown)
    }
    claims = {claim.text: claim for claim in study("claims").CLAIMS}
    [compounds] = [claim for text, claim in claims.items() if "Theorem 1" in text]
    late = 0.04 * sum(grown) / 3
    assert compounds.outcome(runs, "stale32") == f"{word}: 0.04 → {late:.2g}"
    assert compounds.outcome(runs, "bf16") == ""


def test_early_and_late_leave_out_the_first_block_and_steps_without_the_figure(
    study: Callable[[str], ModuleType],
) -> None:
    series = study("series")
    steps = [{"a": 9.0}] * 32 + [{"a": 1.0}] * 32 + [{}] * 32 + [{"a": 4.0}] * 48 + [{}] * 16
    run = {"steps": steps}
    assert (series.early(run, "a"), series.late(run, "a"), series.growth(run, "a")) == (1, 4, 4)
    blocks = series.points(run, "a")
    assert [blocks[0], blocks[1], blocks[3], blocks[4]] == [9, 1, 4, 4]
    assert math.isnan(blocks[2])


def test_a_run_of_four_blocks_is_early_in_the_second_and_late_in_the_last(
    study: Callable[[str], ModuleType],
) -> None:
    run = {"steps": [{"a": float(number // 32)} for number in range(128)]}
    assert (study("series").early(run, "a"), study("series").late(run, "a")) == (1, 3)


def test_the_document_leaves_out_what_lacks_a_seed_and_names_it(
    study: Callable[[str], ModuleType],
) -> None:
    report = study("report")
    runs = done(study, grpo=(0.2, 0.2, 0.2), icepop=(0.5, 0.5, 0.5), tis=(0.5, 0.5))
    page = report.document(runs)
    assert "- `icepop` against `grpo`: **better**, +" in page
    assert "| tis |" not in page
    assert "`tis`" not in page
    assert "stale32/tis" in page.rpartition("left out above: ")[2]
    assert "## bf16" not in page


def test_the_document_can_be_written_before_anything_is_done(
    study: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    page = tmp_path / "icepop.md"
    study("report").write({}, page)
    assert "0 runs" in page.read_text()
    assert not list(tmp_path.glob("*.svg"))


def test_the_figures_are_the_same_bytes_for_the_same_runs(
    study: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    runs = done(study, grpo=(0.2, 0.2, 0.2), icepop=(0.5, 0.5, 0.5))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        study("report").write(runs, tmp_path / name / "icepop.md")
    one, two = ((tmp_path / name / "icepop.svg").read_bytes() for name in ("one", "two"))
    assert one == two
    assert "](icepop.svg)" in (tmp_path / "one" / "icepop.md").read_text()


ANSWERS = {
    "countdown": ("C3,5,7=22:", "3*5+7", 1.0),
    "countdown in another order": ("C3,5,7=22:", "7+5*3", 1.0),
    "a number twice": ("C3,5,7=15:", "5+5+5", 0.0),
    "digits joined": ("C3,5,7=42:", "35+7", 0.0),
    "linear": ("L9x-17=37:", "54;6", 1.0),
    "linear without the step": ("L9x-17=37:", "6", 0.0),
    "function": ("F3>18,5>34,7>58:", "x*x+9", 1.0),
    "a constant": ("F3>9,5>9,7>9:", "9", 0.0),
    "unfinished": ("F3>18,5>34,7>58:", "x*x+", 0.0),
    "division by zero": ("F3>18,5>34,7>58:", "x//0", 0.0),
}


@pytest.mark.parametrize(("prompt", "answer", "reward"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_judged_by_what_it_does(
    study: Callable[[str], ModuleType], prompt: str, answer: str, reward: float
) -> None:
    task = study("task")
    tokens = task.Problem(answer, "").tokens()
    assert task.Problem(prompt, "").reward((*tokens, task.END)) == reward


def test_every_problem_is_solved_by_its_own_solution_and_never_both_trained_and_tested(
    study: Callable[[str], ModuleType],
) -> None:
    task = study("task")
    rng = derive_random("icepop-report")
    trained = [task.train_problem(rng) for _ in range(200)]
    tested = task.test_problems(20)
    for problem in (*trained, *tested):
        assert problem.reward(task.Problem(problem.solution, "").tokens()) == 1.0
        assert len(problem.tokens()) + task.LONGEST_ANSWER + 1 <= task.LONGEST
    assert not {p.prompt for p in trained} & {p.prompt for p in tested}
