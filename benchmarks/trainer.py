"""How fast, and in how much memory? Trained tokens a second beside TRL's GRPO trainer on this CPU.

    python benchmarks/trainer.py --peer-python PATH            prints the table
    python benchmarks/trainer.py --peer-python PATH --write    also docs/results/trainer.md, .json
    python benchmarks/trainer.py --peer-python PATH --quick    one seed, one short step, printed

``PATH`` is the interpreter of an environment with ``trl`` and the lock file's torch and
transformers; without it, Assay's side alone is timed. Both trainers are given the same model, the
same prompts, groups, longest response and cores, float32 throughout, and a learning rate that
leaves the policy as it is. The policy is made from nothing and ends its responses by chance, so
their lengths have the same distribution on both sides, with a long tail; a coin for a verdict gives
every group something to train on. Synchronous steps use one core at a time and stand beside TRL on
one thread; with overlap engine and learner have one each, beside TRL on two. What is measured is a
step as its user waits for it, once warm, and the peak of memory of each one's processes
(proportional set size, sampled); Assay's are a controller, an engine, a learner, a reward worker
and Ray's own. The spread of a ratio is over seeds.
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
from collections.abc import Mapping, Sequence
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
_WARM, _LAST = 2, 1
"""Steps left out: while the pool fills, and that behind which nothing is generated, which overlap
would have for the price of its training."""
_VOCABULARY = 384  # so a response ends at each token with a chance of about one in so many
_RETENTION = 4
_SAMPLE_S = 0.5
_QUICK = {"seeds": 1, "steps": _WARM + 1 + _LAST, "longest": 32}
_TITLES = {
    "synchronous": "Assay, synchronous steps",
    "trl": "TRL, GRPOTrainer",
    "overlap": "Assay, C3PO++ with overlap",
    "trl_two": "TRL, GRPOTrainer, two threads",
}
_PEERS = {"synchronous": "trl", "overlap": "trl_two"}


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
    timed = [_timed(arguments, seed) for seed in range(arguments.seeds)]
    rows = _rows(timed)
    document = _markdown(timed, rows, arguments)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
    target = arguments.json or (_DOCUMENT.with_suffix(".json") if arguments.write else None)
    if target:
        runs = [{name: asdict(run) for name, run in by_name.items()} for by_name in timed]
        record = {"rows": rows, "runs": runs, "machine": _machine()}
        Path(target).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", metavar="PATH", help="python of an environment with trl")
    parser.add_argument("--steps", type=int, default=10, help="steps of a run (default 10)")
    parser.add_argument("--longest", type=int, default=256, help="longest response (default 256)")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    parser.add_argument("--quick", action="store_true", help="one seed, one short step")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help="write docs/results/trainer.*")
    arguments = parser.parse_args()
    if arguments.quick:
        vars(arguments).update(_QUICK)
    if arguments.steps <= _WARM + _LAST:
        parser.error(f"--steps: {_WARM + _LAST} are left out, so it takes {_WARM + _LAST + 1}")
    return arguments


def _timed(arguments: argparse.Namespace, seed: int) -> dict[str, Timed]:
    """Every run of one seed, one after the other, by name."""
    add_plugin(_HERE / "c3po_env.py")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        settings = _settings(arguments, seed, scratch)
        ours = [sys.executable, str(_HERE / "trainer_ours.py")]
        timed = {"synchronous": _time(ours, settings, scratch / "synchronous")}
        budget = {"budget": round(timed["synchronous"].tokens), "retention": _RETENTION}
        timed["overlap"] = _time(ours, settings | budget, scratch / "overlap")
        if arguments.peer_python:
            peer = [arguments.peer_python, str(_HERE / "trainer_peer.py")]
            timed["trl"] = _time(peer, settings, scratch / "trl")
            timed["trl_two"] = _time(peer, settings | {"threads": 2}, scratch / "trl_two")
    return timed


def _settings(arguments: argparse.Namespace, seed: int, scratch: Path) -> dict[str, Any]:
    """What both trainers are given."""
    suite = Suite.load(_HERE / "c3po_suite.toml")
    chat = train_tokenizer(tokenizer_texts(suite, seed, 400), _VOCABULARY)
    count = _PROMPTS * arguments.steps
    prompts = [suite.task(suite.spec("train", n, seed)).prompt for n in range(count)]
    return {
        "model": str(_saved(chat, arguments.longest, seed, scratch / "model")),
        "texts": [prompt[0]["content"] for prompt in prompts],
        "prompt_tokens": 2 * max(len(chat.prompt_ids(prompt)) for prompt in prompts),
        "prompts": _PROMPTS,
        "group": _GROUP,
        "micro": _MICRO,
        "longest": arguments.longest,
        "steps": arguments.steps,
        "threads": 1,
        "seed": seed,
        "lr": 1e-9,
        "budget": 0,
    }


def _saved(chat: Chat, longest: int, seed: int, folder: Path) -> Path:
    """A policy made from nothing, with its tokenizer."""
    config = ModelConfig(vocab_size=_VOCABULARY, layers=2, context=longest + 256)
    model = new_model(
        config,
        vocab_size=len(chat.tokenizer),
        eos_id=chat.stop_ids[0],
        pad_id=chat.pad_id,
        seed=seed,
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
    seconds, tokens = result["seconds"][_WARM:-_LAST], result["tokens"][_WARM:-_LAST]
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


def _rows(timed: Sequence[Mapping[str, Timed]]) -> list[dict[str, Any]]:
    """Means over the seeds; a ratio above 1 is in Assay's favour."""
    return [
        _row(name, mode, peer, figure, timed)
        for name, figure in (("speed", "tokens_per_s"), ("memory", "peak_mib"))
        for mode, peer in _PEERS.items()
    ]


