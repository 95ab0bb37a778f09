"""The guest's two cores, C and Python, do the same; a command is run as any program is."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_sandbox import Job, Limits, Sandbox, SandboxFailed, native, probe, template
from assay_sandbox.backend import backends
from assay_sandbox.container import Container
from assay_sandbox.guest.zygote import pack

CORES = ("native", "python")


@pytest.fixture(
    scope="module",
    params=[(name, core) for name in ("gvisor", "namespace") for core in CORES],
    ids="-".join,
)
def container(request: pytest.FixtureRequest) -> Iterator[Container]:
    name, core = request.param
    if probe(name):
        pytest.skip(f"{name}: {probe(name)}")
    library = native.library() if core == "native" else b""
    if core == "native" and not library:
        pytest.skip(": ".join(native.explain()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "library", lambda: library)
        started = backends()[name].start(template.build(), "test")
    assert started.core == core
    yield started
    started.remove()


def _sh(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


PROGRAMS = {
    "prints": (Job("print(42)"), "ok", b"42\n"),
    "reads": (Job("print(input())", stdin=b"x"), "ok", b"x\n"),
    "argument": (Job("import sys; print(sys.argv)", argv=("a b",)), "ok", b"['main.py', 'a b']\n"),
    "variable": (Job("import os; print(os.environ['A'])", env={"A": "=b"}), "ok", b"=b\n"),
    "file in a folder": (Job("print(open('a/b/c').read())", files={"a/b/c": b"x"}), "ok", b"x\n"),
    "does not compile": (Job("x ="), "compile_error", b""),
    "raises": (Job("1 / 0"), "nonzero_exit", b""),
    "out of memory": (Job("x = bytearray(1 << 30)"), "memory", b""),
    "too slow": (Job("while True: pass", limits=Limits(wall_s=0.3)), "timeout", b""),
    "too much CPU": (
        Job("while True: pass", limits=Limits(wall_s=20.0, cpu_s=0.5)),
        "timeout",
        b"",
    ),
    "too loud": (Job("print('x' * 99)", limits=Limits(output_bytes=9)), "output_limit", b"x" * 9),
    "terminates itself": (
        Job("import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)"),
        "signal",
        b"",
    ),
    "aborts": (Job("import os; os.abort()"), "signal", b""),
    "more output than a pipe holds": (
        Job("import sys; sys.stdout.write('x' * 300000); sys.stderr.write('y' * 300000)"),
        "ok",
        b"x" * 300000,
    ),
    "command": (Job(command=_sh("echo $0 $1"), argv=("a", "b c")), "ok", b"a b c\n"),
    "command of the job": (Job(command=("./a",), files={"a": b"#!/bin/sh\necho a"}), "ok", b"a\n"),
    "command reads": (Job(command=_sh("read x; echo $x"), stdin=b"in\n"), "ok", b"in\n"),
    "command's variable": (Job(command=_sh("echo $A"), env={"A": "b"}), "ok", b"b\n"),
    "command's program": (Job("print(7)", command=(template.PYTHON, "main.py")), "ok", b"7\n"),
    "command dies of a closed pipe": (
        Job(command=_sh("(while echo x; do :; done; echo y >&2) | read z; echo $?")),
        "ok",
        b"0\n",
    ),
    "command fails": (Job(command=_sh("exit 3")), "nonzero_exit", b""),
    "command is killed": (Job(command=_sh("kill -TERM $$")), "signal", b""),
    "command sleeps": (
        Job(command=_sh("while :; do :; done"), limits=Limits(wall_s=0.3)),
        "timeout",
        b"",
    ),
    "command that is not there": (Job(command=("./a",)), "nonzero_exit", b""),
    "command that cannot be run": (Job(command=("./a",), files={"a": b"x"}), "nonzero_exit", b""),
    "command grows": (
        Job(
            command=(template.PYTHON, "-c", "x = bytearray(b'x') * (200 << 20); input()"),
            limits=Limits(memory_bytes=100 << 20),
        ),
        "memory",
        b"",
    ),
    "command reserves without use": (
        Job(
            command=(template.PYTHON, "-c", "import mmap; mmap.mmap(-1, 8 << 30); print(1)"),
            limits=Limits(memory_bytes=100 << 20),
        ),
        "ok",
        b"1\n",
    ),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_program_ends_alike_in_both_cores(container: Container, case: str) -> None:
    job, status, stdout = PROGRAMS[case]
    result = container.run(job)
    assert (result.status, result.stdout) == (status, stdout), result
    assert not container.lost


def test_missing_program_of_the_template_is_not_the_jobs_fault(container: Container) -> None:
    result = container.run(Job(command=("/usr/bin/none",)))
    assert result.status == "sandbox_failed"
    assert result.error == "cannot run /usr/bin/none: No such file or directory"


def test_larger_than_any_buffer_goes_both_ways(container: Container) -> None:
    data = os.urandom(3 << 20)
    limits = Limits(wall_s=20.0, cpu_s=20.0)
    job = Job(
        "import sys; i = open('i', 'rb').read()\n"
        "open('o', 'wb').write(sys.stdin.buffer.read() + i)",
        stdin=data,
        files={"i": data},
        fetch=("o",),
        limits=limits,
    )
    assert container.run(job).files == {"o": data + data}


def test_fetched_files_share_one_budget(container: Container) -> None:
    source = "for n in 'ab': open(n, 'wb').truncate(3 << 20)"
    limits = Limits(file_bytes=4 << 20)
    result = container.run(Job(source, fetch=("a", "missing", "b"), limits=limits))
    assert {name: len(data) for name, data in result.files.items()} == {"a": 3 << 20}


def test_random_differs_from_job_to_job(container: Container) -> None:
    job = Job("import random; print(random.random())")
    assert container.run(job).stdout != container.run(job).stdout


def test_nothing_of_a_job_is_in_the_memory_of_the_next(container: Container) -> None:
    """Small and large, in every part of a request and of a reply; the pattern spares itself."""
    scan = (
        "import ctypes, re; n = 0\n"
        "for line in open('/proc/self/maps'):\n"
        "    a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
        "    if 'rw' in line: n += len(re.findall(rb'EARL[I]ER', ctypes.string_at(a, b - a)))\n"
        "print(n)"
    )
    for times in (1, 100_000):
        text = "EARLIER" * times
        job = Job(
            f"import sys; print({text!r}); print({text!r}, file=sys.stderr)",
            stdin=text.encode(),
            argv=("EARLIER",),
            env={"EARLIER": "EARLIER"},
            files={"EARLIER": text.encode()},
            fetch=("EARLIER",),
            limits=Limits(output_bytes=4 << 20),
        )
        assert container.run(job).status == "ok"
        assert container.run(Job(scan)).stdout == b"0\n"


def test_what_is_no_request_ends_the_guest_and_nothing_else(container: Container) -> None:
    broken = backends()[container.backend].start(template.build(), "broken")
    try:
        broken.write(pack([b"x"] * 3), time.monotonic() + 10)
        with pytest.raises(SandboxFailed, match="ended"):
            broken.run(Job("print(1)"))
    finally:
        broken.remove()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_core_compiles_without_a_warning(tmp_path: Path) -> None:
    warnings = ("-Wall", "-Wextra", "-Wshadow", "-Werror")
    command = ["cc", *native.FLAGS, *warnings, "-x", "c", "-"]
    command += ["-o", str(tmp_path / "core.so")]
    done = subprocess.run(command, input=native.source(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_core_is_compiled_once_and_named_by_its_source(tmp_path: Path) -> None:
    first = native.build(tmp_path)
    assert first is not None
    made = first.stat().st_mtime_ns
    assert native.build(tmp_path) == first
    assert first.stat().st_mtime_ns == made
    assert list(tmp_path.iterdir()) == [first]


def test_without_a_compiler_the_python_core_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert native.build(tmp_path / "cache") is None
    monkeypatch.setattr(native, "library", lambda: b"")
    assert native.explain()[0] == "python"
    assert "mend: " in native.explain()[1]


@pytest.mark.parametrize("core", CORES)
def test_a_program_of_the_template_runs_as_any_other(
    core: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if probe("namespace"):
        pytest.skip(str(probe("namespace")))
    source = "import sys\nprint(__file__, __name__, sys.argv)\n1 / 0\n"
    if core == "python":
        monkeypatch.setattr(native, "library", lambda: b"")
    known = template.Template("known", programs=(source,))
    with Sandbox("namespace", known, slots=1, spares=0) as box:
        first, other = (box.run_sync(Job(text)) for text in (source, source + "#"))
    assert first.stdout == other.stdout == b"/tmp/main.py __main__ ['main.py']\n"
    assert first.stderr == other.stderr
    assert b"line 3, in <module>" in first.stderr
