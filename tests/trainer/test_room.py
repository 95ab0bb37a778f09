"""Problems too long for a run are passed over and told of; where most are it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay_datasets import InputError
from assay_envs.suite import Suite
from assay_trainer.chat import Chat
from assay_trainer.config import RunConfig, apply_overrides, load_recipe, resolve
from assay_trainer.room import PassedOver, RoomWarnings, TooLong, check_room, passed_over
from assay_trainer.sft import SFTData


def suite_of(tmp_path: Path, *envs: str) -> Suite:
    path = tmp_path / "suite.toml"
    path.write_text("".join(f'[[env]]\nid = "{env}"\ndifficulty = 1\n' for env in envs))
    return Suite.load(path)


def config(recipe: str, *overrides: str) -> RunConfig:
    table = load_recipe(recipe)
    table["model"] = table.get("model", {}) | ({"path": "x"} if recipe == "finetune" else {})
    return resolve(apply_overrides(table, overrides))


NARROW = ("engine.capacity=32", "engine.max_response_tokens=8")
RECIPES = [
    ("spark", ["engine.capacity", "learner.row_length", "model.context"]),
    ("finetune", ["engine.capacity", "learner.row_length"]),
]


@pytest.mark.parametrize(("recipe", "settings"), RECIPES)
def test_where_most_have_no_room_the_run_is_refused_with_the_settings_to_raise(
    tmp_path: Path, chat: Chat, recipe: str, settings: list[str]
) -> None:
    data = SFTData(suite_of(tmp_path, "logic/zebra"), chat, 3)  # longer than any default
    match = r"^128 of 128 .* no room: .* is 32 tokens.*: logic/zebra [0-9]+\."
    with pytest.raises(InputError, match=match) as refused:
        check_room(data, config(recipe, *NARROW))
    wider = re.findall(r"--set (\S+=[0-9]+)", str(refused.value))
    assert [setting.partition("=")[0] for setting in wider] == settings
    assert check_room(data, config(recipe, *wider)) == ""


def test_a_run_that_would_train_on_the_short_problems_only_is_refused(
    tmp_path: Path, chat: Chat
) -> None:
    data = SFTData(suite_of(tmp_path, "logic/zebra", "logic/induction", "math/linear"), chat, 3)
    with pytest.raises(InputError, match=r"^[0-9]{2} of 128 .* no room: "):
        check_room(data, config("spark"))


def test_where_most_fit_the_others_are_told_of(tmp_path: Path, chat: Chat) -> None:
    data = SFTData(suite_of(tmp_path, "logic/zebra", "math/linear", "math/arithmetic"), chat, 3)
    warning = check_room(data, config("spark"))
    told = re.match(r"([0-9]+) of 128 problems looked at will be passed over: (.*)", warning)
    assert told is not None
    assert 0 < int(told[1]) < 128
    assert re.search(r"is 176 tokens.*more: logic/zebra [0-9]+.*\. Give them room, --set", told[2])


FOUND = [TooLong("b/y", 70), TooLong("a/x", 40), TooLong("b/y", 60)]


def test_what_was_passed_over_is_a_field_of_the_row_it_happened_in() -> None:
    seen = PassedOver()
    assert seen.take() == {}
    seen.add(FOUND, 5, config("spark"))
    counted = {"b/y": 2, "a/x": 1}
    assert seen.take() == {
        "passed_over": counted,
        "passed_over_tokens": {"a/x": 40, "b/y": 70},
    }
    assert seen.take() == {}


def test_problems_too_long_in_a_row_end_the_run_and_one_that_fits_begins_the_count_anew() -> None:
    seen, settings = PassedOver(), config("spark")
    for fitting in (0, 1, 0):
        seen.add([TooLong("a/x", 300)] * 100, fitting, settings)
    with pytest.raises(InputError, match=r"^nothing fits: .*a/x 300\. Give them room"):
        seen.add([TooLong("a/x", 300)] * 28, 0, settings)


def test_each_environment_is_warned_of_once() -> None:
    warnings = RoomWarnings(config("spark"))
    assert list(warnings.of({"loss": 1.0})) == []
    first, second = warnings.of(passed_over(FOUND))
    assert "a problem of a/x was passed over: it needs 40 tokens" in first
    assert "a problem of b/y was passed over: it needs 70 tokens" in second
    [third] = warnings.of(passed_over([*FOUND, TooLong("c/z", 50)]))
    assert "a problem of c/z" in third
