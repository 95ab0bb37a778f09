"""Templates: what is in them and what is not, that each is built once, and how one is added."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from assay_sandbox import Job, Limits, Sandbox, SandboxUnavailable, probe, template, toolchains
from assay_sandbox.template import Template

BUILD = "from assay_sandbox import template; print(template.build({name!r}))"
SECRET = "s3cret-of-the-host"  # noqa: S105 (planted, to be looked for)


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    return tmp_path / "templates"


@pytest.fixture(params=["gvisor", "namespace"])
def backend(request: pytest.FixtureRequest) -> str:
    reason = probe(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    return str(request.param)


# ── building ─────────────────────────────────────────────────────────────────────────────────────


def test_template_is_built_once_and_holds_no_packages(empty_cache: Path) -> None:
    root = template.build()
    assert root == template.build()
    assert root.is_relative_to(empty_cache)
    assert [path.name for path in empty_cache.glob("[!.]*")] == [root.parent.name]
    assert (root / template.PYTHON[1:]).is_file()
    assert not [*root.rglob("site-packages"), *root.rglob("dist-packages")]
    home = root / "usr" / sys.platlibdir / f"python3.{sys.version_info[1]}"
    assert (home / "os.py").is_file()
    assert not (home / "test").exists()


def test_packages_lie_where_the_interpreter_looks(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = ["/usr/local/lib/python3/dist-packages", "/usr/lib/python3/dist-packages"]  # Debian's
    monkeypatch.setattr("site.getsitepackages", lambda prefixes: looks)
    root = template.build(Template("own", packages=("mpmath",)))
    assert (root / looks[-1][1:] / "mpmath" / "__init__.py").is_file()
    assert not list(root.rglob("site-packages"))


def _build_elsewhere(name: str, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD.format(name=name)],
        env={**os.environ, "ASSAY_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_builders_at_the_same_time_agree(tmp_path: Path) -> None:
    builders = [_build_elsewhere("plain", tmp_path) for _ in range(3)]
    roots = {builder.communicate()[0] for builder in builders}
    assert len(roots) == 1
    assert [builder.returncode for builder in builders] == [0, 0, 0]
    left = sorted(path.name for path in (tmp_path / "templates").iterdir())
    assert [name for name in left if not name.startswith(".lock-")] == [
        Path(roots.pop().strip()).parent.name
    ]


def test_what_a_killed_builder_left_is_not_taken_for_a_template(empty_cache: Path) -> None:
    home = template.build().parent
    draft = home.with_name(f".draft-{home.name}")
    home.rename(draft)
    (draft / "root/usr/bin/python3").unlink()
    root = template.build()
    assert (root / "usr/bin/python3").is_file()
    assert not draft.exists()


CHANGES = {
    "name": Template("other"),
    "packages": Template("t", packages=("mpmath",)),
    "preload": Template("t", preload=("json",)),
    "warm": Template("t", warm="x = 1"),
    "programs": Template("t", programs=("x = 1",)),
    "files": Template("t", files={"a": b"b"}),
    "content": Template("t", files={"a": b"c"}),
    "environment": Template("t", environment={"A": "b"}),
}


def test_different_templates_never_share_a_place() -> None:
    keys = {
        template._key(each, Path(sys.executable), {}) for each in (Template("t"), *CHANGES.values())
    }
    assert len(keys) == len(CHANGES) + 1


def test_settings_are_read_back_as_they_were_given(empty_cache: Path) -> None:
    given = Template("t", preload=("json",), warm="x = 1", programs=("y",), environment={"A": "b"})
    read = template.settings(template.build(given))
    assert (read.name, read.preload, read.warm) == ("t", ("json",), "x = 1")
    assert read.languages == ("python",)
    assert read.environment == {**template.ENVIRONMENT, "A": "b"}
    assert read.guest == {"preload": ("json",), "warm": "x = 1", "programs": ("y",)}


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="no Python of the distribution")
@pytest.mark.skipif(os.geteuid() != 0, reason="entering the template needs root")
def test_template_of_the_distributions_python_starts(tmp_path: Path) -> None:
    built = subprocess.run(
        ["/usr/bin/python3", "-c", BUILD.format(name="plain")],
        env={"ASSAY_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "requires" in built.stderr or "SyntaxError" in built.stderr:
        pytest.skip("the distribution's Python is older than 3.11")
    root = Path(built.stdout.strip())
    asked = [template.PYTHON, "-c", "import math, sqlite3, sys; print(sys.prefix)"]
    ran = subprocess.run(
        ["/usr/sbin/chroot", str(root), *asked],
        env=template.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "/usr\n", ran


# ── nothing of the host ──────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=["plain", "numpy", "sympy", "toolchain"])
def rootfs(request: pytest.FixtureRequest) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_TEST_SECRET", SECRET)
        yield template.build(request.param)


SUSPICIOUS = ("shadow", "id_rsa", "*.key", "*.p12", ".netrc", ".ssh", ".git*", ".env", "cacerts")


def test_no_file_of_the_host_is_inside(rootfs: Path) -> None:
    for pattern in SUSPICIOUS:
        assert not list(rootfs.rglob(pattern)), pattern
    assert sorted(path.name for path in (rootfs / "etc").iterdir()) == ["group", "passwd"]
    for empty in ("proc", "sys", "tmp", "dev/shm"):
        assert list((rootfs / empty).iterdir()) == []
    assert not any((rootfs / name).exists() for name in ("home", "root", "var", "run", "mnt"))


def test_nothing_inside_can_be_written_or_raises_rights(rootfs: Path) -> None:
    for path in (rootfs, *rootfs.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            inside = path.parent.resolve() / os.readlink(path)
            assert not os.path.isabs(os.readlink(path)), path
            assert Path(os.path.normpath(inside)).is_relative_to(rootfs.resolve()), path
            continue
        assert stat.S_ISREG(mode) or stat.S_ISDIR(mode), path
        assert not mode & (stat.S_ISUID | stat.S_ISGID | 0o022), path
        assert not os.listxattr(path), path


def test_environment_of_the_builder_is_nowhere_inside(rootfs: Path) -> None:
    assert SECRET not in (rootfs.parent / "settings.json").read_text()
    for path in rootfs.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
            assert SECRET.encode() not in path.read_bytes(), path


# ── adding one ───────────────────────────────────────────────────────────────────────────────────


def test_users_template_brings_files_modules_and_warm_caches(
    backend: str, empty_cache: Path
) -> None:
    own = Template(
        "own",
        packages=("mpmath",),
        preload=("colorsys",),
        warm="import colorsys\ncolorsys.warm = [1]\nleft_over = 1",
        files={"usr/share/words.txt": b"aye\n"},
        environment={"OWN": "yes"},
    )
    source = """if True:
        import os, sys
        print("colorsys" in sys.modules, sys.modules["colorsys"].warm, "left_over" in globals())
        print(open("/usr/share/words.txt").read().strip(), os.environ["OWN"])
        import mpmath
        print(mpmath.sqrt(16))
        """
    with Sandbox(backend, template=own, slots=1) as box:
        result = box.run_sync(Job(source, limits=Limits(wall_s=20.0, cpu_s=20.0)))
    assert result.stdout == b"True [1] False\naye yes\n4.0\n", result


def test_registered_template_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    registered = EntryPoint("own", f"{__name__}:OWN", "assay.templates")
    monkeypatch.setattr(EntryPoint, "load", lambda self: Template("own"))
    monkeypatch.setattr(template, "entry_points", lambda group: [registered])
    assert template.names() == (*template.BUILT_IN, "own")
    assert template.find("own") == Template("own")


def _broken(self: EntryPoint) -> object:
    raise ImportError("no such module")


@pytest.mark.parametrize(
    ("load", "said"), [(_broken, "cannot be loaded"), (lambda self: 5, "is no Template")]
)
def test_broken_registration_is_told(
    monkeypatch: pytest.MonkeyPatch, load: object, said: str
) -> None:
    monkeypatch.setattr(EntryPoint, "load", load)
    registered = EntryPoint("own", "some.module:OWN", "assay.templates")
    monkeypatch.setattr(template, "entry_points", lambda group: [registered])
    with pytest.raises(SandboxUnavailable, match=rf"some\.module.*{said}|{said}.*mend"):
        template.find("own")


WRONG = {
    "unknown name": ("nmpy", "there are: plain, numpy, sympy, toolchain"),
    "file above": (Template("t", files={"../x": b""}), "name a path inside"),
    "no file": (Template("t", files={"/": b""}), "name a path inside"),
    "unknown language": (Template("t", languages=("cobol",)), "there are: python, c, cpp"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistake_is_told_with_its_mend(empty_cache: Path, case: str) -> None:
    wrong, said = WRONG[case]
    with pytest.raises(SandboxUnavailable, match=f"{said}.*mend|mend.*{said}"):
        template.build(wrong)  # type: ignore[arg-type]
    assert not list(empty_cache.glob("[!.]*"))


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 65, "a\nb"])
def test_name_that_is_no_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be a word"):
        Template(name)


def test_missing_compiler_is_told_with_its_package(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(language: str) -> toolchains.Toolchain:
        raise toolchains.Missing(f"{language}'s compiler is not installed")

    monkeypatch.setattr(toolchains, "find", missing)
    with pytest.raises(SandboxUnavailable, match=r"cpp's compiler.*mend: apt-get install g\+\+"):
        template.build(Template("t", languages=("cpp",)))


def test_cache_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "file"))
    with pytest.raises(SandboxUnavailable, match="mend: name a directory with room in ASSAY_CACHE"):
        template.build()


# ── the built-in ones ────────────────────────────────────────────────────────────────────────────

NUMPY = """
import sys
before = set(sys.modules)
import numpy, numpy.linalg, numpy.random
print(len({name for name in set(sys.modules) - before if name.startswith("numpy")}))
print(numpy.linalg.solve(numpy.eye(2) * 2, [2, 4]))
print(numpy.random.random())
"""
SYMPY = """
import sys
before = set(sys.modules)
import sympy
print(len({name for name in set(sys.modules) - before if name.startswith("sympy")}))
x = sympy.Symbol("x")
print(sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2), sympy.integrate(x, x))
"""


def test_numpy_is_there_before_the_job_and_every_job_has_its_own_random_numbers(
    backend: str,
) -> None:
    job = Job(NUMPY, limits=Limits(wall_s=20.0, cpu_s=20.0))
    with Sandbox(backend, template="numpy", slots=1) as box:
        first, second = box.run_sync(job), box.run_sync(job)
    lines = first.stdout.decode().splitlines()
    assert lines[:2] == ["0", "[1. 2.]"], first
    assert second.stdout.decode().splitlines()[2] != lines[2]


def test_sympy_is_there_before_the_job(backend: str) -> None:
    with Sandbox(backend, template="sympy", slots=1) as box:
        result = box.run_sync(Job(SYMPY, limits=Limits(wall_s=20.0, cpu_s=20.0)))
    assert result.stdout == b"0\n1 x**2/2\n", result


# ── packages that are not installed here ─────────────────────────────────────────────────────────


def _wheel(folder: Path) -> None:
    """A wheel of one module, made by hand."""
    files = {
        "assay_tiny.py": b"ANSWER = 42\n",
        "assay_tiny-1.0.dist-info/METADATA": (
            b"Metadata-Version: 2.1\nName: assay-tiny\nVersion: 1.0\n"
        ),
        "assay_tiny-1.0.dist-info/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = ""
    for name, data in files.items():
        told = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={told},{len(data)}\n"
    files["assay_tiny-1.0.dist-info/RECORD"] = record.encode()
    with zipfile.ZipFile(folder / "assay_tiny-1.0-py3-none-any.whl", "w") as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)


def test_package_that_is_not_installed_is_fetched(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wheel(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    root = template.build(Template("tiny", packages=("assay-tiny==1.0",)))
    found = list(root.rglob("assay_tiny.py"))
    assert [path.read_text() for path in found] == ["ANSWER = 42\n"]


def test_package_that_does_not_exist_is_told(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"assay-tiny.*mend: install them"):
        template.build(Template("tiny", packages=("assay-tiny",)))
    assert not list(empty_cache.glob("[!.]*"))
