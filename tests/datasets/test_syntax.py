"""Parsing from many threads at once."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay_datasets import syntax

NESTED = "f(" * 30 + "x" + ")" * 30


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads that switch amid a parse: in what the collector calls. ``ast.parse`` fails so."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(_nothing)
    gc.set_threshold(5)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(_nothing)
    sys.setswitchinterval(interval)


def _nothing(*_: object) -> None:
    pass


@pytest.mark.usefixtures("_hasty")
def test_threads_that_parse_at_once_all_get_their_trees() -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda _: syntax.parse(NESTED, "eval"), range(400)))
    assert {ast.unparse(tree) for tree in trees} == {NESTED}


def test_it_raises_what_ast_parse_raises() -> None:
    with pytest.raises(SyntaxError):
        syntax.parse("1 +", "eval")
    assert isinstance(syntax.parse("x = 1"), ast.Module)
