"""The ``winras`` command: RAS connections for people and for scripts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module

from .. import _native
from .._facts import EXIT_RAS_ERROR, exit_code
from .._operations import finish_hang_ups
from ..exceptions import RasError, RasUnavailableError
from ._arguments import (
    CHANGES_NOTHING,
    COMMANDS,
    Command,
    HelpFormatter,
    add_global_options,
    command,
    in_options,
    notes_of,
    set_usage,
)
from ._live import is_unread
from ._output import Parser, WrongUsageError, print_error, print_json_line

# They declare the commands, and are imported by name. This tells type checkers, and programs that
# bundle what a program imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..testing import Simulator
    from . import (  # noqa: F401
        _act,
        _connections,
        _demo,
        _dial,
        _doctor,
        _explain,
        _hangup,
        _keep,
        _phonebook,
        _rasdial,
        _simulate,
        _stats,
        _watch,
        _why,
    )

__all__ = ["find_commands", "main"]

_EXIT_INTERRUPTED = 130

# The commands in the groups of ``winras --help``, those that are used most first, and the file that
# declares each.
_GROUPS = {
    "connections": {
        "list": "_connections",
        "status": "_connections",
        "watch": "_watch",
        "stats": "_stats",
        "dial": "_dial",
        "keep": "_keep",
        "hangup": "_hangup",
    },
    "when something is wrong": {"why": "_why", "explain": "_explain", "doctor": "_doctor"},
    "phone books": dict.fromkeys(("entries", "credentials", "devices"), "_phonebook"),
    "without a VPN": {"simulate": "_simulate", "act": "_act", "demo": "_demo"},
    "more": {"rasdial": "_rasdial", "help": ""},
}

_DESCRIPTION = "See, watch, dial and hang up Windows Remote Access Service (RAS) connections."

_EPILOG = """\
`winras help COMMAND` says what a command changes on this machine, and has examples.

