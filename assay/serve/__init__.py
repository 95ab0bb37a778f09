"""Assay over HTTP and MCP: one service, several doors."""
