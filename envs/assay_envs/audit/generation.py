"""Checks of what is generated: records, determinism, splits, how many there are, certificates."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import fmean, pvariance

from assay_datasets import Task, canonical_json
from assay_envs.audit.replay import digest
from assay_envs.audit.report import Finding
from assay_envs.audit.subject import Subject
from assay_envs.environment import CertificateError, Environment

_WAIT_S = 600.0
_THREADS = 4
_ELSEWHERE = 12  # tasks of each level that another process makes again
_LEAST_DISTINCT = 0.5
_LEAST_CAUGHT = 0.5


async def check_records(subject: Subject) -> Finding:
    """A task is whole JSON, names what made it, and says what a reader of it needs."""
    problems = [
        f"{_place(task)}: {problem}"
        for level, tasks in subject.tasks.items()
        for task in tasks
        for problem in _record_problems(subject, task, level)
    ]
    return Finding.of("records", problems)


async def check_determinism(subject: Subject) -> Finding:
    """The same seed gives the same bytes in another order, in threads and in another process."""
    levels, places = subject.levels, range(min(subject.seeds, _ELSEWHERE))
    asked = [(level, subject.seed(place)) for level in levels for place in places]
    wanted = {key: digest(subject.env, *key) for key in asked}
    found = {
        "a fresh instance, backwards": _backwards(subject, asked),
        "threads": _in_threads(subject, asked),
        "another process": _in_another_process(subject, asked),
    }
    problems = [
        f"level {key[0]} seed {key[1]}: {where} gives other bytes"
        for where, digests in found.items()
        for key in asked
        if digests.get(key) != wanted[key]
    ]
    return Finding.of("determinism", problems)


async def check_splits(subject: Subject) -> Finding:
    """A problem has one duplicate key, so that it can stand in one split only.

    Of a game the hidden state is part of the problem: many may begin with the same words.
    """
    key_of: dict[str, str] = {}
    problems, counts = [], {"train": 0, "validation": 0, "test": 0}
    for task in _all(subject):
        counts[task.split] += 1
        shown = " ".join(" ".join(message["content"] for message in task.prompt).split())
        shown += canonical_json(task.answer) if subject.is_game else ""
        if key_of.setdefault(shown, task.duplicate_key) != task.duplicate_key:
            problems.append(f"{_place(task)}: the same prompt has two duplicate keys")
        if not task.duplicate_key.startswith(subject.env.id):
            problems.append(f"{_place(task)}: the duplicate key does not begin with the env's id")
    return Finding.of("splits", problems, **counts)


async def check_distinct(subject: Subject) -> Finding:
    """Seeds and levels are not ignored: a level gives as many tasks as it can."""
    problems, counts = [], {}
    for level, tasks in subject.tasks.items():
        distinct = len({task.duplicate_key for task in tasks})
        counts[str(level)] = distinct
        expected = _expected_distinct(len(tasks), subject.env.population(level))
        if distinct < max(1, _LEAST_DISTINCT * expected):
            problems.append(f"level {level}: {distinct} different tasks of {len(tasks)} seeds")
    ids = [[task.id for task in tasks] for tasks in subject.tasks.values()]
    alike = sum(first == second for i, first in enumerate(ids) for second in ids[:i])
    if alike:
        problems.append(f"{alike} pairs of levels give the same tasks: the level is ignored")
    return Finding.of("distinct", problems, tasks=subject.seeds, distinct=counts)


async def check_certificates(subject: Subject) -> Finding:
    """Every certificate holds by a second method, and that method can tell when it does not."""
    if subject.is_data:
        return Finding.left_open("certificates", "data certify nothing")
    if type(subject.env).recheck is Environment.recheck:
        return Finding.of("certificates", ["recheck is not written: nothing proves a task"])
    problems = [
        f"{_place(task)}: {reason}"
        for task in _all(subject)
        if (reason := _refusal(subject.env, task))
    ]
    tampered = [pair for task in _all(subject) if (pair := _tampered(subject, task))]
    caught = sum(any(_refusal(subject.env, forged) for forged in pair) for pair in tampered)
    if tampered and caught < _LEAST_CAUGHT * len(tampered):
        problems.append(
            f"recheck is blind: with another task's answer or certificate it still agrees "
            f"({len(tampered) - caught} of {len(tampered)})"
        )
    return Finding.of("certificates", problems, rechecked=len(_all(subject)), caught=caught)


async def check_difficulty(subject: Subject) -> Finding:
    """Measured difficulty is measured of the task, and its mean rises with the level."""
    if subject.is_data:
        return Finding.left_open("difficulty", "the levels of data are what their rows say")
    if not subject.env.measure:
        return Finding.of("difficulty", ["measure is empty: say what metadata.measured counts"])
    measured = {
        level: _measured([*tasks, *subject.fresh(level)]) for level, tasks in subject.tasks.items()
    }
    if problems := [f"level {level}: no finite metadata.measured" for level in measured
                    if not measured[level]]:  # fmt: skip
        return Finding.of("difficulty", problems)
    means = {level: fmean(values) for level, values in measured.items()}
    problems = [
        f"level {high} measures {means[high]:.4g}, not above level {low} with {means[low]:.4g}"
        for low, high in zip(subject.levels, subject.levels[1:], strict=False)
        if means[high] <= means[low]
    ]
    if len(means) > 1 and not any(pvariance(values) for values in measured.values()):
        problems.append("measured is the same for every task of a level: it is not measured")
    shown = {str(level): round(mean, 4) for level, mean in means.items()}
    return Finding.of("difficulty", problems, measured=shown)


def _record_problems(subject: Subject, task: Task, level: int) -> Iterable[str]:
    try:
        again = Task.from_json(json.loads(json.dumps(task.to_json(), allow_nan=False)))
    except (TypeError, ValueError) as error:
        yield f"it is not JSON: {error}"
        return
    if again.to_json() != task.to_json() or again.id != task.id:
        yield "it changes on its way through JSON (a tuple, or a key that is no text?)"
    wanted = {"difficulty": level, "domain": subject.env.id.partition("/")[0]}
    for name, value in wanted.items():
        if task.metadata.get(name) != value:
            yield f"metadata.{name} is {task.metadata.get(name)!r}, not {value!r}"
    if not isinstance(task.metadata.get("seed"), int):
        yield "metadata.seed is missing"
    if not task.metadata.get("certificate"):
        yield "metadata.certificate is missing"
    if task.env != subject.env.id:
        yield f"env is {task.env!r}"
    if not task.prompt or not all(message.get("content") for message in task.prompt):
        yield "the prompt is empty"


def _backwards(subject: Subject, asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    env = subject.make()
    return {key: digest(env, *key) for key in reversed(asked)}


def _in_threads(subject: Subject, asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Threads at one shared instance, switching as often as they can."""
    interval, start = sys.getswitchinterval(), threading.Barrier(_THREADS)

    def work(thread: int) -> dict[tuple[int, int], str]:
        first = thread * len(asked) // _THREADS
        start.wait()
        return {key: digest(subject.env, *key) for key in [*asked[first:], *asked[:first]]}

    try:
        sys.setswitchinterval(1e-5)
        with ThreadPoolExecutor(_THREADS) as pool:
            first, *others = pool.map(work, range(_THREADS))
    finally:
        sys.setswitchinterval(interval)
    return {key: first[key] for key in asked if all(each[key] == first[key] for each in others)}


