"""Processes: environments audited side by side, one process for each of them in turn.

A worker process gets an environment's id, audits it, and sends back what check it is at and at last
the report; then it gets the next id. One that dies (out of memory, a crash in a library) costs the
environment it was at, whose report says so, and another takes its place. When the audit is stopped,
by Ctrl-C or because nobody takes its reports, the workers are told to give back what they hold and
to end; should this process be killed, they end at their next word to it.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess

from assay_datasets import Json
from assay_envs.audit.report import Finding, Report

OnCheck = Callable[[str, str], None]
"""Told the environment and the check that was made."""

_PATIENCE_S = 20.0  # for a worker that was told to end


@dataclass
class _Worker:
    """A process, the way to speak with it, and the environment it is at."""

    process: SpawnProcess
    line: Connection
    env: str = ""

    def dismiss(self) -> None:
        """Let it end: by itself if it waits for work, else by a signal that unwinds it."""
        with suppress(OSError):
            self.line.send(None)
        if self.env:
            self.process.terminate()

    def wait(self) -> None:
        """Until it has ended."""
        self.process.join(_PATIENCE_S)
        self.process.kill()
        self.process.join()
        self.line.close()


@dataclass
class _Crew:
    """The workers of one audit and the environments that wait for one."""

    seeds: int
    waiting: deque[str]
    on_check: OnCheck
    context: SpawnContext = field(default_factory=lambda: multiprocessing.get_context("spawn"))
    workers: dict[Connection, _Worker] = field(default_factory=dict)

    def hire(self) -> None:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.seeds), daemon=False)
        process.start()
        theirs.close()
        self.workers[ours] = _Worker(process, ours)
        self.give_work(self.workers[ours])

    def give_work(self, worker: _Worker) -> None:
        """The next environment, or leave to go."""
        if self.waiting:
            worker.env = self.waiting.popleft()
            worker.line.send(worker.env)
        else:
            worker.env = ""
            self.end([self.workers.pop(worker.line)])

    def hear(self, worker: _Worker) -> Report | None:
        """What a worker says; its report, if it is one."""
        try:
            kind, said = worker.line.recv()
        except EOFError:
            return self._lost(worker)
        if kind == "error":
            raise said
        if kind == "check":
            self.on_check(worker.env, said)
            return None
        self.give_work(worker)
        return Report.from_json(said)

    def end(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.wait()

    def _lost(self, worker: _Worker) -> Report:
        env_id, worker.env = worker.env, ""
        self.end([self.workers.pop(worker.line)])
        if self.waiting:
            self.hire()
        code = worker.process.exitcode
        why = f"the process that audited it ended by {_ending(code)}; is there enough memory?"
        return Report(env_id, self.seeds, (Finding.of("generate", [why]),))


def side_by_side(
    env_ids: Sequence[str], seeds: int, jobs: int, on_check: OnCheck
) -> Generator[Report, None, None]:
    """Reports as they come from ``jobs`` processes."""
    crew = _Crew(seeds, deque(env_ids), on_check)
    try:
        for _ in range(min(jobs, len(env_ids))):
            crew.hire()
        while crew.workers:
            for line in wait(list(crew.workers)):
                report = crew.hear(crew.workers[line])  # type: ignore[index]
                if report is not None:
                    yield report
    finally:
        crew.end(list(crew.workers.values()))


def _work(line: Connection, seeds: int) -> None:
    """A worker's life. Ctrl-C is for the process that started it to act on."""
    from assay_envs.audit.runner import audit_one

    def tell(kind: str, said: Json | Exception) -> None:
        line.send((kind, said))

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with suppress(EOFError, BrokenPipeError):  # nobody listens any more
        while (env_id := line.recv()) is not None:
            try:
                report = audit_one(env_id, seeds, lambda _, check: tell("check", check))
                tell("report", report.to_json())
            except BrokenPipeError:
                raise
            except Exception as error:
                tell("error", error)


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    return signal.Signals(-code).name
