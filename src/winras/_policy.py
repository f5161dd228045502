"""When a connection that is kept up is dialled, hung up or left alone: values and one function.

`decide` has no clock, no thread and no RAS: whoever drives it says what happened and when, does
what it decides, and says what came of that. So weeks of it can be tested in seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from ._arguments import (
    function_problem,
    valid_flag,
    valid_host_port,
    valid_number,
    valid_timeout,
)
from ._connections import Connection
from ._enums import _Named, _Word, win32_code
from ._hints import is_transient
from .exceptions import EntryNotFoundError, RasUnavailableError, class_for

__all__ = [
    "Action",
    "Decision",
    "Happened",
    "KeepEventKind",
    "KeepPolicy",
    "KeepState",
    "Phase",
    "What",
    "decide",
    "may_be_offline",
]

# No policy may dial more often: RasMan and the server need time between two dials.
_LEAST_SPACING = 1.0
# How soon, in seconds, a connection is probed that has just come up or has failed a probe.
_SOON = 5.0

_ERROR_USER_DISCONNECTION = 631

# They pass, although is_transient cannot say so of every call: the handle died while it was dialled
# (6, 668), as when RasMan stops; somebody hung it up meanwhile (631); RasMan is stopped, and this
# user may not start it (711); the entry is being changed or is in use (817).
_PASSING = frozenset((6, 668, _ERROR_USER_DISCONNECTION, 711, 817))

# How a dial may fail where there is no network: the server's name is not resolved (868, and
# WSAHOST_NOT_FOUND to WSANO_DATA of Winsock), the network or the host cannot be reached
# (ERROR_NO_NETWORK, 1231 and 1232, WSAENETDOWN, WSAENETUNREACH, WSAEHOSTUNREACH).
_NO_NETWORK = frozenset((868, 1222, 1231, 1232, 10050, 10051, 10065, *range(11001, 11005)))

# Neither the entry nor RAS comes back because of other credentials.
_ABSENT = (EntryNotFoundError, RasUnavailableError)

# A disturbed line, or a password that was refused: the error does not tell which.
_SUSPICIOUS = frozenset((619, 628, 629))
# While the server looked at the credentials, too (718, ERROR_TIMEOUT): one that takes its time to
# refuse a password has not told before the dial was given up.
_LATE = frozenset((718, 1460))

# What was refused is dialled again when somebody else could connect, because what is saved may be
# other credentials by now: with at most so many refusals since a dial of its own has succeeded.
_MOST_REFUSALS = 3


class KeepEventKind(_Word):
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
        longest_delay: No delay is longer (but for *settle* and *spread*), however often it fails.
        growth: By what the longest delay grows with each dial; 1 or more.
        least_spacing: Between the beginnings of two dials, whatever happens; 1 or more.
        spread: The first dial is made at a moment that is drawn evenly from so long, so that many
            computers that start at once do not dial at once; 0: at once.
        stable_after: After so long up, the delays begin with *first_delay* again.
        dial_timeout: How long one dial may take.
        settle: What a computer is given after it was asleep, and RasMan and a network when they are
            back, before the next dial.
        check_every: How often RAS is asked, besides its notifications: see `winras.watch`.
        suspicious_tries: 619, 628, 629, and 718 and 1460 in the midst of authentication, may hide
            a refused password, and accounts can be locked: after so many with the same credentials
            since it was last up, *longest_delay* passes between two dials, never less; 1 or more.
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
    spread: float = 0.0
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
            elif field.name == "probe" and isinstance(value, str):
                valid_host_port(value, "probe")
            elif value is None and "None" not in str(field.type):
                raise TypeError(f"{field.name} must be callable, not None")
            elif problem := function_problem(field.name, value):
                raise problem
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
                    f"longest_delay must be at least {getattr(self, name):g} s, as {name} is, "
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


# Where nothing is up and nothing is under way, but a dial is to come.
_DIALS_LATER = frozenset((Phase.waiting, Phase.away, Phase.offline))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepState:
    """All that a keeper remembers.

    Who keeps an entry once more begins with *asks* and with *dialled* of the last state.

    Attributes:
        asks: Whether somebody can be asked for credentials.
        is_fixed: Whether they are always the same: neither asked for, nor saved for the entry.
        phase: What it is doing.
        until: When, by the service's clock, it is to be told that the time has come; None: never.
        attempt: How many dials have begun since it was last stable.
        returns: How often RasMan has come back since it was last stable.
        dialled: When the last dial began.
        earliest: When the first dial may begin.
        since: When it came up.
        healthy: When it was last known to work, while it is up.
        failed_probes: How many probes have failed in a row.
        suspicious: How many dials with these credentials have failed in a way that may be a refused
            password, since it was last up.
        credentials: The number of the credentials, which is the same for the same; 0: not asked.
        refused: The numbers of those that were refused.
        refusals: How many dials were refused since one has succeeded.
        forced: Whether ``retry()`` allows one dial with what was refused.
    """

    asks: bool = False
    is_fixed: bool = False
    phase: Phase = Phase.beginning
    until: float | None = None
    attempt: int = 0
    returns: int = 0
    dialled: float = -math.inf
    earliest: float = -math.inf
    since: float = -math.inf
    healthy: float = -math.inf
    failed_probes: int = 0
    suspicious: int = 0
    credentials: int = 0
    refused: frozenset[int] = frozenset()
    refusals: int = 0
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
        code: The error number of *failed*, *dropped*, *hung_up* or *service_lost*; of *began*, with
            which the last dial of another keeper has failed; 0: none, or not known.
        text: The name of that number; why a probe has failed; why it is to end.
        is_up: Of *began*: whether the connection is up; of *connected* and *claimed_by_another*:
            whether somebody else has dialled it.
        has_network: Of *failed*: whether this computer has a route.
        is_authenticating: Of *failed*: whether it failed while the server looked at the
            credentials.
        is_healthy: Of *probed*: whether it works.
        seconds: Of *resumed*: how long the computer was asleep.
        credentials: Of *credentials*: their number, from 1, the same for the same.
    """

    what: What
    code: int = 0
    text: str = ""
    is_up: bool = False
    has_network: bool = True
    is_authenticating: bool = False
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
    #: End it, and raise what the dial has failed with, or that of another keeper.
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


