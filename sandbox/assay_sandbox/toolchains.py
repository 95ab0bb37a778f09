"""What of this host a language needs, asked of its tools, and laid into a root file system.

Every function answers for one language: it finds the tools (:class:`Missing` where they are not
there) and says how to lay them. Compilers are asked for their own directories, and ``ldd`` for what
they are linked to, so that nothing depends on a distribution's packages; only what compiling and
running needs is taken, not documentation, debuggers or sanitizers. Two things are made here to be
cheap later: the precompiled header of C++, and the shared class archive of the Java compiler. Both
are made by the host's own tools from the host's own files, before any job.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from assay_sandbox.languages import LANGUAGES
from assay_sandbox.rootfs import Rootfs

_ASK_S = 20.0
_MAKE_S = 120.0
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_SHELL_PROGRAMS = """
    awk base64 basename bc cat chmod cksum cmp comm cp cut date dd diff dirname du env expand expr
    factor false find fmt fold grep head hexdump hostname id install join ln ls md5sum mkdir mktemp
    mv nl nproc numfmt od paste pr printf pwd readlink realpath rev rm rmdir sed seq sha256sum shuf
    sleep sort split stat sum tac tail tee test timeout touch tr true tsort uname unexpand uniq wc
    which xargs yes
"""
_C_HEADERS = """
    arpa asm asm-generic bits gnu linux misc mtd net netash netatalk netax25 neteconet netinet
    netipx netiucv netpacket netrom netrose nfs protocols rdma rpc scsi sound sys thread_db video
"""
_C_OBJECTS = """
    crt1.o Scrt1.o gcrt1.o rcrt1.o crti.o crtn.o libc.so libc_nonshared.a libm.so libmvec.so
    libpthread.a libdl.a librt.a libutil.a libc.a libm.a
"""
_LINKED = re.compile(rb"/\S+\.so\.\d+")  # what a linker script like libc.so stands for
_GCC_LEFT_OUT = re.compile(r"lto1$|.*(asan|tsan|lsan|ubsan)|f951$|plugin$|g\+\+-mapper|libcc1|32$")
_JAVA_LEFT_OUT = """
    jmods src.zip man demo docs include legal cacerts classes_nocoops.jsa ct.sym
    libawt_xawt.so libfontmanager.so libjsound.so libsplashscreen.so libj2pcsc.so
"""


class Missing(Exception):
    """The language cannot be had from this host; says what is not there."""


@dataclass(frozen=True)
class Toolchain:
    """A language's tools on this host.

    Attributes:
        detail: where they are, for a person.
        identity: files that change when the tools do.
        lay: puts them into a root file system.
    """

    detail: str
    identity: tuple[Path, ...]
    lay: Callable[[Rootfs], None]


@cache
def find(language: str) -> Toolchain:
    """The toolchain of a language in ``LANGUAGES``; :class:`Missing` where this host has none."""
    return _FINDERS[language]()


def installed() -> tuple[str, ...]:
    """The languages that a template of this host can hold."""
    names = []
    for name in LANGUAGES:
        try:
            find(name)
        except Missing:
            continue
        names.append(name)
    return tuple(names)


def _tool(name: str, path: str | None = None) -> Path:
    """A program, links followed; a wrapper script is not one."""
    found = shutil.which(name, path=path)
    if found is None:
        raise Missing(f"{name} is not installed")
    real = Path(found).resolve()
    with open(real, "rb") as file:
        if file.read(4) != b"\x7fELF":
            raise Missing(f"{found} is a wrapper script, not the program")
    return real


def _ask(*command: str | Path, stderr: bool = False) -> str:
    """What a tool says of itself."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=_ASK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Missing(f"{command[0]} does not answer: {error}") from error
    return (done.stderr if stderr else done.stdout).strip()


def _python() -> Toolchain:
    return Toolchain("the interpreter that this runs under", (), lambda root: None)


# ── C and C++ ────────────────────────────────────────────────────────────────────────────────────


def _c() -> Toolchain:
    gcc = _tool("gcc", _SYSTEM_PATH)
    start = _asked_file(gcc, "crt1.o")
    if not (start.is_absolute() and start.exists()):
        raise Missing("gcc is here, but not the C library's headers and objects")
    return Toolchain(str(gcc), (gcc, _gcc_folder(gcc) / "cc1"), lambda root: _lay_gcc(root, gcc))


