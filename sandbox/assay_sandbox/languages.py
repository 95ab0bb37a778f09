"""The languages: how a program of each is called, compiled and run inside a template.

One row a language. ``python`` runs in the warm interpreter; every other language is a command, and
the compiled ones are two, both sandboxed and both limited (``build.py``). A managed run-time's heap
is ``memory_bytes``, so that it fails by its own error; what the run-time itself holds and starts is
allowed beside that. Start-up flags are those that were measured to pay for short programs without
slowing long ones.

What of the host a language needs, and whether it is there, is ``toolchains.py``'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assay_sandbox.errors import InvalidJob
from assay_sandbox.job import Job, Limits

COMPILER = Limits(
    wall_s=30.0,
    cpu_s=30.0,
    memory_bytes=1 << 30,
    processes=64,
    file_bytes=64 << 20,
    output_bytes=256 << 10,
)
_MIB = 1 << 20
_LEAST_HEAP_MIB = 4


@dataclass(frozen=True)
class Language:
    """How programs of one language are built and begun.

    Attributes:
        name: how it is asked for; aliases: other names for it.
        source: what ``Job.source`` is laid as.
        suffixes: of further files that the compiler is given.
        run: the command; ``{heap}`` is the heap in MiB.
        compile: the command; ``{sources}`` are the source files. Empty: nothing is compiled.
        made: the file that the compiler makes, or ``*.ending``: one for each source file.
        environment: variables of both commands.
        threads: processes and threads of the run-time itself, beyond the program's own.
        overhead_bytes: what the run-time holds beside its heap.
        out_of_memory: what it writes on stderr when memory ends.
        compile_limits: where the job has none.
        mend: how a host gets it.
    """

    name: str
    source: str
    mend: str
    run: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    compile: tuple[str, ...] = ()
    made: str = ""
    aliases: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    threads: int = 0
    overhead_bytes: int = 0
    out_of_memory: bytes = b""
    compile_limits: Limits = COMPILER

    def entry(self, job: Job) -> dict[str, bytes]:
        """``Job.source`` as a file; nothing where the program is among the job's files."""
        if not job.source and any(map(self._is_source, job.files)):
            return {}
        return {self.source: job.source.encode("utf-8", "surrogatepass")}

    def sources(self, job: Job) -> tuple[str, ...]:
        """The files of ``job`` that its compiler is given, in order."""
        return tuple(sorted(filter(self._is_source, {*self.entry(job), *job.files})))

    def outputs(self, job: Job) -> tuple[str, ...]:
        """The files that compiling ``job`` makes."""
        if not self.made.startswith("*"):
            return (self.made,) if self.made else ()
        return tuple(name.rpartition(".")[0] + self.made[1:] for name in self.sources(job))

    def compiler(self, job: Job) -> tuple[str, ...]:
        """The compile command for ``job``; no file name in it reads as an option."""
        at = self.compile.index("{sources}")
        names = [f"./{name}" for name in self.sources(job)]
        return (*self.compile[:at], *names, *self.compile[at + 1 :])

    def command(self, limits: Limits) -> tuple[str, ...]:
        """The run command under ``limits``."""
        heap = max(limits.memory_bytes // _MIB, _LEAST_HEAP_MIB)
        return tuple(part.replace("{heap}", str(heap)) for part in self.run)

    def allowance(self, limits: Limits) -> Limits:
        """``limits`` of the program, and what its run-time takes beside it."""
        return replace(
            limits,
            processes=limits.processes + self.threads,
            memory_bytes=limits.memory_bytes + self.overhead_bytes,
        )

    def _is_source(self, name: str) -> bool:
        return name == self.source or name.endswith(self.suffixes)


_NODE = ("/usr/bin/node", "--max-old-space-size={heap}", "--single-threaded-gc")
_NATIVE_MEMORY = b"std::bad_alloc"
_TABLE = (
    Language(
        "python",
        source="main.py",
        aliases=("py", "python3"),
        mend="it is the interpreter that this runs under",
    ),
    Language(
        "c",
        source="main.c",
        suffixes=(".c",),
        compile=(
            "/usr/bin/gcc",
            "-std=gnu17",
            "-O2",
            "-pipe",
            "-w",
            "-o",
            "main",
            "{sources}",
            "-lm",
        ),
        made="main",
        run=("./main",),
        mend="apt-get install gcc libc6-dev",
    ),
    Language(
        "cpp",
        source="main.cpp",
        suffixes=(".cpp", ".cc", ".cxx"),
        aliases=("c++", "cc", "cxx"),
        compile=("/usr/bin/g++", "-std=gnu++20", "-O2", "-pipe", "-w", "-o", "main", "{sources}"),
        made="main",
        run=("./main",),
        out_of_memory=_NATIVE_MEMORY,
        mend="apt-get install g++",
    ),
    Language(
        "javascript",
        source="main.js",
        aliases=("js", "node", "nodejs"),
        run=(*_NODE, "main.js"),
        threads=16,
        overhead_bytes=128 * _MIB,
        out_of_memory=b"JavaScript heap out of memory",
        mend="apt-get install nodejs",
    ),
    Language(
        "java",
        source="Main.java",
        suffixes=(".java",),
        compile=(
            "/usr/bin/java",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:SharedArchiveFile=/usr/lib/assay/compile.jsa",
            "-Xshare:auto",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Xmx512m",
            "-cp",
            "/usr/lib/assay/compile.jar",
            "Compile",
            "main.jar",
            "{sources}",
        ),
        made="main.jar",
        run=(
            "/usr/bin/java",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "-Xmx{heap}m",
            "-Xss64m",
            "-jar",
            "main.jar",
        ),
        threads=32,
        overhead_bytes=256 * _MIB,
        out_of_memory=b"java.lang.OutOfMemoryError",
        mend="apt-get install default-jdk-headless",
    ),
    Language(
        "bash",
        source="main.sh",
        aliases=("sh", "shell"),
        run=("/usr/bin/bash", "main.sh"),
        mend="apt-get install bash",
    ),
    Language(
        "rust",
        source="main.rs",
        aliases=("rs",),
        compile=(
            "/usr/lib/rust/bin/rustc",
            "--edition=2021",
            "-O",
            "-Cstrip=symbols",
            "-Awarnings",
            "-Clinker=/usr/bin/gcc",
            "-o",
            "main",
            "{sources}",
        ),
        made="main",
        run=("./main",),
        mend="apt-get install rustc gcc, or a toolchain of rustup",
    ),
    Language(
        "go",
        source="main.go",
        aliases=("golang",),
        suffixes=(".go",),
        compile=("/usr/lib/go/bin/go", "build", "-o", "main", "{sources}"),
        made="main",
        run=("./main",),
        environment={
            "GOROOT": "/usr/lib/go",
            "GOCACHE": "/tmp/.go-cache",  # noqa: S108 (the job's own scratch space)
            "GOFLAGS": "-mod=mod",
            "GO111MODULE": "off",
            "CGO_ENABLED": "0",
        },
        threads=32,
        out_of_memory=b"fatal error: runtime: out of memory",
        mend="apt-get install golang-go",
    ),
    Language(
        "typescript",
        source="main.ts",
        aliases=("ts",),
        suffixes=(".ts",),
        compile=("/usr/bin/node", "/usr/lib/assay/compile.js", "{sources}"),
        made="*.js",
        run=(*_NODE, "main.js"),
        threads=16,
        overhead_bytes=128 * _MIB,
        out_of_memory=b"JavaScript heap out of memory",
        mend="apt-get install nodejs node-typescript, or npm install --global typescript@5",
    ),
)
LANGUAGES: Mapping[str, Language] = {language.name: language for language in _TABLE}
_BY_NAME = {name: language for language in _TABLE for name in (language.name, *language.aliases)}


def find(name: str) -> Language:
    """The language of this name or alias, in any case.

    Raises:
        InvalidJob: there is none; names those there are.
    """
    language = _BY_NAME.get(name.lower())
    if language is None:
        raise InvalidJob(f"no language {name!r}; there are: {', '.join(LANGUAGES)}")
    return language


@dataclass(frozen=True)
class Availability:
    """Whether this host has a language's toolchain.

    Attributes:
        ok: it does; a template can be built with it.
        detail: where it is, or what is missing.
        mend: how to get it; empty when ok.
    """

    ok: bool
    detail: str
    mend: str = ""


def available() -> dict[str, Availability]:
    """Every language, and whether a template of this host can hold it."""
    from assay_sandbox import toolchains

    found = {}
    for name, language in LANGUAGES.items():
        try:
            detail = toolchains.find(name).detail
            found[name] = Availability(True, detail)
        except toolchains.Missing as missing:
            found[name] = Availability(False, str(missing), language.mend)
    return found
