"""RAS connections of a minion: see, dial and hang them up."""

from __future__ import annotations

from salt.loader.dunder import __opts__

from winras._connections import snapshot
from winras._models import Json
from winras.salt._minion import ras

__virtualname__ = "winras"


def __virtual__() -> str:  # noqa: N807  Salt's name
    return __virtualname__


def list_() -> list[dict[str, Json]]:
    """List the connections.

    CLI Example:

    .. code-block:: bash

        salt '*' winras.list_
    """
    with ras(__opts__):
        return [{**connection.to_dict(), **status.to_dict()} for connection, status in snapshot()]
