"""A verdict whose sandbox failed is asked for again; every other answer stands."""

from __future__ import annotations

from typing import Any

import pytest
import ray

from assay_datasets import InputError, TaskSpec
from assay_trainer.config import apply_overrides, load_recipe, resolve
from assay_trainer.reward_worker import EpisodeStart, RewardWorker
from assay_verifiers.verdict import Verdict

ATTEMPTS = 2
FAILED = Verdict.undecided("sandbox_failed", error="killed")
JUDGED = Verdict.undecided("deadline")


class Env:
    """Two turns; its sandbox fails at the last turn as often as it is told."""

    id = "made/up"

    def __init__(self, failures: list[Verdict], heard: list[str]) -> None:
        self.failures, self.heard = failures, heard

    async def reset(self, *, seed: int, options: Any) -> Any:
        self.heard.append("reset")
        self.turn = 0
        return [], {}

    async def step(self, action: str) -> Any:
        self.heard.append(action)
        self.turn += 1
        if self.turn == 1:
            return [], 0.5, False, False, {}
        verdict = self.failures.pop(0) if self.failures else Verdict.correct()
        undecided = verdict.outcome == "undecided"
        return (
            [],
            0.0 if undecided else 1.0,
            True,
            False,
            {"verdict": verdict, "undecided": undecided},
        )


def worker(env: Env, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The object inside the actor, with that environment."""
    plain = RewardWorker.__ray_metadata__.modified_class
    table = apply_overrides(load_recipe("spark"), [f"recovery.attempts={ATTEMPTS}"])
    made = plain(resolve(table))
    monkeypatch.setattr(made, "_environment", lambda env_id: env)
    monkeypatch.setattr(made, "task", lambda spec: None, raising=False)  # comes with open()
    monkeypatch.setattr(ray, "put", lambda value: value)
    return made


CASES = {
    "never": ([], 1.0, ["one", "two"]),
    "once": ([FAILED], 1.0, ["one", "two", "reset", "one", "two"]),
    "another reason": ([JUDGED], None, ["one", "two"]),
    "too often": ([FAILED] * 9, None, ["one", "two", *["reset", "one", "two"] * ATTEMPTS]),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_failed_sandbox_is_asked_again_and_no_other_verdict(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, reward, heard = CASES[case]
    env = Env(list(failures), [])
    made = worker(env, monkeypatch)
    await made.start([EpisodeStart("a", TaskSpec("made/up", 1, 1))])
    [first], _ = await made.step(["a"], ["one"], [0])
    [last], _ = await made.step(["a"], ["two"], [0])
    assert (first.done, first.reward) == (False, 0.5)
    assert (last.done, last.reward) == (True, reward)
    assert env.heard == ["reset", *heard]
    assert made.episodes == {}


async def test_a_suite_that_does_not_load_comes_out_of_opening_as_what_it_is() -> None:
    plain = RewardWorker.__ray_metadata__.modified_class
    made = plain(resolve(load_recipe("spark") | {"suite": "nowhere.toml"}))
    with pytest.raises(InputError, match=r"no suite file at nowhere\.toml"):
        await made.open()
