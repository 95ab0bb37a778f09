"""Tests of its own making: inputs, mutants, and the few tests that tell right from wrong.

A room of the code verifier: :func:`make_tests` turns a :class:`Problem` with a reference solution
into an answer of that verifier, and says how many mutants the tests kill. ``assay make-tests`` does
it for a file of problems.
"""

from assay_verifiers.testmaking.maker import MadeTests, Plan, make_tests
from assay_verifiers.testmaking.mutants import Mutant, mutants
from assay_verifiers.testmaking.problem import Problem

__all__ = ["MadeTests", "Mutant", "Plan", "Problem", "make_tests", "mutants"]
