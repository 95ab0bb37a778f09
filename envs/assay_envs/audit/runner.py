"""Runner: every check over one environment, and over many in processes side by side."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AsyncExitStack
from pathlib import Path

from assay_datasets import InputError, Json
from assay_envs.audit import chance, episodes, generation, verdicts
from assay_envs.audit.clearance import grant
from assay_envs.audit.report import Finding, Report
from assay_envs.audit.subject import Subject
from assay_envs.environment import Environment
from assay_envs.registry import make
from assay_envs.registry import registry as env_registry
from assay_sandbox import Sandbox
from assay_verifiers.shared_sandbox import borrow, give_back

DEFAULT_SEEDS = 50

Check = Callable[[Subject], Awaitable[Finding]]

CHECKS: Mapping[str, Check] = {
    "records": generation.check_records,
    "determinism": generation.check_determinism,
    "distinct": generation.check_distinct,
    "splits": generation.check_splits,
    "certificates": generation.check_certificates,
    "difficulty": generation.check_difficulty,
    "oracle": verdicts.check_oracle,
    "solution": verdicts.check_solution,
    "adversaries": verdicts.check_adversaries,
    "near_misses": verdicts.check_near_misses,
    "chance": chance.check_chance,
    "constants": chance.check_constants,
    "guesses": chance.check_guesses,
    "trivial": chance.check_trivial,
    "leaks": chance.check_leaks,
    "round_trip": verdicts.check_round_trip,
    "threads": verdicts.check_threads,
    "episodes": episodes.check_episodes,
    "rendering": episodes.check_rendering,
    "deadlines": verdicts.check_deadlines,
}
"""What an environment is held to, by name and in order."""


def audit(env_ids: Sequence[str], *, seeds: int = DEFAULT_SEEDS, jobs: int = 1) -> Iterator[Report]:
    """Audit environments; each report as it comes.

    A report that passed is remembered for its environment's code (see ``clearance``).

    Args:
        env_ids: ids of registered environments.
        seeds: tasks of each level that are looked at.
        jobs: processes side by side; with one, this process does it.

    Raises:
        InputError: an id that does not exist.
        SandboxUnavailable: an environment runs code and nothing here isolates it.
    """
    if seeds < 2:
        raise InputError(f"an audit needs two seeds or more, not {seeds}")
    for env_id in env_ids:
        env_registry.load(env_id)
    for report in _reports(env_ids, seeds, jobs):
        if report.passed:
            grant(report)
        yield report


def audit_one(env_id: str, seeds: int = DEFAULT_SEEDS) -> Report:
    """The report on one environment, from synchronous code; it is not remembered."""
    return asyncio.run(audit_environment(env_id, seeds))


async def audit_environment(env_id: str, seeds: int) -> Report:
    """The report on one environment."""
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        subject = await _subject(env_id, seeds, stack)
        findings = [await _generated(subject)]
        if findings[0].state == "held":
            findings += [await _found(name, check, subject) for name, check in CHECKS.items()]
    return Report(env_id, seeds, tuple(findings), time.perf_counter() - started)


async def _subject(env_id: str, seeds: int, stack: AsyncExitStack) -> Subject:
    settings: dict[str, Sandbox] = {}
    if env_registry.load(env_id).needs_sandbox:
        settings["sandbox"] = await borrow()
        stack.push_async_callback(give_back)
    made: list[Environment] = []

    def one_more() -> Environment:
        made.append(make(env_id, **settings))
        return made[-1]

    async def close() -> None:
        for env in made:
            await env.close()

    stack.push_async_callback(close)
    return Subject(one_more(), one_more, seeds)


async def _generated(subject: Subject) -> Finding:
    """The tasks are there at all."""

    async def check(subject: Subject) -> Finding:
        subject.generate()
        return Finding.of("generate", [])

    return await _found("generate", check, subject)


async def _found(name: str, check: Check, subject: Subject) -> Finding:
    """What came of a check; what the environment raises is a failure, not a crash."""
    try:
        return await check(subject)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        return Finding.of(name, [f"{type(error).__name__}: {error} (at {where})"])


def _reports(env_ids: Sequence[str], seeds: int, jobs: int) -> Iterator[Report]:
    if jobs == 1 or len(env_ids) == 1:
        yield from (audit_one(env_id, seeds) for env_id in env_ids)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running = [pool.submit(_in_child, env_id, seeds) for env_id in env_ids]
        for future in as_completed(running):
            yield Report.from_json(future.result())


def _in_child(env_id: str, seeds: int) -> Json:
    return audit_one(env_id, seeds).to_json()
