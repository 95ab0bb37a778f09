"""Verifiable instructions: IFEval, IFBench and its training constraints, one rule a function.

Instructions that the functions of a task check are in ``by_function.py``.
"""

from assay_verifiers.instruction.verifier import InstructionVerifier

__all__ = ["InstructionVerifier"]
