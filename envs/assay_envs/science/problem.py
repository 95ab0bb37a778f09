"""Problem: one kind of question of science; and the environment whose levels are such problems.

A problem is drawn for a level, worded, worked out line by line, and proved by a second method. A
seed picks a problem, its wording and its parameters. The verifier is ``science``.

Certificate: problem, wording and parameters. The recheck words the question from them again, so
that they are those of the prompt, and then the problem's second method must agree with the answer.
Duplicate key: the problem and its parameters in canonical form, whatever the wording or the
precision asked. Trivial policies that must fail are the problem's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar, TypeAlias

from assay_datasets import InputError, Json, Task, canonical_json, derive_random
from assay_envs.environment import CertificateError, SingleTurn
from assay_verifiers.science import ScienceVerifier

Parameters: TypeAlias = dict[str, Any]
"""What a question is made of: JSON values by name."""


@dataclass(frozen=True)
class Worked:
    """A problem worked out.

    Attributes:
        answer: the gold of the verifier ``science``.
        response: how a right response writes it.
        steps: the way there.
        wrong: near misses.
        measured: how difficult it is, as the environment's ``measure`` says.
        options: what the verifier is told of precision.
        equivalents: other right responses.
    """

    answer: Json
    response: str
    steps: Sequence[str]
    wrong: Sequence[str]
    measured: float
    options: Mapping[str, Json] = field(default_factory=dict)
    equivalents: Sequence[str] = ()


class Problem(ABC):
    """One kind of question; ``name`` is unique in its environment."""

    name: str
    wordings: tuple[str, ...]

    @abstractmethod
    def draw(self, rng: Random, level: int) -> Parameters:
        """Parameters of a level."""

    @abstractmethod
    def worded(self, wording: int, parameters: Parameters) -> str:
        """The whole prompt."""

    @abstractmethod
    def solve(self, parameters: Parameters) -> Worked:
        """The worked solution."""

    @abstractmethod
    def prove(self, parameters: Parameters, answer: Json) -> None:
        """Hold ``answer`` to a second method; CertificateError where they differ."""

    @abstractmethod
    def guess(self, rng: Random, parameters: Parameters) -> str:
        """A random answer of the right form, from what the question shows."""

    @abstractmethod
    def trivial(self, parameters: Parameters) -> Iterator[str]:
        """Responses that take no thought."""

    def key(self, parameters: Parameters) -> Json:
        """The parameters in canonical form."""
        return parameters


class ScienceEnvironment(SingleTurn):
    """An environment whose levels are problems; one answer per episode.

    Attributes:
        problems: per level, what its seeds choose from; one named twice comes twice as often.
    """

    problems: ClassVar[Mapping[int, tuple[Problem, ...]]]

    def __init__(self) -> None:
        super().__init__(ScienceVerifier())

    def generate(self, seed: int, difficulty: int, problem: str = "") -> Task:
        """The task of this seed and level; of the problem of that name, if one is named."""
        choices = self._choices(self.check_level(difficulty), problem)
        rng = derive_random(self.id, difficulty, seed)
        return self._pose(seed, difficulty, rng.choice(choices), rng)

    def _choices(self, difficulty: int, name: str) -> Sequence[Problem]:
        level = self.problems[difficulty]
        chosen = [each for each in level if name in ("", each.name)]
        if not chosen:
            names = ", ".join(dict.fromkeys(each.name for each in level))
            raise InputError(f"level {difficulty} of {self.id} has no problem {name!r}; {names}")
        return chosen

    def _pose(self, seed: int, difficulty: int, problem: Problem, rng: Random) -> Task:
        wording = rng.randrange(len(problem.wordings))
        parameters = problem.draw(rng, difficulty)
        worked = problem.solve(parameters)
        certificate = {"problem": problem.name, "wording": wording, "parameters": parameters}
        key = canonical_json(problem.key(parameters))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": problem.worded(wording, parameters)},),
            answer=worked.answer,
            verifier="science",
            options=worked.options,
            metadata={
                "domain": "science",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{problem.name}:{key}",
                "certificate": certificate,
                "measured": worked.measured,
            },
        )

    def oracle(self, task: Task) -> str:
        return self._worked(task).response

    def solution(self, task: Task) -> str:
        """The steps, then the answer."""
        worked = self._worked(task)
        steps = "\n".join(worked.steps)
        return f"<think>{steps}</think>{worked.response}"

    def equivalents(self, task: Task) -> Iterator[str]:
        yield from self._worked(task).equivalents

    def near_misses(self, task: Task) -> Iterator[str]:
        """The problem's own: wrong units, factors, signs, figures, and what people forget."""
        yield from self._worked(task).wrong

    def guess(self, task: Task, rng: Random) -> str:
        return self._problem(task).guess(rng, task.metadata["certificate"]["parameters"])

    def trivial(self, task: Task) -> Iterator[str]:
        yield from self._problem(task).trivial(task.metadata["certificate"]["parameters"])

    def recheck(self, task: Task) -> None:
        """The prompt is the certificate's question, and a second method bears the answer out."""
        certificate = task.metadata["certificate"]
        problem, parameters = self._problem(task), certificate["parameters"]
        if problem.worded(certificate["wording"], parameters) != task.prompt[0]["content"]:
            raise CertificateError("the certificate is of another question than the prompt's")
        problem.prove(parameters, task.answer)

    def _problem(self, task: Task) -> Problem:
        name = task.metadata["certificate"]["problem"]
        every = (problem for level in self.problems.values() for problem in level)
        return next(problem for problem in every if problem.name == name)

    def _worked(self, task: Task) -> Worked:
        return self._problem(task).solve(task.metadata["certificate"]["parameters"])
