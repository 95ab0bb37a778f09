"""LaTeX and Unicode notation turned into one plain form that the number and unit readers share.

``plain(r"1.5\\times10^{-3}\\,\\mathrm{m\\,s^{-1}}")`` is ``1.5×10^(-3) m s^(-1)``. A hand-written
scanner of bounded depth; nothing is evaluated. A command it does not know is :class:`Unreadable`,
never guessed at. Chemical notation has a reader of its own (:mod:`.formula`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_LONGEST = 1_000
_DEEPEST = 30

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_SIGNS = str.maketrans(
    {
        "\u2212": "-",
        "\u2014": "–",
        "∘": "°",
        "º": "°",
        "⋅": "·",
        "•": "·",
        "î": "i",
        "ĵ": "j",
        "\u0302": "",
        "\u20d7": "",
    }
)
_EXPONENT = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?)")
_NAME = re.compile(r"[A-Za-z]+\*?|.", re.DOTALL)
_DEGREES = re.compile(
    r"(?:°|\bdeg(?:rees?)?\b) *(?:([CFK])(?![A-Za-z])|([cC]elsius|[fF]ahrenheit)\b)"
)
_PREFIX = re.compile(r"μ +(?=[A-Za-zΩ])|(?<![\w^])[munkMG] +(?=Ω)")
_SPOKEN = re.compile(r"electron[ -]volt|\bper cent\b")
_DIGITS_AT_END = re.compile(r"[0-9]{1,9}$")

_SYMBOLS = {
    "times": "×", "cdot": "·", "ast": "*", "div": "/", "pi": "π", "mu": "μ", "Omega": "Ω",
    "degree": "°", "circ": "°", "celsius": "°C", "degreeCelsius": "°C",
    "%": "%", "pm": "±", "approx": "≈", "simeq": "≈",
    "hbar": "ħ", "AA": "Å", "angstrom": "Å", "micro": "μ", "ohm": "Ω", "percent": "%",
    "epsilon": "ε", "varepsilon": "ε", "sigma": "σ", "alpha": "α", "beta": "β", "gamma": "γ",
    "lambda": "λ", "nu": "ν", "rho": "ρ", "theta": "θ", "omega": "ω", "phi": "φ", "varphi": "φ",
    "tau": "τ", "eta": "η", "kappa": "κ", "chi": "χ", "psi": "ψ", "delta": "δ", "Delta": "Δ",
    "imath": "i", "jmath": "j", "infty": "∞", "langle": "(", "rangle": ")", "lbrace": "{",
    "rbrace": "}", "{": "{", "}": "}", "left": "", "right": "", "big": "", "Big": "",
    "displaystyle": "", "rm": "", "bf": "", "limits": "", "!": "", ",": " ", ";": " ", ":": " ",
    " ": " ", "quad": " ", "qquad": " ", "$": " ", "per": "/", "squared": "^(2)", "cubed": "^(3)",
    "exp": "exp", "ln": "ln", "log": "log", "_": "_", "newline": " ",
}  # fmt: skip
_WRAPPERS = frozenset(
    ("mathrm", "text", "textrm", "textbf", "textit", "mathit", "mathbf", "mathsf", "boldsymbol",
     "bm", "mbox", "operatorname", "unit", "si", "pu", "vec", "hat", "overrightarrow", "num",
     "boxed", "bar", "mathring", "ce")
)  # fmt: skip
_FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "nicefrac"))
_UNIT_WORDS = frozenset(
    ("meter", "metre", "second", "gram", "kilogram", "joule", "newton", "pascal", "watt", "volt",
     "ampere", "kelvin", "mole", "hertz", "coulomb", "tesla", "farad", "henry", "weber", "liter",
     "litre", "hour", "minute", "day", "radian", "electronvolt", "bar", "milli", "kilo", "centi",
     "nano", "mega", "pico", "giga")
)  # fmt: skip


class Unreadable(Exception):
    """A text that cannot be read; ``reason`` is the verdict's if the response wrote it."""

    def __init__(
        self, message: str, reason: Literal["malformed", "too_long", "too_costly"] = "malformed"
    ) -> None:
        super().__init__(message)
        self.reason: Literal["malformed", "too_long", "too_costly"] = reason


