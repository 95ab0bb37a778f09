"""Suite: a named blend of envs, from a TOML, that gives tasks by split, place and seed.

    suite = Suite.load("spark")
    task = suite.task(suite.spec("train", index=0, seed=1))
    held_out = suite.tasks("test", 300, seed=0)

A suite file holds ``summary`` and one ``[[env]]`` per env: ``id``, ``weight`` (default 1) and
``difficulty`` (a level, or ``[lowest, highest]``). A ``[[suite]]`` with the ``name`` of another one
and a ``weight`` stands for all of its envs, which share that weight in their own proportions.

Access is random: a place is computed, nothing is remembered. It makes tasks only; who plays and
judges them is not its business. Which level is drawn is even over the range; ``Sampler`` draws the
levels from which most can be learned instead.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import count
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
from assay_envs.registry import registry as env_registry

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
        """The suite of a registered name, of a TOML file's path, or of one environment's id."""
        if str(name_or_path).endswith(".toml"):
            path = Path(name_or_path)
            if not path.is_file():
                raise InputError(f"no suite file at {path}; check the path")
            return _parse(path.stem, path.read_bytes())
        if name_or_path in env_registry.names():
            kind = env_registry.load(str(name_or_path))
            share = Share(kind.id, 1.0, tuple(sorted(kind.levels)))
            return cls(kind.id, Blend((share,)), kind.summary)
        return _registered(str(name_or_path))

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

    def check(self) -> None:
        """Refuse what could not be played here, before anything is started.

        Every env has the levels that are named, and can make and read a task with the packages that
        are installed. Whether a sandbox is there is for whoever opens one.

        Raises:
            InputError: a level, a package, a data file is missing; the message names the mend.
        """
        for share in self.blend.shares:
            try:
                _check(self.environment(share.env), share)
            except InputError as error:
                raise InputError(
                    f"suite {self.name!r}: {error}; or go on without it: --without {share.env}"
                ) from error

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

    def stream(self, split: Split | None = None, seed: int = 0) -> Iterator[Task]:
        """The tasks at places 0, 1, 2 … without end; of ``split``, or of any."""
        for index in count():
            spec = self.spec(split, index, seed) if split else self.blend.spec(index, seed)
            yield self.task(spec)

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
        only = Suite(self.name, Blend((share,)), _envs=self._envs)
        found: dict[str, Task] = {}
        barren = 0
        for task in only.stream(split, derive_seed("evaluation", share.env, seed)):
            if len(found) >= quota or barren >= _BARREN_TRIES:
                break
            barren = barren + 1 if task.duplicate_key in found else 0
            found.setdefault(task.duplicate_key, task)
        return list(found.values())

    def environment(self, env_id: str) -> Environment:
        """The env's one shared instance, for making and describing tasks; never for episodes."""
        if env_id not in self._envs:
            self._envs[env_id] = make(env_id)
        return self._envs[env_id]

    def _is(self, env_id: str, name: str) -> bool:
        runs_code = name == "code" and env_registry.load(env_id).needs_sandbox
        return runs_code or name in (env_id, env_id.partition("/")[0])


def _registered(name: str, within: tuple[str, ...] = ()) -> Suite:
    package = registry.load(name)
    file = resources.files(package).joinpath(f"{name}.toml")
    if not file.is_file():
        raise InputError(f"suite {name!r}: {package.__name__} holds no {name}.toml")
    return _parse(name, file.read_bytes(), (*within, name))


def _parse(name: str, data: bytes, within: tuple[str, ...] = ()) -> Suite:
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"suite {name!r} is not TOML: {error}") from error
    _known(name, table, {"summary", "env", "suite"})
    shares = [_share(name, entry) for entry in _entries(name, table, "env")]
    for entry in _entries(name, table, "suite"):
        shares += _shares_of(name, entry, within)
    if not shares:
        raise InputError(f"suite {name!r} names no env; add an [[env]] with an id")
    if len({share.env for share in shares}) < len(shares):
        raise InputError(f"suite {name!r} names an env twice; give it one [[env]]")
    return Suite(name, Blend(tuple(shares)), str(table.get("summary", "")))


def _entries(name: str, table: Mapping[str, Any], kind: str) -> list[Any]:
    entries = table.get(kind, [])
    if not isinstance(entries, list):
        raise InputError(f"suite {name!r}: write [[{kind}]], with two brackets")
    return entries


def _shares_of(name: str, entry: Any, within: tuple[str, ...]) -> list[Share]:
    """The shares of another suite, their weights adding up to the entry's."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise InputError(f"suite {name!r}: every [[suite]] needs the name of a suite")
    other = entry["name"]
    _known(f"{name}: {other}", entry, {"name", "weight"})
    if other in within:
        raise InputError(f"suite {name!r} contains itself: {' → '.join((*within, other))}")
    shares = _registered(other, within).blend.shares
    scale = _weight(name, other, entry) / sum(share.weight for share in shares)
    return [replace(share, weight=share.weight * scale) for share in shares]


def _share(name: str, entry: Any) -> Share:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise InputError(f'suite {name!r}: every [[env]] needs an id, such as "logic/countdown"')
    _known(f"{name}: {entry['id']}", entry, {"id", "weight", "difficulty"})
    levels = _levels(name, entry["id"], entry.get("difficulty", 1))
    return Share(entry["id"], _weight(name, entry["id"], entry), levels)


def _weight(name: str, what: str, entry: Mapping[str, Any]) -> float:
    weight = entry.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise InputError(f"suite {name!r}, {what}: weight must be a number")
    if not 0 < weight < math.inf:
        raise InputError(f"suite {name!r}, {what}: weight must be above 0, not {weight!r}")
    return float(weight)


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


def _check(env: Environment, share: Share) -> None:
    for level in share.levels:
        env.check_level(level)
    task = env.generate(0, share.levels[0])
    # Any response makes a verifier read the answer; one that is used through ``verify`` only, says
    # so by a TypeError.
    with suppress(TypeError):
        env.verifier.check("0", task.answer, **task.options)
