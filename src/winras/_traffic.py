"""Measuring the traffic of a connection, beyond the 32 bits of its counters."""

from __future__ import annotations

from dataclasses import dataclass

from . import _native
from ._connections import Connection, raise_if_replaced
from ._details import Statistics

_COUNTERS = 2**32
_LARGEST_FRAME = 2**16
# How many times faster than its negotiated speed a link may seem between two samples.
_BURST = 2


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a `TrafficMeter` has measured.

    Attributes:
        bytes_sent: Bytes sent since the meter was made.
        bytes_received: Bytes received since then.
        sent_per_second: Bytes sent a second, on average since the previous sample, or since the
            meter was made.
        received_per_second: Bytes received a second, likewise.
        seconds: Seconds since the meter was made.
        statistics: What RAS answered.
    """

    bytes_sent: int
    bytes_received: int
    sent_per_second: float
    received_per_second: float
    seconds: float
    statistics: Statistics


class TrafficMeter:
    """Measures the traffic of a connection or link from now on, in totals that never go back.

    RAS's counters have 32 bits. At 1 Gbit/s they start again at 0 every 34 seconds, so take samples
    more often than that. If a program clears the counters, which a sample cannot always tell, the
    total may come out too low, but never too high.

    Args:
        connection: The connection, or a link.

    Raises:
        winras.RasError: As `winras.Connection.statistics` raises it.
        TypeError: *connection* is not a Connection.
    """

    def __init__(self, connection: Connection) -> None:
        if not isinstance(connection, Connection):
            raise TypeError(f"connection must be a Connection, not {type(connection).__name__}")
        self._connection = connection
        self._begun = self._at = self._now()
        self._last = connection.statistics()
        self._sent = 0
        self._received = 0

    def sample(self) -> Traffic:
        """Ask RAS, and return the traffic so far.

        Raises:
            winras.RasError: As `winras.Connection.statistics` raises it.
        """
        raise_if_replaced(self._connection)
        at = self._now()
        new = self._connection.statistics()
        passed = at - self._at
        last = _NOTHING if _was_cleared(self._last, new, passed) else self._last
        sent = (new.bytes_sent - last.bytes_sent) % _COUNTERS
        received = (new.bytes_received - last.bytes_received) % _COUNTERS
        self._sent += sent
        self._received += received
        self._last, self._at = new, at
        return Traffic(
            bytes_sent=self._sent,
            bytes_received=self._received,
            sent_per_second=sent / passed if passed else 0.0,
            received_per_second=received / passed if passed else 0.0,
            seconds=at - self._begun,
            statistics=new,
        )

    def _now(self) -> float:
        return _native.now(self._connection._service)


def _was_cleared(last: Statistics, new: Statistics, seconds: float) -> bool:
    """Whether a program set the counters to 0 meanwhile; they may also have wrapped around."""
    pairs = (
        (last.bytes_sent, new.bytes_sent, last.frames_sent, new.frames_sent),
        (last.bytes_received, new.bytes_received, last.frames_received, new.frames_received),
    )
    most = new.bits_per_second / 8 * seconds * _BURST
    return any(_went_back(*pair, most) for pair in pairs)


def _went_back(last: int, new: int, last_frames: int, frames: int, most: float) -> bool:
    """Whether a counter went back by more than wrapping around can explain.

    A frame has 64 KiB at most. Where RAS does not count frames, *most* bytes are plausible.
    """
    more_frames = (frames - last_frames) % _COUNTERS
    if more_frames >= _COUNTERS // 2:
        return True
    if new >= last:
        return False
    counted = frames or last_frames
    return (new - last) % _COUNTERS > ((more_frames + 1) * _LARGEST_FRAME if counted else most)


_NOTHING = Statistics(
    bytes_sent=0,
    bytes_received=0,
    frames_sent=0,
    frames_received=0,
    crc_errors=0,
    timeout_errors=0,
    alignment_errors=0,
    hardware_overrun_errors=0,
    framing_errors=0,
    buffer_overrun_errors=0,
    compression_ratio_in=0,
    compression_ratio_out=0,
    bits_per_second=0,
    connected_seconds=0.0,
)
