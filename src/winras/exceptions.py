"""What winras raises when RAS fails: `RasError`, and a subclass for each way to react."""

from __future__ import annotations

from ._enums import win32_code
from ._text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._ensuring import Change

__all__ = [
    "AmbiguousNameError",
    "AuthenticationError",
    "ConnectionNotFoundError",
    "EntryInUseError",
    "EntryNotFoundError",
    "NotConnectedError",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
]


# HRESULTs are known by their hexadecimal form.
_FIRST_HRESULT = 0x80000000


class RasError(OSError):
    """A RAS function failed, or winras cannot do what it was asked.

    Attributes:
        code: The number as Windows gave it: a Win32 or RAS error number, such as 6, or an HRESULT,
            such as 0x80420112 of EAP; any 32-bit number but 0, never negative.
        name: Its native name, such as ``ERROR_INVALID_HANDLE``; ``""`` if it has none here.
        message: A sentence for people, in the language of Windows; names and paths in it have
            their control characters escaped.
        function: The RAS function that failed, such as ``RasHangUp``; ``""`` if none did.
        changes: Of `winras.ensure`: what it had done before, and what is blocked; else empty.

    The number in an HRESULT of facility Win32 decides its name, message, hint and class: 0x800702B3
    is reported as 691 is, but with its own code.

    It is an OSError without an errno, and can be pickled. See Microsoft's pages *Routing and
    Remote Access Error Codes* and *EAP Related Error and Information Constants*.
    """

    code: int
    name: str
    message: str
    function: str

    def __init__(self, code: int, name: str, message: str, function: str = "") -> None:
        message = shown(message)
        # One argument only: with two, OSError would take them for errno and strerror.
        text = f"{code} {name}: {message}" if name else f"{code}: {message}"
        super().__init__(text + (f" (0x{code:08X})" if code >= _FIRST_HRESULT else ""))
        self.code = code
        self.name = name
        self.message = message
        self.function = function
        self.changes: tuple[Change, ...] = ()

    @property
    def hint(self) -> str:
        """The likely cause and the next step, in the words of winras; "" if it has none."""
        from ._hints import find_hint  # noqa: PLC0415  few errors are asked for one

        found = find_hint(self.code)
        return found.text if found else ""

    @property
    def is_transient(self) -> bool:
        """Whether the cause may pass by itself, so that the same may succeed a little later.

        So it is if the line is disturbed or busy, the other end does not answer, or a service is
        starting; not if credentials, certificates, settings or rights are wrong, or nothing is
        known of the number. docs/windows.md has the table. Give up after a few times all the same:
        628 and 629 are what a refused password may look like, and accounts can be locked.
        """
        from ._hints import is_transient  # noqa: PLC0415

        return is_transient(self.code)

    def to_dict(self) -> dict[str, str | int | None]:
        """The error in plain values for JSON, with the keys of ``winras ... --json``."""
        return {
            "code": self.code,
            "name": self.name or None,
            "message": self.message,
            "function": self.function or None,
            "hint": self.hint or None,
        }

    def __reduce__(self) -> tuple[type[RasError], tuple[int, str, str, str], dict[str, object]]:
        return type(self), (self.code, self.name, self.message, self.function), self.__dict__


class NotConnectedError(RasError):
    """The connection is no longer up (6 or 668), so there is nothing left to do."""


class ConnectionNotFoundError(RasError, LookupError):
    """No connection has that name (668): connect it first, or correct the spelling."""


class AmbiguousNameError(RasError, LookupError):
    """Several connections have that name (87): pass the phone book of the one you mean."""


class EntryInUseError(RasError):
    """The entry is up or being dialled (817), so it is not changed: hang it up first."""


class EntryNotFoundError(RasError, LookupError):
    """No phone book has that entry (623)."""


class AuthenticationError(RasError, PermissionError):
    """The server refuses the credentials or the account: use others.

    These are 646 to 649 and 691, and 0x80420111 and 0x80420112 of EAP.
    """


class RasTimeoutError(RasError, TimeoutError):
    """The timeout expired (1460).

    A hang-up continues in the background. A dial is hung up first; if RasHangUp refuses, the
    message says so, and what it answered.
    """


class RasUnavailableError(RasError):
    """No RAS (126), or its RAS lacks the function (127, 120), or RasMan is disabled (1058)."""


_BY_CODE: dict[int, type[RasError]] = {
    6: NotConnectedError,
    668: NotConnectedError,
    623: EntryNotFoundError,
    817: EntryInUseError,
    **dict.fromkeys((646, 647, 648, 649, 691, 0x80420111, 0x80420112), AuthenticationError),
    1460: RasTimeoutError,
    **dict.fromkeys((120, 126, 127, 1058), RasUnavailableError),
}


def class_for(code: int) -> type[RasError]:
    """The class of exception for an error number."""
    return _BY_CODE.get(win32_code(code), RasError)
