"""Have RAS connections up or down, and phone books with the entries that they are to have.

.. code-block:: yaml

    entry of Branch VPN:
      winras.entry_present:
        - name: Branch VPN
        - phone_number: vpn.example.com
        - strategy: Ikev2Only
        - hang_up: True

    Branch VPN up:
      winras.connected:
        - name: Branch VPN
        - require:
          - winras: entry of Branch VPN

A requisite finds states by ID and by name. So where one entry has several states, no ID should be
its name.

With ``test=True`` nothing is dialled, hung up or written, and the changes are those that the run
would make, also of an entry that winras states before this one would make, change or hang up.

There is no ``mod_watch``, so ``watch`` is the same as ``require``. None is needed: an entry that is
up is not changed. Either the state fails and says so, or with ``hang_up`` the entry is hung up
first, and a ``winras.connected`` behind it dials it with what is new.

If RAS fails, the comment has the number and the name of the error, and the likely cause. Neither
changes nor comments have a secret. A *phonebook* is a path. A text that YAML takes for something
else, such as ``0123`` or ``yes``, needs quotes; of a *name* that is no text, Salt takes the ID.

Needs Windows with RAS, or the minion option ``winras.simulator: NAME``, with which the minion joins
the simulated service that ``winras simulate SCENARIO.toml --name NAME`` serves.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, ParamSpec, TypedDict

from salt.exceptions import CommandExecutionError, SaltInvocationError
from salt.loader.context import LoaderContext
from salt.loader.dunder import __opts__

from winras._connections import Connection, find_connection, same_name
from winras._dialing import dial
from winras._ensuring import Change, ensure, ensure_absent
from winras._entries import Entry
from winras._entry_file import ENTRY_KEYS, EntryFileError, WantedEntry, entry_of
from winras._enums import ConnectionState
from winras._models import Json
from winras._native import Claim, folded, is_same_text
from winras._phonebook import Phonebook, asking, not_found
from winras._phonebook import entries as list_entries
from winras._watching import wait_for
from winras.exceptions import (
    ConnectionNotFoundError,
    EntryInUseError,
    NotConnectedError,
    RasError,
    RasTimeoutError,
)
from winras.salt import _arguments, _credentials, _minion

__all__ = ["connected", "disconnected", "entry_absent", "entry_present"]

__virtualname__ = _minion.VIRTUAL_NAME
__salt__ = LoaderContext().named_context("__salt__")


class _Ran(TypedDict):
    """Of a state that has run, what this module needs."""

    name: str
    changes: Mapping[str, object]


# What Salt puts here while a state runs: its own data, and the answers of those before it.
__low__: Mapping[str, object] = {}
__running__: Mapping[str, _Ran] = {}

_P = ParamSpec("_P")

_DOWN = str(ConnectionState.Disconnected)
_UP = str(ConnectionState.Connected)

_ERROR_DIAL_ALREADY_IN_PROGRESS = 756
# How often, in seconds, a state looks whether another job still dials the entry.
_TURN = 0.2

_DONE = {"create": "made", "update": "changed", "delete": "deleted"}


def __virtual__() -> tuple[bool, str] | str:  # noqa: N807  Salt's name
    return _minion.virtual(__opts__)


def _is_test() -> bool:
    return bool(__opts__.get("test"))


class _Outcome(NamedTuple):
    """What became of a state, or with ``test=True`` would become of it."""

    comment: str
    changes: Mapping[str, Json] = {}
    is_so: bool = True


def _state(function: Callable[_P, _Outcome]) -> Callable[_P, dict[str, object]]:
    """Answer as a state does; what fails is told as a comment."""

    @functools.wraps(function)
    def answer(*args: _P.args, **kwargs: _P.kwargs) -> dict[str, object]:
        try:
            with _minion.ras(__opts__):
                outcome = function(*args, **kwargs)
        except (CommandExecutionError, SaltInvocationError) as error:
            outcome = _Outcome(str(error), is_so=False)
        return _minion.sendable(
            {
                "name": args[0] if args else kwargs["name"],
                "result": None if _is_test() and outcome.changes else outcome.is_so,
                "changes": {**outcome.changes},
                "comment": outcome.comment,
            }
        )

    return answer


# ---- connections ----


@_state
def connected(
    name: str,
    phonebook: str | None = None,
    credentials: str | None = None,
    use_saved: bool = True,  # noqa: FBT002  Salt gives arguments by name or place
    timeout: float = 60,
    **unknown: object,
) -> _Outcome:
    """Have an entry up: dial it unless it is.

    If another job is dialling it just then, that dial is waited for, and nothing is changed: a
    second dial would be one more reference, or fail with 756. So it is with a dial of another
    program that takes more than some 3 s; one that ends sooner gets one more reference by this
    state, because RAS does not list an entry before it is connected. `winras.disconnected` ends it
    all the same: it gives back all references.

    With ``test=True`` it is no error if no phone book has the entry yet, because a state before
    this one may make it.

    name
        The phone-book entry, in upper or lower case.
    phonebook
        The phone book, if several have that entry.
    credentials
        The key under ``winras:credentials`` in pillar with the user, the password and perhaps the
        domain to dial with, as text or as sdb URIs. By default that with the name of the entry; if
        pillar has none, what is saved for the entry.
    use_saved
        If pillar has no credentials, use those that are saved for the entry.
    timeout
        Seconds to wait; what is not up by then is hung up.

    .. code-block:: yaml

        Home VPN:
          winras.connected:
            - credentials: office
            - timeout: 30
    """
    entry, book = _arguments.text("name", name), _arguments.phonebook(phonebook)
    _arguments.refuse(unknown, _arguments.names_of(connected), entry)
    saved = _arguments.flag("use_saved", use_saved)
    limit = _arguments.seconds("timeout", timeout)
    seen = _look(entry, book)
    if seen.state == _UP:
        return _Outcome(seen.told)
    given = _credentials.credentials_of(__salt__, entry, credentials)
    changes = _change("state", seen.state, _UP)
    if _is_test():
        return _Outcome(_would_dial(entry, book), changes)
    with _turn(entry, limit):
        seen = _look(entry, book)
        if seen.state == _UP:
            return _Outcome(seen.told)
        try:
            dial(entry, phonebook=book, credentials=given, use_saved=saved, timeout=limit)
        except RasError as error:
            if error.code != _ERROR_DIAL_ALREADY_IN_PROGRESS:
                raise
            try:
                wait_for(entry, phonebook=book, timeout=limit)
            except RasTimeoutError:
                raise error from None
            return _Outcome(f"another program has dialled {entry!r}, and it is connected")
    return _Outcome(f"{entry!r} was dialled, and is connected", changes)


@contextlib.contextmanager
def _turn(entry: str, limit: float) -> Iterator[None]:
    """Wait until no other state of this minion dials the entry, as two jobs at once may."""
    key = f"winras.connected\0{__opts__.get(_minion.OPTION)}\0{folded(entry)}"
    end = time.monotonic() + limit
    with Claim(hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()) as claim:
        # Where somebody else has made it impossible, it is dialled all the same.
        with contextlib.suppress(RasError):
            while not claim.take() and time.monotonic() < end:
                time.sleep(_TURN)
        yield


def _would_dial(entry: str, book: str | None) -> str:
    if same_name(entry, list_entries(phonebook=book)):
        return f"{entry!r} would be dialled"
    with asking("RasEnumEntries") as service:
        missing = not_found(entry, book or "", service)
    return f"{entry!r} would be dialled if a state before this one makes it: {missing}"


@_state
def disconnected(
    name: str, phonebook: str | None = None, timeout: float = 30, **unknown: object
) -> _Outcome:
    """Have an entry down: hang it up if it is up, for every program on the minion.

    It is no error if no phone book has the entry. While another program dials it, it is not
    connected to RAS, nor to this state: it is up after that, until the state is applied again.

    name
        The phone-book entry, in upper or lower case.
    phonebook
        The phone book, if several have that entry.
    timeout
        Seconds to wait for the end; after that the hang-up goes on.

    .. code-block:: yaml

        Office VPN:
          winras.disconnected:
            - timeout: 10
    """
    entry, book = _arguments.text("name", name), _arguments.phonebook(phonebook)
    _arguments.refuse(unknown, _arguments.names_of(disconnected), entry)
    limit = _arguments.seconds("timeout", timeout)
    seen = _look(entry, book)
    if seen.state == _DOWN:
        return _Outcome(seen.told)
    changes = _change("state", seen.state, _DOWN)
    if _is_test():
        return _Outcome(f"{entry!r} would be hung up", changes)
    assert seen.connection is not None
    seen.connection.hang_up(timeout=limit)
    return _Outcome(f"{entry!r} was hung up", changes)


class _Seen(NamedTuple):
    """How an entry is, or in a test run would be when its state is run; also in words."""

    state: str
    told: str
    connection: Connection | None = None


def _look(entry: str, book: str | None) -> _Seen:
    if foreseen := _foreseen(entry):
        return _Seen(foreseen, f"{entry!r} would be so by then")
    try:
        found = find_connection(entry, book)
        if isinstance(found, Connection):
            return _Seen(str(found.status().state), f"{entry!r} is connected", found)
    except ConnectionNotFoundError as error:
        return _Seen(_DOWN, error.message)
    except NotConnectedError:
        pass  # it has just gone
    return _Seen(_DOWN, f"{entry!r} is not connected")


def _foreseen(entry: str) -> str | None:
    """How the states before this one would leave an entry in a test run; None: as it is."""
    state = None
    if _is_test():
        for tag, told in __running__.items():
            module, *_, function = tag.split("_|-")
            changes = told["changes"].keys() - _arguments.PILLAR_KEYS
            if module == __virtualname__ and changes and is_same_text(told["name"], entry):
                state = _UP if function == "connected" else _DOWN
    return state


def _change(what: str, old: Json, new: Json) -> dict[str, Json]:
    return {what: {"old": old, "new": new}}


# ---- entries ----


@_state
def entry_present(
    name: str,
    phonebook: str | None = None,
    hang_up: bool = False,  # noqa: FBT002  as above
    save_credentials: bool | str = False,  # noqa: FBT002
    **fields: object,
) -> _Outcome:
    """Have an entry in a phone book, as these fields say.

    The fields are the keys of an ``[[entry]]`` table of an entry file, which
    docs/entries.schema.json lists; *phone_number* must be there. Each entry is the whole truth of
    them: what is left out, or null, gets its default. What winras does not know of an entry stays
    as it is. Without a *device_name*, any device that fits the *strategy* will do.

    Of an entry that is new, the changes have its *name* and all that is not as by default.

    name
        The entry. If there is one whose name differs in upper and lower case only, that is renamed.
    phonebook
        The phone book; by default that of all users, because nobody sees the one that the minion's
        account, LocalSystem, has for itself.
    hang_up
        If the entry is up and would change, hang it up first, which takes 30 s at most. Otherwise
        it is not changed, and the state fails.
    save_credentials
        Save for the entry what pillar has under ``winras:credentials`` and the name of the entry:
        user, password and domain, and the pre-shared key of IPsec. RAS tells who is saved, but not
        the password or the key. So a password is saved if the entry is made or changed, if none is
        saved, or that of another user; a key if the entry is made or changed, or a password is
        saved; ``always`` saves both in each run, as is needed once after a password has changed.
        Only then is a secret read through sdb. In the changes it is ``saved``.

    .. code-block:: yaml

        Plant VPN:
          winras.entry_present:
            - phone_number: plant.example.com
            - strategy: L2tpOnly
            - use_pre_shared_key: True
            - ipv4_default_gateway: False
            - ipv6_default_gateway: False
            - ipv4_dns:
              - 192.0.2.53
            - idle_disconnect: 600
            - save_credentials: True
    """
    book = _phonebook(phonebook)
    entry = _entry_of(_arguments.text("name", name), fields)
    hangs_up = _arguments.flag("hang_up", hang_up)
    anew = save_credentials == "always"
    if isinstance(save_credentials, str) and not anew:
        raise SaltInvocationError(
            "save_credentials must be True or False, without quotes, or always"
        )
    saves = anew or _arguments.flag("save_credentials", save_credentials)
    wanted = _credentials.with_secrets(__salt__, entry) if saves else WantedEntry(entry)
    return _make(
        f"{entry.name!r} is as it is to be",
        lambda: ensure(
            [wanted],
            phonebook=book,
            dry_run=_is_test(),
            hang_up=hangs_up,
            save_secrets=anew,
        ),
    )


@_state
def entry_absent(
    name: str,
    phonebook: str | None = None,
    hang_up: bool = False,  # noqa: FBT002  as above
    **unknown: object,
) -> _Outcome:
    """Have no entry of that name in a phone book.

    name
        The entry, in upper or lower case.
    phonebook
        The phone book; by default that of all users.
    hang_up
        If the entry is up, hang it up first, which takes 30 s at most. Otherwise it is not deleted,
        and the state fails.

    .. code-block:: yaml

        Office VPN:
          winras.entry_absent:
            - hang_up: True
    """
    book = _phonebook(phonebook)
    entry = _arguments.text("name", name)
    _arguments.refuse(unknown, _arguments.names_of(entry_absent), entry)
    hangs_up = _arguments.flag("hang_up", hang_up)
    return _make(
        f"there is no entry {entry!r}",
        lambda: ensure_absent(entry, phonebook=book, dry_run=_is_test(), hang_up=hangs_up),
    )


def _phonebook(given: str | None) -> str:
    return _arguments.phonebook(given) or Phonebook.all_users().path


def _make(as_it_is: str, work: Callable[[], Sequence[Change]]) -> _Outcome:
    """Say what changes in a phone book, or why it does not."""
    try:
        changes = work()
    except EntryInUseError as error:
        if not error.changes:
            raise
        changes = error.changes
    if not changes:
        return _Outcome(as_it_is)
    [change] = changes
    done = _DONE[change.action]
    where = f'{change.name!r} of "{change.phonebook}"'
    if change.blocked and not (__low__.get("__prereq__") or _foreseen(change.name) == _DOWN):
        fields = ", ".join(one.field for one in change.fields)
        what = f"changed ({fields})" if change.action == "update" else done
        return _Outcome(
            f"{where} is up or being dialled, so it is not {what}: give hang_up: True, or have "
            "winras.disconnected before this state",
            is_so=False,
        )
    told: dict[str, Json] = {}
    if change.action == "create":
        told = _change("name", None, change.name)
    elif change.action == "delete":
        told = _change("name", change.name, None)
    for one in change.fields:
        facts = one.to_dict()
        told |= _change(one.field, facts["old"], facts["new"])
    return _Outcome(f"{where} {'would be' if _is_test() else 'was'} {done}", told)


def _entry_of(name: str, fields: Mapping[str, object]) -> Entry:
    """The entry that a state says.

    Raises:
        SaltInvocationError: It is none.
    """
    # Null is what a template makes of a variable that is not set.
    given = {key: value for key, value in fields.items() if value is not None}
    known = [*dict.fromkeys((*ENTRY_KEYS, *_arguments.names_of(entry_present)))]
    _arguments.refuse([key for key in given if key not in ENTRY_KEYS], known, name)
    try:
        return entry_of({"name": name, **given})
    except EntryFileError as problem:
        raise SaltInvocationError(f"{problem}{_about_quotes(str(problem), given)}") from None


def _about_quotes(problem: str, fields: Mapping[str, object]) -> str:
    """What to do if YAML has made something else of a text."""
    value = fields.get(problem.partition(" ")[0])
    parts = value if isinstance(value, list) else [value]
    is_made = any(not isinstance(one, str | list | dict | None) for one in parts)
    return (
        ": put it in quotes, or YAML makes something else of it"
        if is_made and "text" in problem
        else ""
    )
