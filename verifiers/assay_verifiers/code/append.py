"""Style ``append``: test code in the candidate's own language, in one process with it.

How candidate, tests and their end are put together is each language's convention
(``convention.py``). A pass needs exit code 0 and, at the end of standard output, a nonce that the
last line of the program writes once all tests have returned: so leaving early by any road is no
pass.

In one process nothing keeps a candidate from finding that nonce, or from breaking the assertions.
So the program runs a second time, a *control*: the same program with another nonce, which makes it
end in assertions that must fail. A candidate whose control run passes is ``tampering``. That
catches what writes the nonce by itself and what makes assertions void; a candidate that knew all of
this judge and wrote for it could still get through, which is what trust class ``shared`` says.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from assay_sandbox import Job, Result
from assay_verifiers.code.answer import AppendAnswer
from assay_verifiers.code.candidate import Candidate
from assay_verifiers.code.convention import CONVENTIONS, NoTests
from assay_verifiers.code.finding import Finding, failure
from assay_verifiers.code.options import Options
from assay_verifiers.code.running import Runner

_NONCE_BYTES = 16


async def judge(
    candidate: Candidate, answer: AppendAnswer, options: Options, runner: Runner
) -> list[Finding]:
    """What came of the tests, as one."""
    compose = CONVENTIONS.get(answer.language)
    if compose is None:
        known = ", ".join(CONVENTIONS)
        return [Finding("bad_gold", difference=f"style append is judged in {known}")]
    try:
        source = compose(answer.prelude, candidate.source, answer.code)
    except NoTests as error:
        return [Finding("bad_gold", difference=str(error))]
    files = {name: text.encode("utf-8", "replace") for name, text in candidate.files.items()}
    text = source.encode("utf-8", "replace").decode()
    job = Job(text, answer.language, files=files, limits=options.limits)
    nonces = [_nonce(control=False), _nonce(control=True)]
    real, control = await runner.many([replace(job, argv=(nonce,)) for nonce in nonces])
    return [_finding(real, control, nonces)]


def _nonce(*, control: bool) -> str:
    """Hexadecimal digits; the last one is odd in a control run, and nothing else tells it apart."""
    last = 2 * secrets.randbelow(8) + control
    return f"{secrets.token_hex(_NONCE_BYTES)}{last:x}"


def _passed(result: Result, nonce: str) -> bool:
    return result.status == "ok" and result.stdout.rstrip().endswith(nonce.encode())


def _finding(real: Result, control: Result, nonces: list[str]) -> Finding:
    if _passed(control, nonces[1]):
        return Finding("tampering", real.wall_s, "passes where the tests must fail")
    if _passed(real, nonces[0]):
        if control.status == "sandbox_failed":
            return failure(control)
        return Finding("match", real.wall_s)
    if real.status == "ok":
        return Finding("runtime_error", real.wall_s, "ended before the tests did, exit code 0")
    if b"ssert" in real.stderr and real.status in ("nonzero_exit", "signal"):
        return replace(failure(real), status="mismatch")
    return failure(real)
