"""MCP as clients meet it: the SDK's own client, over a real child's stdio and over real HTTP, in
the newest protocol and in the one before it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from mcp import Client, MCPError, StdioServerParameters

from assay_sandbox import SandboxUnavailable
from assay_sandbox.backend import choose
from tests.assay.serve import misbehaving

pytestmark = pytest.mark.asyncio(loop_scope="module")

T = TypeVar("T")
COMMAND = ("-c", "from assay.cli import main; main()", "mcp", "--workers=1", "--slots=1")
STDIO = StdioServerParameters(
    command=sys.executable,
    args=[*COMMAND, f"--plugin={misbehaving.__file__}", "--unaudited"],
    env={"PYTHONPATH": os.pathsep.join(sys.path)},
)
TRANSPORTS = ("stdio", "http", "http in sessions")
PATIENCE_S = 60.0


@asynccontextmanager
async def held(manager: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave in one task, as the SDK asks; a fixture's two halves are run in two."""
    entered: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def hold() -> None:
        async with manager as value:
            entered.set_result(value)
            await done.wait()

    task = asyncio.create_task(hold())
    await asyncio.wait([task, entered], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield await entered if entered.done() else task.result()  # type: ignore[func-returns-value]
    finally:
        done.set()
        await task


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=TRANSPORTS)
async def client(request: pytest.FixtureRequest, server: str) -> AsyncIterator[Client]:
    """A client that has said hello, over each transport in turn."""
    target = STDIO if request.param == "stdio" else f"{server}/mcp"
    mode = "legacy" if request.param == "http in sessions" else "auto"
    async with held(Client(target, mode=mode, read_timeout_seconds=PATIENCE_S)) as connected:
        yield connected


@pytest.fixture(scope="module")
def sandbox() -> None:
    """A test that needs a sandbox is skipped where there is none."""
    try:
        choose()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives; it must not fail."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says of why it does not; it must fail."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    assert result.structured_content is None
    (content,) = result.content
    return str(content.text)


# ── what there is ────────────────────────────────────────────────────────────────────────────────


async def test_every_tool_says_what_it_takes_and_gives(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) >= {"list_verifiers", "list_envs", "generate_task", "verify", "run_code"}
    assert set(tools) >= {"open_session", "act", "close_session", "run_cell"}
    for name, tool in tools.items():
        assert tool.title, name
        assert tool.description, name
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None, name
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object", name
        if name != "verify":  # which takes a whole task with a response added
            assert tool.input_schema["additionalProperties"] is False, name


async def test_a_search_narrows_what_is_listed(client: Client) -> None:
    verifiers = (await call(client, "list_verifiers"))["verifiers"]
    assert {"math", "code", "logic/countdown"} <= {each["name"] for each in verifiers}
    envs = (await call(client, "list_envs", search="COUNTDOWN"))["envs"]
    assert [each["id"] for each in envs] == ["logic/countdown"]
    assert envs[0]["levels"]["1"]


# ── judging ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_response_is_judged_against_an_answer(client: Client) -> None:
    given = {"verifier": "math", "response": "so \\boxed{1/2}", "answer": "0.5"}
    verdict = await call(client, "verify", **given)
    assert (verdict["outcome"], verdict["reason"], verdict["score"]) == ("correct", "match", 1.0)
    verdict = await call(client, "verify", **{**given, "answer": "0.25"})
    assert (verdict["outcome"], verdict["reason"]) == ("incorrect", "mismatch")


async def test_a_batch_keeps_its_order_whatever_an_item_holds(client: Client) -> None:
    items = [
        {"id": "a", "verifier": "math", "response": "2", "answer": "2"},
        "no request",
        {"id": "b", "verifier": "no such", "response": "2", "answer": "2"},
        {"id": "c", "verifier": "math", "response": "3", "answer": "2"},
    ]
    lines = (await call(client, "verify_batch", items=items))["items"]
    assert [line["id"] for line in lines] == ["a", 2, "b", "c"]
    assert [line.get("outcome") for line in lines] == ["correct", None, None, "incorrect"]
    assert "no such" in lines[2]["error"]


async def test_a_batch_says_how_far_it_is(client: Client) -> None:
    told: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    slow = {"verifier": "test/sleep", "response": "", "answer": 0.3}
    quick = {"verifier": "test/exact", "response": "a", "answer": "a"}
    items = [quick] * 40 + [slow]  # more than one worker takes at once
    result = await client.call_tool("verify_batch", {"items": items}, progress_callback=note)
    assert not result.is_error
    assert told[-1] == (41, 41)
    assert told == sorted(set(told))


async def test_one_long_verdict_shows_that_it_is_alive(client: Client) -> None:
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    given = {"verifier": "test/sleep", "response": "", "answer": 1.5}
    await client.call_tool("verify", given, progress_callback=note)
    assert "judging" in told


# ── tasks and sessions ───────────────────────────────────────────────────────────────────────────


async def test_a_task_is_made_and_judged_by_its_id(client: Client) -> None:
    task = await call(client, "generate_task", env="math/linear", difficulty=1)
    right = str(_solved(task["prompt"][-1]["content"]))
    assert (await call(client, "verify", task=task["task"], response=right))["outcome"] == "correct"
    wrong = await call(client, "verify", task=task["task"], response="1000")
    assert (wrong["outcome"], wrong["detail"]) == ("incorrect", {})


async def test_a_session_is_played_to_its_end_and_then_takes_no_more(client: Client) -> None:
    task = await call(client, "generate_task", env="math/linear")
    opened = await call(client, "open_session", task=task["task"])
    assert opened["observation"] == task["prompt"]
    action = str(_solved(opened["observation"][-1]["content"]))
    acted = await call(client, "act", session=opened["session"], action=action)
    assert acted["over"]
    assert acted["verdict"]["outcome"] == "correct"
    assert "over" in await refusal(client, "act", session=opened["session"], action=action)


