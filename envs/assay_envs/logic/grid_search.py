"""Which programs of the family turn given grids into given grids? All of one, two or three rules.

    list(explanations(family((1, 2)), [(before, after), …], 2))

The first pair is searched and what fits it is tried on the others, so the smallest pair belongs in
front. No program that cannot fit is tried, by what ``grid_rules`` says of its kinds:

*Two rules.* What two changes of known effects can make of a grid is limited (``grid_look``), and
all pairs limit it. Where the last rule can be undone, the grid before it is known. Where applying
it twice is applying it once, every output must stay as it is under it. Of the grids that a first
rule leads to, it is tried on those that differ from the output no more than it can change.

*The middle rule* of three. A first rule after which, in any pair, the output is out of reach for
two changes is not followed further.

All of these are necessary conditions, also where a rule happens to change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from itertools import chain
from operator import and_, or_

from assay_envs.logic.grid_look import (
    EFFECTS,
    FIRST,
    LAST,
    NOTHING,
    WAY,
    Change,
    Look,
    Ways,
    by_count,
    covers,
    fewer_in,
    within,
)
from assay_envs.logic.grid_rules import Colours, Pair, Program, Rule, run
from assay_envs.logic.grid_steps import BLANK, Cells, Grid

_SAME_SIZE = ("paints", "erases", "adds", "moves")
_MIDDLES = (*_SAME_SIZE, "turns")


def explains(program: Sequence[Rule], pairs: Sequence[Pair]) -> bool:
    return all(run(program, before) == after for before, after in pairs)


def explanations(
    rules: tuple[Rule, ...],
    pairs: Sequence[Pair],
    longest: int,
    known: Program = (),
) -> Iterator[Program]:
    """Every program of at most ``longest`` (1 to 3) rules that explains all ``pairs``.

    They come by length, short ones first. One that is ``known`` to explain them is left out.
    """
    (before, _), *others = pairs
    two = _Two(rules, pairs)
    ones = [(each,) for each in two.ones() if (each,) != known]
    yield from (one for one in ones if explains(one, pairs))
    if longest == 1:
        return
    yield from _explaining([each for each in two.programs() if each != known], others)
    if longest == 2:
        return
    last = _LastRule(rules, [output for _, output in pairs])
    for program in _threes(rules, pairs, _Sources(rules, before), last):
        if program != known and explains(program, others):
            yield program


def _explaining(programs: Sequence[Program], pairs: Sequence[Pair]) -> Iterator[Program]:
    """Those of two rules that explain all ``pairs``; no rule is applied twice to a grid."""
    for before, after in pairs:
        made = {first: first.apply(before) for first in {first for first, _ in programs}}
        ends = {(made[first], last) for first, last in programs}
        right = {(grid, last) for grid, last in ends if last.apply(grid) == after}
        programs = [each for each in programs if (made[each[0]], each[1]) in right]
    yield from programs


class _Two:
    """The programs of one or two rules that explain the first pair, less some that fail others.

    Attributes:
        ways: the effects that two rules may have, by size, number and place of cells in all pairs.
        more, fewer: the colours of which some output has more, or fewer cells than its input.
    """

    def __init__(self, rules: tuple[Rule, ...], pairs: Sequence[Pair]) -> None:
        self.before, self.after = pairs[0]
        self.outputs = [output for _, output in pairs]
        self.rules = _known(rules)
        looks = [(Look(before), Look(after)) for before, after in pairs]
        self.look = looks[0][1]
        self.ways = reduce(and_, [within(before, after) for before, after in looks])
        self.more = reduce(or_, [fewer_in(before, after) for before, after in looks])
        self.fewer = reduce(or_, [fewer_in(after, before) for before, after in looks])

    def ones(self) -> Iterator[Rule]:
        """The rules that may do it alone."""
        for effect in EFFECTS:
            if self.ways & WAY[effect, NOTHING]:
                yield from self.rules.able(effect, self.more, self.fewer)

    def programs(self) -> Iterator[Program]:
        """Those of two rules."""
        few = [last for effect in _FEW for last in self._lasts(effect)]
        alive = {last.kind.effect for last in few}
        self.ways &= ~sum([LAST[effect] for effect in _FEW if effect not in alive])
        yield from self._from_first(few)
        yield from self._from_last(few)

    def _lasts(self, effect: str) -> Iterator[Rule]:
        """The last rules of this effect that the outputs and what a first rule can do allow."""
        room = _room(effect, self.ways & LAST[effect])
        return filter(self._may_end, self.rules.lasts(effect, room, self.more, self.fewer))

    def _may_end(self, last: Rule) -> bool:
        if last.undo is not None:
            return last.kind.effect != "grows" or _may_make(last, self.after)
        return all(_may_make(last, output) for output in self.outputs)

    def _from_first(self, few: Sequence[Rule]) -> Iterator[Program]:
        """Those whose first rule is of few: it is applied, then what remains is one change.

        Args:
            few: the last rules that may be of few too.
        """
        for effect in _FEW:
            ways = self.ways & FIRST[effect]
            firsts = self.rules.of(effect) if ways else ()
            ends = [each for each in few if ways & LAST[each.kind.effect]]
            for middle, sames in _reached(firsts, self.before).items():
                alike = len(middle[0]) == len(self.after[0])
                for last in chain(ends, self._fitting(ways, middle) if alike else ()):
                    if last.apply(middle) == self.after:
                        yield from ((first, last) for first in sames)

    def _fitting(self, ways: Ways, middle: Grid) -> Iterator[Rule]:
        """The last rules of many that may go on, lacking no colours that the first leaves."""
        left = within(Look(middle), self.look)
        more = 0 if ways & _GAINING else self.more
        fewer = 0 if ways & _LOSING else self.fewer
        for effect, alone, last in _ENDS:
            if left & alone and ways & last:
                yield from self.rules.able(effect, more, fewer)

    def _from_last(self, few: Sequence[Rule]) -> Iterator[Program]:
        """Those whose first rule is of many."""
        self.ways &= _MANY
        lasts = [each for each in few if self.ways & LAST[each.kind.effect]]
        lasts += [each for effect in _ROOM if effect not in _FEW for each in self._lasts(effect)]
        able = {each: self._firsts(each) for each in lasts}
        firsts = self.rules.among(reduce(or_, able.values(), 0))
        for first, last in _Sources(firsts, self.before).programs(lasts, self.after):
            if able[last] & self.rules.bits[first]:
                yield first, last

    def _firsts(self, last: Rule) -> int:
        """The rules that may come before ``last``, a bit each."""
        ways = self.ways & LAST[last.kind.effect]
        return self.rules.firsts(ways, self.more & ~last.gains, self.fewer & ~last.loses)


class _Rules:
    """Rules by what they may do; each choice of them is made but once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.by_effect: dict[str, list[Rule]] = {}
        for each in rules:
            self.by_effect.setdefault(each.kind.effect, []).append(each)
        self.bits = {each: 1 << place for place, each in enumerate(rules)}
        self.able = lru_cache(maxsize=_KEPT)(self._able)
        self.lasts = lru_cache(maxsize=_KEPT)(self._lasts)
        self.firsts = lru_cache(maxsize=_KEPT)(self._firsts)

    def of(self, effect: str) -> Sequence[Rule]:
        return self.by_effect.get(effect, ())

    def among(self, bits: int) -> Sequence[Rule]:
        return [each for each, bit in self.bits.items() if bits & bit]

    def _able(self, effect: str, more: Colours, fewer: Colours) -> Sequence[Rule]:
        """Those of an effect that may make these colours more and fewer, if no other rule does."""
        return [
            each for each in self.of(effect) if not more & ~each.gains and not fewer & ~each.loses
        ]

    def _lasts(
        self, effect: str, room: tuple[int, int], more: Colours, fewer: Colours
    ) -> Sequence[Rule]:
        """Those of an effect that leave a rule with this ``room`` before them no more than that."""
        gains, loses = room
        return [
            each
            for each in self.of(effect)
            if (more & ~each.gains).bit_count() <= gains
            and (fewer & ~each.loses).bit_count() <= loses
        ]

    def _firsts(self, ways: Ways, more: Colours, fewer: Colours) -> int:
        """Those that may make these colours more and fewer, of the first effects of ``ways``."""
        return sum(
            self.bits[each]
            for effect in self.by_effect
            if ways & FIRST[effect]
            for each in self.able(effect, more, fewer)
        )


