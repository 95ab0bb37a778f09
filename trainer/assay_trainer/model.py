"""Model: a transformers causal language model, made from nothing or loaded from a directory.

The made one is a small Qwen3 mixture of experts, an architecture that vLLM also loads, saved in
the standard layout. Routing is moved by the policy gradient alone: a new model's router has no
bias, and of a loaded one `fix_routing` freezes the bias and leaves the auxiliary loss out, as
Ring-1T was trained (arXiv 2510.18855, 2.3.4). The config is part of every recipe, so importing the
module imports no torch.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from assay_datasets import InputError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ModelConfig:
    """Which model to train.

    Attributes:
        path: a transformers model directory; "" = to be named with ``--model``; None makes a new
            model of the sizes below.
        vocab_size: entries of the tokenizer trained on the suite (new model only).
        hidden, layers, heads, kv_heads, head_dim: transformer sizes (new model only).
        experts, experts_per_token, expert_hidden: mixture-of-experts sizes (new model only).
        context: longest sequence in tokens (new model only).
    """

    path: str | None = None
    vocab_size: int = 384
    hidden: int = 128
    layers: int = 3
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 32
    experts: int = 16
    experts_per_token: int = 2
    expert_hidden: int = 96
    context: int = 512

    def __post_init__(self) -> None:
        if self.path is None:
            self._refuse_unaligned()
            return
        sizes = [f.name for f in fields(self) if f.name != "path"]
        if idle := [name for name in sizes if getattr(self, name) != getattr(ModelConfig, name)]:
            raise ValueError(
                f"{idle[0]} does nothing for the model in {self.path}, which has its own sizes; "
                f"remove {idle[0]} or path"
            )

    def _refuse_unaligned(self) -> None:
        for name in ("hidden", "expert_hidden"):
            if getattr(self, name) % _ALIGNED:
                raise ValueError(
                    f"{name} = {getattr(self, name)}: the experts' kernel needs a multiple of "
                    f"{_ALIGNED}"
                )


_ALIGNED = 8
"""Entries of a row of bfloat16 in 16 bytes, the stride that torch's grouped product asks for."""


def new_model(config: ModelConfig, *, vocab_size: int, eos_id: int, pad_id: int, seed: int) -> Any:
    """A freshly initialised float32 Qwen3 mixture of experts; the same bytes for the same seed."""
    import torch
    from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

    sizes = Qwen3MoeConfig(  # type: ignore[call-arg]  # head_dim is an extra
        vocab_size=vocab_size,
        hidden_size=config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        head_dim=config.head_dim,
        num_experts=config.experts,
        num_experts_per_tok=config.experts_per_token,
        moe_intermediate_size=config.expert_hidden,
        intermediate_size=config.expert_hidden,
        norm_topk_prob=True,
        tie_word_embeddings=True,
        max_position_embeddings=config.context,
        eos_token_id=eos_id,
        bos_token_id=None,
        pad_token_id=pad_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Any = Qwen3MoeForCausalLM(sizes)  # type: ignore[no-untyped-call]
        return model.float()


def load_model(path: Path) -> Any:
    """The causal language model saved in ``path``, in float32; nothing is fetched from a hub."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    if not (path / "config.json").is_file():
        raise InputError(f"{path} is not a transformers model directory: it has no config.json")
    try:
        return AutoModelForCausalLM.from_pretrained(
            path, dtype=torch.float32, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"the model in {path} does not load: {first}") from error


_ROUTER_BIASES = ("expert_bias", "e_score_correction_bias")
"""What transformers' mixtures of experts call the bias that balances their routers."""


def fix_routing(model: Any) -> Any:
    """``model``, its router bias frozen (where it is no buffer anyway) and no auxiliary loss."""
    for name, parameter in model.named_parameters():
        if name.endswith(_ROUTER_BIASES):
            parameter.requires_grad_(False)
    if hasattr(model.config, "output_router_logits"):
        model.config.output_router_logits = False
    return model


DType = Literal["float32", "bfloat16"]


def torch_dtype(name: DType) -> torch.dtype:
    """The torch dtype called ``name``."""
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]
