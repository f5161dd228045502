"""What is told as JSON: by to_dict(), and by the command line."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import winras
import winras.testing
from json_forms import FORMS, SCHEMA, check, problems
from winras import ConnectionState, ConnectionSubstate, EventKind, VpnStrategy
from winras._enums import ConnectionFlags
from winras._models import to_json
from winras.cli import _simulate, find_commands, main
from winras.cli._connections import local_time
from winras.testing import DEFAULT_PHONEBOOK, Simulator

ROOT = Path(__file__).parents[1]


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with a connection, whose clock only the test moves."""
    with Simulator(clock="manual") as simulator:
        simulator.add_entry("A", ipv4_address="10.0.0.5", remote_endpoint="203.0.113.7")
        simulator.connect("A")
        yield simulator


# ---- enums ----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ConnectionState.Connected, "Connected"),
        (ConnectionState(4711), "Unknown(4711)"),
        (ConnectionSubstate.None_, "None"),
        (VpnStrategy.Ikev2Only, "Ikev2Only"),
        (EventKind.connected, "connected"),
        (winras.KeyKind.Client, "Client"),
        (ConnectionFlags.AllUsers | ConnectionFlags.OwnerKnown, "AllUsers|OwnerKnown"),
        (ConnectionFlags(0), "0"),
        (ConnectionFlags(0x20), "32"),
    ],
)
def test_an_enum_value_is_written_as_its_name(value: winras.ConnectionState, text: str) -> None:
    assert str(value) == f"{value}" == text
    assert f"{value:>30}" == text.rjust(30)


def test_an_enum_value_can_be_written_as_a_number_still() -> None:
    assert f"{ConnectionState.Connected:#x} {ConnectionState.Connected:d}" == "0x2000 8192"
    assert json.dumps(ConnectionState.Connected) == "8192"


# ---- to_dict() ----


def test_a_connection_as_a_dict(ras: Simulator) -> None:
    [connection] = winras.connections()
    told = connection.to_dict()
    assert told == {
        "name": "A",
        "handle": connection.handle,
        "device_type": connection.device_type,
        "device_name": connection.device_name,
        "phonebook": connection.phonebook,
        "entry_id": str(connection.entry_id),
        "sub_entry": 0,
        "flags": ["OwnerKnown", "OwnerMatch"],
        "luid": connection.luid,
        "correlation_id": str(connection.correlation_id),
    }
    assert json.loads(json.dumps(told)) == told
    [link] = connection.links()
    assert link.to_dict() == {**told, "handle": link.handle, "sub_entry": 1}
    assert ras.now == 0


def test_a_connection_as_a_text(ras: Simulator) -> None:
    [connection] = winras.connections()
    assert str(connection) == f"A, WAN Miniport (IKEv2), {connection.handle:#x}"
    [link] = connection.links()
    assert str(link) == f"A, link 1, WAN Miniport (IKEv2), {link.handle:#x}"
    assert repr(connection).startswith("Connection(handle=")
    assert ras.now == 0


def test_a_status_as_a_dict(ras: Simulator) -> None:
    connection = winras.get_connection("A")
    ras.drop("A", error=829, linger=1.0)
    told = connection.status().to_dict()
    assert told == {
        "state": "Disconnected",
        "error": 829,
        "substate": "None",
        "device_type": "VPN",
        "device_name": "WAN Miniport (IKEv2)",
        "phone_number": None,
        "local_endpoint": None,
        "remote_endpoint": "203.0.113.7",
    }


def test_statistics_and_addresses_as_dicts(ras: Simulator) -> None:
    ras.advance(61.5)
    connection = winras.get_connection("A")
    statistics = connection.statistics().to_dict()
    assert (statistics["bytes_sent"], statistics["connected_seconds"]) == (0, 61.5)
    addresses = connection.addresses().to_dict()
    assert addresses["ipv4"] == "10.0.0.5"
    assert (addresses["ipv6"], addresses["ipv6_error"]) == (None, 731)
    assert addresses["more_servers"] == []
    assert json.dumps([statistics, addresses])


def test_an_event_as_a_dict(ras: Simulator) -> None:
    [connection] = winras.connections()
    with winras.watch() as events:
        ras.drop("A")
        assert next(events).to_dict() == {
            "kind": "disconnected",
            "name": "A",
            "handle": connection.handle,
            "at": "2000-01-01T00:00:00.000Z",
            "source": "notification",
            "missed": False,
            "error": 0,
        }


def test_flags_that_winras_does_not_know_are_told_too() -> None:
    assert to_json(ConnectionFlags(0x31)) == ["AllUsers", "Unknown(48)"]


# ---- the forms of the command line ----


OFFICE = str(ROOT / "examples/office.toml")
ENTRY = "Office VPN"

