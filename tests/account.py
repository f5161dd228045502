"""A watch's account of what happened, held against what did.

`play` makes a random story on the manual clock with a watch in another thread; `differences` says
where the watch has missed something, or has told what is not so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Thread

import winras
from winras.testing import Change, Simulator

__all__ = ["NAMES", "QUIRKS", "STEPS", "Account", "Step", "differences", "play"]

NAMES = ("A", "B", "C")
QUIRKS = ("handle-reuse", "notify-once", "notify-late", "notify-lost", "notify-coalesced")
#: What a step may be; its number chooses a name, a quirk or a time. "both" comes and goes before
#: the watch can look, "burst" besides before it has looked at what was before it.
STEPS = ("connect", "drop", "both", "quirk", "advance", "stop", "start", "burst")

CHECK_EVERY = 5.0
#: How long a change may be signalled before it can be seen.
LATE = 0.25

Step = tuple[str, int]


@dataclass(slots=True)
class Account:
    """What was told, what happened, and when RAS could be asked."""

    events: list[winras.Event] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    away: list[tuple[float, float]] = field(default_factory=list)
    stopped: float | None = None
    unsure: bool = False  # signals were lost or folded at some time
    first_serial: int = 0
    begun: float = 0.0
    ended: float = 0.0


def play(steps: Iterable[Step]) -> Account:
    """Do the steps, and let the watch come to rest."""
    account = Account()
    with Simulator(clock="manual") as ras:
        for name in NAMES:
            ras.add_entry(name)
        ras.connect(NAMES[0])
        account.first_serial = serial_of(winras.get_connection(NAMES[0]))
        ras.drop(NAMES[0])
        watch = winras.watch(check_every=CHECK_EVERY)
        account.begun = watch_time(ras)
        consumer = Thread(target=lambda: account.events.extend(watch))
        consumer.start()
        try:
            for kind, number in steps:
                if kind != "burst":
                    ras.wait_blocked()
                _do(ras, account, kind, number)
            _do(ras, account, "start", 0)
            for _ in range(16):
                ras.wait_blocked()
                ras.advance(1.0)
            ras.wait_blocked()
            account.ended = ras.now
            account.history = list(ras.history)
        finally:
            watch.close()
            consumer.join()
    return account


def _do(ras: Simulator, account: Account, kind: str, number: int) -> None:
    name = NAMES[number % len(NAMES)]
    with contextlib.suppress(winras.RasError):
        if kind in ("connect", "both", "burst"):
            ras.connect(name)
        if kind in ("drop", "both", "burst"):
            ras.drop(name)
    # The signals of a burst fold with those before it.
    account.unsure = account.unsure or kind == "burst"
    if kind == "quirk":
        quirk = QUIRKS[number % len(QUIRKS)]
        (ras.quirks.discard if quirk in ras.quirks else ras.quirks.add)(quirk)
        account.unsure = account.unsure or quirk != "handle-reuse"
    elif kind == "advance":
        ras.advance((0.05, 0.2, 1.0, 6.0, 61.0)[number % 5])
    elif kind == "stop" and account.stopped is None:
        account.stopped = ras.now
        ras.stop_service()
    elif kind == "start" and account.stopped is not None:
        account.away.append((account.stopped, ras.now))
        account.stopped = None
        ras.start_service()


def serial_of(connection: winras.Connection) -> int:
    """How many had been dialled before it: the simulator puts that into the correlation id."""
    assert connection.correlation_id is not None
    return int.from_bytes(connection.correlation_id.bytes_le[8:], "little")


def watch_time(ras: Simulator) -> float:
    """The moment at which the simulation's clock was 0, as events tell time."""
    return winras._native.wall_time(winras._native.service()).timestamp() - ras.now


@dataclass(slots=True)
class _Life:
    """One connection: when it came and went, and what was told of it."""

    name: str
    came: float | None = None
    went: float | None = None
    told: list[tuple[str, float]] = field(default_factory=list)


def _lives(history: Iterable[Change]) -> list[_Life]:
    """By the number of their dialling, which is in their correlation id."""
    lives: list[_Life] = []
    of_handle: dict[int, _Life] = {}
    for change in history:
        if change.what == "dialling":
            of_handle[change.handle] = _Life(change.name)
            lives.append(of_handle[change.handle])
        elif change.what == "connected":
            of_handle[change.handle].came = change.at
        elif change.what == "disconnected":
            of_handle[change.handle].went = change.at
    return lives


def _seen_for(life: _Life, account: Account) -> float:
    """The longest time without a break for which it could be seen."""
    if life.came is None:
        return 0.0
    begins, longest = life.came, 0.0
    end = account.ended if life.went is None else life.went
    for since, until in sorted(account.away):
        if until > begins and since < end:
            longest = max(longest, since - begins)
            # It is asked again at most a check later.
            begins = max(begins, until)
    return max(longest, end - begins)


def differences(account: Account) -> list[str]:
    """Where the account is wrong."""
    found = []
    lives = _lives(account.history)
    lives[0].came = None  # before the watch
    missed = 0
    for event in account.events:
        at = event.at.timestamp() - account.begun
        if event.connection is None:
            missed += event.missed
            continue
        serial = serial_of(event.connection)
        lives[serial - account.first_serial].told.append((event.kind.name, at))
    folded = 0
    for life in lives:
        kinds = [kind for kind, _ in life.told]
        if kinds not in ([], ["connected"], ["connected", "disconnected"]):
            found.append(f"{life.name} has the sequence {kinds}")
            continue
        for kind, at in life.told:
            happened = life.came if kind == "connected" else life.went
            if happened is None or at < happened - 1e-6:
                found.append(f"{life.name} {kind} at {at}, but it happened at {happened}")
        long_enough = _seen_for(life, account) > CHECK_EVERY + LATE
        if long_enough and not kinds:
            found.append(f"{life.name} was up from {life.came} to {life.went}, and is not told")
        if kinds == ["connected"] and life.went is not None:
            found.append(f"{life.name} went at {life.went}, and only came for the watch")
        folded += not kinds and life.came is not None
    if folded and not missed and not account.unsure and not account.away:
        found.append(f"{folded} came and went unseen, and nothing is told as missed")
    return found
