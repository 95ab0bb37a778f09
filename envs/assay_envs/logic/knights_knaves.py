"""Knights & Knaves: who always tells the truth and who always lies, from what everyone says.

Rules: a knight's statement is true, a knave's is false. Statements are about who is what: single
people, two of a kind, how many of some group, and any of these joined by not, and, or, if, if and
only if, to the depth that the level names. The answer names the role of everyone.

Generator: the roles are drawn first, evenly over all 2ⁿ possibilities, so that no answer is more
frequent than another; then statements that fit them, replaced until only these roles are possible.
Possibilities are the bits of one big integer: a statement is the mask of those it is true in, and
the puzzle is the intersection of n masks, so uniqueness is exact. No statement is true or false
whatever the roles, and none says nothing about its speaker. Trivial policies that fail: all
knights, all knaves, in turn. Duplicate key: the statements up to renaming of people.

The English is unambiguous: *both … and …*, *either … or …*, *if … then …* and numbered claims
stand for brackets, and "or" includes both unless the statement says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any, ClassVar, TypeAlias

from assay_datasets import Json, Task, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.logic.assignment import Contradiction, read_assignment
from assay_envs.logic.canonical import canonical
from assay_envs.logic.grid_puzzle import whole_number
from assay_verifiers import Verdict, Verifier

Statement: TypeAlias = list[Any]
"""One of

