"""A rasapi32.dll that somebody has put where a program's DLLs are looked for is never used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zig
from windows.installed import Installed
from windows_python import WindowsPython, to_windows

PLANTED = """
__declspec(dllexport) unsigned long __stdcall RasEnumConnectionsW(void *a, void *b, void *c) {
    return 4711;
}
"""

#: What the planted one answers, what there is where there is none, and
#: what the drop-in answers while no simulator runs in it.
TAKEN, NONE, DROP_IN = "4711", "126", "711"

PLAIN = """
import ctypes
library = ctypes.windll.kernel32.LoadLibraryW
library.restype = ctypes.c_void_p
handle = library("rasapi32.dll")
print(ctypes.WinDLL("rasapi32.dll", handle=handle).RasEnumConnectionsW(None, None, None))
"""

WINRAS = """
import winras
try:
    winras.connections()
except winras.RasError as error:
    print(error.code)
"""


@pytest.fixture(scope="session")
def planted(_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rasapi32.dll that answers 4711."""
    folder = tmp_path_factory.mktemp("planted")
    source = folder / "planted.c"
    source.write_text(PLANTED, encoding="ascii")
    zig.build_dll(folder / "rasapi32.dll", source)
    return folder


@pytest.fixture
def beside(windows: Installed, planted: Path, tmp_path: Path) -> WindowsPython:
    """The same CPython with that DLL beside its python.exe."""
    home = tmp_path / "python"
    home.mkdir()
    for path in windows.python.home.iterdir():
        if path.suffix in {".exe", ".dll"}:
            shutil.copy(path, home)
        elif path.is_dir():
            (home / path.name).symlink_to(path)
    shutil.copy(planted / "rasapi32.dll", home)
    return WindowsPython(home, windows.python.prefix)


def answers(
    python: WindowsPython, environment: dict[str, str], program: str, cwd: Path | None = None
) -> list[str]:
    """What a program prints."""
    done = python.run("-c", program, environment=environment, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_beside_the_program(windows: Installed, beside: WindowsPython) -> None:
    environment = windows.environment("drop-in")
    assert answers(beside, environment, PLAIN) == [TAKEN]
    assert answers(beside, environment, WINRAS) == [DROP_IN]


def test_beside_the_program_and_loaded_beforehand(
    windows: Installed, beside: WindowsPython
) -> None:
    assert answers(beside, windows.environment("drop-in"), PLAIN + WINRAS) == [TAKEN, DROP_IN]


def test_in_the_working_directory(windows: Installed, planted: Path) -> None:
    """Windows looks there after System32, so a planted DLL is found where System32 has none."""
    environment = windows.environment("none")
    assert answers(windows.python, environment, PLAIN, planted) == [TAKEN]
    assert answers(windows.python, environment, WINRAS, planted) == [NONE]


def test_on_the_path(windows: Installed, planted: Path) -> None:
    path = f"{to_windows(planted)};C:\\windows\\system32"
    program = f"import os; os.environ['PATH'] = {path!r}\n"
    environment = windows.environment("none")
    assert answers(windows.python, environment, program + PLAIN) == [TAKEN]
    assert answers(windows.python, environment, program + WINRAS) == [NONE]


def test_loaded_beforehand_where_system32_has_none(windows: Installed, planted: Path) -> None:
    environment = windows.environment("none")
    assert answers(windows.python, environment, PLAIN + WINRAS, planted) == [TAKEN, NONE]


def test_what_it_loads_itself_is_looked_for_in_system32_only(
    windows: Installed, beside: WindowsPython, tmp_path: Path
) -> None:
    """A DLL that System32's rasapi32.dll needs, planted beside the program."""
    helper, needs = tmp_path / "helper.c", tmp_path / "needs.c"
    helper.write_text(
        "__declspec(dllexport) unsigned long helper(void) { return 4711; }\n", "ascii"
    )
    needs.write_text(
        "unsigned long helper(void);\n"
        "__declspec(dllexport) unsigned long __stdcall RasEnumConnectionsW(void) {"
        " return helper(); }\n",
        "ascii",
    )
    environment = windows.environment("none")
    zig.build_dll(beside.home / "winrashelper.dll", helper)
    imports = tmp_path / "libwinrashelper.a"
    zig.build_import_library(imports, "winrashelper.dll", ["helper"])
    zig.build_dll(windows.python.system32 / "rasapi32.dll", needs, imports)
    (beside.home / "rasapi32.dll").unlink()
    assert answers(beside, environment, PLAIN) == [TAKEN]
    assert answers(beside, environment, WINRAS) == [NONE]


def test_a_function_that_is_missing_is_named(windows: Installed, planted: Path) -> None:
    environment = windows.environment("none")
    shutil.copy(planted / "rasapi32.dll", windows.python.system32)
    program = (
        WINRAS
        + """
import winras._native as native
record = winras.Connection(
    handle=1, name="A", device_type="", device_name="", phonebook="", entry_id=None, sub_entry=0,
    flags=winras.ConnectionFlags(0), luid=0, correlation_id=None, _service=0,
)
try:
    record.status()
except winras.RasUnavailableError as error:
    assert error.code == 127
    print(error.function)
"""
    )
    assert answers(windows.python, environment, program)[-1] == "RasGetConnectStatus"
