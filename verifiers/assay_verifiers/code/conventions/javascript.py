"""JavaScript and TypeScript: candidate and tests in one module, which ours loads.

The tests stand in a block, so that what they declare does not collide with the candidate's names.
``import`` and ``export`` at the start of a line become ``require`` and nothing: one kind of module
for all parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from assay_verifiers.code.conventions.text import NoTests, Parts, Whole, blanked, refuse_exits

_START = """
const process = require("node:process"), assert = require("node:assert");
const hooks = require("node:async_hooks"), { readFileSync, writeSync } = require("node:fs");
const [nonce, a, b, c] = readFileSync(0, "utf8").split(" ");
const x = Number(a) + Number(b), y = Number(c);
const last = [
  () => console.assert(x === y), () => assert(x === y), () => assert.ok(x === y),
  () => assert.equal(x, y), () => assert.strictEqual(x, y),
  () => assert.deepEqual([x], [y]), () => assert.deepStrictEqual([x], [y]),
  () => assert.notEqual(x === y, false), () => assert.notStrictEqual(x === y, false),
  () => assert.notDeepStrictEqual([x === y], [false]),
  () => assert.throws(() => { if (x === y) throw new Error(); }),
  () => assert.match(String(x === y), /true/), () => { if (x !== y) assert.fail(); },
];
const runner = TESTED ? require("node:test") : {}, first = { ...runner };
const patched = () => Object.keys(first).some((name) => runner[name] !== first[name]);
const fails = (check) => { try { check(); return false; } catch { return true; } };
const pending = new Set();
const hook = hooks.createHook({
  init(id, kind) { if (kind === "PROMISE") pending.add(id); },
  promiseResolve(id) { pending.delete(id); },
});
let ended = false, failed = false, drained = false;
const fail = (error) => { failed = true; process.exitCode = 1; console.error(error); };
process.on("unhandledRejection", fail);
process.on("uncaughtException", fail);
const kept = () => ["unhandledRejection", "uncaughtException"]
  .every((name) => process.listeners(name).includes(fail));
process.on("beforeExit", () => { drained = true; });
process.on("exit", (code) => {
  const well = !failed && kept() && !patched() && !code && !process.exitCode;
  const whole = ended && drained && !pending.size;
  if (!well || !whole || (!TESTED && last.every(fails))) { process.exitCode ||= 1; return; }
  writeSync(1, nonce);
});
globalThis.TAG = {
  begin() {
    console.assert = (held, ...said) => { if (!held) assert.fail(said.join(" ")); };
    if (WAITS) hook.enable();
  },
  end() {
    ended = true;
    if (TESTED) runner.test("last", () => { if (last.every(fails)) assert.fail("last"); });
  },
};
require("./TAG.js");
"""
_WAITS = re.compile(r"\basync\b|\bawait\b|\.then\b")
_MODULE = re.compile(r"""\brequire\s*\(\s*["']([^"'\n]+)["']\s*\)""")
_BUILT_IN = """
    assert async_hooks buffer child_process cluster console constants crypto dgram dns domain events
    fs http http2 https inspector module net os path perf_hooks process punycode querystring
    readline repl stream string_decoder sys test timers tls tty url util v8 vm wasi worker_threads
    zlib
"""
_DECLARED = re.compile(r"^declare\s+(?:var|let|const|function)\b[^\n]*$", re.MULTILINE)
_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _destructured(found: re.Match[str]) -> str:
    names = re.sub(r"\s+as\s+", ": ", found[1])
    return f"const {{{names}}} = require({found[2]});"


_FROM = r"""\s*from\s*(["'][^"'\n]+["']);?"""
_MODULES: tuple[_Rule, ...] = tuple(
    (re.compile(pattern, re.MULTILINE), by)
    for pattern, by in (
        (r"^import\s+type\s[^\n]*$", ""),
        (rf"^import\s+(?:\*\s+as\s+)?(\w+){_FROM}", r"const \1 = require(\2);"),
        (rf"^import\s*\{{([^{{}}]*)\}}{_FROM}", _destructured),
        (r"^export\s*\{[^{}]*\}[ \t]*;?", ""),
        (r"^export\s+default\s+(?=(?:async\s+)?function\s*\*?\s*\w|class\s+\w)", ""),
        (r"^export\s+default\s", "module.exports.default = "),
        (r"^export\s+(?=\w)", ""),
    )
)


def compose(parts: Parts) -> Whole:
    """Ours as ``main.js``, the module beside it."""
    return _compose(parts, "js")


def compose_typescript(parts: Parts) -> Whole:
    """The same; both become JavaScript before they run, their types unchecked."""
    return _compose(parts, "ts")


def _compose(parts: Parts, suffix: str) -> Whole:
    tests = _DECLARED.sub("", _required(parts.tests))
    refuse_exits(blanked(tests))
    for name in _MODULE.findall(tests):
        head = name.removeprefix("node:").partition("/")[0]
        if not name.startswith((".", "/")) and head not in _BUILT_IN.split():
            raise NoTests(f"the tests require {name}, which the sandbox's node does not have")
    tested = "node:test" in _MODULE.findall(tests)
    settings = {"TAG": parts.tag, "TESTED": tested, "WAITS": not tested and _WAITS.search(tests)}
    module: tuple[str, ...] = (
        _required(parts.prelude),
        _required(parts.candidate),
        f";{parts.tag}.begin();\n{{",
        tests,
        f"\n}}\n;{parts.tag}.end();",
    )
    start = _START
    for name, value in settings.items():
        start = start.replace(name, value if isinstance(value, str) else json.dumps(bool(value)))
    if suffix == "ts":
        module = (f"declare const {parts.tag}: any;", *module)
    return Whole(start, {f"{parts.tag}.{suffix}": "\n".join(module)})


def _required(part: str) -> str:
    """``part`` without ``import`` and ``export``."""
    for pattern, by in _MODULES:
        part = pattern.sub(by, part)
    return part
