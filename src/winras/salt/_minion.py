"""What the parts of the Salt extension share.

A minion's RAS, its credentials, arguments as YAML makes them, and errors as Salt tells them.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from salt.exceptions import CommandExecutionError, SaltInvocationError

from .. import _native
from .._arguments import valid_timeout
from .._credentials import Credentials
from .._entries import Entry
from .._entry_file import SecretReference, WantedEntry
from .._operations import finish_hang_ups
from ..exceptions import RasError, RasUnavailableError

__all__ = [
    "OPTION",
    "VIRTUAL_NAME",
    "credentials_of",
    "flag",
    "ras",
    "seconds",
    "text",
    "text_or_none",
    "virtual",
    "with_secrets",
]

#: Of each part: ``winras.…`` in Salt.
VIRTUAL_NAME = "winras"

#: The minion option with the name of a simulated service.
OPTION = "winras.simulator"

Options = Mapping[str, object]


class _Function(Protocol):
    """An execution function, as the loader has it."""

    def __call__(self, *arguments: object) -> object: ...


Functions = Mapping[str, _Function]


# ---- which RAS ----


class _Joined:
    """A simulated service that this process has joined, and how many use it here."""

    def __init__(self, name: str) -> None:
        from ..testing import join  # noqa: PLC0415  no RAS of Windows needs it

        self.name = name
        self.users = 0
        self._simulator = join(name)
        self._simulator.__enter__()

    def is_there(self) -> bool:
        """Whether its process still serves it."""
        try:
            self._simulator.calls("RasDial")
        except (RasError, RuntimeError):
            return False
        return True

    def leave(self) -> None:
        """It is joined no more; what it was asked for, and has not told yet, has failed."""
        self._simulator.__exit__(None, None, None)


class _Joining:
    """The simulated service that this process has joined, while anybody here uses it.

    A process can join one only, and several threads of a minion may use it. One that has ended is
    joined again for the next who wants it, even if others still use what it was: they are told.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a child of fork(), as each job of a minion is one: it has joined nothing."""
        self._lock = threading.Lock()
        self._joined: _Joined | None = None

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[None]:
        """Have it joined.

        Raises:
            CommandExecutionError: It cannot be joined, or it was left for another meanwhile.
        """
        with self._lock:
            mine = self._join(name)
            mine.users += 1
        try:
            yield
        except RuntimeError:
            if mine is self._joined:
                raise
            raise CommandExecutionError(f"the simulated service {name!r} has ended") from None
        finally:
            if mine.users == 1:
                # It is done at exit too, but there will be no simulated RAS by then.
                finish_hang_ups()
            with self._lock:
                mine.users -= 1
                if mine is self._joined and not mine.users:
                    self._joined = None
                    mine.leave()

    def _join(self, name: str) -> _Joined:
        """With the lock held."""
        now = self._joined
        if now is not None and now.is_there():
            if now.name == name:
                return now
            raise CommandExecutionError(
                f"this process uses the simulated service {now.name!r} just now, so it cannot join "
                f"{name!r}: a process can join one only"
            )
        if now is not None:
            self._joined = None
            now.leave()
        try:
            self._joined = _Joined(name)
        except (OSError, ValueError, RuntimeError) as problem:
            raise CommandExecutionError(
                f"the minion option {OPTION} is {name!r}: {problem}"
            ) from None
        return self._joined


_joining = _Joining()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_joining.forget)


@contextlib.contextmanager
def ras(options: Options) -> Iterator[None]:
    """Provide the RAS that a minion with these options has; its errors become errors of Salt.

    Several threads may be in such blocks at once.

    Raises:
        CommandExecutionError: A RAS call failed, or the simulated service cannot be joined.
        SaltInvocationError: Winras refuses an argument.
    """
    with contextlib.ExitStack() as stack:
        if name := _simulator_of(options):
            stack.enter_context(_joining.use(name))
        try:
            yield
        except RasError as error:
            raise CommandExecutionError(str(error)) from None
        except ValueError as problem:
            raise SaltInvocationError(str(problem)) from None


def _simulator_of(options: Options) -> str:
    name = options.get(OPTION)
    if name is None:
        return ""
    if not isinstance(name, str) or not name:
        raise CommandExecutionError(
            f"the minion option {OPTION} must be the name of a simulated service, as text in quotes"
        )
    return name


def virtual(options: Options) -> tuple[bool, str] | str:
    """What ``__virtual__`` of each part answers. RAS is not asked anything, so RasMan stays as is.

    With the minion option ``winras.simulator`` there is a RAS, even if its service starts later.
    """
    if options.get(OPTION) is None:
        try:
            _native.get_library(_native.service())
        except RasUnavailableError as error:
            return False, (
                f"this system has no Windows Remote Access Service ({error.code} {error.name}): on "
                "a Windows Server, install its role service DirectAccess and VPN (RAS); to try "
                f"winras without RAS, set the minion option {OPTION}: NAME, with which the minion "
                "joins what `winras simulate SCENARIO.toml --name NAME` serves"
            )
    return VIRTUAL_NAME


# ---- arguments ----


def text(argument: str, value: object) -> str:
    """Return an argument that must be a text with something in it.

    Raises:
        SaltInvocationError: It is none. The message does not have it: it may be a password.
    """
    if not isinstance(value, str):
        raise SaltInvocationError(
            f"{argument} must be text, and YAML has made {_kind(value)} of it: quote it for YAML "
            f'too, as in {argument}=\'"123"\' on a command line and {argument}: "123" in a file'
        )
    if not value.strip():
        raise SaltInvocationError(f"{argument} is empty; is a variable not set?")
    return value


def text_or_none(argument: str, value: object) -> str | None:
    """Return an argument that may be left out."""
    return None if value is None else text(argument, value)


def flag(argument: str, value: object) -> bool:
    """Return an argument that must be true or false.

    Raises:
        SaltInvocationError: It is neither.
    """
    if not isinstance(value, bool):
        raise SaltInvocationError(
            f"{argument} must be True or False, and YAML has made {_kind(value)} of it: write it "
            "without quotes"
        )
    return value


def seconds(argument: str, value: object) -> float:
    """Return a finite number of seconds, 0 or more; it may be in quotes.

    Raises:
        SaltInvocationError: It is none.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError  # noqa: TRY004, TRY301
        return valid_timeout(float(value))
    except (ValueError, OverflowError):
        raise SaltInvocationError(f"{argument} must be a number of seconds, 0 or more") from None


