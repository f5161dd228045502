"""winras on Wine's own rasapi32.dll, which is nearly all stubs."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import threading
import time

import pytest

import winras
import winras.aio
from winras import ConnectionState, _native
from winras._doctor import examine

pytestmark = pytest.mark.rasapi32("builtin")


@pytest.fixture
def stale() -> winras.Connection:
    """A connection whose handle Wine takes, as it takes each."""
    return winras.Connection(
        handle=0x20000,
        name="Office VPN",
        device_type="vpn",
        device_name="",
        phonebook="",
        entry_id=None,
        sub_entry=0,
        flags=winras.ConnectionFlags(0),
        luid=0,
        correlation_id=None,
        _service=0,
    )


def test_there_are_no_connections() -> None:
    assert winras.connections() == []
    with pytest.raises(winras.ConnectionNotFoundError):
        winras.get_connection("Office VPN")


def test_a_status_that_wine_does_not_fill_is_empty(stale: winras.Connection) -> None:
    status = stale.status()
    assert status.state is ConnectionState.OpenPort
    assert (status.error, status.phone_number, status.remote_endpoint) == (0, "", None)


def test_a_wait_for_what_wine_never_ends_is_bounded(stale: winras.Connection) -> None:
    begun = time.perf_counter()
    with pytest.raises(winras.RasTimeoutError):
        stale.wait_closed(timeout=0.5)
    assert time.perf_counter() - begun >= 0.499  # the last digit of either clock may differ


def test_what_is_not_enumerated_is_gone_and_not_hung_up(stale: winras.Connection) -> None:
    assert stale.hang_up(timeout=5.0) is True


def test_what_would_end_the_process_is_not_called(stale: winras.Connection) -> None:
    with pytest.raises(winras.RasUnavailableError, match="RasGetSubEntryHandle") as caught:
        stale.links()
    assert caught.value.code == 127


def test_a_watch_without_notifications_checks() -> None:
    begun = time.perf_counter()
    with winras.watch(timeout=0.5, check_every=0.1) as events:
        assert list(events) == []
    assert time.perf_counter() - begun >= 0.499  # the last digit of either clock may differ


def test_a_number_of_ras_has_our_text_and_not_that_of_the_system() -> None:
    own = _native.ffi.string(_native.lib.winras_error_text(668)).decode()
    assert _native.error_message(668) == own


def test_a_number_of_the_system_has_its_text() -> None:
    assert _native.error_message(5).lower().startswith("access")
    assert _native.error_message(0x80070057) != "There is no description of this error."


def test_an_unknown_number_is_said_to_be_one() -> None:
    assert _native.error_message(0xE0001234) == "There is no description of this error."


def test_a_dial_is_refused() -> None:
    with pytest.raises(winras.RasError) as caught:
        winras.dial("Office VPN", credentials=winras.Credentials("ann", "secret"), timeout=5.0)
    assert (caught.value.code, caught.value.function) == (1, "RasDial")
    assert _native.unfinished_hang_ups() == 0


def test_a_dial_in_asyncio_is_refused() -> None:
    with pytest.raises(winras.RasError) as caught:
        asyncio.run(winras.aio.dial("Office VPN", timeout=5.0))
    assert caught.value.code == 1


def test_statistics_are_an_error(stale: winras.Connection) -> None:
    with pytest.raises(winras.RasError) as caught:
        stale.statistics()
    assert (caught.value.code, caught.value.function) == (635, "RasGetConnectionStatistics")


@pytest.mark.parametrize("parent", [0, 0x20010])
def test_statistics_that_cannot_be_cleared_are_not(stale: winras.Connection, parent: int) -> None:
    # The one function would end the process, the other is not exported.
    target = dataclasses.replace(stale, sub_entry=1, _parent=parent) if parent else stale
    with pytest.raises(winras.RasUnavailableError) as caught:
        target.clear_statistics()
    assert caught.value.code == 127


def test_why_needs_an_event_log_that_can_be_read(stale: winras.Connection) -> None:
    # Wine's EvtQuery answers nothing, and its EvtRender would end the process.
    for what in (stale, "Office VPN"):
        with pytest.raises(winras.RasUnavailableError, match=r"wevtapi\.dll") as caught:
            winras.why(what)
        assert (caught.value.code, caught.value.function) == (127, "EvtQuery")


def test_there_are_no_entries() -> None:
    assert winras.entries() == []


def test_addresses_are_not_there(stale: winras.Connection) -> None:
    with pytest.raises(winras.RasUnavailableError) as caught:
        stale.addresses()
    assert caught.value.code == 127


def test_doctor_tells_the_truth_about_wine() -> None:
    diagnosis = examine()
    assert (diagnosis.simulated, diagnosis.available) == (False, True)
    assert diagnosis.library is not None
    assert diagnosis.library.lower() == r"c:\windows\system32\rasapi32.dll"
    assert {"RasGetSubEntryHandle", "RasGetCredentials"} <= set(diagnosis.missing_functions)
    assert "RasEnumConnections" not in diagnosis.missing_functions
    assert diagnosis.findings[0].text.startswith("functions that rasapi32.dll lacks: ")
    steps = {step.what: step for step in diagnosis.steps}
    assert (steps["connections"].found, steps["connections"].error) == (0, 0)
    json.dumps(diagnosis.to_dict())


def test_a_call_is_logged_with_its_thread(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "winras"):
        winras.connections()
    [record] = [r for r in caplog.records if "RasEnumConnections" in r.getMessage()][:1]
    assert vars(record)["winras_thread"] == threading.get_native_id()
    assert vars(record)["winras_seconds"] >= 0
