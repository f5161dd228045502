"""Dialling an entry: its arguments, its progress, and why it failed in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import _native
from ._arguments import (
    valid_entry,
    valid_on_progress,
    valid_sub_entry,
    valid_text,
    valid_timeout,
)
from ._connections import Connection, list_connections
from ._enums import ConnectionState
from ._models import DialProgress
from ._operations import Dial
from .exceptions import RasError, RasTimeoutError

_ERROR_PASSWD_EXPIRED = 648
_ERROR_NO_CONNECTION = 668
_ERROR_AUTHENTICATION_FAILURE = 691
_ERROR_INTERACTIVE_MODE = 703

# What Windows wants from a user in a paused state, and the error that stands for it.
_WANTED = {
    ConnectionState.Interactive: (
        _ERROR_INTERACTIVE_MODE,
        "the entry wants to show a terminal or a script to its user; switch that off",
    ),
    ConnectionState.RetryAuthentication: (
        _ERROR_AUTHENTICATION_FAILURE,
        "the server refuses these credentials and asks for others",
    ),
    ConnectionState.CallbackSetByCaller: (
        _ERROR_INTERACTIVE_MODE,
        "the server wants a number at which it can call back, which winras does not give",
    ),
    ConnectionState.PasswordExpired: (
        _ERROR_PASSWD_EXPIRED,
        "the password has expired, and the server wants a new one; change it, then dial again",
    ),
    ConnectionState.InvokeEapUI: (
        _ERROR_INTERACTIVE_MODE,
        "its EAP method wants to show a window; connect once in Windows' own network settings",
    ),
}
_WANTED_UNKNOWN = (_ERROR_INTERACTIVE_MODE, "Windows wants something from its user")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who dials. The password is in no repr, message or log; a pickle and ``asdict`` do have it.

    Attributes:
        user: At most 256 characters.
        password: At most 256 characters.
        domain: At most 15 characters; ``""``: that of the server; ``"*"``: the one stored with
            the entry.

    Raises:
        ValueError: A text is too long, or has a NUL.
        TypeError: A text is no str.

    See Microsoft's page *RASDIALPARAMS structure*.
    """

    user: str
    password: str = field(repr=False)
    domain: str = ""

    def __post_init__(self) -> None:
        for name in ("user", "password", "domain"):
            valid_text(name, getattr(self, name))

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password='***', domain={self.domain!r})"


def dial(
    entry: str,
    *,
    phonebook: str | None = None,
    phone_number: str | None = None,
    credentials: Credentials | None = None,
    sub_entry: int = 0,
    timeout: float = 60.0,
    on_progress: Callable[[DialProgress], object] | None = None,
) -> Connection:
    """Dial a phone-book entry, and return its connection when it is up.

    RAS counts who dials: of what is up already, by whichever program, one more reference is
    taken, and its connection returned. ``hang_up(all_references=False)`` is the match of that.

    What it returns stays up until somebody hangs it up or the other side ends it.

    Whatever else ends the dialling (a failure, the timeout, Ctrl+C) hangs up before it raises; a
    failure and the timeout wait up to 3 more seconds for the port to be closed, so that the next
    dial can have it. A port that is in use (633) is tried again for 3 seconds. An entry that needs
    EAP is asked for its identity first; without a window. While RAS takes its time to answer one
    of these calls, nothing can end it; what it takes to answer for its part of *timeout* is gone.

    Args:
        entry: The entry's name, upper and lower case as it has them; ``""``: *phone_number* is
            dialled on the first modem.
        phonebook: The path of its phone book; None: all of the user's and all users' ones.
        phone_number: Dialled instead of the entry's own; None: that.
        credentials: Who dials; None: RAS is given none.
        sub_entry: The one-based number of the link to dial first, of several; 0: as the entry
            says.
        timeout: Seconds to wait, 0 or more.
        on_progress: Called in this thread with each `winras.DialProgress`. What it raises ends
            the dialling, and is raised here.

    Raises:
        winras.AuthenticationError: The server refuses the credentials (691), or wants a new
            password (648).
        winras.EntryNotFoundError: No phone book has the entry (623).
        winras.RasTimeoutError: It is not up after *timeout* seconds.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasDial or RasGetEapUserIdentity, or error of the
            dialling. 703: Windows wants a user to do something; the message says what. Its
            ``hint`` is the likely cause, and the next step.
        ValueError, TypeError: An argument is out of range or of the wrong type.

    See Microsoft's pages *RasDial function* and *RasDialFunc2 callback function*.
    """
    with dialling(
        entry,
        phonebook=phonebook,
        phone_number=phone_number,
        credentials=credentials,
        sub_entry=sub_entry,
        timeout=timeout,
        on_progress=on_progress,
    ) as operation:
        return operation.run()


def dialling(
    entry: str,
    *,
    phonebook: str | None,
    phone_number: str | None,
    credentials: Credentials | None,
    sub_entry: int,
    timeout: float,
    on_progress: Callable[[DialProgress], object] | None,
) -> Dialling:
    """The operation of `dial`, with its arguments validated."""
    valid_entry(entry, phonebook)
    if credentials is not None and not isinstance(credentials, Credentials):
        raise TypeError(f"credentials must be Credentials, not {type(credentials).__name__}")
    texts = {
        "name": valid_text("name", entry, "entry"),
        "phonebook": valid_text("phonebook", phonebook or ""),
        "phone_number": "" if phone_number is None else valid_text("phone_number", phone_number),
    }
    if not entry and not phone_number:
        raise ValueError("entry must be the name of an entry, or phone_number must be given")
    return Dialling(
        entry or texts["phone_number"],
        texts,
        credentials,
        sub_entry=valid_sub_entry(sub_entry),
        timeout=valid_timeout(timeout),
        on_progress=valid_on_progress(on_progress),
    )


class Dialling(Dial):
    """`Dial` with a Connection as its result, and with errors that say in words what happened."""

    def __init__(
        self,
        name: str,
        texts: dict[str, str],
        credentials: Credentials | None,
        *,
        sub_entry: int,
        timeout: float,
        on_progress: Callable[[DialProgress], object] | None,
    ) -> None:
        self._name = repr(name)
        super().__init__(
            texts,
            credentials,
            sub_entry=sub_entry,
            timeout=timeout,
            on_progress=on_progress,
            late=f"{name!r} is not connected after {round(timeout, 3):g} s, and was hung up",
        )

    def run(self) -> Connection:
        """Wait until it is connected, and return its connection."""
        try:
            connected = self.connect()
        except RasTimeoutError:
            raise
        except RasError as failed:
            message = f"{self._name}: {failed.message}"
            if failed.function == "RasDial":
                message = f"{self._name} failed in {self.state.name}: {failed.message}"
            elif failed.function != "RasGetEapUserIdentity":
                raise
            elif failed.code == _ERROR_INTERACTIVE_MODE:
                message += f" {failed.hint}"
            raise _native.error(failed.code, failed.function, message) from None
        if not connected:
            code, wanted = _WANTED.get(self.state, _WANTED_UNKNOWN)
            message = f"{self._name} was hung up in {self.state.name}: {wanted}"
            raise _native.error(code, "RasDial", message)
        for connection in list_connections(self.service):
            if connection.handle == self.handle:
                return connection
        raise _native.error(
            _ERROR_NO_CONNECTION,
            "RasEnumConnections",
            f"{self._name} connected, but RAS does not list it; it was hung up",
        )
