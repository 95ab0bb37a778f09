"""Assay's rewards inside other people's trainers: one module each, one line for the user.

    trl.py      a reward function for TRL's GRPOTrainer (and RLOO …)
    verl.py     verl's compute_score
    prime.py    a taskset and environment for PrimeIntellect's verifiers, and so for prime-rl
    openenv.py  an OpenEnv server over any environment of Assay

Each judges in its own process, or on a server where it is given a ``url``: the same call. An
undecided verdict (a sandbox was lost, a gold cannot be read) is asked once more; what is then still
undecided is never a silent 0:

    trl       None: the completion leaves its group's statistics, and its advantage is 0
    verl      an error, or with ``undecided="mark"`` score 0 with ``undecided`` 1 in the metrics
    prime     the episode ends in an error, which the trainer drops or repeats
    openenv   ``reward`` null and ``info.undecided`` true, with ``done``

None of them imports the trainer's heavy parts; ``prime.py`` and ``openenv.py`` import those two
packages, as what they make are subclasses.
"""
