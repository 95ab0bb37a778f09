"""Checks of what can be had without solving: constants, guesses, trivial policies, leaks.

A *policy* gives a response to every task. Its rate of being paid may not exceed the environment's
declared chance of the level. A rate is measured on n tasks; the check fails where the declared
chance would give as much, or more, with a probability below 1 in 10,000 (binomial; scores between 0
and 1 are added up). A declared chance of 0 fails at the first paid response. The best constant is
searched for on one set of tasks and measured on another.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from assay_datasets import Json, Task
from assay_envs.audit.report import Finding, shortened
from assay_envs.audit.subject import Case, Subject, leaves, why
from assay_envs.multi_turn import MultiTurn
from assay_verifiers import Verdict, visible_text

_RARE = 1e-4
_HIGHEST_CHANCE = 0.5
_HIGHEST_OF_DATA = 0.9  # most of a set's answers may be "yes"
_CONSTANTS = (
    *map(str, range(-1, 13)), "24", "42", "100", "1000", "1/2", "0.5", "yes", "no", "true", "false",
    "A", "B", "C", "D", "E", "x", "none", "None", "null", "nothing", "unknown", "impossible",
    "not exist", "no solution", "infinity", "pi", "[]", "[[]]", "{}", "()", "-", "?", "the", "a",
    "\\boxed{0}", "\\boxed{1}", "Answer: 1", "knight", "knave", "up", "down", "left", "right",
)  # fmt: skip
_FINALISTS = 3
_GUESSES = 4
_WORDS = 8  # words, numbers and lines that are tried from either end of a prompt
_LONG = 8  # letters and digits from which on a text does not stand in a prompt by accident
_NOISE = 2

_PARTS = {
    "word": re.compile(r"\S+"),
    "number": re.compile(r"-?\d+(?:[./]\d+)?"),
    "line": re.compile(r"[^\n]+"),
}

Policy = Callable[[Task], str | None]


async def check_chance(subject: Subject) -> Finding:
    """The declared rates are rates, and not so high that anything would pass."""
    declared = subject.env.chance
    highest = _HIGHEST_OF_DATA if subject.is_data else _HIGHEST_CHANCE
    problems = [
        f"level {level}: chance {rate!r} is no rate from 0 to {highest:g}"
        for level, rate in declared.items()
        if not (isinstance(rate, int | float) and 0 <= rate <= highest)
    ]
    problems += [f"chance names level {level}, which is none" for level in declared
                 if level not in subject.env.levels]  # fmt: skip
    shown = {str(level): declared.get(level, 0.0) for level in subject.levels}
    return Finding.of("chance", problems, declared=shown)


async def check_constants(subject: Subject) -> Finding:
    """The best constant that can be found is paid no more than chance."""
    problems, rates = [], {}
    for level in subject.levels:
        best, finalists = 0.0, (await _search(subject, level))[:_FINALISTS]
        for constant, _ in finalists:
            name = f"the constant {shortened(constant, 60)!r}"
            tasks = _not_of(subject, level, constant)
            rate, problem = await _measure(subject, level, name, _always(constant), tasks)
            best = max(best, rate)
            problems += problem
        rates[str(level)] = round(best, 4)
    return Finding.of("constants", problems, best=rates)


async def check_guesses(subject: Subject) -> Finding:
    """Random well-formed guesses, noise and other tasks' answers are paid no more than chance."""
    policies: dict[str, Policy] = {}
    if subject.knows_answers():
        policies = {"another task's answer": _another(subject)}
        policies |= {f"guess {n}": _guess(subject, n) for n in range(_GUESSES)}
        policies |= {f"noise {n}": _noise(subject, n) for n in range(_NOISE)}
    if not policies:
        return Finding.left_open("guesses", "the data hold no correct response (oracle = false)")
    groups = {"guesses": "guess", "noise": "noise", "others": "another"}
    problems: list[str] = []
    rates: dict[str, dict[str, float]] = {}
    for level in subject.levels:
        tasks = subject.fresh(level)
        for group, start in groups.items():
            chosen = [policy for name, policy in policies.items() if name.startswith(start)]
            rate, problem = await _measure_all(subject, level, group, chosen, tasks)
            rates.setdefault(group, {})[str(level)] = round(rate, 4)
            problems += problem
    return Finding.of("guesses", problems, rates=rates)


async def check_trivial(subject: Subject) -> Finding:
    """The stated trivial policies fail."""
    if subject.is_data:
        return Finding.left_open("trivial", "data state no trivial policy")
    problems, rates = [], {}
    for level in subject.levels:
        tasks = subject.fresh(level)
        count = max((len(list(islice(subject.env.trivial(task), 20))) for task in tasks), default=0)
        if not count:
            problems.append(f"level {level}: trivial gives nothing; state a policy that must fail")
        worst = 0.0
        for place in range(count):
            name = f"trivial policy {place + 1}"
            rate, problem = await _measure(
                subject, level, name, _nth_trivial(subject, place), tasks
            )
            worst = max(worst, rate)
            problems += problem
        rates[str(level)] = round(worst, 4)
    return Finding.of("trivial", problems, worst=rates)


