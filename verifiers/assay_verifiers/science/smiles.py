"""SMILES: the same molecule, stereochemistry included, by canonical form.

RDKit (the extra ``science``) canonicalises in a killable worker; here a text is only bounded and
unwrapped (``[START_SMILES]…[END_SMILES]``, code marks). The gold goes first, so a gold that RDKit
cannot read is told from a response it cannot.
"""

from __future__ import annotations

import re
from itertools import pairwise

from assay_verifiers.science.notation import Unreadable

_LONGEST = 1_000
_WRAPPED = re.compile(r"\[START_SMILES\](.*?)\[END_SMILES\]", re.DOTALL)
_ALPHABET = frozenset("ABCDEFGHIKLMNOPRSTUVWXYZabcdefghiklmnoprstuy0123456789()[]=#$:@+-/\\.%*~")
_LATEX = re.compile(r"\\(?:text|mathrm|texttt|mathtt|verb)\s*\{([^{}]*)\}")
_ATOMS = re.compile(r"Cl|Br|[BCNOPSFIbcnops]|\[[^\[\]]{1,40}\]")
_CARBON = re.compile(r"\[?[0-9]*[Cc](?![a-z])")
_SEEN = re.compile(r"(?:Cl|Br|[BCNOPSFIbcnops]|\[[^\[\]]{1,40}\]|[-=#$:/\\.()]|%[0-9]{2}|[0-9])+")


def read_smiles(text: str) -> str:
    """The SMILES in ``text``, bounded but not yet checked; raises :class:`Unreadable`."""
    wrapped = _WRAPPED.findall(text[: 4 * _LONGEST]) if "[START_SMILES]" in text else []
    text = wrapped[-1] if wrapped else _LATEX.sub(r"\1", text)
    text = text.strip().strip("`$\"'").strip()
    if text[:7].upper() == "SMILES:":
        text = text[7:].strip()
    if not text or len(text) > _LONGEST:
        raise Unreadable("no SMILES of a size to read", "too_long" if text else "malformed")
    if not _ALPHABET.issuperset(text):
        raise Unreadable("a letter that no SMILES has")
    return text


def looks_like_smiles(text: str) -> bool:
    """Whether an unlabelled gold is plainly a SMILES: bonds, rings or chains of organic atoms."""
    if "[START_SMILES]" in text:
        return True
    if len(text) > _LONGEST or not _SEEN.fullmatch(text):
        return False
    carbon = [_CARBON.match(atom) is not None for atom in _ATOMS.findall(text)]
    chain = any(one and other for one, other in pairwise(carbon))
    branch = "(" in text and sum(carbon) > 1
    bonds = any(mark in text for mark in "=#[@")
    return any(carbon) and len(carbon) > 1 and (chain or branch or bonds)
