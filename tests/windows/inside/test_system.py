"""The shim and the Python side on Windows' own backend, which finds the drop-in in system32."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

import winras
import winras.aio
from background import Background
from contract.client import ALL_USERS_PHONEBOOK, Endpoint, Ras, load
from ctrl_c import press_ctrl_c
from patience import HANG, within
from test_entries import CHANGES, DIALLED, NEWEST_RAW, unknown_of
from windows.inside.system import RASAPI32, USUAL_STATES, System
from winras import ConnectionState, EventKind, EventSource, _native, _operations
from winras._entries import SIZES, read_entry, to_bytes
from winras.testing import DEFAULT_PHONEBOOK

pytestmark = pytest.mark.rasapi32("drop-in")

ENTRY_ID = UUID("12345678-1234-5678-1234-567812345678")


def wait_until_one_waits() -> None:
    within(_native.lib.winras_operations)


def test_the_active_service_is_that_of_windows(system: System) -> None:
    assert _native.service() == 0
    before = system.calls("RasEnumConnections")
    assert winras.connections() == []
    assert system.calls("RasEnumConnections") == before + 1


def test_a_connection_has_all_that_ras_tells(system: System) -> None:
    system.add_entry("Büro Ω 東京 \U0001f680", entry_id=ENTRY_ID)
    handle = system.connect("Büro Ω 東京 \U0001f680")
    [connection] = winras.connections()
    assert connection.handle == handle
    assert connection.name == "Büro Ω 東京 \U0001f680"
    assert (connection.device_type, connection.device_name) == ("VPN", "WAN Miniport (IKEv2)")
    assert connection.phonebook == DEFAULT_PHONEBOOK
    assert connection.entry_id == ENTRY_ID
    assert connection.correlation_id
    assert connection.luid > 2**32


def test_a_status_has_all_that_ras_tells(system: System) -> None:
    remote = Endpoint(1, bytes([203, 0, 113, 7]))
    system.add_entry("A", remote=remote)
    system.connect("A")
    status = winras.get_connection("a").status()
    assert status.state is ConnectionState.Connected
    assert str(status.remote_endpoint) == "203.0.113.7"
    assert status.phone_number == "vpn.example.com"


def test_entries_of_the_phone_books(system: System) -> None:
    system.add_entry("A", phonebook=DEFAULT_PHONEBOOK)
    system.add_entry("B", phonebook=r"C:\office.pbk")
    assert winras.entries() == [winras.EntryName("A", DEFAULT_PHONEBOOK, all_users=False)]
    [private] = winras.entries(phonebook=r"C:\office.pbk")
    assert private.name == "B"
    with pytest.raises(winras.RasError) as raised:
        winras.entries(phonebook=r"C:\no.pbk")
    assert raised.value.code == 621


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(NEWEST_RAW, CHANGES)
@pytest.mark.usefixtures("system")
def test_any_entry_is_written_and_read_back(raw: bytes, changes: dict[str, object]) -> None:
    book = winras.Phonebook.user()
    entry = replace(read_entry("A", raw), **changes | DIALLED)  # type: ignore[arg-type]
    book._write(entry, 0)
    again = book.entry("A")
    assert again == entry
    assert unknown_of(to_bytes(again, SIZES[0])) == unknown_of(to_bytes(entry, SIZES[0]))
    book.delete("A")


def test_an_entry_is_created_and_dialled(system: System) -> None:
    book = winras.Phonebook.all_users()
    book.create(winras.Entry.ikev2("Büro", "vpn.example.com"))
    stored = book.entry("büro")
    office = winras.dial("Büro", timeout=HANG)
    assert (office.entry_id, office.phonebook) == (stored.entry_id, book.path)
    with pytest.raises(winras.EntryInUseError):
        book.delete("Büro")
    book.delete("Büro", hang_up=True)
    assert winras.entries() == []
    assert system.calls("RasSetEntryProperties") == 1


def test_an_entry_is_dialled_with_what_is_saved_for_it(system: System) -> None:
    system.add("Office", user="ann", password="secret", phonebook=ALL_USERS_PHONEBOOK)
    with pytest.raises(
        winras.AuthenticationError, match="No user name and password are saved for this entry"
    ):
        winras.dial("OFFICE", timeout=HANG)
    system.save("Office", "ann", "secret")
    office = winras.dial("OFFICE", timeout=HANG)
    assert (office.name, office.phonebook) == ("Office", ALL_USERS_PHONEBOOK)
    assert office.hang_up() is True
    with pytest.raises(winras.AuthenticationError):
        winras.dial("Office", timeout=HANG, use_saved=False)


def test_of_two_phone_books_the_users_comes_first(system: System) -> None:
    for phonebook in (ALL_USERS_PHONEBOOK, DEFAULT_PHONEBOOK):
        system.add("Büro", phonebook=phonebook)
    assert winras.dial("bÜRO", timeout=HANG).phonebook == DEFAULT_PHONEBOOK
    with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Büro'"):
        winras.dial("Buro", timeout=HANG)


def test_without_a_list_the_usual_phone_books_are_tried(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROGRAMDATA", r"C:\ProgramData")
    system.add("A", phonebook=ALL_USERS_PHONEBOOK)
    system.fail("RasEnumEntries", 8)
    system.fail("RasGetCredentials", 621, times=2)
    assert winras.dial("A", timeout=HANG).phonebook == ALL_USERS_PHONEBOOK


def test_a_dial_that_nobody_has_hung_up_is_hung_up(system: System) -> None:
    system.add("A")
    system.set_script("A", (5, 691, 0.0))
    system.fail("RasHangUp", 5, times=1000)
    with pytest.raises(winras.AuthenticationError):
        winras.dial("A", timeout=HANG)
    system.clear_faults()
    system.set_script("A")
    assert winras.dial("A", timeout=HANG).name == "A"


def test_an_error_while_windows_goes_on_is_progress(system: System) -> None:
    system.add("A")
    system.set_script("A", (2, 809, 40.0), (5, 0, 1.0), goes_on=True)
    told: list[int] = []
    winras.dial("A", timeout=HANG, on_progress=lambda progress: told.append(progress.error))
    assert told == [0, 809, 0, 0]


def test_a_list_that_grows_is_read_to_its_end(system: System) -> None:
    for number in range(40):
        system.add_entry(f"E{number}")
        system.connect(f"E{number}")
    system.grow(3)
    assert len(winras.connections()) >= 40


def test_hang_up_waits_until_the_handle_is_dead(system: System) -> None:
    system.add_entry("A", hang_up_time=4.0)
    system.connect("A")
    connection = winras.get_connection("A")
    assert connection.hang_up() is True
    with pytest.raises(winras.NotConnectedError) as caught:
        connection.status()
    assert caught.value.code == 6
    assert system.dial("A")[0] == 0


def test_hang_up_releases_all_references_or_one(system: System) -> None:
    system.add_entry("A", hang_up_time=1.0)
    for _ in range(3):
        system.connect("A")
    connection = winras.get_connection("A")
    assert connection.hang_up(all_references=False) is False
    assert connection.status().state is ConnectionState.Connected
    assert connection.hang_up() is True


def test_a_hang_up_that_takes_too_long_times_out_and_goes_on(system: System) -> None:
    system.add_entry("A", hang_up_time=math.inf)
    system.connect("A")
    connection = winras.get_connection("A")
    with pytest.raises(winras.RasTimeoutError):
        connection.hang_up(timeout=0.2)
    assert _native.unfinished_hang_ups() == 1
    system.clear()
    connection.wait_closed(timeout=HANG)


def test_hanging_up_in_many_threads_succeeds_in_each(system: System) -> None:
    system.add_entry("A", hang_up_time=4.0)
    system.connect("A")
    connection = winras.get_connection("A")
    threads = [Background(connection.hang_up) for _ in range(8)]
    assert [thread.result() for thread in threads] == [True] * 8


def test_hang_up_touches_nobody_else(system: System) -> None:
    system.set_quirk("handle-reuse")
    for name in ("A", "B"):
        system.add_entry(name, entry_id=UUID(int=ord(name)))
    system.connect("A")
    old = winras.get_connection("A")
    system.drop("A")
    assert system.connect("B") == old.handle
    assert old.hang_up() is True
    assert winras.get_connection("B").status().state is ConnectionState.Connected


def test_a_drop_can_be_waited_for(system: System) -> None:
    system.add_entry("A")
    system.connect("A")
    waiting = Background(winras.get_connection("A").wait_closed)
    wait_until_one_waits()
    system.drop("A")
    waiting.result()


def test_watch_tells_what_is_signalled(system: System) -> None:
    system.add_entry("A", hang_up_time=2.0)
    with winras.watch(timeout=HANG, check_every=60.0) as events:
        handle = system.connect("A")
        up = next(events)
        system.drop("A", error=829, linger=2.0)
        down = next(events)
    assert [up.kind, down.kind] == [EventKind.connected, EventKind.disconnected]
    assert up.connection.handle == down.connection.handle == handle
    assert up.source is down.source is EventSource.notification
    assert [up.missed, down.missed] == [False, False]
    assert abs(up.at.timestamp() - time.time()) < 60


def test_watch_finds_what_was_not_signalled(system: System) -> None:
    system.set_quirk("notify-lost")
    system.add_entry("A")
    with winras.watch(timeout=HANG, check_every=0.05) as events:
        system.connect("A")
        assert next(events).source is EventSource.check


def test_links_come_and_go(system: System) -> None:
    system.add_entry("ISDN", sub_entries=3)
    system.connect("ISDN")
    connection = winras.get_connection("ISDN")
    with winras.watch(timeout=HANG) as events:
        number = system.add_link("ISDN")
        assert next(events).kind is EventKind.bandwidth_added
        assert [link.sub_entry for link in connection.links()] == [1, number]
        [_, link] = connection.links()
        assert link.hang_up(timeout=HANG) is True
        assert next(events).kind is EventKind.bandwidth_removed
    assert [link.sub_entry for link in connection.links()] == [1]


def test_registrations_do_not_grow_with_what_waits(system: System) -> None:
    system.add_entry("A")
    for _ in range(20):
        system.connect("A")
        assert winras.get_connection("A").hang_up()
        with winras.watch(timeout=0.0) as events:
            assert list(events) == []
    assert system.calls("RasConnectionNotification") <= 2


def test_asyncio(system: System) -> None:
    async def use() -> list[EventKind]:
        kinds = []
        async with winras.aio.watch(timeout=HANG) as events:
            system.connect("A")
            async for event in events:
                kinds.append(event.kind)
                if event.kind is EventKind.disconnected:
                    break
                await winras.aio.hang_up(await winras.aio.get_connection("A"))
        return kinds

    system.add_entry("A", hang_up_time=2.0)
    assert asyncio.run(use()) == [EventKind.connected, EventKind.disconnected]


# ---- dialling ----


def test_dial_returns_the_connection_with_its_progress_in_order(system: System) -> None:
    system.add("A", dial_time=2.0, user="ann", password="secret", domain="OFFICE")
    told: list[winras.DialProgress] = []
    credentials = winras.Credentials("ann", "secret", "OFFICE")
    connection = winras.dial("A", credentials=credentials, timeout=HANG, on_progress=told.append)
    assert [progress.state for progress in told] == [*USUAL_STATES, ConnectionState.Connected]
    assert {(progress.error, progress.sub_entry) for progress in told} == {(0, 1)}
    elapsed = [progress.elapsed for progress in told]
    assert elapsed == sorted(elapsed)
    assert winras.connections() == [connection]
    assert connection.hang_up(timeout=HANG) is True


def test_dial_of_what_is_up_takes_a_reference(system: System) -> None:
    system.add("A")
    first, second = winras.dial("A", timeout=HANG), winras.dial("A", timeout=HANG)
    assert first == second
    before = system.calls("RasHangUp")
    assert first.hang_up(timeout=HANG) is True
    assert system.calls("RasHangUp") == before + 2


@pytest.mark.parametrize("quirk", [None, "dial-fails-at-once", "dial-told-first", "dial-untold"])
def test_a_dial_that_fails_is_hung_up(system: System, quirk: str | None) -> None:
    if quirk:
        system.set_quirk(quirk)
    system.add("A")
    system.set_script("A", (0, 0, 0.2), (2, 678, 0.2))
    # Whoever is not told knows only what the status shows, when it is asked for.
    state = r"\w+" if quirk == "dial-untold" else "ConnectDevice"
    with pytest.raises(winras.RasError, match=f"failed in {state}") as caught:
        winras.dial("A", timeout=HANG)
    assert caught.value.code == 678
    assert system.dial("A")[0] == 0


def test_wrong_credentials_are_refused(system: System) -> None:
    system.add("A", user="ann", password="secret")
    with pytest.raises(winras.AuthenticationError) as caught:
        winras.dial("A", credentials=winras.Credentials("ann", "wrong"), timeout=HANG)
    assert caught.value.code == 691
    assert "wrong" not in str(caught.value)
    assert system.dial("A")[0] == 0


def test_a_dial_that_takes_too_long_is_hung_up(system: System) -> None:
    system.add("A", dial_time=math.inf)
    with pytest.raises(winras.RasTimeoutError):
        winras.dial("A", timeout=0.3)
    assert _native.unfinished_hang_ups() == 0
    system.add("B")
    assert winras.dial("B", timeout=HANG).name == "B"
    assert [c.name for c in winras.connections()] == ["B"]


def test_dialling_with_the_eap_data_that_are_stored(system: System) -> None:
    system.add("A", eap_user="ann")
    system.fail("RasGetEapUserIdentity", 703, times=2)
    with pytest.raises(winras.RasError) as caught:
        winras.dial("A", timeout=HANG)
    assert (caught.value.code, caught.value.function) == (703, "RasDial")
    [note] = caught.value.__notes__
    assert "RasGetEapUserIdentity answered 703" in note
    assert Ras(RASAPI32).set_eap_data("A", bytes(range(74))) == 0
    assert winras.dial("A", timeout=HANG).status().state is ConnectionState.Connected


def test_dialling_an_entry_that_needs_eap(system: System) -> None:
    system.add("A", eap_user="ann@example.com")
    assert winras.dial("A", timeout=HANG).status().state is ConnectionState.Connected
    assert system.calls("RasGetEapUserIdentity") == 1


def test_a_dial_in_asyncio_can_be_cancelled(system: System) -> None:
    async def use() -> list[ConnectionState]:
        told: list[ConnectionState] = []
        begun = asyncio.Event()

        def tell(progress: winras.DialProgress) -> None:
            told.append(progress.state)
            begun.set()

        task = asyncio.create_task(winras.aio.dial("A", timeout=HANG, on_progress=tell))
        await asyncio.wait_for(begun.wait(), HANG)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return told

    system.add("A")
    system.set_script("A", (0, 0, math.inf))
    assert asyncio.run(use()) == [ConnectionState.OpenPort]
    assert _native.unfinished_hang_ups() == 1
    _operations.finish_hang_ups()
    assert _native.unfinished_hang_ups() == 0
    system.set_script("A")
    assert asyncio.run(winras.aio.dial("A", timeout=HANG)) == winras.get_connection("A")


# ---- facts ----


def test_statistics_are_of_the_connection_or_of_a_link(system: System) -> None:
    system.add_entry("A", sub_entries=2)
    system.connect("A")
    system.add_link("A")
    connection = winras.get_connection("A")
    first, second = connection.links()
    system.transfer("A", sent=1000, received=5, link=1)
    system.transfer("A", sent=7, received=0, link=2)
    assert (connection.statistics().bytes_sent, connection.statistics().bytes_received) == (1007, 5)
    assert (first.statistics().bytes_sent, second.statistics().bytes_sent) == (1000, 7)
    first.clear_statistics()
    assert [link.statistics().bytes_sent for link in (first, second)] == [0, 7]
    connection.clear_statistics()
    assert connection.statistics().bytes_sent == 0
    assert connection.hang_up() is True
    with pytest.raises(winras.NotConnectedError):
        connection.statistics()


def test_addresses_of_ppp(system: System) -> None:
    system.add(
        "A", ipv4="10.1.2.3", ipv4_server="10.1.2.1", remote="203.0.113.7", local="192.0.2.9"
    )
    addresses = winras.dial("A", timeout=HANG).addresses()
    assert (str(addresses.ipv4), str(addresses.ipv4_server)) == ("10.1.2.3", "10.1.2.1")
    assert (addresses.ipv4_error, addresses.ipv6, addresses.ipv6_error) == (0, None, 731)
    assert str(addresses.remote_endpoint) == "203.0.113.7"
    assert str(addresses.local_endpoint) == "192.0.2.9"


def test_addresses_of_ikev2(system: System) -> None:
    system.add("A", ikev2=1, ipv4="10.1.2.3", ipv6="2001:db8::7", prefix_length=56)
    addresses = winras.dial("A", timeout=HANG).addresses()
    assert addresses.projected
    assert (str(addresses.ipv4), str(addresses.ipv6)) == ("10.1.2.3", "2001:db8::7")
    assert addresses.ipv6_prefix_length == 56


# ---- errors ----


def test_an_error_has_the_text_of_ras(system: System) -> None:
    system.fail("RasEnumConnections", 711)
    with pytest.raises(winras.RasError) as caught:
        winras.connections()
    assert caught.value.code == 711
    assert caught.value.name == "ERROR_RASMAN_CANNOT_INITIALIZE"
    assert caught.value.function == "RasEnumConnections"
    assert system.calls("RasGetErrorString") == 1


def test_a_number_that_is_not_of_ras_has_the_text_of_the_system(system: System) -> None:
    system.fail("RasEnumConnections", 1722)
    with pytest.raises(winras.RasError, match="RPC") as caught:
        winras.connections()
    assert system.calls("RasGetErrorString") == 1
    assert caught.value.message != _native.ffi.string(_native.lib.winras_error_text(1722)).decode()


def test_a_number_of_ras_without_a_text_has_ours(system: System) -> None:
    system.fail("RasEnumConnections", 668)
    system.fail("RasGetErrorString", 87)
    with pytest.raises(winras.NotConnectedError) as caught:
        winras.connections()
    # The system's 668 is a failed assertion.
    assert caught.value.message == _native.ffi.string(_native.lib.winras_error_text(668)).decode()


def test_ctrl_c_ends_a_wait_at_once_and_not_the_hang_up(system: System) -> None:
    system.add_entry("A", hang_up_time=math.inf)
    system.connect("A")
    connection = winras.get_connection("A")

    def interrupt() -> None:
        wait_until_one_waits()
        press_ctrl_c()

    interrupting = Background(interrupt)
    with pytest.raises(KeyboardInterrupt):
        connection.hang_up(timeout=HANG)
    interrupting.result()
    assert _native.unfinished_hang_ups() == 1
    system.clear()
    connection.wait_closed(timeout=HANG)
    assert _native.unfinished_hang_ups() == 0


def test_ctrl_c_ends_a_dial_and_hangs_up(system: System) -> None:
    system.add("A")
    system.set_script("A", (0, 0, math.inf))

    def interrupt() -> None:
        wait_until_one_waits()
        press_ctrl_c()

    interrupting = Background(interrupt)
    with pytest.raises(KeyboardInterrupt):
        winras.dial("A", timeout=HANG)
    interrupting.result()
    _operations.finish_hang_ups()
    assert _native.unfinished_hang_ups() == 0
    system.set_script("A")
    assert system.dial("A")[0] == 0


def test_at_exit_unfinished_hang_ups_are_waited_for() -> None:
    program = """
        import atexit
        from contract.client import Simulator
        from windows.inside.system import FACTOR, RASAPI32

        system = Simulator(RASAPI32)
        system.begin(FACTOR)
        atexit.register(system.end)
        atexit.register(lambda: print("dial:", system.dial("A")[0]))
        import winras  # what it does at exit comes before these

        system.add_entry("A", hang_up_time=20.0)
        system.connect("A")
        try:
            winras.get_connection("A").hang_up(timeout=0)
        except winras.RasTimeoutError:
            print("timed out")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["timed out", "dial: 0"], done.stderr


