"""What the command line and the Python front door call: train, resume, evaluate."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from assay_datasets import InputError, Json
from assay_trainer.config import RunConfig, apply_overrides, load_recipe, resolve, to_table
from assay_trainer.events import Events
from assay_trainer.host import require_host
from assay_trainer.progress import Progress
from assay_trainer.room import RoomWarnings
from assay_trainer.rundir import RunDir
from assay_trainer.trackers import require_trackers

DEFAULT_RECIPE = "spark"
MODEL_RECIPE = "finetune"


def train(
    recipe: str | Path | None = None,
    *,
    model: str | Path | None = None,
    suite: str | None = None,
    without: Sequence[str] = (),
    name: str | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    runs_dir: str | Path = "runs",
) -> Path:
    """Train to the end and write the report; the run's directory.

    Args:
        recipe: a shipped recipe's name or a TOML file; by default ``spark``, or ``finetune`` where
            ``model`` is given.
        model: a transformers model directory to start from.
        suite: replaces the recipe's suite.
        without: parts of the suite to leave out, e.g. ``code``.
        name: the run's name; by default the recipe's with a date and a number.
        seed: replaces the recipe's seed.
        overrides: ``dotted.key=value`` settings, applied last.
        runs_dir: where runs are kept.

    Raises:
        InputError: a recipe, key or value that cannot be, or a plug-in environment that has passed
            no audit; nothing has been started.
        SandboxUnavailable: the suite runs code and this host cannot isolate it.
        Stopped: the user stopped the run; a checkpoint holds it.
    """
    config = _config(recipe, model, suite, without, seed, overrides)
    require_host(config)
    require_trackers(config.track)
    _check_model(config.model.path)
    _check_suite(config)
    folder = RunDir.create(Path(runs_dir), to_table(config), name=name, recipe=config.recipe)
    _play(folder, config, None)
    return folder.path


def resume(run: str | Path) -> Path:
    """Go on with a run from its newest checkpoint, or from nothing; the run's directory.

    A run that has ended is left as it is, but for its report, until its steps are raised.
    """
    from assay_trainer.checkpoint import open_checkpoint
    from assay_trainer.report import build_report
    from assay_trainer.run import has_ended

    folder = RunDir.open(Path(run))
    config = resolve(dict(folder.read_config()))
    if has_ended(folder, config):
        steps = "rl.steps" if config.rl else "sft.steps"
        print(f"the run has ended; to train it further, raise {steps} in {folder.config}")
        build_report(folder)
        return folder.path
    events = Events(folder.events, print)
    checkpoint = open_checkpoint(folder.checkpoints, events.say)
    if checkpoint is None:
        events.say("the run ended before its first checkpoint: beginning again")
    require_host(config)
    require_trackers(config.track)
    _check_suite(config)
    _play(folder, config, checkpoint)
    return folder.path


def evaluate(
    target: str | Path, *, suite: str | None = None, split: str = "test", n: int | None = None
) -> dict[str, Json]:
    """Evaluate a run's model, or a model directory, on a suite.

    Args:
        target: a run or a transformers model directory.
        suite: by default the run's own; needed for a model directory.
        split: ``validation`` or ``test``.
        n: problems per environment; by default as configured.

    Returns:
        environment (and ``suite``) → ``greedy``, ``sampled``, ``pass@k``.
    """
    from assay_trainer.actors import suite_of
    from assay_trainer.crew import Crew
    from assay_trainer.evaluation import evaluate as run_evaluation
    from assay_trainer.evaluation import summary

    model, config = _evaluation_config(Path(target), suite, split, n)
    require_host(config)
    _check_suite(config)
    section = config.evaluation
    with tempfile.TemporaryDirectory() as scratch, Crew.start(config, Path(scratch), model) as crew:
        crew.publish(0)
        loaded = suite_of(config)
        result = run_evaluation(crew, config, loaded, section.split, section.tasks, section.samples)
    row = result.row()
    for warning in RoomWarnings(config).of(row):
        print(f"WARNING: {warning}", file=sys.stderr)
    return dict(summary(row))


def _config(
    recipe: str | Path | None,
    model: str | Path | None,
    suite: str | None,
    without: Sequence[str],
    seed: int | None,
    overrides: Sequence[str],
) -> RunConfig:
    table = load_recipe(recipe or (MODEL_RECIPE if model else DEFAULT_RECIPE))
    if model is not None:
        table["model"] = {"path": str(Path(model).resolve())}
    if suite is not None:
        table["suite"] = suite
    if without:
        table["without"] = list(without)
    if seed is not None:
        table["seed"] = seed
    return resolve(apply_overrides(table, overrides))


def _check_model(path: str | Path | None) -> None:
    """Refuse a model directory that is none, before anything is started."""
    if path == "":
        raise InputError(
            "this recipe trains a model that you have: name its directory, --model PATH"
        )
    if path is not None and not Path(path, "config.json").is_file():
        raise InputError(f"{path} is not a transformers model directory: it has no config.json")


def _check_suite(config: RunConfig) -> None:
    """Refuse, before anything is written, a suite that is wrong or cannot be judged here."""
    from assay_envs.audit import require_audit
    from assay_sandbox.backend import choose
    from assay_trainer.actors import suite_of

    suite = suite_of(config)
    require_audit(suite.env_ids)
    suite.check()
    if any(suite.environment(env).needs_sandbox for env in suite.env_ids):
        choose(config.reward.backend)


def _evaluation_config(
    target: Path, suite: str | None, split: str, n: int | None
) -> tuple[Path, RunConfig]:
    """The model directory to evaluate and the config to do it with."""
    if (target / "config.toml").is_file():
        folder = RunDir.open(target)
        model, table = folder.model, folder.read_config()
        if not model.is_dir():
            raise InputError(f"{target} has no model yet; finish it with `assay resume {target}`")
    else:
        _check_model(target)
        if suite is None:
            raise InputError(f"{target} is no run, so name a suite: --suite spark")
        model, table = target, load_recipe(MODEL_RECIPE)
    chosen: dict[str, Any] = {**table.get("evaluation", {}), "split": split}
    if n is not None:
        chosen["tasks"] = n
    table = {**table, "evaluation": chosen}
    if suite is not None:
        table["suite"] = suite
    return model, resolve(table)


def _play(folder: RunDir, config: RunConfig, checkpoint: Path | None) -> None:
    """Run the stages that are left, then write the report, also of a run cut short."""
    from assay_trainer.checkpoint import checkpoints
    from assay_trainer.recovery import until_done
    from assay_trainer.report import build_report
    from assay_trainer.run import Stopped

    with folder.held(), Progress() as progress, _stop_on_interrupt(progress) as stop:
        events = Events(folder.events, progress.note)

        def attempt(start: Path | None) -> None:
            _attempt(folder, config, start, progress, stop, events.say)

        try:
            until_done(attempt, folder.checkpoints, checkpoint, config.recovery, events.say)
        except BaseException as error:
            if not isinstance(error, Stopped) and checkpoints(folder.checkpoints):
                progress.note(f"go on from the last checkpoint: assay resume {folder.path}")
            if folder.metrics.exists():
                with suppress(Exception):  # why the run ended is the news
                    build_report(folder)
            raise
    build_report(folder)


def _attempt(
    folder: RunDir,
    config: RunConfig,
    checkpoint: Path | None,
    progress: Progress,
    stop: Callable[[], bool],
    say: Callable[[str], object],
) -> None:
    """Play the run with one crew, from ``checkpoint`` or from nothing."""
    from assay_trainer.crew import Crew
    from assay_trainer.run import Run

    progress.note(f"run {folder.path}: starting workers")
    model = checkpoint / "model" if checkpoint else None
    with (
        _scratch(folder) as scratch,
        Crew.start(config, scratch, model, say) as crew,
        _terminated_as_interrupted(),
    ):
        _introduce(progress, config, crew)
        run = Run(folder, config, crew, progress, stop)
        try:
            if checkpoint:
                run.restore(checkpoint)
            else:
                run.begin()
            run.play()
        finally:
            run.close()


@contextmanager
def _scratch(folder: RunDir) -> Iterator[Path]:
    """Where the workers find their first model: in the run, so a kill leaves it to the next try."""
    path = folder.path / ".start"
    shutil.rmtree(path, ignore_errors=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _introduce(progress: Progress, config: RunConfig, crew: Any) -> None:
    parameters = crew.get(crew.learner.parameters.remote())
    where = f"code runs in {crew.backend}" if crew.backend else "nothing runs code"
    engine = f"engine {config.engine.dtype}, learner float32"
    progress.note(f"{parameters / 1e6:.2f} M parameters; {engine}; {where}")


@contextmanager
def _stop_on_interrupt(progress: Progress) -> Iterator[Any]:
    """Ctrl-C asks for a clean stop; a second one interrupts at once."""
    asked = False

    def ask(signum: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        progress.note("stopping after this step; press Ctrl-C again to stop at once")

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread: the caller owns the signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A scheduler's SIGTERM asks for what Ctrl-C does; Ray sets its own when it starts."""
    try:
        before = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
