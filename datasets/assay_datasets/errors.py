"""The one error of bad input, shared by every room above this floor.

    ValueError
    └── InputError      what a user (or a file, a recipe, a request) gave is wrong

The message is one line a person can act on: what is wrong, and how to mend it. The command line
prints it without a stack trace; a server turns it into a 4xx.
"""


class InputError(ValueError):
    """The user's input is at fault, not the program; the message names the mend."""
