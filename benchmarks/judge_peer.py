"""The peer of ``benchmarks/judge.py``: a fresh ``subprocess`` for every test, as trainers judge.

    python judge_peer.py < work.json

``{"in_flight": n, "problems": [[[source, stdin, stdout or null], ...], ...]}`` comes in: the tests
of each problem one after another, ``n`` problems at a time. A test passes where the process exits
with 0 and its output, blanks at the ends of lines aside, is ``stdout``. Out goes ``{"wall_s",
"cpu_s", "seconds": [per problem], "passed": problems}``. It imports the standard library alone, so
that programs of others can be given to it inside a sandbox.
"""

import json
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def passes(source: str, given: str, wanted: str | None) -> bool:
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    told = wanted is None or done.stdout.split() == wanted.split()
    return done.returncode == 0 and told


def judged(tests: list[tuple[str, str, str | None]]) -> tuple[float, bool]:
    started = time.perf_counter()
    passed = all([passes(*test) for test in tests])
    return time.perf_counter() - started, passed


def cpu_s() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def main() -> None:
    work = json.load(sys.stdin)
    before, started = cpu_s(), time.perf_counter()
    with ThreadPoolExecutor(work["in_flight"]) as pool:
        found = list(pool.map(judged, work["problems"]))
    record = {
        "wall_s": time.perf_counter() - started,
        "cpu_s": cpu_s() - before,
        "seconds": [seconds for seconds, _ in found],
        "passed": sum(passed for _, passed in found),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
