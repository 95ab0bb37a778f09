"""The table of constraints: instruction id -> rule, in two editions of IFBench.

The verifiers of IFBench changed after its release: ``2026`` is allenai/IFBench at commit 1d62c1d
(July 2026: nltk's sentences, whole words, trigrams of words, spans that include their end …),
``2025`` the release of the paper (arXiv 2507.02833), which packages on PyPI still carry. IFEval and
the training constraints are the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from assay_verifiers.instruction import (
    ifbench_count,
    ifbench_custom,
    ifbench_format,
    ifbench_words,
    linguistics,
)
from assay_verifiers.instruction.constraint import Constraint
from assay_verifiers.instruction.ifbench_count import Splitter
from assay_verifiers.instruction.ifeval import IFEVAL
from assay_verifiers.instruction.iftrain import IFTRAIN
from assay_verifiers.instruction.sentence_rules import rule_sentences

EDITIONS = ("2026", "2025")
_FAMILIES = (ifbench_count, ifbench_custom, ifbench_format, ifbench_words)
_COMMON: Mapping[str, Constraint] = {
    **IFEVAL,
    **IFTRAIN,
    **ifbench_count.COUNTS,
    **ifbench_custom.CUSTOM,
    **ifbench_format.FORMATS,
    **ifbench_words.WORDS,
}
_CHANGED_2025: Mapping[str, Constraint] = {
    **ifbench_count.COUNTS_2025,
    **ifbench_format.FORMATS_2025,
    **ifbench_words.WORDS_2025,
}


@cache
def constraints(edition: str) -> Mapping[str, Constraint]:
    """All constraints by id, as that edition of IFBench judges them."""
    table = dict(_COMMON)
    split: Splitter = linguistics.sentences
    needs: tuple[str, ...] = linguistics.NLTK
    if edition == "2025":
        table.update(_CHANGED_2025)
        split, needs = rule_sentences, ()
    table.update(ifbench_custom.alphabets(split, needs, quotes=edition != "2025"))
    for family in _FAMILIES:
        table.update(family.by_sentence(split, needs))
    return table
