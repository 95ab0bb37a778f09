"""``assay generate``: tasks as JSON lines."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command
from assay.cli.base import complete_env


@assay_command("generate")
@click.argument("env", shell_complete=complete_env)
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=1, show_default=True, help="How many."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides every task.")
@click.option("--difficulty", type=int, default=1, show_default=True, help="Level, 1 to 5.")
@click.option(
    "--split", type=click.Choice(("train", "validation", "test")), help="Only of this split."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A finer parameter.")
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of stdout.")
def command(
    env: str,
    count: int,
    seed: int,
    difficulty: int,
    split: str | None,
    settings: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write tasks of an environment as JSON lines.

    A line holds prompt, answer, verifier, options and metadata.
    The same arguments give the same bytes. Add a "response" to a line and it is a line for
    `assay verify --jsonl`.

    \b
    assay generate logic/countdown -n 3 --seed 7 --difficulty 2
    assay generate math/linear -n 1000 --split test --out test.jsonl
    assay generate logic/sudoku --difficulty 3 --set clues=26
    """
    import json
    from itertools import islice

    from assay.cli.output import parsed_settings, writing
    from assay.front import generate
    from assay_envs import make

    tasks = generate(
        make(env),
        seed=seed,
        difficulty=difficulty,
        split=split,  # type: ignore[arg-type]
        parameters=parsed_settings(settings),
    )
    with writing(out) as file:
        for task in islice(tasks, count):
            file.write(json.dumps(task.to_json(), ensure_ascii=False) + "\n")
