"""What this server offers: the environments and verifiers that its workers have."""

from __future__ import annotations

from assay.serve.errors import Refused
from assay.serve.models import EnvEntry, VerifierEntry
from assay_datasets import Json


class Offers:
    """A worker's catalogue, read.

    Attributes:
        envs, verifiers: every one.
        sandboxed: names of the verifiers that need the sandbox.
    """

    def __init__(self, catalogue: dict[str, Json]) -> None:
        self.envs = [EnvEntry.model_validate(each) for each in catalogue["envs"]]
        self.verifiers = [VerifierEntry.model_validate(each) for each in catalogue["verifiers"]]
        self.sandboxed = {each.name for each in self.verifiers if each.needs_sandbox}
        self._env_by_id = {each.id: each for each in self.envs}

    def env(self, name: str) -> EnvEntry:
        """The environment of this name; :class:`Refused` if there is none."""
        if name not in self._env_by_id:
            raise Refused(f"unknown environment {name!r}; known: {', '.join(self._env_by_id)}")
        return self._env_by_id[name]
