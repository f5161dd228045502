"""Dialling: how far it is, why it fails, and that nothing is left of what fails."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import ctypes
import gc
import itertools
import math
import mmap
import os
import random
import re
import string
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import winras
import winras._dialing
from background import Background
from ctrl_c import press_ctrl_c
from interrupting import Interrupting
from patience import HANG, quick
from winras import ConnectionState, Credentials, DialProgress, EventKind, _native, _operations, aio
from winras.testing import DEFAULT_PHONEBOOK, DialStep, Simulator

OFFICE = "Office VPN"
USUAL = [
    ConnectionState.OpenPort,
    ConnectionState.PortOpened,
    ConnectionState.ConnectDevice,
    ConnectionState.DeviceConnected,
    ConnectionState.AllDevicesConnected,
    ConnectionState.Authenticate,
    ConnectionState.AuthNotify,
    ConnectionState.AuthProject,
    ConnectionState.Authenticated,
    ConnectionState.Projected,
]


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with one entry, whose clock moves while this thread waits."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, dial_seconds=2.0, hang_up_seconds=1.0)
        yield simulator
        assert _native.lib.winras_operations() == 0


def left(ras: Simulator) -> int:
    """How many connections there are, in whatever state, and hang-ups not seen to end."""
    return len(ras.connections) + _native.unfinished_hang_ups()


def dialling(entry: str) -> winras._dialing.Dialling:
    return winras._dialing.dialling(
        entry,
        phonebook=None,
        phone_number=None,
        credentials=None,
        use_saved=True,
        sub_entry=0,
        timeout=60.0,
        on_progress=None,
    )


def hang_up_handle(handle: int) -> None:
    """Call RasHangUp once, and do not wait."""
    target = _native.ffi.new("winras_target *", {"handle": handle})
    begun = _native.ffi.new("winras_operation **")
    assert _native.lib.winras_begin_hang_up(_native.service(), target, 0, 0, begun) == 0
    _native.lib.winras_end(begun)


# ---- what goes well ----


def test_it_returns_the_connection_that_is_up(ras: Simulator) -> None:
    office = winras.dial(OFFICE)
    assert office == winras.get_connection(OFFICE)
    assert office.status().state is ConnectionState.Connected
    assert ras.now == 2.0
    assert office.hang_up(all_references=False) is True


@pytest.mark.usefixtures("ras")
def test_progress_tells_each_state_once_in_this_thread() -> None:
    told: list[tuple[DialProgress, int]] = []
    winras.dial(OFFICE, on_progress=lambda progress: told.append((progress, threading.get_ident())))
    assert [progress.state for progress, _ in told] == [*USUAL, ConnectionState.Connected]
    assert {thread for _, thread in told} == {threading.get_ident()}
    assert all((progress.error, progress.sub_entry) == (0, 1) for progress, _ in told)
    assert [round(progress.elapsed, 3) for progress, _ in told] == [i / 5 for i in range(11)]


def test_what_is_up_already_is_referred_to_once_more(ras: Simulator) -> None:
    ras.connect(OFFICE, dial_seconds=0)
    office = winras.dial(OFFICE)
    assert [connection.references for connection in ras.connections] == [2]
    assert office.hang_up(all_references=False) is False
    ras.assert_connected(OFFICE)


@pytest.mark.usefixtures("ras")
def test_a_watch_tells_of_it() -> None:
    with winras.watch(timeout=10.0) as events:
        office = winras.dial(OFFICE)
        assert [(event.kind, event.connection) for event in events] == [
            (EventKind.connected, office)
        ]


@pytest.mark.parametrize(
    "quirk", ["dial-told-first", "dial-untold", "notify-late", "notify-lost", "handle-reuse"]
)
def test_what_windows_may_do_changes_nothing(ras: Simulator, quirk: str) -> None:
    ras.quirks.add(quirk)
    for _ in range(2):
        office = winras.dial(OFFICE)
        assert office == winras.get_connection(OFFICE)
        assert office.hang_up() is True
    ras.connect(OFFICE, dial_seconds=0)
    winras.dial(OFFICE)
    assert [connection.references for connection in ras.connections] == [2]


def test_the_phone_book_chooses_among_entries_of_one_name(ras: Simulator) -> None:
    ras.add_entry(OFFICE, phonebook=r"C:\all.pbk")
    assert winras.dial(OFFICE, phonebook=r"C:\all.pbk").phonebook == r"C:\all.pbk"


@pytest.mark.usefixtures("ras")
def test_a_phone_number_is_dialled_instead_of_the_entrys_own() -> None:
    office = winras.dial(OFFICE, phone_number="vpn2.example.com")
    assert office.status().phone_number == "vpn2.example.com"


def test_a_number_is_dialled_without_an_entry(ras: Simulator) -> None:
    ras.add_entry(phone_number="0301234", device_type="modem")
    assert winras.dial("", phone_number="0301234").name == ".0301234"


def test_credentials_reach_the_server(ras: Simulator) -> None:
    ras.add_entry("Private", user="ann", password="secret", domain="OFFICE")
    assert winras.dial("Private", credentials=Credentials("ann", "secret", "OFFICE"))


def test_several_threads_dial_at_once(ras: Simulator) -> None:
    names = [f"Entry {number}" for number in range(8)]
    for name in names:
        ras.add_entry(name, dial_seconds=1.0)
    calls = [Background(lambda name=name: winras.dial(name)) for name in names]
    ras.wait_blocked(8)
    ras.advance(5.0)
    assert [call.result().name for call in calls] == names


def test_the_link_to_dial_first_is_the_callers_choice(ras: Simulator) -> None:
    ras.add_entry("ISDN", sub_entries=2, dial_seconds=1.0)
    told: list[DialProgress] = []
    isdn = winras.dial("ISDN", sub_entry=2, on_progress=told.append)
    assert [link.sub_entry for link in isdn.links()] == [2]
    assert {progress.sub_entry for progress in told} == {2}
    assert isdn.hang_up()
    ras.set_dial_script("ISDN", [DialStep(ConnectionState.ConnectDevice, 1.0, error=678)])
    with pytest.raises(winras.RasError, match="678"):
        winras.dial("ISDN", sub_entry=2)
    with pytest.raises(winras.RasError):
        winras.dial("ISDN", sub_entry=3)
    assert left(ras) == 0


# ---- EAP ----


def eap_calls(ras: Simulator) -> list[str]:
    """What was asked about EAP, in that order."""
    return [call.function for call in ras.calls if "Eap" in call.function]


def test_an_identity_that_needs_no_window_reaches_the_server(ras: Simulator) -> None:
    ras.add_entry("EAP", user="ann", password="secret", eap_user="ann")
    assert winras.dial("EAP").hang_up()
    assert eap_calls(ras) == ["RasGetEapUserIdentity"]


def test_credentials_are_dialled_plainly_and_by_no_other_user(ras: Simulator) -> None:
    ras.add_entry("EAP", user="ann", password="secret", eap_user="bob")
    assert winras.dial("EAP", credentials=Credentials("ann", "secret")).hang_up()
    with pytest.raises(winras.AuthenticationError) as raised:
        winras.dial("EAP", credentials=Credentials("ann", "wrong"))
    assert not hasattr(raised.value, "__notes__")
    assert eap_calls(ras) == []


def test_where_the_server_wants_an_identity_credentials_are_refused(ras: Simulator) -> None:
    ras.quirks.add("eap-needs-identity")
    ras.add_entry("EAP", user="ann", password="secret", eap_user="ann")
    with pytest.raises(winras.RasError) as raised:
        winras.dial("EAP", credentials=Credentials("ann", "secret"))
    assert (raised.value.code, raised.value.function) == (703, "RasDial")
    assert winras.dial("EAP")


@pytest.mark.parametrize("code", [5, 127, 621, 623, 703, 711, 780, 0x80070057])
def test_whatever_is_answered_about_eap_ras_dial_decides(ras: Simulator, code: int) -> None:
    ras.fail("RasGetEapUserIdentity", code, times=None)
    asks_for_data = code not in (711, 780)  # RAS does not work; nothing is needed
    if asks_for_data:
        ras.fail("RasGetEapUserData", code, times=None)
    assert winras.dial(OFFICE).hang_up()
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 0.1, error=691)])
    with pytest.raises(winras.AuthenticationError) as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, raised.value.function) == (691, "RasDial")
    notes = getattr(raised.value, "__notes__", [])
    if code == 780:
        assert (notes, ras.calls("RasGetEapUserData")) == ([], 0)
        return
    [note] = notes
    assert note.startswith(f"Before RasDial, RasGetEapUserIdentity answered {code} ")
    assert ras.calls("RasGetEapUserData") == 2 * asks_for_data


def test_an_entry_that_would_ask_its_user_says_what_else_was_answered(ras: Simulator) -> None:
    ras.add_entry("EAP", eap_user="ann")
    ras.fail("RasGetEapUserIdentity", 711)
    with pytest.raises(winras.RasError) as raised:
        winras.dial("EAP")
    assert (raised.value.code, raised.value.function) == (703, "RasDial")
    [note] = raised.value.__notes__
    assert "711 ERROR_RASMAN_CANNOT_INITIALIZE" in note
    assert copy.copy(raised.value).__notes__ == [note]
    assert left(ras) == 0


def test_a_number_without_an_entry_has_no_identity(ras: Simulator) -> None:
    ras.add_entry(phone_number="0301234", device_type="modem")
    assert winras.dial("", phone_number="0301234")
    assert eap_calls(ras) == []


# ---- what fails ----


def test_a_link_that_fails_names_its_state(ras: Simulator) -> None:
    ras.add_entry("ISDN", sub_entries=3)
    ras.set_dial_script("ISDN", [DialStep(ConnectionState.Authenticate, 0.1, error=691)])
    with pytest.raises(winras.AuthenticationError, match="in Authenticate"):
        winras.dial("ISDN", sub_entry=2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (0x80420112, winras.AuthenticationError),
        (0x800702B3, winras.AuthenticationError),
        (0x800B0101, winras.RasError),
        (13801, winras.RasError),
        (0xFFFFFFFF, winras.RasError),
    ],
)
def test_a_dial_fails_with_any_number_of_32_bits(
    ras: Simulator, error: int, kind: type[winras.RasError]
) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 0.1, error=error)])
    told: list[DialProgress] = []
    with pytest.raises(winras.RasError) as caught:
        winras.dial(OFFICE, on_progress=told.append)
    assert type(caught.value) is kind
    assert caught.value.code == error
    assert error in [notice.error for notice in told]


@pytest.mark.parametrize("error", range(0x20000001, 0x2000000A))
def test_a_dial_that_fails_with_a_number_of_the_shims_own_has_an_unknown_error(
    ras: Simulator, error: int
) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 0.1, error=error)])
    told: list[DialProgress] = []
    with pytest.raises(winras.RasError, match="ERROR_UNKNOWN") as caught:
        winras.dial(OFFICE, on_progress=told.append)
    assert caught.value.code == 635
    assert error in [notice.error for notice in told]


@pytest.mark.parametrize("function", ["RasGetEapUserIdentity", "RasGetEapUserData"])
def test_nothing_is_dialled_for_who_has_stopped_waiting(ras: Simulator, function: str) -> None:
    ras.fail("RasGetEapUserIdentity", 703)
    ras.delay(function, 5.0)
    with pytest.raises(winras.RasTimeoutError):
        winras.dial(OFFICE, timeout=2.0)
    assert ras.calls("RasDial") == 0


@pytest.mark.parametrize("failing", range(len(USUAL)))
@pytest.mark.parametrize(
    ("code", "kind"),
    [(691, winras.AuthenticationError), (809, winras.RasError), (13801, winras.RasError)],
)
def test_a_failure_in_any_state_is_raised_and_hung_up(
    ras: Simulator, failing: int, code: int, kind: type[winras.RasError]
) -> None:
    steps = [DialStep(state, 0.1) for state in USUAL]
    steps[failing] = DialStep(USUAL[failing], 0.1, error=code)
    ras.set_dial_script(OFFICE, steps)
    told: list[DialProgress] = []
    with pytest.raises(kind, match=USUAL[failing].name) as raised:
        winras.dial(OFFICE, on_progress=told.append)
    assert (raised.value.code, raised.value.function) == (code, "RasDial")
    assert OFFICE in raised.value.message
    assert [progress.state for progress in told] == [*USUAL[: failing + 1], USUAL[failing]]
    assert [progress.error for progress in told] == [0] * (failing + 1) + [code]
    assert left(ras) == 0
    # The port is closed: it can be dialled again at once.
    ras.set_dial_script(OFFICE, [])
    assert winras.dial(OFFICE)


def test_ras_dial_itself_may_fail_with_a_handle_and_without(ras: Simulator) -> None:
    ras.fail("RasDial", 711)
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, ras.calls("RasHangUp")) == (711, 0)
    ras.quirks.add("dial-fails-at-once")
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=619)])
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, ras.calls("RasHangUp"), left(ras)) == (619, 1, 0)


def test_a_failure_that_is_told_by_the_status_only(ras: Simulator) -> None:
    ras.quirks.add("dial-untold")
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 3.0, error=691)])
    with pytest.raises(winras.AuthenticationError):
        winras.dial(OFFICE)
    assert left(ras) == 0


@pytest.mark.parametrize(("error", "code"), [(829, 829), (0, 628)])
def test_the_other_side_may_end_it(ras: Simulator, error: int, code: int) -> None:
    ras.drop(OFFICE, error=error, at=1.0)
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, left(ras)) == (code, 0)


def test_another_program_may_hang_it_up(ras: Simulator) -> None:
    call = Background(lambda: winras.dial(OFFICE))
    ras.wait_blocked()
    ras.advance(1.0)
    [connection] = ras.connections
    hang_up_handle(connection.handle)
    ras.advance(5.0)
    with pytest.raises(winras.RasError) as raised:
        call.result()
    assert raised.value.code in (628, 631)
    ras.advance(5.0)
    ras.assert_gone(OFFICE)


def test_at_the_timeout_it_is_hung_up_and_its_port_closed(ras: Simulator) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.ConnectDevice, math.inf)])
    with pytest.raises(winras.RasTimeoutError, match="not connected after 20 s") as raised:
        winras.dial(OFFICE, timeout=20.0)
    assert raised.value.code == 1460
    assert (ras.now, left(ras)) == (21.0, 0)
    ras.set_dial_script(OFFICE, [])
    assert winras.dial(OFFICE)


def test_a_timeout_of_zero_dials_and_hangs_up(ras: Simulator) -> None:
    with pytest.raises(winras.RasTimeoutError):
        winras.dial(OFFICE, timeout=0)
    assert left(ras) == 0


def test_a_port_that_never_closes_is_waited_for_three_seconds(ras: Simulator) -> None:
    ras.add_entry("Stuck", hang_up_seconds=math.inf)
    ras.set_dial_script("Stuck", [DialStep(ConnectionState.OpenPort, error=619)])
    with pytest.raises(winras.RasError, match="619"):
        winras.dial("Stuck")
    assert ras.now == 3.0
    assert _native.unfinished_hang_ups() == 1


@pytest.mark.parametrize(
    ("state", "code", "wanted"),
    [
        (ConnectionState.Interactive, 703, "terminal"),
        (ConnectionState.RetryAuthentication, 691, "others"),
        (ConnectionState.PasswordExpired, 648, "expired"),
        (ConnectionState.InvokeEapUI, 703, "window"),
        (ConnectionState(0x1FFF), 703, "something"),
    ],
)
def test_a_paused_state_says_what_windows_wants(
    ras: Simulator, state: ConnectionState, code: int, wanted: str
) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, 0.1), DialStep(state)])
    with pytest.raises(winras.RasError, match=wanted) as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, left(ras)) == (code, 0)
    assert state.name in raised.value.message


def test_a_callback_is_not_asked_for(ras: Simulator) -> None:
    """RASDIALPARAMS's page: without a number, callback is not used, and nothing pauses for one."""
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.CallbackSetByCaller, 1.0)])
    assert winras.dial(OFFICE)


