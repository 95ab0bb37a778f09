"""Knights & Knaves: who always tells the truth and who always lies, from what everyone says.

Rules: a knight's statement is true, a knave's is false. Statements are about who is what: single
people, two of a kind, how many of some group, and any of these joined by not, and, or, if, if and
only if, to the depth that the level names. The answer names the role of everyone.

Generator: the roles are drawn first, evenly over all 2ⁿ possibilities, so that no answer is more
frequent than another; then statements that fit them, replaced until only these roles are possible.
Possibilities are the bits of one big integer (see ``knights_statements``): a statement leaves a
mask of them and the puzzle is the intersection of n masks, so uniqueness is exact. No statement is
true or false whatever the roles, and none says nothing about its speaker. Trivial policies that
fail: all knights, all knaves, in turn. Duplicate key: the statements up to renaming of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import product
from operator import and_
from random import Random
from typing import Any, ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, read_assignment
from assay_envs.logic.grid_puzzle import whole_number
from assay_envs.logic.knights_proof import Proof
from assay_envs.logic.knights_speech import prompt
from assay_envs.logic.knights_statements import (
    ROLES,
    Statement,
    Worlds,
    holds,
    structure,
    worlds_of,
)
from assay_verifiers import Verdict, Verifier


@dataclass(frozen=True)
class _Level:
    people: int
    depth: int


_LEVELS = {1: _Level(3, 1), 2: _Level(4, 1), 3: _Level(6, 2), 4: _Level(8, 2), 5: _Level(10, 3)}
_DEEPEST = 3
_MOST_DRAWS = 60  # of statements, per person, before starting over
_ROLE_WORDS = {word: role for role in ROLES for word in (role, f"{role}s")}
_SMALL_WORDS = ("role", "person", "name")
_NAMES = (
    "Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena",
    "Milo", "Nora", "Oscar", "Pia", "Quinn", "Rosa", "Sami", "Tess", "Uma", "Vera", "Walt", "Xenia",
    "Yara", "Zeno", "Amos", "Bea", "Carl", "Dina", "Eva", "Finn", "Greta", "Hugo", "Iris", "Jonas",
    "Kira", "Leo", "Mara", "Nils", "Olga", "Paul", "Rita", "Sven", "Tara", "Urs", "Vito", "Wanda",
)  # fmt: skip


class KnightsKnavesVerifier(Verifier):
    """Judges a naming of roles; ``answer`` is ``{"names": [...], "knights": [...]}``.

    ``Ada: knight, Ben: knave``, one a line, as JSON, in a sentence, or ``Knights: Ada`` and
    ``Knaves: Ben`` are read alike; see ``assignment`` for which lines count. Everyone must be
    named, and nobody with two roles.
    """

    name = "logic/knights_knaves"
    summary = "everyone's role, knight or knave"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        try:
            names, knights, plain = _gold(tuple(answer["names"]), tuple(answer["knights"]))
        except (TypeError, KeyError):
            return Verdict.undecided("bad_gold")
        if response == plain:  # as the prompt asks for it: no need to read
            return Verdict.correct()
        try:
            roles = read_assignment(response, names, _ROLE_WORDS, small=_SMALL_WORDS)
        except Contradiction as error:
            return Verdict.incorrect("rule_broken", error=str(error))
        if not roles:
            return Verdict.incorrect("no_answer")
        if len(roles) < len(names):
            missing = [name for name in names.values() if name not in roles]
            return Verdict.incorrect("malformed", missing=missing)
        wrong = [name for name, role in roles.items() if (role == "knight") != (name in knights)]
        return Verdict.incorrect("mismatch", wrong=len(wrong)) if wrong else Verdict.correct()


@lru_cache(maxsize=1024)
def _gold(
    names: tuple[str, ...], knights: tuple[str, ...]
) -> tuple[dict[str, str], frozenset[str], str]:
    """Everyone's name by its spelling, who is a knight, and the plainest right response."""
    spellings = {str(name).casefold(): str(name) for name in names}
    return spellings, frozenset(knights), _named(names, knights)


