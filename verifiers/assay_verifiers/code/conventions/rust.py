"""Rust: the tests in a module that sees all of the candidate's; each test's panic is caught."""

from __future__ import annotations

import re

from assay_verifiers.code.conventions.text import (
    NoTests,
    Parts,
    Whole,
    blanked,
    closing,
    refuse_exits,
)

_TEST = re.compile(r"#\[test\]\s*((?:#\[[^\]]*\]\s*)*)(?:pub\s+)?fn\s+(\w+)\s*\(\s*\)")
_MODULE = re.compile(r"\bmod\s+(\w+)\s*\{")
_MAIN = re.compile(r"^(?:pub )?fn main\(\)", re.MULTILINE)
_INNER = re.compile(r"^#!\[[^\]\n]*\][ \t]*$", re.MULTILINE)
_END = """
trait TAG_Ends { fn well(self) -> bool; }
impl TAG_Ends for () { fn well(self) -> bool { true } }
impl<T, E> TAG_Ends for Result<T, E> { fn well(self) -> bool { self.is_ok() } }
fn main() {
    let mut said = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut said).unwrap();
    let parts: Vec<&str> = said.split(' ').collect();
    let numbers: Vec<i64> = parts[1..4].iter().map(|part| part.trim().parse().unwrap()).collect();
    let tests: &[(&str, fn() -> bool, bool)] = &[ENTRIES];
    for (name, test, fails) in tests {
        if matches!(std::panic::catch_unwind(*test), Ok(true)) == *fails {
            eprintln!("assertion failed in {name}");
            std::process::exit(101);
        }
    }
    let (x, y) = (numbers[0] + numbers[1], numbers[2]);
    let last: &[&(dyn Fn() + std::panic::RefUnwindSafe)] = &[
        &|| assert!(x == y), &|| assert_eq!(x, y), &|| assert_ne!(x == y, false),
        &|| if x != y { panic!() },
    ];
    if last.iter().all(|check| std::panic::catch_unwind(check).is_err()) {
        std::process::exit(101);
    }
    use std::io::Write;
    let mut out = std::io::stdout();
    out.write_all(parts[0].as_bytes()).unwrap();
    out.flush().unwrap();
}
"""


def compose(parts: Parts) -> Whole:
    """One file; ``#[test]`` functions become plain ones that ``main`` calls."""
    blank = blanked(parts.tests)
    refuse_exits(blank)
    entries = _entries(blank, f"{parts.tag}_tests")
    tests = re.sub(r"#\[cfg\(test\)\]|#\[should_panic[^\]]*\]", "", parts.tests)
    tests = re.sub(r"#\[test\]((?:\s*#\[[^\]]*\])*)\s*(?:pub\s+)?fn\b", r"\1 pub fn", tests)
    tests = re.sub(r"^([ \t]*)(?=mod\s+\w+\s*\{|fn main\(\))", r"\1pub ", tests, flags=re.MULTILINE)
    texts = (
        *_INNER.findall(f"{parts.prelude}\n{parts.candidate}"),
        _INNER.sub("", parts.prelude),
        _MAIN.sub(f"fn {parts.tag}_candidate()", _INNER.sub("", parts.candidate)),
        f"mod {parts.tag}_tests {{\nuse super::*;\n{_INNER.sub('', tests)}\n}}",
        _END.replace("TAG", parts.tag).replace("ENTRIES", ", ".join(entries)),
    )
    return Whole("\n".join(texts))


def _entries(blank: str, module: str) -> list[str]:
    """Every test's name, a closure, and whether it should panic."""
    found = [
        ("::".join([*_modules(blank, test.start()), test[2]]), "should_panic" in test[1])
        for test in _TEST.finditer(blank)
    ]
    if not found and _MAIN.search(blank):
        found = [("main", False)]
    if not found:
        raise NoTests("the test code has neither #[test] functions nor a main")
    return [
        f'("{name}", || {module}::{name}().well(), {"true" if panics else "false"})'
        for name, panics in found
    ]


def _modules(text: str, place: int) -> list[str]:
    """The names of the modules that ``place`` is inside of."""
    return [
        found[1]
        for found in _MODULE.finditer(text[:place])
        if closing(text, found.end() - 1) > place
    ]
