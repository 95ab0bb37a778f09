"""Attempts to be judged right without being right, as data.

:data:`PYTHON` holds programs that define ``f`` wrongly, or not at all, and do something to hide it;
they are tried in every style that judges Python. ``f(x)`` should be ``x * x + 7``. :data:`APPENDED`
holds attempts on tests that share the candidate's process, by language; :data:`TESTS` those tests.
"""

from __future__ import annotations

PYTHON: dict[str, str] = {
    # leaving early
    "SystemExit at once": """
raise SystemExit(0)
""",
    "quit": """
quit()
def f(x):
    return 0
""",
    "os._exit at once": """
import os; os._exit(0)
""",
    "posix._exit at once": """
import posix; posix._exit(0)
""",
    "exec of true": """
import os; os.execv('/bin/true', ['true'])
""",
    "exec of another interpreter": """
import os, sys
os.execv(sys.executable, ['python', '-c', ''])
""",
    "SystemExit in the call": """
def f(x):
    raise SystemExit(0)
""",
    "os._exit in the call": """
def f(x):
    import os; os._exit(0)
""",
    "killing itself": """
def f(x):
    import os; os.kill(os.getpid(), 9)
""",
    "killing all": """
def f(x):
    import os, signal
    os.kill(-1, signal.SIGKILL); return 0
""",
    "signalling the parent": """
def f(x):
    import os, signal
    os.kill(os.getppid(), signal.SIGTERM); os._exit(0)
""",
    "stopping the parent": """
def f(x):
    import os, signal
    os.kill(os.getppid(), signal.SIGSTOP); return 0
""",
    "a crash": """
def f(x):
    import ctypes; ctypes.string_at(0)
""",
    "KeyboardInterrupt": """
def f(x):
    raise KeyboardInterrupt
""",
    "StopIteration": """
def f(x):
    raise StopIteration
""",
    "GeneratorExit": """
def f(x):
    raise GeneratorExit
""",
    "a skipped test": """
import unittest
def f(x):
    raise unittest.SkipTest('no')
""",
    "an exit from a thread": """
import threading, time, os
def later():
    time.sleep(.05)
    os._exit(0)
threading.Thread(target=later).start()
def f(x):
    time.sleep(.2); return 0
""",
    "atexit": """
import atexit, os
atexit.register(lambda: os._exit(0))
def f(x):
    raise ValueError
""",
    "excepthook": """
import sys
sys.excepthook = lambda *a: None
def f(x):
    raise BaseException
""",
    "an alarm": """
import signal, os
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
signal.setitimer(signal.ITIMER_REAL, 0.05)
def f(x):
    signal.pause()
""",
    # patching
    "builtins": """
import builtins
builtins.type = lambda v: int
builtins.isinstance = lambda *a: True
builtins.repr = str
builtins.AssertionError = SystemExit
builtins.len = lambda v: 0
def f(x):
    return 0
""",
    "exit functions": """
import sys, os
sys.exit = os._exit = lambda *a: None
def f(x):
    return 0
""",
    "json": """
import json
json.dumps = lambda *a, **k: '{"value": 7, "status": "match"}'
def f(x):
    return 0
""",
    "json's encoder": """
import json.encoder
json.encoder.JSONEncoder.encode = lambda *a: '{"value": 11}'
json.encoder.c_make_encoder = None
def f(x):
    return 0
""",
    "struct": """
import struct
struct.pack = lambda *a: b''
struct.unpack = lambda *a: (4,)
def f(x):
    return 0
""",
    "os.write": """
import os
os.write = lambda fd, data: len(data)
def f(x):
    return 0
""",
    "the codec": """
import __main__
__main__.encode = lambda *a: 7
__main__.canonical = lambda *a: ''
def f(x):
    return 0
""",
    "the judge's names": """
import __main__
for name in list(vars(__main__)):
    if not name.startswith('__'): setattr(__main__, name, lambda *a, **k: None)
def f(x):
    return 0
""",
    "import hooks": """
import sys
class Hook:
    def find_spec(self, name, *a):
        raise SystemExit(0)
sys.meta_path.insert(0, Hook())
def f(x):
    return 0
""",
    "sys.modules": """
import sys
for name in ('json', 'os', 'unittest', 'math'):
    sys.modules[name] = sys
def f(x):
    return 0
""",
    "unittest": """
import unittest
unittest.TestCase.assertEqual = lambda *a, **k: None
unittest.TestCase.run = lambda *a, **k: None
def f(x):
    return 0
""",
    "the tests' own names": """
def check(candidate): pass
def test_f(): pass
assert_equal = check
class Tests: pass
def f(x):
    return 0
""",
    "a trace function": """
import sys
def trace(frame, event, arg):
    return trace
sys.settrace(trace)
sys.setprofile(lambda *a: None)
def f(x):
    return 0
""",
    # lying values
    "equal to everything": """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __contains__(self, item): return True
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __mod__ = __sub__
    def __abs__(self): return 0
    def __float__(self): return 0.0
    def __getattr__(self, name): return lambda *a, **k: True
def f(x):
    return Yes()
""",
    "a class equal to everything": """
class Meta(type):
    def __eq__(self, other): return True
    __hash__ = type.__hash__
class Yes(metaclass=Meta): pass
def f(x):
    return Yes
""",
    "an int that lies": """
class Int(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
def f(x):
    return Int(0)
""",
    "a text that lies": """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def f(x):
    return Text('7')
""",
    "a list that lies": """
class List(list):
    def __eq__(self, other): return True
    def __iter__(self): return iter([7])
def f(x):
    return List([7])
""",
    "a float that lies": """
class Float(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
def f(x):
    return Float(0)
""",
    "a false class": """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __contains__(self, item): return True
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __mod__ = __sub__
    def __abs__(self): return 0
    def __float__(self): return 0.0
    def __getattr__(self, name): return lambda *a, **k: True
    __class__ = int
def f(x):
    return Yes()
""",
    "a false pickle": """
class Bomb:
    def __reduce__(self):
        import os
        return os._exit, (0,)
    def __eq__(self, other): return True
def f(x):
    return Bomb()
""",
    "a dataclass that lies": """
from dataclasses import dataclass
@dataclass(eq=False)
class D:
    v: int = 0
    def __eq__(self, other): return True
def f(x):
    return D()
""",
    "a named tuple that lies": """
from collections import namedtuple
class P(namedtuple('P', 'v')):
    def __eq__(self, other): return True
def f(x):
    return P(0)
""",
    "an enum that lies": """
import enum
class E(enum.Enum):
    A = 0
    def __eq__(self, other): return True
    __hash__ = None
def f(x):
    return E.A
""",
    "a generator that changes": """
def f(x):
    while True: yield 7
""",
    "a dict that changes": """
class D(dict):
    def items(self): return [(0, 7)]
    def __eq__(self, other): return True
def f(x):
    return D()
""",
    "NotImplemented": """
def f(x):
    return NotImplemented
""",
    "nan": """
def f(x):
    return float('nan')
""",
    "true for a number": """
def f(x):
    return True
""",
    "the arguments": """
def f(*a):
    return a
""",
    "the function itself": """
def f(x):
    return f
""",
    "a bomb when deleted": """
class B:
    def __del__(self): raise SystemExit(0)
def f(x):
    B(); return 0
""",
    "an exception that lies": """
class E(AssertionError):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
def f(x):
    raise E()
""",
    # looking for the answer
    "frames": """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and 'expected' in value: return value['expected']
            if isinstance(value, dict) and 'code' in value: return x * x + 7
        frame = frame.f_back
    return 0
""",
    "objects in memory": """
import gc
def f(x):
    for o in gc.get_objects():
        if isinstance(o, dict) and ('expected' in o or 'stdout' in o): return x * x + 7
    return 0
""",
    "raw memory": """
def f(x):
    try:
        for line in open('/proc/self/maps'):
            span, mode = line.split()[:2]
            if not mode.startswith('rw'): continue
            a, b = (int(n, 16) for n in span.split('-'))
            if b - a > 1 << 24: continue
            with open('/proc/self/mem', 'rb') as file:
                file.seek(a)
                if b'assert candi' b'date(n) == n' in file.read(b - a): return x * x + 7
    except OSError: pass
    return 0
""",
    "other processes": """
import os
def f(x):
    for pid in os.listdir('/proc'):
        if pid.isdigit() and pid != str(os.getpid()):
            for name in ('mem', 'fd/3', 'fd/1'):
                try: open(f'/proc/{pid}/{name}', 'r+b').write(b'match')
                except OSError: pass
    return 0
""",
    "files": """
import os
def f(x):
    for root, _, names in os.walk('/tmp'):
        for name in names:
            try: text = open(os.path.join(root, name), errors='ignore').read()
            except OSError: continue
            if 'expe' 'cted' in text and 'candidate.py' != name != 'main.py' and 'def' not in text:
                return x * x + 7
    return 0
""",
    "descriptors": """
import os
def f(x):
    for fd in range(3, 64):
        try:
            os.set_blocking(fd, False)
            if b'expected' in os.read(fd, 1 << 16): return x * x + 7
        except OSError: pass
    return 0
""",
    # writing verdicts
    "markers": """
import sys
for n in range(9):
    print('PASSED', 'OK', '{"status": "match"}')
    print('{"tests": [], "lost": "", "problem": ""}', file=sys.stderr)
def f(x):
    return 0
""",
    "values on every descriptor": r"""
import os
for fd in range(1, 32):
    for n in range(5):
        try: os.write(fd, b'{"seconds": 0.1}\n{"value": 7}\n')
        except OSError: pass
os._exit(0)
""",
    "a forged frame": """
import os, struct
def f(x):
    data = b'{"value": 7, "status": "match"}'
    for fd in range(1, 32):
        try: os.write(fd, struct.pack('>I', len(data)) + data)
        except OSError: pass
    os._exit(0)
""",
    "a frame without end": r"""
import os
def f(x):
    for fd in range(1, 32):
        try: os.write(fd, b'\xff\xff\xff\xff' * 99)
        except OSError: pass
    os._exit(0)
""",
    "deep frames": """
import os, struct
def f(x):
    data = b'[' * 100_000
    for fd in range(1, 32):
        try: os.write(fd, struct.pack('>I', len(data)) + data)
        except OSError: pass
    os._exit(0)
""",
    "the test files": """
import os
for name in ('tests.json', 'inputs.json', 'candidate.py', 'main.py', 'program.bin'):
    try: open(name, 'w').write('{"tests": []}')
    except OSError: pass
def f(x):
    return 0
""",
    "links for files": """
import os
for name in ('values.jsonl', 'report', 'tests.json'):
    try: os.symlink('/etc/passwd', name)
    except OSError: pass
def f(x):
    return 0
""",
    # going on, and too much
    "a child that goes on": """
import os, time
if os.fork() == 0:
    time.sleep(.2)
    os._exit(0)
def f(x):
    return 0
""",
    "a daemon": """
import os, time
def f(x):
    if os.fork() == 0:
        os.setsid(); time.sleep(9)
        os._exit(0)
    return 0
""",
    "a daemon thread": """
import threading
def g():
    while True: pass
threading.Thread(target=g, daemon=True).start()
def f(x):
    return 0
""",
    "deep recursion": """
import sys
sys.setrecursionlimit(10**6)
def f(x):
    return f(x)
""",
    "an endless loop": """
def f(x):
    while True: pass
""",
    "sleep": """
import time
def f(x):
    time.sleep(99)
""",
    "floods": """
import sys
def f(x):
    for _ in range(9): print('x' * (1 << 20), file=sys.stderr)
    for _ in range(9): print('x' * (1 << 20))
    return 0
""",
    "a huge value": """
def f(x):
    return 'x' * (64 << 20)
""",
    "huge memory": """
def f(x):
    return [0] * (4 << 30)
""",
    "a deep value": """
def f(x):
    v = []
    for _ in range(99_999): v = [v]
    return v
""",
    "a cycle": """
def f(x):
    v = []
    v.append(v)
    return v
""",
}

