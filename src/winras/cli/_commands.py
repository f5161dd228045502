"""What each command does. Each returns the errors that it met and went on after."""

from __future__ import annotations

import argparse
import itertools
from ipaddress import IPv4Address, IPv6Address

from .. import _native
from .._connections import Connection, connections, get_connection
from .._enums import EventKind, EventSource
from .._models import Status
from .._watching import Event, watch
from ..exceptions import NotConnectedError, RasError
from ._output import Value, print_facts, print_json, print_json_line, print_table


def list_connections(options: argparse.Namespace) -> list[RasError]:
    """``winras list``."""
    rows = []
    for connection in connections():
        try:
            rows.append((connection, connection.status()))
        except NotConnectedError:
            continue  # it has ended since it was listed
    if options.json:
        print_json([_describe(connection, status) for connection, status in rows])
    elif rows:
        print_connections(rows)
    else:
        print("No RAS connection is up.")
    return []


def print_connections(rows: list[tuple[Connection, Status]]) -> None:
    """The table of ``winras list``."""
    print_table(
        ("NAME", "STATE", "DEVICE TYPE", "DEVICE", "HANDLE"),
        [
            (
                connection.name,
                status.state.name,
                connection.device_type,
                connection.device_name,
                f"{connection.handle:#x}",
            )
            for connection, status in rows
        ],
    )


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


def show_status(options: argparse.Namespace) -> list[RasError]:
    """``winras status NAME``."""
    connection = get_connection(options.name, phonebook=options.phonebook)
    status = connection.status()
    facts: dict[str, Value] = {
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
    }
    if options.json:
        print_json(facts)
    else:
        print_facts(facts)
    return []


def watch_connections(options: argparse.Namespace) -> list[RasError]:
    """``winras watch``."""
    if options.check_every == 0:
        options.usage_error("--check-every must be more than 0 seconds")
    with watch(timeout=options.timeout, check_every=options.check_every) as events:
        for event in itertools.islice(events, options.count):
            if options.json:
                print_json_line(_describe_event(event))
            else:
                print(event_line(event), flush=True)
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


def event_line(event: Event) -> str:
    """An event for people, at their own time."""
    at = event.at.astimezone().strftime("%H:%M:%S")
    kind = event.kind.value.replace("_", " ")
    name = _NAMELESS.get(event.kind, "a connection came and went unseen")
    if event.connection is not None:
        name = event.connection.name
    elif event.error:
        name += f" ({event.error} {_native.error_name(event.error)})"
    found = " (found by check)" if event.source is EventSource.check else ""
    return f"{at}  {kind:17}  {name}{found}"


def hang_up(options: argparse.Namespace) -> list[RasError]:
    """``winras hangup NAME`` and ``winras hangup --all --yes``."""
    chosen = _choose(options)
    # All at once, so that one that takes long takes no other's time.
    hang_ups = [
        _native.HangUp(connection, options.timeout, not options.one_reference)
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


def explain(options: argparse.Namespace) -> list[RasError]:
    """``winras explain CODE``."""
    name = _native.error_name(options.code)
    message = _native.error_message(options.code)
    if options.json:
        print_json({"code": options.code, "name": name or None, "message": message})
    else:
        print(f"{options.code} {name}: {message}" if name else f"{options.code}: {message}")
    return []


def demo(options: argparse.Namespace) -> list[RasError]:
    """``winras demo``."""
    if options.simulate is not None:
        options.usage_error("it plays a story of its own: it takes no --simulate")
    from ._demo import play  # noqa: PLC0415  it brings the simulator with it

    play()
    return []
