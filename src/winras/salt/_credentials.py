"""What pillar says of those who dial: credentials and pre-shared keys, as text or through sdb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from salt.exceptions import CommandExecutionError

from .. import _native
from .._credentials import Credentials
from .._entries import Entry
from .._entry_file import SecretReference, WantedEntry
from ._arguments import PILLAR_KEYS, kind_of, text_or_none

__all__ = ["credentials_of", "with_secrets"]


class _Function(Protocol):
    """An execution function, as the loader has it."""

    def __call__(self, *arguments: object) -> object: ...


Functions = Mapping[str, _Function]

_WHERE = "winras:credentials"
_KNOWN = ", ".join(PILLAR_KEYS)
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
        # Salt knows it in lower case only, and would give the URI itself, which is no password.
        scheme, _, rest = value.value.partition("://")
        if scheme.strip().lower() != "sdb":
            return value
        profile = rest.partition("/")[0]
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
        if not isinstance(value, str):
            problem = f"is no text, but {kind_of(value)}: put it in quotes"
        elif value == _MASKED:
            problem = "is masked"
        elif not value:
            problem = "is empty"
        elif value.splitlines() != [value]:
            # A server that counts wrong passwords would count this one, on each machine.
            problem = "has a line break, as | in YAML, an editor or a command adds one: remove it"
        else:
            return cls(value)
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
            f"pillar {_WHERE} must be a mapping of entries, and is {kind_of(records)}"
        )
    if wanted is not None:
        # YAML may have made another kind of key of it.
        spelled = next((one for one in records if str(one) == wanted), None)
        if spelled is None:
            # What was given is not repeated: it may be a password, in the place of a key.
            raise CommandExecutionError(
                f"pillar {_WHERE} has no such key as credentials says{_known(records)}; never give "
                "a password instead: what a function is given stays in the job cache"
            )
    else:
        spelled = _same_name(name, records)
        if spelled is None:
            if functions["pillar.raw"]("_errors"):
                raise CommandExecutionError(
                    f"pillar {_WHERE} has nothing for {name!r}, but it was not rendered without "
                    "errors: the master's log has them"
                )
            return None
    where = f"{_WHERE}:{spelled}"
    record = records[spelled]
    if not isinstance(record, Mapping):
        raise CommandExecutionError(
            f"pillar {where} must be a mapping with {_KNOWN}, and is {kind_of(record)}"
        )
    if any(one not in PILLAR_KEYS for one in record):
        # In YAML, {password:secret} is a key, for want of a space.
        raise CommandExecutionError(
            f"pillar {where} has a key that is none of {_KNOWN}, and is not repeated here "
            "in case it is a password"
        )
    return where, record


def _same_name(name: str, records: Iterable[object]) -> object:
    """The key that is this name; if none is spelled so, in upper or lower case."""
    same = [one for one in records if _native.is_same_text(str(one), name)]
    return next((one for one in same if str(one) == name), same[0] if same else None)


def _known(records: Iterable[object]) -> str:
    return "; there are " + ", ".join(sorted(map(str, records))) if records else ""
