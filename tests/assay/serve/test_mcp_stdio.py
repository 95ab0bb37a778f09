"""The process of ``assay mcp``: what stands on its standard output, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil

PATIENCE_S = 90.0
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
PRINTING = "import os, sys; print('stray'); os.write(1, b'stray'); os.write(2, b'stray')"


@asynccontextmanager
async def child() -> AsyncIterator[asyncio.subprocess.Process]:
    """A running ``assay mcp``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from assay.cli import main; main()",
        "mcp",
        "--workers=1",
        "--slots=1",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def say(process: asyncio.subprocess.Process, message: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(message if isinstance(message, bytes) else json.dumps(message).encode())
    process.stdin.write(b"\n")
    await process.stdin.drain()


async def hear(process: asyncio.subprocess.Process) -> Any:
    """The next message; a line that is none fails the test."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    message = json.loads(line)
    assert message["jsonrpc"] == "2.0"
    return message


def request(number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


async def test_standard_output_carries_the_protocol_only() -> None:
    async with child() as process:
        await say(process, request(1, "initialize", HELLO))
        assert (await hear(process))["result"]["serverInfo"]["name"] == "assay"
        await say(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        await say(process, b"this is no message")
        code = {"name": "run_code", "arguments": {"source": PRINTING}}
        await say(process, request(2, "tools/call", code))
        mistaken = {"name": "verify", "arguments": {"verifier": "no such"}}
        await say(process, request(3, "tools/call", mistaken))
        answered = set()
        while {2, 3} - answered:
            answered.add((await hear(process)).get("id"))
        assert process.stdin is not None
        process.stdin.close()
        left, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert [json.loads(line)["jsonrpc"] for line in left.splitlines()] in ([], ["2.0"])
        assert b"Traceback" not in errors
        assert process.returncode == 0


async def test_a_signal_ends_it_and_all_it_began() -> None:
    async with child() as process:
        await say(process, request(1, "initialize", HELLO))
        await hear(process)
        workers = psutil.Process(process.pid).children(recursive=True)
        assert workers
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == -signal.SIGINT
        gone, alive = await asyncio.to_thread(psutil.wait_procs, workers, 30)
        assert alive == []
        assert len(gone) == len(workers)
