"""Replay: what an environment makes of a seed, as a hash; also as a process of its own.

python -m assay_envs.audit.replay      {"env", "asked": [[level, seed] …]} on stdin, hashes out
"""

from __future__ import annotations

import json
import sys
from itertools import islice

from assay_datasets import InputError, content_hash, derive_random
from assay_envs.environment import Environment

_MANY = 20


def digest(env: Environment, level: int, seed: int) -> str:
    """A hash of the task and of all that the environment says about it."""
    task = env.generate(seed, level)
    said = [task.to_json(), env.render(task), env.svg(task)]
    said += [list(islice(each, _MANY)) for each in (env.near_misses(task), env.trivial(task))]
    try:
        said += [env.oracle(task), env.solution(task), list(islice(env.equivalents(task), _MANY))]
        said.append(env.guess(task, derive_random("replay", seed)))
    except InputError as error:  # data without correct responses
        said.append(str(error))
    return content_hash(said)


def main() -> None:
    from assay_envs.registry import make

    request = json.load(sys.stdin)
    env = make(request["env"])
    json.dump([digest(env, level, seed) for level, seed in request["asked"]], sys.stdout)


if __name__ == "__main__":
    main()
