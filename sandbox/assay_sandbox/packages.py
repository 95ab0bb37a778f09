"""Python packages for a template: copied from this environment, else fetched by pip.

Copied where every requirement and all that it requires is installed here, in the version asked for:
that takes a second and no network. Else ``pip install --target`` fetches wheels; source packages,
whose set-up would run on the host, are refused.
"""

from __future__ import annotations

import compileall
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from assay_sandbox.errors import SandboxUnavailable, last_line

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PIP_S = 300.0


def identity(requirements: Iterable[str]) -> str:
    """Changes when what :func:`lay` would lay changes."""
    found = _installed(requirements)
    if found is None:
        return f"pip {sorted(requirements)}"
    return repr(sorted((each.name, each.version, _stamp(each)) for each in found))


def lay(requirements: tuple[str, ...], into: Path, known_as: str) -> None:
    """The packages and what they require, importable from ``into``, compiled.

    ``known_as`` is that directory's path for the interpreter that will import them.

    Raises:
        SandboxUnavailable: pip could not fetch them; says why and the mend.
    """
    into.mkdir(parents=True, exist_ok=True)
    found = _installed(requirements)
    if found is None:
        _fetch(requirements, into)
    else:
        for each in found:
            _copy(each, into)
    compileall.compile_dir(into, quiet=2, stripdir=str(into), prependdir=known_as)


def _installed(requirements: Iterable[str]) -> list[Distribution] | None:
    """The distributions to copy; None where one is missing, or there in another version."""
    found: dict[str, Distribution] = {}
    waiting = [(requirement, True) for requirement in requirements]
    while waiting:
        requirement, asked = waiting.pop()
        name = _NAME.match(requirement)
        wanted, _, marker = requirement.partition(";")
        if name is None or "extra ==" in marker:
            continue
        try:
            each = distribution(name[0])
        except PackageNotFoundError:
            if marker:  # for another platform, or it would be here
                continue
            return None
        exact = wanted.strip() in (name[0], f"{name[0]}=={each.version}")
        if (asked and not exact) or not _can_be_copied(each):
            return None
        if each.name not in found:
            found[each.name] = each
            waiting += [(required, False) for required in each.requires or ()]
    return list(found.values())


def _can_be_copied(each: Distribution) -> bool:
    """Its files are listed, and lie here: not so for Debian's packages and editable installs."""
    return bool(each.files) and "editable" not in (each.read_text("direct_url.json") or "")


def _stamp(each: Distribution) -> int:
    """When it was installed."""
    record = next(path for path in each.files or () if path.name == "RECORD")
    return Path(str(record.locate())).stat().st_mtime_ns


def _own_files(each: Distribution) -> Iterator[tuple[Path, str]]:
    """Its files within the packages' directory, byte code excepted, and where they belong."""
    for path in each.files or ():
        if ".." not in path.parts and path.suffix != ".pyc":
            source = Path(str(path.locate()))
            if source.is_file():
                yield source, str(path)


def _copy(each: Distribution, into: Path) -> None:
    for source, at in _own_files(each):
        target = into / at
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _fetch(requirements: tuple[str, ...], into: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-compile", "--only-binary=:all:", "--target", str(into)]
    try:
        done = subprocess.run(
            [*pip, *options, "--", *requirements],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PIP_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxUnavailable(f"pip did not end within {_PIP_S:.0f} s") from error
    if done.returncode:
        wanted = " ".join(requirements)
        raise SandboxUnavailable(
            f"packages of the template ({wanted}) are not installed here, and pip cannot fetch "
            f"them: {last_line(done.stderr)}; mend: install them beside assay, "
            f"`{Path(sys.executable).name} -m pip install {wanted}`"
        )
