"""See, watch and hang up Windows Remote Access Service (RAS) connections."""

from ._connections import Connection, connections, get_connection
from ._enums import (
    ConnectionFlags,
    ConnectionState,
    ConnectionSubstate,
    EventKind,
    EventSource,
)
from ._models import Status
from ._watching import Event, Watch, wait_for, watch
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
    "Event",
    "EventKind",
    "EventSource",
    "NotConnectedError",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
    "Status",
    "Watch",
    "connections",
    "get_connection",
    "wait_for",
    "watch",
]
