"""Programs and kept interpreters over HTTP; nothing a client sends runs outside the sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession

from assay.serve.config import ServiceConfig
from assay_sandbox import SandboxUnavailable, probe
from tests.assay.serve.asking import post, verify
from tests.assay.serve.loopback import serving


@pytest.fixture(scope="module", autouse=True)
def isolation() -> None:
    """Skips, with the reason, where nothing here isolates."""
    for backend in ("gvisor", "namespace"):
        try:
            probe(backend)
        except SandboxUnavailable as error:
            why = error
        else:
            return
    pytest.skip(str(why))


ADDED = {"style": "stdio", "language": "python", "tests": [{"stdin": "1", "stdout": "2"}]}


async def test_a_program_runs_and_its_bytes_come_back_whole(http: ClientSession) -> None:
    job = {
        "source": "import sys; d = open('in.bin','rb').read(); sys.stdout.buffer.write(d[::-1]);"
        "open('out.txt','w').write(sys.stdin.read().upper() + sys.argv[1]); sys.exit(3)",
        "argv": ["é"],
        "stdin": "abc",
        "files": {"in.bin": {"base64": "/wA="}},
        "fetch": ["out.txt", "absent.txt"],
    }
    status, result = await post(http, "/v1/run", job)
    assert status == 200, result
    assert (result["status"], result["exit_code"]) == ("nonzero_exit", 3)
    assert result["stdout"] == {"base64": "AP8="}
    assert result["files"] == {"out.txt": "ABCé"}


@pytest.mark.parametrize(
    ("source", "limits", "status"),
    [
        ("while True: pass", {"wall_s": 0.5}, "timeout"),
        ("x = bytearray(1 << 30)", {"memory_bytes": 100 << 20}, "memory"),
        ("while True: print('x' * 10000)", {"output_bytes": 10_000}, "output_limit"),
        ("import os; os.kill(os.getpid(), 9)", {}, "signal"),
    ],
)
async def test_what_a_program_does_wrong_is_its_result(
    http: ClientSession, source: str, limits: dict[str, float], status: str
) -> None:
    http_status, result = await post(http, "/v1/run", {"source": source, "limits": limits})
    assert (http_status, result["status"]) == (200, status)


async def test_it_sees_nothing_of_the_server(http: ClientSession) -> None:
    source = "import os; print(os.environ, os.path.exists('/work'), os.getuid())"
    _, result = await post(http, "/v1/run", {"source": source})
    assert "ASSAY" not in result["stdout"]
    assert str(os.getpid()) not in result["stdout"]
    assert result["stdout"].split()[-2] == "False"
    assert result["stdout"].split()[-1] != "0"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"source": "1", "language": "klingon"}, "no language"),
        ({"source": "1", "template": "nope"}, "no template"),
        ({"source": "1", "files": {"../a": "b"}}, "must be relative"),
        ({"source": "1", "limits": {"wall_s": 1e9}}, "limits.wall_s"),
        ({"source": "1", "stdin": {"base64": "é"}}, "not base64"),
        ({"source": 1}, "source"),
    ],
)
async def test_a_job_that_cannot_be_run_is_refused(
    http: ClientSession, job: dict[str, Any], said: str
) -> None:
    status, problem = await post(http, "/v1/run", job)
    assert (status, problem["error"]["type"]) == (422, "invalid")
    assert said in problem["error"]["message"]


async def test_a_deadline_covers_waiting_for_the_slot(http: ClientSession) -> None:
    """The one slot is taken for two seconds."""
    long = post(http, "/v1/run", {"source": "import time; time.sleep(2)"})
    running = asyncio.create_task(long)
    await asyncio.sleep(0.3)
    status, problem = await post(http, "/v1/run", {"source": "1", "deadline_s": 0.5})
    assert (status, problem["error"]["type"]) == (504, "deadline")
    code = {"verifier": "code", "response": "print(2)", "answer": ADDED}
    (verdict,) = await verify(http, code, deadline_s=0.5)
    assert (verdict["outcome"], verdict["reason"]) == ("undecided", "deadline")
    assert (await running)[1]["status"] == "ok"


async def test_code_is_judged_beside_math_in_one_batch(http: ClientSession) -> None:
    right = {"verifier": "code", "response": "print(int(input()) + 1)", "answer": ADDED}
    wrong = {**right, "response": "```python\nprint(input())\n```"}
    math = {"verifier": "math", "response": "2", "answer": "2"}
    verdicts = await verify(http, right, math, wrong, math)
    assert [each["outcome"] for each in verdicts] == ["correct", "correct", "incorrect", "correct"]


async def test_a_kept_interpreter_keeps_its_state(http: ClientSession) -> None:
    status, opened = await post(http, "/v1/sandboxes", {"limits": {"wall_s": 1}})
    assert status == 200, opened
    path = f"/v1/sandboxes/{opened['sandbox']}"
    await post(http, f"{path}/files", {"files": {"a.txt": "1", "b.bin": {"base64": "/w=="}}})
    _, cell = await post(http, f"{path}/run", {"source": "x = open('b.bin','rb').read()"})
    assert (cell["status"], cell["alive"]) == ("ok", True)
    _, cell = await post(http, f"{path}/run", {"source": "while True: pass", "wall_s": 0.2})
    assert (cell["status"], cell["alive"]) == ("timeout", True)
    _, cell = await post(http, f"{path}/run", {"source": "open('c.txt','w').write('é'); x"})
    assert cell["stdout"].endswith("b'\\xff'\n")
    _, found = await post(http, f"{path}/fetch", {"names": ["a.txt", "b.bin", "c.txt", "none"]})
    assert found["files"] == {"a.txt": "1", "b.bin": {"base64": "/w=="}, "c.txt": "é"}
    _, cell = await post(http, f"{path}/run", {"source": "import os; os._exit(0)"})
    assert cell["alive"] is False
    status, problem = await post(http, f"{path}/run", {"source": "1"})
    assert (status, problem["error"]["type"]) == (410, "gone")


async def test_places_for_interpreters_are_bounded_and_given_back(http: ClientSession) -> None:
    opened = []
    for _ in range(9):
        status, reply = await post(http, "/v1/sandboxes", {})
        opened.append((status, reply))
    assert [status for status, _ in opened] == [200] * 8 + [429]
    for _, reply in opened[:8]:
        async with http.delete(f"/v1/sandboxes/{reply['sandbox']}") as closed:
            assert closed.status == 200
    for _ in range(50):
        status, reply = await post(http, "/v1/sandboxes", {})
        if status == 200:
            break
        await asyncio.sleep(0.1)
    assert status == 200
    async with http.delete(f"/v1/sandboxes/{reply['sandbox']}") as closed:
        assert closed.status == 200


@pytest.fixture(scope="module")
def unsafe() -> Iterator[str]:
    """A server that was told no back-end, on a host where none works."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_BACKEND", "nothing")
        with serving(ServiceConfig(workers=1, slots=1)) as url:
            yield url


async def test_where_nothing_isolates_code_does_not_run(unsafe: str) -> None:
    async with aiohttp.ClientSession(unsafe) as http:
        async with http.post("/v1/run", json={"source": "1"}) as reply:
            problem = await reply.json()
            assert (reply.status, problem["error"]["type"]) == (503, "unavailable")
            assert "mend" in problem["error"]["message"]
        status, problem = await post(http, "/v1/sandboxes", {})
        assert status == 503
        math = {"verifier": "math", "response": "2", "answer": "2"}
        code = {"verifier": "code", "response": "print(2)", "answer": ADDED}
        verdicts = await verify(http, math, code)
        assert [each["reason"] for each in verdicts] == ["match", "sandbox_failed"]
