"""SandboxFusion's door: ``POST /run_code``, ``POST /submit``, ``GET /v1/ping``.

Statuses are SandboxFusion's: 200 whatever the program did, 422 for what is no request. ``Failed``
is the program's fault (exit code, signal, time, compiler), ``SandboxError`` ours: the sandbox lost
the program twice, or this server lacks what it needs. Beyond the limits of memory or output a
program is killed, and its stderr says so.

**Overload is 504.** verl's client sends again after 504 only, three times in all, and makes a wrong
answer of every other failure; so a full queue, a limit of the key, a server that is going down and
a program that got no slot in time are all 504 here, with ``Retry-After``. A program is waited for
as long as that client waits: its two time limits and some of the ten seconds that it adds.

Not theirs: ``memory_limit_MB`` below one is 1024; a limit above the server's own is cut to it.
``custom_extract_logic`` is refused: it would run the sender's Python here. ``/submit`` judges what
comes with the request (``provided_data`` in the form of ``CommonOJDataset``), stops after the first
test that fails unless ``extra.run_all_cases``, and compares as the verifier ``code`` does by
default: line by line, blanks at the end apart.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from dataclasses import asdict, dataclass

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from assay.serve.callers import Caller
from assay.serve.compat.fusion_shapes import (
    CommandResult,
    CommandStatus,
    Extraction,
    RunCode,
    RunCodeReply,
    StdioCase,
    Submit,
    SubmitConfig,
    SubmitReply,
    TestResult,
)
from assay.serve.compat.wire import Door, Handler, Unprocessable, door
from assay.serve.errors import Late, Refused, TooMany, Unavailable
from assay.serve.models import Base64, JobRequest, ResultModel, to_bytes
from assay.serve.service import Service
from assay_sandbox import InvalidJob
from assay_sandbox.languages import find
from assay_verifiers.code.candidate import Candidate, extract
from assay_verifiers.code.comparison import difference
from assay_verifiers.fences import blocks
from assay_verifiers.verifier import visible_text

_MEMORY_MIB = 1024
_MOST_MEMORY_MIB = 16 << 10
_MOST_S = 600.0
_DEFAULT_S = 10.0
_PATIENCE_S = 8.0
_OUTPUT_BYTES = 4 << 20
_SIGKILL = -9
_RETRY_S = 1.0
_PATHS = ("/run_code", "/submit")
DOORS = (
    Door("POST", "/run_code", "Run a program, as SandboxFusion.", RunCode, RunCodeReply, (504,)),
    Door("POST", "/submit", "Judge a response, as SandboxFusion.", Submit, SubmitReply, (504,)),
    Door("GET", "/v1/ping", "Say pong, as SandboxFusion.", None, None),
)
_CASES: TypeAdapter[list[StdioCase]] = TypeAdapter(list[StdioCase])


class _TryAgain(Exception):
    """Nothing was decided, by no fault of the sender."""


def routes(service: Service) -> list[web.RouteDef]:
    """The door's routes."""

    async def run_code(asked: RunCode, caller: Caller) -> RunCodeReply:
        return await _Runner(service, caller).run_code(asked)

    async def submit(asked: Submit, caller: Caller) -> SubmitReply:
        return await _submit(asked, _Runner(service, caller))

    return [
        web.post("/run_code", door(RunCode, run_code)),
        web.post("/submit", door(Submit, submit)),
        web.get("/v1/ping", _ping),
    ]


async def _ping(request: web.Request) -> web.Response:
    return web.json_response("pong")


