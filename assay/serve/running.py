"""In a worker: programs and kept interpreters, in the one sandbox per template of its process."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from assay.serve.errors import Gone, Late, Unavailable
from assay.serve.models import JobRequest, LimitsModel, SandboxRequest, to_blob, to_bytes
from assay_datasets import Json
from assay_sandbox import InvalidJob, Job, Limits, Result, Sandbox, SandboxError, Session
from assay_sandbox.languages import find
from assay_sandbox.template import names as templates
from assay_verifiers.shared_sandbox import borrow, give_back

_PLAIN = "plain"
_PATIENCE_S = 10.0
_RETRY_S = 5.0


class Running:
    """Borrows the process's sandboxes when they are first needed, and keeps them."""

    def __init__(self) -> None:
        self._boxes: dict[str, asyncio.Future[Sandbox]] = {}
        self._sessions: dict[str, Session] = {}

    async def box(self, template: str = _PLAIN, left_s: float | None = None) -> Sandbox:
        """The template's sandbox, waited for at most ``left_s`` and some seconds.

        It then goes on being opened, for whoever comes next: building a template may take minutes,
        and programs that wait for one would keep others from their slots.

        Raises:
            Late: not within ``left_s``. Unavailable: not soon; ask again.
        """
        opening = self._boxes.get(template)
        if opening is None:
            opening = self._boxes[template] = asyncio.ensure_future(borrow(template))
        try:
            async with asyncio.timeout(None if left_s is None else min(left_s, _PATIENCE_S)):
                return await asyncio.shield(opening)
        except TimeoutError:
            if left_s is not None and left_s <= _PATIENCE_S:
                raise Late(f"the sandbox {template!r} was not open within {left_s:.1f} s") from None
            raise Unavailable(f"the sandbox {template!r} is being made", _RETRY_S) from None
        except Exception:
            self._boxes.pop(template, None)
            raise

    async def describe(self, template: str = _PLAIN) -> Json:
        """The back-end in use; opens the template's sandbox where that has not been done."""
        return {"backend": (await self.box(template)).backend}

    async def run(self, request: Json, left_s: float) -> Json:
        """Run one program; :class:`Late` where it found no place within ``left_s``."""
        asked = JobRequest.model_validate(request)
        language = find(asked.language).name
        template = asked.template or (_PLAIN if language == "python" else "toolchain")
        if template not in templates():
            raise InvalidJob(f"no template {template!r}; there are: {', '.join(templates())}")
        began = time.monotonic()
        box = await self.box(template, left_s)
        left_s -= time.monotonic() - began
        began = time.monotonic()
        result = await box.run(_job(asked), deadline_s=max(left_s, 0.001))
        if result.status == "sandbox_failed" and time.monotonic() - began >= left_s:
            raise Late(f"the program did not end within {left_s:.0f} s, waiting included")
        return _shown(result)

    async def open(self, name: str, request: Json) -> Json:
        """Begin a kept interpreter or shell."""
        asked = SandboxRequest.model_validate(request)
        box = await self.box()
        session = box.session(
            asked.language,
            limits=_limits(asked.limits),
            lifetime_s=asked.lifetime_s,
            idle_s=asked.idle_s,
            max_cells=asked.max_cells,
        )
        await session.__aenter__()
        self._sessions[name] = session
        return {"language": asked.language, "backend": box.backend}

    async def cell(self, name: str, source: str, wall_s: float | None) -> Json:
        cell = await self._session(name).run(source, wall_s)
        if not cell.alive:
            await self.close(name)
        return {**_shown(cell), "alive": cell.alive}

    async def put(self, name: str, files: Mapping[str, Any]) -> None:
        await self._session(name).put({path: to_bytes(data) for path, data in files.items()})

    async def get(self, name: str, names: list[str]) -> Json:
        found = await self._session(name).get(names)
        return {path: to_blob(data) for path, data in found.items()}

    async def close(self, name: str) -> None:
        session = self._sessions.pop(name, None)
        if session is not None:
            await session.close()

    async def close_all(self) -> None:
        for name in list(self._sessions):
            await self.close(name)
        boxes, self._boxes = self._boxes, {}
        for template, opening in boxes.items():
            with contextlib.suppress(SandboxError):
                await opening
                await give_back(template)

    def _session(self, name: str) -> Session:
        if name not in self._sessions:
            raise Gone("the session is over; open another")
        return self._sessions[name]


def _job(asked: JobRequest) -> Job:
    return Job(
        asked.source,
        language=asked.language,
        argv=tuple(asked.argv),
        stdin=to_bytes(asked.stdin),
        files={path: to_bytes(data) for path, data in asked.files.items()},
        fetch=tuple(asked.fetch),
        env=asked.env,
        limits=_limits(asked.limits),
        command=tuple(asked.command),
        compile_limits=_limits(asked.compile_limits) if asked.compile_limits else None,
    )


def _limits(asked: LimitsModel) -> Limits:
    return Limits(**asked.model_dump())


def _shown(result: Result) -> dict[str, Json]:
    """A result as JSON; its streams and files as text, or base64 where they are none."""
    fields = {field.name: getattr(result, field.name) for field in dataclasses.fields(Result)}
    streams = {name: to_blob(fields[name]) for name in ("stdout", "stderr")}
    files = {path: to_blob(data) for path, data in result.files.items()}
    return {**fields, **streams, "files": files}
