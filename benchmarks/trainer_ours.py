"""Assay's side of benchmarks/trainer.py: a run of the whole trainer on Ray.

    python trainer_ours.py SETTINGS.json        prints {"seconds": [...], "tokens": [...]}

Times are those that a user waits: the whole step, as logged.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from assay_datasets import add_plugin
from assay_trainer.api import train
from assay_trainer.metrics import read_rows

_HERE = Path(__file__).resolve().parent


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.environ["ASSAY_UNAUDITED"] = "1"  # the coin has no wrong answer that an audit could ask for
    add_plugin(_HERE / "c3po_env.py")
    run = train(
        _HERE / "trainer.toml",
        model=settings["model"],
        suite=str(_HERE / "c3po_suite.toml"),
        name="ours",
        seed=settings["seed"],
        overrides=_overrides(settings),
        runs_dir=settings["folder"],
    )
    rows = [row for row in read_rows(run / "metrics.jsonl") if row["stage"] == "rl"]
    seconds = [row["seconds"]["total"] for row in rows]
    print(json.dumps({"seconds": seconds, "tokens": [row["tokens_trained"] for row in rows]}))


def _overrides(settings: dict[str, Any]) -> list[str]:
    rollouts = settings["prompts"] * settings["group"]
    capacity = settings["longest"] + settings["prompt_tokens"]
    chosen = {
        "rl.steps": settings["steps"],
        "rl.optim.lr": settings["lr"],
        "rl.scheduler.group_size": settings["group"],
        "rl.scheduler.infer_capacity": rollouts,
        "engine.slots": rollouts,
        "engine.capacity": capacity,
        "engine.max_response_tokens": settings["longest"],
        "engine.threads": settings["threads"],
        "learner.row_length": capacity,
        "learner.micro_rows": settings["micro"],
        "learner.threads": settings["threads"],
    }
    if settings["budget"]:
        chosen["rl.scheduler.budget_tokens"] = settings["budget"]
        chosen["rl.scheduler.retention"] = settings["retention"]
        overlap = ["rl.scheduler.overlap=true"]
    else:
        chosen["rl.scheduler.train_capacity"] = rollouts
        overlap = []
    return [*(f"{key}={value}" for key, value in chosen.items()), *overlap]


if __name__ == "__main__":
    main()
