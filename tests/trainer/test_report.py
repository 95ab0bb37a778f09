"""The report of synthetic runs: whole, partial, hostile; always one file that loads nothing."""

from __future__ import annotations

import html.parser
import itertools
import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assay_datasets import InputError, derive_random
from assay_trainer.metrics import METRICS, MetricsWriter, describe
from assay_trainer.report import build_report
from assay_trainer.report.data import load
from assay_trainer.report.style import smooth
from assay_trainer.report.summary import summarise
from assay_trainer.rundir import RunDir

ENVS = {"code/function": 0.31, "logic/countdown": 0.21, "math/linear": 0.56}
LAGS = ("@lag0", "@lag1", "@lag2+")
Row = dict[str, Any]


def sft_rows(steps: int) -> Iterator[Row]:
    chance = derive_random("sft")
    for step in range(1, steps + 1):
        loss = 0.45 + 2.6 * math.exp(-step / 90) + chance.gauss(0, 0.03)
        yield {
            "stage": "sft",
            "step": step,
            "loss": loss,
            "accuracy": 1 - loss / 3.6,
            "tokens": 2304,
            "tokens_per_s": chance.gauss(26000, 600),
            "lr": 3e-3 * min(1, step / 40) * (1 + math.cos(math.pi * step / steps)) / 2,
            "grad_norm": chance.gauss(0.9, 0.1),
            "seconds": 0.089,
        }


def rl_rows(steps: int) -> Iterator[Row]:
    chance = derive_random("rl")
    edges = [-4 + 0.1 * index for index in range(81)]
    for step in range(1, steps + 1):
        done = step / 600
        rewards = {
            env: min(0.98, base + 0.12 * (1 - math.exp(-3 * done)) + chance.gauss(0, 0.035))
            for env, base in ENVS.items()
        }
        mean = sum(rewards.values()) / len(rewards)
        undecided = {"worker_failed": 1} if step in (41, 130) else {}
        undecided |= {"sandbox_failed": 2} if step == 88 else {}
        yield {
            "stage": "rl",
            "step": step,
            "version": step,
            "reward": mean,
            **{f"reward/{env}": reward for env, reward in rewards.items()},
            "length_mean": chance.gauss(14 + 3 * done, 0.3),
            "length_max": chance.choice([44, 46, 48, 48]),
            "length/code/function": chance.gauss(9, 0.2),
            "length/logic/countdown": chance.gauss(25 + 5 * done, 0.8),
            "length/math/linear": chance.gauss(6, 0.1),
            "entropy": 0.16 + 0.11 * math.exp(-3 * done) + chance.gauss(0, 0.006),
            "loss": chance.gauss(0, 0.02),
            "grad_norm": abs(chance.gauss(1.1 + 0.3 * done, 0.15)),
            "lr": 1e-4 * min(1, step / 10),
            "tokens_trained": chance.randint(4800, 5600),
            "tokens_trained_per_s": chance.gauss(12400, 500),
            "tokens_generated": 5600,
            "tokens_wasted": chance.choice([0, 0, 0, 40, 96]),
            "sequences": 384,
            "mask/low": max(0.0, chance.gauss(0.0018 + 0.001 * done, 0.0006)),
            "mask/high": max(0.0, chance.gauss(0.0003, 0.0002)),
            "mask/nonfinite": 0.0,
            "mismatch/tokens": 5000,
            **{f"mismatch/tokens{lag}": n for lag, n in zip(LAGS, (4000, 800, 200), strict=True)},
            "mismatch/k1": chance.gauss(0.0004, 0.0002),
            "mismatch/k3": 0.0006 * math.exp(chance.gauss(0.4 * done, 0.5)),
            "mismatch/abs_mean": chance.gauss(0.0055, 0.0003),
            "mismatch/abs_max": math.exp(chance.gauss(0, 0.6)),
            "mismatch/max_ratio": 1.2 + math.exp(chance.gauss(0.3, 0.7)),
            "mismatch/ess": min(1.0, chance.gauss(0.985, 0.004)),
            "mismatch/entropy_masked_over_all": chance.gauss(4.2, 0.5),
            **{
                f"mask/low{lag}": max(0.0, chance.gauss(level, level / 4))
                for lag, level in (("@lag0", 0.0001), ("@lag1", 0.004), ("@lag2+", 0.011))
            },
            **{
                f"mismatch/k3{lag}": level * math.exp(chance.gauss(0, 0.4))
                for lag, level in (("@lag0", 0.0001), ("@lag1", 0.0015), ("@lag2+", 0.005))
            },
            "log_ratio_histogram": [
                int(
                    5000 * math.exp(-abs(edge + 0.05) / 0.11)
                    + chance.random() * (4 if edge < 0 else 2) / (1 + edge * edge * edge * edge)
                )
                for edge in edges[:-1]
            ],
            "log_ratio_edges": edges,
            "staleness_mean": abs(chance.gauss(0.3, 0.05)),
            "staleness_max": chance.choice([1, 1, 2, 2, 3]),
            "retention": {"0": chance.randint(40, 48), "1": chance.randint(10, 16), "2": 5},
            "ages": {"0": 12, "1": chance.randint(2, 9), "2": 1},
            "resumed": chance.randint(12, 20),
            "purged": chance.choice([0, 0, 0, 1, 2]),
            "held": chance.randint(4, 12),
            "overshoot": chance.randint(0, 400),
            "zero_variance_groups": chance.randint(9, 16),
            "undecided": undecided,
            "verdicts": {
                "match": int(384 * mean),
                "mismatch": int(200 * (1 - mean)),
                "malformed": int(60 * math.exp(-4 * done)),
                "rule_broken": 30,
                "runtime_error": int(40 - 20 * done),
                "time_limit": chance.randint(0, 4),
            },
            "sandbox": {
                "jobs": 128,
                "p50_s": 0.003 * math.exp(chance.gauss(0, 0.1)),
                "p99_s": 0.021 * math.exp(chance.gauss(0, 0.3)),
                "failed": 0,
            },
            "seconds": {
                "generate": chance.gauss(0.16, 0.01),
                "verify": chance.gauss(0.05, 0.01),
                "train": chance.gauss(0.19, 0.01),
                "sync": chance.gauss(0.02, 0.002),
                "total": 0.42,
            },
        }


