"""The learner's ranks on Ray: one answer, one model on disk, and a death that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import torch

from assay_trainer.chat import Chat
from assay_trainer.config import apply_overrides, load_recipe, resolve
from assay_trainer.crew import Crew
from assay_trainer.errors import WorkerLost
from assay_trainer.model import load_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def crew(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Callable[..., Any], chat: Chat
) -> Iterator[Crew]:
    folder = tmp_path_factory.mktemp("model")
    tiny_model().save_pretrained(folder)
    chat.save(folder)
    table = load_recipe("spark") | {"model": {"path": str(folder)}, "without": ["code"]}
    settings = ["learner.ranks=2", "learner.threads=1", "sft.examples_per_step=6"]
    settings += [
        "engine.capacity=208",
        "engine.max_response_tokens=40",
        "engine.slots=4",
        "learner.row_length=400",
    ]
    config = resolve(apply_overrides(table, settings))
    with Crew.start(config, tmp_path_factory.mktemp("made"), folder) as crew:
        yield crew


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def test_two_ranks_save_publish_and_go_on_as_one_model(crew: Crew, tmp_path: Path) -> None:
    crew.get(crew.learner.begin_stage.remote("sft"))
    row = crew.get(crew.learner.sft_step.remote(0))
    assert row["loss"] > 0
    crew.get(crew.learner.save_beside.remote(str(tmp_path)))
    [reference] = crew.get(crew.learner.publish.remote(3))
    crew.get(crew.learner.sft_step.remote(1))
    sums = crew.get(crew.learner.written.remote(wait=True))
    assert {"optimiser.pt", "model/model.safetensors", "model/tokenizer.json"} <= sums.keys()
    saved = weights(load_model(tmp_path / "model"))
    snapshot = ray.get(reference)
    assert snapshot.version == 3
    published = snapshot.state()
    assert saved.keys() == published.keys()
    assert all(torch.equal(saved[n].bfloat16(), published[n]) for n in saved)
    crew.get(crew.learner.load_optimiser.remote(str(tmp_path)))
    assert crew.get(crew.learner.sft_step.remote(1))["loss"] > 0


def test_a_dead_rank_is_named(crew: Crew) -> None:
    ray.kill(crew.learner.actor.workers[1])
    with pytest.raises(WorkerLost, match="learner worker of rank 1 died"):
        crew.get(crew.learner.sft_step.remote(2))
