"""Watching connections come and go.

RAS signals that something happened, not what. So a `Watch` keeps what it knows to be up, and at
each look asks RAS what is up now: what differs becomes events. It looks after each signal, and
because signals may be lost, it also looks every ``check_every`` seconds, which is a check. The wait
in between is a `_operations.WatchOperation`.

A look goes through these steps:

* `Watch._look` asks RAS for its connections; if RAS answers an error, the service is lost.
* `Watch._see` asks new connections for their status, and multilink connections for their links;
  at a check it asks all of them.
* `Watch._compare` compares the answers with what was known, both ways, and queues the events.
* `_Signals` finds out from signals without a difference that a connection came and went unseen.

docs/architecture.md says why a watch neither misses nor lies.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType

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
from ._log import decided
from ._models import Json, Status, to_json
from ._operations import Reasons, WatchOperation
from .exceptions import RasError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

# Seconds until the watch first asks a lost service again; each further pause is twice as long.
_FIRST_RETRY = 0.25

# Seconds between two questions to the service manager while RasMan does not run.
_RASMAN_RETRY = 1.0

# A signal and a difference that lie so many checks apart have nothing to do with each other.
_CHECKS_TO_WAIT = 2

_ERROR_TIMEOUT = 1460
# This system has no RAS, or not the function.
_NO_RAS = (120, 126, 127)

_AWAY = (ConnectionSubstate.Dormant, ConnectionSubstate.Reconnecting)
_OF_THE_SERVICE = (EventKind.service_lost, EventKind.service_back)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a connection, or to the service.

    Attributes:
        kind: What happened.
        connection: The connection; None if *missed*, and for ``service_lost`` and
            ``service_back``.
        at: When the watch saw it, in UTC; in a simulation, simulated time.
        source: Whether a signal led to it, or the watch found it by a check.
        missed: RAS signalled both that a connection came and that one went, and up to the check
            after the next check no difference could be seen that explains them. So a connection
            came and went unseen; RAS does not say which.
        error: For ``service_lost``, what RAS answered, or 1062 if RasMan is stopped and 1058 if it
            is disabled; else 0.

    An event has no reason for a disconnection, because Windows gives none: the handle is dead by
    then.
    """

    kind: EventKind
    connection: Connection | None
    at: datetime
    source: EventSource
    missed: bool = False
    error: int = 0

    def to_dict(self) -> dict[str, Json]:
        """The event in plain values for JSON, with the keys of ``winras watch --json``.

        Of its connection there are name and handle, None where it has none. *at* is ISO 8601 in UTC
        with milliseconds and a Z.
        """
        connection = self.connection
        return {
            "kind": to_json(self.kind),
            "name": to_json(connection.name if connection else None),
            "handle": to_json(connection.handle if connection else None),
            "at": to_json(self.at),
            "source": to_json(self.source),
            "missed": self.missed,
            "error": self.error,
        }


class _BusyError(RuntimeError):
    """Another thread iterates; the watch goes on."""


