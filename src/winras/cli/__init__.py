"""The ``winras`` command: RAS connections for people and for scripts."""

from __future__ import annotations

import argparse
import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .. import _native
from .._operations import finish_hang_ups
from ..exceptions import (
    AmbiguousNameError,
    ConnectionNotFoundError,
    EntryNotFoundError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
)
from . import (  # noqa: F401
    _connections,
    _demo,
    _dial,
    _doctor,
    _explain,
    _hangup,
    _phonebook,
    _stats,
    _watch,
    _why,
)
from ._arguments import COMMANDS
from ._live import is_unread
from ._output import Parser, WrongUsageError, print_error, print_json_line

__all__ = ["main"]

_EXIT_RAS_ERROR = 1
_EXIT_NOT_FOUND = 3
_EXIT_TIMED_OUT = 4
_EXIT_UNAVAILABLE = 5
_EXIT_INTERRUPTED = 130

_EXIT_CODES: tuple[tuple[tuple[type[RasError], ...], int], ...] = (
    (
        (ConnectionNotFoundError, AmbiguousNameError, EntryNotFoundError, NotConnectedError),
        _EXIT_NOT_FOUND,
    ),
    ((RasTimeoutError,), _EXIT_TIMED_OUT),
    ((RasUnavailableError,), _EXIT_UNAVAILABLE),
)

# The order of ``winras --help``.
_ORDER = (
    "list",
    "status",
    "watch",
    "hangup",
    "dial",
    "stats",
    "why",
    "entries",
    "credentials",
    "devices",
    "explain",
    "doctor",
    "demo",
)

_EPILOG = """\
exit codes: 0 done, 1 a RAS error, 2 wrong usage, 3 no such connection or entry (or an
ambiguous name), 4 timed out, 5 no RAS here, 130 interrupted
"""


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
    if sys.stdout is None:  # our parent closed it
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # The name of an entry may have characters that the console cannot show.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _main(argv)
    except WrongUsageError as wrong:
        if "--json" in (sys.argv[1:] if argv is None else argv):
            nothing = dict.fromkeys(RasError(0, "", "").to_dict())
            print_json_line({"error": {**nothing, "message": wrong.message}})
        raise


def _main(argv: Sequence[str] | None) -> int:
    parser = _make_parser()
    options = parser.parse_args(argv)
    try:
        with _log(options.log_level), _service(parser, options.simulate):
            failures = _run(options)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except OSError as problem:
        return _end_output(problem)
    for error in failures:
        print_error(str(error))
        if options.hints and not options.json:
            for line in _more_about(error):
                print_error(line)
    return max(map(_exit_code, failures), default=options.exit_code)


def _more_about(error: RasError) -> Iterator[str]:
    """Lines about an error that its own does not have: its notes, and its hint."""
    yield from getattr(error, "__notes__", ())
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
    return _EXIT_RAS_ERROR


def _run(options: argparse.Namespace) -> list[RasError]:
    """Run the command, and return its errors."""
    run: Callable[[argparse.Namespace], list[RasError]] = options.run
    try:
        return run(options)
    except RasError as error:
        # Of what it returns, the command has told in its own JSON.
        if "json" in options and options.json:
            print_json_line({"error": error.to_dict()})
        return [error]
    except KeyboardInterrupt:
        goes_on = "; waiting for the port to close" if _native.unfinished_hang_ups() else ""
        print_error(f"interrupted{goes_on}")
        raise


def _exit_code(error: RasError) -> int:
    for kinds, code in _EXIT_CODES:
        if isinstance(error, kinds):
            return code
    return _EXIT_RAS_ERROR


@contextmanager
def _log(level: str | None) -> Iterator[None]:
    """Write what winras logs from that level on to stderr, also that of the hang-ups at the end."""
    if level is None:
        yield
        return
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
def _service(parser: argparse.ArgumentParser, scenario: str | None) -> Iterator[None]:
    """Provide the RAS to work on: this system's, or a simulated one."""
    if scenario is None:
        yield
        return
    from ..testing import ScenarioError, Simulator  # noqa: PLC0415  only on demand

    try:
        simulator = Simulator(scenario=scenario)
    except ScenarioError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"cannot read the scenario {scenario!r}: {error.strerror}")
    with simulator:
        simulator.ignore_leftovers()  # a command may end before its scenario does
        try:
            yield
        finally:
            # This is done at exit too, but the simulated RAS will have ended by then.
            finish_hang_ups()


def _make_parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(
        prog="winras",
        description="See, watch, dial and hang up Windows Remote Access Service (RAS) connections.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"winras {importlib.metadata.version('winras')}"
    )
    parser.add_argument(
        "--simulate",
        metavar="SCENARIO.toml",
        help="work on a simulated RAS that plays this scenario, not on this system's",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning"),
        help="write to stderr what winras decides (info), and each call of RAS (debug)",
    )
    parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in sorted(COMMANDS, key=lambda command: _ORDER.index(command.name)):
        command.add_to(parsers)
    return parser
