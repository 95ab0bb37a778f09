"""Files go in and come out, and only they: no link, no device, no path that leaves the job."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from assay_sandbox import InvalidJob, Job, Limits, Sandbox

from .conftest import Run

NAMES = {
    "unicode": "süß/日本語 🦀.txt",
    "spaces and quotes": "a b'c\"d.txt",
    "a dash in front": "-rf",
    "a newline": "a\nb",
    "not UTF-8": os.fsdecode(b"\xff\xfe"),
    "as long as names are": "n" * 255,
    "a long path": "/".join(["d" * 100] * 20),
    "hidden": ".config/.x",
    "like an option's value": "--output=/etc/passwd",
}
COPY = """
import os, sys
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    os.makedirs(os.path.dirname("out/" + name), exist_ok=True)
    open("out/" + name, "wb").write(data[::-1])
"""


@pytest.mark.parametrize("case", NAMES)
def test_any_ordinary_name_goes_in_and_comes_out(run: Run, case: str) -> None:
    name = NAMES[case]
    result = run(COPY, argv=(name,), files={name: b"in"}, fetch=(f"out/{name}",))
    assert result.files == {f"out/{name}": b"ni"}, result


BAD_NAMES = {
    "parent": "../x",
    "parent inside": "a/../../x",
    "only parent": "..",
    "absolute": "/etc/passwd",
    "itself": ".",
    "empty": "",
    "empty part": "a//b",
    "trailing slash": "a/",
    "NUL": "a\0b",
    "half a surrogate": "\ud800",
}


@pytest.mark.parametrize("case", BAD_NAMES)
@pytest.mark.parametrize("way", ["in", "out"])
def test_name_that_leads_elsewhere_is_refused(box: Sandbox, case: str, way: str) -> None:
    name = BAD_NAMES[case]
    job = Job("1", files={name: b""}) if way == "in" else Job("1", fetch=(name,))
    with pytest.raises(InvalidJob):
        box.run_sync(job)


TOO_LONG = {
    "a name above 255 bytes": "n" * 256,
    "a path above 4096 bytes": "/".join(["d" * 100] * 50),
}


@pytest.mark.parametrize("case", TOO_LONG)
def test_name_that_no_file_system_takes(run: Run, box: Sandbox, case: str) -> None:
    """Asking for such a file finds none; laying one in is the caller's mistake."""
    name = TOO_LONG[case]
    assert run("print(1)", fetch=(name,)).files == {}
    with pytest.raises(InvalidJob, match="longer than a file system takes"):
        box.run_sync(Job("print(1)", files={name: b""}))


CLASHES = {
    "a file in a file": {"a": b"", "a/b": b""},
    "a file deep in a file": {"a": b"", "a/b/c/d": b""},
    "a file in the program": {"main.py/b": b""},
}


@pytest.mark.parametrize("case", CLASHES)
def test_file_that_is_also_a_folder_is_refused(box: Sandbox, case: str) -> None:
    with pytest.raises(InvalidJob, match="file and a folder"):
        box.run_sync(Job("print(1)", files=CLASHES[case]))


def test_more_files_than_the_scratch_space_has_room_for_are_refused(box: Sandbox) -> None:
    with pytest.raises(InvalidJob, match="files and folders"):
        box.run_sync(Job("print(1)", files={f"{n}/{n}": b"" for n in range(2000)}))


def test_missing_file_is_not_there_and_the_others_are(run: Run) -> None:
    result = run("open('a', 'w').write('1')", fetch=("a", "b", "no/such/folder"))
    assert (result.status, result.files) == ("ok", {"a": b"1"})


def test_empty_file_is_a_file(run: Run) -> None:
    assert run("open('a', 'w')", fetch=("a",)).files == {"a": b""}


def test_large_file_survives_byte_for_byte(run: Run) -> None:
    data = os.urandom(6 << 20)
    result = run(COPY, argv=("a",), files={"a": data}, fetch=("out/a",), wall_s=30.0, cpu_s=30.0)
    assert result.files["out/a"] == data[::-1]


def test_files_come_out_within_their_budget(run: Run) -> None:
    """Sparse files weigh nothing on the disk; what is read back of them is bounded all the same."""
    source = """
        for name in "abc":
            with open(name, "wb") as file: file.truncate(700_000)
        """
    result = run(textwrap.dedent(source), fetch=("a", "b", "c"), file_bytes=1 << 20)
    assert sum(map(len, result.files.values())) <= 1 << 20
    assert set(result.files) == {"a"}


