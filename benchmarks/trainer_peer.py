"""TRL's side of benchmarks/trainer.py; runs in an environment that has trl and not Assay.

    python trainer_peer.py SETTINGS.json        prints {"seconds": [...], "tokens": [...]}

GRPO as TRL does it on a CPU: ``generate`` of transformers in float32, one update a batch, no KL
term, sampling from the whole vocabulary. Whatever is only bookkeeping is switched off.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    import torch

    torch.set_num_threads(settings["threads"])
    print(json.dumps(_train(settings)))


def _train(settings: dict[str, Any]) -> dict[str, list[float]]:
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    from datasets import Dataset

    ends: list[float] = []
    tokens: list[int] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

    def coin(completions: list[Any], completion_ids: list[list[int]], **_: Any) -> list[float]:
        tokens.append(sum(map(len, completion_ids)))
        return [float(hashlib.sha256(str(text).encode()).digest()[0] % 2) for text in completions]

    rollouts = settings["prompts"] * settings["group"]
    config = GRPOConfig(
        output_dir=settings["folder"],
        use_cpu=True,
        bf16=False,
        learning_rate=settings["lr"],
        lr_scheduler_type="constant",
        per_device_train_batch_size=settings["micro"],
        gradient_accumulation_steps=rollouts // settings["micro"],
        num_generations=settings["group"],
        max_completion_length=settings["longest"],
        max_steps=settings["steps"],
        temperature=1.0,
        top_p=1.0,
        top_k=0,
        beta=0.0,
        loss_type="grpo",
        gradient_checkpointing=False,
        shuffle_dataset=False,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=settings["seed"],
    )
    asked = [[{"role": "user", "content": text}] for text in settings["texts"]]
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(settings["model"], dtype="float32"),
        processing_class=AutoTokenizer.from_pretrained(settings["model"]),
        reward_funcs=coin,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": asked}),
        callbacks=[Clock()],
    )
    trainer.train()
    seconds = [end - start for start, end in pairwise(ends)]
    return {"seconds": seconds, "tokens": [float(count) for count in tokens]}


if __name__ == "__main__":
    main()
