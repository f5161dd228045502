"""Arguments of the Salt extension, as YAML makes them of what somebody writes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ParamSpec

from salt.exceptions import SaltInvocationError

from .._arguments import valid_timeout
from .._toml import did_you_mean

__all__ = [
    "PILLAR_KEYS",
    "flag",
    "kind_of",
    "names_of",
    "phonebook",
    "refuse",
    "seconds",
    "text",
    "text_or_none",
]

#: What pillar may say of an entry, and no argument may.
PILLAR_KEYS = ("user", "domain", "password", "pre_shared_key")


_P = ParamSpec("_P")


def names_of(function: Callable[_P, object]) -> list[str]:
    """The names of a function's arguments, but for what takes all others."""
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind is not one.VAR_KEYWORD]


def refuse(unknown: Iterable[str], known: Sequence[str], entry: object) -> None:
    """Refuse arguments that are none, if there are any; without their values.

    Of a state with an argument that it does not take, Salt would end the run.

    Raises:
        SaltInvocationError: There is one that is none of Salt's own.
    """
    for key in unknown:
        if key in PILLAR_KEYS:
            raise SaltInvocationError(
                f"{key} is no argument, because what functions and states are given is cached and "
                f"logged: put it into pillar as winras:credentials:{entry or 'ENTRY'}:{key}; if "
                "this was the real one, change it"
            )
        if not key.startswith("__"):
            raise SaltInvocationError(f"there is no argument {key!r}; {did_you_mean(key, known)}")


def text(argument: str, value: object) -> str:
    """Return an argument that must be a text with something in it.

    Raises:
        SaltInvocationError: It is none. The message does not have it: it may be a password.
    """
    if not isinstance(value, str):
        raise SaltInvocationError(
            f"{argument} must be text, and YAML has made {kind_of(value)} of it: quote it for YAML "
            f'too, as in {argument}=\'"123"\' on a command line and {argument}: "123" in a file'
        )
    if not value.strip():
        raise SaltInvocationError(f"{argument} is empty; is a variable not set?")
    return value


def text_or_none(argument: str, value: object) -> str | None:
    """Return an argument that may be left out."""
    return None if value is None else text(argument, value)


def phonebook(value: object) -> str | None:
    """Return the path of a phone book, if there is one.

    Raises:
        SaltInvocationError: It is no full path. The message does not have it, as above.
    """
    path = text_or_none("phonebook", value)
    if path is not None:
        from .._phonebook import Phonebook  # noqa: PLC0415  only on demand

        try:
            Phonebook(path)
        except ValueError:
            raise SaltInvocationError(
                r"phonebook must be the full path of a phone book, such as C:\VPN\work.pbk; it "
                "may be left out"
            ) from None
    return path


def flag(argument: str, value: object) -> bool:
    """Return an argument that must be true or false.

    Raises:
        SaltInvocationError: It is neither.
    """
    if not isinstance(value, bool):
        raise SaltInvocationError(
            f"{argument} must be True or False, and YAML has made {kind_of(value)} of it: write it "
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


_KINDS = {bool: "a truth value", int: "a number", float: "a number", list: "a list", str: "a text"}


def kind_of(value: object) -> str:
    """What YAML has made, in words; never the value."""
    if value is None:
        return "nothing"
    return _KINDS.get(type(value), "a mapping" if isinstance(value, Mapping) else "a value")
