"""Evaluation: greedy, sampled and pass@k on problems disjoint from training by duplicate key.

Every problem is answered once greedily and k times sampled, as episodes like those of training, and
judged by the environment's ``step``. Undecided answers leave their figure and are counted, and so
do problems whose prompt has no room in the engine.
Intervals are bootstraps over problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from assay_datasets import InputError, Split, Task, TaskSpec, derive_seed
from assay_envs.suite import Suite
from assay_trainer.config import RunConfig
from assay_trainer.crew import Crew
from assay_trainer.episodes import Episode, EpisodePlayer
from assay_trainer.errors import TrainerError
from assay_trainer.room import TooLong, passed_over, too_long

_TICKS = 32
_RESAMPLES = 2000
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """One evaluation, problem by problem.

    Attributes:
        split: which problems.
        envs: environment of each of the N problems.
        greedy: [N] reward of the likeliest response; NaN = undecided.
        sampled: [N, k] rewards of sampled responses; NaN = undecided.
        lengths: [N, k] policy tokens.
        entropy: mean entropy in nats of the sampled tokens.
        passed_over: problems that had no room, left out; fields of the row.
    """

    split: Split
    envs: tuple[str, ...]
    greedy: Values
    sampled: Values
    lengths: Values
    entropy: float
    passed_over: Mapping[str, Any] = field(default_factory=dict)

    @property
    def undecided(self) -> int:
        return int(np.isnan(self.greedy).sum() + np.isnan(self.sampled).sum())

    def per_problem(self) -> dict[str, Values]:
        """Figure → [N] values whose mean is the figure: greedy, sampled, pass@k; NaN = unknown."""
        solved = (self.sampled >= 1.0).any(axis=1)
        unknown = np.isnan(self.sampled).all(axis=1)
        return {
            "greedy": self.greedy,
            "sampled": _row_means(self.sampled),
            f"pass@{self.sampled.shape[1]}": np.where(unknown, np.nan, solved),
        }

    def row(self, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The fields of a metrics row, with the gain over the row ``before`` problem by problem."""
        figures = self.per_problem()
        row: dict[str, Any] = {
            "split": self.split,
            "n": len(self.envs),
            "k": self.sampled.shape[1],
            "entropy": {"suite": self.entropy},
            "length": self._by_env(_row_means(self.lengths)),
            "undecided_answers": self.undecided,
            "ci95": {name: _interval(values) for name, values in figures.items()},
            "problems": {name: _plain(values) for name, values in figures.items()}
            | {"env": list(self.envs)},
        } | dict(self.passed_over)
        row |= {name: self._by_env(values) for name, values in figures.items()}
        if before is not None and before["problems"]["env"] == list(self.envs):
            row["gain_ci95"] = {
                name: _interval(values - np.array(before["problems"][name], dtype=float))
                for name, values in figures.items()
                if name in before["problems"]
            }
        return row

    def _by_env(self, values: Values) -> dict[str, float]:
        """Mean over the suite and over each environment."""
        envs = np.array(self.envs)
        means = {env: _mean(values[envs == env]) for env in sorted(set(self.envs))}
        return {"suite": _mean(values), **means}


def evaluate(
    crew: Crew, config: RunConfig, suite: Suite, split: Split, tasks: int, samples: int
) -> Evaluation:
    """Evaluate the engine's present weights on ``tasks`` problems of every environment."""
    problems = evaluation_tasks(suite, split, tasks)
    episodes = [e for place, task in enumerate(problems) for e in _answers(place, task, samples)]
    player = EpisodePlayer(crew, suite, config.engine.max_response_tokens)
    player.start(episodes)
    refused = _play(player, len(episodes))
    every = np.array([episode.uid for episode in episodes]).reshape(len(problems), 1 + samples)
    fits = [uid not in refused for uid in every[:, 0]]
    if not any(fits):
        raise InputError(f"nothing fits: {too_long(config, refused.values())}")
    uids, problems = every[fits], list(compress(problems, fits))
    rewards = np.vectorize(lambda uid: _reward(player, uid), otypes=[float])(uids)
    crew.get(crew.engine.release.remote(uids[:, 0].tolist(), []))
    sampled = uids[:, 1:].ravel().tolist()
    _, figures, _ = crew.get(crew.engine.release.remote(sampled, []))
    return Evaluation(
        split=split,
        envs=tuple(task.env for task in problems),
        greedy=rewards[:, 0],
        sampled=rewards[:, 1:],
        lengths=np.array(figures.lengths, dtype=float).reshape(len(problems), samples),
        entropy=figures.entropy,
        passed_over=passed_over(refused[uid] for uid in every[:, 0] if uid in refused),
    )


def _play(player: EpisodePlayer, left: int) -> dict[str, TooLong]:
    """Play ``left`` episodes to their ends and verdicts; those that have no room."""
    refused: dict[str, TooLong] = {}
    while left:
        ticks = player.advance(_TICKS)
        if not ticks.emitted and not ticks.refused:
            raise TrainerError(f"the engine is idle but {left} answers are not complete")
        refused |= ticks.refused
        left -= len(ticks.finished) + len(ticks.refused)
    player.settle()
    return refused


def evaluation_tasks(suite: Suite, split: Split, per_env: int) -> list[Task]:
    """The problems of an evaluation: the same for every run of the suite, distinct by key."""
    return suite.tasks(split, per_env * len(suite.env_ids))


def _answers(place: int, task: Task, samples: int) -> list[Episode]:
    """The greedy episode of a problem, then its sampled ones."""
    spec = TaskSpec(task.env, task.metadata["seed"], task.metadata["difficulty"])
    return [
        Episode(f"e{place}.{i}", spec, derive_seed("evaluation", task.id, i), float(i > 0))
        for i in range(1 + samples)
    ]


def _reward(player: EpisodePlayer, uid: str) -> float:
    reward = player.ending(uid).reward
    return float("nan") if reward is None else reward


def _mean(values: Values) -> float:
    """Mean without NaN; NaN where there is nothing else."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _row_means(values: Values) -> Values:
    """Mean over the second axis without NaN; NaN where a row has nothing else."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    means: Values = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    return means


def _interval(values: Values) -> list[float]:
    """95 % percentile bootstrap interval of the mean, problems resampled; NaN of nothing."""
    known = values[~np.isnan(values)]
    if not len(known):
        return [float("nan"), float("nan")]
    draws = np.random.default_rng(0).integers(0, len(known), (_RESAMPLES, len(known)))
    low, high = np.percentile(known[draws].mean(axis=1), [2.5, 97.5])
    return [float(low), float(high)]


def _plain(values: Sequence[float] | Values) -> list[float | None]:
    return [None if np.isnan(v) else round(float(v), 6) for v in values]


def summary(row: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """An evaluation row as a table: one entry per environment and for the suite."""
    names = [name for name in row if name in ("greedy", "sampled") or name.startswith("pass@")]
    return {env: {name: row[name][env] for name in names} for env in row["greedy"]}
