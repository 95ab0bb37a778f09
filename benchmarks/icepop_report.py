"""How benchmarks/icepop.py tells what happened: the paper's claims, tables, figures, JSON rows.

Sentences are made from the figures alone, so that the document cannot claim what was not seen, and
only of methods that every seed was run with.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import icepop_claims as claims
import numpy as np
from icepop_grid import BANDS, CLIPS, LOSSES, SEEDS, SETTINGS, band_name, cells
from icepop_run import BLOCK, GROUP, PROMPTS
from icepop_series import (
    Done,
    Result,
    complete,
    early,
    first,
    growth,
    having,
    last,
    late,
    over_seeds,
    points,
    settings_of,
)

_DRAWN = ("reward", "grad_norm", "mismatch/abs_mean", "mismatch/k3", "outside", "dropped")


def write(done: Done, page: Path) -> None:
    """The document, its figures beside it, and the rows as JSON."""
    from icepop_plot import draw_all

    whole = complete(done)
    drawn = draw_all(whole, page)
    page.write_text(document(done, drawn), encoding="utf-8")
    write_rows(whole, page.with_suffix(".json"))


def write_rows(done: Done, file: Path) -> None:
    """The comparisons and every run, without what each problem came to, as JSON."""
    runs = {cell.name: _record(result) for cell, result in done.items()}
    record = {"rows": list(rows(done)), "block": BLOCK, "runs": runs}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def document(done: Done, drawn: Sequence[str] = ()) -> str:
    """The page; ``drawn`` names the figures that stand beside it."""
    whole = complete(done)
    lines = [
        "# IcePop and its family: where a correction of the mismatch helps",
        "",
        "Written by `benchmarks/icepop.py --report --write`; do not edit. A mixture of experts of",
        "0.9 million parameters is supervised on three kinds of short problems, then trained on",
        f"their rewards with {PROMPTS} prompts of {GROUP} answers a step, through an engine that",
        "disagrees with it in one of several ways. Accuracy is the learner's own, at full",
        "precision, on 576 problems that are never trained on, 3 samples each at the end. All",
        f"methods of a seed start from one policy and see the same problems; {len(SEEDS)} seeds.",
        "Figures in brackets are the range between seeds. Figures of the training are means over",
        f"blocks of {BLOCK} steps, a whole number of a stale engine's periods. The first block, in",
        "which the learning rate warms up, left out, *early* is the first half of the others and",
        "*late* the last; an arrow leads from one to the other. Gradient norms are taken before",
        "their clip at 1.",
        "",
        *_short(whole),
        "## What the paper says, and what was seen",
        "",
        *_reading(),
        "",
        *claims.table(whole),
        "",
        *_figure(drawn, "icepop.svg", "What each loss did under each mismatch"),
    ]
    for name in settings_of(whole):
        against_none = [(method, "grpo") for method in LOSSES[1:]]
        lines += [f"## {name}: {SETTINGS[name].title}", ""]
        lines += [*_comparisons(whole, name, against_none), *_tables(whole, name, LOSSES)]
    lines += _clips(whole, drawn)
    lines += _bands(whole, drawn)
    return "\n".join([*lines, *_limits(), *_end(done)])


def _short(done: Done) -> Iterator[str]:
    """How much mismatch there was, what it cost, and what IcePop won back."""
    yield "## In short"
    yield ""
    yield "The settings, from the weakest mismatch to the strongest, as no correction meets them"
    yield "late in its run. `outside` is the share of tokens whose ratio leaves [0.5, 5]. Changes"
    yield "of accuracy are in points."
    yield ""
    yield from _header(
        "setting",
        "mean abs log-ratio",
        "outside",
        "no correction, against its start",
        "IcePop, against its start",
        "IcePop against no correction",
        "IcePop against no mismatch",
    )
    for name in sorted(settings_of(done), key=lambda setting: _strength(done, setting)):
        plain = list(having(done, name, "grpo").values())
        if plain:
            yield (
                f"| {name} | {over_seeds([late(r, 'mismatch/abs_mean') for r in plain], '.2g')} "
                f"| {over_seeds([late(r, 'outside') for r in plain], '.2%')} "
                f"| {_judged(claims.learnt(done, name, 'grpo'))} "
                f"| {_judged(claims.learnt(done, name, 'icepop'))} "
                f"| {_judged(claims.against(done, name, 'grpo', 'icepop'))} "
                f"| {_judged(claims.against_exact(done, name, 'icepop'))} |"
            )
    yield ""


def _strength(done: Done, setting: str) -> float:
    runs = having(done, setting, "grpo").values()
    return fmean(late(run, "mismatch/abs_mean") for run in runs) if runs else 0.0


def _reading() -> list[str]:
    return [
        "*Seen* and *opposite* mean with every seed; three seeds agree by chance one time in four.",
        "What is said of accuracy must hold by more than three standard errors over problems as",
        "well. The figures are means over seeds, of the side that is claimed to be less and of the",
        "other. The discrepancy is the k3 estimate of the divergence between engine and learner,",
        "over tokens of answers that carry an advantage.",
    ]


def _comparisons(done: Done, setting: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """How accurate the first method of every pair ended, against the second."""
    judged = [
        f"- `{one}` against `{other}`: {_judged(found)}"
        for one, other in pairs
        if (found := claims.against(done, setting, other, one))
    ]
    yield from [*judged, ""] if judged else []


def _judged(found: claims.Difference | None) -> str:
    if found is None:
        return "–"
    word = {1: "**better**", 0: "not to be told apart", -1: "**worse**"}[found.sign]
    return f"{word}, {found}"


def _tables(done: Done, setting: str, methods: Sequence[str]) -> Iterator[str]:
    """What became of the policy, and what became of the mismatch."""
    for names, columns in ((_LEARNT, _learnt), (_MISMATCH, _mismatch)):
        yield from _header("loss", *names)
        for method in methods:
            if runs := list(having(done, setting, method).values()):
                yield f"| {method} | {' | '.join(columns(runs))} |"
        yield ""


def _header(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"


_LEARNT = (
    "sampled accuracy: start → lowest → end",
    "greedy, end",
    "late reward",
    "gradient norm",
    "clipped",
)


def _learnt(runs: Sequence[Result]) -> Iterator[str]:
    start, end = ([moment(run)["sampled"] for run in runs] for moment in (first, last))
    lowest = [min(row["sampled"] for row in run["evaluations"]) for run in runs]
    yield f"{fmean(start):.1%} → {fmean(lowest):.1%} → {over_seeds(end, '.1%')}"
    yield over_seeds([last(run)["greedy"] for run in runs], ".1%")
    yield over_seeds([late(run, "reward") for run in runs], ".3f")
    yield _trend(runs, "grad_norm", ".2f")
    yield f"{fmean(late(run, 'clipped') for run in runs):.2%}"


_MISMATCH = (
    "mean abs log-ratio",
    "discrepancy, late over early",
    "outside",
    "dropped below / above",
    "entropy of the dropped over all",
)


def _mismatch(runs: Sequence[Result]) -> Iterator[str]:
    yield _trend(runs, "mismatch/abs_mean", ".2g")
    grown = [growth(run, "mismatch/k3") for run in runs]
    yield "–" if np.isnan(grown).any() else over_seeds(grown, ".2f")
    yield _trend(runs, "outside", ".2%")
    low, high = (fmean(late(run, key) for run in runs) for key in ("mask/low", "mask/high"))
    yield f"{low:.3%} / {high:.3%}"
    ratios = [late(run, "mismatch/entropy_masked_over_all") for run in runs]
    yield "–" if np.isnan(ratios).any() else over_seeds(ratios, ".2f")


def _trend(runs: Sequence[Result], key: str, form: str) -> str:
    began = fmean(early(run, key) for run in runs)
    return f"{began:{form}} → {over_seeds([late(run, key) for run in runs], form)}"


_CLIP_TEXT = (
    "`ppo-engine` is GRPO with its ratio taken from the probabilities that the tokens were sampled",
    "with, so that the clip is a trust region around the engine; it differs from `grpo` in that",
    "alone. A clip against the learner's own probabilities does nothing in the first update of a",
    "step, so `ppo4-…` cut a step's batch into four updates, at half the learning rate: clipped",
    "against the learner's (`ppo4-learner`, which the others are compared with), against the",
    "engine's, and against the learner's with IcePop's weights.",
)
_BAND_TEXT = (
    "`icepop` is [0.5, 5], the paper's choice. Of [0.5, 2] the paper says that it makes training",
    "unstable at once.",
)


def _clips(done: Done, drawn: Sequence[str]) -> list[str]:
    """PPO's clip against either policy, under ``stale32``."""
    pairs = [
        ("ppo-engine", "grpo"),
        ("ppo-engine", "icepop"),
        ("ppo4-engine", "ppo4-learner"),
        ("ppo4-icepop", "ppo4-learner"),
        ("ppo4-engine", "ppo4-icepop"),
    ]
    title = "PPO's clip, weights up to 31 steps old"
    return _section(done, drawn, title, _CLIP_TEXT, ("grpo", "icepop", *CLIPS), pairs)


