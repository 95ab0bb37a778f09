"""The process's own sandboxes: opened once, in the background, and closed with the last user."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from assay_sandbox import SandboxUnavailable
from assay_verifiers import shared_sandbox


class Slow:
    """Stands for a sandbox whose template is being built until ``go``."""

    go = threading.Event()
    opened: list[Slow] = []  # noqa: RUF012 - emptied by the fixture
    problem: Exception | None = None

    def __init__(self, template: Any, **settings: Any) -> None:
        self.template = template
        self.closed = threading.Event()

    def __enter__(self) -> Slow:
        if self.template == "toolchain":
            assert self.go.wait(20)
        if self.problem is not None:
            raise self.problem
        self.opened.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    async def close(self) -> None:
        self.__exit__()

    def stats(self) -> str:
        return "figures"


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Slow]]:
    monkeypatch.setattr(shared_sandbox, "Sandbox", Slow)
    monkeypatch.setattr(shared_sandbox, "_shared", {})
    monkeypatch.setattr(Slow, "problem", None)
    Slow.go.clear()
    Slow.opened.clear()
    yield Slow
    Slow.go.set()


async def waiter(template: str = "toolchain") -> asyncio.Task[Any]:
    task = asyncio.create_task(shared_sandbox.borrow(template))
    await asyncio.sleep(0.02)
    return task


async def test_a_template_being_built_keeps_nobody_else_waiting() -> None:
    """Signs of life above all: a worker that gave none would be killed, and the build with it."""
    waiting = await waiter()
    async with asyncio.timeout(5):
        await shared_sandbox.borrow("sympy")
        assert shared_sandbox.stats() == {"sympy": "figures"}
        await shared_sandbox.give_back("sympy")
    Slow.go.set()
    await waiting
    assert shared_sandbox.stats() == {"toolchain": "figures"}


async def test_a_build_goes_on_when_those_who_wait_have_gone() -> None:
    gone, patient = await waiter(), await waiter()
    gone.cancel()
    await asyncio.wait([gone])
    Slow.go.set()
    assert (await patient).closed.is_set() is False
    assert len(Slow.opened) == 1
    await shared_sandbox.give_back("toolchain")
    assert Slow.opened[0].closed.is_set()
    assert not shared_sandbox._shared


async def test_a_sandbox_that_nobody_waits_for_any_more_is_closed_again() -> None:
    gone = await waiter()
    gone.cancel()
    await asyncio.wait([gone])
    Slow.go.set()
    for _ in range(200):
        if Slow.opened and Slow.opened[0].closed.is_set():
            break
        await asyncio.sleep(0.01)
    assert Slow.opened[0].closed.is_set()
    assert not shared_sandbox._shared


async def test_a_build_that_fails_is_told_to_all_and_tried_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = [await waiter(), await waiter()]
    monkeypatch.setattr(Slow, "problem", SandboxUnavailable("no room"))
    Slow.go.set()
    for each in waiting:
        with pytest.raises(SandboxUnavailable, match="no room"):
            await each
    monkeypatch.setattr(Slow, "problem", None)
    assert await shared_sandbox.borrow("toolchain") is Slow.opened[0]
