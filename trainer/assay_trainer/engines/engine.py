"""The engine seam: what the rollout scheduler asks of anything that samples tokens.

An engine holds the policy's weights at one version, keeps a fixed number of slots busy and emits
one token per running slot per tick. A request carries everything that fixes its draws, so an
unfinished one can be cut, resubmitted with what it has generated so far, and go on with the same
random stream, here or in another engine.

Sampling is always from the full vocabulary: top-p, top-k and min-p do not exist here, because they
would make the reported log-prob something other than the probability of the sampled token.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from assay_datasets import InputError

Finish = Literal["stop", "length"]


class EngineError(RuntimeError):
    """The engine cannot go on (logits that are not finite); no user's input caused it."""


@dataclass(frozen=True)
class Request:
    """One rollout to be continued until it stops.

    Attributes:
        uid: name of the rollout; unique among those the engine holds.
        tokens: prompt and everything generated so far; at least one.
        seed: key of the rollout's random stream, 0 <= seed < 2**64.
        position: index in that stream of the next policy token; 0 for a fresh rollout.
        max_tokens: how many tokens may still be emitted; at least one.
        temperature: sampling temperature; 0 takes the likeliest token.
    """

    uid: str
    tokens: tuple[int, ...]
    seed: int
    position: int
    max_tokens: int
    temperature: float = 1.0


@dataclass(frozen=True)
class Emission:
    """One sampled token.

    Attributes:
        uid: the rollout it belongs to.
        token: its id.
        logprob: natural log-probability under this engine at the sampling temperature, over the
            full vocabulary; at temperature 1 where the request was greedy.
        entropy: of that same distribution, in nats.
        version: of the weights that emitted it.
        finish: why the rollout ended with this token, or None.
    """

    uid: str
    token: int
    logprob: float
    entropy: float
    version: int
    finish: Finish | None


@dataclass(frozen=True)
class Emissions:
    """The tokens of one tick as columns of equal length; iterating gives :class:`Emission`.

    Attributes:
        version: of the weights, the same for the whole tick.
        uids: rollouts, each at most once.
        tokens: int64.
        logprobs: float32, see :attr:`Emission.logprob`.
        entropies: float32.
        finishes: reason or None per token.
    """

    version: int
    uids: list[str]
    tokens: NDArray[np.int64]
    logprobs: NDArray[np.float32]
    entropies: NDArray[np.float32]
    finishes: list[Finish | None]

    def __len__(self) -> int:
        return len(self.uids)

    def __iter__(self) -> Iterator[Emission]:
        columns = (self.tokens.tolist(), self.logprobs.tolist(), self.entropies.tolist())
        for uid, token, logprob, entropy, finish in zip(
            self.uids, *columns, self.finishes, strict=True
        ):
            yield Emission(uid, token, logprob, entropy, self.version, finish)


class Engine(Protocol):
    """A sampler with slots. Not thread-safe: one caller drives it tick by tick."""

    @property
    def version(self) -> int:
        """Version of the weights it samples with."""

    @property
    def running(self) -> int:
        """Requests that hold a slot."""

    @property
    def waiting(self) -> int:
        """Requests queued for a slot."""

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue requests; they get free slots in this order. All are refused if one is bad."""

    def tick(self) -> Emissions:
        """Admit what fits, then emit one token for every running request."""

    def cut(self) -> list[str]:
        """Drop every request and its KV; the uids that were unfinished, in submission order."""

    def abort(self, uids: Iterable[str]) -> None:
        """Drop these requests, running or waiting; unknown uids are ignored."""

    def seconds(self) -> dict[str, float]:
        """Time spent since last asked, by part of the work (prefill, decode, ...)."""

    def sleep(self) -> None:
        """Give back the device memory of weights and cache; whatever is asked next wakes it.

        Raises:
            ValueError: requests are running; cut them first.
        """

    def load_weights(self, state: Mapping[str, Tensor], version: int) -> None:
        """Replace the weights in place; nothing may be running and the version must increase.

        Args:
            state: as the transformers model's ``state_dict()``; a tied weight may be left out.
            version: greater than the present one.

        Raises:
            ValueError: see :func:`check_weights`. Nothing is changed.
        """


def check_requests(requests: Sequence[Request], held: Set[str], capacity: int) -> None:
    """Raise :class:`InputError` if a request is wrong, too long, or has a uid that is taken."""
    uids = {request.uid for request in requests}
    if len(uids) < len(requests) or uids & held:
        raise InputError("two requests share a uid; give every rollout its own")
    for request in requests:
        _check(request, capacity)


def _check(request: Request, capacity: int) -> None:
    sound = request.tokens and request.max_tokens >= 1 and 0 <= request.seed < 2**64
    if not (sound and 0 <= request.temperature < math.inf and request.position >= 0):
        raise InputError(
            f"request {request.uid!r} needs a token, max_tokens >= 1, 0 <= seed < 2**64, "
            "position >= 0 and a finite temperature >= 0"
        )
    wanted = len(request.tokens) + request.max_tokens
    if wanted > capacity:
        raise InputError(
            f"request {request.uid!r} may grow to {wanted} tokens but a slot holds "
            f"{capacity}; raise the engine's capacity or lower max_tokens"
        )


def check_idle(engine: Engine) -> None:
    """Raise ``ValueError`` if requests are running: their cache is about to go."""
    if engine.running:
        raise ValueError(f"{engine.running} requests are running; cut them first")


def check_weights(
    model: nn.Module, state: Mapping[str, Tensor], engine: Engine, version: int
) -> None:
    """Raise ``ValueError`` if ``engine`` may not take ``state`` as ``version``.

    Names or shapes are not those of ``model``, requests are running, or the version does not
    increase.
    """
    check_idle(engine)
    if version <= engine.version:
        raise ValueError(f"version {version} does not follow {engine.version}")
    known = model.state_dict()
    missing = dict(model.named_parameters()).keys() - state.keys()
    unknown = state.keys() - known.keys()
    if missing or unknown:
        raise ValueError(
            f"weights of another model: missing {sorted(missing)[:3]}, "
            f"unknown {sorted(unknown)[:3]}"
        )
    for name, tensor in state.items():
        if tensor.shape != known[name].shape:
            raise ValueError(
                f"weight {name} is {tuple(tensor.shape)}, expected {tuple(known[name].shape)}"
            )
