"""Dialling an entry, with how far it is and why it failed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from . import _native
from ._connections import Connection, check_entry, check_timeout
from ._models import DialProgress

# UTF-16 units that RASDIALPARAMS has room for, without the NUL: RAS_MaxEntryName, MAX_PATH,
# RAS_MaxPhoneNumber, UNLEN, PWLEN, DNLEN.
_ROOM = {
    "name": 256,
    "phonebook": 259,
    "phone_number": 128,
    "user": 256,
    "password": 256,
    "domain": 15,
}
_MOST_SUB_ENTRY = 0xFFFFFFFF


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
            _check_text(name, getattr(self, name))

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
) -> _native.Dial[Connection]:
    """The operation of `dial`, with its arguments checked."""
    check_entry(entry, phonebook)
    if credentials is not None and not isinstance(credentials, Credentials):
        raise TypeError(f"credentials must be Credentials, not {type(credentials).__name__}")
    if isinstance(sub_entry, bool) or not isinstance(sub_entry, int):
        raise TypeError(f"sub_entry must be a whole number, not {type(sub_entry).__name__}")
    if not 0 <= sub_entry <= _MOST_SUB_ENTRY:
        raise ValueError(f"sub_entry must be 0 or the number of a link, not {sub_entry}")
    check_progress(on_progress)
    texts = {
        "name": entry,
        "phonebook": phonebook or "",
        "phone_number": "" if phone_number is None else phone_number,
    }
    for name, text in texts.items():
        _check_text("entry" if name == "name" else name, text, _ROOM[name])
    if not entry and not phone_number:
        raise ValueError("entry must be the name of an entry; without one, phone_number is needed")
    return _native.Dial(
        Connection,
        texts,
        credentials,
        sub_entry=sub_entry,
        timeout=check_timeout(timeout),
        on_progress=on_progress,
    )


def check_progress(on_progress: Callable[[DialProgress], object] | None) -> None:
    """A function to call, or None; else TypeError."""
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable, not {type(on_progress).__name__}")
    if inspect.iscoroutinefunction(on_progress):
        raise TypeError("on_progress must be a function to call, not a coroutine function")


def _check_text(field_name: str, text: str, room: int | None = None) -> None:
    """A text that RAS has room for; its message does not have it, since it may be a password."""
    most = _ROOM[field_name] if room is None else room
    if not isinstance(text, str):
        raise TypeError(f"{field_name} must be str, not {type(text).__name__}")
    if "\0" in text:
        raise ValueError(f"{field_name} must not have a NUL")
    # Counted, not encoded, which would leave a copy of a password in memory.
    if len(text) + sum(character > "\uffff" for character in text) > most:
        raise ValueError(f"{field_name} must have at most {most} characters of UTF-16")
