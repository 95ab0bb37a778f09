"""``assay audit``: prove environments before they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command
from assay.cli.base import complete_env

if TYPE_CHECKING:
    from assay_envs.audit import Report


@assay_command("audit")
@click.argument("envs", metavar="[ENV|FILE]…", nargs=-1, shell_complete=complete_env)
@click.option("--suite", help="The environments of a suite, by name or file.")
@click.option("--seeds", type=click.IntRange(min=2), help="Tasks of each level.  [default: 50]")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes.  [default: one for each core]")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write them there: JSON, or a .md page."
)
def command(
    envs: tuple[str, ...],
    suite: str | None,
    seeds: int | None,
    jobs: int | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Prove environments before they are trusted.

    All of them, those named, those of a suite or of a plug-in file. Right answers are correct,
    hostile ones are not, nothing is paid above the declared chance, certificates hold by a
    second method, seeds decide everything. Exits 1 if a check failed. `train` and `serve` take
    a plug-in once its audit has passed.

    \b
    assay audit
    assay audit logic/countdown math/linear --seeds 200
    assay audit --suite math --jobs 4
    assay audit ./my_env.py
    """
    import os

    from assay.cli.output import print_json
    from assay_envs.audit import DEFAULT_SEEDS

    chosen = sorted(_chosen(envs, suite))
    reports = _audited(chosen, seeds or DEFAULT_SEEDS, jobs or os.cpu_count() or 1)
    record = {
        "passed": all(report.passed for report in reports),
        "envs": [report.to_json() for report in reports],
    }
    if out is not None:
        _write(out, reports, record)
    if as_json:
        print_json(record)
    else:
        _print(reports)
    if not record["passed"]:
        raise click.exceptions.Exit(1)


def _chosen(envs: tuple[str, ...], suite: str | None) -> list[str]:
    """Ids; a file stands for the environments that it registers."""
    from assay_datasets import InputError, add_plugin
    from assay_envs import Suite, env_registry

    chosen = dict.fromkeys(Suite.load(suite).env_ids if suite else ())
    for what in envs:
        if not what.endswith((".py", ".toml")):
            chosen[what] = None
            continue
        before = set(env_registry.names())
        add_plugin(what)
        fresh = [name for name in env_registry.names() if name not in before]
        if not fresh and (known := _of_file(what)):
            fresh = known
        if not fresh:
            raise InputError(f"{what} registers no environment; decorate its class with @register")
        chosen |= dict.fromkeys(fresh)
    return list(chosen) or [name for name in env_registry.names() if _is_usable(name)]


def _is_usable(env_id: str) -> bool:
    """Whether nothing is lacking here; what is, is said."""
    from assay_envs import env_registry

    reason = env_registry.load(env_id).lacking()
    if reason:
        click.echo(f"left out: {reason}", err=True)
    return not reason


def _of_file(path: str) -> list[str]:
    """Environments of a file that was a plug-in already."""
    import sys

    from assay_envs import env_registry

    file = Path(path).resolve()

    def home(name: str) -> Path | None:
        kind = env_registry.load(name)
        table = getattr(kind, "table", None)
        where = table.file if table else getattr(sys.modules[kind.__module__], "__file__", None)
        return Path(where).resolve() if where else None

    return [name for name in env_registry.names() if home(name) == file]


def _audited(chosen: list[str], seeds: int, jobs: int) -> list[Report]:
    """The reports, with what goes on shown on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from assay_envs.audit import CHECKS, audit

    screen = Console(stderr=True)
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    reports = []
    with Progress(*columns, console=screen, transient=True) as progress:
        bar = progress.add_task("", total=len(chosen) * len(CHECKS))

        def on_check(env_id: str, check: str) -> None:
            progress.update(bar, advance=1, description=f"{env_id} {check}")

        for report in audit(chosen, seeds=seeds, jobs=jobs, on_check=on_check):
            reports.append(report)
            if not screen.is_terminal:
                state = "passed" if report.passed else "FAILED"
                click.echo(f"{report.env} {state} {report.seconds:.1f} s", err=True)
    return reports


def _write(out: Path, reports: list[Report], record: object) -> None:
    import json

    from assay.cli.output import writing
    from assay_envs.audit.table import markdown

    with writing(out) as file:
        if out.suffix == ".md":
            file.write(markdown(reports))
        else:
            file.write(json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _print(reports: list[Report]) -> None:
    from rich.text import Text

    from assay.cli.output import console, print_table
    from assay_envs.audit import table

    print_table("audit", table.COLUMNS, [table.row(report) for report in reports])
    screen = console()
    for report in reports:
        for finding in report.findings:
            if finding.state == "held":
                continue
            style = "bold red" if finding.state == "failed" else "bold"
            count = f" ({finding.failures})" if finding.failures > 1 else ""
            title = f"{report.env}: {finding.check} {finding.state}{count}"
            screen.print(Text(title, style=style))
            for line in finding.evidence:
                screen.print(Text(f"  {line}"))
    passed = sum(report.passed for report in reports)
    screen.print(Text(f"{passed} of {len(reports)} passed", style="bold"))
