"""What the parts of the Salt extension share: a minion's RAS, and errors as Salt tells them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping

from salt.exceptions import CommandExecutionError

from ..exceptions import RasError

__all__ = ["ras"]

_OPTION = "winras.simulator"


class _Joining:
    """The simulated service that this process has joined, while anybody here uses it.

    A process can join one only, and several threads of a minion may use it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._left = contextlib.ExitStack()

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[None]:
        with self._lock:
            if self._users == 0:
                from ..testing import join  # noqa: PLC0415  no RAS of Windows needs it

                self._left.enter_context(join(name))
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._left.close()


_joining = _Joining()


def _forget_joining() -> None:
    """In a child of fork(), as each job of a minion is one: it has joined nothing."""
    global _joining  # noqa: PLW0603
    _joining = _Joining()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_joining)


@contextlib.contextmanager
def ras(options: Mapping[str, object]) -> Iterator[None]:
    """Provide the RAS that a minion with these options has; RAS errors become errors of Salt."""
    name = options.get(_OPTION)
    with contextlib.ExitStack() as stack:
        try:
            if isinstance(name, str):
                stack.enter_context(_joining.use(name))
            yield
        except RasError as error:
            raise CommandExecutionError(str(error)) from None
