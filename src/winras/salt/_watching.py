"""What the beacon tells: one watch for the process, in a thread of its own.

Salt loads the file of a beacon anew with every reload; this module stays. Whoever asks for events
only takes what is queued here: RAS is called by the thread alone, and never with the lock held.

Salt does not say when a beacon is no more: it closes one at a reload too, and one that is disabled
or no longer in pillar just is not asked again. But it validates each beacon that it runs in every
round. So what has not been validated for a minute is forgotten, and without any beacon the thread
ends.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from .. import _native
from .._connections import Connection, is_same
from .._enums import EventKind, EventSource
from .._models import Json
from .._watching import Event, Watch, watch
from ..exceptions import RasError
from . import _minion

__all__ = ["Beacons", "Settings", "beacons"]

#: Of an event that says how many were not told.
SUPPRESSED = "suppressed"

# Seconds: how often what nobody validates is looked for, and after how many it is forgotten. Waits
# are counted, not hours of the clock, because a machine that sleeps validates nothing.
_ROUND = 20.0
_SILENCE = 60.0
_MINUTE = 60.0
# How many events of the service are told in any minute, whatever connections do.
_MOST_OF_SERVICE = 6
# Seconds up to the next try, where there is no RAS or no simulated service.
_LONGEST_PAUSE = 5.0

_SERVER_UNAVAILABLE = 1722

_OF_SERVICE = (EventKind.service_lost, EventKind.service_back)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a beacon is to tell.

    Attributes:
        entries: Of which entries, by name; of all if there is none.
        kinds: Which kinds of events.
        check_every: Seconds between two checks of the watch.
        most_per_minute: How many events in any minute, besides those of the service.
        skips_states: Nothing is told of what happens during a state run.
    """

    entries: tuple[str, ...] = ()
    kinds: frozenset[EventKind] = frozenset(EventKind)
    check_every: float = 5.0
    most_per_minute: int = 60
    # Salt asks for events without saying this.
    skips_states: bool = field(default=False, compare=False)


class _Room:
    """How many events of a sort wait to be told, and when others were in the last minute."""

    def __init__(self) -> None:
        self.queued = 0
        self._told: deque[float] = deque()

    def takes(self, now: float, most: int) -> bool:
        """Whether one more may be told now; if so, it is."""
        while self._told and now - self._told[0] >= _MINUTE:
            self._told.popleft()
        if len(self._told) >= most:
            return False
        self._told.append(now)
        return True


