"""What can go wrong with the sandbox itself. A failing program is a Result, never an error.

RuntimeError
└── SandboxError
    ├── SandboxUnavailable   this host cannot isolate that way; the message names the mend
    └── SandboxFailed        an isolation that worked broke; the job's outcome is unknown
ValueError
└── InvalidJob               the job cannot be run as written (language, file names, limits)
"""


class SandboxError(RuntimeError):
    """The sandbox, not the program in it, is at fault."""


class SandboxUnavailable(SandboxError):
    """Nothing here can isolate as asked; the message says how to get it."""


class SandboxFailed(SandboxError):
    """A sandbox that had started was lost; nothing can be said about the job."""


class InvalidJob(ValueError):
    """The job, as described by its caller, cannot be run; the message says what to change."""


def last_line(stderr: bytes) -> str:
    """What a failed program's error stream ends with: the error itself, at most 500 characters."""
    return stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:500]
