"""What runs inside vLLM's process: our draws in its sampler, our weights in its model.

vLLM loads `Streams` as one of its logits processors, which are told which request sits in which row
of the batch, and mixes `WorkerExtension` into its worker, whose methods the engine calls. The
sampler put in place of vLLM's draws with :func:`assay_trainer.engines.sampling.draw`, as the torch
engine does: log-probs after temperature over the full vocabulary (``processed_logprobs`` in vLLM's
words) and a draw that depends on the rollout's seed and its place in it alone, so that a rollout
which is cut goes on with its own stream. vLLM's own seeds start anew at each request.

Scheduler and model share one process, which ends with its parent. vLLM's CPU build would put the
model into another one, and leave it, its semaphores and its shared memory to whoever survives.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from vllm import envs
from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead
from vllm.platforms import current_platform
from vllm.sampling_params import SamplingParams
from vllm.v1.executor.uniproc_executor import UniProcExecutor
from vllm.v1.outputs import LogprobsTensors, SamplerOutput
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor
from vllm.v1.sample.logits_processor.builtin import process_dict_updates
from vllm.v1.sample.metadata import SamplingMetadata
from vllm.v1.sample.sampler import Sampler

from assay_trainer.engines.remains import end_with_parent
from assay_trainer.engines.sampling import draw, uniforms

_NO_TOKEN = -1
"""Heads the second column; vLLM may key the columns of a row by token."""

_Stream = tuple[int, int, float, Sequence[int]]
"""Of a row: seed, position of its first token, temperature, tokens written so far (live)."""


class Streams(LogitsProcessor):
    """Knows which rollout sits in which row; leaves the logits alone."""

    def __init__(self, *_: Any) -> None:
        self._rows: dict[int, _Stream] = {}

    def is_argmax_invariant(self) -> bool:
        return True

    def apply(self, logits: Tensor) -> Tensor:
        return logits

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        process_dict_updates(self._rows, batch_update, _stream)

    def numbers(self, rows: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The uniform number and the temperature of each row's next draw."""
        streams = [self._rows[row] for row in range(rows)]
        seeds = np.array([seed for seed, *_ in streams], dtype=np.uint64)
        positions = [first + len(written) for _, first, _, written in streams]
        temperatures = np.array([stream[2] for stream in streams], dtype=np.float32)
        return uniforms(seeds, np.array(positions, dtype=np.int64)), temperatures


def _stream(params: SamplingParams, _: list[int] | None, written: list[int]) -> _Stream | None:
    extra = params.extra_args
    if not extra:
        return None
    return extra["seed"], extra["position"], extra["temperature"], written


class StreamSampler(Sampler):
    """vLLM's sampler with our draws. It answers with two log-prob columns a row: that of the token,
    then the entropy of the distribution, which vLLM has no field for."""

    def forward(
        self, logits: Tensor, sampling_metadata: SamplingMetadata, *_: Any, **__: Any
    ) -> SamplerOutput:
        [streams] = [
            processor
            for processor in sampling_metadata.logitsprocs.argmax_invariant
            if isinstance(processor, Streams)
        ]
        numbers, temperatures = (
            torch.from_numpy(column).to(logits.device) for column in streams.numbers(len(logits))
        )
        draws = draw(logits, numbers, temperatures)
        logprobs = torch.where(draws.finite, draws.logprobs, torch.nan)
        tokens = draws.tokens.to(torch.int32)[:, None]
        return SamplerOutput(
            sampled_token_ids=tokens,
            logprobs_tensors=LogprobsTensors(
                torch.cat([tokens, torch.full_like(tokens, _NO_TOKEN)], dim=1),
                torch.stack([logprobs, draws.entropies], dim=1),
                torch.zeros(len(tokens), dtype=torch.int64, device=logits.device),
            ),
        )


class OneProcess(UniProcExecutor):
    """Runs the model in the process that schedules it."""

    def _init_executor(self) -> None:
        end_with_parent()
        multiprocessing.set_start_method("fork", force=True)  # its semaphores then have no names
        super()._init_executor()

    def _distributed_args(self) -> tuple[str, int, int]:
        place, rank, local_rank = super()._distributed_args()
        return place.replace(tempfile.gettempdir(), envs.VLLM_RPC_BASE_PATH), rank, local_rank


class WorkerExtension:
    """Methods that the engine calls in the worker."""

    model_runner: Any

    def assay_prepare(self) -> int:
        """Put our sampler in place; the id of this process."""
        runner = self.model_runner
        runner.sampler = StreamSampler(runner.sampler.logprobs_mode)
        return os.getpid()

    @torch.inference_mode()
    def assay_load(self, path: str, *, repack: bool = True) -> None:
        """Replace the weights, in place, by those in the safetensors file at ``path``.

        The cache is zeroed: weights that were not finite leave entries that are not, and a masked
        entry must be, since 0 x NaN is NaN.
        """
        repacked = list(self.model_runner.get_model().modules()) if repack and _on_cpu() else []
        for module in repacked:
            _forget_experts(module)
        self.model_runner.reload_weights(weights_iterator=iter(load_file(path).items()))
        for module in repacked:
            _repack_head(module)
        for cache in self.model_runner.kv_caches:
            cache.zero_()


def _on_cpu() -> bool:
    return bool(current_platform.is_cpu())


# vLLM's CPU kernels compute from copies of the weights in an order of their own. vLLM 0.32 makes
# them at start and forgets them in a weight update in two places, and computes with the old weights
# or the wrong order without a word.


def _forget_experts(module: torch.nn.Module) -> None:
    """Have the update lay experts out, and pad them, as the start did.

    `UnquantizedFusedMoEMethod._setup_kernel` does so only where there is no kernel yet.
    """
    method: Any = getattr(module, "quant_method", None)
    if getattr(method, "moe_kernel", None) is not None:
        method.moe_kernel = None


def _repack_head(module: torch.nn.Module) -> None:
    """Make an output layer's copy again: one tied to the embedding is named in no file."""
    if isinstance(module, ParallelLMHead):
        module.quant_method.process_weights_after_loading(module)
