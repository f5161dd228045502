"""Entry files: an entry as TOML and back, and how strictly a file is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import winras
from test_entries import FIELDS, NEWEST_RAW
from test_scenario_hostile import PIECES, VALUES, count_calls, to_document
from winras import (
    Entry,
    EntryFileError,
    EntryKind,
    Phonebook,
    Protocols,
    SecretReference,
    VpnStrategy,
    WantedEntry,
    load_entries,
)
from winras._entries import SIZES, check_fit, read_entry, to_bytes
from winras._entry_file import KEYS
from winras._native import service
from winras._phonebook import with_device
from winras.testing import Simulator

ROOT = Path(__file__).parents[1]
OFFICE = Entry.ikev2("Office VPN", "vpn.example.com")
A = '[[entry]]\nname = "A"\nphone_number = "server"\n'


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "vpn.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def loaded(tmp_path: Path, content: str | bytes) -> list[WantedEntry]:
    return load_entries(write(tmp_path, content))


# ---- there and back ----


def test_an_entry_as_toml() -> None:
    entry = replace(
        OFFICE,
        alternate_numbers=("b.example.com",),
        ipv6_dns=(IPv6Address("2001:db8::53"),),
        protocols=Protocols.Ipv4 | Protocols.Ipv6 | Protocols.Ipx,
        dns_suffix='"a\\b"',
        strategy=VpnStrategy(11),
        ipv4_metric=10,
    )
    assert entry.to_toml() == (
        "[[entry]]\n"
        'name = "Office VPN"\n'
        'phone_number = "vpn.example.com"\n'
        'alternate_numbers = ["b.example.com"]\n'
        'strategy = "Unknown(11)"\n'
        'authentication = ["Eap"]\n'
        "eap_type = 26\n"
        'protocols = ["Ipx", "Ipv4", "Ipv6"]\n'
        "ipv4_metric = 10\n"
        'ipv6_dns = ["2001:db8::53"]\n'
        'dns_suffix = "\\"a\\\\b\\""\n'
    )


def test_what_has_no_picture_is_escaped(tmp_path: Path) -> None:
    entry = Entry("Büro \u202e \U000e0001", "a")
    assert entry.to_toml().splitlines()[1] == 'name = "Büro \\u202E \\U000E0001"'
    assert [one.entry for one in loaded(tmp_path, entry.to_toml())] == [entry]


def test_half_of_a_surrogate_pair_is_no_toml() -> None:
    with pytest.raises(ValueError, match=r"dns_suffix .* half of a surrogate pair"):
        replace(OFFICE, dns_suffix="\ud800").to_toml()


def test_a_device_that_fits_is_not_named() -> None:
    def named(**changes: object) -> bool:
        return "device_name" in replace(OFFICE, **changes).to_toml()  # type: ignore[arg-type]

    assert not named(device_name="WAN Miniport (IKEv2)")
    assert not named(device_name="WAN 微型端口 (IKEv2)")
    assert named(device_name="WAN Miniport (L2TP)")
    assert named(device_name="Adapter of another maker")
    assert named(device_name="modem (IKEv2)", device_type="modem")
    automatic = VpnStrategy.Ikev2First
    assert not named(device_name="WAN Miniport (L2TP)", strategy=automatic)
    pppoe = replace(Entry.pppoe("DSL"), device_name="WAN Miniport (PPPOE)")
    assert "device_name" not in pppoe.to_toml()


def test_a_file_of_people(tmp_path: Path) -> None:
    text = """\
        # What each of our computers has.
        [[entry]]
        name = "Office VPN"
        phone_number = "vpn.example.com"
        strategy = "Ikev2Only"
        encryption = "None"
        authentication = []
        idle_disconnect = "never"
        ipv4_metric = "automatic"
        ipv4_dns = ["192.0.2.53", "192.0.2.54"]
        user = "ann"
        domain = "CORP"
        password = { env = "VPN_OF_ANN" }

        [[entry]]
        name = "Lab"
        phone_number = "lab.example.com"
        [entry.pre_shared_key]
        command = ["vault", "read", ""]
        """
    office, lab = loaded(tmp_path, text)
    assert office.entry.encryption is winras.Encryption.None_
    assert office.entry.authentication == 0
    assert office.entry.idle_disconnect is office.entry.ipv4_metric is None
    assert office == WantedEntry(
        office.entry, user="ann", domain="CORP", password=SecretReference(env="VPN_OF_ANN")
    )
    assert lab == WantedEntry(
        Entry("Lab", "lab.example.com"),
        pre_shared_key=SecretReference(command=("vault", "read", "")),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_what_editors_and_powershell_make_of_a_file_is_read(tmp_path: Path, encoding: str) -> None:
    text = OFFICE.to_toml().replace("Office", "Büro").replace("\n", "\r\n")
    content = ("\ufeff" * (encoding == "utf-16-be") + text).encode(encoding)
    [one] = loaded(tmp_path, content)
    assert one.entry == replace(OFFICE, name="Büro VPN")


# ---- any entry ----

#: Without what no line of a phone book may have, and no Unicode.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
HOST = st.from_regex(r"[a-z][a-z0-9.:-]{0,20}", fullmatch=True)
FITTING: dict[str, st.SearchStrategy[object]] = {
    name: TEXT for name, kind in FIELDS.items() if isinstance(getattr(OFFICE, name), str)
}
FITTING["phone_number"] = HOST
FITTING["alternate_numbers"] = st.lists(HOST, max_size=3).map(tuple)
FITTING["kind"] = st.sampled_from(EntryKind)
FITTING["ipv6_prefix_length"] = st.integers(1, 128)
FITTING["protocols"] = st.sampled_from([Protocols.Ipv4 | Protocols.Ipv6, ~Protocols(0)])
FITTING = {**FIELDS, **FITTING}
DEVICES = st.sampled_from(
    [
        ("vpn", ""),
        ("VPN", "ikev2"),
        ("vpn", "WAN Miniport (IKEv2)"),
        ("vpn", "WAN Miniport (L2TP)"),
        ("PPPoE", "WAN Miniport (PPPOE)"),
    ]
)
NAME = st.from_regex(r"[A-Za-zÄß0-9][ A-Za-z0-9äß'\"#=\[\]-]{0,20}", fullmatch=True)


def fitting(name: str, device: tuple[str, str], changes: dict[str, object]) -> Entry:
    kind, full_name = device
    changes = {"ipv6_prefix_length": 64, **changes, "device_type": kind, "device_name": full_name}
    entry = replace(OFFICE, name=name, **changes)  # type: ignore[arg-type]
    check_fit(entry)
    return entry


ENTRIES = st.builds(fitting, NAME, DEVICES, st.fixed_dictionaries({}, optional=FITTING))
in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@in_a_folder
@given(entry=ENTRIES)
def test_any_entry_is_read_as_it_was_written(tmp_path: Path, entry: Entry) -> None:
    [one] = loaded(tmp_path, entry.to_toml())
    assert one == WantedEntry(one.entry)
    kept = one.entry.device_name or entry.device_name
    assert replace(one.entry, device_name=kept) == entry
    # What is left out is the default, so that nothing is there that says nothing.
    [values] = tomllib.loads(entry.to_toml())["entry"]
    plain = Entry(entry.name, entry.phone_number)
    changed = {
        one.name for one in fields(Entry) if getattr(plain, one.name) != getattr(entry, one.name)
    }
    assert values.keys() - {"name", "phone_number"} <= changed


def test_any_entry_is_as_its_file_says(tmp_path: Path) -> None:
    """What RAS has, whoever made it, is as its file says: nothing is to be changed."""

    @settings(deadline=None, max_examples=50)
    @given(raw=NEWEST_RAW, entry=ENTRIES, is_made_by_winras=st.booleans())
    def check(raw: bytes, entry: Entry, *, is_made_by_winras: bool) -> None:
        with Simulator(clock="manual") as ras:
            book = Phonebook.user()
            if is_made_by_winras:
                book.create(entry)
            else:
                values = {
                    one.name: getattr(entry, one.name) for one in fields(Entry) if one.compare
                }
                foreign = replace(read_entry(entry.name, raw), **values)
                book._write(with_device(foreign, winras.devices()), service())
            before = book.entry(entry.name)
            [wanted] = loaded(tmp_path, before.to_toml())
            assert winras.ensure([wanted]) == []
            assert to_bytes(book.entry(entry.name), SIZES[0]) == to_bytes(before, SIZES[0])
            assert ras.calls("RasSetEntryProperties") == 1

    check()


def test_any_entry_is_the_same_on_another_computer(tmp_path: Path) -> None:
    @settings(deadline=None, max_examples=50)
    @given(
        entries=st.lists(
            ENTRIES, min_size=1, max_size=4, unique_by=lambda entry: entry.name.casefold()
        )
    )
    def check(entries: list[Entry]) -> None:
        with Simulator(clock="manual"):
            for entry in entries:
                Phonebook.user().create(entry)
            made = [Phonebook.user().entry(entry.name) for entry in entries]
        path = write(tmp_path, "\n".join(entry.to_toml() for entry in made))
        with Simulator(clock="manual"):
            changes = winras.ensure(load_entries(path))
            assert [change.action for change in changes] == ["create"] * len(made)
            assert winras.ensure(load_entries(path)) == []
            for entry in made:
                again = Phonebook.user().entry(entry.name)
                assert replace(again, device_name=entry.device_name) == entry

    check()


# ---- hostile files ----

OF_ANN = 'user = "ann"\npassword = '
BAD = {
    "unknown key": ("idle_disconect = 60", "line 4.*'idle_disconect'; did you mean 'idle_disc"),
    "GUID": ('entry_id = "x"', "line 4.*unknown key 'entry_id'; known are name, "),
    "no server": ('[[entry]]\nname = "B"', "line 4.*number 2: the key 'phone_number' is missing"),
    "same name": (A.replace('"A"', '"a"'), "line 5.*'a' is in the file already; upper and lower"),
    "number": (
        "eap_type = -1",
        "line 4.*eap_type must be a whole number from 0 to 4294967295, not -1",
    ),
    "large number": (
        "eap_type = 0x" + "f" * 5000,
        "line 4.*eap_type .* not a number of 20000 bits",
    ),
    "text": (
        "dns_suffix = 1",
        "line 4.*dns_suffix must be a text of at most 255 characters, not 1",
    ),
    "long text": (f'dns_suffix = "{"x" * 256}"', "line 4.*dns_suffix must have at most 255"),
    "line break": (r'dns_suffix = "a\nb"', "line 4.*dns_suffix must not contain a line break"),
    "flag": ("mobike = 1", "line 4.*mobike must be true or false, not 1"),
    "name of an enum": (
        'strategy = "Ikev2"',
        "line 4.*strategy must be one of Default, .*, not 'Ikev",
    ),
    "number of an enum": ("strategy = 7", "line 4.*strategy must be one of .*, not 7"),
    "known number": ('strategy = "Unknown(7)"', r"line 4.*strategy .*, not 'Unknown\(7\)'"),
    "no number": ('strategy = "Unknown(4294967296)"', r"line 4.*strategy .*, not 'Unknown\(42"),
    "array for one": ('strategy = ["Ikev2Only"]', "line 4.*strategy .*, not an array"),
    "names of flags": (
        'authentication = ["Eap", "Eapp"]',
        "line 4.*any of .*MsChap2.*, but has 'Eapp'",
    ),
    "one flag": ('authentication = "Eap"', "line 4.*authentication must be an array .*, not 'Eap'"),
    "address": (
        'ipv4_address = "::1"',
        "line 4.*ipv4_address must be an address of IPv4, not '::1'",
    ),
    "zone": ('ipv6_address = "fe80::1%1"', "line 4.*ipv6_address must be without a zone"),
    "servers": ('ipv4_dns = ["192.0.2.1", 1]', "line 4.*ipv4_dns must be an array .*, but has 1"),
    "too many servers": (
        'ipv4_dns = ["1.1.1.1", "1.1.1.1", "1.1.1.1"]',
        "line 4.*ipv4_dns .*at most 2",
    ),
    "no protocol": ('ipv4_dns = ["1.1.1.1"]\nprotocols = []', "line 4.*ipv4_dns needs Ipv4 among"),
    "idle": ("idle_disconnect = 4294967295", "line 4.*idle_disconnect must be less than"),
    "word": (
        'idle_disconnect = "no"',
        "line 4.*idle_disconnect must be .*, or \"never\", not 'no'",
    ),
    "numbers": ('alternate_numbers = [""]', "line 4.*alternate_numbers must be an array of texts"),
    "control": (
        r'alternate_numbers = ["\n"]',
        "line 4.*alternate number must not contain a line br",
    ),
    "literal": (OF_ANN + '"hunter2"', "line 5.*password must not be in the file.*{ env = "),
    "literal key": ('pre_shared_key = "hunter2"', "line 4.*pre_shared_key must not be in the file"),
    "unknown way": (OF_ANN + '{ value = "hunter2" }', "line 5.*password: unknown key 'value'"),
    "two ways": (
        OF_ANN + '{ env = "A", prompt = true }',
        "line 5.*password: .*exactly one of env",
    ),
    "no way": (OF_ANN + "{}", "line 5.*password: must be exactly one of env, prompt, command"),
    "no prompt": (OF_ANN + "{ prompt = false }", "line 5.*password: prompt must be true$"),
    "variable": (OF_ANN + '{ env = "hunter2=" }', "line 5.*password: env must be the name of an"),
    "command": (OF_ANN + '{ command = "hunter2" }', "line 5.*password: command must be an array"),
    "no program": (OF_ANN + '{ command = ["", "hunter2"] }', "line 5.*password: command must be"),
    "password of nobody": ('password = { env = "A" }', "line 4.*'password' needs 'user' too"),
    "user without": ('user = "ann"', "line 4.*'user' needs 'password' too"),
    "domain of nobody": ('domain = "CORP"', "line 4.*'domain' needs 'user' too"),
    "another table": (
        "[[at]]",
        r"line 4: unknown key 'at'; an entry file has tables \[\[entry\]\]$",
    ),
    "no TOML": ("mobike = True", "line 4: not valid TOML"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_its_line_and_key(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(EntryFileError, match=f"vpn.toml, {expected}") as raised:
        loaded(tmp_path, A + text)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "line 1: it is empty; an entry file has tables"),
        ('[entry]\nname = "A"', r"line 1: 'entry' must be tables, each headed \[\[entry\]\]"),
        (A.encode() + b'dns_suffix = "\xfc"', "line 4: not UTF-8; save it in that encoding"),
        ("\ufeff\n\n".encode("utf-16-le") + b"\0\xd8\n\0", "line 3: not UTF-16; save it in that"),
        (A + "x = " + "[" * 5000, "line 4: too deeply nested to be an entry file"),
        (bytes(16 * 2**20 + 1), "line 1: an entry file has at most 16 MiB"),
    ],
    ids=["nothing", "one table", "ANSI", "half of UTF-16", "deep", "large"],
)
def test_what_is_no_entry_file_is_refused(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    with pytest.raises(EntryFileError, match=f"vpn.toml, {expected}"):
        loaded(tmp_path, content)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_entries(tmp_path / "none.toml")


#: The keys that there are, and values that nearly are right.
WORDS = st.sampled_from(
    ["A", "", "a b", "Ikev2Only", "Eap", "Ipv4", "::1", "192.0.2.1", "never", "Unknown(9)", "\x1b"]
)
NEARLY = VALUES | WORDS | st.lists(WORDS, max_size=3) | st.sampled_from([True, 0, 26, 2**32])
SECRET = st.dictionaries(st.sampled_from(["env", "prompt", "command", "x"]), NEARLY, max_size=2)
TABLES = st.builds(
    lambda name, more: {"name": name, "phone_number": "server", **more},
    st.sampled_from(["A", "a", "B"]),
    st.dictionaries(st.sampled_from([*KEYS, "entry_id", "mobile"]), NEARLY | SECRET, max_size=2),
)


def read_or_refused(path: Path) -> None:
    """Read a file that anybody may have written: it may be refused, with its line and key."""
    refused = ""
    try:
        wanted = load_entries(path)
    except EntryFileError as error:
        refused = str(error)
    if not refused:
        for one in wanted:
            assert loaded(path.parent, one.entry.to_toml())[0].entry == one.entry
        return
    found = re.match(
        re.escape(str(path)) + r", line ([1-9]\d*): (\[\[entry\]\] number \d+)?", refused
    )
    assert found
    assert len(refused) < 4000
    lines = path.read_text("utf-8").split("\n")
    assert int(found[1]) <= len(lines)
    if found[2]:
        line = lines[int(found[1]) - 1].strip()
        key = line.partition("=")[0].strip("\" '[]").removeprefix("entry.")
        missing = re.search("the key '.*' is missing", refused)
        assert missing or key in KEYS or key in refused, (line, refused)


@settings(in_a_folder, max_examples=300)
@given(tables=st.lists(TABLES, min_size=1, max_size=3))
def test_whatever_tables_there_are(tmp_path: Path, tables: list[dict[str, object]]) -> None:
    read_or_refused(write(tmp_path, to_document({"entry": tables})))


@settings(in_a_folder, max_examples=200)
@given(text=PIECES)
def test_whatever_text_there_is(tmp_path: Path, text: str) -> None:
    read_or_refused(write(tmp_path, text))


@settings(in_a_folder, max_examples=100)
@given(content=st.binary())
def test_whatever_bytes_there_are(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    with pytest.raises(EntryFileError, match=re.escape(str(path)) + r", line [1-9]\d*: "):
        load_entries(path)


@pytest.mark.parametrize("end", ["", "[[entry]]\n"])
def test_reading_takes_time_in_proportion(tmp_path: Path, end: str) -> None:
    def read() -> None:
        try:
            load_entries(path)
        except EntryFileError:
            assert end

    calls = []
    for count in (100, 800):
        text = "".join(A.replace('"A"', f'"{number}"') for number in range(count))
        path = write(tmp_path, text + end)
        calls.append(count_calls(read))
    # What is sorted takes a little more.
    assert calls[1] < 8 * 1.2 * calls[0]


# ---- what the values are ----


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (SecretReference, "exactly one"),
        (lambda: SecretReference(env="A", prompt=True), "exactly one"),
        (lambda: SecretReference(env="A=B"), "NUL"),
        (lambda: SecretReference(command=("", "a")), "begin with a program"),
        (lambda: WantedEntry(OFFICE, user="ann"), "belong together"),
        (lambda: WantedEntry(OFFICE, domain="CORP"), "domain needs"),
        (lambda: WantedEntry(OFFICE, user="a" * 257, password=SecretReference("A")), "at most 256"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        make()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: SecretReference(env=1), "env must be str"),
        (lambda: SecretReference(command="vault"), "tuple of str"),
        (lambda: SecretReference(prompt=1), "prompt must be"),
        (lambda: WantedEntry("A"), "entry must be an Entry"),
        (lambda: WantedEntry(OFFICE, pre_shared_key="x"), "must be a SecretReference, not str"),
    ],
)
def test_what_is_of_another_type_is_refused(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        make()
