"""JSON against a schema, in a killable worker.

The response is read as strict JSON (no ``NaN``, no repeated name, bounded depth): the whole text,
or its last fenced block. The schema comes from the task, but what it does with a response may
still be costly, so both cross to a worker with a hard limit. There, patterns run on RE2, equality
of items is by canonical form, multiples are exact, the formats of :mod:`.formats` are asserted
(other formats say nothing), and no reference is ever fetched.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay_datasets import InputError, Json
from assay_verifiers import formats, pattern
from assay_verifiers.fences import blocks
from assay_verifiers.verdict import Verdict
from assay_verifiers.workers import Ask, WorkerError, WorkerTimeout, shared_pool

_DEEPEST = 100


def ask_schema(text: str, schema: Json, limit_s: float, deadline_s: float) -> Future[Verdict]:
    """The verdict on ``text`` under ``schema``, judged by a worker within ``limit_s`` seconds."""
    pool = shared_pool(__name__)
    return pool.submit(lambda ask: _judge(ask, text, schema, limit_s), deadline_s=deadline_s)


def _judge(ask: Ask, text: str, schema: Json, limit_s: float) -> Verdict:
    request: dict[str, Json] = {"schema": schema, "text": text}
    try:
        reply = ask(request, limit_s)
    except WorkerError as error:
        return _blame(ask, schema, limit_s, error)
    if not isinstance(reply, dict):
        return Verdict.undecided("worker_failed", error="no verdict came back")
    said = {"error": reply["error"]} if reply["error"] else {}
    match reply["reason"]:
        case "match":
            return Verdict.correct()
        case "bad_gold":
            return Verdict.undecided("bad_gold", **said)
        case "malformed":
            return Verdict.incorrect("malformed", **said)
        case _:
            return Verdict.incorrect("mismatch", **said)


def _blame(ask: Ask, schema: Json, limit_s: float, error: WorkerError) -> Verdict:
    """A text that is late or kills its worker is too costly, unless the schema alone does so."""
    try:
        ask({"schema": schema, "text": "null"}, limit_s)
    except WorkerTimeout:
        return Verdict.undecided("bad_gold", error="validating null takes too long")
    except WorkerError:
        return Verdict.undecided("worker_failed", error=str(error))
    return Verdict.incorrect("too_costly")


# ── in the worker ────────────────────────────────────────────────────────────────────────────────


def handle(request: Json) -> Json:
    """``{"reason", "error"}`` for ``{"schema", "text"}``."""
    assert isinstance(request, dict)
    try:
        validator = _validator(json.dumps(request["schema"], sort_keys=True))
    except InputError as error:
        return {"reason": "bad_gold", "error": str(error)}
    try:
        document = read_json(str(request["text"]))
    except ValueError as error:
        return {"reason": "malformed", "error": str(error)[:500]}
    return _validated(validator, document)


def _validated(validator: Any, document: Json) -> dict[str, Json]:
    from referencing.exceptions import Unresolvable

    try:
        error = next(iter(validator.iter_errors(document)), None)
    except (InputError, Unresolvable) as problem:
        return {"reason": "bad_gold", "error": str(problem)[:500]}
    except re.error as problem:  # unevaluatedProperties, which the library matches itself
        return {"reason": "bad_gold", "error": f"a pattern cannot be read: {problem}"}
    except RecursionError:
        return {"reason": "bad_gold", "error": "the schema refers to itself without end"}
    if error is None:
        return {"reason": "match", "error": ""}
    return {"reason": "mismatch", "error": f"at {error.json_path}: {error.message}"[:500]}


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    """A validator of the schema's own draft; :class:`InputError` if it is no schema."""
    from jsonschema import Draft202012Validator, SchemaError, validators
    from referencing import Registry

    loaded: Any = json.loads(schema)
    if not isinstance(loaded, dict | bool):
        raise InputError("a JSON schema is an object or a boolean")
    draft: Any = validators.validator_for(loaded, default=Draft202012Validator)
    try:
        draft.check_schema(loaded, format_checker=formats.of_schemas())
    except SchemaError as error:
        raise InputError(f"no JSON schema: {error.message}") from error
    extend: Any = validators.extend
    ours = extend(draft, _KEYWORDS)
    return ours(loaded, registry=Registry(), format_checker=formats.of_documents())


def _pattern(_: Any, wanted: str, document: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(document, str) and not pattern.found(wanted, document):
        yield ValidationError(f"does not match {wanted!r}")


def _patterns(validator: Any, wanted: Mapping[str, Any], document: Any, _: Any) -> Iterator[Any]:
    for each, schema in wanted.items() if isinstance(document, dict) else ():
        for name, value in document.items():
            if pattern.found(each, name):
                yield from validator.descend(value, schema, path=name, schema_path=each)


def _additional(
    validator: Any, wanted: Any, document: Any, schema: Mapping[str, Any]
) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(document, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [
        name
        for name in document
        if name not in named and not any(pattern.found(each, name) for each in patterns)
    ]
    if wanted is False and others:
        yield ValidationError(f"{others[0]!r} is not expected")
    elif isinstance(wanted, dict):
        for name in others:
            yield from validator.descend(document[name], wanted, path=name)


def _multiple(_: Any, wanted: float, document: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    number = isinstance(document, int | float) and not isinstance(document, bool)
    if number and Fraction(str(document)) % Fraction(str(wanted)):
        yield ValidationError(f"{document} is not a multiple of {wanted}")


def _unique(_: Any, wanted: bool, document: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if wanted and isinstance(document, list):
        items = {canonical(item) for item in document}
        if len(items) < len(document):
            yield ValidationError("has equal items")


_KEYWORDS = {
    "pattern": _pattern,
    "patternProperties": _patterns,
    "additionalProperties": _additional,
    "multipleOf": _multiple,
    "uniqueItems": _unique,
}


def canonical(document: Json) -> str:
    """The same text for equal JSON: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(document, dict):
        pairs = sorted((name, canonical(value)) for name, value in document.items())
        return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"
    if isinstance(document, list):
        return "[" + ",".join(map(canonical, document)) + "]"
    if isinstance(document, float) and document.is_integer():
        return str(int(document))
    return json.dumps(document)


def read_json(text: str) -> Json:
    """Strict JSON in ``text`` or in its last fenced block; ``ValueError`` says what is wrong."""
    try:
        return _strict(text)
    except ValueError:
        found = blocks(text)
        if not found:
            raise
    return _strict(found[-1].text)


def _strict(text: str) -> Json:
    try:
        document = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_refuse_repeats,
        )
    except RecursionError:
        raise ValueError(f"nested deeper than {_DEEPEST}") from None
    _refuse_depth(document)
    return document


def _refuse_depth(document: Json) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"nested deeper than {_DEEPEST}")
        level = [
            item
            for each in level
            if isinstance(each, list | dict)
            for item in (each.values() if isinstance(each, dict) else each)
        ]


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text[:40]} is beyond a float")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object repeats a name")
    return found


def warm() -> None:
    """Pay for the imports."""
    handle({"schema": {"type": "object"}, "text": "{}"})
