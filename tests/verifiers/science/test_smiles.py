"""SMILES: one molecule in many spellings, and who is to blame when RDKit is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from assay_datasets import InputError, Json
from assay_verifiers.science import ScienceVerifier
from assay_verifiers.science.smiles import looks_like_smiles
from assay_verifiers.workers import Ask, WorkerCrashed, WorkerPool, WorkerTimeout


@pytest.fixture(scope="module")
def verifier() -> Iterator[ScienceVerifier]:
    pytest.importorskip("rdkit", reason="needs the extra science")
    pool = WorkerPool("assay_verifiers.science.smiles_worker", size=1)
    yield ScienceVerifier(pool=pool, compare_s=30.0)
    pool.close()


MOLECULES: list[tuple[str, str, dict[str, Any], str]] = [
    ("CC(=O)O", "OC(C)=O", {}, "match"),
    ("c1ccccc1O", "OC1=CC=CC=C1", {}, "match"),
    ("[START_SMILES]CCO[END_SMILES]", "The answer is [START_SMILES]OCC[END_SMILES]", {}, "match"),
    ("CC(=O)O", r"\boxed{\text{CC(O)=O}}", {}, "match"),
    ("CC(=O)O", "OC(C)=S", {}, "mismatch"),
    ("CC(=O)O", "CC(=O)[O-]", {}, "mismatch"),
    ("C[C@H](N)C(=O)O", "C[C@@H](C(=O)O)N", {}, "match"),
    ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", {}, "mismatch"),
    ("C[C@H](N)C(=O)O", "CC(N)C(=O)O", {}, "mismatch"),
    ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", {"stereo": False}, "match"),
    ("F/C=C/F", r"F\C=C\F", {}, "match"),
    ("F/C=C/F", r"F/C=C\F", {}, "mismatch"),
    ("[13CH3]CO", "CCO", {}, "mismatch"),
    ("[Na+].[Cl-]", "[Cl-].[Na+]", {"kind": "smiles"}, "match"),
    ("[CH3:1][CH2:2][OH:3]", "CCO", {"kind": "smiles"}, "match"),
    ("CCO", "CC(O", {}, "malformed"),
    ("CCO", "C(C)(C)(C)(C)C", {}, "malformed"),
    ("CCO", "ethanol!", {}, "malformed"),
    ("CCO", "C" * 1_001, {}, "too_long"),
    ("CC(O", "CCO", {"kind": "smiles"}, "bad_gold"),
]


@pytest.mark.parametrize(("gold", "response", "options", "why"), MOLECULES)
def test_molecules_are_compared_by_canonical_form(
    verifier: ScienceVerifier, gold: str, response: str, options: dict[str, Any], why: str
) -> None:
    assert verifier.check(response, gold, **options).reason == why


async def test_a_molecule_is_judged_from_an_event_loop(verifier: ScienceVerifier) -> None:
    verdict = await verifier.verify("OCC", "CCO", deadline_s=60.0)
    assert (verdict.reason, verdict.seconds > 0) == ("match", True)


def test_a_gold_is_taken_for_a_smiles_only_where_it_is_plainly_one() -> None:
    assert all(map(looks_like_smiles, ["CCO", "C=O", "c1ccccc1", "CN(C)C", "C[C@H](N)O", "C#N"]))
    assert not any(map(looks_like_smiles, ["CO2", "CCl4", "H2O", "C60", "NaCl", "F=ma", "5", "no"]))


class _Scripted(WorkerPool):
    """A pool whose worker answers by a script: a reply or an error for each question."""

    def __init__(self, *script: Json | Exception) -> None:
        super().__init__("none")
        self._script = list(script)

    def submit(self, work: Callable[[Ask], Any], *, deadline_s: float = 60.0) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(self._ask))
        except Exception as error:
            future.set_exception(error)
        return future

    def _ask(self, request: Json, timeout_s: float) -> Json:
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


BLAME: list[tuple[list[Json | Exception], str]] = [
    ([WorkerTimeout(), "equal"], "too_costly"),
    ([WorkerTimeout(), WorkerTimeout()], "bad_gold"),
    ([WorkerCrashed(), "equal"], "too_costly"),
    ([WorkerCrashed(), WorkerCrashed()], "worker_failed"),
    (["bad_gold"], "bad_gold"),
]


@pytest.mark.parametrize(("script", "why"), BLAME)
def test_who_stalls_or_kills_a_worker_is_to_blame(script: list[Json | Exception], why: str) -> None:
    assert ScienceVerifier(pool=_Scripted(*script)).check("OCC", "CCO").reason == why


def test_without_rdkit_the_mend_is_named() -> None:
    with pytest.raises(InputError, match=r"assay\[science\]"):
        ScienceVerifier(pool=_Scripted("no_rdkit")).check("OCC", "CCO")
