"""Task: one verifiable problem, as a frozen record that crosses processes and wires as JSON.

A task's identity is the hash of its content, so the same problem is the same task wherever it was
made. ``answer`` is all that the verifier needs and is never shown to the policy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from assay_datasets.errors import InputError

Json: TypeAlias = Any
"""Whatever ``json.dumps`` carries without loss: null, bool, int, float, str, list, dict."""

Message: TypeAlias = dict[str, str]
"""One chat message: ``{"role": "system" | "user" | "assistant", "content": text}``."""

Split = Literal["train", "validation", "test"]

_FIELDS = ("env", "prompt", "answer", "verifier", "options", "metadata")


def canonical_json(value: Json) -> str:
    """The one spelling of a JSON value that hashes are taken over."""
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: Json) -> str:
    """32 hex digits (128 bits) of SHA-256 over the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]


def split_of(duplicate_key: str) -> Split:
    """The split a problem belongs to, by a hash of its duplicate key: 80 % / 10 % / 10 %.

    Two problems that are the same under the game's symmetries share the key, so they can never
    stand on both sides of a split.
    """
    bucket = int.from_bytes(hashlib.sha256(duplicate_key.encode()).digest()[:8], "big") % 10
    return "test" if bucket == 0 else "validation" if bucket == 1 else "train"


@dataclass(frozen=True)
class Task:
    """One problem with everything needed to pose and to judge it.

    Attributes:
        env: id of the environment that made it, ``domain/name``.
        prompt: chat messages shown to the policy.
        answer: JSON; all that the verifier needs, never shown to the policy.
        verifier: name of the verifier that judges a response.
        options: keyword options of that verifier.
        metadata: ``difficulty``, ``seed``, ``duplicate_key`` and whatever else describes it.
        id: content hash of everything but the metadata; computed, never given.
    """

    env: str
    prompt: tuple[Message, ...]
    answer: Json
    verifier: str
    options: Mapping[str, Json] = field(default_factory=dict)
    metadata: Mapping[str, Json] = field(default_factory=dict)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prompt", tuple(self.prompt))
        content = [self.env, list(self.prompt), self.answer, self.verifier, dict(self.options)]
        object.__setattr__(self, "id", content_hash(content))

    @property
    def duplicate_key(self) -> str:
        """Canonical form under the game's symmetries; the task's own id where none was given."""
        return str(self.metadata.get("duplicate_key", self.id))

    @property
    def split(self) -> Split:
        return split_of(self.duplicate_key)

    def to_json(self) -> dict[str, Json]:
        """A JSON object with ``id`` first and every field."""
        return {
            "id": self.id,
            "env": self.env,
            "prompt": list(self.prompt),
            "answer": self.answer,
            "verifier": self.verifier,
            "options": dict(self.options),
            "metadata": dict(self.metadata),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> Task:
        """Read a task back; a missing field is an :class:`InputError` that names it."""
        missing = [name for name in _FIELDS[:4] if name not in record]
        if missing:
            raise InputError(f"not a task: missing {', '.join(missing)}")
        return cls(
            env=str(record["env"]),
            prompt=tuple(cast("list[Message]", record["prompt"])),
            answer=record["answer"],
            verifier=str(record["verifier"]),
            options=dict(record.get("options") or {}),
            metadata=dict(record.get("metadata") or {}),
        )
