"""Programs that run inside the sandbox, sent there compiled. Nothing on the host runs them.

A sandbox's interpreter is the host's own (``assay_sandbox.template``), so what this one compiles
once that one can load: parsing some thousand lines again in each job would take longer than most
tests.
"""

from __future__ import annotations

import marshal
from functools import cache
from importlib import resources

_FUTURE = "from __future__ import annotations\n"
_FILE = "program.bin"

SOURCE = f"import marshal\nexec(marshal.loads(open({_FILE!r}, 'rb').read()))\n"


@cache
def program(*names: str) -> dict[str, bytes]:
    """Codec and these modules as one program: a file of the job whose source is :data:`SOURCE`."""
    ours = resources.files("assay_verifiers")
    parts = [ours.joinpath("codec.py"), *(ours.joinpath(f"code/guest/{name}.py") for name in names)]
    text = "\n".join(part.read_text("utf-8").replace(_FUTURE, "") for part in parts)
    return {_FILE: marshal.dumps(compile(_FUTURE + text, "<judge>", "exec", optimize=2))}
