"""Connections: which are up, what their status is, and how to end them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from . import _native
from ._arguments import valid_entry, valid_flag, valid_timeout, valid_timeout_or_none
from ._models import (
    ConnectionRecord,
    Json,
    Later,
    Status,
    to_dict,
)
from ._native import is_same_text
from ._operations import HangUp, WaitClosed
from ._text import shown
from .exceptions import (
    AmbiguousNameError,
    ConnectionNotFoundError,
    NotConnectedError,
    RasError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, TypeVar
    from uuid import UUID

    from . import _details
    from ._details import Device, EntryName

    _Value = TypeVar("_Value")

    class _OfPhonebook(Protocol):
        @property
        def name(self) -> str: ...
        @property
        def phonebook(self) -> str: ...

    _Named = TypeVar("_Named", bound=_OfPhonebook | Device)
else:
    _details = Later("winras._details")

_ERROR_INVALID_HANDLE = 6
_ERROR_INVALID_PARAMETER = 87
_ERROR_NO_CONNECTION = 668

# No phone-book entry has so many sub-entries; this ends the search if RAS never answers 259.
MOST_LINKS = 255


@dataclass(frozen=True, slots=True)
class Connection(ConnectionRecord):
    """A RAS connection as RAS listed it: a frozen snapshot with methods.

    The fields never change; each method asks RAS again. Two snapshots are equal if all their
    fields are.

    Attributes:
        handle: RAS's number for it, valid in every process while it is up.
        name: The name of its phone-book entry; if it was dialled without an entry, the phone
            number after a ``"."``.
        device_type: Such as ``VPN``, ``modem`` or ``PPPoE``; compare it without case, because
            Windows reports ``VPN`` where ras.h and phone books have ``vpn``.
        device_name: Such as ``WAN Miniport (IKEv2)``, in the language of Windows.
        phonebook: The full path of the phone book that has the entry; ``""`` if none has it.
        entry_id: The GUID of the entry, or None if Windows gives none.
        sub_entry: For a link of a multilink connection, its number, from 1.
        flags: What is known about its owner.
        luid: The logon session that created it.
        correlation_id: A GUID for this one time that the entry was connected, or None if Windows
            gives none.

    See Microsoft's page *RASCONN structure*.
    """

    def __str__(self) -> str:
        """Its name, its device and its handle in hexadecimal, in one line."""
        link = f"link {self.sub_entry}" if self._parent else ""
        facts = (self.name, link, self.device_name, f"{self.handle:#x}")
        return shown(", ".join(filter(None, facts)))

    def to_dict(self) -> dict[str, Json]:
        """The fields in plain values for JSON, with the keys of ``winras list --json``.

        The handle is a number, GUIDs are texts, the flags are a list of names, and what is absent
        is None.
        """
        return {"name": self.name, **to_dict(self)}

    @property
    def is_vpn(self) -> bool:
        """Whether its device type is ``VPN``, in whatever case."""
        return is_same_text(self.device_type, "vpn")

    def status(self) -> Status:
        """Ask RAS for the status of the connection, with one RasGetConnectStatus.

        Returns:
            The status. Its ``error`` says what went wrong with the connection; this call has
            succeeded all the same.

        Raises:
            winras.NotConnectedError: The connection is gone (6, or 668 while RasMan is stopped).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasGetConnectStatus.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetConnectStatus function*.
        """
        return _native.get_status(self)

    def hang_up(self, *, timeout: float = 30.0, all_references: bool = True) -> bool:
        """End the connection and wait until its handle is dead.

        An enumeration first confirms that the handle still belongs to this connection. If RAS no
        longer lists it, it is gone, and nothing is hung up: the handle may be another
        connection's by now. RAS counts how often an entry was dialled, by whichever program;
        each hang-up takes one of these references away, and only the last one ends the
        connection.

        A program must not end right after a hang-up, because RAS needs time to close the port.
        If the timeout or Ctrl+C ends this wait early, the hang-up continues in the background,
        and the end of the process waits for it, 3 seconds at most.

        Args:
            timeout: Seconds to wait, 0 or more.
            all_references: Hang up until no reference is left. If False, hang up once.

        Returns:
            True: the connection is gone. False, only without *all_references*: it is still
            Connected 3 seconds later, so another program holds it.

        Raises:
            winras.RasTimeoutError: The handle is not dead after *timeout* seconds.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasEnumConnections or RasHangUp.
            ValueError, TypeError: *timeout* is None, negative, not finite or not a number, or
                *all_references* is no bool.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasHangUp function*.
        """
        return hanging_up(self, timeout=timeout, all_references=all_references).run()

    def wait_closed(self, *, timeout: float | None = 60.0) -> None:
        """Wait until the connection is gone, whoever ends it.

        It is gone when its handle is dead, or belongs to another connection.

        Args:
            timeout: Seconds to wait, 0 or more; None to wait without a limit.

        Raises:
            winras.RasTimeoutError: It is still there after *timeout* seconds.
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasGetConnectStatus.
            ValueError, TypeError: *timeout* is negative, not finite or not a number.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetConnectStatus function*.
        """
        waiting_closed(self, timeout=timeout).run()

    def links(self) -> list[Connection]:
        """List the connected links of the connection: RasGetSubEntryHandle for each sub-entry.

        A link is a Connection too, with its own handle, and with its number as *sub_entry*:
        ``hang_up()`` ends this link alone, and ``wait_closed()`` waits for its end. Its
        ``status()`` may still succeed after its end, as RasHangUp's page says. A link has no
        links.

        Returns:
            The connected links, by number. A connection without multilink has one.

        Raises:
            winras.NotConnectedError: The connection is gone, or its handle belongs to another
                connection now (6, or 668 while RasMan is stopped).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasEnumConnections or RasGetSubEntryHandle.
            ValueError: This is a link itself.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetSubEntryHandle function*.
        """
        if self._parent:
            raise ValueError("this is a link, and has no links; call links() of its connection")
        raise_if_replaced(self)
        return [
            _with_own_device(replace(self, handle=handle, sub_entry=number, _parent=self.handle))
            for number, handle in link_handles(self).items()
        ]

    def statistics(self) -> _details.Statistics:
        """Ask how much has been sent and received: RasGetConnectionStatistics.

        A link has statistics of its own: RasGetLinkStatistics.

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668).
            winras.RasUnavailableError: This system has no RAS, or its RAS lacks the function.
            winras.RasError: Any other answer of RasGetConnectionStatistics or
                RasGetLinkStatistics.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetConnectionStatistics function*.
        """
        return _native.get_statistics(self)

    def clear_statistics(self) -> None:
        """Set the counters to 0, for every program: RasClearConnectionStatistics.

        A link has counters of its own: RasClearLinkStatistics.

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668), or its handle belongs to
                another connection.
            winras.RasUnavailableError: This system has no RAS, or its RAS lacks the function.
            winras.RasError: Any other answer of RasEnumConnections, RasClearConnectionStatistics or
                RasClearLinkStatistics.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasClearConnectionStatistics function*.
        """
        raise_if_replaced(self)
        _native.clear_statistics(self)

    def addresses(self) -> _details.Addresses:
        """Ask which addresses the connection has: RasGetProjectionInfoEx and its status.

        It is not an error if a protocol has not been negotiated yet (730) or the entry does not
        ask for it (731).

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668).
            winras.RasUnavailableError: This system has no RAS, or its RAS has no such function.
            winras.RasError: Any other answer of these functions.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetProjectionInfoEx function*.
        """
        return _native.get_addresses(self)


def connections() -> list[Connection]:
    """List the connections that are up: RasEnumConnections.

    Returns:
        Every connection that RAS enumerates, in RAS's order, which has no documented meaning. RAS
        does not enumerate a connection that is still dialling.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections.

    See Microsoft's page *RasEnumConnections function*.
    """
    return list_connections(_native.ACTIVE)


def snapshot() -> list[tuple[Connection, Status]]:
    """List the connections that are up, each with its status.

    It is one RasEnumConnections, then one RasGetConnectStatus for each, in one call of C.

    Returns:
        Every connection that RAS enumerates, in its order, unless it is gone by the time that its
        status is asked for.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections or, for a connection that the
            message names, of RasGetConnectStatus. It is the first that answers so; no connection
            behind it has been asked. `connections` lists them all, and each has its ``status()``.

    See Microsoft's pages *RasEnumConnections function* and *RasGetConnectStatus function*.
    """
    return _list_snapshot(_native.ACTIVE)


def get_connection(name: str, *, phonebook: str | None = None) -> Connection:
    """Find the connection of a phone-book entry by its name.

    Args:
        name: The name of the entry. Only if none is spelled so, upper and lower case are the same,
            one letter for one, as for Windows.
        phonebook: The path of the phone book, if several have an entry with that name.

    Raises:
        winras.ConnectionNotFoundError: No connection has that name. The message says whether it is
            an entry that is not up (RasEnumEntries), or else suggests similar names.
        winras.AmbiguousNameError: Several have it; the message lists their phone books.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections.
        TypeError: *name* or *phonebook* is not text.

    See Microsoft's page *RasEnumConnections function*.
    """
    found = find_connection(name, phonebook)
    if not isinstance(found, Connection):
        raise is_down(found)
    return found


def find_connection(name: str, phonebook: str | None) -> Connection | EntryName:
    """The connection of that name or, if none is up, the entry; errors as of `get_connection`."""
    valid_entry(name, phonebook)
    listed = connections()
    where = "" if phonebook is None else f' of phone book "{phonebook}"'
    found = same_name(
        name, [c for c in listed if phonebook is None or is_same_text(c.phonebook, phonebook)]
    )
    if not found:
        entry = _find_entry(name, phonebook)
        if entry is not None:
            return entry
        raise _no_connection(
            f"no connection{where} has the name {name!r}{_suggest_connection(name, listed)}"
        )
    if len(found) == 1:
        return found[0]
    # Not as a repr, which would double each backslash: the paths are there to be copied.
    books = ", ".join(f'"{c.phonebook}"' for c in found)
    raise AmbiguousNameError(
        _ERROR_INVALID_PARAMETER,
        _native.error_name(_ERROR_INVALID_PARAMETER),
        f"{len(found)} connections{where} have the name {name!r}; choose the phone book with "
        f"phonebook= or --phonebook: {books}",
        "RasEnumConnections",
    )


def is_down(entry: EntryName) -> ConnectionNotFoundError:
    """The error of an entry that is not up."""
    return _no_connection(f'{entry.name!r} is down: an entry of "{entry.phonebook}" that is not up')


def _no_connection(message: str) -> ConnectionNotFoundError:
    name = _native.error_name(_ERROR_NO_CONNECTION)
    return ConnectionNotFoundError(_ERROR_NO_CONNECTION, name, message, "RasEnumConnections")


def _find_entry(name: str, phonebook: str | None) -> EntryName | None:
    """The entry of that name, if RAS lists it. A RasMan that does not run is not started for it."""
    service = _native.service()
    with contextlib.suppress(RasError):
        if not _native.no_rasman(service):
            if phonebook is None:
                return _native.find_entry(name, service)
            return next(iter(same_name(name, _native.list_entries(phonebook, service))), None)
    return None


def hanging_up(connection: Connection, *, timeout: float, all_references: bool) -> HangUp:
    """The operation of `Connection.hang_up`, with its arguments validated."""
    seconds = valid_timeout(timeout)
    return HangUp(connection, seconds, valid_flag(all_references, "all_references"))


def waiting_closed(connection: Connection, *, timeout: float | None) -> WaitClosed:
    """The operation of `Connection.wait_closed`, with its argument validated."""
    seconds = valid_timeout_or_none(timeout)
    return WaitClosed(
        connection,
        seconds,
        late=f"{connection.name!r} is still there after {round(seconds or 0.0, 3):g} s",
    )


def is_entry(connection: Connection, name: str, phonebook: str | None) -> bool:
    """Whether the connection belongs to that entry, in that phone book or in any."""
    return is_same_text(connection.name, name) and (
        phonebook is None or is_same_text(connection.phonebook, phonebook)
    )


def same_name(name: str, listed: Iterable[_Named]) -> list[_Named]:
    """Those that have that name exactly; if none has, in upper or lower case."""
    same = [one for one in listed if is_same_text(one.name, name)]
    return [one for one in same if one.name == name] or same


def suggest(name: str, listed: Sequence[_OfPhonebook]) -> str:
    """Say what the caller may have meant, as the end of a sentence; "" if nothing is like it."""
    near = [f'{one.name!r} of "{one.phonebook}"' for one in same_name(name, listed)]
    if not near:
        # For a likeness casefold() is right, which takes more for the same than Windows does.
        names: dict[str, set[str]] = {}
        for one in listed:
            names.setdefault(one.name.casefold(), set()).add(one.name)
        import difflib  # noqa: PLC0415  only who has mistyped needs it

        like = difflib.get_close_matches(name.casefold(), names)
        near = [repr(one) for key in like for one in sorted(names[key])]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _suggest_connection(name: str, listed: list[Connection]) -> str:
    near = suggest(name, listed)
    if near:
        return near
    if not listed and _native.no_rasman(_native.service()):
        return "; no connection is up, because the Windows service RasMan is not running"
    if not listed:
        return "; no connection is up"
    return "; up are " + ", ".join(sorted({repr(c.name) for c in listed}))


def _keep_last(
    ask: Callable[[bytes, int], bytes | None],
    read: Callable[[bytes, bytes, list[_Value]], list[_Value]],
) -> tuple[Callable[[int], list[_Value]], Callable[[bytes], list[_Value]]]:
    """Make two functions: one asks RAS, the other reads a block that C has given elsewhere.

    If the block is the same as the last one, they return what that was, in a new list; what of it
    is the same is the same objects.
    """
    # Exchanged by one assignment, whichever threads and signal handlers are in here.
    last: tuple[bytes, list[_Value]] = (_native.NO_BLOCK, [])

    def ask_and_read(service: int) -> list[_Value]:
        nonlocal last
        found = last
        block = ask(found[0], service)
        if block is not None:
            last = found = block, read(block, *found)
        return found[1].copy()

    def read_block(block: bytes) -> list[_Value]:
        nonlocal last
        found = last
        if found[0] != block:
            last = found = block, read(block, *found)
        return found[1].copy()

    return ask_and_read, read_block


def _read_connections(block: bytes, last: bytes, known: list[Connection]) -> list[Connection]:
    return _native.read_connections(Connection, block, last, known)


def _read_snapshot(
    block: bytes, last: bytes, known: list[tuple[Connection, Status]]
) -> list[tuple[Connection, Status]]:
    return _native.read_snapshot(Connection, block, last, known)


# List the connections of a service, which must be the active one; and those of a block.
list_connections, read_connections = _keep_last(_native.list_connections, _read_connections)
_list_snapshot, _ = _keep_last(_native.list_snapshot, _read_snapshot)


def raise_if_replaced(connection: Connection) -> None:
    """Raise NotConnectedError if its handle now belongs to another connection.

    For a link, this is about the handle of its connection.
    """
    mine = replace(connection, handle=connection._parent or connection.handle)
    listed = list_connections(connection._service)
    if any(c.handle == mine.handle and not is_same(mine, c) for c in listed):
        raise _native.error(_ERROR_INVALID_HANDLE, "RasEnumConnections")


def is_same(connection: Connection, listed: Connection | None) -> bool:
    """Whether the handles are the same, and no id that both have differs."""
    return (
        listed is not None
        and connection.handle == listed.handle
        and _agree(connection.entry_id, listed.entry_id)
        and _agree(connection.correlation_id, listed.correlation_id)
    )


def _agree(a: UUID | None, b: UUID | None) -> bool:
    return a is None or b is None or a == b


def link_handles(connection: Connection) -> dict[int, int]:
    """Map the number of each connected link to its handle."""
    handles = {}
    for number in range(1, MOST_LINKS + 1):
        more, handle = _native.get_sub_entry(connection, number)
        if not more:
            break
        if handle:
            handles[number] = handle
    return handles


def _with_own_device(link: Connection) -> Connection:
    """Give a link the name of its own device, unless the link has just ended."""
    try:
        status = link.status()
    except NotConnectedError:
        return link
    return replace(link, device_type=status.device_type, device_name=status.device_name)
