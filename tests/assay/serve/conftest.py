"""A server that asks for keys, and a client of the one that does not (``../conftest.py``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from assay.serve.config import ServiceConfig
from tests.assay.serve import plugins
from tests.assay.serve.keyring import KEYS
from tests.assay.serve.loopback import serving


@pytest.fixture(scope="session")
def guarded() -> Iterator[str]:
    """The URL of one that wants a key of the ring, takes small bodies, and has plug-ins."""
    config = ServiceConfig(workers=1, slots=1, body_bytes=1_000_000, imports=(plugins.__name__,))
    with serving(config, KEYS) as url:
        yield url


@pytest.fixture
async def http(server: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of it."""
    async with aiohttp.ClientSession(server) as session:
        yield session
