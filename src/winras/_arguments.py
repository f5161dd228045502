"""Validates what callers pass in, before anything is asked of RAS.

Each ``valid_...`` function takes a value as its caller gave it and returns it as winras uses it. It
raises TypeError for a value of the wrong type and ValueError for one that is out of range; either
message starts with the name of the argument. What concerns only one class, such as the keys of a
scenario file, is validated there.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from ._details import DialProgress

__all__ = [
    "ROOM",
    "fits",
    "function_problem",
    "text_problem",
    "utf16_units",
    "valid_address",
    "valid_bytes",
    "valid_check_every",
    "valid_clock",
    "valid_code",
    "valid_entry",
    "valid_flag",
    "valid_host_port",
    "valid_number",
    "valid_on_progress",
    "valid_phonebook",
    "valid_seconds",
    "valid_simulated",
    "valid_since",
    "valid_sub_entry",
    "valid_text",
    "valid_timeout",
    "valid_timeout_or_none",
    "valid_until",
]

#: The UTF-16 units that RAS has room for, without the NUL: RAS_MaxEntryName, MAX_PATH,
#: RAS_MaxDeviceType, RAS_MaxDeviceName, RAS_MaxPhoneNumber, UNLEN, PWLEN, DNLEN.
ROOM = {
    "name": 256,
    "phonebook": 259,
    "device_type": 16,
    "device_name": 128,
    "phone_number": 128,
    "user": 256,
    "password": 256,
    "domain": 15,
    "eap_user": 256,
}

# Some thirty thousand years in seconds: more makes no difference, and an int may be too large for
# a float.
_LONGEST = 1e12

_LARGEST_NUMBER = 0xFFFFFFFF
_FASTEST_CLOCK = 1e6
# The codes that the shim gives a meaning of its own.
_OWN_CODES = range(0x20000000, 0x20000010)


def fits(field: str, text: str) -> bool:
    """Whether RAS has room for a text, which ends at its first NUL."""
    return "\0" not in text and utf16_units(text) <= ROOM[field]


def utf16_units(text: str) -> int:
    """How long a text is in UTF-16."""
    # Counted, not encoded, which would leave a copy of a password in memory.
    return len(text) + sum(character > "\uffff" for character in text)


def valid_text(field: str, text: str, argument: str = "") -> str:
    """Return a text that RAS has room for.

    Args:
        field: Its key in `ROOM`.
        text: The text; for a password, use `text_problem`.
        argument: The name of the argument, if it is not *field*.
    """
    if problem := text_problem(field, text, argument):
        raise problem
    return text


def text_problem(field: str, text: str, argument: str = "") -> TypeError | ValueError | None:
    """Return what `valid_text` raises; its message does not repeat the text.

    A traceback may show variables. So who has a password in one raises this once it is deleted.
    """
    argument = argument or field
    if not isinstance(text, str):
        return TypeError(f"{argument} must be str, not {type(text).__name__}")
    if "\0" in text:
        return ValueError(f"{argument} must not contain a NUL")
    if not fits(field, text):
        return ValueError(f"{argument} must have at most {ROOM[field]} characters of UTF-16")
    return None


def valid_entry(name: str, phonebook: str | None) -> tuple[str, str | None]:
    """Return the name and phone book by which to find a connection."""
    if not isinstance(name, str):
        raise TypeError(f"name must be str, not {type(name).__name__}")
    if not isinstance(phonebook, str | None):
        raise TypeError(f"phonebook must be str or None, not {type(phonebook).__name__}")
    return name, phonebook


def valid_phonebook(phonebook: str | None) -> str:
    """Return the path of a phone book, or "" for None: those in the profiles."""
    if phonebook is None:
        return ""
    if not valid_text("phonebook", phonebook):
        raise ValueError(
            "phonebook must be the path of a phone book; None stands for those of this user and of "
            "all users"
        )
    return phonebook


def valid_flag(flag: bool, argument: str) -> bool:
    """Return a bool, and nothing else: a text such as "no" would be true."""
    if not isinstance(flag, bool):
        raise TypeError(f"{argument} must be a bool, not {type(flag).__name__}")
    return flag


def valid_timeout(seconds: float, argument: str = "timeout") -> float:
    """Return a finite number of seconds, 0 or more."""
    if seconds is None:
        raise ValueError(f"{argument} must be a number of seconds; None is not accepted here")
    return valid_seconds(argument, seconds, finite=True)


def valid_timeout_or_none(seconds: float | None) -> float | None:
    """Return a finite number of seconds, 0 or more, or None for no limit."""
    return None if seconds is None else valid_timeout(seconds)


def valid_check_every(seconds: float) -> float:
    """Return a finite number of seconds above 0."""
    valid = valid_timeout(seconds, "check_every")
    if valid == 0:
        raise ValueError("check_every must be more than 0 seconds")
    return valid


def valid_seconds(argument: str, seconds: float, *, finite: bool = False) -> float:
    """Return a number of seconds, 0 or more; ``math.inf`` too, unless it must be finite."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{argument} must be a number of seconds, not {type(seconds).__name__}")
    if not seconds >= 0 or (finite and seconds == math.inf):
        wanted = "0 or more seconds and finite" if finite else "0 or more seconds"
        raise ValueError(f"{argument} must be {wanted}, not {seconds!r}")
    return math.inf if seconds == math.inf else float(min(seconds, _LONGEST))


