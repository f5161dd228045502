"""See, watch, dial and hang up Windows Remote Access Service (RAS) connections."""

import os
import sys
from importlib import import_module

from ._connections import Connection, connections, get_connection, snapshot
from ._enums import (
    Authentication,
    ConnectionFlags,
    ConnectionState,
    ConnectionSubstate,
    DialStage,
    Encryption,
    EntryKind,
    EventKind,
    EventSource,
    Grade,
    KeyKind,
    Protocols,
    ReasonKind,
    VpnStrategy,
)
from ._models import Status
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
    "Change",
    "Connection",
    "ConnectionFlags",
    "ConnectionNotFoundError",
    "ConnectionState",
    "ConnectionSubstate",
    "Credentials",
    "Device",
    "DialProgress",
    "DialStage",
    "Encryption",
    "Entry",
    "EntryFileError",
    "EntryInUseError",
    "EntryKind",
    "EntryName",
    "EntryNotFoundError",
    "Event",
    "EventKind",
    "EventSource",
    "FieldChange",
    "Grade",
    "KeepEvent",
    "KeepEventKind",
    "KeepPolicy",
    "Keeper",
    "KeyKind",
    "LogEvent",
    "NotConnectedError",
    "Phonebook",
    "Protocols",
    "RasError",
    "RasTimeoutError",
    "RasUnavailableError",
    "Reason",
    "ReasonKind",
    "SavedCredentials",
    "SecretReference",
    "Statistics",
    "Status",
    "Traffic",
    "TrafficMeter",
    "VpnStrategy",
    "WantedEntry",
    "Watch",
    "connections",
    "delete_credentials",
    "devices",
    "dial",
    "ensure",
    "entries",
    "get_connection",
    "keep_connected",
    "load_entries",
    "save_credentials",
    "save_pre_shared_key",
    "saved_credentials",
    "snapshot",
    "wait_for",
    "watch",
    "why",
]

# What not everybody uses is imported when it is first used. Type checkers take this for true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._credentials import (
        Credentials,
        delete_credentials,
        save_credentials,
        save_pre_shared_key,
        saved_credentials,
    )
    from ._details import (
        Addresses,
        Device,
        DialProgress,
        EntryName,
        SavedCredentials,
        Statistics,
    )
    from ._dialing import dial
    from ._ensuring import Change, FieldChange, ensure
    from ._entries import Entry
    from ._entry_file import EntryFileError, SecretReference, WantedEntry, load_entries
    from ._keeping import Keeper, KeepEvent, keep_connected
    from ._phonebook import Phonebook, devices, entries
    from ._policy import KeepEventKind, KeepPolicy
    from ._traffic import Traffic, TrafficMeter
    from ._watching import Event, Watch, wait_for, watch
    from ._why import LogEvent, Reason, why
else:
    _LATER = {
        "_credentials": (
            "Credentials",
            "delete_credentials",
            "save_credentials",
            "save_pre_shared_key",
            "saved_credentials",
        ),
        "_details": (
            "Addresses",
            "Device",
            "DialProgress",
            "EntryName",
            "SavedCredentials",
            "Statistics",
        ),
        "_dialing": ("dial",),
        "_ensuring": ("Change", "FieldChange", "ensure"),
        "_entries": ("Entry",),
        "_entry_file": ("EntryFileError", "SecretReference", "WantedEntry", "load_entries"),
        "_keeping": ("Keeper", "KeepEvent", "keep_connected"),
        "_phonebook": ("Phonebook", "devices", "entries"),
        "_policy": ("KeepEventKind", "KeepPolicy"),
        "_traffic": ("Traffic", "TrafficMeter"),
        "_watching": ("Event", "Watch", "wait_for", "watch"),
        "_why": ("LogEvent", "Reason", "why"),
    }

    def __getattr__(name: str) -> object:
        for module, names in _LATER.items():
            if name in names:
                value = getattr(import_module(f".{module}", __name__), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

    def _import_all() -> None:
        """Before a fork(): a child would wait forever for what another thread is importing."""
        for module in (*_LATER, "_hints"):
            import_module(f".{module}", __name__)
        for module in ("difflib", "ipaddress", "uuid"):
            import_module(module)
        for module in [*sys.modules]:
            if module.startswith(f"{__name__}."):
                import_module(module)  # waits for the thread that is importing it

    if sys.platform != "win32":
        os.register_at_fork(before=_import_all)
