"""``assay generate``: tasks as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command
from assay.cli.base import complete_env

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_datasets import Json, Split, Task


@assay_command("generate")
@click.argument("env", required=False, shell_complete=complete_env)
@click.option("--suite", help="Instead of an env: a suite's name, or a suite file (.toml).")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=1, show_default=True, help="How many."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides every task.")
@click.option("--difficulty", type=int, help="Level, 1 to 5.  [default: 1]")
@click.option(
    "--split", type=click.Choice(("train", "validation", "test")), help="Only of this split."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A finer parameter.")
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of stdout.")
def command(
    env: str | None,
    suite: str | None,
    count: int,
    seed: int,
    difficulty: int | None,
    split: Split | None,
    settings: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write tasks of an environment, or of a suite, as JSON lines.

    A line holds prompt, answer, verifier, options and metadata.
    The same arguments give the same bytes. Add a "response" to a line and it is a line for
    `assay verify --jsonl`. A suite says which env and level comes next; with --split train it gives
    the tasks that a run of this seed trains on, in their order.

    \b
    assay generate logic/countdown -n 3 --seed 7 --difficulty 2
    assay generate math/linear -n 1000 --split test --out test.jsonl
    assay generate logic/sudoku --difficulty 3 --set clues=26
    assay generate --suite logic -n 200 --split test
    """
    import json
    from itertools import islice

    from assay.cli.output import parsed_settings, writing

    if suite is None:
        if env is None:
            raise click.MissingParameter(param_hint="'ENV' (or --suite)", param_type="argument")
        level = 1 if difficulty is None else difficulty
        tasks = _of_env(env, seed, level, split, parsed_settings(settings))
    elif env is not None or difficulty is not None or settings:
        raise click.UsageError("a suite decides env and level: leave out ENV, --difficulty, --set")
    else:
        tasks = _of_suite(suite, seed, split)
    with writing(out) as file:
        for task in islice(tasks, count):
            file.write(json.dumps(task.to_json(), ensure_ascii=False) + "\n")


def _of_env(
    env: str, seed: int, difficulty: int, split: Split | None, parameters: dict[str, Json]
) -> Iterator[Task]:
    from assay.front import generate
    from assay_envs import make

    return generate(make(env), seed=seed, difficulty=difficulty, split=split, parameters=parameters)


def _of_suite(name: str, seed: int, split: Split | None) -> Iterator[Task]:
    from assay_envs import Suite

    suite = Suite.load(name)
    suite.check()
    return suite.stream(split, seed)
