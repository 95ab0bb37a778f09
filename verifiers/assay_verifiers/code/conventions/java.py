"""Java: one file, the imports of all parts first, assertions on; ours is its first class."""

from __future__ import annotations

import re

from assay_verifiers.code.conventions.text import NoTests, Parts, Whole, blanked, refuse_exits

_IMPORT = re.compile(r"^[ \t]*import\s+(?:static\s+)?([\w.]+)(?:\.\*)?\s*;[ \t]*$", re.MULTILINE)
_PACKAGE = re.compile(r"^[ \t]*package\s+[\w.]+\s*;", re.MULTILINE)
_TOKEN = re.compile(r"\b(?:class|interface|enum|record)\s+(\w+)|([{}])|\b(void\s+main)\b")
_OWN = ("java.", "javax.", "jdk.", "org.w3c.", "org.xml.", "org.ietf.")
_START = """
class TAG {
  static class Last {
    static void check(long a, long b, long c) { assert a + b == c : a + " + " + b; }
  }
  public static void main(String[] given) throws Throwable {
    java.io.PrintStream out = System.out;
    String[] said = new String(System.in.readAllBytes()).trim().split(" ");
    ClassLoader loader = TAG.class.getClassLoader();
    loader.setDefaultAssertionStatus(true);
    Class<?> tests = Class.forName("ENTRY", true, loader);
    java.lang.reflect.Method main = tests.getDeclaredMethod("main", String[].class);
    main.setAccessible(true);
    try {
      main.invoke(null, (Object) new String[0]);
    } catch (java.lang.reflect.InvocationTargetException error) {
      throw error.getCause();
    }
    Last.check(Long.parseLong(said[1]), Long.parseLong(said[2]), Long.parseLong(said[3]));
    out.print(said[0]);
    out.flush();
    Runtime.getRuntime().halt(0);
  }
}
"""


def compose(parts: Parts) -> Whole:
    """The class around the tests' ``main`` is found by braces, perhaps begun by the candidate."""
    refuse_exits(blanked(parts.tests))
    for name in _IMPORT.findall(parts.tests):
        if not name.startswith(_OWN):
            raise NoTests(f"the tests import {name}, which the sandbox's Java does not have")
    both = (_body(parts.prelude), _body(_renamed(parts)))
    before = "\n".join(both) + "\n"
    tests = _body(parts.tests)
    entry = _entry(blanked(before + tests), len(before))
    imports = [
        found[0]
        for part in (parts.prelude, parts.candidate, parts.tests)
        for found in _IMPORT.finditer(part)
    ]
    start = _START.replace("TAG", parts.tag).replace("ENTRY", entry)
    return Whole("\n".join([*dict.fromkeys(imports), start, before + tests]))


def _body(part: str) -> str:
    return _PACKAGE.sub("", _IMPORT.sub("", part))


def _entry(blank: str, after: int) -> str:
    """The binary name of the class around the first ``void main`` behind ``after``."""
    around: list[str] = []
    named = ""
    for found in _TOKEN.finditer(blank):
        if found[1]:
            named = found[1]
        elif found[2] == "{":
            around.append(named)
            named = ""
        elif found[2]:
            around[-1:] = []
        elif found.start() >= after and any(around):
            return "$".join(filter(None, around))
    raise NoTests("the test code has no class with a main")


def _renamed(parts: Parts) -> str:
    """The candidate, whose classes of names that the tests declare too are called differently."""
    twice = _classes(parts.tests) & _classes(parts.candidate)
    if not twice:
        return parts.candidate
    names = re.compile(rf"\b({'|'.join(sorted(twice))})\b")
    return names.sub(rf"\1_{parts.tag}", parts.candidate)


def _classes(part: str) -> set[str]:
    """Names of the outermost classes."""
    names, depth = set(), 0
    for found in _TOKEN.finditer(blanked(part)):
        if found[1] and depth == 0:
            names.add(found[1])
        depth += {"{": 1, "}": -1}.get(found[2] or "", 0)
    return names
