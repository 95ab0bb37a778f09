"""Registry: names to objects, filled from one entry-point group.

Built-ins and plug-ins come in by the same door, so listing costs no import and a plug-in that does
not load is one clear error when it is asked for, never a broken start. Plug-in files that the user
named (``plugins.py``) are loaded before a registry first answers.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from assay_datasets.errors import InputError
from assay_datasets.plugins import load_plugins


class Registry:
    """The objects of one entry-point group, loaded when asked for.

    Args:
        group: entry-point group, e.g. ``assay.envs``.
        noun: what one member is called in messages, e.g. ``environment``.
    """

    def __init__(self, group: str, noun: str) -> None:
        self.group = group
        self.noun = noun
        self._entries: dict[str, EntryPoint] | None = None
        self._added: dict[str, Any] = {}

    def add(self, name: str, target: Any) -> None:
        """Register ``target`` in this process: plug-in files, tests, notebooks."""
        self._added[name] = target

    def names(self) -> list[str]:
        load_plugins()
        return sorted({*self._found(), *self._added})

    def origin(self, name: str) -> str:
        """Where the object called ``name`` comes from, as ``module:name``; nothing is imported."""
        if name in self._added:
            return f"{self._added[name].__module__}:{self._added[name].__qualname__}"
        entry = self._found().get(name)
        return entry.value if entry else ""

    def load(self, name: str) -> Any:
        """The object called ``name``; an :class:`InputError` names the nearest one if unknown."""
        load_plugins()
        if name in self._added:
            return self._added[name]
        entry = self._found().get(name)
        if entry is None:
            raise InputError(self._unknown(name))
        try:
            return entry.load()
        except ImportError as error:
            raise InputError(
                f"{self.noun} {name!r} ({entry.value}) does not import: {error}"
            ) from error

    def build(self, name: str, settings: Mapping[str, Any]) -> Any:
        """A new object from the class called ``name``; a setting it lacks is an InputError."""
        target = self.load(name)
        try:
            inspect.signature(target).bind(**settings)
        except TypeError as error:
            raise InputError(f"{self.noun} {name!r}: {error}") from error
        return target(**settings)

    def _found(self) -> dict[str, EntryPoint]:
        if self._entries is None:
            self._entries = {entry.name: entry for entry in entry_points(group=self.group)}
        return self._entries

    def _unknown(self, name: str) -> str:
        known = self.names()
        if not known:
            return (
                f"no {self.noun} is registered: the package's entry points are missing; "
                "install it with `make train` or `pip install -e .`"
            )
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"unknown {self.noun} {name!r}; {hint}"
