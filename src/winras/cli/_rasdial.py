"""``winras rasdial``: the arguments of Windows' rasdial, so that scripts can be moved by the line.

Its arguments are those of Microsoft's page *rasdial*. That ``/d`` is short for ``/disconnect``,
that without an entry this hangs up everything, and that the exit code is the number of RAS, is what
scripts rely on. It dials and hangs up as ``winras dial`` and ``winras hangup`` do.
"""

from __future__ import annotations

import argparse
import sys

from .._connections import connections, get_connection
from .._credentials import Credentials
from ..exceptions import RasError
from ._arguments import arguments_of, command, read_secret
from ._dial import dial_as
from ._hangup import hang_up_all
from ._output import NONE_UP, print_error, print_line

# What stands for the domain that is stored with the entry: page RASDIALPARAMS.
_DOMAIN_OF_THE_ENTRY = "*"

_UNSUPPORTED = {
    "/callback": "no server calls back: leave it out",
    "/prefixsuffix": "the number is dialled as it is: give the whole of it in /phone:",
}

# rasdial waits as long as RAS does.
_DIAL_WITHIN = 300.0


def _add_rasdial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        metavar="ARGUMENT",
        nargs="*",
        help="those of rasdial: ENTRY [USER [PASSWORD|*]] [/domain:D] [/phone:N] "
        "[/phonebook:FILE], or [ENTRY] /disconnect, or none to list what is up; with * the "
        "password is asked for; without USER, what is saved for the entry is sent",
    )
    parser.set_defaults(
        **dict.fromkeys(("all", "json", "no_saved", "one_reference"), False),
        hints=True,
        native=True,
        print_help=parser.print_help,
        known_as={
            "credentials": "USER and *",
            "domain": "/domain",
            "phone_number": "/phone",
            "phonebook": "/phonebook",
            "user": "USER",
        },
    )


@command(
    "rasdial",
    "take the arguments of rasdial, for scripts that use it",
    _add_rasdial,
    effect="With ENTRY it dials, with /disconnect it hangs up, without either it changes nothing "
    "on this machine. On Windows its exit code is the number of RAS, elsewhere as of any command.",
    examples=(
        'winras rasdial "Home VPN"',
        'winras rasdial "Office VPN" /disconnect',
    ),
)
def _rasdial(options: argparse.Namespace) -> list[RasError]:
    """``winras rasdial``."""
    if "/?" in options.words:
        options.print_help()
        return []
    given = _take_options(options)
    if len(options.words) > 3 or "" in options.words[:2]:
        options.usage_error("give ENTRY, USER and PASSWORD or *, none of them empty, and no more")
    options.entry = options.words.pop(0) if options.words else None
    options.user = options.words.pop(0) if options.words else None
    if "/disconnect" in given:
        return _disconnect(options, given)
    if options.entry is None:
        if given:
            options.usage_error(f"{min(given)} needs an ENTRY")
        for name in [one.name for one in connections()] or [NONE_UP]:
            print_line(name)
        return []
    options.phonebook = given.get("/phonebook")
    options.phone_number = given.get("/phone")
    options.timeout = _DIAL_WITHIN
    dial_as(_take_credentials(options, given.get("/domain")), options)
    return []


def _take_options(options: argparse.Namespace) -> dict[str, str]:
    """Take them out of the words, by their whole names.

    No message repeats a value, nor what is none of them: either may be a password.
    """
    given = {}
    for word in [word for word in options.words if word.startswith("/")]:
        options.words.remove(word)
        name, colon, value = word.partition(":")
        name = name.lower()
        if name in _UNSUPPORTED:
            options.usage_error(f"{name} is not supported: {_UNSUPPORTED[name]}")
        if not colon and len(name) > 1 and "/disconnect".startswith(name):
            name = "/disconnect"
        elif name not in ("/domain", "/phone", "/phonebook"):
            options.usage_error(
                "an option is unknown; known are /domain:D, /phone:N, /phonebook:FILE and "
                "/disconnect"
            )
        elif not value:
            options.usage_error(f"{name} is empty: write {name}: and its value, as one word")
        given[name] = value
    return given


def _disconnect(options: argparse.Namespace, given: dict[str, str]) -> list[RasError]:
    if options.user is not None or len(given) > 1:
        options.usage_error("/disconnect goes with an ENTRY only")
    options.timeout = 30.0
    options.all = options.entry is None
    chosen = connections() if options.all else [get_connection(options.entry)]
    return hang_up_all(chosen, options).errors


def _take_credentials(options: argparse.Namespace, domain: str | None) -> Credentials | None:
    """Who dials; the password is in no variable here, which a traceback might show."""
    if options.user is None:
        if domain is not None:
            options.usage_error("/domain needs a USER")
        return None
    if options.words == ["*"]:
        options.words.clear()
        options.password_stdin = not (sys.stdin and sys.stdin.isatty())
        options.words.append(read_secret(options, "password", "USER"))
    elif options.words:
        print_error(
            "winras: every user of this machine can see a password on a command line; write * to "
            "be asked for it"
        )
    domain = domain or _DOMAIN_OF_THE_ENTRY
    with arguments_of(options):
        return Credentials(options.user, options.words.pop() if options.words else "", domain)
