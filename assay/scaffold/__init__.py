"""Scaffold: the files of a plug-in package, as ``assay new-env`` writes them.

Each ``*.txt`` here is a template of one file: ``$domain``, ``$puzzle``, ``$package``, ``$Class``
and ``$project`` stand for the names. What is written is a whole package: an environment that passes
its audit and a test that runs it. A person changes it into their own.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

from assay_datasets import InputError

_FILES = {
    "pyproject.txt": "pyproject.toml",
    "readme.txt": "README.md",
    "package.txt": "$package/__init__.py",
    "environment.txt": "$package/$puzzle.py",
    "test.txt": "tests/test_$puzzle.py",
}
_NAME = re.compile(r"[a-z](?:[a-z0-9_-]{0,39}[a-z0-9])?", re.ASCII)
_OURS = ("datasets", "envs", "sandbox", "trainer", "verifiers")  # assay_envs is taken


def names_of(name: str) -> dict[str, str]:
    """The names that ``domain/puzzle``, or a plain name, leads to.

    Raises:
        InputError: no package could have that name.
    """
    domain, slash, puzzle = name.rpartition("/")
    parts = (domain, puzzle) if slash else (puzzle,)
    for part in parts:
        if not _NAME.fullmatch(part) or keyword.iskeyword(part):
            raise InputError(
                f"{name!r} is no name for an environment; small letters, digits, - and _, such as "
                "my-puzzle or mine/puzzle"
            )
    puzzle = puzzle.replace("-", "_")
    if puzzle in _OURS:
        raise InputError(f"assay_{puzzle} is a package of Assay itself; choose another name")
    return {
        "domain": domain.replace("-", "_") or "mine",
        "puzzle": puzzle,
        "package": f"assay_{puzzle}",
        "project": f"assay-{puzzle.replace('_', '-')}",
        "Class": "".join(part.capitalize() for part in puzzle.split("_")),
    }


def write_package(name: str, folder: Path) -> list[Path]:
    """Write the package of an environment called ``name`` into a new ``folder``; its files.

    Raises:
        InputError: the name cannot be, or there is something at ``folder``.
    """
    names = names_of(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists; choose another place with --into")
    written = []
    for template, target in _FILES.items():
        path = folder / _filled(target, names)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = resources.files(__name__).joinpath(template).read_text(encoding="utf-8")
        path.write_text(_filled(text, names), encoding="utf-8")
        written.append(path)
    return written


def _filled(text: str, names: Mapping[str, str]) -> str:
    return Template(text).substitute(names)