_KEPT = 4096  # choices of each kind
_known = lru_cache(maxsize=512)(_Rules)


_ROOM = {
    "paints": (2, 9), "erases": (0, 9), "adds": (9, 0), "moves": (0, 0), "turns": (0, 0),
    "copies": (9, 9), "grows": (9, 0), "cuts": (0, 0), "crops": (0, 9), "sorts": (0, 0),
}  # fmt: skip
"""Effect → of how many colours a rule may make more and fewer cells."""

_FEW = ("copies", "grows", "cuts", "crops", "sorts")
_GAINING = sum(FIRST[effect] for effect, (gains, _) in _ROOM.items() if gains)
_LOSING = sum(FIRST[effect] for effect, (_, loses) in _ROOM.items() if loses)
_ENDS = [(each, WAY[each, NOTHING], LAST[each]) for each in _ROOM if each not in _FEW]
_MANY = sum(FIRST[effect] for effect in EFFECTS if effect not in _FEW)


@lru_cache(maxsize=_KEPT)
def _room(last: str, ways: Ways) -> tuple[int, int]:
    """Of how many colours a rule before one of such an effect may make more and fewer cells."""
    room = [_ROOM[first] for first in _ROOM if ways & WAY[first, last]]
    gains, loses = zip(*room, strict=True) if room else ((-1,), (-1,))
    return max(gains), max(loses)


