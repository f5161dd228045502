"""Test suites that run in the Windows CPython, each a process of its own."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import windows_python
import zig
from patience import HANG
from windows.installed import ROOT, Installed
from windows_python import to_windows

#: Why a test may be skipped there.
POSIX_ONLY = (
    "needs (a POSIX shell|a POSIX pipe|POSIX timers|a pseudo-terminal|a Unix socket)"
    r"|needs the package jsonschema|Salt is not installed: pip install 'winras\[salt\]'"
    r"|this system has a RAS of its own|reads /proc(/self/mem)?|made on Linux"
    r"|Windows has no (fork\(\)|such file|TZ|/dev/full)|Windows ends a process without a word"
    r"|interrupt_main\(\) does not end time\.sleep\(\)"
)


def run_tests(windows: Installed, *arguments: str, rasapi32: str, **environment: str) -> int:
    """Run pytest there, print what it prints as it comes, and return how many tests have passed."""
    command = ("-u", "-m", "pytest", "-rs", "--durations=12", "-p", "no:cacheprovider", *arguments)
    told = b""
    with subprocess.Popen(
        windows.python.command(*command),
        cwd=ROOT,
        env=windows.python.environment(windows.environment(rasapi32, environment)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        while part := read_soon(process):
            told += part
            print(part.decode("ascii", "replace").replace("\r", ""), end="", flush=True)
    text = told.decode("utf-8", "replace").replace("\r", "")
    assert process.returncode == 0, text
    for reason in re.findall(r"^SKIPPED \[\d+\] .*?: (.*)$", text, re.MULTILINE):
        assert re.fullmatch(POSIX_ONLY, reason), reason
    [passed] = re.findall(r"^=+ (\d+) passed", text, re.MULTILINE)
    return int(passed)


def read_soon(process: subprocess.Popen[bytes]) -> bytes:
    """Read what the suite prints next, of which each test prints something; b"" at its end."""
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], HANG)[0]:
        process.kill()
        pytest.fail(f"it has not printed anything for {HANG:g} s")
    return os.read(process.stdout.fileno(), 65536)


def test_the_whole_suite_passes_on_the_embedded_simulator(windows: Installed) -> None:
    options = ("--native", "--ignore=tests/contract", "--ignore=tests/windows")
    assert run_tests(windows, "tests", *options, rasapi32="builtin") > 400


def test_the_contract_holds_for_the_drop_in(windows: Installed) -> None:
    library = r"C:\windows\system32\rasapi32.dll"
    passed = run_tests(windows, "tests/contract", rasapi32="drop-in", RAS_LIBRARY=library)
    assert passed > 300


def test_winras_works_on_the_drop_in_as_on_windows_own(windows: Installed) -> None:
    suite = "tests/windows/inside/test_system.py"
    assert run_tests(windows, suite, rasapi32="drop-in") > 20


def test_channels_do_what_their_header_says(windows: Installed, tmp_path: Path) -> None:
    """All cases of tests/native/channel.c, as a program of Windows."""
    native, program = ROOT / "src" / "native", tmp_path / "channel.exe"
    macros = ("-DWINVER=0x0A00", "-D_WIN32_WINNT=0x0a00")
    channels = (*native.glob("owner*.c"), *(native / "simulator").glob("channel*.c"))
    sources = (*channels, ROOT / "tests/native/channel.c")
    options = ("-std=c11", "-O1", *macros, f"-I{native}", "-o", program)
    zig.run("cc", "-target", zig.TARGETS["win_amd64"], *options, *sources, "-ladvapi32")
    done = subprocess.run(
        ["wine", program],
        env=windows.python.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert done.stdout.count(b" s") > 10


def test_winras_survives_wines_own_ras(windows: Installed) -> None:
    assert run_tests(windows, "tests/windows/inside/test_wine.py", rasapi32="builtin") > 5


@pytest.mark.usefixtures("wevtapi")
def test_an_event_log_is_read(windows: Installed) -> None:
    wanted = {"WINEDLLOVERRIDES": "rasapi32=b;wevtapi=n", "WINRAS_WEVTAPI": "1"}
    suite = "tests/windows/inside/test_events.py"
    assert run_tests(windows, suite, rasapi32="builtin", **wanted) > 10


def test_other_clients_see_the_same(windows: Installed, clients: Path) -> None:
    suite = "tests/windows/inside/test_clients.py"
    passed = run_tests(windows, suite, rasapi32="drop-in", WINRAS_CLIENTS=to_windows(clients))
    assert passed > 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made on Linux")
def test_what_is_missing_is_named_with_the_command_that_gets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows_python, "VERSION", "2.7")
    assert "run this with python2.7" in windows_python.find_missing()
    monkeypatch.setattr(windows_python, "VERSION", sysconfig.get_python_version())
    monkeypatch.setenv("PATH", "")
    assert "apt-get install" in windows_python.find_missing()
