"""``assay serve`` as a process: how it starts, what it says, how it ends; and what starts it."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from click.testing import CliRunner

from assay.cli.serve_command import command
from assay.serve import requirements
from tests.assay.serve import misbehaving

ROOT = Path(__file__).parents[3]
ASSAY = [sys.executable, "-c", "from assay.cli import main; main()"]


@contextmanager
def started(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that has said it is ready, and its URL."""
    process = subprocess.Popen(
        [*ASSAY, "serve", "--port", "0", "--workers", "1", "--slots", "1", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for said in process.stderr:
            if found := re.search(r"serving at (\S+)", said):
                yield process, found[1]
                break
        else:
            pytest.fail("it ended before it was ready")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def asked(url: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 - a loopback URL
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    try:
        with urllib.request.urlopen(request) as reply:  # noqa: S310
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_sigterm_finishes_what_goes_on_and_leaves_nothing(tmp_path: Path) -> None:
    """It tells systemd, takes no new work, and ends by itself with status 0."""
    notes = tmp_path / "notify"
    key = "a key that must not be logged"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(notes))
        options = ("--verbose", "--unaudited", "--plugin", misbehaving.__file__)
        environment = {"NOTIFY_SOCKET": str(notes), "ASSAY_SERVE_KEY": key}
        with started(*options, **environment) as (process, url):
            assert systemd.recv(100) == b"READY=1"
            family = psutil.Process(process.pid).children(recursive=True)
            slow = {"verifier": "test/sleep", "response": "", "answer": 3}
            script = _CLIENT.format(url=f"{url}/v1/verify", line=slow, key=key)
            client = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
            while asked(f"{url}/v1/envs", key=key)[0] != 200 or not working(url):
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert systemd.recv(100) == b"STOPPING=1"
            status, problem = asked(f"{url}/v1/verify", slow, key)
            assert (status, problem["error"]["type"]) == (503, "unavailable")
            assert asked(f"{url}/healthz/ready")[0] == 503
            assert asked(f"{url}/healthz/live")[0] == 200
            assert client.communicate()[0] == b"correct\n"
            assert process.wait(60) == 0
            assert process.stderr is not None
            log = process.stderr.read()
            assert "POST /v1/verify 200" in log
            assert key not in log
            assert "Traceback" not in log
            _, alive = psutil.wait_procs(family, timeout=10)
            assert alive == []


_CLIENT = """
import json, urllib.request as r
headers = {{"Authorization": "Bearer {key}"}}
reply = r.urlopen(r.Request("{url}", json.dumps({line}).encode(), headers))
print(json.load(reply)["outcome"])
"""


def working(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/metrics") as reply:  # noqa: S310
        return 'assay_working_items{lane="quick"} 1.0' in reply.read().decode()


def test_a_taken_port_is_told_before_anything_is_begun() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        asked = [*ASSAY, "serve", "--port", str(port)]
        run = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use; choose another by --port" in run.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "can be reached by others"),  # noqa: S104 - refused
        (["--keys", "absent.toml"], "cannot read the keys"),
        (["--secret", "absent"], "cannot read absent"),
        (["--port", "70000"], "70000"),
        (["--workers", "0"], "0"),
        (["--deadline", "nan"], "nan"),
        (["--deadline", "-1"], "-1"),
        (["--warm", "nothing"], "no template 'nothing'; there are: plain"),
        (["--plugin", misbehaving.__file__], "no audit of this code has passed; run `assay audit"),
    ],
)
def test_wrong_use_is_told_without_a_trace(options: list[str], said: str) -> None:
    run = subprocess.run([*ASSAY, "serve", *options], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_backend_asked_for_by_name_must_be_there() -> None:
    run = subprocess.run(
        [*ASSAY, "serve", "--port", "0", "--workers", "1", "--backend", "nothing"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == 1
    assert "no back-end 'nothing'; mend:" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "mcp" else name)
    run = CliRunner().invoke(command, [])
    assert "(mcp): pip install 'assay[serve]'" in str(run.exception)


def test_a_new_key_fits_into_the_file(tmp_path: Path) -> None:
    run = CliRunner().invoke(command, ["--new-key"])
    key = run.output.splitlines()[1].strip()
    file = tmp_path / "keys.toml"
    file.write_text(run.output.split("for the file of --keys:\n")[1])
    from assay.serve.keys import read_keys

    assert read_keys(file, {}).caller({"Authorization": f"Bearer {key}"}).name == "name"


def test_compose_starts_the_service_and_what_scrapes_it() -> None:
    """Parsed only: there is no engine here to run it."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    serve, prometheus = compose["services"]["serve"], compose["services"]["prometheus"]
    _takes(serve["command"][1:])
    assert "ASSAY_SERVE_KEY" in serve["environment"]
    assert serve["stop_grace_period"] == "45s"
    (config,) = prometheus["configs"]
    scraped = yaml.safe_load(compose["configs"][config["source"]]["content"])
    assert scraped["scrape_configs"][0]["static_configs"] == [{"targets": ["serve:8000"]}]


def test_the_systemd_unit_calls_what_there_is() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(ROOT / "docs" / "assay.service")
    service = unit["Service"]
    assert (service["Type"], service["KillMode"]) == ("notify", "mixed")
    _takes(shlex.split(service["ExecStart"])[1:])


def _takes(words: list[str]) -> None:
    """The command line would be understood."""
    assert words[0] == "serve"
    command.make_context("serve", words[1:])
