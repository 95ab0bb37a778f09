"""Generator: episodes in flight on one engine, with everything that must survive a cut.

It owns the trajectories (tokens, behaviour log-probs, versions): the engine below only holds a KV
cache, which may be dropped at any tick; the scheduler above only holds counts. An episode
alternates actions of the policy and observations of the environment; each action is one engine
request, drawn from the episode's own counter-based random stream, so a resumed action goes on with
the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from assay_datasets import InputError, Json, Message
from assay_trainer.chat import Chat
from assay_trainer.engines import Engine, Request
from assay_trainer.trajectory import Trajectory


@dataclass(frozen=True)
class Start:
    """A new episode.

    Attributes:
        uid: its name.
        seed: key of its random stream.
        max_tokens: longest single action, in tokens.
        temperature: sampling temperature; 0 = greedy.
    """

    uid: str
    seed: int
    max_tokens: int
    temperature: float = 1.0


@dataclass(frozen=True)
class Progress:
    """What some ticks brought.

    Attributes:
        emitted: uid → policy tokens emitted.
        ended: uids whose action is complete, in order of completion.
        texts: the text of each ended action.
        version: of the weights that emitted them.
        idle: nothing is running or waiting any more.
        digest: CRC-32 of the tokens and their log-probs, in order of emission.
    """

    emitted: Mapping[str, int]
    ended: tuple[str, ...]
    texts: tuple[str, ...]
    version: int
    idle: bool
    digest: int


@dataclass
class _Episode:
    start: Start
    trajectory: Trajectory
    action_start: int
    """Where on the token axis the present (or last) action begins."""
    open: bool = True
    """The present action is not complete."""


class Generator:
    """Plays the policy's side of many episodes at once.

    Args:
        engine: the sampler; this object is its only caller.
        chat: tokenizer of the policy.
        capacity: longest episode in tokens, prompt included.
    """

    def __init__(self, engine: Engine, chat: Chat, capacity: int) -> None:
        self.engine = engine
        self.chat = chat
        self.capacity = capacity
        self._episodes: dict[str, _Episode] = {}

    def start(
        self, starts: Sequence[Start], observations: Sequence[Sequence[Message]]
    ) -> dict[str, int]:
        """Begin episodes from their first observations.

        Returns:
            those that are not begun, as their prompts leave no room for a response: uid → tokens
            that one would take at least.
        """
        prompts: dict[str, list[int]] = {}
        episodes: dict[str, _Episode] = {}
        refused: dict[str, int] = {}
        for start, messages in zip(starts, observations, strict=True):
            key = str(messages)
            if key not in prompts:
                prompts[key] = self.chat.prompt_ids(messages)
            if len(prompts[key]) >= self.capacity:
                refused[start.uid] = len(prompts[key]) + 1
                continue
            trajectory = Trajectory()
            trajectory.observe(prompts[key])
            episodes[start.uid] = _Episode(start, trajectory, len(prompts[key]))
        self._episodes |= episodes
        self._submit(list(episodes))
        return refused

    def observe(self, uids: Sequence[str], observations: Sequence[Sequence[Message]]) -> list[str]:
        """Go on with episodes whose environment answered the last action.

        Returns:
            those that have no room for the answer and another token; they end with that action.
        """
        full: list[str] = []
        for uid, messages in zip(uids, observations, strict=True):
            episode = self._episodes[uid]
            told = self.chat.turn_ids(messages)
            if len(episode.trajectory.tokens) + len(told) >= self.capacity:
                full.append(uid)
                continue
            episode.trajectory.observe(told)
            episode.action_start = len(episode.trajectory.tokens)
            episode.open = True
        self.resume(uids)
        return full

    def advance(self, ticks: int) -> Progress:
        """At most ``ticks`` tokens for every running episode."""
        emitted: dict[str, int] = {}
        ended: list[str] = []
        digest = 0
        for _ in range(ticks):
            emissions = self.engine.tick()
            if not len(emissions):
                break
            digest = crc32(emissions.logprobs.tobytes(), crc32(emissions.tokens.tobytes(), digest))
            for item in emissions:
                episode = self._episodes[item.uid]
                episode.trajectory.emit(item.token, item.logprob, item.version, item.entropy)
                emitted[item.uid] = emitted.get(item.uid, 0) + 1
                if item.finish is not None:
                    episode.open = False
                    ended.append(item.uid)
        return Progress(
            emitted=emitted,
            ended=tuple(ended),
            texts=tuple(self.action_text(uid) for uid in ended),
            version=self.engine.version,
            idle=not self.engine.running and not self.engine.waiting,
            digest=digest,
        )

    def cut(self) -> None:
        """Drop the KV cache and the queue; the trajectories stay, :meth:`resume` goes on."""
        self.engine.cut()

    def resume(self, uids: Sequence[str]) -> None:
        """Re-submit open actions: prompt and partial are prefilled under the present weights."""
        self._submit([uid for uid in uids if self._episodes[uid].open])

    def cut_short(self, uids: Sequence[str]) -> list[str]:
        """End open actions where they stand; their texts."""
        self.engine.abort(uids)
        for uid in uids:
            self._episodes[uid].open = False
        return [self.action_text(uid) for uid in uids]

    def forget(self, uids: Iterable[str]) -> None:
        """Drop episodes and what they generated."""
        gone = list(uids)
        self.engine.abort(gone)
        for uid in gone:
            del self._episodes[uid]

    def take(self, uids: Sequence[str]) -> list[Trajectory]:
        """Remove episodes that are to be trained and return their trajectories."""
        return [self._episodes.pop(uid).trajectory for uid in uids]

    def action_text(self, uid: str) -> str:
        """Text of the episode's present or last action."""
        episode = self._episodes[uid]
        return self.chat.text(episode.trajectory.tokens[episode.action_start :])

    def past_actions(self, uid: str) -> list[str]:
        """Texts of the actions before the present one, to replay them in a fresh environment."""
        episode = self._episodes[uid]
        runs = _policy_runs(episode.trajectory.policy[: episode.action_start])
        return [self.chat.text(episode.trajectory.tokens[a:b]) for a, b in runs]

    def state(self) -> Json:
        """A copy of everything in flight, as JSON."""
        return {uid: _record(episode) for uid, episode in self._episodes.items()}

    def load_state(self, state: Json) -> None:
        """Take over what :meth:`state` gave; nothing runs until :meth:`resume`.

        Raises:
            InputError: an episode has outgrown the capacity, which was more then.
        """
        self._episodes = {uid: _episode(item) for uid, item in state.items()}
        in_flight = [len(e.trajectory.tokens) for e in self._episodes.values() if e.open]
        if max(in_flight, default=0) >= self.capacity:
            raise InputError(
                f"a rollout in flight has {max(in_flight)} tokens already, but engine.capacity is "
                f"{self.capacity} now; raise it again"
            )

    def _submit(self, uids: Sequence[str]) -> None:
        self.engine.submit([self._request(self._episodes[uid]) for uid in uids])

    def _request(self, episode: _Episode) -> Request:
        trajectory, start = episode.trajectory, episode.start
        written = len(trajectory.tokens) - episode.action_start
        room = self.capacity - len(trajectory.tokens)
        return Request(
            uid=start.uid,
            tokens=tuple(trajectory.tokens),
            seed=start.seed,
            position=trajectory.policy_tokens,
            max_tokens=min(start.max_tokens - written, room),
            temperature=start.temperature,
        )


def _record(episode: _Episode) -> dict[str, Json]:
    columns = vars(episode.trajectory).items()
    return {
        "start": dict(vars(episode.start)),
        "trajectory": {name: list(column) for name, column in columns},
        "action_start": episode.action_start,
        "open": episode.open,
    }


def _episode(item: dict[str, Any]) -> _Episode:
    return _Episode(
        start=Start(**item["start"]),
        trajectory=Trajectory(**item["trajectory"]),
        action_start=item["action_start"],
        open=item["open"],
    )


def _policy_runs(policy: Sequence[bool]) -> list[tuple[int, int]]:
    """Half-open ranges of consecutive policy tokens."""
    runs: list[tuple[int, int]] = []
    for index, written in enumerate(policy):
        if not written:
            continue
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs
