"""The asyncio twins: the same answers, and cancellation that is prompt and clean."""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import random
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import winras
from background import Background
from patience import HANG
from winras import Entry, EventKind, Keeper, KeepPolicy, Phonebook, _keeping, _native, aio
from winras.testing import Simulator


def up(ras: Simulator, name: str = "A", *, seconds: float = 0.8) -> winras.Connection:
    ras.add_entry(name, hang_up_seconds=seconds, sub_entries=2)
    ras.connect(name)
    return winras.get_connection(name)


async def blocked(ras: Simulator, count: int = 1) -> None:
    await asyncio.to_thread(ras.wait_blocked, count)


def threads() -> list[threading.Thread]:
    """Those of winras.aio."""
    return [thread for thread in threading.enumerate() if thread.name == "winras"]


def finish_threads() -> None:
    """Let the threads of winras.aio end, with the event loop standing still."""
    for thread in threads():
        thread.join(HANG)
        assert not thread.is_alive()


def clean() -> bool:
    """No thread and no operation is left."""
    finish_threads()
    return _native.lib.winras_operations() == 0


def test_the_quick_ones_answer_as_their_methods_do(ras: Simulator) -> None:
    a = up(ras)

    async def main() -> None:
        assert await aio.connections() == [a]
        assert await aio.snapshot() == [(a, a.status())]
        assert await aio.get_connection("a") == a
        assert await aio.status(a) == a.status()
        assert await aio.links(a) == a.links()
        with pytest.raises(winras.ConnectionNotFoundError):
            await aio.get_connection("B")

    asyncio.run(main())
    assert clean()


def test_traffic_is_counted_as_by_the_meter_of_threads(ras: Simulator) -> None:
    a = up(ras)

    async def main() -> None:
        meter = await aio.traffic_meter(a)
        ras.transfer("A", sent=1000)
        ras.advance(2.0)
        traffic = await meter.sample()
        assert (traffic.bytes_sent, traffic.sent_per_second) == (1000, 500.0)
        await aio.clear_statistics(a)
        ras.transfer("A", sent=10)
        first, second = await asyncio.gather(meter.sample(), meter.sample())
        assert first.bytes_sent == second.bytes_sent == 1010
        ras.drop("A")
        with pytest.raises(winras.NotConnectedError):
            await meter.sample()

    asyncio.run(main())
    assert clean()


def test_hang_up_and_wait_closed(ras: Simulator) -> None:
    a = up(ras)

    async def main() -> None:
        closed = asyncio.create_task(aio.wait_closed(a))
        gone = asyncio.create_task(aio.hang_up(a))
        await blocked(ras, 2)
        ras.advance(0.8)
        assert await gone is True
        assert await closed is None

    asyncio.run(main())
    assert clean()


def test_a_timeout_is_raised(ras: Simulator) -> None:
    a = up(ras, seconds=math.inf)

    async def main() -> None:
        with pytest.raises(winras.RasTimeoutError):
            await aio.hang_up(a, timeout=0)
        with pytest.raises(winras.RasTimeoutError):
            await aio.wait_closed(a, timeout=0)
        with pytest.raises(ValueError):
            await aio.hang_up(a, timeout=-1)

    asyncio.run(main())


def test_a_hundred_waits_at_once() -> None:
    with Simulator() as ras:
        connections = [up(ras, f"VPN {n}", seconds=0.2) for n in range(100)]

        async def main() -> None:
            assert all(await asyncio.gather(*(aio.hang_up(c) for c in connections)))

        asyncio.run(main())
        assert clean()


def test_a_watch_with_async_for(ras: Simulator) -> None:
    async def main() -> list[EventKind]:
        kinds = []
        async with aio.watch() as events:
            up(ras)
            ras.advance(0.0)
            async for event in events:
                kinds.append(event.kind)
                if event.kind is EventKind.connected:
                    ras.drop("A")
                else:
                    break
        return kinds

    assert asyncio.run(main()) == [EventKind.connected, EventKind.disconnected]
    assert clean()


def test_a_watch_ends_at_its_timeout(ras: Simulator) -> None:
    async def main() -> None:
        events = aio.watch(timeout=2.0)
        task = asyncio.create_task(anext(events, None))
        await blocked(ras)
        ras.advance(2.0)
        assert await task is None

    asyncio.run(main())
    assert clean()


