"""The keys of the server that wants some (fixture ``guarded``), and how they are sent."""

from __future__ import annotations

from assay.serve.callers import Caller
from assay.serve.keys import Keys, digest

SECRETS = {"alice": "the key of alice", "bob": "the key of bob"}
KEYS = Keys({digest(key): Caller(name, sessions=2) for name, key in SECRETS.items()})


def key(name: str, **more: str) -> dict[str, str]:
    """Headers of a request by one of them."""
    return {"Authorization": f"Bearer {SECRETS[name]}", **more}
