"""How the Application log is read, of a wevtapi.dll that has one: wevtapi.c beside this file.

Wine's own has none. The sources are Microsoft's pages *EvtQuery function*, *EvtNext function* and
*EvtRender function*.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from ctypes import c_uint32

import pytest

import winras
from winras import _native, _why

pytestmark = pytest.mark.rasapi32("builtin")


class Log:
    """The log of that wevtapi.dll."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(r"C:\windows\system32\wevtapi.dll")

    def set(self, name: str, value: int) -> None:
        c_uint32.in_dll(self._library, name).value = value

    def get(self, name: str) -> int:
        return c_uint32.in_dll(self._library, name).value


@pytest.fixture
def log() -> Iterator[Log]:
    """The log with 40 events; whatever was opened is closed."""
    if "WINRAS_WEVTAPI" not in os.environ:
        pytest.skip("the wevtapi.dll of this process must be that of the tests")
    log = Log()
    log.set("event_count", 40)
    yield log
    assert log.get("open_handles") == 0
    for name in ("event_count", "query_fails", "next_fails", "render_fails"):
        log.set(name, 0)


def read(most: int) -> list[str]:
    """The names of the entries of the events."""
    events = map(_why.read_event, _native.read_events("*[System[x]]", most, 0))
    return [str(event and event.entry) for event in events]


@pytest.mark.parametrize("most", [1, 15, 16, 17, 39, 40, 41, 4096])
def test_as_many_as_there_are_or_are_wanted(log: Log, most: int) -> None:
    assert read(most) == [f"Entry {number}" for number in range(min(most, 40))]
    assert log.get("largest_batch") <= 16


def test_an_empty_log(log: Log) -> None:
    log.set("event_count", 0)
    assert read(40) == []
    assert winras.why("Entry 7").kind is winras.ReasonKind.unknown


def test_why_reads_it(log: Log) -> None:
    assert winras.why("entry 7").code == 707
    assert [reason.code for reason in _why.recent_failures(2)] == [700, 701]
    assert log.get("open_handles") == 0


def test_what_cannot_be_rendered_is_left_out(log: Log) -> None:
    log.set("render_fails", 15028)
    assert read(3) == ["Entry 0", "Entry 2"]


def test_a_query_that_fails(log: Log) -> None:
    for code in (5, 15007):
        log.set("query_fails", code)
        with pytest.raises(winras.RasError) as caught:
            winras.why("A")
        assert (caught.value.code, caught.value.function) == (code, "EvtQuery")


def test_a_log_that_does_not_go_on(log: Log) -> None:
    log.set("next_fails", 1460)
    with pytest.raises(winras.RasTimeoutError):
        winras.why("Entry 39")
