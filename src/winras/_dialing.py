"""Dialling an entry: its arguments, its progress, and why it failed in words."""

from __future__ import annotations

from collections.abc import Callable

from . import _native
from ._arguments import (
    valid_flag,
    valid_on_progress,
    valid_sub_entry,
    valid_text,
    valid_timeout,
)
from ._connections import Connection, list_connections
from ._credentials import Credentials, credentials_problem
from ._details import DialProgress
from ._enums import ConnectionState
from ._operations import Dial, End, add_failures
from ._phonebook import cannot_open, not_found, usual_phonebooks
from .exceptions import (
    AuthenticationError,
    EntryNotFoundError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
    class_for,
)

_ERROR_CANNOT_OPEN_PHONEBOOK = 621
_ERROR_DISCONNECTION = 628
_ERROR_PASSWD_EXPIRED = 648
_ERROR_NO_CONNECTION = 668
_ERROR_AUTHENTICATION_FAILURE = 691
_ERROR_INTERACTIVE_MODE = 703
_ERROR_CANCELLED = 1223

# How dialling fails with the wrong credentials, or without any, besides AuthenticationError.
_CREDENTIAL_ERRORS = (_ERROR_DISCONNECTION, _ERROR_INTERACTIVE_MODE)

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


def dial(
    entry: str,
    *,
    phonebook: str | None = None,
    phone_number: str | None = None,
    credentials: Credentials | None = None,
    use_saved: bool = True,
    sub_entry: int = 0,
    timeout: float = 60.0,
    on_progress: Callable[[DialProgress], object] | None = None,
) -> Connection:
    """Dial a phone-book entry, and return its connection when it is up.

    The connection stays up until some program hangs it up or the other side ends it.

    Without *credentials*, those are used that are saved for the entry, as in Windows' own settings
    (RasGetCredentials). The password itself stays in Windows: RAS gives a handle for it, which
    RasDial takes. If none are saved, RasDial is given none, and Windows sends those of the
    logged-on user or, for a service, of its account.

    RAS counts references: if the entry is up already, dialled by whichever program, this takes
    one more reference and returns that connection. ``hang_up(all_references=False)`` gives one
    back.

    If dialling ends in any other way (a failure, the timeout, Ctrl+C), it is hung up before the
    exception is raised. After a failure or the timeout, this waits up to 3 more seconds for the
    port to close, so that the next dial can use it. While RasHangUp answers an error, it is called
    again: in these 3 seconds, or for 250 ms after Ctrl+C. If it still refuses, the message says so,
    and later dials, hang-ups and watches of this process try again, and so does its end. If the
    port is in use (633) or the entry is being dialled already (756), dialling is tried again for up
    to 3 seconds. If it still is (756), what the entry has that is Disconnected is hung up, once: a
    program may have ended without hanging up what it had dialled. What is in any other state may be
    another program's dial, and is left alone. An error that the status shows
    while Windows goes on, as from one tunnel type to the next, is not the end: *on_progress* is
    told of it. A call of RAS cannot be interrupted; the time that it takes counts towards
    *timeout*.

    An entry that needs EAP is dialled with *credentials* as any other is: shipping clients dial
    so. Without them, RasGetEapUserIdentity is asked for the identity of this user first, and told
    not to show a window; if it has none, RasGetEapUserData is asked for what is stored. Whatever
    they answer, RasDial is called. Credentials that are saved for the entry are passed too; which
    of the two counts is up to the EAP method.

    If a call before RasDial failed (starting RasMan, RasGetCredentials, RasGetEapUserIdentity), the
    error has a note (``__notes__``) with what that answered.

    Args:
        entry: The name of the entry, in upper or lower case; ``""`` to dial *phone_number* on the
            first modem.
        phonebook: The path of the phone book; None for those of this user and of all users. If both
            have the entry, this user's is dialled.
        phone_number: The number to dial instead of the entry's own; None for the entry's own.
        credentials: Who dials; None for what is saved for the entry.
        use_saved: Without *credentials*, use those that are saved; if False, RasDial is given none.
        sub_entry: The number, from 1, of the link to dial first if there are several; 0 to do as
            the entry says.
        timeout: Seconds to wait, 0 or more.
        on_progress: Called in this thread with each `winras.DialProgress`. An exception from it
            ends the dialling, and is raised here.

    Raises:
        winras.AuthenticationError: The server refuses the credentials (691), or wants a new
            password (648).
        winras.EntryNotFoundError: No phone book has the entry (623); the message suggests similar
            names.
        winras.RasTimeoutError: It is not up after *timeout* seconds.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Dialling failed, or RasDial gave another error. 703 means that Windows
            wants the user to do something; the message says what. ``hint`` has the likely cause and
            the next step.
        ValueError, TypeError: An argument is out of range or of the wrong type.

    See Microsoft's pages *RasDial function*, *RasDialFunc2 callback function*, *RASDIALPARAMS
    structure*, *RasGetCredentials function*, *RasGetEapUserIdentity function* and
    *RasGetEapUserData function*.
    """
    if problem := credentials_problem(credentials, may_be_none=True):
        del credentials  # a traceback may show variables, and this may be a password
        raise problem
    with dialling(
        entry,
        phonebook=phonebook,
        phone_number=phone_number,
        credentials=credentials,
        use_saved=use_saved,
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
    use_saved: bool,
    sub_entry: int,
    timeout: float,
    on_progress: Callable[[DialProgress], object] | None,
) -> Dialling:
    """The operation of `dial`, with its arguments validated but for *credentials*."""
    texts = {
        "name": valid_text("name", entry, "entry"),
        "phone_number": "" if phone_number is None else valid_text("phone_number", phone_number),
    }
    if not entry and not phone_number:
        raise ValueError("entry must be the name of an entry, or phone_number must be given")
    seconds = valid_timeout(timeout)
    given = "" if phonebook is None else valid_text("phonebook", phonebook)
    return Dialling(
        texts,
        [given] if given else ["", *usual_phonebooks()],
        credentials,
        use_saved=valid_flag(use_saved, "use_saved"),
        sub_entry=valid_sub_entry(sub_entry),
        timeout=seconds,
        on_progress=valid_on_progress(on_progress),
        late=f"{entry or phone_number!r} is not connected after {round(seconds, 3):g} s",
    )


