"""Environments for math, code, logic, science and general instructions behind one async API."""

from assay_envs.environment import Environment, Info, Observation, SingleTurn, Step
from assay_envs.registry import make
from assay_envs.registry import registry as env_registry
from assay_envs.suite import Suite
from assay_envs.suite import registry as suite_registry

__all__ = [
    "Environment",
    "Info",
    "Observation",
    "SingleTurn",
    "Step",
    "Suite",
    "env_registry",
    "make",
    "suite_registry",
]
