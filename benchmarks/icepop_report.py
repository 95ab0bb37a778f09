"""How benchmarks/icepop.py tells what happened: tables, comparisons seed by seed, two figures.

Sentences are made from the figures alone, so that the document cannot claim what was not seen: one
policy is called better than another only if it was so with every seed, and by more than three
standard errors over problems of their paired difference.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from icepop_grid import BANDS, METHODS, SEEDS, SETTINGS, Cell, band_name

Result = Mapping[str, Any]
Done = Mapping[Cell, Result]

_BASELINE = "grpo"
_PLAIN = tuple(name for name in METHODS if not name.startswith("icepop-"))
_BY_BAND = (*(band_name(*band) for band in BANDS), "icepop")


def write(done: Done, page: Path) -> None:
    """The document, its figures beside it, and the rows as JSON."""
    from icepop_plot import draw, draw_bands

    draw(done, page.with_suffix(".svg"))
    draw_bands(done, page.with_name(f"{page.stem}_bands.svg"))
    page.write_text(document(done), encoding="utf-8")
    record = {
        "rows": list(_rows(done)),
        "runs": {
            cell.name: {"evaluations": [_plain(e) for e in r["evaluations"]], "cpu_s": r["cpu_s"]}
            for cell, r in done.items()
        },
    }
    page.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def document(done: Done) -> str:
    lines = [
        "# IcePop and its family: where a correction of the mismatch helps",
        "",
        "Written by `benchmarks/icepop.py --write`; do not edit. A mixture of experts of 0.9",
        "million parameters, supervised on three kinds of short problems, then trained on their",
        "rewards with 48 prompts of 8 answers a step. Accuracy is on prompts not trained on, with",
        "the learner's weights: 576 problems, 3 samples each at the end. `outside` is the share of",
        "tokens whose ratio leaves [0.5, 5], whatever the loss does with them. An arrow leads from",
        "the first third of the steps to the last. Each mean is over the seeds that were run.",
        "",
        "![What each loss did under each mismatch](icepop.svg)",
        "",
        "## What happened",
        "",
        *_comparisons(done),
        "",
    ]
    for name, setting in SETTINGS.items():
        if any(cell.setting == name for cell in done):
            lines += [f"## {name}: {setting.title}", "", *_table(done, name, _PLAIN), ""]
    if _having(done, "stale32", band_name(*BANDS[0])):
        lines += [
            "## The band [α, β], weights 32 steps old",
            "",
            "![The band](icepop_bands.svg)",
            "",
            *_table(done, "stale32", _BY_BAND),
            "",
        ]
    machine = f"{os.cpu_count()} CPU cores, {platform.system()}; one core a run"
    spent = sum(result["cpu_s"] for result in done.values()) / 60
    lines += [f"{len(done)} runs, {spent:.0f} CPU minutes. Machine: {machine}.", ""]
    return "\n".join(lines)


def _comparisons(done: Done) -> Iterator[str]:
    yield "`±` is the standard error over problems of the mean of the paired differences; then each"
    yield "seed's own. Better or worse means: with every seed, and by more than three such errors."
    yield ""
    for setting in SETTINGS:
        plain = _having(done, setting, _BASELINE)
        if not plain:
            continue
        gains = [(_first(run), _last(run)) for run in plain.values()]
        yield f"- `{setting}`, no correction against the supervised policy: {_verdict(gains)}"
        for method in METHODS:
            other = _having(done, setting, method)
            shared = sorted(plain.keys() & other.keys())
            if method != _BASELINE and shared:
                pairs = [(_last(plain[seed]), _last(other[seed])) for seed in shared]
                yield f"    - `{method}` against no correction: {_verdict(pairs)}"


def _verdict(pairs: Sequence[tuple[Result, Result]]) -> str:
    """The second evaluation of every pair against the first."""
    gaps = [_shares(second) - _shares(first) for first, second in pairs]
    own = [float(gap.mean()) for gap in gaps]
    mean = np.mean(gaps, axis=0)
    size, error = float(mean.mean()), float(mean.std(ddof=1) / np.sqrt(len(mean)))
    sure = len(gaps) == len(SEEDS) and abs(size) > 3 * error
    if sure and all(gap > 0 for gap in own):
        word = "**better**"
    elif sure and all(gap < 0 for gap in own):
        word = "**worse**"
    else:
        word = "not to be told apart" if len(gaps) == len(SEEDS) else f"{len(gaps)} seeds only"
    return f"{word}, {size:+.1%} ± {error:.1%} ({', '.join(f'{gap:+.1%}' for gap in own)})"


def _shares(evaluation: Result) -> Any:
    """[N] share of right samples of each problem."""
    return np.array(evaluation["problems"]) / evaluation["samples"]


def _table(done: Done, setting: str, methods: Sequence[str]) -> list[str]:
    lines = [
        "| loss | sampled, by seed | greedy | reward, late | gradient norm | mean abs log-ratio "
        "| outside | dropped | clipped | entropy of the dropped / of all |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for method in methods:
        runs = _having(done, setting, method)
        if not runs:
            continue
        results = list(runs.values())
        sampled = ", ".join(
            f"{_first(r)['sampled']:.1%} → {_last(r)['sampled']:.1%}" for r in results
        )
        greedy = fmean(_last(r)["greedy"] for r in results)
        lines.append(
            f"| {method} | {sampled} | {greedy:.1%} | {late(results, 'reward'):.3f} "
            f"| {_trend(results, 'grad_norm', '.2f')} "
            f"| {_trend(results, 'mismatch/abs_mean', '.3f')} "
            f"| {_trend(results, 'outside', '.2%')} "
            f"| {_dropped(results):.3%} | {late(results, 'clipped'):.2%} "
            f"| {late(results, 'mismatch/entropy_masked_over_all'):.2f} |"
        )
    return lines


def _dropped(results: Sequence[Result]) -> float:
    return late(results, "mask/low") + late(results, "mask/high")


def _trend(results: Sequence[Result], key: str, form: str) -> str:
    return f"{early(results, key):{form}} → {late(results, key):{form}}"


def early(results: Sequence[Result], key: str) -> float:
    """Mean over the first third of the steps that have it."""
    return _mean(results, key, lambda steps: steps[: len(steps) // 3])


def late(results: Sequence[Result], key: str) -> float:
    """Mean over the last third of the steps that have it; NaN where none has."""
    return _mean(results, key, lambda steps: steps[-(len(steps) // 3) :])


def _mean(results: Sequence[Result], key: str, part: Any) -> float:
    values = [step[key] for r in results for step in part(r["steps"]) if key in step]
    return fmean(values) if values else float("nan")


def _having(done: Done, setting: str, method: str) -> dict[int, Result]:
    """The results of a setting and a method by seed."""
    return {
        cell.seed: done[cell] for cell in done if (cell.setting, cell.method) == (setting, method)
    }


def _first(result: Result) -> Result:
    first: Result = result["evaluations"][0]
    return first


def _last(result: Result) -> Result:
    last: Result = result["evaluations"][-1]
    return last


def _rows(done: Done) -> Iterator[dict[str, Any]]:
    """Final accuracy of IcePop beside that of no correction."""
    for setting in SETTINGS:
        plain, ours = _having(done, setting, _BASELINE), _having(done, setting, "icepop")
        if seeds := sorted(plain.keys() & ours.keys()):
            gaps = [_last(ours[seed])["sampled"] - _last(plain[seed])["sampled"] for seed in seeds]
            mine = fmean(_last(ours[seed])["sampled"] for seed in seeds)
            theirs = fmean(_last(plain[seed])["sampled"] for seed in seeds)
            yield {
                "name": f"icepop/{setting}",
                "unit": "share of problems solved, sampled, disjoint from training",
                "ours": mine,
                "peer": theirs,
                "peer_name": "the same without a correction (grpo)",
                "ratio": mine / theirs if theirs else None,
                "n": len(seeds),
                "spread": [min(gaps), max(gaps)],
                "spread_of": "difference by seed",
            }


def _plain(evaluation: Result) -> dict[str, Any]:
    """Without what each problem came to."""
    return {name: value for name, value in evaluation.items() if name != "problems"}
