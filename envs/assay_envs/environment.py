"""Environment: gym-like, asynchronous, one episode at a time; and the one-step case.

    observation, info = await env.reset(seed=7, options={"difficulty": 2})
    observation, reward, terminated, truncated, info = await env.step("…the model's text…")

An observation is the list of chat messages that are new since the last action. The seed fully
decides an episode. A reward reaches the trainer only through ``step``; ``info["verdict"]`` stands
on the last step. An *undecided* verdict is asked once more, then pays 0.0 with
``info["undecided"]``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from assay_datasets import InputError, Json, Message, Task
from assay_verifiers import Verdict, Verifier

Observation: TypeAlias = list[Message]
Info: TypeAlias = dict[str, Any]
Step: TypeAlias = tuple[Observation, float, bool, bool, Info]


class Environment(ABC):
    """A generator of tasks and the episode that is played over one of them.

    Attributes:
        id: ``domain/name``.
        summary: one line for ``assay list``.
        levels: what each difficulty level (1–5) means.
        max_turns: actions after which an episode is over; 1 = single-turn.
        needs_sandbox: true where ``step`` runs untrusted code.
    """

    id: ClassVar[str]
    summary: ClassVar[str] = ""
    levels: ClassVar[Mapping[int, str]]
    max_turns: ClassVar[int] = 1
    needs_sandbox: ClassVar[bool] = False

    @abstractmethod
    def generate(self, seed: int, difficulty: int) -> Task:
        """The task of this seed and level; the same bytes in every process."""

    @abstractmethod
    def oracle(self, task: Task) -> str:
        """A correct response to ``task``."""

    def solution(self, task: Task) -> str:
        """A worked, step-by-step correct response, as supervised fine-tuning should see it."""
        return self.oracle(task)

    def render(self, task: Task) -> str:
        """The task as a person would look at it in a terminal."""
        return "\n".join(message["content"] for message in task.prompt)

    @abstractmethod
    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        """Begin an episode. ``options`` may hold ``difficulty`` (1–5, default 1) or a ``task``."""

    @abstractmethod
    async def step(self, action: str) -> Step:
        """Play one action: ``(observation, reward, terminated, truncated, info)``."""

    async def close(self) -> None:  # noqa: B027 - most envs hold nothing
        """Give back what the episode holds. Idempotent."""

    def check_level(self, difficulty: int) -> int:
        """``difficulty`` if this env has that level, else an :class:`InputError`."""
        if difficulty not in self.levels:
            levels = ", ".join(str(level) for level in sorted(self.levels))
            raise InputError(f"{self.id} has no difficulty {difficulty!r}; choose one of {levels}")
        return difficulty


class SingleTurn(Environment):
    """The one-step case: the prompt is shown, one response is judged."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self._task: Task | None = None

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        chosen = dict(options or {})
        task = chosen.get("task") or self.generate(seed, int(chosen.get("difficulty", 1)))
        if not isinstance(task, Task):
            task = Task.from_json(task)
        self._task = task
        return list(task.prompt), {
            "task_id": task.id,
            "difficulty": task.metadata.get("difficulty"),
        }

    async def step(self, action: str) -> Step:
        if self._task is None:
            raise RuntimeError(f"{self.id}: step() before reset(), or after the episode ended")
        task, self._task = self._task, None
        verdict = await self._judge(action, task)
        if verdict.outcome == "undecided":
            verdict = await self._judge(action, task)
        info: Info = {"verdict": verdict}
        if verdict.outcome == "undecided":
            info["undecided"] = True
        return [], verdict.score, True, False, info

    async def close(self) -> None:
        await self.verifier.close()

    async def _judge(self, action: str, task: Task) -> Verdict:
        return await self.verifier.verify(action, task.answer, **task.options)
