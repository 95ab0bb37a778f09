"""Room: problems too long for the run are passed over, counted by environment, and told of.

How many tokens a problem takes is known to whoever reads it: the engine, or the learner of a worked
solution. Some are looked at before anything is trained: where most do not fit, the run would train
on another suite than was asked for, and is refused. A longer one that comes later stops nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay_datasets import InputError

if TYPE_CHECKING:
    from assay_trainer.config import RunConfig
    from assay_trainer.sft import SFTData

_LOOKED_AT = 128
"""Problems that are measured before a run; as many too long in a row, and nothing fits."""


@dataclass(frozen=True)
class TooLong:
    """A problem of ``env`` that takes ``tokens``, more than there is room for."""

    env: str
    tokens: int


class PassedOver:
    """The problems that were too long, since they were last taken."""

    def __init__(self) -> None:
        self._problems: list[TooLong] = []
        self._in_a_row = 0

    def add(self, problems: Iterable[TooLong], fitting: int, config: RunConfig) -> None:
        """Note problems, maybe none, that came beside so many ``fitting`` ones.

        Raises:
            InputError: nothing has fitted for too long.
        """
        found = list(problems)
        self._problems += found
        self._in_a_row = 0 if fitting else self._in_a_row + len(found)
        if self._in_a_row >= _LOOKED_AT:
            raise InputError(f"nothing fits: {too_long(config, found)}")

    def take(self) -> dict[str, Any]:
        """The fields of a metrics row; none where there was none."""
        fields = passed_over(self._problems)
        self._problems = []
        return fields


def passed_over(problems: Iterable[TooLong]) -> dict[str, Any]:
    """Problems that were too long as the fields of a metrics row; none where there are none."""
    found = list(problems)
    if not found:
        return {}
    return {
        "passed_over": dict(Counter(problem.env for problem in found)),
        "passed_over_tokens": _longest(found),
    }


class RoomWarnings:
    """What is said of the problems that a row passed over, once for each environment."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self._told: set[str] = set()

    def of(self, row: Mapping[str, Any]) -> Iterator[str]:
        """The warnings that a metrics row gives cause for."""
        for env, tokens in row.get("passed_over_tokens", {}).items():
            if env not in self._told:
                self._told.add(env)
                capacity = self.config.engine.capacity
                yield (
                    f"a problem of {env} was passed over: it needs {tokens} tokens and "
                    f"engine.capacity is {capacity}; those to come are only counted (passed_over)"
                )


def check_room(data: SFTData, config: RunConfig) -> str:
    """Look, before anything is trained, whether the suite's problems have room.

    Returns:
        a warning where some have not; else nothing.

    Raises:
        InputError: most have not; names environments, tokens and the settings to raise.
    """
    needed = [_needed(data, config, index) for index in range(_LOOKED_AT)]
    found = [problem for problem in needed if problem.tokens > config.engine.capacity]
    if not found:
        return ""
    told = too_long(config, found)
    looked_at = f"{len(found)} of {len(needed)} problems looked at"
    if 2 * len(found) > len(needed):
        raise InputError(f"{looked_at} have no room: {told}")
    return f"{looked_at} will be passed over: {told}"


def too_long(config: RunConfig, found: Iterable[TooLong]) -> str:
    """What the problems need, and how it is given to them."""
    longest = _longest(found)
    named = ", ".join(f"{env} {tokens}" for env, tokens in longest.items())
    needed = max(longest.values())
    limits = {"engine.capacity": config.engine.capacity}
    limits["learner.row_length"] = config.learner.row_length
    if config.model.path is None:
        limits["model.context"] = config.model.context
    mend = " ".join(f"--set {name}={needed}" for name, limit in limits.items() if limit < needed)
    return (
        f"engine.capacity is {config.engine.capacity} tokens, but there are problems that need "
        f"more: {named}. Give them room, {mend} or more; or take lower levels; or leave "
        "environments out with --without"
    )


def _longest(found: Iterable[TooLong]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for problem in sorted(found, key=lambda problem: problem.env):
        longest[problem.env] = max(problem.tokens, longest.get(problem.env, 0))
    return longest


def _needed(data: SFTData, config: RunConfig, index: int) -> TooLong:
    """A problem with the tokens of its worked solution; without a supervised stage, of its prompt
    and the shortest response."""
    spec = data.suite.spec("train", index, data.seed)
    if config.sft is not None:
        return TooLong(spec.env, len(data.example(index).tokens))
    return TooLong(spec.env, len(data.chat.prompt_ids(data.suite.task(spec).prompt)) + 1)
