"""A small world for the front door's tests: two envs, three verifiers, a way to call ``assay``, one
real server for all tests that leave it as they found it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from assay.cli import main
from assay_datasets import Json, Task, derive_random
from assay_envs import SingleTurn, env_registry
from assay_verifiers import Verdict, Verifier, verifier_registry


class Exact(Verifier):
    name = "test/exact"
    summary = "the response is the answer"
    options = ("loose",)

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return Verdict.correct() if response == answer else Verdict.incorrect("mismatch")


class Slow(Exact):
    """Takes as many milliseconds as the response says, so that later lines finish first."""

    name = "test/slow"

    async def verify(
        self, response: str, answer: Json, *, deadline_s: float = 10.0, **options: Json
    ) -> Verdict:
        await asyncio.sleep(int(response) / 1000)
        return Verdict.correct()


class Broken(Exact):
    name = "test/broken"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        raise ZeroDivisionError("a bug")


class Echo(SingleTurn):
    id = "test/echo"
    summary = "say the number"
    levels: ClassVar = {1: "one digit", 2: "[two] digits"}

    def __init__(self) -> None:
        super().__init__(Exact())

    def generate(self, seed: int, difficulty: int) -> Task:
        number = derive_random(seed).randrange(10 ** self.check_level(difficulty))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": f"Say [{number}]."},),
            answer=str(number),
            verifier="test/exact",
            metadata={"difficulty": difficulty, "certificate": number},
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)


class Constant(Echo):
    """Has one problem only, so one split only."""

    id = "test/constant"

    def generate(self, seed: int, difficulty: int) -> Task:
        return super().generate(0, 1)


@dataclass(frozen=True)
class Outcome:
    status: Any
    out: str
    err: str


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registries hold exactly the members above."""
    verifiers = {kind.name: kind for kind in (Exact, Slow, Broken)}
    envs = {kind.id: kind for kind in (Echo, Constant)}
    for registry, members in ((verifier_registry, verifiers), (env_registry, envs)):
        monkeypatch.setattr(registry, "_entries", {})
        monkeypatch.setattr(registry, "_added", members)


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call the command line in this process: ``assay("verify", …)``."""

    def call(*args: str) -> Outcome:
        with pytest.raises(SystemExit) as left:
            main(args)
        captured = capsys.readouterr()
        return Outcome(left.value.code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Its URL. It has no keys, one worker of each kind, one slot, and plug-ins that misbehave."""
    from assay.serve.config import ServiceConfig
    from tests.assay.serve import misbehaving
    from tests.assay.serve.loopback import serving

    config = ServiceConfig(workers=1, slots=1, imports=(misbehaving.__name__,))
    with serving(config) as url:
        yield url
