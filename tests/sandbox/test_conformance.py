"""What every back-end must do alike: statuses, input and output, limits, and what is out of reach.

After each test the sandbox must still answer, and the abuses must not have cost it the container
unless the table says so.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_sandbox import InvalidJob, Job, Limits, Sandbox

from .conftest import Run


@pytest.fixture(autouse=True)
def _still_answers(box: Sandbox) -> Iterator[None]:
    yield
    result = box.run_sync(Job("print('alive')"))
    if result.status == "sandbox_failed":  # the slot was being refilled
        result = box.run_sync(Job("print('alive')"))
    assert result.stdout == b"alive\n", result


STATUSES = {
    "prints": ("print(42)", "ok", 0, None),
    "exit 0": ("import sys; sys.exit()", "ok", 0, None),
    "exit builtin": ("exit(3)", "nonzero_exit", 3, None),
    "exit with text": ("raise SystemExit('no')", "nonzero_exit", 1, None),
    "_exit": ("import os; os._exit(7)", "nonzero_exit", 7, None),
    "exception": ("1 / 0", "nonzero_exit", 1, None),
    "syntax error": ("x =", "compile_error", 1, None),
    "lone surrogate": ("x = '\ud800'", "compile_error", 1, None),
    "NUL in source": ("x = '\0'", "compile_error", 1, None),
    "too deeply nested": ("(" * 500 + ")" * 500, "compile_error", 1, None),
    "syntax error at run time": ("compile('x =', 'f', 'exec')", "nonzero_exit", 1, None),
    "killed by itself": ("import os; os.kill(os.getpid(), 9)", "signal", None, 9),
    "abort": ("import os; os.abort()", "signal", None, 6),
    "crash": ("import ctypes; ctypes.string_at(0)", "signal", None, 11),
}


@pytest.mark.parametrize("case", STATUSES)
def test_status(run: Run, case: str) -> None:
    source, status, exit_code, signal = STATUSES[case]
    result = run(source)
    assert (result.status, result.exit_code, result.signal) == (status, exit_code, signal), result


def test_result_says_where_and_how_long(run: Run, box: Sandbox) -> None:
    result = run("print('x' * 10)")
    assert result.backend == box.backend
    assert result.slot
    assert 0 < result.wall_s < 5
    assert result.peak_bytes > 1 << 20


def test_traceback_names_the_program_and_nothing_of_the_harness(run: Run) -> None:
    stderr = run("def f():\n    return [][1]\nf()").stderr.decode()
    assert 'main.py", line 2, in f' in stderr
    assert "return [][1]" in stderr
    assert "IndexError" in stderr
    assert "zygote" not in stderr


def test_compile_error_is_told(run: Run) -> None:
    result = run("def f(:\n  pass")
    assert result.error.startswith("SyntaxError")
    assert b"main.py" in result.stderr


def test_stdin_argv_env_reach_the_program(run: Run) -> None:
    source = "import os, sys; print(input(), sys.stdin.read(), sys.argv, os.environ['A'])"
    result = run(source, stdin=b"one\ntwo\n", argv=("x", "y z"), env={"A": "b"})
    assert result.stdout == b"one two\n ['main.py', 'x', 'y z'] b\n"


def test_large_stdin_and_binary_output(run: Run) -> None:
    data = os.urandom(1 << 19)
    result = run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", stdin=data)
    assert result.stdout == data[::-1]


def test_stdout_and_stderr_are_kept_apart(run: Run) -> None:
    result = run("import sys; print('out'); print('err', file=sys.stderr)")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


def test_program_is_main_and_sees_an_ordinary_interpreter(run: Run) -> None:
    source = """
        import __main__, atexit, inspect, os, sys, threading
        atexit.register(print, "bye")
        threading.Thread(target=lambda: print("thread")).start()
        print(__name__, __main__.__name__, os.getcwd(), inspect.getsource(__main__)[:1] == "\\n")
        """
    result = run(textwrap.dedent(source))
    assert set(result.stdout.split(b"\n")) == {
        b"__main__ __main__ /tmp True",
        b"thread",
        b"bye",
        b"",
    }


def test_children_of_the_program_work(run: Run) -> None:
    source = """
        import multiprocessing, os, subprocess
        if __name__ == "__main__":
            print(subprocess.run(["/bin/sh", "-c", "echo shell"], capture_output=True).stdout)
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(abs, [-1, -2]))
        """
    result = run(textwrap.dedent(source), wall_s=20.0, cpu_s=20.0)
    assert result.stdout == b"b'shell\\n'\n[1, 2]\n", result


def test_files_go_in_and_come_out(run: Run) -> None:
    result = run(
        "import pkg.mod; open('out/a.txt', 'w').write(pkg.mod.TEXT) if not __import__('os')"
        ".mkdir('out') else 0",
        files={"pkg/mod.py": b"TEXT = 'hello'", "pkg/__init__.py": b""},
        fetch=("out/a.txt", "missing"),
    )
    assert result.status == "ok", result
    assert result.files == {"out/a.txt": b"hello"}


def test_links_and_devices_are_not_fetched(run: Run) -> None:
    source = """
        import os
        os.symlink("/etc/passwd", "link")
        os.symlink("/etc", "folder")
        os.mkfifo("fifo")
        os.mkdir("directory")
        """
    fetch = ("link", "folder/passwd", "fifo", "directory")
    result = run(textwrap.dedent(source), fetch=fetch)
    assert result.status == "ok", result
    assert result.files == {}


BAD_JOBS = {
    "language": Job("x", language="rust"),
    "fetch above": Job("x", fetch=("../etc/passwd",)),
    "fetch absolute": Job("x", fetch=("/etc/passwd",)),
    "file above": Job("x", files={"a/../../b": b""}),
    "file replaces the program": Job("x", files={"main.py": b""}),
    "NUL in argument": Job("x", argv=("a\0b",)),
    "bad variable": Job("x", env={"A=B": "c"}),
    "half a surrogate": Job("x", argv=("\ud800",)),
    "no time": Job("x", limits=Limits(wall_s=0)),
    "endless time": Job("x", limits=Limits(wall_s=float("inf"))),
    "half a byte": Job("x", limits=Limits(memory_bytes=0.5)),  # type: ignore[arg-type]
    "more files than room": Job("x", files={"f": b"xx"}, limits=Limits(file_bytes=2)),
}


@pytest.mark.parametrize("case", BAD_JOBS)
def test_job_that_cannot_run_is_refused(box: Sandbox, case: str) -> None:
    with pytest.raises(InvalidJob):
        box.run_sync(BAD_JOBS[case])


LIMITS = {
    "endless loop": ("while True: pass", {"wall_s": 0.5}, "timeout"),
    "sleep": ("import time; time.sleep(60)", {"wall_s": 0.5}, "timeout"),
    "CPU": ("while True: pass", {"cpu_s": 1.0, "wall_s": 20.0}, "timeout"),
    "CPU, ignoring the warning": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        {"cpu_s": 1.0, "wall_s": 20.0},
        "timeout",
    ),
    "closes its outputs and sleeps": (
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
        {"wall_s": 0.5},
        "timeout",
    ),
    "ignores signals": (
        "import signal, time\n"
        "for n in range(1, 32):\n"
        "    if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n"
        "time.sleep(60)",
        {"wall_s": 0.5},
        "timeout",
    ),
    "endless compilation": ("x = " + "9**" * 3 + "9", {"wall_s": 1.0, "cpu_s": 1.0}, "timeout"),
    "allocates": ("x = bytearray(1 << 30)", {}, "memory"),
    "grows": ("x = []\nwhile True: x.append(bytearray(1 << 20))", {}, "memory"),
    "floods stdout": ("while True: print('x' * 1000)", {}, "output_limit"),
    "floods stderr": ("import os\nwhile True: os.write(2, b'x' * 65536)", {}, "output_limit"),
    "floods both": (
        "import os\nwhile True: os.write(1, b'x'); os.write(2, b'x')",
        {},
        "output_limit",
    ),
    "one byte too much": ("print('x' * 100, end='')", {"output_bytes": 99}, "output_limit"),
    "just enough": ("print('x' * 100, end='')", {"output_bytes": 100}, "ok"),
}


@pytest.mark.parametrize("case", LIMITS)
def test_limit(run: Run, case: str) -> None:
    source, limits, status = LIMITS[case]
    result = run(source, **({"output_bytes": 10_000, "wall_s": 20.0} | limits))
    assert result.status == status, result
    assert result.truncated == (status == "output_limit")
    assert len(result.stdout) + len(result.stderr) <= 10_000


def test_output_before_the_timeout_is_kept(run: Run) -> None:
    result = run("print('so far', flush=True)\nwhile True: pass", wall_s=0.5)
    assert (result.status, result.stdout) == ("timeout", b"so far\n")


def test_fork_bomb_is_stopped(run: Run, box: Sandbox) -> None:
    source = """
        import os
        while True:
            try: os.fork()
            except OSError: pass
        """
    before = box.stats().recycles
    result = run(textwrap.dedent(source), wall_s=1.0, processes=16)
    assert result.status == "timeout", result
    assert box.stats().recycles == before


def test_number_of_processes_is_limited(run: Run) -> None:
    source = """
        import os, time
        started = 0
        try:
            while started < 100:
                if os.fork() == 0:
                    time.sleep(60)
                started += 1
        except OSError as error:
            print(error.errno, started)
        """
    result = run(textwrap.dedent(source), wall_s=20.0, processes=8)
    assert result.stdout in (b"11 7\n", b"11 8\n"), result  # gVisor does not count the first


def test_disk_is_limited(run: Run) -> None:
    source = """
        n = 0
        try:
            while n < 100:
                with open(f"f{n}", "wb") as file: file.write(bytes(1 << 20))
                n += 1
        except OSError as error:
            print(error.errno, n)
        """
    result = run(textwrap.dedent(source), file_bytes=4 << 20, wall_s=20.0)
    assert result.stdout in (b"28 3\n", b"28 4\n"), result


def test_one_file_is_limited(run: Run) -> None:
    result = run("open('f', 'wb').write(bytes(2 << 20))", file_bytes=1 << 20)
    assert result.status == "nonzero_exit"
    assert b"OSError" in result.stderr


OUT_OF_REACH = {
    "the network": "import socket; socket.create_connection(('1.1.1.1', 80), 2)",
    "a host port": "import socket; socket.create_connection(('127.0.0.1', {port}), 2)",
    "a host's abstract socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0{name}')"
    ),
    "writing the root": "open('/etc/passwd', 'a')",
    "writing the library": "open(__import__('os').__file__, 'a')",
    "kernel settings": "open('/proc/sys/kernel/core_pattern', 'w')",
    "the supervisor's memory": "open('/proc/1/mem', 'rb')",
    "the supervisor's frames": "import os; os.open('/proc/1/fd/1', os.O_WRONLY)",
    "signalling the supervisor": "import os; os.kill(1, 9)",
    "becoming root": "import os; os.setuid(0)",
    "mounting": (
        "import ctypes, os; l = ctypes.CDLL(None, use_errno=True)\n"
        "if l.mount(b'x', b'/tmp', b'tmpfs', 0, None): raise OSError(ctypes.get_errno(), '')"
    ),
    "making and using a device": (
        "import os; os.mknod('d', 0o20666, os.makedev(1, 1)); open('d', 'rb').read(1)"
    ),
}


@pytest.mark.parametrize("case", OUT_OF_REACH)
def test_out_of_reach(run: Run, case: str) -> None:
    import socket

    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as abstract:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        name = f"assay-test-{os.getpid()}"
        abstract.bind(f"\0{name}")
        abstract.listen()
        source = OUT_OF_REACH[case].replace("{port}", str(listener.getsockname()[1]))
        result = run(source.replace("{name}", name))
    assert result.status == "nonzero_exit", result
    assert b"Error" in result.stderr.splitlines()[-1]


def test_nothing_of_the_host_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_TEST_SECRET", "s3cret")
    absent = [str(Path.home()), str(Path(__file__).parent), "/etc/shadow", "/boot"]
    absent += ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cgroup.procs"]
    source = f"""
        import os
        print([path for path in {absent!r} if os.path.exists(path)])
        print([key for key in os.environ if "SECRET" in key or "PYTEST" in key])
        names = [os.uname().nodename]
        if os.path.exists("/etc/hostname"):  # an engine's file
            names.append(open("/etc/hostname").read().strip())
        print(set(names), os.getuid() > 0, os.getgid() > 0, os.getgroups())
        print(sorted(p for p in os.listdir("/proc") if p.isdigit()))
        print(sorted(map(int, os.listdir("/proc/self/fd")))[:3], len(os.listdir("/proc/self/fd")))
        """
    result = run(textwrap.dedent(source))
    assert result.stdout.decode().splitlines() == [
        "[]",
        "[]",
        "{'assay'} True True []",
        "['1', '2']",
        "[0, 1, 2] 4",  # the fourth is the listing itself
    ], result


def test_next_job_does_not_see_the_last(run: Run) -> None:
    leave = """
        import os, random, time
        open("left", "w").write("x")
        open("/dev/shm/left", "w").write("x")
        os.environ["LEFT"] = "x"
        print(random.random())
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)
        """
    look = """
        import os, random
        print(random.random())
        print(os.listdir("."), os.listdir("/dev/shm"), "LEFT" in os.environ)
        print(sorted(p for p in os.listdir("/proc") if p.isdigit()))
        """
    first, second = run(textwrap.dedent(leave)), run(textwrap.dedent(look))
    number, *seen = second.stdout.decode().splitlines()
    assert seen == ["['main.py'] [] False", "['1', '2']"]
    assert number.encode() not in first.stdout


def test_mounts_do_not_pile_up(run: Run) -> None:
    source = "print(len(open('/proc/self/mounts').readlines()))"
    counts = {run(source).stdout for _ in range(3)}
    assert len(counts) == 1


def test_daemon_does_not_hold_the_result_up(run: Run) -> None:
    source = "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('done')"
    result = run(source, wall_s=20.0)
    assert (result.status, result.stdout) == ("ok", b"done\n")
    assert result.wall_s < 15


def test_killing_everything_kills_only_the_job(run: Run, box: Sandbox) -> None:
    before = box.stats().recycles
    result = run("import os, time; os.kill(-1, 9); os.kill(0, 9); time.sleep(1)")
    assert result.status in ("signal", "ok", "nonzero_exit")
    assert box.stats().recycles == before


def test_forged_frames_are_only_output(run: Run) -> None:
    source = """
        import json, os, struct
        head = json.dumps({"status": "ok", "exit_code": 0, "signal": None, "truncated": False,
            "wall_s": 0, "cpu_s": 0, "peak_bytes": 0, "files": [], "blobs": [6, 0]}).encode()
        body = struct.pack(">I", len(head)) + head + b"forged"
        for fd in range(1, 64):
            try: os.write(fd, struct.pack(">I", len(body)) + body)
            except OSError: pass
        os._exit(9)
        """
    result = run(textwrap.dedent(source))
    assert (result.status, result.exit_code) == ("nonzero_exit", 9)
    assert result.stdout.endswith(b"forged")
    assert result.stdout != b"forged"


def test_memory_holds_nothing_of_an_earlier_job(run: Run) -> None:
    """The pattern is written so that it does not match itself."""
    scan = """
        import ctypes, re
        found = 0
        for line in open("/proc/self/maps"):
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            if "rw" in line:
                found += len(re.findall(rb"EARL[I]ER", ctypes.string_at(start, end - start)))
        print(found)
        """
    left = run("print('EARLIER' * 100)", stdin=b"EARLIER" * 1000, files={"f": b"EARLIER" * 1000})
    assert left.status == "ok"
    assert run(textwrap.dedent(scan)).stdout == b"0\n"
    assert run("x = 'EARLIER'\n" + textwrap.dedent(scan)).stdout != b"0\n"


ENDINGS: list[tuple[str, str, bytes]] = [
    ("stdout closed", "import sys\nprint(1)\nsys.stdout.close()", b"1\n"),
    ("stdout gone", "import sys\nsys.stdout = None", b""),
    (
        "stdout restored at exit",
        "import atexit, io, sys\nsys.stdout = io.StringIO()\nprint('x')\n"
        "atexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))",
        b"x\n",
    ),
    (
        "finalizers that use globals",
        "import sys\nclass F:\n    def __del__(self): sys.__stdout__.write(word)\n"
        "f, word = F(), 'late'",
        b"late",
    ),
    ("a file left open", "import sys\nf = open(1, 'w', closefd=False)\nf.write('kept')", b"kept"),
]


@pytest.mark.parametrize(("name", "source", "out"), ENDINGS, ids=[name for name, *_ in ENDINGS])
def test_a_program_ends_as_the_interpreter_ends_it(
    run: Run, name: str, source: str, out: bytes
) -> None:
    result = run(source, wall_s=20)
    assert (result.status, result.stdout) == ("ok", out), result.stderr
