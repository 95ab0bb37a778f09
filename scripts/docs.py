"""Write what the docs take from the code's own definitions. Run by `make docs`.

docs/metrics.md     what every name in a run's metrics.jsonl means
envs/README.md      between its markers: the environments, the suites, the checks of the audit
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

from assay_envs import Suite, env_registry
from assay_envs.audit import CHECKS
from assay_trainer.metrics import METRICS

ROOT = Path(__file__).resolve().parents[1]
METRICS_PAGE = ROOT / "docs" / "metrics.md"
ENVS_PAGE = ROOT / "envs" / "README.md"
HEADER = """\
# What a run measures

Written by `make docs` from `METRICS` in
[`metrics.py`](../trainer/assay_trainer/metrics.py). Every row of `metrics.jsonl` is one step or one
evaluation. `a/b` is the field `b` of the object `a`, `*` stands for an environment or a reason, and
`@lagN` behind a name is the same over tokens that were N versions old.

| name | unit | meaning |
|---|---|---|
"""


def metrics_page() -> str:
    """docs/metrics.md."""
    rows = (f"| `{name}` | {m.unit} | {_cell(m.meaning)} |\n" for name, m in METRICS.items())
    return HEADER + "".join(rows)


def envs_page() -> str:
    """envs/README.md, with what stands between its markers written anew."""

    def block(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- {name}: make docs -->\n{''.join(_BLOCKS[name]())}<!-- end -->"

    text = ENVS_PAGE.read_text(encoding="utf-8")
    return re.sub(r"<!-- (\w+): make docs -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def _environments() -> Iterator[str]:
    yield "| environment | what | chance, by level | |\n|---|---|---|---|\n"
    for name in sorted(entry_points(group="assay.envs").names):
        kind = env_registry.load(name)
        link = f"[`{name}`](../docs/gallery/README.md#{name.replace('/', '')})"
        chance = " ".join(f"{kind.chance.get(level, 0.0):g}" for level in sorted(kind.levels))
        notes = []
        if kind.max_turns > 1:
            notes.append(f"up to {kind.max_turns} turns")
        if kind.needs_sandbox:
            notes.append("sandbox")
        yield f"| {link} | {_cell(kind.summary)} | {chance} | {', '.join(notes)} |\n"


def _suites() -> Iterator[str]:
    yield "| suite | what | environments |\n|---|---|---|\n"
    for name in sorted(entry_points(group="assay.suites").names):
        suite = Suite.load(name)
        yield f"| `{name}` | {_cell(suite.summary)} | {len(suite.env_ids)} |\n"


def _checks() -> Iterator[str]:
    yield "| check | what it holds |\n|---|---|\n"
    for name, check in CHECKS.items():
        promise = (check.__doc__ or "").partition("\n")[0].rstrip(".")
        yield f"| `{name}` | {_cell(promise)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_BLOCKS: dict[str, Callable[[], Iterator[str]]] = {
    "environments": _environments,
    "suites": _suites,
    "checks": _checks,
}
PAGES = {METRICS_PAGE: metrics_page, ENVS_PAGE: envs_page}


if __name__ == "__main__":
    for page, text in PAGES.items():
        page.write_text(text(), encoding="utf-8")
        print(page)
