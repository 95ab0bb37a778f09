"""``assay make-tests``: tests for a file of problems, from their reference solutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command

if TYPE_CHECKING:
    from typing import IO

    from assay_verifiers.testmaking import Plan, Problem


@assay_command("make-tests")
@click.argument("problems", metavar="PROBLEMS")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Tasks are added to this file; problems it has are passed over.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides inputs and mutants.")
@click.option(
    "--inputs",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    help="Inputs made beside the examples, per problem.",
)
@click.option(
    "--mutants",
    "mutant_count",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="Faulty versions of a solution to measure by, at most.",
)
@click.option(
    "--max-tests",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Tests kept per problem, at most.",
)
@click.option("--backend", help="gvisor, namespace or docker:RUNTIME; default: the safest here.")
def command(
    problems: str,
    out: Path,
    seed: int,
    inputs: int,
    mutant_count: int,
    max_tests: int,
    backend: str | None,
) -> None:
    """Make tests from reference solutions in Python.

    Inputs are made by type, by example and at the edges; those on which the solution fails, is not
    deterministic or disagrees with other solutions are dropped; mutants of the solution say which
    of the rest tell right from wrong; the smallest few that kill most are kept. All in the sandbox.

    PROBLEMS is JSON lines (- is stdin): {"id"?, "solution", "entry_point" | "style": "stdio",
    "prompt"?, "examples"?: [{"args": [...]} | {"stdin"}], "solutions"?: [...], "wrong"?: [...],
    "validator"?}. Each gives a task for the verifier `code`, with the causes of dropping and the
    kill rate in its metadata; a problem without one gives a line on stderr, and exit status 1.

    \b
    assay make-tests problems.jsonl --out tasks.jsonl
    assay make-tests problems.jsonl --out tasks.jsonl --max-tests 6 --backend namespace
    """
    import asyncio

    from assay.cli.output import read_text
    from assay_verifiers.testmaking import Plan

    plan = Plan(
        inputs=inputs, mutants=mutant_count, least=min(4, max_tests), most=max_tests, seed=seed
    )
    lines = [line for line in read_text(problems).splitlines() if line.strip()]
    done = _done(out)
    failed = asyncio.run(_make_all(lines, out, done, plan, backend))
    click.get_current_context().exit(1 if failed else 0)


async def _make_all(
    lines: list[str], out: Path, done: set[str], plan: Plan, backend: str | None
) -> int:
    """Add a task to ``out`` for every problem that is not ``done``; how many gave none."""
    import json

    from assay_datasets import InputError
    from assay_sandbox import Sandbox
    from assay_verifiers.shared_sandbox import JUDGE
    from assay_verifiers.testmaking import make_tests

    made = failed = passed_over = 0
    async with Sandbox(backend, JUDGE) as box:
        with _appending(out) as file:
            for number, line in enumerate(lines, 1):
                try:
                    problem = _problem(line)
                    if problem.id in done:
                        passed_over += 1
                        continue
                    found = await make_tests(problem, box, plan)
                except InputError as error:
                    failed += 1
                    click.echo(f"line {number}: {error}", err=True)
                    continue
                made += 1
                file.write(json.dumps(found.task(problem).to_json()) + "\n")
                file.flush()
                tests = len(found.answer["tests"])
                killed = f"{found.killed} of {found.mutants} mutants"
                where = f"{number}/{len(lines)} {problem.id}"
                click.echo(f"{where}: {tests} tests kill {killed}", err=True)
    click.echo(f"{made} made, {passed_over} there already, {failed} without tests", err=True)
    return failed


def _problem(line: str) -> Problem:
    import json

    from assay_datasets import InputError
    from assay_verifiers.testmaking import Problem

    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from None
    return Problem.from_json(record)


def _done(out: Path) -> set[str]:
    """Ids of the problems whose tasks ``out`` holds; a file that is none of ours is refused."""
    import json

    from assay_datasets import InputError

    if not out.exists():
        return set()
    whole = out.read_text(encoding="utf-8").split("\n")[:-1]
    try:
        return {str(json.loads(line)["metadata"]["problem"]) for line in whole}
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{out} holds other lines than tasks of make-tests; give another --out"
        ) from None


def _appending(out: Path) -> IO[str]:
    """``out`` opened to be added to, without the half line that a kill may have left."""
    from assay_datasets import InputError

    try:
        with out.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        return out.open("a", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
