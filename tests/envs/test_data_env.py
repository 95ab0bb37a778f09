"""Environments from data: a few lines of TOML over JSON lines, Parquet or a Hugging Face folder."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from assay_datasets import InputError
from assay_envs.column_map import filled
from assay_envs.data_env import DataEnvironment, data_environment

ROWS: list[dict[str, Any]] = [
    {"question": f"What is {n}+{n}?", "answer": str(2 * n), "meta": {"level": n % 3}}
    for n in range(1, 31)
]
BASE = 'verifier = "math"\nprompt = "{question}"\nanswer = "{answer}"\nchance = 0.1\n'


def write_jsonl(path: Path, rows: list[dict[str, Any]] = ROWS) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, ROWS)).encode()))


def write_parquet(path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)


def write_saved(folder: Path) -> None:
    """As ``Dataset.save_to_disk`` lays it: an Arrow stream and its state."""
    folder.mkdir(parents=True)
    table = pyarrow.Table.from_pylist(ROWS)
    with (
        pyarrow.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pyarrow.ipc.new_stream(sink, table.schema) as stream,
    ):
        stream.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")


def write_saved_dict(folder: Path) -> None:
    write_saved(folder / "train")
    write_saved(folder / "test")
    (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}', encoding="utf-8")


def write_cache(folder: Path) -> None:
    """As ``load_dataset`` keeps what it has read."""
    home = folder / "default-4bc5b222e18a3bf7" / "0.0.0" / "d78d59350287f412"
    write_saved(home)
    (home / "data-00000-of-00001.arrow").rename(home / "parquet-train.arrow")
    (home / "state.json").rename(home / "dataset_info.json")


def write_hub_clone(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    write_parquet(folder / "data" / "train-00000-of-00001.parquet")
    write_parquet(folder / "data" / "test-00000-of-00001.parquet")
    (folder / "README.md").write_text("a card", encoding="utf-8")


def write_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS, indent=1), encoding="utf-8")


def write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("question", "answer"), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(ROWS)


def write_split_folders(folder: Path) -> None:
    """As the hub's own conversion to Parquet lays it, and with what a clone holds besides."""
    for split in ("train", "test"):
        (folder / "default" / split).mkdir(parents=True)
        write_parquet(folder / "default" / split / "0000.parquet")
    (folder / "dataset_infos.json").write_text("{}", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "config.json").write_text("{}", encoding="utf-8")


def write_two_sets(folder: Path) -> None:
    """As in ``openai/gsm8k``: two configurations of the same splits."""
    for name in ("main", "socratic"):
        (folder / name).mkdir(parents=True)
        for split in ("train", "test"):
            write_parquet(folder / name / f"{split}-00000-of-00001.parquet")


def environment(folder: Path, body: str) -> DataEnvironment:
    file = folder / "set.toml"
    file.write_text(f'id = "mine/set"\n{body}', encoding="utf-8")
    return data_environment(file)()


@pytest.mark.parametrize(
    ("write", "name", "extra"),
    [
        (write_jsonl, "rows.jsonl", ""),
        (write_gzip, "rows.jsonl.gz", ""),
        (write_parquet, "rows.parquet", ""),
        (write_saved, "saved", ""),
        (write_saved_dict, "saved", 'split = "test"\n'),
        (write_hub_clone, "clone", 'split = "train"\n'),
        (write_json, "rows.json", ""),
        (write_jsonl, "rows.json", ""),
        (write_csv, "rows.csv", ""),
        (write_split_folders, "converted", 'split = "test"\n'),
        (write_cache, "parquet", 'split = "train"\n'),
    ],
)
async def test_every_kind_of_data_gives_tasks_that_are_judged(
    tmp_path: Path, write: Any, name: str, extra: str
) -> None:
    write(tmp_path / name)
    env = environment(tmp_path, f'data = "{name}"\n{extra}{BASE}')
    assert env.population(1) == len(ROWS)
    task = env.generate(seed=3, difficulty=1)
    assert task == env.generate(seed=3, difficulty=1)
    _, info = await env.reset(seed=3)
    assert info["task_id"] == task.id
    _, reward, *_ = await env.step(env.oracle(task))
    assert reward == 1.0
    assert (await env.judge("-1", task)).outcome == "incorrect"


