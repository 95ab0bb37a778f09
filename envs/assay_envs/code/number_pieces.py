"""Pieces that take a number: to another number or to a list of numbers."""

from __future__ import annotations

from assay_envs.code.piece import NUMBER, NUMBERS, Piece

NUMBER_PIECES = (
    Piece(
        "line", NUMBER, NUMBER, "scaled",
        ("multiply the number by {a} and add {b}", "replace the number n by {a}*n+{b}"),
        ("{o} = {a} * {i} + {b}",), {"a": range(2, 10), "b": range(1, 20)},
    ),
    Piece(
        "modulo", NUMBER, NUMBER, "rest",
        ("take the number modulo {k} (from 0 to {k}-1, also if it is negative)",
         "replace the number by its non-negative remainder when divided by {k}"),
        ("{o} = {i} % {k}",), {"k": range(20, 90)},
    ),
    Piece(
        "gap", NUMBER, NUMBER, "gap",
        ("take the distance of the number from {k}",
         "replace the number by the absolute value of its difference from {k}"),
        ("{o} = abs({i} - {k})", "if {i} > {k}:\n    {o} = {i} - {k}\nelse:\n    {o} = {k} - {i}"),
        {"k": range(5, 60)},
    ),
    Piece(
        "flip", NUMBER, NUMBER, "flipped",
        ("write the decimal digits of its absolute value in the opposite order and read them as a "
         "number",
         "reverse the decimal digits of the number, without its sign and without leading zeros"),
        ("{o} = int(str(abs({i}))[::-1])",
         "{o} = 0\nleft = abs({i})\nwhile left > 0:\n    {o} = 10 * {o} + left % 10\n"
         "    left //= 10"),
    ),
    Piece(
        "collatz", NUMBER, NUMBER, "moves",
        ("begin with the number modulo {k}, plus 1; halve it when it is even, else triple it and "
         "add 1; take how many such moves it needs to reach 1",
         "count the Collatz steps (n/2 for even n, 3n+1 for odd n) that lead to 1 from the number "
         "modulo {k}, plus 1"),
        ("{o} = 0\nn = {i} % {k} + 1\nwhile n != 1:\n    if n % 2 == 0:\n        n //= 2\n"
         "    else:\n        n = 3 * n + 1\n    {o} += 1",),
        {"k": range(20, 27)},
    ),
    Piece(
        "triangle", NUMBER, NUMBER, "added",
        ("add up all the integers from 1 to the number modulo {k} (0 if that is 0)",
         "replace the number by 1+2+…+m, where m is the number modulo {k} (0 if m is 0)"),
        ("{o} = sum(range(1, {i} % {k} + 1))",
         "{o} = 0\nfor j in range(1, {i} % {k} + 1):\n    {o} += j"),
        {"k": range(11, 30)},
    ),
    Piece(
        "digits", NUMBER, NUMBERS, "digits",
        ("form the list of the decimal digits of its absolute value, the first digit first",
         "split the number, without its sign, into the list of its decimal digits"),
        ("{o} = [int(d) for d in str(abs({i}))]",
         "{o} = []\nfor d in str(abs({i})):\n    {o}.append(int(d))"),
    ),
    Piece(
        "divisors", NUMBER, NUMBERS, "divisors",
        ("form the ascending list of the positive divisors of the number modulo {k}, plus 1",
         "list, in ascending order, all positive integers that divide m, where m is the number "
         "modulo {k}, plus 1"),
        ("{o} = [d for d in range(1, {i} % {k} + 2) if ({i} % {k} + 1) % d == 0]",
         "{o} = []\nm = {i} % {k} + 1\nfor d in range(1, m + 1):\n    if m % d == 0:\n"
         "        {o}.append(d)"),
        {"k": range(30, 70)},
    ),
    Piece(
        "halvings", NUMBER, NUMBERS, "halves",
        ("form the list that begins with its absolute value and goes on with the half of the one "
         "before, rounded down, as long as that is greater than 0 (an empty list for 0)",
         "starting from its absolute value, halve again and again, rounding down, and list every "
         "value greater than 0"),
        ("{o} = []\nleft = abs({i})\nwhile left > 0:\n    {o}.append(left)\n    left //= 2",),
    ),
)  # fmt: skip
