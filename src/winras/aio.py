"""The calls of winras that take time, for asyncio: the same names, awaited.

What is a method elsewhere is a function here: the connection or the phone book comes first, then
the parameters of the method. Each call runs in a thread of its own, so that the event loop never
waits for RAS. Cancelling the task ends the wait of that thread; the task ends as soon as the thread
has. For all watches together one thread waits, as long as one is open; a task that waits for an
event ends at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import inspect
import os
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar, cast

from . import _connections, _credentials, _dialing, _ensuring, _keeping, _phonebook, _watching, _why
from ._arguments import valid_entry, valid_on_progress
from ._autojump import awaited_no_more, awaiting, stand_in, told
from ._connections import Connection, hanging_up, is_entry, waiting_closed
from ._credentials import Credentials, credentials_problem
from ._details import (
    Addresses,
    Device,
    DialProgress,
    EntryName,
    SavedCredentials,
    Statistics,
)
from ._ensuring import Change
from ._entries import Entry
from ._entry_file import WantedEntry
from ._enums import EventKind, KeyKind
from ._keeping import Keeper, KeepEvent, Until
from ._models import (
    Status,
)
from ._operations import WatchGroup
from ._phonebook import Phonebook
from ._policy import KeepPolicy
from ._traffic import Traffic, TrafficMeter
from ._watching import Event
from ._why import Reason
from .exceptions import RasError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._ras import _Operation, _Pointer

__all__ = [
    "AsyncTrafficMeter",
    "AsyncWatch",
    "addresses",
    "clear_statistics",
    "connections",
    "copy",
    "create",
    "delete",
    "delete_credentials",
    "devices",
    "dial",
    "ensure",
    "entries",
    "entry",
    "get_connection",
    "hang_up",
    "keep",
    "keep_connected",
    "links",
    "rename",
    "save_credentials",
    "save_pre_shared_key",
    "saved_credentials",
    "snapshot",
    "statistics",
    "status",
    "traffic_meter",
    "update",
    "wait_closed",
    "wait_for",
    "watch",
    "why",
]

_T = TypeVar("_T")

_RPC_S_SERVER_UNAVAILABLE = 1722

# How often a thread sees whether the event loop still exists: in seconds, the thread of a dial that
# tells its progress; in milliseconds, the one that waits for all watches.
_SLICE = 0.25
# How many seconds a keeper that is to end is awaited while a call of RAS does not return.
_PATIENCE = 2.0
_LOOP_SLICE_MS = 4000


async def connections() -> list[Connection]:
    """List the connections that are up: `winras.connections`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(_connections.connections)


async def snapshot() -> list[tuple[Connection, Status]]:
    """List the connections that are up, each with its status: `winras.snapshot`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(_connections.snapshot)


async def get_connection(name: str, *, phonebook: str | None = None) -> Connection:
    """Find the connection of a phone-book entry: `winras.get_connection`, awaited.

    Raises:
        winras.RasError: As there.
        TypeError: As there.
    """
    return await in_thread(lambda: _connections.get_connection(name, phonebook=phonebook))


async def status(connection: Connection) -> Status:
    """Ask RAS for the status of a connection: `winras.Connection.status`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(connection.status)


async def statistics(connection: Connection) -> Statistics:
    """Ask how much has been sent and received: `winras.Connection.statistics`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(connection.statistics)


async def clear_statistics(connection: Connection) -> None:
    """Set the counters of a connection to 0: `winras.Connection.clear_statistics`, awaited.

    Raises:
        winras.RasError: As there.
    """
    await in_thread(connection.clear_statistics)


async def traffic_meter(connection: Connection) -> AsyncTrafficMeter:
    """Begin to measure the traffic of a connection: `winras.TrafficMeter`, awaited.

    Returns:
        What measures it; ``await meter.sample()`` gives the traffic so far.

    Raises:
        winras.RasError: As there.
    """
    return AsyncTrafficMeter(await in_thread(lambda: TrafficMeter(connection)))


class AsyncTrafficMeter:
    """What `traffic_meter` returns: a `winras.TrafficMeter` whose samples are awaited."""

    def __init__(self, meter: TrafficMeter) -> None:
        self._meter = meter
        # A sample begins where the last one ended.
        self._sampling = asyncio.Lock()

    async def sample(self) -> Traffic:
        """Ask RAS, and return the traffic so far: `winras.TrafficMeter.sample`, awaited.

        Raises:
            winras.RasError: As there.
        """
        async with self._sampling:
            return await in_thread(self._meter.sample)


async def addresses(connection: Connection) -> Addresses:
    """Ask which addresses a connection has: `winras.Connection.addresses`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(connection.addresses)