def eval_row(phase: str, step: int, gain: float, split: str = "test") -> Row:
    def figures(base: float) -> Row:
        solved = {env: base * level / 0.36 + gain for env, level in ENVS.items()}
        return {"suite": sum(solved.values()) / len(solved), **solved}

    sampled, greedy, best = figures(0.351), figures(0.448), figures(0.702)
    return {
        "stage": "eval",
        "phase": phase,
        "step": step,
        "split": split,
        "n": 576,
        "k": 8,
        "greedy": greedy,
        "sampled": sampled,
        "pass@8": {name: min(0.97, value) for name, value in best.items()},
        "entropy": {"suite": 0.27 - gain, **dict.fromkeys(ENVS, 0.25 - gain)},
        "length": {"suite": 14.1, **dict.fromkeys(ENVS, 12.0)},
        "ci95": {
            "sampled": [sampled["suite"] - 0.026, sampled["suite"] + 0.026],
            "greedy": [greedy["suite"] - 0.041, greedy["suite"] + 0.04],
        },
    }


SAMPLES: list[Row] = [
    {
        "step": 598,
        "env": "logic/countdown",
        "prompt": "C3,5,7=22:",
        "response": "3*5=15 15+7=22 3*5+7",
        "reward": 1.0,
        "verdict": {"outcome": "correct", "reason": "match", "detail": {"value": 22}},
        "versions": [[596, 7], [597, 9], [598, 4]],
        "tokens": 20,
    },
    {
        "step": 598,
        "env": "math/linear",
        "prompt": [{"role": "user", "content": "L9x-17=37:"}],
        "response": "54;7",
        "reward": 0.0,
        "verdict": {
            "outcome": "incorrect",
            "reason": "mismatch",
            "detail": {"expected": 6, "found": 7},
        },
        "versions": [[598, 5]],
        "tokens": 5,
    },
    {
        "step": 599,
        "env": "code/function",
        "prompt": "F3>18,5>34,7>58:",
        "response": "def f(x):\n    return x*x+9\n",
        "reward": 1.0,
        "verdict": {
            "outcome": "correct",
            "reason": "match",
            "detail": {"tests": 10, "passed": 10, "trust": "host", "backend": "namespace"},
        },
        "versions": [[599, 12]],
        "tokens": 12,
    },
    {
        "step": 600,
        "env": "code/function",
        "prompt": "F2>3,4>15,6>35:",
        "response": "def f(x):\n    while x: pass\n",
        "reward": 0.0,
        "verdict": {
            "outcome": "incorrect",
            "reason": "time_limit",
            "detail": {"limit_s": 2.0, "trust": "host"},
        },
        "versions": [[600, 11]],
        "tokens": 11,
    },
]

