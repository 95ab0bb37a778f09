"""Plug-ins: one file registers an environment; it is used once its audit has passed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from assay.scaffold import names_of, write_package
from assay_datasets import InputError, add_plugin, plugins
from assay_envs import SingleTurn, env_registry, register
from assay_envs.audit import Report, Unaudited, audit, is_cleared, require_audit
from assay_envs.audit.clearance import LEAST_SEEDS, grant
from assay_envs.logic.countdown import Countdown
from assay_verifiers import verifier_registry

ROOMS = ("", "sandbox", "datasets", "verifiers", "envs", "trainer")
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _registries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test registers is gone after it; its cache and its directory are its own."""
    for registry in (env_registry, verifier_registry):
        monkeypatch.setattr(registry, "_added", dict(registry._added))
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setenv("ASSAY_PLUGINS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ASSAY_UNAUDITED", raising=False)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def write_env(file: Path, name: str = "words") -> Path:
    """The scaffold's environment, as one file that registers itself."""
    folder = file.parent / f"{name}-scaffold"
    written = write_package(f"mine/{name}", folder)
    source = next(path for path in written if path.stem == name).read_text(encoding="utf-8")
    source = source.replace("from assay_envs import", "from assay_envs import register,")
    source = source.replace("\n\nclass ", "\n\n@register\nclass ")
    file.write_text(source, encoding="utf-8")
    return file


def test_a_file_with_a_decorator_registers_its_environment_and_its_verifier() -> None:
    add_plugin(write_env(Path("mine.py")))
    assert "mine/words" in env_registry.names()
    assert "mine/words" in verifier_registry.names()
    assert str(Path("mine.py").resolve()) in os.environ["ASSAY_PLUGINS"]


def test_the_projects_own_file_names_plug_ins() -> None:
    write_env(Path("mine.py"))
    Path("assay.toml").write_text('plugins = ["mine.py"]', encoding="utf-8")
    assert "mine/words" in env_registry.names()


