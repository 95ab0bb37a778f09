"""The duplicate key of pairs of coloured grids: twins by colour, turn or reflection share it."""

from __future__ import annotations

from collections.abc import Sequence

from assay_datasets import content_hash
from assay_envs.logic.grid_rules import Pair
from assay_envs.logic.grid_steps import (
    IS_INK,
    Apply,
    Grid,
    colours_in,
    digits_of,
    flip,
    half_turn,
    mirror,
    other_diagonal,
    quarter_left,
    quarter_right,
    transpose,
)


def canonical_key(pairs: Sequence[Pair]) -> str:
    """What renaming colours, turning or reflecting all grids of a task leaves as it is."""
    grids = [grid for pair in pairs for grid in pair]
    cells, width = grids[-2]
    shape = cells.translate(IS_INK), width
    shapes = [turn(shape) for turn in _TURNS]
    least = min(shapes)  # what is coloured in the last input decides, or the rest where it cannot
    best = [turn for turn, turned in zip(_TURNS, shapes, strict=True) if turned == least]
    widths, cells = min([_renamed([turn(grid) for grid in grids]) for turn in best])
    sizes = [len(cells) for cells, _ in grids]
    return content_hash(f"{widths} {sizes} {digits_of(cells)}")


_TURNS: Sequence[Apply] = (
    lambda grid: grid, mirror, flip, half_turn, transpose, quarter_right, quarter_left,
    other_diagonal,
)  # fmt: skip


def _renamed(grids: Sequence[Grid]) -> tuple[list[int], bytes]:
    """The grids' widths and all their cells, colours named in the order in which they come."""
    cells = b"".join([cells for cells, _ in grids])
    order = bytes(sorted(colours_in(cells), key=cells.index))
    names = bytes(range(1, len(order) + 1))
    return [width for _, width in grids], cells.translate(bytes.maketrans(order, names))
