"""Builds winras._ras: the C under src/native, with the cdef read out of its own headers.

It also writes src/winras/_ras.pyi, which tells type checkers what the cdef tells cffi.
"""

import re
import sys
import sysconfig
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent
NATIVE = Path("src", "native")
INTERFACES = (NATIVE / "shim" / "shim.h", NATIVE / "simulator" / "control.h")


def read_cdef(header: Path) -> str:
    """Return what stands between the two marks of a header."""
    text = (ROOT / header).read_text(encoding="utf-8")
    [block] = re.findall(r"/\* cdef begin \*/\n(.*?)/\* cdef end \*/", text, re.DOTALL)
    return str(block)


STUB_BEGIN = """\
# Made by build_ras.py from the headers of the compiled module.
from collections.abc import Callable
from typing import Generic, Literal, TypeVar, overload

_T = TypeVar("_T")

class _Text: ...
class _Bytes: ...

class _Pointer(Generic[_T]):
    def __getitem__(self, index: int) -> _T: ...
    def __bool__(self) -> bool: ...  # False: NULL
"""
STUB_FFI = """
class _FFI:
    @overload
    def string(self, cdata: _Text) -> str: ...
    @overload
    def string(self, cdata: _Pointer[bytes]) -> bytes: ...
    def sizeof(self, cdecl: str) -> int: ...
    def gc(self, cdata: _T, destructor: Callable[[_T], object]) -> _T: ...
    def buffer(self, cdata: object, size: int = ...) -> memoryview: ...
    def unpack(self, cdata: _Pointer[int], length: int) -> list[int]: ...
    @overload
    def new(
        self, cdecl: Literal["uint32_t *", "uint64_t *"], init: int = ...
    ) -> _Pointer[int]: ...
    @overload
    def new(self, cdecl: Literal["uint8_t **"]) -> _Pointer[_Pointer[int]]: ...
    @overload
    def new(self, cdecl: Literal["uint32_t[]"], init: list[int] | int) -> _Pointer[int]: ...
    @overload
    def new(self, cdecl: Literal["char16_t[]"], init: int) -> _Text: ...
    @overload
    def new(self, cdecl: Literal["char[]"], init: bytes) -> _Pointer[bytes]: ...
"""
STUB_NEW = """\
    @overload
    def new(self, cdecl: Literal["{}"], init: object = ...) -> {}: ...
"""
PLAIN = {"void": "None", "double": "float", "char": "bytes"}


def stub_type(declared: str) -> str:
    """The type in Python of a parameter, a result or a member, which is given without its name."""
    base, stars, array = re.fullmatch(r"(?:const )?(\w+) ?(\**)(\[\d+\])?", declared).groups()
    if base == "char16_t":
        return "str" if declared.startswith("const") else "_Text"
    if base == "uint8_t" and (array or declared.startswith("const")):
        return "_Bytes" if array else "bytes"
    if base == "void" and stars:
        return "object"
    if not base.startswith(("winras_", "sim_")):
        plain = PLAIN.get(base, "int")
        return "_Pointer[" * len(stars) + plain + "]" * len(stars)
    words = base.removeprefix("winras_").split("_")
    name = "_" + "".join(word.capitalize() for word in words)
    if array:
        return f"_Pointer[{name}]"
    # A pointer to one structure, which cffi also takes where C does.
    return {"": name, "*": f"{name} | _Pointer[{name}]", "**": f"_Pointer[_Pointer[{name}]]"}[stars]


def make_stub(cdef: str) -> str:
    """The compiled module as type checkers see it."""
    cdef = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", " ", cdef, flags=re.DOTALL).replace("#", "\n#"))
    structures = re.findall(r"typedef struct \{ (.*?) \} (\w+);", cdef)
    opaque = re.findall(r"typedef struct (\w+) \1;", cdef)
    constants = re.findall(r"# ?define (\w+)|(\b[A-Z]\w+) = ", cdef)
    rest = re.sub(r"typedef struct \{.*?\} \w+;|typedef [^;]*;|enum \{.*?\};", "", cdef)
    functions = re.findall(r"((?:const )?\w+) (\**)(\w+)\(([^)]*)\);", rest)
    lines = [STUB_BEGIN]
    for members, name in structures:
        found = re.findall(r"(\w+) (\*?)(\w+)(\[\d+\])?;", members)
        lines.append(f"class {stub_type(name)}:")
        for kind, star, member, array in found:
            one = stub_type(kind + array)
            lines.append(f"    {member}: {f'_Pointer[{one}]' if star else one}")
    lines += [f"class {stub_type(name)}: ..." for name in opaque]
    lines.append(STUB_FFI.rstrip())
    for name in [*(name for _, name in structures), *opaque]:
        kind = stub_type(name)
        pointers = {f"{name} *": kind, f"{name}[]": f"_Pointer[{kind}]"}
        pointers[f"{name} **"] = f"_Pointer[_Pointer[{kind}]]"
        lines += [STUB_NEW.format(cdecl, result).rstrip() for cdecl, result in pointers.items()]
    lines.append("\nclass _Lib:")
    lines += [f"    {define or enumerator}: int" for define, enumerator in constants]
    for result, stars, name, given in functions:
        pairs = [part.rpartition(" ") for part in given.split(", ")] if given != "void" else []
        parameters = ", ".join(
            f"{word.strip('*')}: {stub_type(f'{kind} {word[: word.count(chr(42))]}'.strip())}"
            for kind, _, word in pairs
        )
        # A structure, not an array of them.
        answer = stub_type(f"{result} {stars}".strip()).partition(" | ")[0]
        lines.append(f"    def {name}(self{', ' * bool(pairs)}{parameters}) -> {answer}: ...")
    return "\n".join([*lines, "", "ffi: _FFI", "lib: _Lib", ""])


def find(*patterns: str) -> list[str]:
    """Find files under src/native; setuptools wants them relative to the project."""
    found = [path for pattern in patterns for path in (ROOT / NATIVE).glob(pattern)]
    return sorted(str(path.relative_to(ROOT)) for path in found)


# The target of the build, which is not always the system that builds.
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

cdef = "".join(read_cdef(header) for header in INTERFACES)
(ROOT / "src" / "winras" / "_ras.pyi").write_text(make_stub(cdef), encoding="utf-8")

ffibuilder = FFI()
ffibuilder.cdef(cdef)
ffibuilder.set_source(
    "winras._ras",
    '#include "shim/shim.h"\n#include "simulator/control.h"\n',
    sources=sources,
    depends=find("*.h", "*/*.h"),
    include_dirs=include_dirs,
    define_macros=macros,
    extra_compile_args=compile_args,
    libraries=["advapi32"] if FOR_WINDOWS else ["pthread"],
)
