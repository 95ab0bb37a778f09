"""stdio programs in other languages: compiled once, judged alike, their errors kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay_sandbox import Sandbox, SandboxUnavailable
from assay_verifiers.code import CodeVerifier

AMPLE = {"wall_s": 30.0, "cpu_s": 30.0}
TESTS = [{"stdin": f"{n}\n", "stdout": f"{2 * n}\n"} for n in (1, 5)]
PROGRAMS = {
    "c": '#include <stdio.h>\nint main() { int n; scanf("%d", &n); printf("%d\\n", 2 * n); }',
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n; }",
    "javascript": "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')))",
    "java": "import java.util.*;\npublic class Main { public static void main(String[] a) {\n"
    "System.out.println(2 * new Scanner(System.in).nextInt()); } }",
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


@pytest.mark.parametrize("language", ["python", "bash"])
async def test_append_of_a_language_without_the_convention_is_bad_gold(
    tools: Sandbox, language: str
) -> None:
    answer = {"style": "append", "language": language, "code": "true"}
    verdict = await CodeVerifier(tools).verify("x = 1", answer)
    assert (verdict.reason, verdict.detail["trust"]) == ("bad_gold", "shared")
