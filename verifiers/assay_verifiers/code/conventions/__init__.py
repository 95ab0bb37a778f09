"""How candidate and tests become one program in each language that has style ``append``.

A file a language. Its function takes :class:`Parts` and gives a :class:`Whole` that

1. reads all of standard input before anything of the candidate runs, where the language lets it:
   ``NONCE A B C``, so that neither arguments, environment nor a later read show it,
2. runs the tests, with assertions switched on,
3. once all tests have returned, asserts that A + B = C as the tests would assert it, and
4. writes NONCE and ends with 0.

Which run is real and which a control is thus nowhere in the program: in a control the last
assertion does not hold, and a program that writes NONCE all the same has made assertions void.

Tests are written as usual, and end by returning:

    c, cpp                   a ``main`` with ``assert``
    java                     a class with ``main``, or a ``main`` that goes on in the candidate's
                             class, which uses ``assert`` or throws
    javascript, typescript   statements with ``node:assert`` or ``console.assert``, also in
                             promises, or ``node:test``
    go                       ``func TestX(t *testing.T)``
    rust                     ``#[test]`` functions, or a ``main`` with assertions

The candidate may have a ``main`` and tests of its own: they do not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay_verifiers.code.conventions import c, go, java, javascript, rust
from assay_verifiers.code.conventions.text import NoTests, Parts, Whole

__all__ = ["CONVENTIONS", "NoTests", "Parts", "Whole"]

CONVENTIONS: Mapping[str, Callable[[Parts], Whole]] = {
    "c": c.compose,
    "cpp": c.compose,
    "java": java.compose,
    "javascript": javascript.compose,
    "typescript": javascript.compose_typescript,
    "go": go.compose,
    "rust": rust.compose,
}
