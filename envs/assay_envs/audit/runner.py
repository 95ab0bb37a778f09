"""Runner: every check over one environment, and over many, here or in processes side by side."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path
from typing import NoReturn

from assay_datasets import InputError
from assay_envs.audit import chance, episodes, generation, verdicts
from assay_envs.audit.clearance import grant
from assay_envs.audit.processes import OnCheck, side_by_side
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


def audit(
    env_ids: Sequence[str],
    *,
    seeds: int = DEFAULT_SEEDS,
    jobs: int = 1,
    on_check: OnCheck = lambda env_id, check: None,
) -> Iterator[Report]:
    """Audit environments; a report on each, in the order in which they are named.

    A report that passed is remembered for its environment's code (see ``clearance``).

    Args:
        env_ids: ids of registered environments.
        seeds: tasks of each level that are looked at.
        jobs: processes side by side; with one, this process does it. They find the same.
        on_check: told each environment and check as it is made.

    Raises:
        InputError: an id that does not exist.
        SandboxUnavailable: an environment runs code and nothing here isolates it.
    """
    if seeds < 2:
        raise InputError(f"an audit needs two seeds or more, not {seeds}")
    for env_id in env_ids:
        env_registry.load(env_id)
    if jobs == 1 or len(env_ids) == 1:
        found = (audit_one(env_id, seeds, on_check) for env_id in env_ids)
    else:
        found = side_by_side(env_ids, seeds, jobs, on_check)
    yield from _in_order(env_ids, found)


def audit_one(
    env_id: str, seeds: int = DEFAULT_SEEDS, on_check: OnCheck = lambda env_id, check: None
) -> Report:
    """The report on one environment, from synchronous code; it is not remembered."""
    with _prompt_interrupt():
        return asyncio.run(audit_environment(env_id, seeds, on_check))


async def audit_environment(env_id: str, seeds: int, on_check: OnCheck) -> Report:
    """The report on one environment."""
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        subject = await _subject(env_id, seeds, stack)
        findings = [await _generated(subject)]
        for name, check in CHECKS.items() if findings[0].state == "held" else ():
            findings.append(await _found(name, check, subject))
            on_check(env_id, name)
    return Report(env_id, seeds, tuple(findings), time.perf_counter() - started)


@contextmanager
def _prompt_interrupt() -> Iterator[None]:
    """Ctrl-C interrupts at once: asyncio would wait for an await, and generators have none."""

    def interrupt(signum: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    here = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if not here or before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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


def _in_order(env_ids: Sequence[str], found: Generator[Report, None, None]) -> Iterator[Report]:
    """The reports in the order of ``env_ids``; each remembered as soon as it is there."""
    early: dict[str, Report] = {}
    with closing(found):
        for env_id in env_ids:
            while env_id not in early:
                report = next(found)
                grant(report)
                early[report.env] = report
            yield early[env_id]
