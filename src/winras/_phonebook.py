"""Phone books: which entries they have, and which one a user means by a name."""

from __future__ import annotations

import os

from . import _native
from ._arguments import fits, valid_phonebook
from ._models import EntryName
from .exceptions import RasError

__all__ = ["entries", "find_entry"]

# The folders of this user's and of all users' profile, and where the phone book is in each.
_PROFILES = ("APPDATA", "PROGRAMDATA")
_IN_PROFILE = r"Microsoft\Network\Connections\Pbk\rasphone.pbk"


def entries(*, phonebook: str | None = None) -> list[EntryName]:
    """List the entries of phone books: RasEnumEntries.

    Pass an entry's *name* and *phonebook* to `winras.dial` to dial it.

    Args:
        phonebook: The path of one phone book; None: all those in the profiles of this user and of
            all users.

    Returns:
        One for each entry, in RAS's order, which has no documented meaning. It does not matter
        whether an entry is connected.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumEntries, such as 621 for a phone book that
            cannot be opened.
        ValueError, TypeError: *phonebook* is empty, too long or not text.

    See Microsoft's page *RasEnumEntries function*.
    """
    return _native.list_entries(valid_phonebook(phonebook))


def find_entry(name: str) -> tuple[str, list[str]]:
    """Find the entry that a user means by a name, in upper or lower case, in any phone book.

    Returns:
        Its name as the phone book spells it, and its phone book: of several, this user's. If no
        phone book has it, ``""``, so that RAS decides. If RAS cannot list the entries, ``""`` and
        the usual paths, to be tried one after the other.
    """
    try:
        listed = entries()
    except RasError:
        folders = [folder for profile in _PROFILES if (folder := os.environ.get(profile))]
        paths = [rf"{folder}\{_IN_PROFILE}" for folder in folders]
        return name, ["", *(path for path in paths if fits("phonebook", path))]
    found = [entry for entry in listed if _fold(entry.name) == _fold(name)]
    if not found:
        return name, [""]
    entry = min(found, key=lambda entry: entry.all_users)
    return entry.name, [entry.phonebook]


def _fold(text: str) -> str:
    """Convert to upper case one character for one, as Windows compares names."""
    return "".join(
        upper if len(upper := character.upper()) == 1 else character for character in text
    )
