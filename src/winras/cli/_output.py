"""Printing: as JSON, as plain text, or with rich if that is installed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from .._connections import Connection
from .._models import EntryName, Status

Value = str | int | float | bool | None | Mapping[str, "Value"] | Sequence["Value"]


def print_json(value: Value) -> None:
    """Print a JSON value over several lines, in ASCII."""
    print(json.dumps(value, indent=2))


def print_json_line(value: Value) -> None:
    """Print a JSON value in one line, and flush it."""
    print(json.dumps(value), flush=True)


def print_facts(facts: Mapping[str, Value]) -> None:
    """Print one fact a line, with a dash for None."""
    width = max(map(len, facts))
    for key, value in facts.items():
        print(f"{key.replace('_', ' '):{width}}  {'-' if value is None else value}")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn by rich on a terminal, in plain columns elsewhere."""
    if sys.stdout.isatty() and _print_rich_table(header, rows):
        return
    table = [[_as_shown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_connections(rows: Sequence[tuple[Connection, Status]]) -> None:
    """Print the table of ``winras list``."""
    print_table(
        ("NAME", "STATE", "DEVICE TYPE", "DEVICE", "HANDLE"),
        [
            (
                connection.name,
                status.state.name,
                connection.device_type,
                connection.device_name,
                f"{connection.handle:#x}",
            )
            for connection, status in rows
        ],
    )


def _as_shown(text: str) -> str:
    """Escape the characters that the console's code page does not have."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _print_rich_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    try:
        from rich.console import Console  # noqa: PLC0415  optional
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        return False
    table = Table(*header)
    for row in rows:
        # As Text, because rich would take "[...]" in a str for markup.
        table.add_row(*map(Text, row))
    Console().print(table)
    return True


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
            self._write_over(live)
        elif self._lines:
            print(line, flush=True)

    def _write_over(self, text: str) -> None:
        # With spaces, because not every console understands escape sequences.
        room = shutil.get_terminal_size().columns - 1
        # If nobody sees it, that is no reason to stop what it is about.
        with contextlib.suppress(OSError):
            print(f"\r{' ' * room}\r{text[:room]}", end="", file=sys.stderr, flush=True)
