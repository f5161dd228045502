"""Builds winras._ras: the C under src/native, with the cdef read out of its own headers."""

import re
import sys
import sysconfig
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent
NATIVE = Path("src", "native")
INTERFACES = (NATIVE / "shim" / "shim.h", NATIVE / "simulator" / "control.h")


def read_cdef(header: Path) -> str:
    """What stands between the two marks of a header."""
    text = (ROOT / header).read_text(encoding="utf-8")
    [block] = re.findall(r"/\* cdef begin \*/\n(.*?)/\* cdef end \*/", text, re.DOTALL)
    return str(block)


def find(*patterns: str) -> list[str]:
    """Files under src/native, relative to the project as setuptools wants them."""
    found = [path for pattern in patterns for path in (ROOT / NATIVE).glob(pattern)]
    return sorted(str(path.relative_to(ROOT)) for path in found)


# What is built for, which is not always where it is built.
FOR_WINDOWS = sysconfig.get_platform().startswith("win")

sources = find("*.c", "shim/*.c", "simulator/*.c", *([] if FOR_WINDOWS else ["posix/*.c"]))
include_dirs = [str(NATIVE)]
if sys.platform == "win32":
    # MSVC: windows.h, ras.h and raserror.h are the SDK's.
    compile_args = ["/std:c11", "/utf-8"]
else:
    include_dirs.append(str(NATIVE / "ras"))
    compile_args = ["-std=c11", "-fvisibility=hidden"]
# _WIN32_WINNT is spelled as zig itself defines it.
macros = [("WINVER", "0x0A00"), ("_WIN32_WINNT", "0x0a00")] if FOR_WINDOWS else []
if not FOR_WINDOWS:
    include_dirs.append(str(NATIVE / "posix"))

ffibuilder = FFI()
ffibuilder.cdef("".join(read_cdef(header) for header in INTERFACES))
ffibuilder.set_source(
    "winras._ras",
    '#include "shim/shim.h"\n#include "simulator/control.h"\n',
    sources=sources,
    depends=find("*.h", "*/*.h"),
    include_dirs=include_dirs,
    define_macros=macros,
    extra_compile_args=compile_args,
    libraries=[] if FOR_WINDOWS else ["pthread"],
)
