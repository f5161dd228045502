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
from ._hangup import hang_up
from ._output import print_error, print_line

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
    words = [word for word in options.words if not word.startswith("/")]
    given = _read_options(options, [word for word in options.words if word.startswith("/")])
    if len(words) > 3 or "" in words[:2]:  # not repeated, since the password may be among them
        options.usage_error("give ENTRY, USER and PASSWORD or *, none of them empty, and no more")
    options.entry, options.user, password = (*words, None, None, None)[:3]
    if "/disconnect" in given:
        return _disconnect(options, given)
    if options.entry is None:
        if given:
            options.usage_error(f"{min(given)} needs an ENTRY")
        for name in [one.name for one in connections()] or ["No RAS connection is up."]:
            print_line(name)
        return []
    options.phonebook = given.get("/phonebook")
    options.phone_number = given.get("/phone")
    options.timeout = _DIAL_WITHIN
    dial_as(_read_credentials(options, password, given.get("/domain")), options)
    return []


def _read_options(options: argparse.Namespace, words: list[str]) -> dict[str, str]:
    """The options by their whole names. No message repeats a value, nor what is none of them."""
    given = {}
    for word in words:
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
    _, errors = hang_up(chosen, options)
    return errors


def _read_credentials(
    options: argparse.Namespace, password: str | None, domain: str | None
) -> Credentials | None:
    if options.user is None:
        if domain is not None:
            options.usage_error("/domain needs a USER")
        return None
    if password == "*":  # noqa: S105  it stands for a question
        options.password_stdin = not (sys.stdin and sys.stdin.isatty())
        password = read_secret(options, "password", "USER")
    elif password is not None:
        print_error(
            "winras: every user of this machine can see a password on a command line; write * to "
            "be asked for it"
        )
    with arguments_of(options):
        return Credentials(options.user, password or "", domain or _DOMAIN_OF_THE_ENTRY)
