"""How figures are measured, and when a benchmark fails. Which figures come out is no test."""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import turns
from turns import Figure, Ratio

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"


def test_each_takes_its_turn_in_each_round_and_nobody_always_comes_first() -> None:
    taken: list[tuple[str, int]] = []

    def turn(name: str, seconds: float) -> turns.Turn:
        def take(times: int) -> float:
            taken.append((name, times))
            return seconds * times

        return take

    others = {"twice": turn("twice", 2.0), "half": turn("half", 0.5)}
    measured = turns.in_turns(turn("ours", 1.0), others, seconds=0.0, times=3)
    assert measured == {"twice": Ratio(0.5, 0.5, 0.5, 1.0, 2.0), "half": Ratio(2, 2, 2, 1.0, 0.5)}
    there = [("ours", 3), ("twice", 3), ("half", 3)]
    assert taken == [*there, *there[::-1]] * (turns.FEWEST_ROUNDS // 2) + there


def test_a_ratio_is_the_median_of_those_of_the_rounds() -> None:
    # In the second round something else kept the machine busy, in the third it kept only ours.
    assert turns.compare([1.0, 10.0, 9.0], [2.0, 20.0, 2.0]).ratio == 0.5


def test_what_comes_before_each_call_is_not_timed() -> None:
    done: list[str] = []

    def turn(times: int) -> float:
        done.append("called")
        return 2.0 * times

    assert turns.after(lambda: done.append("before"), turn)(3) == 6.0
    assert done == ["before", "called"] * 3


@pytest.mark.parametrize(("calls", "code"), [(2.0, 0), (3.0, 1)])
def test_a_benchmark_fails_beyond_a_limit_and_prints_all_figures(
    calls: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(is_short: bool) -> Iterator[Figure]:
        assert is_short
        yield Figure(figure="calls", ours=calls, limit=2.0, goal=1.0)
        yield Figure(figure="far from its goal", ratio=9.0, ours=1.0, goal=1.0)

    monkeypatch.setattr(sys, "argv", ["benchmark", "--short"])
    with pytest.raises(SystemExit) as ended:
        turns.main("", measure)
    assert int(ended.value.code or 0) == code
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [figure["figure"] for figure in printed] == ["calls", "far from its goal"]


def test_the_one_command_runs_each_benchmark() -> None:
    command = (ROOT / "benchmarks" / "__main__.py").read_text("utf-8")
    uses = re.compile(r"^(import turns|from turns import .*main)", re.MULTILINE)
    files = (ROOT / "benchmarks").glob("*.py")
    measuring = [path.name for path in files if uses.search(path.read_text("utf-8"))]
    assert len(measuring) > 3
    for name in measuring:
        assert f'"{name}"' in command, f"python benchmarks does not run {name}"


@pytest.mark.skipif(sys.platform == "win32", reason="made on Linux")
def test_the_page_says_which_benchmarks_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they have not measured is missing in its table and in its count of goals."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    command = runpy.run_path(str(ROOT / "benchmarks" / "__main__.py"), run_name="benchmarks")
    monkeypatch.setitem(command["page"].__globals__, "machine", list)  # needs what tests lack
    run = command["Run"]()
    run.run("calls.py, here", [sys.executable, "-c", "raise SystemExit(1)"], dict(os.environ))
    assert "calls.py, here" in command["page"](run, datetime.now(UTC), 0.0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="made on Linux")
def test_the_page_has_a_place_for_what_each_command_measures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    command = runpy.run_path(str(ROOT / "benchmarks" / "__main__.py"), run_name="benchmarks")
    copy = tmp_path / "performance.md"
    copy.write_text(PAGE.read_text("utf-8"), encoding="utf-8")
    monkeypatch.setitem(command["write_page"].__globals__, "PAGE", copy)
    for text, of in (("of all", "COMMAND"), ("of the fleet", "FLEET_COMMAND")):
        command["write_page"](f"measured {text}", command[of])
    written = copy.read_text("utf-8")
    assert "measured of all" in written
    assert "measured of the fleet" in written
    assert "## Why some goals are not reached" in written


def test_the_page_says_why_a_goal_is_not_reached() -> None:
    table, _, why = PAGE.read_text("utf-8").partition("## Why some goals are not reached")
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    for row in rows:
        figure = row.split(" | ")[0].strip("|` ")
        assert "**" not in row or figure in why, f"{PAGE.name} does not say why: {figure}"
    assert not re.search(r"\bTODO\b", why)
