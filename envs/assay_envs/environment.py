"""Environment: gym-like, asynchronous, one episode at a time; and the one-step case.

    observation, info = await env.reset(seed=7, options={"difficulty": 2})
    observation, reward, terminated, truncated, info = await env.step("…the model's text…")

An observation is the list of chat messages that are new since the last action. The seed fully
decides an episode. A reward reaches the trainer only through ``step``: ``info["rewards"]`` breaks
it down, and ``info["verdict"]`` stands on the last step. ``info`` is for whoever trains, never for
the acting model; what the model may see is the observation alone. An *undecided* verdict is asked
once more, then pays 0.0 with ``info["undecided"]``.

Besides episodes an environment says what proves it: other correct responses, near misses, random
and trivial policies, the rate that chance may reach, and a second method for its certificates.
``assay audit`` holds it to all of that.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from random import Random
from typing import Any, ClassVar, TypeAlias

from assay_datasets import InputError, Json, Message, Task
from assay_envs.drawing import text_svg
from assay_verifiers import Verdict, Verifier

Observation: TypeAlias = list[Message]
Info: TypeAlias = dict[str, Any]
Step: TypeAlias = tuple[Observation, float, bool, bool, Info]

_OPTIONS = ("difficulty", "parameters", "task")


class CertificateError(RuntimeError):
    """A task's certificate does not hold; the message is the reason."""


