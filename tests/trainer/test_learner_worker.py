"""The learner's ranks on Ray: one answer, one model on disk; a rank that is lost is named in time,
and the run goes on from its checkpoint to the same bytes.

One story in two lives: a supervised run is left alone, then its rank 1 hangs; with new workers it
goes on from its checkpoint to its end, and there rank 1 dies.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray
import torch

from assay_trainer.chat import Chat
from assay_trainer.config import RunConfig, apply_overrides, load_recipe, resolve
from assay_trainer.crew import Crew, _connect
from assay_trainer.errors import WorkerLost
from assay_trainer.learner_worker import LearnerRanks
from assay_trainer.model import load_model
from assay_trainer.recovery import until_done
from assay_trainer.saver import Saver
from assay_trainer.supervision import NoLog, Watch, Worker
from assay_trainer.weights import WeightSnapshot
from assay_trainer.wire import RayWire

pytestmark = pytest.mark.slow

STEPS, SAVED_AT = 4, 2
SAVED = f"sft-{SAVED_AT:06d}"
PATIENCE_S = 16.0
SETTINGS = (
    "learner.ranks=2",
    "learner.threads=1",
    "sft.examples_per_step=6",
    "engine.capacity=208",
    "engine.max_response_tokens=40",
    "learner.row_length=400",
    f"recovery.patience_s={PATIENCE_S}",
)


class Story:
    """What happened, told by the tests below.

    Attributes:
        said: at the terminal.
        losses: of each life's steps.
        waited: seconds until each blow was noticed.
        died: what was said of the dead rank.
        published: weights of the checkpoint, as the engine gets them.
    """

    def __init__(self, config: RunConfig, policy: Path, root: Path) -> None:
        self.config, self.policy, self.root = config, policy, root
        self.said: list[str] = []
        self.losses: list[list[float]] = []
        self.waited: list[float] = []
        self.died = ""
        self.published: WeightSnapshot | None = None

    def attempt(self, checkpoint: Path | None) -> None:
        """One life."""
        model = checkpoint / "model" if checkpoint else self.policy
        with two_ranks(self.config, model, self.said.append) as crew:
            if checkpoint:
                crew.get(crew.learner.load_optimiser.remote(str(checkpoint)))
            life = len(self.losses)
            self.losses.append([])
            self.play(crew, SAVED_AT if checkpoint else 0)
            crew.get(crew.learner.save.remote(str(self.root / f"end {life}")))
            if checkpoint is None:
                self.strike(crew, signal.SIGSTOP)
            with pytest.raises(WorkerLost) as lost:
                self.strike(crew, signal.SIGKILL)
            self.died = str(lost.value)

    def play(self, crew: Crew, step: int) -> None:
        saver = Saver(crew, self.root, 9, self.said.append)
        for number in range(step, STEPS):
            self.losses[-1].append(crew.get(crew.learner.sft_step.remote(number))["loss"])
            saver.finish()
            if number + 1 == SAVED_AT:
                saver.begin(SAVED, {}, engine=False)
                [reference] = crew.get(crew.learner.publish.remote(3))
                self.published = ray.get(reference)

    def strike(self, crew: Crew, blow: signal.Signals) -> None:
        """Rank 1 stops, or dies, while rank 0 waits for it in a step."""
        started = time.monotonic()
        pid = process_ids(crew)[1]
        os.kill(pid, signal.SIGSTOP)
        step = crew.learner.sft_step.remote(STEPS)
        time.sleep(1.0)
        os.kill(pid, blow)
        try:
            step.result()
        finally:
            self.waited.append(time.monotonic() - started)


@contextmanager
def two_ranks(config: RunConfig, model: Path, say: Callable[[str], object]) -> Iterator[Crew]:
    """A crew of a learner alone, in its supervised stage; nothing of it stays."""
    ranks, watch = LearnerRanks(config), Watch(RayWire(), config.recovery, say)
    learner = Worker("learner", lambda: ranks, NoLog(), watch)
    crew = Crew(learner, learner, [], watch, "", owns_ray=False)
    processes = [psutil.Process(pid) for pid in process_ids(crew)]
    try:
        crew.get(learner.open.remote(str(model)))
        crew.get(learner.begin_stage.remote("sft"))
        yield crew
    finally:
        watch.wire.kill(learner.actor)
        _, alive = psutil.wait_procs(processes, 30)
        assert alive == [], "what was given up lives on"


def process_ids(crew: Crew) -> list[int]:
    return [ray.get(each.__ray_call__.remote(_own_id)) for each in crew.learner.actor.workers]


def _own_id(worker: Any) -> int:
    return os.getpid()


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Callable[..., Any], chat: Chat
) -> Iterator[Story]:
    policy, root = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("run")
    tiny_model().save_pretrained(policy)
    chat.save(policy)
    table = load_recipe("spark") | {"model": {"path": str(policy)}, "without": ["code"]}
    config = resolve(apply_overrides(table, SETTINGS))
    story = Story(config, policy, root)
    _connect()
    until_done(story.attempt, root, None, config.recovery, story.said.append)
    yield story
    ray.shutdown()


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def test_two_ranks_save_and_publish_one_model(story: Story) -> None:
    saved = weights(load_model(story.root / SAVED / "model"))
    assert story.published is not None
    assert story.published.version == 3
    published = story.published.state()
    assert saved.keys() == published.keys()
    assert all(torch.equal(saved[name].bfloat16(), published[name]) for name in saved)


def test_a_rank_that_hangs_or_dies_is_named_in_time(story: Story) -> None:
    [hung] = [line for line in story.said if "going back" in line]
    assert hung == (
        "the learner worker of rank 1 hung: the other ranks waited for it in vain: "
        f"going back to checkpoint {SAVED} with new workers"
    )
    assert story.died.startswith("the learner worker of rank 1 died (process")
    assert max(story.waited) < PATIENCE_S + 10


def test_after_a_loss_the_run_comes_to_the_same_end(story: Story) -> None:
    whole, mended = story.losses
    assert all(loss > 0 for loss in whole)
    assert mended == whole[SAVED_AT:]
    ends = [story.root / f"end {life}" / "model" / "model.safetensors" for life in (0, 1)]
    assert ends[0].read_bytes() == ends[1].read_bytes()
