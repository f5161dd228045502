"""The winras command: output, exit codes and the errors of its users."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

import winras
from winras.cli import main
from winras.testing import DEFAULT_PHONEBOOK, Simulator

OFFICE = str(Path(__file__).parents[1] / "examples/office.toml")

NEVER = '[[entry]]\nname = "Slow"\nconnected = true\nhang_up_seconds = inf\n'


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return int(str(end.code))


@pytest.fixture
def never(tmp_path: Path) -> str:
    path = tmp_path / "never.toml"
    path.write_text(NEVER, encoding="utf-8")
    return str(path)


def test_list_json_is_an_array_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "list", "--json") == 0
    office, branch = json.loads(capsys.readouterr().out)
    assert branch["name"] == "Branch VPN"
    assert isinstance(office.pop("handle"), int)
    assert len(office.pop("entry_id")) == 36
    assert office == {
        "name": "Office VPN",
        "state": "Connected",
        "device_type": "vpn",
        "device_name": "WAN Miniport (IKEv2)",
        "phonebook": DEFAULT_PHONEBOOK,
    }


def test_an_empty_list_is_an_empty_array_and_no_error(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ras.now == 0
    assert run("list", "--json") == 0
    assert capsys.readouterr().out == "[]\n"
    assert run("list") == 0
    assert capsys.readouterr().out == "No RAS connection is up.\n"


def test_what_is_absent_is_null(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.add_entry(phone_number="5550100", device_type="modem")
    ras.connect(".5550100")
    assert run("list", "--json") == 0
    [direct] = json.loads(capsys.readouterr().out)
    assert direct["phonebook"] is None
    assert direct["entry_id"] is None


def test_json_is_ascii_and_half_a_pair_crashes_nothing(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("Büro \U0001f680 \ud83d")
    ras.connect("Büro \U0001f680 \ud83d")
    assert run("list", "--json") == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out)[0]["name"] == "Büro \U0001f680 \ud83d"


def test_a_name_that_the_console_cannot_show_is_escaped(tmp_path: Path) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text('[[entry]]\nname = "Büro 東京"\nconnected = true\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "winras", "--simulate", str(scenario), "list"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp437"},
        check=True,
    )
    header, row = done.stdout.decode("cp437").splitlines()
    assert row.startswith("Büro \\u6771\\u4eac")
    assert header.index("STATE") == row.index("Connected")


def test_list_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "list") == 0
    header, office, _ = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "STATE", "DEVICE", "TYPE", "DEVICE", "HANDLE"]
    assert office.startswith("Office VPN  Connected")


def test_a_list_can_be_printed_into_a_text() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert run("--simulate", OFFICE, "list") == 0
    assert "Office VPN" in told.getvalue()


def test_what_ends_between_list_and_status_is_left_out(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A")
    ras.connect("A")
    ras.fail("RasGetConnectStatus", 6)
    assert run("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_status_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "status", "office vpn", "--json") == 0
    status = json.loads(capsys.readouterr().out)
    assert isinstance(status.pop("handle"), int)
    assert status == {
        "name": "Office VPN",
        "state": "Connected",
        "substate": "None",
        "error": 0,
        "device_type": "vpn",
        "device_name": "WAN Miniport (IKEv2)",
        "phone_number": "vpn.example.com",
        "local_endpoint": None,
        "remote_endpoint": "203.0.113.7",
    }


def test_status_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "status", "Office VPN") == 0
    assert "remote endpoint  203.0.113.7" in capsys.readouterr().out


def test_an_unknown_name_is_3_with_near_matches(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("status", "hangup"):
        assert run("--simulate", OFFICE, command, "Ofice VPN") == 3
        error = capsys.readouterr().err
        assert error.startswith("668 ERROR_NO_CONNECTION: ")
        assert "did you mean 'Office VPN'" in error
        assert error.count("\n") == 1


def test_one_name_in_two_phone_books_is_3_and_says_how_to_choose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "two.toml"
    scenario.write_text(
        '[[entry]]\nname = "A"\nconnected = true\nphonebook = "one.pbk"\n'
        '[[entry]]\nname = "A"\nconnected = true\nphonebook = "two.pbk"\n',
        encoding="utf-8",
    )
    simulate = ("--simulate", str(scenario))
    assert run(*simulate, "status", "A") == 3
    error = capsys.readouterr().err
    assert "phone book" in error
    assert '"one.pbk", "two.pbk"' in error
    assert "--phonebook" in error
    assert run(*simulate, "status", "A", "--phonebook", "two.pbk") == 0
    assert run(*simulate, "hangup", "A", "--phonebook", "one.pbk", "--json") == 0


def test_hangup_ends_a_connection(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "hangup", "branch vpn") == 0
    assert capsys.readouterr().out == "Branch VPN: gone\n"


def test_hangup_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "hangup", "--all", "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["gone"]) for one in told] == [
        ("Office VPN", True),
        ("Branch VPN", True),
    ]


def test_a_stuck_connection_takes_no_time_from_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "stuck.toml"
    others = "".join(
        f'[[entry]]\nname = "{name}"\nconnected = true\nhang_up_seconds = 0.2\n' for name in "AB"
    )
    scenario.write_text(NEVER + others, encoding="utf-8")
    assert run("--simulate", str(scenario), "hangup", "--all", "--yes", "--timeout", "0.5") == 4
    told = capsys.readouterr()
    assert told.out == "A: gone\nB: gone\n"
    assert told.err.count("\n") == 1


def test_watch_tells_people_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock=100, scenario=OFFICE):
        assert run("watch", "--timeout", "6") == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith("disconnected       Branch VPN")


def test_watch_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto", scenario=OFFICE):
        assert run("watch", "--json", "--count", "1") == 0
    [line] = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert isinstance(event.pop("handle"), int)
    assert event == {
        "kind": "disconnected",
        "name": "Branch VPN",
        "at": "2000-01-01T00:00:02.000Z",
        "source": "notification",
        "missed": False,
        "error": 0,
    }


def test_watch_says_what_was_missed(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.add_entry("A")
    event = winras.Event(
        winras.EventKind.disconnected,
        None,
        datetime(2000, 1, 1, tzinfo=UTC),
        winras.EventSource.notification,
        missed=True,
    )
    assert winras.cli._commands._describe_event(event)["name"] is None
    assert "came and went unseen" in winras.cli._commands.event_line(event)
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
def test_output_that_cannot_be_written_is_no_traceback(redirection: str) -> None:
    command = f'"{sys.executable}" -m winras --simulate "{OFFICE}" list {redirection}'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if "full" in redirection else 0)


def test_hangup_all_needs_yes(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.add_entry("A")
    ras.connect("A")
    assert run("hangup", "--all") == 2
    assert "--yes" in capsys.readouterr().err
    assert run("hangup") == 2
    assert run("hangup", "A", "--all") == 2
    assert ras.calls("RasHangUp") == 0
    assert run("hangup", "--all", "--yes") == 0
    assert run("hangup", "--all", "--yes") == 0
    assert capsys.readouterr().out == "A: gone\nNo RAS connection is up.\n"


def test_hangup_of_one_reference_says_that_others_hold_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Simulator(clock=100) as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.connect("A")
        assert run("hangup", "A", "--one-reference") == 0
        assert "others hold it" in capsys.readouterr().out
        assert run("hangup", "A", "--one-reference") == 0
        assert capsys.readouterr().out == "A: gone\n"


def test_a_hang_up_that_never_ends_is_4(capsys: pytest.CaptureFixture[str], never: str) -> None:
    with Simulator(clock=100, scenario=never):
        assert run("hangup", "Slow", "--timeout", "0.5") == 4
        assert capsys.readouterr().err.startswith("1460 ERROR_TIMEOUT: 'Slow' was hung up")


def test_all_are_hung_up_even_if_one_never_ends(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    scenario = tmp_path / "three.toml"
    scenario.write_text(NEVER + '[[entry]]\nname = "A"\nconnected = true\n', encoding="utf-8")
    with Simulator(clock=100, scenario=scenario):
        assert run("hangup", "--all", "--yes", "--timeout", "0.5", "--json") == 4
        assert [one["gone"] for one in json.loads(capsys.readouterr().out)] == [False, True]


def test_another_ras_error_is_1_and_one_line(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.fail("RasEnumConnections", 711)
    assert run("list") == 1
    error = capsys.readouterr().err
    assert error.startswith("711 ERROR_RASMAN_CANNOT_INITIALIZE: ")
    assert error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_no_ras_here_is_5_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["list"], ["status", "A"], ["hangup", "A"], ["watch"]):
        assert run(*command) == 5
        error = capsys.readouterr().err
        assert error.startswith("126 ERROR_MOD_NOT_FOUND: ")
        assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("691", "691 ERROR_AUTHENTICATION_FAILURE: "),
        ("0x33D", "829 ERROR_LINK_FAILURE: "),
        ("730", "730 ERROR_PROJECTION_NOT_COMPLETE: "),
        ("4711", "4711: There is no description"),
        ("-1", "4294967295: "),
    ],
)
def test_explain(code: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", code) == 0
    assert capsys.readouterr().out.startswith(expected)


def test_explain_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "4711", "--json") == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["code"], explained["name"]) == (4711, None)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("lst",),
        ("watch", "--count", "0"),
        ("watch", "--check-every", "0"),
        ("watch", "--timeout", "x"),
        ("list", "--jso"),
        ("--simu", OFFICE, "list"),
        ("explain", "six"),
        ("explain", "99999999999"),
        ("hangup", "A", "--timeout", "-1"),
        ("hangup", "A", "--timeout", "inf"),
        ("hangup", "A", "--timeout", "soon"),
        ("--simulate", OFFICE, "demo"),
    ],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "error: " in capsys.readouterr().err


def test_a_bad_scenario_is_2_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "bad.toml"
    scenario.write_text('[[entry]]\nname = "A"\ndial_secs = 1\n', encoding="utf-8")
    assert run("--simulate", str(scenario), "list") == 2
    assert "bad.toml, line 3" in capsys.readouterr().err
    scenario.write_text('[[entry]]\nname = "A"\ndial_seconds = -1\n', encoding="utf-8")
    assert run("--simulate", str(scenario), "list") == 2
    assert "line 3" in capsys.readouterr().err
    assert run("--simulate", str(tmp_path / "none.toml"), "list") == 2
    assert "none.toml" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("winras ")
    assert run("--help") == 0
    assert "exit codes" in capsys.readouterr().out


def test_demo_plays_its_story_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "winras", "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=15,
        check=True,
    )
    for word in (
        "watch() tells: connected 'Office VPN'",
        "watch() tells: bandwidth_added 'ISDN'",
        "finds 2",
        "error 829",
        "watch() tells: disconnected 'Branch VPN'",
        "hang_up() returned",
        "finds 0",
    ):
        assert word in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m winras --simulate "{OFFICE}" list | true'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


INTERRUPTED = """
import sys, threading, time
from ctrl_c import press_ctrl_c
from winras._native import lib
from winras.cli import main