def may_be_offline(code: int) -> bool:
    """Whether a dial may have failed so because this computer has no network."""
    return win32_code(code) in _NO_NETWORK


def decide(
    policy: KeepPolicy, state: KeepState, happened: Happened, now: float, chance: float
) -> tuple[KeepState, Decision]:
    """What to do when something has happened.

    What cannot matter in this phase, such as a probe's answer after a drop, changes nothing.

    Args:
        policy: How the connection is kept up.
        state: What was returned last; ``KeepState(asks=...)`` at first.
        happened: What has happened.
        now: When, by the service's clock, in seconds.
        chance: What ``policy.jitter()`` gave.

    Raises:
        ValueError: *chance* is not from 0 to 1.
    """
    if not 0 <= chance <= 1:
        raise ValueError(f"jitter must give a number from 0 to 1, not {chance!r}")
    return _Step(policy, state, happened, now, chance).decide()


_Decided = tuple[KeepState, Decision]


class _Step:
    """One call of `decide`."""

    def __init__(
        self, policy: KeepPolicy, state: KeepState, happened: Happened, now: float, chance: float
    ) -> None:
        self.policy = policy
        self.state = state
        self.happened = happened
        self.now = now
        self.chance = chance

    def decide(self) -> _Decided:
        if self.state.phase is Phase.over:
            return self._go_on()
        if self.happened.what is What.stop:
            reason = self.happened.text or "it was told to stop"
            return self._enter(Phase.over, Action.stop, KeepEventKind.stopped, reason)
        return _HANDLERS[self.happened.what](self)

    # ---- what happened ----

    def began(self) -> _Decided:
        if self.state.phase not in (Phase.beginning, Phase.standing_by):
            return self.connected() if self.happened.is_up else self._go_on()
        if self.happened.is_up:
            self._doubt_refusal()
            return self._is_up("it is up already, so it is taken as it is")
        if self.state.phase is Phase.standing_by:
            if self.happened.code and not self._passes():
                cause = f"the last dial of another keeper has failed{self._with_number()}"
                return self._refused(cause)
            # When the other keeper has dialled last is not known.
            cause = "the other keeper has ended and it is down"
            return self._dial_after(_LEAST_SPACING, cause)
        self._remember(earliest=self.now + self.chance * self.policy.spread)
        return self._dial_after(0, "it is down")

    def claimed_by_another(self) -> _Decided:
        if self.happened.is_up:
            self._doubt_refusal()
        if self.state.phase is Phase.standing_by:
            return self._go_on()
        reason = "another keeper has this entry, so this one waits until that one has ended"
        return self._enter(Phase.standing_by, Action.stand_by, KeepEventKind.standing_by, reason)

    def connected(self) -> _Decided:
        if self.state.phase in (Phase.up, Phase.hanging_up, Phase.standing_by):
            return self._go_on()
        if self.state.phase is not Phase.dialling or self.happened.is_up:
            self._doubt_refusal()
            return self._is_up("it is up, and another program has dialled it")
        self._remember(suspicious=0, refusals=0)
        return self._is_up(f"it is up (attempt {self.state.attempt})")

    def dropped(self) -> _Decided:
        if self.state.phase is not Phase.up:
            return self._go_on()
        seconds = self.now - self.state.since
        cause = f"it has dropped after {seconds:.1f} s{self._with_number()}"
        if self._is_to_be_left_down():
            return self._leave_down(cause)
        self._begin_anew_after(seconds)
        return self._dial_after(self._backoff(), cause, KeepEventKind.dropped)

    def failed(self) -> _Decided:
        if self.state.phase is not Phase.dialling:
            return self._go_on()
        code = win32_code(self.happened.code)
        cause = f"the dial has failed{self._with_number()}"
        if self._is_to_be_left_down():
            return self._leave_down(cause)
        if not self._passes():
            return self._refused(cause)
        if code in _SUSPICIOUS or (code in _LATE and self.happened.is_authenticating):
            self._remember(suspicious=self.state.suspicious + 1)
        if code in _NO_NETWORK and not self.happened.has_network:
            cause += ", and this computer has no route"
            return self._dial_after(
                self.policy.longest_delay, cause, KeepEventKind.network_lost, Phase.offline
            )
        if self._is_suspicious():
            cause += f", and {self.state.suspicious} such failures may be a refused password"
        else:
            cause += "; that may pass"
        return self._dial_after(self._backoff(), cause, KeepEventKind.failed)

    def probed(self) -> _Decided:
        if self.state.phase is not Phase.up:
            return self._go_on()
        if self.happened.is_healthy:
            self._remember(failed_probes=0, healthy=self.now)
            return self._watch(self.policy.probe_every)
        failed, most = self.state.failed_probes + 1, self.policy.probe_failures
        self._remember(failed_probes=failed)
        why = f": {self.happened.text}" if self.happened.text else ""
        reason = f"probe {failed} of {most} has failed{why}"
        if failed < most:
            return self._watch(min(_SOON, self.policy.probe_every), KeepEventKind.unhealthy, reason)
        reason += ", so it is hung up"
        return self._enter(Phase.hanging_up, Action.hang_up, KeepEventKind.hanging_up, reason)

    def hung_up(self) -> _Decided:
        if self.state.phase is not Phase.hanging_up:
            return self._go_on()
        self._begin_anew_after(self.state.healthy - self.state.since)
        cause = "it is hung up"
        if self.happened.code:
            cause = f"its hang-up has failed{self._with_number()}"
        return self._dial_after(self._backoff(), cause)

    def resumed(self) -> _Decided:
        kind = KeepEventKind.resumed
        cause = f"the computer was asleep for {self.happened.seconds:.1f} s"
        if self.state.phase is Phase.up:
            return self._watch(self.policy.settle, kind, cause)
        if self.state.phase in _DIALS_LATER:
            self._remember(attempt=0, returns=0)
            return self._dial_after(self._settle(), cause, kind)
        return self._go_on(kind, cause)

    def service_lost(self) -> _Decided:
        kind = KeepEventKind.service_lost
        cause = f"RasMan does not answer{self._with_number()}"
        phase = self.state.phase
        if phase is Phase.away:
            return self._go_on()
        if phase is Phase.up:
            self._begin_anew_after(self.now - self.state.since)
        elif phase not in _DIALS_LATER:
            return self._go_on(kind, cause)
        # Dialling starts RasMan, and who has stopped it may be about to start it.
        return self._dial_after(self.policy.settle + self._backoff(), cause, kind, Phase.away)

    def service_back(self) -> _Decided:
        kind, cause = KeepEventKind.service_back, "RasMan answers again"
        # A dial that RasMan has not answered either is waited for after that.
        if self.state.phase in (Phase.away, Phase.waiting):
            # It may have been the dial that RasMan crashed at: ever later, as after failures.
            delay = self.policy.settle + self._backoff(self.state.returns)
            self._remember(returns=self.state.returns + 1)
            return self._dial_after(delay, cause, kind)
        return self._go_on(kind, cause)

    def network_back(self) -> _Decided:
        if self.state.phase is not Phase.offline:
            return self._go_on()
        cause = "this computer has a route again"
        return self._dial_after(self._settle(), cause, KeepEventKind.network_back)

    def time(self) -> _Decided:
        if self.state.until is None or self.now < self.state.until:
            return self._go_on()
        if self.state.phase is Phase.up:
            self._remember(until=None)
            return self.state, Decision(Action.probe)
        if self.state.phase is Phase.refused:
            return self._enter(Phase.asking, Action.ask_credentials)
        return self._dial("the delay is over")

    def credentials(self) -> _Decided:
        given = self.happened.credentials
        if given != self.state.credentials:
            self._remember(credentials=given, suspicious=0)
        if self.state.phase is not Phase.asking:
            return self._go_on()
        if self.state.forced:
            return self._dial_at_once()
        if given in self.state.refused:
            until = self.now + self.policy.credentials_every
            return self._enter(Phase.refused, Action.wait, until=until)
        delay = self._backoff() if self.state.refused else 0
        return self._dial_after(delay, "credentials are given")

    def retry(self) -> _Decided:
        state = self.state
        if state.phase not in _DIALS_LATER | {Phase.asking, Phase.refused, Phase.left_down}:
            return self._go_on()
        if not self._has_to_ask():
            return self._dial_at_once()
        self._remember(forced=True)
        if state.phase is Phase.asking:
            return self._go_on()
        return self._enter(Phase.asking, Action.ask_credentials)

    # ---- what to do ----

    def _remember(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def _go_on(self, kind: KeepEventKind | None = None, reason: str = "") -> _Decided:
        return self.state, Decision(Action.go_on, self.state.until, kind, reason)

    def _enter(
        self,
        phase: Phase,
        action: Action,
        kind: KeepEventKind | None = None,
        reason: str = "",
        *,
        until: float | None = None,
        seconds: float | None = None,
    ) -> _Decided:
        forced = self.state.forced and phase is Phase.asking
        self._remember(phase=phase, until=until, forced=forced)
        return self.state, Decision(action, until, kind, reason, seconds)

    def _is_up(self, reason: str) -> _Decided:
        self._remember(phase=Phase.up, since=self.now, healthy=self.now, failed_probes=0)
        soon = min(_SOON, self.policy.probe_every)
        return self._watch(soon, KeepEventKind.connected, reason)

    def _watch(
        self, seconds: float, kind: KeepEventKind | None = None, reason: str = ""
    ) -> _Decided:
        """It is up: probe it after some seconds, if it is to be probed."""
        until = None if self.policy.probe is None else self.now + seconds
        return self._enter(Phase.up, Action.watch, kind, reason, until=until)

    def _dial_after(
        self,
        delay: float,
        cause: str,
        kind: KeepEventKind = KeepEventKind.waiting,
        phase: Phase = Phase.waiting,
    ) -> _Decided:
        """Dial after a delay in seconds, or later if the last dial was just before."""
        spacing = self.policy.least_spacing
        if self._is_suspicious():
            spacing = self.policy.longest_delay
        moment = max(self.now + delay, self.state.earliest)
        return self._dial_from(moment, spacing, cause, kind, phase)

    def _dial_at_once(self) -> _Decided:
        """Dial because of ``retry()``, with what was refused too."""
        self._remember(refused=self.state.refused - {self.state.credentials})
        spacing, kind = self.policy.least_spacing, KeepEventKind.waiting
        until = self.state.until if self.state.phase in _DIALS_LATER else None
        if until is not None and self.now < until <= self.state.dialled + spacing:
            return self._go_on()  # no sooner than it is dialled anyway
        return self._dial_from(self.now, spacing, "retry was called", kind, Phase.waiting)

    def _dial_from(
        self, moment: float, spacing: float, cause: str, kind: KeepEventKind, phase: Phase
    ) -> _Decided:
        if self.state.credentials in self.state.refused:
            return self._refuse(cause, kind)
        until = max(moment, self.state.dialled + spacing)
        seconds = until - self.now
        if seconds <= 0 and kind is KeepEventKind.waiting:
            return self._dial(cause)
        reason = f"{cause}, so it is dialled in {seconds:.1f} s (attempt {self.state.attempt + 1})"
        return self._enter(phase, Action.wait, kind, reason, until=until, seconds=seconds)

    def _dial(self, cause: str) -> _Decided:
        if self.state.credentials in self.state.refused:
            return self._refuse(cause, KeepEventKind.refused)
        if self._has_to_ask():
            return self._enter(Phase.asking, Action.ask_credentials)
        attempt = self.state.attempt + 1
        self._remember(attempt=attempt, dialled=self.now)
        reason = f"{cause}, so it is dialled (attempt {attempt})"
        return self._enter(Phase.dialling, Action.dial, KeepEventKind.dialling, reason)

    def _refuse(self, cause: str, kind: KeepEventKind) -> _Decided:
        """Wait for what other credentials, or somebody, can do."""
        if not self.state.asks:
            reason = f"{cause}, so it waits until it is told to dial or another program connects it"
            return self._enter(Phase.refused, Action.wait, kind, reason)
        every = self.policy.credentials_every
        reason = f"{cause}, so other credentials are asked for, now and every {every:.1f} s"
        return self._enter(Phase.asking, Action.ask_credentials, kind, reason)

    def _refused(self, cause: str) -> _Decided:
        """A dial has failed, of this keeper or of another, and the next one would fail as well."""
        is_absent = issubclass(class_for(win32_code(self.happened.code)), _ABSENT)
        if is_absent or not self.policy.wait_for_credentials:
            return self._raise(f"{cause}, which dialling again cannot mend")
        self._remember(
            refused=self.state.refused | {self.state.credentials},
            refusals=self.state.refusals + 1,
        )
        return self._refuse(cause, KeepEventKind.refused)

    def _leave_down(self, cause: str) -> _Decided:
        reason = (
            f"{cause}, so it is left down until another program connects it or it is told to dial"
        )
        return self._enter(Phase.left_down, Action.wait, KeepEventKind.left_down, reason)

    def _raise(self, reason: str) -> _Decided:
        return self._enter(Phase.over, Action.raise_, KeepEventKind.stopped, reason)

    # ---- what it rests on ----

    def _passes(self) -> bool:
        """Whether what a dial has failed with may pass."""
        code = win32_code(self.happened.code)
        is_absent = issubclass(class_for(code), _ABSENT)
        return not is_absent and (is_transient(code) or code in _PASSING | _NO_NETWORK)

    def _is_to_be_left_down(self) -> bool:
        by_others = win32_code(self.happened.code) == _ERROR_USER_DISCONNECTION
        return by_others and self.policy.respect_hang_up

    def _has_to_ask(self) -> bool:
        return self.state.asks and self.state.credentials in self.state.refused | {0}

    def _is_suspicious(self) -> bool:
        return self.state.suspicious >= self.policy.suspicious_tries

    def _backoff(self, times: int | None = None) -> float:
        """The delay after so many times; None: after the dials since it was stable."""
        policy = self.policy
        times = self.state.attempt if times is None else times
        try:
            most = min(policy.longest_delay, policy.first_delay * policy.growth**times)
        except OverflowError:
            most = policy.longest_delay
        return self.chance * most

    def _settle(self) -> float:
        return self.policy.settle + self.chance * self.policy.first_delay

    def _begin_anew_after(self, seconds: float) -> None:
        """Begin with the shortest delays again, if it has worked for so long."""
        if seconds >= self.policy.stable_after:
            self._remember(attempt=0, returns=0)

    def _doubt_refusal(self) -> None:
        """Somebody else could connect, so what is saved may be other credentials than before."""
        state = self.state
        if not (state.asks or state.is_fixed) and state.refusals < _MOST_REFUSALS:
            self._remember(refused=state.refused - {state.credentials})

    def _with_number(self) -> str:
        code, text = self.happened.code, self.happened.text
        return f" with {code} {text}".rstrip() if code else ""


_HANDLERS: dict[What, Callable[[_Step], _Decided]] = {
    What.began: _Step.began,
    What.claimed_by_another: _Step.claimed_by_another,
    What.connected: _Step.connected,
    What.dropped: _Step.dropped,
    What.failed: _Step.failed,
    What.probed: _Step.probed,
    What.hung_up: _Step.hung_up,
    What.resumed: _Step.resumed,
    What.service_lost: _Step.service_lost,
    What.service_back: _Step.service_back,
    What.network_back: _Step.network_back,
    What.time: _Step.time,
    What.credentials: _Step.credentials,
    What.retry: _Step.retry,
}
