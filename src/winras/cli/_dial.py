"""``winras dial``."""

from __future__ import annotations

import argparse
import contextlib
import shutil

from .. import _native
from .._credentials import Credentials, saved_credentials
from .._details import DialProgress
from .._dialing import dialling
from .._enums import Authentication, ConnectionState
from .._facts import addresses_of, status_of
from .._phonebook import Phonebook, asking, find_entry
from .._text import width
from ..exceptions import RasError
from ._arguments import (
    add_credentials,
    add_json,
    add_phonebook,
    arguments_of,
    command,
    filled,
    read_credentials,
    seconds,
)
from ._output import (
    Progress,
    print_json,
    print_line,
)


def _add_dial(parser: argparse.ArgumentParser) -> None:
    # No `filled`: "" with --phone-number dials that on the first modem.
    parser.add_argument("entry", metavar="ENTRY", help="the phone-book entry")
    add_credentials(parser, "the user name to dial with (default: the saved one)")
    parser.add_argument(
        "--no-saved",
        action="store_true",
        help="without --user, do not use the credentials that are saved for the entry",
    )
    parser.add_argument(
        "--phone-number", metavar="N", type=filled, help="dial this, not the entry's own"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds to wait (default: 60); what is not up by then, or at Ctrl+C, is hung up",
    )
    parser.set_defaults(hints=True)


@command(
    "dial",
    "dial an entry and wait until it is connected",
    add_json,
    add_phonebook,
    _add_dial,
    effect="The connection stays up until some program hangs it up or the other side ends it.",
    examples=(
        'winras dial "Home VPN"',
        'winras dial "Home VPN" --user ann --password-stdin',
    ),
)
def _dial(options: argparse.Namespace) -> list[RasError]:
    """``winras dial ENTRY``."""
    if not options.entry and options.phone_number is None:
        options.usage_error("ENTRY is empty: name an entry, or give --phone-number too")
    dial_as(read_credentials(options), options)
    return []


def dial_as(credentials: Credentials | None, options: argparse.Namespace) -> None:
    """Dial the entry, tell its states as they pass, and what it is then.

    Without a terminal each state is a line; with --json, nothing but the JSON goes to stdout.
    """
    whose = _whose(options) if credentials is None and not options.json else ""
    if whose:
        # If nobody reads it, that is no reason not to dial.
        with contextlib.suppress(OSError):
            print_line(f"{options.entry}: {whose}")
    with Progress(lines=not options.json) as progress:
        passed: list[str] = []

        def tell(step: DialProgress) -> None:
            if step.state is ConnectionState.Connected and not step.error:
                return
            passed.append(_in_words(step))
            name = options.entry or options.phone_number
            # Nor is it one to hang up.
            with contextlib.suppress(OSError):
                progress.show(f"{name}: {passed[-1]}", _trail(name, passed, step.elapsed))

        with arguments_of(options):
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
        with operation:
            connection = operation.run()
    if options.json:
        print_json(status_of(connection))
    else:
        addresses = addresses_of(connection)
        known = ", ".join(str(addresses[name]) for name in ("ipv4", "ipv6") if addresses[name])
        print_line(f"{connection.name}: connected" + (f" ({known})" if known else ""))


def _whose(options: argparse.Namespace) -> str:
    """Whose credentials are sent if none are given, as far as that is known before RasDial."""
    try:
        saved = None
        if not options.no_saved:
            saved = saved_credentials(options.entry, phonebook=options.phonebook)
        with asking("RasEnumEntries") as service:
            path, name = find_entry(options.entry, options.phonebook, service)
        eap = Authentication.Eap in Phonebook(path).entry(name).authentication
    except (RasError, ValueError):
        return ""  # the dialling will tell why
    if saved and saved.user and saved.has_password:
        user = f"{saved.domain}\\{saved.user}" if saved.domain else saved.user
        own = ", unless its EAP method keeps others" if eap else ""
        return f"with the saved credentials of {user}{own}"
    if eap:
        return "with what its EAP method keeps for this user"
    return "without saved credentials, so Windows sends those of the logged-on user"


def _in_words(step: DialProgress) -> str:
    if not step.error:
        return step.state.name
    return f"{step.state.name}, error {step.error} {_native.error_name(step.error)}".rstrip()


def _trail(name: str, passed: list[str], elapsed: float) -> str:
    """The states in one line: all of them, or the last ones that fit."""
    room = shutil.get_terminal_size().columns - 1
    for first in range(len(passed)):
        states = " > ".join(["..."] * bool(first) + passed[first:])
        line = f"{name}: {states} ({elapsed:.1f} s)"
        if width(line) <= room:
            return line
    return f"{name}: {passed[-1]} ({elapsed:.1f} s)"
