"""``winras demo``."""

from __future__ import annotations

import argparse

from ..exceptions import RasError
from ._arguments import command


@command(
    "demo",
    "play a short story on a simulated RAS",
    effect="It changes nothing on this machine, whose own RAS it does not touch.",
    examples=("winras demo", "python -m winras demo"),
)
def _demo(options: argparse.Namespace) -> list[RasError]:
    """``winras demo``."""
    if options.simulator is not None:
        options.usage_error("it plays a story of its own: it takes no --simulate and no --join")
    from ._story import play  # noqa: PLC0415  it imports the simulator

    play()
    return []
