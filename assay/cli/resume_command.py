"""``assay resume``: go on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command
from assay.cli.base import unaudited_option


@assay_command("resume")
@click.argument("run", type=click.Path(path_type=Path))
@unaudited_option
def command(run: Path) -> None:
    """Go on with a run from its last checkpoint.

    RUN is the run's directory; the settings are those it was started with.

    \b
    assay resume runs/spark-20261122-1
    """
    from assay.training import say_outcome, trainer

    say_outcome(trainer().resume(run))
