"""Build the engine that a run's config names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from assay_trainer.config import RunConfig
from assay_trainer.engines.engine import Engine

if TYPE_CHECKING:
    import torch


def build_engine(
    config: RunConfig, model_dir: Path, device: torch.device, stop_token_ids: Iterable[int]
) -> Engine:
    """An engine over the model in ``model_dir``; its first weights are published to it."""
    if config.engine.kind == "vllm":
        return _vllm(config, model_dir, device, stop_token_ids)
    from assay_trainer.engines.torch_engine import TorchEngine
    from assay_trainer.model import load_model, torch_dtype

    engine = TorchEngine(
        load_model(model_dir).to(device),
        slots=config.engine.slots,
        capacity=config.engine.capacity,
        stop_token_ids=stop_token_ids,
        dtype=torch_dtype(config.engine.dtype),
        version=-1,
    )
    engine.watch.exact = config.profile
    return engine


def _vllm(
    config: RunConfig, model_dir: Path, device: torch.device, stop_token_ids: Iterable[int]
) -> Engine:
    from assay_trainer.engines.vllm_core import VllmCore
    from assay_trainer.engines.vllm_engine import VllmEngine

    engine = config.engine
    core = VllmCore(
        model_dir,
        slots=engine.slots,
        capacity=engine.capacity,
        dtype=engine.dtype,
        threads=engine.threads,
        device=device,
        sleeps=engine.sleep,
    )
    return VllmEngine(
        core,
        slots=engine.slots,
        capacity=engine.capacity,
        stop_token_ids=stop_token_ids,
        version=-1,
    )
