"""The generator over the real embedded engine: turns, cuts, and the road through a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch

from assay_datasets import InputError
from assay_trainer.chat import Chat
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.generation import Generator, Start
from assay_trainer.trajectory import Trajectory

CAPACITY = 60
PROMPT = [{"role": "user", "content": "Solve 3x"}]
REPLY = [{"role": "user", "content": "Use 7."}]
UIDS = ["a", "b", "c", "d"]
STARTS = [Start(uid, seed=100 + n, max_tokens=12) for n, uid in enumerate(UIDS)]
PROMPTS = [PROMPT, PROMPT, REPLY, PROMPT]


@pytest.fixture(scope="module")
def make(tiny_model: Callable[..., Any], chat: Chat) -> Callable[[], Generator]:
    model = tiny_model()

    def generator() -> Generator:
        engine = TorchEngine(
            model, slots=3, capacity=CAPACITY, stop_token_ids=chat.stop_ids, dtype=torch.float32
        )
        return Generator(engine, chat, CAPACITY)

    return generator


def play_out(generator: Generator, ticks: int = 4) -> list[str]:
    """Advance until nothing runs; the uids whose actions ended."""
    ended: list[str] = []
    while not (progress := generator.advance(ticks)).idle:
        ended += progress.ended
    return ended + list(progress.ended)


def started(make: Callable[[], Generator]) -> Generator:
    generator = make()
    generator.start(STARTS, PROMPTS)
    return generator


def same(one: Trajectory, other: Trajectory, *, versions: bool = True) -> None:
    assert one.tokens == other.tokens
    assert one.policy == other.policy
    assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
    assert one.versions == other.versions or not versions


def test_an_action_begins_behind_the_prompt_and_is_within_its_limits(
    make: Callable[[], Generator], chat: Chat
) -> None:
    generator = started(make)
    emitted = dict.fromkeys(UIDS, 0)
    ended: dict[str, str] = {}
    while len(ended) < len(UIDS):
        progress = generator.advance(3)
        for uid, count in progress.emitted.items():
            emitted[uid] += count
        ended |= dict(zip(progress.ended, progress.texts, strict=True))
    for uid, prompt, trajectory in zip(UIDS, PROMPTS, generator.take(UIDS), strict=True):
        ids = chat.prompt_ids(prompt)
        assert trajectory.tokens[: len(ids)] == ids
        assert trajectory.policy == [False] * len(ids) + [True] * emitted[uid]
        assert 1 <= emitted[uid] <= 12
        assert ended[uid] == chat.text(trajectory.tokens[len(ids) :])
        assert all(logprob <= 0 for logprob in trajectory.logprobs)
        assert set(trajectory.versions[len(ids) :]) == {0}


def test_an_answered_action_goes_on_in_the_same_sequence(
    make: Callable[[], Generator], chat: Chat
) -> None:
    generator = started(make)
    play_out(generator)
    first = generator.action_text("a")
    assert generator.past_actions("a") == []
    generator.observe(["a"], [REPLY])
    assert play_out(generator) == ["a"]
    second = generator.action_text("a")
    assert generator.past_actions("a") == [first]
    [trajectory] = generator.take(["a"])
    switches = [
        i
        for i in range(1, len(trajectory.policy))
        if trajectory.policy[i] != trajectory.policy[i - 1]
    ]
    prompt_end, action_end, turn_end = switches
    assert trajectory.tokens[action_end:turn_end] == chat.turn_ids(REPLY)
    assert chat.text(trajectory.tokens[prompt_end:action_end]) == first
    assert chat.text(trajectory.tokens[turn_end:]) == second


@pytest.mark.parametrize("ticks", [1, 3, 7])
def test_a_cut_and_resumed_episode_goes_on_with_its_own_draws(
    make: Callable[[], Generator], ticks: int
) -> None:
    whole, cut = started(make), started(make)
    play_out(whole)
    ended = cut.advance(ticks).ended
    cut.cut()
    assert cut.advance(5).idle
    cut.resume(UIDS)
    assert sorted(play_out(cut)) == sorted(set(UIDS) - set(ended))
    for one, other in zip(whole.take(UIDS), cut.take(UIDS), strict=True):
        same(one, other)


def test_a_resumed_episode_carries_the_versions_that_wrote_it(
    make: Callable[[], Generator], tiny_model: Callable[..., Any]
) -> None:
    generator = started(make)
    generator.advance(2)
    generator.cut()
    generator.engine.load_weights(dict(tiny_model(seed=1).named_parameters()), 1)
    generator.resume(UIDS)
    play_out(generator)
    written = [v for t in generator.take(UIDS) for v in t.versions if v >= 0]
    assert set(written) == {0, 1}


def test_state_goes_through_json_and_another_engine(make: Callable[[], Generator]) -> None:
    whole, first, second = started(make), started(make), make()
    play_out(whole)
    whole.observe(["a"], [REPLY])
    play_out(whole)
    play_out(first)
    first.observe(["a"], [REPLY])
    first.advance(2)
    first.cut()
    second.load_state(json.loads(json.dumps(first.state(), allow_nan=False)))
    assert second.advance(1).idle
    assert second.past_actions("a") == first.past_actions("a")
    second.resume(UIDS)
    play_out(second)
    for one, other in zip(whole.take(UIDS), second.take(UIDS), strict=True):
        same(one, other)


def test_an_action_that_is_cut_short_stands_as_it_is(make: Callable[[], Generator]) -> None:
    generator = started(make)
    generator.advance(2)
    before = {uid: len(t["trajectory"]["tokens"]) for uid, t in generator.state().items()}
    texts = generator.cut_short(["a", "d"])
    assert texts == [generator.action_text("a"), generator.action_text("d")]
    generator.cut()
    generator.resume(UIDS)
    play_out(generator)
    assert [len(t.tokens) for t in generator.take(["a", "d"])] == [before["a"], before["d"]]


def test_forgotten_episodes_leave_the_engine_and_the_rest_alone(
    make: Callable[[], Generator],
) -> None:
    whole, generator = started(make), started(make)
    play_out(whole)
    generator.advance(1)
    generator.forget(["b", "d"])
    play_out(generator)
    assert sorted(generator.state()) == ["a", "c"]
    for one, other in zip(whole.take(["a", "c"]), generator.take(["a", "c"]), strict=True):
        same(one, other)


def test_taken_episodes_are_gone(make: Callable[[], Generator]) -> None:
    generator = started(make)
    play_out(generator)
    assert len(generator.take(["c", "a"])) == 2
    assert sorted(generator.state()) == ["b", "d"]


def test_a_greedy_episode_is_the_same_whatever_its_seed(make: Callable[[], Generator]) -> None:
    generator = make()
    starts = [Start(uid, seed=n, max_tokens=8, temperature=0.0) for n, uid in enumerate("ab")]
    generator.start(starts, [PROMPT, PROMPT])
    play_out(generator)
    one, other = generator.take(["a", "b"])
    assert one.tokens == other.tokens


def test_a_prompt_that_leaves_no_room_is_refused_and_the_others_begin(
    make: Callable[[], Generator], chat: Chat
) -> None:
    generator = make()
    long = [{"role": "user", "content": "7 and " * 40}]
    refused = generator.start(STARTS[:2], [PROMPT, long])
    assert refused == {"b": len(chat.prompt_ids(long)) + 1}
    assert list(generator.state()) == ["a"]
    assert play_out(generator) == ["a"]


def test_a_capacity_below_what_is_in_flight_is_refused(
    make: Callable[[], Generator], chat: Chat
) -> None:
    generator = started(make)
    generator.advance(2)
    state = generator.state()
    longest = max(len(item["trajectory"]["tokens"]) for item in state.values() if item["open"])
    narrow = Generator(generator.engine, chat, longest)
    with pytest.raises(InputError, match=rf"has {longest} tokens .*raise it again"):
        narrow.load_state(state)


def test_an_episode_ends_at_the_capacity(make: Callable[[], Generator], chat: Chat) -> None:
    generator = make()
    words = [{"role": "user", "content": "xq" * 25}]
    room = CAPACITY - len(chat.prompt_ids(words))
    assert 0 < room < 12
    generator.start(STARTS[:1], [words])
    assert play_out(generator) == ["a"]
    assert len(generator.take(["a"])[0].tokens) <= CAPACITY
