"""Connections: which are up, how they are, and how to end them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from uuid import UUID

from . import _native
from ._arguments import valid_entry, valid_flag, valid_timeout, valid_timeout_or_none
from ._models import Addresses, ConnectionRecord, Statistics, Status
from ._operations import HangUp, WaitClosed
from .exceptions import AmbiguousNameError, ConnectionNotFoundError, NotConnectedError

_ERROR_INVALID_HANDLE = 6
_ERROR_INVALID_PARAMETER = 87
_ERROR_NO_CONNECTION = 668

# No phone-book entry has so many sub-entries; this ends the search if RAS never answers 259.
_MOST_LINKS = 255


@dataclass(frozen=True, slots=True)
class Connection(ConnectionRecord):
    """A RAS connection as it was when it was listed: a frozen snapshot with verbs.

    The fields do not change; the verbs ask RAS anew. Two snapshots are equal if all their fields
    are.

    Attributes:
        handle: RAS's number for it, valid in every process while it is up.
        name: The name of its phone-book entry; of a connection that was dialled without an
            entry, the phone number preceded by ``"."``.
        device_type: Such as ``vpn``, ``modem`` or ``PPPoE``; Windows' spelling of case varies.
        device_name: Such as ``WAN Miniport (IKEv2)``.
        phonebook: The full path of the phone book that has the entry; ``""`` if none.
        entry_id: The GUID of the entry, or None if Windows gives none.
        sub_entry: The one-based number of a connected link in a multilink connection.
        flags: What is known of its owner.
        luid: The logon session that made it.
        correlation_id: A GUID for this one connecting of the entry, or None if Windows gives
            none.

    See Microsoft's page *RASCONN structure*.
    """

    def status(self) -> Status:
        """Ask RAS how the connection is: one RasGetConnectStatus.

        Returns:
            The status; its ``error`` says what went wrong with the connection, which is no
            failure of this call.

        Raises:
            winras.NotConnectedError: The connection is gone (6).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasGetConnectStatus.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetConnectStatus function*.
        """
        return _native.get_status(self)

    def hang_up(self, *, timeout: float = 30.0, all_references: bool = True) -> bool:
        """End the connection and wait until its handle is dead.

        An enumeration first confirms that the handle still is this connection; if RAS does not
        list it any more, it counts as gone at once, and nobody else's connection is touched. RAS
        counts the programs that have dialled an entry, and only the last hang-up ends it.

        A program should not end right after a hang-up, and RAS needs the time to close the port.
        Whatever ends this wait early (the timeout, Ctrl+C), the hang-up goes on, and
        the end of the process waits for it, 3 seconds at most.

        Args:
            timeout: Seconds to wait, 0 or more.
            all_references: Hang up until nobody holds the connection. If False, once.

        Returns:
            True: the connection is gone. False, only without *all_references*: it is still
            Connected 3 seconds later, so others hold it.

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
        """Wait until the connection is gone, whoever ends it: its handle dead or another's.

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

        A link is a Connection too, with a handle of its own and its number in *sub_entry*:
        ``hang_up()`` ends that link alone, ``wait_closed()`` waits for its end. Its ``status()``
        may still answer when it is gone, as RasHangUp's page says. A link has no links.

        Returns:
            One for each link that is connected, by number. A connection without multilink has one.

        Raises:
            winras.NotConnectedError: The connection is gone, or its handle is another's now (6).
            winras.RasUnavailableError: This system has no RAS.
            winras.RasError: Any other answer of RasEnumConnections or RasGetSubEntryHandle.
            ValueError: This is a link itself.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetSubEntryHandle function*.
        """
        if self._parent:
            raise ValueError("this is a link; ask the connection that it is part of for links")
        check_still_listed(self)
        return [
            _with_own_device(replace(self, handle=handle, sub_entry=number, _parent=self.handle))
            for number, handle in link_handles(self).items()
        ]

    def statistics(self) -> Statistics:
        """Ask how much has gone through: RasGetConnectionStatistics, of a link its own.

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668).
            winras.RasUnavailableError: This system has no RAS, or not that function.
            winras.RasError: Any other answer of RasGetConnectionStatistics or
                RasGetLinkStatistics.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetConnectionStatistics function*.
        """
        return _native.get_statistics(self)

    def clear_statistics(self) -> None:
        """Set the counters to 0, for every program: RasClearConnectionStatistics.

        Of a link, its own: RasClearLinkStatistics.

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668), or its handle is another's.
            winras.RasUnavailableError: This system has no RAS, or not that function.
            winras.RasError: Any other answer of RasEnumConnections, RasClearConnectionStatistics or
                RasClearLinkStatistics.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasClearConnectionStatistics function*.
        """
        check_still_listed(self)
        _native.clear_statistics(self)

    def addresses(self) -> Addresses:
        """Ask which addresses the connection has: RasGetProjectionInfoEx and its status.

        A system without that function is asked by RasGetProjectionInfo. A protocol that is not
        negotiated yet (730), or not asked for (731), is no failure.

        Raises:
            winras.NotConnectedError: The connection is gone (6, 668).
            winras.RasUnavailableError: This system has no RAS, or none of these functions.
            winras.RasError: Any other answer of these functions.
            RuntimeError: The simulator that it came from has ended.

        See Microsoft's page *RasGetProjectionInfoEx function*.
        """
        return _native.get_addresses(self)