def test_wrong_credentials_are_an_authentication_error(ras: Simulator) -> None:
    ras.add_entry("Private", user="ann", password="secret")
    for credentials in (None, Credentials("ann", "wrong"), Credentials("bob", "secret")):
        with pytest.raises(winras.AuthenticationError) as raised:
            winras.dial("Private", credentials=credentials)
        assert raised.value.code == 691
        assert "wrong" not in str(raised.value)
    assert left(ras) == 0


def test_a_port_that_is_just_being_left_is_waited_for(ras: Simulator) -> None:
    for linger in (0.5, 2.9):
        ras.connect(OFFICE, dial_seconds=0)
        ras.drop(OFFICE, linger=linger)
        begun = ras.now
        assert winras.dial(OFFICE).hang_up() is True
        assert linger + 2.0 <= ras.now - begun < linger + 5.0
    ras.connect(OFFICE, dial_seconds=0)
    ras.drop(OFFICE, linger=60.0)
    begun = ras.now
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert raised.value.code == 633
    assert 3.0 <= ras.now - begun < 5.0
    with pytest.raises(winras.RasError, match="633"):
        winras.dial(OFFICE, timeout=1.0)


def test_slow_calls_before_leave_time_to_try_again(ras: Simulator) -> None:
    ras.connect(OFFICE, dial_seconds=0)
    ras.drop(OFFICE, linger=7.0)
    ras.delay("RasGetCredentials", 5.0)
    assert winras.dial(OFFICE).name == OFFICE
    assert ras.now >= 9.0


