"""Which engine a config gets, and what is refused before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from assay_datasets import InputError
from assay_trainer import api
from assay_trainer.config import apply_overrides, load_recipe, resolve
from assay_trainer.engines.build import build_engine
from assay_trainer.engines.torch_engine import TorchEngine
from tests.trainer.engines.models import MODELS


def test_the_embedded_engine_waits_for_its_first_weights(tmp_path: Path) -> None:
    MODELS["moe"].save_pretrained(tmp_path)
    overrides = ["engine.slots=3", "engine.capacity=100", "engine.max_response_tokens=50"]
    config = resolve(apply_overrides(load_recipe("spark"), [*overrides, "profile=true"]))
    engine = build_engine(config, tmp_path, torch.device("cpu"), [1])
    assert isinstance(engine, TorchEngine)
    assert (engine.version, engine.slots, engine.watch.exact) == (-1, 3, True)


def test_where_vllm_is_missing_the_mend_is_told_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay_trainer.host.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"not installed here: .* make vllm .* assay\[train,vllm"):
        api.train("spark", overrides=["engine.kind=vllm"], runs_dir=tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["engine.kind=vlm"], r"engine\.kind: Input should be 'torch' or 'vllm'"),
        (
            ["engine.sleep=true", "rl.scheduler.overlap=true"],
            r"rl\.scheduler\.overlap the engine generates then; leave one of them out",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(overrides: list[str], sentence: str) -> None:
    table: dict[str, Any] = load_recipe("spark")
    with pytest.raises(InputError, match=sentence):
        resolve(apply_overrides(table, overrides))
