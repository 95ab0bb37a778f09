"""Replies come from a place that may have been taken over: nothing malformed is believed."""

from __future__ import annotations

from typing import get_args

import pytest

from assay_sandbox import InvalidJob, Job, Limits, SandboxFailed, Status, wire
from assay_sandbox.guest import zygote

GOOD = zygote.REPLY.pack(0, 0, 0, False, 0.1, 0.1, 1)
UNKNOWN_STATUS = zygote.REPLY.pack(99, 0, 0, False, 0.1, 0.1, 1)

MALFORMED = {
    "empty": b"",
    "short": b"\0\0",
    "many blobs": b"\xff\xff\xff\xff",
    "length beyond the end": zygote.pack([GOOD, b"", b"", b""])[4:-1],
    "too few blobs": zygote.pack([GOOD, b""])[4:],
    "short fields": zygote.pack([b"x", b"", b"", b""])[4:],
    "unknown status": zygote.pack([UNKNOWN_STATUS, b"", b"", b""])[4:],
    "a file nobody asked for": zygote.pack([GOOD, b"f\0", b"", b"", b"x"])[4:],
    "a file without content": zygote.pack([GOOD, b"", b"", b"", b"x"])[4:],
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_reply_is_refused(case: str) -> None:
    with pytest.raises(SandboxFailed, match="malformed"):
        wire.decode(MALFORMED[case], Job("x"), "gvisor", "0")


@pytest.mark.parametrize(("size", "fits"), [(8192, True), (8193, False)])
def test_program_and_files_must_fit_in_whole_pages(size: int, fits: bool) -> None:
    job = Job("x", files={"a": b"a", "b": b"b" * size}, limits=Limits(file_bytes=16 << 10))
    if fits:
        wire.check(job)
    else:
        with pytest.raises(InvalidJob, match="file_bytes"):
            wire.check(job)


def test_host_and_guest_number_the_statuses_alike() -> None:
    assert get_args(Status) == zygote.STATUSES


@pytest.mark.parametrize("names", [[], [""], ["a", "", "b"], ["\udcff", "ä"]])
def test_names_survive_packing(names: list[str]) -> None:
    assert zygote.unpack_names(zygote.pack_names(names)) == names


REFUSED = {
    "a NUL in a command": Job(command=("/bin/a\0b",)),
    "a name that is the program's": Job("x", files={"main.py": b""}),
    "the same beside a command": Job("x", command=("./a",), files={"main.py": b""}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_job_that_cannot_be_written_is_refused(case: str) -> None:
    with pytest.raises(InvalidJob):
        wire.check(REFUSED[case])


def test_command_may_lay_any_file_and_speak_any_language() -> None:
    wire.check(Job(command=("./a",), files={"main.py": b""}, language="anything"))
