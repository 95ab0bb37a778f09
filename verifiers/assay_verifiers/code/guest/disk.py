"""Whether test code uses files, which do not cross: each process has a disk of its own.

A test that fails after it wrote or looked for a file says nothing about the candidate, which may
have written that file, or looked for it, on its own disk. Only what the *tests* do is watched, so
no candidate can make its failure undecided.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

_WORDS = re.compile(r"\b(open|os|path|Path|pathlib|shutil|tempfile|glob|zipfile|tarfile|sqlite3)\b")
_SYSTEM = (sys.prefix, sys.base_prefix, "/usr/", "/lib", "/proc/", "/sys/", "/dev/")
_OURS = ("tests.py", "candidate.py", "prelude.py", "tests.json")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink",
            "os.truncate", "shutil.", "tempfile.", "sqlite3.connect")  # fmt: skip
_LOOKS = ("os.listdir", "os.scandir", "glob.")


class Disk:
    """What the tests did with files.

    Attributes:
        wrote: what they changed, since the beginning; sought: what they looked at in this test.
    """

    def __init__(self, code: str) -> None:
        self.wrote = self.sought = ""
        self._folder = os.getcwd()
        if _WORDS.search(code):
            sys.addaudithook(self._notice)
            os.stat = self._noticing(os.stat)
            os.lstat = self._noticing(os.lstat)

    @property
    def touched(self) -> str:
        """What the tests used, for a person, or ""."""
        what = self.wrote or self.sought
        return f"the tests use a file ({what}), and files do not cross" if what else ""

    def _notice(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = given
            if isinstance(flags, int) and flags & _WRITING:
                self._change(path)
            else:
                self._look(path)
        elif event.startswith(_CHANGES):
            self._change(given[0] if given else "")
        elif event.startswith(_LOOKS) and not _importing():
            self._look(given[0] if given else "")

    def _noticing(self, stat: Callable[..., Any]) -> Callable[..., Any]:
        def noticing(path: Any, *given: Any, **words: Any) -> Any:
            self._look(path)
            return stat(path, *given, **words)

        return noticing

    def _change(self, path: Any) -> None:
        self.wrote = self.wrote or self._named(path)

    def _look(self, path: Any) -> None:
        self.sought = self.sought or self._named(path)

    def _named(self, path: Any) -> str:
        """A path of the tests' own as text, else ""."""
        try:
            name = os.fsdecode(path or ".")
        except TypeError:  # a descriptor: it was noticed when it was opened
            return ""
        system = name.startswith(_SYSTEM) and not name.startswith(self._folder)
        return "" if system or os.path.basename(name) in _OURS else name[:100]


def _importing() -> bool:
    """Whether it is the import system that looks, which does so by itself."""
    return sys._getframe(2).f_code.co_filename.startswith("<frozen importlib")
