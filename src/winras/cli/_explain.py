"""``winras explain``."""

from __future__ import annotations

import argparse

from .. import _native
from .._hints import find_hint
from ..exceptions import RasError
from ._arguments import (
    add_json,
    command,
    error_code,
)
from ._output import (
    print_json,
    print_line,
)


def _add_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", type=error_code, help="such as 691")


@command("explain", "say what an error number means", add_json, _add_code)
def _explain(options: argparse.Namespace) -> list[RasError]:
    """``winras explain CODE``."""
    name = _native.error_name(options.code)
    message = _native.error_message(options.code)
    hint = find_hint(options.code)
    if options.json:
        print_json(
            {
                "code": options.code,
                "name": name or None,
                "message": message,
                "hint": hint.text if hint else None,
                "page": hint.page.url if hint else None,
            }
        )
    else:
        print_line(str(RasError(options.code, name, message)))
        if hint:
            print_line(f"hint: {hint.text}")
            print_line(f"page: {hint.page.url}")
    return []
