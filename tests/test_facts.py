"""What a connection can tell besides its status: statistics, traffic, addresses."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest

import winras
from winras import ConnectionState, aio
from winras.testing import DialStep, Simulator

PPP = "WAN Miniport (SSTP)"


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with a connection, whose clock only the test moves."""
    with Simulator(clock="manual", allow_dialling=True) as simulator:
        simulator.add_entry("A", sub_entries=2, bits_per_second=64_000)
        simulator.connect("A")
        yield simulator


# ---- statistics ----


def test_statistics_tell_what_went_through(ras: Simulator) -> None:
    ras.set_traffic("A", sent=1000, received=2500)
    ras.advance(4.0)
    statistics = winras.get_connection("A").statistics()
    assert (statistics.bytes_sent, statistics.bytes_received) == (4000, 10_000)
    assert (statistics.frames_sent, statistics.frames_received) == (4, 10)
    assert statistics.bits_per_second == 64_000
    assert statistics.connected_seconds == 4.0
    errors = {
        value for name, value in dataclasses.asdict(statistics).items() if name.endswith("errors")
    }
    assert errors == {0}


def test_a_link_has_its_own_statistics(ras: Simulator) -> None:
    connection = winras.get_connection("A")
    ras.advance(1.0)
    ras.add_link("A")
    ras.transfer("A", sent=10)
    ras.transfer("A", sent=7, link=2)
    ras.advance(1.0)
    first, second = connection.links()
    assert (first.statistics().bytes_sent, second.statistics().bytes_sent) == (10, 7)
    assert second.statistics().connected_seconds == 1.0
    assert connection.statistics().bytes_sent == 17
    assert connection.statistics().bits_per_second == 128_000
    first.clear_statistics()
    assert (first.statistics().bytes_sent, second.statistics().bytes_sent) == (0, 7)
    connection.clear_statistics()
    assert connection.statistics().bytes_sent == 0
    assert ras.calls("RasClearLinkStatistics") == ras.calls("RasClearConnectionStatistics") == 1


@pytest.mark.parametrize("verb", ["statistics", "clear_statistics", "addresses"])
def test_what_is_gone_tells_nothing(ras: Simulator, verb: str) -> None:
    connection = winras.get_connection("A")
    ras.drop("A", linger=1.0)
    with pytest.raises(winras.NotConnectedError):
        getattr(connection, verb)()
    ras.advance(1.0)
    with pytest.raises(winras.NotConnectedError):
        getattr(connection, verb)()


@pytest.mark.parametrize(
    ("function", "verb", "link"),
    [
        ("RasGetConnectionStatistics", "statistics", False),
        ("RasGetLinkStatistics", "statistics", True),
        ("RasClearConnectionStatistics", "clear_statistics", False),
        ("RasClearLinkStatistics", "clear_statistics", True),
        ("RasGetProjectionInfoEx", "addresses", False),
    ],
)
def test_an_error_names_the_function(ras: Simulator, function: str, verb: str, link: bool) -> None:
    connection = winras.get_connection("A")
    target = connection.links()[0] if link else connection
    for code in (1722, 0x80070057):
        ras.fail(function, code)
        with pytest.raises(winras.RasError) as raised:
            getattr(target, verb)()
        assert raised.value.code == code
        assert function.startswith(raised.value.function)


def test_a_verb_of_another_service_raises_before_any_call(ras: Simulator) -> None:
    stranger = dataclasses.replace(winras.get_connection("A"), _service=0)
    calls = len(ras.calls)
    for verb in (stranger.statistics, stranger.clear_statistics, stranger.addresses):
        with pytest.raises(RuntimeError, match="service"):
            verb()
    assert len(ras.calls) == calls


# ---- the meter ----


def test_a_meter_goes_on_where_32_bits_end(ras: Simulator) -> None:
    ras.transfer("A", sent=2**32 - 1000, received=5)
    meter = winras.TrafficMeter(winras.get_connection("A"))
    ras.set_traffic("A", sent=100_000_000, received=10)
    total = 0
    for _ in range(30):
        ras.advance(10.0)
        traffic = meter.sample()
        assert traffic.bytes_sent == (total := total + 1_000_000_000)
        assert (traffic.sent_per_second, traffic.received_per_second) == (100_000_000.0, 10.0)
    assert traffic.statistics.bytes_sent == (2**32 - 1000 + total) % 2**32
    assert (traffic.bytes_received, traffic.seconds) == (3000, 300.0)


def test_a_meter_goes_on_when_the_counters_are_cleared(ras: Simulator) -> None:
    connection = winras.get_connection("A")
    ras.transfer("A", sent=5_000_000, received=7_000_000)
    meter = winras.TrafficMeter(connection)
    ras.transfer("A", sent=1000, received=2000)
    assert meter.sample().bytes_sent == 1000
    connection.clear_statistics()
    ras.transfer("A", sent=300, received=400)
    ras.advance(2.0)
    traffic = meter.sample()
    assert (traffic.bytes_sent, traffic.bytes_received) == (1300, 2400)
    assert traffic.sent_per_second == 150.0


