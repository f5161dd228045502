"""What a simulator can tell: the calls made to it, what happened, and what there is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar, overload

from . import _native
from ._enums import ConnectionState, ConnectionSubstate
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._ras import _Pointer, _SimChange, _SimEntry

__all__ = [
    "FUNCTIONS",
    "Call",
    "Calls",
    "Change",
    "History",
    "SimulatedConnection",
    "function_index",
    "read_connections",
    "read_entries",
    "read_impossible",
]

_T = TypeVar("_T")
_Slice: TypeAlias = "slice[int | None, int | None, int | None]"


class Active(Protocol):
    """A simulator that raises RuntimeError when it is not the active one."""

    def check_active(self) -> None: ...


#: The RAS functions that are simulated.
FUNCTIONS = tuple(_native.to_names(lib.sim_function_name))

_CHANGES = {
    lib.SIM_DIALLING: "dialling",
    lib.SIM_CONNECTED: "connected",
    lib.SIM_DISCONNECTED: "disconnected",
    lib.SIM_GONE: "gone",
    lib.SIM_LINK_CONNECTED: "link_connected",
    lib.SIM_LINK_GONE: "link_gone",
    lib.SIM_IMPOSSIBLE: "impossible",
    lib.SIM_SUBSTATE: "substate",
}
_SHOWN = 8
_NO_SUCH_ENTRY = 87
_ALL_CONNECTIONS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a RAS function.

    Attributes:
        at: When it was made, in simulated seconds since the block began.
        function: Such as ``RasHangUp``.
        handle: The connection that it was given; 0 if it takes none; for INVALID_HANDLE_VALUE,
            which stands for all, 2**64 - 1.
        number: Its dwSubEntry, uErrorValue, dwFlags or dwMask; 0 if it has none of them.
        result: What it answered.
    """

    at: float
    function: str
    handle: int
    number: int
    result: int

    def __str__(self) -> str:
        answer = f"{self.result} {_native.error_name(self.result)}".strip()
        given = "all" if self.handle == _ALL_CONNECTIONS else f"{self.handle:#x}"
        parts = [given] * bool(self.handle) + [str(self.number)] * bool(self.number)
        return f"{self.at:.3f} s: {self.function}({', '.join(parts)}) -> {answer}"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in the simulation.

    Attributes:
        at: When, in simulated seconds since the block began.
        what: ``dialling``, ``connected``, ``disconnected`` (its handle is still good), ``gone``,
            ``link_connected``, ``link_gone``, ``substate``, or ``impossible``: a planned action
            that could not happen.
        name: The entry, as RAS enumerates it.
        handle: The connection's handle, or 0.
        link: For a link, its sub-entry number; else 0.
        error: The dwError that the status shows from then on, or why it was impossible.
        substate: The substate that the status shows from then on.
    """

    at: float
    what: str
    name: str
    handle: int
    link: int
    error: int
    substate: ConnectionSubstate

    def __str__(self) -> str:
        error = f" ({self.error} {_native.error_name(self.error)})" if self.error else ""
        link = f" {self.link}" if self.link else ""
        return f"{self.at:.3f} s: {self.name!r} {self.what}{link}{error}"


@dataclass(frozen=True, slots=True)
class SimulatedConnection:
    """A connection as the simulated service knows it, whether RAS enumerates it or not.

    Attributes:
        name: The entry, as RAS enumerates it.
        phonebook: The entry's phone book; "" for a direct dial.
        handle: Its HRASCONN.
        state: What RasGetConnectStatus shows.
        error: The dwError that it shows.
        references: How often it was dialled, less how often it was hung up.
        links: How many sub-entries are connected.
    """

    name: str
    phonebook: str
    handle: int
    state: ConnectionState
    error: int
    references: int
    links: int


class _Log(Sequence[_T]):
    """The last 65,536 things that were recorded; it grows while the simulation runs."""

    def __init__(self, simulator: Active) -> None:
        self._simulator = simulator

    def _read(self, first: int, most: int) -> tuple[list[_T], int]:
        """What was recorded from the first-th on, at most so much, and how much there has been."""
        raise NotImplementedError

    def _count(self) -> int:
        self._simulator.check_active()
        return self._read(0, 0)[1]

    def _now(self) -> list[_T]:
        """Return what there is at this moment."""
        while True:
            count = self._count()
            kept = min(count, lib.SIM_LOG)
            found, _ = self._read(count - kept, kept)
            if len(found) == kept:
                return found
            # Meanwhile newer ones have overwritten the first of these.

    def _after(self, number: int) -> tuple[list[_T], int]:
        """What was recorded after the first *number*, as far as it is kept, and where that ends."""
        count = self._count()
        first = max(number, count - lib.SIM_LOG)
        found, _ = self._read(first, count - first)
        return found, first + len(found)

    def __len__(self) -> int:
        return min(self._count(), lib.SIM_LOG)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._now())

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: _Slice) -> list[_T]: ...
    def __getitem__(self, index: int | _Slice) -> _T | list[_T]:
        return self._now()[index]

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "nothing"


class Calls(_Log[Call]):
    """The calls of RAS functions, in the order in which they ended.

    Calling it with the name of a function returns how often that was called.
    """

    def __call__(self, function: str) -> int:
        """Return how often a RAS function, such as ``RasEnumConnections``, was called.

        Raises:
            ValueError: The function is not simulated.
        """
        self._simulator.check_active()
        index = function_index(function)
        count = ffi.new("uint64_t *")
        _native.raise_for(lib.sim_calls(index, count), "Simulator.calls")
        return count[0]

    def _read(self, first: int, most: int) -> tuple[list[Call], int]:
        array = ffi.new("sim_call[]", most)
        room, count = ffi.new("uint32_t *", most), ffi.new("uint64_t *")
        _native.raise_for(lib.sim_read_calls(first, array, room, count), "Simulator.calls")
        calls = [
            Call(
                at=native.at / 1e6,
                function=FUNCTIONS[native.function],
                handle=native.handle,
                number=native.number,
                result=native.result,
            )
            for native in (array[number] for number in range(room[0]))
        ]
        return calls, count[0]


class History(_Log[Change]):
    """What happened to connections, oldest first."""

    def _read(self, first: int, most: int) -> tuple[list[Change], int]:
        array = ffi.new("sim_change[]", most)
        room, count = ffi.new("uint32_t *", most), ffi.new("uint64_t *")
        _native.raise_for(lib.sim_read_changes(first, array, room, count), "Simulator.history")
        return _to_changes(array, room[0]), count[0]


def read_impossible() -> list[Change]:
    """Return the first of the planned actions that could not happen."""
    array = ffi.new("sim_change[]", _SHOWN)
    room = ffi.new("uint32_t *", _SHOWN)
    _native.raise_for(lib.sim_read_impossible(array, room), "Simulator.check_leftovers")
    return _to_changes(array, room[0])


def _to_changes(array: _Pointer[_SimChange], count: int) -> list[Change]:
    names: dict[int, str] = {}
    for number in {array[index].entry for index in range(count)}:
        names[number] = _read_entry(number).name
    return [
        Change(
            at=native.at / 1e6,
            what=_CHANGES[native.what],
            name=names[native.entry],
            handle=native.handle,
            link=native.link,
            error=native.error,
            substate=ConnectionSubstate(native.substate),
        )
        for native in (array[index] for index in range(count))
    ]


class SimulatedEntry(NamedTuple):
    """Where an entry is."""

    name: str
    phonebook: str


def read_entries() -> list[SimulatedEntry]:
    """Return all entries, as RAS enumerates them."""
    native = ffi.new("sim_entry *")
    entries: list[SimulatedEntry] = []
    while not (code := lib.sim_read_entry(len(entries), native)):
        entries.append(_to_entry(native))
    if code != _NO_SUCH_ENTRY:
        _native.raise_for(code, "Simulator")
    return entries


def _read_entry(number: int) -> SimulatedEntry:
    native = ffi.new("sim_entry *")
    _native.raise_for(lib.sim_read_entry(number, native), "Simulator")
    return _to_entry(native)


def _to_entry(native: _SimEntry) -> SimulatedEntry:
    return SimulatedEntry(ffi.string(native.name), ffi.string(native.phonebook))


def read_connections() -> list[SimulatedConnection]:
    """Return all connections, in the order in which they were dialled."""
    room, array = 0, ffi.new("sim_connection[]", 0)
    count = ffi.new("uint32_t *", 64)
    while count[0] > room:
        room = count[0]
        array = ffi.new("sim_connection[]", room)
        code = lib.sim_read_connections(array, count)
        _native.raise_for(code, "Simulator.connections")
    found = []
    for native in (array[number] for number in range(count[0])):
        entry = _read_entry(native.entry)
        found.append(
            SimulatedConnection(
                name=entry.name,
                phonebook=entry.phonebook,
                handle=native.handle,
                state=ConnectionState(native.state),
                error=native.error,
                references=native.references,
                links=native.links,
            )
        )
    return found


def function_index(name: str) -> int:
    """Return the number of a RAS function among those that are simulated.

    Raises:
        ValueError: It is not simulated.
    """
    if name not in FUNCTIONS:
        raise ValueError(f"{name!r} is not simulated; there are {', '.join(FUNCTIONS)}")
    return FUNCTIONS.index(name)
