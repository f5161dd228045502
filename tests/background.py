"""A call in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from patience import HANG

_T = TypeVar("_T")


class Background(Generic[_T]):
    """Starts the call at once; `result` waits for it."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._results: list[_T] = []
        self._errors: list[BaseException] = []
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001  it is raised again in result()
            self._errors.append(error)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def result(self) -> _T:
        """What the call returned, or raise what it raised."""
        self._thread.join(HANG)
        assert not self._thread.is_alive(), "the call does not come back"
        if self._errors:
            raise self._errors[0]
        return self._results[0]
