"""Reading a grid from a response, forgivingly: content decides, not layout.

A row is a line that holds one symbol for each column; blanks, commas, bars, brackets, quotes,
asterisks and back-ticks between them do not matter, nor does a label such as ``Row 3:``. Empty
lines, rulers and code fences between rows do not matter either. A whole grid may also stand in one
line, bare or as nested lists; a response that holds nothing but one symbol for each cell is a grid
however its lines break.

What counts is what is visible (after ``</think>``) and, where the word "answer" stands before a
grid, what follows its last such place. Every complete grid there must be the same: two different
ones are a hedge and judged incorrect. Grids with cells left blank, as when the puzzle is quoted,
are not answers. Everything runs in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from assay_verifiers import Verdict, visible_text

BLANK = "."
_BLANKS = "._?0□"
_LONGEST = 50_000  # characters of visible text
_SEPARATORS = " \t,;|[](){}<>'\"*`&\\│┃║▏"
_RULES = frozenset("-+=:_~#─━═┼╋╬├┤┬┴┌┐└┘╔╗╚╝╠╣╦╩╟╢╤╧")
_PLAIN = "0123456789 \n"  # a grid of nothing else is read without searching for it
_DELETED: dict[int, str | None] = {ord(each): None for each in _SEPARATORS}


def rows_text(cells: Sequence[str] | str, columns: int) -> str:
    """A grid as prompts and answers show it: rows on lines, symbols apart."""
    starts = range(0, len(cells), columns)
    return "\n".join(" ".join(cells[start : start + columns]) for start in starts)


def boxed_text(cells: Sequence[str], columns: int, box: tuple[int, int] | None) -> str:
    """A grid in a frame, for a terminal; ``box`` is (rows, columns) of the boxes, if any."""
    height, width = box or (len(cells) // columns, columns)
    bar = "─" * (2 * width + 1)
    lines = []
    for start in range(0, len(cells), columns):
        if start and start // columns % height == 0:
            lines.append("├" + "┼".join([bar] * (columns // width)) + "┤")
        row = cells[start : start + columns]
        parts = [" ".join(row[c : c + width]) for c in range(0, columns, width)]
        lines.append("│ " + " │ ".join(parts) + " │")
    top = "┌" + "┬".join([bar] * (columns // width)) + "┐"
    bottom = "└" + "┴".join([bar] * (columns // width)) + "┘"
    return "\n".join([top, *lines, bottom])


def canonical_grid(rows: Sequence[str], renamed: Mapping[str, str] | None = None) -> str:
    """The least of a grid's eight rotations and reflections, as text.

    Args:
        renamed: a renaming of symbols that changes nothing either (start and goal swapped).
    """
    forms = [list(rows)]
    if renamed:
        table = str.maketrans(dict(renamed))
        forms.append([row.translate(table) for row in rows])
    texts = []
    for form in forms:
        for turned in (form, ["".join(column) for column in zip(*form, strict=True)]):
            for mirrored in (turned, turned[::-1]):
                texts.append("/".join(mirrored))
                texts.append("/".join(row[::-1] for row in mirrored))
    return min(texts)


def read_grid(
    response: str,
    rows: int,
    columns: int,
    symbols: str,
    aliases: Mapping[str, str] | None = None,
) -> str | Verdict:
    """The one complete grid of ``response``, row by row; or the verdict that says why not.

    Args:
        response: the model's whole text.
        rows, columns: the grid's size.
        symbols: the characters a cell may hold.
        aliases: other characters that mean one of them.
    """
    text = visible_text(response).strip()
    if not text:
        return Verdict.incorrect("no_answer")
    if len(text) > _LONGEST:
        return Verdict.incorrect("too_long", length=len(text))
    bare = "".join(text.split())
    if len(bare) == rows * columns and not bare.strip(symbols):
        return bare
    table = _DELETED | {ord(other): symbol for other, symbol in (aliases or {}).items()}
    _, marker, after = text.lower().rpartition("answer")
    grids = _complete(after, table, rows, columns, symbols) if marker else []
    grids = grids or _complete(text, table, rows, columns, symbols)
    if not grids:
        return Verdict.incorrect("malformed", error=f"no complete grid of {rows} × {columns}")
    if any(grid != grids[0] for grid in grids):
        return Verdict.incorrect("rule_broken", error="two different grids")
    return grids[0]


def read_any_grid(response: str) -> str | Verdict:
    """The one grid of digits of ``response``, whatever its size, as :func:`rows_text` writes it.

    Rows that stand on lines next to each other, equally long, are one grid; rulers between them do
    not matter. Every grid that counts must be the same. Else the verdict that says why not.
    """
    text = visible_text(response).strip()
    if not text:
        return Verdict.incorrect("no_answer")
    if len(text) > _LONGEST:
        return Verdict.incorrect("too_long", length=len(text))
    if not text.strip(_PLAIN):
        rows = text.replace(" ", "").split("\n")
        if rows[0] and len(set(map(len, rows))) == 1:
            return "\n".join(map(" ".join, rows))
    _, marker, after = text.lower().rpartition("answer")
    grids = _any_grids(after) if marker else []
    grids = grids or _any_grids(text)
    if not grids:
        return Verdict.incorrect("malformed", error="no grid of digits")
    if any(grid != grids[0] for grid in grids):
        return Verdict.incorrect("rule_broken", error="two different grids")
    return rows_text("".join(grids[0]), len(grids[0][0]))


def _any_grids(text: str) -> list[list[str]]:
    grids: list[list[str]] = []
    run: list[str] = []
    for line in _unnested(text).splitlines():
        row = _unlabelled(line.translate(_DELETED))
        is_row = row.isascii() and row.isdecimal()
        if run and (len(run[0]) != len(row) if is_row else not row or not _RULES.issuperset(row)):
            grids.append(run)
            run = []
        if is_row:
            run.append(row)
    return [*grids, run] if run else grids


def _unnested(text: str) -> str:
    """``text`` with nested lists as rows on lines, apart from what stands around them."""
    text = _CLOSED.sub("]]", _OPENED.sub("[[", text))
    plain, *lists = text.split("[[")
    for each in lists:
        inside, _, outside = each.partition("]]")
        rows = "".join(inside.split()).replace("],[", "\n")
        plain += f"\n\n{rows}\n\n{outside}"
    return plain


_OPENED = re.compile(r"\[\s+\[")
_CLOSED = re.compile(r"\]\s+\]")


def _complete(
    text: str, table: Mapping[int, str | None], rows: int, columns: int, symbols: str
) -> list[str]:
    allowed = set(symbols)
    return [
        grid
        for run in _runs(text.translate(table), rows, columns, allowed.union(_BLANKS))
        if len(run) % rows == 0
        for grid in ("".join(run[i : i + rows]) for i in range(0, len(run), rows))
        if allowed.issuperset(grid)
    ]


def _runs(text: str, rows: int, columns: int, known: set[str]) -> Iterator[list[str]]:
    """Runs of rows that nothing but empty lines and rulers stand between."""
    run: list[str] = []
    for line in text.splitlines():
        line = _unlabelled(line)
        if len(line) == columns and known.issuperset(line):
            run.append(line)
        elif len(line) == rows * columns and known.issuperset(line):
            run += [line[i : i + columns] for i in range(0, len(line), columns)]
        elif not _RULES.issuperset(line):
            yield run
            run = []
    yield run


def _unlabelled(line: str) -> str:
    """``line`` less a label such as ``row3:`` or the colon that closes a sentence's ``answer:``."""
    head, colon, tail = line.partition(":")
    label = head.lower().removeprefix("row").removeprefix("r")
    return tail if colon and (not label or label.isdecimal()) else line