def test_a_meter_goes_on_where_32_bits_of_frames_end(ras: Simulator) -> None:
    ras.transfer("A", sent=3_000_000_000, received=2**32 * 1000 - 5000)
    meter = winras.TrafficMeter(winras.get_connection("A"))
    ras.transfer("A", received=10_000)
    traffic = meter.sample()
    assert (traffic.bytes_sent, traffic.bytes_received) == (0, 10_000)


def test_a_meter_invents_nothing_when_as_many_frames_have_come_since(ras: Simulator) -> None:
    connection = winras.get_connection("A")
    ras.transfer("A", sent=1999)
    meter = winras.TrafficMeter(connection)
    connection.clear_statistics()
    ras.transfer("A", sent=1001)
    assert meter.sample().bytes_sent == 1001


def test_nobody_elses_traffic_is_measured_or_cleared(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    a = winras.get_connection("A")
    meter = winras.TrafficMeter(a)
    ras.drop("A")
    ras.add_entry("B")
    ras.connect("B")
    ras.transfer("B", sent=5)
    b = winras.get_connection("B")
    assert b.handle == a.handle
    for verb in (a.clear_statistics, meter.sample):
        with pytest.raises(winras.NotConnectedError):
            verb()
    assert b.statistics().bytes_sent == 5


def test_two_samples_at_one_moment_have_no_rate(ras: Simulator) -> None:
    meter = winras.TrafficMeter(winras.get_connection("A"))
    ras.transfer("A", sent=1000)
    assert meter.sample().sent_per_second == 0.0
    assert meter.sample().bytes_sent == 1000


def test_a_meter_of_what_is_gone_raises(ras: Simulator) -> None:
    meter = winras.TrafficMeter(winras.get_connection("A"))
    ras.drop("A")
    with pytest.raises(winras.NotConnectedError):
        meter.sample()


# ---- addresses ----


def add_office(ras: Simulator, **arguments: object) -> Callable[[], winras.Addresses]:
    ras.add_entry("Office", **arguments)  # type: ignore[arg-type]
    ras.connect("Office")
    return winras.get_connection("Office").addresses


def test_ikev2_tells_whole_addresses_and_where_the_server_can_switch_to(ras: Simulator) -> None:
    told = add_office(
        ras,
        ipv4_address="10.0.0.2",
        ipv4_server="10.0.0.1",
        ipv6_address="2001:db8::2",
        ipv6_server="2001:db8::1",
        ipv6_prefix_length=56,
        more_servers=["198.51.100.7", "2001:db8:1::7", "198.51.100.8"],
        local_endpoint="192.0.2.10",
        remote_endpoint="198.51.100.6",
    )()
    assert told == winras.Addresses(
        projected=True,
        ipv4=IPv4Address("10.0.0.2"),
        ipv4_server=IPv4Address("10.0.0.1"),
        ipv4_error=0,
        ipv6=IPv6Address("2001:db8::2"),
        ipv6_server=IPv6Address("2001:db8::1"),
        ipv6_error=0,
        ipv6_prefix_length=56,
        more_servers=(
            IPv4Address("198.51.100.7"),
            IPv4Address("198.51.100.8"),
            IPv6Address("2001:db8:1::7"),
        ),
        local_endpoint=IPv4Address("192.0.2.10"),
        remote_endpoint=IPv4Address("198.51.100.6"),
    )


def test_ppp_tells_the_identifier_of_a_link_local_address(ras: Simulator) -> None:
    told = add_office(
        ras, device_name=PPP, ipv4_address="10.0.0.2", ipv6_address="2001:db8::a:b:c:d"
    )()
    assert told.ipv4 == IPv4Address("10.0.0.2")
    assert told.ipv6 == IPv6Address("fe80::a:b:c:d")
    assert told.ipv6_prefix_length == 64
    assert (told.ipv4_server, told.ipv6_server, told.more_servers) == (None, None, ())


@pytest.mark.parametrize("device_name", [PPP, "WAN Miniport (IKEv2)"])
def test_a_protocol_that_is_not_used_is_no_failure(ras: Simulator, device_name: str) -> None:
    told = add_office(ras, device_name=device_name)()
    assert told.projected
    assert (told.ipv4, told.ipv4_error, told.ipv6, told.ipv6_error) == (None, 731, None, 731)


def test_before_the_projection_there_is_nothing_yet(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("Office", ipv4_address="10.0.0.2")
    ras.set_dial_script(
        "Office",
        [DialStep(ConnectionState.Authenticate, 1.0), DialStep(ConnectionState.Projected, 1.0)],
    )
    ras.connect("Office")
    office = winras.get_connection("Office")
    assert office.addresses().projected is False
    assert office.addresses().ipv4 is None
    ras.advance(1.0)
    assert office.addresses().ipv4 == IPv4Address("10.0.0.2")


def test_a_731_of_the_whole_is_no_failure(ras: Simulator) -> None:
    addresses = add_office(ras, ipv4_address="10.0.0.2")
    ras.fail("RasGetProjectionInfoEx", 731)
    assert (addresses().ipv4, addresses().ipv4) == (None, IPv4Address("10.0.0.2"))


# ---- asyncio ----


def test_the_twins_answer_the_same(ras: Simulator) -> None:
    ras.transfer("A", sent=5)
    connection = winras.get_connection("A")
    assert asyncio.run(aio.statistics(connection)) == connection.statistics()
    assert asyncio.run(aio.addresses(connection)) == connection.addresses()
