"""What a host cannot hold is refused before anything starts, with the settings to change."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from assay_datasets import InputError
from assay_trainer import api
from assay_trainer.config import apply_overrides, load_recipe, recipes, resolve
from assay_trainer.host import ModelSize, memory_needed, require_host

_GIB = 1 << 30
_ON_THE_CPU = ["learner.device=cpu", "engine.device=cpu", "engine.kind=torch"]


def model_directory(path: Path, weights: int = 0, **changes: object) -> Path:
    """A model directory by its numbers: the sizes of a 30 B mixture of experts."""
    sizes = {
        "num_hidden_layers": 48,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "vocab_size": 151_936,
        "dtype": "bfloat16",
    }
    (path / "config.json").write_text(json.dumps({**sizes, **changes}))
    with (path / "model.safetensors").open("wb") as file:
        file.truncate(weights)  # sparse
    return path


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of 24 GiB."""
    monkeypatch.setattr(
        "assay_trainer.host.psutil.virtual_memory", lambda: SimpleNamespace(total=24 * _GIB)
    )


@pytest.mark.parametrize("recipe", [name for name in recipes() if name.startswith("paper")])
def test_the_papers_recipes_are_refused_where_there_are_no_gpus(
    recipe: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match=r"asks for 8 GPUs .*learner\.ranks = 8, .* has none; "):
        api.train(recipe, runs_dir=tmp_path / "runs")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    monkeypatch.setattr("assay_trainer.host.find_spec", lambda name: object())
    with pytest.raises(InputError, match="name its directory, --model PATH"):
        api.train(recipe, runs_dir=tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_what_memory_cannot_hold_is_refused_with_its_parts(memory: None, tmp_path: Path) -> None:
    path = model_directory(tmp_path, weights=61 * 10**9)
    table = apply_overrides(load_recipe("paper-reasoning"), _ON_THE_CPU)
    table["model"] = {"path": str(path)}
    with pytest.raises(InputError, match=r"at least .* GiB .*key-value cache 1,632.0.* has 24\.0"):
        require_host(resolve(table))


@pytest.mark.parametrize("recipe", [name for name in recipes() if not name.startswith("paper")])
def test_the_other_recipes_fit(memory: None, recipe: str) -> None:
    require_host(resolve(load_recipe(recipe)))


def test_memory_is_counted_by_purpose() -> None:
    overrides = ["engine.slots=4", "engine.capacity=100", "engine.max_response_tokens=50"]
    overrides += ["learner.row_length=176", "learner.micro_rows=2", "learner.ranks=3"]
    config = resolve(apply_overrides(load_recipe("spark"), overrides))
    needed = memory_needed(config, ModelSize(2, 2, 32, 768, parameters=1000))
    assert needed == {
        "key-value cache": 4 * 100 * (2 * 2 * 2 * 32) * 2,
        "engine weights": 2000,
        "learner weights": 16_000,
        "one micro-batch": 3 * 2 * 176 * (176 + 8 * 768),
    }


@pytest.mark.parametrize("broken", [{"num_hidden_layers": None}, {"vocab_size": "x"}])
def test_a_model_that_cannot_be_read_is_for_the_loader_to_refuse(
    memory: None, tmp_path: Path, broken: dict[str, object]
) -> None:
    table = load_recipe("finetune")
    table["model"] = {"path": str(model_directory(tmp_path, **broken))}
    require_host(resolve(table))
    table["model"] = {"path": str(tmp_path / "nowhere")}
    require_host(resolve(table))