class Watch(Iterator[Event]):
    """What `watch` returns: an iterator over events, and a context manager that closes it.

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
        # By which thread. setdefault() is one step, which no other thread can interrupt. A thread
        # whose step an exception has interrupted can begin another.
        self._iterating: dict[str, int] = {}
        self._events: deque[Event] = deque()
        self._closed = False
        # The connections that were told or up at the start, and, of the multilink ones, their
        # links; all by handle.
        self._known: dict[int, Connection] = {}
        self._links: dict[int, _Links] = {}
        self._substates: dict[int, ConnectionSubstate] = {}
        # The watch is of one connection, which has ended.
        self._over = False
        # service_lost was told last, not service_back.
        self._is_lost = False
        # While RAS does not answer: the pause before it is asked again, and the signals that failed
        # looks have left for the next one.
        self._retry_after = 0.0
        self._unused: Reasons | None = None
        self._signals = _Signals()
        # Since the last check, a look after a signal has found no difference.
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

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        try:
            self._iterate(lambda: True)
            event = self.next_told()
        except _BusyError:
            raise
        except BaseException:
            self.close()
            raise
        if event is None:
            self.close()
            raise StopIteration
        return event

    def wait(self, is_wanted: Callable[[], bool]) -> bool:
        """Wait for an event, which `next_told` then returns; return False if the watch is over.

        Nothing is lost if *is_wanted* says no, nor if this raises: the next call goes on, or raises
        again.
        """
        self._iterate(is_wanted)
        return bool(self._events) and not self._closed

    def wake(self) -> None:
        """Have a `wait` of another thread ask at once whether it is still wanted."""
        self._operation.wake()

    def _iterate(self, is_wanted: Callable[[], bool]) -> None:
        """Wait, if no other thread does."""
        mine = threading.get_ident()
        if self._iterating.setdefault("by", mine) != mine:
            raise _BusyError("another thread is already iterating over this watch")
        try:
            self._wait(is_wanted)
        finally:
            self._iterating.clear()

    def _wait(self, is_wanted: Callable[[], bool]) -> None:
        """Wait until an event is queued, the watch is over, or *is_wanted* says no."""
        while not self._closed and not self._events and not self._over:
            is_time = self._operation.wait_for_look(is_wanted)
            if is_time:
                self._look()
                continue
            if is_time is False:
                # The timeout has expired, after a last look, or the watch was closed.
                if self._signals.conclude():
                    self._tell_missed()
                self._operation.close()
            return

    def next_told(self) -> Event | None:
        """Return the next event that needs no waiting, or None; always None after `close`."""
        return self._events.popleft() if self._events and not self._closed else None

    def close(self) -> None:
        """End the watch and its iteration, in whichever thread that is. Safe at any time."""
        self._closed = True
        self._operation.close()

    def _look(self, *, first: bool = False) -> None:
        """Ask RAS what is up, and tell how it differs from what was known."""
        with self._operation.look() as reasons:
            service = self._operation.service
            unused = reasons if self._unused is None else self._unused | reasons
            if reasons.check and not self._retry_after:
                # RAS may grant now what it has refused before.
                _native.register(service)
            registration = _native.registration(service)
            try:
                listed = list_connections(service)
                no_rasman = _native.no_rasman(service)
                if self._retry_after and not no_rasman:
                    # The service is back. Registering any earlier would fail, again and again.
                    _native.register(service)
                    registration = _native.registration(service)
                    listed = list_connections(service)
                    # Whatever led to this look, it is a check: after an outage all is asked.
                    unused = replace(unused, check=True)
                    self._operation.look_again(self._check_every)
            except RasError as error:
                if first or error.code in _NO_RAS:
                    raise
                self._lose(error.code, registration, reasons)
                listed, no_rasman = [], _native.no_rasman(service)
                if not no_rasman:
                    self._unused = unused
                    return
            else:
                if no_rasman and not first and not self._retry_after:
                    self._lose(no_rasman, registration, reasons)
            self._unused = None
            if no_rasman:
                self._retry_after = min(_RASMAN_RETRY, self._check_every)
                self._operation.look_again(self._retry_after)
            seen = self._see({c.handle: c for c in listed}, check=unused.check)
            self._compare(seen, unused, first=first, is_away=bool(no_rasman))

    def _see(self, listed: dict[int, Connection], *, check: bool) -> _Seen:
        """Ask the connections themselves: new ones for their status, at a check all of them.

        An error of one connection must not hide the others. If it was known, what was known of it
        stays; if it is new, the next look asks it again.
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

    def _compare(self, seen: _Seen, reasons: Reasons, *, first: bool, is_away: bool) -> None:
        """Queue an event for each difference from the last look."""
        at = _native.wall_time(self._operation.service)
        source = EventSource.notification if reasons.any else EventSource.check
        gone = [c for handle, c in self._known.items() if handle not in seen.stay]
        # A new connection may have the handle already; its links must not be forgotten.
        for connection in (c for c in gone if c.handle not in seen.known):
            _native.forget_links(connection)
        was_away = self._retry_after > 0
        if not is_away:
            self._retry_after = 0.0
            if self._is_lost:
                self._is_lost = False
                decided("a watch: RAS answers again", function="RasEnumConnections")
                self._tell(Event(EventKind.service_back, None, at, EventSource.check))

        differences = [(EventKind.disconnected, c) for c in gone]
        differences += (
            [(EventKind.connected, c) for c in seen.new] if self._initial or not first else []
        )
        for handle, now in seen.links.items():
            kinds = now.differences_from(seen.before.get(handle))
            differences += [(kind, seen.known[handle]) for kind in kinds]
        for kind, connection in differences:
            self._tell(Event(kind, connection, at, source))
        for handle in seen.stay:
            turn = _substate_difference(self._substates[handle], seen.substates[handle])
            if turn is not None:
                self._tell(Event(turn, seen.known[handle], at, EventSource.check))

        self._known = seen.known
        self._links = seen.before | seen.links
        self._substates = seen.substates
        self._follow_only(seen.known)
        if self._signals.look(reasons, differs=bool(seen.new or gone)):
            self._tell_missed()
        if first:
            return
        # Nobody signals what happens while the service is lost.
        self._heal(reasons, differs=bool(differences), may_heal=not was_away)

    def _follow_only(self, known: dict[int, Connection]) -> None:
        """End a watch of one connection when that has gone."""
        if self._only is not None:
            still = [c for c in known.values() if is_same(self._only, c)]
            self._only = still[0] if still else self._only
            self._over = not still

    def _heal(self, reasons: Reasons, *, differs: bool, may_heal: bool) -> None:
        """Register afresh if RAS did not signal a difference.

        A signal since the last check that led to no difference may have been the signal of this
        one, only early: then the registrations are good.
        """
        if differs and not reasons.any and not self._fruitless and may_heal:
            _native.heal(self._operation.service)
        self._fruitless = not reasons.check and (self._fruitless or (reasons.any and not differs))

    def _lose(self, code: int, registration: int, reasons: Reasons) -> None:
        """Tell that the service is lost, if it is news, and ask again after a longer pause."""
        service = self._operation.service
        _native.lost(service, registration)
        if not self._is_lost:
            self._is_lost = True
            at = _native.wall_time(service)
            source = EventSource.notification if reasons.any else EventSource.check
            decided(
                "a watch: RAS does not answer, and is asked again",
                function="RasEnumConnections",
                result=code,
            )
            self._tell(Event(EventKind.service_lost, None, at, source, error=code))
        self._retry_after = min(max(2 * self._retry_after, _FIRST_RETRY), self._check_every)
        self._operation.look_again(self._retry_after)

    def _tell_missed(self) -> None:
        at = _native.wall_time(self._operation.service)
        source = EventSource.notification
        self._tell(Event(EventKind.disconnected, None, at, source, missed=True))

    def _tell(self, event: Event) -> None:
        """Queue an event if the caller has asked for it."""
        is_meant = self._only is None or is_same(self._only, event.connection)
        if event.kind in self._kinds and (is_meant or event.kind in _OF_THE_SERVICE):
            self._events.append(event)


