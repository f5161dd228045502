"""Why a connection dropped or failed: what RasClient wrote into the Application log of Windows.

RasClient writes an event at each stage of dialling, one when a connection is up, and one when it
ends. The texts of these events are in the language of Windows, so only their numbers and insertion
strings are read, and the strings by their position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from . import _native
from ._arguments import valid_entry, valid_number, valid_since
from ._connections import Connection
from ._enums import DialStage, Grade, ReasonKind
from ._hints import find_hint
from ._models import Json, to_json
from .exceptions import RasError

__all__ = ["LogEvent", "Reason", "recent_failures", "why"]

_DIALLING, _TRYING_LINK, _LINK_UP, _ESTABLISHED, _CONNECTED, _ENDED, _FAILED = range(20221, 20228)
_STAGES = {
    _DIALLING: DialStage.started,
    _TRYING_LINK: DialStage.trying_link,
    _LINK_UP: DialStage.link_up,
    _ESTABLISHED: DialStage.established,
    _CONNECTED: DialStage.connected,
}
# Which insertion string, counted from 0, is the name of the entry.
_NAME = {_DIALLING: 4, _TRYING_LINK: 2, _CONNECTED: 2, _ENDED: 2, _FAILED: 2}
_CODE = 3

# Reasons for which a user, not the network, ended a connection: none, ERROR_USER_DISCONNECTION,
# ERROR_USER_LOGOFF, ERROR_FAST_USER_SWITCH.
_BY_USER = frozenset({0, 631, 830, 831})

# How many events are read: the newest, and more if these do not answer. An attempt has about six.
_READ = (16, 128, 4096)
# RasClient's have a few hundred characters.
_LONGEST_XML = 2**17


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event that RasClient wrote into the Application log.

    Attributes:
        id: Its number, from 20221 to 20227.
        at: When it was written, in UTC, or None if it does not say.
        strings: Its insertion strings; they name a user, and the entry.

    See Microsoft's page *RAS Connection Establishment*.
    """

    id: int
    at: datetime | None
    strings: tuple[str, ...]

    @property
    def correlation_id(self) -> UUID | None:
        """The GUID that all events of one dialling share, or None if it has none."""
        try:
            found = UUID(self.strings[0].strip("{} "))
        except (IndexError, ValueError):
            return None
        return found if found.int else None

    @property
    def entry(self) -> str | None:
        """The name of the entry, or None if it has none, as 20223 and 20224."""
        return self._string(_NAME.get(self.id, len(self.strings)))

    @property
    def code(self) -> int | None:
        """For 20226 and 20227, the reason or error, as 32 bits; None if it has none."""
        text = self._string(_CODE) if self.id in (_ENDED, _FAILED) else None
        try:
            code = int(text or "", 16 if (text or "").lower().startswith("0x") else 10)
        except ValueError:
            return None
        return code & 0xFFFFFFFF if -(2**31) <= code < 2**32 else None

    def _string(self, number: int) -> str | None:
        return (self.strings[number] if number < len(self.strings) else "") or None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a connection dropped or failed, for all that the Application log tells.

    What the log does not tell is None, or ``""`` for a text about the code. As a str, it is a
    sentence in local time.

    Attributes:
        name: The entry.
        kind: What happened at last.
        at: When that was, in UTC.
        code: The error with which dialling failed, or the reason for which the connection ended: a
            number for ``winras explain``, any of 32 bits.
        code_name: Its native name, such as ``ERROR_LINK_FAILURE``.
        message: A sentence about it, in the language of Windows.
        hint: Its likely cause and the next step, in the words of winras.
        stage: How far dialling came.
        began_at: When dialling began, in UTC.
        connected_at: When the connection came up, in UTC.
        device: Server, device and port, as Windows writes them, in its language.
        user: Who dialled, such as ``SYSTEM``: not the user name for the server.
        connection_kind: Such as ``VPN``, as Windows writes it.
        profile: Such as ``per-user`` or ``all-user``, as Windows writes it: whose phone book has
            the entry.
        correlation_id: The GUID that its events share.
        found_by: ``correlation id`` or ``entry name``: how the events were found.
        grades: How sure *kind*, *code*, *stage* and *found_by* are, those of them that are told.
        events: The events that tell it, oldest first.
        previous: If it is up or being dialled, how the time before that came to its end, if the log
            tells.

    See Microsoft's pages *RAS Connection Establishment* and *RAS Connection Establishment Issues*.
    """

    name: str
    kind: ReasonKind
    at: datetime | None = None
    code: int | None = None
    code_name: str = ""
    message: str = ""
    hint: str = ""
    stage: DialStage | None = None
    began_at: datetime | None = None
    connected_at: datetime | None = None
    device: str | None = None
    user: str | None = None
    connection_kind: str | None = None
    profile: str | None = None
    correlation_id: UUID | None = None
    found_by: str | None = None
    grades: Mapping[str, Grade] = field(default_factory=dict, hash=False)
    events: tuple[LogEvent, ...] = ()
    previous: Reason | None = None

    @property
    def grade(self) -> Grade | None:
        """The weakest of its grades: how sure the answer as a whole is; None if there is none."""
        order = list(Grade)
        return max(self.grades.values(), key=order.index, default=None)

    def to_dict(self) -> dict[str, Json]:
        """The answer in plain values for JSON, with the keys of ``winras why --json``.

        Dates are ISO 8601 in UTC with milliseconds and a Z. Of its events there are id and time.
        """
        told = ("kind", "code", "stage", "found_by")
        return {
            "name": to_json(self.name),
            "kind": to_json(self.kind),
            "at": to_json(self.at),
            "code": self.code,
            "code_name": to_json(self.code_name),
            "message": to_json(self.message),
            "hint": to_json(self.hint),
            "stage": to_json(self.stage),
            "began_at": to_json(self.began_at),
            "connected_at": to_json(self.connected_at),
            "device": to_json(self.device),
            "user": to_json(self.user),
            "connection_kind": to_json(self.connection_kind),
            "profile": to_json(self.profile),
            "correlation_id": to_json(self.correlation_id),
            "found_by": to_json(self.found_by),
            "grade": to_json(self.grade),
            "grades": {key: to_json(self.grades.get(key)) for key in told},
            "events": [{"id": event.id, "at": to_json(event.at)} for event in self.events],
            "previous": self.previous.to_dict() if self.previous else None,
        }

    def __str__(self) -> str:
        if self.kind is ReasonKind.unknown:
            return f"the Application log tells nothing about {self.name!r}"
        at = f" at {self.at.astimezone():%Y-%m-%d %H:%M:%S}" if self.at else ""
        error = f": {RasError(self.code, self.code_name, self.message)}" if self.code else ""
        return f"{self.name!r} {_WORDS[self.kind]}{at}{error}"


_WORDS = {
    ReasonKind.dropped: "dropped",
    ReasonKind.failed: "failed to connect",
    ReasonKind.ended: "was ended",
    ReasonKind.connected: "is up; it connected",
    ReasonKind.dialling: "is being dialled; its last event was",
}


def why(
    connection_or_name: Connection | str, *, since: datetime | timedelta | None = None
) -> Reason:
    """Tell why a connection dropped, or why dialling an entry failed.

    RAS itself does not tell why a connection ended. This reads what RasClient wrote into the
    Application log of Windows: its events 20221 to 20227. It needs neither RasMan nor a connection
    that still exists. No administrator should be needed: whoever is logged on at the machine may
    read that log. Who came by the network, as with WinRM, may have to be one of the Event Log
    Readers. None of this was tried.

    Args:
        connection_or_name: A connection, also one that is gone, or the name of an entry, in upper
            or lower case. Events are found by the connection's correlation id. If the log does not
            have that, and for a name, the last time that the entry was dialled counts.
        since: Only what happened since then: a datetime with a time zone, or a timedelta, which
            counts back from now.

    Returns:
        The answer, with how sure each part of it is. If the log tells nothing about the entry, the
        kind is ``ReasonKind.unknown``; that is no error.

    Raises:
        winras.RasTimeoutError: The log did not answer in time (1460).
        winras.RasUnavailableError: This system has no RAS, or no event log that can be read, as
            Wine.
        winras.RasError: Any other answer of EvtQuery or EvtNext.
        ValueError, TypeError: *connection_or_name* is neither or empty, or *since* has no time
            zone, is negative, or is neither a datetime nor a timedelta.
        RuntimeError: The simulator that the connection came from has ended.

    See Microsoft's pages *RAS Connection Establishment Issues* and *EvtQuery function*.
    """
    connection = connection_or_name if isinstance(connection_or_name, Connection) else None
    name = connection.name if connection else _valid_name(connection_or_name)
    service = connection._service if connection else _native.service()
    start = valid_since(since, _native.wall_time(service))
    wanted = connection.correlation_id if connection else None

    def find(attempts: list[_Attempt]) -> tuple[list[_Attempt], str]:
        same = [a for a in attempts if wanted is not None and a.correlation_id == wanted]
        named = [a for a in attempts if a.has_name(name)]
        found = (same or named)[:1]
        if found and not found[0].is_over:
            older = attempts[attempts.index(found[0]) + 1 :]
            found += [a for a in older if a.is_over and a.has_name(name)][:1]
        return found, "correlation id" if same else "entry name"

    def is_answered(attempts: list[_Attempt], read: int) -> bool:
        found, found_by = find(attempts)
        if read == _READ[0] and wanted is not None and found_by != "correlation id":
            return False  # it may be below later attempts of the entry
        return bool(found) and found[-1].is_over and all(a.is_whole for a in found)

    found, found_by = find(_read_attempts(service, start, is_answered))
    if not found:
        return Reason(name, ReasonKind.unknown)
    is_sure = connection is None
    before = _reason(found[1], name, "entry name", is_sure=is_sure) if len(found) > 1 else None
    return _reason(found[0], name, found_by, before, is_sure=is_sure)


def recent_failures(limit: int = 10, *, since: datetime | timedelta | None = None) -> list[Reason]:
    """The last drops and failed dials of all entries, newest first.

    Raises:
        winras.RasError: As `why`.
        ValueError, TypeError: *limit* is no whole number above 0; *since* as in `why`.
    """
    valid_number("limit", limit, 1)
    service = _native.service()
    start = valid_since(since, _native.wall_time(service))

    def failures(attempts: list[_Attempt]) -> list[Reason]:
        reasons = (
            _reason(a, a.name or "", "entry name", is_sure=True) for a in attempts if a.is_over
        )
        wanted = (ReasonKind.dropped, ReasonKind.failed)
        return [reason for reason in reasons if reason.kind in wanted][:limit]

    def is_answered(attempts: list[_Attempt], _: int) -> bool:
        found = [a for a in attempts if a.is_over and a.kind is not ReasonKind.ended][:limit]
        return len(found) == limit and all(a.is_whole for a in found)

    return failures(_read_attempts(service, start, is_answered, _READ[1:]))


def _valid_name(name: Connection | str) -> str:
    if not isinstance(name, str):
        raise TypeError(
            f"connection_or_name must be a Connection or the name of an entry, not "
            f"{type(name).__name__}"
        )
    if not valid_entry(name, None)[0]:
        raise ValueError("connection_or_name must not be an empty name")
    return name


# ---- events ----


def make_query(start: datetime | None) -> str:
    """The XPath query that selects RasClient's events since then."""
    when = ""
    if start is not None:
        moment = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        when = f" and TimeCreated[@SystemTime>='{moment}']"
    ids = f"(EventID>={_DIALLING} and EventID<={_FAILED})"
    return f"*[System[Provider[@Name='RasClient'] and {ids}{when}]]"


