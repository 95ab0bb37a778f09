"""How fast, and in how much memory? Trained tokens a second beside TRL's GRPO trainer on this CPU.

    python benchmarks/trainer.py --peer-python PATH            prints the table
    python benchmarks/trainer.py --peer-python PATH --write    also docs/results/trainer.md, .json

``PATH`` is the interpreter of an environment with ``trl`` and the lock file's torch and
transformers; without it, Assay's side alone is timed. Both trainers are given the same model, the
same prompts, groups, longest response and threads, float32 throughout, and a learning rate that
leaves the policy as it is. The policy is made from nothing and ends its responses by chance, so
their lengths have the same distribution on both sides, with a long tail; a coin for a verdict gives
every group something to train on. What is measured is a step as its user waits for it, once warm,
and the peak of memory of each one's processes (proportional set size, sampled); Assay's are a
controller, an engine, a learner, a reward worker and Ray's own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil

from assay_datasets import add_plugin
from assay_envs.suite import Suite
from assay_trainer.chat import Chat, train_tokenizer
from assay_trainer.model import ModelConfig, new_model
from assay_trainer.sft import tokenizer_texts

_HERE = Path(__file__).resolve().parent
_DOCUMENT = _HERE.parent / "docs" / "results" / "trainer.md"
_PROMPTS, _GROUP, _MICRO = 8, 8, 16
_WARM = 2  # steps left out
_VOCABULARY = 384  # so a response ends at each token with a chance of about one in so many
_RETENTION = 4
_SAMPLE_S = 0.5
_OURS = {
    "synchronous": "synchronous steps",
    "overlap": "C3PO++ with overlap",
}


@dataclass(frozen=True)
class Timed:
    """One run.

    Attributes:
        tokens_per_s: trained tokens a second, once warm.
        tokens: trained tokens of a step.
        seconds: of each step that counts.
        peak_mib: memory of all its processes.
    """

    tokens_per_s: float
    tokens: float
    seconds: list[float]
    peak_mib: float


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        timed = _all(arguments, Path(scratch))
    document = _markdown(timed, arguments)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        record = {"rows": _rows(timed), "runs": {name: asdict(run) for name, run in timed.items()}}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", metavar="PATH", help="python of an environment with trl")
    parser.add_argument("--steps", type=int, default=8, help="steps of a run (default 8)")
    parser.add_argument("--longest", type=int, default=256, help="longest response (default 256)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help="write docs/results/trainer.*")
    return parser.parse_args()


def _all(arguments: argparse.Namespace, scratch: Path) -> dict[str, Timed]:
    """Every run, one after the other, by name."""
    add_plugin(_HERE / "c3po_env.py")
    settings = _settings(arguments, scratch)
    ours = [sys.executable, str(_HERE / "trainer_ours.py")]
    timed = {"synchronous": _time(ours, settings, scratch / "synchronous")}
    budget = {"budget": round(timed["synchronous"].tokens), "retention": _RETENTION}
    timed["overlap"] = _time(ours, settings | budget, scratch / "overlap")
    if arguments.peer_python:
        peer = [arguments.peer_python, str(_HERE / "trainer_peer.py")]
        timed["trl"] = _time(peer, settings, scratch / "trl")
    return timed


def _settings(arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """What both trainers are given."""
    suite = Suite.load(_HERE / "c3po_suite.toml")
    chat = train_tokenizer(tokenizer_texts(suite, arguments.seed, 400), _VOCABULARY)
    count = _PROMPTS * arguments.steps
    prompts = [suite.task(suite.spec("train", n, arguments.seed)).prompt for n in range(count)]
    return {
        "model": str(_saved(chat, arguments, scratch / "model")),
        "texts": [prompt[0]["content"] for prompt in prompts],
        "prompt_tokens": 2 * max(len(chat.prompt_ids(prompt)) for prompt in prompts),
        "prompts": _PROMPTS,
        "group": _GROUP,
        "micro": _MICRO,
        "longest": arguments.longest,
        "steps": arguments.steps,
        "threads": arguments.threads,
        "seed": arguments.seed,
        "lr": 1e-9,
        "budget": 0,
    }


def _saved(chat: Chat, arguments: argparse.Namespace, folder: Path) -> Path:
    """A policy made from nothing, with its tokenizer."""
    config = ModelConfig(vocab_size=_VOCABULARY, layers=2, context=arguments.longest + 256)
    model = new_model(
        config,
        vocab_size=len(chat.tokenizer),
        eos_id=chat.stop_ids[0],
        pad_id=chat.pad_id,
        seed=arguments.seed,
    )
    model.save_pretrained(folder)
    chat.save(folder)
    return folder


def _time(command: list[str], settings: Mapping[str, Any], folder: Path) -> Timed:
    """Run one trainer in a process of its own and watch its memory."""
    folder.mkdir()
    file = folder / "settings.json"
    file.write_text(json.dumps({**settings, "folder": str(folder)}), encoding="utf-8")
    threads = str(settings["threads"])
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "false"}
    with subprocess.Popen(
        [*command, str(file)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        watch = _Watch(process.pid)
        watch.start()
        said, _ = process.communicate()
        watch.stop()
    if process.returncode:
        raise SystemExit(f"{command[-1]} failed with exit status {process.returncode}")
    result = json.loads(said.strip().splitlines()[-1])
    seconds, tokens = result["seconds"][_WARM:], result["tokens"][_WARM:]
    speed = sum(tokens) / sum(seconds)
    return Timed(speed, fmean(tokens), [round(s, 3) for s in seconds], watch.peak / 2**20)


class _Watch(threading.Thread):
    """The peak of memory of a process and all its descendants, in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self.peak = max(self.peak, _memory(self.pid))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _memory(pid: int) -> int:
    try:
        top = psutil.Process(pid)
        processes = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def _rows(timed: Mapping[str, Timed]) -> list[dict[str, Any]]:
    peer = timed.get("trl")
    rows = []
    for mode in _OURS:
        run = timed[mode]
        for what, unit, ours, theirs in (
            ("speed", "trained tokens/s", run.tokens_per_s, peer and peer.tokens_per_s),
            ("memory", "MiB at the peak", run.peak_mib, peer and peer.peak_mib),
        ):
            rows.append(
                {
                    "name": f"trainer_{what}_{mode}",
                    "unit": unit,
                    "ours": ours,
                    "peer": theirs,
                    "peer_name": "TRL GRPOTrainer",
                    "ratio": ours / theirs if theirs else None,
                    "n": len(run.seconds),
                }
            )
    return rows


