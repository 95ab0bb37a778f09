"""The audit passes what is sound, and every flaw is found by the check named for it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from assay_datasets import InputError, Json
from assay_envs import env_registry
from assay_envs.audit import CHECKS, Report, audit, audit_one
from assay_envs.audit.chance import unlikely
from assay_envs.audit.subject import Subject

SPECIMENS = Path(__file__).with_name("specimens.py")


def load() -> ModuleType:
    """The specimens, imported as what they are elsewhere too: a plug-in file."""
    spec = importlib.util.spec_from_file_location("specimens", SPECIMENS)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["specimens"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULE = load()
FLAWS = [(kind.id, check) for kind, check in MODULE.FLAWS]


@pytest.fixture(autouse=True)
def _known_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes find the specimens; this one has them already."""
    from assay_datasets import plugins

    monkeypatch.setenv("ASSAY_PLUGINS", str(SPECIMENS))
    monkeypatch.setattr(plugins, "_loaded", {SPECIMENS.resolve()})


def test_what_is_sound_passes_every_check() -> None:
    report = audit_one("specimen/sound", seeds=12)
    assert report.failed == ()
    assert [finding.check for finding in report.findings] == ["generate", *CHECKS]
    assert {finding.state for finding in report.findings} == {"held"}


@pytest.mark.parametrize(("env_id", "check"), FLAWS)
async def test_a_flaw_is_found_by_the_check_named_for_it(
    env_id: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay_envs.audit.verdicts.DEADLINE_S", 0.05)
    kind = env_registry.load(env_id)
    examined = Subject(kind(), kind, seeds=12)
    examined.generate()
    finding = await CHECKS[check](examined)
    assert finding.state == "failed"
    assert finding.evidence
    json.dumps(finding.facts)


def test_every_check_has_a_flaw_that_it_finds() -> None:
    assert {check for _, check in FLAWS} == {*CHECKS}


def test_what_the_env_raises_is_a_finding_and_no_crash() -> None:
    report = audit_one("specimen/crashes", seeds=3)
    assert not report.passed
    assert "ZeroDivisionError: a bug (at specimens.py" in report.finding("generate").evidence[0]


@pytest.mark.parametrize(
    ("paid", "n", "rate", "verdict"),
    [
        (0, 100, 0.0, False),
        (1, 100, 0.0, True),
        (0.2, 100, 0.0, True),
        (10, 100, 0.1, False),
        (20, 100, 0.1, False),
        (25, 100, 0.1, True),
        (100, 100, 0.5, True),
        (3, 3, 0.5, False),
        (1000, 1000, 1.0, False),
    ],
)
def test_a_rate_is_too_high_only_where_chance_would_hardly_give_it(
    paid: float, n: int, rate: float, verdict: bool
) -> None:
    assert unlikely(paid, n, rate) is verdict


def test_a_report_goes_through_json_unchanged() -> None:
    report = audit_one("specimen/sound", seeds=2)
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again.to_json() == report.to_json()


def test_one_seed_is_refused_and_an_unknown_env_is_named() -> None:
    with pytest.raises(InputError, match="two seeds or more"):
        list(audit(["specimen/sound"], seeds=1))
    with pytest.raises(InputError, match="unknown environment 'specimen/sond'"):
        list(audit(["specimen/sond"]))


# Side by side

SOUND, FLAWED, CRASHES = "specimen/sound", "specimen/PaysNearMisses", "specimen/crashes"


def untimed(report: Report) -> Json:
    record = report.to_json()
    del record["seconds"]
    for finding in record["findings"]:
        finding["facts"].pop("slowest_s", None)
    return record


def test_processes_find_what_one_finds_in_the_same_order() -> None:
    asked = [SOUND, CRASHES, FLAWED]
    heard: list[tuple[str, str]] = []
    alone = [untimed(report) for report in audit(asked, seeds=3)]
    together = audit(asked, seeds=3, jobs=2, on_check=lambda *said: heard.append(said))
    assert [untimed(report) for report in together] == alone
    assert [record["env"] for record in alone] == asked
    assert sorted(heard) == sorted((env, check) for env in (SOUND, FLAWED) for check in CHECKS)


def test_a_process_that_dies_costs_its_environment_only() -> None:
    dead, *others = audit(["specimen/dies", SOUND, SOUND], seeds=2, jobs=2)
    assert "ended by SIGKILL; is there enough memory?" in dead.finding("generate").evidence[0]
    assert [report.passed for report in others] == [True, True]


def test_reports_that_nobody_takes_any_more_stop_the_processes() -> None:
    reports = audit([SOUND, "specimen/endless", "specimen/endless"], seeds=2, jobs=2)
    assert next(reports).passed
    assert len(auditors()) == 2
    reports.close()  # type: ignore[attr-defined]
    assert auditors() == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_an_audit_with_all_of_its_processes(jobs: str) -> None:
    main = "from assay.cli import main; main()"
    command = [sys.executable, "-c", main, "audit", "specimen/endless", SOUND, "--jobs", jobs]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "endless\n"
        children = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        assert running.wait(30) == 130
        assert running.stderr.read().split() == ["assay:", "interrupted"]
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def auditors() -> list[psutil.Process]:
    """The worker processes of this one that are alive; the resource tracker is none."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
