r"""The math verifier beside math-verify: CPU seconds and latency, in one run, on the same rows.

    python benchmarks/verifiers.py                 a small generated set, printed only
    python benchmarks/verifiers.py --data DIR      the golds of every math set in DIR, equal weight
    python benchmarks/verifiers.py --quick --json FILE

How it works. Of every set the same number of golds is drawn; each gives one response that is right
(the gold or a rewrite of it) and one that is wrong (a mechanical change), in a natural wrapping.
Both verifiers judge every row in this process, in blocks of rows that alternate, so that neither
runs on the other's warm or cold caches for long and both see the same load of the machine:
math-verify in the main thread with its own time limits, ours through ``verify``, the CPU time of
its workers counted in. A first
row warms each up and is not counted. Overall figures weigh every set alike; the classes of answers
pool all sets and the generated rows. Last, inputs made to hang are given to ours alone (math-verify
freezes a process on some of them).

Ratios are of CPU seconds, above 1 where ours is cheaper; ``spread`` is the least and greatest ratio
over the sets (or a 90 % bootstrap interval over rows, for a class).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peer
from labelled import Row, gold_rows, math_sets
from meter import Cost, metered

from assay_datasets.seeds import derive_random
from assay_verifiers import Verifier, make_verifier

_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "verifiers.md"
_DEADLINE_S = 5.0
_GRACE_S = 0.25  # what a loaded machine may add to a deadline
_BLOCK = 200  # rows
_FEWEST = 8  # rows of a class that is reported


@dataclass(frozen=True)
class Measured:
    """One row's cost with ours and with the peer."""

    row: Row
    kind: str
    ours: Cost
    ours_right: bool
    peer: Cost
    peer_right: bool


