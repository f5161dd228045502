"""The live views: what is in a frame, and what the terminal and a pipe's reader get."""

from __future__ import annotations

import codecs
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
from pathlib import Path

import pytest

import winras
from patience import HANG, quick
from winras._text import width
from winras.cli import _live, _watch, main
from winras.cli._live import Screen, pause_for
from winras.cli._watch import frame
from winras.testing import Simulator

OFFICE = str(Path(__file__).parents[1] / "examples/office.toml")
QUIET = '[[entry]]\nname = "A"\nconnected = true\n'
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    """A terminal in the memory, with the encoding of a console."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text.encode(self._encoding)  # or raise, as a console does
        return super().write(text)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(params=["rich", "plain"])
def look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the extra "cli", and without it."""
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "rich", None)
    return str(request.param)


@contextlib.contextmanager
def terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int = 80, lines: int = 24, encoding: str = "utf-8"
) -> Iterator[Terminal]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    screen = Terminal(encoding)
    with contextlib.redirect_stdout(screen):
        yield screen


def rows(number: int) -> list[tuple[str, ...]]:
    return [
        (f"Büro 東京 {n}", "Connected", "10:00:00", "2.6 MB/s", "340 kB/s", "10:00:00 connected")
        for n in range(number)
    ]


LOG = [f"10:00:{n:02}  disconnected       Büro 東京 {n}" for n in range(30)]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp850", "cp1252", "ascii"])
@pytest.mark.parametrize("room", [(79, 24), (199, 50), (30, 10), (12, 3), (2, 1)])
@pytest.mark.parametrize("number", [0, 1, 40])
def test_a_frame_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, number: int, room: tuple[int, int], encoding: str
) -> None:
    with terminal(monkeypatch, *room, encoding):
        told = frame(rows(number), LOG, room)
    assert len(told) <= room[1]
    for line in told:
        line.encode(encoding)
        assert width(COLOURS.sub("", line)) <= room[0]


@pytest.mark.usefixtures("look")
def test_what_does_not_fit_is_counted_and_the_last_events_stay_in_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with terminal(monkeypatch):
        told = [COLOURS.sub("", line) for line in frame(rows(40), LOG, (79, 24))]
    assert told[0].startswith("40 connections are up")
    assert len(told) == 24
    shown = [line for line in told if line.startswith("Büro")]
    assert f"... and {40 - len(shown)} more" in told
    assert told[-5:] == LOG[-5:]
    with terminal(monkeypatch):
        told = frame(rows(40), LOG, (79, 60))
    assert not any("more" in line for line in told)


@pytest.mark.usefixtures("look")
def test_where_there_is_little_room_the_last_columns_go(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch):
        _, header, *_, row = [COLOURS.sub("", line) for line in frame(rows(1), [], (57, 24))]
    assert header.split()[-1] == "SENT"
    assert row.split()[2:] == ["0", "Connected", "10:00:00", "2.6", "MB/s", "340", "kB/s"]


@pytest.mark.usefixtures("look")
def test_the_log_takes_the_lines_that_connections_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch):
        assert frame([], LOG, (79, 24))[-22:] == LOG[-22:]
        assert frame([], [], (79, 24)) == ["no connections are up; Ctrl+C ends this"]
        assert frame(rows(1), [], (79, 24))[0] == "1 connection is up; Ctrl+C ends this"


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch):
        assert "\x1b[32m" in "".join(frame(rows(1), [], (79, 24)))
        monkeypatch.setenv("NO_COLOR", "1")
        drawn = "".join(frame(rows(1), [], (79, 24)))
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", drawn)


# ---- the screen ----


