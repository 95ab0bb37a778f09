"""The MCP server: the tools of ``tools.py`` behind the official SDK.

Schemas are made of the tools' models. A call whose arguments do not fit, or that the service
refuses, comes back as a result with ``isError`` whose text names the mend, so that the model that
called can do better; a tool that does not exist is an error of the protocol. What breaks inside is
logged and told to the client as no more than that.

Who calls is decided by the door: over HTTP by the request's API key, on stdio it is whoever began
the process.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as Listed
from pydantic import BaseModel, ValidationError

from assay.serve.callers import ANYONE, Caller
from assay.serve.errors import Broken, ServiceError
from assay.serve.mcp.progress import Reporter
from assay.serve.mcp.tools import TOOLS, Call, Tool
from assay.serve.service import Service

logger = logging.getLogger(__name__)

INSTRUCTIONS = """\
Assay judges answers and runs code. Make a task with generate_task, solve it, and judge your \
response with verify and the task's id; or play it turn by turn with open_session and act. With an \
answer of your own, verify takes verifier, response and answer. run_code runs one program in a \
sandbox; open_sandbox keeps an interpreter. Nothing has network access."""


def make_server(service: Service) -> Server[Any]:
    """The MCP server over an entered ``service``; it holds nothing of its own."""

    async def list_tools(
        context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[_listed(name, tool) for name, tool in TOOLS.items()])

    async def call_tool(
        context: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult:
        if params.name not in TOOLS:
            known = ", ".join(TOOLS)
            raise MCPError(INVALID_PARAMS, f"no tool {params.name!r}; there are: {known}")
        call = Call(service, _caller(context), Reporter(context.session.report_progress))
        return await _answer(TOOLS[params.name], call, params)

    return Server(
        "assay",
        title="Assay",
        version=version("assay"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(name: str, tool: Tool) -> Listed:
    return Listed(
        name=name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(mode="validation"),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            read_only_hint=tool.reads, destructive_hint=False, open_world_hint=False
        ),
    )


def _caller(context: ServerRequestContext[Any]) -> Caller:
    """Whoever the HTTP door says; on stdio there is no request, and one caller."""
    if context.request is None:
        return ANYONE
    caller: Caller = context.request.state.caller
    return caller


async def _answer(tool: Tool, call: Call, params: CallToolRequestParams) -> CallToolResult:
    try:
        arguments = tool.arguments.model_validate(params.arguments or {})
    except ValidationError as error:
        return _failed(_mend(params.name, tool.arguments, error))
    try:
        return _result(await tool.run(call, arguments))
    except ServiceError as error:
        return _failed(_told(error))
    except Exception:
        logger.exception("the tool %s failed", params.name)
        return _failed(f"{params.name} failed inside the server; its log says why")


def _result(value: BaseModel) -> CallToolResult:
    """As structured content, and as text for clients that know no other."""
    record = value.model_dump(mode="json", by_alias=True)
    text = json.dumps(record, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=record)


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


def _told(error: ServiceError) -> str:
    if isinstance(error, Broken):
        return "the server failed; its log says why"
    again = error.retry_after_s
    return str(error) if again is None else f"{error} (ask again in {again:g} s)"


def _mend(name: str, model: type[BaseModel], error: ValidationError) -> str:
    """One line a fault: where it is, and what is wanted there."""
    known = ", ".join(model.model_fields)
    lines = [f"the arguments of {name} do not fit:"]
    for fault in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"]) or "arguments"
        unknown = fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1
        lines.append(f"- {place}: " + (f"unknown; known: {known}" if unknown else fault["msg"]))
    return "\n".join(_few(lines))


def _few(lines: list[str], most: int = 12) -> Iterable[str]:
    return lines if len(lines) <= most else [*lines[:most], f"- and {len(lines) - most} more"]
