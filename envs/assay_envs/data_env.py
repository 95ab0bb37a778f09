"""Environments from data: rows, a column map and a verifier's name, in a few lines of TOML.

    id = "mine/gsm8k"
    data = "gsm8k/train.jsonl"           .jsonl, .parquet …, or a folder (Hugging Face)
    verifier = "math"
    prompt = "{question} Answer with a number."
    answer = "{answer}"

and, where they are wanted:

    summary = "grade-school word problems"     split = "train"     of a folder that has several
    options = {tolerance = 0.01}               of the verifier; "{options}" if rows have their own
    oracle = "{answer}"                        a correct response; the answer itself by default,
                                               false where the data hold none
    solution = "{rationale} #### {answer}"     for supervised fine-tuning; the oracle by default
    chance = 0.03                              what the best constant may score, for `assay audit`
    duplicate_key = "{id}"                     the prompt's words by default
    where = {"meta.language" = "python"}       only such rows
    levels = {of = "{meta.level}", edges = [2, 4, 6, 8]}           by number, or
    levels = {of = "{meta.level}", values = {easy = 1, hard = 4}}  by name; all level 1 by default

Templates are those of ``column_map.py``. ``prompt`` is text, or a list of ``{role, content}``. A
seed draws a row of its level. All rows are read and mapped when the first task is asked for, so
that a bad one is found before training, with its file, row and column. Data certify nothing: near
misses, trivial policies and measured difficulty are left to environments that generate.
"""

from __future__ import annotations

import json
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from assay_datasets import InputError, Json, Message, Task, content_hash, derive_seed
from assay_envs.column_map import columns_of, filled
from assay_envs.data_rows import Row, read_rows
from assay_envs.environment import SingleTurn
from assay_envs.registry import register
from assay_verifiers import make_verifier, verifier_registry

_REQUIRED = ("id", "data", "verifier", "prompt", "answer")
_LEVELS = range(1, 6)


