"""Mathematical equality: see :mod:`assay_verifiers.math.verifier`."""

from assay_verifiers.math.verifier import MathVerifier

__all__ = ["MathVerifier"]
