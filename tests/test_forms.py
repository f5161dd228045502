"""The forms of the simulator: decorator, async with, and the pytest fixture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import winras
from winras import aio
from winras.testing import SimulationError, Simulator

pytest_plugins = ["pytester"]

SCENARIO = '[[entry]]\nname = "Office VPN"\nconnected = true\nhang_up_seconds = 3600\n'

# ---- decorator ----


def test_a_decorated_function_runs_in_a_fresh_simulator_each_time() -> None:
    @Simulator(clock="auto")
    def hang_up(name: str, ras: Simulator) -> float:
        ras.add_entry(name, hang_up_seconds=30.0)
        ras.connect(name)
        assert winras.get_connection(name).hang_up(timeout=60.0)
        return ras.now

    assert hang_up("A") == 30.0
    assert hang_up("A") == 30.0
    assert winras._native.service() == 0


def test_a_decorated_function_need_not_take_it() -> None:
    @Simulator()
    def count(least: int = 0) -> int:
        """Counts."""
        return least + len(winras.connections())

    assert count() == 0
    assert count(least=1) == 1
    assert count.__doc__ == "Counts."
    assert count.__name__ == "count"


def test_a_decorated_coroutine() -> None:
    @Simulator(clock="auto")
    async def hang_up(ras: Simulator) -> float:
        ras.add_entry("A", hang_up_seconds=30.0)
        ras.connect("A")
        await aio.hang_up(await aio.get_connection("A"), timeout=60.0)
        return ras.now

    assert asyncio.run(hang_up()) == 30.0


def test_what_a_decorated_function_leaves_is_an_error() -> None:
    @Simulator()
    def leave(ras: Simulator) -> None:
        ras.fail("RasHangUp", 753)

    with pytest.raises(SimulationError, match="RasHangUp"):
        leave()


@Simulator(clock="manual")
def test_pytest_does_not_take_its_argument_for_a_fixture(tmp_path: Path, ras: Simulator) -> None:
    assert ras.now == 0.0
    assert tmp_path.exists()


def test_its_argument_may_stand_anywhere() -> None:
    @Simulator()
    def first(ras: Simulator, name: str, *, more: int = 0) -> str:
        return f"{name}{ras.now:.0f}{more}"

    assert first("A", more=2) == "A02"
    with pytest.raises(TypeError):
        first()


def test_what_would_run_outside_of_the_block_is_refused() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def async_generator() -> AsyncIterator[int]:
        yield 1

    class Tests:
        pass

    for wrong in (generator, async_generator, Tests):
        with pytest.raises(TypeError):
            Simulator()(wrong)  # type: ignore[type-var]


# ---- async with ----


def test_async_with_is_the_same_block() -> None:
    async def main() -> None:
        async with Simulator() as ras:
            ras.fail("RasHangUp", 753)

    with pytest.raises(SimulationError):
        asyncio.run(main())
    assert winras._native.service() == 0


# ---- fixture ----


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".toml", office=SCENARIO)
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    return pytester


def test_the_fixture_is_there_without_anything(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        import winras

        def test_hang_up(ras):
            ras.add_entry("A", hang_up_seconds=3600.0)
            ras.connect("A")
            assert winras.get_connection("A").hang_up(timeout=7200.0)
            ras.assert_gone("A")

        def test_each_test_has_its_own(ras):
            assert winras.connections() == []
        """
    )
    run.runpytest_subprocess().assert_outcomes(passed=2)


def test_the_marker_gives_it_its_arguments(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        import pytest, winras

        pytestmark = pytest.mark.ras(scenario="office.toml")

        def test_scenario(ras):
            assert [c.name for c in winras.connections()] == ["Office VPN"]
            winras.get_connection("Office VPN").hang_up(timeout=7200.0)

        @pytest.mark.ras(clock="manual", allow_unmet=True, scenario=None)
        def test_the_nearest_marker_counts(ras):
            ras.advance(5.0)
            ras.fail("RasHangUp", 753)
            assert winras.connections() == []

        @pytest.mark.ras("manual")
        def test_positional(ras):
            pass

        @pytest.mark.ras(scenario="nowhere.toml")
        def test_missing(ras):
            pass
        """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*TypeError: the marker ras takes keyword arguments only*"])


def test_what_is_left_is_an_error_but_not_after_a_failure(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        def test_passes(ras):
            ras.fail("RasHangUp", 753)

        def test_fails(ras):
            ras.fail("RasHangUp", 753)
            assert False
        """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*SimulationError: RasHangUp was to fail 1 more time*"])


def test_a_marker_that_would_do_nothing_is_refused(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        import pytest

        @pytest.mark.ras(clock="manual")
        def test_it(other):
            raise LookupError

        @pytest.fixture
        def other():
            raise LookupError

        def test_another():
            pass
        """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_it has the marker ras but not the fixture*"])
    result.stdout.no_fnmatch_line("*LookupError*")


def test_the_nearer_marker_adds_to_the_farther(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        import pytest

        @pytest.mark.ras(clock="manual", allow_unmet=True)
        class TestBoth:
            @pytest.mark.ras(clock=50)
            def test_it(self, ras):
                ras.fail("RasHangUp", 753)
        """
    )
    run.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_marker_is_described(run: pytest.Pytester) -> None:
    run.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.ras(clock='auto'*"])
