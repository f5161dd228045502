"""Watches in other processes neither miss nor lie, whatever happens and in whatever order.

Time runs here, so what a watch tells is judged when all is at rest: nothing happens until each
watch knows what there is. Whatever lasts over a rest must be told, however slow the machine is. Of
the rest, what is told must be true, and what lasts longer than the machine has made a thread wait.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import winras
from elsewhere import Elsewhere, Gaps, Service, Told, follow
from patience import within
from truth import FAULT, Life, Truth, serial_of
from winras.testing import Simulator, join

ENTRIES = {"A": 1, "B": 1, "C": 1, "M": 3}
QUIRKS = ("handle-reuse", "notify-late", "notify-coalesced", "notify-lost", "notify-once")
FAULTS = (
    ("RasEnumConnections", 8),
    ("RasGetConnectStatus", FAULT),
    ("RasGetSubEntryHandle", FAULT),
    ("RasConnectionNotification", 711),
)
#: What happens to connections, and what happens to RAS as well.
STEPS = (
    *("connect", "connect", "drop", "both", "swap", "add_link", "remove_link"),
    *("pause", "rest", "rest", "rest"),
)
DISTURBED = (*STEPS, "pause", "quirk", "fault", "stop", "start", "substate")
LINKS = {"bandwidth_added": 1, "bandwidth_removed": -1}
AWAY = {"dormant": True, "reconnected": False}
#: How many threads one after the other bring an event from the service to the body of a watch.
HOPS = 8
TINY = 1e-6


class Report:
    """What one watch has told, and what of it is a mistake."""

    def __init__(self, process: Elsewhere, check_every: float) -> None:
        self.mistakes: list[str] = []
        self.count = 0
        self.late = 0.0
        self._process = process
        self._check_every = check_every
        self._untaken: list[Told] = []
        # By handle, what the watch knows to be up. By serial number, how many links that had at the
        # first rest, and what has been told since it was told; whether it is away.
        self._known: dict[int, Life] = {}
        self._links: dict[int, int] = {}
        self._changed: dict[int, int] = {}
        self._away: dict[int, bool] = {}
        self._told: set[int] = set()
        self._missed = 0
        self._lost = False
        self._last_at = -math.inf

    def take(self, truth: Truth, slack: float) -> None:
        """Take what has been told by now; all that has happened by then is in the truth."""
        while self._process.pipe.poll():
            told = self._process.told()
            assert isinstance(told, Told)
            self._untaken.append(told)
        truth.read()
        for event in self._untaken:
            self.late = max(self.late, event.late)
            self.count += 1
            at = event.at.timestamp() - truth.wall
            if at < self._last_at - TINY:
                self._wrong(f"{event} is told after one of {self._last_at}")
            self._last_at = at
            self._judge(event, at, truth, slack)
        self._untaken.clear()

    def _judge(self, event: Told, at: float, truth: Truth, slack: float) -> None:
        if event.kind in {"service_lost", "service_back"}:
            if self._lost is (event.kind == "service_lost"):
                self._wrong(f"{event} is told twice")
            self._lost = not self._lost
        elif event.seen is None:
            self._missed += 1
            over = sum(life.went is not None for life in truth.lives)
            if slack < self._check_every and self._missed > over - len(self._told):
                self._wrong(f"{event} is told, but nothing was missed")
        elif event.kind == "connected":
            self._judge_connected(event, at, truth, slack)
        else:
            self._judge_known(event, event.seen, at)

    def _judge_known(self, event: Told, seen: tuple[int, str, int | None], at: float) -> None:
        if (life := self._known.get(seen[0])) is None or life.serial != seen[2]:
            self._wrong(f"{event} is told of what is not known")
        elif event.kind == "disconnected":
            if life.went is None or life.went > at + TINY:
                self._wrong(f"{event} is told at {at} of {life}")
            del self._known[life.handle]
        elif event.kind in LINKS:
            self._changed[life.serial] += LINKS[event.kind]
        else:
            if self._away[life.serial] is AWAY[event.kind]:
                self._wrong(f"{event} is told twice")
            self._away[life.serial] = AWAY[event.kind]

    def _judge_connected(self, event: Told, at: float, truth: Truth, slack: float) -> None:
        assert event.seen is not None
        handle, name, serial = event.seen
        [life] = [life for life in truth.lives if life.serial == serial] or [None]
        if life is None or (life.handle, life.name) != (handle, name):
            self._wrong(f"{event} is told, but there was none")
            return
        if serial in self._told or handle in self._known:
            self._wrong(f"{event} is told, but is known")
        if not life.came - TINY <= at <= life.dropped + slack:
            self._wrong(f"{event} is told at {at} of {life}")
        self._told.add(life.serial)
        self._known[handle] = life
        self._changed[life.serial] = 0
        self._away[life.serial] = False

    def agrees(self, truth: Truth) -> bool:
        """Whether the watch knows what there is: what is up, with how many links, and if away."""
        up = {handle: life for handle, (_, life) in truth.seen().items()}
        return self._known == up and not self._lost and all(map(self._agrees, up.values()))

    def _agrees(self, life: Life) -> bool:
        links = self._links.setdefault(life.serial, life.links) + self._changed[life.serial]
        return links == life.links and self._away[life.serial] is life.away

    def demand(self, truth: Truth, slack: float) -> None:
        """What was up for longer than the watch can have been late must have been told."""
        for life in truth.lives:
            lasted = life.dropped - life.came
            if lasted > slack and life.came + slack < truth.now and life.serial not in self._told:
                self._wrong(f"{life} is not told, within {slack:.3f} s")
                self._told.add(life.serial)

    def _wrong(self, text: str) -> None:
        self.mistakes.append(text)


class Story:
    """What happens to a service, and what watches in other processes tell of it."""

    def __init__(
        self, service: Service, ras: Simulator, gaps: Gaps, seed: int, clock: float
    ) -> None:
        self.watches: list[Report] = []
        self._choose = random.Random(seed)  # noqa: S311  not for secrets
        self._ras = ras
        self._service = service
        self._clock = clock
        self._gaps = gaps
        # What has been there since the last rest, so that every watch knows it.
        self._settled: list[str] = []
        ras.connect("A")
        first = serial_of(winras.get_connection("A"))
        assert first is not None
        ras.drop("A")
        self.truth = Truth(ras, ENTRIES, first + 1)

    def play(self, steps: tuple[str, ...], count: int) -> None:
        """Play so many of these steps, in any order, and come to rest."""
        for _ in range(count):
            with contextlib.suppress(winras.RasError):
                getattr(self, f"_{self._choose.choice(steps)}")()
            self.truth.read()
        self._rest()

    @property
    def slack(self) -> float:
        """By how much, in simulated seconds, what is told can be late on this machine."""
        late = max(self._gaps.longest, self._service.late(), *(each.late for each in self.watches))
        return self._clock * (0.05 + HOPS * late)

    def _name(self) -> str:
        return self._choose.choice(tuple(ENTRIES))

    def _connect(self) -> None:
        self._ras.connect(self._name())

    def _drop(self) -> None:
        self._leave(self._name())

    def _leave(self, name: str) -> None:
        if name in self._settled:
            self._settled.remove(name)
        self._ras.drop(name, linger=self._choose.choice((0.0, 0.5)))

    def _both(self) -> None:
        """A connection comes and goes before any watch can look."""
        name = self._name()
        self._ras.connect(name)
        self._leave(name)

    def _swap(self) -> None:
        """A connection goes, and the same entry connects."""
        name = self._name()
        self._leave(name)
        self._ras.connect(name)

    def _add_link(self) -> None:
        # With one link, a connection is no multilink connection, and RAS signals no second one.
        if many := [name for name in self._settled if ENTRIES[name] > 1]:
            self._ras.add_link(self._choose.choice(many))

    def _remove_link(self) -> None:
        if self._settled:
            self._ras.remove_link(self._choose.choice(self._settled))

    def _substate(self) -> None:
        if self._settled:
            substate = self._choose.choice(("Dormant", "None_", "Reconnecting", "Reconnected"))
            self._ras.set_substate(
                self._choose.choice(self._settled), winras.ConnectionSubstate[substate]
            )

    def _quirk(self) -> None:
        quirk = self._choose.choice(QUIRKS)
        for quirks in (self.truth.quirks, self._ras.quirks):
            (quirks.discard if quirk in quirks else quirks.add)(quirk)

    def _fault(self) -> None:
        self._ras.fail(*self._choose.choice(FAULTS))

    def _stop(self) -> None:
        if self.truth.up:
            self.truth.stop()
            self._ras.stop_service()

    def _start(self) -> None:
        if not self.truth.up:
            self.truth.start()
            self._ras.start_service()

    def _pause(self) -> None:
        time.sleep(self._choose.uniform(0.0, 0.05))

    def _rest(self) -> None:
        """Nothing happens until every watch knows what there is."""
        self._start()
        self._ras.clear_faults()
        self.truth.read()
        within(
            lambda: sum(map(self._is_at_rest, self.watches)) == len(self.watches),
            [vars(watch) for watch in self.watches],
        )
        self._settled = [seen.name for seen, _ in self.truth.seen().values()]

    def _is_at_rest(self, watch: Report) -> bool:
        watch.take(self.truth, self.slack)
        return bool(watch.mistakes) or watch.agrees(self.truth)


@contextlib.contextmanager
def playing(seed: int, clock: float, *checks: float) -> Iterator[Story]:
    """A story and watches that check so often, each in a process of its own."""
    with ExitStack() as stack:
        entries = {name: {"sub_entries": number} for name, number in ENTRIES.items()}
        service = stack.enter_context(Service("watched", entries, clock=clock))
        ras, gaps = stack.enter_context(join(service.name)), stack.enter_context(Gaps())
        story = Story(service, ras, gaps, seed, clock)
        for check_every in checks:
            process = stack.enter_context(Elsewhere(follow, service.name, check_every))
            assert process.told() == "watches"
            story.watches.append(Report(process, check_every))
        yield story


@pytest.mark.parametrize("seed", range(3))
def test_signals_alone_tell_all(seed: int) -> None:
    with playing(seed, 1.0, 3600.0, 3600.0, 1.0) as story:
        story.play(STEPS, 80)
        for watch in story.watches:
            watch.demand(story.truth, story.slack)
            assert watch.mistakes == []


@pytest.mark.parametrize("seed", range(3))
def test_checks_find_what_signals_do_not_tell(seed: int) -> None:
    with playing(seed, 5.0, 1.0, 1.5, 2.5) as story:
        story.play(DISTURBED, 80)
        assert [watch.mistakes for watch in story.watches] == [[], [], []]
