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

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, reduce
from itertools import chain, compress
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
    others = pairs[1:]
    two = _Two(rules, pairs if longest > 1 else pairs[:1])  # to try one is faster than to look
    ones = [(each,) for each in two.ones() if (each,) != known]
    yield from (one for one in ones if explains(one, pairs))
    if longest == 1:
        return
    for programs in two.programs():
        yield from _explaining([each for each in programs if each != known], others)
    if longest == 2:
        return
    last = _LastRule(rules, [output for _, output in pairs])
    for program in _threes(rules, pairs, last):
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

    def programs(self) -> Iterator[Iterator[Program]]:
        """Those of two rules: the ones whose first rule is of many, then the others."""
        few = [last for effect in _FEW for last in self._lasts(effect, self.ways)]
        alive = {last.kind.effect for last in few}
        self.ways &= ~sum([LAST[effect] for effect in _FEW if effect not in alive])
        yield self._from_last(few)
        yield self._from_first(few)

    def _lasts(self, effect: str, ways: Ways) -> Iterator[Rule]:
        """The last rules of this effect that the outputs and what a first rule can do allow."""
        room = _room(effect, ways & LAST[effect])
        return filter(self._may_end, self.rules.lasts(effect, room, self.more, self.fewer))

    def _may_end(self, last: Rule) -> bool:
        if last.undo is not None:
            return last.kind.effect != "grows" or _may_make(last, self.after)
        tight = last.kind.effect not in _CUTTING or self.tight
        return tight and all(_may_make(last, output) for output in self.outputs)

    @cached_property
    def tight(self) -> bool:
        """No output has a blank side that cutting would have taken away."""
        return all(map(_tight, self.outputs))

    def _from_first(self, few: Sequence[Rule]) -> Iterator[Program]:
        """Those whose first rule is of few: it is applied, then what remains is one change.

        Args:
            few: the last rules that may be of few too.
        """
        able = {each: self._firsts(each, self.ways & _FEW_FIRST) for each in few}
        begin = self.rules.firsts(self.ways & _FEW_FIRST & _MANY_LAST, 0, 0)
        sources = _Sources(self.rules, reduce(or_, able.values(), begin), self.before)
        yield from sources.programs(able, self.after)
        for middle, bits in sources.reached.items():
            if bits & begin and len(middle[0]) == len(self.after[0]):
                firsts = self.rules.among(bits & begin)
                ways = self.ways & reduce(or_, [FIRST[each.kind.effect] for each in firsts])
                for last in self._fitting(ways, middle):
                    if last.apply(middle) == self.after:
                        yield from ((first, last) for first in firsts)

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
        ways = self.ways & _MANY_FIRST
        many = (effect for effect in _MANY if ways & LAST[effect])
        lasts = chain(few, (each for effect in many for each in self._lasts(effect, ways)))
        able = {each: self._firsts(each, ways) for each in lasts}
        sources = _Sources(self.rules, reduce(or_, able.values(), 0), self.before)
        yield from sources.programs(able, self.after)

    def _firsts(self, last: Rule, ways: Ways) -> int:
        """The rules of such ``ways`` that may come before ``last``, a bit each."""
        more, fewer = self.more & ~last.gains, self.fewer & ~last.loses
        return self.rules.firsts(ways & LAST[last.kind.effect], more, fewer)