def test_close_ends_a_watch_of_another_task(ras: Simulator) -> None:
    async def main() -> None:
        events = aio.watch()
        task = asyncio.create_task(anext(events, None))
        await blocked(ras)
        events.close()
        assert await task is None

    asyncio.run(main())
    assert clean()


@pytest.mark.parametrize("what", ["hang_up", "wait_closed", "watch"])
def test_cancellation_is_prompt_and_clean(ras: Simulator, what: str) -> None:
    a = up(ras, seconds=math.inf)

    async def watch() -> None:
        async for _ in aio.watch():
            pass

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "hang_up": lambda: aio.hang_up(a),
        "wait_closed": lambda: aio.wait_closed(a),
        "watch": watch,
    }

    async def main() -> None:
        task = asyncio.ensure_future(calls[what]())
        await blocked(ras)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())  # no time passes that could end it
    assert clean()
    assert _native.unfinished_hang_ups() == (1 if what == "hang_up" else 0)


def test_cancelling_before_the_thread_has_begun_is_clean(ras: Simulator) -> None:
    a = up(ras, seconds=math.inf)

    async def main() -> None:
        for _ in range(50):
            task = asyncio.create_task(aio.wait_closed(a))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert clean()


async def wait_for(events: aio.AsyncWatch) -> None:
    await asyncio.wait_for(anext(events), 0.02)


async def timeout(events: aio.AsyncWatch) -> None:
    async with asyncio.timeout(0.02):
        await anext(events)


async def cancel(events: aio.AsyncWatch) -> None:
    task = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.02)
    task.cancel()
    await task


GIVEN_UP = pytest.mark.parametrize("give_up", [wait_for, timeout, cancel])


@GIVEN_UP
def test_a_step_of_a_watch_that_is_given_up_ends_nothing(
    ras: Simulator, give_up: Callable[[aio.AsyncWatch], Awaitable[None]]
) -> None:
    async def main() -> list[EventKind]:
        kinds = []
        async with aio.watch() as events:
            for _ in range(3):
                with pytest.raises((TimeoutError, asyncio.CancelledError)):
                    await give_up(events)
                assert len(threads()) == 1
                assert _native.lib.sim_blocked() == 0
            up(ras)
            kinds.append((await anext(events)).kind)
            with pytest.raises((TimeoutError, asyncio.CancelledError)):
                await give_up(events)
            ras.drop("A")
            kinds.append((await anext(events)).kind)
        assert await anext(events, None) is None
        return kinds

    assert asyncio.run(main()) == [EventKind.connected, EventKind.disconnected]
    assert clean()
    assert ras.now == 0.0


def test_an_event_that_comes_as_its_step_is_cancelled_is_kept(ras: Simulator) -> None:
    async def main() -> None:
        async with aio.watch() as events:
            task = asyncio.ensure_future(anext(events))
            await ras.aio.wait_blocked()
            up(ras)
            ras.advance(0.0)  # the thread has told the event loop, which stands still
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await anext(events)).kind is EventKind.connected

    asyncio.run(main())
    assert clean()


def test_an_error_that_comes_as_its_step_is_cancelled_is_kept() -> None:
    async def main() -> None:
        with Simulator(clock="manual") as ras:
            events = aio.watch()
            task = asyncio.ensure_future(anext(events))
            await ras.aio.wait_blocked()
        finish_threads()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with events:
            with pytest.raises(RuntimeError, match="Simulator has ended"):
                await anext(events)

    asyncio.run(main())
    assert clean()


def test_one_task_at_a_time_iterates(ras: Simulator) -> None:
    async def main() -> None:
        async with aio.watch() as events:
            first = asyncio.ensure_future(anext(events))
            await ras.aio.wait_blocked()
            with pytest.raises(RuntimeError, match="another task is already waiting"):
                await anext(events)
            up(ras)
            assert (await first).kind is EventKind.connected

    asyncio.run(main())
    assert clean()


