"""Phone books: where they are, and which entries they have."""

from __future__ import annotations

import os

from . import _native
from ._arguments import fits, valid_phonebook
from ._models import EntryName
from ._operations import StartRasMan
from .exceptions import RasError

__all__ = ["cannot_open", "entries", "usual_phonebooks"]

_ERROR_CANNOT_OPEN_PHONEBOOK = 621

# The folders of this user's and of all users' profile, and where the phone book is in each.
_PROFILES = ("APPDATA", "PROGRAMDATA")
_IN_PROFILE = r"Microsoft\Network\Connections\Pbk\rasphone.pbk"


def entries(*, phonebook: str | None = None) -> list[EntryName]:
    """List the entries of phone books: RasEnumEntries.

    If RasMan is stopped, it is started first, which takes 5 s at most.

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
    path = valid_phonebook(phonebook)
    service = _native.service()
    try:
        with StartRasMan(service, "RasEnumEntries").before_call():
            return _native.list_entries(path, service)
    except RasError as failed:
        if failed.code == _ERROR_CANNOT_OPEN_PHONEBOOK and path:
            raise cannot_open(path, failed) from None
        raise


def cannot_open(phonebook: str, failed: RasError) -> RasError:
    """The error with the path of the phone book in its message."""
    message = f'the phone book "{phonebook}" cannot be opened; is the path right?'
    return _native.error(failed.code, failed.function, message)


def usual_phonebooks() -> list[str]:
    """The paths of this user's phone book and of all users'; fewer where these have no profile."""
    folders = [folder for profile in _PROFILES if (folder := os.environ.get(profile))]
    paths = [rf"{folder}\{_IN_PROFILE}" for folder in folders]
    return [path for path in paths if fits("phonebook", path)]
