"""Run untrusted code behind a kernel boundary. Imports nothing of ours."""

from assay_sandbox.backend import probe
from assay_sandbox.doctor import Check, doctor
from assay_sandbox.errors import (
    InvalidJob,
    SandboxBusy,
    SandboxError,
    SandboxFailed,
    SandboxUnavailable,
    SessionEnded,
)
from assay_sandbox.job import Job, Limits, Result, Status
from assay_sandbox.memo import Memo
from assay_sandbox.metrics import Phase, SlotStats, Stats
from assay_sandbox.pair import Pair, PairResult
from assay_sandbox.partitions import Partitions, PartitionStats
from assay_sandbox.pool import Sandbox
from assay_sandbox.probes import Finding, self_check
from assay_sandbox.session import Cell, Session
from assay_sandbox.template import Template

__all__ = [
    "Cell",
    "Check",
    "Finding",
    "InvalidJob",
    "Job",
    "Limits",
    "Memo",
    "Pair",
    "PairResult",
    "PartitionStats",
    "Partitions",
    "Phase",
    "Result",
    "Sandbox",
    "SandboxBusy",
    "SandboxError",
    "SandboxFailed",
    "SandboxUnavailable",
    "Session",
    "SessionEnded",
    "SlotStats",
    "Stats",
    "Status",
    "Template",
    "doctor",
    "probe",
    "self_check",
]
