"""What scenario files and entry files share: TOML of which each mistake is told with its line.

A file may come from anybody: whatever it has, reading takes time in proportion to its size and ends
with a document or an error of its `FileKind`.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from pathlib import Path
from typing import TypeVar

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._models import Json

__all__ = [
    "Document",
    "FileKind",
    "Given",
    "Inner",
    "Table",
    "did_you_mean",
    "escaped",
    "read_file",
    "refuse_same",
    "shown_value",
    "written",
]

_T = TypeVar("_T")
_Value = object

# No file needs more, be it of bytes, of parts of a key ("entry.dial" has two), or of arrays and
# tables in each other ("entry = [{ dial = [{}] }]" has four).
_MOST_BYTES = 16 * 2**20
_MOST_PARTS = 8
_MOST_DEPTH = 16

# How much of the file a message repeats.
_SHOWN = 260


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is, in words, and what its errors are.

    *tables* are those that it has at its top; of *secrets*, keys, no message repeats the values.
    """

    name: str
    error: type[ValueError]
    tables: tuple[str, ...]
    secrets: tuple[str, ...]


class Table:
    """One table of the file: gives its values once validated, and knows its line."""

    def __init__(self, file: _File, name: str, number: int, values: Mapping[str, _Value]) -> None:
        self.file = file
        self.name = name
        self.number = number
        self.values = values

    def fail(self, key: str, problem: str) -> ValueError:
        line = self.file.line_of(self.name, self.number, key)
        return self.file.error(line, f"[[{self.name}]] number {self.number}: {problem}")

    def allow(self, known: tuple[str, ...]) -> None:
        for key in self.values:
            if key not in known:
                raise self.fail(key, f"unknown key {shown_value(key)}; {did_you_mean(key, known)}")

    def get(self, key: str, validate: Callable[[_Value], _T | None], expected: str) -> _T | None:
        """Return the value, or None if the table does not have the key."""
        if key not in self.values:
            return None
        value = validate(self.values[key])
        if value is None:
            but = "" if key in self.file.kind.secrets else f", not {shown_value(self.values[key])}"
            raise self.fail(key, f"{key} must be {expected}{but}")
        return value

    def need(self, key: str, validate: Callable[[_Value], _T | None], expected: str) -> _T:
        value = self.get(key, validate, expected)
        if value is None:
            raise self.fail(key, f"the key {key!r} is missing; it must be {expected}")
        return value


class Inner(Table):
    """A table that is in the value of a key of another one."""

    def __init__(self, outer: Table, key: str, where: str, values: Mapping[str, _Value]) -> None:
        super().__init__(outer.file, outer.name, outer.number, values)
        self._key = key
        self._where = where

    def fail(self, _key: str, problem: str) -> ValueError:
        return super().fail(self._key, f"{self._where}: {problem}")


class Given(Table):
    """What a table of such a file would have, from elsewhere: its mistakes have no line."""

    def __init__(self, kind: FileKind, values: Mapping[str, _Value]) -> None:
        super().__init__(_File("", "", kind), kind.tables[0], 1, values)

    def fail(self, _key: str, problem: str) -> ValueError:
        return self.file.kind.error(problem)


