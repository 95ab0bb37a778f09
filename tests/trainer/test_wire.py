"""What Ray raises, as the supervisors hear it, of one process or of ranks that work together.

Ray itself does not run here.
"""

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
from assay_trainer.crew import _connect
from assay_trainer.engines import EngineError
from assay_trainer.errors import TrainerError
from assay_trainer.supervision import DataLost, Gone, Late, Unstarted
from assay_trainer.wire import Answers, RayWire

OWNER_DIED = OwnerDiedError("00" * 28, b"", "here")


def task_error(cause: Exception) -> RayTaskError:
    return RayTaskError("step", "traceback", cause)


CASES = {
    "dead": (ActorDiedError(), Gone),
    "never alive": (ActorDiedError(task_error(ImportError("no libcudart"))), Unstarted),
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


TIMED_OUT = task_error(RuntimeError("[gloo/unbound_buffer.cc:81] Timed out waiting 450000ms"))
PARTED = task_error(RuntimeError("[gloo/pair.cc:534] Connection closed by peer [127.0.0.1]"))
BUG = task_error(ZeroDivisionError("bug"))
DEAD = ActorDiedError()
SILENT = object()

RANKS = {
    "all well": (("answer", "", ""), "answer"),
    "none answers": ((SILENT, SILENT), (Late, "^$")),
    "one does not answer": (("answer", SILENT, ""), (Late, "^of rank 1$")),
    "one dies": ((SILENT, DEAD), (Gone, "^of rank 1 died")),
    "a death is heard of after what it causes": ((PARTED, DEAD), (Gone, "^of rank 1 died")),
    "one hangs and others give it up": (
        (TIMED_OUT, SILENT, PARTED),
        (Gone, "^of rank 1 hung: the other ranks waited for it in vain$"),
    ),
    "nobody knows why": ((PARTED, PARTED), (Gone, r"^lost touch between its ranks \(.*closed by")),
    "one fails, another waits for it": ((SILENT, BUG), (RayTaskError, "traceback")),
    "one fails, another gave it up": ((TIMED_OUT, BUG), (RayTaskError, "traceback")),
    "one has bad input": ((PARTED, task_error(InputError("full"))), (InputError, "^full$")),
}


@pytest.mark.parametrize("case", RANKS)
def test_ranks_answer_as_one_and_who_is_to_blame_is_named(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, heard = RANKS[case]
    answers = Answers(range(len(said)))

    def get(reference: int, *, timeout: float) -> Any:
        if isinstance(said[reference], Exception):
            raise said[reference]
        return said[reference]

    def wait(references: Any, num_returns: int = 1, **_: Any) -> Any:
        done = [each for each in references if said[each] is not SILENT][:num_returns]
        return done, [each for each in references if each not in done]

    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(ray, "wait", wait)
    if isinstance(heard, str):
        assert RayWire().get(answers, 1.0) == heard
        return
    with pytest.raises(heard[0], match=heard[1]):
        RayWire().get(answers, 1.0)


def test_a_ray_that_does_not_start_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> None:
        raise ConnectionError("no room in /tmp/ray")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(TrainerError, match=r"^Ray does not start on this host: no room"):
        _connect()
