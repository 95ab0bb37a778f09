"""Zebra: the English means the clues, one table fits, every clue is needed, any spelling is read.

Clues are read back from the prompt by their words and handed to a SAT solver, so that neither the
generator's solver nor its second method has a say.
"""

from __future__ import annotations

import re
from itertools import combinations, product
from typing import Any

import pytest

from assay_datasets import InputError, Task
from assay_envs.logic.zebra import Zebra, ZebraVerifier
from assay_envs.logic.zebra_clues import structure
from assay_envs.logic.zebra_speech import ATTRIBUTES

solvers = pytest.importorskip("pysat.solvers", reason="python-sat, of the dev extra")

ENV = Zebra()
Placed = tuple[str, int]

RELATIONS = {
    "lives next door to": lambda x, y: abs(x - y) == 1,
    "lives directly to the left of": lambda x, y: x + 1 == y,
    "lives directly to the right of": lambda x, y: x - 1 == y,
    "lives somewhere to the left of": lambda x, y: x < y,
    "lives somewhere to the right of": lambda x, y: x > y,
}


def value_of(phrase: str) -> str:
    """The value that a subject names."""
    phrase = phrase[0].lower() + phrase[1:] if phrase.startswith("The ") else phrase
    for attribute in ATTRIBUTES:
        for value in attribute.values:
            if phrase == attribute.subject.format(value):
                return value
    raise AssertionError(f"nobody is {phrase!r}")


def fits(sentence: str, n: int) -> tuple[str, str, Any]:
    """Two values, and which houses of theirs a sentence allows."""
    text = sentence.removesuffix(".")
    if match := re.fullmatch(r"Exactly one house stands between (.+) and (.+)", text):
        return value_of(match[1]), value_of(match[2]), lambda x, y: abs(x - y) == 2
    for words, relation in RELATIONS.items():
        one, found, other = text.partition(f" {words} ")
        if found:
            return value_of(one), value_of(other), relation
    if match := re.fullmatch(r"(.+) lives in house (\d)", text):
        one, house = value_of(match[1]), int(match[2])
        return one, one, lambda x, _: x == house
    if match := re.fullmatch(r"(.+) lives at one end of the row", text):
        one = value_of(match[1])
        return one, one, lambda x, _: x in (1, n)
    for attribute, (form, same) in product(ATTRIBUTES, (("does_not", False), ("does", True))):
        for value in attribute.values:
            said = f" {getattr(attribute, form).format(value)}"
            if text.endswith(said):
                one = value_of(text.removesuffix(said))
                return one, value, (lambda x, y: x == y) if same else (lambda x, y: x != y)
    raise AssertionError(f"not a clue: {sentence!r}")


def tables(houses: list[list[str]], clues: list[str]) -> list[dict[str, int]]:
    """The tables that fit the sentences, at most two."""
    n, columns = len(houses), list(zip(*houses, strict=True))
    values = [value for column in columns for value in column]
    number = {(v, h): 1 + i for i, (v, h) in enumerate(product(values, range(1, n + 1)))}
    with solvers.Solver(name="cadical153") as solver:
        for value in values:
            solver.add_clause([number[value, h] for h in range(1, n + 1)])
            for h, other in combinations(range(1, n + 1), 2):
                solver.add_clause([-number[value, h], -number[value, other]])
        for column, h in product(columns, range(1, n + 1)):
            for one, other in combinations(column, 2):
                solver.add_clause([-number[one, h], -number[other, h]])
        for clue in clues:
            one, other, allowed = fits(clue, n)
            for x, y in product(range(1, n + 1), repeat=2):
                if not allowed(x, y):
                    solver.add_clause([-number[one, x], -number[other, y]])
        found = []
        while len(found) < 2 and solver.solve():
            true = set(solver.get_model())
            found.append({v: h for (v, h), variable in number.items() if variable in true})
            solver.add_clause([-number[place] for place in found[-1].items()])
    return found


def clues_of(task: Task) -> list[str]:
    return re.findall(r"^\d+\. (.*)$", task.prompt[0]["content"], re.MULTILINE)


@pytest.mark.parametrize("level", ENV.levels)
def test_the_english_has_exactly_the_answer_as_its_table(level: int) -> None:
    for seed in range(10):
        task = ENV.generate(seed, level)
        houses = task.answer["houses"]
        gold = {value: h for h, row in enumerate(houses, start=1) for value in row}
        assert tables(houses, clues_of(task)) == [gold]


def test_no_clue_can_be_left_out() -> None:
    for seed in range(6):
        task = ENV.generate(seed, 5)
        clues = clues_of(task)
        for left_out in clues:
            fewer = [clue for clue in clues if clue != left_out]
            assert len(tables(task.answer["houses"], fewer)) == 2


