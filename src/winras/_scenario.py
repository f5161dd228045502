"""Scenario files: phone-book entries, what is up at the start, and what happens when, as TOML.

`read` turns a file into the arguments of the Simulator's methods. Each value is validated with the
table that it stands in at hand, so that an error names the file and the line.

A file may come from anybody: whatever it has, reading takes time in proportion to its size and ends
with a scenario or a `ScenarioError`.
"""

from __future__ import annotations

import difflib
import itertools
import math
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cmp_to_key, partial
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from . import _native
from ._arguments import ROOM, fits
from ._enums import ConnectionState

_T = TypeVar("_T")
_Value = object

#: The phone book of entries that name none: the user's own.
DEFAULT_PHONEBOOK = r"C:\Users\user\AppData\Roaming\Microsoft\Network\Connections\Pbk\rasphone.pbk"

#: How many sub-entries an entry may have.
MOST_SUB_ENTRIES = 255

#: How many other addresses a server can switch to.
MOST_SERVERS = 4

# No scenario needs more, be it of bytes, of parts of a key ("entry.dial" has two), or of arrays and
# tables in each other ("entry = [{ dial = [{}] }]" has four).
_MOST_BYTES = 16 * 2**20
_MOST_PARTS = 8
_MOST_DEPTH = 16

# How much of the file a message repeats.
_SHOWN = 260
_SHOWN_NAMES = 8


class ScenarioError(ValueError):
    """A file is not a valid scenario. The message says where, and what was expected."""


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """One [[entry]]: the arguments of Simulator.add_entry, and whether it starts connected.

    *dial* has the arguments of each DialStep of its dial script, if it has one, and *saved* what is
    saved for it: user name, password and domain.
    """

    arguments: Mapping[str, str | float | list[str]]
    connected: bool
    dial: list[tuple[ConnectionState, float, int, bool]]
    saved: tuple[str, str, str] | None

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


class _Table:
    """One table of the file: gives its values once validated, and knows its line."""

    def __init__(self, file: _File, kind: str, number: int, values: Mapping[str, _Value]) -> None:
        self.file = file
        self.kind = kind
        self.number = number
        self.values = values

    def fail(self, key: str, problem: str) -> ScenarioError:
        line = self.file.line_of(self.kind, self.number, key)
        return self.file.error(line, f"[[{self.kind}]] number {self.number}: {problem}")

    def allow(self, known: tuple[str, ...]) -> None:
        for key in self.values:
            if key not in known:
                raise self.fail(key, f"unknown key {_shown(key)}; {_did_you_mean(key, known)}")

    def get(self, key: str, validate: Callable[[_Value], _T | None], expected: str) -> _T | None:
        """Return the value, or None if the table does not have the key."""
        if key not in self.values:
            return None
        value = validate(self.values[key])
        if value is None:
            but = "" if key in _SECRETS else f", not {_shown(self.values[key])}"
            raise self.fail(key, f"{key} must be {expected}{but}")
        return value

    def need(self, key: str, validate: Callable[[_Value], _T | None], expected: str) -> _T:
        value = self.get(key, validate, expected)
        if value is None:
            raise self.fail(key, f"the key {key!r} is missing; it must be {expected}")
        return value


class _Step(_Table):
    """A table of an entry's dial script."""

    def __init__(
        self, file: _File, kind: str, number: int, values: Mapping[str, _Value], position: int
    ) -> None:
        super().__init__(file, kind, number, values)
        self.position = position

    def fail(self, _key: str, problem: str) -> ScenarioError:
        return super().fail("dial", f"step {self.position} of dial: {problem}")


