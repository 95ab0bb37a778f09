from __future__ import annotations
from typing import Any
async def judge(candidate: Any, answer: Any, options: Any, runner: Any) -> Any:
    raise NotImplementedError
