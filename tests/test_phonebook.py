"""The entries of phone books."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

import winras
from background import Background
from winras import Device, Encryption, Entry, EntryName, Phonebook, Protocols, _native, _phonebook
from winras._entries import sub_entry_count
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


def test_without_a_list_a_name_that_is_nowhere_is_not_found(ras: Simulator) -> None:
    ras.fail("RasEnumEntries", 8, times=None)
    with pytest.raises(winras.EntryNotFoundError) as raised:
        winras.dial("A")
    assert (ras.calls("RasGetCredentials"), ras.calls("RasDial")) == (3, 3)
    assert "did you mean" not in raised.value.message


def test_without_the_profiles_only_null_is_tried(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_phonebook, "_SIMULATED", {"PROGRAMDATA": "x" * 300})
    ras.fail("RasEnumEntries", 8, times=None)
    with pytest.raises(winras.EntryNotFoundError):
        winras.dial("A")
    assert ras.calls("RasDial") == 1


def test_another_error_does_not_lead_to_the_next_phone_book(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.fail("RasEnumEntries", 8)
    ras.fail("RasDial", 711)
    with pytest.raises(winras.RasError, match="711"):
        winras.dial("A")
    assert dialled(ras) == []
    assert ras.calls("RasDial") == 1


@pytest.mark.parametrize("listed", [("OFFICE", "Office"), ("Office", "OFFICE")])
def test_a_name_that_is_spelled_so_comes_before_this_users_phone_book(
    ras: Simulator, listed: tuple[str, ...]
) -> None:
    books = {"OFFICE": DEFAULT_PHONEBOOK, "Office": ALL_USERS}
    for name in listed:
        ras.add_entry(name, phonebook=books[name])
    assert winras.dial("Office").phonebook == ALL_USERS
    assert winras.dial("office").phonebook == DEFAULT_PHONEBOOK
    assert winras.dial("OFFICE").phonebook == DEFAULT_PHONEBOOK


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
    assert "--phonebook: it is empty" in capsys.readouterr().err


# ---- changing entries ----

OFFICE = Entry.ikev2("Office VPN", "vpn.example.com")


@pytest.fixture
def book(ras: Simulator) -> Phonebook:  # noqa: ARG001  it must run
    """The phone book of the simulated user."""
    return Phonebook.user()


def test_the_phone_books_of_the_profiles(ras: Simulator) -> None:
    assert Phonebook.user().path == DEFAULT_PHONEBOOK
    assert Phonebook.all_users().path == ALL_USERS
    Phonebook.all_users().create(OFFICE)
    assert [entry.all_users for entry in winras.entries()] == [True]
    ras.connect("Office VPN")


def test_without_the_simulator_the_profiles_are_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APPDATA", r"C:\Users\ann\AppData\Roaming")
    assert Phonebook.user().path == (
        r"C:\Users\ann\AppData\Roaming\Microsoft\Network\Connections\Pbk\rasphone.pbk"
    )


@pytest.mark.usefixtures("ras")
def test_an_account_without_a_profile_has_no_phone_book(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_phonebook, "_SIMULATED", {})
    with pytest.raises(winras.RasError, match="no PROGRAMDATA") as raised:
        Phonebook.all_users()
    assert raised.value.code == 621


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_without_ras_there_is_no_phone_book(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("APPDATA", "PROGRAMDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(winras.RasUnavailableError) as told:
        winras.entries()
    for find in (Phonebook.user, Phonebook.all_users):
        with pytest.raises(winras.RasUnavailableError) as raised:
            find()
        assert str(raised.value) == str(told.value)
    assert main(["entries", "add", "A", "--type", "ikev2", "--server", "vpn"]) == 5
    assert "without Windows, use" in capsys.readouterr().err


def test_a_phone_book_is_a_path() -> None:
    assert Phonebook(PRIVATE) == Phonebook(PRIVATE)
    with pytest.raises(ValueError, match="path must be the path"):
        Phonebook("")
    with pytest.raises(ValueError, match="path must have at most 259"):
        Phonebook("C:\\" + "x" * 257)
    with pytest.raises(TypeError, match="path must be str"):
        Phonebook(None)  # type: ignore[arg-type]


def test_a_private_phone_book_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "office.pbk"
    assert Phonebook.create_file(str(path)) == Phonebook(str(path))
    assert path.read_bytes() == b""
    with pytest.raises(FileExistsError):
        Phonebook.create_file(str(path))
    with pytest.raises(ValueError, match=r"path must end in \.pbk"):
        Phonebook.create_file(str(tmp_path / "office.txt"))
    with pytest.raises(ValueError, match="path must be the full path"):
        Phonebook.create_file("no-such-folder/office.pbk")


@pytest.mark.parametrize(
    "path", ["work.pbk", r"C:work.pbk", r"\work.pbk", r"pbk\work.pbk", "./work.pbk", "pbk/work.pbk"]
)
def test_a_phone_book_has_a_full_path(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for make in (Phonebook, Phonebook.create_file):
        with pytest.raises(ValueError, match="path must be the full path"):
            make(path)
    assert Phonebook(r"\\server\share\work.pbk").path == r"\\server\share\work.pbk"
    other = "/work.pbk" if sys.platform == "win32" else r"C:\work.pbk"
    with pytest.raises(ValueError, match="path must be"):
        Phonebook.create_file(other)
    assert list(tmp_path.iterdir()) == []


def test_a_private_phone_book_is_used_like_any_other(ras: Simulator, tmp_path: Path) -> None:
    book = Phonebook.create_file(str(tmp_path / "office.pbk"))
    assert book.entries() == []
    book.create(OFFICE)
    assert [entry.name for entry in book.entries()] == ["Office VPN"]
    assert winras.entries() == []
    ras.connect("Office VPN")


def test_an_entry_is_created_read_and_dialled(ras: Simulator, book: Phonebook) -> None:
    assert "Office VPN" not in book
    book.create(OFFICE)
    assert "OFFICE vpn" in book
    stored = book.entry("Office VPN")
    assert stored == replace(OFFICE, device_name="WAN Miniport (IKEv2)")
    assert stored.entry_id is not None
    ras.connect("Office VPN")
    assert winras.get_connection("Office VPN").entry_id == stored.entry_id


def test_an_entry_that_is_there_is_not_created(book: Phonebook) -> None:
    book.create(OFFICE)
    with pytest.raises(winras.RasError, match="already has an entry 'office VPN'") as raised:
        book.create(Entry.sstp("office VPN", "other"))
    assert raised.value.code == 183
    assert book.entry("Office VPN").phone_number == "vpn.example.com"


def test_an_entry_is_updated(book: Phonebook) -> None:
    book.create(OFFICE)
    changed = replace(
        book.entry("Office VPN"),
        ipv4_default_gateway=False,
        ipv4_dns=(IPv4Address("10.0.0.53"),),
        alternate_numbers=("vpn2.example.com", "vpn3.example.com"),
    )
    book.update(changed)
    assert book.entry("Office VPN") == changed


def test_an_update_keeps_the_name_of_a_device_that_is_gone(ras: Simulator, book: Phonebook) -> None:
    book.create(OFFICE)
    entry = book.entry("Office VPN")
    ras.set_devices([("vpn", "WAN Miniport (SSTP)")])
    book.update(replace(entry, redial_count=0))
    with pytest.raises(winras.RasError, match="no device 'IKEv2'"):
        book.update(OFFICE)


def test_an_entry_is_renamed_and_copied(book: Phonebook, tmp_path: Path) -> None:
    book.create(OFFICE)
    book.rename("Office VPN", "HQ")
    assert book.entry("HQ") == replace(OFFICE, name="HQ", device_name="WAN Miniport (IKEv2)")
    assert "Office VPN" not in book
    book.rename("HQ", "hq")
    book.copy("hq", "Branch")
    private = Phonebook.create_file(str(tmp_path / "office.pbk"))
    book.copy("hq", "hq", to=private)
    assert [entry.name for entry in book.entries()] == ["hq", "Branch"]
    one, two = book.entry("hq"), book.entry("Branch")
    assert replace(two, name="hq") == one
    assert one.entry_id != two.entry_id
    assert private.entry("hq") == one
    for change in (book.rename, book.copy):
        with pytest.raises(winras.RasError, match="already has an entry 'Branch'"):
            change("hq", "branch".title())
        with pytest.raises(ValueError, match="cannot be the name of an entry"):
            change("hq", "a:b")
        with pytest.raises(ValueError, match="must not contain a line break"):
            change("hq", "a\n[b]")
    with pytest.raises(TypeError, match="to must be a Phonebook or None, not str"):
        book.copy("hq", "x", to=PRIVATE)  # type: ignore[arg-type]


def test_a_copy_has_all_links(ras: Simulator, book: Phonebook) -> None:
    ras.add_entry("ISDN", device_type="isdn", device_name="ISDN", phone_number="1", sub_entries=3)
    book.copy("ISDN", "Copy")
    assert sub_entry_count(book.entry("Copy")) == 3
    for number in (2, 3):
        of_both = [
            _native.get_sub_entry_properties(book.path, name, number, _native.service())
            for name in ("ISDN", "Copy")
        ]
        assert of_both[0] == of_both[1]
    ras.connect("Copy")
    ras.add_link("Copy")
    ras.add_link("Copy")
    assert [link.sub_entry for link in winras.get_connection("Copy").links()] == [1, 2, 3]


def test_a_copy_without_its_links_is_none(ras: Simulator, book: Phonebook) -> None:
    ras.add_entry("ISDN", device_type="isdn", device_name="ISDN", phone_number="1", sub_entries=2)
    ras.fail("RasSetSubEntryProperties", 624)
    with pytest.raises(winras.RasError, match="624"):
        book.copy("ISDN", "Copy")
    assert "Copy" not in book
    ras.fail("RasSetSubEntryProperties", 624)
    ras.fail("RasDeleteEntry", 5)
    with pytest.raises(winras.RasError, match="624") as raised:
        book.copy("ISDN", "Copy")
    assert "'Copy' is left without all of its links: 5" in raised.value.__notes__[0]


def test_an_entry_without_a_server_is_not_copied(ras: Simulator, book: Phonebook) -> None:
    ras.add_entry("A")
    with pytest.raises(ValueError, match="phone_number must be the server"):
        book.copy("A", "B")
    assert ras.calls("RasSetEntryProperties") == 0


def test_an_entry_is_deleted(book: Phonebook) -> None:
    book.create(OFFICE)
    book.delete("office vpn")
    assert book.entries() == []


@pytest.mark.parametrize("quirk", [None, "delete-unknown-623"])
def test_an_entry_that_is_not_there(ras: Simulator, book: Phonebook, quirk: str | None) -> None:
    if quirk:
        ras.quirks.add(quirk)
    book.create(OFFICE)
    for call in (
        lambda: book.entry("Ofice VPN"),
        lambda: book.update(replace(OFFICE, name="Ofice VPN")),
        lambda: book.rename("Ofice VPN", "x"),
        lambda: book.copy("Ofice VPN", "x"),
        lambda: book.delete("Ofice VPN"),
    ):
        with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Office VPN'"):
            call()
    with pytest.raises(winras.EntryNotFoundError, match=r"rename\(\) changes a name"):
        book.update(replace(OFFICE, name="HQ"))
    # It went just before.
    ras.fail("RasDeleteEntry", 623 if quirk else 123)
    with pytest.raises(winras.EntryNotFoundError, match="has no entry"):
        book.delete("Office VPN")


# ---- what is up is not changed ----


@pytest.mark.parametrize("change", ["update", "rename", "delete"])
def test_an_entry_that_is_up_is_hung_up_only_if_asked(
    ras: Simulator, book: Phonebook, change: str
) -> None:
    book.create(OFFICE)
    stored = book.entry("Office VPN")
    ras.connect("Office VPN")
    arguments = {
        "update": [replace(stored, redial_count=0)],
        "rename": ["Office VPN", "HQ"],
        "delete": ["Office VPN"],
    }[change]
    with pytest.raises(winras.EntryInUseError, match="is up or being dialled") as raised:
        getattr(book, change)(*arguments)
    assert raised.value.code == 817
    assert ras.calls("RasSetEntryProperties") == 1
    assert book.entry("Office VPN") == stored
    ras.assert_connected("Office VPN")
    getattr(book, change)(*arguments, hang_up=True)
    assert winras.connections() == []
    with pytest.raises(TypeError, match="hang_up must be a bool"):
        getattr(book, change)(*arguments, hang_up=1)


def test_nothing_is_hung_up_for_a_change_that_is_refused(ras: Simulator, book: Phonebook) -> None:
    ras.quirks.add("entry-sizes-5616")
    book.create(OFFICE)
    book.create(replace(OFFICE, name="Branch"))
    ras.connect("Office VPN")
    stored = book.entry("Office VPN")
    for change in (
        lambda: book.update(replace(stored, local_id="me"), hang_up=True),
        lambda: book.update(replace(OFFICE, local_id="me"), hang_up=True),
        lambda: book.update(replace(stored, device_name="none"), hang_up=True),
        lambda: book.rename("Office VPN", "Branch", hang_up=True),
    ):
        with pytest.raises(winras.RasError):
            change()
    ras.assert_connected("Office VPN")
    assert book.entry("Office VPN") == stored


def test_what_windows_says_is_in_use_is(ras: Simulator, book: Phonebook) -> None:
    book.create(OFFICE)
    ras.fail("RasDeleteEntry", 817)
    with pytest.raises(winras.EntryInUseError):
        book.delete("Office VPN")


def test_another_entry_that_is_up_does_not_matter(ras: Simulator, book: Phonebook) -> None:
    """Names differ where only casefold() takes them for the same."""
    book.create(OFFICE)
    book.create(replace(OFFICE, name="straße"))
    ras.add_entry("Office VPN", phonebook=PRIVATE)
    ras.add_entry("STRASSE")
    ras.connect("STRASSE")
    ras.connect("Office VPN", phonebook=PRIVATE)
    book.delete("straße", hang_up=True)
    book.delete("Office VPN", hang_up=True)
    ras.assert_connected("STRASSE")
    ras.assert_connected("Office VPN", phonebook=PRIVATE)


def test_what_this_program_dials_is_not_changed(ras: Simulator, book: Phonebook) -> None:
    ras.add_entry("Slow", dial_seconds=5.0)
    ras.add_entry("Slow", phonebook=PRIVATE)
    dialling = Background(lambda: winras.dial("SLOW"))
    ras.wait_blocked()
    for hang_up in (False, True):
        with pytest.raises(winras.EntryInUseError, match="is being dialled by this program"):
            book.delete("slow", hang_up=hang_up)
    Phonebook(PRIVATE).delete("Slow")
    ras.advance(5.0)
    assert dialling.result().name == "Slow"
    with pytest.raises(winras.EntryInUseError, match="is up or being dialled: hang it up"):
        book.delete("Slow")


def test_a_dial_of_this_program_is_not_hung_up(ras: Simulator, book: Phonebook) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("Slow", dial_seconds=5.0)
    dialling = Background(lambda: winras.dial("Slow"))
    ras.wait_blocked()
    with pytest.raises(winras.EntryInUseError, match="is being dialled by this program"):
        book.delete("Slow", hang_up=True)
    assert ras.calls("RasHangUp") == 0
    ras.advance(5.0)
    assert dialling.result().name == "Slow"


def test_what_another_program_dials_is_not_changed(ras: Simulator, book: Phonebook) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("Slow")
    ras.connect("Slow", dial_seconds=5.0)
    with pytest.raises(winras.EntryInUseError, match="is up or being dialled"):
        book.delete("Slow")
    ras.advance(5.0)


@pytest.mark.parametrize("change", ["update", "rename", "delete"])
def test_what_is_not_enumerated_cannot_be_hung_up(
    ras: Simulator, book: Phonebook, change: str
) -> None:
    book.create(OFFICE)
    stored = book.entry("Office VPN")
    ras.connect("Office VPN", dial_seconds=30.0)
    arguments = {
        "update": [replace(stored, redial_count=0)],
        "rename": ["Office VPN", "HQ"],
        "delete": ["Office VPN"],
    }[change]
    with pytest.raises(winras.EntryInUseError, match="does not list it, so it cannot") as raised:
        getattr(book, change)(*arguments, hang_up=True)
    assert "deleted" not in raised.value.message
    assert book.entry("Office VPN") == stored
    ras.advance(30.0)
    getattr(book, change)(*arguments, hang_up=True)


def test_an_entry_is_known_by_its_guid_too(ras: Simulator, book: Phonebook) -> None:
    """RAS may spell a path in another way, or the entry may have been renamed while it is up."""
    ras.quirks.add("in-use-changes")
    book.create(OFFICE)
    ras.connect("Office VPN")
    up = replace(winras.get_connection("Office VPN"), phonebook=r"\\?\C:\other.pbk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_phonebook, "list_connections", lambda _service: [up])
        with pytest.raises(winras.EntryInUseError):
            book.delete("Office VPN")


def test_a_connection_that_has_lost_its_entry_stands_in_the_way(
    ras: Simulator, book: Phonebook
) -> None:
    """RAS is reported to crash if an entry is written of which there is a stale connection."""
    ras.quirks.add("in-use-changes")
    book.create(OFFICE)
    ras.connect("Office VPN")
    _native.delete_entry(book.path, "Office VPN", _native.service())
    with pytest.raises(winras.EntryInUseError, match=r"hang it up first$"):
        book.create(OFFICE)
    assert winras.get_connection("Office VPN").hang_up()
    book.create(OFFICE)


# ---- what cannot be written ----


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"phone_number": ""}, "phone_number must be the server"),
        (
            {"phone_number": "", "kind": winras.EntryKind.Broadband},
            "phone_number must be the server",
        ),
        (
            {"phone_number": " ", "kind": winras.EntryKind.Phone},
            "phone_number must be the server",
        ),
        ({"alternate_numbers": ("1" * 129,)}, "an alternate number must have at most 128"),
        ({"name": "A\nB"}, "name must not contain a line break"),
        ({"dns_suffix": "a\r\nCustomDialDll=b"}, "dns_suffix must not contain a line break"),
        ({"alternate_numbers": ("1\n",)}, "an alternate number must not contain a line break"),
        ({"phone_number": "vpn\xa0example"}, "must be the host name or address"),
        ({"phone_number": "https://vpn.example.com/"}, "must be the host name or address"),
        ({"phone_number": "vpn example"}, "must be the host name or address"),
        (
            {"ipv6_address": IPv6Address("fd00::1"), "protocols": Protocols.Ipv4},
            "ipv6_address needs Ipv6 among the protocols",
        ),
        (
            {"ipv4_dns": (IPv4Address("10.0.0.1"),), "protocols": Protocols.Ipv6},
            "ipv4_dns needs Ipv4",
        ),
        ({"ipv6_address": IPv6Address("fd00::1")}, "needs an ipv6_prefix_length"),
        ({"ipv6_prefix_length": 129}, "ipv6_prefix_length must be from 0 to 128"),
        ({"name": "a/b"}, "cannot be the name of an entry"),
        ({"name": ".a"}, "cannot be the name of an entry"),
        ({"name": "-"}, "cannot be the name of an entry"),
        ({"device_name": "WAN Miniport"}, "'WAN Miniport' is part of several names: .*; give more"),
    ],
)
def test_an_entry_that_does_not_fit_is_not_written(
    ras: Simulator, book: Phonebook, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        book.create(replace(OFFICE, **changes))  # type: ignore[arg-type]
    book.create(OFFICE)
    stored = book.entry("Office VPN")
    with pytest.raises(ValueError, match=problem):
        book.update(replace(stored, **changes))  # type: ignore[arg-type]
    assert ras.calls("RasSetEntryProperties") == 1
    assert book.entry("Office VPN") == stored


@pytest.mark.usefixtures("ras")
def test_a_phone_book_that_cannot_be_opened_is_named(book: Phonebook) -> None:
    book.create(OFFICE)
    nowhere = Phonebook(r"C:\nowhere\x.pbk")
    user = winras.Credentials("user", "password")
    for call in (
        lambda: nowhere.create(OFFICE),
        lambda: nowhere.update(OFFICE),
        lambda: book.copy("Office VPN", "x", to=nowhere),
        lambda: nowhere.delete("x"),
        lambda: winras.save_credentials("x", user, phonebook=nowhere.path),
        lambda: winras.saved_credentials("x", phonebook=nowhere.path),
        lambda: winras.delete_credentials("x", phonebook=nowhere.path),
        lambda: winras.save_pre_shared_key("x", "key", phonebook=nowhere.path),
    ):
        with pytest.raises(
            winras.RasError, match=r'"C:\\nowhere\\x.pbk" cannot be opened'
        ) as raised:
            call()
        assert raised.value.code == 621


@pytest.mark.usefixtures("ras")
def test_an_entry_is_an_entry(book: Phonebook) -> None:
    for call in (book.create, book.update):
        with pytest.raises(TypeError, match="entry must be an Entry, not str"):
            call("Office VPN")  # type: ignore[arg-type]


def test_names(ras: Simulator, book: Phonebook) -> None:
    assert book.validate_name("Office VPN")
    book.create(OFFICE)
    assert not book.validate_name("OFFICE VPN")
    with pytest.raises(ValueError, match="at most 256"):
        book.validate_name("x" * 257)
    with pytest.raises(ValueError, match="not an empty text"):
        book.validate_name("")
    ras.fail("RasValidateEntryName", 621)
    assert book.validate_name("Office VPN")  # the phone book has no file yet
    ras.fail("RasValidateEntryName", 87)
    with pytest.raises(winras.RasError, match="87"):
        book.validate_name("Office VPN")


def test_only_administrators_change_what_is_for_all_users(ras: Simulator, book: Phonebook) -> None:
    everybody = Phonebook.all_users()
    everybody.create(OFFICE)
    ras.quirks.add("plain-user")
    stored = everybody.entry("Office VPN")
    for call in (
        lambda: everybody.create(replace(OFFICE, name="x")),
        lambda: everybody.update(replace(stored, redial_count=0)),
        lambda: everybody.rename("Office VPN", "x"),
        lambda: everybody.delete("Office VPN"),
    ):
        with pytest.raises(winras.RasError, match="only an administrator may change it") as raised:
            call()
        assert raised.value.code == 5
    assert everybody.entry("Office VPN") == stored
    book.create(OFFICE)
    ras.fail("RasDeleteEntry", 5)
    with pytest.raises(winras.RasError, match="this account may not change"):
        book.delete("Office VPN")


def test_other_errors_are_told_as_they_are(ras: Simulator, book: Phonebook) -> None:
    book.create(OFFICE)
    ras.fail("RasGetEntryProperties", 625)
    with pytest.raises(winras.RasError, match="625"):
        _ = "Office VPN" in book
    ras.fail("RasGetEntryProperties", 632, times=None)
    with pytest.raises(winras.RasError, match="632"):
        book.entry("Office VPN")
    ras.clear_faults()
    ras.fail("RasSetEntryProperties", 632, times=None)
    with pytest.raises(winras.RasError, match="632"):
        book.update(OFFICE)
    ras.clear_faults()
    ras.fail("RasSetEntryProperties", 624)
    with pytest.raises(winras.RasError, match="624"):
        book.update(OFFICE)


def test_what_a_phone_book_without_a_file_is(ras: Simulator, book: Phonebook) -> None:
    """RAS makes the files of the profiles' phone books itself."""
    assert OFFICE.name not in book
    for usual in (book, Phonebook(ALL_USERS.lower())):
        ras.fail("RasGetEntryProperties", 621)
        assert OFFICE.name not in usual
    book.create(OFFICE)
    path = r"C:\nope.pbk"
    private = Phonebook(path)
    for call in (
        lambda: OFFICE.name in private,
        lambda: private.create(OFFICE),
        lambda: private.update(OFFICE),
        lambda: private.entry(OFFICE.name),
        lambda: private.rename(OFFICE.name, "HQ"),
        lambda: private.delete(OFFICE.name),
        private.entries,
        lambda: private.copy(OFFICE.name, "HQ"),
        lambda: book.copy(OFFICE.name, OFFICE.name, to=private),
        lambda: winras.saved_credentials(OFFICE.name, phonebook=path),
        lambda: winras.save_credentials(
            OFFICE.name, winras.Credentials("ann", "secret"), phonebook=path
        ),
    ):
        with pytest.raises(winras.RasError) as raised:
            call()
        assert raised.value.code == 621
        assert path in raised.value.message
        assert "Phonebook.create_file makes a private one" in raised.value.message


