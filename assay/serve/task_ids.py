"""Ids of tasks that give nothing away, and from which only this server makes the task again.

A task's own id is a hash over its answer too, so whoever knows the prompt could try answers against
it at home; and who knows its seed could generate it. So an id here names what was asked for (env,
difficulty, parameters, the caller's seed, the place in that seed's stream) and carries a tag; the
seed that really makes the task is a keyed hash of the same. Nothing is stored: servers that share
``secret`` know each other's tasks, also after a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from assay.serve.errors import NotFound, Refused
from assay_datasets import Json, canonical_json

_TAG_BYTES = 16
_LONGEST = 8192


@dataclass(frozen=True)
class TaskRef:
    """What a task was made from.

    Attributes:
        env: id of the environment.
        difficulty: level.
        seed: the caller's; index: the place in its stream.
        parameters: finer parameters of the environment.
    """

    env: str
    difficulty: int
    seed: int
    index: int = 0
    parameters: dict[str, Json] = field(default_factory=dict)


class TaskIds:
    """Makes and reads ids, with a server's ``secret``."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, ref: TaskRef) -> str:
        """The id of a task; :class:`Refused` where its parameters are too long to be in one."""
        body = _body(ref)
        task_id = f"{_encode(body)}.{_encode(self._keyed(b'id', body)[:_TAG_BYTES])}"
        if len(task_id) > _LONGEST:
            raise Refused("the parameters are too long")
        return task_id

    def open(self, task_id: str) -> TaskRef:
        """What ``task_id`` stands for; :class:`NotFound` unless a server of this secret made it."""
        body, _, tag = task_id.partition(".")
        try:
            if len(task_id) > _LONGEST:
                raise ValueError("too long")
            text = _decode(body)
            if not hmac.compare_digest(_decode(tag), self._keyed(b"id", text)[:_TAG_BYTES]):
                raise ValueError("another secret")
        except (ValueError, binascii.Error):
            raise NotFound(
                "no such task: ids come from this server's /v1/generate; those of another server, "
                "or from before a restart, are known only where both have the same --secret"
            ) from None
        return TaskRef(*json.loads(text))

    def seed(self, ref: TaskRef) -> int:
        """The 63-bit seed that makes the task: not to be had without the secret."""
        keyed = self._keyed(b"seed", _body(ref))
        return int.from_bytes(keyed[:8], "big") >> 1

    def _keyed(self, purpose: bytes, text: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + text, hashlib.sha256)


def _body(ref: TaskRef) -> bytes:
    return canonical_json([ref.env, ref.difficulty, ref.seed, ref.index, ref.parameters]).encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
