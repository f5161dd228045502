"""The story that ``winras demo`` plays on a simulated RAS, with what watch() sees of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from .._connections import connections, get_connection
from .._facts import what_is_up
from .._native import error_message, error_name
from .._watching import watch
from ..exceptions import NotConnectedError
from ..testing import Simulator
from ._connections import print_connections
from ._output import print_line

_PAUSE = 0.6


def play() -> None:
    """Connections come up, one has two links, one drops, one is hung up. Under 15 seconds."""
    lock = Lock()
    # The story is played here, because Ctrl+C ends only what this thread waits for.
    with Simulator() as ras, ThreadPoolExecutor() as threads, watch() as events:

        def say(text: str) -> None:
            with lock:
                print_line(f"{ras.now:5.1f} s  {text}")

        def tell() -> None:
            for event in events:
                name = None if event.connection is None else event.connection.name
                say(f"watch() tells: {event.kind.value} {name!r}")

        telling = threads.submit(tell)
        _play(ras, say)
        time.sleep(_PAUSE)
        events.close()
        telling.result()


def _play(ras: Simulator, say: Callable[[str], None]) -> None:
    """Make things happen, and say what; the events of watch() come from another thread."""
    ras.add_entry("Office VPN", hang_up_seconds=0.8, remote_endpoint="203.0.113.7")
    ras.add_entry("Branch VPN", device_name="WAN Miniport (SSTP)")
    ras.add_entry("ISDN", device_type="isdn", device_name="ISDN Channel", sub_entries=2)
    say(f"connections() finds {len(connections())}; another program dials three entries")
    ras.connect("Office VPN", dial_seconds=0.6)
    ras.connect("Branch VPN", dial_seconds=1.2)
    ras.connect("ISDN", dial_seconds=1.8)
    time.sleep(1.8 + _PAUSE)

    ras.add_link("ISDN")
    time.sleep(_PAUSE)
    say(f"links() of 'ISDN' finds {len(get_connection('ISDN').links())}; all that is up:")
    print_connections(what_is_up())
    time.sleep(_PAUSE)

    branch = get_connection("Branch VPN")
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
    get_connection("Office VPN").hang_up()
    say("'Office VPN' is gone: hang_up() returned")
    get_connection("ISDN").hang_up()
    say(f"'ISDN' is gone too, with both links; connections() finds {len(connections())}")