def test_rasman_is_started_for_every_call(ras: Simulator, book: Phonebook) -> None:
    ras.set_service("stopped")
    book.create(OFFICE)
    assert [device.type for device in winras.devices()]


# ---- devices ----


def test_devices(ras: Simulator) -> None:
    assert Device("vpn", "WAN Miniport (IKEv2)") in winras.devices()
    ras.set_devices([])
    assert winras.devices() == []
    with pytest.raises(winras.RasError, match="of this type there are: none") as raised:
        Phonebook.user().create(OFFICE)
    assert raised.value.code == 608


@pytest.mark.parametrize(
    ("entry", "device"),
    [
        (OFFICE, "WAN Miniport (IKEv2)"),
        (Entry.sstp("A", "server"), "WAN Miniport (SSTP)"),
        (Entry.l2tp("A", "server"), "WAN Miniport (L2TP)"),
        (Entry.pppoe("A"), "WAN Miniport (PPPOE)"),
        (Entry.automatic("A", "server"), "WAN Miniport (SSTP)"),
        (replace(OFFICE, device_type="VPN", device_name="l2tp"), "WAN Miniport (L2TP)"),
    ],
)
@pytest.mark.usefixtures("ras")
def test_an_entry_gets_the_device_that_fits(entry: Entry, device: str) -> None:
    book = Phonebook.user()
    book.create(entry)
    assert book.entry(entry.name).device_name == device


