"""The MCP part of docs/serving.md, run as it is written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from assay.serve.mcp.tools import TOOLS

PAGE = Path(__file__).parents[3] / "docs" / "serving.md"
CHAPTER = PAGE.read_text().partition("\n## Any MCP client\n")[2].partition("\n## ")[0]
COMMANDS = Path(sys.executable).parent  # where `assay` is
ENVIRONMENT = {**os.environ, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", CHAPTER, re.MULTILINE | re.DOTALL)


def test_the_configuration_starts_what_the_python_example_starts() -> None:
    local, remote = (json.loads(block)["mcpServers"]["assay"] for block in blocks("json"))
    started = (
        f'StdioServerParameters(command="{local["command"]}", args={json.dumps(local["args"])})'
    )
    assert started in blocks("python")[0]
    assert remote["url"].endswith("/mcp")


def test_every_tool_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|", CHAPTER, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(TOOLS)


def test_the_python_example_runs_over_both_transports(server: str) -> None:
    (example,) = blocks("python")
    over_http = re.sub(r"^LOCAL = .*$", f'LOCAL = "{server}/mcp"', example, flags=re.MULTILINE)
    assert over_http != example
    for program in (example, over_http):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Use each of the numbers")
        assert "incorrect" in done.stdout.splitlines()[-1]
