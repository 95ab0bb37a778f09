"""Solving Latin puzzles as a person does, step by step: what grades them and writes solutions.

Techniques, easiest first: ``singles`` (a cell with one digit left, a digit with one place left in
a unit); ``pairs`` (pointing and claiming, naked and hidden pairs); ``search`` (suppose a digit,
follow singles to a contradiction, strike it out). A puzzle's technique is the hardest that this
order ever needs. Signs between cells (futoshiki) strike candidates before pairs do. Cells and
digits count from 0 here and from 1 in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from assay_envs.logic.latin_board import Box, board, units_of
from assay_envs.logic.supposing import Position, suppose

TECHNIQUES = ("singles", "pairs", "search")


@dataclass(frozen=True)
class Strike:
    """Candidates that one deduction removes.

    Attributes:
        why: the deduction in words.
        removed: (cell, value) pairs.
    """

    why: str
    removed: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Grade:
    """How hard a puzzle is.

    Attributes:
        technique: the hardest technique it needs.
        strikes: deductions by pairs and pointing before it was solved or they ran out.
        nodes: nodes of the exact search that singles alone guide; 1 = none but the root.
    """

    technique: str
    strikes: int
    nodes: int


def grade(n: int, box: Box | None, x: int, nodes: int) -> Grade:
    """The grade of position ``x`` of ``board(n, box)`` whose exact search took ``nodes``."""
    if nodes == 1:
        return Grade("singles", 0, 1)
    latin, strikes = board(n, box), 0
    x = latin.singles(x)
    while not latin.solved(x):
        strike = next(pairs_and_pointing(n, box, latin.candidates(x)), None)
        if strike is None:
            return Grade("search", strikes, nodes)
        strikes += 1
        for cell, value in strike.removed:
            x = latin.without(x, cell, value)
        x = latin.singles(x)
    return Grade("pairs", strikes, nodes)


def pairs_and_pointing(n: int, box: Box | None, masks: Sequence[int]) -> Iterator[Strike]:
    """Deductions that remove something from ``masks`` (bit mask of values per cell)."""
    for inner, outer, both in _overlaps(n, box):
        yield from _locked(n, box, masks, inner, outer, both)
    for u, unit in enumerate(units_of(n, box)):
        yield from _naked_pairs(n, box, masks, u, unit)
    for u, unit in enumerate(units_of(n, box)):
        yield from _hidden_pairs(n, box, masks, u, unit)


@cache
def _overlaps(n: int, box: Box | None) -> list[tuple[int, int, frozenset[int]]]:
    """(unit, other unit, common cells) for every box and line that share cells, both ways."""
    units = [frozenset(unit) for unit in units_of(n, box)]
    pairs = [
        (line, square) for line in range(2 * n) for square in range(2 * n, len(units))
        if units[line] & units[square]
    ]  # fmt: skip
    pairs += [(square, line) for line, square in pairs]
    return [(one, other, units[one] & units[other]) for one, other in pairs]


def _locked(
    n: int, box: Box | None, masks: Sequence[int], unit: int, other: int, both: frozenset[int]
) -> Iterator[Strike]:
    units = units_of(n, box)
    inside, outside, beyond = 0, 0, 0
    for cell in units[unit]:
        if cell in both:
            inside |= masks[cell]
        else:
            outside |= masks[cell]
    for cell in units[other]:
        if cell not in both:
            beyond |= masks[cell]
    for value in _values(inside & ~outside & beyond):
        removed = [(c, value) for c in units[other] if c not in both and masks[c] >> value & 1]
        yield Strike(f"{value + 1} of {_unit(n, unit)} lies in {_unit(n, other)}", tuple(removed))


def _naked_pairs(
    n: int, box: Box | None, masks: Sequence[int], u: int, unit: Sequence[int]
) -> Iterator[Strike]:
    twos = [cell for cell in unit if masks[cell].bit_count() == 2]
    for first, second in combinations(twos, 2):
        if masks[first] == masks[second]:
            removed = _removable(masks, unit, (first, second), masks[first])
            if removed:
                pair = _digits(masks[first])
                why = f"{_cell(n, first)} and {_cell(n, second)} hold {pair} of {_unit(n, u)}"
                yield Strike(why, removed)


def _hidden_pairs(
    n: int, box: Box | None, masks: Sequence[int], u: int, unit: Sequence[int]
) -> Iterator[Strike]:
    places: dict[tuple[int, ...], list[int]] = {}
    for value in range(n):
        cells = tuple(cell for cell in unit if masks[cell] >> value & 1)
        if len(cells) == 2:
            places.setdefault(cells, []).append(value)
    for cells, values in places.items():
        if len(values) == 2:
            pair = 1 << values[0] | 1 << values[1]
            removed = tuple((c, v) for c in cells for v in _values(masks[c] & ~pair))
            if removed:
                first, second = cells
                why = (
                    f"in {_unit(n, u)} {_digits(pair)} fit only "
                    f"{_cell(n, first)} and {_cell(n, second)}"
                )
                yield Strike(why, removed)


def _removable(
    masks: Sequence[int], unit: Sequence[int], but: tuple[int, int], values: int
) -> tuple[tuple[int, int], ...]:
    return tuple((c, v) for c in unit if c not in but for v in _values(masks[c] & values))


# The worked solution


def explained(
    n: int, box: Box | None, cells: Sequence[int | None], less: Sequence[tuple[int, int]] = ()
) -> list[str]:
    """Lines of text that solve the puzzle.

    Args:
        n, box: the board's shape.
        cells: values from 0, None where blank.
        less: pairs of cells of which the first holds less.
    """
    state = _State(n, box, less)
    for cell, value in enumerate(cells):
        if value is not None:
            state.place(cell, value)
    lines: list[str] = []
    while None in state.values:
        lines += (
            state.singles()
            or state.struck(state.signs())
            or state.struck(pairs_and_pointing(n, box, state.masks))
            or [suppose(state)]
        )
    return lines


class _State(Position[tuple[int, int]]):
    """Candidates and filled cells, changed by one deduction after another."""

    def __init__(self, n: int, box: Box | None, less: Sequence[tuple[int, int]]) -> None:
        self.n, self.box, self.less = n, box, less
        self.masks = [(1 << n) - 1] * n**2
        self.values: list[int | None] = [None] * n**2

    def copy(self) -> _State:
        other = _State(self.n, self.box, self.less)
        other.masks, other.values = self.masks[:], self.values[:]
        return other

    def place(self, cell: int, value: int) -> None:
        self.values[cell] = value
        for peer in _peers(self.n, self.box)[cell]:
            self.masks[peer] &= ~(1 << value)
        self.masks[cell] &= 1 << value

    def broken(self) -> str:
        """What no longer has a place, or ""."""
        if 0 in self.masks:
            return f"{_cell(self.n, self.masks.index(0))} has no digit left"
        for u, unit in enumerate(units_of(self.n, self.box)):
            missing = (1 << self.n) - 1
            for cell in unit:
                missing &= ~self.masks[cell]
            if missing:
                return f"{_digits(missing)} has no place in {_unit(self.n, u)}"
        return ""

    def single(self) -> tuple[int, int, str] | None:
        """The first single: cell, value and why."""
        for cell, mask in enumerate(self.masks):
            if self.values[cell] is None and mask.bit_count() == 1:
                return cell, mask.bit_length() - 1, "only digit left"
        for u, unit in enumerate(units_of(self.n, self.box)):
            once, more = 0, 0
            for cell in unit:
                more |= once & self.masks[cell]
                once |= self.masks[cell]
            for cell in unit:
                if self.values[cell] is None and (mask := self.masks[cell] & once & ~more):
                    return cell, mask.bit_length() - 1, f"only place in {_unit(self.n, u)}"
        return None

    def singles(self) -> list[str]:
        """Every single in turn, placed; a line for each."""
        lines = []
        while found := self.single():
            cell, value, why = found
            self.place(cell, value)
            lines.append(f"{_cell(self.n, cell)}={value + 1} ({why})")
        return lines

    def signs(self) -> Iterator[Strike]:
        """What each sign removes: digits too great for its lesser cell, too small for the other."""
        for low, high in self.less:
            most, least = self.masks[high].bit_length() - 1, _lowest(self.masks[low])
            removed = [(low, value) for value in _values(self.masks[low]) if value >= most]
            removed += [(high, value) for value in _values(self.masks[high]) if value <= least]
            if removed:
                yield Strike(f"{_cell(self.n, low)}<{_cell(self.n, high)}", tuple(removed))

    def struck(self, strikes: Iterator[Strike]) -> list[str]:
        """The first of these deductions, carried out, if there is one."""
        strike = next(strikes, None)
        if strike is None:
            return []
        for cell, value in strike.removed:
            self.masks[cell] &= ~(1 << value)
        gone = ", ".join(f"{_cell(self.n, cell)}≠{value + 1}" for cell, value in strike.removed)
        return [f"{strike.why}: {gone}"]

    def advance(self) -> str:
        """The first single or sign, carried out."""
        if single := self.single():
            self.place(single[0], single[1])
            return f"{_cell(self.n, single[0])}={single[1] + 1}"
        return "".join(self.struck(self.signs()))

    def choices(self) -> Iterator[tuple[int, int]]:
        open_cells = [cell for cell, value in enumerate(self.values) if value is None]
        for cell in sorted(open_cells, key=lambda cell: self.masks[cell].bit_count()):
            for value in _values(self.masks[cell]):
                yield cell, value

    def assume(self, choice: tuple[int, int]) -> None:
        self.place(*choice)

    def deny(self, choice: tuple[int, int]) -> None:
        self.masks[choice[0]] &= ~(1 << choice[1])

    def said(self, choice: tuple[int, int], holds: bool) -> str:
        return f"{_cell(self.n, choice[0])}{'=' if holds else '≠'}{choice[1] + 1}"


@cache
def _peers(n: int, box: Box | None) -> list[list[int]]:
    peers: list[set[int]] = [set() for _ in range(n * n)]
    for unit in units_of(n, box):
        for cell in unit:
            peers[cell].update(unit)
    return [sorted(others - {cell}) for cell, others in enumerate(peers)]


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _values(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _digits(mask: int) -> str:
    return ",".join(str(value + 1) for value in _values(mask))


def _cell(n: int, cell: int) -> str:
    return f"r{cell // n + 1}c{cell % n + 1}"


def _unit(n: int, unit: int) -> str:
    return f"{('row', 'column', 'box')[unit // n]} {unit % n + 1}"
