"""Entry files: an entry as TOML and back, and how strictly a file is read."""

from __future__ import annotations

import inspect
import json
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
    _entries,
    load_entries,
)
from winras._arguments import ROOM
from winras._entries import (
    CODECS,
    SIZES,
    Codec,
    as_new,
    check_fit,
    read_entry,
    to_bytes,
    with_device,
)
from winras._entry_file import KEYS, NEEDS
from winras._native import service
from winras._scenario import MINIPORTS
from winras.testing import ScenarioError, Simulator

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
        use_pre_shared_key = true
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
        Entry("Lab", "lab.example.com", use_pre_shared_key=True),
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
    "a comment behind the header": (
        '[[entry]] # of Ann\nname = "B" # = C\nphone_number = "b"\n# x\nmobike = 1',
        "line 8.*number 2: mobike must be true or false",
    ),
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
    "unused key": (
        'pre_shared_key = { env = "A" }',
        "line 4.*pre_shared_key needs use_pre_shared_key, or .* never used",
    ),
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
        (lambda: SecretReference(env="A", function=str), "exactly one"),
        (lambda: SecretReference(env="A=B"), "NUL"),
        (lambda: SecretReference(command=("", "a")), "begin with a program"),
        (lambda: WantedEntry(OFFICE, user="ann"), "belong together"),
        (lambda: WantedEntry(OFFICE, domain="CORP"), "domain needs"),
        (
            lambda: WantedEntry(OFFICE, pre_shared_key=SecretReference("A")),
            "pre_shared_key needs use_pre_shared_key, or",
        ),
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
        (lambda: SecretReference(function="vault"), "function must be a function, not str"),
        (lambda: WantedEntry("A"), "entry must be an Entry"),
        (lambda: WantedEntry(OFFICE, pre_shared_key="x"), "must be a SecretReference, not str"),
    ],
)
def test_what_is_of_another_type_is_refused(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        make()


# ---- a scenario's entries ----


def scenario(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    return path


@settings(in_a_folder, max_examples=30)
@given(entry=ENTRIES)
def test_a_scenario_has_what_ensure_makes(tmp_path: Path, entry: Entry) -> None:
    write(tmp_path, entry.to_toml())
    path = scenario(tmp_path, '[[entry]]\nfile = "vpn.toml"\ndial_seconds = 1')

    def stored() -> bytes:
        of_windows = Phonebook.user().entry(entry.name)
        return to_bytes(as_new(of_windows, entry.name), SIZES[0])

    with Simulator(clock="manual", scenario=path) as ras:
        assert len(ras.calls) == 0
        played = stored()
    with Simulator(clock="manual"):
        winras.ensure(load_entries(tmp_path / "vpn.toml"))
        assert stored() == played
        assert winras.devices() == MINIPORTS


def test_a_table_is_of_all_entries_of_its_file_or_of_one(tmp_path: Path) -> None:
    write(tmp_path, OFFICE.to_toml() + Entry.sstp("Lab", "lab.example.com").to_toml())
    text = f"""
        [[entry]]
        file = "vpn.toml"
        connected = true
        user = "ann"
        password = "secret"

        [[entry]]
        file = "../{tmp_path.name}/vpn.toml"
        name = "Lab"
        phonebook = 'C:\\work.pbk'
        dial_seconds = 2.5

        [[at]]
        seconds = 1
        drop = "Office VPN"
        """
    with Simulator(clock="auto", scenario=scenario(tmp_path, text)) as ras:
        assert [up.name for up in winras.connections()] == ["Office VPN", "Lab"]
        assert Phonebook.user().entry("Lab").strategy is VpnStrategy.SstpOnly
        assert not Phonebook.user().entry("Office VPN").use_pre_shared_key
        ras.sleep(1.0)
        with pytest.raises(winras.AuthenticationError):
            winras.dial("Office VPN")
        begin = ras.now
        winras.dial("Lab", phonebook="C:\\work.pbk")
        assert ras.now - begin == 2.5


BAD_SCENARIOS = {
    "absolute": ('file = "/etc/vpn.toml"', "line 2: .*file must be the path .* from the folder"),
    "share": (r"file = '\\server\share\vpn.toml'", "line 2: .*file must be the path of an entry"),
    "drive": ('file = "C:vpn.toml"', "line 2: .*file must be the path .*, not 'C:vpn.toml'"),
    "NUL": (r'file = "a\u0000"', "line 2: .*file must be the path of an entry file"),
    "folder": ('file = "."', "line 2: .*file must be the path"),
    "its own folder": ('file = "../{folder}"', "line 2: .*there is no file .*{folder}"),
    "none": ('file = "none.toml"', "line 2: .*there is no file .*none.toml"),
    "long": (f'file = "{"x" * 5000}"', "line 2: .*(there is no file|cannot read)"),
    "device": ('file = "vpn.toml"\ndevice_name = "x"', "line 3: .*'device_name' does not go with"),
    "other name": (
        'name = "Lab"\nfile = "vpn.toml"',
        "line 2: .*no entry 'Lab'; there are 'Off",
    ),
    "twice": (
        'file = "vpn.toml"\n[[entry]]\nfile = "./vpn.toml"\nphonebook = "b"',
        "line 4: .*vpn.toml is here already; name the entry that is meant",
    ),
    "in the file": ('file = "bad.toml"', r"line 2: .*bad.toml, line 3: .*phone_number must be"),
    "same entry": (
        'file = "vpn.toml"\n[[entry]]\nname = "office vpn"',
        "line 4: .*its phone book already has an entry 'office vpn'",
    ),
    "no device": ('file = "modem.toml"', "line 2: .*entry 'A': 608 .*no device '' of"),
}


@pytest.mark.parametrize(("text", "expected"), BAD_SCENARIOS.values(), ids=BAD_SCENARIOS.keys())
def test_a_bad_reference_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path, OFFICE.to_toml())
    (tmp_path / "bad.toml").write_text('[[entry]]\nname = "A"\nphone_number = "a b"', "utf-8")
    (tmp_path / "modem.toml").write_text(A + 'device_type = "modem"', "utf-8")
    path = scenario(tmp_path, "[[entry]]\n" + text.replace("{folder}", tmp_path.name))
    expected = expected.replace("{folder}", tmp_path.name)
    with pytest.raises(ScenarioError, match=f"scenario.toml, {expected}"):
        Simulator(scenario=path)


def test_a_machine_has_the_device_that_an_entry_names(tmp_path: Path) -> None:
    entry = replace(OFFICE, device_name="Adapter of another maker")
    write(tmp_path, entry.to_toml())
    with Simulator(clock="manual", scenario=scenario(tmp_path, '[[entry]]\nfile = "vpn.toml"')):
        assert Phonebook.user().entry("Office VPN") == entry
        assert "Adapter of another maker" in [device.name for device in winras.devices()]


# ---- the JSON schema ----

SCHEMA = ROOT / "docs/entries.schema.json"


def described(documented: type) -> dict[str, str]:
    """What the docstring of a class says of each attribute."""
    attributes = (inspect.getdoc(documented) or "").partition("\nAttributes:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text).replace("``", "") for name, text in found}


def form_of(codec: Codec) -> dict[str, object]:
    """What a file may say for a field."""
    number = {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFF}
    unknown = {"pattern": r"^Unknown\([0-9]+\)$"}
    form: dict[str, object] = {}
    match codec:
        case _entries._Text():
            form = {"type": "string", "maxLength": codec.room}
        case _entries._Choice():
            form = {"type": "string", "anyOf": [{"enum": codec.names}, unknown]}
        case _entries._Number():
            form = number
        case _entries._NumberOrNone():
            form = {"anyOf": [number, {"const": codec.none}]}
        case _entries._Bits():
            form = {"type": "array", "items": {"enum": codec.names}}
        case _entries._Flag():
            form = {"type": "boolean"}
        case _entries._Address():
            form = address(codec.kind)
        case _entries._Servers():
            form = {"type": "array", "maxItems": 2, "items": address(codec.kind)}
    return form


def address(kind: type) -> dict[str, object]:
    return {"type": "string", "format": kind.__name__.removesuffix("Address").lower()}


def schema() -> dict[str, object]:
    """The schema, of the fields of `Entry` and of what load_entries reads beside these."""
    text = {"type": "string", "minLength": 1}
    forms: dict[str, dict[str, object]] = {
        "name": {**text, "maxLength": ROOM["name"]},
        "alternate_numbers": {"type": "array", "items": text},
        **{name: form_of(codec) for name, codec in CODECS.items()},
        "user": {**text, "maxLength": ROOM["user"]},
        "domain": {**text, "maxLength": ROOM["domain"]},
        "password": {"$ref": "#/$defs/secret"},
        "pre_shared_key": {"$ref": "#/$defs/secret"},
    }
    about = {**described(WantedEntry), **described(Entry)}
    ways = described(SecretReference)
    secret = {
        "env": text,
        "prompt": {"const": True},
        "command": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An entry file of winras: the entries that a phone book is to have",
        "type": "object",
        "additionalProperties": False,
        "required": ["entry"],
        "properties": {
            "entry": {
                "description": "The entries.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "phone_number"],
                    "dependentRequired": {key: [needed] for key, needed in NEEDS.items()},
                    "dependentSchemas": {
                        "pre_shared_key": {
                            "anyOf": [
                                {"required": [key], "properties": {key: {"const": True}}}
                                for key in ("use_pre_shared_key", "use_pre_shared_key_for_ikev2")
                            ]
                        }
                    },
                    "properties": {key: {"description": about[key], **forms[key]} for key in KEYS},
                },
            }
        },
        "$defs": {
            "secret": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                    way: {"description": ways[way], **form} for way, form in secret.items()
                },
            }
        },
    }


