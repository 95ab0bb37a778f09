"""What commands share: lazy loading, ``--debug``, ``--plugin``, ``--unaudited``, completion."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem


@dataclass
class Settings:
    """What the command line as a whole was told."""

    debug: bool = False


def debug_option() -> click.Option:
    """``--debug``, accepted before and after the command's name."""

    def note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        settings = ctx.find_root().obj
        if value and isinstance(settings, Settings):
            settings.debug = True

    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        callback=note,
        help="Show the stack trace of an error.",
    )


def plugin_option() -> click.Option:
    """``--plugin FILE``, accepted before and after the command's name."""

    def load(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
        for file in value:
            from assay_datasets import add_plugin

            add_plugin(file)

    return click.Option(
        ["--plugin"],
        multiple=True,
        metavar="FILE",
        is_eager=True,  # before the arguments that name what it registers
        expose_value=False,
        callback=load,
        help="Register the environments of FILE (.py or .toml).",
    )


def command(name: str, **attrs: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """``click.command`` with what all share; the docstring is the help and teaches by example."""
    return click.command(name, params=[debug_option(), plugin_option()], **attrs)


def unaudited_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--unaudited``: take plug-ins that nothing has proved, with a warning about each."""

    def note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            os.environ["ASSAY_UNAUDITED"] = "1"

    return click.option(
        "--unaudited",
        is_flag=True,
        expose_value=False,
        callback=note,
        help="Take plug-ins that have passed no audit.",
    )(command)


def require_audits() -> None:
    """Refuse to serve plug-ins that nothing has proved, unless told to take them as they are."""
    from assay_envs import env_registry
    from assay_envs.audit import require_audit

    require_audit(env_registry.names())


class LazyGroup(click.Group):
    """A group whose command ``x-y`` is ``command`` in the module ``assay.cli.x_y_command``."""

    def __init__(self, *args: Any, names: Sequence[str], **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self.names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.names:
            return None
        module = importlib.import_module(f"assay.cli.{cmd_name.replace('-', '_')}_command")
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.names and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.names)}"
            ctx.fail(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


def complete_env(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Ids of environments, for the shell."""
    from assay_envs import env_registry

    return [CompletionItem(name) for name in env_registry.names() if incomplete in name]


def complete_verifier(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of verifiers, for the shell."""
    from assay_verifiers import verifier_registry

    return [CompletionItem(name) for name in verifier_registry.names() if incomplete in name]
