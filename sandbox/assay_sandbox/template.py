"""Templates: the root file systems that jobs see, with what their interpreter has ready.

    Template("stats", packages=("scipy",), preload=("scipy.stats",), warm="scipy.stats.norm.cdf(0)")

A template is built without an image registry and without root from what already runs here: the real
interpreter (not a virtual environment's link) and its standard library, Python packages, the
toolchains of languages, files, and every shared library that ``ldd`` names. Nothing of the host's
configuration, home or environment is copied. It lies in a cache directory whose name holds a hash
of what it was made of, so another version of anything is another template; it is built beside that
place under a lock, renamed into it, and never changed.

The interpreter inside imports ``preload`` and runs ``warm`` once, before the first job: a library
that was imported is loaded, one that was used has filled its caches too. Sources in ``programs``
are compiled then. All are the template's author's, trusted, and run inside the boundary.

Built in: ``plain``, ``numpy``, ``sympy``, and ``toolchain`` with every language that this host has.
Others are passed as they are, or registered by name in the entry-point group ``assay.templates``.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from assay_sandbox import packages, toolchains
from assay_sandbox.errors import SandboxUnavailable
from assay_sandbox.languages import LANGUAGES
from assay_sandbox.rootfs import DEVICES, PYTHON, Rootfs

__all__ = ["DEVICES", "ENVIRONMENT", "PYTHON", "Settings", "Template", "build", "names", "settings"]

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 (the job's scratch space inside the container)
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": "/lib",
    "PYTHONHASHSEED": "0",  # a verdict must not depend on the container that gave it
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}

_LAYOUT = 7  # raise when what is built below, or by the modules it uses, changes
_GROUP = "assay.templates"


@dataclass(frozen=True)
class Template:
    """What jobs find inside.

    Attributes:
        name: for people, and in the cache.
        packages: Python packages, ``name`` or ``name==version`` or any requirement of pip.
        preload: modules that the interpreter imports before the first job.
        warm: Python that it then runs once, to fill caches; it finds the preloaded modules by their
            names, and jobs do not see its own.
        programs: sources of jobs that come often, compiled once and not in each job.
        files: path inside → content.
        languages: names in ``languages.py``; Python always works.
        environment: variables beside :data:`ENVIRONMENT`.
    """

    name: str
    packages: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    warm: str = ""
    programs: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    languages: tuple[str, ...] = ("python",)
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.-]{0,63}", self.name, re.ASCII):
            raise ValueError(f"template name {self.name!r} must be a word of letters, digits, .-_")


@dataclass(frozen=True)
class Settings:
    """What a built template asks of whoever starts it.

    Attributes:
        name, preload, warm, programs: as in :class:`Template`.
        key: differs between any two templates that were made of different things.
        languages: what jobs may be written in.
        environment: of every process inside, whole.
    """

    name: str
    key: str
    preload: tuple[str, ...]
    warm: str
    programs: tuple[str, ...]
    languages: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def guest(self) -> dict[str, Any]:
        """The interpreter's part, as its JSON settings carry it."""
        return {"preload": self.preload, "warm": self.warm, "programs": self.programs}


_WARM_NUMPY = """
import numpy
a = numpy.arange(1.0, 10.0).reshape(3, 3) + numpy.eye(3)
a @ a, numpy.linalg.inv(a), numpy.linalg.eigh(a), numpy.linalg.svd(a), numpy.fft.fft(a)
a.sum(0), a.mean(), a.std(), a[a > 2], numpy.sort(a), numpy.unique(a), numpy.einsum("ij,jk", a, a)
repr(a), str(a.astype(int)), numpy.array([[1, 2], [3, 4]]).tolist()
numpy.random.default_rng(0).normal(size=3)
import os
os.register_at_fork(after_in_child=numpy.random.seed)
"""
_WARM_SYMPY = """
import sympy
x, y = sympy.symbols("x y")
sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 + (x**2 - 1) / (x - 1))
sympy.expand((x + y) ** 3), sympy.factor(x**2 - 1), sympy.solve(x**2 - 3 * x + 2, x)
sympy.diff(sympy.exp(x) * sympy.log(x), x), sympy.integrate(x**2 * sympy.sin(x), x)
sympy.limit(sympy.sin(x) / x, x, 0), sympy.sympify("2*x + 1/3").subs(x, 2).evalf()
sympy.Matrix([[1, 2], [3, 4]]).det(), sympy.latex(x / y), str(sympy.sqrt(8)), sympy.factorint(360)
"""
_NUMPY_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # a thread would not survive the fork


def _built_in(name: str) -> Template | None:
    match name:
        case "plain":
            return Template("plain")
        case "numpy":
            return Template(
                "numpy",
                packages=("numpy",),
                preload=("numpy", "numpy.linalg", "numpy.fft", "numpy.random"),
                warm=_WARM_NUMPY,
                environment=_NUMPY_ENVIRONMENT,
            )
        case "sympy":
            return Template("sympy", packages=("sympy",), preload=("sympy",), warm=_WARM_SYMPY)
        case "toolchain":
            return Template("toolchain", languages=toolchains.installed())
    return None


