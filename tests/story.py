"""Stories of connections, played on the manual clock to watches in other threads.

A step acts on connections, links, quirks, faults, the service, or the watches and their consumers,
which may be slow, raise, close, give up a step and be cancelled. After each step, `Story` waits
until every watch has made its looks, and compares what each has told with its account
(tests/account.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

import winras
import winras.aio
from account import ALL, Account, Terms
from patience import HANG
from truth import FAULT, QUIRKS, Seen, Truth, serial_of
from winras import ConnectionSubstate, EventKind
from winras._native import lib
from winras.testing import Simulator

__all__ = ["STEPS", "Story"]

#: The entries, and the number of sub-entries that each has in the phone book.
NAMES = {"A": 1, "B": 1, "C": 1, "M": 3}
ADVANCES = (0.05, 0.2, 1.0, 6.0, 61.0)
SUBSTATES = ("Dormant", "None_", "Reconnecting", "Reconnected")
FAULTS = (
    ("RasEnumConnections", 8),
    ("RasGetConnectStatus", FAULT),
    ("RasGetSubEntryHandle", FAULT),
    ("RasConnectionNotification", 711),
)
KINDS = (
    ALL,
    frozenset({EventKind.connected, EventKind.disconnected}),
    frozenset({EventKind.disconnected}),
)
MOST_WATCHES = 3
#: The kinds of steps. The number of a step chooses the name, the watch, the quirk or the time.
STEPS = (
    "connect",
    "drop",
    "both",
    "two",
    "swap",
    "add_link",
    "remove_link",
    "substate",
    "quirk",
    "fault",
    "advance",
    "stop",
    "start",
    "watch",
    "close",
    "leave",
    "hold",
    "release",
    "give_up",
)


class _Stop(Exception):  # noqa: N818  no error: how a consumer's body fails
    """Raised by the body of a consumer's loop."""


class Consumer(ABC):
    """A loop over a watch, in its own thread; a test can hold it in its body."""

    def __init__(self) -> None:
        self.events: list[winras.Event] = []
        self.taken = 0
        #: Whether the loop has ended, and whether its body is held.
        self.ended = False
        self.standing = False
        self._held = False
        self._leaving = False
        self._changed = Condition()
        self._thread = Thread(target=self._consume)

    def start(self) -> None:
        self._thread.start()

    def hold(self) -> None:
        """Hold the body of the loop at the next event."""
        with self._changed:
            self._held = True

    def release(self, *, leaving: bool = False) -> None:
        """Let the body go on, or raise."""
        with self._changed:
            self._held = False
            self._leaving = self._leaving or leaving
            # From here on, the loop counts as one that will wait, or end.
            self.standing = False
            self._changed.notify_all()

    def join(self) -> None:
        self.release()
        self._thread.join(HANG)
        if self._thread.is_alive():
            raise AssertionError("the consumer of a closed watch does not end")

    def take(self) -> list[winras.Event]:
        """Return the events since the last call."""
        taken, self.taken = self.taken, len(self.events)
        return self.events[taken : self.taken]

    def _consume(self) -> None:
        try:
            with contextlib.suppress(_Stop, asyncio.CancelledError):
                self.loop()
        finally:
            self.ended = True

    def body(self, event: winras.Event) -> None:
        """Handle an event, as the body of the loop."""
        with self._changed:
            self.events.append(event)
            self.standing = self._held
            self._changed.wait_for(lambda: not self._held, HANG)
            if self._leaving:
                raise _Stop

    @abstractmethod
    def loop(self) -> None:
        """Iterate over the watch."""

    @abstractmethod
    def close(self) -> None:
        """End the iteration from outside."""

    @property
    @abstractmethod
    def kept(self) -> int:
        """How many events the watch has queued for this consumer."""


class PlainConsumer(Consumer):
    """``for event in winras.watch()``."""

    def __init__(self, watch: winras.Watch) -> None:
        super().__init__()
        self._watch = watch

    def loop(self) -> None:
        with self._watch as events:
            for event in events:
                self.body(event)

    def close(self) -> None:
        self._watch.close()

    @property
    def kept(self) -> int:
        return len(self._watch._events)


