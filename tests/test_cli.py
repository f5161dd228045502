"""The winras command: output, exit codes and the errors of its users."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

import winras
from patience import HANG, quick
from winras.cli import _hangup, _watch, main
from winras.cli._output import with_unit
from winras.testing import DEFAULT_PHONEBOOK, DialStep, Simulator

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
    known = {
        "name": "Office VPN",
        "state": "Connected",
        "device_type": "VPN",
        "device_name": "WAN Miniport (IKEv2)",
        "phonebook": DEFAULT_PHONEBOOK,
    }
    assert known.items() <= office.items()


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
    assert header.split() == ["NAME", "STATE", "SINCE", "TYPE", "DEVICE", "HANDLE"]
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
    known = {
        "name": "Office VPN",
        "state": "Connected",
        "substate": "None",
        "error": 0,
        "device_type": "VPN",
        "device_name": "WAN Miniport (IKEv2)",
        "phone_number": "vpn.example.com",
        "local_endpoint": None,
        "remote_endpoint": "203.0.113.7",
        "ipv4": "10.8.0.17",
        "ipv4_server": "10.8.0.1",
        "ipv6": "2001:db8:8::17",
        "ipv6_server": "2001:db8:8::1",
    }
    assert known.items() <= status.items()


def test_status_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "status", "Office VPN") == 0
    told = capsys.readouterr().out
    assert "remote endpoint  203.0.113.7" in told
    assert "ipv6 server      2001:db8:8::1" in told


@pytest.mark.parametrize("code", [127, 668, 87])
def test_status_without_its_addresses_is_one_all_the_same(
    ras: Simulator, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    ras.add_entry("A", ipv4_address="10.0.0.5")
    ras.connect("A")
    ras.fail("RasGetProjectionInfoEx", code, times=None)
    assert run("status", "A", "--json") == 0
    status = json.loads(capsys.readouterr().out)
    assert status["state"] == "Connected"
    names = ("ipv4", "ipv4_server", "ipv6", "ipv6_server")
    assert [status[name] for name in names] == [None] * 4
    ras.clear_faults()
    assert run("status", "A", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ipv4"] == "10.0.0.5"


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
    with Simulator(clock="auto", scenario=OFFICE):
        assert run("watch", "--timeout", "6") == 0
    *up, line = capsys.readouterr().out.splitlines()
    assert [one[8:] for one in up] == [
        "  is up              Office VPN",
        "  is up              Branch VPN",
    ]
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
    assert event.to_dict()["name"] is None
    assert "came and went unseen" in _watch._event_line(event)
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
def test_output_that_cannot_be_written_is_no_traceback(redirection: str) -> None:
    command = f'"{sys.executable}" -m winras --simulate "{OFFICE}" list {redirection}'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if "full" in redirection else 0)


def test_hangup_all_needs_yes_without_a_terminal(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A")
    ras.connect("A")
    assert run("hangup", "--all") == 2
    assert "needs --yes" in capsys.readouterr().err
    assert run("hangup") == 2
    assert run("hangup", "A", "--all") == 2
    assert run("hangup", "--all", "--yes", "--phonebook", "one.pbk") == 2
    assert ras.calls("RasHangUp") == 0
    assert run("hangup", "--all", "--yes") == 0
    assert run("hangup", "--all", "--yes") == 0
    assert run("hangup", "--all") == 0
    nothing = "No RAS connection is up.\n"
    assert capsys.readouterr().out == f"A: gone\n{nothing}{nothing}"


def test_hangup_ends_several_each_once(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ABC":
        ras.add_entry(name)
        ras.connect(name)
    assert run("hangup", "b", "A", "B") == 0
    assert capsys.readouterr().out == "B: gone\nA: gone\n"
    assert ras.calls("RasHangUp") == 2
    ras.assert_connected("C")


def test_hangup_of_several_goes_on_after_a_name_that_is_not_up(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A")
    ras.connect("A")
    assert run("hangup", "X", "A") == 3
    told = capsys.readouterr()
    assert told.out == "A: gone\n"
    assert told.err.startswith("668 ERROR_NO_CONNECTION: ")


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("\n", 1), ("", 1), ("yep\n", 1)]
)
def test_hangup_all_asks_on_a_terminal(
    ras: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    code: int,
) -> None:
    names = [f"VPN {number}" for number in range(7)]
    for name in names:
        ras.add_entry(name)
        ras.connect(name)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", screen)
    assert run("hangup", "--all") == code
    shown = screen.getvalue()
    question = "Hang up all 7 connections (VPN 0, VPN 1, VPN 2, VPN 3, VPN 4 and 2 more)? [y/N] "
    assert shown.startswith(question)
    assert ("1223 ERROR_CANCELLED: nothing was hung up" in shown) == bool(code)
    assert ras.calls("RasHangUp") == (0 if code else 7)
    assert capsys.readouterr().out.count("gone") == (0 if code else 7)


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_hangup_all_asks_about_the_only_one(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    ras.add_entry("A")
    ras.connect("A")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", screen)
    assert run("hangup", "--all", "--json") == (answer == "n\n")
    assert screen.getvalue().startswith("Hang up the only connection (A)? [y/N] ")


def test_hangup_shows_on_a_terminal_how_long_it_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(_hangup.time, "monotonic", lambda: next(clock))
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "80")
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=4.0)
        ras.add_entry("B", hang_up_seconds=4.0)
        ras.connect("A")
        ras.connect("B")
        assert run("hangup", "A", "B") == 0
    assert capsys.readouterr().out == "A: gone\nB: gone\n"
    shown = [line.strip() for line in screen.getvalue().split("\r") if line.strip()]
    assert shown[0] == "[##------------------] 3 of 30 s: hanging up 1 of 2, A"
    assert "hanging up 2 of 2, B" in shown[-1]
    assert screen.getvalue().endswith(" \r")  # it is wiped out


def test_a_terminal_that_goes_away_ends_no_hang_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Gone(Terminal):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with Simulator(clock="auto") as ras, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Gone())
        for name in "AB":
            ras.add_entry(name, hang_up_seconds=1.0)
            ras.connect(name)
        assert run("hangup", "A", "B", "--timeout", "3") == 0
        ras.assert_gone("A")
        ras.assert_gone("B")
    assert capsys.readouterr().out == "A: gone\nB: gone\n"


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
        ("13868", "13868 ERROR_IPSEC_IKE_POLICY_MATCH: "),
        ("0x80420112", "2151809298 EAP_E_USER_NAME_PASSWORD_REJECTED: "),
        ("2151809298", "2151809298 EAP_E_USER_NAME_PASSWORD_REJECTED: "),
        ("-2146762495", "2148204801 CERT_E_EXPIRED: "),
        ("0x8009030C", "2148074252 SEC_E_LOGON_DENIED: "),
        ("0x800702B3", "691 ERROR_AUTHENTICATION_FAILURE: "),
    ],
)
def test_explain(code: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", code) == 0
    assert capsys.readouterr().out.startswith(expected)


@pytest.mark.parametrize(
    "code",
    [
        *("691", "0691", "0x2B3", "0X2b3", "0x800702B3", "0x800702b3"),
        *("-2147024205", "2147943091", "-0x7FF8FD4D"),
        *("ERROR_AUTHENTICATION_FAILURE", "error_authentication_failure"),
    ],
)
def test_explain_knows_a_number_by_all_its_names(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in (["--", code], [code]):  # of the negative ones, none is an option
        assert run("explain", *given) == 0
        assert capsys.readouterr().out.startswith("691 ERROR_AUTHENTICATION_FAILURE: ")
    assert run("explain", "--json", "--", code) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["code"], told["name"]) == (691, "ERROR_AUTHENTICATION_FAILURE")


@pytest.mark.parametrize(
    ("code", "said"),
    [("4711", "4711: There is"), ("-1", "4294967295: There is")],
)
def test_an_unknown_number_is_1(code: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", code) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(said)
    assert run("explain", code, "--json") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ERROR_AUTHENTICATION_FAILUR",), "did you mean ERROR_AUTHENTICATION_FAILURE?"),
        (("six",), "no error number and no name of one, such as 691 or 0x2B3"),
        (("0x",), "no error number"),
        (("99999999999",), "more than 32 bits"),
        (("691", "--search", "vpn"), "not both"),
        (("--search", ""), "--search: it is empty"),
        ((), "give a CODE"),
    ],
)
def test_what_explain_does_not_understand_is_2(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", *arguments) == 2
    assert said in capsys.readouterr().err


def test_explain_searches_names_messages_and_hints(capsys: pytest.CaptureFixture[str]) -> None:
    for text, code in (
        ("error_AUTOMATIC_vpn", 800),  # in its name
        ("no VPN protocol gets", 800),  # in its message
        ("no vpn type got through", 800),  # in its hint
    ):
        assert run("explain", "--search", text) == 0
        [line] = capsys.readouterr().out.splitlines()
        assert line.startswith(f"{code} ERROR_AUTOMATIC_VPN_FAILED: ")
        assert run("explain", "--search", text, "--json") == 0
        [told] = json.loads(capsys.readouterr().out)
        assert told["code"] == code
    assert run("explain", "--search", "vpn") == 0
    assert capsys.readouterr().out.count("\n") > 10
    assert run("explain", "--search", "no such thing at all") == 1
    told = capsys.readouterr()
    assert (told.out, told.err.startswith("1168 ERROR_NOT_FOUND: ")) == ("", True)


def test_explain_json_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    codes = [one["code"] for one in listed]
    assert codes == sorted(set(codes))
    assert {6, 600, 691, 878, 13801, 0x80420112} < set(codes)
    assert len(codes) == len({one["name"] for one in listed})
    assert run("explain", "691", "--json") == 0
    assert json.loads(capsys.readouterr().out) in listed


def test_a_dial_may_end_with_any_number_of_32_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "expired.toml"
    scenario.write_text(
        """
        [[entry]]
        name = "A"
        dial = [{ state = "ConnectDevice", error = 0x800B0101 }]
        """,
        encoding="utf-8",
    )
    assert run("--simulate", str(scenario), "dial", "A") == 1
    out, err = capsys.readouterr()
    assert "A: ConnectDevice, error 2148204801 CERT_E_EXPIRED\n" in out
    assert err.startswith("2148204801 CERT_E_EXPIRED: ")


def test_explain_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "601", "--json") == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["code"], explained["name"]) == (601, "ERROR_INVALID_PORT_HANDLE")
    assert (explained["hint"], explained["page"]) == (None, None)
    assert run("explain", "-2146762495", "--json") == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["code"], explained["name"]) == (0x800B0101, "CERT_E_EXPIRED")
    assert run("explain", "691", "--json") == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["hint"] == winras.RasError(691, "", "").hint
    assert explained["page"].startswith("https://learn.microsoft.com/")


def test_explain_tells_people_the_next_step_and_the_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("explain", "691") == 0
    _, hint, page = capsys.readouterr().out.splitlines()
    assert hint == f"hint: {winras.RasError(691, '', '').hint}"
    assert page.startswith("page: https://")
    assert run("explain", "601") == 0
    assert capsys.readouterr().out.count("\n") == 1


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
        ("list", "x"),
        ("hangup", "A", "--timeout", "-1"),
        ("hangup", "A", "--timeout", "inf"),
        ("hangup", "A", "--timeout", "soon"),
        ("--simulate", OFFICE, "demo"),
        ("dial",),
        ("dial", ""),
        ("dial", "x" * 257),
        ("dial", "A", "--timeout", "inf"),
        ("dial", "A", "--domain", "CORP"),
        ("dial", "A", "--password-stdin"),
        ("stats",),
        ("stats", "A", "--watch", "--every", "0"),
        ("stats", "A", "--watch", "--count", "0"),
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("hangup", ""),
        ("hangup", "A", " "),
        ("status", ""),
        ("stats", ""),
        ("status", "A", "--phonebook", ""),
        ("hangup", "A", "--phonebook", ""),
        ("dial", "A", "--phonebook", ""),
        ("dial", "A", "--user", ""),
        ("dial", "A", "--phone-number", ""),
        ("dial", ""),
        ("entries", "--phonebook", ""),
        ("entries", "rename", "A", ""),
        ("credentials", "show", ""),
        ("--simulate", "", "list"),
        ("list", "--simulate", ""),
    ],
)
def test_an_empty_argument_is_2_and_called_that(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert " empty" in capsys.readouterr().err


def test_without_an_entry_a_number_is_dialled(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry(phone_number="5550100", device_type="modem")
        assert run("dial", "", "--phone-number", "5550100") == 0
    assert capsys.readouterr().out.endswith(".5550100: connected\n")


def test_a_scenario_that_is_none_is_2_and_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("# nothing\n", encoding="utf-8")
    for path, said in (
        (tmp_path, "it is a folder"),
        (tmp_path / "none.toml", "No such file"),
        (empty, "it is empty; a scenario has tables [[entry]]"),
    ):
        assert run("list", "--simulate", str(path)) == 2
        told = capsys.readouterr().err
        assert said in told
        assert path.name in told


def test_a_scenario_that_cannot_be_read_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert run("list", "--simulate", OFFICE) == 2
    assert f"cannot read the scenario {OFFICE!r}: Permission denied" in capsys.readouterr().err


def test_simulate_comes_before_or_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for arguments in (
        ("--simulate", OFFICE, "entries", "show", "Home VPN"),
        ("entries", "--simulate", OFFICE, "show", "Home VPN"),
        ("entries", "show", "Home VPN", f"--simulate={OFFICE}"),
    ):
        assert run(*arguments) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] == told[2] != ""


def test_an_unknown_option_is_told_with_the_usage_of_its_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("status", "A", "--jason") == 2
    told = capsys.readouterr().err
    assert told.startswith("usage: winras status [options] NAME\n")
    assert told.endswith("error: unrecognized arguments: --jason (did you mean --json?)\n")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--jion", "office", "list"), "--jion (did you mean --join?)"),
        (("--jion=office", "list"), "--jion (did you mean --join?)"),
        (("--log-level", "info", "--simulat", "a.toml"), "--simulat (did you mean --simulate?)"),
        (("--json", "list"), "--json, which stands behind its command"),
        (("--xyzzy", "s3cret"), "1 word, not repeated here in case one is a password"),
    ],
)
def test_an_unknown_option_before_the_command_is_told_before_what_follows(
    capsys: pytest.CaptureFixture[str], given: tuple[str, ...], told: str
) -> None:
    assert run(*given) == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: winras [options] COMMAND ...\n")
    assert err.endswith(f"winras: error: unrecognized arguments: {told}\n")


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
        timeout=HANG,
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


DEMO_INTERRUPTED = """
import math, sys, threading, types
from ctrl_c import press_ctrl_c
from winras._native import lib
from winras.cli import _story, main

