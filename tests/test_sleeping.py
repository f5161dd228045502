"""Sleeps in simulated time: they overlap, and whatever comes due meanwhile is seen at its time."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime

import pytest

import winras
from background import Background
from winras import EventKind, _native, aio
from winras.testing import Simulator

BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
MANY = 50


def seconds(event: winras.Event) -> float:
    """When it was, on the simulated clock."""
    return (event.at - BEGUN).total_seconds()


@pytest.fixture
def auto() -> Simulator:
    """A simulated RAS, not begun yet, whose clock moves while this thread waits."""
    return Simulator(clock="auto")


# ---- tasks ----


async def tell(events: aio.AsyncWatch) -> list[tuple[float, str, bool]]:
    return [(seconds(event), event.kind.name, event.missed) async for event in events]


@pytest.mark.parametrize("name", ["advance", "sleep"])
def test_a_watch_sees_what_is_planned_during_a_sleep_at_its_time(
    auto: Simulator, name: str
) -> None:
    async def main() -> list[tuple[float, str, bool]]:
        async with auto as ras:
            ras.add_entry("A")
            ras.connect("A", at=10.0)
            ras.drop("A", at=20.0)
            watching = asyncio.create_task(tell(aio.watch(timeout=50.0)))
            await getattr(ras.aio, name)(60.0)
            assert ras.now == 60.0
            return await watching

    assert asyncio.run(main()) == [(10.0, "connected", False), (20.0, "disconnected", False)]


@pytest.mark.parametrize("name", ["advance", "sleep"])
def test_sleeps_overlap(auto: Simulator, name: str) -> None:
    async def main() -> None:
        async with auto as ras:
            sleep = getattr(ras.aio, name)
            await asyncio.gather(sleep(10.0), sleep(10.0), sleep(7.0))
            assert ras.now == 10.0

    asyncio.run(main())


def test_tasks_that_sleep_and_watch_keep_exact_times() -> None:
    async def sample(ras: Simulator, every: float, until: float) -> list[float]:
        at = []
        while ras.clock() < until:
            await ras.aio.sleep(every)
            at.append(ras.clock())
        return at

    async def main() -> None:
        async with Simulator(clock="auto") as ras:
            ras.add_entry("A", hang_up_seconds=3.0)
            ras.connect("A", at=25.0)
            told, slow, fast = await asyncio.gather(
                tell(aio.watch(timeout=100.0)),
                sample(ras, 10.0, 100.0),
                hang_up_when_up(ras),
            )
            assert told == [(25.0, "connected", False), (26.0, "disconnected", False)]
            assert slow == [10.0 * n for n in range(1, 11)]
            assert fast == 29.0

    async def hang_up_when_up(ras: Simulator) -> float:
        office = await aio.wait_for("A")
        # Not at the moment at which it came up: the order within one moment is not promised.
        await ras.aio.sleep(1.0)
        assert await aio.hang_up(office) is True
        return ras.clock()

    for _ in range(MANY):
        asyncio.run(main())
    assert _native.lib.winras_operations() == 0


def test_a_task_that_is_cancelled_sleeps_no_longer(auto: Simulator) -> None:
    async def main() -> None:
        async with auto as ras:
            for _ in range(MANY):
                begun = ras.clock()
                sleeping = asyncio.create_task(ras.aio.sleep(60.0))
                other = asyncio.create_task(ras.aio.sleep(20.0))
                await ras.aio.sleep(5.0)
                sleeping.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await sleeping
                assert ras.clock() == begun + 5.0
                await other
                assert ras.clock() == begun + 20.0

    asyncio.run(main())
    assert _native.lib.winras_operations() == 0


def test_a_sleep_that_a_task_begins_when_it_is_woken_counts_from_then(auto: Simulator) -> None:
    async def chain(ras: Simulator, steps: list[float]) -> float:
        for step in steps:
            await ras.aio.sleep(step)
            await asyncio.sleep(0)
        return ras.clock()

    async def main() -> list[float]:
        async with auto as ras:
            return await asyncio.gather(
                chain(ras, [0.1] * 30), chain(ras, [0.3] * 10), chain(ras, [0.0, 0.7] * 4)
            )

    assert asyncio.run(main()) == [3.0, 3.0, 2.8]


# ---- threads ----


def test_the_thread_that_entered_sleeps_exactly_so_long(auto: Simulator) -> None:
    with auto as ras:
        ras.add_entry("A", hang_up_seconds=3.0)
        ras.connect("A", at=10.0)
        ras.drop("A", at=20.0)
        with winras.watch() as events:
            first = Background(lambda: next(events))
            ras.wait_blocked()
            ras.sleep(60.0)
            assert (first.result().kind, seconds(first.result())) == (EventKind.connected, 10.0)
        assert (ras.now, ras.clock()) == (60.0, 60.0)
        ras.advance(0.5)
        assert ras.clock() == 60.5


def test_other_threads_sleep_at_least_so_long(auto: Simulator) -> None:
    def sleep(ras: Simulator) -> float:
        begun = ras.clock()
        for _ in range(3):
            ras.sleep(10.0)
        return ras.clock() - begun

    with auto as ras:
        calls = [Background(lambda: sleep(ras)) for _ in range(3)]
        while any(call.running for call in calls):
            ras.sleep(1.0)
        assert all(call.result() >= 30.0 for call in calls)


def test_the_rest_of_a_time_is_never_nothing(auto: Simulator) -> None:
    with auto as ras:
        end = ras.clock() + 0.1 + 1e-9
        while ras.clock() < end:
            ras.sleep(end - ras.clock())
        assert ras.clock() == 0.100001
        ras.sleep(0)
        assert ras.clock() == 0.100001


def test_a_sleep_calls_nothing_of_ras(auto: Simulator) -> None:
    with auto as ras:
        ras.sleep(3600.0)
        assert list(ras.calls) == []


# ---- other clocks ----


def test_on_the_manual_clock_a_sleep_waits_for_advance(ras: Simulator) -> None:
    call = Background(lambda: ras.sleep(10.0))
    ras.wait_blocked()
    ras.advance(9.9)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.1)
    call.result()
    assert ras.now == 10.0


def test_on_the_manual_clock_nobody_sleeps_who_would_have_to_advance(ras: Simulator) -> None:
    with pytest.raises(RuntimeError, match=r"call advance\(\)"):
        ras.sleep(10.0)
    assert ras.now == 0.0


def test_a_task_sleeps_on_the_manual_clock(ras: Simulator) -> None:
    async def main() -> None:
        sleeping = asyncio.create_task(ras.aio.sleep(10.0))
        await ras.aio.wait_blocked()
        await ras.aio.advance(9.5)
        await ras.aio.wait_blocked()
        assert not sleeping.done()
        await ras.aio.advance(0.5)
        await sleeping
        assert ras.now == 10.0

    asyncio.run(main())


@pytest.mark.parametrize("factor", [1.0, 20.0])
def test_on_a_clock_that_runs_a_sleep_takes_its_time(factor: float) -> None:
    with Simulator(clock="real" if factor == 1.0 else factor) as ras:
        begun = time.perf_counter()
        ras.sleep(0.2 * factor)
        asyncio.run(ras.aio.sleep(0.2 * factor))
        assert ras.clock() >= 0.4 * factor
        assert time.perf_counter() - begun >= 0.399  # the last digit of either clock may differ


# ---- what ends it, and what it refuses ----


def test_the_end_of_the_simulator_ends_a_sleep() -> None:
    with Simulator(clock="manual") as ras:
        call = Background(lambda: ras.sleep(10.0))
        ras.wait_blocked()
    with pytest.raises(RuntimeError, match="Simulator has ended"):
        call.result()
    with pytest.raises(RuntimeError, match="not active"):
        ras.sleep(1.0)
    assert _native.lib.winras_operations() == 0


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_sleep_has_an_end(auto: Simulator, wrong: float) -> None:
    with auto as ras:
        ras.sleep(1.0)
        for sleep in (ras.sleep, ras.advance):
            with pytest.raises(ValueError):
                sleep(wrong)
        with pytest.raises(ValueError):
            asyncio.run(ras.aio.sleep(wrong))
        with pytest.raises(TypeError):
            ras.sleep("1")  # type: ignore[arg-type]
        assert ras.now == 1.0