class _Beacon:
    """What one beacon has not been told yet, and how much it has been told in the last minute.

    More events than may be told in a minute are not queued, but counted: in one event. Those of the
    service have room of their own, so that no connection that flaps hides them.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: It is told what happens from now on, not before.
        self.has_begun = False
        #: For how many seconds nobody has validated it.
        self.silence = 0.0
        self._queue: deque[dict[str, Json]] = deque()
        self._of_service, self._of_connections = _Room(), _Room()

    def put(self, event: Event) -> None:
        """Queue an event, if it is one of those to tell."""
        settings, connection = self.settings, event.connection
        if event.kind not in settings.kinds:
            return
        if connection is not None and settings.entries:
            name = connection.name
            if not any(_native.is_same_text(name, entry) for entry in settings.entries):
                return
        told = event.to_dict()
        room, most = self._room_of(told)
        if room.queued < most:
            room.queued += 1
        elif self._queue[-1]["kind"] == SUPPRESSED:
            told = _suppressed([self._queue.pop(), told])
        else:
            told = _suppressed([told])
        self._queue.append(told)

    def take(self, now: float) -> list[dict[str, Json]]:
        """What may be told now; what may not is counted."""
        told: list[dict[str, Json]] = []
        left: list[dict[str, Json]] = []
        for event in self._queue:
            room, most = self._room_of(event)
            (told if room.takes(now, most) else left).append(event)
        self._queue.clear()
        self._of_service.queued = self._of_connections.queued = 0
        if left:
            self._of_connections.queued = 1
            self._queue.append(_suppressed(left))
        return told

    def _room_of(self, event: dict[str, Json]) -> tuple[_Room, int]:
        if event["kind"] in _OF_SERVICE:
            return self._of_service, _MOST_OF_SERVICE
        return self._of_connections, self.settings.most_per_minute


def _suppressed(events: Iterable[dict[str, Json]]) -> dict[str, Json]:
    """The event that stands for these; its time is that of the last."""
    counts = []
    for event in events:
        last = event
        count = event.get("count", 1)
        counts.append(count if isinstance(count, int) else 1)
    nothing = dict.fromkeys(("name", "handle", "source"))
    facts = {"at": last["at"], "missed": False, "error": 0, "count": sum(counts)}
    return {"kind": SUPPRESSED, **nothing, **facts}


class Beacons:
    """All beacons of this process; its methods return at once."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a child of fork(), as each job of a minion is one: there is no thread."""
        self._lock = threading.Lock()
        self._beacons: dict[tuple[str, str], _Beacon] = {}
        self._validated: Settings | None = None
        self._options: _minion.Options = {}
        self._thread: threading.Thread | None = None
        # What the thread waits for: the watch, or else this.
        self._watch: Watch | None = None
        self._roused = threading.Event()
        # The service does not answer, and what was up before.
        self._lost: Event | None = None
        self._known: list[Connection] = []

    def validate(self, settings: Settings) -> None:
        """A beacon with these settings is still there."""
        with self._lock:
            self._validated = settings
            for beacon in self._beacons.values():
                if beacon.settings == settings:
                    beacon.silence = 0.0

    def take(
        self, key: tuple[str, str], settings: Settings, options: _minion.Options
    ) -> list[dict[str, Json]]:
        """Return the events of a beacon since the last time; the first time, begin.

        Args:
            key: Its minion and its name.
            settings: What it is to tell; if they are new, of what happens from now on.
            options: The minion's.
        """
        with self._lock:
            beacon = self._beacons.get(key)
            if beacon is None:
                beacon = self._beacons[key] = _Beacon(settings)
                self._rouse()
            elif beacon.settings != settings:
                beacon.settings = settings
                self._rouse()
            beacon.silence = 0.0
            if self._thread is None or not self._thread.is_alive():
                self._options = options
                thread = threading.Thread(target=self._run, name="winras beacon", daemon=True)
                thread.start()
                self._thread = thread
            return beacon.take(monotonic())

    def close(self, key: tuple[str, str], settings: Settings) -> None:
        """Forget a beacon, if this is because of a state run that it skips; else it goes on.

        Salt says no reason. But for a state run it has validated the beacon just before, and has
        taken out of its settings that it skips state runs.
        """
        with self._lock:
            validated = self._validated
            if validated == settings and validated.skips_states and not settings.skips_states:
                self._beacons.pop(key, None)
                self._rouse()

    def _rouse(self) -> None:
        """Have the thread look at the beacons."""
        self._roused.set()
        if self._watch is not None:
            self._watch.rouse()

    # ---- the thread ----

    def _run(self) -> None:
        waited = 0.0
        while not self._is_over():
            try:
                with _minion.ras(self._options):
                    try:
                        self._follow()
                    except RasError as error:
                        self._lose(error.code, error)
            except Exception as error:  # noqa: BLE001  whatever it is, the beacons go on
                self._lose(_SERVER_UNAVAILABLE, error)
            if self._lost is not None and self._settle(waited):
                pause = min(self._check_every(), _LONGEST_PAUSE)
                waited = 0.0 if self._roused.wait(pause) else pause

    def _is_over(self) -> bool:
        """Whether there is no beacon; the next one begins another thread."""
        with self._lock:
            if not self._beacons:
                self._thread = self._lost = None
                self._known = []
            return self._thread is None

    def _follow(self) -> None:
        """Watch, up to the last beacon; of a simulated service, up to its end."""
        is_lost = self._lost is not None
        with (
            watch(timeout=_ROUND, check_every=self._check_every(), initial=is_lost) as events,
            # Nobody waits for this one. But without any, between two rounds, it would not be known
            # which connections are still the same.
            watch(kinds=()),
        ):
            try:
                with self._lock:
                    self._watch = events
                if is_lost:
                    self._find([*iter(events.next_told, None)])
                waited = 0.0
                while self._settle(waited):
                    # Of the beacons that are settled now, one may want more checks than before.
                    events.renew(_ROUND, self._check_every())
                    self._tell(iter(events.next_told, None))
                    while events.wait(None):
                        self._tell(iter(events.next_told, None))
                    if self._lost is not None and _minion.simulator_of(self._options):
                        return  # who serves that name next is to be joined
                    waited = 0.0 if self._roused.is_set() else _ROUND
            finally:
                self._known = events.known
                with self._lock:
                    self._watch = None

    def _lose(self, code: int, error: Exception) -> None:
        """There is nothing to watch; tell so once."""
        if self._lost is None:
            _logger.warning("The winras beacon has no RAS, and tries again: %s", error)
            now = datetime.now(UTC)
            self._tell([Event(EventKind.service_lost, None, now, EventSource.check, error=code)])

    def _find(self, up: list[Event]) -> None:
        """The service is back; tell that, and what differs from what was up before."""
        now = datetime.now(UTC)
        known = self._known
        went = [one for one in known if not any(is_same(one, event.connection) for event in up)]
        came = [event for event in up if not any(is_same(one, event.connection) for one in known)]
        back = Event(EventKind.service_back, None, now, EventSource.check)
        ends = [Event(EventKind.disconnected, one, now, EventSource.check) for one in went]
        self._tell([back, *ends, *came])

    def _settle(self, waited: float) -> bool:
        """After a look: begin the beacons that are new; return False if there is none."""
        with self._lock:
            self._roused.clear()
            for key, beacon in [*self._beacons.items()]:
                beacon.silence += waited
                if beacon.silence > _SILENCE:
                    del self._beacons[key]
                elif not beacon.has_begun and (self._watch or self._lost):
                    beacon.has_begun = True
                    if self._lost:
                        beacon.put(self._lost)
            return bool(self._beacons)

    def _check_every(self) -> float:
        with self._lock:
            return min((one.settings.check_every for one in self._beacons.values()), default=5.0)

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            with self._lock:
                if event.kind is EventKind.service_lost:
                    self._lost = event
                elif event.kind is EventKind.service_back:
                    self._lost = None
                for beacon in self._beacons.values():
                    if beacon.has_begun:
                        beacon.put(event)


beacons = Beacons()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=beacons.forget)
