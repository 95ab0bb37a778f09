"""The ``assay`` command: one module a command, imported when it is called.

A command's module imports click only; whatever is heavy is imported inside the command's body, so
``assay --help`` is quick and needs no torch. What may go wrong is put into one line by ``failure``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from assay.cli.base import LazyGroup, Settings, debug_option, plugin_option

COMMANDS = (
    "doctor",
    "list",
    "generate",
    "show",
    "verify",
    "make-tests",
    "run",
    "audit",
    "new-env",
    "serve",
    "mcp",
    "train",
    "resume",
    "eval",
    "report",
)


@click.group(
    cls=LazyGroup,
    names=COMMANDS,
    params=[debug_option(), plugin_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog='Completion: eval "$(_ASSAY_COMPLETE=bash_source assay)", or zsh_source.',
)
@click.version_option(package_name="assay", message="assay %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Test what a model's answer really is, pay the reward it deserves, and train on it.

    \b
    assay doctor                          what this machine can do
    assay train                           train the small default model, end to end
    assay verify math --response 1/2 --answer 0.5
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0, 1 failed, 2 wrong use or input, 130 interrupted."""
    from assay.cli.failure import report

    settings = Settings()
    try:
        status = cli.main(args, prog_name="assay", obj=settings, standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        status = 1
        _give_up_stdout()
    except Exception as error:
        if settings.debug:
            raise
        status = report(error)
        _give_up_stdout()
    sys.exit(status if isinstance(status, int) else 0)


def _give_up_stdout() -> None:
    """Where stdout takes no more, point it at nothing, or the last flush of all complains."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
