"""Control groups: what this host has for real, and the other layouts as directories.

The layouts of version 1 and version 2 that this host does not have are imitated by directories in
which a new group finds the files that a kernel would put there; no kernel enforces those.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assay_sandbox import cgroup

V1_MEMORY = ("cgroup.procs", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
V1_PIDS = ("cgroup.procs", "pids.max")
V1_CPU = ("cgroup.procs", "cpu.shares")
V2 = ("cgroup.procs", "cgroup.kill", "cgroup.controllers")
V2_BOTH = (*V2, "memory.max", "memory.swap.max", "pids.max")

# membership of the process · files of the roots · files that a new group finds, by its parent
LAYOUTS = {
    "v1": (
        "9:pids:/\n4:memory:/own\n",
        {"memory/own": V1_MEMORY, "memory": V1_MEMORY, "pids": V1_PIDS},
        {"memory/own": V1_MEMORY, "pids": V1_PIDS},
        {"memory/own": "memory.limit_in_bytes", "pids": "pids.max"},
    ),
    "hybrid": (
        "9:pids:/\n4:memory:/own\n1:cpu,cpuacct:/\n0::/\n",
        {
            "memory/own": V1_MEMORY,
            "memory": V1_MEMORY,
            "pids": V1_PIDS,
            "cpu,cpuacct": V1_CPU,
            "unified": V2,
        },
        {"memory/own": V1_MEMORY, "pids": V1_PIDS, "cpu,cpuacct": V1_CPU, "unified": V2},
        {
            "memory/own": "memory.limit_in_bytes",
            "pids": "pids.max",
            "cpu,cpuacct": "cpu.shares",
            "unified": "cgroup.kill",
        },
    ),
    "v2": (
        "0::/own\n",
        {".": V2, "own": V2},
        {"own": V2, ".": V2_BOTH},  # a group with processes hands no controllers down
        {".": "memory.max"},
    ),
    "none": ("0::/\n", {}, {}, {}),
}


@pytest.fixture
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, str]:
    """A root laid out as the parameter says, and a ``mkdir`` that fills a new group."""
    membership, roots, filled, _ = LAYOUTS[request.param]
    root = tmp_path / "cgroup"
    root.mkdir()
    for folder, names in roots.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            (root / folder / name).touch()
    (tmp_path / "membership").write_text(membership, encoding="utf-8")
    contents = {(root / parent).resolve(): names for parent, names in filled.items()}
    make, remove = Path.mkdir, Path.rmdir

    def mkdir(self: Path, exist_ok: bool = False) -> None:
        make(self, exist_ok=exist_ok)
        for name in contents.get(self.parent.resolve(), ()):
            (self / name).touch()

    def rmdir(self: Path) -> None:  # a kernel's files go with their group
        for file in self.iterdir():
            file.unlink()
        remove(self)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", rmdir)
    monkeypatch.setattr(cgroup, "ROOT", root)
    monkeypatch.setattr(cgroup, "MEMBERSHIP", tmp_path / "membership")
    return root, request.param


@pytest.mark.parametrize("host", LAYOUTS, indirect=True)
def test_group_is_made_in_each_hierarchy_that_allows_it(host: tuple[Path, str]) -> None:
    root, layout = host
    expected = LAYOUTS[layout][3]
    group = cgroup.create(64 << 20, 33)
    assert cgroup.flavour() == layout
    assert {path.parent for path in group.paths} == {(root / each) for each in expected}
    for path in group.paths:
        for name, value in (
            ("memory.limit_in_bytes", 64 << 20),
            ("memory.memsw.limit_in_bytes", 64 << 20),
            ("memory.max", 64 << 20),
            ("memory.swap.max", 0),
            ("pids.max", 33),
        ):
            assert not (path / name).exists() or (path / name).read_text() == str(value)
    assert cgroup.available() == dict.fromkeys(cgroup.CONTROLLERS, layout != "none")
    assert cgroup.kills_at_once() == (layout in ("v2", "hybrid"))
    group.remove()
    assert not any(path.exists() for path in group.paths)


@pytest.mark.parametrize("host", ["v2", "v1"], indirect=True)
def test_kills_for_memory_are_counted(host: tuple[Path, str]) -> None:
    group = cgroup.create(64 << 20, 33)
    before = group.oom_kills()
    name = "memory.events" if host[1] == "v2" else "memory.oom_control"
    (group.paths[0] / name).write_text("low 0\noom_kill 2\n", encoding="utf-8")
    assert (before, group.oom_kills()) == (0, 2)


def test_group_of_this_host_limits_and_kills() -> None:
    if not all(cgroup.available().values()):
        pytest.skip(f"no control groups can be made here ({cgroup.flavour()})")
    group = cgroup.create(256 << 20, 5)
    try:
        joins = "".join(f"echo $$ > {path}/cgroup.procs; " for path in group.paths)
        forks = "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo up; wait"
        with subprocess.Popen(
            ["sh", "-c", joins + forks], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            assert b"fork" in process.stderr.readline().lower()
            group.remove()
            assert process.wait(20) != 0
    finally:
        group.remove()
    assert not any(path.exists() for path in group.paths)


def test_sweep_removes_what_a_killed_pool_left() -> None:
    parents = [parent for each in cgroup.CONTROLLERS for parent in cgroup._parents(each)]
    if not all(cgroup.available().values()):
        pytest.skip(f"no control groups can be made here ({cgroup.flavour()})")
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    left = parents[0] / f"assay-{cgroup._pid_namespace()}-{gone.pid}-0"
    left.mkdir()
    with subprocess.Popen(["sleep", "60"]) as running:
        (left / "cgroup.procs").write_text(str(running.pid))
        cgroup.sweep()
        assert not left.exists()
        assert running.wait(5) == -9
