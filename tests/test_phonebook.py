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


# ---- which entry a name means ----


def dialled(ras: Simulator) -> list[str]:
    """The phone books of what is up."""
    return [connection.phonebook for connection in ras.connections]


def test_looking_for_similar_names_does_not_wait_for_rasman() -> None:
    with Simulator(clock="auto") as ras:
        add_entries(ras)
        ras.set_service("stopped", start_seconds=60.0)
        for function in ("StartService", "RasDial"):
            ras.fail(function, 5 if function == "StartService" else 623, times=None)
        with pytest.raises(winras.EntryNotFoundError):
            winras.dial("Tost")
        assert ras.now == 0.0


def test_an_entry_of_all_users_is_found_by_its_name(ras: Simulator) -> None:
    add_entries(ras)
    assert winras.dial("Branch VPN").phonebook == ALL_USERS


@pytest.mark.parametrize(
    "listed", [(PRIVATE, ALL_USERS, DEFAULT_PHONEBOOK), (DEFAULT_PHONEBOOK, ALL_USERS, PRIVATE)]
)
def test_of_two_phone_books_the_users_comes_first(ras: Simulator, listed: tuple[str, ...]) -> None:
    for phonebook in listed:
        ras.add_entry("A", phonebook=phonebook)
    assert winras.dial("A").phonebook == DEFAULT_PHONEBOOK
    assert winras.dial("A", phonebook=ALL_USERS).phonebook == ALL_USERS
    assert winras.dial("A", phonebook=PRIVATE).phonebook == PRIVATE


def test_upper_and_lower_case_are_the_same(ras: Simulator) -> None:
    ras.add_entry("Büro VPN", phonebook=ALL_USERS)
    ras.save_credentials("Büro VPN", "ann", "secret")
    assert winras.dial("bÜRO vpn").name == "Büro VPN"
    assert winras.dial("BÜRO VPN", phonebook=ALL_USERS.upper()).name == "Büro VPN"
    with pytest.raises(ValueError, match="already"):
        ras.add_entry("BÜRO VPN", phonebook=ALL_USERS)


def test_one_letter_is_never_two(ras: Simulator) -> None:
    ras.add_entry("Straße")
    with pytest.raises(winras.EntryNotFoundError):
        winras.dial("STRASSE")
    ras.add_entry("STRASSE")
    assert winras.dial("strasse").name == "STRASSE"


def test_the_phone_book_goes_into_every_call(ras: Simulator) -> None:
    """A Windows 11 answered 621 to RasGetCredentials without a phone book, says a report."""
    ras.add_entry("A", phonebook=ALL_USERS, user="ann", password="secret")
    ras.add_entry("A", phonebook=PRIVATE)
    ras.save_credentials("A", "ann", "secret", phonebook=ALL_USERS)
    assert winras.dial("A").phonebook == ALL_USERS
    assert ras.calls("RasEnumEntries") == 2


@pytest.fixture
def profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of the simulated user's profile and of all users'."""
    monkeypatch.setenv("APPDATA", r"C:\Users\user\AppData\Roaming")
    monkeypatch.setenv("PROGRAMDATA", r"C:\ProgramData")


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("code", [621, 623])
@pytest.mark.parametrize(("phonebook", "tries"), [(DEFAULT_PHONEBOOK, 2), (ALL_USERS, 3)])
def test_without_a_list_null_and_then_the_usual_paths_are_tried(
    ras: Simulator, phonebook: str, tries: int, code: int
) -> None:
    ras.add_entry("A", phonebook=phonebook)
    ras.fail("RasEnumEntries", 8)
    ras.fail("RasDial", code, times=tries - 1)
    assert winras.dial("A", use_saved=False).phonebook == phonebook
    assert ras.calls("RasDial") == tries


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("code", [621, 623])
@pytest.mark.parametrize(("phonebook", "tries"), [(DEFAULT_PHONEBOOK, 2), (ALL_USERS, 3)])
def test_without_a_list_what_is_saved_tells_the_phone_book(
    ras: Simulator, phonebook: str, tries: int, code: int
) -> None:
    ras.add_entry("A", phonebook=phonebook, user="ann", password="secret")
    ras.save_credentials("A", "ann", "secret")
    ras.fail("RasEnumEntries", 8)
    ras.fail("RasGetCredentials", code, times=tries - 1)
    assert winras.dial("A").phonebook == phonebook
    assert (ras.calls("RasGetCredentials"), ras.calls("RasDial")) == (tries, 1)


@pytest.mark.usefixtures("profiles")
def test_without_a_list_a_name_that_is_nowhere_is_not_found(ras: Simulator) -> None:
    ras.fail("RasEnumEntries", 8, times=None)
    with pytest.raises(winras.EntryNotFoundError) as raised:
        winras.dial("A")
    assert (ras.calls("RasGetCredentials"), ras.calls("RasDial")) == (3, 3)
    assert "did you mean" not in raised.value.message


def test_without_the_profiles_only_null_is_tried(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APPDATA", raising=False)
    monkeypatch.setenv("PROGRAMDATA", "x" * 300)
    ras.fail("RasEnumEntries", 8, times=None)
    with pytest.raises(winras.EntryNotFoundError):
        winras.dial("A")
    assert ras.calls("RasDial") == 1


def test_another_error_does_not_lead_to_the_next_phone_book(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROGRAMDATA", r"C:\ProgramData")
    ras.add_entry("A")
    ras.fail("RasEnumEntries", 8)
    ras.fail("RasDial", 711)
    with pytest.raises(winras.RasError, match="711"):
        winras.dial("A")
    assert dialled(ras) == []
    assert ras.calls("RasDial") == 1


def test_a_name_that_is_like_another_is_suggested(ras: Simulator) -> None:
    add_entries(ras)
    with pytest.raises(winras.EntryNotFoundError) as raised:
        winras.dial("Ofice VPN")
    assert raised.value.message == (
        "no phone book of this user or all users has an entry 'Ofice VPN'; "
        "did you mean 'Office VPN'?"
    )
    with pytest.raises(winras.EntryNotFoundError) as raised:
        winras.dial("Tost", phonebook=PRIVATE)
    assert (
        raised.value.message
        == f"phone book \"{PRIVATE}\" has no entry 'Tost'; did you mean 'Töst \U0001f680'?"
    )
    with pytest.raises(winras.EntryNotFoundError) as raised:
        winras.dial("something else")
    assert raised.value.message.endswith("has an entry 'something else'")


def test_a_private_phone_book_is_not_looked_into(ras: Simulator) -> None:
    ras.add_entry("A", phonebook=PRIVATE)
    with pytest.raises(winras.EntryNotFoundError):
        winras.dial("A")


def test_a_phone_book_that_is_none_cannot_be_opened(ras: Simulator) -> None:
    add_entries(ras)
    with pytest.raises(winras.RasError) as raised:
        winras.dial("Office VPN", phonebook=r"C:\nope.pbk")
    assert (raised.value.code, raised.value.function) == (621, "RasDial")


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
