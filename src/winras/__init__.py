"""See, inspect and hang up Windows Remote Access Service (RAS) connections."""

from ._connections import Connection, connections, get_connection
from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate
from ._models import Status
from .exceptions import (
    AmbiguousNameError,
    AuthenticationError,
    ConnectionNotFoundError,
    EntryNotFoundError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
)

__all__ = [
    "AmbiguousNameError",
    "AuthenticationError",
    "Connection",
    "ConnectionFlags",
    "ConnectionNotFoundError",
    "ConnectionState",
    "ConnectionSubstate",
    "EntryNotFoundError",
    "NotConnectedError",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
    "Status",
    "connections",
    "get_connection",
]
