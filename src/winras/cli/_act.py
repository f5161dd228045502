"""``winras act``, whose actions play the other side of a simulated RAS."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from .._enums import ConnectionSubstate
from ..exceptions import RasError
from ._arguments import (
    Command,
    add_action_json,
    add_actions,
    add_entry,
    arguments_of,
    command,
    count,
    filled,
    seconds,
)
from ._output import print_json, print_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..testing import Simulator

    _Act = Callable[[argparse.Namespace, Simulator, float | None], int | None]


# ---- arguments ----


def _number(text: str) -> int:
    """Read a whole number, 0 or more; 0x80420112 is one."""
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return number


def _add_of_entry(parser: argparse.ArgumentParser) -> None:
    add_entry(parser)
    parser.add_argument(
        "--phonebook",
        metavar="PATH",
        type=filled,
        default=argparse.SUPPRESS,
        help="its phone book, if several have that entry",
    )


def _add_later(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in",
        dest="later",
        metavar="S",
        type=seconds,
        help="when S seconds of its time have passed (default: now)",
    )


def _add_dial_seconds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dial-seconds", metavar="S", type=seconds, help="how long that takes (default: as usual)"
    )


def _add_drop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--error", metavar="N", type=_number, default=0, help="what its status shows from then on"
    )
    parser.add_argument(
        "--linger",
        metavar="S",
        type=seconds,
        default=0.0,
        help="for how long its handle stays valid (default: 0)",
    )


def _add_link(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--link", metavar="N", type=_number, default=0, help="the sub-entry")


def _add_bytes(parser: argparse.ArgumentParser, unit: str = "bytes") -> None:
    for name in ("sent", "received"):
        parser.add_argument(
            f"--{name}", metavar="N", type=_number, default=0, help=f"{unit} (default: 0)"
        )


def _add_rates(parser: argparse.ArgumentParser) -> None:
    _add_bytes(parser, "bytes a second")


# By their native names, as `winras status` tells them.
_SUBSTATES = {str(substate): substate for substate in ConnectionSubstate}
_SERVICE_STATES = ("running", "stopped", "disabled")


def _add_substate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "substate", metavar="SUBSTATE", choices=list(_SUBSTATES), help=", ".join(_SUBSTATES)
    )


def _add_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "state",
        metavar="STATE",
        choices=_SERVICE_STATES,
        help=f"of RasMan: {', '.join(_SERVICE_STATES)}",
    )
    parser.add_argument(
        "--start-seconds",
        metavar="S",
        type=seconds,
        default=0.0,
        help="how long it takes to start when it is stopped (default: 0)",
    )


def _add_stop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--error", metavar="N", type=_number, default=1722, help="its answer (default: 1722)"
    )
    parser.add_argument(
        "--blocks",
        metavar="S",
        type=seconds,
        default=0.0,
        help="how long each call takes (default: 0)",
    )


def _add_suspend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("seconds", metavar="SECONDS", type=seconds, help="how long it sleeps")
    parser.add_argument(
        "--no-drops", action="store_true", help="its connections are still there when it wakes"
    )


def _add_function(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", help="such as RasHangUp")


def _add_fault(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", type=_number, help="the error that it answers")
    parser.add_argument(
        "--times", metavar="N", type=count, default=1, help="how many calls (default: 1)"
    )
    parser.add_argument("--always", action="store_true", help="all calls, until clear-faults")


def _add_delay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("seconds", metavar="SECONDS", type=seconds, help="0: no more")


def _add_quirk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("quirk", metavar="QUIRK", help="such as notify-lost")
    parser.add_argument("--off", action="store_true", help="switch it off")


# ---- actions ----

# As what the arguments of the Simulator's methods are known here.
_KNOWN_AS = {
    "at": "--in",
    "blocks": "--blocks",
    "code": "CODE",
    "dial_seconds": "--dial-seconds",
    "error": "--error",
    "link": "--link",
    "linger": "--linger",
    "received": "--received",
    "seconds": "SECONDS",
    "sent": "--sent",
    "start_seconds": "--start-seconds",
    "times": "--times",
}

# What an action may be told without an option's name, and so tells.
_WORDS = ("entry", "substate", "state", "function", "code", "quirk")


def _action(
    name: str,
    text: str,
    arguments: tuple[Callable[[argparse.ArgumentParser], None], ...],
    act: _Act,
    *examples: str,
) -> Command:
    """An action, which does something to the simulated RAS, and tells what it was and when."""

    def run(options: argparse.Namespace) -> list[RasError]:
        ras: Simulator | None = options.simulator
        if ras is None:
            options.usage_error("it acts on a simulated RAS: give --join NAME")
            return []
        later: float | None = getattr(options, "later", None)
        entry: str | None = getattr(options, "entry", None)
        with arguments_of(options):
            given = act(options, ras, None if later is None else ras.now + later) or 0
        handle = given if name == "connect" and given else None
        link = given if name == "add-link" else None
        now = ras.now
        if options.json:
            told = {"action": name, "entry": entry, "at": now, "handle": handle, "link": link}
            print_json(told)
            return []
        words = [getattr(options, word, None) for word in _WORDS]
        off = getattr(options, "off", False) and "off"
        parts = [name, *words, off, handle and f"{handle:#x}", link and f"link {link}"]
        planned = "" if later is None else f", in {later:g} s"
        print_line(f"{now:.3f} s: {', '.join(str(part) for part in parts if part)}{planned}")
        return []

    return Command(
        name,
        text,
        (
            add_action_json,
            *arguments,
            lambda parser: parser.set_defaults(known_as=_KNOWN_AS),
        ),
        run,
        "It changes the simulated RAS only.",
        tuple(f"winras --join winras act {name} {example}".rstrip() for example in examples),
    )


def _fail(options: argparse.Namespace, ras: Simulator) -> None:
    ras.fail(options.function, options.code, times=None if options.always else options.times)


def _count_bytes(
    options: argparse.Namespace, ras: Simulator, at: float | None, *, every_second: bool
) -> None:
    count_bytes = ras.set_traffic if every_second else ras.transfer
    count_bytes(
        options.entry,
        phonebook=options.phonebook,
        sent=options.sent,
        received=options.received,
        link=options.link,
        at=at,
    )


def _set_quirk(options: argparse.Namespace, ras: Simulator) -> None:
    if options.off:
        ras.quirks.discard(options.quirk)
    else:
        ras.quirks.add(options.quirk)


_ACTIONS = (
    _action(
        "connect",
        "let another program dial an entry",
        (_add_of_entry, _add_dial_seconds, _add_later),
        lambda o, ras, at: ras.connect(
            o.entry, phonebook=o.phonebook, dial_seconds=o.dial_seconds, at=at
        ),
        '"ISDN"',
        '"ISDN" --dial-seconds 2 --in 5',
    ),
    _action(
        "drop",
        "let the other side end a connection, or the dialling of one",
        (_add_of_entry, _add_drop, _add_later),
        lambda o, ras, at: ras.drop(
            o.entry, phonebook=o.phonebook, error=o.error, linger=o.linger, at=at
        ),
        '"Office VPN"',
        '"Office VPN" --error 829 --linger 0.5 --in 5',
    ),
    _action(
        "add-link",
        "connect one more link of a connection",
        (_add_of_entry,),
        lambda o, ras, _: ras.add_link(o.entry, phonebook=o.phonebook),
        '"Office VPN"',
        '"Office VPN" --json',
    ),
    _action(
        "remove-link",
        "let the other side disconnect a link",
        (_add_of_entry, _add_link),
        lambda o, ras, _: ras.remove_link(o.entry, phonebook=o.phonebook, link=o.link),
        '"Office VPN"',
        '"Office VPN" --link 1',
    ),
    _action(
        "set-substate",
        "give a connection a substate, as IKEv2 does when its network goes away",
        (_add_of_entry, _add_substate, _add_later),
        lambda o, ras, at: ras.set_substate(
            o.entry, _SUBSTATES[o.substate], phonebook=o.phonebook, at=at
        ),
        '"Office VPN" Dormant',
        '"Office VPN" Dormant --in 5',
    ),
    _action(
        "transfer",
        "send and receive bytes through a connection",
        (_add_of_entry, _add_bytes, _add_link, _add_later),
        lambda o, ras, at: _count_bytes(o, ras, at, every_second=False),
        '"Office VPN" --sent 2000 --received 40000',
        '"Office VPN" --sent 2000 --in 5',
    ),
    _action(
        "set-traffic",
        "send and receive bytes through a connection every second from then on",
        (_add_of_entry, _add_rates, _add_link, _add_later),
        lambda o, ras, at: _count_bytes(o, ras, at, every_second=True),
        '"Office VPN" --received 40000',
        '"Office VPN"',
    ),
    _action(
        "set-service",
        "change what the service manager says of RasMan",
        (_add_service, _add_later),
        lambda o, ras, at: ras.set_service(o.state, start_seconds=o.start_seconds, at=at),
        "stopped --start-seconds 2",
        "running",
    ),
    _action(
        "stop-service",
        "let RAS answer nothing but an error",
        (_add_stop, _add_later),
        lambda o, ras, at: ras.stop_service(o.error, blocks=o.blocks, at=at),
        "",
        "--error 711 --in 5",
    ),
    _action(
        "start-service",
        "let RAS answer again",
        (_add_later,),
        lambda _, ras, at: ras.start_service(at=at),
        "",
        "--in 5",
    ),
    _action(
        "suspend",
        "let the machine sleep, and wake: the clock leaps, and connections drop",
        (_add_suspend, _add_later),
        lambda o, ras, at: ras.suspend(o.seconds, drops=not o.no_drops, at=at),
        "3600",
        "3600 --no-drops --in 5",
    ),
    _action(
        "fail",
        "let the next calls of a RAS function do nothing but answer an error",
        (_add_function, _add_fault),
        lambda o, ras, _: _fail(o, ras),
        "RasHangUp 753",
        "RasEnumConnections 8 --always",
    ),
    _action(
        "clear-faults",
        "forget everything that was set with fail",
        (),
        lambda _, ras, __: ras.clear_faults(),
        "",
        "--json",
    ),
    _action(
        "delay",
        "let each call of a RAS function take time",
        (_add_function, _add_delay),
        lambda o, ras, _: ras.delay(o.function, o.seconds),
        "RasEnumConnections 2.5",
        "RasEnumConnections 0",
    ),
    _action(
        "quirk",
        "switch a quirk on or off",
        (_add_quirk,),
        lambda o, ras, _: _set_quirk(o, ras),
        "notify-lost",
        "notify-lost --off",
    ),
)


def _add_act_actions(parser: argparse.ArgumentParser) -> None:
    add_actions(parser, _ACTIONS)


@command(
    "act",
    "play the other side of a simulated RAS, and make its calls fail",
    _add_act_actions,
    effect="It changes the simulated RAS only, which another process holds: winras simulate.",
    examples=(
        'winras --join winras act drop "Office VPN"',
        "winras --join winras act fail RasHangUp 753",
    ),
)
def _act(options: argparse.Namespace) -> list[RasError]:
    """``winras act``."""
    options.usage_error(f"say one of {', '.join(action.name for action in _ACTIONS)}")
    return []
