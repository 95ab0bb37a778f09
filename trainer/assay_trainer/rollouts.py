"""One C3PO++ iteration: admit, generate to the budget, cut; then judge and release it.

The scheduler decides, the player plays; this module only carries decisions between them and turns
what was released into one training batch with its advantages and its metrics. Nothing here depends
on how fast a verdict or a worker was: looks at the engine come after a fixed number of ticks, and
all verdicts of a batch are awaited before it is released. So an iteration is a function of the
state it starts from, and a resumed run repeats the run that was killed.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any

from assay_datasets import Json, TaskSpec, derive_seed
from assay_envs.suite import Suite
from assay_trainer.advantages import GroupAdvantages, group_advantages
from assay_trainer.config import RunConfig
from assay_trainer.crew import Crew
from assay_trainer.episodes import Ending, Episode, EpisodePlayer
from assay_trainer.errors import TrainerError
from assay_trainer.prompts import Prompts
from assay_trainer.room import PassedOver, TooLong
from assay_trainer.scheduler import Scheduler
from assay_trainer.scheduler_records import (
    AdmittedGroup,
    IterationEnd,
    ReleasedGroup,
    RolloutId,
)

Row = dict[str, Any]
_SAMPLES_PER_STEP = 2


@dataclass(frozen=True)
class Generated:
    """An iteration that was cut: what the scheduler released of it, and the seconds it took."""

    end: IterationEnd
    seconds: float

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> Generated:
        return cls(IterationEnd.from_json(record["end"]), record["seconds"])


@dataclass(frozen=True)
class Iteration:
    """What an iteration gives the learner and the record.

    Attributes:
        batch: reference to the released trajectories; None where nothing was trainable.
        advantages: one a trajectory, in the batch's order; None leaves the loss.
        metrics: fields of the step's row.
        samples: rows for samples.jsonl, without the step.
        outcomes: each released group's problem and how its rollouts were judged.
    """

    batch: Any
    advantages: list[float | None]
    metrics: Row
    samples: list[Row]
    outcomes: list[tuple[TaskSpec, list[str]]] = field(default_factory=list)


class Rollouts:
    """The rollout side of the RL stage.

    Args:
        crew: the workers.
        config: the run; its ``rl`` section must be there.
        suite: where prompts come from.
    """

    def __init__(self, crew: Crew, config: RunConfig, suite: Suite) -> None:
        assert config.rl is not None  # the caller runs this stage only if it exists
        self.crew = crew
        self.config = config
        self.suite = suite
        self.rl = config.rl
        self.scheduler = Scheduler(config.rl.scheduler)
        self.player = EpisodePlayer(crew, suite, config.engine.max_response_tokens)
        self.prompts = Prompts(suite, config.seed, config.rl.levels)
        self.passed_over = PassedOver()

    def generate(self, version: int, meanwhile: Callable[[], object] | None = None) -> Generated:
        """Generate until the scheduler cuts; ``meanwhile`` is called before every look."""
        started = time.perf_counter()
        self.crew.engine.state.remote()  # what a new engine begins with, if this one is lost
        start = self.scheduler.begin_iteration()
        self.player.abandon(_uids(start.purged))
        self.crew.get(self.crew.engine.resume.remote(_uids(start.resume)))
        while not self.scheduler.should_cut():
            if meanwhile is not None:
                meanwhile()
            self._look(version, self._admit())
        self.crew.get(self.crew.engine.cut.remote())
        end = self.scheduler.end_iteration()
        self.player.cut_short(_uids(end.truncated))
        return Generated(end, time.perf_counter() - started)

    def judged(self, generated: Generated) -> bool:
        """Whether :meth:`release` would not wait for a verdict."""
        return self.player.judged(_known(generated.end))

    def release(self, generated: Generated) -> Iteration:
        """The batch of an iteration, once its verdicts are there."""
        started = time.perf_counter()
        self.player.settle(_known(generated.end))
        verify = time.perf_counter() - started
        return self._release(generated.end, {"generate": generated.seconds, "verify": verify})

    def learn_levels(self, iteration: Iteration) -> None:
        """Let what was judged decide which levels come next.

        Not a part of :meth:`release`: the next iteration may be on its way by then, and what it
        draws must not depend on how fast a verdict came.
        """
        for spec, outcomes in iteration.outcomes:
            self.prompts.record(spec, outcomes)

    def state(self) -> Json:
        """All that the next iteration depends on, but for the trajectories (the engine's).

        It waits for no verdict: those that are out now are asked for again.
        """
        return {
            "prompts": self.prompts.state(),
            "scheduler": self.scheduler.state(),
            "earned": self.player.earned(),
            "endings": {uid: asdict(e) for uid, e in self.player.endings().items()},
            "unjudged": {uid: asdict(spec) for uid, spec in self.player.unjudged().items()},
            "cut_short": self.player.cut(),
        }

    def load_state(self, state: Json) -> None:
        """Take over a checkpoint's state; the engine must have loaded its trajectories."""
        self.prompts.load(state["prompts"])
        self.scheduler = Scheduler.from_state(self.rl.scheduler, state["scheduler"])
        endings = {uid: Ending(**ending) for uid, ending in state["endings"].items()}
        prompts = {g["number"]: g["prompt"] for g in state["scheduler"]["groups"]}
        episodes = [
            self._episode(rollout, prompts[rollout.group]) for rollout in self.scheduler.active
        ]
        self.player.restore(episodes, dict(state["earned"]), endings)
        unjudged = {uid: TaskSpec(**spec) for uid, spec in state["unjudged"].items()}
        self.player.ask_again(unjudged, state["cut_short"])

    def _admit(self) -> int:
        """Fill the pool: groups that start over first, then new ones."""
        groups = list(self.scheduler.admit_requeued())
        while self.scheduler.room():
            prompt = asdict(self.prompts.next())
            groups.append(AdmittedGroup(prompt, self.scheduler.admit(prompt)))
        episodes = [self._episode(r, group.prompt) for group in groups for r in group.rollouts]
        if episodes:
            self.player.start(episodes)
        return len(episodes)

    def _look(self, version: int, admitted: int) -> None:
        ticks = self.player.advance(self.config.engine.ticks_per_call)
        if ticks.version != version:
            raise TrainerError(f"the engine emits version {ticks.version}, expected {version}")
        if not ticks.emitted and not admitted:
            raise TrainerError("the engine is idle but rollouts are open; resume from a checkpoint")
        for uid, count in ticks.emitted.items():
            self.scheduler.emitted(_rollout(uid), count, version)
        for uid in ticks.finished:
            self.scheduler.finished(_rollout(uid))
        if admitted:
            self._withdraw(ticks.refused, admitted)

    def _withdraw(self, refused: Mapping[str, TooLong], admitted: int) -> None:
        """Pass over the problems that have no room, out of so many rollouts just admitted."""
        problems = {_rollout(uid).group: problem for uid, problem in refused.items()}
        for group in problems:
            self.scheduler.withdraw(group)
        self.passed_over.add(problems.values(), admitted - len(refused), self.config)

    def _episode(self, rollout: RolloutId, prompt: Json) -> Episode:
        seed = derive_seed(
            "rollout", self.config.seed, rollout.group, rollout.index, rollout.attempt
        )
        return Episode(_uid(rollout), TaskSpec(**prompt), seed, self.config.engine.temperature)

    def _release(self, end: IterationEnd, seconds: dict[str, float]) -> Iteration:
        groups = [(group, self._advantages(group)) for group in end.released]
        uids = [uid for group, _ in groups for uid in _uids(group.rollouts)]
        metrics = _scheduler_metrics(end) | {"seconds": seconds}
        if not uids:
            return Iteration(None, [], metrics, [])
        show = uids[:: max(1, len(uids) // _SAMPLES_PER_STEP)][:_SAMPLES_PER_STEP]
        [batch], figures, samples = self.crew.get(self.crew.engine.release.remote(uids, show))
        envs = [group.prompt["env"] for group, _ in groups for _ in group.rollouts]
        endings = [self.player.ending(uid) for uid in uids]
        metrics |= _rollout_metrics(envs, endings, figures.lengths, end.wasted_tokens)
        metrics["entropy"] = figures.entropy
        metrics |= _levels([group.prompt for group, _ in groups])
        metrics["zero_variance_groups"] = sum(given.zero_variance for _, given in groups)
        metrics["alone_groups"] = sum(given.alone for _, given in groups)
        env_of = dict(zip(uids, envs, strict=True))
        rows = [self._sample_row(sample, env_of[sample.uid]) for sample in samples]
        advantages = [value for group, given in groups for value in _chosen(group, given)]
        outcomes = [(TaskSpec(**group.prompt), self._outcomes(group)) for group, _ in groups]
        self._forget_complete(end.released)
        return Iteration(batch, advantages, metrics, rows, outcomes)

    def _outcomes(self, group: ReleasedGroup) -> list[str]:
        return [self.player.ending(uid).outcome for uid in _uids(group.rollouts)]

    def _advantages(self, group: ReleasedGroup) -> GroupAdvantages:
        rewards = [self.player.ending(uid).reward for uid in _uids(group.known)]
        return group_advantages(rewards, self.rl.normalise, positive_weight=self.rl.positive_weight)

    def _sample_row(self, sample: Any, env: str) -> Row:
        ending = self.player.ending(sample.uid)
        return {
            "env": env,
            "prompt": sample.prompt,
            "response": sample.response,
            "reward": ending.reward,
            "verdict": {
                "outcome": ending.outcome,
                "reason": ending.reason,
                "detail": ending.detail,
            },
            "versions": [list(run) for run in sample.versions],
            "tokens": sample.tokens,
        }

    def _forget_complete(self, released: Sequence[ReleasedGroup]) -> None:
        """Forget groups that no sibling will need for its statistics."""
        size = self.rl.scheduler.group_size
        for group in released:
            if len(group.known) == size:
                self.player.forget(_uids(group.known))


def _uid(rollout: RolloutId) -> str:
    return f"{rollout.group}.{rollout.index}.{rollout.attempt}"


def _uids(rollouts: Sequence[RolloutId]) -> list[str]:
    return [_uid(rollout) for rollout in rollouts]


def _known(end: IterationEnd) -> list[str]:
    """Every rollout whose reward the released groups need."""
    return [uid for group in end.released for uid in _uids(group.known)]


def _rollout(uid: str) -> RolloutId:
    return RolloutId(*map(int, uid.split(".")))


def _chosen(group: ReleasedGroup, given: GroupAdvantages) -> list[float | None]:
    """The advantages of the rollouts to train now, out of those of all known siblings."""
    values = dict(zip(group.known, given.values, strict=True))
    return [values[rollout] for rollout in group.rollouts]


def _levels(prompts: Sequence[Json]) -> Row:
    """Mean difficulty of each environment's problems."""
    levels: dict[str, list[int]] = defaultdict(list)
    for prompt in prompts:
        levels[prompt["env"]].append(prompt["difficulty"])
    return {f"level/{env}": fmean(values) for env, values in sorted(levels.items())}


def _scheduler_metrics(end: IterationEnd) -> Row:
    return {
        "tokens_generated": end.generated_tokens,
        "tokens_wasted": end.wasted_tokens,
        "tokens_completed": end.completed_tokens,
        "overshoot": end.overshoot,
        "resumed": end.resumed,
        "carried": len(end.carried),
        "purged": end.purged,
        "requeued": end.requeued,
        "dropped": end.dropped,
        "held": end.held,
        "waiting": end.waiting,
        "ages": {str(times): count for times, count in enumerate(end.ages) if count},
        "length_gap": end.length_gap,
        "retention": {str(times): count for times, count in enumerate(end.retention)},
    }


def _rollout_metrics(
    envs: Sequence[str], endings: Sequence[Ending], lengths: Sequence[int], wasted: int
) -> Row:
    """Rewards, lengths, verdicts and sandbox figures of the released rollouts."""
    rewards: dict[str, list[float]] = defaultdict(list)
    tokens: dict[str, list[int]] = defaultdict(list)
    for env, ending, length in zip(envs, endings, lengths, strict=True):
        tokens[env].append(length)
        if ending.reward is not None:
            rewards[env].append(ending.reward)
    undecided = [i for i, ending in enumerate(endings) if ending.reward is None]
    row: Row = {
        "reward": fmean(r for values in rewards.values() for r in values) if rewards else None,
        "length_mean": fmean(lengths),
        "length_max": max(lengths),
        "tokens_wasted": wasted + sum(lengths[i] for i in undecided),
        "verdicts": dict(Counter(ending.reason for ending in endings)),
        "undecided": dict(Counter(endings[i].reason for i in undecided)),
    }
    row |= {f"reward/{env}": fmean(values) for env, values in sorted(rewards.items())}
    row |= {f"length/{env}": fmean(values) for env, values in sorted(tokens.items())}
    if seconds := sorted(ending.sandbox_s for ending in endings if ending.sandbox_s):
        row["sandbox"] = {
            "jobs": len(seconds),
            "p50_s": seconds[len(seconds) // 2],
            "p99_s": seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))],
            "failed": sum(ending.reason == "sandbox_failed" for ending in endings),
        }
    return row
