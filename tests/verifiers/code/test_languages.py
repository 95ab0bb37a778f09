"""Other languages: programs by their output, and appended tests in each language's convention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from assay_datasets import InputError
from assay_sandbox import Job, Result, Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier

from .pairs import PAIRS

AMPLE = {"wall_s": 30.0, "cpu_s": 30.0}
TESTS = [{"stdin": f"{n}\n", "stdout": f"{2 * n}\n"} for n in (1, 5)]
PROGRAMS = {
    "c": '#include <stdio.h>\nint main() { int n; scanf("%d", &n); printf("%d\\n", 2 * n); }',
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n; }",
    "javascript": "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')))",
    "java": "import java.util.*;\npublic class Main { public static void main(String[] a) {\n"
    "System.out.println(2 * new Scanner(System.in).nextInt()); } }",
    "typescript": "import * as fs from 'fs';\n"
    "const n: number = Number(fs.readFileSync(0, 'utf8'));\nconsole.log(2 * n);",
    "go": 'package main\nimport "fmt"\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(2 * n) }',
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
    'println!("{}", 2 * s.trim().parse::<i32>().unwrap()); }',
}
BROKEN = {"c": "int main() { return x; }", "java": "class Main { int f() { return x; } }"}


@pytest.fixture(scope="module")
def tools() -> Iterator[Sandbox]:
    """Every language of this host; the fast back-end, since nothing here is about isolation."""
    try:
        with Sandbox("namespace", template="toolchain") as opened:
            yield opened
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def need(tools: Sandbox, language: str) -> None:
    if language not in tools._settings.languages:
        pytest.skip(f"this host has no {language}")


@pytest.mark.parametrize("language", PROGRAMS)
async def test_a_program_of_each_language_is_judged(tools: Sandbox, language: str) -> None:
    need(tools, language)
    answer = {"style": "stdio", "language": language, "tests": TESTS}
    block = f"```{language}\n%s\n```"
    right = await CodeVerifier(tools).verify(block % PROGRAMS[language], answer, limits=AMPLE)
    assert right.reason == "match", right
    wrong = PROGRAMS[language].replace("2 *", "3 *")
    verdict = await CodeVerifier(tools).verify(block % wrong, answer, limits=AMPLE)
    assert verdict.reason == "mismatch", verdict


@pytest.mark.parametrize("language", BROKEN)
async def test_what_the_compiler_said_is_kept(tools: Sandbox, language: str) -> None:
    need(tools, language)
    answer = {"style": "stdio", "language": language, "tests": TESTS}
    verdict = await CodeVerifier(tools).verify(BROKEN[language], answer, limits=AMPLE)
    assert verdict.reason == "compile_error", verdict
    assert "error" in verdict.detail["tests"][0]["difference"]


async def test_files_beside_the_program_are_there(tools: Sandbox) -> None:
    need(tools, "cpp")
    response = (
        '```cpp twice.h\nint twice(int n) { return 2 * n; }\n```\n```cpp\n#include "twice.h"\n'
    )
    response += (
        "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << twice(n); }\n```"
    )
    answer = {"style": "stdio", "language": "cpp", "tests": TESTS}
    verdict = await CodeVerifier(tools).verify(response, answer, limits=AMPLE)
    assert verdict.reason == "match", verdict


async def test_a_javascript_module_is_a_program(tools: Sandbox) -> None:
    need(tools, "javascript")
    answer = {"style": "stdio", "language": "javascript", "tests": TESTS}
    module = "import fs from 'node:fs';\nconsole.log(2 * await Number(fs.readFileSync(0, 'utf8')))"
    verdict = await CodeVerifier(tools).verify(f"```js\n{module}\n```", answer, limits=AMPLE)
    assert verdict.reason == "match", verdict


async def test_a_language_that_the_sandbox_lacks_is_named_with_its_mend() -> None:
    answer = {"style": "append", "language": "go", "code": PAIRS["go"]["a test"].tests}
    try:
        with Sandbox("namespace") as plain, pytest.raises(InputError, match=r"go.*mend: "):
            await CodeVerifier(plain).verify("package main", answer)
    except SandboxUnavailable as error:
        pytest.skip(str(error))


# Appended tests


@pytest.mark.parametrize(
    ("language", "name"), [(language, name) for language, pairs in PAIRS.items() for name in pairs]
)
async def test_a_languages_own_tests_tell_right_from_wrong(
    tools: Sandbox, language: str, name: str
) -> None:
    need(tools, language)
    pair = PAIRS[language][name]
    answer = {"style": "append", "language": language, "code": pair.tests}
    right = await CodeVerifier(tools).verify(pair.right, answer, limits=AMPLE)
    assert (right.reason, right.detail["trust"]) == ("match", "shared"), right
    wrong = await CodeVerifier(tools).verify(pair.wrong, answer, limits=AMPLE)
    assert (wrong.reason, wrong.score) == ("mismatch", 0.0), wrong
    assert wrong.detail["tests"][0]["difference"], "what failed is told"


async def test_files_beside_the_program_are_there_for_appended_tests(tools: Sandbox) -> None:
    need(tools, "javascript")
    response = (
        "```js\n// file: lib/twice.js\nexports.twice = (n) => 2 * n;\n```\n"
        "```js\nconst { twice } = require('./lib/twice.js');\nconst f = (n) => twice(n) + 1;\n```"
    )
    code = "console.assert(f(2) === 5)"
    answer = {"style": "append", "language": "javascript", "code": code}
    verdict = await CodeVerifier(tools).verify(response, answer, limits=AMPLE)
    assert verdict.reason == "match", verdict


BAD_TESTS = [
    ("python", "assert True", "for python use style assert"),
    ("bash", "true", "not bash"),
    ("c", "void f(void) {}", "no main"),
    ("c", "int main(void) { assert(f()); exit(0); }", "let them return"),
    ("c", 'int main(void) { /* } */ puts("}");', "never closed"),
    ("java", "void f() {}", "no class with a main"),
    ("java", "class T { public static void main(String[] a) { System.exit(b); } }", "System.exit"),
    ("java", "import org.junit.jupiter.api.Test;\nclass T { void main() {} }", "org.junit"),
    ("javascript", "const { expect } = require('chai');\nexpect(f()).to.be.true;", "chai"),
    ("javascript", "f() || process.exit(1); process.exit(0);", "process.exit"),
    ("go", "func Check() {}", "no func TestX"),
    ("go", 'import "example.com/a/b"\nfunc TestA(t *testing.T) {}', "example.com/a/b"),
    ("go", "func TestA(t *testing.T) {}\nfunc TestMain(m *M) { os.Exit(m.Run()) }", "os.Exit"),
    ("rust", "fn check() {}", "neither"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "code", "said"), BAD_TESTS)
async def test_tests_that_no_convention_runs_are_bad_gold_and_say_why(
    language: str, code: str, said: str
) -> None:
    box: Any = _Told()
    answer = {"style": "append", "language": language, "code": code}
    verdict = await CodeVerifier(box).verify("x", answer)
    assert (verdict.reason, verdict.detail["trust"]) == ("bad_gold", "shared")
    assert said in verdict.detail["error"]
    assert not box.jobs


# The control


class _Told:
    """A sandbox in which each program writes its nonce in the runs whose numbers it is given."""

    def __init__(self, *writes: str) -> None:
        self._writes = list(writes)
        self.jobs: list[Job] = []

    async def run_many(self, jobs: Sequence[Job], deadline_s: float) -> list[Result]:
        self.jobs += jobs
        return [self._result(job.stdin.split()) for job in jobs]

    def _result(self, told: Sequence[bytes]) -> Result:
        nonce, a, b, c = told
        kind = "real" if int(a) + int(b) == int(c) else "control"
        return Result("ok", stdout=b"hello\n" + nonce) if kind in self._writes else _FAILED


_FAILED = Result("nonzero_exit", 1, stderr=b"Assertion `f(1) == 8' failed")
MAIN = {"style": "append", "language": "c", "code": "int main(void) { assert(f(1) == 8); }"}


@pytest.mark.parametrize(
    ("writes", "reason", "runs"),
    [
        (["real"], "match", 4),
        (["real", "control"], "tampering", 4),
        (["control"], "mismatch", 1),
        ([], "mismatch", 1),
    ],
)
async def test_a_pass_is_one_that_its_controls_do_not_share(
    writes: list[str], reason: str, runs: int
) -> None:
    box: Any = _Told(*writes)
    verdict = await CodeVerifier(box).verify("int f(int x) { return 8; }", MAIN)
    assert (verdict.reason, len(box.jobs)) == (reason, runs), verdict


async def test_real_runs_and_controls_differ_in_nothing_but_a_sum() -> None:
    box: Any = _Told("real")
    for _ in range(20):
        await CodeVerifier(box).verify("int f(int x) { return 8; }", MAIN)
    told = [job.stdin.split() for job in box.jobs]
    assert len({job.source for job in box.jobs}) == 1, "compiled once"
    assert not any(job.argv or job.env for job in box.jobs)
    assert len({nonce for nonce, *_ in told}) == len(told)
    control = [int(a) + int(b) != int(c) for _, a, b, c in told]
    assert sum(control) == len(control) // 2
    orders = {tuple(control[at + 1 : at + 4]) for at in range(0, len(control), 4)}
    assert len(orders) > 1, "their order is decided by chance"
    for digit in range(-3, 0):
        odd = [int(nonce[digit : digit + 1 or None], 16) % 2 for nonce, *_ in told]
        assert odd != control, "nor does the nonce tell"


async def test_a_pass_that_does_not_repeat_is_none() -> None:
    class Once(_Told):
        def _result(self, told: Sequence[bytes]) -> Result:
            found = super()._result(told)
            self._writes = []
            return found

    box: Any = Once("real")
    verdict = await CodeVerifier(box).verify("int f(int x) { return 8; }", MAIN)
    assert verdict.reason == "mismatch"