# What is of interest between the keys and values of TOML, and where a string or comment ends that
# begins so. Each end is at most one step per escape away.
_MARK = re.compile(r"""\"{3}|'{3}|["'#\n\[\]{}=.,]""")
_ENDS = {
    '"""': re.compile(r'"{3,5}|\\.', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
    '"': re.compile(r'"|\n|\\.'),
    "'": re.compile(r"['\n]"),
    "#": re.compile(r"(?=\n)"),
}
_NOT_BLANK = re.compile(r"\S")


class _File:
    """The text of a file, and where in it things are."""

    def __init__(self, path: str, text: str, kind: FileKind) -> None:
        self.path = path
        self.text = text
        self.kind = kind

    def error(self, line: int, problem: str) -> ValueError:
        return self.kind.error(f"{self.path}, line {line}: {problem}")

    def line_at(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def statements(self) -> Iterator[tuple[int, str]]:
        """Where each key or header begins, and its text, up to the first that is not valid TOML.

        Raises:
            ValueError: It is nested more deeply, or a key has more parts, than any file: tomllib's
                time grows with the square of the one, and its stack with the other.
        """
        text = self.text
        position = 0
        while statement := _NOT_BLANK.search(text, position):
            position = begin = statement.start()
            depth, dots, head_end = 0, 0, None
            while found := _MARK.search(text, position):
                mark, position = found[0], found.end()
                dots = dots + (mark == ".") if mark in (".", '"', "'") else 0
                if dots >= _MOST_PARTS:
                    raise self.error(self.line_at(position), "a key has too many parts")
                if mark in ("=", "#") and head_end is None and found.start() > begin:
                    head_end = found.start()
                if mark in _ENDS:
                    position = self._end_of(mark, position)
                elif mark in "[{":
                    depth += 1
                    if depth > _MOST_DEPTH:
                        problem = f"too deeply nested to be {self.kind.name}"
                        raise self.error(self.line_at(position), problem)
                elif mark in "]}":
                    depth -= 1
                elif mark == "\n" and depth <= 0:
                    break
            else:
                position = len(text)
            yield begin, text[begin : position if head_end is None else head_end]

    def _end_of(self, mark: str, position: int) -> int:
        """Where a string or comment ends."""
        for end in _ENDS[mark].finditer(self.text, position):
            if not end[0].startswith("\\"):
                return end.end()
        return len(self.text)

    def line_of(self, table: str, number: int, key: str) -> int:
        """The line of a key in the number-th [[table]], or of that table if it is not found."""
        found = 0
        begin = None
        inside = False
        for position, head in self.statements():
            name = _plain(head)
            if name == f"[[{table}]]":
                found += 1
                inside = found == number
                begin = position if inside else begin
            elif name.startswith("["):
                inside = False
                if found == number and _is_in(name.strip("[]"), _plain(f"{table}.{key}")):
                    return self.line_at(position)
            elif inside and _is_in(name, _plain(key)):
                return self.line_at(position)
        return self.line_of_top(table) if begin is None else self.line_at(begin)

    def line_of_top(self, key: str) -> int:
        """The line at which a key or table at the top begins, or 1 if it is not found."""
        begins = (
            position
            for position, head in self.statements()
            if _plain(head).strip("[]").partition(".")[0] == _plain(key)
        )
        return self.line_at(next(begins, 0))


def _is_in(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}.")


def _plain(head: str) -> str:
    """A key or header without quotes and blanks; of one that is long, its beginning."""
    return re.sub(r"[\s\"']", "", head[:1000])


def shown_value(value: _Value) -> str:
    """A value for a message, where what is large stands for itself by its beginning."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str):
        return repr(value[:_SHOWN]) + "..." * (len(value) > _SHOWN)
    return str(value)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    return suggestion(name, known) or f"known are {', '.join(known)}"


def suggestion(name: str, known: Sequence[str]) -> str:
    """The known one that is like it, as a question; empty if none is."""
    near = difflib.get_close_matches(name[:_SHOWN], known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _open(path: str, kind: FileKind) -> _File:
    with Path(path).open("rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        line = content.count(b"\n") + 1
        limit = f"{_MOST_BYTES >> 20} MiB"
        raise kind.error(f"{path}, line {line}: {kind.name} has at most {limit}; make it shorter")
    # What Windows PowerShell redirects into a file is UTF-16.
    encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content[: problem.start].decode(encoding, "ignore").count("\n") + 1
        what = encoding.removesuffix("-sig").upper()
        raise kind.error(f"{path}, line {line}: not {what}; save it in that encoding") from None
    return _File(path, text, kind)


def _parse(file: _File) -> dict[str, _Value]:
    for _ in file.statements():
        pass  # before tomllib has any of it
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"(.*) \(at line (\d+), column \d+\)$", str(problem), re.DOTALL)
        line = int(found[2]) if found else file.line_at(len(file.text))
        raise file.error(
            line, f"not valid TOML: {(found[1] if found else str(problem))[:200]}"
        ) from None
    except ValueError:
        # Python reads no integer of so many digits; a float may have them.
        found = re.search(r"(?<![0-9_])[0-9_]{4000,}+(?![.eE])", file.text)
        line = file.line_at(found.start() if found else 0)
        raise file.error(line, "an integer has too many digits") from None


class Document:
    """A file as parsed, with its tables."""

    def __init__(self, file: _File, values: Mapping[str, _Value]) -> None:
        kind = file.kind
        tables = " and ".join(f"[[{name}]]" for name in kind.tables)
        if not values:
            raise file.error(1, f"it is empty; {kind.name} has tables {tables}")
        for key in values:
            if key not in kind.tables:
                problem = f"unknown key {shown_value(key)}; {kind.name} has tables {tables}"
                raise file.error(file.line_of_top(key), problem)
        self.path = file.path
        self._file = file
        self._values = values

    def tables(self, name: str) -> list[Table]:
        """The tables of that name, one after the other."""
        tables = self._values.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            line = self._file.line_of_top(name)
            raise self._file.error(line, f"{name!r} must be tables, each headed [[{name}]]")
        return [Table(self._file, name, number, table) for number, table in enumerate(tables, 1)]


def read_file(path: str | os.PathLike[str], kind: FileKind, read: Callable[[Document], _T]) -> _T:
    """Make of a file what *read* makes of its tables.

    Raises:
        ValueError: Of that kind: it is not TOML, or what *read* raises.
        OSError: It cannot be read.
    """
    try:
        file = _open(os.fspath(path), kind)
        return read(Document(file, _parse(file)))
    except kind.error as error:
        problem = str(error)
    # Raised here, because a traceback may show variables, and the frames that are left have the
    # passwords of the file.
    raise kind.error(problem)


def refuse_same(
    tables: Sequence[Table], keys: Sequence[tuple[str, ...]], problem: Callable[[int], str]
) -> None:
    """Refuse a table whose key, one for each, another has already, in whatever case."""

    def compare(a: int, b: int) -> int:
        return next(filter(None, map(_native.compare_texts, keys[a], keys[b])), 0)

    numbers = sorted(range(len(keys)), key=cmp_to_key(compare))
    for first, second in itertools.pairwise(numbers):
        if compare(first, second) == 0:
            raise tables[second].fail("name", problem(second))


# ---- writing ----


def written(name: str, values: Mapping[str, Json]) -> str:
    """A table [[name]] of those values, which have no null.

    Raises:
        ValueError: A text is no Unicode.
    """
    lines = [f"[[{name}]]\n"]
    for key, value in values.items():
        try:
            lines.append(f"{key} = {_written(value)}\n")
        except UnicodeError:
            raise ValueError(
                f"{key} cannot be written into a file: it has half of a surrogate pair"
            ) from None
    return "".join(lines)


def _written(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        value.encode()
        return '"' + "".join(map(_in_text, value)) + '"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_written, value)) + "]"
    assert isinstance(value, int)
    return str(value)


def _in_text(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else escaped(character)


def escaped(character: str) -> str:
    """A character of a text as TOML has it in ASCII."""
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
