"""winras entries export, apply and import-powershell."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import winras
from json_forms import check
from winras._entries import with_device
from winras._native import service
from winras.cli import main
from winras.testing import DEFAULT_PHONEBOOK, Simulator

ROOT = Path(__file__).parents[1]
WORK = winras.Entry.ikev2("Work", "vpn.example.com")
PLANT = winras.Entry.l2tp("Büro \u202e \U0001f680", "plant.example.com", pre_shared_key=False)


@pytest.fixture(autouse=True)
def ras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A simulated RAS, and an entry file vpn.toml with two entries."""
    monkeypatch.chdir(tmp_path)
    Path("vpn.toml").write_text(WORK.to_toml() + PLANT.to_toml(), encoding="utf-8")
    with Simulator(clock="auto") as simulator:
        simulator.ignore_leftovers()
        yield simulator


def run(*arguments: str) -> int:
    try:
        return main(["entries", *arguments])
    except SystemExit as end:
        return int(str(end.code))


Out = pytest.CaptureFixture[str]


# ---- export ----


def test_what_is_exported_is_applied(capsys: Out) -> None:
    assert run("apply", "vpn.toml") == 0
    capsys.readouterr()
    assert run("export") == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert 'name = "B\\U000000FCro ' in out
    Path("again.toml").write_text(out, encoding="ascii")
    assert [one.entry for one in winras.load_entries("again.toml")] == [WORK, PLANT]
    assert run("apply", "again.toml", "--dry-run", "--prune") == 0
    assert run("apply", "again.toml", "--prune", "--all-users") == 0
    capsys.readouterr()
    assert run("export", "--all-users", "work") == 0
    assert capsys.readouterr().out == WORK.to_toml()


def test_a_terminal_shows_what_has_a_picture(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    assert run("apply", "vpn.toml") == 0
    assert capsys.readouterr().err == ""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    assert run("export") == 0
    screen.seek(0)
    assert 'name = "Büro \\u202E \\U0001F680"' in screen.read().replace("\\U0000202E", "\\u202E")


def test_only_some_are_exported(capsys: Out) -> None:
    run("apply", "vpn.toml")
    capsys.readouterr()
    assert run("export", "WORK") == 0
    assert capsys.readouterr().out == WORK.to_toml()
    assert run("export", "WORK", "Wrk") == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "has no entry 'Wrk'" in err


def test_nobody_is_exported_twice(capsys: Out) -> None:
    run("apply", "vpn.toml")
    capsys.readouterr()
    assert run("export", "WORK", "work") == 0
    assert capsys.readouterr().out == WORK.to_toml()


def test_what_no_file_can_have_is_named_and_left_out(ras: Simulator, capsys: Out) -> None:
    """Who made it has asked no questions; what is exported can be applied."""
    run("apply", "vpn.toml")
    assert ras.calls("RasSetEntryProperties") == 2
    for name, problem in (
        ("Far", {"ipv6_prefix_length": 129}),
        ("Half", {"dns_suffix": "\ud800"}),
        ("Line", {"dns_suffix": "a\nb"}),
    ):
        foreign = dataclasses.replace(WORK, name=name, **problem)  # type: ignore[arg-type]
        winras.Phonebook.user()._write(with_device(foreign, winras.devices()), service())
    capsys.readouterr()
    assert run("export") == 1
    out, err = capsys.readouterr()
    left_out = "is left out, because no entry file can have it: "
    assert err.replace(left_out, "").splitlines() == [
        "'Far' ipv6_prefix_length must be from 0 to 128",
        "'Half' dns_suffix cannot be written into a file: it has half of a surrogate pair",
        "'Line' dns_suffix must not contain a line break or another control character",
    ]
    assert err.count(left_out) == 3
    Path("again.toml").write_text(out, encoding="ascii")
    assert [one.entry for one in winras.load_entries("again.toml")] == [WORK, PLANT]
    assert run("export", "Far") == 1
    assert capsys.readouterr().out == ""
    assert run("export", "--json") == 0


def test_a_phone_book_without_entries(capsys: Out) -> None:
    assert run("export") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f'There is no entry in the phone book "{DEFAULT_PHONEBOOK}".\n'


# ---- apply ----


def test_the_difference_is_shown_as_people_read_it(ras: Simulator, capsys: Out) -> None:
    ras.add_entry("work", phone_number="old.example.com", device_name="WAN Miniport (IKEv2)")
    ras.add_entry("Old")
    assert run("apply", "vpn.toml", "--dry-run", "--prune") == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "~ work -> Work".replace("work -> ", ""),
        '    name: "work" -> "Work"',
        '    phone_number: "old.example.com" -> "vpn.example.com"',
    ]
    assert "+ Büro \\u202e \U0001f680" in lines
    assert lines[-1] == "- Old"
    assert run("apply", "vpn.toml", "--prune") == 0
    assert capsys.readouterr().out.splitlines() == lines
    for more in ((), ("--dry-run",), ("--prune", "--hang-up")):
        assert run("apply", "vpn.toml", *more) == 0
        assert capsys.readouterr() == ("Nothing is to be changed.\n", "")


def test_as_json(ras: Simulator, capsys: Out) -> None:
    ras.add_entry("Old")
    ras.connect("Old")
    assert run("apply", "vpn.toml", "--dry-run", "--json") == 6
    assert run("apply", "vpn.toml", "--prune", "--json") == 1
    planned, done = check("entries-apply", capsys.readouterr().out)
    assert isinstance(planned, dict)
    assert isinstance(done, dict)
    assert planned["error"] is None
    assert done["error"]["code"] == 817
    assert done["changes"][:2] == planned["changes"]
    assert [one["blocked"] for one in done["changes"]] == [False, False, True]


