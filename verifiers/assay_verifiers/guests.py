"""Modules of ours that run inside the sandbox: warm in a template, or sent along.

They have the names there that they have here, without what lies beside them on the host, so they
import each other and the standard library only. In :func:`judge_template` the interpreter that
every job is forked from has imported them: importing them in each job would cost more than most
tests do. To other sandboxes they go compiled; a sandbox's interpreter is the host's own
(``assay_sandbox.template``), so what this one compiles that one can load.
"""

from __future__ import annotations

import importlib.util
import marshal
from functools import cache
from importlib import resources
from typing import Any

from assay_sandbox import Template
from assay_sandbox.rootfs import LIBRARY

_PACKAGES = ("assay_verifiers", "assay_verifiers.code", "assay_verifiers.code.guest")
_GUEST = "assay_verifiers.code.guest"
_SHARED = ("assay_verifiers.codec", *(f"{_GUEST}.{name}" for name in ("channel", "pack", "peer")))
_TESTER = (
    "libraries", "standins", "telling", "plan", "asking", "disk", "outcome", "fixtures",
    "discovery", "records", "mirror", "names", "tester",
)  # fmt: skip
_PROGRAMS = {  # what each imports of ours, in an order in which that can be done
    "harness": ("assay_verifiers.codec", f"{_GUEST}.harness"),
    "server": (*_SHARED, f"{_GUEST}.server"),
    "tester": (*_SHARED, *(f"{_GUEST}.{name}" for name in _TESTER)),
}
_MODULES = (
    *dict.fromkeys(module for modules in _PROGRAMS.values() for module in modules),
    f"{_GUEST}.warm",
)
_STANDARD = (
    "collections.abc",
    "contextlib",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "json",
    "resource",
    "select",
    "types",
)
_FILE = "guests.bin"
_LOADER = f"""
import marshal, sys, types
for name, code in marshal.loads(open({_FILE!r}, "rb").read()):
    module = sys.modules[name] = types.ModuleType(name)
    if code is None:
        module.__path__ = []
    else:
        exec(code, module.__dict__)
"""


def _source(name: str) -> str:
    return f"from {_GUEST}.{name} import main\nmain()\n"


def _code(module: str) -> Any:
    text = resources.files("assay_verifiers").joinpath(*module.split(".")[1:-1])
    source = text.joinpath(module.rpartition(".")[2] + ".py").read_text("utf-8")
    return compile(source, f"<{module}>", "exec", dont_inherit=True, optimize=2)


def _laid() -> dict[str, bytes]:
    """The modules as files of a template, compiled."""
    head = importlib.util.MAGIC_NUMBER + bytes(12)
    files = {f"{LIBRARY}/{name.replace('.', '/')}/__init__.py": b"" for name in _PACKAGES}
    for name in _MODULES:
        files[f"{LIBRARY}/{name.replace('.', '/')}.pyc"] = head + marshal.dumps(_code(name))
    return files


@cache
def judge_template() -> Template:
    """``plain``, warm for judging; pass it to a ``Sandbox`` that is to run code verdicts."""
    return Template(
        "judge",
        preload=(*_STANDARD, *_MODULES),
        warm=f"from {_GUEST}.warm import main\nmain()",
        programs=tuple(map(_source, _PROGRAMS)),
        files=_laid(),
    )


@cache
def _sent(name: str) -> bytes:
    modules: list[tuple[str, Any]] = [(package, None) for package in _PACKAGES]
    return marshal.dumps([*modules, *((each, _code(each)) for each in _PROGRAMS[name])])


def program(name: str, box: object) -> tuple[str, dict[str, bytes]]:
    """Source and files of a job in ``box`` that runs ``main`` of the guest module ``name``."""
    template = getattr(box, "template", None)
    if isinstance(template, Template) and set(_MODULES) <= set(template.preload):
        return _source(name), {}
    return _LOADER + _source(name), {_FILE: _sent(name)}
