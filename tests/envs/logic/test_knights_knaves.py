"""Knights & Knaves: the English means the statements, one answer fits, nobody is favoured.

``Reader`` reads the prompt back by the grammar of its words alone, so these tests know nothing of
how statements are made, kept or masked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest

from assay_datasets import InputError, Task
from assay_envs.logic.knights_knaves import KnightsKnaves, KnightsKnavesVerifier
from assay_envs.logic.knights_statements import structure

ENV = KnightsKnaves()
Roles = Sequence[bool]
Meaning = Callable[[Roles], bool]
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CLAIMS: dict[str, Callable[[bool, bool], bool]] = {
    "both of these claims are true: ": lambda a, b: a and b,
    "at least one of these claims is true: ": lambda a, b: a or b,
    "exactly one of these claims is true: ": lambda a, b: a != b,
    "these claims are both true or both false: ": lambda a, b: a == b,
}
BETWEEN: dict[str, Callable[[bool, bool], bool]] = {
    " if and only if ": lambda a, b: a == b,
    " and ": lambda a, b: a and b,
    " or ": lambda a, b: a or b,
}
IS = re.compile(r"(I am|\w+ is) (not )?a (knight|knave)\b")
KIND = re.compile(r"(\w+) is of (the same kind as|another kind than) (I am|\w+ is)\b")
COUNT = re.compile(
    r"(none|exactly \w+|at least \w+|at most \w+) of (us|[\w, ]+? and \w+) (?:is a|are) "
    r"(knight|knave)s?\b"
)


class Reader:
    """What a speaker says, as a function of everyone's role."""

    def __init__(self, names: list[str], speaker: str) -> None:
        self.names = names
        self.speaker = speaker

    def whole(self, text: str) -> Meaning:
        if text.split()[0] not in ("I", *self.names):
            text = text[0].lower() + text[1:]
        for words, joined in CLAIMS.items():
            if text.startswith(words):
                first, second = text.removeprefix(words + "(1) ").split("; (2) ")
                return both(joined, self.all_of(first), self.all_of(second))
        if text.startswith("if "):
            left, rest = self.part(text.removeprefix("if "))
            right = self.all_of(rest.removeprefix(", then "))
            return both(lambda a, b: not a or b, left, right)
        if text.endswith(", but not both"):
            left, rest = self.part(text.removeprefix("either "))
            right = self.all_of(rest.removeprefix(" or ").removesuffix(", but not both"))
            return both(lambda a, b: a != b, left, right)
        left, rest = self.part(text)
        for words, joined in BETWEEN.items():
            if rest.startswith(words):
                return both(joined, left, self.all_of(rest.removeprefix(words)))
        assert not rest, rest
        return left

    def all_of(self, text: str) -> Meaning:
        meaning, rest = self.part(text)
        assert not rest, (text, rest)
        return meaning

    def part(self, text: str) -> tuple[Meaning, str]:
        """A statement at the start of ``text``, and what follows it."""
        if text.startswith("it is not true that "):
            inner, rest = self.part(text.removeprefix("it is not true that "))
            return (lambda roles: not inner(roles)), rest
        for opening, middle in (("both ", " and "), ("either ", " or ")):
            if text.startswith(opening):
                left, rest = self.part(text.removeprefix(opening))
                assert rest.startswith(middle), (text, rest)
                right, rest = self.part(rest.removeprefix(middle))
                return both(BETWEEN[middle], left, right), rest
        for pattern, read in ((COUNT, self.count), (KIND, self.kind), (IS, self.role)):
            if match := pattern.match(text):
                return read(match), text[match.end() :]
        raise AssertionError(f"not a statement: {text}")

    def role(self, match: re.Match[str]) -> Meaning:
        who, knight = self.who(match[1]), (match[3] == "knight") != bool(match[2])
        return lambda roles: roles[who] == knight

    def kind(self, match: re.Match[str]) -> Meaning:
        one, other, same = self.who(match[1]), self.who(match[3]), "same" in match[2]
        return lambda roles: (roles[one] == roles[other]) == same

    def count(self, match: re.Match[str]) -> Meaning:
        people = self.names if match[2] == "us" else re.split(", | and ", match[2])
        group, knight = [self.who(name) for name in people], match[3] == "knight"
        relation, _, number = match[1].rpartition(" ")
        wanted = NUMBERS.index(number)

        def meaning(roles: Roles) -> bool:
            found = sum(roles[who] == knight for who in group)
            if relation == "at least":
                return found >= wanted
            return found <= wanted if relation == "at most" else found == wanted

        return meaning

    def who(self, words: str) -> int:
        name = words.removesuffix(" is").removesuffix(" am")
        return self.names.index(self.speaker if name in ("I", "me") else name)


def both(joined: Callable[[bool, bool], bool], left: Meaning, right: Meaning) -> Meaning:
    return lambda roles: joined(left(roles), right(roles))


def meanings(task: Task) -> list[Meaning]:
    names = task.answer["names"]
    said = re.findall(r"^(\w+) [a-z ]+: “(.*)\.”$", task.prompt[0]["content"], re.MULTILINE)
    assert [name for name, _ in said] == names
    return [Reader(names, name).whole(text) for name, text in said]


def worlds(n: int) -> list[Roles]:
    return list(product((False, True), repeat=n))


