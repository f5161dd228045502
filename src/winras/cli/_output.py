"""How facts are printed: as JSON, as plain text, or with rich where that is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

Value = str | int | bool | None | Mapping[str, "Value"] | Sequence["Value"]


def print_json(value: Value) -> None:
    """One JSON value, in ASCII."""
    print(json.dumps(value, indent=2))


def print_json_line(value: Value) -> None:
    """One JSON value in one line, at once."""
    print(json.dumps(value), flush=True)


def print_facts(facts: Mapping[str, Value]) -> None:
    """One fact a line; what is absent is a dash."""
    width = max(map(len, facts))
    for key, value in facts.items():
        print(f"{key.replace('_', ' '):{width}}  {'-' if value is None else value}")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: drawn by rich on a terminal, in plain columns elsewhere."""
    if sys.stdout.isatty() and _print_rich_table(header, rows):
        return
    table = [[_as_shown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _as_shown(text: str) -> str:
    """The text, escaped where the console's code page has no letter for it."""
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
        # Text, because in a plain str rich would take "[...]" for markup.
        table.add_row(*map(Text, row))
    Console().print(table)
    return True
