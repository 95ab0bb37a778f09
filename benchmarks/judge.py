"""What does a code verdict cost? Ours, isolated, beside one bare ``subprocess`` per test.

    python benchmarks/judge.py                   problems of our own; a table
    python benchmarks/judge.py --data DIR        published sets in DIR as well
    python benchmarks/judge.py --quick           few verdicts
    python benchmarks/judge.py --write           docs/results/judge_bench.md and .json as well

How it works. Right programs are judged by the verifier ``code`` on each back-end, in warm
sandboxes, isolation, kill and clean-up fully on, and by the peer (``judge_peer.py``): for every
test a fresh Python process, no isolation and no limits. Both have the same number of verdicts in
flight on the same two cores, and every verdict must be right. An assertion test (HumanEval) is one
process of the peer's; beside it stands what the peer costs with a process for each ``assert``, so
that one failure does not hide the others. The peer runs on the host for our own problems, and
inside one long sandbox job for the sets, whose programs are others'. As in training, the same tests
come more than once: in later rounds their plans are known (``guest/plan.py``). A figure is the
median of rounds that alternate between the contestants, its spread their range; ratio above 1: ours
is better.

What it does not show: problems that compute for long, where every judge costs what the program
does; wrong programs, which end sooner; other languages.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any

from code_sets import CodeProblem, problems_of
from judge_problems import own_problems

from assay_datasets import derive_random
from assay_sandbox import Job, Limits, Sandbox, probe
from assay_sandbox.template import PYTHON
from assay_verifiers.code import CodeVerifier
from assay_verifiers.codec import decode
from assay_verifiers.guests import judge_template
from sandbox import counted

_HERE = Path(__file__).resolve().parent
_DOCUMENT = _HERE.parent / "docs" / "results" / "judge_bench.md"
_BACKENDS = ("namespace", "gvisor")
_SETS = ("humaneval", "humaneval_plus_mini", "code_contests_solved")
_PEER, _SPLIT_PEER = "a subprocess for each test", "a subprocess for each assert"
_SLOTS = 3  # the two processes of an assertion test mostly wait for each other
_IN_FLIGHT = 4
_REPEATS = {"own": 10, "assert": 5, "function": 3, "stdio": 1}  # of the problems in a round
_PEER_LIMITS = Limits(
    wall_s=500.0,
    cpu_s=500.0,
    memory_bytes=1 << 30,
    processes=64,
    file_bytes=64 << 20,
    output_bytes=8 << 20,
)


@dataclass(frozen=True)
class Cost:
    """Verdicts a second, seconds of a verdict at the median and the 99th, CPU ms of one."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float | None


_MEASURES = {  # name → (unit, whether more is better)
    "per_s": ("verdicts/s", True),
    "p50_ms": ("ms at the median", False),
    "p99_ms": ("ms at the 99th", False),
    "cpu_ms": ("CPU ms a verdict", False),
}


