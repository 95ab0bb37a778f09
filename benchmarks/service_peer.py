"""OpenEnv beside Assay, for ``benchmarks/service.py``; run by a Python that has openenv-core.

    python service_peer.py serve PORT                          an environment over its HTTP server
    python service_peer.py play URL SESSIONS SECONDS           its own client; prints JSON

The environment is as cheap as one can be: a sum is asked for, and the action compared with it. An
episode is a reset and a step, over its WebSocket; every reward is checked.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from openenv.core import GenericEnvClient
from openenv.core.env_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class Answer(Action):
    text: str


class Question(Observation):
    text: str = ""


class Sums(Environment):
    """One addition."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._sum = 0

    def reset(self, seed: int | None = None, **options: Any) -> Question:
        seed = seed or 0
        self._sum = 2 * seed + 1
        return Question(text=f"{seed} + {seed + 1}")

    def step(self, action: Answer, **options: Any) -> Question:
        return Question(done=True, reward=float(action.text == str(self._sum)))

    @property
    def state(self) -> State:
        return State()


def serve(port: int) -> None:
    import uvicorn

    app = create_app(Sums, Answer, Question, env_name="sums", max_concurrent_envs=512)
    uvicorn.run(app, port=port, log_level="critical")


async def play(url: str, sessions: int, seconds: float) -> dict[str, Any]:
    """Episodes as fast as they go; each reward is the one it must be."""
    took: list[float] = []
    ends = time.perf_counter() + seconds

    async def player(number: int) -> None:
        async with GenericEnvClient(base_url=url) as client:
            seed = number
            while time.perf_counter() < ends:
                began = time.perf_counter()
                asked = await client.reset(seed=seed)
                right = seed % 2 == 0
                total = sum(map(int, asked.observation["text"].split(" + ")))
                reply = await client.step({"text": str(total if right else total + 1)})
                took.append(time.perf_counter() - began)
                if not reply.done or reply.reward != float(right):
                    raise RuntimeError(f"OpenEnv: seed {seed} gave {reply}")
                seed += sessions

    began = time.perf_counter()
    await asyncio.gather(*(player(number) for number in range(sessions)))
    return {"seconds": took, "wall_s": time.perf_counter() - began}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        played = asyncio.run(play(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
        print(json.dumps(played))
