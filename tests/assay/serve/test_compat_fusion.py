"""SandboxFusion's door, as its own clients knock at it."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from assay.serve import compat
from assay.serve.errors import Late, Refused, ServiceError, TooMany, Unavailable
from assay.serve.models import JobRequest, ResultModel
from assay_sandbox.languages import available
from tests.assay.serve import verl_client

RUN_KEYS = {"status", "message", "compile_result", "run_result", "executor_pod_name", "files"}
COMMAND_KEYS = {"status", "execution_time", "return_code", "stdout", "stderr"}
MAKING_S = 180.0  # a sandbox of which no template is in the cache
ADD_ONE = "print(int(input()) + 1)"


def post(url: str, record: Any) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON and headers of the reply; ``record`` goes as it is where it is bytes."""
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            return reply.status, json.load(reply), dict(reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


def run(server: str, code: str, language: str = "python", **fields: Any) -> Any:
    """The reply; asked for again, as clients do, while the language's sandbox is being made."""
    asked = {"code": code, "language": language, **fields}
    ends = time.monotonic() + MAKING_S
    status, reply, headers = post(f"{server}/run_code", asked)
    while status == 504 and "is being made" in reply["detail"] and time.monotonic() < ends:
        time.sleep(float(headers["Retry-After"]))
        status, reply, headers = post(f"{server}/run_code", asked)
    assert status == 200, reply
    assert set(reply) == RUN_KEYS
    for part in ("compile_result", "run_result"):
        assert reply[part] is None or set(reply[part]) == COMMAND_KEYS
    return reply


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


# ── /run_code ────────────────────────────────────────────────────────────────────────────────────


def test_ping(server: str) -> None:
    with urllib.request.urlopen(f"{server}/v1/ping", timeout=10) as reply:  # noqa: S310
        assert json.load(reply) == "pong"


def test_a_program_that_ends_well(server: str) -> None:
    reply = run(server, "import sys; print(input()); print('e', file=sys.stderr)", stdin="hi")
    assert (reply["status"], reply["message"], reply["compile_result"]) == ("Success", "", None)
    ran = reply["run_result"]
    assert (ran["status"], ran["return_code"]) == ("Finished", 0)
    assert (ran["stdout"], ran["stderr"]) == ("hi\n", "e\n")
    assert 0 < ran["execution_time"] < 10


FAILING = [
    ("exit", "raise SystemExit(7)", {}, "Finished", 7, ""),
    ("crash", "1/0", {}, "Finished", 1, "ZeroDivisionError"),
    ("signal", "import os; os.kill(os.getpid(), 6)", {}, "Finished", -6, ""),
    ("slow", "while True: pass", {"run_timeout": 0.3}, "TimeLimitExceeded", None, ""),
    ("memory", "bytearray(1 << 30)", {"memory_limit_MB": 64}, "Finished", None, "emory"),
    ("flood", "while True: print('x' * 999)", {}, "Finished", -9, "limit of 4194304 bytes"),
]


@pytest.mark.parametrize("case", FAILING, ids=[case[0] for case in FAILING])
def test_a_program_that_fails_is_failed_and_never_an_error(server: str, case: Any) -> None:
    _, code, fields, status, exit_code, stderr = case
    reply = run(server, code, **fields)
    ran = reply["run_result"]
    assert (reply["status"], ran["status"]) == ("Failed", status)
    assert stderr in ran["stderr"]
    assert ran["return_code"] == exit_code or (exit_code is None and ran["return_code"] != 0)
    assert len(ran["stdout"]) <= 4 << 20


PROGRAMS = {
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n + 1; }",
    "bash": "read n; echo $((n + 1))",
    "nodejs": "console.log(Number(require('fs').readFileSync(0)) + 1)",
    "java": "public class Main { public static void main(String[] a) {"
    " System.out.println(new java.util.Scanner(System.in).nextInt() + 1); } }",
    "go": 'package main\nimport "fmt"\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(n+1) }',
}
OURS = {"nodejs": "javascript"}


