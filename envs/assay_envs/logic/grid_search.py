"""Which programs of the family turn given grids into given grids? All of one, two or three rules.

    list(explanations(family("12"), [(before, after), …], 2))

The first pair is searched and what fits it is tried on the others, so the smallest pair belongs in
front. No program that cannot fit is tried, by what ``grid_rules`` says of its kinds:

*The last rule.* Where a rule can be undone, the grid before it is known. Where applying it twice is
applying it once, every output must stay as it is under it. Where it only paints, erases, adds or
moves cells, no other change may be left for it to make, and only a larger grid can be cut.

*The middle rule* of three. What two changes of known effects can make of a grid is limited too: no
painting and erasing colours a blank cell, no moving and adding loses a cell of a colour. A first
rule after which, in any pair, the output is out of such reach is not followed further.

All of these are necessary conditions, also where a rule happens to change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from assay_envs.logic.grid_rules import Pair, Program, Rule, run
from assay_envs.logic.grid_steps import COLOURS, Grid

Reached = Mapping[Grid, Sequence[Rule]]
"""Grids, and the rules that lead to each from a grid that is meant."""

Change = tuple[str, str]
"""What ``Rule.change`` says. Rules that can be undone are not told apart by colour."""

_SAME_SIZE = ("paints", "erases", "adds", "moves")
_AS_INK = {ord(colour): "f" for colour in COLOURS}


def explains(program: Sequence[Rule], pairs: Sequence[Pair]) -> bool:
    return all(run(program, before) == after for before, after in pairs)


def explanations(rules: Sequence[Rule], pairs: Sequence[Pair], longest: int) -> Iterator[Program]:
    """Every program of at most ``longest`` (1 to 3) rules that explains all ``pairs``.

    They come by length, short ones first.
    """
    (before, after), *others = pairs
    yield from ((each,) for each in _ones(rules, before, after) if explains([each], others))
    if longest == 1:
        return
    outputs = [output for _, output in pairs]
    sources = _Sources(_reached(rules, before))
    yield from _explaining(list(sources.programs(rules, outputs)), others)
    if longest == 2:
        return
    last = _LastRule(rules, outputs)
    for program in _threes(rules, pairs, sources, last):
        if explains(program, others):
            yield program


def _explaining(programs: Sequence[Program], pairs: Sequence[Pair]) -> Iterator[Program]:
    """Those of two rules that explain all ``pairs``; no first rule is applied twice to a grid."""
    for before, after in pairs:
        made = {first: first(before) for first in {first for first, _ in programs}}
        programs = [program for program in programs if program[1](made[program[0]]) == after]
    yield from programs


def _ones(rules: Sequence[Rule], before: Grid, after: Grid) -> Iterator[Rule]:
    fitting = rules
    if before != after:
        changes = set(_Look(after).changes(_Look(before)))
        fitting = [each for each in rules if each.change in changes]
    return (each for each in fitting if each(before) == after)


def _reached(rules: Sequence[Rule], grid: Grid) -> dict[Grid, list[Rule]]:
    found: dict[Grid, list[Rule]] = {}
    for each in rules:
        found.setdefault(each(grid), []).append(each)
    return found


class _Look:
    """A grid as numbers of four bits a cell: its colours, and where any colour is."""

    def __init__(self, grid: Grid) -> None:
        self.flat = flat = "".join(grid)
        self.size = len(grid), len(grid[0])
        self.colours = int(flat, 16)
        self.ink = int(flat.translate(_AS_INK), 16)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Cells of each colour."""
        return tuple(map(self.flat.count, COLOURS))

    def effects(self, before: _Look) -> Iterator[str]:
        """The effects that may have made this grid out of ``before``, of the same size."""
        if self.ink == before.ink:
            yield "paints"
        if before.colours & self.ink == self.colours:
            yield "erases"
        if self.colours & before.ink == before.colours:
            yield "adds"
        if self.ink.bit_count() == before.ink.bit_count() and self.counts == before.counts:
            yield "moves"

    def changes(self, before: _Look) -> Iterator[Change]:
        """The changes that may have made this grid out of ``before``, another one."""
        yield "", ""
        if self.size in (before.size, before.size[::-1]):
            yield "turns", ""
        if self.size != before.size and _covers(self.size, before.size):
            yield "grows", ""
        if self.size == before.size:
            yield "copies", ""
            place = -1 - ((self.colours ^ before.colours).bit_length() - 1) // 4
            for effect in self.effects(before):
                yield effect, ""
                yield effect, (before if effect == "erases" else self).flat[place]
        elif _covers(before.size, self.size):
            yield "crops", ""
            if self.counts == before.counts:
                yield "cuts", ""

    def under(self, cells: int) -> _Look:
        """These cells alone, the others blank."""
        return _Look((f"{self.colours & cells:0{len(self.flat)}x}",))


