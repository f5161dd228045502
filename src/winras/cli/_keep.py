"""``winras keep``."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
from dataclasses import replace

from .. import _native
from .._connections import get_connection
from .._enums import ConnectionState
from .._keeping import UNTIL_SAYS_SO, Keeper, KeepEvent
from .._policy import KeepEventKind, KeepPolicy
from .._text import shown
from ..exceptions import RasError
from ._arguments import (
    add_credentials,
    add_entry,
    add_json,
    add_phonebook,
    arguments_of,
    command,
    filled,
    in_options,
    read_credentials,
    seconds,
)
from ._live import handling_signals, raise_if_unread
from ._output import Progress, print_error, print_json_line, print_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

_ERROR_TIMEOUT = 1460

# Why it ends when it has gone on for long enough, or, with --once, when it is up.
_ENDS = ("it has gone on for as long as asked", "it is up, which is all that was asked")

# How large a log becomes, before it is begun anew.
_MOST_BYTES = 1_000_000

# What the options set; the rest of the policy is as good for one as for another.
_DEFAULTS = KeepPolicy()


def _add_keep(parser: argparse.ArgumentParser) -> None:
    add_entry(parser)
    add_credentials(parser, "the user name to dial with (default: the saved one)")
    parser.add_argument(
        "--once", action="store_true", help="end as soon as it is up; until then, dial again"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        help="end after S seconds (default: go on); with --once, that is an error, 4",
    )
    parser.add_argument(
        "--wait-for-credentials",
        action="store_true",
        help="do not end when the credentials or the settings are refused, but wait, without "
        "dialling: for use where what has ended is started again",
    )
    parser.add_argument(
        "--respect-hang-up",
        action="store_true",
        help="leave it down if somebody has hung it up, until somebody dials it",
    )
    parser.add_argument(
        "--hang-up-at-end",
        action="store_true",
        help="hang it up at the end (default: leave it up)",
    )
    parser.add_argument(
        "--probe",
        metavar="HOST:PORT",
        type=filled,
        help=f"connect there through it; if that fails {_DEFAULTS.probe_failures} times in a row, "
        "hang up and dial again",
    )
    parser.add_argument(
        "--probe-every",
        metavar="S",
        type=seconds,
        help=f"probe so often, with --probe (default: {_DEFAULTS.probe_every:g})",
    )
    parser.add_argument(
        "--dial-timeout",
        metavar="S",
        type=seconds,
        default=_DEFAULTS.dial_timeout,
        help=f"seconds until a dial counts as failed (default: {_DEFAULTS.dial_timeout:g})",
    )
    parser.add_argument(
        "--longest-delay",
        metavar="S",
        type=seconds,
        default=_DEFAULTS.longest_delay,
        help="the longest that it waits to dial again after failures; each time twice as long as "
        f"before, up to this (default: {_DEFAULTS.longest_delay:g})",
    )
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=filled,
        help="append to this file what is printed, for tasks, which have no console; when it has "
        f"{_MOST_BYTES // 1_000_000} MB, it is moved to FILE.1",
    )
    parser.add_argument(
        "--spread",
        metavar="S",
        type=seconds,
        default=_DEFAULTS.spread,
        help="dial for the first time at a random moment within S seconds, so that many computers "
        "that start at once do not dial at once (default: at once)",
    )
    parser.set_defaults(
        hints=True,
        known_as={
            "dial_timeout": "--dial-timeout",
            "longest_delay": "--longest-delay",
            "probe": "--probe",
            "probe_every": "--probe-every",
            "spread": "--spread",
        },
    )


@command(
    "keep",
    "keep a connection up: dial it, and again when it drops",
    add_json,
    add_phonebook,
    _add_keep,
    effect="It goes on until Ctrl+C, and leaves the connection up. With credentials that are "
    "refused it never dials twice, so that no account is locked. Several for one entry do not "
    "disturb each other: the first dials, the others stand by.",
    examples=(
        'winras keep "Home VPN" --timeout 60',
        'winras keep "Home VPN" --once --json',
    ),
)
def _keep(options: argparse.Namespace) -> list[RasError]:
    """``winras keep ENTRY``."""
    if options.once and options.hang_up_at_end:
        options.usage_error("--once leaves it up: it does not go with --hang-up-at-end")
    probe_every = options.probe_every
    if probe_every is None:
        probe_every = _DEFAULTS.probe_every
    elif options.probe is None:
        options.usage_error("--probe-every needs --probe")
    with arguments_of(options):
        policy = KeepPolicy(
            spread=options.spread,
            longest_delay=options.longest_delay,
            dial_timeout=options.dial_timeout,
            wait_for_credentials=options.wait_for_credentials,
            respect_hang_up=options.respect_hang_up,
            hang_up_at_end=options.hang_up_at_end,
            probe=options.probe,
            probe_every=probe_every,
        )
    log = _open_log(options)
    with Progress(lines=False) as progress:
        keeping = _Keeping(options, progress, log)
        with arguments_of(options):
            keeper = Keeper(
                options.entry,
                phonebook=options.phonebook,
                credentials=read_credentials(options),  # in no variable: a traceback shows those
                policy=policy,
                on_event=keeping.tell,
            )
        if log is None:
            return _run(options, keeper, keeping)
        try:
            return _run(options, keeper, keeping)
        except BaseException as failed:
            log.append(keeping.in_line(failed))
            raise


def _open_log(options: argparse.Namespace) -> _Log | None:
    if options.log is None:
        return None
    try:
        return _Log(options.log)
    except OSError as problem:
        options.usage_error(
            f"--log cannot write {options.log!r}: {problem.strerror}; name a file in a folder that "
            "exists and in which this account may write"
        )
        raise  # not reached


def _run(options: argparse.Namespace, keeper: Keeper, keeping: _Keeping) -> list[RasError]:
    def stop() -> None:
        keeping.is_stopped = True
        keeper.stop()

    with handling_signals(stop):
        keeper.keep(until=keeping.is_over)
    if keeping.problem is not None:
        raise keeping.problem
    if not options.once or keeping.was_up:
        return []
    if keeping.is_stopped:
        raise KeyboardInterrupt
    message = f"{options.entry!r} is not up after {options.timeout:g} s"
    if keeping.error is not None:
        message += f"; its last error was {keeping.error.code} {keeping.error.name}"
    raise _native.error(_ERROR_TIMEOUT, "RasDial", message)


class _Log:
    """Lines in a file, which is moved to FILE.1 when it is full.

    It is open only while a line is written: so others may read or move it, and several keepers may
    have the same.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._is_told = False
        self._write("")

    def append(self, line: str) -> None:
        """Append the line; if that fails, tell so the first time, because it may pass."""
        try:
            self._make_room()
            self._write(shown(line) + "\n")
        except (OSError, RasError) as problem:
            if not self._is_told:
                self._is_told = True
                why = problem.strerror if isinstance(problem, OSError) else problem
                print_error(f"winras: cannot write the log {self._path!r}: {why}")

    def _write(self, text: str) -> None:
        with open(self._path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)

    def _size(self) -> int:
        try:
            return os.path.getsize(self._path)  # noqa: PTH202
        except FileNotFoundError:
            return 0

    def _make_room(self) -> None:
        """Move a full file, unless another keeper does that now: both would lose lines."""
        if self._size() < _MOST_BYTES:
            return
        path = os.path.normcase(os.path.realpath(self._path))
        key = hashlib.sha256(f"log\0{path}".encode("utf-8", "surrogatepass")).hexdigest()
        with _native.Claim(key) as claim:
            # Another one may have moved it since.
            if not claim.take() or (size := self._size()) < _MOST_BYTES:
                return
            try:
                os.replace(self._path, f"{self._path}.1")  # noqa: PTH105
            except OSError:  # another program has one of them open: perhaps only for a line
                if size >= 2 * _MOST_BYTES:
                    os.truncate(self._path, 0)


