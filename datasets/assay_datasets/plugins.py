"""Plug-in files: what a project registers without being installed as a package.

    assay --plugin my_env.py list              for one command
    ASSAY_PLUGINS=my_env.py:data/mine.toml     for a shell
    plugins = ["my_env.py", "data/mine.toml"]  in the file assay.toml of the current directory

A ``.py`` file is imported, and registers what it defines by a decorator; any other kind of file is
given to the loader that the entry-point group ``assay.loaders`` names for its suffix. Files are
loaded once, when a registry is first asked; the list goes into ``ASSAY_PLUGINS``, so that processes
started from here load them too. Loading a plug-in runs its code, as importing a package does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
import tomllib
import traceback
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from assay_datasets.errors import InputError

VARIABLE = "ASSAY_PLUGINS"
PROJECT_FILE = "assay.toml"

_lock = threading.RLock()
_loaded: set[Path] = set()


def add_plugin(path: str | Path) -> None:
    """Load one more file, here and in processes started from here."""
    file = Path(path).resolve()
    if not file.is_file():
        raise InputError(f"no plug-in file at {path}; check the path")
    _announce([*_from_variable(), file])
    load_plugins()


def load_plugins() -> None:
    """Load every named file that is not loaded yet."""
    with _lock:
        files = [*_from_variable(), *_from_project()]
        fresh = [file for file in files if file not in _loaded]
        if not fresh:
            return
        _announce(files)
        for file in fresh:
            if file not in _loaded:  # one named twice
                _loaded.add(file)  # first: what it imports may ask a registry
                _load(file)


def import_file(file: Path) -> ModuleType:
    """The module made from one Python file; what it raises is an InputError that says where."""
    name = f"assay_plugin_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # it ends in .py
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:
        del sys.modules[name]
        raise InputError(f"{file} does not import: {_where(error, file)}") from error
    return module


def _load(file: Path) -> None:
    if not file.is_file():
        raise InputError(f"no plug-in file at {file}; see {VARIABLE} and {PROJECT_FILE}")
    if file.suffix == ".py":
        import_file(file)
    else:
        _loader(file)(file)


def _loader(file: Path) -> Callable[[Path], Any]:
    for entry in entry_points(group="assay.loaders", name=file.suffix.lstrip(".")):
        loader: Callable[[Path], Any] = entry.load()
        return loader
    known = sorted({".py", *(f".{entry.name}" for entry in entry_points(group="assay.loaders"))})
    raise InputError(f"{file} is no plug-in: its name must end in {' or '.join(known)}")


def _from_variable() -> list[Path]:
    return [Path(part).resolve() for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]


def _from_project() -> list[Path]:
    project = Path(PROJECT_FILE)
    if not project.is_file():
        return []
    try:
        table = tomllib.loads(project.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{PROJECT_FILE} is not TOML: {error}") from error
    named = table.get("plugins", [])
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise InputError(f'{PROJECT_FILE}: plugins must be a list of files: plugins = ["env.py"]')
    return [(project.parent / each).resolve() for each in named]


def _announce(files: list[Path]) -> None:
    os.environ[VARIABLE] = os.pathsep.join(map(str, dict.fromkeys(files)))


def _where(error: Exception, file: Path) -> str:
    """``line 12: NameError: …``, the line being the last one in that file."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(file):
            line = frame.lineno
    place = f"line {line}: " if line else ""
    return f"{place}{type(error).__name__}: {error}"
