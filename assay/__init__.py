"""Assay: rewards you can trust, fast enough to train on.

The front door. Every name below is loaded from its room when it is first used, so ``import assay``
costs nothing and needs no torch.

    import assay

    env = assay.make("logic/countdown")
    task = env.generate(seed=7, difficulty=2)
    assay.verify(task.verifier, env.oracle(task), task.answer).outcome      # 'correct'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.client import Client
    from assay.front import averify, generate, register_gymnasium, run, verify
    from assay.judge import Judge
    from assay_datasets import InputError, Task
    from assay_envs import Environment, make
    from assay_sandbox import Job, Limits, Result
    from assay_trainer.api import evaluate, resume, train
    from assay_verifiers import Verdict, Verifier

_HOME = {
    "Client": "assay.client",
    "Environment": "assay_envs",
    "InputError": "assay_datasets",
    "Job": "assay_sandbox",
    "Judge": "assay.judge",
    "Limits": "assay_sandbox",
    "Result": "assay_sandbox",
    "Task": "assay_datasets",
    "Verdict": "assay_verifiers",
    "Verifier": "assay_verifiers",
    "averify": "assay.front",
    "evaluate": "assay_trainer.api",
    "generate": "assay.front",
    "make": "assay_envs",
    "register_gymnasium": "assay.front",
    "resume": "assay_trainer.api",
    "run": "assay.front",
    "train": "assay_trainer.api",
    "verify": "assay.front",
}

__all__ = [
    "Client",
    "Environment",
    "InputError",
    "Job",
    "Judge",
    "Limits",
    "Result",
    "Task",
    "Verdict",
    "Verifier",
    "averify",
    "evaluate",
    "generate",
    "make",
    "register_gymnasium",
    "resume",
    "run",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