``["is", person, knight]`` · ``["same", a, b]`` · ``["differ", a, b]`` ·
``["count", "exactly" | "at least" | "at most", k, people, knights]`` ·
``["not", s]`` · ``["and" | "or" | "xor" | "if" | "iff", s, t]``; people are numbered from 0.
"""


@dataclass(frozen=True)
class _Level:
    people: int
    depth: int


_LEVELS = {1: _Level(3, 1), 2: _Level(4, 1), 3: _Level(6, 2), 4: _Level(8, 2), 5: _Level(10, 3)}
_DEEPEST = 3
_MOST_DRAWS = 60  # of statements, per person, before starting over
_ROLES = ("knave", "knight")
_ROLE_WORDS = {word: role for role in _ROLES for word in (role, f"{role}s")}
_SMALL_WORDS = ("role", "person", "name")
_NAMES = (
    "Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena",
    "Milo", "Nora", "Oscar", "Pia", "Quinn", "Rosa", "Sami", "Tess", "Uma", "Vera", "Walt", "Xenia",
    "Yara", "Zeno", "Amos", "Bea", "Carl", "Dina", "Eva", "Finn", "Greta", "Hugo", "Iris", "Jonas",
    "Kira", "Leo", "Mara", "Nils", "Olga", "Paul", "Rita", "Sven", "Tara", "Urs", "Vito", "Wanda",
)  # fmt: skip
_SCENES = (
    "On an island everyone is either a knight, who always tells the truth, or a knave, who always "
    "lies. You meet {names}.",
    "{names} live on the island of knights and knaves. Whatever a knight says is true; whatever a "
    "knave says is false; everyone is one or the other.",
    "A traveller meets {names}. Each of them is a knight or a knave: knights make only true "
    "statements, and knaves make only false ones.",
)
_VERBS = ("says", "declares", "tells you", "claims", "remarks")
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


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
        statements, told = _statements(rng, n, deep, roles)
        names = rng.sample(_NAMES, n)
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": _prompt(rng, names, statements)},),
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
        lines = _Proof(names, statements, task.answer["knights"]).lines()
        return "<think>" + "\n".join(lines) + f"</think>{self.oracle(task)}"

    def equivalents(self, task: Task) -> Iterator[str]:
        names, knights = task.answer["names"], task.answer["knights"]
        roles = {name: _ROLES[name in knights] for name in names}
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
            yield f"{self.oracle(task)}, {name}: {_ROLES[name not in knights]}"
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
            if all(_holds(said, roles) == roles[who] for who, said in enumerate(statements))
        ]
        if possible != [tuple(name in knights for name in names)]:
            raise CertificateError(f"{len(possible)} ways to give the roles")


def _named(names: Sequence[str], knights: Any) -> str:
    return ", ".join(f"{name}: {_ROLES[name in knights]}" for name in names)


# Masks: bit w of a mask stands for the possibility in which person i is a knight iff w >> i & 1


@lru_cache(maxsize=16)
def _everything(n: int) -> int:
    return (1 << (1 << n)) - 1


@lru_cache(maxsize=16)
def _knights(n: int) -> tuple[int, ...]:
    """For each person the possibilities in which they are a knight."""
    return tuple(
        sum(1 << world for world in range(1 << n) if world >> person & 1) for person in range(n)
    )


def _mask(n: int, said: Statement) -> int:
    """The possibilities in which a statement is true."""
    kind = said[0]
    if kind == "is":
        knight = _knights(n)[said[1]]
        return knight if said[2] else _everything(n) ^ knight
    if kind == "same":
        return _everything(n) ^ _knights(n)[said[1]] ^ _knights(n)[said[2]]
    if kind == "differ":
        return _knights(n)[said[1]] ^ _knights(n)[said[2]]
    if kind == "count":
        return _count_mask(n, said[1], said[2], tuple(said[3]), said[4])
    if kind == "not":
        return _everything(n) ^ _mask(n, said[1])
    left, right = _mask(n, said[1]), _mask(n, said[2])
    if kind == "and":
        return left & right
    if kind == "or":
        return left | right
    if kind == "if":
        return _everything(n) ^ left | right
    return left ^ right if kind == "xor" else _everything(n) ^ left ^ right


@lru_cache(maxsize=1 << 14)
def _count_mask(n: int, relation: str, k: int, people: tuple[int, ...], knights: bool) -> int:
    exactly = [_everything(n)] + [0] * len(people)
    for person in people:
        one = _mask(n, ["is", person, knights])
        for count in range(len(people), 0, -1):
            exactly[count] = exactly[count] & ~one | exactly[count - 1] & one
        exactly[0] &= ~one
    counts = {"exactly": [k], "at least": range(k, len(people) + 1), "at most": range(k + 1)}
    return sum(exactly[count] for count in counts[relation])


def _told(n: int, speaker: int, said: Statement) -> int:
    """The possibilities that a statement leaves: those in which its speaker may say it."""
    return _everything(n) ^ _knights(n)[speaker] ^ _mask(n, said)


# Generator


def _statements(rng: Random, n: int, depth: int, roles: int) -> tuple[list[Statement], list[int]]:
    """One statement each, such that ``roles`` and no other roles are possible, and their masks."""
    while True:
        said = [_fitting(rng, n, who, depth, roles) for who in range(n)]
        told = [_told(n, who, statement) for who, statement in enumerate(said)]
        for _ in range(_MOST_DRAWS * n):
            possible = _all_of(told)
            if possible & (possible - 1) == 0:
                return said, told
            who = int(rng.random() * n)
            other = _fitting(rng, n, who, depth, roles)
            others = _all_of(told[:who] + told[who + 1 :])
            mask = _told(n, who, other)
            if (others & mask).bit_count() < possible.bit_count():
                said[who], told[who] = other, mask


def _all_of(masks: Sequence[int]) -> int:
    together = masks[0]
    for mask in masks:
        together &= mask
    return together


_OPPOSITES = {"same": "differ", "differ": "same", "xor": "iff", "iff": "xor"}


def _fitting(rng: Random, n: int, speaker: int, depth: int, roles: int) -> Statement:
    """A statement that ``speaker`` may make under ``roles`` and that says something."""
    everything, knight = _everything(n), _knights(n)[speaker]
    while True:
        said = _any_statement(rng, n, speaker, depth)
        truth = _mask(n, said)
        told = everything ^ knight ^ truth
        if not told >> roles & 1 and said[0] in _OPPOSITES:
            said[0] = _OPPOSITES[said[0]]
            truth, told = everything ^ truth, everything ^ told
        if told >> roles & 1 and told != everything and truth not in (0, everything):
            return said


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
    count, open_cases = 0, [(_everything(n), 0)]
    while open_cases:
        worlds, person = open_cases.pop()
        knight = _knights(n)[person]
        for case in (worlds & knight, worlds & ~knight):
            for mask in told:
                if not case & mask:
                    break
            else:
                count += 1
                if person + 1 < n:
                    open_cases.append((case, person + 1))
    return count


# Structure


def structure(statements: Sequence[Statement], roles: int) -> str:
    """A digest that is the same exactly for puzzles that differ by the names of people."""

    def describe(colours: Sequence[int]) -> list[str]:
        marks, descriptions = list(map(str, colours)), []
        for me, said in enumerate(statements):
            mine, marks[me] = marks[me], "me"
            descriptions.append(_signature(said, marks))
            marks[me] = mine
        return descriptions

    start = [roles >> person & 1 for person in range(len(statements))]
    return hashlib.sha256(canonical(start, describe).encode()).hexdigest()[:24]


def _signature(said: Statement, marks: Sequence[str]) -> str:
    kind = said[0]
    if kind == "is":
        return f"{'+-'[not said[2]]}{marks[said[1]]}"
    if kind in ("same", "differ"):
        one, other = sorted((marks[said[1]], marks[said[2]]))
        return f"{kind}({one},{other})"
    if kind == "count":
        return f"{said[1:3]}{said[4]:d}{sorted([marks[person] for person in said[3]])}"
    parts = [_signature(part, marks) for part in said[1:]]
    return f"{kind}({','.join(parts if kind == 'if' else sorted(parts))})"


def _holds(said: Statement, roles: Sequence[bool]) -> bool:
    """Whether a statement is true of ``roles``: the second method's reading."""
    match said:
        case ("is", who, knight):
            return bool(roles[who] == knight)
        case ("same", one, other):
            return roles[one] == roles[other]
        case ("differ", one, other):
            return roles[one] != roles[other]
        case ("count", relation, k, people, knights):
            count = sum(roles[who] == knights for who in people)
            return bool(
                count == k
                if relation == "exactly"
                else count >= k
                if relation == "at least"
                else count <= k
            )
        case ("not", part):
            return not _holds(part, roles)
        case (kind, one, other):
            left, right = _holds(one, roles), _holds(other, roles)
            return {
                "and": left and right,
                "or": left or right,
                "xor": left != right,
                "if": not left or right,
                "iff": left == right,
            }[kind]
    raise CertificateError(f"{said!r} is no statement")


