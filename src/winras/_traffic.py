"""What goes through a connection, beyond the 32 bits of its counters."""

from __future__ import annotations

from dataclasses import dataclass

from . import _native
from ._connections import Connection, check_still_listed
from ._models import Statistics

_COUNTERS = 2**32
_LARGEST_FRAME = 2**16
# How much faster than its negotiated speed a link may seem from sample to sample.
_BURST = 2


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a `TrafficMeter` has measured.

    Attributes:
        bytes_sent: Bytes sent since the meter was made.
        bytes_received: Bytes received since then.
        sent_per_second: Bytes a second, on average since the sample before, or the beginning.
        received_per_second: The same of what was received.
        seconds: Since the meter was made.
        statistics: What RAS told.
    """

    bytes_sent: int
    bytes_received: int
    sent_per_second: float
    received_per_second: float
    seconds: float
    statistics: Statistics


class TrafficMeter:
    """Measures the traffic of a connection or link from now on, in totals that never go back.

    RAS's counters have 32 bits: at 1 Gbit/s they begin anew every 34 seconds, so take samples more
    often than that. When some program has cleared them, which no sample can always tell, less is
    counted than went through since the sample before, never more.

    Args:
        connection: The connection, or a link.

    Raises:
        winras.RasError: As `winras.Connection.statistics` raises it.
        TypeError: It is no Connection.
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
        """Ask RAS, and tell what has gone through.

        Raises:
            winras.RasError: As `winras.Connection.statistics` raises it.
        """
        check_still_listed(self._connection)
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
    """Whether the counters were set to 0 in between, and have not just begun anew."""
    pairs = (
        (last.bytes_sent, new.bytes_sent, last.frames_sent, new.frames_sent),
        (last.bytes_received, new.bytes_received, last.frames_received, new.frames_received),
    )
    most = new.bits_per_second / 8 * seconds * _BURST
    return any(_went_back(*pair, most) for pair in pairs)


def _went_back(last: int, new: int, last_frames: int, frames: int, most: float) -> bool:
    """Frames went back, or bytes did, and beginning anew it would be more than there can be.

    A frame has 64 KiB at most. Where frames are not counted, *most* bytes are believed.
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
