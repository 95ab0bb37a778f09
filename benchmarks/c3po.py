"""What C3PO++ saves: rollout time, step time, with and without overlap, simulated and real.

    python benchmarks/c3po.py                 everything, three seeds; prints the document
    python benchmarks/c3po.py --write         also docs/results/c3po.md, .svg and .json
    python benchmarks/c3po.py --no-real       the simulated half, in a few minutes
    python benchmarks/c3po.py --quick         one seed, few steps, no real run

How it works. The costs of ticks, prefill, training and weight sync are measured on this machine
with the real engine and learner (c3po_costs.py). The simulator drives the trainer's own scheduler
with them at the paper's scale (c3po_scale.py), and the trainer really runs at a small one
(c3po_real.py). Everywhere the modes have the same slots Ω and the same lengths, and the budget Φ is
what a synchronous step trains, so a step trains the same tokens in each. Steps are timed once the
pool is full; the time from a cold start is given beside.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import c3po_real as real
import c3po_scale as scale
from c3po_costs import Shape, measure
from c3po_plot import draw

from assay_trainer.model import ModelConfig
from assay_trainer.simulation import CostModel

Row = dict[str, Any]
_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "c3po.md"
_SHAPE = Shape(ModelConfig(vocab_size=384, layers=2, experts=16, expert_hidden=96, context=1088))
_BASE, _BASE_OVERLAP, _C3PO, _OVERLAP = scale.MODES
_PEER = "synchronous steps: every rollout of the batch is waited for"


def main() -> None:
    arguments = _arguments()
    seeds = range(1 if arguments.quick else arguments.seeds)
    cost = _read_cost(arguments.costs) if arguments.costs else measure(_SHAPE)
    setting = scale.Setting(steps=12, warm=6) if arguments.quick else scale.Setting()
    simulated = [scale.play(cost, setting, seed) for seed in seeds]
    done = [] if arguments.quick or arguments.no_real else _real(arguments, seeds)
    rows = [*_simulated_rows(simulated), *_real_rows(done)]
    varied = [] if arguments.quick else _vary(cost, setting)
    document = _document(rows, cost, setting, simulated, varied, done)
    print(document)
    record = {"rows": rows, "cost": asdict(cost), "varied": varied, "machine": _machine()}
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
        draw(simulated[0], done[0] if done else None, _DOCUMENT.with_suffix(".svg"))
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one seed, few steps, no real run")
    parser.add_argument("--no-real", action="store_true", help="leave the real runs out")
    parser.add_argument("--write", action="store_true", help="write docs/results/c3po.*")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--costs", metavar="FILE", help="measure nothing: costs of an earlier FILE")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument("--real-steps", type=int, default=16, help="steps of a real run")
    parser.add_argument("--runs", metavar="DIR", help="keep the real runs here")
    arguments = parser.parse_args()
    if arguments.real_steps < 2:
        parser.error("--real-steps: the last step is left out, so it takes 2")
    return arguments


def _read_cost(file: str) -> CostModel:
    record = json.loads(Path(file).read_text(encoding="utf-8"))["cost"]
    return CostModel(**{**record, "tick": tuple(map(tuple, record["tick"]))})


def _real(arguments: argparse.Namespace, seeds: range) -> list[dict[str, real.RealRun]]:
    warm = arguments.real_steps // 3
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.runs or scratch)
        return [real.play(seed, arguments.real_steps, warm, folder) for seed in seeds]


# Rows


def _row(name: str, unit: str, ours: list[float], peer: list[float], n: int) -> Row:
    """Means over the seeds; the ratio's spread is from its lowest to its highest seed."""
    ratios = [p / o for o, p in zip(ours, peer, strict=True)]
    return {
        "name": name,
        "unit": unit,
        "ours": fmean(ours),
        "peer": fmean(peer),
        "peer_name": _PEER,
        "ratio": fmean(ratios),
        "n": n,
        "spread": [min(ratios), max(ratios)],
    }


