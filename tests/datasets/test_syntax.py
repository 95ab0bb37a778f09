"""Parsing from many threads at once."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay_datasets import syntax

NESTED = "f(" * 30 + "x" + ")" * 30


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads that switch as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_hasty")
def test_threads_that_parse_at_once_all_get_their_trees() -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda _: syntax.parse(NESTED, "eval"), range(400)))
    assert {ast.unparse(tree) for tree in trees} == {NESTED}


def test_it_raises_what_ast_parse_raises() -> None:
    with pytest.raises(SyntaxError):
        syntax.parse("1 +", "eval")
    assert isinstance(syntax.parse("x = 1"), ast.Module)
