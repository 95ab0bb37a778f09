"""Environments: matrices, arrays and cases between ``\\begin`` and ``\\end``."""

from __future__ import annotations

from assay_verifiers.math.assembly import environment_node
from assay_verifiers.math.commands import Commands
from assay_verifiers.math.tree import Malformed, Node


class Environments(Commands):
    """Reads one text; each method takes the tokens of what it is named after."""

    def _environment(self) -> Node:
        self._deeper()
        kind = self._environment_name()
        if kind == "array" and self._peek.text == "{":
            while self._next().text != "}":
                if self._peek.kind == "end":
                    raise Malformed("columns are never closed")
        saved = (self._brackets, self._bars, self._in_braces)
        self._brackets, self._bars, self._in_braces = 1, 0, 0
        rows: list[Node] = [self._row()]
        while self._take("\\\\"):
            while self._take("\\hline"):
                pass
            if self._peek.text != "\\end":
                rows.append(self._row())
        self._expect("\\end")
        if self._environment_name() != kind:
            raise Malformed("an environment ends as another")
        self._brackets, self._bars, self._in_braces = saved
        self._depth -= 1
        return environment_node(kind, rows)

    def _environment_name(self) -> str:
        self._expect("{")
        name = self._next().text
        self._take("*")
        self._expect("}")
        return name

    def _row(self) -> Node:
        cells = [self._cell()]
        while self._take("&"):
            cells.append(self._cell())
        return Node("row", tuple(cells))

    def _cell(self) -> Node:
        empty = self._peek.text in ("&", "\\\\", "\\end")
        return Node("text", ("",)) if empty else self._list()