def test_what_is_up_is_blocked_unless_it_is_hung_up(ras: Simulator, capsys: Out) -> None:
    ras.add_entry("Work")
    ras.connect("Work")
    assert run("apply", "vpn.toml", "--dry-run") == 6
    assert "~ Work (blocked: it is up or being dialled)" in capsys.readouterr().out
    assert run("apply", "vpn.toml") == 1
    out, err = capsys.readouterr()
    assert out.startswith("+ Büro")
    assert "~ Work (blocked: it is up or being dialled)" in out
    assert "'Work' is up or being dialled, and not changed: hang up first, or give --hang-up" in err
    assert run("apply", "vpn.toml", "--hang-up") == 0
    assert winras.connections() == []


def test_a_secret_that_has_changed_is_saved(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    text = f'{WORK.to_toml()}user = "ann"\npassword = {{ env = "WINRAS_TEST_SECRET" }}\n'
    Path("secret.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("WINRAS_TEST_SECRET", "s3cret")
    assert run("apply", "secret.toml") == 0
    assert run("apply", "secret.toml", "--dry-run") == 0
    capsys.readouterr()
    assert run("apply", "secret.toml", "--save-secrets", "--dry-run") == 6
    assert ras.calls("RasSetCredentials") == 1
    assert run("apply", "secret.toml", "--save-secrets") == 0
    assert capsys.readouterr().out == "~ Work\n    password: saved\n" * 2
    assert ras.calls("RasSetCredentials") == 2


def test_an_error_in_the_middle_tells_what_was_done(ras: Simulator, capsys: Out) -> None:
    ras.add_entry("Old")
    ras.fail("RasDeleteEntry", 5)
    assert run("apply", "vpn.toml", "--prune", "--json") == 1
    [told] = check("entries-apply", capsys.readouterr().out)
    assert isinstance(told, dict)
    assert [one["action"] for one in told["changes"]] == ["create", "create"]
    assert told["error"]["code"] == 5
    ras.fail("RasDeleteEntry", 5)
    assert run("apply", "vpn.toml", "--prune") == 1
    assert "done before: nothing\nnot done: 'Old'\n" in capsys.readouterr().err


def test_ctrl_c_tells_what_was_done(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    ras.add_entry("First")
    ras.add_entry("Second")
    monkeypatch.setattr(winras.Phonebook, "delete", interrupted)
    assert run("apply", "vpn.toml", "--prune") == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "interrupted",
        "done before: 'Work', 'Büro \\u202e \U0001f680'",
        "perhaps done: 'First'",
        "not done: 'Second'",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("none.toml",), "FILE none.toml cannot be read: No such file"),
        (("wrong.toml",), "wrong.toml, line 3: "),
        (("vpn.toml", "--all-users", "--phonebook", "a"), "exclude each other"),
        (("vpn.toml", "--phonebook", "a"), "--phonebook must be the full path of a phone book"),
        (("secret.toml",), "the password of 'ann' for 'Work' cannot be used: there is no environ"),
    ],
)
def test_wrong_usage(ras: Simulator, capsys: Out, arguments: tuple[str, ...], problem: str) -> None:
    text = '[[entry]]\nname = "Work"\nphone_numbr = 1\n'
    Path("wrong.toml").write_text(text, encoding="utf-8")
    secret = f'{WORK.to_toml()}user = "ann"\npassword = {{ env = "WINRAS_NONE" }}\n'
    Path("secret.toml").write_text(secret, encoding="utf-8")
    assert run("apply", *arguments) == 2
    assert problem in capsys.readouterr().err
    assert run("apply", *arguments, "--json") == 2
    out = capsys.readouterr().out
    [told] = check("error", out)
    assert isinstance(told, dict)
    assert problem in told["error"]["message"]
    assert ras.calls("RasSetEntryProperties") == 0


# ---- import ----


def test_what_powershell_prints_becomes_a_file_that_can_be_applied(capsys: Out) -> None:
    assert run("import-powershell", str(ROOT / "examples/connections.json")) == 0
    out, err = capsys.readouterr()
    assert err.count("\n") == err.count("warning: '") == 3
    Path("moved.toml").write_text(out, encoding="utf-8")
    assert [one.entry.name for one in winras.load_entries("moved.toml")] == [
        "Work VPN",
        "Plant VPN",
    ]
    assert run("apply", "moved.toml") == 0
    assert run("apply", "moved.toml", "--dry-run") == 0


def test_it_may_be_piped_in(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    text = json.dumps({"Name": "Büro", "ServerAddress": "vpn.example.com"})
    for arguments in ((), ("-",)):
        piped = io.TextIOWrapper(io.BytesIO(b"\xff\xfe" + text.encode("utf-16-le")))
        monkeypatch.setattr(sys, "stdin", piped)
        assert run("import-powershell", *arguments, "--json") == 0
        [told] = check("entries-import-powershell", capsys.readouterr().out)
        assert isinstance(told, dict)
        assert [one["name"] for one in told["entries"]] == ["Büro"]
        assert told["warnings"] == []


def test_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    Path("empty.json").write_bytes(b"")
    for arguments, problem in (
        (("none.json",), "FILE none.json cannot be read: No such file"),
        (("empty.json",), "FILE empty.json: it is empty"),
    ):
        assert run("import-powershell", *arguments) == 2
        assert problem in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", None)
    assert run("import-powershell") == 2
    assert "FILE is missing, and nothing is piped in" in capsys.readouterr().err
