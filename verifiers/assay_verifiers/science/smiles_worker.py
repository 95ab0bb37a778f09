"""The science verifier's child process: RDKit, where it may hang or crash and be shot.

See :mod:`assay_verifiers.workers`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from assay_datasets import Json

Reply = Literal["equal", "different", "unreadable", "bad_gold", "no_rdkit"]
_ROUNDS = 4


def handle(request: Json) -> Reply:
    """Whether ``request["given"]`` is the molecule ``request["gold"]``."""
    try:
        gold = canonical(request["gold"], request["stereo"])
        given = canonical(request["given"], request["stereo"])
    except ImportError:
        return "no_rdkit"
    if gold is None:
        return "bad_gold"
    if given is None:
        return "unreadable"
    return "equal" if gold == given else "different"


@lru_cache(maxsize=2048)
def canonical(smiles: str, stereo: bool) -> str | None:
    """The canonical SMILES, or None for what is no molecule.

    Written and read again until it stands still: one pass does not always settle which of several
    dependent stereo centres come first.
    """
    from rdkit import Chem, rdBase  # type: ignore[import-not-found,unused-ignore]

    rdBase.DisableLog("rdApp.*")
    rules: Any = Chem.SmilesParserParams()
    rules.allowCXSMILES = rules.parseName = False
    for _ in range(_ROUNDS):
        molecule = Chem.MolFromSmiles(smiles, rules)
        if molecule is None or not molecule.GetNumAtoms():
            return None
        for atom in molecule.GetAtoms():
            atom.SetAtomMapNum(0)
        written = str(Chem.MolToSmiles(molecule, isomericSmiles=stereo))
        if written == smiles:
            break
        smiles = written
    return smiles


def warm() -> None:
    """Pay for the import."""
    handle({"gold": "CCO", "given": "OCC", "stereo": True})
