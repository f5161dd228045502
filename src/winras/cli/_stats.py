"""``winras stats``."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from datetime import timedelta

from .._connections import Connection, get_connection
from .._models import Statistics
from .._traffic import Traffic, TrafficMeter
from ..exceptions import NotConnectedError, RasError, RasTimeoutError
from ._arguments import (
    add_json,
    add_name,
    add_phonebook,
    command,
    count,
    seconds,
)
from ._output import (
    Value,
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
    parser.add_argument("--watch", action="store_true", help="a line every second until it is gone")
    parser.add_argument(
        "--every",
        metavar="S",
        type=seconds,
        help="with --watch: a line each S seconds (default: 1); at 1 Gbit/s at most 30, since "
        "RAS counts to 4 GB",
    )
    parser.add_argument("--count", metavar="N", type=count, help="with --watch: end after N lines")


@command(
    "stats",
    "show what has gone through a connection",
    add_json,
    add_phonebook,
    _add_stats,
    effect="It changes nothing on this machine.",
    examples=(
        'winras stats "Office VPN"',
        'winras stats "Office VPN" --watch --count 5',
    ),
)
def _show_statistics(options: argparse.Namespace) -> list[RasError]:
    """``winras stats NAME``."""
    if not options.watch and (options.every, options.count) != (None, None):
        options.usage_error("--every and --count need --watch")
    if options.every == 0:
        options.usage_error("--every must be more than 0 seconds")
    connection = get_connection(options.name, phonebook=options.phonebook)
    if options.watch:
        _watch_statistics(connection, options)
        return []
    statistics = connection.statistics()
    if options.json:
        print_json(_describe_statistics(connection, statistics))
    else:
        print_facts(_to_facts(connection, statistics))
    return []


def _describe_statistics(connection: Connection, statistics: Statistics) -> dict[str, Value]:
    return {"name": connection.name, "handle": connection.handle, **statistics.to_dict()}


def _to_facts(connection: Connection, statistics: Statistics) -> dict[str, Value]:
    """The statistics for people."""
    facts = _describe_statistics(connection, statistics)
    facts["handle"] = f"{connection.handle:#x}"
    facts["bytes_sent"] = with_unit(statistics.bytes_sent, "B")
    facts["bytes_received"] = with_unit(statistics.bytes_received, "B")
    facts["bits_per_second"] = with_unit(statistics.bits_per_second, "bit/s")
    del facts["connected_seconds"]
    return {**facts, "connected_for": str(timedelta(seconds=int(statistics.connected_seconds)))}


def _watch_statistics(connection: Connection, options: argparse.Namespace) -> None:
    """Print a line for each interval, up to --count lines or until the connection is gone."""
    meter = TrafficMeter(connection)
    first = meter.sample()
    # RAS counts from the start of the connection, the meter from now.
    sent_before = first.statistics.bytes_sent - first.bytes_sent
    received_before = first.statistics.bytes_received - first.bytes_received
    for number in itertools.count(1):
        traffic = _next_sample(connection, meter, options.every or _EVERY)
        if traffic is None:
            if not options.json:
                print_line(f"{connection.name}: gone")
            return
        sent = sent_before + traffic.bytes_sent
        received = received_before + traffic.bytes_received
        if options.json:
            print_json_line(
                {
                    **_describe_statistics(connection, traffic.statistics),
                    "bytes_sent": sent,
                    "bytes_received": received,
                    "sent_per_second": round(traffic.sent_per_second, 1),
                    "received_per_second": round(traffic.received_per_second, 1),
                }
            )
        else:
            print_line(
                f"{connection.name}: "
                f"sent {with_unit(sent, 'B')} ({with_unit(traffic.sent_per_second, 'B/s')}), "
                f"received {with_unit(received, 'B')} "
                f"({with_unit(traffic.received_per_second, 'B/s')})"
            )
        if number == options.count:
            return


def _next_sample(connection: Connection, meter: TrafficMeter, after: float) -> Traffic | None:
    """Take a sample after so many seconds; None if the connection is gone by then."""
    with contextlib.suppress(RasTimeoutError):
        connection.wait_closed(timeout=after)
        return None
    try:
        return meter.sample()
    except NotConnectedError:
        return None
