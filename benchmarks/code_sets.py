"""Published sets of programming problems as problems of the code verifier, by the rows' shape.

``problems_of(path)`` reads a JSONL file whose rows are ``{"id", "tests" | "answer", "meta"}`` and
gives each as an answer of the verifier, the programs known to be right or wrong, and what the set
says of its own solution. What a row is, is told by the type of its tests:

    tests.type         style      note
    check_function     assert     HumanEval: ``check(candidate)``
    assert             assert     MBPP: bare asserts, the hidden ones too
    unittest           assert     BigCodeBench
    call_equals_repr   function   HumanEval+: values as Python literals, a tolerance
    call_equals        function   QuixBugs: values as JSON, so tuples are lists and floats are close
    call               function   APPS: a function, or a method of a class ``Solution``
    stdin_stdout       stdio      floats are close where an expected output has decimals; where
                                  several outputs are right, the problem's checker decides
    (an ``answer``)    function   CRUXEval: the program itself, on its one input (or ``assert``)

Rows of other shapes are passed over. Literals are read, nothing is executed here.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contest_checkers import checker

from assay_verifiers.codec import encode

LIBRARIES = (  # what BigCodeBench's solutions were written for, as far as this Python has it
    "numpy==1.26.4",
    "pandas==2.0.3",
    "matplotlib==3.7.5",
    "seaborn==0.13.2",
    "lxml",
    "beautifulsoup4",
    "requests",
    "pillow",
)
_CLOSE = 1e-6
_JUDGE_IMPORTS = "from typing import *"  # what the site that asks for a class has in scope


@dataclass(frozen=True)
class CodeProblem:
    """One problem.

    Attributes:
        id: the set's own.
        answer, options: for the verifier ``code``.
        right, wrong: programs known to be so; the first right one is the set's solution.
        flagged: the set itself says that its solution fails its own tests.
        packages: Python packages that its programs use.
    """

    id: str
    answer: Mapping[str, Any]
    right: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    flagged: bool = False
    packages: tuple[str, ...] = ()

    @property
    def style(self) -> str:
        return str(self.answer["style"])


def problems_of(path: Path) -> list[CodeProblem]:
    """The problems of one file, in order."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [problem for row in rows for problem in _problems(row)]


def _problems(row: Mapping[str, Any]) -> Iterator[CodeProblem]:
    meta, tests = row.get("meta") or {}, row.get("tests")
    if isinstance(tests, dict) and tests.get("type") in _SHAPES:
        answer, options = _SHAPES[tests["type"]](tests, meta)
        if decides := checker(row["id"]):
            options = {"compare": {"checker": decides}}
        yield CodeProblem(
            id=row["id"],
            answer={"language": "python"} | answer,
            options=options,
            right=_right(meta),
            wrong=tuple(each["code"] for each in meta.get("incorrect_solutions", ())),
            flagged=meta.get("canonical_passes") is False,
            packages=LIBRARIES if tests["type"] == "unittest" else (),
        )
    elif tests is None and meta.get("answer_type") == "python_literal":
        yield CodeProblem(row["id"], _predicted(meta["input"], row["answer"]), (meta["code"],))


def _predicted(given: str, wanted: str) -> dict[str, Any]:
    """One call: by values where all are literals, else by an assertion."""
    try:
        test = {"args": _arguments(given), "expected": _literal(wanted)}
    except ValueError:
        code = f"assert f({given}) == {wanted}"
        return {"style": "assert", "language": "python", "entry_point": "f", "code": code}
    return {"style": "function", "language": "python", "name": "f", "tests": [test]}


def _right(meta: Mapping[str, Any]) -> tuple[str, ...]:
    programs = [meta["canonical_solution"]]
    programs += meta.get("correct_solutions", ()) + meta.get("model_correct", ())
    return tuple(dict.fromkeys(programs))


def _literal(text: str) -> Any:
    return encode(ast.literal_eval(text))


def _arguments(text: str) -> list[Any]:
    call = ast.parse(f"f({text}\n)", mode="eval").body
    if not isinstance(call, ast.Call) or call.keywords:
        raise ValueError("not plain arguments")
    return [encode(ast.literal_eval(argument)) for argument in call.args]


Shaped = tuple[dict[str, Any], dict[str, Any]]


def _check(tests: Mapping[str, Any], _: Mapping[str, Any]) -> Shaped:
    return _asserting(tests["code"], tests["entry_point"])


def _asserts(tests: Mapping[str, Any], meta: Mapping[str, Any]) -> Shaped:
    lines = [tests["setup"], *tests["asserts"], *tests["hidden_asserts"]]
    code = "\n".join(filter(None, lines))
    defined = re.findall(r"^def (\w+)\(", meta["canonical_solution"], re.MULTILINE)
    called = set(re.findall(r"(\w+)\s*\(", code))
    return _asserting(code, next((name for name in defined if name in called), None))


def _unittest(tests: Mapping[str, Any], meta: Mapping[str, Any]) -> Shaped:
    """The tests follow the solution in one file there, and use what it imports."""
    labels = json.loads(meta.get("labels", "{}"))
    body = ast.parse(meta["canonical_solution"]).body
    imports = [ast.unparse(each) for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    return _asserting("\n".join([*imports, tests["code"]]), labels.get("entry_point"))


def _asserting(code: str, entry_point: str | None) -> Shaped:
    named = {"entry_point": entry_point} if entry_point else {}
    return {"style": "assert", "code": code} | named, {}


def _literals(tests: Mapping[str, Any], _: Mapping[str, Any]) -> Shaped:
    cases = [
        {"args": _arguments(case["args"].strip()[1:-1]), "expected": _literal(case["expected"])}
        for case in tests["cases"]
    ]
    answer = {"style": "function", "name": tests["entry_point"], "tests": cases}
    close = {"compare": "float", "tolerance": tests["atol"]} if tests["atol"] else {}
    return answer, close


def _json_values(tests: Mapping[str, Any], _: Mapping[str, Any]) -> Shaped:
    answer = {"style": "function", "name": tests["entry_point"], "tests": tests["cases"]}
    return answer, {"compare": "json", "tolerance": _CLOSE}


def _apps_calls(tests: Mapping[str, Any], meta: Mapping[str, Any]) -> Shaped:
    method = "class Solution" in meta["canonical_solution"]
    name = f"Solution.{tests['fn_name']}" if method else tests["fn_name"]
    cases = [
        {"args": given, "expected": wanted[0] if isinstance(wanted, list) else wanted}
        for given, wanted in zip(tests["inputs"], tests["outputs"], strict=True)
    ]
    prelude = {"prelude": _JUDGE_IMPORTS} if method else {}
    return {"style": "function", "name": name, "tests": cases} | prelude, {"compare": "json"}


def _texts(tests: Mapping[str, Any], _: Mapping[str, Any]) -> Shaped:
    pairs = list(zip(tests["inputs"], tests["outputs"], strict=True))
    answer = {"style": "stdio", "tests": [{"stdin": i, "stdout": o} for i, o in pairs]}
    if any(_is_decimal(token) for _, out in pairs for token in out.split()):
        return answer, {"compare": "float", "tolerance": _CLOSE}
    return answer, {"compare": "tokens"}


def _is_decimal(token: str) -> bool:
    whole, point, fraction = token.lstrip("-").partition(".")
    return bool(point) and whole.isdecimal() and fraction.isdecimal()


_SHAPES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Shaped]] = {
    "check_function": _check,
    "assert": _asserts,
    "unittest": _unittest,
    "call_equals_repr": _literals,
    "call_equals": _json_values,
    "call": _apps_calls,
    "stdin_stdout": _texts,
}
