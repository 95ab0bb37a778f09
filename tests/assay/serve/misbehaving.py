"""Verifiers and environments that misbehave, or keep secrets; for workers to import."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from assay_datasets import InputError, Json, Task
from assay_envs import SingleTurn, env_registry
from assay_verifiers import Verdict, Verifier, verifier_registry

SECRET = "the-answer-is-xyzzy"  # noqa: S105 - what must not leak


class Exact(Verifier):
    name = "test/exact"
    options = ("loose",)

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return Verdict.correct() if response == answer else Verdict.incorrect("mismatch")


class Spin(Verifier):
    """Burns as many seconds of its process as the answer says, and never lets the loop go."""

    name = "test/spin"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        until = time.monotonic() + float(answer)
        while time.monotonic() < until:
            pass
        return Verdict.correct()


class Sleep(Verifier):
    """Waits as many seconds as the answer says, whatever its deadline; notes that it was dropped in
    the file that the response names."""

    name = "test/sleep"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise TypeError("use verify")

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        try:
            await asyncio.sleep(float(answer))
        except asyncio.CancelledError:
            if response:
                with open(response, "w") as file:  # noqa: ASYNC230 - a few bytes
                    file.write("dropped")
            raise
        return Verdict.correct()


class Die(Verifier):
    """Takes its process along, if the response says so."""

    name = "test/die"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if response == "die":
            os._exit(3)
        return Verdict.correct()


class Hog(Verifier):
    """Keeps as many MiB as the answer says, for good."""

    name = "test/hog"
    kept: ClassVar[list[bytes]] = []

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        self.kept.append(b"x" * (int(answer) << 20))
        return Verdict.correct()


class Broken(Verifier):
    name = "test/broken"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise ZeroDivisionError(SECRET)


class Infinite(Verifier):
    name = "test/infinite"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return Verdict.incorrect("mismatch", value=float("inf"))


class Talkative(Verifier):
    """Quotes the answer in its detail, as verifiers do for whoever holds it anyway."""

    name = "test/talkative"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        tests = [{"status": "match"}, {"status": "mismatch", "difference": f"expected {answer}"}]
        if response == answer:
            return Verdict.correct(expected=answer)
        return Verdict.incorrect("mismatch", expected=answer, tests=tests, trust="host")


class Secretive(SingleTurn):
    """Holds its answer everywhere a client might look."""

    id = "test/secretive"
    levels: ClassVar = {1: "one"}

    def __init__(self) -> None:
        super().__init__(Talkative())

    def generate(self, seed: int, difficulty: int) -> Task:
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": f"guess {seed % 7}"},),
            answer=SECRET,
            verifier="test/talkative",
            metadata={
                "difficulty": self.check_level(difficulty),
                "seed": seed,
                "duplicate_key": f"{self.id}:{SECRET}",
                "certificate": SECRET,
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        observation, info = await super().reset(seed=seed, options=options)
        return observation, {**info, "certificate": SECRET, "seed": seed}


class Tedious(Secretive):
    """Takes as many seconds to make a task as its parameter says."""

    id = "test/tedious"

    def generate(self, seed: int, difficulty: int, seconds: float = 0.0) -> Task:
        if seconds < 0:
            raise InputError("seconds must not be negative")
        time.sleep(seconds)
        return super().generate(seed, difficulty)


for each in (Exact, Spin, Sleep, Die, Hog, Broken, Infinite, Talkative):
    verifier_registry.add(each.name, each)
for env in (Secretive, Tedious):
    env_registry.add(env.id, env)
