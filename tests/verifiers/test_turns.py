"""Turns: work that never waits leaves the loop to others."""

from __future__ import annotations

import asyncio
import time

from assay_verifiers.turns import turn


async def test_the_loop_goes_round_while_many_take_their_turns() -> None:
    rounds, done = 0, False

    async def others() -> None:
        nonlocal rounds
        while not done:
            rounds += 1
            await asyncio.sleep(0)

    async def work() -> None:
        await turn()
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass

    watching = asyncio.create_task(others())
    await asyncio.gather(*(work() for _ in range(50)))
    done = True
    await watching
    assert rounds >= 5
