"""Scenario files: what they play, and how strictly they are read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import winras
from winras import _scenario
from winras._native import lib
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


def test_a_dial_script_is_dialled(tmp_path: Path) -> None:
    scenario = write(
        tmp_path,
        """
        [[entry]]
        name = "A"
        phonebook = "one.pbk"
        connected = true
        dial = [
            { state = "ConnectDevice", seconds = 0.5, error = 809, goes_on = true },
            { state = "Authenticate", seconds = 0.25, error = 691 },
        ]
        [[entry]]
        name = "A"
        phonebook = "two.pbk"
        [[entry.dial]]
        state = "RetryAuthentication"
        """,
    )
    with Simulator(clock="auto", scenario=scenario) as ras:
        # What is up when the scenario starts has been dialled before.
        [up] = winras.connections()
        assert (up.phonebook, ras.now) == ("one.pbk", 0.0)
        up.hang_up()
        told: list[winras.DialProgress] = []
        with pytest.raises(winras.AuthenticationError, match="failed in Authenticate"):
            winras.dial("A", phonebook="one.pbk", on_progress=told.append)
        assert [(step.state.name, step.error, step.elapsed) for step in told] == [
            ("ConnectDevice", 0, 0.0),
            ("ConnectDevice", 809, 0.255),
            ("Authenticate", 0, 0.5),
            ("Authenticate", 691, 0.75),
        ]
        with pytest.raises(winras.AuthenticationError, match="in RetryAuthentication"):
            winras.dial("A", phonebook="two.pbk")


def test_what_goes_through_is_planned(tmp_path: Path) -> None:
    scenario = write(
        tmp_path,
        f"""
        [[entry]]
        name = "A"
        connected = true
        sub_entries = 2
        bits_per_second = 64000
        [[at]]
        seconds = 0
        transfer = "A"
        sent = {2**63 - 1}
        received = 7
        [[at]]
        seconds = 1
        add_link = "A"
        [[at]]
        seconds = 1
        set_traffic = "A"
        received = 100
        link = 2
        """,
    )
    with Simulator(clock="manual", scenario=scenario) as ras:
        [a] = winras.connections()
        told = a.statistics()
        assert (told.bytes_sent, told.bytes_received) == (2**32 - 1, 7)
        assert told.bits_per_second == 64000
        ras.advance(3.0)
        [_, second] = a.links()
        assert second.statistics().bytes_received == 200


def test_an_entry_has_addresses(tmp_path: Path) -> None:
    scenario = write(
        tmp_path,
        """
        [[entry]]
        name = "A"
        connected = true
        ipv4_address = "10.0.0.5"
        ipv4_server = "10.0.0.1"
        ipv6_address = "2001:db8::5"
        ipv6_server = "2001:db8::1"
        ipv6_prefix_length = 56
        more_servers = ["203.0.113.8", "2001:db8:1::8"]
        """,
    )
    with Simulator(clock="manual", scenario=scenario):
        told = winras.get_connection("A").addresses()
        assert [str(one) for one in (told.ipv4, told.ipv4_server, told.ipv6, told.ipv6_server)] == [
            *("10.0.0.5", "10.0.0.1"),
            *("2001:db8::5", "2001:db8::1"),
        ]
        assert told.ipv6_prefix_length == 56
        assert [str(server) for server in told.more_servers] == ["203.0.113.8", "2001:db8:1::8"]


def test_the_example_has_an_entry_that_is_refused() -> None:
    with Simulator(clock="auto", scenario=OFFICE):
        with pytest.raises(winras.AuthenticationError):
            winras.dial("Old VPN")
        assert winras.dial("Home VPN").addresses().ipv4


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
    "password of nobody": (
        '[[entry]]\nname = "A"\npassword = "x"',
        "line 3.*'password' needs 'user' too",
    ),
    "saved password of nobody": (
        '[[entry]]\nname = "A"\nsaved_password = "x"',
        "line 3.*'saved_password' needs 'saved_user' too",
    ),
    "saved password that is long": (
        f'[[entry]]\nname = "A"\nsaved_user = "a"\nsaved_password = "{"x" * 257}"',
        "line 4.*saved_password must be a text of 1 to 256 characters",
    ),
    "state of RasMan": ('[[at]]\nseconds = 1\nset_service = "paused"', "line 3.*running, stopped"),
    "start of what runs": (
        '[[at]]\nseconds = 1\nset_service = "running"\nstart_seconds = 1',
        "line 4.*'start_seconds' goes with 'stopped' only",
    ),
    "phone book of RasMan": (
        '[[at]]\nseconds = 1\nset_service = "stopped"\nphonebook = "x"',
        "line 4.*'phonebook' does not go with 'set_service'",
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
    "unknown state": (
        '[[entry]]\nname = "A"\ndial = [\n{state = "OpenPort"},\n{state = "Authentcate"}]',
        "line 3.*step 2 of dial.*'Authentcate'; did you mean 'Authenticate'",
    ),
    "state after the dialling": (
        '[[entry]]\nname = "A"\ndial = [{state = "Connected"}]',
        "line 3.*step 1 of dial: unknown state 'Connected'; it follows the last step by itself",
    ),
    "state that is misspelt": (
        '[[entry]]\nname = "A"\ndial = [{state = "autenticate"}]',
        "line 3.*unknown state 'autenticate'; did you mean 'Authenticate'",
    ),
    "nothing at all": ("", "it is empty; a scenario has tables"),
    "comments only": ("# nothing\n", "it is empty"),
    "state that is no text": ('[[entry]]\nname = "A"\ndial = [{state = 5}]', "line 3.*a state.*5"),
    "step without a state": ('[[entry]]\nname = "A"\ndial = [{error = 5}]', "line 3.*'state' is"),
    "key of a step": (
        '[[entry]]\nname = "A"\n[[entry.dial]]\nstate = "Authenticate"\nsecond = 1',
        "line 3.*step 1 of dial: unknown key 'second'; did you mean 'seconds'",
    ),
    "error of a step": (
        '[[entry]]\nname = "A"\ndial = [{state = "Authenticate", error = -1}]',
        "line 3.*step 1 of dial: error must be.*-1",
    ),
    "steps that are none": ('[[entry]]\nname = "A"\ndial = ["Authenticate"]', "line 3.*of tables"),
    "script and its time": (
        '[[entry]]\nname = "A"\ndial = [{state = "Authenticate"}]\ndial_seconds = 1',
        "line 4.*'dial_seconds' does not go with 'dial'",
    ),
    "bytes that are none": (
        f'[[entry]]\nname = "A"\n[[at]]\nseconds = 1\ntransfer = "A"\nsent = {2**63}',
        "line 6.*sent must be a whole number",
    ),
    "bytes of a connect": (
        '[[entry]]\nname = "A"\n[[at]]\nseconds = 1\nconnect = "A"\nreceived = 1',
        "line 6.*'received' does not go with 'connect'",
    ),
    "too many servers": (
        '[[entry]]\nname = "A"\nmore_servers = ["::1", "::2", "::3", "::4", "::5"]',
        "line 3.*at most 4 IP addresses",
    ),
    "servers that are none": ('[[entry]]\nname = "A"\nmore_servers = "::1"', "line 3.*at most 4"),
    "server that is no address": ('[[entry]]\nname = "A"\nmore_servers = ["x"]', "line 3.*at most"),
    "too long a prefix": ('[[entry]]\nname = "A"\nipv6_prefix_length = 129', "line 3.*0 to 128"),
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


def test_what_is_saved_and_what_rasman_does_are_played(tmp_path: Path) -> None:
    path = tmp_path / "saved.toml"
    path.write_text(
        """
        [[entry]]
        name = "A"
        user = "ann"
        password = "secret"
        saved_user = "ann"
        saved_password = "secret"

        [[at]]
        seconds = 10
        set_service = "stopped"
        start_seconds = 2
        """,
        encoding="utf-8",
    )
    with Simulator(clock="auto", scenario=path) as ras:
        assert winras.dial("A").name == "A"
        ras.sleep(10.0)
        assert winras.connections() == []
        assert winras.dial("A").name == "A"
        assert ras.now == pytest.approx(12.0, abs=0.3)


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
    "server that is no address",
    "time that is nan",
    "unknown entry",
}


def test_the_schema_has_the_keys_that_are_read() -> None:
    entry, at = (SCHEMA["properties"][kind]["items"] for kind in ("entry", "at"))
    assert set(entry["properties"]) == set(_scenario._ENTRY_KEYS)
    of_a_file = dict.fromkeys(_scenario._NOT_WITH_A_FILE, False)
    assert entry["dependentSchemas"] == {"file": {"properties": of_a_file}}
    step = entry["properties"]["dial"]["items"]
    assert set(step["properties"]) == {"state", "seconds", "error", "goes_on"}
    assert step["properties"]["state"]["enum"] == list(_scenario._STATES)
    extras = {key for keys in _scenario._ACTIONS.values() for key in keys}
    assert set(at["properties"]) == {"seconds", *_scenario._ACTIONS, *extras}
    for choice, (action, keys) in zip(at["oneOf"], _scenario._ACTIONS.items(), strict=True):
        assert choice["required"] == [action]
        assert choice["properties"] == dict.fromkeys(extras - set(keys), False)
    needs = {key: list(needed) for key, needed in _scenario._NEEDS.items()}
    assert entry["dependentRequired"] == needs
    for kind, room in _scenario.ROOM.items():
        assert entry["properties"][kind]["maxLength"] == room


@pytest.mark.parametrize("name", sorted(BAD.keys() - BEYOND_A_SCHEMA))
def test_the_schema_refuses_what_is_refused(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    schema = jsonschema.Draft202012Validator(SCHEMA)
    examples = {*(ROOT / "examples").rglob("*.toml")} - {ROOT / "examples/vpn.toml"}
    assert OFFICE in examples
    for path in examples:
        schema.validate(tomllib.loads(path.read_text("utf-8")))
    assert not schema.is_valid(tomllib.loads(BAD[name][0]))


def test_the_limits_of_a_scenario_are_those_of_the_simulator() -> None:
    assert _scenario.MOST_SUB_ENTRIES == lib.SIM_SUB_ENTRIES
