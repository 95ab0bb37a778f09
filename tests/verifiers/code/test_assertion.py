"""Assertion tests: what crosses to the candidate, and who is blamed for what does not."""

from __future__ import annotations

from typing import Any

import pytest

from assay_sandbox import Sandbox
from assay_verifiers.code import CodeVerifier

UNITTEST = r"""
import unittest
from unittest.mock import patch, Mock
from io import StringIO
from contextlib import redirect_stdout
class T(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.k=2
    def setUp(self): self.a=Account(10)
    def test_a(self):
        self.a.deposit(5); self.assertEqual(self.a.balance, 15)
        self.assertIsInstance(self.a, Account)
        with self.assertRaises(ValueError) as c: self.a.withdraw(99)
        self.assertIn("funds", str(c.exception))
        with self.assertRaises(Broke): self.a.broke()
    def test_close(self): self.assertAlmostEqual(third(), 1/3, places=6)
    def test_print(self):
        with patch('sys.stdout', new=StringIO()) as o: hello()
        self.assertEqual(o.getvalue(), "hello\n")
        b=StringIO()
        with redirect_stdout(b): hello()
        self.assertEqual(b.getvalue(), "hello\n")
    def test_input(self):
        with patch('builtins.input', side_effect=['3','4']): self.assertEqual(ask(), 7)
    @patch('random.randint', return_value=42)
    def test_rand(self, m):
        self.assertEqual(roll(), 42); m.assert_called_once_with(1,6)
    def test_inplace(self):
        l=[3,1,2]; r=inplace(l); self.assertEqual(l,[1,2,3]); self.assertIs(r,l)
    def test_gen(self): self.assertEqual(list(gen(3)),[0,1,2])
    def test_cb(self): self.assertEqual(apply(lambda x:x+1, 4), 5)
    def test_closure(self):
        c=counter(); c(); self.assertEqual(c(),2)
    def test_mock(self):
        db=Mock(); db.get.return_value={'a':1}
        self.assertEqual(lookup(db,'k'),1); db.get.assert_called_once_with('k')
    def test_dunder(self):
        self.assertEqual(V(1,2)+V(3,4), V(4,6))
        self.assertEqual(len(V(1,2)),2)
        self.assertEqual(str(V(1,2)),"V(1,2)")
        self.assertTrue(1 in V(1,2))
        self.assertEqual(V(1,2)[0],1)
        self.assertEqual((V(1,1)+V(1,1))*2, V(4,4))
    def test_enum(self):
        self.assertEqual(Color.RED.value,1)
        self.assertIs(Color.RED, Color(1))
        self.assertEqual([c.name for c in Color],['RED','BLUE'])
    def test_kw(self):
        self.assertEqual(kw(1,b=2),(1,2))
        self.assertEqual(nt().x,1)
        self.assertEqual(nt(),(1,2))
    def test_static(self):
        self.assertEqual(Account.kind(),'acc')
        self.assertEqual(Account.LIMIT, 5)
    def test_ctx(self):
        with Ctx() as c: self.assertEqual(c.n,1)
    def test_sub(self):
        self.assertTrue(issubclass(Savings, Account))
        self.assertIsInstance(Savings(1), Account)
"""
CANDIDATE = r"""
import random, enum
from collections import namedtuple
class Broke(Exception): pass
class Account:
    LIMIT=5
    def __init__(self,b): self.balance=b
    def deposit(self,x): self.balance+=x
    def withdraw(self,x):
        if x>self.balance: raise ValueError("no funds")
    def broke(self): raise Broke("x")
    @staticmethod
    def kind(): return 'acc'
class Savings(Account): pass
def third(): return 0.33333333
def hello(): print("hello")
def ask(): return int(input())+int(input())
def roll(): return random.randint(1,6)
def inplace(l): l.sort(); return l
def gen(n):
    for i in range(n): yield i
def apply(f,x): return f(x)
def counter():
    n=0
    def c():
        nonlocal n; n+=1; return n
    return c
def lookup(db,k): return db.get(k)['a']
class V:
    def __init__(s,x,y): s.x,s.y=x,y
    def __add__(s,o): return V(s.x+o.x,s.y+o.y)
    def __mul__(s,k): return V(s.x*k,s.y*k)
    def __eq__(s,o): return (s.x,s.y)==(o.x,o.y)
    def __len__(s): return 2
    def __str__(s): return f"V({s.x},{s.y})"
    def __contains__(s,x): return x in (s.x,s.y)
    def __getitem__(s,i): return (s.x,s.y)[i]
class Color(enum.Enum):
    RED=1
    BLUE=2
def kw(a,b): return a,b
P=namedtuple("P","x y")
def nt(): return P(1,2)
class Ctx:
    def __enter__(s): s.n=1; return s
    def __exit__(s,*a): return False
"""


async def test_unittest_classes_with_fixtures_mocks_and_objects_pass(box: Sandbox) -> None:
    answer = {"style": "assert", "code": UNITTEST}
    verdict = await CodeVerifier(box).verify(CANDIDATE, answer)
    assert verdict.reason == "match", verdict
    assert verdict.detail["trust"] == "separate"
    assert len(verdict.detail["tests"]) == 16


