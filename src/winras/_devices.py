"""Which device an entry dials with: by its type, its name or a part of that, and the strategy.

The names of the WAN miniports have the language of Windows, but for the tunnel.
"""

from __future__ import annotations

from . import _native
from ._enums import VpnStrategy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._details import Device

__all__ = ["TUNNELS", "find_device", "may_be_given"]

_ERROR_DEVICE_DOES_NOT_EXIST = 608

#: What the name of a tunnel's device has in it, in any language.
TUNNELS = {
    VpnStrategy.PptpOnly: "PPTP",
    VpnStrategy.PptpFirst: "PPTP",
    VpnStrategy.PptpSstp: "PPTP",
    VpnStrategy.L2tpOnly: "L2TP",
    VpnStrategy.L2tpFirst: "L2TP",
    VpnStrategy.L2tpSstp: "L2TP",
    VpnStrategy.SstpOnly: "SSTP",
    VpnStrategy.SstpFirst: "SSTP",
    VpnStrategy.Ikev2Only: "IKEv2",
    VpnStrategy.Ikev2First: "IKEv2",
    VpnStrategy.Ikev2Sstp: "IKEv2",
}


def find_device(
    devices: list[Device], device_type: str, name: str, strategy: VpnStrategy
) -> Device:
    """The device of that type and name, or part of a name; without one, that of the strategy.

    Raises:
        winras.RasError: There is no such device (608).
        ValueError: The name is part of several names.
    """
    fitting = [one for one in devices if _native.is_same_text(one.type, device_type)]
    wanted = name or TUNNELS.get(strategy, "")
    named = [one for one in fitting if _native.is_same_text(one.name, wanted)] or [
        one for one in fitting if _has_part(one.name, wanted)
    ]
    if not named:
        there = ", ".join(repr(one.name) for one in fitting) or "none"
        raise _native.error(
            _ERROR_DEVICE_DOES_NOT_EXIST,
            "RasEnumDevices",
            f"there is no device {wanted!r} of type {device_type!r}; of this type there are: "
            f"{there}",
        )
    if name and len(named) > 1:
        raise ValueError(
            f"device_name {name!r} is part of several names: "
            + ", ".join(repr(one.name) for one in named)
            + "; give more of it"
        )
    return named[0]


def may_be_given(device_type: str, name: str, strategy: VpnStrategy) -> bool:
    """Whether the device is one that Windows may have given to an entry of that strategy.

    Of an entry that tries several tunnels, Windows may store which one worked.
    """
    own = TUNNELS.get(strategy)
    is_only = str(strategy).endswith("Only")
    parts = {
        "vpn": {own} if own and is_only else {*TUNNELS.values()},
        "pppoe": set() if own else {"PPPoE"},
    }.get(device_type.lower(), set())
    return any(_has_part(name, part) for part in parts)


def _has_part(name: str, part: str) -> bool:
    starts = range(len(name) - len(part) + 1)
    return any(_native.is_same_text(name[start : start + len(part)], part) for start in starts)
