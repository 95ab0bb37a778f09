"""The plain functions of the front door: judge a response, make tasks, run a program.

Each opens what it needs, uses it and closes it, so it is right for a script or a notebook; for many
verdicts use :class:`assay.Judge`, which keeps its verifiers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from assay_datasets import InputError, Json, Split, Task, derive_seed
from assay_verifiers import Verdict

if TYPE_CHECKING:
    from assay_envs import Environment
    from assay_sandbox import Limits, Result

T = TypeVar("T")

_DRAWS_PER_TASK = 1000


def verify(verifier: str, response: str, answer: Json, **options: Json) -> Verdict:
    """Judge one response, from synchronous code (a running event loop is no obstacle).

    Args:
        verifier: a name that ``assay list verifiers`` shows.
        response: the model's whole text.
        answer: the gold, in the shape that verifier documents.
        options: that verifier's options.

    Raises:
        InputError: unknown verifier or option.
    """
    return _wait(averify(verifier, response, answer, **options))


async def averify(verifier: str, response: str, answer: Json, **options: Json) -> Verdict:
    """Judge one response; see :func:`verify`."""
    from assay.judge import Judge

    async with Judge() as judge:
        return await judge.verify(verifier, response, answer, options)


def generate(
    env: Environment,
    *,
    seed: int = 0,
    difficulty: int = 1,
    split: Split | None = None,
    parameters: Mapping[str, Json] | None = None,
) -> Iterator[Task]:
    """An endless stream of tasks: the same for the same arguments, in every process.

    ``parameters`` are finer ones of that environment.
    With ``split`` only tasks of that split come; a level that seems to have none raises
    :class:`InputError` rather than searching for ever.
    """
    index = missed = 0
    while True:
        task = env.draw(stream_seed(env.id, seed, index), difficulty, parameters)
        index += 1
        if split is None or task.split == split:
            missed = 0
            yield task
        elif (missed := missed + 1) >= _DRAWS_PER_TASK:
            raise InputError(
                f"{env.id} at difficulty {difficulty} gave no {split} task in {missed} draws; "
                "choose another difficulty or split"
            )


def stream_seed(env_id: str, seed: int, index: int) -> int:
    """The seed of the task at place ``index`` of the stream that :func:`generate` gives."""
    return derive_seed("generate", env_id, seed, index)


def register_gymnasium() -> list[str]:
    """Make every environment known to ``gymnasium.make`` as ``assay/logic-sudoku-v0``; their ids.

    Raises:
        InputError: gymnasium is not installed.
    """
    try:
        from assay_envs import gymnasium_adapter
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("assay"):
            raise
        raise InputError("gymnasium is not installed; run `pip install 'assay[gym]'`") from error
    return gymnasium_adapter.register_gymnasium()


def run(
    source: str,
    *,
    language: str = "python",
    stdin: bytes = b"",
    argv: tuple[str, ...] = (),
    backend: str | None = None,
    template: str | None = None,
    limits: Limits | None = None,
) -> Result:
    """Run one untrusted program in a sandbox and wait for it.

    Args:
        source: the program's text.
        language: ``python``, ``c``, ``cpp``, ``javascript``, ``java``, ``bash`` …, see ``doctor``.
        stdin: bytes on its standard input.
        backend: ``gvisor``, ``namespace`` or ``docker:RUNTIME``; None lets the doctor choose the
            safest that works.
        template: what it finds installed; by default ``plain`` for Python, else ``toolchain``.
        limits: seconds and bytes the program may use; see :class:`assay.Limits`.

    Raises:
        SandboxUnavailable: nothing here can isolate as asked; the message names the mend.
    """
    from assay_sandbox import Job, Limits, Sandbox
    from assay_sandbox.languages import find

    job = Job(source, language=language, argv=argv, stdin=stdin, limits=limits or Limits())
    template = template or ("plain" if find(language).name == "python" else "toolchain")
    with Sandbox(backend, template=template, slots=1, spares=0) as box:
        return box.run_sync(job)


def _wait(work: Coroutine[None, None, T]) -> T:
    if not _in_event_loop():
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
