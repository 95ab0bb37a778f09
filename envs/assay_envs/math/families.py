"""Families: an environment as a table of problem families, each with exact answers.

A family is a question with parameters: how they are drawn for a level, how the question is worded,
how it is worked out step by step, and a second method that gives the same answer. An environment
names the families of each level; a seed picks one, its wording and its parameters.

Certificate: family and parameters. The recheck words the question from them again, so that they are
those of the prompt, and has the second method answer it. Duplicate key: the family and its
parameters in their canonical order, whatever the wording. Measured: digits and signs of operation
that the worked solution writes down. The verifier is ``math/worked_out``: equal by ``math`` and
written out, so that the question's own words are no answer. Trivial policies that must fail: the
largest number shown, the sum of the numbers shown; 0 where none is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, ClassVar, TypeAlias

from assay_datasets import Json, Task, canonical_json, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_envs.math.worked_out import WorkedOut
from assay_verifiers.math import MathVerifier

Parameters: TypeAlias = dict[str, Any]
"""What a question is made of: JSON values by name."""

BARE = "the number, without a unit"
"""The form of answers to questions about hours, litres, km/h."""

_PROMPT = "{question} Think step by step inside <think></think>, then write only {form}."
_WRITTEN = re.compile(r"[0-9/*^!]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Worked:
    """A problem worked out.

    Attributes:
        answer: the exact answer in plain notation.
        steps: the way there; where numbers stand on both sides of a "=", they are equal.
        wrong: near misses; each is another mathematical object than ``answer``.
        alike: other spellings of ``answer``.
        undone: spellings of ``answer`` that leave the question's work undone.
    """

    answer: str
    steps: Sequence[str]
    wrong: Sequence[str]
    alike: Sequence[str] = ()
    undone: Sequence[str] = ()

    @property
    def written(self) -> int:
        return sum(len(_WRITTEN.findall(step)) for step in self.steps)


def number(
    value: int | Fraction,
    *steps: str,
    mistakes: Sequence[int | Fraction] = (),
    undone: Sequence[str] = (),
) -> Worked:
    """A number worked out, with the usual near misses and those of ``mistakes``."""
    exact = Fraction(value)
    near = [*mistakes, exact + 1, exact - 1, -exact, exact * 10]
    if exact.denominator > 1:
        near += [1 / exact if exact else 0, exact.numerator]
    wrong = dict.fromkeys(str(Fraction(each)) for each in near if each != exact)
    return Worked(str(exact), steps, tuple(wrong), undone=undone)


def numbers(
    values: Sequence[int | Fraction], *steps: str, alike: Sequence[str] = (), ordered: bool = True
) -> Worked:
    """A tuple of numbers, or a list of them in any order, worked out; near misses change one."""
    exact = [Fraction(value) for value in values]

    def written(each: Sequence[Fraction]) -> str:
        listed = ", ".join(map(str, each))
        return f"({listed})" if ordered and len(each) > 1 else listed

    wrong = []
    for place, value in enumerate(exact):
        for other in (value + 1, value - 1, -value):
            wrong.append([*exact[:place], other, *exact[place + 1 :]])
    if ordered:
        wrong += [exact[::-1], [*exact[1:], exact[0]]]
    if len(exact) > 1:
        wrong.append(exact[1:])
    same = exact if ordered else sorted(exact)
    differing = [each for each in wrong if (each if ordered else sorted(each)) != same]
    return Worked(written(exact), steps, tuple(dict.fromkeys(map(written, differing))), alike)


@dataclass(frozen=True)
class Family:
    """One kind of question.

    Attributes:
        name: unique in its environment.
        wordings: the question, with parameters and what ``shown`` gives in braces.
        draw: parameters of a level.
        solve: the worked solution; takes the parameters by name.
        check: the answer by a second method, as a text that ``math`` can read.
        guess: a random answer of the right form, from what the question shows.
        shown: parameters as text, where ``str`` is not how they are written.
        key: the parameters in canonical order, where several orders are the same problem.
        form: what the response is to hold, in words; parameters in braces as in a wording.
        written: that form's name in :mod:`assay_envs.math.worked_out`.
        tolerance: relative error of the second method, where that one is numerical.
    """

    name: str
    wordings: tuple[str, ...]
    draw: Callable[[Random, int], Parameters]
    solve: Callable[..., Worked]
    check: Callable[..., str]
    guess: Callable[[Random, Parameters], str]
    shown: Callable[..., Mapping[str, str]] = lambda **_: {}
    key: Callable[..., Json] = lambda **parameters: parameters
    form: str = "the number"
    written: str = "number"
    tolerance: float = 0.0

    def worded(self, wording: int, parameters: Parameters) -> str:
        """The whole prompt."""
        shown = {**parameters, **self.shown(**parameters)}
        question = self.wordings[wording % len(self.wordings)].format(**shown)
        return _PROMPT.format(question=question, form=self.form.format(**shown))


class FamilyEnvironment(SingleTurn):
    """An environment whose levels are families; one answer per episode.

    Attributes:
        families: per level, what its seeds choose from.
    """

    families: ClassVar[Mapping[int, tuple[Family, ...]]]
    measure = "digits and signs of operation that the worked solution writes down"

    def __init__(self) -> None:
        super().__init__(WorkedOut())

    def generate(self, seed: int, difficulty: int) -> Task:
        choices = self.families[self.check_level(difficulty)]
        rng = derive_random(self.id, difficulty, seed)
        family = rng.choice(choices)
        wording = rng.randrange(len(family.wordings))
        parameters = family.draw(rng, difficulty)
        worked = family.solve(**parameters)
        certificate = {"family": family.name, "wording": wording, "parameters": parameters}
        key = canonical_json(family.key(**parameters))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": family.worded(wording, parameters)},),
            answer=worked.answer,
            verifier=WorkedOut.name,
            options={"form": family.written},
            metadata={
                "domain": "math",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{family.name}:{key}",
                "certificate": certificate,
                "measured": float(worked.written),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    def solution(self, task: Task) -> str:
        """The steps, then the answer."""
        steps = "\n".join(self._worked(task).steps)
        return f"<think>{steps}</think>{task.answer}"

    def equivalents(self, task: Task) -> Iterator[str]:
        yield f"$\\boxed{{{task.answer}}}$"
        yield f"The answer is ${task.answer}$."
        if re.fullmatch(r"-?\d+(/\d+)?", task.answer):
            exact = Fraction(task.answer)
            yield f"{3 * exact.numerator}/{3 * exact.denominator}"
        yield from self._worked(task).alike

    def near_misses(self, task: Task) -> Iterator[str]:
        """One off, the sign turned, ten times, upside down, the family's own; work left undone."""
        worked = self._worked(task)
        yield from worked.wrong
        yield from worked.undone

    def guess(self, task: Task, rng: Random) -> str:
        return self._family(task).guess(rng, task.metadata["certificate"]["parameters"])

    def trivial(self, task: Task) -> Iterator[str]:
        question = task.prompt[0]["content"].partition(" Think step by step")[0]
        shown = [Fraction(each) for each in _NUMBER.findall(question)]
        yield str(max(shown, default=0))
        yield str(sum(shown))

    def recheck(self, task: Task) -> None:
        """The prompt is the certificate's question, and a second method gives the answer."""
        certificate = task.metadata["certificate"]
        family, parameters = self._family(task), certificate["parameters"]
        if family.worded(certificate["wording"], parameters) != task.prompt[0]["content"]:
            raise CertificateError("the certificate is of another question than the prompt's")
        found = family.check(**parameters)
        if found != task.answer and not self._agrees(found, task.answer, family.tolerance):
            raise CertificateError(f"the second method gives {found}, not {task.answer}")

    def _agrees(self, found: str, answer: str, tolerance: float) -> bool:
        return MathVerifier().check(found, answer, tolerance=tolerance).outcome == "correct"

    def _family(self, task: Task) -> Family:
        name = task.metadata["certificate"]["family"]
        every = (family for level in self.families.values() for family in level)
        return next(family for family in every if family.name == name)

    def _worked(self, task: Task) -> Worked:
        return self._family(task).solve(**task.metadata["certificate"]["parameters"])


def below(name: str, least: int = 0) -> Callable[[Random, Parameters], str]:
    """Guesses from ``least`` to one less than the parameter ``name``."""
    return lambda rng, parameters: str(rng.randrange(least, int(parameters[name])))


def up_to(most: int, least: int = 0) -> Callable[[Random, Parameters], str]:
    """Guesses from ``least`` to ``most``."""
    return lambda rng, parameters: str(rng.randint(least, most))


def nonzero(rng: Random, most: int) -> int:
    """A whole number from -most to most, never 0."""
    return rng.randint(1, most) * rng.choice((1, -1))
