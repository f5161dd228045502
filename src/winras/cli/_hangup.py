"""``winras hangup``."""

from __future__ import annotations

import argparse
import time

from .. import _native
from .._connections import Connection, connections
from .._facts import HangUps, find_to_hang_up, hang_up
from .._operations import HangUp
from ..exceptions import RasError
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
    became = hang_up_all(chosen, options)
    if options.json:
        print_json(became.rows)
    return became.errors


def _hang_up_named(options: argparse.Namespace) -> list[RasError]:
    """Hang up each once, in the order of their names; those that are not up stop no others."""
    chosen, missing = find_to_hang_up(options.names, options.phonebook)
    became = hang_up_all(chosen, options)
    if options.json:
        print_json([*became.rows, *missing.rows])
    return missing.errors + became.errors


def hang_up_all(chosen: list[Connection], options: argparse.Namespace) -> HangUps:
    """Hang up all at once, and tell of each when it is gone."""
    began = time.monotonic()

    def wait(number: int, connection: Connection, operation: HangUp) -> bool:
        which = f"{number} of {len(chosen)}, " if len(chosen) > 1 else ""
        gone = _wait(operation, f"{which}{connection.name}", began, options.timeout)
        if not options.json:
            print_line(_outcome(connection, gone))
        return gone

    became = hang_up(
        chosen, timeout=options.timeout, one_reference=options.one_reference, wait=wait
    )
    if options.all and not chosen and not options.json:
        print_line(NONE_UP)
    return became


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
