"""Which language a text is in, by langdetect (a port of Google's language-detection).

langdetect draws random numbers; its seed is fixed, so the same text always gets the same answer.
Only the first :data:`READ` characters are read. Texts of a few words are guesses.
"""

from __future__ import annotations

from assay_datasets import InputError

READ = 10_000


def detected(text: str) -> str | None:
    """The ISO 639-1 code of the likeliest language; None where there is nothing to go by.

    Raises:
        InputError: the extra ``instruction`` is not installed.
    """
    try:
        from langdetect import (  # type: ignore[import-untyped]
            DetectorFactory,
            LangDetectException,
            detect,
        )
    except ImportError as error:
        raise InputError(
            "detecting a language needs langdetect; mend: pip install 'assay[instruction]'"
        ) from error
    DetectorFactory.seed = 0
    try:
        return str(detect(text[:READ]))
    except LangDetectException:
        return None