def _in_another_process(
    subject: Subject, asked: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """A new interpreter with another hash seed; plug-in files come along by the environment."""
    request = json.dumps({"env": subject.env.id, "asked": asked})
    done = subprocess.run(
        [sys.executable, "-m", "assay_envs.audit.replay"],
        input=request,
        capture_output=True,
        text=True,
        check=False,
        timeout=_WAIT_S,
        env={**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    if done.returncode:
        return {}
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def _expected_distinct(draws: int, population: int | None) -> float:
    """Different ones among ``draws`` from a population, drawn alike and put back."""
    if population is None:
        return float(draws)
    return population * (1 - (1 - 1 / population) ** draws)


def _refusal(env: Environment, task: Task) -> str:
    """Why recheck refuses ``task``; "" where it holds."""
    try:
        env.recheck(task)
    except CertificateError as error:
        return str(error) or "the certificate does not hold"
    except Exception as error:  # a recheck that stumbles over a task has not proved it
        return f"recheck raised {type(error).__name__}: {error}"
    return ""


def _tampered(subject: Subject, task: Task) -> list[Task]:
    """The task with another one's answer, and with another one's certificate."""
    for other in subject.tasks[task.metadata["difficulty"]]:
        if canonical_json(other.answer) != canonical_json(task.answer):
            certificate = other.metadata.get("certificate")
            forged: Mapping[str, object] = {**task.metadata, "certificate": certificate}
            return [replace(task, answer=other.answer), replace(task, metadata=forged)]
    return []


def _measured(tasks: Sequence[Task]) -> list[float]:
    """The measured difficulties; nothing if one is missing or no number."""
    values = [task.metadata.get("measured") for task in tasks]
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        return []
    return [float(value) for value in values if value is not None]


def _all(subject: Subject) -> list[Task]:
    return [task for tasks in subject.tasks.values() for task in tasks]


def _place(task: Task) -> str:
    return f"level {task.metadata.get('difficulty')} seed {task.metadata.get('seed')}"
