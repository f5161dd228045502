"""Measures things in turns in one process, and prints each figure as a line of JSON.

A machine is never at rest, so only what was measured next to each other compares: a round lets each
take its turn, a ratio is taken in each round, and a figure is the median of these ratios with their
quartiles.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import repeat

#: Does its work so many times, and returns how many seconds that took.
Turn = Callable[[int], float]

SYSTEM = "Windows CPython" if sys.platform == "win32" else "Linux"

TURN_SECONDS = 0.0005
FEWEST_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of the ratios of all rounds and their quartiles; the medians, in seconds."""

    ratio: float
    low: float
    high: float
    ours: float
    theirs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the report. What has no peer has no ratio; its goal and limit are for *ours*."""

    figure: str
    peer: str = ""
    connections: int | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    ours: float
    theirs: float | None = None
    unit: str = "us"
    goal: float | None = None
    #: What the simulated RAS itself takes of both, in the unit.
    floor: float | None = None
    #: Beyond it the benchmark fails; of growth and of counted calls only, which no load changes.
    limit: float | None = None
    system: str = SYSTEM

    @property
    def value(self) -> float:
        """What goal and limit are about."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def is_beyond(self) -> bool:
        """Whether the limit is exceeded."""
        return self.limit is not None and self.value > self.limit


def repeated(function: Callable[[], object]) -> Turn:
    """Make a turn of a function: the clock is read before the first call and after the last."""

    def turn(times: int) -> float:
        begun = time.perf_counter()
        for _ in repeat(None, times):
            function()
        return time.perf_counter() - begun

    return turn


def after(before: Callable[[], object], turn: Turn) -> Turn:
    """Let each time of a turn come after something that is not timed."""

    def turn_after(times: int) -> float:
        took = 0.0
        for _ in repeat(None, times):
            before()
            took += turn(1)
        return took

    return turn_after


def in_turns(
    ours: Turn, theirs: Mapping[str, Turn], *, seconds: float = 1.0, times: int = 0
) -> dict[str, Ratio]:
    """Measure ours against each of the others.

    Args:
        ours: What the ratios are of.
        theirs: The others, by name.
        seconds: For how long, about; but for 7 rounds at least.
        times: How often each does its work in a turn; 0: as fits into half a millisecond.
    """
    turns = {"": ours, **theirs}
    often = {name: times or _times(turn) for name, turn in turns.items()}
    took: dict[str, list[float]] = {name: [] for name in turns}
    order = list(turns)
    end = time.perf_counter() + seconds
    while len(took[""]) < FEWEST_ROUNDS or time.perf_counter() < end:
        for name in order:
            took[name].append(turns[name](often[name]) / often[name])
        order.reverse()  # nobody always comes after the same
    return {name: compare(took[""], took[name]) for name in theirs}


def _times(turn: Turn) -> int:
    turn(1)  # the first call is never like the others
    once = max(min(turn(1), turn(1)), 1e-7)
    return max(round(TURN_SECONDS / once), 1)


def compare(ours: Iterable[float], theirs: Iterable[float]) -> Ratio:
    """Compare what was measured in seconds, round by round, two rounds at least."""
    pairs = list(zip(ours, theirs, strict=True))
    low, ratio, high = statistics.quantiles((mine / other for mine, other in pairs), n=4)
    mine, other = map(statistics.median, zip(*pairs, strict=True))
    return Ratio(ratio, low, high, mine, other)


def figure(
    name: str,
    peer: str,
    measured: Ratio,
    *,
    connections: int | None = None,
    goal: float | None = None,
    floor: float | None = None,
    limit: float | None = None,
) -> Figure:
    """Make a line of the report of a ratio; *floor* is in seconds."""
    return Figure(
        figure=name,
        peer=peer,
        connections=connections,
        ratio=round(measured.ratio, 3),
        low=round(measured.low, 3),
        high=round(measured.high, 3),
        ours=round(measured.ours * 1e6, 3),
        theirs=round(measured.theirs * 1e6, 3),
        goal=goal,
        floor=None if floor is None else round(floor * 1e6, 3),
        limit=limit,
    )


def main(description: str | None, measure: Callable[[bool], Iterable[Figure]]) -> None:
    """Run a benchmark file as a command: print its figures as they come, and exit.

    The exit code is 1 if one is beyond its limit.

    Args:
        description: The docstring of the file.
        measure: Gives the figures; its argument says whether it is to be short.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="fewer and shorter, as CI needs it")
    is_short = parser.parse_args().short
    failed = False
    for one in measure(is_short):
        print(json.dumps(asdict(one)), flush=True)
        failed |= one.is_beyond
    sys.exit(failed)
