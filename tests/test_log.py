"""What winras logs: each call of RAS and of the service manager, and each decision."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import winras
from background import Background
from patience import HANG
from winras import Credentials, _native, _operations
from winras.cli import main
from winras.testing import Simulator

SHIM = Path(__file__).parents[1] / "src" / "native" / "shim"
SECRET = "correct horse 4711"  # noqa: S105
KEYS = {
    "winras_function",
    "winras_handle",
    "winras_result",
    "winras_seconds",
    "winras_thread",
}

Records = list[logging.LogRecord]
Log = Callable[[], Records]


def winras_records(caplog: pytest.LogCaptureFixture) -> Records:
    return [record for record in caplog.records if record.name == "winras"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    """What was logged since the last question, from debug on."""

    def take() -> Records:
        _native.lib.winras_active_service()
        found = winras_records(caplog)
        caplog.clear()
        return found

    with caplog.at_level(logging.DEBUG, "winras"):
        yield take
    _native.lib.winras_active_service()  # which finds that nobody listens any more


def functions(records: Records) -> list[str]:
    return [vars(record)["winras_function"] for record in records]


def decisions(records: Records) -> list[str]:
    return [record.getMessage() for record in records if record.levelno == logging.INFO]


def do_everything(ras: Simulator) -> None:
    """Whatever winras calls of RAS, at least once."""
    ras.add_entry("Office", user="ann", password=SECRET)
    ras.add_entry("EAP", eap_user="ann")
    ras.add_entry("ISDN", device_type="isdn", device_name="ISDN", phone_number="1", sub_entries=2)
    ras.set_service("stopped")
    office = winras.dial("Office", credentials=Credentials("ann", SECRET))
    office.addresses()
    ras.add_link("Office")
    last = winras.get_connection("Office").links()[-1]
    for connection in (office, last):
        connection.statistics()
        connection.clear_statistics()
    office.hang_up()
    with pytest.raises(winras.NotConnectedError):
        office.status()
    winras.why(office)
    winras.dial("EAP").hang_up()
    ras.fail("RasGetEapUserIdentity", 1168)
    with pytest.raises(winras.RasError):
        winras.dial("EAP")
    winras.save_credentials("Office", Credentials("ann", SECRET))
    winras.devices()
    winras.why("Office")
    _native.get_rasman(_native.service())
    book = winras.Phonebook.user()
    book.validate_name("New")
    book.create(winras.Entry.ikev2("New", "vpn.example.com"))
    book.copy("ISDN", "Copy")
    book.rename("Copy", "Other")
    book.delete("Other")


# ---- calls ----


def called_by_the_shim() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in SHIM.glob("*.c"))
    found = re.findall(r'CALLS_CALL\([^,]+,\s*(\w+)|trace_begin\(table->now, "(\w+)', text)
    return {(call or named).removesuffix("W") for call, named in found}


def test_each_function_that_the_shim_calls_leaves_its_records(log: Log) -> None:
    """Those that the simulator has counted, each with its handle and result, and in that order."""
    with Simulator(clock="auto") as ras:
        do_everything(ras)
        calls = [call for call in ras.calls if call.function != "RasFreeEapUserIdentity"]
        found = [vars(record) for record in log() if record.levelno == logging.DEBUG]
        assert {each["winras_function"] for each in found} == called_by_the_shim()
        of_ras = [
            each
            for each in found
            if each["winras_function"]
            not in {
                "EvtQuery",
                "QueryServiceConfig",
                "QueryServiceStatusEx",
                "RasFreeEapUserIdentity",
                "StartService",
            }
        ]
        assert [
            (each["winras_function"], each["winras_handle"] or 0, each["winras_result"])
            for each in of_ras
        ] == [
            (call.function, call.handle if call.handle < 2**32 - 1 else 0, call.result)
            for call in calls
        ]


def test_a_record_of_a_call(ras: Simulator, log: Log) -> None:
    ras.add_entry("Office")
    ras.connect("Office")
    office = winras.get_connection("Office")
    ras.drop("Office")
    log()
    with pytest.raises(winras.NotConnectedError):
        office.status()
    record, *_ = log()
    assert (record.levelname, {key: vars(record)[key] for key in KEYS}) == (
        "DEBUG",
        {
            "winras_function": "RasGetConnectStatus",
            "winras_handle": office.handle,
            "winras_result": 6,
            "winras_seconds": 0.0,
            "winras_thread": threading.get_native_id(),
        },
    )
    expected = f"RasGetConnectStatus({office.handle:#x}) answered 6 ERROR_INVALID_HANDLE after 0.0"
    assert record.getMessage().startswith(expected)


def test_a_record_has_the_time_that_the_call_took(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office")
        ras.delay("RasEnumConnections", 2.5)
        winras.connections()
        [*_, record] = log()
        assert vars(record)["winras_seconds"] == 2.5


@pytest.mark.usefixtures("ras")
def test_a_call_of_another_thread_is_logged_with_its_number(log: Log) -> None:
    numbers = [threading.get_native_id()]

    def ask() -> None:
        numbers.append(threading.get_native_id())
        winras.connections()

    winras.connections()
    Background(ask).result()
    found = {
        vars(record)["winras_thread"]
        for record in log()
        if vars(record)["winras_function"] == "RasEnumConnections"
    }
    assert found == set(numbers)
    assert len(found) == 2


def test_the_calls_of_a_thread_of_c_are_logged(log: Log) -> None:
    """The end of the process asks on a thread that no Python knows whether a hang-up is over."""
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office", hang_up_seconds=1.0)
        ras.connect("Office")
        office = winras.get_connection("Office")
        with pytest.raises(winras.RasTimeoutError):
            office.hang_up(timeout=0.1)
        log()
        _operations.finish_hang_ups()
        records = log()
    threads = {vars(record)["winras_thread"] for record in records if record.levelname == "DEBUG"}
    assert len(threads - {threading.get_native_id()}) == 1
    assert decisions(records) == ["waiting for 1 unfinished hang-ups"]


# ---- off ----


@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO])
def test_nothing_is_recorded_that_nobody_wants(
    level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """C keeps no call then, and nothing at all if decisions are not wanted either."""
    lib, ffi = _native.unlogged, _native.ffi
    with caplog.at_level(level, "winras"), Simulator(clock="auto") as ras:
        do_everything(ras)
        assert not lib.winras_read_record(ffi.new("winras_record *"))
        assert {record.levelno for record in winras_records(caplog)} <= {logging.INFO}


def test_what_was_recorded_before_it_was_switched_off_is_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lib, ffi = _native.unlogged, _native.ffi
    with Simulator():
        with caplog.at_level(logging.DEBUG, "winras"):
            winras.connections()
            lib.winras_free(lib.winras_list_connections(_native.service(), _native.NO_BLOCK))
        winras.connections()
        assert not lib.winras_read_record(ffi.new("winras_record *"))


def test_a_call_during_which_the_level_changes_leaves_nothing_for_the_next(log: Log) -> None:
    """Its end is not recorded, so the next call of that thread must not be taken for it."""
    logger = logging.getLogger("winras")
    with Simulator(clock="manual") as ras:
        ras.add_entry("Office")
        ras.connect("Office")
        office = winras.get_connection("Office")
        ras.delay("RasGetConnectStatus", 5.0)
        go_on = threading.Event()

        def ask() -> None:
            office.status()
            assert go_on.wait(HANG)
            winras.connections()

        thread = Background(ask)
        ras.wait_blocked(1)
        logger.setLevel(logging.INFO)
        _native.lib.winras_active_service()
        ras.advance(5.0)
        logger.setLevel(logging.DEBUG)
        log()
        go_on.set()
        thread.result()
        assert set(functions(log())) == {"QueryServiceStatusEx", "RasEnumConnections"}


def test_off_asks_the_logger_once_for_each_call_of_c(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    logger = logging.getLogger("winras")
    monkeypatch.setattr(logger, "isEnabledFor", lambda level: bool(asked.append(level)))
    _native.lib.winras_active_service()
    assert asked == [logging.INFO]


def test_who_imports_logging_after_winras_is_heard() -> None:
    """Until then nobody can listen, and winras does not import it for that."""
    code = """
