"""``winras list`` and ``winras status``."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from datetime import datetime
from functools import cmp_to_key

from .. import _native
from .._connections import Connection
from .._facts import Row, find_status, what_is_up
from .._models import Status
from ..exceptions import RasError
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
    found, down = find_status(options.name, options.phonebook)
    facts = found.with_addresses() if isinstance(found, Row) else found
    if options.json:
        print_json(facts)
    elif isinstance(found, Row):
        print_facts(_for_people(found, facts))
    return [down] if down else []


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
