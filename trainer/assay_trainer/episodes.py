"""EpisodePlayer: episodes between one engine worker and the reward workers.

It carries references, never tokens or texts: the engine's text reference goes straight to the
reward worker that holds the episode, and that worker's observation reference straight back. A
single-turn episode is over as soon as its action is; its verdict arrives while others generate, and
is waited for by :meth:`EpisodePlayer.settle`. An episode that may take another turn is waited for,
so that what the engine does next never depends on how fast a verdict came. One that has outgrown
the engine's capacity ends there, incorrect, with what it has earned; one whose prompt does not fit
is never begun, and the next look says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay_datasets import Json, TaskSpec
from assay_envs.suite import Suite
from assay_trainer.crew import Crew
from assay_trainer.generation import Progress, Start
from assay_trainer.room import TooLong

if TYPE_CHECKING:
    from assay_trainer.reward_worker import StepOutcome


@dataclass(frozen=True)
class Episode:
    """An episode to play: its task and what fixes its draws."""

    uid: str
    spec: TaskSpec
    seed: int
    temperature: float


@dataclass(frozen=True)
class Ending:
    """How an episode came out.

    Attributes:
        reward: sum over its steps; None = undecided.
        outcome, reason, detail: of the verdict.
        sandbox_s: seconds spent in the sandbox, where it was used.
    """

    reward: float | None
    outcome: str
    reason: str
    detail: Json = None
    sandbox_s: float | None = None


@dataclass(frozen=True)
class Ticks:
    """What some ticks brought.

    Attributes:
        version: of the weights that wrote.
        emitted: uid → policy tokens.
        finished: the episodes that ended.
        refused: those that were not begun, for want of room; all about them is forgotten.
    """

    version: int
    emitted: dict[str, int]
    finished: list[str]
    refused: dict[str, TooLong] = field(default_factory=dict)


class EpisodePlayer:
    """Plays many episodes at once.

    Args:
        crew: the workers.
        suite: tells single-turn environments from others.
        max_tokens: longest single action.
    """

    def __init__(self, crew: Crew, suite: Suite, max_tokens: int) -> None:
        self.crew = crew
        self.suite = suite
        self.max_tokens = max_tokens
        self._specs: dict[str, TaskSpec] = {}
        self._earned: dict[str, float] = {}
        self._endings: dict[str, Ending] = {}
        self._pending: list[tuple[Any, frozenset[str]]] = []  # verdicts that are out, and of whom
        self._cut_short: set[str] = set()
        self._told: list[Any] = []

    def start(self, episodes: Sequence[Episode]) -> None:
        """Open episodes and queue their first actions."""
        for worker, group in self._by_worker(episodes):
            [observations] = self.crew.get(worker.start.remote(_openings(group)))
            starts = [Start(e.uid, e.seed, self.max_tokens, e.temperature) for e in group]
            self._told.append(self.crew.engine.start.remote(starts, observations))
        self._remember(episodes)

    def restore(
        self, episodes: Sequence[Episode], earned: dict[str, float], endings: dict[str, Ending]
    ) -> None:
        """Take over what a checkpoint holds, replaying the unfinished ``episodes``."""
        for worker, group in self._by_worker(episodes):
            uids = [episode.uid for episode in group]
            [actions] = self.crew.get(self.crew.engine.past_actions.remote(uids))
            self.crew.get(worker.replay.remote(_openings(group), actions))
        self._remember(episodes)
        self._earned.update(earned)
        self._endings.update(endings)

    def ask_again(self, specs: Mapping[str, TaskSpec], cut_short: Collection[str]) -> None:
        """Have the last actions of episodes judged that a checkpoint holds without their verdict.

        Args:
            specs: their tasks by uid.
            cut_short: those that were ended where they stood.
        """
        from assay_trainer.reward_worker import EpisodeStart

        self._specs.update(specs)
        self._cut_short.update(cut_short)
        for worker, uids, _ in self._ended_by_worker(list(specs)):
            [past] = self.crew.get(self.crew.engine.past_actions.remote(uids))
            starts = [EpisodeStart(uid, specs[uid]) for uid in uids]
            self.crew.get(worker.replay.remote(starts, past))
            [texts] = self.crew.get(self.crew.engine.last_actions.remote(uids))
            self._send(worker, uids, texts, range(len(uids)))

    def advance(self, ticks: int) -> Ticks:
        """Generate for some ticks and pass on what was written."""
        progress: Progress
        progress, [texts] = self.crew.get(self.crew.engine.advance.remote(ticks))
        refused = self._hear_engine()
        finished = self._play(progress.ended, texts)
        return Ticks(progress.version, dict(progress.emitted), finished, refused)

    def cut_short(self, uids: Sequence[str]) -> None:
        """End open actions where they stand and have them judged as they are.

        An episode that would take another turn is over too, with what it has earned.
        """
        if not uids:
            return
        [texts] = self.crew.get(self.crew.engine.cut_short.remote(list(uids)))
        self._cut_short.update(uids)
        for worker, names, places in self._ended_by_worker(uids):
            self._send(worker, names, texts, places)

    def settle(self, uids: Collection[str] | None = None) -> None:
        """Wait for every verdict that is still out, or only for those of ``uids``."""
        wanted = None if uids is None else set(uids)
        pending, self._pending = self._pending, []
        for reference, names in pending:
            if wanted is None or names & wanted:
                self._receive(reference)
            else:
                self._pending.append((reference, names))

    def judged(self, uids: Collection[str]) -> bool:
        """Whether :meth:`settle` would not wait."""
        wanted = set(uids)
        return all(self.crew.ready(ref) for ref, names in self._pending if names & wanted)

    def ending(self, uid: str) -> Ending:
        """How a finished episode came out; :meth:`settle` first."""
        return self._endings[uid]

    def forget(self, uids: Sequence[str]) -> None:
        """Drop what is known of these episodes, here only."""
        for uid in uids:
            self._specs.pop(uid, None)
            self._earned.pop(uid, None)
            self._endings.pop(uid, None)

    def abandon(self, uids: Sequence[str]) -> None:
        """Throw episodes away everywhere: their tokens, their environments, what is known."""
        if not uids:
            return
        self.settle(uids)
        self._told.append(self.crew.engine.forget.remote(list(uids)))
        for worker in self.crew.rewards:
            worker.forget.remote(list(uids))
        self.forget(uids)

    def endings(self) -> dict[str, Ending]:
        """Of all episodes that are known and finished, for a checkpoint."""
        return dict(self._endings)

    def earned(self) -> dict[str, float]:
        """Reward so far of the episodes that are not finished, for a checkpoint."""
        return dict(self._earned)

    def unjudged(self) -> dict[str, TaskSpec]:
        """The tasks of the episodes whose verdicts are out, for a checkpoint."""
        return {uid: self._specs[uid] for _, names in self._pending for uid in sorted(names)}

    def cut(self) -> list[str]:
        """Those among them that were cut short, for a checkpoint."""
        return sorted(self._cut_short)

    def _play(self, uids: Sequence[str], texts: Any) -> list[str]:
        """Send ended actions to their environments; the episodes that are over."""
        finished: list[str] = []
        for worker, names, places in self._ended_by_worker(uids):
            single = [uid for uid in names if self._single_turn(uid)]
            finished += single
            reference = self._send(worker, names, texts, places)
            if len(single) < len(names):
                finished += self._next_turns(reference, names)
        return finished

    def _send(self, worker: Any, uids: Sequence[str], texts: Any, places: Sequence[int]) -> Any:
        """Have actions judged; the verdicts are out until they are settled."""
        reference = worker.step.remote(uids, texts, places)
        self._pending.append((reference, frozenset(uids)))
        return reference

    def _receive(self, reference: Any) -> None:
        outcomes, _ = self.crew.get(reference)
        for outcome in outcomes:
            self._record(outcome)
        self._end_early([o.uid for o in outcomes if not o.done and o.uid in self._cut_short])
        self._cut_short.difference_update(outcome.uid for outcome in outcomes)

    def _end_early(self, uids: Sequence[str]) -> None:
        """End episodes that would take another turn, with what they have earned."""
        for uid in uids:
            self._endings[uid] = Ending(self._earned.pop(uid), "incorrect", "too_long")
        for worker in self.crew.rewards if uids else ():
            worker.forget.remote(list(uids))

    def _next_turns(self, reference: Any, uids: Sequence[str]) -> list[str]:
        """Wait for multi-turn environments; the episodes that are over, the others go on."""
        outcomes, observations = self.crew.get(reference)
        self.settle(uids)
        over = [o.uid for o in outcomes if o.done and not self._single_turn(o.uid)]
        waiting = [outcome.uid for outcome in outcomes if not outcome.done]
        if not waiting:
            return over
        told = self.crew.engine.observe.remote(waiting, observations[0])
        full = self.crew.get(told)
        self._end_early(full)
        return over + list(full)

    def _hear_engine(self) -> dict[str, TooLong]:
        """What the engine refused since the last look; it has gone past all it was told."""
        answers = [self.crew.get(reference) for reference in self._told]
        self._told.clear()
        needed = {uid: tokens for refused in answers if refused for uid, tokens in refused.items()}
        refused = {uid: TooLong(self._specs[uid].env, tokens) for uid, tokens in needed.items()}
        for worker in self.crew.rewards if refused else ():
            worker.forget.remote(list(refused))
        self.forget(list(refused))
        return refused

    def _record(self, outcome: StepOutcome) -> None:
        earned = self._earned.get(outcome.uid, 0.0) + (outcome.reward or 0.0)
        if not outcome.done:
            self._earned[outcome.uid] = earned
            return
        self._earned.pop(outcome.uid, None)
        self._endings[outcome.uid] = Ending(
            reward=None if outcome.reward is None else earned,
            outcome=outcome.outcome,
            reason=outcome.reason,
            detail=outcome.detail,
            sandbox_s=outcome.sandbox_s,
        )

    def _remember(self, episodes: Sequence[Episode]) -> None:
        for episode in episodes:
            self._specs[episode.uid] = episode.spec
            self._earned[episode.uid] = 0.0

    def _single_turn(self, uid: str) -> bool:
        return self.suite.environment(self._specs[uid].env).max_turns == 1

    def _worker(self, spec: TaskSpec) -> int:
        return spec.seed % len(self.crew.rewards)

    def _by_worker(self, episodes: Sequence[Episode]) -> list[tuple[Any, list[Episode]]]:
        parts: dict[int, list[Episode]] = {}
        for episode in episodes:
            parts.setdefault(self._worker(episode.spec), []).append(episode)
        return [(self.crew.rewards[index], parts[index]) for index in sorted(parts)]

    def _ended_by_worker(self, uids: Sequence[str]) -> list[tuple[Any, list[str], list[int]]]:
        """Each worker with its episodes among ``uids`` and their places there."""
        parts: dict[int, list[int]] = {}
        for place, uid in enumerate(uids):
            parts.setdefault(self._worker(self._specs[uid]), []).append(place)
        return [
            (self.crew.rewards[index], [uids[place] for place in places], places)
            for index, places in sorted(parts.items())
        ]


def _openings(episodes: Sequence[Episode]) -> list[Any]:
    from assay_trainer.reward_worker import EpisodeStart

    return [EpisodeStart(episode.uid, episode.spec) for episode in episodes]
