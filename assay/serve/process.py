"""The server's end of one worker process: ask it, cancel, notice that it died, kill it."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import psutil

from assay.serve.errors import KINDS, Broken, Refused, ServiceError
from assay.serve.frames import Channel, Message
from assay_datasets import Json

_START_S = 120.0
_BEAT_S = 2.0
_STALL_S = 30.0  # its loop may stand still so long: a large import on a busy machine
_STOP_S = 10.0


class Died(Exception):
    """The worker ended with the request in it."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A request that was sent. Its future ends with the reply, a ServiceError, or :class:`Died`."""

    number: int
    future: asyncio.Future[Json]


class WorkerProcess:
    """One worker. Make it with :meth:`start`.

    Attributes:
        catalogue: the envs and verifiers that it has.
        load: items being worked on, by lane.
        beat: what it last said of itself.
        kept_free: nothing new is sent, as one request shall be alone in it.
        retiring: nothing new is sent, and it ends when what it has is done.
        dead: its socket has ended.
    """

    def __init__(self) -> None:
        self.catalogue: dict[str, Json] = {}
        self.load: Counter[str] = Counter()
        self.beat: dict[str, Json] = {}
        self.kept_free = False
        self.retiring = False
        self.dead = asyncio.Event()
        self._channel = Channel(self._on_message, self._on_lost)
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Json]] = {}
        self._beating: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes]

    @classmethod
    async def start(cls, setup: Message) -> WorkerProcess:
        """A worker that is ready; ``setup`` is its first message.

        Raises:
            Died: it ended at once, or did not get ready.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        worker = cls()
        with theirs:
            worker._process = await asyncio.to_thread(_spawn, theirs)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: worker._channel, sock=ours)
        try:
            async with asyncio.timeout(_START_S):
                worker.catalogue = await worker.ask("setup", **setup).future
        except (TimeoutError, ServiceError) as error:
            await worker.stop(0.0)
            raise Died(f"a worker did not get ready: {error}") from error
        except BaseException:
            await worker.stop(0.0)
            raise
        worker._beating = asyncio.ensure_future(worker._keep_beating())
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, op: str, **given: Json) -> Asked:
        """Send a request. Who loses interest in the reply calls :meth:`cancel`.

        Raises:
            Refused: it is nested too deeply to be sent.
        """
        asked = Asked(next(self._numbers), asyncio.get_running_loop().create_future())
        try:
            self._channel.send({"n": asked.number, "op": op, "given": given})
        except RecursionError:
            raise Refused("this is nested too deeply") from None
        self._asked[asked.number] = asked.future
        if self.dead.is_set():
            self._settle(asked.number, Died("the worker is gone"))
        return asked

    def cancel(self, asked: Asked) -> None:
        """Have the worker drop a request; the future ends when it has."""
        if not asked.future.done():
            self._channel.send({"n": asked.number, "op": "cancel"})

    def retire(self) -> None:
        """Have it end as soon as it has nothing more to do."""
        self.retiring = True
        if not self.load.total():
            self._channel.close()

    def kill(self) -> None:
        """End it at once, with all that it started; every request in it has :class:`Died`."""
        family: list[psutil.Process] = []
        with suppress(psutil.Error):
            family = psutil.Process(self.pid).children(recursive=True)
        self._process.kill()
        for child in family:
            with suppress(psutil.Error):
                child.kill()

    async def stop(self, grace_s: float = _STOP_S) -> None:
        """Have it give back what it holds and end; kill it after ``grace_s``. Idempotent."""
        if self._beating is not None:
            self._beating.cancel()
        self._channel.close()
        try:
            await asyncio.to_thread(self._process.wait, grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
            await asyncio.to_thread(self._process.wait)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────

    def _on_message(self, message: Message) -> None:
        if "error" in message:
            what = message["error"]
            kind = KINDS.get(what["type"], Broken)
            error = kind(what["message"])
            error.retry_after_s = what.get("retry_after_s")
            self._settle(message["n"], error)
        else:
            self._settle(message["n"], message["ok"])

    def _on_lost(self) -> None:
        self.dead.set()
        for number in list(self._asked):
            self._settle(number, Died("the worker died"))

    def _settle(self, number: int, reply: Json | Exception) -> None:
        future = self._asked.pop(number)
        if future.done():
            return
        if isinstance(reply, Exception):
            future.set_exception(reply)
            future.exception()  # whoever asked may be gone
        else:
            future.set_result(reply)

    async def _keep_beating(self) -> None:
        """Ask for a sign of life now and then; a worker that stands still is killed."""
        while not self.dead.is_set():
            try:
                async with asyncio.timeout(_STALL_S):
                    self.beat = await self.ask("beat").future
            except TimeoutError:
                self.kill()
            except (Died, ServiceError):
                return
            await asyncio.sleep(_BEAT_S)


def _spawn(end: socket.socket) -> subprocess.Popen[bytes]:
    search = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-m", "assay.serve.worker", str(end.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[end.fileno()],
        env={**os.environ, "PYTHONPATH": search},
        start_new_session=True,  # Ctrl-C in a terminal is the server's to handle
    )
