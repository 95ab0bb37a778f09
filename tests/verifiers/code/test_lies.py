"""What a candidate's objects and errors cannot talk the tests of style ``assert`` into, and what
right programs may do for all that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay_sandbox import Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier

LIMITS = {"wall_s": 2.0, "cpu_s": 2.0, "total_s": 6.0}
YES = """
    def __init__(self, *given): pass
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __hash__(self): return 0
"""
FED = """
class Lie:
    def __sub__(self, other): return self
    __mod__ = __and__ = __sub__
    def __abs__(self): return 0.0
    def __len__(self): return 0
    def __enter__(self): return self
    def __exit__(self, *given): return True
    def startswith(self, text): return 1
    def isdigit(self): return 1
def f(x): return Lie()
"""
STOP = "def f(x): raise StopIteration"
UNIT = """
import unittest
class Tests(unittest.TestCase):
    def test_one(self):
        self.assertAlmostEqual(f(1), 8)
"""

WRONG: dict[str, tuple[str, str]] = {
    "a class for a function": (f"class f:{YES}", "assert f(1) == 8"),
    "a class for a method": (
        f"class Solution:{YES}\nSolution.f = Solution",
        "assert Solution().f(1) == 8",
    ),
    "a class in a container": (
        f"class Sum:{YES}\ndef table(): return {{'add': Sum}}",
        "assert Sum(8) == Sum(8)\nassert table()['add'](1, 2) == 3",
    ),
    "a difference that is an object": (FED, "assert abs(f(2) - 11) < 1e-6"),
    "a remainder that is empty": (FED, "assert not f(2) % 2"),
    "a bit that is an object": (FED.replace("__len__", "size"), "assert f(2) & 1"),
    "almost equal": (FED, UNIT),
    "a method that answers one": (FED, "assert f(1).startswith('a')\nassert f(1).isdigit()"),
    "assertions swallowed": (FED, "with f(1) as r:\n    assert r.value == 8"),
    "an interrupt in the only test": ("def f(x): raise KeyboardInterrupt", UNIT),
    "StopIteration in map": (STOP, "for a, b in zip(map(f, [1, 2]), [8, 11]):\n    assert a == b"),
    "StopIteration in all": (STOP, "assert all(map(f, [1, 2]))"),
    "a module of its own": (
        "class math:\n    isclose = lambda *given: True\ndef f(x): return 0",
        "assert math.isclose(f(1), 8)",
    ),
    "an error of silent objects": (
        "class O:\n    def __str__(self): raise SystemExit\n    __repr__ = __str__\n"
        "def f(x): raise AssertionError(O())",
        "assert f(1) == 8",
    ),
    "an error of slow objects": (
        "class O:\n    def __str__(self):\n        while True: pass\n"
        "def f(x): raise AssertionError(O())",
        "assert f(1) == 8",
    ),
    "a value too deep to be given back": (
        "def f(x):\n    v = []\n    for _ in range(95): v = [v]\n    return v",
        "assert f([[[[[[[[f(1)]]]]]]]]) == 8",
    ),
    "a callback that is given too much": (
        "def f(g):\n    g('x' * (7 << 20)); return 0",
        "assert f(lambda v: v * 3) == 8",
    ),
    "a difference that is a member of an enum": (
        "from enum import IntEnum\nclass Zero(IntEnum):\n    A = 0\n"
        "class Lie:\n    def __sub__(self, other): return Zero.A\ndef f(x): return Lie()",
        "assert abs(f(2) - 11) < 1e-6",
    ),
    "a difference of times": (
        "class S:\n    def __sub__(self, other): return self\n    total_seconds = lambda self: 0\n"
        "def f(x): return S()",
        "from datetime import datetime\n"
        "assert abs((f(1) - datetime(2020, 1, 1)).total_seconds()) < 1",
    ),
    "an answer that is constructed later": (
        "class Solution:\n    def __new__(cls): return one\n"
        "    def __eq__(self, other): return True\n"
        "    def f(self, x): return self if x == 1 else 11\none = object.__new__(Solution)",
        "first = Solution().f(1)\nsecond = Solution().f(2)\nassert first == 8\nassert second == 11",
    ),
    "an error that is every error": (
        "BankError = AssertionError\ndef f(x): pass",
        "try:\n    f(1)\n    assert False\nexcept BankError:\n    pass",
    ),
    "every error, as an attribute": (
        "class Bank:\n    Error = Exception\n    def f(self): pass",
        "try:\n    Bank().f()\n    assert False\nexcept Bank.Error:\n    pass",
    ),
    "cancelled in a group": (
        "import asyncio\nasync def f(x): raise asyncio.CancelledError",
        "import asyncio\nasync def one(): assert await f(1) == 8\nasync def main():\n"
        "    async with asyncio.TaskGroup() as group: group.create_task(one())\n"
        "def test(): asyncio.run(main())",
    ),
    "assertions of a helper swallowed": (
        FED,
        "def look(r): assert r is None\ndef test():\n    with f(1) as r: look(r)",
    ),
    "a mock that is awaited": (
        "def f(m):\n    try: m.__await__().send(None)\n    except TypeError: pass\n    return 0",
        "from unittest.mock import Mock\nassert f(Mock()) == 8",
    ),
    "a chain that is too long to be given back": (
        "def f(x):\n    cells = [[]]\n    for _ in range(300): cells.append([cells[-1]])\n"
        "    return cells\ndef g(x): return x",
        "assert g(f(1)[-1]) == 8",
    ),
    "an end in the last fixture": (
        "def f(x): raise SystemExit(0)",
        """