def plain(text: str) -> str:
    """``text`` without LaTeX; raises :class:`Unreadable`."""
    if len(text) > _LONGEST:
        raise Unreadable(f"longer than {_LONGEST} characters", "too_long")
    text = SUPERSCRIPT_RUN.sub(lambda run: f"^({run[0].translate(_SUPERSCRIPTS)})", text)
    text = unicodedata.normalize("NFKC", text.replace("º", "°"))
    text = text.translate(_SIGNS).replace("\u2044", "/").replace("\\mathring{A}", "Å")
    text = text.replace("{,}", ",").replace("~", " ").replace("**", "^").replace("−", "-")
    scanner = _Scanner(text.replace("$", " "))
    result = _spelled(" ".join(scanner.until("").split()))
    if len(result) > 4 * _LONGEST:
        raise Unreadable("too much notation", "too_long")
    return result


def _spelled(text: str) -> str:
    """One spelling for what is written apart or in words: ``20 degrees Celsius``, ``4 k Ω``."""
    text = _DEGREES.sub(lambda found: f"°{found[1] or found[2][0].upper()}", text)
    text = _SPOKEN.sub(lambda found: "".join(re.split("[ -]", found[0])), text)
    return _PREFIX.sub(lambda found: found[0].rstrip(), text)


class _Scanner:
    """Reads LaTeX left to right; ``place`` is the next letter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._depth = 0

    def until(self, closing: str) -> str:
        """All that stands before ``closing`` (the end, for the empty string), made plain."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable("nested too deep", "too_costly")
        out = ""
        while True:
            if self._place >= len(self._text):
                if closing:
                    raise Unreadable(f"no closing {closing}")
                break
            letter = self._text[self._place]
            self._place += 1
            if letter == closing:
                break
            if letter == "}":
                raise Unreadable("a brace too many")
            out = self._step(out, letter)
        self._depth -= 1
        return out

    def _step(self, out: str, letter: str) -> str:
        if letter == "\\":
            return self._command(out)
        if letter == "{":
            return out + self.until("}")
        if letter == "^":
            power = self._exponent()
            raised = "°" if power.strip() == "°" else f"^({power.strip()})"
            return out.rstrip() + raised
        if letter == "_":
            return out.rstrip() + "_" + "".join(self._argument().split())
        return out + letter

    def _command(self, out: str) -> str:
        match = _NAME.match(self._text, self._place)
        if match is None:
            raise Unreadable("a lone backslash")
        self._place = match.end()
        name = match[0]
        if name in _FRACTIONS:
            return self._fraction(out)
        if name == "sqrt":
            return out + self._root()
        if name in ("SI", "qty"):
            return f"{out} {self._argument()} {self._argument()} "
        if name in ("begin", "end"):
            return out + self._matrix(name)
        if name in _WRAPPERS:
            return f"{out} {self._argument()} "
        if name == "\\":
            return out + ", "
        if name in _UNIT_WORDS:
            return f"{out} {name}"
        if name not in _SYMBOLS:
            raise Unreadable(f"the command \\{name} is not known here")
        return out + _SYMBOLS[name]

    def _fraction(self, out: str) -> str:
        above, below = self._argument().strip(), self._argument().strip()
        fraction = f"(({above})/({below}))"
        whole = _DIGITS_AT_END.search(out)
        if whole and above.isdigit() and below.isdigit() and not out[: whole.start()].endswith("."):
            return f"{out[: whole.start()]}({whole[0]}+{fraction})"  # a mixed number
        return out + fraction

    def _root(self) -> str:
        degree = ""
        if self._text[self._place : self._place + 1] == "[":
            self._place += 1
            degree = self.until("]").strip()
        inside = self._argument()
        return f"({inside})^(1/({degree}))" if degree else f"sqrt({inside})"

    def _matrix(self, name: str) -> str:
        kind = self._argument().strip()
        if kind not in ("pmatrix", "bmatrix", "matrix"):
            raise Unreadable(f"the environment {kind} is not known here")
        return "(" if name == "begin" else ")"

    def _exponent(self) -> str:
        match = _EXPONENT.match(self._text, self._place)
        if match is None:
            return self._argument()
        self._place = match.end()
        return match[1]

    def _argument(self) -> str:
        """What a command or a script takes: a group in braces or parentheses, or one letter."""
        while self._text[self._place : self._place + 1] == " ":
            self._place += 1
        if self._place >= len(self._text):
            raise Unreadable("an argument is missing")
        letter = self._text[self._place]
        self._place += 1
        if letter in "{(":
            return self.until("}" if letter == "{" else ")")
        if letter == "}":
            raise Unreadable("a brace too many")
        return self._command("") if letter == "\\" else letter
