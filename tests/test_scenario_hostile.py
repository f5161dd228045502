"""A scenario file may come from anybody: it is read or refused with its line, in linear time."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import winras
from winras import _scenario
from winras.cli import main
from winras.testing import ScenarioError, Simulator

A = '[[entry]]\nname = "A"\n'
ROOT = Path(__file__).parents[1]

REFUSED = {
    "integer of many digits": (A + "sub_entries = " + "1" * 5000, "line 3: an integer has too"),
    "seconds of many digits": (A + "x = 1.5\ndial_seconds = -" + "1" * 5000, "line 4: an integer"),
    "large number": (
        A + "sub_entries = 0x" + "f" * 5000,
        "line 3: .* 1 to 255, not a number of 20000",
    ),
    "dotted key": (A + ".".join("a" * 3000) + " = 1", "line 3: a key has too many parts"),
    "dotted known key": (A + "dial." + ".".join("a" * 3000) + " = 1", "line 3: a key has too many"),
    "dotted key inside": (A + "x = { " + ".".join("a" * 3000) + " = 1 }", "line 3: a key has too"),
    "quoted dotted key": (A + " . ".join(['"a"', "'a'"] * 1500) + " = 1", "line 3: a key has too"),
    "dotted header": ("[" + ".".join("a" * 3000) + "]", "line 1: a key has too many parts"),
    "deep arrays": (A + "x = " + "[" * 5000, "line 3: too deeply nested"),
    "deep tables": (A + "x = " + "{ a = " * 17 + "1" + "}" * 17, "line 3: too deeply nested"),
    "deep over lines": (A + "x = " + "[\n" * 20 + "]" * 20, "line 19: too deeply nested"),
    "NUL": (A + "\0", "line 3: not valid TOML"),
    "NUL in a text": ('[[entry]]\nname = "a\\u0000"', "line 2: .* not 'a.x00'"),
    "no end": (A + "device_name = ", "line 3: not valid TOML"),
    "text without an end": (A + '\ndevice_name = """\n\n', "line 6: not valid TOML"),
    "nan": (A + "dial_seconds = nan", "line 3: .*not nan"),
    "date": ("[[entry]]\nname = 2026-11-21", "line 2: .*not 2026-11-21"),
    "large array": (A + f"device_name = [{'1,' * 9999}]", "line 3: .*, not an array$"),
    "long text": (A + f'device_name = "{"x" * 99999}"', r"line 3: .*, not 'x{260}'\.\.\.$"),
    "long key": (A + "x" * 99999 + " = 1", r"line 3: .*unknown key 'x{260}'\.\.\.; known"),
    "long state": (A + f'dial = [{{ state = "{"Auth" * 9999}" }}]', r"line 3: .*h'\.\.\.; known"),
    "key inside a text": (
        A + 'device_name = """\nsub_entries = 1\n"""\nsub_entries = 0',
        "line 6: ",
    ),
    "after a comment": (A + "# sub_entries = '''\nsub_entries = 0", "line 4: "),
    "after brackets in a text": (A + 'device_name = "[["\nsub_entries = 0', "line 4: "),
    "after escapes": (A + 'device_name = "\\\\"\nuser = "\\""\nsub_entries = 0', "line 5: "),
    "quoted key": ('[["entry"]]\n"name" = "A"\n\'sub_entries\' = 0', "line 3: "),
    "dotted known": (A + "sub_entries.x = 1", "line 3: .* not a table"),
    "blanks": ("\r\n[[ entry ]]\r\nname  = 'A'\r\n\tsub_entries\t= 0", "line 4: "),
    "header of the key": (A + "[entry.sub_entries]\nx = 1", "line 3: .* not a table"),
    "second of three": (A + A.replace("A", "B") + "sub_entries = 0\n" + A, "line 5: .* number 2: "),
    "inline tables": ("\nentry = [\n{ name = 'A' },\n{ name = 'A' }]", "line 2: .*number 2"),
    "same name in another case": (
        A + '[[entry]]\nname = "a"',
        "line 4: .*already has an entry 'a'",
    ),
    "entry of another phone book": (
        A + '[[at]]\nseconds = 1\ndrop = "A"\nphonebook = "b"',
        "line 5: .* 'A' needs a phonebook, one of 'C:",
    ),
    "none of many": (
        "".join(f'[[entry]]\nname = "{n:04}"\n' for n in range(2000))
        + '[[at]]\nseconds = 1\ndrop = "A"',
        r"line 4003: .* 'A'; there are '0000', .*'0007' and 1992 more$",
    ),
}


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_scenario_has_is_refused_with_its_line(
    tmp_path: Path, text: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError, match=expected.replace("line", "scenario.toml, line", 1)):
        Simulator(scenario=path)
    with pytest.raises(SystemExit) as ended:
        main(["--simulate", str(path), "list"])
    assert ended.value.code == 2
    assert "scenario.toml, line " in capsys.readouterr().err


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, A.encode() + b'\n# \xff"')
    with pytest.raises(ScenarioError, match="line 4: not UTF-8"):
        Simulator(scenario=path)


