"""Problems of science: the work holds line by line, a law agrees, precision is what is asked."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from assay_datasets import InputError, Task, derive_random
from assay_envs.environment import CertificateError
from assay_envs.science.balancing import Balancing
from assay_envs.science.chemistry import Chemistry
from assay_envs.science.physics import Physics
from assay_envs.science.problem import ScienceEnvironment
from assay_envs.science.quantities import Given, Quantity
from assay_envs.science.stoichiometry import Stoichiometry

ENVS: list[ScienceEnvironment] = [Physics(), Chemistry(), Stoichiometry(), Balancing()]
NAMED = pytest.mark.parametrize("env", ENVS, ids=lambda env: env.id)
EVERY = [
    (env, level, name)
    for env in ENVS
    for level, problems in env.problems.items()
    for name in dict.fromkeys(problem.name for problem in problems)
]
PROBLEMS = pytest.mark.parametrize(
    ("env", "level", "name"), EVERY, ids=[f"{level}-{name}" for _, level, name in EVERY]
)
SEEDS = range(3)
NUMERIC = re.compile(r"[-+*/^(). \d]+|(?:sqrt|exp|ln|lg|abs|a?sin|a?cos|a?tan|pi)")
FUNCTIONS = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "lg": math.log10,
    "abs": abs,
    "pi": math.pi,
    "sin": lambda x: math.sin(math.radians(x)),
    "cos": lambda x: math.cos(math.radians(x)),
    "tan": lambda x: math.tan(math.radians(x)),
    "asin": lambda x: math.degrees(math.asin(x)),
    "atan": lambda x: math.degrees(math.atan(x)),
}


def tasks(env: ScienceEnvironment, level: int, name: str) -> list[Task]:
    return [env.generate(seed, level, problem=name) for seed in SEEDS]


def outcome(env: ScienceEnvironment, response: str, task: Task) -> str:
    return env.verifier.check(response, task.answer, **task.options).outcome


@PROBLEMS
def test_a_second_method_agrees_and_refuses_any_other_answer(
    env: ScienceEnvironment, level: int, name: str
) -> None:
    for task in tasks(env, level, name):
        env.recheck(task)
        value = task.answer["value"]
        others = [{**task.answer, "value": f"2 {value}"}]
        if task.answer["kind"] == "quantity":
            others = [{**task.answer, "value": str(float(value) * 1.001)}]
            others += [
                {**task.answer, "unit": "kg^2 s"},
                {**task.answer, "value": str(-float(value))},
            ]
        if task.answer["kind"] == "formula":
            others = [{**task.answer, "value": f"{value}2"}]
        for other in others:
            with pytest.raises(CertificateError):
                env.recheck(replace(task, answer=other))


@PROBLEMS
def test_right_answers_are_correct_and_near_misses_are_not(
    env: ScienceEnvironment, level: int, name: str
) -> None:
    for task in tasks(env, level, name):
        for response in (env.oracle(task), env.solution(task), *env.equivalents(task)):
            assert outcome(env, response, task) == "correct", (response, task)
        missed = list(env.near_misses(task))
        assert len(missed) >= 4
        for response in missed:
            assert outcome(env, response, task) == "incorrect", (response, task)


@PROBLEMS
def test_every_line_of_a_worked_solution_holds(
    env: ScienceEnvironment, level: int, name: str
) -> None:
    for task in tasks(env, level, name):
        thought = env.solution(task).partition("</think>")[0].removeprefix("<think>")
        checked = 0
        for line in thought.splitlines():
            *_, form, result = ["", "", *line.rpartition(": ")[2].split(" = ")]
            shown = re.match(r"-?[\d.]+(?:e-?\d+)?", plain(result))
            if shown and is_numeric(form) and any(c.isdigit() for c in form):
                checked += 1
                near = pytest.approx(float(shown[0]), rel=2e-3, abs=2e-3 if "mol" in line else 0)
                assert arithmetic(form) == near, line
        assert checked or task.answer["kind"] == "equation"


def is_numeric(form: str) -> bool:
    """Whether numbers, operations and functions are all there is."""
    left = NUMERIC.sub("", re.sub(r"(?<=\d)e-?\d+", "", plain(form)))
    return not left


def plain(text: str) -> str:
    return re.sub(r"×10\^(-?\d+)", r"e\1", text).replace("°", "")


def arithmetic(form: str) -> float:
    """The value of our own text, by Python's arithmetic."""
    return float(eval(plain(form).replace("^", "**"), {"__builtins__": {}}, FUNCTIONS))  # noqa: S307


