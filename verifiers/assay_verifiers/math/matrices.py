"""Matrices: sums, multiples, products and determinants worked out on nodes, entry by entry."""

from __future__ import annotations

from fractions import Fraction

from assay_verifiers.math.tree import Hard, Node, Undefined, has, rebuilt, sym


def determinant(matrix: Node) -> Node:
    """The determinant as a node, by cofactors; five rows at most."""
    rows = [row.args for row in matrix.args]
    if len(rows) != len(rows[0]):
        raise Undefined("a determinant of no square")
    if len(rows) > 4:
        raise Hard("a large determinant")
    return _cofactors(rows)


def _cofactors(rows: list[tuple[Node, ...]]) -> Node:
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for at, cell in enumerate(rows[0]):
        minor = _cofactors([row[:at] + row[at + 1 :] for row in rows[1:]])
        sign = Node("num", (Fraction(-1 if at % 2 else 1), 0))
        terms.append(Node("*", (sign, cell, minor)))
    return Node("+", tuple(terms))


def as_matrix(node: Node) -> Node | None:
    """A matrix, also as a multiple of one or a sum of several; None for anything else."""
    if node.head == "matrix":
        return node
    if _is_transposed(node):
        return _transposed(node.args[0] if node.head == "^" else node.args[1])
    if node.head == "/" and (above := as_matrix(node.args[0])):
        return _mapped(above, lambda cell: Node("/", (cell, node.args[1])))
    if node.head == "+":
        terms = [as_matrix(part) for part in node.args]
        shapes = {_shape(term) if term else None for term in terms}
        return (
            _added([term for term in terms if term])
            if len(shapes - {None}) == len(shapes) == 1
            else None
        )
    if node.head == "*":
        found = [as_matrix(part) for part in node.args]
        matrices = [matrix for matrix in found if matrix is not None]
        if len(matrices) != 1:
            return _multiplied(matrices) if len(matrices) == len(found) == 2 else None
        rest = tuple(part for part, matrix in zip(node.args, found, strict=True) if matrix is None)
        return _mapped(matrices[0], lambda cell: Node("*", (*rest, cell)))
    return None


def _is_transposed(node: Node) -> bool:
    """``M^T`` and ``M^\\top``."""
    plain = node.head == "^" and node.args[1] in (sym("T"), sym("t"), sym("top"))
    return plain or (node.head == "fn" and node.args[0] == "\\top")


def _transposed(node: Node) -> Node | None:
    """The transpose of a matrix; a tuple is a row."""
    if node.head == "group" and len(node.args) > 3:
        return Node("matrix", tuple(Node("row", (item,)) for item in node.args[1:-1]))
    matrix = as_matrix(node)
    if matrix is None:
        return None
    columns = zip(*(row.args for row in matrix.args), strict=True)
    return Node("matrix", tuple(Node("row", tuple(column)) for column in columns))


def _shape(matrix: Node) -> tuple[int, int]:
    return len(matrix.args), len(matrix.args[0].args)


def _added(matrices: list[Node]) -> Node:
    rows = zip(*(matrix.args for matrix in matrices), strict=True)
    return Node(
        "matrix",
        tuple(
            Node(
                "row", tuple(Node("+", cells) for cells in zip(*(r.args for r in row), strict=True))
            )
            for row in rows
        ),
    )


def _multiplied(matrices: list[Node]) -> Node | None:
    left, right = matrices
    if _shape(left)[1] != _shape(right)[0] or max(*_shape(left), *_shape(right)) > 8:
        return None
    columns = [*zip(*(row.args for row in right.args), strict=True)]
    return Node(
        "matrix",
        tuple(
            Node("row", tuple(_dot(row.args, column) for column in columns)) for row in left.args
        ),
    )


def _dot(left: tuple[Node, ...], right: tuple[Node, ...]) -> Node:
    return Node("+", tuple(Node("*", pair) for pair in zip(left, right, strict=True)))


def _mapped(matrix: Node, change: object) -> Node:
    rows = tuple(Node("row", tuple(change(cell) for cell in row.args)) for row in matrix.args)  # type: ignore[operator]
    return Node("matrix", rows)


def with_determinants(node: Node) -> Node:
    if not has(node, "matrix"):
        return node
    return rebuilt(node, _determined)


def _determined(node: Node) -> Node:
    one = node.head == "call" and node.args[0] in ("det", "abs") and len(node.args[1]) == 1
    return determinant(node.args[1][0]) if one and node.args[1][0].head == "matrix" else node
