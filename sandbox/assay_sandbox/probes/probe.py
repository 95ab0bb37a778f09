"""Probe: one attempt to break out of the sandbox, as data.

A probe is a program of ours that plays the attacker and says what it managed: a line that begins
with ``ESCAPED`` names something that must not be possible; ``GRANTED`` names a system call that
went through, which is an escape where the kernel is the host's and none where the kernel is the
sandbox's own. Apart from what it says, the host watches for what it did (:mod:`.watch`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay_sandbox.job import Job, Limits, Result, Status

ENDS: frozenset[Status] = frozenset({"ok", "nonzero_exit", "signal", "timeout", "memory"})
SHORT = Limits(wall_s=1.5, cpu_s=1.5, memory_bytes=256 << 20)

PRELUDE = '''
import ctypes, errno, json, os, platform, sys, time
libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"
FACTS = json.loads(sys.argv[1])

def escaped(*what):
    print("ESCAPED", *what, flush=True)

def granted(*what):
    print("GRANTED", *what, flush=True)

def syscall(x86, arm, *arguments):
    """The result and, if it is below zero, the error's name."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    got = libc.syscall(ctypes.c_long(arm if ARM else x86), *words)
    return got, errno.errorcode.get(ctypes.get_errno(), "") if got < 0 else ""

def refused(name, x86, arm, *arguments):
    """The system call must not go through."""
    got, why = syscall(x86, arm, *arguments)
    print(name, why or "granted", flush=True)
    if got >= 0:
        granted(name)

def fails(what, attempt, *arguments):
    """The attempt must raise an OSError."""
    try:
        attempt(*arguments)
    except OSError as error:
        print(what, errno.errorcode.get(error.errno, error), flush=True)
    else:
        escaped(what)
'''


@dataclass(frozen=True)
class Probe:
    """One attempt.

    Attributes:
        name: how reports call it.
        tries: what it attempts, in a few words.
        program: Python, run after :data:`PRELUDE`; "" where ``job`` says all.
        ends: how the job may honestly end.
        limits, fetch: of the job.
        judge: looks at the result; what it returns is an escape, None is none.
        after: a program run as the next job, judged by its words alike.
        compare: looks at both results, of the job and of the next.
        virtual: ``GRANTED`` is no escape where the kernel is not the host's.
        template: what it must be run in.
        job: the whole job, where a program is not all there is to it.
    """

    name: str
    tries: str
    program: str = ""
    ends: frozenset[Status] = ENDS
    limits: Limits = SHORT
    fetch: tuple[str, ...] = ()
    judge: Callable[[Result], str | None] = field(default=lambda _: None)
    after: str = ""
    compare: Callable[[Result, Result], str | None] = field(default=lambda _, __: None)
    virtual: bool = False
    template: str = "plain"
    job: Job | None = None

    def as_job(self, facts: str) -> Job:
        """The job; ``facts`` is JSON that tells the program what there is to attack."""
        if self.job is not None:
            return self.job
        source = PRELUDE + self.program
        return Job(source, argv=(facts,), limits=self.limits, fetch=self.fetch)
