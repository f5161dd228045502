"""Makes a phone book agree with the entries that it is to have, and tells what it changed.

First all is read and compared, and the secrets that are needed are had; then the phone book is
changed, entry by entry. What RASENTRY has besides the fields of `Entry` stays as it is.
"""

from __future__ import annotations

import json
import locale
import os
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from typing import Literal

from . import _native
from ._arguments import valid_flag, valid_phonebook
from ._credentials import Credentials, save_credentials, save_key, saved_credentials
from ._entries import Entry, as_new, check_differ, check_fit, in_order
from ._entry_file import SecretReference, WantedEntry
from ._enums import KeyKind
from ._models import Json, to_dict, to_json
from ._phonebook import Phonebook, asking, fitting_device, is_in_use, names_in
from ._text import shown
from .exceptions import EntryInUseError, RasError

__all__ = ["Change", "FieldChange", "ensure", "ensure_absent"]

_ERROR_CANNOT_DELETE = 817

# What each entry has for itself, or what is compared by what it means.
_NOT_COMPARED = ("entry_id", "device_type", "device_name")
# What a change tells of a secret.
_SAVED = "saved"
_SECRETS = ("password", "pre_shared_key")
_SAVED_FIELDS = ("user", "domain", *_SECRETS)
# Seconds that a command may take to write a secret.
_COMMAND_WITHIN = 30.0
# Bytes that it may write: more than any secret has.
_MOST_WRITTEN = 64 * 1024

