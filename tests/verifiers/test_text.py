"""TextVerifier: every metric, its options, and text made to hurt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_verifiers.schema import canonical
from assay_verifiers.text import TextVerifier

CASES: list[tuple[str, Any, dict[str, Any], str]] = [
    ("Paris", "paris", {}, "match"),
    ("<think>Rome</think>\n  Paris \n", "Paris", {}, "match"),
    ("Paris  is", "Paris is", {}, "match"),
    ("Paris", ["London", "Paris"], {}, "match"),
    ("Paris or London", "Paris", {}, "mismatch"),
    ("cafe\u0301", "café", {}, "match"),
    ("ﬁne", "fine", {}, "match"),
    ("STRASSE", "straße", {}, "match"),
    ("<think>Paris</think>", "Paris", {}, "no_answer"),
    ("x" * 100_001, "x", {}, "too_long"),
    ("x", 3, {}, "bad_gold"),
    ("x", [], {}, "bad_gold"),
    ("x", ["x", ""], {}, "bad_gold"),
    ("0.50", "1/2", {"metric": "numeric"}, "match"),
    ("1,000", 1000, {"metric": "numeric"}, "match"),
    ("0.33", "1/3", {"metric": "numeric"}, "mismatch"),
    ("0.33", "1/3", {"metric": "numeric", "tolerance": 0.02}, "match"),
    ("0.33", "1/3", {"metric": "numeric", "tolerance": 0.001}, "mismatch"),
    ("1.1e-19", 1e-19, {"metric": "numeric", "tolerance": 0.01}, "mismatch"),
    ("0.001", 0, {"metric": "numeric", "absolute_tolerance": 0.001}, "match"),
    ("0.0011", 0, {"metric": "numeric", "absolute_tolerance": 0.001}, "mismatch"),
    ("many", 3, {"metric": "numeric"}, "malformed"),
    ("3", "three", {"metric": "numeric"}, "bad_gold"),
    ("3", True, {"metric": "numeric"}, "bad_gold"),
    ("the red Fox!", "A red fox", {"metric": "f1"}, "match"),
    ("“the red Fox”…", "A red fox", {"metric": "f1"}, "match"),
    ("−42", -42, {"metric": "numeric"}, "match"),
    ("³", 3, {"metric": "numeric"}, "malformed"),
    ("red fox", "red dog", {"metric": "f1"}, "partial"),
    ("red fox", "red dog", {"metric": "f1", "threshold": 0.5}, "match"),
    ("blue whale", "red dog", {"metric": "f1"}, "mismatch"),
    ("red red red", "red dog", {"metric": "f1", "threshold": 0.5}, "partial"),
    ("the", "red dog", {"metric": "f1"}, "mismatch"),
    ("the", "the", {"metric": "f1"}, "bad_gold"),
    ("order 66 done", r"\b66\b", {"metric": "regex"}, "match"),
    ("order 665 done", [r"\b66\b", "^done"], {"metric": "regex"}, "mismatch"),
    ("a" * 50_000 + "b", "(a+)+$", {"metric": "regex"}, "mismatch"),
    ("ab", "(?<=a)b", {"metric": "regex"}, "bad_gold"),
    ("ab", "", {"metric": "regex"}, "bad_gold"),
    ("ab", 3, {"metric": "regex"}, "bad_gold"),
    ("\ud800", "x", {"metric": "regex"}, "mismatch"),
]


@pytest.mark.parametrize(("response", "answer", "options", "reason"), CASES)
def test_text_is_judged_by_its_metric(
    response: str, answer: Any, options: dict[str, Any], reason: str
) -> None:
    assert TextVerifier().check(response, answer, **options).reason == reason


def test_a_score_of_f1_is_the_exact_fraction() -> None:
    verdict = TextVerifier().check("one two three", "two three four five", metric="f1")
    assert verdict.score == pytest.approx(2 * 2 / (3 + 4), abs=1e-15)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metric": "bleu"}, "exact, f1, numeric, regex, json_schema"),
        ({"metric": ["exact"]}, "metric must be one of"),
        ({"unit": "m"}, "no option 'unit'; known: metric"),
        ({"metric": "exact", "tolerance": 0.1}, "'tolerance' belongs to"),
        ({"metric": "numeric", "tolerance": -1}, "zero or above"),
        ({"metric": "numeric", "tolerance": float("nan")}, "zero or above"),
        ({"metric": "numeric", "tolerance": True}, "zero or above"),
        ({"metric": "f1", "threshold": 1.5}, "at most 1"),
    ],
)
def test_a_wrong_option_is_the_callers_mistake(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        TextVerifier().check("a", "a", **options)


PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^(a+)+$"}, "age": {"type": "integer"}},
    "required": ["name"],
    "additionalProperties": False,
}
DOCUMENTS: list[tuple[str, Any, str]] = [
    ('{"name": "aa", "age": 3}', PERSON, "match"),
    ('Here it is:\n```json\n{"name": "a"}\n```\nDone.', PERSON, "match"),
    ('```\n{"name": 1}\n```\nbetter:\n```json\n{"name": "a"}\n```', PERSON, "match"),
    ('{"name": "a", "age": "3"}', PERSON, "mismatch"),
    ('{"age": 3}', PERSON, "mismatch"),
    ('{"name": "' + "a" * 50_000 + '!"}', PERSON, "mismatch"),
    ('{"name": "a", "name": "a"}', PERSON, "malformed"),
    ('{"name": "a", "age": NaN}', PERSON, "malformed"),
    ("[1e999]", {}, "malformed"),
    ("not JSON", PERSON, "malformed"),
    ("[" * 5_000, {}, "malformed"),
    ("[" * 200 + "]" * 200, {}, "malformed"),
    ("[" * 90 + "]" * 90, {}, "match"),
    ('"' + "[" * 200 + '"', {"type": "string"}, "match"),
    ("[1, 1.0]", {"uniqueItems": True}, "mismatch"),
    ("[1, true, [1], [true]]", {"uniqueItems": True}, "match"),
    (json.dumps([[n] for n in range(9_000)]), {"uniqueItems": True}, "match"),
    ('{"x-1": 2}', {"patternProperties": {"^x-": {"type": "string"}}}, "mismatch"),
    ("19.99", {"multipleOf": 0.01}, "match"),
    ("19.995", {"multipleOf": 0.01}, "mismatch"),
    ("1" * 400, {"multipleOf": 0.5}, "match"),
    ("1.0", {"const": 1}, "match"),
    ("true", {"enum": [1]}, "mismatch"),
    ("1.0", {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}, "mismatch"),
    ("1.0", {"$schema": "http://json-schema.org/draft-06/schema#", "type": "integer"}, "match"),
    ('{"é": 1}', {"patternProperties": {r"^\p{L}$": {}}, "additionalProperties": False}, "match"),
    ('{"é": 1}', {"additionalProperties": {"type": "string"}}, "mismatch"),
    ('"2024-02-30"', {"format": "date"}, "mismatch"),
    ('"2024-02-29T23:59:60Z"', {"format": "date-time"}, "match"),
    ('"a@b"', {"format": "email"}, "mismatch"),
    ('"a.b@c.org"', {"format": "email"}, "match"),
    ('"1.2.3.400"', {"format": "ipv4"}, "mismatch"),
    ('"::1"', {"format": "ipv6"}, "match"),
    ('"not a uri"', {"format": "uri"}, "mismatch"),
    ('"x"', {"format": "no such format"}, "match"),
    ("5", {"format": "date"}, "match"),
    ("1", {"pattern": "("}, "bad_gold"),
    ('{"a": 1}', {"patternProperties": {r"\p{L}": {}}, "unevaluatedProperties": False}, "bad_gold"),
    ("1", {"type": "integr"}, "bad_gold"),
    ("1", [], "bad_gold"),
    ("1", "{}", "bad_gold"),
    ("1", {"$ref": "#"}, "bad_gold"),
    ("1", {"$ref": "https://example.org/schema"}, "bad_gold"),
    ('"a"', {"pattern": "(?=a)a"}, "bad_gold"),
]


@pytest.mark.parametrize(("response", "schema", "reason"), DOCUMENTS)
def test_json_is_held_against_its_schema(response: str, schema: Any, reason: str) -> None:
    verdict = TextVerifier().check(response, schema, metric="json_schema")
    assert verdict.reason == reason, verdict.detail


async def test_a_schema_that_takes_for_ever_is_the_responses_cost() -> None:
    """Two ways at every level of the document: exponential in its depth, for this document."""
    both = {"items": {"$ref": "#/$defs/n"}}
    schema = {
        "$ref": "#/$defs/n",
        "$defs": {
            "n": {"type": "array", "anyOf": [both | {"maxItems": 1}, both | {"minItems": 1}]}
        },
    }
    text = "[" * 60 + "0" + "]" * 60
    verdict = await TextVerifier(compare_s=0.5).verify(text, schema, metric="json_schema")
    assert verdict.reason == "too_costly"
    after = await TextVerifier().verify("[]", schema, metric="json_schema")
    assert after.reason == "match"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["exact", "f1", "numeric", "regex"]))
def test_any_text_gets_a_verdict_that_is_json(text: str, metric: str) -> None:
    verdict = TextVerifier().check(text, "7", metric=metric)
    assert verdict.reason != "bad_gold"
    json.dumps(verdict.to_json(), allow_nan=False)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_equal_json_and_only_that_has_the_same_canonical_form(document: Any) -> None:
    again = json.loads(json.dumps(document))
    assert canonical(document) == canonical(again)
    assert canonical([document]) != canonical(document)
