"""Write docs/metrics.md: what every name in a run's metrics.jsonl means. Run by `make docs`."""

from __future__ import annotations

from pathlib import Path

from assay_trainer.metrics import METRICS

TARGET = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
HEADER = """\
# What a run measures

Written by `make docs` from `METRICS` in
[`metrics.py`](../trainer/assay_trainer/metrics.py). Every row of `metrics.jsonl` is one step or one
evaluation. `a/b` is the field `b` of the object `a`, `*` stands for an environment or a reason, and
`@lagN` behind a name is the same over tokens that were N versions old.

| name | unit | meaning |
|---|---|---|
"""


def text() -> str:
    """The page."""
    rows = (f"| `{name}` | {m.unit} | {_cell(m.meaning)} |\n" for name, m in METRICS.items())
    return HEADER + "".join(rows)


def _cell(meaning: str) -> str:
    return meaning.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(TARGET)
