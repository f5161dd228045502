"""The wheels for Windows: what pip, the loader and the stable ABI ask of them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path

import pytest

from windows.installed import Installed

SOURCES = Path(__file__).parents[2] / "src"

PLATFORMS = {"win_amd64": 0x8664, "win32": 0x014C, "win_arm64": 0xAA64}

#: The C runtime's DLLs, which Windows 10 has.
RUNTIME = "api-ms-win-crt-"


@pytest.fixture(params=PLATFORMS)
def wheel(request: pytest.FixtureRequest, wheels: dict[str, Path]) -> tuple[str, Path]:
    """A platform and its wheel."""
    return request.param, wheels[request.param]


def read(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        [found] = [member for member in archive.namelist() if member.endswith(name)]
        return archive.read(found)


def test_it_is_for_each_cpython_from_3_11_on(wheel: tuple[str, Path]) -> None:
    platform, path = wheel
    assert path.name.endswith(f"-cp311-abi3-{platform}.whl")
    facts = Parser().parsestr(read(path, "/WHEEL").decode("utf-8"))
    assert facts["Tag"] == f"cp311-abi3-{platform}"
    assert facts["Root-Is-Purelib"] == "false"


def test_it_has_what_is_used_and_nothing_of_its_build(wheel: tuple[str, Path]) -> None:
    with zipfile.ZipFile(wheel[1]) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {"winras/_ras.pyd", "winras/_ras.pyi", "winras/py.typed"} <= set(names)
    assert {Path(name).suffix for name in names} == {".py", ".pyd", ".pyi", ".typed"}
    sources = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("winras/**/*.py")}
    assert {name for name in names if name.endswith(".py")} == sources


def test_it_names_the_command_the_plugin_and_the_salt_extension(wheel: tuple[str, Path]) -> None:
    told = ConfigParser()
    told.read_string(read(wheel[1], "/entry_points.txt").decode("utf-8"))
    assert {group: dict(told[group]) for group in told.sections()} == {
        "console_scripts": {"winras": "winras.cli:main"},
        "pytest11": {"winras": "winras.pytest_plugin"},
        "salt.loader": {"winras": "winras.salt"},
    }


def test_its_extension_is_for_that_machine_and_needs_only_python3_and_the_system(
    wheel: tuple[str, Path],
) -> None:
    pefile = pytest.importorskip("pefile")
    platform, path = wheel
    extension = pefile.PE(data=read(path, ".pyd"))
    assert extension.FILE_HEADER.Machine == PLATFORMS[platform]
    imported = {entry.dll.decode("ascii").lower() for entry in extension.DIRECTORY_ENTRY_IMPORT}
    assert {name for name in imported if not name.startswith(RUNTIME)} == {
        "advapi32.dll",
        "kernel32.dll",
        "python3.dll",
    }
    exported = [symbol.name for symbol in extension.DIRECTORY_ENTRY_EXPORT.symbols]
    assert b"PyInit__ras" in exported


def test_it_keeps_to_the_stable_abi(wheel: tuple[str, Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "abi3audit", "--strict", "--report", wheel[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"is_abi3": true' in done.stdout


def test_pip_in_windows_has_installed_it(windows: Installed) -> None:
    done = windows.run("-m", "pip", "show", "--files", "winras")
    assert done.returncode == 0, done.stderr
    assert "winras\\_ras.pyd" in done.stdout
    checked = windows.run("-m", "pip", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