def test_steps_that_are_given_up_at_any_moment_lose_nothing(ras: Simulator) -> None:
    """The task that asks is cancelled a varying number of turns of the loop after an event."""
    names = [f"VPN {number}" for number in range(100)]

    async def main() -> list[str]:
        told = []
        async with aio.watch() as events:
            for number, name in enumerate(names):
                task = asyncio.ensure_future(anext(events))
                if number % 3:
                    await ras.aio.wait_blocked()
                up(ras, name)
                for _ in range(number % 7):
                    await asyncio.sleep(0)
                task.cancel()
                [outcome] = await asyncio.gather(task, return_exceptions=True)
                if isinstance(outcome, BaseException):
                    assert isinstance(outcome, asyncio.CancelledError)
                    outcome = await anext(events)
                assert outcome.connection is not None
                told.append(outcome.connection.name)
        return told

    assert asyncio.run(main()) == names
    assert clean()


def test_a_watch_whose_timeout_expires_between_two_steps_has_a_last_look(ras: Simulator) -> None:
    async def main() -> None:
        events = aio.watch(timeout=2.0)
        with pytest.raises(TimeoutError):
            await wait_for(events)
        up(ras)
        ras.advance(5.0)
        assert [event.kind async for event in events] == [EventKind.connected]

    asyncio.run(main())
    assert clean()


def test_a_loop_that_is_closed_under_a_watch_ends_it(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aio, "_LOOP_SLICE_MS", 10)
    loop = asyncio.new_event_loop()
    events = aio.watch()
    tasks = []

    async def main() -> None:
        tasks.append(asyncio.ensure_future(anext(events)))
        await ras.aio.wait_blocked()

    loop.run_until_complete(main())
    loop.close()
    finish_threads()
    assert clean()
    assert asyncio.run(anext_or_none(events)) is None


