"""Test suites that run in the Windows CPython, each a process of its own."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import pytest

import windows_python
from windows.installed import Installed
from windows_python import to_windows

#: Why a test may be skipped there.
POSIX_ONLY = (
    "needs (a POSIX shell|a POSIX pipe|POSIX timers|a pseudo-terminal|the package jsonschema)"
    "|this system has a RAS of its own|reads /proc/self/mem"
)


def run_tests(windows: Installed, *arguments: str, rasapi32: str, **environment: str) -> int:
    """Run pytest there, and return how many tests have passed."""
    done = windows.run(
        *("-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments),
        rasapi32=rasapi32,
        **environment,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    for reason in re.findall(r"^SKIPPED \[\d+\] .*?: (.*)$", told, re.MULTILINE):
        assert re.fullmatch(POSIX_ONLY, reason), told
    [passed] = re.findall(r"^(\d+) passed", told, re.MULTILINE)
    print(told.splitlines()[-1])
    return int(passed)


def test_the_whole_suite_passes_on_the_embedded_simulator(windows: Installed) -> None:
    ignored = ("--ignore=tests/contract", "--ignore=tests/windows")
    assert run_tests(windows, "tests", *ignored, rasapi32="builtin") > 400


def test_the_contract_holds_for_the_drop_in(windows: Installed) -> None:
    library = r"C:\windows\system32\rasapi32.dll"
    passed = run_tests(windows, "tests/contract", rasapi32="drop-in", RAS_LIBRARY=library)
    assert passed > 300


def test_winras_works_on_the_drop_in_as_on_windows_own(windows: Installed) -> None:
    suite = "tests/windows/inside/test_system.py"
    assert run_tests(windows, suite, rasapi32="drop-in") > 20


def test_winras_survives_wines_own_ras(windows: Installed) -> None:
    assert run_tests(windows, "tests/windows/inside/test_wine.py", rasapi32="builtin") > 5


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
