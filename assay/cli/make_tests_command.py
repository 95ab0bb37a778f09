"""``assay make-tests``: tests for a file of problems, from their reference solutions.

Beside the tasks it writes the environment that they are of: a few lines of TOML that read them
(``assay_envs.data_env``), so that what was made can be trained on as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command

if TYPE_CHECKING:
    from typing import IO

    from assay_verifiers.testmaking import Plan, Problem

_ENVIRONMENT = """\
# Written by assay make-tests: the environment of the tasks in {name}.
id = "{env}"
summary = "programs for problems with made tests"
data = "{name}"
verifier = "code"
prompt = "{{prompt}}"
answer = "{{answer}}"
options = "{{options}}"
oracle = "{{metadata.solution}}"
"""


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
@click.option("--env", help="The tasks' environment, domain/name; default: made/NAME of OUT.")
@click.option("--backend", help="gvisor, namespace or docker:RUNTIME; default: the safest here.")
def command(
    problems: str,
    out: Path,
    seed: int,
    inputs: int,
    mutant_count: int,
    max_tests: int,
    env: str | None,
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
    Where all problems have a prompt, OUT's name with .toml is written too: an environment of these
    tasks, for --plugin.

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
    env = env or f"made/{out.name.partition('.')[0]}"
    if env.count("/") != 1:
        raise click.BadParameter(f"{env!r} is not domain/name, such as mine/tests")
    failed = asyncio.run(_make_all(lines, out, done, plan, env, backend))
    _write_environment(out, env)
    click.get_current_context().exit(1 if failed else 0)


async def _make_all(
    lines: list[str], out: Path, done: set[str], plan: Plan, env: str, backend: str | None
) -> int:
    """Add a task to ``out`` for every problem that is not ``done``; how many gave none."""
    import json

    from assay_datasets import InputError
    from assay_sandbox import Sandbox
    from assay_verifiers.guests import judge_template
    from assay_verifiers.testmaking import make_tests

    made = failed = passed_over = 0
    async with Sandbox(backend, judge_template()) as box:
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
                file.write(json.dumps(found.task(problem, env).to_json()) + "\n")
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


def _write_environment(out: Path, env: str) -> None:
    """The TOML beside ``out``, where every task has a prompt: one without poses nothing."""
    import json

    tasks = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    silent = sum(not task["prompt"] for task in tasks)
    if silent or not tasks:
        why = f"{silent} of {len(tasks)} tasks have no prompt" if tasks else "there are no tasks"
        click.echo(f"no environment written: {why}", err=True)
        return
    file = out.with_suffix(".toml")
    file.write_text(_ENVIRONMENT.format(name=out.name, env=env), encoding="utf-8")
    click.echo(f"environment {env}: {file}", err=True)