def _bands(done: Done, drawn: Sequence[str]) -> list[str]:
    """IcePop with other bounds, under ``stale32``."""
    names = [band_name(*band) for band in BANDS]
    title = "The band [α, β], weights up to 31 steps old"
    pairs = [(name, "icepop") for name in names]
    return _section(done, drawn, title, _BAND_TEXT, ("icepop", *names), pairs)


def _section(
    done: Done,
    drawn: Sequence[str],
    title: str,
    text: Sequence[str],
    methods: Sequence[str],
    pairs: Sequence[tuple[str, str]],
) -> list[str]:
    """Nothing before one of the pairs has been run."""
    if not (compared := [*_comparisons(done, "stale32", pairs)]):
        return []
    figure = "icepop_clips.svg" if methods[0] == "grpo" else "icepop_bands.svg"
    tables = _tables(done, "stale32", methods)
    return [f"## {title}", "", *text, "", *compared, *tables, *_figure(drawn, figure, title)]


def _figure(drawn: Sequence[str], name: str, title: str) -> list[str]:
    return [f"![{title}]({name})", ""] if name in drawn else []


def _limits() -> list[str]:
    return [
        "## What this does not show",
        "",
        "- Stale weights are off-policy lag, not the numerical mismatch that the paper is about;",
        "  to the loss both are the same ratio.",
        "- Answers of at most 12 tokens: a discrepancy that compounds along thousands of tokens",
        "  has no room here. One temperature, one model size, one learning rate, and a hot one.",
        "- The mismatch is measured over answers that carry an advantage, not over all.",
        "- Standard errors are over problems, with the seeds as they are; three seeds say little",
        "  of what a fourth would do.",
        "",
    ]


