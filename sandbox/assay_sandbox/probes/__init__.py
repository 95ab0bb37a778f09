"""Attempts to break out, shipped as a function: ``await self_check("gvisor")``."""

from assay_sandbox.probes.probe import Probe
from assay_sandbox.probes.self_check import PROBES, Finding, self_check

__all__ = ["PROBES", "Finding", "Probe", "self_check"]
