"""What can go wrong with the sandbox itself. A failing program is a Result, never an error.

RuntimeError
└── SandboxError
    ├── SandboxUnavailable   this host cannot isolate that way; the message names the mend
    ├── SandboxFailed        an isolation that worked broke; the job's outcome is unknown
    ├── SandboxBusy          no room now; says after how many seconds to ask again
    └── SessionEnded         a kept session is over; says why
ValueError
└── InvalidJob               the job cannot be run as written (language, file names, limits)
"""


class SandboxError(RuntimeError):
    """The sandbox, not the program in it, is at fault."""


class SandboxUnavailable(SandboxError):
    """Nothing here can isolate as asked; the message says how to get it."""


class SandboxFailed(SandboxError):
    """A sandbox that had started was lost; nothing can be said about the job."""


class SandboxBusy(SandboxError):
    """The queue, or the number of sessions, is at its limit.

    Attributes:
        retry_after_s: seconds after which asking again is likely to succeed.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(f"{message}; try again in {retry_after_s:.2f} s")
        self.retry_after_s = retry_after_s


class SessionEnded(SandboxError):
    """The session is over, and runs nothing more.

    Attributes:
        reason: ``program`` (its own code ended it, or had to be killed), ``idle``, ``lifetime``,
            ``cells``, ``closed``, or ``lost`` (the sandbox's fault).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the session has ended ({reason}); open another")
        self.reason = reason


class InvalidJob(ValueError):
    """The job, as described by its caller, cannot be run; the message says what to change."""


def last_line(stderr: bytes) -> str:
    """What a failed program's error stream ends with: the error itself, at most 500 characters."""
    return stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:500]
