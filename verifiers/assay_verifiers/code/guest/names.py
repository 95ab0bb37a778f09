"""The names that test code finds.

One that the tests use and do not define is, first found: the entry point, a built-in, the
prelude's, a module of the standard library that has all that the tests take of that name
(``math.isclose``), whatever the candidate calls so, a module or function of the standard library
that the candidate imported under its own name, what the candidate defines. Modules ``candidate``,
``solution`` and ``__main__`` hold what the candidate defines, so that tests may import it and
``mock.patch`` can name it.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import re
import sys
import types
from typing import Any

from assay_verifiers.code.guest.asking import Tests
from assay_verifiers.code.guest.channel import Lost

MODULE = "tests"
CANDIDATE = ("candidate", "solution", "__main__")
_ALIASES = {"np": "numpy", "pd": "pandas"}
_PATH = re.compile(r"[^\W\d]\w*(\(\))?(\.[^\W\d]\w*(\(\))?)*\Z")


class Absent(Exception):
    """The candidate lacks what the tests are to be called with."""


class Names:
    """What the candidate has, by name; made by loading it.

    Attributes:
        origins: its names, each with the module and the name there of what it is, or "".
    """

    def __init__(self, peer: Tests) -> None:
        self._peer = peer
        claimed = peer.ask("load", None)
        if not isinstance(claimed, list):
            raise Lost("names that are none")
        self.origins: dict[str, tuple[str, str]] = {
            each[0]: (each[1], each[2])
            for each in claimed
            if isinstance(each, list) and [type(i) for i in each] == [str] * 3
        }

    def entry_point(self, path: str) -> Any:
        """What tests are called with: ``name``, ``Class.method`` or ``Class().method``.

        Raises:
            Absent: the candidate has no such thing.
        """
        if not _PATH.match(path) or re.split(r"\W", path, maxsplit=1)[0] not in self.origins:
            raise Absent(path)
        try:
            return self._peer.ask("name", None, path)
        except AttributeError:
            raise Absent(path) from None

    def find(self, name: str) -> Any:
        """What the candidate means by ``name``; ``AttributeError`` if nothing."""
        if name not in self.origins or name.startswith("__"):
            raise AttributeError(f"the candidate defines no {name}")
        shared = _shared(name, *self.origins[name])
        return self._peer.ask("name", None, name) if shared is None else shared


def _shared(name: str, origin: str, inner: str) -> Any:
    """A module or something of the standard library that is called the same everywhere."""
    known = origin in _ALIASES.values() or origin.partition(".")[0] in sys.stdlib_module_names
    if not origin or not known:
        return None
    try:
        if not inner:
            same = name == origin.rpartition(".")[2] or _ALIASES.get(name) == origin
            return importlib.import_module(origin) if same else None
        return getattr(importlib.import_module(origin), name, None) if name == inner else None
    except ImportError:
        return None


def _library(name: str, used: set[str]) -> Any:
    """The module that tests mean who take of ``name`` only what is in it; else None."""
    known = _ALIASES.get(name, name)
    taken = [each.partition(".")[2] for each in used if each.startswith(f"{name}.")]
    if not taken or (known == name and name not in sys.stdlib_module_names):
        return None
    try:
        module = importlib.import_module(known)
    except ImportError:
        return None
    return module if all(hasattr(module, each) for each in taken) else None


def space(names: Names, prelude: str, entry: str | None, used: set[str]) -> dict[str, Any]:
    """The namespace of the test code, which is that of a module.

    Args:
        used: names that occur in the test code, see ``plan.py``.
    """
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    made = vars(module)
    made["__builtins__"] = builtins
    if prelude:
        exec(compile(prelude, "prelude.py", "exec"), made)  # noqa: S102 - the task's
    for name in used & set(names.origins) - set(made):
        if name != entry and not hasattr(builtins, name) and not name.startswith("__"):
            with contextlib.suppress(Exception):  # of a thing that cannot cross nothing is known
                made[name] = _library(name, used) or names.find(name)
    if entry is not None:
        made[entry] = names.entry_point(entry)
    whole = types.ModuleType(CANDIDATE[0])
    vars(whole)["__getattr__"] = names.find
    for name in CANDIDATE:
        sys.modules[name] = whole
    return made