def count_calls(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the loop is told by other threads from now on."""
    told: list[object] = []
    call = loop.call_soon_threadsafe

    def tell(callback: Callable[..., object], *arguments: object) -> asyncio.Handle:
        told.append(callback)
        return call(callback, *arguments)

    monkeypatch.setattr(loop, "call_soon_threadsafe", tell)
    return told


def test_one_thread_waits_for_all_watches_and_tells_each_event_once(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 watches; one is not told, because it has not asked for such events."""

    async def main() -> None:
        up(ras, "B")  # so that the list never outgrows the buffer of the last one
        up(ras, "C")
        ras.drop("C")
        watches = [aio.watch() for _ in range(100)]
        other = aio.watch(kinds=[EventKind.dormant])
        tasks = [asyncio.ensure_future(anext(events)) for events in (*watches, other)]
        await ras.aio.wait_blocked(101)
        assert len(threads()) == 1
        looks = ras.calls("RasEnumConnections")
        told = count_calls(asyncio.get_running_loop(), monkeypatch)
        ras.add_entry("A")
        ras.connect("A")
        events = await asyncio.gather(*tasks[:100])
        assert [event.kind for event in events] == [EventKind.connected] * 100
        assert ras.calls("RasEnumConnections") == looks + 1
        assert len(told) == 100
        assert len(threads()) == 1
        for one in watches:
            one.close()
        assert not tasks[100].done()
        assert len(threads()) == 1
        other.close()
        with pytest.raises(StopAsyncIteration):
            await tasks[100]
        finish_threads()

    asyncio.run(main())
    assert clean()


def test_an_event_that_is_queued_needs_no_thread(ras: Simulator) -> None:
    async def main() -> None:
        up(ras)
        up(ras, "B")
        async with aio.watch(initial=True) as events:
            assert [(await anext(events)).connection, (await anext(events)).connection] == (
                winras.connections()
            )
            assert threads() == []

    asyncio.run(main())
    assert clean()


@pytest.mark.usefixtures("ras")
def test_the_thread_ends_with_a_watch_that_is_forgotten() -> None:
    async def main() -> None:
        events = aio.watch()
        with pytest.raises(TimeoutError):
            await wait_for(events)
        assert len(threads()) == 1

    asyncio.run(main())
    assert clean()


def test_a_thread_that_has_nothing_to_wait_for_hides_no_deadlock(ras: Simulator) -> None:
    """Nobody could move the clock."""
    a = up(ras)

    async def main() -> None:
        async with aio.watch() as events:
            with pytest.raises(TimeoutError):
                await wait_for(events)
            assert len(threads()) == 1
            with pytest.raises(RuntimeError, match="nothing can end this wait"):
                a.wait_closed()

    asyncio.run(main())
    assert clean()


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_ras_call_that_blocks_keeps_no_task_from_its_end(ras: Simulator, way: str) -> None:
    """The waiting thread is in that call; no time passes that would end it."""

    async def main() -> None:
        watches = [aio.watch() for _ in range(3)]
        tasks = [asyncio.ensure_future(anext(events, None)) for events in watches]
        await ras.aio.wait_blocked(3)
        ras.delay("RasEnumConnections", 25.0)
        before = ras.calls("RasEnumConnections")
        ras.add_entry("A")
        ras.connect("A")
        assert ras.calls("RasEnumConnections") > before
        for task, events in zip(tasks, watches, strict=True):
            if way == "cancel":
                task.cancel()
            else:
                events.close()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert len([one for one in outcomes if one is None]) == (3 if way == "close" else 0)
        assert ras.now == 0.0
        ras.delay("RasEnumConnections", 0.0)
        ras.advance(25.0)
        for events in watches:
            events.close()

    asyncio.run(main())
    assert clean()


class Impatient:
    """A consumer of a watch whose tasks are given up at any moment."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._events = aio.watch()
        self._task: asyncio.Future[None] | None = None

    async def _take(self) -> None:
        connection = (await anext(self._events)).connection
        assert connection is not None
        self.told.append(connection.name)

    def ask(self) -> None:
        """Begin a task in place of the last one."""
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.ensure_future(self._take())

    async def finish(self, count: int) -> None:
        """Take all that is left of so many events."""
        if self._task is not None:
            await asyncio.wait([self._task])
        while len(self.told) < count:
            await self._take()
        self._events.close()


def test_storms_of_cancellations_lose_nothing(ras: Simulator) -> None:
    """20 watches tell all 60 events."""
    chance = random.Random(1)  # noqa: S311  a story, no secret
    names = [f"VPN {number}" for number in range(60)]

    async def main() -> list[list[str]]:
        consumers = [Impatient() for _ in range(20)]
        for name in names:
            for consumer in chance.sample(consumers, 15):
                consumer.ask()
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.choice([0, 0, 0.001]))
            up(ras, name)
        for consumer in consumers:
            await consumer.finish(len(names))
        return [consumer.told for consumer in consumers]

    assert asyncio.run(main()) == [names] * 20
    assert clean()


def test_loops_in_several_threads_share_the_waiting_thread(ras: Simulator) -> None:
    async def main() -> list[EventKind]:
        async with aio.watch() as events:
            return [(await anext(events)).kind, (await anext(events)).kind]

    loops = [Background(lambda: asyncio.run(main())) for _ in range(3)]
    for change in (up, lambda ras: ras.drop("A")):
        ras.wait_blocked(3)
        assert len(threads()) == 1
        change(ras)
    kinds = [EventKind.connected, EventKind.disconnected]
    assert [loop.result() for loop in loops] == [kinds] * 3
    assert clean()


def test_a_loop_that_is_closed_leaves_the_watches_of_others_alone(ras: Simulator) -> None:
    """An event comes before anybody has noticed that the loop is closed."""
    closed = asyncio.new_event_loop()
    lost = aio.watch()
    tasks = []

    async def begin() -> None:
        tasks.append(asyncio.ensure_future(anext(lost)))
        await ras.aio.wait_blocked()

    closed.run_until_complete(begin())
    closed.close()

    async def main() -> None:
        async with aio.watch() as events:
            task = asyncio.ensure_future(anext(events))
            await ras.aio.wait_blocked(2)
            up(ras)
            assert (await task).kind is EventKind.connected

    asyncio.run(main())
    assert asyncio.run(anext_or_none(lost)) is None
    assert clean()


async def anext_or_none(events: aio.AsyncWatch) -> object:
    return await anext(events, None)


def test_the_end_of_the_simulator_is_raised() -> None:
    async def main() -> None:
        with Simulator(clock="manual") as ras:
            a = up(ras, seconds=math.inf)
            task = asyncio.create_task(aio.wait_closed(a))
            await blocked(ras)
        with pytest.raises(RuntimeError, match="Simulator has ended"):
            await task

    asyncio.run(main())
    assert clean()


def test_the_automatic_clock_jumps_while_the_loop_has_nothing_to_do() -> None:
    async def main() -> None:
        async with Simulator(clock="auto") as ras:
            a = up(ras, seconds=3600.0)
            assert await aio.hang_up(a, timeout=7200.0) is True
            assert ras.now == 3600.0
            with pytest.raises(winras.RasTimeoutError):
                await aio.wait_closed(up(ras, "B"), timeout=50.0)
            assert ras.now == 3650.0

    asyncio.run(main())


def test_the_automatic_clock_waits_for_tasks_and_threads(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def watch(events: aio.AsyncWatch) -> list[tuple[float, str]]:
        return [(event.at.timestamp(), event.kind.name) async for event in events]

    async def main() -> None:
        with Simulator(clock="auto") as ras:
            begun = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
            a, b = up(ras, "A", seconds=10.0), up(ras, "B", seconds=20.0)
            events = aio.watch(timeout=100.0, check_every=30.0)
            watching = asyncio.create_task(watch(events))
            hanging_up = Background(lambda: a.hang_up(timeout=60.0))
            assert await asyncio.gather(aio.hang_up(b), aio.status(b)) is not None
            told = await watching
            assert hanging_up.result() is True
            assert [kind for _, kind in told] == ["disconnected", "disconnected"]
            assert all(at - begun <= 0.1 for at, _ in told)
            assert ras.now == 100.0

    asyncio.run(main())
    assert capsys.readouterr().err == ""


def test_the_next_step_need_not_wait_for_one_that_was_just_given_up() -> None:
    async def main() -> None:
        with Simulator() as ras:
            async with aio.watch(check_every=3600.0) as events:
                for number in range(20):
                    given_up = asyncio.ensure_future(anext(events))
                    await asyncio.sleep(0)
                    given_up.cancel()
                    ras.add_entry(f"VPN {number}")
                    ras.connect(f"VPN {number}")
                    event = await anext(events)
                    assert event.connection is not None
                    assert event.connection.name == f"VPN {number}"
                    assert given_up.cancelled()

    asyncio.run(main())


def test_the_loop_is_left_as_it_was() -> None:
    async def main() -> None:
        selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        select = selector.select
        with Simulator(clock="auto") as ras:
            await aio.hang_up(up(ras))
            assert selector.select != select
        assert selector.select == select

    asyncio.run(main())


def test_the_twins_of_the_manual_clock() -> None:
    async def main() -> None:
        async with Simulator(clock="manual") as ras:
            hanging_up = asyncio.create_task(aio.hang_up(up(ras, seconds=30.0), timeout=60.0))
            await ras.aio.wait_blocked()
            await ras.aio.advance(29.9)
            assert not hanging_up.done()
            await ras.aio.wait_blocked()
            await ras.aio.advance(0.1)
            assert await hanging_up is True
            with pytest.raises(ValueError):
                await ras.aio.advance(-1.0)

    asyncio.run(main())


def test_phone_books() -> None:
    async def main() -> None:
        book = Phonebook.user()
        entry = Entry.ikev2("Office", "vpn.example.com")
        await aio.create(book, entry)
        assert [one.name for one in await aio.entries(phonebook=book.path)] == ["Office"]
        stored = book.entry("Office")
        ras.connect("Office")
        await aio.update(book, replace(stored, redial_count=0), hang_up=True)
        assert book.entry("Office").redial_count == 0
        await aio.rename(book, "Office", "HQ")
        with pytest.raises(winras.EntryNotFoundError):
            await aio.delete(book, "Office")
        await aio.copy(book, "HQ", "Branch")
        assert (await aio.entry(book, "Branch")).redial_count == 0
        await aio.delete(book, "Branch")
        assert await aio.devices() == winras.devices()
        ann = winras.Credentials("ann", "secret")
        await aio.save_credentials("HQ", ann)
        await aio.save_pre_shared_key("HQ", "key")
        saved = await aio.saved_credentials("HQ", phonebook=book.path)
        assert saved is not None
        assert (saved.user, saved.has_password) == ("ann", True)
        await aio.delete_credentials("HQ")
        assert await aio.saved_credentials("HQ") is None
        with pytest.raises(TypeError, match="key must be str"):
            await aio.save_pre_shared_key("HQ", b"key")  # type: ignore[arg-type]
        await aio.delete(book, "HQ")
        assert await aio.entries() == []

    with Simulator(clock="auto") as ras:
        asyncio.run(main())
    assert clean()


# ---- a connection kept up ----

HOUR = timedelta(hours=1)
HALF = KeepPolicy(jitter=lambda: 0.5)


def drops(ras: Simulator) -> None:
    ras.add_entry("A", user="ann", password="right")
    ras.drop("A", at=100.0)
    ras.set_service("stopped", at=200.0)
    ras.suspend(600.0, at=300.0)


def ask_threads() -> winras.Credentials:
    return winras.Credentials("ann", "right")


async def ask_tasks() -> winras.Credentials:
    return ask_threads()


def test_the_same_is_decided_with_asyncio_and_with_threads() -> None:
    with Simulator(clock="auto", allow_impossible=True) as ras:
        drops(ras)
        threads_told: list[winras.KeepEvent] = []
        winras.keep_connected(
            "A", credentials=ask_threads, policy=HALF, until=HOUR, on_event=threads_told.append
        )

    async def main() -> list[winras.KeepEvent]:
        told: list[winras.KeepEvent] = []
        async with Simulator(clock="auto", allow_impossible=True) as ras:
            drops(ras)
            await aio.keep_connected(
                "A", credentials=ask_tasks, policy=HALF, until=HOUR, on_event=told.append
            )
        return told

    told = asyncio.run(main())
    assert [(e.kind, e.at, e.reason) for e in told] == [
        (e.kind, e.at, e.reason) for e in threads_told
    ]
    assert len(told) > 10


def test_cancelling_ends_the_keeping_and_leaves_it_as_the_policy_says(ras: Simulator) -> None:
    ras.add_entry("A")

    async def cancel(policy: KeepPolicy) -> None:
        told: asyncio.Queue[winras.KeepEvent] = asyncio.Queue()
        keeping = asyncio.create_task(
            aio.keep_connected("A", policy=policy, on_event=told.put_nowait)
        )
        while (await told.get()).kind is not winras.KeepEventKind.connected:
            pass
        await blocked(ras)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        assert told.get_nowait().kind is winras.KeepEventKind.stopped
        assert clean()

    asyncio.run(cancel(KeepPolicy()))
    ras.assert_connected("A")
    asyncio.run(cancel(KeepPolicy(hang_up_at_end=True)))
    ras.assert_gone("A")


def test_cancelling_while_it_is_dialled_hangs_up(ras: Simulator) -> None:
    ras.add_entry("A", dial_seconds=math.inf)

    async def main() -> None:
        keeper = Keeper("A")
        keeping = asyncio.create_task(aio.keep(keeper))
        await blocked(ras)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        ras.assert_gone("A")
        assert keeper.keep(timedelta()) is None  # the cancelling was of that run

    asyncio.run(main())


def test_a_keeper_tells_in_the_event_loop_and_raises_what_that_raises(ras: Simulator) -> None:
    ras.add_entry("A")
    where: list[int] = []

    def tell(event: winras.KeepEvent) -> None:
        where.append(threading.get_ident())
        if event.kind is winras.KeepEventKind.connected:
            raise LookupError("enough")

    async def main() -> None:
        with pytest.raises(LookupError, match="enough"):
            await aio.keep_connected("A", on_event=tell)
        assert clean()

    asyncio.run(main())
    assert set(where) == {threading.get_ident()}


@pytest.mark.parametrize("way", ["cancel", "stop"])
@pytest.mark.parametrize("hang_up_at_end", [False, True])
def test_a_ras_call_that_blocks_keeps_no_keeper_from_its_end(
    ras: Simulator, way: str, hang_up_at_end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the entry until that call has ended, and then hangs up if that is the policy."""
    monkeypatch.setattr(aio, "_PATIENCE", 0.1)
    ras.add_entry("A")
    ras.add_entry("B")

    async def main() -> None:
        told: asyncio.Queue[winras.KeepEvent] = asyncio.Queue()
        policy = KeepPolicy(hang_up_at_end=hang_up_at_end)
        keeper = Keeper("A", policy=policy, on_event=told.put_nowait)

        async def until(kind: winras.KeepEventKind) -> None:
            while (await told.get()).kind is not kind:
                pass

        keeping = asyncio.create_task(aio.keep(keeper))
        await until(winras.KeepEventKind.connected)
        await blocked(ras)
        connection, (run,) = winras.get_connection("A"), keeper._runs.values()
        ras.delay("RasEnumConnections", 100.0)
        before = ras.calls("RasEnumConnections")
        ras.connect("B")
        assert ras.calls("RasEnumConnections") > before
        if way == "stop":
            keeper.stop()
            assert await keeping == (None if hang_up_at_end else connection)
        else:
            keeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await keeping
        assert ras.now == 0.0
        assert told.empty()
        key = _keeping._claim_key(run._path, run._name, run._service)
        assert not _native.Claim(key).take()
        ras.delay("RasEnumConnections", 0.0)
        ras.advance(100.0)
        again = asyncio.create_task(aio.keep(keeper))
        connected = asyncio.create_task(until(winras.KeepEventKind.connected))
        while not connected.done():
            ras.advance(10.0)
            await asyncio.sleep(0.01)
        assert ras.calls("RasDial") == 1 + hang_up_at_end
        keeper.stop()
        await again

    asyncio.run(main())
    assert clean()


def test_a_keeper_can_be_stopped_and_kept_again(ras: Simulator) -> None:
    ras.add_entry("A")

    async def main() -> None:
        told: asyncio.Queue[winras.KeepEvent] = asyncio.Queue()
        keeper = Keeper("A", on_event=told.put_nowait)
        for _ in range(2):
            keeping = asyncio.create_task(aio.keep(keeper))
            while (await told.get()).kind is not winras.KeepEventKind.connected:
                pass
            keeper.stop()
            assert await keeping == winras.get_connection("A")

    asyncio.run(main())


def test_a_coroutine_that_is_asked_is_cancelled_with_the_keeping(ras: Simulator) -> None:
    ras.add_entry("A")

    async def main() -> None:
        asked, ended = asyncio.Event(), asyncio.Event()

        async def ask() -> winras.Credentials:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

        keeping = asyncio.create_task(aio.keep_connected("A", credentials=ask))
        await asked.wait()
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        await asyncio.wait_for(ended.wait(), HANG)

    asyncio.run(main())
    ras.assert_called("RasDial", times=0)


def test_a_coroutine_that_was_just_asked_is_cancelled_too(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeping ends before the thread that asks goes on."""
    ras.add_entry("A")
    is_over = threading.Event()
    ask_in = asyncio.run_coroutine_threadsafe

    def ask_slowly(
        coroutine: Coroutine[object, object, object], loop: asyncio.AbstractEventLoop
    ) -> concurrent.futures.Future[object]:
        asked = ask_in(coroutine, loop)
        assert is_over.wait(HANG)
        return asked

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", ask_slowly)

    async def main() -> None:
        asked, ended = asyncio.Event(), asyncio.Event()

        async def ask() -> None:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        keeping = asyncio.create_task(aio.keep_connected("A", credentials=ask))
        await asked.wait()
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        is_over.set()
        await asyncio.wait_for(ended.wait(), HANG)

    asyncio.run(main())


def test_a_loop_that_is_closed_under_its_tasks_ends_the_keeping(ras: Simulator) -> None:
    ras.add_entry("A")
    loop = asyncio.new_event_loop()
    keeping = loop.create_task(aio.keep_connected("A", policy=KeepPolicy(hang_up_at_end=True)))

    async def connected() -> None:
        await aio.wait_for("A")
        await blocked(ras)

    loop.run_until_complete(connected())
    loop.close()
    assert clean()
    ras.assert_gone("A")
    assert not keeping.done()
    keeping._log_destroy_pending = False  # type: ignore[attr-defined]


def test_what_keeping_is_given_is_validated() -> None:
    with pytest.raises(TypeError, match="credentials must be Credentials, not str"):
        asyncio.run(aio.keep_connected("A", credentials="hunter2"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="until must be"):
        asyncio.run(aio.keep_connected("A", until=5))  # type: ignore[arg-type]