@pytest.mark.parametrize("code", [633, 756])
def test_what_fails_at_once_is_not_dialled_again_at_once(code: int) -> None:
    """Else it were dialled without end, and on a clock that runs thousands of times."""
    with Simulator(clock="auto") as ras:
        ras.add_entry(OFFICE)
        ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=code)])
        with pytest.raises(winras.RasError, match=str(code)):
            winras.dial(OFFICE)
        assert [call.at for call in ras.calls if call.function == "RasDial"][:3] == [0.0, 1.0, 2.0]
        ras.assert_called("RasDial", times=3)


def test_a_port_in_use_that_a_notice_tells_of_is_waited_for(ras: Simulator) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, 0.1, error=633)])
    told: list[DialProgress] = []
    with pytest.raises(winras.RasError, match="633"):
        winras.dial(OFFICE, on_progress=told.append)
    assert ras.calls("RasDial") == ras.calls("RasHangUp") == 3
    assert [progress.error for progress in told] == [0, 633] * 3
    assert left(ras) == 0


def test_an_unknown_entry_is_said_to_be_one(ras: Simulator) -> None:
    with pytest.raises(winras.EntryNotFoundError):
        winras.dial("Home")
    assert left(ras) == 0


def test_what_is_being_dialled_by_another_is_left_alone(ras: Simulator) -> None:
    ras.connect(OFFICE, dial_seconds=5.0)
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert raised.value.code == 756
    ras.advance(5.0)
    ras.assert_connected(OFFICE)


# ---- 756 ----


def lose_a_dial(ras: Simulator, phonebook: str = DEFAULT_PHONEBOOK) -> None:
    """Let a program fail to dial the entry, and end without hanging up."""
    failing = [DialStep(ConnectionState.Authenticate, 0.1, error=691)]
    ras.set_dial_script(OFFICE, failing, phonebook=phonebook)
    ras.fail("RasHangUp", 5, times=None)
    with pytest.raises(winras.AuthenticationError):
        winras.dial(OFFICE, phonebook=phonebook)
    ras.clear_faults()
    [lost] = ras.connections
    # As a program that is gone, this one does not know of it any more.
    ras.fail("RasHangUp", 6, times=None)
    hang_up_handle(lost.handle)
    ras.clear_faults()
    assert _native.unfinished_hang_ups() == 0
    ras.set_dial_script(OFFICE, [], phonebook=phonebook)
    [lost] = ras.connections
    assert (lost.state, lost.error) == (ConnectionState.Disconnected, 691)


def test_a_dial_that_nobody_has_hung_up_is_hung_up(ras: Simulator) -> None:
    lose_a_dial(ras)
    with pytest.raises(winras.RasError, match="756"):
        ras.connect(OFFICE)
    begun = ras.now
    assert winras.dial(OFFICE).name == OFFICE
    # First it may pass by itself; and it takes its second to be gone.
    assert begun + 3.0 + 1.0 + 2.0 <= ras.now < begun + 7.0
    [office] = ras.connections
    assert (office.state, office.references) == (ConnectionState.Connected, 1)


@pytest.mark.parametrize("waits", [0.1, 2.9])
def test_756_may_pass_by_itself(ras: Simulator, waits: float) -> None:
    """After a failed dial it did for about 3 s, says a report, though it was hung up."""
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, waits)])
    ras.connect(OFFICE)  # by another program
    hang_ups = ras.calls("RasHangUp")
    assert winras.dial(OFFICE).name == OFFICE
    assert [connection.references for connection in ras.connections] == [2]
    assert ras.calls("RasHangUp") == hang_ups


def test_only_once_are_lost_dials_looked_for(ras: Simulator) -> None:
    lose_a_dial(ras)
    enumerations = ras.calls("RasEnumConnections")
    ras.fail("RasDial", 756, times=None)
    begun = ras.now
    with pytest.raises(winras.RasError, match="756"):
        winras.dial(OFFICE)
    assert ras.calls("RasEnumConnections") - enumerations <= 2
    assert 6.0 <= ras.now - begun < 8.0
    ras.clear_faults()
    ras.assert_gone(OFFICE)


def test_a_short_timeout_leaves_no_time_for_the_cure(ras: Simulator) -> None:
    lose_a_dial(ras)
    hang_ups = ras.calls("RasHangUp")
    with pytest.raises(winras.RasError, match="756"):
        winras.dial(OFFICE, timeout=2.0)
    assert ras.calls("RasHangUp") == hang_ups


def test_the_cure_leaves_other_entries_alone(ras: Simulator) -> None:
    private = r"C:\other.pbk"
    ras.add_entry(OFFICE, phonebook=private)
    ras.add_entry("Home")
    ras.quirks.add("enumerates-dialling")
    for name, phonebook in ((OFFICE, private), ("Home", None)):
        ras.connect(name, phonebook=phonebook, dial_seconds=30.0)
    ras.fail("RasDial", 756, times=None)
    with pytest.raises(winras.RasError, match="756"):
        winras.dial(OFFICE)
    assert ras.calls("RasHangUp") == 0
    ras.clear_faults()
    ras.advance(30.0)
    assert len(winras.connections()) == 2


@pytest.mark.parametrize("phonebook", [r"C:\other.pbk", DEFAULT_PHONEBOOK])
def test_without_a_list_of_entries_the_cure_looks_in_the_usual_phone_books(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, phonebook: str
) -> None:
    monkeypatch.setenv("APPDATA", DEFAULT_PHONEBOOK.partition(r"\Microsoft")[0])
    ras.add_entry(OFFICE, phonebook=r"C:\other.pbk")
    lose_a_dial(ras, phonebook)
    hang_ups = ras.calls("RasHangUp")
    ras.fail("RasEnumEntries", 5, times=None)
    ras.fail("RasDial", 756, times=None)
    with pytest.raises(winras.RasError, match="756"):
        winras.dial(OFFICE)
    assert ras.calls("RasHangUp") - hang_ups == (phonebook == DEFAULT_PHONEBOOK)
    ras.clear_faults()
    ras.ignore_leftovers()


@pytest.mark.parametrize("quirk", ["dial-told-first", "dial-untold"])
def test_the_cure_leaves_what_this_process_dials_alone(ras: Simulator, quirk: str) -> None:
    for name in (quirk, "enumerates-dialling"):
        ras.quirks.add(name)
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 20.0)])
    first = Background(lambda: winras.dial(OFFICE))
    ras.wait_blocked()
    with pytest.raises(winras.RasError, match="756"):
        winras.dial(OFFICE)
    assert ras.calls("RasHangUp") == 0
    ras.advance(20.0)
    while first.running:
        ras.advance(0.1)  # a notice that does not come has its time to do so
    assert first.result().name == OFFICE


@pytest.mark.parametrize("seconds", [7.0, 30.0])
def test_the_cure_leaves_what_another_program_dials_alone(ras: Simulator, seconds: float) -> None:
    """Its server may take long to answer: only what is Disconnected is certainly left behind."""
    ras.quirks.add("enumerates-dialling")
    ras.connect(OFFICE, dial_seconds=seconds)
    with pytest.raises(winras.RasError, match="756") as raised:
        winras.dial(OFFICE)
    assert raised.value.hint
    assert "hang it up" in raised.value.hint
    assert ras.calls("RasHangUp") == 0
    ras.advance(seconds)
    ras.assert_connected(OFFICE)


# ---- calls that take long ----


@pytest.mark.parametrize(
    "function", ["RasEnumEntries", "RasGetCredentials", "RasGetEapUserIdentity"]
)
def test_after_the_timeout_no_further_call_is_made(ras: Simulator, function: str) -> None:
    ras.fail("RasGetEapUserIdentity", 703)
    order = ["RasEnumEntries", "RasGetCredentials", "RasGetEapUserIdentity", "RasGetEapUserData"]
    ras.delay(function, 20.0)
    with pytest.raises(winras.RasTimeoutError):
        winras.dial(OFFICE, timeout=5.0)
    asked = [call.function for call in ras.calls if call.function in (*order, "RasDial")]
    assert list(dict.fromkeys(asked)) == order[: order.index(function) + 1]
    ras.clear_faults()


# ---- errors that do not end it ----


