"""The winras command in the Windows CPython: what it prints, and Ctrl+C on a terminal."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from patience import HANG
from windows.installed import ROOT, Installed

pty = pytest.importorskip("pty")

NAMES = ("Офис", "東京支社", "Rocket \U0001f680", "x" * 255 + "Ω")
OFFICE = ROOT / "examples" / "office.toml"

WINRAS = ("-m", "winras")

#: What a terminal is told of colours, cursor and title.
CONTROLS = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """All names up; the second is dropped and dialled again, while somebody watches."""
    entries = "".join(
        f'[[entry]]\nname = "{name}"\nconnected = true\nhang_up_seconds = 0.1\n' for name in NAMES
    )
    events = (
        f'[[at]]\nseconds = 2.0\ndrop = "{NAMES[1]}"\nerror = 829\n'
        f'[[at]]\nseconds = 2.4\nconnect = "{NAMES[1]}"\n'
    )
    path = tmp_path / "recorded.toml"
    path.write_text(entries + events, encoding="utf-8")
    return path


def here(*arguments: str | Path) -> str:
    """What the command prints on this system."""
    done = subprocess.run(
        [sys.executable, "-m", "winras", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def there(windows: Installed, *arguments: str | Path) -> str:
    """What it prints in Windows."""
    done = windows.run("-m", "winras", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--json"],
        *(["status", name, "--json"] for name in NAMES),
        *(["hangup", name, "--json"] for name in NAMES),
        ["dial", NAMES[2], "--json"],
        ["stats", NAMES[2], "--json"],
        ["watch", "--json", "--count", "2", "--timeout", "300"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_scenario_gives_the_same_json_here_and_there(
    windows: Installed, scenario: Path, arguments: list[str]
) -> None:
    outputs = [
        here("--simulate", scenario, *arguments),
        there(windows, "--simulate", scenario, *arguments),
    ]
    # The clock of a scenario is real.
    moment = r"\d{4}-\d\d-\d\dT[0-9:.]+Z|(?<=connected_seconds\": )[0-9.]+"
    moments = [re.sub(moment, "AT", output) for output in outputs]
    assert moments[0] == moments[1]
    assert moments[0].isascii()
    told = {json.loads(name) for name in re.findall(r'"name": ("[^"]*")', moments[0])}
    assert told
    assert told <= set(NAMES)


@pytest.mark.parametrize("encoding", ["cp437", "cp1251", "utf-8"])
def test_a_list_is_printed_in_each_code_page(
    windows: Installed, scenario: Path, encoding: str
) -> None:
    done = subprocess.run(
        windows.python.command("-m", "winras", "--simulate", scenario, "list"),
        env=windows.python.environment(
            windows.environment("builtin", {"PYTHONIOENCODING": encoding})
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = done.stdout.decode(encoding).splitlines()[1:]
    shown = [name.encode(encoding, "backslashreplace").decode(encoding) for name in NAMES]
    assert [row.partition("  ")[0] for row in rows] == shown


HALF_A_PAIR = r"""
import json, sys
from winras.cli import main
from winras.testing import Simulator
with Simulator() as ras:
    ras.add_entry("half \ud83d", hang_up_seconds=0.1)
    ras.connect("half \ud83d")
    for command in (["list"], ["list", "--json"], ["status", "HALF \ud83d"],
                    ["status", "half \ud83d", "--json"], ["hangup", "half \ud83d", "--json"]):
        assert main(command) == 0
