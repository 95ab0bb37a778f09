"""Code: does the program in the response do what the tests ask?

    answer.py      the four styles of answers      options.py    what a task may ask beside
    candidate.py   the program in a response       finding.py    what came of a test; the verdict
    stdio.py       whole programs                  comparison.py, checker.py   their output
    function.py    one function                    values.py     its values
    assertion.py   Python test code                append.py     other languages' own tests
    running.py     jobs under a deadline           guest/        what runs inside the sandbox

Trust classes, in ``detail.trust`` of every verdict:

    host      stdio, function: the candidate sees inputs only; its outputs cross as data; expected
              values and the comparison never enter its sandbox
    separate  assert: test code runs in a process of its own, under another user in other
              namespaces; the candidate is called across the boundary by the codec
    shared    append: one process by nature; a pass needs a nonce at the end of the tests, and a
              control run in which the tests must fail, or it is ``tampering``
"""

from assay_verifiers.code.candidate import extract_program
from assay_verifiers.code.verifier import CodeVerifier

__all__ = ["CodeVerifier", "extract_program"]
