"""A few programming problems of our own, with right programs, for ``benchmarks/judge.py``.

They are about as long, as quick and as well tested as those of the published sets: a function of
ten lines with seven calls, a program that reads a few numbers with five inputs.
"""

from __future__ import annotations

from typing import cast

from code_sets import CodeProblem

_FUNCTIONS: tuple[tuple[str, str, list[list[object]]], ...] = (
    (
        "longest_run",
        """
def longest_run(items):
    best, run, last = 0, 0, object()
    for item in items:
        run = run + 1 if item == last else 1
        best, last = max(best, run), item
    return best
""",
        [
            [[[]], 0],
            [[[1]], 1],
            [[[1, 1, 2]], 2],
            [[[3, 3, 3, 1, 1]], 3],
            [[["a", "b", "b"]], 2],
            [[[0, 0, 0, 0]], 4],
            [[[1, 2, 1, 2]], 1],
        ],
    ),
    (
        "balanced",
        """
def balanced(text):
    pairs, stack = {")": "(", "]": "[", "}": "{"}, []
    for letter in text:
        if letter in pairs.values():
            stack.append(letter)
        elif letter in pairs and (not stack or stack.pop() != pairs[letter]):
            return False
    return not stack
""",
        [
            [[""], True],
            [["()"], True],
            [["([]{})"], True],
            [["(]"], False],
            [["(("], False],
            [["a(b)c"], True],
            [["}"], False],
        ],
    ),
    (
        "roman",
        """
def roman(number):
    signs = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
             (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    text = ""
    for value, sign in signs:
        while number >= value:
            text, number = text + sign, number - value
    return text
""",
        [
            [[1], "I"],
            [[4], "IV"],
            [[9], "IX"],
            [[14], "XIV"],
            [[40], "XL"],
            [[1994], "MCMXCIV"],
            [[3999], "MMMCMXCIX"],
        ],
    ),
    (
        "primes_below",
        """
def primes_below(limit):
    is_prime = [True] * limit
    for number in range(2, limit):
        if is_prime[number]:
            for multiple in range(number * number, limit, number):
                is_prime[multiple] = False
    return [number for number in range(2, limit) if is_prime[number]]
""",
        [
            [[0], []],
            [[2], []],
            [[3], [2]],
            [[10], [2, 3, 5, 7]],
            [[12], [2, 3, 5, 7, 11]],
            [[20], [2, 3, 5, 7, 11, 13, 17, 19]],
            [[24], [2, 3, 5, 7, 11, 13, 17, 19, 23]],
        ],
    ),
)
_PROGRAMS: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
    (
        "range of a list",
        "input()\nnumbers = list(map(int, input().split()))\nprint(max(numbers) - min(numbers))\n",
        [
            ("3\n1 5 2\n", "4\n"),
            ("1\n7\n", "0\n"),
            ("4\n-1 -5 3 3\n", "8\n"),
            ("2\n10 10\n", "0\n"),
            ("5\n1 2 3 4 5\n", "4\n"),
        ],
    ),
    (
        "shortest path",
        """
from collections import deque

n, m = map(int, input().split())
near = [[] for _ in range(n + 1)]
for _ in range(m):
    a, b = map(int, input().split())
    near[a].append(b)
    near[b].append(a)
far, queue = {1: 0}, deque([1])
while queue:
    here = queue.popleft()
    for there in near[here]:
        if there not in far:
            far[there] = far[here] + 1
            queue.append(there)
print(far.get(n, -1))
""",
        [
            ("2 1\n1 2\n", "1\n"),
            ("4 3\n1 2\n2 3\n3 4\n", "3\n"),
            ("3 1\n1 2\n", "-1\n"),
            ("4 4\n1 2\n2 4\n1 3\n3 4\n", "2\n"),
            ("1 0\n", "0\n"),
        ],
    ),
    (
        "word counts",
        """
from collections import Counter

words = Counter(input().lower().split())
for word, count in sorted(words.items(), key=lambda item: (-item[1], item[0])):
    print(word, count)
""",
        [
            ("a b a\n", "a 2\nb 1\n"),
            ("x\n", "x 1\n"),
            ("B b A\n", "b 2\na 1\n"),
            ("one two two three three three\n", "three 3\ntwo 2\none 1\n"),
            ("q w e\n", "e 1\nq 1\nw 1\n"),
        ],
    ),
)


def own_problems() -> dict[str, list[CodeProblem]]:
    """Problems by the workload they stand for."""
    functions = [
        CodeProblem(
            name,
            {
                "style": "function",
                "language": "python",
                "name": name,
                "tests": [{"args": args, "expected": expected} for args, expected in cases],
            },
            (source,),
        )
        for name, source, cases in _FUNCTIONS
    ]
    programs = [
        CodeProblem(
            name,
            {
                "style": "stdio",
                "language": "python",
                "tests": [{"stdin": given, "stdout": wanted} for given, wanted in cases],
            },
            (source,),
        )
        for name, source, cases in _PROGRAMS
    ]
    assertions = [
        CodeProblem(
            name,
            {
                "style": "assert",
                "language": "python",
                "entry_point": name,
                "code": _check(cases),
            },
            (source,),
        )
        for name, source, cases in _FUNCTIONS
    ]
    return {"own assertions": assertions, "own functions": functions, "own programs": programs}


def _check(cases: list[list[object]]) -> str:
    """The cases as HumanEval writes them."""
    lines = [
        f"    assert candidate({', '.join(map(repr, cast(list[object], args)))}) == {expected!r}"
        for args, expected in cases
    ]
    return "\n".join(("def check(candidate):", *lines))