def read_event(xml: str) -> LogEvent | None:
    """Read the XML of an event; None if it is none of RasClient's, or not well-formed.

    Windows writes no document type. One that came all the same could make a short text endless, so
    such a text is not read.
    """
    from xml.etree import ElementTree as ET  # noqa: PLC0415  only who asks why needs it

    if len(xml) > _LONGEST_XML or "<!DOCTYPE" in xml:
        return None
    try:
        root = ET.fromstring(xml)  # noqa: S314  it has no document type
        number = int(root.findtext("{*}System/{*}EventID", ""))
    except (ET.ParseError, ValueError):
        return None
    provider = root.find("{*}System/{*}Provider")
    if provider is None or provider.get("Name") != "RasClient" or not _is_ours(number):
        return None
    created = root.find("{*}System/{*}TimeCreated")
    strings = [(data.text or "").strip() for data in root.findall("{*}EventData/{*}Data")]
    at = _read_time(created.get("SystemTime", "")) if created is not None else None
    return LogEvent(number, at, tuple(strings))


def _is_ours(number: int) -> bool:
    return _DIALLING <= number <= _FAILED


def _read_time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        # The first and the last day are in no other time zone; Windows has none before 1970.
        moment.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    return moment


def _read_attempts(
    service: int,
    start: datetime | None,
    is_answered: Callable[[list[_Attempt], int], bool],
    depths: Iterable[int] = _READ,
) -> list[_Attempt]:
    """Read attempts, newest first, until the question is answered or there are no more events."""
    attempts: list[_Attempt] = []
    for most in depths:
        texts = _native.read_events(make_query(start), most, service)
        events = [event for event in map(read_event, texts) if event is not None]
        attempts = _join(
            event for event in reversed(events) if not start or not event.at or event.at >= start
        )
        if len(texts) < most or is_answered(attempts, most):
            break
    return attempts


