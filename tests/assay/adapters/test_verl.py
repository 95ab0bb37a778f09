"""verl's compute_score, called as verl's reward managers call it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import pytest

from assay.adapters.scoring import Undecided
from assay.adapters.verl import acompute_score, compute_score
from assay_datasets import InputError, Task

TASK = Task("e", ({"role": "user", "content": "?"},), "0.5", "math").to_json()
RIGHT = {"score": 1.0, "acc": 1.0, "undecided": 0.0}
WRONG = {"score": 0.0, "acc": 0.0, "undecided": 0.0}
NOT_KNOWN = {"score": 0.0, "acc": 0.0, "undecided": 1.0}


class Array:
    """As of numpy, which a parquet file gives."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def tolist(self) -> list[Any]:
        return list(self.items)


MATH = [
    ("named in the configuration", "0.5", {}, {"verifier": "math"}),
    ("named by the sample", "0.5", {"verifier": "math"}, {"verifier": "text"}),
    ("a whole task", TASK, {}, {}),
    ("a whole task as text", json.dumps(TASK), {}, {}),
    ("several golds, as an array", Array("7", "0.5"), {}, {"verifier": "math"}),
    ("with options", "0.5001", {"options": {"tolerance": 0.01}}, {"verifier": "math"}),
]


@pytest.mark.parametrize("case", MATH, ids=[case[0] for case in MATH])
def test_a_sample_is_judged(case: Any) -> None:
    _, gold, extra, settings = case
    given = {"num_turns": None, "rollout_reward_scores": {}, **extra}
    asked = {"data_source": "mine", "ground_truth": gold, "extra_info": given, **settings}
    assert compute_score(solution_str=r"\boxed{1/2}", **asked) == RIGHT
    assert compute_score(solution_str=r"\boxed{1/3}", **asked) == WRONG


async def test_it_may_be_awaited_and_judged_on_a_server(server: str) -> None:
    asked = {"verifier": "math", "url": server, "reward_router_address": None}
    assert await acompute_score("mine", r"\boxed{1/2}", "0.5", {}, **asked) == RIGHT
    assert inspect.iscoroutinefunction(acompute_score), "verl looks"
    assert inspect.signature(acompute_score) == inspect.signature(compute_score)


ADD = "```python\ndef add(a, b):\n    return a + b\n```"
PAIR = "```python\ndef add(a, b):\n    return a, b\n```"
ONE_MORE = "```python\nprint(int(input()) + 1)\n```"
CODE = [
    ({"inputs": ["1\n", "5"], "outputs": ["2\n", "6"]}, ONE_MORE, ADD),
    ({"inputs": ["1\n2"], "outputs": ["3"], "fn_name": "add"}, ADD, ONE_MORE),
    ({"inputs": [[1, 2]], "outputs": [3], "fn_name": "add"}, ADD, ONE_MORE),
    ({"inputs": ["1\n2"], "outputs": ["[1, 2]"], "fn_name": "add"}, PAIR, ADD),
    ({"style": "stdio", "tests": [{"stdin": "1", "stdout": "2"}]}, ONE_MORE, ADD),
]


@pytest.mark.parametrize(("tests", "right", "wrong"), CODE)
def test_verls_own_tests_are_read(
    tests: Mapping[str, Any], right: str, wrong: str, server: str
) -> None:
    for gold in (tests, json.dumps(tests)):
        settings = {"verifier": "code", "url": server}
        assert compute_score("apps", right, gold, **settings) == RIGHT
    assert compute_score("apps", wrong, tests, **settings) == WRONG


def test_what_is_undecided_is_an_error_or_marked() -> None:
    asked = ("mine", "1", {"not": "a gold"})
    with pytest.raises(Undecided, match="bad_gold"):
        compute_score(*asked, verifier="math")
    assert compute_score(*asked, verifier="math", undecided="mark") == NOT_KNOWN


@pytest.mark.parametrize(
    ("gold", "settings", "said"),
    [
        ("0.5", {}, "no verifier is named"),
        (None, {}, "no verifier is named"),
        ("[", {"verifier": "code"}, "no set of tests"),
        ({"inputs": ["1"], "outputs": []}, {"verifier": "code"}, "no set of tests"),
        ({"inputs": ["x"], "outputs": ["1"], "fn_name": "f"}, {"verifier": "code"}, "no set"),
    ],
)
def test_a_ground_truth_that_does_not_fit_is_the_users_mistake(
    gold: Any, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        compute_score("mine", "1", gold, **settings)


async def test_verls_reward_manager_itself_gets_the_score() -> None:
    naive = pytest.importorskip(
        "verl.experimental.reward_loop.reward_manager.naive", reason="verl is not installed"
    )
    import numpy as np
    import torch
    from omegaconf import OmegaConf
    from tensordict import TensorDict
    from verl import DataProto
    from verl.trainer.ppo.reward import get_custom_reward_fn

    class Letters:
        def decode(self, ids: Any, **options: Any) -> str:
            return "".join(chr(int(each)) for each in ids)

    named = {"path": "pkg://assay.adapters.verl", "name": "compute_score"}
    function = {**named, "reward_kwargs": {"verifier": "math"}}
    config = OmegaConf.create({"reward": {"custom_reward_function": function}})
    text = r"so \boxed{1/2}"
    item = DataProto(
        batch=TensorDict(
            {
                "responses": torch.tensor([[ord(letter) for letter in text]]),
                "attention_mask": torch.ones(1, len(text) + 2, dtype=torch.long),
            },
            batch_size=[1],
        ),
        non_tensor_batch={
            "data_source": np.array(["mine"], dtype=object),
            "reward_model": np.array([{"ground_truth": "0.5"}], dtype=object),
            "extra_info": np.array([{}], dtype=object),
        },
    )
    manager = naive.NaiveRewardManager(config, Letters(), get_custom_reward_fn(config))
    found = await manager.run_single(item)
    assert (found["reward_score"], found["reward_extra_info"]) == (1.0, RIGHT)