def main() -> None:
    arguments = _arguments()
    peer.quiet()
    rows = _rows(arguments)
    measured = asyncio.run(_measure(rows))
    late = asyncio.run(_hanging())
    figures = [*_overall(measured), *_per_set(measured), *_per_class(measured), *_latency(measured)]
    figures += _deadlines(measured, late)
    document = _markdown(figures, measured, late, arguments)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        record = {"rows": figures, "machine": _machine()}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows of each set")
    parser.add_argument("--data", type=Path, metavar="DIR", help="JSONL sets with math golds")
    parser.add_argument("--golds", type=int, help="golds of each set (default 200; quick: 12)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help=f"write docs/results/{_DOCUMENT.name}")
    return parser.parse_args()


# Rows


def _rows(arguments: argparse.Namespace) -> list[Row]:
    count = arguments.golds or (12 if arguments.quick else 200)
    sets = math_sets(arguments.data) if arguments.data else {}
    sets["generated"] = generated_golds(arguments.seed, 4 if arguments.quick else 20)
    draw = derive_random(arguments.seed)
    rows: list[Row] = []
    for name, golds in sorted(sets.items()):
        if name != "generated":
            golds = draw.sample(golds, min(len(golds), 3 * count))
        rows += _halves(name, golds, count if name != "generated" else len(golds), draw)
    return rows


def _halves(name: str, golds: Sequence[str], count: int, draw: random.Random) -> list[Row]:
    """For up to ``count`` golds, one response that is right and one that is wrong."""
    chosen: list[Row] = []
    for gold in golds:
        if len(chosen) >= 2 * count:
            break
        rows = list(gold_rows(name, [gold]))
        wrong = [row for row in rows if not row.expected]
        if wrong:
            right = [row for row in rows if row.expected]
            chosen += [draw.choice(right), draw.choice(wrong)]
    return chosen


def generated_golds(seed: int, count: int) -> list[str]:
    """Golds of every class, from a seed: what the benchmark runs on where there is no data."""
    draw = derive_random(seed)

    def small() -> int:
        return draw.randint(2, 19)

    shapes = (
        lambda: str(draw.randint(-999, 99_999)),
        lambda: f"\\frac{{{small()}}}{{{small() + 19}}}",
        lambda: f"{draw.randint(1, 99)}.{draw.randint(1, 99):02d}",
        lambda: f"{small()}\\sqrt{{{draw.choice((2, 3, 5, 6, 7, 10, 11, 13))}}}",
        lambda: f"{small()}+{small()}\\sqrt{{{draw.choice((2, 3, 5, 7))}}}",
        lambda: f"x^2+{small()}x-{small()}",
        lambda: f"({small()}x+{small()})(x-{small()})",
        lambda: f"\\frac{{{small()}\\pi}}{{{small() + 19}}}",
        lambda: f"[{small()},{small() + 19})",
        lambda: f"(-\\infty,{small()}]",
        lambda: f"({small()},{small() + 19})",
        lambda: f"\\{{{small()},{small() + 19},{small() + 40}\\}}",
        lambda: f"\\begin{{pmatrix}}{small()}&{small()}\\\\{small()}&{small()}\\end{{pmatrix}}",
        lambda: f"y={small()}x+{small()}",
        lambda: f"{small()}+{small()}i",
        lambda: f"{small()}\\cdot 10^{{{small()}}}",
        lambda: f"\\sin({small()}x)+{small()}",
        lambda: draw.choice(("Yes", "No", "True", "False", "\\text{even}", "\\text{odd}")),
    )
    return [shape() for shape in shapes for _ in range(count)]


# Classes of answers

_CLASSES = (
    ("matrix", r"\\begin\{[pbvBV]?matrix\}|\\begin\{array\}"),
    ("text", r"\s*(?:\\(?:text|mathrm|mbox)\{[^{}]*\}|\(?[A-Z]\)?|[A-Za-z]{2,}(?: [A-Za-z]+)*)\s*"),
    ("interval", r"[\[(].*,.*[\])].*\\cup.*|\[[^\]]*,[^\]]*[)\]]|\([^()]*,[^()]*\]|.*\\infty.*"),
    ("set", r"\\\{.*\\\}"),
    ("tuple", r"\(.*,.*\)"),
    ("list", r"[^(\[{]*,.*"),
    ("equation", r".*(?:=|<|>|\\le|\\ge|\\neq|\\in(?![a-z])).*"),
    ("integer", r"-?[0-9]{1,3}(?:,?[0-9]{3})*|-?[0-9]+"),
    ("decimal", r"-?[0-9,]*\.[0-9]+"),
    ("fraction", r"-?\\[dt]?frac\{?-?[0-9]+\}?\{?[0-9]+\}?|-?[0-9]+/[0-9]+"),
    ("units or percent", r".*(?:\\%|\\text|\\mathrm|\^\\circ|\\circ).*"),
    ("trigonometric or log", r".*\\(?:sin|cos|tan|cot|sec|csc|log|ln|arc[a-z]+).*"),
    ("radical", r"[^a-zA-Z]*(?:\\sqrt|\\[dt]?frac|\\pi|\\cdot|[^a-zA-Z])*\\sqrt.*"),
    ("power or factorial", r"[^a-z]*(?:\^|!|\\binom)[^a-z]*"),
    ("with pi or e", r"(?:[^a-zA-Z]|\\[dt]?frac|\\pi|\\cdot|\\left|\\right|e)*"),
    ("polynomial or other letters", r".*[a-zA-Z].*"),
)
_PATTERNS = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _CLASSES)


def class_of(gold: str) -> str:
    """Which class of answers a gold is of."""
    text = gold.strip().strip("$").replace("\\left", "").replace("\\right", "").strip()
    for name, pattern in _PATTERNS:
        if pattern.search(text) if name == "matrix" else pattern.fullmatch(text):
            return name
    return "other"


# Measuring


async def _measure(rows: list[Row]) -> list[Measured]:
    verifier = make_verifier("math")
    await verifier.verify("\\boxed{\\int_0^1 x\\,dx}", "\\frac12", deadline_s=60)  # a worker, warm
    peer.judge("x^2-1", "$(x-1)(x+1)$")
    measured = []
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        ours = [await _ours(verifier, row) for row in block]
        theirs = [_theirs(row) for row in block]
        measured += [
            Measured(row, class_of(row.gold), *mine, *its)
            for row, mine, its in zip(block, ours, theirs, strict=True)
        ]
    await verifier.close()
    return measured


