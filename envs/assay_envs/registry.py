"""The environments that exist, by id: entry-point group ``assay.envs``, and what ``register`` adds.

In a package of one's own an entry point names the class; in a file of one's own (``--plugin``) the
decorator does it. Either way it appears wherever environments are named.

    @register
    class Mine(SingleTurn):
        id = "mine/puzzle"
"""

from __future__ import annotations

from typing import Any, TypeVar

from assay_datasets import InputError, Registry
from assay_envs.environment import Environment
from assay_verifiers import Verifier, verifier_registry

registry = Registry("assay.envs", "environment")

Kind = TypeVar("Kind", bound=type[Environment] | type[Verifier])


def make(env_id: str, **settings: Any) -> Environment:
    """A new instance of the environment ``env_id``; ``settings`` go to its constructor.

    Raises:
        InputError: there is none of that id, or this installation lacks a package for it.
    """
    if reason := registry.load(env_id).lacking():
        raise InputError(reason)
    environment: Environment = registry.build(env_id, settings)
    return environment


def register(kind: Kind) -> Kind:
    """Register an environment by its ``id``, or a verifier by its ``name``; for use as decorator.

    Raises:
        InputError: it has no such name, or the name belongs to another class.
    """
    is_env = issubclass(kind, Environment)
    attribute, rooms = ("id", registry) if is_env else ("name", verifier_registry)
    name = getattr(kind, attribute, None)
    if not isinstance(name, str) or (is_env and name.count("/") != 1):
        example = 'id = "mine/puzzle"' if is_env else 'name = "mine/puzzle"'
        raise InputError(f"{kind.__name__} has no {attribute}; give it one, such as {example}")
    if rooms.origin(name) not in ("", f"{kind.__module__}:{kind.__qualname__}"):
        raise InputError(f"{rooms.noun} {name!r} exists already; give {kind.__name__} another name")
    rooms.add(name, kind)
    return kind
