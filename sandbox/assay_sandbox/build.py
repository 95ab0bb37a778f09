"""From a Job to the steps that really run: compile where needed, then run, each sandboxed.

A Python job is one step, in the warm interpreter. In any other language a job becomes one or two
*commands*, run by the same function in the same kind of container, under limits of their own:

    sources, files ──► compile step ──► what the compiler made ──► run step ──► Result
                            │   kept by BuildCache   ▲
                            └────────────────────────┘

Kept is what the compile step itself handed back, under a hash of everything that this step was
given: the template, the command, the variables, the limits, every file. A running program has no
way to it: nothing that a run step fetches is ever kept, and nothing kept is ever changed. So the
worst that a program can do at compile time is to be compiled wrongly itself.

The compiler's time is not in the result of a run; a failed compilation's result is the compiler's.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from assay_sandbox import wire
from assay_sandbox.errors import InvalidJob, last_line
from assay_sandbox.job import PAGE_BYTES, Job, Limits, Result
from assay_sandbox.languages import LANGUAGES, Language, find
from assay_sandbox.template import Settings

Step = Callable[[Job], Result]

MAX_PROGRAM_BYTES = 32 << 20
MAX_LAID = 3000  # of the 4096 that the scratch space has room for
_LONGEST_NAME, _LONGEST_PATH = 255, 4000
_TAIL_BYTES = 4096
_TELLING = (b"error", b"undefined reference", b"cannot find")
_BEYOND = {
    "timeout": "compilation went beyond its time of {wall_s:g} s ({cpu_s:g} s of CPU)",
    "memory": "compilation went beyond its memory of {memory_bytes} bytes",
    "output_limit": "the compiler wrote more than {output_bytes} bytes of messages",
}


@dataclass(frozen=True)
class Built:
    """What came of a compilation: the files it made, or the result that says why not."""

    files: Mapping[str, bytes]
    problem: Result | None = None

    @property
    def weight(self) -> int:
        """Bytes that it takes to keep."""
        said = self.problem.stdout + self.problem.stderr if self.problem else b""
        return len(said) + sum(map(len, self.files.values())) + PAGE_BYTES


class BuildCache:
    """Compilations of one template, the last used within ``max_bytes``. For any number of threads.

    Equal compilations at the same time run once: the others wait for the first.
    """

    def __init__(self, template: str, max_bytes: int = 256 << 20) -> None:
        self._template = template
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, Built] = OrderedDict()
        self._lock = threading.Lock()
        self._running: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self.hits = 0
        self.misses = 0

    def get(self, job: Job, make: Callable[[Job], tuple[Built, bool]]) -> Built:
        """What compiling with the step ``job`` makes; ``make`` says it, and whether to keep it."""
        key = self._key(job)
        with self._lock:
            turn = self._running.setdefault(key, _Turn())
        with turn.lock:
            with self._lock:
                known = self._kept.get(key)
                if known is not None:
                    self._kept.move_to_end(key)
                    self.hits += 1
                    return known
                self.misses += 1
            built, lasting = make(job)
            if lasting:
                self._keep(key, built)
            return built

    def _keep(self, key: str, built: Built) -> None:
        with self._lock:
            self._kept[key] = built
            self._bytes += built.weight
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.weight

    def _key(self, job: Job) -> str:
        """A hash of the template and of every field of the step, each spelt out."""
        told = hashlib.sha256(repr((self._template, replace(job, files={}))).encode())
        for name, data in sorted(job.files.items()):
            told.update(f"{name!r} {len(data)} ".encode())
            told.update(data)
        return told.hexdigest()


class _Turn:
    """A lock that a weak dictionary can hold."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def check(job: Job, settings: Settings) -> None:
    """Raise :class:`InvalidJob`, naming what to change, if ``job`` cannot be run as written."""
    if job.command:
        _check_laid({*job.files})
        wire.check(job)
        return
    language = find(job.language)
    if language.name not in settings.languages:
        raise InvalidJob(_not_here(language, settings.name))
    taken = {language.source} if job.source else set()
    for name in sorted(job.files.keys() & (taken | set(language.outputs(job)))):
        raise InvalidJob(f"{name!r} is the program itself; name the file differently")
    _check_laid({*job.files, *language.entry(job), *language.outputs(job)})
    if language.compile:
        limits = job.compile_limits or language.compile_limits
        wire.check(_compile_step(job, language, limits))
    wire.check(_run_step(job, language, {}))


def _check_laid(names: set[str]) -> None:
    """Names that no file system could lay together."""
    folders = {"/".join(parts[:n]) for parts in map(_split, names) for n in range(1, len(parts))}
    for name in sorted(names & folders):
        raise InvalidJob(f"{name!r} is a file and a folder at once; name one differently")
    if len(names) + len(folders) > MAX_LAID:
        raise InvalidJob(f"the job has above {MAX_LAID} files and folders; pack them")
    for name in names:
        written = name.encode("utf-8", "surrogatepass")
        if len(written) > _LONGEST_PATH or max(map(len, written.split(b"/"))) > _LONGEST_NAME:
            raise InvalidJob(f"file name {name[:80]!r}… is longer than a file system takes")


