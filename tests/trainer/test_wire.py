"""What Ray raises, as the supervisors hear it. Ray itself does not run here."""

from __future__ import annotations

from typing import Any

import pytest
import ray
from ray.exceptions import (
    ActorDiedError,
    ActorUnavailableError,
    GetTimeoutError,
    OwnerDiedError,
    RayTaskError,
    WorkerCrashedError,
)

from assay_datasets import InputError
from assay_sandbox import SandboxFailed
from assay_trainer.crew import RayWire
from assay_trainer.engines import EngineError
from assay_trainer.errors import TrainerError
from assay_trainer.supervision import DataLost, Gone, Late

OWNER_DIED = OwnerDiedError("00" * 28, b"", "here")


def task_error(cause: Exception) -> RayTaskError:
    return RayTaskError("step", "traceback", cause)


CASES = {
    "dead": (ActorDiedError(), Gone),
    "out of reach": (ActorUnavailableError("no route", None), Gone),
    "late": (GetTimeoutError("late"), Late),
    "owner died": (OWNER_DIED, DataLost),
    "worker crashed": (WorkerCrashedError(), DataLost),
    "argument lost": (task_error(OWNER_DIED), DataLost),
    "user's input": (task_error(InputError("no")), InputError),
    "sandbox": (task_error(SandboxFailed("no")), SandboxFailed),
    "engine": (task_error(EngineError("no")), EngineError),
    "trainer": (task_error(TrainerError("no")), TrainerError),
    "a bug": (task_error(ZeroDivisionError()), RayTaskError),
}


@pytest.mark.parametrize("case", CASES)
def test_each_error_is_a_death_a_delay_a_loss_or_itself(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised, heard = CASES[case]

    def get(reference: Any, *, timeout: float) -> Any:
        raise raised

    monkeypatch.setattr(ray, "get", get)
    with pytest.raises(heard):
        RayWire().get(None, 1.0)
