"""A phone book that is made to agree with entries."""

from __future__ import annotations

import asyncio
import getpass
import pickle
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

import winras
from winras import (
    Change,
    Entry,
    FieldChange,
    Phonebook,
    SecretReference,
    VpnStrategy,
    WantedEntry,
    _ensuring,
    _native,
    aio,
)
from winras._entries import SIZES, to_bytes
from winras.testing import DEFAULT_PHONEBOOK, Simulator

WORK = Entry.ikev2("Work", "vpn.example.com")
PLANT = Entry.l2tp("Plant", "plant.example.com")
FROM_ENV = SecretReference(env="WINRAS_TEST_SECRET")
WRITES = ("RasSetEntryProperties", "RasDeleteEntry", "RasRenameEntry", "RasSetCredentials")
ANN = WantedEntry(WORK, user="ann", password=FROM_ENV)
KEY = WantedEntry(PLANT, pre_shared_key=FROM_ENV)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINRAS_TEST_SECRET", "s3cret")


@pytest.fixture
def ras() -> Iterator[Simulator]:
    with Simulator(clock="auto") as simulator:
        simulator.ignore_leftovers()
        yield simulator


@pytest.fixture
def book(ras: Simulator) -> Phonebook:
    assert ras.now == 0
    return Phonebook.user()


def fields_of(change: Change) -> dict[str, tuple[object, object]]:
    return {one.field: (one.old, one.new) for one in change.fields}


def printing(text: str) -> SecretReference:
    program = f"import sys; sys.stdout.buffer.write({text.encode()!r})"
    return SecretReference(command=(sys.executable, "-c", program))


# ---- entries ----


def test_entries_that_are_not_there_are_created(book: Phonebook) -> None:
    changes = winras.ensure([WORK, PLANT])
    assert [(one.name, one.action) for one in changes] == [("Work", "create"), ("Plant", "create")]
    assert fields_of(changes[0]) == {
        "phone_number": (None, "vpn.example.com"),
        "strategy": (None, VpnStrategy.Ikev2Only),
        "authentication": (None, winras.Authentication.Eap),
        "eap_type": (None, 26),
    }
    assert replace(book.entry("Work"), device_name="") == WORK
    assert book.entry("Work").device_name == "WAN Miniport (IKEv2)"


def test_a_second_time_nothing_is_done(ras: Simulator) -> None:
    winras.ensure([ANN, KEY], prune=True)
    counts = [ras.calls(function) for function in WRITES]
    assert winras.ensure([ANN, KEY], prune=True) == []
    assert counts == [ras.calls(function) for function in WRITES]


def test_a_change_tells_each_field_old_and_new(book: Phonebook) -> None:
    winras.ensure([WORK])
    [change] = winras.ensure(
        [replace(WORK, ipv4_dns=(IPv4Address("192.0.2.53"),), idle_disconnect=600, mobike=False)]
    )
    assert change == Change(
        "Work",
        book.path,
        "update",
        (
            FieldChange("ipv4_dns", (), (IPv4Address("192.0.2.53"),)),
            FieldChange("idle_disconnect", None, 600),
            FieldChange("mobike", old=True, new=False),
        ),
    )
    assert book.entry("Work").idle_disconnect == 600
    assert str(change) == (
        "~ Work\n    ipv4_dns: none -> 192.0.2.53\n    idle_disconnect: 600\n"
        "    mobike: true -> false"
    )
    assert pickle.loads(pickle.dumps(change)) == change  # noqa: S301  our own


def test_what_an_entry_leaves_out_gets_its_default(book: Phonebook) -> None:
    winras.ensure([replace(WORK, dns_suffix="corp.example.com")])
    [change] = winras.ensure([WORK])
    assert fields_of(change) == {"dns_suffix": ("corp.example.com", "")}
    assert book.entry("Work").dns_suffix == ""


