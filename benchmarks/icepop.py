"""When does dropping tokens help? Losses beside one another under mismatches of several kinds.

    python benchmarks/icepop.py                  every cell that is not done, then the document
    python benchmarks/icepop.py --minutes 20     as many of them as begin within that time
    python benchmarks/icepop.py --only stale32   the cells whose name holds that text
    python benchmarks/icepop.py --jobs 2         two cells at once
    python benchmarks/icepop.py --report         the document from what is done
    python benchmarks/icepop.py --quick          two short cells of one seed, their rows printed

A cell is one setting, one method and one seed; its result is a JSON file in ``--folder``, and what
is there is not run again, so the study can be made piece by piece. All cells of a seed start from
one supervised policy and see the same problems. What is compared stands in ``icepop_grid.py``, what
a run does in ``icepop_run.py``, what the paper claims in ``icepop_claims.py``, how it is told in
``icepop_report.py``.

What it does not show: other temperatures, answers longer than a few tokens, or models beyond a
million parameters.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import icepop_report as report
from icepop_grid import METHODS, SETTINGS, Cell, cells

_QUICK, _QUICK_STEPS = [Cell("stale32", method, 0) for method in ("grpo", "icepop")], 64
_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "results" / "icepop.md"


def main() -> None:
    arguments = _arguments()
    done = _quick(arguments.jobs) if arguments.quick else _study(arguments)
    if arguments.quick:
        print(*map(json.dumps, report.rows(done)), sep="\n")
    elif arguments.write:
        report.write(done, _DOCUMENT)
    else:
        print(report.document(done))
    if arguments.json:
        report.write_rows(done, Path(arguments.json))


def _study(arguments: argparse.Namespace) -> dict[Cell, Any]:
    """Every cell that is done, after those that were asked for."""
    folder = Path(arguments.folder)
    if not arguments.report:
        missing = [cell for cell in _chosen(arguments.only) if not _file(folder, cell).exists()]
        _run(missing, folder, arguments.jobs, arguments.minutes)
    return _done(folder)


def _quick(jobs: int) -> dict[Cell, Any]:
    """Two short cells, of which nothing is kept."""
    with tempfile.TemporaryDirectory() as folder:
        _run(_QUICK, Path(folder), jobs, steps=_QUICK_STEPS)
        return _done(Path(folder))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="cells with that in their name")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no cell later")
    parser.add_argument("--jobs", type=int, default=1, help="cells at once (default 1)")
    parser.add_argument("--folder", default="runs/icepop", help="where the cells' results are kept")
    parser.add_argument("--report", action="store_true", help="run nothing")
    parser.add_argument("--quick", action="store_true", help="two short cells; keeps nothing")
    parser.add_argument("--write", action="store_true", help="write docs/results/icepop.*")
    parser.add_argument("--json", metavar="FILE", help="where the rows go")
    return parser.parse_args()


def _done(folder: Path) -> dict[Cell, Any]:
    """What stands in the folder, in the order of the grid."""
    return {
        cell: json.loads(_file(folder, cell).read_text(encoding="utf-8"))
        for cell in cells()
        if _file(folder, cell).exists()
    }


def _chosen(text: str) -> list[Cell]:
    return [cell for cell in cells() if text in cell.name]


def _file(folder: Path, cell: Cell) -> Path:
    return folder / f"{cell.name.replace('/', '_')}.json"


def _run(
    missing: Sequence[Cell],
    folder: Path,
    jobs: int,
    minutes: float = math.inf,
    steps: int | None = None,
) -> None:
    """Begin cells in their order until the time is up; each writes its own file.

    ``steps`` are those of each, in place of its setting's own.
    """
    end = time.monotonic() + 60 * minutes
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(_supervise, sorted({c.seed for c in missing}), repeat(folder)))
        list(pool.map(_play, missing, repeat(folder), repeat(end), repeat(steps)))


def _supervise(seed: int, folder: Path) -> None:
    from icepop_run import supervised

    _one_thread()
    supervised(seed, _policy(folder, seed))


def _play(cell: Cell, folder: Path, end: float, steps: int | None) -> None:
    from icepop_run import play

    if time.monotonic() > end:
        return
    _one_thread()
    setting, method = SETTINGS[cell.setting], METHODS[cell.method]
    steps = steps or setting.steps
    result = play(setting.make, method, steps, cell.seed, _policy(folder, cell.seed))
    partial = _file(folder, cell).with_suffix(".part")
    partial.write_text(json.dumps(result) + "\n", encoding="utf-8")
    partial.replace(_file(folder, cell))
    last = result["evaluations"][-1]["sampled"]
    print(f"{cell.name}: sampled {last:.3f}, {result['cpu_s']:.0f} CPU s", flush=True)


def _policy(folder: Path, seed: int) -> Path:
    return folder / f"supervised-{seed}.pt"


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


if __name__ == "__main__":
    main()
