"""``winras list`` and ``winras status``, and the facts that other commands tell too."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cmp_to_key

from .. import _native
from .._connections import Connection, connections, find_connection, is_down
from .._enums import ConnectionState
from .._models import Status, to_json
from ..exceptions import NotConnectedError, RasError
from ._arguments import (
    CHANGES_NOTHING,
    add_json,
    add_name,
    add_phonebook,
    command,
)
from ._live import Screen, fitting_table, is_live, pause_for, steps
from ._output import (
    NONE_UP,
    Value,
    print_facts,
    print_json,
    print_json_line,
    print_line,
    print_table,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._details import EntryName


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep running: live on a terminal, else the list again after each change, with --json "
        "in one line",
    )


@command(
    "list",
    "list the connections that are up",
    add_json,
    _add_watch,
    effect=CHANGES_NOTHING,
    examples=("winras list", "winras list --json"),
)
def _list(options: argparse.Namespace) -> list[RasError]:
    """``winras list``."""
    if options.watch:
        _watch_list(json=options.json)
        return []
    rows = what_is_up()
    if options.json:
        print_json([row.to_dict() for row in rows])
    elif rows:
        print_connections(rows)
    else:
        print_line(NONE_UP)
    return []


# RasGetConnectStatus, and RasGetConnectionStatistics for since when.
_CALLS_A_ROW = 2


def _watch_list(*, json: bool) -> None:
    """Show the list until Ctrl+C."""
    from .._watching import watch  # noqa: PLC0415  not for a list that is shown once

    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(Screen()) if is_live(json=json) else None
        events = stack.enter_context(watch())
        rows = what_is_up()
        _tell(rows, screen, json=json)

        def pause() -> float:
            return pause_for(1 + len(rows) * _CALLS_A_ROW)

        for _ in steps(events, pause, screen.is_resized if screen else lambda: False):
            while events.next_told() is not None:
                pass  # one look for all that has happened
            before, rows = rows, what_is_up()
            if screen is not None or list(map(_facts, before)) != list(map(_facts, rows)):
                _tell(rows, screen, json=json)


def _facts(row: Row) -> tuple[Connection, Status]:
    """What of a row is a change; since when it is up is measured, and may be off by a second."""
    return row.connection, row.status


def _tell(rows: list[Row], screen: Screen | None, *, json: bool) -> None:
    if screen is not None:
        screen.draw(fitting_table(*_to_table(rows), *screen.room()) if rows else [NONE_UP])
    elif json:
        print_json_line([row.to_dict() for row in rows])
    else:
        if rows:
            print_connections(rows)
        else:
            print_line(NONE_UP)
        print_line("")  # between two lists


@dataclass(frozen=True, slots=True)
class Row:
    """What ``winras list`` tells of a connection."""

    connection: Connection
    status: Status
    since: datetime | None

    def to_dict(self) -> dict[str, Value]:
        """As ``winras list --json`` has it."""
        facts = self.connection.to_dict()
        return {**facts, **self.status.to_dict(), "since": to_json(self.since)}


def _ask(connection: Connection) -> Row:
    return Row(connection, connection.status(), since_of(connection))


def what_is_up() -> list[Row]:
    """The rows of ``winras list``."""
    rows = []
    for connection in connections():
        # It may have ended after it was listed.
        with contextlib.suppress(NotConnectedError):
            rows.append(_ask(connection))
    return rows


def since_of(connection: Connection) -> datetime | None:
    """Since when it is connected, to the second; None where RAS does not say.

    RAS counts milliseconds in 32 bits: after 49.7 days it begins again.
    """
    try:
        seconds = connection.statistics().connected_seconds
    except RasError:
        return None
    moment = _native.wall_time(connection._service) - timedelta(seconds=seconds - 0.5)
    return moment.replace(microsecond=0)


def local_time(moment: datetime | None) -> str:
    """For people: in local time, of today to the second, of another day to the minute."""
    if moment is None:
        return "-"
    local = moment.astimezone()
    is_today = local.date() == datetime.now().astimezone().date()
    return local.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")


def print_connections(rows: list[Row]) -> None:
    """Print the table of ``winras list``."""
    print_table(*_to_table(rows))


def _to_table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Head and cells, with the phone books if two names are alike."""
    header = ["NAME", "STATE", "SINCE", "TYPE", "DEVICE", "HANDLE"]
    cells = [
        [
            row.connection.name,
            str(row.status.state),
            local_time(row.since),
            row.connection.device_type,
            row.connection.device_name,
            f"{row.connection.handle:#x}",
        ]
        for row in rows
    ]
    names = sorted((row.connection.name for row in rows), key=cmp_to_key(_native.compare_texts))
    if any(itertools.starmap(_native.is_same_text, itertools.pairwise(names))):
        header.append("PHONE BOOK")
        for cell, row in zip(cells, rows, strict=True):
            cell.append(row.connection.phonebook)
    return header, cells


@command(
    "status",
    "show how a connection is",
    add_json,
    add_phonebook,
    add_name,
    effect=CHANGES_NOTHING,
    examples=(
        'winras status "Office VPN"',
        'winras status "Office VPN" --json',
    ),
)
def _show_status(options: argparse.Namespace) -> list[RasError]:
    """``winras status NAME``."""
    found = find_connection(options.name, options.phonebook)
    if not isinstance(found, Connection):
        if options.json:
            print_json(_status_of_down(found))
        return [is_down(found)]
    row = _ask(found)
    facts = _with_addresses(row)
    if options.json:
        print_json(facts)
    else:
        print_facts(_for_people(row, facts))
    return []


def status_of(connection: Connection) -> dict[str, Value]:
    """The facts of ``winras status --json``."""
    return _with_addresses(_ask(connection))


def _with_addresses(row: Row) -> dict[str, Value]:
    # The endpoints are in both, but addresses may be None for want of RasGetProjectionInfoEx.
    return {**addresses_of(row.connection), **row.to_dict()}


def addresses_of(connection: Connection) -> dict[str, Value]:
    """Its addresses; None for each fact if RAS does not give them, as on Wine."""
    try:
        return {**connection.addresses().to_dict()}
    except RasError:
        return dict.fromkeys(_address_names())


def _address_names() -> list[str]:
    from .._details import Addresses  # noqa: PLC0415  not for a list

    return [field.name for field in fields(Addresses)]


def _status_of_down(entry: EntryName) -> dict[str, Value]:
    """The facts of ``winras status --json`` for an entry that is not up: most are None."""
    names = [field.name for kind in (Connection, Status) for field in fields(kind)]
    names += _address_names()
    nothing = dict.fromkeys([name for name in names if not name.startswith("_")])
    known = {"name": entry.name, "phonebook": entry.phonebook}
    return {**nothing, **known, "state": str(ConnectionState.Disconnected), "since": None}


_FOR_PEOPLE = (
    *("substate", "error", "device_type", "device_name", "phone_number"),
    *("local_endpoint", "remote_endpoint", "ipv4", "ipv4_server", "ipv6", "ipv6_server"),
)


def _for_people(row: Row, facts: dict[str, Value]) -> dict[str, Value]:
    return {
        "name": row.connection.name,
        "handle": f"{row.connection.handle:#x}",
        "state": facts["state"],
        "since": local_time(row.since),
        "phone_book": facts["phonebook"],
        **{name: facts[name] for name in _FOR_PEOPLE},
    }
