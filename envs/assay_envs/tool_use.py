"""ToolUse: the model may run Python before it answers; what it runs is shown back to it.

An action whose visible text holds a complete ```python block (or a ``<tool_call>`` with ``name``
``python`` and ``code`` among its arguments, as many chat models write it) is a call: its last block
runs in the episode's own interpreter inside the sandbox, which keeps its names from call to call.
The output comes back as the next observation. An action without a call is the final answer, which
the verifier judges; so is nothing else. After ``max_turns`` actions the episode is cut short.

A program that fails, hangs or kills its interpreter is the model's own doing and is told so. If the
*sandbox* fails, the episode ends undecided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from assay_datasets import Json, Task
from assay_envs.environment import Environment, Info, Observation, Step
from assay_envs.interpreter import Interpreter
from assay_sandbox import Cell, InvalidJob, Memo, Sandbox, SandboxBusy, SandboxFailed
from assay_verifiers import Verdict, Verifier, visible_text
from assay_verifiers.fences import blocks
from assay_verifiers.shared_sandbox import borrow, give_back

_LONGEST_OUTPUT = 4_000
_TAGS = ("python", "py", "python3")
_CALL, _CALL_END = "<tool_call>", "</tool_call>"


class ToolUse(Environment):
    """A single question with a code interpreter at hand.

    Args:
        verifier: judges the final answer.
        sandbox: an open sandbox; without one, the process's shared sandbox.
    """

    max_turns = 8
    needs_sandbox = True

    def __init__(self, verifier: Verifier, sandbox: Sandbox | Memo | None = None) -> None:
        self.verifier = verifier
        self._sandbox = sandbox
        self._borrowed = False
        self._task: Task | None = None
        self._turns = 0
        self._interpreter: Interpreter | None = None

    async def reset(
        self, *, seed: int, options: Mapping[str, Json] | None = None
    ) -> tuple[Observation, Info]:
        task = self.task_for(seed, options)
        await self._close_interpreter()
        self._task, self._turns = task, 0
        return self.opening(task)

    async def step(self, action: str) -> Step:
        if self._task is None:
            raise RuntimeError(f"{self.id}: step() before reset(), or after the episode ended")
        self._turns += 1
        code = called_code(action)
        if code is None:
            return await self._end(await self.judge(action, self._task), truncated=False)
        if self._turns >= self.max_turns:
            cut_short = Verdict.incorrect("too_long", turns=self.max_turns)
            return await self._end(cut_short, truncated=True)
        try:
            told = await self._run(code)
        except (SandboxBusy, SandboxFailed) as error:
            lost = Verdict.undecided("sandbox_failed", error=str(error))
            return await self._end(lost, truncated=False)
        return [{"role": "user", "content": told}], 0.0, False, False, {"rewards": {}}

    async def close(self) -> None:
        await self._close_interpreter()
        if self._borrowed:
            self._borrowed, self._sandbox = False, None
            await give_back()
        await self.verifier.close()

    async def _run(self, code: str) -> str:
        if self._sandbox is None:
            self._sandbox = await borrow()
            self._borrowed = True
        if self._interpreter is None:
            self._interpreter = Interpreter(self._sandbox)
        try:
            return shown(await self._interpreter.run(code))
        except InvalidJob as error:
            return f"[not run: {error}]"

    async def _end(self, verdict: Verdict, *, truncated: bool) -> Step:
        self._task = None
        await self._close_interpreter()
        return [], verdict.score, not truncated, truncated, self.ending(verdict)

    async def _close_interpreter(self) -> None:
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            await interpreter.close()


def called_code(action: str) -> str | None:
    """The program that an action asks to run; None if it asks for none."""
    text = visible_text(action)
    fenced = [block.text for block in blocks(text) if block.tag in _TAGS]
    return fenced[-1] if fenced else _tool_call(text)


def _tool_call(text: str) -> str | None:
    _, found, rest = text.rpartition(_CALL)
    body, closed, _ = rest.partition(_CALL_END)
    if not (found and closed):
        return None
    try:
        call = json.loads(body)
        code = call["arguments"]["code"] if call["name"] == "python" else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return code if isinstance(code, str) else None


def shown(cell: Cell) -> str:
    """What the model reads of a cell: its output, then its error, each cut in the middle."""
    parts = [_cut(cell.stdout.decode("utf-8", "replace"))]
    if cell.stderr:
        parts.append(_cut(cell.stderr.decode("utf-8", "replace")))
    if cell.status not in ("ok", "nonzero_exit"):
        parts.append(f"[{cell.status}{f': {cell.error}' if cell.error else ''}]")
    if not cell.alive:
        parts.append("[the interpreter ended; the next program starts a new one]")
    return "\n".join(part.rstrip("\n") for part in parts if part) or "[no output]"


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_OUTPUT:
        return text
    half = _LONGEST_OUTPUT // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
