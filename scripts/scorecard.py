"""Write docs/scorecard.md: what every verifier says of labelled rows, math-verify beside it.

    python scripts/scorecard.py [DATA]     DATA is a folder of JSONL files (default ../shared/data)
    python scripts/scorecard.py DATA --peer-tests FOLDER    also math-verify's own published cases

How it works. Which verifier judges a file, and what rows come of it, is decided by the shape of its
rows (``benchmarks/labelled_sets.py``); a folder with files of the same shapes gets the same card.
Every row is judged once by ours, through ``verify`` with many in flight, and on mathematics once by
math-verify, in this process's main thread with its own time limits. TP and FN are right responses
found correct or not; FP and TN wrong ones. An undecided verdict is neither and is counted by its
reason. Only figures and names of sets are written, no row of any data.

Speed is verdicts per CPU second, workers included. ``--peer-tests`` takes the unpacked source
distribution of math-verify 0.9.0 (``pip download --no-binary :all: --no-deps math-verify==0.9.0``);
its cases are read, not copied.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT / "benchmarks"))

import peer  # noqa: E402
import peer_tests  # noqa: E402
from labelled import Row  # noqa: E402
from labelled_sets import rows_of  # noqa: E402
from meter import metered  # noqa: E402

from assay_verifiers import Verdict, Verifier, make_verifier  # noqa: E402

_DOCUMENT = _ROOT / "docs" / "scorecard.md"
_DATA = _ROOT.parent / "shared" / "data"
_IN_FLIGHT = 16
_DEADLINE_S = 30.0


@dataclass
class Score:
    """Counts of one verifier on one set."""

    counts: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0

    @property
    def rows(self) -> int:
        return self.counts.total() + self.undecided.total()


@dataclass(frozen=True)
class Line:
    """One line of the card: a set, with ours and, on mathematics, the peer's score."""

    verifier: str
    set: str
    ours: Score
    peer: Score | None


def main() -> None:
    arguments = _arguments()
    peer.quiet()
    sets = _sets(arguments)
    if not any(sets.values()):
        sys.exit(f"{arguments.data} holds no JSONL file with labelled rows; give another folder")
    lines, disagreements = asyncio.run(_judge(sets, not arguments.without_peer))
    document = _markdown(lines, disagreements)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(document, encoding="utf-8")
    print(document)
    if arguments.disagreements:
        with Path(arguments.disagreements).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in disagreements)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=_DATA, metavar="DATA")
    parser.add_argument("--limit", type=int, default=300, help="lines of each file (default 300)")
    parser.add_argument("--peer-tests", type=Path, metavar="FOLDER")
    parser.add_argument("--without-peer", action="store_true", help="ours alone")
    parser.add_argument("--disagreements", metavar="FILE", help="JSONL of rows judged otherwise")
    parser.add_argument("--out", type=Path, default=_DOCUMENT)
    return parser.parse_args()


def _sets(arguments: argparse.Namespace) -> dict[str, list[Row]]:
    files = sorted(arguments.data.glob("*.jsonl"))
    sets = {path.stem: rows_of(path, arguments.limit or None) for path in files}
    if arguments.peer_tests:
        sets[peer_tests.NAME] = peer_tests.peer_rows(arguments.peer_tests)
    return sets


# Judging


async def _judge(
    sets: dict[str, list[Row]], beside: bool
) -> tuple[list[Line], list[dict[str, Any]]]:
    verifiers: dict[str, Verifier] = {}
    lines, disagreements = [], []
    for name, rows in sets.items():
        for kind, group in _by_verifier(rows).items():
            if kind not in verifiers:
                verifiers[kind] = make_verifier(kind)
            verifier = verifiers[kind]
            verdicts, ours = await _ours(verifier, group)
            disagreements += list(_disagreements(group, verdicts))
            theirs = _peers(group) if beside and kind == "math" else None
            lines.append(Line(kind, name, ours, theirs))
    for verifier in verifiers.values():
        await verifier.close()
    return lines, disagreements


def _by_verifier(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.verifier].append(row)
    return groups


async def _ours(verifier: Verifier, rows: list[Row]) -> tuple[list[Verdict], Score]:
    first = rows[0]
    await verifier.verify(first.response, first.gold, deadline_s=120, **first.options)  # warm
    free = asyncio.Semaphore(_IN_FLIGHT)

    async def judged(row: Row) -> Verdict:
        async with free:
            return await verifier.verify(
                row.response, row.gold, deadline_s=_DEADLINE_S, **row.options
            )

    with metered() as cost:
        verdicts = await asyncio.gather(*map(judged, rows))
    score = Score(cpu_s=cost.cpu_s)
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict.outcome == "undecided":
            score.undecided[verdict.reason] += 1
        else:
            score.counts[_cell(row.expected, verdict.outcome == "correct")] += 1
    return verdicts, score


