"""Catalogue: every name a person can use, with one line about it.

Names come from the rooms' registries and package files. A plug-in that does not load is listed with
the reason instead of its summary, so that one broken package never hides the others.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from assay_datasets import InputError, Registry

Entry = tuple[str, str]


def entries(kind: str) -> list[Entry]:
    """(name, summary) of every ``envs``, ``verifiers``, ``suites``, ``recipes`` or ``backends``."""
    return _SOURCES[kind]()


def _envs() -> list[Entry]:
    from assay_envs import env_registry

    return _registered(env_registry)


def _verifiers() -> list[Entry]:
    from assay_verifiers import verifier_registry

    return _registered(verifier_registry)


def _registered(registry: Registry) -> list[Entry]:
    def summary(name: str) -> str:
        return str(getattr(registry.load(name), "summary", ""))

    return [(name, _or_reason(summary, name)) for name in registry.names()]


def _suites() -> list[Entry]:
    from assay_envs.suite import Suite
    from assay_envs.suite import registry as suites

    def summary(name: str) -> str:
        suite = Suite.load(name)
        return f"{suite.summary} ({', '.join(suite.env_ids)})"

    return [(name, _or_reason(summary, name)) for name in suites.names()]


def _recipes() -> list[Entry]:
    files = resources.files("assay_trainer").joinpath("recipes").iterdir()
    recipes = sorted((file for file in files if file.name.endswith(".toml")), key=lambda f: f.name)
    return [
        (file.name.removesuffix(".toml"), _opening(file.read_text("utf-8"))) for file in recipes
    ]


def _opening(text: str) -> str:
    """A recipe's summary is the comment that its file opens with."""
    first = text.partition("\n")[0]
    return first.lstrip("# ") if first.startswith("#") else ""


def _backends() -> list[Entry]:
    from assay_sandbox.backend import backends

    return [(name, backend.boundary) for name, backend in backends().items()]


def _or_reason(summary: Callable[[str], str], name: str) -> str:
    try:
        return summary(name)
    except InputError as error:
        return f"does not load: {error}"


_SOURCES: dict[str, Callable[[], list[Entry]]] = {
    "envs": _envs,
    "verifiers": _verifiers,
    "suites": _suites,
    "recipes": _recipes,
    "backends": _backends,
}
