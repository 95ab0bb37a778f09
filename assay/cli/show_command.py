"""``assay show``: one task as a person would look at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command
from assay.cli.base import complete_env

if TYPE_CHECKING:
    from assay_datasets import Task
    from assay_envs import Environment


@assay_command("show")
@click.argument("what", metavar="TASK|ENV", shell_complete=complete_env)
@click.option("--seed", type=int, default=0, show_default=True, help="Which task of an ENV.")
@click.option("--difficulty", type=int, default=1, show_default=True, help="Level of an ENV.")
@click.option("--line", type=click.IntRange(min=1), default=1, show_default=True, help="Of a file.")
@click.option("--answer", "with_answer", is_flag=True, help="Show the answer too.")
@click.option("--solution", "with_solution", is_flag=True, help="Show a worked solution too.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write its picture there, as SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print the task as JSON.")
def command(
    what: str,
    seed: int,
    difficulty: int,
    line: int,
    with_answer: bool,
    with_solution: bool,
    svg: Path | None,
    as_json: bool,
) -> None:
    """Show one task as a person would look at it.

    It is a task of an environment, or one line of a file of tasks (- is stdin). The
    answer stays hidden unless asked for.

    \b
    assay show logic/countdown --difficulty 3 --seed 4
    assay show tasks.jsonl --line 12 --answer --solution
    assay show logic/sudoku --difficulty 4 --svg sudoku.svg
    """
    from assay_envs import env_registry, make

    if what in env_registry.names():
        from assay.front import generate

        env = make(what)
        task = next(generate(env, seed=seed, difficulty=difficulty))
    else:
        task = _read_task(what, line, known=env_registry.names())
        env = make(task.env)
    if svg is not None:
        from assay.cli.output import writing

        with writing(svg) as file:
            file.write(env.svg(task))
    if as_json:
        from assay.cli.output import print_json

        print_json(_record(task, env, with_answer, with_solution))
    else:
        _print(task, env, with_answer, with_solution)


def _read_task(path: str, line: int, known: list[str]) -> Task:
    import json

    from assay.cli.output import read_text
    from assay_datasets import InputError, Task

    if path != "-" and not Path(path).exists():
        raise InputError(
            f"{path!r} is neither a file nor an environment; environments: {', '.join(known)}"
        )
    lines = read_text(path).splitlines()
    if line > len(lines):
        raise InputError(f"{path} has {len(lines)} lines; --line {line} is beyond its end")
    try:
        record = json.loads(lines[line - 1])
    except ValueError as error:
        raise InputError(f"{path} line {line} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise InputError(f"{path} line {line} is not a task: a JSON object is wanted")
    return Task.from_json(record)


def _record(task: Task, env: Environment, answer: bool, solution: bool) -> dict[str, object]:
    # The metadata may hold the certificate, which is the answer by another name.
    secret = () if answer else ("answer", "metadata")
    record = {key: value for key, value in task.to_json().items() if key not in secret}
    return record | ({"solution": env.solution(task)} if solution else {})


def _print(task: Task, env: Environment, answer: bool, solution: bool) -> None:
    import json

    from rich.panel import Panel
    from rich.text import Text

    from assay.cli.output import console

    screen = console()
    difficulty = task.metadata.get("difficulty", "?")
    title = f"{task.env} · level {difficulty} · {task.split} · {task.id[:8]}"
    rendered = env.render(task)
    picture = Text.from_ansi(rendered)
    screen.print(Panel(picture, title=Text(title), title_align="left", expand=False))
    prompt = "\n".join(message["content"] for message in task.prompt)
    parts = [("prompt", prompt)] if prompt != rendered else []
    if answer:
        parts.append(("answer", json.dumps(task.answer, ensure_ascii=False)))
    if solution:
        parts.append(("worked solution", env.solution(task)))
    for name, text in parts:
        screen.print(Text(f"\n{name}", style="bold"))
        screen.print(Text(text))
