"""What a plug-in might bring, for workers to import: an environment whose every text is markup that
wants to run, its verifier, and one of three turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from assay_datasets import Json, Task
from assay_envs import Info, Observation, SingleTurn, Step, env_registry
from assay_verifiers import Verdict, Verifier, verifier_registry

ATTACK = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script>"
DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="parent.hacked = 1">'
    "<script>parent.hacked = 1</script><style>rect { fill: red }</style>"
    '<image href="http://127.0.0.1:9/leak.png" width="4" height="4"/>'
    '<rect width="40" height="40"/></svg>'
)


class Markup(Verifier):
    """Says back, as markup, what it was given."""

    name = "test/markup"
    summary = f"a summary {ATTACK}"

    def check(self, response: str, answer: Json, **options: Json) -> Verdict:
        if response == answer:
            return Verdict.correct()
        return Verdict.incorrect("mismatch", said=ATTACK, rows=[{ATTACK: ATTACK}])


class MarkupGame(SingleTurn):
    id = "test/markup"
    summary = f"a summary {ATTACK}"
    levels: ClassVar = {1: f"a level {ATTACK}"}

    def __init__(self) -> None:
        super().__init__(Markup())

    def generate(self, seed: int, difficulty: int) -> Task:
        return Task(
            env=self.id,
            prompt=({"role": "user", "content": f"a prompt {ATTACK}"},),
            answer="the secret answer",
            verifier=self.id,
            metadata={"difficulty": self.check_level(difficulty), "certificate": "the proof"},
        )

    def oracle(self, task: Task) -> str:
        return str(task.answer)

    def svg(self, task: Task) -> str:
        return DRAWN


class Counting(MarkupGame):
    """Say 1, 2, 3 in three turns."""

    id = "test/counting"
    summary = "say 1, then 2, then 3"
    levels: ClassVar = {1: "to three"}
    max_turns = 3

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        self._said: list[str] = []
        return await super().reset(seed=seed, options=options)

    async def step(self, action: str) -> Step:
        self._said.append(action.strip())
        if len(self._said) < self.max_turns:
            told = {"role": "user", "content": f"{len(self._said)} of 3 heard"}
            return [told], 0.0, False, False, {}
        right = self._said == ["1", "2", "3"]
        verdict = Verdict.correct() if right else Verdict.incorrect("rule_broken")
        return [], verdict.score, True, False, self.ending(verdict)


verifier_registry.add(Markup.name, Markup)
for env in (MarkupGame, Counting):
    env_registry.add(env.id, env)
