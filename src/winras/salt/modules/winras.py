"""RAS connections of a minion: see, dial and hang them up.

Each function returns what the command ``winras ... --json`` prints on that machine, in the forms of
docs/json.schema.json. What RAS refuses is an error of the job, with the number and the name of RAS.

A *phonebook* is a path; without one, the phone books of the minion's account and of all users are
meant. The minion of Windows runs as LocalSystem, which has in effect that of all users only.

Needs Windows with RAS, or the minion option ``winras.simulator: NAME``, with which the minion joins
the simulated service that ``winras simulate SCENARIO.toml --name NAME`` serves.
"""

from __future__ import annotations

from salt.exceptions import SaltInvocationError
from salt.loader.context import LoaderContext
from salt.loader.dunder import __context__, __opts__

from winras import _facts
from winras._connections import Connection, get_connection
from winras._models import Json
from winras._operations import HangUp
from winras.salt import _arguments, _credentials, _minion

__all__ = ["dial", "doctor", "entries", "hang_up", "list_", "statistics", "status"]

__virtualname__ = _minion.VIRTUAL_NAME
__salt__ = LoaderContext().named_context("__salt__")


def __virtual__() -> tuple[bool, str] | str:  # noqa: N807  Salt's name
    return _minion.virtual(__opts__)


def list_() -> list[dict[str, Json]]:
    """List the connections that are up, as ``winras list --json``.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.list_
    """
    with _minion.ras(__opts__):
        return _minion.sendable([row.to_dict() for row in _facts.what_is_up()])


def status(name: str, phonebook: str | None = None) -> dict[str, Json]:
    """Tell how a connection is, as ``winras status NAME --json``.

    An entry that is not up is no error here: its ``state`` is ``Disconnected``.

    name
        The entry, in upper or lower case.
    phonebook
        The phone book, if several have that entry.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.status 'Office VPN'
    """
    name, book = _arguments.text("name", name), _arguments.phonebook(phonebook)
    with _minion.ras(__opts__):
        found, _ = _facts.find_status(name, book)
        return _minion.sendable(found.with_addresses() if isinstance(found, _facts.Row) else found)


def hang_up(*names: str, **keywords: object) -> list[dict[str, Json]]:
    """End connections and wait until they are gone, as ``winras hangup NAME ... --json``.

    They are hung up at once. If one of several fails, its row has the error, and the job's retcode
    is the exit code of ``winras hangup``; if there is only one name, no such connection is an error
    of the job.

    names
        The entries, in upper or lower case.
    phonebook
        The phone book, if several have such entries.
    timeout
        Seconds to wait for the end of each (default: 30); after that the hang-up goes on.
    one_reference
        If True, hang up once: a connection stays if another program holds it.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.hang_up 'Office VPN' 'Branch VPN' timeout=10
    """
    # Salt 3006 knows no parameters behind *names.
    given: dict[str, object] = {"phonebook": None, "timeout": 30, "one_reference": False}
    _arguments.refuse(keywords.keys() - given.keys(), [*given], "")
    given.update(keywords)
    wanted = [_arguments.text("name", name) for name in names]
    book = _arguments.phonebook(given["phonebook"])
    limit = _arguments.seconds("timeout", given["timeout"])
    once = _arguments.flag("one_reference", given["one_reference"])
    if not wanted:
        raise SaltInvocationError("give the name of one connection or more")

    def wait(_number: int, _connection: Connection, operation: HangUp) -> bool:
        return operation.run()

    with _minion.ras(__opts__):
        chosen, missing = _facts.find_to_hang_up(wanted, book)
        became = _facts.hang_up(chosen, timeout=limit, one_reference=once, wait=wait)
    _set_retcode(max(map(_facts.exit_code, missing.errors + became.errors), default=0))
    return _minion.sendable([*became.rows, *missing.rows])


def dial(  # noqa: PLR0917  Salt gives arguments by name or place
    name: str,
    phonebook: str | None = None,
    credentials: str | None = None,
    use_saved: bool = True,  # noqa: FBT002  as above
    phone_number: str | None = None,
    timeout: float = 60,
    **unknown: object,
) -> dict[str, Json]:
    """Dial an entry and wait until it is connected, as ``winras dial ENTRY --json``.

    If the entry is up already, this takes one more reference, which RAS counts: it stays up until
    each is given back, or somebody hangs up all. The state ``winras.connected`` dials only what is
    not up.

    name
        The phone-book entry; an empty text to dial *phone_number* on the first modem.
    phonebook
        The phone book, if several have that entry.
    credentials
        The key under ``winras:credentials`` in pillar with the user, the password and perhaps the
        domain to dial with, as text or as sdb URIs. By default that with the name of the entry; if
        pillar has none, what is saved for the entry. A user or a password is never an argument: the
        job cache would keep it.
    use_saved
        If pillar has no credentials, use those that are saved for the entry.
    phone_number
        Dial this, not the entry's own.
    timeout
        Seconds to wait; what is not up by then is hung up.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.dial 'Office VPN' timeout=30
    """
    _arguments.refuse(unknown, _arguments.names_of(dial), "")
    number = _arguments.text_or_none("phone_number", phone_number)
    if name != "" or number is None:
        name = _arguments.text("name", name)
    book = _arguments.phonebook(phonebook)
    saved = _arguments.flag("use_saved", use_saved)
    limit = _arguments.seconds("timeout", timeout)
    given = _credentials.credentials_of(__salt__, name, credentials)
    from winras._dialing import dial as dial_entry  # noqa: PLC0415  only on demand

    with _minion.ras(__opts__):
        connection = dial_entry(
            name,
            phonebook=book,
            phone_number=number,
            credentials=given,
            use_saved=saved,
            timeout=limit,
        )
        return _minion.sendable(_facts.status_of(connection))


def entries(phonebook: str | None = None) -> list[dict[str, Json]]:
    """List the entries of phone books, as ``winras entries --json``.

    phonebook
        Only of this one.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.entries
    """
    book = _arguments.phonebook(phonebook)
    from winras._phonebook import entries as list_entries  # noqa: PLC0415  only on demand

    with _minion.ras(__opts__):
        return _minion.sendable(_facts.describe_entries(list_entries(phonebook=book)))


def statistics(name: str, phonebook: str | None = None) -> dict[str, Json]:
    """Tell what has gone through a connection, as ``winras stats NAME --json``.

    name
        The entry, in upper or lower case.
    phonebook
        The phone book, if several have that entry.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.statistics 'Office VPN'
    """
    name, book = _arguments.text("name", name), _arguments.phonebook(phonebook)
    with _minion.ras(__opts__):
        connection = get_connection(name, phonebook=book)
        return _minion.sendable(_facts.describe_statistics(connection, connection.statistics()))


def doctor(names: bool = False) -> dict[str, Json]:  # noqa: FBT002  as above
    """Tell what works on the minion and what is wrong, as ``winras doctor --json``.

    The job's retcode is the exit code of ``winras doctor``: not 0 if something is wrong. A RAS that
    does not work may take 30 seconds for each thing that it is asked: give ``salt`` a timeout.

    names
        Tell the names of entries too.

    CLI Example:

    .. code-block:: bash

        salt --timeout 120 '*' winras.doctor
    """
    told = _arguments.flag("names", names)
    from winras._doctor import examine  # noqa: PLC0415  only on demand

    with _minion.ras(__opts__):
        diagnosis = examine(names=told)
    _set_retcode(_facts.exit_code_of(diagnosis))
    return _minion.sendable(diagnosis.to_dict())


def _set_retcode(code: int) -> None:
    if code:
        __context__["retcode"] = code
