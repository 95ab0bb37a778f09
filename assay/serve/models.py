"""The wire: every request and reply as a pydantic model, from which ``/openapi.json`` is made.

Verify lines are the one exception: an item that is no request costs its own line only, so a batch
takes anything as an item and :class:`VerifyLine` says what is meant.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assay_datasets import Split
from assay_sandbox import Status
from assay_verifiers.verdict import Outcome, Reason

Json = Any
LONGEST_SEED = 2**63 - 1
Seed = Annotated[int, Field(ge=0, le=LONGEST_SEED)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"not base64: {error}") from error
    return text


class Base64(_Wire):
    """Bytes that are no text."""

    base64: Annotated[str, AfterValidator(_checked_base64)]

    def decode(self) -> bytes:
        return base64.b64decode(self.base64)


Blob = Annotated[str | Base64, Field(description='Text, or bytes as `{"base64": …}`.')]


def to_bytes(blob: str | Base64 | Mapping[str, str]) -> bytes:
    """The bytes of a blob, read or as it came over the wire."""
    if isinstance(blob, str):
        return blob.encode("utf-8", "surrogatepass")
    return blob.decode() if isinstance(blob, Base64) else base64.b64decode(blob["base64"])


def to_blob(data: bytes) -> str | dict[str, str]:
    """Text where the bytes are UTF-8, else base64: nothing is lost."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


class VerifyLine(_Wire):
    """One response to judge: against ``answer`` by ``verifier``, or as that of a ``task``.

    Other fields are let pass: a task with a ``response`` added is such a line.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Json = Field(
        default=None, description="Comes back with the verdict; else the place in the batch."
    )
    verifier: str | None = Field(
        default=None, description="As in `/v1/verifiers`.", examples=["math"]
    )
    response: str = Field(description="The model's whole text.")
    answer: Json = Field(default=None, description="The gold, in the verifier's own shape.")
    options: dict[str, Json] | None = Field(
        default=None, description="Of the verifier; a `task` is judged by its own."
    )
    task: str | None = Field(default=None, description="A task's id, as `/v1/generate` gave it.")
    deadline_s: float | None = Field(default=None, gt=0, le=3600, description="Waiting included.")


class VerifyBatch(_Wire):
    """Many lines, each with a line of its own in the reply, in order."""

    items: list[Json] = Field(description="Verify lines; see VerifyLine.")
    deadline_s: float | None = Field(
        default=None, gt=0, le=3600, description="For all, waiting included."
    )


class VerdictLine(_Wire):
    """What a verifier says of a response."""

    id: Json
    outcome: Outcome
    score: float = Field(ge=0, le=1)
    reason: Reason
    detail: dict[str, Json]
    seconds: float


class ErrorLine(_Wire):
    """In place of a verdict, where an item of a batch is no request."""

    id: Json
    error: str


class VerdictBatch(_Wire):
    items: list[VerdictLine | ErrorLine]


class LimitsModel(_Wire):
    """What a program may use; the server's own limits stand above these."""

    wall_s: float = Field(default=5.0, gt=0, le=300)
    cpu_s: float = Field(default=5.0, gt=0, le=300)
    memory_bytes: int = Field(default=512 << 20, gt=0, le=8 << 30)
    processes: int = Field(default=32, gt=0, le=512)
    file_bytes: int = Field(default=16 << 20, gt=0, le=64 << 20)
    output_bytes: int = Field(default=1 << 20, gt=0, le=16 << 20)


class JobRequest(_Wire):
    """One program to run in the sandbox, without network; see ``assay_sandbox.Job``."""

    source: str = Field(default="", description="The program, where it is not among `files`.")
    language: str = "python"
    argv: list[str] = Field(default_factory=list, max_length=256)
    stdin: Blob = ""
    files: dict[str, Blob] = Field(default_factory=dict, max_length=256)
    fetch: list[str] = Field(default_factory=list, max_length=256)
    env: dict[str, str] = Field(default_factory=dict, max_length=256)
    limits: LimitsModel = LimitsModel()
    compile_limits: LimitsModel | None = None
    command: list[str] = Field(default_factory=list, max_length=256)
    template: str | None = Field(default=None, description="What the program finds installed.")
    deadline_s: float | None = Field(default=None, gt=0, le=3600)


