"""Ends every VPN connection at night, and reports those that did not end.

    python end_vpn.py [--keep NAME ...] [--timeout SECONDS]

Exit codes: 0 all ended, 1 some did not, 2 this system has no RAS.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import winras


def end_vpns(*, keep: Sequence[str] = (), timeout: float = 60.0) -> list[str]:
    """Hang up all VPN connections except those to keep; return the names of those that failed."""
    kept = {name.casefold() for name in keep}
    failed = []
    for connection in winras.connections():
        if not connection.is_vpn or connection.name.casefold() in kept:
            continue
        try:
            connection.hang_up(timeout=timeout)
        except winras.RasError as error:
            print(f"{connection.name}: {error}", file=sys.stderr)
            failed.append(connection.name)
        else:
            print(f"{connection.name}: ended")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    parser = argparse.ArgumentParser(description="End every VPN connection.")
    parser.add_argument("--keep", metavar="NAME", action="append", default=[])
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=60.0)
    parsed = parser.parse_args(arguments)
    try:
        return 1 if end_vpns(keep=parsed.keep, timeout=parsed.timeout) else 0
    except winras.RasUnavailableError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
