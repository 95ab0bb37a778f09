"""How candidate and tests become one program in each language that has ``append``.

A function of the table takes prelude, candidate and test code and gives the program's text. Its
last argument is a nonce; once all tests have returned it writes the nonce and ends with 0, or,
where the nonce's last digit is odd, first runs assertions that must fail, and writes the nonce only
if one does not. Tests are written as usual: a ``main`` with ``assert`` (C, C++), a class with
``main`` that uses ``assert`` or throws (Java), statements with ``node:assert`` or
``console.assert`` (JavaScript, TypeScript), ``func TestX(t *testing.T)`` (Go), ``#[test]``
functions (Rust).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping


class NoTests(ValueError):
    """The test code holds nothing that its language's convention would run."""


# ── C and C++ ────────────────────────────────────────────────────────────────────────────────────

_C_MAIN = re.compile(r"\bmain\s*\([^(){};]{0,200}\)\s*(?:->\s*int\s*)?\{")
_C_END = """
#undef main
#undef NDEBUG
#include <assert.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  const char *nonce = argv[argc - 1];
  int size = (int)strlen(nonce), left = ((int (*)(int, char **))assay_tests)(argc - 1, argv);
  if (left) return left;
  if (nonce[size - 1] % 2 == (nonce[size - 1] > '9' ? 0 : 1)) assert(left);
  _exit(write(1, nonce, size) != size);
}
"""


def _c(prelude: str, candidate: str, tests: str) -> str:
    """Both may have a ``main``; ``assert`` is the header's, whatever the candidate defined."""
    found = _C_MAIN.search(_blanked(tests))
    if not found:
        raise NoTests("the test code has no main")
    end = _closing(_blanked(tests), found.end() - 1)
    # a main that ends without return gives 0, another function's value would be undefined
    tests = f"{tests[:end]}\nreturn 0;\n{tests[end:]}"
    parts = (
        "#define main assay_candidate_main",
        prelude,
        candidate,
        "#undef main\n#undef NDEBUG\n#undef assert\n#include <assert.h>\n#define main assay_tests",
        tests,
    )
    return "\n".join(parts) + _C_END


def _closing(text: str, opening: int) -> int:
    """Where the brace that opens at ``opening`` is closed."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise NoTests("the test code's main is never closed")


_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n]){1,8}'""", re.DOTALL
)


def _blanked(text: str) -> str:
    """``text`` with comments and literals blanked out, each character in its place."""
    return _LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


# ── Java ─────────────────────────────────────────────────────────────────────────────────────────

_IMPORT = re.compile(r"^[ \t]*import\s+(?:static\s+)?[\w.]+(?:\.\*)?\s*;[ \t]*$", re.MULTILINE)
_PACKAGE = re.compile(r"^[ \t]*package\s+[\w.]+\s*;", re.MULTILINE)
_JAVA_MAIN = re.compile(r"\bclass\s+(\w+)[^{}]*\{")
_JAVA_START = """
class AssayMain {
  public static void main(String[] given) throws Throwable {
    java.io.PrintStream out = System.out;
    String nonce = given[given.length - 1];
    ClassLoader loader = AssayMain.class.getClassLoader();
    loader.setDefaultAssertionStatus(true);
    Class<?> tests = Class.forName("%s", true, loader);
    java.lang.reflect.Method main = tests.getDeclaredMethod("main", String[].class);
    main.setAccessible(true);
    try {
      main.invoke(null, (Object) new String[0]);
    } catch (java.lang.reflect.InvocationTargetException error) {
      throw error.getCause();
    }
    out.flush();
    if (Character.digit(nonce.charAt(nonce.length() - 1), 16) %% 2 == 1) {
      if (tests.desiredAssertionStatus()) throw new AssertionError("control");
    }
    out.print(nonce);
    out.flush();
    Runtime.getRuntime().halt(0);
  }
}
"""


def _java(prelude: str, candidate: str, tests: str) -> str:
    """One file: imports of all parts first, assertions switched on."""
    blanked = _blanked(tests)
    entry = blanked.find("void main")
    before = [found[1] for found in _JAVA_MAIN.finditer(blanked[: max(entry, 0)])]
    outer = [name for name in before if name]
    if entry < 0 or not outer:
        raise NoTests("the test code has no class with a main")
    parts = [prelude, candidate, tests]
    imports = [found for part in parts for found in _IMPORT.findall(part)]
    bodies = [_PACKAGE.sub("", _IMPORT.sub("", part)) for part in parts]
    return "\n".join([*dict.fromkeys(imports), _JAVA_START % outer[-1], *bodies])


