"""Fuzz every verifier with mutated responses: no crash, no hang, only the three outcomes.

    python benchmarks/fuzz.py                       a million responses per verifier, two processes
    python benchmarks/fuzz.py --n 10000 --only math text --seed 7
    python benchmarks/fuzz.py --replay math:123     judge one again and print it

How it works. Response number *i* of a verifier follows from (seed, verifier, i) alone, so any one
can be judged again. It begins as a natural response or a splice of two; then up to eight mutations
cut, repeat, nest, swap, insert a piece of the verifier's own grammar, or drop in Unicode: lone
surrogates, controls, directional marks, other scripts' digits, combining towers. Every verdict must

- come without an exception, within its deadline,
- have one of the three outcomes, be JSON and come back from it the same,
- never be undecided: golds are good and workers live, so nothing but the response could cause it.

The verifiers of the rooms begin with cases written here. Those of environments, all that are
registered and run no program, begin with a task of each level: its oracle's responses, equivalent
ones, near misses, a guess and its prompt.

The math verifier judges in process what it can; what it would ask a worker is counted, and one
question in ``--ask-every`` is really asked (of a pool of its own), since each costs as much as a
hundred others. ``code`` runs no program: its sandbox is a stand-in that returns mutated output, so
what is fuzzed is the host's side, extraction included. A chunk that does not come back in time is a
hang and is named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from itertools import count, islice
from pathlib import Path
from typing import Any

from assay_datasets import Task
from assay_datasets.seeds import derive_random
from assay_envs import Environment, env_registry, make
from assay_sandbox import Job, Result
from assay_verifiers import Verdict, Verifier, make_verifier
from assay_verifiers.code import CodeVerifier
from assay_verifiers.math import MathVerifier
from assay_verifiers.workers import WorkerPool

_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "fuzz.md"
_DEADLINE_S = 10.0
_GRACE_S = 1.0  # for a loaded machine
_CHUNK = 2_000
_CHUNK_S = 600.0  # a chunk that takes longer hangs
_KEPT = 20  # faults shown
_OF_A_KIND = 5  # equivalents, and near misses, of a task to begin with
_OUTCOMES = ("correct", "incorrect", "undecided")


# What is fuzzed


@dataclass(frozen=True)
class Case:
    """A task and responses to begin with."""

    answer: Any
    seeds: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


_MATH = tuple(
    Case(gold, (f"so \\boxed{{{form}}}.", f"The answer is ${form}$.", f"**Answer:** {form}", form))
    for gold, form in (
        ("42", "42"),
        ("-7/3", "-\\frac{14}{6}"),
        ("0.5\\pi", "\\frac{\\pi}{2}"),
        ("1.6\\times10^{-19}", "1.6e-19"),
        ("0.\\overline{3}", "1/3"),
        ("[0,1)", "0\\le x<1"),
        ("\\{1,2,3\\}", "\\{3,2,1\\}"),
        ("(1,2)", "x=1,y=2"),
        ("x^2-1", "(x-1)(x+1)"),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "[[1,2],[3,4]]"),
        ("1\\pm\\sqrt2", "1+\\sqrt{2},1-\\sqrt2"),
        ("y=2x+1", "2x-y+1=0"),
        ("12.5\\%", "\\frac18"),
        ("\\binom{5}{2}", "10"),
        ("3+4i", "4i+3"),
        ("5\\text{ m}", "500\\text{ cm}"),
        ("\\text{no solution}", "\\emptyset"),
        ("B", "(B)"),
        ("\\sin^2 x", "1-\\cos^2 x"),
        ("1010_2", "10"),
        ("2^{-60}", "2^{-61}"),
        ("30^\\circ", "\\pi/6"),
        ("\\infty", "+∞"),
        ("(-\\infty,2)\\cup(3,\\infty)", "x<2 or x>3"),
        ("7 \\bmod 3", "1"),
    )
)
_TEXT = (
    Case("The Quick, brown fox", ("the quick, brown fox", "quick brown fox jumps")),
    Case(["a b c", "d"], ("the a b", "c b a"), {"metric": "f1", "threshold": 0.6}),
    Case("1.5e3", ("1500", "1,500.0", "3/2"), {"metric": "numeric", "tolerance": 0.01}),
    Case("^(a+)+$|[0-9]{3,}", ("a" * 30 + "!", "x 1234"), {"metric": "regex"}),
    Case(
        {"type": "object", "properties": {"a": {"type": "array"}}, "required": ["a"]},
        ('{"a": [1, 2.5, null, "é"]}', '```json\n{"a": []}\n```'),
        {"metric": "json_schema"},
    ),
)
_SCIENCE = (
    Case(
        "9.81 m/s^2",
        ("\\boxed{9.81\\,\\mathrm{m/s^2}}", "about 981 cm s^-2"),
        {"relative_tolerance": 0.01},
    ),
    Case("6.022e23", ("6.022 \\times 10^{23}", "The answer is 6.02E+23 mol^-1")),
    Case({"kind": "formula", "value": "H2SO4"}, ("H₂SO₄", "\\ce{H2SO4}", "SO4^{2-}")),
    Case(
        {"kind": "equation", "value": "2H2 + O2 -> 2H2O"},
        ("4H2 + 2O2 → 4 H2O", "\\ce{H2 + 1/2 O2 -> H2O}"),
    ),
    Case(
        {"kind": "choice", "value": "B", "choices": {"A": "red", "B": "blue light"}},
        ("(B)", "blue light", "A or B"),
    ),
    Case("AC", ("A, C", "Answer: A and C", "ABCD")),
    Case("true", ("Yes", "The answer is True.", "false")),
    Case([[1.0, 2.0, -0.5]], ("[1.0, 2, -1/2]", "(1, 2, -0.5)")),
)
_INSTRUCTION = tuple(
    Case({"instruction_id_list": [name], "kwargs": [arguments]}, seeds)
    for name, arguments, seeds in (
        ("punctuation:no_comma", {}, ("no comma here.", "one, two")),
        (
            "length_constraints:number_words",
            {"relation": "at least", "num_words": 5},
            ("one two three four five six",),
        ),
        (
            "detectable_format:number_bullet_lists",
            {"num_bullets": 2},
            ("* a\n* b", "- a\n- b\n- c"),
        ),
        ("detectable_format:title", {}, ("<<A title>>\ntext",)),
        ("detectable_format:json_format", {}, ('```json\n{"a": 1}\n```', '{"a": [1, 2]}')),
        ("keywords:existence", {"keywords": ["apple", "tree"]}, ("an apple on a tree",)),
        (
            "keywords:frequency",
            {"keyword": "a", "frequency": 2, "relation": "less than"},
            ("a b a",),
        ),
        ("startend:end_checker", {"end_phrase": "The end."}, ("So it goes. The end.",)),
        ("change_case:english_lowercase", {}, ("all is lower case here", "Not All")),
        ("detectable_content:number_placeholders", {"num_placeholders": 2}, ("[a] and [b]",)),
        ("combination:two_responses", {}, ("one\n******\ntwo",)),
    )
)
_CODE = (
    Case(
        {
            "style": "function",
            "language": "python",
            "name": "f",
            "tests": [{"args": [1], "expected": 2}],
        },
        ("```python\ndef f(x):\n    return x + 1\n```", "def f(x): return 2", "````\n```\n````"),
    ),
    Case(
        {"style": "stdio", "language": "python", "tests": [{"stdin": "1\n", "stdout": "2\n"}]},
        ("```py\nprint(int(input()) + 1)\n```", "~~~\nprint(2)\n~~~"),
        {"compare": "tokens"},
    ),
)
_OUTPUTS = ('{"test": 0, "value": 2, "seconds": 0.1}\n', "2\n")  # of the programs of ``_CODE``
_WRITTEN: Mapping[str, tuple[Case, ...]] = {
    "math": _MATH,
    "text": _TEXT,
    "science": _SCIENCE,
    "instruction": _INSTRUCTION,
    "code": _CODE,
}


@lru_cache(maxsize=1)
def _env_ids() -> Mapping[str, tuple[str, ...]]:
    """Every other verifier that environments use and that runs no program → those environments."""
    found: dict[str, tuple[str, ...]] = {}
    for env_id in sorted(entry_points(group="assay.envs").names):
        kind = env_registry.load(env_id)
        if not kind.needs_sandbox and not kind.lacking():
            name = make(env_id).verifier.name
            found[name] = (*found.get(name, ()), env_id)
    return {name: ids for name, ids in found.items() if name not in _WRITTEN}


def names() -> tuple[str, ...]:
    """The verifiers that are fuzzed."""
    return (*_WRITTEN, *sorted(_env_ids()))


@lru_cache(maxsize=64)
def cases(name: str) -> tuple[Case, ...]:
    """What a verifier is fuzzed with: cases written here, or tasks of its environments."""
    if name in _WRITTEN:
        return _WRITTEN[name]
    envs = [make(env_id) for env_id in _env_ids()[name]]
    return tuple(_case(env, env.generate(0, level)) for env in envs for level in sorted(env.levels))


def _case(env: Environment, task: Task) -> Case:
    """A task with right, nearly right and guessed responses, and its prompt for the words."""
    seeds = [env.oracle(task), env.solution(task), *islice(env.equivalents(task), _OF_A_KIND)]
    seeds += [*islice(env.near_misses(task), _OF_A_KIND), env.guess(task, derive_random(task.id))]
    return Case(task.answer, (*seeds, task.prompt[-1]["content"]), task.options)


# Mutations

_GRAMMAR = (
    *("\\boxed{", "}", "{", "\\frac{", "\\frac12", "\\sqrt[3]{", "^{", "_{", "^", "_"),
    *("\\left(", "\\right)", "\\text{", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\"),
    *("\\cup", "\\pm", "\\infty", "\\overline{", "(", ")", "[", "]", "\\{", "\\}", "|", ","),
    *(";", ":", "=", "<", ">", "\\le", "≠", "!", "!!", "%", "°", "+", "-", "*", "/", "**", "e"),
    *("i", "x", "pi", "sin", "log", "0", "1", "9999999999", "1e999", ".5", "...", "$", "$$"),
    *("\\[", "\\]", "```", "~~~", "\n", " ", "\t", "#### ", "**", "<think>", "</think>"),
    *("<answer>", "the answer is ", "Answer: ", "not ", " or ", " and ", "maybe "),
    *("no, that's wrong", "?", ". ", "because ", "m/s", "kg", "\\ce{", "->", "H2O", "[Na+]"),
    *("C=C", "@@", "\\times10^{", "mol^-1", "A", "(B)", "true", '"', "'", "null", '{"a":'),
    *("[1,", "]}", "__import__('os')", "%s", "\\u0000", "</s>", "<|im_start|>user", "* ", "- "),
    *("<<", ">>", "******", "P.S.", "[x]", "\\int_0^1", "\\sum_{k=1}^{10^9}", "\\lim_{x\\to0}"),
    *("!",),
)  # fmt: skip
_JUNK = (
    *("\x00", "\x08", "\x0c", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u200b", "\ufeff"),
    *("\u202e", "\ud800", "\udfff", "\U0010ffff", "é", "e\u0301" * 3, "a" + "\u0300" * 40, "İ"),
    *("ß", "ﬁ", "٣", "４", "Ⅷ", "½", "²", "−", "×", "√", "π", "∞", "∅", "∈", "≤", "，", "（", "）"),
    *("。", "中文", "🙂", "👨‍👩‍👧", "𝟙", "𝑥", "€"),
)  # fmt: skip


def mutated(draw: random.Random, text: str, other: str) -> str:
    """``text`` after a few mutations; at most some tens of thousands of characters."""
    for _ in range(draw.choice((0, 1, 1, 2, 3, 5, 8))):
        place, end = sorted((draw.randint(0, len(text)), draw.randint(0, len(text))))
        text = draw.choice(_MUTATIONS)(draw, text, other, place, min(end, place + 200))
        if len(text) > 30_000:
            text = text[:30_000]
    return text


def _insert(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:place] + draw.choice(_GRAMMAR) + text[place:]


def _pollute(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:place] + draw.choice(_JUNK) + text[place:]


def _delete(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:place] + text[end:]


def _truncate(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:end]


def _double(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:end] + text[place:end] + text[end:]


def _flood(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    piece = text[place : place + 12] or draw.choice(_GRAMMAR)
    times = draw.choice((3, 10, 50)) if draw.random() < 0.97 else 2_000
    return text[:place] + piece * times + text[place:]


def _nest(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    depth = draw.choice((2, 5, 30)) if draw.random() < 0.97 else 1_000
    opening, closing = draw.choice(
        (("(", ")"), ("{", "}"), ("\\frac{", "}{2}"), ("\\sqrt{", "}"), ("[", "]"))
    )
    return text[:place] + opening * depth + text[place:end] + closing * depth + text[end:]


def _swap(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    middle = (place + end) // 2
    return text[:place] + text[middle:end] + text[place:middle] + text[end:]


def _splice(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:end] + other[draw.randint(0, len(other)) :]


def _flip(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    return text[:place] + chr(draw.randint(32, 126)) + text[place + 1 :]


def _number(draw: random.Random, text: str, other: str, place: int, end: int) -> str:
    digits = "".join(draw.choices("0123456789", k=draw.choice((1, 2, 5, 20, 300))))
    return text[:place] + digits + text[place:]


_MUTATIONS: tuple[Callable[[random.Random, str, str, int, int], str], ...] = (
    *(_insert, _insert, _insert, _pollute, _delete, _truncate, _double, _flood, _nest, _swap),
    *(_splice, _flip, _flip, _number),
)


def response_of(seed: int, name: str, number: int) -> tuple[Case, str, random.Random]:
    """The case and the response that ``number`` stands for, and draws to go on with."""
    draw = derive_random(seed, name, number)
    case = draw.choice(cases(name))
    other = draw.choice(draw.choice(cases(name)).seeds)
    return case, mutated(draw, draw.choice(case.seeds), other), draw


# Judging


class _CountingPool(WorkerPool):
    """Asks its workers one question in ``every``; says *different* to the rest, and counts all."""

    def __init__(self, module: str, every: int) -> None:
        super().__init__(module, size=1)
        self.asked = self.really = 0
        self._every = every

    def submit(self, work: Callable[..., Any], **settings: Any) -> Future[Any]:
        self.asked += 1
        if self._every and self.asked % self._every == 0:
            self.really += 1
            return super().submit(work, **settings)
        future: Future[Any] = Future()
        future.set_result(Verdict.incorrect("mismatch"))
        return future


class _Echo:
    """A sandbox that runs nothing and returns what it was told to."""

    def __init__(self) -> None:
        self.output = b""

    async def run(self, job: Job) -> Result:
        return Result("ok", 0, stdout=self.output, cpu_s=0.01)

    async def run_many(self, jobs: Sequence[Job], deadline_s: float | None = None) -> list[Result]:
        return [await self.run(job) for job in jobs]


@dataclass
class Tally:
    """What came of a chunk."""

    reasons: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    really: int = 0
    slowest_s: float = 0.0
    slowest: int = 0
    cpu_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.reasons += other.reasons
        self.asked += other.asked
        self.really += other.really
        self.cpu_s += other.cpu_s
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest = other.slowest_s, other.slowest
        self.faults += other.faults


_kept: dict[str, tuple[Verifier, Any]] = {}


def _verifier(name: str, ask_every: int) -> tuple[Verifier, Any]:
    """This process's verifier of a name, and its stand-in pool or sandbox."""
    if name not in _kept:
        aid: Any = None
        if name == "math":
            aid = _CountingPool("assay_verifiers.math_worker", ask_every)
            _kept[name] = MathVerifier(pool=aid), aid
        elif name == "code":
            aid = _Echo()
            _kept[name] = CodeVerifier(sandbox=aid), aid
        else:
            _kept[name] = make_verifier(name), aid
    return _kept[name]