"""


@pytest.mark.parametrize("encoding", ["cp437", "cp1251", "utf-8"])
def test_half_a_pair_crashes_nothing(windows: Installed, encoding: str) -> None:
    done = windows.run("-c", HALF_A_PAIR, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("half \\ud83d") == 5


def test_without_a_connection_and_without_ras(windows: Installed) -> None:
    assert there(windows, "list") == "No RAS connection is up.\n"
    done = windows.run("-m", "winras", "list", rasapi32="none")
    assert done.returncode == 5
    assert re.fullmatch(r"126 ERROR_MOD_NOT_FOUND: .*\n", done.stderr)


def test_ras_that_does_not_run_is_an_error_of_one_line(windows: Installed) -> None:
    done = windows.run("-m", "winras", "list", rasapi32="drop-in")
    assert done.returncode == 1
    assert re.fullmatch(r"711 ERROR_RASMAN_CANNOT_INITIALIZE: .*\n", done.stderr)


def test_pip_has_made_the_command(windows: Installed) -> None:
    command = windows.python.home / "Scripts" / "winras.exe"
    done = subprocess.run(
        ["wine", command, "explain", "829"],
        env=windows.python.environment(windows.environment("builtin")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("829 ERROR_LINK_FAILURE: ")


class Terminal:
    """A program of the Windows CPython on a pseudo-terminal that controls it."""

    def __init__(
        self, windows: Installed, *arguments: str | Path, program: Sequence[str | Path] = WINRAS
    ) -> None:
        self._controller, terminal = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *windows.python.command(*program, *arguments)],
            env=windows.python.environment(windows.environment("builtin", {"TERM": "xterm"})),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        self.shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._controller)

    def read_until(self, text: str) -> None:
        """Read what is shown until a text is in it."""
        limit = time.monotonic() + HANG
        while text not in self.shown:
            assert time.monotonic() < limit, self.shown
            self._read(0.1)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._controller], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self._controller, 65536)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += CONTROLS.sub(b"", part).decode("utf-8", "replace")
        return True

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._controller, key)

    def end(self) -> int:
        """Wait for its end: its exit code."""
        code = self._process.wait(HANG)
        while self._read(0):
            pass
        return code


@pytest.mark.parametrize(
    ("command", "shown"), [(("watch",), "disconnected"), (("keep", "Branch VPN"), "dropped")]
)
def test_ctrl_c_ends_it_with_130(windows: Installed, command: Sequence[str], shown: str) -> None:
    with Terminal(windows, "--simulate", OFFICE, *command) as terminal:
        terminal.read_until(shown)
        terminal.press(b"\x03")
        assert terminal.end() == 130
    assert "interrupted" in terminal.shown


def test_processes_share_a_simulated_service_until_ctrl_c(windows: Installed) -> None:
    name = f"windows-{os.getpid()}"
    join = ("--join", name)
    with Terminal(windows, "simulate", OFFICE, "--name", name, "--speed", "10") as terminal:
        terminal.read_until("others can join now")
        there(windows, *join, "dial", "Home VPN")
        there(windows, *join, "hangup", "Office VPN")
        there(windows, *join, "act", "connect", "ISDN")
        listed = json.loads(there(windows, *join, "list", "--json"))
        assert [one["name"] for one in listed] == ["Home VPN", "ISDN"]
        terminal.press(b"\x03")
        assert terminal.end() == 130
    assert re.search("gone +Office VPN", terminal.shown)
    assert windows.run("-m", "winras", *join, "list").returncode == 5


SAYS_WHEN_IT_WAITS = """
import sys, threading
from winras._native import lib
from winras.cli import main

def say():
    while lib.sim_wait_blocked(1, 250):
        pass
    print("it waits", flush=True)

threading.Thread(target=say, daemon=True).start()
sys.exit(main())
"""


def test_ctrl_c_ends_hangup_with_130(windows: Installed, tmp_path: Path) -> None:
    slow = tmp_path / "slow.toml"
    slow.write_text(
        '[[entry]]\nname = "Slow"\nconnected = true\nhang_up_seconds = inf\n'
        '[[entry]]\nname = "Other"\n[[at]]\nseconds = 0.2\nconnect = "Other"\n',
        encoding="utf-8",
    )
    script = tmp_path / "says_when_it_waits.py"
    script.write_text(SAYS_WHEN_IT_WAITS, encoding="utf-8")
    arguments = ("--simulate", slow, "hangup", "Slow")
    with Terminal(windows, *arguments, program=(script,)) as terminal:
        terminal.read_until("it waits")
        terminal.press(b"\x03")
        assert terminal.end() == 130
    assert "interrupted; the hang-up goes on" in terminal.shown


def test_a_terminal_gets_all_that_a_pipe_gets(windows: Installed, scenario: Path) -> None:
    with Terminal(windows, "--simulate", scenario, "list") as terminal:
        assert terminal.end() == 0
    assert terminal.shown.count("Connected") == len(NAMES)
    assert all(name in terminal.shown for name in NAMES[:2])


def test_half_a_pair_is_shown_on_a_terminal(windows: Installed, tmp_path: Path) -> None:
    script = tmp_path / "half.py"
    script.write_text(HALF_A_PAIR, "utf-8")
    with Terminal(windows, program=("-X", "utf8", script)) as terminal:
        assert terminal.end() == 0
    assert terminal.shown.count("half") >= 5  # the bar of hangup has it each time it is drawn