class _Sources:
    """The grids that one rule reaches, and what a second rule may make of them."""

    def __init__(self, reached: Reached) -> None:
        self.reached = reached
        self.looks = {grid: _Look(grid) for grid in reached}

    def programs(self, rules: Sequence[Rule], outputs: Sequence[Grid]) -> Iterator[Program]:
        """Every program of two rules that makes the first output, but for some that fail others."""
        by_change: dict[Change, list[Grid]] = {
            each.change: [] for each in rules if each.kind.undo is None
        }
        goal = outputs[0]
        look = _Look(goal)
        for grid, before in self.looks.items():
            if grid != goal:
                for change in look.changes(before):
                    if change in by_change:
                        by_change[change].append(grid)
        for last in rules:
            for middle in self._of(last, outputs, by_change.get(last.change, ())):
                for first in self.reached[middle]:
                    yield first, last

    def _of(
        self, last: Rule, outputs: Sequence[Grid], candidates: Sequence[Grid]
    ) -> Iterator[Grid]:
        """The reached grids that ``last`` turns into the first output."""
        goal = outputs[0]
        if last.kind.undo is not None:
            source = last.kind.undo(goal, *last.colours)
            if source is not None and source in self.reached:
                yield source
            return
        possible = [*candidates, goal] if goal in self.reached else candidates
        if possible and _may_make(last, goal):
            found = [grid for grid in possible if last(grid) == goal]
            if found and all(_may_make(last, output) for output in outputs[1:]):
                yield from found


class _LastRule:
    """The rules that can be the last of a program, going by its outputs; the first is the goal.

    Attributes:
        sources: grids that are known to become the goal, and the rules that make them so; the goal
            itself where a rule leaves it as it is.
        by_change: the rules that cannot be undone, by the change they make.
        effects: the effects of those.
    """

    def __init__(self, rules: Sequence[Rule], outputs: Sequence[Grid]) -> None:
        self.goal = goal = outputs[0]
        self.look = _Look(goal)
        self.sources: dict[Grid, list[Rule]] = {}
        self.by_change: dict[Change, list[Rule]] = {}
        self._known: dict[Grid, list[Rule]] = {goal: []}
        for each in rules:
            if not all(_may_make(each, output) for output in outputs):
                continue
            if each(goal) == goal:
                self.sources.setdefault(goal, []).append(each)
            elif each.kind.undo and (source := each.kind.undo(goal, *each.colours)):
                self.sources.setdefault(source, []).append(each)
            if each.kind.undo is None:
                self.by_change.setdefault(each.change, []).append(each)
        self.effects = {effect for effect, _ in self.by_change}

    def making(self, grid: Grid) -> list[Rule]:
        """The rules without undo that turn ``grid``, another one, into the goal."""
        found = self._known.get(grid)
        if found is None:
            changes = self.look.changes(_Look(grid))
            fitting = (each for change in changes for each in self.by_change.get(change, ()))
            found = [each for each in fitting if each(grid) == self.goal]
            self._known[grid] = found
        return found


def _may_make(rule: Rule, output: Grid) -> bool:
    if rule.kind.undo is not None:
        return rule.kind.undo(output, *rule.colours) is not None
    return not rule.kind.steady or rule(output) == output


def _threes(
    rules: Sequence[Rule],
    pairs: Sequence[Pair],
    sources: _Sources,
    last: _LastRule,
) -> Iterator[Program]:
    """Every program of three rules that explains the first pair, but for some that fail others."""
    for goal, lasts in last.sources.items():
        shorter = sources.programs(rules, [goal])
        yield from ((*program, each) for program in shorter for each in lasts)
    middles = _Middles(rules, pairs, last)
    for grid, firsts in sources.reached.items():
        known = bool(last.making(grid))  # then a middle rule that changes nothing fits
        for middle in rules if known else middles.after(sources.looks[grid], firsts):
            for each in last.making(middle(grid)):
                yield from ((first, middle, each) for first in firsts)