def _simulated_rows(runs: list[dict[str, scale.Simulated]]) -> list[Row]:
    n = sum(len(run[_C3PO].steps) - run[_C3PO].warm for run in runs)

    def row(name: str, unit: str, mode: str, figure: str) -> Row:
        ours = [_per_token(run[mode], figure) for run in runs]
        return _row(name, unit, ours, [_per_token(run[_BASE], figure) for run in runs], n)

    return [
        row("rollout_sync", "µs of generation a trained token", _C3PO, "rollout_s"),
        row("e2e_sync", "µs a trained token", _C3PO, "step_s"),
        row("e2e_overlap", "µs a trained token", _OVERLAP, "step_s"),
        row("e2e_overlap_alone", "µs a trained token", _BASE_OVERLAP, "step_s"),
    ]


def _per_token(run: scale.Simulated, figure: str) -> float:
    steps = len(run.steps) - run.warm
    return float(1e6 * getattr(run, figure) * steps / run.tokens)


def _real_rows(runs: list[dict[str, real.RealRun]]) -> list[Row]:
    if not runs:
        return []
    base, c3po, overlap = real.MODES
    n = sum(len(run[c3po].trained) for run in runs)

    def row(name: str, mode: str, key: str) -> Row:
        ours = [1e6 * run[mode].mean(key) for run in runs]
        return _row(name, "µs a trained token", ours, [1e6 * r[base].mean(key) for r in runs], n)

    return [
        row("rollout_real", c3po, "generate"),
        row("e2e_real", c3po, "total"),
        row("e2e_real_overlap", overlap, "total"),
    ]


def _vary(cost: CostModel, setting: scale.Setting) -> list[Row]:
    """One thing changed at a time, one seed."""
    changes: list[dict[str, Any]] = [
        {},
        *({"learner": ranks} for ranks in (12, 24)),
        *({"engines": engines} for engines in (60, 240)),
        *({"spread": spread} for spread in (0.7, 1.1)),
        *({"retention": retention} for retention in (2, 3, 4)),
    ]
    rows = []
    for change in changes:
        runs = scale.play(cost, replace(setting, steps=16, warm=8, **change), 0)
        base = runs[_BASE]
        rows.append(
            {
                "change": ", ".join(f"{k} = {v}" for k, v in change.items()) or "as above",
                "mean_length": base.tokens / (8 * scale.ROLLOUTS),
                "rollout": _per_token(base, "rollout_s") / _per_token(runs[_C3PO], "rollout_s"),
                "e2e": _per_token(base, "step_s") / _per_token(runs[_C3PO], "step_s"),
                "overlap": _per_token(base, "step_s") / _per_token(runs[_OVERLAP], "step_s"),
                "wasted": runs[_C3PO].wasted,
                "length_gap": runs[_C3PO].length_gap,
                "staleness": runs[_C3PO].staleness[1],
            }
        )
    return rows


# The document


