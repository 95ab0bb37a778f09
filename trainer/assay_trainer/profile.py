"""Profile: where the time of a training step goes, from the seconds that its rows hold.

Each part is a mean over steps. The parts of a step are waited for one after the other, except that
with ``rl.scheduler.overlap`` training runs beside generation, and shares may add up to more than
the whole. Inside a part stands what its worker measured, and as *rest* what is left of it: calls,
data on the way, and waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_PARTS = ("generate", "verify", "train", "sync")
_ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Part:
    """One line of the profile.

    Attributes:
        name: of the part, ``train``, or of what stands inside it, ``forward``.
        inside: the part it stands inside, else "".
        seconds: per step.
        share: of the whole step.
    """

    name: str
    inside: str
    seconds: float
    share: float


def profile(steps: Sequence[Mapping[str, float]]) -> list[Part]:
    """The parts of a mean step, in the order of a step, the largest first inside each.

    Args:
        steps: per step its seconds by name, ``total`` among them: the field ``seconds`` of a row.
    """
    timed = [step for step in steps if step.get("total")]
    if not timed:
        return []
    names = dict.fromkeys(name for step in timed for name in step)
    means = {name: sum(step.get(name, 0.0) for step in timed) / len(timed) for name in names}
    return [
        Part(name, inside, seconds, seconds / means["total"])
        for name, inside, seconds in _lines(means)
    ]


def _lines(means: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    waited = 0.0
    for part in _PARTS:
        if part in means:
            waited += means[part]
            yield part, "", means[part]
            yield from _inside(part, means)
    if (rest := means["total"] - waited) > 0:
        yield _ELSEWHERE, "", rest


def _inside(part: str, means: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    found = {name: seconds for name, seconds in means.items() if name.startswith(f"{part}/")}
    for name in sorted(found, key=lambda name: -found[name]):
        yield name.removeprefix(f"{part}/"), part, found[name]
    rest = means[part] - sum(found.values())
    if found and rest > 0:
        yield "rest", part, rest
