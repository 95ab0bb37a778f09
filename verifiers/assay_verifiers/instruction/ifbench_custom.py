"""IFBench, ``custom:``: checks written for one prompt each, with its facts in them.

They test what the reference tests, which is at times less than the prompt asks (``csv_*`` look at
columns and rows, not at what stands in them; ``word_reverse`` wants *bald eagle* somewhere) and at
times what is disputable (``european_capitals_sort`` leaves some capitals out).
"""

from __future__ import annotations

import csv
import io
import re
import string
import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise

from assay_verifiers.instruction.constraint import Constraint
from assay_verifiers.instruction.ifbench_count import Splitter
from assay_verifiers.instruction.lexicon import CAPITALS
from assay_verifiers.instruction.wording import EDGES, bare, rising

_MULTIPLES = ["14", "21", "28", "35", "42", "49"]
_DIGITS = re.compile(r"\d+")
_QUESTION = re.compile(r"Question \d+[.|):;]?\s*")
_OPTION = re.compile(r"[A-Ea-e][.|)]\s*\w")
_QUESTIONS, _OPTIONS = 4, 5
_AFRICA = 52  # lines from Zimbabwe on, at least
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NAPOLEON = range(1769, 1822)
_LONG_MONTHS = (1, 3, 5, 7, 8, 10, 12)
_START = string.punctuation + string.whitespace
_Rows = list[list[str]]


def _multiples(text: str) -> bool:
    return _DIGITS.findall(text) == _MULTIPLES


def _mcq_count_length(text: str) -> bool:
    if not text.startswith("Question"):
        return False
    questions = [part.strip() for part in _QUESTION.split(text) if part.strip()]
    lengths = [_question_length(question) for question in questions]
    known = [length for length in lengths if length is not None]
    return len(known) == len(lengths) == _QUESTIONS and rising(known)


def _question_length(question: str) -> int | None:
    """Characters before the options; None unless there are five."""
    lines = [line.strip() for line in question.split("\n")]
    options = [number for number, line in enumerate(lines) if _OPTION.match(line)]
    if len(options) != _OPTIONS:
        return None
    return len(" ".join(lines[: options[0]]).strip())


def _reverse_newline(text: str) -> bool:
    """From the line with Zimbabwe on, lines fall alphabetically, accents aside."""
    lines = [line.strip(EDGES) for line in text.split("\n") if line.strip(EDGES)]
    start = next((i for i, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    countries = [_ascii(line) for line in lines[start:]]
    return len(countries) >= _AFRICA and all(one >= next_ for one, next_ in pairwise(countries))


def _ascii(text: str) -> str:
    """Without accents, and without what has no ASCII form."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _character_reverse(text: str) -> bool:
    return "elgae dlab" in text.lower()


def _european_capitals_sort(text: str) -> bool:
    return [name.strip() for name in _ascii(text).split(",") if name.strip()] == list(CAPITALS)


# tables


def _read_rows(text: str, delimiter: str = ",") -> _Rows:
    """The rows as Python's csv reads them; none where it cannot."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []


def _header(columns: str, between: str) -> re.Pattern[str]:
    """A first line of these columns, each with or without quotes."""
    return re.compile(between.join(f'(?:{name}|"{name}")' for name in columns.split()))


_PRODUCTS = _header("ProductID Category Brand Price Stock", r",[ \t]*")
_STUDENTS = _header("StudentID Subject Grade Semester Score", r"\t *")


def _csv_city(text: str) -> bool:
    rows = _read_rows(text)
    head = rows[:1] == [["ID", "Country", "City", "Year", "Count"]]
    return head and len(rows) == 8 and _five_wide(rows[1:])


def _five_wide(rows: _Rows) -> bool:
    return all(len(row) == 5 for row in rows)


def _csv_special_character(text: str) -> bool:
    """As the reference does, rows after the first with a special field are not looked at."""
    rows = _quoted_rows(text, _PRODUCTS, ",")
    if len(rows) != 15:
        return False
    for row in rows[1:]:
        if len(row) != 5:
            return False
        if any(map(_is_special, row)):
            return True
    return False


def _is_special(field: str) -> bool:
    """Starts with a quote, and on its first line a special character stands before a last quote."""
    inside = field.split("\n", 1)[0][1:].rpartition('"')[0]
    return field.startswith('"') and any(
        not (character.isalnum() or character == "_" or character.isspace()) for character in inside
    )


def _csv_quotes(text: str) -> bool:
    rows = _quoted_rows(text, _STUDENTS, "\t")
    fields = (field.strip() for row in rows for field in row)
    quoted = all(field[:1] == '"' == field[-1:] for field in fields)
    return len(rows) == 4 and _five_wide(rows) and quoted


def _quoted_rows(text: str, header: re.Pattern[str], delimiter: str) -> _Rows:
    """Rows whose fields keep their quotes; none unless the first line is the header."""
    if not header.fullmatch(text.split("\n", 1)[0].strip()):
        return []
    return _read_rows(text.replace('"', '"""'), delimiter)


def _date_format_list(text: str) -> bool:
    return all(_is_date(date.strip()) for date in text.split(","))


def _is_date(date: str) -> bool:
    """A day of Napoleon's lifetime; as in the reference, month and day may be 00."""
    found = _DATE.fullmatch(date)
    if not found:
        return False
    year, month, day = map(int, found.groups())
    longest = 31 if month in _LONG_MONTHS else 29 if month == 2 else 30 if month else 99
    return year in _NAPOLEON and month <= 12 and day <= longest


def by_sentence(split: Splitter, needs: tuple[str, ...]) -> Mapping[str, Constraint]:
    """The constraints of this family that depend on where sentences end."""

    def word_reverse(text: str) -> bool:
        straight = " ".join(bare(text.lower()).split()[::-1])
        return "bald eagle" in straight and straight in split(straight)

    return {"custom:word_reverse": Constraint(word_reverse, {}, needs, open=True)}


def _sentence_alphabet(split: Splitter, skipped: str) -> Callable[[str], bool]:
    """26 sentences from A to Z; ``skipped`` characters may stand before the letter."""

    def holds(text: str) -> bool:
        initials = [sentence.lstrip(skipped)[:1].lower() for sentence in split(text)]
        return initials == list(string.ascii_lowercase)

    return holds


def alphabets(split: Splitter, needs: tuple[str, ...], quotes: bool) -> Mapping[str, Constraint]:
    """``custom:sentence_alphabet``; with ``quotes``, punctuation may open a sentence."""
    holds = _sentence_alphabet(split, _START if quotes else string.whitespace)
    return {"custom:sentence_alphabet": Constraint(holds, {}, needs, open=True)}


_RULES: Mapping[str, Callable[[str], bool]] = {
    "custom:multiples": _multiples,
    "custom:mcq_count_length": _mcq_count_length,
    "custom:reverse_newline": _reverse_newline,
    "custom:character_reverse": _character_reverse,
    "custom:european_capitals_sort": _european_capitals_sort,
    "custom:csv_city": _csv_city,
    "custom:csv_special_character": _csv_special_character,
    "custom:csv_quotes": _csv_quotes,
    "custom:date_format_list": _date_format_list,
}
CUSTOM: Mapping[str, Constraint] = {
    name: Constraint(holds, open=True) for name, holds in _RULES.items()
}
