"""``namespace`` without root: the whole table of behaviours, in a process of another user.

That process gets a range of subordinate ids from files mounted over ``/etc/subuid`` and
``/etc/subgid`` in a mount namespace of its own, so nothing of the host's is changed. It needs an
interpreter that this other user may execute.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay_sandbox import launch

ROOT = Path(__file__).parents[2]
NOBODY = 65534
FIRST_ID = 1_900_000_000
TOOLS = ("unshare", "mount", "setpriv", "newuidmap", "newgidmap")
AS_NOBODY = """
mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid || exit 99
shift
exec setpriv --reuid={nobody} --regid={nobody} --clear-groups /usr/bin/env "$@"
"""  # setpriv keeps capabilities until it executes; env has none left


class Other:
    """Another user, and a folder of its own."""

    def __init__(self, folder: Path, lines: str) -> None:
        self.folder = folder
        self.ids = folder / "ids"
        self.ids.write_text(lines, encoding="utf-8")
        self.ids.chmod(0o644)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "ASSAY_CACHE": str(self.folder / "cache"),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "sandbox"), *kept]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        shell = ["sh", "-c", AS_NOBODY.format(nobody=NOBODY), "sh", str(self.ids)]
        return subprocess.run(
            ["unshare", "--mount", *shell, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self) -> str:
        """An interpreter of this version that it may execute, with what the tests need."""
        version = sysconfig.get_python_version()
        for each in (sys.executable, shutil.which(f"python{version}", path="/usr/bin:/bin")):
            if (
                each
                and self.run(each, "-c", "import assay_sandbox, pytest, pyseccomp").returncode == 0
            ):
                return each
        pytest.skip(
            f"uid {NOBODY} may execute no Python {version} that has this project's packages"
        )


@pytest.fixture
def folder() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (apt-get install util-linux uidmap)")
    made = Path(tempfile.mkdtemp(prefix="assay-nobody-"))
    os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


def test_every_behaviour_holds_without_root(folder: Path) -> None:
    other = Other(folder, f"{NOBODY}:{FIRST_ID}:65536\n")
    suite = ["tests/sandbox/test_conformance.py", "tests/sandbox/test_seccomp.py"]
    options = [
        "-q",
        "-k",
        "namespace and not gvisor and not docker",
        "-p",
        "no:cacheprovider",
        "-rs",
    ]
    done = other.run(other.python(), "-m", "pytest", *suite, *options)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert passed
    assert int(passed[1]) > 80, done.stdout[-1000:]
    assert "skipped" not in done.stdout


WHO = """
import os, threading, time
from pathlib import Path
from assay_sandbox import Job, Limits, Sandbox

def owners():
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            maps = (status.parent / "uid_map").read_text()
        except OSError:
            continue
        if "1000" in maps:
            found.add(tuple(fields["Uid"].split()))
    return found

with Sandbox("namespace", slots=1) as box:
    job = threading.Thread(target=box.run_sync, args=(Job("import time; time.sleep(2)"),))
    job.start()
    time.sleep(1)
    for owner in sorted(owners()):
        print(*owner)
    job.join()
"""


def test_jobs_have_another_user_than_their_supervisor_and_neither_is_root(folder: Path) -> None:
    other = Other(folder, f"{NOBODY}:{FIRST_ID}:65536\n")
    done = other.run(other.python(), "-c", WHO)
    owners = {tuple(map(int, line.split())) for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stderr
    assert (NOBODY,) * 4 in owners  # the supervisor: this user's own
    lent = range(FIRST_ID, FIRST_ID + 65536)
    jobs = [owner for owner in owners if any(each in lent for each in owner)]
    assert len(jobs) == 1, owners
    assert len(set(jobs[0])) == 1


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("echo 0 > /proc/sys/user/max_user_namespaces", "user namespaces are closed"),
        ("true", "root here has no ids to lend"),
    ],
    ids=["closed", "a root of one id"],
)
def test_no_user_namespace_is_said_with_the_mend(before: str, reason: str) -> None:
    """As root of a new user namespace, whose own limits are set."""
    source = "from assay_sandbox import probe; print(probe('namespace'))"
    shell = ["sh", "-c", f'{before} && exec "$@"', "sh"]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", *shell, sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no user namespaces here: {done.stderr}")
    assert reason in done.stdout, done.stderr
    assert "; mend: " in done.stdout


LISTS = {
    "by name": ("{name}:100:10\n", range(100, 110)),
    "by number": ("{uid}:100:10\n", range(100, 110)),
    "the first of two": ("x:1:1\n{uid}:100:10\n{name}:500:10\n", range(100, 110)),
    "another's": ("x{name}:100:10\n", range(0)),
    "broken lines": ("\n#\n{uid}:a:b\n{uid}:1\n{uid}:7:3\n", range(7, 10)),
    "nothing": ("", range(0)),
}


@pytest.mark.parametrize("case", LISTS)
def test_own_range_is_read(tmp_path: Path, case: str) -> None:
    text, expected = LISTS[case]
    name = pwd.getpwuid(os.getuid()).pw_name
    (tmp_path / "subuid").write_text(text.format(name=name, uid=os.getuid()), encoding="utf-8")
    assert launch.subordinate_ids(str(tmp_path / "subuid")) == expected


def test_no_file_is_no_range(tmp_path: Path) -> None:
    assert launch.subordinate_ids(str(tmp_path / "missing")) == range(0)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("0 0 4294967295\n", range(1 << 30, (1 << 30) + (1 << 22))),
        ("0 100000 65536\n", range(32768, 65536)),
        ("0 1000 1\n1 100000 65536\n", range(32769, 65537)),
        ("0 1000 1\n", range(0, 1)),
    ],
)
def test_root_lends_unusual_ids_that_it_has(tmp_path: Path, text: str, inside: range) -> None:
    (tmp_path / "map").write_text(text, encoding="utf-8")
    assert launch._lendable(str(tmp_path / "map")) == inside


REFUSALS = {
    "no range": ("somebody:100000:65536\n", [], "no range of this user in /etc/subuid"),
    "no helper": (f"{NOBODY}:{FIRST_ID}:65536\n", ["PATH=/nowhere"], "no newuidmap"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_one_id_is_refused_with_the_mend(folder: Path, case: str) -> None:
    lines, variables, reason = REFUSALS[case]
    other = Other(folder, lines)
    source = "from assay_sandbox import probe; print(probe('namespace'))"
    done = other.run(*variables, other.python(), "-c", source)
    assert reason in done.stdout, done.stderr
    assert "; mend: run as root, or apt-get install uidmap" in done.stdout
    assert "usermod --add-subuids" in done.stdout
