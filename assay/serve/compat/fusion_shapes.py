"""SandboxFusion's messages: what its clients send and read (bytedance/SandboxFusion, Apache-2.0).

Names, defaults and what is optional are theirs. Here a language may also be one of ours, and time
limits must be above zero.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from assay.serve.compat.wire import Wire
from assay_sandbox import InvalidJob
from assay_sandbox.languages import find

THEIRS = frozenset(
    {
        "D_ut", "R", "bash", "cpp", "csharp", "cuda", "go", "go_test", "java", "jest", "julia",
        "junit", "kotlin_script", "lean", "lua", "nodejs", "perl", "php", "pytest", "python",
        "python_gpu", "racket", "ruby", "rust", "scala", "sql", "swift", "typescript", "verilog",
    }
)  # fmt: skip
"""The languages that SandboxFusion knows, whether or not this server has them."""

CommandStatus = Literal["Finished", "Error", "TimeLimitExceeded"]
Extraction = Literal["fenced", "incomplete_fenced", "heuristic", "empty"]


class RunCode(Wire):
    """One program to run."""

    model_config = ConfigDict(populate_by_name=True)

    code: str = Field(examples=['print("hello")'])
    language: str = Field(examples=["python"])
    stdin: str | None = None
    compile_timeout: float = Field(default=10.0, gt=0)
    run_timeout: float = Field(default=10.0, gt=0)
    memory_limit_mib: int = Field(default=-1, alias="memory_limit_MB")
    files: dict[str, str | None] = Field(default_factory=dict)
    fetch_files: list[str] = Field(default_factory=list)

    @field_validator("language")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in THEIRS:
            try:
                find(name)
            except InvalidJob as error:
                raise ValueError(str(error)) from error
        return name


class CommandResult(Wire):
    """What came of compiling, or of running."""

    status: CommandStatus
    execution_time: float | None = None
    return_code: int | None = None
    stdout: str | None = None
    stderr: str | None = None


class RunCodeReply(Wire):
    """What came of a program."""

    status: Literal["Success", "Failed", "SandboxError"]
    message: str = ""
    compile_result: CommandResult | None = None
    run_result: CommandResult | None = None
    executor_pod_name: str | None = None
    files: dict[str, str] = Field(default_factory=dict)


class SubmitConfig(Wire):
    """How to judge; what is None is left to the server."""

    dataset_type: str | None = None
    language: str | None = None
    compile_timeout: float | None = Field(default=None, gt=0)
    run_timeout: float | None = Field(default=None, gt=0)
    custom_extract_logic: str | None = None
    provided_data: list[dict[str, Any]] | dict[str, Any] | None = None
    extra: dict[str, Any] = Field(default_factory=dict)


class Submit(Wire):
    """One response to judge."""

    dataset: str
    id: int | str
    completion: str
    config: SubmitConfig


class StdioCase(Wire):
    """One test: ``stdin`` and ``stdout``; any other name is a file's."""

    input: dict[str, str] = Field(default_factory=dict)
    output: dict[str, str]


class TestResult(Wire):
    """What came of one test."""

    passed: bool
    exec_info: RunCodeReply
    test_info: dict[str, Any] | None = None


class SubmitReply(Wire):
    """The judgement of a response."""

    id: int | str
    accepted: bool
    extracted_code: str
    full_code: str | None = None
    test_code: str | None = None
    tests: list[TestResult]
    extracted_type: Extraction | None = None
    extra: dict[str, Any] | None = None