class _Signals:
    """Finds out when a connection came and went between two looks.

    One did if RAS signalled both a connection and a disconnection, and no difference explains
    them. A signal may come a little before its difference can be seen, or a little after a look has
    seen it. So after a difference, signals are ignored until two checks have been made; and once
    both kinds have been signalled, two checks must see no difference before the pair counts as
    missed. One check is too few, because it may follow at once. The look that took in the signals,
    or saw the difference, counts if it is a check.
    """

    def __init__(self) -> None:
        # Which kinds RAS has signalled without a difference.
        self._connection = False
        self._disconnection = False
        # Checks since the last difference, or since the second kind was signalled.
        self._checks = _CHECKS_TO_WAIT

    def look(self, reasons: Reasons, *, differs: bool) -> bool:
        """Take in a look, with its signals; return whether a connection was missed."""
        if differs:
            self._connection = self._disconnection = False
            self._checks = 0
        elif self._checks >= _CHECKS_TO_WAIT:
            self._connection |= reasons.connection
            self._disconnection |= reasons.disconnection
            if self._connection and self._disconnection:
                self._checks = 0
        self._checks += reasons.check
        return self._checks >= _CHECKS_TO_WAIT and self.conclude()

    def conclude(self) -> bool:
        """Return, without waiting for more checks, whether both kinds are left; forget them."""
        is_missed = self._connection and self._disconnection
        if is_missed:
            self._connection = self._disconnection = False
        return is_missed


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look has seen; all but *new* by handle.

    Attributes:
        stay: Known connections that are still up.
        new: Connections that were not known.
        known: Both of them.
        before: The links that were known of those that stay.
        links: The links of those that were asked for them.
        substates: The substate of each.
    """

    stay: dict[int, Connection]
    new: list[Connection]
    known: dict[int, Connection]
    before: dict[int, _Links]
    links: dict[int, _Links]
    substates: dict[int, ConnectionSubstate]


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of a multilink connection.

    Attributes:
        handles: Their handles, by sub-entry.
        signals: How many signals there were for them.
        had_one: The connection was known before it became multilink; it had one link then.
    """

    handles: dict[int, int]
    signals: int
    had_one: bool

    def differences_from(self, before: _Links | None) -> list[EventKind]:
        """What went and came since *before*; None: the links were not known."""
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
    """Ask multilink connections for their links: the signalled and new ones, at a check all."""
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
            continue  # the next look finds it gone, or asks again
        found[handle] = _Links(handles, signals, had_one=connection.sub_entry == 0)
    return found