async def dial(
    entry: str,
    *,
    phonebook: str | None = None,
    phone_number: str | None = None,
    credentials: Credentials | None = None,
    use_saved: bool = True,
    sub_entry: int = 0,
    timeout: float = 60.0,
    on_progress: Callable[[DialProgress], object] | None = None,
) -> Connection:
    """Dial a phone-book entry, and return its connection: `winras.dial`, awaited.

    Cancelling hangs up, but does not wait for the port to close; until it has, the next dial of
    the entry may fail with 633.

    Args:
        entry: The name of the entry.
        phonebook: The path of its phone book.
        phone_number: The number to dial instead of the entry's own.
        credentials: Who dials; None for what is saved for the entry.
        use_saved: Without *credentials*, use those that are saved.
        sub_entry: The number of the link to dial first.
        timeout: Seconds to wait, 0 or more.
        on_progress: Called in the event loop with each `winras.DialProgress`, before this
            returns. An exception from it ends the dialling, and is raised here.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    if problem := credentials_problem(credentials, may_be_none=True):
        del credentials  # a traceback may show variables, and this may be a password
        raise problem
    tell_in_loop = on_progress and _in_loop(
        on_progress,
        lambda: operation.is_closed,
        lambda: operation.close(),  # noqa: PLW0108  there is no operation yet
    )
    valid_on_progress(on_progress)
    with _dialing.dialling(
        entry,
        phonebook=phonebook,
        phone_number=phone_number,
        credentials=credentials,
        use_saved=use_saved,
        sub_entry=sub_entry,
        timeout=timeout,
        on_progress=tell_in_loop,
    ) as operation:
        return await in_thread(operation.run, operation.close)


async def keep_connected(
    entry: str,
    *,
    phonebook: str | None = None,
    credentials: Credentials
    | Callable[[], Credentials | None]
    | Callable[[], Awaitable[Credentials | None]]
    | None = None,
    policy: KeepPolicy = _keeping.USUAL_POLICY,
    until: Until = None,
    on_event: Callable[[KeepEvent], object] | None = None,
) -> Connection | None:
    """Keep the connection of an entry up: `winras.keep_connected`, awaited.

    Cancelling ends it within a second, and leaves the connection as the policy says.

    Args:
        entry: The name of the entry.
        phonebook: The path of its phone book.
        credentials: Who dials, or a function or a coroutine function that is asked; the function is
            called in a thread of its own, the coroutine awaited in the event loop.
        policy: When it is dialled, hung up or left alone.
        until: When this is to return; a function is asked in a thread.
        on_event: Called in the event loop with each `winras.KeepEvent`. An exception from it ends
            the keeping, and is raised here.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError, RuntimeError: As there.
    """
    if not callable(credentials) and (
        problem := credentials_problem(credentials, may_be_none=True)
    ):
        del credentials  # a traceback may show variables, and this may be a password
        raise problem
    keeper = Keeper(
        entry,
        phonebook=phonebook,
        credentials=credentials,
        policy=policy,
        on_event=on_event,
    )
    return await keep(keeper, until=until)


async def keep(keeper: Keeper, *, until: Until = None) -> Connection | None:
    """Keep a connection up: `winras.Keeper.keep`, awaited.

    Cancelling ends it as its ``stop()`` does, within 2 seconds even if a call of RAS does not
    return: then the keeper's thread ends when that does, without a further event, and has the entry
    up to then. Its on_event is called in the event loop, and its
    credentials, if they are a coroutine function, are awaited there.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError, RuntimeError: As there.
    """
    loop = asyncio.get_running_loop()
    on_event, given = keeper._on_event, keeper._credentials
    asked: list[concurrent.futures.Future[Credentials | None]] = []
    is_over = False

    def ask() -> Credentials | None:
        assert callable(given)
        coroutine = cast("Coroutine[object, object, Credentials | None]", given())
        asked[:] = [asyncio.run_coroutine_threadsafe(coroutine, loop)]
        if is_over and not loop.is_closed():  # nobody else has seen this one
            asked[0].cancel()
        return asked[0].result()

    left: asyncio.Future[Connection | None] = loop.create_future()
    timers: list[asyncio.TimerHandle] = []

    def leave() -> None:
        if not left.done():
            left.set_result(run.leave())

    def leave_soon() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(lambda: timers.append(loop.call_later(_PATIENCE, leave)))

    run = _keeping.Run(
        keeper,
        until,
        on_event=on_event and _in_loop(on_event, lambda: False, keeper.stop),
        credentials=ask if inspect.iscoroutinefunction(given) else None,
        is_unwanted=loop.is_closed,
        on_stop=leave_soon,
    )
    try:
        return await in_thread(run.keep, run.stop, left)
    finally:
        for timer in timers:
            timer.cancel()
        is_over = True
        for one in asked:
            one.cancel()


async def why(
    connection_or_name: Connection | str, *, since: datetime | timedelta | None = None
) -> Reason:
    """Tell why a connection dropped, or why dialling failed: `winras.why`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return await in_thread(lambda: _why.why(connection_or_name, since=since))


