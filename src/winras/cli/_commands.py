"""The commands: the arguments and the work of each, in the order in which ``--help`` lists them.

The decorator `command` makes a function a command, and names the functions that add its arguments.
A command takes the parsed options. It raises the error that ended it, or returns a list of those
after which it went on.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
from dataclasses import asdict
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address

from .. import _native
from .._connections import Connection, connections, get_connection, hanging_up
from .._dialing import dialling
from .._enums import ConnectionState, EventKind, EventSource
from .._hints import find_hint
from .._models import DialProgress, Statistics, Status
from .._traffic import Traffic, TrafficMeter
from .._watching import Event, watch
from ..exceptions import NotConnectedError, RasError, RasTimeoutError
from ._arguments import (
    COMMANDS,
    add_credentials,
    add_entry,
    add_json,
    add_phonebook,
    command,
    count,
    error_code,
    read_credentials,
    seconds,
)
from ._output import (
    Progress,
    Value,
    print_connections,
    print_facts,
    print_json,
    print_json_line,
    with_unit,
)

__all__ = ["COMMANDS"]

#: Seconds between the lines of ``winras stats --watch``.
_EVERY = 1.0


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry, in upper or lower case")


@command("list", "list the connections that are up", add_json)
def _list(options: argparse.Namespace) -> list[RasError]:
    """``winras list``."""
    rows = []
    for connection in connections():
        try:
            rows.append((connection, connection.status()))
        except NotConnectedError:
            continue  # it ended after it was listed
    if options.json:
        print_json([_describe(connection, status) for connection, status in rows])
    elif rows:
        print_connections(rows)
    else:
        print("No RAS connection is up.")
    return []


def _describe(connection: Connection, status: Status) -> dict[str, Value]:
    return {
        "name": connection.name,
        "handle": connection.handle,
        "state": status.state.name,
        "device_type": connection.device_type or None,
        "device_name": connection.device_name or None,
        "phonebook": connection.phonebook or None,
        "entry_id": str(connection.entry_id) if connection.entry_id else None,
    }


def _to_text(endpoint: IPv4Address | IPv6Address | None) -> str | None:
    return None if endpoint is None else str(endpoint)


@command("status", "show how a connection is", add_json, add_phonebook, _add_name)
def _show_status(options: argparse.Namespace) -> list[RasError]:
    """``winras status NAME``."""
    facts = _status_of(get_connection(options.name, phonebook=options.phonebook))
    if options.json:
        print_json(facts)
    else:
        print_facts(facts)
    return []


def _status_of(connection: Connection) -> dict[str, Value]:
    """The facts of ``winras status --json``."""
    status = connection.status()
    return {
        "name": connection.name,
        "handle": connection.handle,
        "state": status.state.name,
        "substate": status.substate.name.removesuffix("_"),
        "error": status.error,
        "device_type": status.device_type or None,
        "device_name": status.device_name or None,
        "phone_number": status.phone_number or None,
        "local_endpoint": _to_text(status.local_endpoint),
        "remote_endpoint": _to_text(status.remote_endpoint),
        **_addresses_of(connection),
    }


def _addresses_of(connection: Connection) -> dict[str, str | None]:
    """Its addresses; None for each if RAS does not give them, as on Wine."""
    names = ("ipv4", "ipv4_server", "ipv6", "ipv6_server")
    try:
        addresses = connection.addresses()
    except RasError:
        return dict.fromkeys(names)
    return {name: _to_text(getattr(addresses, name)) for name in names}


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", metavar="N", type=count, help="end after N events (default: go on)"
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


@command("watch", "tell when connections come and go", add_json, _add_watch)
def _watch(options: argparse.Namespace) -> list[RasError]:
    """``winras watch``."""
    if options.check_every == 0:
        options.usage_error("--check-every must be more than 0 seconds")
    with watch(timeout=options.timeout, check_every=options.check_every) as events:
        for event in itertools.islice(events, options.count):
            if options.json:
                print_json_line(_describe_event(event))
            else:
                print(_event_line(event), flush=True)
    return []


def _describe_event(event: Event) -> dict[str, Value]:
    connection = event.connection
    return {
        "kind": event.kind.value,
        "name": None if connection is None else connection.name,
        "handle": None if connection is None else connection.handle,
        "at": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": event.source.value,
        "missed": event.missed,
        "error": event.error,
    }


_NAMELESS = {
    EventKind.service_lost: "the Remote Access service does not answer",
    EventKind.service_back: "the Remote Access service answers again",
}


def _event_line(event: Event) -> str:
    """Put an event into a line for people, in local time."""
    at = event.at.astimezone().strftime("%H:%M:%S")
    kind = event.kind.value.replace("_", " ")
    name = _NAMELESS.get(event.kind, "a connection came and went unseen")
    if event.connection is not None:
        name = event.connection.name
    elif event.error:
        name += f" ({event.error} {_native.error_name(event.error)})"
    found = " (found by check)" if event.source is EventSource.check else ""
    return f"{at}  {kind:17}  {name}{found}"


def _add_hangup(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("name", metavar="NAME", nargs="?", help="the connection's entry")
    which.add_argument("--all", action="store_true", help="every connection; needs --yes")
    parser.add_argument("--yes", action="store_true", help="yes, really every connection")
    parser.add_argument(
        "--one-reference",
        action="store_true",
        help="hang up once: the connection stays if another program holds it",
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=30.0,
        help="seconds to wait for the end (default: 30); after that the hang-up goes on, and "
        "the end of this command waits up to 3 s for it",
    )


@command(
    "hangup", "end a connection and wait until it is gone", add_json, add_phonebook, _add_hangup
)
def _hang_up(options: argparse.Namespace) -> list[RasError]:
    """``winras hangup NAME`` and ``winras hangup --all --yes``."""
    chosen = _choose(options)
    # All at once, so that a slow one does not use up the timeout of the others.
    hang_ups = [
        hanging_up(connection, timeout=options.timeout, all_references=not options.one_reference)
        for connection in chosen
    ]
    told: list[Value] = []
    errors: list[RasError] = []
    try:
        for operation in hang_ups:
            operation.start()
        for connection, operation in zip(chosen, hang_ups, strict=True):
            gone = False
            try:
                gone = operation.run()
            except RasError as error:
                errors.append(error)
            else:
                if not options.json:
                    print(_outcome(connection, gone), flush=True)
            told.append({"name": connection.name, "handle": connection.handle, "gone": gone})
    finally:
        for operation in hang_ups:
            operation.close()
    if options.json:
        print_json(told)
    elif not chosen:
        print("No RAS connection is up.")
    return errors


def _choose(options: argparse.Namespace) -> list[Connection]:
    if not options.all:
        return [get_connection(options.name, phonebook=options.phonebook)]
    if not options.yes or options.phonebook:
        options.usage_error(
            "--all hangs up every connection of every phone book: it needs --yes, and takes no "
            "--phonebook"
        )
    return connections()


def _outcome(connection: Connection, gone: bool) -> str:
    if gone:
        return f"{connection.name}: gone"
    return f"{connection.name}: hung up once; still connected, because others hold it"


def _add_dial(parser: argparse.ArgumentParser) -> None:
    add_entry(parser)
    add_credentials(parser, "who dials (default: as whom it is saved)")
    parser.add_argument(
        "--no-saved",
        action="store_true",
        help="without --user, do not use the credentials that are saved for the entry",
    )
    parser.add_argument("--phone-number", metavar="N", help="dial this, not the entry's own")
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds to wait (default: 60); what is not up by then, or at Ctrl+C, is hung up",
    )
    parser.set_defaults(hints=True)


@command("dial", "dial an entry and wait until it is connected", add_json, add_phonebook, _add_dial)
def _dial(options: argparse.Namespace) -> list[RasError]:
    """``winras dial ENTRY``."""
    credentials = read_credentials(options)
    # With --json, nothing but the JSON may go to stdout.
    with Progress(lines=not options.json) as progress:

        def tell(step: DialProgress) -> None:
            if step.state is ConnectionState.Connected and not step.error:
                return
            # If nobody reads the progress, that is no reason to hang up.
            with contextlib.suppress(OSError):
                progress.show(*_progress_line(options.entry or options.phone_number, step))

        try:
            operation = dialling(
                options.entry,
                phonebook=options.phonebook,
                phone_number=options.phone_number,
                credentials=credentials,
                use_saved=not options.no_saved,
                sub_entry=0,
                timeout=options.timeout,
                on_progress=tell,
            )
        except ValueError as problem:
            options.usage_error(str(problem))
        with operation:
            connection = operation.run()
    if options.json:
        print_json(_status_of(connection))
    else:
        addresses = _addresses_of(connection)
        known = ", ".join(filter(None, (addresses["ipv4"], addresses["ipv6"])))
        print(f"{connection.name}: connected" + (f" ({known})" if known else ""))
    return []


def _progress_line(entry: str, step: DialProgress) -> tuple[str, str]:
    """Put a state into a line for people, without and with its time."""
    text = f"{entry}: {step.state.name}"
    if step.error:
        text += f", error {step.error} {_native.error_name(step.error)}".rstrip()
    return text, f"{text} ({step.elapsed:.1f} s)"


def _add_stats(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--watch", action="store_true", help="a line every second until it is gone")
    parser.add_argument(
        "--every",
        metavar="S",
        type=seconds,
        help="with --watch: a line each S seconds (default: 1); at 1 Gbit/s at most 30, since "
        "RAS counts to 4 GB",
    )
    parser.add_argument("--count", metavar="N", type=count, help="with --watch: end after N lines")


@command("stats", "show what has gone through a connection", add_json, add_phonebook, _add_stats)
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
    return {"name": connection.name, "handle": connection.handle, **asdict(statistics)}


def _to_facts(connection: Connection, statistics: Statistics) -> dict[str, Value]:
    """The statistics for people."""
    facts = _describe_statistics(connection, statistics)
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
                print(f"{connection.name}: gone")
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
            print(
                f"{connection.name}: "
                f"sent {with_unit(sent, 'B')} ({with_unit(traffic.sent_per_second, 'B/s')}), "
                f"received {with_unit(received, 'B')} "
                f"({with_unit(traffic.received_per_second, 'B/s')})",
                flush=True,
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


def _add_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", type=error_code, help="such as 691")


@command("explain", "say what an error number means", add_json, _add_code)
def _explain(options: argparse.Namespace) -> list[RasError]:
    """``winras explain CODE``."""
    name = _native.error_name(options.code)
    message = _native.error_message(options.code)
    hint = find_hint(options.code)
    if options.json:
        print_json(
            {
                "code": options.code,
                "name": name or None,
                "message": message,
                "hint": hint.text if hint else None,
                "page": hint.page.url if hint else None,
            }
        )
    else:
        print(RasError(options.code, name, message))
        if hint:
            print(f"hint: {hint.text}")
            print(f"page: {hint.page.url}")
    return []


@command("demo", "play a short story on a simulated RAS")
def _demo(options: argparse.Namespace) -> list[RasError]:
    """``winras demo``."""
    if options.simulate is not None:
        options.usage_error("it plays a story of its own: it takes no --simulate")
    from ._demo import play  # noqa: PLC0415  it imports the simulator

    play()
    return []