def test_a_file_that_is_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    with path.open("wb") as stream:
        stream.write(A.encode())
        stream.truncate(100 * 2**20)
    with pytest.raises(ScenarioError, match="line 3: a scenario has at most 16 MiB"):
        Simulator(scenario=path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(ScenarioError, match="line 1: a scenario has at most 16 MiB"):
        Simulator(scenario="/dev/zero")


def test_a_folder_is_no_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError):
        Simulator(scenario=tmp_path)
    with pytest.raises(SystemExit):
        main(["--simulate", str(tmp_path), "list"])
    assert "cannot read the scenario" in capsys.readouterr().err


def test_entries_that_differ_in_case_are_told_apart_by_their_phone_books(tmp_path: Path) -> None:
    scenario = A + 'phonebook = "b"\n[[entry]]\nname = "a"\n[[at]]\nseconds = 1\nconnect = "A"'
    with Simulator(clock="manual", scenario=write(tmp_path, scenario)) as ras:
        ras.advance(1.0)
        [up] = winras.connections()
        assert (up.name, up.phonebook) == ("A", "b")


# ---- in linear time ----


def count_calls(action: Callable[[], object]) -> int:
    """How many functions, of Python and of C, an action calls."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(called)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def entries(count: int) -> str:
    """As many entries, each with another device, and each connected once, the last one first."""
    return "".join(
        f'[[entry]]\nname = "Entry {n}"\nphonebook = "{n % 7}.pbk"\ndevice_name = "Device {n}"\n'
        f'[[at]]\nseconds = {count - n}\nconnect = "Entry {n}"\n'
        for n in range(count)
    )


def bad_end(count: int) -> str:
    """The same, where the line of a mistake must be found at the end."""
    return entries(count) + "[[entry]]\n"


@pytest.mark.parametrize("make", [entries, bad_end])
def test_reading_takes_time_in_proportion(tmp_path: Path, make: Callable[[int], str]) -> None:
    def read() -> None:
        try:
            _scenario.read(path)
        except ScenarioError:
            assert make is bad_end

    calls = []
    for count in (200, 1600):
        path = write(tmp_path, make(count))
        calls.append(count_calls(read))
    # What is sorted takes a little more.
    assert calls[1] < 8 * 1.2 * calls[0]


def test_the_simulator_looks_at_all_entries_only_to_list_them() -> None:
    """By structure, because C cannot be counted here: entries are found in an order."""
    looping = set()
    for path in (ROOT / "src/native/simulator").glob("*.c"):
        function = ""
        for line in path.read_text("utf-8").splitlines():
            if named := re.match(r"[\w *]*?(\w+)\([^;]*\{$", line):
                function = named[1]
            if re.search(r"< sim\.(entry|device)_count", line):
                looping.add(function)
    assert looping == {"clear_state", "is_phonebook", "serve_enumerate_entries"}


# ---- whatever there is ----

#: The keys that mean something, and the values that they take, or nearly.
KEYS = st.sampled_from(
    sorted({*_scenario._ENTRY_KEYS, *_scenario._ACTIONS, *_scenario._EXTRAS, "seconds", "state"})
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        *(
            "A",
            "a",
            "B",
            "",
            "running",
            "stopped",
            "Authenticate",
            "RetryAuthentication",
            "Connected",
        ),
        *(
            "::1",
            "192.0.2.1",
            "::1%9",
            "x.pbk",
            "C:\\x.pbk",
            "vpn",
            "0" * 32,
            "\u017f",
            "S",
            "ß",
            "SS",
        ),
    ]
)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.booleans()
    | st.sampled_from([0, 1, 255, 2**32 - 1, 2**63 - 1, 2**63, 0x20000001, 10**400, 1e12, -0.0])
)
TIMES = st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.dates() | st.times()
VALUES = st.recursive(
    TEXTS | NUMBERS | TIMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXTS, inner, max_size=4),
    max_leaves=8,
)
NAME = st.sampled_from(["A", "a", "B"])
ENTRIES = st.fixed_dictionaries({"name": NAME}) | st.dictionaries(KEYS, VALUES, max_size=5)
ENTRY = st.builds(
    lambda name, more: {"name": name, **more}, NAME, st.dictionaries(KEYS, VALUES, max_size=2)
)
#: Entries and actions that are right, but for what another place makes of them.
GOOD = st.builds(
    lambda name, more: {"name": name, **more},
    NAME,
    st.fixed_dictionaries(
        {},
        optional={
            "phonebook": st.sampled_from(["x.pbk", "X.PBK", "y.pbk"]),
            "connected": st.booleans(),
            "dial_seconds": st.sampled_from([0, 0.5, float("inf"), 10**400]),
            "hang_up_seconds": st.sampled_from([0, 1e12]),
            "sub_entries": st.sampled_from([1, 2, 255]),
            "user": NAME,
            "password": NAME,
            "ipv4_address": st.just("192.0.2.1"),
            "ipv6_address": st.just("::1%9"),
            "bits_per_second": st.sampled_from([0, 2**32 - 1]),
            "device_name": TEXTS,
        },
    ),
)
SECONDS = st.sampled_from([0, 0.5, 1, 1e12, 10**400])
EXTRA = {
    "phonebook": st.sampled_from(["x.pbk", "y.pbk"]),
    "dial_seconds": SECONDS,
    "linger": SECONDS,
    "error": st.sampled_from([0, 691, 0x20000001, 2**32 - 1]),
    "link": st.sampled_from([0, 1, 255, 2**32 - 1]),
    "sent": st.sampled_from([0, 2**63 - 1]),
    "received": st.sampled_from([0, 2**63 - 1]),
    "start_seconds": SECONDS,
    "drops": st.booleans(),
}
FIRST = {"set_service": st.sampled_from(_scenario._SERVICE_STATES), "suspend": SECONDS}
ACTIONS = st.sampled_from(sorted(_scenario._ACTIONS)).flatmap(
    lambda action: st.builds(
        lambda first, seconds, more: {action: first, "seconds": seconds, **more},
        FIRST.get(action, NAME),
        SECONDS,
        st.fixed_dictionaries({}, optional={key: EXTRA[key] for key in _scenario._ACTIONS[action]}),
    )
)
DOCUMENTS = (
    st.dictionaries(st.sampled_from(["entry", "at"]) | TEXTS, VALUES, max_size=3)
    | st.fixed_dictionaries({"entry": st.lists(ENTRY | ENTRIES, max_size=4)})
    | st.fixed_dictionaries(
        {"entry": st.lists(GOOD, max_size=4), "at": st.lists(ACTIONS, max_size=4)}
    )
)


def to_toml(value: object) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            return "{" + ", ".join(f"{to_toml(k)} = {to_toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(to_toml, value)) + "]"
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)


def to_document(tables: dict[str, object]) -> str:
    """A document, with its tables one after the other where they can be."""
    lines = []
    for key, value in tables.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                lines.append(f"[[{to_toml(key)}]]")
                lines += [f"{to_toml(name)} = {to_toml(inner)}" for name, inner in one.items()]
        else:
            lines.insert(0, f"{to_toml(key)} = {to_toml(value)}")
    return "\n".join(lines)


def play(path: Path) -> None:
    """Play a scenario that anybody may have written: it may be refused, with its line."""
    try:
        simulator = Simulator(
            clock="manual", scenario=path, allow_dialling=True, allow_impossible=True
        )
    except ScenarioError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert re.match(re.escape(str(path)) + r", line [1-9]\d*: ", refused)
        assert len(refused) < 4000
        return
    with simulator as ras:
        ras.advance(10.0)


same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@settings(same_folder, max_examples=300)
@given(tables=DOCUMENTS)
@example(tables={"entry": [{"name": "A", "error": 10**400}]})
def test_whatever_tables_there_are(tmp_path: Path, tables: dict[str, object]) -> None:
    text = to_document(tables)
    tomllib.loads(text)
    play(write(tmp_path, text))


#: Pieces of TOML, in any order.
PIECES = st.lists(
    st.sampled_from(
        [
            *("[[entry]]", "[[at]]", "[entry.dial]", "[", "]", "{", "}", "=", ".", ",", "#", "\\"),
            *('"', "'", '"""', "'''", "\n", "\r\n", " ", "\t", "\0", "\u2028", "é"),
            *("name", '"A"', "seconds", "1", "inf"),
            *("name = 'A'\n", "seconds = 1\n", "connect = 'A'\n", "dial = [\n"),
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    max_size=30,
).map("".join)


@settings(same_folder, max_examples=300)
@given(text=PIECES)
def test_whatever_text_there_is(tmp_path: Path, text: str) -> None:
    play(write(tmp_path, text))


@settings(same_folder, max_examples=100)
@given(content=st.binary())
def test_whatever_bytes_there_are(tmp_path: Path, content: bytes) -> None:
    play(write(tmp_path, content))
