"""Which back-end is taken: the named one or nothing, else the safest that works, and why not."""

from __future__ import annotations

import pytest

from assay_sandbox import SandboxUnavailable, backend
from assay_sandbox.docker import Docker

NAMES = ["gvisor", "docker:runsc", "namespace", "docker"]


@pytest.fixture(autouse=True)
def _unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_BACKEND", raising=False)


def _works(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Pretend that only these work; the list of those that were asked."""
    asked: list[str] = []

    def probe(name: str) -> str:
        asked.append(name)
        return "" if name in names else f"{name} is missing; mend: get {name}"

    monkeypatch.setattr(backend, "probe", probe)
    return asked


def test_safest_comes_first() -> None:
    assert list(backend.backends()) == NAMES


def test_each_says_what_it_protects_against_and_what_not() -> None:
    for each in (*backend.backends().values(), Docker("kata"), Docker("made-up")):
        assert each.boundary
        assert each.protects
        assert each.exposed


@pytest.mark.parametrize("first", range(len(NAMES)))
def test_without_a_name_the_safest_that_works_is_taken(
    monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    asked = _works(monkeypatch, *NAMES[first:])
    assert backend.choose().name == NAMES[first]
    assert asked == NAMES[: first + 1]


@pytest.mark.parametrize("name", [*NAMES, "docker:kata"])
@pytest.mark.parametrize("by_variable", [False, True])
def test_named_one_is_taken_or_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, by_variable: bool
) -> None:
    asked = _works(monkeypatch, *(each for each in NAMES if each != name))
    if by_variable:
        monkeypatch.setenv("ASSAY_BACKEND", name)
    with pytest.raises(SandboxUnavailable, match=f"{name} is missing.*; mend: get {name}$"):
        backend.choose(None if by_variable else name)
    assert asked == [name]


def test_refusal_names_every_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    _works(monkeypatch)
    with pytest.raises(SandboxUnavailable) as refusal:
        backend.choose()
    for name in NAMES:
        assert f"{name} is missing" in str(refusal.value)
        assert f"get {name}" in str(refusal.value).partition("; mend: ")[2]


@pytest.mark.parametrize("name", ["chroot", "docker:", "namespace:runc", "Gvisor", ""])
def test_unknown_name_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _works(monkeypatch, *NAMES)
    if not name:
        assert backend.choose(name).name == "gvisor"  # no name at all
        return
    with pytest.raises(SandboxUnavailable, match=r"no back-end .*gvisor.*docker:RUNTIME"):
        backend.choose(name)


def test_any_runtime_of_an_engine_has_a_name() -> None:
    assert backend.find("docker:kata-fc").name == "docker:kata-fc"
    assert "virtual machine" in backend.find("docker:kata-fc").boundary
    assert "kernel" in backend.find("docker:unheard-of").exposed
