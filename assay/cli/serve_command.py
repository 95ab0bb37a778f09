"""``assay serve``: verifiers, environments and the sandbox over HTTP and MCP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli.base import command as assay_command
from assay.cli.base import require_audits, unaudited_option

if TYPE_CHECKING:
    from assay.serve.keys import Keys

_LEAST_SECRET = 16


class _Seconds(click.FloatRange):
    """A time; ``nan`` is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = float(super().convert(value, param, ctx))
        if seconds != seconds:
            self.fail("nan is no time", param, ctx)
        return seconds


_SECONDS = _Seconds(min=0, min_open=True, max=86_400)
_PAUSE = _Seconds(min=0, max=86_400)


@assay_command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0: any free one.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes that judge; default: cores.")
@click.option("--slots", type=click.IntRange(min=1), help="Programs run at once; default: cores.")
@click.option("--warm", multiple=True, help="Template to open at the start, such as toolchain.")
@click.option("--backend", help="gvisor, namespace or docker:RUNTIME; default: the safest here.")
@click.option("--keys", "keys_file", type=click.Path(path_type=Path), help="TOML file of API keys.")
@click.option("--new-key", is_flag=True, help="Print a new key and its line for the file; exit.")
@click.option("--open", "is_open", is_flag=True, help="Serve others without keys.")
@click.option(
    "--secret", type=click.Path(path_type=Path), help="File that servers share; see below."
)
@click.option("--deadline", type=_SECONDS, help="Seconds for a request; default: 60.")
@click.option("--queue", type=click.IntRange(min=1), help="Items that may wait; default: 16384.")
@click.option("--body-mib", type=click.IntRange(min=1), help="MiB of one request; default: 32.")
@click.option("--drain", type=_PAUSE, help="Seconds to finish in; default: 30.")
@unaudited_option
@click.option("--verbose", is_flag=True, help="Log every request.")
def command(
    host: str,
    port: int,
    workers: int | None,
    slots: int | None,
    warm: tuple[str, ...],
    backend: str | None,
    keys_file: Path | None,
    new_key: bool,
    is_open: bool,
    secret: Path | None,
    deadline: float | None,
    queue: int | None,
    body_mib: int | None,
    drain: float | None,
    verbose: bool,
) -> None:
    """Serve all this over HTTP, with MCP at /mcp.

    Verifiers, environments and the sandbox, for any client. It runs in the foreground, logs to
    stderr and prints a line when it is ready. SIGTERM or Ctrl-C finishes what is going on and exits
    0; once more stops at once.

    \b
    assay serve
    curl localhost:8000/v1/verify -H 'Content-Type: application/json' \\
         -d '{"verifier": "math", "response": "so \\\\boxed{1/2}", "answer": "0.5"}'

    Beyond this machine it wants keys. Each has its own limits; see a line of --new-key.

    \b
    assay serve --new-key
    assay serve --host 0.0.0.0 --keys keys.toml
    ASSAY_SERVE_KEY=… assay serve --host 0.0.0.0

    Tasks are known to clients by sealed ids. Servers behind one load balancer, and one that is
    restarted, know each other's if they share a --secret (any 16 bytes or more in a file, or in
    ASSAY_SERVE_SECRET). Episodes and kept interpreters stay with the server that opened them.
    """
    from assay.serve.requirements import require_packages

    require_packages()
    if new_key:
        _print_new_key()
        return
    keys = _keys(host, keys_file, is_open)
    require_audits()
    _check_templates(warm)
    config = {
        "workers": workers,
        "slots": slots,
        "warm": warm,
        "backend": backend,
        "deadline_s": deadline,
        "queued_items": queue,
        "body_bytes": body_mib << 20 if body_mib else None,
        "drain_s": drain,
        "secret": _secret(secret),
    }
    _serve(
        {name: value for name, value in config.items() if value is not None},
        keys,
        host,
        port,
        verbose,
    )


def _serve(config: dict[str, Any], keys: Keys, host: str, port: int, verbose: bool) -> None:
    import asyncio
    import logging

    from assay.serve.config import ServiceConfig
    from assay.serve.server import Address, ServeError, serve
    from assay.serve.service import Service

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    guarded = "keys wanted" if keys else "no keys: anyone who reaches it may use it"

    def ready(url: str, service: Service) -> None:
        click.echo(f"assay: serving at {url} ({guarded})", err=True)

    try:
        asyncio.run(serve(ServiceConfig(**config), keys, Address(host, port), ready))
    except ServeError as error:
        raise click.ClickException(str(error)) from error


def _keys(host: str, file: Path | None, is_open: bool) -> Keys:
    import os

    from assay.serve.keys import read_keys
    from assay.serve.server import Address

    keys = read_keys(file, os.environ)
    if not keys and not is_open and not Address(host).local:
        raise click.UsageError(
            f"--host {host} can be reached by others: give --keys FILE (`assay serve --new-key` "
            "prints a key), set ASSAY_SERVE_KEY, or say --open if others are all trusted"
        )
    return keys


def _check_templates(wanted: tuple[str, ...]) -> None:
    from assay_sandbox.template import names

    for name in wanted:
        if name not in names():
            raise click.UsageError(f"no template {name!r}; there are: {', '.join(names())}")


def _secret(file: Path | None) -> bytes | None:
    import os

    from assay_datasets import InputError

    if file is None:
        found = os.environ.get("ASSAY_SERVE_SECRET", "").encode() or None
    else:
        try:
            found = file.read_bytes().strip()
        except OSError as error:
            raise InputError(f"cannot read {file}: {error.strerror}") from error
    if found is not None and len(found) < _LEAST_SECRET:
        raise InputError(f"the secret has {len(found)} bytes; {_LEAST_SECRET} are the least")
    return found


def _print_new_key() -> None:
    from assay.serve.keys import digest
    from assay.serve.keys import new_key as make_key

    key = make_key()
    click.echo(f"key, for its owner only:\n  {key}\n\nfor the file of --keys:")
    click.echo(f'  [name]\n  sha256 = "{digest(key)}"')
    click.echo("  rate = 500           # items per second; absent: as many as come")
    click.echo("  sessions = 64        # open at once")
    click.echo("  answers = false      # may generate tasks with their answers")
