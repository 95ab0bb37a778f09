"""Verifiable instructions: IFEval, IFBench and its training constraints, one rule a function."""

from assay_verifiers.instruction.verifier import InstructionVerifier

__all__ = ["InstructionVerifier"]
