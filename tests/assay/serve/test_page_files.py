"""The page's files as they are packaged: what they may hold, and what they must."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import get_args

from assay_verifiers.verdict import Reason

STATIC = Path(str(resources.files("assay.serve.page"))) / "static"


def test_no_script_makes_markup_or_code_of_data() -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc"
    )
    for file in STATIC.glob("*.js"):
        assert re.findall(forbidden, file.read_text()) == [], file.name


def test_no_file_names_another_host() -> None:
    for file in STATIC.iterdir():
        hosts = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", file.read_text()))
        assert hosts <= {"http://www.w3.org/2000/svg"}, file.name


def test_every_reason_is_explained() -> None:
    table = (STATIC / "verdict.js").read_text().partition("REASONS = {")[2].partition("};")[0]
    told = set(re.findall(r"^  (\w+): ", table, re.MULTILINE))
    assert told == {name for each in get_args(Reason) for name in (get_args(each) or (each,))}
