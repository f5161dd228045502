"""How commands are declared, and what their arguments may be.

The decorator `command` makes a function a command, and names the functions that add its arguments.
A command takes the parsed options. It raises the error that ended it, or returns a list of those
after which it went on. What winras says of its parameters, `in_options` says of the options.
"""

from __future__ import annotations

import argparse
import codecs
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .._text import shown
from ..exceptions import RasError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO, TypeVar

    from .._credentials import Credentials

    _Parser = TypeVar("_Parser", bound=argparse.ArgumentParser)

__all__ = [
    "CHANGES_NOTHING",
    "COMMANDS",
    "READS",
    "Command",
    "HelpFormatter",
    "add_action_json",
    "add_actions",
    "add_credentials",
    "add_entry",
    "add_global_options",
    "add_json",
    "add_name",
    "add_phonebook",
    "arguments_of",
    "command",
    "count",
    "filled",
    "in_options",
    "notes_of",
    "read_credentials",
    "read_secret",
    "seconds",
    "set_usage",
]


_AddArguments = Callable[[argparse.ArgumentParser], None]
_Run = Callable[[argparse.Namespace], list[RasError]]


class HelpFormatter(argparse.HelpFormatter):
    """Wraps paragraphs, and leaves lines that are indented as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap  # noqa: PLC0415  only --help needs it

        return "\n".join(
            line if line.startswith(" ") else textwrap.fill(line, width, initial_indent=indent)
            for line in text.splitlines()
        )


def set_usage(parser: argparse.ArgumentParser) -> None:
    """Set the usage, by the arguments added so far: argparse's own differs by version."""
    required = [one for one in parser._actions if one.option_strings and one.required]
    positional = [one for one in parser._actions if not one.option_strings]
    parser.usage = " ".join([parser.prog, "[options]", *map(_usage_of, required + positional)])