DOUBLE = "def f(x):\n    return 2 * x"
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("check", {"entry_point": "f", "code": "def check(c):\n    assert c(2) == 4"}, DOUBLE, "match"),
    (
        "a candidate called check",
        {"code": "assert check(2) == 4"},
        "def check(x):\n    return 2 * x",
        "match",
    ),
    ("called check", {"code": "def check(c):\n    assert c(2) == 4\ncheck(f)"}, DOUBLE, "match"),
    (
        "wrong",
        {"entry_point": "f", "code": "def check(c):\n    assert c(2) == 5"},
        DOUBLE,
        "mismatch",
    ),
    ("pytest functions", {"code": "def test_a():\n    assert f(2) == 4"}, DOUBLE, "match"),
    ("async", {"code": "async def test_a():\n    assert f(2) == 4"}, DOUBLE, "match"),
    ("no entry point", {"entry_point": "g", "code": "def check(c): pass"}, DOUBLE, "malformed"),
    ("no syntax", {"code": "assert f(1) == 2"}, "def f(x) return x", "compile_error"),
    ("fails to load", {"code": "assert f(1) == 2"}, "1/0", "runtime_error"),
    ("tests without syntax", {"code": "assert f(1) =="}, DOUBLE, "bad_gold"),
    ("tests without tests", {"code": "x = 1"}, DOUBLE, "bad_gold"),
    ("a missing module", {"code": "import no_such_thing\nassert f(1) == 2"}, DOUBLE, "bad_gold"),
    (
        "a missing module of its own",
        {"code": "assert f(1) == 2"},
        "import no_such_thing\n" + DOUBLE,
        "runtime_error",
    ),
    ("a module passed", {"code": "import math\nassert f(math) == 2"}, DOUBLE, "not_serialisable"),
    (
        "a subclass in the tests",
        {"code": "class B(A): pass\nB()"},
        "class A: pass",
        "not_serialisable",
    ),
    (
        "the prelude's names",
        {"prelude": "N = 4\ndef g(): return N", "code": "assert f(2) == g()"},
        DOUBLE,
        "match",
    ),
    (
        "the candidate's imports",
        {"code": "assert math.isclose(f(2), 4)"},
        "import math\n" + DOUBLE,
        "match",
    ),
    (
        "a false module",
        {"code": "import math\nassert math.isclose(f(2), 5)"},
        "class math:\n    isclose = lambda *a: True\n" + DOUBLE,
        "mismatch",
    ),
    (
        "a false built-in",
        {"code": "assert abs(f(2) - 5) < 1"},
        "abs = lambda x: 0\n" + DOUBLE,
        "mismatch",
    ),
    (
        "a false builtin module",
        {"code": "assert isclose(f(2), 5)"},
        "import operator\nisclose = operator.truth\n" + DOUBLE,
        "runtime_error",
    ),
    (
        "surrogates and big numbers",
        {"code": "for v in ('\\ud800', 10**999, 1j, b'\\0', float('inf')):\n    assert f(v) == v"},
        "def f(x):\n    return x",
        "match",
    ),
    (
        "cycles",
        {"code": "a = [1]\na.append(a)\nassert f(a) is a\nassert a[0] == 2"},
        "def f(x):\n    x[1][0] += 1\n    return x",
        "match",
    ),
    (
        "aliases",
        {"code": "a = [1]\nf([a, a])\nassert a == [3]"},
        "def f(x):\n    for each in x: each[0] += 1",
        "match",
    ),
    (
        "seeds",
        {
            "code": "import random\nrandom.seed(3)\nx = random.random()\n"
            "random.seed(3)\nassert f() == x"
        },
        "import random\ndef f(): return random.random()",
        "match",
    ),
    (
        "a bare except",
        {"code": "try:\n    f(1)\nexcept BaseException:\n    pass\nassert True"},
        "import os\ndef f(x): os._exit(0)",
        "runtime_error",
    ),
    (
        "a bare except and a loop",
        {"code": "try:\n    f(1)\nexcept BaseException:\n    pass\nassert True"},
        "def f(x):\n    while True: pass",
        "time_limit",
    ),
    (
        "an expected exit",
        {
            "code": "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
            "        with self.assertRaises(SystemExit): f(1)"
        },
        "def f(x): raise SystemExit(3)",
        "match",
    ),
    (
        "a false exit",
        {
            "code": "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
            "        with self.assertRaises(SystemExit): f(1)"
        },
        "import os\ndef f(x): os._exit(3)",
        "runtime_error",
    ),
]


@pytest.mark.parametrize(
    ("answer", "program", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
async def test_tests_are_judged_and_blame_is_given(
    box: Sandbox, answer: dict[str, Any], program: str, reason: str
) -> None:
    limits = {"wall_s": 2.0} if reason == "time_limit" else {"wall_s": 10.0}
    answer = {"style": "assert", **answer}
    verdict = await CodeVerifier(box).verify(program, answer, limits=limits)
    assert verdict.reason == reason, verdict


async def test_each_assert_is_a_test_and_a_death_costs_only_its_own(box: Sandbox) -> None:
    program = "import os\ndef f(x):\n    return os._exit(0) if x == 2 else x"
    code = "\n".join(f"assert f({n}) == {n if n < 4 else 0}" for n in range(1, 6))
    answer = {"style": "assert", "code": code}
    verdict = await CodeVerifier(box).verify(program, answer, partial=True)
    statuses = [test["status"] for test in verdict.detail["tests"]]
    assert statuses == ["match", "runtime_error", "match", "mismatch", "mismatch"]
    assert (verdict.reason, verdict.score) == ("partial", 0.4)
    assert "got 4, expected 0" in verdict.detail["tests"][3]["difference"]
    early = await CodeVerifier(box).verify(program, answer, stop_early=True)
    statuses = [test["status"] for test in early.detail["tests"]]
    assert statuses == ["match", "runtime_error", "not_run", "not_run", "not_run"]
