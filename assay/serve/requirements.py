"""Whether the packages of the extra ``serve`` are here; looks, and loads none of them."""

from __future__ import annotations

from importlib.util import find_spec

from assay_datasets import InputError

_PACKAGES = ("aiohttp", "prometheus_client", "mcp")


def require_packages() -> None:
    """Raise an :class:`InputError` that names what is missing and how to get it."""
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise InputError(
            f"serving needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'assay[serve]'"
        )
