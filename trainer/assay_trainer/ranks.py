"""Ranks: the learner's processes as one, and its parameters as they share them.

One rank alone holds whole parameters and talks to nobody. Several form a process group (gloo on
CPUs, NCCL on GPUs) and shard parameters, gradients and optimiser state with FSDP2. All of them run
the same program over their own share of a batch; whatever is summed over ranks is divided by
counts of the whole batch beforehand, so gradients are added and not averaged.

Every rank makes or loads the whole model before it is sharded. There is no tensor, expert or
pipeline parallelism.
"""

from __future__ import annotations

import datetime
import socket
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.rendezvous import rendezvous
from torch.distributed.tensor import DTensor, distribute_tensor

_START = datetime.timedelta(minutes=10)
"""In which all ranks have to be there."""


@dataclass(frozen=True)
class Ranks:
    """One of ``size`` processes; see :meth:`join`."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def join(
        cls, rank: int, size: int, address: str, device: torch.device, patience_s: float = 600.0
    ) -> Ranks:
        """Meet the others; one rank alone meets nobody.

        Args:
            rank: this one.
            size: how many there are.
            address: ``host:port``, rank 0's.
            device: of this rank.
            patience_s: how long it waits for the others, at any later meeting, before it gives up.
        """
        if size > 1:
            store, _, _ = next(rendezvous(f"tcp://{address}", rank, size, timeout=_START))
            dist.init_process_group(
                "nccl" if device.type == "cuda" else "gloo",
                store=store,
                rank=rank,
                world_size=size,
                timeout=datetime.timedelta(seconds=patience_s),
            )
        return cls(rank, size, device)

    def leave(self) -> None:
        """End the group."""
        if self.size > 1:
            dist.destroy_process_group()

    def gather(self, value: Any) -> list[Any]:
        """Every rank's ``value``, in the order of ranks; all must call."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def shard(self, model: Any) -> Any:
        """``model`` on this rank's device, its parameters shared out over the ranks."""
        model = model.to(self.device)
        if self.size == 1:
            return model
        layers = set(getattr(model, "_no_split_modules", None) or ())
        mesh = init_device_mesh(self.device.type, (self.size,))
        for module in [m for m in model.modules() if type(m).__name__ in layers] + [model]:
            fully_shard(module, mesh=mesh)
        for module in model.modules():
            if isinstance(module, FSDPModule):
                module.set_gradient_divide_factor(1.0)
                module.set_force_sum_reduction_for_comms(True)
        model.set_reduce_scatter_unused_params(True)  # an expert may be idle on one rank only
        return model


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor that the ranks share, without gradient; where it is shared all must call."""
    tensor = tensor.detach()
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part_like(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """This rank's part of ``tensor``, which all ranks hold whole, shared out like ``other``."""
    if not isinstance(other, DTensor) or tensor.shape != other.shape:
        return tensor
    return distribute_tensor(tensor, other.device_mesh, other.placements, src_data_rank=None)


def is_parting(error: BaseException) -> bool:
    """Whether a rank fails only because it met the others no more: one is gone, or hangs.

    NCCL and the store have errors of their own for it; gloo's are plain and name it.
    """
    return isinstance(error, dist.DistError) or "gloo" in str(error)


def free_address(host: str = "127.0.0.1") -> str:
    """``host:port`` at which nobody listens, for :meth:`Ranks.join`; ``host`` is this machine."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return f"{host}:{probe.getsockname()[1]}"
