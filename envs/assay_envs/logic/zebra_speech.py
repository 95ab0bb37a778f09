"""English for zebra puzzles: attributes and their values, the prompt, a sentence for each clue."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from assay_envs.logic.zebra_clues import Clue


class Attribute(NamedTuple):
    """A kind of property and how English speaks of it."""

    name: str
    values: tuple[str, ...]
    subject: str
    does: str
    does_not: str


ATTRIBUTES = (
    Attribute(
        "name",
        ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena"),
        "{}", "is {}", "is not {}",
    ),
    Attribute(
        "colour",
        ("red", "green", "blue", "yellow", "white", "purple", "orange", "pink", "grey", "brown"),
        "the person in the {} house", "lives in the {} house", "does not live in the {} house",
    ),
    Attribute(
        "drink",
        ("tea", "coffee", "milk", "juice", "water", "cocoa", "lemonade", "cider", "mate"),
        "the person who drinks {}", "drinks {}", "does not drink {}",
    ),
    Attribute(
        "pet",
        ("cat", "dog", "horse", "parrot", "rabbit", "hamster", "turtle", "goldfish", "zebra"),
        "the owner of the {}", "keeps the {}", "does not keep the {}",
    ),
    Attribute(
        "job",
        ("baker", "doctor", "pilot", "teacher", "farmer", "nurse", "lawyer", "tailor", "chemist"),
        "the {}", "is the {}", "is not the {}",
    ),
    Attribute(
        "hobby",
        ("chess", "gardening", "fishing", "cycling", "pottery", "sailing", "dancing", "knitting"),
        "the person who enjoys {}", "enjoys {}", "does not enjoy {}",
    ),
    Attribute(
        "instrument",
        ("violin", "piano", "flute", "drums", "cello", "guitar", "trumpet", "harp", "oboe"),
        "the person who plays the {}", "plays the {}", "does not play the {}",
    ),
)  # fmt: skip


def prompt(
    rng: Random,
    chosen: Sequence[Attribute],
    table: Sequence[Sequence[str]],
    clues: Sequence[Clue],
) -> str:
    """The whole prompt; ``table`` has each attribute's values as clues number them."""
    n = len(table[0])
    said = [_sentence(rng, chosen, table, clue) for clue in clues]
    kinds = "\n".join(
        f"- the {attribute.name} is one of {', '.join(sorted(values))}"
        for attribute, values in zip(chosen, table, strict=True)
    )
    numbered = "\n".join(f"{place}. {sentence}" for place, sentence in enumerate(said, start=1))
    order = ", ".join(attribute.name for attribute in chosen)
    return (
        f"{n} houses stand in a row, numbered 1 to {n} from left to right, with one person in "
        f"each. No two of them are alike in any of these:\n{kinds}\n\nClues:\n{numbered}\n\n"
        "Find out what belongs to which house. End with one line for each house, from 1 to "
        f"{n}, of the form\nHouse <number>: <{order}>"
    )


def _sentence(
    rng: Random, chosen: Sequence[Attribute], table: Sequence[Sequence[str]], clue: Clue
) -> str:
    n = len(table[0])
    kind, x, y = clue

    def subject(value: int) -> str:
        return chosen[value // n].subject.format(table[value // n][value % n])

    if kind == "at":
        return _capital(f"{subject(x)} lives in house {y + 1}.")
    if kind == "end":
        return _capital(f"{subject(x)} lives at one end of the row.")
    if kind in ("same", "apart"):
        if y < n or (x >= n and rng.random() < 0.5):  # a name is the subject
            x, y = y, x
        attribute = chosen[y // n]
        does = attribute.does if kind == "same" else attribute.does_not
        return _capital(f"{subject(x)} {does.format(table[y // n][y % n])}.")
    turned = rng.random() < 0.5
    if kind == "gap":
        one, other = (y, x) if turned else (x, y)
        return f"Exactly one house stands between {subject(one)} and {subject(other)}."
    if kind == "next":
        one, other = (y, x) if turned else (x, y)
        return _capital(f"{subject(one)} lives next door to {subject(other)}.")
    how = "directly" if kind == "left" else "somewhere"
    if turned:
        return _capital(f"{subject(y)} lives {how} to the right of {subject(x)}.")
    return _capital(f"{subject(x)} lives {how} to the left of {subject(y)}.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
