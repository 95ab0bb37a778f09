"""Checks of episodes: ``reset`` and ``step`` keep the contract, and the oracle wins by them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from assay_datasets import Message, Task
from assay_envs.audit.report import Finding
from assay_envs.audit.subject import Subject, why
from assay_envs.environment import Environment, Info
from assay_verifiers import Verdict

_SECRETS = ("answer", "certificate", "solution", "oracle", "verdict", "metadata", "task")
_MOST_TURNS = 10_000
_FEW = 3


class _Broken(RuntimeError):
    """An episode that breaks the contract; the message says how."""


async def check_episodes(subject: Subject) -> Finding:
    """The oracle is paid, the idle are not, seeds decide, and episodes do not touch each other."""
    problems: list[str] = []
    for level in subject.levels:
        for task in subject.some(level)[:_FEW]:
            problems += [f"level {level}: {each}" async for each in _opening(subject, task)]
            problems += [f"level {level}: {each}" async for each in _played(subject, task)]
        problems += [f"level {level}: {each}" async for each in _interleaved(subject, level)]
    return Finding.of("episodes", problems)


async def check_rendering(subject: Subject) -> Finding:
    """A task is shown as text and as a picture that stands alone, without the answer to it."""
    from xml.etree import ElementTree

    problems = []
    for level in subject.levels:
        task = subject.tasks[level][0]
        if not subject.env.render(task).strip():
            problems.append(f"level {level}: render gives nothing")
        try:
            root = ElementTree.fromstring(subject.env.svg(task))  # noqa: S314 - our own picture
        except ElementTree.ParseError as error:
            problems.append(f"level {level}: svg is not XML: {error}")
            continue
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        if "svg" not in root.tag or names & {"script", "image", "foreignObject", "use"}:
            problems.append(f"level {level}: svg is no picture that stands alone: {sorted(names)}")
    return Finding.of("rendering", problems)


async def _opening(subject: Subject, task: Task) -> AsyncIterator[str]:
    """``reset`` by seed gives the seed's prompt; its info gives no answer away."""
    env, level = subject.make(), task.metadata["difficulty"]
    seed = task.metadata["seed"]
    first, info = await env.reset(seed=seed, options={"difficulty": level})
    again, _ = await env.reset(seed=seed, options={"difficulty": level})
    if first != list(task.prompt) or again != first:
        yield f"reset(seed={seed}) does not show the prompt of that seed"
    if secret := [name for name in info if name in _SECRETS]:
        yield f"reset's info holds {secret[0]!r}"


async def _played(subject: Subject, task: Task) -> AsyncIterator[str]:
    """The oracle wins, by rewards that add up; saying nothing loses; then the episode is over."""
    env, wanted = subject.make(), {"empty actions": "incorrect"}
    if subject.knows_answers():
        wanted["the oracle's actions"] = "correct"
    for who, outcome in wanted.items():
        try:
            infos = await _play(env, task, oracle=outcome == "correct")
        except _Broken as error:
            yield f"an episode of {who}: {error}"
            continue
        verdict = infos[-1].get("verdict")
        if verdict is None or verdict.outcome != outcome:
            yield f"an episode of {who} ends in {_told(verdict)}"
        if env.max_turns == 1 and len(infos) != 1:
            yield "max_turns is 1, but the episode goes on after one action"
    try:
        await env.step("")
        yield "step() after the end raises nothing"
    except RuntimeError:
        pass


def _told(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no verdict"
    return f"{verdict.outcome} ({verdict.reason}, score {verdict.score:g}){why(verdict)}"


async def _play(env: Environment, task: Task, *, oracle: bool) -> list[Info]:
    """The infos of one episode's steps."""
    observation, _ = await env.reset(seed=0, options={"task": task})
    messages: list[Message] = list(observation)
    infos: list[Info] = []
    for _ in range(_MOST_TURNS):
        action = env.act(task, messages) if oracle else ""
        observation, reward, terminated, truncated, info = await env.step(action)
        infos.append(info)
        if abs(reward - sum(info.get("rewards", {}).values())) > 1e-9:
            raise _Broken(f"the reward {reward:g} is not the sum of info['rewards']")
        if terminated and truncated:
            raise _Broken("a step is terminated and truncated at once")
        if terminated or truncated:
            return infos
        messages += [{"role": "assistant", "content": action}, *observation]
    raise _Broken(f"it does not end in {_MOST_TURNS} turns")


async def _interleaved(subject: Subject, level: int) -> AsyncIterator[str]:
    """Two episodes step by step in turn: each is paid as if it were alone."""
    if not subject.knows_answers():
        return
    tasks = subject.some(level)[:2]
    envs = [subject.make() for _ in tasks]
    open_: dict[int, list[Message]] = {}
    for place, (env, task) in enumerate(zip(envs, tasks, strict=True)):
        observation, _ = await env.reset(seed=place, options={"task": task})
        open_[place] = list(observation)
    for _ in range(_MOST_TURNS):
        for place, messages in list(open_.items()):
            action = envs[place].act(tasks[place], messages)
            observation, _, terminated, truncated, info = await envs[place].step(action)
            open_[place] = [*messages, {"role": "assistant", "content": action}, *observation]
            if terminated or truncated:
                del open_[place]
                if info["verdict"].outcome != "correct":
                    yield f"of two episodes played in turn, one ends in {_told(info['verdict'])}"
        if not open_:
            return