class Environment(ABC):
    """A generator of tasks and the episode that is played over one of them.

    Attributes:
        id: ``domain/name``.
        summary: one line for ``assay list``.
        levels: what each difficulty level (1–5) means.
        max_turns: actions after which an episode is cut short; 1 = single-turn.
        needs_sandbox: true where ``step`` runs untrusted code.
        needs: modules that it cannot do without and the base install lacks → the extra of assay
            that brings each.
        chance: per level, the highest rate at which a constant, a random well-formed guess or
            another task's answer may be judged correct; a level not named has 0.0.
        measure: what ``task.metadata["measured"]`` counts (search nodes, technique grade …);
            its mean rises with the level. Empty = not measured.
        verifier: judges responses to this environment's tasks.
    """

    id: ClassVar[str]
    summary: ClassVar[str] = ""
    levels: ClassVar[Mapping[int, str]]
    max_turns: ClassVar[int] = 1
    needs_sandbox: ClassVar[bool] = False
    needs: ClassVar[Mapping[str, str]] = {}
    chance: ClassVar[Mapping[int, float]] = {}
    measure: ClassVar[str] = ""
    verifier: Verifier

    @classmethod
    def lacking(cls) -> str:
        """What this installation lacks for the environment, and the mend; "" if nothing."""
        for module, extra in cls.needs.items():
            if find_spec(module) is None:
                return f'{cls.id} needs the package {module}: pip install "assay[{extra}]"'
        return ""

    # Tasks

    @abstractmethod
    def generate(self, seed: int, difficulty: int) -> Task:
        """The task of this seed and level; the same bytes in every process.

        An environment may take finer parameters by keyword (``clues=24``), each with a default.
        """

    def draw(
        self, seed: int, difficulty: int = 1, parameters: Mapping[str, Json] | None = None
    ) -> Task:
        """:meth:`generate` with finer parameters by name; one it lacks is an InputError."""
        given = dict(parameters or {})
        known = list(inspect.signature(self.generate).parameters)[2:] if given else []
        if unknown := [name for name in given if name not in known]:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise InputError(f"{self.id} has no parameter {unknown[0]!r}; {has}")
        return self.generate(seed, difficulty, **given)

    def population(self, difficulty: int) -> int | None:
        """How many different tasks a level has, where that is little; None = more than enough."""
        return None

    @abstractmethod
    def oracle(self, task: Task) -> str:
        """A correct response to ``task``; of a game, one action a line."""

    def solution(self, task: Task) -> str:
        """A worked, step-by-step correct response, as supervised fine-tuning should see it."""
        return self.oracle(task)

    def act(self, task: Task, messages: Sequence[Message]) -> str:
        """The oracle's next action in an episode of which ``messages`` have been seen."""
        return self.oracle(task)

    def render(self, task: Task) -> str:
        """The task as a person would look at it in a terminal."""
        return "\n".join(message["content"] for message in task.prompt)

    def svg(self, task: Task) -> str:
        """The task as a self-contained SVG picture."""
        return text_svg(self.render(task))

    # What proves it

    def equivalents(self, task: Task) -> Iterator[str]:
        """Other correct responses: other spellings, other valid answers."""
        yield from ()

    def near_misses(self, task: Task) -> Iterator[str]:
        """Responses wrong by one cell, step, sign or swapped pair; each must be incorrect."""
        yield from ()

    def guess(self, task: Task, rng: Random) -> str:
        """A random answer of the right form, made from what the prompt shows only."""
        return str(rng.randint(0, 99))

    def trivial(self, task: Task) -> Iterator[str]:
        """Responses of the stated trivial policies, which must fail but for ``chance``."""
        yield from ()

    def recheck(self, task: Task) -> None:  # noqa: B027 - data sets certify nothing
        """Prove the certificate by a second, independent method; else CertificateError."""

    # Episodes

    @abstractmethod
    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        """Begin an episode.

        Args:
            seed: decides the episode fully, unless a task is given.
            options: ``difficulty`` (1–5, default 1) and ``parameters``, or a ``task`` to play.
        """

    @abstractmethod
    async def step(self, action: str) -> Step:
        """Play one action: ``(observation, reward, terminated, truncated, info)``."""

    async def close(self) -> None:
        """Give back what the episode holds. Idempotent."""
        await self.verifier.close()

    async def judge(self, response: str, task: Task) -> Verdict:
        """The verdict on ``response``; an undecided one is asked for once more."""
        verdict = await self.verifier.verify(response, task.answer, **task.options)
        if verdict.outcome == "undecided":
            verdict = await self.verifier.verify(response, task.answer, **task.options)
        return verdict

    def check_level(self, difficulty: int) -> int:
        """``difficulty`` if this env has that level, else an :class:`InputError`."""
        if isinstance(difficulty, bool) or difficulty not in self.levels:
            levels = ", ".join(str(level) for level in sorted(self.levels))
            raise InputError(f"{self.id} has no difficulty {difficulty!r}; choose one of {levels}")
        return difficulty

    def task_for(self, seed: int, options: Mapping[str, Json] | None) -> Task:
        """The task that ``reset`` is to play."""
        chosen = dict(options or {})
        if unknown := sorted(set(chosen) - set(_OPTIONS)):
            raise InputError(f"reset has no option {unknown[0]!r}; known: {', '.join(_OPTIONS)}")
        task = chosen.get("task")
        if task is None:
            return self.draw(seed, chosen.get("difficulty", 1), chosen.get("parameters"))
        return task if isinstance(task, Task) else Task.from_json(task)

    def opening(self, task: Task) -> tuple[Observation, Info]:
        """What ``reset`` returns: the prompt, and facts that give no answer away."""
        info = {"task_id": task.id, "difficulty": task.metadata.get("difficulty")}
        return list(task.prompt), info

    def ending(self, verdict: Verdict, rewards: Mapping[str, float] | None = None) -> Info:
        """The ``info`` of a last step; ``rewards`` are parts besides the verdict's own."""
        info: Info = {"verdict": verdict, "rewards": {**(rewards or {}), "outcome": verdict.score}}
        if verdict.outcome == "undecided":
            info["undecided"] = True
        return info


class SingleTurn(Environment):
    """The one-step case: the prompt is shown, one response is judged."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self._task: Task | None = None

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        self._task = self.task_for(seed, options)
        return self.opening(self._task)

    async def step(self, action: str) -> Step:
        if self._task is None:
            raise RuntimeError(f"{self.id}: step() before reset(), or after the episode ended")
        task, self._task = self._task, None
        verdict = await self.judge(action, task)
        return [], verdict.score, True, False, self.ending(verdict)
