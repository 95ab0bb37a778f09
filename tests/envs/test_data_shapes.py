"""Every shape in which public data sets come is an environment by its column map alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay_envs.data_env import DataEnvironment, data_environment
from assay_sandbox import Sandbox

Row = dict[str, Any]
Shape = tuple[str, str, Row, str]

IN_PROCESS: list[Shape] = [
    (
        "a number and its rationale",
        'verifier = "math"\nanswer = "{answer}"\nsolution = "{meta.rationale}"',
        {"answer": "12", "meta": {"rationale": "3 times 4 is <<3*4=12>>12.\n#### 12"}},
        "13",
    ),
    (
        "several golds, one of which will do",
        'verifier = "math"\nanswer = "{meta.answers}"\noracle = "{answer}"',
        {"answer": "1/2", "meta": {"answers": ["$\\frac{1}{2}$", "$0.5$"]}},
        "2",
    ),
    (
        "a formula",
        'verifier = "math"\nanswer = "{answer}"',
        {"answer": "F = \\frac{m v^2}{r}"},
        "F = \\frac{m v}{r}",
    ),
    (
        "a decimal with the publisher's tolerance",
        'verifier = "math"\nanswer = "{answer}"\noptions = {tolerance = 0.04}',
        {"answer": "1.42"},
        "1.6",
    ),
    (
        "one letter of several",
        'verifier = "science"\nanswer = "{answer}"\noptions = {kind = "choice"}',
        {"answer": "C"},
        "D",
    ),
    (
        "several letters",
        'verifier = "science"\nanswer = "{answer}"\noptions = {kind = "choice"}',
        {"answer": "ACD"},
        "AC",
    ),
    (
        "a grid in text",
        'verifier = "text"\nanswer = {const = "{answer|json}"}\noracle = "{answer}"\n'
        'options = {metric = "json_schema"}',
        {"answer": "[[1,0],[0,1]]"},
        "[[1,0],[0,0]]",
    ),
    (
        "numbers for a game of ours",
        'verifier = "logic/game24"\noracle = "{meta.known}"\n'
        'answer = {numbers = "{meta.numbers}", target = "{meta.target}"}',
        {"meta": {"numbers": [2, 3, 4, 1], "target": 24, "known": "1*2*3*4"}},
        "4*6",
    ),
    (
        "instructions with their arguments",
        'verifier = "instruction"\noracle = "{meta.response}"\n'
        'answer = {instruction_id_list = "{tests.ids}", kwargs = "{tests.kwargs}"}',
        {
            "tests": {"ids": ["punctuation:no_comma"], "kwargs": [{}]},
            "meta": {"response": "No commas here."},
        },
        "One, two.",
    ),
]
DOUBLE = "def double(x):\n    return 2 * x"
OF_CODE: list[Shape] = [
    (
        "check(candidate)",
        'answer = {style = "assert", entry_point = "{tests.entry_point}", code = "{tests.code}"}',
        {
            "tests": {
                "entry_point": "double",
                "code": "def check(candidate):\n    assert candidate(4) == 8",
            },
            "solution": DOUBLE,
        },
        "def double(x):\n    return x",
    ),
    (
        "a list of asserts and their imports",
        'answer = {style = "assert", code = "{tests.setup}\\n{tests.asserts|lines}"}',
        {
            "tests": {"setup": "import math", "asserts": ["assert double(math.tau) == 4*math.pi"]},
            "solution": DOUBLE,
        },
        "def double(x):\n    return x",
    ),
    (
        "a unittest class",
        'answer = {style = "assert", entry_point = "double", code = "{tests.code}"}',
        {
            "tests": {
                "code": "import unittest\nclass T(unittest.TestCase):\n"
                "    def test_it(self):\n        self.assertEqual(double('a'), 'aa')"
            },
            "solution": DOUBLE,
        },
        "def double(x):\n    return x",
    ),
    (
        "cases as tables",
        'answer = {style = "function", name = "{tests.name}", '
        'tests = {each = "{tests.cases}", args = "{item.args}", expected = "{item.expected}"}}',
        {
            "tests": {"name": "double", "cases": [{"args": [3], "expected": 6}]},
            "solution": DOUBLE,
        },
        "def double(x):\n    return x",
    ),
    (
        "cases as Python in text",
        'answer = {style = "function", name = "double", tests = {each = "{tests.cases}", '
        'args = "{item.args|python}", expected = "{item.expected|python}"}}\n'
        'options = {compare = "json"}',
        {
            "tests": {"cases": [{"args": "[(1, 2)]", "expected": "(1, 2, 1, 2)"}]},
            "solution": DOUBLE,
        },
        "def double(x):\n    return x",
    ),
    (
        "two lists, inputs and outputs in lists of their own",
        'answer = {style = "function", name = "double", '
        'tests = {each = ["{inputs}", "{outputs}"], args = "{item.0}", expected = "{item.1.0}"}}',
        {"inputs": [[3], [4]], "outputs": [[6], [8]], "solution": DOUBLE},
        "def double(x):\n    return x",
    ),
    (
        "two lists of text, for a whole program",
        'answer = {style = "stdio", language = "python", '
        'tests = {each = ["{inputs}", "{outputs}"], stdin = "{item.0}", stdout = "{item.1}"}}',
        {"inputs": ["3\n"], "outputs": ["6\n"], "solution": "print(2 * int(input()))"},
        "print(int(input()))",
    ),
]
FUNCTIONS: Row = {
    "tests": {"functions": ["def evaluate(response):\n    return response.isupper()"]},
    "solution": "QUITE LOUD",
}


def environment(folder: Path, body: str, row: Row, sandbox: Sandbox | None) -> DataEnvironment:
    rows = [{"prompt": f"Question {number}", **row} for number in (1, 2)]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    file = folder / "set.toml"
    head = 'id = "mine/set"\ndata = "rows.jsonl"\nprompt = "{prompt}"\n'
    file.write_text(head + body, encoding="utf-8")
    return data_environment(file)(sandbox)


async def is_judged(env: DataEnvironment, wrong: str) -> None:
    task = env.generate(0, 1)
    for response in (env.oracle(task), env.solution(task)):
        verdict = await env.judge(response, task)
        assert verdict.outcome == "correct", (response, verdict)
    assert (await env.judge(wrong, task)).outcome == "incorrect"


@pytest.mark.parametrize(
    ("body", "row", "wrong"),
    [shape[1:] for shape in IN_PROCESS],
    ids=[shape[0] for shape in IN_PROCESS],
)
async def test_the_right_answer_is_correct_and_a_wrong_one_is_not(
    tmp_path: Path, body: str, row: Row, wrong: str
) -> None:
    await is_judged(environment(tmp_path, body, row, None), wrong)


@pytest.mark.parametrize(
    ("body", "row", "wrong"), [shape[1:] for shape in OF_CODE], ids=[shape[0] for shape in OF_CODE]
)
async def test_a_right_program_is_correct_and_a_wrong_one_is_not(
    tmp_path: Path, box: Sandbox, body: str, row: Row, wrong: str
) -> None:
    fenced = 'verifier = "code"\noracle = "```python\\n{solution}\\n```"\n'
    await is_judged(environment(tmp_path, fenced + body, row, box), wrong)


async def test_functions_of_the_rows_judge_the_response(tmp_path: Path, box: Sandbox) -> None:
    body = 'verifier = "instruction/function"\nanswer = {functions = "{tests.functions}"}\n'
    env = environment(tmp_path, body + 'oracle = "{solution}"', FUNCTIONS, box)
    await is_judged(env, "quite loud")


@pytest.mark.parametrize(
    ("body", "shares"),
    [
        ('answer = {style = "stdio", language = "python", tests = "{tests}"}', True),
        ('answer = {style = "assert", code = "{tests}"}', True),
        ('answer = {style = "stdio", language = "c", tests = "{tests}"}', False),
        ('answer = {style = "stdio", language = "{language}", tests = "{tests}"}', False),
        ('answer = "{tests}"', False),
        ('answer = {style = "assert", code = "{tests}"}\noptions = {template = "numpy"}', False),
    ],
)
def test_what_plain_python_will_not_do_for_has_the_sandbox_it_asks_for(
    tmp_path: Path, body: str, shares: bool
) -> None:
    given: Any = object()
    env = environment(tmp_path, f'verifier = "code"\n{body}', {"tests": []}, given)
    assert (env.verifier._sandbox is given) is shares