# ── JavaScript and TypeScript ────────────────────────────────────────────────────────────────────

_REQUIRE = re.compile(
    r"""^(?:const|let|var)\s+(\w+|\{[\w\s,:]*\})\s*=\s*"""
    r"""require\(\s*["'](?:node:)?[\w/]+["']\s*\)[^\n;]*;?[ \t]*$""",
    re.MULTILINE,
)
_JS_START = """
const assayEnd = ((process, assert, hooks, write) => {
  const nonce = process.argv.pop();
  const pending = new Set();
  let ended = false;
  const hook = hooks.createHook({
    init(id, kind) { if (kind === "PROMISE") pending.add(id); },
    promiseResolve(id) { pending.delete(id); },
  });
  const mustFail = [
    () => console.assert(false), () => assert(false), () => assert.ok(false),
    () => assert.equal(1, 2), () => assert.strictEqual(1, 2), () => assert.deepEqual([1], [2]),
    () => assert.deepStrictEqual([1], [2]), () => assert.notEqual(1, 1),
    () => assert.notStrictEqual(1, 1), () => assert.notDeepStrictEqual([1], [1]),
    () => assert.throws(() => {}), () => assert.match("a", /b/), () => assert.fail(),
  ];
  const fails = (check) => { try { check(); return false; } catch { return true; } };
  process.on("exit", (code) => {
    if (!ended || code || process.exitCode || pending.size) { process.exitCode ||= 1; return; }
    const control = parseInt(nonce.at(-1), 16) % 2;
    if (control && mustFail.every(fails)) { process.exitCode = 1; return; }
    write(1, nonce);
  });
  return {
    begin() {
      console.assert = (held, ...said) => { if (!held) assert.fail(said.join(" ")); };
      if (WAITS) hook.enable();
    },
    end() { ended = true; },
  };
})(process, require("node:assert"), require("node:async_hooks"), require("node:fs").writeSync);
"""


def _javascript(prelude: str, candidate: str, tests: str) -> str:
    """One scope; what the tests require stands first, and is not declared again."""
    hoisted = [found[0] for found in _REQUIRE.finditer(tests)]
    names = {found[1] for found in _REQUIRE.finditer(tests)}

    def without(part: str) -> str:
        return _REQUIRE.sub(lambda found: "" if found[1] in names else found[0], part)

    waits = re.search(r"\basync\b|\bawait\b|\.then\b", tests) and "node:test" not in tests
    parts = (
        _JS_START.replace("WAITS", "true" if waits else "false"),
        *hoisted,
        without(prelude),
        without(candidate),
        ";assayEnd.begin();",
        _REQUIRE.sub("", tests),
        ";assayEnd.end();",
    )
    return "\n".join(parts)


# ── Go ───────────────────────────────────────────────────────────────────────────────────────────

_GO_TEST = re.compile(r"^func\s+(Test\w*)\s*\(\s*\w+\s+\*testing\.T\s*\)", re.MULTILINE)
_GO_PACKAGE = re.compile(r"^package\s+\w+[ \t]*$", re.MULTILINE)
_GO_IMPORT = re.compile(r"^import\s+(?:\(([^)]*)\)|([^\n(]+))$", re.MULTILINE)
_GO_END = """
func main() {
	nonce := assayOs.Args[len(assayOs.Args)-1]
	assayOs.Args = assayOs.Args[:1]
	testing.Init()
	every := func(pattern, name string) (bool, error) { return true, nil }
	if !testing.RunTests(every, []testing.InternalTest{%s}) {
		assayOs.Exit(1)
	}
	last := nonce[len(nonce)-1]
	if (last <= '9' && last%%2 == 1) || (last > '9' && last%%2 == 0) {
		control := func(t *testing.T) { t.Fatal("control") }
		if !testing.RunTests(every, []testing.InternalTest{{"control", control}}) {
			assayOs.Exit(1)
		}
	}
	assayOs.Stdout.WriteString(nonce)
}
"""