def _cpp() -> Toolchain:
    gcc, gxx = _tool("gcc", _SYSTEM_PATH), _tool("g++", _SYSTEM_PATH)
    compiler = _gcc_folder(gxx) / "cc1plus"

    def lay(root: Rootfs) -> None:
        _lay_gcc(root, gcc)
        root.copy(gxx, "usr/bin/g++")
        for folder in _headers(gxx, "c++"):
            if "c++" in folder.parts and folder.name != "backward":
                root.tree(folder)
        _precompile(root, gxx)

    return Toolchain(str(gxx), (gxx, compiler), lay)


def _lay_gcc(root: Rootfs, gcc: Path) -> None:
    if (root.root / "usr/bin/gcc").exists():
        return
    root.copy(gcc, "usr/bin/gcc")
    for name in ("as", "ld"):
        found = shutil.which(_ask(gcc, f"-print-prog-name={name}"))
        if found is None:
            raise Missing(f"gcc needs {name}, which is not installed")
        root.copy(Path(found), f"usr/bin/{name}")
    root.tree(_gcc_folder(gcc), leave_out=lambda _, names: set(filter(_GCC_LEFT_OUT.match, names)))
    for name in _C_OBJECTS.split():
        path = _asked_file(gcc, name)
        if path.is_absolute() and path.exists():
            root.copy(path)
            for named in _LINKED.findall(path.read_bytes()) if path.suffix == ".so" else ():
                root.library(Path(named.decode()))
    for folder in _headers(gcc, "c"):
        if folder.is_relative_to("/usr/include") and "c++" not in folder.parts:
            _lay_headers(root, folder)


def _lay_headers(root: Rootfs, folder: Path) -> None:
    """The C library's and the kernel's own, of what may be many packages' headers."""
    wanted = _C_HEADERS.split()
    for path in folder.iterdir():
        if path.is_dir() and path.name in wanted:
            root.tree(path)
        elif path.suffix == ".h":
            root.copy(path)


def _gcc_folder(gcc: Path) -> Path:
    return Path(os.path.normpath(_ask(gcc, "-print-libgcc-file-name"))).parent


def _asked_file(gcc: Path, name: str) -> Path:
    return Path(os.path.normpath(_ask(gcc, f"-print-file-name={name}")))


def _headers(gcc: Path, language: str) -> list[Path]:
    said = _ask(gcc, "-E", "-v", "-x", language, "/dev/null", stderr=True)
    listed = said.partition("search starts here:\n")[2].partition("End of search list")[0]
    paths = [Path(os.path.normpath(line.strip())) for line in listed.splitlines()]
    return [path for path in paths if path.is_absolute() and path.is_dir()]


def _precompile(root: Rootfs, gxx: Path) -> None:
    """``bits/stdc++.h`` with the very flags of the compile command, else it would not be taken."""
    for folder in _headers(gxx, "c++"):
        header = folder / "bits/stdc++.h"
        if header.is_file():
            target = root.root / f"{header}.gch".lstrip("/")
            flags = [
                flag for flag in LANGUAGES["cpp"].compile[1:] if flag.startswith(("-std", "-O"))
            ]
            _make([gxx, *flags, "-x", "c++-header", header, "-o", target])