_, text, waits, endless = sys.argv
told = threading.Event()

def tell(line):
    print_line(line)
    if text in line:
        told.set()

def interrupt():
    told.wait()
    while lib.sim_wait_blocked(int(waits), 250):
        pass
    press_ctrl_c()

class Simulator(_story.Simulator):
    if endless == "linger":
        def drop(self, name, **facts):
            super().drop(name, **{**facts, "linger": math.inf})
    if endless == "hang_up":
        def add_entry(self, name, **facts):
            super().add_entry(name, **{**facts, "hang_up_seconds": math.inf})

sleep, print_line = _story.time.sleep, _story.print_line
_story.time = types.SimpleNamespace(sleep=lambda s: sleep(1e6 if endless == "sleep" else s))
_story.Simulator = Simulator
_story.print_line = tell
threading.Thread(target=interrupt, daemon=True).start()
print(main(["demo"]))
"""


@pytest.mark.parametrize(
    ("text", "waits", "endless"),
    [
        pytest.param(
            *("three entries", 1, "sleep"),
            marks=pytest.mark.skipif(
                sys.platform == "win32", reason="interrupt_main() does not end time.sleep()"
            ),
        ),
        ("with error 829", 2, "linger"),
        ("is hung up", 2, "hang_up"),
    ],
)
def test_ctrl_c_ends_demo_at_once(text: str, waits: int, endless: str) -> None:
    """It does not wait for what the story waits for; while that sleeps, only watch() waits in C."""
    done = subprocess.run(
        [sys.executable, "-c", DEMO_INTERRUPTED, text, str(waits), endless],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    assert text in done.stdout
    assert done.stdout.endswith("\n130\n")
    assert "' is gone" not in done.stdout.partition(text)[2]
    assert done.stderr == "interrupted\n"


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


def interrupt(*arguments: str, within: float) -> tuple[int, str]:
    """The exit code of a command that ends so soon after Ctrl+C in its wait, and its stderr."""

    def run() -> tuple[tuple[int, str], float]:
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED, *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=HANG,
            check=True,
        )
        code, took = done.stdout.split()
        return (int(code), done.stderr), float(took)

    return quick(run, within)


INTERRUPTED_HANG_UP = "interrupted; the hang-up goes on: waiting up to 3 s for the port to close\n"


@pytest.mark.parametrize(("hang_up_seconds", "waits"), [("inf", 3.0), ("1.0", 1.0)])
def test_ctrl_c_ends_hangup_soon_with_130(
    tmp_path: Path, hang_up_seconds: str, waits: float
) -> None:
    scenario = tmp_path / "slow.toml"
    scenario.write_text(NEVER.replace("inf", hang_up_seconds), encoding="utf-8")
    within = 0.5 + waits
    code, error = interrupt("--simulate", str(scenario), "hangup", "Slow", within=within)
    assert code == 130
    assert error == INTERRUPTED_HANG_UP


def test_ctrl_c_ends_watch_at_once_with_130() -> None:
    code, error = interrupt("--simulate", OFFICE, "watch", "--json", within=0.5)
    assert code == 130
    assert error == "interrupted\n"


# ---- dial ----


class Terminal(io.StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


def add_home(ras: Simulator) -> None:
    ras.add_entry(
        "Home",
        user="ann",
        password="s3cret",
        ipv4_address="10.0.0.5",
        ipv6_address="2001:db8::5",
    )
    ras.set_dial_script(
        "Home",
        [
            DialStep(winras.ConnectionState.ConnectDevice, 0.5),
            DialStep(winras.ConnectionState.Authenticate, 0.5),
        ],
    )


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """On standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def piped(content: bytes, encoding: str = "utf-8") -> io.TextIOWrapper:
    """A standard input, as Python opens it."""
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding)


