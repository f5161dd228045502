"""Runs a program until it ends, or until nobody is at the other end of stdin; then ends the rest.

    python supervise.py PROGRAM [ARGUMENT ...]

Salt's daemons have many processes, which outlive a daemon that is killed. So this one adopts each
that has lost its parent. SIGTERM is passed on to the program alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> int:
    """Return the exit code of the program."""
    assert ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as program:
        signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        ended = os.pidfd_open(program.pid)
        select.select([0, ended], [], [])
        program.kill()
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    # Who is adopted meanwhile is a child too, so that nobody is left when there are no children.
    # Their list may lack some while others end.
    with contextlib.suppress(ChildProcessError):
        while True:
            for child in children.read_text("ascii").split():
                os.kill(int(child), signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)
    return program.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
