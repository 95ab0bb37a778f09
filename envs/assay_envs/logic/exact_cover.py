"""Exact cover by Knuth's Algorithm X over plain sets: the second method that re-proves puzzles.

It shares nothing with the solvers that make puzzles. Slow and short on purpose.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

Option = TypeVar("Option", bound=Hashable)


def exact_covers(options: Mapping[Option, Sequence[Hashable]]) -> Iterator[list[Option]]:
    """Every choice of options that covers each item of any option exactly once."""
    columns: dict[Hashable, dict[Option, None]] = {}
    for option, items in options.items():
        for item in items:
            columns.setdefault(item, {})[option] = None
    yield from _search(columns, options, [])


def _search(
    columns: dict[Hashable, dict[Option, None]],
    options: Mapping[Option, Sequence[Hashable]],
    chosen: list[Option],
) -> Iterator[list[Option]]:
    if not columns:
        yield chosen[:]
        return
    fewest = min(columns, key=lambda item: len(columns[item]))
    for option in list(columns[fewest]):
        chosen.append(option)
        covered = _cover(columns, options, option)
        yield from _search(columns, options, chosen)
        _uncover(columns, options, option, covered)
        chosen.pop()


def _cover(
    columns: dict[Hashable, dict[Option, None]],
    options: Mapping[Option, Sequence[Hashable]],
    option: Option,
) -> list[dict[Option, None]]:
    """Take out the items of ``option`` and all options that clash with it."""
    covered = []
    for item in options[option]:
        for clash in columns[item]:
            for other in options[clash]:
                if other != item:
                    del columns[other][clash]
        covered.append(columns.pop(item))
    return covered


def _uncover(
    columns: dict[Hashable, dict[Option, None]],
    options: Mapping[Option, Sequence[Hashable]],
    option: Option,
    covered: list[dict[Option, None]],
) -> None:
    for item in reversed(options[option]):
        columns[item] = covered.pop()
        for clash in columns[item]:
            for other in options[clash]:
                if other != item:
                    columns[other][clash] = None
