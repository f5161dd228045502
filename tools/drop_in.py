"""Builds the simulator as a library with RAS's own export names: a drop-in for any RAS client.

``python tools/drop_in.py FOLDER`` builds librasapi32.so for this system into that folder,
``--windows`` rasapi32.dll for Windows x64, and it prints the path. Besides the RAS functions it
exports the controls of src/native/simulator/control.h and, on a system without them, Windows'
functions for event objects, which a client of RasConnectionNotification needs.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import zig

NATIVE = Path(__file__).resolve().parents[1] / "src" / "native"
FLAGS = ("-std=c11", "-O1", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
EVENTS = "CreateEventW; SetEvent; ResetEvent; WaitForSingleObject; CloseHandle;"
EXPORTS = f"{{ global: Ras*; sim_*; {EVENTS} local: *; }};\n"


def find_compiler() -> list[str]:
    """The C compiler's command: $CC, or the one that Python was built with, or cc."""
    built_with = shlex.split(str(sysconfig.get_config_var("CC") or ""))
    if not built_with or not shutil.which(built_with[0]):
        built_with = ["cc"]
    return shlex.split(os.environ.get("CC", "")) or built_with


def _sources(*patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in sorted(NATIVE.glob(pattern))]


def _includes(*folders: str) -> list[str]:
    return [f"-I{NATIVE / folder}" for folder in (".", "ras", *folders)]


def build(folder: Path) -> Path:
    """Build the library for this system into a folder, which need not exist yet.

    Raises:
        RuntimeError: This system is not supported, or there is no compiler, or it failed; the
            message has what it printed.
    """
    if not sys.platform.startswith("linux"):
        raise RuntimeError(f"librasapi32.so can be built on Linux only, not on {sys.platform}")
    folder.mkdir(parents=True, exist_ok=True)
    library = folder.resolve() / "librasapi32.so"
    exports = library.with_suffix(".map")
    exports.write_text(EXPORTS, encoding="utf-8")
    command = [
        *find_compiler(),
        *FLAGS,
        *shlex.split(os.environ.get("CFLAGS", "")),
        *_includes("posix"),
        *map(str, _sources("*.c", "simulator/*.c", "posix/*.c", "drop_in/joining.c")),
        "-o",
        str(library),
        f"-Wl,--version-script={exports}",
        "-lpthread",
    ]
    # A sanitizer's runtime that is preloaded for the client makes the compiler itself fail.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise RuntimeError(f"cannot run the C compiler {command[0]!r}: {error}") from error
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}\nfailed ({done.returncode}):\n{done.stdout}")
    return library


def _exported() -> list[str]:
    """What the drop-in for Windows exports: every RAS function, in its forms, and the controls."""
    functions = (NATIVE / "rasapi.h").read_text(encoding="utf-8")
    controls = (NATIVE / "simulator" / "control.h").read_text(encoding="utf-8")
    rows = re.findall(
        r"^    (?:SIMULATED\(\w+, |OTHER\()(\w+), (AW|ONE)\b", functions, re.MULTILINE
    )
    return sorted(
        {
            *(name for name, form in rows if form == "ONE"),
            *(name + letter for name, form in rows if form == "AW" for letter in "AW"),
            *re.findall(r"\b(sim_\w+)\(", controls),
        }
    )


def build_windows(folder: Path) -> Path:
    """Build rasapi32.dll for Windows x64 into a folder, which need not exist yet.

    Raises:
        RuntimeError: There is no zig, or it failed; the message has what it printed.
    """
    library = folder.resolve() / "rasapi32.dll"
    library.parent.mkdir(parents=True, exist_ok=True)
    exports = library.with_suffix(".def")
    zig.write_definition(exports, "rasapi32.dll", _exported())
    sources = _sources("*.c", "simulator/*.c", "drop_in/*.c")
    macros = ("-DWINVER=0x0A00", "-D_WIN32_WINNT=0x0a00")
    zig.build_dll(library, "-Wall", "-Wextra", "-Werror", *macros, *_includes(), *sources, exports)
    return library


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Build the RAS simulator as a drop-in library.")
    parser.add_argument("folder", type=Path, help="where the library goes")
    parser.add_argument("--windows", action="store_true", help="rasapi32.dll for Windows x64")
    arguments = parser.parse_args()
    try:
        print((build_windows if arguments.windows else build)(arguments.folder))
    except RuntimeError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
