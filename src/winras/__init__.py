"""See, watch, dial and hang up Windows Remote Access Service (RAS) connections."""

from ._connections import Connection, connections, get_connection
from ._credentials import (
    Credentials,
    delete_credentials,
    save_credentials,
    save_pre_shared_key,
    saved_credentials,
)
from ._dialing import dial
from ._entries import Entry
from ._enums import (
    Authentication,
    ConnectionFlags,
    ConnectionState,
    ConnectionSubstate,
    Encryption,
    EntryKind,
    EventKind,
    EventSource,
    KeyKind,
    Protocols,
    VpnStrategy,
)
from ._models import (
    Addresses,
    Device,
    DialProgress,
    EntryName,
    SavedCredentials,
    Statistics,
    Status,
)
from ._phonebook import Phonebook, devices, entries
from ._traffic import Traffic, TrafficMeter
from ._watching import Event, Watch, wait_for, watch
from .exceptions import (
    AmbiguousNameError,
    AuthenticationError,
    ConnectionNotFoundError,
    EntryInUseError,
    EntryNotFoundError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
)

__all__ = [
    "Addresses",
    "AmbiguousNameError",
    "Authentication",
    "AuthenticationError",
    "Connection",
    "ConnectionFlags",
    "ConnectionNotFoundError",
    "ConnectionState",
    "ConnectionSubstate",
    "Credentials",
    "Device",
    "DialProgress",
    "Encryption",
    "Entry",
    "EntryInUseError",
    "EntryKind",
    "EntryName",
    "EntryNotFoundError",
    "Event",
    "EventKind",
    "EventSource",
    "KeyKind",
    "NotConnectedError",
    "Phonebook",
    "Protocols",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
    "SavedCredentials",
    "Statistics",
    "Status",
    "Traffic",
    "TrafficMeter",
    "VpnStrategy",
    "Watch",
    "connections",
    "delete_credentials",
    "devices",
    "dial",
    "entries",
    "get_connection",
    "save_credentials",
    "save_pre_shared_key",
    "saved_credentials",
    "wait_for",
    "watch",
]
