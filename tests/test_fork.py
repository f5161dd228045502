"""A child of fork() starts clean, whatever the threads of its parent are doing at that moment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from patience import HANG

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork()")
# GCC 12's AddressSanitizer leaves the locks of its own allocator in a child as they were.
forks = pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="a child of ASan may wait for its allocator"
)

NATIVE = Path(__file__).parents[1] / "src" / "native"

# The parent's threads are in all kinds of calls. A child that hangs is ended by its alarm.
PROGRAM = """
import contextlib, os, signal, sys, threading, traceback
import winras
from winras import _native
from winras.testing import Simulator

ras = Simulator(clock=20).__enter__()
for name in "ABCDE":
    ras.add_entry(name, dial_seconds=0.1, hang_up_seconds=0.1)
ras.add_entry("stays", hang_up_seconds=float("inf"))
ras.add_entry("up")
ras.connect("stays")
ras.connect("up")
up = winras.get_connection("up")
stays = winras.get_connection("stays")
try:
    stays.hang_up(timeout=0)
except winras.RasTimeoutError:
    pass
watch = winras.watch()

def often(call):
    while True:
        with contextlib.suppress(winras.RasError):  # of what the end of the program closes
            call()

def dial(name):
    winras.dial(name).hang_up()

calls = [lambda name=name: dial(name) for name in "ABCDE"]
calls += [up.status, winras.connections, lambda: list(winras.watch(timeout=1)), lambda: list(watch)]

def begin_calls():
    for call in calls:
        threading.Thread(target=often, args=(call,), daemon=True).start()

def fails(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{call} does not raise {kind}")

def in_child(call):
    signal.alarm(60)
    try:
        call()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

def check():
    assert _native.service() == 0
    assert _native.lib.winras_operations() == 0
    assert _native.unfinished_hang_ups() == 0
    fails(winras.RasUnavailableError, winras.connections)
    for call in (up.status, up.hang_up, up.wait_closed, ras.wait_blocked, lambda: next(watch)):
        fails(RuntimeError, call)
    watch.close()
    with Simulator(clock="auto") as own:
        own.add_entry("Office VPN")
        office = winras.dial("Office VPN")
        assert office.handle > up.handle and office._service > up._service
        with winras.watch(timeout=60) as events:
            assert office.hang_up() is True
            assert [event.kind.name for event in events] == ["disconnected"]
        own.dial_again = winras.dial("Office VPN")
    fails(RuntimeError, office.status)
    ras.__exit__(None, None, None)

{body}
"""


def run(body: str) -> str:
    done = run_program(PROGRAM.replace("{body}", body))
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def run_program(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Python 3.12 and later warn of fork() in a process with threads.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )


@forks
def test_a_child_starts_clean() -> None:
    out = run(
        """
begin_calls()
for number in range(60):
    child = os.fork()
    if not child:
        in_child(check)
    _, status = os.waitpid(child, 0)
    assert status == 0, (number, status)
print(up.status().state.name, _native.unfinished_hang_ups() > 0)
"""
    )
    assert out == "Connected True\n"


@forks
def test_a_child_made_in_the_middle_of_a_dial() -> None:
    out = run(
        """
children = []

def fork(progress):
    if children == [] and progress.state is winras.ConnectionState.Authenticate:
        children.append(os.fork())
        if not children[0]:
            signal.alarm(60)

try:
    winras.dial("A", on_progress=fork)
except RuntimeError:
    in_child(lambda: (check(), children[0] and 1 / 0))
_, status = os.waitpid(children[0], 0)
print(status, [c.name for c in winras.connections()])
"""
    )
    assert out == "0 ['up', 'A']\n"


@forks
def test_a_child_ends_without_waiting_for_hang_ups_of_its_parent() -> None:
    out = run(
        """
begin_calls()
child = os.fork()
if not child:
    signal.alarm(60)
    winras._operations.FINISH_SECONDS = 3600.0
    winras._operations._finish_at_exit()
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    )
    assert out == "0\n"


@forks
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(
        "import winras\n"
        "from winras.testing import Simulator\n"
        "def job(name):\n"
        "    with Simulator(clock='auto') as own:\n"
        "        own.add_entry(name)\n"
        "        return winras.dial(name).hang_up()\n",
        encoding="utf-8",
    )
    out = run(
        f"""
sys.path.insert(0, {str(tmp_path)!r})
import multiprocessing
from job import job
begin_calls()
with multiprocessing.get_context({method!r}).Pool(2) as pool:
    print(pool.map_async(job, "VWXYZ").get(120))
"""
    )
    assert out == f"{[True] * 5}\n"


@pytest.mark.parametrize("path", sorted(NATIVE.rglob("*.c")), ids=lambda path: path.name)
def test_no_lock_is_forgotten(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    locks = re.findall(r"^ +(?:SRWLOCK|pthread_mutex_t) (\w+);", text, re.MULTILINE)
    handler = re.search(r"^AFTER_FORK\((?:.|\n)*?\n\n", text, re.MULTILINE)
    made_new = r"(?:InitializeSRWLock|pthread_mutex_init)\(&\w+\.(\w+)"
    new = re.findall(made_new, handler[0] if handler else "")
    has_static_lock = "SRWLOCK_INIT" in text or "PTHREAD_MUTEX_INITIALIZER" in text
    assert new == (locks if has_static_lock else []), "each needs a line in the file's AFTER_FORK"


@forks
def test_a_child_has_a_waiting_thread_of_its_own() -> None:
    """The parent's thread waits for a watch in an event loop, and goes on to."""
    out = run(
        """
import asyncio
import winras.aio

async def kind_of_next(events):
    return (await anext(events)).kind.name

async def drop_in_child():
    with Simulator(clock="manual") as own:
        own.add_entry("A")
        own.connect("A")
        async with winras.aio.watch() as events:
            task = asyncio.ensure_future(kind_of_next(events))
            await own.aio.wait_blocked()
            own.drop("A")
            assert await task == "disconnected"

def in_own_loop():
    try:
        asyncio.run(kind_of_next(events))
    except RuntimeError as error:
        assert "Simulator" in str(error), error
    else:
        raise AssertionError
    asyncio.run(drop_in_child())

async def main():
    task = asyncio.ensure_future(kind_of_next(events))
    await ras.aio.wait_blocked()
    child = os.fork()
    if not child:
        asyncio._set_running_loop(None)
        in_child(in_own_loop)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    ras.drop("up")
    print(await task)

events = winras.aio.watch(kinds=[winras.EventKind.disconnected])
asyncio.run(main())
"""
    )
    assert out == "disconnected\n"


@forks
def test_a_child_does_not_wait_for_what_a_thread_of_its_parent_is_importing() -> None:
    """The thread is in the middle of ``import winras.testing`` when the parent forks."""
    program = """
import os, signal, sys, threading
import winras

winras._import_all()
importing, forking = threading.Event(), threading.Event()

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "winras._scenario":
            importing.set()
            forking.wait()
            for _ in range(2_000_000):  # longer than the rest of a fork() takes
                pass

sys.meta_path.insert(0, Finder())
threading.Thread(target=lambda: __import__("winras.testing")).start()
importing.wait()
os.register_at_fork(before=forking.set)
child = os.fork()
if not child:
    signal.alarm(60)
    import winras.testing
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    done = run_program(program)
    assert (done.stdout, done.stderr) == ("0\n", "")
