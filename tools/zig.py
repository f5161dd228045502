"""The C compiler for every Windows, on any system: zig, from PyPI's ziglang."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

#: Its targets, by the platform tags of wheels.
TARGETS = {
    "win_amd64": "x86_64-windows-gnu",
    "win32": "x86-windows-gnu",
    "win_arm64": "aarch64-windows-gnu",
}
_MACHINES = {"win_amd64": "i386:x86-64", "win32": "i386", "win_arm64": "arm64"}


def zig(*arguments: str | Path) -> list[str]:
    """The command that runs zig."""
    return [sys.executable, "-m", "ziglang", *map(str, arguments)]


def run(*arguments: str | Path) -> None:
    """Run zig.

    Raises:
        RuntimeError: It is missing, or it failed; the message has what it printed.
    """
    done = subprocess.run(
        zig(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if "No module named ziglang" in done.stdout:
        raise RuntimeError(
            f"ziglang is missing; get it with: {sys.executable} -m pip install ziglang"
        )
    if done.returncode:
        raise RuntimeError(f"zig {' '.join(map(str, arguments))}\nfailed:\n{done.stdout}")


def build_dll(library: Path, *arguments: str | Path, platform: str = "win_amd64") -> None:
    """Compile and link a DLL from sources, a .def file and options of the compiler."""
    library.parent.mkdir(parents=True, exist_ok=True)
    run(
        "cc",
        "-target",
        TARGETS[platform],
        "-std=c11",
        "-O2",
        "-s",
        "-shared",
        "-o",
        library,
        *arguments,
    )


def write_definition(definition: Path, dll: str, exports: Iterable[str]) -> None:
    """Write the .def file of a DLL: a line of such a file for each export."""
    lines = [f"LIBRARY {dll}", "EXPORTS", *exports, ""]
    definition.write_text("\n".join(lines), encoding="ascii")


def build_import_library(
    library: Path, dll: str, names: Iterable[str], platform: str = "win_amd64"
) -> None:
    """Make the library through which a program imports names; ``DATA`` may follow a name."""
    library.parent.mkdir(parents=True, exist_ok=True)
    definition = library.with_suffix(".def")
    write_definition(definition, dll, names)
    run("dlltool", "-d", definition, "-m", _MACHINES[platform], "-l", library)
