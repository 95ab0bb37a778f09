"""Go: one file, the imports of all parts first; ours is the first variable to be initialised."""

from __future__ import annotations

import re

from assay_verifiers.code.conventions.text import NoTests, Parts, Whole, blanked, refuse_exits

_TEST = re.compile(r"^func\s+(Test\w*)\s*\(\s*\w+\s+\*testing\.T\s*\)", re.MULTILINE)
_PACKAGE = re.compile(r"^package\s+\w+[ \t]*$", re.MULTILINE)
_IMPORT = re.compile(r"^import\s+(?:\(([^()]*)\)|([^\n(]+))$", re.MULTILINE)
_MAIN = re.compile(r"^func main\(\)", re.MULTILINE)
_START = """
var TAG_said = func() string {
	said, _ := TAG_io.ReadAll(TAG_os.Stdin)
	return string(said)
}()
"""
_END = """
func main() {
	var nonce string
	var a, b, c int
	TAG_fmt.Sscan(TAG_said, &nonce, &a, &b, &c)
	TAG_os.Args = TAG_os.Args[:1]
	every := func(pattern, name string) (bool, error) { return true, nil }
	all := func(t *TAG_testing.T) {
		for _, test := range []TAG_testing.InternalTest{ENTRIES} {
			t.Run(test.Name, test.F)
		}
	}
	last := func(t *TAG_testing.T) {
		if a+b != c {
			t.Fatal(a, b, c)
		}
	}
	whole := func(t *TAG_testing.T) {
		if t.Run("tests", all) && t.Run("last", last) {
			TAG_os.Stdout.WriteString(nonce)
			TAG_os.Exit(0)
		}
	}
	TAG_testing.Main(every, []TAG_testing.InternalTest{{"judge", whole}}, nil, nil)
}
"""


def compose(parts: Parts) -> Whole:
    """The tests are run by ``testing``; a ``main`` of the candidate's is renamed."""
    names = _TEST.findall(parts.tests)
    if not names:
        raise NoTests("the test code has no func TestX(t *testing.T)")
    refuse_exits(blanked(parts.tests))
    imports = [_imports(part) for part in (parts.prelude, parts.candidate, parts.tests)]
    for line in imports[2]:
        if "." in line.rpartition(' "')[2].strip('"').partition("/")[0]:
            raise NoTests(f"the tests import {line}, which the sandbox's Go does not have")
    texts = (parts.prelude, parts.candidate, parts.tests)
    bodies = [
        _MAIN.sub(f"func {parts.tag}_candidate()", _IMPORT.sub("", _PACKAGE.sub("", text)))
        for text in texts
    ]
    whole = "\n".join(bodies)
    used = [line for line in sorted({*imports[0], *imports[1], *imports[2]}) if _used(line, whole)]
    ours = [f'{parts.tag}_{name} "{name}"' for name in ("fmt", "io", "os", "testing")]
    head = "package main\nimport (\n" + "\n".join([*used, *ours]) + "\n)"
    entries = ", ".join(f'{{"{name}", {name}}}' for name in names)
    end = _END.replace("TAG", parts.tag).replace("ENTRIES", entries)
    return Whole("\n".join([head, _START.replace("TAG", parts.tag), whole, end]))


def _imports(part: str) -> list[str]:
    lines = (
        line.partition("//")[0].strip()
        for group, single in _IMPORT.findall(part)
        for line in re.split(r"[;\n]", group or single)
    )
    return [line for line in lines if line]


def _used(line: str, text: str) -> bool:
    """Go refuses an import that nobody uses; the parts' imports may double one another's."""
    alias = line.split()[0] if not line.startswith('"') else line.strip('"').rpartition("/")[2]
    return alias in ("_", ".") or f"{alias}." in text