#: One command line for each form.
COMMAND_LINES = {
    "list": ("list",),
    "status": ("status", ENTRY),
    "dial": ("dial", "Home VPN"),
    "keep": ("keep", "Branch VPN", "--timeout", "6"),
    "watch": ("watch", "--timeout", "6"),
    "stats": ("stats", ENTRY),
    "stats-watch": ("stats", ENTRY, "--watch", "--every", "1", "--count", "3"),
    "why": ("why", ENTRY),
    "hangup": ("hangup", "--all", "--yes"),
    "simulate": ("simulate", OFFICE),
    **{
        f"act-{arguments[0]}": ("act", *arguments, "--join", "office")
        for arguments in (
            ("connect", "ISDN"),
            ("drop", ENTRY),
            ("add-link", ENTRY),
            ("remove-link", ENTRY),
            ("set-substate", ENTRY, "Dormant"),
            ("transfer", ENTRY, "--sent", "5"),
            ("set-traffic", ENTRY, "--sent", "5", "--in", "5"),
            ("set-service", "stopped"),
            ("stop-service",),
            ("start-service",),
            ("suspend", "60", "--in", "1e6"),
            ("fail", "RasHangUp", "753"),
            ("clear-faults",),
            ("delay", "RasHangUp", "2.5"),
            ("quirk", "notify-lost"),
        )
    },
    "entries": ("entries",),
    "entries-show": ("entries", "show", ENTRY),
    "entries-add": ("entries", "add", "New", "--type", "ikev2", "--server", "vpn.example.com"),
    "entries-remove": ("entries", "remove", "Home VPN"),
    "entries-rename": ("entries", "rename", "Home VPN", "Another"),
    "entries-export": ("entries", "export"),
    "entries-apply": ("entries", "apply", str(ROOT / "examples/vpn.toml")),
    "entries-import-powershell": (
        *("entries", "import-powershell", str(ROOT / "examples/connections.json")),
    ),
    "credentials-show": ("credentials", "show", ENTRY),
    "credentials-save": ("credentials", "save", ENTRY, "--user", "ann", "--password-stdin"),
    "credentials-delete": ("credentials", "delete", ENTRY),
    "devices": ("devices",),
    "doctor": ("doctor", "--names"),
    "explain": ("explain", "691"),
    "explain-all": ("explain", "--search", "vpn"),
    "error": ("status", "Nowhere"),
}

#: What only other forms refer to.
PARTS = {
    *("act", "addresses", "change", "code", "connection", "count", "entry", "failure", "grade"),
    *("entry-fields", "entry-name", "field"),
    *("guid", "handle", "statistics", "text", "time"),
    *("doctor-entry", "doctor-failure", "doctor-finding", "doctor-step"),
}


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return int(str(end.code))


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The sample scenario, as if others could join it; and a password on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))
    for name in ("VPN_PASSWORD", "VPN_KEY"):
        monkeypatch.setenv(name, "s3cret")
    with Simulator(clock="auto", scenario=OFFICE, allow_unmet=True) as simulator:
        joined = nullcontext(simulator)
        held = SimpleNamespace(serve=lambda _name: joined)
        monkeypatch.setattr(Simulator, "name", "office")
        monkeypatch.setattr(winras.testing, "join", lambda _name: joined)
        monkeypatch.setattr(_simulate, "simulator_of", lambda *_, **__: held)
        monkeypatch.setattr(_simulate, "_changes", lambda ras: ras.history)
        yield simulator


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("form", COMMAND_LINES)
def test_each_command_prints_its_form(capsys: pytest.CaptureFixture[str], form: str) -> None:
    code = run(*COMMAND_LINES[form], "--json")
    assert code == (3 if form == "error" else 0)
    assert check(form, capsys.readouterr().out)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("form", COMMAND_LINES)
def test_the_forms_are_a_json_schema(capsys: pytest.CaptureFixture[str], form: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    run(*COMMAND_LINES[form], "--json")
    schema = {**SCHEMA, "$ref": f"#/$defs/{form}"}
    for value in check(form, capsys.readouterr().out):
        jsonschema.Draft202012Validator(schema).validate(value)
        if isinstance(value, dict):
            for wrong in (dict([*value.items()][1:]), {**value, "unknown": {}}):
                assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)
                assert any(problems(FORMS[form], wrong))


def test_every_command_with_json_has_a_form() -> None:
    forms = set()
    for one in find_commands().values():
        parser = argparse.ArgumentParser()
        for add in one.arguments:
            add(parser)
        if "--json" in parser.format_help():
            forms.add(one.name)
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                forms |= {f"{one.name}-{name}" for name in action.choices}
    assert "entries-show" in forms
    forms -= {"act", "credentials"}  # they have actions only
    assert forms <= COMMAND_LINES.keys()
    assert COMMAND_LINES.keys() | PARTS == FORMS.keys()


def test_what_a_form_refers_to_is_there_and_used() -> None:
    used = set(re.findall(r'"#/\$defs/([\w-]+)"', json.dumps(SCHEMA)))
    assert PARTS <= used <= FORMS.keys()


def test_status_has_all_that_list_has(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)[0]
    assert run("status", ENTRY, "--json") == 0
    status = json.loads(capsys.readouterr().out)
    assert listed.items() <= status.items()
    assert office.now == 0


