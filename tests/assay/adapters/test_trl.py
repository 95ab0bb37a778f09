"""TRL's reward functions, called as GRPOTrainer calls them; and by it, where it is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.trl import response_of, reward, rows
from assay_datasets import InputError, Task
from assay_envs import make

GOLDS = ["0.5", "3", {"not": "a gold"}]
SAID = [r"so \boxed{1/2}", "4", "5"]


def columns(**more: Any) -> dict[str, Any]:
    """What GRPOTrainer adds."""
    return {"completion_ids": [[1]] * 3, "trainer_state": object(), **more}


def chat(texts: list[str]) -> list[list[dict[str, Any]]]:
    return [[{"role": "assistant", "content": text}] for text in texts]


@pytest.mark.parametrize("completions", [SAID, chat(SAID)], ids=["text", "messages"])
@pytest.mark.parametrize("served", [False, True], ids=["here", "served"])
def test_scores_and_none_for_what_is_undecided(
    completions: Any, served: bool, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("server") if served else None
    judge = reward("math", answer="solution", url=url)
    logged: dict[str, Any] = {}
    scores = judge(
        prompts=["?"] * 3,
        completions=completions,
        solution=GOLDS,
        log_metric=logged.__setitem__,
        log_extra=logged.__setitem__,
        **columns(),
    )
    assert scores == [1.0, 0.0, None]
    assert logged["assay/undecided"] == pytest.approx(1 / 3)
    assert logged["assay_reason"] == ["match", "mismatch", "bad_gold"]
    assert judge.__name__ == "assay_math"


def test_whole_tasks_are_judged_by_their_own_verifier() -> None:
    made = rows("logic/countdown", 3, seed=5, difficulty=2)
    env = make("logic/countdown")
    tasks = [Task.from_json(json.loads(row["task"])) for row in made]
    assert [row["prompt"] for row in made] == [list(task.prompt) for task in tasks]
    assert all(task.split == "train" for task in tasks)
    said = [env.oracle(tasks[0]), env.oracle(tasks[1]), "1+1"]
    scores = reward()(
        prompts=[row["prompt"] for row in made],
        completions=chat(said),
        task=[row["task"] for row in made],
        **columns(),
    )
    assert scores == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("plain", "plain"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "b"}], "a"),
        ([{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}], "ab"),
        ([{"role": "assistant", "content": None}], ""),
        ([{"role": "tool", "content": "b"}], ""),
        ([], ""),
    ],
)
def test_the_response_is_the_models_last_word(completion: Any, text: str) -> None:
    assert response_of(completion) == text


def test_a_column_that_is_missing_is_named_beside_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no column 'answer' .* solution"):
        reward("math")(prompts=["?"], completions=["1"], solution=["1"])


def test_grpo_trainer_itself_leaves_the_undecided_out(tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="trl is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    from datasets import Dataset

    words = ["<pad>", "<eos>", *map(chr, range(32, 127))]
    raw = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, "<pad>"))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    named = {"pad_token": words[0], "eos_token": words[1]}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, **named)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(words),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=1,
            num_key_value_heads=1,
            head_dim=16,
            pad_token_id=0,
            eos_token_id=1,
        )
    )
    trainer = trl.GRPOTrainer(
        model,
        reward_funcs=reward("math"),
        args=trl.GRPOConfig(
            output_dir=str(tmp_path),
            per_device_train_batch_size=2,
            num_generations=2,
            max_completion_length=4,
            max_steps=1,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
        ),
        train_dataset=Dataset.from_list([{"prompt": "1 + 1 =", "answer": ""}] * 4),
        processing_class=tokenizer,
    )
    trainer.train()
    log = trainer.state.log_history[0]
    assert log["assay/undecided"] == 1.0
    assert log["reward"] is None, "no reward at all, rather than 0"