def _row(
    name: str, mode: str, peer: str, figure: str, timed: Sequence[Mapping[str, Timed]]
) -> dict[str, Any]:
    ours = [getattr(runs[mode], figure) for runs in timed]
    theirs = [getattr(runs[peer], figure) for runs in timed if peer in runs]
    pairs = zip(ours, theirs, strict=False)  # none without a peer
    ratios = [o / t if name == "speed" else t / o for o, t in pairs]
    return {
        "name": f"trainer_{name}_{mode}",
        "unit": "trained tokens/s" if name == "speed" else "MiB at the peak",
        "ours": fmean(ours),
        "peer": fmean(theirs) if theirs else None,
        "peer_name": _TITLES[peer],
        "ratio": fmean(ratios) if ratios else None,
        "n": sum(len(runs[mode].seconds) for runs in timed),
        "spread": [min(ratios), max(ratios)] if ratios else None,
    }


def _markdown(
    timed: Sequence[Mapping[str, Timed]],
    rows: Sequence[Mapping[str, Any]],
    arguments: argparse.Namespace,
) -> str:
    lines = [
        "# The trainer's speed and memory, beside TRL's GRPO trainer on a CPU",
        "",
        "Written by `benchmarks/trainer.py --write`; do not edit. The same model, same prompts,",
        f"groups ({_PROMPTS} × {_GROUP}), longest response ({arguments.longest} tokens), cores and",
        "float32 for both; a step as its user waits for it, once warm; the last one, behind which",
        f"nothing is generated, is left out. Means over {len(timed)} seeds.",
        "",
        "| trainer | trained tokens/s | tokens a step | seconds a step | memory at the peak |",
        "|---|---|---|---|---|",
    ]
    for mode in (mode for mode in _TITLES if mode in timed[0]):
        runs = [by_name[mode] for by_name in timed]
        lines.append(
            f"| {_TITLES[mode]} | {fmean(r.tokens_per_s for r in runs):,.0f} "
            f"| {fmean(r.tokens for r in runs):,.0f} "
            f"| {fmean(fmean(r.seconds) for r in runs):.2f} "
            f"| {fmean(r.peak_mib for r in runs):,.0f} MiB |"
        )
    compared = [row for row in rows if row["ratio"] is not None]
    lines += ["", *(_sentence(row) for row in compared), ""] if compared else [""]
    return "\n".join([*lines, f"Machine: {_machine()}.", ""])


def _sentence(row: Mapping[str, Any]) -> str:
    low, high = row["spread"]
    return (
        f"- `{row['name']}`: **{row['ratio']:.2f}×** ({low:.2f} – {high:.2f}) beside "
        f"{row['peer_name']}; above 1 is in Assay's favour."
    )


def _machine() -> str:
    return f"{os.cpu_count()} CPU cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