def test_the_schema_is_of_the_fields_of_an_entry() -> None:
    """``python tests/test_entry_files.py`` writes it anew."""
    assert json.loads(SCHEMA.read_text("utf-8")) == schema()


#: What a schema cannot say: what is no TOML, what concerns two places, and text that is something.
BEYOND_A_SCHEMA = {"no TOML", "same name", "no protocol", "line break", "control", "known number"}
BEYOND_A_SCHEMA |= {"no number", "address", "zone", "idle", "variable", "no program"}
BEYOND_A_SCHEMA |= {"large number"}  # which jsonschema cannot tell


@pytest.mark.parametrize("name", sorted(BAD.keys() - BEYOND_A_SCHEMA))
def test_the_schema_refuses_what_is_refused(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    validator.validate(tomllib.loads((ROOT / "examples/vpn.toml").read_text("utf-8")))
    assert not validator.is_valid(tomllib.loads(A + BAD[name][0]))


@settings(in_a_folder, max_examples=30)
@given(entry=ENTRIES)
def test_the_schema_takes_any_entry(entry: Entry) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    document = tomllib.loads(entry.to_toml() + OF_ANN + "{ prompt = true }")
    jsonschema.Draft202012Validator(schema()).validate(document)


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n", "utf-8", newline="\n")
