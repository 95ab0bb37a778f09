"""Words: short free text and truth values, compared after taking away what carries no meaning.

Case, punctuation, LaTeX wrapping, hyphens and articles do not count; every other word does, in its
order. There are no synonyms here: that needs a judge model.
"""

from __future__ import annotations

import re
import unicodedata

from assay_verifiers.answers.claims import claims
from assay_verifiers.answers.writing import lowered
from assay_verifiers.science.notation import Unreadable

_LONGEST = 10_000
_WRAPPING = re.compile(
    r"\\(?:text(?:bf|it|rm|tt)?|mathrm|mathbf|ce|pu|left|right|[,;!: ()\[\]])|[{}$`~]"
)
_TOKEN = re.compile(r"""[^\W_]+(?:[.,'’][^\W_]+)*|(?<![^\W_])-(?=\S)|[^\w\s.,;:!?"'’‘“”()\[\]-]""")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_ALGEBRA = re.compile(
    r"sin|cos|tan|cot|sec|csc|arc|sqrt|exp|log|ln|pi|alpha|beta|gamma|delta|theta|lambda|omega|mu|rho"
)
_WORD = re.compile(r"(?=[^\W\d_]*[aeiouyAEIOUY])[^\W\d_]{3}")
_QUOTES = str.maketrans("“”‘’", "\"\"''")
_OPENING = re.compile(r"(?:A|An|The)\s+(?=[^\W\d_])")
_STATED = re.compile(
    r"^\W{0,4}(?:[^\n]{0,60}?\b)??(?:answer|solution|result|formula|equation|reaction|product"
    r"|compound|molecule|ion|species|SMILES)\b(?:\W{0,4}(?:is|:))?[\s:*]*",
    re.IGNORECASE,
)
_NEXT = re.compile(r"(?<=[.!?])\s+")
_CLAUSE = re.compile(r"[.,;:!?](?=\s|$)|\s(?:in|at|to|for|of|when|so|which|and|as|on|by)\b")
_FORMATTING = re.compile(r"\*\*|\$|\\[()\[\]]")
_CLOSED = re.compile(r"^(?:[\s})$*\]~]|\\[ ,;:!)\]])+")
_UNIT_WINDOW = 80
_BOLD = re.compile(r"(?<!\S)\*\*|\*\*(?=\s|$)|\*\*$")
_CALLED = re.compile(r"(?:also )?(?:called|known as|termed|named)\s+", re.IGNORECASE)
_ARTICLES = frozenset(("a", "an", "the"))

_TRUE = frozenset(("true", "yes", "t", "correct", "right"))
_FALSE = frozenset(("false", "no", "f", "incorrect", "wrong"))


def words_of(text: str) -> tuple[str, ...]:
    """What is compared; raises :class:`Unreadable` for a text too long."""
    tokens = _tokens(_OPENING.sub("", text.lstrip()))
    kept = [token for token in tokens[:-1] if token not in _ARTICLES] + tokens[-1:]
    return tuple(token.casefold() for token in kept)


def last_statement(text: str) -> str:
    """The last line of ``text``, without an "answer:" or "the formula is" before it."""
    line = text.strip().rpartition("\n")[2][:_LONGEST]
    return _STATED.sub("", line).strip().strip("*").rstrip(". ")


def last_sentence(text: str) -> str:
    """The last sentence of the last line, whole."""
    line = text.strip().rpartition("\n")[2][-_LONGEST:]
    return _NEXT.split(line)[-1].strip()


def with_unit_behind(text: str, number: str) -> str:
    """``number`` where it last stands in ``text``, with what follows it in its sentence.

    ``\boxed{9.8}$ m/s$^2$.`` and ``about **9.8 m/s²**.`` are ``9.8 m/s^2`` and ``9.8 m/s²``.
    """
    place = text.rfind(number)
    if place < 0:
        return number
    behind = text[place + len(number) :][:_UNIT_WINDOW].partition("\n")[0]
    behind = _CLAUSE.split(_FORMATTING.sub("", _CLOSED.sub("", behind, count=1)), maxsplit=1)[0]
    return f"{number} {behind.strip()}"


def without_bold(text: str) -> str:
    """``text`` without the asterisks of bold type; ``2**3`` keeps its own."""
    return _BOLD.sub("", text).strip()


def without_verb(text: str) -> str:
    """``text`` without "called" and its like before a name."""
    return _CALLED.sub("", text)


def last_line_is_claim(text: str) -> bool:
    """Whether the last line is a question or holds a claim, in which case that claim decides."""
    text = text.rstrip()
    claim = next(claims(text, lowered(text)), None)
    return text.endswith("?") or (claim is not None and claim.end > text.rfind("\n"))


def letter_for_letter(text: str) -> str:
    """``text`` without blanks, wrapping and a full stop: what no two choices share."""
    if len(text) > _LONGEST:
        raise Unreadable("a text is too long", "too_long")
    text = unicodedata.normalize("NFKC", _WRAPPING.sub("", text))
    return "".join(text.translate(_QUOTES).split()).rstrip(".")


def truth_of(text: str) -> bool | None:
    """The truth value that ``text`` is, or None."""
    words = [token.casefold() for token in _tokens(text)]
    if len(words) != 1:
        return None
    return True if words[0] in _TRUE else False if words[0] in _FALSE else None


def is_prose(text: str) -> bool:
    """Whether words, not symbols, make up the text: algebra has no business with those."""
    if any(mark in text for mark in "^_=<>") or "\\frac" in text:
        return False
    return _WORD.search(_ALGEBRA.sub(" ", _COMMAND.sub(" ", text))) is not None


def _tokens(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise Unreadable("a text is too long", "too_long")
    return _TOKEN.findall(unicodedata.normalize("NFKC", _WRAPPING.sub(" ", text)).replace("−", "-"))
