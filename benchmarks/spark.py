"""Does a recipe learn? Three seeds, before and after RL, on problems never trained on.

    python benchmarks/spark.py                  three seeds, docs/results/spark.md and .json
    python benchmarks/spark.py --recipe game    the same of a game of many turns
    python benchmarks/spark.py --quick          one short run, printed only
    python benchmarks/spark.py --seed 2         one seed of the three, printed only
    python benchmarks/spark.py --runs-done R…   tabulate runs that this script trained before

Every seed trains its own model from nothing with its own tokenizer, data and draws; the test
problems are the same for all seeds and disjoint from training by duplicate key. Gains are paired
problem by problem. The interval is a bootstrap over both: seeds are resampled, and so are the
problems of every environment, alike for all seeds because they share them. A few seeds tell little
of the spread between seeds; the document gives every one. Settings were chosen on the validation
split (see the recipe); the test split is evaluated here only, before and after RL.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from assay_trainer.api import train
from assay_trainer.metrics import read_rows

_RESAMPLES = 10_000
_QUICK = ("sft.steps=40", "rl.steps=4", "evaluation.tasks=16", "checkpoint_every=100")
_RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results"
_TITLES = {
    "spark": "The default recipe, `spark`: what it learns",
    "game": "A game of many turns, the recipe `game`: what it learns",
}


def main() -> None:
    arguments = _arguments()
    seeds = range(1 if arguments.quick else arguments.seeds)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    printed = arguments.quick or arguments.seed is not None
    runs = arguments.runs_done or [_train(seed, arguments) for seed in seeds]
    results = [_result(run) for run in runs]
    rows = [_row(arguments.recipe, figure, results) for figure in _figures(results)]
    document = _markdown(arguments.recipe, rows, results)
    print(document)
    print("runs:", *runs)
    target = arguments.json
    if not printed:
        page = _RESULTS / f"{arguments.recipe}.md"
        page.write_text(document, encoding="utf-8")
        target = target or page.with_suffix(".json")
    if target:
        record = {"rows": rows, "seeds": results, "machine": _machine()}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", choices=_TITLES, default="spark", help="(default spark)")
    parser.add_argument("--quick", action="store_true", help="one short run; writes no document")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument("--seed", type=int, help="this seed alone; writes no document")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--runs", default="runs", help="directory of the runs (default runs)")
    parser.add_argument("--runs-done", nargs="+", type=Path, metavar="RUN", help="train nothing")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def _train(seed: int, arguments: argparse.Namespace) -> Path:
    """Train one seed; its run."""
    overrides = [*(_QUICK if arguments.quick else ()), *arguments.set, "evaluation.split=test"]
    name = f"bench-{arguments.recipe}-{time.strftime('%Y%m%d-%H%M%S')}-seed{seed}"
    return train(
        arguments.recipe, name=name, seed=seed, overrides=overrides, runs_dir=arguments.runs
    )


def _result(run: Path) -> dict[str, Any]:
    """What a run's evaluations and steps say."""
    rows = read_rows(run / "metrics.jsonl")
    seed = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))["seed"]
    phases = {row["phase"]: row for row in rows if row["stage"] == "eval"}
    steps = [row for row in rows if row["stage"] == "rl"]
    return {
        "seed": seed,
        "after_sft": phases["after_sft"],
        "after_rl": phases["after_rl"],
        "minutes": round(sum(map(_seconds, rows)) / 60, 1),
        "sft_steps": sum(row["stage"] == "sft" for row in rows),
        "rl_steps": len(steps),
        "masked": float(np.mean([_masked(row) for row in steps])),
        "undecided": sum(sum(row.get("undecided", {}).values()) for row in steps),
        "sandboxed": sum(row.get("sandbox", {}).get("jobs", 0) for row in steps),
        "resumed": sum(row["resumed"] for row in steps),
        "purged": sum(row["purged"] for row in steps),
    }


def _seconds(row: dict[str, Any]) -> float:
    """Wall-clock time of a step of either stage; an evaluation has none logged."""
    seconds = row.get("seconds", 0.0)
    return float(seconds["total"] if isinstance(seconds, dict) else seconds)


def _masked(row: dict[str, Any]) -> float:
    return sum(row.get(f"mask/{side}") or 0.0 for side in ("low", "high", "nonfinite"))


