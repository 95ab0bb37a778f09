"""The closing line of a response that claims nothing: the formula, number or words it ends with.

Remarks ("I hope …", "Note that …") are left aside. An order, a question, a refusal and a doubt
assert nothing. A line that is no prose is its own answer; of prose, the value is what follows the
last verb or equals sign, else the last formula, else the last number.
"""

from __future__ import annotations

import re

from assay_verifiers.answers.wording import NEGATION, REFUSAL, RETRACTION, UNDECIDED
from assay_verifiers.answers.writing import (
    FORMULA,
    LONGEST,
    REASON,
    bare,
    cut,
    is_prose,
    like_value,
)

_ORDER = re.compile(
    r"(?:solve|find|compute|calculate|determine|evaluate|simplify|let|suppose|given|consider|assume|"
    r"what|how|who|why|prove|show|if|express|write|please|question|problem)\b"
)
_REMARK = re.compile(
    r"(?:note|check|checking|verification|verify|remark|i hope|hope|let me|let's|feel free|please|"
    r"thank|this (?:is|matches|confirms|satisfies)|done|q\.?e\.?d|end)\b|[□■∎]"
)
_ASIDE = re.compile(r"[\s(\[]+(?:Note|Check|Verification|Remark|I hope)\b")
_LABEL = re.compile(r"[A-Za-z][A-Za-z ]{2,40}:\s")
_SPLIT = re.compile(r"(?:(?<=[.?!])\s|(?<=\$\$)\s(?=[A-Z]))\s*(?=[A-Z$\\(*])")
_VERDICT = re.compile(r"\W{0,4}(yes|no|true|false)\b\W{0,3}(?=[,.;:—–!\n]|$)", re.IGNORECASE)

_MONEY = re.compile(r"(?<![^\s:=])[0-9]{1,20}(?:[.,][0-9]{1,20}){0,6} \$(?=\s|$)")
_CHOICE = re.compile(
    r"(?:option |choice )?\(?([A-J])(?:[.):]{1,2}\s+(?=because|since|as\b)"
    r"|[.):]{0,2} is (?:the )?(?:correct|right|answer)\b)",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"(?:,| and| or)\s[^.]{0,40}?[0-9]")


def closing(text: str) -> str:
    """What the last line asserts, remarks left aside."""
    text = text.strip()
    if len(text) - text.rfind("\n") > LONGEST:
        return text[text.rfind("\n") + 1 :]
    text = text[-LONGEST:]
    if block := _last_block(text):
        return bare(block)
    lines = [line for line in text.split("\n")[-40:] if line.strip()]
    while len(lines) > 1 and _REMARK.match(lines[-1].strip(" *_(").lower()):
        lines.pop()
    line = lines[-1].strip() if lines else ""
    line = line[: aside.start()] if (aside := _ASIDE.search(line, 1)) else line
    if REFUSAL.search(line.lower()) or UNDECIDED.search(line.lower()):
        return ""
    sentences = [part for part in _SPLIT.split(line) if part.strip()]
    while len(sentences) > 1 and _REMARK.match(sentences[-1].strip(" *_(").lower()):
        sentences.pop()
    return _assertion(sentences[-1]) if sentences else ""


def _last_block(text: str) -> str:
    """The display formula or matrix that ends the text, if one does."""
    ending = text.rstrip(" \n.,*")
    for opening, closing in (("\\[", "\\]"), ("```", "```"), ("$$", "$$")):
        if ending.endswith(closing):
            start = ending.rfind(opening, 0, len(ending) - len(closing))
            return ending[start:] if start >= 0 else ""
    start = ending.rfind("\\begin{", 0) if ending.endswith("}") else -1
    if start >= 0 and ending.rfind("\\end{") > start and "\n" in ending[start:]:
        return ending[ending.rfind("\n", 0, start) + 1 :]
    return ""


def _assertion(sentence: str) -> str:
    """What one sentence of the closing line asserts."""
    sentence = sentence.strip(" *")
    if taken_back := list(RETRACTION.finditer(sentence.lower())):
        sentence = sentence[taken_back[-1].end() :].strip(" *,")
    low = sentence.lower()
    if _ORDER.match(low) or low.rstrip("*_ \"')").endswith("?"):
        return ""
    if opening := _VERDICT.match(sentence) or _CHOICE.match(sentence):
        return opening[1]
    if sentence.count("$") == 1 and (money := _MONEY.search(sentence)):
        return money[0]
    if not is_prose(low):
        label = _LABEL.match(sentence)
        reason = REASON.search(sentence, 1)
        return bare(sentence[label.end() if label else 0 : reason.start() if reason else None])
    return value_of(sentence)


_COPULA = re.compile(
    r"\b(?:is|are|was|were|equals|equal to|be|becomes|gives|get|gets|yields|has|have)\b|[:=≈]"
)
_NUMBER = re.compile(
    r"(?<![\w.\\])[-−+]?[$€£¥]?(?:[0-9]+(?:[,\u202f][0-9]{3})*(?:[.,/][0-9]+)?|\.[0-9]+)"
    r"(?![A-Za-z_]*[0-9])(?:\s?(?:\\?%|percent\b|pct\b|°))?"
)
_NONE = re.compile(r"\bdoes not exist\b|\bno (?:real |integer )?solutions?\b", re.IGNORECASE)
_BECAUSE = re.compile(r",?\s\(?(?:because|since)\b")
_NOT = re.compile(r"(?:\bnot|n't)\s{1,3}$", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:^|[\s,(])([A-Za-z](?:_?\w)?(?:\([a-z]\))?\s*)$")


def value_of(sentence: str) -> str:
    """The value that a sentence of prose gives: after its last verb, else its last formula."""
    sentence = sentence.strip()
    if phrase := _NONE.search(sentence):
        return phrase[0]
    if because := _BECAUSE.search(sentence, 1):
        sentence = sentence[: because.start()]
    formulas = list(FORMULA.finditer(sentence))
    spoken = FORMULA.sub(lambda found: "\0" * len(found[0]), sentence)  # no verb inside a formula
    verbs = list(_COPULA.finditer(spoken.lower()))
    if verbs:
        tail = cut(sentence[verbs[-1].end() :]).strip(" *_")
        if like_value(tail):
            return _of_tail(spoken, sentence, verbs[-1].start(), tail)
        if len(tail.split()) <= 3 and not (formulas or _NUMBER.search(sentence)):
            return "" if NEGATION.match(tail.lower()) else bare(tail)
    values = formulas or list(_NUMBER.finditer(sentence))
    asserted = [
        it for it in values if not _NOT.search(sentence[max(it.start() - 8, 0) : it.start()])
    ]
    return bare(asserted[-1][0]) if asserted else ""


def _of_tail(spoken: str, sentence: str, verb: int, tail: str) -> str:
    """The value at the head of ``tail``; with its variable where it is ``x = …``."""
    number = _NUMBER.match(tail)
    if number and _ANOTHER.search(tail, number.end()):
        return bare(tail)
    if number and re.match(r"\s+[A-Za-z]{2,}", tail[number.end() :]) and len(tail.split()) > 3:
        tail = number[0]
    if spoken[verb] == "=" and (variable := _VARIABLE.search(sentence[max(verb - 12, 0) : verb])):
        tail = f"{variable[1].strip()} = {tail}"
    return bare(tail)
