"""``winras explain``."""

from __future__ import annotations

import argparse
import difflib
import re

from .. import _native
from .._enums import win32_code
from .._hints import find_hint
from ..exceptions import RasError
from ._arguments import (
    CHANGES_NOTHING,
    add_json,
    command,
    filled,
)
from ._output import (
    Value,
    print_json,
    print_line,
)

_ERROR_NOT_FOUND = 1168


def _add_code(parser: argparse.ArgumentParser) -> None:
    # argparse takes a negative number for one, but not a hexadecimal one.
    parser._negative_number_matcher = re.compile(r"-(0x[0-9a-f]+|\d+)$", re.IGNORECASE)
    parser.add_argument(
        "code",
        metavar="CODE",
        nargs="?",
        type=_code,
        help="the number in decimal or hexadecimal, also negative or as HRESULT, or its name: 691, "
        "0x2B3, -2147024205, 0x800702B3, ERROR_AUTHENTICATION_FAILURE",
    )
    parser.add_argument(
        "--search",
        metavar="TEXT",
        type=filled,
        help="list the errors that have this in their name, message or hint",
    )


def _code(text: str) -> int:
    """Read an error number, decimal or hexadecimal, signed or not, or its name in any case."""
    try:
        code = int(text, 16 if text.lower().removeprefix("-").startswith("0x") else 10)
    except ValueError:
        return _code_of_name(text)
    if not -0x80000000 <= code <= 0xFFFFFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} has more than 32 bits")
    return code & 0xFFFFFFFF


def _code_of_name(text: str) -> int:
    codes = _native.error_codes()
    if text.upper() in codes:
        return codes[text.upper()]
    near = difflib.get_close_matches(text.upper(), codes, n=1)
    hint = f"; did you mean {near[0]}?" if near else ", such as 691 or 0x2B3"
    raise argparse.ArgumentTypeError(f"{text!r} is no error number and no name of one{hint}")


@command(
    "explain",
    "say what an error number means",
    add_json,
    _add_code,
    effect=CHANGES_NOTHING,
    examples=(
        "winras explain 0x800702B3",
        "winras explain --search certificate",
    ),
)
def _explain(options: argparse.Namespace) -> list[RasError]:
    """``winras explain CODE``, ``--search TEXT`` and ``--json``, which lists all."""
    if options.code is not None:
        if options.search is not None:
            options.usage_error("give a CODE or --search, not both")
        return _explain_one(options)
    if options.search is None and not options.json:
        options.usage_error("give a CODE, --search TEXT or, for all of them, --json")
    found = sorted(_native.error_codes().values())
    if options.search is not None:
        found = [code for code in found if _has(code, options.search.casefold())]
    if not found:
        message = f"no error has {options.search!r} in its name, message or hint"
        raise _native.error(_ERROR_NOT_FOUND, "", message)
    if options.json:
        print_json([_describe(code) for code in found])
    else:
        for code in found:
            print_line(str(_error(code)))
    return []


def _explain_one(options: argparse.Namespace) -> list[RasError]:
    error = _error(options.code)
    if not error.name and not _native.find_error_message(error.code):
        raise error
    if options.json:
        print_json(_describe(options.code))
        return []
    print_line(str(error))
    hint = find_hint(options.code)
    if hint:
        print_line(f"hint: {hint.text}")
        print_line(f"page: {hint.page.url}")
    return []


def _error(code: int) -> RasError:
    """The error of a number; of an HRESULT of facility Win32, that of the number in it."""
    code = win32_code(code)
    return RasError(code, _native.error_name(code), _native.error_message(code))


def _describe(code: int) -> dict[str, Value]:
    error = _error(code)
    hint = find_hint(code)
    return {
        "code": error.code,
        "name": error.name or None,
        "message": error.message,
        "hint": hint.text if hint else None,
        "page": hint.page.url if hint else None,
    }


def _has(code: int, text: str) -> bool:
    error = _error(code)
    return any(text in one.casefold() for one in (error.name, error.message, error.hint))