@pytest.mark.parametrize("language", PROGRAMS)
def test_their_names_of_languages(server: str, language: str) -> None:
    found = available()[OURS.get(language, language)]
    if not found.ok:
        pytest.skip(found.detail)
    how = {"run_timeout": 30, "compile_timeout": 60}  # it may be the first of its kind
    reply = run(server, PROGRAMS[language], language, stdin="41", **how)
    assert reply["status"] == "Success", reply
    assert reply["run_result"]["stdout"].strip() == "42"
    is_compiled = language in ("cpp", "go", "java")
    assert (reply["compile_result"] is not None) == is_compiled
    assert not is_compiled or reply["compile_result"]["return_code"] == 0


@pytest.mark.skipif(not available()["cpp"].ok, reason="no C++ compiler")
def test_what_does_not_compile(server: str) -> None:
    reply = run(server, "int main( {", "cpp", compile_timeout=60)
    assert (reply["status"], reply["run_result"]) == ("Failed", None)
    compiled = reply["compile_result"]
    assert (compiled["status"], compiled["return_code"]) == ("Finished", 1)
    assert "error" in compiled["stderr"]


@pytest.mark.skipif(not available()["cpp"].ok, reason="no C++ compiler")
def test_what_takes_too_long_to_compile(server: str) -> None:
    source = f"#include <regex>\nint main() {{ return 0; }} // {id(server)}"
    reply = run(server, source, "cpp", compile_timeout=0.05)
    assert (reply["status"], reply["run_result"]) == ("Failed", None)
    assert reply["compile_result"]["status"] == "TimeLimitExceeded"


def test_files_come_in_and_go_out(server: str) -> None:
    code = "data = open('in/a.bin', 'rb').read(); open('out.bin', 'wb').write(data * 2)"
    reply = run(
        server,
        code,
        files={"in/a.bin": coded(b"\xff\x00"), "empty": "", "absent": None},
        fetch_files=["out.bin", "empty", "absent", "nowhere"],
    )
    assert reply["status"] == "Success", reply
    assert reply["files"] == {"out.bin": coded(b"\xff\x00" * 2), "empty": ""}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"language": "lua"}, "lua"),
        ({"language": "D_ut"}, "D_ut"),
        ({"files": {"a": "%"}}, "base64"),
        ({"files": {"../a": ""}}, "../a"),
        ({"fetch_files": ["/etc/passwd"]}, "/etc/passwd"),
    ],
)
def test_what_cannot_be_run_here_is_a_sandbox_error(
    server: str, fields: dict[str, Any], said: str
) -> None:
    reply = run(server, "print(1)", **fields)
    assert (reply["status"], reply["run_result"]) == ("SandboxError", None)
    assert said in reply["message"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"language": "python"}, ["body", "code"]),
        ({"code": "", "language": "klingon"}, ["body", "language"]),
        ({"code": "", "language": "python", "run_timeout": "soon"}, ["body", "run_timeout"]),
        ({"code": "", "language": "python", "run_timeout": -1}, ["body", "run_timeout"]),
        ([], ["body"]),
        (b"{", ["body"]),
    ],
)
def test_what_is_no_request_is_422_as_of_fastapi(server: str, body: Any, where: Any) -> None:
    status, reply, _ = post(f"{server}/run_code", body)
    assert (status, reply["detail"][0]["loc"]) == (422, where)
    assert set(reply["detail"][0]) >= {"type", "loc", "msg"}


def test_fields_of_a_later_version_are_let_pass(server: str) -> None:
    assert run(server, "print(1)", args=["-v"], novelty=3)["status"] == "Success"


# ── verl's client ────────────────────────────────────────────────────────────────────────────────

ADD = {"inputs": ["1\n", "5"], "outputs": ["2\n", "6"]}
CALLS = {"inputs": ["1\n2", "[1, 2]\n[3]"], "outputs": ["3", "[1, 2, 3]"], "fn_name": "joined"}
ASSERTS = {"inputs": ["", ""], "outputs": [None, None], "assert_case": ["assert f(1) == 2", "f(x)"]}
VERL = [
    ("right", ADD, ADD_ONE, {}, [True, True]),
    ("wrong", ADD, "print(int(input()) * 2)", {}, [True, False]),
    ("crash", ADD, "x", {}, [-2, -2]),
    ("slow", ADD, "while True: pass", {"timeout": 0.3}, [-3, -3]),
    ("function", CALLS, "def joined(a, b):\n    return a + b", {}, [True, True]),
    (
        "method",
        CALLS,
        "class Solution:\n    def joined(self, a, b):\n        return a + b",
        {},
        [True] * 2,
    ),
    ("no such function", CALLS, "def sub(a, b): ...", {}, [False, False]),
    ("asserts", ASSERTS, "def f(x):\n    return x + 1", {}, [True, -2]),
    ("no such language", ADD, "print(1)", {"language": "racket"}, [-1, -1]),
]