async def _ours(verifier: Verifier, row: Row) -> tuple[Cost, bool]:
    with metered() as cost:
        verdict = await verifier.verify(row.response, row.gold, deadline_s=_DEADLINE_S)
    return cost, (verdict.outcome == "correct") == row.expected


def _theirs(row: Row) -> tuple[Cost, bool]:
    with metered() as cost:
        correct = peer.judge(row.gold, row.response)
    return cost, correct == row.expected


def _hangers() -> dict[str, tuple[str, str]]:
    """Name to (gold, response): inputs that hang, explode or flood a naive judge."""
    deep, wide = 3_000, 20_000
    boxed = {
        "power tower": "9^{9^{9}}",
        "higher power tower": "9^{9^{9^{9}}}",
        "great factorial": "10000000!",
        "nested factorials": "((100!)!)!",
        "great binomial": "\\binom{10^{9}}{5\\cdot10^{8}}",
        "great power of a sum": "(1+x+x^2)^{1000}-(1+x)^{2000}",
        "long finite sum": "\\sum_{k=1}^{10^{9}}\\frac{1}{k^2+1}",
        "integral without a closed form": "\\int_0^1 x^x e^{\\sin(x^x)}dx",
        "great floor": "\\lfloor 10^{10^{7}}/3 \\rfloor",
        "great root": "\\sqrt[99999]{2^{99999^{99999}}}",
        "great modulus": "7^{7^{7^{7}}} \\bmod 10^{9}",
        "deep fractions": "\\frac{" * deep + "1" + "}{2}" * deep,
        "deep roots": "\\sqrt{" * deep + "2" + "}" * deep,
        "deep brackets": "(" * wide + "5" + ")" * wide,
        "long sum": "+".join(f"x_{{{place}}}" for place in range(3_000)),
        "long product": "".join(f"(x+{place})" for place in range(2_000)),
        "many digits": "9" * 100_000,
        "great exponent": "1e999999999",
        "symbolic determinant": "\\begin{vmatrix}"
        + "\\\\".join("&".join(f"a_{{{i}{j}}}" for j in range(9)) for i in range(9))
        + "\\end{vmatrix}",
    }
    plain = {
        "unclosed boxes": "\\boxed{" * wide,
        "dollars": "$" * wide,
        "boxes": "\\boxed{5} " * wide,
        "statements": "the answer is " * wide,
        "python powers": "9**9**9**9",
    }
    hangers = {name: ("1", f"\\boxed{{{text}}}") for name, text in boxed.items()}
    hangers |= {name: ("1", text) for name, text in plain.items()}
    hangers["trigonometric identity"] = ("\\sin^2(17x)", "\\boxed{1-\\cos^2(17x)}")
    hangers["high equation"] = ("x^{50}+y^{50}=1", "\\boxed{x^{50}+y^{51}=1+x}")
    return hangers


async def _hanging() -> dict[str, tuple[float, str]]:
    """Name to (seconds, reason) of every hanging input."""
    verifier: Verifier = make_verifier("math")
    results = {}
    for name, (gold, response) in _hangers().items():
        with metered() as cost:
            verdict = await verifier.verify(response, gold, deadline_s=_DEADLINE_S)
        results[name] = (cost.wall_s, verdict.reason)
    await verifier.close()
    return results


# Figures


def _figure(
    name: str, unit: str, ours: float, theirs: float | None, n: int, spread: Sequence[float]
) -> dict[str, Any]:
    ratio = None if theirs is None or not ours else round(theirs / ours, 3)
    return {
        "name": name,
        "unit": unit,
        "ours": round(ours, 7),
        "peer": None if theirs is None else round(theirs, 7),
        "peer_name": peer.NAME,
        "ratio": ratio,
        "n": n,
        "spread": [round(value, 3) for value in spread],
    }


def _grouped(measured: Iterable[Measured], by_set: bool) -> dict[str, list[Measured]]:
    groups: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        groups[one.row.set if by_set else one.kind].append(one)
    return dict(sorted(groups.items()))


