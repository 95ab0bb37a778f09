"""``assay verify``: one verdict, or a stream of them as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.base import command as assay_command
from assay.cli.base import complete_verifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import IO

    from assay_datasets import Json
    from assay_verifiers import Verdict


@assay_command("verify")
@click.argument("verifier", shell_complete=complete_verifier, required=False)
@click.option("--response", help="The model's whole text; - reads it from stdin.")
@click.option("--answer", help="The gold: a JSON object, list or quoted text, or else plain text.")
@click.option("--options", help="The verifier's options as a JSON object.")
@click.option("--jsonl", metavar="FILE", help="Judge every line of FILE; - is stdin.")
@click.option("--out", type=click.Path(path_type=Path), help="With --jsonl: instead of stdout.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="With --jsonl: lines judged at a time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def command(
    verifier: str | None,
    response: str | None,
    answer: str | None,
    options: str | None,
    jsonl: str | None,
    out: Path | None,
    concurrency: int,
    as_json: bool,
) -> None:
    """Judge a response: correct, incorrect or undecided.

    \b
    assay verify math --response 'so it is \\boxed{1/2}' --answer 0.5
    assay verify text --response ' 007' --answer 7 --options '{"metric": "numeric"}'
    assay verify --jsonl answers.jsonl --out verdicts.jsonl

    With --jsonl each input line {"id"?, "verifier", "response", "answer", "options"?} gives exactly
    one output line, in order: {"id", "outcome", "score", "reason", "detail", "seconds"}, or
    {"id", "error"} for a line that is no request. It never stops early.
    """
    import asyncio

    if jsonl is not None:
        if verifier or response is not None or answer is not None or options is not None:
            raise click.UsageError("--jsonl takes verifier, response and answer from its lines")
        asyncio.run(_judge_lines(jsonl, out, concurrency))
        return
    if verifier is None or response is None or answer is None:
        raise click.UsageError("give VERIFIER, --response and --answer, or --jsonl FILE")
    if out is not None:
        raise click.UsageError("--out goes with --jsonl")
    _judge_one(verifier, response, _answer(answer), _options(options), as_json)


def _judge_one(
    verifier: str, response: str, answer: Json, options: dict[str, Json], as_json: bool
) -> None:
    import asyncio

    from assay.cli.output import console, print_json, read_text
    from assay.judge import Judge

    async def judged(text: str) -> Verdict:
        async with Judge() as judge:
            return await judge.verify(verifier, text, answer, options)

    verdict = asyncio.run(judged(read_text("-") if response == "-" else response))
    if as_json:
        print_json(verdict.to_json())
        return
    colour = {"correct": "green", "incorrect": "red", "undecided": "yellow"}[verdict.outcome]
    screen = console()
    screen.print(verdict.outcome, style=f"bold {colour}", end="")
    screen.print(f"  score {verdict.score:g}  {verdict.reason}  {verdict.seconds * 1000:.1f} ms")
    for key, value in verdict.detail.items():
        screen.print(f"  {key}: {value}")


def _answer(text: str) -> Json:
    """JSON where it is an object, a list or a quoted text; anything else is plain text."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list | str) else text


def _options(text: str | None) -> dict[str, Json]:
    import json

    from assay_datasets import InputError

    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"--options is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError('--options must be a JSON object, such as {"metric": "numeric"}')
    return value


async def _judge_lines(path: str, out: Path | None, concurrency: int) -> None:
    import json
    from collections import Counter

    from assay.cli.output import writing
    from assay.judge import Judge

    counts: Counter[str] = Counter()
    source = _opened(path)
    with writing(out) as file:
        async with Judge() as judge:
            async for line in judge.lines(_read_lines(source), concurrency):
                counts[line.get("outcome", "no request")] += 1
                file.write(json.dumps(line) + "\n")
                file.flush()
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    click.echo(f"{counts.total()} lines: {summary or 'nothing'}", err=True)


def _opened(path: str) -> IO[bytes]:
    """The input; the thread that reads it closes it, as a close would wait for a read to end."""
    from assay_datasets import InputError

    try:
        return open(0, "rb", closefd=False) if path == "-" else open(path, "rb")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


async def _read_lines(source: IO[bytes]) -> AsyncIterator[bytes]:
    """Lines as they come, by a daemon thread: a silent pipe blocks neither judging nor Ctrl-C."""
    import asyncio
    import threading

    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes | OSError | None] = asyncio.Queue(64)

    def pump() -> None:
        end: OSError | None = None
        try:
            with source:
                for line in source:
                    asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
        except OSError as error:
            end = error
        asyncio.run_coroutine_threadsafe(lines.put(end), loop).result()

    threading.Thread(target=pump, daemon=True).start()
    while (line := await lines.get()) is not None:
        if isinstance(line, OSError):
            raise line
        yield line
