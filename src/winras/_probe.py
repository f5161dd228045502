"""What a keeper asks of the network: whether the tunnel carries anything, and if there is a route.

Both are in real time: the network of a simulation is that of the machine.
"""

from __future__ import annotations

import socket
import time

from ._arguments import valid_host_port
from ._connections import Connection
from .exceptions import RasError

__all__ = ["has_route", "is_reached"]

# Of networks that are for documentation (RFC 5737, RFC 3849), so nobody's; a UDP socket that is
# connected sends nothing.
_NOWHERE = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)


def is_reached(target: str, connection: Connection, timeout: float) -> tuple[bool, str]:
    """Connect by TCP from the connection's own address; return whether that worked, and words.

    Windows sends from an address of an interface by that interface only, because its hosts are
    strong by default (Microsoft's column *Strong and Weak Host Models*; not tried there), so the
    tunnel carries it whatever the routes are.

    Args:
        target: As ``"host:port"``.
        connection: Its address is where it comes from.
        timeout: Seconds of real time, for all addresses that the host has together. Their look-up
            cannot be bounded, so who calls this waits no longer than that.
    """
    limit = time.monotonic() + timeout
    host, port = valid_host_port(target, "probe")
    try:
        own = connection.addresses()
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (RasError, OSError, UnicodeError) as error:
        return False, f"{target} was not tried: {error}"
    sources = {socket.AF_INET: own.ipv4, socket.AF_INET6: own.ipv6}
    problem = ""
    for family, kind, protocol, _, address in found:
        source = sources.get(family)
        if source is None:
            version = "IPv6" if family == socket.AF_INET6 else "IPv4"
            problem = problem or f"the connection has no {version} address to reach {target} from"
            continue
        # An address of one link is of the link that the target's is of.
        place = (str(source), 0, *address[2:])
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.settimeout(max(limit - time.monotonic(), 0.001))
                probe.bind(place)
                probe.connect(address)
        except OSError as error:
            problem = f"{target} was not reached from {source}: {error}"
        else:
            return True, f"{target} was reached from {source}"
    return False, problem


def has_route() -> bool:
    """Whether there is a route to anywhere. Nothing is sent."""
    for family, address in _NOWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as end:
                end.connect(address)
        except OSError:
            continue
        return True
    return False
