"""Pieces: what the programs of the code suite are put together from.

A *piece* takes a value of one kind and gives one of the same or another kind: it has wordings (what
a person would ask for) and codes (how a program would do it, more than one where there are ways).
A *test* is a condition on a value, for a choice between two pieces. Numbers in braces are drawn
from the ranges beside them; ``{i}`` and ``{o}`` are the names of what comes in and goes out.

Kinds are ``numbers`` (a list of integers), ``number``, ``text`` and ``words`` (a list of texts).
Every wording says what is done at the edges (nothing there, too few, equal ones), because tests try
just these. The codes use only what :mod:`assay_envs.code.evaluator` knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NUMBERS, NUMBER, TEXT, WORDS = "numbers", "number", "text", "words"
KINDS = (NUMBERS, NUMBER, TEXT, WORDS)

Ranges = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Piece:
    """One step of a program.

    Attributes:
        name: unique.
        takes, gives: kinds.
        out: what its result is called.
        wordings: imperative phrases for the same thing.
        codes: statements for the same thing.
        ranges: of its numbers.
    """

    name: str
    takes: str
    gives: str
    out: str
    wordings: tuple[str, ...]
    codes: tuple[str, ...]
    ranges: Ranges = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """A condition on a value: as it is said, and as it is written."""

    name: str
    takes: str
    wording: str
    code: str
    ranges: Ranges = field(default_factory=dict)


def _filter(condition: str) -> tuple[str, ...]:
    return (
        f"{{o}} = [x for x in {{i}} if {condition}]",
        f"{{o}} = []\nfor x in {{i}}:\n    if {condition}:\n        {{o}}.append(x)",
    )


def _map(value: str) -> tuple[str, ...]:
    return (
        f"{{o}} = [{value} for x in {{i}}]",
        f"{{o}} = []\nfor x in {{i}}:\n    {{o}}.append({value})",
    )


def _count(condition: str) -> tuple[str, ...]:
    return (
        f"{{o}} = 0\nfor x in {{i}}:\n    if {condition}:\n        {{o}} += 1",
        f"{{o}} = len([x for x in {{i}} if {condition}])",
    )


_K = {"k": range(2, 6)}
_FEW = {"k": range(2, 5)}
_ANY = {"k": range(-4, 16)}

_NUMBERS_TO_NUMBERS = (
    Piece(
        "keep_multiples", NUMBERS, NUMBERS, "kept",
        ("keep only the numbers divisible by {k}", "drop every number that {k} does not divide"),
        _filter("x % {k} == 0"), _K,
    ),
    Piece(
        "keep_above", NUMBERS, NUMBERS, "kept",
        ("keep only the numbers greater than {k}", "drop every number that is {k} or less"),
        _filter("x > {k}"), _ANY,
    ),
    Piece(
        "drop_multiples", NUMBERS, NUMBERS, "kept",
        ("drop the numbers divisible by {k}", "keep only the numbers that {k} does not divide"),
        _filter("x % {k} != 0"), _K,
    ),
    Piece(
        "every_kth", NUMBERS, NUMBERS, "picked",
        ("keep only the elements whose 0-based position is a multiple of {k}",
         "of every {k} consecutive elements keep the first one only"),
        ("{o} = {i}[::{k}]",
         "{o} = []\nfor p, x in enumerate({i}):\n    if p % {k} == 0:\n        {o}.append(x)"),
        {"k": range(2, 4)},
    ),
    Piece(
        "linear", NUMBERS, NUMBERS, "mapped",
        ("replace every number x by {a}*x+{b}", "multiply every number by {a}, then add {b} to it"),
        _map("{a} * x + {b}"), {"a": range(2, 6), "b": range(1, 10)},
    ),
    Piece(
        "squares", NUMBERS, NUMBERS, "squares",
        ("square every number", "replace every number by its square"),
        _map("x * x"),
    ),
    Piece(
        "distances", NUMBERS, NUMBERS, "distances",
        ("replace every number by its distance from {k}",
         "replace every number x by the absolute value of x minus {k}"),
        _map("abs(x - {k})"), {"k": range(1, 16)},
    ),
    Piece(
        "remainders", NUMBERS, NUMBERS, "rests",
        ("replace every number x by x modulo {k} (from 0 to {k}-1, also for negative x)",
         "replace every number by its non-negative remainder when divided by {k}"),
        _map("x % {k}"), {"k": range(3, 12)},
    ),
    Piece(
        "cap", NUMBERS, NUMBERS, "capped",
        ("replace every number greater than {k} by {k}", "cap every number at {k}"),
        ("{o} = [min(x, {k}) for x in {i}]",
         "{o} = []\nfor x in {i}:\n    if x > {k}:\n        {o}.append({k})\n"
         "    else:\n        {o}.append(x)"),
        {"k": range(4, 20)},
    ),
    Piece(
        "reverse", NUMBERS, NUMBERS, "backwards",
        ("reverse the list", "put the elements in the opposite order"),
        ("{o} = {i}[::-1]", "{o} = []\nfor x in {i}:\n    {o} = [x] + {o}"),
    ),
    Piece(
        "ascending", NUMBERS, NUMBERS, "ordered",
        ("sort the list in ascending order", "order the numbers from smallest to largest"),
        ("{o} = sorted({i})",),
    ),
    Piece(
        "descending", NUMBERS, NUMBERS, "ordered",
        ("sort the list in descending order", "order the numbers from largest to smallest"),
        ("{o} = sorted({i}, reverse=True)", "{o} = sorted({i})[::-1]"),
    ),
    Piece(
        "distinct", NUMBERS, NUMBERS, "distinct",
        ("keep only the first occurrence of every number",
         "drop every number that occurred earlier in the list"),
        ("{o} = []\nfor x in {i}:\n    if x not in {o}:\n        {o}.append(x)",),
    ),
    Piece(
        "running_totals", NUMBERS, NUMBERS, "totals",
        ("replace every element by the sum of all elements up to and including it",
         "form the running totals"),
        ("{o} = []\ntotal = 0\nfor x in {i}:\n    total += x\n    {o}.append(total)",
         "{o} = [sum({i}[:p + 1]) for p in range(len({i}))]"),
    ),
    Piece(
        "differences", NUMBERS, NUMBERS, "steps",
        ("form the differences of neighbours, each element minus the one before it (none if there "
         "are fewer than two elements)",
         "replace the list by what is added from each element to the next (an empty list if there "
         "are fewer than two elements)"),
        ("{o} = [{i}[p] - {i}[p - 1] for p in range(1, len({i}))]",
         "{o} = []\nfor p in range(1, len({i})):\n    {o}.append({i}[p] - {i}[p - 1])"),
    ),
    Piece(
        "rotate", NUMBERS, NUMBERS, "turned",
        ("move the first {k} elements, as they are, to the end (a list of {k} or fewer elements "
         "stays as it is)",
         "rotate the list to the left by {k} places (a list of {k} or fewer elements stays as it "
         "is)"),
        ("{o} = {i}[{k}:] + {i}[:{k}]",), _FEW,
    ),
    Piece(
        "drop_first", NUMBERS, NUMBERS, "rest",
        ("drop the first {k} elements (all if there are fewer)",
         "remove {k} elements from the front (all if there are fewer)"),
        ("{o} = {i}[{k}:]",), _FEW,
    ),
    Piece(
        "running_maximum", NUMBERS, NUMBERS, "peaks",
        ("replace every element by the largest of the elements up to and including it",
         "form the running maximum"),
        ("{o} = []\nfor x in {i}:\n    if {o} and {o}[-1] > x:\n        {o}.append({o}[-1])\n"
         "    else:\n        {o}.append(x)",
         "{o} = [max({i}[:p + 1]) for p in range(len({i}))]"),
    ),
    Piece(
        "squeeze", NUMBERS, NUMBERS, "squeezed",
        ("of equal neighbours keep only one", "drop every element equal to the one just before it"),
        ("{o} = []\nfor x in {i}:\n    if not {o} or {o}[-1] != x:\n        {o}.append(x)",),
    ),
    Piece(
        "until", NUMBERS, NUMBERS, "start",
        ("keep the elements before the first one greater than {k} (all if there is none)",
         "cut the list off just before its first element above {k} (keep all if there is none)"),
        ("{o} = []\nfor x in {i}:\n    if x > {k}:\n        break\n    {o}.append(x)",),
        {"k": range(8, 24)},
    ),
    Piece(
        "digit_sums", NUMBERS, NUMBERS, "sums",
        ("replace every number by the sum of its decimal digits, whatever its sign",
         "replace every number by the digit sum of its absolute value"),
        ("{o} = []\nfor x in {i}:\n    left = abs(x)\n    score = 0\n    while left > 0:\n"
         "        score += left % 10\n        left //= 10\n    {o}.append(score)",
         "{o} = [sum(int(d) for d in str(abs(x))) for x in {i}]"),
    ),
    Piece(
        "group_sums", NUMBERS, NUMBERS, "groups",
        ("split the list into groups of {k} consecutive elements (the last may be shorter) and "
         "replace each group by its sum",
         "replace each {k} consecutive elements by their sum; what is left at the end, if anything,"
         " is summed too"),
        ("{o} = [sum({i}[p:p + {k}]) for p in range(0, len({i}), {k})]",
         "{o} = []\nfor p, x in enumerate({i}):\n    if p % {k} == 0:\n        {o}.append(0)\n"
         "    {o} = {o}[:-1] + [{o}[-1] + x]"),
        {"k": range(2, 4)},
    ),
    Piece(
        "weigh", NUMBERS, NUMBERS, "weighed",
        ("multiply every element by its position, where the first position is {k}",
         "multiply the elements, in order, by consecutive integers of which the first is {k}"),
        ("{o} = [(p + {k}) * x for p, x in enumerate({i})]",
         "{o} = []\nplace = {k}\nfor x in {i}:\n    {o}.append(place * x)\n    place += 1"),
        {"k": range(0, 3)},
    ),
    Piece(
        "records", NUMBERS, NUMBERS, "records",
        ("keep only the elements greater than all elements before them (the first one stays)",
         "keep the first element and every later one that is larger than all before it"),
        ("{o} = []\nfor x in {i}:\n    if not {o} or x > {o}[-1]:\n        {o}.append(x)",),
    ),
    Piece(
        "alternate", NUMBERS, NUMBERS, "signed",
        ("change the sign of the second, fourth, sixth … element",
         "negate the elements at odd 0-based positions"),
        ("{o} = []\nsign = 1\nfor x in {i}:\n    {o}.append(sign * x)\n    sign = -sign",
         "{o} = [-x if p % 2 == 1 else x for p, x in enumerate({i})]"),
    ),
)  # fmt: skip

_NUMBERS_TO_NUMBER = (
    Piece(
        "sum", NUMBERS, NUMBER, "total",
        ("add up the numbers (0 if there are none)", "take the sum of the list (0 if it is empty)"),
        ("{o} = 0\nfor x in {i}:\n    {o} += x", "{o} = sum({i})"),
    ),
    Piece(
        "count_above", NUMBERS, NUMBER, "count",
        ("count the numbers greater than {k}", "take how many numbers are above {k}"),
        _count("x > {k}"), _ANY,
    ),
    Piece(
        "largest", NUMBERS, NUMBER, "largest",
        ("take the largest number ({d} if there is none)",
         "find the maximum of the list ({d} if it is empty)"),
        ("{o} = max({i}) if {i} else {d}",
         "{o} = {d}\nfor p, x in enumerate({i}):\n    if p == 0 or x > {o}:\n        {o} = x"),
        {"d": range(0, 2)},
    ),
    Piece(
        "spread", NUMBERS, NUMBER, "spread",
        ("take the largest number minus the smallest (0 if there are none)",
         "find by how much the largest number exceeds the smallest (0 for an empty list)"),
        ("{o} = max({i}) - min({i}) if {i} else 0",
         "{o} = 0\nfor x in {i}:\n    for y in {i}:\n        {o} = max({o}, x - y)"),
    ),
    Piece(
        "alternating_sum", NUMBERS, NUMBER, "balance",
        ("add the elements with alternating signs: the first minus the second plus the third and "
         "so on (0 if there are none)",
         "take the sum of the elements at even 0-based positions minus that of those at odd ones"),
        ("{o} = sum({i}[::2]) - sum({i}[1::2])",
         "{o} = 0\nfor p, x in enumerate({i}):\n    if p % 2 == 0:\n        {o} += x\n"
         "    else:\n        {o} -= x"),
    ),
    Piece(
        "longest_rise", NUMBERS, NUMBER, "longest",
        ("find the length of the longest stretch of consecutive elements in which each is greater "
         "than the one before (0 if there are none, 1 if nothing ever rises)",
         "take the number of elements in the longest strictly increasing run of neighbours "
         "(0 for an empty list)"),
        ("{o} = 0\nlength = 0\nfor p, x in enumerate({i}):\n    if p > 0 and x > {i}[p - 1]:\n"
         "        length += 1\n    else:\n        length = 1\n    {o} = max({o}, length)",),
    ),
    Piece(
        "peaks", NUMBERS, NUMBER, "count",
        ("count the elements that are greater than both their neighbours (the first and the last "
         "element do not count)",
         "count the inner elements that exceed the one before and the one after"),
        ("{o} = 0\nfor p in range(1, len({i}) - 1):\n"
         "    if {i}[p] > {i}[p - 1] and {i}[p] > {i}[p + 1]:\n        {o} += 1",),
    ),
    Piece(
        "polynomial", NUMBERS, NUMBER, "code",
        ("start from 0 and for each element in order multiply by {a}, add the element and reduce "
         "modulo {m}",
         "fold the list from the left, beginning with 0: each time take {a} times what you have "
         "plus the element, modulo {m}"),
        ("{o} = 0\nfor x in {i}:\n    {o} = ({a} * {o} + x) % {m}",),
        {"a": range(2, 8), "m": range(50, 100)},
    ),
    Piece(
        "inversions", NUMBERS, NUMBER, "count",
        ("count the pairs of elements in which the earlier one is the greater",
         "count how often an element is followed, anywhere later, by a smaller one (every such "
         "pair counts)"),
        ("{o} = 0\nfor p, x in enumerate({i}):\n    for y in {i}[p + 1:]:\n        if x > y:\n"
         "            {o} += 1",
         "{o} = sum(len([y for y in {i}[p + 1:] if y < {i}[p]]) for p in range(len({i})))"),
    ),
    Piece(
        "best_stretch", NUMBERS, NUMBER, "best",
        ("find the largest sum that any stretch of consecutive elements has (0 if every sum is "
         "negative or there are no elements)",
         "take the greatest sum of neighbouring elements, where taking none counts as 0"),
        ("{o} = 0\nrunning = 0\nfor x in {i}:\n    running = max(running + x, 0)\n"
         "    {o} = max({o}, running)",),
    ),
    Piece(
        "divisor", NUMBERS, NUMBER, "divisor",
        ("find the greatest common divisor of the numbers, as a positive number (0 if there are "
         "none or all are 0)",
         "take the largest positive integer that divides all the numbers (0 if there are none or "
         "all are 0)"),
        ("{o} = 0\nfor x in {i}:\n    other = abs(x)\n    while other > 0:\n"
         "        {o}, other = other, {o} % other",),
    ),
)  # fmt: skip

_FROM_NUMBER = (
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

_FROM_TEXT = (
    Piece(
        "backwards", TEXT, TEXT, "reversed_text",
        ("reverse the text", "write the characters in the opposite order"),
        ("{o} = {i}[::-1]", "{o} = ''\nfor c in {i}:\n    {o} = c + {o}"),
    ),
    Piece(
        "swap_case", TEXT, TEXT, "swapped",
        ("turn upper-case letters into lower-case ones and the other way round",
         "swap the case of every letter"),
        ("{o} = {i}.swapcase()",
         "{o} = ''\nfor c in {i}:\n    {o} += c.lower() if c.isupper() else c.upper()"),
    ),
    Piece(
        "no_vowels", TEXT, TEXT, "consonants",
        ("drop every vowel (a, e, i, o, u in either case)",
         "keep all characters but the letters a, e, i, o and u in either case"),
        ("{o} = ''.join(c for c in {i} if c.lower() not in 'aeiou')",
         "{o} = ''\nfor c in {i}:\n    if c.lower() not in 'aeiou':\n        {o} += c"),
    ),
    Piece(
        "shift", TEXT, TEXT, "shifted",
        ("replace every lower-case letter by the one {k} places later in the alphabet, going round "
         "from z to a, and leave all else as it is",
         "shift each of the letters a to z by {k} (after z comes a); other characters stay"),
        ("{o} = ''\nfor c in {i}:\n    if c.islower():\n"
         "        {o} += chr((ord(c) - 97 + {k}) % 26 + 97)\n    else:\n        {o} += c",),
        {"k": range(1, 13)},
    ),
    Piece(
        "every_other", TEXT, TEXT, "picked",
        ("keep only the characters whose 0-based position is a multiple of {k}",
         "of every {k} consecutive characters keep the first one only"),
        ("{o} = {i}[::{k}]",
         "{o} = ''\nfor p, c in enumerate({i}):\n    if p % {k} == 0:\n        {o} += c"),
        {"k": range(2, 4)},
    ),
    Piece(
        "no_blanks", TEXT, TEXT, "packed",
        ("drop all blanks", "remove every blank"),
        ("{o} = {i}.replace(' ', '')",
         "{o} = ''\nfor c in {i}:\n    if c != ' ':\n        {o} += c"),
    ),
    Piece(
        "runs", TEXT, TEXT, "coded",
        ("replace every run of equal characters by the character and the length of the run, as in "
         "a1b3 for abbb",
         "run-length encode it: each run of one character becomes that character followed by the "
         "length of the run, 1 included"),
        ("{o} = ''\nlength = 0\nfor p, c in enumerate({i}):\n    length += 1\n"
         "    if p + 1 == len({i}) or {i}[p + 1] != c:\n        {o} += c + str(length)\n"
         "        length = 0",),
    ),
    Piece(
        "once", TEXT, TEXT, "once",
        ("keep only the first occurrence of every character",
         "drop every character that occurred earlier in the text"),
        ("{o} = ''\nfor c in {i}:\n    if c not in {o}:\n        {o} += c",),
    ),
    Piece(
        "capitals", TEXT, TEXT, "marked",
        ("of every {k} consecutive characters write the last in upper case (the first such is "
         "character number {k}) and leave the others as they are",
         "turn the characters whose 1-based position is a multiple of {k} into upper case"),
        ("{o} = ''\nfor p, c in enumerate({i}):\n"
         "    {o} += c.upper() if (p + 1) % {k} == 0 else c",),
        {"k": range(2, 5)},
    ),
    Piece(
        "split", TEXT, WORDS, "words",
        ("split the text at blanks into the list of its words (empty if there are none)",
         "form the list of the words, which are separated by one blank or more"),
        ("{o} = {i}.split()",),
    ),
    Piece(
        "letters", TEXT, NUMBERS, "places",
        ("form the list of the alphabet positions of the lower-case letters in it (a is {k}, b is "
         "{k}+1 …), leaving out all other characters",
         "list, for each of the letters a to z in the text, its place in the alphabet, counted "
         "from {k}"),
        ("{o} = [ord(c) - 97 + {k} for c in {i} if c.islower()]",
         "{o} = []\nfor c in {i}:\n    if c.islower():\n        {o}.append(ord(c) - 97 + {k})"),
        {"k": range(0, 2)},
    ),
    Piece(
        "vowels", TEXT, NUMBER, "count",
        ("count the vowels (a, e, i, o, u in either case)",
         "take how many of its letters are a, e, i, o or u in either case"),
        ("{o} = 0\nfor c in {i}:\n    if c.lower() in 'aeiou':\n        {o} += 1",
         "{o} = len([c for c in {i} if c.lower() in 'aeiou'])"),
    ),
    Piece(
        "vowel_places", TEXT, NUMBERS, "places",
        ("form the list of the 0-based positions of its vowels (a, e, i, o, u in either case)",
         "list at which positions, counted from 0, there is a, e, i, o or u in either case"),
        ("{o} = [p for p, c in enumerate({i}) if c.lower() in 'aeiou']",
         "{o} = []\nfor p, c in enumerate({i}):\n    if c.lower() in 'aeiou':\n"
         "        {o}.append(p)"),
    ),
)  # fmt: skip

_FROM_WORDS = (
    Piece(
        "join", WORDS, TEXT, "joined",
        ("join the words with '-' between them", "put the words into one text, separated by '-'"),
        ("{o} = '-'.join({i})",),
    ),
    Piece(
        "initials", WORDS, TEXT, "initials",
        ("put the first characters of the words together",
         "form the text of the first character of every word"),
        ("{o} = ''.join(w[0] for w in {i})", "{o} = ''\nfor w in {i}:\n    {o} += w[0]"),
    ),
    Piece(
        "by_length", WORDS, WORDS, "ordered",
        ("order the words from the shortest to the longest, words of one length as they stood",
         "sort the words by length, keeping the order of words of equal length"),
        ("{o} = sorted({i}, key=len)",),
    ),
    Piece(
        "longer", WORDS, WORDS, "kept",
        ("keep only the words of more than {k} characters",
         "drop every word of {k} characters or fewer"),
        ("{o} = [w for w in {i} if len(w) > {k}]",
         "{o} = []\nfor w in {i}:\n    if len(w) > {k}:\n        {o}.append(w)"),
        {"k": range(1, 5)},
    ),
    Piece(
        "turn_each", WORDS, WORDS, "turned",
        ("reverse each word, leaving the words where they are", "write every word backwards"),
        ("{o} = [w[::-1] for w in {i}]",
         "{o} = []\nfor w in {i}:\n    {o}.append(w[::-1])"),
    ),
    Piece(
        "turn_order", WORDS, WORDS, "backwards",
        ("put the words in the opposite order", "reverse the order of the words"),
        ("{o} = {i}[::-1]", "{o} = []\nfor w in {i}:\n    {o} = [w] + {o}"),
    ),
    Piece(
        "first_last", WORDS, WORDS, "moved",
        ("move the first character of each word to the word's end",
         "rotate every word to the left by one character"),
        ("{o} = [w[1:] + w[0] for w in {i}]",
         "{o} = []\nfor w in {i}:\n    {o}.append(w[1:] + w[0])"),
    ),
    Piece(
        "lengths", WORDS, NUMBERS, "lengths",
        ("replace every word by its number of characters", "form the list of the words' lengths"),
        ("{o} = [len(w) for w in {i}]", "{o} = []\nfor w in {i}:\n    {o}.append(len(w))"),
    ),
)  # fmt: skip

_TO_TEXT = (
    Piece(
        "spell", NUMBERS, TEXT, "spelt",
        ("replace every number by the letter at its place modulo 26 in the alphabet (0 is a, 25 is "
         "z) and put the letters together",
         "form a text with one letter for each number: the letter number x modulo 26 of the "
         "alphabet, where 0 is a"),
        ("{o} = ''.join(chr(97 + x % 26) for x in {i})",
         "{o} = ''\nfor x in {i}:\n    {o} += chr(97 + x % 26)"),
    ),
)  # fmt: skip

PIECES: Mapping[str, Piece] = {
    piece.name: piece
    for group in (
        _NUMBERS_TO_NUMBERS, _NUMBERS_TO_NUMBER, _FROM_NUMBER, _FROM_TEXT, _FROM_WORDS, _TO_TEXT,
    )
    for piece in group
}  # fmt: skip

_TESTS = (
    Test("long", NUMBERS, "the list has more than {k} elements", "len({i}) > {k}",
         {"k": range(2, 6)}),
    Test("odd_sum", NUMBERS, "the sum of the numbers is odd", "sum({i}) % 2 == 1"),
    Test("holds", NUMBERS, "some number is greater than {k}", "any(x > {k} for x in {i})",
         {"k": range(4, 20)}),
    Test("falls", NUMBERS, "the list is not empty and its first element is greater than its last",
         "len({i}) > 0 and {i}[0] > {i}[-1]"),
    Test("even", NUMBER, "the number is even", "{i} % 2 == 0"),
    Test("above", NUMBER, "the number is greater than {k}", "{i} > {k}", {"k": range(3, 40)}),
    Test("long_text", TEXT, "the text has more than {k} characters", "len({i}) > {k}",
         {"k": range(5, 14)}),
    Test("lower_first", TEXT, "the text begins with one of the letters a to z",
         "{i}[:1].islower()"),
    Test("many_words", WORDS, "there are more than {k} words", "len({i}) > {k}",
         {"k": range(1, 4)}),
)  # fmt: skip

TESTS: Mapping[str, Test] = {test.name: test for test in _TESTS}
