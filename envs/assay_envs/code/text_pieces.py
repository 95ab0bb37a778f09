"""Pieces that take a text or a list of words."""

from __future__ import annotations

from assay_envs.code.piece import NUMBER, NUMBERS, TEXT, WORDS, Piece

TEXT_PIECES = (
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
         "go through the text from left to right and list, for every lower-case letter, its place "
         "in the alphabet, where a has the place {k}"),
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

WORDS_PIECES = (
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
