"""How commands are declared, and what their arguments may be."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

from ..exceptions import RasError

__all__ = [
    "COMMANDS",
    "Command",
    "add_json",
    "add_phonebook",
    "command",
    "count",
    "error_code",
    "no_password",
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
        parser.set_defaults(run=self.run, usage_error=parser.error, hints=False)
        for add in self.arguments:
            add(parser)


#: Every command, in the order of ``winras --help``.
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
