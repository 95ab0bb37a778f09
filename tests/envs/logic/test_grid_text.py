"""Reading grids: any layout a model would write, one grid only, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_envs.logic.grid_text import boxed_text, read_grid, rows_text
from assay_verifiers import Verdict

GRID = "1234341221434321"
OTHER = "1234341243212143"
ROWS = ["1234", "3412", "2143", "4321"]
PLAIN = rows_text(GRID, 4)

READ = [
    PLAIN,
    f"  \n{PLAIN}\n\n",
    "1234\n3412\n2143\n4321",
    "1234341221434321",
    "1,2,3,4\n3,4,1,2\n2,1,4,3\n4,3,2,1",
    "1 2 | 3 4\n3 4 | 1 2\n----+----\n2 1 | 4 3\n4 3 | 2 1",
    "+---+---+---+---+\n" + "\n".join(f"| {' | '.join(row)} |" for row in ROWS),
    "|---|---|---|---|\n" + "\n".join(f"|{'|'.join(row)}|" for row in ROWS),
    "1 2  3 4\n3 4  1 2\n\n2 1  4 3\n4 3  2 1",
    "[[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]",
    "[[1, 2, 3, 4],\n [3, 4, 1, 2],\n [2, 1, 4, 3],\n [4, 3, 2, 1]]",
    '[["1","2","3","4"],["3","4","1","2"],["2","1","4","3"],["4","3","2","1"]]',
    f"```\n{PLAIN}\n```",
    f"```text\n{PLAIN}\n```",
    f"The solution is\n\n{PLAIN}\n\nas every row shows.",
    f"Answer:\n{PLAIN}",
    f"**Answer:**\n{PLAIN}",
    "Answer: 1234341221434321",
    "\n".join(f"Row {r}: {' '.join(row)}" for r, row in enumerate(ROWS, 1)),
    "\n".join(f"r{r}: {row}" for r, row in enumerate(ROWS, 1)),
    "\n".join(f"**{' '.join(row)}**" for row in ROWS),
    PLAIN.replace("\n", "\r\n"),
    boxed_text(GRID, 4, (2, 2)),
    boxed_text(GRID, 4, None),
    f"{rows_text('12..34..', 4)}\n. . . .\n4 3 2 1\n\n{PLAIN}",
    f"{PLAIN}\n\n{PLAIN}",
    f"{rows_text(OTHER, 4)}\nNo: column 1 is fine but row 3 is not.\n\nFinal answer:\n{PLAIN}",
    f"{PLAIN}\nThat is my answer.",
    f"<think>{rows_text(OTHER, 4)}</think>{PLAIN}",
]

REFUSED = [
    ("", "no_answer"),
    (" \n ", "no_answer"),
    (f"<think>{PLAIN}</think>", "no_answer"),
    (f"<think>{PLAIN}", "no_answer"),
    ("I cannot tell.", "malformed"),
    ("1 2 3 4", "malformed"),
    (rows_text(GRID[:12], 4), "malformed"),
    (rows_text(GRID + "1234", 4), "malformed"),
    (rows_text(GRID[:15] + ".", 4), "malformed"),
    (rows_text(GRID[:15] + "5", 4), "malformed"),
    (rows_text(GRID[:15] + "١", 4), "malformed"),
    (rows_text(GRID[:15] + "1", 4).replace("1", "{1,2}"), "malformed"),
    (PLAIN.replace("\n", " / "), "malformed"),
    (f"{PLAIN} or {rows_text(OTHER, 4)}", "malformed"),
    (f"{PLAIN}\nor\n{rows_text(OTHER, 4)}", "rule_broken"),
    (f"{PLAIN}\n\n{rows_text(OTHER, 4)}", "rule_broken"),
    (f"Answer:\n{PLAIN}\nor\n{rows_text(OTHER, 4)}", "rule_broken"),
    (f"{GRID}\n{OTHER}", "rule_broken"),
    (PLAIN + " " * 60_000 + "!", "too_long"),
]


@pytest.mark.parametrize("response", READ)
def test_a_grid_is_read_in_every_layout(response: str) -> None:
    assert read_grid(response, 4, 4, "1234") == GRID


@pytest.mark.parametrize(("response", "reason"), REFUSED)
def test_what_is_no_single_grid_is_refused(response: str, reason: str) -> None:
    verdict = read_grid(response, 4, 4, "1234")
    assert isinstance(verdict, Verdict)
    assert (verdict.reason, verdict.score) == (reason, 0.0)


def test_aliases_stand_for_their_symbols() -> None:
    assert read_grid("■□■\n□■■", 2, 3, "#.", {"■": "#", "□": "."}) == "#.#.##"


@given(st.text(alphabet="1234.|-[], \n:`answerow", max_size=120))
def test_no_text_makes_the_reader_raise(response: str) -> None:
    assert isinstance(read_grid(response, 4, 4, "1234"), str | Verdict)
