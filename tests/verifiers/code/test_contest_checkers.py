"""The checkers of contest problems accept every right output and refuse wrong ones."""

from __future__ import annotations

import pytest

from benchmarks.contest_checkers import CHECKERS, Tokens, checker

CUBE = "0 0 0\n0 0 2\n0 2 0\n0 2 2\n2 0 0\n2 0 2\n2 2 0\n2 2 2"
SQUARES = "0 0\n0 1\n1 0\n1 1\n5 5\n5 7\n9 5\n9 7"
CASES = {  # problem → input, published output, other right outputs, wrong outputs
    "791_b_bear_and_friendship": ("1 0", "YES", ["Yes"], ["NO", "YES YES", ""]),
    "1516_b_agaga_xooorrr": ("", "NO\nYES", ["no yes"], ["no", "yes no"]),
    "749_b_parallelogram_is_back": ("", "2\n0 1\n2 3", ["2\n2 3\n0 1"], ["1\n0 1", "2\n0 1\n3 2"]),
    "288_c_polo": ("2", "6\n1 2 0", ["6\n2 0 1"], ["6\n2 1 1", "4\n2 1 0", "6\n2 1 0"]),
    "862_c_mahmoud_and_ehab": ("2 3", "YES\n1 2", ["YES\n0 3"], ["YES\n3 3", "NO", "YES\n1 3"]),
    "1041_e_tree_reconstruction": ("3\n1 3\n2 3", "YES\n1 3\n2 3", ["YES\n3 1\n3 2"],
                                   ["YES\n1 3\n2 1", "NO", "YES\n1 3\n1 3"]),
    "1076_d_edge_deletion": ("3 3 1\n1 2 5\n1 3 5\n2 3 1", "1\n1", ["1\n2"],
                             ["1\n3", "2\n1 2", "0", "1\n1 1"]),
    "1325_c_ehab_and_pathetic": ("4\n1 2\n1 3\n1 4", "0\n1\n2", ["2 0 1"], ["0 1 1", "0 1"]),
    "1391_e_pairs_of_pairs": ("1\n4 3\n1 2\n2 3\n3 4", "PATH\n2\n1 2", ["PATH\n4\n4 3 2 1"],
                              ["PATH\n2\n1 3", "PATH\n1\n1", "PAIRING\n2\n1 2\n3 4"]),
    "963_b_destruction_of_a_tree": ("3\n0 1 1", "YES\n1\n2\n3", ["YES\n1\n3\n2"],
                                    ["YES\n2\n1\n3", "NO", "YES\n1\n1\n1"]),
    "576_a_vasya_and_petya": ("4", "3\n2 3 4", ["3\n4 2 3"], ["2\n2 3", "4\n1 2 3 4", "3\n1 2 3"]),
    "1217_d_coloring_edges": ("2 2\n1 2\n2 1", "2\n1 2", ["2\n2 1"], ["1\n1 1", "2\n1 1", "2 1 3"]),
    "1521_d_nastia_plays": ("1\n4\n1 2\n1 3\n1 4", "1\n1 4 2 4", ["1\n1 2 2 3"],
                            ["0", "1\n1 4 1 4", "1\n2 3 1 4"]),
    "27_b_tournament": ("3\n1 2\n2 3", "1 3", [], ["3 1", "1 2", "1 1"]),
    "45_h_road_problem": ("3 2\n1 2\n2 3", "1\n1 3", ["1\n3 1"], ["1\n1 2", "0", "2\n1 3\n1 3"]),
    "136_d_rectangle_and_square": (SQUARES, "YES\n1 2 3 4\n5 6 7 8", ["YES\n4 3 2 1\n8 7 6 5"],
                                   ["YES\n5 6 7 8\n1 2 3 4", "NO", "YES\n1 2 3 4\n1 2 3 4"]),
    "407_a_triangle": ("5 5", "YES\n0 0\n3 4\n-4 3", ["YES\n2 1\n5 5\n-2 4"],
                       ["YES\n0 0\n5 0\n0 5", "NO", "YES\n0 0\n3 4\n4 3"]),
    "464_b_restore_cube": (CUBE, f"YES\n{CUBE}", [f"YES\n{CUBE}"], ["NO", f"YES\n{CUBE[:-1]}3"]),
    "618_c_constellation": ("4\n0 0\n4 0\n0 4\n1 1", "1 2 4", ["1 3 4", "4 2 3"],
                            ["1 2 3", "1 1 2", "1 2"]),
    "633_c_spy_syndrome": ("3\naab\n3\nba\na\nA", "A ba", ["a ba"], ["ba a", "b aa", "a"]),
    "774_h_repairing_of_string": ("3\n3 1 0", "aab", ["bba", "abb"], ["aaa", "aa", "AAB"]),
    "1031_e_triple_flips": ("5\n1 1 0 1 1", "YES\n2\n1 3 5\n2 3 4",
                            ["YES\n2\n2 3 4\n1 3 5"], ["YES\n1\n1 3 5", "NO", "YES\n1\n1 2 4"]),
    "1427_e_xum": ("3", "5\n3 + 3\n3 ^ 6\n3 + 5\n3 + 6\n8 ^ 9",
                   ["6\n3 + 3\n3 ^ 6\n3 + 5\n3 + 6\n8 ^ 9\n1 + 1"], ["1\n3 + 3", "1\n3 ^ 2", "0"]),
    "1438_d_powerful_ksenia": ("3\n1 2 3", "YES\n1\n1 2 3", ["YES\n2\n1 2 3\n1 2 3"],
                               ["YES\n0", "NO", "YES\n1\n1 1 2"]),
    "925_c_big_secret": ("2\n1 2", "Yes\n1 2", ["Yes\n1 2"], ["No", "Yes\n2 1 0", "Yes\n1 1"]),
    "521_d_shop": ("1 3 2\n2\n2 1 1\n2 1 2\n3 1 2", "2\n2 3", ["2\n2 3"],
                   ["2\n3 2", "1\n3", "3\n1 2 3", "2\n3 3"]),
    "1407_e_egor": ("2 1\n1 2 0", "-1\n10", ["-1\n11"], ["-1\n00", "1\n00", "-1\n1"]),
    "507_e_breaking_good": ("4 4\n1 2 1\n2 4 0\n1 3 1\n3 4 0", "2\n2 4 1\n1 3 0",
                            ["2\n3 4 1\n1 2 0"], ["1\n2 4 1", "2\n2 4 1\n3 4 1", "2\n1 4 1"]),
    "715_b_complete_the_graph": ("3 3 5 0 2\n0 1 1\n1 2 0\n0 2 9", "YES\n0 1 1\n1 2 4\n0 2 9",
                                 ["YES\n1 2 4\n0 2 9\n0 1 1"],
                                 ["YES\n0 1 1\n1 2 3\n0 2 9", "NO", "YES\n0 1 2\n1 2 3\n0 2 9"]),
}  # fmt: skip


def accepts(problem: str, given: str, said: str, gold: str) -> bool:
    out = Tokens(said)
    try:
        return CHECKERS[problem](Tokens(given), out, Tokens(gold)) and not out.left
    except (IndexError, ValueError, KeyError):
        return False


@pytest.mark.parametrize("problem", CASES)
def test_a_checker_tells_right_outputs_from_wrong_ones(problem: str) -> None:
    given, gold, right, wrong = CASES[problem]
    for said in (gold, *right):
        assert accepts(problem, given, said, gold), said
    for said in wrong:
        assert not accepts(problem, given, said, gold), said


def test_every_checker_has_its_cases() -> None:
    tried = {CHECKERS[problem] for problem in CASES}
    assert tried == set(CHECKERS.values())


def test_a_checker_is_a_program_of_its_own() -> None:
    made = checker("cc-27_b_tournament_1914")
    assert made is not None
    compile(made["source"], "checker", "exec")
    assert checker("cc-1_a_theatre_square") is None