def judge_chunk(seed: int, name: str, first: int, size: int, ask_every: int) -> Tally:
    """Judge ``size`` responses from number ``first`` on."""
    return asyncio.run(_judge_chunk(seed, name, first, size, ask_every))


async def _judge_chunk(seed: int, name: str, first: int, size: int, ask_every: int) -> Tally:
    verifier, aid = _verifier(name, ask_every)
    tally = Tally()
    began = time.process_time()
    before = (aid.asked, aid.really) if isinstance(aid, _CountingPool) else (0, 0)
    for number in range(first, first + size):
        case, response, draw = response_of(seed, name, number)
        if isinstance(aid, _Echo):
            aid.output = mutated(draw, draw.choice(_OUTPUTS), response).encode("utf-8", "replace")
        await _judge_one(verifier, name, number, case, response, tally)
    if isinstance(aid, _CountingPool):
        tally.asked, tally.really = aid.asked - before[0], aid.really - before[1]
    tally.cpu_s = time.process_time() - began
    return tally


async def _judge_one(
    verifier: Verifier, name: str, number: int, case: Case, response: str, tally: Tally
) -> None:
    started = time.perf_counter()
    try:
        verdict = await verifier.verify(
            response, case.answer, deadline_s=_DEADLINE_S, **case.options
        )
    except Exception as error:
        tally.reasons["crash"] += 1
        tally.faults.append(f"{name}:{number} raised {error!r}"[:300])
        return
    seconds = time.perf_counter() - started
    if seconds > tally.slowest_s:
        tally.slowest_s, tally.slowest = seconds, number
    tally.reasons[verdict.reason] += 1
    if fault := _fault(verdict, seconds):
        tally.faults.append(f"{name}:{number} {fault}"[:300])


