"""``winras simulate``, and the simulated RAS of ``--simulate``."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import chain

from .._arguments import valid_clock
from .._enums import ConnectionSubstate
from .._models import to_dict, to_json
from .._native import error_name, service, wall_time
from ..exceptions import RasError
from ..testing import Change, ScenarioError, Simulator
from ._arguments import add_json, arguments_of, command, filled
from ._live import handling_signals
from ._output import print_json_line, print_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Seconds of real time between two looks at what has happened.
_PAUSE = 0.1


def simulator_of(
    scenario: str, usage_error: Callable[[str], NoReturn], *, clock: float = 1.0
) -> Simulator:
    """The simulated RAS that plays that file; a file that is wrong is wrong usage."""
    try:
        return Simulator(scenario=scenario, clock=clock)
    except ScenarioError as error:
        usage_error(str(error))
    except OSError as error:
        # Of a folder, Windows says "Permission denied".
        why = "it is a folder" if os.path.isdir(scenario) else error.strerror  # noqa: PTH112
        usage_error(f"cannot read the scenario {scenario!r}: {why}")


def _speed(text: str) -> float:
    """Read how many times as fast as real time it is."""
    try:
        return valid_clock(float(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number above 0 and up to 1e6"
        ) from None


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "scenario", metavar="SCENARIO.toml", type=filled, help="the scenario that it plays"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        type=filled,
        default="winras",
        help="by which others join it (default: winras)",
    )
    parser.add_argument(
        "--speed",
        metavar="X",
        type=_speed,
        default=1.0,
        help="let its time pass so many times as fast (default: 1)",
    )
    parser.set_defaults(known_as={"name": "--name"})


@command(
    "simulate",
    "hold a simulated RAS that other processes can join",
    add_json,
    _add_simulate,
    effect="It changes nothing on this machine, whose own RAS it does not touch. It goes on until "
    "Ctrl+C, and tells what happens to the connections. Processes of the same user can join.",
    examples=(
        "winras simulate examples/office.toml",
        "winras simulate examples/office.toml --name office --speed 10",
    ),
)
def _simulate(options: argparse.Namespace) -> list[RasError]:
    """``winras simulate SCENARIO.toml``."""
    if options.simulator is not None:
        options.usage_error("it holds a service of its own: it takes no --simulate and no --join")
    with handling_signals(_interrupt), ExitStack() as stack:
        with arguments_of(options):
            simulator = simulator_of(options.scenario, options.usage_error, clock=options.speed)
            try:
                ras = stack.enter_context(simulator.serve(options.name))
            except OSError as problem:
                options.usage_error(f"argument --name: {problem}")
        ras.ignore_leftovers()
        begun = wall_time(service()) - timedelta(seconds=ras.now)
        for change in chain([_served(ras)], _changes(ras)):
            at = begun + timedelta(seconds=change.at)
            if options.json:
                absent = {"handle": change.handle or None, "link": change.link or None}
                print_json_line({**to_dict(change), **absent, "at": to_json(at)})
            else:
                print_line(_line(change, at))
    return []


def _interrupt() -> NoReturn:
    """End as Ctrl+C does, so that its name is free."""
    raise KeyboardInterrupt


def _served(ras: Simulator) -> Change:
    """The first line: from now on others can join it by its name."""
    return Change(ras.now, "served", ras.name, 0, 0, 0, ConnectionSubstate.None_)


def _changes(ras: Simulator) -> Iterator[Change]:
    """What happens, as soon as it has. It asks nothing of RAS, so that no fault meets it."""
    told = 0
    while True:
        changes, told = ras.history._after(told)
        yield from changes
        time.sleep(_PAUSE)


def _line(change: Change, at: datetime) -> str:
    """Put a change into a line for people, in local time, as ``winras watch`` does an event."""
    if change.what == "served":
        return (
            f"{at.astimezone():%H:%M:%S}  others can join now, such as: winras --join "
            f"{change.name} list; Ctrl+C ends this"
        )
    what = change.what.replace("_", " ") + f" {change.link}" * bool(change.link)
    error = f" ({change.error} {error_name(change.error)})" if change.error else ""
    return f"{at.astimezone():%H:%M:%S}  {what:17}  {change.name}{error}"
