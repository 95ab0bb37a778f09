"""``assay train``: a recipe, from nothing or from a model, to a report."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command
from assay.cli.base import unaudited_option


@assay_command("train")
@click.argument("recipe", required=False)
@click.option("--model", type=click.Path(path_type=Path), help="Start from this model directory.")
@click.option("--suite", help="A suite's name, an env's, or a suite file (.toml).")
@click.option("--without", multiple=True, metavar="NAME", help="Leave out an env, domain or code.")
@click.option("--name", help="Name of the run; default: the recipe, the day and a number.")
@click.option("--seed", type=int, help="Decides everything random.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override the recipe.")
@click.option("--profile", is_flag=True, help="Say where the time of a step goes.")
@unaudited_option
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Where runs are kept.",
)
def command(
    recipe: str | None,
    model: Path | None,
    suite: str | None,
    without: tuple[str, ...],
    name: str | None,
    seed: int | None,
    overrides: tuple[str, ...],
    profile: bool,
    runs_dir: Path,
) -> None:
    """Train a recipe and write a report.

    RECIPE is a name from `assay list recipes`, or a .toml file; by default spark, or finetune
    where --model is given. Ctrl-C stops cleanly; `assay resume RUN` goes on from there.

    \b
    assay train
    assay train --without code                    where nothing can isolate code
    assay train spark --seed 2 --set rl.steps=50
    assay train --model path/to/SmolLM2-135M --suite spark
    """
    from assay.training import say_outcome, trainer
    from assay_sandbox import SandboxUnavailable

    try:
        run = trainer().train(
            recipe,
            model=model,
            suite=suite,
            without=without,
            name=name,
            seed=seed,
            overrides=["profile=true", *overrides] if profile else list(overrides),
            runs_dir=runs_dir,
        )
    except SandboxUnavailable as error:
        raise SandboxUnavailable(f"{error}, or go on without code: --without code") from error
    say_outcome(run, profile=profile)