@pytest.mark.parametrize(
    ("level", "supposes"), [(1, False), (2, False), (3, False), (4, False), (5, True)]
)
def test_levels_need_what_they_say(level: int, supposes: bool) -> None:
    for seed in range(5):
        assert ("Suppose" in ENV.solution(ENV.generate(seed, level))) == supposes


def test_houses_and_attributes_can_be_asked_for() -> None:
    for houses, attributes in ((3, 2), (6, 4), (4, 6)):
        table = ENV.generate(1, 3, houses=houses, attributes=attributes).answer["houses"]
        assert (len(table), len(table[0])) == (houses, attributes)
    for parameters in ({"houses": 2}, {"attributes": 9}, {"houses": "4"}):
        with pytest.raises(InputError, match="whole number"):
            ENV.generate(1, 1, **parameters)


def test_the_order_of_clues_and_attributes_is_no_new_puzzle() -> None:
    n, clues = 3, [["same", 0, 3], ["left", 1, 5], ["next", 4, 0], ["at", 7, 1], ["apart", 2, 6]]
    turned = [[kind, (x + 3) % 9, y if kind == "at" else (y + 3) % 9] for kind, x, y in clues]
    swapped = [[kind, y, x] if kind in ("same", "next", "apart") else [kind, x, y]
               for kind, x, y in turned]  # fmt: skip
    assert structure(clues, n, 3) == structure(turned[::-1], n, 3) == structure(swapped, n, 3)
    assert structure(clues, n, 3) != structure([*clues[:-1], ["apart", 2, 7]], n, 3)


ANSWER = {"houses": [["Ada", "red", "tea"], ["Ben", "blue", "milk"], ["Cleo", "pink", "juice"]]}
RIGHT = "House 1: Ada, red, tea\nHouse 2: Ben, blue, milk\nHouse 3: Cleo, pink, juice"

RESPONSES = [
    (RIGHT, "match"),
    (RIGHT.lower().replace(":", " ="), "match"),
    ("House 3: juice, Cleo, pink\nHouse 1: tea, red, Ada\nHouse 2: Ben, milk, blue", "match"),
    (RIGHT.replace("\n", "; "), "match"),
    (f"From clue 1 Ada lives in 1 or 2.\n{RIGHT}", "match"),
    ("| House | 1 | 2 | 3 |\n|-|-|-|-|\n| Name | Ada | Ben | Cleo |\n| Colour | red | blue | pink |"
     "\n| Drink | tea | milk | juice |", "match"),
    ("| name | colour | drink | house |\n| Ada | red | tea | 1 |\n| Ben | blue | milk | 2 |\n"
     "| Cleo | pink | juice | 3 |", "match"),
    ('{"1": {"name": "Ada", "colour": "red", "drink": "tea"},\n "2": {"name": "Ben", "colour": '
     '"blue", "drink": "milk"},\n "3": {"name": "Cleo", "colour": "pink", "drink": "juice"}}',
     "match"),
    ('{\n "1": {\n  "name": "Ada",\n  "colour": "red",\n  "drink": "tea"\n },\n "2": {\n  "name": '
     '"Ben",\n  "colour": "blue",\n  "drink": "milk"\n },\n "3": {\n  "name": "Cleo",\n  "colour": '
     '"pink",\n  "drink": "juice"\n }\n}', "match"),
    (RIGHT.replace("tea", "x").replace("milk", "tea").replace("x", "milk"), "mismatch"),
    (RIGHT.replace(", juice", ""), "malformed"),
    (RIGHT + "\nHouse 1: Ben", "rule_broken"),
    (RIGHT + "\n" + RIGHT.replace("1", "4").replace("2", "1").replace("4", "2"), "rule_broken"),
    (RIGHT.replace("tea", "tea or milk"), "malformed"),
    ("Ada, Ben, Cleo", "malformed"),
    ("I do not know.", "no_answer"),
    (f"<think>{RIGHT}", "no_answer"),
]  # fmt: skip


@pytest.mark.parametrize(("response", "reason"), RESPONSES)
def test_a_table_is_read_and_judged(response: str, reason: str) -> None:
    assert ZebraVerifier().check(response, ANSWER).reason == reason


@pytest.mark.parametrize("answer", [None, {}, {"houses": 3}, {"houses": [["Ada"], []]}])
def test_an_unreadable_answer_is_undecided(answer: Any) -> None:
    assert ZebraVerifier().check(RIGHT, answer).reason == "bad_gold"
