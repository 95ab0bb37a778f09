"""Answers of the natural sciences: see :mod:`assay_verifiers.science.verifier`."""

from assay_verifiers.science.verifier import ScienceVerifier

__all__ = ["ScienceVerifier"]
