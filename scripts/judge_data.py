"""Is the code judge right on real problems? Known-right programs pass, known-wrong ones fail.

    python scripts/judge_data.py DATA                 every set in the folder; a table
    python scripts/judge_data.py DATA --write         docs/results/judge.md as well
    python scripts/judge_data.py DATA --sets humaneval quixbugs --limit 50
    python scripts/judge_data.py DATA --json F       goes on: sets that F holds are not judged again

How it works. The sets are read by the shape of their rows (``benchmarks/code_sets.py``); each of
their programs is judged by the verifier ``code`` in the sandbox, in a template with the packages
that the set needs; where several outputs are right, by a checker
(``benchmarks/contest_checkers.py``). A right program that does not pass is an exception: it is
named by id, with the verifier's reason and a cause, which is found by looking: a plain interpreter,
without any of the judge, gives the same wrong output; more time would do; a wider tolerance would
do; the template lacks a library. What a person found is in :data:`_FOUND`. The rest is
``unexplained``. A wrong program that passes is named too.

The kill rate measures a set's tests, not the judge: of mutants of solutions that passed, sampled by
a seed, the share that the set's own tests find. Mutants that do the same as the solution count as
alive, so 100 % is out of reach. The same sets show what tests of our own making are worth
(``benchmarks/made_tests.py``).

Exits 1 if an exception is unexplained or a wrong program passes. No text of any set is written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT / "benchmarks"))

from code_sets import CodeProblem, problems_of  # noqa: E402
from made_tests import Measured, measure, section  # noqa: E402

from assay_datasets import InputError, derive_random  # noqa: E402
from assay_sandbox import Job, Limits, Sandbox, SandboxUnavailable  # noqa: E402
from assay_sandbox.template import PYTHON, Template  # noqa: E402
from assay_verifiers import Verdict  # noqa: E402
from assay_verifiers.code import CodeVerifier  # noqa: E402
from assay_verifiers.guests import judge_template  # noqa: E402
from assay_verifiers.testmaking import Mutant, mutants  # noqa: E402

_DOCUMENT = _ROOT / "docs" / "results" / "judge.md"
_IN_FLIGHT = 3
_MEMORY = {"memory_bytes": 2 << 30}
_LIMITS = {"wall_s": 10.0, "cpu_s": 10.0, **_MEMORY}
_MUTANT_LIMITS = {"wall_s": 2.0, "cpu_s": 2.0, **_MEMORY}
_LONG_LIMITS = {"wall_s": 60.0, "cpu_s": 60.0, **_MEMORY}
_PLAIN_LIMITS: dict[str, Any] = {**_LIMITS, "output_bytes": 64 << 20}
_DEADLINE_S = 120.0
_WIDE = {"relative": 0.02, "absolute": 0.02}
_SLOW_S = 5.0
_LIBRARY_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
_FOUND = {  # by a part of the id, what a person found in a set's solution or tests
    "680_c_bear_and_prime": "interactive: the input is a transcript of the other side",
    "1534_e_lost_array": "interactive: the input is what the other side hides",
    "1118_f1_tree_cutting": "half the tests are of the hard version, which has another first line",
    "1133_f1_spanning_tree": "the solution is of the second version, which reads a third number",
    "1176_e_cover_it": "the solution reads one case, some tests begin with their number",
    "1264_c_beautiful_mirrors": "the solution is of the version without queries",
    "1056_d_decorate_apple": "the solution reads a second line, which the input of n = 1 lacks",
    "1324_f_maximum_white": "the solution is of another problem: one number instead of n",
    "1540_b_tree_array": "the solution prints a number above the modulus",
    "1183_h_subsequences": "the solution is of another problem: wrong on the published sample",
    "1337_e_kaavi": "the solution is wrong on the published sample",
}

_NOT_ACROSS = "does not cross to the tests' process"
_SIGNS = {  # of what was said of a failed test
    r"name resolution": "needs the network",
    r"files do not cross": f"{_NOT_ACROSS}: a file",
    r"_Foreign|does not support generators": f"{_NOT_ACROSS}: a stand-in, handed to a library",
    r"CannotCarry|cannot be carried|<class 'candidate\.|isinstance\(|is not an instance of": (
        f"{_NOT_ACROSS}: an object of a library's class"
    ),
}


@dataclass(frozen=True)
class Mishap:
    """A program that was not judged as it is known to be."""

    set: str
    id: str
    known: str
    reason: str
    cause: str


@dataclass
class Score:
    """What came of one set.

    Attributes:
        right, passed: programs known to be right, and those of them that passed.
        wrong, failed: programs known to be wrong, and those of them that failed.
        mutants, killed: sampled mutants of solutions, and those that the tests found.
        alive: mutants that no test found, by kind.
        slow: right programs that passed in above five seconds for all tests, which a busy machine
            may fail, by id.
        backend: that judged; made: what tests of our own making came to, if any were made.
    """

    set: str
    problems: int = 0
    right: int = 0
    passed: int = 0
    wrong: int = 0
    failed: int = 0
    mutants: int = 0
    killed: int = 0
    alive: dict[str, int] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    exceptions: list[Mishap] = field(default_factory=list)
    backend: str = ""
    made: Measured | None = None

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Score:
        mishaps = [Mishap(**each) for each in record.pop("exceptions")]
        made = record.pop("made")
        return cls(**record, exceptions=mishaps, made=Measured(**made) if made else None)


def main() -> None:
    arguments = _arguments()
    files = sorted(arguments.data.glob("*.jsonl"))
    chosen = [path for path in files if not arguments.sets or path.stem in arguments.sets]
    scores = _kept(arguments.json)
    asyncio.run(_judge_all(chosen, scores, arguments))
    if not scores:
        sys.exit(f"{arguments.data} holds no programming problems; give another folder")
    scores.sort(key=lambda score: score.set)
    document = _markdown(scores, arguments)
    print(document)
    if arguments.write:
        _DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        _DOCUMENT.write_text(document, encoding="utf-8")
    bad = [e for s in scores for e in s.exceptions if e.cause == "unexplained"]
    sys.exit(1 if bad else 0)


def _kept(file: Path | None) -> list[Score]:
    """The sets that were judged before."""
    if file is None or not file.exists():
        return []
    return [Score.from_json(record) for record in json.loads(file.read_text("utf-8"))]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--sets", nargs="*", metavar="NAME", help="only these files")
    parser.add_argument("--limit", type=int, default=0, help="problems of each set; 0: all")
    parser.add_argument("--mutants", type=int, default=4, help="of each sampled solution")
    parser.add_argument("--mutated", type=int, default=40, help="solutions sampled of each set")
    parser.add_argument(
        "--made", type=int, default=10, help="problems of each set to make tests for"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend")
    parser.add_argument("--json", type=Path, metavar="FILE", help="results, kept and added to")
    parser.add_argument("--write", action="store_true", help=f"{_DOCUMENT.relative_to(_ROOT)}")
    return parser.parse_args()


# ── judging ──────────────────────────────────────────────────────────────────────────────────────


async def _judge_all(
    files: Iterable[Path], scores: list[Score], arguments: argparse.Namespace
) -> None:
    """Add the score of each set that is not among ``scores``."""
    done = {score.set for score in scores}
    for path in files:
        problems = problems_of(path)[: arguments.limit or None]
        if not problems or path.stem in done:
            continue
        print(f"{path.stem}: {len(problems)} problems", file=sys.stderr)
        async with _sandbox(problems, arguments.backend) as box:
            score = await _judge_set(path.stem, problems, Judge(box), arguments)
            score.backend = box.backend
            score.made = await measure(path.stem, problems, box, arguments.made, arguments.seed)
        scores.append(score)
        if arguments.json:
            text = json.dumps([asdict(each) for each in scores], indent=2)
            arguments.json.write_text(text + "\n", encoding="utf-8")


def _sandbox(problems: Sequence[CodeProblem], backend: str | None) -> Sandbox:
    """A sandbox with what the problems' programs import, as far as it can be had."""
    packages = problems[0].packages
    libraries = Template("judge-libraries", packages, environment=_LIBRARY_ENVIRONMENT)
    try:
        return Sandbox(backend, libraries if packages else judge_template())
    except SandboxUnavailable as error:
        if not packages:
            raise
        print(f"without {', '.join(packages)}: {error}", file=sys.stderr)
        return Sandbox(backend, judge_template())