class ResultModel(_Wire):
    """What came of a program; `sandbox_failed` alone says nothing about the program."""

    status: Status
    exit_code: int | None = None
    signal: int | None = None
    stdout: Blob = ""
    stderr: Blob = ""
    truncated: bool = False
    files: dict[str, Blob] = Field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    backend: str = ""
    slot: str = ""
    error: str = ""


class GenerateRequest(_Wire):
    """Tasks of an environment, reproducible on this server by the same request.

    Without ``include_answers`` tasks come as id and prompt, and are judged by id: the seed is mixed
    with the server's secret, so nobody makes them again at home to read the answers. With it (the
    key must have the right) they are whole, and the same as ``assay generate`` gives.
    """

    env: str
    n: int = Field(default=1, ge=1, le=1000)
    seed: Seed = 0
    difficulty: int = Field(default=1, ge=1, le=5)
    parameters: dict[str, Json] = Field(
        default_factory=dict, description="Finer parameters of the environment."
    )
    split: Split | None = None
    include_answers: bool = False
    deadline_s: float | None = Field(default=None, gt=0, le=3600)
    render: bool = Field(
        default=False, description="Add `rendering` and `svg`: the task for a person."
    )


class PublicTask(_Wire):
    """A task without its answer; the rest only where answers were asked for."""

    id: str
    env: str
    prompt: list[dict[str, str]]
    verifier: str
    metadata: dict[str, Json]
    split: Split
    rendering: str | None = None
    svg: str | None = None
    answer: Json = None
    options: dict[str, Json] | None = None


class Tasks(_Wire):
    tasks: list[PublicTask]


class SessionOptions(_Wire):
    """What an episode may be told at its beginning; never a task of the client's own making."""

    difficulty: int | None = Field(default=None, ge=1, le=5)
    parameters: dict[str, Json] = Field(default_factory=dict)


class SessionRequest(_Wire):
    """An episode: of ``env`` with a seed, or of a task's id."""

    env: str | None = None
    seed: Seed | None = Field(default=None, description="Without one, any.")
    difficulty: int = Field(default=1, ge=1, le=5)
    options: SessionOptions = Field(default_factory=lambda: SessionOptions())
    task: str | None = Field(default=None, description="A task's id, in place of all the others.")


class SessionOpened(_Wire):
    session: str
    observation: Json
    info: dict[str, Json]


class StepRequest(_Wire):
    action: str


class StepReply(_Wire):
    observation: Json
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Json]


class SandboxRequest(_Wire):
    """A kept interpreter or shell; see ``assay_sandbox.Session``."""

    language: Literal["python", "bash"] = "python"
    limits: LimitsModel = LimitsModel()
    lifetime_s: float = Field(default=600.0, gt=0, le=86400)
    idle_s: float = Field(default=300.0, gt=0, le=86400)
    max_cells: int = Field(default=1000, gt=0, le=100_000)


class SandboxOpened(_Wire):
    sandbox: str
    language: str
    backend: str


class CellRequest(_Wire):
    source: str
    wall_s: float | None = Field(default=None, gt=0, le=600)


class CellReply(ResultModel):
    """A result; ``alive`` says whether the session goes on."""

    alive: bool = True


class Files(_Wire):
    files: dict[str, Blob] = Field(max_length=256)


class FileNames(_Wire):
    names: list[str] = Field(max_length=256)


class Closed(_Wire):
    closed: Literal[True] = True


class EnvEntry(_Wire):
    """An environment this server offers."""

    id: str
    summary: str
    levels: dict[int, str]
    max_turns: int
    needs_sandbox: bool


class VerifierEntry(_Wire):
    """A verifier this server offers."""

    name: str
    summary: str
    options: list[str]
    needs_sandbox: bool


class Envs(_Wire):
    envs: list[EnvEntry]


class Verifiers(_Wire):
    verifiers: list[VerifierEntry]


class ErrorBody(_Wire):
    type: str
    message: str


class Problem(_Wire):
    """What every reply that is not 2xx holds."""

    error: ErrorBody