def test_a_frame_is_written_once_and_again_after_a_resize(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as told, Screen() as screen:
        enter, drawn = "\x1b[?1049h\x1b[?25l", "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J"
        screen.draw(["a", "b"])
        assert told.getvalue() == enter + drawn
        screen.draw(["a", "b"])
        assert told.getvalue() == enter + drawn
        assert not screen.is_resized()
        monkeypatch.setenv("COLUMNS", "100")
        assert screen.is_resized()
        screen.draw(["a", "b"])
        assert told.getvalue() == enter + 2 * drawn


def test_the_last_frame_stays_when_the_screen_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as told:
        with pytest.raises(KeyboardInterrupt):
            _interrupted()
        assert told.getvalue().endswith("\x1b[?25h\x1b[?1049la\nb\n")


def _interrupted() -> None:
    with Screen() as screen:
        screen.draw(["a", "b"])
        raise KeyboardInterrupt


# ---- the commands ----


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp850", "cp1252", "ascii"])
def test_watch_is_live_on_a_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    with (
        terminal(monkeypatch, encoding=encoding) as told,
        Simulator(clock="auto", scenario=OFFICE) as ras,
    ):
        ras.add_entry("Büro 東京")
        ras.connect("Büro 東京", at=3.0)
        assert main(["watch", "--count", "2"]) == 0
    last = COLOURS.sub("", told.getvalue().rpartition("\x1b[?1049l")[2]).splitlines()
    assert last[0] == "2 connections are up; Ctrl+C ends this"
    [office] = [line for line in last if line.startswith("Office VPN")]
    assert office.split()[2] == "Connected"
    assert [line.split()[1] for line in last[-2:]] == ["disconnected", "connected"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp850", "cp1252", "ascii"])
def test_no_encoding_of_a_console_ends_a_command(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    name = "Büro 東京 \U0001f680 \ud83d"
    for command in (
        ("list",),
        ("status", name),
        ("stats", name),
        ("entries",),
        ("entries", "show", name),
        ("devices",),
        ("watch", "--timeout", "1"),
        ("dial", name),
        ("hangup", name),
    ):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with Simulator(clock="auto") as ras:
            ras.add_entry(name, device_name="WAN Miniport (IKEv2) 東京", phone_number="東京")
            ras.connect(name)
            assert main(command) == 0
        out.flush()
        told = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        assert (name[:4] if encoding != "ascii" else "B\\xfcro") in told or command[0] == "devices"


@pytest.mark.parametrize("command", [("watch", "--timeout", "3"), ("stats", "A", "--count", "2")])
def test_a_dumb_terminal_gets_lines(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with terminal(monkeypatch) as told, Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        assert main(command) == 0
    assert "\x1b" not in told.getvalue()
    assert "A" in told.getvalue()


def test_json_is_never_live(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as told, Simulator(clock="auto", scenario=OFFICE):
        assert main(["watch", "--json", "--initial", "--count", "1"]) == 0
    events = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [(event["kind"], event["name"]) for event in events] == [
        ("connected", "Office VPN"),
        ("connected", "Branch VPN"),
        ("disconnected", "Branch VPN"),
    ]


@pytest.mark.usefixtures("look")
def test_stats_shows_totals_and_rates_live(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, 46, 6) as told, Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.set_traffic("A", sent=500, received=2_000_000)
        assert main(["stats", "A", "--every", "2", "--count", "3"]) == 0
        assert ras.now == 6.0
    last = told.getvalue().rpartition("\x1b[?1049l")[2].splitlines()
    assert len(last) == 6
    assert "3.0 kB (500 B/s)" in last[2]
    assert "12.0 MB (2.0 MB/s)" in last[3]


def test_a_connection_without_statistics_has_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch), Simulator(clock="manual") as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.fail("RasGetConnectionStatistics", 127)
        with winras.watch(initial=True) as events:
            view = _watch._View([next(events)])
        for _ in range(3):
            view.refresh((79, 24))
        row = view.frame((79, 24))[-1]
        assert ras.calls("RasGetConnectionStatistics") == 1
    assert COLOURS.sub("", row).split() == ["A", "Connected", "-", "-", "-", "-"]


@pytest.mark.parametrize("number", [1, 40])
def test_a_live_view_makes_few_calls(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    with terminal(monkeypatch), Simulator(clock="manual") as ras:
        for n in range(number):
            ras.add_entry(f"A{n}")
            ras.connect(f"A{n}")
        with winras.watch(initial=True) as events:
            view = _watch._View(list(iter(events.next_told, None)))
        view.refresh((79, 24))
        counted = (
            "RasEnumConnections",
            "RasGetConnectStatus",
            "RasGetConnectionStatistics",
        )
        before = sum(map(ras.calls, counted))
        view.refresh((79, 24))
        made = sum(map(ras.calls, counted)) - before
        assert made <= 12 * view.pause()
    assert pause_for(1) == 1.0


# ---- list --watch ----


def list_changes(monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Run it while A is up, then B too, then neither, each told by an event or a new look."""
    with Simulator(clock="auto") as ras:
        for name in "AB":
            ras.add_entry(name)
        ras.connect("A")
        ras.connect("B", at=1.0)
        ras.drop("A", at=2.0)
        ras.drop("B", at=2.0)

        watch = winras.watch
        monkeypatch.setattr(winras._watching, "watch", lambda: watch(timeout=3.0))
        assert main(["list", "--watch", *more]) == 0


def test_list_watch_tells_the_list_after_each_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    list_changes(monkeypatch)
    told = capsys.readouterr().out.split("\n\n")
    assert [[line.split()[0] for line in one.splitlines()] for one in told] == [
        ["NAME", "A"],
        ["NAME", "A", "B"],
        ["No"],
        [],
    ]
    list_changes(monkeypatch, "--json")
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[one["name"] for one in rows] for rows in told] == [["A"], ["A", "B"], []]


@pytest.mark.usefixtures("look")
def test_list_watch_is_live_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, 60, 3) as told:
        list_changes(monkeypatch)
    frames = [COLOURS.sub("", frame) for frame in told.getvalue().split("\x1b[H")]
    assert all(frame.count("\r\n") < 3 for frame in frames)
    assert any("... and 2 more" in frame or "B  " in frame for frame in frames)
    assert frames[-1].endswith("\x1b[?1049lNo RAS connection is up.\n")


# ---- who reads it ----


@pytest.mark.parametrize(
    "command",
    [
        ("watch",),
        ("watch", "--json"),
        ("list", "--watch"),
        ("stats", "A", "--every", "99"),
        ("keep", "A"),
    ],
)
def test_a_closed_pipe_ends_it_at_once(tmp_path: Path, command: tuple[str, ...]) -> None:
    scenario = tmp_path / "quiet.toml"
    scenario.write_text(QUIET, encoding="utf-8")

    def run() -> tuple[int, float]:
        with subprocess.Popen(
            [sys.executable, "-u", "-c", BEGUN, "--simulate", str(scenario), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stderr.readline().strip() == b"begun"
            begun = time.monotonic()
            process.stdout.close()
            code = process.wait(HANG)
            assert process.stderr.read() == b""
        return code, time.monotonic() - begun

    # A slice is 250 ms, and Python needs some time to end.
    assert quick(run, 1.0) == 0


# Says on stderr that the wait has begun.
BEGUN = """
import sys
from winras.cli import _live, _stats, main
is_unread, told = _live.is_unread, []
def tell():
    if not told:
        told.append(print("begun", file=sys.stderr, flush=True))
    return is_unread()
_live.is_unread = tell
sys.exit(main(sys.argv[1:]))
"""


@contextlib.contextmanager
def live(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command on a terminal of its own, whose other end is given too."""
    pty = pytest.importorskip("pty")
    controller, ours = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "winras", *arguments],
        stdin=ours,
        stdout=ours,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: _take_terminal(ours),  # noqa: PLW1509  no threads here
        env={**os.environ, "COLUMNS": "80", "LINES": "24"},
    ) as process:
        os.close(ours)
        yield process, controller
    os.close(controller)


def read_until(controller: int, wanted: bytes) -> bytes:
    shown = b""
    while wanted not in shown:
        shown += os.read(controller, 4096)
    return shown


def read_rest(controller: int) -> bytes:
    shown = b""
    with contextlib.suppress(OSError):
        while more := os.read(controller, 4096):
            shown += more
    return shown


@pytest.fixture
def quiet(tmp_path: Path) -> str:
    path = tmp_path / "quiet.toml"
    path.write_text(QUIET, encoding="utf-8")
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ctrl_c_leaves_the_terminal_clean(quiet: str) -> None:
    with live("--simulate", quiet, "watch") as (process, controller):
        shown = read_until(controller, b"\x1b[J")
        os.write(controller, b"\x03")
        assert process.wait(HANG) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b"interrupted\n"
        shown += read_rest(controller)
    assert shown.startswith((b"\x1b[?1049h\x1b[?25l", b"^C\x1b[?1049h"))
    assert b"\x1b[?25h\x1b[?1049l1 connection is up" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
@pytest.mark.parametrize("view", [["watch"], ["list", "--watch"], ["stats", "A", "--watch"]])
def test_a_signal_that_ends_it_leaves_the_terminal_clean(
    quiet: str, name: str, view: list[str]
) -> None:
    number = getattr(signal, name)
    with live("--simulate", quiet, *view) as (process, controller):
        read_until(controller, b"\x1b[J")
        process.send_signal(number)
        assert process.wait(HANG) == -number  # of itself, as its parent expects
        assert read_rest(controller).endswith(b"\x1b[?25h\x1b[?1049l")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_view_that_is_stopped_is_drawn_again_when_it_goes_on(quiet: str) -> None:
    with live("--simulate", quiet, "watch") as (process, controller):
        read_until(controller, b"\x1b[J")
        process.send_signal(signal.SIGTSTP)
        # A process group without a parent that could continue it is not stopped at all.
        shown = read_until(controller, b"\x1b[?25h\x1b[?1049l")
        process.send_signal(signal.SIGCONT)
        if b"\x1b[?1049h" not in shown:
            read_until(controller, b"\x1b[?1049h")
        process.send_signal(signal.SIGINT)
        assert process.wait(HANG) == 130
        assert read_rest(controller).count(b"\x1b[?1049l") == 1


def test_signals_are_handled_only_while_there_is_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with terminal(monkeypatch), Screen():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("look")
def test_rows_that_cannot_be_in_sight_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rows(list[tuple[str, ...]]):
        def __iter__(self) -> Iterator[tuple[str, ...]]:
            raise AssertionError("all of them are drawn")

    with terminal(monkeypatch):
        told = _live.fitting_table(["NAME"], Rows(("A",) for _ in range(2000)), 79, 24)
    assert len(told) == 24
    in_sight = [line.strip() for line in told].count("A")
    assert told[-1] == f"... and {2000 - in_sight} more"


def _take_terminal(descriptor: int) -> None:
    import fcntl  # noqa: PLC0415  POSIX only
    import termios  # noqa: PLC0415

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


def test_the_code_pages_of_this_test_are_some_that_lack_characters() -> None:
    for name in ("cp437", "cp850", "cp1252", "ascii"):
        with pytest.raises(UnicodeEncodeError):
            codecs.encode("東", name)


def test_a_text_in_the_memory_is_read() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert not _live.is_unread()
