"""Pairs: two programs joined by pipes, and that the one tested cannot reach the one that tests."""

from __future__ import annotations

import asyncio
import textwrap
import threading
import time
from collections.abc import Iterator

import pytest

from assay_sandbox import (
    InvalidJob,
    Job,
    Limits,
    Pair,
    PairResult,
    Result,
    Sandbox,
    SandboxBusy,
    native,
    probe,
)
from assay_sandbox import pair as pair_module
from assay_sandbox.container import Container

CANARY = "correct-horse-battery"


@pytest.fixture(scope="module", params=["gvisor", "namespace", "namespace without native core"])
def pool(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    backend, _, without = request.param.partition(" ")
    reason = probe(backend)
    if reason:
        pytest.skip(f"{backend}: {reason}")
    if not without and not native.library():
        pytest.skip(": ".join(native.explain()))
    with pytest.MonkeyPatch.context() as patch, Sandbox(backend, slots=1) as box:
        if without:
            patch.setattr(native, "library", lambda: b"")
        yield box


def test_pairs_are_served_by_the_core_that_is_meant(
    pool: Sandbox, request: pytest.FixtureRequest
) -> None:
    assert pool.run_pair_sync(_pair("pass", "pass")).status == "ok"
    (container,) = pool._pairs._idle
    wanted = "python" if "without" in request.node.callspec.params["pool"] else "native"
    assert container.core == wanted


def _job(source: str, **limits: float) -> Job:
    return Job(textwrap.dedent(source), limits=Limits(**limits))  # type: ignore[arg-type]


def _pair(tester: str, candidate: str, wall_s: float = 10.0) -> Pair:
    return Pair(_job(tester, wall_s=wall_s), _job(candidate, wall_s=wall_s))


# Asks once, and tells how many bytes of the answer came before the end of input.
ASKER = """
    import os
    try:
        os.write(4, b"go")
    except BrokenPipeError:
        pass
    got = 0
    while part := os.read(3, 1 << 16):
        got += len(part)
    print("end", got)
"""
ECHO = """
    import os
    while data := os.read(3, 1 << 16):
        while data:
            data = data[os.write(4, data):]
"""

# ── talking ──────────────────────────────────────────────────────────────────────────────────────


def test_round_trips(pool: Sandbox) -> None:
    tester = """
        import os
        for number in range(100):
            os.write(4, b"%d" % number)
            assert os.read(3, 99) == b"%d" % number
        print("all")
    """
    result = pool.run_pair_sync(_pair(tester, ECHO))
    assert (result.status, result.tester.stdout) == ("ok", b"all\n"), result
    assert result.candidate.stdout == b""


def test_messages_larger_than_a_pipe(pool: Sandbox) -> None:
    tester = """
        import hashlib, os
        sent = os.urandom(3 << 20)
        if os.fork() == 0:
            for at in range(0, len(sent), 1 << 14):
                os.write(4, sent[at:at + (1 << 14)])
            os._exit(0)
        got = b""
        while len(got) < len(sent):
            got += os.read(3, 1 << 20)
        print(got == sent)
    """
    result = pool.run_pair_sync(_pair(tester, ECHO))
    assert result.tester.stdout == b"True\n", result


def test_each_has_its_own_input_arguments_files_and_output(pool: Sandbox) -> None:
    source = """
        import os, sys
        print(input(), sys.argv[1:], os.environ["WHO"], open("data").read())
        print(sys.argv[1], file=sys.stderr)
        os.write(4, b"!")
        assert os.read(3, 1) == b"!"
        os.close(4)
        assert os.read(3, 1) == b""
    """
    tester, candidate = (
        Job(
            textwrap.dedent(source),
            stdin=b"in %s\n" % who.encode(),
            argv=(who,),
            env={"WHO": who.upper()},
            files={"data": who.encode() * 2},
        )
        for who in ("t", "c")
    )
    result = pool.run_pair_sync(Pair(tester, candidate))
    assert result.tester.stdout == b"in t ['t'] T tt\n", result
    assert result.candidate.stdout == b"in c ['c'] C cc\n", result
    assert (result.tester.stderr, result.candidate.stderr) == (b"t\n", b"c\n")
    assert result.tester.status == "ok"


def test_both_have_a_place_for_temporary_files(pool: Sandbox) -> None:
    source = """
        import os, tempfile
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("x"); file.seek(0); print(file.read())
        os.close(4); os.read(3, 1)
    """
    result = pool.run_pair_sync(_pair(source, source))
    assert (result.tester.stdout, result.candidate.stdout) == (b"x\n", b"x\n"), result


# ── what a candidate may come to, and that the tester sees its end ───────────────────────────────

# Source, limits; status, exit code, signal, or a set of those. The tester reads the end of input.
CANDIDATES: dict[str, tuple[str, dict[str, float], object, object, object]] = {
    "ends": ("pass", {}, "ok", 0, None),
    "exits": ("raise SystemExit(3)", {}, "nonzero_exit", 3, None),
    "_exits": ("import os; os._exit(0)", {}, "ok", 0, None),
    "raises": ("1 / 0", {}, "nonzero_exit", 1, None),
    "is no Python": ("def", {}, "compile_error", 1, None),
    "crashes": ("import ctypes; ctypes.string_at(0)", {}, "signal", None, 11),
    "aborts": ("import os; os.abort()", {}, "signal", None, {6, 11}),
    "kills itself": (  # which the first process of a namespace cannot on Linux
        "import os; os.kill(os.getpid(), 9); os._exit(1)", {}, {"signal", "nonzero_exit"},
        {None, 1}, {None, 9},
    ),
    "hangs": ("import time; time.sleep(60)", {"wall_s": 0.5}, "timeout", None, 9),
    "spins": ("while True: pass", {"cpu_s": 1}, "timeout", None, {9, 24}),
    "takes memory": ("x = bytearray(1 << 40)", {}, "memory", 1, None),
    "floods": ("while True: print('x' * 999)", {"output_bytes": 9999}, "output_limit", None, 9),
    "leaves a daemon": (
        "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(60)", {}, "ok", 0, None,
    ),
    "leaves a thread": (
        "import os, threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        {}, "ok", 0, None,
    ),
    "forks what it may": (
        "import os, time\n"
        "try:\n"
        "    while True:\n"
        "        if os.fork() == 0: time.sleep(60)\n"
        "except OSError: os._exit(5)",
        {"processes": 8}, "nonzero_exit", 5, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CANDIDATES)
def test_tester_sees_the_end_of_a_candidate_that(case: str, pool: Sandbox) -> None:
    source, limits, *expected = CANDIDATES[case]
    result = pool.run_pair_sync(Pair(_job(ASKER, wall_s=10), _job(source, **limits)))
    assert (result.tester.status, result.tester.stdout) == ("ok", b"end 0\n"), result
    ended = result.candidate
    for found, wanted in zip((ended.status, ended.exit_code, ended.signal), expected, strict=True):
        assert found in (wanted if isinstance(wanted, set) else {wanted}), result
    assert not result.outlived


def test_tester_reads_what_the_candidate_wrote_before_its_end(pool: Sandbox) -> None:
    garbage = "import os\nfor _ in range(9): os.write(4, bytes(range(256)) * 99)"
    result = pool.run_pair_sync(_pair(ASKER, garbage))
    assert result.tester.stdout == b"end %d\n" % (9 * 256 * 99), result


def test_candidate_that_closes_its_ends_and_stays_is_the_end_of_input(pool: Sandbox) -> None:
    result = pool.run_pair_sync(
        _pair(ASKER, "import os, time; os.close(3); os.close(4); time.sleep(60)")
    )
    assert (result.tester.stdout, result.outlived) == (b"end 0\n", True), result
    assert (result.candidate.status, result.candidate.signal) == ("signal", 9)


def test_candidate_that_floods_the_pipe_is_held_back(pool: Sandbox) -> None:
    flood = "import os\nwhile True: os.write(4, b'x' * 65536)"
    result = pool.run_pair_sync(_pair("import os; print(len(os.read(3, 10)))", flood))
    assert (result.tester.status, result.tester.stdout) == ("ok", b"10\n"), result
    assert result.candidate.status in ("signal", "nonzero_exit"), result  # killed, or a broken pipe


def test_candidate_that_hides_an_end_of_the_pipe_cannot_make_a_pass(pool: Sandbox) -> None:
    hide = """
        import array, os, socket
        a, b = socket.socketpair()
        ends = array.array("i", [4, a.fileno(), b.fileno()])
        for each in (a, b):
            each.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ends)])
        os._exit(0)
    """
    result = pool.run_pair_sync(Pair(_job(ASKER, wall_s=2), _job(hide)))
    assert result.candidate.status == "ok", result
    if pool.backend == "namespace":
        assert result.tester.stdout == b"end 0\n", result
    else:  # gVisor never collects such sockets: the wait ends with the tester's time
        assert result.tester.status in ("ok", "timeout"), result


# ── what a tester may come to ────────────────────────────────────────────────────────────────────

TESTERS: dict[str, tuple[str, dict[str, float], str, int | None]] = {
    "ends": ("pass", {}, "ok", 0),
    "fails": ("assert False", {}, "nonzero_exit", 1),
    "is no Python": ("def", {}, "compile_error", 1),
    "crashes": ("import ctypes; ctypes.string_at(0)", {}, "signal", None),
    "hangs": ("import time; time.sleep(60)", {"wall_s": 0.5}, "timeout", None),
    "waits for an answer": ("import os; os.read(3, 1)", {"wall_s": 0.5}, "timeout", None),
    "takes memory": ("x = bytearray(1 << 40)", {}, "memory", 1),
    "floods": ("while True: print('x' * 999)", {"output_bytes": 9999}, "output_limit", None),
}


@pytest.mark.parametrize("case", TESTERS)
def test_candidate_ends_with_a_tester_that(case: str, pool: Sandbox) -> None:
    source, limits, *expected = TESTERS[case]
    stubborn = """
        import os, signal, time
        for number in range(1, 32):
            if number not in (9, 19):
                signal.signal(number, signal.SIG_IGN)
        os.fork()
        time.sleep(60)
    """
    began = time.monotonic()
    result = pool.run_pair_sync(Pair(_job(source, **limits), _job(stubborn, wall_s=50)))
    assert [result.tester.status, result.tester.exit_code] == expected, result
    assert (result.candidate.status, result.candidate.signal) == ("signal", 9), result
    assert result.outlived
    assert time.monotonic() - began < 40


# ── what a candidate may try against the tester ──────────────────────────────────────────────────

# Has secrets everywhere, lets the candidate try, and tells whether it is as it was.
VICTIM = f"""
    import ctypes, os, socket, tempfile
    secret = "{CANARY}"
    path = os.path.join(tempfile.gettempdir(), "secret.txt")
    open(path, "w").write(secret)
    os.chmod(path, 0o666)
    os.environ["SECRET"] = secret
    libc = ctypes.CDLL(None)
    segment = libc.shmget(0x1234, 4096, 0o1666)
    try:
        open("/dev/shm/secret", "w").write(secret)
    except OSError:
        pass
    named = socket.socket(socket.AF_UNIX)
    named.bind("\\0secret")
    named.listen()
    port = socket.socket()
    try:
        port.bind(("127.0.0.1", 7777))
        port.listen()
    except OSError:
        pass
    os.write(4, b"go")
    answer = os.read(3, 1)
    for listener in (named, port):
        listener.setblocking(False)
        try:
            listener.accept()
            print("reached")
        except OSError:
            pass
    print("unharmed", answer, open(path).read() == secret, segment >= 0)
"""
# Begins every attack: `fail(what)` where something was reached that should not be. What is looked
# for comes as numbers, so that nobody finds what he brought himself.
ATTACKER = """
    import os, sys
    SECRET = "".join(map(chr, CODES))
    def fail(*what):
        print("REACHED", *what)
    os.read(3, 2)
"""

ATTACKS = {
    "signals": """
        import signal
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL):
            if number != signal.SIGKILL:
                signal.signal(number, signal.SIG_IGN)
            for pid in [0, -1, *range(2, 400)]:
                if number == signal.SIGKILL and pid < 1:
                    continue  # would be its own end
                try:
                    os.kill(pid, number)
                    fail("kill", pid) if pid > 0 else None
                except OSError:
                    pass
    """,
    "tracing": """
        import ctypes
        libc = ctypes.CDLL(None)
        for pid in range(2, 60):
            if libc.ptrace(16, pid, 0, 0) == 0:
                fail("ptrace", pid)
            here, there = (ctypes.c_size_t * 2)(), (ctypes.c_size_t * 2)(0x400000, 8)
            if libc.process_vm_readv(pid, here, 1, there, 1, 0) > 0:
                fail("readv", pid)
    """,
    "other processes in /proc": """
        for pid in os.listdir("/proc"):
            if not pid.isdigit() or int(pid) == os.getpid():
                continue
            fail("sees", pid)
            for name in ("environ", "cmdline", "mem", "maps"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        if SECRET.encode() in file.read(1 << 20):
                            fail(pid, name)
                except (OSError, ValueError):
                    pass
            try:
                if fds := os.listdir(f"/proc/{pid}/fd"):
                    fail("descriptors of", pid, fds)
            except OSError:
                pass
            for fd in range(64):
                for mode in (os.O_RDONLY, os.O_WRONLY):
                    try:
                        os.open(f"/proc/{pid}/fd/{fd}", mode | os.O_NONBLOCK)
                        fail("opened", pid, fd)
                    except OSError:
                        pass
            for name in ("root", "cwd"):
                try:
                    for found, _, files in os.walk(f"/proc/{pid}/{name}/dev/tester"):
                        fail(found, files) if files else None
                except OSError:
                    pass
    """,
    "its own memory": """
        import ctypes
        search = ctypes.CDLL(None).memmem  # a search by copies would find its own
        search.restype, search.argtypes = ctypes.c_size_t, [ctypes.c_size_t] * 4
        needle = SECRET.encode()
        own, place = {id(needle), id(SECRET)}, id(needle) + bytes.__basicsize__ - 1
        found = 0
        for line in open("/proc/self/maps"):
            bounds, mode, *rest = line.split()
            at, end = (int(bound, 16) for bound in bounds.split("-"))
            if not mode.startswith("r") or (len(rest) > 3 and rest[3].startswith("[v")):
                continue
            while at := search(at, end - at, place, len(needle)):
                found += not any(0 <= at - each < 200 for each in own)
                at += 1
        fail("in memory", found) if found else None
    """,
    "descriptors": """
        import stat
        seen = sorted(map(int, os.listdir("/proc/self/fd")))
        fail("open", seen) if seen[:5] != [0, 1, 2, 3, 4] or len(seen) > 6 else None
        for fd in range(256):
            if fd not in (1, 3, 4):
                try:
                    os.write(fd, b"PASS unharmed\\n")
                except OSError:
                    pass
    """,
    "files": """
        for folder, _, files in os.walk("/"):
            if folder.startswith("/proc"):
                continue
            for name in files:
                if name in ("secret", "secret.txt"):
                    fail(folder, name)
        for path in ("/tmp/secret.txt", "/dev/tester/secret.txt", "/dev/tester/main.py",
                     "/dev/shm/secret"):
            try:
                open(path, "ab")
                if not path.startswith(("/tmp", "/dev/shm")):
                    fail(path)
            except OSError:
                pass
        for path in ("/dev/tester/x", "/dev/x", "/usr/x", "/x"):
            try:
                open(path, "w")
                fail("wrote", path)
            except OSError:
                pass
    """,
    "shared memory and IPC": """
        import ctypes
        if os.listdir("/dev/shm"):
            fail(os.listdir("/dev/shm"))
        if ctypes.CDLL(None).shmget(0x1234, 0, 0) >= 0:
            fail("segment")
    """,
    "sockets": """
        import socket
        port = ("127.0.0.1", 7777)
        for family, address in ((socket.AF_UNIX, "\\0secret"), (socket.AF_INET, port)):
            try:
                socket.socket(family).connect(address)
                fail(address)
            except OSError:
                pass
    """,
    "other identities and namespaces": """
        import ctypes
        libc = ctypes.CDLL(None)
        for uid in (0, os.getuid() + 1):
            for change in (os.setuid, os.setgid, os.seteuid):
                try:
                    change(uid)
                    fail(change, uid)
                except OSError:
                    pass
        for flag in (0x20000, 0x10000000, 0x20000000, 0x40000000):
            if libc.unshare(flag) == 0:
                fail("unshare", flag)
        for name in ("pid", "net", "mnt"):
            try:
                fd = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
                fail("setns", name) if libc.setns(fd, 0) == 0 else None
            except OSError:
                pass
        try:
            os.chroot("/tmp")
            fail("chroot")
        except OSError:
            pass
    """,
    "frames and objects of the harness": """
        import gc
        frame = sys._getframe()
        while frame := frame.f_back:
            for name, value in frame.f_locals.items():
                if SECRET in repr(value):
                    fail(name)
        for each in gc.get_objects():
            if isinstance(each, bytes) and SECRET.encode() in each:
                fail(type(each))
    """,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_candidate_cannot_reach_the_tester_by(attack: str, pool: Sandbox) -> None:
    begin = textwrap.dedent(ATTACKER).replace("CODES", str([ord(each) for each in CANARY]))
    end = 'print("done", flush=True)\nos.write(4, b"!")\n'
    candidate = begin + textwrap.dedent(ATTACKS[attack]) + end
    result = pool.run_pair_sync(_pair(VICTIM, candidate))
    assert result.candidate.stdout == b"done\n", result
    assert result.tester.stdout == b"unharmed b'!' True True\n", result


def test_processes_of_the_candidate_take_none_from_the_tester(pool: Sandbox) -> None:
    hoard = """
        import os, time
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60)
        except OSError:
            os.write(4, b"full")
        time.sleep(60)
    """
    forks = """
        import os
        os.read(3, 4)
        for _ in range(3):
            if os.fork() == 0:
                os._exit(0)
            os.wait()
        print("forked")
    """
    few = {"processes": 8}
    result = pool.run_pair_sync(Pair(_job(forks, **few), _job(hoard, **few)))
    assert result.tester.stdout == b"forked\n", result


# ── one pair after another ───────────────────────────────────────────────────────────────────────


def test_next_pair_sees_nothing_of_the_last(pool: Sandbox) -> None:
    litter = """
        import ctypes, os, socket, sys, tempfile, time
        print(sorted(os.listdir(tempfile.gettempdir())), os.listdir("/proc").count("2"))
        for folder in (tempfile.gettempdir(), "/dev/shm"):
            try:
                print(sorted(os.listdir(folder)))
                open(f"{folder}/litter", "w").write("x")
            except PermissionError:
                print("closed")
        libc = ctypes.CDLL(None)
        print(libc.shmget(0x77, 0, 0), libc.shmget(0x77, 4096, 0o1600) >= 0)
        held = socket.socket(socket.AF_UNIX)
        held.bind("\\0litter")
        sys.stdout.flush()
        daemon = os.fork() == 0
        os.close(4)
        if daemon:
            os.setsid()
            os.close(3)
            time.sleep(60)
        os.read(3, 1)
    """
    first, second = (pool.run_pair_sync(_pair(litter, litter)) for _ in range(2))
    assert first.tester.stdout == second.tester.stdout, (first, second)
    assert first.candidate.stdout == second.candidate.stdout, (first, second)
    assert first.candidate.stdout.startswith(b"['main.py']"), first
    assert b"-1 True" in first.candidate.stdout
    assert first.tester.status == second.tester.status == "ok"


def test_many_pairs_leave_nothing(pool: Sandbox) -> None:
    look = """
        import os
        os.read(3, 2)
        mounts = len(open("/proc/self/mounts").readlines())
        print(mounts, len(os.listdir("/proc")), os.listdir("/tmp"), flush=True)
        os.close(4)
        os.read(3, 1)
    """
    pair = _pair(ASKER, look)
    count = 200 if pool.backend == "namespace" else 50
    seen = {pool.run_pair_sync(pair).candidate.stdout for _ in range(count)}
    assert len(seen) == 1, seen
    (container,) = pool._pairs._idle
    assert container.jobs >= count


# ── the pool ─────────────────────────────────────────────────────────────────────────────────────


def test_deadline_kills_and_the_next_pair_is_served(pool: Sandbox) -> None:
    sleep = "import time; time.sleep(60)"
    result = pool.run_pair_sync(_pair(sleep, sleep, wall_s=60), deadline_s=0.5)
    assert (result.status, result.candidate.status) == ("sandbox_failed", "sandbox_failed")
    assert "deadline" in result.tester.error
    assert pool.run_pair_sync(_pair("print(1)", "pass")).tester.stdout == b"1\n"


async def test_cancelling_kills_and_the_next_pair_is_served(pool: Sandbox) -> None:
    sleep = "import time; time.sleep(60)"
    task = asyncio.create_task(pool.run_pair(_pair(sleep, sleep, wall_s=60)))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    result = await pool.run_pair(_pair("print(1)", "pass"), deadline_s=30)
    assert result.tester.stdout == b"1\n", result


def test_lost_container_is_nobodys_fault_and_is_replaced(pool: Sandbox) -> None:
    pool.run_pair_sync(_pair("print(1)", "pass"))
    sleep = "import time; time.sleep(60)"
    (container,) = pool._pairs._idle
    timer = threading.Timer(0.5, container.kill)
    timer.start()
    result = pool.run_pair_sync(_pair(sleep, sleep, wall_s=60))
    assert (result.status, result.tester.status) == ("sandbox_failed", "sandbox_failed"), result
    assert pool.run_pair_sync(_pair("print(1)", "pass")).tester.stdout == b"1\n"


async def test_containers_are_reused_and_replaced_when_old() -> None:
    if reason := probe("namespace"):
        pytest.skip(reason)
    async with Sandbox("namespace", slots=2, recycle_after=3) as box:
        pair = _pair("import os; print(os.read(3, 9))", "import os; os.write(4, b'x')")
        results = await asyncio.gather(*(box.run_pair(pair) for _ in range(12)))
        assert [each.tester.stdout for each in results] == [b"b'x'\n"] * 12
        assert box.stats().recycles["age"] >= 2
        assert len(box._pairs._idle) <= 2


async def test_full_queue_says_so_and_closing_ends_what_waits() -> None:
    if reason := probe("namespace"):
        pytest.skip(reason)
    sleep = "import time; time.sleep(60)"
    pair = _pair(sleep, sleep, wall_s=60)
    async with Sandbox("namespace", slots=1, queue_limit=1) as box:
        tasks = [asyncio.create_task(box.run_pair(pair)) for _ in range(2)]
        await asyncio.sleep(0.5)
        with pytest.raises(SandboxBusy):
            await box.run_pair(pair, wait=False)
    results: list[PairResult] = await asyncio.gather(*tasks)
    assert [each.status for each in results] == ["sandbox_failed"] * 2
    assert "closed" in results[1].tester.error


REFUSED = {
    "another language": Job("int main() {}", language="c"),
    "a command": Job(command=("/bin/sh",)),
    "files to fetch": Job("pass", fetch=("x",)),
    "no source": Job(files={"main.py": b"pass"}),
    "no time": Job("pass", limits=Limits(wall_s=0)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_pair_is_refused_for(case: str, pool: Sandbox) -> None:
    for pair in (Pair(REFUSED[case], Job("pass")), Pair(Job("pass"), REFUSED[case])):
        with pytest.raises(InvalidJob):
            pool.run_pair_sync(pair)


def test_what_a_worn_container_has_no_memory_for_runs_again_in_a_new_one(
    pool: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Container] = []

    def run(container: Container, pair: Pair) -> PairResult:
        asked.append(container)
        if len(asked) > 1:
            return really(container, pair)
        container.lost = True
        gone = Result("memory", signal=9)
        return PairResult(gone, gone, lost_memory=True)

    really = pair_module.run
    monkeypatch.setattr(pair_module, "run", run)
    assert pool.run_pair_sync(_pair("pass", "pass")).status == "ok"
    assert len({id(container) for container in asked}) == 2