def test_levels_come_by_edges_or_by_names(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl")
    by_edges = 'levels = {of = "{meta.level}", edges = [1, 2]}\n'
    env = environment(tmp_path, f'data = "rows.jsonl"\n{BASE}{by_edges}')
    assert [env.population(level) for level in env.levels] == [10, 10, 10]
    by_names = 'levels = {of = "{meta.level}", values = {0 = 1, 1 = 1, 2 = 5}}\n'
    env = environment(tmp_path, f'data = "rows.jsonl"\n{BASE}{by_names}')
    assert {level: env.population(level) for level in env.levels} == {1: 20, 5: 10}


def test_where_keeps_rows_and_the_same_prompt_has_the_same_duplicate_key(tmp_path: Path) -> None:
    twice = [*ROWS, {**ROWS[0], "question": "  what is 1+1? "}]
    write_jsonl(tmp_path / "rows.jsonl", twice)
    env = environment(tmp_path, f'data = "rows.jsonl"\n{BASE}where = {{"answer" = "2"}}\n')
    tasks = [env.generate(seed, 1) for seed in range(20)]
    assert len({task.id for task in tasks}) == 2
    assert len({task.duplicate_key for task in tasks}) == 1


TEMPLATES: list[tuple[Any, Any]] = [
    ("{a}", [1, 2]),
    ("x{b.c}y", "xzy"),
    ("{a.1}", 2),
    ("{{a}} {b.c}", "{a} z"),
    ("{code|json}", {"k": 1}),
    ("{literal|python}", [1, [2, 3]]),
    ("{a|lines}", "1\n2"),
    ("{a|text}", "[1, 2]"),
    ({"style": "function", "name": "{b.c}"}, {"style": "function", "name": "z"}),
    ({"each": "{pairs}", "x": "{item.in}", "b": "{b.c}"}, [{"x": 1, "b": "z"}, {"x": 2, "b": "z"}]),
    (
        {"each": ["{a}", "{a}"], "l": "{item.0}", "r": "{item.1}"},
        [{"l": 1, "r": 1}, {"l": 2, "r": 2}],
    ),
    (["{b.c}", 3], ["z", 3]),
]
ROW = {
    "a": [1, 2],
    "b": {"c": "z"},
    "code": '{"k": 1}',
    "literal": "(1, (2, 3))",
    "pairs": [{"in": 1}, {"in": 2}],
    "evil": "__import__('os').getpid()",
}


@pytest.mark.parametrize(("template", "value"), TEMPLATES)
def test_a_template_takes_its_value_from_the_row(template: Any, value: Any) -> None:
    assert filled(template, ROW) == value


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{q}", r"no column 'q' \(there are: a, b"),
        ("{b.x}", r"'b' has no 'x' \(there are: c\)"),
        ("{a.7}", r"'a' has no '7' \(it is a list of 2\)"),
        ("{b.c|number}", "no reading 'number'; known: json, python, lines, text"),
        ("{b.c|json}", "the value 'z' is not json"),
        ("{evil|python}", "is not python"),
        ("{a", "expected '}'"),
        ("{a!r}", "in braces stands a column"),
        ("{}", "in braces stands a column"),
        ({"each": "{b.c}", "x": "{item}"}, "is not a list here"),
        ({"each": ["{a}", "{pairs.0}"], "x": "{item}"}, "is not a list here"),
    ],
)
def test_what_a_row_lacks_is_named(template: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        filled(template, ROW)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('data = "rows.jsonl"\n', "missing verifier, prompt, answer"),
        (f'data = "rows.jsonl"\ncolour = 1\n{BASE}', "unknown key 'colour'; known: id, data"),
        (f'data = "none.jsonl"\n{BASE}', "no data at .*none.jsonl"),
        (f'data = "set.toml"\n{BASE}', "known: .jsonl"),
        (f'data = "bad.jsonl"\n{BASE}', "bad.jsonl line 2 is not JSON"),
        (f'data = "list.jsonl"\n{BASE}', "list.jsonl line 1 is a list"),
        (f'data = "empty.jsonl"\n{BASE}', "holds no rows"),
        (f'data = "list.json"\n{BASE}', "list.json entry 2 is a number"),
        (f'data = "short.csv"\n{BASE}', "short.csv row 2 has not as many cells"),
        (f'data = "saved"\n{BASE}', "several splits; set split to one of: test, train"),
        (f'data = "saved"\nsplit = "dev"\n{BASE}', "no split 'dev'"),
        (f'data = "saved/test"\nsplit = "dev"\n{BASE}', "one data set, so there is no split 'dev'"),
        (f'data = "rows.jsonl"\nsplit = "dev"\n{BASE}', "one file, so there is no split 'dev'"),
        (f'data = "broken.parquet"\n{BASE}', "is no Parquet file"),
        (f'data = "rows.jsonl"\n{BASE.replace("{answer}", "{gold}")}',
         "row 1 of rows.jsonl: no column 'gold' .there are: question, answer, meta.; mend answer"),
        (f'data = "gap.jsonl"\n{BASE}', "row 2 of gap.jsonl: answer is empty"),
        (f'data = "rows.jsonl"\n{BASE}where = {{"answer" = "-7"}}\n', "leaves no row"),
        (f'data = "rows.jsonl"\n{BASE.replace("{question}", "?")}', "prompt names no column"),
        (f'data = "rows.jsonl"\n{BASE.replace("0.1", "7")}', "chance must be a rate"),
        (f'data = "rows.jsonl"\n{BASE.replace("math", "maths")}', "unknown verifier 'maths'"),
        (f'data = "rows.jsonl"\n{BASE}options = {{colour = 1}}\n', "has no option 'colour'"),
        (f'data = "rows.jsonl"\n{BASE}levels = {{of = "{{meta.level}}", edges = []}}\n',
         "one to four rising numbers"),
        (f'data = "rows.jsonl"\n{BASE}levels = {{of = "{{answer}}", edges = [2]}}\n',
         "row 1 of rows.jsonl: levels.of is '2'; a number is wanted"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_data_or_the_toml_is_said_with_its_mend(
    tmp_path: Path, body: str, message: str
) -> None:
    write_jsonl(tmp_path / "rows.jsonl")
    write_jsonl(tmp_path / "gap.jsonl", [ROWS[0], {**ROWS[1], "answer": ""}])
    (tmp_path / "bad.jsonl").write_text('{"question": 1}\n{"question":\n', encoding="utf-8")
    (tmp_path / "list.jsonl").write_text("[1]\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps([ROWS[0], 3]), encoding="utf-8")
    (tmp_path / "short.csv").write_text("question,answer\na,b\na\n", encoding="utf-8")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    write_saved_dict(tmp_path / "saved")
    with pytest.raises(InputError, match=message):
        environment(tmp_path, body).generate(0, 1)


def test_one_of_several_data_sets_in_a_folder_is_named(tmp_path: Path) -> None:
    write_two_sets(tmp_path / "gsm8k")
    with pytest.raises(InputError, match="several data sets: main, socratic; name one"):
        environment(tmp_path, f'data = "gsm8k"\nsplit = "test"\n{BASE}').generate(0, 1)
    env = environment(tmp_path, f'data = "gsm8k/socratic"\nsplit = "test"\n{BASE}')
    assert env.population(1) == len(ROWS)


def test_columns_that_are_no_json_are_in_the_way_of_nobody_who_does_not_use_them(
    tmp_path: Path,
) -> None:
    rows = [{**ROWS[0], "day": date(2026, 1, 2), "price": Decimal("1.50"), "image": b"\x89"}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "rows.parquet")
    env = environment(tmp_path, f'data = "rows.parquet"\nsolution = "{{day}} {{price}}"\n{BASE}')
    assert env.solution(env.generate(0, 1)) == "2026-01-02 1.50"
    for column in ("{image}", "It is {image}."):
        body = BASE.replace('"{answer}"', f'"{column}"')
        with pytest.raises(
            InputError, match=r"row 1 of rows\.parquet: answer is not JSON: .*bytes"
        ):
            environment(tmp_path, f'data = "rows.parquet"\n{body}').generate(0, 1)


def test_data_without_correct_responses_say_so(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl")
    env = environment(tmp_path, f'data = "rows.jsonl"\n{BASE}oracle = false\n')
    with pytest.raises(InputError, match="hold no correct response"):
        env.oracle(env.generate(0, 1))
