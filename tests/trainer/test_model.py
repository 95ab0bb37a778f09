"""Routing is moved by the policy gradient alone; sizes that no kernel takes are refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import DeepseekV3Config, DeepseekV3ForCausalLM, Ernie4_5_MoeConfig
from transformers import Ernie4_5_MoeForCausalLM as Ernie

from assay_trainer.learner import Learner
from assay_trainer.model import ModelConfig, fix_routing
from assay_trainer.optim import OptimConfig
from tests.trainer.supervised import answer

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 16,
    "moe_intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
}


def deepseek() -> Any:
    """Its router bias is a buffer."""
    config = DeepseekV3Config(
        **SIZES,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_group=1,
        topk_group=1,
        first_k_dense_replace=0,
        q_lora_rank=8,
        kv_lora_rank=8,
        qk_rope_head_dim=4,
        qk_nope_head_dim=4,
        v_head_dim=8,
    )
    return DeepseekV3ForCausalLM(config)


def ernie() -> Any:
    """Its router bias is a parameter."""
    config = Ernie4_5_MoeConfig(
        **SIZES, moe_num_experts=4, moe_k=2, moe_num_shared_experts=0, moe_layer_start_index=0
    )
    return Ernie(config)


def biases(model: Any) -> dict[str, torch.Tensor]:
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: t.detach().clone() for name, t in named if name.endswith("correction_bias")}


@pytest.mark.parametrize("make", [deepseek, ernie])
def test_the_router_bias_stays_while_the_router_learns(make: Any) -> None:
    torch.manual_seed(0)
    model = make().float()
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if name.endswith("correction_bias"):
                tensor.copy_(torch.tensor([0.1, -0.1, 0.2, 0.0]))
    before = biases(model)
    routers = {n: p.detach().clone() for n, p in model.named_parameters() if "gate.weight" in n}
    learner = Learner(model, pad_id=0, row_length=16, micro_rows=2, temperature=1.0)
    learner.begin_stage(OptimConfig(lr=1e-2, weight_decay=0.5, warmup_steps=0), 10)
    learner.sft_step([answer((5, 6, 7, 8, 9, 10), 2), answer((11, 12, 13, 14), 1)])
    after = biases(learner.model)
    assert before
    assert all(torch.equal(after[name], bias) for name, bias in before.items())
    now = dict(learner.model.named_parameters())
    assert routers
    assert all(not torch.equal(now[name], router) for name, router in routers.items())


def test_no_auxiliary_loss_is_computed() -> None:
    model = ernie()
    model.config.output_router_logits = True
    assert fix_routing(model).config.output_router_logits is False


@pytest.mark.parametrize("sizes", [{"hidden": 20}, {"expert_hidden": 15}])
def test_sizes_that_the_kernel_cannot_take_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="needs a multiple of 8"):
        ModelConfig(**sizes)
