"""Arguments of the Salt extension, as YAML makes them of what somebody writes."""

from __future__ import annotations

from collections.abc import Mapping

from salt.exceptions import SaltInvocationError

from .._arguments import valid_timeout

__all__ = ["flag", "kind_of", "seconds", "text", "text_or_none"]


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
