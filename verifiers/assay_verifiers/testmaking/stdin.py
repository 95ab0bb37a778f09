"""Standard input for a program: examples changed so that their layout holds.

A layout is read from the examples alone. A whole number is a *count* where in every example it says
how much follows: how many lines (or blocks of lines, or one more or fewer) there are after it, how
many words the next line has, or how many letters the next line's first word has. Counts are changed
together with all that they count, and never by themselves. Any other whole number stays in the
range that its column shows, and at most as large as a number of the first line where that held in
every example (an index up to n). A decimal keeps its decimals; a word keeps its length and its
letters, since some count may be of them that the examples do not show.

It knows nothing of the problem's text. Where a format hides its counts deeper than this, changed
inputs can be ill-formed: a validator, or the reference's own failure, drops them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

_INTEGER = re.compile(r"-?[0-9]{1,400}\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,20}\.[0-9]{1,20}\Z")
_MOST_COUNTED = 20_000
_MOST_PLACES = 2_000

Unit = Literal["lines", "words", "letters"]
Rows = list[list[str]]
Column = tuple[int, int]
"""(0 for the first line, 1 for those after; the word's place, -1 in a line of more than three)."""


@dataclass(frozen=True)
class Count:
    """The number at ``line``, ``word`` (both from 0) counts ``unit`` after its line.

    ``size`` is the number of lines in a block, where whole blocks are counted; ``more`` how many
    lines there are beyond those counted (-1 for the edges of a tree).
    """

    line: int
    word: int
    unit: Unit
    size: int = 1
    more: int = 0


@dataclass(frozen=True)
class Layout:
    """What the examples have in common.

    Attributes:
        counts: by the place of the number, what it counts; see :class:`Count`.
        ranges: of each column the least and the greatest whole number.
        ceilings: of a column the word of the first line that its numbers never exceeded.
    """

    counts: Mapping[tuple[int, int], tuple[Count, ...]]
    ranges: Mapping[Column, tuple[int, int]]
    ceilings: Mapping[Column, int]

    def range_at(self, rows: Rows, line: int, word: int) -> tuple[int, int]:
        """What a number at this place of ``rows`` may be, both ends included."""
        column = _column(line, word, rows[line])
        low, high = self.ranges.get(column, (0, 10))
        at = self.ceilings.get(column)
        if at is not None and at < len(rows[0]) and _INTEGER.match(rows[0][at]):
            high = min(high, int(rows[0][at]))
        return min(low, high), high


def layout_of(examples: Sequence[str]) -> Layout:
    """The layout that all ``examples`` share."""
    tables = [_rows(text) for text in examples]
    found = [set(_counts(rows)) for rows in tables]
    shared = set.intersection(*found) if found else set()
    counts: dict[tuple[int, int], tuple[Count, ...]] = {}
    for count in sorted(shared, key=lambda c: (c.line, c.word, c.unit, c.size, abs(c.more))):
        if not _is_evident(count, tables):
            continue
        others = counts.get((count.line, count.word), ())
        if count.unit not in {other.unit for other in others}:
            counts[count.line, count.word] = (*others, count)
    ranges: dict[Column, tuple[int, int]] = {}
    for rows in tables:
        for column, numbers in _columns(rows).items():
            low, high = ranges.get(column, (numbers[0], numbers[0]))
            ranges[column] = (min(low, *numbers), max(high, *numbers))
    return Layout(counts, ranges, _ceilings(tables))


def _is_evident(count: Count, tables: list[Rows]) -> bool:
    """Not by coincidence: the number is on the first line, or differs between examples."""
    return count.line == 0 or len({rows[count.line][count.word] for rows in tables}) > 1


def _rows(text: str) -> Rows:
    return [line.split() for line in text.rstrip("\n").split("\n")]


def _column(line: int, word: int, words: list[str]) -> Column:
    return min(line, 1), word if len(words) <= 3 else -1


def _columns(rows: Rows) -> dict[Column, list[int]]:
    columns: dict[Column, list[int]] = defaultdict(list)
    for line, words in enumerate(rows):
        for word, token in enumerate(words):
            if _INTEGER.match(token):
                columns[_column(line, word, words)].append(int(token))
    return columns


def _ceilings(tables: list[Rows]) -> dict[Column, int]:
    """Columns that a number of the first line bounds in every example, and closely in one."""
    found: dict[Column, int] = {}
    for word in range(min((len(rows[0]) for rows in tables), default=0), 0, -1):
        heads = [rows[0][word - 1] for rows in tables]
        if len(set(heads)) < 2 or not all(map(_INTEGER.match, heads)):
            continue
        tops = [{c: max(n) for c, n in _columns(rows).items() if c[0]} for rows in tables]
        for column in set().union(*tops):
            seen = [
                (top[column], int(head))
                for top, head in zip(tops, heads, strict=True)
                if column in top
            ]
            if all(top <= head for top, head in seen) and any(t + 1 >= h for t, h in seen):
                found[column] = word - 1
    return found


def _counts(rows: Rows) -> Iterator[Count]:
    for line, words in enumerate(rows[:4]):
        for word, token in enumerate(words[:4]):
            if _INTEGER.match(token) and 0 < int(token) <= _MOST_COUNTED:
                yield from _counted(rows, line, word, int(token))


def _counted(rows: Rows, line: int, word: int, number: int) -> Iterator[Count]:
    after = rows[line + 1 :]
    for size in range(1, 5):
        if len(after) == number * size:
            yield Count(line, word, "lines", size)
    for more in (-1, 1):
        if len(after) == number + more:
            yield Count(line, word, "lines", 1, more)
    if after and len(after[0]) == number:
        yield Count(line, word, "words")
    if after and after[0] and len(after[0][0]) == number and not after[0][0].isdigit():
        yield Count(line, word, "letters")


# ── changing ─────────────────────────────────────────────────────────────────────────────────────


def changed(text: str, layout: Layout, random: Random) -> str:
    """``text`` with one or two changes that keep to ``layout``."""
    rows = _rows(text)
    for _ in range(random.choice((1, 1, 2))):
        if layout.counts and random.random() < 0.4:
            place = random.choice(list(layout.counts))
            _resize(rows, place, random.choice((-1, 1)), layout, random)
        else:
            _retouch(rows, layout, random)
    return _text(rows)


def redrawn(text: str, layout: Layout, random: Random) -> str:
    """``text`` with every number and word that is no count drawn anew."""
    rows = _rows(text)
    for line, word in _places(rows, layout):
        rows[line][word] = _another(rows, line, word, layout, random)
    return _text(rows)


def edges(text: str, layout: Layout) -> list[str]:
    """``text`` at its bounds: all numbers least, all numbers greatest, each count at its least."""
    found = []
    for end in (0, 1):
        rows = _rows(text)
        for line, word in _places(rows, layout):
            if _INTEGER.match(rows[line][word]):
                rows[line][word] = str(layout.range_at(rows, line, word)[end])
        found.append(_text(rows))
    for place in layout.counts:
        rows = _rows(text)
        while _resize(rows, place, -1, layout, Random(0)):  # noqa: S311 - no secret
            pass
        found.append(_text(rows))
    return found


def _text(rows: Rows) -> str:
    return "\n".join(" ".join(words) for words in rows) + "\n"


def _places(rows: Rows, layout: Layout) -> list[tuple[int, int]]:
    places = ((line, word) for line, words in enumerate(rows) for word in range(len(words)))
    free = [place for _, place in zip(range(_MOST_PLACES), places, strict=False)]
    return [place for place in free if place not in layout.counts]


def _retouch(rows: Rows, layout: Layout, random: Random) -> None:
    if places := _places(rows, layout):
        line, word = random.choice(places)
        rows[line][word] = _another(rows, line, word, layout, random)


def _another(rows: Rows, line: int, word: int, layout: Layout, random: Random) -> str:
    token = rows[line][word]
    if _INTEGER.match(token) and not (len(token) > 1 and token.startswith("0")):
        low, high = layout.range_at(rows, line, word)
        value = int(token)
        near = [each for each in (value - 1, value + 1, low, high) if low <= each <= high]
        return str(random.choice([*near, random.randint(low, high)]))
    if _DECIMAL.match(token):
        places = len(token.partition(".")[2])
        return f"{float(token) * random.choice((0.5, 2, 0.9, 1.1)):.{places}f}"
    return _scrambled(token, random)


def _scrambled(token: str, random: Random) -> str:
    """A word of the same length and letters; a word of digits such as a row of pixels is one."""
    letters = list(token)
    if random.random() < 0.5:
        letters[random.randrange(len(letters))] = random.choice(token)
    else:
        random.shuffle(letters)
    return "".join(letters)


def _resize(rows: Rows, place: tuple[int, int], step: int, layout: Layout, random: Random) -> bool:
    """One more or one fewer of all that the number at ``place`` counts; false where that fails."""
    counts = layout.counts[place]
    number = int(rows[place[0]][place[1]])
    if not set(counts) <= set(_counts(rows)) or number + step < 1:
        return False
    for count in counts:
        if count.unit == "lines":
            also_words = (
                len(counts) > 1
            )  # then the first line after the number is not a counted one
            if not _resize_lines(rows, count, step, also_words, layout, random):
                return False
        else:
            _resize_line(rows, count, step, layout, random)
    rows[place[0]][place[1]] = str(number + step)
    _clip(rows, layout)
    return True


def _clip(rows: Rows, layout: Layout) -> None:
    """Bring numbers back under a ceiling that came down."""
    for line, word in _places(rows, layout) if layout.ceilings else ():
        if _column(line, word, rows[line]) in layout.ceilings and _INTEGER.match(rows[line][word]):
            high = layout.range_at(rows, line, word)[1]
            rows[line][word] = str(min(int(rows[line][word]), high))


def _resize_lines(
    rows: Rows, count: Count, step: int, also_words: bool, layout: Layout, random: Random
) -> bool:
    first = count.line + 1 + also_words
    blocks = (len(rows) - first) // count.size
    if blocks < 1 or blocks + step < (0 if count.more or also_words else 1):
        return False
    start = first + random.randrange(blocks) * count.size
    if step < 0:
        del rows[start : start + count.size]
        return True
    copied = [list(words) for words in rows[start : start + count.size]]
    rows[start:start] = copied
    for offset, words in enumerate(copied):
        for word in range(len(words)):
            if random.random() < 0.5:
                words[word] = _another(rows, start + offset, word, layout, random)
    return True


def _resize_line(rows: Rows, count: Count, step: int, layout: Layout, random: Random) -> None:
    line = count.line + 1
    if count.unit == "words":
        place = random.randrange(len(rows[line]))
        if step < 0:
            del rows[line][place]
        else:
            rows[line].insert(place, _another(rows, line, place, layout, random))
        return
    word = rows[line][0]
    place = random.randrange(len(word))
    rest = word[place + 1 :] if step < 0 else random.choice(word) + word[place:]
    rows[line][0] = word[:place] + rest