def test_since_is_when_it_was_connected(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.advance(90.25)
    for arguments in (("list",), ("status", "A")):
        assert run(*arguments, "--json") == 0
        [told] = check(arguments[0], capsys.readouterr().out)
        row = told[0] if isinstance(told, list) else told
        assert row["since"] == "2000-01-01T00:00:00.000Z"
    ras.fail("RasGetConnectionStatistics", 127, times=2)
    for arguments in (("list",), ("status", "A")):
        assert run(*arguments, "--json") == 0
        assert '"since": null' in capsys.readouterr().out


def test_an_entry_that_is_not_up_is_disconnected_and_3(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status", "home vpn", "--json") == 3
    out, err = capsys.readouterr()
    [told] = check("status", out)
    known = {key: value for key, value in told.items() if value is not None}
    assert known == {
        "name": "Home VPN",
        "phonebook": DEFAULT_PHONEBOOK,
        "state": "Disconnected",
    }
    assert "'Home VPN' is down" in err
    assert run("status", "home vpn") == 3
    assert capsys.readouterr() == ("", err)
    assert office.calls("RasHangUp") == 0


ERRORS = {
    "no such connection": (("status", "Nowhere"), 3, 668),
    "an entry that is not up": (("hangup", "Home VPN"), 3, 668),
    "no such entry": (("dial", "Nowhere"), 3, 623),
    "no such phone book": (("entries", "--phonebook", r"C:\none.pbk"), 1, 621),
    "timed out": (("dial", "Home VPN", "--timeout", "0"), 4, 1460),
    "wrong usage": (("status",), 2, None),
    "no such function": (("list",), 5, 127),
    "wrong usage of an action": (("entries", "rename", "A"), 2, None),
    "wrong usage that only the command sees": (("watch", "--check-every", "0"), 2, None),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_one_line_of_json_too(
    office: Simulator, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arguments, exit_code, code = ERRORS[name]
    if code == 127:
        office.fail("RasEnumConnections", code, times=2)
    assert run(*arguments, "--json") == exit_code
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    [told] = check("error", out)
    assert told["error"]["code"] == code
    assert told["error"]["message"] in err
    if code is not None:
        assert told["error"]["hint"] == winras.RasError(code, "", "").hint
    assert run(*arguments) == exit_code
    assert "{" not in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_that_there_is_no_ras_is_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 5
    [told] = check("error", capsys.readouterr().out)
    assert told["error"]["code"] == 126


def test_a_scenario_that_is_none_is_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--simulate", "none.toml", "list", "--json") == 2
    [told] = check("error", capsys.readouterr().out)
    assert "none.toml" in told["error"]["message"]


def test_of_several_hang_ups_each_row_has_its_error(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    office.fail("RasHangUp", 753, times=None)
    assert run("hangup", ENTRY, "Nowhere", "--json", "--timeout", "1") == 3
    [rows] = check("hangup", capsys.readouterr().out)
    office.clear_faults()
    assert isinstance(rows, list)
    assert [(row["name"], row["gone"], row["error"]["code"]) for row in rows] == [
        (ENTRY, False, 753),
        ("Nowhere", False, 668),
    ]


def test_an_error_after_lines_is_one_more_line(
    office: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = winras.TrafficMeter.sample

    def fail_at_last(meter: winras.TrafficMeter) -> winras.Traffic:
        if office.now > 2.0:
            office.fail("RasGetConnectionStatistics", 711)
        return sample(meter)

    monkeypatch.setattr(winras.TrafficMeter, "sample", fail_at_last)
    assert run("stats", ENTRY, "--watch", "--json") == 1
    *lines, last = capsys.readouterr().out.splitlines(keepends=True)
    assert len(check("stats-watch", "".join(lines))) == 2
    [told] = check("error", last)
    assert told["error"]["code"] == 711


# ---- what people see ----


def test_a_handle_is_hexadecimal_in_every_text(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = winras.get_connection(ENTRY).handle
    for arguments in (("list",), ("status", ENTRY), ("stats", ENTRY)):
        assert run(*arguments) == 0
        told = capsys.readouterr().out
        assert f"{handle:#x}" in told
        assert str(handle) not in told
    assert office.now == 0


def test_the_list_has_the_phone_books_if_two_names_are_alike(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list") == 0
    assert "PHONE BOOK" not in capsys.readouterr().out
    ras.add_entry("a", phonebook="other.pbk")
    ras.connect("a", phonebook="other.pbk")
    assert run("list") == 0
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.endswith("PHONE BOOK")
    assert first.endswith(DEFAULT_PHONEBOOK)
    assert second.endswith("other.pbk")


def test_since_is_told_in_local_time() -> None:
    now = datetime.now(UTC)
    assert local_time(now) == now.astimezone().strftime("%H:%M:%S")
    other_day = now - timedelta(days=2)
    assert local_time(other_day) == other_day.astimezone().strftime("%Y-%m-%d %H:%M")
    assert local_time(None) == "-"
