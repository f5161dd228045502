"""Watching connections come and go."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
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
        missed: RAS signalled that a connection came and that one went, but nothing of it could
            be seen any more: RAS does not say which it was.

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
        self._events: deque[Event] = deque()
        self._closed = False
        # What was told or up at the start, by handle; of those with multilink, their links.
        self._known: dict[int, Connection] = {}
        self._links: dict[int, dict[int, int]] = {}
        self._link_signals: dict[int, int] = {}
        self._explained = _native.Signals(0, 0)
        self._connect_pending = False
        self._disconnect_pending = False
        self._operation = _native.WatchOperation(_native.service(), timeout, check_every)
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
        while not self._closed and not self._events:
            try:
                look = self._operation.wait_for_look()
            except BaseException:
                self.close()
                raise
            if not look:
                self.close()
            elif not self._closed:
                self._look()
        event = self.next_told()
        if event is None:
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
        signals, check = self._operation.look()
        listed = {c.handle: c for c in list_connections(self._operation.service)}
        at = _native.wall_time(self._operation.service)
        # What was signalled while RAS was asked may be in its answer already.
        after = self._operation.count_signals()
        connect = signals.connections > self._explained.connections
        disconnect = signals.disconnections > self._explained.disconnections

        gone = [c for c in self._known.values() if not is_same(c, listed.get(c.handle))]
        for connection in gone:
            self._forget(connection)
        new = [c for c in listed.values() if c.handle not in self._known and _is_up(c)]
        for connection in new:
            self._known[connection.handle] = connection
        links = self._look_at_links(listed, check=check)

        changes = [(EventKind.disconnected, c, disconnect) for c in gone]
        if not first:
            changes += [(EventKind.connected, c, connect) for c in new]
        for kind, changed, signalled in changes + links:
            self._tell(kind, changed, at, signalled=signalled)

        connect_known = connect or self._connect_pending
        disconnect_known = disconnect or self._disconnect_pending
        if (
            (gone and not disconnect_known)
            or (new and not first and not connect_known)
            or not all(signalled for _, _, signalled in links)
        ):
            _native.heal(self._operation.service)
        # A signal may come before its change can be seen, so it is kept until a change explains it.
        self._connect_pending = connect_known and not new and not first
        self._disconnect_pending = disconnect_known and not gone and not first
        if self._connect_pending and disconnect:
            self._tell(EventKind.disconnected, None, at, signalled=True)
            self._connect_pending = False
        self._explained = _native.Signals(
            after.connections if new or first else signals.connections,
            after.disconnections if gone or first else signals.disconnections,
        )

    def _tell(
        self, kind: EventKind, connection: Connection | None, at: datetime, *, signalled: bool
    ) -> None:
        if kind not in self._kinds:
            return
        if self._only is not None and not is_same(self._only, connection):
            return
        source = EventSource.notification if signalled else EventSource.check
        self._events.append(Event(kind, connection, at, source, missed=connection is None))

    def _forget(self, connection: Connection) -> None:
        del self._known[connection.handle]
        self._links.pop(connection.handle, None)
        self._link_signals.pop(connection.handle, None)
        _native.forget_links(connection)

    def _look_at_links(
        self, listed: dict[int, Connection], *, check: bool
    ) -> list[tuple[EventKind, Connection, bool]]:
        """What came and went in the multilink connections that were signalled, or in all."""
        changes: list[tuple[EventKind, Connection, bool]] = []
        for handle, connection in self._known.items():
            # RASCONN's sub-entry is that of a connected link in a multilink connection, else 0.
            if handle not in listed or not listed[handle].sub_entry:
                continue
            before = self._links.get(handle)
            if before is None:
                _native.watch_links(connection)
            signals = _native.count_link_signals(connection)
            signalled = before is not None and signals != self._link_signals[handle]
            if before is not None and not signalled and not check:
                continue
            try:
                links = link_handles(connection)
            except NotConnectedError:
                continue  # the next look finds it gone
            if before is None:
                # Known without multilink, it had one link; seen for the first time, these.
                had_one = connection.sub_entry == 0
                before = dict(itertools.islice(links.items(), 1)) if had_one else links
            self._links[handle] = links
            self._link_signals[handle] = signals
            went = [EventKind.bandwidth_removed for n, h in before.items() if links.get(n) != h]
            came = [EventKind.bandwidth_added for n, h in links.items() if before.get(n) != h]
            changes += [(kind, connection, signalled) for kind in went + came]
        return changes


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

    Watching begins in this call, before it returns: nothing that happens afterwards is missed.

    ``connected`` is told when RasGetConnectStatus first says Connected, ``disconnected`` of what
    was told or was up at the start. ``bandwidth_added`` and ``bandwidth_removed`` are told once
    for each link of a multilink connection.

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
        winras.RasError: Any other answer of RasEnumConnections, here or in the iteration, which
            it ends.
        ValueError, TypeError: An argument is out of range or of the wrong type.
        RuntimeError: In the iteration: the simulator has ended, or another thread iterates.

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
