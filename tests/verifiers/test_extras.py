"""Without an extra: one sentence that names the mend, and all that needs none still works."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, json, sys
for name in {missing!r}: sys.modules[name] = None
from assay_datasets import InputError
from assay_verifiers import make_verifier
name, response, answer = json.loads(sys.argv[1])
try:
    print(asyncio.run(make_verifier(name).verify(response, answer)).reason)
except InputError as error:
    print(error)
"""
_LANGUAGE = {
    "instruction_id_list": ["language:response_language"],
    "kwargs": [{"language": "en"}],
}
_COMMAS = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
_GATED = {
    "parts": [{"verifier": "text", "answer": "a"}],
    "gates": [{"kind": "language", "language": "en"}],
}

CASES = [
    (["pint"], "science", "5 m", "5 m", "assay[science]"),
    (["pint"], "science", "5 m", {"value": 5, "unit": "m"}, "assay[science]"),
    (["pint"], "science", "H2O", {"kind": "formula", "value": "H2O"}, "match"),
    (["pint"], "science", "B", "B", "match"),
    (["langdetect", "nltk"], "instruction", "a", _LANGUAGE, "assay[instruction]"),
    (["langdetect", "nltk"], "instruction", "a", _COMMAS, "match"),
    (["langdetect"], "compose", "a", _GATED, "assay[instruction]"),
]


@pytest.mark.parametrize(("missing", "name", "response", "answer", "said"), CASES)
def test_a_missing_extra_is_one_sentence_with_its_mend(
    missing: list[str], name: str, response: str, answer: object, said: str
) -> None:
    program = _PROGRAM.format(missing=missing)
    ended = subprocess.run(
        [sys.executable, "-c", program, json.dumps([name, response, answer])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert said in ended.stdout
    assert ended.stdout.count("\n") == 1
