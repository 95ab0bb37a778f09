"""Episodes between an engine and reward workers, played without Ray.

A handle's ``remote`` calls its object at once; what it raises comes out when the value is asked
for, as from Ray.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from assay_datasets import InputError, TaskSpec
from assay_trainer.chat import Chat
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.episodes import Episode, EpisodePlayer
from assay_trainer.generation import Generator, Start
from assay_trainer.reward_worker import StepOutcome

PROMPT = [{"role": "user", "content": "Use 7."}]
LONG = [{"role": "user", "content": "Use 1, 2 and 7. " * 30}]
TURNS = {"one/turn": 1, "two/turns": 2, "long/prompt": 1, "many/turns": 99}


class Handle:
    """An object as an actor."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        class Call:
            @staticmethod
            def remote(*args: Any) -> Callable[[], Any]:
                try:
                    value = method(*args)
                except InputError as error:
                    refusal = error
                    return lambda: (_ for _ in ()).throw(refusal)
                return lambda: value

        return Call


class Engine:
    """The engine worker's calls over a real generator."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        for name in ("start", "observe", "forget", "cut", "resume"):
            setattr(self, name, getattr(generator, name))

    def advance(self, ticks: int) -> Any:
        progress = self.generator.advance(ticks)
        return progress, [list(progress.texts)]

    def cut_short(self, uids: list[str]) -> Any:
        return [self.generator.cut_short(uids)]


class Reward:
    """An environment of so many turns that pays 1 a turn and writes down what was said."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self.heard: list[tuple[str, str]] = []

    def start(self, starts: list[Any]) -> Any:
        self.left |= {start.uid: TURNS[start.spec.env] for start in starts}
        return [[LONG if start.spec.env == "long/prompt" else PROMPT for start in starts]]

    def step(self, uids: list[str], texts: list[str], wanted: list[int]) -> Any:
        outcomes = []
        for uid, place in zip(uids, wanted, strict=True):
            self.heard.append((uid, texts[place]))
            self.left[uid] -= 1
            done = self.left[uid] == 0
            outcomes.append(StepOutcome(uid, 1.0, done, *(("correct", "match") if done else ())))
        more = [PROMPT for outcome in outcomes if not outcome.done]
        return outcomes, [more] if more else []

    def forget(self, uids: list[str]) -> None:
        for uid in uids:
            self.left.pop(uid, None)


class Suite:
    """Tells how many turns an environment has."""

    def environment(self, env: str) -> Any:
        return type("Env", (), {"max_turns": TURNS[env]})


class Crew:
    """One engine, two reward workers."""

    def __init__(self, generator: Generator) -> None:
        self.workers = [Reward(), Reward()]
        self.late: list[Callable[[], Any]] = []
        self.engine = Handle(Engine(generator))
        self.rewards = [Handle(worker) for worker in self.workers]

    def get(self, reference: Callable[[], Any]) -> Any:
        return reference()

    def ready(self, reference: Callable[[], Any]) -> bool:
        return reference not in self.late


@pytest.fixture
def crew(tiny_model: Callable[..., Any], chat: Chat) -> Crew:
    engine = TorchEngine(
        tiny_model(), slots=4, capacity=90, stop_token_ids=chat.stop_ids, dtype=torch.float32
    )
    return Crew(Generator(engine, chat, 90))


@pytest.fixture
def player(crew: Crew) -> EpisodePlayer:
    return EpisodePlayer(crew, Suite(), max_tokens=8)  # type: ignore[arg-type]


def episodes(*envs: str) -> list[Episode]:
    return [Episode(f"e{n}", TaskSpec(env, n, 1), n, 1.0) for n, env in enumerate(envs)]


def play(player: EpisodePlayer, count: int) -> list[str]:
    finished: list[str] = []
    for _ in range(40):
        finished += player.advance(4).finished
        if len(finished) >= count:
            break
    player.settle()
    return finished


