"""Watching connections come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Self

from . import _native
from ._arguments import valid_check_every, valid_entry, valid_flag, valid_timeout_or_none
from ._connections import (
    Connection,
    is_entry,
    is_same,
    link_handles,
    list_connections,
)
from ._enums import ConnectionState, ConnectionSubstate, EventKind, EventSource
from ._models import Status
from ._operations import Reasons, WatchOperation
from .exceptions import RasError, RasUnavailableError

# Seconds after which a service that does not answer is asked again; each time twice as long.
_FIRST_RETRY = 0.25

# So many checks after a signal it has been explained, or is not any more.
_CHECKS_OF_A_PERIOD = 2

_ERROR_TIMEOUT = 1460

_AWAY = (ConnectionSubstate.Dormant, ConnectionSubstate.Reconnecting)
_OF_THE_SERVICE = (EventKind.service_lost, EventKind.service_back)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a connection.

    Attributes:
        kind: What happened.
        connection: To which connection; None if *missed*, and of ``service_lost`` and
            ``service_back``.
        at: When it was seen, in UTC; in a simulation, simulated time.
        source: Whether RAS signalled it, or the periodic check found it.
        missed: RAS signalled that a connection came and that one went, but up to the check after
            the next no new one could be seen: it came and went in between, and RAS does not say
            which.
        error: Of ``service_lost``: what RAS answered; else 0.

    There is no reason for a drop, because Windows gives none: its handle is dead by then.
    """

    kind: EventKind
    connection: Connection | None
    at: datetime
    source: EventSource
    missed: bool = False
    error: int = 0


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
        initial: bool,
    ) -> None:
        self._only = connection
        self._initial = initial
        self._check_every = check_every
        self._kinds = kinds
        self._iterating = Lock()
        self._events: deque[Event] = deque()
        self._closed = False
        # What was told or up at the start, by handle; of those with multilink, their links.
        self._known: dict[int, Connection] = {}
        self._links: dict[int, _Links] = {}
        self._substates: dict[int, ConnectionSubstate] = {}
        # The only connection that is watched has ended.
        self._over = False
        # While the service does not answer: when it is asked again, and the signals that no look
        # has used.
        self._retry_after = 0.0
        self._unused: Reasons | None = None
        self._signals = _Signals()
        self._fruitless = False
        service = _native.service() if connection is None else connection._service
        self._operation = WatchOperation(service, timeout, check_every)
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
            while not self._closed and not self._events and not self._over:
                if self._operation.wait_for_look():
                    self._look()
                else:
                    # Its time is over, after a last look, or it was closed.
                    if self._signals.conclude():
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
            service = self._operation.service
            unused = reasons if self._unused is None else self._unused | reasons
            if reasons.check and not self._retry_after:
                # What RAS has refused, it may take now.
                _native.register(service)
            registration = _native.registration(service)
            try:
                listed = list_connections(service)
                if self._retry_after:
                    # It answers: only now, so that what fails is not registered again and again.
                    _native.register(service)
                    registration = _native.registration(service)
                    listed = list_connections(service)
                    # A signal may have brought this look; it is the check that is due.
                    unused = replace(unused, check=True)
                    self._operation.look_again(self._check_every)
            except RasError as error:
                if first or isinstance(error, RasUnavailableError):
                    raise
                self._unused = unused
                self._lose(error.code, registration, reasons)
                return
            self._unused = None
            seen = self._see({c.handle: c for c in listed}, check=unused.check)
            self._compare(seen, unused, first=first)

    def _see(self, listed: dict[int, Connection], *, check: bool) -> _Seen:
        """What is known of each, and what it is asked itself.

        A connection that answers an error keeps what was known of it; a new one is asked again at
        the next look. It must not keep the others from being seen.
        """
        stay = {
            handle: _with_ids(connection, listed[handle])
            for handle, connection in self._known.items()
            if is_same(connection, listed.get(handle))
        }
        substates = {h: state for h, state in self._substates.items() if h in stay}
        new = []
        for handle, connection in listed.items():
            if handle in stay and not check:
                continue
            status = _status_if_up(connection)
            if status is not None:
                substates[handle] = status.substate
                if handle not in stay:
                    new.append(connection)
        known = stay | {c.handle: c for c in new}
        before = {handle: self._links[handle] for handle in stay if handle in self._links}
        links = _look_at_links(known, listed, before, check=check)
        return _Seen(stay, new, known, before, links, substates)

    def _compare(self, seen: _Seen, reasons: Reasons, *, first: bool) -> None:
        """Tell what has changed since the last look."""
        at = _native.wall_time(self._operation.service)
        source = EventSource.notification if reasons.any else EventSource.check
        gone = [c for handle, c in self._known.items() if handle not in seen.stay]
        # Where a handle is another's now, that one's links must not be forgotten instead.
        for connection in (c for c in gone if c.handle not in seen.known):
            _native.forget_links(connection)
        was_lost = self._retry_after > 0
        if was_lost:
            self._retry_after = 0.0
            self._tell(Event(EventKind.service_back, None, at, EventSource.check))

        changes = [(EventKind.disconnected, c) for c in gone]
        changes += (
            [(EventKind.connected, c) for c in seen.new] if self._initial or not first else []
        )
        for handle, now in seen.links.items():
            told = now.changes_from(seen.before.get(handle))
            changes += [(kind, seen.known[handle]) for kind in told]
        for kind, changed in changes:
            self._tell(Event(kind, changed, at, source))
        for handle in seen.stay:
            change = _substate_change(self._substates[handle], seen.substates[handle])
            if change is not None:
                self._tell(Event(change, seen.known[handle], at, EventSource.check))

        self._known = seen.known
        self._links = seen.before | seen.links
        self._substates = seen.substates
        self._look_for_only(seen.known)
        if first:
            self._signals.begin(len(seen.new))
            return
        if self._signals.look(reasons, new=len(seen.new), gone=len(gone)):
            self._tell_missed()
        # What changed while the service was away needs no signal.
        self._heal(reasons, changed=bool(changes), may_heal=not was_lost)

    def _look_for_only(self, known: dict[int, Connection]) -> None:
        """Whether the only connection that is watched, if there is one, is still there."""
        if self._only is not None:
            still = [c for c in known.values() if is_same(self._only, c)]
            self._only = still[0] if still else self._only
            self._over = not still

    def _heal(self, reasons: Reasons, *, changed: bool, may_heal: bool) -> None:
        """Have a change that came without a signal, late ones aside, lead to new registrations."""
        if changed and not reasons.any and not self._fruitless and may_heal:
            _native.heal(self._operation.service)
        self._fruitless = not reasons.check and (self._fruitless or (reasons.any and not changed))

    def _lose(self, code: int, registration: int, reasons: Reasons) -> None:
        """The service does not answer: ask again, more and more seldom."""
        service = self._operation.service
        _native.lost(service, registration)
        if not self._retry_after:
            at = _native.wall_time(service)
            source = EventSource.notification if reasons.any else EventSource.check
            self._tell(Event(EventKind.service_lost, None, at, source, error=code))
        self._retry_after = min(max(2 * self._retry_after, _FIRST_RETRY), self._check_every)
        self._operation.look_again(self._retry_after)

    def _tell_missed(self) -> None:
        at = _native.wall_time(self._operation.service)
        source = EventSource.notification
        self._tell(Event(EventKind.disconnected, None, at, source, missed=True))

    def _tell(self, event: Event) -> None:
        is_meant = self._only is None or is_same(self._only, event.connection)
        if event.kind in self._kinds and (is_meant or event.kind in _OF_THE_SERVICE):
            self._events.append(event)


