"""LineBoard: puzzles of filled and empty cells in which every line has a list of allowed patterns.

A pattern is a bit mask: bit i is the line's cell i, 1 = filled. What is known of a line is two
masks, the cells surely filled and surely empty; the patterns that agree with them force further
cells, and rows and columns hand these to each other until nothing changes. The solver is
depth-first search over that: exact, and it counts its nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

from assay_envs.logic.supposing import Position, suppose

_MOST_REMEMBERED = 100_000


class Known:
    """What is known: per line (rows, then columns) the filled and the empty cells."""

    def __init__(self, ones: list[int], zeros: list[int]) -> None:
        self.ones = ones
        self.zeros = zeros

    def copy(self) -> Known:
        return Known(self.ones[:], self.zeros[:])


class LineBoard:
    """The patterns of one board.

    Args:
        rows, columns: per line, its allowed patterns.
        distinct: whether no two rows and no two columns may be alike.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        columns: Sequence[Sequence[int]],
        distinct: bool = False,
    ) -> None:
        self.height, self.width = len(rows), len(columns)
        self._distinct = distinct
        sized = [(self.width, tuple(row)) for row in rows]
        sized += [(self.height, tuple(column)) for column in columns]
        self._kinds = list(dict.fromkeys(sized))
        self._kind_of = [self._kinds.index(line) for line in sized]
        self._forced: dict[tuple[int, int, int], tuple[int, int] | None] = {}

    def known(self, cells: Iterable[tuple[int, int]] = ()) -> Known:
        """The state with these (cell, 0 or 1) given, cells counted in reading order."""
        state = Known([0] * (self.height + self.width), [0] * (self.height + self.width))
        for cell, value in cells:
            self.put(state, cell, value)
        return state

    def put(self, state: Known, cell: int, value: int) -> None:
        """Set one cell, nothing concluded yet."""
        r, c = divmod(cell, self.width)
        masks = state.ones if value else state.zeros
        masks[r] |= 1 << c
        masks[self.height + c] |= 1 << r

    def settle(self, state: Known, lines: Iterable[int] | None = None) -> bool:
        """Conclude from ``lines`` (all by default) and what follows; False on a contradiction."""
        waiting = set(range(self.height + self.width) if lines is None else lines)
        while waiting:
            line = waiting.pop()
            forced = self.forced(line, state.ones[line], state.zeros[line])
            if forced is None:
                return False
            for masks, sure in ((state.ones, forced[0]), (state.zeros, forced[1])):
                if new := sure & ~masks[line]:
                    masks[line] |= new
                    waiting.update(self._handed(masks, line, new))
        return not (self._distinct and self._has_twins(state))

    def forced(self, line: int, ones: int, zeros: int) -> tuple[int, int] | None:
        """The cells filled, and empty, in every pattern that agrees; None where none does."""
        key = (self._kind_of[line], ones, zeros)
        if key not in self._forced:
            if len(self._forced) >= _MOST_REMEMBERED:
                self._forced.clear()
            self._forced[key] = self._agreeing(*key)
        return self._forced[key]

    def solutions(self, state: Known, limit: int = 2) -> tuple[list[Known], int]:
        """Up to ``limit`` solved states, and the nodes that the search took."""
        found: list[Known] = []
        stack: list[tuple[Known, list[int] | None]] = [(state.copy(), None)]
        nodes = 0
        while stack and len(found) < limit:
            state, lines = stack.pop()
            nodes += 1
            if not self.settle(state, lines):
                continue
            if (cell := self.open_cell(state)) is None:
                found.append(state)
                continue
            crossing = [cell // self.width, self.height + cell % self.width]
            for value in (0, 1):
                branch = state.copy()
                self.put(branch, cell, value)
                stack.append((branch, crossing))
        return found, nodes

    def open_cell(self, state: Known) -> int | None:
        """An unknown cell of the row that has fewest; None where all is known."""
        best, full = None, (1 << self.width) - 1
        for r in range(self.height):
            unknown = full & ~(state.ones[r] | state.zeros[r])
            if unknown and (best is None or unknown.bit_count() < best[0]):
                best = unknown.bit_count(), r * self.width + unknown.bit_length() - 1
        return best and best[1]

    def values(self, state: Known) -> list[int]:
        """Per cell of a solved state, 0 or 1."""
        return [row >> c & 1 for row in state.ones[: self.height] for c in range(self.width)]

    def _agreeing(self, kind: int, ones: int, zeros: int) -> tuple[int, int] | None:
        size, patterns = self._kinds[kind]
        agreeing = [p for p in patterns if p & ones == ones and not p & zeros]
        if not agreeing:
            return None
        return reduce(and_, agreeing), ~reduce(or_, agreeing) & ((1 << size) - 1)

    def _handed(self, masks: list[int], line: int, new: int) -> list[int]:
        """Enter a line's new cells into the lines that cross it; gives those lines."""
        first = self.height if line < self.height else 0
        bit = 1 << (line if line < self.height else line - self.height)
        crossed = [first + place for place in range(new.bit_length()) if new >> place & 1]
        for cross in crossed:
            masks[cross] |= bit
        return crossed

    def _has_twins(self, state: Known) -> bool:
        for lines, size in (
            (range(self.height), self.width),
            (range(self.height, self.height + self.width), self.height),
        ):
            full = (1 << size) - 1
            whole = [state.ones[i] for i in lines if state.ones[i] | state.zeros[i] == full]
            if len(set(whole)) < len(whole):
                return True
        return False


def explained(board: LineBoard, state: Known, named: tuple[str, str]) -> list[str]:
    """Lines of text that lead from ``state`` to its only solution.

    Args:
        board: the puzzle's lines.
        state: what is given.
        named: how an empty and a filled cell are written.
    """
    position, text = _Position(board, state.copy(), named), list[str]()
    while board.open_cell(position.state) is not None:
        text.append(position.tell() or suppose(position))
    return text


class _Position(Position[tuple[int, int]]):
    """A state and how it is spoken of; a choice is a cell and its value."""

    def __init__(self, board: LineBoard, state: Known, named: tuple[str, str]) -> None:
        self._board = board
        self.state = state
        self._named = named

    def tell(self) -> str:
        """What the most telling line forces, entered; "" where no line forces anything."""
        count = len(self.state.ones)
        gains = [self._gain(line) or {} for line in range(count)]
        line = max(range(count), key=lambda line: len(gains[line]))
        if not gains[line]:
            return ""
        return f"every way to fill {self._line(line)} has {self._entered(gains[line])}"

    def copy(self) -> _Position:
        return _Position(self._board, self.state.copy(), self._named)

    def broken(self) -> str:
        for line in range(len(self.state.ones)):
            if self._gain(line) is None:
                return f"{self._line(line)} cannot be filled"
        return "" if self._board.settle(self.state.copy(), ()) else "two lines are alike"

    def advance(self) -> str:
        gains = (self._gain(line) for line in range(len(self.state.ones)))
        gain = next(filter(None, gains), None)
        return self._entered(gain) if gain else ""

    def choices(self) -> Iterator[tuple[int, int]]:
        for cell in range(self._board.height * self._board.width):
            r, c = divmod(cell, self._board.width)
            if not (self.state.ones[r] | self.state.zeros[r]) >> c & 1:
                yield from ((cell, 0), (cell, 1))

    def assume(self, choice: tuple[int, int]) -> None:
        self._board.put(self.state, *choice)

    def deny(self, choice: tuple[int, int]) -> None:
        self._board.put(self.state, choice[0], 1 - choice[1])

    def said(self, choice: tuple[int, int], holds: bool) -> str:
        r, c = divmod(choice[0], self._board.width)
        return f"r{r + 1}c{c + 1}={self._named[choice[1] if holds else 1 - choice[1]]}"

    def _gain(self, line: int) -> dict[int, int] | None:
        """The cells that a line newly forces; None where it has no pattern left."""
        ones, zeros = self.state.ones[line], self.state.zeros[line]
        if (forced := self._board.forced(line, ones, zeros)) is None:
            return None
        width, height = self._board.width, self._board.height
        if line < height:
            cells = range(line * width, (line + 1) * width)
        else:
            cells = range(line - height, height * width, width)
        new = (forced[0] | forced[1]) & ~(ones | zeros)
        return {cell: forced[0] >> i & 1 for i, cell in enumerate(cells) if new >> i & 1}

    def _entered(self, cells: dict[int, int]) -> str:
        for choice in cells.items():
            self.assume(choice)
        return ", ".join(self.said(choice, True) for choice in cells.items())

    def _line(self, line: int) -> str:
        height = self._board.height
        return f"row {line + 1}" if line < height else f"column {line - height + 1}"