def _fault(verdict: Verdict, seconds: float) -> str:
    """What is wrong with a verdict, or nothing."""
    if verdict.outcome not in _OUTCOMES or verdict.outcome == "undecided":
        return f"is {verdict.outcome}, {verdict.reason}: {dict(verdict.detail)}"
    if seconds > _DEADLINE_S + _GRACE_S:
        return f"took {seconds:.1f} s"
    try:
        written = verdict.to_json()
        if json.loads(json.dumps(written, allow_nan=False).encode("utf-8")) != written:
            return "is not the same after JSON"
    except ValueError as error:
        return f"is not JSON: {error}"
    return ""


# The run


def main() -> None:
    arguments = _arguments()
    if arguments.replay:
        _replay(arguments)
        return
    tallies = {name: _fuzz(name, arguments) for name in arguments.only or names()}
    document = _markdown(tallies, arguments)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
    if any(tally.faults for tally in tallies.values()):
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000, help="responses per verifier")
    parser.add_argument("--only", nargs="+", choices=names(), metavar="VERIFIER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--ask-every", type=int, default=200, help="real questions of math; 0: none"
    )
    parser.add_argument("--write", action="store_true", help=f"write docs/results/{_DOCUMENT.name}")
    parser.add_argument(
        "--replay", metavar="VERIFIER:NUMBER", help="judge one response and show it"
    )
    return parser.parse_args()


