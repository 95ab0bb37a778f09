"""C and C++: both parts may have a ``main``; ``assert`` is the header's, whatever was defined."""

from __future__ import annotations

import re

from assay_verifiers.code.conventions.text import NoTests, Parts, Whole, blanked, closing
from assay_verifiers.code.conventions.text import refuse_exits as _refuse_exits

_MAIN = re.compile(r"\bmain\s*\([^(){};]{0,200}\)\s*(?:->\s*int\s*)?\{")
_WORDS = """
    main assert NDEBUG int long char void signed unsigned static const struct return if else while
    for read write strtol strcspn fflush
"""
_END = """
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char TAG_said[256];
__attribute__((constructor(101))) static void TAG_begin(void) {
  int size = 0, more;
  while (size < 255 && (more = read(0, TAG_said + size, 255 - size)) > 0) size += more;
}
int main(int argc, char **argv) {
  int failed = ((int (*)(int, char **))TAG_tests)(argc, argv);
  if (failed) return failed;
  char *rest = TAG_said + strcspn(TAG_said, " ");
  int size = rest - TAG_said;
  long a = strtol(rest, &rest, 10), b = strtol(rest, &rest, 10), c = strtol(rest, &rest, 10);
  assert(a + b == c);
  fflush(0);
  _exit(write(1, TAG_said, size) != size);
}
"""


def compose(parts: Parts) -> Whole:
    """One file; the tests' ``main`` is called by ours."""
    blank = blanked(parts.tests)
    found = _MAIN.search(blank)
    if not found:
        raise NoTests("the test code has no main")
    _refuse_exits(blank)
    end = closing(blank, found.end() - 1)
    # a main that ends without return gives 0, another function's value would be undefined
    tests = f"{parts.tests[:end]}\nreturn 0;\n{parts.tests[end:]}"
    asserting = "#undef NDEBUG\n#undef assert\n#include <assert.h>"
    texts = (
        f"#define main {parts.tag}_candidate",
        parts.prelude,
        parts.candidate,
        f"#undef main\n{asserting}\n#define main {parts.tag}_tests",
        tests,
        *(f"#undef {word}" for word in _WORDS.split()),
        _END.replace("TAG", parts.tag),
    )
    return Whole("\n".join(texts))