def _make(command: list[str | Path], **environment: str) -> bool:
    """Run a tool of this host for something that is only a gain; whether it worked."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_MAKE_S,
            check=False,
            env={"PATH": _SYSTEM_PATH, "LANG": "C.UTF-8", **environment},
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


# ── JavaScript and TypeScript ────────────────────────────────────────────────────────────────────


def _javascript() -> Toolchain:
    node = _tool("node")
    return Toolchain(str(node), (node,), lambda root: root.copy(node, "usr/bin/node"))


def _typescript() -> Toolchain:
    node = _tool("node")
    places = [Path("/usr/share/nodejs"), Path("/usr/local/lib/node_modules")]
    places += [parent / "lib/node_modules" for parent in node.parents]
    named = (place / "typescript/lib/typescript.js" for place in places)
    compiler = next((path for path in named if path.is_file()), None)
    if compiler is None:
        raise Missing("the package typescript is not installed for node")

    def lay(root: Rootfs) -> None:
        root.copy(node, "usr/bin/node")
        root.copy(compiler, "usr/lib/assay/typescript.js")
        root.write("usr/lib/assay/compile.js", _own("compile.js"))

    return Toolchain(str(compiler), (node, compiler), lay)


def _own(name: str) -> bytes:
    return resources.files("assay_sandbox").joinpath("toolchain", name).read_bytes()


# ── Java ─────────────────────────────────────────────────────────────────────────────────────────


def _java() -> Toolchain:
    compiler = _tool("javac")
    home = compiler.parent.parent
    java = home / "bin/java"
    if not java.is_file():
        raise Missing(f"{compiler} has no java beside it")

    def lay(root: Rootfs) -> None:
        root.tree(home, leave_out=lambda _, names: {*names}.intersection(_JAVA_LEFT_OUT.split()))
        root.link("/usr/bin/java", str(java))
        _lay_java_compiler(root, compiler, java)

    return Toolchain(str(home), (compiler, home / "lib/modules"), lay)


def _lay_java_compiler(root: Rootfs, compiler: Path, java: Path) -> None:
    """Our driver of the compiler, as a jar, and the archive of the classes that it loads."""
    folder = root.root / "usr/lib/assay"
    source = root.write("usr/lib/assay/Compile.java", _own("Compile.java"))
    jar = folder / "compile.jar"
    if not (
        _make([compiler, "-nowarn", "-d", folder / "classes", source])
        and _make([compiler.parent / "jar", "-cfe", jar, "Compile", "-C", folder / "classes", "."])
    ):
        raise Missing(f"{compiler} does not compile")
    shutil.rmtree(folder / "classes")
    root.later.append(lambda: _archive_java_compiler(root.root, java))


def _archive_java_compiler(root: Path, java: Path) -> None:
    """Make it inside, since it holds the class path as it is there. Without root, by a user's."""
    folder = "/usr/lib/assay"
    options = ["-XX:+UseSerialGC", "-XX:-UsePerfData"]
    made = [f"-XX:ArchiveClassesAtExit={folder}/compile.jsa", "-cp", f"{folder}/compile.jar"]
    job = ["Compile", f"{folder}/made.jar", f"{folder}/Compile.java"]
    enter: list[str | Path] = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    neighbours = f"/lib:{java.parent.parent / 'lib'}"  # which it finds by /proc, not there yet
    _make(
        [*enter, "/usr/sbin/chroot", root, java, *options, *made, *job], LD_LIBRARY_PATH=neighbours
    )
    (root / folder[1:] / "made.jar").unlink(missing_ok=True)


# ── Bash, Rust, Go ───────────────────────────────────────────────────────────────────────────────


def _bash() -> Toolchain:
    bash = _tool("bash", _SYSTEM_PATH)

    def lay(root: Rootfs) -> None:
        root.copy(bash, "usr/bin/bash")
        for name in _SHELL_PROGRAMS.split():
            found = shutil.which(name, path=_SYSTEM_PATH)
            if found:
                root.copy(Path(found), f"usr/bin/{name}")

    return Toolchain(str(bash), (bash,), lay)


def _rust() -> Toolchain:
    _c()  # its linker
    rustc = shutil.which("rustc")
    if rustc is None:
        raise Missing("rustc is not installed")
    home = Path(_ask(rustc, "--print", "sysroot"))
    target = re.search(r"^host: (\S+)$", _ask(rustc, "-vV"), re.MULTILINE)
    if target is None:
        raise Missing(f"{rustc} does not name its host")
    library = home / "lib/rustlib" / target[1] / "lib"

    def lay(root: Rootfs) -> None:
        _c().lay(root)
        root.copy(home / "bin/rustc", "usr/lib/rust/bin/rustc")
        root.tree(home / "lib", "usr/lib/rust/lib", _not_shared)
        root.tree(library, f"usr/lib/rust/lib/rustlib/{target[1]}/lib")

    return Toolchain(str(home), (home / "bin/rustc", *sorted((home / "lib").glob("*.so*"))), lay)


def _not_shared(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if ".so" not in name}


def _go() -> Toolchain:
    _tool("go")
    home = Path(_ask("go", "env", "GOROOT"))

    def lay(root: Rootfs) -> None:
        for name in ("bin", "pkg", "src"):
            root.tree(home / name, f"usr/lib/go/{name}")
        root.copy(home / "VERSION", "usr/lib/go/VERSION")

    return Toolchain(str(home), ((home / "bin/go").resolve(), home / "VERSION"), lay)


_FINDERS: dict[str, Callable[[], Toolchain]] = {
    "python": _python,
    "c": _c,
    "cpp": _cpp,
    "javascript": _javascript,
    "java": _java,
    "bash": _bash,
    "rust": _rust,
    "go": _go,
    "typescript": _typescript,
}
