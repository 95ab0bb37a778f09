"""``assay run`` and ``assay doctor``: exit statuses, and one real execution."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay_sandbox import Check, Result, SandboxUnavailable, probe

Assay = Callable[..., Any]

RESULTS: list[tuple[Result, int, str]] = [
    (Result("ok", exit_code=0, stdout=b"hi\n"), 0, ""),
    (Result("nonzero_exit", exit_code=7, stderr=b"oh\n"), 7, "oh\n"),
    (Result("signal", signal=11), 139, "assay: signal 11 after 0.00 s\n"),
    (Result("timeout", signal=9, wall_s=5.0), 124, "assay: timeout after 5.00 s\n"),
    (Result("memory", signal=9), 137, "assay: memory after 0.00 s\n"),
    (Result("output_limit", signal=9), 153, "assay: output_limit after 0.00 s\n"),
    (Result("compile_error", error="line 1"), 1, "assay: compile_error after 0.00 s: line 1\n"),
    (Result("sandbox_failed", error="lost"), 125, "assay: sandbox_failed after 0.00 s: lost\n"),
]


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text("import sys\nprint(sys.stdin.read().upper())\nsys.exit(3)\n")
    return str(path)


@pytest.mark.parametrize(
    ("result", "status", "said"), RESULTS, ids=[result.status for result, *_ in RESULTS]
)
def test_the_exit_status_mirrors_the_program(
    assay: Assay,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    result: Result,
    status: int,
    said: str,
) -> None:
    monkeypatch.setattr("assay.front.run", lambda *args, **options: result)
    done = assay("run", program)
    assert (done.status, done.out, done.err) == (status, result.stdout.decode(), said)
    as_json = assay("run", program, "--json")
    assert as_json.status == status
    assert json.loads(as_json.out)["status"] == result.status


def test_a_host_that_cannot_isolate_says_the_mend(
    assay: Assay, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    def refuse(*args: object, **options: object) -> Result:
        raise SandboxUnavailable("nothing isolates; mend: apt-get install runsc")

    monkeypatch.setattr("assay.front.run", refuse)
    done = assay("run", program)
    assert (done.status, done.out) == (1, "")
    assert done.err == "assay: nothing isolates; mend: apt-get install runsc\n"


@pytest.mark.parametrize("backend", ["namespace", "gvisor"])
def test_a_program_really_runs(assay: Assay, tmp_path: Path, program: str, backend: str) -> None:
    if reason := probe(backend):
        pytest.skip(reason)
    stdin = tmp_path / "stdin"
    stdin.write_bytes(b"hello")
    done = assay("run", program, "--stdin", str(stdin), "--backend", backend)
    assert (done.status, done.out) == (3, "HELLO\n")


@pytest.mark.parametrize("works", [True, False])
def test_the_doctor_fails_where_nothing_isolates(
    assay: Assay, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    checks = [Check("gvisor", works, "found", "" if works else "do this"), Check("user", True, "x")]
    monkeypatch.setattr("assay_sandbox.doctor", lambda: checks)
    done = assay("doctor")
    assert done.status == (0 if works else 1)
    assert ("mend: do this" in done.out) is not works
    said = json.loads(assay("doctor", "--json").out)
    assert said["isolates_code"] is works
    assert {"gvisor", "python", "disk", "torch"} <= {check["name"] for check in said["checks"]}


@pytest.mark.parametrize(
    ("name", "source", "out"),
    [
        ("a.sh", "echo $((6 * 7))", "42\n"),
        ("a.c", '#include <stdio.h>\nint main(void) { puts("42"); return 0; }', "42\n"),
    ],
)
def test_the_suffix_tells_the_language_and_its_template(
    assay: Assay, tmp_path: Path, name: str, source: str, out: str
) -> None:
    from assay_sandbox.languages import available, find

    language = find(name.partition(".")[2]).name
    if probe("namespace") or not available()[language].ok:
        pytest.skip(f"{language} cannot run here")
    (tmp_path / name).write_text(source)
    done = assay("run", str(tmp_path / name), "--backend", "namespace", "--wall", "20")
    assert (done.status, done.out) == (0, out)


@pytest.mark.parametrize("name", ["program", "program.xyz"])
def test_a_suffix_that_tells_nothing_asks_for_the_language(
    assay: Assay, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("1")
    done = assay("run", str(tmp_path / name))
    assert done.status == 2
    assert "--language" in done.err
