"""Formula problems: from measured masses to the formula of a compound.

| asked | shown |
|---|---|
| ``empirical`` | percentages by mass |
| ``molecular`` | percentages by mass and a molar mass |
| ``burnt`` | the carbon dioxide and water that a weighed sample gave, and a molar mass |

The measured numbers are rounded as they are shown. Second method: all formulae of the elements
within bounds are tried, and the answer must be the only one that the numbers as shown allow (for
``empirical``, up to a common factor). Near misses: a count one off, two counts exchanged, the
formula doubled, the ratio without the molar mass. Trivial policies that must fail: one atom of each
element, two of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random

from assay_datasets import Json
from assay_envs.environment import CertificateError
from assay_envs.science.problem import Parameters, Problem, Worked
from assay_envs.science.substances import MASSES, composition
from assay_envs.science.workings import carried, figured, spelt
from assay_verifiers.science.formula import read_formula

_PROMPT = (
    "{question} Atomic masses: {masses} g/mol. Think step by step inside <think></think>, then "
    "write only the formula."
)
_QUESTIONS = {
    "empirical": (
        "A compound consists of {shares} by mass. What is its empirical formula?",
        "An analysis finds {shares} by mass and nothing else. What is the simplest formula?",
    ),
    "molecular": (
        "A compound of molar mass {molar} g/mol (give or take 2 %) consists of {shares} by mass. "
        "What is its molecular formula?",
    ),
    "burnt": (
        "{sample} g of a compound of carbon, hydrogen and oxygen burn to {co2} g of CO2 and {h2o} "
        "g of H2O. Its molar mass is {molar} g/mol (give or take 2 %). What is its molecular "
        "formula?",
    ),
}
_CO2, _H2O = 12.01 + 2 * 16.00, 2 * 1.008 + 16.00
_SLACK = 0.02
_MOST = 20
_SALTS = (
    "Na2SO4", "K2CrO4", "K2Cr2O7", "Na2S2O3", "KMnO4", "KClO3", "Ca3P2O8", "Al2S3O12", "Na2CO3",
    "Fe2O3", "Fe3O4", "Mn2O3", "Cr2O3", "P2O5", "Cu2O", "Pb3O4", "Mg2P2O7", "Na4P2O7", "CaC2O4",
    "K2S2O8", "Na2B4O7", "MgSiO3", "Mg2SiO4", "KAlSi3O8", "NaAlSi2O6", "CuFeS2", "FeAsS",
    "K3FeC6N6",
    "ZnCr2O4", "CaTiO3", "FeTiO3", "Co3O4", "Ag2CrO4", "BaMnO4", "N2O5", "N2O3", "SnO2", "Fe2S3",
    "Al4C3", "Mg3N2", "Li3PO4", "KHSO4", "NaHCO3", "NH4NO3", "LiAlH4", "NaBH4", "CrCl3O12",
)  # fmt: skip


class FormulaProblem(Problem):
    """Compounds from measured masses; ``asked`` is one of the three kinds above."""

    def __init__(self, asked: str) -> None:
        self.name = f"formula_{asked}"
        self.wordings = _QUESTIONS[asked]
        self._asked = asked

    def draw(self, rng: Random, level: int) -> Parameters:
        while True:
            atoms = _organic(rng) if self._asked != "empirical" else _any_compound(rng)
            parameters = self._measured(rng, atoms)
            if self._candidates(parameters) == [_counts(self._gold(atoms))]:
                return parameters

    def worded(self, wording: int, parameters: Parameters) -> str:
        elements = parameters["elements"]
        texts = {key: each for key, each in parameters.items() if isinstance(each, str)}
        shares = [f"{share} % {e}" for e, share in zip(elements, parameters["shares"], strict=True)]
        texts["shares"] = _listed(shares)
        masses = ", ".join(f"{each} {MASSES[each]}" for each in elements)
        return _PROMPT.format(question=self.wordings[wording].format(**texts), masses=masses)

    def solve(self, parameters: Parameters) -> Worked:
        counts = self._candidates(parameters)[0]
        elements = parameters["elements"]
        formula = _formula(elements, counts)
        steps = self._steps(parameters, counts)
        return Worked(
            answer={"kind": "formula", "value": formula},
            response=formula,
            steps=steps,
            wrong=tuple(_wrong(elements, counts)),
            measured=float(sum(step.count(sign) for step in steps for sign in "/*+-")),
            equivalents=tuple(_equivalents(elements, counts)),
        )

    def prove(self, parameters: Parameters, answer: Json) -> None:
        """Of all formulae within bounds, only the answer's is allowed by the numbers."""
        atoms = {symbol: n for (_, symbol), n in read_formula(answer["value"]).atoms}
        if sorted(atoms) != sorted(parameters["elements"]):
            raise CertificateError(f"{answer['value']} is of other elements")
        found = [each for each in self._all(parameters) if self._allows(parameters, each)]
        if self._asked == "empirical":
            found = [each for each in found if math.gcd(*each) == 1]
        if found != [tuple(atoms[element] for element in parameters["elements"])]:
            raise CertificateError(f"the numbers allow {found}, not {answer['value']} alone")

    def guess(self, rng: Random, parameters: Parameters) -> str:
        elements = parameters["elements"]
        return _formula(elements, [rng.randint(1, 6) for _ in elements])

    def trivial(self, parameters: Parameters) -> Iterator[str]:
        elements = parameters["elements"]
        yield _formula(elements, [1] * len(elements))
        yield _formula(elements, [2] * len(elements))

    def _gold(self, atoms: Mapping[str, int]) -> Mapping[str, int]:
        if self._asked != "empirical":
            return atoms
        common = math.gcd(*atoms.values())
        return {element: count // common for element, count in atoms.items()}

    def _measured(self, rng: Random, atoms: Mapping[str, int]) -> Parameters:
        whole = sum(float(MASSES[element]) * count for element, count in atoms.items())
        parameters: Parameters = {
            "elements": list(atoms),
            "shares": [f"{100 * float(MASSES[e]) * n / whole:.2f}" for e, n in atoms.items()],
        }
        if self._asked != "empirical":
            parameters["molar"] = figured(whole * rng.uniform(0.985, 1.015), 3)
        if self._asked == "burnt":
            sample = rng.uniform(0.8, 9)
            parameters["sample"] = figured(sample, 4)
            moles = float(parameters["sample"]) / whole
            parameters["co2"] = figured(moles * atoms["C"] * _CO2, 4)
            parameters["h2o"] = figured(moles * atoms["H"] / 2 * _H2O, 4)
        return parameters

    # First method: from the numbers to the ratio of atoms, and from there to whole numbers

    def _moles(self, parameters: Parameters) -> list[float]:
        """Moles of each element, of 100 g or of the sample."""
        elements = parameters["elements"]
        if self._asked != "burnt":
            shares = zip(parameters["shares"], elements, strict=True)
            return [float(share) / float(MASSES[element]) for share, element in shares]
        carbon = float(parameters["co2"]) / _CO2
        hydrogen = 2 * float(parameters["h2o"]) / _H2O
        rest = float(parameters["sample"]) - 12.01 * carbon - 1.008 * hydrogen
        return [carbon, hydrogen, rest / 16.00]

    def _candidates(self, parameters: Parameters) -> list[tuple[int, ...]]:
        """Formulae whose counts are the ratio of moles times 1, 2, 3 …, and fit the numbers."""
        moles = self._moles(parameters)
        least = min(moles)
        found = []
        for times in range(1, _MOST + 1):
            counts = tuple(round(each / least * times) for each in moles)
            if max(counts) <= 3 * _MOST and self._allows(parameters, counts):
                found.append(counts)
        if self._asked == "empirical":
            return [each for each in found if math.gcd(*each) == 1]
        return found

    # Second method: try them all

    def _all(self, parameters: Parameters) -> Iterator[tuple[int, ...]]:
        """All formulae of the elements; the heaviest element's count from the molar mass or 12."""
        elements = parameters["elements"]
        if "molar" in parameters:
            most = float(parameters["molar"]) * (1 + _SLACK)
            bounds = [int(most / float(MASSES[each])) for each in elements]
            last = float(MASSES[elements[-1]])
            for head in product(*(range(1, bound + 1) for bound in bounds[:-1])):
                weight = sum(
                    n * float(MASSES[e]) for n, e in zip(head, elements, strict=False)
                )  # fmt: skip
                near = round((float(parameters["molar"]) - weight) / last)
                yield from ((*head, n) for n in (near - 1, near, near + 1) if n > 0)
            return
        shares = [float(each) for each in parameters["shares"]]
        for first in range(1, _MOST + 1):
            weight = first * float(MASSES[elements[0]]) / shares[0]
            guesses = [
                (int(weight * share / float(MASSES[e])), int(weight * share / float(MASSES[e])) + 1)
                for share, e in zip(shares[1:], elements[1:], strict=True)
            ]
            yield from ((first, *rest) for rest in product(*guesses) if all(rest))

    def _allows(self, parameters: Parameters, counts: Sequence[int]) -> bool:
        """Whether the numbers, within their rounding, are those of this formula."""
        elements = parameters["elements"]
        weights = [n * float(MASSES[e]) for n, e in zip(counts, elements, strict=True)]
        whole = sum(weights)
        if "molar" in parameters and abs(float(parameters["molar"]) / whole - 1) > _SLACK:
            return False
        if self._asked == "burnt":
            moles = float(parameters["sample"]) / whole
            pairs = ((parameters["co2"], moles * counts[0] * _CO2),
                     (parameters["h2o"], moles * counts[1] / 2 * _H2O))  # fmt: skip
            return all(abs(float(text) / each - 1) < 0.0012 for text, each in pairs)
        shares = zip(parameters["shares"], weights, strict=True)
        return all(abs(float(share) - 100 * each / whole) < 0.011 for share, each in shares)

    def _steps(self, parameters: Parameters, counts: Sequence[int]) -> list[str]:
        elements, moles = parameters["elements"], self._moles(parameters)
        steps = list(self._mole_steps(parameters, moles))
        least = min(moles)
        for element, each in zip(elements, moles, strict=True):
            ratio = spelt(carried(round(each / least, 3)))
            steps.append(f"{element}: {spelt(carried(each))}/{spelt(carried(least))} = {ratio}")
        common = math.gcd(*counts)
        simplest = _formula(elements, [n // common for n in counts])
        steps.append(f"In whole numbers: {simplest}")
        if self._asked != "empirical":
            whole = sum(
                n // common * float(MASSES[e]) for e, n in zip(elements, counts, strict=True)
            )
            shown = spelt(carried(whole))
            steps.append(f"{parameters['molar']}/{shown} is about {common}")
        return steps

    def _mole_steps(self, parameters: Parameters, moles: Sequence[float]) -> Iterator[str]:
        elements = parameters["elements"]
        if self._asked != "burnt":
            for element, share, each in zip(elements, parameters["shares"], moles, strict=True):
                yield f"{element}: {share}/{MASSES[element]} = {spelt(carried(each))} mol in 100 g"
            return
        carbon, hydrogen, oxygen = (spelt(carried(each)) for each in moles)
        yield f"C: {parameters['co2']}/{carried(_CO2)} = {carbon} mol"
        yield f"H: 2*{parameters['h2o']}/{carried(_H2O)} = {hydrogen} mol"
        yield (
            f"O: ({parameters['sample']} - 12.01*{carbon} - 1.008*{hydrogen})/16.00 = {oxygen} mol"
        )


def _organic(rng: Random) -> dict[str, int]:
    """Carbon, hydrogen and oxygen as in a molecule that may exist."""
    carbon = rng.randint(2, 9)
    hydrogen = 2 * rng.randint(max(1, carbon // 2), carbon + 1)
    return {"C": carbon, "H": hydrogen, "O": rng.randint(1, min(carbon, 5))}


def _any_compound(rng: Random) -> dict[str, int]:
    """A mineral, a salt, or an organic compound that may hold nitrogen as well."""
    if rng.random() < 0.4:
        return dict(composition(rng.choice(_SALTS)))
    atoms = _organic(rng)
    if rng.random() < 0.4:
        atoms |= {"H": atoms["H"] + 1, "N": 1}
    return atoms


def _counts(atoms: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(atoms.values())


def _formula(elements: Sequence[str], counts: Sequence[int]) -> str:
    pairs = zip(elements, counts, strict=True)
    return "".join(f"{element}{n if n > 1 else ''}" for element, n in pairs)


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _equivalents(elements: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    formula = _formula(elements, counts)
    lowered = "".join(f"{e}_{{{n}}}" if n > 1 else e for e, n in zip(elements, counts, strict=True))
    yield f"$\\mathrm{{{lowered}}}$"
    yield f"\\boxed{{\\ce{{{formula}}}}}"
    yield f"The formula is {formula}."
    yield formula.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    yield _formula(elements[::-1], counts[::-1])


def _wrong(elements: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    numbers = list(counts)
    for place, n in enumerate(numbers):
        yield _formula(elements, [*numbers[:place], n + 1, *numbers[place + 1 :]])
        if n > 1:
            yield _formula(elements, [*numbers[:place], n - 1, *numbers[place + 1 :]])
    if numbers[0] != numbers[1]:
        yield _formula(elements, [numbers[1], numbers[0], *numbers[2:]])
    yield _formula(elements, [2 * n for n in numbers])
    if (common := math.gcd(*numbers)) > 1:
        yield _formula(elements, [n // common for n in numbers])
