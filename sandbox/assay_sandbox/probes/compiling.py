"""Probes at compile time: what a compiler may be talked into by the program it compiles."""

from __future__ import annotations

from dataclasses import replace

from assay_sandbox.job import Job, Limits, Result, Status
from assay_sandbox.probes.probe import Probe

_LIMITS = Limits(wall_s=10.0, cpu_s=10.0, memory_bytes=1 << 30, processes=64, file_bytes=32 << 20)
_REFUSED: frozenset[Status] = frozenset(
    {"compile_error", "nonzero_exit", "timeout", "memory", "output_limit"}
)

_CRASHED: frozenset[Status] = frozenset({"signal"})
_ANY: frozenset[Status] = _REFUSED | {"ok"}


def _c(source: str, language: str = "c") -> Job:
    return Job(source, language=language, limits=_LIMITS)


def _root(result: Result) -> str | None:
    said = result.stdout + result.stderr
    return f"read {said[:200]!r}" if b"root:" in said else None


PROBES = (
    Probe(
        "include of host files",
        "have the compiler quote files in its errors",
        template="toolchain",
        job=_c('#include "/etc/shadow"\n#include "/proc/1/environ"\nint main(){return 0;}\n'),
        ends=_REFUSED,
        judge=_root,
    ),
    Probe(
        "embedding of host files",
        "have the assembler put files into the program",
        template="toolchain",
        job=_c(
            "#include <stdio.h>\n"
            'asm(".data\\nstolen: .incbin \\"/etc/shadow\\"\\n.byte 0\\n.text");\n'
            "extern char stolen[];\nint main(){puts(stolen);return 0;}\n"
        ),
        ends=_REFUSED,
        judge=_root,
    ),
    Probe(
        "endless include",
        "have the compiler read without end",
        template="toolchain",
        job=replace(_c('#include "/dev/zero"\nint main(){return 0;}\n'), limits=_LIMITS),
        ends=_ANY | _CRASHED,
    ),
    Probe(
        "template explosion",
        "have the compiler compute without end",
        template="toolchain",
        job=_c(
            "template<int N> struct A { A<N-1> a; A<N-2> b; };\n"
            "template<> struct A<0>{}; template<> struct A<1>{};\n"
            "template<int N, int M> struct B { typedef typename B<N-1, M>::t t;"
            " typedef typename B<N-1, M+(1<<N)>::t u; };\n"
            "template<int M> struct B<0, M> { typedef int t; };\n"
            "int main(){ B<22,0>::u x = 0; return x; }\n",
            "cpp",
        ),
        ends=_ANY,
    ),
    Probe(
        "poisoned compile",
        "leave a header for the next compile",
        template="toolchain",
        job=_c(
            '#include <stdio.h>\nint main(){FILE*f=fopen("/tmp/stdio.h","w");'
            'if(f)fputs("#error poisoned",f);f=fopen("/usr/include/stdio.h","w");'
            "return f?0:3;}\n"
        ),
        ends=frozenset({"nonzero_exit"}),
    ),
)