def interrupt():
    global sent
    while lib.sim_wait_blocked(1, 250):
        pass
    sent = time.monotonic()
    press_ctrl_c()

threading.Thread(target=interrupt, daemon=True).start()
code = main(sys.argv[1:])
print(code, time.monotonic() - sent)
"""


def interrupt(*arguments: str) -> tuple[int, float, str]:
    """The exit code of a command that gets Ctrl+C in its wait, its seconds after it, its stderr."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    code, took = done.stdout.split()
    return int(code), float(took), done.stderr


@pytest.mark.parametrize(("hang_up_seconds", "waits"), [("inf", 3.0), ("1.0", 1.0)])
def test_ctrl_c_ends_hangup_soon_with_130(
    tmp_path: Path, hang_up_seconds: str, waits: float
) -> None:
    scenario = tmp_path / "slow.toml"
    scenario.write_text(NEVER.replace("inf", hang_up_seconds), encoding="utf-8")
    code, took, error = interrupt("--simulate", str(scenario), "hangup", "Slow")
    assert code == 130
    assert took < 0.5 + waits
    assert error == "interrupted; waiting for the port to close\n"


def test_ctrl_c_ends_watch_at_once_with_130() -> None:
    code, took, error = interrupt("--simulate", OFFICE, "watch")
    assert code == 130
    assert took < 0.5
    assert error == "interrupted\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_table(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "winras", "--simulate", OFFICE, "list"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        cwd=tmp_path,
    ) as process:
        os.close(terminal)
        shown = b""
        while b"Branch" not in shown:
            shown += os.read(controller, 4096)
        assert process.wait(timeout=10) == 0
    os.close(controller)
    assert "Office VPN" in shown.decode()


def test_the_command_is_installed() -> None:
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts"), "winras"), "explain", "691"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ERROR_AUTHENTICATION_FAILURE" in done.stdout


def test_exit_codes_of_errors_are_those_of_the_documentation() -> None:
    codes = {
        winras.RasError(753, "", ""): 1,
        winras.NotConnectedError(6, "", ""): 3,
        winras.EntryNotFoundError(623, "", ""): 3,
        winras.AmbiguousNameError(87, "", ""): 3,
        winras.RasTimeoutError(1460, "", ""): 4,
        winras.RasUnavailableError(127, "", ""): 5,
    }
    for error, code in codes.items():
        assert winras.cli._exit_code(error) == code
