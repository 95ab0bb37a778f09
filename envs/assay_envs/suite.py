"""Suite: a named blend of envs, from a TOML, that gives tasks by split, place and seed.

    suite = Suite.load("spark")
    task = suite.task(suite.spec("train", index=0, seed=1))
    held_out = suite.tasks("test", 300, seed=0)

A suite file holds ``summary`` and one ``[[env]]`` per env: ``id``, ``weight`` (default 1) and
``difficulty`` (a level, or ``[lowest, highest]``). Access is random: a place is computed, nothing
is remembered. It makes tasks only; who plays and judges them is not its business.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from assay_datasets import (
    Blend,
    InputError,
    Registry,
    Share,
    Split,
    Task,
    TaskSpec,
    derive_seed,
)
from assay_envs.environment import Environment
from assay_envs.registry import make

registry = Registry("assay.suites", "suite")
"""Suites by name; an entry point names the package that holds ``<name>.toml``."""

_SPLIT_TRIES = 1_000
_BARREN_TRIES = 300


@dataclass(frozen=True)
class Suite:
    """A blend of envs under a name.

    Attributes:
        name: how recipes name it.
        blend: shares of the envs.
        summary: one line for ``assay list``.
    """

    name: str
    blend: Blend
    summary: str = ""
    _envs: dict[str, Environment] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, name_or_path: str | Path) -> Suite:
        """The suite of a registered name, or of a TOML file's path."""
        if str(name_or_path).endswith(".toml"):
            path = Path(name_or_path)
            if not path.is_file():
                raise InputError(f"no suite file at {path}; check the path")
            return _parse(path.stem, path.read_bytes())
        name = str(name_or_path)
        file = resources.files(registry.load(name)).joinpath(f"{name}.toml")
        return _parse(name, file.read_bytes())

    @property
    def env_ids(self) -> tuple[str, ...]:
        return tuple(share.env for share in self.blend.shares)

    def without(self, *dropped: str) -> Suite:
        """This suite less the named envs or domains; ``code`` drops whatever needs a sandbox."""
        gone = {env for env in self.env_ids for name in dropped if self._is(env, name)}
        if not gone:
            raise InputError(
                f"suite {self.name!r} has no {' or '.join(dropped)}; "
                f"it has {', '.join(self.env_ids)}"
            )
        kept = tuple(share for share in self.blend.shares if share.env not in gone)
        if not kept:
            raise InputError(f"nothing of suite {self.name!r} is left without {', '.join(dropped)}")
        return Suite(self.name, Blend(kept), self.summary)

    def spec(self, split: Split, index: int, seed: int = 0) -> TaskSpec:
        """What stands at place ``index`` of the split's endless stream of this seed.

        Env and level are those of the blend at that place; the task's seed is the first of the
        place's own seeds whose task belongs to ``split``.
        """
        return self.in_split(self.blend.spec(index, seed, split), split)

    def in_split(self, start: TaskSpec, split: Split) -> TaskSpec:
        """``start``, with the first of its own line of seeds whose task belongs to ``split``."""
        for attempt in range(_SPLIT_TRIES):
            spec = TaskSpec(start.env, derive_seed(start.seed, attempt), start.difficulty)
            if self.task(spec).split == split:
                return spec
        raise InputError(f"{start.env} level {start.difficulty} gives no {split} task")

    def task(self, spec: TaskSpec) -> Task:
        """The task that ``spec`` describes."""
        return self.environment(spec.env).generate(spec.seed, spec.difficulty)

    def tasks(self, split: Split, n: int, seed: int = 0) -> list[Task]:
        """``n`` tasks of ``split`` for evaluation, no two with the same duplicate key.

        They are spread evenly over the envs and, within an env, over its levels, whatever the
        weights. A small split may hold fewer: then the list is shorter than ``n``, and holds what a
        bounded search found of that env.
        """
        found = []
        for place, share in enumerate(self.blend.shares):
            quota = n // len(self.blend.shares) + (place < n % len(self.blend.shares))
            found += self._distinct(share, split, quota, seed)
        return found

    def _distinct(self, share: Share, split: Split, quota: int, seed: int) -> list[Task]:
        found: dict[str, Task] = {}
        barren = 0
        for task in self._stream(share, split, seed):
            if len(found) >= quota or barren >= _BARREN_TRIES:
                break
            barren = barren + 1 if task.duplicate_key in found else 0
            found.setdefault(task.duplicate_key, task)
        return list(found.values())

    def _stream(self, share: Share, split: Split, seed: int) -> Iterator[Task]:
        only = Suite(self.name, Blend((share,)), _envs=self._envs)
        index = 0
        while True:
            yield self.task(only.spec(split, index, derive_seed("evaluation", share.env, seed)))
            index += 1

    def environment(self, env_id: str) -> Environment:
        """The env's one shared instance, for making and describing tasks; never for episodes."""
        if env_id not in self._envs:
            self._envs[env_id] = make(env_id)
        return self._envs[env_id]

    def _is(self, env_id: str, name: str) -> bool:
        runs_code = name == "code" and self.environment(env_id).needs_sandbox
        return runs_code or name in (env_id, env_id.partition("/")[0])


def _parse(name: str, data: bytes) -> Suite:
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"suite {name!r} is not TOML: {error}") from error
    _known(name, table, {"summary", "env"})
    entries = table.get("env")
    if not isinstance(entries, list) or not entries:
        raise InputError(f"suite {name!r} names no env; add an [[env]] with an id")
    shares = tuple(_share(name, entry) for entry in entries)
    if len({share.env for share in shares}) < len(shares):
        raise InputError(f"suite {name!r} names an env twice; give it one [[env]]")
    return Suite(name, Blend(shares), str(table.get("summary", "")))


def _share(name: str, entry: Any) -> Share:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise InputError(f'suite {name!r}: every [[env]] needs an id, such as "logic/countdown"')
    _known(f"{name}: {entry['id']}", entry, {"id", "weight", "difficulty"})
    weight = entry.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise InputError(f"suite {name!r}, {entry['id']}: weight must be a number")
    levels = _levels(name, entry["id"], entry.get("difficulty", 1))
    return Share(entry["id"], float(weight), levels)


def _levels(name: str, env_id: str, given: Any) -> tuple[int, ...]:
    ends = given if isinstance(given, list) else [given, given]
    whole = all(isinstance(end, int) and not isinstance(end, bool) for end in ends)
    if len(ends) != 2 or not whole or not 1 <= ends[0] <= ends[1] <= 5:
        raise InputError(
            f"suite {name!r}, {env_id}: difficulty is a level 1–5 or [lowest, highest], "
            f"not {given!r}"
        )
    return tuple(range(ends[0], ends[1] + 1))


def _known(where: str, table: Mapping[str, Any], names: set[str]) -> None:
    if unknown := sorted(set(table) - names):
        raise InputError(
            f"suite {where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(names))}"
        )