def _split(name: str) -> list[str]:
    return name.split("/")


def run(job: Job, step: Step, cache: BuildCache) -> Result:
    """What ``job``, found good by :func:`check`, comes to. ``step`` runs one command or Python.

    Whatever ``step`` raises goes through, and a ``sandbox_failed`` of either step is the result.
    """
    if job.command:
        return step(job)
    language = find(job.language)
    made: Mapping[str, bytes] = {}
    if language.compile:
        built = _compile(job, language, step, cache)
        if built.problem is not None:
            return replace(built.problem, files={})
        made = built.files
    return _judge(step(_run_step(job, language, made)), language)


def _not_here(language: Language, template: str) -> str:
    from assay_sandbox.languages import available

    here = available()[language.name]
    if here.ok:
        mend = 'mend: Sandbox(template="toolchain")'
    else:
        mend = f"this host lacks it ({here.detail}); mend: {here.mend}, then the template toolchain"
    return f"language {language.name!r} is not in template {template!r}; {mend}"


# ── compiling ────────────────────────────────────────────────────────────────────────────────────


def _compile(job: Job, language: Language, step: Step, cache: BuildCache) -> Built:
    limits = job.compile_limits or language.compile_limits

    def make(asked: Job) -> tuple[Built, bool]:
        result = _unveil(step(asked))
        missing = next((name for name in asked.fetch if name not in result.files), "")
        size = sum(map(len, result.files.values()))
        if result.status == "sandbox_failed":
            return Built({}, result), False
        if result.status != "ok" or missing or size > MAX_PROGRAM_BYTES:
            return Built({}, _failure(result, limits, missing)), result.status == "nonzero_exit"
        return Built(result.files), True

    return cache.get(_compile_step(job, language, limits), make)


def _compile_step(job: Job, language: Language, limits: Limits) -> Job:
    return Job(
        command=language.compiler(job),
        files={**job.files, **language.entry(job)},
        fetch=language.outputs(job),
        env=language.environment,
        limits=limits,
    )


def _unveil(result: Result) -> Result:
    """``memory`` where the driver of a compiler says in its own words that the kernel killed it."""
    if result.status == "nonzero_exit" and b"Killed signal terminated program" in result.stderr:
        return replace(result, status="memory")
    return result


def _failure(result: Result, limits: Limits, missing: str) -> Result:
    """A compile step's result as what it means for the job."""
    said = result.stderr + result.stdout
    if result.status in _BEYOND:
        error = _BEYOND[result.status].format(**vars(limits))
    elif result.status == "signal":
        error = f"the compiler was ended by signal {result.signal}"
    elif result.status == "nonzero_exit":
        error = _first_error(said)
    elif missing:
        error = f"the compiler made no {missing}"
    else:
        error = f"the compiled program is above {MAX_PROGRAM_BYTES} bytes"
    return replace(result, status="compile_error", error=error, files={}, stderr=said, stdout=b"")


def _first_error(said: bytes) -> str:
    """The line that a person would look at first."""
    lines = said.splitlines()
    first = next((line for line in lines if any(word in line.lower() for word in _TELLING)), b"")
    return last_line(first or said) or "the compiler failed without a word"


# ── running ──────────────────────────────────────────────────────────────────────────────────────


def _run_step(job: Job, language: Language, made: Mapping[str, bytes]) -> Job:
    """The step that runs the program; what the compiler made is not taken off its scratch space."""
    if language is LANGUAGES["python"]:
        return _as_source(job, language)
    room = sum(-(-len(data) // PAGE_BYTES) * PAGE_BYTES for data in made.values())
    allowed = language.allowance(job.limits)
    limits = replace(allowed, file_bytes=allowed.file_bytes + room)
    sources = language.entry(job) if not language.compile else {}
    return replace(
        job,
        source="",
        command=language.command(job.limits),
        files={**job.files, **sources, **made},
        env={**language.environment, **job.env},
        limits=limits,
        compile_limits=None,
    )


def _as_source(job: Job, language: Language) -> Job:
    """A Python job whose program, if among its files, is its source."""
    if job.source or language.source not in job.files:
        return replace(job, language="python", compile_limits=None)
    files = dict(job.files)
    source = files.pop(language.source).decode("utf-8", "surrogateescape")
    return replace(job, source=source, files=files, language="python", compile_limits=None)


def _judge(result: Result, language: Language) -> Result:
    """``memory`` where the run-time says that memory ended, as the guest says it of Python."""
    ended = result.status in ("nonzero_exit", "signal")
    if ended and language.out_of_memory and language.out_of_memory in result.stderr[-_TAIL_BYTES:]:
        return replace(result, status="memory")
    return result
