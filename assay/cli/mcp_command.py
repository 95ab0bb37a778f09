"""``assay mcp``: the Model Context Protocol on standard input and output."""

from __future__ import annotations

from typing import Any

import click

from assay.cli.base import command as assay_command
from assay.cli.base import require_audits, unaudited_option


@assay_command("mcp")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that judge; default: cores.")
@click.option("--slots", type=click.IntRange(min=1), help="Programs run at once; default: cores.")
@click.option("--backend", help="gvisor, namespace or docker:RUNTIME; default: the safest here.")
@unaudited_option
def command(workers: int | None, slots: int | None, backend: str | None) -> None:
    """Serve the same to a model, by MCP on stdio.

    An MCP client starts this command itself and ends it by closing its input. Standard output
    carries the protocol only; logs go to standard error. Over HTTP the same tools are at /mcp of
    `assay serve`.

    \b
    assay mcp
    assay mcp --plugin my_env.py --backend gvisor

    \b
    What most clients want to be told:
    {"mcpServers": {"assay": {"command": "assay", "args": ["mcp"]}}}
    """
    from assay.serve.requirements import require_packages

    require_packages()
    require_audits()
    options = {"workers": workers, "slots": slots, "backend": backend}
    _serve({name: value for name, value in options.items() if value is not None})


def _serve(options: dict[str, Any]) -> None:
    import asyncio

    from assay.serve.config import ServiceConfig
    from assay.serve.mcp.stdio import serve
    from assay.serve.process import Died

    try:
        asyncio.run(serve(ServiceConfig(**options)))
    except Died as error:
        raise click.ClickException(f"{error}; the lines above say why") from error