def test_the_names_of_devices_are_in_the_language_of_windows(
    ras: Simulator, book: Phonebook
) -> None:
    ras.set_devices([("vpn", "Minipuerto WAN (SSTP)"), ("VPN", "WAN 微型端口 (IKEv2)")])
    book.create(OFFICE)
    stored = book.entry("Office VPN")
    assert (stored.device_type, stored.device_name) == ("VPN", "WAN 微型端口 (IKEv2)")


# ---- winras entries show, add, remove, rename; winras devices ----


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    told = capsys.readouterr()
    return told.err if code else told.out


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [
        ("ikev2", "Ikev2Only"),
        ("sstp", "SstpOnly"),
        ("l2tp", "L2tpOnly"),
        ("pptp", "PptpOnly"),
        ("automatic", "Default"),
    ],
)
def test_the_command_adds_and_shows(
    book: Phonebook, capsys: pytest.CaptureFixture[str], kind: str, strategy: str
) -> None:
    assert run(
        capsys, "entries", "add", "A", "--type", kind, "--server", "vpn", "--split-tunnel"
    ) == ("A: added\n")
    assert not book.entry("A").ipv4_default_gateway
    shown = json.loads(run(capsys, "entries", "show", "a", "--json"))
    assert shown["strategy"] == strategy
    assert (shown["name"], shown["phonebook"]) == ("A", DEFAULT_PHONEBOOK)
    assert shown["ipv4_dns"] == []
    assert shown["protocols"] == ["Ipv4", "Ipv6"]
    assert shown["ipv4_address"] is None
    assert shown["prerequisite_entry"] is None
    assert shown["multilink"] is False
    assert shown["idle_disconnect"] is None
    text = run(capsys, "entries", "show", "A").splitlines()
    assert "protocols                      Ipv4, Ipv6" in text
    assert "multilink                      no" in text


