"""The one server, shared with the tests of the service."""

from tests.assay.serve.conftest import server

__all__ = ["server"]
