"""Whole programs, each a process of its own, that use one simulated service at once.

A program of C and pywin32 reach it through the drop-in in system32, which joins the service that
WINRAS_SIMULATOR names; winras joins it by name, and through the drop-in, as if that were Windows'.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

import zig
from patience import HANG
from windows.installed import Installed

NAME = f"programs-{os.getpid()}"
WINRAS = ("-m", "winras")

SCENARIO = """
entry = [
    { name = "Office", connected = true, hang_up_seconds = 0.5 },
    { name = "Home", dial_seconds = 0.5 },
    { name = "Slow", dial_seconds = inf },
]
"""

#: Dials or hangs up what it is told, and tells which connections there are then.
PYWIN32 = """
import sys
import win32ras

for line in sys.stdin:
    what, _, name = line.strip().partition(" ")
    if what == "dial":
        win32ras.Dial(None, None, (name, "", "", "", "", ""), None)
    for handle, listed, _, _ in win32ras.EnumConnections():
        if what == "hangup" and listed == name:
            win32ras.HangUp(handle)
    print("up:", *(name for _, name, _, _ in win32ras.EnumConnections()), flush=True)
"""


class Program:
    """A program that is told lines, and tells some, until the block ends it."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._told = b""

    def told(self) -> str:
        """The next line that it tells."""
        assert self._process.stdout
        while b"\n" not in self._told:
            assert select.select([self._process.stdout], [], [], HANG)[0], self._told
            part = os.read(self._process.stdout.fileno(), 65536)
            assert part, f"it has ended: {self._told!r}"
            self._told += part
        line, _, self._told = self._told.partition(b"\n")
        return line.decode("ascii").rstrip("\r")

    def write(self, line: str) -> None:
        """Tell it a line."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode("ascii"))
        self._process.stdin.flush()

    def tell(self, line: str) -> str:
        """Tell it a line, and give the one that it tells then."""
        self.write(line)
        return self.told()

    def kill(self) -> None:
        """End it, as TerminateProcess does."""
        self._process.kill()
        self._process.wait(HANG)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def waiting(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of C, which waits for its event object."""
    program = tmp_path_factory.mktemp("waiting") / "waiting.exe"
    source = Path(__file__).parent / "inside" / "waiting.c"
    options = ("-std=c11", "-O2", "-s", "-o", program)
    zig.run("cc", "-target", zig.TARGETS["win_amd64"], *options, source, "-lrasapi32")
    return program


@pytest.fixture
def start(windows: Installed) -> Iterator[Callable[[list[str]], Program]]:
    """Starts a program whose drop-in joins the service; it ends with the test."""
    environment = windows.environment("drop-in", {"WINRAS_SIMULATOR": NAME})
    with ExitStack() as stack:
        yield lambda command: stack.enter_context(
            Program(command, windows.python.environment(environment))
        )


@pytest.fixture
def holder(windows: Installed, start: Callable[[list[str]], Program], tmp_path: Path) -> Program:
    """``winras simulate``, which tells what happens."""
    scenario = tmp_path / "programs.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    arguments = (*WINRAS, "simulate", scenario, "--name", NAME, "--json")
    holder = start(windows.python.command(*arguments))
    wait_for_change(holder, "served", NAME)
    return holder


def wait_for_change(holder: Program, what: str, name: str) -> None:
    """Wait until it tells that change."""
    told = None
    while told != (what, name):
        change = json.loads(holder.told())
        told = change["what"], change["name"]


@pytest.mark.usefixtures("holder")
def test_each_program_sees_what_another_does(
    windows: Installed, start: Callable[[list[str]], Program], waiting: Path
) -> None:
    python = windows.python.command
    pywin32 = start(python("-c", PYWIN32))
    watching = start(python(*WINRAS, "--join", NAME, "watch", "--json", "--initial"))
    c_program = start(["wine", str(waiting)])

    def seen() -> tuple[str, str]:
        event = json.loads(watching.told())
        return event["kind"], event["name"]

    def wait_for(line: str) -> None:
        while (told := c_program.told()) != line:
            assert told.startswith("up:"), told

    assert c_program.told() == pywin32.tell("list") == "up: Office"
    assert seen() == ("connected", "Office")

    assert pywin32.tell("dial Home") == "up: Office Home"
    wait_for("up: Office Home")
    assert seen() == ("connected", "Home")

    done = windows.run(*WINRAS, "--join", NAME, "hangup", "Office")
    assert done.returncode == 0, done.stderr
    wait_for("up: Home")
    assert seen() == ("disconnected", "Office")
    assert pywin32.tell("list") == "up: Home"

    done = windows.run(*WINRAS, "hangup", "Home", rasapi32="drop-in", WINRAS_SIMULATOR=NAME)
    assert done.returncode == 0, done.stderr
    wait_for("up:")
    assert seen() == ("disconnected", "Home")
    assert pywin32.tell("list") == "up:"


def test_what_a_killed_program_was_dialling_is_hung_up(
    windows: Installed, start: Callable[[list[str]], Program], holder: Program
) -> None:
    pywin32 = start(windows.python.command("-c", PYWIN32))
    assert pywin32.tell("list") == "up: Office"
    pywin32.write("dial Slow")
    wait_for_change(holder, "dialling", "Slow")
    pywin32.kill()
    wait_for_change(holder, "gone", "Slow")
