"""The story that ``winras demo`` plays on a simulated RAS."""

from __future__ import annotations

import time

from .._connections import Connection, connections, get_connection
from .._native import error_message, error_name
from ..exceptions import ConnectionNotFoundError, NotConnectedError
from ..testing import Simulator
from ._commands import print_connections

_LOOK_EVERY = 0.05
_PAUSE = 0.6


def play() -> None:
    """Connections come up, one has two links, one drops, one is hung up. Under 15 seconds."""
    with Simulator() as ras:

        def say(text: str) -> None:
            print(f"{ras.now:5.1f} s  {text}", flush=True)

        ras.add_entry("Office VPN", hang_up_seconds=0.8, remote_endpoint="203.0.113.7")
        ras.add_entry("Branch VPN", device_name="WAN Miniport (SSTP)")
        ras.add_entry("ISDN", device_type="isdn", device_name="ISDN Channel", hang_up_seconds=0.3)

        say(f"connections() finds {len(connections())}; another program dials three entries")
        ras.connect("Office VPN", dial_seconds=0.8)
        ras.connect("Branch VPN", dial_seconds=1.4)
        ras.connect("ISDN", dial_seconds=2.0)
        for name in ("Office VPN", "Branch VPN", "ISDN"):
            connection = _wait_for(name)
            say(f"{name!r} is {connection.status().state.name} on {connection.device_name}")
        isdn, branch, office = map(get_connection, ("ISDN", "Branch VPN", "Office VPN"))

        time.sleep(_PAUSE)
        ras.add_link("ISDN")
        say(f"'ISDN' got a second channel: links() finds {len(isdn.links())}")
        print_connections([(c, c.status()) for c in connections()])

        time.sleep(_PAUSE)
        ras.drop("Branch VPN", error=829, linger=1.0)
        status = branch.status()
        say(
            f"'Branch VPN' is {status.state.name} with error {status.error} "
            f"{error_name(status.error)}: {error_message(status.error)}"
        )
        branch.wait_closed()
        try:
            branch.status()
        except NotConnectedError as error:
            say(f"'Branch VPN' is gone: status() raises {type(error).__name__} ({error.code})")

        time.sleep(_PAUSE)
        say("'Office VPN' is hung up; its port needs 0.8 s to close")
        office.hang_up()
        say("'Office VPN' is gone: hang_up() returned")
        isdn.hang_up()
        say(f"'ISDN' is gone too, with both links; connections() finds {len(connections())}")


def _wait_for(name: str) -> Connection:
    while True:
        try:
            return get_connection(name)
        except ConnectionNotFoundError:
            time.sleep(_LOOK_EVERY)
