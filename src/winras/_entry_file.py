"""Entry files: the entries that a phone book is to have, as TOML.

A file refers to secrets, and never has one: `SecretReference` says where one is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Never, cast

from ._arguments import ROOM, fits, valid_flag, valid_text
from ._entries import CODECS, Codec, Entry, check_fit
from ._toml import (
    Document,
    FileKind,
    Given,
    Inner,
    Table,
    read_file,
    refuse_same,
    shown_value,
    suggestion,
)

__all__ = [
    "ENTRY_KEYS",
    "KEYS",
    "NEEDS",
    "EntryFileError",
    "SecretReference",
    "WantedEntry",
    "entry_of",
    "load_entries",
]


class EntryFileError(ValueError):
    """A file is not a valid entry file. The message says where, and what was expected."""


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a password or a pre-shared key is to be had: exactly one of these.

    Attributes:
        env: The name of the environment variable that has it.
        prompt: It is asked for at the terminal.
        command: A program and its arguments, which writes it to its standard output.
        function: What returns it, called when it is to be saved. No file can have that.

    Raises:
        ValueError: None of them is given, or more than one, or one is empty or has a NUL.
        TypeError: A value is of another type.
    """

    env: str = ""
    prompt: bool = False
    command: tuple[str, ...] = ()
    function: Callable[[], str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        valid_flag(self.prompt, "prompt")
        if not isinstance(self.env, str):
            raise TypeError(f"env must be str, not {type(self.env).__name__}")
        if not isinstance(self.command, tuple) or not all(
            isinstance(part, str) for part in self.command
        ):
            raise TypeError("command must be a tuple of str")
        if self.function is not None and not callable(self.function):
            raise TypeError(f"function must be a function, not {type(self.function).__name__}")
        given = (self.env, self.prompt, self.command, self.function is not None)
        if sum(map(bool, given)) != 1:
            raise ValueError("a secret must be exactly one of env, prompt, command and function")
        if "=" in self.env or any("\0" in text for text in (self.env, *self.command)):
            raise ValueError("env and command must not contain a NUL, nor env a =")
        if self.command and not self.command[0]:
            raise ValueError("command must begin with a program, not with an empty text")


@dataclass(frozen=True, slots=True)
class WantedEntry:
    """An entry that a phone book is to have, and what is to be saved for it.

    Attributes:
        entry: The entry.
        user: The user name that is to be saved; ``""`` for no credentials.
        password: Its password.
        domain: Its domain.
        pre_shared_key: The key of IPsec that is to be saved; None for none.

    Raises:
        ValueError: There is a *user* without a *password*, or the other way round, or a
            *pre_shared_key* that the *entry* does not use; a text is too long, or contains a NUL.
        TypeError: A value is of another type.
    """

    entry: Entry
    user: str = ""
    password: SecretReference | None = None
    domain: str = ""
    pre_shared_key: SecretReference | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.entry, Entry):
            raise TypeError(f"entry must be an Entry, not {type(self.entry).__name__}")
        valid_text("user", self.user)
        valid_text("domain", self.domain)
        for name in ("password", "pre_shared_key"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, SecretReference):
                raise TypeError(f"{name} must be a SecretReference, not {type(value).__name__}")
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password belong together")
        if self.domain and not self.user:
            raise ValueError("domain needs user and password")
        if self.pre_shared_key is not None and not _uses_key(self.entry):
            raise ValueError(_KEY_UNUSED)


def load_entries(path: str | os.PathLike[str]) -> list[WantedEntry]:
    """Read an entry file, and no secret.

    Args:
        path: The file: TOML, with a table ``[[entry]]`` for each entry, whose keys are the
            attributes of `winras.Entry`, but for *entry_id*. It is in UTF-8 or, with a byte order
            mark, in UTF-16, and has 16 MiB at most.

    Returns:
        The entries, in the order of the file.

    Raises:
        winras.EntryFileError: It is not TOML, or not an entry file; the message has the line.
        OSError: It cannot be read.
    """
    return read_file(path, _KIND, _read)


def entry_of(values: Mapping[str, object]) -> Entry:
    """Make an entry of what an ``[[entry]]`` would say of it, with keys of `ENTRY_KEYS` only.

    Raises:
        winras.EntryFileError: A key is unknown or missing, or a value cannot be that of its key.
    """
    table = Given(_KIND, values)
    table.allow(ENTRY_KEYS)
    return _read_entry(table)


_PARTS = ("env", "prompt", "command")
_SECRETS = ("password", "pre_shared_key")
_KIND = FileKind("an entry file", EntryFileError, ("entry",), (*_SECRETS, *_PARTS))
#: What an [[entry]] may have of the entry itself.
ENTRY_KEYS = tuple(one.name for one in fields(Entry) if one.compare)
#: What it may have.
KEYS = (*ENTRY_KEYS, "user", "password", "domain", "pre_shared_key")
#: What makes no sense without another key.
NEEDS = {"user": "password", "password": "user", "domain": "user"}


