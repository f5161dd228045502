"""Other clients of RAS in one process with winras: pywin32, and a C program in W and in A form.

All of them use the drop-in in system32, which is one module for those that import rasapi32.dll and
for winras, which loads it by its full path.
"""

from __future__ import annotations

import ctypes
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import pytest

import winras
from background import Background
from contract.client import (
    RASLCPAP_CHAP,
    RASLCPAP_EAP,
    Endpoint,
    Negotiated,
    RASCN_BandwidthAdded,
    RASCN_BandwidthRemoved,
    RASCN_Connection,
    RASCN_Disconnection,
    RASTUNNELENDPOINT_IPv4,
    fill_text,
    to_text,
)
from contract.phonebook_client import IKEV2, PhonebookClient, describe
from patience import HANG, within
from windows.inside.system import RASAPI32, USUAL_STATES, System
from winras import ConnectionState, EventKind
from winras.testing import DEFAULT_PHONEBOOK

win32ras = pytest.importorskip("win32ras", reason="pywin32 is missing")
win32event = pytest.importorskip("win32event", reason="pywin32 is missing")
win32gui = pytest.importorskip("win32gui", reason="pywin32 is missing")

pytestmark = pytest.mark.rasapi32("drop-in")

#: Names that a client of the A functions gets whole in every code page.
NAMES = ("Office VPN", "Branch")

ALL_USERS = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
WM_RASDIALEVENT = 0xCCCD
CONNECTED, DISCONNECTED = ConnectionState.Connected, ConnectionState.Disconnected
#: What a dialling is told that succeeds.
TOLD = [*USUAL_STATES, CONNECTED]
#: User name and password that the server lets in, and what dials with them.
ANN = {"user": "ann", "password": "secret"}
ANN_DIALS = (NAMES[0], "", "", "ann", "secret", "")