# English


def _prompt(rng: Random, names: Sequence[str], statements: Sequence[Statement]) -> str:
    scene = _SCENES[int(rng.random() * len(_SCENES))].format(names=_listed(names))
    spoken = []
    for who, said in enumerate(statements):
        verb = _VERBS[int(rng.random() * len(_VERBS))]
        words = _Speech(rng, names, who).claim(said)
        spoken.append(f"{names[who]} {verb}: “{words[0].upper()}{words[1:]}.”")
    example = ", ".join(f"{name}: …" for name in names[:2]) + (", …" if len(names) > 2 else "")
    return (
        f"{scene}\n\n" + "\n".join(spoken) + "\n\n“Or” includes both, unless “but not both” is "
        "said; “if … then …” is false only where its first part is true and its second is not.\n"
        "Who is a knight and who is a knave? End with one line that names everybody's role, like "
        f"this: {example}"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


class _Speech:
    """Puts a statement into its speaker's mouth."""

    def __init__(self, rng: Random, names: Sequence[str], speaker: int) -> None:
        self._rng = rng
        self._names = names
        self._speaker = speaker

    def claim(self, said: Statement) -> str:
        """A whole statement, or a numbered claim of one."""
        kind = said[0]
        if kind in ("is", "same", "differ", "count", "not"):
            return self._part(said)
        left, right = self._part(said[1]), self._part(said[2])
        if kind == "if":
            return f"if {left}, then {right}"
        if self._simple(said[1]) and self._simple(said[2]):
            return {
                "and": f"{left} and {right}",
                "or": f"{left} or {right}",
                "xor": f"either {left} or {right}, but not both",
                "iff": f"{left} if and only if {right}",
            }[kind]
        claims = f"(1) {left}; (2) {right}"
        return {
            "and": f"both of these claims are true: {claims}",
            "or": f"at least one of these claims is true: {claims}",
            "xor": f"exactly one of these claims is true: {claims}",
            "iff": f"these claims are both true or both false: {claims}",
        }[kind]

    def _part(self, said: Statement) -> str:
        """A statement inside another, bracketed by its own words."""
        match said:
            case ("is", who, knight):
                return self._is(who, knight)
            case ("same" | "differ" as kind, one, other):
                return self._pair(kind, one, other)
            case ("count", relation, k, people, knights):
                return self._count(relation, k, people, knights)
            case ("not", part):
                return f"it is not true that {self._part(part)}"
            case ("and", one, other):
                return f"both {self._part(one)} and {self._part(other)}"
        return f"either {self._part(said[1])} or {self._part(said[2])}"

    @staticmethod
    def _simple(said: Statement) -> bool:
        return said[0] in ("is", "same", "differ", "count")

    def _is(self, who: int, knight: bool) -> str:
        subject = "I am" if who == self._speaker else f"{self._names[who]} is"
        if self._rng.random() < 0.2:
            return f"{subject} not a {_ROLES[not knight]}"
        return f"{subject} a {_ROLES[knight]}"

    def _pair(self, kind: str, one: int, other: int) -> str:
        if one == self._speaker:
            one, other = other, one
        second = "I am" if other == self._speaker else f"{self._names[other]} is"
        kinds = "the same kind as" if kind == "same" else "another kind than"
        return f"{self._names[one]} is of {kinds} {second}"

    def _count(self, relation: str, k: int, people: Sequence[int], knights: bool) -> str:
        role = _ROLES[knights]
        group = (
            "of us"
            if len(people) == len(self._names)
            else "of "
            + _listed([self._names[who] if who != self._speaker else "me" for who in people])
        )
        number = "none" if k == 0 else f"{relation} {_NUMBERS[k]}"
        return f"{number} {group} {f'is a {role}' if k < 2 else f'are {role}s'}"


# The worked solution


class _Proof:
    """A proof in words: what single statements force, and suppositions that they refute."""

    def __init__(
        self, names: Sequence[str], statements: Sequence[Statement], knights: Sequence[str]
    ) -> None:
        self._names = names
        self._n = len(names)
        self._told = [_told(self._n, *said) for said in enumerate(statements)]
        self._true = [name in knights for name in names]

    def lines(self) -> list[str]:
        """Everyone's role, one deduction a line."""
        lines: list[str] = []
        known = _everything(self._n)
        while True:
            known, forced, _ = self._follow(known)
            lines += [f"{text}." for text in forced]
            unknown = [who for who in range(self._n) if self._open(known, who)]
            if not unknown:
                return lines
            who, text = self._refuted(known, unknown)
            lines.append(text)
            known &= self._as(who, self._true[who])

    def _refuted(self, known: int, unknown: Sequence[int]) -> tuple[int, str]:
        """Someone whose wrong role leads to a contradiction, and how; the shortest way there."""
        for depth in range(self._n):
            refutations = [
                (text, who)
                for who in unknown
                if (text := self._contradiction(known & self._as(who, not self._true[who]), depth))
            ]
            if refutations:
                text, who = min(refutations, key=lambda found: len(found[0]))
                wrong, right = (_ROLES[role] for role in (not self._true[who], self._true[who]))
                name = self._names[who]
                return who, f"Suppose {name} is a {wrong}. {text} So {name} is a {right}."
        raise CertificateError("the roles are not forced")

    def _contradiction(self, known: int, depth: int) -> str:
        """How ``known`` leads to a contradiction by ``depth`` suppositions inside it, or ""."""
        known, forced, refuted = self._follow(known)
        said = "".join(f"{text}. " for text in forced)
        if refuted is not None:
            return f"{said}But then {self._names[refuted]} could not say that."
        if depth == 0:
            return ""
        for who in (who for who in range(self._n) if self._open(known, who)):
            cases = [(role, self._as(who, role)) for role in (True, False)]
            inner = [(role, self._contradiction(known & case, depth - 1)) for role, case in cases]
            if all(text for _, text in inner):
                name = self._names[who]
                tried = " ".join(f"If {name} is a {_ROLES[role]}: {text}" for role, text in inner)
                return f"{said}{tried}"
        return ""

    def _follow(self, known: int) -> tuple[int, list[str], int | None]:
        """What single statements force: the roles left, how, and whose statement is refuted."""
        forced: list[str] = []
        changed = True
        while changed:
            changed = False
            for speaker, told in enumerate(self._told):
                left = known & told
                if not left:
                    return known, forced, speaker
                for who, knight in enumerate(_knights(self._n)):
                    if self._open(known, who) and not (left & knight and left & ~knight):
                        role = bool(left & knight)
                        known &= self._as(who, role)
                        changed = True
                        by = f"By what {self._names[speaker]} says"
                        forced.append(f"{by}, {self._names[who]} is a {_ROLES[role]}")
        return known, forced, None

    def _as(self, who: int, knight: bool) -> int:
        return _mask(self._n, ["is", who, knight])

    def _open(self, known: int, who: int) -> bool:
        knight = _knights(self._n)[who]
        return bool(known & knight and known & ~knight)
