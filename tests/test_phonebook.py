"""The entries of phone books."""

from __future__ import annotations

import json

import pytest

import winras
from winras import EntryName
from winras.cli import main
from winras.testing import DEFAULT_PHONEBOOK, Simulator

ALL_USERS = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
PRIVATE = r"C:\Office\книга.pbk"


def add_entries(ras: Simulator) -> None:
    ras.add_entry("Office VPN")
    ras.add_entry("Branch VPN", phonebook=ALL_USERS)
    ras.add_entry("Töst \U0001f680", phonebook=PRIVATE)


def test_entries_are_those_of_this_user_and_of_all_users(ras: Simulator) -> None:
    add_entries(ras)
    ras.connect("Office VPN")
    assert winras.entries() == [
        EntryName("Office VPN", DEFAULT_PHONEBOOK, all_users=False),
        EntryName("Branch VPN", ALL_USERS, all_users=True),
    ]


def test_entries_of_one_phone_book(ras: Simulator) -> None:
    add_entries(ras)
    assert winras.entries(phonebook=PRIVATE) == [
        EntryName("Töst \U0001f680", PRIVATE, all_users=False)
    ]
    assert winras.entries(phonebook=ALL_USERS.lower())[0].name == "Branch VPN"


def test_a_path_has_no_case_for_dialling_either(ras: Simulator) -> None:
    add_entries(ras)
    assert winras.dial("Branch VPN", phonebook=ALL_USERS.upper()).phonebook == ALL_USERS
    with pytest.raises(ValueError, match="already"):
        ras.add_entry("Branch VPN", phonebook=ALL_USERS.lower())


def test_no_entry_is_an_empty_list(ras: Simulator) -> None:
    assert winras.entries() == []
    ras.add_entry(phone_number="0301234", device_type="modem")
    assert winras.entries() == []


def test_a_list_that_grows_between_two_calls_is_read_to_its_end(ras: Simulator) -> None:
    add_entries(ras)
    ras.fail("RasEnumEntries", 603)
    assert len(winras.entries()) == 2
    ras.fail("RasEnumEntries", 603, times=None)
    with pytest.raises(winras.RasError) as raised:
        winras.entries()
    assert raised.value.code == 603
    assert ras.calls("RasEnumEntries") < 100


def test_many_entries(ras: Simulator) -> None:
    names = [f"VPN {number}" for number in range(200)]
    for name in names:
        ras.add_entry(name)
    assert [entry.name for entry in winras.entries()] == names
    assert ras.calls("RasEnumEntries") == 2


@pytest.mark.usefixtures("ras")
def test_a_phone_book_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(winras.RasError) as raised:
        winras.entries(phonebook=r"C:\no\such.pbk")
    assert raised.value.code == 621
    assert raised.value.function == "RasEnumEntries"


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize(
    ("phonebook", "kind"), [("", ValueError), ("x" * 260, ValueError), ("a\0b", ValueError)]
)
def test_a_path_that_cannot_be_one_is_refused(phonebook: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="phonebook must"):
        winras.entries(phonebook=phonebook)


@pytest.mark.usefixtures("ras")
def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="phonebook must be str, not int"):
        winras.entries(phonebook=1)  # type: ignore[arg-type]


def test_a_system_without_the_function_says_so(ras: Simulator) -> None:
    ras.fail("RasEnumEntries", 127)
    with pytest.raises(winras.RasUnavailableError):
        winras.entries()


# ---- winras entries ----


def test_the_command_lists_entries(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["entries"]) == 0
    assert capsys.readouterr().out == "There is no phone-book entry.\n"
    add_entries(ras)
    assert main(["entries"]) == 0
    [header, office, branch] = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "FOR", "PHONE", "BOOK"]
    assert office.split(maxsplit=4) == ["Office", "VPN", "this", "user", DEFAULT_PHONEBOOK]
    assert branch.split(maxsplit=4) == ["Branch", "VPN", "all", "users", ALL_USERS]


def test_the_command_prints_json(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    add_entries(ras)
    assert main(["entries", "--json", "--phonebook", PRIVATE]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"name": "Töst \U0001f680", "phonebook": PRIVATE, "all_users": False}
    ]


@pytest.mark.usefixtures("ras")
def test_the_command_tells_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["entries", "--phonebook", r"C:\no.pbk"]) == 1
    assert capsys.readouterr().err.startswith("621 ERROR_CANNOT_OPEN_PHONEBOOK: ")
    with pytest.raises(SystemExit) as ended:
        main(["entries", "--phonebook", ""])
    assert ended.value.code == 2
    assert "phonebook must be the path" in capsys.readouterr().err
