"""What a response says each thing is: the same words in any spelling, and which lines count."""

from __future__ import annotations

import pytest

from assay_envs.logic.assignment import Contradiction, read_assignment
from assay_envs.logic.canonical import canonical

NAMES = {"ada": "Ada", "ben": "Ben"}
VALUES = {"knight": "knight", "knights": "knight", "knave": "knave", "knaves": "knave"}
BOTH = {"Ada": "knight", "Ben": "knave"}

READ = [
    "Ada: knight, Ben: knave",
    "ADA = Knight; BEN = Knave",
    "Ada is a knight and Ben is a knave.",
    "Ben - knave\nAda - knight",
    "1. Ada → knight\n2. Ben → knave",
    "- **Ada**: Knight\n- **Ben**: Knave",
    '{"Ada": "knight", "Ben": "knave"}',
    '```json\n{\n  "Ada": "knight",\n  "Ben": "knave"\n}\n```',
    "| Ada | knight |\n|---|---|\n| Ben | knave |",
    "Knights: Ada\nKnaves: Ben",
    "Knights: Ada; Knaves: Ben",
    "\\boxed{\\text{Ada: knight, Ben: knave}}",
    "If Ada were a knave, then Ben would lie.\nSo:\nAda: knight, Ben: knave",
    "Suppose first\nAda: knave\nwhich fails.\nAnswer: Ada: knight, Ben: knave",
    "**Final answer:**\nAda: knight\nBen: knave",
    "<think>Ada: knave</think>Ada: knight, Ben: knave",
]

NOT_READ = [
    "",
    "Ada: knight or knave, Ben: knave or knight",
    "Ada: knight, Ben: knave or Ada: knave, Ben: knight",
    "Ada is not a knave, Ben is not a knight",
    "Ada: knight/knave, Ben: knight/knave",
    "Maybe Ada: knight, Ben: knave",
    "Ada: knight?, Ben: knave?",
    "<think>Ada: knight, Ben: knave",
]

HEDGES = [
    "Ada: knight, Ben: knave, Ada: knave",
    "Ada: knight, Ben: knave\nAda: knave, Ben: knight",
    "Knights: Ada, Ben\nKnaves: Ada, Ben",
    "Answer: Ada: knight, Ben: knave\nAnswer: Ada: knave, Ben: knave",
]


@pytest.mark.parametrize("response", READ)
def test_spelling_does_not_matter(response: str) -> None:
    assert read_assignment(response, NAMES, VALUES) == BOTH


@pytest.mark.parametrize("response", NOT_READ)
def test_what_is_no_statement_is_not_read(response: str) -> None:
    assert read_assignment(response, NAMES, VALUES) == {}


@pytest.mark.parametrize("response", HEDGES)
def test_two_answers_are_a_contradiction(response: str) -> None:
    with pytest.raises(Contradiction):
        read_assignment(response, NAMES, VALUES)


# Canonical forms: graphs, as things that name their neighbours


def graph(edges: list[tuple[int, int]], n: int) -> str:
    def describe(colours: object) -> list[str]:
        assert isinstance(colours, list)
        return [
            ",".join(sorted(str(colours[b if a == i else a]) for a, b in edges if i in (a, b)))
            for i in range(n)
        ]

    return canonical([0] * n, describe)


HEXAGON = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]
TRIANGLES = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]


def test_renaming_changes_no_canonical_form() -> None:
    names = [3, 5, 0, 2, 4, 1]
    for edges in (HEXAGON, TRIANGLES, [*HEXAGON, (0, 3)]):
        assert graph([(names[b], names[a]) for a, b in edges], 6) == graph(edges, 6)


def test_what_refinement_alone_cannot_tell_apart_is_told_apart() -> None:
    assert graph(HEXAGON, 6) != graph(TRIANGLES, 6)
