"""Every language that this host has, in the toolchain template, over both back-ends."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

import pytest

from assay_sandbox import InvalidJob, Job, Limits, Result, Sandbox, languages, probe
from assay_sandbox.languages import LANGUAGES

AVAILABLE = languages.available()
ROOM = Limits(wall_s=30.0, cpu_s=30.0)

Run = Callable[..., Result]


@pytest.fixture(scope="module", params=["gvisor", "namespace"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    with Sandbox(request.param, template="toolchain", slots=1) as opened:
        yield opened


@pytest.fixture
def run(box: Sandbox) -> Run:
    """``run(language, source, …)``: one job with room for a slow machine."""

    def run_one(language: str, source: str = "", **given: object) -> Result:
        _need(language)
        fields = {"limits": ROOM, "compile_limits": None} | given
        return box.run_sync(Job(textwrap.dedent(source), language, **fields))  # type: ignore[arg-type]

    return run_one


def _need(language: str) -> None:
    here = AVAILABLE[languages.find(language).name]
    if not here.ok:
        pytest.skip(f"{language}: {here.detail}; {here.mend}")


# Each reads a number, and prints twice that, its argument, and what is in the file data.txt.
PROGRAMS = {
    "python": """
        import sys
        print(int(input()) * 2, sys.argv[1], open("data.txt").read())
        """,
    "c": """
        #include <math.h>
        #include <stdio.h>
        int main(int argc, char **argv) {
            double x; char text[9];
            scanf("%lf", &x);
            fscanf(fopen("data.txt", "r"), "%8s", text);
            printf("%g %s %s\\n", sqrt(x * x) * 2, argv[1], text);
        }
        """,
    "cpp": """
        #include <bits/stdc++.h>
        using namespace std;
        int main(int argc, char **argv) {
            int x; string text;
            cin >> x;
            ifstream("data.txt") >> text;
            vector<int> twice{x * 2};
            ranges::sort(twice);
            cout << twice.front() << " " << argv[1] << " " << text << endl;
        }
        """,
    "javascript": """
        const fs = require("fs");
        const x = parseInt(fs.readFileSync(0, "utf8"));
        console.log(x * 2, process.argv[2], fs.readFileSync("data.txt", "utf8"));
        """,
    "java": """
        import java.nio.file.*;
        import java.util.*;
        class Helper { static int twice(int x) { return x * 2; } }
        public class Solution {
            record Pair(String a, String b) {}
            public static void main(String[] arguments) throws Exception {
                int x = new Scanner(System.in).nextInt();
                Pair pair = new Pair(arguments[0], Files.readString(Path.of("data.txt")));
                System.out.println(Helper.twice(x) + " " + pair.a() + " " + pair.b());
            }
        }
        """,
    "bash": """
        read x
        echo "$((x * 2)) $1 $(sed s/n/n/ data.txt)"
        """,
    "rust": """
        use std::{env, fs, io};
        fn main() {
            let mut line = String::new();
            io::stdin().read_line(&mut line).unwrap();
            let x: i64 = line.trim().parse().unwrap();
            let text = fs::read_to_string("data.txt").unwrap();
            println!("{} {} {}", x * 2, env::args().nth(1).unwrap(), text);
        }
        """,
    "go": """
        package main
        import ("fmt"; "os")
        func main() {
            var x int
            fmt.Scan(&x)
            text, _ := os.ReadFile("data.txt")
            fmt.Println(x * 2, os.Args[1], string(text))
        }
        """,
    "typescript": """
        import * as fs from "fs";
        interface Pair { a: string; b: string }
        const x: number = parseInt(fs.readFileSync(0, "utf8"));
        const pair: Pair = { a: process.argv[2], b: fs.readFileSync("data.txt", "utf8") };
        console.log(x * 2, pair.a, pair.b);
        """,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_program_has_its_input_arguments_and_files(run: Run, language: str) -> None:
    result = run(
        language, PROGRAMS[language], stdin=b"21\n", argv=("one",), files={"data.txt": b"in"}
    )
    assert (result.status, result.stdout) == ("ok", b"42 one in\n"), result


def test_every_language_has_a_program_here() -> None:
    assert set(PROGRAMS) == set(LANGUAGES)


MALFORMED = {
    "c": ("int main() { return x; }", "main.c:1", "undeclared"),
    "cpp": ("int main() { return x; }", "main.cpp:1", "not declared"),
    "java": ("class A { int x = y; }", "Main.java:1", "symbol"),
    "rust": ("fn main() { x }", "main.rs:1", "cannot find"),
    "go": ("package main\nfunc main() { x }", "main.go:2", "undefined"),
    "typescript": ("const x: = 1;", "main.ts:1", "expected"),
}


@pytest.mark.parametrize("language", MALFORMED)
def test_malformed_program_is_a_compile_error_in_the_compilers_words(
    run: Run, language: str
) -> None:
    source, where, what = MALFORMED[language]
    result = run(language, source)
    assert result.status == "compile_error", result
    assert where in result.stderr.decode()
    assert what in result.error
    assert "\n" not in result.error


def test_link_error_is_a_compile_error(run: Run) -> None:
    result = run("c", "int f(void); int main() { return f(); }")
    assert result.status == "compile_error"
    assert "undefined reference" in result.error


def test_java_without_a_main_method_is_a_compile_error(run: Run) -> None:
    result = run("java", "class A {}")
    assert result.status == "compile_error"
    assert "main(String[])" in result.error


SEVERAL_FILES = {
    "c": {
        "main.c": b'#include "lib/two.h"\nint puts();\nint main() { puts(two()); }',
        "lib/two.h": b"char *two(void);",
        "lib/two.c": b'#include "two.h"\nchar *two(void) { return "2"; }',
    },
    "cpp": {
        "a.cpp": b'#include <cstdio>\n#include "b.hpp"\nint main() { printf("%d\\n", b()); }',
        "b.hpp": b"int b();",
        "b.cc": b'#include "b.hpp"\nint b() { return 2; }',
    },
    "java": {
        "app/Main.java": (
            b"package app; import lib.Two; public class Main {"
            b" public static void main(String[] a) { System.out.println(Two.two()); } }"
        ),
        "lib/Two.java": b"package lib; public class Two { public static int two() { return 2; } }",
    },
    "python": {"main.py": b"from lib import two\nprint(two())", "lib.py": b"def two(): return 2"},
    "javascript": {
        "main.js": b'console.log(require("./lib.js").two())',
        "lib.js": b"exports.two = () => 2",
    },
    "bash": {"main.sh": b". ./lib.sh\ntwo", "lib.sh": b"two() { echo 2; }"},
    "rust": {"main.rs": b'mod two;\nfn main() { println!("{}", two::two()); }',
             "two.rs": b"pub fn two() -> i32 { 2 }"},
    "go": {"main.go": b'package main\nimport "fmt"\nfunc main() { fmt.Println(two()) }',
           "two.go": b"package main\nfunc two() int { return 2 }"},
    "typescript": {
        "main.ts": b'import { two } from "./two";\nconsole.log(two());',
        "two.ts": b"export const two = (): number => 2;",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", SEVERAL_FILES)
def test_program_of_several_files(run: Run, language: str) -> None:
    result = run(language, files=SEVERAL_FILES[language])
    assert (result.status, result.stdout) == ("ok", b"2\n"), result


def test_source_and_further_files_go_together(run: Run) -> None:
    main = '#include "two.h"\nint main() { return two(); }'
    files = {"two.h": b"int two();", "two.cpp": b"int two() { return 2; }"}
    assert run("c++", main, files=files).exit_code == 2


ENDLESS = {
    "c": "int main() { for (;;); }",
    "java": "class M { public static void main(String[] a) { while (true); } }",
    "javascript": "for (;;);",
    "bash": "while :; do :; done",
}


@pytest.mark.parametrize("language", ENDLESS)
def test_endless_program_times_out(run: Run, language: str) -> None:
    result = run(language, ENDLESS[language], limits=Limits(wall_s=1.0, cpu_s=20.0))
    assert result.status == "timeout", result


GREEDY = {
    "c": "#include <stdlib.h>\n#include <string.h>\n"
    "int main() { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }",
    "cpp": "#include <vector>\nint main() { std::vector<int> v; for (;;) v.push_back(1); }",
    "java": "import java.util.*; class M { public static void main(String[] a) {"
    " List<int[]> l = new ArrayList<>(); for (;;) l.add(new int[1 << 18]); } }",
    "javascript": "const l = []; for (;;) l.push(new Array(1 << 16).fill(l.length));",
    "rust": "fn main() { let mut v = Vec::new(); loop { v.push(vec![1u8; 1 << 20]); } }",
}


@pytest.mark.parametrize("language", GREEDY)
def test_greedy_program_is_stopped_for_memory(run: Run, language: str) -> None:
    limits = Limits(wall_s=30.0, cpu_s=30.0, memory_bytes=128 << 20)
    result = run(language, GREEDY[language], limits=limits)
    assert result.status == "memory", result


def test_run_time_with_garbage_stays_within_its_memory(run: Run) -> None:
    source = """
        class M { public static void main(String[] a) {
            long n = 0;
            for (int i = 0; i < 2000; i++) n += new int[1 << 18].length;
            System.out.println(n);
        } }
        """
    limits = Limits(wall_s=30.0, cpu_s=30.0, memory_bytes=64 << 20)
    assert run("java", source, limits=limits).stdout == b"524288000\n"


def test_flood_of_output_is_cut(run: Run) -> None:
    result = run(
        "bash", "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"
    )
    assert (result.status, result.truncated) == ("output_limit", True)


# ── the compiler is untrusted too ────────────────────────────────────────────────────────────────

COMPILE_BOMBS = {
    "time": (
        "constexpr long f(long n) { long s = 0; for (long i = 0; i < n; i++) s += i; return s; }\n"
        "template <long N> struct S { static constexpr long v = f(200000 + N) + S<N - 1>::v; };\n"
        "template <> struct S<0> { static constexpr long v = 0; };\n"
        "int main() { return S<800>::v; }",
        Limits(wall_s=1.0, cpu_s=1.0, memory_bytes=1 << 30),
        "beyond its time of 1 s",
    ),
    "memory": (
        "template <int N> struct S { S<N - 1> a; S<N - 2> b; int x[N]; };\n"
        "template <> struct S<0> {}; template <> struct S<-1> {};\n"
        "#include <bits/stdc++.h>\nint main() { S<100> s; return sizeof s; }",
        Limits(wall_s=20.0, cpu_s=20.0, memory_bytes=24 << 20),
        "beyond its memory",
    ),
    "disk": (
        "int a[1 << 28] = {1}; int main() { return a[0]; }",
        Limits(wall_s=20.0, cpu_s=20.0, memory_bytes=1 << 30, file_bytes=1 << 20),
        "",
    ),
    "messages": (
        "\n".join(f"int main{n}() {{ return undeclared{n}; }}" for n in range(2000)),
        Limits(wall_s=20.0, cpu_s=20.0, memory_bytes=1 << 30, output_bytes=10_000),
        "more than 10000 bytes of messages",
    ),
}


@pytest.mark.parametrize("case", COMPILE_BOMBS)
def test_compilation_beyond_its_limits_is_a_compile_error_that_says_so(run: Run, case: str) -> None:
    source, limits, said = COMPILE_BOMBS[case]
    result = run("cpp", source, compile_limits=limits)
    assert result.status == "compile_error", result
    assert said in result.error


HOST_FILES = {
    "include": '#include "/etc/shadow"\nint main() {}',
    "variables of the compiler": '__asm__(".incbin \\"/proc/self/environ\\""); int main() {}',
    "incbin": '__asm__(".incbin \\"/etc/hostname\\""); int main() {}',
    "include of a home": '#include "/home/.bashrc"\nint main() {}',
}


@pytest.mark.parametrize("case", HOST_FILES)
def test_no_file_of_the_host_can_be_compiled_in(
    run: Run, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_SECRET", "s3cret")
    result = run("c", HOST_FILES[case], fetch=("main",))
    if case != "variables of the compiler":
        assert result.status == "compile_error", result
    assert b"s3cret" not in result.stderr + result.files.get("main", b"")


def test_what_a_program_does_to_its_own_file_does_not_outlive_it(run: Run) -> None:
    source = """
        #include <stdio.h>
        #include <unistd.h>
        int main() {
            puts("mine");
            unlink("main");
            FILE *f = fopen("main", "w");
            fputs("#!/bin/sh\\necho poisoned\\n", f);
            fclose(f);
        }
        """
    for _ in range(3):
        result = run("c", source, fetch=("main",))
        assert (result.status, result.stdout) == ("ok", b"mine\n"), result


def test_compilation_leaves_nothing_for_the_next(run: Run) -> None:
    assert run("c", "int left_over = 1; int main() { return left_over; }").exit_code == 1
    seen = run("bash", "ls -a; ls /dev/shm")
    assert seen.stdout.split() == [b".", b"..", b"main.sh"]


# ── names ────────────────────────────────────────────────────────────────────────────────────────

ALIASES = {"c++": "cpp", "CPP": "cpp", "js": "javascript", "nodejs": "javascript", "py": "python",
           "python3": "python", "sh": "bash", "golang": "go", "ts": "typescript"}  # fmt: skip


@pytest.mark.parametrize("alias", ALIASES)
def test_alias(alias: str) -> None:
    assert languages.find(alias).name == ALIASES[alias]


def test_unknown_language_names_the_known() -> None:
    with pytest.raises(InvalidJob, match="no language 'cobol'; there are: python, c, cpp"):
        languages.find("cobol")


def test_every_language_is_available_or_says_how_to_get_it() -> None:
    assert set(AVAILABLE) == set(LANGUAGES)
    assert AVAILABLE["python"].ok
    assert all(each.detail and bool(each.mend) != each.ok for each in AVAILABLE.values())
