"""The run in words: a headline, a few sentences and a row of figures, from what was recorded.

Nothing is claimed that was not measured: a sentence whose data is missing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay_trainer.report.data import Phase, RunData, masked_share, members, number, total
from assay_trainer.report.evaluation import interval, metric_names
from assay_trainer.report.style import percent, short

_STAGES = {"after_sft": "SFT", "after_rl": "RL", "step": "RL so far"}


@dataclass(frozen=True)
class Summary:
    """``tiles`` holds (figure, what it is)."""

    headline: str
    sentences: list[str]
    tiles: list[tuple[str, str]]


def summarise(data: RunData) -> Summary:
    sentences = [text.replace("-", "−") for text in _sentences(data)]
    return Summary(_headline(data), sentences, list(_tiles(data)))


def _headline(data: RunData) -> str:
    phases = data.phases()
    change = _change(phases, "sampled")
    if change is None:
        return _without_comparison(data, phases)
    before, after = change
    stage = _STAGES[phases[-1].key]
    if abs(after - before) < 0.05:
        return f"{stage} left sampled accuracy where it was, at {after:.1f}\u00a0%"
    verb = "raised" if after > before else "lowered"
    start = "" if phases[-2].key == "start" else f" after {phases[-2].label}"
    return f"{stage} {verb} sampled accuracy from {before:.1f}\u00a0%{start} to {after:.1f}\u00a0%"


def _gain(phases: list[Phase]) -> str | None:
    """The headline's difference with its interval, and what it was measured on."""
    change = _change(phases, "sampled")
    if change is None:
        return None
    last = phases[-1].row
    ends, problems = interval(last, "gain_ci95/sampled"), number(last, "n")
    text = f"{phases[-2].label} → {phases[-1].label}: {change[1] - change[0]:+.1f} points sampled"
    text += f", 95 % CI {ends[0]:+.1f} to {ends[1]:+.1f}" if ends else ""
    return text + (f", on {problems:,.0f} {last.get('split', '')} problems" if problems else "")


def _without_comparison(data: RunData, phases: list[Phase]) -> str:
    if phases and (value := number(phases[-1].row, "sampled/suite")) is not None:
        return (
            f"{phases[-1].label} solves {100 * value:.1f}\u00a0% of held-out problems when sampled"
        )
    if data.rl:
        return "Reinforcement learning has begun; no evaluation has been written yet"
    if data.sft:
        return "Supervised fine-tuning has begun; no evaluation has been written yet"
    return "Nothing has been measured yet"


def _sentences(data: RunData) -> Iterator[str]:
    phases = data.phases()
    if gain := _gain(phases):
        yield f"{gain}."
    others = [_in_words(phases, metric) for metric in metric_names(phases) if metric != "sampled"]
    entropy = _entropy(phases)
    if told := [text for text in (*others, entropy) if text]:
        yield f"{'; '.join(told)}.".capitalize()
    yield from _work(data)
    masked = masked_share(data.rl)
    if masked is not None:
        yield f"The mask dropped {percent(masked)} of the trained tokens."
    if (undecided := _undecided(data)) is not None:
        some = f"{undecided:,.0f} {'rollout was' if undecided == 1 else 'rollouts were'} undecided."
        yield some if undecided else "0 undecided: every rollout got its verdict."
    if passed_over := _passed_over(data):
        named = ", ".join(f"{env} {count:,.0f}" for env, count in passed_over.items())
        yield f"Problems passed over in training, too long for the engine's capacity: {named}."
    if not data.finished and (data.sft or data.rl):
        yield "This run has not finished: the figures show how far it came."


def _work(data: RunData) -> Iterator[str]:
    steps = [
        f"{len(rows):,} {stage} steps"
        for stage, rows in (("SFT", data.sft), ("RL", data.rl))
        if rows
    ]
    if not steps:
        return
    tokens = total(data.rl, "tokens_trained")
    seconds = (total(data.sft, "seconds") or 0.0) + (total(data.rl, "seconds/total") or 0.0)
    text = " and ".join(steps)
    text += f", {short(tokens)} RL tokens trained" if tokens else ""
    text += f", in {seconds / 60:.1f} minutes of training" if seconds else ""
    yield text + "."


def _tiles(data: RunData) -> Iterator[tuple[str, str]]:
    phases = data.phases()
    for metric in metric_names(phases):
        value = number(phases[-1].row, f"{metric}/suite")
        if value is not None:
            yield f"{100 * value:.1f} %", f"{metric}, {phases[-1].label}"
    rates = [rate for row in data.rl if (rate := number(row, "tokens_trained_per_s"))]
    if rates:
        yield short(sorted(rates)[len(rates) // 2]), "tokens trained per second (median)"
    if (masked := masked_share(data.rl)) is not None:
        yield percent(masked), "of tokens masked"
    wasted, generated = total(data.rl, "tokens_wasted"), total(data.rl, "tokens_generated")
    if wasted is not None and generated:
        yield percent(wasted / generated), "of generated tokens wasted"
    if (undecided := _undecided(data)) is not None:
        yield f"{undecided:,.0f}", "rollouts undecided"


def _change(phases: list[Phase], metric: str) -> tuple[float, float] | None:
    """The suite's figure before and after, in percent."""
    values = [number(phase.row, f"{metric}/suite") for phase in phases[-2:]]
    if len(values) < 2 or values[0] is None or values[1] is None:
        return None
    return 100 * values[0], 100 * values[1]


def _in_words(phases: list[Phase], metric: str) -> str | None:
    change = _change(phases, metric)
    if change is None:
        return None
    before, after = change
    return f"{metric} {before:.1f} % → {after:.1f} % ({after - before:+.1f})"


def _entropy(phases: list[Phase]) -> str | None:
    values = [number(phase.row, "entropy/suite") for phase in phases[-2:]]
    if len(values) < 2 or values[0] is None or values[1] is None:
        return None
    return f"response entropy {values[0]:.2f} → {values[1]:.2f} nats"


def _passed_over(data: RunData) -> dict[str, float]:
    """Problems that training had no room for, by environment."""
    rows = [*data.sft, *data.rl]
    counts = {env: total(rows, f"passed_over/{env}") for env in members(rows, "passed_over/")}
    return {env: count for env, count in counts.items() if count}


def _undecided(data: RunData) -> float | None:
    """Undecided rollouts of the whole run; None if the run did not count them."""
    sums = [total(data.rl, f"undecided/{name}") or 0 for name in members(data.rl, "undecided/")]
    return sum(sums) if sums or any("verdicts/match" in row for row in data.rl) else None
