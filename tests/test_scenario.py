"""Scenario files: what they play, and how strictly they are read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import winras
from winras import _scenario
from winras.testing import ScenarioError, SimulationError, Simulator

ROOT = Path(__file__).parents[1]
OFFICE = ROOT / "examples/office.toml"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_played_in_simulated_time() -> None:
    with Simulator(clock="manual", scenario=OFFICE) as ras:
        office, branch = winras.connections()
        assert (office.name, branch.name) == ("Office VPN", "Branch VPN")
        ras.advance(2.0)
        assert branch.status().error == 829
        assert winras.connections() == [office]
        ras.advance(0.5)
        with pytest.raises(winras.NotConnectedError):
            branch.status()


def test_every_action(tmp_path: Path) -> None:
    scenario = write(
        tmp_path,
        """
        [[entry]]
        name = "ISDN"
        phonebook = "one.pbk"
        [[entry]]
        name = "ISDN"
        phonebook = "two.pbk"
        [[at]]
        seconds = 3
        remove_link = "ISDN"
        phonebook = "two.pbk"
        link = 1
        [[at]]
        seconds = 2
        add_link = "ISDN"
        phonebook = "two.pbk"
        [[at]]
        seconds = 1
        connect = "ISDN"
        phonebook = "two.pbk"
        dial_seconds = 0.5
        """,
    )
    with Simulator(clock="manual", scenario=scenario) as ras:
        ras.advance(1.4)
        assert winras.connections() == []
        ras.advance(0.1)
        [isdn] = winras.connections()
        assert isdn.phonebook == "two.pbk"
        ras.advance(0.5)
        assert [link.sub_entry for link in isdn.links()] == [1, 2]
        ras.advance(1.0)
        assert [link.sub_entry for link in isdn.links()] == [2]


def test_what_is_impossible_when_its_moment_comes_does_not_happen(tmp_path: Path) -> None:
    scenario = write(tmp_path, '[[entry]]\nname = "A"\n[[at]]\nseconds = 1.0\ndrop = "A"\n')
    simulator = Simulator(clock="manual", scenario=scenario)
    simulator.__enter__().advance(2.0)
    assert winras.connections() == []
    with pytest.raises(SimulationError, match=r"1.000 s: 'A' impossible \(668 ERROR_NO_CONN"):
        simulator.__exit__(None, None, None)
    with Simulator(clock="manual", scenario=scenario, allow_impossible=True) as ras:
        ras.advance(2.0)
        [change] = ras.history
        assert (change.what, change.name, change.error) == ("impossible", "A", 668)


def test_a_time_may_be_never(tmp_path: Path) -> None:
    scenario = write(tmp_path, '[[entry]]\nname = "A"\nhang_up_seconds = inf\nconnected = true\n')
    with Simulator(clock="manual", scenario=scenario) as ras:
        with pytest.raises(winras.RasTimeoutError):
            winras.get_connection("A").hang_up(timeout=0)
        ras.advance(1e9)
        with pytest.raises(winras.RasError):
            ras.connect("A")


BAD = {
    "unknown key": ('[[entry]]\nname = "A"\ndevice_nmae = "x"', "line 3.*device_nmae.*device_name"),
    "unknown table": ('[[entri]]\nname = "A"', "line 1.*entri.*entry.*at"),
    "negative time": ('[[entry]]\nname = "A"\ndial_seconds = -1', "line 3.*dial_seconds.*-1"),
    "time that is no number": ('[[entry]]\nname = "A"\ndial_seconds = "1"', "line 3.*'1'"),
    "time that is nan": ('[[entry]]\nname = "A"\nhang_up_seconds = nan', "line 3.*nan"),
    "moment that never comes": (
        '[[entry]]\nname = "A"\n[[at]]\ndrop = "A"\nseconds = inf',
        "line 5.*seconds",
    ),
    "no name": (
        '[[entry]]\n\n[[entry]]\nname = "B"',
        r"line 1.*entry.*number 1.*'name' is missing",
    ),
    "too many sub-entries": ('[[entry]]\nname = "A"\nsub_entries = 300', "line 3.*1 to 255.*300"),
    "single brackets": ('\n[entry]\nname = "A"', r"line 2.*\[\[entry\]\]"),
    "flag that is none": ('[[entry]]\nname = "A"\nconnected = 1', "line 3.*true or false"),
    "a table of another kind after it": (
        '[[entry]]\n[[at]]\nseconds = 1\ndrop = "A"\n[[at]]\nseconds = 1\ndrop = "A"',
        "line 1.*'name' is missing",
    ),
    "no action": ('[[entry]]\nname = "A"\n[[at]]\nseconds = 1', "line 4.*exactly one of connect"),
    "two actions": (
        '[[entry]]\nname = "A"\n[[at]]\nseconds = 1\ndrop = "A"\nconnect = "A"',
        "line .*exactly one.*connect and drop",
    ),
    "no moment": ('[[entry]]\nname = "A"\n[[at]]\ndrop = "A"', "line 3.*'seconds' is missing"),
    "unknown entry": ('[[entry]]\nname = "A"\n[[at]]\nseconds = 1\ndrop = "B"', "line 5.*'B'.*'A'"),
    "key of another action": (
        '[[entry]]\nname = "A"\n[[at]]\nseconds = 1\nconnect = "A"\nlinger = 1',
        "line 6.*'linger' does not go with 'connect'",
    ),
    "not toml": ("[[entry]]\nname = A\n", "line 2"),
    "not tables": ("entry = 5", r"\[\[entry\]\]"),
    "same entry twice": ('[[entry]]\nname = "A"\n[[entry]]\nname = "A"', "line 4.*already"),
    "too long a name": (f'[[entry]]\nname = "{"x" * 300}"', "line 2.*256"),
    "no address": ('[[entry]]\nname = "A"\nremote_endpoint = "x"', "line 3.*address"),
    "no guid": ('[[entry]]\nname = "A"\nentry_id = "x"', "line 3.*GUID"),
    "name in two phone books": (
        '[[entry]]\nname="A"\n[[entry]]\nname="A"\nphonebook="b"\n[[at]]\nseconds=1\ndrop="A"',
        "line 8.*phonebook",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_a_bad_scenario_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError, match=expected) as raised:
        Simulator(scenario=path)
    assert str(path) in str(raised.value)


def test_what_is_too_large_or_too_deep_is_no_traceback(tmp_path: Path) -> None:
    huge = write(tmp_path, f'[[entry]]\nname = "A"\ndial_seconds = 1{"0" * 400}\n')
    with Simulator(scenario=huge):
        pass
    deep = write(tmp_path, f"entry = {'[' * 5000}{']' * 5000}")
    with pytest.raises(ScenarioError):
        Simulator(scenario=deep)


def test_a_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('[[entry]]\nname = "A"\nconnected = true\n', encoding="utf-8-sig")
    with Simulator(scenario=path):
        assert len(winras.connections()) == 1


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes('[[entry]]\nname = "Büro"'.encode("cp1252"))
    with pytest.raises(ScenarioError, match="UTF-8"):
        Simulator(scenario=path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Simulator(scenario=tmp_path / "none.toml")


# ---- the JSON schema ----

SCHEMA = json.loads((ROOT / "docs/scenario.schema.json").read_text("utf-8"))

# What a schema cannot say: what is no TOML, what concerns two places, and text that is a number.
BEYOND_A_SCHEMA = {
    "moment that never comes",
    "name in two phone books",
    "no address",
    "no guid",
    "not toml",
    "same entry twice",
    "time that is nan",
    "unknown entry",
}


def test_the_schema_has_the_keys_that_are_read() -> None:
    entry, at = (SCHEMA["properties"][kind]["items"] for kind in ("entry", "at"))
    known = (*_scenario._TEXTS, "connected", "sub_entries", *_scenario._ENTRY_SECONDS)
    assert set(entry["properties"]) == set(known)
    extras = {key for keys in _scenario._ACTIONS.values() for key in keys}
    assert set(at["properties"]) == {"seconds", "phonebook", *_scenario._ACTIONS, *extras}
    for choice, (action, keys) in zip(at["oneOf"], _scenario._ACTIONS.items(), strict=True):
        assert choice["required"] == [action]
        assert choice["properties"] == dict.fromkeys(extras - set(keys), False)
    for kind, room in _scenario.ROOM.items():
        assert entry["properties"][kind]["maxLength"] == room


@pytest.mark.parametrize("name", sorted(BAD.keys() - BEYOND_A_SCHEMA))
def test_the_schema_refuses_what_is_refused(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    schema = jsonschema.Draft202012Validator(SCHEMA)
    for path in (OFFICE, ROOT / "examples/nightly/office.toml"):
        schema.validate(tomllib.loads(path.read_text("utf-8")))
    assert not schema.is_valid(tomllib.loads(BAD[name][0]))
