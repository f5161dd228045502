"""Printing: as JSON, as plain text, or with rich if that is installed.

Every text that a command prints goes through here, where what could act on the terminal is escaped;
JSON is ASCII.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType

from .._models import Json
from .._text import fit, pad, shown, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Self

    from .._details import EntryName

Value = Json

#: What commands say when there is no connection.
NONE_UP = "No RAS connection is up."

_EXIT_USAGE = 2


class WrongUsageError(SystemExit):
    """The arguments are wrong; the message is on stderr already."""

    def __init__(self, message: str) -> None:
        super().__init__(_EXIT_USAGE)
        self.message = message


class Parser(argparse.ArgumentParser):
    """A parser that repeats no argument that it does not know, because it may be a password.

    Attributes:
        whole: Makes the parser of all commands, if this one has not all.
    """

    whole: Callable[[], Parser] | None = None

    @property
    def version(self) -> str:
        """What ``--version`` prints: argparse asks for it only then."""
        import importlib.metadata  # noqa: PLC0415  it imports a third of the standard library

        return f"{self.prog} {importlib.metadata.version('winras')}"

    def find_word(self, arguments: Sequence[str]) -> str:
        """The first that is neither an option that was added so far nor its value; "" if none."""
        rest = iter(arguments)
        for argument in rest:
            option = self._option_string_actions.get(argument.partition("=")[0])
            if option is None:
                return argument
            if option.nargs == 0:  # --help or --version, which look at nothing that follows
                return ""
            if "=" not in argument:
                next(rest, None)
        return ""

    def error(self, message: str) -> NoReturn:
        """Exit with 2, and with the message on stderr."""
        message = shown(message)
        self.print_usage(sys.stderr)
        print_error(f"{self.prog}: error: {message}")
        raise WrongUsageError(message)

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse all of them; what is unknown is told with the usage of the command."""
        first = self.find_word(sys.argv[1:] if args is None else args)
        if len(first) > len("--") and first.startswith("--"):
            # What follows may be its value, and so no command.
            self.error("unrecognized arguments: " + self._describe([first], self._own_options()))
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options.usage_error("unrecognized arguments: " + self._describe(unknown))
        return options

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse those that are known, as the inherited one does."""
        self.exit_on_error = False
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            flags = ["/".join(one.option_strings) for one in self._actions if one.nargs == 0]
            is_flag = error.argument_name in flags
            problem = (
                f"argument {error.argument_name}: it takes no value" if is_flag else str(error)
            )
        return self.error(problem)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        known = [str(choice) for choice in action.choices or ()]
        if known and value not in known:
            import difflib  # noqa: PLC0415  only on demand

            near = difflib.get_close_matches(str(value), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
            raise argparse.ArgumentError(action, f"invalid choice; {hint}")

    def _describe(self, unknown: list[str], own: Sequence[str] = ()) -> str:
        """What of them may be told; *own* are the options that can stand there, if not all."""
        import difflib  # noqa: PLC0415  only on demand

        known = list((self.whole() if self.whole else self)._options())
        meant = own or known
        described = []
        for argument in unknown:
            name = argument.partition("=")[0]
            near = difflib.get_close_matches(name, meant, 1, 0.7) if name.startswith("--") else []
            if name in known:
                where = "stands behind its" if own else "belongs to another"
                described.append(f"{name}, which {where} command")
            elif near:
                described.append(f"{name} (did you mean {near[0]}?)")
        if hidden := len(unknown) - len(described):
            more = " more" if described else ""
            words = "words" if hidden > 1 else "word"
            described.append(f"{hidden}{more} {words}, not repeated here in case one is a password")
        return ", ".join(described)

    def _own_options(self) -> list[str]:
        told = [one for one in self._actions if one.help is not argparse.SUPPRESS]
        return [option for one in told for option in one.option_strings]

    def _options(self) -> Iterator[str]:
        """The options of all commands."""
        yield from self._own_options()
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for parser in action.choices.values():
                    yield from parser._options()


def print_line(text: str) -> None:
    """Print one line, and flush it."""
    print(shown(text), flush=True)


def print_error(text: str) -> None:
    """Print one line on stderr; if nobody reads it, that changes no exit code."""
    try:
        print(shown(text), file=sys.stderr, flush=True)
    except OSError:
        # What is left of it would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def ask(question: str) -> str | None:
    """Ask on the terminal for a line; None if there is no terminal."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return None
    print(shown(question), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer


def print_json(value: Value) -> None:
    """Print a JSON value over several lines, in ASCII."""
    print(json.dumps(value, indent=2))


def print_json_line(value: Value) -> None:
    """Print a JSON value in one line, and flush it."""
    print(json.dumps(value), flush=True)


def print_toml(text: str) -> None:
    """Print TOML whose texts are in quotes: in ASCII unless on a terminal, whatever reads it.

    What has no picture is escaped as TOML does.
    """
    encoding = (sys.stdout.encoding or "utf-8") if sys.stdout.isatty() else "ascii"
    print("\n".join(_in_toml(line, encoding) for line in text.split("\n")), end="", flush=True)


def _in_toml(line: str, encoding: str) -> str:
    return "".join(
        character
        if shown(character) == character and character.encode(encoding, "ignore")
        else f"\\U{ord(character):08X}"
        for character in line
    )


def print_facts(facts: Mapping[str, Value]) -> None:
    """Print one fact a line, with a dash for None."""
    print(*fact_lines(facts), sep="\n", flush=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn by rich on a terminal, in plain columns elsewhere."""
    print(*table_lines(header, rows), sep="\n", flush=True)


def table_lines(
    header: Sequence[str], rows: Sequence[Sequence[str]], room: int | None = None
) -> list[str]:
    """The lines of a table, ready for the terminal: with rich, or in plain columns.

    Args:
        header: The heads of the columns.
        rows: The cells.
        room: How many columns of the terminal it may take, so that long cells end in an ellipsis;
            by default, nothing is left out.
    """
    table = [[_on_console(cell) for cell in row] for row in (header, *rows)]
    drawn = _rich_table(table, room) if is_screen() else None
    if drawn is not None:
        return drawn
    table, widths = _fitted(table, room, gap=2)
    lines = ["  ".join(map(pad, row, widths)).rstrip() for row in table]
    return lines if room is None else [fit(line, room) for line in lines]


# Columns of the terminal that a cell keeps, if it has so many.
_LEAST_CELL = 8


def _fitted(
    table: list[list[str]], room: int | None, *, gap: int
) -> tuple[list[list[str]], list[int]]:
    """The cells, cut where the columns are widest until all fit, and the widths of the columns.

    If that would leave too little of each, the last columns are left out.
    """
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    if room is not None:
        while len(widths) > 1 and sum(min(w, _LEAST_CELL) + gap for w in widths) - gap > room:
            widths.pop()
        while sum(widths) + gap * (len(widths) - 1) > room and max(widths) > 1:
            widths[widths.index(max(widths))] -= 1
    return [list(map(fit, row, widths)) for row in table], widths


def fact_lines(facts: Mapping[str, Value], room: int | None = None) -> list[str]:
    """One fact a line, with a dash for None; each takes at most *room* columns."""
    keys = max(map(len, facts))
    lines = [
        _on_console(f"{key.replace('_', ' '):{keys}}  {'-' if value is None else value}")
        for key, value in facts.items()
    ]
    return lines if room is None else [fit(line, room) for line in lines]


def is_screen() -> bool:
    """Whether stdout is a terminal that understands escape sequences."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and _takes_escapes()


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _PROCESSED_OUTPUT = 1
    _VIRTUAL_TERMINAL = 4

    def _takes_escapes() -> bool:
        """Switch them on; a console before Windows 10 refuses."""
        kernel32 = ctypes.WinDLL("kernel32")
        mode = wintypes.DWORD()
        try:
            console = wintypes.HANDLE(msvcrt.get_osfhandle(sys.stdout.fileno()))
        except (OSError, ValueError):
            return True  # no file: a test's
        wanted = _PROCESSED_OUTPUT | _VIRTUAL_TERMINAL
        return bool(
            kernel32.GetConsoleMode(console, ctypes.byref(mode))
            and kernel32.SetConsoleMode(console, wintypes.DWORD(mode.value | wanted))
        )

else:

    def _takes_escapes() -> bool:
        return True


def on_console(text: str, room: int) -> str:
    """As much of the text as fits so many columns of the terminal."""
    return fit(_on_console(text), room)


def _on_console(text: str) -> str:
    """The text as the console will have it: its code page may lack some characters too."""
    encoding = sys.stdout.encoding or "utf-8"
    return shown(text).encode(encoding, "backslashreplace").decode(encoding)


# The colours of states; rich leaves them out if NO_COLOR is set.
_STYLES = {"Connected": "green", "Disconnected": "red", "Dormant": "yellow"}


# Columns between two cells in the box that rich draws.
_RICH_GAP = 3


def _rich_table(table: list[list[str]], room: int | None) -> list[str] | None:
    """The lines of a table as rich draws it; None without rich, or if the console has no such."""
    if codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8":
        return None
    try:
        from rich import box  # noqa: PLC0415  optional
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        return None
    head, *body = _fitted(table, room, gap=_RICH_GAP)[0]
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for cell in head:
        drawn.add_column(cell, no_wrap=room is not None, overflow="crop" if room else "fold")
    for row in body:
        # As Text, because rich would take "[...]" in a str for markup.
        drawn.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        legacy_windows=False,
        width=room or shutil.get_terminal_size().columns,
    )
    with console.capture() as told:
        console.print(drawn)
    return told.get().splitlines()


def print_entries(entries: Sequence[EntryName]) -> None:
    """Print the table of ``winras entries``."""
    print_table(
        ("NAME", "FOR", "PHONE BOOK"),
        [(e.name, "all users" if e.all_users else "this user", e.phonebook) for e in entries],
    )


_PREFIXES = ("", "k", "M", "G", "T", "P", "E")


def with_unit(number: float, unit: str) -> str:
    """Write a number the way people do, such as ``1.2 MB`` or ``340 kB/s``, in powers of 1000."""
    for prefix in _PREFIXES:
        digits = 1 if prefix and round(number, 1) < 100 else 0
        if round(number) < 1000 or prefix == _PREFIXES[-1]:
            break
        number /= 1000
    return f"{number:.{digits}f} {prefix}{unit}"


class Progress:
    """Shows how far something is: on a terminal, in one line of stderr that is overwritten.

    The line is erased at the end. Without a terminal, each step is a line on stdout.

    Args:
        lines: Whether to print these lines if there is no terminal.
    """

    def __init__(self, *, lines: bool) -> None:
        dumb = os.environ.get("TERM") == "dumb"  # it cannot write over what it has shown
        self._terminal = sys.stderr is not None and sys.stderr.isatty() and not dumb
        self._lines = lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._terminal:
            self._write_over("")

    def show(self, line: str, live: str) -> None:
        """Show a step: *live* on a terminal, until the next step; else *line*."""
        if self._terminal:
            self._write_over(shown(live))
        elif self._lines:
            print_line(line)

    def _write_over(self, text: str) -> None:
        # With spaces, because not every console understands escape sequences.
        room = shutil.get_terminal_size().columns - 1
        # If nobody sees it, that is no reason to stop what it is about.
        with contextlib.suppress(OSError):
            print(f"\r{' ' * room}\r{fit(text, room)}", end="", file=sys.stderr, flush=True)
