"""Host: whether this machine can hold a run, told before anything is started.

It counts what a run takes for certain (GPUs, key-value cache, weights with their gradients and
moments, the scores of one micro-batch) and refuses only what cannot fit: it never refuses what
would run, and is no promise that what it lets pass will. Importing it imports no torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from assay_datasets import InputError
from assay_trainer.config import RunConfig

_GIB = 1 << 30
_TRAINED_BYTES = 16
"""Of one trained parameter: itself, its gradient and two moments, all float32."""


@dataclass(frozen=True)
class ModelSize:
    """What of a model takes memory; ``parameters`` is 0 where it is not known."""

    layers: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    parameters: int = 0


def require_host(config: RunConfig) -> None:
    """Raise :class:`InputError` if this host cannot run ``config``, with the settings to change."""
    _require_gpus(config)
    if config.engine.kind == "vllm":
        require_vllm()
    if size := _size(config):
        _require_memory(memory_needed(config, size))


def require_vllm() -> None:
    """Raise :class:`InputError` with the mend where vLLM is not installed."""
    if find_spec("vllm") is None:
        raise InputError(
            'engine.kind = "vllm" needs vLLM, which is not installed here: without a GPU, '
            "make vllm makes .venv-vllm with its CPU build; with one, pip installs "
            'assay[train,vllm]; or set engine.kind = "torch"'
        )


def memory_needed(config: RunConfig, size: ModelSize) -> dict[str, int]:
    """Bytes of this host's memory that the run takes at least, by purpose."""
    engine, learner = config.engine, config.learner
    width = 2 if engine.dtype == "bfloat16" else 4
    entry = 2 * size.layers * size.kv_heads * size.head_dim
    needed = {}
    if engine.device == "cpu":
        needed["key-value cache"] = engine.slots * engine.capacity * entry * width
        needed["engine weights"] = size.parameters * width
    if learner.device == "cpu":
        row = learner.row_length * (learner.row_length + 2 * 4 * size.vocabulary)
        needed["learner weights"] = size.parameters * _TRAINED_BYTES
        needed["one micro-batch"] = learner.ranks * learner.micro_rows * row
    return needed


def _require_gpus(config: RunConfig) -> None:
    """One GPU for each learner rank; the engine may share one of them."""
    learner, engine = config.learner, config.engine
    wanted = max(learner.ranks * (learner.device == "cuda"), int(engine.device == "cuda"))
    if not wanted:
        return
    import torch

    found = torch.cuda.device_count()
    if found < wanted:
        raise InputError(
            f"the run asks for {wanted} GPUs (learner.device = {learner.device!r} with "
            f"learner.ranks = {learner.ranks}, engine.device = {engine.device!r}), and this host "
            f'has {found or "none"}; lower learner.ranks, or set both devices to "cpu" for a model '
            "that a CPU can train"
        )


def _require_memory(needed: dict[str, int]) -> None:
    total, there = sum(needed.values()), psutil.virtual_memory().total
    if total > there:
        parts = ", ".join(f"{purpose} {amount / _GIB:,.1f}" for purpose, amount in needed.items())
        raise InputError(
            f"this run needs at least {total / _GIB:,.1f} GiB of memory ({parts}), and this host "
            f"has {there / _GIB:,.1f}; lower engine.slots, engine.capacity, learner.row_length or "
            "learner.micro_rows, or take a smaller model"
        )


def _size(config: RunConfig) -> ModelSize | None:
    """The size of the run's model; None where it cannot be read."""
    model = config.model
    if model.path is None:
        return ModelSize(model.layers, model.kv_heads, model.head_dim, model.vocab_size)
    try:
        table = json.loads(Path(model.path, "config.json").read_text(encoding="utf-8"))
        heads = int(table["num_attention_heads"])
        return ModelSize(
            layers=int(table["num_hidden_layers"]),
            kv_heads=int(table.get("num_key_value_heads") or heads),
            head_dim=int(table.get("head_dim") or table["hidden_size"] // heads),
            vocabulary=int(table["vocab_size"]),
            parameters=_parameters(Path(model.path), table),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # whoever loads the model says what is wrong with it


def _parameters(folder: Path, table: dict[str, Any]) -> int:
    bytes_each = 4 if (table.get("dtype") or table.get("torch_dtype")) == "float32" else 2
    return sum(file.stat().st_size for file in folder.glob("*.safetensors")) // bytes_each