def _go(prelude: str, candidate: str, tests: str) -> str:
    """One file: imports of all parts first; a ``main`` of the candidate's is renamed."""
    names = _GO_TEST.findall(tests)
    if not names:
        raise NoTests("the test code has no func TestX(t *testing.T)")
    parts = [prelude, candidate, tests]
    imports = {line for part in parts for line in _go_imports(part)} | {'"testing"'}
    bodies = [_GO_IMPORT.sub("", _GO_PACKAGE.sub("", part)) for part in parts]
    bodies = [
        re.sub(r"^func main\(\)", "func assayCandidateMain()", body, flags=re.M) for body in bodies
    ]
    used = [line for line in sorted(imports) if _go_used(line, "\n".join(bodies))]
    head = "package main\nimport (\n" + "\n".join([*used, 'assayOs "os"']) + "\n)"
    entries = ", ".join(f'{{"{name}", {name}}}' for name in names)
    return "\n".join([head, *bodies]) + _GO_END % entries


def _go_imports(part: str) -> list[str]:
    found = _GO_IMPORT.findall(part)
    return [
        line.strip()
        for group, single in found
        for line in (group or single).split("\n")
        if line.strip()
    ]


def _go_used(line: str, text: str) -> bool:
    """Go refuses an import that nobody uses; the parts' imports may double one another's."""
    alias = line.split()[0] if not line.startswith('"') else line.strip('"').rpartition("/")[2]
    return alias in ("_", ".", "testing") or f"{alias}." in text


# ── Rust ─────────────────────────────────────────────────────────────────────────────────────────

_RUST_TEST = re.compile(r"#\[test\]\s*((?:#\[[^\]]*\]\s*)*)(?:pub\s+)?fn\s+(\w+)\s*\(\s*\)")
_RUST_MODULE = re.compile(r"\bmod\s+(\w+)\s*\{")
_RUST_END = """
fn main() {
    let nonce = std::env::args().last().unwrap();
    let tests: &[(fn(), bool)] = &[%s];
    for (test, fails) in tests {
        if std::panic::catch_unwind(*test).is_err() != *fails {
            std::process::exit(101);
        }
    }
    let control: &[fn()] = &[%s];
    let odd = nonce.chars().last().unwrap().to_digit(16).unwrap() %% 2 == 1;
    if odd && control.iter().all(|must_fail| std::panic::catch_unwind(must_fail).is_err()) {
        std::process::exit(101);
    }
    use std::io::Write;
    let mut out = std::io::stdout();
    out.write_all(nonce.as_bytes()).unwrap();
    out.flush().unwrap();
}
"""
_RUST_CONTROL = "|| assert!(1 == 2), || assert_eq!(1, 2), || assert_ne!(1, 1), || panic!()"


def _rust(prelude: str, candidate: str, tests: str) -> str:
    """``#[test]`` functions become plain ones that ``main`` calls; each panic is caught."""
    blanked = _blanked(tests)
    calls = []
    for found in _RUST_TEST.finditer(blanked):
        path = "::".join([*_rust_modules(blanked, found.start()), found[2]])
        calls.append(f"({path}, {'true' if 'should_panic' in found[1] else 'false'})")
    if not calls:
        raise NoTests("the test code has no #[test] functions")
    tests = re.sub(r"#\[cfg\(test\)\]|#\[should_panic[^\]]*\]", "", tests)
    tests = re.sub(r"#\[test\]((?:\s*#\[[^\]]*\])*)\s*(?:pub\s+)?fn\b", r"\1 pub fn", tests)
    candidate = re.sub(
        r"^fn main\(\)", "#[allow(dead_code)] fn assay_candidate_main()", candidate, flags=re.M
    )
    return "\n".join([prelude, candidate, tests]) + _RUST_END % (", ".join(calls), _RUST_CONTROL)


def _rust_modules(text: str, place: int) -> list[str]:
    """The names of the modules that ``place`` is inside of."""
    names = []
    for found in _RUST_MODULE.finditer(text[:place]):
        if _closing(text, found.end() - 1) > place:
            names.append(found[1])
    return names


CONVENTIONS: Mapping[str, Callable[[str, str, str], str]] = {
    "c": _c,
    "cpp": _c,
    "java": _java,
    "javascript": _javascript,
    "typescript": _javascript,
    "go": _go,
    "rust": _rust,
}
