"""Column maps: how a task is read off a row, as templates in TOML.

    "{question}"                      the column's own value, whatever its type
    "Solve: {question}"               text with columns in it; {{ and }} are braces
    "{meta.answers.0}"                a field or place inside a column
    "{args|python}"                   a column of text, read: json, python (a literal), lines, text
    {style = "function", name = "{tests.entry_point}"}      tables and lists hold templates
    {each = "{tests.cases}", args = "{item.args}"}          one table for each item of a list
    {each = ["{tests.inputs}", "{tests.outputs}"], stdin = "{item.0}", stdout = "{item.1}"}

``lines`` joins a list to lines of text; ``text`` turns a value into text. What a row lacks is an
:class:`InputError` that names the column and what the row has instead. No code is run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from assay_datasets import InputError, Json

Row = Mapping[str, Json]


def filled(template: Json, row: Row) -> Json:
    """``template`` with the row's values in it."""
    if isinstance(template, str):
        return _text(template, row)
    if isinstance(template, list):
        return [filled(each, row) for each in template]
    if isinstance(template, dict):
        if "each" in template:
            return _each(template, row)
        return {key: filled(each, row) for key, each in template.items()}
    return template


def columns_of(template: Json) -> set[str]:
    """The top-level columns that a template names."""
    if isinstance(template, str):
        fields = (field.partition("|")[0] for _, field in _parts(template) if field is not None)
        return {field.split(".")[0] for field in fields}
    parts = template.values() if isinstance(template, dict) else template
    if not isinstance(template, dict | list):
        return set()
    return set().union(*(columns_of(part) for part in parts)) - {"item"}


def _text(template: str, row: Row) -> Json:
    parts = _parts(template)
    if len(parts) == 1 and not parts[0][0] and parts[0][1] is not None:
        return _value(parts[0][1], row)
    return "".join(
        literal + ("" if field is None else _as_text(_value(field, row)))
        for literal, field in parts
    )


def _parts(template: str) -> list[tuple[str, str | None]]:
    """(text, column after it) in order."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"template {template!r}: {error}; write {{{{ for a brace") from None
    for _, field, spec, conversion in parts:
        if field == "" or spec or conversion:
            raise InputError(
                f"template {template!r}: in braces stands a column, such as {{answer}}"
            )
    return [(literal, field) for literal, field, _, _ in parts]


def _value(field: str, row: Row) -> Json:
    path, _, reading = field.partition("|")
    value: Json = row
    for place, step in enumerate(path.split(".")):
        value = _inside(value, step, ".".join(path.split(".")[:place]))
    if not reading:
        return value
    if reading not in _READINGS:
        raise InputError(f"{{{field}}}: no reading {reading!r}; known: {', '.join(_READINGS)}")
    try:
        return _READINGS[reading](value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{{{field}}}: the value {_short(value)} is not {reading}: {error}"
        ) from None


def _inside(value: Json, step: str, before: str) -> Json:
    if isinstance(value, Mapping) and step in value:
        return value[step]
    if isinstance(value, list) and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    what = f"{before!r} has no {step!r}" if before else f"no column {step!r}"
    raise InputError(f"{what}{_has(value)}")


def _has(value: Json) -> str:
    if isinstance(value, Mapping):
        return f" (there are: {', '.join(map(str, value))})"
    return f" (it is a list of {len(value)})" if isinstance(value, list) else " (it is no table)"


def _each(template: Mapping[str, Json], row: Row) -> list[Json]:
    sources = filled(template["each"], row)
    zipped = isinstance(template["each"], list)
    lists = sources if zipped else [sources]
    if not all(isinstance(source, list) for source in lists):
        raise InputError(f"each = {template['each']!r} is not a list here")
    if len({len(source) for source in lists}) > 1:
        raise InputError(f"each = {template['each']!r}: the lists differ in length")
    items = [list(item) for item in zip(*lists, strict=True)] if zipped else sources
    rest = {key: value for key, value in template.items() if key != "each"}
    return [filled(rest, {**row, "item": item}) for item in items]


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(value: Json) -> str:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return "\n".join(map(_as_text, value))


def _python(value: Json) -> Json:
    """A Python literal as JSON: tuples become lists."""
    return json.loads(json.dumps(ast.literal_eval(value)))


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


_READINGS: Mapping[str, Callable[[Any], Json]] = {
    "json": json.loads,
    "python": _python,
    "lines": _lines,
    "text": _as_text,
}
