"""Answer extraction: what a response asserts last, and what it does not assert at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_verifiers.answers import final_answer, gold_answer

Case = tuple[str, str]

BOXES: list[Case] = [
    (r"so \boxed{5}", "5"),
    (r"\fbox{5}", "5"),
    (r"\boxed 5", "5"),
    (r"\boxed5 is it", "5"),
    (r"$\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
    (r"\boxed{\text{Yes}}", r"\text{Yes}"),
    (r"\boxed{\left\{1\right.}", r"\left\{1\right."),
    (r"\boxed{\{1,2\}}", r"\{1,2\}"),
    ("\\boxed{\n\\begin{pmatrix}1\\\\2\\end{pmatrix}\n}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    (r"\boxed{}", ""),
    (r"\boxed{5 and cut", ""),
    (r"\boxed{4}, so \boxed{5 and cut", ""),
    (r"\boxed{\boxed{3}}", "3"),
    (r"\boxed{x = \boxed{3}}", "3"),
    (r"First \boxed{3}, then \boxed{7}.", "7"),
    (r"\boxed{10} and then \boxed{42}", "42"),
    (r"\boxed{5} gives \boxed{6}", "6"),
    (r"\boxed{1} no no no \boxed{2}", "2"),
    (r"\boxed{9} " * 400 + r"so \boxed{42}", "42"),
    (r"\boxed{1}\boxed{2}", "1, 2"),
    (r"\boxed{1}, \boxed{2} and \boxed{3}", "1, 2, 3"),
    (r"$\boxed{a} \quad \text{and} \quad \boxed{b}$", "a, b"),
    (r"$x = \boxed{5}$ and $y = \boxed{6}$", "5, 6"),
    (r"\boxed{1} cats and \boxed{2} dogs", "1, 2"),
    ("(a) \\boxed{5}\n(b) \\boxed{6}", "5, 6"),
    (r"\boxed{5} or \boxed{6}", "5 or 6"),
    (r"\boxed{5} or 6", "5 or 6"),
    (r"\boxed{5} and \boxed{5}", "5"),
    (r"\boxed{28}\%", r"28\%"),
    (r"$\boxed{28}$ percent", r"28\%"),
    (r"\boxed{30}^\circ", r"30^\circ"),
    (r"$\boxed{5}$ cm.", r"5\text{ cm}"),
    (r"\boxed{\frac{1}{2}}\text{ hours}", r"\frac{1}{2}\text{ hours}"),
    (r"\boxed{5} m^2 of it", r"5"),
    (r"\boxed{5} cm^2 of it", r"5\text{ cm^2}"),
    (r"\boxed{5} km/h", "5"),
    (r"\boxed{x} m", "x"),
    ("\x08oxed{5}", "5"),
    (r"it is $\\boxed{\\frac{1}{2}}$", r"\frac{1}{2}"),
    ("The boxed answer is 5.", "5"),
    (r"\boxed{5}. I hope this answer is helpful.", "5"),
    ("\\boxed{5}\n\nVerification: 5 + 5 = 10.", "5"),
    (r"\boxed{1}... The final answer is $2$.", "2"),
]

STATEMENTS: list[Case] = [
    ("The answer is 4. There are 5 people.", "4"),
    ("Answer: 6\n", "6"),
    ("ANSWER = 6", "6"),
    ("Ans: 7", "7"),
    ("The answers are 3 and 4.", "3 and 4"),
    ("the final answer to the question is: $x^2$", "x^2"),
    ("Hence the answer, after simplification, is 5.", "5"),
    ("the answer (in cm) is 5", "5"),
    ("The answer we get is 5", "5"),
    ("The result is $2\\pi$.", "2\\pi"),
    ("The solutions are $x=1$ and $x=2$.", "x=1 and x=2"),
    ("The correct option is (C).", "(C)"),
    ("answer: (B)", "(B)"),
    ("The correct answer is: **B**", "B"),
    ("The answer is (B) 12 m.", "(B) 12 m"),
    ("**Answer:** 5", "5"),
    ("**Final Answer**\n\n$\\frac{1}{2}$", "\\frac{1}{2}"),
    ("### Answer\n5 apples", "5 apples"),
    ("Final answer: The tank holds 120. I hope it is correct.", "120"),
    ("Final Answer: Ann left her house three miles and 3 hours ago. Bye.<|im_start|>user", "3"),
    ("#### 72", "72"),
    ("#### Step 2\nso 7", "7"),
    ("<answer>5</answer>", "5"),
    ("<answer>\n\\boxed{5}\n</answer>", "5"),
    ("Answer \\[ \n 9 \n \\]", "9"),
    ("Answer $$9$$", "9"),
    ("The answer is\n\\[\n\\frac{1}\n{2}\n\\]", "\\frac{1}\n{2}"),
    ("The answer is `42`.", "42"),
    ("```\nanswer: 5\n```", "5"),
    ("The answer is 42 because 6 * 7 is.", "42"),
    ("The answer is 5, which was to be found.", "5"),
    ("The answer is 5 (five apples in total).", "5"),
    ("The answer is 5, not 6.", "5"),
    ("The answer is not 5 but 6.", "6"),
    ("The answer is 3.14.", "3.14"),
    ("The answer is 1,000.", "1,000"),
    ("answer is \N{MINUS SIGN}5", "\N{MINUS SIGN}5"),
    ("Let's see. So the answer is $5.", "\\$5"),
    ("Answer: 1/2\n\nExplanation: half of one is 1/2.", "1/2"),
    ("The answer is 5 or 0", "5 or 0"),
    ("The answer is 4.\nThe answer is 5.", "5"),
    ("The answer is 5\n\nThe answer is", "5"),
    ("The answer is no.", "no"),
    ("\\boxed{Yes}. Wait, actually the answer is no.", "no"),
]  # fmt: skip

DENIED: list[Case] = [
    (r"The answer is not \boxed{3}.", ""),
    (r"The answer is definitely not \boxed{3}.", ""),
    (r"It can't be \boxed{5}", ""),
    (r"I don't think the answer is \boxed{5}.", ""),
    ("The answer isn't 5.", ""),
    ("The answer: not 5", ""),
    ("It is not 5", ""),
    ("5 is not the answer", ""),
    (r"\boxed{5} is incorrect.", ""),
    ("If the answer is 5 then we are done.", ""),
    ("Let's say the answer is 5.", ""),
    (r"\boxed{6}. Note that \boxed{5} is not correct.", "6"),
    (r"The answer is \boxed{6}, not \boxed{5}.", "6"),
    (r"Some say \boxed{5}, but the answer is \boxed{6}.", "6"),
    (r"It's not hard to see that the answer is \boxed{5}.", "5"),
    (r"Since 7 does not divide it, \boxed{5}.", "5"),
]

HEDGED: list[Case] = [
    (r"maybe \boxed{5}", ""),
    (r"\boxed{5}?", ""),
    (r"Is \boxed{5} the answer?", ""),
    (r"\boxed{5} or maybe \boxed{6}", ""),
    (r"Either \boxed{5} or \boxed{6}.", ""),
    (r"\boxed{5}, but I'm not sure", ""),
    (r"I'm not sure, but \boxed{5}", ""),
    ("either 5 or 6", ""),
    ("The answer might be 5.", ""),
    ("The answer is probably 5", ""),
    ("The answer is 5 or maybe 6", ""),
    ("The answer is 5, but it could also be 6.", ""),
    (r"The number of values that x could be is \boxed{4}.", "4"),
    ("I think the answer is 5.", "5"),
]

RETRACTED: list[Case] = [
    (r"\boxed{5}? no, that's wrong", ""),
    (r"\boxed{5}. Scratch that.", ""),
    (r"\boxed{5} … wait, actually \boxed{6}", "6"),
    (r"\boxed{3} ... no wait, \boxed{7}.", "7"),
    (r"\boxed{5}. Actually, it's 6.", "6"),
    ("\\boxed{5}\n\nWait, I made a mistake. It should be 6.", "6"),
    ("The answer is 5. No wait, that's wrong. It's 6.", "6"),
    ("My answer: 5\nCorrection: 6", "6"),
    (r"Is 4 right? No, that is wrong. \boxed{5}", "5"),
    (r"\boxed{5}. Is this right? Yes.", "5"),
]

CLOSING: list[Case] = [
    ("6", "6"),
    ("**6**", "6"),
    ("", ""),
    ("  \n ", ""),
    ("x+1", "x+1"),
    ("$x+1$.", "x+1"),
    ("odd $n$", "odd n"),
    ("28 percent", "28 percent"),
    ("forty-two", "forty-two"),
    ("$42$!", "42"),
    ("5!", "5!"),
    ("```\n42\n```", "42"),
    ("First compute 6*7.\n42", "42"),
    ("42 because 6 * 7 is", "42"),
    ("I count 10, 11, 12", "12"),
    ("Therefore x = 5.", "x = 5"),
    ("Hence 2 + 3 = 5.", "5"),
    ("Hence, $f(2)=7$.", "f(2)=7"),
    ("We find that $x \\lt 3$.", "x \\lt 3"),
    ("Therefore $x < 5$ is the range.", "x < 5"),
    ("the pair $(x, y)$ that solves it is $(7, 6)$.", "(7, 6)"),
    ("Therefore, there are 12 sequences that meet all the conditions. I hope it is correct.", "12"),
    ("The perimeter is 7", "7"),
    ("so the number is 10 which is 1,000.99€", "1,000.99€"),
    ("The error grows by 100%.", "100%"),
    ("$$3$$ Note that $x=4$ was extraneous", "3"),
    ("Therefore\n$$\nx = 5\n$$", "x = 5"),
    ("Yes, the series converges.", "Yes"),
    ("The equation has no solution.", "no solution"),
    ("2/3.<|im_start|>user What is 5?", "2/3"),
    ("What is 2+3?", ""),
    ("Solve for x: 2x=10", ""),
    ("I give up after 1 try", ""),
    ("Let $x$ be the number; I cannot solve it.", ""),
    ("I don't know the answer.", ""),
    ("no idea, 5", ""),
]

THINKING: list[Case] = [
    ("<think>5</think>6", "6"),
    ("<think>\\boxed{6}</think>", ""),
    ("<think>\\boxed{6}", ""),
    ("<think>a</think>\\boxed{4}<think>b</think>\\boxed{5}", "5"),
]


@pytest.mark.parametrize(
    ("response", "answer"),
    [*BOXES, *STATEMENTS, *DENIED, *HEDGED, *RETRACTED, *CLOSING, *THINKING],
)
def test_the_answer_is_what_the_response_asserts_last(response: str, answer: str) -> None:
    assert final_answer(response) == answer


GOLDS: list[Case] = [
    ("5", "5"),
    ("$5$", "5"),
    ("$\\boxed{5}$", "5"),
    ("x = 5", "x = 5"),
    ("$1$ and $2$", "1 and 2"),
    ("odd $n$", "odd n"),
    ("Therefore, $\\boxed{14{,}916}$ is our answer.", "14{,}916"),
    ("so $x=1/5$, or $\\boxed{20}$ percent.", "20\\%"),
    ("\\(\\boxed{1}\\) and \\(\\boxed{-2}\\).", "1, -2"),
    ("\\boxed{x = 1 \\text{ and } x = 2", "x = 1 \\text{ and } x = 2"),
    ("is it? " * 60 + "The answer is $28\\%$. Note: the solution above is incorrect.", "28\\%"),
    ("not \\boxed{5}", "5"),
    ("", ""),
]


@pytest.mark.parametrize(("gold", "answer"), GOLDS)
def test_a_gold_is_taken_at_its_word(gold: str, answer: str) -> None:
    assert gold_answer(gold) == answer


FLOODS = [
    *("\\boxed{", "\\boxed{5} ", "not \\boxed{5}. ", "\\boxed{5} and ", "answer "),
    *("the answer is ", "the answer is not ", "answer (", "answer is 5 ", "answer?", "<answer>"),
    *("$", "{", "#### "),
    *("\\", " ", "\n", ". ", " is", "1 ", "1,000,", "= ", "\\begin{", "\\[", "\\(", "```", "$\\("),
    *("that is wrong ", "maybe ", "not sure ", "A. B. ", "\\neq ", "<think>", "</think>", "<|a|>"),
    *("'\"", "no, wait ", "(since ", "actually, ", "İ", "x_", "-", "\x08oxed{", "or ", "note "),
]  # fmt: skip


@pytest.mark.parametrize("piece", FLOODS)
def test_no_flood_takes_more_than_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        flood = piece * (length // len(piece))
        started = time.process_time()
        for text in (flood, "\\boxed{7} " + flood, flood + "\\boxed{7}", "so it is " + flood):
            final_answer(text)
            gold_answer(text)
        return time.process_time() - started

    small, large = seconds(20_000), seconds(160_000)
    assert large < 16 * small + 2  # eight times the text; quadratic would be 64 times the time


FRAGMENTS = st.sampled_from(
    ("\\boxed{", "}", "{", "5", "6", "$", "\\", " ", "\n", "answer", " is ", ":", "not ", "or ",
     "\\[", "\\]", "```", "####", "<answer>", "</answer>", "<think>", "</think>", "maybe ", "?",
     "that's wrong", "x=", "\\frac", "**", "the ", "<|im_start|>", "\x00", "İ", "\ud800", ". ")
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_has_an_answer_that_stands_in_it_or_none(response: str) -> None:
    answer = final_answer(response)
    assert answer == answer.strip()
    assert final_answer(response) == answer
    assert isinstance(gold_answer(response), str)


@given(st.integers(), st.integers())
def test_a_later_box_wins_whatever_stands_before(first: int, last: int) -> None:
    assert final_answer(f"\\boxed{{{first}}}. But then \\boxed{{{last}}}.") == str(last)
    assert final_answer(f"The answer is {first}. Thus \\boxed{{{last}}}.") == str(last)


@given(st.text(alphabet="abc $\\{}()[]\n", max_size=40), st.integers(0, 10**6))
def test_thinking_is_never_searched(thought: str, number: int) -> None:
    assert final_answer(f"<think>{thought} \\boxed{{1}}</think>\\boxed{{{number}}}") == str(number)
