"""What a watch concludes from signals that come early, late, repeated or merged."""

from __future__ import annotations

import pytest

from winras._native import ffi, lib

# Looks, each with the signals before it (C: connection, D: disconnection), whether it is a check,
# and "!" if it sees a difference.
CHECK = "check"


def conclude(*looks: str) -> list[int]:
    """The numbers of the looks at which something is told as missed."""
    unexplained = ffi.new("winras_unexplained *", {"checks": 2})
    told = []
    for number, look in enumerate(looks):
        reasons = ffi.new(
            "winras_reasons *",
            {
                "connection": "C" in look,
                "disconnection": "D" in look,
                "any": "C" in look or "D" in look,
                "check": CHECK in look,
            },
        )
        if lib.winras_explain(unexplained, reasons, "!" in look):
            told.append(number)
    return told


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        (["CD", CHECK, CHECK, CHECK], [2]),
        (["C", "D", CHECK, CHECK], [3]),
        (["D", "C", CHECK, CHECK], [3]),
        (["C", CHECK, "D", CHECK, CHECK], [4]),
        (["CD check", CHECK, CHECK], [1]),
        (["C", "D", "D", CHECK, "CD", CHECK, CHECK], [5]),
        (["C", "D", CHECK, CHECK, "CD", CHECK, CHECK], [3, 6]),
    ],
)
def test_a_pair_is_missed_at_the_second_check_and_once(looks: list[str], told: list[int]) -> None:
    assert conclude(*looks) == told


@pytest.mark.parametrize(
    "looks",
    [
        ["C!", "D!", CHECK, CHECK, CHECK],
        ["C", "D!", "check !", CHECK, CHECK, CHECK],  # early
        ["check !", "C", "D!", CHECK, CHECK, CHECK],  # late
        ["check !", "check !", "CD check", CHECK, CHECK],  # late, and looked at later still
        ["CD", CHECK, "check !", CHECK, CHECK],
        ["C!", "C", "D", CHECK, CHECK, CHECK],  # repeated
        ["C", "C", CHECK, CHECK, CHECK],
        ["D", CHECK, CHECK, CHECK],
    ],
)
def test_nothing_is_missed_where_a_difference_explains_the_signals(looks: list[str]) -> None:
    assert conclude(*looks) == []


def test_signals_count_again_after_the_second_check_after_a_difference() -> None:
    assert conclude("C!", CHECK, "CD", CHECK, CHECK, CHECK) == []
    assert conclude("C!", CHECK, CHECK, "CD", CHECK, CHECK) == [5]
    assert conclude("check !", CHECK, "CD", CHECK, CHECK) == [4]


def test_what_is_up_at_the_start_is_a_difference() -> None:
    assert conclude("check !", "C", "D", CHECK, CHECK) == []
    assert conclude(CHECK, "C", "D", CHECK, CHECK) == [4]
