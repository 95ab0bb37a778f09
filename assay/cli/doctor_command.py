"""``assay doctor``: what this machine can do, and how to mend what it cannot."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command

if TYPE_CHECKING:
    from assay_sandbox import Check
    from assay_sandbox.probes import Finding

_MARKS = {True: "yes", False: "no"}
_WORDS = {"protects": "protects against", "exposed": "not against", "mend": "mend"}


@assay_command("doctor")
@click.option("--probe", is_flag=True, help="Attack each back-end that works here, dozens of ways.")
@click.option(
    "--backend",
    "names",
    multiple=True,
    help="With --probe: attack only this back-end. May be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the checks, or the findings, as JSON.")
def command(probe: bool, names: tuple[str, ...], as_json: bool) -> None:
    """Say what this machine can do, and how to mend what it cannot.

    Exits 1 where nothing here can isolate untrusted code, because then no code task can be judged.

    With --probe it tries to break out of every sandbox that works here: bombs and floods, the
    network, host files, the kernel's doors, the harness, other jobs. A minute or two for each.
    Exits 1 if one attempt was not contained.

    \b
    assay doctor
    assay doctor --json | jq '.checks[] | select(.ok | not)'
    assay doctor --probe --backend gvisor
    """
    if probe:
        _probe(names, as_json)
        return
    if names:
        raise click.UsageError("--backend says what --probe attacks; give --probe too.")
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


def _probe(names: tuple[str, ...], as_json: bool) -> None:
    import asyncio

    from assay.cli.output import print_json
    from assay_sandbox import SandboxUnavailable
    from assay_sandbox import probe as why_not
    from assay_sandbox.backend import backends
    from assay_sandbox.probes import self_check

    chosen = names or [name for name in backends() if not why_not(name)]
    findings: list[Finding] = []
    for name in chosen:
        if not as_json:
            click.echo(name)
        try:
            report = _silent if as_json else _print_finding
            findings += asyncio.run(self_check(name, report=report))
        except SandboxUnavailable as error:
            raise click.ClickException(str(error)) from error
    escaped = sum(finding.outcome == "escaped" for finding in findings)
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        tried = sum(finding.outcome != "not_run" for finding in findings)
        click.echo(f"{tried - escaped} of {tried} attempts contained.")
    click.get_current_context().exit(1 if escaped or not findings else 0)


def _silent(_: Finding) -> None:
    pass


def _print_finding(finding: Finding) -> None:
    tells = finding.outcome != "contained"
    evidence = f": {finding.evidence}" if tells else ""
    click.echo(f"  {finding.outcome:10} {finding.probe}{evidence}")


def _print(title: str, checks: list[Check]) -> None:
    from assay.cli.output import print_table

    rows = []
    for check in checks:
        parts = [" ".join(check.detail.split())]
        for word in ("protects", "exposed", "mend"):
            if text := getattr(check, word):
                parts.append(f"{_WORDS[word]}: {text}")
        rows.append((check.name, _MARKS[check.ok], "\n".join(parts)))
    print_table(title, ("what", "ok", "detail"), rows)
