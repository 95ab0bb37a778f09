"""Whatever goes wrong, in one line on stderr, with the exit status that fits it.

    what                                              line                            status
    wrong use of the command line                     what is wrong; see --help       2
    a ValueError of a room of ours (InputError …)     its message, naming the mend    2
    any other error of a room of ours                 its message                     1
    OSError                                           which file, what to do          1
    Ctrl-C                                            interrupted                     130
    anything else is a bug of ours                    says so; --debug shows where    1

An error of ours may say its own status by an attribute ``exit_status``.
"""

from __future__ import annotations

import errno

import click

_FULL = {errno.ENOSPC, errno.EDQUOT}


def report(error: BaseException) -> int:
    """Print the one line for ``error`` and return the exit status."""
    line, status = describe(error)
    click.echo(f"assay: {line}", err=True)
    return status


def describe(error: BaseException) -> tuple[str, int]:
    """One line for a person, and the exit status."""
    # Ray and thread pools hand over an error of ours inside one of theirs.
    cause = getattr(error, "cause", None)
    if isinstance(cause, BaseException):
        error = cause
    if isinstance(error, click.Abort):
        return "interrupted", 130
    if isinstance(error, click.ClickException):
        return _usage(error), error.exit_code
    if any(kind.__module__.startswith("assay_") for kind in type(error).__mro__):
        status = 2 if isinstance(error, ValueError) else 1
        return _one_line(error), int(getattr(error, "exit_status", status))
    if isinstance(error, OSError):
        return _operating_system(error), 1
    return (
        f"internal error, a bug: {type(error).__name__}: {_one_line(error)} (--debug shows where)",
        1,
    )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message}; see `{context.command_path} --help`" if context else message


def _operating_system(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in _FULL:
        return f"the disk is full{where}; free some space (`df -h`) or write to another disk"
    return f"{error.strerror or _one_line(error)}{where}"