def test_what_winras_does_not_know_of_an_entry_stays(book: Phonebook) -> None:
    winras.ensure([WORK])
    service = _native.service()
    raw = bytearray(_native.get_entry(book.path, "Work", SIZES[0], service))
    options = _native.entry_members()["dwfOptions"]
    raw[options.start + 1] |= 1  # RASEO_ModemLights
    _native.set_entry(book.path, "Work", bytes(raw), service)
    assert winras.ensure([WORK]) == []
    winras.ensure([replace(WORK, ipv4_default_gateway=False)])
    raw[options.start] &= ~0x10  # RASEO_RemoteDefaultGateway
    now = _native.get_entry(book.path, "Work", SIZES[0], service)
    assert now[options.start : options.stop] == raw[options.start : options.stop]


def test_an_entry_of_another_phone_book_is_no_copy_of_its_guid(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ras.add_entry("Work", phonebook=r"C:\other.pbk", phone_number="vpn.example.com")
    other = Phonebook(r"C:\other.pbk").entry("Work")
    written: list[Entry] = []
    create = Phonebook.create

    def keep(self: Phonebook, entry: Entry) -> None:
        written.append(entry)
        create(self, entry)

    monkeypatch.setattr(Phonebook, "create", keep)
    [change] = winras.ensure([other])
    assert change.action == "create"
    assert [one.entry_id for one in written] == [None]
    guid = _native.entry_members()["guidId"]
    assert not any(to_bytes(written[0], SIZES[0])[guid.start : guid.stop])
    assert winras.ensure([other]) == []


def test_a_name_in_another_case_is_a_rename(book: Phonebook) -> None:
    winras.ensure([WORK])
    entry_id = book.entry("Work").entry_id
    [change] = winras.ensure([replace(WORK, name="WORK", mobike=False)])
    assert (change.name, change.action) == ("WORK", "update")
    assert fields_of(change) == {"name": ("Work", "WORK"), "mobike": (True, False)}
    assert [entry.name for entry in book.entries()] == ["WORK"]
    assert book.entry("WORK").entry_id == entry_id
    [change] = winras.ensure([replace(WORK, mobike=False)])
    assert fields_of(change) == {"name": ("WORK", "Work")}


# ---- devices ----


def test_any_device_that_fits_will_do(book: Phonebook) -> None:
    automatic = Entry.automatic("Work", "vpn.example.com")
    book.create(replace(automatic, device_name="(SSTP)"))
    assert winras.ensure([automatic]) == []
    assert winras.ensure([replace(automatic, device_type="VPN", device_name="(sstp)")]) == []


def test_a_device_that_does_not_fit_is_replaced(book: Phonebook) -> None:
    winras.ensure([WORK])
    [change] = winras.ensure([replace(WORK, strategy=VpnStrategy.SstpOnly)])
    assert fields_of(change)["device_name"] == ("WAN Miniport (IKEv2)", "WAN Miniport (SSTP)")
    assert book.entry("Work").device_name == "WAN Miniport (SSTP)"


def test_a_device_that_is_not_there_changes_nothing(ras: Simulator, book: Phonebook) -> None:
    with pytest.raises(winras.RasError, match="no device 'Modem'") as raised:
        winras.ensure([WORK, replace(PLANT, device_name="Modem")])
    assert raised.value.code == 608
    assert book.entries() == []
    assert ras.calls("RasSetEntryProperties") == 0


# ---- prune ----


def test_prune_deletes_what_is_not_wanted_in_that_phone_book_only(
    ras: Simulator, book: Phonebook
) -> None:
    everybody = Phonebook.all_users()
    everybody.create(WORK)
    ras.add_entry("Old", phone_number="old.example.com")
    assert [one.name for one in winras.ensure([PLANT])] == ["Plant"]
    [change] = winras.ensure([PLANT], prune=True)
    assert (change.name, change.action, change.phonebook) == ("Old", "delete", book.path)
    assert fields_of(change)["phone_number"] == ("old.example.com", None)
    assert str(change) == "- Old"
    assert [entry.name for entry in book.entries()] == ["Plant"]
    assert [entry.name for entry in everybody.entries()] == ["Work"]


def test_prune_of_everything_is_refused(ras: Simulator) -> None:
    with pytest.raises(ValueError, match="entries must not be empty with prune=True"):
        winras.ensure(iter([]), prune=True)
    assert winras.ensure([]) == []
    assert ras.calls("RasDeleteEntry") == 0


def test_a_private_phone_book_and_one_without_a_file(ras: Simulator) -> None:
    ras.add_entry("Old", phonebook=r"C:\a.pbk")
    winras.ensure([WORK], phonebook=r"C:\a.pbk", prune=True)
    assert [entry.name for entry in winras.entries(phonebook=r"C:\a.pbk")] == ["Work"]
    ras.fail("RasEnumEntries", 621)
    assert [one.name for one in winras.ensure([WORK])] == ["Work"]
    with pytest.raises(winras.RasError) as raised:
        winras.ensure([WORK], phonebook=r"C:\none.pbk")
    assert raised.value.code == 621


# ---- nothing is changed by ----


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (
            [WORK, replace(PLANT, name="wORK")],
            "entries must differ by name, but '(Work|wORK)' is there",
        ),
        ([WORK, replace(PLANT, phone_number="")], "'Plant': phone_number must be the server"),
        ([WORK, replace(PLANT, name="a/b")], "^'a/b' cannot be the name of an entry"),
        (
            [WORK, replace(PLANT, device_name="WAN")],
            "'Plant': device_name 'WAN' is part of several",
        ),
    ],
)
def test_what_cannot_be_written(ras: Simulator, entries: list[Entry], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        winras.ensure(entries)
    assert ras.calls("RasSetEntryProperties") == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((WORK, {}), "entries must be a list of entries, not Entry"),
        (("Work", {}), "entries must be a list of entries, not str"),
        ((["Work"], {}), "entries must be of Entry or WantedEntry, but have a str"),
        (([WORK], {"prune": "no"}), "prune must be a bool"),
        (([WORK], {"dry_run": 1}), "dry_run must be a bool"),
        (([WORK], {"save_secrets": "all"}), "save_secrets must be a bool"),
        (([WORK], {"hang_up": None}), "hang_up must be a bool"),
        (([WORK], {"phonebook": Phonebook(r"C:\a.pbk")}), "phonebook must be str"),
    ],
)
def test_what_is_of_another_type(
    ras: Simulator, arguments: tuple[object, dict[str, object]], problem: str
) -> None:
    entries, options = arguments
    with pytest.raises(TypeError, match=problem):
        winras.ensure(entries, **options)  # type: ignore[arg-type]
    assert ras.calls("RasSetEntryProperties") == 0