async def check_leaks(subject: Subject) -> Finding:
    """Nothing that is shown gives the answer away: no part of the prompt, no observation, no info.

    Every word, number and line of the prompt from either end is a policy (*answer with the third
    number*), and so is every leaf of ``info``; and no long answer stands in what is shown.
    """
    problems: list[str] = []
    for level in subject.levels:
        tasks = subject.some(level)
        shown = {task.id: await _shown(subject, task) for task in tasks}
        problems += _quoted(subject, level, tasks, shown)
        infos = {task.id: _info_leaves(await _info(subject, task)) for task in tasks}
        names = dict.fromkeys(path for leaf in infos.values() for path in leaf)
        policies: dict[str, Policy] = {f"info {name}": _leaf(infos, name) for name in names}
        policies |= _parts(("line",), 1) if subject.is_costly else _parts(tuple(_PARTS), _WORDS)
        for name, policy in policies.items():
            _, problem = await _measure(subject, level, name, policy, tasks)
            problems += problem
    return Finding.of("leaks", problems)


# Measuring


async def paid_above_chance(subject: Subject, cases: Sequence[Case]) -> list[str]:
    """A line for each kind of response that is paid above its level's chance, or is undecided."""
    problems = []
    for level in subject.levels:
        here = [case for case in cases if case.task.metadata["difficulty"] == level]
        for kind in dict.fromkeys(case.kind for case in here):
            judged = await subject.judge_all(case for case in here if case.kind == kind)
            problems += _above(subject, level, kind, judged)
            problems += [f"{case} is undecided ({verdict.reason}){why(verdict)}"
                         for case, verdict in judged
                         if verdict.outcome == "undecided"]  # fmt: skip
    return problems


def unlikely(paid: float, n: int, rate: float) -> bool:
    """Whether ``paid`` of ``n`` is more than ``rate`` would give but once in 10,000 times."""
    k = math.ceil(paid - 1e-9)
    if k <= 0:
        return False
    if rate <= 0:
        return True
    return _tail(k, n, rate) < _RARE


