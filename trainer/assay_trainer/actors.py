"""What the workers of a run share, whatever they do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import ray

from assay_envs.suite import Suite
from assay_trainer.config import RunConfig

if TYPE_CHECKING:
    import torch

Ref: TypeAlias = "ray.ObjectRef[Any]"


def suite_of(config: RunConfig) -> Suite:
    """The run's suite, less what it goes without."""
    suite = Suite.load(config.suite)
    return suite.without(*config.without) if config.without else suite


def device_of(kind: str, number: int) -> torch.device:
    """This worker's device: GPU ``number`` of its host, counted round, or the CPU.

    Ray hands out no GPUs here: learner and engine may share one.
    """
    import torch

    if kind == "cpu":
        return torch.device("cpu")
    device = torch.device(kind, number % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device


def settle(threads: int) -> None:
    """Make this process's numerics a function of the config alone."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA asks for in addition
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
