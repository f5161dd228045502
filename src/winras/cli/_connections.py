"""``winras list`` and ``winras status``, and the facts that other commands tell too."""

from __future__ import annotations

import argparse
from ipaddress import IPv4Address, IPv6Address

from .._connections import Connection, connections, get_connection
from .._models import Status
from ..exceptions import NotConnectedError, RasError
from ._arguments import (
    add_json,
    add_name,
    add_phonebook,
    command,
)
from ._output import (
    Value,
    print_connections,
    print_facts,
    print_json,
)


@command(
    "list",
    "list the connections that are up",
    add_json,
    effect="It changes nothing on this machine.",
    examples=("winras list", "winras list --json"),
)
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


@command(
    "status",
    "show how a connection is",
    add_json,
    add_phonebook,
    add_name,
    effect="It changes nothing on this machine.",
    examples=(
        'winras status "Office VPN"',
        'winras status "Office VPN" --json',
    ),
)
def _show_status(options: argparse.Namespace) -> list[RasError]:
    """``winras status NAME``."""
    facts = status_of(get_connection(options.name, phonebook=options.phonebook))
    if options.json:
        print_json(facts)
    else:
        print_facts(facts)
    return []


def status_of(connection: Connection) -> dict[str, Value]:
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
        **addresses_of(connection),
    }


def addresses_of(connection: Connection) -> dict[str, str | None]:
    """Its addresses; None for each if RAS does not give them, as on Wine."""
    names = ("ipv4", "ipv4_server", "ipv6", "ipv6_server")
    try:
        addresses = connection.addresses()
    except RasError:
        return dict.fromkeys(names)
    return {name: _to_text(getattr(addresses, name)) for name in names}
