"""Suite: strict TOML, random access, disjoint splits, distinct evaluation tasks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assay_datasets import InputError, Split
from assay_envs import Suite, suite_registry

SPARK = Suite.load("spark")
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@pytest.mark.parametrize("name", suite_registry.names())
def test_every_suite_that_comes_along_loads_and_gives_tasks(name: str) -> None:
    suite = Suite.load(name)
    assert suite.summary
    for env_id in suite.env_ids:
        assert any(suite.spec("train", index).env == env_id for index in range(40))


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
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_wrong_file_is_refused_with_the_mend(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message):
        Suite.load(path)


def test_an_unknown_suite_or_file_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'spark'"):
        Suite.load("spork")
    with pytest.raises(InputError, match=r"no suite file at nowhere\.toml"):
        Suite.load("nowhere.toml")
