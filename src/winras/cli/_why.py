"""``winras why``."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta

from .. import _native
from .._enums import Grade, ReasonKind
from .._models import Json
from .._why import Reason, why
from ..exceptions import ConnectionNotFoundError, RasError
from ._arguments import add_json, add_name, command
from ._output import print_facts, print_json, print_line

_ERROR_NOT_FOUND = 1168

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _since(text: str) -> datetime | timedelta:
    """Read how long ago, such as 2h, or a date and time, which is local without a time zone."""
    ago = re.fullmatch(r"(\d{1,9})([smhd]?)", text, re.ASCII)
    if ago:
        return timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    try:
        moment = datetime.fromisoformat(text)
        # The first and the last day are in no other time zone.
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a time ago, such as 90, 30m, 2h or 7d, nor a date and time, such "
            "as 2026-11-21T08:00"
        ) from None


def _add_why(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument(
        "--since",
        metavar="WHEN",
        type=_since,
        help="only what happened since then: a time ago, in seconds or such as 30m, 2h or 7d, or a "
        "date and time, such as 2026-11-21T08:00 (local, unless it has a time zone)",
    )


@command(
    "why",
    "tell why a connection dropped, or why dialling failed",
    add_json,
    _add_why,
    effect="It changes nothing on this machine, and reads its Application event log.",
    examples=('winras why "Old VPN"', 'winras why "Old VPN" --since 2h'),
)
def _tell_why(options: argparse.Namespace) -> list[RasError]:
    """``winras why NAME``."""
    reason = why(options.name, since=options.since)
    if reason.kind is ReasonKind.unknown:
        raise ConnectionNotFoundError(
            _ERROR_NOT_FOUND,
            _native.error_name(_ERROR_NOT_FOUND),
            f"{reason}{' since then' if options.since is not None else ''}; is that its name? "
            "winras entries lists them",
            "EvtQuery",
        )
    if options.json:
        print_json(reason.to_dict())
        return []
    print_line(str(reason))
    if reason.hint:
        print_line(f"hint: {reason.hint}")
    print_facts({key: value for key, value in _facts_of(reason).items() if value is not None})
    if reason.previous:
        print_line(f"before that: {reason.previous}")
    return []


def _facts_of(reason: Reason) -> dict[str, Json]:
    by_grade = {
        grade: [key.replace("_", " ") for key, of in reason.grades.items() if of is grade]
        for grade in Grade
    }
    return {
        "began": _local(reason.began_at),
        "connected": _local(reason.connected_at),
        "reached": reason.stage.value.replace("_", " ") if reason.stage else None,
        "device": reason.device,
        "dialled_by": reason.user,
        "profile": reason.profile,
        "found_by": reason.found_by,
        "how_sure": "; ".join(
            f"{grade.value}: {', '.join(keys)}" for grade, keys in by_grade.items() if keys
        ),
    }


def _local(moment: datetime | None) -> str | None:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else None