class Judge:
    """The verifier with a bounded number of verdicts in flight."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._verifier = CodeVerifier(box)
        self._free = asyncio.Semaphore(_IN_FLIGHT)

    async def plain(self, program: str, stdin: str) -> str:
        """What a fresh interpreter writes, without the judge; "" where it fails."""
        command = (PYTHON, "-s", "main.py")
        job = Job(program, command=command, stdin=stdin.encode(), limits=Limits(**_PLAIN_LIMITS))
        result = await self._box.run(job)
        return result.stdout.decode("utf-8", "replace") if result.status == "ok" else ""

    async def __call__(
        self, problem: CodeProblem, program: str, limits: Mapping[str, float], **changed: Any
    ) -> Verdict:
        options = {**problem.options, "limits": limits, "stop_early": True, **changed}
        async with self._free:
            return await self._verifier.verify(
                _fenced(program), problem.answer, deadline_s=_DEADLINE_S, **options
            )


def _fenced(program: str) -> str:
    """As a model would give it; a fence longer than any in the program."""
    fence = "`" * (3 + max((len(run) for run in re.findall("`+", program)), default=0))
    return f"{fence}python\n{program}\n{fence}"


async def _judge_set(
    name: str, problems: Sequence[CodeProblem], judge: Judge, arguments: argparse.Namespace
) -> Score:
    score = Score(name, problems=len(problems))
    passing = []
    for problem, (right, wrong) in zip(
        problems, await _gather(_programs(problem, judge) for problem in problems), strict=True
    ):
        score.right, score.wrong = score.right + len(right), score.wrong + len(wrong)
        score.passed += sum(verdict.outcome == "correct" for verdict in right)
        score.failed += sum(verdict.outcome == "incorrect" for verdict in wrong)
        if right[0].outcome == "correct":
            passing.append(problem)
        spent = float(right[0].detail.get("sandbox_s", 0.0))
        if right[0].outcome == "correct" and spent > _SLOW_S:
            score.slow[problem.id] = round(spent, 1)
        for program, verdict in zip(problem.right, right, strict=True):
            if verdict.outcome != "correct":
                cause = await _cause(problem, program, verdict, judge)
                score.exceptions.append(Mishap(name, problem.id, "right", verdict.reason, cause))
        for verdict in wrong:
            if verdict.outcome != "incorrect":
                cause = "unexplained"
                score.exceptions.append(Mishap(name, problem.id, "wrong", verdict.reason, cause))
    await _measure_tests(score, passing, judge, arguments)
    return score


async def _programs(problem: CodeProblem, judge: Judge) -> tuple[list[Verdict], list[Verdict]]:
    right = await _gather(judge(problem, program, _LIMITS) for program in problem.right)
    wrong = await _gather(judge(problem, program, _MUTANT_LIMITS) for program in problem.wrong)
    return right, wrong


async def _gather(awaitables: Iterable[Any]) -> list[Any]:
    return list(await asyncio.gather(*awaitables))


async def _measure_tests(
    score: Score, passing: list[CodeProblem], judge: Judge, arguments: argparse.Namespace
) -> None:
    """The kill rate of the set's tests on a sample."""
    random = derive_random("judge_data", arguments.seed, score.set)
    sample = random.sample(passing, min(len(passing), arguments.mutated))
    pairs: list[tuple[CodeProblem, Mutant]] = []
    for problem in sample:
        try:
            made = mutants(problem.right[0], limit=arguments.mutants, seed=arguments.seed)
        except InputError:
            continue
        pairs += [(problem, mutant) for mutant in made]
    verdicts = await _gather(judge(p, mutant.source, _MUTANT_LIMITS) for p, mutant in pairs)
    for (_, mutant), verdict in zip(pairs, verdicts, strict=True):
        if verdict.outcome == "undecided":
            continue
        score.mutants += 1
        score.killed += verdict.outcome == "incorrect"
        if verdict.outcome == "correct":
            score.alive[mutant.kind] = score.alive.get(mutant.kind, 0) + 1


