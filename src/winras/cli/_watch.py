"""``winras watch``."""

from __future__ import annotations

import argparse
import itertools
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .. import _native
from .._connections import Connection
from .._enums import EventKind, EventSource
from .._facts import since_of
from .._traffic import TrafficMeter
from .._watching import Event, Watch, watch
from ..exceptions import RasError, RasUnavailableError
from ._arguments import (
    CHANGES_NOTHING,
    add_json,
    command,
    count,
    seconds,
)
from ._connections import local_time
from ._live import Screen, fitting_table, is_live, pause_for, steps
from ._output import (
    on_console,
    print_json_line,
    print_line,
    with_unit,
)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count",
        metavar="N",
        type=count,
        help="end after N events, not counting what is up at first (default: go on)",
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, help="end after S seconds (default: go on)"
    )
    parser.add_argument(
        "--check-every",
        metavar="S",
        type=seconds,
        default=5.0,
        help="find a change after S seconds, more than 0, even if RAS does not signal it "
        "(default: 5)",
    )
    parser.add_argument(
        "--initial",
        action="store_true",
        help="with --json: begin with a connected event for each connection that is up",
    )


@command(
    "watch",
    "tell when connections come and go",
    add_json,
    _add_watch,
    effect=CHANGES_NOTHING,
    examples=(
        "winras watch --timeout 60",
        "winras watch --json --count 1",
    ),
)
def _watch(options: argparse.Namespace) -> list[RasError]:
    """``winras watch``."""
    if options.check_every == 0:
        options.usage_error("--check-every must be more than 0 seconds")
    live = is_live(json=options.json)
    with watch(
        timeout=options.timeout,
        check_every=options.check_every,
        initial=options.initial or not options.json,
    ) as events:
        up = list(iter(events.next_told, None))  # without a wait
        if live:
            _watch_live(up, events, options.count)
            return []
        for event in up:
            if options.json:
                print_json_line(event.to_dict())
            else:
                print_line(_event_line(event, "is up"))
        for event in _wait_for_events(events, options.count):
            if options.json:
                print_json_line(event.to_dict())
            else:
                print_line(_event_line(event))
    return []


def _wait_for_events(events: Watch, most: int | None) -> Iterator[Event]:
    told = (event for event in steps(events, lambda: math.inf) if event is not None)
    return itertools.islice(told, most)


def _kind(event: Event) -> str:
    return event.kind.value.replace("_", " ")


def _time(event: Event) -> str:
    return event.at.astimezone().strftime("%H:%M:%S")


_NAMELESS = {
    EventKind.service_lost: "the Remote Access service does not answer",
    EventKind.service_back: "the Remote Access service answers again",
}


def _event_line(event: Event, what: str = "") -> str:
    """Put an event into a line for people, in local time."""
    kind = what or _kind(event)
    name = _NAMELESS.get(event.kind, "a connection came and went unseen")
    if event.connection is not None:
        name = event.connection.name
    elif event.error:
        name += f" ({event.error} {_native.error_name(event.error)})"
    by_check = event.source is EventSource.check and not what
    found = " (found by check)" if by_check else ""
    return f"{_time(event)}  {kind:17}  {name}{found}"


# ---- live ----

_HEADER = ("NAME", "STATE", "SINCE", "RECEIVED", "SENT", "LAST EVENT")
# RasGetConnectStatus for the state; RasGetConnectionStatistics for the rates, and before it
# RasEnumConnections, to see that the handle is still the same connection's.
_CALLS_A_ROW = 3
# How many events stay in sight however many connections are up, and how many are kept at all.
_LEAST_LOG = 5
_MOST_LOG = 1000


