"""Watching connections come and go.

RAS signals that something happened, not what. So after each signal somebody looks: C asks RAS what
is up, once for all watches, and wakes those that have something to tell. Because signals may be
lost, a look is also made every ``check_every`` seconds, which is a check. The wait in between is a
`_operations.WatchOperation`.

What a look has seen is a `_Picture`, read once for all watches; what a watch knows is a `_View`.
`_Picture.differences` compares the two, both ways; a `Watch` queues them as events.

docs/architecture.md says why a watch neither misses nor lies.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from . import _native
from ._arguments import valid_check_every, valid_entry, valid_flag, valid_timeout_or_none
from ._connections import Connection, is_entry, is_same, read_connections
from ._enums import ConnectionSubstate, EventKind, EventSource
from ._log import decided
from ._models import Json, to_json
from ._operations import WatchOperation
from .exceptions import RasError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from ._ras import _Picture as _NativePicture
    from ._ras import _Seen

_ERROR_TIMEOUT = 1460
# This system has no RAS, or not the function.
_NO_RAS = (120, 126, 127)

_AWAY = (ConnectionSubstate.Dormant, ConnectionSubstate.Reconnecting)
# What no signal tells.
_TURNS = (EventKind.dormant, EventKind.reconnected)
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
        patient: bool = False,
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
        self._view = _NOTHING
        # The watch is of one connection, which has ended.
        self._over = False
        # RAS did not answer, or nothing could be up, at the last look; and service_lost was told
        # last, not service_back.
        self._is_away = False
        self._is_lost = False
        service = _native.service() if connection is None else connection._service
        self._operation = WatchOperation(service, timeout, check_every)
        try:
            # One that is patient is told of a service that does not answer as of one that is lost.
            self._operation.wait_for_look(self._look if patient else self._begin)
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
            self._iterate()
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

    def wait(self, is_wanted: Callable[[], bool] | None) -> bool:
        """Wait for an event, which `next_told` then returns; return False if the watch is over.

        Nothing is lost if *is_wanted* says no, nor if this raises: the next call goes on, or raises
        again.
        """
        self._iterate(is_wanted)
        return bool(self._events) and not self._closed

    def renew(self, timeout: float | None, check_every: float | None = None) -> None:
        """Look, and go on from what is known, up to that timeout: also after the last, or `rouse`.

        If there is no other watch meanwhile, what is up is told as gone and come, because C knows
        only as long as there is one which connections are the same; `known` is right.

        Args:
            timeout: As for `watch`, from this call.
            check_every: As for `watch`; None for what it was.

        Raises:
            winras.RasUnavailableError: This system has no RAS.
        """
        self._operation.close()
        self._check_every = self._check_every if check_every is None else check_every
        self._operation = WatchOperation(self._operation.service, timeout, self._check_every)
        if self._closed:
            self._operation.close()
        self._operation.wait_for_look(self._look)

    def rouse(self) -> None:
        """End the `wait` of another thread, and the next, up to `renew`. Safe at any time."""
        self._operation.close()

    @property
    def known(self) -> list[Connection]:
        """The connections that are up, as far as is known."""
        return list(self._view.known.values())

    @property
    def is_lost(self) -> bool:
        """Whether RAS has not answered since ``service_lost``."""
        return self._is_lost

    @property
    def operation(self) -> WatchOperation:
        """Its wait, for the thread of a group."""
        return self._operation

    @property
    def is_over(self) -> bool:
        """Whether no event comes after those that need no waiting."""
        return self._over or self._closed

    @property
    def needs_no_wait(self) -> bool:
        """Whether `next_told` has an event, or the watch is over."""
        return bool(self._events) or self.is_over

    def answer(self) -> bool:
        """Take in what the group's thread has found; return whether there is nothing to wait for.

        Nothing is lost if this raises: the next call raises again.
        """
        if self._operation.answer(self._look) is False:
            self.close()
        return self.needs_no_wait

    def _iterate(self, is_wanted: Callable[[], bool] | None = None) -> None:
        """Wait, if no other thread does."""
        mine = threading.get_ident()
        if self._iterating.setdefault("by", mine) != mine:
            raise _BusyError("another thread is already iterating over this watch")
        try:
            self._wait(is_wanted)
        finally:
            self._iterating.clear()

    def _wait(self, is_wanted: Callable[[], bool] | None) -> None:
        """Wait until an event is queued, the watch is over, or *is_wanted* says no."""
        while not self._closed and not self._events and not self._over:
            is_time = self._operation.wait_for_look(self._look, is_wanted)
            if not is_time:
                if is_time is False:
                    # The timeout has expired, after a last look, or the watch was closed.
                    self._operation.close()
                return

    def next_told(self) -> Event | None:
        """Return the next event that needs no waiting, or None; always None after `close`."""
        return self._events.popleft() if self._events and not self._closed else None

    def close(self) -> None:
        """End the watch and its iteration, in whichever thread that is. Safe at any time."""
        self._closed = True
        self._operation.close()

    def _begin(self, native: _NativePicture) -> None:
        """Take what is up at the beginning as known, or tell it."""
        _native.raise_for(native.error, "RasEnumConnections")
        picture = _picture_of(native, self._operation.service)
        self._is_away = picture.problem != 0
        view = _NOTHING if self._initial else picture.view
        self._follow(picture, view, _native.to_date(native.wall), self._source())

    def _look(self, native: _NativePicture) -> None:
        """Queue an event for each difference from what was known."""
        if native.error in _NO_RAS:
            _native.raise_for(native.error, "RasEnumConnections")
        picture = _picture_of(native, self._operation.service)
        at, source = _native.to_date(native.wall), self._source()
        is_silent = native.error and not native.away
        if picture.problem and not self._is_lost and not (native.away and self._is_away):
            self._is_lost = True
            decided(
                "a watch: RAS does not answer, and is asked again",
                function="RasEnumConnections",
                result=picture.problem,
            )
            self._tell(Event(EventKind.service_lost, None, at, source, error=picture.problem))
        elif self._is_lost and not picture.problem:
            self._is_lost = False
            decided("a watch: RAS answers again", function="RasEnumConnections")
            self._tell(Event(EventKind.service_back, None, at, EventSource.check))
        self._is_away = picture.problem != 0
        if not is_silent:
            self._follow(picture, self._view, at, source)
        if self._operation.missed:
            source = EventSource.notification
            self._tell(Event(EventKind.disconnected, None, at, source, missed=True))

    def _source(self) -> EventSource:
        signalled = self._operation.signalled
        return EventSource.notification if signalled else EventSource.check

    def _follow(self, picture: _Picture, view: _View, at: datetime, source: EventSource) -> None:
        differences, self._view = picture.differences(view)
        for kind, connection in differences:
            found_by = EventSource.check if kind in _TURNS else source
            self._tell(Event(kind, connection, at, found_by))
            if kind is EventKind.disconnected and self._is_only(connection):
                self._over = True  # one that looks the same may have come since
                return
        if self._only is not None:
            still = [c for c in self._view.known.values() if is_same(self._only, c)]
            self._only = still[0] if still else self._only
            self._over = not still

    def _is_only(self, connection: Connection | None) -> bool:
        return self._only is not None and is_same(self._only, connection)

    def _tell(self, event: Event) -> None:
        """Queue an event if the caller has asked for it."""
        is_meant = self._only is None or self._is_only(event.connection)
        if event.kind in self._kinds and (is_meant or event.kind in _OF_THE_SERVICE):
            self._events.append(event)


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of a multilink connection.

    Attributes:
        handles: Their handles, by sub-entry.
        since: The number of the picture since which they are these.
        had_one: The connection was known before it became multilink; it had one link then.
    """

    handles: dict[int, int]
    since: int
    had_one: bool

    def differences_from(self, before: _Links | None) -> list[EventKind]:
        """What went and came since *before*; None: the links were not known."""
        if before is None:
            return [EventKind.bandwidth_added] * (len(self.handles) - 1) if self.had_one else []
        went = [n for n, handle in before.handles.items() if self.handles.get(n) != handle]
        came = [n for n, handle in self.handles.items() if before.handles.get(n) != handle]
        return [EventKind.bandwidth_removed] * len(went) + [EventKind.bandwidth_added] * len(came)


