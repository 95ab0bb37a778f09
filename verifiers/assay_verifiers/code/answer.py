"""Answers of the code verifier: the four styles, validated once, with messages that teach.

    {"style": "stdio", "language", "prelude"?, "tests": [{"stdin", "stdout"}]}
    {"style": "function", "language"?, "prelude"?, "name", "tests": [{"args", "kwargs"?,
    "expected"}]} {"style": "assert", "language"?, "prelude"?, "entry_point"?, "code"}
    {"style": "append", "language", "prelude"?, "code"}

``language`` is a name or alias of ``assay_sandbox.languages``, ``python`` unless given. ``prelude``
is trusted text before the candidate. ``name`` may be dotted (``Solution.solve``): a class on the
way is constructed without arguments. An answer that cannot be used is *bad gold*, the task's fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from assay_datasets import Json
from assay_sandbox import InvalidJob
from assay_sandbox.languages import find
from assay_verifiers.codec import CannotCarry, canonical

_STYLES = ("stdio", "function", "assert", "append")


class BadAnswer(ValueError):
    """The answer cannot be used; says where and why."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Answer(_Model):
    language: str = "python"
    prelude: str = ""

    @field_validator("language")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return find(name).name
        except InvalidJob as error:
            raise ValueError(str(error)) from error


class _PythonAnswer(_Answer):
    @field_validator("language", mode="after")
    @classmethod
    def _python(cls, name: str) -> str:
        if name != "python":
            raise ValueError(f"this style is judged in python, not {name}; try stdio or append")
        return name


class StdioTest(_Model):
    """Text on standard input, and what the program should write."""

    stdin: str
    stdout: str

    @field_validator("stdin", "stdout")
    @classmethod
    def _is_text(cls, text: str) -> str:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError("a lone surrogate cannot be written as UTF-8") from error
        return text


class FunctionTest(_Model):
    """Arguments and the value they should give, as JSON or trees of the codec."""

    args: list[Any]
    kwargs: dict[str, Any] = {}
    expected: Any

    @field_validator("expected")
    @classmethod
    def _is_value(cls, tree: Any) -> Any:
        try:
            canonical(tree)
        except (CannotCarry, RecursionError) as error:
            raise ValueError(f"not a value of the codec: {error}") from error
        return tree


class StdioAnswer(_Answer):
    """A whole program, by what it writes."""

    style: Literal["stdio"]
    tests: list[StdioTest] = Field(min_length=1)


class FunctionAnswer(_PythonAnswer):
    """One function, by its values."""

    style: Literal["function"]
    name: str = Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")
    tests: list[FunctionTest] = Field(min_length=1)


class AssertAnswer(_PythonAnswer):
    """Python test code: ``check(candidate)``, bare asserts, ``test_`` functions or unittest."""

    style: Literal["assert"]
    code: str = Field(min_length=1)
    entry_point: str | None = None


class AppendAnswer(_Answer):
    """Test code that follows the candidate, in the language's own convention."""

    style: Literal["append"]
    code: str = Field(min_length=1)


Answer = StdioAnswer | FunctionAnswer | AssertAnswer | AppendAnswer
_adapter: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="style")])


def read_answer(answer: Json) -> Answer:
    """``answer`` as one of the styles; :class:`BadAnswer` saying where it is none."""
    if not isinstance(answer, Mapping) or answer.get("style") not in _STYLES:
        raise BadAnswer(f"style must be one of {', '.join(_STYLES)}")
    try:
        return _adapter.validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "answer"
        raise BadAnswer(f"{where}: {first['msg']}") from error
