"""Compile, keep, run: what is compiled when, what is kept, and what a failure is called."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from assay_sandbox import InvalidJob, Job, Limits, Result, SandboxFailed
from assay_sandbox.build import MAX_PROGRAM_BYTES, BuildCache, check, run
from assay_sandbox.languages import LANGUAGES
from assay_sandbox.template import Settings

TOOLCHAIN = Settings("toolchain", "key", (), "", (), tuple(LANGUAGES), {})
PLAIN = replace(TOOLCHAIN, name="plain", languages=("python",))
C_JOB = Job("int main() {}", "c", stdin=b"in", argv=("x",), env={"A": "b"}, fetch=("out",))


class Steps:
    """A container in which the compiler makes what its sources say, and every step is noted."""

    def __init__(self, compiled: Callable[[Job], Result] | None = None) -> None:
        self.taken: list[Job] = []
        self._compiled = compiled or self._compile

    def __call__(self, job: Job) -> Result:
        self.taken.append(job)
        if self._is_compilation(job):
            return self._compiled(job)
        return Result("ok", exit_code=0, stdout=b"ran " + job.files.get("main", b""))

    @property
    def compilations(self) -> int:
        return sum(map(self._is_compilation, self.taken))

    @staticmethod
    def _is_compilation(job: Job) -> bool:
        return "main" in job.fetch

    @staticmethod
    def _compile(job: Job) -> Result:
        return Result("ok", exit_code=0, files={"main": b"".join(job.files.values())})


def failing(**given: object) -> Steps:
    return Steps(lambda job: Result(**given))  # type: ignore[arg-type]


def test_python_is_one_step() -> None:
    steps, job = Steps(), Job("print(1)", files={"a": b"b"})
    run(job, steps, BuildCache("t"))
    assert steps.taken == [job]


def test_command_goes_through_as_it_is() -> None:
    steps, job = Steps(), Job(command=("/bin/sh",), language="cobol")
    check(job, PLAIN)
    run(job, steps, BuildCache("t"))
    assert steps.taken == [job]


def test_compile_step_sees_sources_only_and_run_step_the_rest() -> None:
    steps = Steps()
    run(replace(C_JOB, files={"data": b"d"}), steps, BuildCache("t"))
    compiling, running = steps.taken
    assert set(compiling.files) == {"main.c", "data"}
    assert (compiling.stdin, compiling.argv, dict(compiling.env)) == (b"", (), {})
    assert compiling.limits == LANGUAGES["c"].compile_limits
    assert set(running.files) == {"main", "data"}
    assert (running.stdin, running.argv, dict(running.env)) == (b"in", ("x",), {"A": "b"})
    assert (running.fetch, running.command) == (("out",), ("./main",))
    assert not running.source


def test_program_made_is_not_taken_off_the_jobs_space() -> None:
    steps = Steps(lambda job: Result("ok", files={"main": bytes(10_000)}))
    run(C_JOB, steps, BuildCache("t"))
    assert steps.taken[1].limits.file_bytes == C_JOB.limits.file_bytes + 3 * 4096


def test_job_sets_the_limits_of_its_compilation() -> None:
    steps, limits = Steps(), Limits(wall_s=1.5)
    run(replace(C_JOB, compile_limits=limits), steps, BuildCache("t"))
    assert steps.taken[0].limits == limits
    assert steps.taken[1].limits.wall_s == C_JOB.limits.wall_s


def test_run_time_may_take_what_it_needs_beside_the_program() -> None:
    steps = Steps()
    job = Job("1", "js", limits=Limits(memory_bytes=64 << 20, processes=1))
    run(job, steps, BuildCache("t"))
    (running,) = steps.taken
    assert "--max-old-space-size=64" in running.command
    assert running.limits.memory_bytes > 100 << 20
    assert running.limits.processes > 8


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────


def test_equal_programs_are_compiled_once() -> None:
    steps, cache = Steps(), BuildCache("t")
    for stdin in (b"1", b"2", b"3"):
        assert run(replace(C_JOB, stdin=stdin), steps, cache).stdout == b"ran int main() {}"
    assert steps.compilations == 1
    assert (cache.hits, cache.misses) == (2, 1)


DIFFERENT = {
    "source": replace(C_JOB, source="int main() { return 1; }"),
    "language": replace(C_JOB, language="cpp"),
    "a header": replace(C_JOB, files={"a.h": b"int a;"}),
    "a header's content": replace(C_JOB, files={"a.h": b"int b;"}),
    "a header's name": replace(C_JOB, files={"b.h": b"int b;"}),
    "two files run together": replace(C_JOB, files={"a.h": b"int ", "b.h": b"b;"}),
    "limits": replace(C_JOB, compile_limits=Limits(wall_s=9.0)),
}


def test_whatever_the_compiler_is_given_makes_a_difference() -> None:
    steps, cache = Steps(), BuildCache("t")
    for job in (C_JOB, *DIFFERENT.values()):
        run(job, steps, cache)
    assert steps.compilations == len(DIFFERENT) + 1


def test_templates_do_not_share_what_was_compiled() -> None:
    assert BuildCache("a")._key(C_JOB) != BuildCache("b")._key(C_JOB)


def test_least_recently_used_is_dropped_first() -> None:
    steps, cache = Steps(), BuildCache("t", max_bytes=3 * 5000)
    jobs = [replace(C_JOB, source=f"// {n}") for n in range(4)]
    for job in (*jobs[:3], jobs[0], jobs[3]):
        run(job, steps, cache)
    assert steps.compilations == 4
    run(jobs[0], steps, cache)
    assert steps.compilations == 4
    run(jobs[1], steps, cache)
    assert steps.compilations == 5


def test_program_above_the_whole_cache_still_runs() -> None:
    steps, cache = Steps(), BuildCache("t", max_bytes=1)
    assert run(C_JOB, steps, cache).status == "ok"
    assert run(C_JOB, steps, cache).status == "ok"
    assert steps.compilations == 2


def test_equal_compilations_at_once_run_once() -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(job: Job) -> Result:
        started.set()
        assert go_on.wait(10)
        return Steps._compile(job)

    steps, cache, results = Steps(slow), BuildCache("t"), []
    threads = [
        threading.Thread(target=lambda: results.append(run(C_JOB, steps, cache))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert steps.compilations == 1
    assert [result.status for result in results] == ["ok"] * 8


def test_lost_compilation_is_not_kept_and_the_next_tries_again() -> None:
    answers = [SandboxFailed("lost"), Result("sandbox_failed"), Result("ok", files={"main": b"m"})]

    def compiled(job: Job) -> Result:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    steps, cache = Steps(compiled), BuildCache("t")
    with pytest.raises(SandboxFailed, match="lost"):
        run(C_JOB, steps, cache)
    assert run(C_JOB, steps, cache).status == "sandbox_failed"
    assert run(C_JOB, steps, cache).stdout == b"ran m"


def test_what_a_run_hands_back_never_enters_the_cache() -> None:
    """A program may fetch a file of the artefact's name, with what it likes in it."""

    def step(job: Job) -> Result:
        if job.command == ("./main",):
            assert job.files["main"] == b"compiled"
            return Result("ok", files={"main": b"poison", "main.c": b"poison"})
        return Result("ok", files={"main": b"compiled"})

    cache = BuildCache("t")
    for _ in range(3):
        assert run(replace(C_JOB, fetch=("main",)), step, cache).files["main"] == b"poison"