@web.middleware
async def overload_as_504(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What may be had later is 504 at this door, whatever it is elsewhere; see the module."""
    try:
        return await handler(request)
    except (TooMany, Late, Unavailable, _TryAgain) as error:
        if request.path not in _PATHS:
            raise
        pause = getattr(error, "retry_after_s", None) or _RETRY_S
        headers = {"Retry-After": f"{math.ceil(pause)}"}
        return web.json_response({"detail": str(error)}, status=504, headers=headers)


@dataclass(frozen=True)
class _Runner:
    """Runs programs for one caller."""

    service: Service
    caller: Caller

    async def run_code(self, asked: RunCode) -> RunCodeReply:
        """Run a program; once more where the sandbox lost it."""
        try:
            job = _job(asked)
            patience = asked.compile_timeout + asked.run_timeout + _PATIENCE_S
            result = await self._run(job, patience)
            if result.status == "sandbox_failed":
                result = await self._run(job, patience)
        except (ValueError, Refused) as error:
            return RunCodeReply(status="SandboxError", message=str(error))
        except Unavailable as error:
            if error.retry_after_s is not None:
                raise
            return RunCodeReply(status="SandboxError", message=str(error))
        return _reply(result, job)

    async def _run(self, job: JobRequest, patience_s: float) -> ResultModel:
        return await self.service.run(job, deadline_s=patience_s, caller=self.caller)


def _job(asked: RunCode) -> JobRequest:
    """As ours; ``ValueError`` says what cannot be done here."""
    language = find(asked.language)
    run_s, compile_s = min(asked.run_timeout, _MOST_S), min(asked.compile_timeout, _MOST_S)
    mib = asked.memory_limit_mib if asked.memory_limit_mib > 0 else _MEMORY_MIB
    compiler = {**asdict(language.compile_limits), "wall_s": compile_s, "cpu_s": compile_s}
    limits = {
        "wall_s": run_s,
        "cpu_s": run_s,
        "memory_bytes": min(mib, _MOST_MEMORY_MIB) << 20,
        "processes": 64,
        "file_bytes": 64 << 20,
        "output_bytes": _OUTPUT_BYTES,
    }
    return JobRequest.model_validate(
        {
            "source": asked.code or "\n",
            "language": language.name,
            "stdin": asked.stdin or "",
            "files": {
                name: _checked(name, data) for name, data in asked.files.items() if data is not None
            },
            "fetch": asked.fetch_files,
            "limits": limits,
            "compile_limits": compiler if language.compile else None,
        }
    )


def _reply(result: ResultModel, job: JobRequest) -> RunCodeReply:
    """A result in their words."""
    came = _command(result, job)
    if result.status == "compile_error":
        return RunCodeReply(status="Failed", compile_result=came)
    if result.status == "sandbox_failed":
        return RunCodeReply(status="SandboxError", message=result.error, run_result=came)
    compiled = CommandResult(status="Finished", execution_time=0.0, return_code=0)
    return RunCodeReply(
        status="Success" if result.status == "ok" else "Failed",
        compile_result=compiled if job.compile_limits else None,
        run_result=came,
        files={name: _coded(to_bytes(data)) for name, data in result.files.items()},
    )


def _command(result: ResultModel, job: JobRequest) -> CommandResult:
    """Of compiling where that failed, else of running."""
    stdout, stderr = (
        to_bytes(s).decode("utf-8", "replace") for s in (result.stdout, result.stderr)
    )
    status: CommandStatus = "Finished"
    code = result.exit_code if result.signal is None else -result.signal
    compiling = job.compile_limits if result.status == "compile_error" else None
    if result.status == "timeout" or (compiling and result.wall_s >= compiling.wall_s):
        status, code = "TimeLimitExceeded", None
    elif result.status == "sandbox_failed":
        status, code, stderr = "Error", None, result.error
    elif result.status in ("memory", "output_limit"):
        what = "memory" if result.status == "memory" else f"{_OUTPUT_BYTES} bytes of output"
        code, stderr = _SIGKILL, f"{stderr}\nkilled: beyond the limit of {what}"
    elif compiling:
        code = code or 1
    return CommandResult(
        status=status,
        execution_time=result.wall_s,
        return_code=code,
        stdout=stdout,
        stderr=stderr or result.error,
    )


async def _submit(asked: Submit, runner: _Runner) -> SubmitReply:
    """Judge a response by what its program writes."""
    cases, language = _cases(asked), _language(asked.config)
    candidate = extract(asked.completion, language)
    tests = await _judge(candidate, language, cases, asked.config, runner)
    failed = [test for test in tests if not test.passed]
    if failed and all(test.exec_info.status == "SandboxError" for test in failed):
        raise _TryAgain(f"nothing was decided: {failed[0].exec_info.message}")
    return SubmitReply(
        id=asked.id,
        accepted=not failed,
        extracted_code=candidate.source,
        tests=tests,
        extracted_type=_extracted(asked.completion, candidate),
    )


async def _judge(
    candidate: Candidate,
    language: str,
    cases: list[StdioCase],
    config: SubmitConfig,
    runner: _Runner,
) -> list[TestResult]:
    """What came of each test; without ``run_all_cases`` none follows one that failed."""

    async def judge(case: StdioCase) -> TestResult:
        came = await runner.run_code(_asked(candidate, language, case, config))
        passed = came.status == "Success" and _as_expected(came, case.output)
        return TestResult(passed=passed, exec_info=came, test_info=case.model_dump())

    if config.extra.get("run_all_cases"):
        return list(await asyncio.gather(*map(judge, cases)))
    tests: list[TestResult] = []
    for case in cases:
        tests.append(await judge(case))
        if not tests[-1].passed:
            break
    return tests


def _asked(candidate: Candidate, language: str, case: StdioCase, config: SubmitConfig) -> RunCode:
    laid = {name: text for name, text in case.input.items() if name != "stdin"}
    files = {**candidate.files, **laid}
    return RunCode(
        code=candidate.source,
        language=language,
        stdin=case.input.get("stdin"),
        compile_timeout=config.compile_timeout or _DEFAULT_S,
        run_timeout=config.run_timeout or _DEFAULT_S,
        files={name: _coded(text.encode("utf-8", "replace")) for name, text in files.items()},
        fetch_files=[name for name in case.output if name != "stdout"],
    )


def _as_expected(came: RunCodeReply, wanted: dict[str, str]) -> bool:
    """Whether every stream and file is as expected; one that is not there is not."""
    stdout = came.run_result.stdout if came.run_result else None
    given = {name: base64.b64decode(data) for name, data in came.files.items()}
    given["stdout"] = (stdout or "").encode()
    return all(
        name in given and difference(given[name], text.encode(), "exact", None) is None
        for name, text in wanted.items()
    )


def _cases(asked: Submit) -> list[StdioCase]:
    """The tests that came with the request."""
    if asked.config.custom_extract_logic is not None:
        raise Unprocessable("custom_extract_logic is not run here; send the program itself, fenced")
    given = asked.config.provided_data
    rows = given if isinstance(given, list) else [given] if given else []
    row = next((row for row in rows if row.get("id") in (asked.id, None)), None)
    if row is None:
        raise Unprocessable(
            f"config.provided_data has no row with the id {asked.id!r}; this server keeps no "
            "datasets: send the row with the request"
        )
    try:
        tests = row.get("test")
        cases = _CASES.validate_python(json.loads(tests) if isinstance(tests, str) else tests)
    except (ValidationError, ValueError, RecursionError) as error:
        raise Unprocessable(
            'provided_data.test must be a list of {"input": {"stdin"}, "output": {"stdout"}}, '
            f"as of CommonOJDataset: {error}"
        ) from error
    if not cases or not all(case.output for case in cases):
        raise Unprocessable("provided_data.test has no test, or one that expects nothing")
    return cases


def _language(config: SubmitConfig) -> str:
    if not config.language:
        raise Unprocessable("config.language must be given")
    try:
        return find(config.language).name
    except InvalidJob as error:
        raise Unprocessable(str(error)) from error


def _extracted(completion: str, candidate: Candidate) -> Extraction:
    text = visible_text(completion)
    if not candidate.source.strip() and not candidate.files:
        return "empty"
    if blocks(text):
        return "fenced"
    return "incomplete_fenced" if "```" in text else "heuristic"


def _checked(name: str, coded: str) -> dict[str, str]:
    try:
        base64.b64decode(coded, validate=True)
    except ValueError as error:
        raise ValueError(f"files: {name!r} is not base64: {error}") from error
    return {"base64": coded}


def _text(blob: str | Base64) -> str:
    return to_bytes(blob).decode("utf-8", "replace")


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
