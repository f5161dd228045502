"""What happens when a program ends while its daemon threads dial: many runs, each a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from patience import HANG

# Registered before winras is imported, `after` runs after winras's own handler.
PROGRAM = """
import atexit, sys, threading

def after():
    print(sorted(c.name for c in ras.connections), lib.winras_unfinished(number))

atexit.register(after)
sys.setswitchinterval({interval})

import winras
from winras._native import lib, service
from winras.testing import Simulator

ras = Simulator(clock=20).__enter__()
number = service()
enough = threading.Semaphore(0)

def dial_often(name):
    while True:
        try:
            office = winras.dial(name)
            enough.release()
            office.hang_up()
        except winras.RasError as error:
            if error.code != 1223:
                raise

for name in "ABCD":
    ras.add_entry(name, dial_seconds=0.2, hang_up_seconds=0.1)
    threading.Thread(target=dial_often, args=(name,), daemon=True).start()
for _ in range({dials}):
    enough.acquire()
"""
RUNS = 12
AT_ONCE = 4


@pytest.mark.parametrize("interval", [5e-3, 1e-6])
def test_daemon_threads_that_dial_leave_nothing(interval: float) -> None:
    programs = [PROGRAM.format(interval=interval, dials=number % 8 + 1) for number in range(RUNS)]
    for number in range(0, RUNS, AT_ONCE):
        running = [
            subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-c", program],
                cwd=Path(__file__).parent,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for program in programs[number : number + AT_ONCE]
        ]
        ended = [(*one.communicate(timeout=HANG), one.returncode) for one in running]
        assert ended == [("[] 0\n", "", 0)] * AT_ONCE


REFUSED = """
import atexit, contextlib, threading

def after():
    print(sorted(c.name for c in ras.connections), lib.winras_unfinished(number))

atexit.register(after)

import winras
from winras._native import lib, service
from winras.testing import Simulator

ras = Simulator(clock=20).__enter__()
number = service()
told = threading.Semaphore(0)

def dial(name):
    with contextlib.suppress(winras.RasError):
        winras.dial(name, timeout=1e9, on_progress=lambda _: told.release())

for name in "ABC":
    ras.add_entry(name, dial_seconds=1e6, hang_up_seconds=0.1)
    threading.Thread(target=dial, args=(name,), daemon=True).start()
for _ in range(3):
    told.acquire()
ras.fail("RasHangUp", {code}, times={times})
"""


@pytest.mark.parametrize("code", [753, 617, 6, 668, 1722])
@pytest.mark.parametrize("times", [1, 2, 10, None])
def test_the_end_of_the_process_hangs_up_again_what_is_refused(
    code: int, times: int | None
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSED.format(code=code, times=times)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    left = "[] 0\n" if times else "['A', 'B', 'C'] 3\n"
    assert (done.stdout, done.stderr, done.returncode) == (left, "", 0)
