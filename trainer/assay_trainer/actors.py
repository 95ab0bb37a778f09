"""What the workers of a run share, whatever they do."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import ray
import torch

from assay_envs.suite import Suite
from assay_trainer.config import RunConfig

Ref: TypeAlias = "ray.ObjectRef[Any]"


def suite_of(config: RunConfig) -> Suite:
    """The run's suite, less what it goes without."""
    suite = Suite.load(config.suite)
    return suite.without(*config.without) if config.without else suite


def settle(threads: int) -> None:
    """Make this process's numerics a function of the config alone."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA asks for in addition
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
