"""Phone-book files: single keys of an entry, for what RASENTRY cannot say.

``read`` takes a file as Windows writes it. An entry's keys are got and set; ``save`` writes them
back, and every other byte as it was: order, repeated keys, ends of lines, encodings, and lines that
winras does not understand.

What `winras.Entry` has a field for, change with `winras.Phonebook`: Windows knows its own file
best. Microsoft documents the file only for what demand-dial connections of a server have in it.

See Microsoft's page *[MS-RRASM] 2.2.2 File Format for Phonebook*.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import _native
from ._connections import suggest
from ._details import EntryName
from ._phonebook import Phonebook
from ._text import shown

__all__ = ["FileChangedError", "FileEntry", "PhonebookFile", "read"]

_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623

#: What Windows takes for the code page of its A functions; elsewhere, that of western Europe.
_ANSI = "mbcs" if sys.platform == "win32" else "cp1252"

_UTF_8_BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")

# A name may have a bracket in it. None of these takes more time than in proportion to the text.
_HEADER = re.compile(rb"^[ \t]*+\[([^\n]*)\][ \t]*+\r?$", re.MULTILINE)
_ITEM = re.compile(rb"^([^=\n]*+)=([^\n]*+)", re.MULTILINE)
_END_OF_LINE = re.compile(rb"\r?\n?")

# No line that has such a key is taken for a name or a comment.
_KEY = re.compile(r"(?![\[;])[!-<>-~]+")


class FileChangedError(OSError):
    """The file is no longer what was read, or is being saved: read it again, and set again."""


class FileEntry:
    """An entry of a phone-book file.

    Keys are told apart by case: ``Device`` and ``DEVICE`` are two.

    Attributes:
        encoding: Python's name of the encoding of its name and values, which its key Encoding
            tells: UTF-8, unless that is 0.

    See Microsoft's page *[MS-RRASM] 2.2.2.2 Phonebook entry settings*.
    """

    __slots__ = ("_body", "_name", "_raw", "_saved", "encoding")

    encoding: str
    _saved: bytes

    def __init__(self, raw: bytes, name: bytes, body: int, ansi: str) -> None:
        self._raw = self._saved = raw
        self._name = name
        self._body = body  # where its header ends
        start, end = next(iter(self._find("Encoding")), (0, 0))
        is_ansi = raw[start:end].partition(b"=")[2].strip() == b"0"
        self.encoding = ansi if is_ansi else "utf-8"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"  # nothing of its keys, which may be secret

    @property
    def name(self) -> str:
        """Its name. `winras.Phonebook.rename` changes it."""
        return self._decode(self._name)

    def get(self, key: str) -> str | None:
        """The value of the first line that has a key; None if none has.

        A byte that its encoding does not know becomes a lone surrogate.
        """
        return next(iter(self.get_all(key)), None)

    def get_all(self, key: str) -> tuple[str, ...]:
        """The values of all lines that have a key: CustomAuthData and Routes go on over several."""
        skip = len(_valid_key(key)) + 1
        return tuple(self._decode(self._raw[start + skip : end]) for start, end in self._find(key))

    def items(self) -> list[tuple[str, str]]:
        """The keys and values of all lines that have any, in their order."""
        return [
            (self._decode(found[1]), self._decode(found[2].removesuffix(b"\r")))
            for found in _ITEM.finditer(self._raw, self._body)
        ]

    def set(self, key: str, value: str, *, after: str | None = None) -> None:
        """Set the value of a key; nothing is written before `PhonebookFile.save`.

        Args:
            key: The key.
            value: Its value, in one line.
            after: The key behind which the line comes if the entry has none with *key*; Microsoft
                documents that the keys of an entry have a fixed order.

        Raises:
            ValueError: The entry has *key* on several lines: see `set_all`. Or it has none, and not
                *after* either. Or what is given cannot be in such a file: a line break, a NUL, a
                character that the entry's encoding does not have.
            TypeError: Something is not text.
        """
        if (count := len(self._find(key))) > 1:
            raise ValueError(
                f"the entry {self.name!r} has {key} on {count} lines: set_all() sets them all"
            )
        self.set_all(key, [value], after=after)

    def set_all(self, key: str, values: Sequence[str], *, after: str | None = None) -> None:
        """Set the values of all lines that have a key; lines too many go, and more are added.

        Args:
            key: The key.
            values: One for each line; none removes them.
            after: As in `set`.

        Raises:
            ValueError, TypeError: As in `set`.
        """
        if isinstance(values, str):
            raise TypeError("values must be a list of texts, one for each line; set() takes one")
        if _valid_key(key) == "Encoding":
            raise ValueError("Encoding says how all the other lines are read: it cannot be set")
        lines = [self._to_line(key, value) for value in values]
        found = self._find(key)
        if not found and lines:
            anchor = self._find_anchor(key, after)
            lines.insert(0, self._raw[slice(*anchor)])
            found = [anchor]
        parts, rest = [], 0
        for number, (start, end) in enumerate(found, 1):
            mine = lines[number - 1 : None if number == len(found) else number]
            parts += [self._raw[rest:start], self._newline(end).join(mine)]
            rest = end if mine else end + len(self._ending(end))
        self._raw = b"".join([*parts, self._raw[rest:]])

    def _decode(self, text: bytes) -> str:
        return text.decode(self.encoding, "surrogateescape")

    def _find(self, key: str) -> list[tuple[int, int]]:
        """Where the lines with a key begin, and where they end, before what ends a line."""
        pattern = rb"^%s=[^\n]*+" % re.escape(_valid_key(key).encode("ascii"))
        found = re.compile(pattern, re.MULTILINE).finditer(self._raw, self._body)
        return [(one.start(), one.end() - one[0].endswith(b"\r")) for one in found]

    def _find_anchor(self, key: str, after: str | None) -> tuple[int, int]:
        if after is None:
            near = [one for one, _ in self.items() if one.casefold() == key.casefold()]
            what_to_do = f"did you mean {near[0]}?" if near else "say with after= behind which"
            raise ValueError(f"the entry {self.name!r} has no key {key}; {what_to_do}")
        if found := self._find(after):
            return found[-1]
        raise ValueError(
            f"the entry {self.name!r} has no key {after}, behind which {key} could come"
        )

    def _newline(self, end: int) -> bytes:
        """What ends lines, as the one whose text ends there; if that is open, as the first."""
        found = self._ending(end)
        if found.endswith(b"\n"):
            return found
        return b"\r\n" if self._raw[: self._body].endswith(b"\r") else b"\n"

    def _ending(self, end: int) -> bytes:
        found = _END_OF_LINE.match(self._raw, end)
        return found[0] if found else b""

    def _to_line(self, key: str, value: str) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"the value of {key} must be str, not {type(value).__name__}")
        if any(character in value for character in "\r\n\0"):
            raise ValueError(f"the value of {key} must be in one line and without a NUL")
        try:
            return f"{key}={value}".encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ValueError(
                f"the value of {key} has the character {error.object[error.start]!r}, which is not "
                f"in {self.encoding}, the encoding of the entry {self.name!r}"
            ) from None


class PhonebookFile:
    """A phone-book file as it was read, and what was set since.

    Attributes:
        path: Its full path.
        entries: Its entries, in their order.
    """

    __slots__ = ("_book", "_head", "entries", "path")

    path: str
    entries: tuple[FileEntry, ...]

    def __init__(self, book: Phonebook, head: bytes, entries: tuple[FileEntry, ...]) -> None:
        self._book = book
        self._head = head  # what comes before the first entry
        self.path = book.path
        self.entries = entries

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path!r}>"

    def entry(self, name: str) -> FileEntry:
        """An entry by its name, in upper or lower case.

        Raises:
            winras.EntryNotFoundError: The file has no such entry (623); the message suggests
                similar names.
            ValueError: It has several.
            TypeError: *name* is not text.
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be str, not {type(name).__name__}")
        found = [one for one in self.entries if _native.is_same_text(one.name, name)]
        if len(found) > 1:
            raise ValueError(
                f'"{shown(self.path)}" has {len(found)} entries {name!r}; choose one of the '
                "attribute entries, or delete the others"
            )
        if found:
            return found[0]
        listed = [EntryName(one.name, self.path, all_users=False) for one in self.entries]
        raise _native.error(
            _ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
            "",
            f'phone book "{self.path}" has no entry {name!r}{suggest(name, listed)}',
        )

    def save(self) -> None:
        """Write the file, if anything was set.

        It is written anew beside the old one and then renamed, so that there is always the old one
        or the new one, whole. If it cannot be, the old one stays.

        RAS writes the file, too, and knows of nobody else: what it writes in the moment between the
        last look at the file and the renaming is lost. A change takes effect at the next dial.

        Raises:
            winras.EntryInUseError: An entry that was changed is up or being dialled (817).
            winras.RasError: RAS does not say what is up. Where there is no RAS, nothing is.
            FileChangedError: The file is no longer what was read, or is being saved.
            PermissionError: The file is read-only, another program has it open, or this account may
                not change it.
            OSError: It cannot be written.
        """
        changed = [one for one in self.entries if one._raw != one._saved]
        if not changed:
            return
        old = self._head + b"".join(one._saved for one in self.entries)
        new = self._head + b"".join(one._raw for one in self.entries)
        path = Path(self.path).resolve()  # a link stays one
        for entry in changed:
            self._book._check_unused(entry.name)
        try:
            with _alone(path):
                if path.read_bytes() != old:
                    raise _changed(path)
                _replace(path, new)
        except FileNotFoundError:
            raise _changed(path) from None
        except PermissionError as error:
            raise PermissionError(
                error.errno,
                "it stays as it was: it is read-only, another program has it open, or this account "
                "may not change it and its folder",
                str(path),
            ) from error
        for entry in changed:
            entry._saved = entry._raw


