"""RunConfig: everything that decides a run, read from a TOML recipe and ``--set key=value``.

Every section is the config of one part and lives beside that part. Unknown keys, values of the
wrong kind and contradictions are refused with one sentence that names the key. Importing it imports
no torch, so that a mistake is told at once.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from importlib import resources
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from assay_datasets import InputError
from assay_trainer.advantages import Normalise
from assay_trainer.losses.config import LossConfig
from assay_trainer.model import DType, ModelConfig
from assay_trainer.optim import OptimConfig
from assay_trainer.prompts import Levels
from assay_trainer.recovery_config import RecoveryConfig
from assay_trainer.scheduler_config import SchedulerConfig
from assay_trainer.sft import SFTConfig
from assay_trainer.trackers import TrackerName

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class EngineConfig:
    """The rollout engine.

    Attributes:
        kind: ``torch``, the embedded one, or ``vllm``, which has to be installed.
        device: where it computes; ``cuda`` takes the GPU behind the learner's, or shares its.
        dtype: of weights and KV cache; bfloat16 makes the mismatch with the learner real.
        slots: rollouts generated at once.
        capacity: longest prompt plus response in tokens.
        max_response_tokens: longest response (one action) in tokens; a longer one is cut off.
        temperature: sampling temperature of training rollouts.
        ticks_per_call: tokens per running rollout between two looks of the controller.
        threads: CPU threads of the engine worker.
        sleep: give the memory of weights and cache back while the learner trains, for one GPU that
            both share.
    """

    kind: Literal["torch", "vllm"] = "torch"
    device: Literal["cpu", "cuda"] = "cpu"
    dtype: DType = "bfloat16"
    slots: int = Field(default=256, gt=0)
    capacity: int = Field(default=192, gt=1)
    max_response_tokens: int = Field(default=96, gt=0)
    temperature: float = Field(default=1.0, gt=0)
    ticks_per_call: int = Field(default=8, gt=0)
    threads: int = Field(default=2, gt=0)
    sleep: bool = False


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class LearnerConfig:
    """The learner workers.

    Attributes:
        row_length: tokens in a packed row; at least the engine's capacity.
        micro_rows: rows in one forward and backward pass.
        threads: CPU threads of each learner worker.
        ranks: learner workers; they share parameters, gradients and optimiser state (FSDP2).
        device: where they compute; ``cuda`` takes one GPU a rank.
        compute: ``bfloat16`` runs the passes under autocast; parameters, log-probs and the update
            stay in float32.
        recompute: activation checkpointing: layers are run again on the way back, to save memory.
    """

    row_length: int = Field(default=192, gt=1)
    micro_rows: int = Field(default=32, gt=0)
    threads: int = Field(default=2, gt=0)
    ranks: int = Field(default=1, gt=0)
    device: Literal["cpu", "cuda"] = "cpu"
    compute: DType = "float32"
    recompute: bool = False


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RLConfig:
    """The reinforcement stage.

    Attributes:
        steps: iterations of rollouts, each followed by an update of the policy.
        updates: parts that a step's batch is cut into, with an update after each; above 1 the
            log-probs at the start of the step are computed first, and the loss's clip can act.
        normalise: how a group's rewards become advantages.
        positive_weight: factor on positive advantages; below 1 keeps answers more diverse.
        levels: ``even`` over each environment's range in the suite; ``adaptive`` prefers those that
            the policy passes now and then.
        loss, scheduler, optim: see their own docs.
        eval_every: steps between evaluations on the validation split; 0 = only at the end.
    """

    steps: int = Field(gt=0)
    updates: int = Field(default=1, gt=0)
    normalise: Normalise = "std"
    positive_weight: float = Field(default=1.0, gt=0, le=1)
    levels: Levels = "even"
    loss: LossConfig = Field(default_factory=LossConfig)
    scheduler: SchedulerConfig
    optim: OptimConfig
    eval_every: int = Field(default=0, ge=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class EvalConfig:
    """Evaluation on problems disjoint from training by duplicate key.

    Attributes:
        split: ``test`` for a figure to publish, ``validation`` while settings are being chosen.
        tasks: problems per environment.
        samples: sampled responses per problem; also the k of pass@k.
    """

    split: Literal["validation", "test"] = "validation"
    tasks: int = Field(default=128, gt=0)
    samples: int = Field(default=8, gt=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RewardConfig:
    """The reward workers and the sandbox that they use.

    Attributes:
        workers: processes that play episodes.
        backend: sandbox back-end; None takes the safest one that this host can run.
        slots: sandboxed programs at once in each worker.
    """

    workers: int = Field(default=2, gt=0)
    backend: Literal["gvisor", "namespace"] | None = None
    slots: int = Field(default=2, gt=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RunConfig:
    """One training run.

    Attributes:
        recipe: name of the recipe it came from; names the run's directory.
        suite: the suite of environments, by name or TOML path.
        without: parts of the suite left out (``code``).
        seed: decides every draw of the run.
        track: where every row is sent besides metrics.jsonl: ``tensorboard``, ``wandb`` (offline),
            ``trackio``; each needs its package.
        profile: wait for the GPU at the end of each part of a step, so that its time is its own.
        checkpoint_every: RL steps between checkpoints; SFT is checkpointed at its end and every
            four times as many steps.
        keep_checkpoints: how many complete checkpoints stay.
        model, sft, rl, engine, learner, evaluation, reward, recovery: see their own docs; without
            ``sft`` or ``rl`` that stage is left out.
    """

    recipe: str = "custom"
    suite: str
    without: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)
    track: tuple[TrackerName, ...] = ()
    profile: bool = False
    checkpoint_every: int = Field(default=25, gt=0)
    keep_checkpoints: int = Field(default=2, gt=0)
    model: ModelConfig = Field(default_factory=ModelConfig)
    sft: SFTConfig | None = None
    rl: RLConfig | None = None
    engine: EngineConfig = Field(default_factory=EngineConfig)
    learner: LearnerConfig = Field(default_factory=LearnerConfig)
    evaluation: EvalConfig = Field(default_factory=EvalConfig)
    reward: RewardConfig = Field(default_factory=RewardConfig)
    recovery: RecoveryConfig = Field(default_factory=RecoveryConfig)

    def __post_init__(self) -> None:
        if self.sft is None and self.rl is None:
            raise ValueError("nothing to do: give the run an [sft] or an [rl] section")
        if self.engine.max_response_tokens >= self.engine.capacity:
            raise ValueError(
                "engine.max_response_tokens must leave room for the prompt in engine.capacity"
            )
        if self.model.path is None and self.model.context < self.engine.capacity:
            raise ValueError("model.context must be at least engine.capacity")
        if self.learner.row_length < self.engine.capacity:
            raise ValueError("learner.row_length must be at least engine.capacity")
        if self.rl is not None:
            _refuse_idle(self.rl)
            if self.engine.sleep and self.rl.scheduler.overlap:
                raise ValueError(
                    "engine.sleep gives memory back while the learner trains, but with "
                    "rl.scheduler.overlap the engine generates then; leave one of them out"
                )


def _refuse_idle(rl: RLConfig) -> None:
    """Settings of the loss that the rest of the stage leaves without effect."""
    limit, bound = rl.loss.max_token_lag, rl.scheduler.max_staleness
    if limit is not None and bound is not None and limit >= bound:
        raise ValueError(
            "rl.loss.max_token_lag does nothing: rl.scheduler.retention already bounds the lag "
            f"to {bound}"
        )
    asked = (rl.loss.clip_low, rl.loss.clip_high) != rl.loss.algorithm.clip
    if asked and rl.updates == 1 and rl.loss.clip_against == "learner":
        raise ValueError(
            "rl.loss.clip_low and clip_high do nothing: with rl.updates = 1 the policy is where "
            "its ratio starts from; raise rl.updates or leave the clip out"
        )


_ADAPTER = TypeAdapter(RunConfig)
_BREAK_THE_RATIO = ("top_p", "top_k", "min_p")
_WHOLE_VOCABULARY = (
    "responses are sampled from the whole vocabulary, because a cut one has other probabilities "
    "than those that the loss compares; remove it"
)


def recipes() -> list[str]:
    """Names of the recipes that ship with the package."""
    folder = resources.files("assay_trainer") / "recipes"
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml"))


def load_recipe(recipe: str | Path) -> dict[str, Any]:
    """The table of a shipped recipe (by name) or of a TOML file (by path)."""
    shipped = resources.files("assay_trainer") / "recipes" / f"{recipe}.toml"
    path = Path(recipe)
    if str(recipe) in recipes():
        data, name = shipped.read_bytes(), str(recipe)
    elif path.is_file():
        data, name = path.read_bytes(), path.stem
    else:
        known = ", ".join(recipes())
        raise InputError(f"unknown recipe {str(recipe)!r}; known: {known}, or give a TOML file")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"recipe {recipe} is not TOML: {error}") from error
    return {"recipe": name, **table}


def apply_overrides(table: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A copy of ``table`` with each ``dotted.key=value`` set; values are TOML, else plain text."""
    result = _copy(table)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key:
            raise InputError(f"--set takes key=value, got {override!r}; e.g. --set rl.steps=50")
        *parents, last = key.strip().split(".")
        section = result
        for parent in parents:
            section = section.setdefault(parent, {})
            if not isinstance(section, dict):
                raise InputError(f"--set {key}: {parent} is a value, not a section")
        section[last] = _toml_value(text)
    return result


