"""Judges of responses: correct, incorrect or undecided, always with a reason."""

from assay_verifiers.registry import make_verifier
from assay_verifiers.registry import registry as verifier_registry
from assay_verifiers.verdict import Outcome, Reason, Verdict
from assay_verifiers.verifier import Verifier, visible_text

__all__ = [
    "Outcome",
    "Reason",
    "Verdict",
    "Verifier",
    "make_verifier",
    "verifier_registry",
    "visible_text",
]