AS_ANN = ("dial", "Home", "--user", "ann", "--password-stdin")


def test_dial_tells_each_state_and_the_connection_stays_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "s3cret\n")
    with Simulator(clock="auto") as ras:
        add_home(ras)
        assert run(*AS_ANN) == 0
        ras.assert_connected("Home")
    told = capsys.readouterr()
    assert told.out == (
        "Home: ConnectDevice\nHome: Authenticate\nHome: connected (10.0.0.5, 2001:db8::5)\n"
    )
    assert told.err == ""


def test_dial_writes_its_states_over_each_other_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "s3cret\n")
    monkeypatch.setenv("COLUMNS", "24")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Simulator(clock="auto") as ras:
        add_home(ras)
        assert run(*AS_ANN, "--phone-number", "vpn.example.com") == 0
    assert capsys.readouterr().out == "Home: connected (10.0.0.5, 2001:db8::5)\n"
    erased = " " * 23
    assert screen.getvalue().split("\r") == [
        *("", erased, "Home: ConnectDevice ..."),
        *(erased, "Home: Authenticate (..."),
        *(erased, ""),
    ]


def test_dial_shows_the_states_that_passed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, shown in (
        (80, "Home: ConnectDevice > Authenticate > Projected (1.0 s)"),
        (50, "Home: ... > Authenticate > Projected (1.0 s)"),
        (35, "Home: ... > Projected (1.0 s)"),
        (24, "Home: Projected (1.0 s)"),
    ):
        screen = Terminal()
        with monkeypatch.context() as patched, Simulator(clock="auto") as ras:
            patched.setenv("COLUMNS", str(columns))
            patched.setattr(sys, "stderr", screen)
            add_home(ras)
            steps = ("ConnectDevice", "Authenticate", "Projected")
            states = [winras.ConnectionState[name] for name in steps]
            ras.set_dial_script("Home", [DialStep(state, 0.5) for state in states])
            ras.save_credentials("Home", "ann", "s3cret")
            assert run("dial", "Home") == 0
        assert screen.getvalue().split("\r")[-3] == shown