BUILT_IN = ("plain", "numpy", "sympy", "toolchain")


def names() -> tuple[str, ...]:
    """Every template that has a name: the built-in ones, then the registered."""
    return tuple(dict.fromkeys((*BUILT_IN, *sorted(each.name for each in _registered()))))


def find(name: str) -> Template:
    """The template of this name.

    Raises:
        SandboxUnavailable: there is none (names those there are), or its registration is broken.
    """
    built_in = _built_in(name)
    if built_in is not None:
        return built_in
    for each in _registered():
        if each.name == name:
            return _load(each)
    raise SandboxUnavailable(
        f"no template {name!r}; there are: {', '.join(names())}; mend: pass a Template, or "
        f"register one in the entry-point group {_GROUP!r}"
    )


def build(template: str | Template = "plain") -> Path:
    """The root file system of ``template``, made now if it is not in the cache.

    Raises:
        SandboxUnavailable: it cannot be made here; says what is missing and the mend.
    """
    wanted = find(template) if isinstance(template, str) else template
    try:
        return _build(wanted)
    except OSError as error:
        raise SandboxUnavailable(
            f"cannot build template {wanted.name!r} in {cache_dir()}: {error}; "
            "mend: name a directory with room in ASSAY_CACHE"
        ) from error


def settings(rootfs: Path) -> Settings:
    """What the template at ``rootfs``, as returned by :func:`build`, asks for."""
    read = json.loads((rootfs.parent / "settings.json").read_text(encoding="utf-8"))
    lists = {name: tuple(value) for name, value in read.items() if isinstance(value, list)}
    return Settings(**{**read, **lists})


def cache_dir() -> Path:
    """``ASSAY_CACHE``, or ``assay`` under the user's cache directory."""
    named = os.environ.get("ASSAY_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "assay"


def _build(wanted: Template) -> Path:
    interpreter = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    found = {name: _toolchain(wanted, name) for name in wanted.languages}
    key = _key(wanted, interpreter, found)
    home = cache_dir() / "templates" / f"{wanted.name}-{key}"
    if home.is_dir():
        return home / "root"
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = home.parent / f".draft-{home.name}"
    with _lock(home.parent / f".lock-{home.name}"):
        if not home.is_dir():  # else another process was quicker
            shutil.rmtree(draft, ignore_errors=True)  # of one that was killed
            try:
                _fill(draft, wanted, key, interpreter, found)
                draft.rename(home)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return home / "root"


def _registered() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=_GROUP))


def _load(registered: EntryPoint) -> Template:
    try:
        loaded = registered.load()
    except Exception as error:  # somebody else's module
        raise SandboxUnavailable(
            f"template {registered.name!r} cannot be loaded from {registered.value}: {error!r}; "
            f"mend: repair or uninstall the package that registers it"
        ) from error
    if not isinstance(loaded, Template):
        raise SandboxUnavailable(
            f"{registered.value} is no Template; mend: register an instance of {Template.__name__}"
        )
    return loaded


def _toolchain(template: Template, language: str) -> toolchains.Toolchain:
    if language not in LANGUAGES:
        raise SandboxUnavailable(
            f"template {template.name!r} asks for language {language!r}; "
            f"there are: {', '.join(LANGUAGES)}; mend: correct its name"
        )
    try:
        return toolchains.find(language)
    except toolchains.Missing as missing:
        mend = LANGUAGES[language].mend
        raise SandboxUnavailable(
            f"template {template.name!r} asks for {language}, but {missing}; mend: {mend}"
        ) from missing


def _key(template: Template, interpreter: Path, found: Mapping[str, toolchains.Toolchain]) -> str:
    """A hash of everything that the file system will be made of."""
    tools = [path for each in found.values() for path in each.identity]
    stats = [(str(path), path.stat()) for path in (interpreter, *tools)]
    made_of = (
        _LAYOUT,
        sys.version,
        [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats],
        packages.identity(template.packages),
        asdict(template),
        {name: asdict(LANGUAGES[name]) for name in template.languages},
    )
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]


def _fill(
    draft: Path,
    template: Template,
    key: str,
    interpreter: Path,
    found: Mapping[str, toolchains.Toolchain],
) -> None:
    root = Rootfs(draft / "root")
    root.python(interpreter)
    if template.packages:
        root.packages(template.packages)
    for toolchain in found.values():
        toolchain.lay(root)
    for at, data in template.files.items():
        root.write(_inside(template, at), data)
    root.finish()
    kept = Settings(
        template.name,
        key,
        template.preload,
        template.warm,
        template.programs,
        ("python", *(name for name in template.languages if name != "python")),
        ENVIRONMENT | dict(template.environment),
    )
    (draft / "settings.json").write_text(json.dumps(asdict(kept)), encoding="utf-8")


def _inside(template: Template, at: str) -> str:
    """``at`` as a relative path that stays inside."""
    parts = Path(at.lstrip("/")).parts
    if not parts or ".." in parts or "\0" in at:
        raise SandboxUnavailable(
            f"template {template.name!r} has a file {at!r}; mend: name a path inside, without '..'"
        )
    return "/".join(parts)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One builder at a time, across processes; the kernel releases it for one that is killed."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
