"""Is a trained token worth as much? Reward over trained tokens with and without C3PO++ (Figure 8).

    python benchmarks/c3po_reward.py                three seeds, three modes, prints the table
    python benchmarks/c3po_reward.py --write        also docs/results/c3po_reward.md, .svg and .json
    python benchmarks/c3po_reward.py --results docs/results/c3po_reward.json --write
                                                    trains nothing: writes them anew
    python benchmarks/c3po_reward.py --seeds 1 --steps 20
    python benchmarks/c3po_reward.py --quick        shows that it runs, and no more

How it works. Each seed's policy is supervised once (the spark recipe without code); every mode then
starts from that model with the same prompts, slots and trained tokens a step: the budget Φ is what
a synchronous step of 384 rollouts trains. The problems of the evaluation are disjoint from training
by duplicate key and the same for all, and gains are paired problem by problem.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from c3po_plot import draw_rewards

from assay_trainer.api import train
from assay_trainer.metrics import read_rows

_HERE = Path(__file__).resolve().parent
_DOCUMENT = _HERE.parent / "docs" / "results" / "c3po_reward.md"
_ROLLOUTS, _LAST = 384, 15
_QUICK = {"seeds": 1, "steps": 2, "rollouts": 64}
_QUICK_SFT = ("sft.steps=10", "sft.examples_per_step=8")
_QUICK_RL = ("evaluation.tasks=2", "evaluation.samples=1", "rl.optim.warmup_steps=1")
_SFT = ("without=['code']", "rl.steps=1", "evaluation.tasks=4", "keep_checkpoints=9")
_MASKED = ("mask/low", "mask/high", "mask/nonfinite")
_MODES = ("synchronous", "C3PO++", "C3PO++, overlap")


def main() -> None:
    arguments = _arguments()
    if arguments.results:
        results = json.loads(Path(arguments.results).read_text(encoding="utf-8"))["runs"]
    else:
        results = _train_all(arguments)
    document = _document(results)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
        draw_rewards(_by_mode(results), _DOCUMENT.with_suffix(".svg"))
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        record = {"rows": _rows(results), "runs": results}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument("--steps", type=int, default=60, help="RL steps of a run (default 60)")
    parser.add_argument("--rollouts", type=int, default=_ROLLOUTS, help="(default 384) a step")
    parser.add_argument("--quick", action="store_true", help="tiny: shows that it runs")
    parser.add_argument("--write", action="store_true", help="write docs/results/c3po_reward.*")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--runs", metavar="DIR", help="keep the runs here")
    parser.add_argument("--results", metavar="FILE", help="train nothing: runs of an earlier FILE")
    arguments = parser.parse_args()
    if arguments.quick:
        vars(arguments).update(_QUICK)
    return arguments


def _train_all(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.runs or scratch)
        return [run for seed in range(arguments.seeds) for run in _seed(seed, arguments, folder)]


def _by_mode(results: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {mode: [result for result in results if result["mode"] == mode] for mode in _MODES}


def _seed(seed: int, arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Every mode from one supervised model."""
    quick = arguments.quick
    sft = [*_SFT, *(_QUICK_SFT if quick else ())]
    start = train("spark", name=f"sft-{seed}", seed=seed, overrides=sft, runs_dir=folder)
    model = start / "checkpoints" / "rl-000000" / "model"
    common = [f"rl.steps={arguments.steps}", *(_QUICK_RL if quick else ())]

    def run(mode: str, *schedule: str) -> dict[str, Any]:
        return _run(mode, seed, [*common, *schedule], model, folder)

    base = run(_MODES[0], f"rl.scheduler.train_capacity={arguments.rollouts}")
    budget = f"rl.scheduler.budget_tokens={round(base['tokens'] / arguments.steps)}"
    schedule = budget, "rl.scheduler.retention=4"
    c3po = run(_MODES[1], *schedule)
    return [base, c3po, run(_MODES[2], *schedule, "rl.scheduler.overlap=true")]


def _run(mode: str, seed: int, overrides: list[str], model: Path, folder: Path) -> dict[str, Any]:
    """Reinforcement of ``model`` in one mode."""
    run = train(
        _HERE / "c3po_reward.toml",
        model=model,
        suite="spark",
        without=("code",),
        name=f"{mode.replace(', ', '-').replace('+', 'p')}-{seed}",
        seed=seed,
        overrides=overrides,
        runs_dir=folder,
    )
    rows = read_rows(run / "metrics.jsonl")
    taken = [row for row in rows if row["stage"] == "rl"]
    before, after = (row for row in rows if row["stage"] == "eval")
    gains = _figures(after) - _figures(before)
    return {
        "mode": mode,
        "seed": seed,
        "tokens": sum(row.get("tokens_trained", 0) for row in taken),
        "reward": fmean(row["reward"] for row in taken[-_LAST:]),
        "before": before["sampled"]["suite"],
        "after": after["sampled"]["suite"],
        "gain": float(np.nanmean(gains)),
        "gain_error": float(np.nanstd(gains) / np.sqrt(len(gains))),
        "staleness": fmean(row.get("staleness_mean", 0.0) for row in taken),
        "oldest": max(row.get("staleness_max", 0) for row in taken),
        "masked": fmean(sum(row.get(side) or 0.0 for side in _MASKED) for row in taken),
        "length": fmean(row["length_mean"] for row in taken),
        "rewards": [row["reward"] for row in taken],
    }


def _figures(row: dict[str, Any]) -> Any:
    """[N] share of each problem's samples that were right."""
    return np.array(row["problems"]["sampled"], dtype=float)


def _rows(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Final accuracy of each mode beside the synchronous one's."""
    by_mode = _by_mode(results)
    peers = [result["after"] for result in by_mode[_MODES[0]]]
    rows = []
    for mode in _MODES[1:]:
        ours = [result["after"] for result in by_mode[mode]]
        differences = [o - p for o, p in zip(ours, peers, strict=True)]
        rows.append(
            {
                "name": "reward_overlap" if "overlap" in mode else "reward_sync",
                "unit": "share of problems solved, sampled, after the same trained tokens",
                "ours": fmean(ours),
                "peer": fmean(peers),
                "peer_name": "synchronous steps",
                "ratio": fmean(ours) / fmean(peers) if any(peers) else None,
                "n": len(ours),
                "spread": [min(differences), max(differences)],
            }
        )
    return rows


def _document(results: list[dict[str, Any]]) -> str:
    lines = [
        "# Is a trained token worth as much with C3PO++?",
        "",
        "Written by `benchmarks/c3po_reward.py --write`; do not edit. Sampled accuracy on problems",
        "disjoint from training; `±` is the standard error over problems of the paired gain.",
        "",
        "| seed | mode | trained tokens | before | after | gain | reward of the last steps "
        "| staleness mean / most | masked | mean length |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['seed']} | {r['mode']} | {r['tokens']:,} | {r['before']:.1%} | {r['after']:.1%} "
        f"| {r['gain']:+.1%} ± {r['gain_error']:.1%} | {r['reward']:.3f} "
        f"| {r['staleness']:.2f} / {r['oldest']} | {r['masked']:.3%} | {r['length']:.1f} |"
        for r in results
    ]
    lines += [
        "",
        "![Reward over trained tokens in each mode](c3po_reward.svg)",
        "",
        "Final accuracy against synchronous steps, over the seeds:",
        "",
    ]
    lines += [
        f"- `{row['name']}`: {row['ours']:.1%} against {row['peer']:.1%}; by seed "
        f"{row['spread'][0]:+.1%} to {row['spread'][1]:+.1%}."
        for row in _rows(results)
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
