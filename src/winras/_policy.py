"""When a connection that is kept up is dialled, hung up or left alone: values and one function.

`decide` has no clock, no thread and no RAS: whoever drives it says what happened and when, does
what it decides, and says what came of that. So weeks of it can be tested in seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, fields

from ._arguments import valid_flag, valid_host_port, valid_number, valid_timeout
from ._connections import Connection
from ._enums import _Named

__all__ = [
    "Action",
    "Decision",
    "Happened",
    "KeepEventKind",
    "KeepPolicy",
    "KeepState",
    "Phase",
    "What",
]

# No policy may dial more often: RasMan and the server need time between two dials.
_LEAST_SPACING = 1.0
# How soon, in seconds, a connection is probed that has just come up or has failed a probe.
_SOON = 5.0


class KeepEventKind(_Named):
    """What a keeper has decided or seen: see `winras.KeepEvent`."""

    #: Another keeper, of this or another process, has this entry; this one waits to take over.
    standing_by = "standing_by"
    #: It is dialled.
    dialling = "dialling"
    #: It is up, whoever has dialled it.
    connected = "connected"
    #: It was up and is not.
    dropped = "dropped"
    #: A dial has failed, and the cause may pass.
    failed = "failed"
    #: It is dialled later, for another reason than a failure or a drop.
    waiting = "waiting"
    #: The credentials or the configuration are refused: it waits for others, or for ``retry()``.
    refused = "refused"
    #: Somebody hung it up on purpose, and the policy respects that.
    left_down = "left_down"
    #: It is up, and a probe has failed.
    unhealthy = "unhealthy"
    #: It is up and dead, so it is hung up.
    hanging_up = "hanging_up"
    #: The computer was asleep.
    resumed = "resumed"
    #: RasMan does not answer.
    service_lost = "service_lost"
    #: RasMan answers again.
    service_back = "service_back"
    #: A dial has failed, and this computer has no route.
    network_lost = "network_lost"
    #: This computer has a route again.
    network_back = "network_back"
    #: The keeping is over.
    stopped = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPolicy:
    """How a connection is kept up. Times are seconds of the service's clock.

    The delay before a dial is drawn anew each time, evenly from 0 to *first_delay* times *growth*
    for each dial since the connection was last stable, and at most *longest_delay*: exponential
    backoff with full jitter, so that many computers do not dial at once when their server is back.

    Attributes:
        first_delay: The longest delay before the first dial after a drop; above 0.
        longest_delay: No delay is longer (but for *settle*), however often it fails.
        growth: By what the longest delay grows with each dial; 1 or more.
        least_spacing: Between the beginnings of two dials, whatever happens; 1 or more.
        stable_after: After so long up, the delays begin with *first_delay* again.
        dial_timeout: How long one dial may take.
        settle: What a computer is given after it was asleep, and RasMan and a network when they are
            back, before the next dial.
        check_every: How often RAS is asked, besides its notifications: see `winras.watch`.
        suspicious_tries: 619, 628 and 629 may hide a refused password, and accounts can be locked:
            after so many with the same credentials since it was last up, *longest_delay* passes
            between two dials, never less; 1 or more.
        wait_for_credentials: Whether it waits for other credentials, or for ``retry()``, when
            credentials, certificates or the configuration are refused; else that is raised.
        credentials_every: How often a callable is asked for other credentials then; above 0.
        respect_hang_up: Whether it stays down when the Application log says that a user or a
            program hung it up (631), until somebody connects it, or ``retry()``.
        probe: What tells whether a connection that is up works: ``"host:port"`` or
            ``"[::1]:port"``, to which TCP connects from the tunnel's own address, or a function
            that is given the `winras.Connection` and returns whether it does. None: up is enough.
        probe_every: Between two probes; above 0. After it has come up and after a probe that
            failed, at most 5 seconds.
        probe_timeout: How long one probe may take, in real seconds, as the network is real.
        probe_failures: After so many failed probes in a row, it is hung up and dialled; 1 or more.
        hang_up_at_end: Whether it is hung up when the keeping ends, however it ends.
        network: Tells whether this computer has any route, when a dial has failed as one does
            without. None: there is one if a UDP socket can be connected to a documentation address
            (192.0.2.1 or 2001:db8::1), which sends nothing; always in a simulation.
        jitter: Gives a number from 0 to 1, by which the longest delay is multiplied.

    Raises:
        ValueError, TypeError: A value is out of range or of the wrong type.

    See Microsoft's page *Routing and Remote Access Error Codes*.
    """

    first_delay: float = 1.0
    longest_delay: float = 300.0
    growth: float = 2.0
    least_spacing: float = _LEAST_SPACING
    stable_after: float = 60.0
    dial_timeout: float = 60.0
    settle: float = 2.0
    check_every: float = 5.0
    suspicious_tries: int = 3
    wait_for_credentials: bool = False
    credentials_every: float = 60.0
    respect_hang_up: bool = False
    probe: str | Callable[[Connection], bool] | None = None
    probe_every: float = 60.0
    probe_timeout: float = 5.0
    probe_failures: int = 3
    hang_up_at_end: bool = False
    network: Callable[[], bool] | None = None
    jitter: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "float":
                # As a float: an int may be too large for one.
                object.__setattr__(self, field.name, valid_timeout(value, field.name))
            elif field.type == "int":
                valid_number(field.name, value, 1)
            elif field.type == "bool":
                valid_flag(value, field.name)
            elif callable(value) or (value is None and "None" in str(field.type)):
                pass
            elif field.name == "probe" and isinstance(value, str):
                valid_host_port(value, "probe")
            else:
                raise TypeError(f"{field.name} must be callable, not {type(value).__name__}")
        self._validate_ranges()

    def _validate_ranges(self) -> None:
        above_0 = ("first_delay", "check_every", "credentials_every", "probe_every")
        for name in (*above_0, "dial_timeout", "probe_timeout"):
            if getattr(self, name) == 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        for name, least in (("least_spacing", _LEAST_SPACING), ("growth", 1.0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be {least:g} or more, not {getattr(self, name):g}")
        for name in ("first_delay", "least_spacing"):
            if getattr(self, name) > self.longest_delay:
                raise ValueError(
                    f"longest_delay must be at least {name}, which is {getattr(self, name):g} s, "
                    f"not {self.longest_delay:g} s"
                )


class Phase(_Named):
    """What a keeper is doing."""

    #: It has not looked yet.
    beginning = "beginning"
    #: Another keeper has the entry.
    standing_by = "standing_by"
    #: Its caller is asked for credentials.
    asking = "asking"
    dialling = "dialling"
    up = "up"
    hanging_up = "hanging_up"
    #: It waits for the time of the next dial.
    waiting = "waiting"
    #: It waits for RasMan, or for that time.
    away = "away"
    #: It waits for a network, or for that time.
    offline = "offline"
    #: It waits for other credentials, or for ``retry()``.
    refused = "refused"
    #: It waits for somebody to connect it, or for ``retry()``.
    left_down = "left_down"
    over = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepState:
    """All that a keeper remembers.

    Who keeps an entry once more begins with *asks* and with *dialled* of the last state.

    Attributes:
        asks: Whether somebody can be asked for credentials.
        phase: What it is doing.
        until: When, by the service's clock, it is to be told that the time has come; None: never.
        attempt: How many dials have begun since it was last stable.
        dialled: When the last dial began.
        since: When it came up.
        healthy: When it was last known to work, while it is up.
        failed_probes: How many probes have failed in a row.
        suspicious: How many dials with these credentials have failed in a way that may be a refused
            password, since it was last up.
        credentials: The number of the credentials, which is the same for the same; 0: not asked.
        refused: The numbers of those that were refused.
        forced: Whether ``retry()`` allows one dial with what was refused.
    """

    asks: bool = False
    phase: Phase = Phase.beginning
    until: float | None = None
    attempt: int = 0
    dialled: float = -math.inf
    since: float = -math.inf
    healthy: float = -math.inf
    failed_probes: int = 0
    suspicious: int = 0
    credentials: int = 0
    refused: frozenset[int] = frozenset()
    forced: bool = False


class What(_Named):
    """What can happen to a keeper."""

    #: It has the entry for itself, and has looked whether that is up.
    began = "began"
    #: Another keeper has the entry.
    claimed_by_another = "claimed_by_another"
    #: It is up: its dial has succeeded, or somebody else's has.
    connected = "connected"
    #: It is not up any more, and the keeper has not hung it up.
    dropped = "dropped"
    #: Its dial has failed.
    failed = "failed"
    #: A probe has ended.
    probed = "probed"
    #: Its hang-up has ended.
    hung_up = "hung_up"
    #: The computer was asleep.
    resumed = "resumed"
    #: RasMan does not answer.
    service_lost = "service_lost"
    #: RasMan answers again.
    service_back = "service_back"
    #: There is a route again, while it waits for one.
    network_back = "network_back"
    #: ``KeepState.until`` has come.
    time = "time"
    #: Its caller has given credentials.
    credentials = "credentials"
    #: ``retry()`` was called.
    retry = "retry"
    #: It is to end.
    stop = "stop"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that has happened.

    Attributes:
        what: Its kind.
        code: The error number of *failed*, *dropped*, *hung_up* or *service_lost*; 0: none.
        text: The name of that number; why a probe has failed; why it is to end.
        is_up: Of *began*: whether the connection is up.
        is_on_purpose: Of *dropped*: whether somebody hung it up, as far as is known.
        has_network: Of *failed*: whether this computer has a route.
        is_healthy: Of *probed*: whether it works.
        seconds: Of *resumed*: how long the computer was asleep.
        credentials: Of *credentials*: their number, from 1, the same for the same.
    """

    what: What
    code: int = 0
    text: str = ""
    is_up: bool = False
    is_on_purpose: bool = False
    has_network: bool = True
    is_healthy: bool = False
    seconds: float = 0.0
    credentials: int = 0


class Action(_Named):
    """What is to be done; what comes of it is the next thing that happens."""

    #: What was decided before holds: wait, watch, or wait for what is under way.
    go_on = "go_on"
    #: Dial: then *connected* or *failed*.
    dial = "dial"
    #: It is up: wait for *dropped*, or for the time.
    watch = "watch"
    #: It is down: wait for *connected*, or for the time.
    wait = "wait"
    #: Probe: then *probed*.
    probe = "probe"
    #: Hang up: then *hung_up*.
    hang_up = "hang_up"
    #: Ask for credentials: then *credentials*.
    ask_credentials = "ask_credentials"
    #: Wait until the other keeper has ended: then *began*.
    stand_by = "stand_by"
    #: End it.
    stop = "stop"
    #: End it, and raise what the dial has failed with.
    raise_ = "raise"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, and what is told of it.

    Attributes:
        action: What is to be done.
        until: When, by the service's clock, *time* is to happen; None: never.
        kind: The kind of the event that tells of it; None: nothing is told.
        reason: One sentence.
        seconds: How long it waits until it dials; None if it does not wait for a time.
    """

    action: Action
    until: float | None = None
    kind: KeepEventKind | None = None
    reason: str = ""
    seconds: float | None = None