class Dialling(Dial):
    """`Dial` with a Connection as its result, and with errors that say in words what happened."""

    _found: list[Connection]  # the connection, if RAS lists it

    def _came_up(self) -> None:
        self._found = [c for c in list_connections(self.service) if c.handle == self.handle]

    def run(self, is_wanted: Callable[[], bool] | None = None) -> Connection:
        """Wait until it is connected, and return its connection.

        Args:
            is_wanted: Asked at least every 250 ms; when it says no, this is closed.
        """
        try:
            return self._run(is_wanted)
        except RasError as failed:
            add_failures(failed, self.failures)
            raise

    def _run(self, is_wanted: Callable[[], bool] | None) -> Connection:
        name = repr(self.texts["name"] or self.texts["phone_number"])
        try:
            connected = self.connect(is_wanted)
        except RasError as failed:
            raise _native.error(failed.code, failed.function, self._message(name, failed)) from None
        if not connected:
            code, wanted = _WANTED.get(self.state, _WANTED_UNKNOWN)
            message = f"{name} stopped in {self.state.name}: {wanted}{self._about_saved(code)}"
            raise _native.error(code, "RasDial", message + self._if_left())
        if self._found:
            return self._found[0]
        # It was listed just now. Raised before the hang-up, so this does not say how that goes.
        message = f"{name} connected, but RAS does not list it any more"
        raise _native.error(_ERROR_NO_CONNECTION, "RasEnumConnections", message)

    def _message(self, name: str, failed: RasError) -> str:
        """Say what failed, and how far it had come."""
        phonebook = self.phonebook or self.phonebooks[0]
        if isinstance(failed, RasTimeoutError):
            return failed.message + (self._and_left() if self.tried else "; RasDial is not called")
        if not self.tried or isinstance(failed, RasUnavailableError):
            return f"{name}: {failed.message}"
        if isinstance(failed, EntryNotFoundError):
            return not_found(self.texts["name"], self.phonebooks[0], self.service)
        if failed.code == _ERROR_CANNOT_OPEN_PHONEBOOK and phonebook:
            return f"{name}: {cannot_open(phonebook, failed).message}"
        if failed.function == "RasEnumConnections" and failed.code == _ERROR_NO_CONNECTION:
            return f"{name} connected, but RAS does not list it{self._and_left()}"
        why = failed.message
        if failed.function == "RasGetConnectStatus":
            why = (
                "its handle is dead, and RAS has told of no failure: it was hung up elsewhere, or "
                "RasMan has stopped"
            )
        message = f"{name} failed in {self.state.name}: {why}"
        return message + self._about_saved(failed.code) + self._if_left()

    def _left(self) -> str:
        """Say what is known of its hang-up, as the rest of a sentence about it; "" if nothing."""
        refusal = f"{self.hang_up_answer} {_native.error_name(self.hang_up_answer)}".rstrip()
        return {
            End.WITHOUT: "",
            End.GONE: "is gone" if self.hang_up_answer else "was hung up",
            End.PENDING: "was hung up, but is not gone yet",
            End.HELD: "was hung up once, but is Connected: others hold it",
            End.REFUSED: f"could not be hung up: RasHangUp answered {refusal}, and is "
            "called again by what this process dials, hangs up or watches later, and at its end",
        }[self.end]

    def _and_left(self) -> str:
        """Say that as the end of a sentence."""
        return f", and {self._left()}" if self._left() else ""

    def _if_left(self) -> str:
        """Say it as a sentence that follows another, if the hang-up is not over."""
        if self.end in (End.WITHOUT, End.GONE):
            return ""
        return f" (It {self._left()}.)"

    def _about_saved(self, code: int) -> str:
        """Say whose credentials were refused, as a sentence that follows another."""
        refused = class_for(code) is AuthenticationError or code in _CREDENTIAL_ERRORS
        if not refused or self.saved is None:
            return ""
        where = f' in "{self.phonebook}"' if self.phonebook else ""
        if self.saved:
            return f" (With the credentials that are saved for this entry{where}.)"
        return (
            f" (No user name and password are saved for this entry{where}, so Windows sends those "
            "of the logged-on user or, for a service, of its account: give credentials, or have "
            "Windows remember the sign-in info.)"
        )