def connections() -> list[Connection]:
    """List the connections that are up: RasEnumConnections.

    Returns:
        One for each connection that RAS enumerates, in RAS's order, which has no documented
        meaning; an empty list if there is none. RAS does not enumerate a connection before it
        has connected.

    Raises:
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections.

    See Microsoft's page *RasEnumConnections function*.
    """
    return list_connections(_native.service())


def get_connection(name: str, *, phonebook: str | None = None) -> Connection:
    """Find the connection of a phone-book entry by its name.

    Args:
        name: The entry's name; upper and lower case are the same.
        phonebook: The path of the phone book, if several have an entry of that name.

    Raises:
        winras.ConnectionNotFoundError: No connection has that name; similar names are in its
            message.
        winras.AmbiguousNameError: Several have it; their phone books are in its message.
        winras.RasUnavailableError: This system has no RAS.
        winras.RasError: Any other answer of RasEnumConnections.
        TypeError: *name* or *phonebook* is not text.

    See Microsoft's page *RasEnumConnections function*.
    """
    valid_entry(name, phonebook)
    listed = connections()
    found = [c for c in listed if is_entry(c, name, phonebook)]
    if len(found) == 1:
        return found[0]
    where = "" if phonebook is None else f' of phone book "{phonebook}"'
    if not found:
        raise ConnectionNotFoundError(
            _ERROR_NO_CONNECTION,
            _native.error_name(_ERROR_NO_CONNECTION),
            f"no connection{where} has the name {name!r}{_suggest(name, listed)}",
            "RasEnumConnections",
        )
    # Not in repr, which would double each backslash: the paths are there to be copied.
    books = ", ".join(f'"{c.phonebook}"' for c in found)
    raise AmbiguousNameError(
        _ERROR_INVALID_PARAMETER,
        _native.error_name(_ERROR_INVALID_PARAMETER),
        f"{len(found)} connections{where} have the name {name!r}; choose the phone book with "
        f"phonebook= or --phonebook: {books}",
        "RasEnumConnections",
    )


def hanging_up(connection: Connection, *, timeout: float, all_references: bool) -> HangUp:
    """The operation of `Connection.hang_up`, with its arguments validated."""
    seconds = valid_timeout(timeout)
    return HangUp(
        connection,
        seconds,
        valid_flag(all_references, "all_references"),
        late=f"{connection.name!r} was hung up but is not gone after {round(seconds, 3):g} s; "
        "the hang-up continues in the background",
    )


def waiting_closed(connection: Connection, *, timeout: float | None) -> WaitClosed:
    """The operation of `Connection.wait_closed`, with its argument validated."""
    seconds = valid_timeout_or_none(timeout)
    return WaitClosed(
        connection,
        seconds,
        late=f"{connection.name!r} is still there after {round(seconds or 0.0, 3):g} s",
    )


def is_entry(connection: Connection, name: str, phonebook: str | None) -> bool:
    """Whether it is of that entry, of that phone book or of any."""
    return _same_text(connection.name, name) and (
        phonebook is None or _same_text(connection.phonebook, phonebook)
    )


def _same_text(a: str, b: str) -> bool:
    return a.casefold() == b.casefold()


def _suggest(name: str, listed: list[Connection]) -> str:
    """What the caller may have meant, as the end of a sentence."""
    near = [f'{c.name!r} of "{c.phonebook}"' for c in listed if _same_text(c.name, name)]
    if not near:
        names = {c.name.casefold(): c.name for c in listed}
        near = [repr(names[key]) for key in difflib.get_close_matches(name.casefold(), names)]
    if near:
        return f"; did you mean {' or '.join(near)}?"
    if not listed:
        return "; none is up"
    return "; up are " + ", ".join(sorted({repr(c.name) for c in listed}))


def list_connections(service: int) -> list[Connection]:
    """What that service enumerates, if it is the active one."""
    return _native.enumerate_connections(Connection, service)


def check_still_listed(connection: Connection) -> None:
    """NotConnectedError if its handle, or that of the link's connection, is another's now."""
    mine = replace(connection, handle=connection._parent or connection.handle)
    listed = list_connections(connection._service)
    if any(c.handle == mine.handle and not is_same(mine, c) for c in listed):
        raise _native.error(_ERROR_INVALID_HANDLE, "RasEnumConnections")


def is_same(connection: Connection, listed: Connection | None) -> bool:
    """The same handle, and no id that is set on both sides and differs."""
    return (
        listed is not None
        and connection.handle == listed.handle
        and _agree(connection.entry_id, listed.entry_id)
        and _agree(connection.correlation_id, listed.correlation_id)
    )


def _agree(a: UUID | None, b: UUID | None) -> bool:
    return a is None or b is None or a == b


def link_handles(connection: Connection) -> dict[int, int]:
    """The handle of each connected link, by its number."""
    handles = {}
    for number in range(1, _MOST_LINKS + 1):
        more, handle = _native.get_sub_entry(connection, number)
        if not more:
            break
        if handle:
            handles[number] = handle
    return handles


def _with_own_device(link: Connection) -> Connection:
    """The link with its own device, unless it ends just now."""
    try:
        status = link.status()
    except NotConnectedError:
        return link
    return replace(link, device_type=status.device_type, device_name=status.device_name)
