"""What runs in the sandbox around a candidate function.

It reads ``candidate.py`` and ``inputs.json``:
``{"name", "wall_s", "cpu_s", "longest", "stop_early", "alone", "tests": [{"args", "kwargs"}]}``.
This process compiles the candidate and never runs it. It forks a child that runs the candidate's
text, calls the function for one test after another and sends each value back through a pipe. A
child that is late in a test or ends there is killed with all that it started, and another goes on
with the next test. With ``alone`` every test has a child to itself, so that none sees what another
did; a fork is dear where the kernel is not the host's, so the host asks for that only where it
matters (``code/function.py``).

For each test two lines go to standard output, which no child holds. The first is this process's
own: ``{"seconds": s}``, with ``"error"`` and ``"message"`` where nothing came. The second is what
the child sent, honestly ``{"value": tree}`` or ``{"error": kind, "message": text}``, but it may be
anything. A program that does not compile gives one first line, of ``compile_error``, and no other.

An argument ``{"$": "callable", "v": expression}`` is the value of a Python expression of the test's
author (a lambda), made afresh for each test.

It knows no expected value and decides nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import resource
import select
import signal
import struct
import sys
import time
import types
from typing import Any, NoReturn, TypeAlias

from assay_verifiers.codec import CannotCarry, decode_tagged, encode

_Call: TypeAlias = "tuple[list[Any], dict[str, Any]]"

_PR_SET_DUMPABLE = 4
_ENDING_S = 1.0


def main() -> NoReturn:
    """Serve the tests of ``inputs.json`` and end."""
    report = os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDWR), 1)
    # nothing of the candidate may open what belongs to this process
    ctypes.PyDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    with open("inputs.json", encoding="utf-8") as file:
        inputs = json.load(file)
    with open("candidate.py", encoding="utf-8") as file:
        source = file.read()
    os.remove("inputs.json")
    try:
        program = compile(source, "candidate.py", "exec", dont_inherit=True)
    except BaseException as error:
        _write(report, _header(0.0, "compile_error", _told(error)))
        os._exit(0)
    calls = [_call(case) for case in inputs["tests"]]
    done = 0
    while done < len(calls):
        most = 1 if inputs["alone"] else len(calls) - done
        run = _run(calls[done : done + most], inputs, program, report)
        done += run
        if run < most and inputs["stop_early"]:
            break
    os._exit(0)


def _call(case: dict[str, Any]) -> _Call | Exception:
    """A test's arguments, or what making them raised."""
    try:
        arguments = [_argument(tree) for tree in case["args"]]
        return arguments, {key: _argument(tree) for key, tree in case.get("kwargs", {}).items()}
    except Exception as error:
        return error


def _header(seconds: float, error: str = "", message: str = "") -> bytes:
    record: dict[str, object] = {"seconds": round(seconds, 6)}
    if error:
        record.update(error=error, message=message)
    return json.dumps(record).encode() + b"\n"


def _run(
    calls: list[_Call | Exception], inputs: dict[str, Any], program: types.CodeType, report: int
) -> int:
    """Run a child until it has done ``calls`` or fails; how many tests have their two lines."""
    if isinstance(calls[0], Exception):
        _write(report, _header(0.0, "bad_gold", _told(calls[0])) + b"\n")
        return 1
    ready = [
        call
        for call in itertools.takewhile(lambda each: not isinstance(each, Exception), calls)
        if not isinstance(call, Exception)
    ]
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.close(report)
        os.dup2(1, 2)
        _child(inputs, program, ready, into)
    os.close(into)
    done, data, seconds = 0, bytearray(), 0.0
    sent: bytes | None = b""
    while done < len(ready):
        started = time.monotonic()
        sent = _read(out, data, inputs["longest"], started + inputs["wall_s"])
        seconds = time.monotonic() - started
        if not sent:
            break
        done += 1
        _write(report, _header(seconds) + sent.replace(b"\n", b" ") + b"\n")
    os.close(out)
    status = _end_all(pid, patient=sent == b"")
    if done < len(ready):
        _write(report, _failed(sent, seconds, inputs["wall_s"], status) + b"\n")
        done += 1
    return done