@NAMED
def test_the_problems_of_a_level_are_all_drawn_alike(env: ScienceEnvironment) -> None:
    for level, problems in env.problems.items():
        drawn = [env.generate(seed, level).metadata["certificate"] for seed in range(90)]
        names, found = {each.name for each in problems}, {each["problem"] for each in drawn}
        assert found <= names
        assert len(found) > 0.8 * len(names)


@NAMED
def test_names_are_unique_and_another_is_an_input_error(env: ScienceEnvironment) -> None:
    of_name: dict[str, object] = {}
    for problems in env.problems.values():
        for problem in problems:
            assert of_name.setdefault(problem.name, problem) is problem
    with pytest.raises(InputError, match="no problem 'perpetual_motion'"):
        env.generate(1, 1, problem="perpetual_motion")


@NAMED
def test_a_forged_certificate_is_refused(env: ScienceEnvironment) -> None:
    task, other = env.generate(1, 3), env.generate(2, 3)
    forged = {**task.metadata, "certificate": other.metadata["certificate"]}
    with pytest.raises(CertificateError, match="another question"):
        env.recheck(replace(task, metadata=forged))


KNOWN: list[tuple[ScienceEnvironment, str, dict[str, object], float, str]] = [
    (ENVS[0], "drop", {"h": ["19.62", "m"], "g": ["9.81", "m/s^2"]}, 2.0, "s"),
    (ENVS[0], "kinetic", {"m": ["1000", "kg"], "v": ["72.0", "km/h"]}, 200_000, "J"),
    (ENVS[0], "mixed", {"a": ["60.0", "Ω"], "b": ["30.0", "Ω"], "c": ["10.0", "Ω"],
                        "U": ["6.00", "V"]}, 0.2, "A"),
    (ENVS[0], "lens", {"d": ["30.0", "cm"], "f": ["10.0", "cm"]}, 15.0, "cm"),
    (ENVS[0], "dilation", {"b": ["0.600", ""], "t": ["4.00", "h"]}, 5.0, "h"),
    (ENVS[0], "loop", {"m": ["1.00", "kg"], "h": ["5.00", "m"], "d": ["1.00", "m"],
                       "mu": ["0.500", ""], "r": ["1.00", "m"], "g": ["9.81", "m/s^2"]},
     39.24, "N"),
    (ENVS[0], "bridge", {"a": ["100", "Ω"], "b": ["300", "Ω"], "c": ["300", "Ω"],
                         "d": ["100", "Ω"], "g": ["150", "Ω"], "U": ["12.0", "V"]}, 0.02, "A"),
    (ENVS[1], "strong_acid", {"acid": "nitric acid", "c": ["0.0100", "mol/L"]}, 2.0, ""),
    (ENVS[1], "half_life", {"iso": "x", "m": ["80.0", "mg"], "h": ["8.00", "days"],
                            "t": ["24.0", "days"]}, 10.0, "mg"),
    (ENVS[1], "amount", {"A": "CuSO4·5H2O", "m": ["249.69", "g"]}, 1.0, "mol"),
    (ENVS[1], "fuel", {"A": "CH4", "equation": "CH4 + 2 O2 -> CO2 + 2 H2O", "m": ["16.042", "g"],
                       "table": "CH4 -74.8, CO2 -393.5, H2O -285.8"}, 890.3, "kJ"),
    (ENVS[1], "before", {"acid": "x", "salt": "y", "K": ["1.00e-5", ""], "V": ["20.0", "mL"],
                         "c": ["0.100", "mol/L"], "d": ["0.100", "mol/L"], "W": ["10.0", "mL"]},
     5.0, ""),
    (ENVS[2], "masses", {"equation": "2 Mg + O2 -> 2 MgO", "A": "Mg", "B": "MgO",
                         "m": ["24.31", "g"]}, 40.31, "g"),
    (ENVS[2], "limiting", {"equation": "N2 + 3 H2 -> 2 NH3", "A": "N2", "C": "H2", "B": "NH3",
                           "m_A": ["28.02", "g"], "m_C": ["3.024", "g"]}, 17.034, "g"),
    (ENVS[2], "alloy", {"A": "Mg", "C": "Al", "m": ["10.00", "g"], "V": ["10.0", "L"],
                        "t": ["0.00", "°C"], "p": ["110.61", "kPa"],
                        "R": ["8.314", "J/(mol K)"]}, 47.64, "%"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("env", "name", "parameters", "value", "unit"), KNOWN, ids=[each[1] for each in KNOWN]
)
def test_known_answers(
    env: ScienceEnvironment, name: str, parameters: dict[str, object], value: float, unit: str
) -> None:
    every = (each for problems in env.problems.values() for each in problems)
    problem = next(each for each in every if each.name == name)
    worked = problem.solve({"asked": "within", **parameters})
    assert float(worked.answer["value"]) == pytest.approx(value, rel=2e-3)
    assert worked.answer["unit"] == unit
    problem.prove({"asked": "within", **parameters}, worked.answer)


def quantities() -> list[Quantity]:
    every = (each for env in ENVS for problems in env.problems.values() for each in problems)
    return [each for each in every if isinstance(each, Quantity)]


def test_each_way_to_ask_for_precision_is_what_the_verifier_is_told() -> None:
    asked = {"within": 0, "figures": 0, "justified": 0}
    for env in ENVS[:3]:
        for task in (env.generate(seed, level) for level in env.levels for seed in range(25)):
            prompt = task.prompt[0]["content"]
            way = task.metadata["certificate"]["parameters"].get("asked")
            if way is None:
                continue
            asked[way] += 1
            assert ("exact_figures" in task.options) == ("figures" in prompt)
            if relative := task.options.get("relative_tolerance"):
                assert f"within {100 * relative:g} % of" in prompt
            if absolute := task.options.get("absolute_tolerance"):
                assert f"within {absolute:g}" in prompt
    assert all(asked.values())


def test_what_is_to_be_rounded_does_not_lie_between_two_numbers() -> None:
    for env in ENVS[:3]:
        for task in (env.generate(seed, level) for level in env.levels for seed in range(30)):
            if figures := task.options.get("significant_figures"):
                value = abs(float(task.answer["value"]))
                place = 10.0 ** (math.floor(math.log10(value)) - figures + 1)
                assert abs(value / place % 1 - 0.5) > 0.1


def test_figures_too_many_and_too_few_are_a_wrong_format() -> None:
    task = next(
        task
        for task in (Physics().generate(seed, 1, problem="newton") for seed in range(50))
        if task.options.get("exact_figures") and 1 < float(task.answer["value"]) < 9.9
    )
    value = float(task.answer["value"])
    for text, reason in ((f"{value:.2f}", "match"), (f"{value:.3f}", "wrong_format")):
        verdict = ENVS[0].verifier.check(f"{text} m/s^2", task.answer, **task.options)
        assert verdict.reason == reason


def test_what_is_alike_in_another_order_is_one_problem() -> None:
    for problem in quantities():
        if not problem.alike:
            continue
        names = [name for group in problem.alike for name in group]
        values = {name: [str(place), "g"] for place, name in enumerate(names)}
        first, second, *_ = problem.alike
        exchanged = dict(zip((*first, *second), (*second, *first), strict=True))
        other = {name: values[exchanged.get(name, name)] for name in names}
        assert (
            problem.key(values)
            == problem.key(other)
            != problem.key({**values, names[0]: ["9", "g"]})
        )


def test_data_keep_to_their_ranges_and_figures() -> None:
    given, whole = Given("m", 2, 90), Given("", 1, 6, 0)
    drawn = [given.draw(derive_random("data", seed)) for seed in range(200)]
    assert all(2 <= float(number) <= 90 and unit == "m" for number, unit in drawn)
    assert {len(number.replace(".", "").lstrip("0")) for number, _ in drawn} == {3}
    assert {whole.draw(derive_random("data", seed))[0] for seed in range(200)} == set("123456")


def test_without_pint_there_are_no_quantities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Physics, "needs", {"no_such_module": "science"})
    assert 'pip install "assay[science]"' in Physics.lacking()
    assert Balancing.lacking() == ""