# ── causes ───────────────────────────────────────────────────────────────────────────────────────


async def _cause(problem: CodeProblem, program: str, verdict: Verdict, judge: Judge) -> str:
    """Why a right program did not pass, as far as looking shows."""
    tests = [test for test in verdict.detail.get("tests", ()) if test["status"] != "match"]
    said = str(tests[0].get("difference") or "") if tests else str(verdict.detail.get("error", ""))
    if found := re.search(r"No module named '([\w.]+)'", said):
        return f"the sandbox's template has no {found[1]}"
    for sign, cause in _SIGNS.items():
        if re.search(sign, said):
            return cause
    if verdict.reason == "compile_error":
        return f"not a program of this Python: {said[:60]}"
    if verdict.reason == "time_limit":
        longer = await judge(problem, program, _LONG_LIMITS)
        share = "right" if longer.outcome == "correct" else f"{longer.reason} even"
        return f"slower than the limit; {share} within {_LONG_LIMITS['wall_s']:g} s"
    if verdict.reason == "not_serialisable":
        return _NOT_ACROSS
    if verdict.reason == "mismatch" and not isinstance(problem.options.get("compare"), dict):
        wide = {"compare": "float", "tolerance": _WIDE}
        known = problem.style in ("function", "stdio")
        if known and (await judge(problem, program, _LIMITS, **wide)).outcome == "correct":
            return "floats: right within 2 %, as the problem allows"
    if problem.style == "stdio" and await _wrong_alone(problem, program, verdict, judge):
        found_by_a_person = (cause for part, cause in _FOUND.items() if part in problem.id)
        cause = next(found_by_a_person, "the solution is wrong on its own tests")
        return f"{cause}; a plain interpreter writes the same"
    return "unexplained"


