"""Job and Result: one execution of untrusted code, as data.

A status says what *the program* did; ``sandbox_failed`` alone says that the sandbox did not do its
work, and nothing may be concluded about the program from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal[
    "ok",
    "nonzero_exit",
    "signal",
    "timeout",
    "memory",
    "output_limit",
    "compile_error",
    "sandbox_failed",
]

PAGE_BYTES = 4096


@dataclass(frozen=True)
class Limits:
    """What one job may use. The network is always off.

    Attributes:
        wall_s: seconds from the fork to the last byte of output.
        cpu_s: CPU seconds over the whole job.
        memory_bytes: address space of a process of the job; for a ``command``, what its processes
            together hold in memory, as in every language but Python. Java and JavaScript have it as
            their heap, and what the run-time itself needs beside that.
        processes: processes and threads alive at once.
        file_bytes: size of one written file, and of the job's whole scratch space.
        output_bytes: stdout plus stderr kept; the job is killed at the first byte beyond.
    """

    wall_s: float = 5.0
    cpu_s: float = 5.0
    memory_bytes: int = 512 << 20
    processes: int = 32
    file_bytes: int = 16 << 20
    output_bytes: int = 1 << 20


@dataclass(frozen=True)
class Job:
    """One program to run, as one ``source`` or as several ``files``.

    Attributes:
        source: the program's text; "" where it is among ``files``.
        language: a name or alias of ``languages.py``; the sandbox's template must have it.
        argv: arguments after the program's name.
        stdin: bytes on standard input.
        files: relative path → content, laid into the working directory first. Where ``source`` is
            empty these hold the program: ``main.py``, ``main.js`` … is begun; of a compiled
            language every source file is compiled.
        fetch: relative paths read back from the working directory afterwards.
        env: extra environment variables of the run; a compiler does not see them.
        limits: of the run; see :class:`Limits`.
        command: what to begin in the working directory instead of ``source`` in the warm
            interpreter: a program of the template by its whole path, or one of ``files``
            (``./a.out``). ``language`` then says nothing; ``source``, unless empty, is laid as
            ``main.py``, and ``files`` can be executed.
        compile_limits: of the compilation, where there is one; None: those of the language.
    """

    source: str = ""
    language: str = "python"
    argv: tuple[str, ...] = ()
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    fetch: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    command: tuple[str, ...] = ()
    compile_limits: Limits | None = None

    @property
    def laid_bytes(self) -> int:
        """What program and files take of ``limits.file_bytes``: whole pages, as on a tmpfs."""
        source = self.source.encode("utf-8", "surrogatepass")
        return sum(
            -(-len(data) // PAGE_BYTES) * PAGE_BYTES for data in (source, *self.files.values())
        )


@dataclass(frozen=True)
class Result:
    """What came of a job.

    Attributes:
        status: closed list; see the module.
        exit_code: the program's exit status, None when a signal ended it.
        signal: the signal that ended it, else None.
        stdout, stderr: kept output, at most ``limits.output_bytes`` together.
        truncated: output went beyond the limit.
        files: fetched files that exist as regular files.
        wall_s, cpu_s: seconds; peak_bytes: largest resident set of one process.
        backend, slot: where it ran.
        error: for ``sandbox_failed`` and ``compile_error``, one line saying what happened.
    """

    status: Status
    exit_code: int | None = None
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    backend: str = ""
    slot: str = ""
    error: str = ""
