"""A few rollouts to read: which ones are shown, and which weights wrote which part of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay_datasets import Json
from assay_trainer.report.data import Row, RunData

_MOST = 8
_MOST_CHARACTERS = 4000


@dataclass(frozen=True)
class Piece:
    """Part of a response by one version; ``tint`` counts the versions from 0."""

    text: str
    version: str
    tint: int


@dataclass(frozen=True)
class Shown:
    """One rollout as the page shows it; everything in it is untrusted text."""

    heading: str
    facts: Sequence[str]
    outcome: str
    reason: str
    prompt: str
    pieces: Sequence[Piece]
    approximate: bool
    detail: str


def rollouts(data: RunData) -> list[Shown]:
    """At most eight, newest first in each kind: of every environment one correct and one not."""
    chosen: dict[tuple[str, str], int] = {}
    for index, sample in enumerate(data.samples):
        kind = "resumed" if len(_versions(sample)) > 1 else _outcome(sample)
        chosen[str(sample.get("env", "")), kind] = index
    newest = sorted(chosen.values(), reverse=True)[:_MOST]
    return [_shown(data.samples[index]) for index in sorted(newest)]


def _shown(sample: Row) -> Shown:
    facts = [f"step {sample['step']}"] if "step" in sample else []
    if isinstance(sample.get("reward"), int | float):
        facts.append(f"reward {sample['reward']:.3g}")
    if isinstance(sample.get("tokens"), int):
        facts.append(f"{sample['tokens']} tokens")
    verdict = sample.get("verdict")
    verdict = verdict if isinstance(verdict, dict) else {}
    pieces, approximate = _pieces(sample)
    return Shown(
        heading=str(sample.get("env", "rollout")),
        facts=facts,
        outcome=_outcome(sample),
        reason=str(verdict.get("reason", "")).replace("_", " "),
        prompt=_cut(_prompt(sample.get("prompt", ""))),
        pieces=pieces,
        approximate=approximate,
        detail=_detail(verdict.get("detail")),
    )


def _pieces(sample: Row) -> tuple[list[Piece], bool]:
    """The response by version, and whether the cuts are only proportional to the token counts.

    They are exact where a token is a character (then an end token may follow the text).
    """
    response = str(sample.get("response", ""))
    versions = _versions(sample)
    total = sum(count for _, count in versions)
    if len(versions) < 2 or not total:
        version = versions[0][0] if versions else ""
        return [Piece(_cut(response), version, 0)], False
    exact = total - len(response) in (0, 1)
    scale = 1.0 if exact else len(response) / total
    return list(_cuts(_cut(response), versions, scale)), not exact


def _cuts(response: str, versions: Sequence[tuple[str, int]], scale: float) -> Iterator[Piece]:
    end, seen = 0, 0
    for tint, (version, count) in enumerate(versions):
        start, seen = end, seen + count
        end = len(response) if tint == len(versions) - 1 else round(seen * scale)
        if response[start:end]:
            yield Piece(response[start:end], version, tint)


def _versions(sample: Row) -> list[tuple[str, int]]:
    value = sample.get("versions")
    pairs = value if isinstance(value, list) else []
    return [
        (str(pair[0]), pair[1])
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int) and pair[1] > 0
    ]


def _outcome(sample: Row) -> str:
    verdict = sample.get("verdict")
    outcome = verdict.get("outcome") if isinstance(verdict, dict) else None
    return str(outcome) if outcome in {"correct", "incorrect", "undecided"} else "unjudged"


def _prompt(prompt: Json) -> str:
    """A text, or chat messages with their roles."""
    if not isinstance(prompt, list):
        return str(prompt)
    messages = [message for message in prompt if isinstance(message, dict)]
    if len(messages) == 1:
        return str(messages[0].get("content", ""))
    return "\n\n".join(f"[{m.get('role', '')}]\n{m.get('content', '')}" for m in messages)


def _detail(detail: Json) -> str:
    """One ``name: value`` a line."""
    if not isinstance(detail, dict):
        return ""
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in detail.items())
    return _cut("\n".join(lines), 800)


def _cut(text: str, most: int = _MOST_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"
