"""Text of a response: undone escapes, what wraps an answer, where its sentence ends.

Small readings that the rest of the room shares; nothing here decides what the answer is.
"""

from __future__ import annotations

import re

LONGEST = 20_000  # characters of one box or closing line that are read
WINDOW = 160  # characters around a claim that may deny or hedge it

_CHAT = re.compile(
    r"<\|(?:im_start|start_header_id)\|>\s{0,2}(?:user|system)\b|<\|(?:user|system)\|>"
)
_TOKEN = re.compile(r"<\|[a-z_/]{1,24}\|>|</s>|<eos>")
_ESCAPED = re.compile(r"\\\\(?:boxed|[dt]?frac|left|sqrt|text|[lg]eq?|pi|cdot|times)(?![A-Za-z])")
_ENVIRONMENT = re.compile(r"(?<!\\)\\begin\{")
_ASCII_LOW = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


def plain(text: str) -> str:
    r"""``text`` without chat tokens, and with ``\boxed`` as it was before something escaped it."""
    if "<" in text:
        text = _TOKEN.sub("\n", text[: other.start()] if (other := _CHAT.search(text)) else text)
    if "\\\\" in text and _ESCAPED.search(text) and not _ENVIRONMENT.search(text):
        text = text.replace("\\\\", "\\")
    return text.replace("\x08oxed", "\\boxed") if "\x08" in text else text


def lowered(text: str) -> str:
    """``text`` in lower case, every character in its place."""
    low = text.lower()
    return low if len(low) == len(text) else text.translate(_ASCII_LOW)


_DELIMITER = re.compile(r"(\\\\|\\\$)|\\[()\[\]]|\$\$?")
_GOES_ON = re.compile(r"\.[0-9]{1,30}\.\.\.$")
_LEAD = re.compile(
    r"(?:\\text\s?\{\s?)?(?:the |my )?(?:final |correct )?answer(?: is|:)\s*\}?[\s:~$]*"
    r"|(?:about|approximately|roughly|approx\.?|exactly|just|simply) (?=[-+$\\0-9.])",
    re.IGNORECASE,
)
_LEADING = tuple("\\TtMmAaFfCcRrEeJjSs")
_WRAPPING = ' \t\r\n*`"“”'


def bare(text: str) -> str:
    """An answer without what wraps it: delimiters, bold, quotes, a fence, closing punctuation."""
    if text.startswith("```"):
        text = text.strip("`").partition("\n")[2] if "\n" in text else text.strip("`")
    text = text.strip().strip(_WRAPPING)
    if "$" in text or "\\" in text:
        lone = text.replace("\\$", "").count("$") == 1 and text.lstrip("-+").startswith("$")
        text = text.rstrip("!") if text.rstrip("!").endswith("$") else text
        text = text if text.strip("$") else ""
        text = text.replace("$", "\\$") if lone else _DELIMITER.sub(r"\1", text)
    text = text.replace('\\"', '"').lstrip(_WRAPPING + ":,;").rstrip(_WRAPPING + ",;:")
    if not _GOES_ON.search(text[-40:]):
        text = text.rstrip(_WRAPPING + ".,;:")
    if text.endswith("\\") and not text.endswith("\\\\"):
        text = text[:-1].rstrip(_WRAPPING + ".,;:")
    if text[:1] in _LEADING and (lead := _LEAD.match(text)):
        text = text[lead.end() :]
    return (text + "." if text.endswith("\\right") else text).strip()


# Sentences

_SENTENCE = re.compile(r"(?<!\.)[.?](?!\.)['\"”)*]{0,3}(?=\s+[^\s0-9=+*/)-]|\s*$)")
REASON = re.compile(
    r",?\s+(?:because|since|as (?:it|we|they|this|the)\b|due to|given that|by the)\b"
    r"|\s+\((?:since|because)\b|,?\s+(?:not|rather than|instead of)\s"
    r"|,\s+(?:which|so|but|hence|thus|therefore|i(?='|\s[a-z]))\b"
    r"|,\s+and\s+(?:we|it|this|the)\b|\s*[—–]\s*(?=[a-z])|\s+\((?!or\b)(?=[a-z]+ [a-z])",
    re.IGNORECASE,
)


def cut(body: str) -> str:
    """``body`` up to the end of its sentence, without the reason it gives."""
    end = _SENTENCE.search(body) if "\\begin" not in body else None
    sentence = body[: end.start()] if end else body
    reason = REASON.search(sentence, 1)
    return sentence[: reason.start()] if reason else sentence


_PROSE = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|the|we|so|there|therefore|thus|hence|she|he|they|it|its|"
    r"gets?|got|gives?|because|since|this|that|by|will|would|should|must|our|my|you|which)\b"
    r"|\bi [a-z]{2}"
)
_WORD = re.compile(r"(?<![\\\w])[a-z]{3,}(?![a-z(^])")  # sin(2x) and sin^2 are no words
FORMULA = re.compile(
    r"\$\$[^$]{1,2000}\$\$|\$[^$]{1,2000}\$|\\\([^\\]{0,2000}(?:\\[^)][^\\]{0,2000}){0,200}\\\)"
)


def is_prose(low: str) -> bool:
    """Whether lower-case text is a sentence, more than a formula or a few words."""
    words = FORMULA.sub(" ", low)
    return bool(_PROSE.search(words)) or (len(_WORD.findall(words)) > 4 and "\\text" not in words)


_VALUE = re.compile(
    r"[-+−±]?\s?(?:[0-9$€£¥√π∞∅½(\[{\"“'`|]|\.[0-9]|\\(?!text|end)[A-Za-z\[({$|]"
    r"|[A-Za-z]\b(?!\s[a-z]{2})"
    r"|(?:yes|no|true|false|none|dne|infinity|pi|sqrt)\b)",
    re.IGNORECASE,
)


def like_value(body: str) -> bool:
    """Whether ``body`` begins as a number, a formula or a one-word verdict does."""
    return _VALUE.match(body) is not None