def _reached(rules: Iterable[Rule], grid: Grid) -> dict[Grid, list[Rule]]:
    """The grids that one rule makes, and the rules that make them."""
    found: dict[Grid, list[Rule]] = {}
    for each in rules:
        found.setdefault(each.apply(grid), []).append(each)
    return found


class _Sources:
    """The grids that one rule reaches, and what a second rule may make of them."""

    def __init__(self, rules: Iterable[Rule], before: Grid) -> None:
        self.reached = _reached(rules, before)

    @cached_property
    def looks(self) -> Mapping[Grid, Look]:
        return {grid: Look(grid) for grid in self.reached}

    def programs(self, lasts: Iterable[Rule], goal: Grid) -> Iterator[Program]:
        """Every program of two rules that ends with one of ``lasts`` and makes ``goal``."""
        before: dict[Change, Sequence[Grid]] = {}
        for last in lasts:
            if last.undo is not None:
                source = last.undo(goal)
                found = [source] if source in self.reached else []
            else:
                if last.change not in before:
                    before[last.change] = self._before(last.change, goal)
                found = [grid for grid in before[last.change] if last.apply(grid) == goal]
            for grid in found:
                yield from ((first, last) for first in self.reached[grid])

    def _before(self, change: Change, goal: Grid) -> Sequence[Grid]:
        """The reached grids that such a change may turn into ``goal``, and that itself."""
        effect, colour = change
        cells, width = goal
        if effect == "sorts":
            return list(self.reached)
        if effect in ("cuts", "crops"):
            return [(c, w) for c, w in self.reached if len(c) >= len(cells) and w >= width]
        alike = [(c, w) for c, w in self.reached if len(c) == len(cells) and w == width]
        if effect == "moves":
            order = sorted(cells)
            return [grid for grid in alike if sorted(grid[0]) == order]
        if effect == "copies":
            return alike
        number = int.from_bytes(cells, "little")
        if effect == "adds" and not colour:
            return [grid for grid in alike if int.from_bytes(grid[0], "little") | number == number]
        kept = cells.translate(_OTHERS[BLANK if effect == "erases" else colour])
        mask = int.from_bytes(kept, "little")
        return [grid for grid in alike if not (int.from_bytes(grid[0], "little") ^ number) & mask]


_OTHERS = [bytes([255 * (cell != colour) for cell in range(256)]) for colour in range(10)]


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
        self.look = Look(goal)
        self.sources: dict[Grid, list[Rule]] = {}
        self.by_change: dict[Change, list[Rule]] = {}
        self._known: dict[Grid, list[Rule]] = {goal: []}
        for each in rules:
            if not all(_may_make(each, output) for output in outputs):
                continue
            if each(goal) == goal:
                self.sources.setdefault(goal, []).append(each)
            elif each.undo and (source := each.undo(goal)):
                self.sources.setdefault(source, []).append(each)
            if each.undo is None:
                self.by_change.setdefault(each.change, []).append(each)
        self.effects = {effect for effect, _ in self.by_change}

    def making(self, grid: Grid) -> list[Rule]:
        """The rules without undo that turn ``grid``, another one, into the goal."""
        found = self._known.get(grid)
        if found is None:
            changes = self.look.changes(Look(grid))
            fitting = (each for change in changes for each in self.by_change.get(change, ()))
            found = [each for each in fitting if each.apply(grid) == self.goal]
            self._known[grid] = found
        return found