def _tail(k: int, n: int, rate: float) -> float:
    """P(X >= k) of a binomial."""
    if rate >= 1:
        return 1.0
    logs = math.log(rate), math.log1p(-rate)
    return sum(
        math.exp(_log_choose(n, i) + i * logs[0] + (n - i) * logs[1]) for i in range(k, n + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


async def _measure(
    subject: Subject, level: int, name: str, policy: Policy, tasks: Iterable[Task]
) -> tuple[float, list[str]]:
    return await _measure_all(subject, level, name, [policy], tasks)


async def _measure_all(
    subject: Subject, level: int, name: str, policies: list[Policy], tasks: Iterable[Task]
) -> tuple[float, list[str]]:
    """The rate at which policies of one kind are paid, and the problem if it is above chance."""
    said = [(task, policy(task)) for task in tasks for policy in policies]
    cases = [Case(name, task, response) for task, response in said if response is not None]
    if not cases:
        return 0.0, []
    judged = await subject.judge_all(cases)
    rate = sum(verdict.score for _, verdict in judged) / len(judged)
    return rate, _above(subject, level, name, judged)


def _above(
    subject: Subject, level: int, name: str, judged: Sequence[tuple[Case, Verdict]]
) -> list[str]:
    """The problem, if these responses were paid more than the level's chance would."""
    chance = subject.env.chance.get(level, 0.0)
    paid = sum(verdict.score for _, verdict in judged)
    if not unlikely(paid, len(judged), chance):
        return []
    example = next(case for case, verdict in judged if verdict.score > 0)
    return [
        f"level {level}: {name} is paid {paid / len(judged):.3f} of {len(judged)}, "
        f"declared chance {chance:g}; such as {example}"
    ]


# Policies


def _always(constant: str) -> Policy:
    return lambda task: constant


def _another(subject: Subject) -> Policy:
    return lambda task: next(iter(subject.others(task, 1)), None)


def _guess(subject: Subject, n: int) -> Policy:
    return lambda task: subject.env.guess(task, subject.rng(f"guess {n}", task))


def _noise(subject: Subject, n: int) -> Policy:
    """The right answer's characters, digits and letters replaced by others of their kind."""

    def policy(task: Task) -> str | None:
        rng, oracle = subject.rng(f"noise {n}", task), visible_text(subject.env.oracle(task))
        kinds = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        noise = "".join(
            next((rng.choice(kind) for kind in kinds if character in kind), character)
            for character in oracle
        )
        return None if noise == oracle else noise

    return policy


def _nth_trivial(subject: Subject, place: int) -> Policy:
    return lambda task: next(islice(subject.env.trivial(task), place, None), None)


def _leaf(infos: Mapping[str, Mapping[str, str]], path: str) -> Policy:
    return lambda task: infos[task.id].get(path)


def _parts(kinds: Sequence[str], most: int) -> dict[str, Policy]:
    """Answering with one part of the prompt, by its place among the ``most`` at either end."""
    return {
        f"{kind} {place} of the prompt": _part(_PARTS[kind], place)
        for kind in kinds
        for place in [*range(most), *range(-most, 0)]
    }


def _part(pattern: re.Pattern[str], place: int) -> Policy:
    def policy(task: Task) -> str | None:
        parts = pattern.findall(task.prompt[-1]["content"])
        return parts[place].strip(",.;:?!") if -len(parts) <= place < len(parts) else None

    return policy


async def _search(subject: Subject, level: int) -> list[tuple[str, float]]:
    """Constants and what they were paid, the best first; those that were paid at all.

    The task whose answer a constant is does not count for it.
    """
    tasks = subject.some(level)
    candidates = list(dict.fromkeys(_candidates(subject, level)))
    candidates = candidates[: subject.candidates(level)]
    cases = [Case("constant", task, constant) for constant in candidates for task in tasks]
    own = {subject.env.oracle(task) for task in tasks} if subject.knows_answers() else set[str]()
    paid = {constant: -1.0 if constant in own else 0.0 for constant in candidates}
    for case, verdict in await subject.judge_all(cases):
        paid[case.response] += verdict.score
    ranked = sorted(paid.items(), key=lambda item: -item[1])
    return [(constant, score) for constant, score in ranked if score > 0]


def _not_of(subject: Subject, level: int, constant: str) -> list[Task]:
    """Fresh tasks; of data, whose rows come again, without the one whose answer a constant is."""
    fresh = subject.fresh(level)
    if not subject.is_data or not subject.knows_answers():
        return fresh
    source = (t.duplicate_key for t in subject.tasks[level] if subject.env.oracle(t) == constant)
    key = next(source, None)
    return [task for task in fresh if task.duplicate_key != key]


def _candidates(subject: Subject, level: int) -> Iterator[str]:
    yield from _CONSTANTS if not subject.is_costly else _CONSTANTS[:2]
    tasks = subject.tasks[level]
    if not subject.knows_answers():
        return
    counts: dict[str, int] = {}
    for task in tasks:
        answer = subject.env.oracle(task)
        counts[answer] = counts.get(answer, 0) + 1
    yield from sorted(counts, key=lambda answer: -counts[answer])
    for task in tasks:
        yield from islice(subject.env.trivial(task), 2)


# What is shown


async def _info(subject: Subject, task: Task) -> Mapping[str, Json]:
    env = subject.make()
    _, info = await env.reset(seed=0, options={"task": task})
    return info


async def _shown(subject: Subject, task: Task) -> str:
    """The prompt; of a game, what it answers to one random action as well."""
    text = "\n".join(message["content"] for message in task.prompt)
    if not isinstance(subject.env, MultiTurn):
        return text
    env = subject.make()
    await env.reset(seed=0, options={"task": task})
    guess = subject.env.guess(task, subject.rng("leaks", task)).splitlines() or [""]
    observation, _, terminated, truncated, _ = await env.step(guess[0])
    if terminated or truncated:
        return text
    return "\n".join([text, *(message["content"] for message in observation)])


def _quoted(
    subject: Subject, level: int, tasks: Sequence[Task], shown: Mapping[str, str]
) -> list[str]:
    """Tasks whose long correct answers stand in what is shown.

    A game's last action may be one that is right in other tasks too, ``take 2 from heap 1``: words
    of its language, which an opponent uses as well.
    """
    if not subject.knows_answers():
        return []
    texts = {task.id: _long_answers(subject, task) for task in tasks}
    n, owners = len(tasks), Counter(text for each in texts.values() for text in each)
    found = [
        task
        for task in tasks
        if any(
            text in _packed(shown[task.id])
            for text in texts[task.id]
            if owners[text] == 1 or not subject.is_game
        )
    ]
    if not unlikely(len(found), n, subject.env.chance.get(level, 0.0)):
        return []
    seed = found[0].metadata["seed"]
    return [f"level {level} seed {seed}: the prompt holds a correct answer ({len(found)} of {n})"]


def _long_answers(subject: Subject, task: Task) -> set[str]:
    """The oracle's response and some equivalents, packed; of a game, their last actions."""
    answers = [subject.env.oracle(task), *islice(subject.env.equivalents(task), 5)]
    if subject.is_game:
        answers = [answer.rpartition("\n")[2] for answer in answers]
    packed = {_packed(visible_text(answer)) for answer in answers}
    return {text for text in packed if len(text) >= _LONG}


def _packed(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _info_leaves(info: Mapping[str, Json]) -> dict[str, str]:
    return dict(leaves(dict(info)))
