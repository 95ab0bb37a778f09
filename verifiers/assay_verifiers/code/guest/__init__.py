"""Programs that run inside the sandbox, sent there as text. Nothing on the host runs them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def program(*names: str) -> str:
    """The text of the codec followed by that of these modules, as one program."""
    ours = resources.files("assay_verifiers")
    parts = [ours.joinpath("codec.py"), *(ours.joinpath(f"code/guest/{name}.py") for name in names)]
    text = "\n".join(part.read_text("utf-8") for part in parts)
    future = "from __future__ import annotations\n"
    return future + text.replace(future, "\n")
