"""The execution module, as Salt's loader has it."""

from __future__ import annotations

from minions import Minion, Served
from winras.testing import Simulator


def test_it_lists_what_is_up(ras: Simulator, minion: Minion) -> None:
    ras.add_entry("Office VPN")
    ras.connect("Office VPN")
    listed = minion.functions()["winras.list_"]()
    assert [row["name"] for row in listed] == ["Office VPN"]


def test_it_joins_the_simulated_service_that_the_minion_is_told(
    minion: Minion, served: Served
) -> None:
    functions = minion.functions(**{"winras.simulator": served.name})
    assert [row["name"] for row in functions["winras.list_"]()] == ["Office VPN"]
    assert functions["winras.hang_up"]("Office VPN")[0]["gone"] is True
    assert functions["winras.status"]("Office VPN")["state"] == "Disconnected"
    assert functions["winras.dial"]("Office VPN")["state"] == "Connected"
