"""Figures of what the policy learned: accuracy, reward, lengths, entropy, SFT, optimiser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay_trainer.report.data import Row, RunData, members, number, phase_label
from assay_trainer.report.panel import Axis, Line, Panel, Text, lines
from assay_trainer.report.style import canvas, colour, series_role, to_svg


def learning(data: RunData) -> Iterator[Panel | None]:
    """Reward, accuracy over the stages, lengths and entropy."""
    yield lines(
        Text(
            "reward",
            "Training reward",
            "Mean reward of the rollouts trained in each step (faint) and its running mean: rising "
            "lines mean that the policy solves more of its training problems.",
            "mean per step",
        ),
        data.rl,
        [Line("reward", "all", "ink"), *_per_env(data, "reward/")],
        Axis(),
    )
    yield _accuracy(data)
    yield lines(
        Text(
            "length",
            "Response length",
            "Policy tokens per rollout: a slow drift is normal, while a jump towards the longest "
            "allowed response is the first sign of a policy that has stopped answering.",
            "tokens",
        ),
        data.rl,
        [
            Line("length_mean", "mean", "ink"),
            Line("length_max", "longest", "muted"),
            *_per_env(data, "length/"),
        ],
        Axis(from_zero=True),
    )
    yield lines(
        Text(
            "entropy",
            "Policy entropy",
            "Uncertainty of the next token: it should fall slowly; at zero the policy no longer "
            "explores and there is nothing left to learn from.",
            "nats per token",
        ),
        data.rl,
        [Line("entropy", "entropy", "s1")],
        Axis(from_zero=True),
    )


def supervised(data: RunData) -> Iterator[Panel | None]:
    """Loss and token accuracy of the SFT stage."""
    axis = Axis(x="SFT step")
    yield lines(
        Text(
            "sft-loss",
            "SFT loss",
            "Cross-entropy on worked solutions: it should fall steeply, then level off.",
            "nats per token",
        ),
        data.sft,
        [Line("loss", "loss", "s1")],
        axis,
    )
    yield lines(
        Text(
            "sft-accuracy",
            "SFT token accuracy",
            "Share of solution tokens that the model would have written itself.",
            "%",
        ),
        data.sft,
        [Line("accuracy", "accuracy", "s3", 100)],
        axis,
    )


def optimiser(data: RunData) -> Iterator[Panel | None]:
    """Loss, gradient norm and learning rate of the RL stage."""
    yield lines(
        Text(
            "rl-loss",
            "RL loss",
            "The policy-gradient objective: it hovers around zero by construction and says little "
            "about progress, but a sudden swing says that something broke.",
        ),
        data.rl,
        [Line("loss", "loss", "s4")],
        Axis(),
    )
    yield lines(
        Text(
            "grad-norm",
            "Gradient norm",
            "Norm before clipping: a steady level is healthy, growth over many steps announces a "
            "collapse.",
        ),
        data.rl,
        [Line("grad_norm", "norm", "s2")],
        Axis(from_zero=True),
    )
    yield lines(
        Text("lr", "Learning rate", "The schedule as it was applied, warm-up included."),
        data.rl,
        [Line("lr", "lr", "muted")],
        Axis(from_zero=True, smoothed=False),
    )


def _per_env(data: RunData, prefix: str) -> list[Line]:
    here = set(members(data.rl, prefix))
    return [
        Line(prefix + env, env, series_role(index))
        for index, env in enumerate(data.envs)
        if env in here
    ]


def _accuracy(data: RunData) -> Panel | None:
    """Sampled (solid) and greedy (dashed) accuracy over the evaluations of one split."""
    split, points = _evaluations(data)
    if len(points) < 2:
        return None
    names = [("suite", "ink"), *((env, series_role(i)) for i, env in enumerate(data.envs))]
    with canvas() as (figure, axes):
        drawn = []
        for name, role in names:
            for metric, dashes in (("sampled", "-"), ("greedy", "--")):
                values = [number(row, f"{metric}/{name}") for _, row in points]
                known = [(i, 100 * v) for i, v in enumerate(values) if v is not None]
                if not known:
                    continue
                width = 2.4 if name == "suite" else 1.4
                xs, ys = zip(*known, strict=True)
                axes.plot(xs, ys, dashes, color=colour(role), linewidth=width, marker="o", ms=3.5)
                drawn.append((name, role))
        shown = range(0, len(points), -(-len(points) // 7))
        axes.set_xticks(shown, [points[index][0] for index in shown])
        axes.margins(x=0.08)
        svg = to_svg(figure, "accuracy")
    text = Text(
        "accuracy",
        "Accuracy by stage",
        "Share of held-out problems solved when sampling (solid) and when decoding greedily "
        "(dashed), none of which the model was trained on.",
        f"% solved, {split}" if split else "% solved",
    )
    return Panel(text, svg, list(dict.fromkeys(drawn)), ["sampled/suite", "greedy/suite"])


def _evaluations(data: RunData) -> tuple[str, list[tuple[str, Row]]]:
    """The split that was evaluated most often, and (label, row) of its evaluations in order."""
    splits = Counter(str(row.get("split", "")) for row in data.evals)
    if not splits:
        return "", []
    split = splits.most_common(1)[0][0]
    rows = [row for row in data.evals if str(row.get("split", "")) == split]
    noise = "step " if len(rows) > 5 else ""
    return split, [(phase_label(row).removeprefix(noise), row) for row in rows]
