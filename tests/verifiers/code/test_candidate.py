"""Which text of a response is the candidate, and which are files beside it."""

from __future__ import annotations

import pytest

from assay_verifiers.code.candidate import extract

ONE = [
    ("no block at all", "x = 1", "python", "x = 1"),
    ("the last complete one", "```py\na\n```\n```python\nb\n```\n```python\nnever", "python", "b"),
    ("the language decides", "```python\na\n```\nOutput:\n```\n3\n```", "python", "a"),
    ("an alias decides", "```c++\na\n```\n```bash\nmake\n```", "cpp", "a"),
    ("no tag of the language", "```\na\n```\n```text\nb\n```", "python", "a"),
    ("only another tag", "```js\na\n```", "python", "a"),
    ("after thinking", "<think>```python\na\n```</think>\n```python\nb\n```", "python", "b"),
    ("still thinking", "<think>```python\na\n```", "python", ""),
    ("tildes", "~~~python\na\n~~~", "python", "a"),
]


@pytest.mark.parametrize(
    ("response", "language", "source"), [c[1:] for c in ONE], ids=[c[0] for c in ONE]
)
def test_one_program_is_found(response: str, language: str, source: str) -> None:
    found = extract(response, language)
    assert (found.source, dict(found.files)) == (source, {})


SEVERAL = [
    (
        "by a first line",
        "```python\n# file: util.py\nu\n```\n```python\nm\n```",
        "m",
        {"util.py": "u"},
    ),
    (
        "by the fence",
        "```python lib/util.py\nu\n```\n```python main.py\nm\n```",
        "m",
        {"lib/util.py": "u"},
    ),
    ("by a title", '```python title="util.py"\nu\n```\n```python\nm\n```', "m", {"util.py": "u"}),
    (
        "the later of one name",
        "```py a.py\n1\n```\n```py a.py\n2\n```\n```py\nm\n```",
        "m",
        {"a.py": "2"},
    ),
    ("a single named one", "```python solution.py\ns\n```", "s", {}),
    ("no way out", "```python ../evil.py\ne\n```", "e", {}),
    ("no root", "```python\n# file: /etc/passwd.py\ne\n```", "# file: /etc/passwd.py\ne", {}),
    ("the program twice", "```python main.py\n1\n```\n```python\n2\n```", "2", {}),
]


@pytest.mark.parametrize(
    ("response", "source", "files"), [c[1:] for c in SEVERAL], ids=[c[0] for c in SEVERAL]
)
def test_blocks_that_name_files_are_files(
    response: str, source: str, files: dict[str, str]
) -> None:
    found = extract(response, "python")
    assert (found.source, dict(found.files)) == (source, files)
