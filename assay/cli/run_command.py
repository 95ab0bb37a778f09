"""``assay run``: one program, once, in a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command

if TYPE_CHECKING:
    from assay_sandbox import Result

_EXIT = {"timeout": 124, "sandbox_failed": 125, "memory": 137, "output_limit": 153}


@assay_command("run")
@click.argument("file")
@click.option("--language", help="Default: by the file's suffix; `assay doctor` lists them.")
@click.option("--template", help="What it finds installed. Default: plain, or toolchain.")
@click.option("--stdin", "stdin_file", metavar="FILE", help="The program's standard input.")
@click.option("--backend", help="gvisor, namespace or docker:RUNTIME; default: the safest here.")
@click.option(
    "--wall",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Seconds it may take.",
)
@click.option(
    "--memory",
    "memory_mib",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="MiB it may use.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def command(
    file: str,
    language: str | None,
    template: str | None,
    stdin_file: str | None,
    backend: str | None,
    wall: float,
    memory_mib: int,
    as_json: bool,
) -> None:
    """Run an untrusted program in a sandbox.

    It has no network and no sight of this machine. FILE may be - for stdin.

    The exit status is the program's own; 128 + n for signal n; 124 out of time, 137 out of memory,
    153 too much output; 125 when the sandbox failed and nothing can be said about the program.

    \b
    assay run hello.py
    assay run solve.cpp --stdin case1.txt --backend gvisor --json
    assay run fit.py --template numpy
    """
    from assay.cli.output import read_text
    from assay.front import run
    from assay_sandbox import Limits

    known = language or _language(file)
    result = run(
        read_text(file),
        language=known,
        stdin=_read(stdin_file) if stdin_file else b"",
        backend=backend,
        template=template,
        limits=Limits(wall_s=wall, cpu_s=wall, memory_bytes=memory_mib << 20),
    )
    if as_json:
        _print_json(result)
    else:
        _print(result)
    click.get_current_context().exit(_status(result))


def _read(path: str) -> bytes:
    from assay_datasets import InputError

    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _language(file: str) -> str:
    from assay_datasets import InputError
    from assay_sandbox import InvalidJob
    from assay_sandbox.languages import find

    if file == "-":
        return "python"
    try:
        return find(Path(file).suffix.removeprefix(".")).name
    except InvalidJob:
        raise InputError(f"cannot tell the language of {file!r}; name it with --language") from None


def _status(result: Result) -> int:
    if result.status in _EXIT:
        return _EXIT[result.status]
    if result.signal is not None:
        return 128 + result.signal
    return result.exit_code if result.exit_code is not None else int(result.status != "ok")


def _print(result: Result) -> None:
    click.echo(result.stdout, nl=False)
    click.echo(result.stderr, nl=False, err=True)
    if result.status not in ("ok", "nonzero_exit"):
        what = result.status + (f" {result.signal}" if result.status == "signal" else "")
        why = f": {result.error}" if result.error else ""
        click.echo(f"assay: {what} after {result.wall_s:.2f} s{why}", err=True)


def _print_json(result: Result) -> None:
    """Bytes as text: what is not UTF-8 comes as escapes, so that nothing is lost to the eye."""
    import dataclasses

    from assay.cli.output import print_json

    record = dataclasses.asdict(result)
    for name in ("stdout", "stderr"):
        record[name] = record[name].decode(errors="backslashreplace")
    files = record["files"].items()
    record["files"] = {path: data.decode(errors="backslashreplace") for path, data in files}
    print_json(record)
