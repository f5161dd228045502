"""What ``winras ... --json`` says of connections and entries, and its exit codes.

The command line composes it here, and so does the Salt extension, whose values are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

from . import _native
from ._connections import (
    Connection,
    find_connection,
    get_connection,
    hanging_up,
    is_down,
    snapshot,
)
from ._enums import ConnectionState
from ._models import Json, Status, to_json
from ._operations import HangUp
from .exceptions import (
    AmbiguousNameError,
    ConnectionNotFoundError,
    EntryNotFoundError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
    RasUnavailableError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._details import EntryName, Statistics
    from ._doctor import Diagnosis

__all__ = [
    "EXIT_RAS_ERROR",
    "EXIT_UNAVAILABLE",
    "HangUps",
    "Row",
    "addresses_of",
    "describe_entries",
    "describe_statistics",
    "exit_code",
    "exit_code_of",
    "find_status",
    "find_to_hang_up",
    "hang_up",
    "since_of",
    "status_of",
    "what_is_up",
]

Facts = dict[str, Json]

EXIT_RAS_ERROR = 1
_EXIT_NOT_FOUND = 3
_EXIT_TIMED_OUT = 4
EXIT_UNAVAILABLE = 5

_EXIT_CODES: tuple[tuple[tuple[type[RasError], ...], int], ...] = (
    (
        (ConnectionNotFoundError, AmbiguousNameError, EntryNotFoundError, NotConnectedError),
        _EXIT_NOT_FOUND,
    ),
    ((RasTimeoutError,), _EXIT_TIMED_OUT),
    ((RasUnavailableError,), EXIT_UNAVAILABLE),
)


def exit_code(error: RasError) -> int:
    """The exit code of a command that has failed so."""
    for kinds, code in _EXIT_CODES:
        if isinstance(error, kinds):
            return code
    return EXIT_RAS_ERROR


def exit_code_of(diagnosis: Diagnosis) -> int:
    """The exit code of ``winras doctor``."""
    if not diagnosis.findings:
        return 0
    usable = diagnosis.available and diagnosis.rasman != "disabled"
    return EXIT_RAS_ERROR if usable else EXIT_UNAVAILABLE


# ---- list and status ----


@dataclass(frozen=True, slots=True)
class Row:
    """What ``winras list`` tells of a connection."""

    connection: Connection
    status: Status
    since: datetime | None

    @classmethod
    def of(cls, connection: Connection) -> Row:
        """Ask how it is."""
        return cls(connection, connection.status(), since_of(connection))

    def to_dict(self) -> Facts:
        """As ``winras list --json`` has it."""
        facts = self.connection.to_dict()
        return {**facts, **self.status.to_dict(), "since": to_json(self.since)}

    def with_addresses(self) -> Facts:
        """As ``winras status --json`` has it."""
        # The endpoints are in both, but addresses may be None for want of RasGetProjectionInfoEx.
        return {**addresses_of(self.connection), **self.to_dict()}


def what_is_up() -> list[Row]:
    """The rows of ``winras list``."""
    return [Row(connection, status, since_of(connection)) for connection, status in snapshot()]


def since_of(connection: Connection) -> datetime | None:
    """Since when it is connected, to the second; None where RAS does not say.

    RAS counts milliseconds in 32 bits: after 49.7 days it begins again.
    """
    try:
        seconds = connection.statistics().connected_seconds
    except RasError:
        return None
    moment = _native.wall_time(connection._service) - timedelta(seconds=seconds - 0.5)
    return moment.replace(microsecond=0)


def status_of(connection: Connection) -> Facts:
    """As ``winras status --json`` and ``winras dial --json`` have it."""
    return Row.of(connection).with_addresses()


def find_status(
    name: str, phonebook: str | None
) -> tuple[Row, None] | tuple[Facts, ConnectionNotFoundError]:
    """The row of that name; if it is an entry that is not up, its facts and the error.

    Raises:
        winras.RasError: As `winras.get_connection`.
    """
    found = find_connection(name, phonebook)
    if isinstance(found, Connection):
        return Row.of(found), None
    return _status_of_down(found), is_down(found)


def addresses_of(connection: Connection) -> Facts:
    """Its addresses; None for each fact if RAS does not give them, as on Wine."""
    try:
        return {**connection.addresses().to_dict()}
    except RasError:
        return dict.fromkeys(_address_names())


def _address_names() -> list[str]:
    from ._details import Addresses  # noqa: PLC0415  not for a list

    return [field.name for field in fields(Addresses)]


def _status_of_down(entry: EntryName) -> Facts:
    """The facts of ``winras status --json`` for an entry that is not up: most are None."""
    names = [field.name for kind in (Connection, Status) for field in fields(kind)]
    names += _address_names()
    nothing = dict.fromkeys([name for name in names if not name.startswith("_")])
    known = {"name": entry.name, "phonebook": entry.phonebook}
    return {**nothing, **known, "state": str(ConnectionState.Disconnected), "since": None}


def describe_statistics(connection: Connection, statistics: Statistics) -> Facts:
    """As ``winras stats --json`` has it."""
    return {"name": connection.name, "handle": connection.handle, **statistics.to_dict()}


def describe_entries(listed: Sequence[EntryName]) -> list[Facts]:
    """As ``winras entries --json`` has it."""
    return [asdict(entry) for entry in listed]


# ---- hangup ----


@dataclass(frozen=True, slots=True)
class HangUps:
    """What became of hang-ups: the rows of ``winras hangup --json``, and the errors in them."""

    rows: list[Facts]
    errors: list[RasError]


def find_to_hang_up(
    names: Sequence[str], phonebook: str | None
) -> tuple[list[Connection], HangUps]:
    """Each connection once, in the order of their names, and what is not up.

    Raises:
        winras.RasError: The only one is not up; or as `winras.get_connection`.
    """
    found: dict[int, Connection] = {}
    missing = HangUps([], [])
    for name in names:
        try:
            connection = get_connection(name, phonebook=phonebook)
        except (ConnectionNotFoundError, AmbiguousNameError) as error:
            if len(names) == 1:
                raise
            missing.errors.append(error)
            missing.rows.append(_row(name, None, gone=False, error=error))
        else:
            found[connection.handle] = connection
    return list(found.values()), missing


def hang_up(
    chosen: Sequence[Connection],
    *,
    timeout: float,
    one_reference: bool,
    wait: Callable[[int, Connection, HangUp], bool],
) -> HangUps:
    """Hang up all at once, so that a slow one does not use up the timeout of the others.

    Args:
        chosen: The connections.
        timeout: Seconds to wait for the end of each.
        one_reference: Take one reference away only.
        wait: Given the number, from 1, the connection and its operation: runs this, and returns
            whether the connection is gone.
    """
    operations = [
        hanging_up(connection, timeout=timeout, all_references=not one_reference)
        for connection in chosen
    ]
    became = HangUps([], [])
    try:
        for operation in operations:
            operation.start()
        for number, (connection, operation) in enumerate(
            zip(chosen, operations, strict=True), start=1
        ):
            gone = False
            failure = None
            try:
                gone = wait(number, connection, operation)
            except RasError as error:
                failure = error
                became.errors.append(error)
            row = _row(connection.name, connection.handle, gone=gone, error=failure)
            became.rows.append(row)
    finally:
        for operation in operations:
            operation.close()
    return became


def _row(name: str, handle: int | None, *, gone: bool, error: RasError | None) -> Facts:
    return {
        "name": name,
        "handle": handle,
        "gone": gone,
        "error": error.to_dict() if error else None,
    }
