"""The command line: what it prints, how it fails, what it never shows."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from assay.cli import COMMANDS, cli
from assay.cli.failure import describe
from assay_datasets import InputError
from assay_sandbox import SandboxFailed, SandboxUnavailable
from assay_sandbox.errors import InvalidJob

Assay = Callable[..., Any]

ONE_LINE_ERRORS: list[tuple[str, tuple[str, ...], str]] = [
    ("unknown_command", ("trian",), "did you mean 'train'?"),
    ("unknown_option", ("generate", "--colour"), "see `assay generate --help`"),
    ("missing_argument", ("generate",), "Missing argument 'ENV'"),
    ("unknown_env", ("generate", "test/ecko"), "did you mean 'test/echo'?"),
    ("unknown_level", ("generate", "test/echo", "--difficulty", "9"), "choose one of 1, 2"),
    ("no_such_task", ("show", "nowhere"), "neither a file nor an environment"),
    ("unknown_kind", ("list", "envz"), "'envs'"),
    ("unknown_verifier", ("verify", "x", "--response", "", "--answer", ""), "unknown verifier"),
    ("half_a_request", ("verify", "test/exact"), "--response and --answer"),
    ("two_sources", ("verify", "test/exact", "--jsonl", "f"), "from its lines"),
    ("no_such_file", ("verify", "--jsonl", "nowhere.jsonl"), "cannot read nowhere.jsonl"),
    ("no_such_program", ("run", "nowhere.py"), "cannot read nowhere.py"),
    ("unknown_language", ("run", "nowhere.cob"), "--language"),
    (
        "options_not_json",
        ("verify", "test/exact", "--response", "", "--answer", "", "--options", "{"),
        "--options is not JSON",
    ),
    (
        "unknown_option_of_a_verifier",
        ("verify", "test/exact", "--response", "", "--answer", "", "--options", '{"foo": 1}'),
        "verifier 'test/exact' has no option 'foo'; known: loose",
    ),
    (
        "unwritable",
        ("generate", "test/echo", "--out", "nowhere/out.jsonl"),
        "cannot write nowhere/out.jsonl",
    ),
]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("args", "message"),
    [row[1:] for row in ONE_LINE_ERRORS],
    ids=[row[0] for row in ONE_LINE_ERRORS],
)
def test_bad_input_is_one_line_that_names_the_mend(
    assay: Assay, args: tuple[str, ...], message: str
) -> None:
    done = assay(*args)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("assay: ")
    assert message in done.err
    assert done.err.count("\n") == 1


class _RayLikeError(Exception):
    def __init__(self, cause: BaseException) -> None:
        self.cause = cause


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (InputError("a\n  b"), "a b", 2),
        (InvalidJob("no"), "no", 2),
        (SandboxUnavailable("install runsc"), "install runsc", 1),
        (SandboxFailed("lost"), "lost", 1),
        (_RayLikeError(InputError("from a worker")), "from a worker", 2),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "the disk is full (x)", 1),
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), "No such file (x)", 1),
        (click.Abort(), "interrupted", 130),
        (KeyError("k"), "internal error, a bug: KeyError", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_are_classified_once(error: BaseException, line: str, status: int) -> None:
    said, left = describe(error)
    assert said.startswith(line)
    assert left == status


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("args", [("--debug", "generate", "x"), ("generate", "x", "--debug")])
def test_debug_shows_the_stack_trace(args: tuple[str, ...]) -> None:
    from assay.cli import main

    with pytest.raises(InputError):
        main(args)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example(assay: Assay, name: str) -> None:
    done = assay(name, "--help")
    assert done.status == 0
    assert f"assay {name}" in done.out.split("Usage:")[1].split("\n", 1)[1]


def test_no_arguments_print_the_help(assay: Assay) -> None:
    done = assay()
    assert done.status == 0
    assert all(name in done.out for name in COMMANDS)


def test_summaries_in_the_help_are_not_cut_off(assay: Assay) -> None:
    assert "..." not in assay("--help").out.partition("Commands:")[2]


def test_the_version_is_the_packages(assay: Assay) -> None:
    from importlib.metadata import version

    assert assay("--version").out == f"assay {version('assay')}\n"


@pytest.mark.usefixtures("world")
def test_ctrl_c_leaves_with_130(assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assay_envs.make", interrupt)
    done = assay("generate", "test/echo")
    assert done.status == 130
    assert done.err.strip() == "assay: interrupted"


@pytest.mark.usefixtures("world")
def test_generate_writes_tasks_as_json_lines(assay: Assay, tmp_path: Path) -> None:
    out = tmp_path / "tasks.jsonl"
    assert assay("generate", "test/echo", "-n", "3", "--seed", "5", "--out", str(out)).status == 0
    lines = out.read_text().splitlines()
    assert assay("generate", "test/echo", "-n", "3", "--seed", "5").out.splitlines() == lines
    assert [json.loads(line)["env"] for line in lines] == ["test/echo"] * 3


@pytest.mark.usefixtures("world")
def test_show_hides_the_answer_unless_asked(assay: Assay) -> None:
    assert "Say [" in assay("show", "test/echo").out
    assert "answer" not in assay("show", "test/echo").out
    assert "answer" in assay("show", "test/echo", "--answer").out
    assert "worked solution" in assay("show", "test/echo", "--solution").out
    hidden = json.loads(assay("show", "test/echo", "--json").out)
    assert "answer" not in hidden
    assert "metadata" not in hidden
    assert "answer" in json.loads(assay("show", "test/echo", "--json", "--answer").out)


@pytest.mark.usefixtures("world")
def test_show_reads_a_line_of_a_file(assay: Assay, tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.jsonl"
    assay("generate", "test/echo", "-n", "2", "--out", str(tasks))
    second = json.loads(tasks.read_text().splitlines()[1])
    shown = json.loads(assay("show", str(tasks), "--line", "2", "--json").out)
    assert shown["id"] == second["id"]
    beyond = assay("show", str(tasks), "--line", "3")
    assert (beyond.status, "has 2 lines" in beyond.err) == (2, True)


@pytest.mark.usefixtures("world")
def test_list_names_what_is_registered(assay: Assay) -> None:
    assert "say the number" in assay("list", "envs").out
    rows = json.loads(assay("list", "verifiers", "--json").out)["verifiers"]
    assert {"name": "test/exact", "summary": "the response is the answer"} in rows


@pytest.mark.usefixtures("world")
def test_a_plug_in_that_does_not_load_hides_nothing(
    assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    from assay_envs import env_registry

    broken = EntryPoint("test/broken", "no_such_module:Env", "assay.envs")
    monkeypatch.setattr(env_registry, "_entries", {"test/broken": broken})
    rows = {
        row["name"]: row["summary"]
        for row in json.loads(assay("list", "--json", "envs").out)["envs"]
    }
    assert "does not load" in rows["test/broken"]
    assert rows["test/echo"] == "say the number"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("answer", "outcome"), [("4", "correct"), ('"4"', "correct"), ("[4]", "incorrect")]
)
def test_verify_takes_an_answer_as_json_or_as_it_stands(
    assay: Assay, answer: str, outcome: str
) -> None:
    done = assay("verify", "test/exact", "--response", "4", "--answer", answer)
    assert done.status == 0
    assert done.out.startswith(outcome)
    as_json = assay("verify", "test/exact", "--response", "4", "--answer", answer, "--json")
    assert json.loads(as_json.out)["outcome"] == outcome


@pytest.mark.usefixtures("world")
def test_verify_jsonl_answers_every_line(assay: Assay, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"verifier": "test/exact", "response": "\\ud800", "answer": ""}\nno\n\n')
    done = assay("verify", "--jsonl", str(source), "--out", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3]
    assert done.err == "3 lines: 1 incorrect, 2 no request\n"


def _command(*args: str) -> list[str]:
    return [sys.executable, "-c", "from assay.cli import main; main()", *args]


def test_verify_jsonl_answers_a_pipe_line_by_line() -> None:
    with subprocess.Popen(
        _command("verify", "--jsonl", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):  # the answer comes although the pipe stays open
            process.stdin.write("no\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def _heed_interrupts() -> None:
    """Tests that run in a shell's background inherit a SIGINT that is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_verify_jsonl_leaves_at_ctrl_c_although_the_pipe_is_silent() -> None:
    with subprocess.Popen(
        _command("verify", "--jsonl", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("no\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read().strip() == "assay: interrupted"


def _helped(stdout: Any) -> subprocess.CompletedProcess[bytes]:
    """``assay --help`` with stdout buffered, whatever the environment of the tests says."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        _command("--help"), stdout=stdout, stderr=subprocess.PIPE, check=False, env=environment
    )


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = _helped(stdout=write)
    os.close(write)
    assert done.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = _helped(stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith(b"assay: the disk is full")
    assert done.stderr.count(b"\n") == 1


def test_options_are_spelled_alike() -> None:
    context = click.Context(cli)
    spellings = {
        option
        for name in COMMANDS
        for parameter in cli.get_command(context, name).params  # type: ignore[union-attr]
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    assert all(option == option.lower() and "_" not in option for option in spellings)