async def entries(*, phonebook: str | None = None) -> list[EntryName]:
    """List the entries of phone books: `winras.entries`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return await in_thread(lambda: _phonebook.entries(phonebook=phonebook))


async def devices() -> list[Device]:
    """List the devices that an entry can dial with: `winras.devices`, awaited.

    Raises:
        winras.RasError: As there.
    """
    return await in_thread(_phonebook.devices)


async def entry(book: Phonebook, name: str) -> Entry:
    """Read an entry of a phone book: `winras.Phonebook.entry`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return await in_thread(lambda: book.entry(name))


async def copy(book: Phonebook, name: str, new_name: str, *, to: Phonebook | None = None) -> None:
    """Add a copy of an entry: `winras.Phonebook.copy`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: book.copy(name, new_name, to=to))


async def create(book: Phonebook, entry: Entry) -> None:
    """Add an entry to a phone book: `winras.Phonebook.create`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: book.create(entry))


async def update(book: Phonebook, entry: Entry, *, hang_up: bool = False) -> None:
    """Replace an entry of a phone book: `winras.Phonebook.update`, awaited.

    Cancelling takes effect when that has ended, and not before its hang-up has.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: book.update(entry, hang_up=hang_up))


async def rename(book: Phonebook, name: str, new_name: str, *, hang_up: bool = False) -> None:
    """Give an entry of a phone book another name: `winras.Phonebook.rename`, awaited.

    Cancelling takes effect when that has ended, and not before its hang-up has.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: book.rename(name, new_name, hang_up=hang_up))


async def delete(book: Phonebook, name: str, *, hang_up: bool = False) -> None:
    """Delete an entry of a phone book: `winras.Phonebook.delete`, awaited.

    Cancelling takes effect when that has ended, and not before its hang-up has.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: book.delete(name, hang_up=hang_up))


async def ensure(
    entries: Iterable[Entry | WantedEntry],
    *,
    phonebook: str | None = None,
    prune: bool = False,
    dry_run: bool = False,
    hang_up: bool = False,
    save_secrets: bool = False,
) -> list[Change]:
    """Make a phone book agree with these entries: `winras.ensure`, awaited.

    Cancelling takes effect when that has ended. A secret that is asked for is asked for at the
    terminal by another thread.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return await in_thread(
        lambda: _ensuring.ensure(
            entries,
            phonebook=phonebook,
            prune=prune,
            dry_run=dry_run,
            hang_up=hang_up,
            save_secrets=save_secrets,
        )
    )


async def save_credentials(
    entry: str, credentials: Credentials, *, phonebook: str | None = None
) -> None:
    """Save credentials for an entry: `winras.save_credentials`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    if problem := credentials_problem(credentials):
        del credentials
        raise problem
    await in_thread(lambda: _credentials.save_credentials(entry, credentials, phonebook=phonebook))


async def saved_credentials(entry: str, *, phonebook: str | None = None) -> SavedCredentials | None:
    """Ask what is saved for an entry: `winras.saved_credentials`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return await in_thread(lambda: _credentials.saved_credentials(entry, phonebook=phonebook))


async def delete_credentials(entry: str, *, phonebook: str | None = None) -> None:
    """Delete what is saved for an entry: `winras.delete_credentials`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    await in_thread(lambda: _credentials.delete_credentials(entry, phonebook=phonebook))


async def save_pre_shared_key(
    entry: str, key: str, *, kind: KeyKind = KeyKind.Client, phonebook: str | None = None
) -> None:
    """Save the pre-shared key for an entry: `winras.save_pre_shared_key`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    secret = _credentials.as_secret(key)
    del key  # a traceback may show variables, and no repr shows this one
    await in_thread(lambda: _credentials.save_key(entry, secret, kind, phonebook))


