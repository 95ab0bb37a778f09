"""WorkerPool: children that hang, die or babble are replaced, and the caller never hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assay_verifiers import Verdict
from assay_verifiers.asking import verdict_by
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
    if request == "slow":
        time.sleep(0.8)
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
    before = _workers()
    pool = WorkerPool("odd_child", size=1)
    yield pool
    pool.close()
    assert _workers() <= before


def _workers() -> set[int]:
    """Ids of this process's children that are workers, of this pool or of the shared one."""
    children = psutil.Process().children()
    return {p.pid for p in children if "assay_verifiers.worker" in " ".join(p.cmdline())}


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


def test_a_child_that_dies_by_chance_costs_no_request(pool: WorkerPool) -> None:
    """Killed from outside, idle or in the middle of a request: the request is asked again."""
    first = pool.call("a", 5)["pid"]
    os.kill(first, signal.SIGKILL)
    second = pool.call("b", 20)["pid"]
    assert second != first
    slow = pool.submit(lambda ask: ask("slow", 20))
    while psutil.Process(second).status() == psutil.STATUS_ZOMBIE or not slow.running():
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(second, signal.SIGKILL)
    assert slow.result(timeout=60)["pid"] != second


def test_a_forked_child_asks_workers_of_its_own(pool: WorkerPool) -> None:
    program = (
        "import os\n"
        "from assay_verifiers.workers import shared_pool\n"
        "def asked(): return shared_pool('odd_child').call('a', 20)['pid']\n"
        "mine = asked()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0 if asked() != mine else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert asked() == mine\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)


@pytest.mark.parametrize(
    ("request_", "limit", "reason"), [("hang", 0.2, "too_costly"), ("a", 9, "match")]
)
async def test_a_late_comparison_is_no_missed_deadline(
    pool: WorkerPool, request_: str, limit: float, reason: str
) -> None:
    """A verdict that comes too late because its request was late is the response's fault."""
    pool.call("warm", 20)

    def work(ask: Ask) -> Verdict:
        try:
            ask(request_, limit)
        except WorkerTimeout:
            time.sleep(1)  # finding out whose fault it was takes longer than there is
        return Verdict.correct()

    assert (await verdict_by(pool.submit(work), 0.6 if request_ == "hang" else 30)).reason == reason


async def test_a_request_without_a_turn_is_undecided(pool: WorkerPool) -> None:
    busy = pool.submit(lambda ask: ask("slow", 20))
    waiting = pool.submit(lambda ask: Verdict.correct(), deadline_s=0.1)
    assert (await verdict_by(waiting, 0.1)).reason == "deadline"
    busy.result(timeout=60)


async def test_thousands_of_requests_leave_the_loop_free(pool: WorkerPool) -> None:
    """Two thousand wait for one child; the loop keeps ticking all the while."""
    pool.call("warm", 20)
    asked = [asyncio.wrap_future(pool.submit(lambda ask: ask("a", 20))) for _ in range(2_000)]
    ticks = 0
    everything = asyncio.gather(*asked)
    while not everything.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert {reply["echo"] for reply in everything.result()} == {"a"}
    assert ticks > 20


@pytest.mark.slow
def test_it_works_in_a_ray_actor() -> None:
    """Needs ray; about ten seconds."""
    ray = pytest.importorskip("ray")
    program = (
        "import asyncio, ray\n"
        "from assay_verifiers import make_verifier\n"
        "ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)\n"
        "@ray.remote\n"
        "class Judge:\n"
        "    async def ask(self, text):\n"
        "        options = {'metric': 'json_schema'}\n"
        "        verdict = await make_verifier('text').verify(text, {'const': 1}, **options)\n"
        "        return verdict.reason\n"
        "judge = Judge.remote()\n"
        "assert ray.get([judge.ask.remote(t) for t in '12']) == ['match', 'mismatch']\n"
    )
    assert ray.__version__
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=240, check=True)


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
