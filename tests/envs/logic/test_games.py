"""Mastermind, Nim, hidden word: what is hidden stays so, the opponent never errs, oracles win."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from assay_datasets import Task
from assay_envs import MultiTurn
from assay_envs.logic.hidden_word import HiddenWord
from assay_envs.logic.mastermind import Mastermind
from assay_envs.logic.nim import Nim
from assay_envs.logic.words import WORDS

CODE = {"code": "1434", "colours": 5, "turns": 4, "opening": [["1122", 1, 0], ["4455", 0, 2]]}
PILES = {"piles": [1, 2, 4]}
WORD = {"word": "geese", "turns": 3, "opening": [["eagle", "?-?-+"]]}

MASTERMIND = [
    ("1434", "match"),
    ("1 4 3 4", "match"),
    ("Guess: [1, 4, 3, 4]", "match"),
    ("My next guess is 1-4-3-4.", "match"),
    ("1234\n1434", "match"),
    ("I think.\n1434", "match"),
    ("1111\n2222\n3333\n1434", "match"),
    ("1111\n2222\n3333\n4444\n1434", "too_long"),
    ("1434\n1434", "rule_broken"),
    ("1434 or 1234", "no_answer"),
    ("14341434", "no_answer"),
    ("143", "no_answer"),
    ("1" * 50_000, "no_answer"),
    ("<think>1434</think>", "no_answer"),
    ("", "no_answer"),
]

NIM = [
    ("pile 3 take 1\npile 1 take 1\npile 3 take 1\npile 3 take 1", "match"),
    ("pile 3 take 1\nlook\npile 1 take 1\npile 3 take 1\npile 3 take 1", "match"),
    ("pile 3 take 1\npile 1 take 1\npile 3 take 1", "no_answer"),
    ("pile 3 take 1\npile 1 take 1\npile 3 take 1\npile 3 take 1\npile 3 take 1", "rule_broken"),
    ("pile 3 take 4\npile 1 take 1", "mismatch"),
    ("pile 3 take 5", "no_answer"),
    ("pile 0 take 1", "no_answer"),
    ("pile 3 take 0", "no_answer"),
    ("pile 3 take -1", "no_answer"),
    ("pass\n" * 9, "too_long"),
    ("9" * 50_000, "no_answer"),
    ("", "no_answer"),
]


HIDDEN_WORD = [
    ("geese", "match"),
    ("GEESE", "match"),
    ("g-e-e-s-e", "match"),
    ("My next guess is: 'Geese'.", "match"),
    ("**Answer:** [g, e, e, s, e]", "match"),
    ("eagle\nqzxjk\ngeese", "match"),
    ("I think.\ngeese", "match"),
    ("eagle\neagle\neagle\ngeese", "too_long"),
    ("geese\ngeese", "rule_broken"),
    ("geese eagle", "no_answer"),
    ("geese or eagle", "no_answer"),
    ("not geese", "no_answer"),
    ("geeses", "no_answer"),
    ("gees", "no_answer"),
    ("géese", "no_answer"),
    ("guess", "no_answer"),
    ("g e e s e " * 9_000, "no_answer"),
    ("<think>geese</think>", "no_answer"),
    ("", "no_answer"),
]

MARKS = [  # word, guess, what the guess is told
    ("geese", "eerie", "?+--+"),
    ("geese", "eagle", "?-?-+"),
    ("geese", "erect", "?-+--"),
    ("abbey", "babes", "??++-"),
    ("crane", "eerie", "--?-+"),
    ("crane", "crane", "+++++"),
    ("hello", "llama", "??---"),
    ("hello", "level", "?+--?"),
    ("level", "lolly", "+-?--"),
]


@pytest.mark.parametrize(("response", "reason"), HIDDEN_WORD)
def test_a_game_of_hidden_word_is_replayed(response: str, reason: str) -> None:
    assert HiddenWord().verifier.check(response, WORD).reason == reason


@pytest.mark.parametrize(("word", "guess", "marks"), MARKS)
def test_repeated_letters_are_marked_as_often_as_the_word_holds_them(
    word: str, guess: str, marks: str
) -> None:
    names = {"+": "exact", "?": "misplaced", "-": "absent"}
    told = ", ".join(f"{letter} {names[m]}" for letter, m in zip(guess, marks, strict=True))
    game = HiddenWord().verifier.begin({"word": word, "turns": 1})
    turn = game.play(guess)
    assert turn.text == ("That is the word." if word == guess else f"{guess}: {told}")


def test_words_are_five_letters_each_once() -> None:
    assert len(WORDS) == len(set(WORDS)) > 900
    assert all(len(word) == 5 and word.isascii() and word.islower() for word in WORDS)


@pytest.mark.parametrize("level", HiddenWord.levels)
def test_an_opening_leaves_as_many_words_as_measured_and_the_oracle_is_in_time(level: int) -> None:
    env = HiddenWord()
    for seed in range(4):
        task = env.generate(seed, level)
        game = env.verifier.begin
        told = {guess: game(task.answer).play(guess).text for guess, _ in task.answer["opening"]}
        left = [
            word
            for word in WORDS
            if all(
                game({"word": word, "turns": 1}).play(g).text == text for g, text in told.items()
            )
        ]
        assert all(text in task.prompt[0]["content"] for text in told.values())
        assert 2 ** task.metadata["measured"] == pytest.approx(len(left), rel=0.01)
        assert set(env.oracle(task).split()) <= set(left)
        env.recheck(task)


@pytest.mark.parametrize(("response", "reason"), MASTERMIND)
def test_a_game_of_mastermind_is_replayed(response: str, reason: str) -> None:
    assert Mastermind().verifier.check(response, CODE).reason == reason


@pytest.mark.parametrize(("response", "reason"), NIM)
def test_a_game_of_nim_is_replayed(response: str, reason: str) -> None:
    assert Nim().verifier.check(response, PILES).reason == reason


@pytest.mark.parametrize(
    "move", ["Take 1 from pile 3.", '{"pile": 3, "take": 1}', "3 1", "PILE 3: TAKE 1", "3, 1"]
)
def test_spellings_of_a_move_are_alike(move: str) -> None:
    verifier = Nim().verifier
    wanted = verifier.begin(PILES).play("pile 3 take 1")
    assert verifier.begin(PILES).play(move) == wanted
    assert "pile 3 has 2" in wanted.text


@pytest.mark.parametrize(
    ("env", "answer"),
    [(env, answer) for env in (Mastermind(), Nim(), HiddenWord())
     for answer in (None, {}, {"code": "x", "turns": 1}, {"code": "12", "turns": 0},
                    {"word": "geese", "turns": 0}, {"word": "géese", "turns": 1},
                    {"piles": []}, {"piles": [10**9]}, {"piles": [-1, 2]}, {"piles": 3})],
)  # fmt: skip
def test_an_unreadable_answer_is_undecided(env: MultiTurn, answer: Any) -> None:
    assert env.verifier.check("1 1", answer).reason == "bad_gold"


async def test_mastermind_tells_how_close_a_guess_is_and_no_more() -> None:
    env = Mastermind()
    task = Task(env=env.id, prompt=({"role": "user", "content": "go"},), answer=CODE,
                verifier=env.id)  # fmt: skip
    await env.reset(seed=0, options={"task": task})
    told = []
    for guess in ("4143", "what?", "1111"):
        observation, reward, terminated, truncated, _ = await env.step(guess)
        told.append(observation[0]["content"])
        assert (reward, terminated, truncated) == (0.0, False, False)
    assert told[0] == "4 1 4 3: 0 exact, 4 misplaced"
    assert told[1].startswith("That is not a guess")
    assert told[2] == "1 1 1 1: 1 exact, 0 misplaced"
    _, reward, terminated, truncated, info = await env.step("1435")
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info["verdict"].reason == "too_long"


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_opening_leaves_as_many_codes_as_measured(level: int) -> None:
    env = Mastermind()
    for seed in range(3):
        task = env.generate(seed, level)
        answer = task.answer
        codes = product("123456789"[: answer["colours"]], repeat=len(answer["code"]))
        left = sum(
            all(
                close("".join(code), guess) == (exact, other)
                for guess, exact, other in answer["opening"]
            )
            for code in codes
        )
        assert 2 ** task.metadata["measured"] == pytest.approx(left, rel=0.01)


def close(code: str, guess: str) -> tuple[int, int]:
    exact = [i for i, (a, b) in enumerate(zip(code, guess, strict=True)) if a == b]
    rest = [b for i, b in enumerate(code) if i not in exact]
    misplaced = 0
    for i, peg in enumerate(guess):
        if i not in exact and peg in rest:
            rest.remove(peg)
            misplaced += 1
    return len(exact), misplaced


def test_the_opponent_of_nim_wins_after_any_mistake() -> None:
    """Every first move but the winning one is lost, whatever is played afterwards."""

    def can_win(moves: list[str]) -> bool:
        game = Nim().verifier.begin({"piles": [1, 2, 2]})
        for move in moves:
            verdict = game.play(move).verdict
            if verdict is not None:
                return verdict.outcome == "correct"
        return any(
            can_win([*moves, f"pile {pile} take {count}"])
            for pile, left in enumerate(game.piles, start=1)
            for count in range(1, left + 1)
        )

    assert can_win(["pile 1 take 1"])
    for mistake in ("pile 2 take 1", "pile 2 take 2", "pile 3 take 1", "pile 3 take 2"):
        assert not can_win([mistake])


async def test_the_oracle_of_nim_answers_what_the_opponent_does() -> None:
    env = Nim()
    for seed in range(5):
        task = env.generate(seed, 3)
        messages, _ = await env.reset(seed=0, options={"task": task})
        terminated = False
        while not terminated:
            action = env.act(task, messages)
            observation, reward, terminated, truncated, _ = await env.step(action)
            assert not truncated
            messages += [{"role": "assistant", "content": action}, *observation]
        assert reward == 1.0
