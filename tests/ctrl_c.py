"""Ctrl+C, as a program gets it that has no console."""

from __future__ import annotations

import _thread
import os
import signal
import sys

__all__ = ["press_ctrl_c"]


def press_ctrl_c() -> None:
    """From any thread: SIGINT; on Windows, where os.kill would end the process, what it does."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)