_KINDS = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    list: "a list",
    str: "a text",
}


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return _KINDS.get(type(value), "a mapping" if isinstance(value, Mapping) else "a value")


# ---- credentials ----

_WHERE = "winras:credentials"
_KEYS = ("user", "domain", "password", "pre_shared_key")
# What Salt shows of pillar in place of its values.
_MASKED = "**********"


def credentials_of(functions: Functions, name: str, key: object) -> Credentials | None:
    """Read from pillar who dials an entry; what is an ``sdb://`` URI there is resolved now.

    Args:
        functions: ``__salt__``.
        name: The name of the entry.
        key: The key under ``winras:credentials``; None for that with the name of the entry.

    Returns:
        The credentials; None if *key* is None and pillar has no user and password for the entry.

    Raises:
        CommandExecutionError: Pillar has no such key; what is there is incomplete or no text, or
            sdb does not give it. The message has no value of pillar or sdb.
        SaltInvocationError: The key is no text.
    """
    found = _find(functions, name, key)
    if found is None:
        return None
    where, record = found
    if key is None and not _has_credentials(record):
        return None
    user, domain = _who(functions, where, record)
    secret = _Secret.read(functions, where, record, "password")
    try:
        return Credentials(user, secret.value, domain)
    except ValueError as problem:
        raise CommandExecutionError(f"pillar {where}: {problem}") from None


def _has_credentials(record: Mapping[object, object]) -> bool:
    return bool({"user", "domain", "password"} & record.keys())


def _who(functions: Functions, where: str, record: Mapping[object, object]) -> tuple[str, str]:
    """The user and the domain of a record that has a password too."""
    for needed in ("user", "password"):
        if needed not in record:
            raise CommandExecutionError(f"pillar {where} has no {needed}")
    domain = _Secret.read(functions, where, record, "domain").value if "domain" in record else ""
    return _Secret.read(functions, where, record, "user").value, domain


