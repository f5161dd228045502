"""``winras watch``."""

from __future__ import annotations

import argparse
import itertools

from .. import _native
from .._enums import EventKind, EventSource
from .._watching import Event, watch
from ..exceptions import RasError
from ._arguments import (
    add_json,
    command,
    count,
    seconds,
)
from ._output import (
    Value,
    print_json_line,
    print_line,
)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", metavar="N", type=count, help="end after N events (default: go on)"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, help="end after S seconds (default: go on)"
    )
    parser.add_argument(
        "--check-every",
        metavar="S",
        type=seconds,
        default=5.0,
        help="find a change after S seconds, more than 0, even if RAS does not signal it "
        "(default: 5)",
    )


@command(
    "watch",
    "tell when connections come and go",
    add_json,
    _add_watch,
    effect="It changes nothing on this machine.",
    examples=(
        "winras watch --timeout 60",
        "winras watch --json --count 1",
    ),
)
def _watch(options: argparse.Namespace) -> list[RasError]:
    """``winras watch``."""
    if options.check_every == 0:
        options.usage_error("--check-every must be more than 0 seconds")
    with watch(timeout=options.timeout, check_every=options.check_every) as events:
        for event in itertools.islice(events, options.count):
            if options.json:
                print_json_line(_describe_event(event))
            else:
                print_line(_event_line(event))
    return []


def _describe_event(event: Event) -> dict[str, Value]:
    connection = event.connection
    return {
        "kind": event.kind.value,
        "name": None if connection is None else connection.name,
        "handle": None if connection is None else connection.handle,
        "at": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": event.source.value,
        "missed": event.missed,
        "error": event.error,
    }


_NAMELESS = {
    EventKind.service_lost: "the Remote Access service does not answer",
    EventKind.service_back: "the Remote Access service answers again",
}


def _event_line(event: Event) -> str:
    """Put an event into a line for people, in local time."""
    at = event.at.astimezone().strftime("%H:%M:%S")
    kind = event.kind.value.replace("_", " ")
    name = _NAMELESS.get(event.kind, "a connection came and went unseen")
    if event.connection is not None:
        name = event.connection.name
    elif event.error:
        name += f" ({event.error} {_native.error_name(event.error)})"
    found = " (found by check)" if event.source is EventSource.check else ""
    return f"{at}  {kind:17}  {name}{found}"