def test_the_command_shows_addresses(book: Phonebook, capsys: pytest.CaptureFixture[str]) -> None:
    book.create(replace(OFFICE, ipv4_address=IPv4Address("10.0.0.2"), encryption=Encryption.None_))
    shown = json.loads(run(capsys, "entries", "--json", "show", "Office VPN"))
    assert shown["ipv4_address"] == "10.0.0.2"
    assert shown["encryption"] == "None"
    assert shown["entry_id"] == str(book.entry("Office VPN").entry_id)


@pytest.mark.usefixtures("ras")
def test_the_command_adds_to_any_phone_book(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    private = Phonebook.create_file(str(tmp_path / "a.pbk")).path
    add = ("entries", "add", "A", "--type", "pppoe", "--json")
    assert json.loads(run(capsys, *add, "--all-users"))["phonebook"] == ALL_USERS
    assert json.loads(run(capsys, *add, "--phonebook", private))["phonebook"] == private
    assert "183 ERROR_ALREADY_EXISTS" in run(capsys, *add, "--phonebook", private, code=1)
    shown = json.loads(run(capsys, "entries", "--phonebook", private, "--json", "show", "A"))
    assert shown["phonebook"] == private
    with pytest.raises(SystemExit):
        main([*add, "--phonebook", private, "--all-users"])
    assert "exclude each other" in capsys.readouterr().err


def test_the_command_finds_a_device(book: Phonebook, capsys: pytest.CaptureFixture[str]) -> None:
    add = ("entries", "add", "A", "--type", "ikev2", "--server", "vpn", "--device")
    assert "608 ERROR_DEVICE_DOES_NOT_EXIST" in run(capsys, *add, "modem", code=1)
    run(capsys, *add, "sstp")
    assert book.entry("A").device_name == "WAN Miniport (SSTP)"


def test_the_command_removes_and_renames(
    ras: Simulator, book: Phonebook, capsys: pytest.CaptureFixture[str]
) -> None:
    book.create(OFFICE)
    assert run(capsys, "entries", "rename", "office vpn", "HQ") == "office vpn: renamed to HQ\n"
    ras.connect("HQ")
    told = run(capsys, "entries", "remove", "HQ", code=1)
    assert told.startswith("817 ERROR_CANNOT_DELETE: 'HQ' is up or being dialled: ")
    assert told.endswith("or give --hang-up\n")
    assert run(capsys, "entries", "remove", "hq", "--hang-up") == "hq: removed\n"
    assert book.entries() == []
    assert "623" in run(capsys, "entries", "remove", "HQ", code=3)


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["add", "A", "--type", "ikev2"], "error: --server must be the server"),
        (
            ["add", "A", "--type", "sstp", "--server", "vpn", "--device", "WAN"],
            "error: --device 'WAN' ",
        ),
        (["add", "a/b", "--type", "ikev2", "--server", "vpn"], "cannot be the name of an entry"),
        (["add", "A"], "the following arguments are required: --type"),
        (["show", ""], "error: argument ENTRY: it is empty"),
        (["show", "A", "--phonebook", ""], "error: argument --phonebook: it is empty"),
    ],
)
def test_the_command_tells_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["entries", *arguments])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert problem in told
    assert f"winras entries {arguments[0]}" in told


def test_the_command_lists_devices(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.set_devices([("vpn", "WAN Miniport (IKEv2)")])
    [header, device] = run(capsys, "devices").splitlines()
    assert header.split() == ["TYPE", "NAME"]
    assert device.split(maxsplit=1) == ["vpn", "WAN Miniport (IKEv2)"]
    assert json.loads(run(capsys, "devices", "--json")) == [
        {"type": "vpn", "name": "WAN Miniport (IKEv2)"}
    ]
    ras.set_devices([])
    told = run(capsys, "devices")
    assert "no device" in told
    assert "reinstall them" in told
