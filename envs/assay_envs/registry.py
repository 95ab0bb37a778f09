"""The environments that exist, by id (entry-point group ``assay.envs``)."""

from __future__ import annotations

from typing import Any

from assay_datasets import Registry
from assay_envs.environment import Environment

registry = Registry("assay.envs", "environment")


def make(env_id: str, **settings: Any) -> Environment:
    """A new instance of the environment ``env_id``; ``settings`` go to its constructor."""
    environment: Environment = registry.build(env_id, settings)
    return environment
