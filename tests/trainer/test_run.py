"""One short real run, end to end on Ray, with code judged in a sandbox; then killed and resumed.

The run is a module fixture: SFT from nothing, a few IcePop + C3PO++ steps, evaluation, report. What
it learns is the benchmark's business; here every joint must hold.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay_datasets import InputError
from assay_trainer.api import evaluate, resume, train
from assay_trainer.checkpoint import checkpoints
from assay_trainer.metrics import describe, read_rows

pytestmark = pytest.mark.slow

RL_STEPS = 6
SETTINGS = (
    "sft.steps=120",
    "sft.examples_per_step=48",
    f"rl.steps={RL_STEPS}",
    "rl.optim.warmup_steps=1",
    "rl.scheduler.infer_capacity=96",
    "rl.scheduler.budget_tokens=1500",
    "rl.scheduler.retention=2",
    "engine.slots=64",
    "engine.ticks_per_call=4",
    "evaluation.tasks=6",
    "evaluation.samples=2",
    "checkpoint_every=2",
    "keep_checkpoints=9",
)
TIMES = ("seconds", "tokens_per_s", "tokens_trained_per_s", "train_seconds", "sandbox")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never stopped."""
    runs = tmp_path_factory.mktemp("runs")
    return train("spark", name="whole", overrides=SETTINGS, runs_dir=runs)


def rows_of(run: Path, stage: str) -> list[dict[str, object]]:
    return [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == stage]


def timeless(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def test_a_run_leaves_what_the_readme_promises(finished: Path) -> None:
    for name in ("config.toml", "metrics.jsonl", "samples.jsonl", "checkpoints", "report.html"):
        assert (finished / name).exists(), name
    model = finished / "model"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(os.listdir(model))
    assert json.loads((model / "config.json").read_text())["model_type"] == "qwen3_moe"


def test_supervision_lowers_the_loss(finished: Path) -> None:
    losses = [row["loss"] for row in rows_of(finished, "sft")]
    assert len(losses) == 120
    assert losses[-1] < losses[0] / 3


def test_every_step_has_verdicts_from_every_environment(finished: Path) -> None:
    rows = rows_of(finished, "rl")
    assert [row["step"] for row in rows] == list(range(1, RL_STEPS + 1))
    assert [row["version"] for row in rows] == list(range(RL_STEPS))
    envs = {key for row in rows for key in row if key.startswith("reward/")}
    assert envs == {"reward/code/induce", "reward/logic/countdown", "reward/math/linear"}
    assert all(row["undecided"] == {} for row in rows)
    assert sum(row["sandbox"]["jobs"] for row in rows if "sandbox" in row) > 0


def test_rollouts_cross_policy_versions(finished: Path) -> None:
    rows = rows_of(finished, "rl")
    assert any(row["resumed"] for row in rows)
    assert max(row["staleness_max"] for row in rows) >= 1
    assert max(row["staleness_max"] for row in rows) <= 2  # the retention


def test_the_mismatch_of_engine_and_learner_is_real_and_reported(finished: Path) -> None:
    trained = [row for row in rows_of(finished, "rl") if row.get("mismatch/tokens")]
    assert trained
    for row in trained:
        assert row["mismatch/abs_mean"] > 0  # bfloat16 against float32
        assert {"mask/low", "mask/high", "mask/nonfinite"} <= set(row)


def test_every_metric_is_defined(finished: Path) -> None:
    structure = {"stage", "step", "phase", "split", "n", "k", "problems", "log_ratio_histogram"}
    for row in read_rows(finished / "metrics.jsonl"):
        for key, value in row.items():
            if key in structure or "histogram" in key:
                continue
            names = [f"{key}/{part}" for part in value] if isinstance(value, dict) else [key]
            assert any(describe(name) for name in [key, *names]), key


def test_samples_show_prompt_response_and_verdict(finished: Path) -> None:
    samples = read_rows(finished / "samples.jsonl")
    assert len(samples) >= RL_STEPS
    for sample in samples:
        assert sample["prompt"]
        assert sample["verdict"]["outcome"] in ("correct", "incorrect")
        assert sum(count for _, count in sample["versions"]) == sample["tokens"]


def test_the_report_is_whole_and_offline(finished: Path) -> None:
    report = (finished / "report.html").read_text()
    assert "math/linear" in report
    assert "Log-ratio histogram and the mask band" in report
    assert "<script" not in report
    assert "://" not in report.replace("http://www.w3.org", "")


def samples_of(run: Path) -> list[dict[str, object]]:
    """The samples, without the seconds that judging took."""
    rows = read_rows(run / "samples.jsonl")
    return [{**row, "verdict": row["verdict"]["reason"]} for row in rows]


def weights(run: Path) -> bytes:
    return (run / "model" / "model.safetensors").read_bytes()


def rewound(finished: Path, target: Path, step: int) -> Path:
    """A copy of the run as it stood on disk at a checkpoint, later rows still in its logs."""
    shutil.copytree(finished, target)
    shutil.rmtree(target / "model")
    for checkpoint in checkpoints(target / "checkpoints"):
        if checkpoint.name > f"rl-{step:06d}":
            shutil.rmtree(checkpoint)
    return target


def test_a_run_killed_and_resumed_past_a_torn_checkpoint_ends_in_the_same_bytes(
    finished: Path, tmp_path: Path
) -> None:
    run = rewound(finished, tmp_path / "killed", step=2)
    program = f"from assay_trainer.api import resume; resume({str(run)!r})"
    victim = subprocess.Popen(
        [sys.executable, "-c", program], start_new_session=True, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300
    while not (run / "checkpoints" / "rl-000004").exists():
        assert victim.poll() is None, "the resumed run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    torn = checkpoints(run / "checkpoints")[-1]
    (torn / "optimiser.pt").write_bytes(b"")
    resume(run)
    [event] = read_rows(run / "events.jsonl")
    assert f"{torn.name} is corrupt (optimiser.pt does not match" in str(event["event"])
    assert weights(run) == weights(finished)
    assert timeless(rows_of(run, "rl")) == timeless(rows_of(finished, "rl"))
    assert timeless(rows_of(run, "eval")) == timeless(rows_of(finished, "eval"))
    assert samples_of(run) == samples_of(finished)


def test_a_finished_run_can_be_evaluated(finished: Path) -> None:
    result = evaluate(finished, n=3)
    assert set(result) == {"suite", "code/induce", "logic/countdown", "math/linear"}
    assert all(0.0 <= value <= 1.0 for figures in result.values() for value in figures.values())


def test_a_taken_name_is_refused_before_anything_starts(finished: Path) -> None:
    with pytest.raises(InputError, match=r"exists already.*assay resume"):
        train("spark", name="whole", overrides=SETTINGS, runs_dir=finished.parent)
