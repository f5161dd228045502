"""What a process takes that imports winras, and one that lists connections.

Whole processes, by turns, in CPU time: other programs would interrupt the longer one more often.
The floor is a Python that does nothing.

    python benchmarks/start.py [--short]
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from turns import Figure, Turn, figure, in_turns, main

IMPORT = "import winras"
NEEDED = "import _cffi_backend, enum, dataclasses"
SCENARIO = Path(__file__).resolve().parents[1] / "examples" / "office.toml"
# Where there is no RAS, `winras list` says so.
ENDS = (0, 5)


def process(*arguments: str) -> Turn:
    """Make the turn of a process of this Python."""

    def turn(times: int) -> float:
        begun = cpu_of_children()
        for _ in repeat(None, times):
            done = subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
            assert done.returncode in ENDS, done.stderr
        return cpu_of_children() - begun

    return turn


def cpu_of_children() -> float:
    """The CPU time of all processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(is_short: bool) -> Iterator[Figure]:
    """All of it."""
    seconds = 1.0 if is_short else 20.0
    command = str(Path(sys.executable).with_name("winras"))
    nothing, needed, imports = (process("-c", code) for code in ("pass", NEEDED, IMPORT))
    for name, ours, peer, theirs, goal in (
        (IMPORT, imports, NEEDED, needed, 1.5),
        ("winras list", process(command, "list"), IMPORT, imports, 2.0),
        (
            "winras --simulate office.toml list",
            process(command, "--simulate", str(SCENARIO), "list"),
            IMPORT,
            imports,
            None,
        ),
    ):
        peers = {peer: theirs, "nothing": nothing}
        measured = in_turns(ours, peers, seconds=seconds, times=1)
        yield figure(name, peer, measured[peer], goal=goal, floor=measured["nothing"].theirs)


if __name__ == "__main__":
    main(__doc__, measure)