# ---- attempts ----


@dataclass(slots=True, eq=False)
class _Attempt:
    """One time that an entry was dialled, up to its end: its events, oldest first."""

    correlation_id: UUID | None
    events: list[LogEvent] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        return next((event.entry for event in self.events if event.entry), None)

    def has_name(self, name: str) -> bool:
        return self.name is not None and _native.is_same_text(self.name, name)

    @property
    def is_whole(self) -> bool:
        """Whether its beginning is there too."""
        return self.events[0].id == _DIALLING

    @property
    def is_over(self) -> bool:
        return self.events[-1].id in (_ENDED, _FAILED)

    @property
    def kind(self) -> ReasonKind:
        last = self.events[-1]
        if last.id == _FAILED:
            return ReasonKind.failed
        if last.id == _ENDED:
            is_meant = last.code is None or last.code in _BY_USER
            return ReasonKind.ended if is_meant else ReasonKind.dropped
        return ReasonKind.connected if last.id == _CONNECTED else ReasonKind.dialling


def _join(events: Iterable[LogEvent]) -> list[_Attempt]:
    """Join events, given oldest first, by correlation id or else by name; newest first."""
    open_attempts: dict[UUID | str, _Attempt] = {}
    latest: dict[_Attempt, None] = {}
    for event in events:
        key = event.correlation_id or _same_key(event.entry or "", open_attempts)
        if not key:
            continue  # without an id, 20223 and 20224 do not tell whose they are
        before = open_attempts.get(key)
        is_another = before is not None and before.is_over and event.correlation_id is None
        if event.id == _DIALLING or before is None or is_another:
            open_attempts[key] = _Attempt(event.correlation_id)
        attempt = open_attempts[key]
        attempt.events.append(event)
        latest.pop(attempt, None)
        latest[attempt] = None
    return list(reversed(latest))


