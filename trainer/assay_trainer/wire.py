"""Wire: Ray as the supervisors hear it. Answers, deaths, delays, losses; nothing else of Ray.

A call that several ranks play together is answered when all of them have; the first failure among
them is the call's. A rank that is lost is named, also where it is another one that fails: ranks
that wait for a peer in vain give up after a while (see `ranks`), and what is then still silent is
what they were waiting for.
"""

from __future__ import annotations

import re
import time
from typing import Any

import ray
from ray.exceptions import (
    GetTimeoutError,
    ObjectLostError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)

from assay_datasets import InputError
from assay_sandbox import SandboxError
from assay_trainer.actors import Ref
from assay_trainer.engines import EngineError
from assay_trainer.errors import TrainerError
from assay_trainer.ranks import is_parting
from assay_trainer.supervision import DataLost, Gone, Late, Unstarted

_GRACE_S = 5.0
"""In which all ranks have given up that do, once one has."""


class Answers(tuple[Ref, ...]):
    """References to what each rank answers to one call, in the order of ranks."""


class RayWire:
    """The supervisors' way to Ray; see `supervision.Wire`."""

    def get(self, reference: Any, timeout_s: float) -> Any:
        if not isinstance(reference, Answers):
            return _value(reference, timeout_s)
        if len(reference) > 1:
            _await_ranks(reference, timeout_s)
        return _value(reference[0], timeout_s)

    def kill(self, actor: Any) -> None:
        for each in getattr(actor, "workers", None) or [actor]:
            ray.kill(each)


def _value(reference: Any, timeout_s: float) -> Any:
    """What one process answered; its errors come out as what they are."""
    try:
        return ray.get(reference, timeout=timeout_s)
    except GetTimeoutError as error:
        raise Late from error
    except RayActorError as error:
        if error.actor_init_failed:
            raise Unstarted(_last_line(error)) from error
        raise Gone(f"died ({_death(error)})") from error
    except (ObjectLostError, WorkerCrashedError) as error:
        raise DataLost(_first_line(error)) from error
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, InputError | SandboxError | EngineError | TrainerError):
            raise cause from None
        if isinstance(cause, RayActorError | ObjectLostError):
            raise DataLost(_first_line(cause)) from error
        raise


def _await_ranks(answers: Answers, timeout_s: float) -> None:
    """Wait for every rank; raise for the first that failed, with whose fault it is."""
    deadline = time.monotonic() + timeout_s
    waiting = list(answers)
    while waiting:
        left = max(0.0, deadline - time.monotonic())
        done, waiting = ray.wait(waiting, timeout=left, fetch_local=False)
        if not done:
            raise Late(_named(answers, waiting) if len(waiting) < len(answers) else "")
        for each in done:
            try:
                _value(each, _GRACE_S)
            except Gone as gone:
                raise Gone(f"{_named(answers, done)} {gone}") from gone
            except RayTaskError as error:
                if not is_parting(error.cause):
                    raise
                raise _culprit(answers, error) from error


def _culprit(answers: Answers, parting: RayTaskError) -> Exception:
    """What has parted the ranks: a death, an error, or one that is silent while others give up."""
    _, silent = ray.wait(
        list(answers), num_returns=len(answers), timeout=_GRACE_S, fetch_local=False
    )
    for each in answers:
        if each in silent:
            continue
        try:
            _value(each, _GRACE_S)
        except Gone as gone:
            return Gone(f"{_named(answers, [each])} {gone}")
        except RayTaskError as error:
            if not is_parting(error.cause):
                return error
        except Exception as error:
            return error
    if silent:
        return Gone(f"{_named(answers, silent)} hung: the other ranks waited for it in vain")
    return Gone(f"lost touch between its ranks ({_first_line(parting.cause)})")


def _named(answers: Answers, some: list[Ref]) -> str:
    ranks = [str(rank) for rank, each in enumerate(answers) if each in some]
    return f"of rank {', '.join(ranks)}"


def _death(error: RayActorError) -> str:
    """What Ray knows of a death; it does not tell a kill from a crash or from a lack of memory."""
    process = re.search(r"^\s*pid: (\d+)$", str(error), re.MULTILINE)
    if process is None:
        return _first_line(error)
    return f"process {process[1]}; killed, crashed or out of memory"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _last_line(error: BaseException) -> str:
    """Of a traceback as Ray passes it on: what was raised."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
