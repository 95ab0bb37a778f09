"""Drawing: small pictures of tasks as self-contained SVG text.

    picture = Drawing(200, 120)
    picture.rect(10, 10, 80, 40, fill=PAPER)
    picture.text(50, 30, "24", size=20)
    picture.svg("Countdown")

``grid`` draws what most puzzles are: cells with text and colours, with thick lines between boxes.
Text is escaped; nothing is fetched, scripted or animated. Units are pixels, y grows downward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

INK = "#1f2933"
PAPER = "#ffffff"
SHADE = "#e8edf2"
FAINT = "#9aa5b1"
ACCENT = "#c2410c"
PALETTE = (
    "#111111", "#1e77d0", "#e03c31", "#3aa655", "#f2c200",
    "#9aa5b1", "#c2289c", "#ee7b22", "#6fc7e0", "#7c1f2d",
)  # fmt: skip
"""Ten colours for grids of digits 0–9."""

_SANS = "Inter, Helvetica, Arial, sans-serif"
_MONO = "ui-monospace, Menlo, Consolas, monospace"
_MARGIN = 12.0
_WIDEST = 96  # characters of a line of text before it is wrapped
_MOST_LINES = 60


class Drawing:
    """A picture that grows by its methods; ``svg`` writes it out."""

    def __init__(self, width: float, height: float, background: str = PAPER) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []
        self.rect(0, 0, width, height, fill=background, stroke="none")

    def rect(
        self, x: float, y: float, width: float, height: float,
        *, fill: str = PAPER, stroke: str = INK, line: float = 1,
    ) -> None:  # fmt: skip
        place = _attributes(x=x, y=y, width=width, height=height)
        self._parts.append(f"<rect {place} {_style(fill, stroke, line)}/>")

    def circle(
        self, x: float, y: float, radius: float,
        *, fill: str = PAPER, stroke: str = INK, line: float = 1,
    ) -> None:  # fmt: skip
        place = _attributes(cx=x, cy=y, r=radius)
        self._parts.append(f"<circle {place} {_style(fill, stroke, line)}/>")

    def path(
        self, points: Sequence[tuple[float, float]],
        *, fill: str = "none", stroke: str = INK, line: float = 1,
    ) -> None:  # fmt: skip
        """Straight lines through ``points``, in order."""
        joined = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        style = _style(fill, stroke, line)
        self._parts.append(f'<polyline points="{joined}" {style} stroke-linecap="round"/>')

    def text(
        self, x: float, y: float, text: str,
        *, size: float = 16, fill: str = INK, anchor: str = "middle", bold: bool = False,
        mono: bool = False,
    ) -> None:  # fmt: skip
        """One line of text, its middle at height ``y``; ``anchor`` is start, middle or end."""
        place = _attributes(x=x, y=y + size * 0.35, font_size=size)
        weight = ' font-weight="bold"' if bold else ""
        family = _MONO if mono else _SANS
        self._parts.append(
            f'<text {place} fill="{escape(fill)}" text-anchor="{escape(anchor)}"'
            f' font-family="{family}"{weight} xml:space="preserve">{escape(_clean(text))}</text>'
        )

    def svg(self, title: str = "") -> str:
        """The picture as one SVG document."""
        size = _attributes(width=self.width, height=self.height)
        box = f"0 0 {_number(self.width)} {_number(self.height)}"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}">'
        name = f"<title>{escape(_clean(title))}</title>" if title else ""
        return "\n".join([head + name, *self._parts, "</svg>"]) + "\n"


def grid(
    cells: Sequence[Sequence[str]],
    *,
    cell: float = 36,
    box: tuple[int, int] | None = None,
    fills: Mapping[tuple[int, int], str] | None = None,
    marks: Mapping[tuple[int, int], str] | None = None,
    margin: float = _MARGIN,
) -> Drawing:
    """A grid of texts, row by row.

    Args:
        cells: ``cells[row][column]``; "" leaves a cell empty.
        cell: side of a cell.
        box: (rows, columns) of the boxes between which lines are thick.
        fills: background colours by (row, column).
        marks: small texts for the upper left corner of cells.
        margin: room around the grid; cell (0, 0) begins at (margin, margin).
    """
    rows, columns = len(cells), max(map(len, cells), default=0)
    drawing = Drawing(columns * cell + 2 * margin, rows * cell + 2 * margin)
    for r, row in enumerate(cells):
        for c, text in enumerate(row):
            x, y = margin + c * cell, margin + r * cell
            drawing.rect(x, y, cell, cell, fill=(fills or {}).get((r, c), PAPER), stroke=FAINT)
            if text:
                size = cell * min(0.55, 1.4 / max(1, len(text)))
                drawing.text(x + cell / 2, y + cell / 2, text, size=size)
            if marks and (mark := marks.get((r, c))):
                drawing.text(x + 3, y + cell * 0.2, mark, size=cell * 0.26, anchor="start")
    drawing.rect(margin, margin, columns * cell, rows * cell, fill="none", line=2)
    if box is not None:
        _thick_lines(drawing, rows, columns, box, cell, margin)
    return drawing


def text_svg(text: str, title: str = "") -> str:
    """Lines of text as a picture, long ones wrapped."""
    lines = [part for line in _clean(text).splitlines() for part in _wrapped(line)]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "…"]
    width = max((len(line) for line in lines), default=1)
    drawing = Drawing(width * 8.4 + 2 * _MARGIN, len(lines) * 20 + 2 * _MARGIN)
    for place, line in enumerate(lines):
        y = _MARGIN + place * 20 + 10
        drawing.text(_MARGIN, y, line, size=14, anchor="start", mono=True)
    return drawing.svg(title)


def _thick_lines(
    drawing: Drawing, rows: int, columns: int, box: tuple[int, int], cell: float, margin: float
) -> None:
    right, bottom = margin + columns * cell, margin + rows * cell
    for r in range(box[0], rows, box[0]):
        drawing.path([(margin, margin + r * cell), (right, margin + r * cell)], line=2)
    for c in range(box[1], columns, box[1]):
        drawing.path([(margin + c * cell, margin), (margin + c * cell, bottom)], line=2)


def _wrapped(line: str) -> list[str]:
    """``line`` in pieces of at most the widest width, broken at blanks where there are any."""
    pieces = []
    while len(line) > _WIDEST:
        cut = line.rfind(" ", 1, _WIDEST)
        cut = cut if cut > 0 else _WIDEST
        pieces.append(line[:cut])
        line = line[cut:].lstrip(" ")
    return [*pieces, line]


def _clean(text: str) -> str:
    """``text`` less what XML cannot hold."""
    return "".join(c if c in "\n\t" or (c >= " " and c.isprintable()) else "�" for c in text)


def _attributes(**values: float) -> str:
    pairs = (f'{name.replace("_", "-")}="{_number(value)}"' for name, value in values.items())
    return " ".join(pairs)


def _style(fill: str, stroke: str, line: float) -> str:
    return f'fill="{escape(fill)}" stroke="{escape(stroke)}" stroke-width="{_number(line)}"'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
