"""What lives on in the candidate's process after a call: coroutines, enums, records, factories."""

from __future__ import annotations

import pytest

from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

ASYNC = """
import asyncio, contextlib
async def gen(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
async def slow(x):
    await asyncio.sleep(0.2)
    return x
async def never():
    await asyncio.sleep(60)
async def fails(): raise ValueError("x")
async def fetch(client): return (await client.get("u"))["a"]
async def waits_for(callback): return await callback()
class Steps:
    def __init__(self, n): self.n, self.i = n, 0
    def __aiter__(self): return self
    async def __anext__(self):
        if self.i >= self.n: raise StopAsyncIteration
        self.i += 1
        return self.i
class Swallowing:
    async def __aenter__(self): return 5
    async def __aexit__(self, *given): return True
@contextlib.asynccontextmanager
async def opened():
    yield 7
class Later:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return 9
class Box:
    def __init__(self): self.queue = asyncio.Queue(1)
    async def put(self, x): await self.queue.put(x)
    async def get(self): return await self.queue.get()
"""
ENUMS = """
from enum import Enum, IntEnum, IntFlag
class Color(IntEnum):
    RED = 1
    BLUE = 2
    @property
    def label(self): return self.name.lower()
class Letter(str, Enum):
    A = "a"
    def big(self): return self.value.upper()
class Rights(IntFlag):
    R = 1
    W = 2
class Lie(IntEnum):
    A = 1
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    def __lt__(self, other): return True
    def __bool__(self): return False
    __hash__ = int.__hash__
def red(): return Color.RED
def lie(): return Lie.A
def is_red(x): return x is Color.RED
"""
RECORDS = """
import collections
from dataclasses import dataclass, asdict, field
@dataclass
class P:
    x: int
    y: list = field(default_factory=list)
@dataclass
class Line:
    a: P
    b: tuple
def p(): return P(1, [2])
def line(): return Line(P(1), (P(2), {"k": P(3)}))
def lists():
    made = collections.defaultdict(list)
    made["a"].append(1)
    return made
def nested(): return collections.defaultdict(lambda: collections.defaultdict(int))
def add(groups):
    groups["x"].append(1)
    return len(groups)
"""
CLASSES = """
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict, deque, namedtuple
from typing import NamedTuple
Point = namedtuple("Point", "x y")
class Pair(NamedTuple):
    a: int
    b: int = 0
    def total(self): return self.a + self.b
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class Shop:
    "Sells."
    def __init__(self):
        self.stock, self.log, self._lock = {"a": 1}, [], threading.Lock()
    @property
    def total(self): return sum(self.stock.values())
    def sell(self, name):
        with self._lock:
            self.stock[name] -= 1
            self.log.append(name)
    def names(self): return self.stock.keys()
def origin(): return Point(0, 0)
def total(pair): return pair.total()
def ordered():
    made = OrderedDict([("a", 1), ("b", 2)])
    made.move_to_end("a")
    return made, deque([1], maxlen=2)
def read():
    import sys
    return sys.stdin.read()
def leave():
    "Ends."
    raise SystemExit(3)
def chained(): raise KeyError("a") from ValueError("b")
class Sly(NamedTuple):
    startswith: object
    def endswith(self, text): return True
def sly(): return Sly(lambda text: True)
"""
UNIT = "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        "
PARTS = """for x, w in [(1, 2), (2, None), (3, 6)]:
            with self.subTest(x=x):
                {condition}: self.skipTest("n/a")
                self.assertEqual(f(x), w)"""

