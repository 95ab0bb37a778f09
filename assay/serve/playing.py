"""In a worker: tasks made again from their ids, and the episodes that are played over them."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.front import stream_seed
from assay.serve.errors import Gone
from assay.serve.secrecy import drawn, shown_info, shown_metadata
from assay.serve.task_ids import TaskIds, TaskRef
from assay_datasets import InputError, Json, Split, Task
from assay_envs import Environment, make

T = TypeVar("T")

_KEPT = 1024
_DRAWS_PER_TASK = 1000


class Tasks:
    """Makes tasks, in a thread of its own: a hard one may take seconds.

    One thread and one instance an env, since no environment promises to bear more.
    """

    def __init__(self, secret: bytes) -> None:
        self._ids = TaskIds(secret)
        self._thread = ThreadPoolExecutor(1, "assay-tasks")
        self._envs: dict[str, Environment] = {}
        self._kept: OrderedDict[str, Task] = OrderedDict()

    async def find(self, task_id: str) -> Task:
        """The task of this id; ``NotFound`` if it is none of ours."""
        if task_id in self._kept:
            self._kept.move_to_end(task_id)
            return self._kept[task_id]
        ref = self._ids.open(task_id)
        task = await self._threaded(lambda _: self._draw(ref, self._ids.seed(ref)))
        self._keep(task_id, task)
        return task

    async def generate(
        self,
        *,
        env: str,
        difficulty: int,
        parameters: dict[str, Json],
        seed: int,
        index: int,
        n: int,
        split: Split | None,
        answers: bool,
        render: bool,
    ) -> Json:
        """``n`` tasks from place ``index`` on, as they may be shown, and the place after them."""

        def work(stopped: threading.Event) -> Json:
            tasks: list[Json] = []
            at, most = index, index + _DRAWS_PER_TASK * n
            while len(tasks) < n and not stopped.is_set():
                if at >= most:
                    raise InputError(
                        f"{env} at difficulty {difficulty} gave {len(tasks)} of {n} {split} tasks "
                        f"in {at - index} draws; choose another difficulty or split"
                    )
                ref = TaskRef(env, difficulty, seed, at, parameters)
                task = self._draw(ref, self._seed(ref, answers))
                if split is None or task.split == split:
                    tasks.append(self._shown(ref, task, answers, render))
                at += 1
            return {"tasks": tasks, "next": at}

        return await self._threaded(work)

    async def close(self) -> None:
        """Make no more; what is being made is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _seed(self, ref: TaskRef, answers: bool) -> int:
        return stream_seed(ref.env, ref.seed, ref.index) if answers else self._ids.seed(ref)

    def _shown(self, ref: TaskRef, task: Task, answers: bool, render: bool) -> Json:
        env = self._env(ref.env)
        picture = drawn(env, task, whole=answers) if render else {}
        if answers:
            return {**task.to_json(), "split": task.split, **picture}
        task_id = self._ids.seal(ref)
        self._keep(task_id, task)
        return {
            "id": task_id,
            "env": task.env,
            "prompt": list(task.prompt),
            "verifier": task.verifier,
            "metadata": shown_metadata(task),
            "split": task.split,
            **picture,
        }

    def _draw(self, ref: TaskRef, seed: int) -> Task:
        return self._env(ref.env).draw(seed, ref.difficulty, ref.parameters)

    def _env(self, name: str) -> Environment:
        if name not in self._envs:
            self._envs[name] = make(name)
        return self._envs[name]

    def _keep(self, task_id: str, task: Task) -> None:
        self._kept[task_id] = task
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    async def _threaded(self, work: Callable[[threading.Event], T]) -> T:
        """What ``work(stopped)`` returns; a cancelled call ends when the thread is free again."""
        stopped = threading.Event()
        running = asyncio.get_running_loop().run_in_executor(self._thread, work, stopped)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            stopped.set()
            await asyncio.wait([running])
            raise


class Episodes:
    """Environments being played, by session.

    Args:
        tasks: makes what is played.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._envs: dict[str, Environment] = {}

    async def open(self, session: str, task_id: str) -> Json:
        """Begin an episode over a task: its observation and info."""
        task = await self._tasks.find(task_id)
        env = make(task.env)
        observation, info = await env.reset(seed=0, options={"task": task})
        self._envs[session] = env
        return {"observation": observation, "info": {**shown_info(info), "task": task_id}}

    async def step(self, session: str, action: str) -> Json:
        """Play one action; the episode's last one also closes it."""
        if session not in self._envs:
            raise Gone("the episode is over")
        observation, reward, terminated, truncated, info = await self._envs[session].step(action)
        if terminated or truncated:
            await self.close(session)
        return {
            "observation": observation,
            "reward": reward,
            "terminated": terminated,
            "truncated": truncated,
            "info": shown_info(info),
        }

    async def close(self, session: str) -> None:
        env = self._envs.pop(session, None)
        if env is not None:
            await env.close()

    async def close_all(self) -> None:
        for session in list(self._envs):
            await self.close(session)