@pytest.mark.parametrize(("level", "seeds"), [(1, 60), (2, 60), (3, 40), (4, 15), (5, 5)])
def test_the_english_has_exactly_the_answer_as_its_solution(level: int, seeds: int) -> None:
    for seed in range(seeds):
        task = ENV.generate(seed, level)
        said, names = meanings(task), task.answer["names"]
        possible = [
            roles
            for roles in worlds(len(names))
            if all(meaning(roles) == roles[who] for who, meaning in enumerate(said))
        ]
        assert possible == [tuple(name in task.answer["knights"] for name in names)]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_no_statement_is_true_or_false_whatever_the_roles_or_says_nothing(level: int) -> None:
    for seed in range(40):
        task = ENV.generate(seed, level)
        everything = worlds(len(task.answer["names"]))
        for who, meaning in enumerate(meanings(task)):
            truths = [meaning(roles) for roles in everything]
            assert len(set(truths)) == 2
            fits = [truth == roles[who] for truth, roles in zip(truths, everything, strict=True)]
            assert len(set(fits)) == 2


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("people", range(2, 11))
def test_people_and_depth_can_be_asked_for(people: int, depth: int) -> None:
    task = ENV.generate(people, 1, people=people, depth=depth)
    assert len(task.answer["names"]) == people
    assert max(connectives(said) for said in task.metadata["certificate"]["statements"]) <= depth
    meanings(task)


def connectives(said: list[Any]) -> int:
    parts = [part for part in said[1:] if isinstance(part, list) and part and part[0] != 0]
    inner = [connectives(part) for part in parts if isinstance(part[0], str)]
    return 1 + max(inner) if inner else 0


def test_no_answer_is_more_frequent_than_another() -> None:
    counts: Counter[tuple[bool, ...]] = Counter()
    for seed in range(800):
        answer = ENV.generate(seed, 1, people=2).answer
        counts[tuple(name in answer["knights"] for name in answer["names"])] += 1
    assert len(counts) == 4
    assert max(counts.values()) < 260


def test_every_kind_of_statement_occurs() -> None:
    found = set()
    for seed in range(60):
        task = ENV.generate(seed, 4)
        found |= set(re.findall(r"[a-z]+", repr(task.metadata["certificate"]["statements"])))
    wanted = {"is", "same", "differ", "count", "not", "and", "or", "xor", "if", "iff"}
    assert wanted <= found


def test_another_order_of_people_is_the_same_problem() -> None:
    def renamed(value: Any, to: list[int]) -> Any:
        kind = value[0]
        if kind == "is":
            return [kind, to[value[1]], value[2]]
        if kind in ("same", "differ"):
            return [kind, to[value[2]], to[value[1]]]
        if kind == "count":
            return [*value[:3], sorted(to[who] for who in value[3]), value[4]]
        return [kind, *(renamed(part, to) for part in value[1:])]

    keys = set()
    for seed in range(40):
        task = ENV.generate(seed, 3)
        said = task.metadata["certificate"]["statements"]
        roles = sum(
            1 << i for i, n in enumerate(task.answer["names"]) if n in task.answer["knights"]
        )
        to = [(5 * who + seed) % 6 for who in range(6)]
        turned = sorted(range(6), key=to.__getitem__)
        other = [renamed(said[who], to) for who in turned]
        other_roles = sum(1 << to[who] for who in range(6) if roles >> who & 1)
        assert structure(other, other_roles) == structure(said, roles)
        keys.add(task.duplicate_key)
    assert len(keys) == 40


@pytest.mark.parametrize(
    "parameters", [{"people": 1}, {"people": 11}, {"depth": 4}, {"depth": True}]
)
def test_impossible_parameters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="whole number"):
        ENV.generate(1, 1, **parameters)


ANSWER = {"names": ["Ada", "Ben"], "knights": ["Ada"]}

RESPONSES = [
    ("Ada: knight, Ben: knave", "match"),
    ("Knights: Ada\nKnaves: Ben", "match"),
    ('{"Ben": "knave", "Ada": "knight"}', "match"),
    ("Ada: knave, Ben: knave", "mismatch"),
    ("Ada: knight", "malformed"),
    ("Ada: knight, Ben: knave, Ben: knight", "rule_broken"),
    ("Ada: knight, Ada: knave, Ben: knight, Ben: knave", "rule_broken"),
    ("Ada and Ben", "no_answer"),
    ("knight, knave", "no_answer"),
    ("Ada: knight, Ben: knave or the other way round", "no_answer"),
    ("x" * 100_000, "no_answer"),
]


@pytest.mark.parametrize(("response", "reason"), RESPONSES)
def test_a_naming_is_read_and_judged(response: str, reason: str) -> None:
    assert KnightsKnavesVerifier().check(response, ANSWER).reason == reason


@pytest.mark.parametrize("answer", [None, {}, {"names": 3}, {"names": ["Ada"]}])
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    assert KnightsKnavesVerifier().check("Ada: knight", answer).reason == "bad_gold"


def test_the_worked_solution_supposes_only_what_it_refutes() -> None:
    for seed in range(20):
        task = ENV.generate(seed, 3)
        for line in ENV.solution(task).partition("</think>")[0].splitlines():
            if match := re.search(r"Suppose (\w+) is a (\w+)\.", line):
                assert line.endswith(f"So {match[1]} is a {OTHER[match[2]]}.")


OTHER = {"knight": "knave", "knave": "knight"}