def resolve(table: dict[str, Any]) -> RunConfig:
    """The validated config, or an :class:`InputError` that names every wrong key."""
    try:
        return _ADAPTER.validate_python(table)
    except ValidationError as error:
        raise InputError("; ".join(_sentence(item) for item in error.errors())) from None


def to_table(config: RunConfig) -> dict[str, Any]:
    """The config as a TOML table (None left out); ``resolve`` reads it back to the same config."""
    table: dict[str, Any] = _ADAPTER.dump_python(config, mode="json", exclude_none=True)
    return table


def with_seed(config: RunConfig, seed: int) -> RunConfig:
    return replace(config, seed=seed)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _copy(table: dict[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, dict) else v for k, v in table.items()}


def _sentence(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        if item["loc"][-1] in _BREAK_THE_RATIO:
            return f"{where}: {_WHOLE_VOCABULARY}"
        return f"unknown key {where!r}; {_known_instead(*item['loc'])}"
    if item["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"missing key {where!r}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _known_instead(*path: str) -> str:
    """What may stand where the key at ``path`` does not: the nearest keys, or all of its section.

    Near is what its last part says; of several, those that begin with the same sections.
    """
    *parents, key = path
    every = list(_keys(RunConfig))
    own = [known for known in every if known[:-1] == tuple(parents)]
    if near := difflib.get_close_matches(key, [known[-1] for known in (*own, *every)], n=1):
        found = [known for known in every if known[-1] == near[0]]
        shared = [_shared(known, path) for known in found]
        meant = [known for known, n in zip(found, shared, strict=True) if n == max(shared)]
        return f"did you mean {' or '.join(repr('.'.join(known)) for known in meant)}?"
    where = f"[{'.'.join(parents)}]" if parents else "a recipe"
    return f"{where} takes {', '.join(known[-1] for known in own)}"


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts two keys begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _keys(section: Any, *parents: str) -> Iterator[tuple[str, ...]]:
    """Every key of a section and of those within it, part by part."""
    hints = get_type_hints(section)
    for each in fields(section):
        yield (*parents, each.name)
        hint = hints[each.name]  # a section that may be left out is `Section | None`
        for kind in (hint, *get_args(hint)):
            if is_dataclass(kind):
                yield from _keys(kind, *parents, each.name)