def _same_key(name: str, keys: Iterable[UUID | str]) -> str:
    """The key that is the same name for Windows, or the name itself."""
    same = (key for key in keys if isinstance(key, str) and _native.is_same_text(key, name))
    return next(same, name)


def _reason(
    attempt: _Attempt, name: str, found_by: str, previous: Reason | None = None, *, is_sure: bool
) -> Reason:
    last = attempt.events[-1]
    by_id: dict[int, LogEvent] = {event.id: event for event in attempt.events}
    stage = max((number for number in by_id if number in _STAGES), default=None)
    told: dict[str, tuple[object, Grade]] = {
        # Only the message of 20226 is known. That its reason is one of raserror.h is a guess.
        "kind": (attempt.kind, Grade.guess if last.id == _ENDED else Grade.documented),
        "code": (last.code, Grade.guess if last.id == _ENDED else Grade.documented),
        "stage": (stage, Grade.documented),
        # That RASCONN has the id of the events is a guess, and so is that the last time was meant.
        "found_by": (found_by, Grade.documented if is_sure else Grade.guess),
    }
    hint = find_hint(last.code) if last.code else None
    return Reason(
        name=attempt.name or name,
        kind=attempt.kind,
        at=last.at,
        code=last.code,
        code_name=_native.error_name(last.code) if last.code else "",
        message=_native.error_message(last.code) if last.code else "",
        hint=hint.text if hint else "",
        stage=None if stage is None else _STAGES[stage],
        began_at=by_id[_DIALLING].at if _DIALLING in by_id else None,
        connected_at=by_id[_CONNECTED].at if _CONNECTED in by_id else None,
        device=_one_line(_string(by_id.get(_TRYING_LINK), 3)),
        user=_string(last, 1),
        connection_kind=_string(by_id.get(_DIALLING), 2),
        profile=_string(by_id.get(_DIALLING), 3),
        correlation_id=attempt.correlation_id,
        found_by=found_by,
        grades={key: grade for key, (value, grade) in told.items() if value is not None},
        events=tuple(attempt.events),
        previous=previous,
    )


def _string(event: LogEvent | None, number: int) -> str | None:
    return None if event is None else event._string(number)


def _one_line(text: str | None) -> str | None:
    return text and "; ".join(line.strip() for line in text.splitlines() if line.strip())
