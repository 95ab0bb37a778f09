"""The functions of ``dataclasses`` on the candidate's records, for tests that use them.

What they say of a record over there is the candidate's word, as its attributes are: names and
plain values, which the tests compare here.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from typing import Any

from assay_verifiers.code.guest.peer import Peer, theirs_number


def install(peer: Peer) -> None:
    """Have ``dataclasses`` know the candidate's records as it knows those of this process."""
    module = importlib.import_module("dataclasses")
    records = _Records(peer, vars(module))
    for name in ("is_dataclass", "fields", "replace", "asdict", "astuple"):
        setattr(module, name, getattr(records, name))


class _Records:
    """What has no underscore replaces the function of ``dataclasses`` of its name."""

    def __init__(self, peer: Peer, own: dict[str, Any]) -> None:
        self._peer = peer
        self._own = dict(own)

    def is_dataclass(self, obj: Any) -> bool:
        return self._ask("is_dataclass", obj) is True

    def fields(self, class_or_instance: Any) -> Any:
        return self._ask("fields", class_or_instance)

    def replace(self, obj: Any, /, **changes: Any) -> Any:
        return self._ask("replace", obj, **changes)

    def asdict(self, obj: Any, *, dict_factory: Callable[[Any], Any] = dict) -> Any:
        return self._taken(self._checked(obj), dict_factory)

    def astuple(self, obj: Any, *, tuple_factory: Callable[[Any], Any] = tuple) -> Any:
        def build(pairs: list[tuple[str, Any]]) -> Any:
            return tuple_factory([value for _, value in pairs])

        return self._taken(self._checked(obj), build)

    def _ask(self, function: str, value: Any, **changes: Any) -> Any:
        if theirs_number(value) is None:
            return self._own[function](value, **changes)
        return self._peer.ask("record", None, function, value, changes)

    def _checked(self, value: Any) -> Any:
        if isinstance(value, type) or not self.is_dataclass(value):
            raise TypeError("this should be called on dataclass instances")
        return value

    def _taken(self, value: Any, build: Callable[[Any], Any]) -> Any:
        """``value`` with every record in it, at any depth, made by ``build`` of its fields."""
        if isinstance(value, type):
            return value
        if self.is_dataclass(value):
            names = [str(field.name) for field in self.fields(value)]
            return build([(name, self._taken(getattr(value, name), build)) for name in names])
        if isinstance(value, dict):
            made = copy.copy(value)
            made.clear()
            for key, item in value.items():
                made[self._taken(key, build)] = self._taken(item, build)
            return made
        if isinstance(value, list | tuple):
            items = [self._taken(item, build) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        return copy.deepcopy(value)
