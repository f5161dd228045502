"""Calls that ask RAS, against other clients, at 1, 5, 100 and 1,000 connections.

The others are pywin32 (where it is installed, on Windows), a client written in ctypes, and one in C
without any Python. They call the drop-in (tools/drop_in.py). On Windows winras does too; elsewhere
it has its own simulator, of the same C, and both have the same connections.

What is changed before each call is one connection that ends and one that comes, or for a status its
substate; the clock stands meanwhile. winras.snapshot() is left out of a winras that has none.

On Windows, RASAPI32 is the drop-in in system32, and WINRAS_CLIENTS the folder with bare.dll:
``python benchmarks`` brings both.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_uint32, c_uint64, c_void_p, sizeof
from dataclasses import dataclass, fields
from functools import partial
from ipaddress import ip_address
from itertools import cycle
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import turns

import winras
import winras.testing
from winras._ras import ffi, lib

sys.path.extend(str(Path(__file__).resolve().parents[1] / name) for name in ("tests", "tools"))

import drop_in
from contract.client import (
    RASTUNNELENDPOINT,
    SIM_CONNECT,
    SIM_DROP,
    Endpoint,
    Guid,
    SimAction,
    Simulator,
    fill_text,
    load,
    to_text,
)

IS_WINDOWS = sys.platform == "win32"
if IS_WINDOWS:
    import win32ras

COUNTS = (1, 5, 100, 1000)
SPARES = ("Spare A", "Spare B")
LOCAL, REMOTE = "192.0.2.1", "198.51.100.1"
SIM_SET_SUBSTATE = 6
ERROR_BUFFER_TOO_SMALL = 603
RASAPI32 = Path(r"C:\windows\system32\rasapi32.dll")
ENUMERATE, STATUS = "RasEnumConnections", "RasGetConnectStatus"

FIELDS = attrgetter(*(one.name for one in fields(winras.Connection) if one.name[0] != "_"))
SNAPSHOT = getattr(winras, "snapshot", None)


# ---- the simulated services ----


class Service:
    """A simulated RAS with its connections.

    What changes is prepared, so that little is done between two calls.

    Args:
        add: Adds an entry.
        prepare: Makes a function of something that happens.
        calls: How often a RAS function has been called.
    """

    def __init__(
        self,
        add: Callable[[str], object],
        prepare: Callable[[SimAction], Callable[[], int]],
        calls: Callable[[str], int],
    ) -> None:
        self._add = add
        self._prepare = prepare
        self._calls = calls
        self._swaps = cycle([self._function(SIM_DROP, spare) for spare in SPARES])
        self._begins = cycle([self._function(SIM_CONNECT, spare) for spare in SPARES])
        self._moves = cycle(
            [self._function(SIM_SET_SUBSTATE, SPARES[0], substate=number) for number in (1, 2)]
        )

    def _function(self, action: int, name: str, substate: int = 0) -> Callable[[], int]:
        native = SimAction(action=action, substate=substate)
        fill_text(native.name, name)
        return self._prepare(native)

    def fill(self, count: int) -> None:
        """Bring so many connections up."""
        names = [f"Connection {number}" for number in range(1, count)]
        for name in (*names, *SPARES):
            self._add(name)
        for name in names:
            assert self._function(SIM_CONNECT, name)() == 0
        assert next(self._begins)() == 0

    def swap(self) -> None:
        """End one connection and begin another."""
        code = next(self._swaps)() or next(self._begins)()
        assert code == 0

    def move(self) -> None:
        """Change the status of the connection that was begun last."""
        code = next(self._moves)()
        assert code == 0

    def count(self, turn: turns.Turn) -> int:
        """How many RAS calls it makes, once it has made others."""
        turn(1)
        before = self._calls(ENUMERATE) + self._calls(STATUS)
        turn(1)
        return self._calls(ENUMERATE) + self._calls(STATUS) - before


@contextmanager
def embedded() -> Iterator[Service]:
    """The simulator in winras."""
    result = ffi.new("uint64_t *")
    with winras.testing.Simulator(clock="manual") as ras:
        yield Service(
            partial(ras.add_entry, local_endpoint=LOCAL, remote_endpoint=REMOTE),
            lambda action: partial(lib.sim_act, ffi.from_buffer("sim_action *", action), result),
            ras.calls,
        )


@contextmanager
def dropped_in(library: Path) -> Iterator[Service]:
    """The drop-in."""
    local, remote = (Endpoint(1, ip_address(it).packed.ljust(16, b"\0")) for it in (LOCAL, REMOTE))
    result = c_uint64()
    ras = Simulator(library)
    ras.begin()

    def add(name: str) -> None:
        ras.add_entry(
            name,
            phonebook=winras.testing.DEFAULT_PHONEBOOK,
            entry_id=UUID(bytes=name.encode("ascii").rjust(16)),
            local=local,
            remote=remote,
        )

    try:
        yield Service(
            add,
            lambda action: partial(ras._library.sim_act, byref(action), byref(result)),
            ras.calls,
        )
    finally:
        ras.end()


# ---- the clients ----


@dataclass(frozen=True, slots=True)
class Client:
    """How a client does each of them, as turns, and what it calls."""

    service: Service
    names: turns.Turn
    fields: turns.Turn
    status: turns.Turn
    snapshot: turns.Turn | None


def of_winras(service: Service, connection: winras.Connection) -> Client:
    """Make winras a client."""
    return Client(
        service,
        turns.repeated(lambda: [c.name for c in winras.connections()]),
        turns.repeated(lambda: [FIELDS(c) for c in winras.connections()]),
        turns.repeated(connection.status),
        turns.repeated(SNAPSHOT) if SNAPSHOT else None,
    )


def of_pywin32(service: Service, handle: int) -> Client:
    """Make pywin32 a client. Its EnumConnections gives handle, name, device type and name."""
    listed, status = win32ras.EnumConnections, win32ras.GetConnectStatus
    return Client(
        service,
        turns.repeated(listed),
        turns.repeated(listed),
        turns.repeated(lambda: status(handle)),
        turns.repeated(lambda: [(one, status(one[0])) for one in listed()]),
    )


WCHAR = ctypes.c_wchar if IS_WINDOWS else ctypes.c_uint16
text = str if IS_WINDOWS else to_text


class RASCONNW(Structure):
    """As contract.client has it, but with the wide characters that are there."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("hrasconn", c_void_p),
        ("szEntryName", WCHAR * 257),
        ("szDeviceType", WCHAR * 17),
        ("szDeviceName", WCHAR * 129),
        ("szPhonebook", WCHAR * 260),
        ("dwSubEntry", c_uint32),
        ("guidEntry", Guid),
        ("dwFlags", c_uint32),
        ("luidLowPart", c_uint32),
        ("luidHighPart", ctypes.c_int32),
        ("guidCorrelationId", Guid),
    )