def test_data_are_a_plug_in_too() -> None:
    Path("rows.jsonl").write_text('{"q": "1+1?", "a": "2"}\n', encoding="utf-8")
    Path("mine.toml").write_text(
        'id = "mine/sums"\ndata = "rows.jsonl"\nverifier = "math"\n'
        'prompt = "{q}"\nanswer = "{a}"\n',
        encoding="utf-8",
    )
    add_plugin("mine.toml")
    assert env_registry.build("mine/sums", {}).generate(0, 1).answer == "2"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.py", "x = 1\ny = x +\n", r"a.py does not import: line 2: SyntaxError"),
        ("a.py", "\n\nraise KeyError('k')\n", r"a.py does not import: line 3: KeyError"),
        ("a.py", "import no_such_module\n", "line 1: ModuleNotFoundError"),
        ("a.csv", "x", "its name must end in .py or .toml"),
        ("a.toml", "id = 3", "missing data, verifier, prompt, answer"),
    ],
)
def test_a_plug_in_that_does_not_load_says_where_and_why(
    name: str, text: str, message: str
) -> None:
    Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        add_plugin(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plugins = 3", "plugins must be a list"),
        ("plugins = [", "assay.toml is not TOML"),
        ('plugins = ["gone.py"]', "no plug-in file at .*gone.py"),
    ],
)
def test_a_project_file_that_is_wrong_says_how_to_mend_it(text: str, message: str) -> None:
    Path("assay.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        env_registry.names()


def test_a_class_without_an_id_or_with_anothers_is_refused() -> None:
    class Nameless(Countdown):
        id = "nameless"

    class Usurper(SingleTurn):
        id = "logic/countdown"

    with pytest.raises(InputError, match="Nameless has no id; give it one, such as"):
        register(Nameless)
    with pytest.raises(InputError, match="'logic/countdown' exists already"):
        register(Usurper)
    assert register(Countdown) is Countdown


def test_a_plug_in_is_refused_until_its_code_has_passed_and_again_when_it_changes() -> None:
    file = write_env(Path("mine.py"))
    add_plugin(file)
    with pytest.raises(Unaudited, match="run `assay audit mine/words`"):
        require_audit(["logic/countdown", "mine/words"])
    [report] = audit(["mine/words"], seeds=20)
    assert report.passed, report.failed
    require_audit(["logic/countdown", "mine/words"])
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert not is_cleared("mine/words")


def test_a_short_audit_clears_nothing() -> None:
    add_plugin(write_env(Path("mine.py")))
    [report] = audit(["mine/words"], seeds=2)
    assert report.passed, report.failed
    assert not is_cleared("mine/words")


def test_data_are_refused_again_when_a_row_changes() -> None:
    rows = Path("rows.jsonl")
    rows.write_text(
        "".join(json.dumps({"q": f"What is {n} times {n}?", "a": str(n * n)}) + "\n"
                for n in range(2, 60)),
        encoding="utf-8",
    )  # fmt: skip
    Path("mine.toml").write_text(
        'id = "mine/squares"\ndata = "rows.jsonl"\nverifier = "math"\nprompt = "{q}"\n'
        'answer = "{a}"\nchance = 0.05\n',
        encoding="utf-8",
    )
    add_plugin("mine.toml")
    [report] = audit(["mine/squares"], seeds=20)
    assert report.passed, report.failed
    open_ = {finding.check for finding in report.findings if finding.state == "open"}
    assert open_ == {"certificates", "difficulty", "near_misses", "trivial"}
    assert is_cleared("mine/squares")
    rows.write_text(rows.read_text(encoding="utf-8").replace("4", "5"), encoding="utf-8")
    assert not is_cleared("mine/squares")


def test_a_plug_in_is_audited_again_when_its_verifier_or_what_it_inherits_from_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, judge, file = Path("mine_base.py"), Path("mine_judge.py"), Path("mine.py")
    base.write_text(
        "from assay_envs.math.linear import Linear\nclass Base(Linear):\n    summary = 'x'\n",
        encoding="utf-8",
    )
    judge.write_text(
        "from assay_verifiers.math import MathVerifier\nclass Judge(MathVerifier):\n    pass\n",
        encoding="utf-8",
    )
    file.write_text(
        "from assay_envs import register\nfrom mine_base import Base\n"
        "from mine_judge import Judge\n"
        "@register\nclass Mine(Base):\n    id = 'mine/linear'\n"
        "    def __init__(self):\n        self.verifier = Judge()\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(Path.cwd()))
    add_plugin(file)
    for changed in (base, judge, file):
        grant(Report("mine/linear", LEAST_SEEDS, ()))
        assert is_cleared("mine/linear")
        changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        assert not is_cleared("mine/linear"), changed
    for name in ("mine_base", "mine_judge"):
        monkeypatch.delitem(sys.modules, name)


def test_what_was_not_audited_may_be_used_all_the_same_loudly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_plugin(write_env(Path("mine.py")))
    monkeypatch.setenv("ASSAY_UNAUDITED", "1")
    require_audit(["mine/words"])
    assert "WARNING: no passing audit of mine/words" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "env", "kind"),
    [
        ("my-puzzle", "mine/my_puzzle", "MyPuzzle"),
        ("logic/ring", "logic/ring", "Ring"),
        ("a_b2", "mine/a_b2", "AB2"),
    ],
)
def test_a_name_leads_to_the_names_of_a_package(name: str, env: str, kind: str) -> None:
    names = names_of(name)
    assert (f"{names['domain']}/{names['puzzle']}", names["Class"]) == (env, kind)


@pytest.mark.parametrize("name", ["", "My", "1a", "a/b/c", "a b", "class", "../a", "é", "a" * 60])
def test_a_name_that_no_package_can_have_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no name for an environment"):
        names_of(name)


def test_a_scaffold_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="exists; choose another place"):
        write_package("mine", tmp_path / "mine")


def test_a_new_package_installed_as_it_is_written_passes_its_audit(tmp_path: Path) -> None:
    """Built as a wheel, found by its entry points, audited and tested by its own test."""
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling comes with [dev]")
    folder, site = tmp_path / "package", tmp_path / "site"
    write_package("mine/my-puzzle", folder)
    [wheel] = builder.WheelBuilder(str(folder)).build(
        directory=str(tmp_path / "dist"), versions=["standard"]
    )
    zipfile.ZipFile(wheel).extractall(site)
    rooms = [str(ROOT / room) for room in ROOMS]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *rooms])}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

    main = "from assay.cli import main; main()"
    audited = run("-c", main, "audit", "mine/my_puzzle", "--seeds", "20", "--json")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert json.loads(audited.stdout)["passed"] is True
    trusted = "from assay_envs.audit import require_audit; require_audit(['mine/my_puzzle'])"
    assert run("-c", trusted).returncode == 0
    tested = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert tested.returncode == 0, tested.stdout
