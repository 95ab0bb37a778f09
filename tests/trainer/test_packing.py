"""Packing: rows hold whole sequences once, and a packed sequence scores as it scores alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_trainer.forward import score_tokens
from assay_trainer.packing import balance, first_fit, lay, pack, plan

ROW = 24
LENGTHS = st.lists(st.integers(1, ROW), max_size=30)


@given(LENGTHS)
def test_first_fit_places_every_sequence_once_and_overfills_no_row(lengths: list[int]) -> None:
    rows = first_fit(lengths, ROW)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(row and sum(lengths[index] for index in row) <= ROW for row in rows)


@given(LENGTHS)
def test_no_two_rows_of_first_fit_would_fit_in_one(lengths: list[int]) -> None:
    filled = sorted(sum(lengths[index] for index in row) for row in first_fit(lengths, ROW))
    assert sum(filled[:2]) > ROW or len(filled) < 2


def test_placement_is_longest_first_and_ties_go_by_index() -> None:
    assert first_fit([4, 9, 4, 1], 10) == [[1, 3], [0, 2]]


@given(LENGTHS)
def test_every_token_keeps_its_place_in_its_sequence(lengths: list[int]) -> None:
    sequences = [[100 * index + place for place in range(n)] for index, n in enumerate(lengths)]
    rows = pack(sequences, ROW, pad_id=-7)
    for index, sequence in enumerate(sequences):
        own = rows.segments == index
        assert rows.tokens[own].tolist() == sequence
        assert rows.positions[own].tolist() == list(range(len(sequence)))
    padding = rows.segments == -1
    assert rows.tokens[padding].eq(-7).all()
    assert int(padding.sum()) == len(rows) * ROW - sum(lengths)


def test_attention_is_causal_and_within_a_sequence() -> None:
    rows = pack([[1, 2, 3], [4, 5]], 6, pad_id=0)
    seen = rows.attention_mask()[0, 0]
    assert seen[:5, :5].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 1, 1],
    ]
    assert seen.any(dim=-1).all(), "a query that sees nothing would be NaN"


@given(LENGTHS, st.integers(1, 5))
def test_balance_deals_every_sequence_once_and_evenly(lengths: list[int], parts: int) -> None:
    shares = balance(lengths, parts)
    assert len(shares) == parts
    assert sorted(index for share in shares for index in share) == list(range(len(lengths)))
    totals = [sum(lengths[index] for index in share) for share in shares]
    assert max(totals) - min(totals) <= max(lengths, default=0)


def test_balance_beats_dealing_the_longest_first() -> None:
    # 8 7 6 5 4: the longest to the emptiest share gives 17 and 13, differencing 16 and 14
    totals = sorted(sum((8, 7, 6, 5, 4)[i] for i in share) for share in balance([8, 7, 6, 5, 4], 2))
    assert totals == [14, 16]


@given(LENGTHS, st.integers(1, 4), st.integers(1, 4))
def test_a_plan_runs_everything_once_in_equally_many_passes(
    lengths: list[int], micro_rows: int, ranks: int
) -> None:
    plans = plan(lengths, ROW, micro_rows, ranks)
    assert len(plans) == ranks
    assert len({len(mine) for mine in plans}) == 1
    rows = [row for mine in plans for micro in mine for row in micro]
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= ROW for row in rows)
    assert all(1 <= len(micro) <= micro_rows for mine in plans for micro in mine)


def test_rows_are_as_wide_as_the_fullest_needs() -> None:
    rows = lay([[1, 2, 3], [4], [5, 6]], [[0, 1], [2]], pad_id=0)
    assert rows.tokens.tolist() == [[1, 2, 3, 4], [5, 6, 0, 0]]
    assert rows.segments.tolist() == [[0, 0, 0, 1], [2, 2, -1, -1]]
    assert lay([], [[]], pad_id=0).tokens.shape == (1, 2)


def test_longer_sequence_than_a_row_names_the_mend() -> None:
    with pytest.raises(InputError, match=r"25 tokens does not fit a row of 24; raise row_length"):
        pack([[0] * 25], ROW, pad_id=0)


def test_nothing_packs_into_no_rows() -> None:
    assert len(pack([], ROW, pad_id=0)) == 0


def _sequences(seed: int, vocabulary: int, lengths: list[int]) -> list[list[int]]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randint(vocabulary, (n,), generator=random).tolist() for n in lengths]


def test_packed_log_probs_are_those_of_the_sequence_alone(tiny_model: Callable[..., Any]) -> None:
    model = tiny_model()
    sequences = _sequences(1, model.config.vocab_size, [20, 3, 11, 7, 13, 2])
    rows = pack(sequences, ROW, pad_id=0)
    assert len(rows) < len(sequences)
    with torch.no_grad():
        packed = score_tokens(model, rows)
        for index, sequence in enumerate(sequences):
            logits = model(torch.tensor([sequence])).logits[0, :-1]
            alone = logits.log_softmax(-1).gather(-1, torch.tensor(sequence[1:])[:, None])[:, 0]
            found = packed.logprobs[rows.segments == index][1:]
            torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)


def test_a_neighbour_in_the_row_changes_nothing(tiny_model: Callable[..., Any]) -> None:
    model = tiny_model()
    first, second, other = _sequences(2, model.config.vocab_size, [10, 9, 9])
    with torch.no_grad():
        before = score_tokens(model, pack([first, second], ROW, 0)).logprobs[0, 1:10]
        after = score_tokens(model, pack([first, other], ROW, 0)).logprobs[0, 1:10]
    torch.testing.assert_close(before, after, atol=1e-5, rtol=0)