def _document(
    rows: list[Row],
    cost: CostModel,
    setting: scale.Setting,
    simulated: list[dict[str, scale.Simulated]],
    varied: list[Row],
    done: list[dict[str, real.RealRun]],
) -> str:
    parts = [
        "# What C3PO++ saves",
        f"Written by `benchmarks/c3po.py --write`; do not edit. Machine: {_machine()}. The ratio "
        "is of the time a trained token takes; its spread is over seeds.",
        _rows_table(rows),
        "![Trained tokens over time, and where a step's time goes](c3po.svg)",
        _simulated_text(cost, setting, simulated),
        _bounds(cost, setting, simulated),
        _varied_table(varied) if varied else "",
        _real_text(done),
        _cost_text(cost),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: list[str], lines: list[list[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows_table(rows: list[Row]) -> str:
    aims = {"rollout_sync": "≥ 2.5", "e2e_sync": "≥ 1.5", "e2e_overlap": "≥ 2"}
    lines = [
        [
            f"`{row['name']}`",
            row["unit"],
            f"{row['ours']:.3g}",
            f"{row['peer']:.3g}",
            f"**{row['ratio']:.2f}×**",
            f"{row['spread'][0]:.2f} – {row['spread'][1]:.2f}",
            aims.get(row["name"], ""),
            str(row["n"]),
        ]
        for row in rows
    ]
    return _table(
        ["row", "unit", "C3PO++", "synchronous", "ratio", "spread", "aim", "steps"], lines
    )


def _simulated_text(
    cost: CostModel, setting: scale.Setting, runs: list[dict[str, scale.Simulated]]
) -> str:
    lengths = scale.fit(setting.cost(cost), setting, 0)
    base = runs[0][_BASE]
    mean = base.tokens / ((len(base.steps) - base.warm) * scale.ROLLOUTS)
    target = (setting.steps // 2) * sum(s.end.trained_tokens for s in base.steps) // len(base.steps)
    lines = [
        [
            mode,
            f"{run.rollout_s:,.0f}",
            f"{run.train_s:,.0f}",
            f"{run.step_s:,.0f}",
            f"{run.rate:,.0f}",
            f"{run.wasted:.1%}",
            f"{run.staleness[0]:.1f} / {run.staleness[1]}",
            f"{run.resumed:,.0f}",
            f"{run.seconds_to(target):,.0f}",
        ]
        for mode, run in runs[0].items()
    ]
    return "\n\n".join(
        [
            "## Simulated at the paper's scale",
            f"480 prompts × 8 rollouts, at most {scale.CAP:,} tokens, Ω = {scale.ROLLOUTS:,}, "
            f"{setting.engines} engines of {scale.ROLLOUTS // setting.engines} rollouts, a "
            f"learner of {setting.learner} ranks on processors of its own, σ = "
            f"{setting.retention}. Lengths are lognormal, of log-deviation {setting.spread} and "
            f"cut at the cap; their median ({lengths.median:,.0f} tokens, mean "
            f"{mean:,.0f}) is fitted so that rollouts are "
            f"{scale.SHARE:.1%} of a synchronous step. Siblings are independent, which is the "
            "hardest case for groups that are held until they are complete. Every mode draws the "
            "same lengths, and Φ is what a synchronous step trains. Seconds are those of an engine "
            "on this machine; only their ratios mean anything elsewhere. Seed 0:",
            _table(
                [
                    "mode",
                    "generation, s",
                    "training, s",
                    "step, s",
                    "trained tokens/s",
                    "wasted",
                    "staleness of the oldest token, mean / most",
                    "resumed a step",
                    f"cold start to {target / 1e6:,.0f} M trained tokens, s",
                ],
                lines,
            ),
        ]
    )


def _bounds(cost: CostModel, setting: scale.Setting, runs: list[dict[str, scale.Simulated]]) -> str:
    scaled = setting.cost(cost)
    base, c3po = runs[0][_BASE], runs[0][_C3PO]
    steps = len(c3po.steps) - c3po.warm
    ticks = c3po.tokens / steps / scale.ROLLOUTS
    full = ticks * scaled.tick_s(scale.ROLLOUTS)
    held = fmean(step.end.held for step in c3po.steps[c3po.warm :])
    return "\n".join(
        [
            "### What bounds each",
            "",
            f"- `rollout_sync`: with every slot full a step needs {ticks:,.0f} ticks where the "
            f"synchronous one waits for {scale.CAP:,}. Ticks alone would give "
            f"{base.rollout_s / full:.2f}×; the rest ({c3po.rollout_s - full:,.0f} s a step) is "
            "the prefill of resumed responses under the new weights. A tick of full engines costs "
            f"{scaled.tick_s(scale.ROLLOUTS) / scaled.tick_s(1):.1f} times that of a nearly empty "
            "one: were it as many times dearer as it has rollouts, nothing would be gained.",
            f"- `e2e_sync`: training, {base.train_s / base.step_s:.0%} of the synchronous step, "
            "stays as it was (Amdahl).",
            f"- `e2e_overlap`: training alone; at most {base.step_s / base.train_s:.2f}× here. It "
            "takes a learner on processors of its own, which a synchronous step leaves idle half "
            "of the time; where both share processors overlap gains only what one leaves unused.",
            f"- What it costs: {held:,.0f} finished rollouts wait for a sibling at the end of a "
            "step, tokens are up to σ (+1 with overlap) versions old, and the first step of a cold "
            "start waits for groups to complete.",
        ]
    )


def _varied_table(varied: list[Row]) -> str:
    lines = [
        [
            row["change"],
            f"{row['mean_length']:,.0f}",
            f"{row['rollout']:.2f}×",
            f"{row['e2e']:.2f}×",
            f"{row['overlap']:.2f}×",
            f"{row['wasted']:.1%}",
            f"{row['length_gap']:,.0f}",
            str(row["staleness"]),
        ]
        for row in varied
    ]
    head = ["changed", "mean length", "rollout", "e2e", "overlap", "wasted", "length gap", "oldest"]
    return "\n\n".join(
        [
            "### One thing changed at a time (seed 0)",
            "More learner ranks train the same share of the step in longer responses, so they "
            "lengthen what is fitted. A low σ purges long responses: their tokens are wasted and "
            "what is trained is shorter than what was begun (`length gap`, in tokens, a bound).",
            _table(head, lines),
        ]
    )


def _real_text(done: list[dict[str, real.RealRun]]) -> str:
    if not done:
        return ""
    lines = [
        [
            mode,
            f"{run.mean('generate') * 1e6:.0f}",
            f"{run.mean('train') * 1e6:.0f}",
            f"{run.mean('total') * 1e6:.0f}",
            f"{run.speed:,.0f}",
            f"{fmean(run.trained):,.0f}",
            f"{max(row['length_max'] for row in run.rows)}",
            f"{max(row['staleness_max'] for row in run.rows)}",
            str(sum(row["tokens_wasted"] for row in run.rows)),
        ]
        for mode, run in done[0].items()
    ]
    return "\n\n".join(
        [
            "## Really run",
            "The whole trainer on Ray, engine and learner on one thread each: a policy of two "
            "layers made from nothing, which ends its responses by chance (mean "
            f"{fmean(row['length_mean'] for row in done[0][real.MODES[0]].rows):.0f} tokens, cap "
            "1,024), 8 prompts × 8 rollouts in 64 slots, a learning rate of 1e-9 and a coin for a "
            "verdict, so that lengths stay what they are. The first steps, while the pool fills, "
            "and the last, behind which nothing is generated, are left out. µs are per trained "
            "token; seed 0:",
            _table(
                [
                    "mode",
                    "generation, µs",
                    "training, µs",
                    "step, µs",
                    "trained tokens/s",
                    "tokens a step",
                    "longest",
                    "oldest token",
                    "wasted",
                ],
                lines,
            ),
            _real_bounds(done[0]),
        ]
    )


def _real_bounds(done: dict[str, real.RealRun]) -> str:
    decode, full = (1e6 * done[mode].mean("generate/decode") for mode in real.MODES[:2])
    prefill = 1e6 * done[real.MODES[1]].mean("generate/prefill")
    return (
        f"What bounds it: decoding takes {decode:.0f} µs a token in synchronous steps and "
        f"{full:.0f} µs with full slots. On a CPU a tick costs nearly as much as its rows and "
        "their contexts, so that the tail of a synchronous step, a few long responses, is cheap; "
        "where a tick's time is that of reading the weights, as simulated above, the tail costs "
        f"as much as the rest. Reading resumed responses in again takes {prefill:.0f} µs a token. "
        "Overlap hides training behind generation, which is the longer of the two here, and "
        "engine and learner share one memory bus."
    )


def _cost_text(cost: CostModel) -> str:
    ticks = [[f"{rows:.0f}", f"{1e3 * seconds:.2f}"] for rows, seconds in cost.tick]
    return "\n\n".join(
        [
            "## The measured costs",
            f"One thread, CPU seconds, a mixture of experts of two layers, bfloat16 engine and "
            f"float32 learner: {1e6 * cost.prefill_token:.1f} µs a prefilled token, "
            f"{1e6 * cost.train_token:.1f} µs a trained one, {1e3 * cost.sync:.1f} ms a weight "
            "sync. Left out: how a tick grows with its contexts, uneven engines, and the time of "
            "verdicts.",
            _table(["running rollouts", "ms a tick"], ticks),
        ]
    )


def _machine() -> str:
    return f"{os.cpu_count()} CPU cores, {platform.machine()}, Python {sys.version.split()[0]}"


if __name__ == "__main__":
    main()