def _failed(sent: bytes | None, seconds: float, wall_s: float, status: int) -> bytes:
    """The first line of a test whose child did not answer."""
    if sent is None or seconds > wall_s or status == -signal.SIGXCPU:
        return _header(seconds, "time_limit", "the call took too long")
    ended = f"signal {-status}" if status < 0 else f"exit code {status}"
    return _header(seconds, "runtime_error", f"the process ended in the call: {ended}")


def _read(out: int, data: bytearray, longest: int, deadline: float) -> bytes | None:
    """The next thing that the child sent: nothing if it ended first, None if it took too long.

    ``data`` holds what was read beyond it, for the next call.
    """
    poller = select.poll()
    poller.register(out, select.POLLIN)
    wanted = 4
    while True:
        if len(data) >= 4:
            wanted = 4 + min(struct.unpack(">I", data[:4])[0], longest + 1)
        if len(data) >= wanted:
            sent = bytes(data[4:wanted])
            del data[:wanted]
            return sent
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            return None
        part = os.read(out, 1 << 16)
        if not part:
            return b""
        data += part


def _end_all(pid: int, *, patient: bool) -> int:
    """Kill all that the test left, and say how its own process ended."""
    status, ended = 0, False
    deadline = time.monotonic() + (_ENDING_S if patient else 0.0)
    while not ended and time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        ended = done == pid
        if not ended:
            time.sleep(0.001)
    try:
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            done, last = os.waitpid(-1, 0)
            status = last if done == pid and not ended else status
    except ChildProcessError:
        return os.waitstatus_to_exitcode(status)


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:300]
    except BaseException:
        return type(error).__name__[:300]


def _argument(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_argument(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "$" not in tree:
        return {key: _argument(item) for key, item in tree.items()}
    if tree["$"] == "callable":
        return eval(tree["v"], {})  # noqa: S307 - the test author's, in the sandbox
    return decode_tagged(tree["$"], _argument(tree["v"]))


def _child(
    inputs: dict[str, Any], program: types.CodeType, calls: list[_Call], into: int
) -> NoReturn:
    """Load, call, send. The candidate may break all of this; it is not believed anyway."""
    write, dumps, pack, leave, tell = os.write, json.dumps, struct.pack, os._exit, _told
    to_tree, cannot_carry, absent = encode, CannotCarry, _Absent
    usage, limit = resource.getrusage, resource.setrlimit
    who, which = resource.RUSAGE_SELF, resource.RLIMIT_CPU
    share = -int(-inputs["cpu_s"] // 1)
    hard = resource.getrlimit(which)[1]  # of the job, smaller where all tests have a limit
    most = share * len(calls) + 1
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    function: Any = None

    def result(arguments: list[Any], keywords: dict[str, Any]) -> dict[str, object]:
        nonlocal function
        try:
            function = function or _load(program, inputs["name"])
            return {"value": to_tree(function(*arguments, **keywords))}
        except absent as error:
            return {"error": "malformed", "message": tell(error)}
        except cannot_carry as error:
            return {"error": "wrong_type", "message": tell(error)}
        except MemoryError:
            return {"error": "memory_limit", "message": "MemoryError"}
        except BaseException as error:
            return {"error": "runtime_error", "message": tell(error)}

    for arguments, keywords in calls:
        used = usage(who)
        limit(which, (min(int(used.ru_utime + used.ru_stime) + share, most), most))
        data = dumps(result(arguments, keywords)).encode()
        view = memoryview(pack(">I", len(data)) + data)
        while view:
            view = view[write(into, view) :]
    leave(0)


def _load(program: types.CodeType, name: str) -> Any:
    """The function of a dotted name; ``_Absent`` where the candidate has none."""
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    sys.argv[:] = ["candidate.py"]
    exec(program, module.__dict__)  # noqa: S102 - this is the sandbox
    found: Any = module
    for part in name.split("."):
        if isinstance(found, type):
            found = found()
        if not hasattr(found, part):
            raise _Absent(f"no {name} is defined")
        found = getattr(found, part)
    return found


class _Absent(Exception):
    """The candidate lacks the function."""
