"""What happened in a simulation, and what RAS can have told of it, step by step.

`Truth.read` reads the simulator's history and calls after each step of a story (tests/story.py);
from them it keeps a `Life` for each connection, and knows which signals RAS delivered. The accounts
of the watches (tests/account.py) are compared with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import winras
from winras import ConnectionSubstate
from winras._history import Call
from winras.testing import Change, Simulator

__all__ = ["LATE", "QUIRKS", "Life", "Seen", "Tick", "Truth", "serial_of"]

QUIRKS = (
    "handle-reuse",
    "correlation-changes",
    "notify-late",
    "notify-coalesced",
    "notify-lost",
    "notify-once",
)
#: Seconds by which a change can be seen later than its signal (notify-late), by which a signal is
#: held back (notify-coalesced), and for which a connection has no correlation id
#: (correlation-changes).
LATE = 0.25
COALESCED = 0.1
WITHOUT_ID = 1.0

_AWAY = (ConnectionSubstate.Dormant, ConnectionSubstate.Reconnecting)

_ALL = 2**64 - 1
_CONNECTION, _DISCONNECTION = 1, 2
_GROWS = 603


@dataclass(slots=True, eq=False)
class Life:
    """One connection from its dialling to its end.

    It is listed from *came* to *went*, and its status says Connected from *connected* to *dropped*.
    """

    serial: int
    name: str
    handle: int
    connected: float = math.inf
    dropped: float = math.inf
    came: float = math.inf
    went: float | None = None
    ticks: tuple[int, int] = (0, 0)
    #: Whether RAS signalled that it came, and that it went.
    signalled: tuple[bool, bool] = (False, False)
    links: int = 1
    links_added: int = 0
    links_gone: int = 0
    multilink: bool = False
    away: bool = False

    def is_seen(self, now: float) -> bool:
        return self.came <= now and (self.went is None or now < self.went)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an enumeration tells of a connection; its correlation id holds the serial number."""

    name: str
    serial: int | None

    def agrees(self, other: Seen) -> bool:
        """Whether nothing but the handle could tell them apart."""
        return self.name == other.name and (
            None in (self.serial, other.serial) or self.serial == other.serial
        )


@dataclass(slots=True)
class Tick:
    """What one step of a story brought."""

    number: int
    now: float
    up: bool
    #: Connections that came, and that went.
    came: list[Life] = field(default_factory=list)
    went: list[Life] = field(default_factory=list)
    #: A signal was delivered, which makes each watch look; and the handles of the connections
    #: whose links were signalled.
    signalled: bool = False
    links_signalled: set[int] = field(default_factory=set)
    #: Calls failed: RasEnumConnections, RasGetConnectStatus, RasGetSubEntryHandle.
    lost: bool = False
    status_failed: bool = False
    links_failed: bool = False


