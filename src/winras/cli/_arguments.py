"""How commands are declared, and what their arguments may be.

The decorator `command` makes a function a command, and names the functions that add its arguments.
A command takes the parsed options. It raises the error that ended it, or returns a list of those
after which it went on.
"""

from __future__ import annotations

import argparse
import getpass
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .._credentials import Credentials
from .._text import shown
from ..exceptions import RasError

__all__ = [
    "COMMANDS",
    "Command",
    "add_credentials",
    "add_entry",
    "add_json",
    "add_name",
    "add_phonebook",
    "command",
    "count",
    "error_code",
    "read_credentials",
    "read_secret",
    "seconds",
]


_AddArguments = Callable[[argparse.ArgumentParser], None]
_Run = Callable[[argparse.Namespace], list[RasError]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``winras``.

    Attributes:
        name: As it is typed.
        help: What it does, for its line in ``winras --help``.
        arguments: Functions that add its arguments to its parser.
        run: Does its work with the parsed options, and returns the errors after which it went on.
    """

    name: str
    help: str
    arguments: tuple[_AddArguments, ...]
    run: _Run

    def add_to(self, parsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        """Make its parser. The options get `run`, `usage_error`, and whether to print `hints`."""
        parser = parsers.add_parser(self.name, help=self.help, allow_abbrev=False)
        parser.set_defaults(run=self.run, usage_error=parser.error, hints=False, exit_code=0)
        for add in self.arguments:
            add(parser)


#: Every command; the modules that declare them fill it.
COMMANDS: list[Command] = []


def command(name: str, text: str, *arguments: _AddArguments) -> Callable[[_Run], _Run]:
    """Make the decorated function the command of that name."""

    def add(run: _Run) -> _Run:
        COMMANDS.append(Command(name, text, arguments, run))
        return run

    return add


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def add_phonebook(parser: argparse.ArgumentParser) -> None:
    """Add ``--phonebook``."""
    parser.add_argument(
        "--phonebook", metavar="PATH", help="the phone book, if several have that entry"
    )


def add_entry(parser: argparse.ArgumentParser) -> None:
    """Add ``ENTRY``."""
    parser.add_argument("entry", metavar="ENTRY", help="the phone-book entry")


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add ``NAME``."""
    parser.add_argument("name", metavar="NAME", help="the entry, in upper or lower case")


def add_credentials(parser: argparse.ArgumentParser, who: str) -> None:
    """Add ``--user`` and what belongs to it, which `read_credentials` reads."""
    parser.add_argument("--user", metavar="U", help=who)
    parser.add_argument("--domain", metavar="D", help="the domain of --user")
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password of --user from a line of standard input; without this, it is "
        "asked for on the terminal",
    )
    parser.add_argument("--password", type=no_password, help=argparse.SUPPRESS)


def read_credentials(options: argparse.Namespace) -> Credentials | None:
    """Who is meant, with a password from standard input or the terminal; None without --user."""
    if options.user is None:
        if options.password_stdin or options.domain is not None:
            options.usage_error("--password-stdin and --domain need --user")
        return None
    try:
        # The password is in no variable here, which a traceback might show.
        return Credentials(
            options.user, read_secret(options, "password", "--user"), options.domain or ""
        )
    except ValueError as problem:
        options.usage_error(str(problem))
        raise  # not reached: usage_error() ends the program


def read_secret(options: argparse.Namespace, what: str, option: str) -> str:
    """Read it from standard input or the terminal; no message ever repeats it."""
    problem = f"standard input has no line with the {what}"
    try:
        if options.password_stdin:
            line = sys.stdin.readline() if sys.stdin else ""
            if line:
                return line.removesuffix("\n").removesuffix("\r")
        elif sys.stdin and sys.stdin.isatty():
            return getpass.getpass(
                shown(f"{what.capitalize()} of {options.user or options.entry}: ")
            )
        else:
            problem = (
                f"there is no terminal to ask for the {what} of {option}: write it to standard "
                "input, with --password-stdin"
            )
    except UnicodeError:
        problem = f"the {what} on standard input is not in {sys.stdin.encoding}"
    except (EOFError, OSError):
        pass
    options.usage_error(problem)
    return ""


def seconds(text: str) -> float:
    """Read a finite number of seconds, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 0 or more")
    return number


def count(text: str) -> int:
    """Read a whole number above 0."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def error_code(text: str) -> int:
    """Read an error number, decimal or hexadecimal, signed or not."""
    try:
        code = int(text, 0)
    except ValueError:
        code = -1
    if not -0x80000000 <= code <= 0xFFFFFFFF or (code == -1 and text.strip() != "-1"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an error number such as 691 or 0x2B3")
    return code & 0xFFFFFFFF


def no_password(_text: str) -> str:
    """Refuse a password, without repeating it: everybody can see the arguments of a process."""
    raise argparse.ArgumentTypeError(
        "do not give a password as an argument: write it to standard input, with --password-stdin"
    )
