"""``winras hangup``."""

from __future__ import annotations

import argparse

from .._connections import Connection, connections, get_connection, hanging_up
from ..exceptions import RasError
from ._arguments import (
    add_json,
    add_phonebook,
    command,
    seconds,
)
from ._output import (
    Value,
    print_json,
    print_line,
)


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
                    print_line(_outcome(connection, gone))
            told.append({"name": connection.name, "handle": connection.handle, "gone": gone})
    finally:
        for operation in hang_ups:
            operation.close()
    if options.json:
        print_json(told)
    elif not chosen:
        print_line("No RAS connection is up.")
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
