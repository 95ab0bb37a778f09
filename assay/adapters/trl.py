"""TRL: a reward function for ``GRPOTrainer`` and its relatives.

    GRPOTrainer(…, reward_funcs=reward("math", answer="solution"))          # a column of your own
    GRPOTrainer(…, reward_funcs=reward(), train_dataset=Dataset.from_list(rows("logic/countdown")))

A completion that could not be judged gets None. TRL then leaves that function out of the sum for
that completion; where no other function judged it either, it leaves the group's mean and deviation
and its advantage is 0 (TRL 1.16, ``_calculate_rewards``). How many there were is logged as the
metric ``assay/undecided``, the reasons as the column ``assay_reason`` of the completions' table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from assay.adapters.scoring import line_of, verdicts
from assay.client import Line
from assay_datasets import InputError, Json, Split

Reward = Callable[..., list[float | None]]
_TASK = "task"


def reward(
    verifier: str | None = None,
    answer: str = "answer",
    options: Mapping[str, Json] | None = None,
    *,
    url: str | None = None,
    key: str | None = None,
) -> Reward:
    """A function for ``reward_funcs``: the score of every completion, None where undecided.

    Args:
        verifier: a name that ``assay list verifiers`` shows; the gold is the column ``answer``.
            None: the column ``task`` holds whole tasks, as :func:`rows` makes them.
        answer: the name of the dataset's column that holds the gold.
        options: that verifier's options.
        url, key: of the server that judges; without, this process does.
    """

    def judge(
        prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        responses = [response_of(completion) for completion in completions]
        golds = _column(columns, answer if verifier else _TASK, len(responses))
        lines = [
            _line(verifier, response, gold, options)
            for response, gold in zip(responses, golds, strict=True)
        ]
        found = verdicts(lines, url, key)
        undecided = [verdict.outcome == "undecided" for verdict in found]
        if log_metric := columns.get("log_metric"):
            log_metric("assay/undecided", sum(undecided) / max(len(undecided), 1))
        if log_extra := columns.get("log_extra"):
            log_extra("assay_reason", [verdict.reason for verdict in found])
        return [None if un else v.score for un, v in zip(undecided, found, strict=True)]

    judge.__name__ = f"assay_{verifier}".replace("/", "_") if verifier else "assay"
    return judge


def rows(
    env: str,
    n: int = 1000,
    *,
    seed: int = 0,
    difficulty: int = 1,
    split: Split | None = "train",
) -> list[dict[str, Json]]:
    """``n`` tasks of ``env`` as rows for ``datasets.Dataset.from_list``: ``prompt`` and ``task``.

    A task is JSON text, so that rows of many environments fit one column.
    """
    import json

    from assay.front import generate
    from assay_envs import make

    stream = generate(make(env), seed=seed, difficulty=difficulty, split=split)
    tasks = islice(stream, n)
    return [{"prompt": list(task.prompt), _TASK: json.dumps(task.to_json())} for task in tasks]


def response_of(completion: Any) -> str:
    """What the model wrote: the text itself, or that of its last message."""
    if isinstance(completion, str):
        return completion
    said = [message for message in completion if message.get("role") == "assistant"]
    content = said[-1].get("content") if said else ""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return content or ""


def _line(
    verifier: str | None, response: str, gold: Json, options: Mapping[str, Json] | None
) -> Line:
    if verifier is None:
        return line_of(gold, response)
    return {
        "verifier": verifier,
        "response": response,
        "answer": gold,
        "options": dict(options or {}),
    }


def _column(columns: Mapping[str, Any], name: str, count: int) -> Sequence[Json]:
    values = columns.get(name)
    if not isinstance(values, list) or len(values) != count:
        known = ", ".join(key for key, value in columns.items() if isinstance(value, list))
        raise InputError(
            f"the dataset has no column {name!r} for Assay's reward; it has: {known or 'none'}"
        )
    return values
