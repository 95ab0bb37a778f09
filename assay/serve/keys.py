"""API keys: who may ask, and how much.

A file of keys is TOML and holds no key, only the SHA-256 of each, so that whoever reads it can ask
nothing. (Keys are 256 random bits: there is nothing to guess, so nothing to salt.)

    [alice]
    sha256 = "9f86d0…"     # assay serve --new-key prints a key and its hash
    rate = 500             # items per second, on average; absent: as many as come
    queued_items = 8192    # items that may wait
    sessions = 64          # open at once
    answers = true         # may generate tasks with their answers

One key may also come in the environment variable ``ASSAY_SERVE_KEY``; it may do everything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay.serve.callers import ANYONE, Caller
from assay.serve.errors import Unauthorised
from assay_datasets import InputError

ENVIRONMENT = "ASSAY_SERVE_KEY"
_PREFIX = "assay_"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    rate: float = Field(Caller.rate, ge=0)
    queued_items: int = Field(Caller.queued_items, ge=1)
    sessions: int = Field(Caller.sessions, ge=0)
    answers: bool = Caller.answers


class Keys:
    """Callers by the hash of their key. Without any, everyone is :data:`ANYONE`."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = dict(callers)

    def __bool__(self) -> bool:
        return bool(self._callers)

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who sends these headers; :class:`Unauthorised` if nobody known.

        The key is a bearer's, or the password of basic authentication: clients that can be told a
        URL only can be told ``http://any:KEY@host``.
        """
        if not self._callers:
            return ANYONE
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        key = _password(given.strip()) if scheme.lower() == "basic" else given.strip()
        caller = self._callers.get(digest(key))
        if scheme.lower() not in ("bearer", "basic") or caller is None:
            raise Unauthorised("send a key that this server knows: Authorization: Bearer KEY")
        return caller


def _password(given: str) -> str:
    try:
        return base64.b64decode(given).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def new_key() -> str:
    """A key nobody has."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What of a key is written down."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def read_keys(file: Path | None, environment: Mapping[str, str]) -> Keys:
    """The keys of a file and of the environment; a file that is wrong is an InputError."""
    callers = {}
    if key := environment.get(ENVIRONMENT):
        callers[digest(key)] = Caller("environment", answers=True)
    if file is not None:
        callers |= _read(file)
    return Keys(callers)


def _read(file: Path) -> dict[str, Caller]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the keys in {file}: {error}") from error
    callers: dict[str, Caller] = {}
    for name, given in table.items():
        try:
            entry = _Entry.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join([name, *map(str, first["loc"])])
            raise InputError(f"{file}: {where}: {first['msg']}") from None
        if entry.sha256 in callers:
            raise InputError(f"{file}: {name} has the key of {callers[entry.sha256].name}")
        callers[entry.sha256] = Caller(name, **entry.model_dump(exclude={"sha256"}))
    if not callers:
        raise InputError(f"{file} holds no key; `assay serve --new-key` prints one")
    return callers