def _fuzz(name: str, arguments: argparse.Namespace) -> Tally:
    """All responses of one verifier, in chunks over processes; a late chunk is a hang."""
    total, began = Tally(), time.monotonic()
    starts = range(0, arguments.n, _CHUNK)
    context = multiprocessing.get_context("spawn")
    with context.Pool(arguments.processes) as pool:
        pending = [
            pool.apply_async(
                judge_chunk,
                (
                    arguments.seed,
                    name,
                    first,
                    min(_CHUNK, arguments.n - first),
                    arguments.ask_every,
                ),
            )
            for first in starts
        ]
        for first, chunk in zip(starts, pending, strict=True):
            try:
                total.add(chunk.get(timeout=_CHUNK_S))
            except multiprocessing.TimeoutError:
                total.faults.append(f"{name}:{first}… hangs: chunk of {_CHUNK} not back in time")
                break
            done = total.reasons.total()
            rate = done / max(time.monotonic() - began, 1e-9)
            print(f"\r{name} {done:,}/{arguments.n:,} {rate:,.0f}/s", end="", file=sys.stderr)
    print(file=sys.stderr)
    return total


def _replay(arguments: argparse.Namespace) -> None:
    name, _, number = arguments.replay.rpartition(":")
    case, response, _ = response_of(arguments.seed, name, int(number))
    print(json.dumps({"answer": case.answer, "options": dict(case.options), "response": response}))
    tally = judge_chunk(arguments.seed, name, int(number), 1, 1)
    print(dict(tally.reasons), f"{tally.slowest_s:.3f} s", *tally.faults)


