"""Scenario files: phone-book entries, what is up at the start, and what happens when, as TOML.

`read` turns a file into the arguments of the Simulator's methods. Each value is validated with the
table that it stands in at hand, so that an error names the file and the line.

A file may come from anybody: whatever it has, reading takes time in proportion to its size and ends
with a scenario or a `ScenarioError`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path, PureWindowsPath
from uuid import UUID

from ._arguments import ROOM, fits
from ._details import Device
from ._entries import SIZES, Entry, to_bytes, with_device
from ._entry_file import EntryFileError, load_entries
from ._enums import ConnectionState
from ._toml import (
    Document,
    FileKind,
    Inner,
    Table,
    did_you_mean,
    read_file,
    refuse_same,
    shown_value,
)
from .exceptions import RasError

_Value = object

#: The phone book of entries that name none: the user's own.
DEFAULT_PHONEBOOK = r"C:\Users\user\AppData\Roaming\Microsoft\Network\Connections\Pbk\rasphone.pbk"

#: How many sub-entries an entry may have.
MOST_SUB_ENTRIES = 255

#: How many other addresses a server can switch to.
MOST_SERVERS = 4

# How many names a message lists.
_SHOWN_NAMES = 8


class ScenarioError(ValueError):
    """A file is not a valid scenario. The message says where, and what was expected."""


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """One [[entry]]: the arguments of Simulator.add_entry, and whether it starts connected.

    *dial* has the arguments of each DialStep of its dial script, if it has one, *saved* what is
    saved for it: user name, password and domain, and *properties* its RASENTRY and what follows it,
    if it is from an entry file.
    """

    arguments: Mapping[str, str | float | list[str]]
    connected: bool
    dial: list[tuple[ConnectionState, float, int, bool]]
    saved: tuple[str, str, str] | None
    properties: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Name and phone book, which together identify an entry."""
        return str(self.arguments["name"]), str(self.arguments.get("phonebook", DEFAULT_PHONEBOOK))