def _usage_of(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    if action.option_strings:
        return f"{action.option_strings[0]} {name}"
    if isinstance(action, argparse._SubParsersAction):
        return f"{name} ..." if action.required else f"[{name} ...]"
    if action.nargs is None:
        return name
    return f"[{name} ...]" if action.nargs == "*" else f"[{name}]"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of ``winras``.

    Attributes:
        name: As it is typed.
        help: What it does, for its line in ``winras --help``.
        arguments: Functions that add its arguments to its parser.
        run: Does its work with the parsed options, and returns the errors after which it went on.
        effect: A sentence with what it changes on this machine, for its ``--help``.
        examples: Command lines, for its ``--help``. Tests run them with ``examples/office.toml``.
    """

    name: str
    help: str
    arguments: tuple[_AddArguments, ...]
    run: _Run
    effect: str = ""
    examples: tuple[str, ...] = ()

    def add_to(self, parsers: argparse._SubParsersAction[_Parser]) -> None:
        """Make its parser.

        The options get `run` and `usage_error`, whether to print `hints`, the `exit_code` if there
        is no error, whether that is `native` if there is one, and as what the arguments of winras
        are `known_as` here, unless as elsewhere.
        """
        parser = parsers.add_parser(
            self.name,
            help=self.help,
            description=f"{self.help[0].upper()}{self.help[1:]}. {self.effect}".rstrip(),
            epilog="\n".join(["examples:", *(f"  {example}" for example in self.examples)]),
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )
        parser.set_defaults(
            run=self.run,
            usage_error=parser.error,
            hints=False,
            exit_code=0,
            native=False,
            known_as={},
        )
        for add in self.arguments:
            add(parser)
        add_global_options(parser, argparse.SUPPRESS)
        set_usage(parser)


#: The effect of a command that only reads.
CHANGES_NOTHING = "It changes nothing on this machine."

#: The same, if RasMan must run for what it reads.
READS = (
    "It changes nothing on this machine, but starts the RasMan service if that is stopped, as "
    "Windows' own programs do."
)

#: Every command; the modules that declare them fill it.
COMMANDS: list[Command] = []


def command(
    name: str,
    text: str,
    *arguments: _AddArguments,
    effect: str = "",
    examples: tuple[str, ...] = (),
) -> Callable[[_Run], _Run]:
    """Make the decorated function the command of that name."""

    def add(run: _Run) -> _Run:
        COMMANDS.append(Command(name, text, arguments, run, effect, examples))
        return run

    return add


def add_global_options(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add what can stand before and after a command; there, the default is to keep what is set."""
    parser.add_argument(
        "--simulate",
        metavar="SCENARIO.toml",
        type=filled,
        default=default,
        help="work on a simulated RAS that plays this scenario, not on this system's",
    )
    parser.add_argument(
        "--join",
        metavar="NAME",
        type=filled,
        default=default,
        help="work on the simulated RAS that another process holds by this name: winras simulate",
    )
    parser.add_argument(
        "--log-level",
        metavar="LEVEL",
        choices=("debug", "info", "warning"),
        default=default,
        help="write what winras logs to stderr: debug (each call of RAS), info (what it decides) "
        "or warning, and anything more severe",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def add_actions(parser: argparse.ArgumentParser, actions: tuple[Command, ...]) -> None:
    """Add actions, which are commands of a command."""
    parser.set_defaults(json=False, phonebook=None)
    parsers = parser.add_subparsers(title="actions", metavar="ACTION")
    for action in actions:
        action.add_to(parsers)


def add_action_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` to an action; what it is not given, its command may have been."""
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON, for scripts"
    )


def add_phonebook(parser: argparse.ArgumentParser) -> None:
    """Add ``--phonebook``."""
    parser.add_argument(
        "--phonebook",
        metavar="PATH",
        type=filled,
        help="the phone book, if several have that entry",
    )


def add_entry(parser: argparse.ArgumentParser) -> None:
    """Add ``ENTRY``."""
    parser.add_argument("entry", metavar="ENTRY", type=filled, help="the phone-book entry")


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add ``NAME``."""
    parser.add_argument(
        "name", metavar="NAME", type=filled, help="the entry, in upper or lower case"
    )


def add_credentials(parser: argparse.ArgumentParser, who: str) -> None:
    """Add ``--user`` and what belongs to it, which `read_credentials` reads."""
    parser.add_argument("--user", metavar="U", type=filled, help=who)
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
    from .._credentials import Credentials  # noqa: PLC0415  only on demand

    with arguments_of(options):
        # The password is in no variable here, which a traceback might show.
        return Credentials(
            options.user, read_secret(options, "password", "--user"), options.domain or ""
        )


def read_secret(options: argparse.Namespace, what: str, option: str) -> str:
    """Read it from standard input or the terminal; no message ever repeats it."""
    problem = f"standard input has no line with the {what}, or an empty one"
    try:
        if options.password_stdin:
            line = _first_line(sys.stdin).removesuffix("\n").removesuffix("\r")
            if line:
                return line
        elif sys.stdin and sys.stdin.isatty():
            from getpass import getpass  # noqa: PLC0415  only on demand

            return getpass(shown(f"{what.capitalize()} of {options.user or options.entry}: "))
        else:
            problem = (
                f"there is no terminal to ask for the {what} of {option}: write it to standard "
                "input, with --password-stdin"
            )
    except UnicodeError as error:
        encoding = getattr(error, "encoding", sys.stdin.encoding)
        problem = f"the {what} on standard input is not in {encoding}"
    except (EOFError, OSError):
        pass
    options.usage_error(problem)
    return ""


def _first_line(stream: TextIO | None) -> str:
    """Read it. A byte order mark is no part of it: Notepad and PowerShell put one into files."""
    if stream is None:
        return ""
    raw: BinaryIO | None = getattr(stream, "buffer", None)
    if raw is None:
        return stream.readline()
    line = raw.readline()
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return line.decode("utf-8")  # it is not
    if line.startswith(codecs.BOM_UTF8):
        return line.decode("utf-8-sig")
    return line.decode(stream.encoding, stream.errors or "strict")


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


def filled(text: str) -> str:
    """Refuse an empty text, which is most often a variable of a script that is not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; is a variable not set?")
    return text


def no_password(_text: str) -> str:
    """Refuse a password, without repeating it: everybody can see the arguments of a process."""
    raise argparse.ArgumentTypeError(
        "do not give a password as an argument: write it to standard input, with --password-stdin"
    )


# The arguments with which a message of winras begins, as the users of the command know them.
_KNOWN_AS = {
    "credentials": "--user",
    "device_name": "--device",
    "domain": "--domain",
    "entry": "ENTRY",
    "key": "the pre-shared key",
    "password": "the password",
    "path": "--phonebook",
    "phone_number": "--phone-number",
    "phonebook": "--phonebook",
    "user": "--user",
}


@contextmanager
def arguments_of(options: argparse.Namespace) -> Iterator[None]:
    """Tell a value that winras refuses as wrong usage, with the names of the options."""
    try:
        yield
    except ValueError as problem:
        argument, space, rest = str(problem).partition(" ")
        options.usage_error(_known_as(options, argument) + space + rest)
        raise  # not reached: usage_error() ends the program


def _known_as(options: argparse.Namespace, argument: str) -> str:
    known_as: dict[str, str] = {**_KNOWN_AS, **options.known_as}
    return known_as.get(argument, argument)


# What winras tells programs to do, and what their users do.
_IN_OPTIONS = {
    "pass hang_up=True": "give --hang-up",
    "phonebook= or --phonebook": "--phonebook",
    "winras.testing.Simulator or winras --simulate": "winras --simulate",
    "choose one with phonebook=": "choose one with --phonebook",
    "; make it with add_entry()": "",
    "start it with set_service()": "start it with: act set-service running",
    " or with Simulator.serve()": "",
    "; is the path right? Phonebook.create_file makes a private one": "; is the path right?",
}


def in_options(error: RasError, options: argparse.Namespace) -> RasError:
    """The error, with the names of options where its message has those of parameters."""
    message = error.message
    for parameter, option in _IN_OPTIONS.items():
        message = message.replace(parameter, option)
    credentials = _known_as(options, "credentials")
    message = message.replace("give credentials", f"give {credentials}")
    if message == error.message:
        return error
    told = type(error)(error.code, error.name, message, error.function)
    for note in notes_of(error):
        told.add_note(note)
    return told


def notes_of(error: BaseException) -> Sequence[str]:
    """What an error says besides its message."""
    notes: Sequence[str] = getattr(error, "__notes__", ())
    return notes