class RASCONNSTATUSW(Structure):
    """As contract.client has it, but with the wide characters that are there."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("rasconnstate", c_uint32),
        ("dwError", c_uint32),
        ("szDeviceType", WCHAR * 17),
        ("szDeviceName", WCHAR * 129),
        ("szPhoneNumber", WCHAR * 129),
        ("localEndPoint", RASTUNNELENDPOINT),
        ("remoteEndPoint", RASTUNNELENDPOINT),
        ("rasconnsubstate", c_uint32),
    )


class Ctypes:
    """A client in ctypes that keeps its buffer, so that the usual enumeration is one RAS call."""

    def __init__(self, library: Path) -> None:
        functions = load(str(library))
        self._enumerate = functions.RasEnumConnectionsW
        self._enumerate.argtypes = [c_void_p, POINTER(c_uint32), POINTER(c_uint32)]
        self._get_status = functions.RasGetConnectStatusW
        self._get_status.argtypes = [c_void_p, c_void_p]
        self._kept = (RASCONNW * 1)()

    def _listed(self) -> list[RASCONNW]:
        while True:
            self._kept[0].dwSize = sizeof(RASCONNW)
            size, count = c_uint32(sizeof(self._kept)), c_uint32()
            code = self._enumerate(self._kept, byref(size), byref(count))
            if code == 0:
                return self._kept[: count.value]
            if code != ERROR_BUFFER_TOO_SMALL:
                raise OSError(f"RasEnumConnections answered {code}")
            self._kept = (RASCONNW * (size.value // sizeof(RASCONNW)))()

    def find(self, name: str) -> int:
        """Find the handle of a connection."""
        return next(c.hrasconn for c in self._listed() if text(c.szEntryName) == name)

    def names(self) -> list[str]:
        """List the names."""
        return [text(c.szEntryName) for c in self._listed()]

    def fields(self) -> list[tuple[object, ...]]:
        """List everything."""
        return [
            (
                c.hrasconn,
                text(c.szEntryName),
                text(c.szDeviceType),
                text(c.szDeviceName),
                text(c.szPhonebook),
                c.dwSubEntry,
                UUID(bytes_le=bytes(c.guidEntry)),
                c.dwFlags,
                c.luidHighPart << 32 | c.luidLowPart,
                UUID(bytes_le=bytes(c.guidCorrelationId)),
            )
            for c in self._listed()
        ]

    def status(self, handle: int) -> tuple[object, ...]:
        """Get the status but for the two ends of the tunnel."""
        native = RASCONNSTATUSW(dwSize=sizeof(RASCONNSTATUSW))
        code = self._get_status(handle, byref(native))
        if code:
            raise OSError(f"RasGetConnectStatus answered {code}")
        return (
            native.rasconnstate,
            native.dwError,
            native.rasconnsubstate,
            text(native.szDeviceType),
            text(native.szDeviceName),
            text(native.szPhoneNumber),
        )

    def snapshot(self) -> list[tuple[str, tuple[object, ...]]]:
        """List the names, each with its status."""
        return [(text(c.szEntryName), self.status(c.hrasconn)) for c in self._listed()]


def of_ctypes(service: Service, client: Ctypes, handle: int) -> Client:
    """Make it a client."""
    return Client(
        service,
        turns.repeated(client.names),
        turns.repeated(client.fields),
        turns.repeated(lambda: client.status(handle)),
        turns.repeated(client.snapshot),
    )


def of_c(service: Service, library: ctypes.CDLL, handle: int) -> Client:
    """Make benchmarks/bare.c a client, which times itself and only calls RAS."""

    def turn(name: str, *arguments: object) -> turns.Turn:
        function = library[name]
        function.restype = ctypes.c_int64

        def run(times: int) -> float:
            took = int(function(*arguments, c_uint32(times)))
            if took < 0:
                raise OSError(f"{name}: RAS answered {-took}")
            return took / 1e9

        return run

    names = turn("bare_connections")
    return Client(
        service, names, names, turn("bare_status", c_uint64(handle)), turn("bare_snapshot")
    )


def build_bare(folder: Path, library: Path) -> Path:
    """Compile bare.c for this system."""
    bare = folder / "bare.so"
    subprocess.run(
        [
            *drop_in.find_compiler(),
            *("-std=c11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"),
            *(f"-I{drop_in.NATIVE / name}" for name in ("ras", "posix")),
            *(Path(__file__).with_name("bare.c"), library, f"-Wl,-rpath,{folder}", "-o", bare),
        ],
        check=True,
    )
    return bare


# ---- the figures ----


@dataclass(frozen=True, slots=True)
class Row:
    """A figure at each number of connections."""

    name: str
    way: Callable[[Client], turns.Turn | None]
    #: What is done before each call.
    change: Callable[[Service], None] | None = None
    #: Of the ratio to pywin32, at each number of connections.
    goals: tuple[float | None, ...] = (None,) * len(COUNTS)


UNCHANGED, CHANGED = "unchanged", "changed before each call"
NAMES, EVERYTHING = "[c.name for c in connections()]", "every field of connections()"
WAYS = [attrgetter(name) for name in ("names", "fields", "status", "snapshot")]
ROWS = (
    Row(f"{NAMES}, {UNCHANGED}", WAYS[0], None, (2.0, 0.8, 0.6, 0.6)),
    Row(f"{NAMES}, {CHANGED}", WAYS[0], Service.swap, (4.0, 2.0, 0.8, 0.8)),
    Row(f"{EVERYTHING}, {UNCHANGED}", WAYS[1], None, (2.2, 1.0, 0.6, 0.6)),
    Row(f"{EVERYTHING}, {CHANGED}", WAYS[1], Service.swap),
    Row(f"status(), {UNCHANGED}", WAYS[2], None, (2.0, 2.0, 2.0, 2.0)),
    Row(f"status(), {CHANGED}", WAYS[2], Service.move),
    Row(f"snapshot(), {UNCHANGED}", WAYS[3], None, (1.2, 0.7, 0.6, 0.8)),
    Row(f"snapshot(), {CHANGED}", WAYS[3], Service.swap),
)


@contextmanager
def libraries() -> Iterator[tuple[Path, ctypes.CDLL]]:
    """The drop-in and bare.c, as libraries: those that are given, or built here."""
    if IS_WINDOWS:
        yield RASAPI32, ctypes.CDLL(str(Path(os.environ["WINRAS_CLIENTS"], "bare.dll")))
        return
    with TemporaryDirectory() as folder:
        # As winras is built.
        os.environ["CFLAGS"] = "-O2"
        library = drop_in.build(Path(folder))
        yield library, ctypes.CDLL(str(build_bare(Path(folder), library)))


@contextmanager
def services(library: Path) -> Iterator[tuple[Service, Service]]:
    """The one that winras calls, and the one that the others call."""
    with dropped_in(library) as theirs:
        if IS_WINDOWS:
            yield theirs, theirs
        else:
            with embedded() as mine:
                yield mine, theirs


def measure(is_short: bool) -> Iterator[turns.Figure]:
    """Measure every row."""
    with libraries() as (library, bare):
        foreign = Ctypes(library)
        for place, count in enumerate(COUNTS):
            if is_short and count not in (1, 100):
                continue
            for row in ROWS:
                with services(library) as both:
                    mine, theirs = both
                    for service in {mine, theirs}:
                        service.fill(count)
                    ours = of_winras(mine, winras.get_connection(SPARES[0]))
                    handle = foreign.find(SPARES[0])
                    others = {
                        "ctypes": of_ctypes(theirs, foreign, handle),
                        "bare C": of_c(theirs, bare, handle),
                    }
                    if IS_WINDOWS:
                        others = {"pywin32": of_pywin32(theirs, handle), **others}
                    assert [c.name for c in winras.connections()] == foreign.names()
                    if row.way(ours):
                        yield from measure_row(row, place, ours, others, 0.1 if is_short else 2.0)


def measure_row(
    row: Row, place: int, ours: Client, theirs: dict[str, Client], seconds: float
) -> Iterator[turns.Figure]:
    """Measure a row at one number of connections."""

    def turn(client: Client) -> turns.Turn:
        way = row.way(client)
        return turns.after(lambda: row.change(client.service), way) if row.change else way

    others = {peer: turn(client) for peer, client in theirs.items()}
    measured = turns.in_turns(turn(ours), others, seconds=seconds)
    for peer, ratio in measured.items():
        yield turns.figure(
            row.name,
            peer,
            ratio,
            connections=COUNTS[place],
            goal=row.goals[place] if peer == "pywin32" else None,
            floor=measured["bare C"].theirs,
        )
    if not row.change:
        peer, client = next(iter(theirs.items()))
        calls = 1 + COUNTS[place] if row.way(ours) == ours.snapshot else 1
        made = ours.service.count(row.way(ours))
        assert made >= calls, "this was answered without RAS"
        yield turns.Figure(
            figure=f"RAS calls of {row.name}",
            peer=peer,
            connections=COUNTS[place],
            ours=made,
            theirs=client.service.count(row.way(client)),
            unit="calls",
            limit=calls,
        )


if __name__ == "__main__":
    turns.main(__doc__, measure)