# What is of interest between the keys and values of TOML, and where a string or comment ends that
# begins so. Each end is at most one step per escape away.
_MARK = re.compile(r"""\"{3}|'{3}|["'#\n\[\]{}=.,]""")
_ENDS = {
    '"""': re.compile(r'"{3,5}|\\.', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
    '"': re.compile(r'"|\n|\\.'),
    "'": re.compile(r"['\n]"),
    "#": re.compile(r"(?=\n)"),
}
_NOT_BLANK = re.compile(r"\S")


class _File:
    """The text of a file, and where in it things are."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def error(self, line: int, problem: str) -> ScenarioError:
        return ScenarioError(f"{self.path}, line {line}: {problem}")

    def line_at(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def statements(self) -> Iterator[tuple[int, str]]:
        """Where each key or header begins, and its text, up to the first that is not valid TOML.

        Raises:
            ScenarioError: It is nested more deeply, or a key has more parts, than any scenario:
                tomllib's time grows with the square of the one, and its stack with the other.
        """
        text = self.text
        position = 0
        while statement := _NOT_BLANK.search(text, position):
            position = begin = statement.start()
            depth, dots, head_end = 0, 0, None
            while found := _MARK.search(text, position):
                mark, position = found[0], found.end()
                dots = dots + (mark == ".") if mark in (".", '"', "'") else 0
                if dots >= _MOST_PARTS:
                    raise self.error(self.line_at(position), "a key has too many parts")
                if mark in _ENDS:
                    position = self._end_of(mark, position)
                elif mark in "[{":
                    depth += 1
                    if depth > _MOST_DEPTH:
                        raise self.error(
                            self.line_at(position), "too deeply nested to be a scenario"
                        )
                elif mark in "]}":
                    depth -= 1
                elif mark == "=" and head_end is None:
                    head_end = found.start()
                elif mark == "\n" and depth <= 0:
                    break
            else:
                position = len(text)
            yield begin, text[begin : position if head_end is None else head_end]

    def _end_of(self, mark: str, position: int) -> int:
        """Where a string or comment ends."""
        for end in _ENDS[mark].finditer(self.text, position):
            if not end[0].startswith("\\"):
                return end.end()
        return len(self.text)

    def line_of(self, kind: str, number: int, key: str) -> int:
        """The line of a key in the number-th [[kind]], or of that table if it is not found."""
        found = 0
        table = None
        inside = False
        for position, head in self.statements():
            name = _plain(head)
            if name == f"[[{kind}]]":
                found += 1
                inside = found == number
                table = position if inside else table
            elif name.startswith("["):
                inside = False
                if found == number and name.strip("[]").startswith(_plain(f"{kind}.{key}")):
                    return self.line_at(position)
            elif inside and (name == _plain(key) or name.startswith(_plain(key) + ".")):
                return self.line_at(position)
        return self.line_of_top(kind) if table is None else self.line_at(table)

    def line_of_top(self, key: str) -> int:
        """The line at which a key or table at the top begins, or 1 if it is not found."""
        begins = (
            position
            for position, head in self.statements()
            if _plain(head).strip("[]").partition(".")[0] == _plain(key)
        )
        return self.line_at(next(begins, 0))


def _plain(head: str) -> str:
    """A key or header without quotes and blanks; of one that is long, its beginning."""
    return re.sub(r"[\s\"']", "", head[:1000])


def _shown(value: _Value) -> str:
    """A value for a message, where what is large stands for itself by its beginning."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str):
        return repr(value[:_SHOWN]) + "..." * (len(value) > _SHOWN)
    return str(value)


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name[:_SHOWN], known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(map(_shown, names[:_SHOWN_NAMES]))
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
# What no message repeats.
_SECRETS = ("password", "saved_password")
# Keys that make no sense without others.
_NEEDS = {
    "password": ("user",),
    "domain": ("user",),
    "saved_user": ("saved_password",),
    "saved_password": ("saved_user",),
    "saved_domain": ("saved_user", "saved_password"),
}
_ENTRY_KEYS = (
    *(*_TEXTS, "connected", *_ENTRY_SECONDS, *_ENTRY_NUMBERS),
    *("more_servers", "dial", *_SAVED),
)
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


def _read_entry(table: _Table) -> ScenarioEntry:
    table.allow(_ENTRY_KEYS)
    arguments: dict[str, str | float | list[str]] = {"name": table.need("name", *_TEXTS["name"])}
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


def _read_saved(table: _Table) -> tuple[str, str, str] | None:
    for key, needed in _NEEDS.items():
        missing = [repr(other) for other in needed if other not in table.values]
        if key in table.values and missing:
            raise table.fail(key, f"{key!r} needs {' and '.join(missing)} too")
    if "saved_user" not in table.values:
        return None
    user, password, domain = (table.get(key, *_TEXTS[field]) or "" for key, field in _SAVED.items())
    return user, password, domain


def _read_dial_script(table: _Table) -> list[tuple[ConnectionState, float, int, bool]]:
    steps = table.get("dial", _tables_of, "an array of tables") or []
    if steps and "dial_seconds" in table.values:
        raise table.fail(
            "dial_seconds", "'dial_seconds' does not go with 'dial', whose steps have their own"
        )
    return [
        _read_step(_Step(table.file, table.kind, table.number, step, position))
        for position, step in enumerate(steps, start=1)
    ]


def _read_step(step: _Step) -> tuple[ConnectionState, float, int, bool]:
    step.allow(("state", "seconds", "error", "goes_on"))
    name = step.need("state", _name, "the name of a state")
    if name == ConnectionState.Connected.name:
        raise step.fail("state", f"unknown state {name!r}; it follows the last step by itself")
    if name not in _STATES:
        hint = _did_you_mean(name, _STATES)
        raise step.fail("state", f"unknown state {_shown(name)}; {hint}")
    return (
        ConnectionState[name],
        step.get("seconds", _seconds, _SECONDS) or 0.0,
        step.get("error", _whole, _WHOLE) or 0,
        bool(step.get("goes_on", _flag, _FLAG)),
    )


def _read_action(table: _Table, books: Mapping[str, list[str]]) -> ScenarioAction:
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


def _read_state(table: _Table) -> str:
    state = table.need("set_service", _name, "a text")
    if state not in _SERVICE_STATES:
        raise table.fail(
            "set_service",
            f"set_service must be one of {', '.join(_SERVICE_STATES)}, not {_shown(state)}",
        )
    if state != "stopped" and "start_seconds" in table.values:
        raise table.fail("start_seconds", "'start_seconds' goes with 'stopped' only")
    return state


def _read_name(table: _Table, action: str, books: Mapping[str, list[str]]) -> tuple[str, str]:
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


def _tables(file: _File, document: Mapping[str, _Value], kind: str) -> list[_Table]:
    tables = document.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        line = file.line_of_top(kind)
        raise file.error(line, f"{kind!r} must be tables, each headed [[{kind}]]")
    return [_Table(file, kind, number, table) for number, table in enumerate(tables, start=1)]


def read(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: It is not TOML, or not a scenario.
        OSError: It cannot be read.
    """
    try:
        return _read(os.fspath(path))
    except ScenarioError as error:
        problem = str(error)
    # Raised here, because a traceback may show variables, and the frames that are left have the
    # passwords of the file.
    raise ScenarioError(problem)


def _open(path: str) -> _File:
    with Path(path).open("rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        line = content.count(b"\n") + 1
        limit = f"{_MOST_BYTES >> 20} MiB"
        raise ScenarioError(f"{path}, line {line}: a scenario has at most {limit}; make it shorter")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise ScenarioError(f"{path}, line {line}: not UTF-8; save it in that encoding") from None
    return _File(path, text)


def _parse(file: _File) -> dict[str, _Value]:
    for _ in file.statements():
        pass  # before tomllib has any of it
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as problem:
        found = re.search(r"(.*) \(at line (\d+), column \d+\)$", str(problem), re.DOTALL)
        line = int(found[2]) if found else file.line_at(len(file.text))
        raise file.error(
            line, f"not valid TOML: {(found[1] if found else str(problem))[:200]}"
        ) from None
    except ValueError:
        # Python reads no integer of so many digits; a float may have them.
        found = re.search(r"(?<![0-9_])[0-9_]{4000,}+(?![.eE])", file.text)
        line = file.line_at(found.start() if found else 0)
        raise file.error(line, "an integer has too many digits") from None


def _read(path: str) -> Scenario:
    file = _open(path)
    document = _parse(file)
    if not document:
        raise file.error(1, "it is empty; a scenario has tables [[entry]], and perhaps [[at]]")
    for key in document:
        if key not in ("entry", "at"):
            raise file.error(
                file.line_of_top(key),
                f"unknown key {_shown(key)}; a scenario has tables [[entry]] and [[at]]",
            )
    tables = _tables(file, document, "entry")
    entries = [_read_entry(table) for table in tables]
    _refuse_same(tables, entries)
    books: dict[str, list[str]] = {}
    for entry in entries:
        name, phonebook = entry.key
        books.setdefault(name, []).append(phonebook)
    actions = [_read_action(table, books) for table in _tables(file, document, "at")]
    # The service takes them in any order, but this one at once.
    return Scenario(entries, sorted(actions, key=lambda action: action.seconds))


def _refuse_same(tables: list[_Table], entries: list[ScenarioEntry]) -> None:
    """Refuse an entry whose phone book has its name already, in whatever case."""

    def compare(a: int, b: int) -> int:
        return next(filter(None, map(_native.compare_texts, entries[a].key, entries[b].key)), 0)

    numbers = sorted(range(len(entries)), key=cmp_to_key(compare))
    for first, second in itertools.pairwise(numbers):
        if compare(first, second) == 0:
            name = entries[second].key[0]
            raise tables[second].fail("name", f"its phone book already has an entry {name!r}")