CONFIG: Row = {
    "recipe": "spark",
    "seed": 0,
    "model": {"architecture": "Qwen3MoeForCausalLM", "hidden_size": 128, "experts": 8},
    "rl": {"steps": 600, "lr": 1e-4, "prompts": 48, "group": 8, "alpha": 0.5, "beta": 5.0},
}


def write_run(root: Path, metrics: list[Row], samples: list[Row], name: str = "run") -> RunDir:
    run = RunDir.create(root, CONFIG, name=name)
    for path, rows in ((run.metrics, metrics), (run.samples, samples)):
        with closing(MetricsWriter(path)) as writer:
            for row in rows:
                writer.write(row)
    return run


def whole_run(root: Path, sft: int = 300, rl: int = 600) -> RunDir:
    final = eval_row("after_rl", rl, 0.106)
    final["gain_ci95"] = {"sampled": [0.081, 0.129]}
    steps = [eval_row("step", at, 0.1 * at / rl, "validation") for at in range(100, rl, 100)]
    metrics = [
        *sft_rows(sft),
        eval_row("after_sft", 0, 0.0),
        eval_row("after_sft", 0, 0.0, "validation"),
        *rl_rows(rl),
        *steps,
        eval_row("after_rl", rl, 0.1, "validation"),
        final,
    ]
    return write_run(root, metrics, SAMPLES, "spark-20261122-1")


