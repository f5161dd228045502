"""What is told as JSON: by to_dict(), and by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import winras
from winras import ConnectionState, ConnectionSubstate, EventKind, VpnStrategy
from winras._enums import ConnectionFlags
from winras._models import to_json
from winras.testing import Simulator


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with a connection, whose clock only the test moves."""
    with Simulator(clock="manual") as simulator:
        simulator.add_entry("A", ipv4_address="10.0.0.5", remote_endpoint="203.0.113.7")
        simulator.connect("A")
        yield simulator


# ---- enums ----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ConnectionState.Connected, "Connected"),
        (ConnectionState(4711), "Unknown(4711)"),
        (ConnectionSubstate.None_, "None"),
        (VpnStrategy.Ikev2Only, "Ikev2Only"),
        (EventKind.connected, "connected"),
        (winras.KeyKind.Client, "Client"),
        (ConnectionFlags.AllUsers | ConnectionFlags.OwnerKnown, "AllUsers|OwnerKnown"),
        (ConnectionFlags(0), "0"),
        (ConnectionFlags(0x20), "32"),
    ],
)
def test_an_enum_value_is_written_as_its_name(value: winras.ConnectionState, text: str) -> None:
    assert str(value) == f"{value}" == text
    assert f"{value:>30}" == text.rjust(30)


def test_an_enum_value_can_be_written_as_a_number_still() -> None:
    assert f"{ConnectionState.Connected:#x} {ConnectionState.Connected:d}" == "0x2000 8192"
    assert json.dumps(ConnectionState.Connected) == "8192"


# ---- to_dict() ----


def test_a_connection_as_a_dict(ras: Simulator) -> None:
    [connection] = winras.connections()
    told = connection.to_dict()
    assert told == {
        "name": "A",
        "handle": connection.handle,
        "device_type": connection.device_type,
        "device_name": connection.device_name,
        "phonebook": connection.phonebook,
        "entry_id": str(connection.entry_id),
        "sub_entry": 0,
        "flags": ["OwnerKnown", "OwnerMatch"],
        "luid": connection.luid,
        "correlation_id": str(connection.correlation_id),
    }
    assert json.loads(json.dumps(told)) == told
    [link] = connection.links()
    assert link.to_dict() == {**told, "handle": link.handle, "sub_entry": 1}
    assert ras.now == 0


def test_a_connection_as_a_text(ras: Simulator) -> None:
    [connection] = winras.connections()
    assert str(connection) == f"A, WAN Miniport (IKEv2), {connection.handle:#x}"
    [link] = connection.links()
    assert str(link) == f"A, link 1, WAN Miniport (IKEv2), {link.handle:#x}"
    assert repr(connection).startswith("Connection(handle=")
    assert ras.now == 0


def test_a_status_as_a_dict(ras: Simulator) -> None:
    connection = winras.get_connection("A")
    ras.drop("A", error=829, linger=1.0)
    told = connection.status().to_dict()
    assert told == {
        "state": "Disconnected",
        "error": 829,
        "substate": "None",
        "device_type": "VPN",
        "device_name": "WAN Miniport (IKEv2)",
        "phone_number": None,
        "local_endpoint": None,
        "remote_endpoint": "203.0.113.7",
    }


def test_statistics_and_addresses_as_dicts(ras: Simulator) -> None:
    ras.advance(61.5)
    connection = winras.get_connection("A")
    statistics = connection.statistics().to_dict()
    assert (statistics["bytes_sent"], statistics["connected_seconds"]) == (0, 61.5)
    addresses = connection.addresses().to_dict()
    assert addresses["ipv4"] == "10.0.0.5"
    assert (addresses["ipv6"], addresses["ipv6_error"]) == (None, 731)
    assert addresses["more_servers"] == []
    assert json.dumps([statistics, addresses])


def test_an_event_as_a_dict(ras: Simulator) -> None:
    [connection] = winras.connections()
    with winras.watch() as events:
        ras.drop("A")
        assert next(events).to_dict() == {
            "kind": "disconnected",
            "name": "A",
            "handle": connection.handle,
            "at": "2000-01-01T00:00:00.000Z",
            "source": "notification",
            "missed": False,
            "error": 0,
        }


def test_flags_that_winras_does_not_know_are_told_too() -> None:
    assert to_json(ConnectionFlags(0x31)) == ["AllUsers", "Unknown(48)"]
