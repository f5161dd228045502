"""What happens when a program ends: each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from patience import HANG, quick

# At exit handlers run last first: one that is registered before winras is imported runs after
# winras has waited, and plays the end of the process to the simulated RAS.
PROGRAM = """
import atexit

def after():
    ras.client_leaves()
    try:
        ras.connect("Office VPN")
    except winras.RasError as error:
        print("the next dial:", error.code)
    else:
        print("the next dial: connected")

atexit.register(after)

import winras
from winras import _native, _operations
from winras.testing import Simulator

ras = Simulator(clock={clock!r}).__enter__()
ras.add_entry("Office VPN", hang_up_seconds={seconds})
ras.connect("Office VPN")
office = winras.get_connection("Office VPN")
{body}
"""

HANG_UP = """
try:
    office.hang_up(timeout=0)
except winras.RasTimeoutError:
    print("timed out")
"""


def run(body: str, *, clock: str | float = "real", seconds: str = "0.8") -> tuple[str, float]:
    began = time.monotonic()
    program = PROGRAM.format(clock=clock, seconds=seconds, body=textwrap.dedent(body))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.stderr == "", done.stderr
    return done.stdout, time.monotonic() - began


def test_a_program_that_ends_after_a_timeout_does_not_leave_the_port_stuck() -> None:
    out, took = run(HANG_UP)
    assert out == "timed out\nthe next dial: connected\n"
    assert took >= 0.8


def test_without_the_wait_it_would() -> None:
    end = "import atexit; atexit.unregister(_operations._finish_at_exit)\n"
    out, _ = run(HANG_UP + end, seconds="float('inf')")
    assert out == "timed out\nthe next dial: 602\n"


def test_the_wait_at_exit_is_3_seconds_at_most() -> None:
    def end() -> tuple[str, float]:
        out, took = run(HANG_UP, seconds="float('inf')")
        assert took >= 3.0
        return out, took

    assert quick(end, 5.0) == "timed out\nthe next dial: 602\n"


def test_the_limit_holds_in_real_time_too() -> None:
    out = quick(lambda: run(HANG_UP, clock=0.001), 5.0)
    assert out == "timed out\nthe next dial: 602\n"


# Whoever waits at exit for what does not come waits for ever.
ENDLESS = "_operations.FINISH_SECONDS = 1e6\n"
NEVER = "ras.delay({function!r}, 1e6)\n"


def test_a_call_that_does_not_return_does_not_keep_the_program() -> None:
    out, took = run(HANG_UP + NEVER.format(function="RasGetConnectStatus"), seconds="3600")
    assert out == "timed out\nthe next dial: 602\n"
    assert took >= 3.0


def test_many_slow_calls_do_not_keep_the_program() -> None:
    # All of them together would take an hour.
    out, took = run(
        """
        for number in range(600):
            ras.add_entry(str(number), hang_up_seconds=3600)
            ras.connect(str(number))
        for connection in winras.connections():
            try:
                connection.hang_up(timeout=0)
            except winras.RasTimeoutError:
                pass
        ras.delay("RasGetConnectStatus", 6)
        """
    )
    assert out == "the next dial: connected\n"
    assert took >= 3.0


def test_a_dial_that_nobody_took_and_cannot_be_hung_up_does_not_keep_the_program() -> None:
    out, took = run(
        """
        from winras import _dialing
        ras.add_entry("Other", dial_seconds=0)
        other = _dialing.dialling("Other", phonebook=None, phone_number=None, credentials=None,
                                  use_saved=True, sub_entry=0, timeout=60.0, on_progress=None)
        print(other.run().name)
        """
        + NEVER.format(function="RasHangUp")
    )
    assert out == "Other\nthe next dial: connected\n"
    assert took >= 3.0


def test_a_program_without_hang_ups_does_not_wait() -> None:
    run(ENDLESS)


@pytest.mark.parametrize("clock", ["manual", "real"])
def test_a_thread_that_waits_at_exit_neither_crashes_nor_hangs(clock: str) -> None:
    out, _ = run(
        """
        import threading
        wait = lambda: office.wait_closed(timeout=None)
        threading.Thread(target=wait, daemon=True).start()
        ras.wait_blocked()
        """,
        clock=clock,
    )
    assert out == "the next dial: connected\n"


def test_ctrl_c_during_the_wait_at_exit_ends_it_quietly() -> None:
    out, _ = run(
        ENDLESS
        + HANG_UP
        + """