class Page(html.parser.HTMLParser):
    """What a browser would see: every tag with its attributes, and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get("id"))]

    def figures(self) -> set[str]:
        return {str(attrs.get("id")) for tag, attrs in self.tags if tag == "figure"}


def page_of(run: RunDir) -> Page:
    return Page(build_report(run).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return whole_run(tmp_path_factory.mktemp("runs"), sft=60, rl=120)


@pytest.fixture(scope="module")
def page(whole: RunDir) -> Page:
    return page_of(whole)


def test_whole_run_shows_every_figure(page: Page) -> None:
    assert page.figures() >= {
        *("reward", "accuracy", "length", "entropy", "sft-loss", "sft-accuracy"),
        *("histogram", "mask", "mask-lag", "k3", "max-ratio", "staleness", "retention"),
        *("throughput", "waste", "seconds", "sandbox", "reasons", "undecided"),
        *("grad-norm", "lr", "lags", "profile", "ages"),
    }


def test_every_mismatch_figure_is_there_by_staleness(tmp_path: Path) -> None:
    steps = [
        {"mismatch/tokens": 30, "mask/low": 0.1, "mismatch/max_ratio": 3.0, "mismatch/k1": -0.5},
        {"mismatch/tokens": 10, "mask/low": 0.5, "mismatch/max_ratio": 9.0},
        {"mismatch/tokens@lag1": 4, "mask/low@lag1": 0.25},
    ]
    rows = [{"stage": "rl", "step": at, **step} for at, step in enumerate(steps, 1)]
    text = build_report(write_run(tmp_path, rows, [])).read_text(encoding="utf-8")
    table = text.partition('<figure id="lags">')[2].partition("</figure>")[0]
    for name, cells in (
        ("tokens", ("40", "4")),
        ("masked low", ("20.0 %", "25.0 %")),
        ("largest ratio", ("9", "–")),
        ("k1", ("-0.5", "–")),
    ):
        found = "".join(f"<td>{cell}</td>" for cell in cells)
        assert f'<th scope="row">{name}</th>{found}' in table


def test_headline_says_what_was_gained_and_on_what(page: Page) -> None:
    assert "RL raised sampled accuracy from 35.1\u00a0% after SFT to 45.7\u00a0%" in page.text
    assert "+10.6 points sampled, 95 % CI +8.1 to +12.9, on 576 test problems" in page.text
    assert "3 rollouts were undecided" in page.text


def test_page_loads_nothing_and_runs_nothing(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "img", "object"}
    links = [str(a.get("href") or a.get("src") or "#") for _, a in page.tags]
    assert all(link.startswith("#") for link in links)
    policies = [a.get("content") for _, a in page.tags if a.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_ids_are_unique_and_every_reference_is_kept(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    references = {str(a["xlink:href"])[1:] for _, a in page.tags if "xlink:href" in a}
    assert references <= set(ids)


@pytest.mark.usefixtures("page")
def test_same_run_gives_same_bytes_and_nothing_is_printed(
    whole: RunDir, capfd: pytest.CaptureFixture[str]
) -> None:
    before = whole.report.read_bytes()
    assert build_report(whole.path).read_bytes() == before
    assert capfd.readouterr() == ("", "")


HOSTILE = (
    "<script>alert(1)</script>",
    "</pre><img src=x onerror=alert(1)>",
    "'\"><svg onload=alert(1)>",
    "]]></style><b>",
    "\u202egnirts\u0000 \ud800 $x_1$ {{ 7 * 7 }} {% raw %}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_model_wrote_stays_text(tmp_path: Path, text: str) -> None:
    verdict = {"outcome": text, "reason": text, "detail": {text: text}}
    sample = {
        "step": 1,
        "env": text,
        "prompt": [{"role": text, "content": text}, {"role": "user", "content": text}],
        "response": text,
        "verdict": verdict,
        "versions": [[0, 3], [1, 4]],
    }
    rl = [{"stage": "rl", "step": step, f"reward/{text}": 0.5} for step in range(3)]
    run = write_run(tmp_path, rl, [sample])
    run.write_config({"suite": text.replace("\ud800", "")})
    page = page_of(run)
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "img", "b"} & set(tags)
    assert tags.count("style") == 1 + tags.count("svg")
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert "49" not in page.text.split("A few rollouts")[1].split("To read on")[0]


PARTIAL = {
    "nothing yet": ([], "Nothing has been measured yet", set()),
    "only SFT so far": (
        list(sft_rows(5)),
        "Supervised fine-tuning has begun",
        {"sft-loss", "sft-accuracy"},
    ),
    "SFT evaluated": (
        [*sft_rows(5), eval_row("after_sft", 0, 0.0)],
        "SFT solves 35.1\u00a0% of held-out problems",
        {"sft-loss", "sft-accuracy"},
    ),
    "killed after the first RL step": (
        [eval_row("after_sft", 0, 0.0), *rl_rows(1)],
        "This run has not finished",
        None,
    ),
    "killed between evaluations": (
        [eval_row("after_sft", 0, 0.0), eval_row("step", 2, -0.05)],
        "RL so far lowered sampled accuracy from 35.1\u00a0% after SFT to 30.1\u00a0%",
        None,
    ),
    "rows of another age": (
        [{"stage": "rl", "step": 1}, {"stage": "later"}, {"stage": "rl", "reward": None}],
        "Reinforcement learning has begun",
        set(),
    ),
}


@pytest.mark.parametrize("case", PARTIAL)
def test_partial_run_shows_what_there_is(tmp_path: Path, case: str) -> None:
    rows, sentence, figures = PARTIAL[case]
    page = page_of(write_run(tmp_path, rows, []))
    assert sentence in page.text
    assert figures is None or page.figures() == figures


@pytest.mark.parametrize("field", sorted(next(rl_rows(1)).keys() - {"stage", "step"}))
def test_every_field_of_an_rl_row_may_be_missing_or_null(tmp_path: Path, field: str) -> None:
    rows = [{**row, field: None} for row in rl_rows(2)]
    rows += [{k: v for k, v in row.items() if k != field} for row in rl_rows(2)]
    data = load(write_run(tmp_path, rows, []))
    assert summarise(data).headline


def test_null_and_nonfinite_values_draw_a_gap(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"stage": "rl", "step": step, "reward": value, "mismatch/k3": value, "lr": 0}
        for step, value in enumerate([0.5, math.nan, None, math.inf, 0.0, 0.25])
    ]
    assert page_of(write_run(tmp_path, rows, [])).figures() == {"reward", "k3", "lr"}


def test_corrupt_metrics_are_refused_with_the_line(tmp_path: Path) -> None:
    run = write_run(tmp_path, list(sft_rows(2)), [])
    run.metrics.write_text('{"stage": "sft"}\n{broken\n{"stage": "sft"}\n')
    with pytest.raises(InputError, match="line 2 is not JSON"):
        build_report(run)


def test_path_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a run"):
        build_report(tmp_path / "nowhere")


def test_tints_follow_the_version_of_each_token(page: Page) -> None:
    titles = [str(a.get("title")) for tag, a in page.tags if "tint" in str(a.get("class"))]
    assert titles[:3] == [f"written by version {n}" for n in (596, 597, 598)]


def test_nothing_undecided_is_said_only_if_it_was_counted(tmp_path: Path) -> None:
    rows: list[Row] = [{"stage": "rl", "step": 1, "verdicts": {"match": 3}, "undecided": {}}]
    uncounted = [{"stage": "rl", "step": 1, "reward": 0.5}]
    said = page_of(write_run(tmp_path, rows, [], "counted")).text
    assert "0 undecided: every rollout got its verdict" in said
    assert "undecided:" not in page_of(write_run(tmp_path, uncounted, [], "not")).text


def test_smoothing_keeps_a_constant_and_does_not_lag() -> None:
    assert smooth([2.0] * 50) == pytest.approx([2.0] * 50)
    ramp = [float(value) for value in range(300)]
    assert smooth(ramp)[100:200] == pytest.approx(ramp[100:200], abs=0.1)


def test_every_metric_of_a_row_is_documented(whole: RunDir) -> None:
    data = load(whole)
    names = {name for row in itertools.chain(data.sft, data.rl) for name in row}
    undocumented = {name for name in names - {"stage", "step"} if describe(name) is None}
    assert not undocumented
    assert all(metric.meaning for metric in METRICS.values())


def test_problems_that_had_no_room_are_told_of(tmp_path: Path) -> None:
    told = {"passed_over": {"logic/zebra": 2}, "passed_over_tokens": {"logic/zebra": 400}}
    rows: list[Row] = [{"stage": stage, "step": 1, **told} for stage in ("sft", "rl")]
    sentence = (
        "Problems passed over in training, too long for the engine's capacity: logic/zebra 4."
    )
    assert sentence in summarise(load(write_run(tmp_path, rows, [], "some"))).sentences
    nothing = summarise(load(write_run(tmp_path, [{"stage": "rl", "step": 1}], [], "none")))
    assert not [text for text in nothing.sentences if "passed over" in text]
