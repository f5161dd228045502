"""Text that somebody else chose, on a terminal: nothing in it repaints or forges a row."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import re
import sys
import unicodedata
import warnings
from pathlib import Path

import pytest

import winras
import winras.testing
from winras._text import fit, pad, shown, width
from winras.cli import find_commands, main
from winras.testing import Simulator

HOSTILE = "\x1b[2J\nFORGED\x9b\u202e\u2028\ud83d\x7f\t"

# A backslash and the quotes stay.
SHOWN = {
    "Büro \\ 東京 \U0001f680 e\u0301 \xa0": "Büro \\ 東京 \U0001f680 e\u0301 \xa0",
    "\x1b[2J": r"\x1b[2J",
    "\r\n\t\x00": r"\x0d\x0a\x09\x00",
    "\x7f\x85\x9b": r"\x7f\x85\x9b",
    "\u200f\u202e\u2066\ufeff": r"\u200f\u202e\u2066\ufeff",
    "\u2028\u2029": r"\u2028\u2029",
    "\ud83d": r"\ud83d",
    "\U000e0041": r"\U000e0041",
    r"C:\new\x1b": r"C:\new\x1b",
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_has_no_picture_is_escaped(text: str) -> None:
    assert shown(text) == SHOWN[text]
    assert shown(shown(text)) == SHOWN[text]


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("Büro", 4), ("東京", 4), ("e\u0301", 1), ("\uff21", 2), ("\u1112\u1161\u11ab", 2)],
)
def test_wide_characters_have_two_columns_and_marks_none(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 9)) == 9


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("Office VPN", 10, "Office VPN"),
        ("Office VPN", 9, "Office..."),
        ("東京東京", 7, "東京..."),
        ("東京東京", 6, "東..."),
        ("Office", 2, ".."),
        ("Office", 0, ""),
    ],
)
def test_what_does_not_fit_ends_in_an_ellipsis(text: str, columns: int, expected: str) -> None:
    assert fit(text, columns) == expected
    assert width(expected) <= columns


# ---- every command ----


def scenario(folder: Path) -> str:
    """The path of a scenario that has the hostile text wherever a text can be."""
    entry = {
        "device_name": f"WAN Miniport (IKEv2) {HOSTILE}",
        "device_type": f"vpn{HOSTILE[:8]}",
        "phone_number": HOSTILE,
        "saved_user": HOSTILE,
        "saved_password": "x",
        "saved_domain": HOSTILE[:14],
    }
    entries = [
        {"name": f"Office{HOSTILE}", "phonebook": f"1{HOSTILE}", "connected": True, **entry},
        {"name": f"Office{HOSTILE}", "phonebook": f"2{HOSTILE}", "connected": True, **entry},
        {"name": f"Other{HOSTILE}", "connected": True, "hang_up_seconds": 0.1, **entry},
        {"name": f"Refused{HOSTILE}", "phonebook": f"3{HOSTILE}", "user": "ann", **entry},
        {"name": f"Down{HOSTILE}", **entry},
    ]
    lines = []
    for facts in entries:
        lines.append("[[entry]]")
        # What JSON and TOML both take, but for half a pair.
        lines += [f"{key} = {json.dumps(fact)}" for key, fact in facts.items()]
    lines += ["[[at]]", "seconds = 0.2", f"drop = {json.dumps(f'Other{HOSTILE}')}"]
    path = folder / "hostile.toml"
    path.write_text("\n".join(lines).replace(r"\ud83d", ""), encoding="utf-8")
    return str(path)


def write_entry_files(folder: Path) -> None:
    """Two with texts that are hostile, of which RAS takes those of one; and one of PowerShell."""
    fitting = {"name": "New\u202e", "phone_number": "a", "dns_suffix": "\x7f\u2028\x9b"}
    refused = {"name": f"New{TEXT}", "phone_number": TEXT}
    for file, entry in (("vpn.toml", fitting), ("refused.toml", refused)):
        lines = ["[[entry]]", *(f"{key} = {json.dumps(fact)}" for key, fact in entry.items())]
        (folder / file).write_text("\n".join(lines), encoding="utf-8")
    connection = {"Name": TEXT, "ServerAddress": TEXT, "Routes": [TEXT], "ProfileType": "Inbox"}
    (folder / "vpn.json").write_text(json.dumps(connection), encoding="utf-8")


TEXT = HOSTILE.replace("\ud83d", "")
OFFICE, OTHER, REFUSED, DOWN = (f"{name}{TEXT}" for name in ("Office", "Other", "Refused", "Down"))
BOOKS = [f"{number}{TEXT}" for number in (1, 2, 3)]

RUNS: list[tuple[str, ...]] = [
    ("list",),
    ("list", TEXT),
    ("status", OTHER),
    ("status", OFFICE),
    ("status", OFFICE, "--phonebook", BOOKS[0]),
    ("status", DOWN),
    ("status", f"Othr{TEXT}"),
    ("status", OFFICE, "--phonebook", BOOKS[2]),
    ("watch", "--timeout", "1"),
    ("hangup", OTHER),
    ("hangup", OFFICE),
    ("hangup", OTHER, OFFICE, DOWN),
    ("hangup", "--all", "--yes"),
    ("hangup", "--all"),
    ("dial", DOWN),
    ("dial", REFUSED),
    ("dial", REFUSED, "--phonebook", BOOKS[2]),
    ("dial", f"Dwn{TEXT}"),
    ("dial", f"Dwn{TEXT}", "--phonebook", BOOKS[2]),
    ("dial", "A", "--user", TEXT),
    ("keep", DOWN, "--timeout", "1"),
    ("keep", DOWN, "--once"),
    ("keep", REFUSED),
    ("keep", f"Dwn{TEXT}"),
    ("keep", DOWN, "--probe", TEXT),
    ("why", OTHER),
    ("why", REFUSED, "--since", TEXT),
    ("why", TEXT),
    ("stats", OTHER),
    ("stats", OTHER, "--watch", "--every", "0.1"),
    ("stats", OFFICE),
    ("entries",),
    ("entries", "--phonebook", BOOKS[0]),
    ("entries", "--phonebook", TEXT),
    ("entries", "show", OTHER),
    ("entries", "show", DOWN, "--phonebook", TEXT),
    ("entries", "rename", DOWN, f"New{TEXT}"),
    ("entries", "rename", DOWN, "New", "--phonebook", TEXT),
    ("entries", "remove", OTHER),
    ("entries", "remove", DOWN),
    ("entries", "add", f"New{TEXT}", "--type", "ikev2", "--server", TEXT),
    ("entries", "add", "New", "--type", "ikev2", "--server", "a", "--device", TEXT),
    ("entries", "add", "New", "--type", "ikev2", "--server", "a", "--phonebook", TEXT),
    ("entries", "export"),
    ("entries", "export", TEXT),
    ("entries", "apply", "vpn.toml", "--prune"),
    ("entries", "apply", "vpn.toml", "--phonebook", TEXT),
    ("entries", "apply", "refused.toml"),
    ("entries", "apply", TEXT),
    ("entries", "import-powershell", "vpn.json"),
    ("entries", "import-powershell", TEXT),
    ("credentials", "show", DOWN),
    ("credentials", "show", f"Dwn{TEXT}"),
    ("credentials", "save", DOWN, "--user", TEXT, "--password-stdin"),
    ("credentials", "delete", DOWN),
    ("credentials", TEXT),
    ("devices",),
    ("devices", TEXT),
    ("doctor", "--names"),
    ("explain", "691"),
    ("explain", TEXT),
    ("explain", "--search", TEXT),
    ("rasdial",),
    ("rasdial", DOWN),
    ("rasdial", DOWN, TEXT, "*", f"/domain:{TEXT}"),
    ("rasdial", DOWN, f"/{TEXT}"),
    ("rasdial", OTHER, "/disconnect"),
    ("rasdial", TEXT, "/disconnect"),
    ("doctor", "--names"),
    ("help", TEXT),
    ("demo", TEXT),
    ("simulate", TEXT),
    ("simulate", "--name", TEXT, TEXT),
    ("act", "drop", OTHER, "--join", "a"),
    ("act", "connect", f"Dwn{TEXT}", "--join", "a"),
    ("act", "fail", TEXT, TEXT, "--join", "a"),
    ("act", "quirk", TEXT, "--join", "a"),
    ("act", TEXT),
    (TEXT,),
    (f"--{TEXT}",),
]


def test_every_command_is_run() -> None:
    assert find_commands().keys() <= {arguments[0] for arguments in RUNS}


class Terminal(io.StringIO):
    """One that says so."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("screen", [io.StringIO, Terminal])
