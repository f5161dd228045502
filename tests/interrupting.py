"""Ctrl+C at any line of chosen modules, by a trace function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import TypeAlias

__all__ = ["Interrupting"]

Trace: TypeAlias = "Callable[[FrameType, str, object], Trace | None]"


@dataclass
class Interrupting:
    """Raises KeyboardInterrupt at the so-many-th call or line of the modules, once."""

    left: int
    modules: tuple[ModuleType, ...]
    _files: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._files = frozenset(str(module.__file__) for module in self.modules)

    def trace(self, frame: FrameType, event: str, _: object) -> Trace | None:
        if frame.f_code.co_filename not in self._files:
            return None
        if event in {"call", "line"}:
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.trace

    @contextmanager
    def tracing(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self.trace)
        try:
            yield
        finally:
            sys.settrace(before)
