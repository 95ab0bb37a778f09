"""Client: an Assay server's verdicts, tasks, episodes and sandbox, from Python.

    with assay.Client("http://localhost:8000") as client:
        client.verify("math", r"so \boxed{1/2}", "0.5").outcome             # 'correct'

Every call comes twice: plain, for synchronous code in any thread, and with an ``a`` before its name
(``averify``) to be awaited in any event loop. What a call raises is in ``assay.serve.errors``, and
:class:`Unreachable`. A call is bounded by ``deadline_s``, trying again included; ``transport.py``
says what is tried again. A client can be pickled, and used after a fork; it sends no telemetry and
keeps nothing but its connections.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from assay.serve.errors import Broken, Refused
from assay.transport import Transport, Unreachable
from assay_datasets import InputError, Json, Message, Split
from assay_verifiers import Verdict

if TYPE_CHECKING:
    from assay.serve.models import PublicTask
    from assay_sandbox import Job, Result

__all__ = ["Client", "Episode", "ItemsRefused", "Unreachable"]

T = TypeVar("T")
Line = Mapping[str, Json]


class ItemsRefused(Refused):
    """Some lines were no requests; the others were judged.

    Attributes:
        errors: what is wrong, by the line's place in what was given.
        verdicts: of all lines, in order; None where one was refused.
    """

    def __init__(self, errors: Mapping[int, str], verdicts: Sequence[Verdict | None]) -> None:
        place, why = next(iter(errors.items()))
        super().__init__(f"{len(errors)} of {len(verdicts)} lines refused; line {place}: {why}")
        self.errors = dict(errors)
        self.verdicts = list(verdicts)


class Client:
    """One server, as often as wanted, from any thread.

    Args:
        url: of the server, such as ``http://localhost:8000``.
        key: an API key, where the server asks for one.
        deadline_s: seconds a call may take.
        attempts: of a request whose connection fails.
        connections: requests in flight at once; others wait.
        batch: lines in one request of :meth:`verify_many`.

    Raises:
        InputError: the url is none, or ``aiohttp`` is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        deadline_s: float = 120.0,
        attempts: int = 5,
        connections: int = 64,
        batch: int = 64,
    ) -> None:
        _need_aiohttp()
        self._settings = {
            "url": url,
            "key": key,
            "deadline_s": deadline_s,
            "attempts": attempts,
            "connections": connections,
            "batch": batch,
        }
        self.deadline_s = deadline_s
        self.batch = batch
        self._transport = Transport(url, key, attempts, connections)
        self._closing = weakref.finalize(self, self._transport.close)

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r})"

    def __getstate__(self) -> dict[str, Any]:
        return self._settings

    def __setstate__(self, settings: dict[str, Any]) -> None:
        self.__init__(**settings)  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Close the connections; a later call opens others. Idempotent."""
        self._transport.close()

    # ── verdicts ─────────────────────────────────────────────────────────────────────────────────

    def verify(self, verifier: str, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge one response, as :func:`assay.verify` does here."""
        return self._wait(self._verify(_line(verifier, response, answer, options)))

    async def averify(self, verifier: str, response: str, answer: Json, **options: Json) -> Verdict:
        """Judge one response; see :meth:`verify`."""
        return await self._do(self._verify(_line(verifier, response, answer, options)))

    def verify_task(self, task: str, response: str) -> Verdict:
        """Judge a response to a task of :meth:`generate`, by the task's id."""
        return self._wait(self._verify({"task": task, "response": response}))

    async def averify_task(self, task: str, response: str) -> Verdict:
        """Judge a response to a task; see :meth:`verify_task`."""
        return await self._do(self._verify({"task": task, "response": response}))

    def verify_many(self, lines: Sequence[Line]) -> list[Verdict]:
        """Judge many: one verdict for each line, in order.

        Args:
            lines: ``{"verifier", "response", "answer", "options"?}`` or ``{"task", "response"}``.

        Raises:
            ItemsRefused: some lines were no requests; it holds the verdicts of the others.
        """
        return self._wait(self._verify_many(lines))

    async def averify_many(self, lines: Sequence[Line]) -> list[Verdict]:
        """Judge many; see :meth:`verify_many`."""
        return await self._do(self._verify_many(lines))

    # ── programs ─────────────────────────────────────────────────────────────────────────────────

    def run(self, job: Job) -> Result:
        """Run one program in the server's sandbox."""
        return self._wait(self._run(job))

    async def arun(self, job: Job) -> Result:
        """Run one program; see :meth:`run`."""
        return await self._do(self._run(job))

    # ── tasks and episodes ───────────────────────────────────────────────────────────────────────

    def generate(
        self,
        env: str,
        n: int = 1,
        *,
        seed: int = 0,
        difficulty: int = 1,
        split: Split | None = None,
        answers: bool = False,
    ) -> list[PublicTask]:
        """Tasks of ``env``: prompts, and ids for :meth:`verify_task` and :meth:`session`.

        Args:
            env: id, such as ``logic/countdown``.
            n: how many; seed, difficulty, split: which.
            answers: whole tasks, with their answers, where the key may have them.
        """
        return self._wait(self._generate(env, n, seed, difficulty, split, answers))

    async def agenerate(
        self,
        env: str,
        n: int = 1,
        *,
        seed: int = 0,
        difficulty: int = 1,
        split: Split | None = None,
        answers: bool = False,
    ) -> list[PublicTask]:
        """Tasks of ``env``; see :meth:`generate`."""
        return await self._do(self._generate(env, n, seed, difficulty, split, answers))

    def session(
        self, env: str, *, seed: int = 0, difficulty: int = 1, **parameters: Json
    ) -> Episode:
        """Begin an episode of ``env`` on the server; parameters are the environment's own."""
        return self._wait(self._open(_opening(env, seed, difficulty, parameters)))

    async def asession(
        self, env: str, *, seed: int = 0, difficulty: int = 1, **parameters: Json
    ) -> Episode:
        """Begin an episode; see :meth:`session`."""
        return await self._do(self._open(_opening(env, seed, difficulty, parameters)))

    def task_session(self, task: str) -> Episode:
        """Begin an episode over a task of :meth:`generate`, by its id."""
        return self._wait(self._open({"task": task}))

    async def atask_session(self, task: str) -> Episode:
        """Begin an episode over a task; see :meth:`task_session`."""
        return await self._do(self._open({"task": task}))

    def envs(self) -> list[dict[str, Json]]:
        """The environments that the server offers."""
        return list(self._wait(self._ask("GET", "/v1/envs", wants="envs"))["envs"])

    def verifiers(self) -> list[dict[str, Json]]:
        """The verifiers that the server offers."""
        reply = self._wait(self._ask("GET", "/v1/verifiers", wants="verifiers"))
        return list(reply["verifiers"])

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._transport.background.wait(work)

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._transport.background.do(work)

    async def _ask(
        self, method: str, path: str, body: Json = None, *, wants: str = "", **how: bool
    ) -> dict[str, Json]:
        """A reply; one without the field ``wants`` does not come from a server like ours."""
        reply = await self._transport.ask(method, path, body, deadline_s=self.deadline_s, **how)
        if wants and wants not in reply:
            raise Broken(f"{self._transport.url}{path} answered as no Assay server does")
        return reply

    async def _verify(self, line: Line) -> Verdict:
        return (await self._verify_many([line]))[0]

    async def _verify_many(self, lines: Sequence[Line]) -> list[Verdict]:
        parts = [lines[at : at + self.batch] for at in range(0, len(lines), self.batch)]
        asked = [asyncio.create_task(self._batch(part)) for part in parts]
        try:
            replies = [reply for task in asked for reply in await task]
        finally:
            for task in asked:
                task.cancel()
        errors = {at: reply["error"] for at, reply in enumerate(replies) if "error" in reply}
        verdicts = [None if "error" in reply else _verdict(reply) for reply in replies]
        if errors:
            raise ItemsRefused(errors, verdicts)
        return [verdict for verdict in verdicts if verdict is not None]

    async def _batch(self, lines: Sequence[Line]) -> list[dict[str, Json]]:
        body = {"items": [dict(line) for line in lines]}
        reply = await self._ask("POST", "/v1/verify", body, wants="items", timed=True)
        if len(reply["items"]) != len(lines):
            raise Broken(f"{len(lines)} lines were sent, {len(reply['items'])} came back")
        return list(reply["items"])

    async def _run(self, job: Job) -> Result:
        from assay.serve.models import to_blob

        body = asdict(job)
        body["stdin"] = to_blob(job.stdin)
        body["files"] = {name: to_blob(data) for name, data in job.files.items()}
        return _result(await self._ask("POST", "/v1/run", body, wants="status", timed=True))

    async def _generate(
        self, env: str, n: int, seed: int, difficulty: int, split: Split | None, answers: bool
    ) -> list[PublicTask]:
        from assay.serve.models import Tasks

        body = {"env": env, "n": n, "seed": seed, "difficulty": difficulty, "split": split}
        body["include_answers"] = answers
        reply = await self._ask("POST", "/v1/generate", body, wants="tasks")
        return Tasks.model_validate(reply).tasks

    async def _open(self, opening: dict[str, Json]) -> Episode:
        opened = await self._ask("POST", "/v1/sessions", opening, wants="session", twice=False)
        return Episode(self, opened)


