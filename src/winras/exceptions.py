"""What winras raises when RAS says no: one base, and a leaf for each thing a caller may do."""

from __future__ import annotations

from ._hints import find_hint

__all__ = [
    "AmbiguousNameError",
    "AuthenticationError",
    "ConnectionNotFoundError",
    "EntryNotFoundError",
    "NotConnectedError",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
]


class RasError(OSError):
    """A RAS function failed, or what was asked of RAS cannot be done.

    Attributes:
        code: The Win32 or RAS error number, such as 6; never 0.
        name: Its native name, such as ``ERROR_INVALID_HANDLE``; ``""`` if it has none here.
        message: A sentence for people, in Windows' language.
        function: The RAS function that answered it, such as ``RasHangUp``; ``""`` if none did.

    It is an OSError without an errno, and it can be pickled. See Microsoft's page *Routing and
    Remote Access Error Codes*.
    """

    code: int
    name: str
    message: str
    function: str

    def __init__(self, code: int, name: str, message: str, function: str = "") -> None:
        # One argument only: with two, OSError would take them for errno and strerror.
        super().__init__(f"{code} {name}: {message}" if name else f"{code}: {message}")
        self.code = code
        self.name = name
        self.message = message
        self.function = function

    @property
    def hint(self) -> str:
        """The likely cause and the next step, in our own words; "" if there is none."""
        found = find_hint(self.code)
        return found.text if found else ""

    def __reduce__(self) -> tuple[type[RasError], tuple[int, str, str, str]]:
        return type(self), (self.code, self.name, self.message, self.function)


class NotConnectedError(RasError):
    """The connection is not up any more (6 or 668): there is nothing left to do to it."""


class ConnectionNotFoundError(RasError, LookupError):
    """No connection has that name (668): connect it first, or mind the spelling."""


class AmbiguousNameError(RasError, LookupError):
    """Several connections have that name (87): say which by its phone book."""


class EntryNotFoundError(RasError, LookupError):
    """No phone book has that entry (623)."""


class AuthenticationError(RasError, PermissionError):
    """The server or the account refuses (646 to 649, 691): ask for other credentials."""


class RasTimeoutError(RasError, TimeoutError):
    """The time given was over first (1460): a hang-up goes on, a dialling was hung up."""


class RasUnavailableError(RasError):
    """This system has no RAS (126), or not that function (127, 120)."""


_BY_CODE: dict[int, type[RasError]] = {
    6: NotConnectedError,
    668: NotConnectedError,
    623: EntryNotFoundError,
    **dict.fromkeys((646, 647, 648, 649, 691), AuthenticationError),
    1460: RasTimeoutError,
    **dict.fromkeys((120, 126, 127), RasUnavailableError),
}


def class_for(code: int) -> type[RasError]:
    """The class that an error number is raised as."""
    return _BY_CODE.get(code, RasError)
