"""Environments for the audit's own tests: one that is sound, and one for each flaw it must find.

Every flawed one is the sound one with one thing wrong. ``FLAWS`` names the check that must fail.
The file is a plug-in too, so that another process can make them.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, ClassVar

from assay_datasets import Json, Task, derive_random
from assay_envs import CertificateError, Info, Observation, SingleTurn, Step, register
from assay_verifiers import Verdict, Verifier, visible_text

LETTERS = "bcdfghjklmnpqrstvwxz"
SHARED_RANDOM = Random(0)  # noqa: S311 - part of a flaw


@register
class Mirror(Verifier):
    """Judges a word against the one in the answer; forgiving of blanks, fences and case."""

    name = "specimen/mirror"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        text = visible_text(response).strip().strip("`").strip().lower()
        if not text:
            return Verdict.incorrect("no_answer")
        return Verdict.correct() if text == answer["word"] else Verdict.incorrect("mismatch")


@register
class Sound(SingleTurn):
    """Spell a word backwards."""

    id = "specimen/sound"
    levels: ClassVar = {1: "5 letters", 2: "9 letters"}
    chance: ClassVar[Mapping[int, float]] = {}
    measure = "letters that are not at their place"
    judge_class: ClassVar[type[Verifier]] = Mirror

    def __init__(self) -> None:
        super().__init__(self.judge_class())

    def word(self, seed: int, difficulty: int) -> str:
        rng = derive_random(self.id, difficulty, seed)
        return "".join(rng.choice(LETTERS) for _ in range(1 + 4 * difficulty))

    def generate(self, seed: int, difficulty: int) -> Task:
        word = self.word(seed, self.check_level(difficulty))
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": f"Spell {word} backwards."},),
            answer={"word": word[::-1]},
            verifier=self.judge_class.name,
            metadata={
                "domain": "specimen",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{word}",
                "certificate": {"shown": word},
                "measured": float(sum(a != b for a, b in zip(word, word[::-1], strict=True))),
            },
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer["word"])

    def near_misses(self, task: Task) -> Iterator[str]:
        word = self.oracle(task)
        yield word[1:]
        yield "a" + word[1:]
        yield word[:-1] + "a"

    def guess(self, task: Task, rng: Random) -> str:
        return "".join(rng.choice(LETTERS) for _ in self.oracle(task))

    def trivial(self, task: Task) -> Iterator[str]:
        yield task.metadata["certificate"]["shown"]

    def recheck(self, task: Task) -> None:
        if "".join(reversed(task.metadata["certificate"]["shown"])) != task.answer["word"]:
            raise CertificateError("the answer is not the word backwards")


def altered(task: Task, **metadata: Json) -> Task:
    return replace(task, metadata={**task.metadata, **metadata})


FLAWS: list[tuple[type[SingleTurn], str]] = []


def flaw(check: str) -> Any:
    """Give a flawed class an id, register it, and note the check that must find it."""

    def note(kind: type[SingleTurn]) -> type[SingleTurn]:
        kind.id = f"specimen/{kind.__name__}"
        FLAWS.append((kind, check))
        return register(kind)

    return note


# What is generated


@register
class Crashes(Sound):
    id = "specimen/crashes"

    def generate(self, seed: int, difficulty: int) -> Task:
        raise ZeroDivisionError("a bug")


@register
class Dies(Sound):
    id = "specimen/dies"

    def generate(self, seed: int, difficulty: int) -> Task:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@register
class Endless(Sound):
    id = "specimen/endless"

    def generate(self, seed: int, difficulty: int) -> Task:
        print("endless", file=sys.stderr, flush=True)
        while True:
            time.sleep(0.01)


@flaw("records")
class NotJson(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        task = super().generate(seed, difficulty)
        return replace(task, answer={**task.answer, "cells": (1, 2)})


@flaw("records")
class Uncertified(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        return altered(super().generate(seed, difficulty), certificate=None)


@flaw("determinism")
class RandomOfItsOwn(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        return "".join(SHARED_RANDOM.choice(LETTERS) for _ in range(1 + 4 * difficulty))


@flaw("determinism")
class HashOrdered(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        return "".join(set(LETTERS[:9]))[: 1 + 4 * difficulty] + super().word(seed, difficulty)


@flaw("determinism")
class Remembering(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.calls = itertools.count()

    def word(self, seed: int, difficulty: int) -> str:
        return super().word(seed + next(self.calls), difficulty)


@flaw("determinism")
class NotThreadSafe(Sound):
    letters = ""

    def word(self, seed: int, difficulty: int) -> str:
        self.letters = ""
        for letter in super().word(seed, difficulty):
            self.letters += letter
            time.sleep(1e-6)
        return self.letters


@flaw("distinct")
class IgnoresSeed(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        return super().word(0, difficulty)


@flaw("distinct")
class IgnoresLevel(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        return altered(super().generate(seed, 1), difficulty=difficulty)


@flaw("distinct")
class IgnoresHighSeeds(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        return super().word(min(seed, 1 if seed % 2 else 0), difficulty)


@flaw("splits")
class TwoKeys(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        task = super().generate(seed % 5, difficulty)
        return altered(task, duplicate_key=f"{self.id}:{seed}", seed=seed)


@flaw("certificates")
class NoSecondMethod(Sound):
    recheck = SingleTurn.recheck


@flaw("certificates")
class BlindSecondMethod(Sound):
    def recheck(self, task: Task) -> None:
        assert task.answer


@flaw("certificates")
class FalseCertificate(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        return altered(super().generate(seed, difficulty), certificate={"shown": "bcdf"})


@flaw("difficulty")
class LevelIsTheMeasure(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        return altered(super().generate(seed, difficulty), measured=float(difficulty))


@flaw("difficulty")
class EasierWithTheLevel(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        task = super().generate(seed, difficulty)
        return altered(task, measured=-task.metadata["measured"])


@flaw("difficulty")
class Unmeasured(Sound):
    measure = ""


# What is judged


class StrictMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        return Verdict.correct() if response == answer["word"] else Verdict.incorrect("mismatch")


@flaw("oracle")
class Unforgiving(Sound):
    judge_class = StrictMirror


@flaw("oracle")
class SometimesWrong(Sound):
    def oracle(self, task: Task) -> str:
        word = super().oracle(task)
        return word if task.metadata["seed"] != 4 else word[::-1]


@flaw("oracle")
class FalseEquivalent(Sound):
    def equivalents(self, task: Task) -> Iterator[str]:
        yield " ".join(self.oracle(task))


@flaw("solution")
class UnfinishedSolution(Sound):
    def solution(self, task: Task) -> str:
        return f"<think>{self.oracle(task)}"


class ContainingMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        found = answer["word"] in response
        return Verdict.correct() if found else Verdict.incorrect("mismatch")


@flaw("adversaries")
class PaysForHedges(Sound):
    judge_class = ContainingMirror


class PartialMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        verdict = super().check(response, answer)
        if verdict.reason == "no_answer":
            return Verdict.correct()
        return verdict


@flaw("adversaries")
class PaysForNothing(Sound):
    judge_class = PartialMirror


class EvaluatingMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if "touch(" in response:
            try:
                eval(response)  # noqa: S307 - the flaw that must be found
            except Exception:
                return Verdict.incorrect("malformed")
        return super().check(response, answer)


@flaw("adversaries")
class RunsTheResponse(Sound):
    judge_class = EvaluatingMirror


class GivingUpMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if "**" in response:
            return Verdict.undecided("worker_failed")
        return super().check(response, answer)


@flaw("adversaries")
class GivesUp(Sound):
    judge_class = GivingUpMirror


class HastyMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        text, word = visible_text(response).strip(), answer["word"]
        alike = len(text) == len(word) and text[:-1] == word[:-1]
        return Verdict.correct() if alike else Verdict.incorrect("mismatch")


@flaw("near_misses")
class PaysNearMisses(Sound):
    judge_class = HastyMirror


@flaw("near_misses")
class NamesNoNearMiss(Sound):
    near_misses = SingleTurn.near_misses


class TupleMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if not isinstance(answer["marks"], tuple):
            return Verdict.incorrect("mismatch")
        return super().check(response, answer)


@flaw("round_trip")
class LostInJson(Sound):
    judge_class = TupleMirror

    def generate(self, seed: int, difficulty: int) -> Task:
        task = super().generate(seed, difficulty)
        return replace(task, answer={**task.answer, "marks": ()})


@flaw("round_trip")
class NamesAnotherVerifier(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        return replace(super().generate(seed, difficulty), verifier="text")


class MainThreadMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if threading.current_thread() is not threading.main_thread():
            return Verdict.incorrect("mismatch")
        return super().check(response, answer)


@flaw("threads")
class OneThreadOnly(Sound):
    judge_class = MainThreadMirror


class SlowMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if len(response) > 100_000:
            time.sleep(0.06)
        return super().check(response, answer)


@flaw("deadlines")
class Hangs(Sound):
    judge_class = SlowMirror


class LateMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if len(response) > 100_000:
            return Verdict.undecided("deadline")
        return super().check(response, answer)


@flaw("deadlines")
class UndecidedWhenLong(Sound):
    judge_class = LateMirror


# What chance and leaks pay


@flaw("chance")
class AnythingGoes(Sound):
    chance: ClassVar = {1: 0.9, 2: 0.9}


@flaw("constants")
class OftenTheSame(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        common = "bcdfgh" * difficulty
        return common if seed % 5 == 0 else super().word(seed, difficulty)


class GenerousMirror(Mirror):
    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        text = visible_text(response).strip()
        if text.isalpha() and len(text) == len(answer["word"]):
            return Verdict.incorrect("partial", 0.3)
        return super().check(response, answer)


@flaw("guesses")
class PaysForTheForm(Sound):
    judge_class = GenerousMirror
    chance: ClassVar = {1: 0.05, 2: 0.05}


@flaw("trivial")
class Palindromes(Sound):
    def word(self, seed: int, difficulty: int) -> str:
        half = super().word(seed, difficulty)
        return half + half[::-1]


@flaw("trivial")
class StatesNoTrivialPolicy(Sound):
    trivial = SingleTurn.trivial


@flaw("leaks")
class TellsInThePrompt(Sound):
    def generate(self, seed: int, difficulty: int) -> Task:
        task = super().generate(seed, difficulty)
        hint = f"{task.prompt[0]['content']} (Not {task.answer['word']}!)"
        return replace(task, prompt=({"role": "user", "content": hint},))


@flaw("leaks")
class TellsInTheInfo(Sound):
    def opening(self, task: Task) -> tuple[Observation, Info]:
        observation, info = super().opening(task)
        return observation, {**info, "hint": {"first": task.answer["word"]}}


# Episodes and pictures


@flaw("episodes")
class ResetIgnoresItsSeed(Sound):
    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        return await super().reset(seed=0, options=options)


@flaw("episodes")
class InfoHoldsTheAnswer(Sound):
    def opening(self, task: Task) -> tuple[Observation, Info]:
        observation, info = super().opening(task)
        return observation, {**info, "answer": "somewhere"}


@flaw("episodes")
class RewardsDoNotAddUp(Sound):
    async def step(self, action: str) -> Step:
        observation, reward, *ends, info = await super().step(action)
        return observation, reward + 0.1, ends[0], ends[1], info


@flaw("episodes")
class PaysTheIdle(Sound):
    async def step(self, action: str) -> Step:
        if action == "":
            self._task = None
            verdict = Verdict.correct()
            return [], 1.0, True, False, self.ending(verdict)
        return await super().step(action)


SHARED: list[Task] = []


@flaw("episodes")
class OneEpisodeForAll(Sound):
    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        result = await super().reset(seed=seed, options=options)
        assert self._task is not None
        SHARED[:] = [self._task]
        return result

    async def step(self, action: str) -> Step:
        if self._task is not None:
            self._task = SHARED[0]
        return await super().step(action)


@flaw("rendering")
class ScriptInThePicture(Sound):
    def svg(self, task: Task) -> str:
        return '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


@flaw("rendering")
class NoPicture(Sound):
    def svg(self, task: Task) -> str:
        return "<svg>"