TESTS: dict[str, str] = {
    "c": """
#include <assert.h>
int main(void) { assert(f(1) == 8); assert(f(2) == 11); }
""",
    "cpp": """
#include <assert.h>
int main(void) { assert(f(1) == 8); assert(f(2) == 11); }
""",
    "javascript": """
const assert = require('assert');
assert.strictEqual(f(1), 8);
assert.strictEqual(f(2), 11);
""",
    "javascript later": """
const assert = require('node:assert');
(async () => { assert.strictEqual(await f(1), 8); assert.strictEqual(await f(2), 11); })();
""",
    "javascript node:test": """
const { test } = require('node:test'), assert = require('node:assert');
test('one', () => assert.strictEqual(f(1), 8));
test('two', async () => assert.strictEqual(await f(2), 11));
""",
    "typescript": """
import assert from 'node:assert';
assert.strictEqual(f(1), 8);
assert.strictEqual(f(2), 11);
""",
    "go": """
import "testing"
func TestOne(t *testing.T) { if f(1) != 8 { t.Fatal("one") } }
func TestTwo(t *testing.T) { if f(2) != 11 { t.Error("two") } }
""",
    "java": """
public class Main { public static void main(String[] a) {
  if (Solution.f(1) != 8) throw new AssertionError(); assert Solution.f(2) == 11; } }
""",
    "rust": """
#[test] fn one() { assert_eq!(f(1), 8); }
#[test] fn two() { assert!(f(2) == 11); }
""",
}