@pytest.mark.parametrize("arguments", RUNS)
def test_no_command_lets_a_text_act_on_the_terminal(
    arguments: tuple[str, ...],
    screen: type[io.StringIO],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", (screen if "--all" in arguments else io.StringIO)("x\n"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)
    write_entry_files(tmp_path)
    out, err = screen(), screen()
    with (
        Simulator(clock="auto", scenario=scenario(tmp_path)) as ras,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        ras.ignore_leftovers()
        if arguments[-1] == "a":
            monkeypatch.setattr(winras.testing, "join", lambda _name: contextlib.nullcontext(ras))
        with contextlib.suppress(SystemExit):
            main(arguments)
    for told in (out.getvalue(), err.getvalue()):
        check(told, is_terminal=screen is Terminal)


# What the commands themselves do with a terminal: colours; clear, move and hide the cursor.
OUR_OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[[0-9]*[AKJGH]|\x1b\[\?(?:25|1049)[hl]|\r")


def check(told: str, *, is_terminal: bool) -> None:
    assert "\x1b[2J" not in told
    left = OUR_OWN.sub("", told) if is_terminal else told
    for character in left.replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Cs"), left
    assert not any(line.startswith("FORGED") for line in left.splitlines())


def test_a_scenario_that_is_wrong_is_told_as_safely(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f"[[entry]]\nname = {json.dumps(TEXT)}\n{json.dumps(TEXT)} = 1\n", "utf-8")
    for simulate in (str(path), TEXT, str(tmp_path / TEXT)):
        with pytest.raises(SystemExit):
            main(["--simulate", simulate, "list"])
        check(capsys.readouterr().err, is_terminal=False)
    with pytest.raises(SystemExit):
        main(["--join", TEXT, "list"])
    check(capsys.readouterr().err, is_terminal=False)


# ---- Python ----


def test_the_text_of_an_error_is_one_line(tmp_path: Path) -> None:
    with Simulator(scenario=scenario(tmp_path)) as ras:
        ras.ignore_leftovers()
        for call in (
            lambda: winras.get_connection(OFFICE),
            lambda: winras.get_connection(f"Othr{TEXT}"),
            lambda: winras.get_connection(OTHER, phonebook=TEXT),
            lambda: winras.entries(phonebook=TEXT),
            lambda: winras.dial(f"Dwn{TEXT}", phonebook=BOOKS[2]),
            lambda: winras.Phonebook(TEXT).entry(TEXT),
            lambda: winras.Phonebook.create_file(TEXT),
        ):
            with pytest.raises((winras.RasError, ValueError)) as caught, warnings.catch_warnings():
                call()
            check(str(caught.value), is_terminal=False)
            assert "\n" not in str(caught.value)


def test_a_message_stays_what_it_is_when_it_is_pickled() -> None:
    error = winras.RasError(87, "", HOSTILE)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert again.message == error.message == shown(HOSTILE)
    assert str(again) == str(error)