def _status_if_up(connection: Connection) -> Status | None:
    """Return its status, or None unless that is Connected.

    RasEnumConnections is documented to list only what is connected; Windows may list more.
    """
    try:
        status = connection.status()
    except RasError:
        return None
    return status if status.state is ConnectionState.Connected else None


def _with_ids(connection: Connection, listed: Connection) -> Connection:
    """Add the ids that RAS has set since to a known connection: they tell it from others."""
    entry_id = connection.entry_id or listed.entry_id
    correlation_id = connection.correlation_id or listed.correlation_id
    if (entry_id, correlation_id) == (connection.entry_id, connection.correlation_id):
        return connection
    return replace(connection, entry_id=entry_id, correlation_id=correlation_id)


def _substate_difference(before: ConnectionSubstate, now: ConnectionSubstate) -> EventKind | None:
    """Tell whether the network of an IKEv2 connection has gone away or come back."""
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

    RAS signals that something happened, not what; so after each signal the watch asks RAS what is
    up, and tells how that differs from what it knew. Because signals may be lost, it also does so
    every *check_every* seconds. It tells what is up when it begins only with *initial*.

    Watching begins in this call, before it returns. From then on the watch asks RAS only when the
    next event is asked for, and keeps nothing for a slow consumer: one that comes back is told how
    what is up differs from what it knew. A connection that came and went meanwhile, or between two
    other looks at RAS, is told as ``missed`` if RAS signalled both and nothing else differed at
    about that time; links that came and went unseen are not told at all.

    The kinds of events:

    * ``connected``: RasGetConnectStatus says Connected for the first time.
    * ``disconnected``: A connection that was told, or up at the start, has gone.
    * ``bandwidth_added``, ``bandwidth_removed``: A link of a multilink connection came or went. RAS
      signals links of multilink connections only, so the watch finds the second link of any other
      connection by a check.
    * ``dormant``, ``reconnected``: The network of an IKEv2 connection went away (Dormant,
      Reconnecting) or came back, by turns. No signal for them is documented, so the watch finds
      them by a check.
    * ``service_lost``, ``service_back``: RAS answered an error, which the event has, or answers
      again, as when the Windows service RasMan (Remote Access Connection Manager) is restarted. The
      events of what differs since then follow. When RasMan stops (1062) or is disabled (1058),
      nothing is up any more, so the ``disconnected`` of each connection follows too.

    A watch that begins while RasMan is stopped knows of no connection, and asks the service manager
    until RasMan runs; then it tells ``connected``, but no ``service_back``.

    Args:
        connection: Tell only events of this connection and of the service, and end after its
            disconnection, or at once if it is not up.
        kinds: Tell only events of these kinds.
        timeout: Seconds from this call after which the iteration ends, without an error; None for
            no limit.
        check_every: Seconds, more than 0, between two checks, which find what RAS did not signal.
        initial: Begin with a ``connected`` for each connection that is up.

    Returns:
        An iterator over events, and a context manager. The iteration ends when any thread calls
        ``close()``, when the ``with`` block is left, or when the watch is forgotten.

    Raises:
        winras.RasUnavailableError: This system has no RAS, or RasMan is disabled.
        winras.RasError: RasEnumConnections answers any other error in this call; during the
            iteration that is a ``service_lost``.
        ValueError, TypeError: An argument is out of range or of the wrong type.
        RuntimeError: The simulator has ended; or, in the iteration, another thread iterates.

    See Microsoft's page *RasConnectionNotification function*.
    """
    if connection is not None and (not isinstance(connection, Connection) or connection._parent):
        raise TypeError("connection must be a Connection, as of get_connection(), and not a link")
    chosen = frozenset(kinds)
    if not all(isinstance(kind, EventKind) for kind in chosen):
        raise TypeError("kinds must be EventKind members, such as [EventKind.disconnected]")
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
        phonebook: The path of its phone book, if several have an entry of that name; without it,
            the first of them that is connected will do.
        timeout: Seconds to wait, 0 or more; None for no limit.

    Raises:
        winras.RasTimeoutError: It is not connected after *timeout* seconds.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any error that `watch` raises.
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
    """Return the error that `wait_for` raises."""
    seconds = valid_timeout_or_none(timeout) or 0.0
    message = f"{name!r} is not connected after {round(seconds, 3):g} s"
    return _native.error(_ERROR_TIMEOUT, "RasEnumConnections", message)
