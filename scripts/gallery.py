"""The gallery: one task of every environment, with its picture, levels, chance rates and speed.

    python scripts/gallery.py                 docs/gallery/README.md and a picture for each
    python scripts/gallery.py logic/sudoku    only these pictures and figures, printed

Everything comes from the registry: an environment that is registered is in the gallery. Tasks and
pictures are decided by their seed; speeds are of this machine, one core, certificates included,
rounded to two digits, and are not compared with anything (``benchmarks/generators.py`` does that).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from assay_datasets import Task
from assay_envs import Environment, env_registry, make

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "gallery"
_SEED = 7
_LEVEL = 3
_SECONDS = 0.2  # of CPU, of measuring each level
_LONGEST_PROMPT = 1_500


@dataclass(frozen=True)
class Level:
    """One line of an environment's table."""

    level: int
    meaning: str
    chance: float
    measured: float | None
    per_second: float


@dataclass(frozen=True)
class Entry:
    """What the gallery holds of an environment; no picture where its tasks are not ours to copy."""

    env: str
    page: str
    picture: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("envs", nargs="*", metavar="ENV")
    chosen = parser.parse_args().envs
    entries = list(made(chosen or env_registry.names()))
    if chosen:
        print("\n".join(entry.page for entry in entries))
        return
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for old in _FOLDER.glob("*.svg"):
        old.unlink()
    for entry in entries:
        if entry.picture:
            (_FOLDER / picture_name(entry.env)).write_text(entry.picture, encoding="utf-8")
    text = heading([entry.env for entry in entries]) + "\n".join(entry.page for entry in entries)
    (_FOLDER / "README.md").write_text(text, encoding="utf-8")
    print(f"{len(entries)} environments in {_FOLDER}")


def made(env_ids: Sequence[str]) -> Iterator[Entry]:
    """The entries in order, a process for each core; what is lacking here is left out, aloud."""
    usable = []
    for env_id in env_ids:
        if reason := env_registry.load(env_id).lacking():
            print(f"left out: {reason}", file=sys.stderr)
        else:
            usable.append(env_id)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(entry_of, usable)


def entry_of(env_id: str) -> Entry:
    env = make(env_id)
    return Entry(env_id, page(env), "" if env.needs else env.svg(example(env)))


def heading(env_ids: Sequence[str]) -> str:
    links = "\n".join(f"- [`{name}`](#{anchor(name)})" for name in env_ids)
    return (
        "# Gallery\n\n"
        "One task of every environment, written by `scripts/gallery.py` from the registry.\n"
        "*Chance* is what a constant, a guess or a trivial policy may earn at most; `assay audit`\n"
        "holds it. *Measured* is the mean measured difficulty. Speeds are of one core of the\n"
        f"machine that wrote this page.\n\n{links}\n\n"
    )


def page(env: Environment) -> str:
    """The section of one environment."""
    rows = "\n".join(row(level) for level in levels(env))
    counts = f"\n*Measured*: {env.measure}.\n" if env.measure else ""
    return (
        f"## {env.id}\n\n{env.summary}\n\n{picture(env)}\n\n"
        f"| level | | chance | measured | tasks/s |\n|---|---|---|---|---|\n{rows}\n{counts}\n"
        f"{prompt(env)}"
    )


def picture(env: Environment) -> str:
    if env.needs:
        packages = ", ".join(f"`{module}`" for module in env.needs)
        return f"Its tasks are those of the package {packages} and not copied here."
    return f"![a task of {env.id}]({picture_name(env.id)})"


def prompt(env: Environment) -> str:
    """The example's prompt, folded; nothing where tasks are not copied."""
    if env.needs:
        return ""
    task = example(env)
    text = "\n\n".join(message["content"] for message in task.prompt)
    if len(text) > _LONGEST_PROMPT:
        text = text[:_LONGEST_PROMPT] + " …"
    return (
        f"<details><summary>prompt (level {task.metadata['difficulty']}, seed {_SEED})</summary>"
        f"\n\n````text\n{text}\n````\n\n</details>\n"
    )


def row(level: Level) -> str:
    measured = "" if level.measured is None else f"{level.measured:.3g}"
    meaning = level.meaning.replace("|", "\\|")
    return (
        f"| {level.level} | {meaning} | {level.chance:g} | {measured} "
        f"| {two_digits(level.per_second)} |"
    )


def levels(env: Environment) -> Iterator[Level]:
    for level, meaning in sorted(env.levels.items()):
        env.generate(0, level)  # what is computed once is not the speed
        tasks: list[Task] = []
        started = time.process_time()
        while (taken := time.process_time() - started) < _SECONDS or not tasks:
            tasks.append(env.generate(len(tasks) + 1, level))
        measured = [task.metadata["measured"] for task in tasks if "measured" in task.metadata]
        mean = fmean(measured) if measured else None
        yield Level(level, meaning, env.chance.get(level, 0.0), mean, len(tasks) / taken)


def example(env: Environment) -> Task:
    """The task that stands for an environment: of the middle level, or the nearest it has."""
    level = min(env.levels, key=lambda each: abs(each - _LEVEL))
    return env.generate(_SEED, level)


def picture_name(env_id: str) -> str:
    return f"{env_id.replace('/', '-')}.svg"


def anchor(env_id: str) -> str:
    """As GitHub makes it of a heading."""
    return env_id.replace("/", "")


def two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,g}"


if __name__ == "__main__":
    main()
