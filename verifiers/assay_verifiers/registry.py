"""The verifiers that exist, by name (entry-point group ``assay.verifiers``)."""

from __future__ import annotations

from typing import Any

from assay_datasets import Registry
from assay_verifiers.verifier import Verifier

registry = Registry("assay.verifiers", "verifier")


def make_verifier(name: str, **settings: Any) -> Verifier:
    """A new verifier called ``name``; ``settings`` go to its constructor."""
    verifier: Verifier = registry.build(name, settings)
    return verifier
