"""Pattern induction: rules do what they say, two writings agree, no shorter program explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from assay_datasets import InputError, Task, derive_random
from assay_envs import CertificateError
from assay_envs.logic import grid_proof
from assay_envs.logic.grid_key import canonical_key
from assay_envs.logic.grid_rules import (
    KINDS,
    Pair,
    Program,
    Rule,
    colours,
    family,
    rule,
    run,
)
from assay_envs.logic.grid_scenes import scene
from assay_envs.logic.grid_search import explains, explanations
from assay_envs.logic.grid_steps import COLOURS, Grid, grid_of, rows_of
from assay_envs.logic.grid_text import read_any_grid
from assay_envs.logic.induction import GridOutputVerifier, Induction
from assay_verifiers import Verdict

ENV = Induction()

RULES = [
    ("mirror", "120/003", "021/300"),
    ("flip", "120/003", "003/120"),
    ("turn half", "120/003", "300/021"),
    ("turn right", "120/003", "01/02/30"),
    ("turn left", "120/003", "03/20/10"),
    ("transpose", "120/003", "10/20/03"),
    ("other diagonal", "120/003", "30/02/01"),
    ("roll down", "1/2/3", "3/1/2"),
    ("roll up", "1/2/3", "2/3/1"),
    ("roll right", "123", "312"),
    ("roll left", "123", "231"),
    ("fall down", "12/00/30", "00/10/32"),
    ("fall up", "00/12/30", "12/30/00"),
    ("fall right", "102/010", "012/001"),
    ("fall left", "102/010", "120/100"),
    ("swap 1 2", "120/213", "210/123"),
    ("paint 1 2", "120/213", "220/223"),
    ("erase 1", "120/213", "020/203"),
    ("double", "12", "1122/1122"),
    ("beside", "12/30", "1212/3030"),
    ("beside mirrored", "12/30", "1221/3003"),
    ("below", "12/30", "12/30/12/30"),
    ("below flipped", "12/30", "12/30/30/12"),
    ("frame 3", "12", "3333/3123/3333"),
    ("complete across", "1203/0040", "1223/0440"),
    ("complete down", "10/02/03", "13/02/13"),
    ("copy left", "12345", "12321"),
    ("copy top", "1/2/3/4", "1/2/2/1"),
    ("squeeze", "1002/0000/3000", "12/30"),
    ("ray right", "0102/3000", "0112/3333"),
    ("ray left", "0102/3000", "1122/3000"),
    ("ray down", "01/00/20", "01/01/21"),
    ("ray up", "01/00/20", "21/20/20"),
    ("keep largest", "110/002/330", "110/000/330"),
    ("keep smallest", "110/002/330", "000/002/000"),
    ("drop largest", "110/002/330", "000/002/000"),
    ("drop smallest", "110/002/330", "110/000/330"),
    ("paint largest 4", "110/002/330", "440/002/440"),
    ("paint smallest 4", "110/002/330", "110/004/330"),
    ("drop border", "1000/0020/0000", "0000/0020/0000"),
    ("drop inner", "1000/0020/0000", "1000/0000/0000"),
    ("paint border 5", "1000/0020/0000", "5000/0020/0000"),
    ("paint inner 5", "1000/0020/0000", "1000/0050/0000"),
    ("fill 7", "1110/1010/1110", "1110/1710/1110"),
    ("hollow", "111/111/111", "111/101/111"),
    ("crop", "0000/0120/0003", "120/003"),
    ("crop largest", "10220/00020/30000", "22/02"),
    ("keep commonest", "112/033", "110/033"),
    ("keep rarest", "112/033", "002/000"),
    ("tally", "122/022", "2222/1000"),
    ("repeat", "12/20", "1212/2020"),
]


def grid(text: str) -> Grid:
    return grid_of(text.split("/"))


def board(grid: Grid) -> grid_proof.Board:
    return grid_proof.read(rows_of(grid))


@pytest.mark.parametrize(("name", "before", "after"), RULES)
def test_rules_do_what_they_say(name: str, before: str, after: str) -> None:
    assert rule(name)(grid(before)) == grid(after)
    assert grid_proof.apply(name, board(grid(before))) == board(grid(after))


def test_every_kind_of_rule_has_an_example() -> None:
    assert {rule(name).kind.name for name, _, _ in RULES} == {kind.name for kind in KINDS}


def some_grids(count: int) -> Iterator[Grid]:
    rng = derive_random("some grids")
    for _ in range(count):
        height, width, marks = rng.randint(1, 6), rng.randint(1, 6), rng.choice(["01", "000123"])
        yield grid_of(["".join(rng.choice(marks) for _ in range(width)) for _ in range(height)])


@pytest.mark.parametrize("each", family((1, 2, 3)), ids=str)
def test_both_writings_of_a_rule_agree_and_its_marks_hold(each: Rule) -> None:
    for before in some_grids(40):
        after = each(before)
        again = grid_proof.apply(str(each), board(before))
        assert board(after).key() == again.key()
        assert rule(str(each)) == each
        if each.kind.steady:
            assert each(after) == after
        if each.undo:
            assert each.undo(after) == before
        assert has_effect(each, before, after)
        for colour in COLOURS:
            growth = after[0].count(colour) - before[0].count(colour)
            assert growth <= 0 or each.gains & colours(colour)
            assert growth >= 0 or each.loses & colours(colour)


def has_effect(each: Rule, before: Grid, after: Grid) -> bool:
    """Whether a rule changes no more than its effect says."""
    cells = list(zip(before[0], after[0], strict=False))
    changed = [(a, b) for a, b in cells if a != b]
    ink = [sorted(filter(None, grid[0])) for grid in (before, after)]
    size, other = [(len(grid[0]) // grid[1], grid[1]) for grid in (before, after)]
    growth = [b - a for a, b in zip(size, other, strict=True)]
    colour = each.colours[-1] if each.colours and each.kind.name != "swap" else 0
    match each.kind.effect:
        case "paints":
            fits = all(0 not in pair and pair[1] == (colour or pair[1]) for pair in changed)
        case "erases":
            fits = all(b == 0 and a == (colour or a) for a, b in changed)
        case "adds":
            fits = all(a == 0 and b == (colour or b) for a, b in changed)
        case "moves" | "copies":
            fits = each.kind.effect == "copies" or ink[0] == ink[1]
        case "turns":
            return ink[0] == ink[1] and other in (size, size[::-1])
        case "grows":
            return min(growth) >= 0 and (max(growth) > 0 or before == after)
        case "cuts" | "crops":
            row = after[0][: after[1]]
            kept = row in before[0] if each.kind.effect == "crops" else ink[0] == ink[1]
            return kept and max(growth) <= 0 and (min(growth) < 0 or before == after)
        case "sorts":
            return ink[0] == ink[1]
        case _:
            return False
    return fits and size == other


def brute_force(rules: Sequence[Rule], pairs: Sequence[Pair], length: int) -> set[Program]:
    """Every program of just that length, grid by grid that can be reached."""
    (before, after), *_ = pairs
    reached: dict[Grid, list[Program]] = {before: [()]}
    for _ in range(length - 1):
        further: dict[Grid, list[Program]] = {}
        for (made, ways), each in product(reached.items(), rules):
            further.setdefault(each(made), []).extend((*way, each) for way in ways)
        reached = further
    fits = [(made, each) for made, each in product(reached, rules) if each(made) == after]
    programs = ((*way, each) for made, each in fits for way in reached[made])
    return {program for program in programs if explains(program, pairs)}


@pytest.mark.parametrize("text", ["fall down", "turn right/fall down", "paint 1 2/drop smallest"])
def test_the_search_finds_every_program_that_explains(text: str) -> None:
    program = [rule(name) for name in text.split("/")]
    rules = family((1, 2))
    for before in some_grids(3):
        pairs = [(before, run(program, before))]
        wanted = brute_force(rules, pairs, 1) | brute_force(rules, pairs, 2)
        assert set(explanations(rules, pairs, 2)) == wanted


@pytest.mark.parametrize("count", [1, 2, 3])
def test_several_pairs_leave_just_the_programs_that_explain_them_all(count: int) -> None:
    rng, rules = derive_random("several pairs", count), family((1, 2, 3))
    for _ in range(30):
        program = rng.choices(rules, k=2)
        scenes = [scene(rng, (4, 6), (1, 2, 3)) for _ in range(count)]
        pairs = [(before, run(program, before)) for before in scenes]
        found = list(explanations(rules, pairs, 2))
        assert len(found) == len(set(found))
        assert set(found) == brute_force(rules, pairs, 1) | brute_force(rules, pairs, 2)


SEARCHED = [  # a program and the grids that it is shown on
    ("turn right/fall down/paint 1 2", "0100/0020", "120/001"),
    ("drop smallest/roll up/copy left", "1202/0010", "11/02/10"),
    ("frame 1/fill 2/crop largest", "020/000", "0102/0000/2000", "1"),
    ("beside/erase 1/squeeze", "0120/2001", "002/010"),
    ("ray down/keep commonest/double", "010/200", "0012"),
    ("tally/flip/complete across", "1202/0010", "112/220/001"),
    ("swap 1 2/fall left/tally", "0121/1000", "22/10"),
    ("repeat/hollow/drop border", "111/111/112", "12/21"),
    ("paint 1 2/crop/below flipped", "0000/0210/0000", "1000/0002"),
    ("erase 2/ray right/copy top", "1020/0200/0010", "210/001"),
]


@pytest.mark.parametrize(("text", "shown"), [(text, shown) for text, *shown in SEARCHED])
def test_the_search_for_three_rules_leaves_no_program_out(text: str, shown: list[str]) -> None:
    program, rules = [rule(name) for name in text.split("/")], family((1, 2))
    pairs = [(grid(before), run(program, grid(before))) for before in shown]
    found = [each for each in explanations(rules, pairs, 3) if len(each) == 3]
    assert len(found) == len(set(found))
    assert set(found) == brute_force(rules, pairs, 3)


@pytest.mark.parametrize("level", ENV.levels)
def test_every_step_is_used_and_every_certificate_holds(level: int) -> None:
    for seed in range(6 - level):
        task = ENV.generate(seed, level)
        assert len(task.metadata["certificate"]["program"]) == (1, 1, 2, 2, 2)[level - 1]
        ENV.recheck(task)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_as_many_steps_are_certified_as_are_asked_for(steps: int) -> None:
    task = ENV.generate(0, 1, steps=steps)
    assert len(task.metadata["certificate"]["program"]) == steps
    ENV.recheck(task)


@pytest.mark.parametrize("steps", [0, 4, "2"])
def test_other_numbers_of_steps_are_refused(steps: int) -> None:
    with pytest.raises(InputError, match="steps"):
        ENV.generate(0, 1, steps=steps)


def with_answer(task: Task, **answer: object) -> Task:
    return Task.from_json(task.to_json() | {"answer": task.answer | answer})


def test_a_task_that_shorter_programs_explain_fails_its_recheck() -> None:
    pair = {"input": "1 0\n2 3", "output": "1 2\n0 3"}
    task = with_answer(ENV.generate(0, 3), demonstrations=[pair], **pair)
    for program, reason in [
        (["turn right", "mirror"], "shorter"),
        (["mirror", "mirror"], "does not explain"),
        (["squeeze", "transpose"], "changes nothing"),
    ]:
        metadata = {**task.metadata, "certificate": {"program": program}}
        with pytest.raises(CertificateError, match=reason):
            ENV.recheck(Task.from_json(task.to_json() | {"metadata": metadata}))


def test_demonstrations_that_leave_the_output_open_fail_the_recheck() -> None:
    pair = {"input": "1 0\n0 1", "output": "0 1\n1 0"}
    last = {"input": "1 2\n0 0", "output": "2 1\n0 0"}
    task = with_answer(ENV.generate(0, 1), demonstrations=[pair], **last)
    metadata = {**task.metadata, "certificate": {"program": ["mirror"]}}
    with pytest.raises(CertificateError, match="another output"):
        ENV.recheck(Task.from_json(task.to_json() | {"metadata": metadata}))


def test_renaming_colours_and_turning_all_grids_keeps_the_key() -> None:
    rng, keys = derive_random("twins"), set()
    for seed in range(8):
        task = ENV.generate(seed, 2)
        shown = [*task.answer["demonstrations"], task.answer]
        pairs = [tuple(grid(e[s].replace(" ", "").replace("\n", "/")) for s in ("input", "output"))
                 for e in shown]  # fmt: skip
        names = list(COLOURS)
        rng.shuffle(names)
        table = bytes.maketrans(bytes(COLOURS), bytes(names))
        for turn in ("turn right", "transpose", "flip", "other diagonal"):
            twin = [tuple(rule(turn)((cells.translate(table), width)) for cells, width in pair)
                    for pair in pairs]  # fmt: skip
            assert task.duplicate_key == f"logic/induction:{canonical_key(twin)}"
        keys.add(task.duplicate_key)
    assert len(keys) == 8


@pytest.mark.parametrize(
    ("response", "reads"),
    [
        ("1 0\n2 3", "1 0\n2 3"),
        ("10\n23", "1 0\n2 3"),
        ("The grid is\n\n1, 0\n2, 3\n", "1 0\n2 3"),
        ("| 1 | 0 |\n|---|---|\n| 2 | 3 |", "1 0\n2 3"),
        ("[[1, 0], [2, 3]]", "1 0\n2 3"),
        ("[\n [\n  1,\n  0\n ],\n [\n  2,\n  3\n ]\n]", "1 0\n2 3"),
        ("```\n1 0\n2 3\n```\nis my answer", "1 0\n2 3"),
        ("1 1\n1 1\n\nAnswer:\n1 0\n2 3", "1 0\n2 3"),
        ("Row 1: 1 0\nRow 2: 2 3", "1 0\n2 3"),
        ("1 0\n2 3\n\n1 0\n2 3", "1 0\n2 3"),
        ("<think>9 9\n9 9</think>1 0\n2 3", "1 0\n2 3"),
        ("Answer: [[1,0],[2,3]]", "1 0\n2 3"),
        ("1 0\n2 3\n\nor\n\n1 0\n2 4", "rule_broken"),
        ("1 0\n2 3\n4 5 6", "rule_broken"),
        ("[[1, 0], [2, 3]] or [[1, 0], [2, 4]]", "rule_broken"),
        ("no grid", "malformed"),
        ("<think>1 0\n2 3</think>", "no_answer"),
        ("1" * 60_000, "too_long"),
    ],
)
def test_a_grid_of_any_size_is_read_whatever_its_layout(response: str, reads: str) -> None:
    found = read_any_grid(response)
    assert (found.reason if isinstance(found, Verdict) else found) == reads


@pytest.mark.parametrize(
    ("response", "gold", "reason"),
    [
        ("1 0\n2 3", "1 0\n2 3", "match"),
        ("1 0 2 3", "1 0\n2 3", "mismatch"),
        ("1 0\n2 3\n2 3", "1 0\n2 3", "mismatch"),
        ("1 0\n2 4", "1 0\n2 3", "mismatch"),
        ("1 0", "", "bad_gold"),
    ],
)
def test_size_is_part_of_the_answer(response: str, gold: str, reason: str) -> None:
    assert GridOutputVerifier().check(response, {"output": gold}).reason == reason


def test_pictures_show_the_demonstrations_but_not_the_output() -> None:
    task = ENV.generate(1, 3)
    hidden = with_answer(task, output="1")
    assert ENV.render(task) == ENV.render(hidden)
    assert ENV.svg(task) == ENV.svg(hidden)
    assert ENV.svg(task).count("→") == len(task.answer["demonstrations"]) + 1
