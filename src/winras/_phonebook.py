"""Phone books: where they are, which entries they have, and the devices that these dial with."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from . import _native
from ._arguments import fits, valid_flag, valid_phonebook, valid_text
from ._connections import MOST_LINKS, Connection, hanging_up, list_connections, suggest
from ._details import Device, EntryName
from ._devices import TUNNELS
from ._entries import (
    SIZES,
    Entry,
    as_new,
    check_fit,
    check_line,
    has_given_device,
    has_own_device,
    own_size,
    read_entry,
    sub_entry_count,
    to_bytes,
    with_device,
)
from ._operations import StartRasMan, is_being_dialled
from ._text import shown
from .exceptions import EntryInUseError, EntryNotFoundError, RasError, RasUnavailableError

__all__ = [
    "Phonebook",
    "asking",
    "cannot_open",
    "devices",
    "entries",
    "explaining_refusal",
    "find_entry",
    "fitting_device",
    "is_in_use",
    "names_in",
    "not_found",
    "opening",
    "usual_phonebooks",
]

# Where the folders of this user's and of all users' profile are, and where each has its phone book.
_USER = "APPDATA"
_ALL_USERS = "PROGRAMDATA"
_IN_PROFILE = r"Microsoft\Network\Connections\Pbk\rasphone.pbk"
_SIMULATED = {_USER: r"C:\Users\user\AppData\Roaming", _ALL_USERS: r"C:\ProgramData"}

_ERROR_ACCESS_DENIED = 5
_ERROR_INVALID_NAME = 123
_ERROR_ALREADY_EXISTS = 183
_ERROR_CANNOT_OPEN_PHONEBOOK = 621
_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623
_ERROR_CORRUPT_PHONEBOOK = 625
_ERROR_INVALID_SIZE = 632
_ERROR_CANNOT_DELETE = 817

# Seconds that a hang-up before a change may take.
_HANG_UP_WITHIN = 30.0


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
    with asking("RasEnumEntries") as service, opening(path):
        return _native.list_entries(path, service)


def cannot_open(phonebook: str, failed: RasError) -> RasError:
    """The error with the path of the phone book in its message."""
    message = (
        f'the phone book "{phonebook}" cannot be opened; is the path right? Phonebook.create_file '
        "makes a private one"
    )
    return _native.error(failed.code, failed.function, message)


@contextlib.contextmanager
def opening(phonebook: str) -> Iterator[None]:
    """Say which phone book cannot be opened, if RAS was given one."""
    try:
        yield
    except RasError as failed:
        if failed.code == _ERROR_CANNOT_OPEN_PHONEBOOK and phonebook:
            raise cannot_open(phonebook, failed) from None
        raise


@contextlib.contextmanager
def asking(function: str) -> Iterator[int]:
    """Start RasMan if need be; in the block, ask RAS of the service that this gives."""
    service = _native.service()
    with StartRasMan(service, function).before_call():
        yield service


def devices() -> list[Device]:
    """List the devices that an entry can dial with: RasEnumDevices.

    If RasMan is stopped, it is started first, which takes 5 s at most.

    Returns:
        The devices, in RAS's order. An empty list means that the WAN miniports of this Windows are
        broken: shipping clients restart RasMan then, and after that reinstall the miniports.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumDevices.

    See Microsoft's page *RasEnumDevices function*.
    """
    with asking("RasEnumDevices") as service:
        return _native.list_devices(service)


@dataclass(frozen=True, slots=True)
class Phonebook:
    """A phone book, by its path; ``name in book`` says whether it has an entry.

    Only the phone books of the profiles need no file; any other without one is an error (621).

    Each method asks RAS. If RasMan is stopped, it is started first, which takes 5 s at most. An
    entry that is up or being dialled is not changed, because clients report that RAS crashes then.

    Attributes:
        path: Its full path, at most 259 characters.

    Raises:
        ValueError, TypeError: *path* is empty, no full path, too long or not text.

    See Microsoft's page *RasSetEntryProperties function*.
    """

    path: str

    def __post_init__(self) -> None:
        if not valid_text("phonebook", self.path, "path"):
            raise ValueError("path must be the path of a phone book, not an empty text")
        if not _is_full(self.path):
            raise ValueError(
                "path must be the full path of a phone book, such as "
                rf'"C:\Users\ann\work.pbk", not "{shown(self.path)}"'
            )

    @classmethod
    def user(cls) -> Phonebook:
        """The phone book of this user; its file need not exist.

        That of a service's account is not the one of any person.

        Raises:
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: This account has no profile (621).

        See Microsoft's page *RasSetEntryProperties function*.
        """
        return cls._of_profile(_USER)

    @classmethod
    def all_users(cls) -> Phonebook:
        """The phone book of all users, which only an administrator may change.

        Raises:
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: This system has no such profile (621).

        See Microsoft's page *RasSetEntryProperties function*.
        """
        return cls._of_profile(_ALL_USERS)

    @classmethod
    def _of_profile(cls, profile: str) -> Phonebook:
        path = _path_in(profile)
        if path is None:
            entries()  # without RAS, which is not Windows, it says so
            raise _native.error(
                _ERROR_CANNOT_OPEN_PHONEBOOK,
                "",
                f"there is no phone book: the environment has no {profile}, or it is too long",
            )
        return cls(path)

    @classmethod
    def create_file(cls, path: str) -> Phonebook:
        """Make a private phone book: an empty file, which shipping clients let RAS fill.

        `entries()` does not list what is in it unless it is given its path. A
        `winras.testing.Simulator` writes nothing into it.

        Args:
            path: Its full path, ending in ``.pbk``, in a folder that exists.

        Raises:
            FileExistsError: It is there already.
            OSError: It cannot be made.
            ValueError, TypeError: *path* is no full path of this system, does not end in ``.pbk``,
                is too long or not text.

        See Microsoft's page *RasSetEntryProperties function*.
        """
        book = cls(path)
        if not Path(path).is_absolute():
            raise ValueError(f'path must be a full path of this system, not "{shown(path)}"')
        if not _native.is_same_text(path[-4:], ".pbk"):
            raise ValueError(f"path must end in .pbk, not {path!r}")
        Path(path).open("xb").close()
        return book

    def __contains__(self, name: str) -> bool:
        _valid_name(name)
        with asking("RasGetEntryProperties") as service:
            try:
                self._read(name, service)
            except RasError as error:
                if error.code == _ERROR_CANNOT_OPEN_PHONEBOOK and not self._is_usual():
                    raise cannot_open(self.path, error) from None
                if error.code in (_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, _ERROR_CANNOT_OPEN_PHONEBOOK):
                    return False
                raise
        return True

    def entries(self) -> list[EntryName]:
        """List its entries: `winras.entries` of this phone book.

        Raises:
            winras.RasError: As there.

        See Microsoft's page *RasEnumEntries function*.
        """
        return entries(phonebook=self.path)

    def entry(self, name: str) -> Entry:
        """Read an entry: RasGetEntryProperties.

        Args:
            name: Its name, in upper or lower case.

        Raises:
            winras.EntryNotFoundError: The phone book has no such entry (623); the message suggests
                similar names.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer, such as 621 for a phone book that cannot be opened.
            ValueError, TypeError: *name* is empty, too long or not text.

        See Microsoft's page *RasGetEntryProperties function*.
        """
        _valid_name(name)
        with asking("RasGetEntryProperties") as service:
            return self._find(name, service)

    def validate_name(self, name: str) -> bool:
        r"""Ask whether a name is free: RasValidateEntryName.

        Returns:
            False if the phone book has an entry of that name.

        Raises:
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasValidateEntryName.
            ValueError, TypeError: It cannot be the name of an entry: it is empty, too long or not
                text, has one of ``| > < ? * \ / :``, begins with a full stop, or has no letter
                and no digit.

        See Microsoft's page *RasValidateEntryName function*.
        """
        _valid_name(name)
        with asking("RasValidateEntryName") as service:
            return self._is_free(name, service)

    def create(self, entry: Entry) -> None:
        """Add an entry: RasSetEntryProperties.

        Without a *device_name* it gets the device that fits its strategy; with a part of a name,
        the device that has it.

        Raises:
            winras.EntryInUseError: A connection of that name is up (817).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: There is an entry of that name (183); no such device (608); a field
                that this Windows does not know (632); only an administrator may do this (5); or any
                other answer.
            ValueError, TypeError: It has no *phone_number*, an address without its protocol, a
                name that cannot be one, or is no `winras.Entry`.

        See Microsoft's pages *RasSetEntryProperties function* and *RASENTRY structure*.
        """
        self._check(entry)
        with asking("RasSetEntryProperties") as service:
            self._create(entry, service)

    def update(self, entry: Entry, *, hang_up: bool = False) -> None:
        """Replace the entry of that name: RasSetEntryProperties.

        To change one field, read the entry, and use ``dataclasses.replace``: what winras does not
        know of it is then kept. A change takes effect at the next dial.

        Args:
            entry: The entry.
            hang_up: If it is up, hang it up first, which takes 30 s at most.

        Raises:
            winras.EntryInUseError: It is up or being dialled (817).
            winras.EntryNotFoundError: The phone book has no such entry (623).
            winras.RasTimeoutError: The hang-up has not ended after 30 s.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: As `create`.
            ValueError, TypeError: As `create`.

        See Microsoft's pages *RasSetEntryProperties function* and *RASENTRY structure*.
        """
        self._check(entry)
        valid_flag(hang_up, "hang_up")
        with asking("RasSetEntryProperties") as service:
            try:
                stored = self._find(entry.name, service)
            except EntryNotFoundError as error:
                self._is_free(entry.name, service)  # ValueError if it cannot be a name at all
                message = f"{error.message}; rename() changes a name"
                raise EntryNotFoundError(error.code, error.name, message, error.function) from None
            made = (
                entry
                if has_own_device(entry)
                else with_device(entry, _native.list_devices(service))
            )
            to_bytes(made, own_size(stored))  # what does not fit is refused before a hang-up
            self._free(entry.name, stored, service, hang_up=hang_up)
            self._write(made, service)

    def rename(self, name: str, new_name: str, *, hang_up: bool = False) -> None:
        """Give an entry another name: RasRenameEntry.

        Args:
            name: The entry.
            new_name: Its new name.
            hang_up: If it is up, hang it up first, which takes 30 s at most.

        Raises:
            winras.EntryInUseError: It is up or being dialled (817).
            winras.EntryNotFoundError: The phone book has no such entry (623).
            winras.RasTimeoutError: The hang-up has not ended after 30 s.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: There is an entry of the new name (183); only an administrator may do
                this (5); or any other answer.
            ValueError, TypeError: *new_name* cannot be the name of an entry.

        See Microsoft's page *RasRenameEntry function*.
        """
        valid_flag(hang_up, "hang_up")
        _valid_name(name)
        _valid_name(new_name, "new_name")
        with asking("RasRenameEntry") as service:
            stored = self._find(name, service)
            if not _native.is_same_text(name, new_name):
                self._need_free(new_name, service)
            self._free(name, stored, service, hang_up=hang_up)
            with self._finding(name, service), explaining_refusal(self.path):
                _native.rename_entry(self.path, name, new_name, service)

    def delete(self, name: str, *, hang_up: bool = False) -> None:
        """Delete an entry: RasDeleteEntry.

        Args:
            name: The entry.
            hang_up: If it is up, hang it up first, which takes 30 s at most.

        Raises:
            winras.EntryInUseError: It is up or being dialled (817).
            winras.EntryNotFoundError: The phone book has no such entry (623).
            winras.RasTimeoutError: The hang-up has not ended after 30 s.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Only an administrator may do this (5); or any other answer.
            ValueError, TypeError: *name* is empty, too long or not text.

        See Microsoft's page *RasDeleteEntry function*.
        """
        valid_flag(hang_up, "hang_up")
        _valid_name(name)
        with asking("RasDeleteEntry") as service:
            self._free(name, self._find(name, service), service, hang_up=hang_up)
            self._delete(name, service)

    def copy(self, name: str, new_name: str, *, to: Phonebook | None = None) -> None:
        """Add a copy of an entry, with its links, but without its credentials.

        Args:
            name: The entry.
            new_name: The name of the copy.
            to: The phone book of the copy; None for this one.

        Raises:
            winras.EntryNotFoundError: The phone book has no entry *name* (623).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: As `create`.
            ValueError, TypeError: *new_name* cannot be the name of an entry; or as `create`, of an
                entry that another program has made.

        See Microsoft's pages *RasGetEntryProperties function*, *RasSetEntryProperties function* and
        *RasSetSubEntryProperties function*.
        """
        target = self if to is None else to
        if not isinstance(target, Phonebook):
            raise TypeError(f"to must be a Phonebook or None, not {type(to).__name__}")
        _valid_name(name)
        _valid_name(new_name, "new_name")
        with asking("RasSetEntryProperties") as service:
            stored = self._find(name, service)
            check_fit(stored)
            count = sub_entry_count(stored)
            if count > MOST_LINKS:
                raise _native.error(
                    _ERROR_CORRUPT_PHONEBOOK,
                    "RasGetEntryProperties",
                    f"RAS says that the entry {name!r} has {count} links, which no entry has",
                )
            links = [
                _native.get_sub_entry_properties(self.path, name, number, service)
                for number in range(2, count + 1)
            ]
            target._create(as_new(stored, new_name), service)
            try:
                for number, link in enumerate(links, 2):
                    _native.set_sub_entry_properties(target.path, new_name, number, link, service)
            except BaseException as error:
                try:
                    target._delete(new_name, service)
                except RasError as left:
                    error.add_note(f"{new_name!r} is left without all of its links: {left}")
                raise

    def _check(self, entry: Entry) -> None:
        if not isinstance(entry, Entry):
            raise TypeError(f"entry must be an Entry, not {type(entry).__name__}")
        check_fit(entry)

    def _check_unused(self, name: str) -> None:
        """Raise EntryInUseError if an entry is up or being dialled; without RAS, none is."""
        service = _native.service()
        with contextlib.suppress(RasUnavailableError):
            stored = None
            if list_connections(service):  # so RasMan runs
                # ValueError: a name in a file may be one that RAS cannot be given.
                with contextlib.suppress(RasError, ValueError):
                    stored = self._read(name, service)
            self._need_unused(name, stored, service)

    def _is_usual(self) -> bool:
        """Whether it is of a profile, where its file need not exist."""
        return any(_native.is_same_text(self.path, path) for path in usual_phonebooks())

    def _read(self, name: str, service: int) -> Entry:
        for size in SIZES[:-1]:
            with _unless_too_new():
                return read_entry(name, _native.get_entry(self.path, name, size, service))
        return read_entry(name, _native.get_entry(self.path, name, SIZES[-1], service))

    def _find(self, name: str, service: int) -> Entry:
        with self._finding(name, service):
            return self._read(name, service)

    def _create(self, entry: Entry, service: int) -> None:
        self._need_free(entry.name, service)
        self._need_unused(entry.name, None, service)
        self._write(with_device(entry, _native.list_devices(service)), service)

    def _delete(self, name: str, service: int) -> None:
        with self._finding(name, service), explaining_refusal(self.path):
            _native.delete_entry(self.path, name, service)

    def _write(self, entry: Entry, service: int) -> None:
        # The size that it was read with comes first: it is known, and nothing gets lost.
        *sizes, last = dict.fromkeys([own_size(entry), *SIZES])
        with explaining_refusal(self.path), opening(self.path):
            for size in sizes:
                raw = to_bytes(entry, size)
                with _unless_too_new():
                    _native.set_entry(self.path, entry.name, raw, service)
                    return
            _native.set_entry(self.path, entry.name, to_bytes(entry, last), service)

    def _is_free(self, name: str, service: int) -> bool:
        check_line("the name of an entry", name)
        try:
            _native.validate_entry_name(self.path, name, service)
        except RasError as error:
            if error.code == _ERROR_ALREADY_EXISTS:
                return False
            if error.code == _ERROR_INVALID_NAME:
                raise ValueError(
                    f"{name!r} cannot be the name of an entry: it needs a letter or a digit, must "
                    "not begin with a full stop, and must not have any of | > < ? * \\ / :"
                ) from None
            if error.code != _ERROR_CANNOT_OPEN_PHONEBOOK:  # it has no file yet
                raise
        return True

    def _need_free(self, name: str, service: int) -> None:
        if not self._is_free(name, service):
            raise _native.error(
                _ERROR_ALREADY_EXISTS,
                "RasValidateEntryName",
                f'phone book "{self.path}" already has an entry {name!r}',
            )

    def _free(self, name: str, stored: Entry | None, service: int, *, hang_up: bool) -> None:
        """Hang an entry up if that is asked for; raise EntryInUseError if it is still in use."""
        self._need_undialled(name, service)  # before anything is hung up in vain
        up = self._up(name, stored, service)
        if up and not hang_up:
            raise _is_up(name, ", or pass hang_up=True")
        for connection in up:
            hanging_up(connection, timeout=_HANG_UP_WITHIN, all_references=True).run()
        self._need_undialled(name, service)

    def _need_unused(self, name: str, stored: Entry | None, service: int) -> None:
        """Raise EntryInUseError if an entry is up or being dialled."""
        self._need_undialled(name, service)
        if self._up(name, stored, service):
            raise _is_up(name)

    def _need_undialled(self, name: str, service: int) -> None:
        def is_dialled(other: str, phonebook: str) -> bool:
            found = None if phonebook else _native.find_entry(other, service)
            return self._is(name, other, found.phonebook if found else phonebook)

        if is_being_dialled(service, is_dialled):
            raise _in_use(f"{name!r} is being dialled by this program: end that first")

    def _up(self, name: str, stored: Entry | None, service: int) -> list[Connection]:
        """The connections of an entry, which RAS may have as *stored*."""
        entry_id = stored and stored.entry_id
        return [
            connection
            for connection in list_connections(service)
            if (entry_id is not None and connection.entry_id == entry_id)
            or self._is(name, connection.name, connection.phonebook)
        ]

    def _is(self, name: str, other: str, phonebook: str) -> bool:
        """Whether the entry of that name here is the other one of that phone book."""
        return _native.is_same_text(other, name) and _native.is_same_text(phonebook, self.path)

    @contextlib.contextmanager
    def _finding(self, name: str, service: int) -> Iterator[None]:
        """Say what may have been meant if there is no such entry, or no phone book."""
        try:
            with opening(self.path):
                yield
        except RasError as error:
            if error.code not in (_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, _ERROR_INVALID_NAME):
                raise
            message = not_found(name, self.path, service)
            raise EntryNotFoundError(error.code, error.name, message, error.function) from None


def _is_full(path: str) -> bool:
    # The second is a path of a system that has the simulator only.
    return PureWindowsPath(path).is_absolute() or Path(path).is_absolute()


def _in_use(message: str) -> EntryInUseError:
    name = _native.error_name(_ERROR_CANNOT_DELETE)
    return EntryInUseError(_ERROR_CANNOT_DELETE, name, message, "RasEnumConnections")


def _is_up(name: str, or_else: str = "") -> EntryInUseError:
    return _in_use(f"{name!r} is up or being dialled: hang it up first{or_else}")


def _valid_name(name: str, argument: str = "name") -> str:
    if not valid_text("name", name, argument):
        raise ValueError(f"{argument} must be the name of an entry, not an empty text")
    return name


@contextlib.contextmanager
def _unless_too_new() -> Iterator[None]:
    """Go on if this Windows does not know a structure of that size."""
    try:
        yield
    except RasError as error:
        if error.code != _ERROR_INVALID_SIZE:
            raise


@contextlib.contextmanager
def explaining_refusal(phonebook: str, why: str = "") -> Iterator[None]:
    """Say why RAS refuses to change something of a phone book, and who may; *why* if not that."""
    try:
        yield
    except RasError as error:
        if error.code == _ERROR_CANNOT_DELETE:
            message = (
                "the entry is up or being dialled, and RAS does not list it, so it cannot be hung "
                "up from here: wait until it is connected or has failed"
            )
            raise _native.error(error.code, error.function, message) from None
        if error.code != _ERROR_ACCESS_DENIED:
            raise
        all_users = _path_in(_ALL_USERS)
        if why:
            pass
        elif all_users is not None and _native.is_same_text(phonebook, all_users):
            why = (
                "this phone book is for all users, and only an administrator may change it: run "
                "this as an administrator, or use the phone book of this user"
            )
        else:
            why = f'this account may not change "{phonebook}"'
        message = f"{error.message}; {why}"
        raise _native.error(error.code, error.function, message) from None


def fitting_device(entry: Entry, stored: Entry | None, service: int) -> Entry:
    """The entry with the full name of its device: that of *stored*, if it is one that will do."""
    if stored is not None and _native.is_same_text(stored.device_type, entry.device_type):
        same = replace(entry, device_type=stored.device_type, device_name=stored.device_name)
        if not entry.device_name:
            will_do = entry.strategy not in TUNNELS or has_given_device(same)
        else:
            will_do = _native.is_same_text(stored.device_name, entry.device_name)
        if will_do:
            return same
    return with_device(entry, _native.list_devices(service))


def names_in(book: Phonebook) -> list[str]:
    """The names of its entries; none if it is of a profile, and has no file yet."""
    try:
        return [entry.name for entry in book.entries()]
    except RasError as error:
        if error.code != _ERROR_CANNOT_OPEN_PHONEBOOK or not book._is_usual():
            raise
        return []


def is_in_use(book: Phonebook, name: str, stored: Entry | None) -> bool:
    """Whether an entry is up or being dialled, so that it would not be changed."""
    with asking("RasEnumConnections") as service:
        try:
            book._need_unused(name, stored, service)
        except EntryInUseError:
            return True
    return False


def find_entry(name: str, phonebook: str | None, service: int) -> tuple[str, str]:
    """The phone book of an entry, and the entry's name as that spells it.

    Raises:
        winras.EntryNotFoundError: No phone book of the profiles has it (623).
    """
    _valid_name(name, "entry")
    path = valid_phonebook(phonebook)
    if path:
        return path, name
    found = _native.find_entry(name, service)
    if found is None:
        raise _native.error(
            _ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, "RasEnumEntries", not_found(name, "", service)
        )
    if not _is_full(found.phonebook) or not fits("phonebook", found.phonebook):
        raise _native.error(
            _ERROR_CORRUPT_PHONEBOOK,
            "RasEnumEntries",
            f"RAS lists the entry {name!r} without the path of its phone book",
        )
    return found.phonebook, found.name


def not_found(name: str, phonebook: str, service: int) -> str:
    """Say that a phone book, or with "" no phone book, has an entry, and what may be meant."""
    near = ""
    with contextlib.suppress(RasError):
        near = suggest(name, _native.list_entries(phonebook, service))
    where = f'phone book "{phonebook}"' if phonebook else "no phone book of this user or all users"
    return f"{where} has {'no' if phonebook else 'an'} entry {name!r}{near}"


def _path_in(profile: str) -> str | None:
    folder = (_SIMULATED if _native.service() else os.environ).get(profile)
    path = rf"{folder}\{_IN_PROFILE}"
    return path if folder and fits("phonebook", path) else None


def usual_phonebooks() -> list[str]:
    """The paths of this user's phone book and of all users'; fewer where these have no profile."""
    return [path for profile in (_USER, _ALL_USERS) if (path := _path_in(profile))]