def test_a_dry_run(ras: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINRAS_TEST_SECRET")
    ras.add_entry("work", phone_number="old.example.com")
    ras.connect("work")
    ras.add_entry("Old")
    changes = winras.ensure([ANN, KEY], prune=True, dry_run=True)
    assert [(one.name, one.action, one.blocked) for one in changes] == [
        ("Work", "update", True),
        ("Plant", "create", False),
        ("Old", "delete", False),
    ]
    assert not any(ras.calls(function) for function in WRITES)
    changes = winras.ensure([ANN, KEY], prune=True, dry_run=True, hang_up=True)
    assert not any(one.blocked for one in changes)
    assert ras.calls("RasHangUp") == 0


# ---- entries that are up ----


def test_what_is_up_is_blocked_and_the_others_are_made(ras: Simulator, book: Phonebook) -> None:
    for name in ("Work", "Old", "Plant"):
        ras.add_entry(name)
    ras.connect("Work")
    ras.connect("Old")
    with pytest.raises(winras.EntryInUseError) as raised:
        winras.ensure([WORK, PLANT], prune=True)
    assert raised.value.code == 817
    assert "'Work', 'Old' are up or being dialled" in raised.value.message
    assert "pass hang_up=True; changed: 'Plant'" in raised.value.message
    changes = raised.value.changes
    assert [(one.name, one.blocked) for one in changes] == [
        ("Plant", False),
        ("Work", True),
        ("Old", True),
    ]
    assert str(changes[1]).startswith("~ Work (blocked: it is up or being dialled)\n")
    assert pickle.loads(pickle.dumps(raised.value)).changes == changes  # noqa: S301  our own
    assert replace(book.entry("Plant"), device_name="") == PLANT
    assert book.entry("Work").phone_number != WORK.phone_number
    changes = tuple(winras.ensure([WORK, PLANT], prune=True, hang_up=True))
    assert [one.name for one in changes] == ["Work", "Old"]
    assert winras.connections() == []
    assert [entry.name for entry in book.entries()] == ["Work", "Plant"]


def test_what_is_up_and_as_it_is_to_be_is_left_alone(ras: Simulator) -> None:
    winras.ensure([WORK])
    ras.connect("Work")
    assert winras.ensure([WORK], prune=True, hang_up=True) == []
    assert len(winras.connections()) == 1


def test_what_is_saved_for_an_entry_that_is_up_is_not_blocked(ras: Simulator) -> None:
    winras.ensure([WORK])
    ras.connect("Work")
    [change] = winras.ensure([ANN])
    assert fields_of(change) == {"user": (None, "ann"), "password": (None, "saved")}


def test_what_comes_up_meanwhile_is_blocked_too(
    ras: Simulator, book: Phonebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    winras.ensure([WORK, PLANT])
    plan = _ensuring._plan

    def planned(*args: object, **options: object) -> list[_ensuring._Step]:
        steps = plan(*args, **options)  # type: ignore[arg-type]
        ras.connect("Work")
        return steps

    monkeypatch.setattr(_ensuring, "_plan", planned)
    with pytest.raises(winras.EntryInUseError) as raised:
        winras.ensure([replace(WORK, mobike=False), replace(PLANT, mobike=False)])
    assert [(one.name, one.blocked) for one in raised.value.changes] == [
        ("Plant", False),
        ("Work", True),
    ]
    assert book.entry("Work").mobike


def test_what_is_blocked_stays_so_because_its_secrets_were_not_asked_for(
    ras: Simulator, book: Phonebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    winras.ensure([ANN])
    ras.connect("Work")
    plan = _ensuring._plan

    def planned(*args: object, **options: object) -> list[_ensuring._Step]:
        steps = plan(*args, **options)  # type: ignore[arg-type]
        ras.drop("Work")
        return steps

    monkeypatch.setattr(_ensuring, "_plan", planned)
    with pytest.raises(winras.EntryInUseError):
        winras.ensure([replace(ANN, entry=replace(WORK, mobike=False))])
    assert book.entry("Work").mobike


# ---- errors in the middle ----


def test_an_error_tells_what_was_done_before(
    ras: Simulator, book: Phonebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Phonebook.create

    def fail_at_second(self: Phonebook, entry: Entry) -> None:
        if entry.name == "Plant":
            ras.fail("RasSetEntryProperties", 5)
        create(self, entry)

    monkeypatch.setattr(Phonebook, "create", fail_at_second)
    third = replace(WORK, name="Third")
    with pytest.raises(winras.RasError) as raised:
        winras.ensure([WORK, PLANT, third])
    assert raised.value.code == 5
    assert [one.name for one in raised.value.changes] == ["Work"]
    assert raised.value.__notes__ == ["done before: 'Work'", "not done: 'Plant', 'Third'"]
    assert [entry.name for entry in book.entries()] == ["Work"]
    assert winras.RasError(5, "", "").changes == ()


def test_an_entry_whose_key_cannot_be_saved_is_not_left(ras: Simulator, book: Phonebook) -> None:
    """RasSetCredentials: a pre-shared key needs an administrator."""
    ras.quirks.add("plain-user")
    for _ in range(2):
        with pytest.raises(winras.RasError, match="only an administrator may save") as raised:
            winras.ensure([KEY])
        assert raised.value.code == 5
        assert book.entries() == []
    ras.quirks.remove("plain-user")
    assert [one.action for one in winras.ensure([KEY])] == ["create"]


def test_an_entry_is_not_changed_before_its_key_is_saved(ras: Simulator, book: Phonebook) -> None:
    winras.ensure([KEY])
    ras.quirks.add("plain-user")
    changed = replace(KEY, entry=replace(PLANT, mobike=False))
    with pytest.raises(winras.RasError, match="only an administrator may save"):
        winras.ensure([changed])
    assert book.entry("Plant").mobike
    ras.quirks.remove("plain-user")
    [change] = winras.ensure([changed])
    assert fields_of(change) == {"mobike": (True, False), "pre_shared_key": (None, "saved")}


def test_if_it_is_left_all_the_same_the_error_says_so(ras: Simulator) -> None:
    ras.fail("RasSetCredentials", 5)
    ras.fail("RasDeleteEntry", 5)
    with pytest.raises(winras.RasError) as raised:
        winras.ensure([ANN])
    assert raised.value.__notes__[0].startswith(
        "'Work' is left without what is to be saved for it: 5 ERROR_ACCESS_DENIED"
    )


# ---- what is saved ----


def test_credentials_are_saved_and_dialled_with(ras: Simulator) -> None:
    ras.add_entry("Work", user="ann", password="s3cret", domain="CORP")
    wanted = WantedEntry(WORK, user="ann", domain="CORP", password=FROM_ENV)
    [change] = winras.ensure([wanted])
    assert {"user", "domain", "password"} <= fields_of(change).keys()
    saved = winras.saved_credentials("Work")
    assert saved == winras.SavedCredentials("ann", "CORP", has_password=True)
    assert winras.dial("Work").name == "Work"


def test_they_are_saved_again_if_none_are_or_those_of_another_user() -> None:
    with Simulator(clock="auto") as ras:
        winras.ensure([ANN])
        assert winras.ensure([ANN]) == []
        winras.delete_credentials("Work")
        [change] = winras.ensure([ANN])
        assert fields_of(change) == {"user": (None, "ann"), "password": (None, "saved")}
        [change] = winras.ensure([replace(ANN, user="bob", domain="CORP")])
        assert fields_of(change) == {
            "user": ("ann", "bob"),
            "domain": (None, "CORP"),
            "password": (None, "saved"),
        }
        assert str(change).splitlines()[1:] == [
            '    user: "ann" -> "bob"',
            '    domain: "CORP"',
            "    password: saved",
        ]
        assert ras.calls("RasSetEntryProperties") == 1


def test_they_are_saved_again_if_only_the_password_is_missing(book: Phonebook) -> None:
    winras.ensure([ANN])
    rascm_password = 2
    service = _native.service()
    _native.set_credentials(book.path, "Work", rascm_password, None, service, clear=True)
    saved = winras.saved_credentials("Work")
    assert saved == winras.SavedCredentials("ann", "", has_password=False)
    [change] = winras.ensure([ANN])
    assert fields_of(change) == {"password": (None, "saved")}


def test_they_are_saved_again_if_the_entry_is_changed(ras: Simulator) -> None:
    winras.ensure([ANN])
    [change] = winras.ensure([replace(ANN, entry=replace(WORK, mobike=False))])
    assert fields_of(change) == {"mobike": (True, False), "password": (None, "saved")}
    assert ras.calls("RasSetCredentials") == 2


def test_all_are_saved_if_that_is_wanted(ras: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a password or a key that is another, RAS tells nothing."""
    ras.add_entry("Work", user="ann", password="changed")
    wanted = [ANN, KEY, replace(WORK, name="Plain")]
    winras.ensure(wanted)
    monkeypatch.setenv("WINRAS_TEST_SECRET", "changed")
    assert winras.ensure(wanted) == []
    planned = winras.ensure(wanted, save_secrets=True, dry_run=True)
    assert ras.calls("RasSetCredentials") == 2
    done = winras.ensure(wanted, save_secrets=True)
    assert done == planned
    assert [(one.name, one.action, fields_of(one)) for one in done] == [
        ("Work", "update", {"password": (None, "saved")}),
        ("Plant", "update", {"pre_shared_key": (None, "saved")}),
    ]
    assert (ras.calls("RasSetCredentials"), ras.calls("RasSetEntryProperties")) == (4, 3)
    assert winras.dial("Work").name == "Work"
    assert winras.ensure(wanted, save_secrets=True) == done  # what is up does not block it


def test_what_a_file_does_not_give_is_not_deleted(ras: Simulator) -> None:
    winras.ensure([ANN])
    assert winras.ensure([WORK]) == []
    assert winras.saved_credentials("Work") is not None
    assert ras.calls("RasSetCredentials") == 1


@pytest.mark.parametrize("written", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_a_command_writes_the_password(ras: Simulator, written: str) -> None:
    ras.add_entry("Work", user="ann", password="s3cret")
    winras.ensure([replace(ANN, password=printing(written))])
    assert winras.dial("Work").name == "Work"


def test_the_password_is_asked_for_at_the_terminal(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return "s3cret"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", answer)
    ras.add_entry("Work", user="ann", password="s3cret")
    winras.ensure([replace(ANN, password=SecretReference(prompt=True))])
    assert asked == ["The password of 'ann' for 'Work': "]
    assert winras.dial("Work").name == "Work"


def test_a_function_gives_the_password(ras: Simulator) -> None:
    asked = []

    def answer() -> str:
        asked.append("s3cret")
        return asked[-1]

    ras.add_entry("Work", user="ann", password="s3cret")
    wanted = replace(ANN, password=SecretReference(function=answer))
    winras.ensure([wanted], dry_run=True)
    assert asked == []
    winras.ensure([wanted])
    assert winras.dial("Work").name == "Work"
    assert winras.ensure([wanted]) == []
    assert asked == ["s3cret"]


def no_answer(_question: str) -> str:
    raise EOFError


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        (SecretReference(env="WINRAS_NONE"), "there is no environment variable WINRAS_NONE"),
        (SecretReference(env="WINRAS_EMPTY"), "it is empty"),
        (SecretReference(env="WINRAS_LONG"), "must have at most 256 characters"),
        (SecretReference(prompt=True), "there is no terminal to ask for it: refer to it by env"),
        (SecretReference(command=("winras-none", "x")), "the command winras-none cannot be run: "),
        (SecretReference(function=str), "it is empty"),
        (printing(""), "it is empty"),
        (printing("a\0b"), "must not contain a NUL"),
        (
            SecretReference(command=(sys.executable, "-c", "print('s3cret'); raise SystemExit(3)")),
            "ended with 3; run it to see why",
        ),
        (
            SecretReference(command=(sys.executable, "-c", r"import os; os.write(1, b'\x81\xff')")),
            "is no text: have it write UTF-8",
        ),
    ],
)
def test_a_secret_that_cannot_be_had(
    ras: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    reference: SecretReference,
    problem: str,
) -> None:
    monkeypatch.setenv("WINRAS_EMPTY", "")
    monkeypatch.setenv("WINRAS_LONG", "x" * 257)
    for one, what in (
        (replace(ANN, password=reference), "the password of 'ann' for 'Work' cannot be used: "),
        (replace(KEY, pre_shared_key=reference), "the pre-shared key of 'Plant' cannot be used: "),
    ):
        with pytest.raises(ValueError) as raised:
            winras.ensure([replace(WORK, name="First"), one])
        assert str(raised.value).startswith(what)
        assert problem in str(raised.value)
    assert ras.calls("RasSetEntryProperties") == 0


def test_the_end_of_the_terminal_is_no_password(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", no_answer)
    with pytest.raises(ValueError, match="it was not given"):
        winras.ensure([replace(ANN, password=SecretReference(prompt=True))])
    assert ras.calls("RasSetEntryProperties") == 0


def test_a_command_has_so_much_time(ras: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ensuring, "_COMMAND_WITHIN", 0.2)
    waits = SecretReference(command=(sys.executable, "-c", "import time; time.sleep(600)"))
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"has not ended within 0\.2 s"):
        winras.ensure([replace(ANN, password=waits)])
    assert time.monotonic() - began < 60
    assert ras.calls("RasSetEntryProperties") == 0


def test_a_command_that_writes_for_ever_fills_no_memory(ras: Simulator) -> None:
    program = "import os\nwhile True: os.write(1, b's3cret' * 10_000)"
    for_ever = SecretReference(command=(sys.executable, "-c", program))
    with pytest.raises(ValueError, match=r"writes more than any secret has$"):
        winras.ensure([replace(ANN, password=for_ever)])
    assert ras.calls("RasSetEntryProperties") == 0


# ---- one entry that is to be absent ----


def test_an_entry_is_absent(ras: Simulator, book: Phonebook) -> None:
    winras.ensure([WORK, PLANT])
    foreseen = _ensuring.ensure_absent("work", phonebook=book.path, dry_run=True)
    assert "Work" in book
    changes = _ensuring.ensure_absent("work", phonebook=book.path)
    assert [(one.name, one.action, one.blocked) for one in changes] == [("Work", "delete", False)]
    assert changes == foreseen
    assert fields_of(changes[0])["phone_number"] == ("vpn.example.com", None)
    assert [one.name for one in book.entries()] == ["Plant"]
    assert _ensuring.ensure_absent("Work", phonebook=book.path) == []
    assert ras.calls("RasDeleteEntry") == 1


def test_an_entry_that_is_up_is_not_deleted_unless_it_may_be_hung_up(ras: Simulator) -> None:
    ras.add_entry("Work")
    ras.connect("Work")
    [blocked] = _ensuring.ensure_absent("Work", dry_run=True)
    assert blocked.blocked
    with pytest.raises(winras.EntryInUseError) as raised:
        _ensuring.ensure_absent("Work")
    assert raised.value.changes == (blocked,)
    assert ras.calls("RasDeleteEntry") == 0
    _ensuring.ensure_absent("Work", hang_up=True)
    ras.assert_gone("Work")


# ---- asyncio ----


def test_aio(ras: Simulator) -> None:
    async def play() -> list[Change]:
        await aio.ensure([WORK, PLANT])
        more = {"prune": True, "dry_run": True, "hang_up": True, "save_secrets": True}
        return await aio.ensure([ANN], phonebook=DEFAULT_PHONEBOOK, **more)

    changes = [(one.name, one.action) for one in asyncio.run(play())]
    assert changes == [("Work", "update"), ("Plant", "delete")]
    assert ras.calls("RasDeleteEntry") == 0


def test_ctrl_c_right_behind_a_change_is_no_other_error() -> None:
    """It may come when a change is done and noted, before the next begins."""
    old = Change("Old", DEFAULT_PHONEBOOK, "delete", ())
    new = replace(old, name="New")
    first, second = (_ensuring._Step(change, None) for change in (old, new))
    with (
        pytest.raises(KeyboardInterrupt) as interrupted,
        _ensuring._telling(first, [old], [first, second]),
    ):
        raise KeyboardInterrupt
    assert interrupted.value.__notes__ == [
        "done before: 'Old'",
        "perhaps done: 'Old'",
        "not done: 'New'",
    ]
