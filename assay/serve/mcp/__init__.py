"""Assay for models that call tools: the Model Context Protocol, on stdio and at ``/mcp``."""

from assay.serve.mcp.http import attach
from assay.serve.mcp.server import make_server

__all__ = ["attach", "make_server"]
