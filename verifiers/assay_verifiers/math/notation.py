"""Notation: one spelling for what Unicode and LaTeX write in many ways.

``plain`` turns Unicode signs into ASCII or LaTeX commands (``½``, ``x²``, ``≤``, the Unicode minus)
and drops what carries no meaning (``$``, ``\\left``, ``\\displaystyle``, sized brackets). Linear in
the text. It understands nothing: that is the parser's work.
"""

from __future__ import annotations

import re
import unicodedata

_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "－": "-",
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "•": "*", "∗": "*", "✕": "*", "÷": "/", "∕": "/",
    "⁄": "/", "√": "\\sqrt ", "∛": "\\sqrt[3]", "∜": "\\sqrt[4]", "π": "\\pi ", "∞": "\\infty ",
    "≤": "\\le ", "≥": "\\ge ", "⩽": "\\le ", "⩾": "\\ge ", "≠": "\\ne ", "≈": "\\approx ",
    "≡": "\\equiv ", "±": "\\pm ", "∓": "\\mp ", "∈": "\\in ", "∉": "\\notin ", "∪": "\\cup ",
    "∩": "\\cap ", "∅": "\\emptyset ", "∖": "\\setminus ", "→": "\\to ", "⇒": "\\implies ",
    "⊂": "\\subset ", "⊆": "\\subseteq ", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}",
    "ℚ": "\\mathbb{Q}", "ℕ": "\\mathbb{N}", "ℂ": "\\mathbb{C}", "°": "\\degree ", "º": "\\degree ",
    "′": "'", "″": "''", "’": "'", "‘": "'", "∠": "\\angle ", "…": "\\ldots ", "⋯": "\\ldots ",
    "∑": "\\sum ", "∏": "\\prod ", "∫": "\\int ", "∂": "\\partial ", "⌊": "\\lfloor ",
    "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ", "⟨": "\\langle ", "⟩": "\\rangle ",
    "∧": "\\land ", "∨": "\\lor ", "∣": "|", "∶": ":", "％": "%",
    "€": "\\euro ", "£": "\\pounds ", "¥": "\\yen ",
    "∆": "\\Delta ", "ϕ": "\\phi ", "ϵ": "\\epsilon ", "ı": "i", "∀": "\\forall ", "∃": "\\exists ",
}  # fmt: skip
_LETTERS = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma
sigma tau upsilon phi chi psi omega
"""
_GREEK = _LETTERS.split()
_SIGNS.update({chr(0x3B1 + at): f"\\{name} " for at, name in enumerate(_GREEK)})
_SIGNS.update(
    {chr(0x391 + at): f"\\{name.title()} " for at, name in enumerate(_GREEK) if name != "varsigma"}
)
_TABLE = str.maketrans(_SIGNS)
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₖ", "0123456789+-()nk", strict=True))
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_LOWERED_RUN = re.compile(f"[{''.join(_LOWERED)}]+")
_AREA = re.compile("(?<=[0-9]) ?(mm|cm|dm|km|m|ft|in)([²³])")
_VULGAR = re.compile("[¼½¾⅐-⅞]")
_SILENT = re.compile(
    r"\\(?:left|right|middle|[bB]ig{1,2}[lrm]?)(?![A-Za-z])\.?"
    r"|\\(?:displaystyle|textstyle|limits|nolimits|mathstrut|strut|rm|bf|it)(?![A-Za-z])"
    r"|\\(?:text)?color\{[A-Za-z]{1,12}\}"
    r"|\\[()\[\]]|(?<!\\)\$|\\(?:mathrel|mathop|mathbin|mathopen|mathclose)(?![A-Za-z])"
)
_TIMES_TEN = re.compile(r"(?<=[0-9]) ?[xX] ?(?=10 ?(?:\^|\*\*))")
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z]{2})")
_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """``text`` in ASCII and LaTeX, without what carries no meaning."""
    if not text.isascii():
        text = _ascii(text)
    if "\\" in text or "$" in text:
        text = _SILENT.sub(" ", text)
    if "\\\\" in text and "\\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)  # a backslash that was escaped once too often
    if "10" in text:
        text = _TIMES_TEN.sub("*", text)
    if "**" in text:
        text = text.replace("**", "^")
    return _BLANKS.sub(" ", text).strip()


def _ascii(text: str) -> str:
    text = _AREA.sub(lambda unit: f"\\text{{{unit[1]}^{_RAISED[unit[2]]}}}", text)
    text = _RAISED_RUN.sub(lambda run: "^{" + _mapped(run[0], _RAISED) + "}", text)
    text = _LOWERED_RUN.sub(lambda run: "_{" + _mapped(run[0], _LOWERED) + "}", text)
    text = _VULGAR.sub(_fraction, text).translate(_TABLE)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_TABLE)


def _mapped(run: str, table: dict[str, str]) -> str:
    return "".join(table[letter] for letter in run)


def _fraction(match: re.Match[str]) -> str:
    above, _, below = unicodedata.normalize("NFKC", match[0]).partition("⁄")
    return f"\\frac{{{above}}}{{{below}}}"
