"""RasEnumDevices."""

from ctypes import byref, c_uint32
from pathlib import Path

import pytest

from contract.client import (
    ERROR_BUFFER_TOO_SMALL,
    ERROR_INVALID_PARAMETER,
    SUCCESS,
    Simulator,
)
from contract.phonebook_client import (
    ERROR_INVALID_USER_BUFFER,
    RASDEVINFOW,
    RASDEVINFOW_SIZE,
    Device,
    PhonebookClient,
)

MINIPORTS = (
    Device("vpn", "WAN Miniport (SSTP)"),
    Device("vpn", "WAN Miniport (IKEv2)"),
    Device("vpn", "WAN Miniport (L2TP)"),
    Device("vpn", "WAN Miniport (PPTP)"),
    Device("PPPoE", "WAN Miniport (PPPOE)"),
)


@pytest.fixture
def client(library: Path, simulator: Simulator) -> PhonebookClient:
    """A client on a machine with Windows' miniports."""
    assert simulator is not None
    return PhonebookClient(library)


def test_a_rasdevinfo_is_packed_to_4_bytes() -> None:
    """RASDEVINFO structure, and pshpack4.h in ras.h."""
    assert (RASDEVINFOW_SIZE, RASDEVINFOW.szDeviceName.offset) == (296, 38)


def test_null_asks_for_the_size(client: PhonebookClient) -> None:
    """RasEnumDevices function.

    "To determine the required buffer size, call RasEnumDevices with lpRasDevInfo set to NULL. The
    variable pointed to by lpcb should be set to zero. The function will return the required buffer
    size in lpcb and an error code of ERROR_BUFFER_TOO_SMALL."
    """
    probe = client.devices_into(None)
    assert probe[:2] == (ERROR_BUFFER_TOO_SMALL, 5 * RASDEVINFOW_SIZE)
    assert client.devices_into(probe.needed - 1)[:2] == probe[:2]
    listing = client.devices_into(probe.needed)
    assert listing == (SUCCESS, 5 * RASDEVINFOW_SIZE, 5, MINIPORTS)


def test_the_arguments_must_be_given(client: PhonebookClient) -> None:
    """RasEnumDevices function.

    ERROR_INVALID_PARAMETER: "The lpcb parameter is NULL or the lpcDevices parameter is NULL."
    """
    number = c_uint32(0)
    assert client.RasEnumDevicesW(None, None, byref(number)) == ERROR_INVALID_PARAMETER
    assert client.RasEnumDevicesW(None, byref(number), None) == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("size", [0, 4, RASDEVINFOW_SIZE - 4, RASDEVINFOW_SIZE + 4])
def test_a_size_of_no_version_is_refused(client: PhonebookClient, size: int) -> None:
    """RasEnumDevices function.

    ERROR_INVALID_USER_BUFFER: "The dwSize member of the lpRasDevInfo parameter does not equal
    sizeof(RASDEVINFO)."
    """
    assert client.devices_into(5000, size).code == ERROR_INVALID_USER_BUFFER


def test_devices_of_entries_are_listed_once(client: PhonebookClient, simulator: Simulator) -> None:
    """The simulator's own: what add_entry gives is there."""
    simulator.add_entry("Office", device_type="VPN", device_name="wan miniport (ikev2)")
    simulator.add_entry("Modem", device_type="modem", device_name="Modem")
    simulator.add_entry("Modem 2", device_type="modem", device_name="Modem")
    assert client.devices_into(5000).devices == (*MINIPORTS, Device("modem", "Modem"))


def test_names_can_be_localized(client: PhonebookClient, simulator: Simulator) -> None:
    """Scripts and reports show "WAN 微型端口 (L2TP)" and "Minipuerto WAN (SSTP)"."""
    localized = (Device("vpn", "WAN 微型端口 (L2TP)"), Device("vpn", "Minipuerto WAN (SSTP)"))
    simulator.set_devices(*localized)
    assert client.devices_into(5000).devices == localized
    simulator.add_entry("Modem", device_type="modem", device_name="Modem")
    assert client.devices_into(5000).devices == (*localized, Device("modem", "Modem"))
    simulator.clear()
    assert client.devices_into(5000).devices == MINIPORTS


def test_there_may_be_none(client: PhonebookClient, simulator: Simulator) -> None:
    """Windscribe's client meets "success with size 0" on broken installations."""
    simulator.set_devices()
    assert client.devices_into(None) == (SUCCESS, 0, 0, ())