@dataclass(slots=True)
class _Row:
    """What is shown of a connection."""

    connection: Connection
    since: datetime | None
    last: str = "-"
    state: str = "-"
    rates: tuple[str, str] = ("-", "-")
    meter: TrafficMeter | None = None
    is_counted: bool = True  # RAS has statistics

    def refresh(self) -> None:
        """Ask RAS."""
        try:
            self.state = str(self.connection.status().state)
        except RasError:
            self.state = "-"
        self.rates = ("-", "-")
        if self.is_counted:
            try:
                self._measure()
            except RasUnavailableError:
                self.is_counted = False
            except RasError:
                self.meter = None

    def _measure(self) -> None:
        if self.meter is not None:
            traffic = self.meter.sample()
            rates = traffic.received_per_second, traffic.sent_per_second
            self.rates = with_unit(rates[0], "B/s"), with_unit(rates[1], "B/s")
            return
        self.meter = TrafficMeter(self.connection)
        if self.since is None:
            self.since = since_of(self.connection)

    def cells(self) -> tuple[str, ...]:
        """As the columns of the table."""
        since = local_time(self.since)
        return (self.connection.name, self.state, since, *self.rates, self.last)


class _View:
    """What the live view shows: the connections that are up, over the last events."""

    def __init__(self, up: Sequence[Event]) -> None:
        self._rows: dict[int, _Row] = {}
        self._log: deque[str] = deque(maxlen=_MOST_LOG)
        self._visible = 0
        self._is_lost = False
        for event in up:
            if event.connection is not None:
                self._rows[event.connection.handle] = _Row(event.connection, None)

    def take(self, event: Event) -> None:
        """Show an event."""
        self._log.append(_event_line(event))
        if event.kind in (EventKind.service_lost, EventKind.service_back):
            self._is_lost = event.kind is EventKind.service_lost
        connection = event.connection
        if connection is None:
            return
        if event.kind is EventKind.disconnected:
            self._rows.pop(connection.handle, None)
        elif event.kind is EventKind.connected:
            self._rows[connection.handle] = _Row(connection, event.at)
            self._rows[connection.handle].refresh()
        if connection.handle in self._rows:
            self._rows[connection.handle].last = f"{_time(event)} {_kind(event)}"

    def refresh(self, room: tuple[int, int]) -> None:
        """Ask RAS about what may be in sight."""
        self._visible = min(len(self._rows), room[1])
        for row in itertools.islice(self._rows.values(), self._visible):
            row.refresh()

    def pause(self) -> float:
        """Seconds until the next time."""
        return pause_for(self._visible * _CALLS_A_ROW)

    def frame(self, room: tuple[int, int]) -> list[str]:
        """The lines to draw."""
        rows = [row.cells() for row in self._rows.values()]
        return frame(rows, self._log, room, is_lost=self._is_lost)


def frame(
    rows: Sequence[Sequence[str]],
    log: Sequence[str],
    room: tuple[int, int],
    *,
    is_lost: bool = False,
) -> list[str]:
    """The lines of the live view.

    Args:
        rows: The cells of each connection that is up.
        log: A line for each event, the oldest first.
        room: How many columns and lines there are.
        is_lost: The service does not answer, so nobody knows what is up.
    """
    columns, lines = room
    number = str(len(rows)) if rows else "no"
    title = f"{number} connection{'s are' if len(rows) != 1 else ' is'} up"
    if is_lost:
        title = _NAMELESS[EventKind.service_lost]
    told = [on_console(f"{title}; Ctrl+C ends this", columns)]
    if rows:
        below = min(len(log), _LEAST_LOG) + 1 if log else 0
        told += fitting_table(_HEADER, rows, columns, lines - 1 - below)
    left = lines - len(told) - 1
    if log and left > 0:
        told += ["", *(on_console(line, columns) for line in list(log)[-left:])]
    return told[:lines]


def _watch_live(up: Sequence[Event], events: Watch, most: int | None) -> None:
    view = _View(up)
    told = 0
    with Screen() as screen:
        view.refresh(screen.room())
        screen.draw(view.frame(screen.room()))
        for event in steps(events, view.pause, screen.is_resized):
            if event is None:
                view.refresh(screen.room())
            else:
                view.take(event)
                told += 1
            screen.draw(view.frame(screen.room()))
            if told == most:
                return
