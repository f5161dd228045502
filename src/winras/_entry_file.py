"""Entry files: the entries that a phone book is to have, as TOML.

A file refers to secrets, and never has one: `SecretReference` says where one is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ._arguments import valid_flag, valid_text
from ._entries import Entry

__all__ = ["EntryFileError", "SecretReference", "WantedEntry", "load_entries"]


class EntryFileError(ValueError):
    """A file is not a valid entry file. The message says where, and what was expected."""


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a password or a pre-shared key is to be had: exactly one of these.

    Attributes:
        env: The name of the environment variable that has it.
        prompt: It is asked for at the terminal.
        command: A program and its arguments, which writes it to its standard output.

    Raises:
        ValueError: None of them is given, or more than one, or one is empty or has a NUL.
        TypeError: A value is of another type.
    """

    env: str = ""
    prompt: bool = False
    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        valid_flag(self.prompt, "prompt")
        if not isinstance(self.env, str):
            raise TypeError(f"env must be str, not {type(self.env).__name__}")
        if not isinstance(self.command, tuple) or not all(
            isinstance(part, str) for part in self.command
        ):
            raise TypeError("command must be a tuple of str")
        if sum(map(bool, (self.env, self.prompt, self.command))) != 1:
            raise ValueError("a secret must be one of env, prompt and command")
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
        ValueError: There is a *user* without a *password*, or the other way round; a text is too
            long, or contains a NUL.
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


def load_entries(path: str | os.PathLike[str]) -> list[WantedEntry]:
    """Read an entry file, and no secret.

    Args:
        path: The file: TOML in UTF-8, with a table ``[[entry]]`` for each entry, whose keys are the
            attributes of `winras.Entry`, but for *entry_id*.

    Returns:
        The entries, in the order of the file.

    Raises:
        winras.EntryFileError: It is not TOML, or not an entry file; the message has the line.
        OSError: It cannot be read.
    """
    raise NotImplementedError
