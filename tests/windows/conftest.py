"""A Windows CPython under Wine, with the wheel in it that users install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import drop_in
import windows_python
import zig
from windows.installed import ROOT, Installed

collect_ignore = [] if sys.platform == "win32" else ["inside"]


@pytest.fixture(scope="session")
def _tools() -> None:
    """What Windows' part of the tests is made with; CI says that it must be here."""
    missing = windows_python.find_missing()
    if missing and os.environ.get("WINRAS_WINDOWS_TESTS") == "required":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def wheels(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels by their platform."""
    folder = tmp_path_factory.mktemp("wheels")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "windows_wheel.py", "--outdir", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [Path(line) for line in done.stdout.splitlines()]
    return {path.stem.partition("-abi3-")[2]: path for path in found}


@pytest.fixture(scope="session")
def windows(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The Windows CPython, made if it is not there yet, into which its pip has put the wheel."""
    python = windows_python.make(windows_python.FOLDER)
    python.install(wheels["win_amd64"])
    return Installed(python, drop_in.build_windows(tmp_path_factory.mktemp("drop_in")))


@pytest.fixture(scope="session")
def clients(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the C program as a DLL, in W and in A form, of zig's own ras.h."""
    folder = tmp_path_factory.mktemp("clients")
    source = Path(__file__).parent / "inside" / "client.c"
    for form, macros in (("w", ("-DUNICODE", "-D_UNICODE")), ("a", ())):
        zig.build_dll(folder / f"client_{form}.dll", *macros, source, "-lrasapi32")
    return folder