@dataclass(frozen=True, slots=True)
class ScenarioAction:
    """One [[at]]: when, which Simulator method, its first argument, and the others.

    The first is the name of an entry; for ``set_service`` the state; for ``suspend`` the seconds.
    """

    seconds: float
    action: str
    first: str | float
    arguments: Mapping[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file as read."""

    entries: list[ScenarioEntry]
    actions: list[ScenarioAction]


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(map(shown_value, names[:_SHOWN_NAMES]))
    return shown + f" and {more} more" * (more > 0)


def _text(value: _Value, field: str) -> str | None:
    return value if isinstance(value, str) and value and fits(field, value) else None


def _address(value: _Value, version: int | None = None) -> str | None:
    try:
        address = ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return str(address) if address and version in (None, address.version) else None


def _guid(value: _Value) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _seconds(value: _Value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value == math.inf:
        return math.inf
    # An int may be too large for a float; more than this makes no difference.
    return float(min(value, 1e12)) if value >= 0 else None


def _finite_seconds(value: _Value) -> float | None:
    seconds = _seconds(value)
    return seconds if seconds is not None and math.isfinite(seconds) else None


def _flag(value: _Value) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(value: _Value, least: int = 0, most: int = 0xFFFFFFFF) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= most else None


def _bytes(value: _Value) -> int | None:
    return _whole(value, most=2**63 - 1)


def _name(value: _Value) -> str | None:
    return value if isinstance(value, str) else None


def _addresses(value: _Value) -> list[str] | None:
    addresses = [_address(one) for one in value] if isinstance(value, list) else [None]
    found = [address for address in addresses if address]
    return found if len(found) == len(addresses) <= MOST_SERVERS else None


def _tables_of(value: _Value) -> list[Mapping[str, _Value]] | None:
    if isinstance(value, list) and all(isinstance(table, dict) for table in value):
        return value
    return None


_SECONDS = "a number of seconds, 0 or more (inf: never)"
_FINITE_SECONDS = "a number of seconds, 0 or more"
_WHOLE = "a whole number, 0 or more"
_FLAG = "true or false"

# How the value of a key is validated, and the same in words.
_TEXTS: dict[str, tuple[Callable[[_Value], str | None], str]] = {
    **{
        field: (partial(_text, field=field), f"a text of 1 to {room} characters")
        for field, room in ROOM.items()
    },
    "local_endpoint": (_address, "an IP address"),
    "remote_endpoint": (_address, "an IP address"),
    **{
        f"ipv{version}_{end}": (partial(_address, version=version), f"an address of IPv{version}")
        for version in (4, 6)
        for end in ("address", "server")
    },
    "entry_id": (_guid, "a GUID"),
}
_ENTRY_SECONDS = ("dial_seconds", "hang_up_seconds")
_ENTRY_NUMBERS: dict[str, tuple[Callable[[_Value], int | None], str]] = {
    "sub_entries": (
        partial(_whole, least=1, most=MOST_SUB_ENTRIES),
        f"a whole number from 1 to {MOST_SUB_ENTRIES}",
    ),
    "ipv6_prefix_length": (partial(_whole, most=128), "a whole number from 0 to 128"),
    "bits_per_second": (_whole, _WHOLE),
}
_SAVED = {f"saved_{field}": field for field in ("user", "password", "domain")}
_KIND = FileKind("a scenario", ScenarioError, ("entry", "at"), ("password", "saved_password"))
# Keys that make no sense without others.
_NEEDS = {
    "password": ("user",),
    "domain": ("user",),
    "saved_user": ("saved_password",),
    "saved_password": ("saved_user",),
    "saved_domain": ("saved_user", "saved_password"),
}
_ENTRY_KEYS = (
    *(*_TEXTS, "file", "connected", *_ENTRY_SECONDS, *_ENTRY_NUMBERS),
    *("more_servers", "dial", *_SAVED),
)
# What an entry file has itself, or what only one entry can have.
_NOT_WITH_A_FILE = ("device_type", "device_name", "phone_number", "entry_id")
# With what an entry dials whose file names no device: those of the simulator's machine.
MINIPORTS = [
    *(Device("vpn", f"WAN Miniport ({tunnel})") for tunnel in ("SSTP", "IKEv2", "L2TP", "PPTP")),
    Device("PPPoE", "WAN Miniport (PPPOE)"),
]
# The states that dialling can be in before it is connected.
_STATES = tuple(state.name for state in ConnectionState if state is not ConnectionState.Connected)
# What the service manager can say of RasMan.
_SERVICE_STATES = ("running", "stopped", "disabled")
# Each action, with the keys that it can have besides "seconds".
_ACTIONS: dict[str, tuple[str, ...]] = {
    "connect": ("phonebook", "dial_seconds"),
    "drop": ("phonebook", "error", "linger"),
    "add_link": ("phonebook",),
    "remove_link": ("phonebook", "link"),
    "transfer": ("phonebook", "sent", "received", "link"),
    "set_traffic": ("phonebook", "sent", "received", "link"),
    "set_service": ("start_seconds",),
    "suspend": ("drops",),
}
_EXTRAS = tuple(dict.fromkeys(key for keys in _ACTIONS.values() for key in keys))


class _EntryFiles:
    """The entry files that a scenario refers to, each of which is read once."""

    def __init__(self, scenario: str) -> None:
        self._folder = Path(scenario).parent
        self._entries: dict[str, dict[str, Entry]] = {}
        self._whole: set[str] = set()

    def entries_of(self, table: Table) -> list[Entry]:
        """The entries that a table with a *file* stands for."""
        path = os.path.realpath(self._folder / table.need("file", _path, _PATH))
        if path not in self._entries:
            self._entries[path] = self._load(path, table)
        entries = self._entries[path]
        name = table.get("name", *_TEXTS["name"])
        if name is not None:
            if name not in entries:
                there = _listed([*entries]) or "none"
                raise table.fail("name", f"{path} has no entry {name!r}; there are {there}")
            return [entries[name]]
        if path in self._whole:
            raise table.fail("file", f"{path} is here already; name the entry that is meant")
        self._whole.add(path)
        return [*entries.values()]

    def _load(self, path: str, table: Table) -> dict[str, Entry]:
        try:
            if not Path(path).is_file():
                raise table.fail("file", f"there is no file {path}")
            return {one.entry.name: one.entry for one in load_entries(path)}
        except EntryFileError as error:
            problem = str(error)
        except OSError as error:
            problem = f"cannot read {path}: {error.strerror}"
        raise table.fail("file", problem)


# Nowhere else: a scenario may come from anybody, and Windows signs in where a path leads.
_PATH = "the path of an entry file, from the folder of the scenario"


def _path(value: _Value) -> str | None:
    if not isinstance(value, str) or "\0" in value:
        return None
    path = PureWindowsPath(value)
    return value if path.name and not path.anchor else None


def _read_entries(table: Table, files: _EntryFiles) -> list[ScenarioEntry]:
    table.allow(_ENTRY_KEYS)
    if "file" not in table.values:
        table.need("name", *_TEXTS["name"])
        return [_read_entry(table)]
    for key in _NOT_WITH_A_FILE:
        if key in table.values:
            raise table.fail(key, f"{key!r} does not go with 'file'")
    entry = _read_entry(table)
    return [_made_of(entry, one, table) for one in files.entries_of(table)]


def _made_of(common: ScenarioEntry, entry: Entry, table: Table) -> ScenarioEntry:
    """The entry as `winras.ensure` makes it, with what a table says of all entries of its file."""
    try:
        made = with_device(entry, MINIPORTS)
    except (RasError, ValueError) as error:
        # Of another device, the machine has that one.
        if not entry.device_type or not entry.device_name:
            raise table.fail("file", f"entry {entry.name!r}: {error}") from None
        made = entry
    given = {key: getattr(made, key) for key in ("name", *_NOT_WITH_A_FILE[:3])}
    arguments = {**common.arguments, **given}
    return replace(common, arguments=arguments, properties=to_bytes(made, SIZES[0]))


def _read_entry(table: Table) -> ScenarioEntry:
    arguments: dict[str, str | float | list[str]] = {}
    for key, text_rule in _TEXTS.items():
        text = table.get(key, *text_rule)
        if text is not None:
            arguments[key] = text
    for key, number_rule in _ENTRY_NUMBERS.items():
        number = table.get(key, *number_rule)
        if number is not None:
            arguments[key] = number
    for key in _ENTRY_SECONDS:
        seconds = table.get(key, _seconds, _SECONDS)
        if seconds is not None:
            arguments[key] = seconds
    servers = table.get("more_servers", _addresses, f"at most {MOST_SERVERS} IP addresses")
    if servers is not None:
        arguments["more_servers"] = servers
    return ScenarioEntry(
        arguments,
        connected=bool(table.get("connected", _flag, _FLAG)),
        dial=_read_dial_script(table),
        saved=_read_saved(table),
    )


def _read_saved(table: Table) -> tuple[str, str, str] | None:
    for key, needed in _NEEDS.items():
        missing = [repr(other) for other in needed if other not in table.values]
        if key in table.values and missing:
            raise table.fail(key, f"{key!r} needs {' and '.join(missing)} too")
    if "saved_user" not in table.values:
        return None
    user, password, domain = (table.get(key, *_TEXTS[field]) or "" for key, field in _SAVED.items())
    return user, password, domain


def _read_dial_script(table: Table) -> list[tuple[ConnectionState, float, int, bool]]:
    steps = table.get("dial", _tables_of, "an array of tables") or []
    if steps and "dial_seconds" in table.values:
        raise table.fail(
            "dial_seconds", "'dial_seconds' does not go with 'dial', whose steps have their own"
        )
    return [
        _read_step(Inner(table, "dial", f"step {position} of dial", step))
        for position, step in enumerate(steps, start=1)
    ]


def _read_step(step: Table) -> tuple[ConnectionState, float, int, bool]:
    step.allow(("state", "seconds", "error", "goes_on"))
    name = step.need("state", _name, "the name of a state")
    if name == ConnectionState.Connected.name:
        raise step.fail("state", f"unknown state {name!r}; it follows the last step by itself")
    if name not in _STATES:
        hint = did_you_mean(name, _STATES)
        raise step.fail("state", f"unknown state {shown_value(name)}; {hint}")
    return (
        ConnectionState[name],
        step.get("seconds", _seconds, _SECONDS) or 0.0,
        step.get("error", _whole, _WHOLE) or 0,
        bool(step.get("goes_on", _flag, _FLAG)),
    )


def _read_action(table: Table, books: Mapping[str, list[str]]) -> ScenarioAction:
    table.allow(("seconds", *_ACTIONS, *_EXTRAS))
    given = [action for action in _ACTIONS if action in table.values]
    if len(given) != 1:
        raise table.fail(
            given[1] if given else "seconds",
            f"needs exactly one of {', '.join(_ACTIONS)}, not {' and '.join(given) or 'none'}",
        )
    [action] = given
    for key in _EXTRAS:
        if key in table.values and key not in _ACTIONS[action]:
            raise table.fail(key, f"the key {key!r} does not go with {action!r}")
    first: str | float
    phonebook = None
    if action == "set_service":
        first = _read_state(table)
    elif action == "suspend":
        first = table.need(action, _finite_seconds, _FINITE_SECONDS)
    else:
        first, phonebook = _read_name(table, action, books)
    arguments: dict[str, str | float | int | None] = {
        "phonebook": phonebook,
        "dial_seconds": table.get("dial_seconds", _seconds, _SECONDS),
        "linger": table.get("linger", _seconds, _SECONDS),
        "error": table.get("error", _whole, _WHOLE),
        "link": table.get("link", _whole, _WHOLE),
        "sent": table.get("sent", _bytes, _WHOLE),
        "received": table.get("received", _bytes, _WHOLE),
        "start_seconds": table.get("start_seconds", _seconds, _SECONDS),
        "drops": table.get("drops", _flag, _FLAG),
    }
    return ScenarioAction(
        seconds=table.need("seconds", _finite_seconds, _FINITE_SECONDS),
        action=action,
        first=first,
        arguments={key: value for key, value in arguments.items() if value is not None},
    )


def _read_state(table: Table) -> str:
    state = table.need("set_service", _name, "a text")
    if state not in _SERVICE_STATES:
        raise table.fail(
            "set_service",
            f"set_service must be one of {', '.join(_SERVICE_STATES)}, not {shown_value(state)}",
        )
    if state != "stopped" and "start_seconds" in table.values:
        raise table.fail("start_seconds", "'start_seconds' goes with 'stopped' only")
    return state


def _read_name(table: Table, action: str, books: Mapping[str, list[str]]) -> tuple[str, str]:
    """Return the name of an entry, and its phone book."""
    name = table.need(action, *_TEXTS["name"])
    phonebook = table.get("phonebook", *_TEXTS["phonebook"])
    found = books.get(name)
    if not found:
        there = _listed(sorted(books)) or "none"
        raise table.fail(action, f"no [[entry]] has the name {name!r}; there are {there}")
    if phonebook is None and len(found) == 1:
        return name, found[0]
    if phonebook is None or phonebook not in found:
        raise table.fail(action, f"{name!r} needs a phonebook, one of {_listed(found)}")
    return name, phonebook


def read(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: It is not TOML, or not a scenario.
        OSError: It cannot be read.
    """
    return read_file(path, _KIND, _read)


def _read(document: Document) -> Scenario:
    tables = document.tables("entry")
    files = _EntryFiles(document.path)
    found = [(entry, table) for table in tables for entry in _read_entries(table, files)]
    entries = [entry for entry, _ in found]
    keys = [entry.key for entry in entries]
    refuse_same(
        [table for _, table in found],
        keys,
        lambda number: f"its phone book already has an entry {keys[number][0]!r}",
    )
    books: dict[str, list[str]] = {}
    for name, phonebook in keys:
        books.setdefault(name, []).append(phonebook)
    actions = [_read_action(table, books) for table in document.tables("at")]
    # The service takes them in any order, but this one at once.
    return Scenario(entries, sorted(actions, key=lambda action: action.seconds))
