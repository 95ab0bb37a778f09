"""Questions of science: what they say holds, can happen, and can be read in one way only."""

from __future__ import annotations

import math

import pytest

from assay_datasets import Task
from assay_envs.science.chains import CHAIN, FEED
from assay_envs.science.chemistry import Chemistry
from assay_envs.science.physics import Physics
from assay_envs.science.problem import Parameters, ScienceEnvironment
from assay_envs.science.reactions import skeleton
from assay_envs.science.stoichiometry import Stoichiometry
from assay_envs.science.substances import composition
from assay_verifiers.science.equation import imbalance, read_equation

ENVS: list[ScienceEnvironment] = [Physics(), Chemistry(), Stoichiometry()]
PHYSICS, CHEMISTRY, STOICHIOMETRY = ENVS
COMBUSTION = {"C2H5OH": 1367, "CH3OH": 726, "C6H6": 3268, "C3H6O": 1790, "C8H18": 5470,
              "C7H8": 3910}  # fmt: skip


def question(task: Task) -> str:
    return str(task.prompt[0]["content"]).partition(" Think step by step")[0]


def parameters(task: Task) -> Parameters:
    return dict(task.metadata["certificate"]["parameters"])


def substances(env: ScienceEnvironment, level: int, problem: str) -> set[str]:
    """The ``A`` of many tasks."""
    tasks = (env.generate(seed, level, problem=problem) for seed in range(80))
    return {parameters(task)["A"] for task in tasks}


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.id)
def test_a_quantity_per_mole_is_asked_for_by_that_unit(env: ScienceEnvironment) -> None:
    """A heat that "a mole gives off" is in kJ as well as in kJ/mol."""
    for task in (env.generate(seed, level) for level in env.levels for seed in range(60)):
        if task.answer.get("unit") == "kJ/mol":
            assert ", in kJ/mol" in question(task)


def test_a_rate_is_asked_for_as_a_rate() -> None:
    """How much heat a second takes is in kJ as well as in kW."""
    task = PHYSICS.generate(1, 3, problem="engine")
    assert "At what rate" in question(task)
    assert PHYSICS.verifier.check("3.161 kJ/s", task.answer, **task.options).outcome == "correct"


def test_only_what_lacks_coefficients_is_called_not_balanced() -> None:
    said = {True: 0, False: 0}
    for seed in range(40):
        for level, name in ((3, "left_over"), (4, "hydrogen")):
            task = STOICHIOMETRY.generate(seed, level, problem=name)
            shown = str(skeleton(parameters(task)["equation"]))
            lacking = bool(imbalance(read_equation(shown)))
            said[lacking] += 1
            assert shown in question(task)
            assert ("(not balanced)" in question(task)) == lacking
    assert all(said.values())
    assert not any("balanced" in wording for each in (CHAIN, FEED) for wording in each.wordings)


def test_phosphoric_acid_is_never_left_over_beside_its_salt() -> None:
    acids = substances(STOICHIOMETRY, 3, "left_over")
    assert "H3PO4" not in acids
    assert {"HCl", "H2SO4"} < acids


@pytest.mark.parametrize("seed", [50, 154, 220, *range(5)])
def test_deflected_electrons_do_not_hit_the_plates(seed: int) -> None:
    task = PHYSICS.generate(seed, 4, problem="deflection")
    length, distance = (float(parameters(task)[name][0]) for name in "ld")
    sideways = length * math.tan(math.radians(float(task.answer["value"]))) / 2
    assert sideways < distance / 2


def test_what_is_burnt_gives_off_the_heat_that_it_has() -> None:
    for seed in range(60):
        task = CHEMISTRY.generate(seed, 2, problem="calorimeter")
        assert 0.69 < float(task.answer["value"]) / COMBUSTION[parameters(task)["A"]] < 1.01


def test_the_enthalpies_of_all_compounds_of_a_reaction_are_given() -> None:
    drawn = {}
    for seed in range(150):
        task = CHEMISTRY.generate(seed, 3, problem="enthalpy")
        reaction = skeleton(parameters(task)["equation"])
        compounds = [each for each in reaction.species if len(composition(each)) > 1]
        table = [each.split()[0] for each in parameters(task)["table"].split(", ")]
        assert table == compounds
        drawn[str(reaction)] = task.answer["value"]
    assert len(drawn) > 36
    assert len(set(drawn.values())) == len(drawn)


def test_metals_are_plated_from_solutions_that_give_them() -> None:
    assert substances(CHEMISTRY, 2, "plating") == {"Cu", "Ag", "Ni", "Zn", "Cr", "Sn", "Pb", "Co"}


def test_a_plated_surface_is_the_whole_surface() -> None:
    assert "a surface of" in question(CHEMISTRY.generate(1, 3, problem="plating_time"))
