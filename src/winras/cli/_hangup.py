"""``winras hangup``."""

from __future__ import annotations

import argparse
import time

from .. import _native
from .._connections import Connection, connections, get_connection, hanging_up
from .._operations import HangUp
from ..exceptions import AmbiguousNameError, ConnectionNotFoundError, RasError
from ._arguments import (
    add_json,
    add_phonebook,
    command,
    filled,
    seconds,
)
from ._output import (
    NONE_UP,
    Progress,
    Value,
    ask,
    print_json,
    print_line,
)

_ERROR_CANCELLED = 1223

# How many names the question names, and how many characters the bar has.
_NAMED = 5
_BAR = 20


def _add_hangup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        type=filled,
        help="the entry of a connection, in upper or lower case",
    )
    parser.add_argument(
        "--all", action="store_true", help="every connection; asks on a terminal, unless --yes"
    )
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
    "hangup",
    "end connections and wait until they are gone",
    add_json,
    add_phonebook,
    _add_hangup,
    effect="It ends them for every program on this machine; phone books stay as they are.",
    examples=(
        'winras hangup "Office VPN" "Branch VPN"',
        "winras hangup --all --yes",
    ),
)
def _hang_up(options: argparse.Namespace) -> list[RasError]:
    """``winras hangup NAME ...`` and ``winras hangup --all``."""
    if options.all == bool(options.names):
        options.usage_error("give the NAME of one connection or more, or --all")
    if not options.all:
        return _hang_up_named(options)
    if options.phonebook:
        options.usage_error("--all hangs up those of every phone book: it takes no --phonebook")
    chosen = connections()
    if chosen and not options.yes:
        _ask(options, chosen)
    told, errors = hang_up(chosen, options)
    if options.json:
        print_json(told)
    return errors


def _hang_up_named(options: argparse.Namespace) -> list[RasError]:
    """Hang up each once, in the order of their names; those that are not up stop no others."""
    found: dict[int, Connection] = {}
    missing: list[Value] = []
    errors: list[RasError] = []
    for name in options.names:
        try:
            connection = get_connection(name, phonebook=options.phonebook)
        except (ConnectionNotFoundError, AmbiguousNameError) as error:
            if len(options.names) == 1:
                raise
            errors.append(error)
            missing.append(_row(name, None, gone=False, error=error))
        else:
            found[connection.handle] = connection
    told, failures = hang_up(list(found.values()), options)
    if options.json:
        print_json([*told, *missing])
    return errors + failures


def _row(name: str, handle: int | None, *, gone: bool, error: RasError | None) -> Value:
    return {
        "name": name,
        "handle": handle,
        "gone": gone,
        "error": error.to_dict() if error else None,
    }


def hang_up(
    chosen: list[Connection], options: argparse.Namespace
) -> tuple[list[Value], list[RasError]]:
    """Hang up all at once, so that a slow one does not use up the timeout of the others.

    Returns:
        What became of each, and the errors.
    """
    hang_ups = [
        hanging_up(connection, timeout=options.timeout, all_references=not options.one_reference)
        for connection in chosen
    ]
    told: list[Value] = []
    errors: list[RasError] = []
    began = time.monotonic()
    try:
        for operation in hang_ups:
            operation.start()
        for number, (connection, operation) in enumerate(
            zip(chosen, hang_ups, strict=True), start=1
        ):
            which = f"{number} of {len(chosen)}, " if len(chosen) > 1 else ""
            gone = False
            failure = None
            try:
                gone = _wait(operation, f"{which}{connection.name}", began, options.timeout)
            except RasError as error:
                failure = error
                errors.append(error)
            else:
                if not options.json:
                    print_line(_outcome(connection, gone))
            told.append(_row(connection.name, connection.handle, gone=gone, error=failure))
    finally:
        for operation in hang_ups:
            operation.close()
    if options.all and not chosen and not options.json:
        print_line(NONE_UP)
    return told, errors


def _wait(operation: HangUp, which: str, began: float, timeout: float) -> bool:
    """Wait for its end; on a terminal, with a bar of how much of the timeout is over."""
    with Progress(lines=False) as progress:

        def show() -> None:
            elapsed = time.monotonic() - began
            done = int(_BAR * min(elapsed / timeout, 1.0)) if timeout else _BAR
            # In ASCII, which every console has.
            bar = f"[{'#' * done:-<{_BAR}}] {elapsed:.0f} of {timeout:g} s: hanging up {which}"
            progress.show("", bar)

        return operation.run(show)


def _ask(options: argparse.Namespace, chosen: list[Connection]) -> None:
    """Ask on the terminal; return if the answer is yes."""
    names = ", ".join(connection.name for connection in chosen[:_NAMED])
    more = f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else ""
    which = f"all {len(chosen)} connections" if len(chosen) > 1 else "the only connection"
    answer = ask(f"Hang up {which} ({names}{more})? [y/N] ")
    if answer is None:
        options.usage_error(
            "--all hangs up every connection of every phone book: without a terminal to ask on, it "
            "needs --yes"
        )
    elif answer.strip().casefold() not in ("y", "yes"):
        raise _native.error(_ERROR_CANCELLED, "", "nothing was hung up")


def _outcome(connection: Connection, gone: bool) -> str:
    if gone:
        return f"{connection.name}: gone"
    return f"{connection.name}: hung up once; still connected, because others hold it"