# ---- the service manager ----


@pytest.fixture(params=["demand", "disabled"])
def rasman(request: pytest.FixtureRequest) -> Iterator[str]:
    """A RasMan that is stopped, and cannot be started; Wine has none of its own."""
    sc("create", "RasMan", "binPath=", r"C:\nowhere.exe", "start=", request.param)
    yield request.param
    sc("delete", "RasMan")


def sc(*arguments: str) -> None:
    subprocess.run(["sc.exe", *arguments], check=True, capture_output=True)


def run_beside_rasman(program: str) -> list[str]:
    """Run a program that uses RAS in a process of its own, since what is known of RasMan stays."""
    begin = """
        import winras
        from contract.client import Simulator, load
        from windows.inside.system import FACTOR, RASAPI32, System
        system = System(RASAPI32)
        system.begin(FACTOR)
        system.add("A")
        system.connect("A")
        system.add("B", dial_time=1.0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


def test_without_rasman_ras_is_not_asked(rasman: str) -> None:
    """The drop-in answers although RasMan does not run, so that its calls can be counted."""
    told = run_beside_rasman("""
        try:
            print(winras.connections(), winras._native.no_rasman(0))
        except winras.RasUnavailableError as error:
            print(error.code, "sc.exe config RasMan start= demand" in str(error))
        print(system.calls("RasEnumConnections"))
    """)
    assert told == [{"demand": "[] 1062", "disabled": "1058 True"}[rasman], "0"]


def test_a_rasman_that_cannot_be_started_keeps_nobody_from_dialling(rasman: str) -> None:
    """What RAS has dialled counts more than what the service manager says of RasMan."""
    told = run_beside_rasman("""
        try:
            print(winras.dial("B").name, winras.dial("A").name)
            print(sorted(c.name for c in winras.connections()))
        except winras.RasUnavailableError as error:
            print(error.code)
    """)
    assert told == (["B A", "['A', 'B']"] if rasman == "demand" else ["1058"])


def test_a_watch_without_rasman_begins_with_nothing(rasman: str) -> None:
    told = run_beside_rasman("""
        try:
            with winras.watch(timeout=1.5) as events:
                print(list(events))
        except winras.RasUnavailableError as error:
            print(error.code)
        print(system.calls("RasEnumConnections"), system.calls("RasConnectionNotification"))
    """)
    assert told == ["[]" if rasman == "demand" else "1058", "0 0"]


@pytest.mark.parametrize("form", ["A", "W"])
def test_an_eap_identity_can_be_freed(form: str) -> None:
    free = load(str(RASAPI32))[f"RasFreeEapUserIdentity{form}"]
    free.restype = None
    free(None)


def test_what_is_not_simulated_answers_120_and_says_so_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    library = load(str(RASAPI32))
    assert library.RasGetCountryInfoW(None, None) == 120
    assert library.RasGetCountryInfoW(None, None) == 120
    assert capfd.readouterr().err.count("RasGetCountryInfoW is not simulated; it answers 120") == 1


def test_a_wait_without_an_end_can_be_closed(system: System) -> None:
    system.add_entry("A", hang_up_time=math.inf)
    system.connect("A")
    events = winras.watch()
    waiting = Background(lambda: list(events))
    wait_until_one_waits()
    events.close()
    assert waiting.result() == []
