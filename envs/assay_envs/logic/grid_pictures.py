"""Pairs of coloured grids as a person sees them, in the terminal and as a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from assay_envs import drawing
from assay_envs.logic.grid_steps import Rows

_TERMINAL = dict(zip("0123456789", (235, 26, 160, 34, 178, 245, 127, 166, 74, 88), strict=True))


def coloured_row(row: str) -> str:
    """For the terminal: every digit on its colour."""
    return "".join(f"\x1b[97;48;5;{_TERMINAL[cell]}m{cell} " for cell in row) + "\x1b[0m"


_CELL = 16.0
_GAP = 18.0


def picture(pairs: Sequence[tuple[Rows, Rows]]) -> drawing.Drawing:
    """Inputs on the left, outputs on the right; a question mark where the output is empty."""
    widest = [
        max(len(grid[0]) if grid else 1 for grid in side) for side in zip(*pairs, strict=True)
    ]
    heights = [max(len(before), len(after)) for before, after in pairs]
    right = 3 * _GAP + widest[0] * _CELL
    drawn = drawing.Drawing(
        right + widest[1] * _CELL + _GAP, sum(heights) * _CELL + (len(pairs) + 1) * _GAP
    )
    top = _GAP
    for (before, after), height in zip(pairs, heights, strict=True):
        _draw_grid(drawn, before, _GAP, top)
        drawn.text(right - _GAP, top + _CELL, "→")
        if after:
            _draw_grid(drawn, after, right, top)
        else:
            drawn.text(right + _CELL / 2, top + _CELL, "?", bold=True)
        top += height * _CELL + _GAP
    return drawn


def _draw_grid(drawn: drawing.Drawing, grid: Rows, left: float, top: float) -> None:
    for r, row in enumerate(grid):
        for c, cell in enumerate(row):
            fill = drawing.PALETTE[int(cell)]
            drawn.rect(left + c * _CELL, top + r * _CELL, _CELL, _CELL, fill=fill)
