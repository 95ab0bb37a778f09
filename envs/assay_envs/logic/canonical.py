"""Canonical form: one text for all puzzles that differ only in what their things are called.

    canonical(3, describe)

``describe(colours)`` says of every thing what the puzzle says of it, naming other things by colour
only. Colours start out as given and are refined until they tell as much apart as descriptions can;
where several things are still alike, each of them is tried as the first and the least text wins. So
two puzzles get the same text exactly when renaming things makes one the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Describe = Callable[[Sequence[int]], list[str]]


def canonical(start: Sequence[int], describe: Describe) -> str:
    """The canonical text.

    Args:
        start: a colour for each thing that no renaming changes (0 for all where none is known).
        describe: a description of each thing; must depend on nothing but the colours it is given.
    """
    colours, descriptions = _refined(list(start), describe)
    count = len(set(colours))
    if count == len(colours):
        by_colour = sorted(range(len(colours)), key=colours.__getitem__)
        return ";".join(descriptions[thing] for thing in by_colour)
    alike = min(colour for colour in colours if colours.count(colour) > 1)
    return min(
        canonical([2 * c + (place != first) for place, c in enumerate(colours)], describe)
        for first, colour in enumerate(colours)
        if colour == alike
    )


def _refined(colours: list[int], describe: Describe) -> tuple[list[int], list[str]]:
    """Colours that descriptions in terms of them tell no further apart, and those descriptions."""
    colours = _ranks(colours)
    while True:
        descriptions = describe(colours)
        finer = _ranks(list(zip(colours, descriptions, strict=True)))
        if max(finer) == max(colours):
            return colours, descriptions
        colours = finer


def _ranks(marks: Sequence[Any]) -> list[int]:
    rank = {mark: place for place, mark in enumerate(sorted(set(marks)))}
    return [rank[mark] for mark in marks]