def _may_make(rule: Rule, output: Grid) -> bool:
    if rule.undo is not None:
        return rule.undo(output) is not None
    if rule.clears:
        return rule.clears not in output[0]
    return not rule.kind.steady or rule.apply(output) == output


def _threes(
    rules: Sequence[Rule],
    pairs: Sequence[Pair],
    sources: _Sources,
    last: _LastRule,
) -> Iterator[Program]:
    """Every program of three rules that explains the first pair, but for some that fail others."""
    for goal, lasts in last.sources.items():
        able = [each for each in rules if _may_make(each, goal)]
        shorter = sources.programs(able, goal)
        yield from ((*program, each) for program in shorter for each in lasts)
    middles = _Middles(rules, pairs, last)
    for grid, firsts in sources.reached.items():
        known = bool(last.making(grid))  # then a middle rule that changes nothing fits
        for middle in rules if known else middles.after(sources.looks[grid], firsts):
            for each in last.making(middle.apply(grid)):
                yield from ((first, middle, each) for first in firsts)


class _Middles:
    """The rules worth trying between a first rule and a last one that cannot be undone."""

    def __init__(self, rules: Sequence[Rule], pairs: Sequence[Pair], last: _LastRule) -> None:
        self.goal = last.look
        self.ends = last.effects
        self.kept = [
            _kept_half(each.kind.name, self.goal.size)
            for each in last.by_change.get(("copies", 0), ())
        ]
        self.others = [(before, Look(after)) for before, after in pairs[1:]]
        self.by_effect: dict[str, list[Rule]] = {}
        for each in rules:
            self.by_effect.setdefault(each.kind.effect, []).append(each)
        ends = [effect for effect in _SAME_SIZE if effect in self.ends]
        self.wanted = sum(WAY[middle, end] for middle in _MIDDLES for end in ends)

    def after(self, look: Look, firsts: Sequence[Rule]) -> Iterator[Rule]:
        """Those that may do something to the grid of ``look``, to which ``firsts`` lead."""
        worth = set(self._worth(look, firsts))
        for effect, rules in self.by_effect.items():
            if "sorts" in self.ends or effect in worth:
                yield from rules

    def _worth(self, look: Look, firsts: Sequence[Rule]) -> Iterator[str]:
        """Effects that a middle rule may have."""
        size, wanted = look.size, self.goal.size
        larger = covers(size, wanted) or covers(size[::-1], wanted)
        counted = by_count(look, self.goal)
        yield from ("sorts", "copies")
        if size != wanted and covers(size, wanted):
            yield from ("cuts", "crops")
        if "crops" in self.ends or (size != wanted and covers(wanted, size)):
            yield "grows"
        if "crops" in self.ends and larger:
            yield from _MIDDLES
        if "cuts" in self.ends and counted & WAY["moves", "adds"]:
            yield "grows"
        if "cuts" in self.ends and larger:
            yield from (middle for middle in _MIDDLES if counted & WAY[middle, "moves"])
        if self.kept and size in (wanted, wanted[::-1]):
            yield from ("moves", "turns")
        if self.kept and size == wanted:
            for kept in self.kept:
                yield from self.goal.under(kept).effects(look.under(kept))
        reach = self._reach(look, firsts)
        yield from (middle for middle in _MIDDLES if reach & FIRST[middle])

    def _reach(self, look: Look, firsts: Sequence[Rule]) -> Ways:
        """The pairs of effects that may lead on from any of ``firsts`` in all pairs of grids."""
        here, reach = within(look, self.goal) & self.wanted, 0
        for first in firsts if here else ():
            left = here
            for before, after in self.others:
                if not left & ~reach:
                    break
                left &= within(Look(first(before)), after)
            reach |= left
        return reach


def _kept_half(name: str, size: tuple[int, int]) -> Cells:
    """The cells that a rule which copies one half onto the other leaves as they are."""
    height, width = size
    rows = (height + 1) // 2 if name == "copy top" else height
    columns = (width + 1) // 2 if name == "copy left" else width
    row = b"\xff" * columns + b"\0" * (width - columns)
    return int.from_bytes(row * rows, "little")
