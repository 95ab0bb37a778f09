"""Run untrusted code behind a kernel boundary. Imports nothing of ours."""

from assay_sandbox.errors import SandboxError, SandboxFailed, SandboxUnavailable
from assay_sandbox.job import Job, Limits, Result, Status

__all__ = [
    "Job",
    "Limits",
    "Result",
    "SandboxError",
    "SandboxFailed",
    "SandboxUnavailable",
    "Status",
]
