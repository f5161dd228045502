"""Prints all that the event bus of a master carries, as lines of JSON, until stdin ends.

    python listen.py CONFIG

`at` is when it came, in seconds since 1970. The first line is an event of its own, which says that
nothing is missed from then on.
"""

from __future__ import annotations

import json
import os
import sys
import time
from threading import Thread

import salt.config
import salt.utils.event

LISTENING = "fleet/listening"


def main(config: str) -> None:
    """Go on until nobody is at the other end of stdin."""
    Thread(target=lambda: os._exit(not sys.stdin.read(1)), daemon=True).start()
    options = salt.config.master_config(config)
    heard = False
    with salt.utils.event.get_event("master", opts=options, listen=True) as bus:
        while True:
            if not heard:  # it is not told when the bus knows of us, nor whether there is one yet
                bus.fire_event({}, LISTENING, timeout=1000)
            event = bus.get_event(wait=1, full=True, auto_reconnect=True)
            if event is not None:
                heard = True
                print(json.dumps({**event, "at": time.time()}, default=repr), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
