"""Recipes and settings: what ships resolves, what is wrong is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from assay_datasets import InputError
from assay_trainer.config import (
    RunConfig,
    apply_overrides,
    load_recipe,
    recipes,
    resolve,
    to_table,
    with_seed,
)


def config(*overrides: str, recipe: str = "spark") -> RunConfig:
    return resolve(apply_overrides(load_recipe(recipe), overrides))


@pytest.mark.parametrize("recipe", recipes())
def test_every_shipped_recipe_resolves_and_survives_its_file(recipe: str) -> None:
    resolved = resolve(load_recipe(recipe))
    assert resolved.recipe == recipe
    assert resolve(to_table(resolved)) == resolved
    assert resolve(tomllib.loads(tomli_w.dumps(to_table(resolved)))) == resolved


CLIPPED = [
    ("rl.updates=2", "rl.loss.clip_high=0.28"),
    ('rl.loss={name="grpo", clip_against="engine", clip_high=0.28}',),
]


@pytest.mark.parametrize("overrides", CLIPPED)
def test_the_clip_may_be_set_where_it_acts(overrides: tuple[str, ...]) -> None:
    rl = config(*overrides).rl
    assert rl is not None
    assert rl.loss.clip == (0.8, 1.28)


PAPER = [
    # recipe, key, what arXiv 2510.18855 section 2.3.4 says
    ("paper-reasoning", "rl.loss.name", "icepop"),
    ("paper-reasoning", "rl.loss.parameters", {"alpha": 0.5, "beta": 5.0}),
    ("paper-reasoning", "rl.optim.lr", 2e-6),
    ("paper-reasoning", "rl.scheduler.infer_capacity", 480 * 8),
    ("paper-reasoning", "engine.max_response_tokens", 65_536),
    ("paper-general", "rl.loss.name", "grpo"),
    ("paper-general", "rl.optim.lr", 3e-6),
    ("paper-general", "rl.scheduler.train_capacity", 80 * 8),
    ("paper-general", "rl.scheduler.budget_tokens", None),
    ("paper-general", "engine.max_response_tokens", 32_768),
    *(
        (recipe, key, value)
        for recipe in ("paper-reasoning", "paper-general")
        for key, value in (
            ("rl.optim.betas", (0.9, 0.999)),
            ("rl.optim.weight_decay", 0.01),
            ("rl.scheduler.group_size", 8),
            ("rl.loss.aggregation", "sequence_mean"),
            ("engine.temperature", 1.0),
        )
    ),
]


@pytest.mark.parametrize(("recipe", "key", "value"), PAPER)
def test_the_papers_settings(recipe: str, key: str, value: Any) -> None:
    found: Any = config(recipe=recipe)
    for part in key.split("."):
        found = getattr(found, part)
    assert found == value


def test_the_recipes_that_the_front_door_names_are_shipped() -> None:
    from assay_trainer.api import DEFAULT_RECIPE, MODEL_RECIPE

    assert {DEFAULT_RECIPE, MODEL_RECIPE} <= set(recipes())


@pytest.mark.parametrize("module", ["config", "api"])
def test_importing_brings_no_torch_and_no_ray(module: str) -> None:
    script = (
        f"import sys, assay_trainer.{module}; "
        "print(sorted({'torch', 'ray', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


OVERRIDES: list[tuple[str, str, Any]] = [
    ("rl.steps=7", "rl.steps", 7),
    ("rl.optim.lr=3e-5", "rl.optim.lr", 3e-5),
    ("rl.loss.name=grpo", "rl.loss.name", "grpo"),
    ('engine.dtype="float32"', "engine.dtype", "float32"),
    ("engine.dtype=float32", "engine.dtype", "float32"),
    (" seed = 4", "seed", 4),
    ('without=["code"]', "without", ("code",)),
    ("suite=my/suite.toml", "suite", "my/suite.toml"),
    ("sft.optim.betas=[0.8, 0.9]", "sft.optim.betas", (0.8, 0.9)),
    ("reward.backend=gvisor", "reward.backend", "gvisor"),
]


@pytest.mark.parametrize(("override", "key", "value"), OVERRIDES)
def test_set(override: str, key: str, value: Any) -> None:
    table = load_recipe("spark")
    del table["rl"]["loss"]  # so that another loss may be named
    found: Any = resolve(apply_overrides(table, [override]))
    for part in key.split("."):
        found = getattr(found, part)
    assert found == value


def test_the_last_override_wins_and_the_table_stays() -> None:
    table = load_recipe("spark")
    changed = apply_overrides(table, ["rl.steps=1", "rl.steps=2"])
    assert changed["rl"]["steps"] == 2
    assert table == load_recipe("spark")


REFUSED = [
    # what is set, the sentence
    ("rl.stepz=3", r"unknown key 'rl\.stepz'; did you mean 'rl\.steps'\?"),
    ("steps=1", r"unknown key 'steps'; did you mean 'sft\.steps' or 'rl\.steps'\?"),
    ("rl.lr=1", r"unknown key 'rl\.lr'; did you mean 'rl\.optim\.lr'\?"),
    ("group_sise=4", r"did you mean 'rl\.scheduler\.group_size'\?"),
    ("optim.lr=1", r"unknown key 'optim'; did you mean 'sft\.optim' or 'rl\.optim'\?"),
    ("engine.step=1", r"unknown key 'engine\.step'; did you mean '.*'\?"),
    ("nonsense.a=3", r"unknown key 'nonsense'; a recipe takes recipe, suite, .*, rl, "),
    ("rl.optim.momentum=0.9", r"unknown key 'rl\.optim\.momentum'; \[rl\.optim\] takes lr, "),
    ("engine.top_p=0.9", r"engine\.top_p: responses are sampled from the whole vocabulary"),
    ("rl.steps=many", r"rl\.steps: Input should be a valid integer"),
    ("rl.steps=0", r"rl\.steps: Input should be greater than 0"),
    ("rl.steps=1.5", r"rl\.steps: Input should be a valid integer"),
    ("without=code", r"without: Input should be a valid tuple"),
    ("rl.optim.lr=-1", r"rl\.optim\.lr: Input should be greater than 0"),
    ("sft.optim.betas=[0.9, 1.0]", r"sft\.optim\.betas\.1: Input should be less than 1"),
    ("engine.dtype=float64", r"engine\.dtype: Input should be 'float32' or 'bfloat16'"),
    ("engine.temperature=0", r"engine\.temperature: Input should be greater than 0"),
    ("evaluation.split=train", r"evaluation\.split: Input should be 'validation' or 'test'"),
    ("engine.max_response_tokens=999", r"must leave room for the prompt in engine\.capacity"),
    ("engine.capacity=400", r"learner\.row_length must be at least engine\.capacity"),
    ("model.context=100", r"model\.context must be at least engine\.capacity"),
    ("model.path=x", r"model: vocab_size does nothing for the model in x, .* remove vocab_size"),
    ("rl.loss.max_token_lag=4", r"max_token_lag does nothing: rl\.scheduler\.retention"),
    ("rl.loss.clip_high=0.28", r"clip_high do nothing: with rl\.updates = 1 .* raise rl\.updates"),
    ("rl.updates=0", r"rl\.updates: Input should be greater than 0"),
    ("learner.ranks=0", r"learner\.ranks: Input should be greater than 0"),
    ("learner.compute=float16", r"learner\.compute: Input should be 'float32' or 'bfloat16'"),
    ("rl.loss.name=icepopp", r"rl\.loss: unknown loss 'icepopp'; did you mean 'icepop'\?"),
    ("rl.loss.name=gspo", r"rl\.loss: alpha does nothing for the loss 'gspo'"),
    ("rl.loss.cap=2", r"rl\.loss: cap does nothing for the loss 'icepop'"),
    ("rl.loss.alpha=1.5", r"rl\.loss: alpha = 1\.5: must be above 0 and at most 1"),
    ("rl.scheduler.group_size=1", r"rl\.scheduler: group_size = 1: .* use 2 or more"),
    ("rl.scheduler.infer_capacity=4", r"rl\.scheduler: infer_capacity = 4 cannot hold one group"),
    ("rl=3", r"rl: Input should be"),
    ("rl.steps", r"--set takes key=value, got 'rl\.steps'; e\.g\. --set rl\.steps=50"),
    ("=3", r"--set takes key=value, got '=3'"),
    ("seed.x=3", r"--set seed\.x: seed is a value, not a section"),
]


@pytest.mark.parametrize(("override", "sentence"), REFUSED)
def test_what_is_wrong_is_one_sentence(override: str, sentence: str) -> None:
    table = {"seed": 1, **load_recipe("spark")}
    with pytest.raises(InputError, match=sentence) as refused:
        resolve(apply_overrides(table, [override]))
    assert "\n" not in str(refused.value)


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(InputError, match=r"unknown key 'rl\.x'; .*unknown key 'y'"):
        config("rl.x=1", "y=2")


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        (("sft", "rl"), r"nothing to do: give the run an \[sft\] or an \[rl\] section"),
        (("suite",), "missing key 'suite'"),
    ],
)
def test_what_is_missing_is_named(gone: tuple[str, ...], sentence: str) -> None:
    table = {key: value for key, value in load_recipe("spark").items() if key not in gone}
    with pytest.raises(InputError, match=sentence):
        resolve(table)


def test_a_recipe_of_ones_own_goes_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('suite = "spark"\n[sft]\nsteps = 3\n', encoding="utf-8")
    resolved = resolve(load_recipe(path))
    assert (resolved.recipe, resolved.rl) == ("mine", None)
    assert resolved.sft is not None
    assert resolved.sft.optim.schedule == "cosine"


def test_unknown_and_unreadable_recipes_name_the_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown recipe 'sprak'; known: .*spark"):
        load_recipe("sprak")
    broken = tmp_path / "broken.toml"
    for content in (b"suite =", b'suite = "\xff"'):
        broken.write_bytes(content)
        with pytest.raises(InputError, match=r"broken\.toml is not TOML"):
            load_recipe(broken)


def test_another_seed_is_the_only_difference() -> None:
    before = config()
    after = with_seed(before, 9)
    assert (before.seed, after.seed) == (0, 9)
    assert with_seed(after, 0) == before