def test_what_is_kept_cannot_be_changed_through_a_result() -> None:
    cache = BuildCache("t")
    steps = failing(status="nonzero_exit", exit_code=1, stderr=b"error: no")
    first = run(C_JOB, steps, cache)
    assert first.files == {}
    first.files["main"] = b"poison"  # type: ignore[index]
    assert run(C_JOB, steps, cache).files == {}


# ── failing ──────────────────────────────────────────────────────────────────────────────────────

FAILURES = {
    "refused": (
        {"status": "nonzero_exit", "exit_code": 1, "stderr": b"In f:\nmain.c:1: error: x\nnote"},
        "main.c:1: error: x",
        True,
    ),
    "refused without a word": (
        {"status": "nonzero_exit", "exit_code": 1},
        "the compiler failed without a word",
        True,
    ),
    "timeout": ({"status": "timeout", "signal": 9}, "beyond its time of 30 s", False),
    "memory": ({"status": "memory", "signal": 9}, "beyond its memory of 1073741824 bytes", False),
    "memory of a part": (
        {
            "status": "nonzero_exit",
            "exit_code": 1,
            "stderr": b"g++: fatal error: Killed signal terminated program cc1plus\n",
        },
        "beyond its memory",
        False,
    ),
    "output": ({"status": "output_limit"}, "wrote more than 262144 bytes", False),
    "signal": ({"status": "signal", "signal": 11}, "ended by signal 11", False),
    "nothing made": ({"status": "ok"}, "made no main", False),
    "too much made": (
        {"status": "ok", "files": {"main": bytes(MAX_PROGRAM_BYTES + 1)}},
        f"above {MAX_PROGRAM_BYTES} bytes",
        False,
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failed_compilation(case: str) -> None:
    given, said, kept = FAILURES[case]
    steps, cache = failing(**given), BuildCache("t")
    for _ in range(2):
        result = run(C_JOB, steps, cache)
        assert result.status == "compile_error"
        assert said in result.error
        assert result.files == {}
    assert steps.compilations == (1 if kept else 2)


OUT_OF_MEMORY = {
    "cpp": b"terminate called after throwing an instance of 'std::bad_alloc'\n",
    "java": b'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n',
    "javascript": b"FATAL ERROR: Reached heap limit ... JavaScript heap out of memory\n",
}


@pytest.mark.parametrize("language", OUT_OF_MEMORY)
def test_run_times_own_word_for_memory_is_memory(language: str) -> None:
    def step(job: Job) -> Result:
        if job.fetch:
            return Result("ok", files=dict.fromkeys(job.fetch, b"m"))
        return Result("signal", signal=6, stderr=OUT_OF_MEMORY[language])

    assert run(Job("x", language), step, BuildCache("t")).status == "memory"
    assert run(Job("x"), step, BuildCache("t")).status == "signal"


# ── refusing ─────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    "unknown language": (Job("x", "cobol"), TOOLCHAIN, "no language 'cobol'"),
    "language of another template": (Job("x", "c"), PLAIN, "not in template 'plain'"),
    "file is the source": (Job("x", "c", files={"main.c": b""}), TOOLCHAIN, "the program itself"),
    "file is what is made": (Job("x", "c", files={"main": b""}), TOOLCHAIN, "the program itself"),
    "python's program twice": (Job("x", files={"main.py": b""}), PLAIN, "the program itself"),
    "file above": (Job("x", "c", files={"../a.c": b""}), TOOLCHAIN, "must be relative"),
    "NUL in a name": (Job("x", "c", files={"a\0.c": b""}), TOOLCHAIN, "NUL"),
    "endless compilation": (
        Job("x", "c", compile_limits=Limits(wall_s=float("inf"))), TOOLCHAIN, "limits.wall_s"),
    "too large for the compiler": (
        Job("x" * 5000, "c", compile_limits=Limits(file_bytes=4096)), TOOLCHAIN, "file_bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_job_that_cannot_be_run_is_refused(case: str) -> None:
    job, settings, said = REFUSED[case]
    with pytest.raises(InvalidJob, match=said):
        check(job, settings)


def test_file_names_never_read_as_options_of_the_compiler() -> None:
    steps = Steps()
    job = Job(language="c", files={"-o/etc.c": b"", "@x.c": b"", "main.c": b""})
    check(job, TOOLCHAIN)
    run(job, steps, BuildCache("t"))
    named = [part for part in steps.taken[0].command if part.endswith(".c")]
    assert named == ["./-o/etc.c", "./@x.c", "./main.c"]