class KnightsKnaves(SingleTurn):
    """The environment; one naming of everybody per episode.

    Finer parameters of ``generate``: ``people`` (2–10) and ``depth`` (0–3, how many connectives
    may stand inside one another).
    """

    id = "logic/knights_knaves"
    summary = "who tells the truth and who lies, from what everyone says"
    levels: ClassVar = {
        1: "3 people, at most one connective a statement",
        2: "4 people, at most one connective a statement",
        3: "6 people, connectives two deep",
        4: "8 people, connectives two deep",
        5: "10 people, connectives three deep",
    }
    chance: ClassVar = {1: 0.2, 2: 0.1, 3: 0.04, 4: 0.02, 5: 0.01}
    measure = "suppositions that a person-by-person case analysis cannot refute from one statement"

    def __init__(self) -> None:
        super().__init__(KnightsKnavesVerifier())

    def generate(
        self, seed: int, difficulty: int, *, people: int | None = None, depth: int | None = None
    ) -> Task:
        level = _LEVELS[self.check_level(difficulty)]
        n = whole_number("people", level.people if people is None else people, 2, 10)
        deep = whole_number("depth", level.depth if depth is None else depth, 0, _DEEPEST)
        rng = derive_random(self.id, difficulty, seed)
        roles = rng.getrandbits(n)
        statements, told = _statements(rng, worlds_of(n), deep, roles)
        names = rng.sample(_NAMES, n)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": prompt(rng, names, statements)},),
            answer={
                "names": names,
                "knights": [name for person, name in enumerate(names) if roles >> person & 1],
            },
            verifier=self.id,
            metadata={
                "domain": "logic",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{n}:{structure(statements, roles)}",
                "certificate": {"statements": statements},
                "measured": float(_cases(n, told)),
            },
        )

    def oracle(self, task: Task) -> str:
        return _named(task.answer["names"], task.answer["knights"])

    def solution(self, task: Task) -> str:
        """Deductions from single statements, and suppositions that end in a contradiction."""
        names, statements = task.answer["names"], task.metadata["certificate"]["statements"]
        lines = Proof(names, statements, task.answer["knights"]).lines()
        return "<think>" + "\n".join(lines) + f"</think>{self.oracle(task)}"

    def equivalents(self, task: Task) -> Iterator[str]:
        names, knights = task.answer["names"], task.answer["knights"]
        roles = {name: ROLES[name in knights] for name in names}
        pairs = [f'"{name}": "{role}"' for name, role in roles.items()]
        yield "{" + ", ".join(pairs) + "}"
        yield "```json\n{\n  " + ",\n  ".join(pairs) + "\n}\n```"
        yield "\n".join(f"- **{name}**: {role.title()}" for name, role in roles.items())
        yield "Answer: " + " and ".join(f"{n} is a {role}" for n, role in reversed(roles.items()))
        yield "| Name | Role |\n|---|---|\n" + "\n".join(f"| {n} | {r} |" for n, r in roles.items())

    def near_misses(self, task: Task) -> Iterator[str]:
        """One role changed, one person left out, one person with both roles."""
        names, knights = task.answer["names"], set(task.answer["knights"])
        for name in names:
            yield _named(names, knights ^ {name})
            yield _named([other for other in names if other != name], knights)
            yield f"{self.oracle(task)}, {name}: {ROLES[name not in knights]}"
        yield _named(names, set(names) - knights)

    def guess(self, task: Task, rng: Random) -> str:
        names = task.answer["names"]
        return _named(names, [name for name in names if rng.random() < 0.5])

    def trivial(self, task: Task) -> Iterator[str]:
        names = task.answer["names"]
        policies: list[list[str]] = [names, [], names[::2], names[1::2]]
        yield from (_named(names, knights) for knights in policies)

    def recheck(self, task: Task) -> None:
        """Every possibility is tried, statement by statement, without masks."""
        statements = task.metadata["certificate"]["statements"]
        names, knights = task.answer["names"], task.answer["knights"]
        if not 2 <= len(statements) == len(names):
            raise CertificateError("someone says nothing")
        possible = [
            roles
            for roles in product((False, True), repeat=len(names))
            if all(holds(said, roles) == roles[who] for who, said in enumerate(statements))
        ]
        if possible != [tuple(name in knights for name in names)]:
            raise CertificateError(f"{len(possible)} ways to give the roles")


def _named(names: Sequence[str], knights: Any) -> str:
    return ", ".join(f"{name}: {ROLES[name in knights]}" for name in names)


# Generator


