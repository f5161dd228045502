"""What a minion has as RAS, with errors as Salt tells them, and answers that Salt can send."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from salt.exceptions import CommandExecutionError, SaltInvocationError

from .. import _native
from .._operations import finish_hang_ups
from ..exceptions import RasError, RasUnavailableError

__all__ = [
    "OPTION",
    "VIRTUAL_NAME",
    "Options",
    "ras",
    "sendable",
    "simulator_of",
    "virtual",
]

#: Of each part: ``winras.…`` in Salt.
VIRTUAL_NAME = "winras"

#: The minion option with the name of a simulated service.
OPTION = "winras.simulator"

Options = Mapping[str, object]

_T = TypeVar("_T")


class _Joined:
    """A simulated service that this process has joined, and how many use it here."""

    def __init__(self, name: str) -> None:
        from ..testing import join  # noqa: PLC0415  no RAS of Windows needs it

        self.name = name
        self.users = 0
        self._simulator = join(name)
        self._simulator.__enter__()

    def is_there(self) -> bool:
        """Whether its process still serves it."""
        try:
            self._simulator.calls("RasDial")
        except (RasError, RuntimeError):
            return False
        return True

    def leave(self) -> None:
        """It is joined no more; what it was asked for, and has not told yet, has failed."""
        self._simulator.__exit__(None, None, None)


class _Joining:
    """The simulated service that this process has joined, while anybody here uses it.

    A process can join one only, and several threads of a minion may use it. One that has ended is
    joined again for the next who wants it, even if others still use what it was: they are told.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a child of fork(), as each job of a minion is one: it has joined nothing."""
        self._lock = threading.Lock()
        self._joined: _Joined | None = None

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[None]:
        """Have it joined.

        Raises:
            CommandExecutionError: It cannot be joined, or it was left for another meanwhile.
        """
        with self._lock:
            mine = self._join(name)
            mine.users += 1
        try:
            yield
        except RuntimeError:
            if mine is self._joined:
                raise
            raise CommandExecutionError(f"the simulated service {name!r} has ended") from None
        finally:
            if mine.users == 1:
                # It is done at exit too, but there will be no simulated RAS by then.
                finish_hang_ups()
            with self._lock:
                mine.users -= 1
                if mine is self._joined and not mine.users:
                    self._joined = None
                    mine.leave()

    def _join(self, name: str) -> _Joined:
        """With the lock held."""
        now = self._joined
        if now is not None and now.is_there():
            if now.name == name:
                return now
            raise CommandExecutionError(
                f"this process uses the simulated service {now.name!r} just now, so it cannot join "
                f"{name!r}: a process can join one only"
            )
        if now is not None:
            self._joined = None
            now.leave()
        try:
            self._joined = _Joined(name)
        except (OSError, ValueError, RuntimeError) as problem:
            raise CommandExecutionError(
                f"the minion option {OPTION} is {name!r}: {problem}"
            ) from None
        return self._joined


_joining = _Joining()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_joining.forget)


@contextlib.contextmanager
def ras(options: Options) -> Iterator[None]:
    """Provide the RAS that a minion with these options has; its errors become errors of Salt.

    Several threads may be in such blocks at once.

    Raises:
        CommandExecutionError: A RAS call failed, which is told with its likely cause; or the
            simulated service cannot be joined, and the block is not entered.
        SaltInvocationError: Winras refuses an argument.
    """
    with contextlib.ExitStack() as stack:
        if name := simulator_of(options):
            stack.enter_context(_joining.use(name))
        try:
            yield
        except RasError as error:
            told = f"{error}\n{error.hint}" if error.hint else str(error)
            raise CommandExecutionError(told) from None
        except ValueError as problem:
            raise SaltInvocationError(str(problem)) from None


def simulator_of(options: Options) -> str:
    name = options.get(OPTION)
    if name is None:
        return ""
    if not isinstance(name, str) or not name:
        raise CommandExecutionError(
            f"the minion option {OPTION} must be the name of a simulated service, as text in quotes"
        )
    return name


def virtual(options: Options) -> tuple[bool, str] | str:
    """What ``__virtual__`` of each part answers. RAS is not asked anything, so RasMan stays as is.

    With the minion option ``winras.simulator`` there is a RAS, even if its service starts later.
    """
    if options.get(OPTION) is None:
        try:
            _native.get_library(_native.service())
        except RasUnavailableError as error:
            return False, (
                f"this system has no Windows Remote Access Service ({error.code} {error.name}): on "
                "a Windows Server, install its role service DirectAccess and VPN (RAS); to try "
                f"winras without RAS, set the minion option {OPTION}: NAME, with which the minion "
                "joins what `winras simulate SCENARIO.toml --name NAME` serves"
            )
    return VIRTUAL_NAME


def sendable(answer: _T) -> _T:
    """The same with each half of a surrogate pair that stands alone escaped, as RAS may name it.

    Salt cannot send one, and would lose all that is sent with it.
    """
    if isinstance(answer, str):
        return cast("_T", answer.encode("utf-8", "backslashreplace").decode("utf-8"))
    if isinstance(answer, list):
        return cast("_T", [sendable(one) for one in answer])
    if isinstance(answer, dict):
        return cast("_T", {sendable(key): sendable(value) for key, value in answer.items()})
    return answer
