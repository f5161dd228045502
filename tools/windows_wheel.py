"""Builds the wheels for Windows from any system: x64, x86 and ARM64.

``python tools/windows_wheel.py [--outdir FOLDER] [PLATFORM ...]`` runs setup.py and build_ras.py as
on Windows, but with zig as the compiler, and prints the paths of the wheels.
"""

import argparse
import filecmp
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import zig

try:
    from abi3info import DATAS, FUNCTIONS
    from abi3info.models import PyVersion
except ImportError:
    raise SystemExit(
        f"abi3info is missing; get it with: {sys.executable} -m pip install -e '.[dev]'"
    ) from None

ROOT = Path(__file__).resolve().parents[1]
OLDEST = PyVersion(3, 11)

#: Where the wheels are built: each platform's always in the same folder, one at a time. zig keeps
#: what it has compiled, and takes it again where the compiler, its options, the paths and all
#: contents are the same and the source was not written anew.
BUILDING = ROOT / ".windows" / "building"

#: What CPython's headers must know about Windows: the part of its PC/pyconfig.h that extensions
#: need.
PYCONFIG = """
#define MS_WIN32
#define MS_WINDOWS
#define NT_THREADS
#define PLATLIBDIR "DLLs"
#ifdef _WIN64
#define MS_WIN64
#endif
#define Py_ENABLE_SHARED
#define HAVE_DECLSPEC_DLL
#define HAVE_LONG_LONG 1
#define HAVE_SSIZE_T 1
#define HAVE_STDINT_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_STDDEF_H 1
#define HAVE_STDARG_PROTOTYPES 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_WCHAR_H 1
#define ALIGNOF_MAX_ALIGN_T 8
#define SIZEOF_DOUBLE 8
#define SIZEOF_FLOAT 4
#define SIZEOF_FPOS_T 8
#define SIZEOF_INT 4
#define SIZEOF_LONG 4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_PID_T 4
#define SIZEOF_SHORT 2
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#define SIZEOF_TIME_T 8
#define SIZEOF_VOID_P __SIZEOF_POINTER__
#define SIZEOF_WCHAR_T 2
"""


#: Variables that a user may have set for this system's compilers.
_OF_THIS_SYSTEM = {
    *("AR", "ARFLAGS", "CC", "CFLAGS", "CPP", "CPPFLAGS", "CXX", "CXXFLAGS", "LDCXXSHARED"),
    *("LDFLAGS", "LDSHARED", "RANLIB", "SETUPTOOLS_EXT_SUFFIX"),
}


def _write_sysconfig(folder: Path, platform: str, headers: Path) -> str:
    """Write the module by which CPython's cross builds know their target; return its name."""
    library = folder / "libpython3.a"
    stable = {
        symbol.name + " DATA" * (kind is DATAS)
        for kind in (FUNCTIONS, DATAS)
        for symbol, facts in kind.items()
        if facts.added <= OLDEST
    }
    zig.build_import_library(library, "python3.dll", sorted(stable), platform)
    compiler = shlex.join([*zig.zig("cc"), "-target", zig.TARGETS[platform]])
    # Unless it is told where, zig puts an import library next to the extension.
    imports = shlex.join([f"-Wl,--out-implib={folder / '_ras.lib'}", str(library)])
    name = "_sysconfigdata_windows"
    variables = {
        "CC": compiler,
        "CXX": compiler,
        "CFLAGS": "-O2 -g0 -Wall -Wextra -Werror -Wno-unused-parameter",
        "CCSHARED": "",
        "LDSHARED": f"{compiler} -shared -s {imports}",
        "LDCXXSHARED": "",
        "AR": "ar",
        "ARFLAGS": "rcs",
        "EXT_SUFFIX": ".pyd",
        "SHLIB_SUFFIX": ".dll",
        "INCLUDEPY": str(headers),
        "CONFINCLUDEPY": str(headers),
        "VERSION": sysconfig.get_python_version(),
        "Py_GIL_DISABLED": 0,
    }
    text = f"build_time_vars = {variables!r}\n"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return name


def _mirror(
    origin: Path, folder: Path, ignore: Callable[[str, list[str]], set[str]] | None = None
) -> None:
    """Make a folder like another one, without writing a file that is the same already."""
    mirrored = set()

    def copy(source: str, target: str) -> None:
        mirrored.add(Path(target))
        if not Path(target).exists() or not filecmp.cmp(source, target, shallow=False):
            # Not with its times, by which zig may tell that a file is another one.
            shutil.copy(source, target)

    shutil.copytree(origin, folder, ignore=ignore, copy_function=copy, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        if path.is_file() and path not in mirrored:
            path.unlink()


def _not_source(folder: str, names: list[str]) -> set[str]:
    """Return the names that are not sources, including virtual environments of any name."""
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "*.so", "__pycache__")
    environments = {name for name in names if (Path(folder) / name / "pyvenv.cfg").exists()}
    return set(ignored(folder, names)) | environments


def build(outdir: Path, platform: str) -> Path:
    """Build one wheel.

    Args:
        outdir: Where it goes.
        platform: The platform tag: win_amd64, win32 or win_arm64.

    Raises:
        RuntimeError: It failed; the message has what was printed.
    """
    folder = BUILDING / platform
    source, headers = folder / "source", folder / "headers"
    shutil.rmtree(folder / "dist", ignore_errors=True)
    _mirror(ROOT, source, _not_source)
    _mirror(Path(sysconfig.get_path("include")), headers)
    (headers / "pyconfig.h").write_text(PYCONFIG, encoding="ascii")
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _OF_THIS_SYSTEM},
        "_PYTHON_HOST_PLATFORM": platform.replace("_", "-"),
        "_PYTHON_SYSCONFIGDATA_NAME": _write_sysconfig(folder, platform, headers),
        "PYTHONPATH": str(folder),
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
            f"--outdir={folder / 'dist'}",
            source,
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"building the wheel for {platform} failed:\n{done.stdout}")
    [wheel] = (folder / "dist").glob("*.whl")
    outdir.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(wheel, outdir.resolve()))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Build winras's wheels for Windows.")
    parser.add_argument("--outdir", type=Path, default=ROOT / "dist", help="where they go (dist)")
    parser.add_argument(
        "platforms", nargs="*", metavar="PLATFORM", help=f"of {', '.join(zig.TARGETS)}"
    )
    arguments = parser.parse_args()
    for platform in arguments.platforms or zig.TARGETS:
        if platform not in zig.TARGETS:
            parser.error(f"{platform!r} is not one of {', '.join(zig.TARGETS)}")
        try:
            print(build(arguments.outdir, platform), flush=True)
        except RuntimeError as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
