"""What runs in the sandbox around a candidate function: call it per test, write down the values.

It follows the text of ``codec.py`` in one program (whose names it uses), reads ``candidate.py`` and
``inputs.json`` from the working directory and writes one JSON line per test to ``values.jsonl``:
``{"test": n, "value": tree, "seconds": s}`` or ``{"test": n, "error": kind, "message": text}``.

It knows no expected value and decides nothing. The candidate shares this process and may break all
of it; the host then reads wrong values or none.
"""

import json
import os
import sys
import time
import types


def _run_candidate() -> None:
    # what is needed later is taken now, before the candidate could replace it
    write, dumps, clock, leave = os.write, json.dumps, time.perf_counter, os._exit
    to_tree, from_tree, cannot_carry = encode, decode, CannotCarry  # type: ignore[name-defined]  # noqa: F821
    with open("inputs.json", encoding="utf-8") as file:
        inputs = json.load(file)
    with open("candidate.py", encoding="utf-8") as file:
        source = file.read()
    values = os.open("values.jsonl", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def report(**record: object) -> None:
        write(values, dumps(record).encode() + b"\n")

    def failed(test: int, kind: str, error: BaseException) -> None:
        report(test=test, error=kind, message=f"{type(error).__name__}: {error}"[:300])

    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    try:
        program = compile(source, "candidate.py", "exec")
    except BaseException as error:
        failed(-1, "compile_error", error)
        leave(0)
    try:
        exec(program, module.__dict__)  # noqa: S102 - this is the sandbox
    except BaseException as error:
        failed(-1, "runtime_error", error)
        leave(0)
    function = module.__dict__.get(inputs["name"])
    if function is None:
        failed(-1, "malformed", NameError(f"no {inputs['name']} is defined"))
        leave(0)
    for test, case in enumerate(inputs["tests"]):
        started = clock()
        try:
            arguments, keywords = from_tree(case["args"]), from_tree(case.get("kwargs", {}))
            value = to_tree(function(*arguments, **keywords))
            report(test=test, value=value, seconds=clock() - started)
        except cannot_carry as error:
            failed(test, "wrong_type", error)
        except BaseException as error:
            failed(test, "runtime_error", error)
    leave(0)


_run_candidate()
