"""Makes a Windows CPython that runs here, under Wine.

``python tools/windows_python.py [FOLDER]`` makes it in a folder (.windows in the repository, which
git ignores) from Debian's and PyPI's packages, and prints the command that runs it. What is already
there is reused.
"""

import argparse
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import zig

FOLDER = Path(__file__).resolve().parents[1] / ".windows"

#: A PyPI package that carries a Windows CPython as python.org builds it. The standard library is
#: taken from the CPython that runs this, which must therefore be of the same version.
CARRIER = "panda3d==1.10.16"
CARRIER_HASH = "sha256:37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
VERSION = "3.11"

#: What winras and its tests need, and pywin32, another client of RAS. All of it is listed, because
#: pip would choose a package's requirements for this system, not for Windows.
PACKAGES = (
    "cffi==2.1.1",
    "colorama==0.4.6",
    "hypothesis>=6.100",
    "iniconfig",
    "markdown-it-py",
    "mdurl",
    "packaging",
    "pip",
    "pluggy",
    "pycparser",
    "pygments",
    "pytest>=8",
    "pywin32==312",
    "rich>=13",
    "sortedcontainers",
)

_LEFT_OUT = shutil.ignore_patterns(
    "site-packages",
    "dist-packages",
    "EXTERNALLY-MANAGED",
    "ensurepip",
    "lib-dynload",
    "config-*",
    "idlelib",
    "test",
    "tests",
    "__pycache__",
)
_EXE = """#include <wchar.h>
int Py_Main(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) { return Py_Main(argc, argv); }
"""


def find_missing() -> str:
    """What this machine lacks, with the command that gets it; "" if it lacks nothing."""
    if not sys.platform.startswith("linux"):
        return f"a Windows CPython is made on Linux, not on {sys.platform}"
    if sysconfig.get_python_version() != VERSION:
        return (
            f"the standard library of CPython {VERSION} is missing; run this with python{VERSION}, "
            f"not {sysconfig.get_python_version()}"
        )
    if not shutil.which("wine"):
        return (
            "Wine is missing; get it with: apt-get install -y --no-install-recommends wine wine64"
        )
    for module in ("abi3audit", "abi3info", "build", "pefile", "pip", "ziglang"):
        if not importlib.util.find_spec(module):
            return f"{module} is missing; get it with: {sys.executable} -m pip install {module}"
    return ""


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}\nfailed ({done.returncode}):\n{done.stdout}")


def to_windows(path: Path) -> str:
    """Convert a path to what programs under Wine call it."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


@dataclass(frozen=True, slots=True)
class WindowsPython:
    """A Windows CPython with a Wine prefix of its own."""

    home: Path  # where python.exe lies
    prefix: Path

    @property
    def system32(self) -> Path:
        """Windows' own DLLs."""
        return self.prefix / "drive_c" / "windows" / "system32"

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the command that runs it; paths become Windows paths."""
        return [
            "wine",
            str(self.home / "python.exe"),
            *(to_windows(part) if isinstance(part, Path) else part for part in arguments),
        ]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what a command needs in its environment, and nothing of this Python's.

        Args:
            more: What else to set. WINEDLLOVERRIDES says which DLLs are Wine's own.
        """
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TERM") if name in os.environ}
        wine = {"WINEPREFIX": str(self.prefix), "WINEDEBUG": "-all", "LANG": "C.UTF-8"}
        return {**kept, **wine, **(more or {})}

    def run(
        self,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, without a terminal. Its exit code is the caller's to judge."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(environment),
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )

    def install(self, *wheels: Path) -> None:
        """Let its pip install wheels, without their requirements.

        Raises:
            RuntimeError: pip failed; the message has what it printed.
        """
        pip = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile")
        options = ("--force-reinstall", "--no-warn-script-location", "--disable-pip-version-check")
        _run(self.command(*pip, *options, *wheels), self.environment())