def _markdown(tallies: Mapping[str, Tally], arguments: argparse.Namespace) -> str:
    lines = [
        "# Fuzzing the verifiers",
        "",
        f"`python benchmarks/fuzz.py --n {arguments.n} --seed {arguments.seed}`; what is "
        "mutated and what is checked is told in its docstring.",
        "",
        "| verifier | responses | correct | wrong | undecided | crashes | slowest, s | /CPU-s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, tally in tallies.items():
        total = tally.reasons.total()
        right, crashes = tally.reasons["match"], tally.reasons["crash"]
        undecided = sum(tally.reasons[reason] for reason in _UNDECIDED)
        numbers = (total, right, total - right - crashes - undecided, undecided, crashes)
        rate = total / tally.cpu_s if tally.cpu_s else 0.0
        cells = [
            name,
            *(f"{value:,}" for value in numbers),
            f"{tally.slowest_s:.2f}",
            f"{rate:,.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| verifier | reasons |", "|---|---|"]
    for name, tally in tallies.items():
        lines.append(
            f"| {name} | {', '.join(f'{k} {v:,}' for k, v in tally.reasons.most_common())} |"
        )
    if "math" in tallies:
        math = tallies["math"]
        lines += ["", f"math would ask a worker {math.asked:,} times; {math.really:,} were asked."]
    faults = [fault for tally in tallies.values() for fault in tally.faults]
    lines += ["", "No fault." if not faults else f"{len(faults)} faults, the first:", ""]
    lines += [f"{place}. `{fault}`" for place, fault in zip(count(1), faults[:_KEPT], strict=False)]
    return "\n".join(lines).rstrip() + "\n"


_UNDECIDED = (
    "bad_gold",
    "not_serialisable",
    "sandbox_failed",
    "worker_failed",
    "judge_failed",
    "deadline",
)


if __name__ == "__main__":
    main()