async def links(connection: Connection) -> list[Connection]:
    """List the connected links of a connection: `winras.Connection.links`, awaited.

    Raises:
        winras.RasError: As there.
        ValueError: As there.
    """
    return await in_thread(connection.links)


async def hang_up(
    connection: Connection, *, timeout: float = 30.0, all_references: bool = True
) -> bool:
    """End a connection and wait until its handle is dead: `winras.Connection.hang_up`, awaited.

    Cancelling ends the wait, but not the hang-up: the end of the process waits for that.

    Args:
        connection: The connection, or a link.
        timeout: Seconds to wait, 0 or more.
        all_references: Hang up until no reference is left. If False, hang up once.

    Raises:
        winras.RasTimeoutError: The handle is not dead after *timeout* seconds.
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    operation = hanging_up(connection, timeout=timeout, all_references=all_references)
    return await in_thread(operation.run, operation.close)


async def wait_closed(connection: Connection, *, timeout: float | None = 60.0) -> None:
    """Wait until a connection is gone: `winras.Connection.wait_closed`, awaited.

    Args:
        connection: The connection, or a link.
        timeout: Seconds to wait, 0 or more; None to wait without a limit.

    Raises:
        winras.RasTimeoutError: It is still there after *timeout* seconds.
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    operation = waiting_closed(connection, timeout=timeout)
    await in_thread(operation.run, operation.close)