async def _wrong_alone(problem: CodeProblem, program: str, verdict: Verdict, judge: Judge) -> bool:
    """Whether the program is as wrong on the failed test in an interpreter without the judge."""
    statuses = [test["status"] for test in verdict.detail["tests"]]
    place = next(n for n, status in enumerate(statuses) if status not in ("match", "not_run"))
    test = problem.answer["tests"][place]
    return (await judge.plain(program, test["stdin"])).split() != test["stdout"].split()


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def _markdown(scores: Sequence[Score], arguments: argparse.Namespace) -> str:
    sampled = f"at most {arguments.mutants} of a solution, seed {arguments.seed}"
    backends = sorted({score.backend for score in scores})
    parts = [
        "# The code judge on real problems",
        "",
        f"Written by `make judge-data`: back-end {' and '.join(backends)}, limit "
        f"{_LIMITS['wall_s']:g} s a test. What is judged and how is told in "
        "`scripts/judge_data.py`. Kill rate: the share of mutants that the set's own tests find "
        f"({sampled}; mutants that do the same as the solution are among the others).",
        "",
        "| set | problems | right: pass | wrong: fail | mutants | killed | alive, by kind |",
        "|---|---|---|---|---|---|---|",
    ]
    for score in scores:
        rate = f"{score.killed / score.mutants:.1%}" if score.mutants else "–"
        most = sorted(score.alive.items(), key=lambda item: -item[1])
        alive = ", ".join(f"{kind} {count}" for kind, count in most[:4])
        right, wrong = f"{score.passed} / {score.right}", f"{score.failed} / {score.wrong}"
        cells = (score.set, score.problems, right, wrong, score.mutants, rate, alive or "–")
        parts.append(f"| {' | '.join(map(str, cells))} |")
    slow = [f"{name} ({seconds:g} s)" for each in scores for name, seconds in each.slow.items()]
    parts += ["", f"Right, but above {_SLOW_S:g} s for all tests, so that a busy machine may fail"]
    parts += [f"them under a smaller limit: {', '.join(slow) or 'none'}."]
    exceptions = [exception for score in scores for exception in score.exceptions]
    parts += ["", f"## Exceptions ({len(exceptions)})", ""]
    if exceptions:
        parts += _by_cause(exceptions)
    else:
        parts.append("None.")
    parts += ["", *section([score.made for score in scores if score.made and score.made.problems])]
    return "\n".join(parts) + "\n"


def _by_cause(exceptions: Sequence[Mishap]) -> list[str]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for each in exceptions:
        groups.setdefault((each.set, each.known, each.reason, each.cause), []).append(each.id)
    rows = ["| set | known | reason | cause | n | ids |", "|---|---|---|---|---|---|"]
    for key, ids in groups.items():
        counted = ", ".join(f"{i} ×{n}" if n > 1 else i for i, n in Counter(ids).items())
        rows.append(f"| {' | '.join(key)} | {len(ids)} | {counted} |")
    return rows


if __name__ == "__main__":
    main()