def with_secrets(functions: Functions, entry: Entry) -> WantedEntry:
    """An entry with what pillar has to be saved for it; secrets are read when they are saved.

    Raises:
        CommandExecutionError: As `credentials_of`, or pillar has nothing for the entry.
    """
    found = _find(functions, entry.name, None)
    if found is None:
        raise CommandExecutionError(f"pillar {_WHERE} has nothing to save for {entry.name!r}")
    where, record = found

    def secret(key: str) -> SecretReference | None:
        if key not in record:
            return None
        return SecretReference(function=lambda: _Secret.read(functions, where, record, key).value)

    user, domain = _who(functions, where, record) if _has_credentials(record) else ("", "")
    try:
        return WantedEntry(entry, user, secret("password"), domain, secret("pre_shared_key"))
    except ValueError as problem:
        raise CommandExecutionError(f"pillar {where}: {problem}") from None


class _Secret:
    """A text that no repr shows: a traceback may show variables."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    @classmethod
    def read(
        cls, functions: Functions, where: str, record: Mapping[object, object], key: str
    ) -> _Secret:
        """Read a value of a record, through sdb if it is a URI of that."""
        value = cls._text(record[key], f"pillar {where}:{key}")
        if not value.value.startswith("sdb://"):
            return value
        profile = value.value.removeprefix("sdb://").partition("/")[0]
        what = f"sdb profile {profile!r} (pillar {where}:{key})"
        try:
            got = functions["sdb.get"](value.value)
        except Exception as problem:  # noqa: BLE001  of any driver; its message may have anything
            kind = type(problem).__name__
            raise CommandExecutionError(f"{what} does not answer: {kind}") from None
        if got is None or got == value.value:
            del got
            raise CommandExecutionError(
                f"{what} does not give it: is the profile in the minion's configuration, and the "
                "key in its store?"
            )
        return cls._text(got, what)

    @classmethod
    def _text(cls, value: object, what: str) -> _Secret:
        if isinstance(value, str) and value and value != _MASKED:
            return cls(value)
        problem = "is masked" if value == _MASKED else "is empty" if value == "" else ""
        problem = problem or f"is no text, but {_kind(value)}: put it in quotes"
        del value
        raise CommandExecutionError(f"{what} {problem}")


def _find(
    functions: Functions, name: str, key: object
) -> tuple[str, Mapping[object, object]] | None:
    """The record, and where it is."""
    wanted = text_or_none("credentials", key)
    # Not pillar.get: from 3008 on that answers a module with asterisks.
    mine = functions["pillar.raw"]("winras")
    records = mine.get("credentials") if isinstance(mine, Mapping) else None
    if records is None:
        records = {}
    if not isinstance(records, Mapping):
        raise CommandExecutionError(
            f"pillar {_WHERE} must be a mapping of entries, and is {_kind(records)}"
        )
    if wanted is not None:
        if wanted not in records:
            raise CommandExecutionError(f"pillar {_WHERE} has no {wanted!r}{_known(records)}")
        spelled: object = wanted
    else:
        spelled = _same_name(name, records)
        if spelled is None:
            return None
    where = f"{_WHERE}:{spelled}"
    record = records[spelled]
    if not isinstance(record, Mapping):
        raise CommandExecutionError(
            f"pillar {where} must be a mapping with {', '.join(_KEYS)}, and is {_kind(record)}"
        )
    if unknown := sorted(str(one) for one in record if one not in _KEYS):
        raise CommandExecutionError(
            f"pillar {where} has unknown keys: {', '.join(unknown)}; known are {', '.join(_KEYS)}"
        )
    return where, record


def _same_name(name: str, records: Iterable[object]) -> object:
    """The key that is this name; if none is spelled so, in upper or lower case."""
    same = [one for one in records if _native.is_same_text(str(one), name)]
    return next((one for one in same if str(one) == name), same[0] if same else None)


def _known(records: Iterable[object]) -> str:
    return "; there are " + ", ".join(sorted(map(str, records))) if records else ""