exit codes: 0 done, 1 a RAS error or another fault, 2 wrong usage, 3 no such connection or entry \
(or an ambiguous name), 4 timed out, 5 no RAS here, 6 --dry-run found changes, \
130 interrupted"""

_GOES_ON = "; the hang-up goes on: waiting up to 3 s for the port to close"

# Whether a process can end with any number of 32 bits, as that of rasdial does.
_ANY_EXIT_CODE = sys.platform == "win32"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the ``winras`` command.

    With ``--json``, an error is one line of JSON on stdout too: docs/json.md.

    Args:
        argv: Its arguments, by default those of the process.

    Returns:
        The exit code, as ``winras --help`` lists them.

    Raises:
        SystemExit: The arguments are wrong (2), or ask for help or the version (0).
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # our parent closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # The name of an entry may have characters that the console cannot show.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _main(argv)
    except WrongUsageError as wrong:
        if "--json" in (sys.argv[1:] if argv is None else argv):
            nothing = dict.fromkeys(RasError(0, "", "").to_dict())
            try:
                print_json_line({"error": {**nothing, "message": wrong.message}})
            except OSError as problem:
                _end_output(problem)
        raise


def _main(argv: Sequence[str] | None) -> int:
    parser = _make_parser(sys.argv[1:] if argv is None else argv)
    options = parser.parse_args(argv)
    try:
        with _log(options.log_level), _service(parser, options) as options.simulator:
            failures = _run(options)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except RasUnavailableError as none:  # to join
        failures = _tell(none, options)
    except OSError as problem:
        return _end_output(problem)
    for error in failures:
        print_error(str(error))
        if options.hints and not options.json:
            for line in _more_about(error):
                print_error(line)
    if options.native and _ANY_EXIT_CODE:
        return next(map(_native_exit_code, failures), options.exit_code)
    return max(map(exit_code, failures), default=options.exit_code)


def _more_about(error: RasError) -> Iterator[str]:
    """Lines about an error that its own does not have: its notes, and its hint."""
    yield from notes_of(error)
    if error.hint not in str(error):
        yield f"hint: {error.hint}"


def _end_output(problem: OSError) -> int:
    """Make the flush at exit succeed, though nothing can be written any more."""
    # Windows' C library has EINVAL for a pipe without a reader.
    unread = isinstance(problem, BrokenPipeError) or is_unread()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if unread:
        return 0
    print_error(f"winras: cannot write: {problem.strerror}")
    return EXIT_RAS_ERROR


def _run(options: argparse.Namespace) -> list[RasError]:
    """Run the command, and return its errors."""
    run: Callable[[argparse.Namespace], list[RasError]] = options.run
    try:
        failures = run(options)
    except RasError as error:
        return _tell(error, options)
    except KeyboardInterrupt as interrupt:
        goes_on = _GOES_ON if _native.unfinished_hang_ups() else ""
        print_error(f"interrupted{goes_on}")
        for note in notes_of(interrupt):
            print_error(note)
        raise
    return [in_options(error, options) for error in failures]


def _tell(error: RasError, options: argparse.Namespace) -> list[RasError]:
    """Tell of an error in JSON; of those that a command returns, it has done that itself."""
    told = in_options(error, options)
    if "json" in options and options.json:
        print_json_line({"error": told.to_dict()})
    return [told]


def _native_exit_code(error: RasError) -> int:
    """The number of RAS; an HRESULT is negative, because sys.exit() takes a signed number."""
    return error.code - 2**32 if error.code >= 2**31 else error.code


@contextmanager
def _log(level: str | None) -> Iterator[None]:
    """Write what winras logs from that level on to stderr, also that of the hang-ups at the end."""
    if level is None:
        yield
        return
    import logging  # noqa: PLC0415  only on demand

    logger = logging.getLogger("winras")
    before = logger.level
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    try:
        yield
    finally:
        finish_hang_ups()
        logger.setLevel(before)
        logger.removeHandler(handler)


@contextmanager
def _service(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> Iterator[Simulator | None]:
    """Provide the RAS to work on: this system's, or a simulated one.

    Raises:
        RasUnavailableError: There is none to join.
    """
    if options.simulate is None and options.join is None:
        yield None
        return
    if options.simulate is not None and options.join is not None:
        parser.error("--simulate and --join do not go together: give one of them")
    with ExitStack() as stack:
        if options.simulate is not None:
            from ._simulate import simulator_of  # noqa: PLC0415  only on demand

            simulator = stack.enter_context(simulator_of(options.simulate, parser.error))
            simulator.ignore_leftovers()  # a command may end before its scenario does
        else:
            from ..testing import join  # noqa: PLC0415  only on demand

            try:
                simulator = stack.enter_context(join(options.join))
            except ValueError as problem:
                parser.error(f"argument --join: {problem}")
            except OSError as problem:
                raise RasUnavailableError(1722, "RPC_S_SERVER_UNAVAILABLE", str(problem)) from None
        # This is done at exit too, but there will be no simulated RAS by then.
        stack.callback(finish_hang_ups)
        yield simulator


def find_commands(*names: str) -> dict[str, Command]:
    """The commands of these names, or all; their files, which declare them, are imported now."""
    files = {name: file for group in _GROUPS.values() for name, file in group.items()}
    for name in names or files:
        if files[name]:
            import_module(f".{files[name]}", __name__)
    declared = {one.name: one for one in COMMANDS}
    return {name: declared[name] for name in names or files}


def _make_parser(argv: Sequence[str] = ()) -> Parser:
    """A parser of these arguments: of the one command that they begin with, else of all."""
    parser = Parser(
        prog="winras", epilog=_EPILOG, formatter_class=HelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--version", action="version")
    add_global_options(parser)
    name = parser.find_word(argv)
    if any(name in group for group in _GROUPS.values()):
        commands = find_commands(name)
        parser.whole = _make_parser
    else:
        commands = find_commands()
        lines = [_DESCRIPTION]
        for title, group in _GROUPS.items():
            lines += ["", f"{title}:", *(f"  {one:13}{commands[one].help}" for one in group)]
        parser.description = "\n".join(lines)
    parsers = parser.add_subparsers(
        metavar="COMMAND", required=True, prog="winras", help=argparse.SUPPRESS
    )
    for one in commands.values():
        one.add_to(parsers)
    set_usage(parser)
    return parser


def _add_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", metavar="COMMAND", nargs="*", help="such as: entries add")


@command(
    "help",
    "show the help of winras, or of a command",
    _add_words,
    effect=CHANGES_NOTHING,
    examples=("winras help hangup", "winras help entries add"),
)
def _help(options: argparse.Namespace) -> list[RasError]:
    """``winras help COMMAND``."""
    # Behind a "--", "--help" would be no option.
    _make_parser().parse_args([*(word for word in options.words if word != "--"), "--help"])
    raise AssertionError("--help has ended the program")
