"""What tools take and give, beyond the wire models that HTTP has too.

Every model becomes a JSON schema that a client shows its model, so each field says what it is. None
has room for a task's answer, seed or certificate: whoever acts must not be able to read them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.serve.models import EnvEntry, LimitsModel, Seed, VerdictLine, VerifierEntry

Id = Annotated[str, Field(min_length=1, max_length=8192)]
"""An id that another tool gave; those of tasks are sealed and long."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Search(_Model):
    """Which of them."""

    search: str = Field(default="", description="Only those whose name or summary holds this text.")


class VerifierList(_Model):
    verifiers: list[VerifierEntry]


class EnvList(_Model):
    envs: list[EnvEntry]


class NewTask(_Model):
    """A task to make."""

    env: str = Field(description="An id that list_envs shows, such as logic/countdown.")
    difficulty: int = Field(default=1, ge=1, le=5, description="Level, as list_envs explains.")
    seed: Seed | None = Field(
        default=None,
        description="The same seed gives the same task on this server, and on no other; by default "
        "a task that nobody has seen.",
    )


class ShownTask(_Model):
    """A task as whoever solves it sees it."""

    task: str = Field(description="Its id, for verify and open_session.")
    env: str
    difficulty: int
    prompt: list[dict[str, str]] = Field(description="Chat messages: role and content.")
    rendering: str | None = Field(default=None, description="The task as a person looks at it.")


class OpenSession(_Model):
    """An episode: of a task that generate_task gave, or of a new one of ``env``."""

    task: Id | None = Field(default=None, description="A task's id; or else give env.")
    env: str | None = Field(default=None, description="An id that list_envs shows.")
    difficulty: int = Field(default=1, ge=1, le=5, description="With env: its level.")
    seed: Seed | None = Field(default=None, description="With env: as in generate_task.")


class OpenedSession(_Model):
    session: str = Field(description="The session's id, for act and close_session.")
    observation: list[dict[str, str]] = Field(description="Chat messages: role and content.")


class Act(_Model):
    """One action."""

    session: Id
    action: str = Field(description="Your whole message, as the observation asks for it.")


class Acted(_Model):
    """What the action led to."""

    observation: list[dict[str, str]] = Field(description="Messages that are new.")
    over: bool = Field(description="The episode has ended; the session takes no more actions.")
    verdict: VerdictLine | None = Field(default=None, description="How it ended, once it is over.")


class SessionId(_Model):
    session: Id


class OpenSandbox(_Model):
    """A kept interpreter or shell, without network."""

    language: Literal["python", "bash"] = "python"
    limits: LimitsModel = LimitsModel()


class OpenedSandbox(_Model):
    sandbox: str = Field(description="Its id, for run_cell and close_sandbox.")
    language: str


class RunCell(_Model):
    """One cell."""

    sandbox: Id
    source: str = Field(description="Code; names, modules and files are kept from cell to cell.")
    wall_s: float | None = Field(default=None, gt=0, le=600, description="Seconds it may take.")


class SandboxId(_Model):
    sandbox: Id
