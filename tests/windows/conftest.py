"""A Windows CPython under Wine, with the wheel in it that users install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
        pytest.skip(f"needs Wine and the extra dev: {missing}")


@pytest.fixture(scope="session")
def built(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels and the drop-in: CI has built them already."""
    if folder := os.environ.get("WINRAS_WINDOWS_BUILT"):
        return Path(folder)
    folder = tmp_path_factory.mktemp("built")
    for tool, option in (("windows_wheel.py", "--outdir"), ("drop_in.py", "--windows")):
        done = subprocess.run(
            [sys.executable, ROOT / "tools" / tool, option, folder],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def wheels(built: Path) -> dict[str, Path]:
    """The wheels by their platform."""
    return {path.stem.partition("-abi3-")[2]: path for path in built.glob("*.whl")}


@pytest.fixture(scope="session")
def windows(built: Path, wheels: dict[str, Path]) -> Installed:
    """The Windows CPython, made if it is not there yet, into which its pip has put the wheel."""
    python = windows_python.make(windows_python.FOLDER)
    python.install(wheels["win_amd64"])
    return Installed(python, built / "rasapi32.dll")


@pytest.fixture(scope="session")
def wevtapi(windows: Installed, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A wevtapi.dll with an event log in system32, which only an override makes Wine take."""
    library = tmp_path_factory.mktemp("wevtapi") / "wevtapi.dll"
    zig.build_dll(library, Path(__file__).parent / "inside" / "wevtapi.c")
    shutil.copy(library, windows.python.system32)


@pytest.fixture(scope="session")
def clients(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the C program as a DLL, in W and in A form, of zig's own ras.h."""
    folder = tmp_path_factory.mktemp("clients")
    source = Path(__file__).parent / "inside" / "client.c"
    for form, macros in (("w", ("-DUNICODE", "-D_UNICODE")), ("a", ())):
        zig.build_dll(folder / f"client_{form}.dll", *macros, source, "-lrasapi32")
    return folder
