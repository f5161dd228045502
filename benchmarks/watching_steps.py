"""Random stories of connections, links, quirks, faults, restarts and consumers, told by watches.

After each step, the events of each watch are compared with what happened (tests/account.py). The
command prints each lie and each omission of a watch, and how many steps and events there were; it
exits with 1 if a watch made a mistake.

    python benchmarks/watching_steps.py [STEPS [SEED]]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from story import STEPS, Story

LENGTH = 250
PLAIN = {
    "connect": 20,
    "drop": 20,
    "both": 5,
    "two": 3,
    "swap": 5,
    "add_link": 8,
    "remove_link": 8,
    "substate": 8,
    "advance": 40,
    "watch": 3,
    "close": 1,
    "leave": 1,
    "hold": 3,
    "release": 9,
}
ROUGH = {**PLAIN, "quirk": 2, "fault": 3, "stop": 2, "start": 6}
# Differences are seldom, so that signals of what came and went unseen are alone.
LONELY = {
    "connect": 2,
    "drop": 2,
    "both": 10,
    "quirk": 1,
    "advance": 40,
    "watch": 3,
    "close": 1,
    "hold": 1,
    "release": 6,
}


def main() -> int:
    """The command."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.perf_counter()
    events = wrong = 0
    for number in range(total // LENGTH):
        # Each story has its own random numbers, so that it can be played again alone.
        chance = random.Random(f"{seed} {number}")  # noqa: S311  a story, no secret
        weights = (PLAIN, ROUGH, LONELY)[number % 3]
        kinds = chance.choices(STEPS, [weights.get(step, 0) for step in STEPS], k=LENGTH)
        with Story() as story:
            for kind in kinds:
                story.do(kind, chance.randrange(60))
            story.rest()
        events += story.told
        for mistake in story.mistakes:
            wrong += 1
            print(f"story {number} of seed {seed}: {mistake}")
    took = time.perf_counter() - begun
    print(f"{total} steps, {events} events, {wrong} mistakes, {took:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
