"""How many verdicts a second does the service give, how late, and what does it do when swamped?

    python benchmarks/service.py                         the whole table; some minutes
    python benchmarks/service.py --peer-python PYTHON    OpenEnv beside it, in the same run
    python benchmarks/service.py --quick                 a second for each figure
    python benchmarks/service.py --write                 docs/results/service.md and .json as well

How it works. ``assay serve`` runs as a process of its own, as anybody starts it; clients are
coroutines of this one, over loopback, on the same two cores. A client sends a request, waits for
the reply, checks every verdict in it against what it must be, and sends the next: single (one bare
verify line) or batched (64 of math, 8 of code). A figure is the median over rounds, its spread
their range. The peer is OpenEnv's server with the cheapest environment there can be, played by
OpenEnv's own client (``service_peer.py``) on the same two cores in the same run, with 1, 16 and 64
sessions; it has no batches, so a batched figure stands beside its best one, and so does that of 256
clients.

Overload: a server with a short queue, and 256 clients that never wait and never try again. Every
reply must be a right verdict or a 429 with ``Retry-After``; the memory of the server's processes is
watched, and ``/healthz`` asked, all along. It fails, with exit status 1, on any wrong verdict, any
other reply, any lost request.

What it does not show: networks, TLS, machines with more cores, responses of many pages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from service_items import Item, items

from assay import Client

_HERE = Path(__file__).resolve().parent
_DOCUMENT = _HERE.parent / "docs" / "results" / "service.md"
_PEER = "OpenEnv (openenv-core {}), reset and step over its WebSocket"
_CLIENTS = {"simple math": (1, 16, 64, 256), "mixed math": (1, 64), "code": (1, 16)}
_BATCHES = {"simple math": 64, "mixed math": 64, "code": 8}
_DEADLINE_S = 300.0
_PEER_SESSIONS = (1, 16, 64)
_WARM_S = 1.0
_COMMAND = "from assay.cli import main; main()"


class Wrong(RuntimeError):
    """A verdict, or a reply, that must not be."""


@dataclass
class Load:
    """What came of driving a server: seconds of each request, verdicts, and refusals."""

    took: list[float] = field(default_factory=list)
    verdicts: int = 0
    refused: int = 0
    wall_s: float = 0.0

    @property
    def per_s(self) -> float:
        return self.verdicts / self.wall_s

    def at_ms(self, share: float) -> float:
        ordered = sorted(self.took)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


# ── the server and its clients ───────────────────────────────────────────────────────────────────


@contextmanager
def server(*options: str) -> Iterator[tuple[str, psutil.Process]]:
    """``assay serve`` at a free port: its URL and its process."""
    command = [sys.executable, "-c", _COMMAND, "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://\S+", said)
            if found is None:
                raise RuntimeError(f"assay serve: {said}{process.stderr.read()}")
            yield found[0], psutil.Process(process.pid)
        finally:
            process.terminate()
            process.communicate()


async def drive(
    url: str, workload: str, clients: int, batch: int, seconds: float, *, seed: int = 0
) -> Load:
    """Clients that each send, wait, check and send again, for ``seconds``."""
    load = Load()
    ends = time.perf_counter() + seconds
    connector = aiohttp.TCPConnector(limit=clients)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def client(number: int) -> None:
            stream = items(workload, 1000 * seed + number)
            while time.perf_counter() < ends:
                await _ask(session, url, list(islice(stream, batch)), load)

        began = time.perf_counter()
        await asyncio.gather(*map(client, range(clients)))
        load.wall_s = time.perf_counter() - began
    return load


async def _ask(session: aiohttp.ClientSession, url: str, asked: Sequence[Item], load: Load) -> None:
    """One request; every verdict in its reply is checked."""
    lines = [item.line for item in asked]
    record = lines[0] if len(lines) == 1 else {"items": lines}
    body = json.dumps({**record, "deadline_s": _DEADLINE_S}).encode()
    began = time.perf_counter()
    async with session.post(f"{url}/v1/verify", data=body, headers=_JSON) as reply:
        text = await reply.read()
    took = time.perf_counter() - began
    if reply.status == 429:
        if "Retry-After" not in reply.headers:
            raise Wrong("a 429 without Retry-After")
        load.refused += 1
        return
    if reply.status != 200:
        raise Wrong(f"HTTP {reply.status}: {text[:200]!r}")
    came = json.loads(text)
    verdicts = [came] if len(lines) == 1 else came["items"]
    for item, verdict in zip(asked, verdicts, strict=True):
        if verdict.get("outcome") != item.outcome:
            raise Wrong(f"{item} was judged {verdict}")
    load.took.append(took)
    load.verdicts += len(verdicts)


_JSON = {"Content-Type": "application/json"}


async def drive_client(url: str, clients: int, seconds: float) -> Load:
    """The same through ``assay.Client``, awaited."""
    load = Load()
    ends = time.perf_counter() + seconds
    with Client(url, connections=clients) as client:

        async def one(number: int) -> None:
            for item in items("simple math", number):
                if time.perf_counter() >= ends:
                    return
                began = time.perf_counter()
                verdict = await client.averify(**item.line)
                load.took.append(time.perf_counter() - began)
                load.verdicts += 1
                if verdict.outcome != item.outcome:
                    raise Wrong(f"{item} was judged {verdict}")

        began = time.perf_counter()
        await asyncio.gather(*map(one, range(clients)))
        load.wall_s = time.perf_counter() - began
    return load


# ── the peer ─────────────────────────────────────────────────────────────────────────────────────


class Peer:
    """OpenEnv's server and client, run by another Python; without one there are no figures."""

    def __init__(self, python: Path | None) -> None:
        self._python = python
        self._figures: dict[int, list[float]] = {}

    @property
    def name(self) -> str | None:
        if self._python is None:
            return None
        code = "import importlib.metadata as m; print(m.version('openenv-core'))"
        done = subprocess.run(
            [self._python, "-c", code], capture_output=True, text=True, check=True
        )
        return _PEER.format(done.stdout.strip())

    def play(self, sessions: Sequence[int], seconds: float) -> None:
        """Measure it once more, with each number of sessions."""
        if self._python is None:
            return
        script, port = str(_HERE / "service_peer.py"), _free_port()
        with subprocess.Popen([self._python, "-P", script, "serve", str(port)]) as process:
            try:
                _await_port(port)
                for count in sessions:
                    command = [self._python, "-P", script, "play", f"http://127.0.0.1:{port}"]
                    done = subprocess.run(
                        [*command, str(count), str(seconds)],
                        stdout=subprocess.PIPE,
                        text=True,
                        check=True,
                    )
                    record = json.loads(done.stdout)
                    rate = len(record["seconds"]) / record["wall_s"]
                    self._figures.setdefault(count, []).append(rate)
            finally:
                process.terminate()

    def per_s(self, sessions: int | None) -> float | None:
        """Episodes a second with so many sessions; None: its best."""
        medians = {count: statistics.median(each) for count, each in self._figures.items()}
        return max(medians.values(), default=None) if sessions is None else medians.get(sessions)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await_port(port: int) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the peer's server did not start")


