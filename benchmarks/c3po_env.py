"""A plug-in environment for timing: any response is right or wrong by a coin of its own text.

A policy made from nothing ends its responses by chance, so their lengths have a long tail that
training at a vanishing rate leaves as it is, and half of them are right, so every group trains.
"""

from __future__ import annotations

from typing import ClassVar

from assay_datasets import Json, Task, derive_seed
from assay_envs import SingleTurn, register
from assay_verifiers import Verdict, Verifier


class CoinVerifier(Verifier):
    """Heads is correct."""

    name = "bench/coin"
    summary = "a coin that the response itself decides"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        self.refuse_unknown(options)
        if derive_seed("coin", response) % 2:
            return Verdict("correct", 1.0, "match")
        return Verdict("incorrect", 0.0, "mismatch")


@register
class Coin(SingleTurn):
    """The environment; every prompt is a number."""

    id = "bench/coin"
    summary = "write anything"
    levels: ClassVar = {1: "there is one level"}
    chance: ClassVar = {1: 1.0}

    def __init__(self) -> None:
        super().__init__(CoinVerifier())

    def generate(self, seed: int, difficulty: int) -> Task:
        self.check_level(difficulty)
        text = f"Write {seed % 10**9}."
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": text},),
            answer=None,
            verifier="bench/coin",
            metadata={
                "domain": "bench",
                "difficulty": difficulty,
                "seed": seed,
                "duplicate_key": f"{self.id}:{text}",
            },
        )

    def oracle(self, task: Task) -> str:
        texts = (f"heads {number}" for number in range(1000))
        return next(text for text in texts if derive_seed("coin", text) % 2)