class _Rules:
    """Rules by what they may do; each choice of them is made but once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.by_effect: dict[str, list[Rule]] = {}
        for each in rules:
            self.by_effect.setdefault(each.kind.effect, []).append(each)
        self.bits = {each: 1 << place for place, each in enumerate(rules)}
        self.every = (1 << len(self.bits)) - 1
        self.able = lru_cache(maxsize=_KEPT)(self._able)
        self.lasts = lru_cache(maxsize=_KEPT)(self._lasts)
        self.firsts = lru_cache(maxsize=_KEPT)(self._firsts)
        self.among = lru_cache(maxsize=_KEPT)(self._among)

    def of(self, effect: str) -> Sequence[Rule]:
        return self.by_effect.get(effect, ())

    def _among(self, bits: int) -> Sequence[Rule]:
        """Those whose bits are set."""
        return list(compress(self.bits, f"{bits:b}"[::-1].encode().translate(_AS_TRUTH)))

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


_AS_TRUTH = bytes.maketrans(b"01", b"\0\1")
_KEPT = 4096  # choices of each kind
_known = lru_cache(maxsize=512)(_Rules)


_ROOM = {
    "paints": (2, 9), "erases": (0, 9), "adds": (9, 0), "moves": (0, 0), "turns": (0, 0),
    "copies": (9, 9), "grows": (9, 0), "cuts": (0, 0), "crops": (0, 9), "sorts": (0, 0),
}  # fmt: skip
"""Effect → of how many colours a rule may make more and fewer cells."""

_CUTTING = ("cuts", "crops")
_FEW = ("copies", "grows", "cuts", "crops", "sorts")
_GAINING = sum(FIRST[effect] for effect, (gains, _) in _ROOM.items() if gains)
_LOSING = sum(FIRST[effect] for effect, (_, loses) in _ROOM.items() if loses)
_MANY = [effect for effect in _ROOM if effect not in _FEW]
_ENDS = [(each, WAY[each, NOTHING], LAST[each]) for each in _MANY]
_FEW_FIRST = sum(FIRST[effect] for effect in _FEW)
_MANY_FIRST = sum(FIRST[effect] for effect in _MANY)
_MANY_LAST = sum(LAST[effect] for effect in _MANY)


@lru_cache(maxsize=_KEPT)
def _room(last: str, ways: Ways) -> tuple[int, int]:
    """Of how many colours a rule before one of such an effect may make more and fewer cells."""
    room = [_ROOM[first] for first in _ROOM if ways & WAY[first, last]]
    gains, loses = zip(*room, strict=True) if room else ((-1,), (-1,))
    return max(gains), max(loses)


class _Sources:
    """The grids that one rule reaches, and what a second rule may make of them.

    Attributes:
        reached: the grids, and the rules that make them, a bit each.
    """

    def __init__(self, rules: _Rules, firsts: int, before: Grid) -> None:
        self.rules = rules
        self.reached: dict[Grid, int] = {}
        for each in rules.among(firsts):
            grid = each.apply(before)
            self.reached[grid] = self.reached.get(grid, 0) | rules.bits[each]

    @cached_property
    def looks(self) -> Mapping[Grid, Look]:
        return {grid: Look(grid) for grid in self.reached}

    def programs(self, lasts: Mapping[Rule, int], goal: Grid) -> Iterator[Program]:
        """Every program of two rules that makes ``goal``.

        Args:
            lasts: the last rules and what may come before each, a bit a rule.
        """
        before: dict[Change, Sequence[Grid]] = {}
        for last, firsts in lasts.items():
            if last.undo is not None:
                source = last.undo(goal)
                found = [source] if source in self.reached else []
            else:
                if last.change not in before:
                    before[last.change] = self._before(last.change, goal)
                able = [grid for grid in before[last.change] if firsts & self.reached[grid]]
                found = [grid for grid in able if last.apply(grid) == goal]
            for grid in found:
                yield from ((each, last) for each in self.rules.among(firsts & self.reached[grid]))

    def _before(self, change: Change, goal: Grid) -> Sequence[Grid]:
        """The reached grids that such a change may turn into ``goal``, and that itself.

        Cutting and sorting keep the number of coloured cells; cropping keeps rows whole.
        """
        effect, colour = change
        cells, width = goal
        if effect in ("sorts", "cuts"):
            ink = len(cells) - cells.count(BLANK)
            return [(c, w) for c, w in self.reached if len(c) - c.count(BLANK) == ink]
        if effect == "crops":
            row = cells[:width]
            return [(c, w) for c, w in self.reached if w >= width and row in c]
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


def _tight(grid: Grid) -> bool:
    """Whether there is colour at all four sides, or none at all."""
    cells, width = grid
    sides = cells[:width], cells[-width:], cells[::width], cells[width - 1 :: width]
    return all(map(any, sides)) or not any(cells)


def _threes(
    rules: tuple[Rule, ...],
    pairs: Sequence[Pair],
    last: _LastRule,
) -> Iterator[Program]:
    """Every program of three rules that explains the first pair, but for some that fail others."""
    known = _known(rules)
    sources = _Sources(known, known.every, pairs[0][0])
    for goal, lasts in last.sources.items():
        able = {each: known.every for each in rules if _may_make(each, goal)}
        shorter = sources.programs(able, goal)
        yield from ((*program, each) for program in shorter for each in lasts)
    middles = _Middles(rules, pairs, last)
    for grid, bits in sources.reached.items():
        firsts = known.among(bits)
        idle = bool(last.making(grid))  # then a middle rule that changes nothing fits
        for middle in rules if idle else middles.after(sources.looks[grid], firsts):
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