class _Middles:
    """The rules worth trying between a first rule and a last one that cannot be undone."""

    def __init__(self, rules: Sequence[Rule], pairs: Sequence[Pair], last: _LastRule) -> None:
        self.goal = last.look
        self.ends = last.effects
        self.kept = [
            _kept_half(each.kind.name, self.goal.size)
            for each in last.by_change.get(("copies", ""), ())
        ]
        self.others = [(before, _Look(after)) for before, after in pairs[1:]]
        self.by_effect: dict[str, list[Rule]] = {}
        for each in rules:
            self.by_effect.setdefault(each.kind.effect, []).append(each)
        ends = [effect for effect in _SAME_SIZE if effect in self.ends]
        self.wanted = _bits([(middle, end) for middle in _MIDDLES for end in ends])

    def after(self, look: _Look, firsts: Sequence[Rule]) -> Iterator[Rule]:
        """Those that may do something to the grid of ``look``, to which ``firsts`` lead."""
        worth = set(self._worth(look, firsts))
        for effect, rules in self.by_effect.items():
            if "" in self.ends or effect in worth:
                yield from rules

    def _worth(self, look: _Look, firsts: Sequence[Rule]) -> Iterator[str]:
        """Effects that a middle rule may have."""
        size, wanted = look.size, self.goal.size
        larger = _covers(size, wanted) or _covers(size[::-1], wanted)
        counted = _by_count(look.counts, self.goal.counts)
        yield from ("", "copies")
        if size != wanted and _covers(size, wanted):
            yield from ("cuts", "crops")
        if "crops" in self.ends or (size != wanted and _covers(wanted, size)):
            yield "grows"
        if "crops" in self.ends and larger:
            yield from _MIDDLES
        if "cuts" in self.ends and counted & _MOVE_ADD:
            yield "grows"
        if "cuts" in self.ends and larger:
            yield from (middle for middle in _MIDDLES if counted & _BIT[middle, "moves"])
        if self.kept and size in (wanted, wanted[::-1]):
            yield from ("moves", "turns")
        if self.kept and size == wanted:
            for kept in self.kept:
                yield from self.goal.under(kept).effects(look.under(kept))
        reach = self._reach(look, firsts)
        yield from (middle for middle in _MIDDLES if reach & _ROW[middle])

    def _reach(self, look: _Look, firsts: Sequence[Rule]) -> int:
        """The pairs of effects that may lead on from any of ``firsts`` in all pairs of grids."""
        here, reach = _within(look, self.goal) & self.wanted, 0
        for first in firsts if here else ():
            left = here
            for before, after in self.others:
                if not left & ~reach:
                    break
                left &= _within(_Look(first(before)), after)
            reach |= left
        return reach


def _kept_half(name: str, size: tuple[int, int]) -> int:
    """The cells that a rule which copies one half onto the other leaves as they are."""
    height, width = size
    rows = (height + 1) // 2 if name == "copy top" else height
    columns = (width + 1) // 2 if name == "copy left" else width
    row = "f" * columns + "0" * (width - columns)
    return int(row * rows + "0" * width * (height - rows), 16)


def _covers(size: tuple[int, int], other: tuple[int, int]) -> bool:
    return size[0] >= other[0] and size[1] >= other[1]


# What two changes can do, as sets of (effect of the middle rule, effect of the last)

_MIDDLES = ("paints", "erases", "adds", "moves", "turns")
_BIT = {
    (middle, end): 1 << (len(_SAME_SIZE) * row + column)
    for row, middle in enumerate(_MIDDLES)
    for column, end in enumerate(_SAME_SIZE)
}


def _bits(pairs: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> int:
    return sum(_BIT[pair] for pair in pairs)


def _both(one: str, other: str) -> int:
    """In either order; turning is moving."""
    pairs = {(one, other), (other, one)} | ({("turns", other)} if one == "moves" else set())
    return _bits(sorted(pairs & _BIT.keys()))


_ROW = {middle: _bits([(middle, end) for end in _SAME_SIZE]) for middle in _MIDDLES}
_PAINT_PAINT = _both("paints", "paints")
_PAINT_ERASE = _both("paints", "erases")
_PAINT_ADD = _both("paints", "adds")
_MOVE_PAINT = _both("moves", "paints")
_MOVE_ERASE = _both("moves", "erases")
_MOVE_ADD = _both("moves", "adds")
_MOVE_MOVE = _both("moves", "moves")
_ERASE_ERASE = _both("erases", "erases")
_ADD_ADD = _both("adds", "adds")
_ERASE_ADD = _bits([("erases", "adds")])
_ADD_ERASE = _bits([("adds", "erases")])


def _within(before: _Look, after: _Look) -> int:
    """The pairs of effects that may make ``after`` out of ``before``."""
    if before.size != after.size:
        return _ROW["turns"] if before.size == after.size[::-1] else 0
    return _by_place(before, after) | _by_count(before.counts, after.counts)


def _by_place(before: _Look, after: _Look) -> int:
    """Pairs that keep cells where they are: painting keeps ink, erasing and adding colours.

    What is erased may be added in any colour.
    """
    found, common = _ERASE_ADD, before.ink & after.ink
    if common == after.ink:
        found |= _PAINT_ERASE
    if common == before.ink:
        found |= _PAINT_ADD
    if before.ink == after.ink:
        found |= _PAINT_PAINT
    if (before.colours ^ after.colours) & common:
        return found
    found |= _ADD_ERASE
    if common == after.ink:
        found |= _ERASE_ERASE
    if common == before.ink:
        found |= _ADD_ADD
    return found


def _by_count(before: Sequence[int], after: Sequence[int]) -> int:
    """Pairs with moving in them, which keeps the number of cells of every colour."""
    if before == after:
        return _MOVE_MOVE | _MOVE_PAINT | _MOVE_ERASE | _MOVE_ADD
    found = _MOVE_PAINT if sum(before) == sum(after) else 0
    if all(map(int.__ge__, before, after)):
        found |= _MOVE_ERASE
    elif all(map(int.__le__, before, after)):
        found |= _MOVE_ADD
    return found