def _mean(group: list[Measured], ours: bool) -> float:
    return statistics.fmean(one.ours.cpu_s if ours else one.peer.cpu_s for one in group)


def _overall(measured: list[Measured]) -> list[dict[str, Any]]:
    groups = {k: v for k, v in _grouped(measured, True).items() if k != "generated"}
    groups = groups or _grouped(measured, True)
    ours = statistics.fmean(_mean(group, True) for group in groups.values())
    theirs = statistics.fmean(_mean(group, False) for group in groups.values())
    ratios = [_mean(group, False) / _mean(group, True) for group in groups.values()]
    n = sum(map(len, groups.values()))
    spread = (min(ratios), max(ratios))
    return [_figure("math, every set alike", "CPU s per verdict", ours, theirs, n, spread)]


def _per_set(measured: list[Measured]) -> list[dict[str, Any]]:
    return [_ratio_of(f"set {k}", group) for k, group in _grouped(measured, True).items()]


def _per_class(measured: list[Measured]) -> list[dict[str, Any]]:
    groups = _grouped(measured, False)
    return [_ratio_of(f"class {k}", group) for k, group in groups.items() if len(group) >= _FEWEST]


def _ratio_of(name: str, group: list[Measured]) -> dict[str, Any]:
    draw = derive_random(0)
    ratios = []
    for _ in range(200):
        sample = draw.choices(group, k=len(group))
        ratios.append(_mean(sample, False) / _mean(sample, True))
    ratios.sort()
    spread = (ratios[10], ratios[-11])
    ours, theirs = _mean(group, True), _mean(group, False)
    return _figure(name, "CPU s per verdict", ours, theirs, len(group), spread)


def _latency(measured: list[Measured]) -> list[dict[str, Any]]:
    figures = []
    for percent in (50, 99):
        ours = _percentile([one.ours.wall_s for one in measured], percent)
        theirs = _percentile([one.peer.wall_s for one in measured], percent)
        figures.append(_figure(f"latency p{percent}", "s", ours, theirs, len(measured), ()))
    return figures


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def _deadlines(
    measured: list[Measured], hanging: dict[str, tuple[float, str]]
) -> list[dict[str, Any]]:
    limit = _DEADLINE_S + _GRACE_S
    late = sum(one.ours.wall_s > limit for one in measured)
    hung = sum(wall_s > limit for wall_s, _ in hanging.values())
    slowest = max(wall_s for wall_s, _ in hanging.values())
    return [
        _figure("verdicts past their deadline", "count", late, None, len(measured), ()),
        _figure("hanging inputs past their deadline", "count", hung, None, len(hanging), ()),
        _figure("slowest hanging input", "s", slowest, None, len(hanging), ()),
    ]


def _markdown(
    figures: list[dict[str, Any]],
    measured: list[Measured],
    hanging: dict[str, tuple[float, str]],
    arguments: argparse.Namespace,
) -> str:
    lines = [
        "# The math verifier beside math-verify",
        "",
        f"`python benchmarks/verifiers.py{' --data DIR' if arguments.data else ''}"
        f"{' --quick' if arguments.quick else ''}`, {_machine()}. "
        "Ratio: CPU seconds, theirs over ours.",
        "",
        "| what | unit | ours | math-verify | ratio | spread | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in figures:
        spread = " – ".join(f"{value:.3g}" for value in row["spread"])
        theirs, ratio = (_shown(row[key]) for key in ("peer", "ratio"))
        cells = [
            row["name"],
            row["unit"],
            _shown(row["ours"]),
            theirs,
            ratio,
            spread,
            str(row["n"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    right = [sum(one.ours_right for one in measured), sum(one.peer_right for one in measured)]
    shares = [f"{100 * count / len(measured):.2f} %" for count in right]
    lines += [
        "",
        f"On these {len(measured)} rows ours is right on {shares[0]}, math-verify on {shares[1]}.",
        "",
        f"Hanging inputs, deadline {_DEADLINE_S:g} s:",
        "",
        "| input | seconds | verdict |",
        "|---|---|---|",
        *(f"| {name} | {wall_s:.3f} | {reason} |" for name, (wall_s, reason) in hanging.items()),
    ]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
