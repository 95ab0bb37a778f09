"""Pieces that take a list of numbers: to another list, to a number, to a text."""

from __future__ import annotations

from assay_envs.code.piece import NUMBER, NUMBERS, TEXT, Piece


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
_NUMBERS_TO_TEXT = (
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

LIST_PIECES = (*_NUMBERS_TO_NUMBERS, *_NUMBERS_TO_NUMBER, *_NUMBERS_TO_TEXT)
