"""vLLM's AsyncLLM behind plain calls: its process, its event loop, its weights.

`AsyncLLM` runs the model in a process of its own and answers on an event loop; the loop lives in a
thread here, so that the caller stays a plain one. Tokens arrive whether or not they are read, and
wait in an :class:`~assay_trainer.engines.inbox.Inbox`. A host that is killed takes the process with
it, and its files are removed by the next (:mod:`.remains`).

vLLM is an extra (``pip install assay[train,vllm]`` on a GPU; ``make test-vllm`` makes a CPU
environment). Importing this module imports none of it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from assay_datasets import InputError
from assay_trainer.engines.engine import EngineError, Finish, Request
from assay_trainer.engines.inbox import PATIENCE_S, Arrival, Inbox
from assay_trainer.engines.remains import scratch, sweep
from assay_trainer.host import require_vllm

_T = TypeVar("_T")
_START_S = 3600.0
"""Longest start: a large model is read from disk."""
_BLOCK = 32
"""Tokens of a block of KV cache, the least that a prefix is shared by."""
_WORKER = "assay_trainer.engines.vllm_worker"

_ENVIRONMENT = {
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # threads and Ray are here already
    "VLLM_USE_V2_MODEL_RUNNER": "0",  # its sampler is another one than ours replaces
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # the learner wants those cores too
    "VLLM_CPU_CI_ENV": "1",  # no warm-up: there is no graph to warm
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
}


class VllmCore:
    """One AsyncLLM over the model in a directory, at most ``slots`` sequences at once.

    Args:
        model_dir: a transformers model directory.
        slots: sequences in one batch.
        capacity: longest sequence in tokens.
        dtype: of weights and cache: ``float32`` or ``bfloat16``.
        threads: CPU threads of vLLM's process.
        device: where it computes; the installed build of vLLM must be one for it.
        sleeps: whether :meth:`sleep` will be asked of it; on a GPU its memory is then allocated in
            a way that can be given back.

    Attributes:
        skeleton: the model in transformers' names and shapes, without weights.
        inbox: where the tokens arrive.
        worker: id of vLLM's process, in which the model is.

    Raises:
        InputError: vLLM is not installed, is built for another device or does not take the model.
    """

    def __init__(
        self,
        model_dir: Path,
        *,
        slots: int,
        capacity: int,
        dtype: str,
        threads: int,
        device: torch.device,
        sleeps: bool = False,
    ) -> None:
        require_vllm()
        os.environ.update(_ENVIRONMENT)
        os.environ["OMP_NUM_THREADS"] = str(threads)
        if device.type == "cuda":
            os.environ["CUDA_VISIBLE_DEVICES"] = _visible(device)
        self._device = device
        self.slots, self.capacity = slots, capacity
        self.skeleton = _skeleton(model_dir)
        self._tied = _tied(self.skeleton)
        self.inbox = Inbox()
        self.worker = 0
        self._asleep = False
        self._sleeps = sleeps
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._turn, name="vllm", daemon=True).start()
        sweep()
        try:
            with scratch() as folder:  # of sockets and files whose names only a start needs
                os.environ["VLLM_RPC_BASE_PATH"] = folder
                self._llm: Any = self._call(self._start(str(model_dir), dtype), _START_S)
        except BaseException:
            self._end()
            raise
        atexit.register(self.close)

    def submit(self, requests: Sequence[Request], stop: Sequence[int], version: int) -> None:
        """Start generating; the tokens come to :attr:`inbox`."""
        for request in requests:
            self.inbox.open(request.uid)
        self._call(self._submit(requests, list(stop), version))

    def abort(self, uids: Sequence[str]) -> int:
        """End these rollouts and wait until they are gone; how many tokens nobody had read."""
        unread = self.inbox.close(uids)
        self._call(self._abort(uids))
        return unread

    def load(self, state: Mapping[str, Tensor], version: int, **options: Any) -> None:
        """Replace the weights, in place, and drop every cached key and value."""
        from safetensors.torch import save_file
        from transformers.core_model_loading import revert_weight_conversion

        alone = {name: tensor for name, tensor in state.items() if name not in self._tied}
        named = revert_weight_conversion(self.skeleton, alone)
        named = {name: tensor.contiguous() for name, tensor in named.items()}
        with scratch(2 * sum(tensor.nbytes for tensor in named.values())) as folder:
            path = str(Path(folder, "weights.safetensors"))
            save_file(named, path)
            self._call(self._load(path, version, options))

    def sleep(self) -> None:
        """Free the device's memory until the next :meth:`submit` or :meth:`load`."""
        self._call(self._sleep())

    def close(self) -> None:
        """End vLLM's process and this object's thread."""
        atexit.unregister(self.close)
        try:
            self._call(self._stop())
        finally:
            self._end()

    def _turn(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _end(self) -> None:
        """Let the loop's thread end; whatever vLLM's process does, the kernel ends it then."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _call(self, work: Coroutine[Any, Any, _T], patience: float = PATIENCE_S) -> _T:
        """Run ``work`` on vLLM's loop; what goes wrong there is one kind of error here."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience)
        except (InputError, EngineError):
            raise
        except TimeoutError as error:
            raise EngineError(f"vLLM did not answer for {patience:.0f} seconds") from error
        except Exception as error:
            raise EngineError(f"vLLM failed: {error!r}") from error

    async def _start(self, model_dir: str, dtype: str) -> Any:
        from vllm import AsyncEngineArgs
        from vllm.platforms import current_platform
        from vllm.v1.engine.async_llm import AsyncLLM

        on_cpu = current_platform.is_cpu()
        if on_cpu != (self._device.type == "cpu"):
            raise InputError(
                f"engine.device = {self._device.type!r}, but the vLLM installed here is built for "
                f"{current_platform.device_type!r}; install the other build or change the device"
            )
        arguments = AsyncEngineArgs(
            model=model_dir,
            dtype=dtype,
            skip_tokenizer_init=True,
            generation_config="vllm",  # none of the model's own sampling defaults
            max_model_len=self.capacity,
            max_num_seqs=self.slots,
            block_size=_BLOCK if on_cpu else None,
            kv_cache_memory_bytes=self._cache_bytes(dtype) if on_cpu else None,
            enable_prefix_caching=True,
            enforce_eager=on_cpu,
            enable_sleep_mode=self._sleeps and not on_cpu,
            async_scheduling=False,  # draws count the tokens that are written
            distributed_executor_backend=f"{_WORKER}.OneProcess",
            logprobs_mode="processed_logprobs",
            logits_processors=[f"{_WORKER}:Streams"],
            worker_extension_cls=f"{_WORKER}.WorkerExtension",
            disable_log_stats=True,
        )
        try:
            llm = AsyncLLM.from_engine_args(arguments)
        except ValueError as error:
            raise InputError(f"vLLM does not take the model in {model_dir}: {error}") from error
        [self.worker] = await llm.collective_rpc("assay_prepare")
        return llm

    async def _submit(self, requests: Sequence[Request], stop: list[int], version: int) -> None:
        await self._wake()
        for request in requests:
            task = asyncio.create_task(self._follow(request, stop, version))
            self._tasks[request.uid] = task

    async def _follow(self, request: Request, stop: list[int], version: int) -> None:
        """Carry a rollout's tokens to the inbox until it ends."""
        from vllm import SamplingParams
        from vllm.inputs import TokensPrompt
        from vllm.sampling_params import RequestOutputKind

        params = SamplingParams(
            max_tokens=request.max_tokens,
            stop_token_ids=stop,
            ignore_eos=True,  # the stop tokens are the caller's
            logprobs=1,
            flat_logprobs=True,
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
            extra_args={
                "seed": request.seed,
                "position": request.position,
                "temperature": request.temperature,
            },
        )
        # The salt keeps a prefix from being served by another version's keys and values.
        prompt = TokensPrompt(prompt_token_ids=list(request.tokens), cache_salt=f"v{version}")
        try:
            async for output in self._llm.generate(prompt, params, request.uid):
                _check_version(output.outputs[0], version)
                self.inbox.put(request.uid, _arrivals(output.outputs[0]))
        except Exception as error:
            self.inbox.fail(error)
        finally:
            if self._tasks.get(request.uid) is asyncio.current_task():
                del self._tasks[request.uid]

    async def _abort(self, uids: Sequence[str]) -> None:
        tasks = [self._tasks.pop(uid) for uid in uids if uid in self._tasks]
        await self._llm.abort(list(uids))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, path: str, version: int, options: dict[str, Any]) -> None:
        await self._wake()
        await self._llm.pause_generation(mode="abort", clear_cache=True)
        await self._llm.collective_rpc("assay_load", args=(path,), kwargs=options)
        await self._llm.update_weight_version(str(version))
        await self._llm.resume_generation()

    async def _sleep(self) -> None:
        await self._llm.sleep(level=1)
        self._asleep = True

    async def _wake(self) -> None:
        if self._asleep:
            await self._llm.wake_up()
            self._asleep = False

    async def _stop(self) -> None:
        self._llm.shutdown()

    def _cache_bytes(self, dtype: str) -> int:
        """Room for every slot at full length, as in the torch engine, and a block to spare.

        On a GPU vLLM takes what is free, and puts rollouts off when it is full.
        """
        config = self.skeleton.config
        heads = config.num_attention_heads
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
        kv_heads = getattr(config, "num_key_value_heads", None) or heads
        width = 2 if dtype == "bfloat16" else 4
        entry = 2 * config.num_hidden_layers * kv_heads * head_dim * width
        blocks = (self.slots + 1) * (-(-self.capacity // _BLOCK) + 1)
        return int(blocks * _BLOCK * entry)


def _visible(device: torch.device) -> str:
    """The one GPU that vLLM's process may see, by the name it has outside this process."""
    present = os.environ.get("CUDA_VISIBLE_DEVICES")
    number = device.index or 0
    return present.split(",")[number] if present else str(number)


def _skeleton(model_dir: Path) -> Any:
    """The model's names and shapes, without memory for its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(model_dir, local_files_only=True)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]


def _tied(model: Any) -> set[str]:
    """Names of weights that are another one under a second name; vLLM wants each once."""
    every = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    return every - {name for name, _ in model.named_parameters()}


def _check_version(output: Any, version: int) -> None:
    """Hold vLLM's own stamps, which come with a rollout's end, against ours."""
    stamps = {span.version for span in output.weight_versions or ()}
    if stamps - {str(version)}:
        raise EngineError(f"vLLM drew tokens from weights {sorted(stamps)}, expected {version}")


def _arrivals(output: Any) -> list[Arrival]:
    """The new tokens of a streamed output, each with our two columns of its row."""
    columns = output.logprobs.logprobs if output.token_ids else ()
    tokens = list(output.token_ids)
    reason = output.finish_reason
    finishes: list[Finish | None] = [None] * len(tokens)
    if tokens and reason in ("stop", "length"):
        finishes[-1] = reason
    return [
        Arrival(token, logprob, entropy, finish)
        for token, logprob, entropy, finish in zip(
            tokens, columns[::2], columns[1::2], finishes, strict=True
        )
    ]
