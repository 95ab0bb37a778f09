"""``assay report``: a run's report, written anew from its metrics."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command


@assay_command("report")
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> None:
    """Write a run's report.html anew: one file that opens offline.

    \b
    assay report runs/spark-20261122-1
    """
    from assay.training import reporter

    click.echo(reporter()(run))
