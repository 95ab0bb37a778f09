"""WorkerPool: children that hang, die or babble are replaced, and the caller never hangs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assay_verifiers.workers import (
    Ask,
    Crew,
    WorkerCrashed,
    WorkerDeadline,
    WorkerPool,
    WorkerTimeout,
    shared_pool,
)

CHILD = """
import os, time

def handle(request):
    if request == "hang":
        time.sleep(600)
    if request == "spin":
        9 ** 9 ** 9
    if request == "die":
        os._exit(3)
    if request == "print":
        print("not a frame", flush=True)
    if request == "raise":
        raise ValueError
    if request == "grow":
        bytearray(b"x" * (1100 << 20))
    return {"echo": request, "pid": os.getpid()}
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    (tmp_path / "odd_child.py").write_text(CHILD)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    pool = WorkerPool("odd_child", size=1)
    yield pool
    pool.close()
    assert not [
        p for p in psutil.Process().children() if "assay_verifiers.worker" in " ".join(p.cmdline())
    ]


def test_a_child_is_warm_and_reused(pool: WorkerPool) -> None:
    first, second = pool.call("a", 5), pool.call({"b": [1]}, 5)
    assert (first["echo"], second["echo"]) == ("a", {"b": [1]})
    assert first["pid"] == second["pid"] != os.getpid()


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("hang", WorkerTimeout),
        ("spin", WorkerTimeout),
        ("die", WorkerCrashed),
        ("raise", WorkerCrashed),
    ],
)
def test_a_bad_request_costs_its_child_and_no_other_call(
    pool: WorkerPool, request_: str, error: type[Exception]
) -> None:
    before = pool.call("a", 5)["pid"]
    with pytest.raises(error):
        pool.call(request_, 0.3)
    assert not psutil.pid_exists(before)
    assert pool.call("b", 5)["echo"] == "b"


def test_what_a_library_prints_does_not_get_between_the_frames(pool: WorkerPool) -> None:
    assert pool.call("print", 5)["echo"] == "print"


def test_a_request_that_gets_no_turn_is_told_so(pool: WorkerPool) -> None:
    def slow(ask: Ask) -> object:
        with pytest.raises(WorkerTimeout):
            ask("hang", 0.4)
        return None

    first = pool.submit(slow)
    late = pool.submit(lambda ask: ask("a", 5), deadline_s=0.1)
    first.result()
    with pytest.raises(WorkerDeadline):
        late.result()


def test_closing_ends_running_work_and_cancels_what_waits(pool: WorkerPool) -> None:
    pool.call("warm", 5)
    running = pool.submit(lambda ask: ask("hang", 600))
    while not running.running():
        time.sleep(0.01)
    waiting = pool.submit(lambda ask: ask("a", 5))
    pool.close()
    with pytest.raises(WorkerCrashed):
        running.result(timeout=60)
    assert waiting.cancelled()


def test_a_program_may_end_with_work_in_flight(pool: WorkerPool) -> None:
    program = (
        "from assay_verifiers.workers import WorkerPool\n"
        "import atexit\n"
        "pool = WorkerPool('odd_child')\n"
        "atexit.register(pool.close)\n"
        "print(pool.call('a', 5)['pid'])\n"
        "for _ in range(9): pool.submit(lambda ask: ask('hang', 600))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert not ended.stderr
    assert not psutil.pid_exists(int(ended.stdout))


async def test_an_event_loop_goes_on_while_children_work(pool: WorkerPool) -> None:
    pool.call("warm", 5)
    waiting = asyncio.wrap_future(pool.submit(lambda ask: ask("hang", 0.5)))
    ticks = 0
    while not waiting.done():
        await asyncio.sleep(0.01)
        ticks += 1
    with pytest.raises(WorkerTimeout):
        waiting.result()
    assert ticks > 5


def test_it_works_from_any_thread(pool: WorkerPool) -> None:
    replies: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: replies.append(pool.call(str(n), 5)["echo"]))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [str(n) for n in range(8)]


def test_a_child_that_has_grown_is_replaced_after_its_reply(pool: WorkerPool) -> None:
    before, grown, after = (pool.call(word, 20)["pid"] for word in ("a", "grow", "a"))
    assert before == grown != after


def test_modules_share_the_processs_one_crew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one_child", "other_child"):
        (tmp_path / f"{name}.py").write_text(CHILD)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    crew = Crew(1)
    pools = [WorkerPool(name, crew=crew) for name in ("one_child", "other_child")]
    try:
        assert len({pool.call("a", 20)["pid"] for pool in pools}) == 1
        with pytest.raises(WorkerCrashed):
            pools[0].call("die", 20)
        assert pools[1].call("a", 20)["echo"] == "a"
    finally:
        crew.close()


def test_a_module_that_does_not_load_is_a_crash_of_that_call_only(pool: WorkerPool) -> None:
    crew = Crew(1)
    try:
        with pytest.raises(WorkerCrashed):
            WorkerPool("no_such_module", crew=crew).call("a", 20)
        assert WorkerPool("odd_child", crew=crew).call("a", 20)["echo"] == "a"
    finally:
        crew.close()


def test_the_shared_crew_is_one_per_process() -> None:
    assert shared_pool("a").crew is shared_pool("b").crew