def watch(
    *,
    connection: Connection | None = None,
    kinds: Iterable[EventKind] = tuple(EventKind),
    timeout: float | None = None,
    check_every: float = 5.0,
    initial: bool = False,
) -> AsyncWatch:
    """Watch connections come and go: `winras.watch`, for ``async for`` and ``async with``.

    Watching begins in this call, which is not awaited, so that no later event is lost. This call
    enumerates the connections in the calling thread; if RAS may be slow to answer,
    ``await asyncio.to_thread(winras.aio.watch)`` keeps the event loop free.

    Args:
        connection: Only events of this connection and of the service, up to its disconnection.
        kinds: Only events of these kinds.
        timeout: Seconds from this call after which the iteration ends; None for no limit.
        check_every: Seconds, more than 0, between the checks that find what RAS did not signal.
        initial: Begin with a ``connected`` event for each connection that is up.

    Raises:
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    return AsyncWatch(
        _watching.watch(
            connection=connection,
            kinds=kinds,
            timeout=timeout,
            check_every=check_every,
            initial=initial,
        )
    )


async def wait_for(
    name: str, *, phonebook: str | None = None, timeout: float | None = 60.0
) -> Connection:
    """Wait until an entry is connected: `winras.wait_for`, awaited.

    Args:
        name: The name of the entry, in upper or lower case.
        phonebook: The path of its phone book, if several have an entry with that name.
        timeout: Seconds to wait, 0 or more; None to wait without a limit.

    Raises:
        winras.RasTimeoutError: It is not connected after *timeout* seconds.
        winras.RasError: As there.
        ValueError, TypeError: As there.
    """
    valid_entry(name, phonebook)
    events = AsyncWatch(
        await in_thread(
            lambda: _watching.watch(kinds=[EventKind.connected], timeout=timeout, initial=True)
        )
    )
    async with events:
        async for event in events:
            if event.connection is not None and is_entry(event.connection, name, phonebook):
                return event.connection
    raise _watching.not_connected_in_time(name, timeout)


class AsyncWatch(AsyncIterator[Event]):
    """The events of `watch`.

    Cancelling a task that waits for an event, as `asyncio.wait_for` and `asyncio.timeout` do, ends
    that wait and nothing else: the next one goes on, and is told what has come meanwhile. The watch
    ends at its timeout, by `close`, where ``async with`` is left, when it is forgotten, and some
    seconds after the event loop was closed while a task waits.
    """

    def __init__(self, events: _watching.Watch) -> None:
        self._events = events
        self._waiter: _Waiter | None = None
        # What a task awaits; _lock is held where it changes.
        self._awaited: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __anext__(self) -> Event:
        """Return the next event; one task at a time may wait for it.

        Raises:
            StopAsyncIteration: The watch is over.
            winras.RasError: As `winras.watch`.
            RuntimeError: Another task is already waiting, or the simulator has ended.
        """
        if self._has_task():
            await asyncio.sleep(0)  # a task that was cancelled just now hears of it first
            if self._has_task():
                raise RuntimeError("another task is already waiting for the next event")
        while (event := self._events.next_told()) is None and not self._events.is_over:
            await self._wait()
        if event is None:
            self.close()
            raise StopAsyncIteration
        return event

    def _has_task(self) -> bool:
        return self._awaited is not None and not self._awaited.get_loop().is_closed()

    async def _wait(self) -> None:
        """Wait until an event is queued, or the watch is over.

        The thread leaves the event where it is, so a task that is cancelled loses none.
        """
        awaited = asyncio.get_running_loop().create_future()
        try:
            with _lock:
                if self._waiter is None or self._waiter.thread.is_over:
                    self._waiter = _waiter_of(self._events.operation.service)
                awaiting(awaited, self._waiter.thread)
                self._awaited = awaited
                if not self._waiter.thread.begin(self):
                    return
            await awaited
        finally:
            with _lock:
                if self._awaited is awaited:
                    self._awaited = None
                    if self._waiter is not None:
                        self._waiter.thread.part(self)
            awaited_no_more(awaited)

    def close(self) -> None:
        """End the watch and its iteration. Safe at any time, from any thread."""
        self._events.close()
        with _lock:
            waiter, self._waiter = self._waiter, None
            is_waiting = waiter is not None and waiter.thread.part(self)
        if is_waiting:
            self._tell(None)

    def _tell(self, error: BaseException | None) -> None:
        """Have the task go on. Without the lock, which the task needs next."""
        with _lock:
            awaited = self._awaited
            if awaited is None:
                return
            told(awaited)
        try:
            awaited.get_loop().call_soon_threadsafe(_settle, awaited, error)
        except RuntimeError:
            # The loop was closed under its tasks.
            awaited_no_more(awaited)
            self.close()


def _settle(awaited: asyncio.Future[None], error: BaseException | None) -> None:
    if awaited.done():
        return  # it was cancelled just now; the next task is told
    if error is None:
        awaited.set_result(None)
    else:
        awaited.set_exception(error)


class _WaitingThread(threading.Thread):
    """The one thread that waits for all watches of a service, and reads what is found for each.

    It calls RAS, which may block, so nobody waits for it: who leaves has it wait for the others.
    _lock is held in its methods, if they say nothing else.
    """

    def __init__(self, service: int) -> None:
        super().__init__(name="winras", daemon=True)
        self.is_over = False
        self._group = WatchGroup(service)
        self._waiting: dict[_Pointer[_Operation], AsyncWatch] = {}
        # What it reads is for this watch, which has left the others meanwhile.
        self._answering: AsyncWatch | None = None

    def begin(self, watch: AsyncWatch) -> bool:
        """Wait for a watch; return False if it has nothing to wait for."""
        if self._answering is watch:
            return True
        return not watch._events.needs_no_wait and self._join(watch)

    def _join(self, watch: AsyncWatch) -> bool:
        operation = watch._events.operation
        if not operation.join(self._group):
            return False
        self._waiting[operation.key] = watch
        return True

    def part(self, watch: AsyncWatch) -> bool:
        """Wait for it no more; return whether it did."""
        operation = watch._events.operation
        if self._waiting.pop(operation.key, None) is None:
            return False
        operation.part()
        return True

    def stop(self) -> None:
        """End: no watch is open. Without the lock."""
        with _lock:
            if not self.is_over:
                self.is_over = True
                self._group.wake()

    def forget(self) -> None:
        """In a child of fork(): it is its parent's, as are the tasks that await something."""
        self.is_over = True
        for watch in (*self._waiting.values(), self._answering):
            if watch is not None:
                watch._awaited = None

    def run(self) -> None:
        """What the thread does. Without the lock."""
        try:
            while not self.is_over:
                self._serve(self._group.step(_LOOP_SLICE_MS))
        except BaseException as error:  # noqa: BLE001  the awaiting tasks raise it
            # A service was lost when nobody waited: who does since then tells so by himself.
            is_lost = isinstance(error, RasError) and error.code == _RPC_S_SERVER_UNAVAILABLE
            self.end(None if is_lost else error)
        else:
            self.end()

    def end(self, error: BaseException | None = None) -> None:
        """Nobody waits any more; the tasks that still do raise the error. Without the lock."""
        with _lock:
            self.is_over = True
            left = [watch for watch in tuple(self._waiting.values()) if self.part(watch)]
            self._group.end()
        for watch in left:
            watch._tell(error)

    def _serve(self, key: _Pointer[_Operation] | None) -> None:
        """Read what is found for a watch, and tell its task. Without the lock."""
        if key is None:
            self._end_orphans()
            return
        with _lock:
            watch = self._answering = self._waiting.pop(key, None)
        if watch is None:
            return  # its task was cancelled just now
        has_answer, failure = True, None
        try:
            has_answer = watch._events.answer()
        except BaseException as error:  # noqa: BLE001  the awaiting task raises it
            failure = error
        with _lock:
            self._answering = None
            if not has_answer and watch._awaited is not None and self._join(watch):
                return
            watch._events.operation.part()
        watch._tell(failure)
        # Its traceback refers to this frame: a circle that would keep a forgotten watch alive.
        del failure

    def _end_orphans(self) -> None:
        """End the watches whose event loop was closed under their tasks. Without the lock."""
        with _lock:
            orphans = [one for one in self._waiting.values() if not one._has_task()]
        for orphan in orphans:
            orphan.close()


