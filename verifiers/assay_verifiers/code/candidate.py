"""The candidate in a response: one program, or several files.

Read is what stands after ``</think>``. Where it has complete fenced blocks, those count that are
tagged as the answer's language, else those without a tag or with an unknown one, else all. A block
names its file by a second word after the tag (```` ```cpp main.cpp ````, ``title="main.cpp"``) or a
first line ``# file: util.py`` (or ``// file: …``). The last block that names no file is the
program; of the named ones the last of each name is kept. If every block is named, the file that the
language begins with (``main.py``) is the program. Without any block the whole text is the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from assay_sandbox.languages import LANGUAGES, Language, find
from assay_verifiers.fences import Block, blocks
from assay_verifiers.verifier import visible_text

_NAMED = re.compile(
    r"^\s*(?:#|//|--|/\*)\s*file(?:name)?\s*:\s*([\w./+-]{1,200})\s*(?:\*/)?\s*$", re.I
)
_TITLED = re.compile(
    r"""(?:(?:title|file|filename)\s*=\s*)?["']?([\w./+-]{1,200}\.\w{1,10})["']?"""
)
_PROSE = frozenset(
    {"text", "txt", "plaintext", "console", "output", "input", "json", "markdown", "md"}
)
_TAGS = {
    tag: language for language in LANGUAGES.values() for tag in (language.name, *language.aliases)
}


@dataclass(frozen=True)
class Candidate:
    """The program's text and the files beside it (relative path → text)."""

    source: str
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Characters of program and files."""
        return len(self.source) + sum(map(len, self.files.values()))


def extract(response: str, language: str = "python") -> Candidate:
    """The candidate in ``response``, written in ``language``; empty where there is none."""
    text = visible_text(response)
    found = _relevant(blocks(text), find(language))
    if not found:
        return Candidate(text.strip("\n"))
    named: dict[str, str] = {}
    source = ""
    for block in found:
        name, body = _file(block)
        if name:
            named[name] = body
        else:
            source = body
    entry = named.pop(find(language).source, "")
    if not source and entry:
        source = entry
    elif not source and len(named) == 1:
        source = named.popitem()[1]
    return Candidate(source, named)


def extract_program(response: str, language: str = "python") -> str:
    """The program alone; see :func:`extract`."""
    return extract(response, language).source


def _relevant(found: list[Block], language: Language) -> list[Block]:
    own = [block for block in found if _TAGS.get(block.tag) == language]
    loose = [block for block in found if block.tag not in _TAGS and block.tag not in _PROSE]
    return own or loose or found


def _file(block: Block) -> tuple[str, str]:
    """The file's name, "" if it has none that a file could bear, and its text."""
    first, _, rest = block.text.partition("\n")
    said = _NAMED.match(first)
    titled = _TITLED.match(block.info)
    name = said[1] if said else titled[1] if titled else ""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        return "", block.text
    return "/".join(parts), rest if said else block.text
