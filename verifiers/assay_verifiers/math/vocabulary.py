"""Vocabulary: the names, signs and commands that the parser knows, and what each stands for."""

from __future__ import annotations

from assay_verifiers.math.tree import DOTS, EMPTY, IMAGINARY, INF, PI, sym

RELATIONS = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=",
    "/=": "!=", "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\leqq": "<=", "\\ge": ">=",
    "\\geq": ">=", "\\geqslant": ">=", "\\geqq": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=",
    "\\neq": "!=", "\\in": "in", "\\ni": "ni", "\\notin": "notin", "\\approx": "approx",
    "\\equiv": "equiv", "\\cong": "cong", "\\simeq": "cong", "\\sim": "sim", "~": "sim",
    "\\to": "to", "\\rightarrow": "to", "->": "to", "\\mapsto": "to", "\\implies": "implies",
    "\\Rightarrow": "implies", "=>": "implies", "\\iff": "iff", "\\subset": "subset",
    "\\subseteq": "subset", "\\supset": "supset", "\\supseteq": "supset", "\\mid": "mid",
    "\\parallel": "parallel", "\\perp": "perp", "\\propto": "propto", "\\ll": "ll", "\\gg": "gg",
    "\\longrightarrow": "to", "\\Leftrightarrow": "iff", "\\triangleq": "=", "\\doteq": "=",
    "\\lesssim": "lesssim", "\\preceq": "preceq", "\\prec": "prec", "\\succ": "succ",
}  # fmt: skip

UNIONS = {"\\cup": "cup", "\\bigcup": "cup", "\\cap": "cap", "\\setminus": "minus",
           "\\backslash": "minus", "\\land": "cap", "\\lor": "cup",
          "\\wedge": "cap", "\\vee": "cup"}  # fmt: skip

SUMS = {"+": "+", "-": "-", "\\pm": "pm", "+/-": "pm", "\\mp": "mp"}

PRODUCTS = {"*", "\\cdot", "\\times", "\\ast", "/", "\\div", "\\bmod", "\\mod", "\\circ"}

OPEN = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "\\lbrace": "\\rbrace", "\\langle": "\\rangle",
        "\\lfloor": "\\rfloor", "\\lceil": "\\rceil", "\\lvert": "\\rvert",
        "\\lVert": "\\rVert"}  # fmt: skip

BARS = {"|", "\\vert", "\\|", "\\Vert"}

_FUNCTIONS = """
sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch
arcsinh arccosh arctanh ln log lg exp gcd lcm min max sgn Re Im arg det deg ker dim asin acos atan
asinh acosh atanh sqrt abs floor ceil sign cosec round factorial binomial arsinh arcosh artanh mod
cbrt conjugate re im cis
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())

SAME_FUNCTION = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "sign": "sgn", "cosec": "csc", "ceiling": "ceil", "re": "Re", "im": "Im", "binomial": "binom",
    "conjugate": "conj", "tg": "tan", "ctg": "cot", "arctg": "arctan",
}  # fmt: skip

ARITIES = dict.fromkeys(FUNCTIONS - {"log", "gcd", "lcm", "min", "max", "round"}, 1) | {
    "mod": 2,
    "binom": 2,
}

NAMES = {
    "pi": PI, "infty": INF, "inf": INF, "infinity": INF, "Infinity": INF, "oo": INF,
    "emptyset": EMPTY, "varnothing": EMPTY, "O": sym("O"), "ldots": DOTS, "dots": DOTS,
    "cdots": DOTS, "vdots": DOTS, "imath": IMAGINARY, "ell": sym("ell"), "Re": sym("Re"),
}  # fmt: skip

_GREEK = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi
omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi
Pi Sigma Upsilon Phi Psi Omega hbar partial nabla aleph mho top bot star triangle square prime
dagger
"""
GREEK = frozenset(_GREEK.split())

ALIKE = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho",
          "varsigma": "sigma"}  # fmt: skip

FACES = {"mathrm", "mathbf", "mathit", "boldsymbol", "bm", "operatorname", "mathsf", "mathtt",
         "mathnormal", "textup", "operatorname*"}  # fmt: skip

MARKS = {"hat", "widehat", "tilde", "widetilde", "dot", "ddot"}

DROPPED = {"vec", "overrightarrow", "underline", "boxed", "fbox", "underbrace", "displaylines"}

LETTER_FUNCTIONS = frozenset("fghFGHuvPTWNVQRSEDIJKLMAB") | frozenset(
    ("phi", "psi", "Phi", "Psi", "Gamma", "zeta", "sigma", "tau", "mu", "pi")
)

ALWAYS_FUNCTIONS = frozenset("fghFGH") | {"Phi", "Psi", "Gamma"}

PERCENTS = ("percent", "pct", "percentage", "per cent")

CURRENCIES = {"\\$": "dollar", "\\euro": "euro", "\\pounds": "sterling", "\\yen": "yen"}

SCALES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9,
          "trillion": 10**12}  # fmt: skip