def _statements(
    rng: Random, worlds: Worlds, depth: int, roles: int
) -> tuple[list[Statement], list[int]]:
    """One statement each, such that only ``roles`` are possible, and the masks of what they leave.

    A new statement takes the place of a speaker's old one wherever it leaves fewer possibilities.
    """
    while True:
        drawn = [_fitting(rng, worlds, who, depth, roles) for who in range(worlds.n)]
        said, told = [statement for statement, _ in drawn], [mask for _, mask in drawn]
        possible = reduce(and_, told)
        for _ in range(_MOST_DRAWS * worlds.n):
            if possible & (possible - 1) == 0:
                return said, told
            who = int(rng.random() * worlds.n)
            other, mask = _fitting(rng, worlds, who, depth, roles)
            left = reduce(and_, told[:who] + told[who + 1 :], mask)
            if left.bit_count() < possible.bit_count():
                said[who], told[who], possible = other, mask, left


_OPPOSITES = {"same": "differ", "differ": "same", "xor": "iff", "iff": "xor"}


def _fitting(
    rng: Random, worlds: Worlds, speaker: int, depth: int, roles: int
) -> tuple[Statement, int]:
    """A statement that says something and may be made under ``roles``, and the mask it leaves."""
    everything, knave, actual = worlds.everything, worlds.knaves[speaker], 1 << roles
    while True:
        said = _any_statement(rng, worlds.n, speaker, depth)
        truth = worlds.mask(said)
        told = knave ^ truth
        if not told & actual and said[0] in _OPPOSITES:
            said[0] = _OPPOSITES[said[0]]
            truth, told = everything ^ truth, everything ^ told
        if told & actual and told != everything and truth and truth != everything:
            return said, told


_JOINED = ("and", "or", "or", "if", "if", "iff", "xor")
_INNER = {
    "and": ("or", "or", "not"),
    "or": ("and", "and", "not"),
    "not": ("and", "or"),
}


def _any_statement(rng: Random, n: int, speaker: int, depth: int) -> Statement:
    people = [person for person in range(n) if person != speaker]
    most = min(2 + 2 * depth, n - 1)
    for place in range(most):  # the front of a shuffle
        other = place + int(rng.random() * (n - 1 - place))
        people[place], people[other] = people[other], people[place]
    if rng.random() < 0.25:
        people.insert(int(rng.random() * 2), speaker)
    return _grown(rng, n, people[: most + 1], depth - (rng.random() < 0.3))


def _grown(rng: Random, n: int, people: list[int], depth: int, outside: str = "") -> Statement:
    """A statement about people from the front of ``people``, ``depth`` connectives deep.

    ``outside`` is the connective around it: none stands in its like, so that English can say it.
    """
    if depth <= 0 or len(people) < 2:
        return _atom(rng, n, people)
    kinds = _INNER.get(outside, ("and", "or", "not")) if outside else _JOINED
    kind = kinds[int(rng.random() * len(kinds))]
    if kind == "not":
        part = _grown(rng, n, people, depth - 1, kind)
        return ["not", part] if part[0] in ("and", "or", "count") else part
    half = (len(people) + 1) // 2
    left = _grown(rng, n, people[:half], depth - 1, kind)
    shallower = depth - 1 - (rng.random() < 0.5)
    return [kind, left, _grown(rng, n, people[half:], shallower, kind)]


def _atom(rng: Random, n: int, people: list[int]) -> Statement:
    draw = rng.random()
    if len(people) > 1 and draw < 0.2:
        return ["same" if draw < 0.1 else "differ", people[0], people[1]]
    if draw > 0.8:
        return _counting(rng, n, people)
    return ["is", people[0], rng.random() < 0.5]


def _counting(rng: Random, n: int, people: list[int]) -> Statement:
    group = list(range(n)) if len(people) < 3 else sorted(people[:3])
    relation = ("exactly", "at least", "at most")[int(rng.random() * 3)]
    low, high = (1, len(group)) if relation == "at least" else (0, len(group) - 1)
    return [
        "count",
        relation,
        low + int(rng.random() * (high - low + 1)),
        group,
        rng.random() < 0.5,
    ]


def _cases(n: int, told: Sequence[int]) -> int:
    """Partial namings, person after person, that no single statement refutes."""
    count = 0
    for people in range(n, 0, -1):  # masks of the ways to give the first ``people`` their roles
        count += reduce(and_, told).bit_count()
        half = 1 << people - 1
        low = (1 << half) - 1
        told = [(mask | mask >> half) & low for mask in told]
    return count
