"""Other clients of RAS in one process with winras: pywin32, and a C program in W and in A form.

All of them use the drop-in in system32, which is one module for those that import rasapi32.dll and
for winras, which loads it by its full path.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from threading import Barrier

import pytest

import winras
from background import Background
from contract.client import (
    RASLCPAP_CHAP,
    RASLCPAP_EAP,
    Endpoint,
    Negotiated,
    RASCN_Connection,
    RASCN_Disconnection,
    RASTUNNELENDPOINT_IPv4,
    Simulator,
)
from winras import ConnectionState, EventKind

win32ras = pytest.importorskip("win32ras", reason="pywin32 is missing")

pytestmark = pytest.mark.rasapi32("drop-in")

#: Names that a client of the A functions gets whole in every code page.
NAMES = ("Office VPN", "Branch")


@pytest.fixture(params=["w", "a"])
def client(request: pytest.FixtureRequest) -> ctypes.CDLL:
    """The C program."""
    library = ctypes.CDLL(str(Path(os.environ["WINRAS_CLIENTS"]) / f"client_{request.param}.dll"))
    library.client_hang_up.argtypes = [ctypes.c_void_p]
    library.client_list.argtypes = [ctypes.c_wchar_p]
    library.client_dial.argtypes = [
        *(ctypes.c_wchar_p, ctypes.POINTER(ctypes.c_void_p)),
        *(ctypes.c_wchar_p, ctypes.c_uint32),
    ]
    library.client_project_ip.argtypes = [
        *(ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_wchar_p),
        ctypes.c_uint32,
    ]
    library.client_project_lcp.argtypes = [
        ctypes.c_void_p,
        *(ctypes.POINTER(ctypes.c_uint32), ctypes.POINTER(ctypes.c_int32)),
    ]
    library.client_error_string.argtypes = [ctypes.c_uint32, ctypes.c_wchar_p, ctypes.c_uint32]
    return library


@pytest.fixture
def office(system: Simulator) -> winras.Connection:
    """One of two connections."""
    for name in NAMES:
        system.add_entry(name, hang_up_time=2.0)
        system.connect(name)
    return winras.get_connection(NAMES[0])


# ---- pywin32 ----


@pytest.mark.usefixtures("office")
def test_pywin32_enumerates_the_same_connections() -> None:
    listed = [(c.handle, c.name, c.device_type, c.device_name) for c in winras.connections()]
    assert win32ras.EnumConnections() == listed
    assert [name for _, name, _, _ in listed] == list(NAMES)


@pytest.mark.parametrize("drop", [False, True])
def test_pywin32_gets_the_same_status(
    system: Simulator, office: winras.Connection, *, drop: bool
) -> None:
    if drop:
        system.drop(office.name, error=829, linger=1000.0)
    status = office.status()
    state, error, *_ = win32ras.GetConnectStatus(office.handle)
    assert (state, error) == (status.state, status.error)
    assert error == (829 if drop else 0)


def test_what_pywin32_hangs_up_is_gone_for_winras(office: winras.Connection) -> None:
    win32ras.HangUp(office.handle)
    office.wait_closed(timeout=10.0)
    assert [c.name for c in winras.connections()] == [NAMES[1]]


def test_what_winras_hangs_up_is_gone_for_pywin32(office: winras.Connection) -> None:
    assert office.hang_up() is True
    assert [name for _, name, _, _ in win32ras.EnumConnections()] == [NAMES[1]]
    with pytest.raises(win32ras.error) as caught:
        win32ras.GetConnectStatus(office.handle)
    with pytest.raises(winras.NotConnectedError) as ours:
        office.status()
    assert caught.value.args[0] == ours.value.code == 6


def test_winras_watches_what_pywin32_hangs_up(office: winras.Connection) -> None:
    with winras.watch(timeout=20.0, check_every=60.0) as events:
        win32ras.HangUp(office.handle)
        event = next(events)
    assert (event.kind, event.connection.handle) == (EventKind.disconnected, office.handle)


@pytest.mark.parametrize("code", [600, 633, 668, 829])
@pytest.mark.usefixtures("system")
def test_pywin32_has_the_same_messages(code: int) -> None:
    assert win32ras.GetErrorString(code) == winras._native.error_message(code)


def test_winras_sees_what_pywin32_dials(system: Simulator) -> None:
    parameters = ("Office VPN", "", "", "ann", "secret", "")
    assert win32ras.Dial(None, None, parameters, None) == (0, 623)
    system.add_entry("Office VPN")
    handle, code = win32ras.Dial(None, None, parameters, None)
    assert code == 0
    assert winras.get_connection("Office VPN").handle == handle


# ---- the C program ----


def test_the_c_program_has_older_and_smaller_structures(client: ctypes.CDLL) -> None:
    sizes = client.client_sizes()
    assert (sizes >> 16, sizes & 0xFFFF) in {(1372, 564), (708, 288)}


def test_the_c_program_prints_the_same_connections(
    system: Simulator, office: winras.Connection, client: ctypes.CDLL, tmp_path: Path
) -> None:
    system.drop(office.name, error=829, linger=1000.0)
    system.connect(NAMES[1])
    path = tmp_path / "printed.txt"
    assert client.client_list(str(path)) == 0
    printed = path.read_text(encoding="utf-8-sig").splitlines()
    expected = []
    for connection in winras.connections():
        status = connection.status()
        expected.append(
            f"{connection.handle}|{connection.name}|{connection.device_type}|{status.device_name}|"
            f"{int(status.state)}|{status.error}"
        )
    assert printed == expected
    assert len(printed) == 1


def test_a_name_that_the_code_page_lacks_or_that_is_long_comes_through_or_is_cut(
    system: Simulator, client: ctypes.CDLL, tmp_path: Path
) -> None:
    names = ["東京", "x" * 256, "é" * 256]
    for name in names:
        system.add_entry(name)
        system.connect(name)
    path = tmp_path / "printed.txt"
    assert client.client_list(str(path)) == 0
    printed = [line.split("|")[1] for line in path.read_text("utf-8-sig").splitlines()]
    assert len(printed) == len(names)
    assert printed[1] == names[1]
    if client.client_sizes() >> 16 == 1372:
        assert printed == names
    else:
        assert printed[0] in {"??", names[0]}


def test_what_the_c_program_hangs_up_is_gone_for_winras(
    office: winras.Connection, client: ctypes.CDLL
) -> None:
    hanging_up = Background(lambda: client.client_hang_up(office.handle))
    office.wait_closed(timeout=10.0)
    assert hanging_up.result() == 6
    assert [c.name for c in winras.connections()] == [NAMES[1]]


def test_both_hang_up_at_once(office: winras.Connection, client: ctypes.CDLL) -> None:
    barrier = Barrier(2)

    def hang_up() -> int:
        barrier.wait()
        return int(client.client_hang_up(office.handle))

    hanging_up = Background(hang_up)
    barrier.wait()
    assert office.hang_up() is True
    # 617: winras was first; the C program does not wait then.
    assert hanging_up.result() in {6, 617}


def test_the_c_program_is_notified_of_what_winras_does(
    system: Simulator, office: winras.Connection, client: ctypes.CDLL
) -> None:
    assert client.client_register(RASCN_Disconnection) == 0
    assert client.client_wait(0) == 258
    assert office.hang_up() is True
    assert client.client_wait(5000) == 0
    assert client.client_register(RASCN_Connection) == 0
    assert client.client_wait(0) == 258
    system.connect(NAMES[0])
    assert client.client_wait(5000) == 0


def test_the_c_program_is_notified_when_nobody_else_waits(
    system: Simulator, client: ctypes.CDLL
) -> None:
    system.add_entry("Slow", dial_time=6.0)
    assert client.client_register(RASCN_Connection) == 0
    assert system.dial("Slow")[0] == 0
    assert client.client_wait(5000) == 0
    assert winras.get_connection("Slow").status().state is ConnectionState.Connected


@pytest.mark.usefixtures("system")
def test_the_c_program_has_the_same_messages(client: ctypes.CDLL) -> None:
    text = ctypes.create_unicode_buffer(512)
    assert client.client_error_string(829, text, 512) == 0
    assert text.value == winras._native.error_message(829)


@pytest.mark.parametrize("name", ["Office VPN", "x" * 256, "é" * 20])
@pytest.mark.parametrize("user", ["", "ann@example.com", "u" * 256])
def test_what_the_c_program_dials_and_projects(
    system: Simulator, client: ctypes.CDLL, name: str, user: str
) -> None:
    negotiated = Negotiated(
        ipv4=Endpoint(RASTUNNELENDPOINT_IPv4, bytes([10, 0, 100, 255]) + bytes(12)),
        ipv4_server=Endpoint(RASTUNNELENDPOINT_IPv4, bytes([192, 168, 100, 199]) + bytes(12)),
        eap_user=user,
    )
    system.add_entry(name, negotiated=negotiated, sub_entries=2)
    handle, identity = ctypes.c_void_p(), ctypes.create_unicode_buffer(512)
    assert client.client_dial(name, ctypes.byref(handle), identity, 512) == 0
    assert identity.value == user
    assert winras.get_connection(name).handle == handle.value
    local, server = ctypes.create_unicode_buffer(16), ctypes.create_unicode_buffer(16)
    assert client.client_project_ip(handle, local, server, 16) == 0
    assert (local.value, server.value) == ("10.0.100.255", "192.168.100.199")
    protocol, multilink = ctypes.c_uint32(), ctypes.c_int32()
    told = ctypes.byref(protocol), ctypes.byref(multilink)
    assert client.client_project_lcp(handle, *told) == 0
    assert (protocol.value, multilink.value) == (RASLCPAP_EAP if user else RASLCPAP_CHAP, 1)


@pytest.mark.usefixtures("system")
def test_the_c_program_cannot_dial_what_is_not_there(client: ctypes.CDLL) -> None:
    handle, identity = ctypes.c_void_p(), ctypes.create_unicode_buffer(512)
    assert client.client_dial("Nowhere", ctypes.byref(handle), identity, 512) == 623
    assert handle.value is None