import unittest
class Tests(unittest.TestCase):
    def test_one(self): pass
    @classmethod
    def tearDownClass(cls): assert f(1) == 8
""",
    ),
    "a class that skips itself": (
        "def f(x): return None",
        """
import unittest
class Tests(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.got = f(1)
    def test_one(self):
        if self.got is None: self.skipTest("none")
        self.assertEqual(self.got, 8)
    def test_two(self): pass
""",
    ),
    "a missing module as a value": (
        "def f(x): return ModuleNotFoundError('x')",
        "r = f(1)\nif isinstance(r, Exception):\n    raise r\nassert r == 8",
    ),
}

RIGHT: dict[str, tuple[str, str]] = {
    "a class that compares itself": (
        "class Account:\n"
        "    def __init__(self, v): self.v = v\n"
        "    def __eq__(self, other): return self.v == getattr(other, 'v', other)\n"
        "    def __sub__(self, n): return Account(self.v - n)\n"
        "    def __len__(self): return self.v\n"
        "def find(x): return object() if x else None\n",
        "from candidate import Account as A\nassert Account(10) == 10 and A(4) == 4\n"
        "assert Account(3) - 1 == Account(2) and not Account(0) and Account(1)\n"
        "assert find(1) and not find(0)",
    ),
    "a cache": (
        "from functools import cache\n@cache\ndef f(n): return n if n < 2 else f(n-1) + f(n-2)",
        "assert f(80) == 23416728348467685\nassert f.cache_info().hits > 0",
    ),
    "a context manager": (
        "from contextlib import contextmanager\n"
        "@contextmanager\ndef f(n):\n    print('a')\n    yield n\n    print('b')\n"
        "class Quiet:\n    def __enter__(self): return self\n"
        "    def __exit__(self, kind, *more): return kind is ValueError\n",
        "with f(1) as n:\n    assert n == 1\nwith Quiet():\n    raise ValueError\nassert f",
    ),
    "a decorator": (
        "import functools\ndef f(fn):\n    @functools.wraps(fn)\n    def w(*given):\n"
        "        w.calls += 1\n        return fn(*given)\n    w.calls = 0\n    return w",
        "@f\ndef h(x): return x + 1\nassert h(1) == 2 and h(2) == 3\n"
        "assert h.calls == 2 and h.__name__ == 'h'",
    ),
    "nodes of the tests": (
        "def f(h):\n    p = None\n    while h: h.next, p, h = p, h, h.next\n    return p",
        "class Node:\n    def __init__(self, v, n=None): self.val = v; self.next = n\n"
        "r = f(Node(1, Node(2)))\nassert r.val == 2 and r.next.val == 1 and r.next.next is None",
    ),
    "errors that speak": (
        "class E(Exception):\n    def __init__(self, code): self.code = code\n"
        "    def __str__(self): return f'code {self.code}'\n"
        "def f(x):\n    if x: raise E(x)\n    raise ExceptionGroup('two', [ValueError(1), E(2)])",
        "try:\n    f(3)\n    assert False\nexcept E as e:\n    assert str(e) == 'code 3'\n"
        "try:\n    f(0)\n    assert False\nexcept* E as group:\n"
        "    assert str(group.exceptions[0]) == 'code 2'\n"
        "except* ValueError as group:\n    assert group.exceptions[0].args == (1,)",
    ),
    "a generator that returns": (
        "def f(x):\n    yield x\n    return 8",
        "def g(): return (yield from f(1))\nsteps = g()\nassert next(steps) == 1\n"
        "try:\n    next(steps)\n    assert False\n"
        "except StopIteration as end:\n    assert end.value == 8",
    ),
    "iterators to their end": (
        "class It:\n    def __iter__(self): return self\n"
        "    def __next__(self): raise StopIteration\n"
        "def echo():\n    got = None\n    while got != 'stop': got = yield got",
        "assert list(It()) == []\ne = echo()\nnext(e)\nassert e.send(3) == 3\n"
        "try:\n    e.send('stop')\n    assert False\nexcept StopIteration:\n    pass",
    ),
    "names of modules for other things": (
        "import math\nqueue = []\ndef calendar(x): return 8.0",
        "queue.append(1)\nassert queue == [] or calendar\nassert math.isclose(calendar(1), 8)",
    ),
}

ARRAYS = """
import numpy as np
import unittest
class Tests(unittest.TestCase):
    def test_one(self):
        self.assertIsInstance(f(), np.ndarray)
"""
NAMED = "class Odd:\n    pass\nOdd.__module__ = 'numpy'\ndef f(*x): return Odd()"
OF_LIBRARIES: dict[str, tuple[str, str, str]] = {
    "an array": ("import numpy as np\ndef f(): return np.array([1])", ARRAYS, "not_serialisable"),
    "an array in a container": (
        "import numpy as np\ndef f(): return [{'a': np.array([1])}]",
        "import numpy.linalg as la\nr = f()\nassert isinstance(r[0]['a'], type(la.inv([[1]])))",
        "not_serialisable",
    ),
    "a subclass of the candidate's": (
        "import numpy as np\nclass A(np.ndarray): pass\ndef f(): return np.ones(1).view(A)",
        ARRAYS,
        "not_serialisable",
    ),
    "a type of items": (
        "import numpy as np\ndef f(): return np.dtype('int64')",
        "from numpy import dtype\nassert f() == dtype('int64')",
        "not_serialisable",
    ),
    "an array of the tests": (
        "import numpy as np\ndef f(a): return int((a + 1).sum())",
        "import numpy as np\nassert f(np.array([3, 4])) == 9",
        "not_serialisable",
    ),
    "an array that the tests only look into": (
        "import numpy as np\ndef f(): return np.array([1, 2])",
        "import numpy as np\nassert list(f()) == [1, 2] and f().shape == (2,)",
        "match",
    ),
    "a number": (
        "import numpy as np\ndef f(): return np.float64(2)",
        "import numpy as np\nassert np.isclose(f(), 3)",
        "mismatch",
    ),
    "a list for an array": ("def f(): return [1, 2]", ARRAYS, "mismatch"),
    "an object that is only said to be one": (NAMED, ARRAYS, "not_serialisable"),
    "where the tests know no library": (NAMED, "assert f(1) == 8", "mismatch"),
    "of no library but the candidate": (
        NAMED.replace("numpy", "candidate"),
        "import numpy as np\nfrom candidate import Odd\nassert f(1) == 8",
        "mismatch",
    ),
    "an error after it in the next test": (
        "import numpy as np\ndef f(): return np.array([1])\ndef g(): return 7",
        "import numpy as np\nassert f()[0] == 1\nassert g() == 8",
        "mismatch",
    ),
    "a death after it": (
        "import numpy as np, os\ndef f(): return np.array([1])\ndef g(): os._exit(0)",
        "import numpy as np\nassert f()[0] == 1 and g() == 8",
        "runtime_error",
    ),
}


async def test_no_lie_passes(box: Sandbox) -> None:
    for name, (program, tests) in WRONG.items():
        answer = {"style": "assert", "language": "python", "code": tests}
        verdict = await CodeVerifier(box).verify(program, answer, limits=LIMITS)
        assert verdict.outcome == "incorrect", (name, verdict)


@pytest.mark.parametrize("name", RIGHT)
async def test_right_programs_pass_for_all_that(box: Sandbox, name: str) -> None:
    program, tests = RIGHT[name]
    answer = {"style": "assert", "language": "python", "code": tests}
    verdict = await CodeVerifier(box).verify(program, answer)
    assert verdict.outcome == "correct", verdict


@pytest.fixture(scope="module")
def arrays() -> Iterator[Sandbox]:
    try:
        with Sandbox("namespace", template="numpy", slots=1) as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", OF_LIBRARIES)
async def test_objects_of_a_library_that_the_tests_use_do_not_cross(
    arrays: Sandbox, name: str
) -> None:
    program, tests, reason = OF_LIBRARIES[name]
    answer = {"style": "assert", "language": "python", "code": tests}
    verdict = await CodeVerifier(arrays).verify(program, answer, limits=LIMITS)
    outcomes = {"match": "correct", "not_serialisable": "undecided"}
    assert verdict.outcome == outcomes.get(reason, "incorrect"), verdict
    assert verdict.reason == reason, verdict
