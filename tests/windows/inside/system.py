"""What is known of the rasapi32.dll that the tests in here run with, and what they can dial."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_uint16, c_uint32
from ipaddress import ip_address
from pathlib import Path

from contract.client import (
    SUCCESS,
    USER_PHONEBOOK,
    SimCredentials,
    SimDialStep,
    SimEndpoint,
    SimEntry,
    Simulator,
    fill_text,
    to_microseconds,
    wide,
)

#: How many times as fast as the real one the clock of the drop-in runs.
FACTOR = 20.0

RASAPI32 = Path(r"C:\windows\system32\rasapi32.dll")

#: The states in which an entry is dialled that has no script.
USUAL_STATES = (0, 1, 2, 3, 4, 5, 6, 10, 14, 18)


class System(Simulator):
    """The drop-in, with what a client can dial."""

    def add(self, name: str, *, dial_time: float = 0.0, **members: str | int) -> None:
        """Add an entry with any text, number or IP address that sim_entry has."""
        entry = SimEntry(dial_time=to_microseconds(dial_time), sub_entries=1)
        texts = {"name": name, "phonebook": USER_PHONEBOOK, "device_type": "vpn"}
        for member, value in (texts | members).items():
            place = getattr(entry, member)
            if isinstance(place, SimEndpoint):
                address = ip_address(value)
                place.type = {4: 1, 6: 2}[address.version]
                ctypes.memmove(place.address, address.packed, len(address.packed))
            elif isinstance(value, str):
                fill_text(place, value)
            else:
                setattr(entry, member, value)
        assert self._library.sim_add_entry(byref(entry)) == SUCCESS

    def save(self, name: str, user: str, password: str) -> None:
        """Save credentials for an entry."""
        saved = SimCredentials(mask=7)
        fill_text(saved.user, user)
        fill_text(saved.password, password)
        code = self._library.sim_save_credentials(wide(name), wide(""), byref(saved))
        assert code == SUCCESS

    def set_script(self, name: str, *steps: tuple[int, int, float], goes_on: bool = False) -> None:
        """How the entry is dialled from now on: state, error, and for how many seconds.

        If it goes on, no error ends the dialling.
        """
        set_dial_script = self._library.sim_set_dial_script
        set_dial_script.argtypes = [
            *(POINTER(c_uint16), POINTER(c_uint16), POINTER(SimDialStep)),
            c_uint32,
        ]
        units, none = (c_uint16 * 257)(), (c_uint16 * 1)()
        fill_text(units, name)
        native = (SimDialStep * len(steps))(
            *((state, error, to_microseconds(seconds), goes_on) for state, error, seconds in steps)
        )
        assert set_dial_script(units, none, native, len(steps)) == SUCCESS
