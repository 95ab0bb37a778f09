"""What a job leaves in the kernel costs the next job of its container nothing."""

from __future__ import annotations

import asyncio

import pytest

from assay_sandbox import InvalidJob, Job, Limits, Sandbox, probe

BACKENDS = ("gvisor", "namespace")
PATIENT = Limits(wall_s=20.0, cpu_s=20.0)

# Sockets that hold each other, and with them whatever is on its way through them.
CYCLE = """
import os, socket
one, other = socket.socketpair()
def leave(*fds):
    socket.send_fds(one, [b"x"], fds)
"""
# What is left behind → the job that leaves it, the next one, and what that must print.
LEFT = {
    "memory": (
        CYCLE
        + """
for _ in range(90):
    fd = os.memfd_create("left")
    for _ in range(16):
        os.write(fd, b"x" * (1 << 20))
    leave(fd)
    os.close(fd)
leave(one.fileno(), other.fileno())
""",
        "held = [b'y' * (1 << 20) for _ in range(400)]\nprint(len(held))",
        b"400\n",
    ),
    "the ends of its pipes": (
        CYCLE + "leave(one.fileno(), other.fileno(), 1, 2)",
        "print('here')",
        b"here\n",
    ),
    "a name": (
        CYCLE
        + """
named = socket.socket(socket.AF_UNIX)
named.bind("\\0left")
leave(named.fileno(), one.fileno(), other.fileno())
""",
        "import socket, time\ntime.sleep(0.1)\nsocket.socket(socket.AF_UNIX).bind('\\0left')\n"
        "print('free')",
        b"free\n",
    ),
    "a port": (
        """
import socket
server = socket.socket()
server.bind(("127.0.0.1", 5000))
try:
    server.listen()
    client = socket.create_connection(("127.0.0.1", 5000), 1)
    server.accept()[0].close()
    client.close()
except OSError:
    pass
""",
        "import socket\nsocket.socket().bind(('127.0.0.1', 5000))\nprint('free')",
        b"free\n",
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("left", LEFT)
def test_the_next_job_does_not_find_it(backend: str, left: str) -> None:
    if reason := probe(backend):
        pytest.skip(f"{backend}: {reason}")
    if (backend, left) == ("gvisor", "a name"):
        pytest.skip("gVisor has no abstract names beside its first network stack")
    first, then, expected = LEFT[left]
    with Sandbox(backend, slots=1, spares=0) as box:
        result = box.run_sync(Job(first, limits=PATIENT))
        assert (result.status, result.stderr) == ("ok", b"")
        result = box.run_sync(Job(then, limits=PATIENT))
        assert (result.status, result.stdout) == ("ok", expected), result


SPIN = """
import os
for _ in range(24):
    try:
        if os.fork() == 0:
            os.setsid()
            while True: pass
    except OSError:
        break
while True: pass
"""


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_job_of_many_processes_does_not_take_its_neighbours_share(backend: str) -> None:
    if reason := probe(backend):
        pytest.skip(f"{backend}: {reason}")
    work = "import time\nwhile time.process_time() < 0.5: pass\nprint('done')"
    async with Sandbox(backend, slots=2, spares=0) as box:
        many = Limits(wall_s=6.0, cpu_s=60.0)
        greedy = asyncio.create_task(box.run(Job(SPIN, limits=many)))
        await asyncio.sleep(0.5)
        result = await box.run(Job(work, limits=Limits(wall_s=5.0)))
        assert (result.status, result.stdout) == ("ok", b"done\n"), result
        assert (await greedy).status == "timeout"


async def test_a_time_that_no_clock_can_wait_for_is_refused() -> None:
    with pytest.raises(InvalidJob, match="at most"):
        async with Sandbox("namespace", slots=1) as box:
            await box.run(Job("print(1)", limits=Limits(wall_s=1e17)))