def _end(done: Done) -> list[str]:
    missing = [cell.name for cell in cells() if cell not in complete(done)]
    spent = sum(result["cpu_s"] for result in done.values()) / 60
    machine = f"{os.cpu_count()} CPU cores, {platform.system()}; one core a run"
    lines = [f"{len(done)} runs, {spent:.0f} CPU minutes. Machine: {machine}."]
    if missing:
        names = sorted({name.rpartition("/")[0] for name in missing})
        lines += ["", f"Not run with every seed, and left out above: {', '.join(names)}."]
    return [*lines, ""]


def rows(done: Done) -> Iterator[dict[str, Any]]:
    """Final accuracy of IcePop beside that of no correction."""
    for setting in settings_of(done):
        found = claims.against(done, setting, "grpo", "icepop")
        if found and setting != "exact":
            ours, theirs = (
                fmean(last(run)["sampled"] for run in having(done, setting, method).values())
                for method in ("icepop", "grpo")
            )
            yield {
                "name": f"icepop/{setting}",
                "unit": "share of problems solved, sampled, disjoint from training",
                "ours": ours,
                "peer": theirs,
                "peer_name": "the same without a correction (grpo)",
                "ratio": ours / theirs if theirs else None,
                "n": len(found.by_seed),
                "spread": [min(found.by_seed), max(found.by_seed)],
                "spread_of": "difference by seed",
            }


def _record(run: Result) -> dict[str, Any]:
    """A run without what each problem came to, and its figures by block."""
    plain = [{k: v for k, v in row.items() if k != "problems"} for row in run["evaluations"]]
    blocks = {key: [float(f"{value:.4g}") for value in points(run, key)] for key in _DRAWN}
    return {"evaluations": plain, "blocks": blocks, "cpu_s": run["cpu_s"]}