def cost(seconds: Sequence[float], wall_s: float, cpu_s: float | None) -> Cost:
    ordered = sorted(1000 * each for each in seconds)
    n = len(ordered)
    cpu_ms = None if cpu_s is None else 1000 * cpu_s / n
    return Cost(n / wall_s, ordered[n // 2], ordered[min(n - 1, 99 * n // 100)], cpu_ms)


# ── the contestants ──────────────────────────────────────────────────────────────────────────────


async def run_ours(
    backend: str, problems: Sequence[CodeProblem], cpu: Callable[[], float | None]
) -> Cost:
    """Every problem's right program through the verifier; each must be found correct."""
    seconds: list[float] = []
    async with Sandbox(backend, judge_template(), slots=_SLOTS) as box:
        verifier, left = CodeVerifier(box), iter(problems)
        # containers for assertion tests are started when the first of these come
        await asyncio.gather(*(judge(verifier, problems[0]) for _ in range(_IN_FLIGHT)))
        before, started = cpu(), time.perf_counter()

        async def worker() -> None:
            for problem in left:
                seconds.append(await judge(verifier, problem))

        await asyncio.gather(*(worker() for _ in range(_IN_FLIGHT)))
        wall_s, after = time.perf_counter() - started, cpu()
    used = None if before is None or after is None else after - before
    return cost(seconds, wall_s, used)


async def judge(verifier: CodeVerifier, problem: CodeProblem) -> float:
    started = time.perf_counter()
    verdict = await verifier.verify(problem.right[0], problem.answer, **problem.options)
    if verdict.outcome != "correct":
        raise RuntimeError(f"{problem.id}: {verdict.reason}, {dict(verdict.detail)}")
    return time.perf_counter() - started


def run_peer(problems: Sequence[CodeProblem], trusted: bool, split: bool = False) -> Cost:
    """The same by bare processes; ``split``: one for each ``assert``."""
    tests = [scripts(problem, split) for problem in problems]
    work = json.dumps({"in_flight": _IN_FLIGHT, "problems": tests})
    if trusted:
        command = [sys.executable, str(_HERE / "judge_peer.py")]
        done = subprocess.run(command, input=work, capture_output=True, text=True, check=True)
        text = done.stdout
    else:
        job = Job(
            (_HERE / "judge_peer.py").read_text("utf-8"),
            command=(PYTHON, "-s", "main.py"),
            stdin=work.encode(),
            limits=_PEER_LIMITS,
        )
        with Sandbox("namespace", slots=1, spares=0) as box:
            result = box.run_sync(job)
        if result.status != "ok":
            raise RuntimeError(f"the peer's job: {result.status}, {result.error}")
        text = result.stdout.decode()
    record = json.loads(text)
    if record["passed"] != len(problems):
        raise RuntimeError(f"the peer passed {record['passed']} of {len(problems)}")
    return cost(record["seconds"], record["wall_s"], record["cpu_s"])


def scripts(problem: CodeProblem, split: bool) -> list[tuple[str, str, str | None]]:
    """What the peer runs for each test: a program, its input, the output it should write."""
    program, answer = problem.right[0], problem.answer
    if problem.style == "stdio":
        return [(program, test["stdin"], test["stdout"]) for test in answer["tests"]]
    if problem.style == "assert":
        call = f"check({answer['entry_point']})" if "def check(" in answer["code"] else ""
        codes = _one_assertion_each(answer["code"]) if split else [answer["code"]]
        return [("\n".join((program, code, call)), "", None) for code in codes]
    return [(f"{program}\n{_assertion(answer['name'], t)}", "", None) for t in answer["tests"]]


def _one_assertion_each(code: str) -> list[str]:
    """The test code once for each ``assert`` that its functions begin, without the others."""
    count = sum(isinstance(node, ast.Assert) for node in _statements(ast.parse(code)))
    codes = []
    for kept in range(count):
        tree = ast.parse(code)
        found = [node for node in _statements(tree) if isinstance(node, ast.Assert)]
        for at, node in enumerate(found):
            if at != kept:
                node.test, node.msg = ast.Constant(True), None
        codes.append(ast.unparse(tree))
    return codes or [code]


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """Of the module and of its functions, not what is nested deeper."""
    inner = [node.body for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [*tree.body, *chain.from_iterable(inner)]


def _assertion(name: str, test: dict[str, Any]) -> str:
    arguments = ", ".join(repr(decode(argument)) for argument in test["args"])
    return f"assert {name}({arguments}) == {decode(test['expected'])!r}"


# ── the run ──────────────────────────────────────────────────────────────────────────────────────


def workloads(data: Path | None, quick: bool) -> dict[str, tuple[list[CodeProblem], bool]]:
    """Problems by name, and whether their programs are our own."""
    found = {name: (problems, True) for name, problems in own_problems().items()}
    for name in _SETS if data else ():
        path = Path(data or "") / f"{name}.jsonl"
        if path.exists():
            usable = [p for p in problems_of(path) if not (p.flagged or p.options.get("tolerance"))]
            count = min(len(usable), 8 if quick else 40)
            found[name] = (derive_random("judge", name).sample(usable, count), False)
    return found


def measure(
    problems: list[CodeProblem], trusted: bool, quick: bool, cpu: Callable[[], float | None]
) -> dict[str, list[Cost]]:
    style = problems[0].style
    repeats = 3 if quick and trusted else 1 if quick else _REPEATS["own" if trusted else style]
    backends = [name for name in _BACKENDS if not probe(name)]
    found: dict[str, list[Cost]] = {}
    for _ in range(1 if quick else 3):
        for name in backends:
            ours = asyncio.run(run_ours(name, problems * repeats, cpu))
            found.setdefault(name, []).append(ours)
        found.setdefault(_PEER, []).append(run_peer(problems * repeats, trusted))
        if style == "assert":
            split = run_peer(problems * repeats, trusted, split=True)
            found.setdefault(_SPLIT_PEER, []).append(split)
    return found


def rows(workload: str, found: dict[str, list[Cost]], tests: float) -> list[dict[str, Any]]:
    made = []
    peers = [peer for peer in (_PEER, _SPLIT_PEER) if peer in found]
    for backend, peer in product(filter(found.__contains__, _BACKENDS), peers):
        for measure, (unit, more) in _MEASURES.items():
            ours = [getattr(each, measure) for each in found[backend]]
            theirs = [getattr(each, measure) for each in found[peer]]
            if None in ours:
                continue
            mine, other = statistics.median(ours), statistics.median(theirs)
            made.append(
                {
                    "name": f"{workload} ({tests:.1f} tests each), {backend}, beside {peer}",
                    "unit": unit,
                    "ours": round(mine, 2),
                    "peer": round(other, 2),
                    "peer_name": f"{peer}, not isolated",
                    "ratio": round(mine / other if more else other / mine, 2),
                    "n": len(ours),
                    "spread": round(max(ours) - min(ours), 2),
                }
            )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of few verdicts")
    parser.add_argument("--data", type=Path, metavar="DIR", help="published sets as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help="docs/results/judge_bench.md, .json")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    made: list[dict[str, Any]] = []
    with counted() as cpu:
        for name, (problems, trusted) in workloads(arguments.data, arguments.quick).items():
            print(name, file=sys.stderr)
            found = measure(problems, trusted, arguments.quick, cpu)
            tests = statistics.mean(len(p.answer.get("tests", "1")) for p in problems)
            made += rows(name, found, tests)
    document = markdown(made)
    print(document)
    if arguments.write:
        _DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        _DOCUMENT.write_text(document, encoding="utf-8")
        _DOCUMENT.with_suffix(".json").write_text(json.dumps(made, indent=2) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def markdown(made: list[dict[str, Any]]) -> str:
    keys = ("name", "unit", "ours", "peer", "ratio", "spread")
    lines = [keys, ["---"] * len(keys), *([row[key] for key in keys] for row in made)]
    table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return (
        "# What a code verdict costs\n\n"
        f"`python benchmarks/judge.py` on {cores} cores, Python {platform.python_version()}, "
        f"{_IN_FLIGHT} verdicts in flight; load at the end {load:.1f}. The peer is a subprocess "
        f"for each test, without isolation. How it is measured is told there.\n\n{table}\n"
    )


if __name__ == "__main__":
    main()
