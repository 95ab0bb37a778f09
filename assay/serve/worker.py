"""A worker process: does what the server's event loop must never do.

``python -m assay.serve.worker FD`` speaks :class:`~assay.serve.frames.Channel` on the inherited
socket ``FD``. The first message says what it is for; every other is a request

    {"n", "op", "given"}   answered by   {"n", "ok"}  or  {"n", "error": {"type", "message", …}}

in whatever order they are done. ``{"n", "op": "cancel"}`` ends the request of that number, which is
answered then. It lives as long as its socket: a server that dies takes its workers along.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

from assay.serve.errors import Broken, Refused, ServiceError, TooMany, Unavailable
from assay.serve.errors import Gone as GoneError
from assay.serve.frames import Channel, Message
from assay.serve.judging import Judging
from assay.serve.playing import Episodes, Tasks
from assay.serve.running import Running
from assay_datasets import InputError, Json, Registry
from assay_envs import env_registry
from assay_sandbox import InvalidJob, SandboxBusy, SandboxError, SandboxUnavailable, SessionEnded
from assay_verifiers import shared_sandbox, verifier_registry

_log = logging.getLogger("assay.serve")
_OOM_SCORE = "500"  # the server itself shall be the last to go


class Worker:
    """One end of the socket, and the requests being worked on."""

    def __init__(self) -> None:
        self.channel = Channel(self._on_message, self._on_lost)
        self.ended = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._ops: dict[str, Callable[..., Awaitable[Json]]] = {"setup": self._setup}
        self._closers: list[Callable[[], Awaitable[None]]] = []

    async def close(self) -> None:
        """End what is being done, and give back what was borrowed."""
        for task in self._running.values():
            task.cancel()
        for closer in self._closers:
            await closer()

    # ── messages ─────────────────────────────────────────────────────────────────────────────────

    def _on_message(self, message: Message) -> None:
        number, name = message["n"], message["op"]
        if name == "cancel":
            if number in self._running:
                self._running[number].cancel()
            return
        task = asyncio.ensure_future(self._answer(number, name, message["given"]))
        self._running[number] = task

    def _on_lost(self) -> None:
        self.ended.set()

    async def _answer(self, number: int, name: str, given: Message) -> None:
        try:
            self.channel.send({"n": number, "ok": await self._ops[name](**given)})
        except asyncio.CancelledError:
            self.channel.send({"n": number, "error": {"type": "cancelled", "message": ""}})
        except Exception as error:
            told = told_error(error)
            if isinstance(told, Broken):
                _log.exception("%s failed", name)
            what = {"type": told.kind, "message": str(told), "retry_after_s": told.retry_after_s}
            self.channel.send({"n": number, "error": what})
        finally:
            self._running.pop(number, None)

    # ── what it can do ───────────────────────────────────────────────────────────────────────────

    async def _setup(
        self,
        *,
        secret: str,
        sandboxed: bool,
        backend: str | None,
        slots: int,
        sandbox_sessions: int,
        imports: list[str],
    ) -> Json:
        """Become what the server needs; replies with the catalogue of envs and verifiers."""
        shared_sandbox.configure(backend, slots, max_sessions=sandbox_sessions)
        for module in imports:
            _import(module)
        tasks = Tasks(base64.b64decode(secret))
        judging, episodes = Judging(tasks), Episodes(tasks)
        self._ops = {
            "beat": _beat,
            "verify": judging.verify,
            "generate": tasks.generate,
            "open_episode": episodes.open,
            "step": episodes.step,
            "close_episode": episodes.close,
        }
        self._closers = [episodes.close_all, judging.close, tasks.close]
        if sandboxed:
            running = Running()
            self._ops |= {
                "sandbox": running.describe,
                "run": running.run,
                "open_sandbox": running.open,
                "cell": running.cell,
                "put": running.put,
                "get": running.get,
                "close_sandbox": running.close,
            }
            self._closers.append(running.close_all)
        return {
            "envs": _loaded(env_registry, _env_entry),
            "verifiers": _loaded(verifier_registry, _verifier_entry),
        }


def told_error(error: Exception) -> ServiceError:
    """What the client is told of ``error``."""
    match error:
        case ServiceError():
            return error
        case InputError() | InvalidJob():
            return Refused(str(error))
        case SandboxBusy():
            return TooMany(str(error), error.retry_after_s)
        case SessionEnded():
            return GoneError(str(error))
        case SandboxUnavailable():
            return Unavailable(str(error), None)  # until somebody mends this host
        case SandboxError():
            return Unavailable(str(error))
        case _:
            return Broken("this server failed; its log says more")


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise Refused(f"{module} does not import: {error}") from error


async def _beat() -> Json:
    """A sign of life: memory held, and the sandboxes' figures."""
    stats = {name: dataclasses.asdict(each) for name, each in shared_sandbox.stats().items()}
    return {"rss": psutil.Process().memory_info().rss, "sandboxes": stats}


def _loaded(registry: Registry, entry: Callable[[str, Any], Json]) -> list[Json]:
    """An entry for each member; one that does not load is logged and left out."""
    entries = []
    for name in registry.names():
        try:
            entries.append(entry(name, registry.load(name)))
        except InputError as error:
            _log.warning("%s", error)
    return entries


def _env_entry(name: str, env: Any) -> Json:
    return {
        "id": name,
        "summary": env.summary,
        "levels": {str(level): text for level, text in env.levels.items()},
        "max_turns": env.max_turns,
        "needs_sandbox": env.needs_sandbox,
    }


def _verifier_entry(name: str, verifier: Any) -> Json:
    return {
        "name": name,
        "summary": verifier.summary,
        "options": list(verifier.options),
        "needs_sandbox": verifier.needs_sandbox,
    }


async def _serve(fd: int) -> None:
    worker = Worker()
    loop = asyncio.get_running_loop()
    end = socket.socket(fileno=fd)
    await loop.create_unix_connection(lambda: worker.channel, sock=end)
    await worker.ended.wait()
    await worker.close()


def main() -> None:
    """Work until the socket ends."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s worker %(process)d: %(message)s")
    for number in (signal.SIGINT, signal.SIGTERM):  # when to end is the server's to say
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which children would inherit
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
