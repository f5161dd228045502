"""Credentials: as they are given, and as they are saved for an entry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, Self

from . import _native
from ._arguments import text_problem
from ._details import SavedCredentials
from ._enums import KeyKind
from ._phonebook import Phonebook, asking, explaining_refusal, find_entry, not_found, opening
from .exceptions import EntryNotFoundError, RasError

__all__ = [
    "Credentials",
    "as_secret",
    "credentials_problem",
    "delete_credentials",
    "save_credentials",
    "save_key",
    "save_pre_shared_key",
    "saved_credentials",
]

_ERROR_INVALID_PARAMETER = 87
_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623
# RASCM_UserName, RASCM_Password and RASCM_Domain.
_USER_PASSWORD_DOMAIN = 0x7


class _WithPassword:
    """Where Credentials keep the password: in no field, so that ``asdict`` does not have it."""

    __slots__ = ("_password",)
    _password: str


@dataclass(frozen=True, slots=True, init=False, repr=False, eq=False)
class Credentials(_WithPassword):
    """Who dials. Only *password* gives the password: no repr, message, log or ``asdict`` has it.

    They cannot be pickled, because the pickle would have it: a process that needs them reads the
    password for itself. Give *password* to ``dataclasses.replace`` too.

    Attributes:
        user: At most 256 characters.
        password: At most 256 characters.
        domain: At most 15 characters; ``""`` for the domain of the server, ``"*"`` for the one
            that is stored with the entry.

    Raises:
        ValueError: A text is too long, or contains a NUL.
        TypeError: A text is not a str.

    See Microsoft's page *RASDIALPARAMS structure*.
    """

    __match_args__ = ("user", "password", "domain")

    user: str
    domain: str

    def __init__(self, user: str, password: str, domain: str = "") -> None:
        problem = (
            text_problem("user", user)
            or text_problem("password", password)
            or text_problem("domain", domain)
        )
        object.__setattr__(self, "user", user)
        object.__setattr__(self, "domain", domain)
        object.__setattr__(self, "_password", password)
        del password  # a traceback may show variables, and the repr of self does not show it
        if problem:
            raise problem

    @property
    def password(self) -> str:
        """The password."""
        return self._password

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return self._all() == other._all()

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[str, str, str]:
        return self.user, self._password, self.domain

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password='***', domain={self.domain!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "Credentials cannot be pickled: the pickle would have the password; let the process "
            "that needs it read it for itself"
        )


def credentials_problem(credentials: object, *, may_be_none: bool = False) -> TypeError | None:
    """Return what to raise if they are no `Credentials`, but perhaps a password."""
    if isinstance(credentials, Credentials) or (credentials is None and may_be_none):
        return None
    return TypeError(f"credentials must be Credentials, not {type(credentials).__name__}")


def save_credentials(entry: str, credentials: Credentials, *, phonebook: str | None = None) -> None:
    """Save credentials for an entry: RasSetCredentials.

    `winras.dial` uses them when it is given none. An EAP method may keep its own, which this does
    not change: those are saved by one sign-in in Windows' own settings.

    Args:
        entry: The name of the entry, in upper or lower case.
        credentials: What is saved, with a user and a password; it replaces what was.
        phonebook: The path of the phone book; None for those of this user and of all users. If both
            have the entry, this user's is meant.

    Raises:
        winras.EntryNotFoundError: No phone book has the entry (623).
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Only an administrator may do this, because the entry is for all users (5);
            or any other answer of RasSetCredentials.
        ValueError, TypeError: An argument is of the wrong type, empty or too long.

    See Microsoft's page *RasSetCredentials function*.
    """
    if problem := credentials_problem(credentials):
        del credentials
        raise problem
    if not credentials.user or not credentials.password:
        raise ValueError(
            "credentials must have a user and a password; without one, nothing counts as saved"
        )
    with (
        _entry_of("RasSetCredentials", entry, phonebook) as (path, name, service),
        explaining_refusal(path),
    ):
        _native.set_credentials(path, name, _USER_PASSWORD_DOMAIN, credentials, service)


def saved_credentials(entry: str, *, phonebook: str | None = None) -> SavedCredentials | None:
    """Ask what is saved for an entry: RasGetCredentials, which gives no password.

    Args:
        entry: The name of the entry, in upper or lower case.
        phonebook: As for `save_credentials`.

    Returns:
        The user name, the domain, and whether a password is saved; None if nothing is.

    Raises:
        winras.EntryNotFoundError: No phone book has the entry (623).
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasGetCredentials.
        ValueError, TypeError: An argument is of the wrong type, empty or too long.

    See Microsoft's page *RasGetCredentials function*.
    """
    with _entry_of("RasGetCredentials", entry, phonebook) as (path, name, service):
        return _native.get_credentials(path, name, service)


def delete_credentials(entry: str, *, phonebook: str | None = None) -> None:
    """Delete the user name, password and domain that are saved for an entry: RasSetCredentials.

    Args:
        entry: The name of the entry, in upper or lower case.
        phonebook: As for `save_credentials`.

    Raises:
        winras.EntryNotFoundError: No phone book has the entry (623).
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: As `save_credentials`.
        ValueError, TypeError: An argument is of the wrong type, empty or too long.

    See Microsoft's page *RasSetCredentials function*.
    """
    with (
        _entry_of("RasSetCredentials", entry, phonebook) as (path, name, service),
        explaining_refusal(path),
    ):
        _native.set_credentials(path, name, _USER_PASSWORD_DOMAIN, None, service, clear=True)


def save_pre_shared_key(
    entry: str, key: str, *, kind: KeyKind = KeyKind.Client, phonebook: str | None = None
) -> None:
    """Save the pre-shared key of IPsec for an entry: RasSetCredentials.

    The entry must be told to use it: ``use_pre_shared_key``, as `winras.Entry.l2tp` does.

    Args:
        entry: The name of the entry, in upper or lower case.
        key: The key, at most 256 characters; no message shows it.
        kind: For what it is.
        phonebook: As for `save_credentials`.

    Raises:
        winras.EntryNotFoundError: No phone book has the entry (623).
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Only an administrator may save such a key, in whichever phone book (5); or
            any other answer of RasSetCredentials.
        ValueError, TypeError: An argument is of the wrong type, empty or too long.

    See Microsoft's page *RasSetCredentials function*.
    """
    secret = as_secret(key)
    del key  # a traceback may show variables, and no repr shows this one
    save_key(entry, secret, kind, phonebook)


def as_secret(key: str) -> Credentials | TypeError | ValueError:
    """Return a pre-shared key as the password of nobody, or what `save_key` raises."""
    if problem := text_problem("password", key, "key"):
        return problem
    return Credentials("", key) if key else ValueError("key must not be empty")


def save_key(
    entry: str,
    secret: Credentials | TypeError | ValueError,
    kind: KeyKind,
    phonebook: str | None,
) -> None:
    """Do what `save_pre_shared_key` does, without the key itself."""
    if isinstance(secret, Exception):
        raise secret
    if not isinstance(kind, KeyKind):
        raise TypeError(f"kind must be a KeyKind, not {type(kind).__name__}")
    why = "only an administrator may save a pre-shared key: run this as an administrator"
    with (
        _entry_of("RasSetCredentials", entry, phonebook) as (path, name, service),
        explaining_refusal(path, why),
    ):
        _native.set_credentials(path, name, kind, secret, service)


@contextlib.contextmanager
def _entry_of(function: str, entry: str, phonebook: str | None) -> Iterator[tuple[str, str, int]]:
    """The phone book and name of an entry, and the service to ask for *function* in the block.

    Says what may be meant if there is no such entry.
    """
    with asking(function) as service:
        path, name = find_entry(entry, phonebook, service)
        try:
            with opening(path):
                yield path, name, service
        except RasError as error:
            # RasSetCredentials answers 87, among others, if there is no such entry.
            absent = error.code == _ERROR_INVALID_PARAMETER and name not in Phonebook(path)
            if not absent and not isinstance(error, EntryNotFoundError):
                raise
            raise _native.error(
                _ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, error.function, not_found(name, path, service)
            ) from None
