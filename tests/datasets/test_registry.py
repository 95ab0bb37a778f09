"""Registry: names to objects, with errors that name the nearest."""

from __future__ import annotations

import pytest

from assay_datasets import InputError, Registry


def test_an_added_object_is_listed_and_loaded() -> None:
    registry = Registry("assay.none", "thing")
    registry.add("logic/one", 1)
    assert registry.names() == ["logic/one"]
    assert registry.load("logic/one") == 1


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'logic/countdown'"):
        Registry("assay.envs", "environment").load("logic/coutdown")


def test_a_setting_that_a_class_lacks_is_refused_before_it_is_built() -> None:
    registry = Registry("assay.none", "thing")
    registry.add("logic/one", lambda size=1: size)
    assert registry.build("logic/one", {"size": 3}) == 3
    with pytest.raises(InputError, match=r"thing 'logic/one': .*'sandbox'"):
        registry.build("logic/one", {"sandbox": None})


def test_an_empty_group_says_how_to_install() -> None:
    with pytest.raises(InputError, match="pip install -e"):
        Registry("assay.none", "thing").load("x")


@pytest.mark.parametrize("group", ["assay.verifiers", "assay.envs", "assay.suites"])
def test_every_entry_point_of_ours_loads(group: str) -> None:
    registry = Registry(group, "thing")
    assert registry.names()
    for name in registry.names():
        assert registry.load(name) is not None