import sys, winras
winras._native.lib.winras_active_service()
assert "logging" not in sys.modules
import logging
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from winras.testing import Simulator
with Simulator():
    winras.connections()
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert "DEBUG:winras:RasEnumConnections() answered 0" in answer.stdout


# ---- the list in C ----


@pytest.mark.usefixtures("ras")
def test_what_the_list_does_not_hold_is_counted(log: Log) -> None:
    lib = _native.unlogged
    winras.connections()
    number = _native.service()
    log()
    for _ in range(1024 + 7):
        lib.winras_free(lib.winras_get_status(number, 5, _native.NO_BLOCK))
    warning, *rest = log()
    assert (warning.levelname, warning.getMessage()) == (
        "WARNING",
        "7 records were lost: there were more than the list holds",
    )
    assert functions(rest) == ["RasGetConnectStatus"] * 1024


@pytest.mark.usefixtures("ras")
def test_a_handler_that_raises_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even what C has just answered, which is given to the caller."""
    logger = logging.getLogger("winras")

    class Failing(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            raise OSError("no space left")

    handler = Failing()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        assert winras.connections() == []
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert "no space left" in capsys.readouterr().err


@pytest.mark.usefixtures("ras")
def test_a_handler_may_use_winras() -> None:
    """What it calls is logged at the next call, not in a circle."""
    logger = logging.getLogger("winras")
    seen: list[str] = []

    class Asking(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())
            winras.connections()

    handler = Asking()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        winras.connections()
        assert 0 < len(seen) < 10
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


# ---- decisions ----


def test_the_decisions_of_a_dial(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office", user="ann", password=SECRET, hang_up_seconds=1.0)
        ras.save_credentials("Office", "ann", SECRET)
        ras.add_entry("EAP", eap_user="ann")
        ras.set_service("stopped")
        ras.fail("RasDial", 633, times=3)
        winras.dial("Office")
        records = log()
        path = winras.get_connection("Office").phonebook
        assert decisions(records) == [
            "RasMan does not run, so RAS is asked only what needs it",
            "RasMan was asked to start: 0",
            "the credentials that are saved for the entry are used",
            "the dial is tried again: 633 ERROR_PORT_NOT_AVAILABLE may pass",
            f'"Office" is in the phone book "{path}", which RasDial was given',
        ]
        winras.dial("EAP")
        assert "an EAP identity was found, and is used" in decisions(log())


def test_a_hang_up_that_is_repeated_is_a_decision(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office")
        winras.dial("Office")
        office = winras.dial("Office")
        log()
        office.hang_up()
        [text] = decisions(log())
        assert text == (
            f"{office.handle:#x} is hung up again: it is still connected, because references are "
            "left"
        )


def test_a_service_that_does_not_answer_is_a_decision_and_so_is_its_return(log: Log) -> None:
    with Simulator(clock="auto") as ras, winras.watch(timeout=30.0) as events:
        ras.stop_service(1722)
        ras.set_service("running")
        log()
        kinds = [next(events).kind.name]
        ras.start_service()
        kinds.append(next(events).kind.name)
        assert kinds == ["service_lost", "service_back"]
        assert decisions(log()) == [
            "a watch: RAS does not answer, and is asked again",
            "a watch: RAS answers again",
        ]


def test_a_registration_made_afresh_is_a_decision(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office")
        ras.quirks.add("notify-lost")
        with winras.watch(timeout=30.0, check_every=1.0) as events:
            ras.connect("Office")
            next(events)
            next(events, None)
        expected = (
            "a change was found that RAS had not signalled, so everything is registered afresh"
        )
        assert decisions(log()) == [expected]


# ---- secrets ----


def test_no_text_of_an_argument_is_in_a_record(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        do_everything(ras)
        told = " ".join(f"{record.getMessage()} {vars(record)}" for record in log())
    assert SECRET not in told
    assert not re.search(r"\bann\b|vpn\.example", told)


def test_a_name_cannot_forge_a_line(log: Log) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office\nINFO:root:all is well\x1b[2J")
        winras.dial("Office\nINFO:root:all is well\x1b[2J")
        assert not [text for text in decisions(log()) if "\n" in text or "\x1b" in text]


# ---- where it goes ----


@pytest.mark.parametrize(
    ("level", "told", "untold"),
    [
        ("debug", ["DEBUG RasEnumEntries() answered 0", "INFO "], ["\x1b"]),
        ("info", ['INFO "Home VPN" is in the phone book'], ["DEBUG"]),
        ("warning", [], ["DEBUG", "INFO"]),
    ],
)
def test_the_command_writes_it_to_stderr(
    level: str, told: list[str], untold: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = str(SHIM.parents[2] / "examples" / "office.toml")
    before = list(logging.getLogger("winras").handlers)
    assert main(["--simulate", scenario, "--log-level", level, "dial", "Home VPN", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["name"] == "Home VPN"
    assert all(text in err for text in told)
    assert not any(text in err for text in untold)
    assert logging.getLogger("winras").handlers == before
    assert not logging.getLogger("winras").isEnabledFor(logging.INFO)


PROGRAM = """
import logging
logging.basicConfig(level=logging.INFO, format="%(message)s")
import winras
from winras.testing import Simulator
ras = Simulator(clock="real").__enter__()
ras.add_entry("A", hang_up_seconds=0.3)
ras.connect("A")
try:
    winras.get_connection("A").hang_up(timeout=0.0)
except winras.RasTimeoutError:
    pass
"""


def test_the_end_of_a_program_logs_that_it_waits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == ["waiting for 1 unfinished hang-ups"]
