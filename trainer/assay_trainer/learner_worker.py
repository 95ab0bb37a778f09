"""The learner as Ray actors: one a rank, all running the same program (SPMD).

The controller talks to them as to one worker: `LearnerRanks` sends every call to all of them, and
rank 0's answer counts once all have answered (see `wire`). Bulk data travels as object-store
references. An actor method that returns bulk puts it and returns the reference inside a list, so
that the controller never fetches it by accident.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ray
import torch

from assay_envs.suite import Suite
from assay_trainer.actors import Ref, device_of, settle, suite_of
from assay_trainer.chat import Chat, train_tokenizer
from assay_trainer.checkpoint import PartWriter, Sums, load_optimiser, save_optimiser, saving
from assay_trainer.config import RunConfig
from assay_trainer.learner import Learner, Metrics
from assay_trainer.model import load_model, new_model, torch_dtype
from assay_trainer.ranks import Ranks, free_address
from assay_trainer.room import check_room, passed_over
from assay_trainer.sft import SFTData, tokenizer_texts
from assay_trainer.trajectory import TrajectoryBatch
from assay_trainer.weights import WeightSnapshot
from assay_trainer.wire import Answers

_TOKENIZER_TASKS = 2000


class LearnerRanks:
    """All ranks of the learner behind the face of one actor.

    ``ranks.method.remote(...)`` calls the method on every rank; its answer is rank 0's, once all
    have answered.
    """

    def __init__(self, config: RunConfig) -> None:
        kind: Any = LearnerWorker
        self.workers = [kind.remote(config, rank) for rank in range(config.learner.ranks)]

    @property
    def open(self) -> _Call:
        """Bring the ranks together and let them load or make the policy."""
        address = self.workers[0].address.remote()
        return _Call([partial(worker.open.remote, address=address) for worker in self.workers])

    def __getattr__(self, method: str) -> _Call:
        if method.startswith("_"):
            raise AttributeError(method)
        return _Call([getattr(worker, method).remote for worker in self.workers])


class _Call:
    """One method of all ranks."""

    def __init__(self, calls: Sequence[Callable[..., Ref]]) -> None:
        self._calls = calls

    def remote(self, *args: Any, **kwargs: Any) -> Answers:
        return Answers(call(*args, **kwargs) for call in self._calls)


@ray.remote
class LearnerWorker:
    """One rank: its part of the float32 policy and optimiser; makes supervised batches itself."""

    def __init__(self, config: RunConfig, rank: int = 0) -> None:
        self.config = config
        self.rank = rank
        self.writer = PartWriter()

    def address(self) -> str:
        """Where the ranks may meet: on this one's host."""
        return free_address(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]

    def open(self, model_dir: str | None, address: str = "") -> str:
        """Load or make the policy; a warning if some problems have no room, or nothing.

        What ``__init__`` raised would come out as the actor's death.
        """
        config = self.config
        settle(config.learner.threads)
        device = device_of(config.learner.device, self.rank)
        patience_s = config.recovery.patience_s / 2  # to tell who hangs from who waits for it
        ranks = Ranks.join(self.rank, config.learner.ranks, address, device, patience_s)
        self.suite = suite_of(config)
        self.chat, model = _policy(config, self.suite, model_dir)
        self.learner = Learner(
            model,
            pad_id=self.chat.pad_id,
            row_length=config.learner.row_length,
            micro_rows=config.learner.micro_rows,
            temperature=config.engine.temperature,
            ranks=ranks,
            compute=config.learner.compute,
            recompute=config.learner.recompute,
        )
        self.learner.watch.exact = config.profile
        self.data = SFTData(self.suite, self.chat, config.seed)
        return check_room(self.data, config)

    def parameters(self) -> int:
        """How many parameters the policy has."""
        return sum(parameter.numel() for parameter in self.learner.model.parameters())

    def begin_stage(self, stage: str) -> None:
        sft, rl = self.config.sft, self.config.rl
        if stage == "sft" and sft is not None:
            self.learner.begin_stage(sft.optim, sft.steps)
        elif rl is not None:
            self.learner.begin_stage(rl.optim, rl.steps * rl.updates)

    def sft_step(self, step: int) -> Metrics:
        assert self.config.sft is not None
        size, capacity = self.config.sft.examples_per_step, self.config.engine.capacity
        examples, too_long = self.data.batch(step, size, capacity)
        return self.learner.sft_step(examples) | passed_over(too_long)

    def rl_step(
        self, batch: TrajectoryBatch, advantages: Sequence[float | None], version: int
    ) -> tuple[Metrics, dict[str, float]]:
        """An update from the weights ``version``; its figures and the seconds it took, by part."""
        self.learner.watch.take()
        started = time.perf_counter()
        rl = self.config.rl
        assert rl is not None
        metrics = self.learner.rl_step(batch, advantages, rl.loss, version, updates=rl.updates)
        parts = {f"train/{part}": spent for part, spent in self.learner.watch.take().items()}
        return metrics, {"train": time.perf_counter() - started, **parts}

    def publish(self, version: int) -> list[Ref]:
        """A reference to the weights in the engine's dtype, called ``version``; rank 0's."""
        dtype = torch_dtype(self.config.engine.dtype)
        snapshot = WeightSnapshot.of(self.learner.model, dtype, version)
        return [ray.put(snapshot)] if self.rank == 0 else []

    def save(self, folder: str) -> None:
        """Write the model: transformers layout, with tokenizer."""
        weights = self.learner.state_dict()
        if self.rank == 0:
            self._write(Path(folder), weights, None)

    def save_beside(self, folder: str) -> None:
        """Copy model and optimiser, and write them while the next step is made."""
        path = Path(folder)
        assert self.learner.optimiser is not None  # a checkpoint is made inside a stage
        weights, moments = copied(self.learner.state_dict()), self.learner.optimiser.state()
        if self.rank == 0:
            moments = copied(moments)
            write = partial(self._write, path, weights, moments)
            self.writer.begin(path, write, "model", "optimiser.pt")

    def written(self, *, wait: bool) -> Sums | None:
        """Of the last :meth:`save_beside`; see `PartWriter.written`."""
        return self.writer.written(wait=wait)

    def _write(
        self, path: Path, weights: dict[str, torch.Tensor], moments: dict[str, Any] | None
    ) -> None:
        with saving(path):
            self.learner.model.save_pretrained(path / "model", state_dict=weights)
            self.chat.save(path / "model")
            if moments is not None:
                save_optimiser(path, moments)

    def load_optimiser(self, folder: str) -> None:
        """Go on with the optimiser of a checkpoint; the stage must have begun."""
        assert self.learner.optimiser is not None
        self.learner.optimiser.load_state(load_optimiser(Path(folder)))


def copied(value: Any) -> Any:
    """A state dict with every tensor in it copied to the CPU: training on does not change it."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return value


def _policy(config: RunConfig, suite: Suite, model_dir: str | None) -> tuple[Chat, Any]:
    """The policy and its tokenizer: from ``model_dir``, from the config's path, or made new."""
    source = model_dir or config.model.path
    if source is not None:
        model = load_model(Path(source))
        return Chat.load(Path(source)), model
    texts = tokenizer_texts(suite, config.seed, _TOKENIZER_TASKS)
    chat = train_tokenizer(texts, config.model.vocab_size)
    model = new_model(
        config.model,
        vocab_size=len(chat.tokenizer),
        eos_id=chat.stop_ids[0],
        pad_id=chat.pad_id,
        seed=config.seed,
    )
    return chat, model
