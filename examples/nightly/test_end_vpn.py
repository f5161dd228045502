"""Tests of end_vpn.py, without a VPN and without Windows."""

from __future__ import annotations

import pytest
from end_vpn import main

from winras.testing import Simulator

pytestmark = pytest.mark.ras(scenario="office.toml")


def test_vpns_are_ended_and_nothing_else(ras: Simulator) -> None:
    assert main([]) == 0
    ras.assert_gone("Office VPN")
    ras.assert_gone("Branch VPN")
    ras.assert_connected("Backup line")


def test_it_waits_for_the_slow_one(ras: Simulator) -> None:
    assert main([]) == 0
    assert ras.now == 20.0


def test_what_is_kept_stays(ras: Simulator) -> None:
    assert main(["--keep", "office vpn"]) == 0
    ras.assert_connected("Office VPN")
    ras.assert_called("RasHangUp", times=1)


def test_one_that_does_not_end_in_time_is_reported(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--timeout", "5"]) == 1
    assert "Office VPN: 1460 ERROR_TIMEOUT" in capsys.readouterr().err
    ras.assert_gone("Branch VPN")


def test_one_that_cannot_be_hung_up_does_not_stop_the_others(ras: Simulator) -> None:
    ras.fail("RasHangUp", 753)
    assert main([]) == 1
    ras.assert_connected("Office VPN")
    ras.assert_gone("Branch VPN")


def test_one_that_drops_meanwhile_is_not_an_error(ras: Simulator) -> None:
    ras.fail("RasHangUp", 668)
    assert main([]) == 0


def test_what_two_programs_have_dialled_is_hung_up_for_both(ras: Simulator) -> None:
    ras.connect("Branch VPN")
    assert main([]) == 0
    ras.assert_gone("Branch VPN")
    ras.assert_called("RasHangUp", times=3)


@pytest.mark.ras(scenario=None)
def test_nothing_to_end(capsys: pytest.CaptureFixture[str], ras: Simulator) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == ""
    ras.assert_called("RasHangUp", times=0)
