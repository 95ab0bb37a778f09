"""``assay list``: the names of everything that can be named."""

from __future__ import annotations

import click

from assay.cli.base import command as assay_command

KINDS = ("envs", "verifiers", "suites", "recipes", "backends")


@assay_command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print {kind: [{name, summary}]} as JSON.")
def command(kind: str | None, as_json: bool) -> None:
    """List environments, verifiers, suites, recipes, back-ends.

    \b
    assay list
    assay list envs
    assay list verifiers --json
    """
    from assay.catalogue import entries
    from assay.cli.output import print_json, print_table

    found = {each: entries(each) for each in ([kind] if kind else KINDS)}
    if as_json:
        print_json(
            {
                each: [{"name": name, "summary": summary} for name, summary in rows]
                for each, rows in found.items()
            }
        )
        return
    for each, rows in found.items():
        print_table(each, ("name", "summary"), rows)