class AsyncConsumer(Consumer):
    """``async for event in winras.aio.watch()``, ended by cancelling its task."""

    def __init__(self, watch: winras.aio.AsyncWatch) -> None:
        super().__init__()
        self._watch = watch
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._iterate())
        self._step: asyncio.Future[winras.Event | None] = self._loop.create_future()

    async def _iterate(self) -> None:
        async with self._watch as events:
            while True:
                self._step = asyncio.ensure_future(anext(events, None))
                try:
                    event = await self._step
                except asyncio.CancelledError:
                    if self._task.cancelling():
                        raise
                    continue
                if event is None:
                    return
                self.body(event)

    def give_up(self) -> None:
        """Cancel the step that it waits for; the loop goes on with the next one."""
        over = Event()

        def cancel() -> None:
            self._step.cancel()
            self._step.add_done_callback(lambda _: over.set())

        self._loop.call_soon_threadsafe(cancel)
        assert over.wait(HANG)

    def loop(self) -> None:
        try:
            self._loop.run_until_complete(self._task)
        finally:
            self._loop.close()

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._task.cancel)

    @property
    def kept(self) -> int:
        return len(self._watch._events._events)


class Story:
    """A simulation, some watches of it, and their accounts; a context manager."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.told = 0
        self._ras = Simulator(clock="manual", allow_unmet=True, allow_impossible=True)
        self._watches: list[tuple[Consumer, Account]] = []
        # A watch has begun, with a look that is a check for the others too.
        self._opened = False

    def __enter__(self) -> Self:
        ras = self._ras.__enter__()
        for name, sub_entries in NAMES.items():
            ras.add_entry(name, sub_entries=sub_entries)
        ras.connect("A")
        first = serial_of(winras.get_connection("A"))
        assert first is not None
        ras.drop("A")
        self._truth = Truth(ras, NAMES, first + 1)
        self._open(Terms())
        self._compare("watch")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for consumer, _ in self._watches:
                consumer.release()
                consumer.close()
            for consumer, _ in self._watches:
                consumer.join()
        finally:
            self._ras.__exit__(kind, error, traceback)

    def do(self, kind: str, number: int) -> None:
        """Play one step."""
        with contextlib.suppress(winras.RasError):
            getattr(self, f"_{kind}")(number)
        self._compare(f"{kind} {number}")

    def rest(self) -> None:
        """Let everything come to rest, so that the watches must tell what is still due."""
        for consumer, _ in self._watches:
            consumer.release()
        self._ras.clear_faults()
        for _ in range(4):
            self.do("start", 0)
            self.do("advance", 3)

    # ---- steps of connections and of RAS ----

    def _name(self, number: int) -> str:
        return tuple(NAMES)[number % len(NAMES)]

    def _connect(self, number: int) -> None:
        self._ras.connect(self._name(number))

    def _drop(self, number: int) -> None:
        self._ras.drop(self._name(number), linger=0.5 * (number // len(NAMES) % 2))

    def _both(self, number: int) -> None:
        """A connection comes and goes before any watch can look."""
        self._together(("connect", number), ("drop", number))

    def _two(self, number: int) -> None:
        self._together(("connect", number), ("connect", number + 1))

    def _swap(self, number: int) -> None:
        """A connection goes, and the same entry or another connects."""
        self._together(("drop", number), ("connect", number // len(NAMES)))

    def _together(self, *acts: tuple[str, int]) -> None:
        at = self._ras.now + 0.001
        for act, number in acts:
            getattr(self._ras, act)(self._name(number), at=at)
        self._ras.advance(0.001)

    def _add_link(self, number: int) -> None:
        # Most often M, which is multilink from its beginning.
        self._ras.add_link(self._name(number) if number % 3 == 0 else "M")

    def _remove_link(self, number: int) -> None:
        self._ras.remove_link(self._name(number) if number % 3 == 0 else "M")

    def _substate(self, number: int) -> None:
        substate = ConnectionSubstate[SUBSTATES[number // len(NAMES) % len(SUBSTATES)]]
        self._ras.set_substate(self._name(number), substate)

    def _quirk(self, number: int) -> None:
        quirk = QUIRKS[number % len(QUIRKS)]
        if quirk in self._truth.quirks:
            self._truth.quirks.discard(quirk)
            self._ras.quirks.discard(quirk)
        else:
            self._truth.quirks.add(quirk)
            self._ras.quirks.add(quirk)

    def _fault(self, number: int) -> None:
        """The next call of a function fails, whichever watch makes it."""
        self._ras.fail(*FAULTS[number % len(FAULTS)])

    def _advance(self, number: int) -> None:
        self._ras.advance(ADVANCES[number % len(ADVANCES)])

    def _stop(self, _: int) -> None:
        if self._truth.up:
            self._truth.stop()
            self._ras.stop_service()

    def _start(self, _: int) -> None:
        if not self._truth.up:
            self._truth.start()
            self._ras.start_service()

    # ---- steps of watches and their consumers ----

    def _watch(self, number: int) -> None:
        if len(self._watches) >= MOST_WATCHES:
            return
        self._ras.clear_faults()
        up = winras.connections() if number % 4 == 3 else []
        self._open(
            Terms(
                check_every=(1.0, 5.0, 2.5)[number % 3],
                kinds=ALL if up else KINDS[number // 2 % len(KINDS)],
                initial=number % 5 == 0,
            ),
            up[number % len(up)] if up else None,
            is_async=number // 3 % 2 == 1,
        )

    def _open(
        self, terms: Terms, connection: winras.Connection | None = None, *, is_async: bool = False
    ) -> None:
        if connection is not None:
            only = Seen(connection.name, serial_of(connection))
            terms = Terms(terms.check_every, terms.kinds, (connection.handle, only), terms.initial)
        watch = winras.aio.watch if is_async else winras.watch
        opened = watch(
            connection=connection,
            kinds=terms.kinds,
            check_every=terms.check_every,
            initial=terms.initial,
        )
        consumer = (
            PlainConsumer(opened) if isinstance(opened, winras.Watch) else AsyncConsumer(opened)
        )
        consumer.start()
        self._opened = True
        self._watches.append((consumer, Account(terms, self._truth)))

    def _another(self, number: int) -> Consumer:
        """Choose any watch but the first, which stays."""
        if len(self._watches) < 2:
            raise winras.RasError(0, "", "there is no other watch", "")
        return self._watches[1 + number % (len(self._watches) - 1)][0]

    def _close(self, number: int) -> None:
        self._dismiss(consumer := self._another(number))
        consumer.close()
        consumer.join()

    def _leave(self, number: int) -> None:
        """The body of a consumer's loop raises if it is held; else the watch is closed."""
        consumer = self._another(number)
        self._dismiss(consumer)
        if consumer.standing:
            consumer.release(leaving=True)
        else:
            consumer.release(leaving=True)
            consumer.close()
        consumer.join()

    def _dismiss(self, consumer: Consumer) -> None:
        self._watches = [pair for pair in self._watches if pair[0] is not consumer]

    def _hold(self, number: int) -> None:
        self._watches[number % len(self._watches)][0].hold()

    def _release(self, number: int) -> None:
        self._watches[number % len(self._watches)][0].release()

    def _give_up(self, number: int) -> None:
        """Which an asyncio consumer can that is not held; it has waited since the last step."""
        consumer = self._watches[number % len(self._watches)][0]
        if isinstance(consumer, AsyncConsumer) and not (consumer.standing or consumer.ended):
            consumer.give_up()

    # ---- after each step ----

    def _wait_until_all_wait(self) -> None:
        """Wait until each consumer waits for an event, is held, or has ended."""
        limit = time.monotonic() + HANG
        while True:
            waiting = sum(not (c.standing or c.ended) for c, _ in self._watches)
            if lib.sim_blocked() >= waiting:
                return
            lib.sim_wait_blocked(waiting, 1)
            if time.monotonic() > limit:
                raise AssertionError("a consumer neither waits nor ends")

    def _compare(self, step: str) -> None:
        self._wait_until_all_wait()
        tick = self._truth.read()
        waiting = [not (consumer.standing or consumer.ended) for consumer, _ in self._watches]
        checked = self._opened or any(
            account.must_check(tick.now, looked=looked)
            for (_, account), looked in zip(self._watches, waiting, strict=True)
        )
        self._opened = False
        for number, ((consumer, account), looked) in enumerate(
            zip(list(self._watches), waiting, strict=True)
        ):
            events = consumer.take()
            self.told += len(events)
            account.hold(tick, events, consumer.kept, looked=looked, checked=checked)
            if consumer.ended:
                account.end()
                self._dismiss(consumer)
                consumer.join()
            self.mistakes += [f"{step}: watch {number}: {d}" for d in account.mistakes]
            account.mistakes.clear()