def valid_since(since: datetime | timedelta | None, now: datetime) -> datetime | None:
    """Return a moment in UTC; a timedelta counts back from *now*."""
    if since is None:
        return None
    if isinstance(since, timedelta):
        if since < timedelta():
            raise ValueError(
                f"since must not be negative, such as {since}: it counts back from now"
            )
        first = datetime.min.replace(tzinfo=UTC)
        return now - since if since < now - first else first
    if not isinstance(since, datetime):
        raise TypeError(f"since must be a datetime or a timedelta, not {type(since).__name__}")
    if since.utcoffset() is None:
        raise ValueError(
            f"since must have a time zone, and {since} has none: call its astimezone(), or give a "
            "timedelta"
        )
    return since.astimezone(UTC)


def valid_until(
    until: datetime | timedelta | Callable[[], bool] | None,
) -> datetime | timedelta | Callable[[], bool] | None:
    """Return when something is to end: a moment in UTC, a time from now, a question, or None."""
    if isinstance(until, timedelta):
        if until < timedelta():
            raise ValueError(f"until must not be negative, such as {until}: it counts from now")
        return until
    if isinstance(until, datetime):
        if until.utcoffset() is None:
            raise ValueError(
                f"until must have a time zone, and {until} has none: call its astimezone(), or "
                "give a timedelta"
            )
        return until.astimezone(UTC)
    if until is not None and not callable(until):
        wanted = "a datetime, a timedelta, a function to call or None"
        raise TypeError(f"until must be {wanted}, not {type(until).__name__}")
    if problem := function_problem("until", until):
        raise problem
    return until


def valid_simulated(argument: str, seconds: float) -> float:
    """Return a number of seconds by which a simulated clock can be moved."""
    valid = valid_seconds(argument, seconds, finite=True)
    if valid == _LONGEST and seconds > _LONGEST:
        raise ValueError(f"{argument} must be at most {_LONGEST:g} at once")
    return valid


def _whole(argument: str, number: int, kind: str, wanted: str, *, least: int, most: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{argument} must be {kind}, not {type(number).__name__}")
    if not least <= number <= most:
        raise ValueError(f"{argument} must be {wanted}, not {number}")
    return number


def valid_number(argument: str, number: int, least: int = 0) -> int:
    """Return a whole number of 32 bits."""
    wanted = f"from {least} to {_LARGEST_NUMBER}"
    return _whole(argument, number, "a whole number", wanted, least=least, most=_LARGEST_NUMBER)


def valid_sub_entry(number: int) -> int:
    """Return the number of a link, or 0."""
    wanted = "0 or the number of a link"
    return _whole("sub_entry", number, "a whole number", wanted, least=0, most=_LARGEST_NUMBER)


def valid_bytes(argument: str, number: int) -> int:
    """Return a number of bytes that C can count."""
    wanted = "0 or more bytes and less than 2**63"
    return _whole(argument, number, "a whole number of bytes", wanted, least=0, most=2**63 - 1)


def valid_code(code: int) -> int:
    """Return an error number that a simulated RAS may answer."""
    if valid_number("code", code, 1) in _OWN_CODES:
        raise ValueError(
            f"code must not be {code:#x}, which winras keeps for itself; it is not an error of RAS"
        )
    return code


def valid_address(text: str, version: int | None = None) -> IPv4Address | IPv6Address:
    """Return an IP address, of that version if it is given."""
    if not isinstance(text, str):
        raise TypeError(f"an endpoint must be the text of an IP address, not {type(text).__name__}")
    from ipaddress import ip_address  # noqa: PLC0415

    address = ip_address(text)
    if version not in (None, address.version):
        raise ValueError(f"{text!r} is not an IPv{version} address")
    return address


def valid_host_port(text: str, argument: str) -> tuple[str, int]:
    """Return the host and the port of ``"host:port"``, in which an IPv6 address has brackets."""
    if problem := _host_port_problem(text):
        raise ValueError(
            f'{argument} must be "host:port", such as "vpn.example.com:443" or "[::1]:443", not '
            f"{text!r}: {problem}"
        )
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _host_port_problem(text: str) -> str:
    """What is wrong with it; "" if nothing is."""
    host, colon, port = text.rpartition(":")
    if not colon:
        return "it has no port"
    if not (len(port) <= 5 and port.isascii() and port.isdigit() and 0 < int(port) <= 0xFFFF):
        return "the port must be a number from 1 to 65535"
    if host.startswith("[") and host.endswith("]"):
        try:
            valid_address(host[1:-1], 6)
        except ValueError:
            return "there is no IPv6 address in the brackets"
        return ""
    if not host or ":" in host or any(c.isspace() or c in "[]/\0" for c in host):
        return "the host must be a name or an address, and an IPv6 address needs brackets"
    return ""


def valid_clock(clock: str | float) -> float:
    """Return how many times as fast as real time it runs; 0 if it stands still until moved."""
    if clock in ("manual", "auto"):
        return 0.0
    if clock == "real":
        return 1.0
    if (
        isinstance(clock, int | float)
        and not isinstance(clock, bool)
        and 0 < clock <= _FASTEST_CLOCK
    ):
        return float(clock)
    raise ValueError(
        f'clock must be "real", "manual", "auto" or a number above 0 and up to 1e6, not {clock!r}'
    )


def valid_on_progress(
    on_progress: Callable[[DialProgress], object] | None,
) -> Callable[[DialProgress], object] | None:
    """Return a plain function, or None."""
    if problem := function_problem("on_progress", on_progress):
        raise problem
    return on_progress


def function_problem(argument: str, function: object) -> TypeError | None:
    """Return what to raise if it is neither a plain function nor None."""
    if function is not None and not callable(function):
        return TypeError(f"{argument} must be callable, not {type(function).__name__}")
    if inspect.iscoroutinefunction(function):
        return TypeError(f"{argument} must be a function to call, not a coroutine function")
    return None