_SIGNS = {"create": "+", "update": "~", "delete": "-"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a `Change` is about: one field of an entry, or what is saved for it.

    Attributes:
        field: The name of a field of `winras.Entry`; or ``user``, ``domain``, ``password`` or
            ``pre_shared_key`` for what is saved.
        old: Its value before; None if there was none. Of a secret, always None.
        new: Its value after; None if there is none. Of a secret, always ``"saved"``.
    """

    field: str
    old: object
    new: object

    def to_dict(self) -> dict[str, Json]:
        """The change in plain values for JSON."""
        return to_dict(self)

    def __str__(self) -> str:
        if self.field in _SECRETS:
            return f"{self.field}: {self.new}"
        news = _as_text(self.new)
        return (
            f"{self.field}: {news}"
            if self.old is None
            else f"{self.field}: {_as_text(self.old)} -> {news}"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What `ensure` has done to one entry of a phone book, or would do.

    Its text has a line that begins with ``+``, ``~`` or ``-``, and one for each field.

    Attributes:
        name: The entry; after a rename, its new name.
        phonebook: The path of its phone book.
        action: ``"create"``, ``"update"`` or ``"delete"``.
        fields: What is different. Of an entry that is created or deleted, all that is not as
            `winras.Entry` has it by default.
        blocked: It is not done, because the entry is up or being dialled.
    """

    name: str
    phonebook: str
    action: Literal["create", "update", "delete"]
    fields: tuple[FieldChange, ...]
    blocked: bool = False

    def to_dict(self) -> dict[str, Json]:
        """The change in plain values for JSON, with the keys of ``winras entries apply --json``."""
        return to_dict(self)

    def __str__(self) -> str:
        head = f"{_SIGNS[self.action]} {self.name}"
        if self.blocked:
            head += " (blocked: it is up or being dialled)"
        told = () if self.action == "delete" else self.fields
        return "\n".join(map(shown, [head, *(f"    {one}" for one in told)]))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = to_json(value)
    if isinstance(plain, list):
        return ", ".join(map(str, plain)) or "none"
    if plain is None:
        return "none"
    return plain if isinstance(plain, str) else json.dumps(plain)


def ensure(
    entries: Iterable[Entry | WantedEntry],
    *,
    phonebook: str | None = None,
    prune: bool = False,
    dry_run: bool = False,
    hang_up: bool = False,
    save_secrets: bool = False,
) -> list[Change]:
    """Make a phone book agree with these entries, and return what that changed.

    Each entry is the whole truth of the fields of `winras.Entry`: one that it leaves out gets its
    default. What winras does not know of an entry that is there stays as it is. If an entry has no
    *device_name*, each device that fits its *strategy* will do. So a second call changes nothing,
    unless something else has: Windows may change a *strategy* to what worked.

    What is saved for an entry cannot be compared, but for user and domain. So a password is saved
    if the entry is made or changed, if none is saved, or if that is of another user; a pre-shared
    key if the entry is made or changed; both with *save_secrets*. Secrets are had before anything
    is changed. If one cannot be saved for an entry that was just made, that is deleted again.

    Args:
        entries: What `winras.load_entries` gives, or entries.
        phonebook: The path of the phone book; None for that of this user.
        prune: Delete the entries of that phone book that are not among these.
        dry_run: Change nothing, and only return what would be changed. No secret is asked for.
        hang_up: Hang up those first that are up and would change, each of which takes 30 s at most.
        save_secrets: Save all that *entries* refer to, also for an entry that is as it is to be: a
            password or a key may be another than the last time. So each call saves them again.

    Returns:
        A change for each entry that was not as it is to be: in the order of *entries*, then those
        deleted. Nothing of an entry that is already as it is to be.

    Raises:
        winras.EntryInUseError: Entries that would change are up or being dialled (817). The others
            have been made; its *changes* has these, and those that are blocked.
        winras.RasTimeoutError: A hang-up has not ended after 30 s.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: As `winras.Phonebook.create`, `winras.save_credentials` and
            `winras.save_pre_shared_key`. Its *changes* has what was done before, and stays; its
            notes name it, as those of a KeyboardInterrupt do.
        ValueError, TypeError: Two entries have one name; one cannot be written; a secret cannot be
            had; *prune* would delete all. Nothing was changed.

    See Microsoft's pages *RasSetEntryProperties function*, *RasDeleteEntry function* and
    *RasSetCredentials function*.
    """
    wanted = _valid_entries(entries)
    valid_flag(prune, "prune")
    valid_flag(dry_run, "dry_run")
    valid_flag(hang_up, "hang_up")
    valid_flag(save_secrets, "save_secrets")
    path = valid_phonebook(phonebook)
    if prune and not wanted:
        raise ValueError("entries must not be empty with prune=True, which would delete all others")
    book = Phonebook(path) if path else Phonebook.user()
    steps = _plan(book, wanted, prune=prune, hang_up=hang_up, save_secrets=save_secrets)
    return _carry_out(book, steps, dry_run=dry_run, hang_up=hang_up)


def ensure_absent(
    name: str, *, phonebook: str | None = None, dry_run: bool = False, hang_up: bool = False
) -> list[Change]:
    """Delete an entry of a phone book if it is there; arguments and errors as of `ensure`."""
    path = valid_phonebook(phonebook)
    book = Phonebook(path) if path else Phonebook.user()
    found = _find(name, sorted(names_in(book), key=in_order))
    steps = [_deleting(book, found, hang_up=hang_up)] if found else []
    return _carry_out(book, steps, dry_run=dry_run, hang_up=hang_up)


def _carry_out(
    book: Phonebook, steps: Sequence[_Step], *, dry_run: bool, hang_up: bool
) -> list[Change]:
    """Change what those steps change, or only say so."""
    if dry_run:
        return [step.change for step in steps]
    secrets = [_Secrets.of(step) for step in steps]
    done: list[Change] = []
    blocked: list[Change] = []
    for step, step_secrets in zip(steps, secrets, strict=True):
        if step.change.blocked:
            blocked.append(step.change)
            continue
        with _telling(step, done, steps):
            try:
                step.carry_out(book, step_secrets, hang_up=hang_up)
            except EntryInUseError:
                blocked.append(replace(step.change, blocked=True))
            else:
                done.append(step.change)
    if blocked:
        raise _blocked(blocked, done, "" if hang_up else ", or pass hang_up=True")
    return done


def _valid_entries(entries: Iterable[Entry | WantedEntry]) -> list[WantedEntry]:
    """What is wanted, each with a name of its own."""
    if isinstance(entries, Entry | WantedEntry | str) or not isinstance(entries, Iterable):
        raise TypeError(f"entries must be a list of entries, not {type(entries).__name__}")
    wanted = []
    for one in entries:
        if not isinstance(one, Entry | WantedEntry):
            raise TypeError(
                f"entries must be of Entry or WantedEntry, but have a {type(one).__name__}"
            )
        wanted.append(WantedEntry(one) if isinstance(one, Entry) else one)
    for one in wanted:
        with _naming(one.entry):
            check_fit(one.entry)
    check_differ(one.entry.name for one in wanted)
    return wanted


@contextmanager
def _naming(entry: Entry) -> Iterator[None]:
    """Say which entry cannot be written."""
    try:
        yield
    except ValueError as problem:
        told = str(problem)
        who = "" if told.startswith(repr(entry.name)) else f"{entry.name!r}: "
        raise ValueError(who + told) from None


# ---- what is different ----


@dataclass(frozen=True, slots=True)
class _Step:
    """A change, and what it takes.

    *stored* is the entry before, None if there was none; *target* is what is written, if more than
    a name and what is saved is different.
    """

    change: Change
    stored: Entry | None
    target: Entry | None = None
    wanted: WantedEntry | None = None

    @property
    def _saved(self) -> list[str]:
        return [one.field for one in self.change.fields if one.field in _SECRETS]

    @property
    def saves_password(self) -> bool:
        return "password" in self._saved

    @property
    def saves_key(self) -> bool:
        return "pre_shared_key" in self._saved

    def carry_out(self, book: Phonebook, secrets: _Secrets, *, hang_up: bool) -> None:
        """Do it. What is saved comes first, so that what fails there is done anew the next time."""
        name = self.change.name
        if self.change.action == "delete":
            book.delete(name, hang_up=hang_up)
        elif self.stored is not None:
            secrets.save(book, self.stored.name)
            if self.stored.name != name:
                book.rename(self.stored.name, name, hang_up=hang_up)
            if self.target is not None:
                book.update(self.target, hang_up=hang_up)
        elif self.target is not None:
            book.create(self.target)
            try:
                secrets.save(book, name)
            except BaseException as error:
                try:
                    book.delete(name)
                except RasError as left:
                    error.add_note(f"{name!r} is left without what is to be saved for it: {left}")
                raise


def _plan(
    book: Phonebook,
    wanted: Sequence[WantedEntry],
    *,
    prune: bool,
    hang_up: bool,
    save_secrets: bool,
) -> list[_Step]:
    """What is different, entry by entry."""
    there = sorted(names_in(book), key=in_order)
    steps: list[_Step] = []
    kept = set()
    for one in wanted:
        name = _find(one.entry.name, there)
        kept.add(name)
        step = (
            _updating(book, book.entry(name), one, save_secrets) if name else _creating(book, one)
        )
        if step is not None:
            steps.append(step if hang_up else _unless_in_use(book, step))
    if prune:
        steps += [_deleting(book, name, hang_up=hang_up) for name in there if name not in kept]
    return steps


def _find(name: str, there: Sequence[str]) -> str:
    """The name as the phone book spells it, "" if it has none."""
    place = bisect_left(there, in_order(name), key=in_order)
    found = there[place : place + 1]
    return found[0] if found and _native.is_same_text(found[0], name) else ""


def _unless_in_use(book: Phonebook, step: _Step) -> _Step:
    saves_only = all(one.field in _SAVED_FIELDS for one in step.change.fields)
    if step.change.action == "update" and saves_only:
        return step  # what is saved has nothing to do with a connection
    if not is_in_use(book, step.change.name, step.stored):
        return step
    return replace(step, change=replace(step.change, blocked=True))


def _deleting(book: Phonebook, name: str, *, hang_up: bool) -> _Step:
    stored = book.entry(name)
    told = _described(stored, lambda value: (value, None))
    step = _Step(Change(name, book.path, "delete", told), stored)
    return step if hang_up else _unless_in_use(book, step)


def _creating(book: Phonebook, wanted: WantedEntry) -> _Step:
    entry = as_new(wanted.entry, wanted.entry.name)
    with _naming(entry), asking("RasEnumDevices") as service:
        book.validate_name(entry.name)
        target = fitting_device(entry, None, service)
    told = _described(entry, lambda value: (None, value)) + _saving(wanted, all_of_it=True)
    return _Step(Change(entry.name, book.path, "create", told), None, target, wanted)


def _described(
    entry: Entry, place: Callable[[object], tuple[object, object]]
) -> tuple[FieldChange, ...]:
    """What an entry has that no `Entry` has by default."""
    default = Entry("-", "")
    found = []
    for name in _public():
        value = getattr(entry, name)
        if name not in ("name", "entry_id") and value != getattr(default, name):
            found.append(FieldChange(name, *place(value)))
    return tuple(found)


def _updating(
    book: Phonebook, stored: Entry, wanted: WantedEntry, save_secrets: bool
) -> _Step | None:
    entry = wanted.entry
    values = {name: getattr(entry, name) for name in _public() if name not in _NOT_COMPARED}
    with _naming(entry), asking("RasEnumDevices") as service:
        device = fitting_device(entry, stored, service)
    values |= {"device_type": device.device_type, "device_name": device.device_name}
    told = tuple(
        FieldChange(name, old, values[name])
        for name in _public()
        if name in values and (old := getattr(stored, name)) != values[name]
    )
    changes_fields = any(one.field != "name" for one in told)
    told += _saving(wanted, all_of_it=save_secrets or bool(told), book=book, stored=stored.name)
    if not told:
        return None
    target = replace(stored, **values) if changes_fields else None
    return _Step(Change(entry.name, book.path, "update", told), stored, target, wanted)


def _public() -> list[str]:
    return [one.name for one in fields(Entry) if not one.name.startswith("_")]


def _saving(
    wanted: WantedEntry, *, all_of_it: bool, book: Phonebook | None = None, stored: str = ""
) -> tuple[FieldChange, ...]:
    """What is to be saved; *all_of_it* even if something is saved."""
    told = []
    if wanted.password is not None:
        saved = saved_credentials(stored, phonebook=book.path) if book is not None else None
        for name, old in (
            ("user", saved.user if saved else ""),
            ("domain", saved.domain if saved else ""),
        ):
            new = getattr(wanted, name)
            if old != new:
                told.append(FieldChange(name, old or None, new or None))
        if all_of_it or told or not (saved and saved.has_password):
            told.append(FieldChange("password", None, _SAVED))
    if wanted.pre_shared_key is not None and (all_of_it or told):
        told.append(FieldChange("pre_shared_key", None, _SAVED))
    return tuple(told)


# ---- secrets ----


class _Secrets:
    """What is to be saved for an entry, in no field that a repr or a traceback would show."""

    __slots__ = ("_credentials", "_key")

    def __init__(self, credentials: Credentials | None, key: Credentials | None) -> None:
        self._credentials = credentials
        self._key = key

    @classmethod
    def of(cls, step: _Step) -> _Secrets:
        """Ask for those that the step saves, and is not blocked.

        Raises:
            ValueError: One cannot be had, or not be saved.
        """
        wanted = step.wanted
        if wanted is None or step.change.blocked:
            return cls(None, None)
        name = wanted.entry.name
        credentials = key = None
        if step.saves_password and wanted.password is not None:
            what = f"the password of {wanted.user!r} for {name!r}"
            credentials = _read(wanted.password, what, wanted.user, wanted.domain)
        if step.saves_key and wanted.pre_shared_key is not None:
            key = _read(wanted.pre_shared_key, f"the pre-shared key of {name!r}")
        return cls(credentials, key)

    def save(self, book: Phonebook, name: str) -> None:
        """Save them for an entry that is there.

        The key first: RAS tells whether a password is saved, not whether a key is. So what ends in
        between is found and done again.
        """
        if self._key is not None:
            save_key(name, self._key, KeyKind.Client, book.path)
        if self._credentials is not None:
            save_credentials(name, self._credentials, phonebook=book.path)


def _read(reference: SecretReference, what: str, user: str = "", domain: str = "") -> Credentials:
    """Read a secret, as the password of that user.

    No variable here has it, nor an exception that another one has behind it, because a traceback
    may show both.
    """
    problem = ""
    try:
        credentials = Credentials(user, _READERS[_kind(reference)](reference, what), domain)
        if credentials.password:
            return credentials
        problem = "it is empty"
    except (OSError, ValueError, EOFError) as failed:
        problem = str(failed).removeprefix("password ")
    raise ValueError(f"{what} cannot be used: {problem}")


def _kind(reference: SecretReference) -> str:
    return next(name for name in _READERS if getattr(reference, name))


def _from_environment(reference: SecretReference, _what: str) -> str:
    if reference.env not in os.environ:
        raise ValueError(f"there is no environment variable {shown(reference.env)}")
    return os.environ[reference.env]


def _from_terminal(_reference: SecretReference, what: str) -> str:
    if not (sys.stdin and sys.stdin.isatty()):
        raise ValueError("there is no terminal to ask for it: refer to it by env or command")
    from getpass import getpass  # noqa: PLC0415  only on demand

    try:
        return getpass(shown(f"{what[0].upper()}{what[1:]}: "))
    except EOFError:
        raise ValueError("it was not given") from None


def _from_command(reference: SecretReference, _what: str) -> str:
    import subprocess  # noqa: PLC0415  only on demand
    from threading import Thread  # noqa: PLC0415

    program = shown(reference.command[0])
    late = f"the command {program} has not ended within {_COMMAND_WITHIN:g} s"
    try:
        process = subprocess.Popen(  # noqa: S603  it is what the file's author wants to run
            reference.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as failed:
        raise ValueError(f"the command {program} cannot be run: {failed.strerror}") from None
    texts: list[bytes] = []

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            texts.append(stream.read(_MOST_WRITTEN + 1))

    until = time.monotonic() + _COMMAND_WITHIN
    # What the command has started may keep the pipe open for longer, and this thread with it.
    reader = Thread(target=read, name="winras-command", daemon=True)
    try:
        reader.start()
        reader.join(_COMMAND_WITHIN)
        if not texts:
            raise ValueError(late)
        written = texts[0]
        if len(written) > _MOST_WRITTEN:
            raise ValueError(f"the command {program} writes more than any secret has")
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise ValueError(late) from None
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise ValueError(
            f"the command {program} ended with {process.returncode}; run it to see why"
        )
    # In UTF-8, or else in the code page of this user.
    for encoding in ("utf-8", locale.getpreferredencoding(do_setlocale=False)):
        with suppress(UnicodeDecodeError):
            return written.decode(encoding).removesuffix("\n").removesuffix("\r")
    raise ValueError(f"what the command {program} wrote is no text: have it write UTF-8")


def _from_function(reference: SecretReference, _what: str) -> str:
    assert reference.function is not None
    return reference.function()


_READERS: dict[str, Callable[[SecretReference, str], str]] = {
    "env": _from_environment,
    "prompt": _from_terminal,
    "command": _from_command,
    "function": _from_function,
}


# ---- errors ----


@contextmanager
def _telling(step: _Step, done: Sequence[Change], steps: Sequence[_Step]) -> Iterator[None]:
    """Let an error in a step say what was done before, and what was not."""
    try:
        yield
    except BaseException as error:
        names = {change.name for change in done}
        error.add_note(f"done before: {_listed(done)}")
        if isinstance(error, RasError):
            error.changes = tuple(done)
        else:  # such as Ctrl+C, of which nobody knows in the middle of what it came
            names.add(step.change.name)
            error.add_note(f"perhaps done: {_listed([step.change])}")
        left = [one.change for one in steps if one.change.name not in names]
        error.add_note(f"not done: {_listed(left)}")
        raise


def _listed(changes: Iterable[Change]) -> str:
    return ", ".join(repr(change.name) for change in changes) or "nothing"


def _blocked(blocked: Sequence[Change], done: Sequence[Change], how: str) -> EntryInUseError:
    are = "are" if len(blocked) > 1 else "is"
    message = (
        f"{_listed(blocked)} {are} up or being dialled, and not changed: hang up first{how}; "
        f"changed: {_listed(done)}"
    )
    name = _native.error_name(_ERROR_CANNOT_DELETE)
    error = EntryInUseError(_ERROR_CANNOT_DELETE, name, message, "RasEnumConnections")
    error.changes = (*done, *blocked)
    return error
