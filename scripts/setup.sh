#!/bin/sh
# Make .venv and install Assay into it, once: `scripts/setup.sh EXTRAS`, e.g. `train` or `train,dev`.
#
# A stamp inside .venv remembers what was installed (a hash of pyproject.toml, the lock, this
# script, the Python and the checkout's path), so a second run costs milliseconds. Packages come
# from wherever pip is configured to find them. What isolates code, runsc (gVisor) and libseccomp, and
# a C compiler for the sandbox's core are installed through apt where this user may; where not, the
# script says so and goes on. ASSAY_VENV and ASSAY_LOCK name another environment and its lock
# (scripts/setup_vllm.sh).
set -eu

extras=${1:?usage: scripts/setup.sh EXTRAS}
cd "$(dirname "$0")/.."
root=$(pwd)
script=$root/scripts/setup.sh
venv=$root/${ASSAY_VENV:-.venv}
lock=${ASSAY_LOCK:-requirements.lock}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.11 python3.12 python3.13 python3.14; do
        if new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    fail "no Python 3.11 or newer found; install one (apt-get install python3) or set PYTHON=/path"
}

# Run as root, directly or by a sudo that asks for no password; fails where neither is there.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root true || return 1
    say "installing $* with apt-get"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$@" >/dev/null 2>&1 && return
    as_root apt-get update -qq >/dev/null 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$@" >/dev/null 2>&1
}

make_venv() {
    rm -rf "$venv"
    say "making $venv with $("$python" --version)"
    package=$("$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")')
    "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install "$package" || true
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$venv"
    elif "$python" -m venv --without-pip "$venv" 2>/dev/null; then
        # Debian splits ensurepip off; a pip outside can put itself into the environment.
        "$python" -m pip --python "$venv/bin/python" install pip || {
            rm -rf "$venv"
            fail "this Python can neither make environments nor run pip; the mend: apt-get install $package"
        }
    else
        rm -rf "$venv"
        fail "this Python cannot make environments; the mend: apt-get install $package"
    fi
}

has_seccomp() { "$venv/bin/python" -c 'import pyseccomp' >/dev/null 2>&1; }

install_compiler() {
    command -v cc >/dev/null 2>&1 && return
    if apt_install gcc libc6-dev; then
        say "installed gcc through apt: the sandbox's core can be compiled"
    else
        say "no C compiler is here and none could be installed; the sandbox runs its Python core,"
        say "which does the same for twice the CPU"
    fi
}

install_walls() {
    if ! command -v runsc >/dev/null 2>&1; then
        if apt_install runsc; then
            say "installed runsc (gVisor) through apt: untrusted code can run behind its own kernel"
        else
            say "runsc (gVisor) is not here and could not be installed (needs root or sudo, and a"
            say "package named runsc); the gvisor back-end is off. See: .venv/bin/assay doctor"
        fi
    fi
    if ! has_seccomp; then
        if apt_install libseccomp2; then
            say "installed libseccomp2 through apt: the namespace back-end can filter system calls"
        else
            say "libseccomp2 is not here and could not be installed (needs root or sudo); the"
            say "namespace back-end is off. See: .venv/bin/assay doctor"
        fi
    fi
}

python=$(find_python)
# First what .venv is bound to (rebuilt when it changes), then what is in it (installed over).
home="$root $("$python" -VV | tr '\n' ' ')"
stamp() { echo "$home"; { echo "$1"; cat pyproject.toml "$lock" "$script"; } | cksum; }

# An environment for train,dev serves train as well.
for made in "$extras" train,dev; do
    if [ "$(cat "$venv/assay-setup" 2>/dev/null)" = "$(stamp "$made")" ]; then exit 0; fi
done

if [ "$(head -n 1 "$venv/assay-setup" 2>/dev/null)" != "$home" ]; then make_venv; fi
say "installing the pinned packages of assay[$extras] (minutes the first time)"
"$venv/bin/python" -m pip install -c "$lock" -e ".[$extras]"
install_walls
install_compiler
stamp "$extras" >"$venv/assay-setup"
