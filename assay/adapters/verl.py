"""verl: ``compute_score``, named in verl's configuration.

    reward.custom_reward_function.path=pkg://assay.adapters.verl
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.verifier=math
    +reward.custom_reward_function.reward_kwargs.url=http://localhost:8000     # or judged in place

Which verifier judges a sample: ``extra_info["verifier"]``, else ``reward_kwargs.verifier``, else
that of the ground truth, where this is a whole task (``assay generate``). For ``code`` the ground
truth may be an answer of ours or verl's own ``{"inputs", "outputs", "fn_name"?}``.

A sample that could not be judged raises :class:`Undecided`, which stops the step: verl has no
reward that means "leave this one out". With ``undecided="mark"`` it scores 0 and goes on; every
sample carries ``undecided`` 0 or 1, which verl averages into its metrics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from assay.adapters.scoring import Undecided, averdicts, line_of, verdicts
from assay.client import Line
from assay_datasets import InputError, Json
from assay_verifiers import Verdict

OnUndecided = Literal["raise", "mark"]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    verifier: str | None = None,
    options: Mapping[str, Any] | None = None,
    url: str | None = None,
    key: str | None = None,
    undecided: OnUndecided = "raise",
    **others: Any,
) -> dict[str, float]:
    """``{"score", "acc", "undecided"}`` of one sample.

    Args:
        data_source, solution_str, ground_truth, extra_info: as verl gives them.
        verifier, options: for samples that name none themselves.
        url, key: of the server that judges; without, this process does.
        undecided: ``raise`` or ``mark``; see the module.
        others: what verl's reward managers add; not used.

    Raises:
        Undecided: the sample could not be judged.
        InputError: nothing says which verifier is meant, or it does not fit the ground truth.
    """
    line = _line(solution_str, ground_truth, extra_info or {}, verifier, options)
    return _scored(verdicts([line], url, key)[0], data_source, undecided)


async def acompute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    verifier: str | None = None,
    options: Mapping[str, Any] | None = None,
    url: str | None = None,
    key: str | None = None,
    undecided: OnUndecided = "raise",
    **others: Any,
) -> dict[str, float]:
    """The same for verl's reward loop, which awaits it; see :func:`compute_score`."""
    line = _line(solution_str, ground_truth, extra_info or {}, verifier, options)
    return _scored((await averdicts([line], url, key))[0], data_source, undecided)


def _scored(verdict: Verdict, source: str, on_undecided: OnUndecided) -> dict[str, float]:
    unknown = verdict.outcome == "undecided"
    if unknown and on_undecided == "raise":
        why = verdict.detail.get("error", "")
        raise Undecided(
            f"a sample of {source} could not be judged: {verdict.reason} {why}; "
            'reward_kwargs.undecided="mark" scores such a sample 0 and counts it'
        )
    correct = float(verdict.outcome == "correct")
    return {"score": verdict.score, "acc": correct, "undecided": float(unknown)}


def _line(
    response: str,
    ground_truth: Any,
    extra: Mapping[str, Any],
    verifier: str | None,
    options: Mapping[str, Any] | None,
) -> Line:
    """The verify line of a sample."""
    gold, name = _plain(ground_truth), extra.get("verifier") or verifier
    if name is None:
        try:
            return line_of(gold, response)
        except (InputError, TypeError, AttributeError) as error:
            raise InputError(
                "no verifier is named: set reward_kwargs.verifier or extra_info['verifier'], or "
                "let the ground truth be a whole task"
            ) from error
    chosen = _plain(extra.get("options") or options or {})
    if name == "code":
        gold, meant = _code_answer(gold)
        chosen = {**meant, **chosen}
    return {"verifier": str(name), "response": response, "answer": gold, "options": chosen}


def _code_answer(gold: Json) -> tuple[Json, dict[str, Json]]:
    """An answer of the code verifier and its options; verl's own form of tests is read as one."""
    try:
        tests = json.loads(gold) if isinstance(gold, str) else gold
        if not isinstance(tests, Mapping) or "inputs" not in tests:
            return tests, {}
        pairs = list(zip(tests["inputs"], tests["outputs"], strict=True))
        if not tests.get("fn_name"):
            stdio = [{"stdin": stdin, "stdout": stdout} for stdin, stdout in pairs]
            return {"style": "stdio", "language": "python", "tests": stdio}, {}
        calls = [{"args": _arguments(given), "expected": _value(out)} for given, out in pairs]
        answer = {"style": "function", "name": tests["fn_name"], "tests": calls}
        return answer, {"compare": "json"}  # as JSON texts are alike
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"the ground truth is no set of tests: {error}") from error


def _arguments(given: Json) -> list[Json]:
    """One JSON value a line, one line an argument; or the arguments themselves."""
    return [json.loads(line) for line in given.split("\n")] if isinstance(given, str) else given


def _value(out: Json) -> Json:
    return json.loads(out) if isinstance(out, str) else out


def _plain(value: Any) -> Json:
    """Arrays of a parquet file and nodes of a configuration as JSON."""
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(each) for each in value]
    return value
