"""What a watch concludes from signals, where threads or RAS swap, delay or fold them."""

from __future__ import annotations

import pytest

from winras._operations import Reasons
from winras._watching import _Signals

# Looks, each with the signals before it (C: connection, D: end; "check": it is the periodic one),
# and how many came and went since the last.
Look = tuple[str, int, int]
CHECK: Look = ("check", 0, 0)


def conclude(*looks: Look, up: int = 0) -> list[int]:
    """At which looks it is told that something was missed."""
    signals = _Signals()
    signals.begin(up)
    told = []
    for number, (reasons, new, gone) in enumerate(looks):
        found = Reasons(
            connection="C" in reasons,
            disconnection="D" in reasons,
            any=reasons != "check",
            check="check" in reasons,
        )
        if signals.look(found, new=new, gone=gone):
            told.append(number)
    return told


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([("CD", 0, 0), CHECK, CHECK, CHECK], [2]),
        ([("C", 0, 0), ("D", 0, 0), CHECK, CHECK], [3]),
        ([("D", 0, 0), ("C", 0, 0), CHECK, CHECK], [3]),
        ([("CD check", 0, 0), CHECK, CHECK], [1]),
    ],
)
def test_a_pair_is_missed_after_a_whole_period_and_once(looks: list[Look], told: list[int]) -> None:
    assert conclude(*looks) == told


@pytest.mark.parametrize(
    "looks",
    [
        [("C", 1, 0), ("D", 0, 1), CHECK, CHECK],
        [("C", 0, 0), ("D", 0, 1), ("check", 1, 0), CHECK, CHECK],  # early
        [("check", 1, 0), ("C", 0, 0), ("D", 0, 1), CHECK, CHECK],  # late
        [("C", 2, 0), CHECK, ("C", 1, 0), CHECK, CHECK],  # folded
        [("C", 3, 0), CHECK, ("D check", 1, 1), ("C", 0, 0), CHECK, CHECK],  # late for a check
        [("C", 2, 0), CHECK, ("", 1, 1), ("D check", 0, 0), ("C", 0, 0), CHECK, CHECK],
    ],
)
def test_signals_that_are_explained_are_of_nothing_missed(looks: list[Look]) -> None:
    assert conclude(*looks) == []


def test_signals_that_folded_do_not_hide_a_pair_unless_an_end_could_explain_it() -> None:
    assert conclude(CHECK, CHECK, ("C", 2, 0), ("CD", 0, 0), CHECK, CHECK) == [5]
    assert conclude(CHECK, CHECK, ("C", 2, 0), ("C", 0, 0), ("D", 0, 0), CHECK, CHECK) == [6]
    assert conclude(("D", 0, 1), ("C", 2, 0), ("CD", 0, 0), CHECK, CHECK) == []


def test_signals_of_what_was_up_at_the_start_may_still_come() -> None:
    assert conclude(("C", 0, 0), ("D", 0, 1), CHECK, CHECK, up=1) == []
    assert conclude(("C", 0, 0), ("D", 0, 0), CHECK, CHECK, up=0) == [3]
