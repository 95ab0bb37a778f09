"""Task: identity by content, splits by duplicate key, JSON there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_datasets import InputError, Task, derive_seed, split_of

PROMPT = ({"role": "user", "content": "1+1?"},)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def task(**changes: Any) -> Task:
    fields: dict[str, Any] = {
        "env": "math/add",
        "prompt": PROMPT,
        "answer": "2",
        "verifier": "math",
    }
    return Task(**(fields | changes))


def test_identity_is_the_content_and_not_the_metadata() -> None:
    assert task().id == task(metadata={"seed": 3}).id
    assert len({task().id, task(answer="3").id, task(options={"a": 1}).id, task(env="x/y").id}) == 4


@given(answer=json_values, metadata=st.dictionaries(st.text(), json_values, max_size=3))
def test_json_there_and_back_changes_nothing(answer: Any, metadata: dict[str, Any]) -> None:
    before = task(answer=answer, metadata=metadata)
    after = Task.from_json(json.loads(json.dumps(before.to_json())))
    assert (after.id, after.to_json(), after.split) == (before.id, before.to_json(), before.split)


def test_a_record_that_is_no_task_says_what_it_lacks() -> None:
    with pytest.raises(InputError, match="missing answer, verifier"):
        Task.from_json({"env": "a/b", "prompt": []})


@given(key=st.text())
def test_the_split_depends_on_the_duplicate_key_alone(key: str) -> None:
    ours = task(metadata={"duplicate_key": key, "seed": 1})
    other = task(answer="7", metadata={"duplicate_key": key})
    assert ours.split == other.split == split_of(key)


def test_splits_hold_about_eight_one_and_one_tenth() -> None:
    splits = [split_of(str(n)) for n in range(5_000)]
    assert 0.77 < splits.count("train") / 5_000 < 0.83
    assert splits.count("validation") > 400
    assert splits.count("test") > 400


def test_derived_seeds_depend_on_every_part_its_kind_and_their_order() -> None:
    parts: list[tuple[int | str, ...]] = [("a", 1), (1, "a"), ("a", "1"), ("a", 1, 0), ("a1",)]
    assert len({derive_seed(*each) for each in parts}) == len(parts)