def read(path: str | os.PathLike[str], *, ansi: str | None = None) -> PhonebookFile:
    """Read a phone-book file.

    Args:
        path: Its path, such as that of a `winras.Phonebook`.
        ansi: Python's name of the code page of entries whose key Encoding is 0; None: that of this
            Windows, and elsewhere cp1252.

    Raises:
        OSError: It cannot be read.
        ValueError: It is UTF-16, which is no phone book to Windows either; or *path* is too long;
            or *ansi* is no code page that has ASCII in it.
        TypeError: *path* is not a path.

    See Microsoft's page *[MS-RRASM] 2.2.2 File Format for Phonebook*.
    """
    code_page = _ANSI if ansi is None else _valid_code_page(ansi)
    # Not resolve(), because RAS has the path that it was given.
    book = Phonebook(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100
    data = Path(book.path).read_bytes()
    if data.startswith(_UTF_16_BOMS) or b"\0" in data:
        raise ValueError(
            f'"{shown(book.path)}" is UTF-16 or no text: a phone book is 8-bit text, and in one of '
            "UTF-16 Windows finds no entry (623). Save it as UTF-8"
        )
    bom = len(_UTF_8_BOM) if data.startswith(_UTF_8_BOM) else 0
    text = data[bom:]
    headers = list(_HEADER.finditer(text))
    starts = [one.start() for one in headers] + [len(text)]
    entries = tuple(
        FileEntry(text[start:end], header[1], header.end() - start, code_page)
        for header, start, end in zip(headers, starts, starts[1:], strict=False)
    )
    return PhonebookFile(book, data[: bom + starts[0]], entries)


def _valid_key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key must be str, not {type(key).__name__}")
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"{key!r} cannot be a key: it needs letters, digits or signs of ASCII, must not have a "
            "space or =, and must not begin with [ or ;"
        )
    return key


