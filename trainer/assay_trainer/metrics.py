"""Rows of a run, one JSON object a line: written as they happen, cut back on resume, read again.

`MetricsWriter` appends and flushes row by row, so a killed run keeps all it had measured. Its
``position`` (a byte offset) goes into every checkpoint; on resume ``truncate_to`` drops the rows
after it, so nothing is counted twice. A number that is not finite is written as ``null``: the file
stays JSON that every tool reads. `METRICS` says what each name means and in which unit.

It does not aggregate, plot or send anything anywhere.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assay_datasets import InputError, Json


class MetricsWriter:
    """Appends rows to one JSONL file (``metrics.jsonl`` or ``samples.jsonl``).

    A last line torn by a kill is dropped on opening. A full disk or a directory that cannot be
    written is an :class:`InputError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with writing(path):
            self._file = path.open("ab")
            self._file.truncate(_end_of_whole_lines(path))
            self._file.seek(0, 2)

    @property
    def position(self) -> int:
        """Bytes written so far: what a checkpoint stores."""
        return self._file.tell()

    def write(self, row: Mapping[str, Json]) -> None:
        """Append one row; it is in the operating system's hands when this returns."""
        line = json.dumps(_finite(row), ensure_ascii=False, allow_nan=False)
        with writing(self.path):
            self._file.write(line.encode("utf-8", "backslashreplace") + b"\n")
            self._file.flush()

    def truncate_to(self, position: int) -> None:
        """Drop every row after ``position``; raises InputError if no row ends there."""
        content = self.path.read_bytes()
        if position > len(content) or (position and content[position - 1 : position] != b"\n"):
            raise InputError(
                f"{self.path} does not belong to this checkpoint (no row ends at byte {position} "
                f"of {len(content)}); resume from an older checkpoint of this run"
            )
        with writing(self.path):
            self._file.truncate(position)
            self._file.seek(position)

    def close(self) -> None:
        self._file.close()


def read_rows(path: Path) -> list[dict[str, Json]]:
    """Every whole row of ``path``, oldest first; none if the file does not exist yet.

    A torn last line (the run was killed while writing, or is writing now) is left out; a broken
    line before it is an :class:`InputError` that names it.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [_parse(line, path, number) for number, line in enumerate(lines, 1)]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one :class:`InputError` that names the place and the mend."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write {path}: {reason}; free some space there or choose another place"
        ) from error


def _parse(line: bytes, path: Path, number: int) -> dict[str, Json]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{path}, line {number} is not JSON: {error}; remove that line") from error
    if not isinstance(row, dict):
        raise InputError(f"{path}, line {number} is not a JSON object; remove that line")
    return row


def _end_of_whole_lines(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1


def _finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


@dataclass(frozen=True)
class Metric:
    """What one name in a row means: ``unit`` ('' for a plain ratio) and a one-line definition."""

    unit: str
    meaning: str


def describe(name: str) -> Metric | None:
    """The definition behind ``name``, also for one env (``reward/logic/countdown``) or one lag.

    ``None`` if the name is not in `METRICS`.
    """
    base, _, lag = name.partition("@lag")
    family = re.sub(r"@\d+$", "@k", base.split("/", 1)[0])
    found = METRICS.get(base) or METRICS.get(family + "/*")
    if found is None or not lag:
        return found
    return Metric(found.unit, f"{found.meaning}; only tokens that are {lag} versions old")


METRICS: dict[str, Metric] = {
    "loss": Metric("nats", "the objective that was minimised in this step"),
    "accuracy": Metric("", "share of supervised tokens that are given more than half of the mass"),
    "tokens": Metric("tokens", "tokens in this SFT step, prompts included"),
    "tokens_per_s": Metric("tokens/s", "the same per second of the SFT step"),
    "lr": Metric("", "learning rate of this step"),
    "grad_norm": Metric("", "gradient norm over all parameters, before clipping"),
    "version": Metric("", "version of the policy's weights that the step started from"),
    "reward": Metric("", "mean reward of the rollouts trained in this step"),
    "level/*": Metric("", "mean difficulty level of one environment's problems in this step"),
    "reward/*": Metric("", "mean reward of the trained rollouts of one environment"),
    "length_mean": Metric("tokens", "mean number of policy tokens in a trained rollout"),
    "length_max": Metric("tokens", "most policy tokens in one trained rollout"),
    "length/*": Metric("tokens", "mean policy tokens in a response of one environment"),
    "entropy": Metric("nats", "mean entropy of the policy's next-token distribution"),
    "entropy/*": Metric("nats", "evaluation: the same over the sampled responses"),
    "tokens_trained": Metric("tokens", "policy tokens that entered the loss, masked or not"),
    "tokens_trained_per_s": Metric(
        "tokens/s", "trained policy tokens per second of the whole step"
    ),
    "tokens_generated": Metric("tokens", "policy tokens sampled during this step"),
    "tokens_completed": Metric("tokens", "policy tokens of all rollouts that could be trained"),
    "tokens_wasted": Metric("tokens", "sampled tokens thrown away: purged, requeued or undecided"),
    "wasted_share": Metric("", "tokens_wasted divided by tokens_generated"),
    "sequences": Metric("rollouts", "rollouts trained in this step"),
    "mask/low": Metric("", "share of mismatch/tokens dropped: the ratio was below the band"),
    "mask/high": Metric("", "share of mismatch/tokens dropped: the ratio was above the band"),
    "mask/nonfinite": Metric("", "share of mismatch/tokens dropped: a log-prob was not finite"),
    "mask/stale": Metric("", "share of mismatch/tokens dropped: older than max_token_lag"),
    "clipped": Metric("", "share of mismatch/tokens whose gradient the clip of the ratio stopped"),
    "mismatch/tokens": Metric(
        "tokens", "trained tokens with an advantage other than 0, which mask/ and mismatch/ see"
    ),
    "mismatch/k1": Metric("nats", "mean of -l, l = log p_train - log p_behaviour of the token"),
    "mismatch/k3": Metric("nats", "mean of exp(l) - 1 - l: a KL estimate that is never negative"),
    "mismatch/logp": Metric("nats", "mean log p_train of the trained tokens, before the step"),
    "mismatch/abs_mean": Metric("nats", "mean of |l|"),
    "mismatch/abs_max": Metric("nats", "largest |l| of the step"),
    "mismatch/max_ratio": Metric("", "largest ratio p_train / p_behaviour of the step"),
    "mismatch/ess": Metric("", "effective sample size of the ratios, as a share of the tokens"),
    "mismatch/entropy_masked_over_all": Metric("", "entropy at masked tokens over entropy at all"),
    "log_ratio_histogram": Metric("tokens", "tokens per bin of l"),
    "log_ratio_edges": Metric("nats", "edges of those bins, one more than there are bins"),
    "mask_band": Metric("", "[alpha, beta]: ratios inside are kept (0.5 and 5 where not given)"),
    "staleness_mean": Metric("versions", "mean over trained tokens of current minus own version"),
    "staleness_max": Metric("versions", "largest staleness of a trained token"),
    "retention/*": Metric("rollouts", "released rollouts whose group was carried so many times"),
    "resumed": Metric("rollouts", "unfinished rollouts continued under new weights"),
    "carried": Metric("rollouts", "unfinished rollouts that the next step may resume"),
    "purged": Metric("rollouts", "rollouts dropped because their retention exceeded the limit"),
    "requeued": Metric("groups", "purged groups that start over"),
    "dropped": Metric("groups", "purged groups that were given up"),
    "held": Metric("rollouts", "finished rollouts waiting for the rest of their group"),
    "waiting": Metric("rollouts", "trainable rollouts beyond the training capacity, carried"),
    "ages/*": Metric("rollouts", "kept for the next step, by how often their group was carried"),
    "length_gap": Metric(
        "tokens",
        "mean length of all trained rollouts so far less that of trained and purged ones; "
        "below 0, long responses are trained too rarely",
    ),
    "passed_over/*": Metric("problems", "problems too long for engine.capacity, left out here"),
    "passed_over_tokens/*": Metric("tokens", "tokens that the longest of these problems needs"),
    "overshoot": Metric("tokens", "tokens released beyond the step's budget"),
    "zero_variance_groups": Metric("groups", "groups whose rewards are all equal: no gradient"),
    "alone_groups": Metric("groups", "groups of one decided rollout: no advantage, left out"),
    "undecided/*": Metric(
        "rollouts", "rollouts without a verdict, through no fault of the response"
    ),
    "verdicts/*": Metric("rollouts", "rollouts per reason of their verdict"),
    "sandbox/jobs": Metric("jobs", "sandboxed executions in this step"),
    "sandbox/p50_s": Metric("s", "median time of a sandboxed execution, queueing included"),
    "sandbox/p99_s": Metric("s", "99th percentile of the same"),
    "sandbox/failed": Metric("jobs", "executions in which the sandbox failed, not the program"),
    "seconds": Metric("s", "wall-clock time of the SFT step"),
    "seconds/generate": Metric(
        "s", "time of the iteration's generation; with overlap, the learner works meanwhile"
    ),
    "seconds/generate/prefill": Metric("s", "engine: prompts and resumed responses read in"),
    "seconds/generate/decode": Metric("s", "engine: forward passes for one token a rollout"),
    "seconds/generate/draw": Metric("s", "engine: drawing tokens and keeping the books"),
    "seconds/verify": Metric("s", "time spent waiting for verdicts after generation"),
    "seconds/train": Metric(
        "s", "time in the learner: log-probs, loss, backward, update; also while others generate"
    ),
    "seconds/train/pack": Metric("s", "learner, rank 0: laying sequences into rows"),
    "seconds/train/forward": Metric("s", "learner, rank 0: log-probs and entropies"),
    "seconds/train/backward": Metric("s", "learner, rank 0: gradients"),
    "seconds/train/update": Metric("s", "learner, rank 0: clipping and AdamW"),
    "seconds/sync/collect": Metric("s", "weights gathered from the learner's ranks and cast"),
    "seconds/sync/load": Metric("s", "weights copied into the engine"),
    "seconds/sync": Metric("s", "time to hand the new weights to the engines"),
    "seconds/total": Metric("s", "wall-clock time of the whole RL step"),
    "greedy/*": Metric("", "evaluation: share solved by the most likely response"),
    "sampled/*": Metric("", "evaluation: mean share solved over k sampled responses"),
    "pass@k/*": Metric("", "evaluation: share of problems solved by at least one of k samples"),
    "undecided_answers": Metric("responses", "evaluation: responses that got no verdict"),
    "ci95/*": Metric("", "evaluation: 95 % interval of the suite's figure"),
    "gain_ci95/*": Metric("", "evaluation: 95 % interval of its gain over the phase before"),
}
