"""Whatever happens, in whatever order: a watch neither misses nor lies."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from account import NAMES, QUIRKS, STEPS, Step, differences, play

steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, len(NAMES) * len(QUIRKS) - 1)))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(steps)
@example([("both", 0), ("advance", 3)])
@example([("both", 0), ("connect", 0)])
@example([("stop", 0), ("connect", 1), ("advance", 3), ("start", 0), ("advance", 4)])
def test_a_watch_neither_misses_nor_lies(story: list[Step]) -> None:
    assert differences(play(story)) == []
