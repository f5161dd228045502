"""Watching connections come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Self

from . import _native
from ._connections import Connection, check_timeout, is_same, link_handles, list_connections
from ._enums import ConnectionState, EventKind, EventSource
from .exceptions import NotConnectedError


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a connection.

    Attributes:
        kind: What happened.
        connection: To which connection; None only if *missed*.
        at: When it was seen, in UTC; in a simulation, simulated time.
        source: Whether RAS signalled it, or the periodic check found it.
        missed: RAS signalled that a connection came and that one went, but up to the check after
            the next no new one could be seen: it came and went in between, and RAS does not say
            which.

    There is no reason for a drop, because Windows gives none: its handle is dead by then.
    """

    kind: EventKind
    connection: Connection | None
    at: datetime
    source: EventSource
    missed: bool = False


class Watch(Iterator[Event]):
    """The events of `watch`: an iterator, and a context manager that closes it.

    One thread at a time may iterate; `close` is safe from any thread.
    """

    def __init__(
        self,
        *,
        connection: Connection | None,
        kinds: frozenset[EventKind],
        timeout: float | None,
        check_every: float,
    ) -> None:
        self._only = connection
        self._kinds = kinds
        self._iterating = Lock()
        self._events: deque[Event] = deque()
        self._closed = False
        # What was told or up at the start, by handle; of those with multilink, their links.
        self._known: dict[int, Connection] = {}
        self._links: dict[int, _Links] = {}
        # Signals that no change has explained yet, and the other way round.
        self._connect_unexplained = False
        self._pair_unexplained = False
        self._period_is_over = False
        self._fruitless = False
        self._connect_unsignalled = False
        service = _native.service() if connection is None else connection._service
        self._operation = _native.WatchOperation(service, timeout, check_every)
        try:
            self._look(first=True)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_operation"):
            self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        if not self._iterating.acquire(blocking=False):
            raise RuntimeError("another thread iterates over this watch already")
        try:
            while not self._closed and not self._events:
                if self._operation.wait_for_look():
                    self._look()
                else:
                    # Its time is over, or it was closed.
                    if self._pair_unexplained and not self._closed:
                        self._look()
                    self._tell_missed()
                    self._operation.close()
                    break
            event = self.next_told()
        except BaseException:
            self.close()
            raise
        finally:
            self._iterating.release()
        if event is None:
            self.close()
            raise StopIteration
        return event

    def next_told(self) -> Event | None:
        """The next event that is known without waiting, or None; none after `close`."""
        return self._events.popleft() if self._events and not self._closed else None

    def close(self) -> None:
        """End the watch: its iteration, in whichever thread, ends too. Safe at any time."""
        self._closed = True
        self._operation.close()

    def _look(self, *, first: bool = False) -> None:
        """Compare what is up now with what was known, both ways."""
        with self._operation.look() as reasons:
            # All that may fail comes first, so that an error loses nothing that was found.
            listed = {c.handle: c for c in list_connections(self._operation.service)}
            at = _native.wall_time(self._operation.service)
            stay = {h: c for h, c in self._known.items() if is_same(c, listed.get(h))}
            gone = [c for handle, c in self._known.items() if handle not in stay]
            new = [c for handle, c in listed.items() if handle not in stay and _is_up(c)]
            known = stay | {c.handle: c for c in new}
            before = {handle: self._links[handle] for handle in stay if handle in self._links}
            links = _look_at_links(known, listed, before, check=reasons.check)

            for connection in gone:
                _native.forget_links(connection)
            changes = [(EventKind.disconnected, c) for c in gone]
            changes += [] if first else [(EventKind.connected, c) for c in new]
            for handle, now in links.items():
                changes += [(kind, known[handle]) for kind in now.changes_from(before.get(handle))]
            self._known = known
            self._links = before | links
            source = EventSource.notification if reasons.any else EventSource.check
            for kind, changed in changes:
                self._tell(Event(kind, changed, at, source))

            if not first:
                self._explain(reasons, new=bool(new), changed=bool(changes))

    def _explain(self, reasons: _native.Reasons, *, new: bool, changed: bool) -> None:
        """Which signals the changes explain, and which changes came without a signal.

        A signal may come before its change can be seen, or after a look that has told it already.
        So what does not fit is kept for a whole period between two checks, and only then
        something is concluded.
        """
        late = self._connect_unsignalled and reasons.connection
        kept = self._connect_unsignalled and not reasons.check
        self._connect_unsignalled = (new or kept) and not reasons.connection
        if new:
            self._connect_unexplained = self._pair_unexplained = self._period_is_over = False
        elif reasons.connection and not late:
            self._connect_unexplained = True
        if self._connect_unexplained and reasons.disconnection:
            self._pair_unexplained = True

        if changed and not reasons.any and not self._fruitless:
            _native.heal(self._operation.service)
        self._fruitless = self._fruitless or (reasons.any and not changed)
        if reasons.check:
            self._fruitless = False
            if self._period_is_over:
                self._tell_missed()
                self._connect_unexplained = False
            self._period_is_over = self._connect_unexplained

    def _tell_missed(self) -> None:
        """A connection was signalled, and an end, and until now nothing new was seen."""
        if self._pair_unexplained:
            at = _native.wall_time(self._operation.service)
            source = EventSource.notification
            self._tell(Event(EventKind.disconnected, None, at, source, missed=True))
        self._pair_unexplained = False

    def _tell(self, event: Event) -> None:
        if event.kind in self._kinds and (
            self._only is None or is_same(self._only, event.connection)
        ):
            self._events.append(event)


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of a connection: their handles by number, and how often they were signalled."""

    handles: dict[int, int]
    signals: int
    had_one: bool

    def changes_from(self, before: _Links | None) -> list[EventKind]:
        """What came and went. Known without multilink, it had one; seen first, these."""
        if before is None:
            return [EventKind.bandwidth_added] * (len(self.handles) - 1) if self.had_one else []
        went = [n for n, handle in before.handles.items() if self.handles.get(n) != handle]
        came = [n for n, handle in self.handles.items() if before.handles.get(n) != handle]
        return [EventKind.bandwidth_removed] * len(went) + [EventKind.bandwidth_added] * len(came)


def _look_at_links(
    known: dict[int, Connection],
    listed: dict[int, Connection],
    before: dict[int, _Links],
    *,
    check: bool,
) -> dict[int, _Links]:
    """The links of multilink connections: those that were signalled, are new, or all."""
    found = {}
    for handle, connection in known.items():
        # RASCONN's sub-entry is that of a connected link in a multilink connection, else 0.
        if not listed[handle].sub_entry:
            continue
        if handle not in before:
            _native.watch_links(connection)
        signals = _native.count_link_signals(connection)
        if handle in before and before[handle].signals == signals and not check:
            continue
        try:
            handles = link_handles(connection)
        except NotConnectedError:
            continue  # the next look finds it gone
        found[handle] = _Links(handles, signals, had_one=connection.sub_entry == 0)
    return found


def _is_up(connection: Connection) -> bool:
    """Whether it has connected, which an enumeration is documented to imply but may not."""
    try:
        return connection.status().state is ConnectionState.Connected
    except NotConnectedError:
        return False


def watch(
    *,
    connection: Connection | None = None,
    kinds: Iterable[EventKind] = tuple(EventKind),
    timeout: float | None = None,
    check_every: float = 5.0,
) -> Watch:
    """Watch connections come and go.

    RAS signals that something happened, not what; so each signal is followed by an enumeration,
    which is compared with the last. Because RAS may lose signals, there is one without a signal
    every *check_every* seconds. What is up when the watch begins is not told.

    Watching begins in this call, before it returns.

    ``connected`` is told when RasGetConnectStatus first says Connected, ``disconnected`` of what
    was told or was up at the start. ``bandwidth_added`` and ``bandwidth_removed`` are told once
    for each link of a multilink connection. RAS signals them for such connections only; the
    second link of what was no multilink connection before is found by the check.

    Args:
        connection: Only events of this connection.
        kinds: Only events of these kinds.
        timeout: Seconds from this call after which the iteration ends, without an error; None:
            it goes on.
        check_every: Seconds, more than 0, after which a change is found even if RAS did not
            signal it.

    Returns:
        An iterator of events, and a context manager. Its ``close()``, from any thread, ends the
        iteration; so do leaving its ``with`` block and forgetting it.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections, RasGetConnectStatus or
            RasGetSubEntryHandle, here or in the iteration, which it ends.
        ValueError, TypeError: An argument is out of range or of the wrong type.
        RuntimeError: The simulator has ended; or, in the iteration, another thread iterates.

    See Microsoft's page *RasConnectionNotification function*.
    """
    if connection is not None and (not isinstance(connection, Connection) or connection._parent):
        raise TypeError("connection must be a Connection, and not a link")
    chosen = frozenset(kinds)
    if not all(isinstance(kind, EventKind) for kind in chosen):
        raise TypeError("kinds must be of winras.EventKind")
    if check_timeout(check_every, "check_every") == 0:
        raise ValueError("check_every must be more than 0 seconds")
    return Watch(
        connection=connection,
        kinds=chosen,
        timeout=None if timeout is None else check_timeout(timeout),
        check_every=check_every,
    )
