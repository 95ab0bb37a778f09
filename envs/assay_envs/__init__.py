"""Environments for math, code, logic, science and general instructions behind one async API."""

from assay_envs.environment import (
    CertificateError,
    Environment,
    Info,
    Observation,
    SingleTurn,
    Step,
)
from assay_envs.multi_turn import Game, GameVerifier, MultiTurn, Turn
from assay_envs.registry import make, register
from assay_envs.registry import registry as env_registry
from assay_envs.sampler import Sampler
from assay_envs.suite import Suite
from assay_envs.suite import registry as suite_registry
from assay_envs.tool_use import ToolUse

__all__ = [
    "CertificateError",
    "Environment",
    "Game",
    "GameVerifier",
    "Info",
    "MultiTurn",
    "Observation",
    "Sampler",
    "SingleTurn",
    "Step",
    "Suite",
    "ToolUse",
    "Turn",
    "env_registry",
    "make",
    "register",
    "suite_registry",
]