@contextmanager
def _making(target: Path) -> Iterator[Path]:
    """Give a folder to fill; it becomes the target once it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as folder:
        part = Path(folder) / target.name
        part.mkdir()
        yield part
        part.rename(target)


def _download(folder: Path, *arguments: str) -> None:
    _run(
        [
            sys.executable,
            *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary=:all:", "--platform=win_amd64"),
            *(f"--python-version={VERSION}", "--implementation=cp", f"--dest={folder}"),
            *arguments,
        ]
    )


def _build_forwarder(home: Path) -> None:
    """Build python3.dll, through which extensions with the stable ABI find their CPython."""
    # Imported here, so that find_missing can say that they are missing.
    import pefile  # noqa: PLC0415
    from abi3info import DATAS, FUNCTIONS  # noqa: PLC0415

    stable = {symbol.name for symbol in (*FUNCTIONS, *DATAS)}
    library = pefile.PE(home / "python311.dll")
    exported = {symbol.name.decode("ascii") for symbol in library.DIRECTORY_ENTRY_EXPORT.symbols}
    definition = home / "python3.def"
    lines = (f"{name}=python311.{name}" for name in sorted(stable & exported))
    zig.write_definition(definition, "python3.dll", lines)
    source = home / "python3.c"
    source.write_text(
        "int DllMain(void *dll, unsigned long reason, void *reserved) { return 1; }\n"
    )
    zig.build_dll(home / "python3.dll", source, definition)


def _make_home(home: Path, carrier: Path) -> None:
    (home / "DLLs").mkdir()
    with zipfile.ZipFile(carrier) as wheel:
        for member in wheel.namelist():
            folder, _, name = member.rpartition("/")
            # Wine has its own api-ms-win-* DLLs.
            if folder == "deploy_libs" and not name.startswith("api-ms-win-"):
                at_top = name.lower() in {"python311.dll", "vcruntime140.dll"}
                place = home / name if at_top else home / "DLLs" / name
                place.write_bytes(wheel.read(member))
    shutil.copytree(sysconfig.get_path("stdlib"), home / "Lib", ignore=_LEFT_OUT)
    source = home / "python.c"
    source.write_text(_EXE, encoding="ascii")
    library = home / "libpython311.a"
    zig.build_import_library(library, "python311.dll", ["Py_Main"])
    zig.run(
        "cc",
        "-target",
        zig.TARGETS["win_amd64"],
        "-municode",
        "-s",
        "-o",
        home / "python.exe",
        source,
        library,
    )
    _build_forwarder(home)


def make(folder: Path, say: Callable[[str], None] = print) -> WindowsPython:
    """Make what does not exist yet.

    Raises:
        RuntimeError: Something is missing, and the message names the command that gets it; or a
            step failed, and the message has what it printed.
    """
    if missing := find_missing():
        raise RuntimeError(missing)
    folder = folder.resolve()
    downloads, home, prefix = folder / "downloads", folder / "python", folder / "prefix"
    recipe = "\n".join([CARRIER, *PACKAGES, sys.version])
    if not (home / "recipe").is_file() or (home / "recipe").read_text(encoding="utf-8") != recipe:
        for outdated in (downloads, home):
            shutil.rmtree(outdated, ignore_errors=True)
    if not downloads.exists():
        say(f"downloading {CARRIER} and {len(PACKAGES)} packages from PyPI")
        with _making(downloads) as part:
            requirements = part / "carrier.txt"
            requirements.write_text(f"{CARRIER} --hash={CARRIER_HASH}\n", encoding="ascii")
            try:
                _download(part, "--require-hashes", f"--requirement={requirements}")
                _download(part, *PACKAGES)
            except RuntimeError as error:
                last = str(error).splitlines()[-1]
                raise RuntimeError(
                    f"packages of PyPI are missing and pip cannot get them ({last}); check the "
                    f"network, and get them with: {sys.executable} {Path(__file__).resolve()}"
                ) from error
    if not prefix.exists():
        say("making a Wine prefix")
        with _making(prefix) as part:
            _run(["wine", "wineboot", "-i"], WindowsPython(home, part).environment())
    if not home.exists():
        say(f"making a Windows CPython {VERSION}")
        with _making(home) as part:
            [carrier] = downloads.glob("panda3d-*.whl")
            _make_home(part, carrier)
            # Not by ensurepip, which distributions change or leave out.
            [pip] = downloads.glob("pip-*.whl")
            with zipfile.ZipFile(pip) as wheel:
                wheel.extractall(part / "Lib" / "site-packages")
            wheels = set(downloads.glob("*.whl")) - {carrier, pip}
            WindowsPython(part, prefix).install(*sorted(wheels))
            (part / "recipe").write_text(recipe, encoding="utf-8")
    return WindowsPython(home, prefix)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Make a Windows CPython that runs under Wine.")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where it goes")
    arguments = parser.parse_args()
    try:
        made = make(arguments.folder, lambda text: print(text, file=sys.stderr, flush=True))
    except (RuntimeError, OSError, zipfile.BadZipFile) as error:
        raise SystemExit(str(error)) from None
    print(f"WINEPREFIX={shlex.quote(str(made.prefix))} WINEDEBUG=-all {shlex.join(made.command())}")


if __name__ == "__main__":
    main()