def test_an_error_while_windows_goes_on_is_progress(ras: Simulator) -> None:
    script = [
        DialStep(ConnectionState.ConnectDevice, 5.0, error=809, goes_on=True),
        DialStep(ConnectionState.ConnectDevice, 5.0, error=800, goes_on=True),
        DialStep(ConnectionState.Authenticate, 1.0),
    ]
    ras.set_dial_script(OFFICE, script)
    told: list[tuple[ConnectionState, int]] = []
    office = winras.dial(OFFICE, on_progress=lambda p: told.append((p.state, p.error)))
    assert office.status().state is ConnectionState.Connected
    assert told == [
        (ConnectionState.ConnectDevice, 0),
        (ConnectionState.ConnectDevice, 809),
        (ConnectionState.ConnectDevice, 0),
        (ConnectionState.ConnectDevice, 800),
        (ConnectionState.Authenticate, 0),
        (ConnectionState.Connected, 0),
    ]
    assert ras.now == 11.0


@pytest.mark.parametrize("untold", [False, True])
def test_what_fails_after_an_error_that_was_progress(ras: Simulator, *, untold: bool) -> None:
    if untold:
        ras.quirks.add("dial-untold")
    script = [
        DialStep(ConnectionState.ConnectDevice, 5.0, error=809, goes_on=True),
        DialStep(ConnectionState.Authenticate, 5.0, error=691),
    ]
    ras.set_dial_script(OFFICE, script)
    with pytest.raises(winras.AuthenticationError, match="failed in Authenticate"):
        winras.dial(OFFICE)
    assert left(ras) == 0


def test_an_error_that_stays_ends_at_the_timeout(ras: Simulator) -> None:
    script = [DialStep(ConnectionState.ConnectDevice, math.inf, error=809, goes_on=True)]
    ras.set_dial_script(OFFICE, script)
    told: list[int] = []
    with pytest.raises(winras.RasTimeoutError):
        winras.dial(OFFICE, timeout=20.0, on_progress=lambda p: told.append(p.error))
    assert (told, left(ras)) == ([0, 809], 0)


def test_an_error_that_the_status_shows_for_a_moment_is_not_told(ras: Simulator) -> None:
    """Within 0.25 s the notice of a failure may still come."""
    script = [
        DialStep(ConnectionState.ConnectDevice, 0.2, error=809, goes_on=True),
        DialStep(ConnectionState.Authenticate, 1.0),
    ]
    ras.set_dial_script(OFFICE, script)
    told: list[int] = []
    winras.dial(OFFICE, on_progress=lambda p: told.append(p.error))
    assert told == [0, 0, 0]


def test_a_step_goes_on_or_not(ras: Simulator) -> None:
    step = DialStep(ConnectionState.ConnectDevice, goes_on="no")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="goes_on must be a bool"):
        ras.set_dial_script(OFFICE, [step])


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Autenticate", "not 'Autenticate'; did you mean ConnectionState.Authenticate?"),
        (5, "must be a ConnectionState, not 5$"),
    ],
)
def test_a_step_that_is_no_state_is_refused_with_the_nearest(
    ras: Simulator, state: object, said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        ras.set_dial_script(OFFICE, [DialStep(state)])  # type: ignore[arg-type]


# ---- hang-ups that are refused ----

# The hang-up failed; it is being hung up already; two ways to say that it is gone, which its status
# does not confirm; and RAS does not answer.
REFUSALS = [753, 617, 6, 668, 1722]

FAILURES: dict[str, tuple[DialStep, type[winras.RasError]]] = {
    "failure": (DialStep(ConnectionState.Authenticate, 0.1, error=691), winras.AuthenticationError),
    "paused": (DialStep(ConnectionState.PasswordExpired, 0.1), winras.AuthenticationError),
    "timeout": (DialStep(ConnectionState.ConnectDevice, math.inf), winras.RasTimeoutError),
}


def dial_office(*, awaited: bool, timeout: float = 60.0) -> winras.Connection:
    if awaited:
        return asyncio.run(aio.dial(OFFICE, timeout=timeout))
    return winras.dial(OFFICE, timeout=timeout)


def dial_in_vain(ras: Simulator, how: str, *, awaited: bool) -> winras.RasError:
    step, kind = FAILURES[how]
    ras.set_dial_script(OFFICE, [step])
    with pytest.raises(kind) as raised:
        dial_office(awaited=awaited, timeout=5.0)
    return raised.value


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("times", [1, 2, 10])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_hang_up_that_is_refused_is_tried_again(
    ras: Simulator, code: int, times: int, how: str, awaited: bool
) -> None:
    ras.fail("RasHangUp", code, times=times)
    failed = dial_in_vain(ras, how, awaited=awaited)
    assert (ras.calls("RasHangUp"), left(ras)) == (times + 1, 0)
    assert ("and was hung up" in failed.message) == (how == "timeout")
    assert "RasHangUp" not in failed.message


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("code", REFUSALS)
def test_a_hang_up_that_is_only_refused_is_said_to_be_and_stays_listed(
    ras: Simulator, code: int, how: str, awaited: bool
) -> None:
    ras.fail("RasHangUp", code, times=None)
    begun = ras.now
    failed = dial_in_vain(ras, how, awaited=awaited)
    assert ras.now - begun <= 5.0 + 3.0
    assert "was hung up" not in failed.message
    name = _native.error_name(code)
    assert f"could not be hung up: RasHangUp answered {code} {name}" in failed.message
    assert (len(ras.connections), _native.unfinished_hang_ups()) == (1, 1)
    ras.clear_faults()
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_tries_are_at_once_and_at_growing_intervals(ras: Simulator) -> None:
    ras.fail("RasHangUp", 753, times=None)
    dial_in_vain(ras, "failure", awaited=False)
    times = [call.at for call in ras.calls if call.function == "RasHangUp"]
    waits = [round(after - before, 3) for before, after in itertools.pairwise(times)]
    assert waits[:8] == [0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.25]
    assert set(waits[8:]) == {0.25}
    assert 2.7 <= times[-1] - times[0] <= 3.0
    ras.clear_faults()
    _operations.finish_hang_ups()


def interrupt(ras: Simulator, code: int, times: int | None, how: str) -> None:
    """Dial, and stop in the middle; from then on RasHangUp answers the code so many times."""

    def stop(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            ras.fail("RasHangUp", code, times=times)
            if how == "raise":
                raise LookupError
            if how == "Ctrl+C":
                press_ctrl_c()
            if task is not None:
                task.cancel()

    async def dial_in_task() -> None:
        nonlocal task
        task = asyncio.current_task()
        await aio.dial(OFFICE, on_progress=stop)

    def dial() -> object:
        return (
            asyncio.run(dial_in_task())
            if how == "cancel"
            else winras.dial(OFFICE, on_progress=stop)
        )

    task: asyncio.Task[None] | None = None
    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError, LookupError)):
        dial()


@pytest.mark.parametrize("how", ["Ctrl+C", "raise", "cancel"])
@pytest.mark.parametrize("times", [1, 2, 5, 10, None])
@pytest.mark.parametrize("code", REFUSALS)
def test_who_stops_a_dial_waits_for_its_hang_up_for_a_moment(
    ras: Simulator, code: int, times: int | None, how: str
) -> None:
    interrupt(ras, code, times, how)
    assert ras.now <= 1.0 + 0.25
    assert _native.unfinished_hang_ups() == 1
    [connection] = ras.connections
    is_hung_up = connection.state is ConnectionState.Disconnected
    assert is_hung_up == (times in {1, 2, 5})
    if times is None:
        ras.clear_faults()
    # The end of the process, which tries again.
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_on_a_clock_that_stands_still_the_moment_is_one_of_real_time() -> None:
    def dial() -> tuple[None, float]:
        with Simulator(clock="manual") as ras:
            ras.add_entry(OFFICE, dial_seconds=60.0)
            ras.fail("RasHangUp", 753, times=None)
            operation = dialling(OFFICE)
            call = Background(operation.run)
            ras.wait_blocked()
            begun = time.monotonic()
            operation.close()
            with pytest.raises(winras.RasError, match="1223"):
                call.result()
            took = time.monotonic() - begun
            assert _native.unfinished_hang_ups() == 1
            ras.clear_faults()
            ras.ignore_leftovers()
        return None, took

    quick(dial, 1.0)


def test_each_dial_that_is_refused_its_hang_up_is_hung_up_once_in_the_end(ras: Simulator) -> None:
    """Several may leave the same connection, here one that another program holds too."""
    ras.connect(OFFICE, dial_seconds=0)
    ras.fail("RasHangUp", 753, times=None)

    class StopError(Exception):
        pass

    def stop(_: object) -> None:
        raise StopError

    for _ in range(3):
        with pytest.raises(StopError):
            winras.dial(OFFICE, on_progress=stop)
    assert (ras.connections[0].references, _native.unfinished_hang_ups()) == (4, 1)
    ras.clear_faults()
    _operations.finish_hang_ups()
    assert ras.connections[0].references == 1
    _operations.finish_hang_ups()  # which sees, 3 s after the last one, that others hold it
    assert (ras.connections[0].references, _native.unfinished_hang_ups()) == (1, 0)