TRICKS = {
    "link to a file": "os.symlink('/etc/passwd', 'out')",
    "link to a file of the job": "open('own', 'w').write('x'); os.symlink('own', 'out')",
    "link to nothing": "os.symlink('/nowhere', 'out')",
    "link to itself": "os.symlink('out', 'out')",
    "link to the supervisor": "os.symlink('/proc/1/root' + '/etc/passwd', 'out')",
    "link to a descriptor": "os.symlink('/proc/self/fd/0', 'out')",
    "FIFO": "os.mkfifo('out')",
    "socket": "import socket; socket.socket(socket.AF_UNIX).bind('out')",
    "directory": "os.mkdir('out')",
    "device": "os.mknod('out', 0o20666, os.makedev(1, 9))",
}
FOLDER_TRICKS = {
    "folder is a link to /etc": ("os.symlink('/etc', 'out')", "out/passwd"),
    "folder is a link to the job's own": (
        "os.mkdir('own'); open('own/a', 'w').write('x'); os.symlink('own', 'out')",
        "out/a",
    ),
    "folder is a link to the root": ("os.symlink('/', 'out')", "out/etc/passwd"),
    "folder is a file": ("open('out', 'w').write('x')", "out/a"),
    "deep in a link": (
        "os.makedirs('a/b'); os.symlink('/', 'a/b/c')",
        "a/b/c/etc/passwd",
    ),
}


@pytest.mark.parametrize("case", TRICKS)
def test_only_regular_files_come_out(run: Run, case: str) -> None:
    source = f"import os\ntry:\n    {TRICKS[case]}\nexcept PermissionError:\n    pass"
    result = run(source, fetch=("out",))
    assert (result.status, result.files) == ("ok", {}), result


@pytest.mark.parametrize("case", FOLDER_TRICKS)
def test_no_file_comes_out_by_way_of_a_link(run: Run, case: str) -> None:
    source, name = FOLDER_TRICKS[case]
    result = run(f"import os\n{source}", fetch=(name,))
    assert (result.status, result.files) == ("ok", {}), result


def test_hard_link_brings_out_only_what_the_job_may_read(run: Run) -> None:
    """A link to a file of its own is that file; one to a file of the image cannot be made."""
    source = """
        import os
        open("own", "w").write("mine")
        os.link("own", "first")
        try:
            os.link("/etc/passwd", "second")
        except OSError as error:
            print(error.errno)
        """
    result = run(textwrap.dedent(source), fetch=("first", "second"))
    assert result.files == {"first": b"mine"}, result
    assert result.stdout in (b"1\n", b"18\n")  # not permitted, or another file system


def test_swapping_a_file_for_a_link_while_it_is_read_gains_nothing(run: Run) -> None:
    """Whoever is left of the job is dead before anything is read."""
    source = """
        import os
        open("file", "w").write("mine")
        os.symlink("/etc/passwd", "link")
        if os.fork() == 0:
            os.setsid()
            while True:
                os.rename("link", "out"); os.symlink("/etc/passwd", "link")
                os.link("file", "new"); os.rename("new", "out")
        while not os.path.lexists("out"): pass
        """
    for _ in range(3):
        result = run(textwrap.dedent(source), fetch=("out",), wall_s=20.0)
        assert result.files.get("out", b"mine") == b"mine", result


def test_unreadable_file_comes_out_since_its_owner_made_it(run: Run) -> None:
    result = run("import os; open('a', 'w').write('x'); os.chmod('a', 0)", fetch=("a",))
    assert result.status == "ok"
    assert result.files in ({}, {"a": b"x"})


def test_files_lie_in_the_working_directory_only(run: Run) -> None:
    source = "import os; print(os.getcwd(), sorted(os.listdir('.')), os.listdir('/dev/shm'))"
    result = run(source, files={"a": b"", "b/c": b""})
    assert result.stdout == b"/tmp ['a', 'b', 'main.py'] []\n"


def test_program_among_the_files_runs(run: Run) -> None:
    result = run("", files={"main.py": b"import lib; print(lib.X)", "lib.py": b"X = 3"})
    assert result.stdout == b"3\n", result


def test_nothing_is_written_on_the_host(box: Sandbox, tmp_path: Path) -> None:
    job = Job(f"open({str(tmp_path / 'x')!r}, 'w')", limits=Limits(wall_s=10.0))
    assert box.run_sync(job).status == "nonzero_exit"
    assert list(tmp_path.iterdir()) == []