class _Signals:
    """What was signalled, and which changes explain it.

    A signal may come before its change can be seen, or after a look that has told it already. So
    what does not fit is kept for a whole period between two checks, and only then something is
    concluded.
    """

    def __init__(self) -> None:
        # How many signalled connections no look has seen yet: of before the last check, and since.
        # Signals fold, so there may be more new ones than signals, and a look may see what is
        # signalled after it: both leave a number below 0.
        self._before = 0
        self._since = 0
        # That there were signals without a change, since the last check.
        self._connection_for_nothing = False
        self._end_for_nothing = False
        # How many checks ago an end was seen, and signalled.
        self._end_seen = 0
        self._end_signalled = _CHECKS_OF_A_PERIOD + 1

    def begin(self, up: int) -> None:
        """So many are up: the signal of each may be on its way to an older registration."""
        self._since = -up

    def look(self, reasons: Reasons, *, new: int, gone: int) -> bool:
        """Take what a look has seen; whether it is time to tell that something was missed."""
        if reasons.check:
            self._end_seen += 1
            self._end_signalled += 1
            self._connection_for_nothing = self._end_for_nothing = False
        if gone:
            self._end_seen = 0
        if reasons.disconnection:
            self._end_signalled = 0
        self._since += reasons.connection - new
        self._find_pair(reasons, new=new, gone=gone)
        return reasons.check and self._end_period()

    def _find_pair(self, reasons: Reasons, *, new: int, gone: int) -> None:
        """Signals of both kinds for nothing, when no end was seen that could be signalled late.

        They are of one connection. Those that were fewer than the new ones before it were folded,
        and are not still to come.
        """
        self._connection_for_nothing = not new and (
            self._connection_for_nothing or reasons.connection
        )
        self._end_for_nothing = not gone and (self._end_for_nothing or reasons.disconnection)
        is_pair = self._connection_for_nothing and self._end_for_nothing
        if is_pair and self._end_seen >= _CHECKS_OF_A_PERIOD:
            self._connection_for_nothing = self._end_for_nothing = False
            if self._before + self._since < 1:
                self._before, self._since = 0, 1

    def _end_period(self) -> bool:
        """At a check: what is left of before the last one, if anything, is not explained."""
        missed = self._before > 0 and self._before + self._since > 0 and self._is_end_signalled()
        if self._before * self._since < 0:
            # They explain each other, as far as they go.
            used = min(abs(self._before), abs(self._since))
            self._since -= used if self._since > 0 else -used
        self._before, self._since = self._since, 0
        return missed

    def conclude(self) -> bool:
        """At the end of a watch: whether something was missed, as far as can be known."""
        missed = self._before + self._since > 0 and self._is_end_signalled()
        self._before = self._since = 0
        return missed

    def _is_end_signalled(self) -> bool:
        return self._end_signalled <= _CHECKS_OF_A_PERIOD


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look has seen: what of the known is still there, what is new, and both by handle."""

    stay: dict[int, Connection]
    new: list[Connection]
    known: dict[int, Connection]
    before: dict[int, _Links]
    links: dict[int, _Links]
    substates: dict[int, ConnectionSubstate]


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
        except RasError:
            continue  # it has gone, which the next look finds, or is asked again then
        found[handle] = _Links(handles, signals, had_one=connection.sub_entry == 0)
    return found


def _status_if_up(connection: Connection) -> Status | None:
    """Its status if it has connected, which an enumeration is documented to imply but may not."""
    try:
        status = connection.status()
    except RasError:
        return None
    return status if status.state is ConnectionState.Connected else None


def _with_ids(connection: Connection, listed: Connection) -> Connection:
    """The same connection with the ids that RAS had not set before, by which it is told apart."""
    entry_id = connection.entry_id or listed.entry_id
    correlation_id = connection.correlation_id or listed.correlation_id
    if (entry_id, correlation_id) == (connection.entry_id, connection.correlation_id):
        return connection
    return replace(connection, entry_id=entry_id, correlation_id=correlation_id)


def _substate_change(before: ConnectionSubstate, now: ConnectionSubstate) -> EventKind | None:
    if (before in _AWAY) == (now in _AWAY):
        return None
    return EventKind.dormant if now in _AWAY else EventKind.reconnected


def watch(
    *,
    connection: Connection | None = None,
    kinds: Iterable[EventKind] = tuple(EventKind),
    timeout: float | None = None,
    check_every: float = 5.0,
    initial: bool = False,
) -> Watch:
    """Watch connections come and go.

    RAS signals that something happened, not what; so each signal is followed by an enumeration,
    which is compared with the last. Because RAS may lose signals, there is one without a signal
    every *check_every* seconds. What is up when the watch begins is told only with *initial*.

    RAS is asked when the next event is asked for. Nothing is kept for a consumer that is slow: when
    it comes back it is told how what is up differs from what it knew. Of what came and went
    meanwhile, or between two looks, it is told no more than that something was ``missed``, and of
    links not even that.

    Watching begins in this call, before it returns. The service may go and come back, as when
    the Remote Access Connection Manager is restarted: that is told as ``service_lost``, with what
    RAS answered, and ``service_back``, and then what changed meanwhile.

    ``connected`` is told when RasGetConnectStatus first says Connected, ``disconnected`` of what
    was told or was up at the start. ``bandwidth_added`` and ``bandwidth_removed`` are told once
    for each link of a multilink connection. RAS signals them for such connections only; the
    second link of what was no multilink connection before is found by the check.
    ``dormant`` and ``reconnected`` are told by turns of IKEv2 connections whose network goes away
    (Dormant, Reconnecting) and comes back; no signal for them is documented, so they are found by
    the check.

    Args:
        connection: Only events of this connection and of the service; the iteration ends after
            its disconnection, or at once if it is not up.
        kinds: Only events of these kinds.
        timeout: Seconds from this call after which the iteration ends, without an error; None:
            it goes on.
        check_every: Seconds, more than 0, after which a change is found even if RAS did not
            signal it.
        initial: Begin with a ``connected`` of each connection that is up.

    Returns:
        An iterator of events, and a context manager. Its ``close()``, from any thread, ends the
        iteration; so do leaving its ``with`` block and forgetting it.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections, here; in the iteration it is
            ``service_lost``.
        ValueError, TypeError: An argument is out of range or of the wrong type.
        RuntimeError: The simulator has ended; or, in the iteration, another thread iterates.

    See Microsoft's page *RasConnectionNotification function*.
    """
    if connection is not None and (not isinstance(connection, Connection) or connection._parent):
        raise TypeError("connection must be a Connection, as of get_connection(), and not a link")
    chosen = frozenset(kinds)
    if not all(isinstance(kind, EventKind) for kind in chosen):
        raise TypeError("kinds must be of winras.EventKind, such as [EventKind.disconnected]")
    return Watch(
        connection=connection,
        kinds=chosen,
        timeout=valid_timeout_or_none(timeout),
        check_every=valid_check_every(check_every),
        initial=valid_flag(initial, "initial"),
    )


def wait_for(
    name: str, *, phonebook: str | None = None, timeout: float | None = 60.0
) -> Connection:
    """Wait until an entry is connected, and return its connection.

    Args:
        name: The entry's name; upper and lower case are the same.
        phonebook: The path of its phone book, if several have an entry of that name; else the
            first of them that is connected.
        timeout: Seconds to wait, 0 or more; None to wait without a limit.

    Raises:
        winras.RasTimeoutError: It is not connected after *timeout* seconds.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: As `watch` raises it.
        ValueError, TypeError: An argument is out of range or of the wrong type.

    See Microsoft's page *RasConnectionNotification function*.
    """
    valid_entry(name, phonebook)
    with watch(kinds=[EventKind.connected], timeout=timeout, initial=True) as events:
        for event in events:
            if event.connection is not None and is_entry(event.connection, name, phonebook):
                return event.connection
    raise not_connected_in_time(name, timeout)


def not_connected_in_time(name: str, timeout: float | None) -> RasError:
    """What `wait_for` raises."""
    message = f"{name!r} is not connected after {round(timeout or 0.0, 3):g} s"
    return _native.error(_ERROR_TIMEOUT, "RasEnumConnections", message)
