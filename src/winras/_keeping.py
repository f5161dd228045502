"""Keeping a connection up: what `_policy.decide` decides is done here, with RAS, and told.

A `Run` is one call of `Keeper.keep`. It has no thread of its own but for what must not hold up its
end: a probe, a function that is asked for credentials, and the Application log.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import math
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from . import _native
from ._arguments import function_problem, valid_phonebook, valid_text, valid_until
from ._connections import Connection, hanging_up, is_entry, is_same, list_connections
from ._credentials import Credentials, credentials_problem
from ._dialing import dialling
from ._enums import ConnectionState, EventKind, ReasonKind
from ._log import decided
from ._models import Json, to_json
from ._operations import Operation, StartRasMan
from ._phonebook import find_entry
from ._policy import (
    Action,
    Decision,
    Happened,
    KeepEventKind,
    KeepPolicy,
    KeepState,
    Phase,
    What,
    decide,
    may_be_offline,
)
from ._probe import has_route, is_reached
from ._text import shown
from ._watching import Event, Watch
from ._why import Reason, why
from .exceptions import EntryNotFoundError, RasError, RasUnavailableError

__all__ = [
    "UNTIL_SAYS_SO",
    "USUAL_POLICY",
    "AsksCredentials",
    "KeepEvent",
    "Keeper",
    "Run",
    "Until",
    "keep_connected",
]

_T = TypeVar("_T")

Until = datetime | timedelta | Callable[[], bool] | None
AsksCredentials = Callable[[], Credentials | None]
_GivesCredentials = (
    Credentials | AsksCredentials | Callable[[], Awaitable[Credentials | None]] | None
)

# What of a watch matters here.
_KINDS = frozenset(
    (
        EventKind.connected,
        EventKind.disconnected,
        EventKind.service_lost,
        EventKind.service_back,
    )
)

# Seconds of the service's clock. The longest wait: so late is a sleep of the computer noticed if
# nothing else is. The shortest sleep that is one. How often another keeper's claim is tried. How
# long a hang-up may take.
_LONGEST_WAIT = 30.0
_SHORTEST_SLEEP = 1.0
_CLAIM_EVERY = 1.0
_HANG_UP_SECONDS = 30.0
# Seconds of real time. How long a hang-up is waited for when the keeping is to end at once. How
# long the Application log, which itself gives up after 15 s, where only an event has its answer,
# and where it decides. How often a wait for another thread looks whether it is to end.
_END_SECONDS = 0.75
_LOG_SECONDS = 2.0
_DECIDING_LOG_SECONDS = 20.0
# Seconds by which the date may have been set since.
_LOG_MARGIN = 60.0
_SLICE = 0.1
# RAS's clock counts microseconds, so a wait may end so much before its time.
_TICK = 1e-6

# What a keeper does only when it has the entry for itself, and where it leaves that to others. Not
# where it was refused: each of them would be refused, too.
_NEEDS_CLAIM = frozenset((What.connected, What.credentials, What.retry))
_CLAIMS_NOTHING = frozenset((Phase.standing_by, Phase.left_down))

# From where on the server may refuse the credentials, up to where it has accepted them.
_AUTHENTICATING = frozenset(
    (
        *range(ConnectionState.Authenticate, ConnectionState.Authenticated),
        ConnectionState.StartAuthentication,
    )
)

# Which function of RAS a log record is about.
_FUNCTIONS = {Action.dial: "RasDial", Action.hang_up: "RasHangUp"}

#: Why it ends when the function that is *until* says so.
UNTIL_SAYS_SO = "it is kept up no longer, because until says so"

#: The policy where none is given.
USUAL_POLICY = KeepPolicy()


@dataclass(frozen=True, slots=True)
class KeepEvent:
    """Something that a keeper has decided or seen, and why.

    Attributes:
        kind: What it is.
        at: When, in UTC; in a simulation, simulated time.
        entry: The name of the entry.
        reason: One sentence, in words and numbers.
        attempt: How many dials have begun since the connection was last stable; 0 for none.
        seconds: How long it waits before it dials; None if it does not wait for a time.
        error: What the dial or the hang-up has failed with, or None.
        connection: The connection that it is about, or None.
        why: Of ``dropped`` and ``left_down``, what the Application log tells, if it does; or None.
    """

    kind: KeepEventKind
    at: datetime
    entry: str
    reason: str
    attempt: int = 0
    seconds: float | None = None
    error: RasError | None = None
    connection: Connection | None = None
    why: Reason | None = None

    def __str__(self) -> str:
        """The reason, in one line."""
        return shown(self.reason)

    def to_dict(self) -> dict[str, Json]:
        """The event in plain values for JSON, with the keys of ``winras keep --json``.

        Of its connection there is the handle, None where it has none. *at* is ISO 8601 in UTC with
        milliseconds and a Z.
        """
        return {
            "kind": to_json(self.kind),
            "at": to_json(self.at),
            "entry": self.entry,
            "reason": self.reason,
            "attempt": self.attempt,
            "seconds": self.seconds,
            "error": self.error.to_dict() if self.error else None,
            "handle": self.connection.handle if self.connection else None,
            "why": self.why.to_dict() if self.why else None,
        }


def keep_connected(
    entry: str,
    *,
    phonebook: str | None = None,
    credentials: Credentials | AsksCredentials | None = None,
    policy: KeepPolicy = USUAL_POLICY,
    until: Until = None,
    on_event: Callable[[KeepEvent], object] | None = None,
) -> Connection | None:
    """Keep the connection of a phone-book entry up: dial it, watch it, and dial it again.

    It is ``Keeper(entry, ...).keep(until)``. A connection that is up already is taken as it is,
    whoever has dialled it. After a drop, and after a failure that may pass, it is dialled again, at
    delays that grow as *policy* says: a `winras.KeepPolicy`. With credentials that were refused it
    is never dialled again, so that no account is locked.

    Only one keeper of this user keeps an entry at a time, in whichever process, also while it waits
    after a refusal. Another one stands by, and takes over when that has ended; with what is saved
    for the entry it does not dial if the Application log tells that it was refused meanwhile.

    Args:
        entry: The name of the entry, in upper or lower case.
        phonebook: The path of the phone book; None for those of this user and of all users. If both
            have the entry, this user's is meant.
        credentials: Who dials; None for what is saved for the entry. Or a function that gives them,
            or None, when it is asked: before the first dial, and when those that it gave were
            refused, every ``policy.credentials_every`` seconds. It is called in a thread of its
            own, which is not waited for when the keeping ends.
        policy: When it is dialled, hung up or left alone.
        until: When this is to return: a datetime with a time zone; a timedelta, from now; a
            function that is asked at least every 250 ms of real time, and says True; None: never.
        on_event: Called in this thread with each `winras.KeepEvent`. An exception from it ends the
            keeping, and is raised here.

    Returns:
        The connection, if it was up and was left so; else None.

    Raises:
        winras.AuthenticationError: The server refuses the credentials, and the policy does not wait
            for others.
        winras.EntryNotFoundError: No phone book has the entry (any more).
        winras.RasUnavailableError: This system has no RAS, or RasMan is disabled.
        winras.RasError: Anything else that dialling again cannot mend.
        KeyboardInterrupt: Ctrl+C. As with every exception, what is being dialled is hung up before;
            what is up stays up, or is hung up if that is the policy.
        ValueError, TypeError: An argument is out of range or of the wrong type.
        RuntimeError: The simulator has ended.

    See Microsoft's pages *RasDial function* and *RasConnectionNotification function*.
    """
    if not callable(credentials) and (
        problem := credentials_problem(credentials, may_be_none=True)
    ):
        del credentials  # a traceback may show variables, and this may be a password
        raise problem
    keeper = Keeper(
        entry, phonebook=phonebook, credentials=credentials, policy=policy, on_event=on_event
    )
    return keeper.keep(until)


class Keeper:
    """Keeps the connection of a phone-book entry up: see `keep_connected`.

    `stop` and `retry` may be called from any thread, and from a signal handler.

    Args:
        entry: As there.
        phonebook: As there.
        credentials: As there; a coroutine function too, for `winras.aio.keep` only.
        policy: As there.
        on_event: As there.

    Raises:
        ValueError, TypeError: An argument is out of range or of the wrong type.
    """

    def __init__(
        self,
        entry: str,
        *,
        phonebook: str | None = None,
        credentials: _GivesCredentials = None,
        policy: KeepPolicy = USUAL_POLICY,
        on_event: Callable[[KeepEvent], object] | None = None,
    ) -> None:
        if not callable(credentials) and (
            problem := credentials_problem(credentials, may_be_none=True)
        ):
            del credentials  # a traceback may show variables, and this may be a password
            raise problem
        if not valid_text("name", entry, "entry"):
            raise ValueError("entry must be the name of an entry, not an empty text")
        if not isinstance(policy, KeepPolicy):
            raise TypeError(f"policy must be a KeepPolicy, not {type(policy).__name__}")
        if problem := function_problem("on_event", on_event):
            raise problem
        self._entry = entry
        self._phonebook = valid_phonebook(phonebook)
        self._credentials = credentials
        self._policy = policy
        self._on_event = on_event
        # The run, by its process: a child of fork() has none. setdefault() is one step, which no
        # other thread can interrupt.
        self._runs: dict[int, Run] = {}
        self._is_stopping = False
        # When the last dial began, and at which service.
        self._dialled = (0, -math.inf)

    def keep(self, until: Until = None) -> Connection | None:
        """Keep it up until then, or up to `stop`. It can be called again when it has returned.

        Args:
            until: As for `keep_connected`, which says what is returned and raised.

        Raises:
            RuntimeError: This keeper keeps it up already, in another thread or in this one: its
                *on_event* cannot call this.
            TypeError: The credentials are a coroutine function.
        """
        if inspect.iscoroutinefunction(self._credentials):
            raise TypeError(
                "credentials is a coroutine function, which only winras.aio.keep awaits"
            )
        return Run(self, until).keep()

    def stop(self) -> None:
        """Have `keep` return within a second; if nobody is in there, the next call returns at once.

        What is being dialled is hung up; what is up stays up, or is hung up if that is the policy.
        A call of RAS cannot be interrupted: one that does not return yet is waited for, but in
        `winras.aio.keep` for 2 s only. The end of the process waits up to 3 s more for a port that
        closes.
        """
        self._is_stopping = True
        if (run := self._runs.get(os.getpid())) is not None:
            run.rouse()

    def retry(self) -> None:
        """Dial now, whatever is waited for, and once with what was refused, too.

        Two dials are at least a second apart all the same. What is up, or kept by another keeper,
        is left alone.
        """
        if (run := self._runs.get(os.getpid())) is not None:
            run.retry()


class Run:
    """One call of `Keeper.keep`, for once."""

    def __init__(
        self,
        keeper: Keeper,
        until: Until,
        *,
        on_event: Callable[[KeepEvent], object] | None = None,
        credentials: AsksCredentials | None = None,
        is_unwanted: Callable[[], bool] | None = None,
        on_stop: Callable[[], object] | None = None,
    ) -> None:
        """Prepare it.

        Args:
            keeper: What is kept, and how.
            until: Up to when.
            on_event: Called instead of the keeper's.
            credentials: Asked instead of the keeper's, if these are a function.
            is_unwanted: Asked at least every 250 ms: whether it is to end, as by `stop`.
            on_stop: Called when `stop` is, there or here, from any thread.
        """
        given = keeper._credentials
        self._keeper = keeper
        self._policy = keeper._policy
        self._until = valid_until(until)
        self._on_event = on_event or keeper._on_event
        self._asks = credentials or (cast("AsksCredentials", given) if callable(given) else None)
        self._credentials = None if callable(given) else given
        self._is_unwanted = is_unwanted
        self._on_stop = on_stop
        self._is_stopped = self._is_retried = self._is_running = False
        self._state = KeepState(asks=self._asks is not None, is_fixed=self._credentials is not None)
        # As they were given, until RAS has listed the entry.
        self._name, self._path = keeper._entry, keeper._phonebook
        self._claim: _native.Claim | None = None
        self._connection: Connection | None = None
        # The numbers of credentials, by hash: nothing here keeps an old password.
        self._numbers: dict[int, int] = {}
        self._error: RasError | None = None
        # The last state of the last dial.
        self._came_to = ConnectionState.OpenPort
        self._reason: Reason | None = None
        # Since when it stands by.
        self._stands_by: datetime | None = None
        self._news: deque[Happened] = deque()
        self._watch: Watch | None = None
        self._operation: Operation | None = None
        self._asking: _Asked[Credentials | None] | None = None
        self._probing: _Asked[tuple[bool, str]] | None = None
        self._explaining: _Asked[Reason] | None = None
        self._networking: _Asked[bool] | None = None
        # Why it is to end: *until* may say so only once.
        self._ending: Happened | None = None

    # ---- from any thread ----

    def stop(self) -> None:
        """Have `keep` return within a second."""
        self._is_stopped = True
        self.rouse()

    def rouse(self) -> None:
        """Have it look whether it is to end: nothing that takes time is waited for any more."""
        operation, events = self._operation, self._watch  # its own thread may end them meanwhile
        if operation is not None:
            operation.close()
        if events is not None:
            events.rouse()
        if self._on_stop is not None:
            self._on_stop()

    def leave(self) -> Connection | None:
        """Return what `keep` would if a call of RAS did not hold it up.

        It ends in its thread when that call has, and keeps its claim up to then; another run of the
        keeper can begin before, and stands by.
        """
        self._is_stopped = True
        self._on_event = None
        self._leave_keeper()
        return None if self._policy.hang_up_at_end else self._connection

    def retry(self) -> None:
        """Dial now."""
        self._is_retried = True
        events = self._watch
        if events is not None:
            events.rouse()

    # ---- in the thread of keep() ----

    def keep(self) -> Connection | None:
        """Do what `Keeper.keep` does."""
        keeper = self._keeper
        self._thread = threading.get_ident()
        there = keeper._runs.setdefault(os.getpid(), self)
        # A thread whose keeping an exception has interrupted at its end can begin another.
        is_left = there._thread == self._thread and not there._is_running
        if there is not self and not is_left:
            raise RuntimeError("this keeper is already keeping its connection up")
        keeper._runs[os.getpid()] = self
        try:
            self._is_running = True
            try:
                return self._keep()
            finally:
                self._end()
        finally:
            self._end()  # Ctrl+C may have come in the first

    def _end(self) -> None:
        """Leave the entry, and the keeper, to others."""
        self._is_running = False
        if self._claim is not None:
            self._claim.give_up()
        self._leave_keeper()

    def _leave_keeper(self) -> None:
        keeper = self._keeper
        if keeper._runs.get(os.getpid()) is self:
            keeper._is_stopping = False
            keeper._runs.clear()

    def _keep(self) -> Connection | None:
        self._service = service = _native.service()
        self._slept = _native.suspended(service)
        self._limit: float | None = None
        if isinstance(self._until, timedelta):
            self._limit = _native.now(service) + self._until.total_seconds()
        of, dialled = self._keeper._dialled
        if of == service:
            self._state = replace(self._state, dialled=dialled)
        self._watch = events = Watch(
            connection=None,
            kinds=_KINDS,
            timeout=None,
            check_every=self._policy.check_every,
            initial=True,
            patient=True,
        )
        try:
            with events:
                happened: Happened | None = self._begin(events)
                while happened is not None:
                    happened = self._step(events, happened)
        except BaseException:
            self._hang_up_at_end(is_hurried=True)
            raise
        finally:
            self._watch = None
            self._keeper._dialled = service, self._state.dialled
        return self._connection

    def _begin(self, events: Watch) -> Happened:
        try:
            if not self._has_claim():
                return Happened(What.claimed_by_another)
        except RasError as failed:
            has_meaning = isinstance(failed, EntryNotFoundError | RasUnavailableError)
            if has_meaning or self._claim is not None:
                raise
            # RAS cannot list the entries just now; the first dial asks for them again.
        return self._stopping() or self._began(events)

    def _began(self, events: Watch) -> Happened:
        self._news.clear()
        events.renew(0.0)
        self._connection = self._find_up(events)
        return Happened(What.began, is_up=self._connection is not None)

    def _took_over(self, events: Watch) -> Happened:
        """The other keeper has ended; what is saved for the entry may have been refused to it."""
        began = self._began(events)
        if began.is_up or self._asks is not None or self._credentials is not None:
            return began
        reason = self._read_log(self._name, self._stands_by, _DECIDING_LOG_SECONDS)
        if reason is None or reason.kind is not ReasonKind.failed or not reason.code:
            return self._stopping() or began
        message = f"{reason} (Another keeper has dialled it.)"
        self._error = _native.error(reason.code, "RasDial", message)
        return replace(began, code=reason.code, text=reason.code_name)

    def _step(self, events: Watch, happened: Happened) -> Happened | None:
        """Decide, tell, act, and return what has happened then; None: it is over."""
        if happened.what in _NEEDS_CLAIM and self._claim and not self._claim.take():
            is_up = happened.what is What.connected
            happened = Happened(What.claimed_by_another, is_up=is_up)
        now, about = _native.now(self._service), self._connection
        if happened.what is What.time and self._state.until is not None:
            now = max(now, self._state.until)
        if happened.what in (What.dropped, What.claimed_by_another):
            self._connection = None
        self._state, decision = decide(
            self._policy, self._state, happened, now, self._policy.jitter()
        )
        if self._state.phase in _CLAIMS_NOTHING and self._claim is not None:
            self._claim.give_up()
        if decision.action is Action.stand_by:
            self._stands_by = _native.wall_time(self._service)
        if decision.action in (Action.stop, Action.raise_):
            words = self._hang_up_at_end(is_hurried=self._is_told_to_stop())
            decision = replace(decision, reason=decision.reason + words)
        if happened.what is not What.dropped:
            about = self._connection
        self._tell(happened, decision, about)
        return self._do(events, decision.action)

    def _do(self, events: Watch, action: Action) -> Happened | None:
        if action is Action.stop:
            return None
        if action is Action.raise_:
            assert self._error is not None
            raise self._error
        if action is Action.dial:
            return self._dial(events)
        if action is Action.hang_up:
            return self._hang_up()
        if action is Action.probe:
            return self._probe(events)
        if self._state.phase is Phase.asking:
            return self._ask()
        return self._wait(events)

    def _tell(self, happened: Happened, decision: Decision, connection: Connection | None) -> None:
        """Tell what was decided, in a log record and an event."""
        kind, attempt = decision.kind, self._state.attempt
        if kind is None:
            return
        decided(
            "a keeper: %s; attempt %d, in %.3f s",
            kind.value,
            attempt,
            decision.seconds or 0.0,
            function=_FUNCTIONS.get(decision.action, "RasEnumConnections"),
            handle=connection.handle if connection else 0,
            result=happened.code,
        )
        on_event = self._on_event  # leave() may end it meanwhile
        if on_event is None:
            return
        has_failed = happened.what in (What.failed, What.hung_up) and happened.code
        on_event(
            KeepEvent(
                kind=kind,
                at=_native.wall_time(self._service),
                entry=self._name,
                reason=decision.reason,
                attempt=attempt,
                seconds=decision.seconds,
                error=self._error if has_failed else None,
                connection=connection,
                why=self._reason if happened.what is What.dropped else None,
            )
        )

    # ---- the claim ----

    def _has_claim(self) -> bool:
        """Whether no other keeper has the entry, which this one has then.

        Raises:
            winras.RasError: RAS cannot list the entries, or has not this one.
        """
        if self._claim is None:
            starting = StartRasMan(self._service, "RasEnumEntries")
            with self._closing(starting), starting.before_call():
                path, self._name = find_entry(self._name, self._path or None, self._service)
            self._path = path
            self._claim = _native.Claim(_claim_key(path, self._name, self._service))
        return self._claim.take()

    # ---- waits ----

    def _is_told_to_stop(self) -> bool:
        return (
            self._is_stopped
            or self._keeper._is_stopping
            or (self._is_unwanted is not None and self._is_unwanted())
        )

    def _left(self) -> float:
        """How many seconds are left of its time; infinitely many if it has no limit."""
        if isinstance(self._until, datetime):
            return (self._until - _native.wall_time(self._service)).total_seconds()
        if self._limit is not None:
            return self._limit - _native.now(self._service)
        return math.inf

    def _stopping(self) -> Happened | None:
        """What happens if it is to end."""
        self._ending = self._ending or self._find_ending()
        return self._ending

    def _find_ending(self) -> Happened | None:
        if self._is_told_to_stop():
            return Happened(What.stop, text="it was told to stop")
        if self._left() <= _TICK:
            return Happened(What.stop, text="the time for which it is kept up is over")
        if callable(self._until) and self._until():
            return Happened(What.stop, text=UNTIL_SAYS_SO)
        return None

    def _is_wanted(self) -> bool:
        return self._stopping() is None

    @property
    def _polled(self) -> Callable[[], bool] | None:
        """What is asked every 250 ms: nothing, if whoever ends it rouses it."""
        return self._is_wanted if callable(self._until) or self._is_unwanted else None

    def _wait(self, events: Watch) -> Happened:
        """Wait until something happens that is to be decided about."""
        while True:
            events.renew(self._pause())
            for is_last in (False, True):
                if (happened := self._noticed(events)) is not None:
                    return happened
                if not is_last:
                    events.wait(self._polled)

    def _pause(self) -> float:
        """For how long at most there is nothing to look at."""
        pause = min(_LONGEST_WAIT, max(self._left(), 0.0))
        if self._state.until is not None:
            pause = min(pause, max(self._state.until - _native.now(self._service), 0.0))
        if self._state.phase is Phase.standing_by:
            pause = min(pause, _CLAIM_EVERY)
        if self._state.phase is Phase.offline:
            pause = min(pause, self._policy.check_every)
        return pause

    def _noticed(self, events: Watch) -> Happened | None:
        """What is different by now."""
        while (event := events.next_told()) is not None:
            self._note(event)
        # A drop first: what is known to be down is dialled when the computer has settled.
        return (
            self._stopping()
            or self._lost(events)
            or self._resumed()
            or self._seen(events)
            or self._due()
        )

    def _lost(self, events: Watch) -> Happened | None:
        if self._connection is None or not self._is_gone(events, self._connection):
            return None
        return self._dropped()

    def _resumed(self) -> Happened | None:
        slept = _native.suspended(self._service) - self._slept
        if slept <= _SHORTEST_SLEEP:
            return None
        self._slept += slept
        return Happened(What.resumed, seconds=slept)

    def _seen(self, events: Watch) -> Happened | None:
        """What has become of the other keeper, of RasMan, or of what others dial."""
        if self._state.phase is Phase.standing_by:
            return self._took_over(events) if self._has_claim() else None
        if self._news:
            return self._news.popleft()
        if self._state.phase is not Phase.up and not events.is_lost:
            self._connection = self._find_up(events)
            if self._connection is not None:
                return Happened(What.connected)
        return None

    def _due(self) -> Happened | None:
        """For what it is time."""
        if self._is_retried:
            self._is_retried = False
            return Happened(What.retry)
        if self._state.phase is Phase.offline and self._has_network():
            return Happened(What.network_back)
        until = self._state.until
        if until is not None and _native.now(self._service) >= until - _TICK:
            return Happened(What.time)
        return None

    def _note(self, event: Event) -> None:
        if event.kind is EventKind.service_lost:
            name = _native.error_name(event.error)
            self._news.append(Happened(What.service_lost, code=event.error, text=name))
        elif event.kind is EventKind.service_back:
            self._news.append(Happened(What.service_back))

    def _find_up(self, events: Watch) -> Connection | None:
        """The connection of the entry, if one is up."""
        return next((c for c in events.known if is_entry(c, self._name, self._path or None)), None)

    def _is_gone(self, events: Watch, connection: Connection) -> bool:
        """Whether it is not up any more; and if it is, know it as RAS lists it now."""
        still = [known for known in events.known if is_same(connection, known)]
        if not still:
            # A look may have had no answer about one that has come up just now.
            try:
                still = [c for c in list_connections(self._service) if is_same(connection, c)]
            except RasError:
                return False  # asked again at the next wait
        self._connection = still[0] if still else connection
        return not still

    def _dropped(self) -> Happened:
        connection = self._connection
        assert connection is not None
        self._reason = self._find_reason(connection)
        if self._reason is None:
            return Happened(What.dropped)
        return Happened(What.dropped, code=self._reason.code or 0, text=self._reason.code_name)

    def _find_reason(self, connection: Connection) -> Reason | None:
        """What the Application log tells, if anybody wants to know; it may not answer for long."""
        if self._on_event is None and not self._policy.respect_hang_up:
            return None
        # Only since it was dialled, as far as is known: the log may be long.
        seconds = _native.now(self._service) - self._state.dialled + _LOG_MARGIN
        since = timedelta(seconds=seconds) if math.isfinite(seconds) else None
        patience = _DECIDING_LOG_SECONDS if self._policy.respect_hang_up else _LOG_SECONDS
        reason = self._read_log(connection, since, patience)
        if reason is None:
            return None
        return reason if reason.kind in (ReasonKind.dropped, ReasonKind.ended) else None

    def _read_log(
        self, about: Connection | str, since: datetime | timedelta | None, patience: float
    ) -> Reason | None:
        """What the Application log tells; None if it has not answered in time."""
        if self._explaining is not None and not self._explaining.is_over:
            return None  # the log has not answered the last time yet
        self._explaining = asked = _Asked(lambda: why(about, since=since))
        if not asked.wait(patience, self._is_wanted):
            return None
        try:
            return asked.answer()
        except RasError:
            return None

    def _has_network(self) -> bool:
        if self._policy.network is None:
            return self._service != 0 or has_route()
        if self._networking is None or self._networking.is_over:
            self._networking = _Asked(self._policy.network)
        asked = self._networking
        return not asked.wait(self._policy.probe_timeout, self._is_wanted) or asked.answer()

    # ---- what is done ----

    @contextlib.contextmanager
    def _closing(self, operation: Operation) -> Iterator[None]:
        """Have it closed when the keeping is to end."""
        self._operation = operation
        try:
            if self._is_told_to_stop():
                operation.close()
            yield
        finally:
            self._operation = None

    def _dial(self, events: Watch) -> Happened:
        self._news.clear()
        self._came_to = ConnectionState.OpenPort
        try:
            if not self._has_claim():
                return Happened(What.claimed_by_another)
            events.renew(0.0)
            self._connection = None if events.is_lost else self._find_up(events)
            if self._connection is not None:
                return Happened(What.connected, is_up=True)
            self._dial_now()
        except RasError as failed:
            self._connection = None
            if (stopping := self._stopping()) is not None:
                return stopping
            self._error = failed
            has_network = not may_be_offline(failed.code) or self._has_network()
            return Happened(
                What.failed,
                code=failed.code,
                text=failed.name,
                has_network=has_network,
                is_authenticating=self._came_to in _AUTHENTICATING,
            )
        return Happened(What.connected)

    def _dial_now(self) -> None:
        with (
            dialling(
                self._name,
                phonebook=self._path or None,
                phone_number=None,
                credentials=self._credentials,
                use_saved=True,
                sub_entry=0,
                timeout=max(min(self._policy.dial_timeout, self._left()), 0.0),
                on_progress=None,
            ) as operation,
            self._closing(operation),
        ):
            # In the block: what comes up is never without somebody who knows of it.
            try:
                self._connection = operation.run(self._polled)
            finally:
                # What is done before RasDial, and tried again in it, may take long.
                self._came_to = operation.state
                dialled = max(self._state.dialled, operation.dialled)
                self._state = replace(self._state, dialled=dialled)

    def _hang_up(self) -> Happened:
        assert self._connection is not None
        operation = hanging_up(self._connection, timeout=_HANG_UP_SECONDS, all_references=True)
        happened = Happened(What.hung_up)
        try:
            with self._closing(operation):
                operation.run(self._polled and self._close_unwanted)
        except RasError as failed:
            self._error = failed
            happened = self._stopping() or replace(happened, code=failed.code, text=failed.name)
        self._connection = None
        return happened

    def _close_unwanted(self) -> None:
        if not self._is_wanted() and self._operation is not None:
            self._operation.close()

    def _hang_up_at_end(self, *, is_hurried: bool) -> str:
        """Hang up if that is the policy; return what there is to say, as the end of a sentence."""
        if self._connection is None or not self._policy.hang_up_at_end:
            return ", and it is left up" if self._connection is not None else ""
        operation = hanging_up(self._connection, timeout=_HANG_UP_SECONDS, all_references=True)
        limit = time.monotonic() + _END_SECONDS if is_hurried else None

        def end_in_time() -> None:
            nonlocal limit
            if limit is None and self._is_told_to_stop():
                limit = time.monotonic() + _END_SECONDS
            if limit is not None and time.monotonic() > limit:
                operation.close()

        try:
            operation.run(end_in_time)
        except RasError as failed:
            words = f", and its hang-up goes on ({failed.code} {failed.name})"
        else:
            words = ", and it is hung up"
        self._connection = None
        return words

    def _probe(self, events: Watch) -> Happened:
        probe, connection = self._policy.probe, self._connection
        assert probe is not None
        assert connection is not None
        if self._probing is not None and not self._probing.is_over:
            return Happened(What.probed, text="the last probe has not returned yet")
        seconds = self._policy.probe_timeout
        if isinstance(probe, str):
            self._probing = _Asked(lambda: is_reached(probe, connection, seconds))
        else:
            self._probing = _Asked(lambda: (bool(probe(connection)), ""))
        if not self._probing.wait(seconds, self._is_wanted):
            text = f"no answer in {seconds:g} s"
            return self._stopping() or Happened(What.probed, text=text)
        try:
            is_healthy, text = self._probing.answer()
        except Exception as raised:  # noqa: BLE001  whatever it raises, it does not work
            is_healthy, text = False, f"{type(raised).__name__}: {raised}"
        if not is_healthy:
            events.renew(0.0)
            if self._is_gone(events, connection):
                return self._dropped()
        return Happened(What.probed, is_healthy=is_healthy, text=text)

    def _ask(self) -> Happened:
        """Ask for credentials, in a thread that may take its time."""
        assert self._asks is not None
        if self._asking is None:
            self._asking = _Asked(self._asks)
        while not self._asking.wait(_SLICE, self._is_wanted):
            if (stopping := self._stopping()) is not None:
                return stopping
            if self._is_retried:
                self._is_retried = False
                return Happened(What.retry)
        asked, self._asking = self._asking, None
        self._credentials = asked.answer()
        if problem := credentials_problem(self._credentials, may_be_none=True):
            self._credentials = None  # a traceback may show variables, and this may be a password
            raise problem
        number = self._numbers.setdefault(hash(self._credentials), len(self._numbers) + 1)
        return Happened(What.credentials, credentials=number)


class _Asked(Generic[_T]):
    """A call in a thread of its own, which need not be waited for."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        # Its methods may be called where a signal handler calls them too.
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._answers: list[_T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="winras", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answers.append(self._call())
        except BaseException as error:  # noqa: BLE001  answer() raises it
            self._errors.append(error)
        self._told.put(None)

    @property
    def is_over(self) -> bool:
        """Whether there is an answer."""
        return bool(self._answers or self._errors)

    def wait(self, seconds: float, is_wanted: Callable[[], bool]) -> bool:
        """Wait in real time, as long as that is wanted; return whether there is an answer."""
        limit = time.monotonic() + seconds
        while not self.is_over and (left := limit - time.monotonic()) > 0 and is_wanted():
            with contextlib.suppress(queue.Empty):
                self._told.get(timeout=min(left, _SLICE))
        return self.is_over

    def answer(self) -> _T:
        """What it has returned, or raise what it has raised."""
        if self._errors:
            raise self._errors[0]
        return self._answers[0]


def _claim_key(path: str, name: str, service: int) -> str:
    """What the keepers of an entry have in common, but for their user, which C adds."""
    where = "0"
    if service:
        where = _native.served_names.get(service) or f"{os.getpid()} {service}"
    else:
        path = os.path.abspath(path)  # noqa: PTH100  a path of Windows, also if it does not exist
    key = f"{where}\0{_folded(path)}\0{_folded(name)}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _folded(text: str) -> str:
    """The same for all that is the same to Windows, and for nothing else."""
    return "".join(u if _native.is_same_text(u := c.upper(), c) else c for c in text)
