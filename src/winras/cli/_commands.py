"""What each command does. Each returns the errors that it met and went on after."""

from __future__ import annotations

import argparse
import time
from ipaddress import IPv4Address, IPv6Address

from .. import _native
from .._connections import Connection, connections, get_connection
from .._models import Status
from ..exceptions import NotConnectedError, RasError
from ._output import Value, print_facts, print_json, print_table


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


def hang_up(options: argparse.Namespace) -> list[RasError]:
    """``winras hangup NAME`` and ``winras hangup --all --yes``."""
    if options.all and (not options.yes or options.phonebook):
        options.usage_error(
            "--all hangs up every connection of every phone book: it needs --yes, and takes no "
            "--phonebook"
        )
    if options.all:
        chosen = connections()
    else:
        chosen = [get_connection(options.name, phonebook=options.phonebook)]
    left = options.timeout
    deadline = time.monotonic() + left
    told: list[Value] = []
    errors: list[RasError] = []
    for connection in chosen:
        gone = False
        try:
            gone = connection.hang_up(timeout=left, all_references=not options.one_reference)
        except RasError as error:
            errors.append(error)
        else:
            if not options.json:
                print(_outcome(connection, gone), flush=True)
        left = max(deadline - time.monotonic(), 0.0)
        told.append({"name": connection.name, "handle": connection.handle, "gone": gone})
    if options.json:
        print_json(told)
    elif not chosen:
        print("No RAS connection is up.")
    return errors


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