MIX = ("one/turn", "two/turns", "two/turns", "one/turn", "two/turns")


def test_each_episode_has_its_turns_and_ends_once(crew: Crew, player: EpisodePlayer) -> None:
    player.start(episodes(*MIX))
    finished = play(player, len(MIX))
    assert sorted(finished) == ["e0", "e1", "e2", "e3", "e4"]
    assert [player.ending(f"e{n}").reward for n in range(5)] == [TURNS[env] for env in MIX]
    heard = [uid for worker in crew.workers for uid, _ in worker.heard]
    assert sorted(heard) == ["e0", "e1", "e1", "e2", "e2", "e3", "e4", "e4"]
    assert player.earned() == {}


def test_every_text_reaches_the_worker_that_holds_its_episode(
    crew: Crew, player: EpisodePlayer
) -> None:
    player.start(episodes(*["one/turn"] * 4))
    play(player, 4)
    generator = crew.engine._target.generator
    for number, worker in enumerate(crew.workers):
        assert sorted(uid for uid, _ in worker.heard) == [f"e{number}", f"e{number + 2}"]
        assert all(text == generator.action_text(uid) for uid, text in worker.heard)


def test_what_has_no_room_is_told_at_the_next_look_and_forgotten_and_the_others_play(
    crew: Crew, player: EpisodePlayer
) -> None:
    player.start(episodes("one/turn", "long/prompt", "one/turn"))
    first = player.advance(1)
    [(uid, problem)] = first.refused.items()
    assert (uid, problem.env) == ("e1", "long/prompt")
    assert problem.tokens > 90
    assert crew.workers[1].left == {}
    assert player.earned().keys() == {"e0", "e2"}
    assert sorted([*first.finished, *play(player, 2 - len(first.finished))]) == ["e0", "e2"]
    assert player.advance(1).refused == {}


def test_a_game_that_outgrows_the_engine_ends_there_and_the_others_go_on(
    crew: Crew, player: EpisodePlayer
) -> None:
    player.start(episodes("many/turns", "two/turns"))
    assert sorted(play(player, 2)) == ["e0", "e1"]
    outgrown = player.ending("e0")
    assert (outgrown.outcome, outgrown.reason) == ("incorrect", "too_long")
    turns = sum(uid == "e0" for uid, _ in crew.workers[0].heard)
    assert outgrown.reward == turns > 2, "what it earned on the way is its own"
    assert player.ending("e1").outcome == "correct"
    assert "e0" not in crew.workers[0].left
    assert player.earned() == {}
    [trajectory] = crew.engine._target.generator.take(["e0"])
    assert trajectory.policy[-1], "it ends with its last action"


def test_an_episode_cut_short_is_over_whatever_turns_were_left(
    crew: Crew, player: EpisodePlayer
) -> None:
    player.start(episodes("one/turn", "two/turns"))
    player.advance(1)
    player.cut_short(["e0", "e1"])
    player.settle(["e0", "e1"])
    endings = player.endings()
    assert (endings["e0"].outcome, endings["e0"].reward) == ("correct", 1.0)
    assert (endings["e1"].outcome, endings["e1"].reason) == ("incorrect", "too_long")
    assert endings["e1"].reward == 1.0
    assert not player.advance(4).emitted, "no next turn was begun"
    assert "e1" not in crew.workers[1].left


def test_abandoned_episodes_are_gone_everywhere(crew: Crew, player: EpisodePlayer) -> None:
    player.start(episodes("one/turn", "two/turns"))
    player.advance(1)
    player.abandon(["e1"])
    assert play(player, 1) == ["e0"]
    assert player.endings().keys() == {"e0"}
    assert crew.workers[1].left == {}
    assert [start.uid for start in _starts(crew)] == ["e0"]


def _starts(crew: Crew) -> list[Start]:
    generator = crew.engine._target.generator
    return [Start(**item["start"]) for item in generator.state().values()]