def _figures(results: list[dict[str, Any]]) -> tuple[str, ...]:
    return "sampled", "greedy", f"pass@{results[0]['after_rl']['k']}"


def _row(recipe: str, figure: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Before and after of one figure, with the interval of the gain."""
    before = [result["after_sft"][figure]["suite"] for result in results]
    after = [result["after_rl"][figure]["suite"] for result in results]
    gains = np.array([_gains(result, figure) for result in results])
    low, high = _interval(gains, np.array(results[0]["after_rl"]["problems"]["env"]))
    return {
        "name": f"{recipe}/{figure}",
        "unit": "share of problems solved",
        "ours": float(np.mean(after)),
        "peer": float(np.mean(before)),
        "peer_name": "the same model after SFT",
        "ratio": float(np.mean(after) / np.mean(before)) if np.mean(before) else None,
        "n": sum(result["after_rl"]["n"] for result in results),
        "spread": [low, high],
        "spread_of": "gain, 95 % bootstrap over seeds and problems",
    }


def _gains(result: dict[str, Any], figure: str) -> np.ndarray:
    """[N] change of every problem, RL minus SFT; NaN where there is no verdict."""
    after = np.array(result["after_rl"]["problems"][figure], dtype=float)
    before = np.array(result["after_sft"]["problems"][figure], dtype=float)
    return after - before


def _interval(gains: np.ndarray, envs: np.ndarray) -> tuple[float, float]:
    """Of the mean of ``gains`` [S, N]; the N problems are those of ``envs``, for every seed."""
    rng = np.random.default_rng(0)
    strata = [np.flatnonzero(envs == env) for env in np.unique(envs)]
    means = np.empty(_RESAMPLES)
    for draw in range(_RESAMPLES):
        seeds = rng.integers(0, len(gains), len(gains))
        problems = np.concatenate([rng.choice(stratum, len(stratum)) for stratum in strata])
        means[draw] = np.nanmean(gains[np.ix_(seeds, problems)])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _markdown(recipe: str, rows: list[dict[str, Any]], results: list[dict[str, Any]]) -> str:
    lines = [
        f"# {_TITLES[recipe]}",
        "",
        f"Written by `make bench-{recipe}`; do not edit. Test problems are disjoint from training",
        "by duplicate key, the same for all seeds, and evaluated before and after RL.",
        "",
        "| whole suite | after SFT | after RL | gain | 95 % interval of the gain |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        gain = row["ours"] - row["peer"]
        low, high = row["spread"]
        lines.append(
            f"| {row['name'].split('/')[1]} | {row['peer']:.1%} | {row['ours']:.1%} "
            f"| {gain:+.1%} | [{low:+.1%}, {high:+.1%}] |"
        )
    lines += ["", "Interval: bootstrap over seeds and problems together.", "", *_by_seed(results)]
    return "\n".join([*lines, "", f"Machine: {_machine()}.", ""])


def _by_seed(results: list[dict[str, Any]]) -> list[str]:
    figures = _figures(results)
    lines = [
        f"| seed | environment | {' | '.join(figures)} |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        before, after = result["after_sft"], result["after_rl"]
        for env in before["greedy"]:
            cells = [f"{before[name][env]:.1%} → {after[name][env]:.1%}" for name in figures]
            lines.append(f"| {result['seed']} | {env} | {' | '.join(cells)} |")
    lines += [
        "",
        "| seed | problems | entropy, nats | SFT / RL steps | minutes of steps "
        "| sandboxed programs | tokens masked | rollouts resumed / purged | undecided |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        entropy = [result[phase]["entropy"]["suite"] for phase in ("after_sft", "after_rl")]
        lines.append(
            f"| {result['seed']} | {result['after_rl']['n']} | {entropy[0]:.3f} → {entropy[1]:.3f} "
            f"| {result['sft_steps']} / {result['rl_steps']} | {result['minutes']} "
            f"| {result['sandboxed']:,} | {result['masked']:.3%} "
            f"| {result['resumed']:,} / {result['purged']:,} | {result['undecided']} |"
        )
    return lines


def _machine() -> str:
    return f"{os.cpu_count()} CPU cores, {platform.system()}, Python {sys.version.split()[0]}"


if __name__ == "__main__":
    main()