# ── the runs ─────────────────────────────────────────────────────────────────────────────────────


def throughput(seconds: float, rounds: int, peer: Peer) -> list[dict[str, Any]]:
    """Every workload, number of clients and form, round by round; the peer between rounds."""
    loads: dict[tuple[str, int, str], list[Load]] = {}
    with server() as (url, _):
        for workload in _CLIENTS:
            asyncio.run(drive(url, workload, 4, 1, _WARM_S, seed=999))
        for turn in range(rounds):
            for workload, counts in _CLIENTS.items():
                for clients in counts:
                    size = _BATCHES[workload]
                    for form, batch in (("single", 1), (f"batches of {size}", size)):
                        _say(f"{workload}, {form}, {clients} clients")
                        load = asyncio.run(drive(url, workload, clients, batch, seconds, seed=turn))
                        loads.setdefault((workload, clients, form), []).append(load)
            _say("assay.Client")
            load = asyncio.run(drive_client(url, 64, seconds))
            loads.setdefault(("simple math", 64, "assay.Client"), []).append(load)
            _say("peer")
            peer.play(_PEER_SESSIONS, seconds)
    return [row for key, found in loads.items() for row in _rows(*key, found, peer)]


def _rows(
    workload: str, clients: int, form: str, loads: list[Load], peer: Peer
) -> list[dict[str, Any]]:
    name = f"{workload}, {form}, {clients} client{'s' if clients > 1 else ''}"
    simple = workload == "simple math"
    theirs = None
    if simple:
        theirs = (None if form.startswith("batches") else peer.per_s(clients)) or peer.per_s(None)
    rates = [load.per_s for load in loads]
    made = [_row(name, "verdicts/s", rates, theirs, peer.name if theirs else None)]
    for share in (0.5, 0.99):
        late = [load.at_ms(share) for load in loads]
        made.append(_row(name, f"ms of a request, p{100 * share:.0f}", late))
    return made


