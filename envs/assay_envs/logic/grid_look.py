"""What can one change, or two after another, make of a grid? Necessary conditions, by effects.

    ways = within(Look(before), Look(after))         a set of pairs of effects, as bits
    ways & FIRST["paints"] & LAST["turns"]           may painting and then turning have done it?

What a rule of a known effect (``grid_rules.Kind``) does to three things about a grid is limited:

*Size.* Growing never makes it smaller, cutting never larger, turning may swap height with width.
*Numbers* of cells of each colour. Moving keeps them, adding raises them; painting keeps their sum.
*Cells in their places.* Painting keeps blank cells blank, erasing makes no new colour.

Each is a table of the pairs of effects that it allows. Every effect includes changing nothing,
which is the last of ``EFFECTS``; so one change is a pair with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import product
from struct import Struct

from assay_envs.logic.grid_rules import EVERY, Colours
from assay_envs.logic.grid_steps import COLOURS, Cells, Grid, ink

Change = tuple[str, int]
"""What ``Rule.change`` says. Rules that can be undone are not told apart by colour."""

Ways = int
"""A set of pairs of effects, a bit each."""

NOTHING = "nothing"
EFFECTS = (
    "paints", "erases", "adds", "moves", "turns", "copies", "grows", "cuts", "crops",
    "sorts", NOTHING,
)  # fmt: skip
WAY = {pair: 1 << place for place, pair in enumerate(product(EFFECTS, EFFECTS))}
FIRST = {one: sum(WAY[one, other] for other in EFFECTS) for one in EFFECTS}
LAST = {one: sum(WAY[other, one] for other in EFFECTS) for one in EFFECTS}
SINGLE = LAST[NOTHING]


class Look:
    """A grid as numbers of a byte a cell: its colours, and where any colour is.

    ``counts`` are the numbers of cells of the nine colours, two bytes each.
    """

    def __init__(self, grid: Grid) -> None:
        self.cells, width = grid
        self.size = len(self.cells) // width, width
        self.colours = int.from_bytes(self.cells, "little")
        self.ink = ink(self.cells)
        self.counts = int.from_bytes(_NINE.pack(*map(self.cells.count, COLOURS)), "little")

    def effects(self, before: Look) -> Iterator[str]:
        """The effects that may have made this grid out of ``before``, of the same size."""
        if self.ink == before.ink:
            yield "paints"
        if before.colours & self.ink == self.colours:
            yield "erases"
        if self.colours & before.ink == before.colours:
            yield "adds"
        if self.ink.bit_count() == before.ink.bit_count() and self.counts == before.counts:
            yield "moves"

    def changes(self, before: Look) -> Iterator[Change]:
        """The changes that may have made this grid out of ``before``, another one."""
        yield "sorts", 0
        if self.size in (before.size, before.size[::-1]):
            yield "turns", 0
        if self.size != before.size and covers(self.size, before.size):
            yield "grows", 0
        if self.size == before.size:
            yield "copies", 0
            place = ((self.colours ^ before.colours).bit_length() - 1) // 8
            for effect in self.effects(before):
                yield effect, 0
                yield effect, (before if effect == "erases" else self).cells[place]
        elif covers(before.size, self.size):
            yield "crops", 0
            if self.counts == before.counts:
                yield "cuts", 0

    def under(self, cells: Cells) -> Look:
        """These cells alone, the others blank."""
        kept = (self.colours & cells).to_bytes(len(self.cells), "little")
        return Look((kept, self.size[1]))


_NINE = Struct("<9H")


def covers(size: tuple[int, int], other: tuple[int, int]) -> bool:
    return size[0] >= other[0] and size[1] >= other[1]


def within(before: Look, after: Look) -> Ways:
    """The pairs of effects that may make ``after`` out of ``before``."""
    if before.size != after.size:
        turned = after.size[::-1]
        ways = _sized(
            covers(after.size, before.size),
            covers(before.size, after.size),
            covers(turned, before.size),
            covers(before.size, turned),
        )
        return ways & by_count(before, after)
    both = before.ink & after.ink
    added, erased = after.ink ^ both, before.ink ^ both
    repainted = (before.colours ^ after.colours) & both
    kept = _kept(after.size)
    return (
        _placed(added != 0, erased != 0, repainted != 0)
        & _half_placed(added & kept != 0, erased & kept != 0, repainted & kept != 0)
        & by_count(before, after, resting=True)
    )


@lru_cache(maxsize=1024)
def _kept(size: tuple[int, int]) -> Cells:
    """The cells that copying any half onto the other leaves as they are."""
    height, width = size
    row = (b"\xff" * ((width + 1) // 2)).ljust(width, b"\0")
    return int.from_bytes(row * ((height + 1) // 2), "little")


def by_count(before: Look, after: Look, resting: bool = False) -> Ways:
    """The pairs that the numbers of cells of each colour allow.

    Args:
        resting: the grids are of one size, so that what makes them only larger, or only smaller,
            did nothing.
    """
    if before.counts == after.counts:
        return _numbered(False, False, 0, resting)
    total = after.ink.bit_count() - before.ink.bit_count()
    fewer, more = fewer_in(after, before) != 0, fewer_in(before, after) != 0
    return _numbered(more, fewer, (total > 0) - (total < 0), resting)


def fewer_in(look: Look, other: Look) -> Colours:
    """The colours of which ``look`` has fewer cells than the other."""
    return EVERY & ~((look.counts | EVERY) - other.counts)


_SIZES = {"grows": "+", "cuts": "-", "crops": "-", "sorts": "?"}
_NUMBERS = {"erases": "-", "adds": "+", "copies": "?", "grows": "+", "crops": "-"}
"""Effect → whether it makes "+" no less, "-" no more, "?" either; "=" as much is left out."""


def _sum(signs: Mapping[str, str], pair: tuple[str, str]) -> str:
    both = {signs.get(each, "=") for each in pair} - {"="}
    return "=" if not both else both.pop() if len(both) == 1 else "?"


def _resting(pair: tuple[str, str]) -> tuple[str, str]:
    """What remains of a pair if the size does."""
    if _sum(_SIZES, pair) == "?":
        return pair
    one, other = [NOTHING if each in _SIZES else each for each in pair]
    return one, other


@cache
def _sized(larger: bool, smaller: bool, larger_turned: bool, smaller_turned: bool) -> Ways:
    """The pairs that such a change of size allows."""
    ways = 0
    for pair, way in WAY.items():
        turns = "turns" in pair
        more = larger or (turns and larger_turned)
        less = smaller or (turns and smaller_turned)
        if {"+": more, "-": less, "=": more and less, "?": True}[_sum(_SIZES, pair)]:
            ways |= way
    return ways


@cache
def _numbered(more: bool, fewer: bool, total: int, resting: bool) -> Ways:
    """The pairs that allow some colours more cells, some fewer, and such a change of their sum.

    Where colours are painted only the sum counts.
    """
    ways = 0
    for pair, way in WAY.items():
        sign = _sum(_NUMBERS, _resting(pair) if resting else pair)
        rises, sinks = (total > 0, total < 0) if "paints" in pair else (more, fewer)
        if {"+": not sinks, "-": not rises, "=": not (rises or sinks), "?": True}[sign]:
            ways |= way
    return ways


_IN_PLACE = {NOTHING: "", "paints": "p", "erases": "e", "adds": "a"}


@cache
def _placed(added: bool, erased: bool, repainted: bool) -> Ways:
    """The pairs that allow such changes of cells in a grid of the same size."""
    return _allowing(_IN_PLACE, added, erased, repainted)


@cache
def _half_placed(added: bool, erased: bool, repainted: bool) -> Ways:
    """The pairs that allow such changes of cells where copying does nothing."""
    return _allowing(_IN_PLACE | {"copies": ""}, added, erased, repainted)


def _allowing(in_place: Mapping[str, str], added: bool, erased: bool, repainted: bool) -> Ways:
    ways = 0
    for pair, way in WAY.items():
        one, other = _resting(pair)
        if one in in_place and other in in_place:
            does = in_place[one] + in_place[other]
            repaints = "p" in does or does == "ea"
            if added > ("a" in does) or erased > ("e" in does) or repainted > repaints:
                continue
        ways |= way
    return ways
