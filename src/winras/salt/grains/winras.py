"""Grains of a minion: whether it has RAS, and how many connections are up.

They are as old as the minion's start, or ``saltutil.refresh_grains``; ``winras.list_`` asks now.
"""

from __future__ import annotations

import importlib.metadata
import threading
from typing import NamedTuple

from salt.exceptions import CommandExecutionError
from salt.loader.dunder import __opts__

from winras._connections import connections
from winras._models import Json
from winras.salt import _minion

__all__ = ["facts"]

__virtualname__ = _minion.VIRTUAL_NAME

# Seconds that RAS may take: a minion does not start before, and RAS may block for 30 s.
_MOST = 3.0

_THREAD = "winras grains"


def __virtual__() -> str:  # noqa: N807  Salt's name
    return __virtualname__


def facts() -> dict[str, Json]:
    """Tell ``winras``: a mapping of these grains.

    ``available``: there is a RAS; with the minion option ``winras.simulator``, that service.
    ``connections``: how many are up; None if that is not known after 3 s. ``why``: the reason for
    None; else None. ``version``: of winras.

    RasMan is not started for this: while it is stopped, nothing is up.

    CLI Example:

    .. code-block:: bash

        salt -G 'winras:available:True' grains.item winras
    """
    # The loader's context is this thread's only.
    options = {_minion.OPTION: __opts__.get(_minion.OPTION)}
    known = _minion.virtual(options)
    grains = _Grains(available=False, why=known[1]) if isinstance(known, tuple) else _ask(options)
    return {"winras": {**grains._asdict(), "version": importlib.metadata.version("winras")}}


class _Grains(NamedTuple):
    available: bool
    connections: int | None = None
    why: str | None = None


def _ask(options: dict[str, object]) -> _Grains:
    answers: list[_Grains] = []

    def ask() -> None:
        is_there = False
        try:
            with _minion.ras(options):
                is_there = True
                answers.append(_Grains(available=True, connections=len(connections())))
        except (CommandExecutionError, RuntimeError) as error:
            answers.append(_Grains(available=is_there, why=str(error)))

    # A refresh before this one may still ask, and each that does not come back would be one more.
    before = [one for one in threading.enumerate() if one.name == _THREAD]
    # A daemon: at its end, the process does not wait for a RAS that does not answer.
    thread = threading.Thread(target=ask, name=_THREAD, daemon=True)
    for one in before:
        one.join(_MOST / len(before))
    if not any(one.is_alive() for one in before):
        thread.start()
        thread.join(_MOST)
    late = _Grains(available=True, why=f"RAS has not answered within {_MOST:g} s")
    return answers[0] if answers else late
