"""An independent account of what a watch may tell and must tell.

After each step of a story (tests/story.py), `Account.hold` takes the events that one watch has
told and compares them with what happened (tests/truth.py); each lie and each omission becomes a
text in `Account.mistakes`. The claims are those of docs/architecture.md, "Why a watch neither
misses nor lies"; nothing here uses the watch's own code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from truth import LATE, Life, Seen, Tick, Truth, serial_of
from winras import Connection, Event, EventKind

__all__ = ["ALL", "Account", "Terms"]

ALL = frozenset(EventKind)
_OF_THE_SERVICE = {EventKind.service_lost, EventKind.service_back}
_LINKS = {EventKind.bandwidth_added: 1, EventKind.bandwidth_removed: -1}
_AWAY = {EventKind.dormant: True, EventKind.reconnected: False}

#: After so many checks neither of a signal and a difference can explain the other.
PERIOD = 2
FIRST_RETRY = 0.25
#: A check that is made for another watch counts if it comes early by this share of check_every.
EARLY_SHARE = 4
_TINY = 1e-6
#: More events than one look can find in these stories.
_MOST_KEPT = 32


@dataclass(frozen=True, slots=True)
class Terms:
    """The arguments of a watch."""

    check_every: float = 5.0
    kinds: frozenset[EventKind] = ALL
    only: tuple[int, Seen] | None = None
    initial: bool = False


@dataclass(slots=True)
class _Told:
    """What a watch has told of a connection; None: this is not known yet."""

    seen: Seen
    links: int | None = None
    away: bool | None = None


class Account:
    """What one watch must have told by now, and must not have told."""

    def __init__(self, terms: Terms, truth: Truth) -> None:
        now = truth.now
        self.mistakes: list[str] = []
        self._terms = terms
        self._truth = truth
        self._known: dict[int, _Told] = {}
        self._told: set[int] = set()
        self._merged: set[int] = set()
        self._last_at = now
        # Whether a signal asks for a look, whether the watch waited after the last step, which
        # links were signalled, and when the next check is due at the latest.
        self._signalled = terms.initial
        self._waited = True
        self._links_signalled: set[int] = set()
        self._check_by = now + terms.check_every
        # Whether the watch has told the service as lost, when it last asked the service, and
        # whether the service can have been lost. A watch that does not tell of the service may not
        # see anything until this time.
        self._lost = False
        self._asked = now
        self._may_be_lost = False
        self._blind_until = 0.0
        # Connections that came and are untold. Of these, with the number of checks made when they
        # had gone: those that may be told as missed, and those that must be.
        self._checks = 0
        self._untold: list[Life] = []
        # The signals of what came and went just before the watch may be late.
        just_now = [x for x in truth.lives if x.went is not None and now - x.connected < LATE]
        self._unseen = [(life, self._checks) for life in just_now]
        self._claims: list[tuple[Life, int]] = []
        # A difference may explain all signals until so many checks have been made. The signals of
        # what came before this time may count for a difference, or for what was missed before.
        visible = self._visible()
        self._differs = bool(visible)
        self._explained_to = 0
        self._clear_since = now
        for handle, (seen, life) in visible.items():
            if not terms.initial and life.dropped > now:
                self._known[handle] = _Told(seen, life.links, life.away)
                self._told.add(life.serial)

    def _wrong(self, text: str) -> None:
        self.mistakes.append(f"step {self._truth.ticks}: {text}")

    def _visible(self) -> dict[int, tuple[Seen, Life]]:
        """What RAS lists now of what the watch is asked for, by handle."""
        visible = self._truth.seen()
        if self._terms.only is None:
            return visible
        handle, only = self._terms.only
        if handle not in visible or not visible[handle][0].agrees(only):
            return {}
        return {handle: visible[handle]}

    # ---- one step ----

    def must_check(self, now: float, *, looked: bool) -> bool:
        """Whether it is time for a check of this watch, at the latest."""
        return now >= self._check_by - _TINY and (looked or self._waited)

    def hold(
        self, tick: Tick, events: Iterable[Event], kept: int, *, looked: bool, checked: bool
    ) -> None:
        """Compare after a step.

        Args:
            tick: What has happened.
            events: What the watch has told.
            kept: How many events it keeps.
            looked: It waits, so it has made every look due.
            checked: There was a check, of this watch or of another.
        """
        self._untold += tick.came
        self._signalled = self._signalled or tick.signalled
        self._links_signalled |= tick.links_signalled
        self._may_be_lost = self._may_be_lost or tick.lost or not tick.up
        if kept > _MOST_KEPT:
            self._wrong(f"{kept} events are kept")
        missed = sum([self._take(event, tick) for event in events])
        early = self._terms.check_every / EARLY_SHARE
        is_check = checked and self.must_check(tick.now + early, looked=looked)
        if looked:
            self._look_for_blindness(tick)
            if self._signalled or is_check or self._lost:
                self._compare(tick, is_check=is_check)
            else:
                self._compare_signalled_links(tick)
            self._look_for_missed()
        for _ in range(missed):
            self._take_missed()
        if looked:
            if is_check and tick.up and not self._lost:
                self._demand_missed()
            self._may_be_lost = tick.lost or not tick.up
        if looked or self._waited:
            # A look has followed the signals, even if the consumer has not taken all its events.
            self._signalled = False
            self._links_signalled.clear()
        if is_check:
            self._check_by = tick.now + self._terms.check_every
        self._waited = looked

    def end(self) -> None:
        """The iteration has ended by itself."""
        if self._terms.only is None:
            self._wrong("the iteration has ended")
        elif self._known:
            self._wrong("the iteration has ended before its connection")

    # ---- what was told ----

    def _take(self, event: Event, tick: Tick) -> int:
        """Take an event as told; return 1 if it tells something as missed, else 0."""
        at = event.at.timestamp() - self._truth.wall
        if not self._last_at - _TINY <= at <= self._truth.now + _TINY:
            self._wrong(f"{event} is told at {at}, after one of {self._last_at}")
        self._last_at = at
        if event.kind not in self._terms.kinds:
            self._wrong(f"{event} is of no kind that was asked for")
        if event.kind in _OF_THE_SERVICE:
            self._take_service(event, at)
        elif event.connection is None:
            if not event.missed or event.kind is not EventKind.disconnected:
                self._wrong(f"{event} is of nothing")
            return 1
        elif self._lost:
            self._wrong(f"{event} is told while the service is lost")
        elif event.kind is EventKind.connected:
            self._take_connected(event.connection, at, tick)
        elif event.kind is EventKind.disconnected:
            self._take_disconnected(event.connection, at)
        else:
            self._take_change(event.kind, event.connection)
        return 0

    def _take_service(self, event: Event, at: float) -> None:
        is_lost = event.kind is EventKind.service_lost
        if is_lost == self._lost:
            self._wrong(f"{event.kind.name} is told twice")
        if is_lost and not (self._may_be_lost and event.error):
            self._wrong(f"{event} is told of a service that was there")
        if not is_lost and not self._truth.up:
            self._wrong("service_back is told of a service that is away")
        self._lost = is_lost
        self._asked = at
        if not is_lost:
            self._check_by = self._truth.now + self._terms.check_every
            self._signalled = True

    def _take_connected(self, connection: Connection, at: float, tick: Tick) -> None:
        seen = Seen(connection.name, serial_of(connection))
        life = self._find(connection.handle, seen, at)
        if connection.handle in self._known:
            self._wrong(f"{seen} is told as connected, but is known")
        elif life is None:
            self._wrong(f"{seen} is told as connected at {at}, but was not up then")
        else:
            self._told.add(life.serial)
            self._differs = True
        self._known[connection.handle] = told = _Told(seen)
        if life is not None and self._waited:
            # It was seen in this step.
            told.links = None if tick.links_failed else life.links
            told.away = life.away

    def _find(self, handle: int, seen: Seen, at: float) -> Life | None:
        """Find the untold connection that a look could see like this at that time."""
        for life in reversed(self._truth.lives):
            if life.handle == handle and seen.agrees(Seen(life.name, life.serial)):
                was_up = life.came <= at + _TINY and at <= life.dropped + _TINY
                seeable = life.ticks[0] != life.ticks[1]
                if was_up and seeable and life.serial not in self._told:
                    return life
        return None

    def _take_disconnected(self, connection: Connection, at: float) -> None:
        seen = Seen(connection.name, serial_of(connection))
        told = self._known.pop(connection.handle, None)
        self._differs = True
        if told is None and EventKind.connected not in self._terms.kinds:
            self._told.update(x.serial for x in self._over(connection.handle, seen, at))
        elif told is None or not told.seen.agrees(seen):
            self._wrong(f"{seen} is told as disconnected, but was not known")
        if not self._over(connection.handle, seen, at):
            self._wrong(f"{seen} is told as disconnected at {at}, but is up")

    def _over(self, handle: int, seen: Seen, at: float) -> list[Life]:
        return [
            life
            for life in self._truth.lives
            if life.handle == handle
            and seen.agrees(Seen(life.name, life.serial))
            and life.went is not None
            and life.went <= at + _TINY
        ]

    def _take_change(self, kind: EventKind, connection: Connection) -> None:
        told = self._known.get(connection.handle)
        if told is None:
            self._wrong(f"{kind.name} is told of {connection.name}, which is not known")
        elif kind in _LINKS:
            if told.links is not None:
                told.links += _LINKS[kind]
            if told.links is not None and told.links < 0:
                self._wrong(f"{connection.name} is told to have less than no link")
        else:
            if told.away is _AWAY[kind]:
                self._wrong(f"{kind.name} is told twice of {connection.name}")
            told.away = _AWAY[kind]

    # ---- what must have been told ----

    def _look_for_blindness(self, tick: Tick) -> None:
        """Note whether RAS may have left a look of this watch without an answer."""
        if (tick.lost or not tick.up) and not self._terms.kinds >= _OF_THE_SERVICE:
            self._blind_until = math.inf
            self._differs = True

    def _compare(self, tick: Tick, *, is_check: bool) -> None:
        """After a look: compare what the watch has told with what there is."""
        if self._terms.kinds >= _OF_THE_SERVICE:
            if tick.lost and self._lost:
                # The service has left another look without an answer, so the pause grows.
                self._asked = tick.now + self._terms.check_every - FIRST_RETRY
            if not tick.up and is_check and not self._lost:
                self._wrong("service_lost is not told")
            if tick.up and self._lost and tick.now >= self._back_by() - _TINY:
                self._wrong("service_back is not told")
            if tick.up and not self._lost:
                self._compare_connections(tick, is_check=is_check)
            return
        if not tick.up or tick.lost:
            return
        if math.isinf(self._blind_until):
            self._blind_until = tick.now + self._terms.check_every
        elif tick.now >= self._blind_until - _TINY:
            if self._blind_until:
                self._blind_until = 0.0
                self._check_by = tick.now + self._terms.check_every
            else:
                self._compare_connections(tick, is_check=is_check)

    def _back_by(self) -> float:
        """When service_back is due: soon after one error, by the next check after an outage."""
        if self._truth.up_since >= self._asked:
            return self._truth.up_since + self._terms.check_every
        return self._asked + min(FIRST_RETRY, self._terms.check_every)

    def _compare_connections(self, tick: Tick, *, is_check: bool) -> None:
        visible = self._visible()
        for handle, told in list(self._known.items()):
            if handle not in visible or not visible[handle][0].agrees(told.seen):
                self._wrong(f"{told.seen} went, and is not told")
                del self._known[handle]
        for handle, (seen, life) in visible.items():
            if handle not in self._known:
                if tick.status_failed or life.dropped <= tick.now + _TINY:
                    continue  # its status does not say Connected
                if EventKind.connected in self._terms.kinds:
                    self._wrong(f"{life} came, and is not told")
                self._differs = True
                self._told.add(life.serial)
                self._known[handle] = _Told(seen, life.links, life.away)
                continue
            told = self._known[handle]
            if told.seen.serial is None:
                told.seen = seen
            if life.serial not in self._told | self._merged:
                # Nothing tells it from the connection that had its handle before.
                self._merged.add(life.serial)
                self._unseen.append((life, self._checks))
                self._differs = True
            if life.serial not in self._merged and life.dropped > tick.now + _TINY:
                self._compare_links(told, life, tick, is_check=is_check)
                self._compare_substate(told, life, tick, is_check=is_check)

    def _compare_signalled_links(self, tick: Tick) -> None:
        if not tick.up or self._blind_until or not self._links_signalled:
            return
        for handle, (_, life) in self._visible().items():
            told = self._known.get(handle)
            is_it = told is not None and told.seen.serial == life.serial
            if told is not None and is_it and life.dropped > tick.now + _TINY:
                self._compare_links(told, life, tick, is_check=False)

    def _compare_links(self, told: _Told, life: Life, tick: Tick, *, is_check: bool) -> None:
        if tick.links_failed or EventKind.bandwidth_added not in self._terms.kinds:
            return
        is_due = is_check or life.handle in self._links_signalled
        if is_due and told.links not in (None, life.links):
            self._wrong(f"{life} is told to have {told.links} links")
        if is_due:
            told.links = life.links

    def _compare_substate(self, told: _Told, life: Life, tick: Tick, *, is_check: bool) -> None:
        if tick.status_failed or EventKind.dormant not in self._terms.kinds:
            return
        if is_check and told.away not in (None, life.away):
            self._wrong(f"{life} is told to be {'dormant' if told.away else 'back'}")
        if is_check:
            told.away = life.away

    # ---- what was missed ----

    def _look_for_missed(self) -> None:
        """Find what went unseen, and claim it if no difference can explain its signals."""
        if self._differs:
            self._differs = False
            self._explained_to = self._checks + PERIOD
            self._claims.clear()
        untold, self._untold = self._untold, []
        for life in untold:
            if life.serial in self._told:
                continue
            if life.is_seen(self._truth.now) or life.came > self._truth.now:
                self._untold.append(life)
                continue
            self._unseen.append((life, self._checks))
            is_clear = self._checks >= self._explained_to and life.connected > self._clear_since
            if all(life.signalled) and is_clear:
                self._claims.append((life, self._checks))

    def _take_missed(self) -> None:
        """Take one missed as told: it stands for at least one that went unseen, maybe for all."""
        self._claims.clear()
        self._clear_since = self._truth.now
        if self._terms.only is not None:
            self._wrong("something is missed, but only one connection is watched")
        elif self._unseen:
            del self._unseen[0]
        else:
            self._wrong("something is told as missed, but nothing was")

    def _demand_missed(self) -> None:
        self._checks += 1
        if self._checks <= self._explained_to:
            self._clear_since = self._truth.now
        self._unseen = [(life, n) for life, n in self._unseen if self._checks - n <= PERIOD + 1]
        is_told = EventKind.disconnected in self._terms.kinds and self._terms.only is None
        due = [life for life, n in self._claims if self._checks - n > PERIOD]
        self._claims = [(life, n) for life, n in self._claims if life not in due]
        for life in due:
            if is_told:
                self._wrong(f"{life} came and went, and nothing is told as missed")
