"""Drawing: pictures are whole SVG documents, whatever text is put into them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from assay_envs.drawing import Drawing, grid, text_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own picture
    return [element.text or "" for element in root.iter(f"{NAMESPACE}text")]


@pytest.mark.parametrize("text", ["<script>", "a & b", "\"'", "]]>", "日本", "tab\there"])
def test_text_is_escaped_and_comes_back_as_it_was(text: str) -> None:
    picture = Drawing(10, 10)
    picture.text(1, 1, text)
    assert texts(picture.svg(title=text)) == [text]


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert texts(text_svg("a\x00b\ud800c")) == ["a�b�c"]


def test_long_lines_are_wrapped_and_nothing_is_lost() -> None:
    line = " ".join(f"word{n}" for n in range(100))
    assert " ".join(texts(text_svg(line))).split() == line.split()


def test_a_grid_has_a_cell_for_each_and_thick_lines_between_boxes() -> None:
    root = ElementTree.fromstring(  # noqa: S314 - our own picture
        grid([["1", ""], ["", "2"]], box=(1, 1), fills={(0, 0): "#ff0000"}).svg("two")
    )
    rectangles = list(root.iter(f"{NAMESPACE}rect"))
    assert len(rectangles) == 2 + 4
    assert "#ff0000" in {rectangle.get("fill") for rectangle in rectangles}
    assert len(list(root.iter(f"{NAMESPACE}polyline"))) == 2
