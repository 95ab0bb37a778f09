"""Kept sessions: state, what a cell shows, limits, lifetime, and what their code cannot reach."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from assay_sandbox import (
    Cell,
    InvalidJob,
    Limits,
    Sandbox,
    SandboxBusy,
    Session,
    SessionEnded,
    probe,
)

LIMITS = Limits(wall_s=5.0, file_bytes=1 << 20, output_bytes=4096, processes=16)


@pytest.fixture(scope="module", params=["gvisor", "namespace"])
def pool(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    with Sandbox(request.param, slots=1, max_sessions=3) as box:
        yield box


@pytest.fixture
async def python(pool: Sandbox) -> AsyncIterator[Session]:
    async with pool.session("python", limits=LIMITS) as session:
        yield session


@pytest.fixture
async def bash(pool: Sandbox) -> AsyncIterator[Session]:
    async with pool.session("bash", limits=LIMITS) as session:
        yield session


# Cells, and what the last of them must give: status, exit code, stdout, something in stderr.
PYTHON = {
    "value of the last expression": (["x = 20", "x += 1; x"], "ok", 0, b"21\n", ""),
    "no value": (["None"], "ok", 0, b"", ""),
    "value after print": (["print('a'); 'b'"], "ok", 0, b"a\n'b'\n", ""),
    "underscore": (["6 * 7", "_ + 1"], "ok", 0, b"43\n", ""),
    "imports are kept": (["import math", "math.factorial(5)"], "ok", 0, b"120\n", ""),
    "functions are kept": (["def f(n):\n    return n + 1", "f(1)"], "ok", 0, b"2\n", ""),
    "traceback": (["def f():\n    return 1 / 0", "f()"], "nonzero_exit", 1, b"", "<cell 1>"),
    "state after an error": (["y = 1\n1 / 0", "y"], "ok", 0, b"1\n", ""),
    "syntax error": (["z = 1", "x ="], "compile_error", 1, b"", "SyntaxError"),
    "exit ends the cell": (["a = 5; exit(3)"], "nonzero_exit", 3, b"", ""),
    "state after exit": (["a = 5; exit(3)", "a"], "ok", 0, b"5\n", ""),
    "no input": (["input()"], "nonzero_exit", 1, b"", "EOFError"),
    "stderr": (["import sys; print('e', file=sys.stderr)"], "ok", 0, b"", "e\n"),
    "memory": (["x = bytearray(1 << 40)"], "memory", 1, b"", "MemoryError"),
    "name": (["__name__"], "ok", 0, b"'__main__'\n", ""),
    "empty": ([""], "ok", 0, b"", ""),
    "class and pickle": (
        ["class A: pass", "import pickle; type(pickle.loads(pickle.dumps(A()))).__name__"],
        "ok", 0, b"'A'\n", "",
    ),
    "output of a child": (
        ["import os; os.system('echo child') and None\nprint('end')"], "ok", 0, b"child\nend\n", "",
    ),
}  # fmt: skip

BASH = {
    "variables": (["X=5", "echo $X"], "ok", 0, b"5\n", ""),
    "directory": (["cd /usr", "pwd"], "ok", 0, b"/usr\n", ""),
    "functions": (['f() { echo "it\'s $1"; }', "f a"], "ok", 0, b"it's a\n", ""),
    "exit code": (["(exit 7)"], "nonzero_exit", 7, b"", ""),
    "goes on after failure": (["(exit 7)", "echo on"], "ok", 0, b"on\n", ""),
    "several lines": (["for i in 1 2; do\n  echo $i\ndone"], "ok", 0, b"1\n2\n", ""),
    "no input": (["read line; echo \"<$line>\""], "ok", 0, b"<>\n", ""),
    "unknown command": (["nosuchcommand"], "nonzero_exit", 127, b"", "not found"),
    "syntax error is survived": (["if", "echo on"], "ok", 0, b"on\n", ""),
    "quotes": (["echo 'a'\"b\"'\\''"], "nonzero_exit", 2, b"", ""),
    "stderr": (["echo e >&2"], "ok", 0, b"", "e\n"),
    "here document": (["while read a; do echo =$a; done <<E\nx\nE"], "ok", 0, b"=x\n", ""),
}  # fmt: skip


async def _last(session: Session, cells: list[str]) -> Cell:
    results = [await session.run(cell) for cell in cells]
    assert all(each.alive for each in results)
    return results[-1]


def _check(cell: Cell, status: str, code: int, stdout: bytes, stderr: str) -> None:
    assert (cell.status, cell.exit_code, cell.stdout) == (status, code, stdout), cell
    assert stderr in cell.stderr.decode()


@pytest.mark.parametrize("case", PYTHON)
async def test_python(case: str, python: Session) -> None:
    cells, *expected = PYTHON[case]
    _check(await _last(python, cells), *expected)


@pytest.mark.parametrize("case", BASH)
async def test_shell(case: str, bash: Session) -> None:
    cells, *expected = BASH[case]
    if case == "quotes":
        cell = await bash.run(cells[0])
        assert cell.status == "nonzero_exit"
        return
    _check(await _last(bash, cells), *expected)


async def test_traceback_shows_the_cells_lines_and_nothing_of_the_harness(python: Session) -> None:
    await python.run("def f():\n    return [][1]")
    stderr = (await python.run("f()")).stderr.decode()
    assert "return [][1]" in stderr
    assert "instead" not in stderr
    assert "_run_cell" not in stderr


# What goes beyond a cell's limits but gives way: the status, and the state is still there.
GIVES_WAY = {
    "sleeps": ("import time; time.sleep(60)", "timeout"),
    "spins": ("while True: pass", "timeout"),
    "waits for a child": ("import os; os.system('while :; do :; done')", "timeout"),
    "floods": ("while True: print('x' * 1000)", "output_limit"),
    "floods stderr": ("import os\nwhile True: os.write(2, b'x' * 1000)", "output_limit"),
}


@pytest.mark.parametrize("case", GIVES_WAY)
async def test_cell_beyond_its_limit_is_interrupted(case: str, python: Session) -> None:
    source, status = GIVES_WAY[case]
    await python.run("kept = 1")
    cell = await python.run(source, wall_s=0.4)
    assert (cell.status, cell.signal, cell.exit_code, cell.alive) == (status, 2, None, True), cell
    assert "state is kept" in cell.error
    assert len(cell.stdout) + len(cell.stderr) <= LIMITS.output_bytes
    assert cell.truncated == (status == "output_limit")
    assert (await python.run("kept")).stdout == b"1\n"


# What does not give way, or ends the interpreter: the session is over, and the Cell says so.
ENDS = {
    "ignores interrupts": (
        "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass", "timeout", 9,
    ),
    "catches interrupts": (
        "import signal; signal.signal(2, lambda *_: None)\nwhile True: pass", "timeout", 9,
    ),
    "_exit": ("import os; os._exit(4)", "nonzero_exit", None),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "signal", 9),
    "crash": ("import ctypes; ctypes.string_at(0)", "signal", 11),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
async def test_cell_that_does_not_give_way_takes_the_session_with_it(
    case: str, python: Session
) -> None:
    source, status, signal = ENDS[case]
    cell = await python.run(source, wall_s=0.4)
    assert (cell.status, cell.signal, cell.alive) == (status, signal, False), cell
    assert cell.error
    assert not python.alive
    with pytest.raises(SessionEnded, match="program") as ended:
        await python.run("1")
    assert ended.value.reason == "program"


SHELL_ENDS = {
    "exit": ("exit 3", "nonzero_exit", 3),
    "a failure that it shall not survive": ("set -e; false", "nonzero_exit", 1),
    "becomes another program": ("exec /bin/sh -c 'exit 3'", "nonzero_exit", 3),
    "becomes a program without an end": ("exec /bin/sh -c 'while :; do :; done'", "timeout", None),
    "kills itself": ("kill -9 $$", "signal", None),
    "spins in the shell itself": ("while :; do :; done", "timeout", None),
}


@pytest.mark.parametrize("case", SHELL_ENDS)
async def test_what_ends_a_shell(case: str, bash: Session) -> None:
    source, status, code = SHELL_ENDS[case]
    cell = await bash.run(source, wall_s=0.3)
    assert (cell.status, cell.exit_code, cell.alive) == (status, code, False), cell


async def test_cpu_of_all_processes_of_a_cell_is_limited(pool: Sandbox) -> None:
    limits = Limits(wall_s=20.0, cpu_s=0.5)
    async with pool.session("python", limits=limits) as session:
        spin = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
        cell = await session.run(spin)
        assert cell.status == "timeout"
        assert cell.wall_s < 15
        assert cell.cpu_s > 0.4


async def test_memory_of_all_processes_together_is_limited(pool: Sandbox) -> None:
    limits = Limits(wall_s=30.0, cpu_s=30.0, memory_bytes=256 << 20)
    async with pool.session("python", limits=limits) as session:
        fill = """
            import os, time
            for _ in range(4):
                if os.fork() == 0:
                    x = bytearray(b"x") * (100 << 20)
                    time.sleep(60)
            time.sleep(60)
            """
        cell = await session.run(textwrap.dedent(fill))
        assert (cell.status, cell.alive) == ("memory", False), cell


async def test_nothing_runs_between_cells(python: Session) -> None:
    await python.run(
        "import threading\nn = 0\ndef count():\n    global n\n    while True: n += 1\n"
        "threading.Thread(target=count, daemon=True).start()"
    )
    before = int((await python.run("print(n)")).stdout)
    await asyncio.sleep(0.4)
    first = int((await python.run("print(n)")).stdout)
    await python.run("import time; time.sleep(0.4)")
    second = int((await python.run("print(n)")).stdout)
    assert second - first > 3 * (first - before)


async def test_background_program_goes_on_with_the_next_cell(bash: Session) -> None:
    await bash.run("(while :; do :; done) & X=$!")
    assert (await bash.run("kill -0 $X && echo there")).stdout == b"there\n"
    assert (await bash.run("kill $X; wait $X; echo gone")).stdout == b"gone\n"


async def test_files_go_in_and_out(python: Session) -> None:
    await python.put({"data/a.txt": b"one", "b": b"two"})
    cell = await python.run("open('data/c.txt', 'w').write(open('data/a.txt').read() + 'x')")
    assert cell.stdout == b"4\n"
    await python.put({"b": b"replaced"})
    found = await python.get(["b", "data/c.txt", "none"])
    assert found == {"b": b"replaced", "data/c.txt": b"onex"}


HOSTILE_FILES = """
import os
os.symlink("/etc/passwd", "link")
os.mkdir("d"); open("d/f", "w").write("x")
os.symlink("d", "dirlink")
os.mkfifo("fifo")
with open("big", "wb") as f: f.truncate(1 << 40) if False else None
os.symlink("/usr", "outside")
"""


async def test_links_pipes_and_folders_are_no_files(python: Session) -> None:
    assert (await python.run(HOSTILE_FILES)).status == "ok"
    assert await python.get(["link", "dirlink/f", "fifo", "d", "d/f"]) == {"d/f": b"x"}
    for name in ("outside/x", "d"):
        with pytest.raises(InvalidJob, match="cannot lay the files"):
            await python.put({name: b"x"})
    await python.put({"link": b"mine"})  # in place of the link, not through it
    assert (await python.run("open('link').read(), open('/etc/passwd').read()[:4]")).stdout == (
        b"('mine', 'root')\n"
    )


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a//b", "a/./b", "", "a\0b"])
async def test_file_names_that_lead_out_are_refused(name: str, python: Session) -> None:
    with pytest.raises(InvalidJob):
        await python.put({name: b"x"})
    with pytest.raises(InvalidJob):
        await python.get([name])


async def test_files_without_room_are_refused(python: Session) -> None:
    await python.run("open('full', 'wb').write(b'x' * 900_000)")
    with pytest.raises(InvalidJob, match="cannot lay the files"):
        await python.put({"more": b"x" * 900_000})
    assert (await python.run("1")).stdout == b"1\n"


# Each must print nothing but "contained".
ABUSES = {
    "supervisor cannot be signalled": """
        try: os.kill(1, 9)
        except PermissionError: print("contained")
    """,
    "supervisor cannot be read": """
        try: open("/proc/1/mem", "rb")
        except OSError: print("contained")
    """,
    "frames are not inherited": """
        fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
        kinds = {os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in fds[:4]}
        print("contained" if fds[:4] == [0, 1, 2, 3] and len(fds) <= 5 else fds)
    """,
    "children have no channel": """
        import subprocess
        code = "for n in 3 4 5 6 7; do (echo x >&$n) 2>/dev/null && echo leak; done; echo contained"
        subprocess.run(["/bin/sh", "-c", code])
        None
    """,
    "own uid, no capabilities": """
        status = open("/proc/self/status").read()
        bad = os.getuid() == 0 or "CapEff:\\t0000000000000000" not in status
        print("contained" if not bad else status)
    """,
    "kill of everything reaches nobody": """
        try: os.kill(-1, 9)
        except OSError: pass
        print("contained")
    """,
    "root is read-only": """
        try: open("/usr/x", "w")
        except OSError: print("contained")
    """,
    "no network": """
        import socket
        try: socket.create_connection(("127.0.0.1", 22), 1)
        except OSError: print("contained")
    """,
    "processes are limited": """
        children = []
        try:
            for _ in range(200):
                pid = os.fork()
                if pid == 0:
                    import time; time.sleep(30); os._exit(0)
                children.append(pid)
        except OSError: pass
        for pid in children: os.kill(pid, 9); os.waitpid(pid, 0)
        print("contained" if len(children) < 200 else len(children))
    """,
    "limits cannot be raised": """
        import resource
        try: resource.setrlimit(resource.RLIMIT_NPROC, (999, 999))
        except (ValueError, OSError): print("contained")
    """,
}  # fmt: skip


@pytest.mark.parametrize("case", ABUSES)
async def test_abuse_is_contained(case: str, python: Session) -> None:
    cell = await python.run("import os\n" + textwrap.dedent(ABUSES[case]))
    assert cell.stdout == b"contained\n", cell


async def test_forged_end_of_a_cell_harms_its_own_session_only(
    python: Session, pool: Sandbox
) -> None:
    forged = await python.run("import os, time\nos.write(3, b'done 0\\n'); time.sleep(60)")
    assert forged.status == "ok"
    late = await python.run("print('x')", wall_s=0.5)
    assert late.status in ("timeout", "ok", "nonzero_exit")
    for junk in ("b'\\xff' * 5000", "b'done 999999999999999999\\n'", "b'memory 0\\n'"):
        cell = await python.run(f"import os; os.write(3, {junk})", wall_s=0.5)
        if not cell.alive:
            break
    async with pool.session() as other:
        assert (await other.run("1 + 1")).stdout == b"2\n"


async def test_lifetime_idle_time_and_cells_end_it(pool: Sandbox) -> None:
    async with pool.session(lifetime_s=0.6) as session:
        cell = await session.run("import time; time.sleep(60)", wall_s=30.0)
        assert cell.status == "timeout"  # a cell does not outlive its session
        assert cell.wall_s < 5
        await asyncio.sleep(0.2)
        with pytest.raises(SessionEnded, match="lifetime"):
            await session.run("1")
    async with pool.session(idle_s=0.2) as session:
        await session.run("1")
        await asyncio.sleep(0.6)
        with pytest.raises(SessionEnded, match="idle"):
            await session.put({"a": b""})
    async with pool.session(max_cells=2) as session:
        assert (await session.run("1")).alive
        assert not (await session.run("2")).alive
        with pytest.raises(SessionEnded, match="cells"):
            await session.run("3")


async def test_number_of_sessions_is_limited(pool: Sandbox) -> None:
    async with pool.session(), pool.session(), pool.session():
        assert pool.stats().sessions == 3
        with pytest.raises(SandboxBusy, match="3 sessions are open") as refused:
            async with pool.session():
                pass
        assert refused.value.retry_after_s > 0
    assert pool.stats().sessions == 0


async def test_cancelling_a_cell_ends_the_session_at_once(pool: Sandbox) -> None:
    async with pool.session() as session:
        running = asyncio.create_task(session.run("import time; time.sleep(60)", wall_s=60.0))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(SessionEnded, match="closed"):
            await session.run("1")
    assert time.monotonic() - began < 20


async def test_closing_a_session_leaves_no_process(pool: Sandbox) -> None:
    async with pool.session() as session:
        await session.run("import os\nif os.fork() == 0:\n    import time; time.sleep(600)")
        container = session._container
        assert container is not None
    assert container.process.poll() is not None
    assert not any(path.exists() for path in container.group.paths)
    with pytest.raises(SessionEnded):
        await session.run("1")


def test_without_an_event_loop(pool: Sandbox) -> None:
    with pool.session() as session:
        session.put_sync({"a": b"1"})
        assert session.run_sync("open('a').read()").stdout == b"'1'\n"
        assert session.get_sync(["a"]) == {"a": b"1"}


async def test_closing_the_pool_ends_its_sessions() -> None:
    name = next((name for name in ("namespace", "gvisor") if not probe(name)), None)
    if name is None:
        pytest.skip("no back-end works here")
    before = await asyncio.to_thread(_ours)
    async with Sandbox(name, slots=1) as box:
        session = await box.session().__aenter__()
        running = asyncio.create_task(session.run("import time; time.sleep(60)", wall_s=60.0))
        await asyncio.sleep(0.3)
    with pytest.raises(SessionEnded, match="closed"):
        await running
    assert await asyncio.to_thread(_ours) <= before


def _ours() -> set[Path]:
    return {path for path in Path("/proc").glob("[0-9]*/cmdline") if _is_of(path, os.getpid())}


def _is_of(path: Path, pid: int) -> bool:
    try:
        return f"-{pid}-".encode() in path.read_bytes()
    except OSError:
        return False


BAD = {
    "language": (lambda box: box.session("cobol"), "no sessions in 'cobol'"),
    "lifetime": (lambda box: box.session(lifetime_s=0), "lifetime_s"),
    "limits": (lambda box: box.session(limits=Limits(wall_s=-1.0)), "limits.wall_s"),
}


@pytest.mark.parametrize("case", BAD)
def test_session_that_cannot_be_as_asked_is_refused(case: str, pool: Sandbox) -> None:
    make, message = BAD[case]
    with pytest.raises(InvalidJob, match=message):
        make(pool)


async def test_cells_that_cannot_be_sent_are_refused(python: Session, bash: Session) -> None:
    for session, cell in ((python, "x" * (1 << 21)), (python, "'\ud800'"), (bash, "echo \0")):
        with pytest.raises(InvalidJob):
            await session.run(cell)
    with pytest.raises(InvalidJob, match="wall_s"):
        await python.run("1", wall_s=0.0)
    assert (await python.run("1")).stdout == b"1\n"
