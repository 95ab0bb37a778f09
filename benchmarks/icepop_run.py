"""One run of benchmarks/icepop.py: a policy trained through an engine that disagrees with it.

The trainer's own engine, learner, losses and advantages, in one process and without a schedule:
every step draws groups of answers, judges them and updates once; how the engine's weights come
about is what a setting decides. A run is a function of its cell and of the supervised policy of its
seed, which all cells of the seed share.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import icepop_task as task
import torch

from assay_datasets import derive_random, derive_seed
from assay_trainer.advantages import group_advantages
from assay_trainer.engines import Request
from assay_trainer.engines.torch_engine import TorchEngine
from assay_trainer.learner import Learner
from assay_trainer.losses import LossConfig
from assay_trainer.mismatch import HISTOGRAM_EDGES
from assay_trainer.model import ModelConfig, new_model
from assay_trainer.optim import OptimConfig
from assay_trainer.trajectory import Trajectory, TrajectoryBatch

PROMPTS, GROUP = 24, 8
BLOCK = 32  # steps between two evaluations, and of a point of the figures
_EVAL_EACH, _SAMPLES = 192, 3
_WARMUP_UPDATES = 10
_SFT_STEPS, _SFT_EXAMPLES = 600, 96
_SFT = OptimConfig(
    lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01, warmup_steps=20, schedule="cosine"
)
_MODEL = ModelConfig(
    vocab_size=task.VOCABULARY, layers=2, experts=8, expert_hidden=128, context=task.LONGEST
)
_KEPT = (
    "grad_norm",
    "mismatch/abs_mean",
    "mismatch/k3",
    "mismatch/max_ratio",
    "mismatch/ess",
    "mismatch/entropy_masked_over_all",
    "mask/low",
    "mask/high",
    "clipped",
    "tokens_trained",
    "staleness_mean",
)

State = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Setting:
    """How the engine comes to disagree with the learner.

    Attributes:
        dtype: of the engine.
        sync: steps between two handovers of the weights; 1 = after every step.
        bits: of the engine's weights, rounded symmetrically for each row; 0 = not rounded.
        router_noise: deviation of normal noise on the engine's router logits, drawn anew per token.
    """

    dtype: torch.dtype = torch.float32
    sync: int = 1
    bits: int = 0
    router_noise: float = 0.0

    def engine(self, model: Any) -> TorchEngine:
        return TorchEngine(
            _noisy(model, self.router_noise) if self.router_noise else model,
            slots=PROMPTS * GROUP,
            capacity=task.LONGEST,
            stop_token_ids=(task.END,),
            dtype=self.dtype,
            version=-1,
        )

    def weights(self, state: State) -> State:
        """What the engine is given of the learner's weights."""
        return {name: _rounded(tensor, self.bits) for name, tensor in state.items()}


@dataclass(frozen=True)
class Method:
    """A loss, the updates that a step's batch is cut into, and the learning rate of each."""

    loss: LossConfig
    updates: int = 1
    lr: float = 2e-4


@dataclass
class _Sampler:
    """Draws answers from an engine.

    Attributes:
        engine: nothing else uses it.
        name: of its random streams.
    """

    engine: TorchEngine
    name: str
    drawn: int = field(default=0)

    def answers(
        self, problems: Sequence[task.Problem], temperature: float = 1.0
    ) -> list[Trajectory]:
        """One answer to each of ``problems``, in their order."""
        found: dict[str, Trajectory] = {}
        requests = []
        for number, problem in enumerate(problems):
            uid, prompt = str(number), problem.tokens()
            seed = derive_seed(self.name, self.drawn + number)
            requests.append(Request(uid, prompt, seed, 0, task.LONGEST_ANSWER + 1, temperature))
            found[uid] = Trajectory()
            found[uid].observe(prompt)
        self.drawn += len(problems)
        self.engine.submit(requests)
        while self.engine.running or self.engine.waiting:
            for item in self.engine.tick():
                found[item.uid].emit(item.token, item.logprob, item.version, item.entropy)
        return list(found.values())


def supervised(seed: int, file: Path) -> tuple[State, dict[str, Any]]:
    """The policy that all cells of a seed start from, and its accuracy; made once, kept in file."""
    if not file.exists():
        model = _model(seed)
        learner = _learner(model)
        learner.begin_stage(_SFT, _SFT_STEPS)
        rng = derive_random("icepop-sft", seed)
        for _ in range(_SFT_STEPS):
            problems = [task.train_problem(rng) for _ in range(_SFT_EXAMPLES)]
            learner.sft_step([problem.example() for problem in problems])
        file.parent.mkdir(parents=True, exist_ok=True)
        state = {name: tensor.detach() for name, tensor in learner.state_dict().items()}
        kept = {"state": state, "accuracy": _Judge(model).accuracy(model, _SAMPLES)}
        partial = file.with_suffix(".part")
        torch.save(kept, partial)
        partial.replace(file)
    kept = torch.load(file, weights_only=True)
    return kept["state"], kept["accuracy"]


