"""Rules that turn one coloured grid into another, and programs made of them.

    rules = family((1, 2, 3))                  every rule over these colours, the plain ones first
    run([rule("fall down"), rule("paint 1 2")], grid)

A rule is written as its name and its colours; ``grid_steps`` says what grids are and does the work.
``grid_search`` finds the programs that explain given grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from itertools import permutations

from assay_envs.logic import grid_steps as do
from assay_envs.logic.grid_steps import COLOURS, Apply, Grid, Undo

Pair = tuple[Grid, Grid]

Colours = int
"""A set of colours, the highest of two bytes each: so numbers of cells are compared at once."""


def colours(*named: int) -> Colours:
    return sum(1 << 16 * colour - 1 for colour in named)


EVERY = colours(*COLOURS)


@dataclass(frozen=True, eq=False)
class Kind:
    """A rule but for its colours.

    Attributes:
        name: as programs write it.
        words: what it does, its colours in braces.
        apply: the grid after it; takes its colours and the grid.
        colours: how many colours it names.
        undo: the only grid that it turns into this one, if any does; takes the same.
        steady: applying it twice is applying it once.
        effect: what it may change. In a grid of the same size it "paints" coloured cells, "erases"
            them, "adds" colour to blank ones or "moves" cells; one that names colours gives a
            changed cell the last of them, or takes that away where it erases ("swap" aside). Or it
            "turns" the grid: moves cells and may swap height with width; "copies" a half onto the
            other; "grows" it in height or width; "cuts" it and keeps every coloured cell; "crops"
            a rectangle out of it. The last three leave the grid as it is where they leave its size.
            Or it "sorts" the coloured cells into a grid of another size.
        seeing: it looks at objects or counts.
    """

    name: str
    words: str
    apply: Apply
    colours: int = 0
    undo: Undo | None = None
    steady: bool = False
    effect: str = field(kw_only=True)
    seeing: bool = False


@dataclass(frozen=True, eq=False)
class Rule:
    """A kind of rule with its colours; :func:`rule_of` has one object for each."""

    kind: Kind
    colours: tuple[int, ...] = ()

    def __call__(self, grid: Grid) -> Grid:
        return self.apply(grid)

    @cached_property
    def apply(self) -> Apply:
        """The grid after it; calling this is faster than calling the rule."""
        return partial(self.kind.apply, *self.colours) if self.colours else self.kind.apply

    @cached_property
    def undo(self) -> Undo | None:
        """The only grid that it turns into the one given, if any does; where its kind has one."""
        undo = self.kind.undo
        return partial(undo, *self.colours) if undo and self.colours else undo

    def __str__(self) -> str:
        return " ".join([self.kind.name, *map(str, self.colours)])

    @cached_property
    def change(self) -> tuple[str, int]:
        """Its effect, and the colour that a changed cell gets, or loses where it erases; or 0."""
        return self.kind.effect, 0 if self.kind.undo or not self.colours else self.colours[-1]

    @cached_property
    def gains(self) -> Colours:
        """The colours of which it may leave more cells than there were."""
        if self.kind.name == "swap":
            return colours(*self.colours)
        if self.kind.effect not in ("paints", "adds", "grows", "copies"):
            return 0
        return colours(*self.colours[-1:]) or EVERY

    @cached_property
    def loses(self) -> Colours:
        """The colours of which it may leave fewer."""
        if self.kind.name == "swap":
            return colours(*self.colours)
        if self.kind.effect not in ("paints", "erases", "crops", "copies"):
            return 0
        return colours(self.clears) if self.clears else EVERY

    @cached_property
    def clears(self) -> int:
        """The colour of which it leaves no cell, and changes nothing else; or 0."""
        return self.colours[0] if self.kind.name in ("paint", "erase") else 0

    @property
    def words(self) -> str:
        return self.kind.words.format(*self.colours)


Program = tuple[Rule, ...]


def rule(text: str) -> Rule:
    """The rule that ``text`` names: ``fall down``, ``swap 1 2``."""
    words = text.split()
    for count in range(3):
        name, colours = " ".join(words[: len(words) - count]), words[len(words) - count :]
        kind = _BY_NAME.get(name)
        if kind is not None and kind.colours == count:
            return rule_of(kind, *map(int, colours))
    raise ValueError(f"no rule is called {text!r}")


@cache
def rule_of(kind: Kind, *colours: int) -> Rule:
    """The rule of this kind and these colours."""
    return Rule(kind, colours)


@lru_cache(maxsize=512)  # as many as sets of nine colours
def family(colours: tuple[int, ...]) -> tuple[Rule, ...]:
    """Every rule over ``colours``, those that see no objects first."""
    return tuple(
        rule_of(kind, *named)
        for kind in KINDS
        for named in permutations(colours, kind.colours)
        if kind.name != "swap" or named[0] < named[1]
    )


def run(program: Sequence[Rule], grid: Grid) -> Grid:
    for each in program:
        grid = each.apply(grid)
    return grid


KINDS: tuple[Kind, ...] = (
    Kind("mirror", "mirror left to right", do.mirror, undo=do.mirror, effect="turns"),
    Kind("flip", "turn upside down like a reflection", do.flip, undo=do.flip, effect="turns"),
    Kind("turn half", "turn by 180°", do.half_turn, undo=do.half_turn, effect="turns"),
    Kind(
        "turn right",
        "turn by 90° clockwise",
        do.quarter_right,
        undo=do.quarter_left,
        effect="turns",
    ),
    Kind(
        "turn left",
        "turn by 90° anticlockwise",
        do.quarter_left,
        undo=do.quarter_right,
        effect="turns",
    ),
    Kind("transpose", "swap rows with columns", do.transpose, undo=do.transpose, effect="turns"),
    Kind(
        "other diagonal",
        "reflect in the rising diagonal",
        do.other_diagonal,
        undo=do.other_diagonal,
        effect="turns",
    ),
    Kind(
        "roll down",
        "move all down by one row, the last row to the top",
        do.roll_down,
        undo=do.roll_up,
        effect="turns",
    ),
    Kind(
        "roll up",
        "move all up by one row, the first row to the bottom",
        do.roll_up,
        undo=do.roll_down,
        effect="turns",
    ),
    Kind(
        "roll right",
        "move all right by one, the last column to the front",
        do.roll_right,
        undo=do.roll_left,
        effect="turns",
    ),
    Kind(
        "roll left",
        "move all left by one, the first column to the end",
        do.roll_left,
        undo=do.roll_right,
        effect="turns",
    ),
    Kind(
        "fall down", "let every coloured cell fall down", do.fall_down, steady=True, effect="moves"
    ),
    Kind("fall up", "let every coloured cell rise", do.fall_up, steady=True, effect="moves"),
    Kind(
        "fall right",
        "push every coloured cell to the right",
        do.fall_right,
        steady=True,
        effect="moves",
    ),
    Kind(
        "fall left",
        "push every coloured cell to the left",
        do.fall_left,
        steady=True,
        effect="moves",
    ),
    Kind("swap", "swap colours {0} and {1}", do.swap, 2, undo=do.swap, effect="paints"),
    Kind("paint", "colour {0} becomes {1}", do.paint, 2, steady=True, effect="paints"),
    Kind("erase", "erase colour {0}", do.erase, 1, steady=True, effect="erases"),
    Kind("double", "make every cell 2 by 2 cells", do.double, undo=do.halved, effect="grows"),
    Kind(
        "beside",
        "repeat the grid to its right",
        do.beside,
        undo=do.left_half(do.beside),
        effect="grows",
    ),
    Kind(
        "beside mirrored",
        "add the mirror image on the right",
        do.beside_mirrored,
        undo=do.left_half(do.beside_mirrored),
        effect="grows",
    ),
    Kind("below", "repeat the grid below", do.below, undo=do.upper_half(do.below), effect="grows"),
    Kind(
        "below flipped",
        "add the reflection below",
        do.below_flipped,
        undo=do.upper_half(do.below_flipped),
        effect="grows",
    ),
    Kind(
        "frame",
        "put a frame of colour {0} around the grid",
        do.frame,
        1,
        undo=do.unframed,
        effect="grows",
    ),
    Kind(
        "complete across",
        "fill blanks from the left–right mirror image",
        do.complete_across,
        steady=True,
        effect="adds",
    ),
    Kind(
        "complete down",
        "fill blanks from the top–bottom mirror image",
        do.complete_down,
        steady=True,
        effect="adds",
    ),
    Kind(
        "copy left",
        "mirror the left half onto the right half",
        do.copy_left,
        steady=True,
        effect="copies",
    ),
    Kind(
        "copy top",
        "mirror the upper half onto the lower half",
        do.copy_top,
        steady=True,
        effect="copies",
    ),
    Kind("squeeze", "remove blank rows and columns", do.squeeze, steady=True, effect="cuts"),
    Kind(
        "ray right",
        "colour runs to the right until it meets another",
        do.ray_right,
        steady=True,
        effect="adds",
    ),
    Kind(
        "ray left",
        "colour runs to the left until it meets another",
        do.ray_left,
        steady=True,
        effect="adds",
    ),
    Kind(
        "ray down",
        "colour runs down until it meets another",
        do.ray_down,
        steady=True,
        effect="adds",
    ),
    Kind("ray up", "colour runs up until it meets another", do.ray_up, steady=True, effect="adds"),
    Kind(
        "keep largest",
        "keep only the largest object",
        do.keep_largest,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "keep smallest",
        "keep only the smallest object",
        do.keep_smallest,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind("drop largest", "erase the largest object", do.drop_largest, seeing=True, effect="erases"),
    Kind(
        "drop smallest", "erase the smallest object", do.drop_smallest, seeing=True, effect="erases"
    ),
    Kind(
        "paint largest",
        "the largest object becomes {0}",
        do.paint_largest,
        1,
        steady=True,
        seeing=True,
        effect="paints",
    ),
    Kind(
        "paint smallest",
        "the smallest object becomes {0}",
        do.paint_smallest,
        1,
        seeing=True,
        effect="paints",
    ),
    Kind(
        "drop border",
        "erase objects that touch the border",
        do.drop_border,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "drop inner",
        "erase objects that do not touch the border",
        do.drop_inner,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "paint border",
        "objects that touch the border become {0}",
        do.paint_border,
        1,
        steady=True,
        seeing=True,
        effect="paints",
    ),
    Kind(
        "paint inner",
        "objects that do not touch the border become {0}",
        do.paint_inner,
        1,
        steady=True,
        seeing=True,
        effect="paints",
    ),
    Kind(
        "fill",
        "fill enclosed blank regions with {0}",
        do.fill,
        1,
        steady=True,
        seeing=True,
        effect="adds",
    ),
    Kind(
        "hollow",
        "blank every cell whose four neighbours have its colour",
        do.hollow,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "crop",
        "cut out the least rectangle that holds all colour",
        do.crop,
        steady=True,
        seeing=True,
        effect="cuts",
    ),
    Kind(
        "crop largest",
        "cut out the rectangle around the largest object",
        do.crop_largest,
        steady=True,
        seeing=True,
        effect="crops",
    ),
    Kind(
        "keep commonest",
        "keep only the colour with most cells",
        do.keep_commonest,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "keep rarest",
        "keep only the colour with fewest cells",
        do.keep_rarest,
        steady=True,
        seeing=True,
        effect="erases",
    ),
    Kind(
        "tally",
        "draw a bar for each colour, as long as its number of cells, longest first",
        do.tally,
        steady=True,
        seeing=True,
        effect="sorts",
    ),
    Kind(
        "repeat",
        "repeat the grid side by side, once for each colour in it",
        do.repeat,
        undo=do.unrepeated,
        seeing=True,
        effect="grows",
    ),
)
"""The family; plain rules first."""

_BY_NAME = {kind.name: kind for kind in KINDS}
