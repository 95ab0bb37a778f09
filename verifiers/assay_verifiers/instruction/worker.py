"""The instruction verifier's child process: nltk and langdetect, where they may be shot.

See :mod:`assay_verifiers.workers`.
"""

from __future__ import annotations

import contextlib

from assay_datasets import Json
from assay_verifiers.instruction.judge import follow
from assay_verifiers.instruction.linguistics import language, sentences
from assay_verifiers.instruction.table import constraints
from assay_verifiers.instruction.verbs import starts_with_verb


def handle(request: Json) -> list[bool]:
    """Judge ``{"text", "mode", "edition", "instructions": [[id, kwargs]]}``."""
    table = constraints(request["edition"])
    rules = [(table[name], table[name].read(kwargs)) for name, kwargs in request["instructions"]]
    return follow(request["text"], rules, request["mode"])


def warm() -> None:
    """Load what the language packages load once."""
    for first in (sentences, language, starts_with_verb):
        with contextlib.suppress(ModuleNotFoundError):
            first("One line. And one more.")
