"""One short real run (``finished``, in conftest.py): every joint of it holds.

What it learns is the benchmark's business; that it is the same after kills is test_chaos.py's.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from assay_datasets import InputError
from assay_trainer.api import evaluate, resume, train
from assay_trainer.metrics import describe, read_rows
from assay_trainer.report import build_report
from assay_trainer.rundir import RunDir
from tests.trainer.conftest import RL_STEPS, RUN_SETTINGS

pytestmark = pytest.mark.slow


def rows_of(run: Path, stage: str) -> list[dict[str, object]]:
    return [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == stage]


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


def test_the_policy_is_trained(finished: Path) -> None:
    norms = [row["grad_norm"] for row in rows_of(finished, "rl")]
    assert sum(norm > 0 for norm in norms) > RL_STEPS / 2


def test_every_step_trains_what_one_version_before_it_wrote(finished: Path) -> None:
    rows = rows_of(finished, "rl")
    assert any(row["resumed"] for row in rows)
    staleness = [row["staleness_max"] for row in rows]
    assert staleness[0] == 0, "the first batch is written by the weights that it trains"
    assert all(1 <= oldest <= 3 for oldest in staleness[1:]), "the retention and one step ahead"


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


def test_a_finished_run_can_be_evaluated(finished: Path) -> None:
    result = evaluate(finished, n=3)
    assert set(result) == {"suite", "code/induce", "logic/countdown", "math/linear"}
    assert all(0.0 <= value <= 1.0 for figures in result.values() for value in figures.values())


def test_a_run_that_has_ended_is_left_as_it_is(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finished / "report.html").unlink()
    before = _bytes(finished)
    assert resume(finished) == finished
    assert "the run has ended; to train it further, raise rl.steps" in capsys.readouterr().out
    assert (finished / "report.html").exists()
    (finished / "report.html").unlink()
    assert _bytes(finished) == before
    build_report(RunDir.open(finished))


def _bytes(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_run_whose_steps_are_raised_goes_on_from_its_end(finished: Path, tmp_path: Path) -> None:
    longer = shutil.copytree(finished, tmp_path / "longer")
    config = dict(RunDir.open(longer).read_config())
    config["rl"] = config["rl"] | {"steps": RL_STEPS + 1}
    RunDir.open(longer).write_config(config)
    resume(longer)
    rows = rows_of(longer, "rl")
    assert rows[:-1] == rows_of(finished, "rl")
    assert rows[-1]["step"] == RL_STEPS + 1
    assert rows[-1]["version"] == RL_STEPS
    ends = [row for row in rows_of(longer, "eval") if row["phase"] == "after_rl"]
    assert [row["step"] for row in ends] == [RL_STEPS + 1]
    trained, before = ((run / "model" / "model.safetensors") for run in (longer, finished))
    assert trained.read_bytes() != before.read_bytes()


def test_a_taken_name_is_refused_before_anything_starts(finished: Path) -> None:
    with pytest.raises(InputError, match=r"exists already.*assay resume"):
        train("spark", name="whole", overrides=RUN_SETTINGS, runs_dir=finished.parent)