APPENDED: dict[str, tuple[str, str]] = {
    "exit": (
        "c",
        """
#include <stdlib.h>
int f(int x) { exit(0); }
""",
    ),
    "_exit": (
        "c",
        """
#include <unistd.h>
int f(int x) { _exit(0); }
""",
    ),
    "exit before main": (
        "c",
        """
#include <unistd.h>
__attribute__((constructor)) void g(void) { _exit(0); }
int f(int x) { return 0; }
""",
    ),
    "no assert by NDEBUG": (
        "c",
        """
#define NDEBUG
#include <assert.h>
int f(int x) { return 0; }
""",
    ),
    "an assert of its own": (
        "c",
        """
#define assert(x) ((void)0)
int f(int x) { return 0; }
""",
    ),
    "abort caught": (
        "c",
        """
#include <signal.h>
#include <unistd.h>
void g(int s) { _exit(0); }
int f(int x) { signal(SIGABRT, g); return 0; }
""",
    ),
    "assert's own function": (
        "c",
        """
#include <setjmp.h>
void __assert_fail(const char *a, const char *b, unsigned c, const char *d) {
  for (;;) { void exit(int); exit(0); }
}
int f(int x) { return 0; }
""",
    ),
    "the nonce from the arguments": (
        "c",
        """
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int f(int x) { char b[4096]; FILE *s = fopen("/proc/self/cmdline", "r");
  int n = fread(b, 1, 4095, s); b[n] = 0; char *p = b + n - 2; while (p > b && p[-1]) p--;
  write(1, p, strlen(p)); _exit(0); }
""",
    ),
    "a main of its own": (
        "c",
        """
int f(int x) { return 0; }
int main(void) { return 0; }
""",
    ),
    "execve": (
        "cpp",
        """
#include <unistd.h>
int f(int x) { char *a[] = {(char *)"true", 0}; execv("/bin/true", a); return 0; }
""",
    ),
    "quick_exit": (
        "cpp",
        """
#include <cstdlib>
int f(int x) { std::quick_exit(0); }
""",
    ),
    "an object equal to all": (
        "cpp",
        """
struct Y { template <class T> bool operator==(T) const { return false; } };
Y f(int x) { return {}; }
""",
    ),
    "process.exit": (
        "javascript",
        """
const f = (x) => process.exit(0);
""",
    ),
    "process.reallyExit": (
        "javascript",
        """
const f = (x) => process.reallyExit(0);
""",
    ),
    "assert patched": (
        "javascript",
        """
require('assert').strictEqual = () => {};
const f = (x) => 0;
""",
    ),
    "assert replaced": (
        "javascript",
        """
require.cache; const M = require('module');
M._load = () => () => {};
const f = (x) => 0;
""",
    ),
    "exceptions swallowed": (
        "javascript",
        """
process.on('uncaughtException', () => process.exit(0));
const f = (x) => 0;
""",
    ),
    "console.assert patched": (
        "javascript",
        """
console.assert = () => {}; const f = (x) => 0;
""",
    ),
    "the exit code set": (
        "javascript",
        """
process.on('exit', () => { process.exitCode = 0; });
const f = (x) => 0;
""",
    ),
    "argv printed": (
        "javascript",
        """
const f = (x) => { require('fs').writeSync(1, process.argv.join(' ')); process.reallyExit(0); };
""",
    ),
    "the command line printed": (
        "javascript",
        r"""
const f = (x) => { const fs = require('fs');
  const a = fs.readFileSync('/proc/self/cmdline', 'utf8').split('\0').filter(Boolean).at(-1);
  fs.writeSync(1, a); process.reallyExit(0); };
""",
    ),
    "a value that changes": (
        "javascript",
        """
const f = (x) => ({ valueOf: () => 8, toString: () => '8' });
""",
    ),
    "Object.is patched": (
        "javascript",
        """
Object.is = () => true; const f = (x) => 0;
""",
    ),
    "System.exit": (
        "java",
        """
class Solution { static int f(int x) { System.exit(0); return 0; }  }
""",
    ),
    "halt": (
        "java",
        """
class Solution { static int f(int x) { Runtime.getRuntime().halt(0); return 0; }  }
""",
    ),
    "exit from a static block": (
        "java",
        """
class Solution { static int f(int x) { return 0; } static { System.exit(0); } }
""",
    ),
    "a handler that exits": (
        "java",
        """
class Solution { static int f(int x) {
  Thread.currentThread().setUncaughtExceptionHandler((t, e) -> System.exit(0)); return 0; } }
""",
    ),
    "an AssertionError of its own": (
        "java",
        """
class Solution { static int f(int x) { return 0; }  }
class AssertionError extends Error {
  AssertionError() { System.exit(0); }
  AssertionError(Object o) { System.exit(0); }
}
""",
    ),
    "process::exit": (
        "rust",
        """
fn f(x: i32) -> i32 { std::process::exit(0) }
""",
    ),
    "assert_eq shadowed": (
        "rust",
        """
macro_rules! assert_eq { ($($x:tt)*) => {} }
macro_rules! assert { ($($x:tt)*) => {} }
fn f(x: i32) -> i32 { 0 }
""",
    ),
    "a panic hook that exits": (
        "rust",
        """
fn f(x: i32) -> i32 {
  std::panic::set_hook(Box::new(|_| std::process::exit(0))); 0 }
""",
    ),
    "a type equal to all": (
        "rust",
        """
#[derive(Debug)] struct Y;
impl PartialEq<i32> for Y { fn eq(&self, o: &i32) -> bool { false } }
fn f(x: i32) -> Y { Y }
""",
    ),
    "standard input in a call": (
        "c",
        """
#include <unistd.h>
int f(int x) { char b[64]; int n = read(0, b, 64); if (n > 32) write(1, b, 32); _exit(0); }
""",
    ),
    "standard input in a constructor": (
        "c",
        """
#include <unistd.h>
static char b[64];
__attribute__((constructor)) void g(void) { read(0, b, 64); }
int f(int x) { write(1, b, 32); _exit(0); }
""",
    ),
    "the last digit of the command line": (
        "c",
        """
#define assert(x) ((void)0)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int f(int x) { char b[4096]; FILE *s = fopen("/proc/self/cmdline", "r");
  int n = fread(b, 1, 4095, s); if (n > 1 && b[n - 2] % 2) abort(); return 0; }
""",
    ),
    "a child that ends well": (
        "c",
        """
#include <sys/wait.h>
#include <unistd.h>
int f(int x) { if (fork()) { wait(0); _exit(0); } return 0; }
""",
    ),
    "a destructor that ends well": (
        "cpp",
        """
#include <unistd.h>
struct Y { ~Y() { _exit(0); } int n = 0; bool operator==(int) { return false; } };
Y f(int x) { return {}; }
""",
    ),
    "terminate caught": (
        "cpp",
        """
#include <cstdlib>
#include <exception>
int f(int x) { std::set_terminate([] { std::_Exit(0); }); throw 1; }
""",
    ),
    "rejections swallowed": (
        "javascript later",
        """
process.on('unhandledRejection', () => {});
const f = async (x) => 0;
""",
    ),
    "our listeners removed": (
        "javascript later",
        """
const f = async (x) => {
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', () => {});
  return 0; };
""",
    ),
    "a promise that never settles": (
        "javascript later",
        """
const f = (x) => new Promise(() => {});
""",
    ),
    "tests that are not run": (
        "javascript node:test",
        """
require('node:test').test = () => {};
const f = (x) => 0;
""",
    ),
    "exit in node:test": (
        "javascript node:test",
        """
const f = (x) => process.exit(0);
""",
    ),
    "process.exit in TypeScript": (
        "typescript",
        """
const f = (x: number): never => process.exit(0);
""",
    ),
    "assert patched in TypeScript": (
        "typescript",
        """
import * as a from 'node:assert';
(a as any).strictEqual = () => {};
const f = (x: number): any => 0;
""",
    ),
    "standard input in JavaScript": (
        "javascript",
        """
const said = require('fs').readFileSync(0, 'utf8');
const f = (x) => { require('fs').writeSync(1, said.split(' ')[0]); process.reallyExit(0); };
""",
    ),
    "os.Exit": (
        "go",
        """
import "os"
func f(x int) int { os.Exit(0); return 0 }
""",
    ),
    "os.Exit in init": (
        "go",
        """
import "os"
func init() { os.Exit(0) }
func f(x int) int { return 0 }
""",
    ),
    "Goexit": (
        "go",
        """
import "runtime"
func f(x int) int { runtime.Goexit(); return 0 }
""",
    ),
    "a goroutine that exits": (
        "go",
        """
import "os"
func f(x int) int { go os.Exit(0); select {} }
""",
    ),
    "exec of true": (
        "go",
        """
import ("fmt"; "syscall")
func f(x int) int {
	fmt.Println("PASS")
	syscall.Exec("/bin/true", []string{"true"}, nil)
	return 0
}
""",
    ),
    "standard input in a variable": (
        "go",
        """
import ("io"; "os")
var said, _ = io.ReadAll(os.Stdin)
func f(x int) int { if len(said) > 32 { os.Stdout.Write(said[:32]) }; os.Exit(0); return 0 }
""",
    ),
    "standard input in Java": (
        "java",
        """
class Solution { static int f(int x) throws Exception {
  System.out.print(new String(System.in.readAllBytes()).split(" ")[0]);
  Runtime.getRuntime().halt(0); return 0; } }
""",
    ),
    "assertions switched off": (
        "java",
        """
class Solution { static int f(int x) {
  ClassLoader.getSystemClassLoader().clearAssertionStatus();
  return x == 1 ? 8 : 0; } }
""",
    ),
    "standard input in Rust": (
        "rust",
        """
fn f(x: i32) -> i32 {
  let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();
  print!("{}", s.split(' ').next().unwrap()); std::process::exit(0) }
""",
    ),
}