def _row(
    name: str,
    unit: str,
    ours: Sequence[float],
    peer: float | None = None,
    peer_name: str | None = None,
) -> dict[str, Any]:
    middle = statistics.median(ours)
    return {
        "name": name,
        "unit": unit,
        "ours": round(middle, 2),
        "peer": None if peer is None else round(peer, 2),
        "peer_name": peer_name,
        "ratio": None if peer is None else round(middle / peer, 2),
        "n": len(ours),
        "spread": round(max(ours) - min(ours), 2),
    }


async def _watch(url: str, process: psutil.Process, until: asyncio.Event) -> dict[str, list[float]]:
    """Memory of the server's processes in MiB, and how long ``/healthz`` takes, until told."""
    seen: dict[str, list[float]] = {"mib": [], "health_ms": []}
    async with aiohttp.ClientSession() as session:
        while not until.is_set():
            began = time.perf_counter()
            async with session.get(f"{url}/healthz") as reply:
                await reply.read()
                if reply.status != 200:
                    raise Wrong(f"/healthz: HTTP {reply.status}")
            seen["health_ms"].append(1000 * (time.perf_counter() - began))
            seen["mib"].append(_mib(process))
            await asyncio.sleep(0.2)
    return seen


def _mib(process: psutil.Process) -> float:
    """Of the server and its workers; the sandbox's containers come and go and are apart."""
    total = 0
    for each in (process, *process.children()):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / (1 << 20)


async def swamp(
    url: str, process: psutil.Process, seconds: float
) -> tuple[Counter[str], float, Any]:
    """256 clients that never wait: a third each simple math, code, and batches of mixed math."""
    until = asyncio.Event()
    watching = asyncio.create_task(_watch(url, process, until))
    parts = (("simple math", 86, 1), ("code", 85, 1), ("mixed math", 85, _BATCHES["mixed math"]))
    loads = await asyncio.gather(*(drive(url, *part, seconds) for part in parts))
    until.set()
    came = Counter[str]()
    for load in loads:
        came["verdicts"] += load.verdicts
        came["refused"] += load.refused
    return came, max(load.wall_s for load in loads), await watching


def overload(seconds: float) -> list[dict[str, Any]]:
    """A server with a short queue, swamped."""
    _say("overload")
    with server("--queue", "256") as (url, process):
        asyncio.run(swamp(url, process, _WARM_S))
        came, wall_s, seen = asyncio.run(swamp(url, process, seconds))
        asyncio.run(drive(url, "simple math", 4, 1, _WARM_S))  # and afterwards it is as before
    if not came["refused"]:
        raise Wrong("the queue was never full: this was no overload")
    half = len(seen["mib"]) // 2
    grown = statistics.median(seen["mib"][half:]) - statistics.median(seen["mib"][:half])
    name = "overload, 256 clients that never wait"
    return [
        _row(name, "verdicts/s, every one right", [came["verdicts"] / wall_s]),
        _row(name, "requests/s answered 429", [came["refused"] / wall_s]),
        _row(name, "wrong, lost or otherwise answered", [0.0]),
        _row(name, "MiB more in the second half than in the first", [grown]),
        _row(name, "ms of /healthz meanwhile, p50", [statistics.median(seen["health_ms"])]),
    ]


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, a second a figure")
    parser.add_argument("--peer-python", type=Path, metavar="PYTHON", help="has openenv-core")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the rows go")
    parser.add_argument("--write", action="store_true", help="docs/results/service.md and .json")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    seconds, rounds = (1.0, 1) if arguments.quick else (5.0, 3)
    try:
        made = throughput(seconds, rounds, Peer(arguments.peer_python))
        made += overload(4 * seconds)
    except Wrong as error:
        sys.exit(f"wrong: {error}")
    document = markdown(made)
    print(document)
    if arguments.write:
        _DOCUMENT.write_text(document, encoding="utf-8")
        _DOCUMENT.with_suffix(".json").write_text(json.dumps(made, indent=2) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def markdown(made: list[dict[str, Any]]) -> str:
    keys = ("name", "unit", "ours", "peer", "ratio", "spread")
    lines = [keys, ["---"] * len(keys)]
    lines += [tuple("" if row[key] is None else row[key] for key in keys) for row in made]
    table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    peer = next((row["peer_name"] for row in made if row["peer_name"]), "not run")
    return (
        "# What the service gives, and when it is swamped\n\n"
        f"`python benchmarks/service.py` on {len(os.sched_getaffinity(0))} cores, clients "
        f"included, Python {platform.python_version()}; load at the end {os.getloadavg()[0]:.1f}. "
        f"Every verdict was checked. Peer: {peer}. How it is measured is told there.\n\n{table}\n"
    )


if __name__ == "__main__":
    main()
