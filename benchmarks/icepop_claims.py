"""What the paper says of IcePop, held against the runs: seen, the opposite, or unclear.

A claim is a pair of figures for every seed of a setting, of which it says that the second is the
larger. It is seen where that is so with every seed, and opposite where it is so with none. Claims
about accuracy must hold by more than three standard errors over problems as well: see
:func:`compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from icepop_grid import SEEDS
from icepop_series import Done, Result, at, early, first, growth, having, last, late, settings_of
from numpy.typing import NDArray

Pairs = list[tuple[float, float]]
_ERRORS = 3  # standard errors that a difference of accuracies must exceed


@dataclass(frozen=True)
class Difference:
    """Accuracy of one policy of each seed minus that of another.

    Attributes:
        size: mean over problems and seeds.
        error: standard error of ``size`` over problems.
        by_seed: of each seed.
    """

    size: float
    error: float
    by_seed: tuple[float, ...]

    @property
    def sign(self) -> int:
        """1 or -1 where it is sure and every seed agrees, else 0."""
        sure = len(self.by_seed) == len(SEEDS) and abs(self.size) > _ERRORS * self.error
        if not sure or len({value > 0 for value in self.by_seed}) > 1 or 0 in self.by_seed:
            return 0
        return 1 if self.size > 0 else -1

    def __str__(self) -> str:
        seeds = ", ".join(f"{100 * value:+.1f}" for value in self.by_seed)
        return f"{100 * self.size:+.1f} ± {100 * self.error:.1f} points ({seeds})"


def compare(evaluations: Sequence[tuple[Result, Result]]) -> Difference:
    """The second evaluation of every pair against the first; a pair a seed, the same problems."""
    gaps = np.array([_shares(second) - _shares(first) for first, second in evaluations])
    by_problem = gaps.mean(0)
    error = by_problem.std(ddof=1) / np.sqrt(len(by_problem))
    return Difference(
        float(by_problem.mean()), float(error), tuple(float(gap) for gap in gaps.mean(1))
    )


def against(done: Done, setting: str, one: str, other: str) -> Difference | None:
    """Final accuracy of the method ``other`` against that of ``one``; None if one is missing."""
    before, after = having(done, setting, one), having(done, setting, other)
    if not before or before.keys() != after.keys():
        return None
    return compare([(last(before[seed]), last(after[seed])) for seed in before])


def against_exact(done: Done, setting: str, method: str) -> Difference | None:
    """Final accuracy of a method against what no mismatch had come to after as many steps."""
    exact, runs = having(done, "exact", "grpo"), having(done, setting, method)
    if not runs or exact.keys() != runs.keys():
        return None
    return compare([(at(exact[seed], last(runs[seed])["step"]), last(runs[seed])) for seed in runs])


def learnt(done: Done, setting: str, method: str) -> Difference | None:
    """Final accuracy of a method against that of the policy it started from."""
    runs = having(done, setting, method)
    return compare([(first(run), last(run)) for run in runs.values()]) if runs else None


def _shares(evaluation: Result) -> NDArray[np.float64]:
    """[N] share of right samples of each problem."""
    shares: NDArray[np.float64] = np.array(evaluation["problems"]) / evaluation["samples"]
    return shares


@dataclass(frozen=True)
class Claim:
    """Something that the paper says.

    Attributes:
        text: in words.
        figures: for every seed what the claim says is less, and what it says is more.
        form: how one of them is written.
    """

    text: str
    figures: Callable[[Done, str], Pairs]
    form: str

    def outcome(self, done: Done, setting: str) -> str:
        """What became of it, with the means of both figures; empty where it was not tried."""
        pairs = self.figures(done, setting)
        if not pairs or any(np.isnan(pair).any() for pair in pairs):
            return ""
        less, more = (fmean(side) for side in zip(*pairs, strict=True))
        return f"{_word(_sign(pairs))}: {less:{self.form}} → {more:{self.form}}"


@dataclass(frozen=True)
class AccuracyClaim:
    """One that is about the accuracy after the last step."""

    text: str
    difference: Callable[[Done, str], Difference | None]

    def outcome(self, done: Done, setting: str) -> str:
        found = self.difference(done, setting)
        return f"{_word(found.sign)}: {100 * found.size:+.1f} points" if found else ""


def _sign(pairs: Pairs) -> int:
    if all(less < more for less, more in pairs):
        return 1
    return -1 if all(less > more for less, more in pairs) else 0


def _word(sign: int) -> str:
    return {1: "**seen**", 0: "unclear", -1: "**opposite**"}[sign]


def _two(
    less: Callable[[Result], float],
    more: Callable[[Result], float],
    methods: tuple[str, str],
) -> Callable[[Done, str], Pairs]:
    """Pairs of ``less`` of the first method's run and ``more`` of the second's."""

    def figures(done: Done, setting: str) -> Pairs:
        one, other = (having(done, setting, method) for method in methods)
        return [(less(one[seed]), more(other[seed])) for seed in one if seed in other]

    return figures


def _late(key: str) -> Callable[[Result], float]:
    return lambda run: late(run, key)


def _early(key: str) -> Callable[[Result], float]:
    return lambda run: early(run, key)


def _growth(run: Result) -> float:
    return growth(run, "mismatch/k3")


_ENTROPY = "mismatch/entropy_masked_over_all"
CLAIMS: tuple[Claim | AccuracyClaim, ...] = (
    AccuracyClaim(
        "IcePop ends more accurate than no correction",
        lambda done, setting: against(done, setting, "grpo", "icepop"),
    ),
    AccuracyClaim(
        "IcePop learns: it ends more accurate than it began",
        lambda done, setting: learnt(done, setting, "icepop"),
    ),
    AccuracyClaim(
        "IcePop ends more accurate than TIS",
        lambda done, setting: against(done, setting, "tis", "icepop"),
    ),
    Claim(
        "with IcePop the late reward is higher than with no correction",
        _two(_late("reward"), _late("reward"), ("grpo", "icepop")),
        ".3f",
    ),
    Claim(
        "with no correction the gradient norm rises, early to late",
        _two(_early("grad_norm"), _late("grad_norm"), ("grpo", "grpo")),
        ".2f",
    ),
    Claim(
        "with no correction the late gradient norm is larger than with IcePop",
        _two(_late("grad_norm"), _late("grad_norm"), ("icepop", "grpo")),
        ".2f",
    ),
    Claim(
        "with no correction the discrepancy compounds, early to late (Theorem 1)",
        _two(_early("mismatch/k3"), _late("mismatch/k3"), ("grpo", "grpo")),
        ".2g",
    ),
    Claim(
        "with no correction the late discrepancy is larger than with IcePop",
        _two(_late("mismatch/k3"), _late("mismatch/k3"), ("icepop", "grpo")),
        ".2g",
    ),
    Claim(
        "with no correction the discrepancy grows by a larger factor than with IcePop",
        _two(_growth, _growth, ("icepop", "grpo")),
        ".2f",
    ),
    Claim(
        "tokens that IcePop drops have more entropy than the mean token (1)",
        _two(lambda _: 1.0, _late(_ENTROPY), ("icepop", "icepop")),
        ".2f",
    ),
)


def table(done: Done) -> Iterator[str]:
    """Every claim under every setting but ``exact``, where there is nothing to correct."""
    settings = [name for name in settings_of(done) if name != "exact"]
    yield f"| claim | {' | '.join(settings)} |"
    yield f"|---|{'---|' * len(settings)}"
    for claim in CLAIMS:
        outcomes = [claim.outcome(done, name) for name in settings]
        if any(outcomes):
            yield f"| {claim.text} | {' | '.join(outcomes)} |"