def _peers(rows: list[Row]) -> Score:
    score = Score()
    golds = [row.gold if isinstance(row.gold, list) else [row.gold] for row in rows]
    with metered() as cost:
        for row, any_of in zip(rows, golds, strict=True):
            correct = any(peer.judge(str(gold), row.response) for gold in any_of)
            score.counts[_cell(row.expected, correct)] += 1
    score.cpu_s = cost.cpu_s
    return score


def _cell(expected: bool | None, correct: bool) -> str:
    if expected is None:
        return "ran"
    return ("TP" if correct else "FN") if expected else ("FP" if correct else "TN")


def _disagreements(rows: list[Row], verdicts: list[Verdict]) -> Iterable[dict[str, Any]]:
    for row, verdict in zip(rows, verdicts, strict=True):
        if row.expected is not None and (verdict.outcome == "correct") != row.expected:
            shown = {"gold": row.gold, "response": row.response, "options": row.options}
            said = {"expected": row.expected, "got": verdict.outcome, "reason": verdict.reason}
            yield {"set": row.set, "verifier": row.verifier, "kind": row.kind, **shown, **said}


# The card

_COLUMNS = ("TP", "FP", "TN", "FN")


def _markdown(lines: list[Line], disagreements: list[dict[str, Any]]) -> str:
    parts = [
        "# Scorecard of the verifiers",
        "",
        "Written by `make scorecard`; what the rows are and how they are made is told in "
        "`scripts/scorecard.py` and `benchmarks/labelled_sets.py`. TP and FN: right responses "
        "found correct or not. FP and TN: wrong ones. `/CPU-s`: verdicts per CPU second, workers "
        "included.",
        "",
    ]
    for verifier in dict.fromkeys(line.verifier for line in lines):
        group = [line for line in lines if line.verifier == verifier]
        beside = any(line.peer for line in group)
        parts += [f"## {verifier}", "", *_table(group, beside), ""]
    parts += ["## Rows judged otherwise than labelled, by kind", "", *_kinds(disagreements), ""]
    if any(line.set == peer_tests.NAME for line in lines):
        parts += [
            f"## {peer_tests.NAME}: what is judged otherwise, and why",
            "",
            *peer_tests.DISPUTED,
            "",
        ]
    return "\n".join(parts)


def _table(lines: list[Line], beside: bool) -> list[str]:
    if all(line.ours.counts["ran"] for line in lines):
        return _runs(lines)
    head = ["set", "rows", *_COLUMNS, "undecided", "/CPU-s"]
    if beside:
        head += [f"{column} ({peer.NAME})" if column == "TP" else column for column in _COLUMNS]
        head += ["/CPU-s"]
    rows = [head, ["---"] * len(head)]
    for line in [*lines, _total(lines)]:
        cells = [line.set, str(line.ours.rows), *_counts(line.ours), _reasons(line.ours)]
        cells.append(_rate(line.ours))
        if beside:
            cells += [*_counts(line.peer), _rate(line.peer)] if line.peer else ["–"] * 5
        rows.append(cells)
    return [f"| {' | '.join(cells)} |" for cells in rows]


def _runs(lines: list[Line]) -> list[str]:
    rows = ["| set | rows | run | undecided | /CPU-s |", "|---|---|---|---|---|"]
    for line in lines:
        ran, reasons = line.ours.counts["ran"], _reasons(line.ours)
        rows.append(f"| {line.set} | {line.ours.rows} | {ran} | {reasons} | {_rate(line.ours)} |")
    return rows


def _total(lines: list[Line]) -> Line:
    total = Line(lines[0].verifier, "**all**", Score(), Score())
    for line in lines:
        for mine, its in ((total.ours, line.ours), (total.peer, line.peer)):
            if mine is not None and its is not None:
                mine.counts += its.counts
                mine.undecided += its.undecided
                mine.cpu_s += its.cpu_s
    return total


def _counts(score: Score) -> list[str]:
    return [str(score.counts[column]) for column in _COLUMNS]


def _reasons(score: Score) -> str:
    return (
        ", ".join(f"{reason} {count}" for reason, count in sorted(score.undecided.items())) or "0"
    )


def _rate(score: Score) -> str:
    return f"{score.rows / score.cpu_s:,.0f}" if score.cpu_s and score.rows else "–"


def _kinds(disagreements: list[dict[str, Any]]) -> list[str]:
    if not disagreements:
        return ["None."]
    counts = Counter(
        (entry["verifier"], entry["set"], entry["kind"], entry["got"], entry["reason"])
        for entry in disagreements
    )
    rows = ["| verifier | set | kind | got | reason | rows |", "|---|---|---|---|---|---|"]
    return rows + [f"| {' | '.join(key)} | {count} |" for key, count in sorted(counts.items())]


if __name__ == "__main__":
    main()
