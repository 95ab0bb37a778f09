"""verl's client of SandboxFusion, replayed: what it sends, when it sends again, how it reads.

By ``verl/utils/reward_score/sandbox_fusion/utils.py`` of verl 0.9.1, in our words. A case is True,
False, or -1 (nothing to be had from the server), -2 (failed), -3 (too slow), -4 (did not compile).
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

ATTEMPTS = 3
Case = bool | int


def call(
    url: str,
    code: str,
    stdin: str | None,
    *,
    language: str = "python",
    timeout: float = 10,
    memory_mib: int = 1024,
    sleep: Callable[[float], object],
) -> Mapping[str, Any] | None:
    """One request; after 504, and after that only, again, twice at most, 1 and 2 seconds later."""
    payload = {
        "compile_timeout": timeout,
        "run_timeout": timeout,
        "code": code,
        "stdin": stdin,
        "memory_limit_MB": memory_mib,
        "language": language,
        "files": {},
        "fetch_files": [],
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, json.dumps(payload).encode(), headers)  # noqa: S310
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=2 * timeout + 10) as reply:  # noqa: S310
                read: Mapping[str, Any] = json.load(reply)
                return read
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 504:
                return None
            if attempt < ATTEMPTS - 1:
                sleep(attempt + 1)
        except OSError:
            return None
    return None


def judged(reply: Mapping[str, Any] | None, expected: str | None) -> Case:
    """What it makes of a reply."""
    if reply is None or reply["status"] == "SandboxError":
        return -1
    compiled, ran = reply["compile_result"], reply["run_result"]
    if reply["status"] == "Failed":
        if compiled and (compiled["status"] != "Finished" or compiled["return_code"] != 0):
            return -4
        if ran and ran["status"] == "TimeLimitExceeded":
            return -3
        if ran and (ran["status"] == "Error" or ran["return_code"] != 0):
            return -2
        return -1
    if reply["status"] != "Success" or not ran or ran["status"] != "Finished":
        return -1
    stdout = ran["stdout"] or ""
    return expected is None or stdout.rstrip("\n") == str(expected).rstrip("\n")


def check(
    url: str,
    tests: Mapping[str, Any],
    program: str,
    sleep: Callable[[float], object] = lambda seconds: None,
    **how: Any,
) -> list[Case]:
    """What it makes of a program; after the first case that does not compile, all are -4."""
    asserts = tests.get("assert_case", [""] * len(tests["inputs"]))
    found = []
    for given, wanted, test in zip(tests["inputs"], tests["outputs"], asserts, strict=True):
        code = f"{program}\n\n{test}"
        if "fn_name" in tests:
            code = _WRAPPER.replace("PROGRAM", code).replace("NAME", tests["fn_name"])
        reply = call(url, code, None if given is None else str(given), sleep=sleep, **how)
        found.append(judged(reply, wanted))
    if -4 in found:
        found[found.index(-4) :] = [-4] * (len(found) - found.index(-4))
    return found


_WRAPPER = """
import json, sys, traceback
from typing import *

PROGRAM

def _execute():
    raw = sys.stdin.read()
    try:
        args = [json.loads(line) for line in raw.split("\\n")] if raw.strip() else []
        if "NAME" in globals():
            target = globals()["NAME"]
        else:
            target = getattr(Solution(), "NAME")
        return target(*args), False
    except Exception:
        sys.stderr.write(traceback.format_exc())
        return None, True

result, failed = _execute()
if not failed:
    as_json = isinstance(result, (dict, list, tuple, bool)) or result is None
    print(json.dumps(result) if as_json else str(result))
"""
