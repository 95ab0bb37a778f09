"""The host's side of the frames: a Job as a request, a reply as a Result.

A reply comes from a container that may have been taken over, so every field is checked and its size
bounded before it is believed. What is said in a reply is still only what the *program* could have
said by its own output; no verdict is ever in it.
"""

from __future__ import annotations

import struct
from typing import get_args

from assay_sandbox.errors import InvalidJob, SandboxFailed, last_line
from assay_sandbox.guest.zygote import REPLY, REQUEST, pack, pack_names, unpack, unpack_names
from assay_sandbox.job import Job, Limits, Result, Status

MAX_REQUEST_BYTES = 64 << 20
_SLACK_BYTES = 1 << 20
_HIGHEST_LIMIT = 1 << 62
_LONGEST_S = 1_000_000  # what a poll can wait for is not much longer
_STATUSES: tuple[Status, ...] = get_args(Status)  # the guest numbers them alike
_EXPLAINED = ("compile_error", "sandbox_failed")


def encode(job: Job) -> bytes:
    """The request frame; :class:`InvalidJob` if the job cannot be run as written."""
    check(job)
    source = job.source.encode("utf-8", "surrogatepass")  # the guest's compiler refuses surrogates
    limits = job.limits
    fields = REQUEST.pack(
        limits.wall_s,
        limits.cpu_s,
        limits.memory_bytes,
        limits.processes,
        limits.file_bytes,
        limits.output_bytes,
    )
    env = [f"{name}={value}" for name, value in job.env.items()]
    lists = (list(job.command), list(job.argv), env, list(job.files), list(job.fetch))
    names = [pack_names(each) for each in lists]
    return pack([fields, *names, source, job.stdin, *job.files.values()])


def check(job: Job) -> None:
    """Raise :class:`InvalidJob` naming what to change, if anything."""
    if job.language != "python" and not job.command:
        raise InvalidJob(f"language {job.language!r} is not in the template; it runs: python")
    _check_names(job)
    _check_limits(job.limits)
    laid = job.laid_bytes
    if laid > job.limits.file_bytes:
        raise InvalidJob(f"program and files take {laid} bytes, above limits.file_bytes")
    if laid + len(job.stdin) > MAX_REQUEST_BYTES:
        raise InvalidJob(f"program, files and stdin are above {MAX_REQUEST_BYTES} bytes")


def _check_names(job: Job) -> None:
    for name in (*job.files, *job.fetch):
        if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
            raise InvalidJob(
                f"file name {name!r} must be relative, without '.', '..' or empty parts"
            )
    if "main.py" in job.files and (job.source or not job.command):
        raise InvalidJob("'main.py' is the program itself; name the file differently")
    for text in _texts(job):
        try:
            pack_names([text])
        except UnicodeEncodeError as error:
            raise InvalidJob(f"{text!r} cannot be written as UTF-8") from error
        if "\0" in text:
            raise InvalidJob(f"{text!r} holds a NUL character")
    if any("=" in name or not name for name in job.env):
        raise InvalidJob("an environment variable's name is empty or holds '='")


def _texts(job: Job) -> tuple[str, ...]:
    """Every string of ``job`` that crosses as one."""
    variables = (*job.env, *job.env.values())
    return (*job.files, *job.fetch, *job.command, *job.argv, *variables)


def _check_limits(limits: Limits) -> None:
    for name, value in vars(limits).items():
        if not 0 < value < _HIGHEST_LIMIT:
            raise InvalidJob(f"limits.{name} must be above zero and finite, not {value!r}")
        if name.endswith("_s") and value > _LONGEST_S:
            raise InvalidJob(f"limits.{name} must be at most {_LONGEST_S} seconds, not {value!r}")
        if not name.endswith("_s") and not isinstance(value, int):
            raise InvalidJob(f"limits.{name} must be a whole number, not {value!r}")


def max_reply_bytes(job: Job) -> int:
    """What a reply to ``job`` may weigh at most."""
    names = sum(4 + len(name.encode("utf-8", "surrogateescape")) + 1 for name in job.fetch)
    return job.limits.output_bytes + job.limits.file_bytes + names + _SLACK_BYTES


def decode(body: bytes, job: Job, backend: str, slot: str) -> Result:
    """The Result in a reply's body; :class:`SandboxFailed` if it is not a well-formed reply."""
    try:
        fields, packed_names, stdout, stderr, *contents = unpack(body)
        status, exit_code, signal, truncated, wall_s, cpu_s, peak_bytes = REPLY.unpack(fields)
        names = unpack_names(packed_names)
        if status >= len(_STATUSES) or not set(names) <= set(job.fetch):
            raise ValueError("an unknown status or file")
        files = dict(zip(names, contents, strict=True))
    except (ValueError, struct.error) as error:
        raise SandboxFailed(f"the guest's reply is malformed: {error}") from error
    return Result(
        status=_STATUSES[status],
        exit_code=None if signal else exit_code,
        signal=signal or None,
        stdout=stdout,
        stderr=stderr,
        truncated=truncated,
        files=files,
        wall_s=wall_s,
        cpu_s=cpu_s,
        peak_bytes=peak_bytes,
        backend=backend,
        slot=slot,
        error=last_line(stderr) if _STATUSES[status] in _EXPLAINED else "",
    )
