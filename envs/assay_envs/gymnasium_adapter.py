"""Gymnasium: every environment as a ``gymnasium.Env`` whose observations and actions are text.

    import gymnasium
    import assay

    assay.register_gymnasium()
    env = gymnasium.make("assay/logic-sudoku-v0", difficulty=2)
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step("…the model's text…")

``gymnasium.make("assay_envs.gymnasium_adapter:assay/logic-sudoku-v0")`` needs no call before, and
``make_vec`` works, in one process and in many. An observation is the text of the messages that are
new since the last action. ``reset(seed=7)`` plays the same task as the environment itself does at
that seed; without a seed the task is drawn from ``np_random``. ``info`` is plain data: of the
verdict it keeps outcome, score and reason, and no time, so that steps can be repeated exactly.

Environments are asynchronous: their loop runs in one daemon thread a process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import gymnasium
import numpy
from gymnasium import spaces
from gymnasium.vector.utils import (
    create_shared_memory,
    read_from_shared_memory,
    write_to_shared_memory,
)

from assay_datasets import InputError, Json, Task
from assay_envs.environment import Info, Observation
from assay_envs.registry import make
from assay_envs.registry import registry as env_registry

T = TypeVar("T")

MAX_LENGTH = 65_536
_SAMPLED = 64  # characters of a sampled text at most
_LARGEST_SEED = 2**63
_METADATA: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}


class UnicodeText(spaces.Text):
    """Any text up to a length; samples are short and of letters and digits."""

    def __init__(self, max_length: int = MAX_LENGTH) -> None:
        super().__init__(max_length, min_length=0)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        length = int(self.np_random.integers(1, min(_SAMPLED, self.max_length) + 1))
        return "".join(self.np_random.choice(list(self.characters), size=length))

    def contains(self, x: Any) -> bool:
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"


class GymnasiumEnv(gymnasium.Env[str, str]):
    """One environment in Gymnasium's terms.

    Args:
        env_id: ``domain/name``.
        difficulty: level of the tasks, unless ``reset`` is told otherwise.
        max_length: characters of an observation or action at most; a longer prompt is an
            :class:`InputError`, never cut.
        render_mode: None, or ``ansi``: ``render`` then gives the task as a person looks at it.
        settings: of the environment's constructor.
    """

    metadata = _METADATA

    def __init__(
        self,
        env_id: str,
        difficulty: int = 1,
        max_length: int = MAX_LENGTH,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self.environment = make(env_id, **settings)
        self.difficulty = self.environment.check_level(difficulty)
        self.observation_space: UnicodeText = UnicodeText(max_length)
        self.action_space: UnicodeText = UnicodeText(max_length)
        self.render_mode = render_mode
        self._task: Task | None = None

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Json] | None = None
    ) -> tuple[str, Info]:
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(_LARGEST_SEED))
        chosen = {"difficulty": self.difficulty, **(options or {})}
        self._task = self.environment.task_for(seed, chosen)
        observation, info = _wait(self.environment.reset(seed=seed, options={"task": self._task}))
        return self._text(observation), info

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        observation, reward, terminated, truncated, info = _wait(self.environment.step(action))
        return self._text(observation), float(reward), terminated, truncated, _plain(info)

    def render(self) -> Any:
        if self.render_mode is None or self._task is None:
            return None
        return self.environment.render(self._task)

    def close(self) -> None:
        _wait(self.environment.close())

    def _text(self, observation: Observation) -> str:
        text = "\n\n".join(message["content"] for message in observation)
        if text not in self.observation_space:
            raise InputError(
                f"an observation of {self.environment.id} has {len(text)} characters, above "
                f"{self.observation_space.max_length}; make it with a larger max_length"
            )
        return text


def gymnasium_id(env_id: str) -> str:
    """``logic/sudoku`` as Gymnasium names it: ``assay/logic-sudoku-v0``."""
    return f"assay/{env_id.replace('/', '-')}-v0"


def register_gymnasium() -> list[str]:
    """Make every environment known to ``gymnasium.make``; their Gymnasium ids. Idempotent."""
    names = {gymnasium_id(env_id): env_id for env_id in env_registry.names()}
    for name, env_id in names.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name, f"{__name__}:{GymnasiumEnv.__name__}", kwargs={"env_id": env_id}
            )
    return list(names)


def _plain(info: Info) -> Info:
    """A step's info as plain data that is the same whenever the step is repeated."""
    plain = {name: value for name, value in info.items() if name != "verdict"}
    if (verdict := info.get("verdict")) is not None:
        plain |= {"outcome": verdict.outcome, "score": verdict.score, "reason": verdict.reason}
    return plain


class _Loop:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self.loop.run_forever, name="assay-gym", daemon=True)
        thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


_lock = threading.Lock()
_loop: _Loop | None = None


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work`` on this process's loop; a forked process gets one of its own."""
    global _loop
    with _lock:
        if _loop is None or _loop.pid != os.getpid():
            _loop = _Loop()
    return _loop.wait(work)


# Shared memory of AsyncVectorEnv: it reads a space once and expects to see later writes in what it
# got, as arrays show them. So texts are read through a view: a length, then UTF-32, for each env.


@create_shared_memory.register(UnicodeText)
def _create(space: UnicodeText, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.Array("i", n * (space.max_length + 1))


@write_to_shared_memory.register(UnicodeText)
def _write(space: UnicodeText, index: int, value: str, shared_memory: Any) -> None:
    codes = numpy.frombuffer(value.encode("utf-32-le", "surrogatepass"), dtype=numpy.int32)
    row = _rows(shared_memory, space.max_length)[index]
    row[0] = len(codes)
    row[1 : len(codes) + 1] = codes


@read_from_shared_memory.register(UnicodeText)
def _read(space: UnicodeText, shared_memory: Any, n: int = 1) -> _TextView:
    return _TextView(_rows(shared_memory, space.max_length))


class _TextView(Sequence[str]):
    """The texts that stand in shared memory now; a copy is the tuple of them."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        row = self._rows[index]
        return row[1 : row[0] + 1].tobytes().decode("utf-32-le", "surrogatepass")

    def __deepcopy__(self, memo: object) -> tuple[str, ...]:
        return tuple(self)


def _rows(shared_memory: Any, max_length: int) -> Any:
    """One row of integers an env; the memory is a lock around an array."""
    flat = numpy.frombuffer(shared_memory.get_obj(), dtype=numpy.int32)
    return flat.reshape(-1, max_length + 1)


register_gymnasium()
