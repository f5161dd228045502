"""``winras keep``: what it prints, how it ends, and two of them at once."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import winras
from json_forms import FORMS, check
from patience import HANG, quick
from winras._keeping import KeepEvent
from winras._policy import KeepEventKind
from winras.cli import _keep, main
from winras.cli._output import Progress
from winras.testing import Simulator

OFFICE = "Office VPN"
WINRAS = (sys.executable, "-m", "winras")

#: A line: when, with the date and the offset from UTC; what; of which entry; why.
LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d)  ([a-z ]{12})  (.+?): (.+)")


@pytest.fixture
def ras() -> Iterator[Simulator]:
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, dial_seconds=1.0, hang_up_seconds=0.5)
        simulator.ignore_leftovers()
        yield simulator


def run(*arguments: str) -> int:
    try:
        return main(("keep", *arguments))
    except SystemExit as end:
        return int(str(end.code))


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The kinds of the events that were printed."""
    return told_in(capsys.readouterr().out)


def told_in(text: str) -> list[str]:
    lines = [LINE.fullmatch(line) for line in text.splitlines()]
    return [line[2].strip() for line in lines if line]


# ---- --once ----


def test_once_ends_as_soon_as_it_is_up_and_leaves_it_up(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(OFFICE, "--once") == 0
    out = capsys.readouterr().out
    assert "it is up, which is all that was asked, and it is left up" in out
    assert "as long as asked" not in out
    assert winras.get_connection(OFFICE).status().state is winras.ConnectionState.Connected
    assert ras.calls("RasDial") == 1


def test_once_dials_nothing_that_is_up(ras: Simulator) -> None:
    ras.connect(OFFICE, dial_seconds=0.0)
    assert run(OFFICE, "--once") == 0
    assert ras.calls("RasDial") == 0
    assert len(winras.connections()) == 1


def test_once_dials_until_it_is_up(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.fail("RasDial", 678, times=3)
    assert run(OFFICE, "--once") == 0
    assert told(capsys).count("failed") == 3
    assert ras.calls("RasDial") == 4


def test_once_is_4_if_it_is_not_up_in_time(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.fail("RasDial", 678, times=None)
    assert run(OFFICE, "--once", "--timeout", "30") == 4
    error = capsys.readouterr().err
    assert "1460 ERROR_TIMEOUT: 'Office VPN' is not up after 30 s; its last error was 678 " in error
    assert ras.now >= 30.0


# ---- until it is to end ----


def test_it_ends_at_its_timeout_with_0_and_leaves_it_up(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(OFFICE, "--timeout", "60") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == ["dialling", "connected", "stopped"]
    assert lines[-1].endswith("it has gone on for as long as asked, and it is left up")
    assert ras.now >= 60.0
    assert len(winras.connections()) == 1


def test_it_hangs_up_at_its_end_if_it_is_to(ras: Simulator) -> None:
    assert run(OFFICE, "--timeout", "60", "--hang-up-at-end") == 0
    ras.assert_gone(OFFICE)


def test_it_dials_again_after_a_drop(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.connect(OFFICE, dial_seconds=0.0)
    ras.drop(OFFICE, error=829, at=30.0)
    assert run(OFFICE, "--timeout", "60") == 0
    kinds = told(capsys)
    assert kinds[:1] == ["connected"]
    assert kinds[kinds.index("dropped") :][-3:] == ["dialling", "connected", "stopped"]
    assert len(winras.connections()) == 1


@pytest.mark.usefixtures("ras")
def test_a_line_says_when_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(OFFICE, "--once") == 0
    [*lines] = capsys.readouterr().out.splitlines()
    assert lines
    for line in lines:
        at, _, entry, reason = LINE.fullmatch(line).groups()  # type: ignore[union-attr]
        assert at.startswith(("1999-12-31", "2000-01-01"))
        assert entry == OFFICE
        assert reason


def test_json_lines_have_their_form(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.connect(OFFICE, dial_seconds=0.0)
    ras.drop(OFFICE, error=829, at=30.0)
    ras.fail("RasDial", 678)
    assert run(OFFICE, "--timeout", "60", "--json") == 0
    events = check("keep", capsys.readouterr().out)
    kinds = [event["kind"] for event in events]  # type: ignore[index]
    assert {"connected", "dropped", "dialling", "failed", "stopped"} <= set(kinds)


# ---- what dialling again cannot mend ----


def test_refused_credentials_end_it_with_1_after_one_dial(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.fail("RasDial", 691, times=None)
    assert run(OFFICE) == 1
    assert "691 ERROR_AUTHENTICATION_FAILURE" in capsys.readouterr().err
    assert ras.calls("RasDial") == 1


def test_if_it_waits_for_credentials_it_does_not_dial_again(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.fail("RasDial", 691, times=None)
    assert run(OFFICE, "--wait-for-credentials", "--timeout", "100000") == 0
    out = capsys.readouterr().out
    assert "so it waits until it is told to dial or another program connects it" in out
    assert ras.calls("RasDial") == 1


def test_an_error_is_told_as_json_too(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.fail("RasDial", 691, times=None)
    assert run(OFFICE, "--json") == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["code"] == 691


def test_an_entry_that_is_not_there_is_3(ras: Simulator) -> None:
    assert run("Ofice VPN") == 3
    assert ras.calls("RasDial") == 0


def test_without_ras_it_is_5(ras: Simulator) -> None:
    ras.set_service("disabled")
    assert run(OFFICE, "--timeout", "60") == 5


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--once", "--hang-up-at-end"), "it does not go with --hang-up-at-end"),
        (("--probe-every", "5"), "--probe-every needs --probe"),
        (("--probe", "nowhere"), "--probe must be"),
        (("--probe", "a:80", "--probe-every", "0"), "--probe-every must be more than 0 seconds"),
        (("--longest-delay", "0"), "--longest-delay must be at least"),
        (("--dial-timeout", "0"), "--dial-timeout must be more than 0 seconds"),
        (("--domain", "WORK"), "need --user"),
    ],
)
def test_wrong_usage_is_told_in_the_words_of_the_command(
    ras: Simulator,
    arguments: tuple[str, ...],
    problem: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(OFFICE, *arguments) == 2
    assert problem in capsys.readouterr().err
    assert ras.calls("RasDial") == 0


# ---- signals ----


SIGNALLED = """
import signal, sys, threading, time
from ctrl_c import press_ctrl_c
import winras
from winras import _keeping
from winras.cli import _keep, main
from winras.testing import Simulator

# Whether a hang-up is over does not depend on how busy the machine is; how long it took is tested.
_keeping._END_SECONDS = 300.0

def end():
    global sent
    is_told.wait()
    sent = time.monotonic()
    press_ctrl_c() if name == "SIGINT" else signal.raise_signal(getattr(signal, name))

def tell(line):
    print(line)
    if kind in line:
        is_told.set()

_keep.print_line = tell
is_told = threading.Event()
_, name, kind, dial_seconds, *arguments = sys.argv
with Simulator() as ras:
    ras.ignore_leftovers()
    ras.add_entry("Office VPN", dial_seconds=float(dial_seconds), hang_up_seconds=0.1)
    threading.Thread(target=end, daemon=True).start()
    code = main(["keep", "Office VPN", *arguments])
    print("ended", code, time.monotonic() - sent, len(winras.connections()))
"""

SIGNALS = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK", "SIGINT") if hasattr(signal, name)]


def signalled(name: str, kind: str, *arguments: str) -> tuple[tuple[int, int], float]:
    """How it ends after a signal at an event of that kind: its code, what is up; how soon."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, name, kind, *arguments],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    _, code, took, up = done.stdout.splitlines()[-1].split()
    return (int(code), int(up)), float(took)


@pytest.mark.parametrize(("arguments", "up"), [((), 1), (("--hang-up-at-end",), 0)])
@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_ends_it_within_a_second(name: str, arguments: tuple[str, ...], up: int) -> None:
    """In the C runtime of Windows, Ctrl+Break is SIGBREAK: Microsoft's page *signal*."""
    ended = quick(lambda: signalled(name, "connected", "0.1", *arguments), 1.0)
    assert ended == (130 if name == "SIGINT" else 0, up)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_ends_a_dial_and_hangs_up(name: str) -> None:
    """--once has not been met then."""
    ended = quick(lambda: signalled(name, "dialling", "600", "--once"), 1.0)
    assert ended == (130, 0)


# ---- two at once ----


def test_a_second_one_stands_by_and_takes_over() -> None:
    with Simulator() as ras:
        ras.ignore_leftovers()
        ras.add_entry(OFFICE, dial_seconds=0.1)
        ras.serve()
        keep = [*WINRAS, "--join", ras.name, "keep", OFFICE, "--json"]
        with contextlib.ExitStack() as stack:
            keepers = {}
            for _ in range(2):
                process = stack.enter_context(
                    subprocess.Popen(keep, stdout=subprocess.PIPE, text=True)
                )
                stack.callback(process.kill)
                keepers[next_kind(process)] = process
            assert keepers.keys() == {"dialling", "standing_by"}
            while next_kind(keepers["dialling"]) != "connected":
                pass
            keepers["dialling"].kill()
            keepers["dialling"].wait(HANG)
            while next_kind(keepers["standing_by"]) != "connected":
                pass
            ras.drop(OFFICE)
            while next_kind(keepers["standing_by"]) != "connected":
                pass
        assert ras.calls("RasDial") == 2


def test_once_is_met_by_what_another_one_keeps_up() -> None:
    with Simulator() as ras:
        ras.ignore_leftovers()
        ras.add_entry(OFFICE, dial_seconds=0.1)
        ras.serve()
        keep = [*WINRAS, "--join", ras.name, "keep", OFFICE, "--json"]
        with subprocess.Popen(keep, stdout=subprocess.PIPE, text=True) as process:
            while next_kind(process) != "connected":
                pass
            once = subprocess.run(
                [*keep, "--once"], capture_output=True, text=True, check=True, timeout=HANG
            )
            process.kill()
        kinds = [json.loads(line)["kind"] for line in once.stdout.splitlines()]
        assert kinds == ["standing_by", "stopped"]
        assert "it is up, which is all that was asked" in once.stdout
        assert ras.calls("RasDial") == 1


def next_kind(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["kind"])


# ---- the live line ----


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_more_line_shows_how_it_is(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    with contextlib.redirect_stderr(screen):
        assert run(OFFICE, "--timeout", "60") == 0
    shown = [line.strip() for line in screen.getvalue().split("\r")]
    assert any(line.startswith("Office VPN: ") for line in shown)
    assert shown[-1] == ""  # it is erased at the end
    assert told(capsys) == ["dialling", "connected", "stopped"]
    assert ras.calls("RasDial") == 1


def test_with_json_there_is_no_live_line(ras: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    with contextlib.redirect_stderr(screen):
        assert run(OFFICE, "--timeout", "60", "--json") == 0
    assert screen.getvalue().strip("\r ") == ""
    assert ras.calls("RasDial") == 1


def happened(ras: Simulator, kind: KeepEventKind, **facts: object) -> KeepEvent:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=ras.now)
    return KeepEvent(kind=kind, at=at, entry=OFFICE, reason="", **facts)  # type: ignore[arg-type]


@pytest.mark.usefixtures("capsys")
def test_the_live_line_has_what_is_and_what_has_been() -> None:
    with Simulator(clock="manual") as ras:
        options = argparse.Namespace(json=False, once=False, timeout=None)
        keeping = _keep._Keeping(options, Progress(lines=False))
        assert keeping._live_line() == ""
        keeping.tell(happened(ras, KeepEventKind.connected))
        ras.advance(7980.5)
        for passing in (KeepEventKind.resumed, KeepEventKind.unhealthy):
            keeping.tell(happened(ras, passing))
        assert keeping._live_line() == "Office VPN: up for 2 h 13 min"
        keeping.tell(happened(ras, KeepEventKind.dropped, seconds=90.0))
        ras.advance(20.0)
        now = datetime(2000, 1, 1, 2, 13, tzinfo=UTC).astimezone()
        dropped = f"1 drop, last {now:%H:%M}"
        assert keeping._live_line() == f"Office VPN: dropped for 20 s, 1 min 10 s left, {dropped}"
        keeping.tell(happened(ras, KeepEventKind.left_down))
        ras.advance(86400.0 * 3)
        assert keeping._live_line() == f"Office VPN: left down for 3 d 0 h, {dropped}"


@pytest.mark.usefixtures("capsys")
def test_the_live_line_is_written_only_when_it_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(Progress, "show", lambda _self, _line, live: lines.append(live))
    with Simulator(clock="manual") as ras:
        options = argparse.Namespace(json=False, once=False, timeout=60.0)
        keeping = _keep._Keeping(options, Progress(lines=False))
        keeping.tell(happened(ras, KeepEventKind.connected))
        for _ in range(4):
            assert not keeping.is_over()
            ras.advance(0.5)
    assert lines == ["", "Office VPN: up for 0 s", "Office VPN: up for 1 s"]


def test_the_kinds_in_the_schema_are_those_of_the_events() -> None:
    kinds = FORMS["keep"]["properties"]["kind"]["enum"]
    assert kinds == [kind.value for kind in KeepEventKind]


# ---- --log ----


def test_what_is_printed_is_in_the_log_too_after_what_is_there(
    ras: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "keep.log"
    log.write_text("before\n", encoding="utf-8")
    ras.connect(OFFICE, dial_seconds=0.0)
    ras.drop(OFFICE, error=829, at=30.0)
    assert run(OFFICE, "--timeout", "60", "--log", str(log)) == 0
    before, *lines = log.read_text(encoding="utf-8").splitlines()
    assert before == "before"
    assert lines == capsys.readouterr().out.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)


def test_with_json_the_log_has_json_lines(
    ras: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "keep.log"
    ras.add_entry("Büro", user="ann", password="right")
    assert run("Büro", "--json", "--log", str(log)) == 1
    text = log.read_text(encoding="utf-8")
    assert text == capsys.readouterr().out
    assert text.isascii()
    *events, end = map(json.loads, text.splitlines())
    assert [event["kind"] for event in events] == ["dialling", "stopped"]
    assert end["error"]["code"] == 691


def test_an_error_that_ends_it_is_in_the_log(ras: Simulator, tmp_path: Path) -> None:
    """A task keeps no standard error, and before its first event nothing else tells why."""
    log = tmp_path / "keep.log"
    assert run("Ofice VPN", "--log", str(log)) == 3
    assert ras.calls("RasDial") == 0
    (line,) = log.read_text(encoding="utf-8").splitlines()
    _, kind, entry, reason = LINE.fullmatch(line).groups()  # type: ignore[union-attr]
    assert (kind.strip(), entry) == ("error", "Ofice VPN")
    assert "did you mean 'Office VPN'" in reason


def test_a_log_has_two_files_of_a_size_at_most(
    ras: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_keep, "_MOST_BYTES", 1000)
    log, older = tmp_path / "keep.log", tmp_path / "keep.log.1"
    ras.fail("RasDial", 678, times=None)
    assert run(OFFICE, "--timeout", "7200", "--log", str(log)) == 0
    assert sorted(tmp_path.iterdir()) == [log, older]
    for path in (log, older):
        assert path.stat().st_size < 1300
    lines = (older.read_text("utf-8") + log.read_text("utf-8")).splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert "stopped" in lines[-1]


@pytest.mark.parametrize(("lines", "left"), [(300_000, 300_003), (500_000, 3)])
def test_a_log_that_cannot_be_moved_begins_anew_when_it_has_twice_its_size(
    lines: int, left: int, tmp_path: Path, ras: Simulator
) -> None:
    """As on Windows while another program has it open without FILE_SHARE_DELETE."""
    log = tmp_path / "keep.log"
    log.write_text("old\n" * lines, encoding="utf-8")
    (tmp_path / "keep.log.1" / "in the way").mkdir(parents=True)
    assert run(OFFICE, "--once", "--log", str(log)) == 0
    assert ras.calls("RasDial") == 1
    assert len(log.read_text("utf-8").splitlines()) == left


# Its path, and the two that write it.
FullLog = tuple[Path, _keep._Log, _keep._Log]


@pytest.fixture
def full_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FullLog:
    monkeypatch.setattr(_keep, "_MOST_BYTES", 1000)
    log = tmp_path / "keep.log"
    log.write_bytes(b"old\n" * 300)
    first, second = _keep._Log(str(log)), _keep._Log(str(log))
    return log, first, second


def test_of_two_keepers_with_one_full_log_one_moves_it(
    full_log: FullLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the second moves what the first has just begun over what that has moved."""
    log, first, second = full_log
    getsize, seen = os.path.getsize, []

    def getsize_and_let_the_other_move(path: str) -> int:
        size = getsize(path)
        if not seen:
            seen.append(size)
            second.append("of the second")
        return size

    monkeypatch.setattr(os.path, "getsize", getsize_and_let_the_other_move)
    first.append("of the first")
    assert seen == [1200]
    assert Path(f"{log}.1").stat().st_size == 1200
    assert log.read_text("utf-8").splitlines() == ["of the second", "of the first"]


def test_a_log_that_another_keeper_moves_just_now_is_left_to_it(
    full_log: FullLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, first, second = full_log
    replace, calls = os.replace, []

    def replace_late(source: str, target: str) -> None:
        calls.append(source)
        second.append("of the second")
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_late)
    first.append("of the first")
    assert calls == [str(log)]
    assert Path(f"{log}.1").read_text("utf-8").endswith("of the second\n")
    assert log.read_text("utf-8").splitlines() == ["of the first"]


@pytest.mark.parametrize("where", ["none/keep.log", "."])
def test_a_log_that_cannot_be_written_is_an_error_at_the_start(
    where: str, ras: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(OFFICE, "--log", str(tmp_path / where)) == 2
    error = capsys.readouterr().err
    assert re.search(r"--log cannot write '.+': .+; name a file in a folder that exists", error)
    assert ras.calls("RasDial") == 0


def test_a_log_that_cannot_be_written_any_more_is_told_once_and_ends_nothing(
    ras: Simulator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "keep.log"
    ras.connect(OFFICE, dial_seconds=0.0)
    ras.drop(OFFICE, error=829, at=30.0)

    def lose_and_find(line: str) -> None:
        print(line)
        if "  dropped  " in line:
            log.unlink()
            folder.rmdir()
        if "  dialling " in line:
            folder.mkdir()

    monkeypatch.setattr(_keep, "print_line", lose_and_find)
    assert run(OFFICE, "--timeout", "60", "--log", str(log)) == 0
    printed = capsys.readouterr()
    assert told_in(printed.out) == ["connected", "dropped", "dialling", "connected", "stopped"]
    assert len(re.findall("cannot write the log", printed.err)) == 1
    assert told_in(log.read_text("utf-8")) == ["connected", "stopped"]


def test_what_interrupts_it_is_in_the_log(
    ras: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(line: str) -> None:
        if "  connected  " in line:
            raise KeyboardInterrupt

    monkeypatch.setattr(_keep, "print_line", interrupt)
    log = tmp_path / "keep.log"
    assert run(OFFICE, "--log", str(log)) == 130
    assert ras.calls("RasDial") == 1
    lines = log.read_text("utf-8").splitlines()
    assert told_in("\n".join(lines)) == ["dialling", "connected", "error"]
    assert lines[-1].endswith("Office VPN: KeyboardInterrupt")


# ---- who reads it ----


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/full")
def test_a_full_disk_ends_nothing_before_its_time(tmp_path: Path) -> None:
    scenario = tmp_path / "quiet.toml"
    scenario.write_text('[[entry]]\nname = "A"\ndial_seconds = 0.1\n', encoding="utf-8")
    began = time.monotonic()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*WINRAS, "--simulate", str(scenario), "keep", "A", "--timeout", "1.5"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=HANG,
        )
    assert time.monotonic() - began >= 1.5
    assert done.returncode == 1
    assert done.stderr == "winras: cannot write: No space left on device\n"