@pytest.mark.parametrize("case", VERL, ids=[case[0] for case in VERL])
def test_verls_client_reads_what_it_should(server: str, case: Any) -> None:
    _, tests, program, how, expected = case
    assert verl_client.check(f"{server}/run_code", tests, program, **how) == expected


@pytest.mark.parametrize("case", VERL, ids=[case[0] for case in VERL])
def test_verl_itself_reads_what_it_should(server: str, case: Any) -> None:
    utils = pytest.importorskip(
        "verl.utils.reward_score.sandbox_fusion.utils", reason="verl is not installed"
    )
    _, tests, program, how, expected = case
    found, _ = utils.check_correctness(f"{server}/run_code", tests, program, **how)
    assert found == expected


@pytest.mark.skipif(not available()["cpp"].ok, reason="no C++ compiler")
def test_after_a_compile_error_verl_gives_up_on_the_rest(server: str) -> None:
    url = f"{server}/run_code"
    assert verl_client.check(url, ADD, "int main(", language="cpp") == [-4, -4]


# ── a server that has no room, or loses programs ─────────────────────────────────────────────────

Outcome = ServiceError | str


@contextmanager
def pretending(outcomes: list[Outcome]) -> Iterator[str]:
    """The doors over a service whose runs end as told, the last outcome over and over."""

    async def run_job(job: JobRequest, **how: Any) -> ResultModel:
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, ServiceError):
            raise outcome
        return ResultModel(status=outcome, exit_code=0, stdout="2\n", error="gone")

    loop, up, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    url = [""]

    async def serve() -> None:
        app = web.Application(middlewares=[compat.overload_as_504])
        app.add_routes(compat.routes(SimpleNamespace(run=run_job)))  # type: ignore[arg-type]
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url[0] = "http://{}:{}".format(*runner.addresses[0])
        up.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    up.wait()
    try:
        yield url[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


REFUSALS: list[Callable[[], ServiceError]] = [
    lambda: TooMany("the queue is full", 3.0),
    lambda: Late("no slot in time"),
    lambda: Unavailable("the server is stopping", 5.0),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_no_room_is_504_which_verl_alone_tries_again(
    refusal: Callable[[], ServiceError],
) -> None:
    slept: list[float] = []
    one = {"inputs": ["1"], "outputs": ["2"]}
    with pretending([refusal(), refusal(), "ok"]) as url:
        assert verl_client.check(f"{url}/run_code", one, ADD_ONE, slept.append) == [True]
    assert slept == [1, 2]
    with pretending([refusal()]) as url:
        status, _, headers = post(f"{url}/run_code", {"code": "", "language": "python"})
        assert (status, int(headers["Retry-After"]) >= 1) == (504, True)


def test_a_program_that_the_sandbox_lost_is_run_once_more() -> None:
    with pretending(["sandbox_failed", "ok"]) as url:
        assert run(url, ADD_ONE)["status"] == "Success"
    with pretending(["sandbox_failed"]) as url:
        reply = run(url, ADD_ONE)
    assert (reply["status"], reply["message"]) == ("SandboxError", "gone")
    assert reply["run_result"]["status"] == "Error"


@pytest.mark.parametrize("never", [Refused("not so"), Unavailable("no sandbox", None)])
def test_what_will_never_work_is_said_at_once(never: ServiceError) -> None:
    with pretending([never]) as url:
        assert run(url, ADD_ONE)["message"] == str(never)


def test_a_submission_that_was_not_judged_is_no_wrong_answer() -> None:
    with pretending(["sandbox_failed"]) as url:
        assert post(f"{url}/submit", submission("```python\nx\n```"))[0] == 504


# ── /submit ──────────────────────────────────────────────────────────────────────────────────────


def cases_of(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"input": {"stdin": given}, "output": {"stdout": wanted}} for given, wanted in pairs]


def submission(completion: str, tests: Any = None, **config: Any) -> dict[str, Any]:
    row = {
        "id": 5,
        "content": "add one",
        "labels": {},
        "test": tests or cases_of(("1", "2"), ("41\n", "42\n")),
        "canonical_solution": {},
    }
    settings = {"dataset_type": "CommonOJDataset", "language": "python", "provided_data": row}
    return {
        "dataset": "any",
        "id": 5,
        "completion": completion,
        "config": {**settings, **config},
    }


def submit(server: str, *args: Any, **config: Any) -> Any:
    status, reply, _ = post(f"{server}/submit", submission(*args, **config))
    assert status == 200, reply
    return reply


def test_a_right_submission(server: str) -> None:
    reply = submit(server, f"So:\n```python\n{ADD_ONE}\n```\n")
    assert reply["accepted"] is True
    assert set(reply) == {
        "id",
        "accepted",
        "extracted_code",
        "full_code",
        "test_code",
        "tests",
        "extracted_type",
        "extra",
    }
    assert (reply["id"], reply["extracted_code"]) == (5, ADD_ONE)
    assert reply["extracted_type"] == "fenced"
    [first, _] = reply["tests"]
    assert set(first) == {"passed", "exec_info", "test_info"}
    assert set(first["exec_info"]) == RUN_KEYS
    assert first["exec_info"]["run_result"]["stdout"] == "2\n"
    assert first["test_info"] == {"input": {"stdin": "1"}, "output": {"stdout": "2"}}


WRONG = [
    ("another number", "print(int(input()))", None),
    ("one off in a large number", "print(1000000006)", cases_of(("", "1000000007"))),
    ("nearly, as floats go", "print(123457)", cases_of(("", "123456"))),
    ("the wrong case", "print('yes')", cases_of(("", "YES"))),
    ("an inner blank", "print('a  b')", cases_of(("", "a b"))),
    ("right, but it crashes", "print(2); 1/0", cases_of(("", "2"))),
    ("an exit that looks well", "raise SystemExit(0)", None),
    ("nothing at all", "", None),
]


@pytest.mark.parametrize("case", WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_submission(server: str, case: Any) -> None:
    _, program, tests = case
    reply = submit(server, f"```python\n{program}\n```", tests)
    assert reply["accepted"] is False
    assert [test["passed"] for test in reply["tests"]] == [False]


def test_all_cases_are_run_where_that_is_wanted(server: str) -> None:
    tests = cases_of(("1", "no"), ("41", "42"))
    program = f"```python\n{ADD_ONE}\n```"
    reply = submit(server, program, tests, extra={"run_all_cases": True})
    assert [test["passed"] for test in reply["tests"]] == [False, True]
    assert reply["accepted"] is False


def test_tests_may_be_text_and_rows_a_list(server: str) -> None:
    row = {"id": 5, "test": json.dumps(cases_of(("1", "2")))}
    reply = submit(server, ADD_ONE, provided_data=[{"id": 4, "test": "[]"}, row])
    assert (reply["accepted"], reply["extracted_type"]) == (True, "heuristic")


def test_streams_may_be_files(server: str) -> None:
    tests = [{"input": {"in.txt": "1"}, "output": {"out.txt": "2\n"}}]
    program = "n = int(open('in.txt').read()); open('out.txt', 'w').write(str(n + 1))"
    assert submit(server, program, tests)["accepted"] is True
    assert submit(server, "print(2)", tests)["accepted"] is False


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"provided_data": None}, "provided_data"),
        ({"provided_data": {"id": 6, "test": []}}, "5"),
        ({"provided_data": {"id": 5, "test": "assert f(1)"}}, "CommonOJDataset"),
        ({"provided_data": {"id": 5, "test": []}}, "no test"),
        ({"language": None}, "language"),
        ({"language": "klingon"}, "klingon"),
        ({"custom_extract_logic": "import os"}, "custom_extract_logic"),
    ],
)
def test_what_cannot_be_judged_is_422(server: str, config: dict[str, Any], said: str) -> None:
    status, reply, _ = post(f"{server}/submit", submission(ADD_ONE, **config))
    assert status == 422
    assert said in reply["detail"][0]["msg"]


def test_a_completion_that_was_cut_off(server: str) -> None:
    reply = submit(server, f"```python\n{ADD_ONE}")
    assert reply["extracted_type"] == "incomplete_fenced"
    assert submit(server, "")["extracted_type"] == "empty"
