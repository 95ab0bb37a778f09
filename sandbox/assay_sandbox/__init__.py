"""Run untrusted code behind a kernel boundary. Imports nothing of ours."""

from assay_sandbox.backend import probe
from assay_sandbox.doctor import Check, doctor
from assay_sandbox.errors import InvalidJob, SandboxError, SandboxFailed, SandboxUnavailable
from assay_sandbox.job import Job, Limits, Result, Status
from assay_sandbox.memo import Memo
from assay_sandbox.pool import Sandbox, Stats

__all__ = [
    "Check",
    "InvalidJob",
    "Job",
    "Limits",
    "Memo",
    "Result",
    "Sandbox",
    "SandboxError",
    "SandboxFailed",
    "SandboxUnavailable",
    "Stats",
    "Status",
    "doctor",
    "probe",
]
