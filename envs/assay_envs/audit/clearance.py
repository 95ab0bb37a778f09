"""Clearance: code outside this distribution is used once its audit has passed.

A passing audit is remembered in the user's cache under a hash of the environment's code: the files
or whole top-level packages that define its class, its verifier and what they inherit from, and for
data the TOML and the rows. Change a byte, and it has to be audited again. ``require_audit`` is what
``train`` and ``serve`` ask before they use an environment; ``ASSAY_UNAUDITED=1`` lets it through,
with a warning on stderr.

It guards against rewards that can be robbed, not against hostile code: whoever installs a plug-in
runs it.

    InputError
    └── Unaudited     no passing audit of the environment's present code
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assay_datasets import InputError
from assay_envs.audit.report import Report
from assay_envs.data_env import DataEnvironment
from assay_envs.registry import registry as env_registry

VARIABLE = "ASSAY_UNAUDITED"
LEAST_SEEDS = 20
"""Fewer seeds than this prove too little to be remembered."""

_RULES = 1  # raised when the audit asks more: older clearances then no longer count
_OURS = "assay_envs."
_TRUSTED = {"assay_datasets", "assay_envs", "assay_verifiers", *sys.stdlib_module_names}


class Unaudited(InputError):
    """An environment whose present code has passed no audit; the message names the mend."""


def require_audit(env_ids: Iterable[str]) -> None:
    """Refuse plug-ins that have not passed their audit.

    Raises:
        Unaudited: one has not, and ``ASSAY_UNAUDITED`` is not set.
        InputError: an id that does not exist.
    """
    unknown = [env_id for env_id in dict.fromkeys(env_ids) if not is_cleared(env_id)]
    if not unknown:
        return
    named = " ".join(unknown)
    if os.environ.get(VARIABLE, "") not in ("", "0"):
        print(
            f"assay: WARNING: no passing audit of {named}: nothing shows that its rewards can be "
            "trusted, and it is used all the same",
            file=sys.stderr,
        )
        return
    raise Unaudited(
        f"{named}: no audit of this code has passed; run `assay audit {named}`, "
        f"or take it as it is with --unaudited ({VARIABLE}=1)"
    )


def is_cleared(env_id: str) -> bool:
    """Whether the environment is part of this distribution or has passed its audit."""
    kind = env_registry.load(env_id)
    return is_built_in(kind) or _record(env_id, kind).is_file()


def is_built_in(kind: type[Any]) -> bool:
    """Whether a class belongs to this distribution, whose own tests audit it."""
    return kind.__module__.startswith(_OURS) and not issubclass(kind, DataEnvironment)


def grant(report: Report) -> None:
    """Remember a passing audit; one of too few seeds is not remembered."""
    kind = env_registry.load(report.env)
    if not report.passed or report.seeds < LEAST_SEEDS or is_built_in(kind):
        return
    path = _record(report.env, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(report.to_json(), ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)


def code_hash(kind: type[Any]) -> str:
    """A hash of all that decides how the environment behaves."""
    digest = hashlib.sha256()
    for file in _files(kind):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _record(env_id: str, kind: type[Any]) -> Path:
    what = f"{_RULES}\0{version('assay')}\0{env_id}\0{code_hash(kind)}"
    name = hashlib.sha256(what.encode()).hexdigest()[:32]
    return _home() / "audits" / f"{name}.json"


def _home() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "assay"


def _files(kind: type[Any]) -> list[Path]:
    """The plug-in's files or packages; of data, the TOML and its rows as well."""
    files: dict[Path, None] = {}
    if issubclass(kind, DataEnvironment):
        data = kind.table.file.parent / kind.table.spec.data
        files |= dict.fromkeys([kind.table.file, *_tree(data)])
    verifier = type(kind().verifier)
    for each in [*kind.__mro__, *verifier.__mro__]:
        if each.__module__.partition(".")[0] not in _TRUSTED:
            files |= dict.fromkeys(_code(each))
    return list(files)


def _code(kind: type[Any]) -> list[Path]:
    module = sys.modules[kind.__module__]
    top = sys.modules.get(kind.__module__.partition(".")[0], module)
    file = getattr(top, "__file__", None) or getattr(module, "__file__", None)
    if file is None:
        raise InputError(f"{kind.__name__} was not made in a file; put it into one to audit it")
    path = Path(file)
    return _tree(path.parent) if path.name == "__init__.py" else [path]


def _tree(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (file for file in path.rglob("*") if file.is_file())
    return sorted(file for file in files if "__pycache__" not in file.parts)