def _valid_code_page(ansi: str) -> str:
    if not isinstance(ansi, str):
        raise TypeError(f"ansi must be str or None, not {type(ansi).__name__}")
    try:
        if codecs.lookup(ansi).encode("[=]\r\n")[0] == b"[=]\r\n":
            return ansi
    except (LookupError, TypeError, UnicodeError):
        pass
    raise ValueError(f'ansi must be a code page, such as "cp1252", and not {ansi!r}')


def _changed(path: Path) -> FileChangedError:
    return FileChangedError(
        f'"{shown(str(path))}" was changed since it was read, or is being saved: read it again'
    )


if sys.platform == "win32":
    import msvcrt

    @contextlib.contextmanager
    def _alone(path: Path) -> Iterator[None]:
        """Save a file while no other program that uses winras does."""
        # Windows removes it when it is closed, also by the end of the process.
        name = path.with_name(f"{path.name}.winras-lock")
        try:
            lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TEMPORARY)
        except PermissionError:
            if name.exists():  # it is being removed
                raise _changed(path) from None
            raise
        try:
            try:
                msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
            except OSError:
                raise _changed(path) from None
            yield
        finally:
            os.close(lock)
else:
    import fcntl

    @contextlib.contextmanager
    def _alone(path: Path) -> Iterator[None]:
        """Save a file while no other program that uses winras does."""
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _changed(path) from None
            if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise _changed(path)
            yield


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside it, and give that its name."""
    had = path.stat()
    if not had.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    new = path.with_name(f"{path.name}.winras")  # RAS lists what ends in .pbk
    new.unlink(missing_ok=True)  # of a process that was killed
    try:
        with open(new, "xb", opener=_open_private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if sys.platform != "win32":
            with contextlib.suppress(PermissionError):
                os.chown(new, had.st_uid, had.st_gid)
        shutil.copymode(path, new)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