def _markdown(timed: Mapping[str, Timed], arguments: argparse.Namespace) -> str:
    lines = [
        "# The trainer's speed and memory, beside TRL's GRPO trainer on a CPU",
        "",
        "Written by `benchmarks/trainer.py --write`; do not edit. The same model, same prompts,",
        f"groups ({_PROMPTS} × {_GROUP}), longest response ({arguments.longest} tokens), threads",
        f"({arguments.threads}) and float32 for both; a step as its user waits for it, once warm.",
        "",
        "| trainer | trained tokens/s | tokens a step | seconds a step | memory at the peak |",
        "|---|---|---|---|---|",
    ]
    names = {mode: f"Assay, {title}" for mode, title in _OURS.items()} | {"trl": "TRL, GRPOTrainer"}
    for mode, run in timed.items():
        lines.append(
            f"| {names[mode]} | {run.tokens_per_s:,.0f} | {run.tokens:,.0f} "
            f"| {fmean(run.seconds):.2f} | {run.peak_mib:,.0f} MiB |"
        )
    if peer := timed.get("trl"):
        ratios = (f"{timed[m].tokens_per_s / peer.tokens_per_s:.2f}× {t}" for m, t in _OURS.items())
        lines += ["", f"Assay to TRL, trained tokens a second: {', '.join(ratios)}."]
    machine = f"{os.cpu_count()} CPU cores, {platform.system()}, Python {platform.python_version()}"
    return "\n".join([*lines, "", f"Machine: {machine}.", ""])


if __name__ == "__main__":
    main()
