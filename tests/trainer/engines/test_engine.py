"""What every engine must do, against plain full forwards of the same model.

The embedded engine always runs; vLLM where it is installed (``make test-vllm``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_trainer.engines import Emission, EngineError, Request
from assay_trainer.forward import score_tokens
from assay_trainer.packing import pack
from tests.trainer.engines.models import (
    CAPACITY,
    MODELS,
    OTHERS,
    RAGGED,
    TOLERANCE,
    MakeEngine,
    assert_same,
    drain,
    each_engine,
    each_model,
    reference,
    requests_of,
    resumed,
)

pytestmark = each_engine


@each_model
@pytest.mark.parametrize("slots", [1, 4, 16])
@pytest.mark.parametrize("temperature", [1.0, 0.7, 0.0])
def test_emissions_equal_full_forwards(
    make: MakeEngine, model: str, slots: int, temperature: float
) -> None:
    engine = make(model, slots)
    requests = requests_of(RAGGED, temperature)
    engine.submit(requests)
    found = drain(engine)
    assert list(found) == [request.uid for request in requests]
    for request in requests:
        assert_same(found[request.uid], reference(MODELS[model], request))


@given(
    lengths=st.lists(st.tuples(st.integers(1, 24), st.integers(1, 10)), min_size=1, max_size=7),
    slots=st.integers(1, 4),
    cuts=st.lists(st.integers(1, 6), max_size=3),
)
@settings(max_examples=15, deadline=None)
def test_any_mix_of_requests_slots_and_cuts_gives_the_uncut_rollouts(
    make: MakeEngine, lengths: list[tuple[int, int]], slots: int, cuts: list[int]
) -> None:
    engine = make("llama", slots)
    requests = {request.uid: request for request in requests_of(lengths)}
    found: dict[str, list[Emission]] = {uid: [] for uid in requests}
    engine.submit(list(requests.values()))
    for ticks in [*cuts, 1000]:
        for uid, emissions in drain(engine, ticks).items():
            found[uid] += emissions
        unfinished = engine.cut()
        assert unfinished == [u for u in requests if not found[u] or not found[u][-1].finish]
        engine.submit([resumed(requests[uid], found[uid]) for uid in unfinished])
    for uid, request in requests.items():
        assert_same(found[uid], reference(MODELS["llama"], request))


@each_model
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_float32_logprobs_are_the_learners(
    make: MakeEngine, model: str, temperature: float
) -> None:
    engine = make(model, 16)
    requests = requests_of(RAGGED, temperature)
    engine.submit(requests)
    found = drain(engine)
    for request in requests:
        emitted = found[request.uid]
        tokens = [*request.tokens, *(emission.token for emission in emitted)]
        rows = pack([tokens], CAPACITY, pad_id=0)
        with torch.inference_mode():
            scores = score_tokens(MODELS[model], rows, temperature).logprobs[0]
        learners = scores[len(request.tokens) : len(tokens)].tolist()
        assert [emission.logprob for emission in emitted] == pytest.approx(learners, abs=TOLERANCE)


def test_slots_are_filled_in_order_and_never_exceeded(make: MakeEngine) -> None:
    engine = make("llama", slots=2, stop_token_ids=())
    engine.submit(requests_of([(3, 1), (4, 4), (5, 1), (6, 1)]))
    assert (engine.running, engine.waiting) == (0, 4)
    assert engine.tick().uids == ["r0", "r1"]
    assert (engine.running, engine.waiting) == (1, 2)
    assert sorted(engine.tick().uids) == ["r1", "r2"]
    assert sorted(engine.tick().uids) == ["r1", "r3"]
    engine.cut()


def test_an_idle_engine_ticks_to_nothing(make: MakeEngine) -> None:
    engine = make("llama")
    assert len(engine.tick()) == 0
    assert engine.cut() == []


def test_abort_drops_running_and_waiting_and_leaves_the_rest_alone(make: MakeEngine) -> None:
    engine = make("moe", slots=4)
    requests = requests_of([(6, 9)] * 6)
    engine.submit(requests)
    found = {emission.uid: [emission] for emission in engine.tick()}
    running = [uid for uid, emissions in found.items() if not emissions[-1].finish]
    engine.abort([running[0], "r5", "unknown"])
    for uid, emissions in drain(engine).items():
        found.setdefault(uid, []).extend(emissions)
    assert "r5" not in found
    assert len(found[running[0]]) == 1
    for request in requests[:5]:
        if request.uid != running[0]:
            assert_same(found[request.uid], reference(MODELS["moe"], request))


@each_model
def test_new_weights_are_those_of_the_learner(make: MakeEngine, model: str) -> None:
    engine = make(model)
    requests = requests_of(RAGGED)
    for version, learner in ((3, OTHERS[model]), (4, MODELS[model])):
        engine.load_weights(learner.state_dict(), version)
        engine.submit(requests)
        found = drain(engine)
        for request in requests:
            assert_same(found[request.uid], reference(learner, request, version))


@each_model
def test_a_rollout_goes_on_under_new_weights_from_what_it_wrote_under_the_old(
    make: MakeEngine, model: str
) -> None:
    engine = make(model, stop_token_ids=())
    [request] = requests_of([(12, 20)])
    engine.submit([request])
    before = drain(engine, ticks=7)["r0"]
    assert engine.cut() == ["r0"]
    engine.load_weights(OTHERS[model].state_dict(), 1)
    rest = resumed(request, before)
    engine.submit([rest])
    after = drain(engine)["r0"]
    assert [emission.version for emission in before + after] == [0] * 7 + [1] * 13
    assert_same(after, reference(OTHERS[model], rest, 1, stop=()))


def test_an_engine_that_sleeps_wakes_for_requests_and_for_weights(make: MakeEngine) -> None:
    engine = make("llama")
    [request] = requests_of([(6, 12)])
    engine.submit([request])
    engine.tick()
    with pytest.raises(ValueError, match="cut them"):
        engine.sleep()
    engine.cut()
    engine.sleep()
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(MODELS["llama"], request))
    engine.sleep()
    engine.load_weights(OTHERS["llama"].state_dict(), 1)
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(OTHERS["llama"], request, 1))


def test_a_tied_weight_may_be_left_out(make: MakeEngine) -> None:
    engine = make("moe")
    state = OTHERS["moe"].state_dict()
    del state["lm_head.weight"]
    engine.load_weights(state, version=1)
    [request] = requests_of([(6, 12)])
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(OTHERS["moe"], request, 1))


@pytest.mark.parametrize(
    ("change", "version", "message"),
    [
        (lambda state: state, 0, "does not follow"),
        (lambda state: {"other": torch.ones(1), **state}, 1, "unknown"),
        (lambda state: dict(list(state.items())[1:]), 1, "missing"),
        (lambda state: {name: tensor[:1] for name, tensor in state.items()}, 1, "expected"),
    ],
)
def test_weights_of_another_model_or_an_old_version_change_nothing(
    make: MakeEngine,
    change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
    version: int,
    message: str,
) -> None:
    engine = make("llama")
    zeros = {name: torch.zeros_like(t) for name, t in MODELS["llama"].state_dict().items()}
    with pytest.raises(ValueError, match=message):
        engine.load_weights(change(zeros), version)
    assert engine.version == 0
    [request] = requests_of([(6, 12)])
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(MODELS["llama"], request))


def test_weights_are_refused_while_requests_run_and_taken_after_a_cut(make: MakeEngine) -> None:
    engine = make("llama", stop_token_ids=())
    engine.submit(requests_of([(4, 5)]))
    engine.tick()
    with pytest.raises(ValueError, match="cut them"):
        engine.load_weights(MODELS["llama"].state_dict(), 1)
    assert engine.cut() == ["r0"]
    engine.load_weights(MODELS["llama"].state_dict(), 1)


def test_weights_that_are_not_finite_are_one_clear_error_and_leave_no_trace(
    make: MakeEngine,
) -> None:
    model = MODELS["llama"]
    engine = make("llama")
    broken = {name: torch.full_like(t, float("nan")) for name, t in model.state_dict().items()}
    engine.load_weights(broken, 1)
    engine.submit(requests_of([(20, 5)] * 3))
    with pytest.raises(EngineError, match="version 1"):
        engine.tick()
    assert (engine.running, engine.waiting) == (0, 0)
    engine.load_weights(model.state_dict(), 2)
    [request] = requests_of([(3, 5)])
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(model, request, 2))


GOOD = Request("good", (4, 5), 1, 0, 3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (replace(GOOD, uid="a", tokens=()), "needs a token"),
        (replace(GOOD, uid="a", max_tokens=0), "max_tokens"),
        (replace(GOOD, uid="a", seed=-1), "seed"),
        (replace(GOOD, uid="a", temperature=float("nan")), "temperature"),
        (replace(GOOD, uid="a", max_tokens=CAPACITY), "raise the engine's capacity"),
        (GOOD, "share a uid"),
    ],
)
def test_a_bad_request_is_refused_with_all_beside_it(
    make: MakeEngine, bad: Request, message: str
) -> None:
    engine = make("llama")
    with pytest.raises(InputError, match=message):
        engine.submit([GOOD, bad])
    assert engine.waiting == 0
    engine.submit([GOOD])
    with pytest.raises(InputError, match="share a uid"):
        engine.submit([GOOD])


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
def test_every_seed_is_a_stream_of_its_own(make: MakeEngine, seed: int) -> None:
    engine = make("llama")
    request = replace(requests_of([(6, 12)])[0], seed=seed)
    engine.submit([request])
    assert_same(drain(engine)["r0"], reference(MODELS["llama"], request))


def test_a_finished_uid_may_be_submitted_again(make: MakeEngine) -> None:
    engine = make("llama")
    for _ in range(2):
        engine.submit([GOOD])
        assert len(drain(engine)) == 1


def test_an_engine_without_slots_is_refused(make: MakeEngine) -> None:
    with pytest.raises(InputError, match="at least one"):
        make("llama", slots=0)


def test_time_is_told_by_part_and_once(make: MakeEngine) -> None:
    engine = make("llama")
    engine.submit([GOOD])
    drain(engine)
    spent: dict[str, Any] = engine.seconds()
    assert spent["decode"] > 0
    assert engine.seconds() == {}
