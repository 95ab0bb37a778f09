"""MultiTurn: games in which the state answers each action; and the verifier that replays them.

    class NimGame(Game):                     the hidden state and the rules
        def play(self, action): ...          -> Turn(text, rewards, verdict)

    class NimVerifier(GameVerifier):         name = env id
        def begin(self, answer): ...         a new game from a task's answer

    class Nim(MultiTurn):                    generate, oracle, act, …

An episode plays one game: every action is answered by a :class:`Turn`, the turn that ends the game
carries the verdict (*terminated*), and a game that runs past its ``max_turns`` is cut short
(*truncated*, incorrect). ``info["rewards"]`` holds the turn's parts by name, and ``outcome`` on the
last one; the reward of a step is their sum. The thinking of an action is never read.

The verifier judges a whole game from a response that holds one action a line, so that each game has
a verdict without an episode. It does not judge how the turns were rewarded on the way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay_datasets import InputError, Json, Message, Task
from assay_envs.environment import Environment, Info, Observation, Step
from assay_verifiers import Verdict, Verifier, visible_text

_LONGEST_ACTION = 10_000


@dataclass(frozen=True)
class Turn:
    """What a game answers to one action.

    Attributes:
        text: what the actor reads next; on the last turn it may be empty.
        rewards: parts of this turn's reward by name, besides the outcome's.
        verdict: set by the turn that ends the game.
    """

    text: str
    rewards: Mapping[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None


class Game(ABC):
    """One play of a game, with whatever state it hides.

    Attributes:
        max_turns: actions after which an unfinished game is cut short.
    """

    max_turns: int

    @abstractmethod
    def play(self, action: str) -> Turn:
        """Answer one action, legal or not; never raises for what it holds."""


class GameVerifier(Verifier):
    """Judges a response that holds one action a line by playing it."""

    @abstractmethod
    def begin(self, answer: Json) -> Game:
        """A new game; ``TypeError``, ``KeyError`` or ``ValueError`` if ``answer`` is none."""

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            game = self.begin(answer)
        except (TypeError, KeyError, ValueError):
            return Verdict.undecided("bad_gold")
        lines = map(str.strip, visible_text(response).splitlines())
        actions = [line for line in lines if line.strip("`~")]
        if not actions:
            return Verdict.incorrect("no_answer")
        return _replayed(game, actions)


class MultiTurn(Environment):
    """The environment of a game; an instance plays one game at a time."""

    verifier: GameVerifier

    def __init__(self, verifier: GameVerifier) -> None:
        self.verifier = verifier
        self._game: Game | None = None
        self._turns = 0

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        task = self.task_for(seed, options)
        self._game, self._turns = self._begin(task), 0
        return self.opening(task)

    async def step(self, action: str) -> Step:
        if self._game is None:
            raise RuntimeError(f"{self.id}: step() before reset(), or after the episode ended")
        game = self._game
        turn = game.play(visible_text(action).strip()[:_LONGEST_ACTION])
        self._turns += 1
        truncated = turn.verdict is None and self._turns >= game.max_turns
        verdict = _cut_short(game) if truncated else turn.verdict
        observation = [{"role": "user", "content": turn.text}] if turn.text else []
        if verdict is None:
            return observation, sum(turn.rewards.values()), False, False, _midway(turn)
        self._game = None
        info = self.ending(verdict, turn.rewards)
        return observation, sum(info["rewards"].values()), not truncated, truncated, info

    def oracle(self, task: Task) -> str:
        """The oracle's actions in a game of its own, one a line."""
        game, messages, actions = self._begin(task), list(task.prompt), list[str]()
        while len(actions) < game.max_turns:
            actions.append(self.act(task, messages))
            turn = game.play(actions[-1])
            if turn.verdict is not None:
                break
            messages += [_said("assistant", actions[-1]), _said("user", turn.text)]
        return "\n".join(actions)

    @abstractmethod
    def act(self, task: Task, messages: Sequence[Message]) -> str:
        """The oracle's next action, after ``messages`` (prompt, then action and answer in turn)."""

    def _begin(self, task: Task) -> Game:
        try:
            return self.verifier.begin(task.answer)
        except (TypeError, KeyError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{self.id}: the task's answer is no game: {reason}") from error


def _replayed(game: Game, actions: Sequence[str]) -> Verdict:
    for place, action in enumerate(actions, 1):
        verdict = game.play(action[:_LONGEST_ACTION]).verdict
        if verdict is not None:
            late = len(actions) - place
            return Verdict.incorrect("rule_broken", after_the_end=late) if late else verdict
        if place >= game.max_turns:
            return _cut_short(game)
    return Verdict.incorrect("no_answer", turns=len(actions))


def _cut_short(game: Game) -> Verdict:
    return Verdict.incorrect("too_long", turns=game.max_turns)


def _midway(turn: Turn) -> Info:
    return {"rewards": dict(turn.rewards)}


def _said(role: str, text: str) -> Message:
    return {"role": role, "content": text}