@dataclass(frozen=True, slots=True)
class _View:
    """What a watch knows, all by handle.

    Attributes:
        number: That of the picture that it is from.
        known: The connections that were told, or up at the start.
        links: Of the multilink ones, their links.
        substates: The substate of each that has one.
    """

    number: int
    known: dict[int, Connection]
    links: dict[int, _Links]
    substates: dict[int, ConnectionSubstate]


_NOTHING = _View(0, {}, {}, {})


class _Picture:
    """What a look has seen, and those after it that say the same; it does not change.

    Attributes:
        problem: What RAS has answered, or why nothing can be up, or 0.
        listed: The connections, by handle.
        view: What a watch knows that begins with it.
    """

    def __init__(self, native: _NativePicture, service: int, before: _Picture | None) -> None:
        self.key = (service, native.same_since)
        self.problem = native.error or native.away
        old = before.listed if before else {}
        block = _native.copy_block(native.connections, native.connections[0].size)
        read = {connection.handle: connection for connection in read_connections(block)}
        self.listed: dict[int, Connection] = {
            handle: known
            if (known := old.get(handle)) is connection or known == connection
            else connection
            for handle, connection in read.items()
        }
        # The number of the first picture since which each has been listed.
        self._born = dict(
            zip(self.listed, _native.read_numbers(native.born, native.count), strict=True)
        )
        up = self.listed.copy() if native.other_count else self.listed
        self.view = view = _View(native.same_since, up, {}, {})
        self._down: list[int] = []
        for number in range(native.other_count):
            one = native.seen[native.others[number]]
            if not one.is_up:
                del view.known[one.handle]
                self._down.append(one.handle)
            elif one.substate:
                view.substates[one.handle] = ConnectionSubstate(one.substate)
            if one.linked and one.was_up:
                view.links[one.handle] = _links_of(one, native, before)
        # What a watch is told that knows a view, by that.
        self._differences: dict[
            int, tuple[_View, tuple[list[tuple[EventKind, Connection]], _View]]
        ] = {}

    def differences(self, view: _View) -> tuple[list[tuple[EventKind, Connection]], _View]:
        """How it differs from what a watch knows, and what the watch knows then.

        The ends come first: that of an old connection comes before the beginning of a new one with
        the same handle.
        """
        kept = self._differences.get(id(view))
        if kept is None:
            # With the view, whose id() is its own only as long as it exists.
            kept = self._differences[id(view)] = (view, self._compare(view))
        return kept[1]

    def _compare(self, view: _View) -> tuple[list[tuple[EventKind, Connection]], _View]:
        listed, mine = self.listed, self.view
        went = {
            handle: connection
            for handle, connection in view.known.items()
            if self._born.get(handle, math.inf) > view.number
        }
        new = {h: c for h, c in mine.known.items() if h not in view.known or h in went}
        differences = [(EventKind.disconnected, connection) for connection in went.values()]
        differences += [(EventKind.connected, connection) for connection in new.values()]

        def stays(handle: int) -> bool:
            return handle in view.known and handle not in went

        links = {h: mine.links.get(h) or view.links[h] for h in view.links | mine.links if stays(h)}
        for handle, links_now in links.items():
            if (before := view.links.get(handle)) is not links_now:
                kinds = links_now.differences_from(before)
                differences += [(kind, listed[handle]) for kind in kinds]
        substates = {}
        for handle in filter(stays, view.substates | mine.substates):
            was = view.substates.get(handle, ConnectionSubstate.None_)
            is_now = mine.substates.get(handle, ConnectionSubstate.None_)
            substates[handle] = substate = was if handle in self._down else is_now
            turn = _substate_difference(was, substate)
            if turn is not None:
                differences.append((turn, listed[handle]))
        down = {h: listed[h] for h in filter(stays, self._down)}
        if not down:
            return differences, mine
        links |= {h: mine.links[h] for h in new if h in mine.links}
        substates |= {h: mine.substates[h] for h in new if h in mine.substates}
        return differences, _View(mine.number, mine.known | down, links, substates)


# The pictures that were read last, the newest first, of the service that was active last. When many
# events come at once, watches read late and in no order. The longer their lists, the fewer are
# kept: 17 with 500 connections, 1 with 10,000.
_kept: list[_Picture] = []
_MOST_KEPT = 10_000


def _picture_of(native: _NativePicture, service: int) -> _Picture:
    """What C has seen, which the first watch that asks reads for all."""
    key = (service, native.same_since)
    kept = [picture for picture in _kept if picture.key[0] == service]
    for picture in kept:
        if picture.key == key:
            return picture
    picture = _Picture(native, service, kept[0] if kept else None)
    others = _MOST_KEPT // (len(picture.listed) + 100)
    _kept[:] = [picture, *kept[:others]]
    return picture


def _links_of(seen: _Seen, native: _NativePicture, before: _Picture | None) -> _Links:
    known = before.view.links.get(seen.handle) if before else None
    if known is not None and known.since == seen.linked:
        return known
    of_it = range(seen.first_link, seen.first_link + seen.link_count)
    handles = {native.links[n].sub_entry: native.links[n].handle for n in of_it}
    return _Links(handles, seen.linked, bool(seen.had_one))


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
