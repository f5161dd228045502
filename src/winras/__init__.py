"""See, watch, dial and hang up Windows Remote Access Service (RAS) connections."""

from ._connections import Connection, connections, get_connection
from ._dialing import Credentials, dial
from ._enums import (
    ConnectionFlags,
    ConnectionState,
    ConnectionSubstate,
    EventKind,
    EventSource,
)
from ._models import Addresses, DialProgress, EntryName, Statistics, Status
from ._phonebook import entries
from ._traffic import Traffic, TrafficMeter
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
    "Addresses",
    "AmbiguousNameError",
    "AuthenticationError",
    "Connection",
    "ConnectionFlags",
    "ConnectionNotFoundError",
    "ConnectionState",
    "ConnectionSubstate",
    "Credentials",
    "DialProgress",
    "EntryName",
    "EntryNotFoundError",
    "Event",
    "EventKind",
    "EventSource",
    "NotConnectedError",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
    "Statistics",
    "Status",
    "Traffic",
    "TrafficMeter",
    "Watch",
    "connections",
    "dial",
    "entries",
    "get_connection",
    "wait_for",
    "watch",
]