async def test_a_session_of_an_environment_is_closed_before_its_end(client: Client) -> None:
    opened = await call(client, "open_session", env="logic/countdown", difficulty=2)
    assert await call(client, "close_session", session=opened["session"]) == {"closed": True}
    assert await refusal(client, "act", session=opened["session"], action="1")


def _solved(prompt: str) -> float:
    """x of ``Solve 3x-20=4 for x``, by reading the prompt only."""
    found = re.search(r"Solve (\d+)x([+-]\d+)=(-?\d+) for", prompt)
    assert found, prompt
    a, b, c = map(int, found.groups())
    return (c - b) / a


async def test_the_same_seed_is_the_same_task_and_no_seed_is_a_new_one(client: Client) -> None:
    asked = {"env": "logic/countdown", "difficulty": 3}
    same = [await call(client, "generate_task", **asked, seed=5) for _ in range(2)]
    assert same[0] == same[1]
    new = [await call(client, "generate_task", **asked) for _ in range(2)]
    assert new[0]["task"] != new[1]["task"]


async def test_nothing_of_a_tasks_answer_reaches_who_acts(client: Client) -> None:
    task = await call(client, "generate_task", env="test/secretive")
    opened = await call(client, "open_session", task=task["task"])
    acted = await call(client, "act", session=opened["session"], action="a guess")
    judged = await call(client, "verify", task=task["task"], response="a guess")
    item = {"task": task["task"], "response": "a guess"}
    batch = await call(client, "verify_batch", items=[item])
    assert acted["verdict"]["outcome"] == judged["outcome"] == "incorrect"
    for told in (task, opened, acted, judged, batch):
        assert misbehaving.SECRET not in str(told)
        assert {"answer", "seed", "certificate", "metadata"}.isdisjoint(_keys(told))


async def test_what_a_player_is_to_find_out_is_not_drawn(client: Client) -> None:
    task = await call(client, "generate_task", env="logic/maze_walk")
    assert task["rendering"] == task["prompt"][-1]["content"]


def _keys(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*map(_keys, inner))


# ── programs ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("sandbox")
async def test_a_program_is_run(client: Client) -> None:
    result = await call(client, "run_code", source="print(input()[::-1])", stdin="yassa")
    assert (result["status"], result["stdout"]) == ("ok", "assay\n")
    result = await call(client, "run_code", source="import sys; sys.exit(3)")
    assert (result["status"], result["exit_code"]) == ("nonzero_exit", 3)


@pytest.mark.usefixtures("sandbox")
async def test_a_sandbox_keeps_its_state_between_cells(client: Client) -> None:
    name = (await call(client, "open_sandbox"))["sandbox"]
    await call(client, "run_cell", sandbox=name, source="x = 41")
    assert (await call(client, "run_cell", sandbox=name, source="x + 1"))["stdout"] == "42\n"
    await call(client, "close_sandbox", sandbox=name)
    assert await refusal(client, "run_cell", sandbox=name, source="x")


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("verify", {"verifier": "math", "answer": "1"}, "response: Field required"),
    ("verify", {"verifier": "mth", "response": "1", "answer": "1"}, "math"),
    ("verify", {"response": "1", "answer": "1"}, "verifier"),
    ("verify", {"task": "forged.id", "response": "1"}, "no such task"),
    ("verify_batch", {"items": "all"}, "items: Input should be a valid list"),
    ("generate_task", {"env": "logic/cuontdown"}, "logic/countdown"),
    ("generate_task", {"env": "logic/countdown", "difficulty": 9}, "difficulty: Input should be"),
    ("generate_task", {"env": "logic/countdown", "include_answers": True}, "unknown; known: env"),
    ("open_session", {}, "give either task"),
    ("open_session", {"env": "math/linear", "task": "x"}, "give either task"),
    ("act", {"session": "nobody's", "action": "1"}, "no such session"),
    ("run_code", {"source": "1", "language": "cobol"}, "cobol"),
    ("run_code", {"source": "1", "limits": {"wall_s": -1}}, "limits.wall_s: Input should be"),
    ("run_cell", {"sandbox": "nobody's", "source": "1"}, "no such"),
]


@pytest.mark.parametrize(("tool", "arguments", "told"), MISTAKES)
async def test_a_mistake_is_told_so_that_a_model_can_mend_it(
    client: Client, tool: str, arguments: dict[str, Any], told: str
) -> None:
    message = await refusal(client, tool, **arguments)
    assert told in message
    assert "Traceback" not in message
    assert "pydantic" not in message


async def test_a_tool_that_does_not_exist_is_an_error_of_the_protocol(client: Client) -> None:
    with pytest.raises(MCPError, match="there are: list_verifiers"):
        await client.call_tool("no_such_tool", {})


async def test_a_bug_inside_is_told_without_what_it_knew(client: Client) -> None:
    told = await client.call_tool(
        "verify", {"verifier": "test/broken", "response": "a", "answer": "b"}
    )
    assert misbehaving.SECRET not in str(told)


async def test_a_cancelled_call_ends_its_work(client: Client, tmp_path: Path) -> None:
    note = tmp_path / "note"
    given = {"verifier": "test/sleep", "response": str(note), "answer": 50}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await client.call_tool("verify", given)
    async with asyncio.timeout(PATIENCE_S / 2):
        while not note.exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    assert (await call(client, "verify", verifier="math", response="1", answer="1"))["score"] == 1.0
