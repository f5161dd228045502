"""Builds the simulator as a library with RAS's own export names: a drop-in for any RAS client.

``python tools/drop_in.py FOLDER`` builds it into that folder and prints its path. Besides the RAS
functions it exports the controls of src/native/simulator/control.h and, for a system that has none,
the event functions that a client of RasConnectionNotification needs.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

NATIVE = Path(__file__).resolve().parents[1] / "src" / "native"
SOURCES = ("simulator/*.c", "errors.c", "posix/*.c")
INCLUDES = (".", "simulator", "ras", "posix")
FLAGS = ("-std=c11", "-O1", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
EVENTS = "CreateEventW; SetEvent; ResetEvent; WaitForSingleObject; CloseHandle;"
EXPORTS = f"{{ global: Ras*; sim_*; {EVENTS} local: *; }};\n"


def find_compiler() -> list[str]:
    """The C compiler's command: $CC, or the one that Python was built with, or cc."""
    built_with = shlex.split(str(sysconfig.get_config_var("CC") or ""))
    if not built_with or not shutil.which(built_with[0]):
        built_with = ["cc"]
    return shlex.split(os.environ.get("CC", "")) or built_with


def build(folder: Path) -> Path:
    """Build the library into a folder, which is made if need be, and return its path.

    Raises:
        RuntimeError: This system is not supported, there is no compiler, or it failed: then with
            what it printed.
    """
    if not sys.platform.startswith("linux"):
        raise RuntimeError(f"the drop-in can be built on Linux only, not on {sys.platform}")
    folder.mkdir(parents=True, exist_ok=True)
    library = folder.resolve() / "librasapi32.so"
    exports = library.with_suffix(".map")
    exports.write_text(EXPORTS, encoding="utf-8")
    command = [
        *find_compiler(),
        *FLAGS,
        *shlex.split(os.environ.get("CFLAGS", "")),
        *(f"-I{NATIVE / include}" for include in INCLUDES),
        *(str(source) for pattern in SOURCES for source in sorted(NATIVE.glob(pattern))),
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


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Build the RAS simulator as a drop-in library.")
    parser.add_argument("folder", type=Path, help="where the library goes")
    arguments = parser.parse_args()
    try:
        print(build(arguments.folder))
    except RuntimeError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