class Episode:
    """An episode that is played on the server; the answer stays there.

    Attributes:
        observation: the messages that the last reply brought; at first, the prompt.
        info: what came with them; on the last step ``verdict``, as JSON.
    """

    def __init__(self, client: Client, opened: Mapping[str, Json]) -> None:
        self._client = client
        self._path = f"/v1/sessions/{opened['session']}"
        self.observation: list[Message] = opened["observation"]
        self.info: dict[str, Json] = opened["info"]

    def step(self, action: str) -> tuple[list[Message], float, bool, bool, dict[str, Json]]:
        """Play one action: ``(observation, reward, terminated, truncated, info)``."""
        return self._client._wait(self._step(action))

    async def astep(self, action: str) -> tuple[list[Message], float, bool, bool, dict[str, Json]]:
        """Play one action; see :meth:`step`."""
        return await self._client._do(self._step(action))

    def close(self) -> None:
        """End the episode."""
        self._client._wait(self._client._ask("DELETE", self._path))

    async def aclose(self) -> None:
        """End the episode."""
        await self._client._do(self._client._ask("DELETE", self._path))

    async def _step(self, action: str) -> tuple[list[Message], float, bool, bool, dict[str, Json]]:
        reply = await self._client._ask(
            "POST", f"{self._path}/step", {"action": action}, wants="reward", twice=False
        )
        self.observation, self.info = reply["observation"], reply["info"]
        reward, over = reply["reward"], (reply["terminated"], reply["truncated"])
        return self.observation, reward, *over, self.info


def _line(verifier: str, response: str, answer: Json, options: Line) -> Line:
    line = {"verifier": verifier, "response": response, "answer": answer}
    return {**line, "options": dict(options)} if options else line


def _opening(env: str, seed: int, difficulty: int, parameters: Line) -> dict[str, Json]:
    opening = {"env": env, "seed": seed, "difficulty": difficulty}
    return {**opening, "options": {"parameters": dict(parameters)}} if parameters else opening


def _verdict(reply: Line) -> Verdict:
    names = ("outcome", "score", "reason", "detail", "seconds")
    return Verdict(**{name: reply[name] for name in names})


def _result(reply: dict[str, Json]) -> Result:
    from assay.serve.models import ResultModel, to_bytes
    from assay_sandbox import Result

    read = ResultModel.model_validate(reply)
    streams = {"stdout": to_bytes(read.stdout), "stderr": to_bytes(read.stderr)}
    files = {name: to_bytes(data) for name, data in read.files.items()}
    return Result(**{**read.model_dump(), **streams, "files": files})


def _need_aiohttp() -> None:
    try:
        import aiohttp  # noqa: F401
    except ImportError as error:
        raise InputError(
            "the client needs aiohttp, which this installation lacks: pip install 'assay[client]'"
        ) from error