class _Waiter:
    """What the open watches have of the thread that waits for them; it ends with the last."""

    def __init__(self, service: int) -> None:
        self.thread = _WaitingThread(service)
        try:
            self.thread.start()
        except RuntimeError:  # there are too many threads
            self.thread.end()
            raise
        weakref.finalize(self, self.thread.stop).atexit = False


# Held for moments only, never while RAS is called. A close() may come in between, in a signal
# handler or where a watch is forgotten.
_lock = threading.RLock()
_waiters: weakref.WeakValueDictionary[int, _Waiter] = weakref.WeakValueDictionary()


def _waiter_of(service: int) -> _Waiter:
    waiter = _waiters.get(service)
    if waiter is None or waiter.thread.is_over:
        waiter = _waiters[service] = _Waiter(service)
    return waiter


def _forget_threads() -> None:
    """In a child of fork(): the threads are its parent's."""
    global _lock  # noqa: PLW0603  another thread may have held it
    _lock = threading.RLock()
    for waiter in _waiters.values():
        waiter.thread.forget()
    _waiters.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_threads)


def _in_loop(
    on_told: Callable[[_T], object], is_over: Callable[[], bool], close: Callable[[], None]
) -> Callable[[_T], None]:
    """What a thread calls to have *on_told* called in the running event loop.

    Its exception is raised in that thread, which waits until it has returned.

    Args:
        on_told: Called in the loop.
        is_over: Whether the thread need not wait any more.
        close: Called instead of the wait, if the loop has ended.
    """
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()

    def tell_in_loop(what: _T) -> None:
        told: concurrent.futures.Future[None] = concurrent.futures.Future()
        waiting = threading.get_native_id()

        def tell() -> None:
            stand_in(waiting)
            try:
                on_told(what)
                told.set_result(None)
            except BaseException as error:  # noqa: BLE001  it ends what the thread does
                told.set_exception(error)

        loop.call_soon_threadsafe(tell, context=context)
        # The loop may end before it calls tell().
        while not told.done() and not is_over() and not loop.is_closed():
            concurrent.futures.wait([told], timeout=_SLICE)
        if not told.done():
            close()
            return
        told.result()

    return tell_in_loop


async def in_thread(
    call: Callable[[], _T],
    stop: Callable[[], None] | None = None,
    left: asyncio.Future[_T] | None = None,
) -> _T:
    """Make the call in a thread of its own, and return or raise its outcome when that has ended.

    Not in a pool of threads, which waits without a limit would soon fill.

    Args:
        call: What is called.
        stop: Called when the task is cancelled.
        left: When this has a result, that is returned, and the thread ends by itself.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    outcome: concurrent.futures.Future[_T] = concurrent.futures.Future()
    left = left or loop.create_future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001  the awaiting task raises it
            outcome.set_exception(error)
        try:
            loop.call_soon_threadsafe(done.set_result, None)
        except RuntimeError:
            # The loop was closed under its tasks, so nobody gets the outcome.
            awaited_no_more(thread)
            if stop is not None:
                stop()

    thread = threading.Thread(target=run, name="winras", daemon=True)
    cancelled: asyncio.CancelledError | None = None
    awaiting(thread, thread)
    try:
        thread.start()
        while not (done.done() or left.done()):
            try:
                await asyncio.wait((done, left), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError as error:
                cancelled = error
                if stop is not None:
                    stop()
    finally:
        awaited_no_more(thread)
    if done.done():
        thread.join()
    try:
        if cancelled is not None:
            raise cancelled
        return outcome.result() if done.done() else left.result()
    finally:
        # Its traceback refers to this frame: a circle that would keep a forgotten watch alive.
        del cancelled