# What may be told while all goes on as it was: these do not say how it is, unless it waits since.
_PASSING = (
    KeepEventKind.resumed,
    KeepEventKind.service_back,
    KeepEventKind.service_lost,
    KeepEventKind.unhealthy,
)


class _Keeping:
    """Tells what a keeper does, and when that is to end.

    Attributes:
        was_up: Whether it has been up.
        is_stopped: Whether a signal has ended it.
        problem: Why an event could not be printed.
        error: What has gone wrong last.
    """

    def __init__(
        self, options: argparse.Namespace, progress: Progress, log: _Log | None = None
    ) -> None:
        self._options = options
        self._progress = progress
        self._log = log
        self._service = _native.service()
        self._end = math.inf
        if options.timeout is not None:
            self._end = _native.now(self._service) + options.timeout
        self._is: KeepEvent | None = None
        self._shown = ""
        self._drops = 0
        self._last_drop = ""
        self.was_up = False
        self.is_stopped = False
        self.problem: OSError | None = None
        self.error: RasError | None = None

    def tell(self, event: KeepEvent) -> None:
        """Print the event."""
        is_met = self._options.once and self.was_up
        event = replace(event, reason=event.reason.replace(UNTIL_SAYS_SO, _ENDS[is_met]))
        if self._is is None or event.seconds is not None or event.kind not in _PASSING:
            self._is = event
        self.error = event.error or self.error
        if event.kind is KeepEventKind.connected:
            self.was_up = True
        if event.kind is KeepEventKind.dropped:
            self._drops += 1
            code = event.why.code if event.why else None
            self._last_drop = f"{event.at.astimezone():%H:%M}" + (f" ({code})" if code else "")
        self._progress.show("", "")
        self._shown = ""
        if self._log is not None:
            is_json = self._options.json
            self._log.append(json.dumps(event.to_dict()) if is_json else _line(event))
        try:
            if self._options.json:
                print_json_line(event.to_dict())
            else:
                print_line(_line(event))
        except OSError as problem:
            # A reader that has gone ends it; a full disk is no reason to.
            raise_if_unread()
            self.problem = problem

    def in_line(self, failed: BaseException) -> str:
        """What has ended it, as a line for the log."""
        if isinstance(failed, RasError):
            error = in_options(failed, self._options)
            text = str(error)
        else:
            text = f"{type(failed).__name__}: {failed}".removesuffix(": ")
            error = RasError(0, "", text)
        if self._options.json:
            return json.dumps({"error": error.to_dict()})
        at = _native.wall_time(self._service)
        return _in_line(at, "error", f"{self._options.entry}: {text}")

    def is_over(self) -> bool:
        """Asked at least every 250 ms."""
        raise_if_unread()
        line = "" if self._options.json else self._live_line()
        if line != self._shown:
            self._progress.show("", line)
            self._shown = line
        if self._options.once and (self.was_up or self._is_kept_up_by_another()):
            self.was_up = True
            return True
        return _native.now(self._service) >= self._end

    def _is_kept_up_by_another(self) -> bool:
        if self._is is None or self._is.kind is not KeepEventKind.standing_by:
            return False
        try:
            connection = get_connection(self._is.entry, phonebook=self._options.phonebook)
            return connection.status().state is ConnectionState.Connected
        except RasError:
            return False

    def _live_line(self) -> str:
        """How it is now."""
        event = self._is
        if event is None:
            return ""
        kind = event.kind.value.replace("_", " ")
        if event.kind is KeepEventKind.connected:
            kind = "up"
        lasting = (_native.wall_time(self._service) - event.at).total_seconds()
        parts = [f"{event.entry}: {kind} for {_lasting(lasting)}"]
        if event.seconds is not None:
            parts.append(f"{_lasting(event.seconds - lasting)} left")
        if self._drops:
            parts.append(f"{self._drops} drop{'s' * (self._drops > 1)}, last {self._last_drop}")
        return ", ".join(parts)


def _line(event: KeepEvent) -> str:
    """Put an event into a line for people, in local time; it may be of another day."""
    kind = event.kind.value.replace("_", " ")
    return _in_line(event.at, kind, f"{event.entry}: {event.reason}")


def _in_line(at: datetime, kind: str, text: str) -> str:
    return f"{at.astimezone().isoformat(' ', 'seconds')}  {kind:12}  {text}"


def _lasting(how_long: float) -> str:
    """For people: in its two largest units."""
    whole = max(int(how_long), 0)
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for unit, size in units:
        number, whole = divmod(whole, size)
        if number or parts or size == 1:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