_KEY_UNUSED = (
    "pre_shared_key needs use_pre_shared_key, or use_pre_shared_key_for_ikev2, to be true; "
    "else it is saved and never used"
)


def _uses_key(entry: Entry) -> bool:
    return entry.use_pre_shared_key or entry.use_pre_shared_key_for_ikev2


def _read(document: Document) -> list[WantedEntry]:
    tables = document.tables("entry")
    wanted = [_read_wanted(table) for table in tables]
    names = [one.entry.name for one in wanted]
    refuse_same(
        tables,
        [(name,) for name in names],
        lambda number: (
            f"an entry {names[number]!r} is in the file already; upper and lower case are the same"
        ),
    )
    return wanted


def _read_wanted(table: Table) -> WantedEntry:
    table.allow(KEYS)
    entry = _read_entry(table)
    for key, needed in NEEDS.items():
        if key in table.values and needed not in table.values:
            raise table.fail(key, f"{key!r} needs {needed!r} too")
    user, domain = (table.get(key, partial(_text, key), _wanted(key)) for key in ("user", "domain"))
    password, pre_shared_key = (_read_secret(table, key) for key in _SECRETS)
    if pre_shared_key is not None and not _uses_key(entry):
        raise table.fail("pre_shared_key", _KEY_UNUSED)
    return WantedEntry(
        entry,
        user=user or "",
        password=password,
        domain=domain or "",
        pre_shared_key=pre_shared_key,
    )


def _wanted(key: str) -> str:
    return f"a text of 1 to {ROOM[key]} characters"


def _text(key: str, value: object) -> str | None:
    return value if isinstance(value, str) and value and fits(key, value) else None


def _numbers(value: object) -> tuple[str, ...] | None:
    numbers = value if isinstance(value, list) else [None]
    found = tuple(one for one in numbers if isinstance(one, str) and one and "\0" not in one)
    return found if len(found) == len(numbers) else None


def _read_entry(table: Table) -> Entry:
    name = table.need("name", partial(_text, "name"), _wanted("name"))
    numbers = table.get("alternate_numbers", _numbers, "an array of texts that are not empty")
    table.need("phone_number", lambda value: value, CODECS["phone_number"].wanted)
    values = {
        key: _read_value(table, key, codec) for key, codec in CODECS.items() if key in table.values
    }
    try:
        # Each codec gives what its field takes, which its type cannot say.
        entry = Entry(name, alternate_numbers=numbers or (), **cast("dict[str, Never]", values))
        check_fit(entry)
    except ValueError as error:
        problem = str(error)
        key = problem.partition(" ")[0]
        raise table.fail(key if key in KEYS else "alternate_numbers", problem) from None
    return entry


def _read_value(table: Table, key: str, codec: Codec) -> object:
    given = table.values[key]
    if not _can_be(codec, given):
        bad, wrong = given, "not"
        if isinstance(given, list) and _can_be(codec, []):
            bad, wrong = next(one for one in given if not _can_be(codec, [one])), "but has"
        like = suggestion(bad, codec.names) if isinstance(bad, str) else ""
        told = f"{key} must be {codec.wanted}, {wrong} {shown_value(bad)}"
        raise table.fail(key, f"{told}; {like}" if like else told)
    value = codec.parse(given)
    try:
        codec.valid(key, value)
    except ValueError as error:
        raise table.fail(key, str(error)) from None
    return value


def _can_be(codec: Codec, given: object) -> bool:
    try:
        codec.parse(given)
    except (TypeError, ValueError):
        return False
    return True


def _read_secret(table: Table, key: str) -> SecretReference | None:
    if key not in table.values:
        return None
    given = table.values[key]
    if not isinstance(given, dict):
        raise table.fail(
            key,
            f"{key} must not be in the file: put it into an environment variable, such as "
            f'VPN_SECRET, and write {key} = {{ env = "VPN_SECRET" }}',
        )
    inner = Inner(table, key, key, given)
    inner.allow(_PARTS)
    if len(given) != 1:
        raise inner.fail(key, f"must be exactly one of {', '.join(_PARTS)}")
    env = inner.get("env", _variable, "the name of an environment variable")
    prompt = inner.get("prompt", lambda value: value is True or None, "true")
    command = inner.get("command", _command, "an array of texts: a program and its arguments")
    return SecretReference(env=env or "", prompt=bool(prompt), command=command or ())


def _variable(value: object) -> str | None:
    return value if isinstance(value, str) and value and not {"\0", "="} & {*value} else None


def _command(value: object) -> tuple[str, ...] | None:
    parts = value if isinstance(value, list) else []
    usable = all(isinstance(part, str) and "\0" not in part for part in parts) and parts
    return tuple(parts) if usable and parts[0] else None