import threading
from ctrl_c import press_ctrl_c
def interrupt():
    while _native.lib.sim_wait_blocked(1, 250):
        pass
    press_ctrl_c()
threading.Thread(target=interrupt, daemon=True).start()
""",
        seconds="float('inf')",
    )
    assert out == "timed out\nthe next dial: 602\n"


@pytest.mark.parametrize("how", ["main", "daemon thread", "asyncio", "asyncio in a daemon thread"])
def test_a_watch_that_is_open_at_exit_neither_crashes_nor_hangs(how: str) -> None:
    bodies = {
        "main": "events = winras.watch()",
        "daemon thread": """
            import threading
            events = winras.watch()
            threading.Thread(target=lambda: list(events), daemon=True).start()
            ras.wait_blocked()
            """,
        "asyncio": """
            import asyncio
            import winras.aio

            async def watch():
                async for event in winras.aio.watch():
                    pass

            async def main():
                task = asyncio.create_task(watch())
                await asyncio.to_thread(ras.wait_blocked)

            asyncio.run(main())
            """,
        "asyncio in a daemon thread": """
            import asyncio
            import threading
            import winras.aio

            async def watch():
                async for event in winras.aio.watch():
                    pass

            threading.Thread(target=lambda: asyncio.run(watch()), daemon=True).start()
            ras.wait_blocked()
            """,
    }
    out, _ = run(bodies[how])
    assert out == "the next dial: connected\n"


ENDINGS = {
    "close from another thread": """
        events = winras.watch()
        def close():
            ras.wait_blocked()
            events.close()
        threading.Thread(target=close).start()
        list(events)
        """,
    "break": """
        events = winras.watch()
        ras.drop("Office VPN")
        for event in events:
            break
        events.close()
        """,
    "task cancellation": """
        async def watch():
            async for event in winras.aio.watch():
                pass

        async def main():
            task = asyncio.create_task(watch())
            await asyncio.to_thread(ras.wait_blocked)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("how", ENDINGS)
def test_what_ends_a_watch_ends_it_at_once(how: str) -> None:
    body = """
        import asyncio, threading
        import winras.aio

        """
    # Nobody waits for the thread that waited, which is told to end.
    end = f"""
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join({HANG})
        print(_native.lib.winras_operations(), threading.active_count())
        """
    program = textwrap.dedent(body) + textwrap.dedent(ENDINGS[how]) + textwrap.dedent(end)
    out, _ = run(program, clock="manual")  # no time passes that could end it
    assert out == "0 1\nthe next dial: connected\n"


def test_ctrl_c_ends_a_watch_at_once() -> None:
    out, _ = run(
        """
        import threading
        from ctrl_c import press_ctrl_c
        def interrupt():
            ras.wait_blocked()
            press_ctrl_c()
        threading.Thread(target=interrupt).start()
        try:
            list(winras.watch())
        except KeyboardInterrupt:
            print("interrupted")
        print(_native.lib.winras_operations())
        """
    )
    assert out == "interrupted\n0\nthe next dial: connected\n"


def test_an_exception_in_the_program_does_not_skip_the_wait() -> None:
    out, _ = run(
        HANG_UP + "import os, sys; sys.stderr = open(os.devnull, 'w'); raise SystemExit(7)"
    )
    assert out == "timed out\nthe next dial: connected\n"


def test_import_works_without_any_ras() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import winras, winras.testing; print(winras.connections)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