@dataclass(frozen=True)
class DataSpec:
    """What a TOML file says; see the module."""

    id: str
    data: str
    verifier: str
    prompt: Json
    answer: Json
    summary: str = ""
    split: str | None = None
    options: Json = field(default_factory=dict)
    oracle: Json = None
    solution: str | None = None
    chance: float = 0.0
    duplicate_key: str | None = None
    where: Mapping[str, Json] = field(default_factory=dict)
    levels: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> DataSpec:
        """The spec in a TOML file; unknown or missing keys are an InputError."""
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file} is not TOML: {error}") from error
        known = [each.name for each in fields(cls)]
        if unknown := [name for name in table if name not in known]:
            raise InputError(f"{file}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
        if missing := [name for name in _REQUIRED if name not in table]:
            raise InputError(f"{file}: missing {', '.join(missing)}")
        spec = cls(**table)
        spec.check(file)
        return spec

    def check(self, file: Path) -> None:
        """Refuse, with the mend, what can be seen to be wrong without the data."""
        for name in ("id", "data", "verifier"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{file}: {name} must be a text")
        if self.id.count("/") != 1:
            raise InputError(f'{file}: id must be domain/name, such as "mine/{file.stem}"')
        if not columns_of(self.prompt):
            raise InputError(f"{file}: prompt names no column; put one in braces: {{question}}")
        if not columns_of(self.answer):
            raise InputError(f"{file}: answer names no column; put one in braces: {{answer}}")
        if not isinstance(self.chance, int | float) or not 0 <= self.chance <= 1:
            raise InputError(f"{file}: chance must be a rate from 0 to 1, not {self.chance!r}")
        if self.levels and ("of" not in self.levels or len(self.levels) != 2):
            raise InputError(f'{file}: levels must hold "of" and either "edges" or "values"')


@dataclass(frozen=True)
class _Item:
    """One row as a task needs it."""

    number: int
    level: int
    prompt: tuple[Message, ...]
    answer: Json
    duplicate_key: str
    row: Row


class _Table:
    """The mapped rows of one data set, read when first asked for."""

    def __init__(self, spec: DataSpec, file: Path) -> None:
        self.spec = spec
        self.file = file

    @cached_property
    def levels(self) -> Mapping[int, list[_Item]]:
        """Level → its rows."""
        by_level: dict[int, list[_Item]] = {}
        for number, row in self._rows():
            item = self._item(number, row)
            by_level.setdefault(item.level, []).append(item)
        if not by_level:
            raise InputError(f"{self.file}: where = {dict(self.spec.where)!r} leaves no row")
        return by_level

    @cached_property
    def by_number(self) -> Mapping[int, _Item]:
        return {item.number: item for items in self.levels.values() for item in items}

    def map(self, name: str, template: Json, row: Row, number: int) -> Json:
        """``template`` filled from a row; an error names the row and what to mend."""
        try:
            found = filled(template, row)
            json.dumps(found, allow_nan=False)
        except InputError as error:
            raise self._error(number, f"{error}; mend {name}") from None
        except (TypeError, ValueError) as error:  # bytes, not a number
            raise self._error(number, f"{name} is not JSON: {error}") from None
        return found

    def _rows(self) -> Iterator[tuple[int, Row]]:
        """The rows that ``where`` leaves, counted from 1."""
        rows = read_rows((self.file.parent / self.spec.data).resolve(), self.spec.split)
        for number, row in enumerate(rows, 1):
            if all(
                self.map("where", f"{{{path}}}", row, number) == wanted
                for path, wanted in self.spec.where.items()
            ):
                yield number, row

    def _item(self, number: int, row: Row) -> _Item:
        spec = self.spec
        prompt = _messages(self.map("prompt", spec.prompt, row, number))
        answer = self.map("answer", spec.answer, row, number)
        if prompt is None or not any(message["content"].strip() for message in prompt):
            raise self._error(number, "prompt is empty, or neither text nor messages")
        if answer is None or answer == "":
            raise self._error(number, "answer is empty; name another column, or use where")
        key = content_hash(" ".join(m["content"] for m in prompt).casefold().split())
        if spec.duplicate_key is not None:
            key = str(self.map("duplicate_key", spec.duplicate_key, row, number))
        return _Item(number, self._level(row, number), prompt, answer, f"{spec.id}:{key}", row)

    def _level(self, row: Row, number: int) -> int:
        if not self.spec.levels:
            return 1
        value = self.map("levels", self.spec.levels["of"], row, number)
        edges, values = self.spec.levels.get("edges"), self.spec.levels.get("values", {})
        if edges is not None and isinstance(value, int | float):
            return 1 + bisect_right(edges, value)
        if str(value) in values:
            return int(values[str(value)])
        wanted = "a number is wanted" if edges is not None else f"known: {', '.join(values)}"
        raise self._error(number, f"levels.of is {value!r}; {wanted}")

    def _error(self, number: int, message: str) -> InputError:
        return InputError(f"row {number} of {self.spec.data}: {message} (in {self.file})")


class DataEnvironment(SingleTurn):
    """The environment of one data set; :func:`data_environment` makes a class of it for each."""

    table: ClassVar[_Table]

    def __init__(self, sandbox: Any = None) -> None:
        self.spec = self.table.spec
        kind = verifier_registry.load(self.spec.verifier)
        settings = {"sandbox": sandbox} if kind.needs_sandbox and _is_plain(self.spec) else {}
        super().__init__(make_verifier(self.spec.verifier, **settings))
        if isinstance(self.spec.options, Mapping):
            self.verifier.refuse_unknown(self.spec.options)

    def generate(self, seed: int, difficulty: int) -> Task:
        items = self._items(difficulty)
        item = items[derive_seed(self.id, difficulty, seed) % len(items)]
        return Task(
            env=self.id,
            prompt=item.prompt,
            answer=item.answer,
            verifier=self.spec.verifier,
            options=self._options(item),
            metadata={
                "domain": self.id.partition("/")[0],
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": item.duplicate_key,
                "certificate": {"row": item.number},
            },
        )

    def population(self, difficulty: int) -> int | None:
        return len({item.duplicate_key for item in self._items(difficulty)})

    def oracle(self, task: Task) -> str:
        return self._oracle(self._item_of(task))

    def solution(self, task: Task) -> str:
        item = self._item_of(task)
        if self.spec.solution is None:
            return self._oracle(item)
        return str(self.table.map("solution", self.spec.solution, item.row, item.number))

    def guess(self, task: Task, rng: Random) -> str:
        """The correct response of a random row; of another one, if there is any."""
        items = self._items(task.metadata["difficulty"])
        others = [item for item in items if item.duplicate_key != task.duplicate_key]
        return self._oracle(rng.choice(others or items))

    def _oracle(self, item: _Item) -> str:
        template = self.spec.oracle
        if template is False:
            raise InputError(f"{self.id}: its data hold no correct response (oracle = false)")
        chosen = self.spec.answer if template is None else template
        found = self.table.map("oracle", chosen, item.row, item.number)
        return str(found[0] if isinstance(found, list) and found else found)

    def _options(self, item: _Item) -> Mapping[str, Json]:
        found = self.table.map("options", self.spec.options, item.row, item.number)
        if not isinstance(found, Mapping):
            raise InputError(f"{self.id}: options of row {item.number} are no table: {found!r}")
        return found

    def _items(self, difficulty: int) -> list[_Item]:
        items = self.table.levels.get(self.check_level(difficulty))
        if not items:
            raise InputError(f"{self.id}: no row is of level {difficulty}; see levels in its TOML")
        return items

    def _item_of(self, task: Task) -> _Item:
        try:
            return self.table.by_number[task.metadata["certificate"]["row"]]
        except (KeyError, TypeError):
            raise InputError(f"{self.id}: the task does not say which row it is of") from None


def data_environment(file: Path) -> type[DataEnvironment]:
    """The environment that a TOML file describes, as a class; its data are not read yet."""
    spec = DataSpec.read(file)
    kind = verifier_registry.load(spec.verifier)
    levels = _level_names(spec, file)
    body = {
        "__doc__": f"The data set of {file.name}.",
        "__module__": __name__,
        "__qualname__": f"DataEnvironment[{file.resolve()}]",
        "table": _Table(spec, file.resolve()),
        "id": spec.id,
        "summary": spec.summary or f"rows of {spec.data}",
        "levels": levels,
        "chance": dict.fromkeys(levels, float(spec.chance)),
        "needs_sandbox": kind.needs_sandbox,
    }
    return type("DataEnvironment", (DataEnvironment,), body)


def load_toml(file: Path) -> None:
    """Register the environment of a TOML file (the loader of ``.toml`` plug-ins)."""
    register(data_environment(file))


def _level_names(spec: DataSpec, file: Path) -> dict[int, str]:
    if not spec.levels:
        return {1: "every row"}
    edges, values = spec.levels.get("edges"), spec.levels.get("values")
    if isinstance(edges, list) and edges == sorted(edges) and 0 < len(edges) < len(_LEVELS):
        ends = [f"below {edges[0]}", *(f"from {edge}" for edge in edges)]
        return {level: f"{spec.levels['of']} {end}" for level, end in enumerate(ends, 1)}
    if isinstance(values, dict) and values and set(values.values()) <= set(_LEVELS):
        names = {level: [k for k, v in values.items() if v == level] for level in _LEVELS}
        return {level: " or ".join(each) for level, each in names.items() if each}
    raise InputError(
        f"{file}: levels need edges, one to four rising numbers, or values, names to levels 1–5"
    )


def _is_plain(spec: DataSpec) -> bool:
    """Whether the sandbox of other environments, plain Python, will do; else the verifier opens
    the one that a row's language or ``options.template`` asks for."""
    answer = spec.answer if isinstance(spec.answer, Mapping) else {"language": None}
    options = spec.options if isinstance(spec.options, Mapping) else {"template": None}
    return answer.get("language", "python") == "python" and "template" not in options


def _messages(value: Json) -> tuple[Message, ...] | None:
    """A prompt as messages; None if it is none."""
    if isinstance(value, str):
        return ({"role": "user", "content": value},)
    if not isinstance(value, list):
        return None
    for message in value:
        if not isinstance(message, dict) or set(message) < {"role", "content"}:
            return None
        if not isinstance(message["content"], str):
            return None
    return tuple({"role": each["role"], "content": each["content"]} for each in value)
