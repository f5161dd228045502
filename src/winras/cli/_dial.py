"""``winras dial``."""

from __future__ import annotations

import argparse
import contextlib

from .. import _native
from .._dialing import dialling
from .._enums import ConnectionState
from .._models import DialProgress
from ..exceptions import RasError
from ._arguments import (
    add_credentials,
    add_entry,
    add_json,
    add_phonebook,
    command,
    read_credentials,
    seconds,
)
from ._connections import addresses_of, status_of
from ._output import (
    Progress,
    print_json,
    print_line,
)


def _add_dial(parser: argparse.ArgumentParser) -> None:
    add_entry(parser)
    add_credentials(parser, "who dials (default: as whom it is saved)")
    parser.add_argument(
        "--no-saved",
        action="store_true",
        help="without --user, do not use the credentials that are saved for the entry",
    )
    parser.add_argument("--phone-number", metavar="N", help="dial this, not the entry's own")
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        default=60.0,
        help="seconds to wait (default: 60); what is not up by then, or at Ctrl+C, is hung up",
    )
    parser.set_defaults(hints=True)


@command("dial", "dial an entry and wait until it is connected", add_json, add_phonebook, _add_dial)
def _dial(options: argparse.Namespace) -> list[RasError]:
    """``winras dial ENTRY``."""
    credentials = read_credentials(options)
    # With --json, nothing but the JSON may go to stdout.
    with Progress(lines=not options.json) as progress:

        def tell(step: DialProgress) -> None:
            if step.state is ConnectionState.Connected and not step.error:
                return
            # If nobody reads the progress, that is no reason to hang up.
            with contextlib.suppress(OSError):
                progress.show(*_progress_line(options.entry or options.phone_number, step))

        try:
            operation = dialling(
                options.entry,
                phonebook=options.phonebook,
                phone_number=options.phone_number,
                credentials=credentials,
                use_saved=not options.no_saved,
                sub_entry=0,
                timeout=options.timeout,
                on_progress=tell,
            )
        except ValueError as problem:
            options.usage_error(str(problem))
        with operation:
            connection = operation.run()
    if options.json:
        print_json(status_of(connection))
    else:
        addresses = addresses_of(connection)
        known = ", ".join(str(addresses[name]) for name in ("ipv4", "ipv6") if addresses[name])
        print_line(f"{connection.name}: connected" + (f" ({known})" if known else ""))
    return []


def _progress_line(entry: str, step: DialProgress) -> tuple[str, str]:
    """Put a state into a line for people, without and with its time."""
    text = f"{entry}: {step.state.name}"
    if step.error:
        text += f", error {step.error} {_native.error_name(step.error)}".rstrip()
    return text, f"{text} ({step.elapsed:.1f} s)"
