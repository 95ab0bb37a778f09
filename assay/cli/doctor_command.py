"""``assay doctor``: what this machine can do, and how to mend what it cannot."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command

if TYPE_CHECKING:
    from assay_sandbox import Check

_MARKS = {True: "yes", False: "no"}


@assay_command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def command(as_json: bool) -> None:
    """Say what this machine can do, and how to mend what it cannot.

    Exits 1 where nothing here can isolate untrusted code, because then no code task can be judged.

    \b
    assay doctor
    assay doctor --json | jq '.checks[] | select(.ok | not)'
    """
    from assay.cli.output import print_json
    from assay.host import host_checks
    from assay_sandbox import doctor
    from assay_sandbox.backend import backends

    sandbox, host = doctor(), host_checks()
    isolates = any(check.ok for check in sandbox if check.name in backends())
    if as_json:
        rows = [dataclasses.asdict(check) for check in (*sandbox, *host)]
        print_json({"isolates_code": isolates, "checks": rows})
    else:
        _print("Sandbox", sandbox)
        _print("Machine", host)
        if not isolates:
            click.echo("Nothing here isolates code: train with `assay train --without code`.")
    click.get_current_context().exit(0 if isolates else 1)


def _print(title: str, checks: list[Check]) -> None:
    from assay.cli.output import print_table

    rows = []
    for check in checks:
        mend = f"\nmend: {check.mend}" if check.mend else ""
        rows.append((check.name, _MARKS[check.ok], " ".join(check.detail.split()) + mend))
    print_table(title, ("what", "ok", "detail"), rows)