def play(setting: Setting, method: Method, length: int, seed: int, sft: Path) -> dict[str, Any]:
    """Train one cell for ``length`` steps; its steps and evaluations."""
    started = time.process_time()
    start, accuracy = supervised(seed, sft)
    model = _model(seed)
    model.load_state_dict(start, strict=False)
    learner, judge = _learner(model), _Judge(model)
    learner.begin_stage(
        OptimConfig(lr=method.lr, warmup_steps=_WARMUP_UPDATES), length * method.updates
    )
    sampler = _Sampler(setting.engine(model), f"icepop-rollouts-{seed}")
    rng = derive_random("icepop-prompts", seed)
    steps: list[dict[str, float]] = []
    evaluations: list[dict[str, Any]] = [{"step": 0, **accuracy}]
    for step in range(length):
        if step % setting.sync == 0:
            sampler.engine.load_weights(setting.weights(learner.state_dict()), step)
        steps.append(_step(learner, sampler, method, rng, step))
        if (step + 1) % BLOCK == 0:
            samples = _SAMPLES if step + 1 == length else 1
            evaluations.append({"step": step + 1, **judge.accuracy(model, samples)})
    seconds = time.process_time() - started
    return {"steps": steps, "evaluations": evaluations, "cpu_s": round(seconds, 1)}


def _step(
    learner: Learner, sampler: _Sampler, method: Method, rng: Any, version: int
) -> dict[str, float]:
    """Rollouts of one batch of prompts, and the update with them."""
    problems = [task.train_problem(rng) for _ in range(PROMPTS)]
    asked = [problem for problem in problems for _ in range(GROUP)]
    rollouts = sampler.answers(asked)
    rewards = [p.reward(_written(r)) for p, r in zip(asked, rollouts, strict=True)]
    advantages = [
        value
        for first in range(0, len(rewards), GROUP)
        for value in group_advantages(rewards[first : first + GROUP]).values
    ]
    row = learner.rl_step(
        TrajectoryBatch.of(rollouts), advantages, method.loss, version, updates=method.updates
    )
    tokens = sum(rollout.policy_tokens for rollout in rollouts)
    return {
        "reward": sum(rewards) / len(rewards),
        "entropy": sum(sum(rollout.entropies) for rollout in rollouts) / tokens,
        "outside": _outside(row.get("log_ratio_histogram", [])),
        **{name: float(row[name]) for name in _KEPT if name in row},
    }


class _Judge:
    """Accuracy on the problems that are never trained on, at full precision."""

    def __init__(self, model: Any) -> None:
        self.problems = task.test_problems(_EVAL_EACH)
        self.engine = Setting().engine(model)

    def accuracy(self, model: Any, samples: int) -> dict[str, Any]:
        """Shares of right answers, and the right samples of each problem."""
        self.engine.load_weights(dict(model.named_parameters()), self.engine.version + 1)
        greedy = self._right("icepop-greedy", 1, 0.0)
        sampled = self._right("icepop-sampled", samples, 1.0)
        return {
            "sampled": sum(sampled) / samples / len(sampled),
            "greedy": sum(greedy) / len(greedy),
            "samples": samples,
            "problems": sampled,
        }

    def _right(self, name: str, samples: int, temperature: float) -> list[int]:
        asked = [problem for problem in self.problems for _ in range(samples)]
        answers = _Sampler(self.engine, name).answers(asked, temperature)
        right = [p.reward(_written(a)) for p, a in zip(asked, answers, strict=True)]
        return [int(sum(right[n : n + samples])) for n in range(0, len(right), samples)]


def _written(rollout: Trajectory) -> list[int]:
    return [t for t, own in zip(rollout.tokens, rollout.policy, strict=True) if own]


def _outside(histogram: Sequence[int]) -> float:
    """Share of tokens outside [0.5, 5], to the histogram's nearest edges, whatever the loss did."""
    low = HISTOGRAM_EDGES.index(-0.7)
    high = HISTOGRAM_EDGES.index(1.6)
    total = sum(histogram)
    return (sum(histogram[: low + 1]) + sum(histogram[high + 1 :])) / total if total else 0.0


def _model(seed: int) -> Any:
    return new_model(
        _MODEL, vocab_size=task.VOCABULARY, eos_id=task.END, pad_id=task.PAD, seed=seed
    )


def _learner(model: Any) -> Learner:
    return Learner(
        model,
        pad_id=task.PAD,
        row_length=task.LONGEST,
        micro_rows=PROMPTS * GROUP,
        temperature=1.0,
    )


def _rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    if not bits or weight.ndim < 2:
        return weight
    scale = weight.abs().amax(-1, keepdim=True).clamp(min=1e-12) / (2 ** (bits - 1) - 1)
    return (weight / scale).round() * scale


def _noisy(model: Any, deviation: float) -> Any:
    """A copy whose routers see what moves their logits by normal noise."""
    noisy = copy.deepcopy(model)
    for router in _routers(noisy):
        router.register_forward_pre_hook(_disturb(deviation))
    return noisy


def _routers(model: Any) -> Iterator[Any]:
    yield from (module for name, module in model.named_modules() if name.endswith("mlp.gate"))


def _disturb(deviation: float) -> Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(0)

    def disturb(router: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Hidden states whose logits are those of ``inputs`` and the noise."""
        [hidden] = inputs
        shape = (*hidden.shape[:-1], router.weight.shape[0])
        noise = deviation * torch.randn(shape, generator=generator)
        return (hidden + (noise @ torch.linalg.pinv(router.weight.float()).T).to(hidden.dtype),)

    return disturb
