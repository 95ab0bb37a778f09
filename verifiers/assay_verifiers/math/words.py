"""Words: answers that are text — no solution, yes and no, choice letters, numbers in words, names.

``read`` gives the node of a text that is words as a whole, or None where it is a formula. Words are
compared case-folded, without articles and punctuation; a few phrases that mean the same share one
spelling.
"""

from __future__ import annotations

import re

from assay_verifiers.math.tree import EMPTY, INF, Node, num

_BELOW_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_BELOW_TWENTY.split())}
_SMALL.update({word: 10 * (at + 2) for at, word in enumerate(_TENS.split())})
_LARGE = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}

_NO_ANSWER = """
no solution| no solutions| no real solution| no real solutions| none| no answer| dne| does not
exist| there is no solution| there are no solutions| has no solution| empty set| the empty set|
nothing| no such| doesn't exist| do not exist| none exist| there are none| no solution exists| no
solutions exist| null set| empty
"""
_NOTHING = frozenset(" ".join(phrase.split()) for phrase in _NO_ANSWER.split("|"))
_SAME = {
    "undefined": "undefined",
    "infinitely many": "infinitely many", "infinitely many solutions": "infinitely many",
    "infinite solutions": "infinitely many",
    "diverges": "diverges", "divergent": "diverges", "the series diverges": "diverges",
    "converges": "converges", "convergent": "converges", "it diverges": "diverges",
    "all real numbers": "set R", "all reals": "set R", "the real numbers": "set R",
    "real numbers": "set R", "every real number": "set R", "any real number": "set R",
    "all integers": "set Z", "the integers": "set Z",
}  # fmt: skip
FACES = re.compile(r"\\(?:text|mbox|textbf|textit|textrm|mathrm|mathbf|mathit|rm|bf|hbox|emph)\b ?")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z'\- .,;!?\"()/&0-9]*")
_WORDS = re.compile(r"[a-z0-9']+")
_LETTER = re.compile(r"\(?([A-Za-z])[).:]?")
_OPTION = re.compile(r"\(?([A-J])(?:\)|[.:])[. :]*(\S.*)")
_NAMED = re.compile(r"(?:option|choice) +(?=\(?[A-J]\b)", re.IGNORECASE)
_MORE = re.compile(
    r"(?:^|[ ,;/&])\(?[A-J](?:\)|[.:])|^(?:(?:and|or|not|nor|but)\b|[,;/&+])", re.IGNORECASE
)
_OTHERS = re.compile(r"(?:both|neither|all|none)\b", re.IGNORECASE)  # "all of (A), (B) and (C)"
_LETTERS = re.compile(r"\(?([A-J])\)?(?: ?(?:,|and|&) ?\(?([A-J])\)?){1,9}")
_ARTICLES = frozenset(("the", "a", "an"))
_FORMULA = """
sin cos tan cot sec csc log ln exp sqrt pi mod gcd lcm min max inf infty oo infinity abs floor
ceil and or arcsin arccos arctan sinh cosh tanh alpha beta gamma delta theta lambda mu sigma phi
psi omega det binom asin acos atan lg
"""
_FORMULA_WORDS = frozenset(_FORMULA.split())
_SEPARATED = re.compile(r",| and | & ")
_JOINING = frozenset(("then", "so", "because", "if", "which", "where", "or", "but", "that", "is"))
_BARE_WORDS = frozenset(("yes", "no", "true", "false", "none", "dne", "undefined"))


def read(text: str) -> Node | None:
    """The node of a text that is words; None where it must be read as a formula."""
    if len(text) > 400:
        return None
    text = text.replace("\\ ", " ")
    if "\\" in text:
        bare = FACES.sub("", text)
        if bare == text or _COMMAND.search(bare):
            return None
        bare = bare.replace("{", "").replace("}", "").replace("~", " ").strip()
        set_text = True
    else:
        bare, set_text = text, False
    if not bare or not (bare[0].isalpha() or bare[0] in '("'):
        return None
    return _choice(bare) or (_phrase(bare, set_text) if _PLAIN.fullmatch(bare) else None)


def _choice(bare: str) -> Node | None:
    bare = bare[named.end() :] if (named := _NAMED.match(bare)) else bare
    if (match := _LETTER.fullmatch(bare)) and (len(bare) > 1 or named):
        return Node("choice", (match[1].upper() if bare[0] == "(" else match[1],))
    match = _OPTION.fullmatch(bare)
    if match and (_OTHERS.match(match[2]) or not _MORE.search(match[2])):
        return Node("choice", (match[1], match[2].strip()))
    if len(bare) > 1 and _LETTERS.fullmatch(bare):
        letters = [letter for letter in bare if letter in "ABCDEFGHIJ"]
        return Node("seq", ("all", *(Node("choice", (letter,)) for letter in letters)))
    return None


def _phrase(bare: str, set_text: bool) -> Node | None:
    found = _WORDS.findall(bare.lower())
    longest = max(map(len, found), default=0)
    if len(bare) == 1 or not found:
        return None
    if (value := _spelled(found)) is not None:
        return num(value)
    formal = any(letter in bare for letter in "()/") or any(word.isdigit() for word in found)
    if formal and not set_text:
        return None
    key = " ".join(word for word in found if word not in _ARTICLES)
    if _SEPARATED.search(bare) and not formal and not any(word in _JOINING for word in found):
        return _word_list(bare, set_text)
    if key in _NOTHING or " ".join(found) in _NOTHING:
        return EMPTY
    if key in ("infinity", "inf"):
        return INF
    if key.startswith("set ") or _SAME.get(key, "").startswith("set "):
        return Node("sym", (_SAME.get(key, key),))
    known = key in _SAME or key in _BARE_WORDS
    formula = all(len(word) <= 2 or word in _FORMULA_WORDS for word in found)
    if not known and (formula or (not set_text and longest < 3)):
        return None
    if not known and not set_text and len(found) == 1 and not is_word(bare):
        return None
    return Node("text", (_SAME.get(key, key),))


def _word_list(bare: str, set_text: bool) -> Node | None:
    """``red, blue`` is a list; None where an item is no word."""
    items = [_phrase(item.strip(), set_text) for item in _SEPARATED.split(bare)]
    kept = [item for item in items if item is not None and item.head == "text"]
    return Node("seq", ("all", *kept)) if len(kept) == len(items) > 1 else None


def is_word(text: str) -> bool:
    """Whether letters side by side look like a word rather than a product of variables."""
    lower = text.lower()
    if len(lower) < 3 or lower in _FORMULA_WORDS:
        return False
    if len(lower) >= 4:
        return True
    mixed = text[0].isupper() and text[1:].islower()
    return mixed or any(vowel in lower for vowel in "eio")


def folded(text: str) -> str:
    """``text`` as it is compared."""
    found = _WORDS.findall(text.lower())
    return " ".join(word for word in found if word not in _ARTICLES)


def _spelled(found: list[str]) -> int | None:
    """The number that English words spell, or None."""
    total, group, any_word = 0, 0, False
    for word in found:
        if word in _SMALL:
            group += _SMALL[word]
            any_word = True
        elif word == "hundred" and group:
            group *= 100
        elif word in _LARGE and group:
            total, group = total + group * _LARGE[word], 0
        elif word != "and" or not any_word:
            return None
    return total + group if any_word else None