@pytest.mark.parametrize("more", [(), ("--no-saved",)])
def test_without_user_dial_says_whose_credentials_are_sent(
    capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    without = "without saved credentials, so Windows sends those of the logged-on user"
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.add_entry("B", domain="CORP", user="ann", password="s3cret")
        ras.save_credentials("B", "ann", "s3cret", "CORP")
        ras.add_entry("EAP", phone_number="vpn.example.com")
        winras.Phonebook.user().update(
            dataclasses.replace(
                winras.Phonebook.user().entry("EAP"), authentication=winras.Authentication.Eap
            )
        )
        for name, saved in (
            ("A", without),
            ("B", without if more else r"with the saved credentials of CORP\ann"),
            ("EAP", "with what its EAP method keeps for this user"),
        ):
            run("dial", name, *more)
            told = capsys.readouterr()
            assert told.out.splitlines()[0] == f"{name}: {saved}"
            assert "s3cret" not in told.out + told.err
        ras.save_credentials("EAP", "ann", "s3cret")
        run("dial", "EAP")
        own = "EAP: with the saved credentials of ann, unless its EAP method keeps others\n"
        assert capsys.readouterr().out.startswith(own)
        run("dial", "A", "--json")
        assert without not in capsys.readouterr().out


def test_a_refusal_names_options_not_parameters(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A", user="ann", password="s3cret")
    assert run("dial", "A") == 1
    told = capsys.readouterr().err
    assert "give --user, or have Windows remember" in told
    ras.fail("RasGetEapUserIdentity", 5)
    ras.add_entry("EAP", eap_user="ann")
    assert run("dial", "EAP") == 1
    assert "Before RasDial, RasGetEapUserIdentity answered 5" in capsys.readouterr().err
    for name in ("one", "two"):
        ras.add_entry("B", phonebook=f"{name}.pbk")
        ras.connect("B", phonebook=f"{name}.pbk")
    assert run("status", "B") == 3
    assert "choose the phone book with --phonebook: " in capsys.readouterr().err
    assert run("entries", "--phonebook", "none.pbk") == 1
    assert "is the path right?\n" in capsys.readouterr().err
    assert run("dial", "A", "--phone-number", "5" * 129) == 2
    assert "error: --phone-number must have at most" in capsys.readouterr().err
    assert run("entries", "add", "C", "--type", "ikev2", "--server", "x" * 129) == 2
    assert "error: --server must" in capsys.readouterr().err


def test_dial_json_is_what_status_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "s3cret\n")
    with Simulator(clock="auto") as ras:
        add_home(ras)
        assert run(*AS_ANN, "--json") == 0
        dialled = json.loads(capsys.readouterr().out)
        assert run("status", "Home", "--json") == 0
        assert dialled == json.loads(capsys.readouterr().out)
    assert (dialled["state"], dialled["ipv4"]) == ("Connected", "10.0.0.5")


def test_a_dial_that_fails_tells_the_error_and_the_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hint = f"hint: {winras.RasError(691, '', '').hint}"
    with Simulator(clock="auto") as ras:
        add_home(ras)
        ras.set_dial_script("Home", [DialStep(winras.ConnectionState.Authenticate, 0.5, 691)])
        say(monkeypatch, "s3cret\n")
        assert run(*AS_ANN) == 1
        told = capsys.readouterr()
        assert told.out.splitlines() == [
            "Home: Authenticate",
            "Home: Authenticate, error 691 ERROR_AUTHENTICATION_FAILURE",
        ]
        error, shown = told.err.splitlines()
        assert error.startswith("691 ERROR_AUTHENTICATION_FAILURE: 'Home' failed in Authenticate: ")
        assert shown == hint
        # For scripts it is the one line of the other commands.
        say(monkeypatch, "s3cret\n")
        assert run(*AS_ANN, "--json") == 1
        told = capsys.readouterr()
        assert list(json.loads(told.out)) == ["error"]
        assert told.err.splitlines() == [error]
        ras.fail("RasDial", 4711)
        assert run("dial", "Home") == 1
        assert capsys.readouterr().err.count("\n") == 1
        ras.assert_gone("Home")


def test_a_dial_that_fails_says_what_was_answered_about_eap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("EAP", eap_user="ann")
        ras.fail("RasGetEapUserIdentity", 5, times=2)
        assert run("dial", "EAP") == 1
        error, note, hint = capsys.readouterr().err.splitlines()
        assert error.startswith("703 ERROR_INTERACTIVE_MODE: ")
        assert note.startswith("Before RasDial, RasGetEapUserIdentity answered 5 ")
        assert hint.startswith("hint: ")
        assert run("dial", "EAP", "--json") == 1
        assert capsys.readouterr().err.splitlines() == [error]


def test_an_entry_that_there_is_not_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", OFFICE, "dial", "No VPN") == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("623 ERROR_CANNOT_FIND_PHONEBOOK_ENTRY: ")
    assert run("--simulate", OFFICE, "dial", "Ofice VPN") == 3
    assert "did you mean 'Office VPN'" in capsys.readouterr().err
    # As of `winras entries`: not the entry is missing, but the phone book.
    assert run("--simulate", OFFICE, "dial", "Office VPN", "--phonebook", "none.pbk") == 1
    assert capsys.readouterr().err.startswith("621 ERROR_CANNOT_OPEN_PHONEBOOK: ")


def test_a_dial_that_takes_too_long_is_4_and_hung_up(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", dial_seconds=30.0)
        assert run("dial", "A", "--timeout", "5") == 4
        assert ras.now == 5.0
        ras.assert_gone("A")
    assert capsys.readouterr().err.startswith("1460 ERROR_TIMEOUT: 'A' is not connected after 5 s")


@pytest.mark.parametrize("line", ["s3cret", "s3cret\n", "s3cret\r\n", "s3cret\nmore\n"])
def test_a_password_is_a_line_of_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    say(monkeypatch, line)
    with Simulator(clock="auto") as ras:
        add_home(ras)
        assert run(*AS_ANN, "--json") == 0
        say(monkeypatch, " s3cret\n")
        assert run("hangup", "Home") == 0
        assert run(*AS_ANN) == 1
    told = capsys.readouterr()
    assert "s3cret" not in told.out + told.err


def test_a_domain_goes_with_the_user(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", user="ann", password="s3cret", domain="CORP")
        say(monkeypatch, "s3cret\n")
        assert run("dial", "A", "--user", "ann", "--password-stdin") == 1
        say(monkeypatch, "s3cret\n")
        command = ("dial", "A", "--user", "ann", "--domain", "CORP", "--password-stdin")
        assert run(*command) == 0
    assert capsys.readouterr().out.endswith("A: connected\n")


def test_a_terminal_is_asked_for_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "s3cret"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", ask)
    with Simulator(clock="auto") as ras:
        add_home(ras)
        assert run("dial", "Home", "--user", "ann") == 0
    assert asked == ["Password of ann: "]
    assert "s3cret" not in capsys.readouterr().out


def test_without_a_password_nothing_is_dialled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def give_up(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", give_up)
    with Simulator(clock="auto") as ras:
        add_home(ras)
        for stream, options, expected in (
            (io.StringIO("s3cret\n"), (), "no terminal to ask"),
            (None, (), "--password-stdin"),
            (Terminal(), (), "no line with the password"),
            (io.StringIO(""), ("--password-stdin",), "no line with the password"),
            (None, ("--password-stdin",), "no line with the password"),
            (io.StringIO("\n"), ("--password-stdin",), "or an empty one"),
            (piped(b"\xef\xbb\xbf\r\n"), ("--password-stdin",), "or an empty one"),
            (piped(b"s3\xffcret\n"), ("--password-stdin",), "is not in utf-8"),
            (piped("s3cret\r\n".encode("utf-16")), ("--password-stdin",), "is not in utf-8"),
            (io.StringIO("s3cret" * 50), ("--password-stdin",), "at most 256 characters"),
        ):
            monkeypatch.setattr(sys, "stdin", stream)
            assert run("dial", "Home", "--user", "ann", *options) == 2
            told = capsys.readouterr()
            assert expected in told.err
            assert "cret" not in told.out + told.err
        assert not ras.calls("RasDial")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp850"])
def test_a_byte_order_mark_is_no_part_of_a_password(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    # Windows PowerShell's Out-File -Encoding utf8 writes one, and so does Notepad on demand.
    with Simulator(clock="auto") as ras:
        ras.add_entry("Home", user="ann", password="Ärger")
        for content in ("\ufeffÄrger\r\n".encode(), "Ärger\r\n".encode(encoding)):
            monkeypatch.setattr(sys, "stdin", piped(content, encoding))
            assert run("dial", "Home", "--user", "ann", "--password-stdin") == 0
            assert run("hangup", "Home") == 0


def test_no_password_is_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dial", "A", "--user", "ann", "--password", "s3cret") == 2
    error = capsys.readouterr().err
    assert "--password-stdin" in error
    assert "s3cret" not in error
    assert run("dial", "--help") == 0
    assert "--password " not in capsys.readouterr().out


def test_ctrl_c_hangs_up_what_is_dialling(tmp_path: Path) -> None:
    scenario = tmp_path / "slow.toml"
    scenario.write_text(
        '[[entry]]\nname = "Slow"\ndial_seconds = inf\nhang_up_seconds = 1.0\n', encoding="utf-8"
    )
    dial = ("--simulate", str(scenario), "dial", "Slow", "--json")
    code, error = interrupt(*dial, within=1.5)
    assert code == 130
    assert error == INTERRUPTED_HANG_UP


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe")
def test_a_reader_that_goes_away_ends_no_dialling(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", dial_seconds=1.0)
        with monkeypatch.context() as patched, os.fdopen(writer, "w", encoding="utf-8") as pipe:
            patched.setattr(sys, "stdout", pipe)
            assert run("dial", "A") == 0
        ras.assert_connected("A")


# ---- stats ----


def test_stats_json_is_one_object_of_what_ras_tells(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A", bits_per_second=64_000)
    ras.connect("A")
    ras.transfer("A", sent=1_234_567, received=340_000)
    ras.advance(61.5)
    assert run("stats", "a", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    [connection] = winras.connections()
    assert told == {
        "name": "A",
        "handle": connection.handle,
        **dataclasses.asdict(connection.statistics()),
    }
    assert (told["bytes_sent"], told["bytes_received"]) == (1_234_567, 340_000)
    assert (told["bits_per_second"], told["connected_seconds"]) == (64_000, 61.5)


def test_stats_tells_people_units(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.add_entry("A")
    ras.connect("A")
    ras.transfer("A", sent=1_234_567, received=340_000)
    ras.advance(3661.5)
    assert run("stats", "A") == 0
    told = capsys.readouterr().out
    assert "bytes sent               1.2 MB\n" in told
    assert "bytes received           340 kB\n" in told
    assert "bits per second          100 Mbit/s\n" in told
    assert "connected for            1:01:01\n" in told


def test_stats_watch_tells_totals_and_rates(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.transfer("A", sent=2**32 - 1000)
        ras.set_traffic("A", sent=500, received=20)
        assert run("stats", "A", "--watch", "--every", "2", "--count", "3", "--json") == 0
        assert ras.now == 6.0
        ras.assert_connected("A")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["bytes_sent"] - 2**32 for line in lines] == [0, 1000, 2000]
    assert [line["bytes_received"] for line in lines] == [40, 80, 120]
    assert [line["connected_seconds"] for line in lines] == [2.0, 4.0, 6.0]
    for line in lines:
        assert line["name"] == "A"
        assert (line["sent_per_second"], line["received_per_second"]) == (500.0, 20.0)


def test_stats_watch_ends_when_the_connection_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.set_traffic("A", sent=340_000, received=1_200_000)
        ras.drop("A", at=1.5)
        assert run("stats", "A", "--watch") == 0
        assert ras.now == 1.5
        assert capsys.readouterr().out == (
            "A: sent 340 kB (340 kB/s), received 1.2 MB (1.2 MB/s)\nA: gone\n"
        )
        ras.connect("A")
        ras.drop("A", at=ras.now + 1.5, linger=60.0)  # its handle is good, and nothing is counted
        assert run("stats", "A", "--watch", "--json") == 0
        assert capsys.readouterr().out.count("\n") == 1


def test_stats_of_what_is_not_up_is_3_and_of_an_error_1(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.add_entry("A")
    assert run("stats", "A") == 3
    assert run("stats", "A", "--watch") == 3
    ras.connect("A")
    ras.fail("RasGetConnectionStatistics", 4711, times=2)
    capsys.readouterr()
    for more in ((), ("--watch",)):
        assert run("stats", "A", *more) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_ctrl_c_ends_stats_at_once_with_130() -> None:
    stats = ("stats", "Office VPN", "--watch", "--every", "9", "--json")
    code, error = interrupt("--simulate", OFFICE, *stats, within=0.5)
    assert code == 130
    assert error == "interrupted\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.7, "1.0 kB"),
        (1000, "1.0 kB"),
        (1_240_000, "1.2 MB"),
        (48_640_000, "48.6 MB"),
        (99_960, "100 kB"),
        (340_000, "340 kB"),
        (999_900, "1.0 MB"),
        (2**63, "9.2 EB"),
        (1e22, "10000 EB"),
    ],
)
def test_units_for_people(number: float, text: str) -> None:
    assert with_unit(number, "B") == text


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
        assert process.wait(HANG) == 0
    os.close(controller)
    assert "Office VPN" in shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("kind", ["xterm", "dumb"])
def test_hangup_all_on_a_terminal_until_ctrl_c(never: str, kind: str) -> None:
    """The question, the bar unless the terminal is dumb, and what goes on after Ctrl+C."""
    pty = pytest.importorskip("pty")
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "winras", "hangup", "--all", "--simulate", never],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": kind, "COLUMNS": "80", "NO_COLOR": "1"},
    ) as process:
        os.close(terminal)
        shown = b""

        def read_until(text: bytes) -> None:
            nonlocal shown
            while text not in shown:
                shown += os.read(controller, 4096)

        read_until(b"Hang up the only connection (Slow)? [y/N] ")
        os.write(controller, b"y\n")
        if kind == "xterm":
            read_until(b"\r[--------------------] 0 of 30 s: hanging up Slow")
        else:
            read_until(b"y\r\n")
        process.send_signal(signal.SIGINT)
        read_until(b"interrupted")
        assert process.wait(HANG) == 130
    os.close(controller)
    assert b"\x1b" not in shown
    assert (b"[-" in shown) == (kind == "xterm")


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
        assert winras._facts.exit_code(error) == code


# ---- standard error ----


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/full")
@pytest.mark.parametrize("err", ["closed", "full", "unread"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("status", "Nowhere", "--json"), 3), (("status", "--json"), 2), (("list", "--json"), 0)],
)
def test_nothing_depends_on_who_reads_standard_error(
    arguments: tuple[str, ...], code: int, err: str
) -> None:
    """Least of all does what belongs there go to stdout."""
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full, os.fdopen(writer, "wb") as unread:
        process = subprocess.run(
            [sys.executable, "-m", "winras", "--simulate", OFFICE, *arguments],
            stdout=subprocess.PIPE,
            stderr={"closed": None, "full": full, "unread": unread}[err],
            preexec_fn=(lambda: os.close(2)) if err == "closed" else None,
            check=False,
            timeout=HANG,
        )
    assert process.returncode == code
    assert ("error" in json.loads(process.stdout)) == bool(code)
