"""``assay eval``: how good a model is on problems it was not trained on."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command
from assay.cli.base import unaudited_option


@assay_command("eval")
@click.argument("target", metavar="MODEL|RUN", type=click.Path(path_type=Path))
@click.option("--suite", help="A suite's name or file; default: the run's own.")
@click.option(
    "--split",
    type=click.Choice(("validation", "test")),
    default="test",
    show_default=True,
)
@click.option("-n", "count", type=click.IntRange(min=1), help="Problems per environment.")
@unaudited_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(target: Path, suite: str | None, split: str, count: int | None, as_json: bool) -> None:
    """Evaluate a model or a run on held-out problems.

    It gives greedy, sampled and pass@k accuracy, per env and overall.

    \b
    assay eval runs/spark-20261122-1
    assay eval path/to/SmolLM2-135M --suite spark --split validation -n 120 --json
    """
    from assay.cli.output import print_json, print_table
    from assay.training import figures, trainer

    result = trainer().evaluate(target, suite=suite, split=split, n=count)
    if as_json:
        print_json(result)
        return
    columns, rows = figures(result)
    print_table(f"{target} on {split}", columns, rows)
