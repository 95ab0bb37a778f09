"""The vLLM engine: the seam of :mod:`.engine` over an AsyncLLM.

vLLM generates at its own pace. A tick waits until every running rollout has an unread token and
hands out one of each, so that what a caller sees after n ticks depends on n and not on timing.
What vLLM wrote beyond that when it is cut is dropped (:attr:`VllmEngine.dropped` counts it): the
rollout goes on from the tokens that were handed out, its draws continue at their own place in its
stream, and the version on each token is that of the weights it was drawn from.

Against the torch engine: the same draws, log-probs to rounding, prompts of a version shared through
vLLM's prefix cache. What it does not do: repeat log-probs to the last bit.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from torch import Tensor

from assay_datasets import InputError
from assay_trainer.engines.engine import (
    Emissions,
    EngineError,
    Request,
    check_idle,
    check_requests,
    check_weights,
)
from assay_trainer.engines.inbox import Arrival
from assay_trainer.engines.vllm_core import VllmCore
from assay_trainer.stopwatch import Stopwatch


class VllmEngine:
    """An :class:`~assay_trainer.engines.engine.Engine` over a core that nobody else uses.

    Args:
        core: vLLM with the model.
        slots: how many requests run at once; at most the core's.
        capacity: longest prompt plus response, in tokens; at most the core's.
        stop_token_ids: tokens that end a response; the token itself is emitted.
        version: of the weights the core carries.

    Attributes:
        dropped: tokens that vLLM generated and a cut threw away unread.
    """

    def __init__(
        self,
        core: VllmCore,
        *,
        slots: int,
        capacity: int,
        stop_token_ids: Iterable[int],
        version: int = 0,
    ) -> None:
        if not 1 <= slots <= core.slots:
            raise InputError(
                f"an engine of {slots} slots: give it at least one, and at most its {core.slots}"
            )
        self._core = core
        self._slots = slots
        self._capacity = capacity
        self._stop = sorted(set(stop_token_ids))
        self._queue: deque[Request] = deque()
        self._running: dict[str, None] = {}  # in the order they were admitted
        self._version = version
        self.dropped = 0
        self.watch = Stopwatch()

    @property
    def version(self) -> int:
        return self._version

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def submit(self, requests: Sequence[Request]) -> None:
        held = itertools.chain(self._running, (request.uid for request in self._queue))
        check_requests(requests, set(held), self._capacity)
        self._queue.extend(requests)

    def tick(self) -> Emissions:
        """The next token of every running request, after admitting what fits; empty if idle.

        Raises:
            EngineError: the logits of a row are not finite, or vLLM failed. Everything held is
                dropped.
        """
        with self.watch("decode"):
            arrived = self._arrived()
        arrivals = arrived.values()
        if not all(math.isfinite(arrival.logprob) for arrival in arrivals):
            self.cut()
            raise EngineError(f"the logits are not finite under weights version {self._version}")
        for uid, arrival in arrived.items():
            if arrival.finish is not None:
                del self._running[uid]
        return Emissions(
            version=self._version,
            uids=list(arrived),
            tokens=np.array([a.token for a in arrivals], dtype=np.int64),
            logprobs=np.array([a.logprob for a in arrivals], dtype=np.float32),
            entropies=np.array([a.entropy for a in arrivals], dtype=np.float32),
            finishes=[a.finish for a in arrivals],
        )

    def cut(self) -> list[str]:
        uids = [*self._running, *(request.uid for request in self._queue)]
        self.abort(uids)
        return uids

    def abort(self, uids: Iterable[str]) -> None:
        gone = set(uids)
        running = [uid for uid in self._running if uid in gone]
        self._queue = deque(request for request in self._queue if request.uid not in gone)
        for uid in running:
            del self._running[uid]
        if running:
            self.dropped += self._core.abort(running)

    def seconds(self) -> dict[str, float]:
        return self.watch.take()

    def sleep(self) -> None:
        """Give the GPU's memory back, the weights to the host's; on a CPU vLLM keeps its own."""
        check_idle(self)
        self._core.sleep()

    def load_weights(self, state: Mapping[str, Tensor], version: int) -> None:
        """Replace the weights in place and drop the prefix cache.

        Args:
            state: as the transformers model's ``state_dict()``; a tied weight may be left out.
            version: greater than the present one.

        Raises:
            ValueError: names or shapes differ, requests are running, or the version does not
                increase. Nothing is changed.
        """
        check_weights(self._core.skeleton, state, self, version)
        self._core.load(state, version)
        self._version = version

    def _arrived(self) -> dict[str, Arrival]:
        try:
            self._admit()
            return self._core.inbox.take() if self._running else {}
        except EngineError:
            self._running.clear()
            self._queue.clear()
            raise

    def _admit(self) -> None:
        count = min(self._slots - len(self._running), len(self._queue))
        if not count:
            return
        admitted = [self._queue.popleft() for _ in range(count)]
        self._running.update(dict.fromkeys(request.uid for request in admitted))
        self._core.submit(admitted, self._stop, self._version)