# What is shown: the program, the tests, the verdict's reason.
CASES: dict[str, tuple[str, str, str]] = {
    "what waits, in a loop of the tests'": (
        ASYNC,
        """
import asyncio, inspect, unittest
from unittest.mock import AsyncMock
class T(unittest.IsolatedAsyncioTestCase):
    async def test_iteration(self):
        self.assertEqual([x async for x in gen(3)], [0, 1, 2])
        self.assertEqual([x async for x in Steps(3)], [1, 2, 3])
    async def test_contexts(self):
        async with opened() as a, Swallowing() as b: self.assertEqual((a, b), (7, 5))
    async def test_awaitable(self): self.assertEqual(await Later(), 9)
    async def test_mock(self):
        client = AsyncMock()
        client.get.return_value = {"a": 3}
        self.assertEqual(await fetch(client), 3)
        client.get.assert_awaited_once_with("u")
    async def test_timeout(self):
        with self.assertRaises(asyncio.TimeoutError): await asyncio.wait_for(never(), 0.05)
    async def test_error(self):
        with self.assertRaises(ValueError): await fails()
    async def test_several_at_once(self):
        box = Box()
        async def put(): [await box.put(i) for i in range(4)]
        async def get(): return [await box.get() for _ in range(4)]
        self.assertEqual((await asyncio.gather(put(), get()))[1], [0, 1, 2, 3])
        self.assertEqual(await asyncio.gather(*map(slow, range(20))), [*range(20)])
    def test_declared(self): self.assertTrue(inspect.iscoroutinefunction(slow))
def test_two_loops():
    assert asyncio.run(slow(2)) == 2
    assert asyncio.run(slow(3)) == 3
""",
        "match",
    ),
    "no async with swallows an assertion": (
        ASYNC,
        """
import asyncio
async def main():
    async with Swallowing() as value: assert value == 6
def test(): asyncio.run(main())
""",
        "mismatch",
    ),
    "a coroutine of the tests' that waits": (
        ASYNC,
        "import asyncio\nasync def one(): await asyncio.sleep(0.01); return 1\n"
        "def test(): assert asyncio.run(waits_for(one)) == 1",
        "not_serialisable",
    ),
    "enums that are numbers and texts": (
        ENUMS,
        """
import json
assert red() == 1 == red() and not red() == 2 and red() < 2 and red() + 1 == 2
assert red() == Color.RED and red() is Color.RED and type(red()) is Color
assert isinstance(red(), Color) and isinstance(red(), int) and {1: "x"}[red()] == "x"
assert (red().name, red().value, red().label) == ("RED", 1, "red")
assert repr(red()) == "<Color.RED: 1>" and f"{red()}" == "1" == json.dumps(red())
assert is_red(Color.RED) and is_red(Color(1)) and is_red(red()) and not is_red(Color.BLUE)
assert list(Color) == [1, 2] and Color["BLUE"] == 2 and sorted(Color)[0] is Color.RED
assert Letter.A == "a" and Letter.A.big() == "A" and Letter.A in ("a", "b")
assert Rights.R | Rights.W == 3
""",
        "match",
    ),
    "an enum's lies about numbers": (ENUMS, "assert lie() == 5", "mismatch"),
    "an enum's lies about order": (ENUMS, "assert lie() < 1", "mismatch"),
    "an enum's lies about differences": (ENUMS, "assert lie() - 5 == 0", "mismatch"),
    "an enum's lies about truth": (ENUMS, "assert not lie()", "mismatch"),
    "records": (
        RECORDS,
        """
import copy, dataclasses
from dataclasses import asdict, astuple, replace, is_dataclass, fields
assert asdict(p()) == {"x": 1, "y": [2]} and astuple(p()) == (1, [2])
nested = ({"x": 2, "y": []}, {"k": {"x": 3, "y": []}})
assert asdict(line()) == {"a": {"x": 1, "y": []}, "b": nested}
assert replace(p(), x=5) == P(5, [2]) and [each.name for each in fields(P)] == ["x", "y"]
assert is_dataclass(P) and is_dataclass(p()) and not is_dataclass(3)
@dataclasses.dataclass
class Own:
    p: object
assert asdict(Own(p())) == {"p": {"x": 1, "y": [2]}}
def test_copies():
    a = P(1)
    b, c = copy.copy(a), copy.deepcopy([a])
    b.x, c[0].x = 2, 9
    assert (a.x, b.x, c[0].x) == (1, 2, 9)
""",
        "match",
    ),
    "a record's values are compared here": (
        RECORDS,
        "from dataclasses import asdict\nassert asdict(p()) == {'x': 1, 'y': [3]}",
        "mismatch",
    ),
    "a record that is pickled": (
        RECORDS,
        "import pickle\nassert pickle.loads(pickle.dumps(P(1))) == P(1)",
        "not_serialisable",
    ),
    "factories": (
        RECORDS,
        """
from collections import defaultdict
made, deep, given = lists(), nested(), defaultdict(lambda: [7])
assert made == {"a": [1]} and isinstance(made, defaultdict) and made["z"] == []
deep["a"]["b"] += 1
assert deep == {"a": {"b": 1}}
assert add(given) == 1 and given == {"x": [7, 1]}
""",
        "match",
    ),
    "what a factory gave is compared here": (RECORDS, "assert lists()['z'] == [1]", "mismatch"),
    "what was given, changed in the call and later": (
        """
def f(l):
    l.append([1])
    return {"a": [2]}
def both(l, m):
    l += [[1], m]
    m.append(l)
    return [l, {"a": [2]}, m]
def fails(l):
    l.append([1])
    raise ValueError([5])
def gen(l):
    yield 1
    l.append([1])
async def waits(l): l.append([l])
async def agen(l):
    yield 1
    l.append(5)
""",
        """
import asyncio
def test_new_values_in_the_result_and_in_what_was_given():
    x = []
    assert f(x) == {"a": [2]} and x == [[1]]
    x, y = [], []
    r = both(x, y)
    assert r[0] is x and r[2] is y and x[0] == [1] and x[1] is y and y[0] is x
def test_error():
    x = []
    try: fails(x)
    except ValueError as error: assert error.args == ([5],)
    assert x == [[1]]
def test_at_the_end_of_what_goes_on():
    x, y, z = [], [], []
    assert list(gen(x)) == [1] and x == [[1]]
    asyncio.run(waits(y))
    assert y[0][0] is y
    async def all(): return [i async for i in agen(z)]
    assert asyncio.run(all()) == [1] and z == [5]
""",
        "match",
    ),
    "classes and what they hold": (
        CLASSES,
        """
import io, sys, threading
from abc import ABC
from collections import OrderedDict
def test_named_tuples():
    assert origin() == (0, 0) and origin().x == 0 and origin()._replace(x=5) == Point(5, 0)
    assert isinstance(origin(), Point) and not isinstance((0, 0), Point)
    assert Pair(1) == (1, 0) and Pair(1, 2).total() == 3 == total(Pair(1, 2))
def test_order():
    made, last = ordered()
    assert made == OrderedDict([("b", 2), ("a", 1)]) and list(made) == ["b", "a"]
    assert last.maxlen == 2
def test_abstract():
    assert issubclass(Shape, ABC)
    try: Shape()
    except TypeError: pass
    else: assert False
def test_attributes():
    shop = Shop()
    shop.stock["b"] = 20
    shop.log.append("begun")
    assert shop.total == 21 and shop.log == ["begun"]
    shop.stock.clear()
    assert shop.total == 0
    assert set(vars(shop)) == set(shop.__dict__) == {"stock", "log", "_lock"}
    assert Shop().names() == {"a"} and list(Shop().names()) == ["a"]
def test_a_copy_that_is_old_changes_nothing():
    shop = Shop()
    old = shop.log
    shop.sell("a")
    old.append("never")
    assert shop.log in (["a"], ["a", "never"])
def test_threads():
    shop = Shop()
    threads = [threading.Thread(target=shop.sell, args=("a",)) for _ in range(20)]
    for each in threads: each.start()
    for each in threads: each.join()
    assert shop.stock == {"a": -19} and len(shop.log) == 20
def test_documentation():
    assert leave.__doc__ == "Ends." and Shop.__doc__ == "Sells." == Shop().__doc__
    assert Shape.__doc__ is None
def test_errors():
    try: leave()
    except SystemExit as error: assert error.code == 3
    try: chained()
    except KeyError as error: assert isinstance(error.__cause__, ValueError)
def test_input():
    sys.stdin = io.StringIO("abc")
    assert read() == "abc"
""",
        "match",
    ),
    "a field that says yes": (CLASSES, "assert sly().startswith('a')", "runtime_error"),
    "a tuple's method that says yes": (CLASSES, "assert sly().endswith('a')", "runtime_error"),
    "a part that skips itself by its own data": (
        "def f(x): return 2 * x",
        UNIT + PARTS.format(condition="if w is None"),
        "match",
    ),
    "a part after one that skipped itself": (
        "def f(x): return 2 * x if x < 3 else 0",
        UNIT + PARTS.format(condition="if w is None"),
        "mismatch",
    ),
    "a part that skips itself for a result": (
        "def f(x): return None",
        UNIT + PARTS.format(condition="if f(x) is None"),
        "mismatch",
    ),
    "a part that skips itself for a result of no use": (
        "def f(x): return None",
        UNIT + PARTS.format(condition="if not isinstance(f(x), int)"),
        "mismatch",
    ),
    "a part that skips itself for anything of no use": (
        "def f(x): return None",
        UNIT
        + PARTS.format(
            condition="try: r = f(x)\n                except Exception: r = None\n"
            "                if not isinstance(r, int)"
        ),
        "mismatch",
    ),
    "a part called as one that skips itself by its own data": (
        "def f(x): return None",
        UNIT + PARTS.format(condition="if w is None or f(x) is None").replace("x=x", "'a part'"),
        "mismatch",
    ),
    "a part that skips itself for an error": (
        "def f(x): raise ValueError",
        UNIT + PARTS.format(condition="try: f(x)\n                except ValueError"),
        "mismatch",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_lives_on_is_what_it_was(box: Sandbox, name: str) -> None:
    program, tests, reason = CASES[name]
    verdict = await CodeVerifier(box).verify(program, {"style": "assert", "code": tests})
    assert verdict.reason == reason, verdict