class Truth:
    """Reads the simulation's history and calls after each step."""

    def __init__(self, ras: Simulator, names: dict[str, int], first_serial: int) -> None:
        self._ras = ras
        self._sub_entries = names
        self._first_serial = first_serial
        self._changes_read = len(ras.history)
        self._calls_read = len(ras.calls)
        self.quirks: set[str] = set()
        self.lives: list[Life] = []
        self.up = True
        self.up_since = 0.0
        self.ticks = 0
        #: The wall time at which the simulation's clock was 0, in seconds.
        self.wall = winras._native.wall_time(winras._native.service()).timestamp() - ras.now
        self._of_handle: dict[int, Life] = {}
        # What the good registrations are for: a kind of signal, or a connection (its handle).
        self._live: set[int] = set()
        # Until when the signal of each registration is held back.
        self._held: dict[int, float] = {}

    @property
    def now(self) -> float:
        return self._ras.now

    def read(self) -> Tick:
        """Read what happened since the last call: first the changes, then the calls of looks."""
        self.ticks += 1
        tick = Tick(self.ticks, self._ras.now, up=self.up)
        for change in self._new_changes():
            self._take_change(change, tick)
        self._deliver_held(tick)
        for call in self._new_calls():
            self._take_call(call, tick)
        return tick

    def seen(self) -> dict[int, tuple[Seen, Life]]:
        """Return what an enumeration lists now, by handle."""
        now = self.now
        return {
            life.handle: (Seen(life.name, self._shown_serial(life, now)), life)
            for life in self._of_handle.values()
            if life.is_seen(now)
        }

    def _shown_serial(self, life: Life, now: float) -> int | None:
        hidden = "correlation-changes" in self.quirks and now < life.connected + WITHOUT_ID
        return None if hidden else life.serial

    def stop(self) -> None:
        """The service stops: it delivers held signals and forgets all registrations."""
        self.up = False
        self._held = dict.fromkeys(self._held, 0.0)
        self._live.clear()

    def start(self) -> None:
        self.up = True
        self.up_since = self._ras.now

    def _new_changes(self) -> list[Change]:
        history = self._ras.history
        count = history._count() - self._changes_read
        self._changes_read += count
        return history._read(self._changes_read - count, count)[0] if count else []

    def _new_calls(self) -> list[Call]:
        calls = self._ras.calls
        count = calls._count() - self._calls_read
        self._calls_read += count
        return calls._read(self._calls_read - count, count)[0] if count else []

    def _take_change(self, change: Change, tick: Tick) -> None:  # noqa: C901  each kind
        if change.what == "dialling":
            serial = self._first_serial + len(self.lives)
            life = Life(serial, change.name, change.handle)
            life.multilink = self._sub_entries[change.name] > 1
            self.lives.append(life)
            self._of_handle[change.handle] = life
            return
        if change.what == "impossible":
            return
        life = self._of_handle[change.handle]
        lateness = LATE if "notify-late" in self.quirks else 0.0
        if change.what == "connected":
            life.connected = change.at
            life.came = change.at + lateness
            life.ticks = (tick.number, 0)
            tick.came.append(life)
            life.signalled = (self._signal(_CONNECTION, change.at, tick), False)
        elif change.what == "disconnected":
            life.dropped = change.at
            life.went = change.at + lateness
            life.ticks = (life.ticks[0], tick.number)
            tick.went.append(life)
            life.signalled = (life.signalled[0], self._signal(_DISCONNECTION, change.at, tick))
            if life.multilink:
                self._signal(life.handle, change.at, tick)
        elif change.what == "gone":
            is_silent = life.went is not None and life.went > life.dropped
            life.went = min(life.went or math.inf, change.at)
            # RAS signals again when a handle that outlived its connection dies.
            if not is_silent and change.at > life.dropped:
                self._signal(_DISCONNECTION, change.at, tick)
            # The registration for its links ends; a signal that it held back comes now.
            self._live.discard(life.handle)
            if self._held.pop(life.handle, None) is not None:
                self._deliver(life.handle, tick)
        elif change.what in ("link_connected", "link_gone"):
            added = change.what == "link_connected"
            life.links += 1 if added else -1
            life.links_added += added
            life.links_gone += not added
            life.multilink = life.multilink or life.links > 1
            if added or life.multilink:
                self._signal(life.handle, change.at, tick)
        elif change.what == "substate":
            life.away = change.substate in _AWAY

    def _signal(self, kind: int, at: float, tick: Tick) -> bool:
        """Return whether the signal is delivered, now or later, and not merged with a held one."""
        if kind not in self._live or "notify-lost" in self.quirks:
            return False
        if "notify-once" in self.quirks:
            self._live.discard(kind)
        if "notify-coalesced" in self.quirks:
            is_first = kind not in self._held
            self._held.setdefault(kind, at + COALESCED)
            return is_first
        self._held.pop(kind, None)
        self._deliver(kind, tick)
        return True

    def _deliver(self, kind: int, tick: Tick) -> None:
        if kind in (_CONNECTION, _DISCONNECTION):
            tick.signalled = True
        else:
            tick.links_signalled.add(kind)

    def _deliver_held(self, tick: Tick) -> None:
        due = [kind for kind, until in self._held.items() if until <= tick.now + 1e-9]
        for kind in due:
            del self._held[kind]
            self._deliver(kind, tick)

    def _take_call(self, call: Call, tick: Tick) -> None:
        failed = call.result not in (0, _GROWS)
        if call.function == "RasEnumConnections" and failed:
            # A watch then takes the service, and with it all registrations, for lost.
            tick.lost = True
            self._live.clear()
        elif call.function == "RasConnectionNotification" and not failed:
            self._live.add(call.number if call.handle == _ALL else call.handle)
        elif call.function == "RasGetConnectStatus" and failed:
            tick.status_failed = True
        elif call.function == "RasGetSubEntryHandle" and call.result == FAULT:
            tick.links_failed = True


#: The error of single failing calls; an undisturbed simulation never answers it.
FAULT = 5


def serial_of(connection: winras.Connection) -> int | None:
    """How many connections were dialled before it; the simulator writes that into the id."""
    if connection.correlation_id is None:
        return None
    return int.from_bytes(connection.correlation_id.bytes_le[8:], "little")
