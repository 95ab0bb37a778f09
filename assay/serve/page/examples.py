"""An example for every verifier, so that nobody has to guess an answer's shape.

Those of the general verifiers are written here. A game's verifier gets a task of its own
environment, with the environment's own correct response: always the same public task, so nothing
that the server holds for anyone is told. A verifier that is neither has none.
"""

from __future__ import annotations

import asyncio

from assay.serve.callers import Caller
from assay.serve.models import EnvEntry, GenerateRequest
from assay.serve.service import Service
from assay_datasets import InputError, Json, Task, derive_seed

Example = dict[str, Json]
"""``response``, ``answer`` and, where any are needed, ``options``."""

_PAGE = Caller("page", answers=True)

_MEDIAN = """\
Sort the numbers; with an even count, take the mean of the middle two.

```python
def median(numbers):
    ordered = sorted(numbers)
    middle, odd = divmod(len(ordered), 2)
    return ordered[middle] if odd else (ordered[middle - 1] + ordered[middle]) / 2
```"""

WRITTEN: dict[str, Example] = {
    "math": {
        "response": "<think>x² − x − 6 = (x − 3)(x + 2)</think>\nSo x is 3 or −2: "
        "$\\boxed{\\{-2, 3\\}}$",
        "answer": "\\{3, -2\\}",
    },
    "code": {
        "response": _MEDIAN,
        "answer": {
            "style": "function",
            "language": "python",
            "name": "median",
            "tests": [
                {"args": [[3, 1, 2]], "expected": 2},
                {"args": [[4, 1, 3, 2]], "expected": 2.5},
                {"args": [[7]], "expected": 7},
            ],
        },
    },
    "science": {
        "response": "v = √(2·g·h) = √(2 · 9.81 m/s² · 20 m), so the answer is 71.3 km/h.",
        "answer": "19.8 m/s",
        "options": {"relative_tolerance": 0.01},
    },
    "instruction": {
        "response": "The river bends twice before the old mill and then runs straight to the sea.",
        "answer": {
            "instruction_id_list": [
                "punctuation:no_comma",
                "length_constraints:number_words",
            ],
            "kwargs": [{}, {"relation": "at least", "num_words": 12}],
        },
        "options": {"mode": "strict"},
    },
    "text": {
        "response": "<think>Vienna, Budapest, Belgrade …</think>The Danube",
        "answer": ["Danube", "the Danube"],
        "options": {"metric": "exact"},
    },
    "compose": {
        "response": "<think>6 · 7</think>\nSix times seven is \\boxed{42}",
        "answer": {
            "mode": "all",
            "parts": [
                {"verifier": "math", "answer": "42"},
                {
                    "verifier": "instruction",
                    "answer": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
                },
            ],
            "gates": [{"kind": "length", "unit": "words", "max": 40, "penalty": 0.5}],
        },
    },
    "judge": {
        "response": "Plants look green since chlorophyll absorbs red and blue light and reflects "
        "the green.",
        "answer": "Because chlorophyll reflects green light.",
    },
}


class Examples:
    """Examples by verifier, each made once.

    Args:
        service: makes the tasks of games, off the event loop.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._made: dict[str, Example | None] = dict(WRITTEN)

    async def of(self, verifier: str) -> Example | None:
        """The example of ``verifier``; None where there is none."""
        if verifier not in self._made:
            for env in self._service.envs():
                if env.id == verifier:
                    self._made[verifier] = await self._played(env)
        return self._made.get(verifier)

    async def _played(self, env: EnvEntry) -> Example | None:
        request = GenerateRequest(
            env=env.id,
            difficulty=min(env.levels),
            seed=derive_seed("example", env.id),
            include_answers=True,
        )
        (shown,) = await self._service.generate(request, caller=_PAGE)
        task = Task.from_json(shown.model_dump())
        response = await asyncio.to_thread(_oracle, task)
        if response is None:
            return None
        return {"response": response, "answer": task.answer, "options": dict(task.options)}


def _oracle(task: Task) -> str | None:
    """A correct response; None where only the workers know the plug-in that made the task."""
    from assay_envs import make

    try:
        env = make(task.env)
    except InputError:
        return None
    return env.oracle(task)