@pytest.mark.parametrize("begun", ["dial", "hang_up", "wait_closed", "watch"])
def test_what_begins_next_tries_again(ras: Simulator, begun: str) -> None:
    ras.add_entry("Other")
    ras.connect("Other", dial_seconds=0)
    other = winras.get_connection("Other")
    interrupt(ras, 753, None, "Ctrl+C")
    ras.clear_faults()
    begin: dict[str, Callable[[], object]] = {
        "dial": lambda: winras.dial(OFFICE),
        "hang_up": other.hang_up,
        "wait_closed": lambda: other.wait_closed(timeout=0),
        "watch": lambda: winras.watch(timeout=0).close(),
    }
    hang_ups = ras.calls("RasHangUp")
    with contextlib.suppress(winras.RasTimeoutError):
        begin[begun]()
    assert ras.calls("RasHangUp") == hang_ups + 1 + (begun == "hang_up")
    up = [one.name for one in ras.connections if one.state is not ConnectionState.Disconnected]
    assert up == {"dial": ["Other", OFFICE], "hang_up": []}.get(begun, ["Other"])
    _operations.finish_hang_ups()
    assert _native.unfinished_hang_ups() == 0


@pytest.mark.parametrize("code", [753, 1722])
def test_a_ras_hang_up_that_blocks_holds_up_one_later_call_in_many(
    ras: Simulator, code: int
) -> None:
    interrupt(ras, code, None, "Ctrl+C")
    ras.delay("RasHangUp", 25.0)
    ras.add_entry("Other")
    took = []
    for _ in range(20):
        begun = ras.now
        with contextlib.suppress(winras.RasTimeoutError):
            winras.dial("Other", timeout=5.0)
        took.append(ras.now - begun)
        ras.advance(1.0)
    assert took == [pytest.approx(25.0), *[0.0] * 19]
    # What took long is tried again all the same.
    ras.advance(250.0)
    ras.clear_faults()
    ras.delay("RasHangUp", 0.0)
    winras.dial("Other")
    _operations.finish_hang_ups()
    assert _native.unfinished_hang_ups() == 0


def test_a_failed_dial_calls_a_ras_hang_up_that_blocks_once(ras: Simulator) -> None:
    ras.delay("RasHangUp", 25.0)
    ras.fail("RasHangUp", 753, times=None)
    dial_in_vain(ras, "failure", awaited=False)
    assert ras.calls("RasHangUp") == 1
    ras.clear_faults()
    ras.delay("RasHangUp", 0.0)
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_of_several_hang_ups_that_are_owed_one_that_blocks_is_tried(ras: Simulator) -> None:
    ras.add_entry("Other")
    ras.connect("Other", dial_seconds=0)
    other = winras.get_connection("Other")
    ras.fail("RasHangUp", 753, times=None)
    for name in ("A", "B", "C"):
        ras.add_entry(name)
        ras.set_dial_script(name, [DialStep(ConnectionState.Authenticate, error=691)])
        with pytest.raises(winras.AuthenticationError):
            winras.dial(name)
    ras.delay("RasHangUp", 25.0)
    begun, hang_ups = ras.now, ras.calls("RasHangUp")
    with pytest.raises(winras.RasError, match="753"):
        other.hang_up(timeout=5.0)
    # One that is owed, and the one that was asked for.
    assert (ras.now - begun, ras.calls("RasHangUp") - hang_ups) == (50.0, 2)
    ras.clear_faults()
    ras.delay("RasHangUp", 0.0)
    _operations.finish_hang_ups()
    assert [one.name for one in ras.connections] == ["Other"]


def test_each_dial_of_an_entry_is_owed_a_hang_up_of_its_own(ras: Simulator) -> None:
    """RAS counts references, so two dials of one entry that were given up need two."""

    def stop(_: DialProgress) -> None:
        raise LookupError

    interrupt(ras, 753, None, "Ctrl+C")
    ras.advance(2.0)
    with pytest.raises(LookupError):
        winras.dial(OFFICE, on_progress=stop)
    [lost] = ras.connections
    assert (lost.references, _native.unfinished_hang_ups()) == (2, 1)
    ras.clear_faults()
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_a_hang_up_of_one_reference_leaves_what_is_owed(ras: Simulator) -> None:
    interrupt(ras, 753, None, "Ctrl+C")
    office = winras.dial(OFFICE)
    ras.clear_faults()
    assert office.hang_up(all_references=False) is True
    assert left(ras) == 0


def test_at_the_end_what_has_blocked_comes_last(ras: Simulator) -> None:
    ras.fail("RasHangUp", 753, times=None)
    for name in ("A", "B", "C", "D"):
        ras.add_entry(name)
        ras.set_dial_script(name, [DialStep(ConnectionState.Authenticate, error=691)])
        ras.delay("RasHangUp", 25.0 if name == "A" else 0.0)
        with pytest.raises(winras.AuthenticationError):
            winras.dial(name)
    handles = {one.name: f"({one.handle:#x})" for one in ras.connections}
    ras.clear_faults()
    before = len(ras.calls)
    _operations.finish_hang_ups()
    last = [str(call) for call in ras.calls[before:] if call.function == "RasHangUp"][-1]
    assert handles["A"] in last
    assert left(ras) == 0


def give_the_handle_of_what_is_owed_to_another(ras: Simulator) -> None:
    """Interrupt a dial whose hang-up is refused; its handle is then that of ``Other``."""
    ras.quirks.add("handle-reuse")
    interrupt(ras, 753, None, "Ctrl+C")
    [lost] = ras.connections
    ras.advance(2.0)
    ras.assert_connected(OFFICE)
    ras.drop(OFFICE)
    ras.add_entry("Other")
    ras.connect("Other", dial_seconds=0)
    ras.clear_faults()
    assert winras.get_connection("Other").handle == lost.handle


def test_a_refused_hang_up_is_not_tried_later_if_nobody_knows_whose_the_handle_is(
    ras: Simulator,
) -> None:
    give_the_handle_of_what_is_owed_to_another(ras)
    ras.fail("RasEnumConnections", 1722, times=None)
    with contextlib.suppress(winras.RasError):
        winras.watch(timeout=0).close()
    _operations.finish_hang_ups()
    ras.assert_connected("Other")
    assert _native.unfinished_hang_ups() == 1
    ras.clear_faults()
    _operations.finish_hang_ups()
    ras.assert_connected("Other")
    assert _native.unfinished_hang_ups() == 0


@pytest.mark.parametrize("untold", [False, True])
@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("times", [1, 2, None])
@pytest.mark.parametrize("code", [6, 668])
def test_a_dial_whose_status_seems_dead_is_not_forgotten(
    ras: Simulator, code: int, times: int | None, awaited: bool, untold: bool
) -> None:
    if untold:
        ras.quirks.add("dial-untold")
    ras.fail("RasGetConnectStatus", code, times=times)
    with pytest.raises(winras.RasError) if times is None else contextlib.nullcontext() as raised:
        office = dial_office(awaited=awaited)
    if raised is None:
        assert office.hang_up(all_references=False) is True
    else:
        assert (raised.value.code, ras.calls("RasHangUp")) == (631, 1)
        ras.advance(1.0)
    assert left(ras) == 0


def test_a_dial_whose_handle_dies_untold_says_no_more_than_that(ras: Simulator) -> None:
    ras.quirks.add("dial-untold")
    ras.fail("RasGetConnectStatus", 6, times=None)
    with pytest.raises(winras.RasError, match="its handle is dead, and RAS has told") as raised:
        winras.dial(OFFICE)
    assert (raised.value.code, raised.value.function) == (631, "RasGetConnectStatus")
    ras.advance(1.0)