@pytest.fixture(params=["w", "a"])
def client(request: pytest.FixtureRequest) -> ctypes.CDLL:
    """The C program."""
    library = ctypes.CDLL(str(Path(os.environ["WINRAS_CLIENTS"]) / f"client_{request.param}.dll"))
    library.client_hang_up.argtypes = [ctypes.c_void_p]
    library.client_list.argtypes = library.client_entries.argtypes = [ctypes.c_wchar_p]
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
    library.client_dial_told.argtypes = [
        *(ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint32),
        ctypes.POINTER(ctypes.c_void_p),
    ]
    texts = (ctypes.c_wchar_p, ctypes.c_wchar_p)
    library.client_save.argtypes = [*texts, *texts]
    library.client_dial_saved.argtypes = [
        *(*texts, ctypes.c_int32, ctypes.c_wchar_p, ctypes.c_uint32),
        ctypes.POINTER(ctypes.c_void_p),
    ]
    for name in ("client_statistics", "client_clear_statistics"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    library.client_dial_with_eap_data.argtypes = [
        *(ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_int32),
        ctypes.POINTER(ctypes.c_void_p),
    ]
    library.client_set_eap_data.argtypes = [ctypes.c_wchar_p, ctypes.c_char_p, ctypes.c_uint32]
    for name in ("client_validate", "client_delete_entry"):
        getattr(library, name).argtypes = [*texts]
    for name in ("client_set_entry", "client_rename_entry", "client_get_entry"):
        getattr(library, name).argtypes = [*texts, ctypes.c_wchar_p]
    library.client_set_sub_entry.argtypes = [
        *(*texts, ctypes.c_uint32, *texts, ctypes.c_wchar_p, ctypes.c_uint32)
    ]
    library.client_devices.argtypes = [ctypes.c_wchar_p]
    for name in ("client_watch_own", "client_hang_up_all"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    library.client_error_string.argtypes = [ctypes.c_uint32, ctypes.c_wchar_p, ctypes.c_uint32]
    return library


@pytest.fixture
def office(system: System) -> winras.Connection:
    """One of two connections."""
    for name in NAMES:
        system.add_entry(name, hang_up_time=2.0)
        system.connect(name)
    return winras.get_connection(NAMES[0])


def add_entries(system: System) -> None:
    """One for this user, one for all users, and one in a phone book of its own."""
    for name, phonebook in zip(NAMES, (DEFAULT_PHONEBOOK, ALL_USERS), strict=True):
        system.add_entry(name, phonebook=phonebook)
    system.add_entry("Private", phonebook=r"C:\office.pbk")


# ---- pywin32 ----


@pytest.mark.usefixtures("office")
def test_pywin32_enumerates_the_same_connections() -> None:
    listed = [(c.handle, c.name, c.device_type, c.device_name) for c in winras.connections()]
    assert win32ras.EnumConnections() == listed
    assert [name for _, name, _, _ in listed] == list(NAMES)


def test_pywin32_enumerates_the_same_entries(system: System) -> None:
    add_entries(system)
    assert win32ras.EnumEntries() == tuple(entry.name for entry in winras.entries()) == NAMES


@pytest.mark.parametrize("drop", [False, True])
def test_pywin32_gets_the_same_status(
    system: System, office: winras.Connection, *, drop: bool
) -> None:
    if drop:
        system.drop(office.name, error=829, linger=1000.0)
    status = office.status()
    state, error, *_ = win32ras.GetConnectStatus(office.handle)
    assert (state, error) == (status.state, status.error)
    assert error == (829 if drop else 0)


def test_what_pywin32_hangs_up_is_gone_for_winras(office: winras.Connection) -> None:
    win32ras.HangUp(office.handle)
    office.wait_closed(timeout=HANG)
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
    with winras.watch(timeout=HANG, check_every=60.0) as events:
        win32ras.HangUp(office.handle)
        event = next(events)
    assert (event.kind, event.connection.handle) == (EventKind.disconnected, office.handle)


@pytest.mark.parametrize("code", [600, 633, 668, 829])
@pytest.mark.usefixtures("system")
def test_pywin32_has_the_same_messages(code: int) -> None:
    assert win32ras.GetErrorString(code) == winras._native.error_message(code)


# ---- pywin32 dials ----


class Notifier:
    """A RasDialFunc1 of pywin32: what it is told, until it is told the end."""

    def __init__(self, *, hangs_up: bool = False) -> None:
        self.told: list[tuple[int, int]] = []
        self.messages: set[int] = set()
        self.handles: set[int] = set()
        self.ended = Event()
        self._hangs_up = hangs_up

    def __call__(self, handle: int, message: int, state: int, error: int, _extended: int) -> None:
        self.told.append((state, error))
        self.messages.add(message)
        self.handles.add(handle)
        if error and self._hangs_up:
            win32ras.HangUp(handle)
        if error or state in {CONNECTED, DISCONNECTED}:
            self.ended.set()


def test_pywin32_dials_and_winras_sees_it_come_up(system: System) -> None:
    system.add(NAMES[0], dial_time=2.0)
    with winras.watch(timeout=HANG, check_every=60.0) as events:
        handle, code = win32ras.Dial(None, None, (NAMES[0],), None)
        assert code == 0
        event = next(events)
    assert (event.kind, event.connection.handle) == (EventKind.connected, handle)
    [connection] = winras.connections()
    assert connection == event.connection
    assert connection.status().state is CONNECTED
    assert connection.hang_up(timeout=HANG) is True
    assert win32ras.EnumConnections() == []


def test_pywin32_waits_for_a_failure_and_hangs_it_up(system: System) -> None:
    system.add(NAMES[0])
    system.set_script(NAMES[0], (0, 0, 0.2), (2, 678, 0.2))
    handle, code = win32ras.Dial(None, None, (NAMES[0],), None)
    assert code == 678
    assert [found for found, *_ in win32ras.EnumConnections()] == [handle]
    assert win32ras.GetConnectStatus(handle)[:2] == (DISCONNECTED, 678)
    win32ras.HangUp(handle)
    with pytest.raises(win32ras.error):
        win32ras.GetConnectStatus(handle)
    assert system.dial(NAMES[0])[0] == 0


def test_pywin32_is_told_of_each_state(system: System) -> None:
    system.add(NAMES[0], dial_time=2.0, **ANN)
    notifier = Notifier()
    with winras.watch(timeout=HANG, check_every=60.0) as events:
        handle, code = win32ras.Dial(None, None, ANN_DIALS, notifier)
        assert (code, next(events).connection.handle) == (0, handle)
    assert notifier.ended.wait(HANG)
    assert notifier.told == [(state, 0) for state in TOLD]
    assert (notifier.messages, notifier.handles) == ({WM_RASDIALEVENT}, {handle})
    assert winras.get_connection(NAMES[0]).hang_up(timeout=HANG) is True
    assert len(notifier.told) == len(TOLD)


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize("reason", ["script", "credentials"])
def test_pywin32_is_told_of_a_failure(system: System, reason: str, *, hangs_up: bool) -> None:
    system.add(NAMES[0], dial_time=1.0, user="ann", password="other")
    code, states = 691, [0, 1, 2, 3, 4, 5]
    if reason == "script":
        system.set_script(NAMES[0], (0, 0, 0.1), (2, 678, 0.1))
        code, states = 678, [0, 2]
    notifier = Notifier(hangs_up=hangs_up)
    handle, answer = win32ras.Dial(None, None, ANN_DIALS, notifier)
    assert answer == 0
    assert notifier.ended.wait(HANG)
    assert notifier.told == [*((state, 0) for state in states), (states[-1], code)]
    if not hangs_up:
        assert win32ras.GetConnectStatus(handle)[:2] == (DISCONNECTED, code)
        win32ras.HangUp(handle)
    within(lambda: not is_alive(handle))
    assert system.dial(NAMES[0])[0] == 0


def is_alive(handle: int) -> bool:
    try:
        win32ras.GetConnectStatus(handle)
    except win32ras.error:
        return False
    return True


def test_pywin32_hangs_up_while_it_dials(system: System) -> None:
    system.add(NAMES[0])
    system.set_script(NAMES[0], (0, 0, math.inf))
    notifier = Notifier()
    handle, code = win32ras.Dial(None, None, (NAMES[0],), notifier)
    # A callback that is never called keeps pywin32 from taking another one.
    within(lambda: notifier.told)
    assert (code, win32ras.GetConnectStatus(handle)[:2]) == (0, (0, 0))
    win32ras.HangUp(handle)
    # In a notice's call it waits until that has returned.
    within(lambda: not is_alive(handle))


def test_pywin32_and_winras_hold_the_same_connection(system: System) -> None:
    system.add(NAMES[0])
    connection = winras.dial(NAMES[0], timeout=HANG)
    notifier = Notifier()
    assert win32ras.Dial(None, None, (NAMES[0],), notifier) == (connection.handle, 0)
    assert notifier.ended.wait(HANG)
    assert notifier.told == [(CONNECTED, 0)]
    win32ras.HangUp(connection.handle)
    assert connection.status().state is CONNECTED
    win32ras.HangUp(connection.handle)
    connection.wait_closed(timeout=HANG)


def test_pywin32_is_told_that_there_is_no_such_entry(system: System) -> None:
    system.add(NAMES[0])
    assert win32ras.Dial(None, None, ("Nobody",), None) == (0, 623)


def test_pywin32_dials_with_what_is_saved_as_winras_does(system: System) -> None:
    system.add(NAMES[0], phonebook=ALL_USERS, **ANN)
    assert win32ras.GetEntryDialParams(ALL_USERS, NAMES[0])[1] == 0
    system.save(NAMES[0], "ann", "secret")
    params, has_password = win32ras.GetEntryDialParams(ALL_USERS, NAMES[0])
    assert (params[0], params[3], params[4], has_password) == (NAMES[0], "ann", "*" * 16, 1)
    connection = winras.dial(NAMES[0], timeout=HANG)
    assert connection.phonebook == ALL_USERS
    assert win32ras.Dial(None, None, params, None) == (connection.handle, 0)
    assert connection.hang_up(timeout=HANG) is True


# ---- pywin32 sees winras dial ----


def test_pywin32_sees_what_winras_has_dialled(system: System) -> None:
    system.add(NAMES[0])
    connection = winras.dial(NAMES[0], timeout=HANG)
    assert [(c[0], c[1]) for c in win32ras.EnumConnections()] == [(connection.handle, NAMES[0])]
    assert win32ras.GetConnectStatus(connection.handle)[:2] == (CONNECTED, 0)


@pytest.mark.parametrize("listed", [False, True])
def test_pywin32_sees_what_winras_is_dialling(system: System, *, listed: bool) -> None:
    if listed:
        system.set_quirk("enumerates-dialling")
    system.add(NAMES[0])
    system.set_script(NAMES[0], (0, 0, 0.0), (5, 0, math.inf))
    begun = Event()

    def tell(progress: winras.DialProgress) -> None:
        if progress.state is ConnectionState.Authenticate:
            begun.set()

    dialling = Background(lambda: winras.dial(NAMES[0], timeout=HANG, on_progress=tell))
    assert begun.wait(HANG)
    found = win32ras.EnumConnections()
    assert [name for _, name, _, _ in found] == ([NAMES[0]] if listed else [])
    for handle, *_ in found:
        assert win32ras.GetConnectStatus(handle)[:2] == (ConnectionState.Authenticate, 0)
    system.drop(NAMES[0], error=829)
    with pytest.raises(winras.RasError) as caught:
        dialling.result()
    assert caught.value.code == 829
    assert win32ras.EnumConnections() == []


# ---- a window is told ----


class Window:
    """A window without a place on a screen that takes what RasDial sends."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.on_told: Callable[[], object] = lambda: None
        kind = win32gui.WNDCLASS()
        kind.lpszClassName = "winras test"
        kind.lpfnWndProc = {win32gui.RegisterWindowMessage("RasDialEvent"): self._take}
        self._kind = win32gui.RegisterClass(kind)
        only_messages = -3
        place = (0, 0, 0, 0)
        self.handle = win32gui.CreateWindowEx(
            0, self._kind, "", 0, *place, only_messages, 0, 0, None
        )

    def _take(self, _window: int, _message: int, state: int, error: int) -> int:
        self.told.append((state, error))
        self.on_told()
        return 1

    def pump(self, times: int) -> None:
        """Take messages until so many have been told."""
        limit = time.monotonic() + HANG
        while len(self.told) < times:
            assert time.monotonic() < limit
            win32event.MsgWaitForMultipleObjects((), 0, 1000, win32event.QS_ALLINPUT)
            win32gui.PumpWaitingMessages()

    def close(self) -> None:
        """Destroy it, once."""
        if self.handle:
            win32gui.DestroyWindow(self.handle)
            win32gui.UnregisterClass(self._kind, 0)
            self.handle = 0


@pytest.fixture
def window() -> Iterator[Window]:
    made = Window()
    yield made
    made.close()


def test_a_window_is_told_of_each_state_and_dialling_waits_for_it(
    system: System, window: Window
) -> None:
    system.add(NAMES[0], **ANN)
    handle, code = win32ras.Dial(None, None, ANN_DIALS, window.handle)
    assert code == 0
    states: list[int] = []
    window.on_told = lambda: states.append(win32ras.GetConnectStatus(handle)[0])
    window.pump(len(TOLD))
    assert window.told == [(state, 0) for state in TOLD]
    assert states == TOLD
    assert winras.get_connection(NAMES[0]).handle == handle


def test_a_window_is_told_of_a_failure_and_hangs_up(system: System, window: Window) -> None:
    system.add(NAMES[0])
    system.set_script(NAMES[0], (0, 0, 0.1), (2, 678, 0.1))
    handle, code = win32ras.Dial(None, None, (NAMES[0],), window.handle)
    assert code == 0
    window.on_told = lambda: window.told[-1][1] and win32ras.HangUp(handle)
    window.pump(3)
    assert window.told == [(0, 0), (2, 0), (2, 678)]
    within(lambda: not is_alive(handle))
    assert system.dial(NAMES[0])[0] == 0


def test_a_window_that_is_gone_holds_nothing_up(system: System, window: Window) -> None:
    system.add(NAMES[0])
    with winras.watch(timeout=HANG, check_every=60.0) as events:
        handle, code = win32ras.Dial(None, None, (NAMES[0],), window.handle)
        assert code == 0
        window.close()
        assert next(events).connection.handle == handle
    assert window.told == []


# ---- the C program ----


def test_the_c_program_has_older_and_smaller_structures(client: ctypes.CDLL) -> None:
    sizes = client.client_sizes()
    assert (sizes >> 16, sizes & 0xFFFF) in {(1372, 564), (708, 288)}


def test_the_c_program_prints_the_same_connections(
    system: System, office: winras.Connection, client: ctypes.CDLL, tmp_path: Path
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


def test_the_c_program_prints_the_same_entries(
    system: System, client: ctypes.CDLL, tmp_path: Path
) -> None:
    add_entries(system)
    path = tmp_path / "entries.txt"
    assert client.client_entries(str(path)) == 0
    assert path.read_text("utf-8-sig").splitlines() == [
        f"{entry.name}|{int(entry.all_users)}|{entry.phonebook}" for entry in winras.entries()
    ]


def test_a_name_that_the_code_page_lacks_or_that_is_long_comes_through_or_is_cut(
    system: System, client: ctypes.CDLL, tmp_path: Path
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
    office.wait_closed(timeout=HANG)
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
    # 668: winras was first; the C program does not wait then.
    assert hanging_up.result() in {6, 668}


def test_the_c_program_is_notified_of_what_winras_does(
    system: System, office: winras.Connection, client: ctypes.CDLL
) -> None:
    assert client.client_register(RASCN_Disconnection) == 0
    assert client.client_wait(0) == 258
    assert office.hang_up() is True
    assert client.client_wait(int(HANG * 1000)) == 0
    assert client.client_register(RASCN_Connection) == 0
    assert client.client_wait(0) == 258
    system.connect(NAMES[0])
    assert client.client_wait(int(HANG * 1000)) == 0


def test_the_c_program_is_notified_when_nobody_else_waits(
    system: System, client: ctypes.CDLL
) -> None:
    system.add_entry("Slow", dial_time=6.0)
    assert client.client_register(RASCN_Connection) == 0
    assert system.dial("Slow")[0] == 0
    assert client.client_wait(int(HANG * 1000)) == 0
    assert winras.get_connection("Slow").status().state is ConnectionState.Connected


# ---- the C program dials ----


class Told(ctypes.Structure):
    """struct told."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("id", "sub_entry", "message", "state", "error")),
        ("connection", ctypes.c_size_t),
    )


def told_by(client: ctypes.CDLL) -> list[Told]:
    """What its notifiers have been told."""
    room = (Told * 32)()
    count = client.client_told(room)
    return list(room[:count])


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("refused", [False, True])
def test_the_c_program_is_told_what_each_kind_of_notifier_is(
    system: System, client: ctypes.CDLL, kind: int, *, refused: bool
) -> None:
    system.add("Büro", **ANN)
    handle = ctypes.c_void_p()
    password = "wrong" if refused else "secret"
    assert client.client_dial_told("Büro", "ann", password, kind, ctypes.byref(handle)) == 0
    assert client.client_wait_dialled(10_000) == 0
    told = told_by(client)
    expected = [(state, 0) for state in TOLD]
    if refused:
        expected = [*((state, 0) for state in range(6)), (5, 691)]
    assert [(one.state, one.error) for one in told] == expected
    assert {one.message for one in told} == {WM_RASDIALEVENT}
    assert {one.connection for one in told} == {handle.value if kind else 0}
    assert {(one.id, one.sub_entry) for one in told} == {(4711, 1) if kind == 2 else (0, 0)}
    # What has failed is enumerated until it is hung up.
    listed = [(handle.value, "Büro")]
    assert [(c.handle, c.name) for c in winras.connections()] == listed
    assert client.client_hang_up(handle) == 6


@pytest.mark.parametrize(("password", "code"), [("secret", 0), ("wrong", 691)])
def test_the_c_program_waits_for_its_dialling(
    system: System, client: ctypes.CDLL, password: str, code: int
) -> None:
    system.add("Büro", dial_time=1.0, **ANN)
    handle = ctypes.c_void_p()
    assert client.client_dial_told("Büro", "ann", password, 3, ctypes.byref(handle)) == code
    assert [c.handle for c in winras.connections()] == [handle.value]
    assert client.client_hang_up(handle) == 6


# ---- the C program as DotRas 2 ----


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_a_client_with_room_for_one_lists_all_by_the_count(
    system: System, client: ctypes.CDLL, count: int
) -> None:
    for number in range(count):
        system.add_entry(f"Entry {number}")
        system.connect(f"Entry {number}")
    handles, found = (ctypes.c_size_t * 64)(), ctypes.c_uint32()
    assert client.client_list_by_count(handles, 64, ctypes.byref(found)) == 0
    assert list(handles[: found.value]) == [c.handle for c in winras.connections()]
    assert found.value == count


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("data", [b"", b"\x01", bytes(range(74))])
@pytest.mark.parametrize("eap", [False, True])
def test_a_client_asks_for_eap_data_before_it_dials(
    system: System, client: ctypes.CDLL, data: bytes, *, eap: bool, newest: bool
) -> None:
    assert client.client_params_size(newest) in ({2120, 1076} if newest else {2112, 1068})
    system.add("Büro", eap_user="ann" if eap else "", hang_up_time=2_000_000, **ANN)
    if data:
        assert client.client_set_eap_data("Büro", data, len(data)) == 0
    handle = ctypes.c_void_p()
    dialled = ("Büro", "ann", "secret", newest, ctypes.byref(handle))
    assert client.client_dial_with_eap_data(*dialled) == 0
    assert [(one.state, one.error) for one in told_by(client)] == [(state, 0) for state in TOLD]
    assert winras.get_connection("Büro").handle == handle.value
    assert system.calls("RasGetEapUserData") == (2 if data else 1)
    times = ctypes.c_uint32()
    assert client.client_hang_up_all(handle, ctypes.byref(times)) == 668
    assert times.value == 1
    within(lambda: not winras.connections())  # in a notice's call it waits until that returns


def test_a_client_dials_with_eap_data_alone(system: System, client: ctypes.CDLL) -> None:
    system.add(NAMES[0], eap_user="ann")
    handle = ctypes.c_void_p()
    dialled = (NAMES[0], "", "", True, ctypes.byref(handle))
    assert client.client_dial_with_eap_data(*dialled) == 0
    assert told_by(client)[-1].error == 703
    assert client.client_hang_up(handle) == 6
    assert client.client_set_eap_data(NAMES[0], b"who I am", 8) == 0
    assert client.client_dial_with_eap_data(*dialled) == 0
    assert told_by(client)[-1].state == CONNECTED


@pytest.mark.usefixtures("system")
def test_a_client_that_asks_for_eap_data_of_nothing_does_not_dial(client: ctypes.CDLL) -> None:
    handle = ctypes.c_void_p()
    dialled = ("Nowhere", "", "", True, ctypes.byref(handle))
    assert client.client_dial_with_eap_data(*dialled) == 623
    assert handle.value is None


def test_a_client_registers_for_its_own_connection_again_after_each_signal(
    system: System, client: ctypes.CDLL
) -> None:
    for name in NAMES:
        system.add_entry(name)
        system.connect(name)
    own, registrations = winras.get_connection(NAMES[0]), ctypes.c_long()
    flags = RASCN_Disconnection | RASCN_BandwidthAdded | RASCN_BandwidthRemoved
    watching = Background(
        lambda: client.client_watch_own(own.handle, flags, ctypes.byref(registrations))
    )
    for times, change in enumerate((system.add_link, system.remove_link, system.drop), start=1):
        within(lambda times=times: registrations.value == times)
        system.drop(NAMES[1])  # somebody else's
        system.connect(NAMES[1])
        assert registrations.value == times
        change(NAMES[0])
    assert watching.result() == 6
    assert registrations.value == 3


def test_a_client_hangs_up_all_references(system: System, client: ctypes.CDLL) -> None:
    system.add_entry(NAMES[0], hang_up_time=2.0)
    for _ in range(3):
        system.connect(NAMES[0])
    handle, times = winras.get_connection(NAMES[0]).handle, ctypes.c_uint32()
    assert client.client_hang_up_all(handle, ctypes.byref(times)) == 668
    assert (times.value, winras.connections()) == (3, [])


# ---- facts for the C program ----


def test_the_c_program_reads_the_same_statistics(system: System, client: ctypes.CDLL) -> None:
    system.add(NAMES[0])
    system.connect(NAMES[0])
    connection = winras.get_connection(NAMES[0])
    system.transfer(NAMES[0], sent=2500, received=7)
    for sub_entry in (0, 1):
        statistics = (ctypes.c_uint32 * 15)()
        assert client.client_statistics(connection.handle, sub_entry, statistics) == 0
        ours = connection.statistics()
        assert list(statistics[:5]) == [60, 2500, 7, 3, 1]
        assert (ours.bytes_sent, ours.frames_sent) == (2500, 3)
    assert client.client_statistics(connection.handle, 2, statistics) == 668
    assert client.client_clear_statistics(connection.handle, 0) == 0
    assert connection.statistics().bytes_sent == 0


@pytest.mark.parametrize("name", ["Office VPN", "x" * 256, "é" * 20])
@pytest.mark.parametrize("user", ["", "ann@example.com", "u" * 256])
def test_what_the_c_program_dials_and_projects(
    system: System, client: ctypes.CDLL, name: str, user: str
) -> None:
    negotiated = Negotiated(
        ipv4=Endpoint(RASTUNNELENDPOINT_IPv4, bytes([10, 0, 100, 255]) + bytes(12)),
        ipv4_server=Endpoint(RASTUNNELENDPOINT_IPv4, bytes([192, 168, 100, 199]) + bytes(12)),
    )
    system.add_entry(name, negotiated=negotiated, sub_entries=2, eap_user=user)
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


@pytest.mark.parametrize("older", [False, True])
def test_the_c_program_saves_what_winras_dials_with(
    system: System, client: ctypes.CDLL, *, older: bool
) -> None:
    system.add(NAMES[0], phonebook=ALL_USERS, **ANN)
    handle, secret = ctypes.c_void_p(), ctypes.create_unicode_buffer(512)
    dial = (ALL_USERS, NAMES[0], older, secret, 512, ctypes.byref(handle))
    assert client.client_dial_saved(*dial) == 1168
    assert client.client_save(ALL_USERS, NAMES[0], "ann", "secret") == 0
    assert client.client_save(ALL_USERS, "Nobody", "ann", "secret") == 87
    connection = winras.dial(NAMES[0], timeout=HANG)
    assert client.client_dial_saved(*dial) == 0
    assert (secret.value, handle.value) == ("*" * 16, connection.handle)


# ---- entries and devices of all ----


@pytest.fixture
def others() -> PhonebookClient:
    """A third client: the contract's."""
    return PhonebookClient(RASAPI32)


def read_entry(client: ctypes.CDLL, phonebook: str, name: str) -> list[str]:
    """What the C program reads of an entry."""
    text = ctypes.create_unicode_buffer(2048)
    assert client.client_get_entry(phonebook, name, text, 2048) == 0
    return text.value.split("|")


def test_the_c_program_has_an_older_rasentry(client: ctypes.CDLL) -> None:
    assert client.client_entry_size() in {5616, 2884}


@pytest.mark.parametrize("phonebook", [DEFAULT_PHONEBOOK, ALL_USERS])
def test_all_see_and_dial_what_the_c_program_makes(
    system: System, client: ctypes.CDLL, others: PhonebookClient, phonebook: str
) -> None:
    name, server = "Büro", "vpn.example.com"
    assert client.client_validate(phonebook, name) == 0
    assert client.client_set_entry(phonebook, name, server, IKEV2) == 0
    assert client.client_validate(phonebook, name) == 183
    fifth = [server, IKEV2, "First", "7", "60", "1", "second", "third"]
    assert read_entry(client, phonebook, name) == fifth
    read = others.get(name, phonebook=phonebook)
    entry = read.entry()
    assert (entry.dwVpnStrategy, entry.dwRedialPause, entry.dwSubEntries) == (7, 60, 1)
    assert to_text(entry.szPrerequisiteEntry) == "First"
    assert read.numbers(entry.dwAlternateOffset) == ["second", "third"]
    assert win32ras.EnumEntries() == (name,)
    assert [(e.name, e.phonebook) for e in winras.entries()] == [(name, phonebook)]
    connection = winras.dial(name, timeout=HANG)
    assert (connection.phonebook, connection.device_name) == (phonebook, IKEV2)
    assert client.client_delete_entry(phonebook, name) == 817
    assert connection.hang_up(timeout=HANG) is True
    assert client.client_rename_entry(phonebook, name, "Office") == 0
    assert win32ras.EnumEntries() == ("Office",)
    assert client.client_delete_entry(phonebook, "Office") == 0
    assert client.client_delete_entry(phonebook, "Office") == 123
    assert winras.entries() == []
    assert system.calls("RasSetEntryProperties") == 1


def test_the_c_program_reads_and_changes_what_others_make(
    system: System, client: ctypes.CDLL, others: PhonebookClient
) -> None:
    system.add(NAMES[1], device_name="Modem", phone_number="1")
    given = describe(dwNetworkOutageTime=1800, dwRedialPause=5, dwfOptions2=0x40000000)
    fill_text(given.szIDi, "ann@example.com")
    newer = b"whatever"
    assert others.set(NAMES[0], bytes(given) + newer) == 0
    expected = ["vpn.example.com", IKEV2, "", "0", "5", "1"]
    assert read_entry(client, DEFAULT_PHONEBOOK, NAMES[0]) == expected
    assert read_entry(client, DEFAULT_PHONEBOOK, NAMES[1])[:2] == ["1", "Modem"]
    assert client.client_set_entry(DEFAULT_PHONEBOOK, NAMES[0], "other", IKEV2) == 0
    entry = others.entry(NAMES[0])
    assert to_text(entry.szLocalPhoneNumber) == "other"
    # What an older structure lacks, or sets to 0.
    assert (to_text(entry.szIDi), entry.dwfOptions2) == ("ann@example.com", 0)
    read = ctypes.create_unicode_buffer(512)
    second = (DEFAULT_PHONEBOOK, NAMES[0], 2, "WAN Miniport (L2TP)", "192.0.2.2", read, 512)
    assert client.client_set_sub_entry(*second) == 0
    assert read.value == "192.0.2.2"
    sub_entry = others.get_sub_entry(NAMES[0], 2).sub_entry()
    assert to_text(sub_entry.szDeviceName) == "WAN Miniport (L2TP)"
    assert others.entry(NAMES[0]).dwSubEntries == 2


@pytest.mark.usefixtures("system")
def test_others_see_and_change_what_winras_makes(client: ctypes.CDLL) -> None:
    book = winras.Phonebook.user()
    book.create(winras.Entry.sstp(NAMES[0], "vpn.example.com"))
    assert win32ras.EnumEntries() == (NAMES[0],)
    of_entry = read_entry(client, book.path, NAMES[0])
    assert of_entry[:4] == ["vpn.example.com", "WAN Miniport (SSTP)", "", "5"]
    winras.save_credentials(NAMES[0], winras.Credentials("ann", "secret"))
    params, has_password = win32ras.GetEntryDialParams(book.path, NAMES[0])
    assert (params[3], params[4], has_password) == ("ann", "*" * 16, 1)
    theirs = (NAMES[0], "", "", "bob", "other", "")
    win32ras.SetEntryDialParams(book.path, theirs, False)  # noqa: FBT003
    saved = winras.saved_credentials(NAMES[0])
    assert saved == winras.SavedCredentials("bob", "", has_password=True)
    assert client.client_set_entry(book.path, NAMES[0], "other", IKEV2) == 0
    changed = book.entry(NAMES[0])
    assert (changed.phone_number, changed.strategy) == ("other", winras.VpnStrategy.Ikev2Only)
    assert (changed.prerequisite_entry, changed.alternate_numbers) == ("First", ("second", "third"))
    book.update(replace(changed, redial_pause=5))
    of_entry = read_entry(client, book.path, NAMES[0])
    assert of_entry == ["other", IKEV2, "First", "7", "5", "1", "second", "third"]
    book.rename(NAMES[0], NAMES[1])
    assert win32ras.EnumEntries() == (NAMES[1],)
    book.delete(NAMES[1])
    assert win32ras.EnumEntries() == ()


@pytest.mark.usefixtures("system")
def test_a_private_phone_book_is_an_empty_file(
    client: ctypes.CDLL, others: PhonebookClient, tmp_path: Path
) -> None:
    path = tmp_path / "office.pbk"
    assert client.client_set_entry(str(path), NAMES[0], "a", IKEV2) == 621
    path.touch()
    assert client.client_set_entry(str(path), NAMES[0], "a", IKEV2) == 0
    assert to_text(others.entry(NAMES[0], str(path)).szLocalPhoneNumber) == "a"
    assert win32ras.EnumEntries(None, str(path)) == (NAMES[0],)
    assert win32ras.EnumEntries() == ()


def test_the_c_program_lists_the_devices(
    system: System, client: ctypes.CDLL, others: PhonebookClient, tmp_path: Path
) -> None:
    system.add(NAMES[0], device_name="Modem Büro")
    path = tmp_path / "devices.txt"
    assert client.client_devices(str(path)) == 0
    listed = [tuple(line.split("|")) for line in path.read_text("utf-8-sig").splitlines()]
    assert listed == list(others.devices_into(5000).devices)
    assert len(listed) == 6
    system.set_devices()
    assert client.client_devices(str(path)) == 0
    assert path.read_text("utf-8-sig") == ""


@pytest.mark.usefixtures("system")
def test_pywin32_saves_for_an_entry_that_others_make(others: PhonebookClient) -> None:
    assert others.set(NAMES[0], describe()) == 0
    params, has_password = win32ras.GetEntryDialParams(None, NAMES[0])
    assert (params[0], params[3], has_password) == (NAMES[0], "", 0)
    win32ras.SetEntryDialParams(None, (NAMES[0], "", "", "ann", "secret", ""), False)  # noqa: FBT003
    assert others.rename(NAMES[0], NAMES[1]) == 0
    params, has_password = win32ras.GetEntryDialParams(None, NAMES[1])
    assert (params[3], params[4], has_password) == ("ann", "*" * 16, 1)
    assert others.delete(NAMES[1]) == 0
    assert others.set(NAMES[1], describe()) == 0
    assert win32ras.GetEntryDialParams(None, NAMES[1])[1] == 0


# ---- messages for the C program ----


@pytest.mark.usefixtures("system")
def test_the_c_program_has_the_same_messages(client: ctypes.CDLL) -> None:
    text = ctypes.create_unicode_buffer(512)
    assert client.client_error_string(829, text, 512) == 0
    assert text.value == winras._native.error_message(829)
