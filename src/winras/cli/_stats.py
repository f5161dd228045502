"""``winras stats``."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from datetime import timedelta

from .._connections import Connection, get_connection, waiting_closed
from .._details import Statistics
from .._facts import describe_statistics
from .._traffic import Traffic, TrafficMeter
from ..exceptions import NotConnectedError, RasError, RasTimeoutError
from ._arguments import (
    CHANGES_NOTHING,
    add_json,
    add_name,
    add_phonebook,
    command,
    count,
    seconds,
)
from ._live import Screen, is_live, raise_if_unread
from ._output import (
    Value,
    fact_lines,
    print_facts,
    print_json,
    print_json_line,
    print_line,
    with_unit,
)

#: Seconds between the lines of ``winras stats --watch``.
_EVERY = 1.0


def _add_stats(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument(
        "--watch",
        action="store_true",
        help="again every second until it is gone: live on a terminal, else in lines",
    )
    parser.add_argument(
        "--every",
        metavar="S",
        type=seconds,
        help="as --watch, but every S seconds; at 1 Gbit/s at most 30, since RAS counts to 4 GB",
    )
    parser.add_argument(
        "--count", metavar="N", type=count, help="as --watch, and end after N times"
    )


@command(
    "stats",
    "show what has gone through a connection",
    add_json,
    add_phonebook,
    _add_stats,
    effect=CHANGES_NOTHING,
    examples=(
        'winras stats "Office VPN"',
        'winras stats "Office VPN" --watch --count 5',
    ),
)
def _show_statistics(options: argparse.Namespace) -> list[RasError]:
    """``winras stats NAME``."""
    if options.every == 0:
        options.usage_error("--every must be more than 0 seconds")
    connection = get_connection(options.name, phonebook=options.phonebook)
    if options.watch or (options.every, options.count) != (None, None):
        _watch_statistics(connection, options)
        return []
    statistics = connection.statistics()
    if options.json:
        print_json(describe_statistics(connection, statistics))
    else:
        print_facts(_to_facts(connection, statistics))
    return []


def _to_facts(connection: Connection, statistics: Statistics) -> dict[str, Value]:
    """The statistics for people."""
    facts = describe_statistics(connection, statistics)
    facts["handle"] = f"{connection.handle:#x}"
    facts["bytes_sent"] = with_unit(statistics.bytes_sent, "B")
    facts["bytes_received"] = with_unit(statistics.bytes_received, "B")
    facts["bits_per_second"] = with_unit(statistics.bits_per_second, "bit/s")
    del facts["connected_seconds"]
    return {**facts, "connected_for": str(timedelta(seconds=int(statistics.connected_seconds)))}


def _watch_statistics(connection: Connection, options: argparse.Namespace) -> None:
    """Tell of each interval, up to --count times or until the connection is gone."""
    meter = TrafficMeter(connection)
    first = meter.sample()
    # RAS counts from the start of the connection, the meter from now.
    before = (
        first.statistics.bytes_sent - first.bytes_sent,
        first.statistics.bytes_received - first.bytes_received,
    )
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(Screen()) if is_live(json=options.json) else None
        if screen is not None:
            screen.draw(_frame(connection, first, before, screen.room()))
        for number in itertools.count(1):
            traffic = _next_sample(connection, meter, options.every or _EVERY)
            if traffic is None:
                break
            if screen is not None:
                screen.draw(_frame(connection, traffic, before, screen.room()))
            elif options.json:
                print_json_line(_describe_traffic(connection, traffic, before))
            else:
                print_line(_traffic_line(connection, traffic, before))
            if number == options.count:
                return
    if not options.json:
        print_line(f"{connection.name}: gone")


def _describe_traffic(
    connection: Connection, traffic: Traffic, before: tuple[int, int]
) -> dict[str, Value]:
    return {
        **describe_statistics(connection, traffic.statistics),
        "bytes_sent": before[0] + traffic.bytes_sent,
        "bytes_received": before[1] + traffic.bytes_received,
        "sent_per_second": round(traffic.sent_per_second, 1),
        "received_per_second": round(traffic.received_per_second, 1),
    }


def _traffic_line(connection: Connection, traffic: Traffic, before: tuple[int, int]) -> str:
    sent = with_unit(before[0] + traffic.bytes_sent, "B")
    received = with_unit(before[1] + traffic.bytes_received, "B")
    return (
        f"{connection.name}: "
        f"sent {sent} ({with_unit(traffic.sent_per_second, 'B/s')}), "
        f"received {received} ({with_unit(traffic.received_per_second, 'B/s')})"
    )


def _frame(
    connection: Connection, traffic: Traffic, before: tuple[int, int], room: tuple[int, int]
) -> list[str]:
    """The lines of the live view: what RAS counts, with the totals and rates of the meter."""
    facts = _to_facts(connection, traffic.statistics)
    for way, total, rate in (
        ("bytes_sent", before[0] + traffic.bytes_sent, traffic.sent_per_second),
        ("bytes_received", before[1] + traffic.bytes_received, traffic.received_per_second),
    ):
        facts[way] = f"{with_unit(total, 'B')} ({with_unit(rate, 'B/s')})"
    columns, lines = room
    return fact_lines(facts, columns)[:lines]


def _next_sample(connection: Connection, meter: TrafficMeter, after: float) -> Traffic | None:
    """Take a sample after so many seconds; None if the connection is gone by then."""
    with contextlib.closing(waiting_closed(connection, timeout=after)) as waiting:
        try:
            waiting.wait_once(raise_if_unread)
        except RasTimeoutError:
            pass
        else:
            return None
    try:
        return meter.sample()
    except NotConnectedError:
        return None
