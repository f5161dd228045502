"""The ``winras`` command: RAS connections for people and for scripts."""

from __future__ import annotations

import argparse
import importlib.metadata
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .. import _native
from ..exceptions import (
    AmbiguousNameError,
    ConnectionNotFoundError,
    EntryNotFoundError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
)
from . import _commands

__all__ = ["main"]

_EXIT_RAS_ERROR = 1
_EXIT_USAGE = 2
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

_EPILOG = """\
exit codes: 0 done, 1 a RAS error, 2 wrong usage, 3 no such connection or entry (or an
ambiguous name), 4 timed out, 5 no RAS here, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the ``winras`` command.

    Args:
        argv: Its arguments, by default those of the process.

    Returns:
        The exit code, as ``winras --help`` lists them.

    Raises:
        SystemExit: The arguments are wrong (2), or ask for help or the version (0).
    """
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # An entry's name may have what the console cannot show, even half a surrogate pair.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    parser = _make_parser()
    options = parser.parse_args(argv)
    try:
        with _service(parser, options.simulate):
            failures = _run(options)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone.
        _discard_output()
        return 0
    except OSError as problem:
        _discard_output()
        print(f"winras: cannot write: {problem.strerror}", file=sys.stderr)
        return _EXIT_RAS_ERROR
    for error in failures:
        print(error, file=sys.stderr)
        if options.hints and not options.json and error.hint not in str(error):
            print(f"hint: {error.hint}", file=sys.stderr)
    return max(map(_exit_code, failures), default=0)


def _discard_output() -> None:
    """Nothing more can be written, nor may it be tried at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(options: argparse.Namespace) -> list[RasError]:
    """The errors of the command, which it may have gone on after."""
    run: Callable[[argparse.Namespace], list[RasError]] = options.run
    try:
        return run(options)
    except RasError as error:
        return [error]
    except KeyboardInterrupt:
        goes_on = "; waiting for the port to close" if _native.unfinished_hang_ups() else ""
        print(f"interrupted{goes_on}", file=sys.stderr, flush=True)
        raise


def _exit_code(error: RasError) -> int:
    for kinds, code in _EXIT_CODES:
        if isinstance(error, kinds):
            return code
    return _EXIT_RAS_ERROR


@contextmanager
def _service(parser: argparse.ArgumentParser, scenario: str | None) -> Iterator[None]:
    """The RAS to work on: this system's, or a simulated one."""
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
        simulator.ignore_leftovers()  # a command may end in the middle of the story
        try:
            yield
        finally:
            # As at the end of the process, which the simulated RAS does not live to see.
            _native.finish_hang_ups()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 0 or more")
    return seconds


def _no_password(_text: str) -> str:
    # It would be shown to everybody who lists processes; at least it is not repeated.
    raise argparse.ArgumentTypeError(
        "a password is no argument: write it to standard input, with --password-stdin"
    )


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return count


def _code(text: str) -> int:
    try:
        code = int(text, 0)
    except ValueError:
        code = -1
    if not -0x80000000 <= code <= 0xFFFFFFFF or (code == -1 and text.strip() != "-1"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an error number such as 691 or 0x2B3")
    return code & 0xFFFFFFFF


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    json = argparse.ArgumentParser(add_help=False)
    json.add_argument("--json", action="store_true", help="print JSON, for scripts")
    phonebook = argparse.ArgumentParser(add_help=False)
    phonebook.add_argument(
        "--phonebook", metavar="PATH", help="the phone book, if several have that entry"
    )

    def add(
        name: str, text: str, parents: Sequence[argparse.ArgumentParser] = ()
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, parents=parents, allow_abbrev=False)
        command.set_defaults(hints=False)
        return command

    command = add("list", "list the connections that are up", [json])
    command.set_defaults(run=_commands.list_connections)

    command = add("status", "show how a connection is", [json, phonebook])
    command.add_argument("name", metavar="NAME", help="the connection's entry, in any case")
    command.set_defaults(run=_commands.show_status)

    command = add("watch", "tell when connections come and go", [json])
    command.add_argument(
        "--count", metavar="N", type=_count, help="end after so many events (default: go on)"
    )
    command.add_argument(
        "--timeout", metavar="S", type=_seconds, help="end after S seconds (default: go on)"
    )
    command.add_argument(
        "--check-every",
        metavar="S",
        type=_seconds,
        default=5.0,
        help="find a change after S seconds, more than 0, even if RAS does not signal it "
        "(default: 5)",
    )
    command.set_defaults(run=_commands.watch_connections, usage_error=command.error)

    command = add("hangup", "end a connection and wait until it is gone", [json, phonebook])
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("name", metavar="NAME", nargs="?", help="the connection's entry")
    which.add_argument("--all", action="store_true", help="every connection; needs --yes")
    command.add_argument("--yes", action="store_true", help="yes, really every connection")
    command.add_argument(
        "--one-reference",
        action="store_true",
        help="hang up once: the connection stays if another program holds it",
    )
    command.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=30.0,
        help="seconds to wait for the end (default: 30); after that the hang-up goes on, and "
        "the end of this command waits up to 3 s for it",
    )
    command.set_defaults(run=_commands.hang_up, usage_error=command.error)

    command = add("dial", "dial an entry and wait until it is connected", [json, phonebook])
    command.add_argument("entry", metavar="ENTRY", help="the phone-book entry")
    command.add_argument("--user", metavar="U", help="who dials (default: RAS is given nobody)")
    command.add_argument("--domain", metavar="D", help="the domain of --user")
    command.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password of --user from a line of standard input; without this, it is "
        "asked for on the terminal",
    )
    command.add_argument("--password", type=_no_password, help=argparse.SUPPRESS)
    command.add_argument("--phone-number", metavar="N", help="dial this, not the entry's own")
    command.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=60.0,
        help="seconds to wait (default: 60); what is not up by then, or at Ctrl+C, is hung up",
    )
    command.set_defaults(run=_commands.dial, usage_error=command.error, hints=True)

    command = add("stats", "show what has gone through a connection", [json, phonebook])
    command.add_argument("name", metavar="NAME", help="the connection's entry, in any case")
    command.add_argument(
        "--watch", action="store_true", help="a line each second, until it is gone"
    )
    command.add_argument(
        "--every",
        metavar="S",
        type=_seconds,
        help="with --watch: a line each S seconds (default: 1); at 1 Gbit/s at most 30, since "
        "RAS counts to 4 GB",
    )
    command.add_argument(
        "--count", metavar="N", type=_count, help="with --watch: end after so many lines"
    )
    command.set_defaults(run=_commands.show_statistics, usage_error=command.error)

    command = add("explain", "say what an error number means", [json])
    command.add_argument("code", metavar="CODE", type=_code, help="such as 691")
    command.set_defaults(run=_commands.explain)

    command = add("demo", "play a short story on a simulated RAS")
    command.set_defaults(run=_commands.demo, usage_error=command.error)
    return parser