def test_one_wrong_status_of_what_is_up_changes_nothing(ras: Simulator) -> None:
    def see(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Connected:
            ras.fail("RasGetConnectStatus", 6)

    assert winras.dial(OFFICE, on_progress=see).hang_up(all_references=False) is True


def test_what_is_up_and_never_listed_is_hung_up(ras: Simulator) -> None:
    def hide(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Connected:
            ras.fail("RasEnumConnections", 711, times=None)
            ras.fail("RasHangUp", 753)

    with pytest.raises(winras.RasError, match="711") as raised:
        winras.dial(OFFICE, on_progress=hide)
    assert raised.value.function == "RasEnumConnections"
    ras.clear_faults()
    assert left(ras) == 0


def test_the_handle_of_a_dial_that_died_is_not_hung_up_for_another(ras: Simulator) -> None:
    """Its number may be given to a connection that comes up before this process hears of it."""
    ras.quirks.add("handle-reuse")
    ras.quirks.add("dial-untold")
    ras.add_entry("Other")
    ras.drop(OFFICE, at=1.0)
    ras._act("connect", "Other", at=1.0)
    with pytest.raises(winras.RasError):
        winras.dial(OFFICE)
    ras.assert_connected("Other")
    assert _native.unfinished_hang_ups() == 0


def test_a_refused_hang_up_is_not_tried_on_the_next_owner_of_the_handle(ras: Simulator) -> None:
    give_the_handle_of_what_is_owed_to_another(ras)
    hang_ups = ras.calls("RasHangUp")
    _operations.finish_hang_ups()
    assert (ras.calls("RasHangUp"), _native.unfinished_hang_ups()) == (hang_ups, 0)
    ras.assert_connected("Other")


def test_a_ras_that_is_silent_while_a_failed_dial_is_hung_up_loses_nothing(ras: Simulator) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.ConnectDevice, math.inf)])
    ras.fail("RasHangUp", 1722)
    ras.delay("RasHangUp", 20.0)
    with pytest.raises(winras.RasTimeoutError, match="RasHangUp answered 1722") as raised:
        winras.dial(OFFICE, timeout=5.0)
    assert "was hung up" not in raised.value.message
    assert _native.unfinished_hang_ups() == 1
    ras.clear_faults()
    ras.delay("RasHangUp", 0.0)
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_what_others_hold_was_hung_up_once_and_the_message_says_so(ras: Simulator) -> None:
    def hold(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Connected:
            ras.connect(OFFICE, dial_seconds=0)
            ras.fail("RasEnumConnections", 711, times=None)

    with pytest.raises(winras.RasError, match="others hold it"):
        winras.dial(OFFICE, on_progress=hold)
    ras.clear_faults()
    ras.assert_connected(OFFICE)


def test_what_cannot_be_given_to_the_caller_is_hung_up_however_often_that_is_refused(
    ras: Simulator,
) -> None:
    office = winras.dial(OFFICE)
    ras.fail("RasHangUp", 753, times=3)
    _native.lib.winras_give_back(_native.service(), office.handle)
    assert (ras.calls("RasHangUp"), _native.unfinished_hang_ups()) == (4, 1)
    _operations.finish_hang_ups()
    assert left(ras) == 0


# ---- callers that stop ----


def test_what_on_progress_raises_ends_it(ras: Simulator) -> None:
    def refuse(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        winras.dial(OFFICE, on_progress=refuse)
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_what_on_progress_raises_at_the_end_hangs_up_too(ras: Simulator) -> None:
    def refuse(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Connected:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        winras.dial(OFFICE, on_progress=refuse)
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_ctrl_c_hangs_up(ras: Simulator) -> None:
    def press(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        winras.dial(OFFICE, on_progress=press)
    assert [connection.state for connection in ras.connections] == [ConnectionState.Disconnected]
    assert _native.unfinished_hang_ups() == 1
    _operations.finish_hang_ups()
    assert left(ras) == 0


TRACED = (_native, _operations, winras._dialing)


@pytest.fixture
def _frozen() -> Iterator[None]:
    """Leaves what there is already out of each gc.collect(), which takes long of it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_frozen")
def test_ctrl_c_at_any_line_hangs_up(ras: Simulator) -> None:
    numbers = iter(range(1, 100_000))
    connection = None
    while connection is None:
        number = next(numbers)
        with contextlib.suppress(KeyboardInterrupt), Interrupting(number, TRACED).tracing():
            connection = winras.dial(OFFICE, credentials=Credentials("ann", "secret"))
        if connection is None:
            gc.collect()
            assert hung_up(ras)
            assert _native.lib.winras_operations() == 0, number
    assert next(numbers) > 200  # there were so many lines
    assert connection.hang_up(all_references=False) is True


def test_a_simulator_that_ends_ends_the_dialling() -> None:
    with Simulator(clock="manual", allow_dialling=True) as ras:
        ras.add_entry(OFFICE, dial_seconds=math.inf)
        call = Background(lambda: winras.dial(OFFICE))
        ras.wait_blocked()
    with pytest.raises(RuntimeError, match="Simulator"):
        call.result()
    assert _native.lib.winras_operations() == 0


# ---- arguments ----


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: winras.dial(7), TypeError, "entry must be str, not int"),  # type: ignore[arg-type]
        (lambda: winras.dial(""), ValueError, "phone_number"),
        (lambda: winras.dial("x" * 257), ValueError, "entry must have at most 256"),
        (lambda: winras.dial("A", phonebook=0), TypeError, "phonebook must be str, not int"),  # type: ignore[arg-type]
        (lambda: winras.dial("A\0B"), ValueError, "NUL"),
        (lambda: winras.dial("A", phonebook="x" * 260), ValueError, "phonebook"),
        (lambda: winras.dial("A", phone_number="1" * 129), ValueError, "phone_number"),
        (lambda: winras.dial("A", credentials="ann"), TypeError, "credentials"),  # type: ignore[arg-type]
        (lambda: winras.dial("A", sub_entry=-1), ValueError, "sub_entry"),
        (lambda: winras.dial("A", sub_entry=True), TypeError, "sub_entry"),
        (lambda: winras.dial("A", timeout=-1), ValueError, "timeout"),
        (lambda: winras.dial("A", timeout=None), ValueError, "timeout"),  # type: ignore[arg-type]
        (lambda: winras.dial("A", on_progress=7), TypeError, "on_progress"),  # type: ignore[arg-type]
        (lambda: Credentials("u" * 257, ""), ValueError, "user must have at most 256"),
        (lambda: Credentials("ann", "p" * 257), ValueError, "password must have at most 256"),
        (lambda: Credentials("ann", "secret", "D" * 16), ValueError, "domain"),
        (lambda: Credentials("ann", 7), TypeError, "password"),  # type: ignore[arg-type]
        (lambda: Credentials("ann", "se\0cret"), ValueError, "NUL"),
    ],
)
def test_wrong_arguments_are_refused_before_any_call(
    ras: Simulator, call: Callable[[], object], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said) as raised:
        call()
    assert "secret" not in str(raised.value)
    assert "ppp" not in str(raised.value)
    assert len(ras.calls) == 0


def test_the_longest_texts_come_through(ras: Simulator) -> None:
    user, password, domain = "u" * 256, "\U0001f511" * 128, "D" * 15
    ras.add_entry("N" * 256, user=user, password=password, domain=domain)
    assert winras.dial("N" * 256, credentials=Credentials(user, password, domain))


# ---- the password ----


def test_a_password_is_masked() -> None:
    credentials = Credentials("ann", "secret", "OFFICE")
    for text in (repr(credentials), str(credentials), f"{credentials}", f"{[credentials]}"):
        assert "secret" not in text
        assert "ann" in text
    assert credentials == Credentials("ann", "secret", "OFFICE")


def test_a_password_is_in_no_traceback_with_locals() -> None:
    ann = Credentials("ann", f"s3{'cret'}")
    try:
        winras.dial("x" * 300, credentials=ann)
    except ValueError as error:
        told = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "Credentials(user='ann', password='***'" in told
    assert "s3cret" not in told


class Memory:
    """This process's memory, but for what it is read into."""

    def __init__(self) -> None:
        self._buffer = mmap.mmap(-1, 1 << 20)
        self._own = ctypes.addressof(ctypes.c_char.from_buffer(self._buffer))

    def find(self, needle: bytes) -> set[int]:
        """Where the bytes stand in what can be written.

        Places, not their number: what an earlier test has freed may be overwritten meanwhile.
        """
        found: set[int] = set()
        with (
            Path("/proc/self/mem").open("rb", 0) as memory,
            Path("/proc/self/pagemap").open("rb", 0) as pages,
        ):
            for line in Path("/proc/self/maps").read_text("ascii").splitlines():
                area, rights, *_ = line.split()
                begin, end = (int(part, 16) for part in area.split("-"))
                # What is larger is no memory of ours: a sanitizer's shadow.
                small = end - begin < 1 << 32
                if rights.startswith("rw") and small and not begin <= self._own < end:
                    for first, last in self._in_use(pages.fileno(), begin, end):
                        found |= self._find_in(memory.fileno(), first, last, needle)
        return found

    def _in_use(self, pages: int, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Where an area has pages: what was never written has none, and that is most of it.

        The highest bits of a page's eight bytes say that it is present or swapped out:
        https://docs.kernel.org/admin-guide/mm/pagemap.html
        """
        size = mmap.PAGESIZE
        flags = os.pread(pages, (end - begin) // size * 8, begin // size * 8)[7::8]
        assert len(flags) == (end - begin) // size
        for run in re.finditer(rb"[\x40-\xff]+", flags):
            yield begin + run.start() * size, begin + run.end() * size

    def _find_in(self, file: int, begin: int, end: int, needle: bytes) -> set[int]:
        found: set[int] = set()
        while begin < end:
            room = min(end - begin, len(self._buffer))
            try:
                os.preadv(file, [memoryview(self._buffer)[:room]], begin)
            except OSError:
                return found  # an area that the kernel alone reads
            at = self._buffer.find(needle, 0, room)
            while at >= 0:
                found.add(begin + at)
                at = self._buffer.find(needle, at + 1, room)
            begin += room if room < len(self._buffer) else room - len(needle) + 1
        return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
@pytest.mark.parametrize(
    "end", ["up", "failed", "timeout", "raised", "refused", "cancelled", "interrupted"]
)
def test_the_password_is_wiped_from_memory_on_every_path(ras: Simulator, end: str) -> None:
    # Python's own text has one byte a character; what C is given has two, as the needle has.
    password = "".join(random.Random(end).choices(string.ascii_lowercase, k=40))  # noqa: S311
    needle = password.encode("utf-16-le")
    memory = Memory()
    before = memory.find(needle)
    seen = []
    tasks: list[asyncio.Task[winras.Connection]] = []

    def fail() -> None:
        raise LookupError

    endings: dict[str, Callable[[], object]] = {
        "raised": fail,
        "interrupted": press_ctrl_c,
        "cancelled": lambda: [task.cancel() for task in tasks],
    }

    def look(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            seen.append(memory.find(needle))
        if progress.state is ConnectionState.Authenticated and end in endings:
            endings[end]()

    if end == "failed":
        authenticate = DialStep(ConnectionState.Authenticate, 1.0)
        ras.set_dial_script(OFFICE, [authenticate, DialStep(ConnectionState.AuthAck, 1.0, 691)])
    if end == "refused":
        ras.fail("RasDial", 711)
    ann = Credentials("ann", password)
    timeout = 1.5 if end == "timeout" else 60.0

    async def dial_in_task() -> None:
        call = aio.dial(OFFICE, credentials=ann, timeout=timeout, on_progress=look)
        tasks.append(asyncio.create_task(call))
        await tasks[0]

    came_up = False
    with contextlib.suppress(
        winras.RasError, LookupError, KeyboardInterrupt, asyncio.CancelledError
    ):
        if end == "cancelled":
            asyncio.run(dial_in_task())
        winras.dial(OFFICE, credentials=ann, timeout=timeout, on_progress=look)
        came_up = True
    assert came_up == (end == "up")
    # RAS may read its copy while it dials.
    assert bool(seen) == (end != "refused")
    assert all(places - before for places in seen)
    assert memory.find(needle) <= before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
@pytest.mark.parametrize("end", ["up", "failed", "refused", "timeout"])
def test_the_handle_of_a_saved_password_is_wiped_too(ras: Simulator, end: str) -> None:
    ras.save_credentials(OFFICE, "ann", "secret")
    needle = ("*" * 16).encode("utf-16-le")
    memory = Memory()
    seen = []
    if end == "failed":
        step = DialStep(ConnectionState.Authenticate, 1.0, 691)
        ras.set_dial_script(OFFICE, [DialStep(ConnectionState.AuthNotify, 1.0), step])
    if end == "refused":
        ras.fail("RasDial", 711)
    before = memory.find(needle)
    with contextlib.suppress(winras.RasError):
        winras.dial(
            OFFICE,
            timeout=1.5 if end == "timeout" else 60.0,
            on_progress=lambda _: seen.append(memory.find(needle)),
        )
    assert all(places - before for places in seen[:-1])
    assert memory.find(needle) <= before


# ---- asyncio ----


@pytest.mark.usefixtures("ras")
def test_aio_dial_tells_progress_in_the_event_loop() -> None:
    told: list[tuple[ConnectionState, int]] = []

    async def main() -> winras.Connection:
        return await aio.dial(
            OFFICE, on_progress=lambda p: told.append((p.state, threading.get_ident()))
        )

    assert asyncio.run(main()) == winras.get_connection(OFFICE)
    assert [state for state, _ in told] == [*USUAL, ConnectionState.Connected]
    assert {thread for _, thread in told} == {threading.get_ident()}


def test_aio_dial_raises_what_dial_raises(ras: Simulator) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 1.0, error=691)])
    with pytest.raises(winras.AuthenticationError):
        asyncio.run(aio.dial(OFFICE))
    with pytest.raises(winras.EntryNotFoundError):
        asyncio.run(aio.dial("Home"))
    with pytest.raises(ValueError, match="timeout"):
        asyncio.run(aio.dial(OFFICE, timeout=-1))
    assert left(ras) == 0


def test_aio_dial_is_ended_by_what_on_progress_raises(ras: Simulator) -> None:
    def refuse(_: DialProgress) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        asyncio.run(aio.dial(OFFICE, on_progress=refuse))
    _operations.finish_hang_ups()
    assert left(ras) == 0


def test_cancelling_aio_dial_hangs_up(ras: Simulator) -> None:
    async def main() -> None:
        task = asyncio.create_task(aio.dial(OFFICE))
        await ras.aio.wait_blocked()
        await ras.aio.advance(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [connection.state for connection in ras.connections] == [ConnectionState.Disconnected]
    _operations.finish_hang_ups()
    assert left(ras) == 0


def hung_up(ras: Simulator) -> bool:
    """Nothing is up, and what was dialled is being hung up."""
    up = [c for c in ras.connections if c.state is ConnectionState.Connected]
    _operations.finish_hang_ups()
    return not up and left(ras) == 0


def test_cancelling_what_has_just_come_up_hangs_up(ras: Simulator) -> None:
    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        await aio.dial(
            OFFICE, on_progress=lambda p: p.state is ConnectionState.Connected and task.cancel()
        )

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert hung_up(ras)


def test_a_close_while_what_is_up_is_listed_leaves_the_hang_up_to_the_dialling_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listing, go_on = threading.Event(), threading.Event()

    def list_slowly(service: int) -> list[winras.Connection]:
        listing.set()
        assert go_on.wait(HANG)
        return list_connections(service)

    list_connections = winras._dialing.list_connections
    monkeypatch.setattr(winras._dialing, "list_connections", list_slowly)

    def dial() -> None:
        with operation:
            operation.run()

    with Simulator() as ras:
        ras.add_entry(OFFICE)
        operation = dialling(OFFICE)
        call = Background(dial)
        assert listing.wait(HANG)
        operation.close()
        assert ras.calls("RasHangUp") == 0
        go_on.set()
        with pytest.raises(winras.RasError) as raised:
            call.result()
        assert raised.value.code == 1223
        assert ras.calls("RasHangUp") == 1


def test_cancelling_before_the_loop_has_heard_that_it_is_up_hangs_up(ras: Simulator) -> None:
    async def main() -> None:
        task = asyncio.create_task(aio.dial(OFFICE, on_progress=None))
        await ras.aio.wait_blocked()
        ras.advance(10.0)  # with the loop standing still
        for thread in threading.enumerate():
            if thread.name == "winras":
                thread.join(HANG)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert hung_up(ras)


@pytest.mark.parametrize("on_progress", [None, print])
def test_a_loop_that_is_closed_under_it_hangs_up(
    ras: Simulator, on_progress: Callable[[DialProgress], object] | None
) -> None:
    loop = asyncio.new_event_loop()
    tasks = []

    async def main() -> None:
        tasks.append(asyncio.ensure_future(aio.dial(OFFICE, on_progress=on_progress)))
        await ras.aio.wait_blocked()

    loop.run_until_complete(main())
    loop.close()
    ras.advance(10.0)
    for thread in threading.enumerate():
        if thread.name == "winras":
            thread.join(HANG)
            assert not thread.is_alive()
    assert hung_up(ras)


def test_on_progress_of_aio_has_the_callers_context() -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen = []

    async def main() -> None:
        variable.set(7)
        await aio.dial(OFFICE, on_progress=lambda _: seen.append(variable.get()))

    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE)
        asyncio.run(main())
    assert set(seen) == {7}


def test_on_progress_is_no_coroutine_function(ras: Simulator) -> None:
    async def tell(_: DialProgress) -> None: ...

    with pytest.raises(TypeError, match="coroutine"):
        winras.dial(OFFICE, on_progress=tell)
    with pytest.raises(TypeError, match="coroutine"):
        asyncio.run(aio.dial(OFFICE, on_progress=tell))
    assert ras.calls("RasDial") == 0


def test_a_dial_of_a_daemon_thread_is_hung_up_at_the_end_of_the_program() -> None:
    script = """
import atexit, threading, winras
from winras import _native, _operations
from winras.testing import Simulator

ras = Simulator(clock="real").__enter__()
ras.add_entry("A", dial_seconds=60.0)
told = threading.Event()
dial = lambda: winras.dial("A", on_progress=lambda _: told.set())
threading.Thread(target=dial, daemon=True).start()
told.wait()
_operations._finish_at_exit()
print([c.state.name for c in ras.connections], _native.unfinished_hang_ups())
ras.__exit__(None, None, None)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=HANG
    )
    assert done.stdout == "[] 0\n"


# ---- notices and looks that come at the same moment ----

MANY = 100
CLOCKS: list[str | float] = ["auto", "manual", 1000.0]


def dial_in_time(ras: Simulator, manual: bool, told: list[str]) -> None:
    """Dial, and write down the progress and how it ends."""

    def dial() -> None:
        try:
            # So long that a clock that runs does not reach it, however slow the machine is.
            winras.dial(OFFICE, timeout=1e9, on_progress=lambda p: told.append(p.state.name))
        except winras.RasError as failed:
            told.append(failed.message.partition(":")[0])

    if not manual:
        dial()
        return
    call = Background(dial)
    ras.wait_blocked()
    while call.running:
        ras.advance(0.1)
    call.result()


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("error", [0, 691])
def test_a_notice_is_told_before_the_end_that_the_status_shows_too(
    clock: str | float, error: int
) -> None:
    outcomes = set()
    for _ in range(MANY):
        told: list[str] = []
        with Simulator(clock=clock) as simulator:
            simulator.add_entry(OFFICE)
            step = DialStep(ConnectionState.Authenticate, 0.5, error)
            simulator.set_dial_script(OFFICE, [step])
            dial_in_time(simulator, clock == "manual", told)
        outcomes.add(tuple(told))
    end = ["Authenticate", f"{OFFICE!r} failed in Authenticate"] if error else ["Connected"]
    assert outcomes == {("Authenticate", *end)}


@pytest.mark.parametrize("clock", ["auto", "manual"])
def test_what_is_dropped_while_it_dials_failed_in_the_state_before(clock: str) -> None:
    outcomes = set()
    for _ in range(MANY):
        told: list[str] = []
        with Simulator(clock=clock) as simulator:
            simulator.add_entry(OFFICE)
            script = [DialStep(ConnectionState.Authenticate, math.inf)]
            simulator.set_dial_script(OFFICE, script)
            simulator.drop(OFFICE, error=829, at=0.5)
            dial_in_time(simulator, clock == "manual", told)
        outcomes.add(tuple(told))
    assert outcomes == {("Authenticate", "Disconnected", f"{OFFICE!r} failed in Authenticate")}


def test_what_is_dropped_on_a_clock_that_runs_failed_in_the_state_before() -> None:
    def drop(progress: DialProgress) -> None:
        told.append(progress.state)
        if progress.state is ConnectionState.Authenticate:
            simulator.drop(OFFICE, error=829)

    for _ in range(MANY):
        told: list[ConnectionState] = []
        with Simulator(clock=1000.0) as simulator:
            simulator.add_entry(OFFICE)
            script = [DialStep(ConnectionState.Authenticate, math.inf)]
            simulator.set_dial_script(OFFICE, script)
            with pytest.raises(winras.RasError, match="failed in Authenticate"):
                winras.dial(OFFICE, timeout=1e9, on_progress=drop)
        assert told == [ConnectionState.Authenticate, ConnectionState.Disconnected]


@pytest.mark.parametrize("clock", ["auto", "manual"])
def test_what_is_dropped_when_it_connects_is_told_to_have_connected(clock: str) -> None:
    outcomes = set()
    for _ in range(MANY):
        told: list[str] = []
        with Simulator(clock=clock) as simulator:
            simulator.add_entry(OFFICE)
            simulator.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 0.5)])
            simulator.drop(OFFICE, error=829, at=0.5)
            dial_in_time(simulator, clock == "manual", told)
        outcomes.add(tuple(told))
    assert outcomes == {("Authenticate", "Connected", f"{OFFICE!r} failed in Connected")}


def test_without_notices_the_status_says_in_which_state_it_failed(ras: Simulator) -> None:
    ras.quirks.add("dial-untold")
    steps = [DialStep(ConnectionState.ConnectDevice, 2.0)]
    ras.set_dial_script(OFFICE, [*steps, DialStep(ConnectionState.Authenticate, 3.0, error=691)])
    with pytest.raises(winras.AuthenticationError, match="failed in Authenticate"):
        winras.dial(OFFICE)


# ---- waits inside on_progress ----


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("what", ["hang up", "watch", "dial", "advance", "drop", "time out"])
def test_on_progress_may_wait(ras: Simulator, what: str, awaited: bool) -> None:
    ras.add_entry("Other", dial_seconds=1.0, hang_up_seconds=1.0)
    ras.connect("Other", dial_seconds=0)
    if what == "dial":
        assert winras.get_connection("Other").hang_up()
    begun = ras.now
    told: list[ConnectionState] = []
    took: list[float] = []

    def wait(progress: DialProgress) -> None:
        told.append(progress.state)
        if progress.state is not ConnectionState.Authenticate:
            return
        assert ras.now == begun + 1.0
        if what == "hang up":
            assert winras.get_connection("Other").hang_up() is True
        elif what == "watch":
            other = winras.get_connection("Other")
            with winras.watch(connection=other, timeout=1.0) as events:
                assert list(events) == []
        elif what == "dial":
            assert winras.dial("Other", on_progress=lambda _: None).name == "Other"
        elif what == "advance":
            ras.advance(1.0)
        elif what == "drop":
            ras.drop("Other")
        else:
            with pytest.raises(winras.RasTimeoutError):
                winras.get_connection("Other").wait_closed(timeout=1.0)
        took.append(ras.now - begun - 1.0)

    if awaited:
        asyncio.run(aio.dial(OFFICE, on_progress=wait))
    else:
        winras.dial(OFFICE, on_progress=wait)
    assert told == [*USUAL, ConnectionState.Connected]
    assert took == [0.0 if what == "drop" else 1.0]
    assert ras.now == begun + 2.0


def test_on_progress_may_wait_on_the_manual_clock() -> None:
    def wait(progress: DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            assert winras.get_connection("Other").hang_up() is True

    with Simulator(clock="manual") as ras:
        ras.add_entry(OFFICE, dial_seconds=2.0)
        ras.add_entry("Other", hang_up_seconds=0.5)
        ras.connect("Other")
        call = Background(lambda: winras.dial(OFFICE, on_progress=wait))
        ras.wait_blocked()
        while call.running:
            ras.advance(0.1)
        assert call.result().name == OFFICE
        ras.assert_gone("Other")


# ---- all of it ----


def unlisted(ras: Simulator) -> int:
    """How many connections there are of which nobody knows that they must be hung up."""
    return max(0, len(ras.connections) - _native.unfinished_hang_ups())


def test_dials_that_end_anyhow_leave_nothing(ras: Simulator) -> None:
    """Each fails in some state, is paused, has too little time, or is cancelled.

    Meanwhile RasHangUp refuses for a while, for ever or not at all, and RasGetConnectStatus gives
    wrong answers. Whatever is left is among the unfinished hang-ups.
    """
    chance = random.Random(1)  # noqa: S311  a story, no secret

    async def dial_and_cancel(after: float) -> None:
        task = asyncio.create_task(aio.dial(OFFICE))
        await ras.aio.advance(after)
        task.cancel()
        [result] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, winras.Connection):
            ras.clear_faults()
            assert await aio.hang_up(result) is True

    for number in range(300):
        steps = [DialStep(state, chance.random()) for state in USUAL]
        if chance.random() < 0.6:
            failing = chance.randrange(len(USUAL))
            state = ConnectionState.PasswordExpired if chance.random() < 0.2 else USUAL[failing]
            steps[failing] = DialStep(state, chance.random(), chance.choice([691, 718, 800, 868]))
        ras.set_dial_script(OFFICE, steps)
        refused = chance.random() < 0.5
        if refused:
            times = chance.choice([1, 2, 3, 5, 10, 20, None])
            ras.fail("RasHangUp", chance.choice(REFUSALS), times=times)
        if chance.random() < 0.1:
            ras.fail("RasGetConnectStatus", chance.choice([6, 668, 1722]))
        if number % 4 == 0:
            asyncio.run(dial_and_cancel(chance.random() * 6))
        else:
            said = ""
            try:
                office = winras.dial(OFFICE, timeout=chance.random() * 8)
                ras.clear_faults()
                office.hang_up(all_references=False)
            except winras.RasError as failed:
                said = failed.message
            assert left(ras) == 0 or (refused and "hung up" in said)
        assert unlisted(ras) == 0
        ras.clear_faults()
        _operations.finish_hang_ups()
        assert left(ras) == 0
