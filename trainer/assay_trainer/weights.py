"""Weight publishing: the learner's parameters as arrays that the object store shares without copy.

This is the first form of weight sync: one snapshot in the engine's dtype, put once, fetched by
every engine worker. bfloat16 travels as its bits, because numpy has no such type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from assay_trainer.ranks import whole


@dataclass(frozen=True)
class WeightSnapshot:
    """Parameters at one version.

    Attributes:
        version: the policy version they are.
        bfloat16: whether the arrays are int16 views of bfloat16; else they are float32.
        arrays: parameter name → array, tied parameters once.
    """

    version: int
    bfloat16: bool
    arrays: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def of(cls, model: torch.nn.Module, dtype: torch.dtype, version: int) -> WeightSnapshot:
        """Copies of the model's parameters; of one that ranks share, all of them must call."""
        bits = dtype == torch.bfloat16
        arrays = {}
        for name, parameter in model.named_parameters():
            value = whole(parameter).to("cpu", dtype, copy=True)
            arrays[name] = (value.view(torch.int16) if bits else value).numpy()
        return cls(version, bits, arrays)

    def state(self) -> dict[str, torch.Tensor]:
        """Tensors by name. Read-only arrays are copied: torch has no read-only tensors."""
        tensors = {name: _tensor(array) for name, array in self.arrays.items()}
        return {n: t.view(torch.bfloat16) for n, t in tensors.items()} if self.bfloat16 else tensors


def _tensor(array: npt.NDArray[Any]) -> torch.Tensor:
    if array.flags.writeable:
        return torch.from_numpy(array)
    return torch.from_numpy(np.array(array))
