"""Random stories of connects, drops, quirks and restarts of the service, told by a watch.

Each story is held against what happened (tests/account.py); prints how many steps there were and
every difference. Ends with 1 if there is one.

    python benchmarks/watching_steps.py [STEPS [SEED]]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from account import STEPS, differences, play

LENGTH = 500
# Every second story is without what makes it impossible to claim that nothing was missed.
PLAIN = {"connect": 20, "drop": 20, "both": 5, "advance": 30}
ROUGH = {**PLAIN, "quirk": 1, "stop": 1, "start": 3, "burst": 5}


def main() -> int:
    """The command."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance = random.Random(seed)  # noqa: S311  a story, no secret
    begun = time.perf_counter()
    events = wrong = 0
    for number in range(total // LENGTH):
        weights = (PLAIN, ROUGH)[number % 2]
        kinds = chance.choices(STEPS, [weights.get(step, 0) for step in STEPS], k=LENGTH)
        story = [(kind, chance.randrange(15)) for kind in kinds]
        account = play(story)
        events += len(account.events)
        for difference in differences(account):
            wrong += 1
            print(f"story {number} of seed {seed}: {difference}")
    took = time.perf_counter() - begun
    print(f"{total} steps, {events} events, {wrong} differences, {took:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
